//! Residual networks of other programs, with random weights, against a reference that knows nothing of this project's layers:
//! plain loops in f64 over the tensors by the names that PyTorch gives them.

use mnistify_network::{
    CpuNetwork, LayerSpec, Model,
    import::{self, KnownDigits, Loaded, Opened},
};
use safetensors::{Dtype, tensor::TensorView};
use std::collections::BTreeMap;

/// How far a logit may be off, relative to 1 and the largest: f32 sums of some hundred products through seven layers.
const TOLERANCE: f64 = 1e-3;

/// Tensors by their names, each with its shape.
#[derive(Clone, Default)]
struct State(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

/// Maps of one size, `[channel][y][x]`.
type Maps = Vec<Vec<Vec<f64>>>;

/// SplitMix64 (Steele, Lea & Flood 2014), from −1 to 1.
fn random(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Discs, rings and bars here and there: different enough to be told apart.
fn images(seed: u64, count: usize) -> Vec<Vec<f32>> {
    let mut next = random(seed);
    let mut image = || {
        let [y, x, size, bar] = [(); 4].map(|()| next());
        let at = |index: usize| {
            let (dy, dx) = ((index / 28) as f32 - 13.5, (index % 28) as f32 - 13.5);
            let far = ((dy - 5.0 * y).powi(2) + (dx - 5.0 * x).powi(2)).sqrt();
            let ring = 1.0 - (far - 5.0 - 3.0 * size).abs() / 2.0;
            let line = 1.0 - (dx * bar + dy * (1.0 - bar.abs())).abs() / 2.0;
            ring.max(line).clamp(0.0, 1.0)
        };
        (0..784).map(at).collect()
    };
    (0..count).map(|_| image()).collect()
}

impl State {
    fn tensor(&mut self, name: String, shape: &[usize], mut value: impl FnMut() -> f32) {
        let values = (0..shape.iter().product()).map(|_| value()).collect();
        self.0.insert(name, (shape.to_vec(), values));
    }

    fn weight(&mut self, path: &str, shape: &[usize], next: &mut impl FnMut() -> f32) {
        let bound = (3.0 / shape[1..].iter().product::<usize>() as f32).sqrt();
        self.tensor(format!("{path}.weight"), shape, || bound * next());
    }

    fn norm(&mut self, path: &str, channels: usize, next: &mut impl FnMut() -> f32) {
        for (leaf, middle, size) in [
            ("weight", 1.0, 0.3),
            ("bias", 0.0, 0.3),
            ("running_mean", 0.0, 0.3),
            ("running_var", 1.0, 0.5),
        ] {
            let value = || middle + size * next();
            self.tensor(format!("{path}.{leaf}"), &[channels], value);
        }
    }

    /// `conv1`, `layer1.0` with 4 channels, `layer2.0` with 8 and a way around it called so, `fc`.
    fn two_blocks(around: &str, seed: u64) -> Self {
        let (mut state, mut random) = (Self::default(), random(seed));
        let next = &mut random;
        state.weight("conv1", &[4, 1, 3, 3], next);
        state.norm("bn1", 4, next);
        for (block, inputs, outputs) in [("layer1.0", 4, 4), ("layer2.0", 4, 8)] {
            state.weight(&format!("{block}.conv1"), &[outputs, inputs, 3, 3], next);
            state.norm(&format!("{block}.bn1"), outputs, next);
            state.weight(&format!("{block}.conv2"), &[outputs, outputs, 3, 3], next);
            state.norm(&format!("{block}.bn2"), outputs, next);
        }
        state.weight(&format!("layer2.0.{around}.0"), &[8, 4, 1, 1], next);
        state.norm(&format!("layer2.0.{around}.1"), 8, next);
        state.weight("fc", &[10, 8], next);
        state.tensor("fc.bias".into(), &[10], next);
        state
    }

    fn file(&self) -> Vec<u8> {
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = self
            .0
            .iter()
            .map(|(name, (shape, values))| {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (name, shape, bytes)
            })
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, (*shape).clone(), bytes);
            (name.as_str(), view.expect("as long as its shape says"))
        });
        safetensors::serialize(views, None).expect("views become a file")
    }

    fn values(&self, path: &str, leaf: &str) -> Vec<f64> {
        let found = self.0.get(&format!("{path}.{leaf}"));
        let values = found.map_or(&[][..], |(_, values)| values);
        values.iter().map(|v| f64::from(*v)).collect()
    }

    /// A convolution of odd size without bias whose output is as large as its input, each way of which is then taken once in
    /// `stride` places.
    fn conv(&self, x: &Maps, path: &str, stride: usize) -> Maps {
        let weight = self.values(path, "weight");
        let shape = &self.0[&format!("{path}.weight")].0;
        let (outputs, size, reach) = (shape[0], shape[2], (shape[2] / 2) as isize);
        let (height, width) = (x[0].len(), x[0][0].len());
        let at = |channel: usize, y: isize, x_at: isize| {
            let inside = y >= 0 && x_at >= 0 && y < height as isize && x_at < width as isize;
            if inside {
                x[channel][y as usize][x_at as usize]
            } else {
                0.0
            }
        };
        let sum = |out: usize, y: usize, x_at: usize| {
            let mut sum = 0.0;
            for channel in 0..x.len() {
                for ky in 0..size {
                    for kx in 0..size {
                        let tap = ((out * x.len() + channel) * size + ky) * size + kx;
                        let from_y = (y * stride + ky) as isize - reach;
                        let from_x = (x_at * stride + kx) as isize - reach;
                        sum += weight[tap] * at(channel, from_y, from_x);
                    }
                }
            }
            sum
        };
        let (rows, columns) = (height.div_ceil(stride), width.div_ceil(stride));
        let line = |out, y| (0..columns).map(|x_at| sum(out, y, x_at)).collect();
        let map = |out| (0..rows).map(|y| line(out, y)).collect();
        (0..outputs).map(map).collect()
    }

    fn normed(&self, x: &Maps, path: &str) -> Maps {
        let [weight, bias, mean, variance] =
            ["weight", "bias", "running_mean", "running_var"].map(|leaf| self.values(path, leaf));
        let mut y = x.clone();
        for (channel, map) in y.iter_mut().enumerate() {
            for value in map.iter_mut().flatten() {
                let spread = (variance[channel] + 1e-5).sqrt();
                *value = (*value - mean[channel]) / spread * weight[channel] + bias[channel];
            }
        }
        y
    }

    /// The mean of each map, then `fc`.
    fn answer(&self, x: &Maps) -> Vec<f64> {
        let mean = |map: &Vec<Vec<f64>>| {
            let values: Vec<f64> = map.iter().flatten().copied().collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let means: Vec<f64> = x.iter().map(mean).collect();
        let weight = self.values("fc", "weight");
        let bias = self.values("fc", "bias");
        let row = |(row, bias): (&[f64], &f64)| {
            row.iter().zip(&means).map(|(w, x)| w * x).sum::<f64>() + bias
        };
        weight.chunks(means.len()).zip(&bias).map(row).collect()
    }

    /// The logits of [`State::two_blocks`]; the second block takes this stride.
    fn two_blocks_forward(&self, image: &[f32], around: &str, stride: usize) -> Vec<f64> {
        let conv_norm = |x: &Maps, block: &str, number: usize, stride: usize| {
            let y = self.conv(x, &format!("{block}conv{number}"), stride);
            self.normed(&y, &format!("{block}bn{number}"))
        };
        let x = bent(conv_norm(&half(image), "", 1, 1));
        let y = bent(conv_norm(&x, "layer1.0.", 1, 1));
        let x = bent(sum(conv_norm(&y, "layer1.0.", 2, 1), &x));
        let y = bent(conv_norm(&x, "layer2.0.", 1, stride));
        let y = conv_norm(&y, "layer2.0.", 2, 1);
        let around = format!("layer2.0.{around}");
        let way = self.conv(&x, &format!("{around}.0"), stride);
        let way = self.normed(&way, &format!("{around}.1"));
        self.answer(&bent(sum(y, &way)))
    }
}

/// Mean and standard deviation 0.5.
fn half(image: &[f32]) -> Maps {
    let line = |line: &[f32]| line.iter().map(|v| f64::from(*v) * 2.0 - 1.0).collect();
    vec![image.chunks(28).map(line).collect()]
}

fn bent(mut x: Maps) -> Maps {
    for value in x.iter_mut().flatten().flatten() {
        *value = value.max(0.0);
    }
    x
}

fn sum(mut a: Maps, b: &Maps) -> Maps {
    let values = a.iter_mut().flatten().flatten();
    for (a, b) in values.zip(b.iter().flatten().flatten()) {
        *a += b;
    }
    a
}

const HALF: &str = r#"{"normalisation": {"mean": 0.5, "std": 0.5}}"#;

fn assert_reads(model: &Model, images: &[Vec<f32>], reference: impl Fn(&[f32]) -> Vec<f64>) {
    let network = CpuNetwork::new(model);
    for image in images {
        let (found, expected) = (network.forward(image), reference(image));
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let error = (f64::from(*found) - expected).abs();
            assert!(error <= TOLERANCE * largest, "{found} but {expected}");
        }
    }
}

fn strides(loaded: &Loaded) -> Vec<usize> {
    let layers = loaded.model.spec.layers().iter();
    let stride = |layer: &LayerSpec| match layer {
        LayerSpec::Conv2d { stride, .. } => Some(stride[0]),
        _ => None,
    };
    layers.filter_map(stride).collect()
}

#[test]
fn blocks_are_read_as_their_own_program_reads_them() {
    for around in ["downsample", "shortcut", "skip_connection"] {
        let state = State::two_blocks(around, 3);
        let loaded = import::load(&state.file(), "resnet.safetensors", Some(HALF)).unwrap();
        let notes = format!("{:?}", loaded.notes);
        for part in [
            r#"[("first", Text("layer1.0.conv1")), ("last", Text("layer1.0.conv2"))]"#,
            r#"("first", Text("layer2.0.conv1")), ("last", Text("layer2.0.conv2"))"#,
            &format!(r#"("ways", List([Text("layer2.0.{around}.0"), "#),
            "note-added-before",
        ] {
            assert!(notes.contains(part), "{part}: {notes}");
        }
        // A way around another takes both strides.
        assert_eq!(strides(&loaded), [1, 1, 1, 2, 2, 1], "{notes}");
        let reference = |image: &[f32]| state.two_blocks_forward(image, around, 2);
        assert_reads(&loaded.model, &images(1, 3), reference);
        // What was understood becomes a file of our own.
        let saved = loaded.model.to_bytes(false);
        assert_eq!(Model::from_bytes(&saved, "saved").unwrap(), loaded.model);
    }
}

/// The largest of each 3×3 window, every second one, with a padding of 1 that is never the largest.
fn pooled(x: &Maps) -> Maps {
    let map = |map: &Vec<Vec<f64>>| {
        let (height, width) = (map.len(), map[0].len());
        let largest = |y: usize, x: usize| {
            let rows = (2 * y).saturating_sub(1)..(2 * y + 2).min(height);
            let columns = (2 * x).saturating_sub(1)..(2 * x + 2).min(width);
            let window = rows.flat_map(|row| &map[row][columns.clone()]);
            window.copied().fold(f64::NEG_INFINITY, f64::max)
        };
        let line = |y| (0..width.div_ceil(2)).map(|x| largest(y, x)).collect();
        (0..height.div_ceil(2)).map(line).collect()
    };
    x.iter().map(map).collect()
}

#[test]
fn a_wide_stem_halves_the_maps_twice() {
    let (mut state, mut random) = (State::default(), random(9));
    let next = &mut random;
    state.weight("conv1", &[4, 1, 7, 7], next);
    state.norm("bn1", 4, next);
    for number in 1..=2 {
        state.weight(&format!("layer1.0.conv{number}"), &[4, 4, 3, 3], next);
        state.norm(&format!("layer1.0.bn{number}"), 4, next);
    }
    state.weight("fc", &[10, 4], next);
    state.tensor("fc.bias".into(), &[10], next);
    let loaded = import::load(&state.file(), "resnet18.safetensors", Some(HALF)).unwrap();
    assert_reads(&loaded.model, &images(6, 2), |image| {
        let x = state.conv(&half(image), "conv1", 2);
        let x = pooled(&bent(state.normed(&x, "bn1")));
        let y = state.conv(&x, "layer1.0.conv1", 1);
        let y = bent(state.normed(&y, "layer1.0.bn1"));
        let y = state.conv(&y, "layer1.0.conv2", 1);
        let y = state.normed(&y, "layer1.0.bn2");
        state.answer(&bent(sum(y, &x)))
    });
}

#[test]
fn a_description_says_where_shortcuts_are_added() {
    let (mut state, mut random) = (State::default(), random(8));
    let next = &mut random;
    state.weight("stem", &[6, 1, 5, 5], next);
    for path in ["res1.conv1", "res1.conv2"] {
        state.weight(path, &[6, 6, 3, 3], next);
    }
    state.weight("fc", &[10, 6], next);
    state.tensor("fc.bias".into(), &[10], next);
    for form in ["before", "after", "bare", "none"] {
        let description = HALF.replace('}', "").replacen(
            '{',
            &format!(
                r#"{{"stride": 1, "padding": "same", "pool": "none", "shortcuts": "{form}", "#
            ),
            1,
        ) + "}}";
        let loaded = import::load(&state.file(), "form", Some(&description)).unwrap();
        assert_reads(&loaded.model, &images(2, 2), |image| {
            let x = bent(state.conv(&half(image), "stem", 1));
            let y = bent(state.conv(&x, "res1.conv1", 1));
            let y = state.conv(&y, "res1.conv2", 1);
            state.answer(&match form {
                "before" => bent(sum(y, &x)),
                "after" => sum(bent(y), &x),
                "bare" => sum(y, &x),
                _ => bent(y),
            })
        });
    }
}

#[test]
fn a_stride_and_the_pixels_are_found_by_trying() {
    let mut state = State::two_blocks("downsample", 5);
    let images = images(4, 300);
    let logits = |state: &State| -> Vec<Vec<f64>> {
        let forward = |image: &Vec<f32>| state.two_blocks_forward(image, "downsample", 1);
        images.iter().map(forward).collect()
    };
    // As often each answer as the others, more or less: away with what is common to all pictures, and louder.
    let all = logits(&state);
    let mean = |class: usize| all.iter().map(|one| one[class]).sum::<f64>() / all.len() as f64;
    let means: Vec<f64> = (0..10).map(mean).collect();
    let spread = |class: usize| {
        let squares = all.iter().map(|one| (one[class] - means[class]).powi(2));
        (squares.sum::<f64>() / all.len() as f64).sqrt().max(1e-6)
    };
    let louder: Vec<f64> = (0..10).map(|class| 3.0 / spread(class)).collect();
    for (leaf, size) in [("weight", 8), ("bias", 1)] {
        let (_, values) = state.0.get_mut(&format!("fc.{leaf}")).unwrap();
        for (index, value) in values.iter_mut().enumerate() {
            let class = index / size;
            let less = if leaf == "bias" { means[class] } else { 0.0 };
            *value = ((f64::from(*value) - less) * louder[class]) as f32;
        }
    }
    let largest = |logits: &Vec<f64>| (0..10).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    let labels = logits(&state);
    let labels: Vec<u8> = labels.iter().map(|l| largest(l).unwrap() as u8).collect();
    let known = KnownDigits {
        images: images.clone(),
        labels,
    };
    let opened = import::open(&state.file(), "resnet.safetensors", None, Some(known)).unwrap();
    let Opened::Trial(mut trial) = opened else {
        panic!("small enough to be tried");
    };
    while trial.step() {}
    let loaded = trial.finish().unwrap();
    let notes = format!("{:?}", loaded.notes);
    let known = loaded.known.unwrap();
    assert!(known.right * 100 >= known.of * 97, "{notes}");
    assert_eq!(strides(&loaded), [1; 6], "{notes}");
    assert_eq!(loaded.model.spec.normalisation().scale, 2.0, "{notes}");
    assert!(notes.contains("note-added-before"), "{notes}");
}

#[test]
fn what_cannot_go_around_anything_is_said() {
    let mut state = State::two_blocks("downsample", 6);
    let next = &mut random(1);
    state.weight("layer2.0.downsample.0", &[8, 3, 1, 1], next);
    let error = import::load(&state.file(), "broken", None).unwrap_err();
    let text = error.to_string();
    for part in ["layer2.0.downsample.0", "cannot go around", "8 of 4"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

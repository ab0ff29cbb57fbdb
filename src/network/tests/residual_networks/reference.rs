//! Random weights by the names of PyTorch, files of them in the layouts of other programs, and what networks of them answer.

use mnistify_network::{
    CpuNetwork, Model,
    import::{self, KnownDigits, Loaded, Opened},
};
use safetensors::{Dtype, tensor::TensorView};
use std::collections::BTreeMap;

/// How far a logit may be off, relative to 1 and the largest: f32 sums of some hundred products through seven layers.
const TOLERANCE: f64 = 1e-3;

/// Tensors by their names, each with its shape.
#[derive(Clone, Default)]
pub struct State(pub BTreeMap<String, (Vec<usize>, Vec<f32>)>);

/// Who else keeps networks.
#[derive(Clone, Copy)]
pub enum Program {
    Keras,
    /// As its files of weights alone have it.
    KerasWeights,
    Flax,
}

/// `[outputs, inputs, places]` as `[places, inputs, outputs]`.
fn inputs_first(values: &[f32], [outputs, inputs, places]: [usize; 3]) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for place in 0..places {
        for input in 0..inputs {
            let of = |output: usize| values[(output * inputs + input) * places + place];
            turned.extend((0..outputs).map(of));
        }
    }
    turned
}

/// Maps of one size, `[channel][y][x]`.
pub type Maps = Vec<Vec<Vec<f64>>>;

/// SplitMix64 (Steele, Lea & Flood 2014), from −1 to 1.
pub fn random(seed: u64) -> impl FnMut() -> f32 {
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
pub fn images(seed: u64, count: usize) -> Vec<Vec<f32>> {
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
    pub fn tensor(&mut self, name: String, shape: &[usize], mut value: impl FnMut() -> f32) {
        let values = (0..shape.iter().product()).map(|_| value()).collect();
        self.0.insert(name, (shape.to_vec(), values));
    }

    pub fn weight(&mut self, path: &str, shape: &[usize], next: &mut impl FnMut() -> f32) {
        let bound = (3.0 / shape[1..].iter().product::<usize>() as f32).sqrt();
        self.tensor(format!("{path}.weight"), shape, || bound * next());
    }

    /// With a bias.
    pub fn biased(&mut self, path: &str, shape: &[usize], next: &mut impl FnMut() -> f32) {
        self.weight(path, shape, next);
        self.tensor(format!("{path}.bias"), &shape[..1], next);
    }

    pub fn norm(&mut self, path: &str, channels: usize, next: &mut impl FnMut() -> f32) {
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

    pub fn file(&self) -> Vec<u8> {
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

    pub fn values(&self, path: &str, leaf: &str) -> Vec<f64> {
        let found = self.0.get(&format!("{path}.{leaf}"));
        let values = found.map_or(&[][..], |(_, values)| values);
        values.iter().map(|v| f64::from(*v)).collect()
    }

    /// With the beginning of every name.
    pub fn prefixed(&self, prefix: &str) -> Self {
        let all = self.0.iter();
        Self(
            all.map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone()))
                .collect(),
        )
    }

    /// By another program's names, with its order of axes.
    pub fn as_in(&self, program: Program) -> Self {
        let mut state = Self::default();
        for (name, (shape, values)) in &self.0 {
            let (path, leaf) = name.rsplit_once('.').expect("a layer and its tensor");
            let is_norm = self.0.contains_key(&format!("{path}.running_mean"));
            let tensor = match shape[..] {
                [outputs, inputs, height, width] => (
                    vec![height, width, inputs, outputs],
                    inputs_first(values, [outputs, inputs, height * width]),
                ),
                [outputs, inputs] => (
                    vec![inputs, outputs],
                    inputs_first(values, [outputs, inputs, 1]),
                ),
                _ => (shape.clone(), values.clone()),
            };
            let place = ["weight", "bias", "running_mean", "running_var"]
                .iter()
                .position(|own| *own == leaf);
            let place = place.expect("one of these");
            let path = path.replace('.', "/");
            let name = match (program, is_norm) {
                (Program::Keras, false) => format!("{path}/{}:0", ["kernel", "bias"][place]),
                (Program::Keras, true) => {
                    let leaf = ["gamma", "beta", "moving_mean", "moving_variance"][place];
                    format!("{path}/{leaf}:0")
                }
                (Program::KerasWeights, _) => {
                    format!("layers/{}/vars/{place}", path.replace('/', "/layers/"))
                }
                (Program::Flax, false) => format!("params/{path}/{}", ["kernel", "bias"][place]),
                (Program::Flax, true) => {
                    let collection = if place < 2 { "params" } else { "batch_stats" };
                    let leaf = ["scale", "bias", "mean", "var"][place];
                    format!("{collection}/{path}/{leaf}")
                }
            };
            state.0.insert(name, tensor);
        }
        state
    }

    /// A convolution of odd size whose output is as large as its input, each way of which is then taken once in `stride`
    /// places.
    pub fn conv(&self, x: &Maps, path: &str, stride: usize) -> Maps {
        let size = self.0[&format!("{path}.weight")].0[2];
        self.conv_from(x, path, stride, size / 2)
    }

    /// The same as TensorFlow and JAX pad it, "SAME": as little as can be, and rather behind than in front.
    pub fn conv_same(&self, x: &Maps, path: &str, stride: usize) -> Maps {
        let size = self.0[&format!("{path}.weight")].0[2];
        let places = x[0].len();
        let padding = ((places.div_ceil(stride) - 1) * stride + size).saturating_sub(places);
        self.conv_from(x, path, stride, padding / 2)
    }

    /// The first windows reach so far over the edge.
    fn conv_from(&self, x: &Maps, path: &str, stride: usize, reach: usize) -> Maps {
        let weight = self.values(path, "weight");
        let bias = self.values(path, "bias");
        let shape = &self.0[&format!("{path}.weight")].0;
        let (outputs, size, reach) = (shape[0], shape[2], reach as isize);
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
            let mut sum = bias.get(out).copied().unwrap_or(0.0);
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

    pub fn normed(&self, x: &Maps, path: &str) -> Maps {
        self.normed_by(x, path, 1e-5)
    }

    /// With this added to the variance.
    pub fn normed_by(&self, x: &Maps, path: &str, epsilon: f64) -> Maps {
        let [weight, bias, mean, variance] =
            ["weight", "bias", "running_mean", "running_var"].map(|leaf| self.values(path, leaf));
        let mut y = x.clone();
        for (channel, map) in y.iter_mut().enumerate() {
            for value in map.iter_mut().flatten() {
                let spread = (variance[channel] + epsilon).sqrt();
                *value = (*value - mean[channel]) / spread * weight[channel] + bias[channel];
            }
        }
        y
    }

    /// The mean of each map, then `fc`.
    pub fn answer(&self, x: &Maps) -> Vec<f64> {
        self.answer_by(x, "fc")
    }

    /// A dense layer of values in a row.
    pub fn dense(&self, x: &[f64], path: &str) -> Vec<f64> {
        let weight = self.values(path, "weight");
        let bias = self.values(path, "bias");
        let row =
            |(row, bias): (&[f64], &f64)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + bias;
        weight.chunks(x.len()).zip(&bias).map(row).collect()
    }

    /// The mean of each map, then a dense layer.
    pub fn answer_by(&self, x: &Maps, dense: &str) -> Vec<f64> {
        let mean = |map: &Vec<Vec<f64>>| {
            let values: Vec<f64> = map.iter().flatten().copied().collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let means: Vec<f64> = x.iter().map(mean).collect();
        self.dense(&means, dense)
    }

    /// Makes each answer of these images' as frequent as the others, more or less: away with what is common to all pictures,
    /// and louder.
    fn spread(&mut self, all: &[Vec<f64>], dense: &str) {
        let count = all.len() as f64;
        let mean = |class: usize| all.iter().map(|one| one[class]).sum::<f64>() / count;
        let means: Vec<f64> = (0..10).map(mean).collect();
        let spread = |class: usize| {
            let squares = all.iter().map(|one| (one[class] - means[class]).powi(2));
            (squares.sum::<f64>() / count).sqrt().max(1e-6)
        };
        let louder: Vec<f64> = (0..10).map(|class| 3.0 / spread(class)).collect();
        for leaf in ["weight", "bias"] {
            let (_, values) = self.0.get_mut(&format!("{dense}.{leaf}")).unwrap();
            let size = values.len() / 10;
            for (index, value) in values.iter_mut().enumerate() {
                let class = index / size;
                let less = if leaf == "bias" { means[class] } else { 0.0 };
                *value = ((f64::from(*value) - less) * louder[class]) as f32;
            }
        }
    }
}

/// Mean and standard deviation 0.5.
pub fn half(image: &[f32]) -> Maps {
    let line = |line: &[f32]| line.iter().map(|v| f64::from(*v) * 2.0 - 1.0).collect();
    vec![image.chunks(28).map(line).collect()]
}

pub fn bent(mut x: Maps) -> Maps {
    for value in x.iter_mut().flatten().flatten() {
        *value = value.max(0.0);
    }
    x
}

pub fn sum(mut a: Maps, b: &Maps) -> Maps {
    let values = a.iter_mut().flatten().flatten();
    for (a, b) in values.zip(b.iter().flatten().flatten()) {
        *a += b;
    }
    a
}

pub const HALF: &str = r#"{"normalisation": {"mean": 0.5, "std": 0.5}}"#;

pub fn assert_reads(model: &Model, images: &[Vec<f32>], reference: impl Fn(&[f32]) -> Vec<f64>) {
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

/// Of 2×2 places each.
pub fn means(x: &Maps) -> Maps {
    let map = |map: &Vec<Vec<f64>>| {
        let of = |y: usize, x: usize| map[2 * y][2 * x] + map[2 * y][2 * x + 1];
        let below = |y: usize, x: usize| map[2 * y + 1][2 * x] + map[2 * y + 1][2 * x + 1];
        let line = |y| (0..map[0].len() / 2).map(move |x| (of(y, x) + below(y, x)) / 4.0);
        (0..map.len() / 2).map(|y| line(y).collect()).collect()
    };
    x.iter().map(map).collect()
}

/// Each `step`th place.
pub fn stepped(x: &Maps, step: usize) -> Maps {
    let line = |line: &Vec<f64>| line.iter().copied().step_by(step).collect();
    let map = |map: &Vec<Vec<f64>>| map.iter().step_by(step).map(line).collect();
    x.iter().map(map).collect()
}

/// What a network comes to whose answers, `forward`, are the labels of the known digits: it is tried out.
pub fn tried(state: &mut State, seed: u64, forward: impl Fn(&State, &[f32]) -> Vec<f64>) -> Loaded {
    tried_as(state, seed, State::clone, "fc", forward)
}

/// The same of the file of another state, `as_file` of this one, whose last layer is called so.
pub fn tried_as(
    state: &mut State,
    seed: u64,
    as_file: impl Fn(&State) -> State,
    dense: &str,
    forward: impl Fn(&State, &[f32]) -> Vec<f64>,
) -> Loaded {
    let images = images(seed, 300);
    let logits = |state: &State| -> Vec<Vec<f64>> {
        images.iter().map(|image| forward(state, image)).collect()
    };
    let all = logits(state);
    state.spread(&all, dense);
    let largest = |logits: &Vec<f64>| (0..10).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    let labels = logits(state);
    let labels: Vec<u8> = labels.iter().map(|l| largest(l).unwrap() as u8).collect();
    let known = KnownDigits {
        images: images.clone(),
        labels,
    };
    let file = as_file(state).file();
    let opened = import::open(&file, "resnet.safetensors", None, Some(known)).unwrap();
    let Opened::Trial(mut trial) = opened else {
        panic!("small enough to be tried");
    };
    while trial.step() {}
    let loaded = trial.finish().unwrap();
    let known = loaded.known.unwrap();
    assert!(known.right * 100 >= known.of * 97, "{:?}", loaded.notes);
    loaded
}

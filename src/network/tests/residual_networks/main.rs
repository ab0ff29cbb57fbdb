//! Residual networks of other programs, with random weights, against a reference that knows nothing of this project's layers:
//! plain loops in f64 over the tensors by the names that PyTorch gives them.

mod early;
mod means;
mod names;
mod numbered;
mod reference;
mod variables;
mod widening;

use mnistify_network::{
    LayerSpec, Model,
    import::{self, Loaded},
};
use reference::*;

impl State {
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
    let forward = |state: &State, image: &[f32]| state.two_blocks_forward(image, "downsample", 1);
    let loaded = tried(&mut state, 4, forward);
    let notes = format!("{:?}", loaded.notes);
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

//! Keras's files of weights alone (`.weights.h5`), which number each layer's tensors and call layers by their class.

use crate::reference::*;
use mnistify_network::import;

/// What Keras adds to the variance.
const EPSILON: f64 = 1e-3;

/// The largest of 2×2 places each.
fn largest(x: &Maps) -> Maps {
    let map = |map: &Vec<Vec<f64>>| {
        let of = |y: usize, x: usize| {
            let pairs = [y, y + 1].map(|y| map[y][x].max(map[y][x + 1]));
            pairs[0].max(pairs[1])
        };
        let line = |y| (0..map[0].len() / 2).map(move |x| of(2 * y, 2 * x));
        (0..map.len() / 2).map(|y| line(y).collect()).collect()
    };
    x.iter().map(map).collect()
}

/// Place by place, as Keras flattens.
fn row(x: &Maps) -> Vec<f64> {
    let places = (0..x[0].len()).flat_map(|y| (0..x[0][0].len()).map(move |x| [y, x]));
    let channels = |[y, at]: [usize; 2]| x.iter().map(move |map| map[y][at]);
    places.flat_map(channels).collect()
}

/// Two convolutions with a pooling each, two dense layers; these are its layers' names and what is before them.
fn state(seed: u64) -> State {
    let (mut state, mut random) = (State::default(), random(seed));
    let next = &mut random;
    state.biased("conv2d", &[4, 1, 3, 3], next);
    state.norm("batch_normalization", 4, next);
    state.weight("conv2d_1", &[8, 4, 3, 3], next);
    state.norm("batch_normalization_1", 8, next);
    state.biased("dense", &[16, 392], next);
    state.biased("dense_1", &[10, 16], next);
    state
}

fn forward(state: &State, image: &[f32]) -> Vec<f64> {
    let mut x = half(image);
    for number in ["", "_1"] {
        let y = state.conv(&x, &format!("conv2d{number}"), 1);
        let norm = format!("batch_normalization{number}");
        x = largest(&bent(state.normed_by(&y, &norm, EPSILON)));
    }
    // The file's rows are in Keras's order already.
    let x = state.dense(&row(&x), "dense");
    let x: Vec<f64> = x.into_iter().map(|value| value.max(0.0)).collect();
    state.dense(&x, "dense_1")
}

#[test]
fn numbered_tensors_are_read_by_their_shapes() {
    let state = state(51);
    let file = state.as_in(Program::KerasWeights);
    let renamed = |old: &str, new: &str, separator: &str| {
        let names = file.0.iter().map(|(name, tensor)| {
            let name = name.replacen(old, new, 1).replace('/', separator);
            (name, tensor.clone())
        });
        State(names.collect())
    };
    let mut with_others = file.clone();
    for (name, size) in [
        ("optimizer/vars/0", 1),
        ("layers/dropout/seed_generator/vars/0", 2),
    ] {
        with_others.tensor(name.to_string(), &[size], || 1.0);
    }
    for file in [
        with_others,
        renamed("layers/", "layers/", "."),
        renamed("layers/", "_layer_checkpoint_dependencies/", "\\"),
    ] {
        let loaded = import::load(&file.file(), "model.weights.safetensors", Some(HALF)).unwrap();
        assert_reads(&loaded.model, &images(52, 3), |image| {
            forward(&state, image)
        });
    }
}

/// A model within a model, which comes before a layer whose name sorts first.
#[test]
fn nested_models_keep_their_layers_together() {
    let (mut state, mut random) = (State::default(), random(53));
    let next = &mut random;
    let convs = [
        ("functional.conv2d", "functional.batch_normalization", 1),
        ("functional.conv2d_1", "functional.batch_normalization_1", 4),
        ("conv2d", "batch_normalization", 4),
    ];
    for (conv, norm, inputs) in convs {
        state.biased(conv, &[4, inputs, 3, 3], next);
        state.norm(norm, 4, next);
    }
    state.biased("sequential.dense", &[10, 4], next);
    let said = r#"{"stride": 1, "padding": "same", "pool": "none", "#;
    let file = state.as_in(Program::KerasWeights).file();
    let said_order = r#"{"order": ["layers/functional/layers/conv2d", "functional/batch_normalization",
        "functional/conv2d_1", "functional/batch_normalization_1", "conv2d", "batch_normalization",
        "layers/sequential/layers/dense"], "#;
    for description in [
        HALF.replacen('{', said, 1),
        HALF.replacen('{', &said.replacen('{', said_order, 1), 1),
    ] {
        let loaded = import::load(&file, "nested", Some(&description)).unwrap();
        assert_reads(&loaded.model, &images(54, 2), |image| {
            let mut x = half(image);
            for (conv, norm, _) in convs {
                x = bent(state.normed_by(&state.conv(&x, conv, 1), norm, EPSILON));
            }
            state.answer_by(&x, "sequential.dense")
        });
    }
}

#[test]
fn what_numbers_do_not_tell_is_refused() {
    let mut state = state(55);
    state.0.remove("batch_normalization.bias");
    let mut file = state.as_in(Program::KerasWeights);
    for (old, new) in [(2, 1), (3, 2)] {
        let name = |number: usize| format!("layers/batch_normalization/vars/{number}");
        let tensor = file.0.remove(&name(old)).unwrap();
        file.0.insert(name(new), tensor);
    }
    let error = import::load(&file.file(), "model", None).unwrap_err();
    let text = error.to_string();
    for part in ["batch_normalization: three", "variable.path"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

//! Residual networks whose layers are only numbered, as Keras does it, where these numbers do not tell whether normalisations
//! begin or end blocks, or that there are blocks at all.

use crate::reference::*;
use mnistify_network::import;

/// `conv2d`, a block that keeps the maps and one that does not, `conv2d_5` around it; normalisations stand before the convolutions
/// of blocks and behind the last.
fn state(seed: u64) -> State {
    let (mut state, mut random) = (State::default(), random(seed));
    let next = &mut random;
    let shapes = [
        [4, 1, 3],
        [4, 4, 3],
        [4, 4, 3],
        [8, 4, 3],
        [8, 8, 3],
        [8, 4, 1],
    ];
    for (number, [outputs, inputs, size]) in shapes.into_iter().enumerate() {
        state.biased(&conv(number), &[outputs, inputs, size, size], next);
    }
    for (number, size) in [4, 4, 4, 8, 8].into_iter().enumerate() {
        state.norm(&norm(number), size, next);
    }
    state.biased("dense", &[10, 8], next);
    state
}

fn conv(number: usize) -> String {
    match number {
        0 => "conv2d".to_string(),
        _ => format!("conv2d_{number}"),
    }
}

fn norm(number: usize) -> String {
    match number {
        0 => "batch_normalization".to_string(),
        _ => format!("batch_normalization_{number}"),
    }
}

/// Where the way around the second block begins, and what is added to the input of the first.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    /// What the first normalisation and activation of the block give.
    Bent,
    /// The block's input.
    Raw,
    /// The same, but for the first block: Keras's example, whose first convolution has these behind it.
    RawRest,
}

fn forward(state: &State, image: &[f32], ways: Ways) -> Vec<f64> {
    let normed = |x: &Maps, number: usize| bent(state.normed_by(x, &norm(number), 1e-3));
    let x = state.conv_same(&half(image), &conv(0), 1);
    let y = normed(&x, 0);
    let x = if ways == Ways::RawRest { y.clone() } else { x };
    let y = normed(&state.conv_same(&y, &conv(1), 1), 1);
    let x = sum(state.conv_same(&y, &conv(2), 1), &x);
    let y = normed(&x, 2);
    let x = if ways == Ways::Bent { y.clone() } else { x };
    let y = normed(&state.conv_same(&y, &conv(3), 2), 3);
    let y = state.conv_same(&y, &conv(4), 1);
    let x = sum(y, &state.conv_same(&x, &conv(5), 2));
    state.answer_by(&normed(&x, 4), "dense")
}

fn weights(state: &State) -> State {
    state.as_in(Program::KerasWeights)
}

#[test]
fn a_description_says_that_normalisations_begin_blocks() {
    let state = state(71);
    let description = HALF.replacen('{', r#"{"shortcuts": "early", "#, 1);
    let loaded = import::load(&weights(&state).file(), "v2", Some(&description)).unwrap();
    assert_reads(&loaded.model, &images(72, 2), |image| {
        forward(&state, image, Ways::Bent)
    });
}

#[test]
fn whether_normalisations_begin_blocks_is_found_by_trying() {
    for (ways, key) in [
        (Ways::Bent, "\"note-added-early\""),
        (Ways::Raw, "\"note-added-early-raw\""),
        (Ways::RawRest, "\"note-added-early-rest\""),
    ] {
        let mut state = state(73);
        let forward = |state: &State, image: &[f32]| forward(state, image, ways);
        let loaded = tried_as(&mut state, 74, weights, "dense", forward);
        let notes = format!("{:?}", loaded.notes);
        assert!(notes.contains(key), "{key}: {notes}");
    }
}

/// No 1×1 convolution tells them: pairs are tried.
#[test]
fn blocks_of_one_width_are_found_by_trying() {
    let (mut state, mut random) = (State::default(), random(75));
    let next = &mut random;
    for number in 0..5 {
        let inputs = if number == 0 { 1 } else { 4 };
        state.biased(&conv(number), &[4, inputs, 3, 3], next);
        state.norm(&norm(number), 4, next);
    }
    state.biased("dense", &[10, 4], next);
    let forward = |state: &State, image: &[f32]| {
        let conv_norm = |x: &Maps, number: usize| {
            let y = state.conv_same(x, &conv(number), 1);
            state.normed_by(&y, &norm(number), 1e-3)
        };
        let mut x = bent(conv_norm(&half(image), 0));
        for number in [1, 3] {
            let y = conv_norm(&bent(conv_norm(&x, number)), number + 1);
            x = bent(sum(y, &x));
        }
        state.answer_by(&x, "dense")
    };
    let loaded = tried_as(&mut state, 76, weights, "dense", forward);
    let notes = format!("{:?}", loaded.notes);
    assert!(notes.contains("note-added-before"), "{notes}");
}

/// What numbers do not tell a description can.
#[test]
fn a_description_calls_layers_by_names_that_tell_blocks() {
    let state = state(77);
    let names = r#"{"names": {"conv2d": "stem", "batch_normalization": "block1/bn1", "conv2d_1": "block1/conv1",
        "batch_normalization_1": "block1/bn2", "layers/conv2d_2": "block1/conv2", "batch_normalization_2": "block2/bn1",
        "conv2d_3": "block2/conv1", "batch_normalization_3": "block2/bn2", "conv2d_4": "block2/conv2",
        "conv2d_5": "block2/shortcut", "batch_normalization_4": "last"}, "#;
    let description = HALF.replacen('{', names, 1);
    let loaded = import::load(&weights(&state).file(), "v2", Some(&description)).unwrap();
    let notes = format!("{:?}", loaded.notes);
    assert!(notes.contains("block2.shortcut"), "{notes}");
    assert_reads(&loaded.model, &images(78, 2), |image| {
        forward(&state, image, Ways::Bent)
    });
    let unknown = HALF.replacen('{', r#"{"names": {"conv2d_9": "x"}, "#, 1);
    let error = import::load(&weights(&state).file(), "v2", Some(&unknown)).unwrap_err();
    assert!(error.to_string().contains("conv2d_9"), "{error}");
}

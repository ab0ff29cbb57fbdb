//! Blocks that begin with a normalisation and an activation (He et al. 2016, arXiv:1603.05027).

use crate::reference::*;
use mnistify_network::import;

/// `conv1`, `layer1.0` with 4 channels, `layer2.0` with as many as said and a convolution around it if these are others, `bn`,
/// `fc`.
fn state(channels: usize, seed: u64) -> State {
    let (mut state, mut random) = (State::default(), random(seed));
    let next = &mut random;
    state.weight("conv1", &[4, 1, 3, 3], next);
    for (block, outputs) in [("layer1.0", 4), ("layer2.0", channels)] {
        state.norm(&format!("{block}.bn1"), 4, next);
        state.weight(&format!("{block}.conv1"), &[outputs, 4, 3, 3], next);
        state.norm(&format!("{block}.bn2"), outputs, next);
        state.weight(&format!("{block}.conv2"), &[outputs, outputs, 3, 3], next);
    }
    if channels != 4 {
        state.weight("layer2.0.shortcut.0", &[channels, 4, 1, 1], next);
    }
    state.norm("bn", channels, next);
    state.biased("fc", &[10, channels], next);
    state
}

/// Its answer; the convolution around the second block takes what its first activation gives, or the block's input itself.
fn forward(state: &State, image: &[f32], from_bent: bool) -> Vec<f64> {
    let first = |x: &Maps, block: &str| bent(state.normed(x, &format!("{block}.bn1")));
    let rest = |x: &Maps, block: &str, stride: usize| {
        let y = state.conv(x, &format!("{block}.conv1"), stride);
        let y = bent(state.normed(&y, &format!("{block}.bn2")));
        state.conv(&y, &format!("{block}.conv2"), 1)
    };
    let x = state.conv(&half(image), "conv1", 1);
    let y = first(&x, "layer1.0");
    let x = sum(rest(&y, "layer1.0", 1), &x);
    let y = first(&x, "layer2.0");
    let x = if state.0.contains_key("layer2.0.shortcut.0.weight") {
        let way = state.conv(if from_bent { &y } else { &x }, "layer2.0.shortcut.0", 2);
        sum(rest(&y, "layer2.0", 2), &way)
    } else {
        sum(rest(&y, "layer2.0", 1), &x)
    };
    if state.0.contains_key("bn.weight") {
        state.answer(&bent(state.normed(&x, "bn")))
    } else {
        state.answer(&x)
    }
}

#[test]
fn shapes_tell_that_normalisations_come_first() {
    let with_last = state(8, 21);
    let mut without = with_last.clone();
    without.0.retain(|name, _| !name.starts_with("bn."));
    for state in [with_last, without] {
        for wrapper in ["", "module.", "_orig_mod.", "model.net."] {
            let file = state.prefixed(wrapper).file();
            let loaded = import::load(&file, "resnet.safetensors", Some(HALF)).unwrap();
            let notes = format!("{:?}", loaded.notes);
            assert!(notes.contains("\"note-added-early\""), "{notes}");
            let reference = |image: &[f32]| forward(&state, image, true);
            assert_reads(&loaded.model, &images(22, 2), reference);
        }
    }
}

#[test]
fn where_a_way_around_begins_is_found_by_trying() {
    let loaded = tried(&mut state(8, 23), 24, |state, image| {
        forward(state, image, false)
    });
    let notes = format!("{:?}", loaded.notes);
    assert!(notes.contains("\"note-added-early-raw\""), "{notes}");
}

#[test]
fn blocks_of_one_width_are_told_by_trying_or_a_description() {
    let mut state = state(4, 25);
    let description = HALF.replacen('{', r#"{"shortcuts": "early", "#, 1);
    let loaded = import::load(&state.file(), "resnet", Some(&description)).unwrap();
    let reference = |image: &[f32]| forward(&state, image, true);
    assert_reads(&loaded.model, &images(26, 2), reference);
    let loaded = tried(&mut state, 27, |state, image| forward(state, image, true));
    let notes = format!("{:?}", loaded.notes);
    assert!(notes.contains("\"note-added-early\""), "{notes}");
}

/// The second kind of `keras.applications` halves the maps at the end of a stack; every second place goes around that.
#[test]
fn keras_halves_the_maps_at_the_end_of_a_stack() {
    let blocks = [
        ("conv2_block1", 4, 8),
        ("conv2_block2", 8, 8),
        ("conv3_block1", 8, 16),
        ("conv3_block2", 16, 16),
    ];
    let (mut state, mut random) = (State::default(), random(28));
    let next = &mut random;
    state.biased("conv1_conv", &[4, 1, 3, 3], next);
    for (block, inputs, outputs) in blocks {
        let inner = outputs / 4;
        state.norm(&format!("{block}_preact_bn"), inputs, next);
        if inputs != outputs {
            state.biased(&format!("{block}_0_conv"), &[outputs, inputs, 1, 1], next);
        }
        state.weight(&format!("{block}_1_conv"), &[inner, inputs, 1, 1], next);
        state.norm(&format!("{block}_1_bn"), inner, next);
        state.weight(&format!("{block}_2_conv"), &[inner, inner, 3, 3], next);
        state.norm(&format!("{block}_2_bn"), inner, next);
        state.biased(&format!("{block}_3_conv"), &[outputs, inner, 1, 1], next);
    }
    state.norm("post_bn", 16, next);
    state.biased("predictions", &[10, 16], next);
    let file = state.as_in(Program::Keras).file();
    let loaded = import::load(&file, "resnet50v2.safetensors", Some(HALF)).unwrap();
    let reference = |image: &[f32]| {
        let mut x = state.conv(&half(image), "conv1_conv", 1);
        for (block, inputs, outputs) in blocks {
            let stride = if block == "conv2_block2" { 2 } else { 1 };
            let y = bent(state.normed(&x, &format!("{block}_preact_bn")));
            let way = if inputs == outputs {
                stepped(&x, stride)
            } else {
                state.conv(&y, &format!("{block}_0_conv"), 1)
            };
            let y = state.conv(&y, &format!("{block}_1_conv"), 1);
            let y = bent(state.normed(&y, &format!("{block}_1_bn")));
            let y = state.conv(&y, &format!("{block}_2_conv"), stride);
            let y = bent(state.normed(&y, &format!("{block}_2_bn")));
            x = sum(state.conv(&y, &format!("{block}_3_conv"), 1), &way);
        }
        state.answer_by(&bent(state.normed(&x, "post_bn")), "predictions")
    };
    assert_reads(&loaded.model, &images(29, 2), reference);
}

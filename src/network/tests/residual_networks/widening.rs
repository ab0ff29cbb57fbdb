//! Shortcuts without weights around blocks that make more maps: zeros for those that are missing (option A of He et al. 2015,
//! arXiv:1512.03385).

use crate::reference::*;
use mnistify_network::import;

/// Without the way around the second block.
fn state(seed: u64) -> State {
    let mut state = State::two_blocks("none", seed);
    state.0.retain(|name, _| !name.contains(".none."));
    state
}

fn forward(state: &State, image: &[f32], both_sides: bool, mean: bool) -> Vec<f64> {
    let conv_norm = |x: &Maps, block: &str, number: usize, stride: usize| {
        let y = state.conv(x, &format!("{block}conv{number}"), stride);
        state.normed(&y, &format!("{block}bn{number}"))
    };
    let x = bent(conv_norm(&half(image), "", 1, 1));
    let y = bent(conv_norm(&x, "layer1.0.", 1, 1));
    let x = bent(sum(conv_norm(&y, "layer1.0.", 2, 1), &x));
    let y = bent(conv_norm(&x, "layer2.0.", 1, 2));
    let y = conv_norm(&y, "layer2.0.", 2, 1);
    let mut way = if mean { means(&x) } else { stepped(&x, 2) };
    let nothing = vec![vec![0.0; way[0][0].len()]; way[0].len()];
    for place in 0..4 {
        if both_sides && place < 2 {
            way.insert(0, nothing.clone());
        } else {
            way.push(nothing.clone());
        }
    }
    state.answer(&bent(sum(y, &way)))
}

#[test]
fn missing_maps_are_zeros_on_both_sides_where_nobody_says() {
    let state = state(31);
    let loaded = import::load(&state.file(), "resnet20.safetensors", Some(HALF)).unwrap();
    let reference = |image: &[f32]| forward(&state, image, true, false);
    assert_reads(&loaded.model, &images(32, 3), reference);
}

#[test]
fn where_the_zeros_are_is_found_by_trying() {
    for (both_sides, mean) in [(false, false), (true, true)] {
        let loaded = tried(&mut state(33), 34, |state, image| {
            forward(state, image, both_sides, mean)
        });
        let notes = format!("{:?}", loaded.notes);
        assert_eq!(notes.contains("note-zeros-around"), both_sides, "{notes}");
        assert_eq!(notes.contains("note-zeros-behind"), !both_sides, "{notes}");
        assert_eq!(notes.contains("note-shortcut-mean"), mean, "{notes}");
    }
}

//! The contributions that the ribbons show, found on the GPU, are those that the CPU's arithmetic finds.

use mnistify::{
    actions::Action,
    commands::offscreen::Offscreen,
    inference::Network,
    inspector::{Inspection, InspectorSettings},
    pad::Pad,
    view::SelectedCell,
};
use mnistify_drawing::recording;
use mnistify_network::explain::{Cell, explain};
use std::{path::Path, time::Duration};

/// Largest relative difference of a product: the GPU's inputs differ from the CPU's by rounding through the layers.
const TOLERANCE: f32 = 1e-3;

#[test]
fn the_gpu_finds_the_strongest_terms() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/strokes/seven.json");
    let models = mnistify::shipped_models().expect("the shipped models load");
    let mut offscreen = Offscreen::start(640, 360, models).expect("a software adapter will do");
    offscreen.draw(recording::load(file).expect("a checked-in recording"));
    // The output 7 of both networks, and a hidden neuron of the MLP.
    for (key, row, channel) in [("mlp", 3, 7), ("cnn", 7, 7), ("mlp", 2, 100)] {
        let network = offscreen.network(key).expect("it is shipped");
        let cell = Cell {
            row,
            channel,
            y: 0,
            x: 0,
        };
        offscreen.act(Action::Select(Some(SelectedCell { network, cell })));
        for _ in 0..4 {
            offscreen
                .settle(Duration::from_secs(30))
                .expect("everything arrives");
        }
        let world = offscreen.app.world();
        let inspection = world.get::<Inspection>(network).expect("each has one");
        let ribbons = inspection.ribbons.as_ref().expect("edges are on");
        let live = world.get::<Network>(network).expect("it is there");
        let arena = live
            .cpu
            .forward_arena(world.resource::<Pad>().image().as_slice());
        let explanation = explain(&live.model, &live.layout, &arena, cell);
        let expected =
            explanation.strongest_terms(world.resource::<InspectorSettings>().edge_count);
        assert_eq!(ribbons.cell, cell);
        assert_eq!(ribbons.terms.len(), expected.len());
        let terms = explanation.terms();
        for (found, expected) in ribbons.terms.iter().zip(&expected) {
            // Equal within rounding in size, in this order, and each really the product of its source.
            let scale = expected.product().abs().max(1e-2);
            let difference = (found.product.abs() - expected.product().abs()).abs();
            assert!(difference <= TOLERANCE * scale, "{found:?} {expected:?}");
            let own = terms[found.source].product();
            assert!(
                (found.product - own).abs() <= TOLERANCE * scale,
                "{found:?} {own}"
            );
        }
    }
}

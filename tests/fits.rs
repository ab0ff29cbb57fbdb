//! The sheets' words have room at every size of the window, in every language and every size of text.

use bevy_egui::egui::{self, Rect, vec2};
use egui_kittest::{Harness, kittest::NodeT};
use mnistify::{
    access::{Access, TEXT_SIZES},
    actions::Screen,
    commands::offscreen::Offscreen,
    panels::show_in,
    view::Motion,
    words::{Language, speak},
};
use std::collections::BTreeSet;

/// In points; 1920 × 1080 pixels are 1280 × 720 of them.
const WINDOWS: [[f32; 2]; 8] = [
    [900.0, 600.0],
    [1024.0, 768.0],
    [1280.0, 720.0],
    [360.0, 640.0],
    [390.0, 844.0],
    [768.0, 1024.0],
    [1080.0, 1920.0],
    [844.0, 390.0],
];

/// Opens one of the sheets, which are closed.
type Open = fn(&mut Screen, &mut Motion);

const SHEETS: [(&str, Open); 5] = [
    ("more", |screen, _| screen.more = true),
    ("numbers", |screen, _| screen.numbers = true),
    ("help", |screen, _| screen.help = true),
    ("own network", |screen, _| screen.own_network = true),
    ("slow motion", |_, motion| motion.slow = Some(0.5)),
];

/// What is there for screen readers, with its place.
fn nodes(harness: &Harness<'static, Offscreen>) -> Vec<(String, Rect)> {
    let all = harness.root().children_recursive();
    let told = all.filter_map(|node| {
        let inner = node.accesskit_node();
        inner.bounding_box()?;
        let text = inner.label().or_else(|| inner.value())?;
        Some((text, node.rect()))
    });
    told.collect()
}

fn show(harness: &mut Harness<'static, Offscreen>, open: Option<Open>) -> Vec<(String, Rect)> {
    let world = harness.state_mut().app.world_mut();
    *world.resource_mut::<Screen>() = Screen::default();
    world.resource_mut::<Motion>().slow = None;
    if let Some(open) = open {
        world.resource_scope::<Screen, _>(|world, mut screen| {
            open(&mut screen, &mut world.resource_mut::<Motion>());
        });
    }
    // An area finds its size in one pass and its place in the next.
    harness.run_steps(3);
    nodes(harness)
}

#[test]
fn the_sheets_words_have_room() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let offscreen = Offscreen::start(1280, 720, models);
    let offscreen = offscreen.expect("a GPU, a software one will do");
    // Only the panels are shown anew; nothing is drawn.
    let mut harness: Harness<'static, Offscreen> = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .with_max_steps(20)
        .build_ui_state(
            |ui: &mut egui::Ui, offscreen: &mut Offscreen| {
                show_in(offscreen.app.world_mut(), ui.ctx());
            },
            offscreen,
        );
    let mut faults = BTreeSet::new();
    for language in Language::ALL {
        speak(language);
        for [width, height] in WINDOWS {
            harness.set_size(vec2(width, height));
            for percent in [TEXT_SIZES[0], TEXT_SIZES[2]] {
                let world = harness.state_mut().app.world_mut();
                world.resource_mut::<Access>().text_percent = percent;
                harness.run_steps(2);
                let before = show(&mut harness, None);
                for (sheet, open) in SHEETS {
                    let after = show(&mut harness, Some(open));
                    let new: Vec<_> = after.iter().filter(|node| !before.contains(node)).collect();
                    assert!(!new.is_empty(), "{sheet} is not open");
                    for (text, rect) in new {
                        if rect.min.x < -0.5 || rect.max.x > width + 0.5 {
                            let code = language.code();
                            let [from, to] = [rect.min.x, rect.max.x];
                            faults.insert(format!(
                                "{code} {width}×{height} {percent} % {sheet}: {text}: {from:.0} to {to:.0}"
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{}",
        faults.into_iter().collect::<Vec<_>>().join("\n")
    );
}

//! Every control has a key.

use super::Wish;
use crate::{
    inference::{InferenceSettings, ShownNetworks},
    pad::{Pad, PadCommand},
    view::{Motion, Preset, Selection},
};
use bevy_egui::egui::{Context, Key, Modifiers};
use mnistify_drawing::{Preparation, Tool};
use std::ops::RangeInclusive;

/// Keys and what they do, for the help.
pub const KEYS: [(&str, &str); 22] = [
    ("D / E", "draw / erase"),
    ("[ / ]", "thinner / thicker brush"),
    ("Ctrl+Z / Ctrl+Y", "undo / redo"),
    ("C or Delete", "clear"),
    ("P", "prepare like MNIST, on or off"),
    ("T", "replay the drawing"),
    ("Ctrl+S / Ctrl+O", "save / load the drawing"),
    ("K / L", "save a picture / share a link"),
    ("V", "continuous inference on or off"),
    ("B / M / N / Y", "all networks / MLP / CNN / yours"),
    ("U", "your network: bring, remove"),
    ("1 2 3 4, R", "views, reset the camera"),
    ("Arrows", "turn the camera, or move the selected cell"),
    ("+ / −", "nearer / further"),
    ("PageUp / PageDown", "next / previous feature map"),
    ("Space", "slow motion"),
    ("G", "edges on or off"),
    (", / .", "fewer / more edges"),
    ("F", "feature maps flat"),
    ("I", "inference times, fold or unfold"),
    ("A", "calm: less motion"),
    ("Esc", "close, unselect"),
];

/// How many edges a person can choose.
pub const EDGES: RangeInclusive<usize> = 4..=96;

/// Turns this frame's keys into wishes.
#[allow(clippy::too_many_arguments)]
pub fn read_keys(
    context: &Context,
    pad: &Pad,
    selection: &Selection,
    motion: &Motion,
    settings: &InferenceSettings,
    networks: usize,
    edge_count: usize,
    timing_folded: bool,
    wishes: &mut Vec<Wish>,
) {
    if context.egui_wants_keyboard_input() {
        return;
    }
    context.input_mut(|input| {
        let mut pressed = |modifiers, key| input.consume_key(modifiers, key);
        let (none, control) = (Modifiers::NONE, Modifiers::COMMAND);
        if pressed(control | Modifiers::SHIFT, Key::Z) || pressed(control, Key::Y) {
            wishes.push(Wish::Pad(PadCommand::Redo));
        }
        if pressed(control, Key::Z) {
            wishes.push(Wish::Pad(PadCommand::Undo));
        }
        if pressed(control, Key::S) {
            wishes.push(Wish::Save);
        }
        if pressed(control, Key::O) {
            wishes.push(Wish::Load);
        }
        let other = match pad.preparation() {
            Preparation::Prepared => Preparation::Raw,
            Preparation::Raw => Preparation::Prepared,
        };
        let fewer = edge_count.saturating_sub(4).max(*EDGES.start());
        let more = (edge_count + 4).min(*EDGES.end());
        let simple = [
            (Key::D, Wish::Pad(PadCommand::Use(Tool::Draw))),
            (Key::E, Wish::Pad(PadCommand::Use(Tool::Erase))),
            (
                Key::OpenBracket,
                Wish::Pad(PadCommand::Width(pad.width - 4.0)),
            ),
            (
                Key::CloseBracket,
                Wish::Pad(PadCommand::Width(pad.width + 4.0)),
            ),
            (Key::C, Wish::Pad(PadCommand::Clear)),
            (Key::Delete, Wish::Pad(PadCommand::Clear)),
            (Key::P, Wish::Pad(PadCommand::Prepare(other))),
            (Key::T, Wish::Pad(PadCommand::Replay)),
            (Key::K, Wish::SavePicture),
            (Key::L, Wish::Share),
            (Key::V, Wish::Continuous(!settings.continuous)),
            (Key::A, Wish::ReducedMotion(!motion.reduced)),
            (Key::I, Wish::FoldTiming(!timing_folded)),
            (Key::Comma, Wish::EdgeCount(fewer)),
            (Key::Period, Wish::EdgeCount(more)),
            (Key::B, Wish::Show(ShownNetworks::All)),
            (Key::U, Wish::OwnNetwork(true)),
            (Key::Num1, Wish::View(Preset::ALL[0])),
            (Key::Num2, Wish::View(Preset::ALL[1])),
            (Key::Num3, Wish::View(Preset::ALL[2])),
            (Key::Num4, Wish::View(Preset::ALL[3])),
            (Key::R, Wish::View(Preset::Overview)),
            (Key::Plus, Wish::Zoom(0.85)),
            (Key::Equals, Wish::Zoom(0.85)),
            (Key::Minus, Wish::Zoom(1.0 / 0.85)),
            (
                Key::Space,
                Wish::Slow(if motion.slow.is_some() {
                    None
                } else {
                    Some(0.0)
                }),
            ),
        ];
        for (key, wish) in simple {
            if pressed(none, key) {
                wishes.push(wish);
            }
        }
        // A network that is not there cannot be shown.
        let of_networks = [Key::M, Key::N, Key::Y];
        for (index, key) in of_networks.into_iter().enumerate().take(networks) {
            if pressed(none, key) {
                wishes.push(Wish::Show(ShownNetworks::Only(index)));
            }
        }
        let arrows = [
            (Key::ArrowLeft, -1isize, 0isize),
            (Key::ArrowRight, 1, 0),
            (Key::ArrowUp, 0, -1),
            (Key::ArrowDown, 0, 1),
        ];
        for (key, x, y) in arrows {
            if pressed(none, key) {
                wishes.push(if selection.cell.is_some() {
                    Wish::Step { x, y, channel: 0 }
                } else {
                    Wish::Orbit {
                        yaw: -0.12 * x as f32,
                        pitch: -0.08 * y as f32,
                    }
                });
            }
        }
        for (key, channel) in [(Key::PageUp, 1), (Key::PageDown, -1)] {
            if pressed(none, key) {
                wishes.push(Wish::Step {
                    x: 0,
                    y: 0,
                    channel,
                });
            }
        }
    });
}

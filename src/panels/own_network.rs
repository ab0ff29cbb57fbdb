//! A network of one's own: how to bring one, what was assumed about it, why a file was refused; and where to drop it.

use super::{Look, marks::mark, theme};
use crate::{
    actions::{Action, Switch},
    inference::{Network, Origin},
    own_network::{EXAMPLE, OwnNetworkAction},
    words::{language, say, say_note, say_with, thousands},
};
use bevy_egui::egui::{
    self, Align2, Context, Id, LayerId, Order, Rect, RichText, Shape, Stroke, Ui,
};
use mnistify_network::import::Note;

/// The sheet's width where there is room, in logical pixels.
const WIDTH: f32 = 560.0;

/// Draws the sheet over `window`.
pub fn own_network_ui(ui: &Ui, window: Rect, look: &Look<'_>, actions: &mut Vec<Action>) {
    let refusal = look.own.refusal.as_deref();
    let own = look.own_network().map(|reading| reading.network);
    let width = (window.width() - 56.0).clamp(160.0, WIDTH);
    let height = (window.height() - 150.0).max(80.0);
    egui::Area::new("own network".into())
        .order(Order::Foreground)
        .fixed_pos(window.center())
        .pivot(Align2::CENTER_CENTER)
        .show(ui.ctx(), |ui| {
            let line = Stroke::new(1.0, theme::line());
            theme::card().stroke(line).show(ui, |ui| {
                ui.set_width(width);
                header_ui(ui, refusal.is_some(), actions);
                egui::ScrollArea::vertical()
                    .max_height(height)
                    .show(ui, |ui| {
                        ui.set_width(width - 14.0);
                        if let Some(percent) = look.own.tried() {
                            trying_ui(ui, percent, actions);
                        }
                        match (refusal, own) {
                            (Some(explanation), _) => refusal_ui(ui, explanation),
                            (None, Some(own)) => network_ui(ui, own),
                            (None, None) => how_to_ui(ui),
                        }
                        if refusal.is_some() || own.is_none() {
                            example_ui(ui);
                        }
                    });
                buttons_ui(ui, own.is_some(), actions);
            });
        });
}

fn header_ui(ui: &mut Ui, refused: bool, actions: &mut Vec<Action>) {
    let key = if refused {
        "own-refused"
    } else {
        "act-network"
    };
    theme::sheet_title(ui, &say(key), "close", || {
        actions.push(Action::Set(Switch::OwnNetwork, false));
    });
}

/// How far a network is tried out, and the way out of it.
fn trying_ui(ui: &mut Ui, percent: u32, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        ui.label(say_with("own-trying", &[("percent", percent.into())]));
        let stop = ui.button(say("own-stop-trying"));
        mark(ui, "stop_trying", stop.rect);
        if stop.clicked() {
            actions.push(Action::OwnNetwork(OwnNetworkAction::StopTrying));
        }
    });
}

fn refusal_ui(ui: &mut Ui, explanation: &str) {
    for line in explanation.lines() {
        // The explanation's titles begin at the margin, what belongs to them is set in.
        if let Some(item) = line.strip_prefix("  ") {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new("·").color(theme::dim()));
                ui.label(RichText::new(item).color(theme::dim()));
            });
        } else {
            ui.label(line);
        }
    }
}

fn network_ui(ui: &mut Ui, network: &Network) {
    let notes: &[Note] = match &network.origin {
        Origin::Own { notes, .. } => notes,
        Origin::Shipped | Origin::Pupil => &[],
    };
    ui.horizontal_wrapped(|ui| {
        let name = RichText::new(network.model.spec.name()).strong();
        ui.label(name.color(theme::network_hue(network.slot())));
        let facts = say_with(
            "own-facts",
            &[
                ("layers", network.spec().layers().len().into()),
                (
                    "parameters",
                    thousands(network.spec().parameter_count()).into(),
                ),
                ("classes", network.spec().classes().len().into()),
            ],
        );
        ui.label(RichText::new(facts).color(theme::dim()));
    });
    if notes.is_empty() {
        ui.label(say("own-nothing-assumed"));
        return;
    }
    ui.label(say("own-assumed"));
    for note in notes {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("·").color(theme::dim()));
            let note = say_note(language(), note);
            ui.label(RichText::new(note).color(theme::dim()));
        });
    }
    ui.label(RichText::new(say("own-better")).color(theme::dim()));
}

fn how_to_ui(ui: &mut Ui) {
    ui.label(say("own-how"));
    ui.label(say(if cfg!(target_arch = "wasm32") {
        "own-drop-page"
    } else {
        "own-drop-window"
    }));
}

fn example_ui(ui: &mut Ui) {
    ui.add_space(4.0);
    ui.label(say("own-description"));
    ui.label(RichText::new(EXAMPLE).font(theme::font(theme::SMALL)));
}

fn buttons_ui(ui: &mut Ui, is_there: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if cfg!(target_arch = "wasm32") {
            let choose = ui.button(say("own-choose"));
            mark(ui, "choose", choose.rect);
            if choose.on_hover_text(say("own-choose.help")).clicked() {
                actions.push(Action::ChooseNetwork);
            }
        }
        if is_there {
            let remove = ui.button(say("own-remove"));
            mark(ui, "remove", remove.rect);
            if remove.clicked() {
                actions.push(Action::OwnNetwork(OwnNetworkAction::Remove));
            }
        }
    });
}

/// Over the whole window, while a file is held over it.
pub fn drop_hint(context: &Context) {
    let painter = context.layer_painter(LayerId::new(Order::Tooltip, Id::new("drop")));
    let window = context.viewport_rect();
    painter.rect_filled(window, 0.0, theme::dark().gamma_multiply(0.82));
    let frame = window.shrink(22.0);
    let path = [
        frame.left_top(),
        frame.right_top(),
        frame.right_bottom(),
        frame.left_bottom(),
        frame.left_top(),
    ];
    painter.extend(Shape::dashed_line(
        &path,
        Stroke::new(2.0, theme::text()),
        10.0,
        7.0,
    ));
    let lines = [
        (-14.0, 22.0, theme::text(), say("own-drop")),
        (16.0, theme::TITLE, theme::dim(), say("own-choose.help")),
    ];
    for (down, size, colour, text) in lines {
        let place = window.center() + egui::vec2(0.0, down);
        theme::text_in(
            &painter,
            place,
            Align2::CENTER_CENTER,
            &text,
            theme::font(size),
            colour,
            frame.width() - 20.0,
        );
    }
}

//! Sheets over the picture: everything that is one touch away.

use super::{
    Look,
    header::{language_mark, offered},
    marks::mark,
    numbers, own_network,
    pad_panel::preparation_ui,
    theme::{self, entry_button, sheet_title},
    to_egui,
};
use crate::{
    actions::{Action, EDGES, Switch, TABLE, entry, keys_text},
    composition::{Scene, WindowClass},
    pad::PadAction,
    view::Preset,
    words::{self, say, say_with},
};
use bevy_egui::egui::{self, Align2, Rect, RichText, Sense, Ui, pos2, vec2};
use mnistify_drawing::{MAX_BRUSH_WIDTH, MIN_BRUSH_WIDTH, PAD_SIZE};

/// Shows those that are open, and the notice.
pub(super) fn sheets_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    if look.motion.slow.is_some() {
        slow_ui(ui, look, actions);
    }
    if look.screen.numbers {
        numbers::numbers_ui(ui, look, actions);
    }
    if look.screen.more {
        more_ui(ui, look, actions);
    }
    if look.screen.help {
        help_ui(ui, actions);
    }
    let own_sheet = look.screen.own_network || look.own.refusal.is_some();
    if own_sheet {
        own_network::own_network_ui(ui, window, look, actions);
    }
    if look.own.dragging {
        own_network::drop_hint(ui.ctx());
    }
    // That sheet says more, and its buttons stand where the notice would.
    if let Some(notice) = look.screen.notice.as_ref().filter(|_| !own_sheet) {
        notice_ui(ui, notice, actions);
    }
}

/// Everything that is not needed at once.
fn more_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    let width = (window.width() - 24.0).min(560.0);
    let (top, pivot, height) = if look.access.reach {
        let low = 0.5 * window.height() - 110.0;
        (window.max.y - 12.0, Align2::RIGHT_BOTTOM, low.max(120.0))
    } else {
        let high = window.height() - 190.0;
        (window.min.y + 72.0, Align2::RIGHT_TOP, high)
    };
    egui::Area::new("more".into())
        .order(egui::Order::Foreground)
        .fixed_pos(pos2(window.max.x - 12.0, top))
        .pivot(pivot)
        .constrain_to(window.shrink(8.0))
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.set_width(width - 40.0);
                sheet_title(ui, &say("more-title"), "close_more", || {
                    actions.push(Action::Set(Switch::More, false));
                });
                egui::ScrollArea::vertical()
                    .max_height(height)
                    .show(ui, |ui| more_body(ui, look, actions));
            });
        });
}

fn group(ui: &mut Ui, key: &str) {
    ui.label(RichText::new(say(key)).color(theme::dim()));
}

/// The ways to what leads a visitor: the school, the tour, the challenges.
fn leads_ui(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let (on_tour, challenged) = (look.screen.tour.is_some(), look.screen.challenge.is_some());
    for (name, on) in [
        ("tour", on_tour),
        ("challenge", challenged),
        ("school", look.school.is_open),
    ] {
        actions.extend(entry_button(ui, entry(name), on, true));
    }
}

fn more_body(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let pad = look.pad;
    // On a phone there is no other way to them: they are seen without scrolling.
    let wide = look.composed.places.class == WindowClass::Wide;
    if !wide {
        ui.horizontal_wrapped(|ui| leads_ui(ui, look, actions));
    }
    let drawn = !pad.drawing().is_empty();
    group(ui, "more-drawing");
    ui.horizontal_wrapped(|ui| {
        let can_redo = pad.drawing().can_redo();
        for (name, on, enabled) in [
            ("redo", false, can_redo),
            ("replay", pad.is_replaying(), drawn),
            ("save", false, drawn),
            ("load", false, true),
            ("picture", false, true),
            ("share", false, true),
        ] {
            if look.exhibit.is_some() && !entry(name).action.is_for_visitors() {
                continue;
            }
            actions.extend(entry_button(ui, entry(name), on, enabled));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let name = ui.label(say("more-brush"));
        let mut brush = pad.width;
        let slider =
            egui::Slider::new(&mut brush, MIN_BRUSH_WIDTH..=MAX_BRUSH_WIDTH).show_value(false);
        let slider = ui.add(slider).labelled_by(name.id);
        mark(ui, "brush", slider.rect);
        if slider.on_hover_text(theme::hint(entry("wider"))).changed() {
            actions.push(Action::Pad(PadAction::Width(brush)));
        }
        let (spot, _) = ui.allocate_exact_size(vec2(44.0, 40.0), Sense::hover());
        let radius = brush / PAD_SIZE * look.composed.places.pad.width() / 2.0;
        ui.painter()
            .circle_filled(spot.center(), radius.min(20.0), theme::text());
    });
    preparation_ui(ui, pad, actions);
    ui.separator();
    group(ui, "more-view");
    ui.horizontal_wrapped(|ui| {
        let preset = look.camera.preset();
        for (name, view) in [
            ("overview", Preset::Overview),
            ("side", Preset::Side),
            ("top", Preset::Top),
        ] {
            actions.extend(entry_button(ui, entry(name), preset == Some(view), true));
        }
        for (name, on) in [
            ("slow", look.motion.slow.is_some()),
            ("calm", look.motion.reduced),
            ("maps", look.screen.maps.is_some()),
            ("numbers", look.screen.numbers),
            ("lanes", look.screen.lanes_fill_screen),
        ] {
            actions.extend(entry_button(ui, entry(name), on, true));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let edges = look.inspector.edges;
        actions.extend(entry_button(ui, entry("edges"), edges, true));
        let mut count = look.inspector.edge_count;
        let slider = egui::Slider::new(&mut count, EDGES).show_value(false);
        let slider = ui.add_enabled(edges, slider);
        mark(ui, "edge_count", slider.rect);
        if slider.changed() {
            actions.push(Action::EdgeCount(count));
        }
        let text = say_with("edges-count", &[("count", count.into())]);
        let name = ui.label(RichText::new(text).color(theme::dim()));
        slider.labelled_by(name.id);
    });
    ui.separator();
    ui.horizontal_wrapped(|ui| {
        if look.exhibit.is_none() {
            actions.extend(entry_button(ui, entry("network"), false, true));
        }
        if wide {
            leads_ui(ui, look, actions);
        }
        actions.extend(entry_button(ui, entry("start_over"), false, true));
        actions.extend(entry_button(ui, entry("help"), look.screen.help, true));
    });
    ui.horizontal_wrapped(|ui| {
        for language in offered(look) {
            let on = language == words::language();
            let button = egui::Button::new(language.own_name()).selected(on);
            let response = ui.add(button);
            let scene = &look.composed.places.scene;
            let has_foot = matches!(scene, Scene::Lanes(_) | Scene::Table(_));
            let in_foot = look.exhibit.is_some() && has_foot;
            if !in_foot {
                mark(ui, language_mark(language), response.rect);
            }
            if response.clicked() {
                actions.push(Action::Speak(language));
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        for (name, on) in [
            ("larger_text", look.access.text_scale() > 1.0),
            ("high_contrast", look.access.high_contrast),
            ("reach", look.access.reach),
        ] {
            actions.extend(entry_button(ui, entry(name), on, true));
        }
    });
}

/// Where a slow forward pass stands.
fn slow_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let Some(share) = look.motion.slow else {
        return;
    };
    let places = &look.composed.places;
    // Below the lanes, in the legend's place; on a phone over the buttons, which wait meanwhile.
    let foot = match &places.scene {
        Scene::Lanes(scene) => {
            let lanes = to_egui(scene.lanes_rect);
            let middle = pos2(lanes.center().x, to_egui(scene.legend).center().y);
            Rect::from_center_size(middle, vec2(lanes.width().min(560.0), 40.0))
        }
        Scene::Page(_) if places.class == WindowClass::Sideways => {
            let controls = &places.controls;
            to_egui(controls.explain.unwrap_or(controls.more)).expand2(vec2(8.0, 0.0))
        }
        _ => to_egui(places.controls.draw).union(to_egui(places.controls.more)),
    };
    egui::Area::new("slow".into())
        .fixed_pos(foot.center_bottom())
        .pivot(Align2::CENTER_BOTTOM)
        .show(ui.ctx(), |ui| {
            egui::Frame::new()
                .fill(theme::sheet())
                .corner_radius(10)
                .inner_margin(egui::Margin::symmetric(8, 1))
                .show(ui, |ui| {
                    ui.horizontal_centered(|ui| {
                        ui.set_min_size(foot.size() - vec2(16.0, 2.0));
                        let label = if look.motion.playing { "pause" } else { "play" };
                        let (label, close) = (say(label), say("close"));
                        let buttons =
                            theme::button_width(ui, &label) + theme::button_width(ui, &close);
                        let room = foot.width() - buttons - 5.0 * theme::GAP;
                        let button = ui.button(label);
                        mark(ui, "slow_play", button.rect);
                        if button.clicked() {
                            actions.push(Action::Toggle(Switch::Playing));
                        }
                        ui.spacing_mut().slider_width = room.max(40.0);
                        let mut value = share.min(1.0);
                        let slider = egui::Slider::new(&mut value, 0.0..=1.0).show_value(false);
                        let slider = ui.add(slider);
                        slider.widget_info(|| {
                            egui::WidgetInfo::slider(true, value.into(), entry("slow").help())
                        });
                        if slider.changed() {
                            actions.push(Action::StopAt(value));
                        }
                        let close = ui.button(close);
                        mark(ui, "close_slow", close.rect);
                        if close.clicked() {
                            actions.push(Action::Set(Switch::SlowMotion, false));
                        }
                    });
                });
        });
}

fn help_ui(ui: &Ui, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    egui::Area::new("help".into())
        .order(egui::Order::Foreground)
        .fixed_pos(window.center())
        .pivot(Align2::CENTER_CENTER)
        .constrain_to(window)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.set_width((window.width() - 64.0).min(940.0));
                sheet_title(ui, &say("keys-title"), "close_help", || {
                    actions.push(Action::Set(Switch::Help, false));
                });
                egui::ScrollArea::vertical()
                    .max_height(window.height() - 170.0)
                    .show(ui, |ui| {
                        keys_grid(ui, window.width());
                        ui.label(RichText::new(say("keys-mouse")).color(theme::dim()));
                    });
            });
        });
}

fn keys_grid(ui: &mut Ui, width: f32) {
    let with_keys = TABLE.iter().filter(|entry| !entry.keys.is_empty());
    let entries: Vec<_> = with_keys.collect();
    let columns = if width > 900.0 { 2 } else { 1 };
    let lines = entries.len().div_ceil(columns);
    egui::Grid::new("keys")
        .spacing(vec2(16.0, 3.0))
        .show(ui, |ui| {
            for line in 0..lines {
                for column in 0..columns {
                    let Some(entry) = entries.get(line + column * lines) else {
                        continue;
                    };
                    let keys = RichText::new(keys_text(entry)).size(theme::SMALL);
                    ui.label(keys);
                    let help = RichText::new(entry.help()).size(theme::SMALL);
                    ui.add(egui::Label::new(help.color(theme::dim())).truncate());
                }
                ui.end_row();
            }
        });
}

fn notice_ui(ui: &Ui, notice: &str, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    egui::Area::new("notice".into())
        .order(egui::Order::Foreground)
        .fixed_pos(pos2(window.center().x, window.max.y - 24.0))
        .pivot(Align2::CENTER_BOTTOM)
        .constrain_to(window.shrink(8.0))
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(notice);
                    let ok = ui.button(say("ok"));
                    mark(ui, "ok", ok.rect);
                    if ok.clicked() {
                        actions.push(Action::Dismiss);
                    }
                });
            });
        });
}

//! Over the stage: pointer input for the camera and for picking, labels, the legend, view buttons, and the panels that
//! open on demand.

use super::{Look, filters, inspect, overlay, theme};
use crate::{
    actions::{Action, EDGES, Switch, TABLE, entry, keys_text},
    view::{
        Motion, Preset,
        colour::value_colour,
        picking::{Projector, pick},
    },
};
use bevy::prelude::Vec2;
use bevy_egui::egui::{
    self, Align2, Color32, Mesh, PointerButton, Rect, Sense, Shape, Ui, pos2, vec2,
};

/// Draws everything over the scene and reads its pointer.
pub fn stage_ui(
    ui: &mut Ui,
    rect: Rect,
    look: &Look<'_>,
    textures: &mut filters::MapTextures,
    actions: &mut Vec<Action>,
) {
    let projector = Projector::new(&look.camera.now, look.stage);
    pointer_ui(ui, rect, &projector, look, actions);
    let painter = ui.painter_at(rect);
    overlay::paint(&painter, &projector, look);
    top_bar(ui, rect, look, actions);
    let foot = legend(&painter, rect, look.compact);
    if look.motion.slow.is_some() {
        scrub_bar(ui, rect, look.motion, actions);
    }
    if let Some(selected) = look.explained()
        && let Some(reading) = look.network(selected.cell.network)
    {
        let room = Rect::from_min_max(rect.min + vec2(10.0, 50.0), rect.max - vec2(10.0, foot));
        inspect::inspect_ui(ui, room, reading.network, selected, actions);
    }
    filters::maps_ui(ui, rect.shrink2(vec2(14.0, 52.0)), look, textures, actions);
    if look.screen.help {
        help_ui(ui, rect, actions);
    }
    if let Some(notice) = &look.screen.notice {
        notice_ui(ui, rect, notice, actions);
    }
}

fn notice_ui(ui: &Ui, rect: Rect, notice: &str, actions: &mut Vec<Action>) {
    let text = egui::RichText::new(notice).color(theme::TEXT);
    egui::Area::new("notice".into())
        .fixed_pos(pos2(rect.center().x, rect.max.y - 64.0))
        .pivot(Align2::CENTER_BOTTOM)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.label(text);
                    if ui.button("OK").clicked() {
                        actions.push(Action::Dismiss);
                    }
                });
            });
        });
}

/// Orbit with the first button or a finger, pan with the others or with two fingers, zoom with wheel or pinch.
fn pointer_ui(
    ui: &Ui,
    rect: Rect,
    projector: &Projector,
    look: &Look<'_>,
    actions: &mut Vec<Action>,
) {
    let response = ui.interact(rect, ui.id().with("stage"), Sense::click_and_drag());
    let drag = response.drag_delta() / rect.height();
    let touches = ui.input(|input| input.multi_touch());
    if let Some(touch) = touches.filter(|_| response.hovered() || response.dragged()) {
        actions.push(Action::Zoom(1.0 / touch.zoom_delta));
        let shift = touch.translation_delta / rect.height();
        actions.push(Action::Pan {
            right: -shift.x,
            up: shift.y,
        });
    } else if response.dragged() && drag != egui::Vec2::ZERO {
        let shift = ui.input(|input| input.modifiers.shift);
        if response.dragged_by(PointerButton::Primary) && !shift {
            actions.push(Action::Orbit {
                yaw: -drag.x * 3.5,
                pitch: drag.y * 2.5,
            });
        } else {
            actions.push(Action::Pan {
                right: -drag.x,
                up: drag.y,
            });
        }
    }
    if response.contains_pointer() {
        let scroll = ui.input(|input| input.smooth_scroll_delta().y);
        if scroll != 0.0 {
            actions.push(Action::Zoom((-scroll * 0.0025).exp()));
        }
    }
    let under = |place: egui::Pos2| {
        let towers = look.towers.iter().map(|item| (item.entity, item.tower));
        pick(towers, projector.ray(Vec2::new(place.x, place.y)))
    };
    let hovered = response.hover_pos().and_then(under);
    if hovered != look.selection.hovered {
        actions.push(Action::Hover(hovered));
    }
    if let Some(place) = response.interact_pointer_pos() {
        if response.double_clicked() {
            if let Some(cell) = under(place) {
                actions.push(Action::Select(Some(cell)));
                actions.push(Action::FlyTo(cell));
            }
        } else if response.clicked() {
            actions.push(Action::Select(under(place)));
        }
    }
}

/// What all of the top bar's controls take, in logical pixels.
const WIDE_BAR: f32 = 640.0;

fn top_bar(ui: &mut Ui, rect: Rect, look: &Look<'_>, actions: &mut Vec<Action>) {
    // Presets, the slider and Calm have keys, and go where there is no room.
    let narrow = look.compact || rect.width() < WIDE_BAR;
    let mut edge_count = None;
    let bar = Rect::from_min_size(rect.min + vec2(10.0, 8.0), vec2(rect.width() - 20.0, 30.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let mut button = |ui: &mut Ui, name: &str, label: Option<&str>, on: bool| {
                let entry = entry(name);
                let button = egui::Button::new(label.unwrap_or(entry.label)).selected(on);
                let hint = format!("{} ({})", entry.help, keys_text(entry));
                if ui.add(button).on_hover_text(hint).clicked() {
                    actions.push(entry.action.clone());
                }
            };
            if narrow {
                button(ui, "overview", Some("Reset"), false);
            } else {
                let seen = look.camera.preset();
                let names = ["overview", "front", "top", "side"];
                for (preset, name) in Preset::ALL.into_iter().zip(names) {
                    button(ui, name, None, seen == Some(preset));
                }
                ui.add_space(8.0);
            }
            button(ui, "slow", None, look.motion.slow.is_some());
            button(ui, "edges", None, look.inspector.edges);
            if look.inspector.edges && !narrow {
                let mut count = look.inspector.edge_count;
                ui.spacing_mut().slider_width = 54.0;
                let hint = format!("{count} edges");
                let slider = egui::Slider::new(&mut count, EDGES).show_value(false);
                if ui.add(slider).on_hover_text(hint).changed() {
                    edge_count = Some(count);
                }
            }
            button(ui, "maps", None, look.screen.maps.is_some());
            if !narrow {
                button(ui, "calm", None, look.motion.reduced);
            }
            button(ui, "help", None, look.screen.help);
        });
    });
    actions.extend(edge_count.map(Action::EdgeCount));
}

/// Colour to value, at the stage's foot. Returns the height it takes.
fn legend(painter: &egui::Painter, rect: Rect, compact: bool) -> f32 {
    let width = (rect.width() * 0.4).clamp(120.0, 240.0);
    let bar = Rect::from_center_size(pos2(rect.center().x, rect.max.y - 28.0), vec2(width, 7.0));
    // So that it reads over whatever the camera is close to.
    let behind = Rect::from_min_max(bar.min - vec2(30.0, 24.0), bar.max + vec2(30.0, 22.0));
    painter.rect_filled(behind, 8.0, theme::STAGE.gamma_multiply(0.72));
    let mut mesh = Mesh::default();
    let steps = 48;
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let [r, g, b] = value_colour(share * 2.0 - 1.0);
        let x = bar.min.x + share * bar.width();
        for y in [bar.min.y, bar.max.y] {
            mesh.colored_vertex(pos2(x, y), Color32::from_rgb(r, g, b));
        }
        if step > 0 {
            let last = mesh.vertices.len() as u32;
            mesh.add_triangle(last - 4, last - 3, last - 2);
            mesh.add_triangle(last - 3, last - 2, last - 1);
        }
    }
    painter.add(Shape::mesh(mesh));
    let font = theme::font(10.5);
    let below = bar.max.y + 3.0;
    for (x, anchor, text) in [
        (bar.min.x, Align2::LEFT_TOP, "negative"),
        (bar.center().x, Align2::CENTER_TOP, "0"),
        (bar.max.x, Align2::RIGHT_TOP, "positive"),
    ] {
        painter.text(pos2(x, below), anchor, text, font.clone(), theme::DIM);
    }
    if !compact {
        painter.text(
            pos2(bar.center().x, bar.min.y - 4.0),
            Align2::CENTER_BOTTOM,
            "Height and colour: a neuron's value, in its layer's own range",
            font,
            theme::FAINT,
        );
    }
    56.0
}

fn scrub_bar(ui: &mut Ui, rect: Rect, motion: &Motion, actions: &mut Vec<Action>) {
    let Some(share) = motion.slow else {
        return;
    };
    let place = Rect::from_min_size(rect.min + vec2(10.0, 44.0), vec2(rect.width() - 20.0, 28.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        ui.horizontal(|ui| {
            let label = if motion.playing { "⏸" } else { "▶" };
            if ui.button(label).on_hover_text("Stop or go on").clicked() {
                actions.push(Action::Toggle(Switch::Playing));
            }
            ui.spacing_mut().slider_width = (ui.available_width() - 20.0).max(60.0);
            let mut value = share.min(1.0);
            let slider = egui::Slider::new(&mut value, 0.0..=1.0).show_value(false);
            if ui.add(slider).changed() {
                actions.push(Action::StopAt(value));
            }
        });
    });
}

fn help_ui(ui: &Ui, rect: Rect, actions: &mut Vec<Action>) {
    egui::Area::new("help".into())
        .fixed_pos(rect.center())
        .pivot(Align2::CENTER_CENTER)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.heading("Keys");
                    ui.add_space(180.0);
                    if ui.button("Close").clicked() {
                        actions.push(Action::Set(Switch::Help, false));
                    }
                });
                let with_keys = TABLE.iter().filter(|entry| !entry.keys.is_empty());
                let entries: Vec<_> = with_keys.collect();
                let half = entries.len().div_ceil(2);
                egui::Grid::new("keys")
                    .spacing(vec2(18.0, 3.0))
                    .show(ui, |ui| {
                        for line in 0..half {
                            for entry in [line, line + half].map(|i| entries.get(i)) {
                                let Some(entry) = entry else { continue };
                                let keys = egui::RichText::new(keys_text(entry));
                                ui.label(keys.font(theme::mono(theme::SMALL)));
                                ui.label(egui::RichText::new(entry.help).color(theme::DIM));
                            }
                            ui.end_row();
                        }
                    });
                let mouse = "Drag turns, Shift or right drag moves, wheel or pinch zooms, \
                             a click inspects, a double click flies there.";
                ui.label(egui::RichText::new(mouse).color(theme::DIM));
            });
        });
}

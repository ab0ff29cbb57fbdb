//! Over the stage: pointer input for the camera and for picking, labels, the legend, view buttons, and the panels that
//! open on demand.

use super::{
    PanelState, Wish, filters, inspect,
    keys::{EDGES, KEYS},
    theme,
};
use crate::{
    inference::Networks,
    inspector::Inspector,
    view::{
        Motion, OrbitCamera, Preset, Selection, Stage, Towers,
        colour::value_colour,
        overlay,
        picking::{Lens, pick},
    },
};
use bevy::prelude::Vec2;
use bevy_egui::egui::{
    self, Align2, Color32, Key, Mesh, PointerButton, Rect, Sense, Shape, Ui, pos2, vec2,
};

/// Draws everything over the scene and reads its pointer.
#[allow(clippy::too_many_arguments)]
pub fn stage_ui(
    ui: &mut Ui,
    rect: Rect,
    compact: bool,
    stage: &Stage,
    networks: &Networks,
    towers: &Towers,
    camera: &OrbitCamera,
    motion: &Motion,
    selection: &Selection,
    inspector: &Inspector,
    state: &mut PanelState,
    refused: bool,
    wishes: &mut Vec<Wish>,
) {
    let lens = Lens::new(&camera.now, stage);
    pointer_ui(ui, rect, &lens, towers, wishes);
    let painter = ui.painter_at(rect);
    let shown = overlay::Shown {
        networks,
        towers,
        selection,
        inspector,
        motion,
    };
    overlay::paint(&painter, &lens, &shown, compact);
    top_bar(
        ui, rect, compact, motion, inspector, state, selection, networks, wishes,
    );
    let foot = legend(&painter, rect, compact);
    if motion.slow.is_some() {
        scrub_bar(ui, rect, motion, wishes);
    }
    if let Some(selected) = &inspector.selected {
        let room = Rect::from_min_max(rect.min + vec2(10.0, 50.0), rect.max - vec2(10.0, foot));
        let network = &networks.all[selected.cell.network];
        inspect::inspect_ui(ui, room, network, selected, wishes);
    }
    if let Some((network, row)) = state.maps {
        let room = rect.shrink2(vec2(14.0, 52.0));
        filters::maps_ui(
            ui,
            room,
            &networks.all[network],
            (network, row),
            inspector.arena(network),
            selection,
            &mut state.map_textures,
            wishes,
        );
    }
    if state.help {
        help_ui(ui, rect, wishes);
    }
    if let Some(message) = &state.message {
        let text = egui::RichText::new(message).color(theme::TEXT);
        let at = pos2(rect.center().x, rect.max.y - 64.0);
        egui::Area::new("message".into())
            .fixed_pos(at)
            .pivot(Align2::CENTER_BOTTOM)
            .show(ui.ctx(), |ui| {
                theme::card().show(ui, |ui| {
                    ui.horizontal(|ui| {
                        ui.label(text);
                        if ui.button("OK").clicked() {
                            wishes.push(Wish::Dismiss);
                        }
                    });
                });
            });
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        if state.own_network || refused {
            wishes.push(Wish::OwnNetwork(false));
        } else if state.more {
            wishes.push(Wish::More);
        } else if state.help {
            wishes.push(Wish::Help(false));
        } else if state.maps.is_some() {
            wishes.push(Wish::Maps(None));
        } else {
            wishes.push(Wish::Select(None));
        }
    }
}

/// Orbit with the first button or a finger, pan with the others or with two fingers, zoom with wheel or pinch.
fn pointer_ui(ui: &Ui, rect: Rect, lens: &Lens, towers: &Towers, wishes: &mut Vec<Wish>) {
    let response = ui.interact(rect, ui.id().with("stage"), Sense::click_and_drag());
    let drag = response.drag_delta() / rect.height();
    let touches = ui.input(|input| input.multi_touch());
    if let Some(touch) = touches.filter(|_| response.hovered() || response.dragged()) {
        wishes.push(Wish::Zoom(1.0 / touch.zoom_delta));
        let shift = touch.translation_delta / rect.height();
        wishes.push(Wish::Pan {
            right: -shift.x,
            up: shift.y,
        });
    } else if response.dragged() && drag != egui::Vec2::ZERO {
        let shift = ui.input(|input| input.modifiers.shift);
        if response.dragged_by(PointerButton::Primary) && !shift {
            wishes.push(Wish::Orbit {
                yaw: -drag.x * 3.5,
                pitch: drag.y * 2.5,
            });
        } else {
            wishes.push(Wish::Pan {
                right: -drag.x,
                up: drag.y,
            });
        }
    }
    if response.contains_pointer() {
        let scroll = ui.input(|input| input.smooth_scroll_delta().y);
        if scroll != 0.0 {
            wishes.push(Wish::Zoom((-scroll * 0.0025).exp()));
        }
    }
    let under = |place: egui::Pos2| pick(towers, lens.ray(Vec2::new(place.x, place.y)));
    let hovered = response.hover_pos().and_then(under);
    wishes.push(Wish::Hover(hovered));
    if let Some(place) = response.interact_pointer_pos() {
        if response.double_clicked() {
            if let Some(cell) = under(place) {
                wishes.push(Wish::Select(Some(cell)));
                wishes.push(Wish::FlyTo(cell));
            }
        } else if response.clicked() {
            wishes.push(Wish::Select(under(place)));
        }
    }
}

/// What all of the top bar's controls take, in logical pixels.
const WIDE_BAR: f32 = 640.0;

#[allow(clippy::too_many_arguments)]
fn top_bar(
    ui: &mut Ui,
    rect: Rect,
    compact: bool,
    motion: &Motion,
    inspector: &Inspector,
    state: &PanelState,
    selection: &Selection,
    networks: &Networks,
    wishes: &mut Vec<Wish>,
) {
    // Presets, the slider and Calm have keys, and go where there is no room.
    let narrow = compact || rect.width() < WIDE_BAR;
    let bar = Rect::from_min_size(rect.min + vec2(10.0, 8.0), vec2(rect.width() - 20.0, 30.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            if !narrow {
                for (number, preset) in Preset::ALL.into_iter().enumerate() {
                    let hint = format!("Key {}", number + 1);
                    if ui.button(preset.name()).on_hover_text(hint).clicked() {
                        wishes.push(Wish::View(preset));
                    }
                }
                ui.add_space(8.0);
            } else if ui.button("Reset").clicked() {
                wishes.push(Wish::View(Preset::Overview));
            }
            let slow = egui::Button::new("Slow motion").selected(motion.slow.is_some());
            if ui
                .add(slow)
                .on_hover_text("Stop the forward pass at any layer (Space)")
                .clicked()
            {
                wishes.push(Wish::Slow(if motion.slow.is_some() {
                    None
                } else {
                    Some(0.0)
                }));
            }
            let edges = egui::Button::new("Edges").selected(inspector.edges);
            let hint = "The strongest contributions to the answer or the selected cell (G)";
            if ui.add(edges).on_hover_text(hint).clicked() || ui.input(|i| i.key_pressed(Key::G)) {
                wishes.push(Wish::Edges(!inspector.edges));
            }
            if inspector.edges && !narrow {
                let mut count = inspector.edge_count;
                ui.spacing_mut().slider_width = 54.0;
                let slider = egui::Slider::new(&mut count, EDGES).show_value(false);
                if ui
                    .add(slider)
                    .on_hover_text(format!("{count} edges"))
                    .changed()
                {
                    wishes.push(Wish::EdgeCount(count));
                }
            }
            let maps = egui::Button::new("Maps").selected(state.maps.is_some());
            let toggled = ui
                .add(maps)
                .on_hover_text("All feature maps of a layer, flat (F)")
                .clicked()
                || ui.input(|input| input.key_pressed(Key::F));
            if toggled {
                let default = networks.all.len().saturating_sub(1);
                let place = selection
                    .cell
                    .map_or((default, 1), |c| (c.network, c.cell.row));
                wishes.push(Wish::Maps(if state.maps.is_some() {
                    None
                } else {
                    Some(place)
                }));
            }
            if !narrow {
                let calm = egui::Button::new("Calm").selected(motion.reduced);
                if ui
                    .add(calm)
                    .on_hover_text("Less motion: values appear at once")
                    .clicked()
                {
                    wishes.push(Wish::ReducedMotion(!motion.reduced));
                }
            }
            let help = egui::Button::new("?").selected(state.help);
            if ui.add(help).on_hover_text("Keys").clicked() {
                wishes.push(Wish::Help(!state.help));
            }
        });
    });
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

fn scrub_bar(ui: &mut Ui, rect: Rect, motion: &Motion, wishes: &mut Vec<Wish>) {
    let Some(share) = motion.slow else {
        return;
    };
    let place = Rect::from_min_size(rect.min + vec2(10.0, 44.0), vec2(rect.width() - 20.0, 28.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        ui.horizontal(|ui| {
            let label = if motion.playing { "⏸" } else { "▶" };
            if ui.button(label).on_hover_text("Stop or go on").clicked() {
                wishes.push(Wish::Play(!motion.playing));
            }
            ui.spacing_mut().slider_width = (ui.available_width() - 20.0).max(60.0);
            let mut value = share.min(1.0);
            let slider = egui::Slider::new(&mut value, 0.0..=1.0).show_value(false);
            if ui.add(slider).changed() {
                wishes.push(Wish::Slow(Some(value)));
                wishes.push(Wish::Play(false));
            }
        });
    });
}

fn help_ui(ui: &Ui, rect: Rect, wishes: &mut Vec<Wish>) {
    egui::Area::new("help".into())
        .fixed_pos(rect.center())
        .pivot(Align2::CENTER_CENTER)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.heading("Keys");
                    ui.add_space(180.0);
                    if ui.button("Close").clicked() {
                        wishes.push(Wish::Help(false));
                    }
                });
                egui::Grid::new("keys")
                    .spacing(vec2(24.0, 5.0))
                    .show(ui, |ui| {
                        for (key, action) in KEYS {
                            ui.label(egui::RichText::new(key).font(theme::mono(theme::SMALL)));
                            ui.label(egui::RichText::new(action).color(theme::DIM));
                            ui.end_row();
                        }
                    });
                let mouse = "Drag turns, Shift or right drag moves, wheel or pinch zooms, \
                             a click inspects, a double click flies there.";
                ui.label(egui::RichText::new(mouse).color(theme::DIM));
            });
        });
}

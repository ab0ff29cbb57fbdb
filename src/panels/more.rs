//! What a small window has no room for, folded behind one button: networks, brush, preparation, saving and sharing.

use super::{
    Look, answers,
    pad_panel::{actions_ui, brush_ui, input_image, preparation_ui},
    theme,
};
use crate::actions::{Action, Switch};
use bevy_egui::egui::{self, Align2, Color32, Rect, Sense, Ui, pos2, vec2};

/// Draws the sheet over `window`.
pub fn more_ui(
    ui: &Ui,
    window: Rect,
    look: &Look<'_>,
    input_texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
    actions: &mut Vec<Action>,
) {
    let pad = look.pad;
    let width = (window.width() - 40.0).min(420.0);
    egui::Area::new("more".into())
        .order(egui::Order::Foreground)
        .fixed_pos(window.center())
        .pivot(Align2::CENTER_CENTER)
        .show(ui.ctx(), |ui| {
            let line = egui::Stroke::new(1.0, theme::LINE);
            theme::card().stroke(line).show(ui, |ui| {
                ui.set_width(width);
                ui.horizontal(|ui| {
                    ui.heading("Mnistify");
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if ui.button("Close").clicked() {
                            actions.push(Action::Set(Switch::More, false));
                        }
                    });
                });
                answers::network_switch(ui, look, actions);
                brush_ui(ui, pad, width, actions);
                ui.horizontal(|ui| {
                    let (rect, _) = ui.allocate_exact_size(vec2(112.0, 112.0), Sense::hover());
                    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                    let texture = input_image(ui, pad, input_texture);
                    ui.painter().image(texture, rect, whole, Color32::WHITE);
                    ui.vertical(|ui| {
                        let text = egui::RichText::new("What the networks receive, 28 × 28");
                        ui.label(text.color(theme::DIM));
                        preparation_ui(ui, pad, actions);
                        let mut calm = look.motion.reduced;
                        if ui.checkbox(&mut calm, "Calm: less motion").changed() {
                            actions.push(Action::Set(Switch::Calm, calm));
                        }
                    });
                });
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 5.0;
                    ui.spacing_mut().button_padding.x = 2.0;
                    actions_ui(ui, pad, vec2((width - 20.0) / 5.0, 36.0), actions);
                });
            });
        });
}

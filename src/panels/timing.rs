//! Inference times of the shown networks, live: a plot, and median and 95th percentile of what is measured.

use super::{Look, theme};
use crate::{
    actions::{Action, Switch},
    inference::shortened,
};
use bevy_egui::egui::{self, Ui, vec2};
use egui_plot::{Line, Plot, PlotPoints};

/// Draws the plot and the table.
pub fn timing_ui(ui: &mut Ui, look: &Look<'_>, folded: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let arrow = if folded { "⏵" } else { "⏷" };
        let title = egui::RichText::new(format!("{arrow} Inference time, ms")).color(theme::DIM);
        let button = egui::Button::new(title).frame(false);
        if ui.add(button).on_hover_text("Fold or unfold").clicked() {
            actions.push(Action::Set(Switch::Timing, folded));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut on = look.settings.continuous;
            let text = egui::RichText::new("every frame")
                .size(theme::SMALL)
                .color(theme::DIM);
            let hint = "Read in every frame, even where nothing changed";
            if ui.checkbox(&mut on, text).on_hover_text(hint).changed() {
                actions.push(Action::Set(Switch::EveryFrame, on));
            }
        });
    });
    if folded {
        return;
    }
    Plot::new("timing")
        .height(84.0)
        .show_axes([false, true])
        .show_grid([false, true])
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .include_x(0.0)
        .include_x(240.0)
        .include_y(0.0)
        .include_y(1.0)
        .y_axis_min_width(26.0)
        .show(ui, |plot| {
            for reading in look.shown() {
                let network = reading.network;
                let values = reading.timings.result.values();
                let start = 240 - values.len().min(240);
                let points: PlotPoints<'_> = values
                    .enumerate()
                    .map(|(i, millis)| [(start + i) as f64, f64::from(millis)])
                    .collect();
                let line = Line::new(network.name().to_string(), points)
                    .color(theme::network_hue(network.slot()))
                    .width(1.6);
                plot.line(line);
            }
        });
    // Both figures do not fit side by side then.
    let narrow = ui.available_width() < 240.0;
    egui::Grid::new("times")
        .num_columns(4)
        .spacing(vec2(10.0, 2.0))
        .min_col_width((ui.available_width() - 34.0) / 4.0)
        .show(ui, |ui| {
            let small = |text: String, colour| {
                egui::RichText::new(text)
                    .font(theme::mono(theme::SMALL))
                    .color(colour)
            };
            let head = |ui: &mut Ui, text: &str, hint: &str| {
                let text = egui::RichText::new(text)
                    .size(theme::SMALL)
                    .color(theme::FAINT);
                ui.label(text).on_hover_text(hint);
            };
            head(
                ui,
                if narrow { "median" } else { "median · p95" },
                "Half, and 95 %, of the newest 240 took at most this long",
            );
            head(ui, "encode", "CPU time to encode and submit the forward");
            head(
                ui,
                "result",
                "From its beginning until the logits are on the CPU",
            );
            head(
                ui,
                "GPU",
                "On the GPU, by its own timestamps, where it has them",
            );
            ui.end_row();
            for reading in look.shown() {
                let network = reading.network;
                let hue = theme::network_hue(network.slot());
                ui.label(small(shortened(network.name(), 9), hue));
                let timings = reading.timings;
                for series in [&timings.encode, &timings.result, &timings.gpu] {
                    let text = match (series.median(), series.p95()) {
                        (Some(median), _) if narrow => millis(median),
                        (Some(median), Some(p95)) => {
                            format!("{}·{}", millis(median), millis(p95))
                        }
                        _ => "–".into(),
                    };
                    ui.label(small(text, theme::TEXT));
                }
                ui.end_row();
            }
        });
}

/// Three significant places at most.
pub fn millis(value: f32) -> String {
    if value < 1.0 {
        format!("{value:.2}")
    } else if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

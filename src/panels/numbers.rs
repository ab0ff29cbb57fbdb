//! Inference times of the shown networks, side by side: a plot, and median and 95th percentile of what is measured.

use super::{Look, marks::mark, theme};
use crate::{
    actions::{Action, Switch, entry},
    inference::{RunnerStatus, shortened},
    words::{decimal, say, say_with},
};
use bevy_egui::egui::{self, Align2, RichText, Sense, TextStyle, Ui, vec2};
use egui_plot::{Line, Plot, PlotPoints};

/// Shows the sheet.
pub fn numbers_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    let width = (window.width() - 40.0).min(520.0);
    egui::Area::new("numbers".into())
        .order(egui::Order::Foreground)
        .fixed_pos(window.center())
        .pivot(Align2::CENTER_CENTER)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.set_width(width - 40.0);
                theme::sheet_title(ui, &say("numbers-title"), "close_numbers", || {
                    actions.push(Action::Set(Switch::Numbers, false));
                });
                ui.label(RichText::new(say("numbers-explained")).color(theme::dim()));
                plot(ui, look);
                table(ui, look);
                let entry = entry("every_frame");
                let mut on = look.settings.continuous;
                let switch = ui.checkbox(&mut on, entry.label());
                mark(ui, entry.name, switch.rect);
                if switch.on_hover_text(theme::hint(entry)).changed() {
                    actions.push(Action::Set(Switch::EveryFrame, on));
                }
                ui.label(
                    RichText::new(device(look))
                        .size(theme::SMALL)
                        .color(theme::dim()),
                );
            });
        });
}

/// On what it all runs.
fn device(look: &Look<'_>) -> String {
    let Some(gpu) = look.gpu else {
        return say("numbers-none");
    };
    let on_cpu = look
        .shown()
        .find_map(|reading| match &reading.executor.status {
            RunnerStatus::OnCpu(reason) => Some(say_with(
                "numbers-on-cpu",
                &[
                    ("network", reading.network.name().into()),
                    ("reason", reason.as_str().into()),
                ],
            )),
            _ => None,
        });
    let checking = look
        .shown()
        .any(|reading| reading.executor.status == RunnerStatus::Checking);
    let key = if checking {
        "numbers-checking"
    } else {
        "numbers-device"
    };
    on_cpu.unwrap_or_else(|| say_with(key, &[("adapter", gpu.adapter.as_str().into())]))
}

fn plot(ui: &mut Ui, look: &Look<'_>) {
    Plot::new("timing")
        .sense(Sense::hover())
        .height(110.0)
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
        .y_axis_min_width(30.0)
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
                    .width(1.8);
                plot.line(line);
            }
        });
}

/// Width of the table in the usual type.
const TABLE: f32 = 390.0;

fn table(ui: &mut Ui, look: &Look<'_>) {
    let usual = TextStyle::Body.resolve(ui.style()).size;
    // A narrow sheet has smaller type.
    let share = (ui.available_width() / (TABLE * usual / theme::BODY)).min(1.0);
    let size = (usual * share).max(theme::LEAST_ON_BUTTONS);
    let letters = (12.0 * share) as usize;
    egui::Grid::new("times")
        .num_columns(4)
        .spacing(vec2(16.0 * share * share, 4.0))
        .show(ui, |ui| {
            let head = |ui: &mut Ui, key: &str, help: Option<&str>| {
                let text = RichText::new(say(key))
                    .size(size.min(theme::SMALL))
                    .color(theme::dim());
                let label = ui.label(text);
                if let Some(help) = help {
                    label.on_hover_text(say(help));
                }
            };
            head(ui, "numbers-network", None);
            head(ui, "numbers-encode", Some("numbers-encode-help"));
            head(ui, "numbers-result", Some("numbers-result-help"));
            head(ui, "numbers-gpu", Some("numbers-gpu-help"));
            ui.end_row();
            for reading in look.shown() {
                let hue = theme::network_hue(reading.network.slot());
                let name = RichText::new(shortened(reading.network.name(), letters));
                ui.label(name.size(size).color(hue));
                let timings = reading.timings;
                for series in [&timings.encode, &timings.result, &timings.gpu] {
                    let text = match (series.median(), series.p95()) {
                        (Some(median), Some(p95)) => {
                            format!("{}  ·  {}", millis(median), millis(p95))
                        }
                        _ => "–".into(),
                    };
                    ui.label(RichText::new(text).size(size));
                }
                ui.end_row();
            }
        });
}

/// Three significant places at most.
pub fn millis(value: f32) -> String {
    decimal(if value < 1.0 {
        format!("{value:.2}")
    } else if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    })
}

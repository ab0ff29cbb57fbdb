//! The inspector: a cell's whole arithmetic, with numbers that move while the person draws.

use super::{overlay::row_title, theme, timing::millis};
use crate::{
    actions::Action, inference::Network, inspector::Explained, view::colour::value_colour,
};
use bevy_egui::egui::{self, Align2, Color32, Rect, RichText, Sense, Ui, pos2, vec2};
use mnistify_network::{
    Activation,
    explain::{Arithmetic, Cell, Explanation, Term},
};

/// The height that the card takes from the stage, in logical pixels.
pub const HEIGHT: f32 = 250.0;

/// Terms of a dense neuron that are listed; the rest is one sum.
const LISTED_TERMS: usize = 8;

/// Draws the card at the foot of `room`.
pub fn inspect_ui(
    ui: &Ui,
    room: Rect,
    network: &Network,
    explained: &Explained,
    actions: &mut Vec<Action>,
) {
    let width = room.width().min(620.0);
    egui::Area::new("inspector".into())
        .fixed_pos(pos2(room.center().x, room.max.y))
        .pivot(Align2::CENTER_BOTTOM)
        .constrain_to(room)
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.set_width(width - 24.0);
                header(ui, network, explained, actions);
                body(ui, network, &explained.explanation);
                result(ui, &explained.explanation);
            });
        });
}

fn header(ui: &mut Ui, network: &Network, explained: &Explained, actions: &mut Vec<Action>) {
    let cell = explained.cell.cell;
    let hue = theme::network_hue(network.slot());
    ui.horizontal(|ui| {
        ui.label(RichText::new(network.name()).color(hue).strong());
        ui.label(row_title(network, cell.row));
        ui.label(RichText::new(place_text(network, cell)).color(theme::DIM));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Close").on_hover_text("Esc").clicked() {
                actions.push(Action::Select(None));
            }
            if ui
                .button("Fly there")
                .on_hover_text("Or a double click")
                .clicked()
            {
                actions.push(Action::FlyTo(explained.cell));
            }
        });
    });
}

/// `map 3 · row 10 · column 8`, counted from 1; dense neurons by number, outputs by class.
fn place_text(network: &Network, cell: Cell) -> String {
    let [_, height, width] = network.layout.shape(cell.row);
    if cell.row + 1 == network.layout.rows() {
        let class = &network.spec().classes()[cell.channel];
        if class.parse::<u32>().is_ok() {
            format!("digit {class}")
        } else {
            class.clone()
        }
    } else if [height, width] == [1, 1] {
        format!("neuron {}", cell.channel + 1)
    } else {
        format!(
            "map {} · row {} · column {}",
            cell.channel + 1,
            cell.y + 1,
            cell.x + 1
        )
    }
}

fn body(ui: &mut Ui, network: &Network, explanation: &Explanation) {
    match &explanation.arithmetic {
        Arithmetic::Input {
            pixel,
            scale,
            offset,
        } => {
            number_row(
                ui,
                &[
                    ("pixel", *pixel),
                    ("× scale", *scale),
                    ("+ offset", *offset),
                ],
            );
        }
        Arithmetic::Conv2d {
            kernel_size,
            terms,
            bias,
            ..
        } => {
            conv_ui(ui, *kernel_size, terms, *bias);
        }
        Arithmetic::Linear { bias, .. } => linear_ui(ui, network, explanation, *bias),
        Arithmetic::Pool {
            kernel_size,
            window,
            scale,
            shift,
            winner,
            ..
        } => {
            pool_ui(ui, *kernel_size, window, [*scale, *shift], *winner);
        }
    }
}

/// The map whose contribution is largest, in full, and the sums of all maps as bars.
fn conv_ui(ui: &mut Ui, kernel: [usize; 2], terms: &[Option<Term>], bias: f32) {
    let taps = kernel[0] * kernel[1];
    let sums: Vec<f32> = terms
        .chunks_exact(taps)
        .map(|map| map.iter().flatten().map(Term::product).sum())
        .collect();
    let strongest = (0..sums.len())
        .max_by(|a, b| sums[*a].abs().total_cmp(&sums[*b].abs()))
        .unwrap_or(0);
    let map = &terms[strongest * taps..(strongest + 1) * taps];
    let of = |get: fn(&Term) -> f32| -> Vec<f32> {
        map.iter()
            .map(|term| term.as_ref().map_or(0.0, get))
            .collect()
    };
    ui.horizontal_top(|ui| {
        let cell = if kernel[0] >= 5 { 24.0 } else { 30.0 };
        grid_ui(ui, "input patch", &of(|t| t.input), kernel, cell);
        sign(ui, "×", cell * kernel[0] as f32);
        grid_ui(ui, "kernel", &of(|t| t.weight), kernel, cell);
        sign(ui, "=", cell * kernel[0] as f32);
        grid_ui(ui, "products", &of(Term::product), kernel, cell);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let small = |text: String| RichText::new(text).size(theme::SMALL).color(theme::DIM);
            if sums.len() > 1 {
                let text = format!("map {} of {} adds most", strongest + 1, sums.len());
                ui.label(small(text));
                bars_ui(ui, &sums, strongest);
                let total: f32 = sums.iter().sum();
                ui.label(small(format!("Σ of all maps {}", signed(total))));
            } else {
                ui.label(small(format!("Σ products {}", signed(sums[0]))));
            }
            ui.label(small(format!("+ bias {}", signed(bias))));
        });
    });
}

fn linear_ui(ui: &mut Ui, network: &Network, explanation: &Explanation, bias: f32) {
    let strongest = explanation.strongest_terms(LISTED_TERMS);
    let all: f32 = explanation.terms().iter().map(Term::product).sum();
    let listed: f32 = strongest.iter().map(Term::product).sum();
    let count = explanation.terms().len();
    let shape = network.layout.shape(explanation.cell.row - 1);
    egui::Grid::new("terms")
        .num_columns(6)
        .spacing(vec2(14.0, 3.0))
        .show(ui, |ui| {
            for pair in strongest.chunks(2) {
                for term in pair {
                    let source = Cell::at(0, term.source, shape);
                    let name = if [shape[1], shape[2]] == [1, 1] {
                        format!("neuron {}", source.channel + 1)
                    } else if shape[0] == 1 {
                        format!("pixel {},{}", source.y + 1, source.x + 1)
                    } else {
                        format!(
                            "map {} ({},{})",
                            source.channel + 1,
                            source.y + 1,
                            source.x + 1
                        )
                    };
                    ui.label(RichText::new(name).size(theme::SMALL).color(theme::DIM));
                    let product = format!("{} × {}", signed(term.input), signed(term.weight));
                    ui.label(RichText::new(product).font(theme::mono(theme::SMALL)));
                    let colour = sign_colour(term.product());
                    let text = format!("= {}", signed(term.product()));
                    ui.label(
                        RichText::new(text)
                            .font(theme::mono(theme::SMALL))
                            .color(colour),
                    );
                }
                ui.end_row();
            }
        });
    number_row(
        ui,
        &[
            (
                &format!("the other {} together", count - strongest.len()),
                all - listed,
            ),
            ("+ bias", bias),
        ],
    );
}

fn pool_ui(
    ui: &mut Ui,
    kernel: [usize; 2],
    window: &[(usize, f32)],
    [scale, shift]: [f32; 2],
    winner: usize,
) {
    let before: Vec<f32> = window.iter().map(|(_, value)| *value).collect();
    let after: Vec<f32> = before.iter().map(|value| value * scale + shift).collect();
    ui.horizontal_top(|ui| {
        let cell = 44.0;
        grid_ui(ui, "window", &before, kernel, cell);
        ui.vertical(|ui| {
            ui.add_space(24.0);
            ui.label(RichText::new(format!("× {}", signed(scale))).color(theme::DIM));
            ui.label(RichText::new(format!("+ {}", signed(shift))).color(theme::DIM));
        });
        grid_ui(ui, "after batch norm", &after, kernel, cell);
        ui.vertical(|ui| {
            ui.add_space(24.0);
            ui.label(RichText::new("largest").color(theme::DIM));
            ui.label(RichText::new(signed(after[winner])).color(theme::TEXT));
        });
    });
}

/// `sum → activation → value`.
fn result(ui: &mut Ui, explanation: &Explanation) {
    ui.horizontal(|ui| {
        let dim = |text: &str| RichText::new(text).color(theme::DIM);
        let big = |value: f32| {
            RichText::new(signed(value))
                .font(theme::mono(18.0))
                .color(sign_colour(value))
        };
        if explanation.activation == Activation::None {
            ui.label(dim("value"));
        } else {
            ui.label(dim("sum"));
            ui.label(RichText::new(signed(explanation.sum)).font(theme::mono(14.0)));
            let name = explanation.activation.name();
            ui.label(dim(&format!("   {name}({}) =", signed(explanation.sum))));
        }
        ui.label(big(explanation.value));
    });
}

fn number_row(ui: &mut Ui, numbers: &[(&str, f32)]) {
    ui.horizontal(|ui| {
        for (name, value) in numbers {
            ui.label(RichText::new(*name).size(theme::SMALL).color(theme::DIM));
            let text = RichText::new(signed(*value)).font(theme::mono(theme::BODY));
            ui.label(text.color(sign_colour(*value)));
            ui.add_space(10.0);
        }
    });
}

fn sign(ui: &mut Ui, text: &str, height: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, height + 18.0), Sense::hover());
    let at = pos2(rect.center().x, rect.min.y + 18.0 + height / 2.0);
    ui.painter().text(
        at,
        Align2::CENTER_CENTER,
        text,
        theme::font(15.0),
        theme::DIM,
    );
}

/// Numbers on their colours, row-major, under a title.
fn grid_ui(ui: &mut Ui, title: &str, values: &[f32], [rows, columns]: [usize; 2], cell: f32) {
    let size = vec2(cell * columns as f32, cell * rows as f32 + 18.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    painter.text(
        rect.min,
        Align2::LEFT_TOP,
        title,
        theme::font(theme::SMALL),
        theme::DIM,
    );
    let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    for (index, value) in values.iter().enumerate() {
        let place = vec2((index % columns) as f32, (index / columns) as f32) * cell;
        let square = Rect::from_min_size(rect.min + vec2(0.0, 18.0) + place, vec2(cell, cell));
        let share = value / largest;
        let [r, g, b] = value_colour(share);
        painter.rect_filled(square.shrink(0.7), 2.0, Color32::from_rgb(r, g, b));
        let ink = if share.abs() > 0.6 {
            theme::STAGE
        } else {
            theme::TEXT
        };
        let text = short(*value);
        let size = if cell >= 40.0 { theme::SMALL } else { 8.5 };
        painter.text(
            square.center(),
            Align2::CENTER_CENTER,
            text,
            theme::mono(size),
            ink,
        );
    }
}

/// One bar a value, 0 in the middle.
fn bars_ui(ui: &mut Ui, values: &[f32], marked: usize) {
    let size = vec2(ui.available_width().clamp(60.0, 150.0), 44.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    let pitch = rect.width() / values.len() as f32;
    for (index, value) in values.iter().enumerate() {
        let x = rect.min.x + pitch * index as f32;
        let tip = rect.center().y - value / largest * rect.height() / 2.0;
        let bar = Rect::from_two_pos(
            pos2(x, rect.center().y),
            pos2(x + (pitch - 1.0).max(1.0), tip),
        );
        let colour = if index == marked {
            theme::TEXT
        } else {
            sign_colour(*value)
        };
        ui.painter().rect_filled(bar, 0.0, colour);
    }
}

fn sign_colour(value: f32) -> Color32 {
    let [r, g, b] = value_colour(if value < 0.0 { -0.62 } else { 0.62 });
    Color32::from_rgb(r, g, b)
}

/// `+1.234` or `−1.234`.
fn signed(value: f32) -> String {
    let digits = if value.abs() < 100.0 { 3 } else { 1 };
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{:.digits$}", value.abs())
}

/// As short as a small cell needs it.
fn short(value: f32) -> String {
    let sign = if value < -0.005 { "−" } else { "" };
    format!("{sign}{}", millis(value.abs()).trim_start_matches('0'))
}

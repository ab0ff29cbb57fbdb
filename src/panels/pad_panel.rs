//! The drawing side: the pad, its tools, and exactly what the networks receive.

use super::{Wish, marks::mark, theme};
use crate::pad::{Pad, PadCommand};
use bevy_egui::egui::{
    self, Color32, CornerRadius, Event, PointerButton, Rect, Sense, Stroke, StrokeKind, Ui, pos2,
    vec2,
};
use mnistify_drawing::{MAX_BRUSH_WIDTH, MIN_BRUSH_WIDTH, PAD_SIZE, Preparation, SIDE, Tool};

/// The pad's square inside its panel, in logical pixels.
pub fn pad_rect_of(panel: Rect, compact: bool) -> Rect {
    let inner = panel.shrink(if compact { 10.0 } else { 16.0 });
    let short = is_short(panel);
    let tools = match (compact, short) {
        (true, _) => 44.0,
        (false, true) => 80.0,
        (false, false) => 0.0,
    };
    let title = if compact || short { 0.0 } else { 52.0 };
    let side = inner.width().min(inner.height() - tools - title);
    let top = inner.min.y + title;
    Rect::from_min_size(pos2(inner.center().x - side / 2.0, top), vec2(side, side))
}

/// A phone held sideways has room for the pad and its tools only.
fn is_short(panel: Rect) -> bool {
    panel.height() < 470.0
}

/// Draws the panel; returns the pad's rectangle.
#[allow(clippy::too_many_arguments)]
pub fn pad_panel_ui(
    ui: &mut Ui,
    panel: Rect,
    compact: bool,
    pad: &Pad,
    canvas: egui::TextureId,
    input_texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
    receptive_field: Option<[usize; 4]>,
    wishes: &mut Vec<Wish>,
) -> Rect {
    ui.painter().rect_filled(panel, 0.0, theme::PANEL);
    let rect = pad_rect_of(panel, compact);
    if !compact && !is_short(panel) {
        let place = panel.min + vec2(16.0, 14.0);
        let painter = ui.painter();
        painter.text(
            place,
            egui::Align2::LEFT_TOP,
            "Mnistify",
            theme::font(19.0),
            theme::TEXT,
        );
        painter.text(
            place + vec2(0.0, 24.0),
            egui::Align2::LEFT_TOP,
            "Draw a digit, watch two networks read it",
            theme::font(theme::SMALL),
            theme::DIM,
        );
    }
    canvas_ui(ui, rect, pad, canvas, receptive_field, wishes);
    let below = Rect::from_min_max(
        pos2(rect.min.x, rect.max.y + 10.0),
        pos2(rect.max.x, panel.max.y - 8.0),
    );
    ui.scope_builder(egui::UiBuilder::new().max_rect(below), |ui| {
        let folded = compact || is_short(panel);
        tools_ui(ui, pad, compact, folded, wishes);
        if !folded {
            input_ui(ui, pad, input_texture, receptive_field, wishes);
        }
    });
    rect
}

fn canvas_ui(
    ui: &mut Ui,
    rect: Rect,
    pad: &Pad,
    canvas: egui::TextureId,
    receptive_field: Option<[usize; 4]>,
    wishes: &mut Vec<Wish>,
) {
    let response = ui.interact(rect, ui.id().with("pad"), Sense::drag());
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let painter = ui.painter_at(rect.expand(3.0));
    painter.image(canvas, rect, whole, Color32::WHITE);
    let line = if response.hovered() || pad.drawing().is_drawing() {
        theme::DIM
    } else {
        theme::LINE
    };
    painter.rect_stroke(rect, 4.0, Stroke::new(1.5, line), StrokeKind::Outside);
    if pad.visible_strokes().is_empty() {
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            "Draw a digit here",
            theme::font(17.0),
            theme::DIM,
        );
    }
    if let (Some(field), Preparation::Raw) = (receptive_field, pad.preparation()) {
        paint_field(&painter, rect, field);
    }
    let to_pad = |place: egui::Pos2| {
        let place = (place - rect.min) / rect.width() * PAD_SIZE;
        (place.x, place.y)
    };
    // egui tells one place a frame, but the pen was at many: all of the frame's events are taken.
    let events = ui.input(|input| input.events.clone());
    let mut down = pad.drawing().is_drawing();
    for event in events {
        match event {
            Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed: true,
                ..
            } if rect.contains(pos) && response.contains_pointer() => {
                let (x, y) = to_pad(pos);
                wishes.push(Wish::Pad(PadCommand::Begin { x, y }));
                down = true;
            }
            Event::PointerMoved(pos) if down => {
                let (x, y) = to_pad(pos);
                wishes.push(Wish::Pad(PadCommand::Extend { x, y }));
            }
            Event::PointerButton {
                button: PointerButton::Primary,
                pressed: false,
                ..
            }
            | Event::PointerGone
                if down =>
            {
                wishes.push(Wish::Pad(PadCommand::End));
                down = false;
            }
            _ => {}
        }
    }
    if let Some(pointer) = response.hover_pos() {
        let radius = pad.width / PAD_SIZE * rect.width() / 2.0;
        let line = match pad.tool {
            Tool::Draw => theme::DIM,
            Tool::Erase => theme::WARNING,
        };
        painter.circle_stroke(pointer, radius, Stroke::new(1.0, line));
    }
}

/// Outlines a part of the 28×28 image, `[y0, x0, y1, x1]`.
fn paint_field(painter: &egui::Painter, rect: Rect, [y0, x0, y1, x1]: [usize; 4]) {
    let place =
        |x: usize, y: usize| rect.min + vec2(x as f32, y as f32) / SIDE as f32 * rect.width();
    let field = Rect::from_min_max(place(x0, y0), place(x1, y1));
    painter.rect_stroke(
        field,
        1.0,
        Stroke::new(1.5, theme::WARNING),
        StrokeKind::Inside,
    );
}

/// The tools; `folded` where everything else hides behind a button of its own.
fn tools_ui(ui: &mut Ui, pad: &Pad, compact: bool, folded: bool, wishes: &mut Vec<Wish>) {
    let drawing = pad.drawing();
    let drawing_now = pad.tool == Tool::Draw;
    let tool = PadCommand::Use;
    let tools = [
        ("Draw", drawing_now, true, "Draw (D)", tool(Tool::Draw)),
        ("Erase", !drawing_now, true, "Erase (E)", tool(Tool::Erase)),
        (
            "Undo",
            false,
            drawing.can_undo(),
            "Undo (Ctrl+Z)",
            PadCommand::Undo,
        ),
        (
            "Redo",
            false,
            drawing.can_redo(),
            "Redo (Ctrl+Y)",
            PadCommand::Redo,
        ),
        (
            "Clear",
            false,
            !drawing.is_empty(),
            "Clear (C)",
            PadCommand::Clear,
        ),
    ];
    // Upright on a phone all stand in a row with the button for the rest, sideways in two.
    let (a_row, height) = match (compact, folded) {
        (true, _) => (6, 36.0),
        (false, true) => (3, 32.0),
        (false, false) => (5, 28.0),
    };
    let width = ui.available_width();
    let gap = 5.0;
    let size = vec2((width + gap) / a_row as f32 - gap, height);
    let rows = tools.len().div_ceil(a_row);
    for (row, tools) in tools.chunks(a_row).enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.spacing_mut().button_padding.x = 2.0;
            for (text, on, enabled, hint, command) in tools {
                let response = tool_button(ui, size, text, *on, *enabled);
                if response.on_hover_text(*hint).clicked() {
                    wishes.push(Wish::Pad(command.clone()));
                }
            }
            if folded && row + 1 == rows && more_button(ui, size) {
                wishes.push(Wish::More);
            }
        });
    }
    if !folded {
        brush_ui(ui, pad, width, wishes);
    }
}

fn more_button(ui: &mut Ui, size: egui::Vec2) -> bool {
    let button = ui.add_sized(size, egui::Button::new("More"));
    mark(ui, "more", button.rect);
    button
        .on_hover_text("Networks, brush, saving, sharing")
        .clicked()
}

/// A button of a fixed size that scripts find under its text in small letters.
fn tool_button(
    ui: &mut Ui,
    size: egui::Vec2,
    text: &str,
    on: bool,
    enabled: bool,
) -> egui::Response {
    let widget = egui::Button::new(text).selected(on).min_size(size);
    let response = ui
        .add_enabled_ui(enabled, |ui| ui.add_sized(size, widget))
        .inner;
    if let Some(name) = MARKS
        .into_iter()
        .find(|name| name.eq_ignore_ascii_case(text))
    {
        mark(ui, name, response.rect);
    }
    response
}

/// Names under which controls are found.
const MARKS: [&str; 10] = [
    "draw", "erase", "undo", "redo", "clear", "replay", "save", "load", "picture", "share",
];

/// The brush's width, with a dot as large as it is.
pub fn brush_ui(ui: &mut Ui, pad: &Pad, width: f32, wishes: &mut Vec<Wish>) {
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new("Brush").color(theme::DIM));
        let mut brush = pad.width;
        ui.spacing_mut().slider_width = width - 108.0;
        let slider =
            egui::Slider::new(&mut brush, MIN_BRUSH_WIDTH..=MAX_BRUSH_WIDTH).show_value(false);
        if ui
            .add(slider)
            .on_hover_text("Brush size ([ and ])")
            .changed()
        {
            wishes.push(Wish::Pad(PadCommand::Width(brush)));
        }
        let (spot, _) = ui.allocate_exact_size(vec2(44.0, 26.0), Sense::hover());
        let radius = brush / PAD_SIZE * (width / 2.0);
        ui.painter()
            .circle_filled(spot.center(), radius.min(20.0), theme::ACCENT);
    });
}

fn input_ui(
    ui: &mut Ui,
    pad: &Pad,
    texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
    receptive_field: Option<[usize; 4]>,
    wishes: &mut Vec<Wish>,
) {
    let room = ui.available_height();
    if room < 150.0 {
        return;
    }
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new("What the networks receive").color(theme::TEXT));
        let size = egui::RichText::new("28 × 28").size(theme::SMALL);
        ui.label(size.color(theme::DIM));
    });
    let side = (room - 76.0).clamp(76.0, ui.available_width() - 84.0);
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
        let texture = input_image(ui, pad, texture);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, rect, whole, Color32::WHITE);
        let frame = Stroke::new(1.0, theme::LINE);
        ui.painter()
            .rect_stroke(rect, CornerRadius::same(3), frame, StrokeKind::Outside);
        if let Some(field) = receptive_field {
            paint_field(ui.painter(), rect, field);
        }
        ui.vertical(|ui| {
            let count = actions(pad).len() as f32;
            let gap = ui.spacing().item_spacing.y;
            let height = ((side + gap) / count - gap).clamp(18.0, 28.0);
            actions_ui(ui, pad, vec2(ui.available_width(), height), wishes);
        });
    });
    preparation_ui(ui, pad, wishes);
}

/// What can be done with the whole drawing: text, whether it is on, whether it can be done, explanation, wish.
fn actions(pad: &Pad) -> [(&'static str, bool, bool, &'static str, Wish); 5] {
    let drawn = !pad.drawing().is_empty();
    let replay = Wish::Pad(PadCommand::Replay);
    let share = if cfg!(target_arch = "wasm32") {
        "Copy a link that shows this (L)"
    } else {
        "Print the command that shows this again (L)"
    };
    [
        (
            "Replay",
            pad.is_replaying(),
            drawn,
            "Watch the drawing being made (T)",
            replay,
        ),
        (
            "Save",
            false,
            drawn,
            "Save the strokes (Ctrl+S)",
            Wish::Save,
        ),
        (
            "Load",
            false,
            true,
            "Load saved strokes (Ctrl+O)",
            Wish::Load,
        ),
        (
            "Picture",
            false,
            true,
            "Save all of this as a picture (K)",
            Wish::SavePicture,
        ),
        ("Share", false, true, share, Wish::Share),
    ]
}

/// The buttons of [`actions`], each of this size.
pub fn actions_ui(ui: &mut Ui, pad: &Pad, size: egui::Vec2, wishes: &mut Vec<Wish>) {
    for (text, on, enabled, hint, wish) in actions(pad) {
        let response = tool_button(ui, size, text, on, enabled);
        if response.on_hover_text(hint).clicked() {
            wishes.push(wish);
        }
    }
}

/// The switch for centring and scaling.
pub fn preparation_ui(ui: &mut Ui, pad: &Pad, wishes: &mut Vec<Wish>) {
    let mut prepared = pad.preparation() == Preparation::Prepared;
    let hint = "Scaled into 20 × 20 and centred by mass, as MNIST's own digits were (P)";
    let switch = ui.checkbox(&mut prepared, "Centre and scale, like MNIST");
    mark(ui, "prepare", switch.rect);
    if switch.on_hover_text(hint).changed() {
        let preparation = if prepared {
            Preparation::Prepared
        } else {
            Preparation::Raw
        };
        wishes.push(Wish::Pad(PadCommand::Prepare(preparation)));
    }
}

/// The 28×28 values as a texture, uploaded again only where they changed.
pub fn input_image(
    ui: &Ui,
    pad: &Pad,
    texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
) -> egui::TextureId {
    let bytes = pad.image().to_bytes().to_vec();
    let image = || egui::ColorImage::from_gray([SIDE, SIDE], &bytes);
    match texture {
        Some((handle, shown)) => {
            if *shown != bytes {
                handle.set(image(), egui::TextureOptions::NEAREST);
                *shown = bytes;
            }
            handle.id()
        }
        None => {
            let options = egui::TextureOptions::NEAREST;
            let handle = ui.ctx().load_texture("input", image(), options);
            let id = handle.id();
            *texture = Some((handle, bytes));
            id
        }
    }
}

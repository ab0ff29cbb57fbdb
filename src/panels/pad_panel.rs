//! The drawing side: the pad, its tools, and exactly what the networks receive.

use super::{Look, marks::mark, theme};
use crate::{
    actions::{Action, Entry, Switch, entry, keys_text},
    pad::{Pad, PadAction},
};
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
pub(super) fn pad_panel_ui(
    ui: &mut Ui,
    panel: Rect,
    look: &Look<'_>,
    canvas: egui::TextureId,
    input_texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
    actions: &mut Vec<Action>,
) -> Rect {
    let (compact, pad, receptive_field) = (look.compact, look.pad, look.receptive_field());
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
    canvas_ui(ui, rect, pad, canvas, receptive_field, actions);
    let below = Rect::from_min_max(
        pos2(rect.min.x, rect.max.y + 10.0),
        pos2(rect.max.x, panel.max.y - 8.0),
    );
    ui.scope_builder(egui::UiBuilder::new().max_rect(below), |ui| {
        let folded = compact || is_short(panel);
        tools_ui(ui, pad, compact, folded, actions);
        if !folded {
            input_ui(ui, pad, input_texture, receptive_field, actions);
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
    actions: &mut Vec<Action>,
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
                actions.push(Action::Pad(PadAction::Begin { x, y }));
                down = true;
            }
            Event::PointerMoved(pos) if down => {
                let (x, y) = to_pad(pos);
                actions.push(Action::Pad(PadAction::Extend { x, y }));
            }
            Event::PointerButton {
                button: PointerButton::Primary,
                pressed: false,
                ..
            }
            | Event::PointerGone
                if down =>
            {
                actions.push(Action::Pad(PadAction::End));
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
fn tools_ui(ui: &mut Ui, pad: &Pad, compact: bool, folded: bool, actions: &mut Vec<Action>) {
    let drawing = pad.drawing();
    let drawing_now = pad.tool == Tool::Draw;
    let tools = [
        (entry("draw"), drawing_now, true),
        (entry("erase"), !drawing_now, true),
        (entry("undo"), false, drawing.can_undo()),
        (entry("redo"), false, drawing.can_redo()),
        (entry("clear"), false, !drawing.is_empty()),
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
            for (entry, on, enabled) in tools {
                actions.extend(entry_button(ui, size, entry, *on, *enabled));
            }
            if folded && row + 1 == rows {
                actions.extend(entry_button(ui, size, entry("more"), false, true));
            }
        });
    }
    if !folded {
        brush_ui(ui, pad, width, actions);
    }
}

/// A button for an action of the table, of a fixed size. Scripts find it under the action's name.
fn entry_button(
    ui: &mut Ui,
    size: egui::Vec2,
    entry: &'static Entry,
    on: bool,
    enabled: bool,
) -> Option<Action> {
    let widget = egui::Button::new(entry.label).selected(on).min_size(size);
    let response = ui
        .add_enabled_ui(enabled, |ui| ui.add_sized(size, widget))
        .inner;
    mark(ui, entry.name, response.rect);
    let keys = keys_text(entry);
    let hint = if keys.is_empty() {
        entry.help.to_string()
    } else {
        format!("{} ({keys})", entry.help)
    };
    let clicked = response.on_hover_text(hint).clicked();
    clicked.then(|| entry.action.clone())
}

/// The brush's width, with a dot as large as it is.
pub fn brush_ui(ui: &mut Ui, pad: &Pad, width: f32, actions: &mut Vec<Action>) {
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
            actions.push(Action::Pad(PadAction::Width(brush)));
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
    actions: &mut Vec<Action>,
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
            let count = whole_actions(pad).len() as f32;
            let gap = ui.spacing().item_spacing.y;
            let height = ((side + gap) / count - gap).clamp(18.0, 28.0);
            actions_ui(ui, pad, vec2(ui.available_width(), height), actions);
        });
    });
    preparation_ui(ui, pad, actions);
}

/// What can be done with the whole drawing: whether it is on, and whether it can be done.
fn whole_actions(pad: &Pad) -> [(&'static Entry, bool, bool); 5] {
    let drawn = !pad.drawing().is_empty();
    [
        (entry("replay"), pad.is_replaying(), drawn),
        (entry("save"), false, drawn),
        (entry("load"), false, true),
        (entry("picture"), false, true),
        (entry("share"), false, true),
    ]
}

/// The buttons of [`whole_actions`], each of this size.
pub fn actions_ui(ui: &mut Ui, pad: &Pad, size: egui::Vec2, actions: &mut Vec<Action>) {
    for (entry, on, enabled) in whole_actions(pad) {
        actions.extend(entry_button(ui, size, entry, on, enabled));
    }
}

/// The switch for centring and scaling.
pub fn preparation_ui(ui: &mut Ui, pad: &Pad, actions: &mut Vec<Action>) {
    let mut prepared = pad.preparation() == Preparation::Prepared;
    let hint = "Scaled into 20 × 20 and centred by mass, as MNIST's own digits were (P)";
    let switch = ui.checkbox(&mut prepared, "Centre and scale, like MNIST");
    mark(ui, "prepare", switch.rect);
    if switch.on_hover_text(hint).changed() {
        actions.push(Action::Set(Switch::Prepared, prepared));
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

//! The hand: the pad, which is the first layer, exactly what the networks receive of it, and three buttons.

use super::{Look, icons::Icon, marks::mark, theme, theme::Place, to_egui};
use crate::{
    actions::{Action, Switch, entry},
    composition::{Part, Scene},
    exhibit::Phase,
    pad::{Pad, PadAction},
    words::say,
};
use bevy_egui::egui::{
    self, Color32, CornerRadius, Event, Mesh, PointerButton, Rect, Sense, Shape, Stroke,
    StrokeKind, Ui, accesskit::Role, pos2, vec2,
};
use mnistify_drawing::{PAD_SIZE, Preparation, SIDE, Tool};

/// The pad's edge,
const EDGE: Color32 = Color32::from_rgb(114, 135, 190);
/// and under the pen.
const EDGE_LIT: Color32 = Color32::from_rgb(170, 195, 255);
/// The light that falls from the pad onto the plate.
const BEAM: Color32 = Color32::from_rgb(120, 150, 235);

/// Shows the pad, the plate and the buttons beside it.
pub fn pad_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    canvas: egui::TextureId,
    input_texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
    actions: &mut Vec<Action>,
) {
    let places = &look.composed.places;
    if matches!(places.scene, Scene::FullScreen { .. }) {
        return;
    }
    let pad = to_egui(places.pad);
    if let Scene::Lanes(lanes) = &places.scene {
        plate_ui(
            ui,
            pad,
            to_egui(lanes.plate),
            lanes.plate_caption,
            look,
            input_texture,
        );
    }
    if look.composed.mode.part == Part::Wall {
        paper(&ui.painter_at(pad.expand(40.0)), pad, canvas, EDGE);
        return;
    }
    canvas_ui(ui, pad, look, canvas, actions);
    let drawing = look.pad.drawing();
    let controls = &places.controls;
    let erasing = look.pad.tool == Tool::Erase;
    let draw = if erasing { say("erase") } else { say("draw") };
    let buttons = [
        ("draw", controls.draw, draw, true, true),
        (
            "undo",
            controls.undo,
            say("undo"),
            false,
            drawing.can_undo(),
        ),
        (
            "clear",
            controls.clear,
            say("clear"),
            false,
            !drawing.is_empty(),
        ),
    ];
    for (name, rect, text, on, enabled) in buttons {
        let button = Place {
            name,
            rect: to_egui(rect),
            text: &text,
            size: places.text.button,
            on,
            enabled,
        };
        let icon = match name {
            "draw" if erasing => Icon::Erase,
            "draw" => Icon::Draw,
            "undo" => Icon::Undo,
            _ => Icon::Clear,
        };
        if button.show_with(ui, Some(icon)).clicked() {
            actions.push(match name {
                // One control for both tools.
                "draw" => Action::Pad(PadAction::Use(if erasing {
                    Tool::Draw
                } else {
                    Tool::Erase
                })),
                name => entry(name).action.clone(),
            });
        }
    }
    // Scripts find the eraser where it is.
    mark(ui, "erase", to_egui(controls.draw));
}

/// What the networks receive, and the light that falls on it from the pad.
fn plate_ui(
    ui: &Ui,
    pad: Rect,
    plate: Rect,
    caption: [f32; 2],
    look: &Look<'_>,
    texture: &mut Option<(egui::TextureHandle, Vec<u8>)>,
) {
    let painter = ui.painter();
    let mut beam = Mesh::default();
    let (near, far) = (BEAM.gamma_multiply(0.26), BEAM.gamma_multiply(0.05));
    // In reach the plate stands above the pad.
    let (from, to) = if plate.max.y < pad.min.y {
        (pad.min.y, plate.max.y)
    } else {
        (pad.max.y, plate.min.y)
    };
    let edges = [
        (pos2(pad.min.x + 0.10 * pad.width(), from), near),
        (pos2(pad.min.x + 0.98 * pad.width(), from), near),
        (pos2(plate.max.x, to), far),
        (pos2(plate.min.x, to), far),
    ];
    for (place, colour) in edges {
        beam.colored_vertex(place, colour);
    }
    beam.add_triangle(0, 1, 2);
    beam.add_triangle(0, 2, 3);
    painter.add(Shape::mesh(beam));
    let texture = input_image(ui, look.pad, texture);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.image(texture, plate, whole, Color32::WHITE);
    painter.rect_stroke(plate, 0.0, Stroke::new(1.2, EDGE), StrokeKind::Outside);
    if let Some(field) = look.receptive_field() {
        paint_field(painter, plate, field);
    }
    let words = match look.pad.preparation() {
        Preparation::Prepared => "plate-caption",
        Preparation::Raw => "plate-caption-raw",
    };
    theme::text_in(
        painter,
        caption.into(),
        egui::Align2::RIGHT_TOP,
        &say(words),
        theme::font(look.composed.places.text.technical),
        theme::dim(),
        plate.max.x - pad.min.x,
    );
}

fn canvas_ui(
    ui: &mut Ui,
    rect: Rect,
    look: &Look<'_>,
    canvas: egui::TextureId,
    actions: &mut Vec<Action>,
) {
    let (pad, receptive_field) = (look.pad, look.receptive_field());
    let response = ui.interact(rect, ui.id().with("pad"), Sense::drag());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Other, true, say("pad-hint")));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_role(Role::Canvas));
    let painter = ui.painter_at(rect.expand(40.0));
    let line = if response.hovered() || pad.drawing().is_drawing() {
        EDGE_LIT
    } else {
        EDGE
    };
    paper(&painter, rect, canvas, line);
    // A hand that shows it needs no words but where to begin.
    let hint = if pad.is_demonstrating() {
        let below = pos2(rect.center().x, rect.max.y - 26.0);
        Some((below, "pad-hint-example"))
    } else {
        let is_blank = pad.visible_strokes().is_empty() && pad.visible_picture().is_none();
        is_blank.then(|| (rect.center(), "pad-hint"))
    };
    // An exhibit invites in its own way.
    let invited = look
        .exhibit
        .is_some_and(|exhibit| exhibit.phase() == Phase::Attract);
    if let Some((place, words)) = hint.filter(|_| !invited) {
        theme::text_in(
            &painter,
            place,
            egui::Align2::CENTER_CENTER,
            &say(words),
            theme::medium(look.composed.places.text.headline),
            theme::text(),
            rect.width() - 16.0,
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
            Tool::Draw => theme::dim(),
            Tool::Erase => theme::POINTER,
        };
        painter.circle_stroke(pointer, radius, Stroke::new(1.0, line));
    }
}

/// The pad with what is drawn on it, and its edge in this colour.
fn paper(painter: &egui::Painter, rect: Rect, canvas: egui::TextureId, edge: Color32) {
    let radius = CornerRadius::same(14);
    let halo = egui::epaint::Shadow {
        offset: [0, 0],
        blur: 40,
        spread: 0,
        color: Color32::from_rgba_unmultiplied(110, 140, 235, 60),
    };
    painter.add(halo.as_shape(rect, radius));
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.add(
        egui::epaint::RectShape::filled(rect, radius, Color32::WHITE).with_texture(canvas, whole),
    );
    pad_light(painter, rect);
    painter.rect_stroke(rect, radius, Stroke::new(1.6, edge), StrokeKind::Outside);
}

/// A little more light in the middle of the pad, added to what is there.
fn pad_light(painter: &egui::Painter, rect: Rect) {
    let middle = Color32::from_rgba_premultiplied(20, 28, 50, 0);
    let edge = Color32::from_rgba_premultiplied(0, 0, 0, 0);
    let mut mesh = Mesh::default();
    mesh.colored_vertex(rect.center(), middle);
    let steps = 40;
    for step in 0..=steps {
        let angle = step as f32 / steps as f32 * std::f32::consts::TAU;
        let place = rect.center() + vec2(angle.cos(), angle.sin()) * rect.width() * 0.49;
        mesh.colored_vertex(place, edge);
        if step > 0 {
            let last = mesh.vertices.len() as u32;
            mesh.add_triangle(0, last - 2, last - 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Outlines a part of the 28×28 image, `[y0, x0, y1, x1]`.
fn paint_field(painter: &egui::Painter, rect: Rect, [y0, x0, y1, x1]: [usize; 4]) {
    let place =
        |x: usize, y: usize| rect.min + vec2(x as f32, y as f32) / SIDE as f32 * rect.width();
    let field = Rect::from_min_max(place(x0, y0), place(x1, y1));
    painter.rect_stroke(
        field,
        1.0,
        Stroke::new(1.5, theme::POINTER),
        StrokeKind::Inside,
    );
}

/// The switch for centring and scaling.
pub fn preparation_ui(ui: &mut Ui, pad: &Pad, actions: &mut Vec<Action>) {
    let mut prepared = pad.preparation() == Preparation::Prepared;
    let entry = entry("prepare");
    let switch = ui.checkbox(&mut prepared, entry.label());
    mark(ui, "prepare", switch.rect);
    if switch.on_hover_text(theme::hint(entry)).changed() {
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
    let image = || {
        let pixels = bytes
            .iter()
            .map(|byte| ink_colour(f32::from(*byte) / 255.0));
        egui::ColorImage::new([SIDE, SIDE], pixels.collect())
    };
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

/// Ink on the plate: paper-white on dark, never the colour of a value.
pub fn ink_colour(ink: f32) -> Color32 {
    const STOPS: [(f32, [f32; 3]); 3] = [
        (0.0, [20.0, 29.0, 51.0]),
        (0.3, [74.0, 85.0, 108.0]),
        (1.0, [253.0, 250.0, 241.0]),
    ];
    let after = if ink < STOPS[1].0 { 1 } else { 2 };
    let (from, to) = (STOPS[after - 1], STOPS[after]);
    let share = ((ink - from.0) / (to.0 - from.0)).clamp(0.0, 1.0);
    let [r, g, b] = [0, 1, 2].map(|i| (from.1[i] + (to.1[i] - from.1[i]) * share) as u8);
    Color32::from_rgb(r, g, b)
}

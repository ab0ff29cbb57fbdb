//! The strip below the picture in which the guided tour and the challenges speak: a text, and buttons beside or below it.

use super::{Look, theme, theme::Place};
use crate::composition::WindowClass;
use bevy_egui::egui::{
    CornerRadius, Galley, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use std::sync::Arc;

/// A button of the strip, from its right end.
pub struct Choice<'a> {
    /// Its name for scripts and tests.
    pub name: &'static str,
    /// What stands on it.
    pub words: &'a str,
    /// Whether it can be pressed.
    pub enabled: bool,
    /// Whether it is what to do next.
    pub is_next: bool,
}

/// Shows the strip and its buttons; returns the room for the text, and which button was pressed.
pub fn strip_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    strip: Rect,
    edge: Stroke,
    choices: &[Choice<'_>],
) -> (Rect, Option<usize>) {
    let places = &look.composed.places;
    let unit = places.unit;
    let radius = CornerRadius::same(14);
    ui.painter().rect_filled(strip, radius, theme::CARD);
    ui.painter()
        .rect_stroke(strip, radius, edge, StrokeKind::Inside);
    let inner = strip.shrink2(vec2(18.0, 10.0) * unit);
    let wide = places.class == WindowClass::Wide;
    let size = vec2(
        (118.0 * unit).max(88.0).min(0.28 * strip.width()),
        (48.0 * unit).max(44.0).min(0.45 * strip.height()),
    );
    let gap = 10.0 * unit;
    // Beside the text where there is room, else below it.
    let top = if wide {
        inner.center().y - size.y / 2.0
    } else {
        inner.max.y - size.y
    };
    let (mut left, mut pressed) = (inner.max.x, None);
    for (index, choice) in choices.iter().enumerate() {
        let rect = Rect::from_min_size(pos2(left - size.x, top), size);
        left = rect.min.x - gap;
        let button = Place {
            name: choice.name,
            rect,
            text: choice.words,
            size: places.text.button,
            on: choice.is_next,
            enabled: choice.enabled,
        };
        if button.show(ui).clicked() {
            pressed = Some(index);
        }
        if choice.is_next {
            let radius = CornerRadius::same((size.y * 0.22).min(14.0) as u8);
            let line = Stroke::new(2.0, theme::POINTER);
            ui.painter()
                .rect_stroke(rect, radius, line, StrokeKind::Inside);
        }
    }
    let end = if wide {
        pos2(left - gap, inner.max.y)
    } else {
        pos2(inner.max.x, top - 0.6 * gap)
    };
    (Rect::from_min_max(inner.min, end), pressed)
}

/// A text over several lines, made smaller until it fits the room; screen readers find it there.
pub fn text_in(ui: &Ui, name: &str, words: &str, room: Rect, most: f32) -> Arc<Galley> {
    let response = ui.interact(room, ui.id().with(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, words));
    let mut size = most;
    loop {
        let font = theme::medium(size);
        let text = words.to_string();
        let galley = ui.painter().layout(text, font, theme::TEXT, room.width());
        if galley.size().y <= room.height() || size <= theme::SMALL {
            return galley;
        }
        size -= 1.0;
    }
}

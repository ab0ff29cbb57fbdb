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
    ui.painter().rect_filled(strip, radius, theme::sheet());
    ui.painter()
        .rect_stroke(strip, radius, edge, StrokeKind::Inside);
    let wide = places.class == WindowClass::Wide;
    let (room, rects) = parts(strip, unit, wide, choices.len());
    let mut pressed = None;
    for (index, (choice, rect)) in choices.iter().zip(rects).enumerate() {
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
            theme::light(ui, rect);
        }
    }
    (room, pressed)
}

/// The room for the text, and so many buttons from the right end: beside the text where there is room, else below it.
pub fn parts(strip: Rect, unit: f32, wide: bool, buttons: usize) -> (Rect, Vec<Rect>) {
    let inner = strip.shrink2(vec2(18.0, 10.0) * unit);
    let size = vec2(
        (118.0 * unit).max(88.0).min(0.28 * strip.width()),
        (48.0 * unit).max(44.0).min(0.45 * strip.height()),
    );
    let gap = 10.0 * unit;
    let top = if wide {
        inner.center().y - size.y / 2.0
    } else {
        inner.max.y - size.y
    };
    let rects = (0..buttons).map(|place| {
        let right = inner.max.x - place as f32 * (size.x + gap);
        Rect::from_min_size(pos2(right - size.x, top), size)
    });
    let rects: Vec<Rect> = rects.collect();
    let left = rects.last().map_or(inner.max.x, |rect| rect.min.x);
    let end = if wide {
        pos2(left - 2.0 * gap, inner.max.y)
    } else {
        pos2(inner.max.x, top - 0.6 * gap)
    };
    (Rect::from_min_max(inner.min, end), rects)
}

/// A text over several lines, made smaller until it fits the room; screen readers find it there.
pub fn text_in(ui: &Ui, name: &str, words: &str, room: Rect, sizes: [f32; 2]) -> Arc<Galley> {
    let response = ui.interact(room, ui.id().with(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, words));
    let [least, mut size] = sizes;
    loop {
        let font = theme::medium(size);
        let text = words.to_string();
        let galley = ui.painter().layout(text, font, theme::text(), room.width());
        if galley.size().y <= room.height() || size <= least {
            return galley;
        }
        size = (size - 1.0).max(least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        challenge::{CHALLENGES, MOST_BEST},
        composition::{Mode, Part, compose},
        panels::{
            challenge::picture_places,
            fits::{WINDOWS, context, size},
        },
        tour::steps,
        words::{Language, say_in},
    };

    #[test]
    fn words_fit_their_places_in_every_language() {
        let context = context();
        let mut faults = Vec::new();
        let values = [
            ("count", 32.into()),
            ("digit", 8.into()),
            ("low", 4.into()),
            ("high", 9.into()),
        ];
        for language in Language::ALL {
            let say = |key: &str| say_in(language, key, &values);
            for window in WINDOWS {
                for bits in 0..8 {
                    // No table is a phone.
                    let on_table = bits & 4 > 0 && window[0].min(window[1]) >= 600.0;
                    let mode = Mode {
                        part: if on_table { Part::Table } else { Part::Whole },
                        strip: bits & 1 > 0,
                        reach: bits & 2 > 0,
                        winners: vec![8],
                        ..Mode::default()
                    };
                    let places = compose(window, &[], &mode);
                    let controls = places.controls;
                    let both = say_in(language, "networks-all", &[("count", 2.into())]);
                    let mut buttons = vec![
                        (say("draw"), controls.draw.width()),
                        (say("erase"), controls.draw.width()),
                        (say("undo"), controls.undo.width()),
                        (say("clear"), controls.clear.width()),
                        (both, controls.networks.width()),
                        (say("more"), controls.more.width()),
                    ];
                    buttons.extend(controls.explain.map(|rect| {
                        let key = if rect.width() > 100.0 {
                            "explain-why"
                        } else {
                            "explain-short"
                        };
                        (say(key), rect.width())
                    }));
                    let guide = places.scene.guide();
                    buttons.extend(guide.map(|rect| (say("tour-start"), rect.width())));
                    let unit = places.unit;
                    let wide = places.class == WindowClass::Wide;
                    if let Some(rect) = places.strip {
                        // Sideways the strip lies on the pad for all steps but one.
                        let rect = super::super::to_egui(rect);
                        let (_, rects) = parts(rect, unit, wide, 3);
                        let words = ["tour-next", "tour-back", "tour-leave", "challenge-another"];
                        buttons.extend(words.map(|key| (say(key), rects[0].width())));
                        let texts = steps().iter().map(|step| (say(&step.words), 3, 0.0));
                        let asked = CHALLENGES.iter().map(|challenge| {
                            (say(challenge.key()), 2, 1.8 * (12.0 * unit).max(9.0))
                        });
                        for (text, count, below) in texts.chain(asked) {
                            let (room, buttons) = parts(rect, unit, wide, count);
                            // A challenge has the best drawings beside it.
                            let pictures = if count == 2 { MOST_BEST } else { 0 };
                            let caption = places.text.technical;
                            let (room, _) = picture_places(room, &buttons, wide, caption, pictures);
                            let needed =
                                size(&context, &text, theme::medium(theme::SMALL), room.width());
                            if needed.y > room.height() - below + 0.5 {
                                faults.push(format!("{window:?}: {text}"));
                            }
                        }
                    }
                    for (text, width) in buttons {
                        let least = theme::medium(theme::LEAST_ON_BUTTONS);
                        let needed = size(&context, &text, least, f32::INFINITY);
                        if needed.x > width - 0.5 {
                            faults.push(format!("{window:?}: {text}: {} in {width}", needed.x));
                        }
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

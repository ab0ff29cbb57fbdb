//! What becomes of a visit to the school, before it begins.

use crate::{
    panels::{Look, strip::text_in, theme},
    words::say,
};
use bevy_egui::egui::{Align2, Rect, Stroke, Ui, pos2};

/// The keys of what is done, in order.
pub const STEPS: [&str; 3] = [
    "school-then-forget",
    "school-then-learn",
    "school-then-change",
];

/// What is done here, in order; the first of it is next.
pub fn course(ui: &Ui, look: &Look<'_>, rect: Rect) {
    let text = &look.composed.places.text;
    for (index, (key, [sign, words])) in STEPS.into_iter().zip(step_rooms(rect)).enumerate() {
        let radius = sign.width() / 2.0;
        let size = (1.1 * radius).max(theme::SMALL);
        let (ink, colour) = if index == 0 {
            ui.painter()
                .circle_filled(sign.center(), radius, theme::POINTER);
            (theme::ANSWER_FIGURE, theme::text())
        } else {
            let line = Stroke::new(1.5, theme::track());
            ui.painter().circle_stroke(sign.center(), radius, line);
            (theme::dim(), theme::dim())
        };
        let number = (index + 1).to_string();
        let font = theme::bold(size);
        ui.painter()
            .text(sign.center(), Align2::CENTER_CENTER, number, font, ink);
        let large = (0.36 * words.height()).max(text.headline);
        let sizes = [theme::LEAST_ON_BUTTONS, large];
        let galley = text_in(ui, key, &say(key), words, sizes);
        let place = pos2(words.min.x, words.center().y - galley.size().y / 2.0);
        ui.painter()
            .galley_with_override_text_color(place, galley, colour);
    }
}

/// Of each step, the place of its number and that of its words.
pub fn step_rooms(rect: Rect) -> [[Rect; 2]; 3] {
    let pitch = (rect.height() / 3.0).min(52.0);
    let top = rect.center().y - 1.5 * pitch;
    let radius = (0.36 * pitch).min(17.0);
    [0.0, 1.0, 2.0].map(|step| {
        let row = Rect::from_min_max(
            pos2(rect.min.x, top + step * pitch),
            pos2(rect.max.x, top + (step + 1.0) * pitch),
        );
        let centre = pos2(row.min.x + radius + 1.0, row.center().y);
        let sign = Rect::from_center_size(centre, bevy_egui::egui::Vec2::splat(2.0 * radius));
        [sign, row.with_min_x(sign.max.x + 0.8 * radius)]
    })
}

//! What an exhibit says by itself: the invitation while nobody is there, and the question before it starts over.

use super::{Look, marks::mark, theme, to_egui};
use crate::{
    actions::Action,
    composition::{Part, WindowClass},
    exhibit::Phase,
    words::{say, say_with},
};
use bevy_egui::egui::{
    Align2, CornerRadius, Id, Order, Rect, RichText, Stroke, StrokeKind, Ui, pos2, vec2,
};

/// Shows both.
pub fn exhibit_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let Some(exhibit) = look.exhibit else {
        return;
    };
    let on_wall = look.composed.mode.part == Part::Wall;
    match exhibit.phase() {
        // The wall says where the pad is.
        Phase::Attract if on_wall => invitation(ui, look, "exhibit-invite-wall"),
        Phase::Attract => invitation(ui, look, "exhibit-invite"),
        Phase::Asking if !on_wall => question(ui, exhibit.seconds_left(), actions),
        Phase::Visit | Phase::Asking => {}
    }
}

/// On the pad's edge, where the hand shall go, and below what the recorded hand draws; above it in reach, where the way to
/// the tour is next below.
fn invitation(ui: &Ui, look: &Look<'_>, words: &str) {
    let places = &look.composed.places;
    let (pad, unit) = (to_egui(places.pad), places.unit);
    let on_wall = look.composed.mode.part == Part::Wall;
    let above = look.access.reach && places.class != WindowClass::Sideways && !on_wall;
    let edge = if above { pad.min.y } else { pad.max.y };
    let painter = ui.painter();
    painter.rect_stroke(
        pad,
        CornerRadius::same((14.0 * unit) as u8),
        Stroke::new(3.0 * unit, theme::ANSWER),
        StrokeKind::Outside,
    );
    let words = say(words);
    let galley = theme::fitting(painter, &words, 24.0 * unit, pad.width() - 60.0 * unit);
    let size = galley.size() + vec2(44.0, 18.0) * unit;
    // Next below a table's pad stand its buttons.
    let on_table = look.composed.mode.part == Part::Table && !above;
    let lowest = edge + 6.0 * unit - size.y / 2.0;
    let middle = if on_table { lowest } else { edge };
    let place = Rect::from_center_size(pos2(pad.center().x, middle), size);
    let radius = CornerRadius::same((size.y / 2.0).min(120.0) as u8);
    painter.rect_filled(place, radius, theme::ANSWER);
    let text = place.center() - galley.size() / 2.0;
    painter.galley_with_override_text_color(text, galley, theme::ANSWER_FIGURE);
}

/// Over everything, but not in the way: a touch anywhere is a yes, and on the pad it is ink too.
fn question(ui: &Ui, seconds: u32, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    let scale = (window.height() / 720.0).clamp(0.8, 2.4);
    bevy_egui::egui::Area::new(Id::new("still there"))
        .order(Order::Foreground)
        .fixed_pos(pos2(
            window.center().x,
            window.min.y + 0.08 * window.height(),
        ))
        .pivot(Align2::CENTER_TOP)
        .constrain_to(window.shrink(8.0))
        .show(ui.ctx(), |ui| {
            theme::card()
                .stroke(Stroke::new(2.0, theme::ANSWER))
                .show(ui, |ui| {
                    ui.vertical_centered(|ui| {
                        let asked = RichText::new(say("exhibit-still-there"));
                        ui.label(asked.font(theme::bold(34.0 * scale)).color(theme::text()));
                        let left = say_with("exhibit-countdown", &[("seconds", seconds.into())]);
                        ui.label(RichText::new(left).size(18.0 * scale).color(theme::dim()));
                        ui.add_space(8.0);
                        let stay = RichText::new(say("exhibit-stay"));
                        let stay = stay
                            .font(theme::bold(22.0 * scale))
                            .color(theme::ANSWER_FIGURE);
                        let button = bevy_egui::egui::Button::new(stay)
                            .fill(theme::ANSWER)
                            .min_size(vec2(240.0, 64.0) * scale);
                        let response = ui.add(button);
                        mark(ui, "stay", response.rect);
                        if response.clicked() {
                            actions.push(Action::Dismiss);
                        }
                    });
                });
        });
}

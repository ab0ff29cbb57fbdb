//! A challenge's strip: what to draw, how close it is, and the way to another.

use super::{Look, theme, theme::Place, to_egui};
use crate::{
    actions::Action,
    challenge::{CHALLENGES, Challenge},
    composition::WindowClass,
    words::{say, say_with},
};
use bevy_egui::egui::{
    CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, pos2, vec2,
};

/// Shows the challenge that is on.
pub fn challenge_ui(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let Some((at, strip)) = look.screen.challenge.zip(places.strip) else {
        return;
    };
    let challenge = CHALLENGES[at % CHALLENGES.len()];
    let answers: Vec<_> = look
        .shown()
        .filter_map(|reading| reading.answer())
        .collect();
    let ink: f32 = look.pad.image().as_slice().iter().sum();
    let progress = challenge.progress(&answers, ink);
    let strip = to_egui(strip);
    let (unit, text) = (places.unit, &places.text);
    let wide = places.class == WindowClass::Wide;
    let radius = CornerRadius::same(14);
    let edge = if progress.is_done {
        theme::ANSWER
    } else {
        theme::LINE.gamma_multiply(0.6)
    };
    ui.painter().rect_filled(strip, radius, theme::CARD);
    ui.painter()
        .rect_stroke(strip, radius, Stroke::new(2.0, edge), StrokeKind::Inside);
    let inner = strip.shrink2(vec2(18.0, 10.0) * unit);
    let height = (48.0 * unit).max(44.0).min(0.45 * strip.height());
    let width = (118.0 * unit).max(88.0).min(0.28 * strip.width());
    let gap = 10.0 * unit;
    let row = if wide {
        inner.center().y - height / 2.0
    } else {
        inner.max.y - height
    };
    let button = |place: usize| {
        let right = inner.max.x - place as f32 * (width + gap);
        Rect::from_min_size(pos2(right - width, row), vec2(width, height))
    };
    let (another, leave) = (say("challenge-another"), say("tour-leave"));
    for (name, place, words, action) in [
        ("challenge_next", 0, &another, Action::NextChallenge),
        ("challenge_leave", 1, &leave, Action::EndChallenge),
    ] {
        let shown = Place {
            name,
            rect: button(place),
            text: words,
            size: text.button,
            on: place == 0 && progress.is_done,
            enabled: true,
        };
        if shown.show(ui).clicked() {
            actions.push(action);
        }
    }
    let right = if wide {
        button(1).min.x - 2.0 * gap
    } else {
        inner.max.x
    };
    let bottom = if wide { inner.max.y } else { row - gap };
    let room = Rect::from_min_max(inner.min, pos2(right, bottom));
    let words = if progress.is_done {
        say("challenge-done")
    } else {
        asked(challenge)
    };
    let bar = (12.0 * unit).max(9.0);
    let mut size = text.headline;
    let galley = loop {
        let font = theme::medium(size);
        let galley = ui
            .painter()
            .layout(words.clone(), font, theme::TEXT, room.width());
        if galley.size().y <= room.height() - 1.8 * bar || size <= 14.0 {
            break galley;
        }
        size -= 1.0;
    };
    ui.painter().galley(room.min, galley, theme::TEXT);
    let track = Rect::from_min_max(pos2(room.min.x, room.max.y - bar), room.max);
    meter(ui, track, progress.share);
    if let Challenge::LeastInk(_) = challenge {
        let dots = say_with(
            "challenge-dots",
            &[("count", (ink.round() as usize).into())],
        );
        let galley = theme::fitting(ui.painter(), &dots, text.technical, room.width());
        let place = pos2(
            track.max.x - galley.size().x,
            track.min.y - galley.size().y - 2.0,
        );
        ui.painter().galley(place, galley, theme::DIM);
    }
    let response = ui.interact(room, Id::new("challenge"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &words));
}

fn asked(challenge: Challenge) -> String {
    let values = match challenge {
        Challenge::LeastInk(digit) => vec![("digit", digit.into())],
        Challenge::Between(low, high) => vec![("low", low.into()), ("high", high.into())],
        Challenge::Disagree | Challenge::NoDigit => Vec::new(),
    };
    say_with(challenge.key(), &values)
}

/// How close it is, as a bar that glides.
fn meter(ui: &Ui, track: Rect, share: f32) {
    let share = ui
        .ctx()
        .animate_value_with_time(Id::new("challenge meter"), share, 0.25);
    let radius = CornerRadius::same((track.height() / 2.0) as u8);
    ui.painter().rect_filled(track, radius, theme::TILE);
    let full = Rect::from_min_size(
        track.min,
        vec2(
            (track.width() * share.clamp(0.0, 1.0)).max(track.height()),
            track.height(),
        ),
    );
    ui.painter().rect_filled(full, radius, theme::ANSWER);
}

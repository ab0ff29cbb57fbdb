//! A challenge's strip: what to draw, how close it is, and the way to another.

use super::{
    Look,
    strip::{Choice, strip_ui, text_in},
    theme, to_egui,
};
use crate::{
    actions::Action,
    challenge::{CHALLENGES, Challenge},
    words::{say, say_with},
};
use bevy_egui::egui::{CornerRadius, Id, Rect, Stroke, Ui, pos2, vec2};

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
    let (another, leave) = (say("challenge-another"), say("tour-leave"));
    let choices = [
        Choice {
            name: "challenge_next",
            words: &another,
            enabled: true,
            is_next: progress.is_done,
        },
        Choice {
            name: "challenge_leave",
            words: &leave,
            enabled: true,
            is_next: false,
        },
    ];
    let edge = if progress.is_done {
        theme::ANSWER
    } else {
        theme::line().gamma_multiply(0.6)
    };
    let edge = Stroke::new(2.0, edge);
    let (room, pressed) = strip_ui(ui, look, to_egui(strip), edge, &choices);
    actions.extend(pressed.map(|index| match index {
        0 => Action::NextChallenge,
        _ => Action::EndChallenge,
    }));
    let words = if progress.is_done {
        say("challenge-done")
    } else {
        asked(challenge)
    };
    let text = &places.text;
    let bar = (12.0 * places.unit).max(9.0);
    let track = Rect::from_min_max(pos2(room.min.x, room.max.y - bar), room.max);
    let above = Rect::from_min_max(room.min, pos2(room.max.x, track.min.y - 0.8 * bar));
    let galley = text_in(ui, "challenge", &words, above, text.headline);
    ui.painter().galley(room.min, galley, theme::text());
    meter(ui, track, progress.share);
    if let Challenge::LeastInk(_) = challenge {
        let dots = say_with(
            "challenge-dots",
            &[("count", (ink.round() as usize).into())],
        );
        let galley = theme::fitting(ui.painter(), &dots, text.technical, room.width());
        let place = track.right_top() - galley.size() - vec2(0.0, 2.0);
        ui.painter()
            .galley_with_override_text_color(place, galley, theme::dim());
    }
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
    ui.painter().rect_filled(track, radius, theme::tile());
    let full = Rect::from_min_size(
        track.min,
        vec2(
            (track.width() * share.clamp(0.0, 1.0)).max(track.height()),
            track.height(),
        ),
    );
    ui.painter().rect_filled(full, radius, theme::ANSWER);
}

//! A challenge's strip: what to draw, how close it is, the best drawings, and the way to another.

use super::{
    Look, announce,
    pad_panel::ink_colour,
    strip::{Choice, parts, strip_ui, text_in},
    theme, to_egui,
};
use crate::{
    actions::Action,
    challenge::{Best, CHALLENGES, Challenge},
    composition::{Part, WindowClass},
    words::{say, say_with},
};
use bevy_egui::egui::{
    Align2, Color32, ColorImage, CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use mnistify_drawing::SIDE;
use std::collections::HashMap;

/// The best drawings' textures, by number and score.
#[derive(Default)]
pub struct Pictures(HashMap<(u64, u32), TextureHandle>);

/// Shows the challenge that is on.
pub fn challenge_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    pictures: &mut Pictures,
    actions: &mut Vec<Action>,
) {
    let places = &look.composed.places;
    let Some((at, strip)) = look.screen.challenge.zip(places.strip) else {
        return;
    };
    let at = at % CHALLENGES.len();
    let challenge = CHALLENGES[at];
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
    let strip = to_egui(strip);
    let wall = look.composed.mode.part == Part::Wall;
    let choices = if wall { &[][..] } else { &choices };
    let (room, pressed) = strip_ui(ui, look, strip, edge, choices);
    actions.extend(pressed.map(|index| match index {
        0 => Action::NextChallenge,
        _ => Action::EndChallenge,
    }));
    let words = if progress.is_done {
        say("challenge-done")
    } else {
        asked(challenge)
    };
    announce::lead(ui.ctx(), &words);
    let text = &places.text;
    let best = look.gallery.best(at);
    let wide = places.class == WindowClass::Wide;
    let (_, buttons) = parts(strip, places.unit, wide, choices.len());
    let caption = text.technical;
    let (room, frames) = picture_places(room, &buttons, wide, caption, best.len());
    pictures_ui(ui, look, best, &frames, pictures);
    let bar = (12.0 * places.unit).max(9.0);
    let most = Rect::from_min_max(room.min, pos2(room.max.x, room.max.y - 1.8 * bar));
    let sizes = [theme::SMALL, text.headline];
    let galley = text_in(ui, "challenge", &words, most, sizes);
    // Words and meter are one block, in the strip's middle.
    let top = room.min.y + (most.height() - galley.size().y) / 2.0;
    let below = top + galley.size().y + 0.8 * bar;
    let track = Rect::from_min_max(pos2(room.min.x, below), pos2(room.max.x, below + bar));
    ui.painter()
        .galley(pos2(room.min.x, top), galley, theme::text());
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

/// The room that is left for the text, and places for so many small pictures with a caption of this size above them: beside
/// the text, or, where there is no room, beside the buttons without one.
pub fn picture_places(
    room: Rect,
    buttons: &[Rect],
    wide: bool,
    caption: f32,
    count: usize,
) -> (Rect, Vec<Rect>) {
    let Some(button) = buttons.last().filter(|_| count > 0) else {
        return (room, Vec::new());
    };
    let gap = 0.6 * caption;
    let row = |left: f32, bottom: f32, side: f32, count: usize| {
        (0..count).map(move |place| {
            let left = left + place as f32 * (side + gap);
            Rect::from_min_size(pos2(left, bottom - side), vec2(side, side))
        })
    };
    if wide {
        let side = (room.height() - 1.5 * caption).min(0.1 * room.width());
        let left = room.max.x - count as f32 * (side + gap) + gap;
        let text = Rect::from_min_max(room.min, pos2(left - 3.0 * gap, room.max.y));
        return (text, row(left, room.max.y, side, count).collect());
    }
    let side = button.height();
    let free = (button.min.x - room.min.x) / (side + gap);
    let frames = row(room.min.x, button.max.y, side, count.min(free as usize));
    (room, frames.collect())
}

/// The best drawings, the best first; the one that lies on the pad stands out.
fn pictures_ui(ui: &Ui, look: &Look<'_>, best: &[Best], frames: &[Rect], pictures: &mut Pictures) {
    let (Some(first), Some(last)) = (frames.first(), frames.last()) else {
        return;
    };
    let key = |drawing: &Best| (drawing.number, drawing.score.to_bits());
    pictures
        .0
        .retain(|shown, _| best.iter().any(|drawing| key(drawing) == *shown));
    let words = say(if look.exhibit.is_some() {
        "challenge-best-today"
    } else {
        "challenge-best"
    });
    let all = first.union(*last);
    let response = ui.interact(all, ui.id().with("challenge best"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &words));
    let places = &look.composed.places;
    if places.class == WindowClass::Wide {
        let size = places.text.technical;
        let galley = theme::fitting(ui.painter(), &words, size, all.width());
        let place = Align2::LEFT_BOTTOM
            .anchor_size(all.left_top() - vec2(0.0, 2.0), galley.size())
            .min;
        ui.painter()
            .galley_with_override_text_color(place, galley, theme::dim());
    }
    for (drawing, frame) in best.iter().zip(frames) {
        let texture = pictures.0.entry(key(drawing)).or_insert_with(|| {
            let values = drawing.image.as_slice().iter();
            let pixels = values.map(|ink| ink_colour(*ink)).collect();
            let image = ColorImage::new([SIDE, SIDE], pixels);
            ui.ctx()
                .load_texture("best drawing", image, TextureOptions::LINEAR)
        });
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), *frame, whole, Color32::WHITE);
        let is_here = drawing.number == look.pad.begun() && !look.pad.drawing().is_empty();
        let edge = if is_here {
            Stroke::new(2.0, theme::ANSWER)
        } else {
            Stroke::new(1.0, theme::line())
        };
        ui.painter()
            .rect_stroke(*frame, 0.0, edge, StrokeKind::Outside);
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

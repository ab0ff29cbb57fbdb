//! The words of the board have room.

use super::{
    board::board,
    switches::{choices, grouped, label_and_row, places_of},
};
use crate::{
    composition::{Mode, Scene, WindowClass, compose},
    panels::{
        fits::{WINDOWS, context, fits, size},
        theme, to_egui,
    },
    school::LessonPlan,
    words::{Language, say_in},
};
use bevy_egui::egui::{Rect, vec2};

#[test]
fn the_boards_words_fit_in_every_language() {
    let context = context();
    let least = theme::medium(theme::LEAST_ON_BUTTONS);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let values = [
            ("count", grouped(10_000).into()),
            ("page", 1.into()),
            ("pages", 3.into()),
        ];
        let say = |key: &str| say_in(language, key, &values);
        for window in WINDOWS {
            let mut check = |text: &str, room: Rect| {
                if !fits(&context, text, room.size()) {
                    let size = room.size();
                    faults.push(format!("{window:?}: {text}: {size:?}"));
                }
            };
            let inside = |rect: Rect| rect.shrink2(vec2(theme::BESIDE_WORDS / 2.0, 0.0));
            let exhibit = compose(window, &[], &Mode::default());
            if let Scene::Lanes(lanes) = &exhibit.scene {
                // The tour and the school share it.
                let half = to_egui(lanes.guide).split_left_right_at_fraction(0.485).0;
                check(&say("school-open"), inside(half));
                check(&say("tour-start"), inside(half));
            }
            let mode = Mode {
                school: true,
                ..Mode::default()
            };
            let places = compose(window, &[], &mode);
            let wide = places.class == WindowClass::Wide;
            let strip = to_egui(places.strip.expect("the school has a strip"));
            let parts = board(strip, places.class, places.unit);
            let learning = say("school-learning");
            let software = format!("{learning} {}", say("school-software"));
            let sentences = [
                "school-before",
                "school-forgotten",
                "school-paused",
                "school-stepped",
                "school-over",
                "school-over-few",
                "school-over-unmoved",
                "school-waiting",
                "school-no-gpu",
            ];
            let sentences = sentences.map(say).into_iter();
            for sentence in sentences.chain([learning, software]) {
                check(&sentence, parts.words);
            }
            let [forget, learn, step, restore, close] = parts.buttons.map(inside);
            for (key, rect) in [
                ("school-forget", forget),
                ("school-learn", learn),
                ("school-pause", learn),
                ("school-again", learn),
                ("school-step", step),
                ("school-restore", restore),
                ("school-close", close),
            ] {
                check(&say(key), rect);
            }
            let lines = choices(language, &LessonPlan::default());
            let seen = if wide {
                lines.len()
            } else {
                parts.switches.len()
            };
            for (index, (key, choices)) in lines.into_iter().take(seen).enumerate() {
                let rect = parts.switches[index % parts.switches.len()];
                let (mut label, row) = label_and_row(rect, wide);
                label.max.x -= theme::BESIDE_WORDS;
                check(&say(key), label);
                let needed = choices
                    .iter()
                    .map(|(_, words, ..)| size(&context, words, least.clone(), f32::INFINITY).x);
                let rects = places_of(row, &needed.collect::<Vec<_>>());
                for ((_, words, ..), rect) in choices.iter().zip(rects) {
                    // Even here a little air beside them.
                    check(words, rect.shrink2(vec2(1.0, 0.0)));
                }
            }
            check(&say("school-unseen"), one_line(parts.dials));
            let Some(table) = parts.table else {
                continue;
            };
            check(&say("school-more"), inside(parts.more));
            check(&say("school-wobble"), one_line(parts.dials));
            check(&say("school-loss"), one_line(parts.curve));
            check(&say("school-results"), one_line(table));
            let (moved, wrong) = (say("school-not-moved"), say("school-false"));
            let report = format!("{} · {moved} · 50 % {wrong}", grouped(10_000));
            check(&report, table);
            for (key, rect) in ["school-keep", "school-save"].into_iter().zip(parts.keep) {
                check(&say(key), inside(rect));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn one_line(rect: Rect) -> Rect {
    Rect::from_min_size(rect.min, vec2(rect.width(), theme::LEAST_ON_BUTTONS))
}

//! The words of the board have room.

use super::{
    board::{Board, LINES, board},
    curve::rooms,
    rings::map_places,
    switches::{choices, grouped, label_and_row, places_of},
};
use crate::{
    composition::{Composition, Mode, Scene, WindowClass, compose},
    panels::{
        fits::{WINDOWS, context, fits, size},
        theme, to_egui,
    },
    school::{BoardPage, LessonPlan},
    words::{Language, say_in},
};
use bevy_egui::egui::{Rect, vec2};

/// A window at school, and a page of its board.
fn at_school(window: [f32; 2], page: BoardPage) -> (Composition, Board) {
    let mode = Mode {
        school: true,
        ..Mode::default()
    };
    let places = compose(window, &[], &mode);
    let strip = to_egui(places.strip.expect("the school has a strip"));
    let parts = board(strip, places.class, places.unit, page);
    (places, parts)
}

#[test]
fn every_page_has_its_parts_beside_each_other() {
    // A finger finds what is as large.
    const LEAST: f32 = 27.0;
    for window in WINDOWS {
        for page in BoardPage::ALL {
            let (places, parts) = at_school(window, page);
            let wide = places.class == WindowClass::Wide;
            let strip = to_egui(places.strip.expect("the school has a strip"));
            let pressed = parts.buttons.into_iter().chain([parts.more, parts.own]);
            let pressed = pressed.chain(parts.digits.clone()).chain(parts.mine);
            let pressed: Vec<Rect> = pressed.filter(Rect::is_positive).collect();
            let figures = [parts.words, parts.dials, parts.curve, parts.maps];
            let figures = figures.into_iter().chain(parts.switches.clone());
            let figures: Vec<Rect> = figures.filter(Rect::is_positive).collect();
            for rect in &pressed {
                let side = rect.width().min(rect.height());
                assert!(side >= LEAST, "{window:?} {page:?}: {rect:?}");
            }
            let all = [pressed, figures].concat();
            for (index, rect) in all.iter().enumerate() {
                assert!(
                    strip.expand(0.1).contains_rect(*rect),
                    "{window:?} {page:?}: {rect:?}"
                );
                for other in &all[index + 1..] {
                    // What only touches, after rounding.
                    let both = rect.intersect(*other);
                    let apart = both.width() < 0.1 || both.height() < 0.1;
                    assert!(apart, "{window:?} {page:?}: {rect:?} {other:?}");
                }
            }
            let asks = page == BoardPage::Yours;
            assert_eq!(parts.digits.len(), if asks { 10 } else { 0 });
            let seen = [parts.dials, parts.curve, parts.maps].map(|rect| rect.is_positive());
            let expected = match page {
                _ if wide => [true, true, false],
                BoardPage::Rings => [true, false, false],
                BoardPage::Curve => [false, true, false],
                BoardPage::Maps => [false, false, true],
                BoardPage::Yours => [false; 3],
            };
            assert_eq!(seen, expected, "{window:?} {page:?}");
        }
    }
    // All that can be chosen is on the pages before the last one.
    let lines = choices(Language::default(), &LessonPlan::default());
    assert_eq!(lines.len().div_ceil(LINES), BoardPage::Yours as usize);
}

#[test]
fn the_boards_words_fit_in_every_language() {
    let context = context();
    let least = theme::medium(theme::LEAST_ON_BUTTONS);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let values = [
            ("count", grouped(10_000).into()),
            ("own", 32.into()),
            ("page", 1.into()),
            ("pages", 4.into()),
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
            let (places, parts) = at_school(window, BoardPage::Rings);
            let wide = places.class == WindowClass::Wide;
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
                "school-learning-own",
                "school-yours",
                "school-yours-some",
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
            check(&say("school-more"), inside(parts.more));
            let (_, yours) = at_school(window, BoardPage::Yours);
            let mine = ["school-take-back", "school-forget-mine"];
            for (key, rect) in mine.into_iter().zip(yours.mine) {
                check(&say(key), inside(rect));
            }
            for rect in &yours.digits {
                check("8", inside(*rect));
            }
            if wide {
                check(&say("act-own_digits"), inside(parts.own));
            } else {
                let (_, curve) = at_school(window, BoardPage::Curve);
                let [_, _, words] = rooms(curve.curve, places.text.technical);
                check(&say("school-loss"), words);
                let (_, maps) = at_school(window, BoardPage::Maps);
                for [_, words] in map_places(maps.maps, 2) {
                    let below = words.min.y + 1.4 * places.text.label;
                    check(&say("school-wobble"), words.with_min_y(below));
                    check("new MLP", one_line(words));
                }
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
                if key == "school-examples" {
                    let values = [("count", 32.into())];
                    check(&say_in(language, "school-examples-own", &values), label);
                }
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
            check(&say("school-wobble"), one_line(parts.dials));
            check(&say("school-loss"), one_line(parts.curve));
            check(&say("school-results"), one_line(table));
            let (moved, wrong) = (say("school-not-moved"), say("school-false"));
            let report = format!("{} + 32 · {moved} · 50 % {wrong}", grouped(10_000));
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

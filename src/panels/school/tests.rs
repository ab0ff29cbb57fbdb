//! The words of the board have room.

use super::{
    board::{Board, board},
    course::{STEPS, step_rooms},
    curve::rooms,
    rings::{caption, map_rooms},
    switches::{choices, label_and_row, places_of, seen as seen_lines},
    tabs::names,
};
use crate::{
    composition::{Composition, Mode, Scene, WindowClass, compose},
    panels::{
        fits::{WINDOWS, context, fits, size},
        theme, to_egui,
    },
    school::{BoardPage, LessonPlan},
    words::{Language, say_in, thousands},
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
            let strip = to_egui(places.strip.expect("the school has a strip"));
            let is_wide = places.class == WindowClass::Wide;
            let pressed = [parts.next, parts.close, parts.tabs].into_iter();
            let pressed = pressed.chain(parts.digits.clone()).chain(parts.mine);
            let mut pressed: Vec<Rect> = pressed.filter(Rect::is_positive).collect();
            // On a phone what is kept stands in the place of what else can be done.
            if is_wide {
                pressed.push(parts.others);
                pressed.extend(parts.keep.into_iter().filter(Rect::is_positive));
            } else if page == BoardPage::Results {
                pressed.extend(parts.keep);
            } else {
                pressed.push(parts.others);
            }
            let figures = [parts.words, parts.dials, parts.curve, parts.maps];
            let figures = figures.into_iter().chain(parts.switches.clone());
            let figures = figures.chain([parts.help, parts.table, parts.film]);
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
            let is = |of: BoardPage| page == of;
            let expected = [
                is_wide || is(BoardPage::Lesson),
                is(BoardPage::Lesson),
                is(BoardPage::Results),
            ];
            assert_eq!(seen, expected, "{window:?} {page:?}");
            let lines = choices(Language::default(), &LessonPlan::default());
            let lines = seen_lines(page, lines).count();
            if is_wide || page != BoardPage::Network {
                assert_eq!(parts.switches.len(), lines, "{window:?} {page:?}");
            }
        }
    }
}

#[test]
fn figures_are_large_enough_to_be_read() {
    let mut faults = Vec::new();
    for window in WINDOWS {
        let (places, lesson) = at_school(window, BoardPage::Lesson);
        let (_, results) = at_school(window, BoardPage::Results);
        let size = places.text.technical;
        let rooms = rooms(lesson.curve, size);
        let maps = map_rooms(results.maps, size, 2);
        for (figure, side, least) in [
            ("curve", rooms.plot.height(), 24.0),
            ("curve's width", rooms.plot.width(), 80.0),
            ("river", rooms.bed.height(), 6.0),
            ("river's width", rooms.bed.width(), 80.0),
            ("map", maps.fields[1][1].height(), 36.0),
        ] {
            if side < least {
                faults.push(format!("{window:?}: {figure}: {side}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pages_turn_both_ways() {
    for page in BoardPage::ALL {
        assert_eq!(page.next().before(), page);
        assert_ne!(page.next(), page);
    }
}

#[test]
fn the_boards_words_fit_in_every_language() {
    let context = context();
    let least = theme::medium(theme::LEAST_ON_BUTTONS);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let values = [
            ("count", thousands(10_000).into()),
            ("own", 32.into()),
            ("digit", 8.into()),
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
            let (places, parts) = at_school(window, BoardPage::Lesson);
            let is_wide = places.class == WindowClass::Wide;
            let small = places.text.technical;
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
            for key in ["school-learn", "school-pause", "school-again"] {
                check(&say(key), inside(parts.next));
            }
            let first = if is_wide {
                parts.next
            } else {
                parts.next.union(parts.others)
            };
            check(&say("school-forget"), inside(first));
            let others = ["school-forget-short", "school-step", "school-restore"];
            let (others, forget) = if is_wide {
                check(&say("school-safe"), parts.others);
                (&others[..], None)
            } else {
                (&others[1..], Some(parts.others))
            };
            let needed = others
                .iter()
                .map(|key| size(&context, &say(key), least.clone(), f32::INFINITY).x);
            let rects = places_of(parts.others, &needed.collect::<Vec<_>>());
            for (key, rect) in others.iter().zip(rects) {
                check(&say(key), inside(rect));
            }
            if let Some(rect) = forget {
                check(&say("school-forget"), inside(rect));
            } else {
                check(&say("school-close"), inside(parts.close));
                check(
                    &say("school-film"),
                    one_line(parts.film.split_left_right_at_fraction(0.35).0),
                );
            }
            let names = names(language);
            let needed = names
                .each_ref()
                .map(|words| size(&context, words, least.clone(), f32::INFINITY).x);
            for (words, rect) in names.iter().zip(places_of(parts.tabs, &needed)) {
                check(words, rect.shrink2(vec2(1.0, 0.0)));
            }
            for (key, [_, words]) in STEPS.into_iter().zip(step_rooms(parts.curve)) {
                check(&say(key), words);
            }
            let rooms = rooms(parts.curve, small);
            check(&say("school-curve"), one_line(rooms.title));
            if rooms.axis.is_positive() {
                check(&say("school-images"), one_line(rooms.axis));
            }
            check(&say("school-loss"), one_line(rooms.words));
            let key = if caption(parts.dials, small).height() < 2.0 * small {
                "school-unseen"
            } else {
                "school-unseen-of"
            };
            check(&say(key), caption(parts.dials, small));
            let (_, yours) = at_school(window, BoardPage::Yours);
            let mine = ["school-take-back", "school-forget-mine"];
            for (key, rect) in mine.into_iter().zip(yours.mine) {
                check(&say(key), inside(rect));
            }
            for rect in &yours.digits {
                check("8", inside(*rect));
            }
            let (_, results) = at_school(window, BoardPage::Results);
            let maps = map_rooms(results.maps, small, 2);
            for key in ["school-wobble", "school-wobble-blank"] {
                check(&say(key), one_line(maps.title));
            }
            for [name, _] in &maps.fields {
                check("new MLP", one_line(*name));
            }
            let [same, other, here] = maps
                .legend
                .map(|room| room.with_min_x(room.min.x + 1.5 * small));
            for (key, room) in [
                ("school-wobble-same", same),
                ("school-wobble-same-each", same),
                ("school-wobble-other", other),
                ("school-wobble-here", here),
            ] {
                check(&say(key), room);
            }
            for (key, rect) in ["school-keep", "school-save"].into_iter().zip(results.keep) {
                check(&say(key), inside(rect));
            }
            for page in [BoardPage::Change, BoardPage::Network] {
                let (_, parts) = at_school(window, page);
                let help = if parts.help.is_positive() {
                    parts.help
                } else {
                    parts.words
                };
                let lines = choices(language, &LessonPlan::default());
                for ((key, choices), rect) in seen_lines(page, lines).zip(&parts.switches) {
                    check(&say(&format!("{key}.help")), help);
                    let (mut label, row) = label_and_row(*rect, parts.labels_above);
                    label.max.x -= theme::BESIDE_WORDS;
                    check(&say(key), label);
                    if key == "school-examples" {
                        let values = [("count", 32.into())];
                        check(&say_in(language, "school-examples-own", &values), label);
                    }
                    let needed = choices.iter().map(|(_, words, ..)| {
                        size(&context, words, least.clone(), f32::INFINITY).x
                    });
                    let rects = places_of(row, &needed.collect::<Vec<_>>());
                    for ((_, words, ..), rect) in choices.iter().zip(rects) {
                        // Even here a little air beside them.
                        check(words, rect.shrink2(vec2(1.0, 0.0)));
                    }
                }
            }
            if !is_wide {
                continue;
            }
            let (_, change) = at_school(window, BoardPage::Change);
            check(&say("school-change"), change.help);
            check(&say("school-results"), one_line(results.table));
            check(&say("school-results-none"), results.table);
            let (moved, wrong) = (say("school-not-moved"), say("school-false"));
            let report = format!("{} + 32 · {moved} · 50 % {wrong}", thousands(10_000));
            check(&report, results.table);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn one_line(rect: Rect) -> Rect {
    Rect::from_min_size(rect.min, vec2(rect.width(), theme::LEAST_ON_BUTTONS))
}

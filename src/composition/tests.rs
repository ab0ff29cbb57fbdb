//! What holds in every window.

use super::{lanes::is_map, text::LEAST_TEXT, *};

const CNN: &[Shape] = &[
    [1, 28, 28],
    [32, 24, 24],
    [32, 20, 20],
    [32, 10, 10],
    [64, 8, 8],
    [64, 6, 6],
    [64, 3, 3],
    [10, 1, 1],
];
const MLP: &[Shape] = &[[1, 28, 28], [512, 1, 1], [512, 1, 1], [10, 1, 1]];
const LENET: &[Shape] = &[
    [1, 28, 28],
    [6, 28, 28],
    [6, 14, 14],
    [16, 10, 10],
    [16, 5, 5],
    [120, 1, 1],
    [84, 1, 1],
    [10, 1, 1],
];
const WIDE: &[Shape] = &[
    [1, 28, 28],
    [256, 28, 28],
    [256, 14, 14],
    [512, 7, 7],
    [512, 1, 1],
    [4096, 1, 1],
    [10, 1, 1],
];
const ODD: &[Shape] = &[[1, 28, 28], [7, 8, 13], [101, 1, 1], [10, 1, 1]];
const SMALL: &[Shape] = &[[1, 28, 28], [100, 1, 1], [30, 1, 1], [10, 1, 1]];
const NOTHING_HIDDEN: &[Shape] = &[[1, 28, 28], [10, 1, 1]];

const NAMED_SIZES: [[f32; 2]; 6] = [
    [900.0, 600.0],
    [1280.0, 720.0],
    [1920.0, 1080.0],
    [3840.0, 2160.0],
    [390.0, 844.0],
    [844.0, 390.0],
];
const OTHER_SIZES: [[f32; 2]; 11] = [
    [360.0, 640.0],
    [320.0, 568.0],
    [568.0, 320.0],
    [667.0, 375.0],
    [720.0, 560.0],
    [1024.0, 768.0],
    [768.0, 1024.0],
    [1080.0, 1920.0],
    [1366.0, 768.0],
    [2560.0, 1080.0],
    [5120.0, 1440.0],
];

fn deep() -> Vec<Shape> {
    let maps = (0..12).map(|stage| [48, 28 - 2 * stage, 28 - 2 * stage]);
    let ends = [[100, 1, 1], [10, 1, 1]];
    [[1, 28, 28]].into_iter().chain(maps).chain(ends).collect()
}

fn with_winners(winners: &[usize]) -> Mode {
    Mode {
        winners: winners.to_vec(),
        ..Mode::default()
    }
}

/// Calls `check` with every window, choice of networks and mode.
fn for_all(check: impl Fn([f32; 2], &[&[Shape]], &Mode)) {
    let deep = deep();
    let choices: [&[&[Shape]]; 11] = [
        &[CNN],
        &[MLP],
        &[LENET],
        &[CNN, MLP],
        &[CNN, MLP, LENET],
        &[WIDE],
        &[deep.as_slice()],
        &[ODD],
        &[SMALL],
        &[NOTHING_HIDDEN],
        &[deep.as_slice(), WIDE, MLP],
    ];
    let explained = Mode {
        explain: Some(0),
        ..with_winners(&[3])
    };
    let touring = Mode {
        strip: true,
        ..with_winners(&[3])
    };
    let full = Mode {
        lanes_fill_screen: true,
        ..Mode::default()
    };
    let open = Mode {
        open: Some((0, 1)),
        ..with_winners(&[3])
    };
    let open_explained = Mode {
        explain: Some(0),
        ..open.clone()
    };
    let usual = [
        open,
        open_explained,
        Mode::default(),
        with_winners(&[3]),
        with_winners(&[4, 9]),
        explained,
        full,
        touring,
    ];
    let in_reach = usual.iter().map(|mode| Mode {
        reach: true,
        ..mode.clone()
    });
    let mut modes: Vec<Mode> = usual.iter().cloned().chain(in_reach).collect();
    let large = modes.iter().map(|mode| Mode {
        text_scale: 1.5,
        least_target: 74.0,
        ..mode.clone()
    });
    let large: Vec<Mode> = large.collect();
    modes.extend(large);
    for window in NAMED_SIZES.into_iter().chain(OTHER_SIZES) {
        for networks in choices {
            for mode in &modes {
                check(window, networks, mode);
            }
        }
    }
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    const TOLERANCE: f32 = 0.6;
    (0..2)
        .all(|axis| a.min[axis] + TOLERANCE < b.max[axis] && b.min[axis] + TOLERANCE < a.max[axis])
}

fn contains(outer: &Rect, inner: &Rect) -> bool {
    const TOLERANCE: f32 = 0.6;
    (0..2).all(|axis| {
        inner.min[axis] >= outer.min[axis] - TOLERANCE
            && inner.max[axis] <= outer.max[axis] + TOLERANCE
    })
}

fn stage_rects(lanes: &[Lane]) -> Vec<Rect> {
    let stages = lanes.iter().flat_map(|lane| &lane.stages);
    let portraits = lanes.iter().filter_map(|lane| lane.portraits);
    stages
        .map(|stage| stage.rect)
        .chain(portraits.map(|grid| grid.bounds()))
        .collect()
}

/// Everything that must neither overlap nor leave the window.
fn solid(composition: &Composition) -> Vec<Rect> {
    let controls = composition.controls;
    let mut rects = match &composition.scene {
        Scene::FullScreen {
            close,
            lanes,
            opened,
        } => {
            let mut rects = stage_rects(lanes);
            rects.push(*close);
            rects.extend(opened.iter().flat_map(|opened| opened.turn));
            return rects;
        }
        Scene::Lanes(scene) => {
            let mut rects = stage_rects(&scene.lanes);
            rects.extend([scene.headline, scene.plate, scene.legend, scene.times]);
            rects.push(scene.guide);
            rects.extend(scene.explanation.iter().map(|open| open.rect));
            let opened = scene.opened.iter();
            rects.extend(opened.flat_map(|opened| [opened.turn[0], opened.turn[1], opened.close]));
            rects.extend(controls.explain);
            rects
        }
        Scene::Table(table) => {
            let mut rects = vec![table.headline, table.guide, table.languages];
            rects.extend(controls.explain);
            rects
        }
        Scene::Page(page) => {
            let mut rects = page.maps.to_vec();
            rects.extend([page.label, page.dots]);
            rects.extend(page.headline);
            // Upright, "Why?" lies on the answer, but not in reach.
            let on_answer = |rect: &Rect| {
                let mut answers = composition.answers.iter();
                answers.any(|answer| contains(answer, rect))
            };
            rects.extend(controls.explain.filter(|rect| !on_answer(rect)));
            rects
        }
    };
    let fixed = [
        controls.draw,
        controls.undo,
        controls.clear,
        controls.networks,
        controls.more,
    ];
    rects.push(composition.pad);
    rects.extend(fixed);
    rects.extend(&composition.answers);
    // On a phone's side it covers what the step does not speak of.
    if composition.class != WindowClass::Sideways {
        rects.extend(composition.strip);
    }
    rects
}

fn lanes_of(composition: &Composition) -> &[Lane] {
    match &composition.scene {
        Scene::Lanes(scene) => &scene.lanes,
        Scene::FullScreen { lanes, .. } => lanes,
        Scene::Page(_) | Scene::Table(_) => &[],
    }
}

/// None of these lies on another or beyond the window.
fn assert_apart(window: [f32; 2], mode: &Mode, rects: &[Rect]) {
    let all = Rect::new(0.0, 0.0, window[0], window[1]);
    for (index, rect) in rects.iter().enumerate() {
        assert!(contains(&all, rect), "{window:?} {mode:?} {rect:?}");
        let has_extent = rect.width() > 0.0 && rect.height() > 0.0;
        assert!(has_extent, "{window:?} {mode:?} {rect:?}");
        for other in &rects[index + 1..] {
            let text = format!("{window:?} {mode:?} {rect:?} {other:?}");
            assert!(!overlap(rect, other), "{text}");
        }
    }
}

#[test]
fn nothing_overlaps_or_leaves_the_window() {
    for_all(|window, networks, mode| {
        let composition = compose(window, networks, mode);
        assert_apart(window, mode, &solid(&composition));
    });
}

/// Screens that lie and that stand.
const SCREENS: [[f32; 2]; 7] = [
    [900.0, 600.0],
    [1024.0, 768.0],
    [1280.0, 720.0],
    [1920.0, 1080.0],
    [3840.0, 2160.0],
    [2560.0, 1080.0],
    [1080.0, 1920.0],
];

/// What both screens show, in all the ways in which they are seen.
fn for_both(check: impl Fn([f32; 2], &Mode)) {
    for part in [Part::Table, Part::Wall] {
        for window in SCREENS {
            for bits in 0..8 {
                for (winners, explain) in [(&[][..], None), (&[3], Some(1)), (&[4, 9], None)] {
                    let mode = Mode {
                        part,
                        strip: bits & 1 > 0,
                        // Nothing on a wall is reached for.
                        reach: bits & 2 > 0 && part == Part::Table,
                        text_scale: if bits & 4 > 0 { 1.5 } else { 1.0 },
                        explain,
                        ..with_winners(winners)
                    };
                    check(window, &mode);
                }
            }
        }
    }
}

#[test]
fn table_and_wall_have_room_for_what_they_show() {
    for_both(|window, mode| {
        let composition = compose(window, &[CNN, MLP], mode);
        let mut rects = solid(&composition);
        // A wall has nothing to touch.
        rects.retain(|rect| mode.part == Part::Table || *rect != Rect::default());
        assert_apart(window, mode, &rects);
    });
}

#[test]
fn the_hand_is_on_the_table_and_the_networks_on_the_wall() {
    for_both(|window, mode| {
        let whole = Mode {
            part: Part::Whole,
            ..mode.clone()
        };
        let whole = compose(window, &[CNN, MLP], &whole);
        let part = compose(window, &[CNN, MLP], mode);
        let lanes = lanes_of(&part).len();
        if mode.part == Part::Wall {
            assert_eq!(lanes, if mode.explain.is_some() { 1 } else { 2 });
            assert_eq!(part.scene.guide(), None);
            assert_eq!(part.controls, Controls::default());
            return;
        }
        assert_eq!(lanes, 0);
        assert!(part.scene.guide().is_some());
        for control in part.controls.all() {
            assert!(control.height() >= 38.0 * 0.7, "{window:?} {control:?}");
        }
        if !mode.reach {
            let [on_table, beside_lanes] = [&part, &whole].map(|places| places.pad.width());
            assert!(on_table >= beside_lanes, "{window:?} {mode:?} {on_table}");
            return;
        }
        for rect in part.controls.all().into_iter().chain([part.pad]) {
            assert!(rect.min[1] >= window[1] / 2.0 - 1e-3, "{window:?} {rect:?}");
        }
    });
}

#[test]
fn grids_fill_their_stage_and_show_every_map() {
    for_all(|window, networks, mode| {
        let composition = compose(window, networks, mode);
        for lane in lanes_of(&composition) {
            if let Some(pictures) = &lane.portraits {
                assert!(
                    contains(&lane.rect, &pictures.bounds()),
                    "{window:?} {pictures:?}"
                );
                assert!(
                    pictures.pitch[1] >= pictures.size[1],
                    "{window:?} {pictures:?}"
                );
            }
            for stage in &lane.stages {
                assert!(contains(&lane.rect, &stage.rect), "{window:?} {stage:?}");
                let heroes = stage.heroes.bounds();
                assert!(contains(&stage.rect, &heroes), "{window:?} {stage:?}");
                let mut shown = stage.heroes.count + stage.hidden;
                if let Some(chorus) = &stage.chorus {
                    let bounds = chorus.bounds();
                    assert!(contains(&stage.rect, &bounds), "{window:?} {stage:?}");
                    assert!(!overlap(&heroes, &bounds), "{window:?} {stage:?}");
                    shown += chorus.count;
                }
                assert_eq!(shown, stage.shape[0], "{window:?} {stage:?}");
                let grids = [Some(stage.heroes), stage.chorus];
                for grid in grids.into_iter().flatten() {
                    let last = grid.place(grid.count - 1);
                    assert!(contains(&stage.rect, &last), "{window:?} {grid:?}");
                    assert!(grid.columns * grid.rows >= grid.count);
                }
            }
        }
    });
}

#[test]
fn maps_of_the_first_layer_are_legible() {
    let first = |networks: &[&[Shape]]| {
        let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
        lanes_of(&composition)[0].stages[0].clone()
    };
    let alone = first(&[CNN]);
    assert_eq!(alone.heroes.count, 32);
    assert!(alone.heroes.size[0] >= 40.0, "{alone:?}");
    let both = first(&[CNN, MLP]);
    assert!(both.heroes.count >= 8, "{both:?}");
    assert!(both.heroes.size[0] >= 40.0, "{both:?}");
    let three = first(&[CNN, MLP, LENET]);
    assert!(three.heroes.size[0] >= 40.0, "{three:?}");
}

#[test]
fn late_layers_are_not_tiny() {
    for networks in [&[CNN][..], &[CNN, MLP], &[CNN, MLP, LENET]] {
        let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
        for lane in lanes_of(&composition) {
            for stage in lane.stages.iter().filter(|stage| is_map(&stage.shape)) {
                assert!(stage.heroes.size[1] >= 36.0, "{stage:?}");
                assert!(stage.heroes.count >= 4, "{stage:?}");
            }
        }
    }
}

#[test]
fn dense_layers_fill_their_lane() {
    for networks in [&[CNN, MLP][..], &[MLP]] {
        let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
        let lane = lanes_of(&composition).last().unwrap();
        let cells: f32 = lane.stages.iter().map(|stage| stage.rect.width()).sum();
        let portraits = lane.portraits.map_or(0.0, |grid| grid.bounds().width());
        assert!(cells + portraits > 0.8 * lane.rect.width(), "{lane:?}");
    }
}

#[test]
fn text_figures_and_targets_are_large_enough() {
    for_all(|window, networks, mode| {
        let composition = compose(window, networks, mode);
        assert!(composition.text.technical >= LEAST_TEXT);
        assert!(composition.controls.all().len() <= 7);
        if NAMED_SIZES.contains(&window) {
            assert!(composition.glyph >= LEAST_GLYPH, "{window:?} {mode:?}");
        }
        for control in composition.controls.all() {
            let height = composition.strip.map_or(window[1], |strip| strip.min[1]);
            let least = match composition.class {
                WindowClass::Wide if height < 600.0 => 28.0,
                WindowClass::Wide => 38.0,
                WindowClass::Upright | WindowClass::Sideways => 42.0,
            };
            assert!(control.height() >= least, "{window:?} {control:?}");
            assert!(control.width() >= least, "{window:?} {control:?}");
        }
        if let Scene::Page(page) = &composition.scene {
            for map in page.maps {
                assert!(map.height() >= LEAST_PHONE_MAP - 1e-3, "{window:?}");
            }
        }
    });
}

#[test]
fn in_reach_pad_and_controls_lie_in_the_lower_half() {
    for_all(|window, networks, mode| {
        let composition = compose(window, networks, mode);
        if !mode.reach || composition.class == WindowClass::Sideways {
            return;
        }
        let mut low = composition.controls.all();
        low.push(composition.pad);
        match &composition.scene {
            Scene::Lanes(scene) => {
                low.push(scene.guide);
                assert!(composition.pad.width() <= 0.46 * window[1] + 1e-3);
                // Still from left to right: hand, lanes, answer.
                assert!(composition.pad.max[0] < scene.lanes_rect.min[0]);
                assert!(scene.plate.max[0] <= composition.pad.max[0] + 1e-3);
                assert!(scene.lanes_rect.max[0] < composition.answers[0].min[0]);
            }
            Scene::FullScreen { close, .. } => low = vec![*close],
            Scene::Page(_) | Scene::Table(_) => {}
        }
        low.extend(composition.strip);
        for rect in low {
            assert!(
                rect.min[1] >= window[1] / 2.0 - 1e-3,
                "{window:?} {mode:?} {rect:?}"
            );
        }
    });
}

#[test]
fn controls_are_as_large_as_fingers_where_there_is_room() {
    // A screen of 21.5 inches, 1280 points wide: 2.69 points a millimetre.
    let target = target_on([1280.0, 720.0], 21.5);
    assert!((target - 53.8).abs() < 0.1, "{target}");
    assert_eq!(target_on([1280.0, 720.0], 0.0), 0.0);
    for (window, reach, least_target) in [
        ([1280.0, 720.0], false, target),
        ([1280.0, 720.0], true, target),
        ([1280.0, 720.0], false, 74.0),
        ([1280.0, 720.0], true, 74.0),
        ([900.0, 600.0], false, 54.0),
        ([1080.0, 1920.0], false, 90.0),
        ([1080.0, 1920.0], true, 90.0),
    ] {
        let mode = Mode {
            reach,
            least_target,
            ..with_winners(&[3])
        };
        for control in compose(window, &[CNN, MLP], &mode).controls.all() {
            let side = control.width().min(control.height());
            assert!(side >= least_target - 0.01, "{window:?} {mode:?} {side}");
        }
    }
}

#[test]
fn text_grows_where_there_is_room() {
    let label = |window: [f32; 2], text_scale: f32| {
        let mode = Mode {
            text_scale,
            ..Mode::default()
        };
        compose(window, &[CNN, MLP], &mode).text.label
    };
    for window in [[1280.0, 720.0], [3840.0, 2160.0], [390.0, 844.0]] {
        assert_eq!(label(window, 1.5), 1.5 * label(window, 1.0), "{window:?}");
    }
    let low = [720.0, 400.0];
    assert!(label(low, 1.5) >= label(low, 1.0));
}

#[test]
fn hand_lanes_and_answer_share_top_and_bottom() {
    let composition = compose([1280.0, 720.0], &[CNN, MLP], &with_winners(&[3]));
    let Scene::Lanes(scene) = &composition.scene else {
        panic!("a wide window has lanes");
    };
    let top = composition.pad.min[1];
    assert_eq!(composition.answers[0].min[1], top);
    assert_eq!(scene.lanes_rect.min[1], top);
    assert!((composition.answers[9].max[1] - scene.lanes_rect.max[1]).abs() < 0.01);
    assert!(scene.plate.max[1] < scene.lanes_rect.max[1]);
}

#[test]
fn networks_that_differ_are_equally_large() {
    let composition = compose([900.0, 600.0], &[CNN, MLP], &with_winners(&[3, 8]));
    let heights = [3, 8].map(|digit: usize| composition.answers[digit].height());
    assert!((heights[0] - heights[1]).abs() < 0.01);
    assert!(heights[0] > 3.0 * composition.answers[0].height());
}

#[test]
fn an_explanation_takes_the_room_below_its_lane() {
    let mode = Mode {
        explain: Some(1),
        ..with_winners(&[3])
    };
    let composition = compose([1280.0, 720.0], &[CNN, MLP], &mode);
    let Scene::Lanes(scene) = &composition.scene else {
        panic!("a wide window has lanes");
    };
    assert_eq!(scene.lanes.len(), 1);
    assert_eq!(scene.lanes[0].network, 1);
    let open = scene.explanation.as_ref().unwrap();
    assert!(open.rect.min[1] > scene.lanes[0].rect.max[1]);
    for slot in &open.slots {
        assert!(contains(&open.rect, slot));
        assert!(!overlap(slot, &open.scrub));
        assert!(slot.width() >= 60.0);
    }
}

#[test]
fn windows_are_told_apart() {
    let classes = NAMED_SIZES.map(WindowClass::of);
    use WindowClass::{Sideways, Upright, Wide};
    assert_eq!(classes, [Wide, Wide, Wide, Wide, Upright, Sideways]);
}

//! Every control of every panel, pressed through its name for screen readers, without a window.

use bevy_egui::egui;
use egui::accesskit::{Action as Asked, Live};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use mnistify::{
    actions::{Action, Screen},
    attribution::Attribution,
    commands::offscreen::Offscreen,
    composition::Part,
    inference::CurrentAnswer,
    pad::{Pad, PadAction},
    panels::show_in,
    school::{BoardPage, School},
    view::{DrawSurface, Selection},
    why::{Likeness, WhyPage},
};
use mnistify_drawing::recording;

/// A harness whose window shows the app's panels; the app itself draws off screen.
fn harness(size: [u32; 2]) -> Harness<'static, Offscreen> {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let offscreen = Offscreen::start(size[0], size[1], models);
    let offscreen = offscreen.expect("a GPU, a software one will do");
    Harness::builder()
        .with_size(egui::vec2(size[0] as f32, size[1] as f32))
        .with_max_steps(60)
        .build_ui_state(
            |ui, offscreen: &mut Offscreen| {
                show_in(offscreen.app.world_mut(), ui.ctx());
                offscreen.frame();
            },
            offscreen,
        )
}

fn draw(harness: &mut Harness<'static, Offscreen>) {
    let three = include_str!("../assets/strokes/three.json");
    let strokes = recording::from_json(three).expect("a checked-in drawing");
    let load = PadAction::Load(strokes);
    harness.state_mut().act(Action::Pad(load));
    harness.run_steps(8);
}

fn screen<T>(harness: &mut Harness<'static, Offscreen>, get: impl Fn(&Screen) -> T) -> T {
    get(harness.state().app.world().resource::<Screen>())
}

#[test]
fn the_controls_at_rest_do_what_they_say() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    draw(&mut harness);
    harness.get_by_label("Undo").click();
    harness.run_steps(4);
    let strokes = |harness: &mut Harness<'static, Offscreen>| {
        let pad = harness.state().app.world().resource::<Pad>();
        pad.drawing().strokes().len()
    };
    assert_eq!(strokes(&mut harness), 0);
    draw(&mut harness);
    harness.get_by_label("Clear").click();
    harness.run_steps(4);
    assert_eq!(strokes(&mut harness), 0);
    harness.get_by_label("Draw").click();
    harness.run_steps(4);
    harness.get_by_label("Erase").click();
    harness.run_steps(4);
    harness.get_by_label("Draw");
    draw(&mut harness);
    harness.get_by_label("Why a 3?").click();
    harness.run_steps(6);
    let selected = harness.state().app.world().resource::<Selection>().cell;
    assert!(selected.is_some(), "the answer is explained");
    harness.get_by_label("Close").click();
    harness.run_steps(4);
    let selected = harness.state().app.world().resource::<Selection>().cell;
    assert!(selected.is_none());
}

#[test]
fn everything_that_has_the_focus_has_a_name_and_the_answer_is_announced() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    let announced = |harness: &Harness<'static, Offscreen>| -> Vec<String> {
        let all = harness.root().children_recursive();
        let live = all.filter(|node| node.accesskit_node().live() == Live::Polite);
        live.filter_map(|node| node.accesskit_node().label())
            .collect()
    };
    assert_eq!(announced(&harness), ["Draw a digit"]);
    draw(&mut harness);
    let now = announced(&harness).join("\n");
    assert!(now.starts_with("Two networks read a 3. "), "{now}");
    let nameless = |harness: &Harness<'static, Offscreen>| -> Vec<String> {
        let all = harness.root().children_recursive();
        let nameless = all.filter(|node| {
            let node = node.accesskit_node();
            node.data().supports_action(Asked::Focus)
                && node.label().or_else(|| node.value()).is_none()
        });
        nameless.map(|node| format!("{node:?}")).collect()
    };
    for (pressed, steps) in [
        ("Why a 3?", 6),
        ("Your strokes", 4),
        ("Close", 4),
        ("More", 4),
    ] {
        harness.get_by_label(pressed).click();
        harness.run_steps(steps);
        assert_eq!(nameless(&harness), [""; 0], "after {pressed}");
    }
}

#[test]
fn the_strokes_page_tells_of_the_line_and_takes_the_drawing_back() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    draw(&mut harness);
    harness.get_by_label("Why a 3?").click();
    harness.run_steps(6);
    harness.get_by_label("Your strokes").click();
    harness.run_steps(4);
    let mut river = None;
    // A software GPU leaves the CNN to the CPU, a few images a frame.
    for _ in 0..400 {
        harness.run_steps(1);
        let world = harness.state_mut().app.world_mut();
        let mut all = world.query::<(&Attribution, &CurrentAnswer)>();
        let told = all.iter(world).find_map(|(attribution, answer)| {
            let last = attribution.told.as_ref()?.answers.last()?;
            Some((last.clone(), answer.0.clone()?))
        });
        if told.is_some() {
            river = told;
            break;
        }
    }
    let (last, shown) = river.expect("the strokes are told of");
    for (last, shown) in last.probabilities.iter().zip(&shown.probabilities) {
        assert!((last - shown).abs() < 1e-2, "{last} {shown}");
    }
    harness.run_steps(2);
    let image = |harness: &mut Harness<'static, Offscreen>| {
        let pad = harness.state().app.world().resource::<Pad>();
        (pad.image().clone(), pad.scrubbed_at())
    };
    let whole = image(&mut harness);
    assert_eq!(whole.1, None);
    let river = harness
        .get_by_label("what it thought while you drew")
        .rect();
    let early = river.left_center() + egui::vec2(0.3 * river.width(), 0.0);
    let press = |pressed| egui::Event::PointerButton {
        pos: early,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    harness.event(egui::Event::PointerMoved(early));
    harness.run_steps(1);
    harness.event(press(true));
    harness.run_steps(4);
    let then = image(&mut harness);
    assert!(then.1.is_some() && then.0 != whole.0, "as it was then");
    harness.event(press(false));
    harness.run_steps(4);
    assert_eq!(image(&mut harness), whole);
    // Nothing is kept of a page that is closed.
    harness.get_by_label("Close").click();
    harness.run_steps(4);
    let world = harness.state_mut().app.world_mut();
    assert_eq!(world.query::<&Attribution>().iter(world).count(), 0);
}

/// What is known of the network whose strokes page is open: moments of the live river, and strokes that are told of.
fn river(harness: &mut Harness<'static, Offscreen>) -> (Option<Vec<f32>>, Option<usize>) {
    let world = harness.state_mut().app.world_mut();
    let mut all = world.query::<&Attribution>();
    let attribution = all.iter(world).next();
    let live = attribution.and_then(|attribution| attribution.live.as_ref());
    let told = attribution.and_then(|attribution| attribution.told.as_ref());
    (
        live.map(|live| live.moments().to_vec()),
        told.map(|told| told.strokes().len()),
    )
}

#[test]
fn the_river_grows_while_the_pen_is_down() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    draw(&mut harness);
    harness.get_by_label("Why a 3?").click();
    harness.run_steps(6);
    harness.get_by_label("Your strokes").click();
    harness.run_steps(4);
    let pen = |harness: &mut Harness<'static, Offscreen>, action| {
        harness.state_mut().act(Action::Pad(action));
        harness.run_steps(1);
    };
    pen(&mut harness, PadAction::Begin { x: 60.0, y: 20.0 });
    let mut lengths = vec![0];
    for step in 0..400u16 {
        let x = 60.0 + 0.5 * f32::from(step);
        pen(&mut harness, PadAction::Extend { x, y: 20.0 });
        let moments = river(&mut harness).0.unwrap_or_default();
        assert!(moments.windows(2).all(|pair| pair[0] < pair[1]));
        if lengths.last() != Some(&moments.len()) {
            lengths.push(moments.len());
        }
        if lengths.len() > 4 {
            break;
        }
    }
    assert!(lengths.len() > 4, "{lengths:?}");
    assert!(lengths.is_sorted(), "{lengths:?}");
    pen(&mut harness, PadAction::End);
    // A software GPU leaves the CNN to the CPU, a few images a frame.
    for _ in 0..400 {
        harness.run_steps(1);
        if river(&mut harness) == (None, Some(2)) {
            return;
        }
    }
    panic!("the whole line is told of: {:?}", river(&mut harness));
}

#[test]
fn the_schools_board_has_pages_and_asks_what_was_drawn() {
    for size in [[1280, 720], [390, 844]] {
        let mut harness = harness(size);
        harness.run_steps(4);
        draw(&mut harness);
        harness.key_press(egui::Key::Num7);
        harness.run_steps(6);
        let page = |harness: &Harness<'static, Offscreen>| {
            harness.state().app.world().resource::<School>().page
        };
        for (number, next) in [
            (1, BoardPage::Curve),
            (2, BoardPage::Maps),
            (3, BoardPage::Yours),
        ] {
            let more = format!("More ({number} of 4)");
            harness.get_by_label(&more).click();
            harness.run_steps(4);
            assert_eq!(page(&harness), next, "{size:?}");
        }
        // What the drawing is, and how many there are.
        let said = |harness: &Harness<'static, Offscreen>| {
            let world = harness.state().app.world();
            let own = &world.resource::<School>().own;
            (own.class_of(world.resource::<Pad>().image()), own.len())
        };
        harness.get_by_label("This is the digit 7").click();
        harness.run_steps(4);
        assert_eq!(said(&harness), (Some(7), 1));
        // A key corrects it, even one that means something else elsewhere.
        harness.key_press(egui::Key::Num8);
        harness.run_steps(4);
        assert_eq!(said(&harness), (Some(8), 1));
        harness.get_by_label("Take back").click();
        harness.run_steps(4);
        assert_eq!(said(&harness), (None, 0));
        harness.get_by_label("This is the digit 0").click();
        harness.run_steps(4);
        harness.get_by_label("Forget mine").click();
        harness.run_steps(4);
        assert_eq!(said(&harness), (None, 0));
        harness.key_press(egui::Key::F2);
        harness.run_steps(4);
        assert_eq!(page(&harness), BoardPage::Rings);
        harness.key_press(egui::Key::F4);
        harness.run_steps(4);
        assert_eq!(page(&harness), BoardPage::Yours);
        harness.get_by_label("This is the digit 3").click();
        harness.run_steps(4);
        assert_eq!(said(&harness), (Some(3), 1));
        // Nobody finds what somebody else drew.
        harness.state_mut().act(Action::StartOver);
        harness.run_steps(4);
        assert_eq!(said(&harness).1, 0);
        assert!(!harness.state().app.world().resource::<School>().is_open);
        // Of nothing nobody can say what it is.
        harness.key_press(egui::Key::F4);
        harness.run_steps(4);
        harness.get_by_label("This is the digit 3").click();
        harness.run_steps(4);
        assert_eq!(said(&harness).1, 0);
        assert!(screen(&mut harness, |screen| screen.notice.is_some()));
    }
}

#[test]
fn an_answer_has_pages() {
    for size in [[1280, 720], [390, 844]] {
        let mut harness = harness(size);
        harness.run_steps(4);
        draw(&mut harness);
        harness.key_press(egui::Key::W);
        harness.run_steps(6);
        let page = |harness: &Harness<'static, Offscreen>| {
            *harness.state().app.world().resource::<WhyPage>()
        };
        assert_eq!(page(&harness), WhyPage::Reasons);
        harness.get_by_label("Digits like yours").click();
        harness.run_steps(4);
        assert_eq!(page(&harness), WhyPage::Alike);
        harness.get_by_label("Dot by dot").click();
        harness.run_steps(40);
        let likeness = *harness.state().app.world().resource::<Likeness>();
        assert_eq!(likeness, Likeness::Pixels);
        let found = harness
            .query_all_by_label_contains("a person wrote a")
            .count();
        assert_eq!(found, 8, "{size:?}");
        let clicked = harness
            .query_all_by_label_contains("a person wrote a")
            .next();
        clicked.expect("there are eight").click();
        harness.run_steps(4);
        let pad = harness.state().app.world().resource::<Pad>();
        let sheet = pad.drawing().sheet();
        assert!(sheet.picture.is_some() && sheet.strokes.is_empty());
        harness.get_by_label("Reasons").click();
        harness.run_steps(4);
        assert_eq!(page(&harness), WhyPage::Reasons);
    }
}

#[test]
fn everything_else_is_one_touch_away() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    draw(&mut harness);
    harness.get_by_label("More").click();
    harness.run_steps(6);
    assert!(screen(&mut harness, |screen| screen.more));
    for label in [
        "Redo",
        "Replay",
        "Save",
        "Load",
        "Picture",
        "Share",
        "Home",
        "Side",
        "Top",
        "Slow motion",
        "Calm",
        "Layer",
        "Numbers",
        "Edges",
        "Your network",
        "Tour",
        "Start over",
        "Deutsch",
    ] {
        assert!(
            harness.query_by_label(label).is_some(),
            "{label} is under More"
        );
    }
    harness.get_by_label("Numbers").click();
    harness.run_steps(6);
    assert!(screen(&mut harness, |screen| screen.numbers));
    harness.key_press(egui::Key::Escape);
    harness.run_steps(4);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(4);
    assert!(!screen(&mut harness, |screen| screen.more || screen.numbers));
}

#[test]
fn a_phone_has_the_same_controls() {
    let mut harness = harness([390, 844]);
    harness.run_steps(4);
    draw(&mut harness);
    for label in ["Draw", "Undo", "Clear", "Both", "More", "Why?"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
    harness.key_press(egui::Key::X);
    harness.run_steps(4);
    assert_eq!(screen(&mut harness, |screen| screen.page), 1);
}

#[test]
fn the_table_has_the_controls_and_the_wall_has_none() {
    let mut harness = harness([1280, 720]);
    harness.run_steps(4);
    let mut show = |part: Part| {
        let world = harness.state_mut().app.world_mut();
        world.resource_mut::<DrawSurface>().part = part;
        draw(&mut harness);
        let labels = ["Draw", "Undo", "Clear", "Both", "More", "Why a 3?"];
        labels.map(|label| harness.query_by_label(label).is_some())
    };
    assert_eq!(show(Part::Table), [true; 6]);
    assert_eq!(show(Part::Wall), [false; 6]);
    assert_eq!(show(Part::Whole), [true; 6]);
}

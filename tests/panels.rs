//! Every control of every panel, pressed through its name for screen readers, without a window.

use bevy_egui::egui;
use egui::accesskit::{Action as Asked, Live, Role};
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

/// A window that shows the app's panels; the app itself draws off screen.
type Panels = Harness<'static, Offscreen>;

/// All of them in a window of this size, with nothing drawn.
fn panels(size: [u32; 2]) -> Panels {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let offscreen = Offscreen::start(size[0], size[1], models);
    let offscreen = offscreen.expect("a GPU, a software one will do");
    let mut harness = Harness::builder()
        .with_size(egui::vec2(size[0] as f32, size[1] as f32))
        .with_max_steps(60)
        .build_ui_state(
            |ui, offscreen: &mut Offscreen| {
                show_in(offscreen.app.world_mut(), ui.ctx());
                offscreen.frame();
            },
            offscreen,
        );
    harness.run_steps(4);
    harness
}

fn with_a_three(size: [u32; 2]) -> Panels {
    let mut harness = panels(size);
    draw(&mut harness);
    harness
}

fn press(harness: &mut Panels, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(6);
}

fn key(harness: &mut Panels, key: egui::Key) {
    harness.key_press(key);
    harness.run_steps(6);
}

fn open_the_strokes_page(harness: &mut Panels) {
    press(harness, "Why a 3?");
    press(harness, "Your strokes");
}

/// A finger that goes so far sideways, and hardly down.
fn sweep(harness: &mut Panels, from: egui::Pos2, way: f32) {
    harness.drag_at(from);
    harness.run_steps(2);
    harness.hover_at(from + egui::vec2(way, 4.0));
    harness.run_steps(2);
    harness.drop_at(from + egui::vec2(way, 4.0));
    harness.run_steps(4);
}

fn draw(harness: &mut Panels) {
    let three = include_str!("../assets/strokes/three.json");
    let strokes = recording::from_json(three).expect("a checked-in drawing");
    let load = PadAction::Load(strokes);
    harness.state_mut().act(Action::Pad(load));
    harness.run_steps(8);
}

fn screen<T>(harness: &mut Panels, get: impl Fn(&Screen) -> T) -> T {
    get(harness.state().app.world().resource::<Screen>())
}

#[test]
fn the_controls_at_rest_do_what_they_say() {
    let mut harness = with_a_three([1280, 720]);
    press(&mut harness, "Undo");
    let strokes = |harness: &mut Panels| {
        let pad = harness.state().app.world().resource::<Pad>();
        pad.drawing().strokes().len()
    };
    assert_eq!(strokes(&mut harness), 0);
    draw(&mut harness);
    press(&mut harness, "Clear");
    assert_eq!(strokes(&mut harness), 0);
    press(&mut harness, "Draw");
    press(&mut harness, "Erase");
    harness.get_by_label("Draw");
    draw(&mut harness);
    press(&mut harness, "Why a 3?");
    let selected = harness.state().app.world().resource::<Selection>().cell;
    assert!(selected.is_some(), "the answer is explained");
    press(&mut harness, "Close");
    let selected = harness.state().app.world().resource::<Selection>().cell;
    assert!(selected.is_none());
}

#[test]
fn everything_that_has_the_focus_has_a_name_and_the_answer_is_announced() {
    let mut harness = panels([1280, 720]);
    let announced = |harness: &Panels| -> Vec<String> {
        let all = harness.root().children_recursive();
        let live = all.filter(|node| node.accesskit_node().live() == Live::Polite);
        live.filter_map(|node| node.accesskit_node().label())
            .collect()
    };
    assert_eq!(announced(&harness), ["Draw a digit"]);
    draw(&mut harness);
    let now = announced(&harness).join("\n");
    assert!(now.starts_with("Two networks read a 3. "), "{now}");
    let nameless = |harness: &Panels| -> Vec<String> {
        let all = harness.root().children_recursive();
        let nameless = all.filter(|node| {
            let node = node.accesskit_node();
            node.data().supports_action(Asked::Focus)
                && node.label().or_else(|| node.value()).is_none()
        });
        nameless.map(|node| format!("{node:?}")).collect()
    };
    for pressed in ["Why a 3?", "Your strokes", "Close", "More"] {
        press(&mut harness, pressed);
        assert_eq!(nameless(&harness), [""; 0], "after {pressed}");
    }
}

#[test]
fn the_strokes_page_tells_of_the_line_and_takes_the_drawing_back() {
    let mut harness = with_a_three([1280, 720]);
    open_the_strokes_page(&mut harness);
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
    let image = |harness: &mut Panels| {
        let pad = harness.state().app.world().resource::<Pad>();
        (pad.image().clone(), pad.scrubbed_at())
    };
    let whole = image(&mut harness);
    assert_eq!(whole.1, None);
    let river = harness
        .get_by_label("what it thought while you drew")
        .rect();
    let early = river.left_center() + egui::vec2(0.3 * river.width(), 0.0);
    let button = |pressed| egui::Event::PointerButton {
        pos: early,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    harness.event(egui::Event::PointerMoved(early));
    harness.run_steps(1);
    harness.event(button(true));
    harness.run_steps(4);
    let then = image(&mut harness);
    assert!(then.1.is_some() && then.0 != whole.0, "as it was then");
    harness.event(button(false));
    harness.run_steps(4);
    assert_eq!(image(&mut harness), whole);
    // Nothing is kept of a page that is closed.
    press(&mut harness, "Close");
    let world = harness.state_mut().app.world_mut();
    assert_eq!(world.query::<&Attribution>().iter(world).count(), 0);
}

/// What is known of the network whose strokes page is open: moments of the live river, and strokes that are told of.
fn river(harness: &mut Panels) -> (Option<Vec<f32>>, Option<usize>) {
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
    let mut harness = with_a_three([1280, 720]);
    open_the_strokes_page(&mut harness);
    let pen = |harness: &mut Panels, action| {
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
fn a_sweep_over_a_phones_maps_turns_the_page() {
    let mut harness = with_a_three([390, 844]);
    let from = egui::pos2(200.0, 170.0);
    for (way, next) in [(-90.0, 1), (-90.0, 2), (90.0, 1), (20.0, 1)] {
        sweep(&mut harness, from, way);
        let page = screen(&mut harness, |screen| screen.page);
        assert_eq!(page, next, "after a sweep of {way}");
    }
}

#[test]
fn the_schools_board_has_pages_and_asks_what_was_drawn() {
    for size in [[1280, 720], [390, 844]] {
        let mut harness = with_a_three(size);
        key(&mut harness, egui::Key::Num7);
        let page = |harness: &Panels| harness.state().app.world().resource::<School>().page;
        // What to do now is one button, and the way out.
        for label in ["Forget everything", "Close"] {
            assert!(harness.query_by_label(label).is_some(), "{label}");
        }
        for label in ["Learn", "One step", "Bring back"] {
            assert!(harness.query_by_label(label).is_none(), "{label}");
        }
        for (label, next) in [
            ("Change", BoardPage::Change),
            ("Network", BoardPage::Network),
            ("Results", BoardPage::Results),
            ("Lesson", BoardPage::Lesson),
        ] {
            press(&mut harness, label);
            assert_eq!(page(&harness), next, "{size:?}");
        }
        // A finger turns them too.
        let words = "Both networks can read. Make them forget it all, and watch them learn.";
        // It is announced too.
        let sentence = harness.get_by_role_and_label(Role::Label, words);
        let from = sentence.rect().center();
        for (way, next) in [(-90.0, BoardPage::Change), (90.0, BoardPage::Lesson)] {
            sweep(&mut harness, from, way);
            assert_eq!(page(&harness), next, "{size:?}");
        }
        press(&mut harness, "Your digits");
        assert_eq!(page(&harness), BoardPage::Yours, "{size:?}");
        // What the drawing is, and how many there are.
        let said = |harness: &Panels| {
            let world = harness.state().app.world();
            let own = &world.resource::<School>().own;
            (own.class_of(world.resource::<Pad>().image()), own.len())
        };
        press(&mut harness, "This is the digit 7");
        assert_eq!(said(&harness), (Some(7), 1));
        // A key corrects it, even one that means something else elsewhere.
        key(&mut harness, egui::Key::Num8);
        assert_eq!(said(&harness), (Some(8), 1));
        press(&mut harness, "Take back");
        assert_eq!(said(&harness), (None, 0));
        press(&mut harness, "This is the digit 0");
        press(&mut harness, "Forget mine");
        assert_eq!(said(&harness), (None, 0));
        key(&mut harness, egui::Key::F2);
        assert_eq!(page(&harness), BoardPage::Network);
        key(&mut harness, egui::Key::F4);
        assert_eq!(page(&harness), BoardPage::Yours);
        press(&mut harness, "This is the digit 3");
        assert_eq!(said(&harness), (Some(3), 1));
        // Nobody finds what somebody else drew.
        harness.state_mut().act(Action::StartOver);
        harness.run_steps(4);
        assert_eq!(said(&harness).1, 0);
        assert!(!harness.state().app.world().resource::<School>().is_open);
        // Of nothing nobody can say what it is.
        key(&mut harness, egui::Key::F4);
        press(&mut harness, "This is the digit 3");
        assert_eq!(said(&harness).1, 0);
        assert!(screen(&mut harness, |screen| screen.notice.is_some()));
    }
}

#[test]
fn an_answer_has_pages() {
    for size in [[1280, 720], [390, 844]] {
        let mut harness = with_a_three(size);
        key(&mut harness, egui::Key::W);
        let page = |harness: &Panels| *harness.state().app.world().resource::<WhyPage>();
        assert_eq!(page(&harness), WhyPage::Reasons);
        press(&mut harness, "Digits like yours");
        assert_eq!(page(&harness), WhyPage::Alike);
        press(&mut harness, "Dot by dot");
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
        press(&mut harness, "Reasons");
        assert_eq!(page(&harness), WhyPage::Reasons);
    }
}

#[test]
fn everything_else_is_one_touch_away() {
    let mut harness = with_a_three([1280, 720]);
    press(&mut harness, "More");
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
    press(&mut harness, "Numbers");
    assert!(screen(&mut harness, |screen| screen.numbers));
    key(&mut harness, egui::Key::Escape);
    key(&mut harness, egui::Key::Escape);
    assert!(!screen(&mut harness, |screen| screen.more || screen.numbers));
}

#[test]
fn a_phone_has_the_same_controls() {
    let mut harness = with_a_three([390, 844]);
    for label in ["Draw", "Undo", "Clear", "Both", "More", "Why?"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
    key(&mut harness, egui::Key::X);
    assert_eq!(screen(&mut harness, |screen| screen.page), 1);
}

#[test]
fn the_table_has_the_controls_and_the_wall_has_none() {
    let mut harness = panels([1280, 720]);
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

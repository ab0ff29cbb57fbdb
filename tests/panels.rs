//! Every control of every panel, pressed through its name for screen readers, without a window.

use bevy::{
    prelude::{Camera, Entity, Has, Messages, With, World},
    render::view::screenshot::Screenshot,
};
use bevy_egui::egui;
use egui::{
    TouchPhase,
    accesskit::{Action as Asked, ActionData, ActionRequest, Live, NodeId, Role, TreeId},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use mnistify::{
    access::Access,
    actions::{Action, Screen, Shortcut, Show, Switch, TABLE},
    attribution::Attribution,
    commands::offscreen::Offscreen,
    composition::{Part, Scene, WindowClass},
    exhibit::{Exhibit, Settings},
    inference::{CurrentAnswer, InferenceSettings, Network, Shown},
    inspector::InspectorSettings,
    own_network::{OwnNetwork, OwnNetworkAction, read_network},
    pad::{Pad, PadAction},
    panels::show_in,
    school::{BoardPage, LessonPlan, Phase, PlanChange, Report, School, SchoolAction, Speed},
    view::{Composed, DrawSurface, Heroes, Motion, OrbitCamera, Preset, SelectedCell, Selection},
    why::{Likeness, WhyPage},
    words::{Language, say},
};
use mnistify_drawing::{Sheet, Stroke, Tool, recording};
use mnistify_learning::Optimizer;
use mnistify_network::{
    explain::Cell,
    import::{Loaded, Opened},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Deref, DerefMut},
    path::Path,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

/// A window that shows the app's panels; the app itself draws off screen.
type Panels = Harness<'static, Hosted>;

/// The app behind that window.
struct Hosted {
    offscreen: Offscreen,
    /// What was composed for the window: off screen the app composes for its own image after that.
    composed: Composed,
    /// What the panels want is not carried out.
    holds_back: bool,
    /// What was wanted of the language meanwhile.
    held: Vec<Action>,
}

impl Deref for Hosted {
    type Target = Offscreen;

    fn deref(&self) -> &Offscreen {
        &self.offscreen
    }
}

impl DerefMut for Hosted {
    fn deref_mut(&mut self) -> &mut Offscreen {
        &mut self.offscreen
    }
}

impl Hosted {
    fn world(&mut self) -> &mut World {
        self.offscreen.app.world_mut()
    }

    /// Panels and app, once.
    fn show(&mut self, context: &egui::Context) {
        show_in(self.world(), context);
        let world = self.offscreen.app.world_mut();
        if self.holds_back {
            let mut wanted = world.resource_mut::<Messages<Action>>();
            let all = wanted.iter_current_update_messages().cloned();
            let spoken =
                |action: &Action| matches!(action, Action::Speak(_) | Action::NextLanguage);
            self.held.extend(all.filter(spoken));
            wanted.clear();
        }
        self.composed = world.resource::<Composed>().clone();
        self.offscreen.frame();
    }
}

/// All of them in a window of this size, with nothing drawn.
fn panels(size: [u32; 2]) -> Panels {
    panels_of(size, true)
}

/// The same; without a picture a frame takes a software GPU much less time.
fn panels_of(size: [u32; 2], with_picture: bool) -> Panels {
    go_to_a_folder();
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let offscreen = Offscreen::start(size[0], size[1], models);
    let mut offscreen = offscreen.expect("a GPU, a software one will do");
    if !with_picture {
        let world = offscreen.app.world_mut();
        let mut cameras = world.query::<&mut Camera>();
        for mut camera in cameras.iter_mut(world) {
            camera.is_active = false;
        }
    }
    let hosted = Hosted {
        offscreen,
        composed: Composed::default(),
        holds_back: false,
        held: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(egui::vec2(size[0] as f32, size[1] as f32))
        .with_max_steps(60)
        .build_ui_state(|ui, hosted: &mut Hosted| hosted.show(ui.ctx()), hosted);
    harness.run_steps(4);
    harness
}

/// What is saved lies here, not among the sources.
fn go_to_a_folder() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panels");
        std::fs::create_dir_all(&folder).expect("the target folder can be written to");
        std::env::set_current_dir(folder).expect("it was just made");
    });
}

/// Who saves or loads is alone with the files meanwhile.
fn files() -> MutexGuard<'static, ()> {
    static FILES: Mutex<()> = Mutex::new(());
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with_a_three(size: [u32; 2]) -> Panels {
    let mut harness = panels(size);
    draw(&mut harness);
    harness
}

/// The same without a picture, with times of a few forwards. Networks learn on the CPU: no kernel has to be compiled for it.
fn unseen(size: [u32; 2]) -> Panels {
    let mut harness = panels_of(size, false);
    draw(&mut harness);
    harness.state_mut().world().resource_mut::<School>().on_cpu = true;
    let every_frame = |on| Action::Set(Switch::EveryFrame, on);
    harness.state_mut().act(every_frame(true));
    harness.run_steps(12);
    harness.state_mut().act(every_frame(false));
    harness.run_steps(2);
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

fn recorded(json: &str) -> Vec<Stroke> {
    recording::from_json(json).expect("a checked-in drawing")
}

fn three() -> Vec<Stroke> {
    recorded(include_str!("../assets/strokes/three.json"))
}

fn seven() -> Vec<Stroke> {
    recorded(include_str!("../assets/strokes/seven.json"))
}

fn draw(harness: &mut Panels) {
    let load = PadAction::Load(three());
    harness.state_mut().act(Action::Pad(load));
    harness.run_steps(8);
}

fn screen<T>(harness: &mut Panels, get: impl Fn(&Screen) -> T) -> T {
    get(harness.state().app.world().resource::<Screen>())
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

/// Frames in which a network comes, a lesson begins, or pictures are found.
const PATIENCE: usize = 200;

/// Everything as at the start, but with a three on the pad.
fn start_over(harness: &mut Panels) {
    egui::Popup::close_all(&harness.ctx);
    let hosted = harness.state_mut();
    let world = hosted.world();
    // Without a window no picture is ever taken.
    let mut pictures = world.query_filtered::<Entity, With<Screenshot>>();
    let pictures: Vec<Entity> = pictures.iter(world).collect();
    for picture in pictures {
        world.despawn(picture);
    }
    world.remove_resource::<Exhibit>();
    for action in [
        Action::StartOver,
        // These are kept, since they were said to be seen.
        Action::Set(Switch::Calm, false),
        Action::Set(Switch::Reach, false),
        Action::Set(Switch::HighContrast, false),
        Action::TextSize(100),
        Action::Pad(PadAction::Load(three())),
    ] {
        hosted.act(action);
    }
}

/// A cell of the CNN's first layer, in the middle of its liveliest map, and its answer 3.
fn cells(harness: &mut Panels) -> [SelectedCell; 2] {
    let network = harness.state_mut().network("cnn").expect("it is shipped");
    let world = harness.state().app.world();
    let layout = &world.get::<Network>(network).expect("it is there").layout;
    let order = world.get::<Heroes>(network).map(|heroes| &heroes.order);
    let liveliest = order.and_then(|order| order.get(1)?.first().copied());
    let [_, height, width] = layout.shape(1);
    let cell = |row, channel, y, x| SelectedCell {
        network,
        cell: Cell { row, channel, y, x },
    };
    [
        cell(1, liveliest.unwrap_or(0), height / 2, width / 2),
        cell(layout.rows() - 1, 3, 0, 0),
    ]
}

/// A network of one's own.
fn own_network() -> Action {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let model = models.into_iter().next().expect("there are two");
    Action::OwnNetwork(OwnNetworkAction::Add(Box::new(Loaded {
        model,
        notes: Vec::new(),
        known: None,
    })))
}

/// What is wanted of the language while this is done. It is the whole process's, where other tests read English, so that
/// nothing is carried out.
fn held_back(harness: &mut Panels, act: impl FnOnce(&mut Panels)) -> Vec<Action> {
    harness.state_mut().holds_back = true;
    act(harness);
    let hosted = harness.state_mut();
    hosted.holds_back = false;
    std::mem::take(&mut hosted.held)
}

/// What comes before a key, what it changes, and what that is then.
struct Case {
    before: Vec<Action>,
    see: fn(&mut World) -> String,
    then: &'static str,
}

fn case(before: Vec<Action>, see: fn(&mut World) -> String, then: &'static str) -> Case {
    Case { before, see, then }
}

/// A part of a resource, as text.
macro_rules! see {
    ($resource:ty, $it:ident => $part:expr) => {
        |world: &mut World| {
            let $it = world.resource::<$resource>();
            format!("{:?}", $part)
        }
    };
}

fn shown(world: &mut World) -> String {
    let mut networks = world.query_filtered::<&Network, With<Shown>>();
    let networks = networks.iter(world);
    let mut names: Vec<String> = networks
        .map(|network| {
            let is_own = network.is_own();
            if is_own { "own".into() } else { network.key() }
        })
        .collect();
    names.sort();
    names.join(" ")
}

/// Turn and height of the camera.
fn turn(world: &mut World) -> String {
    let goal = world.resource::<OrbitCamera>().goal;
    format!("{:.2} {:.2}", goal.yaw, goal.pitch)
}

fn distance(world: &mut World) -> String {
    let goal = world.resource::<OrbitCamera>().goal;
    format!("{:.2}", goal.distance)
}

/// Where drawings are saved.
const STROKES: &str = "mnistify-strokes.json";

/// What the action of this name does; `cell` is one of the CNN's first layer.
fn case_of(name: &str, cell: SelectedCell) -> Case {
    let pad = Action::Pad;
    let school = Action::School;
    match name {
        "draw" => case(
            vec![pad(PadAction::Use(Tool::Erase))],
            see!(Pad, pad => pad.tool),
            "Draw",
        ),
        "erase" => case(vec![], see!(Pad, pad => pad.tool), "Erase"),
        "thinner" => case(vec![], see!(Pad, pad => pad.width), "16.0"),
        "wider" => case(vec![], see!(Pad, pad => pad.width), "24.0"),
        "undo" | "clear" | "start_over" => {
            case(vec![], see!(Pad, pad => pad.drawing().is_empty()), "true")
        }
        "redo" => case(
            vec![pad(PadAction::Undo)],
            see!(Pad, pad => pad.drawing().is_empty()),
            "false",
        ),
        "prepare" => case(vec![], see!(Pad, pad => pad.preparation()), "Raw"),
        "replay" => case(vec![], see!(Pad, pad => pad.is_replaying()), "true"),
        "save" => {
            // There may be none yet.
            let _ = std::fs::remove_file(STROKES);
            case(vec![], |_| Path::new(STROKES).exists().to_string(), "true")
        }
        "load" => {
            let saved = Sheet {
                strokes: seven(),
                picture: None,
            };
            recording::save(STROKES, &saved).expect("the folder can be written to");
            // The seven begins there.
            let begins = see!(Pad, pad => pad.drawing().strokes().first().map(|s| s.points[0].x));
            case(vec![], begins, "Some(75.0)")
        }
        "picture" => {
            let pictures = |world: &mut World| {
                let count = world.query::<&Screenshot>().iter(world).count();
                count.to_string()
            };
            case(vec![], pictures, "1")
        }
        "share" => {
            let told = see!(Screen, screen => screen.notice == Some(say("shared-in-terminal")));
            case(vec![], told, "true")
        }
        "every_frame" => case(
            vec![],
            see!(InferenceSettings, settings => settings.continuous),
            "true",
        ),
        "all" => case(
            vec![Action::Show(Show::Named("mlp".into()))],
            shown,
            "cnn mlp",
        ),
        "mlp" => case(vec![], shown, "mlp"),
        "cnn" => case(vec![], shown, "cnn"),
        "own" => case(vec![own_network()], shown, "own"),
        "network" => case(vec![], see!(Screen, screen => screen.own_network), "true"),
        "overview" => case(
            vec![Action::View(Preset::Top)],
            see!(OrbitCamera, camera => camera.preset()),
            "Some(Overview)",
        ),
        "top" => case(
            vec![],
            see!(OrbitCamera, camera => camera.preset()),
            "Some(Top)",
        ),
        "side" => case(
            vec![],
            see!(OrbitCamera, camera => camera.preset()),
            "Some(Side)",
        ),
        "left" => case(vec![], turn, "0.12 0.00"),
        "right" => case(vec![], turn, "-0.12 0.00"),
        "up" => case(vec![], turn, "0.00 0.08"),
        "down" => case(vec![], turn, "0.00 -0.08"),
        "nearer" => case(vec![], distance, "1.87"),
        "further" => case(vec![], distance, "2.59"),
        "next_map" | "previous_map" => {
            let mut third = cell;
            third.cell.channel = 3;
            let then = match name {
                "next_map" => "Some(4)",
                _ => "Some(2)",
            };
            case(
                vec![Action::Select(Some(third))],
                see!(Selection, selection => selection.cell.map(|it| it.cell.channel)),
                then,
            )
        }
        "slow" => case(
            vec![],
            see!(Motion, motion => motion.slow.is_some()),
            "true",
        ),
        "edges" => case(
            vec![],
            see!(InspectorSettings, settings => settings.edges),
            "false",
        ),
        "fewer_edges" => case(
            vec![],
            see!(InspectorSettings, settings => settings.edge_count),
            "20",
        ),
        "more_edges" => case(
            vec![],
            see!(InspectorSettings, settings => settings.edge_count),
            "28",
        ),
        "explain" => case(
            vec![],
            see!(Selection, selection => selection.cell.map(|it| it.cell.channel)),
            "Some(3)",
        ),
        "why_page" => case(vec![], see!(WhyPage, page => page), "Alike"),
        "slide" => case(
            vec![Action::Select(Some(cell))],
            see!(Screen, screen => screen.sliding),
            "true",
        ),
        "next_layer" => case(vec![], see!(Screen, screen => screen.page), "1"),
        "previous_layer" => case(
            vec![Action::Page(2)],
            see!(Screen, screen => screen.page),
            "1",
        ),
        "lanes" => case(
            vec![],
            see!(Screen, screen => screen.lanes_fill_screen),
            "true",
        ),
        "maps" => case(
            vec![],
            see!(Screen, screen => screen.maps.map(|(_, row)| row)),
            "Some(1)",
        ),
        "numbers" => case(vec![], see!(Screen, screen => screen.numbers), "true"),
        "calm" => case(vec![], see!(Motion, motion => motion.reduced), "true"),
        "reach" => case(vec![], see!(Access, access => access.reach), "true"),
        "larger_text" => case(vec![], see!(Access, access => access.text_percent), "125"),
        "high_contrast" => case(vec![], see!(Access, access => access.high_contrast), "true"),
        "tour" => case(vec![], see!(Screen, screen => screen.tour), "Some(0)"),
        "tour_next" => case(
            vec![Action::Tour(Some(2))],
            see!(Screen, screen => screen.tour),
            "Some(3)",
        ),
        "tour_back" => case(
            vec![Action::Tour(Some(2))],
            see!(Screen, screen => screen.tour),
            "Some(1)",
        ),
        "challenge" => case(vec![], see!(Screen, screen => screen.challenge), "Some(0)"),
        "school" => case(vec![], see!(School, school => school.is_open), "true"),
        "forget" => case(
            vec![school(SchoolAction::Open)],
            see!(School, school => school.phase),
            "Paused",
        ),
        "learn" => case(
            vec![school(SchoolAction::Open)],
            see!(School, school => school.phase),
            "Learning",
        ),
        "one_step" => case(
            vec![school(SchoolAction::Open)],
            see!(School, school => school.since_step.is_some()),
            "true",
        ),
        "restore" => case(
            vec![school(SchoolAction::Open), school(SchoolAction::Forget)],
            see!(School, school => school.phase),
            "Before",
        ),
        "own_digits" => case(vec![], see!(School, school => school.page), "Yours"),
        "help" => case(vec![], see!(Screen, screen => screen.help), "true"),
        "more" => case(vec![], see!(Screen, screen => screen.more), "true"),
        "close" => case(
            vec![Action::Set(Switch::Help, true)],
            see!(Screen, screen => screen.help),
            "false",
        ),
        // Whoever adds one says here what it does.
        name => unreachable!("nobody knows what {name} does"),
    }
}

/// Down and up again, with what is held along.
fn press_key(harness: &mut Panels, shortcut: &Shortcut) {
    let modifiers = egui::Modifiers {
        ctrl: shortcut.ctrl,
        command: shortcut.ctrl,
        shift: shortcut.shift,
        ..egui::Modifiers::NONE
    };
    for pressed in [true, false] {
        harness.event(egui::Event::Key {
            key: shortcut.key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        });
    }
    harness.step();
}

#[test]
fn every_key_of_the_table_does_what_it_says() {
    let mut harness = unseen([1280, 720]);
    let [cell, _] = cells(&mut harness);
    for entry in TABLE {
        // What has no key is done all the same.
        let mut ways: Vec<Option<&Shortcut>> = entry.keys.iter().map(Some).collect();
        if ways.is_empty() {
            ways.push(None);
        }
        for way in ways {
            start_over(&mut harness);
            // A tour that ends clears up in the frame after.
            harness.state_mut().frame();
            harness.state_mut().frame();
            let does = |harness: &mut Panels| match way {
                Some(shortcut) => press_key(harness, shortcut),
                None => {
                    harness.state_mut().act(entry.action.clone());
                    harness.step();
                }
            };
            if entry.name == "language" {
                let wanted = held_back(&mut harness, does);
                assert!(matches!(wanted[..], [Action::NextLanguage]), "{wanted:?}");
                continue;
            }
            let _files = matches!(entry.name, "save" | "load").then(files);
            let Case { before, see, then } = case_of(entry.name, cell);
            for action in before {
                harness.state_mut().act(action);
            }
            harness.state_mut().frame();
            let named = format!("{} by {:?}", entry.name, way.map(Shortcut::text));
            let first = see(harness.state_mut().world());
            assert_ne!(first, then, "{named} has something to change");
            does(&mut harness);
            let mut last = see(harness.state_mut().world());
            for _ in 0..PATIENCE {
                if last == then {
                    break;
                }
                harness.step();
                last = see(harness.state_mut().world());
            }
            assert_eq!(last, then, "{named}");
        }
    }
}

/// What can be seen of the app's state, by what it is about. What moves by itself is left out.
type Digest = BTreeMap<&'static str, String>;

fn digest(harness: &mut Panels) -> Digest {
    let menu = egui::Popup::is_any_open(&harness.ctx);
    let world = harness.state_mut().world();
    let mut networks = world.query::<(&Network, Has<Shown>)>();
    let networks = networks.iter(world);
    let mut networks: Vec<(String, bool)> = networks
        .map(|(network, shown)| (network.name().to_string(), shown))
        .collect();
    networks.sort();
    let pictures = world.query::<&Screenshot>().iter(world).count();
    let world = &*world;
    let pad = world.resource::<Pad>();
    let drawing = pad.drawing();
    let camera = world.resource::<OrbitCamera>();
    let motion = world.resource::<Motion>();
    let screen = world.resource::<Screen>();
    let own = world.resource::<OwnNetwork>();
    let school = world.resource::<School>();
    let selected = world.resource::<Selection>().cell.map(|mut it| {
        if screen.sliding {
            (it.cell.y, it.cell.x) = (0, 0);
        }
        it
    });
    let drawn = (
        drawing.strokes().len(),
        drawing.picture().is_some(),
        drawing.can_redo(),
    );
    let replayed = (pad.is_replaying(), pad.scrubbed_at().is_some());
    let slow = motion.slow.filter(|_| !motion.playing);
    let moves = (motion.reduced, motion.slow.is_some(), motion.playing, slow);
    let learns = (
        school.is_open,
        school.page,
        school.phase,
        school.since_step.is_some(),
    );
    let digits = (school.own.len(), school.own.class_of(pad.image()));
    BTreeMap::from([
        (
            "pen",
            format!("{:?} {} {:?}", pad.tool, pad.width, pad.preparation()),
        ),
        ("drawing", format!("{drawn:?} {replayed:?}")),
        ("networks", format!("{networks:?}")),
        (
            "reading",
            world.resource::<InferenceSettings>().continuous.to_string(),
        ),
        ("camera", format!("{:?} {:?}", camera.goal, camera.preset())),
        ("motion", format!("{moves:?}")),
        ("selection", format!("{selected:?}")),
        (
            "edges",
            format!("{:?}", world.resource::<InspectorSettings>()),
        ),
        ("screen", format!("{screen:?}")),
        ("access", format!("{:?}", world.resource::<Access>())),
        (
            "explanation",
            format!(
                "{:?} {:?}",
                world.resource::<WhyPage>(),
                world.resource::<Likeness>()
            ),
        ),
        (
            "own network",
            format!("{:?} {:?}", own.refusal, own.tried().is_some()),
        ),
        ("school", format!("{learns:?} {digits:?} {:?}", school.plan)),
        ("menu", menu.to_string()),
        ("pictures", pictures.to_string()),
    ])
}

/// Where a node is in AccessKit's tree.
type Place = (NodeId, TreeId);

/// Something that can be pressed, or could if it were enabled.
struct Control {
    place: Place,
    label: String,
    enabled: bool,
}

/// Which control it is, whatever numbers stand on it.
type Key = (NodeId, String);

impl Control {
    fn key(&self) -> Key {
        let letters = self.label.chars().filter(|c| c.is_alphabetic());
        (self.place.0, letters.collect())
    }
}

/// All that there are now.
fn controls(harness: &Panels) -> Vec<Control> {
    let all = harness.root().children_recursive();
    let all = all.filter_map(|node| {
        let node = node.accesskit_node();
        let can = |asked| node.data().supports_action(asked);
        // What only a pointer can do is nowhere for the focus to go.
        let is_pressed = can(Asked::Click) && can(Asked::Focus);
        let is_off = node.is_disabled();
        let is_control = is_pressed || (is_off && node.role() == Role::Button);
        is_control.then(|| Control {
            place: node.locate(),
            label: node.label().unwrap_or_default(),
            enabled: is_pressed && !is_off,
        })
    });
    all.collect()
}

/// Something that is moved along a line.
struct Slider {
    place: Place,
    least: f64,
    most: f64,
    value: f64,
}

fn sliders(harness: &Panels) -> Vec<Slider> {
    let all = harness.root().children_recursive();
    let all = all.filter_map(|node| {
        let node = node.accesskit_node();
        let can = node.data().supports_action(Asked::SetValue);
        if node.role() != Role::Slider || !can || node.is_disabled() {
            return None;
        }
        Some(Slider {
            place: node.locate(),
            least: node.min_numeric_value()?,
            most: node.max_numeric_value()?,
            value: node.numeric_value()?,
        })
    });
    all.collect()
}

/// Asks a control for something, as a screen reader does.
fn ask(harness: &mut Panels, place: Place, action: Asked, data: Option<ActionData>) {
    let (target_node, target_tree) = place;
    harness.event(egui::Event::AccessKitActionRequest(ActionRequest {
        action,
        target_tree,
        target_node,
        data,
    }));
    harness.step();
}

/// What the panels show.
struct Situation {
    name: &'static str,
    /// What brings it about,
    acts: Vec<Action>,
    /// what no action does,
    prepare: fn(&mut World),
    /// and what is pressed then.
    opens: Option<&'static str>,
    /// Words of what can be pressed there.
    shows: &'static [&'static str],
    /// That alone is pressed, and does something, whatever it did elsewhere.
    alone: bool,
}

fn at(name: &'static str, acts: Vec<Action>, shows: &'static [&'static str]) -> Situation {
    Situation {
        name,
        acts,
        prepare: |_| {},
        opens: None,
        shows,
        alone: false,
    }
}

impl Situation {
    fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    fn opening(self, label: &'static str) -> Self {
        Self {
            opens: Some(label),
            ..self
        }
    }

    fn with(self, prepare: fn(&mut World)) -> Self {
        Self { prepare, ..self }
    }

    /// Whether this is what it is about.
    fn is_about(&self, control: &Control) -> bool {
        self.shows.iter().any(|words| control.label.contains(words))
    }
}

fn is_noticed(world: &mut World) {
    world.resource_mut::<Screen>().notice = Some("The drawing is saved.".into());
}

/// An exhibit asks whether somebody is there. A touch is an answer by itself, as `tests/exhibit.rs` sees; the button takes
/// the notice away.
fn is_asked(world: &mut World) {
    let mut exhibit = Exhibit::new(Settings::default(), 1.0);
    let idle = exhibit.settings.idle_seconds;
    exhibit.advance(0.0, true);
    exhibit.advance(idle, false);
    world.insert_resource(exhibit);
    is_noticed(world);
}

/// An exhibit has a visitor.
fn is_visited(world: &mut World) {
    let mut exhibit = Exhibit::new(Settings::default(), 1.0);
    exhibit.advance(0.0, true);
    world.insert_resource(exhibit);
}

/// A lesson is over; another takes too long here.
fn has_learned(world: &mut World) {
    world.resource_mut::<School>().reports.push(Report {
        plan: LessonPlan::default(),
        own: 0,
        unseen: vec![("new MLP".into(), 0.9)],
    });
}

/// The panels of a wide window.
fn wide(harness: &mut Panels) -> Vec<Situation> {
    const LANGUAGES: &[&str] = &["English", "Français", "Deutsch", "Español"];
    let [inner, answer] = cells(harness);
    let explained = |page| vec![Action::Select(Some(answer)), Action::Why(page)];
    let slow = |playing| {
        vec![
            Action::Set(Switch::SlowMotion, true),
            Action::Set(Switch::Playing, playing),
        ]
    };
    let at_school = |actions: Vec<SchoolAction>| -> Vec<Action> {
        let open = std::iter::once(SchoolAction::Open);
        open.chain(actions).map(Action::School).collect()
    };
    let otherwise = || {
        SchoolAction::Change(Box::new(PlanChange {
            examples: Some(100),
            moved: Some(false),
            wrong: Some(0.25),
            batch: Some(128),
            optimizer: Some(Optimizer::Sgd),
            learning_rate: Some(0.01),
            seed: None,
            speed: Some(Speed::Full),
            relu: Some(true),
            hidden: Some(32),
            channels: Some(4),
        }))
    };
    let page = SchoolAction::Page;
    vec![
        at(
            "at rest",
            vec![],
            &[
                "Draw",
                "Undo",
                "Clear",
                "Both",
                "Why a 3?",
                "More",
                "Watch them learn",
                // The way to the times.
                " ms",
            ],
        ),
        at(
            "the menu of networks",
            vec![],
            &["MLP", "CNN", "Your network"],
        )
        .opening("Both"),
        at(
            "the menu with one of them alone",
            vec![Action::Show(Show::Named("mlp".into()))],
            &["Both"],
        )
        .opening("MLP"),
        at(
            "more",
            vec![
                // Something to do again, and a way back home.
                Action::Pad(PadAction::Load(seven())),
                Action::Pad(PadAction::Undo),
                Action::Orbit {
                    yaw: 0.3,
                    pitch: 0.2,
                },
                Action::Set(Switch::More, true),
            ],
            &[
                "Close",
                "Redo",
                "Replay",
                "Save",
                "Load",
                "Picture",
                "Share",
                "Centre and scale",
                "Home",
                "Side",
                "Top",
                "Slow motion",
                "Calm",
                "Layer",
                "Numbers",
                "All layers",
                "Edges",
                "Your network",
                "Tour",
                "Challenge",
                "Watch them learn",
                "Start over",
                "?",
                "English",
                "Deutsch",
                "Larger text",
                "High contrast",
                "Within reach",
            ],
        ),
        at("help", vec![Action::Set(Switch::Help, true)], &["Close"]).alone(),
        at(
            "numbers",
            vec![Action::Set(Switch::Numbers, true)],
            &["Close", "every frame"],
        ),
        at(
            "a layer",
            vec![Action::Maps(inner.network, 2)],
            &["Layer before", "Layer after", "All layers"],
        ),
        at(
            "a cell",
            vec![Action::Select(Some(inner))],
            &["Close", "Play", "Step", "Fly there", "Show me how"],
        ),
        at(
            "a window that slides",
            vec![
                Action::Select(Some(inner)),
                Action::Set(Switch::Sliding, true),
            ],
            &["Pause"],
        )
        .alone(),
        at(
            "reasons",
            explained(WhyPage::Reasons),
            &[
                "Reasons",
                "Digits like yours",
                "Your strokes",
                "And MLP?",
                "Close",
            ],
        ),
        at(
            "digits that are alike to the network",
            explained(WhyPage::Alike),
            &["To this network", "Dot by dot"],
        ),
        at(
            "digits that are alike dot by dot",
            [
                explained(WhyPage::Alike),
                vec![Action::Alike(Likeness::Pixels)],
            ]
            .concat(),
            &["a person wrote a"],
        ),
        at("strokes", explained(WhyPage::Strokes), &["Your strokes"]),
        at("slow motion", slow(false), &["Play", "Close"]),
        at("slow motion that runs", slow(true), &["Pause"]).alone(),
        at(
            "refused files",
            vec![Action::OwnNetwork(OwnNetworkAction::Refuse(
                "It is a poem.".into(),
            ))],
            &["Close"],
        )
        .alone(),
        at(
            "how to bring a network",
            vec![Action::Set(Switch::OwnNetwork, true)],
            &["Close"],
        )
        .alone(),
        at(
            "a network that was brought",
            vec![own_network(), Action::Set(Switch::OwnNetwork, true)],
            &["Remove it"],
        )
        .alone(),
        at(
            "the tour",
            vec![Action::Tour(Some(2))],
            &["Next", "Back", "Leave", "1 of 8", "8 of 8"],
        ),
        at(
            "the end of the tour",
            vec![Action::Tour(Some(7))],
            &["Try it", "3 of 8"],
        )
        .alone(),
        at(
            "a challenge",
            vec![Action::NextChallenge],
            &["Another", "Leave"],
        ),
        at("the school", at_school(vec![]), &["Forget everything"]),
        at(
            "what can be changed",
            at_school(vec![page(BoardPage::Change)]),
            &["10,000", "25 %", "slow", "full"],
        ),
        at(
            "what was changed",
            at_school(vec![page(BoardPage::Change), otherwise()]),
            &["10,000"],
        ),
        at(
            "how the networks are built",
            at_school(vec![page(BoardPage::Network)]),
            &["SiLU", "ReLU", "AdamW", "SGD", "512", "0.0005"],
        ),
        at(
            "how they are built otherwise",
            at_school(vec![page(BoardPage::Network), otherwise()]),
            &["SiLU"],
        ),
        at(
            "one's own digits",
            at_school(vec![page(BoardPage::Yours)]),
            &["This is the digit 0", "This is the digit 9"],
        ),
        at(
            "what the drawing is",
            at_school(vec![page(BoardPage::Yours), SchoolAction::ThisIs(3)]),
            &["Take back", "Forget mine"],
        ),
        at(
            "networks that know nothing",
            at_school(vec![SchoolAction::Forget]),
            &["Learn", "One step", "Bring back"],
        )
        .alone(),
        at(
            "networks that learn",
            at_school(vec![SchoolAction::Learn]),
            &["Pause"],
        )
        .alone(),
        at(
            "the end of a lesson",
            at_school(vec![SchoolAction::Forget]),
            &["Learn again"],
        )
        .with(|world| world.resource_mut::<School>().phase = Phase::Over)
        .alone(),
        at(
            "results",
            at_school(vec![SchoolAction::Forget, page(BoardPage::Results)]),
            &["Keep it", "Save it"],
        )
        .with(has_learned)
        .alone(),
        at("a notice", vec![], &["OK"]).with(is_noticed).alone(),
        at("an exhibit's question", vec![], &["I am still here"])
            .with(is_asked)
            .alone(),
        at("an exhibit's languages", vec![], LANGUAGES)
            .with(is_visited)
            .alone(),
        at(
            "nothing drawn, with the eraser",
            vec![
                Action::Pad(PadAction::Clear),
                Action::Pad(PadAction::Use(Tool::Erase)),
            ],
            &["Show me how", "Erase"],
        )
        .alone(),
    ]
}

/// The panels of a phone that are not those of a wide window.
fn phone(harness: &mut Panels) -> Vec<Situation> {
    let [inner, answer] = cells(harness);
    vec![
        at(
            "a phone",
            vec![],
            &["Draw", "Undo", "Clear", "Both", "More", "Why?"],
        ),
        at(
            "a phone's lanes",
            vec![Action::Set(Switch::LanesFillScreen, true)],
            &["Close"],
        )
        .alone(),
        at(
            "a layer on a phone",
            vec![Action::Maps(inner.network, 2)],
            &["Layer before", "Layer after", "All layers"],
        )
        .alone(),
        at(
            "an explanation on a phone",
            vec![Action::Select(Some(answer))],
            &["Digits like yours", "Your strokes", "Close"],
        )
        .alone(),
        at(
            "more on a phone",
            vec![Action::Set(Switch::More, true)],
            &["Tour", "Challenge", "Watch them learn"],
        )
        .alone(),
        at(
            "the school on a phone",
            vec![Action::School(SchoolAction::Open)],
            &["Forget everything", "Close"],
        )
        .alone(),
    ]
}

/// What is not pressed, and why.
const LEFT_OUT: [(&str, &str); 1] = [(
    "what it thought while you drew",
    "it is dragged, as the strokes page's own test does",
)];

/// What was met.
#[derive(Default)]
struct Met {
    /// What can be pressed, with its words and where it was met first.
    all: BTreeMap<Key, String>,
    /// What could not be pressed where it was met.
    off: BTreeMap<Key, String>,
    /// What did something.
    worked: BTreeSet<Key>,
    /// Sliders that were moved.
    moved: BTreeSet<NodeId>,
    /// Where something has no name.
    nameless: BTreeSet<&'static str>,
}

/// Brings a situation about, from wherever the app is. What only a later frame clears up is over by then where it is brought
/// about `apart`.
fn bring(harness: &mut Panels, situation: &Situation, apart: bool) {
    start_over(harness);
    if apart {
        harness.state_mut().frame();
        harness.state_mut().frame();
    }
    for action in &situation.acts {
        harness.state_mut().act(action.clone());
    }
    harness.state_mut().frame();
    (situation.prepare)(harness.state_mut().world());
    if let Some(label) = situation.opens {
        harness.step();
        let mut all = controls(harness).into_iter();
        let opens = all.find(|control| control.label == label);
        let opens = opens.unwrap_or_else(|| panic!("{}: no {label}", situation.name));
        ask(harness, opens.place, Asked::Click, None);
    }
}

/// Waits until there is what a situation is about, and returns the state that it stands in.
fn settle(harness: &mut Panels, situation: &Situation) -> Digest {
    bring(harness, situation, true);
    let mut missing = Vec::new();
    for _ in 0..PATIENCE {
        harness.step();
        let here = controls(harness);
        let is_there = |words: &&&str| {
            let mut enabled = here.iter().filter(|control| control.enabled);
            enabled.any(|control| control.label.contains(**words))
        };
        missing = situation.shows.iter().filter(|it| !is_there(it)).collect();
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "{}: no {missing:?}", situation.name);
    harness.step();
    let state = digest(harness);
    harness.step();
    assert_eq!(
        digest(harness),
        state,
        "{} stands still by itself",
        situation.name
    );
    state
}

/// Comes back to that state.
fn come_back(harness: &mut Panels, situation: &Situation, state: &Digest) {
    for attempt in 0..8 {
        if digest(harness) == *state {
            return;
        }
        bring(harness, situation, attempt > 0);
        harness.step();
    }
    assert_eq!(digest(harness), *state, "back to {}", situation.name);
}

/// Presses a control, and says whether anything came of it.
fn does_something(
    harness: &mut Panels,
    situation: &Situation,
    state: &Digest,
    control: &Control,
) -> bool {
    come_back(harness, situation, state);
    let is_it = |other: &Control| other.place == control.place && other.enabled;
    for _ in 0..PATIENCE {
        if controls(harness).iter().any(is_it) {
            break;
        }
        harness.step();
    }
    let _files = files();
    let mut languages = Language::ALL.into_iter();
    if let Some(language) = languages.find(|language| language.own_name() == control.label) {
        let wanted = held_back(harness, |harness| {
            ask(harness, control.place, Asked::Click, None);
        });
        return matches!(wanted[..], [Action::Speak(spoken)] if spoken == language);
    }
    ask(harness, control.place, Asked::Click, None);
    // A network that is kept comes frames later.
    let frames = if situation.alone { PATIENCE } else { 3 };
    for _ in 0..frames {
        if digest(harness) != *state {
            return true;
        }
        harness.step();
    }
    digest(harness) != *state
}

/// Moves a slider to a place and a little further.
fn move_slider(harness: &mut Panels, situation: &Situation, state: &Digest, slider: &Slider) {
    let name = situation.name;
    come_back(harness, situation, state);
    let range = slider.most - slider.least;
    let share = if slider.value > slider.least + 0.5 * range {
        0.25
    } else {
        0.75
    };
    let goal = slider.least + share * range;
    let value = |harness: &mut Panels| {
        harness.step();
        let mut all = sliders(harness).into_iter();
        let same = all.find(|other| other.place == slider.place);
        same.map_or(f64::NAN, |other| other.value)
    };
    let to = Some(ActionData::NumericValue(goal));
    ask(harness, slider.place, Asked::SetValue, to);
    let there = digest(harness);
    assert_ne!(there, *state, "{name}: a slider that moves nothing");
    let now = value(harness);
    assert!(
        (now - goal).abs() <= 0.02 * range,
        "{name}: {now} for {goal}"
    );
    ask(harness, slider.place, Asked::Increment, None);
    assert_ne!(digest(harness), there, "{name}: a step of a slider");
    let further = value(harness);
    assert!(further > now, "{name}: {further} after {now}");
}

/// Goes through situations, and presses in each what did nothing yet.
fn walk(harness: &mut Panels, situations: &[Situation], met: &mut Met) {
    for situation in situations {
        let name = situation.name;
        let state = settle(harness, situation);
        for control in controls(harness) {
            if control.label.is_empty() {
                met.nameless.insert(name);
                continue;
            }
            let key = control.key();
            let is_left_out = LEFT_OUT
                .iter()
                .any(|(label, _)| control.label.contains(label));
            let is_meant = if situation.alone {
                situation.is_about(&control)
            } else {
                !is_left_out
            };
            if !is_meant {
                continue;
            }
            let known = if control.enabled {
                &mut met.all
            } else {
                &mut met.off
            };
            known
                .entry(key.clone())
                .or_insert_with(|| format!("{} ({name})", control.label));
            if !control.enabled || (!situation.alone && met.worked.contains(&key)) {
                continue;
            }
            let works = does_something(harness, situation, &state, &control);
            assert!(
                works || !situation.alone,
                "{name}: nothing comes of {}",
                control.label
            );
            if works {
                met.worked.insert(key);
            }
        }
        if situation.alone {
            continue;
        }
        come_back(harness, situation, &state);
        for slider in sliders(harness) {
            if met.moved.insert(slider.place.0) {
                move_slider(harness, situation, &state, &slider);
            }
        }
    }
}

/// What stops the trying out of a network is there only meanwhile.
fn a_trial_is_stopped(harness: &mut Panels) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("tests/imported/keras_cnn_bn.safetensors");
    let Ok(Opened::Trial(trial)) = read_network(&file, None) else {
        panic!("{} has to be tried out", file.display());
    };
    let acts = vec![
        Action::OwnNetwork(OwnNetworkAction::Try(trial)),
        Action::Set(Switch::OwnNetwork, true),
    ];
    let situation = at("a network that is tried out", acts, &["Take it as it is"]);
    bring(harness, &situation, true);
    let mut stop = None;
    for _ in 0..PATIENCE {
        harness.step();
        let mut all = controls(harness).into_iter();
        stop = all.find(|control| control.enabled && situation.is_about(control));
        if stop.is_some() {
            break;
        }
    }
    let stop = stop.expect("it can be stopped");
    ask(harness, stop.place, Asked::Click, None);
    let known = |harness: &mut Panels| {
        let world = harness.state_mut().world();
        let mut networks = world.query::<&Network>();
        let mut networks = networks.iter(world);
        let own = networks.find(|network| network.is_own());
        own.map(|network| network.known())
    };
    for _ in 0..PATIENCE {
        if known(harness).is_some() {
            break;
        }
        harness.step();
    }
    // Of one that was tried out to the end it is known how well it reads.
    assert_eq!(known(harness), Some(None));
}

#[test]
fn every_control_of_every_panel_is_pressed() {
    let mut met = Met::default();
    let mut harness = unseen([1280, 720]);
    let situations = wide(&mut harness);
    walk(&mut harness, &situations, &mut met);
    a_trial_is_stopped(&mut harness);
    drop(harness);
    let mut harness = unseen([390, 844]);
    let situations = phone(&mut harness);
    walk(&mut harness, &situations, &mut met);
    let idle = met.all.iter().filter(|(key, _)| !met.worked.contains(*key));
    let idle: Vec<&String> = idle.map(|(_, told)| told).collect();
    assert!(idle.is_empty(), "nothing came of {idle:#?}");
    // What cannot be pressed somewhere was pressed elsewhere.
    let elsewhere = |(id, letters): &Key| {
        let mut worked = met.worked.iter();
        worked.any(|(other, others)| other == id || others == letters)
    };
    let off = met.off.iter().filter(|(key, _)| !elsewhere(key));
    let off: Vec<&String> = off.map(|(_, told)| told).collect();
    assert!(off.is_empty(), "nowhere can be pressed {off:#?}");
    // Brush, edges, slow motion, and the window over a map.
    assert_eq!(met.moved.len(), 4, "sliders");
    // The plot there is not the app's, and takes the focus.
    let nameless: Vec<_> = met.nameless.iter().filter(|it| **it != "numbers").collect();
    assert!(nameless.is_empty(), "without a name: {nameless:?}");
}

/// A finger goes down, along or up; the first one is the pointer too, as bevy_egui tells it.
fn touch(harness: &mut Panels, finger: u64, phase: TouchPhase, pos: egui::Pos2) {
    harness.event(egui::Event::Touch {
        device_id: egui::TouchDeviceId(0),
        id: egui::TouchId(finger),
        phase,
        pos,
        force: None,
    });
    let button = |pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    if finger == 0 {
        match phase {
            TouchPhase::Start => {
                harness.event(egui::Event::PointerMoved(pos));
                harness.event(button(true));
            }
            TouchPhase::Move => harness.event(egui::Event::PointerMoved(pos)),
            TouchPhase::End => {
                harness.event(button(false));
                harness.event(egui::Event::PointerGone);
            }
            TouchPhase::Cancel => harness.event(egui::Event::PointerGone),
        }
    }
    harness.step();
}

/// Two fingers go, each along its way, which has these places.
fn fingers(harness: &mut Panels, ways: [&[egui::Pos2]; 2]) {
    for (finger, way) in (0..).zip(ways) {
        touch(harness, finger, TouchPhase::Start, way[0]);
    }
    for step in 1..ways[0].len() {
        for (finger, way) in (0..).zip(ways) {
            touch(harness, finger, TouchPhase::Move, way[step]);
        }
    }
    for (finger, way) in [(1, ways[1]), (0, ways[0])] {
        touch(harness, finger, TouchPhase::End, way[way.len() - 1]);
    }
}

#[test]
fn two_fingers_zoom_and_move_the_picture() {
    let mut harness = unseen([1280, 720]);
    harness
        .state_mut()
        .world()
        .resource_mut::<DrawSurface>()
        .still = true;
    let Scene::Lanes(scene) = &harness.state().composed.places.scene else {
        panic!("a wide window has lanes");
    };
    let stages = scene.lanes.iter().flat_map(|lane| &lane.stages);
    let widest = stages.max_by(|a, b| a.rect.width().total_cmp(&b.rect.width()));
    let middle: egui::Pos2 = widest.expect("there are stages").rect.centre().into();
    let goal = |harness: &Panels| harness.state().app.world().resource::<OrbitCamera>().goal;
    let home = |harness: &mut Panels| {
        harness.state_mut().act(Action::View(Preset::Overview));
        harness.run_steps(3);
    };
    // Beside each other they go down, and one below the other to the right: their distance hardly changes on the way.
    for (apart, way) in [
        (egui::vec2(120.0, 0.0), egui::vec2(0.0, 48.0)),
        (egui::vec2(0.0, 120.0), egui::vec2(48.0, 0.0)),
    ] {
        home(&mut harness);
        let before = goal(&harness);
        let places = |from: egui::Pos2| [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| from + part * way);
        fingers(&mut harness, [&places(middle), &places(middle + apart)]);
        let after = goal(&harness);
        // The window's plane fills the view at home: the picture goes along with the fingers.
        let moved = (after.target - before.target) * 720.0;
        let (right, up) = (-way.x, way.y);
        assert!((moved.x - right).abs() < 3.0, "{way:?}: {moved}");
        assert!((moved.y - up).abs() < 3.0, "{way:?}: {moved}");
        let nearer = after.distance / before.distance;
        assert!((nearer - 1.0).abs() < 0.02, "{way:?}: {nearer}");
        assert_eq!((after.yaw, after.pitch), (before.yaw, before.pitch));
    }
    // Twice as far apart, all is seen twice as large.
    for share in [2.0, 0.5] {
        home(&mut harness);
        let before = goal(&harness);
        let (from, to) = (40.0, 40.0 * share);
        let places = |side: f32| [from, to].map(|far| middle + egui::vec2(side * far, 0.0));
        fingers(&mut harness, [&places(-1.0), &places(1.0)]);
        let after = goal(&harness);
        let nearer = before.distance / after.distance;
        assert!((nearer - share).abs() < 0.03 * share, "{share}: {nearer}");
        assert_eq!((after.yaw, after.pitch), (before.yaw, before.pitch));
    }
}

#[test]
fn the_parts_lie_in_the_window_whatever_its_size() {
    let mut harness = unseen([1280, 720]);
    for size in [
        [900.0, 600.0],
        [390.0, 844.0],
        [844.0, 390.0],
        [1280.0, 720.0],
    ] {
        harness.set_size(size.into());
        harness.run_steps(4);
        let composed = &harness.state().composed;
        assert_eq!(composed.window, size);
        let places = &composed.places;
        assert_eq!(places.class, WindowClass::of(size));
        let parts = places.answers.iter().copied().chain(places.controls.all());
        let parts = parts.chain([places.pad]);
        let parts = parts.map(|part| egui::Rect::from_min_max(part.min.into(), part.max.into()));
        let buttons = harness.query_all_by_role(Role::Button);
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        let mut count = 0;
        for rect in parts.chain(buttons.map(|button| button.rect())) {
            assert!(window.expand(1.0).contains_rect(rect), "{size:?}: {rect:?}");
            count += 1;
        }
        assert!(count > 8, "{size:?}: {count}");
    }
}

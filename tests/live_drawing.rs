//! From a moving pen to the answers on the screen: the app in a real (virtual) X display, drawn on with a real (virtual)
//! mouse. While the button is still down both networks must have read the digit.

#![cfg(target_os = "linux")]

use desktop::{App, Display, HEIGHT, REACTION, Running, START, WIDTH};
use image::RgbImage;
use mnistify_drawing::{PAD_SIZE, Point, recording};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

mod desktop;

/// Between two places of the mouse, in seconds: a hand's pace.
const PACE: &str = "0.012";
/// Each channel of the pad's ink is above this; its paper is far below.
const LEAST_INK: u8 = 180;

fn both_answer(state: &Value, answer: Option<u64>) -> bool {
    let models = state["models"].as_array();
    models.is_some_and(|models| {
        models.len() == 2 && models.iter().all(|model| model["class"].as_u64() == answer)
    })
}

/// The pad's corners `[x0, y0, x1, y1]` in the window.
fn pad_of(state: &Value) -> Option<[f32; 4]> {
    let corners = state["pad"].as_array()?;
    let corners: Vec<f32> = corners
        .iter()
        .filter_map(|corner| corner.as_f64().map(|corner| corner as f32))
        .collect();
    let corners = <[f32; 4]>::try_from(corners).ok()?;
    (corners[2] > corners[0] + 50.0).then_some(corners)
}

/// A point of the pad in the window.
fn in_window([x0, y0, x1, y1]: [f32; 4], point: &Point) -> (u32, u32) {
    let place = |start: f32, end: f32, share: f32| {
        (start + share / PAD_SIZE * (end - start)).round() as u32
    };
    (place(x0, x1, point.x), place(y0, y1, point.y))
}

#[test]
fn both_networks_answer_while_the_pen_is_down() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-drawing");
    let _ = fs::remove_dir_all(&folder);
    let artifacts = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artifacts");
    for folder in [&folder, &artifacts] {
        fs::create_dir_all(folder).expect("the target folder can be written to");
    }
    let display = Display::start(&folder);
    let mut app = App::start(&display, &folder, &[], &[]);

    let window = app.wait("window", START, |_| {
        let found = display.try_xdotool(&["search", "--onlyvisible", "--name", "Mnistify"])?;
        found.lines().next().map(str::to_owned)
    });
    let pad = app.wait("pad", START, |app| pad_of(&app.state()?));
    // There is no window manager that would give the window the keyboard.
    display.xdotool(&["windowfocus", &window]);

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/strokes/three.json");
    let strokes = recording::load(file).expect("a checked-in drawing");
    assert_eq!(strokes.len(), 1, "the pen is put down once");
    let places: Vec<(u32, u32)> = strokes[0]
        .points
        .iter()
        .map(|point| in_window(pad, point))
        .collect();
    let strings = |(x, y): (u32, u32)| [x.to_string(), y.to_string()];
    let [x, y] = strings(places[0]);
    display.xdotool(&["mousemove", "--window", &window, &x, &y]);
    // The pen has to be over the pad for a frame before it goes down.
    sleep(Duration::from_secs(1));
    display.xdotool(&["mousedown", "1"]);
    app.wait_for_state("pen", |state| state["pen_down"] == true);
    for place in &places[1..] {
        let [x, y] = strings(*place);
        display.xdotool(&["mousemove", "--window", &window, &x, &y, "sleep", PACE]);
    }

    // Nobody has let go of the button.
    let is_read = |state: &Value| state["pen_down"] == true && both_answer(state, Some(3));
    let state = app.wait_for_state("answer 3 of both networks under the pen", is_read);
    println!("under the pen: {state}");
    let (x, y) = places[places.len() / 2];
    let started = Instant::now();
    let picture = loop {
        sleep(Duration::from_millis(500));
        let picture = display.picture();
        if is_ink(&picture, x, y) || started.elapsed() > REACTION {
            break picture;
        }
    };
    let file = artifacts.join("live-drawing.png");
    picture.save(&file).expect("the picture is written");
    println!("the screen while drawing: {}", file.display());
    assert_eq!(picture.dimensions(), (WIDTH, HEIGHT));
    assert!(
        is_ink(&picture, x, y),
        "no ink at {x}, {y} in {}",
        file.display()
    );
    app.wait_for_state("answer 3 of both networks still under the pen", is_read);

    display.xdotool(&["mouseup", "1"]);
    app.wait_for_state("lifted pen", |state| state["pen_down"] == false);
    display.xdotool(&["key", "c"]);
    app.wait_for_state("blank pad after C", |state| both_answer(state, None));
    // As a hand does it: Ctrl is held for longer than a frame.
    let undo = "keydown ctrl sleep 0.5 key z sleep 0.5 keyup ctrl";
    display.xdotool(&undo.split(' ').collect::<Vec<_>>());
    app.wait_for_state("answer 3 again after Ctrl+Z", |state| {
        both_answer(state, Some(3))
    });
}

/// Whether the pen's ink is to be seen there (the window stands in the screen's corner).
fn is_ink(picture: &RgbImage, x: u32, y: u32) -> bool {
    picture
        .get_pixel(x, y)
        .0
        .iter()
        .all(|channel| *channel > LEAST_INK)
}

#[test]
fn where_there_is_only_wayland_the_app_opens_there() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wayland");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let silent = |command: &mut Command| {
        let command = command.env("XDG_RUNTIME_DIR", &folder).stdin(Stdio::null());
        Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let mut server = Command::new("weston");
    let _server = silent(server.args(["--backend=headless-backend.so", "--socket=only"]));
    let started = Instant::now();
    while !folder.join("only").exists() {
        assert!(started.elapsed() < START, "no Wayland display");
        sleep(Duration::from_millis(50));
    }
    let state = folder.join("state.json");
    let mut app = Command::new(env!("CARGO_BIN_EXE_mnistify"));
    app.env_remove("DISPLAY")
        .env("WAYLAND_DISPLAY", "only")
        .env("MNISTIFY_STATE_FILE", &state);
    let _app = silent(&mut app);
    // A recorded hand shows how it works.
    let reads = |state: &Value| {
        let models = state["models"].as_array();
        models.is_some_and(|models| models.iter().any(|model| model["class"].is_u64()))
    };
    loop {
        let text = fs::read_to_string(&state).unwrap_or_default();
        if serde_json::from_str(&text).is_ok_and(|state: Value| reads(&state)) {
            break;
        }
        assert!(started.elapsed() < START, "{text}");
        sleep(Duration::from_millis(100));
    }
}

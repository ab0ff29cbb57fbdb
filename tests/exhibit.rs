//! The exhibit as its visitors and its operator meet it: nobody there, a touch, an answer, the tour, another language, left
//! alone; and it ends with its supervisor.

#![cfg(target_os = "linux")]

use desktop::{App, Display, HEIGHT, START, WIDTH, child_of, exhibit, log};
use image::RgbImage;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

mod desktop;

/// A software rasteriser on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn start(name: &str, settings: &str, clock: &str) -> (Display, App, PathBuf) {
    exhibit(WIDTH, name, settings, &[("MNISTIFY_EXHIBIT_CLOCK", clock)])
}

fn wait(app: &mut App, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    app.wait(what, PATIENCE, |app| {
        app.state().filter(|state| wanted(state))
    })
}

/// A vertical line on the pad, which is a 1.
fn draw_one(display: &Display, state: &Value) {
    let pad: Vec<f64> = (0..4)
        .filter_map(|side| state["pad"][side].as_f64())
        .collect();
    let at = |x: f64, y: f64| {
        let x = pad[0] + x * (pad[2] - pad[0]);
        let y = pad[1] + y * (pad[3] - pad[1]);
        [x.round().to_string(), y.round().to_string()]
    };
    let [x, y] = at(0.5, 0.22);
    display.xdotool(&["mousemove", &x, &y]);
    display.xdotool(&["mousedown", "1"]);
    for step in 1..=20 {
        let [x, y] = at(0.5, 0.22 + 0.028 * f64::from(step));
        display.xdotool(&["mousemove", &x, &y]);
        std::thread::sleep(Duration::from_millis(15));
    }
    display.xdotool(&["mouseup", "1"]);
}

#[test]
fn a_visit_from_the_first_touch_to_the_reset() {
    let settings = "languages = [\"fr\", \"en\"]\nidle_seconds = 600\ntour_seconds = 0\n";
    let (display, mut app, folder) = start("visit", settings, "1");
    let nobody = app.wait("recorded hands", START, |app| {
        app.state().filter(|state| {
            state["phase"] == "attract"
                && state["demonstrating"] == true
                && state["language"] == "fr"
        })
    });
    assert_eq!(nobody["strokes"], 0, "the pad is the visitor's");
    // The first touch is ink, and nothing else.
    draw_one(&display, &nobody);
    let drawn = wait(&mut app, "ink and an answer", |state| {
        state["phase"] == "visit" && state["strokes"] == 1 && state["models"][1]["class"] == 1
    });
    display.give_keyboard();
    // The tour, forwards and backwards, by keys.
    display.press(&drawn, "tour");
    wait(&mut app, "the tour", |state| {
        state["tour"] == 0 && !state["buttons"]["tour_next"].is_null()
    });
    for step in 1..=7 {
        display.xdotool(&["key", "Return"]);
        wait(&mut app, "the next step", |state| state["tour"] == step);
    }
    for step in (0..7).rev() {
        display.xdotool(&["key", "BackSpace"]);
        wait(&mut app, "the step before", |state| state["tour"] == step);
    }
    let first = wait(&mut app, "the drawing on the tour", |state| {
        state["strokes"] == 1
    });
    display.press(&first, "tour_leave");
    // The controls are back at their places a frame later.
    let after = wait(&mut app, "the end of the tour", |state| {
        state["tour"].is_null() && !state["buttons"]["tour"].is_null()
    });
    display.press(&after, "language_en");
    wait(&mut app, "the other language", |state| {
        state["language"] == "en"
    });
    // Files are none of a visitor's affairs.
    display.xdotool(&["key", "ctrl+s"]);
    display.xdotool(&["key", "u"]);
    std::thread::sleep(Duration::from_millis(700));
    assert!(!folder.join("mnistify-strokes.json").exists());
    display.xdotool(&["key", "ctrl+shift+q"]);
    let ended = app.ends(PATIENCE);
    assert!(ended.success(), "{ended}: {}", log(&folder));
    let counts = fs::read_to_string(folder.join("counts.csv")).expect("the counts");
    assert!(counts.lines().count() == 2, "{counts}");
}

#[test]
fn left_alone_it_asks_and_starts_over() {
    // Ten seconds without a touch are one here.
    let settings = "idle_seconds = 60\ncountdown_seconds = 60\n";
    let (display, mut app, _folder) = start("idle", settings, "12");
    let nobody = app.wait("recorded hands", START, |app| {
        app.state()
            .filter(|state| state["phase"] == "attract" && state["demonstrating"] == true)
    });
    draw_one(&display, &nobody);
    wait(&mut app, "a visit", |state| {
        state["phase"] == "visit" && state["strokes"] == 1
    });
    let asked = wait(&mut app, "the question", |state| {
        state["phase"] == "asking" && !state["buttons"]["stay"].is_null()
    });
    display.press(&asked, "stay");
    wait(&mut app, "the visitor to stay", |state| {
        state["phase"] == "visit" && state["strokes"] == 1
    });
    let over = wait(&mut app, "everything as at the start", |state| {
        state["resets"] == 1
    });
    assert_eq!(
        (&over["phase"], &over["strokes"]),
        (&"attract".into(), &0.into())
    );
}

/// Pixels in the colours of values, between plate and tiles of a window that begins at this place.
fn glowing(picture: &RgbImage, left: u32) -> usize {
    let middle = (left + 360..left + 980).flat_map(|x| (90..HEIGHT - 60).map(move |y| (x, y)));
    let glows = |&(x, y): &(u32, u32)| {
        let values = picture.get_pixel(x, y).0;
        let [most, least] = [values.iter().max(), values.iter().min()].map(|value| *value.unwrap());
        most > 130 && most - least > 80
    };
    middle.filter(glows).count()
}

#[test]
fn the_networks_are_on_the_wall_and_without_it_on_the_table() {
    let settings = "idle_seconds = 600\n[second_screen]\non = true\n";
    let close = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exhibit-wall/close-wall");
    let variables = [("MNISTIFY_CLOSE_WALL", close.to_str().expect("a UTF-8 path"))];
    let (display, mut app, _folder) = exhibit(2 * WIDTH, "wall", settings, &variables);
    let nobody = app.wait("recorded hands beside a wall", START, |app| {
        app.state()
            .filter(|state| state["demonstrating"] == true && state["on_wall"] == true)
    });
    // The controls are the table's.
    let right = nobody["buttons"]["undo"][2].as_f64().unwrap_or(f64::MAX);
    assert!(right < f64::from(WIDTH), "{}", nobody["buttons"]);
    draw_one(&display, &nobody);
    wait(&mut app, "ink and an answer", |state| {
        state["phase"] == "visit" && state["strokes"] == 1 && state["models"][1]["class"] == 1
    });
    app.wait("a scene on the wall", PATIENCE, |_| {
        (glowing(&display.picture(), WIDTH) > 1500).then_some(())
    });
    fs::write(&close, "").expect("the folder can be written to");
    let alone = wait(&mut app, "everything in one window", |state| {
        state["on_wall"] == false && state["strokes"] == 1
    });
    app.wait("the scene on the table", PATIENCE, |_| {
        (glowing(&display.picture(), 0) > 1500).then_some(())
    });
    display.press(&alone, "clear");
    wait(&mut app, "a clean pad", |state| state["strokes"] == 0);
}

#[test]
fn the_app_ends_with_its_supervisor() {
    let (_display, mut app, _folder) = start("supervisor", "", "1");
    app.wait("recorded hands", START, |app| {
        app.state()
            .filter(|state| state["phase"] == "attract" && state["demonstrating"] == true)
    });
    let supervisor = app.process.0.id();
    let child = child_of(supervisor).expect("it runs the app");
    let _ = Command::new("kill")
        .args(["-KILL", &supervisor.to_string()])
        .status();
    let gone = || !Path::new("/proc").join(child.to_string()).exists();
    let begun = std::time::Instant::now();
    while !gone() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(gone(), "the app outlives its supervisor");
}

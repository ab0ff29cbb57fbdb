//! The school as a visitor meets it in the real window, by hand and by keys: the networks forget, learn, stand still, and
//! those from before come back as they were.

#![cfg(target_os = "linux")]

use desktop::{App, Display, START};
use serde_json::Value;
use std::{fs, path::Path, time::Duration};

mod desktop;

/// A software rasteriser on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn wait(app: &mut App, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    app.wait(what, PATIENCE, |app| {
        app.state().filter(|state| wanted(state))
    })
}

/// What the networks that come with the app say, to the bit.
fn logits(state: &Value) -> Vec<Value> {
    let models = state["models"].as_array().cloned().unwrap_or_default();
    let shipped = models.iter().filter(|model| {
        let name = model["name"].as_str().unwrap_or_default();
        !name.starts_with("new")
    });
    shipped.map(|model| model["logits"].clone()).collect()
}

fn step(state: &Value) -> u64 {
    state["school"]["networks"][0]["step"].as_u64().unwrap_or(0)
}

#[test]
fn networks_forget_learn_and_come_back_as_they_were() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("school");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let display = Display::start(&folder);
    let mut app = App::start_plain(&display, &folder, &[], &[]);
    // A recorded hand draws a 7 at the start.
    let before = app.wait("an answer of both", START, |app| {
        app.state().filter(|state| {
            let ready = |model: usize| {
                let model = &state["models"][model];
                model["status"] == "verified" && model["logits"].is_array()
            };
            ready(0) && ready(1) && state["models"][0]["class"] == 7
        })
    });
    display.give_keyboard();
    display.press(&before, "school");
    wait(&mut app, "the school", |state| {
        state["school"]["phase"] == "before" && state["buttons"]["forget"].is_array()
    });
    // The hand may still have been at it.
    std::thread::sleep(Duration::from_secs(3));
    let before = logits(&wait(&mut app, "the whole digit", |_| true));
    display.xdotool(&["key", "Home"]);
    let forgotten = wait(&mut app, "a network that knows nothing", |state| {
        state["school"]["phase"] == "paused"
            && state["school"]["networks"][0]["unseen"].as_f64().is_some()
    });
    assert_eq!(step(&forgotten), 0);
    let guessed = forgotten["school"]["networks"][0]["unseen"].as_f64();
    assert!(guessed < Some(0.4), "{guessed:?}");
    // One step is one step.
    display.xdotool(&["key", "Insert"]);
    wait(&mut app, "one step", |state| step(state) == 1);
    display.press(&forgotten, "learn");
    let learning = wait(&mut app, "steps", |state| {
        let school = &state["school"];
        step(state) >= 25 && school["networks"][0]["unseen"].as_f64() > Some(0.3)
    });
    assert_eq!(learning["school"]["phase"], "learning");
    display.xdotool(&["key", "8"]);
    let paused = wait(&mut app, "a pause", |state| {
        state["school"]["phase"] == "paused"
    });
    std::thread::sleep(Duration::from_millis(500));
    let later = wait(&mut app, "the same", |_| true);
    assert_eq!(step(&later), step(&paused), "it stands still");
    // Another lesson begins from nothing.
    display.press(&later, "school_change");
    let later = wait(&mut app, "what can be changed", |state| {
        state["school"]["page"] == "change" && !state["buttons"]["examples_10"].is_null()
    });
    display.press(&later, "examples_10");
    wait(&mut app, "ten examples", |state| {
        state["school"]["examples"] == 10 && step(state) == 0
    });
    display.press(&later, "restore");
    let restored = wait(&mut app, "the networks from before", |state| {
        state["school"]["phase"] == "before"
            && state["models"].as_array().map(Vec::len) == Some(2)
            && state["models"][0]["shown"] == true
            && state["models"][1]["shown"] == true
    });
    assert_eq!(logits(&restored), before);
    display.xdotool(&["key", "Escape"]);
    wait(&mut app, "the end of the school", |state| {
        state["school"].is_null()
    });
}

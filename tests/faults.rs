//! A GPU fault loses nothing: the app comes back by itself with the same drawing, networks and switches, and gives up with a
//! message when that keeps happening.

#![cfg(target_os = "linux")]

use desktop::{App, Display, REACTION, START};
use mnistify::link::SharedState;
use mnistify_drawing::recording;
use serde_json::Value;
use std::{fs, path::Path, thread::sleep, time::Duration};

mod desktop;

/// The frame at which the fault happens: the networks have answered by then.
const FRAME: u32 = 60;

/// A link to a drawn 3 that only the CNN reads, without preparation.
fn link() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/strokes/three.json");
    let state = SharedState {
        shown: Some("cnn".into()),
        raw: true,
        strokes: Some(recording::load(file).expect("a checked-in drawing")),
        ..SharedState::default()
    };
    state.to_fragment()
}

fn start(name: &str, injection: &str) -> (Display, App) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fault-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let display = Display::start(&folder);
    let lenet = "src/network/tests/imported/lenet.safetensors";
    let arguments = ["--model", lenet, "--link", &link(), "--language", "de"];
    let variables = [("MNISTIFY_INJECT_FAULT", injection)];
    let app = App::start(&display, &folder, &arguments, &variables);
    (display, app)
}

/// Whether all three networks are there and the CNN alone has read the 3.
fn is_whole(state: &Value, restarts: u64) -> bool {
    let models = state["models"].as_array().map_or(0, Vec::len);
    state["restarts"] == restarts
        && models == 3
        && state["shown"] == "cnn"
        && state["models"][1]["class"] == 3
}

/// Everything that a person would miss.
fn kept(state: &Value) -> [Value; 6] {
    let names = state["models"].as_array().map(|models| {
        models
            .iter()
            .map(|model| model["name"].clone())
            .collect::<Value>()
    });
    [
        state["strokes"].clone(),
        state["shown"].clone(),
        state["preparation"].clone(),
        state["image"].clone(),
        state["language"].clone(),
        names.unwrap_or_default(),
    ]
}

#[test]
fn every_fault_ends_in_a_new_process_with_the_same_drawing() {
    for kind in ["validation", "memory", "lost"] {
        let (_display, mut app) = start(kind, &format!("{kind}:{FRAME}"));
        let before = app.wait("answer before the fault", START, |app| {
            app.state().filter(|state| is_whole(state, 0))
        });
        // The first process ends, which is no failure here.
        let started = std::time::Instant::now();
        let after = loop {
            let state = app.state();
            let found = state.filter(|state| is_whole(state, 1));
            if let Some(state) = found {
                break state;
            }
            let log = || fs::read_to_string(&app.log).unwrap_or_default();
            assert!(started.elapsed() < START, "{kind}: {}", log());
            sleep(Duration::from_millis(40));
        };
        assert_eq!(kept(&after), kept(&before), "{kind}");
        assert_eq!(after["shown"], "cnn", "{kind}");
        end_all(&app);
    }
}

#[test]
fn what_fails_again_and_again_ends_with_a_message() {
    let (_display, app) = start("again", "validation:20,again");
    let started = std::time::Instant::now();
    let log = loop {
        let log = fs::read_to_string(&app.log).unwrap_or_default();
        if log.contains("--resume") {
            break log;
        }
        assert!(started.elapsed() < START + REACTION, "{log}");
        sleep(Duration::from_millis(100));
    };
    assert!(log.contains("4 times within a minute"), "{log}");
    assert!(log.contains("Update the graphics driver"), "{log}");
}

/// Ends the new process, which is no child of this test, by its session's display.
fn end_all(app: &App) {
    let state = app.state_file.to_string_lossy().into_owned();
    for entry in fs::read_dir("/proc").expect("Linux has it").flatten() {
        let variables = fs::read(entry.path().join("environ")).unwrap_or_default();
        let is_ours = String::from_utf8_lossy(&variables).contains(&state);
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_ours && name.parse::<u32>().is_ok() {
            let _ = std::process::Command::new("kill").arg(&name).status();
        }
    }
}

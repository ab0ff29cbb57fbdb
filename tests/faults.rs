//! A fault loses nothing: after a GPU fault the app comes back by itself with the same drawing, networks and switches, and
//! gives up with a message when that keeps happening; an exhibit comes back whatever ends it.
//!
//! The table of how long each takes, of so many rounds:
//! `MNISTIFY_FAULT_ROUNDS=2 cargo test --release --test faults -- --nocapture --test-threads 1`

#![cfg(target_os = "linux")]

use desktop::{App, Display, REACTION, START, WIDTH, child_of, exhibit, log};
use mnistify::link::SharedState;
use mnistify_drawing::recording;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

mod desktop;

/// Where the app looks for a fault to make.
const INJECT: &str = "MNISTIFY_INJECT_FAULT";

/// How often each fault is made.
fn rounds() -> usize {
    let rounds = std::env::var("MNISTIFY_FAULT_ROUNDS");
    rounds.map_or(1, |text| text.parse().expect("a number of rounds"))
}

/// A line of the table.
fn tell(what: &str, fault: &str, begun: Instant) {
    println!(
        "{what:8} {fault:12} back after {:5.2} s",
        begun.elapsed().as_secs_f32()
    );
}

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

/// The app with its display, and the file for its fault, which has this in it at the start.
fn start(name: &str, fault: Option<&str>) -> (Display, App, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fault-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let file = folder.join("fault");
    if let Some(fault) = fault {
        fs::write(&file, fault).expect("the folder was just made");
    }
    let display = Display::start(&folder);
    let lenet = "src/network/tests/imported/lenet.safetensors";
    let arguments = ["--model", lenet, "--link", &link(), "--language", "de"];
    let named = file.display().to_string();
    let app = App::start(&display, &folder, &arguments, &[(INJECT, &named)]);
    (display, app, file)
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
fn every_gpu_fault_ends_in_a_new_process_with_the_same_drawing() {
    for kind in ["validation", "memory", "lost", "nested"].repeat(rounds()) {
        let (_display, mut app, file) = start(kind, None);
        let before = app.wait("answer before the fault", START, |app| {
            app.state().filter(|state| is_whole(state, 0))
        });
        fs::write(file, kind).expect("the folder can be written to");
        let begun = Instant::now();
        // The first process ends, which is no failure here.
        let after = loop {
            let state = app.state();
            let found = state.filter(|state| is_whole(state, 1));
            if let Some(state) = found {
                break state;
            }
            let log = || fs::read_to_string(&app.log).unwrap_or_default();
            assert!(begun.elapsed() < START, "{kind}: {}", log());
            sleep(Duration::from_millis(40));
        };
        tell("app", kind, begun);
        assert_eq!(kept(&after), kept(&before), "{kind}");
        assert_eq!(after["shown"], "cnn", "{kind}");
        end_all(&app);
    }
}

/// What ends or stops an exhibit, and what the log says of it. Signals come from outside, the others from within.
const ENDS: [(&str, &str); 9] = [
    ("-KILL", "it was ended"),
    ("-ABRT", "it was ended"),
    ("-STOP", "it hangs"),
    ("panic", "a panic"),
    ("validation", "a call that is not valid"),
    ("memory", "its memory is full"),
    // Told as the device's loss, or as the panic of a renderer that still used it.
    ("lost", "starting again after a graphics fault"),
    ("hang", "it hangs"),
    ("black", "its window was black"),
];

#[test]
fn whatever_ends_an_exhibit_it_comes_back() {
    let is_attracting =
        |state: &Value| state["phase"] == "attract" && state["demonstrating"] == true;
    for (fault, reason) in ENDS.repeat(rounds()) {
        let name = format!("faults{fault}");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("exhibit-{name}/fault"));
        let named = file.display().to_string();
        // A hang is noticed after that long. A busy machine may be silent for a while, too.
        let settings = "[supervisor]\nheartbeat_seconds = 5";
        let (_display, mut app, folder) = exhibit(WIDTH, &name, settings, &[(INJECT, &named)]);
        app.wait("recorded hands", START, |app| {
            app.state().filter(is_attracting)
        });
        let supervisor = app.process.0.id();
        let child = child_of(supervisor).expect("it runs the app");
        let begun = Instant::now();
        if fault.starts_with('-') {
            let sent = Command::new("kill")
                .args([fault, &child.to_string()])
                .status();
            assert!(sent.is_ok_and(|status| status.success()));
        } else {
            fs::write(&file, fault).expect("the folder can be written to");
        }
        app.wait("another process", START, |_| {
            (child_of(supervisor) != Some(child)).then_some(())
        });
        // The old one tells nothing any more.
        let _ = fs::remove_file(&app.state_file);
        app.wait("the app again", START, |app| {
            app.state().filter(is_attracting)
        });
        tell("exhibit", fault, begun);
        let log = log(&folder);
        assert!(log.contains(reason), "{fault}: {log}");
    }
}

#[test]
fn what_fails_again_and_again_ends_with_a_message() {
    let (_display, app, _file) = start("again", Some("validation,again"));
    let started = Instant::now();
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
            let _ = Command::new("kill").arg(&name).status();
        }
    }
}

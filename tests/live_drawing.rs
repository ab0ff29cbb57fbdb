//! From a moving pen to the answers on the screen: the app in a real (virtual) X display, drawn on with a real (virtual)
//! mouse. While the button is still down both networks must have read the digit.

#![cfg(target_os = "linux")]

use image::{Rgb, RgbImage};
use mnistify_drawing::{PAD_SIZE, Point, recording};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// Until the window and the networks are ready; a software rasteriser compiles slowly.
const START: Duration = Duration::from_secs(120);
/// Until what was done is to be seen.
const REACTION: Duration = Duration::from_secs(60);
/// Between two places of the mouse, in seconds: a hand's pace.
const PACE: &str = "0.012";
/// Each channel of the pad's ink is above this; its paper is far below.
const LEAST_INK: u8 = 180;

/// A child that ends with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        match command.spawn() {
            Ok(child) => Self(child),
            Err(error) => panic!("{}", cannot_start(command, &error)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    let program = command.get_program().display();
    if error.kind() == ErrorKind::NotFound {
        format!("{program} is missing; on Debian and Ubuntu install the packages xvfb and xdotool")
    } else {
        format!("{program} cannot be started: {error}")
    }
}

/// An X display without any hardware; its picture is a file.
struct Display {
    name: String,
    framebuffer: PathBuf,
    _server: Running,
}

impl Display {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new("Xvfb");
        command
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{WIDTH}x{HEIGHT}x24"))
            .arg("-fbdir")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Running::start(&mut command);
        let output = server.0.stdout.take().expect("stdout is piped");
        let mut number = String::new();
        let read = BufReader::new(output).read_line(&mut number);
        let number = number.trim();
        assert!(
            read.is_ok() && !number.is_empty(),
            "Xvfb found no free display"
        );
        Self {
            name: format!(":{number}"),
            framebuffer: folder.join("Xvfb_screen0"),
            _server: server,
        }
    }

    /// Runs xdotool; what it printed, or none where it failed.
    fn try_xdotool(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new("xdotool");
        command.args(arguments).env("DISPLAY", &self.name);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{}", cannot_start(&command, &error)));
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    fn xdotool(&self, arguments: &[&str]) {
        let done = self.try_xdotool(arguments);
        assert!(done.is_some(), "xdotool {} failed", arguments.join(" "));
    }

    fn picture(&self) -> RgbImage {
        let bytes = fs::read(&self.framebuffer).expect("Xvfb keeps its framebuffer in a file");
        picture_of_xwd(&bytes)
    }
}

/// A picture in the X window dump format, version 7 (X11/XWDFile.h): words in big-endian order, a colour table of 12
/// bytes an entry, and here 32 bits a pixel.
fn picture_of_xwd(bytes: &[u8]) -> RgbImage {
    let (words, _) = bytes.as_chunks::<4>();
    let header = |index: usize| u32::from_be_bytes(words[index]);
    let [header_size, version, format] = [0, 1, 2].map(header);
    assert_eq!(
        (version, format),
        (7, 2),
        "an XWD file of version 7 with whole pixels"
    );
    let [width, height] = [4, 5].map(header);
    let [most_significant_first, bits, bytes_a_line, colours] = [7, 11, 12, 19].map(header);
    let masks = [14, 15, 16].map(header);
    assert_eq!(
        (bits, masks),
        (32, [0xff_0000, 0xff00, 0xff]),
        "32 bits a pixel"
    );
    let first = (header_size + 12 * colours) as usize;
    RgbImage::from_fn(width, height, |x, y| {
        let place = first + y as usize * bytes_a_line as usize + x as usize * 4;
        let pixel = [
            bytes[place],
            bytes[place + 1],
            bytes[place + 2],
            bytes[place + 3],
        ];
        let [_, red, green, blue] = if most_significant_first == 1 {
            pixel
        } else {
            [pixel[3], pixel[2], pixel[1], pixel[0]]
        };
        Rgb([red, green, blue])
    })
}

/// The app, and the file in which it tells its state.
struct App {
    process: Running,
    state: PathBuf,
    log: PathBuf,
}

impl App {
    fn start(display: &Display, folder: &Path) -> Self {
        let (state, log) = (folder.join("state.json"), folder.join("app.log"));
        let output = File::create(&log).expect("the log can be written");
        let errors = output.try_clone().expect("a second handle of the log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnistify"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args([
                "--width",
                &WIDTH.to_string(),
                "--height",
                &HEIGHT.to_string(),
            ])
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("WINIT_X11_SCALE_FACTOR", "1")
            .env("MNISTIFY_STATE_FILE", &state)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        Self {
            process: Running::start(&mut command),
            state,
            log,
        }
    }

    /// The newest state; none before the first.
    fn state(&self) -> Option<Value> {
        let text = fs::read_to_string(&self.state).ok()?;
        // The last line may just be on its way.
        text.lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok())
    }

    /// Looks again and again until there is what is wanted.
    fn wait<T>(&mut self, what: &str, patience: Duration, look: impl Fn(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let ended = self.process.0.try_wait().expect("the app is a child");
            if ended.is_some() || started.elapsed() > patience {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let state = self.state();
                panic!(
                    "no {what} in {patience:?}; ended: {ended:?}, state: {state:?}, log:\n{log}"
                );
            }
            sleep(Duration::from_millis(40));
        }
    }

    fn wait_for_state(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait(what, REACTION, |app| {
            app.state().filter(|state| wanted(state))
        })
    }
}

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
    let mut app = App::start(&display, &folder);

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

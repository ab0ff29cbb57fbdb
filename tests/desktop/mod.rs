//! A real (virtual) desktop for tests: an X display without hardware, and the program in it.

// Each test uses a part of it.
#![allow(dead_code)]

use image::{Rgb, RgbImage};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

pub const WIDTH: u32 = 1280;
pub const HEIGHT: u32 = 720;
/// Until the window and the networks are ready; a software rasteriser compiles slowly.
pub const START: Duration = Duration::from_secs(120);
/// Until what was done is to be seen.
pub const REACTION: Duration = Duration::from_secs(60);

/// A child that ends with the test.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
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
        format!(
            "{program} is missing; on Debian and Ubuntu install the packages xvfb, xdotool and weston"
        )
    } else {
        format!("{program} cannot be started: {error}")
    }
}

/// An X display without any hardware; its picture is a file.
pub struct Display {
    pub name: String,
    framebuffer: PathBuf,
    _server: Running,
}

impl Display {
    pub fn start(folder: &Path) -> Self {
        Self::start_wide(folder, WIDTH)
    }

    /// The same with room for more than one window beside each other.
    pub fn start_wide(folder: &Path, width: u32) -> Self {
        let mut command = Command::new("Xvfb");
        command
            // Without -noreset the server starts anew when its last client leaves, which cuts off a process that follows.
            .args([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
            ])
            .arg(format!("{width}x{HEIGHT}x24"))
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
    pub fn try_xdotool(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new("xdotool");
        command.args(arguments).env("DISPLAY", &self.name);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{}", cannot_start(&command, &error)));
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    pub fn xdotool(&self, arguments: &[&str]) {
        let done = self.try_xdotool(arguments);
        assert!(done.is_some(), "xdotool {} failed", arguments.join(" "));
    }

    /// Presses the middle of a control.
    pub fn press(&self, state: &Value, name: &str) {
        let place = &state["buttons"][name];
        let middle = |axis: usize| {
            let at = |index: usize| place[index].as_f64();
            let (low, high) = (at(axis), at(axis + 2));
            low.zip(high)
                .map(|(low, high)| f64::midpoint(low, high).round())
        };
        let (Some(x), Some(y)) = (middle(0), middle(1)) else {
            panic!("there is no control {name}: {}", state["buttons"]);
        };
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
        self.xdotool(&["mousedown", "1"]);
        std::thread::sleep(Duration::from_millis(150));
        self.xdotool(&["mouseup", "1"]);
    }

    /// Without a window manager nobody gives the window the keyboard.
    pub fn give_keyboard(&self) {
        let window = self.try_xdotool(&["search", "--name", "^Mnistify$"]);
        let window = window.unwrap_or_default();
        let window = window.lines().next().unwrap_or_default();
        self.xdotool(&["windowfocus", window]);
    }

    pub fn picture(&self) -> RgbImage {
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

/// An exhibit in a window with these settings and variables, its display and its folder.
pub fn exhibit(
    width: u32,
    name: &str,
    settings: &str,
    variables: &[(&str, &str)],
) -> (Display, App, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("exhibit-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let display = Display::start_wide(&folder, width);
    let config = folder.join("exhibit.toml");
    let text = format!("folder = {:?}\n{settings}", folder.display().to_string());
    fs::write(&config, text).expect("the folder was just made");
    let config = config.display().to_string();
    let arguments = ["exhibit", "--windowed", "--config", &config];
    let app = App::start_plain(&display, &folder, &arguments, variables);
    (display, app, folder)
}

/// What a supervisor and its app have logged.
pub fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("mnistify.log")).unwrap_or_default()
}

/// The app that a supervisor runs; none between two.
pub fn child_of(supervisor: u32) -> Option<u32> {
    let processes = fs::read_dir("/proc").expect("Linux has it");
    let numbers = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |process: &u32| {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
        let name_fits = text.contains("(mnistify)");
        name_fits && behind.split(' ').nth(2) == Some(&supervisor.to_string())
    };
    numbers.into_iter().find(is_child)
}

/// The app, and the file in which it tells its state.
pub struct App {
    pub process: Running,
    pub state_file: PathBuf,
    pub log: PathBuf,
}

impl App {
    /// The app in a window of the usual size, with these arguments and variables.
    pub fn start(
        display: &Display,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let (width, height) = (WIDTH.to_string(), HEIGHT.to_string());
        let size = ["--width", &width, "--height", &height];
        Self::start_plain(display, folder, &[&size, arguments].concat(), variables)
    }

    /// The program with these arguments and variables.
    pub fn start_plain(
        display: &Display,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let (state, log) = (folder.join("state.json"), folder.join("app.log"));
        let output = File::create(&log).expect("the log can be written");
        let errors = output.try_clone().expect("a second handle of the log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnistify"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .envs(variables.iter().copied())
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("WINIT_X11_SCALE_FACTOR", "1")
            // The tests look for English words.
            .env("LC_ALL", "C.UTF-8")
            .env("MNISTIFY_STATE_FILE", &state)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        Self {
            process: Running::start(&mut command),
            state_file: state,
            log,
        }
    }

    /// The newest state; none before the first.
    pub fn state(&self) -> Option<Value> {
        let text = fs::read_to_string(&self.state_file).ok()?;
        // The last line may just be on its way.
        text.lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok())
    }

    /// Until it ends by itself.
    pub fn ends(&mut self, patience: Duration) -> std::process::ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.0.try_wait().expect("the app is a child") {
                return status;
            }
            assert!(started.elapsed() < patience, "it does not end");
            sleep(Duration::from_millis(40));
        }
    }

    /// Looks again and again until there is what is wanted.
    pub fn wait<T>(
        &mut self,
        what: &str,
        patience: Duration,
        look: impl Fn(&Self) -> Option<T>,
    ) -> T {
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

    pub fn wait_for_state(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait(what, REACTION, |app| {
            app.state().filter(|state| wanted(state))
        })
    }
}

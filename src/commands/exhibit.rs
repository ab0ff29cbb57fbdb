//! `mnistify exhibit`: a supervisor, and the app as its child. The supervisor starts the app again whenever it ends, hangs,
//! grows or shows nothing, writes the logs, and counts.

mod awake;
mod counts;
mod log;

use super::resident_bytes;
use crate::{
    exhibit::{
        self, Settings, has_left,
        heart::{self, Beat},
        settings,
    },
    view::wall::Screens,
};
use bevy::{
    prelude::*,
    window::{MonitorSelection, PrimaryWindow, WindowMode},
};
use clap::Args;
use counts::{Day, Tally};
use log::Log;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Options of the command.
#[derive(Args)]
pub struct Arguments {
    /// The settings; `--print-config` shows all of them.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write every setting with its explanation to standard output, and end.
    #[arg(long)]
    print_config: bool,
    /// In a window instead of on the whole screen, to try things out.
    #[arg(long)]
    windowed: bool,
    /// The app itself, which the supervisor starts.
    #[arg(long, hide = true)]
    child: bool,
}

/// The exit status of an app whose window was closed, which is no way out of an exhibit.
const CLOSED: i32 = 71;
/// How often the supervisor looks.
const LOOK: Duration = Duration::from_millis(200);
/// How often it measures memory and writes the counts.
const COUNT: Duration = Duration::from_secs(5);
/// An app that ran so long was well; the next fault is not the same trouble.
const WELL: Duration = Duration::from_secs(20);
/// The longest pause before the next start.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs it.
///
/// # Errors
/// Where the settings cannot be read or are wrong, or the folder for logs cannot be written to; before anything opens.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    if arguments.print_config {
        let written = std::io::stdout().write_all(settings::EXAMPLE.as_bytes());
        return written.map(|()| 0).map_err(|error| error.to_string());
    }
    let mut settings = match &arguments.config {
        Some(file) => {
            let text = read_text(file)?;
            Settings::from_toml(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Settings::default(),
    };
    settings.full_screen &= !arguments.windowed;
    if settings.folder.as_os_str().is_empty() {
        settings.folder = dirs::data_local_dir()
            .ok_or("the system names no folder for data; set `folder` in the settings")?
            .join("mnistify");
    }
    if arguments.child {
        return run_app(settings);
    }
    let folder = &settings.folder;
    std::fs::create_dir_all(folder).map_err(|error| {
        let folder = folder.display();
        format!("{folder}: cannot be made: {error}. Set `folder` in the settings to another one")
    })?;
    Supervisor::new(settings, arguments)?.watch()
}

/// No settings are longer.
const MOST_BYTES: u64 = 64 << 10;

fn read_text(file: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("{}: cannot be read: {error}", file.display());
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(told)?;
    opened
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(told)?;
    if bytes.len() as u64 > MOST_BYTES {
        let file = file.display();
        return Err(format!(
            "{file}: holds more than {MOST_BYTES} bytes, so it is no settings"
        ));
    }
    String::from_utf8(bytes).map_err(|_| format!("{}: is not a text", file.display()))
}

/// The app, until the operator leaves it.
fn run_app(settings: Settings) -> Result<i32, String> {
    end_with_supervisor();
    let models = crate::shipped_models().map_err(|error| error.to_string())?;
    let [width, height] = [1280, 720];
    let mut app = crate::app(&crate::Surface::Window { width, height }, models);
    if settings.full_screen {
        let world = app.world_mut();
        let mut windows = world.query_filtered::<&mut Window, With<PrimaryWindow>>();
        for mut window in windows.iter_mut(world) {
            window.mode = WindowMode::BorderlessFullscreen(MonitorSelection::Primary);
        }
    }
    if settings.second_screen.on {
        let screens = &settings.second_screen;
        app.insert_resource(Screens {
            table: screens.table.clone(),
            wall: screens.wall.clone(),
            full: settings.full_screen,
        });
    }
    exhibit::add(&mut app, settings);
    app.run();
    Ok(if has_left() { 0 } else { CLOSED })
}

/// Where the supervisor is gone, its end of the pipe is closed, and nobody would look after the app.
fn end_with_supervisor() {
    std::thread::spawn(|| {
        let mut nothing = [0];
        while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
        if std::env::var_os(heart::VARIABLE).is_some() {
            std::process::exit(0);
        }
    });
}

struct Supervisor {
    settings: Settings,
    /// The app's arguments.
    arguments: Vec<String>,
    heartbeat: PathBuf,
    log: Arc<Mutex<Log>>,
    tally: Tally,
    /// Starts within the last hour.
    starts: VecDeque<Instant>,
    /// Faults one after the other.
    faults: u32,
    /// The day of the last daily restart.
    restarted_on: Option<Day>,
    stop: Arc<AtomicBool>,
}

/// Why the app is started again.
enum End {
    /// The operator left it, or the supervisor was told to end.
    Left,
    /// Something was wrong.
    Fault(String),
    /// It was time.
    Daily,
}

impl Supervisor {
    fn new(settings: Settings, arguments: &Arguments) -> Result<Self, String> {
        let folder = settings.folder.clone();
        let log = Log::open(&folder, settings.supervisor.log_mebibytes << 20)?;
        let mut passed = vec!["exhibit".to_string(), "--child".into()];
        if let Some(config) = &arguments.config {
            passed.extend(["--config".into(), config.display().to_string()]);
        }
        if arguments.windowed {
            passed.push("--windowed".into());
        }
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            heartbeat: folder.join(format!("heartbeat-{}.json", std::process::id())),
            tally: Tally::open(&folder)?,
            log: Arc::new(Mutex::new(log)),
            settings,
            arguments: passed,
            starts: VecDeque::new(),
            faults: 0,
            restarted_on: None,
            stop,
        })
    }

    fn watch(&mut self) -> Result<i32, String> {
        self.say(&format!(
            "exhibit of mnistify {}",
            env!("CARGO_PKG_VERSION")
        ));
        let awake = awake::keep(&mut |text| self.say(text));
        let result = loop {
            let begun = Instant::now();
            self.note_start();
            let end = match self.start() {
                Ok(mut child) => {
                    let end = self.follow(&mut child);
                    // It may have ended by itself.
                    let _ = child.kill();
                    let _ = child.wait();
                    end
                }
                Err(error) => End::Fault(format!("cannot be started: {error}")),
            };
            self.tally.close();
            match end {
                End::Left => break Ok(0),
                End::Daily => self.say("starting again, as every day"),
                End::Fault(reason) => {
                    self.faults = if begun.elapsed() > WELL {
                        1
                    } else {
                        self.faults + 1
                    };
                    let pause = pause_before(self.faults);
                    self.tally.add_restart();
                    let seconds = pause.as_secs();
                    self.say(&format!("starting again in {seconds} s: {reason}"));
                    self.restart_machine();
                    if self.sleep(pause) {
                        break Ok(0);
                    }
                }
            }
        };
        drop(awake);
        let _ = std::fs::remove_file(&self.heartbeat);
        self.say("the end");
        result
    }

    fn say(&self, text: &str) {
        if let Ok(mut log) = self.log.lock() {
            log.line(&format!("{} supervisor: {text}", counts::now()));
        }
    }

    /// True where it was told to end meanwhile.
    fn sleep(&self, pause: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < pause && !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
        self.stop.load(Ordering::Relaxed)
    }

    fn start(&self) -> std::io::Result<Child> {
        let _ = std::fs::remove_file(&self.heartbeat);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(&self.arguments)
            .env(heart::VARIABLE, &self.heartbeat)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|out| Box::new(out) as _),
            child.stderr.take().map(|out| Box::new(out) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let log = self.log.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    if let Ok(mut log) = log.lock() {
                        log.line(&String::from_utf8_lossy(&line));
                    }
                }
            });
        }
        self.say(&format!("started, process {}", child.id()));
        Ok(child)
    }

    /// Until it ends or has to.
    fn follow(&mut self, child: &mut Child) -> End {
        let (begun, mut looked) = (Instant::now(), Instant::now());
        let mut beat: Option<Beat> = None;
        let mut alive = begun;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return End::Left;
            }
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return End::Left,
                Ok(Some(status)) => return End::Fault(told(status)),
                Ok(None) => {}
                Err(error) => return End::Fault(error.to_string()),
            }
            if let Some(now) = Beat::read(&self.heartbeat) {
                if beat.is_none_or(|before| before.frames != now.frames) {
                    if beat.is_none() {
                        let seconds = begun.elapsed().as_secs_f32();
                        self.say(&format!("the first picture after {seconds:.1} s"));
                    }
                    alive = Instant::now();
                }
                beat = Some(now);
            }
            let silent = alive.elapsed().as_secs_f32();
            let watcher = &self.settings.supervisor;
            if beat.is_none() && silent > watcher.start_seconds {
                return End::Fault(format!("no picture in {silent:.0} s after its start"));
            }
            if beat.is_some() && silent > watcher.heartbeat_seconds {
                return End::Fault(format!("it hangs: no picture for {silent:.0} s"));
            }
            if looked.elapsed() > COUNT {
                looked = Instant::now();
                if let Some(beat) = beat {
                    self.tally.take(&beat);
                }
                let limit = watcher.memory_mebibytes;
                let used = resident_bytes(child.id()).map(|bytes| bytes >> 20);
                if let Some(used) = used.filter(|used| limit > 0 && *used > limit) {
                    return End::Fault(format!("it uses {used} MiB of memory, over {limit}"));
                }
                if beat.is_some_and(|beat| beat.attract) && self.is_time_to_restart(begun) {
                    return End::Daily;
                }
            }
            std::thread::sleep(LOOK);
        }
    }

    fn is_time_to_restart(&mut self, begun: Instant) -> bool {
        let Some(wanted) = settings::minutes_of_day(&self.settings.supervisor.restart_at) else {
            return false;
        };
        let (today, minutes) = counts::day_and_minutes();
        // Not because the day was begun after that time.
        let old_enough = begun.elapsed().as_secs() / 60 > u64::from(minutes.saturating_sub(wanted));
        let due = minutes >= wanted && old_enough && self.restarted_on != Some(today);
        if due {
            self.restarted_on = Some(today);
        }
        due
    }

    fn note_start(&mut self) {
        let now = Instant::now();
        self.starts.push_back(now);
        while self
            .starts
            .front()
            .is_some_and(|then| now.duration_since(*then) > Duration::from_secs(3600))
        {
            self.starts.pop_front();
        }
    }

    fn restart_machine(&mut self) {
        let watcher = &self.settings.supervisor;
        let Some((program, arguments)) = watcher.machine_command.split_first() else {
            return;
        };
        if watcher.machine_after == 0 || self.starts.len() < watcher.machine_after as usize {
            return;
        }
        let many = self.starts.len();
        self.say(&format!(
            "{many} starts within an hour: {}",
            watcher.machine_command.join(" ")
        ));
        if let Err(error) = Command::new(program).args(arguments).status() {
            self.say(&format!("{program}: {error}"));
        }
        self.starts.clear();
    }
}

/// 0, 1, 2, 4 … seconds.
fn pause_before(faults: u32) -> Duration {
    let seconds = match faults {
        0 | 1 => 0,
        more => 1 << (more - 2).min(6),
    };
    Duration::from_secs(seconds).min(LONGEST_PAUSE)
}

fn told(status: ExitStatus) -> String {
    match status.code() {
        Some(CLOSED) => "its window was closed".into(),
        Some(heart::BLACK) => "its window was black".into(),
        Some(101) => "a panic, told above".into(),
        Some(code) => format!("it ended with exit status {code}"),
        None => format!("it was ended: {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let seconds: Vec<u64> = (0..12).map(|n| pause_before(n).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
}

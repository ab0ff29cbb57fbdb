//! The command line: the app itself, or the same work without a window.

use clap::{Parser, Subcommand};
use mnistify::{
    Surface,
    access::{Access, Hidden},
    actions::Action,
    commands::{bench, exhibit, learn, load_network, predict, screenshot, tell},
    link::SharedState,
    notice::Notice,
    own_network::{OwnNetwork, OwnNetworkAction},
    recovery::Session,
    view::wall::Screens,
    words::{Language, speak},
};
use std::{path::PathBuf, process::ExitCode};

/// Draw a digit and watch two neural networks read it live.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Width of the window in logical pixels.
    #[arg(long, default_value_t = 1280, value_parser = clap::value_parser!(u32).range(1..=16384))]
    width: u32,
    /// Height of the window in logical pixels.
    #[arg(long, default_value_t = 720, value_parser = clap::value_parser!(u32).range(1..=16384))]
    height: u32,
    /// Open what a shared link shows; the whole link or its part after `#`.
    #[arg(long)]
    link: Option<String>,
    /// Put this network beside the two that come with the app: a safetensors file, with its description in a .json of
    /// the same name beside it, if it needs one.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Leave these out, with commas between: times, legend, guide, controls.
    #[arg(long, value_name = "LIST", value_parser = Hidden::from_list)]
    hide: Option<Hidden>,
    /// Show the networks in a second window, for a second screen, and the pad in the first.
    #[arg(long)]
    wall: bool,
    /// The language to begin with: en, fr, de or es; the system's if not said.
    #[arg(long, global = true, value_parser = language)]
    language: Option<Language>,
    /// Go on with what another process left behind after a graphics fault.
    #[arg(long, value_name = "FILE", hide = true)]
    resume: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Read images without a window: pictures, files of digits and saved strokes; one JSON line an image.
    Predict(predict::Arguments),
    /// Render the app off screen into a PNG.
    Screenshot(screenshot::Arguments),
    /// Let both networks learn from nothing, without a window, and tell how well they read.
    Learn(learn::Arguments),
    /// Run as an exhibit: on the whole screen, by itself, watched over.
    Exhibit(exhibit::Arguments),
    /// Measure frames, forwards and latency on this machine; one JSON object.
    Bench(bench::Arguments),
}

pub fn main() -> ExitCode {
    prefer_x11();
    let cli = Cli::parse();
    speak(cli.language.or_else(system_language).unwrap_or_default());
    explain_what_is_missing();
    let result = match &cli.command {
        Some(Command::Predict(arguments)) => predict::run(arguments),
        Some(Command::Screenshot(arguments)) => screenshot::run(arguments),
        Some(Command::Bench(arguments)) if arguments.rest => {
            need_display().and_then(|()| bench::run(arguments))
        }
        Some(Command::Bench(arguments)) => bench::run(arguments),
        Some(Command::Learn(arguments)) => learn::run(arguments),
        Some(Command::Exhibit(arguments)) => exhibit::run(arguments),
        None => run_app(&cli),
    };
    let code = result.unwrap_or_else(|message| {
        tell(&message);
        2
    });
    // burn's statics can outlive thread-local storage and abort when they are dropped after it, so the process ends
    // here, with everything written.
    std::process::exit(code)
}

fn language(code: &str) -> Result<Language, String> {
    let codes = Language::ALL.map(Language::code).join(", ");
    Language::of(code).ok_or_else(|| format!("it may be one of {codes}"))
}

/// What the system's variables ask for, where it is spoken here.
fn system_language() -> Option<Language> {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set)?;
    Language::of(&locale)
}

/// Bevy and winit panic where there is no graphics driver or the display does not answer, deep inside, in words for
/// programmers. Nothing has begun then, so the program says what to do and ends.
fn explain_what_is_missing() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>().map(String::as_str);
        let text = text.or(info.payload().downcast_ref::<&str>().copied());
        let text = text.unwrap_or_default();
        let missing = if text.contains("XOpenDisplayFailed") {
            let display = std::env::var("DISPLAY").unwrap_or_default();
            format!(
                "the display `{display}` does not answer; check DISPLAY and that you may use it, \
                 or unset it where there is Wayland"
            )
        } else if text.contains("Unable to find a GPU") {
            "no graphics driver was found; install one (on Debian and Ubuntu mesa-vulkan-drivers)"
                .into()
        } else {
            return hook(info);
        };
        tell(&format!(
            "{missing}. Without a window and a GPU there is `mnistify predict FILE`"
        ));
        std::process::exit(2);
    }));
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// winit takes Wayland where there are both, and its Wayland knows no dropped files.
fn prefer_x11() {
    if cfg!(target_os = "linux") && is_set("DISPLAY") {
        for variable in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            // SAFETY: the program has one thread yet.
            unsafe { std::env::remove_var(variable) };
        }
    }
}

fn need_display() -> Result<(), String> {
    let displays = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];
    if cfg!(target_os = "linux") && !displays.into_iter().any(is_set) {
        return Err(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set). \
                    Without one, try:\n  mnistify predict FILE.png\n  \
                    mnistify screenshot --strokes FILE.json --out FILE.png"
                .into(),
        );
    }
    Ok(())
}

fn run_app(cli: &Cli) -> Result<i32, String> {
    need_display()?;
    let models = mnistify::shipped_models().map_err(|error| error.to_string())?;
    let link = cli.link.as_deref().map(SharedState::from_fragment);
    let own = cli.model.as_deref().map(load_network).transpose()?;
    let session = cli.resume.as_deref().map(Session::take).transpose()?;
    let size = session.as_ref().map(|session| session.size);
    let [width, height] = size.unwrap_or([cli.width, cli.height]);
    let mut app = mnistify::app(&Surface::Window { width, height }, models);
    if let Some(session) = session {
        session.resume(&mut app);
    }
    if cli.wall {
        app.insert_resource(Screens::default());
    }
    let world = app.world_mut();
    if let Some(hidden) = cli.hide {
        world.resource_mut::<Access>().hidden = hidden;
    }
    if let Some((link, fault)) = link {
        world.write_message(Action::Open(Box::new(link)));
        if let Some(fault) = fault {
            world.write_message(Notice::say(fault.to_string()));
        }
    }
    if let (Some(loaded), Some(path)) = (own, &cli.model) {
        let mut own = world.resource_mut::<OwnNetwork>();
        own.apply(OwnNetworkAction::Add(Box::new(loaded)));
        own.remember(path);
    }
    let exit = app.run();
    Ok(if exit.is_success() { 0 } else { 1 })
}

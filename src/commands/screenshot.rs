//! `mnistify screenshot`: the app as a PNG, rendered off screen.

use super::{load_network, offscreen::Offscreen};
use crate::{
    access::{Access, Hidden},
    actions::{Action, Show, Switch, entry},
    alike::{Bank, PixelBank},
    composition::Part,
    inference::Network,
    own_network::read_for_pad,
    school::{BoardPage, Phase, Pupil, School, SchoolAction, action_of},
    view::{DrawSurface, SelectedCell, cameras::OffscreenImage},
    why::{Likeness, WhyPage},
};
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use clap::Args;
use mnistify_drawing::{Sheet, recording};
use mnistify_network::{ArenaLayout, explain::Cell};
use std::{
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// What to draw, and from where.
#[derive(Args)]
pub struct Arguments {
    /// What to put on the pad, saved strokes or a picture; none leaves it blank.
    #[arg(long)]
    strokes: Option<PathBuf>,
    /// The PNG to write.
    #[arg(long)]
    out: PathBuf,
    /// In pixels.
    #[arg(long, default_value_t = 1280, value_parser = clap::value_parser!(u32).range(1..=16384))]
    width: u32,
    /// In pixels.
    #[arg(long, default_value_t = 720, value_parser = clap::value_parser!(u32).range(1..=16384))]
    height: u32,
    /// Put this network beside the two that come with the app: a safetensors file, with its description in a .json of
    /// the same name beside it, if it needs one.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Show only this network: mlp, cnn, or the name of the one of --model.
    #[arg(long, value_name = "NAME")]
    network: Option<String>,
    /// Inspect a cell: network,row,channel,y,x, such as cnn,1,3,10,8 (row 0 is the input).
    #[arg(long, value_delimiter = ',')]
    select: Option<Vec<String>>,
    /// Explain the answer, on this page: reasons, alike, pixels (alike dot by dot) or strokes.
    #[arg(long, value_name = "PAGE", value_parser = ["reasons", "alike", "pixels", "strokes"], conflicts_with = "select")]
    why: Option<String>,
    /// Fly to the inspected cell.
    #[arg(long, requires = "select")]
    fly: bool,
    /// Open a layer, all its maps large: network,row, such as cnn,1.
    #[arg(long, value_delimiter = ',')]
    maps: Option<Vec<String>>,
    /// Stop the forward pass at this share of the network, 0 to 1.
    #[arg(long)]
    slow: Option<f32>,
    /// From where to look: overview, side or top.
    #[arg(long, default_value = "overview", value_parser = ["overview", "side", "top"])]
    view: String,
    /// As on a slow adapter: without relief and glow.
    #[arg(long)]
    plain: bool,
    /// Without edges.
    #[arg(long)]
    no_edges: bool,
    /// With pad and controls in the lower half.
    #[arg(long)]
    reach: bool,
    /// What the wall shows where there are two screens: the networks.
    #[arg(long)]
    wall: bool,
    /// What the table shows where there are two screens: the hand and the answer.
    #[arg(long, conflicts_with = "wall")]
    table: bool,
    /// The size of texts in percent: 100 to 150.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(100..=150))]
    text_size: u16,
    /// White on nearly black.
    #[arg(long)]
    high_contrast: bool,
    /// Leave these out, with commas between: times, legend, guide, controls.
    #[arg(long, value_name = "LIST", value_parser = Hidden::from_list)]
    hide: Option<Hidden>,
    /// On this step of the guided tour, 1 to 8.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    tour: Option<u8>,
    /// With this challenge, 1 to 4.
    #[arg(long, conflicts_with = "tour", value_parser = clap::value_parser!(u8).range(1..=4))]
    challenge: Option<u8>,
    /// At school: the networks forgot everything and made so many steps since.
    #[arg(long, value_name = "STEPS", conflicts_with_all = ["tour", "challenge"])]
    learn: Option<usize>,
    /// After a single step more, with what it changed.
    #[arg(long, requires = "learn")]
    one_step: bool,
    /// At school, with this lesson, such as '{"examples": 100}'; opens it.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["tour", "challenge"])]
    lesson: Option<String>,
    /// At school, this page of the board: lesson, change, yours, network or results.
    #[arg(long, value_name = "PAGE", value_parser = BoardPage::ALL.map(BoardPage::name))]
    board: Option<String>,
}

/// Frames after the answers, so that bars and cells have arrived.
const FRAMES_TO_ARRIVE: usize = 10;

/// How long a lesson may take; on a software GPU it takes that long.
const PATIENCE: Duration = Duration::from_secs(600);

/// Steps in which the strokes are drawn.
const DRAWING_STEPS: usize = 24;

/// Renders and writes the picture; returns the exit code.
///
/// # Errors
/// Where the arguments name what is not there, nothing can be rendered, or the file cannot be written.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    let sheet = match &arguments.strokes {
        Some(file) => read_for_pad(file)?,
        None => Sheet::default(),
    };
    let models = crate::shipped_models().map_err(|error| error.to_string())?;
    let own = arguments.model.as_deref().map(load_network).transpose()?;
    let (width, height) = (arguments.width, arguments.height);
    let mut offscreen = Offscreen::start_with(width, height, models, own)?;
    let selected = set_up(&mut offscreen, arguments)?;
    // As the pen would: in steps, so that there are measurements to show.
    let duration = recording::duration_millis(&sheet.strokes);
    for step in 1..=DRAWING_STEPS {
        let millis = duration * step as f32 / DRAWING_STEPS as f32;
        offscreen.draw(recording::strokes_until(&sheet.strokes, millis));
        offscreen.frame();
    }
    offscreen.lay(sheet);
    offscreen.settle(Duration::from_secs(60))?;
    for _ in 0..arguments.challenge.unwrap_or(0) {
        offscreen.act(Action::NextChallenge);
    }
    if let Some(step) = arguments.tour {
        offscreen.act(Action::Tour(Some(usize::from(step) - 1)));
        for _ in 0..FRAMES_TO_ARRIVE {
            offscreen.frame();
        }
        offscreen.settle(Duration::from_secs(60))?;
    }
    explain(&mut offscreen, arguments)?;
    go_to_school(&mut offscreen, arguments)?;
    for _ in 0..FRAMES_TO_ARRIVE {
        offscreen.frame();
        std::thread::sleep(Duration::from_millis(30));
    }
    if let (true, Some(cell)) = (arguments.fly, selected) {
        offscreen.act(Action::FlyTo(cell));
        offscreen.frame();
        offscreen.frame();
    }
    let image = capture(&mut offscreen)?;
    image
        .save(&arguments.out)
        .map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    let _ = writeln!(std::io::stdout(), "{}", arguments.out.display());
    Ok(0)
}

/// Asks for what the arguments say; returns the selected cell.
fn set_up(
    offscreen: &mut Offscreen,
    arguments: &Arguments,
) -> Result<Option<SelectedCell>, String> {
    let world = offscreen.app.world_mut();
    let mut surface = world.resource_mut::<DrawSurface>();
    (surface.still, surface.full) = (true, !arguments.plain);
    surface.part = match (arguments.wall, arguments.table) {
        (true, _) => Part::Wall,
        (_, true) => Part::Table,
        _ => Part::Whole,
    };
    world.resource_mut::<Access>().hidden = arguments.hide.unwrap_or_default();
    if let Some(key) = &arguments.network {
        let key = key.to_lowercase();
        offscreen.network(&key).ok_or_else(|| unknown(&key))?;
        offscreen.act(Action::Show(Show::Named(key.into())));
    }
    offscreen.act(entry(&arguments.view).action.clone());
    if let Some(share) = arguments.slow {
        offscreen.act(Action::StopAt(share));
    }
    offscreen.act(Action::Set(Switch::Edges, !arguments.no_edges));
    offscreen.act(Action::Set(Switch::Reach, arguments.reach));
    offscreen.act(Action::TextSize(arguments.text_size));
    let contrast = arguments.high_contrast;
    offscreen.act(Action::Set(Switch::HighContrast, contrast));
    let mut selected = None;
    if let Some(parts) = arguments.select.as_deref() {
        let (network, numbers) = place(offscreen, parts, "--select")?;
        let [row, channel, y, x] = numbers[..] else {
            return Err(
                "--select takes a network and four numbers: network,row,channel,y,x".into(),
            );
        };
        let cell = Cell { row, channel, y, x };
        let layout = &layout_of(offscreen, network)?;
        let inside = row < layout.rows() && {
            let [channels, height, width] = layout.shape(row);
            channel < channels && y < height && x < width
        };
        if !inside {
            return Err("--select: there is no such cell".into());
        }
        selected = Some(SelectedCell { network, cell });
        offscreen.act(Action::Select(selected));
    }
    if let Some(parts) = arguments.maps.as_deref() {
        let (network, numbers) = place(offscreen, parts, "--maps")?;
        let rows = layout_of(offscreen, network)?.rows();
        let [row] = numbers[..] else {
            return Err("--maps takes a network and one of its rows: network,row".into());
        };
        if !(1..rows - 1).contains(&row) {
            return Err(format!(
                "--maps: that network has the layers 1 to {}",
                rows - 2
            ));
        }
        offscreen.act(Action::Maps(network, row));
    }
    Ok(selected)
}

/// Opens the page of the answer that was asked for, and waits for what it shows.
fn explain(offscreen: &mut Offscreen, arguments: &Arguments) -> Result<(), String> {
    let Some(page) = &arguments.why else {
        return Ok(());
    };
    let (page, likeness) = match page.as_str() {
        "alike" => (WhyPage::Alike, Likeness::Network),
        "pixels" => (WhyPage::Alike, Likeness::Pixels),
        "strokes" => (WhyPage::Strokes, Likeness::default()),
        _ => (WhyPage::Reasons, Likeness::default()),
    };
    offscreen.act(Action::Explain);
    offscreen.act(Action::Why(page));
    offscreen.act(Action::Alike(likeness));
    let started = Instant::now();
    for _ in 0..FRAMES_TO_ARRIVE {
        offscreen.frame();
    }
    let is_busy = |world: &mut World| {
        let pixels = world.resource::<PixelBank>().0.as_ref();
        pixels.is_some_and(Bank::is_busy) || world.query::<&Bank>().iter(world).any(Bank::is_busy)
    };
    while is_busy(offscreen.app.world_mut()) {
        offscreen.frame();
        if started.elapsed() > PATIENCE {
            return Err("the digits were not read in time".into());
        }
    }
    offscreen.settle(PATIENCE)
}

/// Opens the school and lets the networks make the steps that were asked for.
fn go_to_school(offscreen: &mut Offscreen, arguments: &Arguments) -> Result<(), String> {
    let act = |offscreen: &mut Offscreen, action| offscreen.act(Action::School(action));
    if arguments.learn.is_none() && arguments.lesson.is_none() && arguments.board.is_none() {
        return Ok(());
    }
    offscreen.app.world_mut().resource_mut::<School>().patient = true;
    act(offscreen, SchoolAction::Open);
    if let Some(json) = &arguments.lesson {
        let action = action_of(json).map_err(|reason| format!("--lesson: {reason}"))?;
        act(offscreen, action);
    }
    if let Some(steps) = arguments.learn {
        act(offscreen, SchoolAction::Forget);
        offscreen.frame();
        offscreen.settle(PATIENCE)?;
        if steps > 0 {
            act(offscreen, SchoolAction::Learn);
        }
        let started = Instant::now();
        loop {
            offscreen.frame();
            let world = offscreen.app.world_mut();
            if let Some(trouble) = &world.resource::<School>().trouble {
                return Err(trouble.clone());
            }
            let mut pupils = world.query::<&Pupil>();
            // All of what is shown has to be of these steps, and each unseen digit read once.
            let done = |pupil: &Pupil| pupil.standing().step >= steps && pupil.is_known();
            let is_there = pupils.iter(world).count() > 0 && pupils.iter(world).all(done);
            // On a slow GPU the lesson may be over before.
            if is_there || world.resource::<School>().phase == Phase::Over {
                break;
            }
            if started.elapsed() > PATIENCE {
                return Err("the networks did not learn in time".into());
            }
        }
    }
    let named = |page: &BoardPage| Some(page.name()) == arguments.board.as_deref();
    if let Some(page) = BoardPage::ALL.into_iter().find(named) {
        act(offscreen, SchoolAction::Page(page));
    }
    if arguments.one_step {
        act(offscreen, SchoolAction::Pause);
        act(offscreen, SchoolAction::Step);
        offscreen.frame();
    }
    offscreen.frame();
    offscreen.settle(PATIENCE)
}

fn unknown(key: &str) -> String {
    format!("there is no network {key}; those that come with the app are mlp and cnn")
}

/// A network's key and numbers.
fn place(
    offscreen: &mut Offscreen,
    parts: &[String],
    option: &str,
) -> Result<(Entity, Vec<usize>), String> {
    let (key, numbers) = parts
        .split_first()
        .ok_or_else(|| format!("{option} takes a network"))?;
    let key = key.to_lowercase();
    let network = offscreen.network(&key);
    let network = network.ok_or_else(|| format!("{option}: {}", unknown(&key)))?;
    let number = |part: &String| {
        part.parse()
            .map_err(|_| format!("{option}: {part} is no number"))
    };
    let numbers = numbers.iter().map(number).collect::<Result<_, _>>()?;
    Ok((network, numbers))
}

fn layout_of(offscreen: &Offscreen, network: Entity) -> Result<ArenaLayout, String> {
    let network = offscreen.app.world().get::<Network>(network);
    Ok(network.ok_or("the network is gone")?.layout.clone())
}

/// The next frame as an image.
///
/// # Errors
/// Where no picture came back from the GPU in time.
pub fn capture(offscreen: &mut Offscreen) -> Result<image::RgbaImage, String> {
    let captured: Arc<Mutex<Option<Image>>> = Arc::default();
    let sink = captured.clone();
    let world = offscreen.app.world_mut();
    let target = world.resource::<OffscreenImage>().0.clone();
    world
        .spawn(Screenshot::image(target))
        .observe(move |event: On<ScreenshotCaptured>| {
            *sink.lock().expect("no other holder panics") = Some(event.image.clone());
        });
    for _ in 0..600 {
        offscreen.frame();
        if let Some(image) = captured.lock().expect("no other holder panics").take() {
            let image = image
                .try_into_dynamic()
                .map_err(|error| error.to_string())?;
            return Ok(image.to_rgba8());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("the picture did not arrive from the GPU".into())
}

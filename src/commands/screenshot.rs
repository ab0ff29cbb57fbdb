//! `mnistify screenshot`: the app as a PNG, rendered off screen.

use super::{load_network, offscreen::Offscreen};
use crate::{
    inference::{InferenceSettings, Networks, ShownNetworks},
    panels::PanelState,
    view::{
        DrawSurface, Motion, OrbitCamera, Preset, SelectedCell, Selection, Towers,
        cameras::OffscreenImage,
    },
};
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use clap::Args;
use mnistify_drawing::recording;
use mnistify_network::explain::Cell;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What to draw, and from where.
#[derive(Args)]
pub struct Arguments {
    /// Saved strokes to put on the pad; none leaves it blank.
    #[arg(long)]
    strokes: Option<PathBuf>,
    /// The PNG to write.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 1280)]
    width: u32,
    #[arg(long, default_value_t = 720)]
    height: u32,
    /// Put this network beside the two that come with the app: a safetensors file, with its description in a .json of
    /// the same name beside it, if it needs one.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Show only this network, by its place (0 is the MLP, 1 the CNN, 2 the one of --model).
    #[arg(long)]
    network: Option<usize>,
    /// Inspect a cell: network,row,channel,y,x (row 0 is the input).
    #[arg(long, value_delimiter = ',')]
    select: Option<Vec<usize>>,
    /// Fly to the inspected cell.
    #[arg(long, requires = "select")]
    fly: bool,
    /// Open the flat feature maps: network,row.
    #[arg(long, value_delimiter = ',')]
    maps: Option<Vec<usize>>,
    /// Stop the forward pass at this share of the tower, 0 to 1.
    #[arg(long)]
    slow: Option<f32>,
    /// 0 overview, 1 front, 2 top, 3 side.
    #[arg(long, default_value_t = 0)]
    view: usize,
    /// Without edges.
    #[arg(long)]
    no_edges: bool,
}

/// Frames after the answers, so that bars and cells have arrived.
const FRAMES_TO_ARRIVE: usize = 10;

/// Steps in which the strokes are drawn.
const DRAWING_STEPS: usize = 24;

/// Renders and writes the picture.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    let strokes = match &arguments.strokes {
        Some(file) => recording::load(file).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let models = crate::shipped_models().map_err(|error| error.to_string())?;
    let own = arguments.model.as_deref().map(load_network).transpose()?;
    let (width, height) = (arguments.width, arguments.height);
    let mut offscreen = Offscreen::start_with(width, height, models, own)?;
    set_up(&mut offscreen.app, arguments)?;
    // As the pen would: in steps, so that there are measurements to show.
    let duration = recording::duration_millis(&strokes);
    for step in 1..=DRAWING_STEPS {
        let millis = duration * step as f32 / DRAWING_STEPS as f32;
        offscreen.draw(recording::strokes_until(&strokes, millis));
        offscreen.frame();
    }
    offscreen.draw(strokes);
    offscreen.settle(Duration::from_secs(60))?;
    for _ in 0..FRAMES_TO_ARRIVE {
        offscreen.frame();
        std::thread::sleep(Duration::from_millis(30));
    }
    if arguments.fly {
        fly(&mut offscreen.app);
        offscreen.frame();
        offscreen.frame();
    }
    let image = capture(&mut offscreen)?;
    image
        .save(&arguments.out)
        .map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    println!("{}", arguments.out.display());
    Ok(0)
}

fn set_up(app: &mut App, arguments: &Arguments) -> Result<(), String> {
    let world = app.world_mut();
    let mut surface = world.resource_mut::<DrawSurface>();
    (surface.still, surface.all_bars) = (true, true);
    if let Some(index) = arguments.network {
        if index >= world.resource::<Networks>().all.len() {
            return Err(format!("there is no network {index}"));
        }
        world.resource_mut::<InferenceSettings>().shown = ShownNetworks::Only(index);
    }
    let preset = Preset::ALL
        .get(arguments.view)
        .ok_or("--view is 0, 1, 2 or 3")?;
    world.resource_mut::<OrbitCamera>().show(*preset);
    let mut motion = world.resource_mut::<Motion>();
    motion.slow = arguments.slow;
    motion.playing = false;
    world.resource_mut::<crate::inspector::Inspector>().edges = !arguments.no_edges;
    if let Some(numbers) = arguments.select.as_deref() {
        let [network, row, channel, y, x] = numbers else {
            return Err("--select takes five numbers: network,row,channel,y,x".into());
        };
        let cell = Cell {
            row: *row,
            channel: *channel,
            y: *y,
            x: *x,
        };
        let networks = world.resource::<Networks>();
        let layout = &networks
            .all
            .get(*network)
            .ok_or("--select: no such network")?
            .layout;
        let inside = *row < layout.rows() && {
            let [channels, height, width] = layout.shape(*row);
            *channel < channels && *y < height && *x < width
        };
        if !inside {
            return Err("--select: there is no such cell".into());
        }
        world.resource_mut::<Selection>().cell = Some(SelectedCell {
            network: *network,
            cell,
        });
    }
    if let Some(numbers) = arguments.maps.as_deref() {
        let place = match numbers {
            [network, row] => Some((*network, *row)),
            _ => None,
        };
        let networks = world.resource::<Networks>();
        let rows = |network: usize| networks.all.get(network).map_or(0, |n| n.layout.rows());
        let place = place.filter(|(network, row)| *row < rows(*network));
        world.resource_mut::<PanelState>().maps =
            Some(place.ok_or("--maps takes a network and one of its rows: network,row")?);
    }
    Ok(())
}

fn fly(app: &mut App) {
    let world = app.world_mut();
    let Some(selected) = world.resource::<Selection>().cell else {
        return;
    };
    let towers = world.resource::<Towers>();
    let tower = &towers.all[selected.network];
    let (target, size) = tower.view_of(selected.cell);
    world.resource_mut::<OrbitCamera>().fly_to(target, size);
}

/// The next frame as an image.
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

//! `mnistify bench`: what a frame costs on this machine, with and without inference and view.

use super::{load_network, offscreen::Offscreen};
use crate::{
    Surface,
    actions::Action,
    bench::{Bench, forward_report, named_models},
    gpu::SharedGpu,
    inference::{Network, Series},
    school::{Pupil, School, SchoolAction, Speed},
    view::{FrameTimes, Quality},
};
use bevy::render::diagnostic::RenderDiagnosticsPlugin;
use clap::Args;
use mnistify_network::{Model, NetworkSpec, import::Loaded};
use serde_json::{Value, json};
use std::{io::Write, path::PathBuf, time::Instant};

/// How much to measure.
#[derive(Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 1280)]
    width: u32,
    #[arg(long, default_value_t = 720)]
    height: u32,
    /// Frames of each measurement.
    #[arg(long, default_value_t = 120)]
    frames: usize,
    /// Instead of the shipped networks, a CNN of this many channels with random weights (32 is the shipped size, 256
    /// has eight times the cells).
    #[arg(long)]
    channels: Option<usize>,
    /// Instead of the shipped networks this one (may be repeated), with its description in a .json of the same name
    /// beside it, if it needs one.
    #[arg(long = "model", value_name = "FILE", conflicts_with = "channels")]
    models: Vec<PathBuf>,
    /// Instead of all that, open a window and count the frames and the CPU seconds of ten seconds in which nobody does
    /// anything.
    #[arg(long, conflicts_with_all = ["soak", "learn"])]
    pub rest: bool,
    /// Say the GPU time of each render pass, too.
    #[arg(long)]
    passes: bool,
    /// As on a slow adapter: without relief and glow.
    #[arg(long)]
    plain: bool,
    /// Measure frames in which both networks learn, too.
    #[arg(long)]
    learn: bool,
    /// Instead of all that, draw so many digits one after the other, each read by both networks, with everything as at the
    /// start after each hundred, and tell whether memory stays flat.
    #[arg(long, value_name = "DIGITS", conflicts_with = "learn", value_parser = clap::value_parser!(u64).range(1..))]
    soak: Option<u64>,
    /// Decides how the digits of `--soak` differ from the recorded ones.
    #[arg(long, default_value_t = 1, requires = "soak")]
    seed: u64,
    /// One JSON object of `--soak` instead of lines.
    #[arg(long, requires = "soak")]
    json: bool,
}

/// Measures and prints one JSON object; returns the exit code.
///
/// # Errors
/// Where a network cannot be read or cannot be made that wide, where there is no GPU adapter, and where a network does
/// not answer or cannot learn.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    let models = match arguments.channels {
        Some(channels) => {
            let spec = NetworkSpec::cnn_of_width(channels).map_err(|error| error.to_string())?;
            vec![Model::random(spec, 1)]
        }
        None if arguments.models.is_empty() => {
            crate::shipped_models().map_err(|error| error.to_string())?
        }
        None => {
            let models = arguments.models.iter().map(|file| load_network(file));
            let model = |loaded: Result<Loaded, String>| loaded.map(|loaded| loaded.model);
            models.map(model).collect::<Result<_, _>>()?
        }
    };
    if arguments.rest {
        return Ok(super::rest::run(arguments.width, arguments.height, models));
    }
    let (width, height) = (arguments.width, arguments.height);
    if let Some(digits) = arguments.soak {
        let size = [width, height];
        return super::soak::run(digits, arguments.seed, arguments.json, size, models);
    }
    let mut app = crate::app(&Surface::Image { width, height }, models);
    if arguments.passes {
        app.add_plugins(RenderDiagnosticsPlugin);
    }
    let mut offscreen = Offscreen::ready(app)?;
    if arguments.plain {
        let world = offscreen.app.world_mut();
        world.resource_mut::<FrameTimes>().quality = Quality::Reduced;
    }
    let world = offscreen.app.world_mut();
    world.insert_resource(Bench::new(arguments.frames));
    let mut report: Value = loop {
        offscreen.frame();
        if let Some(report) = offscreen.app.world().resource::<Bench>().report() {
            break report.clone();
        }
    };
    let world = offscreen.app.world_mut();
    let models = named_models(world.query::<&Network>().iter(world));
    let gpu = world.resource::<SharedGpu>();
    let forwards = forward_report(&models, gpu, arguments.frames);
    report["forward"] = bevy::tasks::block_on(forwards);
    if arguments.learn {
        report["learning"] = learning_frames(&mut offscreen, arguments.frames)?;
    }
    let _ = writeln!(std::io::stdout(), "{report}");
    Ok(0)
}

/// Whole frames, their GPU work included, while both networks learn: at the pace of a lesson, and at full speed.
fn learning_frames(offscreen: &mut Offscreen, frames: usize) -> Result<Value, String> {
    /// Frames in which kernels are compiled and a step's time is found out.
    const WARMING: usize = 30;
    let act = |offscreen: &mut Offscreen, action| offscreen.act(Action::School(action));
    let world = offscreen.app.world_mut();
    world.resource_mut::<School>().patient = true;
    world.remove_resource::<Bench>();
    let mut report = json!({});
    for (name, speed) in [("steady", Speed::Steady), ("full", Speed::Full)] {
        act(offscreen, SchoolAction::Pace(speed));
        act(offscreen, SchoolAction::Learn);
        let (mut whole, mut steps) = (Series::default(), 0);
        for frame in 0..WARMING + frames {
            let started = Instant::now();
            offscreen.frame();
            let world = offscreen.app.world_mut();
            if let Some(trouble) = &world.resource::<School>().trouble {
                return Err(trouble.clone());
            }
            let now = world
                .query::<&Pupil>()
                .iter(world)
                .map(|pupil| pupil.standing().step)
                .max();
            if frame < WARMING {
                steps = now.unwrap_or(0);
                continue;
            }
            whole.push(started.elapsed().as_secs_f32() * 1e3);
            report[name]["steps"] = json!(now.unwrap_or(0).saturating_sub(steps));
        }
        report[name]["whole"] = whole.to_json();
        act(offscreen, SchoolAction::Forget);
        offscreen.frame();
    }
    Ok(report)
}

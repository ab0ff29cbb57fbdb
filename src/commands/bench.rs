//! `mnistify bench`: what a frame costs on this machine, with and without inference and view.

use super::{load_network, offscreen::Offscreen};
use crate::{
    bench::{Bench, forward_report, named_models},
    gpu::SharedGpu,
    inference::Network,
};
use clap::Args;
use mnistify_network::{Model, NetworkSpec, import::Loaded};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

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
    /// Instead of the shipped networks, a CNN of this many channels with random weights (32 is the shipped size, 320
    /// has ten times the cells).
    #[arg(long)]
    channels: Option<usize>,
    /// Instead of the shipped networks this one (may be repeated), with its description in a .json of the same name
    /// beside it, if it needs one.
    #[arg(long = "model", value_name = "FILE", conflicts_with = "channels")]
    models: Vec<PathBuf>,
    /// Instead of all that, open a window and count the frames and the CPU seconds of ten seconds in which nobody does
    /// anything.
    #[arg(long)]
    pub rest: bool,
}

/// Measures and prints one JSON object.
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
        return super::rest::run(arguments.width, arguments.height, models);
    }
    let mut offscreen = Offscreen::start(arguments.width, arguments.height, models)?;
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
    let _ = writeln!(std::io::stdout(), "{report}");
    Ok(0)
}

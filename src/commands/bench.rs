//! `mnistify bench`: what a frame costs on this machine, with and without inference and view.

use super::offscreen::Offscreen;
use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, Runner, Series},
    pad::{Pad, PadCommand},
    view::{DrawSurface, Towers},
};
use clap::Args;
use mnistify_network::{Model, NetworkSpec};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

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
}

/// Measures and prints one JSON object.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    let models = match arguments.channels {
        Some(channels) => {
            let spec = NetworkSpec::cnn_of_width(channels).map_err(|error| error.to_string())?;
            vec![Model::random(spec, 1)]
        }
        None => crate::shipped_models().map_err(|error| error.to_string())?,
    };
    let mut bench = Bench {
        offscreen: Offscreen::start(arguments.width, arguments.height, models)?,
        step: 0,
    };
    let gpu = bench.offscreen.app.world().resource::<SharedGpu>().clone();
    let mut frames = Map::new();
    for (name, inference, view) in [
        ("empty", false, false),
        ("inference", true, false),
        ("view", false, true),
        ("inference_and_view", true, true),
    ] {
        frames.insert(name.into(), bench.frames(arguments.frames, inference, view));
    }
    let latency = bench.latency(arguments.frames / 4);
    let mut forwards = Map::new();
    let names: Vec<String> = {
        let networks = bench.offscreen.app.world().resource::<Networks>();
        networks
            .all
            .iter()
            .map(|n| n.name().to_lowercase())
            .collect()
    };
    for (index, name) in names.iter().enumerate() {
        let fused = bench.forward(index, arguments.frames, &gpu);
        bench.use_plain(index, &gpu);
        let plain = bench.forward(index, arguments.frames / 2, &gpu);
        forwards.insert(name.clone(), json!({ "fused": fused, "plain_burn": plain }));
    }
    let world = bench.offscreen.app.world();
    let towers = world.resource::<Towers>();
    let cells: usize = towers
        .all
        .iter()
        .map(|tower| tower.layout.cell_count())
        .sum();
    let report = json!({
        "adapter": gpu.adapter,
        "width": arguments.width,
        "height": arguments.height,
        "cells": cells,
        "tower_draw_calls": towers.draw_calls(),
        "frame_millis": frames,
        "stroke_to_result_millis": latency,
        "forward": forwards,
    });
    println!("{report}");
    Ok(0)
}

struct Bench {
    offscreen: Offscreen,
    step: usize,
}

impl Bench {
    /// Moves the pen a little, round and round, so that every frame has a new image.
    fn move_pen(&mut self) {
        let angle = self.step as f32 * 0.21;
        let (x, y) = (140.0 + 70.0 * angle.cos(), 140.0 + 95.0 * angle.sin());
        let mut pad = self.offscreen.app.world_mut().resource_mut::<Pad>();
        if self.step.is_multiple_of(40) {
            pad.apply(PadCommand::Clear);
            pad.apply(PadCommand::Begin { x, y });
        } else {
            pad.apply(PadCommand::Extend { x, y });
        }
        self.step += 1;
    }

    /// Times whole frames, GPU work included, one after the other.
    fn frames(&mut self, count: usize, inference: bool, view: bool) -> Value {
        let gpu = {
            let world = self.offscreen.app.world_mut();
            world.resource_mut::<InferenceSettings>().enabled = inference;
            world.resource_mut::<DrawSurface>().towers = view;
            world.resource::<SharedGpu>().clone()
        };
        for _ in 0..8 {
            self.move_pen();
            self.offscreen.frame();
        }
        let (mut frame, mut update) = (Series::default(), Series::default());
        let bytes = self
            .offscreen
            .app
            .world()
            .resource::<Networks>()
            .bytes_read_back;
        for _ in 0..count {
            self.move_pen();
            let started = Instant::now();
            self.offscreen.app.update();
            update.push(started.elapsed().as_secs_f32() * 1e3);
            let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
            frame.push(started.elapsed().as_secs_f32() * 1e3);
        }
        let after = self
            .offscreen
            .app
            .world()
            .resource::<Networks>()
            .bytes_read_back;
        json!({
            "whole": summary(&frame),
            // Of which the main thread's update, before it waits for the GPU.
            "update": summary(&update),
            "bytes_read_back_per_frame": (after - bytes) as f64 / count as f64,
        })
    }

    /// From a movement of the pen to each network's answer to it, frames included.
    fn latency(&mut self, count: usize) -> Value {
        let names: Vec<String> = {
            let world = self.offscreen.app.world();
            let networks = world.resource::<Networks>();
            networks
                .all
                .iter()
                .map(|n| n.name().to_lowercase())
                .collect()
        };
        let mut series = vec![Series::default(); names.len()];
        for _ in 0..count.max(4) {
            if self.offscreen.settle(Duration::from_secs(20)).is_err() {
                break;
            }
            self.move_pen();
            let started = Instant::now();
            let mut waiting: Vec<usize> = (0..names.len()).collect();
            while !waiting.is_empty() && started.elapsed() < Duration::from_secs(5) {
                self.offscreen.frame();
                let networks = self.offscreen.app.world().resource::<Networks>();
                waiting.retain(|index| {
                    let done = networks.all[*index].is_idle();
                    if done {
                        series[*index].push(started.elapsed().as_secs_f32() * 1e3);
                    }
                    !done
                });
            }
        }
        let values = names.into_iter().zip(series.iter().map(summary));
        Value::Object(values.collect())
    }

    fn use_plain(&mut self, index: usize, gpu: &SharedGpu) {
        let mut networks = self.offscreen.app.world_mut().resource_mut::<Networks>();
        let network = &mut networks.all[index];
        network.runner = Runner::plain(&network.model, gpu);
    }

    /// One network's forward alone: to encode, from encoding to the logits on the CPU, and amortised over many.
    fn forward(&mut self, index: usize, count: usize, gpu: &SharedGpu) -> Value {
        let pixels: Vec<f32> = crate::inference::self_test_digits()[7].as_slice().to_vec();
        let mut networks = self.offscreen.app.world_mut().resource_mut::<Networks>();
        let network = &mut networks.all[index];
        let Some(display) = network.display.as_mut() else {
            return Value::Null;
        };
        let (cpu, runner) = (&network.cpu, &mut network.runner);
        let mut encode = |runner: &mut Runner| {
            let started = Instant::now();
            runner.forward(cpu, &pixels, Some((gpu, &mut *display)));
            started.elapsed().as_secs_f32() * 1e3
        };
        let wait = || {
            let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
        };
        for _ in 0..3 {
            encode(runner);
            wait();
        }
        let (mut encoding, mut round_trip, mut on_gpu) =
            (Series::default(), Series::default(), Series::default());
        for _ in 0..count {
            let started = Instant::now();
            encoding.push(encode(runner));
            if let Some(logits) = runner.logits() {
                bevy::tasks::block_on(logits);
            }
            round_trip.push(started.elapsed().as_secs_f32() * 1e3);
            wait();
            if let Some(millis) = runner.take_gpu_millis() {
                on_gpu.push(millis as f32);
            }
        }
        let started = Instant::now();
        for _ in 0..count {
            encode(runner);
        }
        wait();
        let amortised = started.elapsed().as_secs_f64() * 1e3 / count as f64;
        let started = Instant::now();
        let on_cpu = 20;
        for _ in 0..on_cpu {
            std::hint::black_box(cpu.forward(&pixels));
        }
        let cpu_millis = started.elapsed().as_secs_f64() * 1e3 / f64::from(on_cpu);
        json!({
            "encode_millis": summary(&encoding),
            "round_trip_millis": summary(&round_trip),
            "gpu_millis": summary(&on_gpu),
            "amortised_millis": amortised,
            "dispatches": runner.dispatches(),
            "cpu_twin_millis": cpu_millis,
        })
    }
}

fn summary(series: &Series) -> Value {
    match (series.median(), series.p95()) {
        (Some(median), Some(p95)) => json!({ "median": median, "p95": p95 }),
        _ => Value::Null,
    }
}

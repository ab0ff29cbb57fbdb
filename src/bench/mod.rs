//! What a frame, an answer and a forward cost on this machine: the same measurements for `mnistify bench` and for the
//! page's `?bench`. Frames are measured by a system that runs along; forwards alone, in [`forward_report`].

mod forward;

pub use forward::{forward_report, named_models};

use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, Series},
    pad::{Pad, PadCommand},
    report::series,
    view::{DrawSurface, Towers},
};
use bevy::{platform::time::Instant, prelude::*};
use serde_json::{Map, Value, json};

pub fn plugin(app: &mut App) {
    app.add_systems(First, begin_frame.run_if(resource_exists::<Bench>))
        .add_systems(Last, end_update.run_if(resource_exists::<Bench>));
}

/// Frames of each measurement in the page.
pub const PAGE_FRAMES: usize = 60;

/// Frames before each measurement that do not count.
const WARM_UP_FRAMES: usize = 8;

/// What is switched on in each measurement of frames: name, inference, view.
const FRAME_KINDS: [(&str, bool, bool); 4] = [
    ("empty", false, false),
    ("inference", true, false),
    ("view", false, true),
    ("inference_and_view", true, true),
];

/// The measurement under way. Insert it to begin; it leaves with its report. The list of networks does not change
/// meanwhile.
#[derive(Resource)]
pub struct Bench {
    frames: usize,
    phase: Phase,
    pen_step: usize,
    begun: Option<Instant>,
    frame_reports: Map<String, Value>,
    latencies: Vec<Series>,
    report: Option<Value>,
}

enum Phase {
    Frames {
        kind: usize,
        done: usize,
        whole: Series,
        update: Series,
        bytes_before: u64,
    },
    Latency {
        rounds: usize,
        /// Since when which networks have not answered.
        waiting: Option<(Instant, Vec<usize>)>,
    },
    Done,
}

impl Bench {
    /// With this many frames in each measurement.
    pub fn new(frames: usize) -> Self {
        Self {
            frames: frames.max(4),
            phase: frames_of(0),
            pen_step: 0,
            begun: None,
            frame_reports: Map::new(),
            latencies: Vec::new(),
            report: None,
        }
    }

    /// What was found about frames and answers, once all is measured.
    pub fn report(&self) -> Option<&Value> {
        self.report.as_ref()
    }

    /// Moves the pen a little, round and round, so that every frame has a new image.
    fn move_pen(&mut self, pad: &mut Pad) {
        let angle = self.pen_step as f32 * 0.21;
        let (x, y) = (140.0 + 70.0 * angle.cos(), 140.0 + 95.0 * angle.sin());
        if self.pen_step.is_multiple_of(40) {
            pad.apply(PadCommand::Clear);
            pad.apply(PadCommand::Begin { x, y });
        } else {
            pad.apply(PadCommand::Extend { x, y });
        }
        self.pen_step += 1;
    }
}

fn frames_of(kind: usize) -> Phase {
    Phase::Frames {
        kind,
        done: 0,
        whole: Series::default(),
        update: Series::default(),
        bytes_before: 0,
    }
}

/// Takes the last frame's whole time, and sets this frame up.
#[allow(clippy::too_many_arguments)]
fn begin_frame(
    mut bench: ResMut<Bench>,
    mut pad: ResMut<Pad>,
    mut settings: ResMut<InferenceSettings>,
    mut surface: ResMut<DrawSurface>,
    networks: Option<Res<Networks>>,
    gpu: Option<Res<SharedGpu>>,
    towers: Res<Towers>,
    windows: Query<&Window>,
) {
    let Some(networks) = networks else {
        return;
    };
    let bench = bench.as_mut();
    let now = Instant::now();
    let last = bench.begun.replace(now);
    match &mut bench.phase {
        Phase::Frames {
            kind,
            done,
            whole,
            update,
            bytes_before,
        } => {
            let (name, inference, view) = FRAME_KINDS[*kind];
            if let Some(last) = last.filter(|_| *done > WARM_UP_FRAMES) {
                whole.push(now.duration_since(last).as_secs_f32() * 1e3);
            }
            if *done == WARM_UP_FRAMES {
                *bytes_before = networks.bytes_read_back;
                *update = Series::default();
            }
            if *done >= WARM_UP_FRAMES + bench.frames {
                let bytes = networks.bytes_read_back - *bytes_before;
                let found = json!({
                    "whole": series(whole),
                    // Of which the main thread's update, before it waits for the GPU or the screen.
                    "update": series(update),
                    "bytes_read_back_per_frame": bytes as f64 / bench.frames as f64,
                });
                bench.frame_reports.insert(name.into(), found);
                let next = *kind + 1;
                bench.phase = if next < FRAME_KINDS.len() {
                    frames_of(next)
                } else {
                    (settings.enabled, surface.towers) = (true, true);
                    bench.latencies = vec![Series::default(); networks.all.len()];
                    Phase::Latency {
                        rounds: 0,
                        waiting: None,
                    }
                };
                return;
            }
            *done += 1;
            if settings.enabled != inference {
                settings.enabled = inference;
            }
            surface.towers = view;
            bench.move_pen(&mut pad);
        }
        Phase::Latency { rounds, waiting } => {
            if let Some((since, left)) = waiting {
                let millis = since.elapsed().as_secs_f32() * 1e3;
                left.retain(|index| {
                    let answered = networks.all[*index].is_idle();
                    if answered {
                        bench.latencies[*index].push(millis);
                    }
                    !answered
                });
                // An answer that never comes must not hold the rest up.
                if left.is_empty() || millis > 5e3 {
                    *waiting = None;
                    *rounds += 1;
                }
            } else if networks.all.iter().all(|network| network.is_idle()) {
                if *rounds >= (bench.frames / 4).max(4) {
                    let measured: Map<String, Value> = networks
                        .all
                        .iter()
                        .zip(&bench.latencies)
                        .map(|(network, millis)| (network.name().to_lowercase(), series(millis)))
                        .collect();
                    let cells = towers.all.iter().map(|t| t.layout.cell_count());
                    let size = windows
                        .iter()
                        .next()
                        .map(|window| [window.physical_width(), window.physical_height()]);
                    bench.report = Some(json!({
                        "adapter": gpu.as_ref().map(|gpu| &gpu.adapter),
                        "size": size.or(surface.image),
                        "cells": cells.sum::<usize>(),
                        "tower_draw_calls": towers.draw_calls(),
                        "frame_millis": bench.frame_reports,
                        "stroke_to_result_millis": measured,
                    }));
                    pad.apply(PadCommand::Clear);
                    bench.phase = Phase::Done;
                    return;
                }
                let all = (0..networks.all.len()).collect();
                *waiting = Some((now, all));
                bench.move_pen(&mut pad);
            }
        }
        Phase::Done => {}
    }
}

fn end_update(mut bench: ResMut<Bench>) {
    let begun = bench.begun;
    if let (Phase::Frames { update, .. }, Some(begun)) = (&mut bench.phase, begun) {
        update.push(begun.elapsed().as_secs_f32() * 1e3);
    }
}

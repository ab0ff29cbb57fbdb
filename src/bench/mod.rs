//! What a frame, an answer and a forward cost on this machine: the same measurements for `mnistify bench` and for the
//! page's `?bench`. Frames are measured by a system that runs along; forwards alone, in [`forward_report`].

mod forward;

pub use forward::{forward_report, named_models};

use crate::{
    actions::Action,
    gpu::{FrameTimer, SharedGpu},
    inference::{Executor, InferenceSettings, Network, Series, Traffic},
    pad::PadAction,
    rest::NextFrame,
    view::{DrawSurface, Lanes},
};
use bevy::{
    diagnostic::DiagnosticsStore, ecs::system::SystemParam, platform::time::Instant, prelude::*,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Times the app's frames while a measurement is under way.
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
    latencies: BTreeMap<String, Series>,
    report: Option<Value>,
}

enum Phase {
    Frames {
        kind: usize,
        done: usize,
        whole: Series,
        update: Series,
        on_gpu: Series,
        bytes_before: u64,
    },
    Latency {
        rounds: usize,
        /// Since when which networks have not answered.
        waiting: Option<(Instant, Vec<Entity>)>,
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
            latencies: BTreeMap::new(),
            report: None,
        }
    }

    /// What was found about frames and answers, once all is measured.
    pub fn report(&self) -> Option<&Value> {
        self.report.as_ref()
    }

    /// Moves the pen a little, round and round, so that every frame has a new image.
    fn move_pen(&mut self, actions: &mut MessageWriter<Action>) {
        let angle = self.pen_step as f32 * 0.21;
        let (x, y) = (140.0 + 70.0 * angle.cos(), 140.0 + 95.0 * angle.sin());
        if self.pen_step.is_multiple_of(40) {
            actions.write(Action::Pad(PadAction::Clear));
            actions.write(Action::Pad(PadAction::Begin { x, y }));
        } else {
            actions.write(Action::Pad(PadAction::Extend { x, y }));
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
        on_gpu: Series::default(),
        bytes_before: 0,
    }
}

/// All that a measurement looks at and switches.
#[derive(SystemParam)]
struct TestBed<'w, 's> {
    actions: MessageWriter<'w, Action>,
    settings: ResMut<'w, InferenceSettings>,
    surface: ResMut<'w, DrawSurface>,
    networks: Query<'w, 's, (Entity, &'static Network, &'static Executor)>,
    lanes: Lanes<'w, 's>,
    traffic: Res<'w, Traffic>,
    gpu: Option<Res<'w, SharedGpu>>,
    frame_timer: Option<Res<'w, FrameTimer>>,
    windows: Query<'w, 's, &'static Window>,
    next: Res<'w, NextFrame>,
    diagnostics: Option<Res<'w, DiagnosticsStore>>,
}

/// GPU milliseconds of each render pass, a mean of the last hundred frames or so; empty without Bevy's
/// `RenderDiagnosticsPlugin`.
fn passes(diagnostics: &DiagnosticsStore) -> Map<String, Value> {
    let timed = diagnostics.iter().filter_map(|diagnostic| {
        let pass = diagnostic.path().as_str().strip_suffix("/elapsed_gpu")?;
        let pass = pass.strip_prefix("render/").unwrap_or(pass);
        Some((pass.to_string(), json!(diagnostic.average()?)))
    });
    timed.collect()
}

/// Takes the last frame's whole time, and sets this frame up.
fn begin_frame(mut bench: ResMut<Bench>, mut bed: TestBed) {
    let bench = bench.as_mut();
    bed.next.ask();
    bed.settings.bypass_change_detection().networks_fixed = true;
    let now = Instant::now();
    let last = bench.begun.replace(now);
    match &mut bench.phase {
        Phase::Frames {
            kind,
            done,
            whole,
            update,
            on_gpu,
            bytes_before,
        } => {
            if let Some(timer) = &bed.frame_timer {
                timer.switch(true);
                if let Some(millis) = timer.take_millis().filter(|_| *done > WARM_UP_FRAMES) {
                    on_gpu.push(millis as f32);
                }
            }
            let (name, inference, view) = FRAME_KINDS[*kind];
            if let Some(last) = last.filter(|_| *done > WARM_UP_FRAMES) {
                whole.push(now.duration_since(last).as_secs_f32() * 1e3);
            }
            if *done == WARM_UP_FRAMES {
                *bytes_before = bed.traffic.bytes_read_back;
                *update = Series::default();
            }
            if *done >= WARM_UP_FRAMES + bench.frames {
                let bytes = bed.traffic.bytes_read_back - *bytes_before;
                let mut found = json!({
                    "whole": whole.to_json(),
                    // Of which the main thread's update, before it waits for the GPU or the screen.
                    "update": update.to_json(),
                    // The renderer's own work on the GPU: scene and panels, without forwards.
                    "gpu": on_gpu.to_json(),
                    "bytes_read_back_per_frame": bytes as f64 / bench.frames as f64,
                });
                if let Some(diagnostics) = &bed.diagnostics {
                    found["passes"] = passes(diagnostics).into();
                }
                bench.frame_reports.insert(name.into(), found);
                let next = *kind + 1;
                bench.phase = if next < FRAME_KINDS.len() {
                    frames_of(next)
                } else {
                    (bed.settings.enabled, bed.surface.lanes) = (true, true);
                    Phase::Latency {
                        rounds: 0,
                        waiting: None,
                    }
                };
                return;
            }
            *done += 1;
            if bed.settings.enabled != inference {
                bed.settings.enabled = inference;
            }
            if bed.surface.lanes != view {
                bed.surface.lanes = view;
            }
            bench.move_pen(&mut bed.actions);
        }
        Phase::Latency { rounds, waiting } => {
            if let Some((since, left)) = waiting {
                let millis = since.elapsed().as_secs_f32() * 1e3;
                left.retain(|entity| {
                    let network = bed.networks.get(*entity).ok();
                    let answered = network.filter(|(_, _, executor)| executor.is_idle());
                    if let Some((_, network, _)) = answered {
                        bench
                            .latencies
                            .entry(network.key())
                            .or_default()
                            .push(millis);
                    }
                    answered.is_none()
                });
                // An answer that never comes must not hold the rest up.
                if left.is_empty() || millis > 5e3 {
                    *waiting = None;
                    *rounds += 1;
                }
            } else if bed
                .networks
                .iter()
                .all(|(_, _, executor)| executor.is_idle())
            {
                if *rounds >= (bench.frames / 4).max(4) {
                    let measured: Map<String, Value> = bench
                        .latencies
                        .iter()
                        .map(|(key, millis)| (key.clone(), millis.to_json()))
                        .collect();
                    let size = bed.windows.iter().next();
                    let size =
                        size.map(|window| [window.physical_width(), window.physical_height()]);
                    bench.report = Some(json!({
                        "adapter": bed.gpu.as_ref().map(|gpu| &gpu.adapter),
                        "size": size.or(bed.surface.image),
                        "cells": bed.lanes.cell_count(),
                        "draw_calls": bed.lanes.draw_calls(),
                        "frame_millis": bench.frame_reports,
                        "stroke_to_result_millis": measured,
                    }));
                    bed.actions.write(Action::Pad(PadAction::Clear));
                    bed.settings.networks_fixed = false;
                    if let Some(timer) = &bed.frame_timer {
                        timer.switch(false);
                    }
                    bench.phase = Phase::Done;
                    return;
                }
                let all = bed.networks.iter().map(|(entity, ..)| entity).collect();
                *waiting = Some((now, all));
                bench.move_pen(&mut bed.actions);
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

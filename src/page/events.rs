//! What the page is told as it happens: how far the start is, the first frame, every new answer, how the networks learn,
//! the bench's report.

use crate::{
    bench::{self, Bench},
    gpu::SharedGpu,
    inference::{Executor, InferenceSettings, Network, RunnerStatus},
    platform::event,
    rest::{NextFrame, WaitingPipelines},
    school::{Pupil, School},
    snapshot::Snapshot,
    view::{DrawSurface, cameras::SceneCamera},
};
use bevy::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

pub fn plugin(app: &mut App) {
    app.init_resource::<Progress>().add_systems(
        Last,
        (tell_progress, tell_answers, tell_learning, tell_bench),
    );
}

/// How far the start is.
#[derive(Resource, Default)]
pub struct Progress {
    told: Value,
    settled_frames: usize,
}

/// Frames without anything left to compile, after which the start is over.
const SETTLED_FRAMES: usize = 3;

impl Progress {
    /// Whether every pipeline is compiled and every network is checked.
    pub fn is_ready(&self) -> bool {
        self.settled_frames >= SETTLED_FRAMES
    }
}

fn tell_progress(
    mut progress: ResMut<Progress>,
    networks: Query<&Executor>,
    gpu: Option<Res<SharedGpu>>,
    pipelines: Res<WaitingPipelines>,
    next: Res<NextFrame>,
) {
    if progress.is_ready() {
        return;
    }
    next.ask();
    if next.count == 1 {
        event("first_frame", &json!({}));
    }
    let is_checked = |executor: &&Executor| executor.status != RunnerStatus::Checking;
    let checked = networks.iter().filter(is_checked).count();
    let (count, waiting) = (networks.iter().count(), pipelines.count());
    let settled = waiting == 0 && checked == count && next.count > 2;
    progress.settled_frames = if settled {
        progress.settled_frames + 1
    } else {
        0
    };
    // Each check, the pipelines, and the quiet frames are a step.
    let total = count + 1 + SETTLED_FRAMES;
    let done = checked + usize::from(waiting == 0) + progress.settled_frames;
    let now = json!({ "done": done, "total": total, "what": "Preparing the GPU" });
    if progress.told != now {
        event("progress", &now);
        progress.told = now;
    }
    if progress.is_ready() {
        event(
            "ready",
            &json!({ "adapter": gpu.as_ref().map(|gpu| &gpu.adapter) }),
        );
    }
}

fn tell_answers(snapshot: Snapshot, mut told: Local<Value>) {
    let now = snapshot.predictions();
    if *told != now {
        event("prediction", &now);
        *told = now;
    }
}

/// How the networks learn, as the page is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Learning {
    /// Steps since the networks knew nothing.
    step: u64,
    /// What is going on, such as `learning`.
    phase: &'static str,
    /// Those that learn.
    networks: Vec<LearningNetwork>,
}

/// How one of them learns.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct LearningNetwork {
    /// Its name for people.
    name: String,
    /// The share of the digits it never saw that it reads right; none before it was measured.
    unseen: Option<f32>,
    /// The newest mean loss; none before the first step.
    loss: Option<f32>,
}

/// Tells the page how the networks learn, whenever that changes.
fn tell_learning(
    school: Res<School>,
    pupils: Query<(&Network, &Pupil)>,
    mut told: Local<Option<Learning>>,
) {
    let mut pupils: Vec<_> = pupils.iter().collect();
    pupils.sort_by_key(|(network, _)| network.slot());
    let networks = pupils.iter().map(|(network, pupil)| LearningNetwork {
        name: network.name().into(),
        unseen: pupil.standing().unseen.map(|share| share as f32),
        loss: pupil.standing().loss.map(|loss| loss as f32),
    });
    let step = pupils.iter().map(|(_, pupil)| pupil.standing().step).max();
    let now = Learning {
        step: step.unwrap_or(0) as u64,
        phase: school.phase.name(),
        networks: networks.collect(),
    };
    if !pupils.is_empty() && told.as_ref() != Some(&now) {
        event("learning", &json!(now));
        *told = Some(now);
    }
}

/// When the frames are measured, measures the forwards with everything else switched off, the drawing of frames too, and
/// tells the report.
fn tell_bench(
    mut commands: Commands,
    bench: Option<Res<Bench>>,
    networks: Query<&Network>,
    gpu: Option<Res<SharedGpu>>,
    mut settings: ResMut<InferenceSettings>,
    mut surface: ResMut<DrawSurface>,
    mut cameras: Query<&mut Camera, With<SceneCamera>>,
) {
    let Some(mut report) = bench.as_ref().and_then(|bench| bench.report()).cloned() else {
        return;
    };
    commands.remove_resource::<Bench>();
    let Some(gpu) = gpu.map(|gpu| gpu.clone()) else {
        event("bench", &report);
        return;
    };
    (settings.enabled, surface.lanes) = (false, false);
    for mut camera in &mut cameras {
        camera.is_active = false;
    }
    let models = bench::named_models(&networks);
    wasm_bindgen_futures::spawn_local(async move {
        report["forward"] = bench::forward_report(&models, &gpu, bench::PAGE_FRAMES).await;
        event("bench", &report);
        super::ask(super::Request::BenchIsOver);
    });
}

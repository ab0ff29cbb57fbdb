//! What the page is told as it happens: how far the start is, the first frame, every new answer, the bench's report.

use crate::{
    bench::{self, Bench},
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, RunnerStatus},
    report,
    view::{DrawSurface, FrameTimes, cameras::SceneCamera},
};
use bevy::{
    prelude::*,
    render::{Render, RenderApp, RenderSystems, render_resource::PipelineCache},
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

pub fn plugin(app: &mut App) {
    let waiting = Arc::new(AtomicUsize::new(usize::MAX));
    app.insert_resource(Progress {
        waiting: waiting.clone(),
        told: Value::Null,
        settled_frames: 0,
    })
    .add_systems(
        Last,
        (tell_progress, tell_answers, tell_bench).run_if(resource_exists::<Networks>),
    );
    if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
        render_app
            .insert_resource(WaitingPipelines(waiting))
            .add_systems(Render, count_pipelines.in_set(RenderSystems::Cleanup));
    }
}

/// How far the start is.
#[derive(Resource)]
pub struct Progress {
    waiting: Arc<AtomicUsize>,
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

/// The renderer's side of [`Progress`].
#[derive(Resource)]
struct WaitingPipelines(Arc<AtomicUsize>);

fn count_pipelines(cache: Res<PipelineCache>, waiting: Res<WaitingPipelines>) {
    let count = cache.waiting_pipelines().count();
    waiting.0.store(count, Ordering::Relaxed);
}

fn tell_progress(
    mut progress: ResMut<Progress>,
    networks: Res<Networks>,
    gpu: Option<Res<SharedGpu>>,
    frames: Res<FrameTimes>,
) {
    if progress.is_ready() {
        return;
    }
    if frames.count == 1 {
        super::event("first_frame", &json!({}));
    }
    let checked = |status: &RunnerStatus| *status != RunnerStatus::Checking;
    let checked = networks.all.iter().filter(|n| checked(&n.status)).count();
    let waiting = progress.waiting.load(Ordering::Relaxed);
    let settled = waiting == 0 && checked == networks.all.len() && frames.count > 2;
    progress.settled_frames = if settled {
        progress.settled_frames + 1
    } else {
        0
    };
    // Each check, the pipelines, and the quiet frames are a step.
    let total = networks.all.len() + 1 + SETTLED_FRAMES;
    let done = checked + usize::from(waiting == 0) + progress.settled_frames;
    let now = json!({ "done": done, "total": total, "what": "Preparing the GPU" });
    if progress.told != now {
        super::event("progress", &now);
        progress.told = now;
    }
    if progress.is_ready() {
        super::event(
            "ready",
            &json!({ "adapter": gpu.as_ref().map(|gpu| &gpu.adapter) }),
        );
    }
}

fn tell_answers(networks: Res<Networks>, settings: Res<InferenceSettings>, mut told: Local<Value>) {
    let now = report::predictions(&networks, &settings);
    if *told != now {
        super::event("prediction", &now);
        *told = now;
    }
}

/// When the frames are measured, measures the forwards with everything else switched off, the drawing of frames too, and
/// tells the report.
fn tell_bench(
    mut commands: Commands,
    bench: Option<Res<Bench>>,
    networks: Res<Networks>,
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
        super::event("bench", &report);
        return;
    };
    (settings.enabled, surface.towers) = (false, false);
    for mut camera in &mut cameras {
        camera.is_active = false;
    }
    let models = bench::named_models(&networks);
    wasm_bindgen_futures::spawn_local(async move {
        report["forward"] = bench::forward_report(&models, &gpu, bench::PAGE_FRAMES).await;
        super::event("bench", &report);
        super::ask(super::Request::BenchIsOver);
    });
}

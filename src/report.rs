//! What the app shows, as JSON: for scripts and tests of the real window, and for the page's JavaScript interface.

use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, LiveNetwork, Networks, RunnerStatus, ShownNetworks},
    pad::Pad,
    panels::PanelState,
    visitor::Visitor,
};
use mnistify_drawing::Preparation;
use mnistify_network::{Series, Telling, prediction::headline, telling};
use serde_json::{Map, Value, json};

/// Everything at once. Rectangles are `[x0, y0, x1, y1]` in logical pixels of the window.
pub fn app_state(
    networks: &Networks,
    settings: &InferenceSettings,
    pad: &Pad,
    panels: &PanelState,
    visitor: &Visitor,
    gpu: Option<&SharedGpu>,
) -> Value {
    let corners = |rect: &bevy::math::Rect| json!([rect.min.x, rect.min.y, rect.max.x, rect.max.y]);
    let controls: Map<String, Value> = panels
        .controls
        .iter()
        .map(|(name, rect)| ((*name).to_string(), corners(rect)))
        .collect();
    let models = networks.all.iter().enumerate();
    let models: Vec<Value> = models
        .map(|(index, network)| {
            let mut model = telling_of(network, settings.threshold).to_json();
            model["parameters"] = json!(network.spec().parameter_count());
            model["yours"] = json!(network.is_visitors);
            model["shown"] = json!(settings.shown.shows(index));
            model["runs_on"] = json!(network.runner.name());
            model["status"] = json!(status_text(&network.status));
            model["logits"] = json!(network.answer.as_ref().map(|answer| &answer.logits));
            model["timings"] = json!({
                "encode": network.timings.encode.to_json(),
                "result": network.timings.result.to_json(),
                "gpu": network.timings.gpu.to_json(),
            });
            model
        })
        .collect();
    let answers = shown(networks, settings).map(|network| network.answer.as_ref());
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapter": gpu.map(|gpu| &gpu.adapter),
        "preparation": match pad.preparation() {
            Preparation::Prepared => "prepared",
            Preparation::Raw => "raw",
        },
        "shown": match settings.shown {
            ShownNetworks::All => json!("all"),
            ShownNetworks::Only(index) => json!(index),
        },
        "pen_down": pad.drawing().is_drawing(),
        "strokes": pad.drawing().strokes().len(),
        "image": pad.image().to_bytes().to_vec(),
        "pad": panels.pad_rect.as_ref().map(corners),
        "buttons": controls,
        "models": models,
        "headline": headline(answers),
        "message": panels.message,
        "dragging": visitor.dragging,
        "refusal": visitor.refusal,
        "notes": visitor.notes,
    })
}

/// What the networks say, and the same as a sentence for people who hear it.
pub fn predictions(networks: &Networks, settings: &InferenceSettings) -> Value {
    let tellings: Vec<Telling> = shown(networks, settings)
        .map(|network| telling_of(network, settings.threshold))
        .collect();
    telling::all_to_json(&tellings)
}

fn shown<'a>(
    networks: &'a Networks,
    settings: &InferenceSettings,
) -> impl Iterator<Item = &'a LiveNetwork> {
    let shown = settings.shown;
    let all = networks.all.iter().enumerate();
    all.filter(move |(index, _)| shown.shows(*index))
        .map(|(_, network)| network)
}

fn telling_of(network: &LiveNetwork, threshold: f32) -> Telling<'_> {
    Telling {
        name: network.name(),
        classes: network.spec().classes(),
        answer: network.answer.as_ref(),
        threshold,
    }
}

fn status_text(status: &RunnerStatus) -> String {
    match status {
        RunnerStatus::Checking => "checking".into(),
        RunnerStatus::Verified { .. } => "verified".into(),
        RunnerStatus::OnCpu(reason) => format!("on the CPU: {reason}"),
    }
}

/// Median and 95th percentile in milliseconds; null where nothing was measured.
pub fn series(series: &Series) -> Value {
    series.to_json()
}

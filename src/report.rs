//! What the app shows, as JSON: for scripts and tests of the real window, and for the page's JavaScript interface.

use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, LiveNetwork, Networks, RunnerStatus, Series, ShownNetworks},
    pad::Pad,
    panels::PanelState,
    visitor::Visitor,
};
use mnistify_drawing::Preparation;
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
            let mut model = model_answer(network, settings.threshold);
            model["parameters"] = json!(network.spec().parameter_count());
            model["yours"] = json!(network.is_visitors);
            model["shown"] = json!(settings.shown.shows(index));
            model["runs_on"] = json!(network.runner.name());
            model["status"] = json!(status_text(&network.status));
            model["logits"] = json!(network.answer.as_ref().map(|answer| &answer.logits));
            model["timings"] = json!({
                "encode": series(&network.timings.encode),
                "result": series(&network.timings.result),
                "gpu": series(&network.timings.gpu),
            });
            model
        })
        .collect();
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
        "message": panels.message,
        "dragging": visitor.dragging,
        "refusal": visitor.refusal,
        "notes": visitor.notes,
    })
}

/// What the networks say, and the same as a sentence for people who hear it.
pub fn predictions(networks: &Networks, settings: &InferenceSettings) -> Value {
    let shown = networks.all.iter().enumerate();
    let shown: Vec<&LiveNetwork> = shown
        .filter(|(index, _)| settings.shown.shows(*index))
        .map(|(_, network)| network)
        .collect();
    let models: Vec<Value> = shown
        .iter()
        .map(|network| model_answer(network, settings.threshold))
        .collect();
    let sentences: Vec<String> = shown
        .iter()
        .map(|network| sentence(network, settings.threshold))
        .collect();
    json!({ "models": models, "text": sentences.join(" ") })
}

fn model_answer(network: &LiveNetwork, threshold: f32) -> Value {
    let answer = network.answer.as_ref();
    let label = |class: usize| network.spec().classes()[class].clone();
    json!({
        "name": network.name(),
        "class": answer.map(|answer| answer.class),
        "label": answer.map(|answer| label(answer.class)),
        "confidence": answer.map(|answer| answer.confidence()),
        "sure": answer.map(|answer| answer.is_sure(threshold)),
        "probabilities": answer.map(|answer| &answer.probabilities),
    })
}

fn sentence(network: &LiveNetwork, threshold: f32) -> String {
    let name = network.name();
    match &network.answer {
        None => format!("{name}: waiting for a digit."),
        Some(answer) => {
            let label = &network.spec().classes()[answer.class];
            let percent = (answer.confidence() * 100.0).round();
            if answer.is_sure(threshold) {
                format!("{name}: {label}, {percent} percent.")
            } else {
                format!("{name}: not sure, perhaps {label}, {percent} percent.")
            }
        }
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
    match (series.median(), series.p95()) {
        (Some(median), Some(p95)) => json!({ "median": median, "p95": p95 }),
        _ => Value::Null,
    }
}

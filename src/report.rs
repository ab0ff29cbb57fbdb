//! What the app shows, as JSON: for scripts and tests of the real window, and for the page's JavaScript interface.

use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, LiveNetwork, Networks, RunnerStatus, Series, ShownNetworks},
    pad::Pad,
    panels::PanelState,
    visitor::Visitor,
};
use mnistify_drawing::Preparation;
use mnistify_network::{Answer, Verdict, prediction::headline};
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
    let models: Vec<Value> = shown(networks, settings)
        .map(|network| model_answer(network, settings.threshold))
        .collect();
    let answers = shown(networks, settings).map(|network| network.answer.as_ref());
    let headline = headline(answers);
    let text = match headline {
        Some(headline) => headline.to_string(),
        None => {
            let sentences: Vec<String> = shown(networks, settings)
                .map(|network| {
                    let classes = network.spec().classes();
                    let answer = network.answer.as_ref();
                    sentence(network.name(), answer, classes, settings.threshold)
                })
                .collect();
            sentences.join(" ")
        }
    };
    json!({ "models": models, "headline": headline, "text": text })
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

fn model_answer(network: &LiveNetwork, threshold: f32) -> Value {
    let answer = network.answer.as_ref();
    let label = |class: usize| network.spec().classes()[class].clone();
    json!({
        "name": network.name(),
        "class": answer.map(|answer| answer.class),
        "label": answer.map(|answer| label(answer.class)),
        "confidence": answer.map(|answer| answer.confidence()),
        "sure": answer.map(|answer| answer.verdict(threshold) == Verdict::Digit),
        "verdict": answer.map(|answer| answer.verdict(threshold)),
        "runner_up": answer.and_then(Answer::runner_up).map(label),
        "probabilities": answer.map(|answer| &answer.probabilities),
    })
}

fn sentence(name: &str, answer: Option<&Answer>, classes: &[String], threshold: f32) -> String {
    let Some(answer) = answer else {
        return format!("{name}: waiting for a digit.");
    };
    let label = &classes[answer.class];
    let percent = (answer.confidence() * 100.0).round();
    match answer.verdict(threshold) {
        Verdict::Digit => format!("{name}: {label}, {percent} percent."),
        Verdict::NotSure => format!("{name}: not sure, perhaps {label}, {percent} percent."),
        Verdict::NoDigit => format!("{name}: not a digit."),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_a_sentence() {
        let classes = ["0", "1", "2"].map(String::from);
        let mut answer = Answer::from_logits(&[0.0, 3.0, 1.0], None).expect("finite logits");
        let said =
            |answer: Option<&Answer>, threshold| sentence("CNN", answer, &classes, threshold);
        assert_eq!(said(None, 0.6), "CNN: waiting for a digit.");
        assert_eq!(said(Some(&answer), 0.6), "CNN: 1, 84 percent.");
        let doubt = "CNN: not sure, perhaps 1, 84 percent.";
        assert_eq!(said(Some(&answer), 0.9), doubt);
        answer.is_digit = false;
        assert_eq!(said(Some(&answer), 0.6), "CNN: not a digit.");
    }
}

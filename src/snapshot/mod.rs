//! What the app shows, as JSON: for scripts and tests of the real window, and for the page's JavaScript interface.

#[cfg(not(target_arch = "wasm32"))]
mod file;

use crate::{
    actions::Screen,
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, Origin, ReadingItem, RunnerStatus},
    own_network::OwnNetwork,
    pad::Pad,
    panels::Controls,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use mnistify_drawing::Preparation;
use mnistify_network::{Answer, Verdict, prediction::headline};
use serde_json::{Map, Value, json};

/// Writes the state file where one is wanted.
pub fn plugin(app: &mut App) {
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins(file::plugin);
    #[cfg(target_arch = "wasm32")]
    let _ = app;
}

/// All that a snapshot shows.
#[derive(SystemParam)]
pub struct Snapshot<'w, 's> {
    networks: Networks<'w, 's>,
    settings: Res<'w, InferenceSettings>,
    pad: Res<'w, Pad>,
    screen: Res<'w, Screen>,
    controls: Res<'w, Controls>,
    own: Res<'w, OwnNetwork>,
    gpu: Option<Res<'w, SharedGpu>>,
    #[cfg(not(target_arch = "wasm32"))]
    resumed: Res<'w, crate::recovery::Resumed>,
}

impl Snapshot<'_, '_> {
    /// Everything at once; none before the panels were laid out. Rectangles are `[x0, y0, x1, y1]` in logical pixels of
    /// the window.
    pub fn state(&self) -> Option<Value> {
        let corners = |rect: &Rect| json!([rect.min.x, rect.min.y, rect.max.x, rect.max.y]);
        let pad_place = corners(self.controls.pad.as_ref()?);
        let controls: Map<String, Value> = self
            .controls
            .places
            .iter()
            .map(|(name, rect)| ((*name).to_string(), corners(rect)))
            .collect();
        let threshold = self.settings.threshold;
        let networks = self.networks.all();
        let models: Vec<Value> = networks
            .iter()
            .map(|reading| model_state(reading, threshold))
            .collect();
        let shown = networks.iter().filter(|reading| reading.shown);
        let only = self.networks.only_shown();
        let own = self.networks.own();
        let notes = own.as_ref().map(|own| match &own.network.origin {
            Origin::Own(notes) => notes.clone(),
            Origin::Shipped => Vec::new(),
        });
        #[cfg(not(target_arch = "wasm32"))]
        let restarts = self.resumed.0.len();
        // There the page itself is loaded again.
        #[cfg(target_arch = "wasm32")]
        let restarts = 0;
        Some(json!({
            "restarts": restarts,
            "version": env!("CARGO_PKG_VERSION"),
            "adapter": self.gpu.as_ref().map(|gpu| &gpu.adapter),
            "preparation": match self.pad.preparation() {
                Preparation::Prepared => "prepared",
                Preparation::Raw => "raw",
            },
            "shown": only.map_or("all".to_string(), |reading| reading.network.key()),
            "pen_down": self.pad.drawing().is_drawing(),
            "strokes": self.pad.drawing().strokes().len(),
            "image": self.pad.image().to_bytes().to_vec(),
            "pad": pad_place,
            "buttons": controls,
            "models": models,
            "headline": headline(shown.map(ReadingItem::answer)),
            "message": self.screen.notice,
            "dragging": self.own.dragging,
            "refusal": self.own.refusal,
            "notes": notes.unwrap_or_default(),
        }))
    }

    /// What the shown networks say, and the same as a sentence for people who hear it.
    pub fn predictions(&self) -> Value {
        let threshold = self.settings.threshold;
        let shown = self.networks.shown();
        let models: Vec<Value> = shown
            .iter()
            .map(|reading| model_answer(reading, threshold))
            .collect();
        let headline = headline(shown.iter().map(ReadingItem::answer));
        let text = match headline {
            Some(headline) => headline.to_string(),
            None => {
                let sentences: Vec<String> = shown
                    .iter()
                    .map(|reading| {
                        let (network, answer) = (reading.network, reading.answer());
                        sentence(network.name(), answer, network.spec().classes(), threshold)
                    })
                    .collect();
                sentences.join(" ")
            }
        };
        json!({ "models": models, "headline": headline, "text": text })
    }
}

fn model_state(reading: &ReadingItem<'_, '_>, threshold: f32) -> Value {
    let (network, executor) = (reading.network, reading.executor);
    let mut model = model_answer(reading, threshold);
    model["key"] = json!(network.key());
    model["parameters"] = json!(network.spec().parameter_count());
    model["yours"] = json!(network.is_own());
    model["shown"] = json!(reading.shown);
    model["runs_on"] = json!(executor.runner.name());
    model["status"] = json!(status_text(&executor.status));
    model["logits"] = json!(reading.answer().map(|answer| &answer.logits));
    model["timings"] = json!({
        "encode": reading.timings.encode.summary(),
        "result": reading.timings.result.summary(),
        "gpu": reading.timings.gpu.summary(),
    });
    model
}

fn model_answer(reading: &ReadingItem<'_, '_>, threshold: f32) -> Value {
    let answer = reading.answer();
    let label = |class: usize| reading.network.spec().classes()[class].clone();
    json!({
        "name": reading.network.name(),
        "class": answer.map(|answer| answer.class),
        "label": answer.map(|answer| label(answer.class)),
        "confidence": answer.map(Answer::confidence),
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

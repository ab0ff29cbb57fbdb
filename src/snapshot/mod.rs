//! What the app shows, as JSON: for scripts and tests of the real window, and for the page's JavaScript interface.

#[cfg(not(target_arch = "wasm32"))]
mod file;

use crate::{
    access::Access,
    actions::Screen,
    composition::Part,
    exhibit::{Exhibit, Phase},
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, Origin, ReadingItem, RunnerStatus},
    own_network::OwnNetwork,
    pad::Pad,
    panels::Controls,
    school::{Pupil, School},
    view::DrawSurface,
    words,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use mnistify_drawing::{Preparation, Tool};
use mnistify_network::{
    prediction::headline,
    telling::{self, Telling},
};
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
    access: Res<'w, Access>,
    controls: Res<'w, Controls>,
    own: Res<'w, OwnNetwork>,
    exhibit: Option<Res<'w, Exhibit>>,
    school: Res<'w, School>,
    surface: Res<'w, DrawSurface>,
    pupils: Query<'w, 's, &'static Pupil>,
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
            Origin::Own { notes, .. } => {
                let say = |note| words::say_note(words::language(), note);
                notes.iter().map(say).collect::<Vec<_>>()
            }
            Origin::Shipped | Origin::Pupil => Vec::new(),
        });
        let known = own.as_ref().and_then(|own| own.network.known());
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
            "tool": match self.pad.tool {
                Tool::Draw => "draw",
                Tool::Erase => "erase",
            },
            "pen_down": self.pad.drawing().is_drawing(),
            "strokes": self.pad.drawing().strokes().len(),
            "image": self.pad.image().to_bytes().to_vec(),
            "pad": pad_place,
            "buttons": controls,
            "models": models,
            "headline": headline(shown.map(ReadingItem::answer)),
            "message": self.screen.notice,
            "language": words::language().code(),
            "access": *self.access,
            "tour": self.screen.tour,
            "challenge": self.screen.challenge,
            "demonstrating": self.pad.is_demonstrating(),
            "phase": self.exhibit.as_ref().map(|exhibit| match exhibit.phase() {
                Phase::Attract => "attract",
                Phase::Visit => "visit",
                Phase::Asking => "asking",
            }),
            "resets": self.exhibit.as_ref().map(|exhibit| exhibit.resets),
            "on_wall": self.surface.part == Part::Table,
            "school": self.school_state(),
            "dragging": self.own.dragging,
            "refusal": self.own.refusal,
            "notes": notes.unwrap_or_default(),
            "known": known.map(|known| [known.right, known.of]),
            "tried": self.own.tried(),
        }))
    }

    /// The school, where it is open.
    fn school_state(&self) -> Option<Value> {
        let school = &*self.school;
        let pupils = self.networks.all().into_iter().filter_map(|reading| {
            let pupil = self.pupils.get(reading.entity).ok()?;
            let standing = pupil.standing();
            Some(json!({
                "name": reading.network.name(),
                "step": standing.step,
                "unseen": standing.unseen,
                "loss": standing.loss,
                "step_millis": pupil.step_millis(),
            }))
        });
        school.is_open.then(|| {
            json!({
                "phase": school.phase.name(),
                "part": school.part,
                "waiting": school.is_waiting(),
                "trouble": school.trouble,
                "examples": school.plan.settings.examples,
                "moved": school.plan.settings.moved,
                "wrong": school.plan.settings.wrong,
                "speed": school.plan.speed,
                "own": school.own.len(),
                "page": school.page.name(),
                "networks": pupils.collect::<Vec<_>>(),
                "reports": school.reports.iter().map(|report| json!({
                    "examples": report.plan.settings.examples,
                    "moved": report.plan.settings.moved,
                    "wrong": report.plan.settings.wrong,
                    "own": report.own,
                    "unseen": report.unseen,
                })).collect::<Vec<_>>(),
            })
        })
    }

    /// What the shown networks say, and the same as a sentence for people who hear it.
    pub fn predictions(&self) -> Value {
        let shown = self.networks.shown();
        let threshold = self.settings.threshold;
        let tellings: Vec<Telling<'_>> = shown
            .iter()
            .map(|reading| telling_of(reading, threshold))
            .collect();
        telling::all_to_json(&tellings)
    }
}

fn model_state(reading: &ReadingItem<'_, '_>, threshold: f32) -> Value {
    let (network, executor) = (reading.network, reading.executor);
    let mut model = telling_of(reading, threshold).to_json();
    model["key"] = json!(network.key());
    model["parameters"] = json!(network.spec().parameter_count());
    model["yours"] = json!(network.is_own());
    model["shown"] = json!(reading.shown);
    model["runs_on"] = json!(executor.runner.name());
    model["status"] = json!(status_text(&executor.status));
    model["logits"] = json!(reading.answer().map(|answer| &answer.logits));
    model["timings"] = json!({
        "encode": reading.timings.encode.to_json(),
        "result": reading.timings.result.to_json(),
        "gpu": reading.timings.gpu.to_json(),
    });
    model
}

fn telling_of<'a>(reading: &'a ReadingItem<'_, '_>, threshold: f32) -> Telling<'a> {
    Telling {
        name: reading.network.name(),
        classes: reading.network.spec().classes(),
        answer: reading.answer(),
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

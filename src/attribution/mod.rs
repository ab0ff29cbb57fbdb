//! What the visitor's strokes did: the river of answers while the drawing was made, and which part of the line speaks for the
//! answer. Found when the pen is up, for the network whose answer is explained, and only while somebody looks; while the pen is
//! down the river grows with the answers as they come.

mod live;
mod occlusion;
mod question;
mod river;

pub use live::Live;
pub use occlusion::{Occlusion, margin};
pub use question::{Question, Told};
pub use river::{Lead, MOMENTS, leads, moments};

use crate::{
    AppSystems,
    gpu::SharedGpu,
    inference::{Batch, CurrentAnswer, Executor, Network, Progress},
    pad::{Pad, PadAction, in_replay_time},
    request::Request,
    rest::NextFrame,
    view::Selection,
    why::WhyPage,
};
use bevy::{ecs::system::SystemParam, platform::time::Instant, prelude::*};
use mnistify_drawing::{PIXELS, Preparation};
use mnistify_network::CpuNetwork;
use std::{sync::Arc, time::Duration};

/// Finds out what strokes did.
pub fn plugin(app: &mut App) {
    app.add_systems(
        PostUpdate,
        attribute
            .after(AppSystems::Infer)
            .before(AppSystems::Present),
    );
}

/// Time in a frame for drawing the images that are to be read.
const DRAWING_TIME: Duration = Duration::from_millis(4);

/// What a network says of a drawing's making and of its parts.
#[derive(Component, Default)]
pub struct Attribution {
    /// Of the newest drawing that it has read; none before, and where no ink of strokes is to be seen.
    pub told: Option<Told>,
    /// Of the drawing that is being made, or that nothing else is known of yet.
    pub live: Option<Live>,
    of: Option<Subject>,
    question: Option<Question>,
    /// The images of the question that were drawn by now.
    images: Vec<f32>,
    batch: Batch,
}

impl Attribution {
    /// Whether nothing is known yet, or an answer is on its way.
    pub fn is_busy(&self) -> bool {
        self.question.is_some() || self.of.is_none()
    }

    fn ask(&mut self, pad: &Pad) {
        let strokes = in_replay_time(pad.drawing().strokes());
        self.live.take_if(|live| !live.is_of(&strokes));
        // A picture is no line that could be cut.
        let asks = pad.drawing().picture().is_none();
        self.question = asks
            .then(|| Question::of(strokes, pad.preparation()))
            .flatten();
        if self.question.is_none() {
            self.told = None;
            self.live = None;
        }
        self.images.clear();
        self.batch.ask(Vec::new());
    }

    /// While the pen is down, what is said of the drawing so far is the river's end.
    fn follow_pen(&mut self, pad: &Pad, answer: &CurrentAnswer) {
        let Some(answer) = &answer.0 else {
            return;
        };
        let strokes = in_replay_time(pad.drawing().strokes());
        let told = self.told.as_ref();
        let live = self
            .live
            .get_or_insert_with(|| Live::new(strokes.clone(), told));
        live.take(strokes, answer.clone());
    }

    /// Draws the next images of the question, and sends them off when all are there.
    fn draw(&mut self) {
        let Some(question) = &self.question else {
            return;
        };
        let wanted = question.images() * PIXELS;
        if self.batch.is_busy() {
            return;
        }
        let begun = Instant::now();
        while self.images.len() < wanted && begun.elapsed() < DRAWING_TIME {
            let image = question.image(self.images.len() / PIXELS);
            self.images.extend_from_slice(image.as_slice());
        }
        if self.images.len() == wanted {
            self.batch.ask(std::mem::take(&mut self.images));
        }
    }
}

/// The drawing and the weights that something is told of.
struct Subject {
    revision: u64,
    preparation: Preparation,
    weights: Arc<CpuNetwork>,
}

impl Subject {
    fn is(&self, pad: &Pad, network: &Network) -> bool {
        self.revision == pad.drawing().revision()
            && self.preparation == pad.preparation()
            && Arc::ptr_eq(&self.weights, &network.cpu)
    }
}

/// Whether somebody looks, and at what.
#[derive(SystemParam)]
struct Looking<'w> {
    page: Res<'w, WhyPage>,
    selection: Res<'w, Selection>,
}

impl Looking<'_> {
    fn at(&self, entity: Entity, network: &Network) -> bool {
        let selected = self.selection.cell;
        *self.page == WhyPage::Strokes
            && selected.is_some_and(|selected| {
                selected.network == entity && network.is_output(selected.cell)
            })
    }
}

type Asked<'a> = (
    Entity,
    &'a Network,
    &'a Executor,
    Ref<'a, CurrentAnswer>,
    Option<&'a mut Attribution>,
);

fn attribute(
    mut commands: Commands,
    mut networks: Query<Asked<'_>>,
    looking: Looking,
    pad: Res<Pad>,
    gpu: Option<Res<SharedGpu>>,
    mut requests: MessageWriter<Request<PadAction>>,
    next: Res<NextFrame>,
) {
    let mut looked_at = false;
    for (entity, network, executor, answer, attribution) in &mut networks {
        if !looking.at(entity, network) {
            if attribution.is_some() {
                commands.entity(entity).remove::<Attribution>();
            }
            continue;
        }
        looked_at = true;
        let Some(mut attribution) = attribution else {
            commands.entity(entity).insert(Attribution::default());
            next.ask();
            continue;
        };
        let attribution = &mut *attribution;
        let known = attribution.of.as_ref();
        // While it learns, nobody knows of which weights an answer would be.
        if !known.is_some_and(|known| known.is(&pad, network))
            && !pad.drawing().is_drawing()
            && network.is_current
        {
            attribution.of = Some(Subject {
                revision: pad.drawing().revision(),
                preparation: pad.preparation(),
                weights: network.cpu.clone(),
            });
            attribution.ask(&pad);
            next.ask();
        }
        let follows = pad.drawing().is_drawing() && pad.drawing().picture().is_none();
        if follows && network.is_current && answer.is_changed() {
            attribution.follow_pen(&pad, &answer);
            next.ask();
        }
        if attribution.question.is_none() {
            continue;
        }
        next.ask();
        attribution.draw();
        match attribution.batch.follow(network, executor, gpu.as_deref()) {
            Progress::Idle | Progress::UnderWay => {}
            Progress::Done(logits) => {
                let calibration = network.model.calibration.as_ref();
                let question = attribution.question.take();
                attribution.told =
                    question.and_then(|question| question.told(&logits, calibration));
                // The pen may be down again.
                attribution.live.take_if(|_| !follows);
            }
            Progress::Failed => {
                attribution.question = None;
                attribution.told = None;
                attribution.live = None;
            }
        }
    }
    // Who let go of the river by closing the page finds the drawing whole.
    if pad.scrubbed_at().is_some() && !looked_at {
        requests.write(Request(PadAction::Scrub(None)));
        next.ask();
    }
}

//! A network that learns: how many steps a frame makes, what is known of how well it reads by now, and what it is seen
//! learning from.

use super::{data::Lessons, own::OwnDigits, plan::LessonPlan};
use crate::gpu::{GpuTimer, SharedGpu};
use bevy::prelude::*;
use mnistify_drawing::PIXELS;
use mnistify_learning::{Lesson, Pool, Sample, fused::Kernels, lesson::Standing};
use mnistify_network::{
    Card, Metrics, Model, NetworkSpec,
    fused::{ArenaRead, FusedNetwork},
};
use std::{collections::VecDeque, sync::Arc};

/// Seconds between two questions to the network how well it reads.
const ASK_SECONDS: f32 = 0.12;
/// Milliseconds of a step before the first was timed.
const FIRST_GUESS: f64 = 4.0;
/// Steps of a frame, at most: the CPU has to encode them.
const MOST_STEPS: f64 = 20.0;
/// Points of a curve; when there are more, every second one goes.
const MOST_POINTS: usize = 240;
/// Seconds between two images that are shown of those that are learned from.
const SIGHT_SECONDS: f32 = 0.16;
/// Images that are kept to be shown.
const MOST_SIGHTS: usize = 40;

/// A network learns.
#[derive(Component)]
pub struct Pupil {
    lesson: Lesson,
    timer: Option<GpuTimer>,
    /// Of a step, smoothed.
    millis: f64,
    /// Steps that may be made by now, and GPU milliseconds that are left for them.
    allowed: f64,
    left: f64,
    since_asked: f32,
    since_sight: f32,
    /// Another step while it stands still.
    pub(super) one_more: bool,
    /// It is to forget everything.
    pub(super) begins: bool,
    /// The lesson is over, and all unseen digits are to be read once more.
    pub(super) ends: bool,
    /// Unseen digits that were read since the weights stand still.
    examined: usize,
    measured: Option<ArenaRead>,
    /// How far the newest single step moved each layer that has weights, as a share of these.
    pub changes: Vec<(usize, f32)>,
    weights: Option<[ArenaRead; 2]>,
    came: [Option<Vec<f32>>; 2],
    /// How it read over time.
    pub curve: Vec<Point>,
    stride: usize,
    since_point: usize,
    /// Images that it learns from, the newest last.
    pub sights: VecDeque<Sight>,
    /// Images that were ever put there.
    pub seen: usize,
}

/// How well it read at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The part of the lesson that was over.
    pub part: f64,
    /// The share of unseen digits that were read right.
    pub unseen: f64,
    /// The mean cross entropy of the images that are learned from.
    pub loss: f64,
}

/// An image that is learned from.
#[derive(Clone)]
pub struct Sight {
    /// As the network sees it, from 0 to 1.
    pub pixels: Box<[f32; PIXELS]>,
    /// What it is told that this is.
    pub class: u8,
    /// Whether that is wrong.
    pub is_wrong: bool,
}

impl Pupil {
    pub(super) fn new(
        spec: &NetworkSpec,
        plan: &LessonPlan,
        pool: &Arc<Pool>,
        gpu: &SharedGpu,
        live: &FusedNetwork,
        kernels: &Kernels,
    ) -> Result<Self, String> {
        let device = gpu.burn.as_ref().ok_or_else(|| gpu.adapter.clone())?;
        let lesson = Lesson::with_kernels(spec, &plan.settings, pool, device, kernels);
        let mut lesson = lesson.map_err(|error| error.to_string())?;
        lesson.publish_to(live);
        lesson.publish();
        Ok(Self {
            lesson,
            timer: GpuTimer::new(gpu.device.wgpu_device(), &gpu.queue),
            millis: FIRST_GUESS,
            allowed: 0.0,
            left: 0.0,
            since_asked: ASK_SECONDS,
            since_sight: 0.0,
            one_more: false,
            begins: false,
            ends: false,
            examined: 0,
            measured: None,
            changes: Vec::new(),
            weights: None,
            came: [None, None],
            curve: Vec::new(),
            stride: 1,
            since_point: 0,
            sights: VecDeque::new(),
            seen: 0,
        })
    }

    pub(super) fn begin(&mut self, spec: &NetworkSpec, plan: &LessonPlan, lessons: &Lessons) {
        if let Lessons::Here(pool) = lessons {
            self.lesson.begin(spec, &plan.settings, pool);
            self.lesson.publish();
        }
        self.allowed = 0.0;
        self.since_asked = ASK_SECONDS;
        self.ends = false;
        self.examined = 0;
        self.weights = None;
        self.curve.clear();
        self.measured = None;
        self.changes.clear();
        self.stride = 1;
        self.sights.clear();
    }

    /// From now on these are among the examples.
    pub(super) fn set_own(&mut self, own: &OwnDigits) {
        self.lesson.set_own(own.images());
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.lesson.standing()
    }

    /// Milliseconds of GPU time that a step takes, as far as they were measured.
    pub fn step_millis(&self) -> f64 {
        self.millis
    }

    /// Makes the steps for which there is time in this frame; returns how many.
    pub(super) fn learn(&mut self, part: f64, allowed: f64, budget: f64) -> usize {
        if let Some(millis) = self.timer.as_ref().and_then(GpuTimer::take_millis) {
            self.millis += 0.3 * (millis - self.millis);
        }
        let single = std::mem::take(&mut self.one_more);
        let mut steps = usize::from(single);
        if allowed > 0.0 {
            // What was not made is not made up for: the GPU is slower than that.
            self.allowed = (self.allowed + allowed).min(MOST_STEPS);
            self.left = (self.left + budget).min(budget.max(self.millis));
            let fits = (self.left / self.millis.max(0.01)).floor();
            let now = self.allowed.min(fits).min(MOST_STEPS).floor();
            self.allowed -= now;
            self.left -= now * self.millis;
            steps += now as usize;
        }
        if single {
            self.lesson.watch_changes();
        }
        for step in 0..steps {
            let timer = self.timer.as_ref().filter(|_| step == 0);
            let samples = self.lesson.step(part, timer);
            if step == 0 && (single || self.since_sight >= SIGHT_SECONDS) {
                self.since_sight = 0.0;
                self.look_at(&samples[0]);
            }
        }
        if steps > 0 {
            self.examined = 0;
            self.measured = None;
            self.changes.clear();
            if single {
                self.measured = self.lesson.changes_on_their_way();
            }
            self.lesson.publish();
            let standing = self.lesson.standing();
            self.since_point += 1;
            if let (Some(unseen), Some(loss)) = (standing.unseen, standing.loss)
                && self.since_point >= self.stride
            {
                self.since_point = 0;
                self.curve.push(Point { part, unseen, loss });
                if self.curve.len() > MOST_POINTS {
                    let mut index = 0;
                    self.curve.retain(|_| {
                        index += 1;
                        index % 2 == 0
                    });
                    self.stride *= 2;
                }
            }
        }
        steps
    }

    fn look_at(&mut self, sample: &Sample) {
        self.sights.push_back(Sight {
            pixels: Box::new(self.lesson.picture(sample)),
            class: sample.class,
            is_wrong: self.lesson.is_wrong(sample),
        });
        if self.sights.len() > MOST_SIGHTS {
            self.sights.pop_front();
        }
        self.seen += 1;
    }

    /// Asks how well it reads, and takes in what came back; whether more is to come.
    pub(super) fn follow(&mut self, seconds: f32, learns: bool) -> bool {
        self.since_asked += seconds;
        self.since_sight += seconds;
        if self.lesson.take_in() {
            self.examined += self.lesson.batch();
        }
        let all = self.lesson.unseen_count();
        // Until all of them were read by the weights as they are; what was on its way when they changed does not count.
        let wants = learns || self.examined < all + self.lesson.batch();
        if wants && self.since_asked >= ASK_SECONDS && !self.lesson.is_asking() {
            self.since_asked = 0.0;
            self.lesson.ask();
        }
        if let Some(sums) = self.measured.as_ref().and_then(ArenaRead::take) {
            self.measured = None;
            self.changes = self.lesson.changes_of(&sums.unwrap_or_default());
        }
        wants || self.lesson.is_asking() || self.measured.is_some()
    }

    /// Whether all unseen digits were read since the lesson was over.
    pub(super) fn is_examined(&self) -> bool {
        self.ends && self.examined >= self.lesson.unseen_count() + self.lesson.batch()
    }

    /// Whether every unseen digit was read at least once.
    pub fn is_known(&self) -> bool {
        self.lesson.known_count() == self.lesson.unseen_count()
    }

    pub(super) fn ask_weights(&mut self) {
        self.weights = Some(self.lesson.weights_on_their_way());
        self.came = [None, None];
    }

    pub(super) fn is_reading(&self) -> bool {
        self.weights.is_some()
    }

    /// The network, once its weights are here.
    pub(super) fn take_weights(&mut self) -> Option<Model> {
        let reads = self.weights.as_ref()?;
        for (read, came) in reads.iter().zip(&mut self.came) {
            if came.is_none() {
                *came = read.take().map(Option::unwrap_or_default);
            }
        }
        let [Some(weights), Some(statistics)] = &self.came else {
            return None;
        };
        // A failed read is an empty one: what was known of it stays.
        let model = (!weights.is_empty()).then(|| self.lesson.model_of(weights, statistics));
        self.weights = None;
        self.came = [None, None];
        model
    }

    /// The network with a card that says how it came about.
    pub(super) fn card(&self, model: &Model, plan: &LessonPlan, unseen: f64) -> Model {
        let settings = &plan.settings;
        let moved = if settings.moved { "" } else { " --no-augment" };
        Model {
            card: Card {
                command: format!(
                    "mnistify learn --examples {}{moved} --wrong {}",
                    settings.examples, settings.wrong
                ),
                recipe: serde_json::to_value(settings).unwrap_or_default(),
                validation: Some(Metrics {
                    images: self.lesson.unseen_count(),
                    accuracy: unseen,
                    ..Metrics::default()
                }),
                ..Card::default()
            },
            ..model.clone()
        }
    }
}

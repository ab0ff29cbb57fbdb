//! A network that learns: how many steps a frame makes, what is known of how well it reads by now, and what it is seen
//! learning from.

use super::{own::OwnDigits, plan::LessonPlan};
use crate::gpu::{GpuTimer, SharedGpu};
use bevy::{platform::time::Instant, prelude::*};
use mnistify_drawing::PIXELS;
use mnistify_learning::{
    Lesson, PlainLesson, Pool, Sample,
    course::{Course, Standing},
    fused::Kernels,
};
use mnistify_network::{
    Card, Metrics, Model, NetworkSpec,
    fused::{ArenaRead, FusedNetwork},
};
use std::{collections::VecDeque, sync::Arc};

/// Seconds between two questions to the network how well it reads.
const ASK_SECONDS: f32 = 0.12;
/// Milliseconds of a step before the first was timed.
const FIRST_GUESS: f64 = 4.0;
/// Seconds between two times that the CPU's forward gets what is learned there.
const HANDED_SECONDS: f32 = 0.1;
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
    teacher: Teacher,
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
    /// How far the newest single step moved each layer that has weights, as a share of these.
    pub changes: Vec<(usize, f32)>,
    since_handed: f32,
    /// How it read over time.
    pub curve: Vec<Point>,
    stride: usize,
    since_point: usize,
    /// Images that it learns from, the newest last.
    pub sights: VecDeque<Sight>,
    /// Images that were ever put there.
    pub seen: usize,
}

/// Where it learns.
enum Teacher {
    Gpu(Box<OnGpu>),
    /// A perceptron, where there are no kernels; and whether its weights were asked for.
    Cpu(Box<PlainLesson>, bool),
}

/// A lesson, and what is on its way from it.
struct OnGpu {
    lesson: Lesson,
    timer: Option<GpuTimer>,
    measured: Option<ArenaRead>,
    weights: Option<[ArenaRead; 2]>,
    came: [Option<Vec<f32>>; 2],
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
        Ok(Self::with(Teacher::Gpu(Box::new(OnGpu {
            lesson,
            timer: GpuTimer::new(gpu.device.wgpu_device(), &gpu.queue),
            measured: None,
            weights: None,
            came: [None, None],
        }))))
    }

    /// One that learns on the CPU.
    pub(super) fn on_cpu(
        spec: &NetworkSpec,
        plan: &LessonPlan,
        pool: &Arc<Pool>,
    ) -> Result<Self, String> {
        let lesson = PlainLesson::new(spec, &plan.settings, pool);
        let lesson = lesson.map_err(|error| error.to_string())?;
        Ok(Self::with(Teacher::Cpu(Box::new(lesson), false)))
    }

    fn with(teacher: Teacher) -> Self {
        Self {
            teacher,
            millis: FIRST_GUESS,
            allowed: 0.0,
            left: 0.0,
            since_asked: ASK_SECONDS,
            since_sight: 0.0,
            one_more: false,
            begins: false,
            ends: false,
            examined: 0,
            changes: Vec::new(),
            since_handed: 0.0,
            curve: Vec::new(),
            stride: 1,
            since_point: 0,
            sights: VecDeque::new(),
            seen: 0,
        }
    }

    /// Whether it learns on the CPU.
    pub fn is_on_cpu(&self) -> bool {
        matches!(self.teacher, Teacher::Cpu(..))
    }

    pub(super) fn begin(&mut self, plan: &LessonPlan) {
        match &mut self.teacher {
            Teacher::Gpu(gpu) => {
                gpu.lesson.begin(&plan.settings);
                gpu.lesson.publish();
                gpu.weights = None;
                gpu.measured = None;
            }
            Teacher::Cpu(lesson, _) => lesson.begin(&plan.settings),
        }
        self.allowed = 0.0;
        self.since_asked = ASK_SECONDS;
        self.ends = false;
        self.examined = 0;
        self.curve.clear();
        self.changes.clear();
        self.stride = 1;
        self.sights.clear();
    }

    /// From now on these are among the examples.
    pub(super) fn set_own(&mut self, own: &OwnDigits) {
        match &mut self.teacher {
            Teacher::Gpu(gpu) => gpu.lesson.set_own(own.images()),
            Teacher::Cpu(lesson, _) => lesson.set_own(own.images()),
        }
    }

    fn course(&self) -> &Course {
        match &self.teacher {
            Teacher::Gpu(gpu) => &gpu.lesson.course,
            Teacher::Cpu(lesson, _) => &lesson.course,
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.course().standing()
    }

    /// Milliseconds that a step takes, as far as they were measured.
    pub fn step_millis(&self) -> f64 {
        self.millis
    }

    /// Makes the steps for which there is time in this frame; returns how many.
    pub(super) fn learn(&mut self, part: f64, allowed: f64, budget: f64) -> usize {
        let single = std::mem::take(&mut self.one_more);
        let (steps, sample) = match &mut self.teacher {
            Teacher::Gpu(gpu) => {
                if let Some(millis) = gpu.timer.as_ref().and_then(GpuTimer::take_millis) {
                    self.millis += 0.3 * (millis - self.millis);
                }
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
                (steps, gpu.learn(part, steps, single))
            }
            Teacher::Cpu(lesson, _) => {
                let started = Instant::now();
                let mut steps = 0;
                if single {
                    lesson.watch_changes();
                    while steps == 0 {
                        steps = lesson.work(part, 1, || false);
                    }
                } else if allowed > 0.0 {
                    self.allowed = (self.allowed + allowed).min(MOST_STEPS);
                    let spent = || started.elapsed().as_secs_f64() * 1e3;
                    steps = lesson.work(part, self.allowed as usize, || spent() < budget);
                    self.allowed -= steps as f64;
                }
                if steps > 0 {
                    let millis = started.elapsed().as_secs_f64() * 1e3 / steps as f64;
                    self.millis += 0.3 * (millis - self.millis);
                }
                (steps, lesson.samples().first().cloned())
            }
        };
        if let Some(sample) = sample.filter(|_| steps > 0)
            && (single || self.since_sight >= SIGHT_SECONDS)
        {
            self.since_sight = 0.0;
            self.look_at(&sample);
        }
        if steps > 0 {
            self.examined = 0;
            self.changes.clear();
            if let (true, Teacher::Cpu(lesson, _)) = (single, &mut self.teacher) {
                self.changes = lesson.changes();
            }
            self.note_down(part);
        }
        steps
    }

    /// Another point of the curve, where it is time for one.
    fn note_down(&mut self, part: f64) {
        let standing = self.standing();
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

    fn look_at(&mut self, sample: &Sample) {
        let course = self.course();
        let sight = Sight {
            pixels: Box::new(course.picture(sample)),
            class: sample.class,
            is_wrong: course.is_wrong(sample),
        };
        self.sights.push_back(sight);
        if self.sights.len() > MOST_SIGHTS {
            self.sights.pop_front();
        }
        self.seen += 1;
    }

    /// How many digits that it never saw it is examined with.
    pub fn unseen_count(&self) -> usize {
        self.course().unseen_count()
    }

    /// Images that were read when all unseen digits were, whichever came first.
    fn most_examined(&self) -> usize {
        self.course().unseen_count() + self.course().batch()
    }

    /// Asks how well it reads, and takes in what came back; whether more is to come. On the CPU it reads within `budget`
    /// milliseconds of the time in which it does not learn.
    pub(super) fn follow(&mut self, seconds: f32, learns: bool, budget: f64) -> bool {
        self.since_asked += seconds;
        self.since_sight += seconds;
        self.since_handed += seconds;
        let all = self.course().unseen_count();
        let most = self.most_examined();
        match &mut self.teacher {
            Teacher::Gpu(gpu) => {
                if gpu.lesson.take_in() {
                    self.examined += gpu.lesson.course.batch();
                }
                // Until all of them were read by the weights as they are; what was on its way when they changed does not
                // count.
                let wants = learns || self.examined < most;
                if wants && self.since_asked >= ASK_SECONDS && !gpu.lesson.is_asking() {
                    self.since_asked = 0.0;
                    gpu.lesson.ask();
                }
                if let Some(sums) = gpu.measured.as_ref().and_then(ArenaRead::take) {
                    gpu.measured = None;
                    self.changes = gpu.lesson.changes_of(&sums.unwrap_or_default());
                }
                wants || gpu.lesson.is_asking() || gpu.measured.is_some()
            }
            Teacher::Cpu(lesson, _) => {
                if !learns && lesson.examined() < all {
                    let started = Instant::now();
                    lesson.work(1.0, 0, || started.elapsed().as_secs_f64() * 1e3 < budget);
                }
                let wants = learns || lesson.examined() < all;
                self.examined = if wants { 0 } else { most };
                wants
            }
        }
    }

    /// Whether all unseen digits were read since the lesson was over.
    pub(super) fn is_examined(&self) -> bool {
        self.ends && self.examined >= self.most_examined()
    }

    /// Whether every unseen digit was read at least once.
    pub fn is_known(&self) -> bool {
        self.course().known_count() == self.course().unseen_count()
    }

    /// What a network on the CPU is to read with from now on; none where that was handed over just now, or the GPU knows.
    pub(super) fn hand_over(&mut self) -> Option<Model> {
        match &self.teacher {
            Teacher::Cpu(lesson, _) if self.since_handed >= HANDED_SECONDS => {
                self.since_handed = 0.0;
                Some(lesson.model())
            }
            _ => None,
        }
    }

    pub(super) fn ask_weights(&mut self) {
        match &mut self.teacher {
            Teacher::Gpu(gpu) => {
                gpu.weights = Some(gpu.lesson.weights_on_their_way());
                gpu.came = [None, None];
            }
            Teacher::Cpu(_, asked) => *asked = true,
        }
    }

    pub(super) fn is_reading(&self) -> bool {
        match &self.teacher {
            Teacher::Gpu(gpu) => gpu.weights.is_some(),
            Teacher::Cpu(_, asked) => *asked,
        }
    }

    /// The network, once its weights are here.
    pub(super) fn take_weights(&mut self) -> Option<Model> {
        match &mut self.teacher {
            Teacher::Gpu(gpu) => gpu.take_weights(),
            Teacher::Cpu(lesson, asked) => std::mem::take(asked).then(|| lesson.model()),
        }
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
                    images: self.course().unseen_count(),
                    accuracy: unseen,
                    ..Metrics::default()
                }),
                ..Card::default()
            },
            ..model.clone()
        }
    }
}

impl OnGpu {
    /// Makes so many steps, and has the live network read with what they made; returns the first one's first image. A
    /// single step is measured.
    fn learn(&mut self, part: f64, steps: usize, single: bool) -> Option<Sample> {
        if single {
            self.lesson.watch_changes();
        }
        let mut first = None;
        for step in 0..steps {
            let timer = self.timer.as_ref().filter(|_| step == 0);
            let samples = self.lesson.step(part, timer);
            first = first.or_else(|| samples.into_iter().next());
        }
        if steps > 0 {
            self.measured = None;
            if single {
                self.measured = self.lesson.changes_on_their_way();
            }
            self.lesson.publish();
        }
        first
    }

    fn take_weights(&mut self) -> Option<Model> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_kernels_it_learns_on_the_cpu() {
        let pool = Arc::new(crate::school::included_lessons().unwrap());
        let mut plan = LessonPlan {
            hidden: 32,
            ..LessonPlan::default()
        };
        plan.settings.batch = 32;
        let [cnn, mlp] = plan.networks();
        assert!(Pupil::on_cpu(&cnn, &plan, &pool).is_err());
        let mut pupil = Pupil::on_cpu(&mlp, &plan, &pool).unwrap();
        pupil.one_more = true;
        assert_eq!(pupil.learn(0.0, 0.0, 0.0), 1);
        let layers: Vec<usize> = pupil.changes.iter().map(|(layer, _)| *layer).collect();
        assert_eq!((layers, pupil.seen), (vec![1, 3, 5], 1));
        let mut steps = 1;
        while steps < 300 {
            steps += pupil.learn(steps as f64 / 300.0, 10.0, f64::INFINITY);
        }
        assert!(pupil.changes.is_empty() && !pupil.curve.is_empty());
        pupil.ends = true;
        while pupil.follow(0.1, false, f64::INFINITY) {}
        assert!(pupil.is_examined() && pupil.is_known());
        assert_eq!(pupil.standing().step, steps);
        assert!(
            pupil.standing().unseen > Some(0.5),
            "{:?}",
            pupil.standing()
        );
        assert!(pupil.take_weights().is_none());
        pupil.ask_weights();
        assert!(pupil.is_reading());
        let learned = pupil.take_weights().unwrap();
        assert_ne!(
            learned,
            mnistify_learning::initial::initial_model(&mlp, plan.settings.seed)
        );
        assert!(!pupil.is_reading());
    }
}

//! A lesson: a network that forgets everything and learns anew while somebody watches. Its steps are the trainer's, but
//! nothing here waits for the GPU, so that whoever shows it makes as many in a frame as there is time for.

use crate::{
    course::Course,
    feeder::{Pool, Sample},
    fused::{FusedEngine, Kernels, LiveStep, Unsupported, Wanted},
    images::Images,
    initial::initial_model,
    lesson_settings::{LessonSettings, Optimizer},
};
use mnistify_network::{
    Model, NetworkSpec,
    fused::{ArenaRead, FusedNetwork, Gpu, GpuTimer},
};
use std::{ops::Range, sync::Arc};

/// One network learning.
pub struct Lesson {
    engine: FusedEngine,
    /// What it has in common with others.
    pub course: Course,
    live: LiveStep,
    /// Logits on their way, and of which unseen images.
    asked: Option<(ArenaRead, Range<usize>)>,
    /// Sums of losses on their way, and of how many images.
    losses: Option<(ArenaRead, usize)>,
}

impl Lesson {
    /// A network of this architecture that knows nothing, on `gpu`; `pool` is [`crate::course::lesson_pool`]'s.
    ///
    /// # Errors
    /// Where the kernels do not cover the network, or the GPU is too small.
    pub fn new(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        pool: &Arc<Pool>,
        gpu: &Gpu,
    ) -> Result<Self, Unsupported> {
        Self::with_kernels(spec, settings, pool, gpu, &Kernels::default())
    }

    /// The kernels that such a lesson needs and `kernels` does not hold yet.
    ///
    /// # Errors
    /// Where none cover the network.
    pub fn wanted(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        kernels: &Kernels,
    ) -> Result<Vec<Wanted>, Unsupported> {
        kernels.wanted(spec, &settings.config())
    }

    /// As [`Lesson::new`]; what `kernels` holds is not compiled again.
    ///
    /// # Errors
    /// As [`Lesson::new`].
    pub fn with_kernels(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        pool: &Arc<Pool>,
        gpu: &Gpu,
        kernels: &Kernels,
    ) -> Result<Self, Unsupported> {
        let config = settings.config();
        let model = initial_model(spec, settings.seed);
        let engine = FusedEngine::with_kernels(&model, &config, pool, gpu, kernels)?;
        let mut lesson = Self {
            engine,
            course: Course::new(settings, pool),
            live: LiveStep {
                statistics_decay: 1.0,
                plain: false,
            },
            asked: None,
            losses: None,
        };
        lesson.begin(settings);
        Ok(lesson)
    }

    /// Forgets everything and begins again with these settings, of the same batch.
    pub fn begin(&mut self, settings: &LessonSettings) {
        let model = initial_model(self.engine.spec(), settings.seed);
        self.engine.begin_again(&model, &settings.config());
        self.course.begin(settings);
        self.live.plain = settings.optimizer == Optimizer::Sgd;
        // What is still on its way is of the network before.
        self.asked = None;
        self.losses = None;
    }

    /// One step, when this part of the lesson is over; returns the images that it sees.
    pub fn step(&mut self, part: f64, timer: Option<&GpuTimer>) -> Vec<Sample> {
        let samples = self.course.samples();
        let settings = self.course.settings(part);
        self.live.statistics_decay = settings.average_decay;
        self.engine
            .live_step(&samples, &settings, &self.live, timer);
        self.course.step += 1;
        samples
    }

    /// From the next step on these digits of the visitor's are among the examples, and none that were before: an eighth of
    /// each step's images ([`crate::feeder::OWN_EVERY`]). They stay when the lesson begins again.
    pub fn set_own(&mut self, digits: Images) {
        self.course.set_own(digits);
        let (first, images) = self.course.own();
        self.engine.set_images(first, images);
    }

    /// From now on [`Lesson::publish`] lets `live` read with what is learned.
    pub fn publish_to(&mut self, live: &FusedNetwork) {
        self.engine.publish_to(live);
    }

    /// Lets the live network read with what is learned by now.
    pub fn publish(&self) {
        self.engine.publish();
    }

    /// From here on it is measured how far the weights of each layer move.
    pub fn watch_changes(&mut self) {
        self.engine.watch_changes();
    }

    /// How far they moved since, on its way; [`Lesson::changes_of`] tells what it says.
    pub fn changes_on_their_way(&self) -> Option<ArenaRead> {
        self.engine.changes_on_their_way()
    }

    /// For each layer of the spec that has weights, how far these moved: the changes' length as a share of the weights'.
    pub fn changes_of(&self, sums: &[f32]) -> Vec<(usize, f32)> {
        let pairs = sums.chunks_exact(2);
        let shares = pairs.map(|pair| (pair[0] / pair[1].max(f32::MIN_POSITIVE)).sqrt());
        self.engine
            .changed_layers()
            .into_iter()
            .zip(shares)
            .collect()
    }

    /// Asks for what is known of the next unseen images and of the loss, unless answers are on their way.
    pub fn ask(&mut self) {
        if self.asked.is_none() && !self.course.dials.unseen.is_empty() {
            let asked = self.course.dials.ask(self.engine.batch());
            let samples = &self.course.dials.unseen[asked.clone()];
            let read = self.engine.logits_on_their_way(samples);
            self.asked = Some((read, asked));
        }
        if self.losses.is_none() {
            let (read, images) = self.engine.losses_on_their_way();
            if images > 0 {
                self.losses = Some((read, images));
            }
        }
    }

    /// Takes in what came back; whether anything did.
    pub fn take_in(&mut self) -> bool {
        let logits = self.asked.as_ref().and_then(|(read, _)| read.take());
        if let (Some(logits), Some((_, asked))) =
            (&logits, self.asked.take_if(|_| logits.is_some()))
        {
            let logits = logits.as_deref().unwrap_or_default();
            let batch = self.engine.batch();
            let logit = |place, class| logits.get(class * batch + place).copied();
            self.course.dials.judge(asked, logit);
        }
        let sums = self.losses.as_ref().and_then(|(read, _)| read.take());
        if let (Some(sums), Some((_, images))) = (&sums, self.losses.take_if(|_| sums.is_some())) {
            let sums = sums.as_deref().unwrap_or_default();
            let sum: f64 = sums.iter().map(|sum| f64::from(*sum)).sum();
            self.course.loss = Some(sum / images as f64);
        }
        logits.is_some() || sums.is_some()
    }

    /// Whether answers are on their way.
    pub fn is_asking(&self) -> bool {
        self.asked.is_some() || self.losses.is_some()
    }

    /// The learned weights on their way; [`Lesson::model_of`] makes a model of them.
    pub fn weights_on_their_way(&self) -> [ArenaRead; 2] {
        self.engine.average_on_its_way()
    }

    /// The network of what [`Lesson::weights_on_their_way`] brought.
    pub fn model_of(&self, weights: &[f32], statistics: &[f32]) -> Model {
        self.engine.model_of(weights, statistics)
    }

    /// The share of all unseen images that are read right: as they are, and moved by four pixels in four
    /// directions in turn. Blocks.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn examine(&mut self) -> [f64; 2] {
        use crate::engine::Engine;
        let moved = crate::dials::moved_samples(&self.course.dials.unseen);
        let still = self.course.dials.unseen.clone();
        [still, moved].map(|samples| {
            let answers = self.engine.answers(&samples);
            let pairs = samples.iter().zip(&answers);
            let right = pairs.filter(|(sample, answer)| sample.class == **answer);
            right.count() as f64 / samples.len().max(1) as f64
        })
    }

    /// The learned network. Blocks.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn model(&self) -> Model {
        use crate::engine::Engine;
        self.engine.average()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        course::{Standing, lesson_pool},
        engine::{Engine, StepSettings},
        lesson_settings::{AVERAGE, learning_rate},
        metrics::CLASSES,
        schedule::average_decay,
    };
    use mnistify_drawing::PIXELS;
    use mnistify_network::fused::Tuning;
    use std::sync::LazyLock;

    /// Bars at ten heights: a digit for each height.
    fn bars(count: usize) -> Images {
        let mut images = Images::default();
        for index in 0..count {
            let class = index % CLASSES;
            let mut image = [0u8; PIXELS];
            let row = 4 + 2 * class;
            let left = 5 + index / CLASSES % 7;
            for y in row..row + 2 {
                image[y * 28 + left..y * 28 + left + 12].fill(200);
            }
            images.images.push(image);
            images.labels.push(class as u8);
        }
        images
    }

    pub(crate) fn pool() -> Arc<Pool> {
        Arc::new(lesson_pool(bars(400), bars(70)))
    }

    pub(crate) fn settings() -> LessonSettings {
        LessonSettings {
            examples: 400,
            moved: false,
            batch: 32,
            ..LessonSettings::default()
        }
    }

    /// A lesson that begins; all tests share what is compiled.
    pub(crate) fn begun(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        pool: &Arc<Pool>,
        gpu: &Gpu,
    ) -> Result<Lesson, Unsupported> {
        static KERNELS: LazyLock<Kernels> = LazyLock::new(Kernels::default);
        Lesson::with_kernels(spec, settings, pool, gpu, &KERNELS)
    }

    fn settle(lesson: &mut Lesson, gpu: &Gpu) {
        while lesson.is_asking() {
            let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
            lesson.take_in();
        }
    }

    #[test]
    fn a_network_learns_and_forgets() {
        let (pool, gpu) = (pool(), Gpu::of_its_own());
        for optimizer in [Optimizer::AdamW, Optimizer::Sgd] {
            let settings = LessonSettings {
                optimizer,
                ..settings()
            };
            let spec = NetworkSpec::mlp();
            let mut lesson = begun(&spec, &settings, &pool, &gpu).unwrap();
            lesson.step(0.0, None);
            lesson.ask();
            settle(&mut lesson, &gpu);
            let first = lesson.course.standing();
            for step in 1..60 {
                lesson.step(f64::from(step) / 60.0, None);
            }
            // Three batches for all unseen images.
            for _ in 0..3 {
                lesson.ask();
                settle(&mut lesson, &gpu);
            }
            let last = lesson.course.standing();
            assert_eq!(last.step, 60);
            assert!(last.loss < first.loss, "{optimizer:?} {first:?} {last:?}");
            assert_eq!(last.unseen, Some(lesson.examine()[0]), "{optimizer:?}");
            assert!(last.unseen > Some(0.9), "{optimizer:?} {last:?}");
            // How far the next step moves each layer, against its weights themselves.
            let flat = |lesson: &Lesson| lesson.engine.network();
            let before = flat(&lesson);
            lesson.watch_changes();
            lesson.step(0.5, None);
            let read = lesson.changes_on_their_way().unwrap();
            // Another test may have polled them off the device and be about to hand them over.
            let sums = loop {
                let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
                if let Some(sums) = read.take() {
                    break sums.unwrap();
                }
            };
            let changes = lesson.changes_of(&sums);
            let after = flat(&lesson);
            let layers: Vec<usize> = changes.iter().map(|(layer, _)| *layer).collect();
            assert_eq!(layers, [1, 3, 5]);
            for (layer, found) in changes {
                let [mut moved, mut all] = [0.0f32; 2];
                for name in ["weight", "bias"] {
                    let values = |model: &Model| model.parameter(layer, name).values.clone();
                    for (a, b) in values(&before).iter().zip(values(&after)) {
                        moved += (b - a).powi(2);
                        all += a.powi(2);
                    }
                }
                let expected = (moved / all).sqrt();
                assert!(found > 0.0 && (found - expected).abs() < 0.01 * expected);
            }
            lesson.begin(&settings);
            assert_eq!(lesson.course.standing(), Standing::default());
            assert_eq!(lesson.model(), initial_model(&spec, settings.seed));
        }
    }

    /// A drawing of which the others say nothing, called so: upright where they lie.
    fn upright(class: u8) -> Images {
        let mut image = [0u8; PIXELS];
        for y in 4..24 {
            image[y * 28 + 12..y * 28 + 15].fill(220);
        }
        Images {
            images: vec![image],
            labels: vec![class],
        }
    }

    #[test]
    fn ones_own_digit_is_learned_and_forgotten() {
        let (pool, gpu) = (pool(), Gpu::of_its_own());
        let spec = NetworkSpec::mlp();
        let kernels = Kernels::default();
        let wanted = Lesson::wanted(&spec, &settings(), &kernels).unwrap();
        assert!(!wanted.is_empty());
        for kernel in wanted {
            kernels.make(kernel, &gpu);
        }
        let all_are_there = Lesson::wanted(&spec, &settings(), &kernels).unwrap();
        assert_eq!(all_are_there, []);
        let mut lesson = Lesson::with_kernels(&spec, &settings(), &pool, &gpu, &kernels).unwrap();
        let learned = |lesson: &mut Lesson, own: Images| {
            lesson.set_own(own);
            lesson.begin(&settings());
            for step in 0..60 {
                for sample in lesson.step(f64::from(step) / 60.0, None) {
                    assert!(!lesson.course.is_wrong(&sample));
                }
            }
            lesson.model()
        };
        let shares = |model: &Model| {
            let pixels: Vec<f32> = upright(0).images[0]
                .iter()
                .map(|ink| f32::from(*ink) / 255.0)
                .collect();
            let logits = mnistify_network::CpuNetwork::new(model).forward(&pixels);
            let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
            logits.iter().map(|logit| logit.exp() / sum).collect()
        };
        let without = learned(&mut lesson, Images::default());
        let before: Vec<f32> = shares(&without);
        // What it would least have said.
        let classes = 0..CLASSES;
        let least = classes.min_by(|a, b| before[*a].total_cmp(&before[*b]));
        let class = least.unwrap();
        let with = learned(&mut lesson, upright(class as u8));
        let after: Vec<f32> = shares(&with);
        let again = learned(&mut lesson, Images::default());
        assert!(after[class] > 0.5, "{before:?} {after:?}");
        // Not a bit of it is left.
        assert_eq!(again, without);
    }

    /// The trainer's steps on the same images make the same weights: what is kept beside them for reading changes none.
    #[test]
    fn fifty_steps_are_the_trainers() {
        let (pool, gpu) = (pool(), Gpu::of_its_own());
        let spec = NetworkSpec::cnn_of_width(4).unwrap();
        let settings = settings();
        let config = settings.config();
        let mut lesson = begun(&spec, &settings, &pool, &gpu).unwrap();
        let model = initial_model(&spec, settings.seed);
        let mut trainer = FusedEngine::new(&model, &config, &pool, &gpu).unwrap();
        let mut feeder = crate::feeder::Feeder::new(&pool, &config);
        for step in 0..50 {
            let part = step as f64 / 50.0;
            lesson.step(part, None);
            let settings = StepSettings {
                step,
                learning_rate: learning_rate(config.learning_rate, part),
                average_decay: average_decay(step, AVERAGE),
            };
            trainer.step(&feeder.batch(step), &settings);
        }
        let [found, expected] = [lesson.engine.network(), trainer.network()];
        for (name, tensor) in &expected.tensors {
            if !name.contains("running") {
                assert_eq!(&found.tensors[name], tensor, "{name}");
            }
        }
    }

    /// What the live forward reads with is what a file of the same weights would make it read with.
    #[test]
    fn the_live_network_reads_with_what_was_learned() {
        let (pool, gpu) = (pool(), Gpu::of_its_own());
        let cases = [
            (NetworkSpec::mlp(), Tuning::GPU),
            (NetworkSpec::cnn_of_width(4).unwrap(), Tuning::GPU),
            (NetworkSpec::cnn_of_width(4).unwrap(), Tuning::SOFTWARE),
        ];
        for (spec, tuning) in cases {
            let mut lesson = begun(&spec, &settings(), &pool, &gpu).unwrap();
            let live = FusedNetwork::new(&initial_model(&spec, 9), &gpu, 1, tuning);
            lesson.publish_to(&live);
            for step in 0..5 {
                lesson.step(f64::from(step) / 5.0, None);
            }
            lesson.publish();
            let pixels: Vec<f32> = pool.images[3]
                .iter()
                .map(|p| f32::from(*p) / 255.0)
                .collect();
            live.forward(&pixels);
            let found = live.read_arena().unwrap();
            let model = lesson.model();
            let expected = FusedNetwork::new(&model, &gpu, 1, tuning);
            expected.forward(&pixels);
            let expected = expected.read_arena().unwrap();
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-4 * expected.abs().max(1.0));
            }
            let shared = live.sharing(&model, 20);
            shared.forward(&pixels.repeat(20));
            let logits = shared.read_logits(20).unwrap();
            let range = live.layout().logits();
            for one in logits {
                for (found, expected) in one.iter().zip(&expected[range.clone()]) {
                    assert!((found - expected).abs() <= 1e-4 * expected.abs().max(1.0));
                }
            }
        }
    }
}

//! A lesson without a GPU: a multilayer perceptron that learns on one core, in slices as short as whoever shows it has
//! time for. The first weights, the images of every step and the arithmetic are those of [`crate::Lesson`].

mod mlp;
mod product;

use crate::{
    course::Course,
    feeder::{Pool, Sample},
    fused::Unsupported,
    images::Images,
    initial::initial_model,
    lesson_settings::{LessonSettings, Optimizer},
    metrics::CLASSES,
};
use mlp::{Descent, Mlp, Unit, Weights};
use mnistify_drawing::PIXELS;
use mnistify_network::{Activation, LayerSpec, Model, NetworkSpec, TensorF32};
use std::{ops::Range, sync::Arc};

/// Steps between two readings of a batch of unseen images, which takes a third of a step.
const READ_EVERY: usize = 2;

/// One network learning.
pub struct PlainLesson {
    spec: NetworkSpec,
    /// Which layers of the spec have weights.
    dense: Vec<usize>,
    mlp: Mlp,
    stepping: Vec<Unit>,
    reading: Vec<Unit>,
    /// What it has in common with others.
    pub course: Course,
    plain: bool,
    /// The images of the newest step.
    samples: Vec<Sample>,
    /// What is under way, and how many of its units are done.
    job: Option<(Job, usize)>,
    /// Steps since unseen images were read.
    unread: usize,
    /// Unseen images that were read since the newest step.
    examined: usize,
    /// Images whose loss is added up.
    seen: usize,
    /// The weights before the step under way, where somebody wants to know how far they move.
    before: Option<Vec<[Vec<f32>; 2]>>,
}

/// What units make together.
enum Job {
    Step(Descent),
    Read(Range<usize>),
}

impl PlainLesson {
    /// A network of this architecture that knows nothing; `pool` is [`crate::course::lesson_pool`]'s.
    ///
    /// # Errors
    /// Where it is something else than dense layers with SiLU or ReLU between them, or a setting cannot be used.
    pub fn new(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        pool: &Arc<Pool>,
    ) -> Result<Self, Unsupported> {
        settings.check().map_err(Unsupported)?;
        let (dense, sizes, activation) = dense_layers(spec)
            .ok_or_else(|| Unsupported("on the CPU only dense layers learn".into()))?;
        let mlp = Mlp::new(&sizes, activation, settings.batch);
        let mut lesson = Self {
            spec: spec.clone(),
            dense,
            stepping: mlp.stepping(),
            reading: mlp.reading(),
            mlp,
            course: Course::new(settings, pool),
            plain: false,
            samples: Vec::new(),
            job: None,
            unread: 0,
            examined: 0,
            seen: 0,
            before: None,
        };
        lesson.begin(settings);
        Ok(lesson)
    }

    /// Forgets everything and begins again with these settings, of the same batch.
    pub fn begin(&mut self, settings: &LessonSettings) {
        let model = initial_model(&self.spec, settings.seed);
        let values = |layer: &usize| {
            ["weight", "bias"].map(|name| &model.parameter(*layer, name).values[..])
        };
        let tensors: Vec<_> = self.dense.iter().map(values).collect();
        self.mlp.take(&tensors);
        self.course.begin(settings);
        self.plain = settings.optimizer == Optimizer::Sgd;
        self.job = None;
        self.unread = 0;
        self.examined = 0;
        self.seen = 0;
        self.before = None;
    }

    /// Works on while `goes_on`, which is asked after every fraction of a millisecond: makes at most so many steps, when
    /// this part of the lesson is over, and reads unseen images in between; all of them where no step is to be made.
    /// Returns how many steps were finished.
    pub fn work(&mut self, part: f64, steps: usize, mut goes_on: impl FnMut() -> bool) -> usize {
        let mut made = 0;
        while self.job.is_some() || self.next_job(part, made < steps) {
            let Some((job, done)) = &mut self.job else {
                break;
            };
            let (images, units, weights, descent) = match job {
                Job::Step(descent) => {
                    (&self.samples[..], &self.stepping, Weights::Newest, *descent)
                }
                Job::Read(asked) => {
                    let samples = &self.course.dials.unseen[asked.clone()];
                    (samples, &self.reading, Weights::Average, Descent::default())
                }
            };
            let unit = *done;
            *done += 1;
            let is_last = *done == images.len() + units.len();
            match images.get(unit) {
                Some(sample) => {
                    let normalisation = self.spec.normalisation();
                    let pixels = self.course.picture(sample);
                    let inputs = &mut self.mlp.inputs[unit * PIXELS..][..PIXELS];
                    for (input, pixel) in inputs.iter_mut().zip(pixels) {
                        *input = normalisation.apply(pixel);
                    }
                    self.mlp.classes[unit] = sample.class;
                }
                None => self.mlp.run(&units[unit - images.len()], weights, &descent),
            }
            if is_last {
                made += self.finish();
            }
            if !goes_on() {
                break;
            }
        }
        made
    }

    /// Begins what is to be done next; whether there is anything.
    fn next_job(&mut self, part: f64, may_step: bool) -> bool {
        let job = if may_step && self.unread < READ_EVERY {
            let settings = self.course.settings(part);
            let decay = self.course.feeder.config.weight_decay;
            self.samples = self.course.samples();
            Job::Step(Descent::new(&settings, decay, self.plain))
        } else if may_step || self.examined < self.course.dials.unseen.len() {
            let asked = self.course.dials.ask(self.course.batch());
            if asked.is_empty() {
                return false;
            }
            Job::Read(asked)
        } else {
            return false;
        };
        self.job = Some((job, 0));
        true
    }

    /// Takes in what the job made that is done; returns how many steps that were.
    fn finish(&mut self) -> usize {
        match self.job.take() {
            Some((Job::Step(_), _)) => {
                self.course.step += 1;
                self.unread += 1;
                self.examined = 0;
                self.seen += self.course.batch();
                1
            }
            Some((Job::Read(asked), _)) => {
                self.unread = 0;
                self.examined += asked.len();
                let mlp = &self.mlp;
                let logit = |place, class: usize| mlp.logits(place).get(class).copied();
                self.course.dials.judge(asked, logit);
                if self.seen > 0 {
                    self.course.loss = Some(std::mem::take(&mut self.mlp.loss) / self.seen as f64);
                    self.seen = 0;
                }
                0
            }
            None => 0,
        }
    }

    /// From the next step on these digits of the visitor's are among the examples, as [`crate::Lesson::set_own`] has them.
    pub fn set_own(&mut self, digits: Images) {
        self.course.set_own(digits);
    }

    /// The images of the newest step.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How many of them were read since the newest step.
    pub fn examined(&self) -> usize {
        self.examined
    }

    /// From here on it is measured how far the weights of each layer move.
    pub fn watch_changes(&mut self) {
        self.before = Some(self.mlp.give(Weights::Newest));
    }

    /// How far they moved since, for each layer of the spec that has weights: the changes' length as a share of the
    /// weights'.
    pub fn changes(&mut self) -> Vec<(usize, f32)> {
        let before = self.before.take().unwrap_or_default();
        let after = self.mlp.give(Weights::Newest);
        let layers = self.dense.iter().zip(before.iter().zip(&after));
        layers
            .map(|(layer, (before, after))| {
                let pairs = || before.iter().flatten().zip(after.iter().flatten());
                let moved: f32 = pairs().map(|(a, b)| (b - a).powi(2)).sum();
                let all: f32 = pairs().map(|(a, _)| a.powi(2)).sum();
                (*layer, (moved / all.max(f32::MIN_POSITIVE)).sqrt())
            })
            .collect()
    }

    /// The share of all unseen images that are read right: as they are, and moved by four pixels in
    /// four directions in turn.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn examine(&mut self) -> [f64; 2] {
        let moved = crate::dials::moved_samples(&self.course.dials.unseen);
        let shares = [moved, self.course.dials.unseen.clone()].map(|samples| {
            // What is under way is of the images before.
            self.work(1.0, 0, || true);
            self.course.dials.unseen = samples;
            self.examined = 0;
            self.work(1.0, 0, || true);
            self.course.dials.share().unwrap_or(0.0)
        });
        let [moved, still] = shares;
        [still, moved]
    }

    /// The learned network.
    pub fn model(&self) -> Model {
        let layers = self.dense.iter().zip(self.mlp.give(Weights::Average));
        let tensors = layers.flat_map(|(layer, [weight, bias])| {
            let shape = vec![bias.len(), weight.len() / bias.len()];
            let pair = [("weight", shape, weight), ("bias", vec![bias.len()], bias)];
            pair.map(|(name, shape, values)| {
                (format!("{layer}.{name}"), TensorF32 { shape, values })
            })
        });
        Model::of(self.spec.clone(), tensors.collect())
    }
}

/// The layers of the spec that have weights, the sizes from the pixels to the logits, and the activation between them.
fn dense_layers(spec: &NetworkSpec) -> Option<(Vec<usize>, Vec<usize>, Activation)> {
    let mut sizes = vec![PIXELS];
    let mut dense = Vec::new();
    let mut activation = None;
    for (index, layer) in spec.layers().iter().enumerate() {
        let follows = dense.last().is_some_and(|last| last + 1 == index);
        match layer {
            LayerSpec::Flatten if index == 0 => {}
            LayerSpec::Linear { out_features, .. } if !follows => {
                dense.push(index);
                sizes.push(*out_features);
            }
            LayerSpec::Silu | LayerSpec::Relu if follows => {
                let this = layer.activation();
                if activation.is_some() && activation != this {
                    return None;
                }
                activation = this;
            }
            _ => return None,
        }
    }
    let ends = dense
        .last()
        .is_some_and(|last| last + 1 == spec.layers().len());
    let ends = ends && sizes.last() == Some(&CLASSES);
    ends.then(|| (dense, sizes, activation.unwrap_or(Activation::None)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        course::Standing,
        lesson::tests::{begun, pool, settings},
    };
    use mnistify_network::{CpuNetwork, fused::Gpu};

    fn small() -> NetworkSpec {
        let linear = LayerSpec::linear;
        // No multiples of a block.
        let layers = vec![
            LayerSpec::Flatten,
            linear(784, 36),
            LayerSpec::Silu,
            linear(36, 20),
            LayerSpec::Silu,
            linear(20, 10),
        ];
        NetworkSpec::new("small", layers).unwrap()
    }

    #[test]
    fn it_learns_in_slices_and_forgets() {
        for optimizer in [Optimizer::AdamW, Optimizer::Sgd] {
            let settings = LessonSettings {
                optimizer,
                ..settings()
            };
            let mut lesson = PlainLesson::new(&small(), &settings, &pool()).unwrap();
            let fresh = lesson.model();
            assert_eq!(fresh, initial_model(&small(), settings.seed));
            let (mut steps, mut slices) = (0, 0);
            while steps < 90 {
                // Of two units each.
                let mut left = 2;
                steps += lesson.work(steps as f64 / 90.0, 90 - steps, || {
                    left -= 1;
                    left > 0
                });
                slices += 1;
            }
            assert!(slices > 90 * 16, "{slices}");
            lesson.work(1.0, 0, || true);
            let standing = lesson.course.standing();
            assert_eq!((standing.step, lesson.examined()), (90, 70));
            assert!(standing.unseen > Some(0.8), "{optimizer:?} {standing:?}");
            assert!(standing.loss < Some(1.0), "{optimizer:?} {standing:?}");
            assert_eq!(lesson.examine()[0], standing.unseen.unwrap());
            lesson.begin(&settings);
            assert_eq!(lesson.course.standing(), Standing::default());
            assert_eq!(lesson.model(), fresh);
        }
    }

    /// The same steps at once, in any slices.
    #[test]
    fn slices_change_nothing() {
        let all = |units: usize| {
            let mut lesson = PlainLesson::new(&small(), &settings(), &pool()).unwrap();
            let mut steps = 0;
            while steps < 5 {
                let mut left = units;
                steps += lesson.work(0.5, 5 - steps, || {
                    left -= 1;
                    left > 0
                });
            }
            lesson.model()
        };
        assert_eq!(all(3), all(1_000_000));
    }

    #[test]
    fn the_dials_are_what_the_network_says() {
        let pool = pool();
        let mut lesson = PlainLesson::new(&small(), &settings(), &pool).unwrap();
        lesson.work(0.1, 12, || true);
        let network = CpuNetwork::new(&lesson.model());
        let right = pool.validation_samples().into_iter().filter(|sample| {
            let pixels = pool.images[sample.image].map(|pixel| f32::from(pixel) / 255.0);
            let logits = network.forward(&pixels);
            let said = (0..10).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            said == Some(usize::from(sample.class))
        });
        let share = right.count() as f64 / 70.0;
        assert_eq!(lesson.course.standing().unseen, Some(share));
    }

    #[test]
    fn a_single_step_moves_every_layer() {
        let mut lesson = PlainLesson::new(&small(), &settings(), &pool()).unwrap();
        lesson.watch_changes();
        assert_eq!(lesson.work(0.5, 1, || true), 1);
        let changes = lesson.changes();
        let layers: Vec<usize> = changes.iter().map(|(layer, _)| *layer).collect();
        assert_eq!(layers, [1, 3, 5]);
        assert!(changes.iter().all(|(_, share)| (1e-4..0.5).contains(share)));
    }

    /// The kernels' steps on the same images make the same weights.
    #[test]
    fn fifty_steps_are_those_of_the_gpu() {
        let (pool, gpu) = (pool(), Gpu::of_its_own());
        for optimizer in [Optimizer::AdamW, Optimizer::Sgd] {
            let settings = LessonSettings {
                optimizer,
                moved: true,
                wrong: 0.1,
                ..settings()
            };
            let mut plain = PlainLesson::new(&small(), &settings, &pool).unwrap();
            let mut lesson = begun(&small(), &settings, &pool, &gpu).unwrap();
            for step in 0..50 {
                let part = f64::from(step) / 50.0;
                assert_eq!(plain.work(part, 1, || true), 1);
                assert_eq!(lesson.step(part, None), plain.samples());
            }
            let (found, expected) = (plain.model(), lesson.model());
            for (name, tensor) in &expected.tensors {
                let largest = tensor.values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
                for (a, b) in found.tensors[name].values.iter().zip(&tensor.values) {
                    // As in the trainer's test: AdamW makes a whole step of a tiny gradient's rounding.
                    assert!(
                        (a - b).abs() <= 2e-2 * largest,
                        "{optimizer:?} {name}: {a} {b}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_perceptron_is_refused() {
        for spec in [NetworkSpec::cnn(), NetworkSpec::cnn_of_width(4).unwrap()] {
            assert!(PlainLesson::new(&spec, &settings(), &pool()).is_err());
        }
        let batch = LessonSettings {
            batch: 7,
            ..settings()
        };
        assert!(PlainLesson::new(&small(), &batch, &pool()).is_err());
    }
}

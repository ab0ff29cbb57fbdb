//! The training loop: steps of an engine, evaluation on validation, checkpoints.
//!
//! A background thread chooses the images and draws their warps (see [`Feeder`]), so that a GPU does not wait for them,
//! and the loss is read back rarely, because each reading waits for the GPU. What a step sees depends on the seed and
//! the step's number alone; a resumed run therefore continues exactly where it was.

use crate::{Result, document::COMMAND, eval::Reader};
use mnistify_learning::{
    Confusion, Engine, Feeder, Images, Pool, Sample, Select, StepSettings, TrainConfig,
    engine::MakeEngine,
    initial::initial_model,
    schedule::{Stall, Verdict, average_decay},
};
use mnistify_network::{LayerSpec, Model, NetworkSpec};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    fmt::Display,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Instant,
};
use thiserror::Error;

/// Batches that are chosen ahead.
const PREFETCHED: usize = 16;
/// Steps between two readings of the loss.
const REPORT_EVERY: usize = 200;
/// Training images for the final statistics of the batch normalisation …
const CALIBRATION_IMAGES: usize = 10_000;
/// … and for those of an evaluation on the way.
const QUICK_CALIBRATION_IMAGES: usize = 4_096;
/// The file in a checkpoint that names the others.
const STATE_FILE: &str = "state.json";

/// What is trained, on what, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub spec: &'a NetworkSpec,
    pub config: &'a TrainConfig,
    /// MNIST's images, and what the configuration's mixture adds.
    pub pool: &'a Arc<Pool>,
    /// The folder that receives a checkpoint at every evaluation.
    pub checkpoint: Option<&'a Path>,
    /// The checkpoint to continue from.
    pub resume: Option<&'a Path>,
    /// Set from outside to stop early and keep the best weights so far.
    pub stop: &'a AtomicBool,
}

impl<'a> Job<'a> {
    /// A training without checkpoints.
    pub fn new(
        spec: &'a NetworkSpec,
        config: &'a TrainConfig,
        pool: &'a Arc<Pool>,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            spec,
            config,
            pool,
            checkpoint: None,
            resume: None,
            stop,
        }
    }
}

/// What training tells from time to time.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps made so far.
    pub step: usize,
    /// The mean loss since the last time.
    pub loss: f32,
    pub learning_rate: f64,
    /// Since the last time, without the evaluations.
    pub images_per_second: f64,
    /// Where there was one after this step.
    pub evaluation: Option<Evaluation>,
    pub best: Option<Best>,
}

/// The best evaluation on validation so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Steps made when it was evaluated.
    pub step: usize,
    /// From 0 to 1.
    pub accuracy: f64,
}

/// What training made.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The chosen weights, batch normalisation calibrated; its card is empty.
    pub model: Model,
    /// The step that they are from.
    pub step: usize,
    /// The step of the best evaluation on the way, earlier sessions included.
    pub best_step: Option<usize>,
    /// Their figures on validation.
    pub validation: Confusion,
    /// Wall-clock time, over all sessions of a resumed run.
    pub seconds: f64,
    /// Of this session, without the evaluations.
    pub images_per_second: f64,
    /// Whether it was stopped from outside.
    pub stopped: bool,
    /// The evaluations of this session.
    pub history: Vec<Evaluation>,
}

/// An evaluation on the way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Steps made.
    pub step: usize,
    /// Of the averaged weights on validation, from 0 to 1.
    pub accuracy: f64,
    /// Training time so far, evaluations included, and without them and what came before the first step.
    pub seconds: f64,
    pub stepping_seconds: f64,
}

/// Why there is no network at the end.
#[derive(Debug, Error)]
#[error("the loss is {loss} after step {step}: training has diverged. Try a lower --learning-rate")]
pub struct Diverged {
    pub step: usize,
    pub loss: f32,
}

/// The part of a checkpoint that is not weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    spec: NetworkSpec,
    config: TrainConfig,
    /// Steps made.
    step: usize,
    seconds: f64,
    stall: Stall,
    best: Option<Best>,
}

/// Everything that changes from step to step.
struct Trainer<'a> {
    engine: &'a mut dyn Engine,
    state: State,
    /// The averaged weights of the best evaluation.
    best: Option<Model>,
    history: Vec<Evaluation>,
}

/// Trains a network with an engine of `maker`. `report` hears of the progress.
///
/// # Errors
/// Where there are no images, the engine does not cover the network, the loss is no longer finite, or a checkpoint
/// cannot be read or written.
pub fn train(
    job: &Job<'_>,
    maker: &mut dyn MakeEngine,
    report: &mut dyn FnMut(&Progress),
) -> Result<Outcome> {
    let exam = Exam::new(job);
    for (count, name) in [
        (job.pool.training_images(), "training"),
        (exam.images.len(), "validation"),
    ] {
        if count == 0 {
            let reason = format!("there are no {name} images");
            return Err(format!("{reason}; training needs some of both kinds").into());
        }
    }
    let initial = initial_model(job.spec, job.config.seed);
    let engine = maker
        .engine(&initial, job.config, job.pool)
        .map_err(|error| format!("{error}. Add --engine burn to train with burn's operators"))?;
    let trainer = match job.resume {
        Some(folder) => Trainer::resume(job, folder, engine)?,
        None => Trainer::start(job, engine),
    };
    let first = trainer.state.step;
    let mut clock = Clock {
        started: Instant::now(),
        before: trainer.state.seconds,
        examining: 0.0,
    };
    let mut feeder = Feeder::new(job.pool, job.config);
    let steps = job.config.steps;
    let (trainer, end) = std::thread::scope(|scope| {
        let (sender, batches) = mpsc::sync_channel(PREFETCHED);
        scope.spawn(move || {
            for step in first..steps {
                let picks = feeder.picks(step).into_par_iter().with_min_len(64);
                let batch: Vec<Sample> = picks.map(|pick| feeder.sample(pick)).collect();
                if sender.send(batch).is_err() {
                    // The loop has ended early.
                    return;
                }
            }
        });
        trainer.run(job, &exam, &mut clock, &batches, report)
    })?;

    let seconds = clock.seconds();
    let made = (trainer.state.step - first) * job.config.batch;
    let stepping = seconds - clock.before - clock.examining;
    let keep_last = job.config.select == Select::Last && end == End::Complete;
    let best_step = trainer.state.best.map(|best| best.step);
    let step = match (trainer.best, trainer.state.best) {
        (Some(model), Some(best)) if !keep_last => {
            trainer.engine.set_average(&model);
            best.step
        }
        _ => trainer.state.step,
    };
    trainer.engine.calibrate(&exam.calibration);
    let model = trainer.engine.average();
    let validation = Reader::new(&model, "the network")?.confusion(&exam.data);
    Ok(Outcome {
        model,
        step,
        best_step,
        validation,
        seconds,
        images_per_second: made as f64 / stepping.max(1e-9),
        stopped: end == End::Stopped,
        history: trainer.history,
    })
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All steps were made.
    Complete,
    /// Validation stalled.
    Stalled,
    /// Stopped from outside.
    Stopped,
}

struct Clock {
    started: Instant,
    /// Seconds of earlier sessions.
    before: f64,
    /// Seconds of this session that went into evaluations and checkpoints.
    examining: f64,
}

impl Clock {
    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

/// What evaluations read.
struct Exam {
    images: Vec<Sample>,
    labels: Vec<u8>,
    /// The same images with their labels, for the last reading.
    data: Images,
    /// Augmented training images; empty where there is no batch normalisation.
    calibration: Vec<Sample>,
}

impl Exam {
    fn new(job: &Job<'_>) -> Self {
        let normalises = |layer: &LayerSpec| matches!(layer, LayerSpec::BatchNorm { .. });
        let calibration = if job.spec.layers().iter().any(normalises) {
            job.pool.calibration_samples(job.config, CALIBRATION_IMAGES)
        } else {
            Vec::new()
        };
        let images = job.pool.validation_samples();
        let labels = job.pool.validation_labels().to_vec();
        let data = Images {
            images: images.iter().map(|s| job.pool.images[s.image]).collect(),
            labels: labels.clone(),
        };
        Self {
            images,
            labels,
            data,
            calibration,
        }
    }

    fn quick_calibration(&self) -> &[Sample] {
        &self.calibration[..self.calibration.len().min(QUICK_CALIBRATION_IMAGES)]
    }
}

impl<'a> Trainer<'a> {
    fn start(job: &Job<'_>, engine: &'a mut dyn Engine) -> Self {
        Self {
            engine,
            best: None,
            history: Vec::new(),
            state: State {
                spec: job.spec.clone(),
                config: job.config.clone(),
                step: 0,
                seconds: 0.0,
                stall: Stall::default(),
                best: None,
            },
        }
    }

    fn resume(job: &Job<'_>, folder: &Path, engine: &'a mut dyn Engine) -> Result<Self> {
        let state_path = folder.join(STATE_FILE);
        let text =
            std::fs::read_to_string(&state_path).map_err(|error| unread(&state_path, &error))?;
        let state: State =
            serde_json::from_str(&text).map_err(|error| unread(&state_path, &error))?;
        if state.config != *job.config || state.spec != *job.spec {
            let (file, options) = (folder.display(), state.config.options());
            return Err(format!(
                "{file}: the checkpoint was made with other options. Repeat them, or leave out --resume. They were:\n{COMMAND} {options}"
            )
            .into());
        }
        let model = |step, part| Model::load(folder.join(weights_name(step, part)));
        let best = match state.best {
            Some(best) => Some(model(best.step, BEST)?),
            None => None,
        };
        let name = optimizer_name(state.step, engine.optimizer_extension());
        let optimizer = folder.join(name);
        let network = model(state.step, NETWORK)?;
        let average = model(state.step, AVERAGE)?;
        let bytes = std::fs::read(&optimizer).map_err(|error| unread(&optimizer, &error))?;
        engine
            .restore(&network, &average, &bytes)
            .map_err(|error| unread(&optimizer, &error))?;
        Ok(Self {
            engine,
            best,
            state,
            history: Vec::new(),
        })
    }

    /// Makes the remaining steps.
    fn run(
        mut self,
        job: &Job<'_>,
        exam: &Exam,
        clock: &mut Clock,
        batches: &mpsc::Receiver<Vec<Sample>>,
        report: &mut dyn FnMut(&Progress),
    ) -> Result<(Self, End)> {
        let config = job.config;
        let mut last_report = (Instant::now(), self.state.step);
        while let Ok(batch) = batches.recv() {
            if job.stop.load(Ordering::Relaxed) {
                return Ok((self, End::Stopped));
            }
            let settings = StepSettings {
                step: self.state.step,
                learning_rate: self.state.stall.learning_rate(config, self.state.step),
                average_decay: average_decay(self.state.step, config.ema),
            };
            self.engine.step(&batch, &settings);
            self.state.step += 1;

            let step = self.state.step;
            let evaluates = step.is_multiple_of(config.evaluate_every) || step == config.steps;
            if !evaluates && !step.is_multiple_of(REPORT_EVERY) {
                continue;
            }
            let loss = self.engine.take_mean_loss();
            if !loss.is_finite() {
                return Err(Diverged { step, loss }.into());
            }
            let (time, step_then) = last_report;
            let images = ((step - step_then) * config.batch) as f64;
            let images_per_second = images / time.elapsed().as_secs_f64().max(1e-9);
            let mut verdict = Verdict::Continue;
            if evaluates {
                let begun = Instant::now();
                verdict = self.examine(job, exam, clock)?;
                clock.examining += begun.elapsed().as_secs_f64();
            }
            report(&Progress {
                step,
                loss,
                learning_rate: settings.learning_rate,
                images_per_second,
                evaluation: self.history.last().copied().filter(|_| evaluates),
                best: self.state.best,
            });
            last_report = (Instant::now(), step);
            if verdict == Verdict::Stop {
                return Ok((self, End::Stalled));
            }
        }
        Ok((self, End::Complete))
    }

    /// Evaluates, notes the best, writes the checkpoint.
    fn examine(&mut self, job: &Job<'_>, exam: &Exam, clock: &Clock) -> Result<Verdict> {
        let begun = Instant::now();
        let step = self.state.step;
        self.engine.calibrate(exam.quick_calibration());
        let answers = self.engine.answers(&exam.images);
        let accuracy = Confusion::new(&exam.labels, &answers).accuracy();
        if self.state.best.is_none_or(|best| best.accuracy < accuracy) {
            self.best = Some(self.engine.average());
            self.state.best = Some(Best { step, accuracy });
        }
        self.history.push(Evaluation {
            step,
            accuracy,
            seconds: clock.seconds(),
            stepping_seconds: begun.duration_since(clock.started).as_secs_f64() - clock.examining,
        });
        let verdict = self.state.stall.observe(job.config, accuracy);
        self.state.seconds = clock.seconds();
        if let Some(folder) = job.checkpoint {
            self.write_checkpoint(folder)?;
        }
        Ok(verdict)
    }

    /// Writes a checkpoint. The state, which names the other files by their step, is replaced last, so that an
    /// interrupted write leaves the previous checkpoint whole; then what no state names any more is removed.
    fn write_checkpoint(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
        let state = &self.state;
        let save = |model: &Model, name: String| model.save(folder.join(name), false);
        save(&self.engine.network(), weights_name(state.step, NETWORK))?;
        save(&self.engine.average(), weights_name(state.step, AVERAGE))?;
        if let (Some(model), Some(best)) = (&self.best, state.best) {
            let name = weights_name(best.step, BEST);
            if !folder.join(&name).exists() || best.step == state.step {
                save(model, name)?;
            }
        }
        let name = optimizer_name(state.step, self.engine.optimizer_extension());
        let optimizer_path = folder.join(name);
        let moments = self.engine.optimizer();
        let moments = moments.map_err(|error| unwritten(&optimizer_path, &error))?;
        std::fs::write(&optimizer_path, moments)
            .map_err(|error| unwritten(&optimizer_path, &error))?;
        let state_path = folder.join(STATE_FILE);
        let partial = folder.join("state.json.part");
        let json = serde_json::to_string_pretty(state).expect("plain data becomes JSON");
        std::fs::write(&partial, json)
            .and_then(|()| std::fs::rename(&partial, &state_path))
            .map_err(|error| unwritten(&state_path, &error))?;
        let entries = std::fs::read_dir(folder).map_err(|error| unwritten(folder, &error))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let best_step = state.best.map(|best| best.step);
            if is_obsolete(&name.to_string_lossy(), state.step, best_step) {
                // A file that cannot be removed costs space, nothing else.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

fn unread(path: &Path, reason: &dyn Display) -> String {
    let file = path.display();
    format!("{file}: the checkpoint cannot be read: {reason}. Leave out --resume to start anew")
}

fn unwritten(path: &Path, reason: &dyn Display) -> String {
    let file = path.display();
    format!(
        "{file}: the checkpoint cannot be written: {reason}. Check the space and the permissions"
    )
}

const NETWORK: &str = "network";
const AVERAGE: &str = "average";
const BEST: &str = "best";
const OPTIMIZER: &str = "optimizer";

fn weights_name(step: usize, part: &str) -> String {
    format!("{step}-{part}.safetensors")
}

fn optimizer_name(step: usize, extension: &str) -> String {
    format!("{step}-{OPTIMIZER}.{extension}")
}

/// Whether a file belongs to an earlier checkpoint. What this program did not write never does.
fn is_obsolete(name: &str, step: usize, best_step: Option<usize>) -> bool {
    let Some((number, rest)) = name.split_once('-') else {
        return false;
    };
    let Ok(number) = number.parse::<usize>() else {
        return false;
    };
    match rest {
        "network.safetensors"
        | "average.safetensors"
        | "optimizer.mpk"
        | "optimizer.safetensors" => number != step,
        "best.safetensors" => Some(number) != best_step,
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{burn_engine::BurnMaker, records::tests::scratch_folder};
    use burn_autodiff::Autodiff;
    use burn_flex::Flex;
    use mnistify_drawing::SIDE;
    use mnistify_learning::{
        Augmentation, Mnist, ModelKind,
        feeder::Extras,
        metrics::CLASSES,
        random::{Purpose, generator},
    };
    use rand::Rng;

    fn cpu() -> BurnMaker<Autodiff<Flex>> {
        BurnMaker::new(Default::default())
    }

    /// Convolution, batch normalisation and a dense layer, small enough for a test.
    pub(crate) fn small_network() -> NetworkSpec {
        let layers = vec![
            LayerSpec::Conv2d {
                in_channels: 1,
                out_channels: 4,
                kernel_size: [5, 5],
                stride: [4, 4],
                padding: [0, 0],
            },
            LayerSpec::Silu,
            LayerSpec::norm(4),
            LayerSpec::Flatten,
            LayerSpec::linear(144, 10),
        ];
        NetworkSpec::new("small", layers).unwrap()
    }

    /// Each class is a bright bar at its own place, over noise.
    fn synthetic(count: usize, seed: u64) -> Images {
        let mut data = Images::default();
        for index in 0..count {
            let mut rng = generator(seed, Purpose::Split, index as u64);
            let label = index % CLASSES;
            let (top, left) = (label % 5 * 5 + 2, label / 5 * 13 + 2);
            let image = std::array::from_fn(|pixel| {
                let (row, column) = (pixel / SIDE, pixel % SIDE);
                let inside = (top..top + 4).contains(&row) && (left..left + 10).contains(&column);
                let base: u8 = if inside { 180 } else { 0 };
                base + rng.random_range(0..60u8)
            });
            data.images.push(image);
            data.labels.push(label as u8);
        }
        data
    }

    fn config() -> TrainConfig {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 32);
        config.steps = 60;
        config.evaluate_every = 20;
        config.learning_rate = 1e-2;
        config.ema = 0.8;
        config.augmentation = Augmentation {
            rotation: 5.0,
            shift: 1.0,
            brightness: 0.1,
            ..Augmentation::NONE
        };
        config
    }

    struct Data {
        spec: NetworkSpec,
        pool: Arc<Pool>,
    }

    fn data() -> Data {
        let data = Mnist {
            train: synthetic(400, 1),
            validation: synthetic(100, 2),
        };
        Data {
            spec: small_network(),
            pool: Arc::new(Pool::new(&data, &Extras::default())),
        }
    }

    fn job<'a>(data: &'a Data, config: &'a TrainConfig, stop: &'a AtomicBool) -> Job<'a> {
        Job::new(&data.spec, config, &data.pool, stop)
    }

    #[test]
    fn training_lowers_the_loss_and_learns() {
        let (data, config, stop) = (data(), config(), AtomicBool::new(false));
        let mut losses = Vec::new();
        let outcome = train(&job(&data, &config, &stop), &mut cpu(), &mut |progress| {
            losses.push(progress.loss);
        })
        .unwrap();
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < 0.7 * first, "{losses:?}");
        assert!(
            outcome.validation.accuracy() > 0.6,
            "{:?}",
            outcome.validation
        );
        assert_eq!((outcome.step, outcome.stopped), (60, false));
        assert_eq!(outcome.validation.images(), 100);
    }

    /// What a job makes in one go, and interrupted at an evaluation and resumed; its checkpoint stays in this folder.
    pub(crate) fn whole_and_resumed(
        job: &Job<'_>,
        maker: &mut dyn MakeEngine,
        stopped_at: usize,
        folder: &Path,
    ) -> [Outcome; 2] {
        let whole = train(job, maker, &mut |_| {}).unwrap();
        let stop = AtomicBool::new(false);
        let interrupted = Job {
            checkpoint: Some(folder),
            stop: &stop,
            ..*job
        };
        let half = train(&interrupted, maker, &mut |progress| {
            if progress.evaluation.is_some() && progress.step == stopped_at {
                stop.store(true, Ordering::Relaxed);
            }
        });
        assert!(half.unwrap().stopped);
        stop.store(false, Ordering::Relaxed);
        let resumed = Job {
            resume: Some(folder),
            ..interrupted
        };
        [whole, train(&resumed, maker, &mut |_| {}).unwrap()]
    }

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one() {
        let (data, config) = (data(), config());
        let stop = AtomicBool::new(false);
        let folder = scratch_folder("resume");
        let usual = job(&data, &config, &stop);
        let [whole, resumed] = whole_and_resumed(&usual, &mut cpu(), 40, &folder);
        assert_eq!(resumed.step, 60);
        let (a, b) = (whole.model, resumed.model);
        for (name, tensor) in &a.tensors {
            for (x, y) in tensor.values.iter().zip(&b.tensors[name].values) {
                assert!((x - y).abs() < 1e-4, "{name}: {x} {y}");
            }
        }

        let mut other = config.clone();
        other.learning_rate *= 2.0;
        let wrong = Job {
            resume: Some(&folder),
            ..job(&data, &other, &stop)
        };
        let error = train(&wrong, &mut cpu(), &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("with other options"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_own_old_files_are_obsolete() {
        assert!(is_obsolete("20-network.safetensors", 40, Some(20)));
        assert!(!is_obsolete("20-best.safetensors", 40, Some(20)));
        assert!(!is_obsolete("40-optimizer.mpk", 40, None));
        assert!(!is_obsolete("state.json", 40, None));
        assert!(!is_obsolete("20-holiday.jpeg", 40, None));
    }
}

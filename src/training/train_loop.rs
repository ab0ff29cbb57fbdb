//! The training loop, generic over burn's backend: AdamW on a smoothed cross entropy, a moving average of the weights,
//! evaluation on validation, checkpoints.
//!
//! A background thread prepares the batches (see [`Feeder`]), so that a GPU does not wait for them, and the loss is read
//! back rarely, because each reading waits for the GPU. What a step sees depends on the seed and the step's number
//! alone; a resumed run therefore continues exactly where it was.

use crate::{
    augment::{Augmentation, PIXELS, SIDE, augment},
    config::{Select, TrainConfig},
    data::Images,
    metrics::{CLASSES, Confusion},
    random::{Purpose, generator},
    schedule::{Stall, Verdict, average_decay},
};
use burn::{
    module::{AutodiffModule, Param, ParamId, RunningState},
    optim::{AdamW, AdamWConfig, GradientsParams, Optimizer, adaptor::OptimizerAdaptor},
    record::{FullPrecisionSettings, NamedMpkFileRecorder, Recorder},
    tensor::{
        Tensor, TensorData, activation,
        backend::{AutodiffBackend, Backend},
    },
};
use mnistify_network::{
    Card, Model, ModelError, Network, NetworkSpec, Normalisation, TensorF32, burn_network::Layer,
    spec::LayerSpec,
};
use rand::{Rng, seq::SliceRandom};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Instant,
};
use thiserror::Error;

/// Batches that are prepared ahead.
const PREFETCHED: usize = 8;
/// Steps between two readings of the loss.
const REPORT_EVERY: usize = 50;
/// Images a batch when nothing is learned.
const EVALUATION_BATCH: usize = 1000;
/// Images for the final statistics of the batch normalisation …
const CALIBRATION_IMAGES: usize = 10_000;
/// … and how many of their batches an evaluation on the way makes do with.
const QUICK_CALIBRATION_BATCHES: usize = 4;
/// PyTorch's value; burn's own default is 1e-5.
const ADAM_EPSILON: f32 = 1e-8;
/// The file in a checkpoint that names the others.
const STATE_FILE: &str = "state.json";

/// What is trained, on what, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub spec: &'a NetworkSpec,
    pub config: &'a TrainConfig,
    pub train: &'a Images,
    pub validation: &'a Images,
    /// The folder that receives a checkpoint at every evaluation.
    pub checkpoint: Option<&'a Path>,
    /// The checkpoint to continue from.
    pub resume: Option<&'a Path>,
    /// Set from outside to stop early and keep the best weights so far.
    pub stop: &'a AtomicBool,
}

/// What training tells while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// Some steps were made.
    Stepped {
        /// Steps made so far.
        step: usize,
        /// The mean loss since the last event.
        loss: f32,
        learning_rate: f64,
        /// Since the last such event.
        images_per_second: f64,
    },
    /// The averaged weights were evaluated on validation.
    Evaluated {
        step: usize,
        accuracy: f64,
        best: Best,
        /// Training time so far.
        seconds: f64,
    },
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
#[derive(Debug)]
pub struct Outcome<B: Backend> {
    /// The chosen weights, batch normalisation calibrated.
    pub network: Network<B>,
    /// The step that they are from.
    pub step: usize,
    /// Their figures on validation.
    pub validation: Confusion,
    /// Wall-clock time, over all sessions of a resumed run.
    pub seconds: f64,
    /// Of this session.
    pub images_per_second: f64,
    /// Whether it was stopped from outside.
    pub stopped: bool,
}

/// Why training ended without a network.
#[derive(Debug, Error)]
pub enum TrainError {
    #[error("there are no {0} images; training needs some of both kinds")]
    NoImages(&'static str),
    #[error(
        "the loss is {loss} after step {step}: training has diverged. Try a lower --learning-rate"
    )]
    Diverged { step: usize, loss: f32 },
    #[error(
        "{file}: the checkpoint cannot be written: {reason}. Check the space and the permissions"
    )]
    Write { file: String, reason: String },
    #[error("{file}: the checkpoint cannot be read: {reason}. Leave out --resume to start anew")]
    Read { file: String, reason: String },
    #[error(
        "{file}: the checkpoint was made with other options. Repeat them, or leave out --resume. They were:\n{command}"
    )]
    OtherConfig { file: String, command: String },
    #[error(transparent)]
    Model(#[from] ModelError),
}

type AdamWFor<B> = OptimizerAdaptor<AdamW, Network<B>, B>;
type OptimizerRecord<B> = <AdamWFor<B> as Optimizer<Network<B>, B>>::Record;

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
struct Trainer<B: AutodiffBackend> {
    network: Network<B>,
    optimizer: AdamWFor<B>,
    average: Network<B::InnerBackend>,
    best: Option<Network<B::InnerBackend>>,
    state: State,
}

/// One step's images and targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Normalised, image after image.
    pub pixels: Vec<f32>,
    /// Smoothed one-hot, `CLASSES` an image.
    pub targets: Vec<f32>,
}

/// Prepares the batches of a run, each from its step's number alone.
pub struct Feeder<'a> {
    images: &'a Images,
    config: &'a TrainConfig,
    normalisation: Normalisation,
    /// The epoch whose order is at hand.
    epoch: Option<usize>,
    order: Vec<usize>,
}

impl<'a> Feeder<'a> {
    /// A feeder of `images`, which must not be empty.
    pub fn new(images: &'a Images, config: &'a TrainConfig, normalisation: Normalisation) -> Self {
        Self {
            images,
            config,
            normalisation,
            epoch: None,
            order: (0..images.len()).collect(),
        }
    }

    /// The batch of `step`, counted from 0. Every epoch has its own random order; batches run over their borders.
    pub fn batch(&mut self, step: usize) -> Batch {
        let size = self.config.batch;
        let start = step * size;
        let indices: Vec<usize> = (start..start + size).map(|p| self.index(p)).collect();
        let labels = indices.iter().map(|index| self.images.labels[*index]);
        let targets = labels
            .flat_map(|label| smoothed(label, self.config.label_smoothing))
            .collect();
        let chosen: Vec<&[u8; PIXELS]> = indices.iter().map(|i| &self.images.images[*i]).collect();
        let pixels = distorted(
            &chosen,
            &self.config.augmentation,
            self.normalisation,
            (self.config.seed, Purpose::Augment, start as u64),
        );
        Batch { pixels, targets }
    }

    fn index(&mut self, position: usize) -> usize {
        let count = self.images.len();
        let epoch = position / count;
        if self.epoch != Some(epoch) {
            // From the sorted order, so that an epoch's order does not depend on the epochs before it.
            self.order.sort_unstable();
            let mut rng = generator(self.config.seed, Purpose::Shuffle, epoch as u64);
            self.order.shuffle(&mut rng);
            self.epoch = Some(epoch);
        }
        self.order[position % count]
    }
}

/// Trains a network. `report` hears of the progress.
pub fn train<B: AutodiffBackend>(
    job: &Job<'_>,
    device: &B::Device,
    report: &mut dyn FnMut(&Event),
) -> Result<Outcome<B::InnerBackend>, TrainError> {
    for (images, name) in [(job.train, "training"), (job.validation, "validation")] {
        if images.is_empty() {
            return Err(TrainError::NoImages(name));
        }
    }
    let trainer = match job.resume {
        Some(folder) => Trainer::<B>::resume(job, folder, device)?,
        None => Trainer::<B>::start(job, device),
    };
    let normalisation = job.spec.normalisation();
    let exam = Exam::<B::InnerBackend>::new(job, device);
    let first = trainer.state.step;
    let clock = Clock {
        started: Instant::now(),
        before: trainer.state.seconds,
    };
    let mut feeder = Feeder::new(job.train, job.config, normalisation);
    let steps = job.config.steps;
    let (trainer, end) = std::thread::scope(|scope| {
        let (sender, batches) = mpsc::sync_channel(PREFETCHED);
        scope.spawn(move || {
            for step in first..steps {
                if sender.send(feeder.batch(step)).is_err() {
                    // The loop has ended early.
                    return;
                }
            }
        });
        trainer.run(job, device, &exam, &clock, &batches, report)
    })?;

    let seconds = clock.seconds();
    let made = (trainer.state.step - first) * job.config.batch;
    let images_per_second = made as f64 / (seconds - clock.before).max(1e-9);
    let keep_last = job.config.select == Select::Last && end == End::Complete;
    let (weights, step) = match (trainer.best, trainer.state.best) {
        (Some(network), Some(best)) if !keep_last => (network, best.step),
        _ if job.config.ema == 0.0 => (trainer.network.valid(), trainer.state.step),
        _ => (trainer.average, trainer.state.step),
    };
    let network = calibrate(&weights, &exam.calibration);
    let validation = evaluate(&network, &exam.images, &job.validation.labels);
    Ok(Outcome {
        network,
        step,
        validation,
        seconds,
        images_per_second,
        stopped: end == End::Stopped,
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
}

impl Clock {
    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

/// The images for evaluation, on the device.
struct Exam<B: Backend> {
    images: Vec<Tensor<B, 4>>,
    /// Augmented training images; empty where there is no batch normalisation.
    calibration: Vec<Tensor<B, 4>>,
}

impl<B: Backend> Exam<B> {
    fn new(job: &Job<'_>, device: &B::Device) -> Self {
        let normalisation = job.spec.normalisation();
        let images = upload(&job.validation.images, normalisation, device);
        let layers = job.spec.layers();
        let normalises = |layer: &LayerSpec| matches!(layer, LayerSpec::BatchNorm { .. });
        if !layers.iter().any(normalises) {
            return Self {
                images,
                calibration: Vec::new(),
            };
        }
        let seed = job.config.seed;
        let mut chosen: Vec<&[u8; PIXELS]> = job.train.images.iter().collect();
        chosen.shuffle(&mut generator(seed, Purpose::Calibrate, 0));
        chosen.truncate(CALIBRATION_IMAGES);
        let pixels = distorted(
            &chosen,
            &job.config.augmentation,
            normalisation,
            (seed, Purpose::Calibrate, 1),
        );
        let calibration = pixels
            .chunks(EVALUATION_BATCH * PIXELS)
            .map(|chunk| to_tensor::<B>(chunk.to_vec(), device))
            .collect();
        Self {
            images,
            calibration,
        }
    }

    fn quick_calibration(&self) -> &[Tensor<B, 4>] {
        &self.calibration[..self.calibration.len().min(QUICK_CALIBRATION_BATCHES)]
    }
}

impl<B: AutodiffBackend> Trainer<B> {
    fn start(job: &Job<'_>, device: &B::Device) -> Self {
        let model = initial_model(job.spec, job.config.seed);
        let mut network = Network::<B>::from_model(&model, device);
        name_parameters(&mut network);
        Self {
            average: network.valid(),
            network,
            optimizer: optimizer(job.config),
            best: None,
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

    fn resume(job: &Job<'_>, folder: &Path, device: &B::Device) -> Result<Self, TrainError> {
        let state_path = folder.join(STATE_FILE);
        let read_error = |path: &Path, reason: String| TrainError::Read {
            file: path.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(&state_path)
            .map_err(|error| read_error(&state_path, error.to_string()))?;
        let state: State = serde_json::from_str(&text)
            .map_err(|error| read_error(&state_path, error.to_string()))?;
        if state.config != *job.config || state.spec != *job.spec {
            return Err(TrainError::OtherConfig {
                file: folder.display().to_string(),
                command: state.config.command(),
            });
        }
        let model = |step, part| Model::load(folder.join(weights_name(step, part)));
        let mut network = Network::<B>::from_model(&model(state.step, NETWORK)?, device);
        name_parameters(&mut network);
        let inner = |model: &Model| Network::<B::InnerBackend>::from_model(model, device);
        let average = inner(&model(state.step, AVERAGE)?);
        let best = match state.best {
            Some(best) => Some(inner(&model(best.step, BEST)?)),
            None => None,
        };
        let optimizer_path = folder.join(optimizer_name(state.step));
        let record: OptimizerRecord<B> =
            Recorder::<B>::load(&recorder(), optimizer_path.clone(), device)
                .map_err(|error| read_error(&optimizer_path, error.to_string()))?;
        Ok(Self {
            network,
            optimizer: optimizer::<B>(job.config).load_record(record),
            average,
            best,
            state,
        })
    }

    /// Makes the remaining steps.
    fn run(
        mut self,
        job: &Job<'_>,
        device: &B::Device,
        exam: &Exam<B::InnerBackend>,
        clock: &Clock,
        batches: &mpsc::Receiver<Batch>,
        report: &mut dyn FnMut(&Event),
    ) -> Result<(Self, End), TrainError> {
        let config = job.config;
        let mut losses = Losses::<B::InnerBackend>::default();
        let mut last_report = (Instant::now(), self.state.step);
        while let Ok(batch) = batches.recv() {
            if job.stop.load(Ordering::Relaxed) {
                return Ok((self, End::Stopped));
            }
            let rate = self.state.stall.learning_rate(config, self.state.step);
            let images = to_tensor::<B>(batch.pixels, device);
            let targets = TensorData::new(batch.targets, [config.batch, CLASSES]);
            let targets = Tensor::<B, 2>::from_data(targets, device);
            let loss = cross_entropy(self.network.forward(images), targets);
            let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
            losses.add(loss.inner());
            self.network = self.optimizer.step(rate, self.network, gradients);
            if config.ema > 0.0 {
                let decay = average_decay(self.state.step, config.ema);
                update_average::<B>(&mut self.average, &self.network, decay);
            }
            self.state.step += 1;

            let step = self.state.step;
            let evaluates = step.is_multiple_of(config.evaluate_every) || step == config.steps;
            if evaluates || step.is_multiple_of(REPORT_EVERY) {
                let loss = losses.take_mean();
                if !loss.is_finite() {
                    return Err(TrainError::Diverged { step, loss });
                }
                let (time, step_then) = last_report;
                let images = ((step - step_then) * config.batch) as f64;
                report(&Event::Stepped {
                    step,
                    loss,
                    learning_rate: rate,
                    images_per_second: images / time.elapsed().as_secs_f64().max(1e-9),
                });
                last_report = (Instant::now(), step);
            }
            if evaluates {
                let verdict = self.examine(job, exam, clock, report)?;
                last_report = (Instant::now(), step);
                if verdict == Verdict::Stop {
                    return Ok((self, End::Stalled));
                }
            }
        }
        Ok((self, End::Complete))
    }

    /// Evaluates, notes the best, writes the checkpoint.
    fn examine(
        &mut self,
        job: &Job<'_>,
        exam: &Exam<B::InnerBackend>,
        clock: &Clock,
        report: &mut dyn FnMut(&Event),
    ) -> Result<Verdict, TrainError> {
        if job.config.ema == 0.0 {
            self.average = self.network.valid();
        }
        let step = self.state.step;
        let calibrated = calibrate(&self.average, exam.quick_calibration());
        let accuracy = evaluate(&calibrated, &exam.images, &job.validation.labels).accuracy();
        let best = match self.state.best {
            Some(best) if best.accuracy >= accuracy => best,
            _ => {
                self.best = Some(self.average.clone());
                Best { step, accuracy }
            }
        };
        self.state.best = Some(best);
        let verdict = self.state.stall.observe(job.config, accuracy);
        self.state.seconds = clock.seconds();
        if let Some(folder) = job.checkpoint {
            self.write_checkpoint(folder)?;
        }
        report(&Event::Evaluated {
            step,
            accuracy,
            best,
            seconds: self.state.seconds,
        });
        Ok(verdict)
    }

    /// Writes a checkpoint. The state, which names the other files by their step, is replaced last, so that an
    /// interrupted write leaves the previous checkpoint whole; then what no state names any more is removed.
    fn write_checkpoint(&self, folder: &Path) -> Result<(), TrainError> {
        let write_error = |path: &Path, reason: String| TrainError::Write {
            file: path.display().to_string(),
            reason,
        };
        std::fs::create_dir_all(folder).map_err(|error| write_error(folder, error.to_string()))?;
        let state = &self.state;
        let save = |network: &Network<B::InnerBackend>, name: String| {
            let model = network.to_model(&state.spec, Card::default());
            model.save(folder.join(name), false)
        };
        save(&self.network.valid(), weights_name(state.step, NETWORK))?;
        save(&self.average, weights_name(state.step, AVERAGE))?;
        if let (Some(network), Some(best)) = (&self.best, state.best) {
            let name = weights_name(best.step, BEST);
            if !folder.join(&name).exists() || best.step == state.step {
                save(network, name)?;
            }
        }
        let optimizer_path = folder.join(optimizer_name(state.step));
        Recorder::<B>::record(
            &recorder(),
            self.optimizer.to_record(),
            optimizer_path.clone(),
        )
        .map_err(|error| write_error(&optimizer_path, error.to_string()))?;
        let state_path = folder.join(STATE_FILE);
        let partial = folder.join("state.json.part");
        let json = serde_json::to_string_pretty(state).expect("plain data becomes JSON");
        std::fs::write(&partial, json)
            .and_then(|()| std::fs::rename(&partial, &state_path))
            .map_err(|error| write_error(&state_path, error.to_string()))?;
        let entries =
            std::fs::read_dir(folder).map_err(|error| write_error(folder, error.to_string()))?;
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

const NETWORK: &str = "network";
const AVERAGE: &str = "average";
const BEST: &str = "best";
const OPTIMIZER: &str = "optimizer";

fn weights_name(step: usize, part: &str) -> String {
    format!("{step}-{part}.safetensors")
}

fn optimizer_name(step: usize) -> String {
    format!("{step}-{OPTIMIZER}.mpk")
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
        "network.safetensors" | "average.safetensors" | "optimizer.mpk" => number != step,
        "best.safetensors" => Some(number) != best_step,
        _ => false,
    }
}

fn recorder() -> NamedMpkFileRecorder<FullPrecisionSettings> {
    NamedMpkFileRecorder::new()
}

fn optimizer<B: AutodiffBackend>(config: &TrainConfig) -> AdamWFor<B> {
    AdamWConfig::new()
        .with_weight_decay(config.weight_decay as f32)
        .with_epsilon(ADAM_EPSILON)
        .init()
}

/// The sum of some losses, kept on the device until somebody asks.
#[derive(Default)]
struct Losses<B: Backend> {
    sum: Option<Tensor<B, 1>>,
    count: usize,
}

impl<B: Backend> Losses<B> {
    fn add(&mut self, loss: Tensor<B, 1>) {
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + loss,
            None => loss,
        });
        self.count += 1;
    }

    /// The mean since the last call; waits for the device.
    fn take_mean(&mut self) -> f32 {
        let count = std::mem::take(&mut self.count);
        match self.sum.take() {
            Some(sum) => to_vec(sum).iter().sum::<f32>() / count as f32,
            None => f32::NAN,
        }
    }
}

/// One-hot with the part `smoothing` spread evenly over all classes.
pub fn smoothed(label: u8, smoothing: f64) -> [f32; CLASSES] {
    let share = smoothing / CLASSES as f64;
    let mut target = [share as f32; CLASSES];
    target[usize::from(label)] = (1.0 - smoothing + share) as f32;
    target
}

/// `−Σ target · log softmax(logits)`, the mean over the batch. Both `[n, classes]`; the result is `[1]`.
fn cross_entropy<B: Backend>(logits: Tensor<B, 2>, targets: Tensor<B, 2>) -> Tensor<B, 1> {
    let log_probabilities = activation::log_softmax(logits, 1);
    (targets * log_probabilities).sum_dim(1).mean().neg()
}

/// Augmented, normalised images, one after the other. `source` is the seed, the purpose and the first image's index of
/// their random numbers.
fn distorted(
    images: &[&[u8; PIXELS]],
    options: &Augmentation,
    normalisation: Normalisation,
    source: (u64, Purpose, u64),
) -> Vec<f32> {
    let (seed, purpose, first) = source;
    let mut pixels = vec![0.0f32; images.len() * PIXELS];
    pixels
        .par_chunks_exact_mut(PIXELS)
        .zip(images.par_iter())
        .enumerate()
        .for_each(|(index, (output, image))| {
            let mut rng = generator(seed, purpose, first + index as u64);
            let values = augment(image, options, &mut rng);
            for (output, value) in output.iter_mut().zip(values) {
                *output = normalisation.apply(value);
            }
        });
    pixels
}

/// Undistorted images on the device, in batches `[n, 1, 28, 28]`.
pub fn upload<B: Backend>(
    images: &[[u8; PIXELS]],
    normalisation: Normalisation,
    device: &B::Device,
) -> Vec<Tensor<B, 4>> {
    let normalised = |pixel: &u8| normalisation.apply(f32::from(*pixel) / 255.0);
    images
        .chunks(EVALUATION_BATCH)
        .map(|chunk| {
            let pixels = chunk.iter().flatten().map(normalised).collect();
            to_tensor::<B>(pixels, device)
        })
        .collect()
}

/// How `network` reads the images that `batches` holds, against their labels.
pub fn evaluate<B: Backend>(
    network: &Network<B>,
    batches: &[Tensor<B, 4>],
    labels: &[u8],
) -> Confusion {
    // Everything is queued before anything is read back.
    let answers: Vec<_> = batches
        .iter()
        .map(|batch| network.forward(batch.clone()).argmax(1))
        .collect();
    let predictions: Vec<u8> = answers
        .into_iter()
        .flat_map(|answer| {
            let data = answer.into_data();
            data.iter::<i64>()
                .map(|class| class as u8)
                .collect::<Vec<u8>>()
        })
        .collect();
    Confusion::new(labels, &predictions)
}

/// The network with its batch normalisation's statistics set to the true mean and variance over `batches`, layer after
/// layer, since each layer's statistics depend on those before it. Without batches it stays as it is.
///
/// Needed after averaging weights, because running statistics belong to the weights that they were gathered with
/// (Izmailov et al. 2018, arXiv:1803.05407, section 3.2).
pub fn calibrate<B: Backend>(network: &Network<B>, batches: &[Tensor<B, 4>]) -> Network<B> {
    let mut network = network.clone();
    let Some(device) = batches.first().map(|batch| batch.device()) else {
        return network;
    };
    for position in 0..network.layers.len() {
        if !matches!(&network.layers[position], Layer::BatchNorm(_)) {
            continue;
        }
        let before = &network.layers[..position];
        let moments: Vec<Tensor<B, 2>> = batches
            .iter()
            .map(|batch| {
                let input = before
                    .iter()
                    .fold(batch.clone(), |x, layer| layer.forward(x));
                channel_moments(input)
            })
            .collect();
        let parts: Vec<Moments> = moments
            .into_iter()
            .zip(batches)
            .map(|(moments, batch)| Moments::from_pairs(&to_vec(moments), batch.dims()[0] as f64))
            .collect();
        let total = pool_moments(&parts);
        let vector = |values: &[f64]| {
            let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            let length = values.len();
            Tensor::<B, 1>::from_data(TensorData::new(values, [length]), &device)
        };
        let (mean, variance) = (vector(&total.mean), vector(&total.variance));
        if let Layer::BatchNorm(norm) = &mut network.layers[position] {
            norm.running_mean = RunningState::new(mean);
            norm.running_var = RunningState::new(variance);
        }
    }
    network
}

/// Mean and variance of some values for each channel.
#[derive(Clone, Debug, PartialEq)]
struct Moments {
    /// How many values, in any unit that all parts share.
    weight: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Moments {
    /// From `mean, variance` of the first channel, then of the second, …
    fn from_pairs(pairs: &[f32], weight: f64) -> Self {
        let every_other = |start: usize| pairs[start..].iter().step_by(2).copied();
        Self {
            weight,
            mean: every_other(0).map(f64::from).collect(),
            variance: every_other(1).map(f64::from).collect(),
        }
    }
}

/// Mean and variance of a batch for each channel: `[n, c, h, w]` becomes `[c, 2]`. The variance is about the batch's
/// own mean, which keeps its precision in f32.
fn channel_moments<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 2> {
    let [n, c, h, w] = x.dims();
    let x = x.swap_dims(0, 1).reshape([c, n * h * w]);
    let mean = x.clone().mean_dim(1);
    let variance = (x - mean.clone()).square().mean_dim(1);
    Tensor::cat(vec![mean, variance], 1)
}

/// Mean and variance over all parts: `m = Σ wᵢmᵢ / Σ wᵢ`, `v = Σ wᵢ(vᵢ + (mᵢ − m)²) / Σ wᵢ` (law of total variance).
fn pool_moments(parts: &[Moments]) -> Moments {
    let weight: f64 = parts.iter().map(|part| part.weight).sum();
    let channels = parts.first().map_or(0, |part| part.mean.len());
    let over_parts = |value: &dyn Fn(&Moments) -> f64| {
        parts
            .iter()
            .map(|part| part.weight * value(part))
            .sum::<f64>()
            / weight
    };
    let mean: Vec<f64> = (0..channels)
        .map(|channel| over_parts(&|part| part.mean[channel]))
        .collect();
    let variance = (0..channels)
        .map(|channel| {
            over_parts(&|part| {
                part.variance[channel] + (part.mean[channel] - mean[channel]).powi(2)
            })
        })
        .collect();
    Moments {
        weight,
        mean,
        variance,
    }
}

/// Fresh weights as PyTorch draws them: uniform in `±1/√(inputs of one output)`, weights and biases alike. Made here and
/// not by the backend, so that every backend starts from the same.
pub fn initial_model(spec: &NetworkSpec, seed: u64) -> Model {
    let mut tensors = BTreeMap::new();
    for (index, layer) in spec.layers().iter().enumerate() {
        let mut rng = generator(seed, Purpose::Weights, index as u64);
        let fan_in = match layer {
            LayerSpec::Conv2d {
                in_channels,
                kernel_size: [height, width],
                ..
            } => in_channels * height * width,
            LayerSpec::Linear { in_features, .. } => *in_features,
            _ => 1,
        };
        let bound = 1.0 / (fan_in as f32).sqrt();
        let normalises = matches!(layer, LayerSpec::BatchNorm { .. });
        for (name, shape) in layer.parameters() {
            let length: usize = shape.iter().product();
            let values = match (normalises, name) {
                (true, "weight" | "running_var") => vec![1.0; length],
                (true, _) => vec![0.0; length],
                (false, _) => (0..length)
                    .map(|_| rng.random_range(-bound..=bound))
                    .collect(),
            };
            tensors.insert(format!("{index}.{name}"), TensorF32 { shape, values });
        }
    }
    Model {
        spec: spec.clone(),
        card: Card::default(),
        calibration: None,
        tensors,
    }
}

/// Gives the parameters the same names in every session: the optimiser's checkpoint refers to them.
fn name_parameters<B: Backend>(network: &mut Network<B>) {
    let mut last = 0;
    let mut next = || {
        last += 1;
        ParamId::from(last)
    };
    for layer in &mut network.layers {
        match layer {
            Layer::Conv2d(conv) => {
                conv.weight.id = next();
                if let Some(bias) = &mut conv.bias {
                    bias.id = next();
                }
            }
            Layer::Linear(linear) => {
                linear.weight.id = next();
                if let Some(bias) = &mut linear.bias {
                    bias.id = next();
                }
            }
            Layer::BatchNorm(norm) => {
                norm.gamma.id = next();
                norm.beta.id = next();
            }
            _ => {}
        }
    }
}

/// Moves every averaged parameter towards the network's: `average · decay + weight · (1 − decay)`. The batch
/// normalisation's statistics are left alone; [`calibrate`] replaces them.
fn update_average<B: AutodiffBackend>(
    average: &mut Network<B::InnerBackend>,
    network: &Network<B>,
    decay: f64,
) {
    for (average, layer) in average.layers.iter_mut().zip(&network.layers) {
        match (average, layer) {
            (Layer::Conv2d(average), Layer::Conv2d(conv)) => {
                blend::<B, 4>(&mut average.weight, &conv.weight, decay);
                blend_bias::<B>(&mut average.bias, &conv.bias, decay);
            }
            (Layer::Linear(average), Layer::Linear(linear)) => {
                blend::<B, 2>(&mut average.weight, &linear.weight, decay);
                blend_bias::<B>(&mut average.bias, &linear.bias, decay);
            }
            (Layer::BatchNorm(average), Layer::BatchNorm(norm)) => {
                blend::<B, 1>(&mut average.gamma, &norm.gamma, decay);
                blend::<B, 1>(&mut average.beta, &norm.beta, decay);
            }
            _ => {}
        }
    }
}

fn blend<B: AutodiffBackend, const D: usize>(
    average: &mut Param<Tensor<B::InnerBackend, D>>,
    parameter: &Param<Tensor<B, D>>,
    decay: f64,
) {
    let weight = parameter.val().inner().mul_scalar(1.0 - decay);
    let blended = average.val().mul_scalar(decay) + weight;
    *average = Param::initialized(average.id, blended);
}

fn blend_bias<B: AutodiffBackend>(
    average: &mut Option<Param<Tensor<B::InnerBackend, 1>>>,
    bias: &Option<Param<Tensor<B, 1>>>,
    decay: f64,
) {
    if let (Some(average), Some(bias)) = (average, bias) {
        blend::<B, 1>(average, bias, decay);
    }
}

/// Normalised pixels as `[n, 1, 28, 28]`.
fn to_tensor<B: Backend>(pixels: Vec<f32>, device: &B::Device) -> Tensor<B, 4> {
    let count = pixels.len() / PIXELS;
    Tensor::from_data(TensorData::new(pixels, [count, 1, SIDE, SIDE]), device)
}

fn to_vec<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let data = tensor.into_data();
    data.iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;
    use burn::backend::{Autodiff, Flex};
    use std::path::PathBuf;

    type Cpu = Autodiff<Flex>;

    /// Convolution, batch normalisation and a dense layer, small enough for a test.
    fn spec() -> NetworkSpec {
        let layers = vec![
            LayerSpec::Conv2d {
                in_channels: 1,
                out_channels: 4,
                kernel_size: [5, 5],
                stride: [4, 4],
                padding: [0, 0],
            },
            LayerSpec::Silu,
            LayerSpec::BatchNorm {
                channels: 4,
                epsilon: 1e-5,
            },
            LayerSpec::Flatten,
            LayerSpec::Linear {
                in_features: 144,
                out_features: 10,
            },
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
        train: Images,
        validation: Images,
    }

    fn data() -> Data {
        Data {
            spec: spec(),
            train: synthetic(400, 1),
            validation: synthetic(100, 2),
        }
    }

    fn job<'a>(data: &'a Data, config: &'a TrainConfig, stop: &'a AtomicBool) -> Job<'a> {
        Job {
            spec: &data.spec,
            config,
            train: &data.train,
            validation: &data.validation,
            checkpoint: None,
            resume: None,
            stop,
        }
    }

    fn scratch_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mnistify-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn training_lowers_the_loss_and_learns() {
        let (data, config, stop) = (data(), config(), AtomicBool::new(false));
        let mut losses = Vec::new();
        let outcome = train::<Cpu>(
            &job(&data, &config, &stop),
            &Default::default(),
            &mut |event| {
                if let Event::Stepped { loss, .. } = event {
                    losses.push(*loss);
                }
            },
        )
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

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one() {
        let (data, config) = (data(), config());
        let stop = AtomicBool::new(false);
        let device = Default::default();
        let whole = train::<Cpu>(&job(&data, &config, &stop), &device, &mut |_| {}).unwrap();

        let folder = scratch_folder("resume");
        let interrupted = Job {
            checkpoint: Some(&folder),
            ..job(&data, &config, &stop)
        };
        let half = train::<Cpu>(&interrupted, &device, &mut |event| {
            if let Event::Evaluated { step: 40, .. } = event {
                stop.store(true, Ordering::Relaxed);
            }
        })
        .unwrap();
        assert!(half.stopped);

        stop.store(false, Ordering::Relaxed);
        let resumed = Job {
            checkpoint: Some(&folder),
            resume: Some(&folder),
            ..job(&data, &config, &stop)
        };
        let resumed = train::<Cpu>(&resumed, &device, &mut |_| {}).unwrap();
        assert_eq!(resumed.step, 60);
        let model = |network: &Network<Flex>| network.to_model(&data.spec, Card::default());
        let (a, b) = (model(&whole.network), model(&resumed.network));
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
        let error = train::<Cpu>(&wrong, &device, &mut |_| {}).unwrap_err();
        assert!(matches!(error, TrainError::OtherConfig { .. }), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn batches_depend_on_the_step_alone() {
        let (data, config) = (data(), config());
        let feeder = || Feeder::new(&data.train, &config, data.spec.normalisation());
        let mut in_order = feeder();
        let batches: Vec<Batch> = (0..30).map(|step| in_order.batch(step)).collect();
        assert_eq!(feeder().batch(29), batches[29]);
        assert_ne!(batches[0], batches[1]);
        assert_eq!(batches[0].pixels.len(), 32 * PIXELS);
        assert!(
            batches[0]
                .pixels
                .iter()
                .all(|value| (-1.0..=1.0).contains(value))
        );
    }

    #[test]
    fn an_epoch_shows_every_image_once() {
        let (data, config) = (data(), config());
        let mut feeder = Feeder::new(&data.train, &config, data.spec.normalisation());
        let mut seen: Vec<usize> = (400..800).map(|position| feeder.index(position)).collect();
        assert_ne!(seen, (0..400).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..400).collect::<Vec<_>>());
    }

    #[test]
    fn targets_add_up_to_one() {
        let target = smoothed(3, 0.05);
        assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((target[3] - 0.955).abs() < 1e-6 && (target[0] - 0.005).abs() < 1e-6);
    }

    #[test]
    fn pooled_moments_are_those_of_all_values() {
        // {1, 3} and {5, 5, 8}: mean 4.4, variance 5.44.
        let part = |weight, mean, variance| Moments {
            weight,
            mean: vec![mean],
            variance: vec![variance],
        };
        let total = pool_moments(&[part(2.0, 2.0, 1.0), part(3.0, 6.0, 2.0)]);
        assert!((total.mean[0] - 4.4).abs() < 1e-12);
        assert!((total.variance[0] - 5.44).abs() < 1e-12);
    }

    #[test]
    fn calibration_makes_the_normalised_values_standard() {
        let device = Default::default();
        let data = data();
        let model = initial_model(&data.spec, 3);
        let network = Network::<Flex>::from_model(&model, &device);
        let batches = upload::<Flex>(&data.train.images, data.spec.normalisation(), &device);
        let network = calibrate(&network, &batches);
        let traced = network.forward_traced(batches[0].clone());
        for pair in to_vec(channel_moments(traced[2].clone())).chunks(2) {
            assert!(
                pair[0].abs() < 1e-3 && (pair[1] - 1.0).abs() < 0.05,
                "{pair:?}"
            );
        }
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

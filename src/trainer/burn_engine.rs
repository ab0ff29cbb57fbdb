//! Training with burn's operators and its automatic differentiation, on any backend: the reference for the fused kernels,
//! and the way for machines without a GPU.

use burn::{
    module::{AutodiffModule, Param, ParamId, RunningState},
    optim::{AdamW, AdamWConfig, GradientsParams, Optimizer, adaptor::OptimizerAdaptor},
    record::{FullPrecisionSettings, NamedMpkBytesRecorder, Recorder},
    tensor::{
        Tensor, TensorData, activation,
        backend::{AutodiffBackend, Backend},
    },
};
use mnistify_drawing::{PIXELS, SIDE};
use mnistify_learning::{
    Engine, Pool, Sample, StepSettings, TrainConfig,
    engine::{MakeEngine, OptimizerError},
    feeder::NO_DIGIT,
    fused::Unsupported,
    metrics::CLASSES,
};
use mnistify_network::{BurnNetwork, Model, NetworkSpec, burn_network::Layer};
use rayon::prelude::*;
use std::sync::Arc;

/// Images a batch when nothing is learned.
const EVALUATION_BATCH: usize = 1000;
/// PyTorch's value; burn's own default is 1e-5.
const ADAM_EPSILON: f32 = 1e-8;

type AdamWFor<B> = OptimizerAdaptor<AdamW, BurnNetwork<B>, B>;
type OptimizerRecord<B> = <AdamWFor<B> as Optimizer<BurnNetwork<B>, B>>::Record;

/// Calls a function with each learned tensor of a network, its twin in another of the same layers, and what is given along.
macro_rules! with_twins {
    ($network:expr, $other:expr, $call:path, $along:expr) => {
        for (this, that) in $network.layers.iter_mut().zip(&$other.layers) {
            match (this, that) {
                (Layer::Conv2d(this), Layer::Conv2d(that)) => {
                    $call(&mut this.weight, &that.weight, $along);
                    if let (Some(this), Some(that)) = (&mut this.bias, &that.bias) {
                        $call(this, that, $along);
                    }
                }
                (Layer::Linear(this), Layer::Linear(that)) => {
                    $call(&mut this.weight, &that.weight, $along);
                    if let (Some(this), Some(that)) = (&mut this.bias, &that.bias) {
                        $call(this, that, $along);
                    }
                }
                (Layer::BatchNorm(this), Layer::BatchNorm(that)) => {
                    $call(&mut this.gamma, &that.gamma, $along);
                    $call(&mut this.beta, &that.beta, $along);
                }
                _ => {}
            }
        }
    };
}

/// Trains with burn's operators.
pub struct BurnEngine<B: AutodiffBackend> {
    spec: NetworkSpec,
    config: TrainConfig,
    pool: Arc<Pool>,
    device: B::Device,
    network: BurnNetwork<B>,
    optimizer: Option<AdamWFor<B>>,
    average: BurnNetwork<B::InnerBackend>,
    losses: Losses<B::InnerBackend>,
}

impl<B: AutodiffBackend> BurnEngine<B> {
    /// An engine that begins with `model`.
    pub fn new(model: &Model, config: &TrainConfig, pool: &Arc<Pool>, device: &B::Device) -> Self {
        let mut network = BurnNetwork::<B>::from_model(model, device);
        name_parameters(&mut network);
        Self {
            spec: model.spec.clone(),
            config: config.clone(),
            pool: Arc::clone(pool),
            device: device.clone(),
            average: network.valid(),
            network,
            optimizer: Some(optimizer(config)),
            losses: Losses::default(),
        }
    }

    /// The samples' images under their warps, normalised, `[n, 1, 28, 28]`.
    fn images<A: Backend<Device = B::Device>>(&self, samples: &[Sample]) -> Tensor<A, 4> {
        let normalisation = self.spec.normalisation();
        let sampling = self.config.augmentation.sampling;
        let mut pixels = vec![0.0f32; samples.len() * PIXELS];
        pixels
            .par_chunks_exact_mut(PIXELS)
            .zip(samples)
            .for_each(|(output, sample)| {
                let image = &self.pool.images[sample.image];
                let values = sample.warp.apply(image, sampling);
                for (output, value) in output.iter_mut().zip(values) {
                    *output = normalisation.apply(value);
                }
            });
        to_tensor(pixels, &self.device)
    }

    /// The mean loss of some samples with the weights in training, `[1]`.
    fn loss(&self, samples: &[Sample]) -> Tensor<B, 1> {
        let smoothing = self.config.label_smoothing;
        let targets: Vec<f32> = samples
            .iter()
            .flat_map(|sample| smoothed(sample.class, smoothing))
            .collect();
        let targets = TensorData::new(targets, [samples.len(), CLASSES]);
        let targets = Tensor::<B, 2>::from_data(targets, &self.device);
        cross_entropy(self.network.forward(self.images(samples)), targets)
    }

    /// The gradients of all parameters for some samples, by their names in files: for tests of other engines.
    #[cfg(test)]
    pub fn gradients(&self, samples: &[Sample]) -> Model {
        let gradients = self.loss(samples).backward();
        let mut network = self.network.valid();
        with_twins!(network, self.network, gradient_of, &gradients);
        network.to_model(&self.spec)
    }
}

/// Puts a parameter's gradient in its place.
#[cfg(test)]
fn gradient_of<B: AutodiffBackend, const D: usize>(
    place: &mut Param<Tensor<B::InnerBackend, D>>,
    parameter: &Param<Tensor<B, D>>,
    gradients: &B::Gradients,
) {
    if let Some(gradient) = parameter.val().grad(gradients) {
        *place = Param::initialized(place.id, gradient);
    }
}

impl<B: AutodiffBackend> Engine for BurnEngine<B> {
    fn step(&mut self, samples: &[Sample], settings: &StepSettings) {
        let loss = self.loss(samples);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.losses.add(loss.inner());
        let optimizer = self.optimizer.as_mut().expect("it is always put back");
        self.network = optimizer.step(settings.learning_rate, self.network.clone(), gradients);
        if settings.average_decay > 0.0 {
            update_average::<B>(&mut self.average, &self.network, settings.average_decay);
        } else {
            self.average = self.network.valid();
        }
    }

    fn take_mean_loss(&mut self) -> f32 {
        self.losses.take_mean()
    }

    fn calibrate(&mut self, samples: &[Sample]) {
        let batches: Vec<_> = samples
            .chunks(EVALUATION_BATCH)
            .map(|chunk| self.images(chunk))
            .collect();
        self.average = calibrate(&self.average, &batches);
    }

    fn answers(&mut self, samples: &[Sample]) -> Vec<u8> {
        // Everything is queued before anything is read back.
        let answers: Vec<_> = samples
            .chunks(EVALUATION_BATCH)
            .map(|chunk| self.average.forward(self.images(chunk)).argmax(1))
            .collect();
        answers
            .into_iter()
            .flat_map(|answer| {
                let data = answer.into_data();
                data.iter::<i64>()
                    .map(|class| class as u8)
                    .collect::<Vec<u8>>()
            })
            .collect()
    }

    fn network(&self) -> Model {
        self.network.valid().to_model(&self.spec)
    }

    fn average(&self) -> Model {
        self.average.to_model(&self.spec)
    }

    fn set_average(&mut self, model: &Model) {
        self.average = BurnNetwork::from_model(model, &self.device);
    }

    fn optimizer(&self) -> Result<Vec<u8>, OptimizerError> {
        let optimizer = self.optimizer.as_ref().expect("it is always put back");
        Recorder::<B>::record(&recorder(), optimizer.to_record(), ())
            .map_err(|error| OptimizerError(error.to_string()))
    }

    fn restore(
        &mut self,
        network: &Model,
        average: &Model,
        optimizer: &[u8],
    ) -> Result<(), OptimizerError> {
        let record: OptimizerRecord<B> =
            Recorder::<B>::load(&recorder(), optimizer.to_vec(), &self.device)
                .map_err(|error| OptimizerError(error.to_string()))?;
        self.network = BurnNetwork::from_model(network, &self.device);
        name_parameters(&mut self.network);
        self.average = BurnNetwork::from_model(average, &self.device);
        let made = self.optimizer.take().expect("it is always put back");
        self.optimizer = Some(made.load_record(record));
        Ok(())
    }

    fn optimizer_extension(&self) -> &'static str {
        "mpk"
    }
}

/// Makes engines on one of burn's devices.
pub struct BurnMaker<B: AutodiffBackend> {
    device: B::Device,
    engine: Option<BurnEngine<B>>,
}

impl<B: AutodiffBackend> BurnMaker<B> {
    /// A maker for this device.
    pub fn new(device: B::Device) -> Self {
        Self {
            device,
            engine: None,
        }
    }
}

impl<B: AutodiffBackend> MakeEngine for BurnMaker<B> {
    fn engine(
        &mut self,
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
    ) -> Result<&mut dyn Engine, Unsupported> {
        let engine = BurnEngine::new(model, config, pool, &self.device);
        Ok(self.engine.insert(engine))
    }
}

fn recorder() -> NamedMpkBytesRecorder<FullPrecisionSettings> {
    NamedMpkBytesRecorder::new()
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

/// One-hot with the part `smoothing` spread evenly over all classes; no digit spreads all of it.
pub fn smoothed(label: u8, smoothing: f64) -> [f32; CLASSES] {
    if label == NO_DIGIT {
        return [1.0 / CLASSES as f32; CLASSES];
    }
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

/// The network with its batch normalisation's statistics set to the true mean and variance over `batches`, layer after
/// layer, since each layer's statistics depend on those before it. Without batches it stays as it is.
///
/// Needed after averaging weights, because running statistics belong to the weights that they were gathered with
/// (Izmailov et al. 2018, arXiv:1803.05407, section 3.2).
pub fn calibrate<B: Backend>(network: &BurnNetwork<B>, batches: &[Tensor<B, 4>]) -> BurnNetwork<B> {
    let mut network = network.clone();
    let Some(device) = batches.first().map(|batch| batch.device()) else {
        return network;
    };
    for position in 0..network.layers.len() {
        if !matches!(&network.layers[position], Layer::BatchNorm(_)) {
            continue;
        }
        let moments: Vec<Tensor<B, 2>> = batches
            .iter()
            .map(|batch| {
                let input = network.forward_until(batch.clone(), position);
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

/// Gives the parameters the same names in every session: the optimiser's checkpoint refers to them.
fn name_parameters<B: Backend>(network: &mut BurnNetwork<B>) {
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
    average: &mut BurnNetwork<B::InnerBackend>,
    network: &BurnNetwork<B>,
    decay: f64,
) {
    with_twins!(average, network, blend, decay);
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
    use crate::train_loop::tests::small_network;
    use burn_flex::Flex;
    use mnistify_learning::initial::initial_model;

    #[test]
    fn targets_add_up_to_one() {
        let target = smoothed(3, 0.05);
        assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((target[3] - 0.955).abs() < 1e-6 && (target[0] - 0.005).abs() < 1e-6);
        let none = smoothed(NO_DIGIT, 0.05);
        assert!((none.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(none[0], none[9]);
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
        let model = initial_model(&small_network(), 3);
        let network = BurnNetwork::<Flex>::from_model(&model, &device);
        let pixels =
            (0..400 * PIXELS).map(|index| ((index * 37 + index / 91) % 251) as f32 / 125.0 - 1.0);
        let batches = [to_tensor::<Flex>(pixels.collect(), &device)];
        let network = calibrate(&network, &batches);
        let traced = network.forward_traced(batches[0].clone());
        for pair in to_vec(channel_moments(traced[2].clone())).chunks(2) {
            assert!(
                pair[0].abs() < 1e-3 && (pair[1] - 1.0).abs() < 0.05,
                "{pair:?}"
            );
        }
    }
}

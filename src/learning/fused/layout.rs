//! From a network's spec to the kernels of a training step and the places of everything in their buffers.

use super::kernels::{
    AdamShape, AugmentShape, ContractShape, LossShape, PoolShape, THREADS, Tile, WeightShape,
};
use mnistify_network::fused::largest_divisor;
use mnistify_network::{
    Activation, ArenaLayout, LayerSpec, Model, NetworkSpec, Stage, StageKind, TensorF32,
    spec::count,
};
use std::collections::BTreeMap;
use thiserror::Error;

/// Parts of the sums over a channel's values.
const STATISTIC_SPLITS: usize = 16;
/// Workgroups that a product should at least have, where its sum can be cut into parts: a few for each multiprocessor
/// of a large GPU.
const ENOUGH_WORKGROUPS: usize = 512;
/// The most parts of a sum.
const MOST_SPLITS: usize = 64;

/// Why the fused kernels cannot train a network.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the fused kernels cannot train this network: {0}")]
pub struct Unsupported(pub String);

/// A layer's or a batch normalisation's learned values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    /// The spec's layer.
    pub layer: usize,
    /// Where they begin in the parameters.
    pub start: usize,
    pub kind: ParameterKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ParameterKind {
    /// `[taps, in, out]`, then the bias.
    Weights {
        taps: usize,
        inputs: usize,
        outputs: usize,
    },
    /// Scale, then shift; and where the averaged statistics begin.
    Norm { channels: usize, running: usize },
}

impl Parameters {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self.kind {
            ParameterKind::Weights {
                taps,
                inputs,
                outputs,
            } => (taps * inputs + 1) * outputs,
            ParameterKind::Norm { channels, .. } => 2 * channels,
        }
    }
}

/// One launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Launch {
    pub kernel: Kernel,
    pub workgroups: [usize; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kernel {
    Augment(AugmentShape),
    Forward(ContractShape),
    Backward(ContractShape),
    WeightGradient(WeightShape),
    Statistics(PoolShape),
    FinishStatistics(PoolShape),
    PoolForward(PoolShape),
    PoolSums(PoolShape),
    FinishSums(PoolShape),
    PoolBackward(PoolShape),
    CrossEntropy(LossShape),
    Adam(AdamShape),
}

/// Everything about a network's training that is known before it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TrainingLayout {
    pub batch: usize,
    /// Images into the work buffer, then everything up to the logits.
    pub forward: Vec<Launch>,
    /// The loss, all gradients, and the step.
    pub backward: Vec<Launch>,
    pub parameters: Vec<Parameters>,
    /// Values of all parameters, of the averaged statistics, and of the work buffer.
    pub parameter_count: usize,
    pub running_count: usize,
    pub work_count: usize,
    /// Places in the work buffer, `[classes, batch]` and `[batch]`.
    pub logits: usize,
    pub loss: usize,
    pub classes: usize,
    /// Of every batch normalisation.
    pub epsilon: f32,
}

/// Where a stage's values and their gradients lie.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    /// Before and after the activation.
    output: usize,
    activated: usize,
    /// Of the loss with respect to `output`.
    gradient: usize,
    activation: u32,
}

struct Builder {
    batch: usize,
    work: usize,
    parameters: Vec<Parameters>,
    parameter_count: usize,
    running: usize,
    forward: Vec<Launch>,
    /// Stage by stage, each to be reversed as a whole.
    backward: Vec<Vec<Launch>>,
    steps: Vec<Launch>,
}

impl Kernel {
    /// What it does, for the profile.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Augment(_) => "augment",
            Self::Forward(_) => "forward",
            Self::Backward(_) => "backward",
            Self::WeightGradient(_) => "weight gradient",
            Self::Statistics(_) => "statistics",
            Self::FinishStatistics(_) => "finish statistics",
            Self::PoolForward(_) => "pool",
            Self::PoolSums(_) => "pool sums",
            Self::FinishSums(_) => "finish sums",
            Self::PoolBackward(_) => "pool backward",
            Self::CrossEntropy(_) => "cross entropy",
            Self::Adam(_) => "adam",
        }
    }
}

impl Launch {
    /// The tile of a matrix product and the multiplications it makes.
    pub fn product(&self) -> Option<(Tile, usize)> {
        match self.kernel {
            Kernel::Forward(shape) | Kernel::Backward(shape) => {
                // Backward there are as many as forward: the borders have fewer.
                let places = if shape.backward {
                    shape.in_height * shape.in_width
                } else {
                    shape.out_height * shape.out_width
                };
                let taps = shape.kernel_y * shape.kernel_x;
                let work = taps * shape.in_channels * shape.out_channels * places * shape.batch;
                Some((shape.tile, work))
            }
            Kernel::WeightGradient(shape) => {
                let rows = shape.kernel_y * shape.kernel_x * shape.in_channels;
                let places = shape.out_height * shape.out_width;
                Some((shape.tile, rows * shape.out_channels * places * shape.batch))
            }
            _ => None,
        }
    }

    /// The same product cut otherwise; none where that does not fit, or it is none.
    pub fn cut(&self, tile: Tile) -> Option<Self> {
        let threads = tile.threads();
        if threads > 256 || !threads.is_multiple_of(32) {
            return None;
        }
        match self.kernel {
            Kernel::Forward(shape) | Kernel::Backward(shape) => {
                let depth = largest_divisor(shape.in_channels, tile.depth);
                let tile = Tile { depth, ..tile };
                let shape = ContractShape { tile, ..shape };
                let fits = shape.batch.is_multiple_of(tile.columns);
                let kernel = if shape.backward {
                    Kernel::Backward(shape)
                } else {
                    Kernel::Forward(shape)
                };
                fits.then(|| Self {
                    kernel,
                    workgroups: contract_workgroups(&shape),
                })
            }
            Kernel::WeightGradient(shape) => {
                let lines = threads / tile.depth;
                let fits = threads.is_multiple_of(tile.depth)
                    && lines > 0
                    && tile.rows.is_multiple_of(lines)
                    && tile.columns.is_multiple_of(lines)
                    && shape.batch.is_multiple_of(tile.depth);
                let rows = shape.kernel_y * shape.kernel_x * shape.in_channels + 1;
                fits.then(|| Self {
                    kernel: Kernel::WeightGradient(WeightShape { tile, ..shape }),
                    workgroups: [
                        rows.div_ceil(tile.rows),
                        shape.out_channels.div_ceil(tile.columns),
                        shape.splits,
                    ],
                })
            }
            _ => None,
        }
    }
}

impl TrainingLayout {
    /// The kernels for batches of `batch` images, a multiple of 32.
    ///
    /// # Errors
    /// Where the kernels do not cover the network or the batch.
    pub fn new(spec: &NetworkSpec, batch: usize, nearest: bool) -> Result<Self, Unsupported> {
        let stages = ArenaLayout::new(spec).stages;
        check(spec, &stages, batch)?;
        let mut builder = Builder {
            batch,
            work: 0,
            parameters: Vec::new(),
            parameter_count: 0,
            running: 0,
            forward: Vec::new(),
            backward: Vec::new(),
            steps: Vec::new(),
        };
        let images = builder.take(count(spec.input()) * batch);
        builder.forward.push(Launch {
            kernel: Kernel::Augment(AugmentShape {
                batch,
                output: images,
                nearest,
            }),
            workgroups: [batch, 1, 1],
        });
        let mut before = Places {
            output: images,
            activated: images,
            ..Places::default()
        };
        for (index, stage) in stages.iter().enumerate() {
            before = match stage.kind {
                StageKind::Pool { norm, .. } => builder.pool(spec, stage, norm, before),
                StageKind::Conv2d { layer } | StageKind::Linear { layer } => {
                    builder.product(spec, stage, layer, before, index > 0)
                }
            };
        }
        let classes = spec.classes().len();
        let loss = builder.take(batch);
        let mut backward = vec![Launch {
            kernel: Kernel::CrossEntropy(LossShape {
                batch,
                classes,
                logits: before.output,
                gradient: before.gradient,
                loss,
            }),
            workgroups: [batch.div_ceil(THREADS), 1, 1],
        }];
        backward.extend(builder.backward.into_iter().rev().flatten());
        backward.extend(builder.steps.iter().map(|launch| {
            let Launch {
                kernel: Kernel::Adam(shape),
                workgroups,
            } = *launch
            else {
                unreachable!("only steps are put there");
            };
            Launch {
                kernel: Kernel::Adam(AdamShape {
                    total: builder.parameter_count,
                    ..shape
                }),
                workgroups,
            }
        }));
        Ok(Self {
            batch,
            forward: builder.forward,
            backward,
            parameter_count: builder.parameter_count,
            running_count: builder.running.max(1),
            work_count: builder.work,
            parameters: builder.parameters,
            logits: before.output,
            loss,
            classes,
            epsilon: epsilons(spec).next().unwrap_or(0.0),
        })
    }

    /// A model's values in the order of the parameters, and its running statistics as means and mean squares.
    pub fn flatten(&self, model: &Model) -> (Vec<f32>, Vec<f32>) {
        let mut values = Vec::with_capacity(self.parameter_count);
        let mut running = vec![0.0; self.running_count];
        for parameters in &self.parameters {
            let tensor = |name| &model.parameter(parameters.layer, name).values;
            match parameters.kind {
                ParameterKind::Weights {
                    taps,
                    inputs,
                    outputs,
                } => {
                    let weight = tensor("weight");
                    for tap in 0..taps {
                        for input in 0..inputs {
                            // Files keep [out, in, taps].
                            let of = |out: usize| weight[(out * inputs + input) * taps + tap];
                            values.extend((0..outputs).map(of));
                        }
                    }
                    values.extend(tensor("bias"));
                }
                ParameterKind::Norm {
                    channels,
                    running: start,
                } => {
                    values.extend(tensor("weight"));
                    values.extend(tensor("bias"));
                    let moments = tensor("running_mean").iter().zip(tensor("running_var"));
                    for (channel, (mean, variance)) in moments.enumerate() {
                        running[start + channel] = *mean;
                        running[start + channels + channel] = variance + mean * mean;
                    }
                }
            }
        }
        (values, running)
    }

    /// The opposite of [`TrainingLayout::flatten`], for the spec that this is the layout of.
    pub fn unflatten(&self, spec: &NetworkSpec, values: &[f32], running: &[f32]) -> Model {
        let mut tensors = BTreeMap::new();
        for parameters in &self.parameters {
            let values = &values[parameters.start..][..parameters.count()];
            let mut put = |name: &str, values: Vec<f32>| {
                tensors.insert(format!("{}.{name}", parameters.layer), values);
            };
            match parameters.kind {
                ParameterKind::Weights {
                    taps,
                    inputs,
                    outputs,
                } => {
                    let mut weight = Vec::with_capacity(taps * inputs * outputs);
                    for out in 0..outputs {
                        for input in 0..inputs {
                            let of = |tap: usize| values[(tap * inputs + input) * outputs + out];
                            weight.extend((0..taps).map(of));
                        }
                    }
                    put("weight", weight);
                    put("bias", values[taps * inputs * outputs..].to_vec());
                }
                ParameterKind::Norm {
                    channels,
                    running: start,
                } => {
                    let mean = running[start..start + channels].to_vec();
                    let squares = &running[start + channels..start + 2 * channels];
                    let variances = squares.iter().zip(&mean);
                    let variances = variances.map(|(square, mean)| (square - mean * mean).max(0.0));
                    put("running_var", variances.collect());
                    put("running_mean", mean);
                    put("weight", values[..channels].to_vec());
                    put("bias", values[channels..].to_vec());
                }
            }
        }
        // The spec knows the kernels' sides.
        let shaped = spec.parameters().into_iter().map(|(name, shape)| {
            let values = tensors.remove(&name).expect("the layout has them all");
            (name, TensorF32 { shape, values })
        });
        Model::of(spec.clone(), shaped.collect())
    }

    /// The weights of every layer as going backward needs them, `[taps, out, in]`, at the same places.
    pub fn transposed(&self, values: &[f32]) -> Vec<f32> {
        let mut result = vec![0.0; values.len()];
        for parameters in &self.parameters {
            let ParameterKind::Weights {
                taps,
                inputs,
                outputs,
            } = parameters.kind
            else {
                continue;
            };
            for tap in 0..taps {
                for input in 0..inputs {
                    for out in 0..outputs {
                        let from = parameters.start + (tap * inputs + input) * outputs + out;
                        let to = parameters.start + (tap * outputs + out) * inputs + input;
                        result[to] = values[from];
                    }
                }
            }
        }
        result
    }
}

/// The epsilons of the batch normalisations.
fn epsilons(spec: &NetworkSpec) -> impl Iterator<Item = f32> + '_ {
    spec.layers().iter().filter_map(|layer| match layer {
        LayerSpec::BatchNorm { epsilon, .. } => Some(*epsilon),
        _ => None,
    })
}

/// Whether the kernels below cover this network.
fn check(spec: &NetworkSpec, stages: &[Stage], batch: usize) -> Result<(), Unsupported> {
    let refuse = |reason: String| Err(Unsupported(reason));
    if batch == 0 || !batch.is_multiple_of(32) {
        return refuse(format!("the batch is {batch}, not a multiple of 32"));
    }
    for (index, layer) in spec.layers().iter().enumerate() {
        match layer {
            LayerSpec::Conv2d {
                stride, padding, ..
            } if *stride != [1, 1] || *padding != [0, 0] => {
                return refuse(format!("layer {index} has a stride or padding"));
            }
            LayerSpec::MaxPool2d {
                kernel_size,
                stride,
                padding,
            } if kernel_size != stride || *padding != [0, 0] => {
                return refuse(format!("layer {index} has overlapping windows or padding"));
            }
            LayerSpec::AvgPool2d { .. } => {
                return refuse(format!("layer {index} takes means"));
            }
            LayerSpec::Branch { .. } | LayerSpec::Add { .. } => {
                return refuse(format!("layer {index} belongs to a shortcut"));
            }
            _ if layer.activation().is_some_and(|activation| {
                !matches!(activation, Activation::Silu | Activation::Relu)
            }) =>
            {
                return refuse(format!("layer {index} is {}", layer.kind()));
            }
            _ => {}
        }
    }
    let first = epsilons(spec).next();
    if epsilons(spec).any(|epsilon| Some(epsilon) != first) {
        return refuse("its batch normalisations have different epsilons".to_string());
    }
    let is_product = |stage: &Stage| !matches!(stage.kind, StageKind::Pool { .. });
    if !stages.first().is_some_and(is_product) {
        return refuse("it does not begin with a convolution or a dense layer".to_string());
    }
    let ends = stages.last().filter(|stage| is_product(stage));
    if ends.is_none_or(|stage| stage.activation != Activation::None) {
        return refuse("it does not end in a dense layer without activation".to_string());
    }
    if stages
        .iter()
        .any(|stage| !is_product(stage) && stage.activation != Activation::None)
    {
        return refuse("it has an activation after a batch normalisation or pooling".to_string());
    }
    Ok(())
}

impl Builder {
    /// Reserves values of the work buffer.
    fn take(&mut self, values: usize) -> usize {
        let start = self.work;
        self.work += values;
        start
    }

    fn add_parameters(&mut self, layer: usize, kind: ParameterKind) -> usize {
        let parameters = Parameters {
            layer,
            start: self.parameter_count,
            kind,
        };
        self.parameter_count += parameters.count();
        self.parameters.push(parameters);
        self.parameters[self.parameters.len() - 1].start
    }

    fn add_step(&mut self, shape: AdamShape) {
        self.steps.push(Launch {
            kernel: Kernel::Adam(shape),
            workgroups: [shape.count.div_ceil(THREADS), 1, 1],
        });
    }

    /// A convolution or a dense layer with its activation.
    fn product(
        &mut self,
        spec: &NetworkSpec,
        stage: &Stage,
        layer: usize,
        before: Places,
        goes_on: bool,
    ) -> Places {
        let batch = self.batch;
        let [kernel_y, kernel_x] = match &spec.layers()[layer] {
            LayerSpec::Conv2d { kernel_size, .. } => *kernel_size,
            _ => [1, 1],
        };
        let [in_channels, in_height, in_width] = stage.input;
        let [out_channels, out_height, out_width] = stage.output;
        let taps = kernel_y * kernel_x;
        let activation = stage.activation.code();
        let weights = self.add_parameters(
            layer,
            ParameterKind::Weights {
                taps,
                inputs: in_channels,
                outputs: out_channels,
            },
        );
        let size = count(stage.output) * batch;
        let output = self.take(size);
        let activated = if activation == 0 {
            output
        } else {
            self.take(size)
        };
        let gradient = self.take(size);
        let places = out_height * out_width;

        let shape = ContractShape {
            batch,
            in_channels,
            in_height,
            in_width,
            out_channels,
            out_height,
            out_width,
            kernel_y,
            kernel_x,
            backward: false,
            source: before.activated,
            output,
            activated,
            gate: 0,
            activation,
            weights,
            tile: product_tile(batch, in_channels, places, false),
        };
        self.forward.push(Launch {
            kernel: Kernel::Forward(shape),
            workgroups: contract_workgroups(&shape),
        });

        let rows = taps * in_channels + 1;
        let tile = gradient_tile(rows);
        let [tiles_x, tiles_y] = [
            rows.div_ceil(tile.rows),
            out_channels.div_ceil(tile.columns),
        ];
        let slices = places * (batch / tile.depth);
        let splits = ENOUGH_WORKGROUPS
            .div_ceil(tiles_x * tiles_y)
            .min(MOST_SPLITS)
            .min(slices);
        let partial = self.take(splits * rows * out_channels);
        let mut back = vec![Launch {
            kernel: Kernel::WeightGradient(WeightShape {
                batch,
                in_channels,
                in_height,
                in_width,
                out_channels,
                out_height,
                out_width,
                kernel_y,
                kernel_x,
                source: before.activated,
                gradient,
                output: partial,
                splits,
                tile,
            }),
            workgroups: [tiles_x, tiles_y, splits],
        }];
        if goes_on {
            let shape = ContractShape {
                in_channels: out_channels,
                in_height: out_height,
                in_width: out_width,
                out_channels: in_channels,
                out_height: in_height,
                out_width: in_width,
                backward: true,
                source: gradient,
                output: before.gradient,
                activated: before.gradient,
                gate: before.output,
                activation: before.activation,
                tile: product_tile(batch, out_channels, in_height * in_width, true),
                ..shape
            };
            back.push(Launch {
                kernel: Kernel::Backward(shape),
                workgroups: contract_workgroups(&shape),
            });
        }
        self.backward.push(back);
        self.add_step(AdamShape {
            count: rows * out_channels,
            parameters: weights,
            total: 0,
            gradient: partial,
            splits,
            transposes: goes_on,
            in_channels,
            out_channels,
        });
        Places {
            output,
            activated,
            gradient,
            activation,
        }
    }

    /// A batch normalisation, a pooling, or both.
    fn pool(
        &mut self,
        spec: &NetworkSpec,
        stage: &Stage,
        norm: Option<usize>,
        before: Places,
    ) -> Places {
        let batch = self.batch;
        let [channels, in_height, in_width] = stage.input;
        let kernel = spec.layers()[stage.layers.clone()]
            .iter()
            .find_map(|layer| {
                if let LayerSpec::MaxPool2d { kernel_size, .. } = layer {
                    return Some(*kernel_size);
                }
                None
            });
        let [kernel_y, kernel_x] = kernel.unwrap_or([1, 1]);
        let [out_height, out_width] = [in_height / kernel_y, in_width / kernel_x];
        let size = channels * out_height * out_width * batch;
        let mut weights = 0;
        let running = self.running;
        if let Some(layer) = norm {
            weights = self.add_parameters(layer, ParameterKind::Norm { channels, running });
            self.running += 2 * channels;
        }
        let sums = self.take(STATISTIC_SPLITS * 2 * channels);
        let moments = self.take(6 * channels);
        let output = self.take(size);
        let gradient = self.take(size);
        let shape = PoolShape {
            batch,
            channels,
            in_height,
            in_width,
            out_height,
            out_width,
            kernel_y,
            kernel_x,
            normalises: norm.is_some(),
            source: before.activated,
            output,
            sums,
            moments,
            splits: STATISTIC_SPLITS,
            weights,
            running,
            gradient,
            input_gradient: before.gradient,
            gate: before.output,
            activation: before.activation,
        };
        let launch = |kernel: fn(PoolShape) -> Kernel, workgroups| Launch {
            kernel: kernel(shape),
            workgroups,
        };
        let a_thread = |threads: usize| [threads.div_ceil(THREADS), 1, 1];
        let parts = [channels, STATISTIC_SPLITS, 1];
        if norm.is_some() {
            self.forward.push(launch(Kernel::Statistics, parts));
            let finish = launch(Kernel::FinishStatistics, a_thread(channels));
            self.forward.push(finish);
        }
        self.forward
            .push(launch(Kernel::PoolForward, a_thread(size)));
        let mut back = Vec::new();
        if norm.is_some() {
            back.push(launch(Kernel::PoolSums, parts));
            back.push(launch(Kernel::FinishSums, a_thread(channels)));
            self.add_step(AdamShape {
                count: 2 * channels,
                parameters: weights,
                total: 0,
                gradient: sums,
                splits: STATISTIC_SPLITS,
                transposes: false,
                in_channels: 1,
                out_channels: channels,
            });
        }
        let values = channels * in_height * in_width * batch;
        back.push(launch(Kernel::PoolBackward, a_thread(values)));
        self.backward.push(back);
        Places {
            output,
            activated: output,
            gradient,
            activation: 0,
        }
    }
}

/// A tile for products over images. All tiles are the fastest of those that `train --profile` tries, on an H100.
fn product_tile(batch: usize, in_channels: usize, out_places: usize, backward: bool) -> Tile {
    let is_wide = backward && out_places > 1 && batch.is_multiple_of(64);
    let (columns, thread, depth) = match (out_places, is_wide) {
        // A dense layer has few outputs: many small threads keep more multiprocessors busy.
        (1, _) => (32, [2, 4], 32),
        (_, true) => (64, [4, 4], 32),
        (_, false) => (32, [4, 4], 16),
    };
    Tile::new(32, columns, thread, largest_divisor(in_channels, depth))
}

/// A tile for weight gradients.
fn gradient_tile(rows: usize) -> Tile {
    if rows > 32 {
        Tile::new(64, 32, [4, 4], 16)
    } else {
        Tile::new(32, 32, [2, 4], 32)
    }
}

fn contract_workgroups(shape: &ContractShape) -> [usize; 3] {
    [
        shape.batch / shape.tile.columns,
        shape.out_channels.div_ceil(shape.tile.rows),
        shape.out_height * shape.out_width,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_as_they_went() {
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
            let model = Model::random(spec.clone(), 3);
            let layout = TrainingLayout::new(&spec, 32, false).unwrap();
            let (values, running) = layout.flatten(&model);
            assert_eq!(values.len(), layout.parameter_count);
            for (name, tensor) in layout.unflatten(&spec, &values, &running).tensors {
                let expected = &model.tensors[&name].values;
                for (found, expected) in tensor.values.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-5, "{name}");
                }
                assert_eq!(tensor.values.len(), expected.len());
            }
        }
    }

    #[test]
    fn what_is_not_covered_is_refused() {
        let refused = |batch| TrainingLayout::new(&NetworkSpec::mlp(), batch, false).unwrap_err();
        assert!(refused(50).to_string().contains("multiple of 32"));
        let layers = vec![
            LayerSpec::Flatten,
            LayerSpec::linear(784, 10),
            LayerSpec::Relu,
        ];
        let spec = NetworkSpec::new("odd", layers.clone()).unwrap();
        assert!(TrainingLayout::new(&spec, 32, false).is_err());
        let mut layers = layers;
        layers.push(LayerSpec::Add { after: 2 });
        let spec = NetworkSpec::new("residual", layers).unwrap();
        let refused = TrainingLayout::new(&spec, 32, false).unwrap_err();
        assert!(refused.to_string().contains("shortcut"), "{refused}");
    }
}

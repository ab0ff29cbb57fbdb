//! A multilayer perceptron in training. A step is cut into units of a fraction of a millisecond each, so that whoever
//! makes it can do something else between any two.

use super::product::{LANES, Left, Right, lanes_of, multiply};
use crate::engine::StepSettings;
use mnistify_network::Activation;
use std::ops::Range;

/// Parameters of a unit of the descent.
const DESCENT: usize = 1 << 14;

/// A part of a step; blocks are of [`LANES`] columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unit {
    /// What a layer says of all images, for one block of its outputs.
    Forward { layer: usize, block: usize },
    /// The cross entropy, and how far each logit is from where it should be.
    Loss,
    /// What the weights of one block of a layer's outputs have to do with it.
    Gradient { layer: usize, block: usize },
    /// What one block of a layer's inputs has to do with it.
    Errors { layer: usize, block: usize },
    /// These parameters follow their gradients.
    Descend(Range<usize>),
}

/// One dense layer and what it says of the images of a batch.
struct Dense {
    inputs: usize,
    /// Padded to whole blocks; what is not in the network is always 0.
    outputs: usize,
    /// Of the network itself.
    own_outputs: usize,
    /// Where its weights begin among all parameters: `[block, input, lane]`.
    weight: usize,
    /// Where its biases do.
    bias: usize,
    /// Before the activation, `[image, output]`.
    sums: Vec<f32>,
    /// After it.
    values: Vec<f32>,
    /// The loss's derivative by the sums.
    errors: Vec<f32>,
}

impl Dense {
    fn blocks(&self) -> usize {
        self.outputs / LANES
    }

    /// Where the weight from an input to an output is.
    fn place(&self, output: usize, input: usize) -> usize {
        self.weight + (output / LANES * self.inputs + input) * LANES + output % LANES
    }
}

/// The network, its moving average, the optimiser's moments, and the batch under way.
pub(super) struct Mlp {
    layers: Vec<Dense>,
    activation: Activation,
    batch: usize,
    parameters: Vec<f32>,
    average: Vec<f32>,
    moments: [Vec<f32>; 2],
    gradients: Vec<f32>,
    /// `[image, pixel]`, normalised.
    pub inputs: Vec<f32>,
    /// Of the batch's images.
    pub classes: Vec<u8>,
    /// The sum of the images' cross entropies since it was taken.
    pub loss: f64,
    panel: Vec<f32>,
}

/// Which weights read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weights {
    /// Those of the newest step.
    Newest,
    /// Their moving average.
    Average,
}

impl Mlp {
    /// A network of so many inputs and so many outputs of each layer; all of its weights are 0.
    pub fn new(sizes: &[usize], activation: Activation, batch: usize) -> Self {
        let mut layers = Vec::new();
        let mut inputs = sizes[0];
        let mut count = 0;
        for own_outputs in &sizes[1..] {
            let outputs = own_outputs.next_multiple_of(LANES);
            let [sums, values, errors] = [(); 3].map(|()| vec![0.0; batch * outputs]);
            let bias = count + inputs * outputs;
            layers.push(Dense {
                inputs,
                outputs,
                own_outputs: *own_outputs,
                weight: count,
                bias,
                sums,
                values,
                errors,
            });
            count = bias + outputs;
            inputs = outputs;
        }
        let all = || vec![0.0; count];
        Self {
            layers,
            activation,
            batch,
            parameters: all(),
            average: all(),
            moments: [all(), all()],
            gradients: all(),
            inputs: vec![0.0; batch * sizes[0]],
            classes: vec![0; batch],
            loss: 0.0,
            panel: Vec::new(),
        }
    }

    /// The units that let the whole batch be read.
    pub fn reading(&self) -> Vec<Unit> {
        let layers = self.layers.iter().enumerate();
        layers
            .flat_map(|(layer, dense)| {
                (0..dense.blocks()).map(move |block| Unit::Forward { layer, block })
            })
            .collect()
    }

    /// The units of a whole step, but for the images.
    pub fn stepping(&self) -> Vec<Unit> {
        let mut units = self.reading();
        units.push(Unit::Loss);
        for (layer, dense) in self.layers.iter().enumerate().rev() {
            units.extend((0..dense.blocks()).map(|block| Unit::Gradient { layer, block }));
            if layer > 0 {
                let blocks = dense.inputs / LANES;
                units.extend((0..blocks).map(|block| Unit::Errors { layer, block }));
            }
        }
        let count = self.parameters.len();
        let starts = (0..count).step_by(DESCENT);
        units.extend(starts.map(|start| Unit::Descend(start..(start + DESCENT).min(count))));
        units
    }

    /// Does a unit; those before it must have been done.
    pub fn run(&mut self, unit: &Unit, weights: Weights, descent: &Descent) {
        match unit {
            Unit::Forward { layer, block } => self.forward(*layer, *block, weights),
            Unit::Loss => self.cross_entropy(),
            Unit::Gradient { layer, block } => self.gradient(*layer, *block),
            Unit::Errors { layer, block } => self.errors(*layer, *block),
            Unit::Descend(range) => self.descend(range.clone(), descent),
        }
    }

    fn forward(&mut self, layer: usize, block: usize, weights: Weights) {
        let parameters = match weights {
            Weights::Newest => &self.parameters,
            Weights::Average => &self.average,
        };
        let activation = if layer + 1 < self.layers.len() {
            self.activation
        } else {
            Activation::None
        };
        let (before, rest) = self.layers.split_at_mut(layer);
        let dense = &mut rest[0];
        let left = Left {
            values: before.last().map_or(&self.inputs, |dense| &dense.values),
            row: dense.inputs,
            term: 1,
        };
        let right = Right {
            values: &parameters[dense.weight + block * dense.inputs * LANES..],
            term: LANES,
        };
        let bias = lanes_of(parameters, dense.bias + block * LANES);
        let (sums, values) = (&mut dense.sums, &mut dense.values);
        multiply(left, right, [self.batch, dense.inputs], |image, found| {
            let start = image * dense.outputs + block * LANES;
            for lane in 0..LANES {
                let sum = found[lane] + bias[lane];
                sums[start + lane] = sum;
                values[start + lane] = activation.apply(sum);
            }
        });
    }

    fn cross_entropy(&mut self) {
        let batch = self.batch as f32;
        let Some(dense) = self.layers.last_mut() else {
            return;
        };
        let rows = dense.sums.chunks_exact(dense.outputs);
        let errors = dense.errors.chunks_exact_mut(dense.outputs);
        for ((logits, errors), class) in rows.zip(errors).zip(&self.classes) {
            let logits = &logits[..dense.own_outputs];
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
            let log_sum = largest + sum.ln();
            for (place, (error, logit)) in errors.iter_mut().zip(logits).enumerate() {
                let target = f32::from(place == usize::from(*class));
                *error = ((logit - log_sum).exp() - target) / batch;
            }
            self.loss += f64::from(log_sum - logits[usize::from(*class)]);
        }
    }

    fn gradient(&mut self, layer: usize, block: usize) {
        let (before, rest) = self.layers.split_at(layer);
        let dense = &rest[0];
        let inputs = before.last().map_or(&self.inputs, |dense| &dense.values);
        let left = Left {
            values: inputs,
            row: 1,
            term: dense.inputs,
        };
        let right = Right {
            values: &dense.errors[block * LANES..],
            term: dense.outputs,
        };
        let start = dense.weight + block * dense.inputs * LANES;
        let gradients = &mut self.gradients[start..];
        multiply(left, right, [dense.inputs, self.batch], |input, sums| {
            gradients[input * LANES..][..LANES].copy_from_slice(sums);
        });
        let mut bias = [0.0; LANES];
        for image in 0..self.batch {
            let errors = lanes_of(right.values, image * dense.outputs);
            for (bias, error) in bias.iter_mut().zip(errors) {
                *bias += error;
            }
        }
        self.gradients[dense.bias + block * LANES..][..LANES].copy_from_slice(&bias);
    }

    fn errors(&mut self, layer: usize, block: usize) {
        let (before, rest) = self.layers.split_at_mut(layer);
        let (Some(before), dense) = (before.last_mut(), &rest[0]) else {
            return;
        };
        // The weights from these inputs, `[output, lane]`.
        self.panel.clear();
        self.panel.resize(dense.outputs * LANES, 0.0);
        let of_block = self.panel.chunks_exact_mut(LANES * LANES);
        for (outputs, panel) in of_block.enumerate() {
            let start = dense.weight + (outputs * dense.inputs + block * LANES) * LANES;
            let source = &self.parameters[start..start + LANES * LANES];
            for lane in 0..LANES {
                for output in 0..LANES {
                    panel[output * LANES + lane] = source[lane * LANES + output];
                }
            }
        }
        let left = Left {
            values: &dense.errors,
            row: dense.outputs,
            term: 1,
        };
        let right = Right {
            values: &self.panel,
            term: LANES,
        };
        let activation = self.activation;
        let (sums, errors) = (&before.sums, &mut before.errors);
        multiply(left, right, [self.batch, dense.outputs], |image, found| {
            let start = image * dense.inputs + block * LANES;
            for (lane, error) in found.iter().enumerate() {
                errors[start + lane] = error * slope(activation, sums[start + lane]);
            }
        });
    }

    /// AdamW, or descent with momentum, and the moving average; as the kernel does it.
    fn descend(&mut self, range: Range<usize>, descent: &Descent) {
        let Descent {
            plain,
            rate,
            keep,
            corrections: [first_correction, second_correction],
            average,
        } = *descent;
        let share = if plain { 1.0 } else { 0.1 };
        let [firsts, seconds] = &mut self.moments;
        let values = self.parameters[range.clone()].iter_mut();
        let averages = self.average[range.clone()].iter_mut();
        let gradients = &self.gradients[range.clone()];
        let moments = firsts[range.clone()].iter_mut().zip(&mut seconds[range]);
        let all = values.zip(averages).zip(gradients).zip(moments);
        for (((value, mean), gradient), (first, second)) in all {
            *first = 0.9 * *first + share * gradient;
            *second = 0.999 * *second + 0.001 * gradient * gradient;
            let adaptive =
                *first * first_correction / ((*second * second_correction).sqrt() + 1e-8);
            let step = if plain { *first } else { adaptive };
            *value = *value * keep - rate * step;
            *mean = *mean * average + *value * (1.0 - average);
        }
    }

    /// The logits of an image of the batch that was read last.
    pub fn logits(&self, image: usize) -> &[f32] {
        let dense = self.layers.last().expect("a network has layers");
        &dense.values[image * dense.outputs..][..dense.own_outputs]
    }

    /// Takes weights in, for reading as well, and forgets what the optimiser knows. `tensors` are each layer's weights
    /// `[output, input]` and biases.
    pub fn take(&mut self, tensors: &[[&[f32]; 2]]) {
        self.parameters.fill(0.0);
        let mut own_inputs = None;
        for (dense, [weight, bias]) in self.layers.iter().zip(tensors) {
            // Padding of the layer before is no input.
            let inputs = own_inputs.unwrap_or(dense.inputs);
            for (output, row) in weight.chunks_exact(inputs).enumerate() {
                for (input, value) in row.iter().enumerate() {
                    self.parameters[dense.place(output, input)] = *value;
                }
            }
            self.parameters[dense.bias..][..bias.len()].copy_from_slice(bias);
            own_inputs = Some(dense.own_outputs);
        }
        self.average.clone_from(&self.parameters);
        self.moments
            .iter_mut()
            .for_each(|moments| moments.fill(0.0));
        self.loss = 0.0;
    }

    /// Each layer's weights `[output, input]` and biases.
    pub fn give(&self, weights: Weights) -> Vec<[Vec<f32>; 2]> {
        let parameters = match weights {
            Weights::Newest => &self.parameters,
            Weights::Average => &self.average,
        };
        let mut own_inputs = None;
        let mut tensors = Vec::new();
        for dense in &self.layers {
            let inputs = own_inputs.unwrap_or(dense.inputs);
            let mut weight = Vec::with_capacity(inputs * dense.own_outputs);
            for output in 0..dense.own_outputs {
                weight.extend((0..inputs).map(|input| parameters[dense.place(output, input)]));
            }
            let bias = parameters[dense.bias..][..dense.own_outputs].to_vec();
            tensors.push([weight, bias]);
            own_inputs = Some(dense.own_outputs);
        }
        tensors
    }
}

/// What the descent of one step needs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Descent {
    plain: bool,
    rate: f32,
    /// What the decay leaves of a weight.
    keep: f32,
    /// By what moments are multiplied that began at 0.
    corrections: [f32; 2],
    average: f32,
}

impl Descent {
    /// Of this step; `plain`: with momentum alone.
    pub fn new(settings: &StepSettings, weight_decay: f64, plain: bool) -> Self {
        let time = settings.step as i32 + 1;
        let rate = settings.learning_rate as f32;
        Self {
            plain,
            rate,
            keep: 1.0 - rate * weight_decay as f32,
            corrections: [0.9f64, 0.999].map(|decay| (1.0 / (1.0 - decay.powi(time))) as f32),
            average: settings.average_decay as f32,
        }
    }
}

/// The activation's derivative at `x`.
fn slope(activation: Activation, x: f32) -> f32 {
    match activation {
        Activation::Silu => {
            let sigmoid = 1.0 / (1.0 + (-x).exp());
            sigmoid * (1.0 + x * (1.0 - sigmoid))
        }
        Activation::Relu => f32::from(x > 0.0),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 4] = [8, 5, 7, 10];
    const BATCH: usize = 4;

    /// Weights and biases of each layer, in `±0.8`.
    fn tensors() -> Vec<[Vec<f32>; 2]> {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            1.6 * ((state >> 8) as f32 / (1 << 24) as f32 - 0.5)
        };
        let mut many = |count: usize| (0..count).map(|_| next()).collect::<Vec<_>>();
        let pairs = SIZES.windows(2);
        pairs
            .map(|pair| [many(pair[0] * pair[1]), many(pair[1])])
            .collect()
    }

    fn borrowed(tensors: &[[Vec<f32>; 2]]) -> Vec<[&[f32]; 2]> {
        tensors.iter().map(|[a, b]| [&a[..], &b[..]]).collect()
    }

    fn network(activation: Activation) -> Mlp {
        let mut mlp = Mlp::new(&SIZES, activation, BATCH);
        mlp.take(&borrowed(&tensors()));
        mlp.inputs = (0..BATCH * SIZES[0])
            .map(|i| (i * 7 % 11) as f32 / 5.0 - 1.0)
            .collect();
        mlp.classes = vec![3, 0, 9, 3];
        mlp
    }

    /// The mean cross entropy, from nothing but its definition.
    fn loss(tensors: &[[Vec<f64>; 2]], activation: Activation, mlp: &Mlp) -> f64 {
        let images = mlp.inputs.chunks_exact(SIZES[0]).zip(&mlp.classes);
        let losses = images.map(|(image, class)| {
            let mut values: Vec<f64> = image.iter().map(|v| f64::from(*v)).collect();
            for (layer, [weight, bias]) in tensors.iter().enumerate() {
                let rows = weight.chunks_exact(values.len()).zip(bias);
                values = rows
                    .map(|(row, bias)| {
                        let sum: f64 = row.iter().zip(&values).map(|(a, b)| a * b).sum();
                        match activation {
                            _ if layer + 1 == tensors.len() => sum + bias,
                            Activation::Relu => (sum + bias).max(0.0),
                            _ => (sum + bias) / (1.0 + (-sum - bias).exp()),
                        }
                    })
                    .collect();
            }
            let sum: f64 = values.iter().map(|logit| logit.exp()).sum();
            sum.ln() - values[usize::from(*class)]
        });
        losses.sum::<f64>() / BATCH as f64
    }

    #[test]
    fn gradients_are_differences_of_the_loss() {
        for activation in [Activation::Silu, Activation::Relu] {
            let mut mlp = network(activation);
            for unit in mlp.stepping() {
                if !matches!(unit, Unit::Descend(_)) {
                    mlp.run(&unit, Weights::Newest, &Descent::default());
                }
            }
            let wide = |values: &Vec<f32>| values.iter().map(|v| f64::from(*v)).collect();
            let mut tensors: Vec<[Vec<f64>; 2]> = tensors()
                .iter()
                .map(|pair| pair.each_ref().map(wide))
                .collect();
            let whole = loss(&tensors, activation, &mlp);
            assert!((mlp.loss / BATCH as f64 - whole).abs() < 1e-6);
            // Where the weights are, there the gradients are.
            std::mem::swap(&mut mlp.parameters, &mut mlp.gradients);
            let found = mlp.give(Weights::Newest);
            for layer in 0..tensors.len() {
                for part in 0..2 {
                    for index in 0..tensors[layer][part].len() {
                        let value = tensors[layer][part][index];
                        let mut at = |value| {
                            tensors[layer][part][index] = value;
                            loss(&tensors, activation, &mlp)
                        };
                        let expected = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
                        at(value);
                        let found = f64::from(found[layer][part][index]);
                        let place = (activation, layer, part, index);
                        assert!(
                            (found - expected).abs() < 1e-5,
                            "{place:?}: {found} {expected}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn padding_stays_nothing() {
        let mut mlp = network(Activation::Silu);
        for step in 0..3 {
            let settings = StepSettings {
                step,
                learning_rate: 0.01,
                average_decay: 0.5,
            };
            let descent = Descent::new(&settings, 0.01, false);
            for unit in mlp.stepping() {
                mlp.run(&unit, Weights::Newest, &descent);
            }
        }
        let given = mlp.give(Weights::Newest);
        assert_ne!(given, tensors());
        let own: usize = given
            .iter()
            .flatten()
            .map(|values| values.iter().filter(|v| **v != 0.0).count())
            .sum();
        assert_eq!(
            mlp.parameters.iter().filter(|value| **value != 0.0).count(),
            own
        );
    }
}

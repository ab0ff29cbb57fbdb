//! The forward in plain Rust, without any framework: the independent check of the GPU, the fallback where there is
//! none, and the numbers behind the inspector.
//!
//! Layers are compiled for several instruction sets (`cpu/vectors.rs`), and the processor's best is chosen at run time. That
//! changes the sums' rounding alone: a fused multiply-add rounds once, and wider vectors add a dot product in another
//! order.

mod activation;
mod convolution;
mod layers;
mod vectors;

use self::{
    activation::activate,
    convolution::Convolution,
    layers::{multiply, pool, scale},
    vectors::{Baseline, Instructions, Vectors},
};
use crate::{
    model::Model,
    spec::{Activation, LayerSpec, NetworkSpec, Pooling, Shape, count},
    stage::ArenaLayout,
};
use std::collections::{BTreeMap, BTreeSet};

/// A network ready to run on one CPU core.
#[derive(Clone, Debug)]
pub struct CpuNetwork {
    spec: NetworkSpec,
    layout: ArenaLayout,
    layers: Vec<CpuLayer>,
    instructions: Instructions,
    /// [`NetworkSpec::points`].
    points: BTreeSet<usize>,
}

/// What later layers read once more, by how many layers came before it.
type Kept = BTreeMap<usize, Vec<f32>>;

#[derive(Clone, Debug)]
enum CpuLayer {
    Conv2d(Convolution),
    Linear {
        /// `[out, in]`.
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    /// `y = scale·x + shift`, from the running statistics.
    BatchNorm {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Pool(Pooling),
    Flatten,
    /// After so many layers.
    Branch(usize),
    /// After so many layers.
    Add(usize),
    Activation(Activation),
}

impl CpuNetwork {
    /// Takes the weights over in the order that the loops want.
    pub fn new(model: &Model) -> Self {
        Self::with_instructions(model, Instructions::best())
    }

    fn with_instructions(model: &Model, instructions: Instructions) -> Self {
        let layers = model.spec.layers().iter().enumerate();
        let layers = layers.map(|(index, layer)| cpu_layer(model, index, layer));
        Self {
            spec: model.spec.clone(),
            layout: ArenaLayout::new(&model.spec),
            layers: layers.collect(),
            instructions,
            points: model.spec.points(),
        }
    }

    /// The architecture.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Where [`CpuNetwork::forward_arena`] puts what.
    pub fn layout(&self) -> &ArenaLayout {
        &self.layout
    }

    /// The logits of 784 pixels in `[0, 1]`.
    pub fn forward(&self, pixels: &[f32]) -> Vec<f32> {
        self.walk(pixels, |_| ())
    }

    /// Every layer's output for 784 pixels in `[0, 1]`, first to last, each row-major in its shape.
    pub fn forward_traced(&self, pixels: &[f32]) -> Vec<Vec<f32>> {
        let mut outputs = Vec::with_capacity(self.layers.len());
        self.walk(pixels, |output| outputs.push(output.to_vec()));
        outputs
    }

    /// The last layer's output; each one's is handed over as soon as it is there.
    fn walk(&self, pixels: &[f32], mut each: impl FnMut(&[f32])) -> Vec<f32> {
        let mut shape = self.spec.input();
        let mut x = self.normalise(pixels);
        let mut kept = Kept::new();
        let layers = self.layers.iter().zip(self.spec.shapes());
        for (point, (layer, output)) in layers.enumerate() {
            if self.points.contains(&point) {
                kept.insert(point, x.clone());
            }
            x = layer.forward(self.instructions, x, [shape, *output], &kept);
            shape = *output;
            each(&x);
        }
        x
    }

    /// The arena ([`ArenaLayout`]) for 784 pixels in `[0, 1]`.
    pub fn forward_arena(&self, pixels: &[f32]) -> Vec<f32> {
        let outputs = self.forward_traced(pixels);
        let mut arena = self.normalise(pixels);
        for stage in &self.layout.stages {
            arena.extend_from_slice(&outputs[stage.layers.end - 1]);
        }
        arena
    }

    fn normalise(&self, pixels: &[f32]) -> Vec<f32> {
        assert_eq!(pixels.len(), count(self.spec.input()), "28×28 pixels");
        let normalisation = self.spec.normalisation();
        pixels.iter().map(|x| normalisation.apply(*x)).collect()
    }
}

/// Batch norm with fixed statistics as `y = scale·x + shift`:
/// `scale = weight / √(running_var + epsilon)`, `shift = bias − running_mean · scale`.
pub fn batch_norm_affine(model: &Model, layer: usize, epsilon: f32) -> (Vec<f32>, Vec<f32>) {
    let values = |name| &model.parameter(layer, name).values;
    let variance = values("running_var").iter();
    let scale: Vec<f32> = values("weight")
        .iter()
        .zip(variance)
        .map(|(weight, variance)| weight / (variance + epsilon).sqrt())
        .collect();
    let mean = values("running_mean").iter();
    let shift = values("bias")
        .iter()
        .zip(mean)
        .zip(&scale)
        .map(|((bias, mean), scale)| bias - mean * scale)
        .collect();
    (scale, shift)
}

fn cpu_layer(model: &Model, index: usize, layer: &LayerSpec) -> CpuLayer {
    let values = |name| model.parameter(index, name).values.clone();
    match *layer {
        LayerSpec::Conv2d {
            kernel_size,
            stride,
            padding,
            ..
        } => CpuLayer::Conv2d(Convolution::new(
            &model.parameter(index, "weight").values,
            &model.parameter(index, "bias").values,
            [model.spec.input_shape(index), model.spec.shapes()[index]],
            [kernel_size, stride, padding],
        )),
        LayerSpec::Linear { .. } => CpuLayer::Linear {
            weight: values("weight"),
            bias: values("bias"),
        },
        LayerSpec::BatchNorm { epsilon, .. } => {
            let (scale, shift) = batch_norm_affine(model, index, epsilon);
            CpuLayer::BatchNorm { scale, shift }
        }
        LayerSpec::MaxPool2d { .. } | LayerSpec::AvgPool2d { .. } => {
            CpuLayer::Pool(layer.pooling().expect("is one"))
        }
        LayerSpec::Flatten => CpuLayer::Flatten,
        LayerSpec::Branch { after } => CpuLayer::Branch(after),
        LayerSpec::Add { after } => CpuLayer::Add(after),
        LayerSpec::Silu
        | LayerSpec::Relu
        | LayerSpec::LeakyRelu { .. }
        | LayerSpec::Gelu
        | LayerSpec::Tanh
        | LayerSpec::Sigmoid => CpuLayer::Activation(layer.activation().expect("is one")),
    }
}

impl CpuLayer {
    fn forward(
        &self,
        instructions: Instructions,
        x: Vec<f32>,
        shapes: [Shape; 2],
        kept: &Kept,
    ) -> Vec<f32> {
        match instructions {
            // Four places: SSE2 and V8 were no faster with two, three or six, and NEON has room for them.
            Instructions::Baseline => self.forward_with::<_, 4, 4>(Baseline, x, shapes, kept),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: there is no such value unless the processor has the instructions.
            Instructions::Avx2(avx2) => unsafe { self.forward_avx2(avx2, x, shapes, kept) },
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn forward_avx2(
        &self,
        avx2: vectors::Avx2,
        x: Vec<f32>,
        shapes: [Shape; 2],
        kept: &Kept,
    ) -> Vec<f32> {
        // Twelve vectors of sums: enough for none to wait for the one before, and four registers are left.
        self.forward_with::<_, 2, 6>(avx2, x, shapes, kept)
    }

    /// The body of both, and so are those that it calls: inlined, or they would not be compiled for the instructions.
    #[inline(always)]
    fn forward_with<V: Vectors, const VECTORS: usize, const PLACES: usize>(
        &self,
        vectors: V,
        mut x: Vec<f32>,
        [input, output]: [Shape; 2],
        kept: &Kept,
    ) -> Vec<f32> {
        match self {
            Self::Conv2d(convolution) => return convolution.run::<V, VECTORS, PLACES>(vectors, &x),
            Self::Linear { weight, bias } => return multiply(vectors, weight, &x, bias),
            Self::Pool(pooling) => return pool(&x, input, output, *pooling),
            Self::Branch(after) => return kept[after].clone(),
            Self::BatchNorm {
                scale: scales,
                shift,
            } => scale(&mut x, input[1] * input[2], scales, shift),
            Self::Add(after) => {
                for (value, added) in x.iter_mut().zip(&kept[after]) {
                    *value += added;
                }
            }
            Self::Activation(activation) => activate(*activation, &mut x),
            Self::Flatten => {}
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of up to 800 products of numbers below 1, in another order and rounding.
    const TOLERANCE: f64 = 1e-5;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (i * 37 % 101) as f32 / 101.0 - 0.5)
            .collect()
    }

    /// All instruction sets give this.
    fn check(layer: &CpuLayer, x: &[f32], shapes: [Shape; 2], expected: &[f64]) {
        for instructions in [Instructions::Baseline, Instructions::best()] {
            let y = layer.forward(instructions, x.to_vec(), shapes, &Kept::new());
            assert_eq!(y.len(), expected.len());
            for (index, (found, expected)) in y.iter().zip(expected).enumerate() {
                let close = (f64::from(*found) - expected).abs() <= TOLERANCE;
                assert!(
                    close,
                    "{instructions:?} {shapes:?} {index}: {found}, expected {expected}"
                );
            }
        }
    }

    /// A convolution by its definition.
    fn convolved(
        [x, weights, bias]: [&[f32]; 3],
        [[channels, height, width], output]: [Shape; 2],
        [kernel, stride, padding]: [[usize; 2]; 3],
    ) -> Vec<f64> {
        let value = |channel, y: usize, x_: usize| match (
            y.checked_sub(padding[0]).filter(|y| *y < height),
            x_.checked_sub(padding[1]).filter(|x| *x < width),
        ) {
            (Some(y), Some(x_)) => f64::from(x[(channel * height + y) * width + x_]),
            _ => 0.0,
        };
        let taps = channels * kernel[0] * kernel[1];
        let mut y = Vec::new();
        for index in 0..count(output) {
            let [out_y, out_x] = [index / output[2] % output[1], index % output[2]];
            let out = index / (output[1] * output[2]);
            let terms = (0..taps).map(|tap| {
                let [line, kernel_x] = [tap / kernel[1], tap % kernel[1]];
                let in_y = out_y * stride[0] + line % kernel[0];
                let in_x = out_x * stride[1] + kernel_x;
                f64::from(weights[out * taps + tap]) * value(line / kernel[0], in_y, in_x)
            });
            y.push(f64::from(bias[out]) + terms.sum::<f64>());
        }
        y
    }

    /// Maps and channels that fill no block, and windows of all kinds.
    #[test]
    fn convolutions_are_their_definition_with_any_instructions() {
        let windows = [
            [[1, 1], [1, 1], [0, 0]],
            [[5, 5], [1, 1], [0, 0]],
            [[3, 3], [2, 2], [1, 1]],
            [[2, 5], [3, 1], [1, 4]],
            [[4, 1], [1, 2], [3, 0]],
        ];
        for [kernel, stride, padding] in windows {
            for [channels, height, width] in [[1, 5, 5], [3, 6, 11], [32, 9, 5]] {
                for out in [1, 7, 16, 33] {
                    let size = |axis: usize, size: usize| {
                        (size + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1
                    };
                    let shapes = [
                        [channels, height, width],
                        [out, size(0, height), size(1, width)],
                    ];
                    let window = [kernel, stride, padding];
                    let (x, bias) = (numbers(count(shapes[0])), numbers(out));
                    let weights = numbers(out * channels * kernel[0] * kernel[1]);
                    let layer = CpuLayer::Conv2d(Convolution::new(&weights, &bias, shapes, window));
                    let expected = convolved([&x, &weights, &bias], shapes, window);
                    check(&layer, &x, shapes, &expected);
                }
            }
        }
    }

    #[test]
    fn dense_layers_are_their_definition_with_any_instructions() {
        for inputs in [1, 31, 64, 200, 784] {
            let (x, weight, bias) = (numbers(inputs), numbers(inputs * 3), numbers(3));
            let rows = weight.chunks_exact(inputs).zip(&bias);
            let expected: Vec<f64> = rows
                .map(|(row, bias)| {
                    let products = row.iter().zip(&x);
                    let products = products.map(|(a, b)| f64::from(*a) * f64::from(*b));
                    products.sum::<f64>() + f64::from(*bias)
                })
                .collect();
            let layer = CpuLayer::Linear { weight, bias };
            check(&layer, &x, [[inputs, 1, 1], [3, 1, 1]], &expected);
        }
    }

    #[test]
    fn the_instructions_change_the_rounding_alone() {
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
            let model = Model::random(spec, 3);
            let [first, second] = [Instructions::Baseline, Instructions::best()].map(|set| {
                CpuNetwork::with_instructions(&model, set)
                    .forward_traced(&numbers(784))
                    .concat()
            });
            let scale = first
                .iter()
                .fold(1.0f32, |most, value| most.max(value.abs()));
            for (index, (a, b)) in first.iter().zip(&second).enumerate() {
                assert!((a - b).abs() <= 1e-5 * scale, "{index}: {a} and {b}");
            }
        }
    }

    #[test]
    fn the_arena_ends_in_the_logits() {
        let model = Model::random(NetworkSpec::cnn(), 3);
        let network = CpuNetwork::new(&model);
        let pixels: Vec<f32> = (0..784).map(|i| (i % 7) as f32 / 7.0).collect();
        let arena = network.forward_arena(&pixels);
        assert_eq!(arena.len(), network.layout().len);
        assert_eq!(
            arena[network.layout().logits()],
            network.forward(&pixels)[..]
        );
    }
}

//! The forward in plain Rust, without any framework: the independent check of the GPU, the fallback where there is
//! none, and the numbers behind the inspector.
//!
//! Convolutions accumulate one kernel tap at a time over whole output rows of a block of channels, so that the compiler
//! makes wide multiply-adds of the inner loops on any target.

use crate::{
    model::Model,
    spec::{Activation, LayerSpec, NetworkSpec, Shape, count},
    stage::ArenaLayout,
};

/// A network ready to run on one CPU core.
#[derive(Clone, Debug)]
pub struct CpuNetwork {
    spec: NetworkSpec,
    layout: ArenaLayout,
    layers: Vec<CpuLayer>,
}

#[derive(Clone, Debug)]
enum CpuLayer {
    Conv2d {
        /// `[in][kernel_y][kernel_x][out]`: the output channels are adjacent, which the inner loop runs over.
        weight: Vec<f32>,
        bias: Vec<f32>,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
    },
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
    MaxPool2d {
        kernel: [usize; 2],
        stride: [usize; 2],
    },
    Flatten,
    Activation(Activation),
}

impl CpuNetwork {
    /// Takes the weights over in the order that the loops want.
    pub fn new(model: &Model) -> Self {
        let layers = model.spec.layers().iter().enumerate();
        let layers = layers.map(|(index, layer)| cpu_layer(model, index, layer));
        Self {
            spec: model.spec.clone(),
            layout: ArenaLayout::new(&model.spec),
            layers: layers.collect(),
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
        let mut shape = self.spec.input();
        let mut x = self.normalise(pixels);
        for (layer, output) in self.layers.iter().zip(self.spec.shapes()) {
            x = layer.forward(x, shape, *output);
            shape = *output;
        }
        x
    }

    /// Every layer's output for 784 pixels in `[0, 1]`, first to last, each row-major in its shape.
    pub fn forward_traced(&self, pixels: &[f32]) -> Vec<Vec<f32>> {
        let mut shape = self.spec.input();
        let mut x = self.normalise(pixels);
        let mut outputs = Vec::with_capacity(self.layers.len());
        for (layer, output) in self.layers.iter().zip(self.spec.shapes()) {
            x = layer.forward(x, shape, *output);
            shape = *output;
            outputs.push(x.clone());
        }
        outputs
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
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
        } => {
            let source = values("weight"); // [out, in, kernel_y, kernel_x]
            let taps = in_channels * kernel_size[0] * kernel_size[1];
            let mut weight = vec![0.0; source.len()];
            for out in 0..out_channels {
                for tap in 0..taps {
                    weight[tap * out_channels + out] = source[out * taps + tap];
                }
            }
            CpuLayer::Conv2d {
                weight,
                bias: values("bias"),
                kernel: kernel_size,
                stride,
                padding,
            }
        }
        LayerSpec::Linear { .. } => CpuLayer::Linear {
            weight: values("weight"),
            bias: values("bias"),
        },
        LayerSpec::BatchNorm { epsilon, .. } => {
            let (scale, shift) = batch_norm_affine(model, index, epsilon);
            CpuLayer::BatchNorm { scale, shift }
        }
        LayerSpec::MaxPool2d {
            kernel_size,
            stride,
        } => CpuLayer::MaxPool2d {
            kernel: kernel_size,
            stride,
        },
        LayerSpec::Flatten => CpuLayer::Flatten,
        LayerSpec::Silu => CpuLayer::Activation(Activation::Silu),
        LayerSpec::Relu => CpuLayer::Activation(Activation::Relu),
    }
}

impl CpuLayer {
    fn forward(&self, mut x: Vec<f32>, input: Shape, output: Shape) -> Vec<f32> {
        match self {
            Self::Conv2d {
                weight,
                bias,
                kernel,
                stride,
                padding,
            } => convolve(&x, weight, bias, input, output, [*kernel, *stride, *padding]),
            Self::Linear { weight, bias } => {
                let rows = weight.chunks_exact(x.len()).zip(bias);
                rows.map(|(row, bias)| dot(row, &x) + bias).collect()
            }
            Self::BatchNorm { scale, shift } => {
                let plane = input[1] * input[2];
                for (channel, values) in x.chunks_exact_mut(plane).enumerate() {
                    for value in values {
                        *value = *value * scale[channel] + shift[channel];
                    }
                }
                x
            }
            Self::MaxPool2d { kernel, stride } => max_pool(&x, input, output, *kernel, *stride),
            Self::Flatten => x,
            Self::Activation(activation) => {
                x.iter_mut().for_each(|v| *v = activation.apply(*v));
                x
            }
        }
    }
}

/// Output channels whose sums are held in registers at a time.
const LANES: usize = 16;

/// `x` is `[in, h, w]`; `weight` is `[in][kernel_y][kernel_x][out]`; `window` is kernel size, stride, padding.
fn convolve(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    [channels, height, width]: Shape,
    [out_channels, out_height, out_width]: Shape,
    [kernel, stride, padding]: [[usize; 2]; 3],
) -> Vec<f32> {
    let plane = out_height * out_width;
    let mut y = vec![0.0; out_channels * plane];
    for out_y in 0..out_height {
        for out_x in 0..out_width {
            let place = out_y * out_width + out_x;
            for first in (0..out_channels).step_by(LANES) {
                let lanes = LANES.min(out_channels - first);
                let mut sums = [0.0f32; LANES];
                sums[..lanes].copy_from_slice(&bias[first..first + lanes]);
                for channel in 0..channels {
                    for kernel_y in 0..kernel[0] {
                        let in_y = (out_y * stride[0] + kernel_y).wrapping_sub(padding[0]);
                        if in_y >= height {
                            continue;
                        }
                        let row = (channel * height + in_y) * width;
                        for kernel_x in 0..kernel[1] {
                            let in_x = (out_x * stride[1] + kernel_x).wrapping_sub(padding[1]);
                            if in_x >= width {
                                continue;
                            }
                            let value = x[row + in_x];
                            let tap = (channel * kernel[0] + kernel_y) * kernel[1] + kernel_x;
                            let start = tap * out_channels + first;
                            if lanes == LANES {
                                let weights: &[f32; LANES] =
                                    weight[start..start + LANES].try_into().expect("lanes");
                                for lane in 0..LANES {
                                    sums[lane] += value * weights[lane];
                                }
                            } else {
                                for (sum, w) in sums.iter_mut().zip(&weight[start..start + lanes]) {
                                    *sum += value * w;
                                }
                            }
                        }
                    }
                }
                for (lane, sum) in sums[..lanes].iter().enumerate() {
                    y[(first + lane) * plane + place] = *sum;
                }
            }
        }
    }
    y
}

fn max_pool(
    x: &[f32],
    [_, height, width]: Shape,
    [channels, out_height, out_width]: Shape,
    kernel: [usize; 2],
    stride: [usize; 2],
) -> Vec<f32> {
    let mut y = Vec::with_capacity(channels * out_height * out_width);
    for channel in 0..channels {
        let plane = &x[channel * height * width..][..height * width];
        for out_y in 0..out_height {
            for out_x in 0..out_width {
                let rows = out_y * stride[0]..out_y * stride[0] + kernel[0];
                let window = rows.flat_map(|row| {
                    let start = row * width + out_x * stride[1];
                    &plane[start..start + kernel[1]]
                });
                y.push(window.copied().fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }
    y
}

/// Σ aᵢ·bᵢ in eight partial sums, which the compiler keeps in one wide register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a_blocks, b_blocks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_blocks.remainder().iter().zip(b_blocks.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convolution_by_hand() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]; // [1, 3, 3]
        let weight = [1.0, 0.0, 0.0, -1.0]; // [1][2][2][1]
        let window = [[2, 2], [1, 1], [0, 0]];
        let y = convolve(&x, &weight, &[0.5], [1, 3, 3], [1, 2, 2], window);
        assert_eq!(y, [-3.5; 4]);
        let padded = [[2, 2], [1, 1], [1, 1]];
        let y = convolve(&x, &weight, &[0.0], [1, 3, 3], [1, 4, 4], padded);
        assert_eq!(y[0], -1.0);
        assert_eq!(y[15], 9.0);
    }

    #[test]
    fn pooling_takes_the_largest_and_leaves_an_incomplete_edge_out() {
        let x = [1.0, 5.0, 2.0, -1.0, 0.0, 9.0, 3.0, 3.0, 3.0];
        assert_eq!(
            max_pool(&x, [1, 3, 3], [1, 1, 1], [2, 2], [2, 2]),
            [5.0]
        );
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

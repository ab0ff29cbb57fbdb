//! The forward in plain Rust, without any framework: the independent check of the GPU, the fallback where there is
//! none, and the numbers behind the inspector.
//!
//! Convolutions hold the sums of a block of places and channels in registers while they run over the kernel, so that
//! every loaded value is used often and the compiler makes wide multiply-adds of the inner loops.

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
    /// [`NetworkSpec::points`].
    points: BTreeSet<usize>,
}

/// What later layers read once more, by how many layers came before it.
type Kept = BTreeMap<usize, Vec<f32>>;

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
        let layers = model.spec.layers().iter().enumerate();
        let layers = layers.map(|(index, layer)| cpu_layer(model, index, layer));
        Self {
            spec: model.spec.clone(),
            layout: ArenaLayout::new(&model.spec),
            layers: layers.collect(),
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
            x = layer.forward(x, shape, *output, &kept);
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
    fn forward(&self, mut x: Vec<f32>, input: Shape, output: Shape, kept: &Kept) -> Vec<f32> {
        match self {
            Self::Conv2d {
                weight,
                bias,
                kernel,
                stride,
                padding,
            } => convolve(
                &x,
                weight,
                bias,
                input,
                output,
                [*kernel, *stride, *padding],
            ),
            Self::Linear { weight, bias } => multiply(weight, &x, bias),
            Self::BatchNorm { scale, shift } => {
                let plane = input[1] * input[2];
                for (channel, values) in x.chunks_exact_mut(plane).enumerate() {
                    for value in values {
                        *value = *value * scale[channel] + shift[channel];
                    }
                }
                x
            }
            Self::Pool(pooling) => pool(&x, input, output, *pooling),
            Self::Flatten => x,
            Self::Branch(after) => kept[after].clone(),
            Self::Add(after) => {
                for (value, added) in x.iter_mut().zip(&kept[after]) {
                    *value += added;
                }
                x
            }
            Self::Activation(activation) => {
                x.iter_mut().for_each(|v| *v = activation.apply(*v));
                x
            }
        }
    }
}

/// Output channels, and places of a row, whose sums are held in registers at a time.
const LANES: usize = 16;
const TILE: usize = 4;

/// Sums of neighbouring places, of neighbouring channels each.
type Block = [[f32; LANES]; TILE];

/// `x` is `[in, h, w]`; `weight` is `[in][kernel_y][kernel_x][out]`; `window` is kernel size, stride, padding.
fn convolve(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    input: Shape,
    output: Shape,
    [kernel, stride, padding]: [[usize; 2]; 3],
) -> Vec<f32> {
    let mut y = vec![0.0; count(output)];
    let padded;
    let (x, input) = if padding == [0, 0] {
        (x, input)
    } else {
        padded = pad(x, input, padding);
        let [channels, height, width] = input;
        let size = [channels, height + 2 * padding[0], width + 2 * padding[1]];
        (&padded[..], size)
    };
    let convolution = Convolution {
        x,
        weight,
        bias,
        input,
        output,
        kernel,
        stride,
    };
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has the instructions.
        unsafe { convolution.run_avx2(&mut y) };
        return y;
    }
    convolution.run(&mut y);
    y
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

/// The same maps with a border of zeros.
fn pad(x: &[f32], [channels, height, width]: Shape, padding: [usize; 2]) -> Vec<f32> {
    let (rows, columns) = (height + 2 * padding[0], width + 2 * padding[1]);
    let mut padded = vec![0.0; channels * rows * columns];
    for line in 0..channels * height {
        let (channel, row) = (line / height, line % height);
        let start = (channel * rows + row + padding[0]) * columns + padding[1];
        padded[start..start + width].copy_from_slice(&x[line * width..(line + 1) * width]);
    }
    padded
}

/// A convolution without padding.
struct Convolution<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    input: Shape,
    output: Shape,
    kernel: [usize; 2],
    stride: [usize; 2],
}

impl Convolution<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_avx2(&self, y: &mut [f32]) {
        self.run_with(y, |first, out_y, out_x| {
            self.block_avx2(first, out_y, out_x)
        });
    }

    fn run(&self, y: &mut [f32]) {
        self.run_with(y, |first, out_y, out_x| self.block(first, out_y, out_x));
    }

    #[inline(always)]
    fn run_with(&self, y: &mut [f32], block: impl Fn(usize, usize, usize) -> Block) {
        let [channels, height, width] = self.output;
        for first in (0..channels).step_by(LANES) {
            for out_y in 0..height {
                for out_x in (0..width).step_by(TILE) {
                    let tile = TILE.min(width - out_x);
                    let sums = if tile == TILE && first + LANES <= channels {
                        block(first, out_y, out_x)
                    } else {
                        self.rest(first, out_y, out_x, tile)
                    };
                    let lanes = LANES.min(channels - first);
                    for (place, sums) in sums.iter().enumerate().take(tile) {
                        for (lane, sum) in sums.iter().enumerate().take(lanes) {
                            let row = (first + lane) * height + out_y;
                            y[row * width + out_x + place] = *sum;
                        }
                    }
                }
            }
        }
    }

    /// The input values that a block needs for one row of one channel's kernel.
    #[inline(always)]
    fn row(&self, channel: usize, kernel_y: usize, out_y: usize, out_x: usize) -> &[f32] {
        let [_, height, width] = self.input;
        let in_y = out_y * self.stride[0] + kernel_y;
        let start = (channel * height + in_y) * width + out_x * self.stride[1];
        &self.x[start..start + (TILE - 1) * self.stride[1] + self.kernel[1]]
    }

    /// Where [`Convolution::row`] has the value that a place of the block wants. Wrapping, as all arithmetic of the
    /// innermost loops: this crate is compiled with overflow checks, and slices check the index anyway.
    #[inline(always)]
    fn index(&self, place: usize, kernel_x: usize) -> usize {
        place.wrapping_mul(self.stride[1]).wrapping_add(kernel_x)
    }

    /// A whole block: [`TILE`] places by [`LANES`] channels.
    fn block(&self, first: usize, out_y: usize, out_x: usize) -> Block {
        let bias = lanes_of(self.bias, first);
        let mut sums = [*bias; TILE];
        let mut start = first;
        for channel in 0..self.input[0] {
            for kernel_y in 0..self.kernel[0] {
                let values = self.row(channel, kernel_y, out_y, out_x);
                for kernel_x in 0..self.kernel[1] {
                    let weights = lanes_of(self.weight, start);
                    start = start.wrapping_add(self.output[0]);
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let value = values[self.index(place, kernel_x)];
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            *sum += value * weight;
                        }
                    }
                }
            }
        }
        sums
    }

    /// The same with its sums in eight wide registers, which the compiler does not arrive at by itself.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn block_avx2(&self, first: usize, out_y: usize, out_x: usize) -> Block {
        use std::arch::x86_64::{
            _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps,
        };
        const HALF: usize = LANES / 2;
        // SAFETY: `lanes_of` has checked that all the lanes are there, and `Block` holds them.
        let load = |lanes: &[f32; LANES]| unsafe {
            [
                _mm256_loadu_ps(lanes.as_ptr()),
                _mm256_loadu_ps(lanes[HALF..].as_ptr()),
            ]
        };
        let mut sums = [load(lanes_of(self.bias, first)); TILE];
        let mut start = first;
        for channel in 0..self.input[0] {
            for kernel_y in 0..self.kernel[0] {
                let values = self.row(channel, kernel_y, out_y, out_x);
                for kernel_x in 0..self.kernel[1] {
                    let [low, high] = load(lanes_of(self.weight, start));
                    start = start.wrapping_add(self.output[0]);
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let value = _mm256_set1_ps(values[self.index(place, kernel_x)]);
                        sums[0] = _mm256_fmadd_ps(value, low, sums[0]);
                        sums[1] = _mm256_fmadd_ps(value, high, sums[1]);
                    }
                }
            }
        }
        let mut block = [[0.0; LANES]; TILE];
        for (lanes, [low, high]) in block.iter_mut().zip(sums) {
            // SAFETY: as above.
            unsafe {
                _mm256_storeu_ps(lanes.as_mut_ptr(), low);
                _mm256_storeu_ps(lanes[HALF..].as_mut_ptr(), high);
            }
        }
        block
    }

    /// What is left at the right edge and in the last channels.
    fn rest(&self, first: usize, out_y: usize, out_x: usize, tile: usize) -> Block {
        let [in_channels, in_height, in_width] = self.input;
        let outputs = self.output[0];
        let lanes = LANES.min(outputs - first);
        let mut sums = [[0.0; LANES]; TILE];
        for (place, sums) in sums.iter_mut().enumerate().take(tile) {
            sums[..lanes].copy_from_slice(&self.bias[first..first + lanes]);
            let mut start = first;
            for channel in 0..in_channels {
                for kernel_y in 0..self.kernel[0] {
                    let in_y = out_y * self.stride[0] + kernel_y;
                    let row = (channel * in_height + in_y) * in_width;
                    for kernel_x in 0..self.kernel[1] {
                        let value = self.x[row + (out_x + place) * self.stride[1] + kernel_x];
                        let weights = &self.weight[start..start + lanes];
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            *sum += value * weight;
                        }
                        start += outputs;
                    }
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn lanes_of(values: &[f32], start: usize) -> &[f32; LANES] {
    values[start..].first_chunk().expect("a whole block")
}

fn pool(
    x: &[f32],
    [_, height, width]: Shape,
    [channels, out_height, out_width]: Shape,
    Pooling {
        kernel_size: kernel,
        stride,
        padding,
        mean,
    }: Pooling,
) -> Vec<f32> {
    let places = (kernel[0] * kernel[1]) as f32;
    let mut y = Vec::with_capacity(channels * out_height * out_width);
    for channel in 0..channels {
        let plane = &x[channel * height * width..][..height * width];
        for out_y in 0..out_height {
            for out_x in 0..out_width {
                // Nothing is beyond the edge.
                let inside = |place: usize, axis: usize, size: usize| {
                    let start = place * stride[axis];
                    let end = start + kernel[axis] - padding[axis];
                    start.saturating_sub(padding[axis])..end.min(size)
                };
                let columns = inside(out_x, 1, width);
                let window =
                    inside(out_y, 0, height).flat_map(|row| &plane[row * width..][columns.clone()]);
                let window = window.copied();
                y.push(if mean {
                    window.sum::<f32>() / places
                } else {
                    window.fold(f32::NEG_INFINITY, f32::max)
                });
            }
        }
    }
    y
}

/// `y = weight · x + bias`, `weight` `[out, in]`.
fn multiply(weight: &[f32], x: &[f32], bias: &[f32]) -> Vec<f32> {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has the instructions.
        return unsafe { multiply_avx2(weight, x, bias) };
    }
    multiply_with(weight, x, bias, |a, b, c| a * b + c)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn multiply_avx2(weight: &[f32], x: &[f32], bias: &[f32]) -> Vec<f32> {
    multiply_with(weight, x, bias, |a, b, c| a.mul_add(b, c))
}

/// Each dot product in [`DOT_LANES`] partial sums, which the compiler keeps in wide registers.
#[inline(always)]
fn multiply_with(
    weight: &[f32],
    x: &[f32],
    bias: &[f32],
    multiply_add: impl Fn(f32, f32, f32) -> f32 + Copy,
) -> Vec<f32> {
    let mut y = Vec::with_capacity(bias.len());
    for (row, bias) in weight.chunks_exact(x.len()).zip(bias) {
        let mut sums = [0.0f32; DOT_LANES];
        let (a_blocks, b_blocks) = (row.chunks_exact(DOT_LANES), x.chunks_exact(DOT_LANES));
        let rest = a_blocks.remainder().iter().zip(b_blocks.remainder());
        let rest: f32 = rest.map(|(a, b)| a * b).sum();
        for (a, b) in a_blocks.zip(b_blocks) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum = multiply_add(*a, *b, *sum);
            }
        }
        y.push(sums.iter().sum::<f32>() + rest + bias);
    }
    y
}

/// Partial sums of a dot product: enough independent chains to hide the latency of a multiply-add.
const DOT_LANES: usize = 32;

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
        let of = |mean| Pooling {
            kernel_size: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
            mean,
        };
        assert_eq!(pool(&x, [1, 3, 3], [1, 1, 1], of(false)), [5.0]);
        let mean = (x[0] + x[1] + x[3] + x[4]) / 4.0;
        assert_eq!(pool(&x, [1, 3, 3], [1, 1, 1], of(true)), [mean]);
        let over = Pooling {
            kernel_size: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
            mean: false,
        };
        // All below the zeros that would otherwise stand there.
        let x = x.map(|value| -value - 2.0);
        let expected = [-1.0, -2.0, -1.0, -2.0];
        assert_eq!(pool(&x, [1, 3, 3], [1, 2, 2], over), expected);
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

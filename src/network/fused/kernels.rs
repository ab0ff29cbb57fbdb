//! The kernels, in CubeCL, and what each stage of a network compiles them for.

use super::{
    Tuning,
    activation::activate,
    compile::{Shader, compile},
};
use crate::{
    cpu::batch_norm_affine,
    model::Model,
    spec::{LayerSpec, Pooling, Shape, count},
    stage::{ArenaLayout, Stage, StageKind},
};
use burn_wgpu::WgpuRuntime;
use cubecl::prelude::*;

/// What a kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StageKernel {
    Conv(ConvShape),
    Linear(LinearShape),
    Pool(PoolShape),
}

/// What every kernel needs: where its values lie, in values, and what comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Offsets {
    /// The first stage reads the uploaded pixels and copies them to the head of the arena; 0 for the others.
    copy_input: usize,
    /// Length of one image's arena.
    arena: usize,
    /// Where its input and output lie in the arena.
    input: usize,
    output: usize,
    /// Where the values lie that are added before the activation, if there are any.
    adds: bool,
    added: usize,
    /// Where its parameters begin.
    weight: usize,
    /// [`crate::Activation::code`].
    activation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConvShape {
    offsets: Offsets,
    in_channels: usize,
    in_height: usize,
    in_width: usize,
    out_channels: usize,
    out_height: usize,
    out_width: usize,
    kernel_y: usize,
    kernel_x: usize,
    stride_y: usize,
    stride_x: usize,
    padding_y: usize,
    padding_x: usize,
    cut: ConvCut,
    /// Input values of a row that a thread's places need: `(tile − 1)·stride_x + kernel_x`.
    span: usize,
    /// The kernel's places are written out one by one, and are no loop.
    unrolled: bool,
    /// So are the input channels of a thread that shares sums.
    rounds_unrolled: bool,
}

/// How a convolution's work is cut into threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ConvCut {
    /// Output channels that one thread computes.
    block: usize,
    /// Neighbouring places of a row that one thread computes; 1 where sums are split.
    tile: usize,
    /// Threads that share the terms of one output, each with its own input channels.
    split: usize,
    /// Threads of a workgroup side by side, each with its own places.
    lanes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LinearShape {
    offsets: Offsets,
    inputs: usize,
    outputs: usize,
    /// Output features side by side in one workgroup.
    lanes: usize,
    /// Threads that share the terms of one output feature.
    split: usize,
    /// Neighbouring output features that one thread computes, from the same input values.
    block: usize,
    /// Terms that a thread takes at a time; 0 where their number does not divide.
    unrolled: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolShape {
    offsets: Offsets,
    channels: usize,
    in_height: usize,
    in_width: usize,
    out_height: usize,
    out_width: usize,
    kernel_y: usize,
    kernel_x: usize,
    stride_y: usize,
    stride_x: usize,
    padding_y: usize,
    padding_x: usize,
    /// The mean instead of the maximum.
    mean: bool,
    /// Whether a scale and a shift for each channel come before that.
    affine: bool,
}

/// Threads in a workgroup of the pooling kernel, and of a convolution whose sums are not split.
const WORKGROUP: u32 = 64;
/// Places side by side in a workgroup that splits sums, at most: as many as threads that run in step on most GPUs, so
/// that these read neighbouring values and the same weight.
const MOST_LANES: usize = 32;
/// Terms that a thread keeps where sums are split, at least: fewer take less time than their sums take to meet.
const LEAST_TERMS: usize = 8;
/// Terms for which [`Tuning::split_threads`] are enough threads; longer sums are worth as many more as they are longer, but
/// not more than this.
const LONG_SUM: usize = 800;
const MOST_LONGER: usize = 8;
/// Partial sums that are loaded before any of them is waited for, at most.
const MOST_PARTS_UNROLLED: usize = 64;
/// Multiplications that a convolution writes out one by one, at most: five times five for eight channels at four places.
/// More become a loop, since shaders of thousands of them take a compiler seconds to minutes.
const MOST_WRITTEN_OUT: usize = 800;
/// Terms of a dense output that are loaded before any of them is waited for, at most.
const MOST_UNROLLED: usize = 8;
impl StageKernel {
    /// Its source for the GPU. Every kernel binds the input, the arena and the parameters, in this order.
    pub(super) fn shader(self, client: &ComputeClient<WgpuRuntime>) -> Shader {
        let (client, arg) = (client.clone(), || ArrayCompilationArg { inplace: None });
        let settings = |dim| KernelSettings::default().cube_dim(dim);
        match self {
            Self::Conv(shape) => compile(&conv_stage::ConvStage::new(
                settings(CubeDim::new_2d(
                    shape.cut.lanes as u32,
                    shape.cut.split as u32,
                )),
                client,
                arg(),
                arg(),
                arg(),
                shape,
            )),
            Self::Linear(shape) => compile(&linear_stage::LinearStage::new(
                settings(CubeDim::new_2d(shape.lanes as u32, shape.split as u32)),
                client,
                arg(),
                arg(),
                arg(),
                shape,
            )),
            Self::Pool(shape) => compile(&pool_stage::PoolStage::new(
                settings(CubeDim::new_1d(WORKGROUP)),
                client,
                arg(),
                arg(),
                arg(),
                shape,
            )),
        }
    }

    /// Workgroups for one image; images are the third dimension.
    pub(super) fn workgroups(self) -> [u32; 2] {
        match self {
            Self::Conv(shape) => {
                let threads = shape.out_height * shape.out_width / shape.cut.tile;
                [
                    threads.div_ceil(shape.cut.lanes) as u32,
                    (shape.out_channels / shape.cut.block) as u32,
                ]
            }
            Self::Linear(shape) => [shape.outputs.div_ceil(shape.lanes * shape.block) as u32, 1],
            Self::Pool(shape) => {
                let threads = shape.channels * shape.out_height * shape.out_width;
                [(threads as u32).div_ceil(WORKGROUP), 1]
            }
        }
    }
}

/// Every stage's kernel, and all weights one after the other.
pub(super) fn stage_kernels(
    model: &Model,
    layout: &ArenaLayout,
    tuning: Tuning,
) -> (Vec<StageKernel>, Vec<f32>) {
    let mut parameters = Vec::new();
    let stages = layout.stages.iter().enumerate();
    let kernels = stages.map(|(index, stage)| {
        let offsets = Offsets {
            copy_input: if index == 0 { count(layout.input) } else { 0 },
            arena: layout.len,
            input: layout.offsets[stage.from],
            output: layout.offsets[index + 1],
            adds: stage.add.is_some(),
            added: layout.offsets[stage.add.unwrap_or(0)],
            weight: parameters.len(),
            activation: stage.activation.code(),
        };
        stage_kernel(model, stage, offsets, tuning, &mut parameters)
    });
    let kernels = kernels.collect();
    if parameters.is_empty() {
        parameters.push(0.0); // A binding cannot be empty.
    }
    (kernels, parameters)
}

/// Appends a stage's weights to `parameters` and says what its kernel is compiled for.
fn stage_kernel(
    model: &Model,
    stage: &Stage,
    offsets: Offsets,
    tuning: Tuning,
    parameters: &mut Vec<f32>,
) -> StageKernel {
    let layers = model.spec.layers();
    let [in_channels, in_height, in_width] = stage.input;
    let [out_channels, out_height, out_width] = stage.output;
    match stage.kind {
        StageKind::Conv2d { layer } => {
            let LayerSpec::Conv2d {
                kernel_size: [kernel_y, kernel_x],
                stride: [stride_y, stride_x],
                padding: [padding_y, padding_x],
                ..
            } = layers[layer]
            else {
                unreachable!("a convolution stage's layer is a convolution");
            };
            let taps_of_map = kernel_y.saturating_mul(kernel_x);
            let mut cut = ConvCut::new(tuning, in_channels, taps_of_map, stage.output);
            let written_out = |cut: ConvCut| taps_of_map.saturating_mul(cut.block * cut.tile);
            let unrolled = written_out(cut) <= MOST_WRITTEN_OUT;
            if !unrolled {
                (cut.block, cut.tile) = (largest_divisor(cut.block, 4), 1);
            }
            let taps = in_channels * kernel_y * kernel_x;
            push_weights(model, layer, taps, cut.block, parameters);
            let rounds = in_channels / cut.split;
            StageKernel::Conv(ConvShape {
                offsets,
                in_channels,
                in_height,
                in_width,
                out_channels,
                out_height,
                out_width,
                kernel_y,
                kernel_x,
                stride_y,
                stride_x,
                padding_y,
                padding_x,
                cut,
                span: (cut.tile - 1) * stride_x + kernel_x,
                unrolled,
                rounds_unrolled: cut.split > 1
                    && written_out(cut).saturating_mul(rounds) <= MOST_WRITTEN_OUT,
            })
        }
        StageKind::Linear { layer } => {
            push_weights(model, layer, in_channels, out_channels, parameters);
            let split = even_split(in_channels, tuning.dense_split);
            StageKernel::Linear(LinearShape {
                offsets,
                inputs: in_channels,
                outputs: out_channels,
                lanes: tuning.dense_lanes,
                split,
                block: largest_divisor(out_channels, tuning.dense_features),
                unrolled: if in_channels.is_multiple_of(split) {
                    largest_divisor(in_channels / split, MOST_UNROLLED)
                } else {
                    0
                },
            })
        }
        StageKind::Pool { norm, pool } => {
            if let Some(LayerSpec::BatchNorm { epsilon, .. }) = norm.map(|index| &layers[index]) {
                let (scale, shift) = batch_norm_affine(model, norm.expect("is some"), *epsilon);
                parameters.extend(scale);
                parameters.extend(shift);
            }
            let pooling = pool
                .and_then(|index| layers[index].pooling())
                .unwrap_or(Pooling::NONE);
            // Without pooling the values stay where they are, flattened or not.
            let output: Shape = if pool.is_some() {
                stage.output
            } else {
                stage.input
            };
            StageKernel::Pool(PoolShape {
                offsets,
                channels: in_channels,
                in_height,
                in_width,
                out_height: output[1],
                out_width: output[2],
                kernel_y: pooling.kernel_size[0],
                kernel_x: pooling.kernel_size[1],
                stride_y: pooling.stride[0],
                stride_x: pooling.stride[1],
                padding_y: pooling.padding[0],
                padding_x: pooling.padding[1],
                mean: pooling.mean,
                affine: norm.is_some(),
            })
        }
    }
}

/// Threads for a sum of so many terms: where it costs less than half of them, as many as have equal shares, since a loop over
/// unequal ones is not written out and waits for each of its terms.
fn even_split(terms: usize, most: usize) -> usize {
    let even = largest_divisor(terms, most);
    if even > most / 2 { even } else { most }
}

/// The largest number up to `most` that divides `number`.
pub fn largest_divisor(number: usize, most: usize) -> usize {
    (1..=most.max(1))
        .rev()
        .find(|divisor| number.is_multiple_of(*divisor))
        .unwrap_or(1)
}

impl ConvCut {
    /// For a convolution of `in_channels` maps with `taps_of_map` weights each, into `output`.
    fn new(
        tuning: Tuning,
        in_channels: usize,
        taps_of_map: usize,
        [out_channels, out_height, out_width]: Shape,
    ) -> Self {
        let block = largest_divisor(out_channels, tuning.split_channels);
        let threads = out_height * out_width * (out_channels / block);
        let terms = in_channels.saturating_mul(taps_of_map);
        let longer = (terms / LONG_SUM).clamp(1, MOST_LONGER);
        let enough = tuning.split_threads.saturating_mul(longer);
        if tuning.conv_split <= 1 || threads >= enough {
            return Self {
                block: largest_divisor(out_channels, tuning.conv_channels),
                tile: largest_divisor(out_width, tuning.conv_places),
                split: 1,
                lanes: WORKGROUP as usize,
            };
        }
        let wanted = enough.div_ceil(threads).next_power_of_two();
        let most = in_channels.min(terms / LEAST_TERMS).max(1);
        let split = tuning.conv_split.min(wanted).min(most);
        let lanes = if split == 1 {
            WORKGROUP as usize
        } else {
            MOST_LANES.min(1 << (tuning.split_group / split).ilog2())
        };
        Self {
            block,
            tile: 1,
            split,
            lanes,
        }
    }
}

/// `[out, taps]` as `[out / block, taps, block]`, then the bias: the weights of a thread's outputs lie side by side, and
/// where `block` is all outputs, so do those of neighbouring threads.
fn push_weights(model: &Model, layer: usize, taps: usize, block: usize, parameters: &mut Vec<f32>) {
    let weight = &model.parameter(layer, "weight").values;
    for outputs in weight.chunks_exact(taps * block) {
        for tap in 0..taps {
            parameters.extend((0..block).map(|out| outputs[out * taps + tap]));
        }
    }
    parameters.extend(&model.parameter(layer, "bias").values);
}

/// The first stage keeps a copy of its input at the head of each arena, spread over all of its threads.
#[cube]
fn keep_input(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    thread: usize,
    threads: usize,
    #[comptime] offsets: Offsets,
) {
    let image = CUBE_POS_Z as usize;
    let mut index = thread;
    while index < offsets.copy_input {
        arena[image * offsets.arena + index] = input[image * offsets.copy_input + index];
        index += threads;
    }
}

/// A workgroup: `lanes` threads side by side, each with `block` output channels at `tile` neighbouring places. Where
/// sums are split there are `split` such rows, each with its own input channels, whose partial sums meet in shared
/// memory. Workgroups: x over places, y over channel blocks, z over images.
#[cube(launch_unchecked)]
fn conv_stage(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    parameters: &Array<f32>,
    #[comptime] shape: ConvShape,
) {
    let cut = comptime!(shape.cut);
    let image = CUBE_POS_Z as usize;
    let lane = UNIT_POS_X as usize;
    let part = UNIT_POS_Y as usize;
    let thread = CUBE_POS_X as usize * cut.lanes + lane;
    if comptime!(shape.offsets.copy_input > 0) {
        let group = comptime!(cut.lanes * cut.split);
        let width = CUBE_COUNT_X as usize * group;
        let in_group = part * cut.lanes + lane;
        let index = CUBE_POS_Y as usize * width + CUBE_POS_X as usize * group + in_group;
        let threads = CUBE_COUNT_Y as usize * width;
        keep_input(input, arena, index, threads, shape.offsets);
    }
    let end = comptime!(shape.out_height * shape.out_width / cut.tile);
    let first = CUBE_POS_Y as usize * cut.block;
    let out_y = thread / comptime!(shape.out_width / cut.tile);
    let out_x = thread % comptime!(shape.out_width / cut.tile) * cut.tile;
    let taps = comptime!(shape.in_channels * shape.kernel_y * shape.kernel_x);
    let weights = first * taps + shape.offsets.weight;
    let bias = comptime!(shape.offsets.weight + taps * shape.out_channels);
    let size = comptime!(shape.out_height * shape.out_width);
    let output =
        image * shape.offsets.arena + shape.offsets.output + out_y * shape.out_width + out_x;
    let mut sums = Array::<f32>::new(comptime!(cut.block * cut.tile));
    if thread < end {
        #[unroll]
        for channel in 0..cut.block {
            #[unroll]
            for place in 0..cut.tile {
                if comptime!(cut.split == 1) {
                    sums[channel * cut.tile + place] = parameters[bias + first + channel];
                } else {
                    sums[channel * cut.tile + place] = 0.0f32;
                }
            }
        }
        if comptime!(cut.split == 1) {
            for map in 0..shape.in_channels {
                add_map(
                    input, arena, parameters, &mut sums, map, out_y, out_x, weights, image, shape,
                );
            }
            #[unroll]
            for channel in 0..cut.block {
                let row = output + (first + channel) * size;
                #[unroll]
                for place in 0..cut.tile {
                    let at = row + place;
                    let sum = sums[channel * cut.tile + place];
                    arena[at] = finish(input, arena, sum, at, image, shape.offsets);
                }
            }
        } else if comptime!(shape.in_channels.is_multiple_of(cut.split)) {
            #[unroll(shape.rounds_unrolled)]
            for round in 0..comptime!(shape.in_channels / cut.split) {
                let map = round * cut.split + part;
                add_map(
                    input, arena, parameters, &mut sums, map, out_y, out_x, weights, image, shape,
                );
            }
        } else {
            let mut map = part;
            while map < shape.in_channels {
                add_map(
                    input, arena, parameters, &mut sums, map, out_y, out_x, weights, image, shape,
                );
                map += cut.split;
            }
        }
    }
    if comptime!(cut.split > 1) {
        let mut partial = SharedMemory::<f32>::new(comptime!(cut.lanes * cut.split * cut.block));
        #[unroll]
        for channel in 0..cut.block {
            partial[(part * cut.block + channel) * cut.lanes + lane] = sums[channel];
        }
        sync_cube();
        // Each row of threads adds up other channels than the rest.
        if thread < end {
            #[unroll]
            for turn in 0..comptime!(cut.block.div_ceil(cut.split)) {
                let channel = part + turn * cut.split;
                if channel < cut.block {
                    let mut sum = parameters[bias + first + channel];
                    #[unroll(comptime!(cut.split <= MOST_PARTS_UNROLLED))]
                    for other in 0..cut.split {
                        sum += partial[(other * cut.block + channel) * cut.lanes + lane];
                    }
                    let at = output + (first + channel) * size;
                    arena[at] = finish(input, arena, sum, at, image, shape.offsets);
                }
            }
        }
    }
}

/// Adds the products of the input channel `map` to a thread's sums; its weights begin at `weights`.
#[cube]
fn add_map(
    input: &Array<f32>,
    arena: &Array<f32>,
    parameters: &Array<f32>,
    sums: &mut Array<f32>,
    map: usize,
    out_y: usize,
    out_x: usize,
    weights: usize,
    image: usize,
    #[comptime] shape: ConvShape,
) {
    let cut = comptime!(shape.cut);
    #[unroll(shape.unrolled)]
    for kernel_y in 0..shape.kernel_y {
        let mut values = Array::<f32>::new(shape.span);
        let in_y = out_y * shape.stride_y + kernel_y;
        #[unroll(shape.unrolled)]
        for index in 0..shape.span {
            let in_x = out_x * shape.stride_x + index;
            if comptime!(shape.padding_y + shape.padding_x > 0) {
                let inside = in_y >= shape.padding_y
                    && in_x >= shape.padding_x
                    && in_y < comptime!(shape.in_height + shape.padding_y)
                    && in_x < comptime!(shape.in_width + shape.padding_x);
                let mut value = 0.0f32;
                if inside {
                    let y = in_y - shape.padding_y;
                    let x = in_x - shape.padding_x;
                    let source = (map * shape.in_height + y) * shape.in_width + x;
                    value = read(input, arena, source, image, shape.offsets);
                }
                values[index] = value;
            } else {
                let source = (map * shape.in_height + in_y) * shape.in_width + in_x;
                values[index] = read(input, arena, source, image, shape.offsets);
            }
        }
        #[unroll(shape.unrolled)]
        for kernel_x in 0..shape.kernel_x {
            let tap = (map * shape.kernel_y + kernel_y) * shape.kernel_x + kernel_x;
            let start = weights + tap * cut.block;
            #[unroll]
            for channel in 0..cut.block {
                let weight = parameters[start + channel];
                #[unroll]
                for place in 0..cut.tile {
                    sums[channel * cut.tile + place] +=
                        weight * values[place * shape.stride_x + kernel_x];
                }
            }
        }
    }
}

/// The stage's input value `index`: from the upload for the first stage, from the arena for the others.
#[cube]
fn read(
    input: &Array<f32>,
    arena: &Array<f32>,
    index: usize,
    image: usize,
    #[comptime] offsets: Offsets,
) -> f32 {
    if comptime!(offsets.copy_input > 0) {
        input[image * offsets.copy_input + index]
    } else {
        arena[image * offsets.arena + offsets.input + index]
    }
}

/// What becomes of the sum whose place in the arena is `at`: what a shortcut adds, and the activation.
#[cube]
fn finish(
    input: &Array<f32>,
    arena: &Array<f32>,
    sum: f32,
    at: usize,
    image: usize,
    #[comptime] offsets: Offsets,
) -> f32 {
    let mut total = sum;
    if comptime!(offsets.adds) {
        if comptime!(offsets.copy_input > 0) {
            // The first stage can add nothing but the picture, whose copy in the arena is being written.
            let index = at - image * offsets.arena - offsets.output;
            total += input[image * offsets.copy_input + index];
        } else {
            total += arena[at - offsets.output + offsets.added];
        }
    }
    activate(total, offsets.activation)
}

/// A workgroup: `lanes` blocks of output features, each shared by `split` threads, whose partial sums meet in shared
/// memory.
#[cube(launch_unchecked)]
fn linear_stage(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    parameters: &Array<f32>,
    #[comptime] shape: LinearShape,
) {
    let image = CUBE_POS_Z as usize;
    let lane = UNIT_POS_X as usize;
    let part = UNIT_POS_Y as usize;
    let first = (CUBE_POS_X as usize * shape.lanes + lane) * shape.block;
    if comptime!(shape.offsets.copy_input > 0) {
        let group = comptime!(shape.lanes * shape.split);
        let thread = CUBE_POS_X as usize * group + part * shape.lanes + lane;
        keep_input(
            input,
            arena,
            thread,
            CUBE_COUNT_X as usize * group,
            shape.offsets,
        );
    }
    let mut sums = Array::<f32>::new(shape.block);
    #[unroll]
    for feature in 0..shape.block {
        sums[feature] = 0.0f32;
    }
    if first < shape.outputs {
        if comptime!(shape.unrolled > 0) {
            for round in 0..comptime!(shape.inputs / (shape.split * shape.unrolled)) {
                #[unroll]
                for term in 0..shape.unrolled {
                    let index = (round * shape.unrolled + term) * shape.split + part;
                    add_term(
                        input, arena, parameters, &mut sums, index, first, image, shape,
                    );
                }
            }
        } else {
            let mut index = part;
            while index < shape.inputs {
                add_term(
                    input, arena, parameters, &mut sums, index, first, image, shape,
                );
                index += shape.split;
            }
        }
    }
    if comptime!(shape.split > 1) {
        let mut partial =
            SharedMemory::<f32>::new(comptime!(shape.lanes * shape.split * shape.block));
        #[unroll]
        for feature in 0..shape.block {
            partial[(part * shape.lanes + lane) * shape.block + feature] = sums[feature];
        }
        sync_cube();
        if part == 0 {
            #[unroll(comptime!(shape.split <= MOST_PARTS_UNROLLED))]
            for other in 1..shape.split {
                #[unroll]
                for feature in 0..shape.block {
                    sums[feature] += partial[(other * shape.lanes + lane) * shape.block + feature];
                }
            }
        }
    }
    if part == 0 && first < shape.outputs {
        let bias = comptime!(shape.offsets.weight + shape.inputs * shape.outputs);
        let output = image * shape.offsets.arena + shape.offsets.output + first;
        #[unroll]
        for feature in 0..shape.block {
            let sum = sums[feature] + parameters[bias + first + feature];
            let at = output + feature;
            arena[at] = finish(input, arena, sum, at, image, shape.offsets);
        }
    }
}

/// Adds the products of the input value `index` to a thread's output features, from `first` on.
#[cube]
fn add_term(
    input: &Array<f32>,
    arena: &Array<f32>,
    parameters: &Array<f32>,
    sums: &mut Array<f32>,
    index: usize,
    first: usize,
    image: usize,
    #[comptime] shape: LinearShape,
) {
    let value = read(input, arena, index, image, shape.offsets);
    let weight = shape.offsets.weight + index * shape.outputs + first;
    #[unroll]
    for feature in 0..shape.block {
        sums[feature] += parameters[weight + feature] * value;
    }
}

/// One thread: one output value, the maximum or the mean of its window after the batch norm.
#[cube(launch_unchecked)]
fn pool_stage(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    parameters: &Array<f32>,
    #[comptime] shape: PoolShape,
) {
    let image = CUBE_POS_Z as usize;
    let index = CUBE_POS_X as usize * CUBE_DIM_X as usize + UNIT_POS_X as usize;
    if comptime!(shape.offsets.copy_input > 0) {
        let threads = CUBE_COUNT_X as usize * CUBE_DIM_X as usize;
        keep_input(input, arena, index, threads, shape.offsets);
    }
    let plane = comptime!(shape.out_height * shape.out_width);
    if index < comptime!(shape.channels * shape.out_height * shape.out_width) {
        let channel = index / plane;
        let out_y = (index % plane) / shape.out_width;
        let out_x = index % shape.out_width;
        let mut scale = 1.0f32;
        let mut shift = 0.0f32;
        if comptime!(shape.affine) {
            scale = parameters[shape.offsets.weight + channel];
            shift = parameters[comptime!(shape.offsets.weight + shape.channels) + channel];
        }
        // The window's first place, or behind its padding the first that is always inside.
        let start = (channel * shape.in_height + out_y * shape.stride_y) * shape.in_width
            + out_x * shape.stride_x;
        let mut pooled = 0.0f32;
        if comptime!(!shape.mean) {
            pooled = read(input, arena, start, image, shape.offsets) * scale + shift;
        }
        #[unroll(comptime!(shape.kernel_y * shape.kernel_x <= 16))]
        for kernel_y in 0..shape.kernel_y {
            #[unroll(comptime!(shape.kernel_y * shape.kernel_x <= 16))]
            for kernel_x in 0..shape.kernel_x {
                if comptime!(shape.padding_y + shape.padding_x > 0) {
                    let in_y = out_y * shape.stride_y + kernel_y;
                    let in_x = out_x * shape.stride_x + kernel_x;
                    let inside = in_y >= shape.padding_y
                        && in_x >= shape.padding_x
                        && in_y < comptime!(shape.in_height + shape.padding_y)
                        && in_x < comptime!(shape.in_width + shape.padding_x);
                    if inside {
                        let y = in_y - shape.padding_y;
                        let x = in_x - shape.padding_x;
                        let place = (channel * shape.in_height + y) * shape.in_width + x;
                        let value = read(input, arena, place, image, shape.offsets) * scale + shift;
                        pooled = f32::max(pooled, value);
                    }
                } else {
                    let place = start + kernel_y * shape.in_width + kernel_x;
                    let value = read(input, arena, place, image, shape.offsets) * scale + shift;
                    if comptime!(shape.mean) {
                        pooled += value;
                    } else {
                        pooled = f32::max(pooled, value);
                    }
                }
            }
        }
        if comptime!(shape.mean) {
            pooled *= f32::new(comptime!(1.0 / (shape.kernel_y * shape.kernel_x) as f32));
        }
        let at = image * shape.offsets.arena + shape.offsets.output + index;
        arena[at] = finish(input, arena, pooled, at, image, shape.offsets);
    }
}

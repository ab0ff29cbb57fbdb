//! The live forward: one CubeCL kernel a stage on burn's GPU device, every stage's output written to its fixed place in
//! one arena buffer ([`ArenaLayout`]) that is allocated once.
//!
//! A convolution or dense layer takes its bias and activation along, pooling takes the batch norm before it along. So
//! the MLP is three dispatches and the CNN seven, and a steady frame allocates nothing but the 784 input values.

use crate::{
    cpu::batch_norm_affine,
    model::Model,
    spec::{Activation, LayerSpec, NetworkSpec, Shape, count},
    stage::{ArenaLayout, Stage, StageKind},
};
use burn_wgpu::{WgpuDevice, WgpuRuntime};
use cubecl::{prelude::*, server::Handle, stream_id::StreamId};
use std::{
    ops::Range,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// The one stream that all live GPU work runs on: cubecl keeps one for each thread, and Bevy moves systems between
/// threads, so that without it slices would be reused while another stream still reads them.
pub const LIVE_STREAM: StreamId = StreamId { value: 0 };

/// A network whose weights and arena lie on the GPU.
pub struct FusedNetwork {
    client: ComputeClient<WgpuRuntime>,
    spec: NetworkSpec,
    layout: ArenaLayout,
    kernels: Vec<StageKernel>,
    /// Every stage's weights, one after the other.
    parameters: Handle,
    parameter_count: usize,
    /// `[batch, layout.len]`.
    arena: Handle,
    batch: usize,
}

/// How the work is cut into threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Threads that share the terms of one dense output.
    pub dense_split: usize,
    /// Output channels and neighbouring places that one thread of a convolution computes, at most.
    pub conv_channels: usize,
    pub conv_places: usize,
}

impl Tuning {
    /// Many short threads, for thousands of cores.
    pub const GPU: Self = Self {
        dense_split: 16,
        conv_channels: 4,
        conv_places: 1,
    };
    /// Few long threads that use each loaded value often: a software rasteriser runs a workgroup's threads one after
    /// the other, and every load of it is a gather.
    pub const SOFTWARE: Self = Self {
        dense_split: 1,
        conv_channels: 8,
        conv_places: 4,
    };
}

/// What a kernel is compiled for.
#[derive(Clone, Copy, Debug)]
enum StageKernel {
    Conv(ConvShape),
    Linear(LinearShape),
    Pool(PoolShape),
}

/// Places that every kernel needs, in values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Places {
    /// The first stage reads the uploaded pixels and copies them to the head of the arena; 0 for the others.
    copy_input: usize,
    /// Length of one image's arena.
    arena: usize,
    /// Where its input and output lie in the arena.
    input: usize,
    output: usize,
    /// Where its parameters begin.
    weight: usize,
    /// 0 none, 1 SiLU, 2 ReLU.
    activation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ConvShape {
    places: Places,
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
    /// Output channels that one thread computes.
    block: usize,
    /// Neighbouring places of a row that one thread computes.
    tile: usize,
    /// Input values of a row that those places need: `(tile − 1)·stride_x + kernel_x`.
    span: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct LinearShape {
    places: Places,
    inputs: usize,
    outputs: usize,
    /// Output features side by side in one workgroup.
    lanes: usize,
    /// Threads that share the terms of one output feature.
    split: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct PoolShape {
    places: Places,
    channels: usize,
    in_height: usize,
    in_width: usize,
    out_height: usize,
    out_width: usize,
    kernel_y: usize,
    kernel_x: usize,
    stride_y: usize,
    stride_x: usize,
    /// Whether a scale and a shift for each channel come before the maximum.
    affine: bool,
}

/// Threads in a workgroup of the convolution and pooling kernels.
const WORKGROUP: u32 = 64;
/// Output features side by side in one workgroup of the dense kernel.
const LANES: usize = 32;

impl FusedNetwork {
    /// Uploads the weights and allocates the arena for `batch` images.
    ///
    /// `tuning` changes only how the work is cut, never the result beyond rounding.
    pub fn new(model: &Model, device: &WgpuDevice, batch: usize, tuning: Tuning) -> Self {
        let mut client = WgpuRuntime::client(device);
        // SAFETY: one stream for everything that touches this network's buffers.
        unsafe { client.set_stream(LIVE_STREAM) };
        let layout = ArenaLayout::new(&model.spec);
        let mut parameters = Vec::new();
        let mut kernels = Vec::new();
        for (index, stage) in layout.stages.iter().enumerate() {
            let places = Places {
                copy_input: if index == 0 { count(layout.input) } else { 0 },
                arena: layout.len,
                input: layout.offsets[index],
                output: layout.offsets[index + 1],
                weight: parameters.len(),
                activation: match stage.activation {
                    Activation::None => 0,
                    Activation::Silu => 1,
                    Activation::Relu => 2,
                },
            };
            kernels.push(stage_kernel(model, stage, places, tuning, &mut parameters));
        }
        if parameters.is_empty() {
            parameters.push(0.0); // A binding cannot be empty.
        }
        let handle = client.create_from_slice(f32::as_bytes(&parameters));
        let arena = client.create_from_slice(f32::as_bytes(&vec![0.0; layout.len * batch]));
        Self {
            client,
            spec: model.spec.clone(),
            layout,
            kernels,
            parameters: handle,
            parameter_count: parameters.len(),
            arena,
            batch,
        }
    }

    /// Where the arena holds what.
    pub fn layout(&self) -> &ArenaLayout {
        &self.layout
    }

    /// The arena's buffer on the GPU, `[batch, layout.len]` values of f32.
    pub fn arena(&self) -> &Handle {
        &self.arena
    }

    /// The client whose stream the kernels run on.
    pub fn client(&self) -> &ComputeClient<WgpuRuntime> {
        &self.client
    }

    /// How many kernels one forward launches.
    pub fn dispatches(&self) -> usize {
        self.kernels.len()
    }

    /// Encodes the forward of `pixels`, `[n, 784]` values in `[0, 1]` with n at most the batch. The arena holds the
    /// result once the client's queue has run.
    ///
    /// # Panics
    /// Where `pixels` is not a whole number of images or more than the batch.
    pub fn forward(&self, pixels: &[f32]) {
        let size = count(self.layout.input);
        let images = pixels.len() / size;
        assert!(
            pixels.len().is_multiple_of(size) && images > 0 && images <= self.batch,
            "{} values are not 1 to {} images of {size}",
            pixels.len(),
            self.batch
        );
        let normalisation = self.spec.normalisation();
        let input: Vec<f32> = pixels.iter().map(|x| normalisation.apply(*x)).collect();
        let input_handle = self.client.create_from_slice(f32::as_bytes(&input));
        for kernel in &self.kernels {
            // SAFETY: the lengths are those of the buffers, and the kernels stay within the shapes they were built for.
            unsafe {
                let input = ArrayArg::from_raw_parts(input_handle.clone(), input.len());
                let arena_len = self.layout.len * self.batch;
                let arena = ArrayArg::from_raw_parts(self.arena.clone(), arena_len);
                let parameters =
                    ArrayArg::from_raw_parts(self.parameters.clone(), self.parameter_count);
                self.launch(*kernel, images as u32, input, arena, parameters);
            }
        }
    }

    unsafe fn launch(
        &self,
        kernel: StageKernel,
        images: u32,
        input: ArrayArg<WgpuRuntime>,
        arena: ArrayArg<WgpuRuntime>,
        parameters: ArrayArg<WgpuRuntime>,
    ) {
        let client = &self.client;
        let workgroups = |threads: usize| (threads as u32).div_ceil(WORKGROUP);
        match kernel {
            StageKernel::Conv(shape) => {
                let blocks = shape.out_channels / shape.block;
                let cubes = CubeCount::Static(
                    workgroups(shape.out_height * shape.out_width / shape.tile),
                    blocks as u32,
                    images,
                );
                let dim = CubeDim::new_1d(WORKGROUP);
                unsafe {
                    conv_stage::launch_unchecked::<WgpuRuntime>(
                        client, cubes, dim, input, arena, parameters, shape,
                    );
                }
            }
            StageKernel::Linear(shape) => {
                let cubes =
                    CubeCount::Static(shape.outputs.div_ceil(shape.lanes) as u32, 1, images);
                let dim = CubeDim::new_2d(shape.lanes as u32, shape.split as u32);
                unsafe {
                    linear_stage::launch_unchecked::<WgpuRuntime>(
                        client, cubes, dim, input, arena, parameters, shape,
                    );
                }
            }
            StageKernel::Pool(shape) => {
                let threads = shape.channels * shape.out_height * shape.out_width;
                let cubes = CubeCount::Static(workgroups(threads), 1, images);
                let dim = CubeDim::new_1d(WORKGROUP);
                unsafe {
                    pool_stage::launch_unchecked::<WgpuRuntime>(
                        client, cubes, dim, input, arena, parameters, shape,
                    );
                }
            }
        }
    }

    /// The logits of the last forward's first `images` images, `[images][classes]`. Blocks: for tests and commands.
    pub fn read_logits(&self, images: usize) -> Vec<Vec<f32>> {
        let arena = self.read_arena();
        let logits = self.layout.logits();
        (0..images)
            .map(|image| {
                let start = image * self.layout.len;
                arena[start + logits.start..start + logits.end].to_vec()
            })
            .collect()
    }

    /// The whole arena. Blocks: for tests and commands.
    pub fn read_arena(&self) -> Vec<f32> {
        let bytes = self.client.read_one_unchecked(self.arena.clone());
        f32::from_bytes(&bytes).to_vec()
    }

    /// The first image's logits as soon as the GPU has them. The copy is submitted here, not at the first await.
    pub fn logits_async(&self) -> LogitsFuture {
        let length = self.layout.len * self.batch;
        read_range(
            &self.client,
            self.arena.clone(),
            self.layout.logits(),
            length,
        )
    }

    /// The arena's place on the GPU. Submits what was encoded before.
    pub fn arena_buffer(&self) -> ArenaBuffer {
        arena_buffer(&self.client, self.arena.clone())
    }

    /// The whole arena as soon as the GPU has it, `[batch, layout.len]`.
    pub fn arena_async(&self) -> LogitsFuture {
        submit_now(read_values(self.client.clone(), self.arena.clone()))
    }
}

/// Values on their way from the GPU; none where reading failed.
pub type LogitsFuture = Pin<Box<dyn Future<Output = Option<Vec<f32>>> + Send>>;

/// A part of a wgpu buffer that holds an arena.
pub struct ArenaBuffer {
    pub buffer: wgpu::Buffer,
    /// In bytes.
    pub offset: u64,
}

/// Where `handle` lies on the GPU. Submits what was encoded before, so that later work on the queue sees it.
pub(crate) fn arena_buffer(client: &ComputeClient<WgpuRuntime>, handle: Handle) -> ArenaBuffer {
    let managed = client.get_resource(handle).expect("the arena is allocated");
    let resource = managed.resource();
    ArenaBuffer {
        buffer: resource.buffer.clone(),
        offset: resource.offset,
    }
}

/// Reads `range` (in values) of a buffer of `length` f32 values.
pub(crate) fn read_range(
    client: &ComputeClient<WgpuRuntime>,
    handle: Handle,
    range: Range<usize>,
    length: usize,
) -> LogitsFuture {
    let bytes = |values: usize| (values * size_of::<f32>()) as u64;
    let handle = handle
        .offset_start(bytes(range.start))
        .offset_end(bytes(length - range.end));
    submit_now(read_values(client.clone(), handle))
}

async fn read_values(client: ComputeClient<WgpuRuntime>, handle: Handle) -> Option<Vec<f32>> {
    let bytes = client.read_async(vec![handle]).await.ok()?.pop()?;
    Some(f32::from_bytes(&bytes).to_vec())
}

/// Polls once, which makes a lazy future submit its copy.
fn submit_now(future: impl Future<Output = Option<Vec<f32>>> + Send + 'static) -> LogitsFuture {
    let mut future = Box::pin(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(values) => Box::pin(std::future::ready(values)),
        Poll::Pending => future,
    }
}

/// Appends a stage's weights to `parameters` and says what its kernel is compiled for.
fn stage_kernel(
    model: &Model,
    stage: &Stage,
    places: Places,
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
            let taps = in_channels * kernel_y * kernel_x;
            push_transposed(model, layer, taps, parameters);
            let block = largest_divisor(out_channels, tuning.conv_channels);
            let tile = largest_divisor(out_width, tuning.conv_places);
            StageKernel::Conv(ConvShape {
                places,
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
                block,
                tile,
                span: (tile - 1) * stride_x + kernel_x,
            })
        }
        StageKind::Linear { layer } => {
            push_transposed(model, layer, in_channels, parameters);
            StageKernel::Linear(LinearShape {
                places,
                inputs: in_channels,
                outputs: out_channels,
                lanes: LANES,
                split: tuning.dense_split,
            })
        }
        StageKind::Pool { norm, pool } => {
            if let Some(LayerSpec::BatchNorm { epsilon, .. }) = norm.map(|index| &layers[index]) {
                let (scale, shift) = batch_norm_affine(model, norm.expect("is some"), *epsilon);
                parameters.extend(scale);
                parameters.extend(shift);
            }
            let window = match pool.map(|index| &layers[index]) {
                Some(LayerSpec::MaxPool2d {
                    kernel_size,
                    stride,
                }) => [*kernel_size, *stride],
                _ => [[1, 1], [1, 1]],
            };
            // Without pooling the values stay where they are, flattened or not.
            let output: Shape = if pool.is_some() {
                stage.output
            } else {
                stage.input
            };
            StageKernel::Pool(PoolShape {
                places,
                channels: in_channels,
                in_height,
                in_width,
                out_height: output[1],
                out_width: output[2],
                kernel_y: window[0][0],
                kernel_x: window[0][1],
                stride_y: window[1][0],
                stride_x: window[1][1],
                affine: norm.is_some(),
            })
        }
    }
}

/// The largest number up to `most` that divides `number`.
fn largest_divisor(number: usize, most: usize) -> usize {
    (1..=most.max(1))
        .rev()
        .find(|divisor| number.is_multiple_of(*divisor))
        .unwrap_or(1)
}

/// `[out, taps]` as `[taps, out]`, so that neighbouring threads read neighbouring weights, then the bias.
fn push_transposed(model: &Model, layer: usize, taps: usize, parameters: &mut Vec<f32>) {
    let weight = &model.parameter(layer, "weight").values;
    let outputs = weight.len() / taps;
    for tap in 0..taps {
        parameters.extend((0..outputs).map(|out| weight[out * taps + tap]));
    }
    parameters.extend(&model.parameter(layer, "bias").values);
}

#[cube]
fn activate(x: f32, #[comptime] activation: u32) -> f32 {
    let mut y = x;
    if comptime!(activation == 1) {
        y = x / (1.0 + f32::exp(-x));
    }
    if comptime!(activation == 2) {
        y = f32::max(x, 0.0);
    }
    y
}

/// The first stage keeps a copy of its input at the head of each arena, spread over all of its threads.
#[cube]
fn keep_input(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    thread: usize,
    threads: usize,
    #[comptime] places: Places,
) {
    let image = CUBE_POS_Z as usize;
    let mut index = thread;
    while index < places.copy_input {
        arena[image * places.arena + index] = input[image * places.copy_input + index];
        index += threads;
    }
}

/// One thread: `block` output channels at `tile` neighbouring places. Workgroups: x over places, y over channel blocks,
/// z over images.
#[cube(launch_unchecked)]
fn conv_stage(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    parameters: &Array<f32>,
    #[comptime] shape: ConvShape,
) {
    let image = CUBE_POS_Z as usize;
    let thread = CUBE_POS_X as usize * CUBE_DIM_X as usize + UNIT_POS_X as usize;
    if comptime!(shape.places.copy_input > 0) {
        let width = CUBE_COUNT_X as usize * CUBE_DIM_X as usize;
        let first = CUBE_POS_Y as usize * width + thread;
        let threads = CUBE_COUNT_Y as usize * width;
        keep_input(input, arena, first, threads, shape.places);
    }
    if thread < comptime!(shape.out_height * shape.out_width / shape.tile) {
        let first = CUBE_POS_Y as usize * shape.block;
        let out_y = thread / comptime!(shape.out_width / shape.tile);
        let out_x = thread % comptime!(shape.out_width / shape.tile) * shape.tile;
        let bias = comptime!(
            shape.places.weight
                + shape.in_channels * shape.kernel_y * shape.kernel_x * shape.out_channels
        );
        let mut sums = Array::<f32>::new(comptime!(shape.block * shape.tile));
        #[unroll]
        for lane in 0..shape.block {
            #[unroll]
            for place in 0..shape.tile {
                sums[lane * shape.tile + place] = parameters[bias + first + lane];
            }
        }
        for channel in 0..shape.in_channels {
            #[unroll]
            for kernel_y in 0..shape.kernel_y {
                let mut values = Array::<f32>::new(shape.span);
                let in_y = out_y * shape.stride_y + kernel_y;
                #[unroll]
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
                            let source = (channel * shape.in_height + y) * shape.in_width + x;
                            value = read(input, arena, source, image, shape.places);
                        }
                        values[index] = value;
                    } else {
                        let source = (channel * shape.in_height + in_y) * shape.in_width + in_x;
                        values[index] = read(input, arena, source, image, shape.places);
                    }
                }
                #[unroll]
                for kernel_x in 0..shape.kernel_x {
                    let tap = (channel * shape.kernel_y + kernel_y) * shape.kernel_x + kernel_x;
                    let start = shape.places.weight + tap * shape.out_channels + first;
                    #[unroll]
                    for lane in 0..shape.block {
                        let weight = parameters[start + lane];
                        #[unroll]
                        for place in 0..shape.tile {
                            sums[lane * shape.tile + place] +=
                                weight * values[place * shape.stride_x + kernel_x];
                        }
                    }
                }
            }
        }
        let output = image * shape.places.arena + shape.places.output;
        #[unroll]
        for lane in 0..shape.block {
            let plane = (first + lane) * comptime!(shape.out_height * shape.out_width);
            let row = output + plane + out_y * shape.out_width + out_x;
            #[unroll]
            for place in 0..shape.tile {
                arena[row + place] =
                    activate(sums[lane * shape.tile + place], shape.places.activation);
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
    #[comptime] places: Places,
) -> f32 {
    if comptime!(places.copy_input > 0) {
        input[image * places.copy_input + index]
    } else {
        arena[image * places.arena + places.input + index]
    }
}

/// A workgroup: `lanes` output features, each shared by `split` threads, whose partial sums meet in shared memory.
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
    let feature = CUBE_POS_X as usize * shape.lanes + lane;
    if comptime!(shape.places.copy_input > 0) {
        let group = comptime!(shape.lanes * shape.split);
        let thread = CUBE_POS_X as usize * group + part * shape.lanes + lane;
        keep_input(
            input,
            arena,
            thread,
            CUBE_COUNT_X as usize * group,
            shape.places,
        );
    }
    let mut sum = 0.0f32;
    if feature < shape.outputs {
        let mut index = part;
        while index < shape.inputs {
            let weight = parameters[shape.places.weight + index * shape.outputs + feature];
            sum += weight * read(input, arena, index, image, shape.places);
            index += shape.split;
        }
    }
    if comptime!(shape.split > 1) {
        let mut partial = SharedMemory::<f32>::new(comptime!(shape.lanes * shape.split));
        partial[part * shape.lanes + lane] = sum;
        sync_cube();
        if part == 0 {
            for other in 1..shape.split {
                sum += partial[other * shape.lanes + lane];
            }
        }
    }
    if part == 0 && feature < shape.outputs {
        let bias = comptime!(shape.places.weight + shape.inputs * shape.outputs);
        let y = activate(sum + parameters[bias + feature], shape.places.activation);
        arena[image * shape.places.arena + shape.places.output + feature] = y;
    }
}

/// One thread: one output value, the maximum of its window after the batch norm.
#[cube(launch_unchecked)]
fn pool_stage(
    input: &Array<f32>,
    arena: &mut Array<f32>,
    parameters: &Array<f32>,
    #[comptime] shape: PoolShape,
) {
    let image = CUBE_POS_Z as usize;
    let index = CUBE_POS_X as usize * CUBE_DIM_X as usize + UNIT_POS_X as usize;
    if comptime!(shape.places.copy_input > 0) {
        let threads = CUBE_COUNT_X as usize * CUBE_DIM_X as usize;
        keep_input(input, arena, index, threads, shape.places);
    }
    let plane = comptime!(shape.out_height * shape.out_width);
    if index < comptime!(shape.channels * shape.out_height * shape.out_width) {
        let channel = index / plane;
        let out_y = (index % plane) / shape.out_width;
        let out_x = index % shape.out_width;
        let mut scale = 1.0f32;
        let mut shift = 0.0f32;
        if comptime!(shape.affine) {
            scale = parameters[shape.places.weight + channel];
            shift = parameters[comptime!(shape.places.weight + shape.channels) + channel];
        }
        let start = (channel * shape.in_height + out_y * shape.stride_y) * shape.in_width
            + out_x * shape.stride_x;
        let mut largest = read(input, arena, start, image, shape.places) * scale + shift;
        #[unroll]
        for kernel_y in 0..shape.kernel_y {
            #[unroll]
            for kernel_x in 0..shape.kernel_x {
                let place = start + kernel_y * shape.in_width + kernel_x;
                let value = read(input, arena, place, image, shape.places) * scale + shift;
                largest = f32::max(largest, value);
            }
        }
        let y = activate(largest, shape.places.activation);
        arena[image * shape.places.arena + shape.places.output + index] = y;
    }
}

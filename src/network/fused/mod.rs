//! The live forward: one CubeCL kernel a stage on burn's GPU device, every stage's output written to its fixed place in
//! one arena buffer ([`ArenaLayout`]) that is allocated once.
//!
//! A convolution or dense layer takes its bias and activation along, pooling takes the batch norm before it along. So
//! the MLP is three dispatches and the CNN seven, in one compute pass, and a steady frame allocates nothing.

mod activation;
pub mod by_hand;
pub mod compile;
mod kernels;
mod pipelines;
mod readback;
mod timer;

pub use activation::activate;
pub use kernels::largest_divisor;
pub use pipelines::Pipelines;
pub use readback::{ArenaRead, read_once, read_polled};
pub use timer::GpuTimer;

use crate::{
    model::Model,
    spec::{NetworkSpec, count},
    stage::ArenaLayout,
};
use burn_wgpu::{WgpuDevice, WgpuRuntime};
use by_hand::{Bound, WORKED_ON, buffer};
use cubecl::{prelude::*, server::Handle, stream_id::StreamId};
use pipelines::Compiled;
use readback::Readback;
use std::{any::Any, sync::Arc};

/// The one stream that all live GPU work runs on: cubecl keeps one for each thread, and Bevy moves systems between
/// threads, so that without it slices would be reused while another stream still reads them.
pub const LIVE_STREAM: StreamId = StreamId { value: 0 };

/// Reads of one network's logits on their way at a time.
pub const READS_IN_FLIGHT: usize = 3;

/// Images at once up to which a convolution's sums are split: more fill the GPU with whole sums, which need no meeting.
/// The ten digits of the self-test are below that, so that it tests the kernels of the live forward.
pub const MOST_SPLIT_IMAGES: usize = 16;

/// A GPU that burn computes on: burn's name for it, and wgpu's device and queue behind that.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// burn's name for it.
    pub burn: WgpuDevice,
    /// The device that burn computes on.
    pub device: wgpu::Device,
    /// The queue that burn submits to.
    pub queue: wgpu::Queue,
    /// What was compiled for it.
    pub pipelines: Pipelines,
}

impl Gpu {
    /// The process's own device, the best there is: for tests and commands that draw nothing.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn of_its_own() -> Self {
        // burn takes a device once.
        static OWN: std::sync::OnceLock<Gpu> = std::sync::OnceLock::new();
        let make = || {
            let burn = WgpuDevice::default();
            let setup = burn_wgpu::init_setup::<burn_wgpu::graphics::AutoGraphicsApi>(
                &burn,
                burn_wgpu::RuntimeOptions::default(),
            );
            Self {
                burn,
                device: setup.device,
                queue: setup.queue,
                pipelines: Pipelines::default(),
            }
        };
        OWN.get_or_init(make).clone()
    }
}

/// A network whose weights and arena lie on the GPU.
pub struct FusedNetwork {
    gpu: Gpu,
    spec: NetworkSpec,
    layout: ArenaLayout,
    /// One for each stage, in their order.
    dispatches: Vec<Dispatch>,
    /// `[batch, 784]`, normalised.
    input: wgpu::Buffer,
    /// `[batch, layout.len]`, in burn's memory.
    arena: ArenaBuffer,
    tuning: Tuning,
    parameters: Parameters,
    /// Keeps the arena's place in burn's memory from being given away.
    _kept: Box<dyn Any + Send + Sync>,
    readback: Readback,
    batch: usize,
}

/// All weights on the GPU, in the order in which the kernels read them. Networks of several batch sizes can share them.
#[derive(Clone)]
struct Parameters {
    buffer: ArenaBuffer,
    count: usize,
    /// Keeps their place in burn's memory from being given away.
    _kept: Arc<dyn Any + Send + Sync>,
}

/// A kernel ready to be launched.
struct Dispatch {
    kernel: Bound,
    workgroups: [u32; 2],
}

impl Dispatch {
    fn encode(&self, pass: &mut wgpu::ComputePass<'_>, images: usize) {
        let [x, y] = self.workgroups;
        self.kernel.launch(pass, [x, y, images as u32]);
    }
}

/// How the work is cut into threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Threads side by side in one workgroup of a dense layer, each with its own output features.
    pub dense_lanes: usize,
    /// Threads that share the terms of one dense output, about.
    pub dense_split: usize,
    /// Neighbouring output features that one thread of a dense layer computes, at most.
    pub dense_features: usize,
    /// Output channels that one thread of a convolution computes, at most.
    pub conv_channels: usize,
    /// Neighbouring places of a row that one thread of a convolution computes, at most.
    pub conv_places: usize,
    /// Threads that share the terms of one output of a convolution, at most; 1 where none do. All that follows counts
    /// only where it is more, for up to [`MOST_SPLIT_IMAGES`] images at once.
    pub conv_split: usize,
    /// Threads that a convolution of one image is to have: its sums are split until it has them, and not at all where it
    /// has them anyway.
    pub split_threads: usize,
    /// Output channels that one thread of such a convolution computes, at most.
    pub split_channels: usize,
    /// Threads in a workgroup of such a convolution, at most.
    pub split_group: usize,
}

impl Tuning {
    /// Many short threads, for thousands of cores.
    pub const GPU: Self = Self {
        dense_lanes: 8,
        dense_split: 32,
        dense_features: 1,
        conv_channels: 4,
        conv_places: 1,
        conv_split: 32,
        split_threads: 1 << 15,
        split_channels: 2,
        split_group: 256,
    };
    /// Few long threads that use each loaded value often: a software rasteriser runs a workgroup's threads one after
    /// the other, and every load of it is a gather.
    pub const SOFTWARE: Self = Self {
        dense_lanes: 32,
        dense_split: 1,
        dense_features: 4,
        conv_channels: 8,
        conv_places: 4,
        conv_split: 1,
        split_threads: 1,
        split_channels: 1,
        split_group: 1,
    };

    /// With workgroups as large as the device takes, and no more of them: WebGPU promises 256 threads and 16 KiB only.
    fn within(self, limits: &wgpu::Limits) -> Self {
        let threads = limits.max_compute_invocations_per_workgroup as usize;
        let shared = limits.max_compute_workgroup_storage_size as usize / size_of::<f32>();
        // Each thread leaves a sum for each of its channels in shared memory.
        let split_channels = self.split_channels.clamp(1, shared.max(1));
        let most = threads.min(shared / split_channels).max(1);
        let split_group = self.split_group.clamp(1, most);
        let groups = limits.max_compute_workgroups_per_dimension as usize;
        Self {
            dense_split: self.dense_split.min((threads / self.dense_lanes).max(1)),
            conv_split: self.conv_split.min(split_group),
            split_threads: self.split_threads.min(groups),
            split_channels,
            split_group,
            ..self
        }
    }

    /// For this many images at once.
    fn for_images(self, images: usize) -> Self {
        if images > MOST_SPLIT_IMAGES {
            Self {
                conv_split: 1,
                ..self
            }
        } else {
            self
        }
    }
}

impl FusedNetwork {
    /// Compiles the kernels, uploads the weights and allocates the arena for `batch` images.
    ///
    /// `tuning` changes only how the work is cut, never the result beyond rounding.
    pub fn new(model: &Model, gpu: &Gpu, batch: usize, tuning: Tuning) -> Self {
        let tuning = tuning.within(&gpu.device.limits()).for_images(batch);
        Self::build(model, gpu, batch, tuning, None)
    }

    /// Compiles what [`FusedNetwork::new`] needs for such a network and one image, so that it finds that made.
    pub fn compile(model: &Model, gpu: &Gpu, tuning: Tuning) {
        let tuning = tuning.within(&gpu.device.limits()).for_images(1);
        let layout = ArenaLayout::new(&model.spec);
        let client = WgpuRuntime::client(&gpu.burn);
        for kernel in kernels::stage_kernels(model, &layout, tuning).0 {
            gpu.pipelines.get(kernel, &client, &gpu.device);
        }
    }

    /// A network of the same architecture, `model`'s, for another batch that reads with this one's weights, whatever they
    /// become. Its work is cut alike, since that decides in which order weights lie.
    pub fn sharing(&self, model: &Model, batch: usize) -> Self {
        let shared = Some(self.parameters.clone());
        Self::build(model, &self.gpu, batch, self.tuning, shared)
    }

    /// The weights of `model`, of this architecture, in the order in which [`FusedNetwork::parameters_buffer`] holds
    /// them; a batch normalisation is its scale and its shift.
    pub fn pack(&self, model: &Model) -> Vec<f32> {
        kernels::stage_kernels(model, &self.layout, self.tuning).1
    }

    /// With this tuning as it is.
    fn build(
        model: &Model,
        gpu: &Gpu,
        batch: usize,
        tuning: Tuning,
        shared: Option<Parameters>,
    ) -> Self {
        let mut client = WgpuRuntime::client(&gpu.burn);
        // SAFETY: one stream for everything that touches this network's buffers.
        unsafe { client.set_stream(LIVE_STREAM) };
        let layout = ArenaLayout::new(&model.spec);
        let device = &gpu.device;
        let (kernels, values) = kernels::stage_kernels(model, &layout, tuning);
        let in_memory = |values: &[f32]| {
            let handle = client.create_from_slice(f32::as_bytes(values));
            let resource = client.get_resource(handle);
            resource.expect("what was just allocated is there")
        };
        let parameters = shared.unwrap_or_else(|| {
            let kept = in_memory(&values);
            Parameters {
                buffer: ArenaBuffer {
                    buffer: kept.resource().buffer.clone(),
                    offset: kept.resource().offset,
                },
                count: values.len(),
                _kept: Arc::new(kept),
            }
        });
        let arena = in_memory(&vec![0.0; layout.len * batch]);
        let pixels = count(layout.input) * batch * size_of::<f32>();
        let input = buffer(device, "input", pixels, WORKED_ON);
        // Lengths that no kernel reads, but that CubeCL declares.
        let info = buffer(device, "lengths", 256, WORKED_ON);
        let dispatches: Vec<Dispatch> = kernels
            .into_iter()
            .map(|kernel| {
                let Compiled { pipeline, has_info } = gpu.pipelines.get(kernel, &client, device);
                let mut resources = vec![
                    input.as_entire_binding(),
                    arena.resource().as_wgpu_bind_resource(),
                    parameters.buffer.binding(parameters.count),
                ];
                if has_info {
                    resources.push(info.as_entire_binding());
                }
                Dispatch {
                    kernel: Bound::new(device, "stage", pipeline, resources),
                    workgroups: kernel.workgroups(),
                }
            })
            .collect();
        Self {
            dispatches,
            gpu: gpu.clone(),
            spec: model.spec.clone(),
            input,
            arena: ArenaBuffer {
                buffer: arena.resource().buffer.clone(),
                offset: arena.resource().offset,
            },
            tuning,
            parameters,
            _kept: Box::new(arena),
            readback: Readback::new(device, READS_IN_FLIGHT, layout.logits().len()),
            layout,
            batch,
        }
    }

    /// Whether a GPU of these limits takes buffers and launches of this size: a user's network may have any. A device
    /// that is asked for more would end the program.
    pub fn fits(spec: &NetworkSpec, limits: &wgpu::Limits, batch: usize) -> bool {
        let layout = ArenaLayout::new(spec);
        let bytes = |values: usize| (values as u64).saturating_mul(size_of::<f32>() as u64);
        let arena = bytes(layout.len.saturating_mul(batch));
        let parameters = bytes(spec.parameter_count());
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        // A workgroup computes 32 values or more of a stage, or of a convolution a place in at least one map. Where sums
        // are split it may compute fewer, but there are fewer values then, too (`Tuning::within`).
        let groups = limits.max_compute_workgroups_per_dimension as usize;
        let launches = layout.stages.iter().all(|stage| {
            let values: usize = stage.output.iter().product();
            values <= 32 * groups && stage.output[0] <= groups
        });
        launches && batch <= groups && arena.max(parameters) <= most
    }

    /// Where the arena holds what.
    pub fn layout(&self) -> &ArenaLayout {
        &self.layout
    }

    /// How many kernels one forward launches.
    pub fn dispatches(&self) -> usize {
        self.dispatches.len()
    }

    /// Uploads `pixels`, `[n, 784]` values in `[0, 1]` with n at most the batch, and encodes their forward as one
    /// compute pass with these timestamps. The arena holds the result once the queue has run it.
    ///
    /// # Panics
    /// Where `pixels` is not a whole number of images or more than the batch.
    pub fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pixels: &[f32],
        timestamps: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) {
        let images = self.upload(pixels);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("forward"),
            timestamp_writes: timestamps,
        });
        for dispatch in &self.dispatches {
            dispatch.encode(&mut pass, images);
        }
    }

    /// Encodes one stage of the batch alone, `times` times over what the arena holds already: for measurements.
    pub fn encode_stage(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        stage: usize,
        times: usize,
        timestamps: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("stage"),
            timestamp_writes: timestamps,
        });
        for _ in 0..times {
            self.dispatches[stage].encode(&mut pass, self.batch);
        }
    }

    /// Uploads pixels and tells how many images they are.
    fn upload(&self, pixels: &[f32]) -> usize {
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
        self.gpu
            .queue
            .write_buffer(&self.input, 0, f32::as_bytes(&input));
        images
    }

    /// Encodes the copy of the first image's logits; none while [`READS_IN_FLIGHT`] are on their way.
    pub fn encode_read(&self, encoder: &mut wgpu::CommandEncoder) -> Option<ArenaRead> {
        let logits = self.arena.starting_at(self.layout.logits().start);
        self.readback.copy(encoder, &logits)
    }

    /// Encodes and submits a forward on its own.
    ///
    /// # Panics
    /// As [`FusedNetwork::encode`].
    pub fn forward(&self, pixels: &[f32]) {
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.encode(&mut encoder, pixels, None);
        self.gpu.queue.submit([encoder.finish()]);
    }

    /// The logits of the last forward's first `images` images, `[images][classes]`; none where reading failed. Blocks:
    /// for tests and commands.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read_logits(&self, images: usize) -> Option<Vec<Vec<f32>>> {
        let arena = self.read_arena()?;
        let arenas = arena.chunks_exact(self.layout.len).take(images);
        Some(
            arenas
                .map(|arena| arena[self.layout.logits()].to_vec())
                .collect(),
        )
    }

    /// The whole arena, `[batch, layout.len]`; none where reading failed. Blocks: for tests and commands.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read_arena(&self) -> Option<Vec<f32>> {
        cubecl::future::block_on(self.arena_async())
    }

    /// The logits of the last forward's first `images` images, `[images, classes]`; the device has to be polled, as every
    /// submit does.
    pub fn logits_on_their_way(&self, images: usize) -> ArenaRead {
        let logits = self.layout.logits();
        let starts = (0..images).map(|image| image * self.layout.len + logits.start);
        let parts: Vec<ArenaBuffer> = starts.map(|start| self.arena.starting_at(start)).collect();
        read_polled(&self.gpu, &parts, logits.len())
    }

    /// The whole arena as soon as the GPU has it, `[batch, layout.len]`.
    pub fn arena_async(&self) -> ArenaRead {
        read_once(&self.gpu, &self.arena, self.layout.len * self.batch)
    }

    /// The weights' place on the GPU, and how many they are; what is written there is what the next forward reads with.
    pub fn parameters_buffer(&self) -> (&ArenaBuffer, usize) {
        (&self.parameters.buffer, self.parameters.count)
    }

    /// The architecture.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// The arena's place on the GPU.
    pub fn arena_buffer(&self) -> &ArenaBuffer {
        &self.arena
    }
}

/// A part of a wgpu buffer that holds an arena, or weights.
#[derive(Clone, Debug)]
pub struct ArenaBuffer {
    /// The buffer, which holds more than this arena.
    pub buffer: wgpu::Buffer,
    /// Where the arena begins, in bytes.
    pub offset: u64,
}

impl ArenaBuffer {
    /// So many values of it, for a kernel.
    pub fn binding(&self, values: usize) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.offset,
            size: std::num::NonZeroU64::new((values * size_of::<f32>()) as u64),
        })
    }

    /// The arena from this value on.
    pub(crate) fn starting_at(&self, value: usize) -> Self {
        Self {
            buffer: self.buffer.clone(),
            offset: self.offset + (value * size_of::<f32>()) as u64,
        }
    }
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

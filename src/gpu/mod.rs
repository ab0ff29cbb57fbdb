//! The only place that knows raw wgpu: burn on Bevy's own device, and the buffers that the view draws from.

pub mod display;
mod frame_timer;
mod idle;
pub mod nearest;
mod read_back;
pub mod top_terms;

pub use display::{Display, RowMotion};
pub use frame_timer::FrameTimer;
pub use mnistify_network::fused::GpuTimer;
pub use nearest::{Near, Nearest, Vectors};
pub use top_terms::{Contribution, Neuron, TopTerms};

use bevy::{
    prelude::*,
    render::{
        RenderApp,
        render_resource::{
            Buffer, ShaderSize, ShaderType,
            encase::{self, internal::WriteInto},
        },
        renderer::{RenderAdapter, RenderAdapterInfo, RenderDevice, RenderInstance, RenderQueue},
    },
};
use burn_wgpu::{RuntimeOptions, WgpuSetup, init_device};
use idle::with_drowsy_threads;
use mnistify_network::fused::{Gpu, Pipelines, by_hand};
use std::num::NonZeroU64;

/// Hands Bevy's GPU device to burn, once, when the renderer is ready.
pub struct SharedGpuPlugin;

impl Plugin for SharedGpuPlugin {
    fn build(&self, _app: &mut App) {}

    fn finish(&self, app: &mut App) {
        let Some(render_app) = app.get_sub_app(RenderApp) else {
            return;
        };
        if let Some(gpu) = SharedGpu::from_world(render_app.world()) {
            frame_timer::install(app, &gpu);
            app.insert_resource(gpu);
        }
    }
}

/// One GPU device for everything: Bevy draws with it, burn computes on it.
#[derive(Resource, Clone)]
pub struct SharedGpu {
    /// The same device as burn knows it; none where burn cannot use it: in a browser without timestamp queries.
    pub burn: Option<Gpu>,
    /// The device as Bevy knows it.
    pub device: RenderDevice,
    /// Where its work is submitted.
    pub queue: RenderQueue,
    /// Such as `NVIDIA H200 (Vulkan)`.
    pub adapter: String,
    /// A software rasteriser: draw and compute with restraint.
    pub is_software: bool,
}

impl SharedGpu {
    fn from_world(world: &World) -> Option<Self> {
        let instance = world.get_resource::<RenderInstance>()?;
        let adapter = world.get_resource::<RenderAdapter>()?;
        let device = world.get_resource::<RenderDevice>()?;
        let queue = world.get_resource::<RenderQueue>()?;
        let info = world.get_resource::<RenderAdapterInfo>()?;
        let setup = WgpuSetup {
            instance: (**instance.0).clone(),
            adapter: (**adapter.0).clone(),
            device: device.wgpu_device().clone(),
            queue: (**queue.0).clone(),
            backend: info.backend,
        };
        Some(Self {
            burn: burn_can_use(device).then(|| Gpu {
                burn: with_drowsy_threads(|| init_device(setup, RuntimeOptions::default())),
                device: device.wgpu_device().clone(),
                queue: (**queue.0).clone(),
                pipelines: Pipelines::default(),
            }),
            device: device.clone(),
            queue: queue.clone(),
            adapter: adapter_name(info),
            is_software: is_software(info),
        })
    }
}

/// In a browser cubecl panics on a device without timestamp queries (cubecl-wgpu 0.10, `compute/stream.rs`), which some
/// phones lack. There the lanes are still drawn, and the networks run on the CPU.
fn burn_can_use(device: &RenderDevice) -> bool {
    !cfg!(target_arch = "wasm32") || device.features().contains(wgpu::Features::TIMESTAMP_QUERY)
}

/// What people read.
fn adapter_name(info: &wgpu::AdapterInfo) -> String {
    #[cfg(target_arch = "wasm32")]
    {
        let name = crate::platform::adapter_name();
        let name = if name.is_empty() { &info.name } else { &name };
        format!("{} (WebGPU)", if name.is_empty() { "GPU" } else { name })
    }
    #[cfg(not(target_arch = "wasm32"))]
    format!("{} ({:?})", info.name, info.backend)
}

/// In a browser only the name tells, where there is one; slow frames tell the rest (`view::FrameTimes`).
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = adapter_name(info).to_lowercase();
    let named = ["swiftshader", "llvmpipe", "basic render"]
        .iter()
        .any(|part| name.contains(part));
    info.device_type == wgpu::DeviceType::Cpu || named
}

/// Writes values of a shader's struct to the beginning of a storage buffer.
pub fn write_storage<T>(gpu: &SharedGpu, buffer: &Buffer, values: &Vec<T>)
where
    T: ShaderType + ShaderSize + WriteInto,
{
    let mut bytes = encase::StorageBuffer::new(Vec::<u8>::new());
    bytes
        .write(values)
        .expect("a vector of a struct has room for itself");
    gpu.queue.write_buffer(buffer, 0, bytes.as_ref());
}

/// A buffer of so many bytes.
fn buffer(gpu: &SharedGpu, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    by_hand::buffer(gpu.device.wgpu_device(), label, bytes, usage)
}

/// A part of a buffer, of which offset and size are in bytes.
fn part((buffer, offset, size): (&wgpu::Buffer, u64, u64)) -> wgpu::BindingResource<'_> {
    wgpu::BindingResource::Buffer(wgpu::BufferBinding {
        buffer,
        offset,
        size: NonZeroU64::new(size),
    })
}

/// A bind group layout of storage buffers for a compute shader, each read-only or not.
fn storage_layout(device: &wgpu::Device, label: &str, read_only: &[bool]) -> wgpu::BindGroupLayout {
    let entries = (0..).zip(read_only).map(|(binding, read_only)| {
        let ty = wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage {
                read_only: *read_only,
            },
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty,
            count: None,
        }
    });
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(label),
        entries: &entries.collect::<Vec<_>>(),
    })
}

/// A compute pipeline with one bind group.
fn compute_pipeline(
    device: &wgpu::Device,
    label: &str,
    shader: &wgpu::ShaderModule,
    layout: &wgpu::BindGroupLayout,
    entry_point: &str,
) -> wgpu::ComputePipeline {
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(label),
        bind_group_layouts: &[Some(layout)],
        ..default()
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(label),
        layout: Some(&pipeline_layout),
        module: shader,
        entry_point: Some(entry_point),
        compilation_options: default(),
        cache: None,
    })
}

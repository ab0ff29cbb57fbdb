//! The only place that knows raw wgpu: burn on Bevy's own device, and the buffers that the view draws from.

pub mod display;
mod timer;

pub use display::{Display, RowMotion};
pub use timer::GpuTimer;

use bevy::{
    prelude::*,
    render::{
        RenderApp,
        renderer::{RenderAdapter, RenderAdapterInfo, RenderDevice, RenderInstance, RenderQueue},
    },
};
use burn_wgpu::{RuntimeOptions, WgpuDevice, WgpuSetup, init_device};

/// Hands Bevy's GPU device to burn, once, when the renderer is ready.
pub struct SharedGpuPlugin;

impl Plugin for SharedGpuPlugin {
    fn build(&self, _app: &mut App) {}

    fn finish(&self, app: &mut App) {
        let Some(render_app) = app.get_sub_app(RenderApp) else {
            return;
        };
        if let Some(gpu) = SharedGpu::from_world(render_app.world()) {
            app.insert_resource(gpu);
        }
    }
}

/// One GPU device for everything: Bevy draws with it, burn computes on it.
#[derive(Resource, Clone)]
pub struct SharedGpu {
    /// burn's name for the device.
    pub burn: WgpuDevice,
    pub device: RenderDevice,
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
            burn: init_device(setup, RuntimeOptions::default()),
            device: device.clone(),
            queue: queue.clone(),
            adapter: format!("{} ({:?})", info.name, info.backend),
            is_software: info.device_type == wgpu::DeviceType::Cpu,
        })
    }
}

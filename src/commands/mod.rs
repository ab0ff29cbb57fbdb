//! The same work without a window.

pub mod bench;
pub mod offscreen;
pub mod predict;
pub mod screenshot;

use mnistify_network::fused::Gpu;

/// A device of the process's own, where there is an adapter at all.
fn own_gpu() -> Option<(Gpu, wgpu::AdapterInfo)> {
    let instance = wgpu::Instance::default();
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    let adapter = bevy::tasks::block_on(instance.request_adapter(&options)).ok()?;
    Some((Gpu::of_its_own(), adapter.get_info()))
}

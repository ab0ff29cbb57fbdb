//! The same work without a window.

pub mod bench;
pub mod offscreen;
pub mod predict;
pub mod screenshot;

use burn_wgpu::WgpuDevice;

/// burn's default device, where there is an adapter at all.
fn default_gpu() -> Option<(WgpuDevice, wgpu::AdapterInfo)> {
    let instance = wgpu::Instance::default();
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    let adapter = bevy::tasks::block_on(instance.request_adapter(&options)).ok()?;
    Some((WgpuDevice::default(), adapter.get_info()))
}

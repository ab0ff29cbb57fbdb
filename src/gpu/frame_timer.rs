//! GPU time of a whole frame, from before the first camera to after the last pass (egui's), by two timestamps in the
//! renderer's own submit. What the app submits itself, forwards and display passes, is not in it.

use super::{GpuTimer, SharedGpu};
use bevy::{
    prelude::*,
    render::{
        RenderApp,
        renderer::{PendingCommandBuffers, RenderDevice, RenderGraph, RenderGraphSystems},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Times frames while it is switched on; the same in the app and in the renderer's world.
#[derive(Resource, Clone)]
pub struct FrameTimer(Arc<Inner>);

struct Inner {
    timer: GpuTimer,
    on: AtomicBool,
    /// Whether the frame under way is timed.
    timing: AtomicBool,
}

impl FrameTimer {
    /// Times the frames from now on, or not any more.
    pub fn switch(&self, on: bool) {
        self.0.on.store(on, Ordering::Relaxed);
    }

    /// The newest frame's GPU time in milliseconds, once.
    pub fn take_millis(&self) -> Option<f64> {
        self.0.timer.take_millis()
    }
}

/// Adds the timer where the device has timestamps.
pub(super) fn install(app: &mut App, gpu: &SharedGpu) {
    let Some(timer) = GpuTimer::new(gpu.device.wgpu_device(), &gpu.queue) else {
        return;
    };
    let timer = FrameTimer(Arc::new(Inner {
        timer,
        on: AtomicBool::new(false),
        timing: AtomicBool::new(false),
    }));
    app.insert_resource(timer.clone());
    if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
        render_app.insert_resource(timer).add_systems(
            RenderGraph,
            (
                begin.in_set(RenderGraphSystems::Begin),
                end.after(RenderGraphSystems::Render)
                    .before(RenderGraphSystems::Submit),
                read.in_set(RenderGraphSystems::Finish),
            ),
        );
    }
}

fn begin(
    timer: Res<FrameTimer>,
    device: Res<RenderDevice>,
    mut pending: ResMut<PendingCommandBuffers>,
) {
    let inner = &timer.0;
    let on = inner.on.load(Ordering::Relaxed);
    let Some(both) = on.then(|| inner.timer.begin()).flatten() else {
        return;
    };
    inner.timing.store(true, Ordering::Relaxed);
    let first = wgpu::ComputePassTimestampWrites {
        end_of_pass_write_index: None,
        ..both
    };
    let mut encoder = device.create_command_encoder(&default());
    drop(encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
        label: Some("frame begins"),
        timestamp_writes: Some(first),
    }));
    pending.push([encoder.finish()]);
}

fn end(
    timer: Res<FrameTimer>,
    device: Res<RenderDevice>,
    mut pending: ResMut<PendingCommandBuffers>,
) {
    let inner = &timer.0;
    if !inner.timing.load(Ordering::Relaxed) {
        return;
    }
    let mut encoder = device.create_command_encoder(&default());
    drop(encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
        label: Some("frame ends"),
        timestamp_writes: Some(inner.timer.last()),
    }));
    inner.timer.resolve(&mut encoder);
    pending.push([encoder.finish()]);
}

fn read(timer: Res<FrameTimer>) {
    if timer.0.timing.swap(false, Ordering::Relaxed) {
        timer.0.timer.submitted();
    }
}

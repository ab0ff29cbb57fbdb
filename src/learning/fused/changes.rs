//! How far a single step moves the weights of each layer, measured on the GPU.

use super::layout::TrainingLayout;
use mnistify_network::fused::{
    ArenaBuffer, ArenaRead, Gpu,
    by_hand::{self, Bound, WORKED_ON},
    read_polled,
};
use wgpu::util::DeviceExt;

/// Remembers weights, and measures how far they moved since.
pub(super) struct Changes {
    before: wgpu::Buffer,
    sums: wgpu::Buffer,
    kernel: Bound,
    layers: usize,
}

impl Changes {
    /// Of `weights`, which lie as `layout` says.
    pub fn new(gpu: &Gpu, layout: &TrainingLayout, weights: &wgpu::Buffer) -> Self {
        let device = &gpu.device;
        let ranges: Vec<[u32; 2]> = layout
            .parameters
            .iter()
            .map(|parameters| [parameters.start as u32, parameters.count() as u32])
            .collect();
        let bytes = weights.size() as usize;
        let before = by_hand::buffer(device, "weights before", bytes, WORKED_ON);
        let bytes = ranges.len() * size_of::<[f32; 2]>();
        let sums = by_hand::buffer(device, "changes", bytes, WORKED_ON);
        let places = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("layers"),
            contents: bytemuck::cast_slice(&ranges),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let source = include_str!("../../../shaders/changes.wgsl");
        let shader = by_hand::shader(device, "changes", source);
        let pipeline = by_hand::pipeline(device, &shader, "measure", &[]);
        let bound = [&places, &before, weights, &sums].map(wgpu::Buffer::as_entire_binding);
        Self {
            kernel: Bound::new(device, "changes", pipeline, bound),
            before,
            sums,
            layers: ranges.len(),
        }
    }

    /// Remembers the weights as the queue has made them by then.
    pub fn remember(&self, gpu: &Gpu, weights: &wgpu::Buffer) {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(weights, 0, &self.before, 0, weights.size());
        gpu.queue.submit([encoder.finish()]);
    }

    /// Sums of squares on their way, `[layers, 2]`: of the changes since, and of the weights before.
    pub fn measure(&self, gpu: &Gpu) -> ArenaRead {
        by_hand::submit(&gpu.device, &gpu.queue, |pass| {
            self.kernel.launch(pass, [self.layers as u32, 1, 1]);
        });
        let sums = ArenaBuffer {
            buffer: self.sums.clone(),
            offset: 0,
        };
        read_polled(gpu, &[sums], 2 * self.layers)
    }
}

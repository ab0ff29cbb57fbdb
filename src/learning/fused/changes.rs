//! How far a single step moves the weights of each layer, measured on the GPU.

use super::layout::TrainingLayout;
use mnistify_network::fused::{ArenaBuffer, ArenaRead, Gpu, read_polled};
use wgpu::util::DeviceExt;

/// Remembers weights, and measures how far they moved since.
pub(super) struct Changes {
    before: wgpu::Buffer,
    sums: wgpu::Buffer,
    pipeline: wgpu::ComputePipeline,
    bind_group: wgpu::BindGroup,
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
        let storage = |label, size: u64| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_DST
                    | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let before = storage("weights before", weights.size());
        let sums = storage("changes", (ranges.len() * size_of::<[f32; 2]>()) as u64);
        let places = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("layers"),
            contents: bytemuck::cast_slice(&ranges),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("changes"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../../shaders/changes.wgsl").into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("changes"),
            layout: None,
            module: &module,
            entry_point: Some("measure"),
            compilation_options: Default::default(),
            cache: None,
        });
        let bound = [&places, &before, weights, &sums];
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("changes"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Self {
            before,
            sums,
            pipeline,
            bind_group,
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
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.dispatch_workgroups(self.layers as u32, 1, 1);
        }
        gpu.queue.submit([encoder.finish()]);
        let sums = ArenaBuffer {
            buffer: self.sums.clone(),
            offset: 0,
        };
        read_polled(gpu, &[sums], 2 * self.layers)
    }
}

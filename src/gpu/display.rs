//! One network's values as they are drawn: a compute pass eases them towards the arena, on the GPU, and follows the
//! largest magnitude of each row. The plates' shaders read the result; nothing passes through the CPU.

use super::SharedGpu;
use bevy::{
    prelude::*,
    render::render_resource::{Buffer, ShaderSize, ShaderType},
};
use mnistify_network::{ArenaLayout, fused::by_hand};
use wgpu::util::DeviceExt;

/// How one row of cells moves in this frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowMotion {
    /// Share of the way to the new value that is gone in this frame, `[0, 1]`.
    pub ease: f32,
    /// 1 shows the row's values, 0 shows it at rest: not yet reached by a slow forward pass.
    pub reveal: f32,
    /// Extra light while the wave of a forward pass goes through, `[0, 1]`.
    pub glow: f32,
}

/// The buffers behind one network's picture.
#[derive(Component)]
pub struct Display {
    /// The drawn values, in the arena's order, f32.
    pub shown: Buffer,
    /// The largest magnitude of each row, which scales height and colour, f32.
    pub ranges: Buffer,
    /// How each row moves, written by the CPU each frame: `Row` in `shaders/types.wgsl`.
    pub rows: Buffer,
    motions: Vec<Row>,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    bind_group: Option<(wgpu::Buffer, u64, wgpu::BindGroup)>,
    /// Where values that were computed on the CPU are uploaded to.
    upload: Option<wgpu::Buffer>,
    arena_bytes: u64,
}

/// `Row` in `shaders/types.wgsl`.
#[derive(Clone, Copy, Debug, ShaderType)]
struct Row {
    offset: u32,
    count: u32,
    ease: f32,
    reveal: f32,
    glow: f32,
    /// The least range, so that a quiet row is not blown up into noise.
    least_range: f32,
    /// 1 where the range is fixed to `least_range`: the input is always −1 to 1.
    fixed_range: f32,
    range_ease: f32,
}

/// Seconds in which a row's range goes two thirds of the way to a new largest magnitude.
const RANGE_SECONDS: f32 = 0.35;

impl Display {
    /// Allocates the buffers of one arena layout.
    pub fn new(gpu: &SharedGpu, layout: &ArenaLayout) -> Self {
        let rows = layout.rows();
        let storage = |label: &'static str, values: usize| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: (values * 4) as u64,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_DST
                    | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let device = gpu.device.wgpu_device();
        let source = concat!(
            include_str!("../../shaders/types.wgsl"),
            include_str!("../../shaders/display.wgsl")
        );
        let shader = by_hand::shader(device, "display", source);
        let bind_group_layout =
            super::storage_layout(device, "display", &[true, false, false, true]);
        let pipeline =
            super::compute_pipeline(device, "display", &shader, &bind_group_layout, "ease_row");
        let motions = (0..rows).map(|row| {
            let range = layout.range(row);
            Row {
                offset: range.start as u32,
                count: range.len() as u32,
                ease: 1.0,
                reveal: 1.0,
                glow: 0.0,
                least_range: if row == 0 { 1.0 } else { 0.5 },
                fixed_range: if row == 0 { 1.0 } else { 0.0 },
                range_ease: 1.0,
            }
        });
        Self {
            shown: storage("shown activations", layout.len),
            ranges: storage("row ranges", rows),
            rows: storage("row motions", rows * Row::SHADER_SIZE.get() as usize / 4),
            motions: motions.collect(),
            pipeline,
            layout: bind_group_layout,
            bind_group: None,
            upload: None,
            arena_bytes: (layout.len * 4) as u64,
        }
    }

    /// Draw from this part of a burn buffer from now on.
    pub fn bind_arena(&mut self, gpu: &SharedGpu, buffer: &wgpu::Buffer, offset: u64) {
        let bound = self.bind_group.as_ref();
        if bound.is_some_and(|(b, o, _)| b == buffer && *o == offset) {
            return;
        }
        let arena = super::part((buffer, offset, self.arena_bytes));
        let own = [&self.shown, &self.ranges, &self.rows].map(|own| own.as_entire_binding());
        let all = std::iter::once(arena).chain(own);
        let device = gpu.device.wgpu_device();
        let bind_group = by_hand::bind(device, "display", &self.layout, all);
        self.bind_group = Some((buffer.clone(), offset, bind_group));
    }

    /// The arena that is drawn from: buffer, offset and size in bytes.
    pub fn arena(&self) -> Option<(&wgpu::Buffer, u64, u64)> {
        let (buffer, offset, _) = self.bind_group.as_ref()?;
        Some((buffer, *offset, self.arena_bytes))
    }

    /// Draw these values, which the CPU computed, from now on.
    pub fn upload_arena(&mut self, gpu: &SharedGpu, arena: &[f32]) {
        let bytes: &[u8] = bytemuck::cast_slice(arena);
        let buffer = match self.upload.clone() {
            Some(buffer) => {
                gpu.queue.write_buffer(&buffer, 0, bytes);
                buffer
            }
            None => {
                let descriptor = wgpu::util::BufferInitDescriptor {
                    label: Some("arena from the CPU"),
                    contents: bytes,
                    usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
                };
                let buffer = gpu.device.wgpu_device().create_buffer_init(&descriptor);
                self.upload = Some(buffer.clone());
                buffer
            }
        };
        self.bind_arena(gpu, &buffer, 0);
    }

    /// Moves every row by one frame. Does nothing before an arena is bound.
    pub fn advance(&mut self, gpu: &SharedGpu, motion: impl Fn(usize) -> RowMotion, seconds: f32) {
        let Some((_, _, bind_group)) = &self.bind_group else {
            return;
        };
        for (row, uniform) in self.motions.iter_mut().enumerate() {
            let RowMotion { ease, reveal, glow } = motion(row);
            (uniform.ease, uniform.reveal, uniform.glow) = (ease, reveal, glow);
            uniform.range_ease = if ease >= 1.0 {
                1.0
            } else {
                1.0 - (-seconds / RANGE_SECONDS).exp()
            };
        }
        super::write_storage(gpu, &self.rows, &self.motions);
        let groups = [self.motions.len() as u32, 1, 1];
        by_hand::submit(gpu.device.wgpu_device(), &gpu.queue, |pass| {
            by_hand::launch(pass, &self.pipeline, bind_group, groups);
        });
    }
}

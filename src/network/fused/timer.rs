//! GPU time of a compute pass, by two timestamps of its own. Not every adapter has them, and browsers round them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Times one pass at a time; while a result is on its way, further passes go untimed.
pub struct GpuTimer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    period_nanos: f32,
    /// Bits of the newest f64 in milliseconds, or [`NONE`].
    newest: Arc<AtomicU64>,
    busy: Arc<AtomicBool>,
}

const NONE: u64 = u64::MAX;

impl GpuTimer {
    /// A timer, where the device has timestamps.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Option<Self> {
        if !device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return None;
        }
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: 16,
                usage,
                mapped_at_creation: false,
            })
        };
        Some(Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            staging: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
            period_nanos: queue.get_timestamp_period(),
            newest: Arc::new(AtomicU64::new(NONE)),
            busy: Arc::new(AtomicBool::new(false)),
        })
    }

    /// The timestamps for a pass; none while the last result is still on its way.
    pub fn begin(&self) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        let free = !self.busy.swap(true, Ordering::AcqRel);
        free.then_some(wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        })
    }

    /// The second timestamp alone, for a pass after the one that took the first.
    pub fn last(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: None,
            end_of_pass_write_index: Some(1),
        }
    }

    /// Encodes that the timestamps come back, after the pass.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, 16);
    }

    /// To be called once, after the encoder of [`GpuTimer::resolve`] was submitted.
    pub fn submitted(&self) {
        let (staging, newest, busy) =
            (self.staging.clone(), self.newest.clone(), self.busy.clone());
        let period = f64::from(self.period_nanos);
        let read = self.staging.slice(..);
        read.map_async(wgpu::MapMode::Read, move |result| {
            // A buffer whose map failed must not be mapped again: the timer stays busy, and no further pass is timed.
            if result.is_ok() {
                let view = staging.slice(..).get_mapped_range();
                let [begin, end]: [u64; 2] = bytemuck::pod_read_unaligned(&view);
                drop(view);
                staging.unmap();
                let millis = end.saturating_sub(begin) as f64 * period / 1e6;
                newest.store(millis.to_bits(), Ordering::Release);
                busy.store(false, Ordering::Release);
            }
        });
    }

    /// The newest result in milliseconds, once.
    pub fn take_millis(&self) -> Option<f64> {
        let bits = self.newest.swap(NONE, Ordering::AcqRel);
        (bits != NONE).then(|| f64::from_bits(bits))
    }
}

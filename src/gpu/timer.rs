//! GPU time of a stretch of queue work, by two timestamps around it. Not every adapter can.

use super::SharedGpu;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Times one stretch of queue work at a time; while a result is on its way, further stretches go untimed.
pub struct GpuTimer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    period_nanos: f32,
    /// Bits of the newest f64 in milliseconds, or [`NONE`].
    newest: Arc<AtomicU64>,
    busy: Arc<AtomicU64>,
}

const NONE: u64 = u64::MAX;

impl GpuTimer {
    /// A timer, where the device has timestamps in command encoders.
    pub fn new(gpu: &SharedGpu) -> Option<Self> {
        let wanted =
            wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS;
        if !gpu.device.features().contains(wanted) {
            return None;
        }
        let device = gpu.device.wgpu_device();
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
            period_nanos: gpu.queue.get_timestamp_period(),
            newest: Arc::new(AtomicU64::new(NONE)),
            busy: Arc::new(AtomicU64::new(0)),
        })
    }

    /// Marks the beginning on the queue; false while the last result is still on its way.
    pub fn begin(&self, gpu: &SharedGpu) -> bool {
        if self.busy.swap(1, Ordering::AcqRel) != 0 {
            return false;
        }
        let mut encoder = gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.write_timestamp(&self.queries, 0);
        gpu.queue.submit([encoder.finish()]);
        true
    }

    /// Marks the end on the queue, after [`GpuTimer::begin`] returned true.
    pub fn end(&self, gpu: &SharedGpu) {
        let mut encoder = gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.write_timestamp(&self.queries, 1);
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, 16);
        gpu.queue.submit([encoder.finish()]);
        let (staging, newest, busy) =
            (self.staging.clone(), self.newest.clone(), self.busy.clone());
        let period = f64::from(self.period_nanos);
        let read = self.staging.clone();
        read.slice(..)
            .map_async(wgpu::MapMode::Read, move |result| {
                if result.is_ok() {
                    let ticks: Vec<u64> = staging
                        .slice(..)
                        .get_mapped_range()
                        .chunks_exact(8)
                        .map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")))
                        .collect();
                    staging.unmap();
                    let millis = ticks[1].saturating_sub(ticks[0]) as f64 * period / 1e6;
                    newest.store(millis.to_bits(), Ordering::Release);
                }
                busy.store(0, Ordering::Release);
            });
    }

    /// The newest result in milliseconds, once.
    pub fn take_millis(&self) -> Option<f64> {
        let bits = self.newest.swap(NONE, Ordering::AcqRel);
        (bits != NONE).then(|| f64::from_bits(bits))
    }
}

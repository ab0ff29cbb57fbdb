//! Bytes on their way back from the GPU, one read at a time, without anything waiting for them.

use super::SharedGpu;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// A result, behind what it is of.
type Came<T> = (T, Vec<u8>);

/// A buffer that results come back through, each with what it is of.
pub(super) struct ReadBack<T> {
    staging: wgpu::Buffer,
    /// Set while a result is on its way.
    busy: Arc<AtomicBool>,
    /// Set for good once one could not come back.
    broken: Arc<AtomicBool>,
    newest: Arc<Mutex<Option<Came<T>>>>,
}

impl<T: Send + 'static> ReadBack<T> {
    /// For results of so many bytes at most.
    pub fn new(gpu: &SharedGpu, label: &str, bytes: usize) -> Self {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Self {
            staging: super::buffer(gpu, label, bytes, usage),
            busy: Arc::default(),
            broken: Arc::default(),
            newest: Arc::default(),
        }
    }

    /// Whether a result is on its way; none is any more after one that failed.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) && !self.broken.load(Ordering::Acquire)
    }

    /// Takes the way back for one result; false while the last one is still on it.
    pub fn begin(&self) -> bool {
        !self.busy.swap(true, Ordering::AcqRel)
    }

    /// Submits `encoder` and behind it the copy of the first bytes of `source`, and asks for them.
    pub fn submit(
        &self,
        gpu: &SharedGpu,
        mut encoder: wgpu::CommandEncoder,
        source: &wgpu::Buffer,
        bytes: u64,
        of: T,
    ) {
        encoder.copy_buffer_to_buffer(source, 0, &self.staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let (newest, busy) = (self.newest.clone(), self.busy.clone());
        let broken = self.broken.clone();
        let staging = self.staging.clone();
        let slice = self.staging.slice(..bytes);
        slice.map_async(wgpu::MapMode::Read, move |result| {
            if result.is_ok() {
                let view = staging.slice(..bytes).get_mapped_range();
                let came = view.to_vec();
                drop(view);
                staging.unmap();
                *newest.lock().expect("no holder panics") = Some((of, came));
                busy.store(false, Ordering::Release);
            } else {
                // It must not be mapped again: it stays busy, so that nothing further is asked for.
                broken.store(true, Ordering::Release);
            }
        });
    }

    /// The newest result, once.
    pub fn take(&self) -> Option<Came<T>> {
        self.newest.lock().expect("no holder panics").take()
    }
}

/// Pairs of a number and a value, as shaders write them.
pub(super) fn pairs(bytes: &[u8]) -> impl Iterator<Item = (usize, f32)> {
    bytes.chunks_exact(8).map(|pair| {
        let [number, value]: [u32; 2] = bytemuck::pod_read_unaligned(pair);
        (number as usize, f32::from_bits(value))
    })
}

//! Values on their way back from the GPU: copied behind the work that makes them, mapped after it, never waited for.
//!
//! Not read through CubeCL, which panics where a map fails: here that is a failed read, which the app answers by going
//! on with the CPU.

use super::{ArenaBuffer, Gpu};
use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

/// Buffers that logits are copied into, used in turn.
pub(super) struct Readback {
    device: wgpu::Device,
    slots: Mutex<Vec<Slot>>,
    /// Of a read, in f32 values.
    values: usize,
}

#[derive(Clone)]
struct Slot {
    buffer: wgpu::Buffer,
    state: Arc<Mutex<State>>,
}

enum State {
    Free,
    OnTheWay(Option<Waker>),
    Here(Vec<f32>),
    /// Nobody waits for it any more.
    Abandoned,
    /// Never to be used again: mapping failed (wgpu panics where such a buffer is mapped once more), or a copy into it
    /// may still be submitted.
    Broken,
}

impl Slot {
    fn new(device: &wgpu::Device, values: usize) -> Self {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes_of(values),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let state = Arc::new(Mutex::new(State::Free));
        Self { buffer, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this")
    }

    /// Encodes the copy of what begins at `source`.
    fn copy(&self, encoder: &mut wgpu::CommandEncoder, source: &ArenaBuffer) -> ArenaRead {
        self.copy_parts(encoder, std::slice::from_ref(source), self.buffer.size())
    }

    /// Encodes the copies of so many bytes from each of these on.
    fn copy_parts(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        sources: &[ArenaBuffer],
        size: u64,
    ) -> ArenaRead {
        *self.state() = State::OnTheWay(None);
        for (place, source) in (0..).zip(sources) {
            let to = place * size;
            encoder.copy_buffer_to_buffer(&source.buffer, source.offset, &self.buffer, to, size);
        }
        ArenaRead {
            slot: self.clone(),
            submitted: AtomicBool::new(false),
            done: AtomicBool::new(false),
        }
    }

    /// The values of the mapped buffer, which is unmapped.
    fn take_values(&self) -> Vec<f32> {
        let view = self.buffer.slice(..).get_mapped_range();
        let values = bytemuck::pod_collect_to_vec(&view);
        drop(view);
        self.buffer.unmap();
        values
    }

    /// What a map ends in.
    fn arrive(&self, result: Result<(), wgpu::BufferAsyncError>) {
        // Only what was mapped can be unmapped: anything else is a validation error, and ends the app.
        let after = match result {
            Ok(()) => State::Here(self.take_values()),
            Err(_) => State::Broken,
        };
        let mut state = self.state();
        let before = std::mem::replace(&mut *state, after);
        if let (State::Abandoned, State::Here(_)) = (&before, &*state) {
            *state = State::Free;
        }
        drop(state);
        if let State::OnTheWay(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl Readback {
    /// With this many reads of `values` numbers on their way at a time.
    pub fn new(device: &wgpu::Device, reads: usize, values: usize) -> Self {
        Self {
            device: device.clone(),
            slots: Mutex::new((0..reads).map(|_| Slot::new(device, values)).collect()),
            values,
        }
    }

    /// Encodes the copy; none while all buffers are on their way.
    pub fn copy(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        source: &ArenaBuffer,
    ) -> Option<ArenaRead> {
        let mut slots = self
            .slots
            .lock()
            .expect("nothing panics while it holds this");
        let usable = |slot: &&mut Slot| matches!(*slot.state(), State::Free | State::Broken);
        let slot = slots.iter_mut().find(usable)?;
        let is_broken = matches!(*slot.state(), State::Broken);
        if is_broken {
            *slot = Slot::new(&self.device, self.values);
        }
        Some(slot.copy(encoder, source))
    }
}

/// Reads `values` numbers of `source` once, behind all that was submitted before. Nobody has to poll the device.
pub fn read_once(gpu: &Gpu, source: &ArenaBuffer, values: usize) -> ArenaRead {
    let (read, submission) = submit_read(gpu, std::slice::from_ref(source), values);
    poll_until(&gpu.device, submission);
    read
}

/// As [`read_once`], `values` numbers from each of these on; but somebody has to poll the device, as every submit does. A
/// thread that waits for one submission holds others up, so this is how to read while frames are drawn.
pub fn read_polled(gpu: &Gpu, sources: &[ArenaBuffer], values: usize) -> ArenaRead {
    submit_read(gpu, sources, values).0
}

fn submit_read(
    gpu: &Gpu,
    sources: &[ArenaBuffer],
    values: usize,
) -> (ArenaRead, wgpu::SubmissionIndex) {
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let slot = Slot::new(&gpu.device, values * sources.len());
    let read = slot.copy_parts(&mut encoder, sources, bytes_of(values));
    let submission = gpu.queue.submit([encoder.finish()]);
    read.submitted();
    (read, submission)
}

/// Polls the device elsewhere until `submission` has run. A browser does so by itself.
#[cfg(not(target_arch = "wasm32"))]
fn poll_until(device: &wgpu::Device, submission: wgpu::SubmissionIndex) {
    let device = device.clone();
    std::thread::spawn(move || {
        // Where the device is lost, the map's own result says so.
        let _ = device.poll(wgpu::PollType::Wait {
            submission_index: Some(submission),
            timeout: None,
        });
    });
}

#[cfg(target_arch = "wasm32")]
fn poll_until(_: &wgpu::Device, _: wgpu::SubmissionIndex) {}

fn bytes_of(values: usize) -> u64 {
    (values * size_of::<f32>()) as u64
}

/// Values on their way from the GPU. Ask now and then ([`ArenaRead::take`]), or await it, which gives none where the device
/// could not give them. Of one that came with an encoder ([`super::FusedNetwork::encode_read`]) call
/// [`ArenaRead::submitted`] first; natively it then needs the device to be polled, which every submit does too.
pub struct ArenaRead {
    slot: Slot,
    submitted: AtomicBool,
    /// The values were taken, and the slot may be another read's by now.
    done: AtomicBool,
}

impl ArenaRead {
    /// To be called once, after the encoder with the copy was submitted.
    pub fn submitted(&self) {
        self.submitted.store(true, Ordering::Relaxed);
        let slot = self.slot.clone();
        let mapped = self.slot.buffer.slice(..);
        mapped.map_async(wgpu::MapMode::Read, move |result| slot.arrive(result));
    }

    /// The values, once, when they are here; `Some(None)` where the device could not give them.
    pub fn take(&self) -> Option<Option<Vec<f32>>> {
        let mut state = self.slot.state();
        if self.done.load(Ordering::Relaxed) {
            return None;
        }
        let values = match &mut *state {
            State::Here(values) => Some(std::mem::take(values)),
            State::Broken => None,
            State::Free | State::OnTheWay(_) | State::Abandoned => return None,
        };
        self.done.store(true, Ordering::Relaxed);
        if values.is_some() {
            *state = State::Free;
        }
        Some(values)
    }
}

impl Drop for ArenaRead {
    fn drop(&mut self) {
        if self.done.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.slot.state();
        let after = match &*state {
            State::OnTheWay(_) if self.submitted.load(Ordering::Relaxed) => State::Abandoned,
            State::Here(_) => State::Free,
            // Its encoder may still be submitted, and then no copy may find the buffer mapped.
            State::OnTheWay(_) | State::Free | State::Abandoned | State::Broken => State::Broken,
        };
        *state = after;
    }
}

impl Future for ArenaRead {
    type Output = Option<Vec<f32>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(values) = self.take() {
            return Poll::Ready(values);
        }
        match &mut *self.slot.state() {
            State::OnTheWay(waker) => *waker = Some(context.waker().clone()),
            // It arrived between the two looks.
            State::Here(_) | State::Broken => context.waker().wake_by_ref(),
            State::Free | State::Abandoned => {}
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubecl::future::block_on;

    const VALUES: [f32; 4] = [1.0, -2.5, 0.0, 3e9];

    /// A device of the test's own, whose errors nobody else sees: wgpu panics where one is not caught.
    fn gpu() -> (wgpu::Device, wgpu::Queue) {
        let adapter = wgpu::Instance::default().request_adapter(&Default::default());
        let adapter = block_on(adapter).expect("a software driver will do");
        block_on(adapter.request_device(&Default::default())).expect("the adapter's defaults")
    }

    fn source(device: &wgpu::Device, queue: &wgpu::Queue) -> ArenaBuffer {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 8 + bytes_of(VALUES.len()),
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bytes: Vec<u8> = VALUES
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        queue.write_buffer(&buffer, 8, &bytes);
        ArenaBuffer { buffer, offset: 8 }
    }

    #[test]
    fn a_failed_map_is_a_failed_read_and_the_next_one_works() {
        let (device, queue) = gpu();
        let source = source(&device, &queue);
        let readback = Readback::new(&device, 1, VALUES.len());
        let read = || {
            let mut encoder = device.create_command_encoder(&Default::default());
            let read = readback.copy(&mut encoder, &source)?;
            queue.submit([encoder.finish()]);
            read.submitted();
            Some(read)
        };
        let failed = read().expect("nothing is on its way");
        assert!(read().is_none(), "there is one buffer only");
        // The device gives up on the map.
        failed.slot.buffer.unmap();
        assert_eq!(failed.take(), Some(None));
        assert_eq!(failed.take(), None, "it is told once");
        for _ in 0..2 {
            let read = read().expect("the broken buffer is replaced, a sound one used again");
            let _ = device.poll(wgpu::PollType::wait_indefinitely());
            assert_eq!(read.take(), Some(Some(VALUES.to_vec())));
        }
    }

    #[test]
    fn reads_that_are_dropped_take_no_buffer_away() {
        let (device, queue) = gpu();
        let source = source(&device, &queue);
        let readback = Readback::new(&device, 1, VALUES.len());
        for submitted in [false, true, false, true] {
            let mut encoder = device.create_command_encoder(&Default::default());
            let read = readback.copy(&mut encoder, &source);
            let read = read.expect("the one before was dropped");
            if submitted {
                queue.submit([encoder.finish()]);
                read.submitted();
            }
            drop(read);
            let _ = device.poll(wgpu::PollType::wait_indefinitely());
        }
    }

    #[test]
    fn a_single_read_needs_nobody_to_poll() {
        let (device, queue) = gpu();
        let source = source(&device, &queue);
        let gpu = Gpu {
            burn: burn_wgpu::WgpuDevice::default(),
            device,
            queue,
            pipelines: Default::default(),
        };
        let read = read_once(&gpu, &source, VALUES.len());
        assert_eq!(block_on(read), Some(VALUES.to_vec()));
    }
}

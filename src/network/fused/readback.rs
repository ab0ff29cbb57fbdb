//! Logits on their way back from the GPU: copied in the same submit as the forward, mapped after it, never waited for.

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
    slots: Vec<Slot>,
    /// In bytes.
    size: u64,
}

#[derive(Clone)]
struct Slot {
    buffer: wgpu::Buffer,
    state: Arc<Mutex<State>>,
}

enum State {
    Free,
    OnTheWay(Option<Waker>),
    /// None where mapping failed.
    Here(Option<Vec<f32>>),
    /// Nobody waits for it any more.
    Abandoned,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this")
    }
}

impl Readback {
    /// With this many reads of `values` numbers on their way at a time.
    pub fn new(device: &wgpu::Device, reads: usize, values: usize) -> Self {
        let size = (values * size_of::<f32>()) as u64;
        let slot = || Slot {
            buffer: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("logits"),
                size,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            state: Arc::new(Mutex::new(State::Free)),
        };
        Self {
            slots: (0..reads).map(|_| slot()).collect(),
            size,
        }
    }

    /// Encodes the copy; none while all buffers are on their way.
    pub fn copy(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        source: &wgpu::Buffer,
        offset: u64,
    ) -> Option<LogitsRead> {
        let free = |slot: &&Slot| matches!(*slot.state(), State::Free);
        let slot = self.slots.iter().find(free)?;
        *slot.state() = State::OnTheWay(None);
        encoder.copy_buffer_to_buffer(source, offset, &slot.buffer, 0, self.size);
        Some(LogitsRead {
            slot: slot.clone(),
            done: AtomicBool::new(false),
        })
    }
}

/// One read. Call [`LogitsRead::submitted`], then ask now and then, or await it. Natively it needs the device to be
/// polled, which every submit does too.
pub struct LogitsRead {
    slot: Slot,
    /// The values were taken, and the slot may be another read's by now.
    done: AtomicBool,
}

impl LogitsRead {
    /// To be called once, after the encoder with the copy was submitted.
    pub fn submitted(&self) {
        let slot = self.slot.clone();
        let mapped = self.slot.buffer.slice(..);
        mapped.map_async(wgpu::MapMode::Read, move |result| {
            let values = result.ok().map(|()| {
                let view = slot.buffer.slice(..).get_mapped_range();
                let bytes = view.chunks_exact(4);
                bytes
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect()
            });
            slot.buffer.unmap();
            let mut state = slot.state();
            match std::mem::replace(&mut *state, State::Here(values)) {
                State::Abandoned => *state = State::Free,
                State::OnTheWay(Some(waker)) => waker.wake(),
                State::OnTheWay(None) | State::Free | State::Here(_) => {}
            }
        });
    }

    /// The logits, once, when they are here; `Some(None)` where the device could not give them.
    #[allow(clippy::option_option)]
    pub fn take(&self) -> Option<Option<Vec<f32>>> {
        let mut state = self.slot.state();
        if self.done.load(Ordering::Relaxed) || !matches!(*state, State::Here(_)) {
            return None;
        }
        self.done.store(true, Ordering::Relaxed);
        match std::mem::replace(&mut *state, State::Free) {
            State::Here(values) => Some(values),
            State::Free | State::OnTheWay(_) | State::Abandoned => unreachable!("it was just seen"),
        }
    }
}

impl Drop for LogitsRead {
    fn drop(&mut self) {
        if self.done.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.slot.state();
        *state = match std::mem::replace(&mut *state, State::Free) {
            State::OnTheWay(_) => State::Abandoned,
            State::Free | State::Here(_) | State::Abandoned => State::Free,
        };
    }
}

impl Future for LogitsRead {
    type Output = Option<Vec<f32>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(values) = self.take() {
            return Poll::Ready(values);
        }
        let mut state = self.slot.state();
        match &mut *state {
            State::OnTheWay(waker) => *waker = Some(context.waker().clone()),
            // It arrived between the two looks.
            State::Here(_) => context.waker().wake_by_ref(),
            State::Free | State::Abandoned => {}
        }
        Poll::Pending
    }
}

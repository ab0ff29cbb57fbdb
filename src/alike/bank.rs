//! The vectors of all digits, in one sense of alike: made a slice at a time, then searched.

use super::{
    ALIKE,
    likeness::{pixels_of, vector_of, vectors_of},
};
use crate::{
    gpu::{Near, Nearest, SharedGpu, Vectors},
    inference::Network,
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_drawing::{Image28, PIXELS};
use mnistify_learning::Pool;
use mnistify_network::{CpuNetwork, fused::FusedNetwork};
use std::{ops::Range, sync::Arc};

/// Digits that a network reads in one frame at most, and at first.
const MOST_AT_ONCE: usize = 128;
const FIRST_AT_ONCE: usize = 16;
/// Digits whose pixels go to the GPU in one frame.
const PIXELS_AT_ONCE: usize = 512;
/// Digits that the CPU reads at a time; in a browser a frame waits for them.
const CPU_AT_ONCE: usize = if cfg!(target_arch = "wasm32") { 4 } else { 100 };
/// Frames longer than this say that fewer digits are to be read in one, and shorter ones that more can be, in seconds.
const LONG_FRAME: f32 = 0.034;
const SHORT_FRAME: f32 = 0.022;

/// Every digit's vector in one sense of alike, and those that are nearest to the drawing's.
#[derive(Component)]
pub struct Bank {
    nearest: Nearest,
    source: Source,
    /// Where a vector begins in the network's arena; none where vectors are pixels.
    start: Option<usize>,
    /// How many digits it is to hold.
    count: usize,
    /// The drawing that was searched last.
    of: Option<Image28>,
    found: Option<Vec<Near>>,
}

/// Where vectors come from.
enum Source {
    /// They are the digits' pixels.
    Pixels,
    /// The network's kernels, for many digits at once.
    Gpu {
        reader: Box<FusedNetwork>,
        at_once: usize,
        most: usize,
    },
    /// The network's twin on the CPU.
    Cpu {
        twin: Arc<CpuNetwork>,
        task: Option<Task<Vec<f32>>>,
    },
    /// All are there.
    Done,
}

impl Bank {
    /// Of the digits as they are.
    pub(super) fn of_pixels(gpu: &SharedGpu, pool: &Pool) -> Self {
        Self::new(gpu, pool, PIXELS, None, Source::Pixels)
    }

    /// Of what a network's last layer weighs; `live` are its kernels where it runs by them.
    pub(super) fn of_network(
        gpu: &SharedGpu,
        pool: &Pool,
        network: &Network,
        live: Option<&FusedNetwork>,
    ) -> Self {
        // A software GPU would read one in a frame, since its frames are long; the CPU is free between them.
        let live = live.filter(|_| !gpu.is_software);
        let limits = gpu.device.limits();
        let sizes = std::iter::successors(Some(MOST_AT_ONCE), |size| Some(size / 2));
        let mut sizes = sizes.take_while(|size| *size > 0);
        let most = sizes.find(|size| FusedNetwork::fits(network.spec(), &limits, *size));
        let source = match live.zip(most) {
            Some((live, most)) => Source::Gpu {
                reader: Box::new(live.sharing(&network.model, most)),
                at_once: FIRST_AT_ONCE.min(most),
                most,
            },
            None => Source::Cpu {
                twin: network.cpu.clone(),
                task: None,
            },
        };
        let vector = vector_of(&network.layout);
        Self::new(gpu, pool, vector.len(), Some(vector.start), source)
    }

    fn new(
        gpu: &SharedGpu,
        pool: &Pool,
        width: usize,
        start: Option<usize>,
        source: Source,
    ) -> Self {
        let room = Nearest::room(&gpu.device.limits(), width);
        let count = pool.training_images().min(room);
        Self {
            nearest: Nearest::new(gpu, count.max(1), width),
            source,
            start,
            count,
            of: None,
            found: None,
        }
    }

    /// How many digits it is to hold.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The share of them that it holds, from 0 to 1.
    pub fn share(&self) -> f32 {
        if self.count == 0 {
            // Vectors of this network are longer than this GPU takes.
            return 1.0;
        }
        self.nearest.kept() as f32 / self.count as f32
    }

    /// The digits that are most alike, by their place in the pool; none while they are not known, or nothing is drawn.
    pub fn found(&self) -> Option<&[Near]> {
        self.found.as_deref()
    }

    /// Whether it grows, or a search is under way.
    pub fn is_busy(&self) -> bool {
        self.nearest.kept() < self.count || self.nearest.is_busy()
    }

    /// Takes in some more digits; the frame before took so many seconds.
    pub(super) fn grow(&mut self, gpu: &SharedGpu, pool: &Arc<Pool>, seconds: f32) {
        let kept = self.nearest.kept();
        let some = |many: usize| -> Range<usize> { kept..(kept + many).min(self.count) };
        if kept >= self.count {
            return;
        }
        match &mut self.source {
            Source::Pixels => {
                let pixels = pixels_of(pool, some(PIXELS_AT_ONCE));
                self.nearest.keep_these(gpu, &pixels);
            }
            Source::Gpu {
                reader,
                at_once,
                most,
            } => {
                *at_once = slice(*at_once, *most, seconds);
                let digits = some(*at_once);
                let many = digits.len();
                reader.forward(&pixels_of(pool, digits));
                let (layout, arena) = (reader.layout(), reader.arena_buffer());
                let bytes = (layout.len * *most * size_of::<f32>()) as u64;
                let vectors = Vectors {
                    part: (&arena.buffer, arena.offset, bytes),
                    stride: layout.len,
                    start: vector_of(layout).start,
                };
                self.nearest.keep(gpu, vectors, many);
            }
            Source::Done => {}
            Source::Cpu { twin, task } => {
                let came = task
                    .as_mut()
                    .and_then(|task| future::block_on(future::poll_once(task)));
                if let Some(values) = came {
                    self.nearest.keep_these(gpu, &values);
                    *task = None;
                }
                let kept = self.nearest.kept();
                if task.is_none() && kept < self.count {
                    let digits = kept..(kept + CPU_AT_ONCE).min(self.count);
                    let (twin, pool) = (twin.clone(), pool.clone());
                    let read = async move { vectors_of(&twin, &pool, digits) };
                    *task = Some(AsyncComputeTaskPool::get().spawn(read));
                }
            }
        }
        if self.nearest.kept() >= self.count {
            // An arena of many images is as large as the bank.
            self.source = Source::Done;
        }
    }

    /// Takes in what came, and searches the drawing where it is another one: its network's arena, or its pixels. Returns the
    /// bytes that will come back.
    pub(super) fn follow(
        &mut self,
        gpu: &SharedGpu,
        image: &Image28,
        arena: Option<(&wgpu::Buffer, u64, u64)>,
    ) -> u64 {
        let came = self.nearest.take();
        if image.is_blank() {
            self.found = None;
            self.of = None;
            return 0;
        }
        if came.is_some() {
            self.found = came;
        }
        if self.nearest.kept() < self.count || self.of.as_ref() == Some(image) {
            return 0;
        }
        let bytes = match arena.zip(self.start) {
            Some((part, start)) => {
                let vectors = Vectors {
                    part,
                    stride: 0,
                    start,
                };
                self.nearest.search(gpu, vectors, ALIKE)
            }
            None => self.nearest.search_this(gpu, image.as_slice(), ALIKE),
        };
        if bytes > 0 {
            self.of = Some(image.clone());
        }
        bytes
    }
}

/// How many digits a network reads in a frame, after one with so many that took so many seconds.
fn slice(before: usize, most: usize, seconds: f32) -> usize {
    match seconds {
        seconds if seconds > LONG_FRAME => (before / 2).max(1),
        seconds if seconds < SHORT_FRAME => (before * 2).min(most),
        _ => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_frames_make_slices_small() {
        assert_eq!(slice(16, 128, 0.016), 32);
        assert_eq!(slice(100, 128, 0.004), 128);
        assert_eq!(slice(16, 128, 0.028), 16);
        assert_eq!(slice(16, 128, 0.05), 8);
        assert_eq!(slice(1, 128, 0.5), 1);
    }
}

//! Many images through one network, a slice a frame: with the live weights on the GPU, or with the CPU twin where there is
//! none. Nothing waits; whoever wants the logits looks in each frame.

use super::{Executor, Network};
use crate::gpu::SharedGpu;
use bevy::tasks::{AsyncComputeTaskPool, Task, futures_lite::future};
use mnistify_drawing::PIXELS;
use mnistify_network::fused::{ArenaRead, FusedNetwork};
use std::collections::VecDeque;

/// Images a frame on the GPU, where its buffers take them.
const GPU_SLICE: usize = 128;
/// Images a frame on the CPU: a page has one thread, and a CNN takes a few milliseconds an image.
const CPU_SLICE: usize = 4;
/// Values of an image from which on a software GPU is slower than the CPU twin, and holds the picture up.
const MANY_VALUES: usize = 4_000;

/// Images on their way through a network.
#[derive(Default)]
pub struct Batch {
    /// Pixels, a whole number of images, of which none was read yet.
    waiting: VecDeque<f32>,
    under_way: Option<Slice>,
    logits: Vec<f32>,
    /// The kernels for many images, and how many they take.
    reader: Option<(FusedNetwork, usize)>,
}

enum Slice {
    Gpu(ArenaRead),
    Cpu(Task<Vec<f32>>),
}

/// How a batch stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Nothing is wanted, or what was is told already.
    Idle,
    /// On its way: look again in the next frame.
    UnderWay,
    /// The logits of all images, one after the other.
    Done(Vec<f32>),
    /// The device could not give them.
    Failed,
}

impl Batch {
    /// Asks for the logits of these images, `[n, 784]` values in `[0, 1]`; forgets what was asked before.
    pub fn ask(&mut self, images: Vec<f32>) {
        self.under_way = None;
        self.logits.clear();
        self.waiting = images.into();
    }

    /// Whether logits are on their way.
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some() || !self.waiting.is_empty()
    }

    /// Takes in what came and sends the next slice off.
    pub fn follow(
        &mut self,
        network: &Network,
        executor: &Executor,
        gpu: Option<&SharedGpu>,
    ) -> Progress {
        if let Some(mut slice) = self.under_way.take() {
            let came = match &mut slice {
                Slice::Gpu(read) => read.take(),
                Slice::Cpu(task) => future::block_on(future::poll_once(task)).map(Some),
            };
            match came {
                None => self.under_way = Some(slice),
                Some(Some(logits)) => {
                    self.logits.extend(logits);
                    if self.waiting.is_empty() {
                        return Progress::Done(std::mem::take(&mut self.logits));
                    }
                }
                Some(None) => {
                    self.waiting.clear();
                    return Progress::Failed;
                }
            }
        }
        if self.under_way.is_none() && !self.waiting.is_empty() {
            self.under_way = Some(self.send(network, executor, gpu));
        }
        if self.is_busy() {
            Progress::UnderWay
        } else {
            Progress::Idle
        }
    }

    fn send(&mut self, network: &Network, executor: &Executor, gpu: Option<&SharedGpu>) -> Slice {
        let live = executor.runner.fused_network().zip(gpu);
        // While it learns, the GPU alone has its weights.
        let crawls = |gpu: &SharedGpu| {
            gpu.is_software && network.layout.len > MANY_VALUES && network.is_current
        };
        let Some((live, gpu)) = live.filter(|(_, gpu)| !crawls(gpu)) else {
            let images = take_images(&mut self.waiting, CPU_SLICE);
            let twin = network.cpu.clone();
            return Slice::Cpu(AsyncComputeTaskPool::get().spawn(async move {
                let images = images.chunks_exact(PIXELS);
                images.flat_map(|image| twin.forward(image)).collect()
            }));
        };
        let (reader, most) = self.reader.get_or_insert_with(|| {
            let limits = gpu.device.limits();
            let mut most = GPU_SLICE;
            while most > 1 && !FusedNetwork::fits(network.spec(), &limits, most) {
                most /= 2;
            }
            (live.sharing(&network.model, most), most)
        });
        let images = take_images(&mut self.waiting, *most);
        reader.forward(&images);
        Slice::Gpu(reader.logits_on_their_way(images.len() / PIXELS))
    }
}

/// Takes the pixels of the first images, so many at most.
fn take_images(waiting: &mut VecDeque<f32>, images: usize) -> Vec<f32> {
    let count = (images * PIXELS).min(waiting.len());
    waiting.drain(..count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_leave_in_their_order_and_slices_are_whole() {
        let mut batch = Batch::default();
        let images: Vec<f32> = (0..10 * PIXELS)
            .map(|index| (index / PIXELS) as f32)
            .collect();
        batch.ask(images);
        assert!(batch.is_busy());
        let first = take_images(&mut batch.waiting, CPU_SLICE);
        assert_eq!((first.len(), first[0]), (CPU_SLICE * PIXELS, 0.0));
        let second = take_images(&mut batch.waiting, GPU_SLICE);
        assert_eq!((second.len(), second[0]), (6 * PIXELS, 4.0));
        assert!(!batch.is_busy() && take_images(&mut batch.waiting, GPU_SLICE).is_empty());
    }
}

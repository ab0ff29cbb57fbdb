//! On what a network runs: fused kernels on the GPU, plain burn operators on the GPU, or the CPU.

use crate::gpu::{Display, GpuTimer, SharedGpu};
use mnistify_network::{
    CpuNetwork, Model,
    fused::{FusedNetwork, LIVE_STREAM, LogitsFuture, Tuning},
    live_plain::PlainNetwork,
};

/// One of three ways to run a network; all fill the same arena.
pub enum Runner {
    Fused(Box<OnGpu<FusedNetwork>>),
    Plain(Box<OnGpu<PlainNetwork>>),
    Cpu,
}

/// A GPU network with its stopwatch.
pub struct OnGpu<N> {
    pub network: N,
    timer: Option<GpuTimer>,
}

/// What [`Runner::forward`] leaves behind.
pub enum Forward {
    /// Encoded; [`Runner::logits`] reads them.
    OnGpu,
    /// These logits, computed on the CPU.
    Done(Vec<f32>),
}

impl Runner {
    /// The fast way.
    pub fn fused(model: &Model, gpu: &SharedGpu) -> Self {
        let tuning = tuning(gpu);
        Self::Fused(Box::new(OnGpu {
            network: FusedNetwork::new(model, &gpu.burn, 1, tuning),
            timer: GpuTimer::new(gpu),
        }))
    }

    /// The reference.
    pub fn plain(model: &Model, gpu: &SharedGpu) -> Self {
        Self::Plain(Box::new(OnGpu {
            network: PlainNetwork::new(model, &gpu.burn),
            timer: GpuTimer::new(gpu),
        }))
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fused(_) => "GPU, fused kernels",
            Self::Plain(_) => "GPU, burn operators",
            Self::Cpu => "CPU",
        }
    }

    /// Encodes a forward of 784 pixels in `[0, 1]` and binds its arena to the display.
    pub fn forward(
        &mut self,
        cpu: &CpuNetwork,
        pixels: &[f32],
        gpu: Option<(&SharedGpu, &mut Display)>,
    ) -> Forward {
        match (self, gpu) {
            (Self::Fused(on), Some((gpu, display))) => {
                let timed = on.timer.as_ref().filter(|timer| timer.begin(gpu));
                on.network.forward(pixels);
                let arena = on.network.arena_buffer();
                display.bind_arena(gpu, &arena.buffer, arena.offset);
                if let Some(timer) = timed {
                    timer.end(gpu);
                }
                Forward::OnGpu
            }
            (Self::Plain(on), Some((gpu, display))) => {
                let timed = on.timer.as_ref().filter(|timer| timer.begin(gpu));
                LIVE_STREAM.executes(|| on.network.forward(pixels));
                let arena = on.network.arena_buffer();
                display.bind_arena(gpu, &arena.buffer, arena.offset);
                if let Some(timer) = timed {
                    timer.end(gpu);
                }
                Forward::OnGpu
            }
            (_, gpu) => {
                let arena = cpu.forward_arena(pixels);
                if let Some((gpu, display)) = gpu {
                    display.upload_arena(gpu, &arena);
                }
                Forward::Done(arena[cpu.layout().logits()].to_vec())
            }
        }
    }

    /// The newest forward's logits, on their way; none on the CPU.
    pub fn logits(&self) -> Option<LogitsFuture> {
        match self {
            Self::Fused(on) => Some(on.network.logits_async()),
            Self::Plain(on) => Some(on.network.logits_async()),
            Self::Cpu => None,
        }
    }

    /// The newest GPU time of a forward, once.
    pub fn take_gpu_millis(&self) -> Option<f64> {
        let timer = match self {
            Self::Fused(on) => on.timer.as_ref(),
            Self::Plain(on) => on.timer.as_ref(),
            Self::Cpu => None,
        };
        timer?.take_millis()
    }

    /// Kernels that one forward launches; none on the CPU and where burn decides.
    pub fn dispatches(&self) -> Option<usize> {
        match self {
            Self::Fused(on) => Some(on.network.dispatches()),
            _ => None,
        }
    }
}

/// How the kernels' work is cut on this adapter.
pub fn tuning(gpu: &SharedGpu) -> Tuning {
    if gpu.is_software {
        Tuning::SOFTWARE
    } else {
        Tuning::GPU
    }
}

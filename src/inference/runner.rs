//! On what a network runs: fused kernels on the GPU, plain burn operators on the GPU, or the CPU.

use crate::gpu::{Display, GpuTimer, SharedGpu};
use mnistify_network::{
    CpuNetwork, Model,
    fused::{ArenaRead, FusedNetwork, Gpu, LIVE_STREAM, Tuning},
    live_plain::PlainForward,
};

/// One of three ways to run a network; all fill the same arena.
pub enum Runner {
    /// A few fused kernels on the GPU, which is the fast way.
    Fused(Box<FusedRunner>),
    /// Behind a vtable: the page never makes one, and so does not contain burn's kernels, a seventh of its size.
    Plain(Box<dyn PlainForward>),
    /// Plain Rust, for where no GPU gives the right answers.
    Cpu,
}

/// The fused kernels with their stopwatch.
pub struct FusedRunner {
    network: FusedNetwork,
    timer: Option<GpuTimer>,
    /// Whether the forward under way is timed.
    timed: bool,
    /// Whether its logits are copied along.
    read: Option<ArenaRead>,
}

/// Where the logits of a forward are.
pub enum Logits {
    /// Here: computed on the CPU.
    Here(Vec<f32>),
    /// On their way from the fused kernels.
    Fused(ArenaRead),
    /// On their way from burn's operators.
    Plain(ArenaRead),
    /// Too many are on their way; this forward's are not asked for.
    NotAsked,
}

impl Runner {
    /// The fast way.
    pub fn fused(model: &Model, gpu: &SharedGpu, device: &Gpu) -> Self {
        Self::Fused(Box::new(FusedRunner {
            network: FusedNetwork::new(model, device, 1, tuning(gpu)),
            timer: GpuTimer::new(gpu.device.wgpu_device(), &gpu.queue),
            timed: false,
            read: None,
        }))
    }

    /// The reference.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn plain(model: &Model, device: &Gpu) -> Self {
        use mnistify_network::live_plain::PlainNetwork;
        Self::Plain(Box::new(PlainNetwork::new(model, device)))
    }

    /// The network of the fused kernels, where they run it.
    pub fn fused_network(&self) -> Option<&FusedNetwork> {
        match self {
            Self::Fused(fused) => Some(&fused.network),
            Self::Plain(_) | Self::Cpu => None,
        }
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fused(_) => "GPU, fused kernels",
            Self::Plain(_) => "GPU, burn operators",
            Self::Cpu => "CPU",
        }
    }

    /// Encodes a forward of 784 pixels in `[0, 1]`, with the way back of its logits, and binds its arena to the display.
    /// Submit `encoder`, then ask for [`Runner::logits`].
    pub fn encode(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        pixels: &[f32],
        gpu: &SharedGpu,
        display: &mut Display,
    ) {
        match self {
            Self::Fused(fused) => {
                let timestamps = fused.timer.as_ref().and_then(GpuTimer::begin);
                fused.timed = timestamps.is_some();
                fused.network.encode(encoder, pixels, timestamps);
                if let (true, Some(timer)) = (fused.timed, &fused.timer) {
                    timer.resolve(encoder);
                }
                fused.read = fused.network.encode_read(encoder);
                let arena = fused.network.arena_buffer();
                display.bind_arena(gpu, &arena.buffer, arena.offset);
            }
            Self::Plain(plain) => {
                LIVE_STREAM.executes(|| plain.forward(pixels));
                let arena = plain.arena_buffer();
                display.bind_arena(gpu, &arena.buffer, arena.offset);
            }
            Self::Cpu => {}
        }
    }

    /// Where the logits of the forward that was just submitted are. On the CPU the forward happens here.
    pub fn logits(
        &mut self,
        cpu: &CpuNetwork,
        pixels: &[f32],
        gpu: Option<(&SharedGpu, &mut Display)>,
    ) -> Logits {
        match self {
            Self::Fused(fused) => {
                if let (true, Some(timer)) = (std::mem::take(&mut fused.timed), &fused.timer) {
                    timer.submitted();
                }
                match fused.read.take() {
                    Some(read) => {
                        read.submitted();
                        Logits::Fused(read)
                    }
                    None => Logits::NotAsked,
                }
            }
            Self::Plain(plain) => Logits::Plain(plain.logits_async()),
            Self::Cpu => {
                let arena = cpu.forward_arena(pixels);
                if let Some((gpu, display)) = gpu {
                    display.upload_arena(gpu, &arena);
                }
                Logits::Here(arena[cpu.layout().logits()].to_vec())
            }
        }
    }

    /// The newest GPU time of a forward, once.
    pub fn take_gpu_millis(&self) -> Option<f64> {
        match self {
            Self::Fused(fused) => fused.timer.as_ref()?.take_millis(),
            Self::Plain(_) | Self::Cpu => None,
        }
    }

    /// Kernels that one forward launches; none on the CPU and where burn decides.
    pub fn dispatches(&self) -> Option<usize> {
        match self {
            Self::Fused(fused) => Some(fused.network.dispatches()),
            Self::Plain(_) | Self::Cpu => None,
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

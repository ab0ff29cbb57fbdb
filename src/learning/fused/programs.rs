//! The kernels of trainings, compiled: each once, and before somebody waits for them where that is wished.

use super::{
    kernels::{
        THREADS, adam::Adam, augment::Augment, contract::Contract, cross_entropy::CrossEntropy,
        finish_statistics::FinishStatistics, finish_sums::FinishSums, pool_backward::PoolBackward,
        pool_forward::PoolForward, pool_sums::PoolSums, statistics::Statistics,
        weight_gradient::WeightGradient,
    },
    layout::{Kernel, Launch, TrainingLayout, Unsupported},
};
use crate::{augment::Sampling, config::TrainConfig};
use burn_wgpu::WgpuRuntime;
use cubecl::prelude::*;
use mnistify_network::{
    NetworkSpec,
    fused::{
        Gpu,
        by_hand::Bound,
        compile::{Checks, Shader, compile},
    },
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The buffers of a training.
pub(super) struct Buffers {
    /// The [`super::header::Header`], then `[batch, RECORD]`.
    pub records: wgpu::Buffer,
    /// Four pixels a word.
    pub pool: wgpu::Buffer,
    /// All values of a batch, their gradients, and partial sums.
    pub work: wgpu::Buffer,
    pub parameters: wgpu::Buffer,
    pub average: wgpu::Buffer,
    /// AdamW's first moments, then its second ones.
    pub moments: wgpu::Buffer,
    pub transposed: wgpu::Buffer,
    /// Averaged means and mean squares of the batch normalisations.
    pub running: wgpu::Buffer,
    /// Lengths that no kernel reads, but that CubeCL declares.
    pub lengths: wgpu::Buffer,
}

/// A kernel with its buffers, and how many workgroups run it.
pub(super) struct Dispatch {
    pub kernel: Bound,
    pub workgroups: [u32; 3],
}

/// Compiled kernels of one GPU, which its trainings share. Whoever must not wait for them makes them before, one at a time.
#[derive(Clone, Default)]
pub struct Kernels {
    made: Arc<Mutex<HashMap<Kernel, Compiled>>>,
}

#[derive(Clone)]
struct Compiled {
    pipeline: wgpu::ComputePipeline,
    /// Whether it declares its buffers' lengths.
    has_lengths: bool,
}

/// A kernel that a training needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted(Kernel);

impl Kernels {
    /// What a training of this network needs and is not made yet, each kernel once.
    ///
    /// # Errors
    /// Where no kernels cover the network or the batch.
    pub fn wanted(
        &self,
        spec: &NetworkSpec,
        config: &TrainConfig,
    ) -> Result<Vec<Wanted>, Unsupported> {
        let nearest = config.augmentation.sampling == Sampling::Nearest;
        let layout = TrainingLayout::new(spec, config.batch, nearest)?;
        let made = self.made();
        let mut seen = HashSet::new();
        let launches = layout.forward.iter().chain(&layout.backward);
        let kernels = launches.map(|launch| launch.kernel);
        Ok(kernels
            .filter(|kernel| !made.contains_key(kernel) && seen.insert(*kernel))
            .map(Wanted)
            .collect())
    }

    /// Makes one of them, unless it is made.
    pub fn make(&self, wanted: Wanted, gpu: &Gpu) {
        self.get(wanted.0, gpu);
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Kernel, Compiled>> {
        // Whoever panicked had put nothing or all of it there.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, kernel: Kernel, gpu: &Gpu) -> Compiled {
        let made = self.made().get(&kernel).cloned();
        made.unwrap_or_else(|| {
            // Nobody waits for the map meanwhile.
            let shader = shader(kernel, &WgpuRuntime::client(&gpu.burn));
            let compiled = Compiled {
                pipeline: shader.pipeline(&gpu.device, Checks::Trusted),
                has_lengths: shader.has_info,
            };
            self.made().insert(kernel, compiled.clone());
            compiled
        })
    }
}

/// Binds a training's buffers to its launches.
pub(super) struct Programs<'a> {
    pub gpu: &'a Gpu,
    pub buffers: &'a Buffers,
    pub kernels: &'a Kernels,
}

impl Programs<'_> {
    pub fn dispatches(&self, launches: &[Launch], averaged: bool) -> Vec<Dispatch> {
        launches
            .iter()
            .map(|launch| self.dispatch(launch, averaged))
            .collect()
    }

    pub fn dispatch(&self, launch: &Launch, averaged: bool) -> Dispatch {
        let Compiled {
            pipeline,
            has_lengths,
        } = self.kernels.get(launch.kernel, self.gpu);
        let mut bound = self.bound(launch.kernel, averaged);
        if has_lengths {
            bound.push(&self.buffers.lengths);
        }
        let bound = bound.into_iter().map(wgpu::Buffer::as_entire_binding);
        Dispatch {
            kernel: Bound::new(&self.gpu.device, "step", pipeline, bound),
            workgroups: launch.workgroups.map(|count| count as u32),
        }
    }

    /// A kernel's buffers in the order of its arguments.
    fn bound(&self, kernel: Kernel, averaged: bool) -> Vec<&wgpu::Buffer> {
        let Buffers {
            records,
            pool,
            work,
            parameters,
            average,
            moments,
            transposed,
            running,
            ..
        } = self.buffers;
        let weights = if averaged { average } else { parameters };
        match kernel {
            Kernel::Augment(_) => vec![records, pool, work],
            Kernel::Forward(_) => vec![weights, work],
            Kernel::Backward(_) => vec![transposed, work],
            Kernel::FinishStatistics(_) => vec![records, weights, running, work],
            Kernel::CrossEntropy(_) => vec![records, work],
            Kernel::Adam(_) => vec![records, work, parameters, average, moments, transposed],
            Kernel::WeightGradient(_)
            | Kernel::Statistics(_)
            | Kernel::PoolForward(_)
            | Kernel::PoolSums(_)
            | Kernel::FinishSums(_)
            | Kernel::PoolBackward(_) => vec![work],
        }
    }
}

/// A kernel's source.
fn shader(kernel: Kernel, client: &ComputeClient<WgpuRuntime>) -> Shader {
    let client = client.clone();
    let arg = || ArrayCompilationArg { inplace: None };
    let threads = |count: usize| KernelSettings::default().cube_dim(CubeDim::new_1d(count as u32));
    let settings = threads(THREADS);
    match kernel {
        Kernel::Augment(shape) => {
            compile(&Augment::new(settings, client, arg(), arg(), arg(), shape))
        }
        Kernel::Forward(shape) | Kernel::Backward(shape) => {
            let settings = threads(shape.tile.threads());
            compile(&Contract::new(settings, client, arg(), arg(), shape))
        }
        Kernel::WeightGradient(shape) => {
            let settings = threads(shape.tile.threads());
            compile(&WeightGradient::new(settings, client, arg(), shape))
        }
        Kernel::Statistics(shape) => compile(&Statistics::new(settings, client, arg(), shape)),
        Kernel::FinishStatistics(shape) => {
            let [a, b, c, d] = [(); 4].map(|()| arg());
            compile(&FinishStatistics::new(settings, client, a, b, c, d, shape))
        }
        Kernel::PoolForward(shape) => compile(&PoolForward::new(settings, client, arg(), shape)),
        Kernel::PoolSums(shape) => compile(&PoolSums::new(settings, client, arg(), shape)),
        Kernel::FinishSums(shape) => compile(&FinishSums::new(settings, client, arg(), shape)),
        Kernel::PoolBackward(shape) => compile(&PoolBackward::new(settings, client, arg(), shape)),
        Kernel::CrossEntropy(shape) => {
            compile(&CrossEntropy::new(settings, client, arg(), arg(), shape))
        }
        Kernel::Adam(shape) => {
            let [a, b, c, d, e, f] = [(); 6].map(|()| arg());
            compile(&Adam::new(settings, client, a, b, c, d, e, f, shape))
        }
    }
}

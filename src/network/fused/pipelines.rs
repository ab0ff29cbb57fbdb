//! The live forward's kernels, compiled once for all networks that need the same: those that learn anew mostly have the form of
//! those that came with the app, and a self-test has that of its network.

use super::{compile::Checks, kernels::StageKernel};
use burn_wgpu::WgpuRuntime;
use cubecl::prelude::ComputeClient;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Kernels that are kept at most; whoever tries many networks shall not fill the memory.
const MOST: usize = 128;
/// What each binds: the uploaded pixels, the arena and the weights.
const BUFFERS: usize = 3;

/// Compiled kernels of one device.
#[derive(Clone, Debug, Default)]
pub struct Pipelines(Arc<Mutex<HashMap<StageKernel, Compiled>>>);

/// A compiled kernel.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub pipeline: wgpu::ComputePipeline,
    /// Whether one more binding tells it the buffers' lengths.
    pub has_info: bool,
}

impl Pipelines {
    /// The kernel, compiled now if it never was.
    pub(super) fn get(
        &self,
        kernel: StageKernel,
        client: &ComputeClient<WgpuRuntime>,
        device: &wgpu::Device,
    ) -> Compiled {
        let known = self.all().get(&kernel).cloned();
        known.unwrap_or_else(|| {
            let shader = kernel.shader(client);
            assert_eq!(shader.buffers, BUFFERS);
            let compiled = Compiled {
                pipeline: shader.pipeline(device, Checks::Full),
                has_info: shader.has_info,
            };
            let mut all = self.all();
            if all.len() >= MOST {
                all.clear();
            }
            all.insert(kernel, compiled.clone());
            compiled
        })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StageKernel, Compiled>> {
        // Whoever panicked had put nothing or all of it there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fused::{FusedNetwork, Gpu, Tuning},
        model::Model,
        spec::NetworkSpec,
    };

    #[test]
    fn networks_alike_share_their_kernels() {
        let gpu = Gpu {
            pipelines: Pipelines::default(),
            ..Gpu::of_its_own()
        };
        let count = || gpu.pipelines.all().len();
        let model = |seed| Model::random(NetworkSpec::mlp(), seed);
        FusedNetwork::compile(&model(1), &gpu, Tuning::GPU);
        let made = count();
        assert_eq!(made, 3);
        // For one image, for a few and for many.
        let live = FusedNetwork::new(&model(2), &gpu, 1, Tuning::GPU);
        let _few = FusedNetwork::new(&model(3), &gpu, 10, Tuning::GPU);
        let _many = live.sharing(&model(2), 121);
        assert_eq!(count(), made);
        let cnn = Model::random(NetworkSpec::cnn_of_width(4).unwrap(), 1);
        let _other = FusedNetwork::new(&cnn, &gpu, 1, Tuning::GPU);
        assert!(count() > made);
    }
}

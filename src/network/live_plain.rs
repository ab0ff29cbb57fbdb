//! The live forward with burn's own operators: what runs where the fused kernels disagree, and what they are measured
//! against.

use crate::{
    burn_network::BurnNetwork,
    fused::{ArenaBuffer, ArenaRead, Gpu, arena_buffer, read_once},
    model::Model,
    spec::Normalisation,
    stage::ArenaLayout,
};
use burn::tensor::{Tensor, TensorData};
use burn_wgpu::Wgpu;

/// A plain network and the arena of its newest forward. Call it under one stream only ([`crate::fused::LIVE_STREAM`]).
pub struct PlainNetwork {
    network: BurnNetwork<Wgpu>,
    layout: ArenaLayout,
    normalisation: Normalisation,
    gpu: Gpu,
    arena: Option<Tensor<Wgpu, 1>>,
}

/// What an executor with burn's operators does for the live view.
pub trait PlainForward: Send + Sync {
    /// Encodes the forward of 784 pixels in `[0, 1]`.
    fn forward(&mut self, pixels: &[f32]);

    /// The newest arena's place on the GPU.
    ///
    /// # Panics
    /// Before the first forward.
    fn arena_buffer(&self) -> ArenaBuffer;

    /// The newest logits as soon as the GPU has them.
    ///
    /// # Panics
    /// Before the first forward.
    fn logits_async(&self) -> ArenaRead;
}

impl PlainNetwork {
    /// Uploads the weights.
    pub fn new(model: &Model, gpu: &Gpu) -> Self {
        Self {
            network: BurnNetwork::from_model(model, &gpu.burn),
            layout: ArenaLayout::new(&model.spec),
            normalisation: model.spec.normalisation(),
            gpu: gpu.clone(),
            arena: None,
        }
    }

    fn arena(&self) -> Tensor<Wgpu, 1> {
        self.arena.clone().expect("a forward comes first")
    }
}

impl PlainForward for PlainNetwork {
    fn forward(&mut self, pixels: &[f32]) {
        let values = pixels.iter().map(|x| self.normalisation.apply(*x));
        let input = TensorData::new(values.collect::<Vec<f32>>(), [1, 1, 28, 28]);
        let input = Tensor::from_data(input, &self.gpu.burn);
        self.arena = Some(self.network.forward_arena(&self.layout, input));
    }

    fn arena_buffer(&self) -> ArenaBuffer {
        let tensor = self.arena().into_primitive().tensor();
        arena_buffer(&tensor.client, tensor.handle)
    }

    fn logits_async(&self) -> ArenaRead {
        let logits = self.layout.logits();
        let source = self.arena_buffer().starting_at(logits.start);
        read_once(&self.gpu, &source, logits.len())
    }
}

//! The live forward with burn's own operators: what runs where the fused kernels disagree, and what they are measured
//! against.

use crate::{
    burn_network::BurnNetwork,
    fused::{ArenaBuffer, LogitsFuture, arena_buffer, read_range},
    model::Model,
    spec::Normalisation,
    stage::ArenaLayout,
};
use burn::tensor::{Tensor, TensorData};
use burn_wgpu::{Wgpu, WgpuDevice};

/// A plain network and the arena of its newest forward. Call it under one stream only ([`crate::fused::LIVE_STREAM`]).
pub struct PlainNetwork {
    network: BurnNetwork<Wgpu>,
    layout: ArenaLayout,
    normalisation: Normalisation,
    device: WgpuDevice,
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
    fn logits_async(&self) -> LogitsFuture;
}

impl PlainNetwork {
    /// Uploads the weights.
    pub fn new(model: &Model, device: &WgpuDevice) -> Self {
        Self {
            network: BurnNetwork::from_model(model, device),
            layout: ArenaLayout::new(&model.spec),
            normalisation: model.spec.normalisation(),
            device: device.clone(),
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
        let input = Tensor::from_data(input, &self.device);
        self.arena = Some(self.network.forward_arena(&self.layout, input));
    }

    fn arena_buffer(&self) -> ArenaBuffer {
        let tensor = self.arena().into_primitive().tensor();
        arena_buffer(&tensor.client, tensor.handle)
    }

    fn logits_async(&self) -> LogitsFuture {
        let tensor = self.arena().into_primitive().tensor();
        read_range(
            &tensor.client,
            tensor.handle,
            self.layout.logits(),
            self.layout.len,
        )
    }
}

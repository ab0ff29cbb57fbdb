//! What makes the steps of a training: burn's operators on any backend, or the fused kernels on a GPU.

use crate::{
    config::TrainConfig,
    feeder::{Pool, Sample},
    fused::Unsupported,
};
use mnistify_network::Model;
use std::sync::Arc;
use thiserror::Error;

/// What changes from step to step beside the images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    /// Counted from 0.
    pub step: usize,
    /// By how much the weights follow their gradient.
    pub learning_rate: f64,
    /// Of the weights' moving average; 0 makes it equal to the weights.
    pub average_decay: f64,
}

/// Why an engine cannot give or take its optimiser's state.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct OptimizerError(pub String);

/// A network in training: its weights, their moving average, and the optimiser.
pub trait Engine {
    /// One step of AdamW on the mean cross entropy, then of the moving average. May return before it is done.
    fn step(&mut self, samples: &[Sample], settings: &StepSettings);

    /// The mean loss of an image since the last call; waits for the device.
    fn take_mean_loss(&mut self) -> f32;

    /// Sets the average's batch normalisation to the statistics over `samples`.
    fn calibrate(&mut self, samples: &[Sample]);

    /// What the averaged network answers.
    fn answers(&mut self, samples: &[Sample]) -> Vec<u8>;

    /// The weights in training. Their batch normalisation's statistics have no meaning.
    fn network(&self) -> Model;

    /// The averaged weights, with the statistics of the last calibration.
    fn average(&self) -> Model;

    /// Puts other weights, statistics included, in the average's place.
    fn set_average(&mut self, model: &Model);

    /// The optimiser's moments, as a file would hold them.
    ///
    /// # Errors
    /// Where the moments cannot be put into that form.
    fn optimizer(&self) -> Result<Vec<u8>, OptimizerError>;

    /// Continues from these weights and what [`Engine::optimizer`] gave.
    ///
    /// # Errors
    /// Where the optimiser's state is of another engine or another network. Nothing is changed then.
    fn restore(
        &mut self,
        network: &Model,
        average: &Model,
        optimizer: &[u8],
    ) -> Result<(), OptimizerError>;

    /// The ending of a file with the optimiser's state.
    fn optimizer_extension(&self) -> &'static str;
}

/// Makes engines; may use the last one again.
pub trait MakeEngine {
    /// An engine that begins with `model`.
    ///
    /// # Errors
    /// Where the engine does not cover the network or the GPU is too small for it.
    fn engine(
        &mut self,
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
    ) -> Result<&mut dyn Engine, Unsupported>;
}

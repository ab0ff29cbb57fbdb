//! What makes the steps of a training: burn's operators on any backend, or the fused kernels on a GPU.

use crate::{
    config::TrainConfig,
    feeder::{Pool, Sample},
    fused::Unsupported,
};
use mnistify_network::Model;
use std::{path::Path, sync::Arc};
use thiserror::Error;

/// What changes from step to step beside the images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    /// Counted from 0.
    pub step: usize,
    pub learning_rate: f64,
    /// Of the weights' moving average; 0 makes it equal to the weights.
    pub average_decay: f64,
}

/// Why an engine could not keep or find its optimiser.
#[derive(Debug, Error)]
pub enum EngineError {
    #[error("cannot be written: {0}")]
    Write(String),
    #[error("cannot be read: {0}")]
    Read(String),
}

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

    /// Writes the optimiser's moments.
    fn save_optimizer(&self, path: &Path) -> Result<(), EngineError>;

    /// Continues from what was saved.
    fn restore(
        &mut self,
        network: &Model,
        average: &Model,
        optimizer: &Path,
    ) -> Result<(), EngineError>;

    /// The ending of the optimiser's file.
    fn optimizer_extension(&self) -> &'static str;
}

/// Makes engines; may use the last one again.
pub trait MakeEngine {
    /// An engine that begins with `model`.
    fn engine(
        &mut self,
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
    ) -> Result<&mut dyn Engine, Unsupported>;
}

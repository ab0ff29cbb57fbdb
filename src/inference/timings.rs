//! What is measured of one network.

use bevy::prelude::Component;
use mnistify_network::Series;

/// What is measured of each forward, in milliseconds.
#[derive(Component, Clone, Debug, Default)]
pub struct Timings {
    /// CPU time to encode and submit it.
    pub encode: Series,
    /// From its beginning until the logits are on the CPU.
    pub result: Series,
    /// On the GPU, where the adapter has timestamps.
    pub gpu: Series,
}

/// The first forwards compile kernels; their times say nothing about the later ones and are left out.
pub const WARM_UP_FORWARDS: u64 = 3;

//! Training in a few dozen kernels a step, for a GPU: images under their warps, forward, gradients, AdamW and the moving
//! average all stay on the GPU, and a step is one submit.
//!
//! burn's operators ([`crate::burn_engine`]) are the reference: a test holds the gradients of both against each other.
//! They launch several hundred small kernels a step, whose launching takes most of the time at this size.
//!
//! - `layout`: from a spec to launches and places,
//! - `kernels`: the kernels themselves,
//! - `engine`: pipelines, buffers, and the steps.

mod engine;
mod kernels;
mod layout;
#[cfg(test)]
mod tests;

pub use engine::{FusedEngine, FusedMaker, KernelTime};
pub use kernels::Tile;
pub use layout::Unsupported;

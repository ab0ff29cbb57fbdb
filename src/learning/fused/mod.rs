//! Training in a few dozen kernels a step, for a GPU: images under their warps, forward, gradients, AdamW and the moving
//! average all stay on the GPU, and a step is one submit.
//!
//! burn's operators, with which the trainer trains too, are the reference: its tests hold the gradients of both against
//! each other. They launch several hundred small kernels a step, whose launching takes most of the time at this size.
//!
//! - `layout`: from a spec to launches and places,
//! - `header`: what every step tells the kernels,
//! - `kernels`: the kernels themselves,
//! - `changes`: how far a step moved each layer,
//! - `publish`: from the weights in training to those of the live forward,
//! - `programs`: the kernels compiled, which several trainings can share,
//! - `engine`: buffers and the steps.

mod changes;
mod engine;
mod header;
mod kernels;
mod layout;
mod programs;
mod publish;

pub use engine::{FusedEngine, FusedMaker, KernelTime, LiveStep};
pub use kernels::Tile;
pub use layout::Unsupported;
pub use programs::{Kernels, Wanted};

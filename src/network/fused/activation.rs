//! The activations on the GPU, for the kernels here and for those of training.

#![expect(
    missing_docs,
    reason = "CubeCL writes a module and a function beside each of its functions"
)]

use cubecl::prelude::*;

/// The activation of this code ([`crate::Activation::code`]) at `x`.
#[cube]
pub fn activate(x: f32, #[comptime] activation: u32) -> f32 {
    let mut y = x;
    if comptime!(activation == 1) {
        y = x / (1.0 + f32::exp(-x));
    }
    if comptime!(activation == 2) {
        y = f32::max(x, 0.0);
    }
    y
}

//! The activations on the GPU, for the kernels here and for those of training.

#![expect(
    missing_docs,
    reason = "CubeCL writes a module and a function beside each of its functions"
)]

use crate::spec::{GELU_CUBIC, GELU_SCALE};
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
    if comptime!(activation == 3) {
        let bent = (x + x * x * x * GELU_CUBIC) * GELU_SCALE;
        y = x / (1.0 + f32::exp(bent * -2.0));
    }
    // The functions' own tanh is NaN for large values on some drivers: this form saturates.
    if comptime!(activation == 4) {
        y = 1.0 - 2.0 / (1.0 + f32::exp(x * 2.0));
    }
    if comptime!(activation == 5) {
        y = 1.0 / (1.0 + f32::exp(-x));
    }
    if comptime!(activation > 15) {
        y = f32::max(x, x * f32::new(comptime!(f32::from_bits(activation))));
    }
    y
}

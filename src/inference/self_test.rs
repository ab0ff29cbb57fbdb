//! At start: do the GPU's logits equal the CPU's on a few real digits?

use super::{Network, runner::tuning};
use crate::gpu::SharedGpu;
use bevy::tasks::{AsyncComputeTaskPool, Task, futures_lite::future};
use mnistify_drawing::{Image28, idx};
use mnistify_network::{
    CpuNetwork,
    fused::{FusedNetwork, Gpu},
};
use std::sync::OnceLock;

/// Largest difference of any logit that rounding explains where logits are up to 20: sums of up to 800 products in
/// f32 in another order, through seven layers, give below 1e-4 there. Larger logits may differ as much more.
pub const SELF_TEST_TOLERANCE: f32 = 5e-3;
/// About as large are the shipped networks' logits.
const USUAL: f32 = 20.0;

/// One of each class from the test set.
pub fn self_test_digits() -> &'static [Image28] {
    static DIGITS: OnceLock<Vec<Image28>> = OnceLock::new();
    DIGITS.get_or_init(|| {
        let bytes = include_bytes!("../../assets/mnist/self-test-images-idx3-ubyte");
        let images = idx::parse_images(bytes, "the built-in digits").expect("a checked-in file");
        images.iter().map(Image28::from_bytes).collect()
    })
}

/// A self-test on its way.
pub struct SelfTest {
    /// What the GPU found, and what the CPU did.
    task: Task<Option<[Vec<Vec<f32>>; 2]>>,
}

impl SelfTest {
    /// With the fused kernels.
    pub fn start(network: &Network, gpu: &SharedGpu, device: &Gpu) -> Self {
        let digits = self_test_digits();
        let cpu = network.cpu.clone();
        let network = FusedNetwork::new(&network.model, device, digits.len(), tuning(gpu));
        let pixels: Vec<f32> = digits.iter().flat_map(|d| d.as_slice()).copied().collect();
        network.forward(&pixels);
        let arena = network.arena_async();
        let task = AsyncComputeTaskPool::get().spawn(async move {
            let arena = arena.await?;
            let layout = network.layout();
            let images = arena.chunks_exact(layout.len);
            let found = images
                .map(|image| image[layout.logits()].to_vec())
                .collect();
            Some([found, expected(&cpu)])
        });
        Self { task }
    }

    /// With burn's own operators.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn start_plain(network: &Network, device: &Gpu) -> Self {
        use mnistify_network::{
            fused::LIVE_STREAM,
            live_plain::{PlainForward, PlainNetwork},
        };
        let (cpu, model) = (network.cpu.clone(), &network.model);
        let futures: Vec<_> = LIVE_STREAM.executes(|| {
            self_test_digits()
                .iter()
                .map(|digit| {
                    let mut network = PlainNetwork::new(model, device);
                    network.forward(digit.as_slice());
                    network.logits_async()
                })
                .collect()
        });
        let task = AsyncComputeTaskPool::get().spawn(async move {
            let mut all = Vec::new();
            for future in futures {
                all.push(future.await?);
            }
            Some([all, expected(&cpu)])
        });
        Self { task }
    }

    /// The largest difference of a logit, or what is wrong; none while it is on its way.
    pub fn poll(&mut self) -> Option<Result<f32, String>> {
        let outcome = future::block_on(future::poll_once(&mut self.task))?;
        let Some([found, expected]) = outcome else {
            return Some(Err("the GPU's results cannot be read back".into()));
        };
        Some(compare(&found, &expected))
    }
}

/// The CPU's logits.
fn expected(cpu: &CpuNetwork) -> Vec<Vec<f32>> {
    let digits = self_test_digits().iter();
    digits.map(|digit| cpu.forward(digit.as_slice())).collect()
}

fn compare(found: &[Vec<f32>], expected: &[Vec<f32>]) -> Result<f32, String> {
    let mut largest = 0.0f32;
    let all = expected.iter().flatten();
    if all.clone().any(|logit| !logit.is_finite()) {
        return Err("its outputs are too large for 32-bit numbers".into());
    }
    let size = all.fold(USUAL, |size, logit| size.max(logit.abs()));
    let tolerance = SELF_TEST_TOLERANCE * size / USUAL;
    for (digit, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (found, expected) in found.iter().zip(expected) {
            let difference = (found - expected).abs();
            if difference.is_nan() || difference > tolerance {
                return Err(format!(
                    "the GPU's result for test digit {digit} is off ({found} instead of {expected})"
                ));
            }
            largest = largest.max(difference);
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_digit_of_each_class() {
        assert_eq!(self_test_digits().len(), 10);
        assert!(self_test_digits().iter().all(|digit| !digit.is_blank()));
    }

    #[test]
    fn the_live_forwards_kernels_are_tested() {
        assert!(self_test_digits().len() <= mnistify_network::fused::MOST_SPLIT_IMAGES);
    }

    #[test]
    fn a_wrong_or_missing_number_is_a_disagreement() {
        let right = vec![vec![1.0, -2.0]];
        assert_eq!(compare(&right, &right), Ok(0.0));
        assert!(compare(&[vec![1.0, -2.1]], &right).is_err());
        assert!(compare(&[vec![f32::NAN, -2.0]], &right).is_err());
        // Rounding grows with what is rounded.
        let large = vec![vec![1e6, -2.0]];
        assert!(compare(&[vec![1e6 + 1.0, -2.0]], &large).is_ok());
        let endless = vec![vec![f32::INFINITY, 0.0]];
        assert!(
            compare(&endless, &endless)
                .unwrap_err()
                .contains("too large")
        );
    }
}

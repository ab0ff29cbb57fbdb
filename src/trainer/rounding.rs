//! Weights on a coarse grid: as good, and far easier to compress. An F16's last bits are noise, which no compression
//! makes smaller; multiples of one step leave few different values, most of them near 0.

use mnistify_network::Model;

/// Rounds every matrix of weights to multiples of a power of two: the largest one of which at least `levels` make up the
/// matrix's root mean square. F16 holds such multiples exactly, up to 2,048 of them. Biases and statistics, few as they
/// are, stay as they are.
pub fn to_grid(model: &mut Model, levels: u32) {
    for tensor in model.tensors.values_mut() {
        if tensor.shape.len() < 2 {
            continue;
        }
        let squares = tensor.values.iter().map(|value| f64::from(value * value));
        let rms = (squares.sum::<f64>() / tensor.values.len().max(1) as f64).sqrt();
        if rms == 0.0 {
            continue;
        }
        let step = (rms / f64::from(levels)).log2().floor().exp2() as f32;
        for value in &mut tensor.values {
            // One zero, not two.
            *value = (*value / step).round_ties_even() * step + 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::NetworkSpec;
    use std::collections::BTreeSet;

    #[test]
    fn matrices_have_few_values_near_their_own() {
        let before = Model::random(NetworkSpec::mlp(), 6);
        let mut model = before.clone();
        to_grid(&mut model, 8);
        let half = Model::from_bytes(&model.to_bytes(true), "x").unwrap();
        for (name, tensor) in &model.tensors {
            let old = &before.tensors[name];
            if tensor.shape.len() < 2 {
                assert_eq!(tensor, old);
                continue;
            }
            assert_eq!(*tensor, half.tensors[name]);
            let values: BTreeSet<u32> = tensor.values.iter().map(|v| v.to_bits()).collect();
            assert!(values.len() < 64, "{name}: {}", values.len());
            let squares = old.values.iter().map(|v| v * v).sum::<f32>() / old.values.len() as f32;
            for (new, old) in tensor.values.iter().zip(&old.values) {
                assert!((new - old).abs() <= 0.5 * squares.sqrt() / 8.0 + 1e-6);
            }
        }
    }
}

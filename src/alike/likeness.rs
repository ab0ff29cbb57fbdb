//! What is compared, and the reference of the search: on the CPU, one digit after the other.

use crate::gpu::Near;
use mnistify_drawing::PIXELS;
use mnistify_learning::Pool;
use mnistify_network::{ArenaLayout, CpuNetwork};
use std::ops::Range;

/// Where an arena holds what a network's last layer weighs.
pub fn vector_of(layout: &ArenaLayout) -> Range<usize> {
    layout.range(layout.source(layout.rows() - 1).unwrap_or(0))
}

/// What the network's last layer weighs of these digits, one after the other.
pub fn vectors_of(network: &CpuNetwork, pool: &Pool, digits: Range<usize>) -> Vec<f32> {
    let vector = vector_of(network.layout());
    let images = pixels_of(pool, digits);
    let arenas = images
        .chunks_exact(PIXELS)
        .map(|image| network.forward_arena(image));
    arenas
        .flat_map(|arena| arena[vector.clone()].to_vec())
        .collect()
}

/// The digits' pixels, from 0 to 1.
pub fn pixels_of(pool: &Pool, digits: Range<usize>) -> Vec<f32> {
    let bytes = pool.images[digits].iter().flatten();
    bytes.map(|byte| f32::from(*byte) / 255.0).collect()
}

/// The vectors of the bank that are nearest to this one, nearest first; of equally near ones the first.
pub fn nearest(bank: &[f32], vector: &[f32], wanted: usize) -> Vec<Near> {
    let distance = |kept: &[f32]| -> f32 {
        let differences = kept.iter().zip(vector).map(|(a, b)| a - b);
        differences.map(|difference| difference * difference).sum()
    };
    let kept = bank.chunks_exact(vector.len()).map(distance).enumerate();
    let mut all: Vec<Near> = kept
        .map(|(place, distance)| Near { place, distance })
        .collect();
    // Stable: equal distances stay in their order.
    all.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    all.truncate(wanted);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_of_equal_ones_the_first() {
        let bank = [0.0, 0.0, 3.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let found = nearest(&bank, &[0.0, 0.0], 4);
        let places: Vec<usize> = found.iter().map(|near| near.place).collect();
        assert_eq!(places, [0, 4, 2, 3]);
        assert_eq!(found[2].distance, 1.0);
        assert_eq!(nearest(&bank, &[3.0, 0.0], 99).len(), 5);
        assert_eq!(nearest(&bank, &[3.0, 0.0], 1)[0].distance, 0.0);
    }

    #[test]
    fn the_last_layers_inputs_are_compared() {
        use mnistify_network::NetworkSpec;
        for (spec, values) in [(NetworkSpec::mlp(), 512), (NetworkSpec::cnn(), 576)] {
            assert_eq!(vector_of(&ArenaLayout::new(&spec)).len(), values);
        }
    }
}

//! The weights that a training begins with.

use crate::random::{Purpose, generator};
use mnistify_network::{LayerSpec, Model, NetworkSpec, TensorF32};
use rand::Rng;
use std::collections::BTreeMap;

/// Fresh weights as PyTorch draws them: uniform in `±1/√(inputs of one output)`, weights and biases alike. Made here and
/// not by the engine, so that every engine starts from the same.
pub fn initial_model(spec: &NetworkSpec, seed: u64) -> Model {
    let mut tensors = BTreeMap::new();
    for (index, layer) in spec.layers().iter().enumerate() {
        let mut rng = generator(seed, Purpose::Weights, index as u64);
        let fan_in = match layer {
            LayerSpec::Conv2d {
                in_channels,
                kernel_size: [height, width],
                ..
            } => in_channels * height * width,
            LayerSpec::Linear { in_features, .. } => *in_features,
            _ => 1,
        };
        let bound = 1.0 / (fan_in as f32).sqrt();
        let normalises = matches!(layer, LayerSpec::BatchNorm { .. });
        for (name, shape) in layer.parameters() {
            let length: usize = shape.iter().product();
            let values = match (normalises, name) {
                (true, "weight" | "running_var") => vec![1.0; length],
                (true, _) => vec![0.0; length],
                (false, _) => (0..length)
                    .map(|_| rng.random_range(-bound..=bound))
                    .collect(),
            };
            tensors.insert(format!("{index}.{name}"), TensorF32 { shape, values });
        }
    }
    Model::of(spec.clone(), tensors)
}

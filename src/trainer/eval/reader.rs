//! A network that reads many images in parallel on the CPU.

use crate::Result;
use mnistify_drawing::Image28;
use mnistify_learning::{Confusion, Images, metrics::CLASSES};
use mnistify_network::{Calibration, CpuNetwork, LayerSpec, Model};
use rayon::prelude::*;

/// A network with a name for tables.
pub struct Reader {
    name: String,
    network: CpuNetwork,
    calibration: Option<Calibration>,
    /// The last layer, which is dense.
    last: usize,
}

/// What a network says about one image, and what it says that from.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub logits: [f32; CLASSES],
    /// The values that the last dense layer receives: 512 of the MLP, 576 of the CNN.
    pub features: Vec<f32>,
}

impl Reader {
    /// A reader that tables call `name`.
    ///
    /// # Errors
    /// Where the network is not one that tells ten digits apart.
    pub fn new(model: &Model, name: &str) -> Result<Self> {
        let classes = model.spec.classes().len();
        if classes != CLASSES {
            let expected = format!("expected the {CLASSES} digits");
            return Err(format!("{name}: has {classes} classes, {expected}").into());
        }
        let last = model.spec.layers().len() - 1;
        let layer = &model.spec.layers()[last];
        if !matches!(layer, LayerSpec::Linear { .. }) {
            let found = layer.kind();
            return Err(format!("{name}: ends in a {found} layer, expected a Linear one").into());
        }
        let network = CpuNetwork::new(model);
        Ok(Self {
            name: name.to_string(),
            network,
            calibration: model.calibration,
            last,
        })
    }

    /// The name in tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its file says of its logits.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// The digit of the largest logit.
    pub fn answer(&self, image: &Image28) -> u8 {
        largest(&self.network.forward(image.as_slice()))
    }

    /// The answers for MNIST's images against their labels.
    pub fn confusion(&self, data: &Images) -> Confusion {
        let answers: Vec<u8> = data
            .images
            .par_iter()
            .map(|image| self.answer(&Image28::from_bytes(image)))
            .collect();
        Confusion::new(&data.labels, &answers)
    }

    /// Logits and features of every image, in order.
    pub fn readings(&self, images: &[Image28]) -> Vec<Reading> {
        images.par_iter().map(|image| self.reading(image)).collect()
    }

    /// Logits and features of MNIST's images, in order.
    pub fn readings_of(&self, data: &Images) -> Vec<Reading> {
        let images = data.images.par_iter();
        images
            .map(|image| self.reading(&Image28::from_bytes(image)))
            .collect()
    }

    fn reading(&self, image: &Image28) -> Reading {
        let mut outputs = self.network.forward_traced(image.as_slice());
        let mut logits = [0.0; CLASSES];
        logits.copy_from_slice(&outputs[self.last]);
        // A network of one dense layer would read the pixels themselves.
        let features = match self.last.checked_sub(1) {
            Some(before) => std::mem::take(&mut outputs[before]),
            None => image.as_slice().to_vec(),
        };
        Reading { logits, features }
    }
}

/// The place of the largest value, the first of equal ones.
pub fn largest(values: &[f32]) -> u8 {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::NetworkSpec;

    #[test]
    fn features_times_the_last_weights_are_the_logits() {
        for (spec, width) in [(NetworkSpec::mlp(), 512), (NetworkSpec::cnn(), 576)] {
            let model = Model::random(spec, 5);
            let reader = Reader::new(&model, "random").unwrap();
            let image = Image28::from_bytes(&std::array::from_fn(|index| (index % 251) as u8));
            let reading = &reader.readings(std::slice::from_ref(&image))[0];
            assert_eq!(reading.features.len(), width);
            let weight = &model.parameter(reader.last, "weight").values;
            let bias = &model.parameter(reader.last, "bias").values;
            for (class, row) in weight.chunks_exact(width).enumerate() {
                let products = row.iter().zip(&reading.features).map(|(w, x)| w * x);
                let expected = products.sum::<f32>() + bias[class];
                assert!((reading.logits[class] - expected).abs() < 1e-3);
            }
            assert_eq!(reader.answer(&image), largest(&reading.logits));
        }
    }

    #[test]
    fn a_last_layer_that_is_not_dense_is_refused() {
        let layers = vec![
            LayerSpec::Flatten,
            LayerSpec::linear(784, 10),
            LayerSpec::Relu,
        ];
        let model = Model::random(NetworkSpec::new("odd", layers).unwrap(), 1);
        let error = Reader::new(&model, "odd.safetensors").err().unwrap();
        let text = error.to_string();
        assert!(
            text.contains("odd.safetensors") && text.contains("ReLU"),
            "{text}"
        );
    }

    #[test]
    fn the_first_of_the_largest_counts() {
        assert_eq!(largest(&[0.0, 2.0, -1.0, 2.0]), 1);
    }
}

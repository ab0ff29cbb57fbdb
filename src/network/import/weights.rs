//! A file's numbers, and their way into this project's order: outputs before inputs, maps before places.

use super::{
    Architecture,
    assumptions::Assumptions,
    modules::{Kind, Module},
    names::Leaf,
    sidecar::FlattenOrder,
};
use crate::{
    model::{self, ModelError, TensorF32},
    spec::{LayerSpec, Shape},
};
use safetensors::SafeTensors;
use std::{collections::BTreeMap, sync::Arc};

/// The decoded tensors of all modules, by their names in the file; copies share them.
#[derive(Clone, Debug)]
pub(super) struct Weights(Arc<BTreeMap<String, Vec<f32>>>);

impl Weights {
    /// Decodes what the modules hold.
    ///
    /// # Errors
    /// Where a tensor is no list of finite numbers, or a weight is missing.
    pub fn read(
        tensors: &SafeTensors<'_>,
        modules: &[Module],
        file: &str,
    ) -> Result<Self, ModelError> {
        let mut all = BTreeMap::new();
        for (leaf, name) in modules.iter().flat_map(|module| &module.tensors) {
            let missing = |_| ModelError::Missing {
                file: file.to_string(),
                tensor: name.clone(),
                expected: Vec::new(),
            };
            let view = tensors.tensor(name).map_err(missing)?;
            let values = model::decode(view.dtype(), view.data());
            let values = values.ok_or_else(|| ModelError::Type {
                file: file.to_string(),
                tensor: name.clone(),
                found: view.dtype().to_string(),
            })?;
            model::check_values(&values, name, *leaf == Leaf::Variance, file)?;
            all.insert(name.clone(), values);
        }
        Ok(Self(Arc::new(all)))
    }

    /// The tensors under the spec's names, and the names of those that the file does not hold.
    pub fn arranged(
        &self,
        architecture: &Architecture,
        modules: &[Module],
        assumptions: &Assumptions,
    ) -> (BTreeMap<String, TensorF32>, Vec<String>) {
        let (mut values, mut absent) = (BTreeMap::new(), Vec::new());
        let spec = &architecture.spec;
        // Our place of each flattened value in the file's order, until a dense layer has mixed them.
        let mut places: Option<Vec<usize>> = None;
        for (index, (layer, source)) in spec.layers().iter().zip(&architecture.sources).enumerate()
        {
            let flattened = match *layer {
                LayerSpec::Flatten => Some(index),
                LayerSpec::Branch { after } => after
                    .checked_sub(1)
                    .filter(|before| spec.layers()[*before] == LayerSpec::Flatten),
                _ => None,
            };
            if let Some(flattened) = flattened {
                places = Some(places_in_file(spec.input_shape(flattened), assumptions));
            }
            let Some(module) = source.map(|source| &modules[source]) else {
                for (name, shape) in layer.parameters() {
                    let own = match shape[..] {
                        [outputs, inputs, height, width] => {
                            let shape = [outputs, inputs, height * width];
                            architecture.widening.weight(shape)
                        }
                        _ => vec![0.0; shape.iter().product()],
                    };
                    let tensor = TensorF32 { shape, values: own };
                    values.insert(format!("{index}.{name}"), tensor);
                }
                continue;
            };
            for (name, shape) in layer.parameters() {
                let leaf = Leaf::named(name).expect("a spec's parameters are these");
                let own = module
                    .tensors
                    .get(&leaf)
                    .and_then(|name| self.0.get(name))
                    .map(|own| {
                        let own =
                            arrange(own, leaf, module, places.as_deref(), assumptions.transposed);
                        with_zeros(own, module, &shape)
                    });
                let own = own.unwrap_or_else(|| {
                    // A bias, or a batch normalisation without scale and shift.
                    absent.push(module.tensor(leaf));
                    let missing = if leaf == Leaf::Weight { 1.0 } else { 0.0 };
                    vec![missing; shape.iter().product()]
                });
                let tensor = TensorF32 { shape, values: own };
                values.insert(format!("{index}.{name}"), tensor);
            }
            if matches!(layer, LayerSpec::Linear { .. }) {
                places = None;
            }
        }
        (values, absent)
    }
}

/// A convolution's weights of this shape, with zeros in front of each kernel where the layer's is larger than the module's.
fn with_zeros(own: Vec<f32>, module: &Module, shape: &[usize]) -> Vec<f32> {
    let (Kind::Conv2d { kernel_size, .. }, &[_, _, height, width]) = (module.kind, shape) else {
        return own;
    };
    let zeros = [height - kernel_size[0], width - kernel_size[1]];
    if zeros == [0, 0] {
        return own;
    }
    let mut values = Vec::with_capacity(shape.iter().product());
    for kernel in own.chunks(kernel_size[0] * kernel_size[1]) {
        values.resize(values.len() + zeros[0] * width, 0.0);
        for line in kernel.chunks(kernel_size[1]) {
            values.resize(values.len() + zeros[1], 0.0);
            values.extend(line);
        }
    }
    values
}

/// For each value of flattened maps, in our order, its place in the file's.
fn places_in_file([channels, height, width]: Shape, assumptions: &Assumptions) -> Vec<usize> {
    let mut places = Vec::with_capacity(channels * height * width);
    for channel in 0..channels {
        for y in 0..height {
            for x in 0..width {
                let place = if assumptions.transposed {
                    x * height + y
                } else {
                    y * width + x
                };
                places.push(match assumptions.flatten {
                    FlattenOrder::Chw => channel * height * width + place,
                    FlattenOrder::Hwc => place * channels + channel,
                });
            }
        }
    }
    places
}

/// One tensor in our order.
fn arrange(
    own: &[f32],
    leaf: Leaf,
    module: &Module,
    places: Option<&[usize]>,
    transposed: bool,
) -> Vec<f32> {
    match (module.kind, leaf) {
        (
            Kind::Conv2d {
                out_channels,
                in_channels,
                kernel_size: [height, width],
            },
            Leaf::Weight,
        ) => {
            let mut values = Vec::with_capacity(own.len());
            for out in 0..out_channels {
                for channel in 0..in_channels {
                    for y in 0..height {
                        for x in 0..width {
                            let [y, x] = if transposed { [x, y] } else { [y, x] };
                            let place = if module.inputs_first {
                                ((y * width + x) * in_channels + channel) * out_channels + out
                            } else {
                                ((out * in_channels + channel) * height + y) * width + x
                            };
                            values.push(own[place]);
                        }
                    }
                }
            }
            values
        }
        (
            Kind::Linear {
                out_features,
                in_features,
            },
            Leaf::Weight,
        ) => {
            let mut values = Vec::with_capacity(own.len());
            for out in 0..out_features {
                for input in 0..in_features {
                    let input = places.map_or(input, |places| places[input]);
                    values.push(if module.inputs_first {
                        own[input * out_features + out]
                    } else {
                        own[out * in_features + input]
                    });
                }
            }
            values
        }
        (Kind::BatchNorm { channels }, _) => match places {
            Some(places) if places.len() == channels => {
                places.iter().map(|place| own[*place]).collect()
            }
            _ => own.to_vec(),
        },
        _ => own.to_vec(),
    }
}

//! A model file: safetensors whose metadata holds the spec, the card and the calibration. Reading checks everything
//! before it is used.

use crate::{calibration::Calibration, spec::NetworkSpec};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    path::Path,
};
use thiserror::Error;

/// Metadata key of the [`NetworkSpec`] as JSON.
pub const SPEC_KEY: &str = "mnistify.spec";
/// Metadata key of the [`Card`] as JSON.
pub const CARD_KEY: &str = "mnistify.card";
/// Metadata key of the [`Calibration`] as JSON; files that were never calibrated do not have it.
pub const CALIBRATION_KEY: &str = "mnistify.calibration";
/// Files above this are refused before they are read (512 MiB).
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// Values in row-major order with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorF32 {
    /// Its sizes, outermost first.
    pub shape: Vec<usize>,
    /// As many as the product of `shape`.
    pub values: Vec<f32>,
}

/// How a network was made and how good it is; what a model card says, for programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The command that trains this file again.
    pub command: String,
    /// The whole training configuration, as the trainer writes it.
    pub recipe: serde_json::Value,
    /// SHA-free identity of the data: md5 of the training images file.
    pub dataset_md5: String,
    /// On the held-out validation split, on which every choice was made.
    pub validation: Option<Metrics>,
    /// On the 10,000 test images, read once.
    pub test: Option<Metrics>,
}

/// Classification figures in `[0, 1]`; precision, recall and F1 are macro averages (means over the ten classes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// How many were classified.
    pub images: usize,
    /// The share of right answers.
    pub accuracy: f64,
    /// Of the answers that name a class, the share that is right.
    pub precision: f64,
    /// Of a class's images, the share that is found.
    pub recall: f64,
    /// The harmonic mean of a class's precision and recall.
    pub f1: f64,
}

/// A spec with its weights: everything an executor needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The architecture.
    pub spec: NetworkSpec,
    /// How it was made; empty for a network of another program.
    pub card: Card,
    /// What its logits mean; none of a network that was never calibrated.
    pub calibration: Option<Calibration>,
    /// By name, such as `0.weight`; exactly the spec's parameters.
    pub tensors: BTreeMap<String, TensorF32>,
}

/// Why a file is not a model. Every message names the file.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The file could not be read.
    #[error("{file}: cannot be read: {source}. Check the path and the permissions")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("{file}: cannot be written: {source}")]
    Write {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any model.
    #[error("{file}: holds {bytes} bytes, more than the {MAX_FILE_BYTES} that a model may have")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
    },
    /// The bytes are not safetensors, or not all of them are there.
    #[error("{file}: not a complete safetensors file ({reason}). Download or train it again")]
    Format {
        /// The file.
        file: String,
        /// What is wrong with them.
        reason: String,
    },
    /// Safetensors without this project's metadata.
    #[error(
        "{file}: has no `{key}` in its metadata, so its architecture is unknown. Save it with this project's trainer"
    )]
    NoSpec {
        /// The file.
        file: String,
        /// The metadata's key that is not there.
        key: &'static str,
    },
    /// An entry of the metadata makes no sense.
    #[error("{file}: the `{key}` in its metadata is not valid: {reason}")]
    Metadata {
        /// The file.
        file: String,
        /// The entry's key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A parameter of the spec has no tensor.
    #[error("{file}: the tensor `{tensor}` is missing, expected {expected:?}")]
    Missing {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor has another shape than the spec's parameter.
    #[error("{file}: the tensor `{tensor}` has the shape {found:?}, expected {expected:?}")]
    Shape {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// The shape that it has.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor holds no numbers that can be weights.
    #[error("{file}: the tensor `{tensor}` has the type {found}, expected F32 or F16")]
    Type {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// Its type, as safetensors names it.
        found: String,
    },
    /// A weight is NaN or infinite.
    #[error(
        "{file}: the tensor `{tensor}` holds {value} at index {index}, expected finite numbers"
    )]
    NotFinite {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// Which of its values, row-major.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A batch norm's variance is below 0.
    #[error("{file}: the variance `{tensor}` holds {value} at index {index}, expected 0 or more")]
    NegativeVariance {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// Which of its values.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A tensor that is none of the spec's parameters.
    #[error("{file}: holds the tensor `{tensor}`, which the network in its metadata does not have")]
    Unexpected {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
    },
}

impl Model {
    /// These weights of this architecture, of which nothing else is known.
    pub fn of(spec: NetworkSpec, tensors: BTreeMap<String, TensorF32>) -> Self {
        Self {
            spec,
            card: Card::default(),
            calibration: None,
            tensors,
        }
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a model; the message names it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        let read_error = |source| ModelError::Read {
            file: file.clone(),
            source,
        };
        // Devices and pipes may have no end, and tell no length.
        let mut data = Vec::new();
        let read = std::fs::File::open(path)
            .and_then(|open| open.take(MAX_FILE_BYTES + 1).read_to_end(&mut data));
        read.map_err(read_error)?;
        let bytes = data.len() as u64;
        if bytes > MAX_FILE_BYTES {
            return Err(ModelError::TooLarge { file, bytes });
        }
        Self::from_bytes(&data, &file)
    }

    /// Checks the bytes of a file; `file` is its name for messages.
    ///
    /// # Errors
    /// Says what keeps the bytes from being a model. Of safetensors without this project's metadata that is
    /// [`ModelError::NoSpec`]; [`crate::import::load`] reads those too.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, ModelError> {
        let file = file.to_string();
        let format = |error: safetensors::SafeTensorError| ModelError::Format {
            file: file.clone(),
            reason: error.to_string(),
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
        // The crate adds the claimed lengths without looking for an overflow; a view past the end would panic.
        if metadata.data_len() > bytes.len() {
            return Err(ModelError::Format {
                file: file.clone(),
                reason: "the header claims more than there is".to_string(),
            });
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        let entries = metadata.metadata().clone().unwrap_or_default();
        let spec_json = entries.get(SPEC_KEY).ok_or(ModelError::NoSpec {
            file: file.clone(),
            key: SPEC_KEY,
        })?;
        let spec: NetworkSpec = from_metadata(spec_json, SPEC_KEY, &file)?;
        let card = match entries.get(CARD_KEY) {
            Some(json) => from_metadata(json, CARD_KEY, &file)?,
            None => Card::default(),
        };
        let calibration = entries
            .get(CALIBRATION_KEY)
            .map(|json| read_calibration(json, &file))
            .transpose()?;
        let mut values = BTreeMap::new();
        for (name, shape) in spec.parameters() {
            let view = tensors.tensor(&name).map_err(|_| ModelError::Missing {
                file: file.clone(),
                tensor: name.clone(),
                expected: shape.clone(),
            })?;
            let tensor = read_tensor(&view, &name, &shape, &file)?;
            values.insert(name, tensor);
        }
        if let Some(name) = tensors
            .names()
            .into_iter()
            .find(|n| !values.contains_key(*n))
        {
            return Err(ModelError::Unexpected {
                file: file.clone(),
                tensor: name.to_string(),
            });
        }
        Ok(Self {
            spec,
            card,
            calibration,
            tensors: values,
        })
    }

    /// The file's bytes, weights as F32, or as F16 where `half` (each value rounded to nearest).
    pub fn to_bytes(&self, half: bool) -> Vec<u8> {
        let data: Vec<(&String, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| (name, encode(&tensor.values, half)))
            .collect();
        let dtype = if half { Dtype::F16 } else { Dtype::F32 };
        let views = data.iter().map(|(name, bytes)| {
            let shape = self.tensors[*name].shape.clone();
            let view = TensorView::new(dtype, shape, bytes).expect("the length fits the shape");
            (name.as_str(), view)
        });
        let json = |value: serde_json::Result<String>| value.expect("plain data becomes JSON");
        let mut metadata = HashMap::from([
            (
                SPEC_KEY.to_string(),
                json(serde_json::to_string(&self.spec)),
            ),
            (
                CARD_KEY.to_string(),
                json(serde_json::to_string(&self.card)),
            ),
        ]);
        if let Some(calibration) = &self.calibration {
            let calibration = json(serde_json::to_string(calibration));
            metadata.insert(CALIBRATION_KEY.to_string(), calibration);
        }
        safetensors::serialize(views, Some(metadata)).expect("checked tensors are serialisable")
    }

    /// Writes the file whole or not at all (a temporary file beside it is renamed).
    ///
    /// # Errors
    /// When the file cannot be written; the message names it.
    pub fn save(&self, path: impl AsRef<Path>, half: bool) -> Result<(), ModelError> {
        let path = path.as_ref();
        let partial = path.with_extension("safetensors.part");
        std::fs::write(&partial, self.to_bytes(half))
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|source| ModelError::Write {
                file: path.display().to_string(),
                source,
            })
    }

    /// Whether F16 holds every weight exactly, as those of a file that was saved so: then [`Self::save`] with `half`
    /// loses nothing.
    pub fn fits_half(&self) -> bool {
        let exact = |value: &f32| half::f16::from_f32(*value).to_f32() == *value;
        self.tensors
            .values()
            .all(|tensor| tensor.values.iter().all(exact))
    }

    /// The values of parameter `name` of layer `layer`, such as `(0, "weight")`.
    ///
    /// # Panics
    /// Where the spec has no such parameter.
    pub fn parameter(&self, layer: usize, name: &str) -> &TensorF32 {
        &self.tensors[&format!("{layer}.{name}")]
    }

    /// A model with small pseudo-random weights from `seed`: for tests and for measurements of other sizes.
    pub fn random(spec: NetworkSpec, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        // xorshift64* (Vigna 2016, arXiv:1402.6246); the top 24 bits make a float in [-1, 1).
        let mut next = move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
            bits as f32 / (1 << 23) as f32 - 1.0
        };
        let tensors = spec
            .parameters()
            .into_iter()
            .map(|(name, shape)| {
                let fan_in = shape.iter().skip(1).product::<usize>().max(1);
                let bound = (3.0 / fan_in as f32).sqrt();
                let values = (0..shape.iter().product())
                    .map(|_| match name.split('.').next_back() {
                        Some("running_var") => 1.0 + 0.5 * next(),
                        Some("weight") => bound * next(),
                        _ => 0.1 * next(),
                    })
                    .collect();
                (name, TensorF32 { shape, values })
            })
            .collect();
        Self::of(spec, tensors)
    }
}

/// A text that may hold what a stranger wrote, as one line that a terminal and a window can show.
pub fn plain(text: &str) -> String {
    const MOST: usize = 400;
    let shown = |c: char| if c.is_control() { '�' } else { c };
    let mut line: String = text.chars().take(MOST).map(shown).collect();
    if text.chars().nth(MOST).is_some() {
        line.push('…');
    }
    line
}

fn from_metadata<T: serde::de::DeserializeOwned>(
    json: &str,
    key: &'static str,
    file: &str,
) -> Result<T, ModelError> {
    serde_json::from_str(json).map_err(|error| ModelError::Metadata {
        file: file.to_string(),
        key,
        reason: plain(&error.to_string()),
    })
}

fn read_calibration(json: &str, file: &str) -> Result<Calibration, ModelError> {
    let calibration: Calibration = from_metadata(json, CALIBRATION_KEY, file)?;
    calibration.check().map_err(|reason| ModelError::Metadata {
        file: file.to_string(),
        key: CALIBRATION_KEY,
        reason,
    })?;
    Ok(calibration)
}

fn read_tensor(
    view: &TensorView<'_>,
    name: &str,
    expected: &[usize],
    file: &str,
) -> Result<TensorF32, ModelError> {
    let (file, tensor) = (file.to_string(), name.to_string());
    if view.shape() != expected {
        return Err(ModelError::Shape {
            file,
            tensor,
            found: view.shape().to_vec(),
            expected: expected.to_vec(),
        });
    }
    let values = match view.dtype() {
        Dtype::F32 | Dtype::F16 => decode(view.dtype(), view.data()),
        _ => None,
    };
    let Some(values) = values else {
        return Err(ModelError::Type {
            file,
            tensor,
            found: format!("{:?}", view.dtype()),
        });
    };
    check_values(&values, name, name.ends_with("running_var"), &file)?;
    Ok(TensorF32 {
        shape: expected.to_vec(),
        values,
    })
}

/// A tensor's bytes as f32, each value rounded to nearest; none where the type is not one of real numbers.
pub(crate) fn decode(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    let values: Vec<f32> = match dtype {
        Dtype::F32 => data
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Dtype::F16 => data
            .chunks_exact(2)
            .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect(),
        Dtype::BF16 => data
            .chunks_exact(2)
            .map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect(),
        Dtype::F64 => data
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
            .collect(),
        _ => return None,
    };
    Some(values)
}

/// Every value must be finite, and a variance (by its name, as in the file) 0 or more.
pub(crate) fn check_values(
    values: &[f32],
    name: &str,
    is_variance: bool,
    file: &str,
) -> Result<(), ModelError> {
    let (file, tensor) = (file.to_string(), name.to_string());
    if let Some((index, value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(ModelError::NotFinite {
            file,
            tensor,
            index,
            value: *value,
        });
    }
    let negative = values.iter().enumerate().find(|(_, v)| **v < 0.0);
    if let (true, Some((index, value))) = (is_variance, negative) {
        return Err(ModelError::NegativeVariance {
            file,
            tensor,
            index,
            value: *value,
        });
    }
    Ok(())
}

fn encode(values: &[f32], half: bool) -> Vec<u8> {
    if half {
        let halves = values.iter().map(|v| half::f16::from_f32(*v));
        halves.flat_map(half::f16::to_le_bytes).collect()
    } else {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calibration::Score, spec::LayerSpec};
    use proptest::prelude::*;

    fn small() -> Model {
        let conv = LayerSpec::Conv2d {
            in_channels: 1,
            out_channels: 2,
            kernel_size: [5, 5],
            stride: [4, 4],
            padding: [0, 0],
        };
        let norm = LayerSpec::norm(2);
        let linear = LayerSpec::linear(72, 10);
        let layers = vec![conv, LayerSpec::Relu, norm, LayerSpec::Flatten, linear];
        Model::random(NetworkSpec::new("small", layers).unwrap(), 7)
    }

    fn error_of(model: &Model) -> String {
        Model::from_bytes(&model.to_bytes(false), "broken.safetensors")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_model_survives_its_file() {
        let model = small();
        assert_eq!(
            Model::from_bytes(&model.to_bytes(false), "x").unwrap(),
            model
        );
        let rounded = Model::from_bytes(&model.to_bytes(true), "x").unwrap();
        for (name, tensor) in &rounded.tensors {
            for (a, b) in tensor.values.iter().zip(&model.tensors[name].values) {
                assert!((a - b).abs() <= b.abs() / 1024.0 + 1e-7, "{name}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_calibration_survives_its_file_and_rounding() {
        let mut model = small();
        assert_eq!(model.calibration, None);
        model.calibration = Some(Calibration {
            temperature: 1.37,
            score: Score::Energy,
            threshold: -2.25,
        });
        for half in [false, true] {
            let read = Model::from_bytes(&model.to_bytes(half), "x").unwrap();
            assert_eq!(read.calibration, model.calibration);
            assert_eq!(read.fits_half(), half);
        }
    }

    #[test]
    fn an_impossible_calibration_is_refused() {
        let mut model = small();
        for (temperature, threshold) in [(0.0, 1.0), (-1.0, 1.0), (1.0, f32::INFINITY)] {
            model.calibration = Some(Calibration {
                temperature,
                score: Score::Probability,
                threshold,
            });
            let text = error_of(&model);
            for part in ["broken.safetensors", CALIBRATION_KEY] {
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn every_fault_names_file_and_tensor() {
        let mut missing = small();
        missing.tensors.remove("0.bias");
        let text = error_of(&missing);
        assert!(
            text.contains("broken.safetensors") && text.contains("0.bias"),
            "{text}"
        );

        let mut nan = small();
        nan.tensors.get_mut("4.weight").unwrap().values[3] = f32::NAN;
        let text = error_of(&nan);
        assert!(
            text.contains("4.weight") && text.contains("index 3"),
            "{text}"
        );

        let mut shape = small();
        shape.tensors.get_mut("0.bias").unwrap().shape = vec![1, 2];
        let text = error_of(&shape);
        assert!(
            text.contains("[1, 2]") && text.contains("expected [2]"),
            "{text}"
        );

        let mut extra = small();
        let copy = extra.tensors["0.bias"].clone();
        extra.tensors.insert("9.bias".into(), copy);
        assert!(error_of(&extra).contains("9.bias"));

        let mut variance = small();
        variance.tensors.get_mut("2.running_var").unwrap().values[1] = -0.5;
        assert!(error_of(&variance).contains("2.running_var"));
    }

    #[test]
    fn an_unknown_type_is_named() {
        let bytes = [0u8; 16];
        let view = TensorView::new(Dtype::I64, vec![2], &bytes).unwrap();
        let spec = serde_json::to_string(&small().spec).unwrap();
        let metadata = HashMap::from([(SPEC_KEY.to_string(), spec)]);
        let mut model = safetensors::serialize([("0.weight", view)], Some(metadata)).unwrap();
        let error = Model::from_bytes(&model, "f").unwrap_err().to_string();
        assert!(error.contains("0.weight"), "{error}");
        // A header that claims 2^60 bytes.
        model[..8].copy_from_slice(&(1u64 << 60).to_le_bytes());
        let error = Model::from_bytes(&model, "f").unwrap_err();
        assert!(matches!(error, ModelError::Format { .. }), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn truncated_files_are_errors(cut in 0.0f64..1.0) {
            let bytes = small().to_bytes(false);
            let length = (bytes.len() as f64 * cut) as usize;
            prop_assert!(Model::from_bytes(&bytes[..length], "f").is_err());
        }

        #[test]
        fn mutated_files_never_panic(
            changes in prop::collection::vec((0.0f64..1.0, any::<u8>(), any::<bool>()), 1..12),
        ) {
            let mut bytes = small().to_bytes(false);
            let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            for (place, value, in_header) in changes {
                let length = if in_header { header } else { bytes.len() };
                let index = (length as f64 * place) as usize;
                bytes[index] = value;
            }
            if let Ok(model) = Model::from_bytes(&bytes, "f") {
                for tensor in model.tensors.values() {
                    prop_assert!(tensor.values.iter().all(|v| v.is_finite()));
                }
            }
        }
    }
}

//! Networks that other programs saved: safetensors without this project's metadata, such as PyTorch's and tinygrad's.
//!
//! Such a file holds names and shapes but no architecture. The names give the layers and their order
//! (`import/modules.rs`, `import/order.rs`), gaps in their numbering where activations and pooling may stand
//! (`import/plan.rs`), and the first dense layer's size which strides, paddings and poolings fit (`import/search.rs`).
//! What weights cannot tell (activation, normalisation, class names) is assumed or comes from a JSON description beside
//! the file (`import/sidecar.rs`). Every assumption is noted, and what cannot be run is said in people's words.

mod modules;
mod order;
mod plan;
mod search;
mod sidecar;
mod wording;

use crate::{
    model::{self, Card, MAX_FILE_BYTES, Model, ModelError, TensorF32},
    spec::{Activation, LayerSpec, MAX_LAYERS, NetworkSpec, Normalisation},
};
use modules::{Entry, Module};
use plan::Plan;
use safetensors::SafeTensors;
use search::TooMany;
use sidecar::Sidecar;
use std::{collections::BTreeMap, fmt};
use thiserror::Error;
use wording::{arrangement_advice, listing, order_advice};

/// More outputs than this are no classes.
const MAX_CLASSES: usize = 1000;
/// Arrangements that are looked for, to say how sure the first one is.
const ARRANGEMENTS: usize = 4;
/// Lines of a report's section that are shown.
const MAX_LINES: usize = 40;

/// A network and what had to be assumed about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The network, its tensors under this project's names.
    pub model: Model,
    /// For people, a sentence each; empty for a file with this project's metadata.
    pub notes: Vec<String>,
}

/// Why a file is no network that can be run. Every message names the file.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Not a sound file, whoever wrote it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A well-known format that is not safetensors.
    #[error("{file}: is {format}, not safetensors. {advice}")]
    OtherFormat {
        /// The file.
        file: String,
        /// The format and who writes it.
        format: &'static str,
        /// How to get safetensors out of it, a sentence.
        advice: &'static str,
    },
    /// The JSON beside the file is not a description, or not one of this file.
    #[error("{file}: the description beside it cannot be used: {reason}. It may hold {keys}", keys = sidecar::KEYS)]
    Sidecar {
        /// The file with the weights.
        file: String,
        /// What is wrong with the description.
        reason: String,
    },
    /// Tensors of which no network can be made.
    #[error("{file}: {report}")]
    NotUnderstood {
        /// The file.
        file: String,
        /// What is known of it.
        report: Report,
    },
}

/// What was understood of a file, what was not, and what to do; a line each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Layers that were recognised, and how shapes go through them.
    pub understood: Vec<String>,
    /// What keeps them from being a network.
    pub problems: Vec<String>,
    /// What a person can do about it.
    pub advice: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this network cannot be run")?;
        for (title, lines) in [
            ("Understood", &self.understood),
            ("Not understood", &self.problems),
            ("What to do", &self.advice),
        ] {
            if lines.is_empty() {
                continue;
            }
            write!(f, "\n{title}:")?;
            for line in lines.iter().take(MAX_LINES) {
                write!(f, "\n  {line}")?;
            }
            if lines.len() > MAX_LINES {
                write!(f, "\n  and {} more", lines.len() - MAX_LINES)?;
            }
        }
        Ok(())
    }
}

/// Reads a network from a safetensors file's bytes, whoever wrote them; `sidecar` is the JSON description beside it.
///
/// A file with this project's metadata is read as [`Model::from_bytes`] reads it. In any other the layers come from names
/// and shapes, and their order and surroundings as the modules of this file say. Tensors are renamed to the layers'
/// places (`0.weight`), missing biases are zeros.
///
/// # Errors
/// Where the file is damaged, of another format, or holds tensors that make no network that can be run, and where the
/// description does not fit it. The message says what was understood and what to do.
pub fn load(bytes: &[u8], file_name: &str, sidecar: Option<&str>) -> Result<Loaded, ImportError> {
    let file = file_name.to_string();
    let size = bytes.len() as u64;
    if size > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge { file, bytes: size }.into());
    }
    match Model::from_bytes(bytes, file_name) {
        Ok(model) => {
            let unused = "The file describes itself, so the description beside it is not used.";
            let notes = sidecar.map(|_| unused.to_string()).into_iter().collect();
            return Ok(Loaded { model, notes });
        }
        Err(ModelError::NoSpec { .. }) => {}
        Err(error) => {
            if let (ModelError::Format { .. }, Some((format, advice))) =
                (&error, other_format(bytes))
            {
                return Err(ImportError::OtherFormat {
                    file,
                    format,
                    advice,
                });
            }
            return Err(error.into());
        }
    }
    let sidecar = Sidecar::parse(sidecar).map_err(|reason| ImportError::Sidecar {
        file: file.clone(),
        reason,
    })?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| ModelError::Format {
        file: file.clone(),
        reason: error.to_string(),
    })?;
    let mut entries: Vec<Entry> = tensors
        .iter()
        .map(|(name, view)| Entry {
            name: name.to_string(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let architecture = infer(&entries, &file, &sidecar).map_err(|fault| match fault {
        Fault::Sidecar(reason) => ImportError::Sidecar {
            file: file.clone(),
            reason,
        },
        Fault::Report(report) => ImportError::NotUnderstood {
            file: file.clone(),
            report,
        },
    })?;
    let (tensors, absent) = read(&tensors, &architecture, &file)?;
    let mut notes = architecture.notes;
    if !absent.is_empty() {
        notes.push(format!(
            "Not in the file, so zeros (ones for a scale): {}.",
            listing(&absent)
        ));
    }
    Ok(Loaded {
        model: Model {
            spec: architecture.spec,
            card: Card::default(),
            calibration: None,
            tensors,
        },
        notes,
    })
}

/// Well-known formats that people try, by their first bytes, and how to get safetensors out of them.
fn other_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const CONVERT: &str = "In Python: from safetensors.torch import save_file; \
        save_file(model.state_dict(), \"network.safetensors\")";
    if bytes.starts_with(b"PK\x03\x04") {
        Some((
            "a zip archive, perhaps PyTorch's .pt or NumPy's .npz",
            CONVERT,
        ))
    } else if bytes.starts_with(&[0x80, 2]) {
        Some(("a Python pickle, perhaps PyTorch's old .pt", CONVERT))
    } else if bytes.starts_with(b"\x89HDF") {
        Some((
            "HDF5, perhaps Keras's .h5",
            "Save it with PyTorch's names and layouts",
        ))
    } else if bytes.starts_with(b"GGUF") {
        Some(("GGUF, a language model", "Networks here read digits"))
    } else {
        None
    }
}

/// A spec and where its layers came from.
struct Architecture {
    spec: NetworkSpec,
    modules: Vec<Module>,
    /// For each of the spec's layers its module.
    sources: Vec<Option<usize>>,
    notes: Vec<String>,
}

enum Fault {
    Sidecar(String),
    Report(Report),
}

/// The architecture of a file's tensors, from their names and shapes alone.
fn infer(entries: &[Entry], file: &str, sidecar: &Sidecar) -> Result<Architecture, Fault> {
    let (modules, problems) = modules::modules(entries);
    let mut report = Report {
        understood: modules.iter().map(Module::words).collect(),
        problems,
        advice: Vec::new(),
    };
    if !report.problems.is_empty() {
        report.advice.push(
            "What runs here: 2D convolutions, linear layers, batch normalisation, 2D max pooling, ReLU and SiLU, one after \
             the other. Train the network with these alone, or leave out what is not part of it"
                .to_string(),
        );
        return Err(Fault::Report(report));
    }
    if modules.len() > MAX_LAYERS {
        report.problems.push(format!(
            "{} layers with weights; at most {MAX_LAYERS} can be run",
            modules.len()
        ));
        return Err(Fault::Report(report));
    }
    let (modules, how) = order::ordered(modules, sidecar.order.as_deref()).map_err(|problem| {
        if sidecar.order.is_some() {
            return Fault::Sidecar(problem);
        }
        report.problems.push(problem);
        report.advice.push(order_advice());
        Fault::Report(report.clone())
    })?;
    report.understood = modules.iter().map(Module::words).collect();
    if let Some(problem) = order::first_break(&modules) {
        report.problems.push(format!(
            "In the order of this list, which is {how}, {problem}"
        ));
        report.advice.push(order_advice());
        report
            .advice
            .push("Networks with branches (shortcuts, residual blocks) cannot be run".to_string());
        return Err(Fault::Report(report));
    }
    let Some(plan) = Plan::new(&modules) else {
        report
            .problems
            .push("Nothing to multiply with: no convolution and no linear layer".to_string());
        return Err(Fault::Report(report));
    };
    let kernels: Vec<[usize; 2]> = plan.convs.iter().map(|conv| conv.kernel_size).collect();
    let fixed = sidecar.fixed(&kernels).map_err(Fault::Sidecar)?;
    let activation = sidecar
        .activation
        .map_or(Activation::Relu, Activation::from);
    let found = match search::search(&plan.convs, &fixed, plan.end, ARRANGEMENTS) {
        Ok(found) => found,
        Err(TooMany) => {
            report.problems.push(
                "So many strides, paddings and poolings are possible that not all could be tried"
                    .into(),
            );
            report.advice.push(arrangement_advice(plan.convs.len()));
            return Err(Fault::Report(report));
        }
    };
    let Some(best) = found.first() else {
        wording::explain_misfit(&mut report, &modules, &plan, &fixed, activation);
        return Err(Fault::Report(report));
    };
    let (layers, sources): (Vec<LayerSpec>, Vec<Option<usize>>) = plan
        .layers(&modules, &best.choices, activation)
        .into_iter()
        .unzip();
    let outputs = modules.last().map_or(0, Module::outputs);
    if !(2..=MAX_CLASSES).contains(&outputs) {
        report.problems.push(format!(
            "It ends in {outputs} outputs; a network that tells classes apart has 2 to {MAX_CLASSES}"
        ));
        return Err(Fault::Report(report));
    }
    let digits = || (0..outputs).map(|class| class.to_string()).collect();
    let classes = sidecar.classes.clone().unwrap_or_else(digits);
    if classes.len() != outputs {
        return Err(Fault::Sidecar(format!(
            "`classes` lists {} names, the network has {outputs} outputs",
            classes.len()
        )));
    }
    let normalisation = Normalisation::from(sidecar.normalisation.unwrap_or(sidecar::MNIST));
    let name = sidecar.name.clone().unwrap_or_else(|| stem(file));
    let spec =
        NetworkSpec::with_classes(name, normalisation, layers, classes).map_err(|error| {
            report.problems.push(error.to_string());
            Fault::Report(report.clone())
        })?;
    let mut notes = vec![format!(
        "Order: {how}. {}.",
        listing(&wording::names(&modules))
    )];
    notes.extend(wording::arrangement_notes(&modules, &plan, &fixed, &found));
    notes.extend(wording::activation_notes(&modules, &plan, sidecar));
    notes.extend(wording::assumption_notes(&modules, outputs, sidecar));
    Ok(Architecture {
        spec,
        modules,
        sources,
        notes,
    })
}

/// The tensors under the spec's names, and the names of those that the file does not hold.
fn read(
    tensors: &SafeTensors<'_>,
    architecture: &Architecture,
    file: &str,
) -> Result<(BTreeMap<String, TensorF32>, Vec<String>), ModelError> {
    let (mut values, mut absent) = (BTreeMap::new(), Vec::new());
    let layers = architecture.spec.layers().iter().zip(&architecture.sources);
    for (index, (layer, source)) in layers.enumerate() {
        let Some(module) = source.map(|source| &architecture.modules[source]) else {
            continue;
        };
        for (leaf, shape) in layer.parameters() {
            let name = module.tensor(leaf);
            let own = match tensors.tensor(&name) {
                Ok(view) if view.shape() != shape => {
                    return Err(ModelError::Shape {
                        file: file.to_string(),
                        tensor: name,
                        found: view.shape().to_vec(),
                        expected: shape,
                    });
                }
                Ok(view) => {
                    let own = model::decode(view.dtype(), view.data());
                    let own = own.ok_or_else(|| ModelError::Type {
                        file: file.to_string(),
                        tensor: name.clone(),
                        found: view.dtype().to_string(),
                    })?;
                    model::check_values(&own, &name, file)?;
                    own
                }
                Err(_) if leaf == "weight" && !module.is_norm() => {
                    return Err(ModelError::Missing {
                        file: file.to_string(),
                        tensor: name,
                        expected: shape,
                    });
                }
                Err(_) => {
                    // A bias, or a batch normalisation without scale and shift.
                    absent.push(name);
                    vec![if leaf == "weight" { 1.0 } else { 0.0 }; shape.iter().product()]
                }
            };
            let tensor = TensorF32 { shape, values: own };
            values.insert(format!("{index}.{leaf}"), tensor);
        }
    }
    Ok((values, absent))
}

/// A file's name without its folder and its ending.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let name = if stem.is_empty() { "network" } else { stem };
    name.to_string()
}

//! The modules of an imported file: which tensors belong together by their names, and what their shapes make of them.

use safetensors::Dtype;
use std::collections::BTreeMap;

/// Names longer than this are refused: no program writes them, and they would fill every message.
const MAX_NAME: usize = 200;

/// A tensor as the file's header describes it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
}

/// Tensors with the same prefix, such as `conv1.weight` and `conv1.bias`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Module {
    /// The prefix; empty where the tensors have none.
    pub path: String,
    pub kind: Kind,
}

/// What a module's shapes make of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Conv2d {
        out_channels: usize,
        in_channels: usize,
        kernel_size: [usize; 2],
    },
    Linear {
        out_features: usize,
        in_features: usize,
    },
    BatchNorm {
        channels: usize,
    },
}

impl Module {
    /// The file's name of one of its tensors.
    pub fn tensor(&self, leaf: &str) -> String {
        if self.path.is_empty() {
            leaf.to_string()
        } else {
            format!("{}.{leaf}", self.path)
        }
    }

    /// How people call it: its prefix.
    pub fn name(&self) -> &str {
        if self.path.is_empty() {
            "the only layer"
        } else {
            &self.path
        }
    }

    pub fn is_conv(&self) -> bool {
        matches!(self.kind, Kind::Conv2d { .. })
    }

    pub fn is_norm(&self) -> bool {
        matches!(self.kind, Kind::BatchNorm { .. })
    }

    /// Channels or features that it gives.
    pub fn outputs(&self) -> usize {
        match self.kind {
            Kind::Conv2d { out_channels, .. } => out_channels,
            Kind::Linear { out_features, .. } => out_features,
            Kind::BatchNorm { channels } => channels,
        }
    }

    /// Channels or features that it wants.
    pub fn inputs(&self) -> usize {
        match self.kind {
            Kind::Conv2d { in_channels, .. } => in_channels,
            Kind::Linear { in_features, .. } => in_features,
            Kind::BatchNorm { channels } => channels,
        }
    }

    /// The prefix without its last part.
    pub fn parent(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    }

    /// Its number in a numbered list such as PyTorch's `nn.Sequential`.
    pub fn index(&self) -> Option<u64> {
        number(self.path.rsplit('.').next()?)
    }

    /// One line for people, such as `conv1: convolution 5×5, 1 → 6`.
    pub fn words(&self) -> String {
        let what = match self.kind {
            Kind::Conv2d {
                out_channels,
                in_channels,
                kernel_size: [y, x],
            } => format!("convolution {y}×{x}, {in_channels} → {out_channels}"),
            Kind::Linear {
                out_features,
                in_features,
            } => format!("linear, {in_features} → {out_features}"),
            Kind::BatchNorm { channels } => format!("batch normalisation of {channels}"),
        };
        format!("{}: {what}", self.name())
    }
}

/// A part of a name that is nothing but a number.
pub(super) fn number(part: &str) -> Option<u64> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().ok()).flatten()
}

/// Groups the tensors by prefix. The second list says what is not understood, a line each.
pub(super) fn modules(entries: &[Entry]) -> (Vec<Module>, Vec<String>) {
    let (mut modules, mut problems) = (Vec::new(), Vec::new());
    let mut groups: BTreeMap<&str, BTreeMap<&str, &Entry>> = BTreeMap::new();
    for entry in entries {
        let (path, leaf) = entry.name.rsplit_once('.').unwrap_or(("", &entry.name));
        if entry.name.len() > MAX_NAME {
            let start: String = entry.name.chars().take(40).collect();
            problems.push(format!("{start}…: a name of {} bytes", entry.name.len()));
        } else if entry.name.starts_with('.') {
            problems.push(format!("{}: a name without its beginning", entry.name));
        } else if leaf != "num_batches_tracked" {
            groups.entry(path).or_default().insert(leaf, entry);
        }
    }
    for (path, leaves) in groups {
        match kind(path, &leaves) {
            Ok(kind) => modules.push(Module {
                path: path.to_string(),
                kind,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    (modules, problems)
}

fn kind(path: &str, leaves: &BTreeMap<&str, &Entry>) -> Result<Kind, String> {
    const KNOWN: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];
    let path = if path.is_empty() {
        "without a prefix"
    } else {
        path
    };
    for (leaf, entry) in leaves {
        let Entry { name, dtype, shape } = entry;
        if !KNOWN.contains(leaf) {
            return Err(format!("{name} {shape:?}: {}", unknown(leaf)));
        }
        if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64) {
            return Err(format!(
                "{name}: holds {dtype}; only F32, F16, BF16 and F64 can be read"
            ));
        }
        if shape.contains(&0) {
            return Err(format!("{name} {shape:?}: holds nothing"));
        }
    }
    let shape = |leaf: &str| leaves.get(leaf).map(|entry| entry.shape.as_slice());
    let statistics = shape("running_mean").is_some() || shape("running_var").is_some();
    let kind = match (shape("weight"), statistics) {
        (Some(&[out_channels, in_channels, y, x]), false) => Kind::Conv2d {
            out_channels,
            in_channels,
            kernel_size: [y, x],
        },
        (Some(&[out_features, in_features]), false) => Kind::Linear {
            out_features,
            in_features,
        },
        (None | Some(&[_]), true) => batch_norm(path, leaves)?,
        (weight, _) => return Err(format!("{path}: {}", unknown_module(weight, leaves))),
    };
    let (outputs, inputs) = match kind {
        Kind::Conv2d {
            out_channels,
            in_channels,
            ..
        } => (out_channels, in_channels),
        Kind::Linear {
            out_features,
            in_features,
        } => (out_features, in_features),
        Kind::BatchNorm { .. } => return Ok(kind),
    };
    match shape("bias") {
        None => Ok(kind),
        Some(&[size]) if size == outputs => Ok(kind),
        Some(&[size]) if size == inputs => Err(match kind {
            Kind::Conv2d { .. } => format!(
                "{path}: by its bias of {size} a transposed convolution, which cannot be run"
            ),
            _ => format!(
                "{path}: its weight lies the other way round, [inputs, outputs]; transpose it before saving"
            ),
        }),
        Some(bias) => Err(format!(
            "{path}: its bias has the shape {bias:?}, expected [{outputs}]"
        )),
    }
}

fn batch_norm(path: &str, leaves: &BTreeMap<&str, &Entry>) -> Result<Kind, String> {
    let Some(mean) = leaves.get("running_mean") else {
        return Err(format!("{path}: has a running_var but no running_mean"));
    };
    if !leaves.contains_key("running_var") {
        return Err(format!("{path}: has a running_mean but no running_var"));
    }
    let [channels] = mean.shape[..] else {
        return Err(format!("{} has the shape {:?}", mean.name, mean.shape));
    };
    match leaves.values().find(|entry| entry.shape != mean.shape) {
        Some(other) => Err(format!(
            "{} has the shape {:?}, its running_mean {:?}",
            other.name, other.shape, mean.shape
        )),
        None => Ok(Kind::BatchNorm { channels }),
    }
}

/// What a tensor of this name belongs to, as far as names tell.
fn unknown(leaf: &str) -> &'static str {
    let starts = |parts: &[&str]| parts.iter().any(|part| leaf.starts_with(part));
    if starts(&["weight_ih", "weight_hh", "bias_ih", "bias_hh"]) {
        "part of a recurrent layer (LSTM, GRU or RNN), which cannot be run"
    } else if starts(&[
        "in_proj",
        "q_proj",
        "k_proj",
        "v_proj",
        "pos_embed",
        "cls_token",
    ]) {
        "part of a transformer, which cannot be run"
    } else if starts(&[
        "weight_g",
        "weight_v",
        "weight_orig",
        "weight_u",
        "original",
    ]) {
        "weight or spectral normalisation; remove it before saving (torch.nn.utils.remove_weight_norm)"
    } else if starts(&["kernel", "gamma", "beta", "moving_", "scale"]) {
        "a name as in Keras or JAX; save the network with PyTorch's names (weight, bias)"
    } else {
        "an unknown kind of parameter"
    }
}

/// What a module with a weight of this shape may be, where it is none of ours.
fn unknown_module(weight: Option<&[usize]>, leaves: &BTreeMap<&str, &Entry>) -> String {
    let bias = leaves.contains_key("bias");
    match weight {
        Some(shape @ &[_]) if bias => format!(
            "weight {shape:?} and bias without running statistics: layer, group or instance normalisation, which cannot \
             be run"
        ),
        Some(shape @ &[_]) => {
            format!(
                "a weight {shape:?} alone, perhaps of PReLU or RMS normalisation, which cannot be run"
            )
        }
        Some(shape @ &[_, _, _]) => {
            format!("weight {shape:?}: a 1D convolution, which cannot be run")
        }
        Some(shape @ &[_, _, _, _, _]) => {
            format!("weight {shape:?}: a 3D convolution, which cannot be run")
        }
        Some(shape) => format!("weight {shape:?}: no layer that can be run has one like it"),
        None => "a bias without a weight".to_string(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Header entries of these names and shapes.
    pub fn entries(list: &[(&str, &[usize])]) -> Vec<Entry> {
        list.iter()
            .map(|(name, shape)| Entry {
                name: name.to_string(),
                dtype: Dtype::F32,
                shape: shape.to_vec(),
            })
            .collect()
    }

    #[test]
    fn shapes_make_the_layers() {
        let (modules, problems) = modules(&entries(&[
            ("conv.weight", &[6, 1, 5, 5]),
            ("conv.bias", &[6]),
            ("bn.weight", &[6]),
            ("bn.bias", &[6]),
            ("bn.running_mean", &[6]),
            ("bn.running_var", &[6]),
            ("bn.num_batches_tracked", &[]),
            ("fc.weight", &[10, 20]),
        ]));
        assert_eq!(problems, [""; 0]);
        let words: Vec<String> = modules.iter().map(Module::words).collect();
        assert_eq!(
            words,
            [
                "bn: batch normalisation of 6",
                "conv: convolution 5×5, 1 → 6",
                "fc: linear, 20 → 10",
            ]
        );
    }

    #[test]
    fn what_cannot_be_run_is_called_by_its_name() {
        let (understood, problems) = modules(&entries(&[
            ("a.weight_ih_l0", &[40, 28]),
            ("b.weight", &[6]),
            ("b.bias", &[6]),
            ("c.weight", &[8, 4, 3, 3]),
            ("c.bias", &[4]),
            ("d.weight", &[16, 1, 9]),
        ]));
        assert!(understood.is_empty());
        let said = [
            "LSTM",
            "layer, group",
            "transposed convolution",
            "1D convolution",
        ];
        for (problem, said) in problems.iter().zip(said) {
            assert!(problem.contains(said), "{problem}");
        }
        assert_eq!(problems.len(), said.len());
    }
}

//! The modules of an imported file: which tensors belong together by their names, and what their shapes make of them.

use super::names::{Leaf, is_of_applications, number, place};
use safetensors::Dtype;
use std::collections::BTreeMap;

/// PyTorch's, tinygrad's, burn's and Flax's default; files do not hold it.
const EPSILON: f32 = 1e-5;
/// Keras's default, and that of the networks in `keras.applications`.
const KERAS_EPSILON: f32 = 1e-3;
const APPLICATIONS_EPSILON: f32 = 1.001e-5;

/// How names of Keras that tell more come into a file.
const BY_PATH: &str = "variable.path in Keras tells it: {variable.path: variable.numpy() for variable in model.variables}";

/// Names longer than this are refused: no program writes them, and they would fill every message.
const MAX_NAME: usize = 200;

/// A tensor as the file's header describes it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// What the description calls its layer.
    pub called: Option<String>,
}

/// Tensors with the same prefix, such as `conv1.weight` and `conv1.bias`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Module {
    /// The prefix, its parts separated by dots; empty where the tensors have none.
    pub path: String,
    pub kind: Kind,
    /// The file's names of its tensors.
    pub tensors: BTreeMap<Leaf, String>,
    /// The file keeps the weight as `[in, out]` or `[height, width, in, out]`.
    pub inputs_first: bool,
    /// Keras's default for the epsilon of a normalisation is another.
    pub is_keras: bool,
}

/// The modules of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Modules {
    pub list: Vec<Module>,
    /// What is not understood, a line each.
    pub problems: Vec<String>,
    /// Nothing in the file tells whether its dense weights are `[out, in]` or `[in, out]`.
    pub either_way: bool,
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
    /// The file's name of one of its tensors, or the name that it would have.
    pub fn tensor(&self, leaf: Leaf) -> String {
        let own = || match self.path.as_str() {
            "" => leaf.name().to_string(),
            path => format!("{path}.{}", leaf.name()),
        };
        self.tensors.get(&leaf).cloned().unwrap_or_else(own)
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

    /// What a batch normalisation adds to the variance.
    pub fn epsilon(&self) -> f32 {
        match self.is_keras {
            true if is_of_applications(&self.path) => APPLICATIONS_EPSILON,
            true => KERAS_EPSILON,
            false => EPSILON,
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

/// Groups the tensors by prefix. `inputs_first` says how dense weights lie where nothing in the file does.
pub(super) fn modules(entries: &[Entry], inputs_first: bool) -> Modules {
    let (mut list, mut problems) = (Vec::new(), Vec::new());
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for entry in entries {
        if entry.name.len() > MAX_NAME {
            let start: String = entry.name.chars().take(40).collect();
            problems.push(format!("{start}…: a name of {} bytes", entry.name.len()));
            continue;
        }
        if entry.name.starts_with('.') {
            problems.push(format!("{}: a name without its beginning", entry.name));
            continue;
        }
        let Some(place) = place(&entry.name) else {
            continue;
        };
        let path = entry.called.clone().unwrap_or(place.path);
        let group = groups.entry(path).or_default();
        group.inputs_first |= place.inputs_first;
        group.is_keras |= place.is_keras;
        if let Some(number) = place.variable {
            group.variables.push((number, entry));
            continue;
        }
        match place.leaf {
            Err(leaf) => group.unknown.push((leaf, entry)),
            Ok(leaf) => {
                if let Some(other) = group.leaves.insert(leaf, entry) {
                    let names = [&other.name, &entry.name];
                    problems.push(format!("{} and {} are the same", names[0], names[1]));
                }
            }
        }
    }
    for (path, group) in &mut groups {
        problems.extend(group.name_variables(path).err());
    }
    groups.retain(|_, group| !group.leaves.is_empty() || !group.unknown.is_empty());
    // What biases say about one dense layer holds for all of the file.
    let told = groups.values().filter_map(Group::dense_order);
    let (first, last): (Vec<bool>, Vec<bool>) = told.partition(|inputs_first| *inputs_first);
    let open = groups
        .values()
        .any(|group| group.is_dense() && !group.inputs_first);
    let either_way = open && first.is_empty() && last.is_empty();
    let habit = if either_way {
        inputs_first
    } else {
        first.len() > last.len()
    };
    for (path, mut group) in groups {
        if group.is_dense() {
            group.inputs_first |= group.dense_order().unwrap_or(habit);
        }
        match group.kind(&path) {
            Ok(kind) => list.push(Module {
                kind,
                tensors: group
                    .leaves
                    .iter()
                    .map(|(leaf, entry)| (*leaf, entry.name.clone()))
                    .collect(),
                inputs_first: group.inputs_first,
                is_keras: group.is_keras,
                path,
            }),
            // Of one attention there are several layers.
            Err(problem) if problems.contains(&problem) => {}
            Err(problem) => problems.push(problem),
        }
    }
    Modules {
        list,
        problems,
        either_way,
    }
}

/// The tensors of a prefix.
#[derive(Default)]
struct Group<'a> {
    leaves: BTreeMap<Leaf, &'a Entry>,
    unknown: Vec<(String, &'a Entry)>,
    /// Those that Keras only numbers.
    variables: Vec<(u64, &'a Entry)>,
    inputs_first: bool,
    is_keras: bool,
}

impl Group<'_> {
    /// Calls numbered tensors by what Keras numbers so: a kernel and a bias; or scale, shift, mean and variance of a
    /// normalisation, which has the first two only where it has these.
    ///
    /// # Errors
    /// Where numbers and shapes do not tell what they are.
    fn name_variables(&mut self, path: &str) -> Result<(), String> {
        use Leaf::{Bias, Mean, Variance, Weight};
        let mut variables = std::mem::take(&mut self.variables);
        variables.sort_by_key(|(number, _)| *number);
        let dimensions: Vec<usize> = variables.iter().map(|(_, e)| e.shape.len()).collect();
        let own = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
        let is_batch_norm = own.contains("batch") || own.starts_with("bn");
        let all: &[Leaf] = match dimensions[..] {
            [] => &[],
            [1, 1, 1, 1] => &[Weight, Bias, Mean, Variance],
            [1, 1] if is_batch_norm => &[Mean, Variance],
            [_] => &[Weight],
            [_, 1] => &[Weight, Bias],
            _ if unsupported(path).is_some() => &[],
            [1, 1, 1] => {
                return Err(format!(
                    "{path}: three numbered tensors, so a normalisation without its scale or without its shift, and numbers \
                     do not tell which; {BY_PATH}"
                ));
            }
            _ => {
                let shapes = variables
                    .iter()
                    .map(|(_, entry)| format!("{:?}", entry.shape));
                let shapes: Vec<String> = shapes.take(6).collect();
                return Err(format!(
                    "{path}: numbered tensors {}, which no layer that can be run has; {BY_PATH}",
                    shapes.join(", ")
                ));
            }
        };
        let numbers = variables.iter().map(|(number, _)| *number);
        let has_names = !variables.is_empty() && !self.leaves.is_empty();
        if has_names || !numbers.eq(0..variables.len() as u64) {
            return Err(format!(
                "{path}: of its numbered tensors some are missing or there twice"
            ));
        }
        self.inputs_first |= dimensions.first().is_some_and(|first| *first > 1);
        self.is_keras |= all.contains(&Variance);
        let entries = variables.into_iter().map(|(_, entry)| entry);
        if all.is_empty() {
            self.unknown
                .extend(entries.map(|entry| (String::new(), entry)));
        } else {
            self.leaves.extend(all.iter().copied().zip(entries));
        }
        Ok(())
    }

    fn shape(&self, leaf: Leaf) -> Option<&[usize]> {
        self.leaves.get(&leaf).map(|entry| entry.shape.as_slice())
    }

    fn is_dense(&self) -> bool {
        self.shape(Leaf::Weight)
            .is_some_and(|shape| shape.len() == 2)
    }

    /// Whether the dense weight has its inputs first, as far as its bias tells.
    fn dense_order(&self) -> Option<bool> {
        match (self.shape(Leaf::Weight)?, self.shape(Leaf::Bias)?) {
            (&[rows, columns], &[bias]) if rows != columns => match bias {
                _ if bias == rows => Some(false),
                _ if bias == columns => Some(true),
                _ => None,
            },
            _ => None,
        }
    }

    fn kind(&mut self, path: &str) -> Result<Kind, String> {
        let path = if path.is_empty() {
            "without a prefix"
        } else {
            path
        };
        if let Some(what) = unsupported(path) {
            return Err(what);
        }
        if let Some((leaf, Entry { name, shape, .. })) = self.unknown.first() {
            return Err(format!("{name} {shape:?}: {}", unknown(leaf)));
        }
        for Entry {
            name, dtype, shape, ..
        } in self.leaves.values()
        {
            if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64) {
                return Err(format!(
                    "{name}: holds {dtype}; only F32, F16, BF16 and F64 can be read"
                ));
            }
            if shape.contains(&0) {
                return Err(format!("{name} {shape:?}: holds nothing"));
            }
        }
        let statistics = self.shape(Leaf::Mean).is_some() || self.shape(Leaf::Variance).is_some();
        let bias = match self.shape(Leaf::Bias) {
            Some(&[size]) => Some(size),
            _ => None,
        };
        let weight = self.shape(Leaf::Weight).map(<[usize]>::to_vec);
        if let (Some(shape @ [_, _, ..]), Some(bias)) = (weight.as_deref(), self.shape(Leaf::Bias))
            && shape == bias
        {
            return Err(format!(
                "{path}: weight and bias {shape:?}: layer normalisation, which cannot be run"
            ));
        }
        let kind = match (weight.as_deref(), statistics) {
            (Some(&[a, b, c, d]), false) => {
                // A name or the bias says so: [height, width, in, out].
                self.inputs_first |= bias == Some(d) && bias != Some(a);
                let [out_channels, in_channels, y, x] = if self.inputs_first {
                    [d, c, a, b]
                } else {
                    [a, b, c, d]
                };
                Kind::Conv2d {
                    out_channels,
                    in_channels,
                    kernel_size: [y, x],
                }
            }
            (Some(&[a, b]), false) => {
                let [out_features, in_features] = if self.inputs_first { [b, a] } else { [a, b] };
                Kind::Linear {
                    out_features,
                    in_features,
                }
            }
            (None | Some(&[_]), true) => self.batch_norm(path)?,
            (weight, _) => {
                return Err(format!(
                    "{path}: {}",
                    unknown_module(weight, bias.is_some())
                ));
            }
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
        match self.shape(Leaf::Bias) {
            None => Ok(kind),
            Some(&[size]) if size == outputs => Ok(kind),
            Some(&[size]) if size == inputs && matches!(kind, Kind::Conv2d { .. }) => Err(format!(
                "{path}: by its bias of {size} a transposed convolution, which cannot be run"
            )),
            Some(bias) => Err(format!(
                "{path}: its bias has the shape {bias:?}, expected [{outputs}]"
            )),
        }
    }

    fn batch_norm(&self, path: &str) -> Result<Kind, String> {
        let Some(mean) = self.leaves.get(&Leaf::Mean) else {
            return Err(format!(
                "{path}: has a running variance but no running mean"
            ));
        };
        if !self.leaves.contains_key(&Leaf::Variance) {
            return Err(format!(
                "{path}: has a running mean but no running variance"
            ));
        }
        let [channels] = mean.shape[..] else {
            return Err(format!("{} has the shape {:?}", mean.name, mean.shape));
        };
        match self.leaves.values().find(|entry| entry.shape != mean.shape) {
            Some(other) => Err(format!(
                "{} has the shape {:?}, its running mean {:?}",
                other.name, other.shape, mean.shape
            )),
            None => Ok(Kind::BatchNorm { channels }),
        }
    }
}

/// A sentence about a module that names tell to be none of ours, though its tensors may look like it.
fn unsupported(path: &str) -> Option<String> {
    let mut end = 0;
    for part in path.split('.') {
        end += part.len() + 1;
        let own = part.to_ascii_lowercase();
        let has = |names: &[&str]| names.iter().any(|name| own.contains(name));
        let is = |names: &[&str]| own.split('_').any(|word| names.contains(&word));
        let what = if has(&["lstm", "grucell", "simplernn"]) || is(&["gru", "rnn"]) {
            "a recurrent layer (LSTM, GRU or RNN)"
        } else if has(&["attention", "multihead"]) || is(&["attn", "mha", "qkv"]) {
            "attention"
        } else if has(&["excit"]) || is(&["se"]) {
            "squeeze and excitation, whose values others are multiplied with"
        } else if has(&["depthwise_conv", "separable_conv"]) {
            "a depthwise or separable convolution"
        } else if has(&["deconv"]) || (has(&["conv"]) && has(&["transpose"])) {
            "a transposed convolution"
        } else if has(&["p_re_lu", "prelu"]) {
            "a ReLU with slopes of its own (PReLU)"
        } else {
            continue;
        };
        let name = &path[..end - 1];
        return Some(format!("{name}: by its name {what}, which cannot be run"));
    }
    None
}

/// What a tensor of this name belongs to, as far as names tell.
fn unknown(leaf: &str) -> &'static str {
    let starts = |parts: &[&str]| parts.iter().any(|part| leaf.starts_with(part));
    if starts(&["depthwise_kernel", "pointwise_kernel"]) {
        "part of a depthwise or separable convolution, which cannot be run"
    } else if starts(&[
        "weight_ih",
        "weight_hh",
        "bias_ih",
        "bias_hh",
        "recurrent_kernel",
    ]) {
        "part of a recurrent layer (LSTM, GRU or RNN), which cannot be run"
    } else if starts(&[
        "in_proj",
        "q_proj",
        "k_proj",
        "v_proj",
        "pos_embed",
        "position_embed",
        "cls_token",
        "class_token",
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
    } else {
        "an unknown kind of parameter"
    }
}

/// What a module with a weight of this shape may be, where it is none of ours.
fn unknown_module(weight: Option<&[usize]>, bias: bool) -> String {
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
                called: None,
            })
            .collect()
    }

    #[test]
    fn shapes_make_the_layers() {
        let Modules { list, problems, .. } = modules(
            &entries(&[
                ("conv.weight", &[6, 1, 5, 5]),
                ("conv.bias", &[6]),
                ("bn.weight", &[6]),
                ("bn.bias", &[6]),
                ("bn.running_mean", &[6]),
                ("bn.running_var", &[6]),
                ("bn.num_batches_tracked", &[]),
                ("fc.weight", &[10, 20]),
            ]),
            false,
        );
        assert_eq!(problems, [""; 0]);
        let words: Vec<String> = list.iter().map(Module::words).collect();
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
    fn biases_tell_how_dense_weights_lie() {
        let burn: [(&str, &[usize]); 4] = [
            ("a.weight", &[784, 20]),
            ("a.bias", &[20]),
            ("b.weight", &[20, 20]),
            ("b.bias", &[20]),
        ];
        let found = modules(&entries(&burn), false);
        assert!(found.list.iter().all(|module| module.inputs_first));
        assert!(!found.either_way);
        let square = modules(&entries(&burn[2..]), true);
        assert!(square.either_way && square.list[0].inputs_first);
    }

    #[test]
    fn what_cannot_be_run_is_called_by_its_name() {
        let found = modules(
            &entries(&[
                ("a.weight_ih_l0", &[40, 28]),
                ("b.weight", &[6]),
                ("b.bias", &[6]),
                ("c.weight", &[8, 4, 3, 3]),
                ("c.bias", &[4]),
                ("d.weight", &[16, 1, 9]),
                ("e.weight", &[6, 28, 28]),
                ("e.bias", &[6, 28, 28]),
                ("f/depthwise_kernel:0", &[3, 3, 8, 1]),
                ("f/bias:0", &[8]),
                ("g/gru_cell/kernel:0", &[28, 30]),
                ("g/gru_cell/recurrent_kernel:0", &[10, 30]),
                ("h.0.attn.qkv.weight", &[24, 8]),
                ("h.0.attn.proj.weight", &[8, 8]),
                ("i.0.se.fc1.weight", &[2, 8, 1, 1]),
                ("i.0.se.fc2.weight", &[8, 2, 1, 1]),
                ("OptimizedLSTMCell_0/hf/kernel", &[10, 10]),
                ("layers/conv2d_transpose/vars/0", &[3, 3, 8, 8]),
                ("layers/batch_normalization/vars/0", &[8]),
                ("layers/batch_normalization/vars/1", &[8]),
                ("layers/batch_normalization/vars/2", &[8]),
                ("layers/dense/vars/1", &[10]),
                ("layers/mixer/vars/0", &[8, 8]),
                ("layers/mixer/vars/1", &[8, 8]),
                ("layers/p_re_lu/vars/0", &[28, 28, 8]),
                ("layers/separable_conv2d/vars/0", &[3, 3, 8, 1]),
                ("layers/separable_conv2d/vars/1", &[1, 1, 8, 8]),
            ]),
            false,
        );
        assert!(found.list.is_empty());
        let problems = found.problems;
        let said = [
            "batch_normalization: three numbered tensors",
            "dense: of its numbered tensors some are missing",
            "mixer: numbered tensors [8, 8], [8, 8]",
            "OptimizedLSTMCell_0: by its name a recurrent layer",
            "a.weight_ih_l0 [40, 28]: part of a recurrent layer (LSTM",
            "b: weight [6] and bias without running statistics: layer, group",
            "c: by its bias of 4 a transposed convolution",
            "conv2d_transpose: by its name a transposed convolution",
            "d: weight [16, 1, 9]: a 1D convolution",
            "e: weight and bias [6, 28, 28]: layer normalisation",
            "f/depthwise_kernel:0 [3, 3, 8, 1]: part of a depthwise",
            "g.gru_cell: by its name a recurrent layer",
            "h.0.attn: by its name attention",
            "i.0.se: by its name squeeze and excitation",
            "p_re_lu: by its name a ReLU with slopes",
            "separable_conv2d: by its name a depthwise or separable",
        ];
        for (problem, said) in problems.iter().zip(said) {
            assert!(problem.contains(said), "{problem}");
        }
        assert_eq!(problems.len(), said.len());
    }
}

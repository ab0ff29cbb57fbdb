//! How programs name tensors: PyTorch and tinygrad (`conv1.weight`), burn (`norm1.gamma`), Keras (`conv2d/kernel:0`, and in
//! files of weights alone `layers/conv2d/vars/0`), Flax (`params/Conv_0/kernel`, `batch_stats/BatchNorm_0/mean`) and Haiku
//! (`linear/w`).

/// Beginnings of names that say nothing about the layer.
const WRAPPERS: [&str; 4] = ["params", "batch_stats", "model_weights", "state_dict"];
/// What Keras 3 and 2 call a model's list of layers.
const CONTAINERS: [&str; 2] = ["layers", "_layer_checkpoint_dependencies"];
/// Parts of names of what a program keeps beside the weights.
const NO_WEIGHTS: [&str; 8] = [
    "num_batches_tracked",
    "optimizer",
    "optimizer_state",
    "opt_state",
    "seed_generator",
    "seed_generator_state",
    "iterations",
    "learning_rate",
];

/// What a tensor is to its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaf {
    Weight,
    Bias,
    Mean,
    Variance,
}

impl Leaf {
    /// PyTorch's name, which the files of this project use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::Mean => "running_mean",
            Self::Variance => "running_var",
        }
    }

    /// The leaf of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Weight, Self::Bias, Self::Mean, Self::Variance]
            .into_iter()
            .find(|leaf| leaf.name() == name)
    }
}

/// A tensor's name taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The layer's prefix, its parts separated by dots.
    pub path: String,
    pub leaf: Result<Leaf, String>,
    /// Its place among the layer's tensors, where the name says no more: `conv2d/vars/1`.
    pub variable: Option<u64>,
    /// The name says that the weight has its inputs before its outputs, as in TensorFlow and JAX.
    pub inputs_first: bool,
    /// The name is Keras's for running statistics, whose default epsilon is 1e-3 and not 1e-5.
    pub is_keras: bool,
}

/// Takes a name apart; none where it names nothing of the network.
pub(super) fn place(name: &str) -> Option<Place> {
    let end = name.rfind(':').filter(|colon| {
        let version = &name[colon + 1..];
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    });
    let name = &name[..end.unwrap_or(name.len())];
    // Keras 2 took Windows's separators into its files.
    let parts = name.split(['/', '.', '\\']);
    let mut parts: Vec<&str> = parts.filter(|part| *part != "~").collect();
    if parts.iter().any(|part| NO_WEIGHTS.contains(part)) {
        return None;
    }
    let wrappers = parts
        .iter()
        .take_while(|part| WRAPPERS.contains(part))
        .count();
    parts.drain(..wrappers.min(parts.len() - 1));
    let leaf = parts.pop().unwrap_or_default();
    let variable = number(leaf).filter(|_| parts.last() == Some(&"vars"));
    if variable.is_some() {
        parts.pop();
        parts.retain(|part| !CONTAINERS.contains(part));
    }
    // Keras says a layer's name twice; a number twice is a place in a list of lists.
    parts.dedup_by(|a, b| a == b && number(a).is_none());
    let (leaf, inputs_first) = match leaf {
        "weight" | "gamma" | "scale" => (Ok(Leaf::Weight), false),
        "kernel" | "w" => (Ok(Leaf::Weight), true),
        "bias" | "beta" | "b" | "offset" => (Ok(Leaf::Bias), false),
        "running_mean" | "moving_mean" | "mean" => (Ok(Leaf::Mean), false),
        "running_var" | "moving_variance" | "moving_var" | "var" => (Ok(Leaf::Variance), false),
        other => (Err(other.to_string()), false),
    };
    Some(Place {
        path: parts.join("."),
        leaf,
        variable,
        inputs_first,
        is_keras: name.ends_with("moving_variance"),
    })
}

/// A layer's path as a person may write it after the file's names, without Keras's lists.
pub(super) fn without_containers(path: &str) -> String {
    let parts = path.split('.').filter(|part| !CONTAINERS.contains(part));
    parts.collect::<Vec<&str>>().join(".")
}

/// A part of a name that is nothing but a number.
pub(super) fn number(part: &str) -> Option<u64> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().ok()).flatten()
}

/// A path taken apart at its dots and underscores, in small letters.
pub(super) type Name = Vec<String>;

/// `layer1.0.conv_a` becomes `layer1`, `0`, `conv`, `a`.
pub(super) fn name(path: &str) -> Name {
    let parts = path.split(['.', '_']).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect()
}

/// The block and the part that names of `keras.applications` tell: `conv2_block1_0_conv` (the shortcut's), `_1_bn`, `_preact_bn`.
pub(super) fn numbered_part(path: &str) -> Option<(Name, &str)> {
    let own = path.rsplit('.').next()?;
    let (rest, kind) = own.rsplit_once('_')?;
    let (_, part) = rest.rsplit_once('_')?;
    let block = name(&path[..path.len() - kind.len() - part.len() - 2]);
    let is_block = block
        .last()?
        .strip_prefix("block")
        .and_then(number)
        .is_some();
    let is_part = part == "preact" || number(part).is_some();
    (["conv", "bn"].contains(&kind) && is_part && is_block).then_some((block, part))
}

/// Whether names are those of `keras.applications`, whose networks have habits of their own.
pub(super) fn is_of_applications(path: &str) -> bool {
    let own = path.rsplit('.').next().unwrap_or(path);
    numbered_part(path).is_some() || ["conv1_bn", "post_bn"].contains(&own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_names_the_same_things() {
        for (name, path, leaf, inputs_first) in [
            ("conv1.weight", "conv1", Leaf::Weight, false),
            ("conv2d_1/kernel:0", "conv2d_1", Leaf::Weight, true),
            ("conv2d/conv2d/bias:0", "conv2d", Leaf::Bias, false),
            ("params/Conv_0/kernel", "Conv_0", Leaf::Weight, true),
            (
                "batch_stats.BatchNorm_0.var",
                "BatchNorm_0",
                Leaf::Variance,
                false,
            ),
            ("norm1.gamma", "norm1", Leaf::Weight, false),
            ("mlp/~/linear_0/w", "mlp.linear_0", Leaf::Weight, true),
            ("weight", "", Leaf::Weight, false),
        ] {
            let place = place(name).unwrap();
            assert_eq!(
                (place.path.as_str(), place.leaf),
                (path, Ok(leaf)),
                "{name}"
            );
            assert_eq!(place.inputs_first, inputs_first, "{name}");
        }
        for name in [
            "bn.num_batches_tracked",
            "optimizer/iterations:0",
            "optimizer/vars/3",
            "layers/dropout/seed_generator/vars/0",
        ] {
            assert_eq!(place(name), None);
        }
        for (name, path) in [
            ("layers/conv2d_1/vars/1", "conv2d_1"),
            (
                "_layer_checkpoint_dependencies\\conv2d_1\\vars\\1",
                "conv2d_1",
            ),
            ("layers.functional.layers.dense.vars.1", "functional.dense"),
        ] {
            let place = place(name).unwrap();
            assert_eq!((place.path.as_str(), place.variable), (path, Some(1)));
        }
        assert_eq!(place("layers.1.vars.weight").unwrap().variable, None);
        assert!(place("lstm.weight_ih_l0").unwrap().leaf.is_err());
    }
}

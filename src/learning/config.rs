//! A complete choice of everything that decides how a network turns out. Its defaults, checks and options come from the
//! table of [`crate::hyperparameters`].

use crate::{augment::Augmentation, images::TRAINING_IMAGES};
use mnistify_network::NetworkSpec;
use serde::{Deserialize, Serialize};

/// Which network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// 784 → 512 → 512 → 10.
    Mlp,
    /// Four convolutions, two batch normalisations, two poolings, one dense layer.
    Cnn,
}

impl ModelKind {
    /// Both networks.
    pub const ALL: [Self; 2] = [Self::Mlp, Self::Cnn];

    /// The name in commands and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
        }
    }

    /// The architecture.
    pub fn spec(self) -> NetworkSpec {
        match self {
            Self::Mlp => NetworkSpec::mlp(),
            Self::Cnn => NetworkSpec::cnn(),
        }
    }
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Linear warm-up over the first tenth, then a cosine down to 0.
    OneCycle,
    /// Constant, times the decay whenever validation stalls for the patience.
    Plateau,
}

/// Which weights are kept in the end. Both are moving averages where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Those of the best evaluation on validation.
    Best,
    /// Those of the last step.
    Last,
}

/// A complete training configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Which network is trained.
    pub model: ModelKind,
    /// Images a step.
    pub batch: usize,
    /// The peak of a one-cycle schedule, the start of a plateau schedule.
    pub learning_rate: f64,
    /// AdamW's decoupled decay (Loshchilov & Hutter 2017, arXiv:1711.05101), on every parameter.
    pub weight_decay: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Plateau: the factor on the learning rate when validation stalls.
    pub decay: f64,
    /// Evaluations without improvement before the decay (plateau) or the end (one-cycle; 0 is never).
    pub patience: usize,
    /// How many steps are made.
    pub steps: usize,
    /// Steps between two evaluations on validation.
    pub evaluate_every: usize,
    /// How strongly the images are distorted.
    pub augmentation: Augmentation,
    /// What is mixed in among them.
    #[serde(default)]
    pub mixture: Mixture,
    /// The part of a target that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
    pub label_smoothing: f64,
    /// Decay of the moving average of the weights; 0 is none.
    pub ema: f64,
    /// Decides the initial weights, the order of the images and their augmentation.
    pub seed: u64,
    /// Which weights are kept in the end.
    pub select: Select,
}

/// Which parts of the images are something else than MNIST's under the augmentation; each from 0 to 1, together at most 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// MNIST's images placed anywhere, smaller and larger, thicker and thinner ([`crate::feeder::WIDE`]).
    pub wide: f64,
    /// MNIST's images that were placed anywhere and then prepared as the app prepares pictures.
    pub prepared: f64,
    /// Digits drawn as pen paths.
    pub drawn: f64,
    /// Images that are no digits, with even targets.
    pub outliers: f64,
}

impl Mixture {
    /// Whether nothing is mixed in.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The larger of both shares, each.
    pub fn union(self, other: Self) -> Self {
        Self {
            wide: self.wide.max(other.wide),
            prepared: self.prepared.max(other.prepared),
            drawn: self.drawn.max(other.drawn),
            outliers: self.outliers.max(other.outliers),
        }
    }
}

/// How many steps some epochs over the training images are, rounded up.
pub fn steps_of(epochs: usize, batch: usize) -> usize {
    (epochs * TRAINING_IMAGES).div_ceil(batch.max(1))
}

impl TrainConfig {
    /// How often the training images are seen.
    pub fn epochs(&self) -> f64 {
        (self.steps * self.batch) as f64 / TRAINING_IMAGES as f64
    }
}

//! A complete choice of everything that decides how a network turns out, with the defaults of both networks.

use crate::{
    augment::Augmentation,
    hyperparameters::{self, TABLE},
    images::TRAINING_IMAGES,
};
use mnistify_network::NetworkSpec;
use serde::{Deserialize, Serialize};
use thiserror::Error;

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

    /// Images a step where nothing else is said.
    pub fn default_batch(self) -> usize {
        hyperparameters::named("batch").default(self, 1) as usize
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
    pub model: ModelKind,
    /// Images a step.
    pub batch: usize,
    /// The peak of a one-cycle schedule, the start of a plateau schedule.
    pub learning_rate: f64,
    /// AdamW's decoupled decay (Loshchilov & Hutter 2017, arXiv:1711.05101), on every parameter.
    pub weight_decay: f64,
    pub schedule: Schedule,
    /// Plateau: the factor on the learning rate when validation stalls.
    pub decay: f64,
    /// Evaluations without improvement before the decay (plateau) or the end (one-cycle; 0 is never).
    pub patience: usize,
    pub steps: usize,
    /// Steps between two evaluations on validation.
    pub evaluate_every: usize,
    pub augmentation: Augmentation,
    #[serde(default)]
    pub mixture: Mixture,
    /// The part of a target that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
    pub label_smoothing: f64,
    /// Decay of the moving average of the weights; 0 is none.
    pub ema: f64,
    /// Decides the initial weights, the order of the images and their augmentation.
    pub seed: u64,
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

/// Which option cannot be used, and what it may be.
#[derive(Debug, Error, PartialEq)]
#[error("--{option} is {found}, expected {expected}")]
pub struct ConfigError {
    pub option: &'static str,
    pub found: String,
    pub expected: String,
}

/// How many steps some epochs over the training images are, rounded up.
pub fn steps_of(epochs: usize, batch: usize) -> usize {
    (epochs * TRAINING_IMAGES).div_ceil(batch.max(1))
}

impl TrainConfig {
    /// The recipe of `model`; the number of steps follows from `batch`.
    pub fn defaults(model: ModelKind, batch: usize) -> Self {
        let mut config = Self {
            model,
            batch,
            learning_rate: 0.0,
            weight_decay: 0.0,
            schedule: Schedule::OneCycle,
            decay: 0.0,
            patience: 0,
            steps: 0,
            evaluate_every: 0,
            augmentation: Augmentation::NONE,
            mixture: Mixture::default(),
            label_smoothing: 0.0,
            ema: 0.0,
            seed: 1,
            select: Select::Last,
        };
        for one in TABLE.iter().filter(|one| one.name != "batch") {
            one.set(&mut config, one.default(model, batch));
        }
        config
    }

    /// Whether every value can be used.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let error = |option, value: f64, expected| ConfigError {
            option,
            found: value.to_string(),
            expected,
        };
        for one in &TABLE {
            let value = one.get(self);
            if !one.allows(value) {
                return Err(error(one.name, value, one.expected()));
            }
        }
        let m = &self.mixture;
        if m.wide + m.prepared + m.drawn + m.outliers > 1.0 {
            let expected = hyperparameters::PARTS.to_string();
            return Err(error("wide", m.wide, expected));
        }
        Ok(())
    }

    /// The options of the trainer that name exactly this configuration.
    pub fn options(&self) -> String {
        let mut options = format!("--model {}", self.model.name());
        for one in &TABLE {
            let value = one.text(one.get(self));
            options.push_str(&format!(" --{} {value}", one.name));
        }
        options.push_str(&format!(" --seed {}", self.seed));
        options
    }

    /// How often the training images are seen.
    pub fn epochs(&self) -> f64 {
        (self.steps * self.batch) as f64 / TRAINING_IMAGES as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_survives_json() {
        for model in ModelKind::ALL {
            let config = TrainConfig::defaults(model, model.default_batch());
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<TrainConfig>(&json).unwrap(), config);
            assert_eq!(config.validate(), Ok(()));
        }
        let json = serde_json::to_value(TrainConfig::defaults(ModelKind::Cnn, 256)).unwrap();
        assert_eq!(json["augmentation"]["scale"].to_string(), "0.13");
    }

    #[test]
    fn steps_follow_from_epochs_and_batch() {
        assert_eq!(steps_of(1, 256), 215);
        assert_eq!(steps_of(2, 55_000), 2);
        let mlp = TrainConfig::defaults(ModelKind::Mlp, 512);
        assert!((mlp.epochs() - 800.0).abs() < 0.01);
    }

    #[test]
    fn the_options_name_every_choice() {
        let command = TrainConfig::defaults(ModelKind::Mlp, 512).options();
        for part in [
            "--model mlp",
            "--elastic 0.8",
            "--schedule one-cycle",
            "--learning-rate 0.002",
        ] {
            assert!(command.contains(part), "{command}");
        }
    }

    #[test]
    fn unusable_values_are_named() {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.augmentation.scale = 1.0;
        let text = config.validate().unwrap_err().to_string();
        assert!(text.contains("--scale is 1"), "{text}");
        config.augmentation.scale = 0.0;
        config.batch = 0;
        assert_eq!(config.validate().unwrap_err().option, "batch");
        config.batch = 1;
        (config.mixture.wide, config.mixture.drawn) = (0.6, 0.6);
        assert_eq!(config.validate().unwrap_err().option, "wide");
    }
}

//! Everything that decides how a network turns out, with the defaults of both networks and the command that repeats it.

use crate::{
    augment::{Augmentation, Sampling},
    data::TRAINING_IMAGES,
};
use mnistify_network::NetworkSpec;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a command of this project's trainer begins.
pub const COMMAND: &str = "cargo run --release --features train --bin train --";

/// Which network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "train", derive(clap::ValueEnum))]
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
        match self {
            Self::Mlp => 512,
            Self::Cnn => 256,
        }
    }

    /// Passes over the training images where nothing else is said.
    pub fn default_epochs(self) -> usize {
        match self {
            Self::Mlp => 800,
            Self::Cnn => 120,
        }
    }

    fn epochs_between_evaluations(self) -> usize {
        match self {
            Self::Mlp => 20,
            Self::Cnn => 10,
        }
    }
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "train", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Linear warm-up over the first tenth, then a cosine down to 0.
    OneCycle,
    /// Constant, times --decay whenever validation stalls for --patience evaluations.
    Plateau,
}

impl Schedule {
    /// The name in commands and journals.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneCycle => "one-cycle",
            Self::Plateau => "plateau",
        }
    }
}

/// Which weights are kept in the end. Both are moving averages where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "train", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Those of the best evaluation on validation.
    Best,
    /// Those of the last step.
    Last,
}

impl Select {
    /// The name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
        }
    }
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
    /// Digits drawn as pen paths ([`crate::extras::drawn`]).
    pub drawn: f64,
    /// Images that are no digits, with even targets ([`crate::extras::outliers`]).
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
    pub expected: &'static str,
}

/// How many steps some epochs over the training images are, rounded up.
pub fn steps_of(epochs: usize, batch: usize) -> usize {
    (epochs * TRAINING_IMAGES).div_ceil(batch.max(1))
}

impl TrainConfig {
    /// The recipe of `model`; the number of steps follows from `batch`.
    pub fn defaults(model: ModelKind, batch: usize) -> Self {
        let (weight_decay, elastic, thickness) = match model {
            ModelKind::Mlp => (0.02, 0.8, 0.2),
            ModelKind::Cnn => (0.05, 0.0, 0.25),
        };
        let [wide, prepared, drawn, outliers] = match model {
            ModelKind::Mlp => [0.06, 0.06, 0.04, 0.04],
            ModelKind::Cnn => [0.12, 0.06, 0.04, 0.04],
        };
        Self {
            model,
            batch,
            learning_rate: 2e-3,
            weight_decay,
            schedule: Schedule::OneCycle,
            decay: 0.5,
            patience: 0,
            steps: steps_of(model.default_epochs(), batch),
            evaluate_every: steps_of(model.epochs_between_evaluations(), batch),
            augmentation: Augmentation {
                rotation: 15.0,
                scale: 0.13,
                anisotropy: 0.12,
                shear: 0.2,
                shift: 2.0,
                thickness,
                sampling: Sampling::Bilinear,
                elastic,
                brightness: 0.2,
            },
            mixture: Mixture {
                wide,
                prepared,
                drawn,
                outliers,
            },
            label_smoothing: 0.05,
            ema: 0.9995,
            seed: 1,
            select: Select::Last,
        }
    }

    /// Whether every value can be used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let (a, m) = (&self.augmentation, &self.mixture);
        let sum = m.wide + m.prepared + m.drawn + m.outliers;
        let share = |value: f64| (0.0..=1.0).contains(&value) && sum <= 1.0;
        let part = "from 0 to 1, and together with the other parts at most 1";
        let below_one = |value: f64| (0.0..1.0).contains(&value);
        let not_negative = |value: f64| value.is_finite() && value >= 0.0;
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let (unit, zero_up) = ("0 or more and below 1", "a number, 0 or more");
        let checks = [
            (
                "learning-rate",
                self.learning_rate,
                positive(self.learning_rate),
                "a number above 0",
            ),
            (
                "weight-decay",
                self.weight_decay,
                not_negative(self.weight_decay),
                zero_up,
            ),
            (
                "decay",
                self.decay,
                self.decay > 0.0 && self.decay <= 1.0,
                "above 0 and at most 1",
            ),
            ("rotation", a.rotation, not_negative(a.rotation), zero_up),
            ("scale", a.scale, below_one(a.scale), unit),
            ("anisotropy", a.anisotropy, below_one(a.anisotropy), unit),
            ("shear", a.shear, not_negative(a.shear), zero_up),
            ("shift", a.shift, not_negative(a.shift), zero_up),
            ("thickness", a.thickness, not_negative(a.thickness), zero_up),
            ("elastic", a.elastic, not_negative(a.elastic), zero_up),
            ("brightness", a.brightness, below_one(a.brightness), unit),
            (
                "label-smoothing",
                self.label_smoothing,
                below_one(self.label_smoothing),
                unit,
            ),
            ("ema", self.ema, below_one(self.ema), unit),
            ("wide", m.wide, share(m.wide), part),
            ("prepared", m.prepared, share(m.prepared), part),
            ("drawn", m.drawn, share(m.drawn), part),
            ("outliers", m.outliers, share(m.outliers), part),
        ];
        for (option, value, valid, expected) in checks {
            if !valid {
                return Err(ConfigError {
                    option,
                    found: value.to_string(),
                    expected,
                });
            }
        }
        for (option, value) in [
            ("batch", self.batch),
            ("steps", self.steps),
            ("evaluate-every", self.evaluate_every),
        ] {
            if value == 0 {
                return Err(ConfigError {
                    option,
                    found: "0".to_string(),
                    expected: "1 or more",
                });
            }
        }
        Ok(())
    }

    /// The command that trains with exactly this configuration and saves.
    pub fn command(&self) -> String {
        let (a, m) = (&self.augmentation, &self.mixture);
        let options: [(&str, String); 26] = [
            ("model", self.model.name().to_string()),
            ("batch", self.batch.to_string()),
            ("learning-rate", self.learning_rate.to_string()),
            ("weight-decay", self.weight_decay.to_string()),
            ("schedule", self.schedule.name().to_string()),
            ("decay", self.decay.to_string()),
            ("patience", self.patience.to_string()),
            ("steps", self.steps.to_string()),
            ("evaluate-every", self.evaluate_every.to_string()),
            ("rotation", a.rotation.to_string()),
            ("scale", a.scale.to_string()),
            ("anisotropy", a.anisotropy.to_string()),
            ("shear", a.shear.to_string()),
            ("shift", a.shift.to_string()),
            ("thickness", a.thickness.to_string()),
            ("sampling", a.sampling.name().to_string()),
            ("elastic", a.elastic.to_string()),
            ("brightness", a.brightness.to_string()),
            ("wide", m.wide.to_string()),
            ("prepared", m.prepared.to_string()),
            ("drawn", m.drawn.to_string()),
            ("outliers", m.outliers.to_string()),
            ("label-smoothing", self.label_smoothing.to_string()),
            ("ema", self.ema.to_string()),
            ("seed", self.seed.to_string()),
            ("select", self.select.name().to_string()),
        ];
        let mut command = COMMAND.to_string();
        for (name, value) in options {
            command.push_str(&format!(" --{name} {value}"));
        }
        command.push_str(" --save");
        command
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
    fn the_command_names_every_choice() {
        let command = TrainConfig::defaults(ModelKind::Mlp, 512).command();
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
    }
}

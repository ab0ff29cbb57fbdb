//! What can be chosen of a lesson, and the learning rate that follows from it.

use crate::{
    augment::{Augmentation, Sampling},
    config::{Mixture, ModelKind, TrainConfig},
    metrics::CLASSES,
};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The most images that a lesson can be given.
const MOST_EXAMPLES: usize = 10_000;
/// The largest share of wrong labels; with more of them most digits would be called something else.
const MOST_WRONG: f64 = 0.5;
/// What a moved copy is: a digit somewhere else, turned and scaled a little, as visitors draw.
const MOVED: Augmentation = Augmentation {
    rotation: 10.0,
    scale: 0.12,
    anisotropy: 0.08,
    shear: 0.1,
    shift: 4.5,
    sampling: Sampling::Bilinear,
    ..Augmentation::NONE
};
/// Decay of the moving averages, which are what reads: a hundred steps back.
pub(crate) const AVERAGE: f64 = 0.99;
/// The part of a lesson in which the learning rate rises.
const WARM_UP: f64 = 0.02;
/// What is left of the learning rate in the end.
const LAST_RATE: f64 = 0.01;

/// Which way weights follow their gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Each weight at its own pace (Loshchilov & Hutter 2017, arXiv:1711.05101).
    #[default]
    AdamW,
    /// Stochastic gradient descent with a momentum of 0.9.
    Sgd,
}

/// What can be chosen of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LessonSettings {
    /// How many images there are to learn from, 10 to 10,000; the first of a shuffled, balanced set.
    pub examples: usize,
    /// Every image is seen moved, turned and scaled a little, each time otherwise.
    pub moved: bool,
    /// The share of images under a wrong label, 0 to 0.5.
    pub wrong: f64,
    /// Images a step, a multiple of 32.
    pub batch: usize,
    /// How weights follow their gradient.
    pub optimizer: Optimizer,
    /// The largest learning rate; the optimiser's usual one if not said.
    pub learning_rate: Option<f64>,
    /// Decides the first weights, the order of the images, how they are moved, and which labels are wrong.
    pub seed: u64,
}

impl Default for LessonSettings {
    fn default() -> Self {
        Self {
            examples: MOST_EXAMPLES,
            moved: true,
            wrong: 0.0,
            batch: 128,
            optimizer: Optimizer::default(),
            learning_rate: None,
            seed: 1,
        }
    }
}

impl LessonSettings {
    /// Whether all of it can be used.
    ///
    /// # Errors
    /// What cannot, and what it may be.
    pub fn check(&self) -> Result<(), String> {
        if !(CLASSES..=MOST_EXAMPLES).contains(&self.examples) {
            return Err(format!(
                "a lesson has {CLASSES} to {MOST_EXAMPLES} examples, not {}",
                self.examples
            ));
        }
        if !(0.0..=MOST_WRONG).contains(&self.wrong) {
            return Err(format!(
                "the share of wrong labels is 0 to {MOST_WRONG}, not {}",
                self.wrong
            ));
        }
        if self.batch == 0 || !self.batch.is_multiple_of(32) || self.batch > 1024 {
            return Err(format!(
                "a batch is a multiple of 32 up to 1024, not {}",
                self.batch
            ));
        }
        let rate = self.rate();
        if !(rate > 0.0 && rate <= 1.0) {
            return Err(format!(
                "a learning rate is above 0 and at most 1, not {rate}"
            ));
        }
        Ok(())
    }

    /// The largest learning rate.
    fn rate(&self) -> f64 {
        self.learning_rate.unwrap_or(match self.optimizer {
            Optimizer::AdamW => 2e-3,
            Optimizer::Sgd => 0.05,
        })
    }

    pub(crate) fn config(&self) -> TrainConfig {
        TrainConfig {
            augmentation: if self.moved {
                MOVED
            } else {
                Augmentation::NONE
            },
            mixture: Mixture::default(),
            learning_rate: self.rate(),
            weight_decay: 0.01,
            label_smoothing: 0.0,
            ema: AVERAGE,
            seed: self.seed,
            ..TrainConfig::defaults(ModelKind::Mlp, self.batch)
        }
    }
}

/// The learning rate when this part of a lesson is over, 0 to 1: up within the first fiftieth, then half a cosine down.
pub fn learning_rate(peak: f64, part: f64) -> f64 {
    let part = part.clamp(0.0, 1.0);
    if part < WARM_UP {
        return peak * (0.1 + 0.9 * part / WARM_UP);
    }
    let rest = (part - WARM_UP) / (1.0 - WARM_UP);
    peak * (LAST_RATE + (1.0 - LAST_RATE) * (1.0 + (PI * rest).cos()) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_said() {
        assert_eq!(LessonSettings::default().check(), Ok(()));
        let wrong = [
            LessonSettings {
                examples: 9,
                ..LessonSettings::default()
            },
            LessonSettings {
                wrong: 0.51,
                ..LessonSettings::default()
            },
            LessonSettings {
                wrong: f64::NAN,
                ..LessonSettings::default()
            },
            LessonSettings {
                batch: 100,
                ..LessonSettings::default()
            },
            LessonSettings {
                learning_rate: Some(0.0),
                ..LessonSettings::default()
            },
        ];
        for settings in wrong {
            assert!(settings.check().is_err(), "{settings:?}");
        }
    }

    #[test]
    fn the_rate_rises_and_falls() {
        assert!((learning_rate(1.0, 0.0) - 0.1).abs() < 1e-9);
        assert!((learning_rate(1.0, WARM_UP) - 1.0).abs() < 1e-9);
        assert!((learning_rate(1.0, 1.0) - LAST_RATE).abs() < 1e-9);
        assert!(learning_rate(1.0, 0.5) < learning_rate(1.0, 0.3));
    }
}

//! The learning rate over time, and what happens when validation stalls.

use crate::config::{Schedule, TrainConfig};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The part of a one-cycle schedule that warms up.
const WARM_UP: f64 = 0.1;
/// Warm-up starts at the peak over this.
const START_DIVISOR: f64 = 25.0;

/// The one-cycle rate (after Smith & Topin 2017, arXiv:1708.07120): from `peak / 25` linearly up to `peak` over the
/// first tenth of the steps, then half a cosine down to 0 at `steps`.
pub fn one_cycle(step: usize, steps: usize, peak: f64) -> f64 {
    let warm_up = (steps as f64 * WARM_UP).max(1.0);
    let time = step as f64;
    if time < warm_up {
        let start = peak / START_DIVISOR;
        return start + (peak - start) * time / warm_up;
    }
    let rest = (steps as f64 - warm_up).max(1.0);
    let part = ((time - warm_up) / rest).min(1.0);
    peak * (1.0 + (PI * part).cos()) / 2.0
}

/// The decay of the weights' moving average at `step`: small at first, so that the random start is forgotten.
pub fn average_decay(step: usize, decay: f64) -> f64 {
    let time = step as f64;
    decay.min((1.0 + time) / (10.0 + time))
}

/// What validation has shown so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// The best validation accuracy; below 0 before the first evaluation.
    pub best: f64,
    /// Evaluations since the last improvement or decay.
    pub evaluations: usize,
    /// The factor on the learning rate (plateau only).
    pub factor: f64,
}

impl Default for Stall {
    fn default() -> Self {
        Self {
            best: -1.0,
            evaluations: 0,
            factor: 1.0,
        }
    }
}

/// Whether training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There are steps to come.
    Continue,
    /// Validation stalled for too long.
    Stop,
}

impl Stall {
    /// Takes note of an evaluation. After `patience` of them without improvement a plateau schedule decays the rate and
    /// a one-cycle schedule stops; a patience of 0 never does either.
    pub fn observe(&mut self, config: &TrainConfig, accuracy: f64) -> Verdict {
        if accuracy > self.best {
            self.best = accuracy;
            self.evaluations = 0;
            return Verdict::Continue;
        }
        self.evaluations += 1;
        if config.patience == 0 || self.evaluations < config.patience {
            return Verdict::Continue;
        }
        match config.schedule {
            Schedule::OneCycle => Verdict::Stop,
            Schedule::Plateau => {
                self.factor *= config.decay;
                self.evaluations = 0;
                Verdict::Continue
            }
        }
    }

    /// The learning rate of `step`, counted from 0.
    pub fn learning_rate(&self, config: &TrainConfig, step: usize) -> f64 {
        match config.schedule {
            Schedule::OneCycle => one_cycle(step, config.steps, config.learning_rate),
            Schedule::Plateau => config.learning_rate * self.factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    #[test]
    fn one_cycle_starts_low_peaks_and_ends_at_zero() {
        assert!((one_cycle(0, 1000, 0.5) - 0.02).abs() < 1e-12);
        assert!((one_cycle(100, 1000, 0.5) - 0.5).abs() < 1e-12);
        assert!((one_cycle(550, 1000, 0.5) - 0.25).abs() < 1e-12);
        assert!(one_cycle(1000, 1000, 0.5).abs() < 1e-12);
        assert!(one_cycle(999, 1000, 0.5) > 0.0);
        assert!(one_cycle(0, 1, 0.5) > 0.0);
    }

    #[test]
    fn the_average_warms_up_to_its_decay() {
        assert!((average_decay(0, 0.9995) - 0.1).abs() < 1e-12);
        assert_eq!(average_decay(1_000_000, 0.9995), 0.9995);
    }

    #[test]
    fn a_plateau_decays_after_its_patience() {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.schedule = Schedule::Plateau;
        config.patience = 2;
        config.decay = 0.5;
        config.learning_rate = 0.1;
        let mut stall = Stall::default();
        for accuracy in [0.5, 0.5, 0.4] {
            assert_eq!(stall.observe(&config, accuracy), Verdict::Continue);
        }
        assert!((stall.learning_rate(&config, 10) - 0.05).abs() < 1e-12);
        stall.observe(&config, 0.6);
        assert_eq!(stall.evaluations, 0);
    }

    #[test]
    fn one_cycle_stops_early_only_with_a_patience() {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.patience = 0;
        let mut stall = Stall::default();
        for _ in 0..50 {
            assert_eq!(stall.observe(&config, 0.5), Verdict::Continue);
        }
        config.patience = 3;
        let mut stall = Stall::default();
        let verdicts: Vec<Verdict> = (0..4).map(|_| stall.observe(&config, 0.5)).collect();
        assert_eq!(verdicts[2], Verdict::Continue);
        assert_eq!(verdicts[3], Verdict::Stop);
    }
}

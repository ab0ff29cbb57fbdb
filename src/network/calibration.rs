//! When a network says "I don't know": a temperature that makes its probabilities mean what they say, and a threshold
//! under which what was drawn counts as no digit. Both belong to the weights, so they lie in the model's file.
//!
//! Every score here is computed from the logits alone: ten numbers, which come back from the GPU anyway. How much each
//! one catches is measured by `train eval --reject`; `train calibrate` fits and chooses.

use serde::{Deserialize, Serialize};

/// How much logits look like those of a digit: the larger, the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// The probability of the answer at the temperature, in `[0, 1]` (Hendrycks & Gimpel 2017, arXiv:1610.02136).
    Probability,
    /// `ln Σ exp zᵢ`, the negative energy (Liu et al. 2020, arXiv:2010.03759).
    Energy,
    /// The largest logit (Hendrycks et al. 2022, arXiv:1911.11132).
    MaxLogit,
}

impl Score {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Probability, Self::Energy, Self::MaxLogit];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::Energy => "energy",
            Self::MaxLogit => "largest logit",
        }
    }

    /// The score of some logits. Only the probability depends on the temperature.
    pub fn of(self, logits: &[f32], temperature: f64) -> f64 {
        let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        match self {
            Self::Probability => (largest / temperature - log_sum_exp(logits, temperature)).exp(),
            Self::Energy => log_sum_exp(logits, 1.0),
            Self::MaxLogit => largest,
        }
    }
}

/// The logarithm of `Σ exp(zᵢ/T)`, without overflow.
pub fn log_sum_exp(logits: &[f32], temperature: f64) -> f64 {
    let scaled = || logits.iter().map(|logit| f64::from(*logit) / temperature);
    let most = scaled().fold(f64::NEG_INFINITY, f64::max);
    most + scaled().map(|z| (z - most).exp()).sum::<f64>().ln()
}

/// What one network's logits mean; fitted once, after training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Probabilities are the softmax of the logits divided by this (Guo et al. 2017, arXiv:1706.04599). Above 0.
    pub temperature: f32,
    /// What the threshold is on.
    pub score: Score,
    /// What scores less is no digit. In the score's own unit.
    pub threshold: f32,
}

impl Calibration {
    /// Whether these logits score high enough for a digit.
    pub fn is_digit(&self, logits: &[f32]) -> bool {
        self.score.of(logits, f64::from(self.temperature)) >= f64::from(self.threshold)
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// Says which number is impossible. A file may hold any.
    pub fn check(&self) -> Result<(), String> {
        let Self {
            temperature,
            threshold,
            ..
        } = self;
        let divides = temperature.is_finite() && *temperature > 0.0;
        if !divides {
            return Err(format!(
                "the temperature is {temperature}, expected a finite number above 0"
            ));
        }
        if !threshold.is_finite() {
            return Err(format!(
                "the threshold is {threshold}, expected a finite number"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(score: Score, threshold: f32) -> Calibration {
        Calibration {
            temperature: 2.0,
            score,
            threshold,
        }
    }

    #[test]
    fn scores_of_known_logits() {
        // Softmax of ln 1, ln 2, ln 5: 1/8, 2/8, 5/8.
        let logits = [1f32.ln(), 2f32.ln(), 5f32.ln()];
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(Score::Probability.of(&logits, 1.0), 0.625);
        close(Score::Energy.of(&logits, 1.0), 8f64.ln());
        close(Score::MaxLogit.of(&logits, 1.0), 5f64.ln());
        // Flatter at a higher temperature; the other two do not know of it.
        close(Score::Probability.of(&logits, 1e9), 1.0 / 3.0);
        close(Score::Energy.of(&logits, 1e9), 8f64.ln());
        close(log_sum_exp(&[3000.0, 3000.0], 1.0), 3000.0 + 2f64.ln());
    }

    #[test]
    fn what_scores_less_than_the_threshold_is_no_digit() {
        let logits = [4.0, -1.0, 0.0];
        assert!(with(Score::MaxLogit, 4.0).is_digit(&logits));
        assert!(!with(Score::MaxLogit, 4.1).is_digit(&logits));
        assert!(with(Score::Energy, 4.0).is_digit(&logits));
        // 1 / (1 + e^-2.5 + e^-2) at the temperature 2.
        assert!(with(Score::Probability, 0.82).is_digit(&logits));
        assert!(!with(Score::Probability, 0.83).is_digit(&logits));
    }

    #[test]
    fn impossible_numbers_are_named() {
        assert_eq!(with(Score::Energy, -3.0).check(), Ok(()));
        for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let calibration = Calibration {
                temperature,
                ..with(Score::Energy, 1.0)
            };
            let reason = calibration.check().unwrap_err();
            assert!(reason.contains("temperature"), "{reason}");
        }
        let reason = with(Score::Energy, f32::INFINITY).check().unwrap_err();
        assert!(reason.contains("threshold"), "{reason}");
    }

    #[test]
    fn it_is_written_in_words() {
        let json = serde_json::to_string(&with(Score::MaxLogit, 1.5)).unwrap();
        assert_eq!(
            json,
            r#"{"temperature":2.0,"score":"max-logit","threshold":1.5}"#
        );
        let read: Calibration = serde_json::from_str(&json).unwrap();
        assert_eq!(read, with(Score::MaxLogit, 1.5));
    }
}

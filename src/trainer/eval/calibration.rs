//! Whether probabilities mean what they say: temperature scaling, reliability and expected calibration error (Guo et al.
//! 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599).

use super::reader::largest;
use mnistify_learning::metrics::CLASSES;
use mnistify_network::Score;
pub use mnistify_network::calibration::log_sum_exp;
use serde::{Deserialize, Serialize};

/// The temperatures among which the best is sought.
const TEMPERATURES: [f64; 2] = [0.05, 20.0];
/// Steps of the search; each leaves 0.618 of the range, 60 of them a relative 10⁻¹².
const STEPS: usize = 60;
/// Bins of the reliability table, as in the paper.
pub const BINS: usize = 15;

/// The predictions whose confidence falls into one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// From which probability to which; the last bin includes its upper end.
    pub edges: [f64; 2],
    /// How many there are.
    pub count: usize,
    /// Their mean probability of the answer.
    pub confidence: f64,
    /// The part of them that is right.
    pub accuracy: f64,
}

/// The probability of the answer at a temperature.
pub fn confidence(logits: &[f32; CLASSES], temperature: f64) -> f64 {
    Score::Probability.of(logits, temperature)
}

/// The mean negative log-likelihood of the labels at a temperature.
pub fn nll(logits: &[[f32; CLASSES]], labels: &[u8], temperature: f64) -> f64 {
    let losses = logits.iter().zip(labels).map(|(logits, label)| {
        let logit = f64::from(logits[usize::from(*label)]);
        log_sum_exp(logits, temperature) - logit / temperature
    });
    losses.sum::<f64>() / logits.len().max(1) as f64
}

/// The temperature of the least negative log-likelihood, by golden-section search over its logarithm. In 1/T the loss
/// is convex, so it has one minimum in log T too.
pub fn fit_temperature(logits: &[[f32; CLASSES]], labels: &[u8]) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let loss = |log: f64| nll(logits, labels, log.exp());
    let [mut low, mut high] = TEMPERATURES.map(f64::ln);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..STEPS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = loss(right);
        }
    }
    (0.5 * (low + high)).exp()
}

/// Confidence and correctness of the answers in [`BINS`] intervals of equal width from 0 to 1.
pub fn reliability(logits: &[[f32; CLASSES]], labels: &[u8], temperature: f64) -> Vec<Bin> {
    let edge = |place: usize| place as f64 / BINS as f64;
    let mut bins: Vec<Bin> = (0..BINS)
        .map(|place| Bin {
            edges: [edge(place), edge(place + 1)],
            ..Bin::default()
        })
        .collect();
    for (logits, label) in logits.iter().zip(labels) {
        let confidence = confidence(logits, temperature);
        let place = ((confidence * BINS as f64) as usize).min(BINS - 1);
        let bin = &mut bins[place];
        bin.count += 1;
        bin.confidence += confidence;
        bin.accuracy += f64::from(u8::from(largest(logits) == *label));
    }
    for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    bins
}

/// The mean distance between confidence and accuracy over the bins, weighted by their counts; from 0 to 1.
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let gaps = bins
        .iter()
        .map(|bin| bin.count as f64 * (bin.confidence - bin.accuracy).abs());
    gaps.sum::<f64>() / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_learning::random::{Purpose, generator};
    use rand::Rng;

    /// Logits whose labels are drawn from their own softmax, so that their right temperature is 1.
    fn honest(count: u64) -> (Vec<[f32; CLASSES]>, Vec<u8>) {
        let draw = |index| {
            let mut rng = generator(8, Purpose::Split, index);
            let logits: [f32; CLASSES] = std::array::from_fn(|_| rng.random_range(-3.0..3.0));
            let sum = log_sum_exp(&logits, 1.0);
            let mut left: f64 = rng.random();
            let mut label = 0;
            for (class, logit) in logits.iter().enumerate() {
                label = class as u8;
                left -= (f64::from(*logit) - sum).exp();
                if left < 0.0 {
                    break;
                }
            }
            (logits, label)
        };
        (0..count).map(draw).unzip()
    }

    #[test]
    fn the_fit_recovers_a_known_temperature() {
        let (logits, labels) = honest(6000);
        for temperature in [0.5, 1.0, 2.5] {
            let factor = temperature as f32;
            let scaled: Vec<_> = logits
                .iter()
                .map(|logits| logits.map(|logit| logit * factor))
                .collect();
            let found = fit_temperature(&scaled, &labels);
            assert!(
                (found / temperature - 1.0).abs() < 0.08,
                "{temperature}: {found}"
            );
            assert!(nll(&scaled, &labels, found) <= nll(&scaled, &labels, temperature));
        }
    }

    #[test]
    fn honest_probabilities_have_a_small_error_and_exaggerated_ones_a_large_one() {
        let (logits, labels) = honest(6000);
        let error =
            |temperature| expected_calibration_error(&reliability(&logits, &labels, temperature));
        assert!(error(1.0) < 0.03, "{}", error(1.0));
        assert!(error(0.3) > 0.15, "{}", error(0.3));
    }

    #[test]
    fn perfect_predictions_have_no_error() {
        let logits: Vec<[f32; CLASSES]> = (0..CLASSES)
            .map(|label| std::array::from_fn(|class| if class == label { 500.0 } else { 0.0 }))
            .collect();
        let labels: Vec<u8> = (0..CLASSES as u8).collect();
        let bins = reliability(&logits, &labels, 1.0);
        assert_eq!(expected_calibration_error(&bins), 0.0);
        assert_eq!((bins[0].edges[0], bins[BINS - 1].edges[1]), (0.0, 1.0));
        assert!(
            bins.windows(2)
                .all(|pair| pair[0].edges[1] == pair[1].edges[0])
        );
        assert_eq!(
            (bins[BINS - 1].count, bins[BINS - 1].accuracy),
            (CLASSES, 1.0)
        );
        assert_eq!(nll(&logits, &labels, 1.0), 0.0);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    #[test]
    fn confidence_is_the_largest_probability() {
        let mut logits = [0.0; CLASSES];
        logits[4] = 3f32.ln();
        assert!((confidence(&logits, 1.0) - 0.25).abs() < 1e-6);
        assert!((confidence(&logits, 1e6) - 0.1).abs() < 1e-6);
    }
}

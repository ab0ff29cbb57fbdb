//! Scores that tell digits from what is none, and the threshold on them.

use super::{
    Reading,
    calibration::fit_temperature,
    gaussian::{Covariance, Gaussian},
};
use mnistify_learning::metrics::CLASSES;
use mnistify_network::Score;

/// Names of the scores, in the order of [`Scorer::scores`]: those of the logits, in the order of [`Score::ALL`], then the
/// distances.
pub const NAMES: [&str; 5] = [
    Score::Probability.name(),
    Score::Energy.name(),
    Score::MaxLogit.name(),
    "distance, diagonal",
    "distance, full",
];

/// The scores of one network.
pub struct Scorer {
    /// What the logits are divided by for the probability.
    pub temperature: f64,
    diagonal: Gaussian,
    full: Gaussian,
}

impl Scorer {
    /// The distances are fitted on `training`, the temperature on `validation`; each with its labels, and not empty.
    pub fn fit(training: (&[Reading], &[u8]), validation: (&[Reading], &[u8])) -> Self {
        let (readings, labels) = training;
        let features: Vec<&[f32]> = readings.iter().map(|r| r.features.as_slice()).collect();
        let logits = logits_of(validation.0);
        Self {
            temperature: fit_temperature(&logits, validation.1),
            diagonal: Gaussian::fit(&features, labels, Covariance::Diagonal),
            full: Gaussian::fit(&features, labels, Covariance::Full),
        }
    }

    /// The larger, the more like a digit: what [`Score`] makes of the logits, at the fitted temperature; and the negative
    /// squared distances.
    pub fn scores(&self, reading: &Reading) -> [f64; NAMES.len()] {
        let [probability, energy, largest] =
            Score::ALL.map(|score| score.of(&reading.logits, self.temperature));
        [
            probability,
            energy,
            largest,
            -self.diagonal.distance(&reading.features),
            -self.full.distance(&reading.features),
        ]
    }
}

/// The logits alone.
pub fn logits_of(readings: &[Reading]) -> Vec<[f32; CLASSES]> {
    readings.iter().map(|reading| reading.logits).collect()
}

/// The score below which `rate` of these lie (or as few less as ties demand).
pub fn threshold(scores: &[f64], rate: f64) -> f64 {
    if scores.is_empty() {
        return f64::NEG_INFINITY;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = (rate * sorted.len() as f64) as usize;
    sorted[place.min(sorted.len() - 1)]
}

/// The part of the scores below the threshold; 0 of nothing.
pub fn rejected(scores: impl ExactSizeIterator<Item = f64>, threshold: f64) -> f64 {
    let count = scores.len().max(1) as f64;
    scores.filter(|score| *score < threshold).count() as f64 / count
}

/// How well a score parts digits from others, whatever the threshold: the probability that a digit scores more than one
/// of the others, a tie counting half (the area under the ROC curve; Hanley & McNeil 1982, Radiology 143). 0.5 where
/// either is empty.
pub fn auroc(digits: &[f64], others: &[f64]) -> f64 {
    if digits.is_empty() || others.is_empty() {
        return 0.5;
    }
    let mut sorted = digits.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let wins = others.iter().map(|other| {
        let less = sorted.partition_point(|digit| digit < other);
        let not_more = sorted.partition_point(|digit| digit <= other);
        (sorted.len() - not_more) as f64 + 0.5 * (not_more - less) as f64
    });
    wins.sum::<f64>() / (sorted.len() * others.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_rejects_as_many_as_it_should() {
        let scores: Vec<f64> = (0..1000).rev().map(f64::from).collect();
        let limit = threshold(&scores, 0.01);
        assert_eq!(limit, 10.0);
        assert_eq!(rejected(scores.iter().copied(), limit), 0.01);
        assert_eq!(rejected([9.0, 11.0].into_iter(), limit), 0.5);
        // Ties are kept together, on the side of the accepted.
        assert_eq!(
            rejected([1.0; 50].into_iter(), threshold(&[1.0; 50], 0.1)),
            0.0
        );
        assert_eq!(threshold(&[], 0.01), f64::NEG_INFINITY);
    }

    #[test]
    fn the_area_is_the_part_of_the_pairs_in_order() {
        assert_eq!(auroc(&[3.0, 4.0], &[1.0, 2.0]), 1.0);
        assert_eq!(auroc(&[1.0, 2.0], &[4.0, 3.0]), 0.0);
        assert_eq!(auroc(&[1.0, 1.0], &[1.0]), 0.5);
        // 3 > 2, 3 > 1, 1 < 2, and a tie.
        assert_eq!(auroc(&[1.0, 3.0], &[2.0, 1.0]), 0.625);
        assert_eq!(auroc(&[], &[1.0]), 0.5);
    }

    #[test]
    fn a_sure_answer_near_a_mean_has_the_larger_scores() {
        let reading = |class: usize, size: f32, offset: f32| {
            let mut logits = [0.0; CLASSES];
            logits[class] = size;
            let features = vec![class as f32 * 5.0 + offset, offset * offset];
            Reading { logits, features }
        };
        let offsets = [-0.3, -0.1, 0.1, 0.3];
        let digits: Vec<Reading> = (0..40)
            .map(|index| reading(index % 10, 6.0, offsets[index / 10]))
            .collect();
        let labels: Vec<u8> = (0..40).map(|index| (index % 10) as u8).collect();
        let scorer = Scorer::fit((&digits, &labels), (&digits, &labels));
        let near = scorer.scores(&reading(3, 6.0, 0.05));
        let far = scorer.scores(&reading(3, 1.0, 2.0));
        for (name, (near, far)) in NAMES.iter().zip(near.iter().zip(far)) {
            assert!(*near > far, "{name}: {near} {far}");
        }
    }
}

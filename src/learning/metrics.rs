//! The confusion matrix and the figures that follow from it.

use mnistify_network::Metrics;
use serde::{Deserialize, Serialize};

/// How many digits there are.
pub const CLASSES: usize = 10;

/// How often a digit (row) was read as another (column).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confusion {
    /// Numbers of images, `[digit, read as]`.
    pub counts: [[u64; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts predictions against labels, both from 0 to 9.
    pub fn new(labels: &[u8], predictions: &[u8]) -> Self {
        let mut confusion = Self::default();
        for (label, prediction) in labels.iter().zip(predictions) {
            confusion.counts[usize::from(*label)][usize::from(*prediction)] += 1;
        }
        confusion
    }

    /// How many images were counted.
    pub fn images(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// How many of them were read wrongly.
    pub fn errors(&self) -> u64 {
        let correct: u64 = (0..CLASSES).map(|class| self.counts[class][class]).sum();
        self.images() - correct
    }

    /// The part that was read correctly, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        1.0 - ratio(self.errors(), self.images(), 1.0)
    }

    /// Accuracy with the macro averages: precision, recall and F1 of each class, then their means. A class that was
    /// never predicted has precision 0, one without images recall 0.
    pub fn metrics(&self) -> Metrics {
        let (mut precision, mut recall, mut f1) = (0.0, 0.0, 0.0);
        for class in 0..CLASSES {
            let hits = self.counts[class][class];
            let actual: u64 = self.counts[class].iter().sum();
            let predicted: u64 = self.counts.iter().map(|row| row[class]).sum();
            precision += ratio(hits, predicted, 0.0);
            recall += ratio(hits, actual, 0.0);
            // 2PR/(P+R), written so that it is defined for P = R = 0.
            f1 += ratio(2 * hits, actual + predicted, 0.0);
        }
        let classes = CLASSES as f64;
        Metrics {
            images: self.images() as usize,
            accuracy: self.accuracy(),
            precision: precision / classes,
            recall: recall / classes,
            f1: f1 / classes,
        }
    }
}

fn ratio(part: u64, whole: u64, of_nothing: f64) -> f64 {
    if whole == 0 {
        of_nothing
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_matrix_has_the_known_figures() {
        // Two of the classes: 8 + 2 zeros (2 read as 1), 5 ones (1 read as 0); the others are all right.
        let mut confusion = Confusion::default();
        confusion.counts[0][0] = 8;
        confusion.counts[0][1] = 2;
        confusion.counts[1][1] = 4;
        confusion.counts[1][0] = 1;
        for class in 2..CLASSES {
            confusion.counts[class][class] = 3;
        }
        let metrics = confusion.metrics();
        assert_eq!(metrics.images, 39);
        assert_eq!(confusion.errors(), 3);
        assert!((metrics.accuracy - 36.0 / 39.0).abs() < 1e-12);
        let precision = (8.0 / 9.0 + 4.0 / 6.0 + 8.0) / 10.0;
        assert!((metrics.precision - precision).abs() < 1e-12);
        assert!((metrics.recall - (0.8 + 0.8 + 8.0) / 10.0).abs() < 1e-12);
        let f1 = (16.0 / 19.0 + 8.0 / 11.0 + 8.0) / 10.0;
        assert!((metrics.f1 - f1).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_not_a_success() {
        let metrics = Confusion::default().metrics();
        assert_eq!(
            (metrics.images, metrics.accuracy, metrics.f1),
            (0, 0.0, 0.0)
        );
    }

    #[test]
    fn predictions_are_counted() {
        let confusion = Confusion::new(&[1, 2, 2], &[1, 2, 3]);
        assert_eq!(confusion.counts[2], [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(confusion.errors(), 1);
    }
}

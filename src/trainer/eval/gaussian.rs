//! How far features lie from those of digits: a Gaussian for each class, all with one covariance (Lee et al. 2018, "A
//! Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", arXiv:1807.03888).

use crate::metrics::CLASSES;
use rayon::prelude::*;

/// What is added to every variance, as a part of their mean: features that never vary (an activation that is always 0)
/// would make the covariance singular.
const RIDGE: f64 = 1e-3;

/// Which covariance the classes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covariance {
    /// Variances alone.
    Diagonal,
    /// All of it.
    Full,
}

/// Class means and a shared covariance, ready to measure with.
#[derive(Clone, Debug)]
pub struct Gaussian {
    covariance: Covariance,
    /// Diagonal: the standard deviations. Full: the upper factor U of Σ = UᵀU, row by row.
    factor: Vec<f64>,
    /// The class means, whitened; none of a class without images.
    means: Vec<Vec<f64>>,
}

impl Gaussian {
    /// Fits features (all of one length) of labelled digits. Needs at least one.
    pub fn fit(features: &[&[f32]], labels: &[u8], covariance: Covariance) -> Self {
        let width = features[0].len();
        let mut sums = vec![vec![0.0f64; width]; CLASSES];
        let mut counts = [0usize; CLASSES];
        for (values, label) in features.iter().zip(labels) {
            let class = usize::from(*label);
            counts[class] += 1;
            for (sum, value) in sums[class].iter_mut().zip(*values) {
                *sum += f64::from(*value);
            }
        }
        let mut means = sums;
        for (mean, count) in means.iter_mut().zip(counts) {
            mean.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
        }
        let pairs = features.iter().zip(labels);
        let centred: Vec<Vec<f64>> = pairs
            .map(|(values, label)| {
                let mean = &means[usize::from(*label)];
                let differences = values.iter().zip(mean);
                differences.map(|(x, m)| f64::from(*x) - m).collect()
            })
            .collect();
        let factor = match covariance {
            Covariance::Diagonal => deviations(&centred, width),
            Covariance::Full => cholesky(scatter(&centred, width), width),
        };
        let mut fitted = Self {
            covariance,
            factor,
            means: Vec::new(),
        };
        let seen = means.iter().zip(counts).filter(|(_, count)| *count > 0);
        fitted.means = seen.map(|(mean, _)| fitted.whitened(mean)).collect();
        fitted
    }

    /// The squared Mahalanobis distance to the nearest class mean.
    pub fn distance(&self, features: &[f32]) -> f64 {
        let values: Vec<f64> = features.iter().map(|value| f64::from(*value)).collect();
        let place = self.whitened(&values);
        let to_mean = |mean: &Vec<f64>| {
            let differences = place.iter().zip(mean).map(|(x, m)| (x - m).powi(2));
            differences.sum::<f64>()
        };
        self.means.iter().map(to_mean).fold(f64::INFINITY, f64::min)
    }

    /// The values in a space where the covariance is the identity.
    fn whitened(&self, values: &[f64]) -> Vec<f64> {
        let mut place = values.to_vec();
        match self.covariance {
            Covariance::Diagonal => {
                for (value, deviation) in place.iter_mut().zip(&self.factor) {
                    *value /= deviation;
                }
            }
            // Uᵀy = x from the top; column by column of Uᵀ, which are the rows of U, so that the loops are wide.
            Covariance::Full => {
                let width = place.len();
                for (index, row) in self.factor.chunks_exact(width).enumerate() {
                    let (head, tail) = place.split_at_mut(index + 1);
                    head[index] /= row[index];
                    let value = head[index];
                    for (below, weight) in tail.iter_mut().zip(&row[index + 1..]) {
                        *below -= value * weight;
                    }
                }
            }
        }
        place
    }
}

/// The standard deviation of every feature about 0, ridge included.
fn deviations(centred: &[Vec<f64>], width: usize) -> Vec<f64> {
    let mut variances = vec![0.0f64; width];
    for values in centred {
        for (variance, value) in variances.iter_mut().zip(values) {
            *variance += value * value / centred.len() as f64;
        }
    }
    let ridge = ridge(variances.iter().sum::<f64>(), width);
    variances.iter().map(|v| (v + ridge).sqrt()).collect()
}

/// The upper half of `1/n Σ x·xᵀ` with the ridge on its diagonal, row by row.
fn scatter(centred: &[Vec<f64>], width: usize) -> Vec<f64> {
    let nothing = || vec![0.0f64; width * width];
    // Chunks of a fixed size, added up in order: the sum does not depend on the number of threads.
    let parts: Vec<Vec<f64>> = centred
        .par_chunks(2500)
        .map(|chunk| {
            let mut sum = nothing();
            for values in chunk {
                for (index, (row, value)) in sum.chunks_exact_mut(width).zip(values).enumerate() {
                    for (cell, other) in row[index..].iter_mut().zip(&values[index..]) {
                        *cell += value * other;
                    }
                }
            }
            sum
        })
        .collect();
    let mut total = nothing();
    for part in parts {
        for (cell, value) in total.iter_mut().zip(part) {
            *cell += value / centred.len() as f64;
        }
    }
    let trace = total.iter().step_by(width + 1).sum::<f64>();
    let ridge = ridge(trace, width);
    for cell in total.iter_mut().step_by(width + 1) {
        *cell += ridge;
    }
    total
}

fn ridge(trace: f64, width: usize) -> f64 {
    // Features that are all equal leave no scale; any will do then.
    let mean = trace / width as f64;
    if mean > 0.0 { RIDGE * mean } else { 1.0 }
}

/// The upper factor U of a positive definite matrix UᵀU, of which only the upper half is read and given.
fn cholesky(mut matrix: Vec<f64>, width: usize) -> Vec<f64> {
    for index in 0..width {
        let (above, below) = matrix.split_at_mut((index + 1) * width);
        let row = &mut above[index * width..];
        // Rounding could make a tiny pivot negative; the ridge keeps the true one above 0.
        let pivot = row[index].max(f64::MIN_POSITIVE).sqrt();
        row[index..].iter_mut().for_each(|value| *value /= pivot);
        for (offset, other) in below.chunks_exact_mut(width).enumerate() {
            let place = index + 1 + offset;
            let share = row[place];
            for (cell, value) in other[place..].iter_mut().zip(&row[place..]) {
                *cell -= share * value;
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use rand::Rng;

    #[test]
    fn the_factor_times_itself_is_the_matrix() {
        let matrix = vec![4.0, 2.0, 0.4, 0.0, 5.0, 1.0, 0.0, 0.0, 3.0];
        let u = cholesky(matrix.clone(), 3);
        for row in 0..3 {
            for column in row..3 {
                let product: f64 = (0..=row).map(|k| u[k * 3 + row] * u[k * 3 + column]).sum();
                assert!((product - matrix[row * 3 + column]).abs() < 1e-12);
            }
        }
    }

    /// Two classes of correlated features about (0, 0) and (10, 0).
    fn fitted(covariance: Covariance) -> Gaussian {
        let mut rng = generator(3, Purpose::Split, 0);
        let mut values: Vec<[f32; 2]> = Vec::new();
        let mut labels = Vec::new();
        for index in 0..4000u32 {
            let class = (index % 2) as u8;
            let (a, b): (f32, f32) = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
            values.push([10.0 * f32::from(class) + a, a + 0.1 * b]);
            labels.push(class);
        }
        let features: Vec<&[f32]> = values.iter().map(|pair| pair.as_slice()).collect();
        Gaussian::fit(&features, &labels, covariance)
    }

    #[test]
    fn distances_are_measured_in_deviations_to_the_nearest_mean() {
        // The variance of a uniform number from −1 to 1 is a third.
        let diagonal = fitted(Covariance::Diagonal);
        assert!(diagonal.distance(&[0.0, 0.0]) < 0.01);
        assert!((diagonal.distance(&[1.0, 0.0]) - 3.0).abs() < 0.3);
        assert!((diagonal.distance(&[11.0, 0.0]) - 3.0).abs() < 0.3);
    }

    #[test]
    fn the_full_covariance_knows_of_correlation() {
        let full = fitted(Covariance::Full);
        let along = full.distance(&[1.0, 1.0]);
        let across = full.distance(&[1.0, -1.0]);
        assert!(along < 4.0 && across > 100.0, "{along} {across}");
        assert!(full.distance(&[10.5, 0.5]) < 1.5);
    }

    #[test]
    fn features_that_never_vary_do_no_harm() {
        let values = [[1.0f32, 0.0], [2.0, 0.0], [3.0, 0.0]];
        let features: Vec<&[f32]> = values.iter().map(|pair| pair.as_slice()).collect();
        for covariance in [Covariance::Diagonal, Covariance::Full] {
            let gaussian = Gaussian::fit(&features, &[0, 0, 0], covariance);
            assert!(gaussian.distance(&[2.0, 0.0]).is_finite());
            assert!(gaussian.distance(&[2.0, 1.0]) > gaussian.distance(&[2.0, 0.0]));
        }
    }
}

//! How far features lie from those of digits: a Gaussian for each class, all with one covariance (Lee et al. 2018, "A
//! Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", arXiv:1807.03888).

use mnistify_learning::metrics::CLASSES;
use nalgebra::{Cholesky, DMatrix, DVector};

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

/// What makes the covariance the identity.
#[derive(Clone, Debug)]
enum Whitening {
    /// By the standard deviations.
    Divide(DVector<f64>),
    /// By the lower factor L of Σ = L·Lᵀ.
    Solve(DMatrix<f64>),
}

/// Class means and a shared covariance, ready to measure with.
#[derive(Clone, Debug)]
pub struct Gaussian {
    whitening: Whitening,
    /// The class means, whitened; none of a class without images.
    means: Vec<DVector<f64>>,
}

impl Gaussian {
    /// Fits features (all of one length) of labelled digits. Needs at least one.
    pub fn fit(features: &[&[f32]], labels: &[u8], covariance: Covariance) -> Self {
        let width = features[0].len();
        // A column an image.
        let values = features.iter().flat_map(|values| values.iter().copied());
        let mut centred = DMatrix::from_iterator(width, features.len(), values.map(f64::from));
        let mut means = Vec::new();
        for class in 0..CLASSES {
            let own = |place: &usize| usize::from(labels[*place]) == class;
            let own: Vec<usize> = (0..features.len()).filter(own).collect();
            if own.is_empty() {
                continue;
            }
            let mean = centred.select_columns(&own).column_mean();
            for place in own {
                let mut column = centred.column_mut(place);
                column -= &mean;
            }
            means.push(mean);
        }
        let whitening = Whitening::of(&centred, covariance);
        let means = means.into_iter().map(|mean| whitening.apply(mean));
        Self {
            means: means.collect(),
            whitening,
        }
    }

    /// The squared Mahalanobis distance to the nearest class mean.
    pub fn distance(&self, features: &[f32]) -> f64 {
        let values = features.iter().map(|value| f64::from(*value));
        let place = self
            .whitening
            .apply(DVector::from_iterator(features.len(), values));
        let distances = self.means.iter().map(|mean| (&place - mean).norm_squared());
        distances.fold(f64::INFINITY, f64::min)
    }
}

impl Whitening {
    /// Of `1/n Σ x·xᵀ` over the columns, ridge included.
    fn of(centred: &DMatrix<f64>, covariance: Covariance) -> Self {
        let count = centred.ncols() as f64;
        let rows = centred.row_iter().map(|row| row.norm_squared() / count);
        let variances = DVector::from_iterator(centred.nrows(), rows);
        // Features that are all equal leave no scale; any will do then.
        let mean = variances.mean();
        let ridge = if mean > 0.0 { RIDGE * mean } else { 1.0 };
        match covariance {
            Covariance::Diagonal => {
                Self::Divide(variances.map(|variance| (variance + ridge).sqrt()))
            }
            Covariance::Full => {
                let mut matrix = centred * centred.transpose() / count;
                for index in 0..matrix.nrows() {
                    matrix[(index, index)] += ridge;
                }
                let factor = Cholesky::new(matrix).expect("the ridge keeps every pivot above 0");
                Self::Solve(factor.unpack())
            }
        }
    }

    /// The values in a space where the covariance is the identity.
    fn apply(&self, values: DVector<f64>) -> DVector<f64> {
        match self {
            Self::Divide(deviations) => values.component_div(deviations),
            Self::Solve(factor) => {
                let solved = factor.solve_lower_triangular(&values);
                solved.expect("no pivot is 0")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_learning::random::{Purpose, generator};
    use rand::Rng;

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

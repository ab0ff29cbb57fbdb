//! Mean, spread and standard error of a few runs that differ in nothing but their seed.

/// What some values have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    pub count: usize,
    /// 0 of nothing.
    pub mean: f64,
    /// The sample standard deviation (n − 1 in the denominator); one value has none.
    pub sd: Option<f64>,
}

impl Summary {
    /// The summary of these values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        if count == 0 {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Self { count, mean, sd }
    }

    /// Mean and standard deviation with so many digits after the point: `0.52 ± 0.03`, or the mean alone.
    pub fn text(&self, digits: usize) -> String {
        match self.sd {
            Some(sd) => format!("{:.digits$} ± {sd:.digits$}", self.mean),
            None => format!("{:.digits$}", self.mean),
        }
    }
}

/// The standard deviation within groups that are taken to spread alike; none where no group has two values. Few seeds
/// say little about their own spread; all levels of a factor together say more.
pub fn pooled_sd(groups: &[Summary]) -> Option<f64> {
    let (mut squares, mut freedom) = (0.0, 0);
    for group in groups {
        if let Some(sd) = group.sd {
            squares += sd * sd * (group.count - 1) as f64;
            freedom += group.count - 1;
        }
    }
    (freedom > 0).then(|| (squares / freedom as f64).sqrt())
}

/// The standard error of the difference of two groups' means, where one value spreads by `sd`.
pub fn error_of_difference(sd: f64, counts: [usize; 2]) -> f64 {
    let parts = counts.map(|count| 1.0 / count.max(1) as f64);
    sd * (parts[0] + parts[1]).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_have_the_known_summary() {
        let summary = Summary::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((summary.count, summary.mean), (8, 5.0));
        assert!((summary.sd.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(summary.text(2), "5.00 ± 2.14");
        assert_eq!(Summary::of(&[0.5]).text(1), "0.5");
        assert_eq!(Summary::of(&[]), Summary::default());
    }

    #[test]
    fn groups_are_pooled_by_their_degrees_of_freedom() {
        let groups = [&[1.0, 3.0][..], &[10.0, 10.0, 10.0], &[7.0]].map(Summary::of);
        // Squares 2 and 0 over 1 + 2 degrees of freedom.
        let sd = pooled_sd(&groups).unwrap();
        assert!((sd - (2.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(pooled_sd(&groups[2..]), None);
        assert!((error_of_difference(1.0, [1, 4]) - 1.25f64.sqrt()).abs() < 1e-12);
    }
}

//! Seeded random search: each run's configuration depends on the search's seed and the run's number alone, so that
//! processes can share a search and a run can be repeated.

use crate::runs::Planned;
use mnistify_learning::{
    Sampling::{Bilinear, Nearest},
    Schedule::{OneCycle, Plateau},
    TrainConfig,
    random::{Purpose, generator},
};
use rand::Rng;

/// Evaluations during each run.
const EVALUATIONS: usize = 10;

/// A run of the search around `base`, which tells what is not varied, among it the steps. Run 0 is `base` itself, as the
/// yardstick.
pub fn planned(base: &TrainConfig, number: usize) -> Planned {
    Planned {
        config: sample(base, number),
        label: format!("run {number}"),
        number: Some(number),
    }
}

fn sample(base: &TrainConfig, run: usize) -> TrainConfig {
    let mut config = base.clone();
    config.seed = base.seed.wrapping_add(run as u64);
    config.evaluate_every = (base.steps / EVALUATIONS).max(1);
    if run == 0 {
        return config;
    }
    let mut rng = generator(base.seed, Purpose::Search, run as u64);
    config.batch = pick(&mut rng, &[128, 256, 512]);
    config.learning_rate = logarithmic(&mut rng, 5e-4, 6e-3);
    config.weight_decay = logarithmic(&mut rng, 5e-3, 0.2);
    config.schedule = pick(&mut rng, &[OneCycle, OneCycle, Plateau]);
    config.decay = pick(&mut rng, &[0.3, 0.5, 0.7]);
    config.patience = pick(&mut rng, &[1, 2, 3]);
    if config.schedule == OneCycle {
        // It would end the run before the rate comes down.
        config.patience = 0;
    }
    let augmentation = &mut config.augmentation;
    augmentation.rotation = pick(&mut rng, &[5.0, 8.0, 10.0, 12.0, 15.0, 20.0]);
    augmentation.scale = pick(&mut rng, &[0.05, 0.08, 0.1, 0.13, 0.16, 0.2]);
    augmentation.shift = pick(&mut rng, &[1.0, 1.5, 2.0, 2.5, 3.0]);
    augmentation.sampling = pick(&mut rng, &[Bilinear, Bilinear, Nearest]);
    augmentation.elastic = pick(&mut rng, &[0.0, 0.4, 0.8, 1.2, 1.6]);
    config
}

fn pick<T: Copy>(rng: &mut impl Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

/// Uniform in the logarithm, to two significant digits, so that the journal stays readable.
fn logarithmic(rng: &mut impl Rng, least: f64, most: f64) -> f64 {
    let exponent: f64 = rng.random_range(least.ln()..=most.ln());
    let text = format!("{:.1e}", exponent.exp());
    text.parse().expect("a number in scientific notation")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_learning::ModelKind;

    #[test]
    fn samples_repeat_differ_and_are_valid() {
        let mut base = TrainConfig::defaults(ModelKind::Cnn, 256);
        base.steps = 1000;
        let first = sample(&base, 0);
        assert_eq!(first.augmentation, base.augmentation);
        assert_eq!(first.learning_rate, base.learning_rate);
        assert_eq!(planned(&base, 5), planned(&base, 5));
        assert_ne!(sample(&base, 5), sample(&base, 6));
        for run in 0..100 {
            let config = sample(&base, run);
            assert_eq!(config.validate(), Ok(()));
            assert_eq!((config.steps, config.evaluate_every), (1000, 100));
            assert!((5e-4..=6e-3).contains(&config.learning_rate));
        }
    }
}

//! Seeded random search: each run's configuration depends on the search's seed and the run's number alone, so that
//! processes can share a search and a run can be repeated.

use crate::{
    augment::Sampling,
    config::{Schedule, TrainConfig},
    engine::MakeEngine,
    feeder::Pool,
    journal::{self, JournalError, Run},
    random::{Purpose, generator},
    train_loop::{Event, Job, TrainError, train},
};
use mnistify_network::Metrics;
use rand::Rng;
use std::{
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use thiserror::Error;

/// Evaluations during each run.
const EVALUATIONS: usize = 10;

/// What to search and where to write it down.
pub struct Search<'a> {
    /// What the search does not vary, among it the steps and the search's seed.
    pub base: &'a TrainConfig,
    /// Which runs are to be made; finished ones are skipped.
    pub runs: Range<usize>,
    /// The folder of the journal.
    pub journal: &'a Path,
    /// What it runs on, for the journal.
    pub backend: &'a str,
    pub pool: &'a Arc<Pool>,
    /// Set from outside to end the search; the run in progress is dropped.
    pub stop: &'a AtomicBool,
}

/// Why a search ended.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(
        "{file}: holds run {run} with another configuration. Repeat that search's options, or move the file away"
    )]
    OtherSearch { file: String, run: usize },
}

/// The configuration of a run. Run 0 is `base` itself, as the yardstick.
pub fn sample(base: &TrainConfig, run: usize) -> TrainConfig {
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
    config.schedule = pick(
        &mut rng,
        &[Schedule::OneCycle, Schedule::OneCycle, Schedule::Plateau],
    );
    config.decay = pick(&mut rng, &[0.3, 0.5, 0.7]);
    let patience = pick(&mut rng, &[1, 2, 3]);
    // In a one-cycle schedule a patience would end the run before the rate comes down.
    config.patience = match config.schedule {
        Schedule::OneCycle => 0,
        Schedule::Plateau => patience,
    };
    let augmentation = &mut config.augmentation;
    augmentation.rotation = pick(&mut rng, &[5.0, 8.0, 10.0, 12.0, 15.0, 20.0]);
    augmentation.scale = pick(&mut rng, &[0.05, 0.08, 0.1, 0.13, 0.16, 0.2]);
    augmentation.shift = pick(&mut rng, &[1.0, 1.5, 2.0, 2.5, 3.0]);
    augmentation.sampling = pick(
        &mut rng,
        &[Sampling::Bilinear, Sampling::Bilinear, Sampling::Nearest],
    );
    augmentation.elastic = pick(&mut rng, &[0.0, 0.4, 0.8, 1.2, 1.6]);
    config
}

/// Makes the runs that the journal lacks and keeps its table up to date. Returns how many were made.
pub fn search(
    search: &Search<'_>,
    maker: &mut dyn MakeEngine,
    report: &mut dyn FnMut(usize, &Event),
) -> Result<usize, SearchError> {
    let model = search.base.model;
    let spec = model.spec();
    let mut made = 0;
    for number in search.runs.clone() {
        if search.stop.load(Ordering::Relaxed) {
            break;
        }
        let config = sample(search.base, number);
        // Read anew each time: another process may have finished it meanwhile.
        let finished = journal::read(search.journal, model)?;
        if let Some(known) = finished.iter().find(|run| run.run == number) {
            if known.config != config {
                let file = journal::lines_path(search.journal, model);
                return Err(SearchError::OtherSearch {
                    file: file.display().to_string(),
                    run: number,
                });
            }
            continue;
        }
        let job = Job {
            spec: &spec,
            config: &config,
            pool: search.pool,
            checkpoint: None,
            resume: None,
            stop: search.stop,
        };
        let started = Instant::now();
        let validation = match train(&job, maker, &mut |event: &Event| report(number, event)) {
            Ok(outcome) if outcome.stopped => break,
            Ok(outcome) => outcome.validation.metrics(),
            Err(TrainError::Diverged { .. }) => Metrics::default(),
            Err(error) => return Err(error.into()),
        };
        let run = Run {
            run: number,
            config,
            backend: search.backend.to_string(),
            seconds: started.elapsed().as_secs_f64(),
            validation,
        };
        journal::append(search.journal, model, &run)?;
        journal::rebuild(search.journal, model)?;
        made += 1;
    }
    Ok(made)
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
    use crate::config::ModelKind;

    #[test]
    fn samples_repeat_differ_and_are_valid() {
        let mut base = TrainConfig::defaults(ModelKind::Cnn, 256);
        base.steps = 1000;
        assert_eq!(sample(&base, 5), sample(&base, 5));
        assert_ne!(sample(&base, 5), sample(&base, 6));
        for run in 0..100 {
            let config = sample(&base, run);
            assert_eq!(config.validate(), Ok(()));
            assert_eq!((config.steps, config.evaluate_every), (1000, 100));
            assert!((5e-4..=6e-3).contains(&config.learning_rate));
        }
    }

    #[test]
    fn the_first_run_is_the_recipe() {
        let base = TrainConfig::defaults(ModelKind::Mlp, 512);
        let first = sample(&base, 0);
        assert_eq!(first.augmentation, base.augmentation);
        assert_eq!(first.learning_rate, base.learning_rate);
    }
}

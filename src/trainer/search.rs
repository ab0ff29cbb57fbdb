//! Seeded random search: each run's configuration depends on the search's seed and the run's number alone, so that
//! processes can share a search and a run can be repeated. The runs are lines of `hyperparameters-mlp.jsonl` and
//! `hyperparameters-cnn.jsonl`.

use crate::{
    records::{self, RecordError},
    train_loop::{Measured, TrainError},
};
use mnistify_learning::{
    ModelKind, Sampling, Schedule, TrainConfig,
    random::{Purpose, generator},
};
use mnistify_network::Metrics;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Evaluations during each run.
const EVALUATIONS: usize = 10;

/// One finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number within the search, from 0.
    pub run: usize,
    pub config: TrainConfig,
    /// What it ran on.
    pub backend: String,
    /// Wall-clock training time.
    pub seconds: f64,
    /// All 0 where the loss was no longer finite.
    pub validation: Metrics,
}

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
}

/// Why a search ended.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error(transparent)]
    Record(#[from] RecordError),
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

fn pick<T: Copy>(rng: &mut impl Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

/// Uniform in the logarithm, to two significant digits, so that the journal stays readable.
fn logarithmic(rng: &mut impl Rng, least: f64, most: f64) -> f64 {
    let exponent: f64 = rng.random_range(least.ln()..=most.ln());
    let text = format!("{:.1e}", exponent.exp());
    text.parse().expect("a number in scientific notation")
}

/// All runs of `model` in `folder`, by number; of two with one number the first counts.
pub fn read(folder: &Path, model: ModelKind) -> Result<Vec<Run>, RecordError> {
    let mut runs = BTreeMap::new();
    let start = format!("hyperparameters-{}", model.name());
    for run in records::read_all::<Run>(folder, &start, ".jsonl")? {
        runs.entry(run.run).or_insert(run);
    }
    Ok(runs.into_values().collect())
}

fn lines_path(folder: &Path, model: ModelKind) -> PathBuf {
    folder.join(format!("hyperparameters-{}.jsonl", model.name()))
}

/// Makes the runs that the journal lacks, by `train_once`, until one is stopped. Returns how many were made.
pub fn search(
    search: &Search<'_>,
    train_once: &mut dyn FnMut(usize, &TrainConfig) -> Result<Measured, TrainError>,
) -> Result<usize, SearchError> {
    let model = search.base.model;
    let file = lines_path(search.journal, model);
    let mut made = 0;
    for number in search.runs.clone() {
        let config = sample(search.base, number);
        // Read anew each time: another process may have finished it meanwhile.
        let finished = read(search.journal, model)?;
        if let Some(known) = finished.iter().find(|run| run.run == number) {
            if known.config != config {
                return Err(SearchError::OtherSearch {
                    file: file.display().to_string(),
                    run: number,
                });
            }
            continue;
        }
        let (seconds, validation) = match train_once(number, &config) {
            Ok(measured) if measured.stopped => break,
            Ok(measured) => (measured.seconds, measured.validation.metrics()),
            Err(TrainError::Diverged { .. }) => (0.0, Metrics::default()),
            Err(error) => return Err(error.into()),
        };
        let run = Run {
            run: number,
            config,
            backend: search.backend.to_string(),
            seconds,
            validation,
        };
        records::append(&file, &run)?;
        made += 1;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_learning::Confusion;

    #[test]
    fn samples_repeat_differ_and_are_valid() {
        let mut base = TrainConfig::defaults(ModelKind::Cnn, 256);
        base.steps = 1000;
        let first = sample(&base, 0);
        assert_eq!(first.augmentation, base.augmentation);
        assert_eq!(first.learning_rate, base.learning_rate);
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
    fn finished_runs_are_skipped_and_another_search_is_noticed() {
        let folder = scratch_folder("search");
        let mut base = TrainConfig::defaults(ModelKind::Mlp, 512);
        let mut train_once = |number: usize, _: &TrainConfig| {
            Ok(Measured {
                validation: Confusion::new(&[1, 2], &[1, 3]),
                step: 1,
                best_step: None,
                seconds: 1.0,
                stopped: number == 2,
            })
        };
        let mut make = |base: &TrainConfig, runs| {
            let plan = Search {
                base,
                runs,
                journal: &folder,
                backend: "cpu",
            };
            search(&plan, &mut train_once)
        };
        assert_eq!(make(&base, 1..2).unwrap(), 1);
        assert_eq!(make(&base, 0..4).unwrap(), 1);
        let numbers: Vec<usize> = read(&folder, ModelKind::Mlp)
            .unwrap()
            .iter()
            .map(|r| r.run)
            .collect();
        assert_eq!(numbers, [0, 1]);
        base.seed = 9;
        let error = make(&base, 0..2).unwrap_err();
        assert!(
            matches!(error, SearchError::OtherSearch { run: 0, .. }),
            "{error}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

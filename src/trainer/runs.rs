//! Runs of a search or a study: planned, made where they are missing, and kept one a line in files such as
//! `studies-cnn.jsonl`.
//!
//! A run is known by its whole configuration, so that a plan can be interrupted and several processes can share one.

use crate::{
    records::{self, RecordError},
    train_loop::{Outcome, TrainError},
};
use mnistify_learning::{ModelKind, TrainConfig};
use mnistify_network::Metrics;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A run that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub config: TrainConfig,
    /// A name for people.
    pub label: String,
    /// Its number within a search.
    pub number: Option<usize>,
}

/// A finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number within a search, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<usize>,
    pub config: TrainConfig,
    /// What it ran on.
    pub backend: String,
    /// Wall-clock training time.
    pub seconds: f64,
    /// The step that the weights are from.
    #[serde(default)]
    pub step: usize,
    /// The step of the best evaluation on the way.
    #[serde(default)]
    pub best_step: Option<usize>,
    /// None where the loss was no longer finite.
    pub validation: Option<Metrics>,
    /// How many validation images were read wrongly.
    #[serde(default)]
    pub errors: Option<u64>,
}

/// Where runs are kept: the files of a folder whose names begin so.
#[derive(Clone, Copy, Debug)]
pub struct Journal<'a> {
    pub folder: &'a Path,
    kind: &'static str,
    pub model: ModelKind,
}

/// Why not all runs were made.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(
        "{file}: holds run {number} with another configuration. Repeat that search's options, or move the file away"
    )]
    OtherSearch { file: String, number: usize },
}

impl<'a> Journal<'a> {
    /// Where random searches are kept.
    pub fn searches(folder: &'a Path, model: ModelKind) -> Self {
        let kind = "hyperparameters";
        Self {
            folder,
            kind,
            model,
        }
    }

    /// Where studies of one factor at a time are kept.
    pub fn studies(folder: &'a Path, model: ModelKind) -> Self {
        let kind = "studies";
        Self {
            folder,
            kind,
            model,
        }
    }

    fn name(&self) -> String {
        format!("{}-{}", self.kind, self.model.name())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.name()))
    }

    /// All runs; of two with one configuration the first counts.
    ///
    /// # Errors
    /// Where a file cannot be read or is not what it should be.
    pub fn read(&self) -> Result<Vec<Run>, RecordError> {
        let mut runs: Vec<Run> = Vec::new();
        for run in records::read_all::<Run>(self.folder, &self.name(), ".jsonl")? {
            if !runs.iter().any(|known| known.config == run.config) {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// Makes the planned runs that are missing, by `train`, until one is stopped; returns how many were made.
    ///
    /// # Errors
    /// Where a training fails otherwise than by diverging, or a file cannot be read or written.
    pub fn make(
        &self,
        plan: impl IntoIterator<Item = Planned>,
        backend: &str,
        train: &mut dyn FnMut(&Planned) -> Result<Outcome, TrainError>,
    ) -> Result<usize, RunError> {
        let mut made = 0;
        for planned in plan {
            // Read anew each time: another process may have finished it meanwhile.
            let finished = self.read()?;
            if finished.iter().any(|known| known.config == planned.config) {
                continue;
            }
            if let Some(number) = planned.number
                && finished.iter().any(|known| known.run == planned.number)
            {
                let file = self.path().display().to_string();
                return Err(RunError::OtherSearch { file, number });
            }
            let (step, outcome) = match train(&planned) {
                Ok(outcome) if outcome.stopped => break,
                Ok(outcome) => (outcome.step, Some(outcome)),
                Err(TrainError::Diverged { step, .. }) => (step, None),
                Err(error) => return Err(error.into()),
            };
            let outcome = outcome.as_ref();
            let run = Run {
                run: planned.number,
                config: planned.config,
                backend: backend.to_string(),
                seconds: outcome.map_or(0.0, |outcome| outcome.seconds),
                step,
                best_step: outcome.and_then(|outcome| outcome.best_step),
                validation: outcome.map(|outcome| outcome.validation.metrics()),
                errors: outcome.map(|outcome| outcome.validation.errors()),
            };
            records::append(&self.path(), &run)?;
            made += 1;
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_learning::Confusion;
    use mnistify_network::{Model, NetworkSpec};

    #[test]
    fn finished_runs_are_skipped_and_a_diverged_one_is_recorded() {
        let folder = scratch_folder("runs");
        let journal = Journal::studies(&folder, ModelKind::Cnn);
        let planned = |seed: u64, number| {
            let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
            config.seed = seed;
            let label = String::new();
            Planned {
                config,
                label,
                number,
            }
        };
        let mut train = |one: &Planned| match one.config.seed {
            4 => Err(TrainError::Diverged {
                step: 3,
                loss: f32::NAN,
            }),
            seed => Ok(Outcome {
                model: Model::random(NetworkSpec::mlp(), 1),
                step: 9,
                best_step: Some(7),
                validation: Confusion::new(&[1, 2, 3, 4], &[1, 2, 3, 5]),
                seconds: 1.5,
                images_per_second: 0.0,
                stopped: seed == 5,
                history: Vec::new(),
            }),
        };
        let mut make = |plan: Vec<Planned>| journal.make(plan, "cpu", &mut train);
        assert_eq!(
            make(vec![planned(1, Some(1)), planned(2, None)]).unwrap(),
            2
        );
        let plan = [1, 2, 3, 4, 5, 6].map(|seed| planned(seed, None));
        assert_eq!(make(plan.to_vec()).unwrap(), 2);
        let runs = journal.read().unwrap();
        let found: Vec<_> = runs
            .iter()
            .map(|run| (run.config.seed, run.step, run.errors))
            .collect();
        assert_eq!(
            found,
            [
                (1, 9, Some(1)),
                (2, 9, Some(1)),
                (3, 9, Some(1)),
                (4, 3, None)
            ]
        );
        let error = make(vec![planned(9, Some(1))]).unwrap_err();
        assert!(
            matches!(error, RunError::OtherSearch { number: 1, .. }),
            "{error}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

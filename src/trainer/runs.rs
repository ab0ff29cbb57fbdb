//! Runs of a search or a study: planned, made where they are missing, and kept one a line in files such as
//! `studies-cnn.jsonl`.
//!
//! A run is known by its whole configuration, so that a plan can be interrupted and several processes can share one.

use crate::{
    Result, records,
    train_loop::{Diverged, Outcome},
};
use mnistify_learning::{ModelKind, TrainConfig};
use mnistify_network::Metrics;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
    #[serde(skip_serializing_if = "Option::is_none")]
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
    pub best_step: Option<usize>,
    /// None where the loss was no longer finite.
    pub validation: Option<Metrics>,
    /// How many validation images were read wrongly.
    pub errors: Option<u64>,
}

/// The kind of random searches in the names of their files.
pub const SEARCHES: &str = "hyperparameters";
/// The kind of studies of one factor at a time.
pub const STUDIES: &str = "studies";

fn stem(kind: &str, model: ModelKind) -> String {
    format!("{kind}-{}", model.name())
}

/// All runs of a kind that a folder has; of two with one configuration the first counts.
///
/// # Errors
/// Where a file cannot be read or is not what it should be.
pub fn read(folder: &Path, kind: &str, model: ModelKind) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for run in records::read_all::<Run>(folder, &stem(kind, model), ".jsonl")? {
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
    folder: &Path,
    kind: &str,
    plan: impl IntoIterator<Item = Planned>,
    backend: &str,
    train: &mut dyn FnMut(&Planned) -> Result<Outcome>,
) -> Result<usize> {
    let mut made = 0;
    for planned in plan {
        let model = planned.config.model;
        let path = folder.join(format!("{}.jsonl", stem(kind, model)));
        // Read anew each time: another process may have finished it meanwhile.
        let finished = read(folder, kind, model)?;
        if finished.iter().any(|known| known.config == planned.config) {
            continue;
        }
        if let Some(number) = planned.number
            && finished.iter().any(|known| known.run == planned.number)
        {
            let file = path.display();
            let reason = format!("holds run {number} with another configuration");
            return Err(format!(
                "{file}: {reason}. Repeat that search's options, or move the file away"
            )
            .into());
        }
        let (step, outcome) = match train(&planned) {
            Ok(outcome) if outcome.stopped => break,
            Ok(outcome) => (outcome.step, Some(outcome)),
            Err(error) => match error.downcast_ref() {
                Some(Diverged { step, .. }) => (*step, None),
                None => return Err(error),
            },
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
        records::append(&path, &run)?;
        made += 1;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_learning::Confusion;
    use mnistify_network::{Model, NetworkSpec};

    fn planned(seed: u64, number: Option<usize>) -> Planned {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.seed = seed;
        Planned {
            config,
            label: String::new(),
            number,
        }
    }

    /// Seed 4 diverges, seed 5 is stopped.
    fn train(one: &Planned) -> Result<Outcome> {
        let (step, loss) = (3, f32::NAN);
        match one.config.seed {
            4 => Err(Diverged { step, loss }.into()),
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
        }
    }

    #[test]
    fn finished_runs_are_skipped_and_a_diverged_one_is_recorded() {
        let folder = scratch_folder("runs");
        let make = |plan: Vec<Planned>| make(&folder, STUDIES, plan, "cpu", &mut train);
        let begun = vec![planned(1, Some(1)), planned(2, None)];
        assert_eq!(make(begun).unwrap(), 2);
        let all = (1..=6).map(|seed| planned(seed, None)).collect();
        assert_eq!(make(all).unwrap(), 2);
        let runs = read(&folder, STUDIES, ModelKind::Cnn).unwrap();
        let found = runs
            .iter()
            .map(|run| (run.config.seed, run.step, run.errors));
        let expected = [
            (1, 9, Some(1)),
            (2, 9, Some(1)),
            (3, 9, Some(1)),
            (4, 3, None),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let error = make(vec![planned(9, Some(1))]).unwrap_err().to_string();
        assert!(error.contains("holds run 1 with another"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

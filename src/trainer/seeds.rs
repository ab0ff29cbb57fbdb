//! Runs of record: one recipe over several seeds, each with its figures on validation and, read once, on test. One line a
//! run in `seeds-mlp.jsonl` and `seeds-cnn.jsonl`, as `train --json` writes it.

use crate::{Result, document, eval::report::Report, records, train_loop::Evaluation};
use mnistify_learning::TrainConfig;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The seed whose weights ship. Fixed before any run, so that no test figure can choose it.
pub const SHIPPED: u64 = 1;

/// One finished run with its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedRun {
    pub config: TrainConfig,
    /// The command that makes it again, saved.
    pub command: String,
    /// What it ran on.
    pub backend: String,
    /// The step that the weights are from.
    pub step: usize,
    /// Whether it was stopped from outside.
    pub stopped: bool,
    /// Wall-clock training time.
    pub seconds: f64,
    pub images_per_second: f64,
    /// The evaluations on the way.
    #[serde(default)]
    pub history: Vec<Evaluation>,
    pub validation: Report,
    /// Read once, after the weights were final.
    pub test: Report,
}

/// Adds a run to a network's file.
///
/// # Errors
/// Where the file cannot be written.
pub fn append(folder: &Path, run: &SeedRun) -> Result<()> {
    let file = format!("seeds-{}.jsonl", run.config.model.name());
    records::append(&folder.join(file), run)
}

/// The runs of one recipe, whatever their seed, in the order of the seeds; of two with one seed the later counts.
///
/// # Errors
/// Where a file cannot be read or a line is not a run.
pub fn read(folder: &Path, recipe: &TrainConfig) -> Result<Vec<SeedRun>> {
    let start = format!("seeds-{}", recipe.model.name());
    let mut runs: Vec<SeedRun> = Vec::new();
    for run in records::read_all::<SeedRun>(folder, &start, ".jsonl")? {
        let same = TrainConfig {
            seed: run.config.seed,
            ..recipe.clone()
        };
        if run.stopped || run.config != same {
            continue;
        }
        runs.retain(|known| known.config.seed != run.config.seed);
        runs.push(run);
    }
    runs.sort_by_key(|run| run.config.seed);
    Ok(runs)
}

/// The command that makes any of these runs again, where `$seed` is its seed; nothing of nothing.
pub fn command(runs: &[SeedRun]) -> String {
    let Some(first) = runs.first() else {
        return String::new();
    };
    let seed = format!(" --seed {} ", first.config.seed);
    let command = document::current(&first.command);
    command
        .replace(&seed, " --seed $seed ")
        .replace(" --save", "")
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_learning::{Confusion, ModelKind};

    /// A run with so many of 10 test images wrong.
    pub fn run(model: ModelKind, seed: u64, wrong: usize) -> SeedRun {
        let mut config = TrainConfig::defaults(model, model.default_batch());
        config.seed = seed;
        let labels: Vec<u8> = (0..10).collect();
        let mut answers = labels.clone();
        for answer in &mut answers[..wrong] {
            *answer = 9;
        }
        SeedRun {
            command: format!("{} {} --save --half", document::COMMAND, config.options()),
            step: config.steps,
            config,
            backend: "a GPU".to_string(),
            stopped: false,
            seconds: 75.0,
            images_per_second: 1000.0,
            history: Vec::new(),
            validation: Report::new(&Confusion::new(&labels, &labels)),
            test: Report::new(&Confusion::new(&labels, &answers)),
        }
    }

    #[test]
    fn runs_of_the_recipe_are_read_the_last_of_a_seed_counting() {
        let folder = scratch_folder("seeds");
        let model = ModelKind::Cnn;
        let mut other = run(model, 3, 1);
        other.config.ema = 0.5;
        let mut stopped = run(model, 4, 1);
        stopped.stopped = true;
        let runs = [
            run(model, 2, 1),
            run(model, 1, 5),
            other,
            stopped,
            run(model, 1, 2),
        ];
        for one in &runs {
            append(&folder, one).unwrap();
        }
        let recipe = TrainConfig::defaults(model, model.default_batch());
        let runs = read(&folder, &recipe).unwrap();
        assert_eq!(runs, [run(model, 1, 2), run(model, 2, 1)]);
        let command = command(&runs);
        assert!(
            command.contains(" --seed $seed ") && !command.contains("--save"),
            "{command}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

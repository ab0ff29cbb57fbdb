//! Runs of record: one recipe over several seeds, each with its figures on validation and, read once, on test. One line a
//! run in `seeds-mlp.jsonl` and `seeds-cnn.jsonl`, as `train --json` writes it.

use crate::{
    config::{ModelKind, TrainConfig},
    eval::{report::Report, table::table},
    journal::{self, JournalError},
    statistics::Summary,
    train_loop::Evaluation,
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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

/// The file of a network's runs.
pub fn lines_path(folder: &Path, model: ModelKind) -> PathBuf {
    folder.join(format!("seeds-{}.jsonl", model.name()))
}

/// Adds a run.
pub fn append(folder: &Path, run: &SeedRun) -> Result<(), JournalError> {
    journal::append_line(&lines_path(folder, run.config.model), run)
}

/// The runs of one recipe, whatever their seed, in the order of the seeds; of two with one seed the later counts.
pub fn read(folder: &Path, recipe: &TrainConfig) -> Result<Vec<SeedRun>, JournalError> {
    let start = format!("seeds-{}", recipe.model.name());
    let mut runs: Vec<SeedRun> = Vec::new();
    for run in journal::read_lines::<SeedRun>(folder, &start)? {
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

/// The heading of the card's section.
pub fn heading(runs: &[SeedRun]) -> String {
    match runs.len() {
        5 => "## Five seeds".to_string(),
        count => format!("## {count} seeds"),
    }
}

/// The errors in per cent on validation and on test, one a run.
pub fn errors(runs: &[SeedRun]) -> [Vec<f64>; 2] {
    let of = |report: fn(&SeedRun) -> &Report| -> Vec<f64> {
        let accuracies = runs.iter().map(|run| report(run).metrics.accuracy);
        accuracies
            .map(|accuracy| 100.0 * (1.0 - accuracy))
            .collect()
    };
    [of(|run| &run.validation), of(|run| &run.test)]
}

/// The place of the run that ships.
pub fn shipped(runs: &[SeedRun]) -> Option<usize> {
    runs.iter().position(|run| run.config.seed == SHIPPED)
}

/// The command that makes all runs again.
pub fn command(runs: &[SeedRun]) -> String {
    let Some(first) = runs.first() else {
        return String::new();
    };
    let all: Vec<String> = runs.iter().map(|run| run.config.seed.to_string()).collect();
    let seed = format!(" --seed {} ", first.config.seed);
    let one = first
        .command
        .replace(&seed, " --seed $seed ")
        .replace(" --save", "");
    format!(
        "for seed in {}; do\n  {one} --json - >> models/seeds-{}.jsonl\ndone",
        all.join(" "),
        first.config.model.name()
    )
}

/// The body of the card's section; `plot` is the plot's path from the card.
pub fn markdown(runs: &[SeedRun], plot: &str) -> String {
    let [validation, test] = errors(runs);
    let heading = [
        "seed",
        "validation accuracy",
        "validation errors",
        "test accuracy",
        "test errors",
    ];
    let accuracy = |report: &Report| format!("{:.2} %", 100.0 * report.metrics.accuracy);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for run in runs {
        let seed = run.config.seed;
        let cells = [
            match seed {
                SHIPPED => format!("{seed}, ships"),
                _ => seed.to_string(),
            },
            accuracy(&run.validation),
            run.validation.errors.to_string(),
            accuracy(&run.test),
            run.test.errors.to_string(),
        ];
        rows.push(match seed {
            SHIPPED => cells.map(|cell| format!("**{cell}**")).to_vec(),
            _ => cells.to_vec(),
        });
    }
    let counts = |report: fn(&SeedRun) -> &Report| {
        let counts: Vec<f64> = runs.iter().map(|run| report(run).errors as f64).collect();
        Summary::of(&counts).text(1)
    };
    let share = |errors: &[f64]| {
        let accuracies: Vec<f64> = errors.iter().map(|error| 100.0 - error).collect();
        format!("{} %", Summary::of(&accuracies).text(3))
    };
    rows.push(vec![
        "mean ± sd".to_string(),
        share(&validation),
        counts(|run| &run.validation),
        share(&test),
        counts(|run| &run.test),
    ]);
    format!(
        "One recipe, {} seeds. Every run kept the weights of its rule above and read the test images once, when they\n\
         were final. Seed {SHIPPED} ships: this was fixed before the first run, so no test figure chose it. ± is the\n\
         sample standard deviation over the seeds.\n\n{}\n\n![Errors of every seed on validation and test images]({plot})\
         \n\n```sh\n{}\n```",
        runs.len(),
        table(&heading.map(String::from), &rows),
        command(runs)
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::metrics::Confusion;

    /// A run with so many of 10 test images wrong.
    pub(crate) fn run(model: ModelKind, seed: u64, wrong: usize) -> SeedRun {
        let mut config = TrainConfig::defaults(model, model.default_batch());
        config.seed = seed;
        let labels: Vec<u8> = (0..10).collect();
        let mut answers = labels.clone();
        for answer in &mut answers[..wrong] {
            *answer = 9;
        }
        SeedRun {
            command: format!("{} --half", config.command()),
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
        let folder = std::env::temp_dir().join(format!("mnistify-seeds-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let model = ModelKind::Cnn;
        let mut other = run(model, 3, 1);
        other.config.ema = 0.5;
        let mut stopped = run(model, 4, 1);
        stopped.stopped = true;
        for one in [
            run(model, 2, 1),
            run(model, 1, 5),
            other,
            stopped,
            run(model, 1, 2),
        ] {
            append(&folder, &one).unwrap();
        }
        let recipe = TrainConfig::defaults(model, model.default_batch());
        let runs = read(&folder, &recipe).unwrap();
        assert_eq!(runs, [run(model, 1, 2), run(model, 2, 1)]);
        assert_eq!(shipped(&runs), Some(0));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_section_has_every_seed_mean_and_command() {
        let model = ModelKind::Mlp;
        let runs: Vec<SeedRun> = (1..=5)
            .map(|seed| run(model, seed, seed as usize))
            .collect();
        assert_eq!(heading(&runs), "## Five seeds");
        let text = markdown(&runs, "plots/mlp-seeds.svg");
        for part in [
            "| **1, ships** | **100.00 %** | **0** | **90.00 %** | **1** |",
            "| 5 | 100.00 % | 0 | 50.00 % | 5 |",
            "| mean ± sd | 100.000 ± 0.000 % | 0.0 ± 0.0 | 70.000 ± 15.811 % | 3.0 ± 1.6 |",
            "for seed in 1 2 3 4 5; do\n",
            " --seed $seed ",
            " --half --json - >> models/seeds-mlp.jsonl\n",
            "](plots/mlp-seeds.svg)",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        assert!(!text.contains("--save"), "{text}");
    }
}

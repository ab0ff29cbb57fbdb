//! The record of hyperparameters: JSON Lines files that are the source of truth, and a Markdown file for people that is
//! made of them. First the random search, then what the studies of one factor at a time say ([`crate::study_journal`]).
//!
//! Several processes may append to one file. Files named `hyperparameters-mlp*.jsonl` are read together, so that runs
//! from several machines can be laid side by side.

use crate::{
    config::{COMMAND, ModelKind, Schedule, TrainConfig},
    study, study_journal,
};
use mnistify_network::Metrics;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};
use thiserror::Error;

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

/// Why a journal cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("{file}: cannot be read: {source}. Check the path and the permissions")]
    Read {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: cannot be written: {source}. Check the path and the permissions")]
    Write {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: line {line} is not a finished run: {reason}. Correct or delete that line")]
    Line {
        file: String,
        line: usize,
        reason: String,
    },
    #[error("{file}: is not what it should hold: {reason}. Correct it or move it away")]
    Content { file: String, reason: String },
}

/// The file that new runs are appended to.
pub fn lines_path(folder: &Path, model: ModelKind) -> PathBuf {
    folder.join(format!("hyperparameters-{}.jsonl", model.name()))
}

/// The table for people.
pub fn markdown_path(folder: &Path, model: ModelKind) -> PathBuf {
    let name = model.name().to_uppercase();
    folder.join(format!("HYPERPARAMETERS-{name}.md"))
}

/// All runs of `model` in `folder`, by number; of two with one number the first counts.
pub fn read(folder: &Path, model: ModelKind) -> Result<Vec<Run>, JournalError> {
    let mut runs = BTreeMap::new();
    for run in read_lines::<Run>(folder, &format!("hyperparameters-{}", model.name()))? {
        runs.entry(run.run).or_insert(run);
    }
    Ok(runs.into_values().collect())
}

/// Adds a finished run.
pub fn append(folder: &Path, model: ModelKind, run: &Run) -> Result<(), JournalError> {
    append_line(&lines_path(folder, model), run)
}

/// Whether there is neither a search nor a study of `model`.
pub fn is_empty(folder: &Path, model: ModelKind) -> Result<bool, JournalError> {
    Ok(read(folder, model)?.is_empty() && study::read(folder, model)?.is_empty())
}

/// Makes the Markdown anew from the files, with the command also the plots, and returns where it lies.
pub fn rebuild(folder: &Path, model: ModelKind) -> Result<PathBuf, JournalError> {
    let runs = read(folder, model)?;
    let study = study::analyse(&study::read(folder, model)?);
    let mut text = if runs.is_empty() {
        format!("# Hyperparameters: {}\n", model.name().to_uppercase())
    } else {
        markdown(model, &runs)
    };
    if let Some(study) = &study {
        text.push_str(&format!("\n{}", study_journal::markdown(study)));
        #[cfg(feature = "train")]
        study_journal::save_plots(folder, study)?;
    }
    let path = markdown_path(folder, model);
    write_text(&path, &text)?;
    Ok(path)
}

/// Adds a line of JSON, as one write, so that processes that share the file do not mix their lines.
pub(crate) fn append_line(path: &Path, line: &impl Serialize) -> Result<(), JournalError> {
    let mut line = serde_json::to_string(line).expect("plain data becomes JSON");
    line.push('\n');
    make_folder(path)
        .and_then(|()| {
            let mut options = std::fs::OpenOptions::new();
            options.create(true).append(true).open(path)
        })
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|source| write_error(path, source))
}

/// Writes a whole file, and makes the folder for it.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), JournalError> {
    make_folder(path)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|source| write_error(path, source))
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// The text of a file; none where there is no such file.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, JournalError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => {
            let file = path.display().to_string();
            Err(JournalError::Read { file, source })
        }
    }
}

/// The lines of all files of a folder whose names begin with `start` and end with `.jsonl`, in the order of the names.
pub(crate) fn read_lines<T: DeserializeOwned>(
    folder: &Path,
    start: &str,
) -> Result<Vec<T>, JournalError> {
    let mut lines: Vec<T> = Vec::new();
    for path in files(folder, start, ".jsonl")? {
        let text = read_text(&path)?.unwrap_or_default();
        lines.extend(parse::<T>(&text, &path.display().to_string())?);
    }
    Ok(lines)
}

/// The run with the best validation accuracy; of equals the first.
pub fn best(runs: &[Run]) -> Option<&Run> {
    let accuracy = |run: &Run| run.validation.accuracy;
    runs.iter().reduce(|best, run| {
        if accuracy(run) > accuracy(best) {
            run
        } else {
            best
        }
    })
}

/// The table, one row a run.
pub fn markdown(model: ModelKind, runs: &[Run]) -> String {
    let name = model.name();
    let upper = name.to_uppercase();
    let (steps, seed) = runs.first().map_or((1, 1), |run| {
        let seed = run.config.seed.saturating_sub(run.run as u64);
        (run.config.steps, seed)
    });
    let count = runs.last().map_or(1, |run| run.run + 1);
    let mut options = format!("--model {name} --search {count} --steps {steps} --seed {seed}");
    // What the search held still, where the defaults are others by now.
    if let Some(first) = runs.first() {
        let defaults = TrainConfig::defaults(model, first.config.batch);
        let (old, new) = (&first.config, &defaults);
        for (option, old, new) in [
            (
                "thickness",
                old.augmentation.thickness,
                new.augmentation.thickness,
            ),
            ("wide", old.mixture.wide, new.mixture.wide),
            ("prepared", old.mixture.prepared, new.mixture.prepared),
            ("drawn", old.mixture.drawn, new.mixture.drawn),
            ("outliers", old.mixture.outliers, new.mixture.outliers),
        ] {
            if old != new {
                options.push_str(&format!(" --{option} {old}"));
            }
        }
    }
    let half = count / 2;
    let mut text = format!(
        "# Hyperparameter search: {upper}\n\n\
         Random search (Bergstra & Bengio 2012). Run 0 is the recipe of its time at the search's number of steps; every\n\
         other run's configuration is drawn from the search's seed and its own number, so it can be repeated alone.\n\
         All figures are from the 5,000 held-out validation images; the test images were never read. Precision, recall\n\
         and F1 are macro averages. The best run is bold.\n\n\
         Repeat the search, or in a second process only its second half:\n\n\
         ```sh\n\
         {COMMAND} {options}\n\
         {COMMAND} {options} --first {half}\n\
         ```\n\n\
         Finished runs are skipped. This file is made from `hyperparameters-{name}.jsonl` (`--journal` makes it anew),\n\
         which also holds each run's complete configuration and backend.\n\n"
    );
    if let Some(best) = best(runs) {
        text.push_str(&format!(
            "The best run again, saved:\n\n```sh\n{}\n```\n\n",
            best.config.command()
        ));
    }
    let columns = [
        "run",
        "seed",
        "batch",
        "learning rate",
        "steps",
        "schedule",
        "decay",
        "patience",
        "weight decay",
        "rotation",
        "scale",
        "shift",
        "sampling",
        "elastic",
        "time",
        "accuracy",
        "precision",
        "recall",
        "F1",
    ];
    text.push_str(&format!("| {} |\n", columns.join(" | ")));
    text.push_str(&format!("|{}\n", "---|".repeat(columns.len())));
    let best_run = best(runs).map(|run| run.run);
    for run in runs {
        let mut cells = cells(run);
        if Some(run.run) == best_run {
            for cell in &mut cells {
                *cell = format!("**{cell}**");
            }
        }
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

fn cells(run: &Run) -> Vec<String> {
    let config = &run.config;
    let a = &config.augmentation;
    let plateau = config.schedule == Schedule::Plateau;
    let only_plateau = |value: String| if plateau { value } else { "–".to_string() };
    let percent = |value: f64| format!("{:.2} %", 100.0 * value);
    let metrics = &run.validation;
    vec![
        run.run.to_string(),
        config.seed.to_string(),
        config.batch.to_string(),
        config.learning_rate.to_string(),
        config.steps.to_string(),
        config.schedule.name().to_string(),
        only_plateau(config.decay.to_string()),
        only_plateau(config.patience.to_string()),
        config.weight_decay.to_string(),
        format!("{}°", a.rotation),
        a.scale.to_string(),
        format!("{} px", a.shift),
        a.sampling.name().to_string(),
        format!("{} px", a.elastic),
        format!("{:.0} s", run.seconds),
        percent(metrics.accuracy),
        percent(metrics.precision),
        percent(metrics.recall),
        percent(metrics.f1),
    ]
}

/// The files of a folder whose names begin and end so, sorted; none where there is no folder.
pub(crate) fn files(folder: &Path, start: &str, end: &str) -> Result<Vec<PathBuf>, JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            let file = folder.display().to_string();
            return Err(JournalError::Read { file, source });
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(start) && name.ends_with(end))
        })
        .collect();
    paths.sort();
    Ok(paths)
}

fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<Vec<T>, JournalError> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line = serde_json::from_str(line).map_err(|error| JournalError::Line {
            file: file.to_string(),
            line: index + 1,
            reason: error.to_string(),
        })?;
        lines.push(line);
    }
    Ok(lines)
}

fn write_error(path: &Path, source: std::io::Error) -> JournalError {
    JournalError::Write {
        file: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: usize, accuracy: f64) -> Run {
        let mut config = TrainConfig::defaults(ModelKind::Mlp, 512);
        config.seed = number as u64;
        Run {
            run: number,
            config,
            backend: "cpu".to_string(),
            seconds: 12.5,
            validation: Metrics {
                images: 5000,
                accuracy,
                precision: accuracy,
                recall: accuracy,
                f1: accuracy,
            },
        }
    }

    #[test]
    fn runs_survive_the_file_and_come_back_in_order() {
        let folder = std::env::temp_dir().join(format!("mnistify-journal-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let model = ModelKind::Mlp;
        assert!(read(&folder, model).unwrap().is_empty());
        for number in [2, 0, 1] {
            append(&folder, model, &run(number, 0.9)).unwrap();
        }
        append(&folder, model, &run(1, 0.1)).unwrap();
        let runs = read(&folder, model).unwrap();
        assert_eq!(runs, [run(0, 0.9), run(1, 0.9), run(2, 0.9)]);
        assert!(read(&folder, ModelKind::Cnn).unwrap().is_empty());
        let text = std::fs::read_to_string(rebuild(&folder, model).unwrap()).unwrap();
        assert_eq!(text, markdown(model, &runs));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn studies_follow_the_search_or_stand_alone() {
        let folder = std::env::temp_dir().join(format!("mnistify-both-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let model = ModelKind::Mlp;
        assert!(is_empty(&folder, model).unwrap());
        let base = study::base(&TrainConfig::defaults(model, 512), 40);
        for one in study::plan(&base, &[study::Factor::Shift], 2) {
            let record = study::tests::record(one.config, 25);
            append_line(&study::lines_path(&folder, model), &record).unwrap();
        }
        assert!(!is_empty(&folder, model).unwrap());
        let text = std::fs::read_to_string(rebuild(&folder, model).unwrap()).unwrap();
        assert!(text.starts_with("# Hyperparameters: MLP\n\n## One factor at a time\n"));
        append(&folder, model, &run(0, 0.9)).unwrap();
        let text = std::fs::read_to_string(rebuild(&folder, model).unwrap()).unwrap();
        assert!(text.starts_with(&markdown(model, &[run(0, 0.9)])), "{text}");
        assert!(text.contains("\n\n## One factor at a time\n") && text.contains("### Shift\n"));
        let plot = folder.join(study_journal::plot_name(model, study::Factor::Shift));
        assert_eq!(plot.exists(), cfg!(feature = "train"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_best_run_is_bold() {
        let text = markdown(ModelKind::Mlp, &[run(0, 0.98), run(1, 0.99), run(2, 0.99)]);
        assert!(text.contains("| **1** |"), "{text}");
        assert!(text.contains("**99.00 %**") && text.contains("| 98.00 % |"));
        assert!(text.contains("| 2 |"));
    }

    #[test]
    fn a_broken_line_is_named() {
        let good = serde_json::to_string(&run(0, 0.5)).unwrap();
        let error = parse::<Run>(&format!("{good}\n\n{{"), "j.jsonl").unwrap_err();
        assert!(error.to_string().starts_with("j.jsonl: line 3"), "{error}");
    }
}

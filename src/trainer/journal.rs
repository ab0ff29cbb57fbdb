//! What searches and studies have found, for people: `HYPERPARAMETERS-MLP.md` and `HYPERPARAMETERS-CNN.md` with their
//! plots, made of the runs that `hyperparameters-*.jsonl` and `studies-*.jsonl` hold.

use crate::{
    chart::{self, Chart, Series},
    data::VALIDATION_IMAGES,
    display::Display,
    document,
    records::{self, RecordError},
    runs::{Journal, Planned, Run},
    study::{self, FactorResult, Study},
    train_loop::{Job, train},
};
use mnistify_learning::{ModelKind, TrainConfig, engine::MakeEngine, hyperparameters::TABLE};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The journal of a network.
pub fn markdown_path(folder: &Path, model: ModelKind) -> PathBuf {
    let name = model.name().to_uppercase();
    folder.join(format!("HYPERPARAMETERS-{name}.md"))
}

/// Makes the journal and its plots anew, and returns where it lies; nothing where there is neither a search nor a study.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn rebuild(folder: &Path, model: ModelKind) -> Result<Option<PathBuf>, RecordError> {
    let runs = searched(folder, model)?;
    let study = study::analyse(&Journal::studies(folder, model).read()?);
    if runs.is_empty() && study.is_none() {
        return Ok(None);
    }
    for result in study.iter().flat_map(|study| &study.factors) {
        let path = folder.join(format!("plots/{}-{}.svg", model.name(), result.name));
        records::write(&path, &factor_chart(model, result).svg())?;
    }
    let path = markdown_path(folder, model);
    records::write(&path, &markdown(model, &runs, study.as_ref()))?;
    Ok(Some(path))
}

/// Makes the runs of a plan that are missing, each of them `job` with its own configuration, and the journal anew.
///
/// # Errors
/// Where a training fails otherwise than by diverging, or a file cannot be read or written.
pub fn make(
    runs: &Journal<'_>,
    plan: impl IntoIterator<Item = Planned>,
    job: &Job<'_>,
    maker: &mut dyn MakeEngine,
    backend: &str,
) -> crate::Result<()> {
    let made = runs.make(plan, backend, &mut |Planned { config, label, .. }| {
        let mut display = Display::new(config.steps, format!("{label}: "));
        let job = Job { config, ..*job };
        train(&job, maker, &mut |event| display.show(event))
    });
    // It shows what there is, also where the plan ended early.
    if let Some(path) = rebuild(runs.folder, runs.model)? {
        eprintln!("the journal is {}", path.display());
    }
    eprintln!("{} runs made", made?);
    Ok(())
}

/// The runs of the search in the order of their numbers; they are recorded in the order in which they end.
fn searched(folder: &Path, model: ModelKind) -> Result<Vec<Run>, RecordError> {
    let mut runs = Journal::searches(folder, model).read()?;
    runs.sort_by_key(|run| run.run);
    Ok(runs)
}

fn markdown(model: ModelKind, runs: &[Run], study: Option<&Study>) -> String {
    let context = json!({
        "model": model.name(),
        "validation_images": VALIDATION_IMAGES,
        "search": best(runs).map(|best| search(model, runs, best)),
        "study": study,
    });
    document::render("journal.md", &context)
}

/// The run with the best validation accuracy; of equals the first.
fn best(runs: &[Run]) -> Option<&Run> {
    let accuracy = |run: &Run| run.validation.map_or(0.0, |metrics| metrics.accuracy);
    runs.iter().reduce(|best, run| {
        if accuracy(run) > accuracy(best) {
            run
        } else {
            best
        }
    })
}

fn search(model: ModelKind, runs: &[Run], best: &Run) -> Value {
    let first = &runs[0].config;
    let count = runs.len();
    let mut options = format!(
        "--model {} --search {count} --steps {} --seed {}",
        model.name(),
        first.steps,
        first.seed
    );
    // What the search held still, where the defaults are others by now.
    let defaults = TrainConfig::defaults(model, first.batch);
    let told = ["steps", "evaluate-every"];
    for one in TABLE.iter().filter(|one| !told.contains(&one.name)) {
        let value = one.get(first);
        if value != one.get(&defaults) {
            options.push_str(&format!(" --{} {}", one.name, one.text(value)));
        }
    }
    let best = json!({ "run": best.run, "options": best.config.options() });
    json!({ "options": options, "half": count / 2, "best": best, "runs": runs })
}

/// The validation error of every level, the base filled and with a line through its mean.
fn factor_chart(model: ModelKind, result: &FactorResult) -> Chart {
    let network = model.name().to_uppercase();
    let colour = chart::hue(&network);
    let table = result.factor.0;
    let mut ticks = Vec::new();
    let mut seeds = Series::dots(
        "single seeds; bars are ± 1 standard deviation",
        chart::QUIET,
        2,
    );
    let mut means = Series::line("", colour, false);
    let mut bars = Vec::new();
    for (index, level) in result.levels.iter().enumerate() {
        let x = if table.is_linear {
            level.level
        } else {
            index as f64
        };
        // Those that stand on a scale need no unit there.
        let label = if table.is_linear {
            x.to_string()
        } else {
            level.label.clone()
        };
        let diverged = if level.errors.is_empty() {
            " (diverged)"
        } else {
            ""
        };
        ticks.push((x, format!("{label}{diverged}")));
        seeds
            .points
            .extend(level.errors.iter().map(|error| (x, *error)));
        if table.is_linear && !level.errors.is_empty() {
            means.points.push((x, level.summary().mean));
        }
        bars.extend(chart::mean_and_sd(x, &level.errors, colour, level.is_base));
    }
    let mut base = Series::line("mean of the base recipe (filled)", chart::QUIET, true);
    let base_mean = result.base.summary().mean;
    base.points
        .extend(ticks.iter().map(|(x, _)| (*x, base_mean)));
    let unit = if table.unit.is_empty() {
        String::new()
    } else {
        format!(" ({})", table.unit)
    };
    Chart {
        title: format!("{network}: {}", table.title),
        x: format!("{}{unit}", table.what),
        ticks,
        y: "validation error (%)".to_string(),
        series: [base, means, seeds].into_iter().chain(bars).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        records::tests::scratch_folder,
        study::tests::{factors, run},
    };

    /// 30 errors at the base, 20 at ±10°, 130 without rotation, 30 for every moving average; ± the seed.
    fn studied(seeds: usize) -> Vec<Run> {
        let base = study::base(ModelKind::Cnn, 12);
        let planned = study::plan(&base, &factors(&["rotation", "ema"]), seeds);
        let errors = |config: &TrainConfig| match config.augmentation.rotation as u32 {
            0 => 130,
            10 => 20,
            15 => 30,
            _ => 40,
        };
        let runs = planned.into_iter().map(|one| {
            let errors = errors(&one.config) + one.config.seed;
            run(one.config, errors)
        });
        runs.collect()
    }

    #[test]
    fn a_study_has_a_table_a_plot_and_a_reading_for_each_factor() {
        let folder = scratch_folder("journal");
        let model = ModelKind::Cnn;
        assert_eq!(rebuild(&folder, model).unwrap(), None);
        for run in studied(3) {
            records::append(&folder.join("studies-cnn.jsonl"), &run).unwrap();
        }
        let text = records::read(&rebuild(&folder, model).unwrap().unwrap()).unwrap();
        for part in [
            "# Hyperparameters: CNN\n\n## One factor",
            "study --model cnn --seeds 3 --epochs 12 --seed 1\n",
            "### Rotation\n",
            "](plots/cnn-rotation.svg)",
            // 32 of 5,000 with one error more or less.
            "| **±15°** | **3** | **0.64 ± 0.02 %** | **–** |",
            "| off | 3 | 2.64 ± 0.02 % | +2.00 % (+122.5) |",
            "The best level is ±10° (0.44 ± 0.02 %), the base ±15° (0.64 ± 0.02 %): 0.20 % less, 12.2 standard errors, \
             more than noise explains.",
            "The worst is off (2.64 ± 0.02 %)",
            "is the best level",
            "0.0 standard errors, within noise",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        for (name, title) in [
            ("rotation", "CNN: Rotation"),
            ("ema", "CNN: Moving average"),
        ] {
            let svg = records::read(&folder.join(format!("plots/cnn-{name}.svg"))).unwrap();
            assert!(svg.contains(title), "{svg}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn one_seed_says_nothing_about_noise() {
        let study = study::analyse(&studied(1)).unwrap();
        let text = markdown(ModelKind::Cnn, &[], Some(&study));
        assert!(
            text.contains("single seeds") && text.contains("the same seed."),
            "{text}"
        );
    }

    #[test]
    fn the_shipped_journals_are_made_of_the_runs_beside_them() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        for model in ModelKind::ALL {
            let runs = searched(&models, model).unwrap();
            let study = study::analyse(&Journal::studies(&models, model).read().unwrap());
            let made = markdown(model, &runs, study.as_ref());
            let kept = records::read(&markdown_path(&models, model)).unwrap();
            let differs = made
                .lines()
                .zip(kept.lines())
                .find(|(made, kept)| made != kept);
            assert!(made == kept, "train --journal makes it anew: {differs:?}");
            assert!(made.contains("The best is run ") && made.contains(" --first 6\n"));
        }
    }
}

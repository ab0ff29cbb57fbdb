//! What searches and studies have found, for people: `HYPERPARAMETERS-MLP.md` and `HYPERPARAMETERS-CNN.md` with their
//! plots, made of the runs that `hyperparameters-*.jsonl` and `studies-*.jsonl` hold.

use crate::{
    Result,
    chart::{self, Chart, Series},
    data::VALIDATION_IMAGES,
    display::display,
    document, records,
    runs::{self, Planned, Run, SEARCHES, STUDIES},
    study::{self, FactorResult, Study},
    train_loop::{Job, train},
};
use mnistify_learning::{
    ModelKind, TrainConfig,
    engine::MakeEngine,
    hyperparameters::{TABLE, named},
};
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
pub fn rebuild(folder: &Path, model: ModelKind) -> Result<Option<PathBuf>> {
    let mut searched = runs::read(folder, SEARCHES, model)?;
    // They are recorded in the order in which they end.
    searched.sort_by_key(|run| run.run);
    let study = study::analyse(&runs::read(folder, STUDIES, model)?);
    if searched.is_empty() && study.is_none() {
        return Ok(None);
    }
    for result in study.iter().flat_map(|study| &study.factors) {
        let path = folder.join(format!("plots/{}-{}.svg", model.name(), result.name));
        records::write(&path, &factor_chart(model, result).svg())?;
    }
    let path = markdown_path(folder, model);
    records::write(&path, &markdown(model, &searched, study.as_ref()))?;
    Ok(Some(path))
}

/// Makes the runs of a plan that are missing, each of them `job` with its own configuration, and the journal anew.
///
/// # Errors
/// Where a training fails otherwise than by diverging, or a file cannot be read or written.
pub fn make(
    folder: &Path,
    kind: &str,
    plan: impl IntoIterator<Item = Planned>,
    job: &Job<'_>,
    maker: &mut dyn MakeEngine,
    backend: &str,
) -> Result<()> {
    let mut train_one = |Planned { config, label, .. }: &Planned| {
        let job = Job { config, ..*job };
        let mut display = display(config.steps, format!("{label}: "));
        train(&job, maker, &mut display)
    };
    let made = runs::make(folder, kind, plan, backend, &mut train_one);
    // It shows what there is, also where the plan ended early.
    if let Some(path) = rebuild(folder, job.config.model)? {
        eprintln!("the journal is {}", path.display());
    }
    eprintln!("{} runs made", made?);
    Ok(())
}

fn markdown(model: ModelKind, runs: &[Run], study: Option<&Study>) -> String {
    let context = json!({
        "model": model.name(),
        "validation_images": VALIDATION_IMAGES,
        "search": search(runs),
        "study": study,
    });
    document::render("journal.md", &context)
}

/// What a search has found; nothing of nothing.
fn search(runs: &[Run]) -> Option<Value> {
    let accuracy = |run: &Run| run.validation.map_or(0.0, |metrics| metrics.accuracy);
    // Of equals `max_by` takes the last.
    let last_first = runs.iter().rev();
    let best = last_first.max_by(|a, b| accuracy(a).total_cmp(&accuracy(b)))?;
    let first = &runs[0].config;
    let defaults = TrainConfig::defaults(first.model, first.batch);
    // What the search held still, where the defaults are others by now.
    let told = ["steps", "evaluate-every"];
    let held = TABLE.iter().filter(|one| !told.contains(&one.name));
    let held = held.filter(|one| one.get(first) != one.get(&defaults));
    let held = held.map(|one| format!(" --{} {}", one.name, one.text(one.get(first))));
    let best = json!({ "run": best.run, "options": best.config.options() });
    Some(json!({ "runs": runs, "held": held.collect::<String>(), "best": best }))
}

/// The validation error of every level, the base filled and with a line through its mean.
fn factor_chart(model: ModelKind, result: &FactorResult) -> Chart {
    let network = model.name().to_uppercase();
    let colour = chart::hue(&network);
    let table = named(result.name);
    let base_mean = result.base.summary().mean;
    let mut base = Series::line("mean of the base recipe (filled)", chart::QUIET, true);
    let mut means = Series::line("", colour, false);
    let about_seeds = "single seeds; bars are ± 1 standard deviation";
    let mut seeds = Series::dots(about_seeds, chart::QUIET, 2);
    let (mut ticks, mut bars) = (Vec::new(), Vec::new());
    for (index, level) in result.levels.iter().enumerate() {
        // Those that stand on a scale need no unit there.
        let (x, mut label) = if table.is_linear {
            (level.level, level.level.to_string())
        } else {
            (index as f64, level.label.clone())
        };
        if level.errors.is_empty() {
            label.push_str(" (diverged)");
        } else if table.is_linear {
            means.points.push((x, level.summary().mean));
        }
        ticks.push((x, label));
        base.points.push((x, base_mean));
        let errors = level.errors.iter();
        seeds.points.extend(errors.map(|error| (x, *error)));
        bars.extend(chart::mean_and_sd(x, &level.errors, colour, level.is_base));
    }
    Chart {
        title: format!("{network}: {}", table.title),
        x: match table.unit {
            "" => table.what.to_string(),
            unit => format!("{} ({unit})", table.what),
        },
        ticks,
        y: "validation error (%)".to_string(),
        series: [base, means, seeds].into_iter().chain(bars).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{records::tests::scratch_folder, study::tests::run};

    #[test]
    fn the_shipped_journals_and_plots_are_made_of_the_runs_beside_them() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let folder = scratch_folder("journal");
        for model in ModelKind::ALL {
            assert_eq!(rebuild(&folder, model).unwrap(), None);
            for kind in [SEARCHES, STUDIES] {
                let file = format!("{kind}-{}.jsonl", model.name());
                let runs = records::read(&models.join(&file)).unwrap();
                records::write(&folder.join(file), &runs).unwrap();
            }
            let path = rebuild(&folder, model).unwrap().unwrap();
            let plots = records::files(&folder.join("plots"), model.name(), ".svg").unwrap();
            assert_eq!(plots.len(), study::factors().count());
            for made in plots.iter().chain([&path]) {
                let name = made.strip_prefix(&folder).unwrap();
                let kept = records::read(&models.join(name)).unwrap();
                let made = records::read(made).unwrap();
                let is_same = made == kept;
                assert!(is_same, "{}: train --journal makes it anew", name.display());
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn one_seed_says_nothing_about_noise_and_no_figure_nothing_at_all() {
        let base = study::base(ModelKind::Cnn, None);
        let planned = study::plan(&base, &[named("rotation")], 1);
        let mut runs: Vec<Run> = planned.into_iter().map(|one| run(one.config, 20)).collect();
        let text = |runs: &[Run]| markdown(ModelKind::Cnn, &[], study::analyse(runs).as_ref());
        let told = text(&runs);
        assert!(
            told.contains("single seeds") && told.contains("the same seed."),
            "{told}"
        );
        runs[0].validation = None;
        let told = text(&runs);
        assert!(
            told.contains("nothing to compare with") && told.contains("| **diverged** |"),
            "{told}"
        );
    }
}

//! What searches and studies have found, for people: `HYPERPARAMETERS-MLP.md` and `HYPERPARAMETERS-CNN.md` with their
//! plots, made of the records that [`crate::search`] and [`crate::study`] keep.

use crate::{
    chart::{self, Chart, Mark},
    data::VALIDATION_IMAGES,
    document,
    records::{self, RecordError},
    search::{self, Run},
    statistics::sampling_sd,
    study::{self, Factor, FactorResult, LevelResult, Study},
};
use mnistify_learning::{ModelKind, TrainConfig, hyperparameters::TABLE};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The journal of a network.
pub fn markdown_path(folder: &Path, model: ModelKind) -> PathBuf {
    let name = model.name().to_uppercase();
    folder.join(format!("HYPERPARAMETERS-{name}.md"))
}

/// Makes the journal and its plots anew, and returns where it lies; nothing where there is neither a search nor a study.
pub fn rebuild(folder: &Path, model: ModelKind) -> Result<Option<PathBuf>, RecordError> {
    let runs = search::read(folder, model)?;
    let study = study::analyse(&study::read(folder, model)?);
    if runs.is_empty() && study.is_none() {
        return Ok(None);
    }
    for result in study.iter().flat_map(|study| &study.factors) {
        let path = folder.join(plot(model, result.factor));
        records::write(&path, &factor_chart(model, result).svg())?;
    }
    let path = markdown_path(folder, model);
    records::write(&path, &markdown(model, &runs, study.as_ref()))?;
    Ok(Some(path))
}

fn markdown(model: ModelKind, runs: &[Run], study: Option<&Study>) -> String {
    let context = json!({
        "model": model.name(),
        "validation_images": VALIDATION_IMAGES,
        "search": best(runs).map(|best| search_context(model, runs, best)),
        "study": study.map(study_context),
    });
    document::render("journal.md", &context)
}

/// The run with the best validation accuracy; of equals the first.
fn best(runs: &[Run]) -> Option<&Run> {
    runs.iter().reduce(|best, run| {
        if run.validation.accuracy > best.validation.accuracy {
            run
        } else {
            best
        }
    })
}

fn search_context(model: ModelKind, runs: &[Run], best: &Run) -> Value {
    let (first, count) = (&runs[0], runs[runs.len() - 1].run + 1);
    let TrainConfig { steps, seed, .. } = first.config;
    let seed = seed.saturating_sub(first.run as u64);
    let mut options = format!(
        "--model {} --search {count} --steps {steps} --seed {seed}",
        model.name()
    );
    // What the search held still, where the defaults are others by now.
    if first.run == 0 {
        let defaults = TrainConfig::defaults(model, first.config.batch);
        let counted = ["steps", "evaluate-every"];
        for one in TABLE.iter().filter(|one| !counted.contains(&one.name)) {
            let value = one.get(&first.config);
            if value != one.get(&defaults) {
                options.push_str(&format!(" --{} {}", one.name, one.text(value)));
            }
        }
    }
    json!({
        "options": options,
        "half": count / 2,
        "best": { "run": best.run, "options": best.config.options() },
        "runs": runs,
    })
}

fn study_context(study: &Study) -> Value {
    let base = &study.base;
    let mean = study.factors.first().and_then(FactorResult::base);
    let share = mean.map_or(0.0, |base| base.summary().mean / 100.0);
    let factors = study.factors.iter().map(|result| {
        let level = |level: &LevelResult| level_context(result.factor, level);
        json!({
            "title": result.factor.0.title,
            "plot": plot(base.model, result.factor),
            "base": result.base().map(level),
            "levels": result.levels.iter().map(level).collect::<Vec<_>>(),
            "ranked": result.ranked().into_iter().map(level).collect::<Vec<_>>(),
        })
    });
    json!({
        "seeds": study.seeds,
        "epochs": base.epochs(),
        "first_seed": base.seed,
        "is_default": study::is_default(base),
        "options": base.options(),
        "sampling": 100.0 * sampling_sd(share, VALIDATION_IMAGES),
        "factors": factors.collect::<Vec<_>>(),
    })
}

fn level_context(factor: Factor, level: &LevelResult) -> Value {
    json!({
        "label": factor.label(level.level),
        "is_base": level.is_base,
        "seeds": level.errors.len() + level.diverged,
        "diverged": level.diverged,
        "error_text": level.summary().text(2),
        "points": level.points,
        "error": level.error,
        "ratio": level.ratio(),
    })
}

/// Where a factor's plot lies, from the journal's folder.
fn plot(model: ModelKind, factor: Factor) -> String {
    format!("plots/{}-{}.svg", model.name(), factor.0.name)
}

/// The validation error of every level, the base filled and with a line through its mean.
fn factor_chart(model: ModelKind, result: &FactorResult) -> Chart {
    let network = model.name().to_uppercase();
    let colour = chart::hue(&network);
    let table = result.factor.0;
    let place = |index: usize, level: &LevelResult| {
        if table.is_linear {
            level.level
        } else {
            index as f64
        }
    };
    let levels: Vec<(f64, &LevelResult)> = result
        .levels
        .iter()
        .enumerate()
        .map(|(index, level)| (place(index, level), level))
        .collect();
    let ticks = levels.iter().map(|(x, level)| {
        // Those that stand on a scale need no unit there.
        let text = if table.is_linear {
            x.to_string()
        } else {
            result.factor.label(level.level)
        };
        let diverged = if level.errors.is_empty() {
            " (diverged)"
        } else {
            ""
        };
        (*x, format!("{text}{diverged}"))
    });
    let known = || levels.iter().filter(|(_, level)| !level.errors.is_empty());
    let mut marks = Vec::new();
    if let Some((_, base)) = known().find(|(_, level)| level.is_base) {
        let mean = base.summary().mean;
        let line = levels.iter().map(|(x, _)| (*x, mean));
        marks.push(Mark::line(line.collect(), chart::QUIET, true));
    }
    if table.is_linear {
        let means = known().map(|(x, level)| (*x, level.summary().mean));
        marks.push(Mark::line(means.collect(), colour, false));
    }
    for (x, level) in known() {
        let seeds = level.errors.iter();
        marks.extend(seeds.map(|error| Mark::dot((*x, *error), 2, chart::QUIET)));
        marks.extend(chart::mean_and_sd(*x, &level.errors, colour, level.is_base));
    }
    let unit = if table.unit.is_empty() {
        String::new()
    } else {
        format!(" ({})", table.unit)
    };
    Chart {
        title: format!("{network}: {}", table.title),
        x: (format!("{}{unit}", table.what), ticks.collect()),
        y: "validation error (%)".to_string(),
        marks,
        legend: vec![
            ("base recipe (filled)".to_string(), colour, None),
            ("its mean".to_string(), chart::QUIET, Some(true)),
            (
                "single seeds; bars are ± 1 standard deviation".to_string(),
                chart::QUIET,
                None,
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        records::tests::scratch_folder,
        study::tests::{factors, record},
    };
    use mnistify_network::Metrics;

    fn run(number: usize, accuracy: f64) -> Run {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.seed = 7 + number as u64;
        config.augmentation.thickness = 0.0;
        let part = accuracy;
        Run {
            run: number,
            config,
            backend: "cpu".to_string(),
            seconds: 12.5,
            validation: Metrics {
                images: 5000,
                accuracy,
                precision: part,
                recall: part,
                f1: part,
            },
        }
    }

    fn studied(seeds: usize) -> Vec<study::Record> {
        let base = study::base(ModelKind::Cnn, 12);
        let planned = study::plan(&base, &factors(&["rotation", "ema"]), seeds);
        let record = |one: study::Planned| {
            // 30 errors at the base, 20 at ±10°, 130 without rotation, 30 for every moving average; ± the seed.
            let wrong = match one.change {
                Some((factor, level)) if factor.0.name == "rotation" => match level as u32 {
                    0 => 130,
                    10 => 20,
                    _ => 40,
                },
                _ => 30,
            };
            let seed = one.config.seed;
            record(one.config, wrong + seed)
        };
        planned.into_iter().map(record).collect()
    }

    #[test]
    fn a_search_is_told_with_its_best_run_and_its_command() {
        let runs = [run(0, 0.98), run(1, 0.99), run(2, 0.99)];
        let text = markdown(ModelKind::Cnn, &runs, None);
        for part in [
            "The best is run 1.",
            " --search 3 --steps 25782 --seed 7 --thickness 0\n",
            " --first 1\n",
            "| 1 | 8 | 256 | 0.002 | 25782 | one-cycle | – | – | 0.05 | 15° | 0.13 | 2 px | bilinear | 0 px |",
            "| 99.00 % |",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        assert!(!text.contains("One factor"), "{text}");
    }

    #[test]
    fn a_study_has_a_table_a_plot_and_a_reading_for_each_factor() {
        let folder = scratch_folder("journal");
        let model = ModelKind::Cnn;
        assert_eq!(rebuild(&folder, model).unwrap(), None);
        for record in studied(3) {
            records::append(&folder.join("studies-cnn.jsonl"), &record).unwrap();
        }
        let path = rebuild(&folder, model).unwrap().unwrap();
        let text = records::read(&path).unwrap();
        for part in [
            "# Hyperparameters: CNN\n",
            "study --model cnn --seeds 3 --epochs 12 --seed 1\n",
            "### Rotation\n",
            "](plots/cnn-rotation.svg)",
            // 32 of 5,000 with one error more or less.
            "| **±15°** | **3** | **0.64 ± 0.02 %** | **–** |",
            "| off | 3 | 2.64 ± 0.02 % | +2.00 % (+122.5) |",
            "The best level is ±10° (0.44 ± 0.02 %), the base ±15° (0.64 ± 0.02 %): 0.20 % less, 12.2 standard errors, \
             more than noise explains.",
            "The worst is off (2.64 ± 0.02 %)",
            "### Moving average of the weights\n",
            "is the best level",
            "0.0 standard errors, within noise",
            "[Rotation](#rotation)",
            "`studies-cnn.jsonl`",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        assert!(!text.contains("## Random search"), "{text}");
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
    fn the_shipped_journals_are_made_of_the_records_beside_them() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        for model in ModelKind::ALL {
            let runs = search::read(&models, model).unwrap();
            let study = study::analyse(&study::read(&models, model).unwrap());
            let path = markdown_path(&models, model);
            let made = markdown(model, &runs, study.as_ref());
            assert!(
                made == records::read(&path).unwrap(),
                "train --journal makes it anew"
            );
        }
    }
}

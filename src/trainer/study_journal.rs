//! What the studies of one factor at a time say, as Markdown and, with the command, as plots: one table, one plot and
//! one reading a factor.

use crate::{
    config::{COMMAND, ModelKind, TrainConfig},
    data::VALIDATION_IMAGES,
    eval::table::table,
    statistics::sampling_sd,
    study::{self, Factor, FactorResult, LevelResult, Study},
};

/// Below so many standard errors a difference is called noise.
const NOISE: f64 = 2.0;

/// The command that makes the whole study.
pub fn command(study: &Study) -> String {
    let base = &study.base;
    format!(
        "{COMMAND} study --model {} --seeds {} --epochs {} --seed {}",
        base.model.name(),
        study.seeds,
        base.epochs().round(),
        base.seed
    )
}

/// Where a factor's plot lies, from the journal's folder.
pub fn plot_name(model: ModelKind, factor: Factor) -> String {
    format!("plots/{}-{}.svg", model.name(), factor.name())
}

/// The studies' section of the journal, from its heading on.
pub fn markdown(study: &Study) -> String {
    let name = study.base.model.name();
    let mut parts = vec![
        "## One factor at a time".to_string(),
        format!(
            "Each factor of the recipe was set to several levels while all else stayed, every level with the same {}.\n\
             The figures are errors on the {VALIDATION_IMAGES} held-out validation images at the end of training; the\n\
             test images were never read. Means are given with the sample standard deviation over the seeds. The base\n\
             recipe is bold; it is trained once a seed and is the same in every table. The runs are shorter than those of\n\
             the shipped network, so that a level which pays only in the long run can look worse here than it is.",
            seeds(study.seeds)
        ),
        format!(
            "The whole study again; finished runs are skipped, and `--share 0/2` and `--share 1/2` divide it between two\n\
             processes:\n\n```sh\n{}\n```",
            command(study)
        ),
        format!(
            "Tables, plots and readings are made from `studies-{name}.jsonl` (`--journal` makes them anew), which also\n\
             holds each run's complete configuration and backend."
        ),
        base_recipe(&study.base),
        noise(study),
    ];
    parts.push(format!("### What each factor does\n\n{}", overview(study)));
    for result in &study.factors {
        parts.push(section(study, result));
    }
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

fn seeds(count: usize) -> String {
    match count {
        1 => "seed".to_string(),
        _ => format!("{count} seeds"),
    }
}

fn base_recipe(base: &TrainConfig) -> String {
    let what = if study::is_default(base) {
        "the default recipe"
    } else {
        "a recipe of its own"
    };
    format!(
        "The base is {what} over {:.0} epochs; alone and saved:\n\n```sh\n{}\n```",
        base.epochs(),
        base.command()
    )
}

/// What the differences are measured against.
fn noise(study: &Study) -> String {
    let base = study.factors.first().and_then(FactorResult::base);
    let mean = base.map_or(0.0, |base| base.summary().mean);
    let sampling = 100.0 * sampling_sd(mean / 100.0, VALIDATION_IMAGES);
    format!(
        "A difference between two levels is given in units of its standard error, which follows from the standard\n\
         deviation within all levels of the factor together. Below {NOISE:.0} it is called noise: the best of several\n\
         levels lies that far from the base by chance alone now and then. The seeds say nothing about the choice of\n\
         images; another {VALIDATION_IMAGES} would move all levels together by about ±{sampling:.2} %."
    )
}

/// One row a factor.
fn overview(study: &Study) -> String {
    let heading = [
        "factor",
        "base",
        "best level",
        "best − base",
        "worst level",
        "worst − base",
    ];
    let rows: Vec<Vec<String>> = study
        .factors
        .iter()
        .map(|result| {
            let factor = result.factor;
            let ranked = result.ranked();
            let base = result.base().map(|base| factor.label(base.level));
            let mut cells = vec![
                format!("[{}](#{})", factor.title(), anchor(factor)),
                base.unwrap_or_default(),
            ];
            for level in [ranked.first(), ranked.last()] {
                match level {
                    Some(level) => {
                        cells.push(factor.label(level.level));
                        cells.push(distance(result, level));
                    }
                    None => cells.extend(["–".to_string(), "–".to_string()]),
                }
            }
            cells
        })
        .collect();
    table(&heading.map(String::from), &rows)
}

/// As GitHub makes it of a heading.
fn anchor(factor: Factor) -> String {
    factor.title().to_lowercase().replace(' ', "-")
}

/// `+0.12 % (3.4)`: points, and in units of their standard error.
fn distance(result: &FactorResult, level: &LevelResult) -> String {
    if level.is_base {
        return "–".to_string();
    }
    let Some(difference) = result.difference(level) else {
        return "–".to_string();
    };
    match difference.ratio() {
        Some(ratio) => format!("{:+.2} % ({ratio:+.1})", difference.points),
        None => format!("{:+.2} %", difference.points),
    }
}

fn section(study: &Study, result: &FactorResult) -> String {
    let factor = result.factor;
    let title = factor.title();
    let model = study.base.model;
    format!(
        "### {title}\n\n![{}: validation error at each level]({})\n\n{}\n\n{}",
        title,
        plot_name(model, factor),
        levels_table(result),
        reading(result)
    )
}

fn levels_table(result: &FactorResult) -> String {
    let factor = result.factor;
    let heading = [
        factor.title().to_lowercase(),
        "seeds".to_string(),
        "validation error".to_string(),
        "difference to base (in standard errors)".to_string(),
    ];
    let rows: Vec<Vec<String>> = result
        .levels
        .iter()
        .map(|level| {
            let errors = match (level.errors.len(), level.diverged) {
                (0, _) => "diverged".to_string(),
                (_, 0) => format!("{} %", level.summary().text(2)),
                (_, count) => format!("{} %, {count} diverged", level.summary().text(2)),
            };
            let cells = [
                factor.label(level.level),
                (level.errors.len() + level.diverged).to_string(),
                errors,
                match level.errors.is_empty() {
                    true => "–".to_string(),
                    false => distance(result, level),
                },
            ];
            match level.is_base {
                true => cells.map(|cell| format!("**{cell}**")).to_vec(),
                false => cells.to_vec(),
            }
        })
        .collect();
    table(&heading, &rows)
}

/// What the table says, in words.
pub fn reading(result: &FactorResult) -> String {
    let factor = result.factor;
    let ranked = result.ranked();
    let Some(base) = result.base().filter(|base| !base.errors.is_empty()) else {
        return "The base has no figure, so there is nothing to compare with.".to_string();
    };
    let Some(best) = ranked.first() else {
        return "No level has a figure.".to_string();
    };
    let named = |level: &LevelResult| {
        format!(
            "{} ({} %)",
            factor.label(level.level),
            level.summary().text(2)
        )
    };
    let mut sentences = Vec::new();
    if best.is_base {
        sentences.push(format!("The base, {}, is the best level.", named(base)));
        if let Some(next) = ranked.get(1) {
            sentences.push(format!(
                "The next best is {}: {}.",
                named(next),
                judged(result, next)
            ));
        }
    } else {
        sentences.push(format!(
            "The best level is {}, the base {}: {}.",
            named(best),
            named(base),
            judged(result, best)
        ));
    }
    let worst = ranked.iter().skip(1).next_back();
    if let Some(worst) = worst.filter(|worst| !worst.is_base && ranked.len() > 2) {
        sentences.push(format!(
            "The worst is {}: {}.",
            named(worst),
            judged(result, worst)
        ));
    }
    let diverged: usize = result.levels.iter().map(|level| level.diverged).sum();
    if diverged > 0 {
        sentences.push(format!("{diverged} of all runs diverged."));
    }
    sentences.join(" ")
}

/// A level's difference to the base and whether it is more than noise.
fn judged(result: &FactorResult, level: &LevelResult) -> String {
    let Some(difference) = result.difference(level) else {
        return "not to be compared".to_string();
    };
    let size = difference.points.abs();
    let direction = if difference.points > 0.0 {
        "more"
    } else {
        "less"
    };
    match (difference.error, difference.ratio()) {
        (None, _) => {
            format!("{size:.2} % {direction}; single seeds do not tell what of that is noise")
        }
        (Some(_), None) => format!("{size:.2} % {direction}; the seeds do not differ at all"),
        (Some(_), Some(ratio)) => {
            let ratio = ratio.abs();
            let verdict = if ratio < NOISE {
                "within noise"
            } else {
                "more than noise explains"
            };
            format!("{size:.2} % {direction}, {ratio:.1} standard errors, {verdict}")
        }
    }
}

/// Draws every factor into the folder `plots` beside the journal.
#[cfg(feature = "train")]
pub fn save_plots(
    folder: &std::path::Path,
    study: &Study,
) -> Result<(), crate::journal::JournalError> {
    let model = study.base.model;
    let network = model.name().to_uppercase();
    for result in &study.factors {
        let path = folder.join(plot_name(model, result.factor));
        let text = crate::plot::factor(&network, result).svg();
        crate::journal::write_text(&path, &text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{Level, analyse, base, plan, tests::record};

    fn study(seeds: usize) -> Study {
        let recipe = TrainConfig::defaults(ModelKind::Cnn, 256);
        let base = base(&recipe, 12);
        let planned = plan(&base, &[Factor::Rotation, Factor::Ema], seeds);
        let records: Vec<_> = planned
            .into_iter()
            .map(|one| {
                // 30 errors at the base, 20 at ±10°, 130 without rotation, 30 for every moving average; ± the seed.
                let wrong = match one.change {
                    Some((Factor::Rotation, Level::Number(degrees))) => match degrees as u32 {
                        0 => 130,
                        10 => 20,
                        _ => 40,
                    },
                    _ => 30,
                };
                let seed = one.config.seed;
                record(one.config, wrong + seed)
            })
            .collect();
        analyse(&records).unwrap()
    }

    #[test]
    fn a_section_has_a_table_a_plot_and_a_reading() {
        let study = study(3);
        let text = markdown(&study);
        for part in [
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
            "[Rotation](#rotation)",
            "`studies-cnn.jsonl`",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        let ema = &study.factors[1];
        let words = reading(ema);
        assert!(words.contains("is the best level"), "{words}");
        assert!(
            words.contains("0.0 standard errors, within noise"),
            "{words}"
        );
    }

    #[test]
    fn one_seed_says_nothing_about_noise() {
        let study = study(1);
        let words = reading(&study.factors[0]);
        assert!(words.contains("single seeds"), "{words}");
        assert!(markdown(&study).contains("the same seed."));
    }

    #[cfg(feature = "train")]
    #[test]
    fn plots_lie_beside_the_journal() {
        let folder = std::env::temp_dir().join(format!("mnistify-plots-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let study = study(2);
        save_plots(&folder, &study).unwrap();
        for factor in [Factor::Rotation, Factor::Ema] {
            let path = folder.join(plot_name(ModelKind::Cnn, factor));
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("CNN: {}", factor.title())), "{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

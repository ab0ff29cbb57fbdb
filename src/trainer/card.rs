//! The model card: what a network is, how it was made and how good it is; made of the weights' metadata and the data
//! files beside them, so that it can be repeated.
//!
//! | file | what | made by |
//! |---|---|---|
//! | `seeds-cnn.jsonl` | runs of record, one a line | `train --json -` and `train --save` |
//! | `evaluation*.json` | hard images, drawn digits, rejection | `train eval --json PATH` |
//! | `speed.json` | training speed beside other engines | by hand, from measurements |
//! | `sections/cnn-*.md` | further sections, each from its heading on | whoever has more to say |
//! | `HYPERPARAMETERS-CNN.md` | the journal, which the card only names | `train study`, `train --search` |
//!
//! All but the weights can be missing; then the card lacks their sections.

use crate::{
    Result,
    chart::{self, Chart, Series},
    data::{FILES, SPLIT_SEED, VALIDATION_IMAGES},
    document,
    eval::{
        Tally,
        calibration::{BINS, Bin},
        conditions::Condition,
        rejection::Rejection,
        report::{Evaluation, Report},
        severity::Family,
    },
    journal, records,
    seeds::{self, SeedRun},
};
use mnistify_learning::{TrainConfig, hyperparameters::TABLE, images::TRAINING_IMAGES};
use mnistify_network::{Metrics, Model};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Images by which two readings with the same weights may differ: executors differ in the last bit, and an image that
/// lies between two digits can then fall to the other side.
const SAME_WEIGHTS: f64 = 2.5;

/// What a card is made of, but for what it takes as it is.
struct CardData {
    weights: PathBuf,
    folder: PathBuf,
    model: Model,
    is_half: bool,
    config: TrainConfig,
    validation: Metrics,
    test: Metrics,
    /// The recipe's runs, by seed.
    seeds: Vec<SeedRun>,
    robustness: Option<Found>,
    rejection: Option<Found>,
    drawn: Option<Found>,
}

/// An evaluation, and this network's place in it.
type Found = (Evaluation, usize);

/// Writes the card of some weights beside them, and its plots; returns where the card lies.
///
/// # Errors
/// Where the weights are not this trainer's, or a file beside them cannot be read or written.
pub fn write(weights: &Path) -> Result<PathBuf> {
    let data = CardData::read(weights)?;
    for (name, chart) in data.charts() {
        records::write(&data.folder.join(name), &chart.svg())?;
    }
    let path = data.folder.join(format!("{}.md", data.model.spec.name()));
    records::write(&path, &data.markdown()?)?;
    Ok(path)
}

impl CardData {
    fn read(weights: &Path) -> Result<Self> {
        let model = Model::load(weights)?;
        let refused = |reason: &str| {
            let file = weights.display();
            format!(
                "{file}: its metadata is not this trainer's: {reason}. Train it anew with --save"
            )
        };
        let config: TrainConfig = serde_json::from_value(model.card.recipe.clone())
            .map_err(|error| refused(&format!("no recipe, {error}")))?;
        let figures = model.card.validation.zip(model.card.test);
        let (validation, test) = figures.ok_or_else(|| refused("no figures"))?;
        let folder = weights.parent().unwrap_or(Path::new(""));
        let mut words = model.card.command.split_whitespace();
        let is_half = words.any(|word| word == "--half");
        // Complete ones on test images, with weights as exact as these.
        let mut evaluations: Vec<Evaluation> = records::read_all(folder, "evaluation", ".json")?;
        evaluations
            .retain(|one| one.on == "test" && one.images.is_none() && (is_half || !one.half));
        let find = |has: fn(&Evaluation) -> bool| {
            let placed = |one: &Evaluation| Some((one.clone(), one.place(model.spec.name())?));
            evaluations.iter().filter(|one| has(one)).find_map(placed)
        };
        Ok(Self {
            robustness: find(|one| one.robust.is_some()),
            rejection: find(|one| !one.reject.is_empty()),
            drawn: find(|one| one.strokes.is_some()),
            seeds: seeds::read(folder, &config)?,
            weights: weights.to_path_buf(),
            folder: folder.to_path_buf(),
            is_half,
            config,
            validation,
            test,
            model,
        })
    }

    /// An evaluation for the template, which is told whether it is of other weights than these, by the undistorted images
    /// and the calibration.
    fn section(&self, found: &Option<Found>) -> Option<Value> {
        let (evaluation, place) = found.as_ref()?;
        let calibration = evaluation.networks[*place].calibration;
        let clean = Condition::Clean.name();
        let mut rows = evaluation.robust.iter().flatten();
        let row = rows.find(|row| row.condition == clean);
        let tally = row.and_then(|row| row.raw.get(*place));
        let right = self.test.accuracy * self.test.images as f64;
        let differs = |tally: &Tally| {
            tally.images as usize != self.test.images
                || (tally.right as f64 - right).abs() > SAME_WEIGHTS
        };
        let is_stale = tally.is_some_and(differs)
            || !evaluation.reject.is_empty() && calibration != self.model.calibration;
        Some(json!({ "of": evaluation, "place": place, "is_stale": is_stale }))
    }

    fn markdown(&self) -> Result<String> {
        let folder = &self.folder;
        let spec = &self.model.spec;
        let kind = self.config.model.name();
        let speeds: Vec<Vec<Value>> = records::read_all(folder, "speed", ".json")?;
        let mut speeds = speeds.concat();
        speeds.retain(|speed| speed["network"] == kind);
        let extras = records::files(&folder.join("sections"), &format!("{kind}-"), ".md")?;
        let extras: Result<Vec<String>> = extras.iter().map(|path| records::read(path)).collect();
        let layers = spec.layers().iter().zip(spec.shapes());
        let layers = layers.map(|(layer, shape)| {
            let parameters = layer.parameters().into_iter();
            let sizes = parameters.map(|(_, shape)| shape.iter().product::<usize>());
            let shape = format!("{shape:?}");
            json!({ "of": layer, "shape": shape, "parameters": sizes.sum::<usize>() })
        });
        let figures = [("validation", &self.validation), ("test", &self.test)];
        let figures = figures.map(|(name, metrics)| {
            let errors = (1.0 - metrics.accuracy) * metrics.images as f64;
            json!({ "name": name, "metrics": metrics, "errors": errors.round() })
        });
        let mut runs = self.seeds.iter();
        let run = runs.find(|run| run.config.seed == self.config.seed);
        // Shown where it gives the metadata's F1, but for the last bits of their texts.
        let gives_f1 = |report: &&Report| (report.metrics.f1 - self.test.f1).abs() < 1e-9;
        let confusion = run.map(|run| &run.test).filter(gives_f1);
        let journal = journal::markdown_path(Path::new(""), self.config.model);
        let context = json!({
            "name": spec.name(),
            "file": self.weights.file_name().unwrap_or_default().to_string_lossy(),
            "is_half": self.is_half,
            "command": self.model.card.command,
            "config": self.config,
            "epochs": self.config.epochs(),
            "recipe": TABLE.each_ref().map(|one| [one.title.to_string(), one.label(one.get(&self.config))]),
            "run": run,
            "figures": figures,
            "confusion": confusion.map(|report| &report.confusion),
            "layers": layers.collect::<Vec<_>>(),
            "parameters": spec.parameter_count(),
            "normalisation": [spec.normalisation().scale, spec.normalisation().offset],
            "split": { "train": TRAINING_IMAGES, "validation": VALIDATION_IMAGES, "seed": SPLIT_SEED },
            "files": FILES.map(|file| [file.name, file.md5]),
            "seeds": self.seeds,
            "shipped_seed": seeds::SHIPPED,
            "seeds_command": seeds::command(&self.seeds),
            "speeds": speeds,
            "rejection": self.section(&self.rejection),
            "robustness": self.section(&self.robustness),
            "drawn": self.section(&self.drawn),
            "families": Family::ALL.map(|family| [family.title().to_string(), severity_plot(family)]),
            "extras": extras?,
            "journal": folder.join(&journal).exists().then_some(journal),
        });
        Ok(document::render("card.md", &context))
    }

    /// A plot's place, from the card's folder.
    fn plot(&self, what: &str) -> String {
        format!("plots/{}-{what}.svg", self.config.model.name())
    }

    /// The plots for which there are data, with their places from the card's folder.
    fn charts(&self) -> Vec<(String, Chart)> {
        let name = self.model.spec.name();
        let mut charts = Vec::new();
        if self.seeds.len() > 1 {
            charts.push((self.plot("seeds"), seeds_chart(name, &self.seeds)));
        }
        if let Some((evaluation, place)) = &self.rejection {
            let chart = reliability_chart(name, &evaluation.reject[*place]);
            charts.push((self.plot("reliability"), chart));
        }
        if let Some((evaluation, _)) = &self.robustness {
            let chart = |family| (severity_plot(family), severity_chart(family, evaluation));
            charts.extend(Family::ALL.map(chart));
        }
        charts
    }
}

/// Shows all networks.
fn severity_plot(family: Family) -> String {
    format!("plots/robustness-{}.svg", family.name())
}

/// Validation and test error of runs that differ in their seed.
fn seeds_chart(network: &str, runs: &[SeedRun]) -> Chart {
    let colour = chart::hue(network);
    let mut all = Series::dots("a seed", chart::QUIET, 4);
    let mut shipped = Series::dots("the seed that ships", colour, 6);
    let mut means = Vec::new();
    let reports: [fn(&SeedRun) -> &Report; 2] = [|run| &run.validation, |run| &run.test];
    for (x, report) in [0.0, 1.0].into_iter().zip(reports) {
        let error = |run| 100.0 * (1.0 - report(run).metrics.accuracy);
        let errors: Vec<f64> = runs.iter().map(error).collect();
        // The seeds lie side by side, left of their mean, so that equal ones do not hide each other.
        for (place, (run, error)) in runs.iter().zip(&errors).enumerate() {
            let ships = run.config.seed == seeds::SHIPPED;
            let series = if ships { &mut shipped } else { &mut all };
            series.points.push((x - 0.3 + 0.05 * place as f64, *error));
        }
        means.extend(chart::mean_and_sd(x + 0.12, &errors, colour, false));
    }
    if let Some(mean) = means.last_mut() {
        mean.label = "mean ± 1 standard deviation".to_string();
    }
    let ticks = [(0.0, "validation images"), (1.0, "test images")];
    Chart {
        title: format!("{network}: {} seeds", runs.len()),
        x: "images".to_string(),
        ticks: ticks.map(|(x, name)| (x, name.to_string())).to_vec(),
        y: "error (%)".to_string(),
        series: [all, shipped].into_iter().chain(means).collect(),
    }
}

/// Accuracy over the answer's probability, before and after dividing the logits by the temperature.
fn reliability_chart(network: &str, found: &Rejection) -> Chart {
    let line = |label: &str, colour, bins: &[Bin], dashed: bool| {
        let full = bins.iter().filter(|bin| bin.count > 0);
        let points = full.map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy));
        Series {
            dots: Some((4, !dashed)),
            ..Series::line(label, colour, dashed).through(points)
        }
    };
    let after = format!("temperature {:.3}", found.temperature);
    let even = Series::line("as sure as right", chart::QUIET, false);
    let edges = (0..=10).map(|tenth| (f64::from(10 * tenth), (10 * tenth).to_string()));
    Chart {
        title: format!("{network}: reliability in {BINS} bins"),
        x: "mean probability of the answer (%)".to_string(),
        ticks: edges.collect(),
        y: "answers that are right (%)".to_string(),
        series: vec![
            even.through([(0.0, 0.0), (100.0, 100.0)]),
            line("temperature 1", chart::OTHER, &found.reliability[0], true),
            line(&after, chart::hue(network), &found.reliability[1], false),
        ],
    }
}

/// Accuracy over how much images are distorted; prepared images as full lines, the others dashed.
fn severity_chart(family: Family, evaluation: &Evaluation) -> Chart {
    let points = family.points(evaluation.robust.as_deref().unwrap_or_default());
    let mut series = Vec::new();
    for (place, network) in evaluation.networks.iter().enumerate() {
        for (is_prepared, how) in [(false, "as it is"), (true, "prepared")] {
            let accuracies = points.iter().filter_map(|(strength, row)| {
                let figures = if is_prepared { &row.prepared } else { &row.raw };
                Some((*strength, 100.0 * figures.get(place)?.accuracy()))
            });
            let label = format!("{}, {how}", network.name);
            series.push(Series {
                dots: Some((4, is_prepared)),
                ..Series::line(&label, chart::hue(&network.name), !is_prepared).through(accuracies)
            });
        }
    }
    Chart {
        title: family.title().to_string(),
        x: family.axis().to_string(),
        ticks: points
            .iter()
            .map(|(strength, _)| (*strength, strength.to_string()))
            .collect(),
        y: "test images read rightly (%)".to_string(),
        series,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_network::NetworkSpec;

    fn models() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
    }

    #[test]
    fn the_shipped_cards_and_plots_are_made_of_the_data_beside_them() {
        for (weights, card) in [("mlp.safetensors", "MLP.md"), ("cnn.safetensors", "CNN.md")] {
            let data = CardData::read(&models().join(weights)).unwrap();
            let mut made = vec![(card.to_string(), data.markdown().unwrap())];
            for (name, chart) in data.charts() {
                assert!(made[0].1.contains(&format!("]({name})")), "{name}");
                made.push((name, chart.svg()));
            }
            assert_eq!(made.len(), 7);
            for (name, text) in made {
                let is_same = records::read(&models().join(&name)).unwrap() == text;
                assert!(is_same, "{name} is old: train card makes it anew");
            }
        }
    }

    /// A folder with the CNN and of the shipped data those whose names begin so.
    fn folder(name: &str, wanted: &str) -> PathBuf {
        let folder = scratch_folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        for start in ["cnn.safetensors", wanted] {
            for file in records::files(&models(), start, "").unwrap() {
                std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
            }
        }
        folder
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let folder = folder("card", "speed");
        records::write(&folder.join("sections/cnn-a.md"), "## Teachers\n\nNone.\n").unwrap();
        records::write(&folder.join("sections/mlp-a.md"), "## Not this one\n").unwrap();
        let text = records::read(&write(&folder.join("cnn.safetensors")).unwrap()).unwrap();
        let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
        let headings: Vec<&str> = headings.collect();
        let expected = "Figures, Architecture, Training, Data, Training speed, Teachers, Limits";
        assert_eq!(headings.join(", "), expected);
        assert!(!text.contains("answer (column)"), "{text}");
        records::write(&folder.join("speed.json"), "{").unwrap();
        let error = write(&folder.join("cnn.safetensors")).unwrap_err();
        assert!(error.to_string().contains("speed.json"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn figures_of_other_weights_are_marked() {
        let folder = folder("card-stale", "evaluation.json");
        let weights = folder.join("cnn.safetensors");
        let text = || CardData::read(&weights).unwrap().markdown().unwrap();
        let note = "**These figures are of other weights";
        assert!(!text().contains(note));
        let path = folder.join("evaluation.json");
        let mut evaluation: Value = serde_json::from_str(&records::read(&path).unwrap()).unwrap();
        evaluation["robust"][0]["raw"][1]["right"] = json!(9_900);
        records::write(&path, &evaluation.to_string()).unwrap();
        assert!(text().contains(note));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn weights_without_a_recipe_get_no_card() {
        let folder = scratch_folder("card-bare");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("bare.safetensors");
        Model::random(NetworkSpec::mlp(), 1)
            .save(&path, true)
            .unwrap();
        let error = write(&path).unwrap_err().to_string();
        assert!(error.contains("not this trainer's"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

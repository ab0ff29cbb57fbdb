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
    chart::{self, Chart, Series},
    data::{FILES, SPLIT_SEED, VALIDATION_IMAGES},
    document,
    eval::{
        calibration::{BINS, Bin},
        conditions::Condition,
        report::Evaluation,
        severity::Family,
    },
    journal,
    records::{self, RecordError},
    seeds::{self, SeedRun},
};
use mnistify_learning::{TrainConfig, hyperparameters::TABLE, images::TRAINING_IMAGES};
use mnistify_network::{LayerSpec, Metrics, Model, ModelError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Images by which two readings with the same weights may differ: executors differ in the last bit, and an image that
/// lies between two digits can then fall to the other side.
const SAME_WEIGHTS: f64 = 2.5;

/// What a card is made of, but for what it takes as it is.
pub struct CardData {
    weights: PathBuf,
    model: Model,
    config: TrainConfig,
    /// On validation, then on test.
    figures: [Metrics; 2],
    /// The recipe's runs, by seed.
    seeds: Vec<SeedRun>,
    /// Complete ones of this network on test images, with weights as exact as these.
    evaluations: Vec<Evaluation>,
}

/// Why there is no card.
#[derive(Debug, Error)]
pub enum CardError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("{file}: its metadata is not this trainer's: {reason}. Train it anew with --save")]
    Foreign { file: String, reason: String },
}

/// Writes the card of some weights beside them, and its plots; returns where the card lies.
///
/// # Errors
/// Where the weights are not this trainer's, or a file beside them cannot be read or written.
pub fn write(weights: &Path) -> Result<PathBuf, CardError> {
    let data = CardData::read(weights)?;
    for (name, chart) in data.charts() {
        records::write(&data.folder().join(name), &chart.svg())?;
    }
    let path = data.folder().join(format!("{}.md", data.name()));
    records::write(&path, &data.markdown()?)?;
    Ok(path)
}

impl CardData {
    /// Reads the weights and what is known of them.
    ///
    /// # Errors
    /// Where the weights are not this trainer's, or a file beside them cannot be read.
    pub fn read(weights: &Path) -> Result<Self, CardError> {
        let model = Model::load(weights)?;
        let foreign = |reason: String| CardError::Foreign {
            file: weights.display().to_string(),
            reason,
        };
        let config = serde_json::from_value(model.card.recipe.clone());
        let config: TrainConfig = config.map_err(|error| foreign(format!("no recipe, {error}")))?;
        let (Some(validation), Some(test)) = (model.card.validation, model.card.test) else {
            return Err(foreign("no figures".to_string()));
        };
        let mut data = Self {
            weights: weights.to_path_buf(),
            figures: [validation, test],
            seeds: Vec::new(),
            evaluations: Vec::new(),
            model,
            config,
        };
        data.seeds = seeds::read(data.folder(), &data.config)?;
        let all: Vec<Evaluation> = records::read_all(data.folder(), "evaluation", ".json")?;
        let fits = |one: &Evaluation| {
            let is_whole = one.on == "test" && one.images.is_none();
            is_whole && (data.is_half() || !one.half) && one.place(data.name()).is_some()
        };
        data.evaluations = all.into_iter().filter(fits).collect();
        Ok(data)
    }

    fn folder(&self) -> &Path {
        self.weights.parent().unwrap_or(Path::new(""))
    }

    fn name(&self) -> &str {
        self.model.spec.name()
    }

    fn is_half(&self) -> bool {
        let mut words = self.model.card.command.split_whitespace();
        words.any(|word| word == "--half")
    }

    /// The first evaluation that has what `choose` wants, and this network's place in it.
    fn evaluation(&self, choose: impl Fn(&Evaluation) -> bool) -> Option<(&Evaluation, usize)> {
        let found = self.evaluations.iter().find(|one| choose(one))?;
        Some((found, found.place(self.name())?))
    }

    fn robustness(&self) -> Option<(&Evaluation, usize)> {
        self.evaluation(|one| one.robust.is_some())
    }

    fn rejection(&self) -> Option<(&Evaluation, usize)> {
        self.evaluation(|one| !one.reject.is_empty())
    }

    /// Whether an evaluation is of other weights than these, by its undistorted images and the calibration.
    fn is_stale(&self, evaluation: &Evaluation, place: usize) -> bool {
        let calibration = &evaluation.networks[place].calibration;
        if !evaluation.reject.is_empty() && *calibration != self.model.calibration {
            return true;
        }
        let clean = Condition::Clean.name();
        let mut rows = evaluation.robust.iter().flatten();
        let plain = rows.find(|row| row.condition == clean);
        plain
            .and_then(|row| row.raw.get(place))
            .is_some_and(|tally| {
                let [_, test] = &self.figures;
                let right = test.accuracy * test.images as f64;
                tally.images as usize != test.images
                    || (tally.right as f64 - right).abs() > SAME_WEIGHTS
            })
    }

    /// The card.
    ///
    /// # Errors
    /// Where a file beside the weights cannot be read.
    pub fn markdown(&self) -> Result<String, RecordError> {
        let folder = self.folder();
        let spec = &self.model.spec;
        let speeds: Vec<Vec<Value>> = records::read_all(folder, "speed", ".json")?;
        let mut speeds = speeds.concat();
        let is_own = |network: &Value| {
            network
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(spec.name()))
        };
        speeds.retain(|speed| is_own(&speed["network"]));
        let start = format!("{}-", spec.name().to_lowercase());
        let extras = records::files(&folder.join("sections"), &start, ".md")?;
        let extras: Result<Vec<String>, _> =
            extras.iter().map(|path| records::read(path)).collect();
        let layers = spec
            .layers()
            .iter()
            .zip(spec.shapes())
            .map(|(layer, shape)| {
                let sizes = layer
                    .parameters()
                    .into_iter()
                    .map(|(_, shape)| shape.iter().product::<usize>());
                json!({
                    "what": describe(layer),
                    "shape": format!("{shape:?}"),
                    "parameters": sizes.sum::<usize>(),
                })
            });
        let figures = ["validation", "test"]
            .iter()
            .zip(&self.figures)
            .map(|(name, metrics)| {
                let errors = (1.0 - metrics.accuracy) * metrics.images as f64;
                json!({ "name": name, "metrics": metrics, "errors": errors.round() })
            });
        let section = |found: Option<(&Evaluation, usize)>| {
            found.map(|(evaluation, place)| {
                let mut section = json!(evaluation);
                section["is_stale"] = json!(self.is_stale(evaluation, place));
                section["found"] = json!(evaluation.reject.get(place));
                section["networks"] = json!([{ "name": spec.name(), "place": place }]);
                section
            })
        };
        let run = self
            .seeds
            .iter()
            .find(|run| run.config.seed == self.config.seed);
        // The matrix that gives the metadata's figures, but for the last bits of their texts.
        let [_, test] = &self.figures;
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let confusion = run.filter(|run| {
            let found = &run.test.metrics;
            found.images == test.images
                && near(found.accuracy, test.accuracy)
                && near(found.f1, test.f1)
        });
        let journal = journal::markdown_path(Path::new(""), self.config.model);
        let context = json!({
            "name": spec.name(),
            "file": self.weights.file_name().unwrap_or_default().to_string_lossy(),
            "is_half": self.is_half(),
            "command": self.model.card.command,
            "config": self.config,
            "epochs": self.config.epochs(),
            "recipe": TABLE.each_ref().map(|one| [one.title.to_string(), one.label(one.get(&self.config))]),
            "run": run,
            "figures": figures.collect::<Vec<_>>(),
            "confusion": confusion.map(|run| &run.test.confusion),
            "layers": layers.collect::<Vec<_>>(),
            "parameters": spec.parameter_count(),
            "normalises": spec.layers().iter().any(|l| matches!(l, LayerSpec::BatchNorm { .. })),
            "normalisation": [spec.normalisation().scale, spec.normalisation().offset],
            "split": { "train": TRAINING_IMAGES, "validation": VALIDATION_IMAGES, "seed": SPLIT_SEED },
            "files": FILES.map(|file| [file.name, file.md5]),
            "seeds": self.seeds,
            "shipped_seed": seeds::SHIPPED,
            "seeds_command": seeds::command(&self.seeds),
            "speeds": speeds,
            "rejection": section(self.rejection()),
            "robustness": section(self.robustness()),
            "drawn": section(self.evaluation(|one| one.strokes.is_some())),
            "families": Family::ALL.map(|family| [family.title().to_string(), severity_plot(family)]),
            "plots": { "seeds": self.plot("seeds"), "reliability": self.plot("reliability") },
            "extras": extras?,
            "journal": folder.join(&journal).exists().then_some(journal),
        });
        Ok(document::render("card.md", &context))
    }

    /// A plot's place, from the card's folder.
    fn plot(&self, what: &str) -> String {
        format!("plots/{}-{what}.svg", self.name().to_lowercase())
    }

    /// The plots for which there are data, with their places from the card's folder.
    fn charts(&self) -> Vec<(String, Chart)> {
        let mut charts = Vec::new();
        if self.seeds.len() > 1 {
            charts.push((self.plot("seeds"), seeds_chart(self.name(), &self.seeds)));
        }
        let rejection = self
            .rejection()
            .and_then(|(one, place)| one.reject.get(place));
        if let Some(found) = rejection {
            let chart = reliability_chart(self.name(), &found.reliability, found.temperature);
            charts.push((self.plot("reliability"), chart));
        }
        if let Some((evaluation, _)) = self.robustness() {
            let families = Family::ALL.into_iter();
            charts
                .extend(families.map(|one| (severity_plot(one), severity_chart(one, evaluation))));
        }
        charts
    }
}

/// Shows all networks.
fn severity_plot(family: Family) -> String {
    format!("plots/robustness-{}.svg", family.name())
}

fn describe(layer: &LayerSpec) -> String {
    let kind = layer.kind();
    match layer {
        LayerSpec::Conv2d {
            in_channels,
            out_channels,
            kernel_size: [height, width],
            ..
        } => format!("{kind} {in_channels} → {out_channels}, {height}×{width}"),
        LayerSpec::Linear {
            in_features,
            out_features,
        } => format!("{kind} {in_features} → {out_features}"),
        LayerSpec::MaxPool2d {
            kernel_size: [height, width],
            ..
        } => format!("{kind} {height}×{width}"),
        LayerSpec::BatchNorm { epsilon, .. } => format!("{kind}, ε = {epsilon:e}"),
        _ => kind.to_string(),
    }
}

/// Validation and test error of runs that differ in their seed.
fn seeds_chart(network: &str, runs: &[SeedRun]) -> Chart {
    let colour = chart::hue(network);
    let mut all = Series::dots("a seed", chart::QUIET, 4);
    let mut shipped = Series::dots("the seed that ships", colour, 6);
    let mut means = Vec::new();
    let ticks = [(0.0, "validation images"), (1.0, "test images")];
    for (x, of_test) in [(0.0, false), (1.0, true)] {
        let report = |run: &SeedRun| {
            if of_test {
                run.test.metrics
            } else {
                run.validation.metrics
            }
        };
        let errors = runs.iter().map(|run| 100.0 * (1.0 - report(run).accuracy));
        let errors: Vec<f64> = errors.collect();
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
    Chart {
        title: format!("{network}: {} seeds", runs.len()),
        x: "images".to_string(),
        ticks: ticks.map(|(x, name)| (x, name.to_string())).to_vec(),
        y: "error (%)".to_string(),
        series: [all, shipped].into_iter().chain(means).collect(),
    }
}

/// Accuracy over the answer's probability, before and after dividing the logits by the temperature.
fn reliability_chart(network: &str, bins: &[Vec<Bin>; 2], temperature: f64) -> Chart {
    let line = |label: &str, colour, bins: &[Bin], dashed: bool| {
        let full = bins.iter().filter(|bin| bin.count > 0);
        let points = full.map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy));
        Series {
            dots: Some((4, !dashed)),
            ..Series::line(label, colour, dashed).through(points)
        }
    };
    let after = format!("temperature {temperature:.3}");
    let even = Series::line("as sure as right", chart::QUIET, false);
    let edges = (0..=10).map(|tenth| (f64::from(10 * tenth), (10 * tenth).to_string()));
    Chart {
        title: format!("{network}: reliability in {BINS} bins"),
        x: "mean probability of the answer (%)".to_string(),
        ticks: edges.collect(),
        y: "answers that are right (%)".to_string(),
        series: vec![
            even.through([(0.0, 0.0), (100.0, 100.0)]),
            line("temperature 1", chart::OTHER, &bins[0], true),
            line(&after, chart::hue(network), &bins[1], false),
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
    fn the_shipped_cards_are_made_of_the_data_beside_them() {
        for (weights, card) in [("mlp.safetensors", "MLP.md"), ("cnn.safetensors", "CNN.md")] {
            let data = CardData::read(&models().join(weights)).unwrap();
            let kept = std::fs::read_to_string(models().join(card)).unwrap();
            assert!(
                data.markdown().unwrap() == kept,
                "{card} is old: train card makes it anew"
            );
            let charts = data.charts();
            assert_eq!(charts.len(), 6);
            for (name, chart) in charts {
                let svg = std::fs::read_to_string(models().join(&name)).unwrap();
                assert!(
                    svg.contains(&chart.title) && kept.contains(&format!("]({name})")),
                    "{name}"
                );
            }
        }
    }

    /// A folder with the CNN and of the shipped data those whose names begin so.
    fn folder(name: &str, wanted: &[&str]) -> PathBuf {
        let folder = scratch_folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        for start in [&["cnn.safetensors"], wanted].concat() {
            for file in records::files(&models(), start, "").unwrap() {
                std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
            }
        }
        folder
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let folder = folder("card", &["speed"]);
        records::write(&folder.join("sections/cnn-a.md"), "## Teachers\n\nNone.\n").unwrap();
        records::write(&folder.join("sections/mlp-a.md"), "## Not this one\n").unwrap();
        let text = records::read(&write(&folder.join("cnn.safetensors")).unwrap()).unwrap();
        for part in [
            "| validation | 5,000 | 99.60 % |",
            "## Training speed",
            "\n## Teachers\n\nNone.\n\n## Limits\n",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        for absent in [
            "answer (column)",
            "seeds",
            "## Robustness",
            "## Drawn",
            "## Calibration",
            "Not this one",
        ] {
            assert!(!text.contains(absent), "{absent}:\n{text}");
        }
        records::write(&folder.join("speed.json"), "{").unwrap();
        let error = write(&folder.join("cnn.safetensors")).unwrap_err();
        assert!(error.to_string().contains("speed.json"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn figures_of_other_weights_are_marked() {
        let folder = folder("card-stale", &["evaluation.json"]);
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
        let path = std::env::temp_dir().join(format!("mnistify-bare-{}", std::process::id()));
        let bare = Model::random(NetworkSpec::mlp(), 1);
        bare.save(&path, true).unwrap();
        let error = CardData::read(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, CardError::Foreign { .. }), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}

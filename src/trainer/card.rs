//! The model card: what a network is, how it was made and how good it is; made of the weights' metadata and the data
//! files beside them, so that it can be repeated.
//!
//! | file | what | made by |
//! |---|---|---|
//! | `seeds-cnn.jsonl` | runs of record, one a line | `train --json -` and `train --save` |
//! | `evaluation*.json` | hard images, drawn digits, rejection | `train eval --json PATH` |
//! | `speed.json` | training speed beside other engines: a list of [`Speed`] | by hand, from measurements |
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
        report::{Evaluation, Report},
        severity::Family,
    },
    journal,
    records::{self, RecordError},
    seeds::{self, SeedRun},
};
use mnistify_learning::{TrainConfig, images::TRAINING_IMAGES};
use mnistify_network::{LayerSpec, Model, ModelError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Images by which two readings with the same weights may differ: executors differ in the last bit, and an image that
/// lies between two digits can then fall to the other side.
const SAME_WEIGHTS: f64 = 2.5;

/// How fast an engine trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    pub network: String,
    pub engine: String,
    pub adapter: String,
    pub batch: usize,
    pub images_per_second: f64,
    /// Until 99 % on validation, where that was measured.
    #[serde(default)]
    pub seconds_to_99: Option<f64>,
    #[serde(default)]
    pub note: String,
    /// What measures it again.
    #[serde(default)]
    pub command: String,
}

/// Everything that a card is made of.
pub struct CardData {
    folder: PathBuf,
    file: String,
    model: Model,
    config: TrainConfig,
    /// On validation, then on test.
    figures: [mnistify_network::Metrics; 2],
    /// The recipe's runs, by seed.
    seeds: Vec<SeedRun>,
    /// Complete ones on test images, of weights as exact as these.
    evaluations: Vec<Evaluation>,
    /// Of this network.
    speeds: Vec<Speed>,
    /// Each from its heading on.
    extras: Vec<String>,
}

/// Why there is no card.
#[derive(Debug, Error)]
pub enum CardError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(
        "{file}: its metadata holds no recipe of this trainer: {reason}. Train it anew with --save"
    )]
    Recipe { file: String, reason: String },
    #[error("{file}: its metadata holds no figures. Train it anew with --save")]
    NoFigures { file: String },
}

/// Writes the card of some weights beside them, and its plots; returns where the card lies.
///
/// # Errors
/// Where the weights are not this trainer's, or a file beside them cannot be read or written.
pub fn write(weights: &Path) -> Result<PathBuf, CardError> {
    let data = CardData::read(weights)?;
    for (name, chart) in data.charts() {
        records::write(&data.folder.join(name), &chart.svg())?;
    }
    let path = data.folder.join(format!("{}.md", data.name()));
    records::write(&path, &data.markdown())?;
    Ok(path)
}

impl CardData {
    /// Reads the weights and what lies beside them.
    ///
    /// # Errors
    /// Where the weights are not this trainer's, or a file beside them cannot be read.
    pub fn read(weights: &Path) -> Result<Self, CardError> {
        let model = Model::load(weights)?;
        let file = weights.display().to_string();
        let config: TrainConfig = match serde_json::from_value(model.card.recipe.clone()) {
            Ok(config) => config,
            Err(error) => {
                let reason = error.to_string();
                return Err(CardError::Recipe { file, reason });
            }
        };
        let (Some(validation), Some(test)) = (model.card.validation, model.card.test) else {
            return Err(CardError::NoFigures { file });
        };
        let folder = weights.parent().unwrap_or(Path::new("")).to_path_buf();
        let name = model.spec.name();
        let half = is_half(&model.card.command);
        let mut evaluations: Vec<Evaluation> = records::read_all(&folder, "evaluation", ".json")?;
        evaluations.retain(|one| {
            one.on == "test"
                && one.images.is_none()
                && (half || !one.half)
                && one.place(name).is_some()
        });
        let speeds: Vec<Vec<Speed>> = records::read_all(&folder, "speed", ".json")?;
        let mut speeds = speeds.concat();
        speeds.retain(|speed| speed.network.eq_ignore_ascii_case(name));
        let start = format!("{}-", name.to_lowercase());
        let extras = records::files(&folder.join("sections"), &start, ".md")?;
        let extras = extras.iter().map(|path| records::read(path));
        Ok(Self {
            file: weights
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            figures: [validation, test],
            seeds: seeds::read(&folder, &config)?,
            evaluations,
            speeds,
            extras: extras.collect::<Result<_, _>>()?,
            folder,
            model,
            config,
        })
    }

    fn name(&self) -> &str {
        self.model.spec.name()
    }

    /// The run that made these weights, where its line is there.
    fn run(&self) -> Option<&SeedRun> {
        let seed = self.config.seed;
        self.seeds.iter().find(|run| run.config.seed == seed)
    }

    /// The figures of the test images with their confusion matrix: those that are exactly the metadata's.
    fn test_report(&self) -> Option<&Report> {
        let examined = self.evaluations.iter().flat_map(|one| &one.networks);
        let reports = examined.filter_map(|network| network.test.as_ref());
        let own = self.run().map(|run| &run.test);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let test = &self.figures[1];
        own.into_iter().chain(reports).find(|report| {
            let found = &report.metrics;
            found.images == test.images
                && near(found.accuracy, test.accuracy)
                && near(found.f1, test.f1)
        })
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
        let examined = evaluation.networks.get(place);
        if !evaluation.reject.is_empty()
            && examined.is_some_and(|network| network.calibration != self.model.calibration)
        {
            return true;
        }
        let clean = Condition::Clean.name();
        let mut rows = evaluation.robust.iter().flatten();
        let plain = rows.find(|row| row.condition == clean);
        let Some(tally) = plain.and_then(|row| row.raw.get(place)) else {
            return false;
        };
        let test = &self.figures[1];
        let right = test.accuracy * test.images as f64;
        tally.images as usize != test.images || (tally.right as f64 - right).abs() > SAME_WEIGHTS
    }

    /// The card.
    pub fn markdown(&self) -> String {
        document::render("card.md", &self.context())
    }

    /// What the card's template is filled with.
    fn context(&self) -> Value {
        let spec = &self.model.spec;
        let layers = spec
            .layers()
            .iter()
            .zip(spec.shapes())
            .map(|(layer, shape)| {
                let parameters = layer.parameters();
                let sizes = parameters
                    .iter()
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
                section["place"] = json!(place);
                section["found"] = json!(evaluation.reject.get(place));
                section
            })
        };
        let place = self
            .robustness()
            .or_else(|| self.evaluation(|one| one.strokes.is_some()));
        let journal = journal::markdown_path(Path::new(""), self.config.model);
        json!({
            "name": spec.name(),
            "file": self.file,
            "is_half": is_half(&self.model.card.command),
            "card": { "command": self.model.card.command },
            "config": self.config,
            "epochs": self.config.epochs(),
            "run": self.run(),
            "figures": figures.collect::<Vec<_>>(),
            "confusion": self.test_report().map(|report| &report.confusion),
            "layers": layers.collect::<Vec<_>>(),
            "parameters": spec.parameter_count(),
            "normalises": spec.layers().iter().any(|l| matches!(l, LayerSpec::BatchNorm { .. })),
            "normalisation": {
                "scale": spec.normalisation().scale,
                "offset": spec.normalisation().offset,
            },
            "split": { "train": TRAINING_IMAGES, "validation": VALIDATION_IMAGES, "seed": SPLIT_SEED },
            "files": FILES.map(|file| json!({ "name": file.name, "md5": file.md5 })),
            "seeds": self.seeds,
            "shipped_seed": seeds::SHIPPED,
            "seeds_command": seeds::command(&self.seeds),
            "speeds": self.speeds,
            "rejection": section(self.rejection()),
            "robustness": section(self.robustness()),
            "drawn": section(self.evaluation(|one| one.strokes.is_some())),
            "networks": [{ "name": spec.name(), "place": place.map(|(_, place)| place) }],
            "families": Family::ALL.map(|family| {
                json!({ "title": family.title(), "plot": severity_plot(family) })
            }),
            "plots": { "seeds": self.plot("seeds"), "reliability": self.plot("reliability") },
            "extras": self.extras,
            "journal": self.folder.join(&journal).exists().then_some(journal),
        })
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

fn is_half(command: &str) -> bool {
    command.split_whitespace().any(|word| word == "--half")
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
                data.markdown() == kept,
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
        let note = "**These figures are of other weights";
        assert!(!CardData::read(&weights).unwrap().markdown().contains(note));
        let path = folder.join("evaluation.json");
        let mut evaluation: Value = serde_json::from_str(&records::read(&path).unwrap()).unwrap();
        evaluation["robust"][0]["raw"][1]["right"] = json!(9_900);
        records::write(&path, &evaluation.to_string()).unwrap();
        assert!(CardData::read(&weights).unwrap().markdown().contains(note));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn weights_without_a_recipe_get_no_card() {
        let path = std::env::temp_dir().join(format!("mnistify-bare-{}", std::process::id()));
        let bare = Model::random(NetworkSpec::mlp(), 1);
        bare.save(&path, true).unwrap();
        let error = CardData::read(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, CardError::Recipe { .. }), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}

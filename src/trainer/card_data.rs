//! What a model card is made of: the weights' metadata, and the data files that lie beside them.
//!
//! | file | what | made by |
//! |---|---|---|
//! | `seeds-cnn.jsonl` | runs of record, one a line | `train --json -` and `train --save` |
//! | `evaluation*.json` | hard images, drawn digits, rejection | `train eval --json PATH` |
//! | `speed.json` | training speed beside other engines: a list of [`Speed`] | by hand, from measurements |
//! | `sections/cnn-*.md` | further sections, each from its heading on | whoever has more to say |
//! | `studies-cnn.jsonl`, `hyperparameters-cnn.jsonl` | the journal, which the card only names | `train study`, `train --search` |
//!
//! All but the weights can be missing; then the card lacks their sections.

use crate::{
    config::TrainConfig,
    eval::{conditions::Condition, rejection::Rejection, report::Evaluation},
    journal::{self, JournalError},
    metrics::Confusion,
    seeds::{self, SeedRun},
};
use mnistify_network::{Calibration, Card, Metrics, Model, ModelError, NetworkSpec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;
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
#[derive(Clone, Debug)]
pub struct CardData {
    /// The weights' file name.
    pub file: String,
    pub spec: NetworkSpec,
    /// The weights' own metadata.
    pub card: Card,
    pub calibration: Option<Calibration>,
    /// The recipe, out of the metadata.
    pub config: TrainConfig,
    pub validation: Metrics,
    pub test: Metrics,
    /// The recipe's runs, by seed.
    pub seeds: Vec<SeedRun>,
    /// Complete ones on test images, of weights as exact as these.
    pub evaluations: Vec<Evaluation>,
    /// Of this network.
    pub speeds: Vec<Speed>,
    /// Each from its heading on.
    pub extras: Vec<String>,
    pub has_journal: bool,
}

/// Why there is no card.
#[derive(Debug, Error)]
pub enum CardError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "{file}: its metadata holds no recipe of this trainer: {reason}. Train it anew with --save"
    )]
    Recipe { file: String, reason: String },
    #[error("{file}: its metadata holds no figures. Train it anew with --save")]
    NoFigures { file: String },
}

impl CardData {
    /// Reads the weights and what lies beside them.
    pub fn read(weights: &Path) -> Result<Self, CardError> {
        let file = weights.file_name().unwrap_or_default().to_string_lossy();
        let Model {
            spec,
            card,
            calibration,
            ..
        } = Model::load(weights)?;
        let shown = || weights.display().to_string();
        let config: TrainConfig =
            serde_json::from_value(card.recipe.clone()).map_err(|error| CardError::Recipe {
                file: shown(),
                reason: error.to_string(),
            })?;
        let (Some(validation), Some(test)) = (card.validation, card.test) else {
            return Err(CardError::NoFigures { file: shown() });
        };
        let folder = weights.parent().unwrap_or(Path::new(""));
        let half = is_half(&card.command);
        let mut evaluations = Vec::new();
        for path in journal::files(folder, "evaluation", ".json")? {
            let evaluation: Evaluation = read_json(&path)?.unwrap_or_default();
            let is_whole = evaluation.on == "test" && evaluation.images.is_none();
            if is_whole && (half || !evaluation.half) {
                evaluations.push(evaluation);
            }
        }
        let mut speeds: Vec<Speed> = read_json(&folder.join("speed.json"))?.unwrap_or_default();
        speeds.retain(|speed| speed.network.eq_ignore_ascii_case(spec.name()));
        let start = format!("{}-", spec.name().to_lowercase());
        let mut extras: Vec<String> = Vec::new();
        for path in journal::files(&folder.join("sections"), &start, ".md")? {
            extras.extend(journal::read_text(&path)?);
        }
        Ok(Self {
            file: file.into_owned(),
            validation,
            test,
            seeds: seeds::read(folder, &config)?,
            evaluations,
            speeds,
            extras,
            has_journal: journal::markdown_path(folder, config.model).exists(),
            spec,
            card,
            calibration,
            config,
        })
    }

    /// Whether the weights are stored as F16.
    pub fn is_half(&self) -> bool {
        is_half(&self.card.command)
    }

    /// The run that made these weights, where its line is there.
    pub fn run(&self) -> Option<&SeedRun> {
        let seed = self.config.seed;
        self.seeds.iter().find(|run| run.config.seed == seed)
    }

    /// The confusion matrix of the test images: one that gives exactly the metadata's figures.
    pub fn confusion(&self) -> Option<&Confusion> {
        let examined = self.evaluations.iter().flat_map(|one| &one.networks);
        let reports = examined.filter_map(|network| network.test.as_ref());
        let own = self.run().map(|run| &run.test);
        let mut reports = own.into_iter().chain(reports);
        let found = reports.find(|report| same(&report.metrics, &self.test));
        found.map(|report| &report.confusion)
    }

    /// The first evaluation that has what `choose` wants, and this network's place in it.
    pub fn evaluation(&self, choose: impl Fn(&Evaluation) -> bool) -> Option<(&Evaluation, usize)> {
        self.evaluations.iter().find_map(|evaluation| {
            let name = self.spec.name();
            let place = evaluation.networks.iter().position(|n| n.name == name)?;
            choose(evaluation).then_some((evaluation, place))
        })
    }

    /// What this network refuses, and how sure it is.
    pub fn rejection(&self) -> Option<&Rejection> {
        let (evaluation, place) = self.evaluation(|one| !one.reject.is_empty())?;
        evaluation.reject.get(place)
    }

    /// Whether an evaluation is of other weights than these, by its undistorted images and the calibration.
    pub fn is_stale(&self, evaluation: &Evaluation, place: usize) -> bool {
        let examined = evaluation.networks.get(place);
        if !evaluation.reject.is_empty()
            && examined.is_some_and(|network| network.calibration != self.calibration)
        {
            return true;
        }
        let rows = evaluation.robust.iter().flatten();
        let clean = Condition::Clean.name();
        let mut plain = rows.filter(|row| row.condition == clean);
        let Some(tally) = plain.next().and_then(|row| row.raw.get(place)) else {
            return false;
        };
        let right = self.test.accuracy * self.test.images as f64;
        tally.images as usize != self.test.images
            || (tally.right as f64 - right).abs() > SAME_WEIGHTS
    }
}

fn is_half(command: &str) -> bool {
    command.split_whitespace().any(|word| word == "--half")
}

fn same(a: &Metrics, b: &Metrics) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    a.images == b.images && near(a.accuracy, b.accuracy) && near(a.f1, b.f1)
}

/// The content of a JSON file; none where there is no such file.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, JournalError> {
    let Some(text) = journal::read_text(path)? else {
        return Ok(None);
    };
    let content = serde_json::from_str(&text).map_err(|error| JournalError::Content {
        file: path.display().to_string(),
        reason: error.to_string(),
    })?;
    Ok(Some(content))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        config::ModelKind,
        eval::{
            Tally,
            calibration::{BINS, Bin},
            robust::Row,
        },
        seeds::tests::run,
    };
    use serde_json::json;
    use std::path::PathBuf;

    fn rejection(network: &str) -> Rejection {
        let mut bins = vec![Bin::default(); BINS];
        bins[BINS - 1] = Bin {
            edges: [0.9, 1.0],
            count: 10,
            confidence: 0.97,
            accuracy: 0.9,
        };
        Rejection {
            network: network.to_string(),
            temperature: 1.25,
            nll: [0.02, 0.01],
            calibration_error: [0.07, 0.01],
            reliability: [bins.clone(), bins],
            shipped: None,
            scores: Vec::new(),
        }
    }

    /// A folder with a CNN and every data file; of its ten test images 9 are read rightly, and `right` in the
    /// evaluation.
    pub(crate) fn folder(name: &str, right: u64) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mnistify-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("sections")).unwrap();
        let runs: Vec<SeedRun> = (1..=5).map(|seed| run(ModelKind::Cnn, seed, 1)).collect();
        for run in &runs {
            seeds::append(&folder, run).unwrap();
        }
        let mut model = Model::random(NetworkSpec::cnn(), 1);
        model.card = Card {
            command: runs[0].command.clone(),
            recipe: serde_json::to_value(&runs[0].config).unwrap(),
            dataset_md5: String::new(),
            validation: Some(runs[0].validation.metrics),
            test: Some(runs[0].test.metrics),
        };
        model.save(folder.join("cnn.safetensors"), true).unwrap();

        let tally = |right| Tally { images: 10, right };
        let rows: Vec<Row> = Condition::ALL
            .iter()
            .map(|condition| Row {
                condition: condition.name(),
                raw: vec![tally(5), tally(right)],
                prepared: vec![tally(6), tally(10)],
            })
            .collect();
        let evaluation = json!({
            "command": "evaluate it",
            "on": "test",
            "images": null,
            "half": false,
            "networks": [{ "name": "MLP" }, { "name": "CNN" }],
            "robust": rows,
            "reject": [rejection("MLP"), rejection("CNN")],
        });
        let speed = json!([
            { "network": "cnn", "engine": "engine A", "adapter": "a GPU", "batch": 256,
              "images_per_second": 123456.7, "seconds_to_99": 1.5, "command": "measure it" },
            { "network": "mlp", "engine": "engine B", "adapter": "a GPU", "batch": 512,
              "images_per_second": 1.0, "note": "slow" },
        ]);
        for (file, text) in [
            ("evaluation.json", evaluation.to_string()),
            ("speed.json", speed.to_string()),
            (
                "sections/cnn-teachers.md",
                "## Teachers\n\nNone.\n".to_string(),
            ),
            ("sections/mlp-teachers.md", "## Not this one\n".to_string()),
        ] {
            std::fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    #[test]
    fn data_files_are_read_and_fitted_to_the_weights() {
        let folder = folder("card-data", 9);
        let data = CardData::read(&folder.join("cnn.safetensors")).unwrap();
        assert!(data.is_half() && !data.has_journal);
        assert_eq!(
            (data.seeds.len(), data.speeds.len(), data.extras.len()),
            (5, 1, 1)
        );
        assert_eq!(data.run().unwrap().config.seed, 1);
        assert_eq!(data.confusion(), Some(&data.seeds[0].test.confusion));
        assert_eq!(data.rejection().unwrap().network, "CNN");
        let (evaluation, place) = data.evaluation(|one| one.robust.is_some()).unwrap();
        assert_eq!(place, 1);
        assert!(!data.is_stale(evaluation, place));
        assert!(data.is_stale(evaluation, 0));

        std::fs::write(folder.join("speed.json"), "{").unwrap();
        let error = CardData::read(&folder.join("cnn.safetensors")).unwrap_err();
        assert!(error.to_string().contains("speed.json"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn weights_without_a_recipe_get_no_card() {
        let folder = std::env::temp_dir().join(format!("mnistify-bare-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("bare.safetensors");
        Model::random(NetworkSpec::mlp(), 1)
            .save(&path, true)
            .unwrap();
        let error = CardData::read(&path).unwrap_err();
        assert!(matches!(error, CardError::Recipe { .. }), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

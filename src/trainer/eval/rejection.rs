//! How much of what is no digit can be refused, at the price of 1 % of the real digits; and how far probabilities can
//! be trusted.
//!
//! Every score gets two thresholds: one under which 1 % of the validation digits fall, one under which 1 % of digits
//! drawn as strokes fall ([`crate::hands`], another seed than those that are judged). The app reads drawings, so that
//! the second is its price; scans of MNIST are closer to what the networks were trained on.
//!
//! Where a network's file has a calibration, what the app makes of it is measured too, as shipped.

use super::{
    Reader, Reading,
    calibration::{Bin, expected_calibration_error, nll, reliability},
    drawn::prepared,
    reader::largest,
    scores::{NAMES, Scorer, auroc, logits_of, rejected, threshold},
};
use crate::{Result, non_digits::NonDigit};
use mnistify_drawing::{Image28, idx::read_images};
use mnistify_learning::{Images, metrics::CLASSES};
use mnistify_network::{Answer, Calibration, Verdict, prediction::DEFAULT_THRESHOLD};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The part of the real digits that a threshold may refuse.
pub const FALSE_REJECTION: f64 = 0.01;
/// Training images that the distances are fitted on; with 576 features, 17 for each.
const FITTED_IMAGES: usize = 10_000;
/// Drawings of each kind unless said otherwise.
pub const PER_KIND: usize = 2_000;
/// The kind of which the app says nothing at all.
pub const BLANK: &str = "blank";

/// Digits in hands unlike those of training.
pub const STRANGERS: &str = "strangers' digits";

/// Images that are no digits.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The name in tables.
    pub name: String,
    pub images: Vec<Image28>,
}

/// Real digits.
#[derive(Clone, Copy, Debug)]
pub struct Digits<'a> {
    /// For the distances; an evenly spaced part is used.
    pub training: &'a Images,
    /// For the temperature and the first thresholds.
    pub validation: &'a Images,
    /// What is judged.
    pub judged: &'a Images,
    /// Prepared drawings, for the second thresholds.
    pub drawn: &'a [Image28],
    /// Other prepared drawings, which are judged.
    pub drawn_judged: &'a [Image28],
    /// Prepared drawings of [`super::strangers`] and their digits, which are judged too.
    pub strangers: (&'a [Image28], &'a [u8]),
}

/// One network's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub network: String,
    /// Fitted on validation; probabilities are the softmax of the logits divided by it.
    pub temperature: f64,
    /// Mean negative log-likelihood of the judged digits at temperature 1 and at the fitted one.
    pub nll: [f64; 2],
    /// Expected calibration error of the judged digits, likewise.
    pub calibration_error: [f64; 2],
    /// Its bins, likewise.
    pub reliability: [Vec<Bin>; 2],
    pub scores: Vec<ScoreFigures>,
    /// What the calibration in the network's file does; none where it has none.
    pub shipped: Option<Shipped>,
}

/// One score's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreFigures {
    pub score: String,
    /// Refused is what scores less. From validation digits, then from drawn ones.
    pub thresholds: [f64; 2],
    pub kinds: Vec<KindFigures>,
}

/// What a score refuses of one kind of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindFigures {
    pub kind: String,
    pub is_digit: bool,
    pub images: usize,
    /// The part that is refused under either threshold, from 0 to 1.
    pub rejected: [f64; 2],
    /// Of what is no digit: the area under the ROC curve against MNIST's digits, then against drawn ones.
    pub auroc: Option<[f64; 2]>,
}

/// What the calibration in a network's file does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipped {
    pub calibration: Calibration,
    /// Of the judged digits at the file's temperature, as in [`Rejection`].
    pub nll: f64,
    pub calibration_error: f64,
    pub reliability: Vec<Bin>,
    pub kinds: Vec<ShippedFigures>,
}

/// What the app says of one kind of images; parts from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShippedFigures {
    pub kind: String,
    pub is_digit: bool,
    pub images: usize,
    /// "Not a digit".
    pub refused: f64,
    /// "Not sure", of what is not refused: a probability below the app's threshold.
    pub not_sure: f64,
    /// Read as another digit, whatever is said of it; none where that makes no sense or was not looked at.
    #[serde(default)]
    pub wrong: Option<f64>,
}

/// Images of one kind with what is computed of them.
struct Group<'a> {
    kind: &'a str,
    is_digit: bool,
    /// Of digits, where they are known.
    labels: Option<&'a [u8]>,
    logits: Vec<[f32; CLASSES]>,
    scores: Vec<[f64; NAMES.len()]>,
}

impl<'a> Group<'a> {
    fn new(kind: &'a str, is_digit: bool, readings: &[Reading], scorer: &Scorer) -> Self {
        Self {
            kind,
            is_digit,
            labels: None,
            logits: logits_of(readings),
            scores: scores_of(readings, scorer),
        }
    }

    fn labelled(self, labels: &'a [u8]) -> Self {
        Self {
            labels: Some(labels),
            ..self
        }
    }

    /// The part that is read as another digit.
    fn wrong(&self) -> Option<f64> {
        let pairs = self.logits.iter().zip(self.labels?);
        let wrong = pairs.filter(|(logits, label)| largest(*logits) != **label);
        Some(wrong.count() as f64 / self.logits.len().max(1) as f64)
    }

    /// All values of one score.
    fn column(&self, place: usize) -> Vec<f64> {
        column(&self.scores, place)
    }
}

fn scores_of(readings: &[Reading], scorer: &Scorer) -> Vec<[f64; NAMES.len()]> {
    let readings = readings.par_iter();
    readings.map(|reading| scorer.scores(reading)).collect()
}

fn column(scores: &[[f64; NAMES.len()]], place: usize) -> Vec<f64> {
    scores.iter().map(|scores| scores[place]).collect()
}

/// `count` drawings of each kind from a seed, prepared as the app does, and a blank image.
pub fn non_digits(count: usize, seed: u64) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = NonDigit::ALL
        .into_iter()
        .map(|kind| Kind {
            name: kind.name().to_string(),
            images: prepared(1, count as u32, |_, index| kind.drawing(seed, index)),
        })
        .collect();
    kinds.push(Kind {
        name: BLANK.to_string(),
        images: vec![Image28::blank()],
    });
    kinds
}

/// The first `count` test images of Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747) in a folder, as they
/// are, from a plain or gzipped file; none where there is no such file.
///
/// # Errors
/// Where there is a file that cannot be read.
pub fn fashion(folder: &Path, count: usize) -> Result<Option<Kind>> {
    let names = ["t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"];
    let paths = names.map(|name| folder.join(name));
    let Some(path) = paths.iter().find(|path| path.exists()) else {
        return Ok(None);
    };
    let images = read_images(path)?;
    Ok(Some(Kind {
        name: "Fashion-MNIST".to_string(),
        images: images.iter().take(count).map(Image28::from_bytes).collect(),
    }))
}

/// What one network refuses.
pub fn rejection(reader: &Reader, digits: &Digits<'_>, kinds: &[Kind]) -> Rejection {
    let training = spread(digits.training, FITTED_IMAGES);
    let fitted_on = reader.readings_of(&training);
    let validation = reader.readings_of(digits.validation);
    let judged = reader.readings_of(digits.judged);
    let scorer = Scorer::fit(
        (&fitted_on, &training.labels),
        (&validation, &digits.validation.labels),
    );
    let temperature = scorer.temperature;
    let logits = logits_of(&judged);
    let labels = &digits.judged.labels;
    let reliability = [1.0, temperature].map(|t| reliability(&logits, labels, t));
    let calibration_error = [0, 1].map(|index| expected_calibration_error(&reliability[index]));

    let group = |kind, is_digit, images: &[Image28]| {
        Group::new(kind, is_digit, &reader.readings(images), &scorer)
    };
    let limits = [
        scores_of(&validation, &scorer),
        scores_of(&reader.readings(digits.drawn), &scorer),
    ];
    let mut groups = vec![
        Group::new("MNIST digits", true, &judged, &scorer).labelled(labels),
        group("drawn digits", true, digits.drawn_judged),
        group(STRANGERS, true, digits.strangers.0).labelled(digits.strangers.1),
    ];
    for kind in kinds {
        groups.push(group(kind.name.as_str(), false, &kind.images));
    }
    let scores = NAMES.iter().enumerate().map(|(place, name)| {
        let thresholds =
            [0, 1].map(|source: usize| threshold(&column(&limits[source], place), FALSE_REJECTION));
        ScoreFigures {
            score: name.to_string(),
            thresholds,
            kinds: kind_figures(&groups, place, thresholds),
        }
    });
    let shipped = reader.calibration();
    let shipped = shipped.map(|calibration| as_shipped(calibration, &groups, labels));
    Rejection {
        network: reader.name().to_string(),
        temperature,
        nll: [1.0, temperature].map(|t| nll(&logits, labels, t)),
        calibration_error,
        reliability,
        scores: scores.collect(),
        shipped,
    }
}

/// What one score refuses of every group; the first two are digits.
fn kind_figures(groups: &[Group<'_>], place: usize, thresholds: [f64; 2]) -> Vec<KindFigures> {
    let digits = [0, 1].map(|index: usize| groups[index].column(place));
    let figures = groups.iter().map(|group| {
        let scores = group.column(place);
        let against = || [0, 1].map(|index: usize| auroc(&digits[index], &scores));
        KindFigures {
            kind: group.kind.to_string(),
            is_digit: group.is_digit,
            images: scores.len(),
            rejected: thresholds.map(|limit| rejected(scores.iter().copied(), limit)),
            auroc: (!group.is_digit).then(against),
        }
    });
    figures.collect()
}

/// What the app says of every group; the first one is MNIST's judged digits, which have these labels.
fn as_shipped(calibration: &Calibration, groups: &[Group<'_>], labels: &[u8]) -> Shipped {
    let temperature = f64::from(calibration.temperature);
    let reliability = reliability(&groups[0].logits, labels, temperature);
    let kinds = groups.iter().map(|group| {
        let verdicts = group.logits.iter().filter_map(|logits| {
            let answer = Answer::from_logits(logits, Some(calibration))?;
            Some(answer.verdict(DEFAULT_THRESHOLD))
        });
        let verdicts: Vec<Verdict> = verdicts.collect();
        let part = |wanted: Verdict| {
            let count = verdicts
                .iter()
                .filter(|verdict| **verdict == wanted)
                .count();
            count as f64 / verdicts.len().max(1) as f64
        };
        ShippedFigures {
            kind: group.kind.to_string(),
            is_digit: group.is_digit,
            images: verdicts.len(),
            refused: part(Verdict::NoDigit),
            not_sure: part(Verdict::NotSure),
            wrong: group.wrong(),
        }
    });
    Shipped {
        calibration: *calibration,
        nll: nll(&groups[0].logits, labels, temperature),
        calibration_error: expected_calibration_error(&reliability),
        kinds: kinds.collect(),
        reliability,
    }
}

/// At most `count` images, evenly spaced.
fn spread(data: &Images, count: usize) -> Images {
    let step = (data.len() / count.max(1)).max(1);
    let indices: Vec<usize> = (0..data.len()).step_by(step).take(count).collect();
    data.select(&indices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document, eval::SEED};
    use mnistify_drawing::PIXELS;
    use mnistify_network::{LayerSpec, Model, NetworkSpec, Score};

    fn digits(count: usize) -> Images {
        Images {
            images: (0..count)
                .map(|index| {
                    let mut image = [0; PIXELS];
                    let start = 100 + index % 10 * 50;
                    image[start..start + 30].fill(150 + (index % 97) as u8);
                    image
                })
                .collect(),
            labels: (0..count).map(|index| (index % 10) as u8).collect(),
        }
    }

    fn told(found: &Rejection) -> String {
        let context = serde_json::json!({
            "plain": [], "robust": null, "strokes": null, "networks": [], "reject": [found],
        });
        document::render("figures.md", &context)
    }

    #[test]
    fn figures_are_complete_and_thresholds_keep_their_price() {
        let layers = vec![
            LayerSpec::Flatten,
            LayerSpec::linear(784, 12),
            LayerSpec::Silu,
            LayerSpec::linear(12, 10),
        ];
        let mut model = Model::random(NetworkSpec::new("small", layers).unwrap(), 2);
        let reader = Reader::new(&model, "small").unwrap();
        let data = digits(300);
        let drawn: Vec<Image28> = data.images.iter().map(Image28::from_bytes).collect();
        let digits = Digits {
            training: &data,
            validation: &data,
            judged: &data,
            drawn: &drawn,
            drawn_judged: &drawn,
            strangers: (&drawn, &data.labels),
        };
        let kinds = non_digits(5, SEED);
        assert_eq!(kinds.len(), 4);
        let found = rejection(&reader, &digits, &kinds);
        assert_eq!(found.scores.len(), NAMES.len());
        for score in &found.scores {
            assert_eq!(score.kinds.len(), 7);
            for kind in score.kinds.iter().filter(|kind| kind.is_digit) {
                assert!(kind.rejected.iter().all(|part| *part <= 0.01), "{kind:?}");
            }
            for kind in &score.kinds {
                assert_eq!(kind.auroc.is_none(), kind.is_digit, "{kind:?}");
            }
        }
        assert_eq!(found.shipped, None);
        assert!(found.nll[1] <= found.nll[0] + 1e-9);
        let text = told(&found);
        for part in ["| scribbles | 5 |", "| blank | 1 |", "Reliability of small"] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }

        // The same temperature, score and threshold in the file refuse the same.
        let energy = &found.scores[1];
        model.calibration = Some(Calibration {
            temperature: found.temperature as f32,
            score: Score::Energy,
            threshold: (energy.thresholds[1] as f32).next_down(),
        });
        let reader = Reader::new(&model, "small").unwrap();
        let found = rejection(&reader, &digits, &kinds);
        let shipped = found.shipped.as_ref().unwrap();
        assert_eq!(shipped.kinds.len(), energy.kinds.len());
        for (as_shipped, kind) in shipped.kinds.iter().zip(&energy.kinds) {
            assert!(
                (as_shipped.refused - kind.rejected[1]).abs() < 0.01,
                "{kind:?}"
            );
            assert!(as_shipped.refused + as_shipped.not_sure <= 1.0);
        }
        assert!((shipped.nll - found.nll[1]).abs() < 1e-6);
        let text = told(&found);
        assert!(text.contains("small as shipped: temperature"), "{text}");
        assert!(
            serde_json::to_string(&found)
                .unwrap()
                .contains("\"temperature\"")
        );
    }

    #[test]
    fn a_folder_without_fashion_is_no_error() {
        assert!(
            fashion(Path::new("/nonexistent-fashion"), 5)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_spread_choice_reaches_the_end() {
        let chosen = spread(&digits(100), 10);
        assert_eq!(chosen.len(), 10);
        assert_eq!(chosen.images[9], digits(100).images[90]);
        assert_eq!(spread(&digits(5), 10).len(), 5);
    }
}

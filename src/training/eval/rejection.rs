//! How much of what is no digit can be refused, at the price of 1 % of the real digits; and how far probabilities can
//! be trusted.
//!
//! Every score gets two thresholds: one under which 1 % of the validation digits fall, one under which 1 % of digits
//! drawn as strokes fall ([`crate::hands`], another seed than those that are judged). The app reads drawings, so that
//! the second is its price; scans of MNIST are closer to what the networks were trained on.

use super::{
    Reader, Reading, SEED,
    calibration::{BINS, Bin, expected_calibration_error, nll, reliability},
    scores::{NAMES, Scorer, logits_of, rejected, threshold},
    table::{percent, table},
};
use crate::{data::Images, non_digits::NonDigit};
use mnistify_drawing::{
    Image28, Preparation,
    idx::{IdxError, read_images},
    rasterise,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The part of the real digits that a threshold may refuse.
pub const FALSE_REJECTION: f64 = 0.01;
/// Training images that the distances are fitted on; with 576 features, 17 for each.
const FITTED_IMAGES: usize = 10_000;
/// Drawings of each kind unless said otherwise.
pub const PER_KIND: usize = 2_000;

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
}

/// `count` drawings of each kind, prepared as the app does, and a blank image.
pub fn non_digits(count: usize) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = NonDigit::ALL
        .into_iter()
        .map(|kind| Kind {
            name: kind.name().to_string(),
            images: (0..count as u32)
                .into_par_iter()
                .map(|index| rasterise(&kind.drawing(SEED, index), Preparation::Prepared))
                .collect(),
        })
        .collect();
    kinds.push(Kind {
        name: "blank".to_string(),
        images: vec![Image28::blank()],
    });
    kinds
}

/// The first `count` test images of Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747) in a folder, as they
/// are, from a plain or gzipped file; none where there is no such file.
pub fn fashion(folder: &Path, count: usize) -> Result<Option<Kind>, IdxError> {
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

    let scores_of = |readings: &[Reading]| -> Vec<[f64; NAMES.len()]> {
        let readings = readings.par_iter();
        readings.map(|reading| scorer.scores(reading)).collect()
    };
    let scores_of_images = |images: &[Image28]| scores_of(&reader.readings(images));
    let limits = [scores_of(&validation), scores_of_images(digits.drawn)];
    let mut groups = vec![
        ("MNIST digits", true, scores_of(&judged)),
        ("drawn digits", true, scores_of_images(digits.drawn_judged)),
    ];
    for kind in kinds {
        groups.push((&kind.name, false, scores_of_images(&kind.images)));
    }
    let scores = NAMES.iter().enumerate().map(|(place, name)| {
        let thresholds = [0, 1].map(|source: usize| {
            let column: Vec<f64> = limits[source].iter().map(|scores| scores[place]).collect();
            threshold(&column, FALSE_REJECTION)
        });
        let kinds = groups.iter().map(|(kind, is_digit, scores)| KindFigures {
            kind: kind.to_string(),
            is_digit: *is_digit,
            images: scores.len(),
            rejected: thresholds
                .map(|limit| rejected(scores.iter().map(|scores| scores[place]), limit)),
        });
        ScoreFigures {
            score: name.to_string(),
            thresholds,
            kinds: kinds.collect(),
        }
    });
    Rejection {
        network: reader.name().to_string(),
        temperature,
        nll: [1.0, temperature].map(|t| nll(&logits, labels, t)),
        calibration_error,
        reliability,
        scores: scores.collect(),
    }
}

/// At most `count` images, evenly spaced.
fn spread(data: &Images, count: usize) -> Images {
    let step = (data.len() / count.max(1)).max(1);
    let indices: Vec<usize> = (0..data.len()).step_by(step).take(count).collect();
    data.select(&indices)
}

/// All figures as Markdown: calibration, reliability, and a table for either threshold.
pub fn markdown(rejections: &[&Rejection]) -> String {
    let mut parts = vec![calibration(rejections)];
    for rejection in rejections {
        parts.push(format!(
            "Reliability of {}: answers by their probability.\n\n{}",
            rejection.network,
            reliability_table(&rejection.reliability)
        ));
    }
    let sources = ["MNIST's validation digits", "drawn digits"];
    for (source, name) in sources.iter().enumerate() {
        parts.push(format!(
            "Refused under thresholds that refuse {} of {name}:\n\n{}",
            percent(FALSE_REJECTION),
            refused(rejections, source)
        ));
    }
    parts.join("\n\n")
}

fn calibration(rejections: &[&Rejection]) -> String {
    let heading = [
        "network",
        "temperature",
        "log-likelihood, negative",
        "the same at the temperature",
        "calibration error",
        "the same at the temperature",
    ];
    let rows: Vec<Vec<String>> = rejections
        .iter()
        .map(|rejection| {
            let [nll, nll_after] = rejection.nll.map(|nll| format!("{nll:.4}"));
            let [error, error_after] = rejection.calibration_error.map(percent);
            let temperature = format!("{:.3}", rejection.temperature);
            let network = rejection.network.clone();
            vec![network, temperature, nll, nll_after, error, error_after]
        })
        .collect();
    table(&heading.map(String::from), &rows)
}

fn reliability_table(bins: &[Vec<Bin>; 2]) -> String {
    let heading = [
        "probability",
        "images",
        "mean probability",
        "accuracy",
        "images at the temperature",
        "mean probability",
        "accuracy",
    ];
    let [before, after] = bins;
    let rows: Vec<Vec<String>> = before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (before, after))| before.count + after.count > 0)
        .map(|(place, (before, after))| {
            let edge = |place: usize| 100.0 * place as f64 / BINS as f64;
            let mut cells = vec![format!("{:.0}–{:.0} %", edge(place), edge(place + 1))];
            for bin in [before, after] {
                cells.push(bin.count.to_string());
                let parts = [bin.confidence, bin.accuracy];
                cells.extend(parts.map(|part| match bin.count {
                    0 => "–".to_string(),
                    _ => percent(part),
                }));
            }
            cells
        })
        .collect();
    table(&heading.map(String::from), &rows)
}

fn refused(rejections: &[&Rejection], source: usize) -> String {
    let mut heading = vec!["images".to_string(), "number".to_string()];
    let mut limits = vec!["*threshold*".to_string(), String::new()];
    for rejection in rejections {
        for score in &rejection.scores {
            heading.push(format!("{}: {}", rejection.network, score.score));
            limits.push(format!("{:.4}", score.thresholds[source]));
        }
    }
    let mut rows = vec![limits];
    let first = rejections.first().and_then(|r| r.scores.first());
    for (place, kind) in first
        .map_or(&[][..], |score| &score.kinds)
        .iter()
        .enumerate()
    {
        let mut cells = vec![kind.kind.clone(), kind.images.to_string()];
        let scores = rejections.iter().flat_map(|rejection| &rejection.scores);
        cells.extend(scores.map(|score| percent(score.kinds[place].rejected[source])));
        rows.push(cells);
    }
    table(&heading, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::PIXELS;
    use mnistify_network::{LayerSpec, Model, NetworkSpec};

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

    #[test]
    fn figures_are_complete_and_thresholds_keep_their_price() {
        let layers = vec![
            LayerSpec::Flatten,
            LayerSpec::Linear {
                in_features: 784,
                out_features: 12,
            },
            LayerSpec::Silu,
            LayerSpec::Linear {
                in_features: 12,
                out_features: 10,
            },
        ];
        let model = Model::random(NetworkSpec::new("small", layers).unwrap(), 2);
        let reader = Reader::new(&model, "small").unwrap();
        let data = digits(300);
        let drawn: Vec<Image28> = data.images.iter().map(Image28::from_bytes).collect();
        let digits = Digits {
            training: &data,
            validation: &data,
            judged: &data,
            drawn: &drawn,
            drawn_judged: &drawn,
        };
        let kinds = non_digits(5);
        assert_eq!(kinds.len(), 4);
        let found = rejection(&reader, &digits, &kinds);
        assert_eq!(found.scores.len(), NAMES.len());
        for score in &found.scores {
            assert_eq!(score.kinds.len(), 6);
            for kind in score.kinds.iter().filter(|kind| kind.is_digit) {
                assert!(kind.rejected.iter().all(|part| *part <= 0.01), "{kind:?}");
            }
        }
        assert!(found.nll[1] <= found.nll[0] + 1e-9);
        let text = markdown(&[&found, &found]);
        for part in ["| scribbles | 5 |", "| blank | 1 |", "Reliability of small"] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
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

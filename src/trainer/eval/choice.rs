//! The calibration that a network's file gets: its temperature, the score that catches most of what is no digit, and
//! the threshold on it.
//!
//! A threshold refuses at most [`PRICE`] of MNIST's validation digits and as much of drawn ones, neat and in haste: the app
//! reads drawings, but networks that were trained on such drawings are surer of them than of a stranger's hand. What counts
//! as refused is what the app calls no digit: an image that two classes share is none of these ([`BOTH`]).
//!
//! Nothing here is what [`super::rejection`] reports later: the temperature comes from MNIST's validation images, the
//! thresholds from these and from drawings of [`THRESHOLD_SEED`](super::THRESHOLD_SEED), and the choice between the scores is made on
//! drawings of [`CHOICE_SEED`](super::CHOICE_SEED). Letters of fonts and Fashion-MNIST take no part in it.

use super::{
    Reader,
    calibration::{
        expected_calibration_error, fit_temperature, log_sum_exp, nll,
        reliability as reliability_bins,
    },
    rejection::{BLANK, Kind},
    scores::{logits_of, rejected, threshold},
};
use mnistify_drawing::Image28;
use mnistify_learning::{Images, metrics::CLASSES};
use mnistify_network::{Answer, Calibration, Score, prediction::BOTH};
use serde::Serialize;

/// The part of the digits that a threshold may refuse.
pub const PRICE: f64 = 0.005;

/// What a choice is made from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// MNIST's, for the temperature and the thresholds.
    pub validation: &'a Images,
    /// Prepared drawings of digits, for the thresholds too.
    pub drawn: &'a [Image28],
    /// What is no digit, for the choice between the scores. A blank image is passed over, as the app never reads one.
    pub non_digits: &'a [Kind],
}

/// What was chosen, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    pub calibration: Calibration,
    /// Mean negative log-likelihood of the validation digits at temperature 1 and at the fitted one.
    pub nll: [f64; 2],
    /// Their expected calibration error, likewise.
    pub calibration_error: [f64; 2],
    /// The part of them that the threshold refuses, from 0 to 1.
    pub validation_refused: f64,
    /// In the order of [`Score::ALL`].
    pub candidates: Vec<Candidate>,
}

/// A score that could have been chosen; parts from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    pub score: Score,
    /// Refuses [`PRICE`] of the validation digits or of the drawn ones, and less of the others; less of both where the rest
    /// is shared by two classes.
    pub threshold: f32,
    /// The part of each kind that it refuses.
    pub kinds: Vec<Caught>,
    /// Their mean: every kind counts the same, however many images it has.
    pub caught: f64,
}

/// How much of one kind is refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Caught {
    pub kind: String,
    pub images: usize,
    pub refused: f64,
}

/// Fits and chooses; the first of equally good scores.
pub fn choose(reader: &Reader, evidence: &Evidence<'_>) -> Choice {
    let logits = logits_of(&reader.readings_of(evidence.validation));
    let labels = &evidence.validation.labels;
    // As the file keeps it, so that all figures are those of the file.
    let temperature = fit_temperature(&logits, labels) as f32;
    let temperatures = [1.0, f64::from(temperature)];
    let drawn = logits_of(&reader.readings(evidence.drawn));
    let kinds: Vec<(&Kind, Vec<[f32; CLASSES]>)> = evidence
        .non_digits
        .iter()
        .filter(|kind| kind.name != BLANK)
        .map(|kind| (kind, logits_of(&reader.readings(&kind.images))))
        .collect();
    let candidates: Vec<Candidate> = Score::ALL
        .into_iter()
        .map(|score| candidate(score, temperatures[1], [&logits, &drawn], &kinds))
        .collect();
    let mut best = &candidates[0];
    for candidate in &candidates[1..] {
        if candidate.caught > best.caught {
            best = candidate;
        }
    }
    let calibration = Calibration {
        temperature,
        score: best.score,
        threshold: best.threshold,
    };
    let refused = logits.iter().filter(|l| is_refused(&calibration, l));
    Choice {
        calibration,
        nll: temperatures.map(|t| nll(&logits, labels, t)),
        calibration_error: temperatures
            .map(|t| expected_calibration_error(&reliability_bins(&logits, labels, t))),
        validation_refused: refused.count() as f64 / logits.len().max(1) as f64,
        candidates,
    }
}

/// Whether the app calls it no digit.
fn is_refused(calibration: &Calibration, logits: &[f32; CLASSES]) -> bool {
    Answer::from_logits(logits, Some(calibration)).is_some_and(|answer| !answer.is_digit)
}

/// A score, which is infinite where the app refuses at no threshold: by the probability, what two classes share.
fn effective(score: Score, logits: &[f32; CLASSES], temperature: f64) -> f64 {
    if score == Score::Probability {
        let sum = log_sum_exp(logits, temperature);
        let mut parts = logits.map(|logit| (f64::from(logit) / temperature - sum).exp());
        parts.sort_unstable_by(f64::total_cmp);
        if parts[CLASSES - 2..].iter().sum::<f64>() >= f64::from(BOTH) {
            return f64::INFINITY;
        }
    }
    score.of(logits, temperature)
}

fn candidate(
    score: Score,
    temperature: f64,
    digits: [&[[f32; CLASSES]]; 2],
    kinds: &[(&Kind, Vec<[f32; CLASSES]>)],
) -> Candidate {
    let scores = |logits: &[[f32; CLASSES]]| -> Vec<f64> {
        let scores = logits.iter();
        let scores = scores.map(|logits| effective(score, logits, temperature));
        scores.collect()
    };
    let limits = digits.map(|logits| threshold(&scores(logits), PRICE));
    let mut limit = limits[0].min(limits[1]);
    if score == Score::Probability {
        // From here on all is refused that two classes do not share.
        limit = limit.min(f64::from(BOTH));
    }
    let threshold = rounded_down(limit);
    let kinds: Vec<Caught> = kinds
        .iter()
        .map(|(kind, logits)| Caught {
            kind: kind.name.clone(),
            images: logits.len(),
            refused: rejected(scores(logits).into_iter(), f64::from(threshold)),
        })
        .collect();
    let caught = kinds.iter().map(|kind| kind.refused).sum::<f64>() / kinds.len().max(1) as f64;
    Candidate {
        score,
        threshold,
        kinds,
        caught,
    }
}

/// The next f32 that is not larger: rounding up could refuse the drawing that the threshold comes from. A file holds
/// only finite numbers, so nothing to take it from gives the least of them, which refuses nothing.
fn rounded_down(threshold: f64) -> f32 {
    let near = threshold as f32;
    let down = if f64::from(near) > threshold {
        near.next_down()
    } else {
        near
    };
    down.max(f32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{CHOICE_SEED, THRESHOLD_SEED, drawn::prepared_images, rejection::non_digits};
    use mnistify_drawing::PIXELS;
    use mnistify_network::{Model, NetworkSpec};

    #[test]
    fn the_choice_keeps_its_price_and_is_the_best() {
        let reader = Reader::new(&Model::random(NetworkSpec::mlp(), 4), "random").unwrap();
        let validation = Images {
            images: (0..40).map(|index| [5 * index as u8; PIXELS]).collect(),
            labels: (0..40).map(|index| (index % 10) as u8).collect(),
        };
        let drawn = prepared_images(5, THRESHOLD_SEED);
        let kinds = non_digits(12, CHOICE_SEED);
        let choice = choose(
            &reader,
            &Evidence {
                validation: &validation,
                drawn: &drawn,
                non_digits: &kinds,
            },
        );
        assert!(choice.calibration.check().is_ok());
        assert!(choice.nll[1] <= choice.nll[0] + 1e-6);
        assert_eq!(choice.candidates.len(), Score::ALL.len());
        let caught = choice.candidates.iter().map(|candidate| candidate.caught);
        let most = caught.fold(0.0, f64::max);
        for candidate in &choice.candidates {
            let names: Vec<&str> = candidate.kinds.iter().map(|k| k.kind.as_str()).collect();
            let drawings = kinds.iter().map(|kind| kind.name.as_str());
            let drawings: Vec<&str> = drawings.filter(|name| *name != BLANK).collect();
            assert_eq!(names, drawings);
            if candidate.score == choice.calibration.score {
                assert_eq!(candidate.caught, most);
                assert_eq!(candidate.threshold, choice.calibration.threshold);
            }
        }
        let logits = logits_of(&reader.readings(&drawn));
        let refused = logits
            .iter()
            .filter(|logits| is_refused(&choice.calibration, logits));
        assert!(refused.count() as f64 <= PRICE * drawn.len() as f64);
    }

    #[test]
    fn what_two_classes_share_is_refused_at_no_threshold() {
        let mut logits = [0.0; CLASSES];
        (logits[2], logits[7]) = (8.0, 8.0);
        assert_eq!(effective(Score::Probability, &logits, 1.0), f64::INFINITY);
        assert_eq!(effective(Score::MaxLogit, &logits, 1.0), 8.0);
        (logits[2], logits[7]) = (3.0, 3.0);
        let unsure = effective(Score::Probability, &logits, 1.0);
        assert_eq!(unsure, Score::Probability.of(&logits, 1.0));
        // At the largest threshold that is ever chosen the app says the same of both.
        let calibration = Calibration {
            temperature: 1.0,
            score: Score::Probability,
            threshold: BOTH,
        };
        assert!(is_refused(&calibration, &logits));
        (logits[2], logits[7]) = (8.0, 8.0);
        assert!(!is_refused(&calibration, &logits));
    }

    #[test]
    fn a_threshold_never_grows_by_rounding() {
        for threshold in [0.1, 0.7, -0.3, 1.0, 12.345_678_9] {
            let rounded = f64::from(rounded_down(threshold));
            assert!(rounded <= threshold && threshold - rounded < 1e-6 * threshold.abs());
        }
        assert_eq!(rounded_down(f64::NEG_INFINITY), f32::MIN);
    }
}

//! From logits to what is shown: probabilities and an answer, "not sure", or "that is not a digit".

use crate::calibration::{Calibration, Score};
use serde::Serialize;

/// Below this probability an answer is shown as "not sure".
pub const DEFAULT_THRESHOLD: f32 = 0.6;

/// Said where every network refuses what was drawn.
pub const NO_DIGIT: &str = "That is not a digit.";

/// What a network says about one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The class of the largest logit.
    pub class: usize,
    /// One probability a class, at the calibration's temperature; they add up to 1.
    pub probabilities: Vec<f32>,
    /// As the network computed them, whatever the calibration.
    pub logits: Vec<f32>,
    /// False where the calibration finds that this is no digit. Without a calibration always true.
    pub is_digit: bool,
    /// The calibration would refuse the answer, but only because two classes share the probability.
    pub is_between_two: bool,
}

/// What two classes have together where an image is one of them, and only which is in doubt.
pub const BOTH: f32 = 0.95;

/// How much an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The class can be said.
    Digit,
    /// A digit, but the probability of the class is too low to say which, or two share it.
    NotSure,
    /// No digit at all, by the calibration's threshold.
    NoDigit,
}

impl Answer {
    /// The answer for some logits; none where they are empty or not finite.
    pub fn from_logits(logits: &[f32], calibration: Option<&Calibration>) -> Option<Self> {
        if logits.is_empty() || logits.iter().any(|logit| !logit.is_finite()) {
            return None;
        }
        let temperature = calibration.map_or(1.0, |calibration| calibration.temperature);
        let class = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))?;
        // The difference first: a tiny temperature then makes it −∞, whose exponential is 0, and never NaN.
        let below = logits.iter().map(|logit| logit - logits[class]);
        let scaled: Vec<f32> = below.map(|below| below / temperature).collect();
        let mut answer = Self {
            class,
            probabilities: softmax(&scaled),
            logits: logits.to_vec(),
            is_digit: calibration.is_none_or(|calibration| calibration.is_digit(logits)),
            is_between_two: false,
        };
        // Where the score is one class's probability, a doubt between two has a low one too, without being no digit.
        let by_probability = calibration.is_some_and(|c| c.score == Score::Probability);
        if by_probability && !answer.is_digit {
            let other = answer
                .runner_up()
                .map_or(0.0, |other| answer.probabilities[other]);
            answer.is_between_two = answer.confidence() + other >= BOTH;
            answer.is_digit = answer.is_between_two;
        }
        Some(answer)
    }

    /// The probability of the answer, in `[0, 1]`.
    pub fn confidence(&self) -> f32 {
        self.probabilities[self.class]
    }

    /// What the answer is worth; `threshold` is the probability from which on a class is said.
    pub fn verdict(&self, threshold: f32) -> Verdict {
        if !self.is_digit {
            Verdict::NoDigit
        } else if self.is_between_two || self.confidence() < threshold {
            Verdict::NotSure
        } else {
            Verdict::Digit
        }
    }

    /// The class of the second largest logit; none where there is one class only.
    pub fn runner_up(&self) -> Option<usize> {
        let others = (0..self.logits.len()).filter(|class| *class != self.class);
        others.max_by(|a, b| self.logits[*a].total_cmp(&self.logits[*b]))
    }
}

/// What to say of all networks together: [`NO_DIGIT`] where there are answers and each of them refuses.
pub fn headline<'a>(answers: impl IntoIterator<Item = Option<&'a Answer>>) -> Option<&'static str> {
    let mut answers = answers.into_iter().peekable();
    answers.peek()?;
    let refuses = |answer: Option<&Answer>| answer.is_some_and(|answer| !answer.is_digit);
    answers.all(refuses).then_some(NO_DIGIT)
}

/// `exp(xᵢ − max x) / Σ exp(xⱼ − max x)`: shifted, so that large logits do not overflow.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|x| (x - largest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.iter().map(|e| e / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_even_for_huge_logits() {
        let answer = Answer::from_logits(&[1000.0, 999.0, -1000.0], None).unwrap();
        assert_eq!((answer.class, answer.runner_up()), (0, Some(1)));
        assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((answer.confidence() - 0.7310586).abs() < 1e-5);
        assert_eq!(answer.verdict(0.7), Verdict::Digit);
        assert_eq!(answer.verdict(0.8), Verdict::NotSure);
        assert_eq!(Answer::from_logits(&[f32::NAN, 0.0], None), None);
        assert_eq!(Answer::from_logits(&[], None), None);
        let alone = Answer::from_logits(&[1.0], None).unwrap();
        assert_eq!(alone.runner_up(), None);
    }

    #[test]
    fn a_calibration_flattens_and_refuses() {
        let logits = [3.0, 1.0, 0.0];
        let mut calibration = Calibration {
            temperature: 2.0,
            score: Score::MaxLogit,
            threshold: 2.5,
        };
        let answer = Answer::from_logits(&logits, Some(&calibration)).unwrap();
        assert_eq!(answer.probabilities, softmax(&[1.5, 0.5, 0.0]));
        assert_eq!(answer.logits, logits);
        assert_eq!(answer.verdict(0.5), Verdict::Digit);
        assert_eq!(answer.verdict(0.7), Verdict::NotSure);
        calibration.threshold = 3.5;
        let answer = Answer::from_logits(&logits, Some(&calibration)).unwrap();
        // Whatever the probability.
        assert_eq!(answer.verdict(0.0), Verdict::NoDigit);
        assert_eq!(answer.class, 0);
    }

    #[test]
    fn any_temperature_above_0_gives_probabilities() {
        for temperature in [1e-45, f32::MIN_POSITIVE, 1e-3, 1e3, f32::MAX] {
            for score in Score::ALL {
                let calibration = Calibration {
                    temperature,
                    score,
                    threshold: 0.5,
                };
                assert_eq!(calibration.check(), Ok(()));
                for logits in [[20.0, -3.0, 1.0], [3e38, -3e38, 0.0], [0.0, 0.0, 0.0]] {
                    let answer = Answer::from_logits(&logits, Some(&calibration)).unwrap();
                    let sum: f32 = answer.probabilities.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-6, "{temperature}: {answer:?}");
                }
            }
        }
    }

    #[test]
    fn a_doubt_between_two_is_no_refusal() {
        let calibration = Calibration {
            temperature: 1.0,
            score: Score::Probability,
            threshold: 0.94,
        };
        let verdict = |logits: &[f32]| {
            let answer = Answer::from_logits(logits, Some(&calibration)).unwrap();
            answer.verdict(DEFAULT_THRESHOLD)
        };
        assert_eq!(verdict(&[9.0, 1.0, 1.0, 1.0]), Verdict::Digit);
        // 73 % and 27 %.
        assert_eq!(verdict(&[9.0, 8.0, 1.0, 1.0]), Verdict::NotSure);
        // 57, 21 and 21 %.
        assert_eq!(verdict(&[9.0, 8.0, 8.0, 1.0]), Verdict::NoDigit);
        assert_eq!(verdict(&[1.0, 1.0, 1.0, 1.0]), Verdict::NoDigit);
    }

    #[test]
    fn only_networks_that_all_refuse_make_a_headline() {
        let of = |threshold| {
            let calibration = Calibration {
                temperature: 1.0,
                score: Score::MaxLogit,
                threshold,
            };
            Answer::from_logits(&[1.0, 0.0], Some(&calibration))
        };
        let (digit, none) = (of(0.5), of(1.5));
        let (digit, none) = (digit.as_ref(), none.as_ref());
        let said = |answers: &[Option<&Answer>]| headline(answers.iter().copied());
        assert_eq!(said(&[none, none]), Some(NO_DIGIT));
        assert_eq!(said(&[none]), Some(NO_DIGIT));
        assert_eq!(said(&[none, digit]), None);
        assert_eq!(said(&[none, None]), None);
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn verdicts_have_words_for_programs() {
        let words = [Verdict::Digit, Verdict::NotSure, Verdict::NoDigit]
            .map(|verdict| serde_json::to_string(&verdict).unwrap());
        assert_eq!(words, ["\"digit\"", "\"not_sure\"", "\"no_digit\""]);
    }
}

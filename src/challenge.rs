//! Challenges between visitors: what a drawing is to reach, and how close it is, of nothing but the networks' answers and
//! the ink.

use mnistify_network::Answer;

/// What a drawing is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The networks read different digits.
    Disagree,
    /// A digit with as little ink as possible that all read.
    LeastInk(usize),
    /// Exactly between two digits.
    Between(usize, usize),
    /// What no network takes for a digit, but a friend reads.
    NoDigit,
}

/// All, in the order in which they are offered.
pub const CHALLENGES: [Challenge; 4] = [
    Challenge::Disagree,
    Challenge::LeastInk(5),
    Challenge::Between(4, 9),
    Challenge::NoDigit,
];

/// How far a drawing is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// From 0 to 1.
    pub share: f32,
    /// It is reached.
    pub is_done: bool,
}

/// Both of two digits have at least this probability together where an image is between them.
const BETWEEN: f32 = 0.8;
/// Ink below which a drawing is a dot and no riddle, in pixels of full ink.
const LEAST_RIDDLE: f32 = 30.0;

impl Challenge {
    /// The key of its text.
    pub fn key(self) -> &'static str {
        match self {
            Self::Disagree => "challenge-disagree",
            Self::LeastInk(_) => "challenge-ink",
            Self::Between(..) => "challenge-between",
            Self::NoDigit => "challenge-no-digit",
        }
    }

    /// How far these answers to a drawing with so much ink (pixels of full ink) are.
    pub fn progress(self, answers: &[&Answer], ink: f32) -> Progress {
        if answers.is_empty() || ink <= 0.0 {
            return Progress::default();
        }
        let count = answers.len() as f32;
        let mean = |of: &dyn Fn(&Answer) -> f32| {
            answers.iter().map(|answer| of(answer)).sum::<f32>() / count
        };
        let of =
            |answer: &Answer, class: usize| answer.probabilities.get(class).copied().unwrap_or(0.0);
        let all_digits = answers.iter().all(|answer| answer.is_digit);
        match self {
            Self::Disagree => {
                let [first, others @ ..] = answers else {
                    return Progress::default();
                };
                // What two distributions do not share: 0 for the same, 1 for nothing in common.
                let apart = |other: &&&Answer| {
                    let pairs = first.probabilities.iter().zip(&other.probabilities);
                    1.0 - pairs.map(|(a, b)| a.min(*b)).sum::<f32>()
                };
                let share = others.iter().map(|other| apart(&other)).fold(0.0, f32::max);
                let differ = others.iter().any(|other| other.class != first.class);
                Progress {
                    share: share.clamp(0.0, 1.0),
                    is_done: differ && all_digits,
                }
            }
            Self::LeastInk(digit) => Progress {
                share: mean(&|answer| of(answer, digit)),
                is_done: all_digits && answers.iter().all(|answer| answer.class == digit),
            },
            Self::Between(low, high) => {
                let share = mean(&|answer| 2.0 * of(answer, low).min(of(answer, high)));
                Progress {
                    share,
                    is_done: share >= BETWEEN,
                }
            }
            Self::NoDigit => {
                let share = mean(&|answer| f32::from(u8::from(!answer.is_digit)));
                Progress {
                    share,
                    is_done: share >= 1.0 && ink >= LEAST_RIDDLE,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(probabilities: &[(usize, f32)], is_digit: bool) -> Answer {
        let mut all = vec![0.0; 10];
        for (class, probability) in probabilities {
            all[*class] = *probability;
        }
        let class = (0..10).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap();
        Answer {
            class,
            probabilities: all,
            logits: vec![0.0; 10],
            is_digit,
            is_between_two: false,
        }
    }

    #[test]
    fn a_blank_pad_is_nowhere() {
        let three = answer(&[(3, 1.0)], true);
        for challenge in CHALLENGES {
            assert_eq!(challenge.progress(&[], 50.0), Progress::default());
            assert_eq!(challenge.progress(&[&three], 0.0), Progress::default());
        }
    }

    #[test]
    fn each_is_reached_by_what_it_asks_for_and_by_nothing_else() {
        let three = answer(&[(3, 0.9), (5, 0.1)], true);
        let five = answer(&[(5, 0.9), (3, 0.1)], true);
        let torn = answer(&[(4, 0.5), (9, 0.5)], true);
        let other_torn = answer(&[(9, 0.55), (4, 0.45)], true);
        let refused = answer(&[(1, 0.4), (7, 0.6)], false);
        let done = |challenge: Challenge, answers: [&Answer; 2], ink| {
            challenge.progress(&answers, ink).is_done
        };
        let [disagree, ink, between, none] = CHALLENGES;
        assert!(done(disagree, [&three, &five], 80.0));
        assert!(!done(disagree, [&three, &three], 80.0));
        assert!(!done(disagree, [&three, &refused], 80.0));
        assert!(done(ink, [&five, &five], 12.0));
        assert!(!done(ink, [&five, &three], 12.0));
        assert!(done(between, [&torn, &other_torn], 80.0));
        assert!(!done(between, [&torn, &three], 80.0));
        assert!(done(none, [&refused, &refused], 80.0));
        assert!(!done(none, [&refused, &refused], 5.0));
        assert!(!done(none, [&refused, &three], 80.0));
        let closer = disagree.progress(&[&three, &five], 80.0).share;
        assert!((closer - 0.8).abs() < 1e-6, "{closer}");
    }
}

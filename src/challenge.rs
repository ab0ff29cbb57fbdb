//! Challenges between visitors: what a drawing is to reach, and how close it is, of nothing but the networks' answers and
//! the ink.

use mnistify_drawing::Image28;
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

/// How many drawings of a challenge are remembered.
pub const MOST_BEST: usize = 3;

/// A drawing that reached a challenge.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Its number on the pad.
    pub number: u64,
    /// How good it is.
    pub score: f32,
    /// What the networks saw.
    pub image: Image28,
}

/// Takes a drawing in where it is among the best, which stand in their order. One that goes on is there once, as good as it
/// ever was; of two that are equally good the earlier is the better.
pub fn keep_best(best: &mut Vec<Best>, drawing: Best) {
    let same = best.iter().position(|other| other.number == drawing.number);
    if let Some(same) = same {
        if best[same].score >= drawing.score {
            return;
        }
        best.remove(same);
    }
    let place = best.partition_point(|other| other.score >= drawing.score);
    best.insert(place, drawing);
    best.truncate(MOST_BEST);
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

    /// How good a drawing is that reached it, with so much ink and made in so many seconds; more is better: nearest to what
    /// is asked for, with the least ink, or, where that is yes or no, the fastest.
    pub fn score(self, progress: Progress, ink: f32, seconds: f32) -> f32 {
        match self {
            Self::Disagree | Self::Between(..) => progress.share,
            Self::LeastInk(_) => -ink,
            Self::NoDigit => -seconds,
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
    fn the_best_have_what_is_asked_for() {
        let [disagree, ink, between, none] = CHALLENGES;
        let progress = |share| Progress {
            share,
            is_done: true,
        };
        let score = |challenge: Challenge, share, ink, seconds| {
            challenge.score(progress(share), ink, seconds)
        };
        for nearest in [disagree, between] {
            assert!(score(nearest, 0.9, 90.0, 9.0) > score(nearest, 0.8, 10.0, 1.0));
        }
        assert!(score(ink, 0.8, 10.0, 9.0) > score(ink, 1.0, 11.0, 1.0));
        assert!(score(none, 1.0, 90.0, 2.0) > score(none, 1.0, 10.0, 3.0));
    }

    #[test]
    fn the_three_best_stand_in_order_and_each_once() {
        let mut best = Vec::new();
        let mut keep = |number, score| {
            let image = Image28::blank();
            keep_best(
                &mut best,
                Best {
                    number,
                    score,
                    image,
                },
            );
            best.iter().map(|best| best.number).collect::<Vec<_>>()
        };
        assert_eq!(keep(1, 0.5), [1]);
        assert_eq!(keep(2, 0.7), [2, 1]);
        assert_eq!(keep(3, 0.5), [2, 1, 3], "the earlier first");
        assert_eq!(keep(4, 0.4), [2, 1, 3]);
        assert_eq!(keep(3, 0.6), [2, 3, 1], "better as it goes on");
        assert_eq!(keep(2, 0.1), [2, 3, 1], "as good as it was");
        assert_eq!(keep(5, 0.9), [5, 2, 3]);
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

//! What the networks say together, in words: pure functions of their answers.

use super::Look;
use crate::words::{say, say_with};
use bevy::prelude::Entity;
use mnistify_network::{Answer, Verdict};

/// From this probability on an answer is sure,
pub(super) const SURE: f32 = 0.95;
/// and a runner-up of at least this matters where the first is not even probable.
const RIVAL: f32 = 0.25;

/// What is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The classes that stand large: none, one, or two.
    pub winners: Vec<usize>,
    /// The sentence over it all.
    pub headline: String,
    /// What the explain button says.
    pub why: String,
    /// Every network refuses, or the pad is blank: nothing is read off.
    pub is_refused: bool,
    /// The networks differ.
    pub differ: bool,
}

/// A network's probability of a class.
pub(super) struct Share<'a> {
    pub name: &'a str,
    pub slot: usize,
    pub share: f32,
}

/// One network's part in it.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its answer; none for a blank pad.
    pub answer: Option<&'a Answer>,
    /// Its classes' names.
    pub classes: &'a [String],
}

impl Told {
    /// Of the shown networks.
    pub(super) fn of(look: &Look<'_>, reason: Option<&str>) -> Self {
        let shown: Vec<_> = look.shown().collect();
        let voices: Vec<Voice<'_>> = shown
            .iter()
            .map(|reading| Voice {
                name: reading.network.name(),
                answer: reading.answer(),
                classes: reading.network.spec().classes(),
            })
            .collect();
        let told = tell(&voices, look.settings.threshold, reason);
        // In slow motion the answer comes with the light that runs to it.
        match look.motion.slow {
            Some(share) if share < 1.0 && !told.is_refused => Self {
                headline: say("headline-slow"),
                why: told.why,
                is_refused: true,
                ..Self::default()
            },
            _ => told,
        }
    }

    /// Each shown network's probability of a class, in the order of the lanes; nothing where all refuse.
    pub(super) fn shares<'a>(&self, look: &'a Look<'_>, class: usize) -> Vec<Share<'a>> {
        if self.is_refused {
            return Vec::new();
        }
        let share = |(entity, _): &(Entity, _)| {
            let network = look.network(*entity)?.network;
            Some(Share {
                name: network.name(),
                slot: network.slot(),
                share: *look.bars.get(*entity).ok()?.0.get(class)?,
            })
        };
        look.composed.networks.iter().filter_map(share).collect()
    }

    /// What stands under a large figure: how sure, or whose it is.
    pub(super) fn words_of(&self, look: &Look<'_>, class: usize) -> String {
        let readers: Vec<_> = look
            .shown()
            .filter(|reading| {
                reading
                    .answer()
                    .is_some_and(|a| a.is_digit && a.class == class)
            })
            .collect();
        if self.winners.len() > 1 && self.differ {
            let names: Vec<&str> = readers.iter().map(|r| r.network.name()).collect();
            return names.join(" · ");
        }
        let all: Vec<f32> = look
            .shown()
            .filter_map(|reading| reading.answer()?.probabilities.get(class).copied())
            .collect();
        let mean = all.iter().sum::<f32>() / all.len().max(1) as f32;
        if self.winners.len() > 1 {
            let percent = format!("{:.0}", mean * 100.0);
            return say_with("percent", &[("percent", percent.into())]);
        }
        say(certainty(mean, look.settings.threshold))
    }
}

/// The key of the word for a probability.
fn certainty(probability: f32, threshold: f32) -> &'static str {
    if probability >= SURE {
        "sure"
    } else if probability >= threshold {
        "probably"
    } else {
        "not-sure"
    }
}

/// What these networks say together; `reason` is why nothing can be read, where that is known.
pub fn tell(voices: &[Voice<'_>], threshold: f32, reason: Option<&str>) -> Told {
    let count = voices.len();
    let said: Vec<(&Voice<'_>, &Answer)> = voices
        .iter()
        .filter_map(|voice| Some((voice, voice.answer?)))
        .collect();
    if said.is_empty() {
        return Told {
            headline: say("headline-blank"),
            why: say("explain"),
            is_refused: true,
            ..Told::default()
        };
    }
    let digits: Vec<&(&Voice<'_>, &Answer)> =
        said.iter().filter(|(_, answer)| answer.is_digit).collect();
    let Some((first_voice, first)) = digits.first() else {
        let mut headline = say_with("headline-refused", &[("count", count.into())]);
        if let Some(reason) = reason {
            headline = say_with(
                "headline-because",
                &[("told", headline.into()), ("reason", say(reason).into())],
            );
        }
        return Told {
            headline,
            why: say("explain"),
            is_refused: true,
            ..Told::default()
        };
    };
    let name = |class: usize| first_voice.classes.get(class).cloned().unwrap_or_default();
    let mut winners = vec![first.class];
    for (_, answer) in &digits {
        if !winners.contains(&answer.class) && winners.len() < 2 {
            winners.push(answer.class);
        }
    }
    let differ = winners.len() > 1;
    let rival = first.runner_up().filter(|class| {
        let is_doubt = first.verdict(threshold) == Verdict::NotSure;
        is_doubt && first.probabilities.get(*class).is_some_and(|p| *p >= RIVAL)
    });
    if let (false, Some(rival)) = (differ, rival) {
        winners.push(rival);
    }
    winners.sort_unstable();
    let headline = if differ {
        say("headline-differ")
    } else if winners.len() > 1 {
        say_with(
            "headline-torn",
            &[
                ("count", digits.len().into()),
                ("first", name(winners[0]).into()),
                ("second", name(winners[1]).into()),
            ],
        )
    } else if digits.len() < count {
        say_with(
            "headline-one-refuses",
            &[("network", first_voice.name.into())],
        )
    } else {
        say_with(
            "headline-reads",
            &[
                ("count", count.into()),
                ("network", first_voice.name.into()),
                ("digit", name(winners[0]).into()),
            ],
        )
    };
    let why = if winners.len() > 1 {
        say_with(
            "explain-either",
            &[
                ("first", name(winners[0]).into()),
                ("second", name(winners[1]).into()),
            ],
        )
    } else {
        say_with("explain-why", &[("digit", name(winners[0]).into())])
    };
    Told {
        winners,
        headline,
        why,
        is_refused: false,
        differ,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(probabilities: &[f32]) -> Answer {
        let logits: Vec<f32> = probabilities.iter().map(|p| p.max(1e-6).ln()).collect();
        Answer::from_logits(&logits, None).expect("finite logits")
    }

    fn told(answers: &[Option<Answer>]) -> Told {
        let classes: Vec<String> = (0..3).map(|class| class.to_string()).collect();
        let names = ["CNN", "MLP"];
        let voices: Vec<Voice<'_>> = answers
            .iter()
            .zip(names)
            .map(|(answer, name)| Voice {
                name,
                answer: answer.as_ref(),
                classes: &classes,
            })
            .collect();
        tell(&voices, 0.6, None)
    }

    #[test]
    fn every_state_has_its_sentence() {
        let sure = || Some(answer(&[0.01, 0.98, 0.01]));
        let other = Some(answer(&[0.01, 0.01, 0.98]));
        let torn = Some(answer(&[0.02, 0.52, 0.46]));
        let refused = Some(Answer {
            is_digit: false,
            ..answer(&[0.01, 0.98, 0.01])
        });
        let of = |answers: &[Option<Answer>]| {
            let told = told(answers);
            (told.headline, told.winners)
        };
        assert_eq!(of(&[None, None]), ("Draw a digit".into(), vec![]));
        assert_eq!(
            of(&[sure(), sure()]),
            ("Two networks read a 1".into(), vec![1])
        );
        assert_eq!(of(&[sure()]), ("CNN reads a 1".into(), vec![1]));
        assert_eq!(
            of(&[sure(), other]),
            ("They do not agree".into(), vec![1, 2])
        );
        assert_eq!(of(&[torn]), ("1 or 2? It cannot tell".into(), vec![1, 2]));
        assert_eq!(
            of(&[refused.clone(), refused.clone()]),
            ("The networks see no digit here".into(), vec![])
        );
        assert_eq!(
            of(&[sure(), refused]),
            ("Only CNN sees a digit".into(), vec![1])
        );
    }

    #[test]
    fn certainty_is_a_word() {
        assert_eq!(certainty(0.97, 0.6), "sure");
        assert_eq!(certainty(0.7, 0.6), "probably");
        assert_eq!(certainty(0.5, 0.6), "not-sure");
    }
}

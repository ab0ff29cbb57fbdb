//! Answers told to programs, as JSON.

use crate::prediction::{Answer, Verdict, headline};
use serde_json::{Value, json};

/// A network and its answer; none for a blank image.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The network's name, as people see it.
    pub name: &'a str,
    /// Its classes' names.
    pub classes: &'a [String],
    /// What it says.
    pub answer: Option<&'a Answer>,
    /// The probability from which on a class is said.
    pub threshold: f32,
}

impl Telling<'_> {
    /// `{"name", "class", "label", "confidence", "sure", "verdict", "runner_up", "probabilities"}`, with null in place of
    /// everything but the name where there is no answer.
    pub fn to_json(&self) -> Value {
        let answer = self.answer;
        let verdict = answer.map(|answer| answer.verdict(self.threshold));
        let label = |class: usize| &self.classes[class];
        json!({
            "name": self.name,
            "class": answer.map(|answer| answer.class),
            "label": answer.map(|answer| label(answer.class)),
            "confidence": answer.map(Answer::confidence),
            "sure": verdict.map(|verdict| verdict == Verdict::Digit),
            "verdict": verdict,
            "runner_up": answer.and_then(Answer::runner_up).map(label),
            "probabilities": answer.map(|answer| &answer.probabilities),
        })
    }
}

/// All networks together: `{"models", "headline"}`.
pub fn all_to_json(tellings: &[Telling]) -> Value {
    json!({
        "models": tellings.iter().map(Telling::to_json).collect::<Vec<_>>(),
        "headline": headline(tellings.iter().map(|telling| telling.answer)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prediction::NO_DIGIT;

    #[test]
    fn every_verdict_is_told() {
        let classes = ["0", "1", "2"].map(String::from);
        let answer = Answer::from_logits(&[0.0, 3.0, 1.0], None).expect("finite logits");
        let telling = |answer, threshold| Telling {
            name: "CNN",
            classes: &classes,
            answer,
            threshold,
        };
        let json = telling(Some(&answer), 0.9).to_json();
        assert_eq!(
            (&json["label"], &json["runner_up"], &json["sure"]),
            (&json!("1"), &json!("2"), &json!(false))
        );
        assert_eq!(telling(Some(&answer), 0.6).to_json()["sure"], true);
        let both = all_to_json(&[telling(Some(&answer), 0.6), telling(None, 0.6)]);
        assert_eq!(both["models"][1]["class"], Value::Null);
        assert_eq!(both["headline"], Value::Null);
        let refused = Answer {
            is_digit: false,
            ..answer.clone()
        };
        let all = all_to_json(&[telling(Some(&refused), 0.6)]);
        assert_eq!(all["headline"], NO_DIGIT);
    }
}

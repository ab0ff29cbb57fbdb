//! What an evaluation found: the file that `train eval --json` writes, and what cards and tables are made of.

use super::{drawn::Drawn, rejection::Rejection, robust};
use mnistify_learning::Confusion;
use mnistify_network::{Calibration, Metrics};
use serde::{Deserialize, Serialize};

/// Figures on some images, with the matrix that they follow from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub metrics: Metrics,
    pub errors: u64,
    pub confusion: Confusion,
}

impl Report {
    /// The report of a confusion matrix.
    pub fn new(confusion: &Confusion) -> Self {
        Self {
            metrics: confusion.metrics(),
            errors: confusion.errors(),
            confusion: confusion.clone(),
        }
    }
}

/// One network of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Examined {
    pub name: String,
    pub file: String,
    /// Of the file that was examined.
    pub calibration: Option<Calibration>,
    pub validation: Option<Report>,
    pub test: Option<Report>,
}

/// Everything that an evaluation found. Lists of figures have one entry a network, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evaluation {
    /// What repeats it.
    pub command: String,
    /// `test` or `validation`.
    pub on: String,
    /// Only the first so many images.
    pub images: Option<u32>,
    /// Whether the weights were rounded to F16 first.
    pub half: bool,
    /// What decided the random numbers.
    pub seed: u64,
    pub networks: Vec<Examined>,
    pub robust: Option<Vec<robust::Row>>,
    pub strokes: Option<Drawn>,
    pub reject: Vec<Rejection>,
}

impl Evaluation {
    /// A network's place in all lists.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.networks
            .iter()
            .position(|network| network.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use serde_json::json;

    #[test]
    fn an_evaluation_of_some_parts_is_read_and_told() {
        let json = r#"{"on":"test","images":null,"half":false,"seed":1,"networks":[{"name":"CNN","file":"a",
            "validation":null,"test":null}],"robust":[{"condition":"as it is","raw":[{"images":4,"right":3}],
            "prepared":[{"images":4,"right":4}]}],"strokes":null,"reject":[]}"#;
        let evaluation: Evaluation = serde_json::from_str(json).unwrap();
        assert_eq!(evaluation.place("CNN"), Some(0));
        let mut context = json!(evaluation);
        context["plain"] = json!([]);
        context["networks"] = json!([{ "name": "CNN", "place": 0 }]);
        let text = document::render("figures.md", &context);
        assert!(
            text.contains("## Robustness\n") && !text.contains("## Drawn"),
            "{text}"
        );
        assert!(
            text.contains("| as it is | 75.00 % | 100.00 % |\n"),
            "{text}"
        );
        assert!(text.contains("4 test images"), "{text}");
    }
}

//! What an evaluation found: the file that `train eval --json` writes, and the sections that a model card takes from it.

use super::{
    drawn::{self, Drawn},
    rejection::{self, Rejection},
    robust::{self, Row},
};
use crate::metrics::Confusion;
use mnistify_network::{Calibration, Metrics};
use serde::{Deserialize, Serialize};

/// The headings of the sections.
pub const ROBUSTNESS: &str = "## Robustness";
pub const DRAWN: &str = "## Drawn digits";
pub const REJECTION: &str = "## Calibration and rejection";

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
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
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
    pub networks: Vec<Examined>,
    pub robust: Option<Vec<Row>>,
    pub strokes: Option<Drawn>,
    pub reject: Vec<Rejection>,
}

/// Heading and body of what was found; `networks` names networks and chooses them by place.
pub fn sections(
    on: &str,
    robust: Option<&[Row]>,
    drawn: Option<&Drawn>,
    rejections: &[Rejection],
    networks: &[(usize, &str)],
) -> Vec<(&'static str, String)> {
    let mut sections = Vec::new();
    if let Some(rows) = robust {
        let images = rows.first().and_then(|row| row.raw.first());
        let count = images.map_or(0, |tally| tally.images);
        let body = format!(
            "Accuracy on {count} {on} images under each condition; prepared means scaled into 20×20 pixels and centred\n\
             by mass, as the app does with pictures. Noise and clutter are made after MNIST-C (Mu & Gilmer 2019,\n\
             arXiv:1906.02337).\n\n{}",
            robust::markdown(networks, rows)
        );
        sections.push((ROBUSTNESS, body));
    }
    if let Some(drawn) = drawn {
        let body = format!(
            "Accuracy on synthetic pen strokes, by hand; prepared from the strokes, as the app does unless told not\n\
             to.\n\n{}",
            drawn::markdown(networks, &drawn.rows)
        );
        sections.push((DRAWN, body));
    }
    let chosen: Vec<&Rejection> = networks
        .iter()
        .filter_map(|(place, _)| rejections.get(*place))
        .collect();
    if !chosen.is_empty() {
        sections.push((REJECTION, rejection::markdown(&chosen)));
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluation_of_some_parts_is_read() {
        let json = r#"{"on":"test","images":null,"half":false,"seed":1,"networks":[{"name":"CNN","file":"a",
            "validation":null,"test":null}],"robust":[{"condition":"as it is","raw":[{"images":4,"right":3}],
            "prepared":[{"images":4,"right":4}]}],"strokes":null,"reject":[]}"#;
        let evaluation: Evaluation = serde_json::from_str(json).unwrap();
        let rows = evaluation.robust.as_deref();
        let networks = [(0, evaluation.networks[0].name.as_str())];
        let found = sections(&evaluation.on, rows, None, &evaluation.reject, &networks);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, ROBUSTNESS);
        assert!(found[0].1.contains("| as it is | 75.00 % | 100.00 % |"));
        assert!(found[0].1.contains("4 test images"));
    }

    #[test]
    fn a_report_follows_from_its_matrix() {
        let report = Report::new(&Confusion::new(&[1, 2], &[1, 3]));
        assert_eq!((report.errors, report.metrics.accuracy), (1, 0.5));
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

//! The networks without a GPU, for the light page: the same strokes, image, weights and answers as in the app, and none
//! of its graphics.

use mnistify_drawing::{Preparation, rasterise, recording};
use mnistify_network::{
    Answer, Calibration, CpuNetwork, Model, Verdict,
    prediction::{DEFAULT_THRESHOLD, headline},
};
use serde_json::{Value, json};
use std::fmt::Display;

/// Networks that read recordings of strokes.
pub struct Reader {
    networks: Vec<(CpuNetwork, Option<Calibration>)>,
}

impl Reader {
    /// With these model files: name and bytes.
    ///
    /// # Errors
    /// Where a file is not a model; the message names it and says what to do.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, String> {
        let networks = files.into_iter().map(|(name, bytes)| {
            let model = Model::from_bytes(bytes, name).map_err(text)?;
            Ok((CpuNetwork::new(&model), model.calibration))
        });
        Ok(Self {
            networks: networks.collect::<Result<_, String>>()?,
        })
    }

    /// Reads a recording (see [`recording`]); `now` tells milliseconds. The answer is
    /// `{"image": [784 bytes], "models": [{"name", "class", "label", "confidence", "sure", "verdict", "runner_up",
    /// "probabilities", "millis"}], "headline"}`, with null in place of an answer for a blank image. The headline is
    /// there where every network refuses.
    ///
    /// # Errors
    /// Where the JSON is not a recording.
    pub fn read(
        &self,
        strokes: &str,
        prepared: bool,
        now: impl Fn() -> f64,
    ) -> Result<Value, String> {
        let preparation = if prepared {
            Preparation::Prepared
        } else {
            Preparation::Raw
        };
        let strokes = recording::from_json(strokes).map_err(text)?;
        let image = rasterise(&strokes, preparation);
        let mut answers = Vec::with_capacity(self.networks.len());
        let models: Vec<Value> = self
            .networks
            .iter()
            .map(|(network, calibration)| {
                let begun = now();
                let logits = network.forward(image.as_slice());
                let millis = now() - begun;
                let answer = Answer::from_logits(&logits, calibration.as_ref());
                answers.push(answer.filter(|_| !image.is_blank()));
                let answer = answers.last().and_then(Option::as_ref);
                let verdict = answer.map(|answer| answer.verdict(DEFAULT_THRESHOLD));
                let label = |class: usize| network.spec().classes()[class].clone();
                json!({
                    "name": network.spec().name(),
                    "class": answer.map(|answer| answer.class),
                    "label": answer.map(|answer| label(answer.class)),
                    "confidence": answer.map(Answer::confidence),
                    "sure": verdict.map(|verdict| verdict == Verdict::Digit),
                    "verdict": verdict,
                    "runner_up": answer.and_then(Answer::runner_up).map(label),
                    "probabilities": answer.map(|answer| &answer.probabilities),
                    "logits": answer.map(|answer| &answer.logits),
                    "parameters": network.spec().parameter_count(),
                    "millis": millis,
                })
            })
            .collect();
        let headline = headline(answers.iter().map(Option::as_ref));
        Ok(json!({ "image": image.to_bytes().to_vec(), "models": models, "headline": headline }))
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{Score, prediction::NO_DIGIT};

    fn reader() -> Reader {
        let mlp = include_bytes!("../../models/mlp.safetensors");
        let cnn = include_bytes!("../../models/cnn.safetensors");
        let files: [(&str, &[u8]); 2] = [("mlp", mlp), ("cnn", cnn)];
        Reader::new(files).expect("the shipped networks")
    }

    #[test]
    fn both_networks_read_a_drawn_three() {
        let three = include_str!("../../assets/strokes/three.json");
        let read = reader().read(three, true, || 0.0).unwrap();
        for model in read["models"].as_array().unwrap() {
            assert_eq!((&model["class"], &model["sure"]), (&json!(3), &json!(true)));
        }
        assert_eq!(read["image"].as_array().unwrap().len(), 784);
    }

    /// Both networks with this calibration in their files.
    fn calibrated(threshold: f32) -> Reader {
        let reader = |bytes: &[u8]| {
            let mut model = Model::from_bytes(bytes, "shipped").expect("a shipped network");
            model.calibration = Some(Calibration {
                temperature: 1.0,
                score: Score::MaxLogit,
                threshold,
            });
            model.to_bytes(true)
        };
        let mlp = reader(include_bytes!("../../models/mlp.safetensors"));
        let cnn = reader(include_bytes!("../../models/cnn.safetensors"));
        let files: [(&str, &[u8]); 2] = [("mlp", &mlp), ("cnn", &cnn)];
        Reader::new(files).expect("calibrated networks")
    }

    #[test]
    fn what_scores_too_little_is_no_digit() {
        let three = include_str!("../../assets/strokes/three.json");
        for (threshold, verdict, headline) in [
            (-1e3, json!("digit"), Value::Null),
            (1e3, json!("no_digit"), json!(NO_DIGIT)),
        ] {
            let read = calibrated(threshold).read(three, true, || 0.0).unwrap();
            assert_eq!(read["headline"], headline);
            for model in read["models"].as_array().unwrap() {
                // The class is still what the network computed.
                assert_eq!((&model["verdict"], &model["class"]), (&verdict, &json!(3)));
                assert_eq!(model["sure"], json!(verdict == "digit"));
            }
        }
    }

    #[test]
    fn a_blank_pad_has_no_answer_and_a_broken_recording_says_so() {
        let blank = r#"{"version":1,"size":280,"strokes":[]}"#;
        let read = reader().read(blank, true, || 0.0).unwrap();
        assert_eq!(read["models"][1]["class"], Value::Null);
        assert_eq!(read["models"][1]["verdict"], Value::Null);
        assert_eq!(read["headline"], Value::Null);
        assert!(reader().read("[]", true, || 0.0).is_err());
    }

    #[test]
    fn a_broken_file_is_named() {
        let broken = Reader::new([("cnn.safetensors", b"nothing".as_slice())]);
        let message = broken.err().expect("not a model");
        assert!(message.starts_with("cnn.safetensors"), "{message}");
    }
}

//! The networks without a GPU, for the light page: the same strokes, image, weights and answers as in the app, and none
//! of its graphics.

use mnistify_drawing::{Preparation, rasterise, recording};
use mnistify_network::{Answer, CpuNetwork, Model, prediction::DEFAULT_THRESHOLD};
use serde_json::{Value, json};
use std::fmt::Display;

/// Networks that read recordings of strokes.
pub struct Reader {
    networks: Vec<CpuNetwork>,
}

impl Reader {
    /// With these model files: name and bytes.
    ///
    /// # Errors
    /// Where a file is not a model; the message names it and says what to do.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, String> {
        let networks = files.into_iter().map(|(name, bytes)| {
            let model = Model::from_bytes(bytes, name).map_err(text)?;
            Ok(CpuNetwork::new(&model))
        });
        Ok(Self {
            networks: networks.collect::<Result<_, String>>()?,
        })
    }

    /// Reads a recording (see [`recording`]); `now` tells milliseconds. The answer is
    /// `{"image": [784 bytes], "models": [{"name", "class", "label", "confidence", "sure", "probabilities", "millis"}]}`,
    /// with null in place of an answer for a blank image.
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
        let models: Vec<Value> = self
            .networks
            .iter()
            .map(|network| {
                let begun = now();
                let logits = network.forward(image.as_slice());
                let millis = now() - begun;
                let answer = Answer::from_logits(&logits).filter(|_| !image.is_blank());
                let answer = answer.as_ref();
                json!({
                    "name": network.spec().name(),
                    "class": answer.map(|answer| answer.class),
                    "label": answer.map(|answer| &network.spec().classes()[answer.class]),
                    "confidence": answer.map(Answer::confidence),
                    "sure": answer.map(|answer| answer.is_sure(DEFAULT_THRESHOLD)),
                    "probabilities": answer.map(|answer| &answer.probabilities),
                    "logits": answer.map(|answer| &answer.logits),
                    "parameters": network.spec().parameter_count(),
                    "millis": millis,
                })
            })
            .collect();
        Ok(json!({ "image": image.to_bytes().to_vec(), "models": models }))
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_blank_pad_has_no_answer_and_a_broken_recording_says_so() {
        let blank = r#"{"version":1,"size":280,"strokes":[]}"#;
        let read = reader().read(blank, true, || 0.0).unwrap();
        assert_eq!(read["models"][1]["class"], Value::Null);
        assert!(reader().read("[]", true, || 0.0).is_err());
    }

    #[test]
    fn a_broken_file_is_named() {
        let broken = Reader::new([("cnn.safetensors", b"nothing".as_slice())]);
        let message = broken.err().expect("not a model");
        assert!(message.starts_with("cnn.safetensors"), "{message}");
    }
}

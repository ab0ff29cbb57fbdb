//! `train calibrate`: a network's file gets its temperature, score and threshold. What is fitted and how the choice is
//! made is in `eval::choice`.

use crate::{
    Result, data,
    eval::{
        CHOICE_SEED, THRESHOLD_SEED,
        choice::{Choice, Evidence, choose},
        drawn::{loose_images, prepared_images},
        rejection::{PER_KIND, non_digits},
    },
    eval_command::{REJECTION_PER_HAND, load},
    options::DataArguments,
};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Puts a calibration into networks' files: what divides the logits, and below which score something is no digit.
///
/// The temperature is fitted on MNIST's validation images. Of the scores that need nothing but the logits it takes the
/// one that catches most scribbles, letters and several digits, each at the price of 0.5 % of the digits. The weights stay
/// as they are. One line of JSON for each file goes to standard output; `train eval --reject` judges the result on other
/// drawings.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CalibrateArguments {
    /// Networks' files, each of which is written anew unless --save names another place.
    #[arg(value_name = "FILES", required = true)]
    files: Vec<PathBuf>,

    /// Save the one network here instead.
    #[arg(long, value_name = "PATH")]
    save: Option<PathBuf>,

    #[command(flatten)]
    data: DataArguments,
}

/// Runs `train calibrate`.
///
/// # Errors
/// Where a network or the data cannot be read, or the file cannot be written.
pub fn run(arguments: &CalibrateArguments) -> Result<()> {
    if arguments.save.is_some() && arguments.files.len() != 1 {
        return Err("--save takes exactly one file".into());
    }
    let (examined, readers) = load(&arguments.files, false, None)?;
    let folder = arguments.data.folder()?;
    let mnist = data::load_training(&folder)?;
    let mut drawn = prepared_images(REJECTION_PER_HAND, THRESHOLD_SEED);
    drawn.extend(loose_images(REJECTION_PER_HAND, THRESHOLD_SEED));
    let non_digits = non_digits(PER_KIND, CHOICE_SEED);
    let evidence = Evidence {
        validation: &mnist.validation,
        drawn: &drawn,
        non_digits: &non_digits,
    };
    for (file, reader) in examined.into_iter().zip(&readers) {
        eprintln!("calibrating {}", reader.name());
        let choice = choose(reader, &evidence);
        let mut model = file.model;
        model.calibration = Some(choice.calibration);
        let path = arguments.save.as_ref().unwrap_or(&file.path);
        // In the precision that the file has.
        model.save(path, model.fits_half())?;
        println!("{}", as_json(reader.name(), path, &choice)?);
    }
    Ok(())
}

fn as_json(network: &str, saved: &Path, choice: &Choice) -> Result<Value> {
    let mut line = serde_json::to_value(choice)?;
    line["network"] = json!(network);
    line["saved"] = json!(saved.display().to_string());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{Calibration, Score};

    #[test]
    fn the_line_names_the_file_and_the_choice() {
        let calibration = Calibration {
            temperature: 1.5,
            score: Score::Energy,
            threshold: 2.25,
        };
        let choice = Choice {
            calibration,
            nll: [0.5, 0.25],
            calibration_error: [0.125, 0.0625],
            validation_refused: 0.0,
            candidates: Vec::new(),
        };
        let line = as_json("CNN", Path::new("models/cnn.safetensors"), &choice).unwrap();
        assert_eq!(line["network"], "CNN");
        assert_eq!(line["saved"], "models/cnn.safetensors");
        assert_eq!(
            line["calibration"],
            json!({"temperature": 1.5, "score": "energy", "threshold": 2.25})
        );
        assert_eq!(line["calibration_error"][1], 0.0625);
    }
}

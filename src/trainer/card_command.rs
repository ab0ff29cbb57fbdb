//! `train card`: model cards and their plots anew, from data files alone.

use crate::{Result, card, options::model_kind};
use clap::Args;
use mnistify_learning::ModelKind;
use std::path::PathBuf;

/// Makes the model cards anew, with their plots: from the weights' metadata and the data files beside them.
///
/// Those are seeds-MODEL.jsonl (from --json and --save), evaluation*.json (from `train eval --json`), speed.json and
/// sections/MODEL-*.md. What is missing is left out.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CardArguments {
    /// Whose card [default: both]
    #[arg(long, value_parser = model_kind())]
    model: Option<ModelKind>,

    /// Folder of the weights, named MODEL.safetensors, and the data files.
    #[arg(long, value_name = "DIR", default_value = "models")]
    dir: PathBuf,
}

/// Runs `train card`.
///
/// # Errors
/// Where a card cannot be made or written.
pub fn run(arguments: &CardArguments) -> Result<()> {
    for model in ModelKind::ALL {
        if arguments.model.is_none_or(|only| only == model) {
            let weights = arguments.dir.join(format!("{}.safetensors", model.name()));
            eprintln!("wrote {}", card::write(&weights)?.display());
        }
    }
    Ok(())
}

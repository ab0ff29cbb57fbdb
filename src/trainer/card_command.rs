//! `train card`: model cards and their plots anew, from data files alone.

use super::{Result, write};
use clap::Args;
use mnistify_training::{ModelKind, card, card_data::CardData, card_plots};
use std::path::{Path, PathBuf};

/// Makes the model cards anew, with their plots: from the weights' metadata and the data files beside them.
///
/// Those are seeds-MODEL.jsonl (from --json and --save), evaluation*.json (from `train eval --json`), speed.json and
/// sections/MODEL-*.md. What is missing is left out.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CardArguments {
    /// Whose card [default: both]
    #[arg(long, value_enum)]
    model: Option<ModelKind>,

    /// Folder of the weights, named MODEL.safetensors, and the data files.
    #[arg(long, value_name = "DIR", default_value = "models")]
    dir: PathBuf,
}

/// Runs `train card`.
pub fn run(arguments: &CardArguments) -> Result<()> {
    for model in ModelKind::ALL {
        if arguments.model.is_none_or(|only| only == model) {
            let weights = arguments.dir.join(format!("{}.safetensors", model.name()));
            let path = write_card(&weights)?;
            eprintln!("wrote {}", path.display());
        }
    }
    Ok(())
}

/// Writes the card of some weights beside them, and its plots; returns where the card lies.
pub fn write_card(weights: &Path) -> Result<PathBuf> {
    let data = CardData::read(weights)?;
    let path = card::path(weights, &data.spec);
    let folder = weights.parent().unwrap_or(Path::new(""));
    card_plots::save(folder, &data)?;
    write(&path, &card::markdown_of(&data))?;
    Ok(path)
}

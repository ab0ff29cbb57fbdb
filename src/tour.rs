//! The guided tour's table: what each step says, what it points at, what it waits for. `assets/tour.json` has it.
//!
//! A step is a state, not a change: whichever way one comes to it, everything stands as it says.

use serde::Deserialize;
use std::sync::OnceLock;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The key of its text in the languages.
    pub words: String,
    /// What stands in the light.
    pub look: Target,
    /// The window slides over the liveliest map of the first layer.
    #[serde(default)]
    pub explain: bool,
    /// What the visitor is asked to do.
    #[serde(default)]
    pub waits: Option<Asked>,
}

/// What a step points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Where the visitor draws.
    Pad,
    /// The 28×28 dots.
    Plate,
    /// All of the network with most to see.
    Lane,
    /// Its first layer.
    FirstMaps,
    /// Its first layer with smaller maps than the one before.
    Coarser,
    /// Its last layer with maps.
    LastMaps,
    /// The other network.
    OtherNetwork,
    /// The answer.
    Tiles,
}

/// What a visitor is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// To tap a map.
    Map,
    /// To tap a digit of the answer.
    Tile,
    /// To draw something else.
    Drawing,
}

/// All steps, in order.
pub fn steps() -> &'static [Step] {
    static STEPS: OnceLock<Vec<Step>> = OnceLock::new();
    STEPS.get_or_init(|| {
        serde_json::from_str(include_str!("../assets/tour.json")).expect("assets/tour.json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, say_in};

    #[test]
    fn every_step_is_short_in_every_language() {
        assert_eq!(steps().len(), 8);
        for step in steps() {
            for language in Language::ALL {
                let text = say_in(language, &step.words, &[("count", 32.into())]);
                let words = text
                    .split_whitespace()
                    .filter(|w| w.chars().any(char::is_alphanumeric));
                let count = words.count();
                assert!((5..=25).contains(&count), "{count} words: {text}");
            }
        }
        let waiting = steps().iter().filter(|step| step.waits.is_some());
        assert_eq!(waiting.count(), 3);
    }
}

//! Examines finished networks on the CPU executor, many images at a time.
//!
//! - [`robust`]: test digits under [`conditions`], which [`corruptions`] and [`morphology`] make,
//! - [`drawn`]: digits drawn as strokes, by [`crate::hands`],
//! - [`strangers`]: digits drawn in hands unlike those of training and thresholds,
//! - [`rejection`]: what is no digit, by [`calibration`], [`scores`] and [`gaussian`]; letters of fonts come from `fonts`,
//! - [`choice`]: which score and which threshold a network's file gets,
//! - [`reader`]: a network with its answers, logits and features,
//! - [`sheet`]: the images as a picture,
//! - [`report`]: everything that an evaluation found, as its file holds it; [`severity`]: its accuracies over how much
//!   images are distorted.
//!
//! All random numbers come from [`SEED`], so that two networks meet exactly the same images. Figures on test images
//! describe a network that is finished; a choice between networks belongs on the validation images (`--on validation`).

pub mod calibration;
pub mod choice;
pub mod conditions;
pub mod corruptions;
pub mod drawn;
pub mod fonts;
pub mod gaussian;
pub mod morphology;
pub mod reader;
pub mod rejection;
pub mod report;
pub mod robust;
pub mod scores;
pub mod severity;
pub mod sheet;
pub mod strangers;

pub use reader::{Reader, Reading};

use serde::{Deserialize, Serialize};

/// Decides every random number of an evaluation.
pub const SEED: u64 = 20_250_815;

/// The seed of the drawings that thresholds are taken from.
pub const THRESHOLD_SEED: u64 = SEED + 1;

/// The seed of the drawings by which a choice between scores is made: neither judged nor a threshold's.
pub const CHOICE_SEED: u64 = SEED + 2;

/// How many images were read, and how many of them rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub images: u64,
    pub right: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, is_right: bool) {
        self.images += 1;
        self.right += u64::from(is_right);
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            images: self.images + other.images,
            right: self.right + other.right,
        }
    }

    /// The part that was read rightly, from 0 to 1; 0 of nothing.
    pub fn accuracy(self) -> f64 {
        if self.images == 0 {
            return 0.0;
        }
        self.right as f64 / self.images as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts() {
        let mut tally = Tally::default();
        assert_eq!(tally.accuracy(), 0.0);
        for is_right in [true, true, false, true] {
            tally.add(is_right);
        }
        assert_eq!(tally.accuracy(), 0.75);
        let both = tally.and(tally);
        assert_eq!((both.images, both.right), (8, 6));
    }
}

//! What is known of how well a network reads, while it learns: by digits that it never learns from.

use crate::{
    feeder::{Pool, Sample},
    metrics::CLASSES,
};
use std::ops::Range;

/// Unseen digits, and of each whether it was read right when it was last asked about.
pub(crate) struct Dials {
    pub unseen: Vec<Sample>,
    right: Vec<Option<bool>>,
    /// The place of the next one that is asked about.
    next: usize,
    /// The images' own labels, before any was made wrong.
    own_classes: Vec<u8>,
}

impl Dials {
    /// Of a pool before any label was made wrong.
    pub fn new(pool: &Pool) -> Self {
        let unseen = pool.validation_samples();
        Self {
            right: vec![None; unseen.len()],
            unseen,
            next: 0,
            own_classes: pool.classes.clone(),
        }
    }

    /// Nothing is known any more.
    pub fn forget(&mut self) {
        self.right.fill(None);
        self.next = 0;
    }

    /// Those that are to be asked about next, at most so many; none where there are none.
    pub fn ask(&mut self, most: usize) -> Range<usize> {
        let asked = self.next..(self.next + most).min(self.unseen.len());
        self.next = if asked.end == self.unseen.len() {
            0
        } else {
            asked.end
        };
        asked
    }

    /// Takes in what was answered: `logit` of an asked one, counted from 0, for a class; none where it did not come.
    pub fn judge(&mut self, asked: Range<usize>, logit: impl Fn(usize, usize) -> Option<f32>) {
        for (place, index) in asked.enumerate() {
            let said = (0..CLASSES).max_by(|a, b| {
                let [a, b] = [*a, *b].map(|class| logit(place, class).unwrap_or(f32::NEG_INFINITY));
                a.total_cmp(&b)
            });
            let class = usize::from(self.unseen[index].class);
            self.right[index] = logit(place, 0).map(|_| said == Some(class));
        }
    }

    /// Of how many it is known.
    pub fn known(&self) -> usize {
        self.right.iter().flatten().count()
    }

    /// The share that is read right, of those of which it is known.
    pub fn share(&self) -> Option<f64> {
        let right = self.right.iter().flatten().filter(|right| **right).count();
        let known = self.known();
        (known > 0).then(|| right as f64 / known as f64)
    }

    /// From this place of the pool on, digits of the visitor's own have these labels.
    pub fn own(&mut self, first: usize, labels: &[u8]) {
        self.own_classes[first..][..labels.len()].copy_from_slice(labels);
    }

    /// Whether a sample's label is not its image's own.
    pub fn is_wrong(&self, sample: &Sample) -> bool {
        self.own_classes[sample.image] != sample.class
    }
}

/// The same digits, moved by four pixels in four directions in turn.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn moved_samples(samples: &[Sample]) -> Vec<Sample> {
    use crate::augment::{Affine, Warp};
    const SHIFT: f32 = 4.0;
    const WAYS: [[f32; 2]; 4] = [[SHIFT, 0.0], [0.0, SHIFT], [-SHIFT, 0.0], [0.0, -SHIFT]];
    let moved = |(sample, shift): (&Sample, &[f32; 2])| {
        let affine = Affine {
            rotation: 0.0,
            scale: [1.0; 2],
            shear: 0.0,
            shift: *shift,
        };
        Sample {
            warp: Warp::new(affine, 1.0),
            ..sample.clone()
        }
    };
    samples.iter().zip(WAYS.iter().cycle()).map(moved).collect()
}

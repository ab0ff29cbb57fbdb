//! Digits in memory.

use mnistify_drawing::PIXELS;

/// MNIST's images that are trained on; a pass over as many is an epoch.
pub const TRAINING_IMAGES: usize = 55_000;

/// Digits with their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// Row by row, 0 is paper and 255 is ink.
    pub images: Vec<[u8; PIXELS]>,
    /// From 0 to 9, one an image.
    pub labels: Vec<u8>,
}

impl Images {
    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The images at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            images: indices.iter().map(|index| self.images[*index]).collect(),
            labels: indices.iter().map(|index| self.labels[*index]).collect(),
        }
    }
}

/// What training and every choice may see.
#[derive(Clone, Debug, Default)]
pub struct Mnist {
    /// 55,000 images.
    pub train: Images,
    /// 5,000 images.
    pub validation: Images,
}

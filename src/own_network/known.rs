//! Digits whose labels are known, for trying out a network that nobody described.

use mnistify_drawing::idx;
use mnistify_network::import::KnownDigits;

/// 300 of MNIST's test images, every 33rd from the first on: 200 to choose by, 100 to measure on.
const IMAGES: &[u8] = include_bytes!("../../assets/mnist/known-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../assets/mnist/known-labels-idx1-ubyte.gz");

/// The digits that come with the app; none where its files are broken, which a test excludes.
pub fn known_digits() -> Option<KnownDigits> {
    let images = idx::parse_images(IMAGES, "known-images-idx3-ubyte.gz").ok()?;
    let labels = idx::parse_labels(LABELS, "known-labels-idx1-ubyte.gz").ok()?;
    let pixels = |image: &[u8; 784]| image.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    Some(KnownDigits {
        images: images.iter().map(pixels).collect(),
        labels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_of_all_classes() {
        let known = known_digits().unwrap();
        assert_eq!((known.images.len(), known.labels.len()), (300, 300));
        for part in [&known.labels[..200], &known.labels[200..]] {
            for digit in 0..10 {
                assert!(part.iter().filter(|label| **label == digit).count() >= 4);
            }
        }
    }
}

//! Strokes made thicker or thinner: greyscale dilation and erosion with a disc, at four samples a pixel.
//!
//! The image is sampled bilinearly at 112×112 places, so that a disc's radius may be half a pixel and anti-aliased
//! edges move outwards or inwards as they are, without a threshold. (Morpho-MNIST, Castro et al. 2019,
//! arXiv:1809.10780, enlarges likewise but works on binary images.) Sampling and averaging back alone would blur; what
//! is added to the image is therefore only the difference that the disc makes.

use super::corruptions::bilinear;
use mnistify_drawing::{PIXELS, SIDE};

/// Samples a pixel along each axis.
const FINE: usize = 4;
/// The widest disc's radius, in samples: paper around the image.
const BORDER: usize = 8;
/// Samples along a row, border included.
const STRIDE: usize = SIDE * FINE + 2 * BORDER;

/// What the disc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Morphology {
    /// The largest value under the disc.
    Dilate,
    /// The least value under the disc.
    Erode,
}

/// The image with its strokes thicker (dilated) or thinner (eroded) by `change` pixels, half on either side; a multiple
/// of ½ from 0 to 4. Values from 0 to 1.
pub fn changed(image: &[f32; PIXELS], morphology: Morphology, change: f32) -> [f32; PIXELS] {
    let radius = (0.5 * change * FINE as f32).round() as usize;
    assert!(radius <= BORDER, "strokes change by at most 4 pixels");
    let before = enlarged(image);
    let after = under_disc(&before, morphology, radius as isize);
    let mut output = *image;
    for (index, value) in output.iter_mut().enumerate() {
        let (row, column) = (index / SIDE, index % SIDE);
        let mut difference = 0.0;
        for y in 0..FINE {
            let start = (BORDER + row * FINE + y) * STRIDE + BORDER + column * FINE;
            let samples = after[start..start + FINE].iter().zip(&before[start..]);
            difference += samples.map(|(after, before)| after - before).sum::<f32>();
        }
        *value = (*value + difference / (FINE * FINE) as f32).clamp(0.0, 1.0);
    }
    output
}

/// The image at four samples a pixel, bilinear between the pixels' centres, with paper around.
fn enlarged(image: &[f32; PIXELS]) -> Vec<f32> {
    let place = |sample: usize| (sample as f32 + 0.5 - BORDER as f32) / FINE as f32 - 0.5;
    let samples = (0..STRIDE).flat_map(|y| (0..STRIDE).map(move |x| [x, y].map(place)));
    samples.map(|[x, y]| bilinear(image, x, y)).collect()
}

/// The largest or least sample within `radius` of each; the border stays as it is.
fn under_disc(fine: &[f32], morphology: Morphology, radius: isize) -> Vec<f32> {
    let mut output = fine.to_vec();
    let width = STRIDE - 2 * BORDER;
    for dy in -radius..=radius {
        for dx in -radius..=radius {
            if dx * dx + dy * dy > radius * radius {
                continue;
            }
            for y in BORDER..STRIDE - BORDER {
                let to = y * STRIDE + BORDER;
                let from = (to as isize + dy * STRIDE as isize + dx) as usize;
                let samples = output[to..to + width].iter_mut().zip(&fine[from..]);
                match morphology {
                    Morphology::Dilate => samples.for_each(|(best, x)| *best = best.max(*x)),
                    Morphology::Erode => samples.for_each(|(best, x)| *best = best.min(*x)),
                }
            }
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upright bar three pixels wide.
    fn bar() -> [f32; PIXELS] {
        std::array::from_fn(|index| {
            let (row, column) = (index / SIDE, index % SIDE);
            let inside = (4..24).contains(&row) && (12..15).contains(&column);
            f32::from(u8::from(inside))
        })
    }

    fn width(image: &[f32; PIXELS]) -> f32 {
        image[14 * SIDE..15 * SIDE].iter().sum()
    }

    #[test]
    fn strokes_become_thicker_and_thinner_by_as_much_as_is_said() {
        for (morphology, change, expected) in [
            (Morphology::Dilate, 1.0, 4.0),
            (Morphology::Dilate, 2.0, 5.0),
            (Morphology::Erode, 1.0, 2.0),
        ] {
            let found = width(&changed(&bar(), morphology, change));
            assert!(
                (found - expected).abs() < 0.3,
                "{morphology:?} {change}: {found}"
            );
        }
    }

    #[test]
    fn no_change_is_the_identity() {
        let image: [f32; PIXELS] = std::array::from_fn(|index| (index * 31 % 100) as f32 / 100.0);
        for morphology in [Morphology::Dilate, Morphology::Erode] {
            for (a, b) in changed(&image, morphology, 0.0).iter().zip(&image) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn values_stay_in_range() {
        let image = [1.0; PIXELS];
        for morphology in [Morphology::Dilate, Morphology::Erode] {
            let output = changed(&image, morphology, 2.0);
            assert!(output.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}

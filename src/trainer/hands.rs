//! Digits as people write them: several skeletons for each, which [`crate::pen`] turns into strokes.
//!
//! MNIST's writers were American (NIST's special databases 1 and 3); the crossed 7 and the 1 with a flag and a foot,
//! for instance, are European habits that it hardly has. These hands are the app's drawings in place of MNIST's scans.

use crate::pen::{Spot, Style, write};
use mnistify_drawing::Stroke;
use mnistify_learning::random::{Purpose, generator};

/// One way to write a digit.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    /// From 0 to 9.
    pub digit: u8,
    /// What tells it from the other hands of the digit.
    pub name: &'static str,
    /// Its strokes' control points, in the box that [`crate::pen`] describes.
    pub skeleton: &'static [&'static [Spot]],
}

impl Hand {
    /// A way to write this digit.
    pub const fn new(digit: u8, name: &'static str, skeleton: &'static [&'static [Spot]]) -> Self {
        Self {
            digit,
            name,
            skeleton,
        }
    }

    /// Digit and name.
    pub fn label(&self) -> String {
        format!("{}, {}", self.digit, self.name)
    }
}

/// What the exhibit draws while nobody is there, by digit and place among its hands; the digits' order is one in which
/// neighbours differ.
#[cfg(test)]
#[rustfmt::skip] // In the order of a line.
const SHOWN: [(u8, usize); 14] = [
    (3, 0), (8, 0), (2, 1), (5, 0), (7, 1), (4, 0), (9, 1),
    (6, 0), (0, 1), (2, 0), (3, 1), (5, 1), (4, 1), (1, 0),
];

/// The drawing number `index` of hand `number` (its place in [`HANDS`]); equal arguments give equal strokes.
pub fn drawing(number: usize, seed: u64, index: u32) -> Vec<Stroke> {
    let stream = ((number as u64) << 32) | u64::from(index);
    let mut rng = generator(seed, Purpose::Strokes, stream);
    let style = Style::draw(&mut rng);
    write(HANDS[number].skeleton, &style, &mut rng)
}

/// Every hand, in the order of the digits. A hand's place decides its random numbers, so new ones belong at the end.
#[rustfmt::skip] // A hand a line.
pub const HANDS: &[Hand] = &[
    Hand::new(0, "oval", &[&[[0.36, 0.0], [0.15, 0.10], [0.03, 0.36], [0.03, 0.66], [0.15, 0.91], [0.34, 1.0], [0.53, 0.91], [0.65, 0.66], [0.65, 0.34], [0.53, 0.09], [0.36, 0.0], [0.24, 0.03]]]),
    Hand::new(0, "round, from the right", &[&[[0.62, 0.14], [0.42, 0.01], [0.18, 0.10], [0.02, 0.38], [0.06, 0.72], [0.28, 0.98], [0.54, 0.95], [0.74, 0.70], [0.76, 0.38], [0.62, 0.14]]]),
    Hand::new(1, "plain", &[&[[0.3, 0.0], [0.3, 1.0]]]),
    Hand::new(1, "with a flag", &[&[[0.10, 0.27], [0.36, 0.0], [0.36, 0.0], [0.36, 1.0]]]),
    Hand::new(1, "with flag and foot", &[&[[0.12, 0.25], [0.36, 0.0], [0.36, 0.0], [0.36, 1.0]], &[[0.10, 1.0], [0.62, 1.0]]]),
    Hand::new(2, "without a loop", &[&[[0.05, 0.24], [0.16, 0.06], [0.35, 0.0], [0.55, 0.08], [0.61, 0.27], [0.51, 0.50], [0.28, 0.76], [0.03, 1.0], [0.03, 1.0], [0.66, 1.0]]]),
    Hand::new(2, "with a loop", &[&[[0.08, 0.22], [0.19, 0.05], [0.38, 0.0], [0.56, 0.09], [0.60, 0.27], [0.49, 0.52], [0.31, 0.78], [0.15, 0.95], [0.03, 0.95], [0.02, 0.84], [0.13, 0.79], [0.30, 0.89], [0.48, 0.98], [0.70, 0.93]]]),
    Hand::new(3, "round", &[&[[0.06, 0.14], [0.22, 0.01], [0.42, 0.02], [0.55, 0.15], [0.53, 0.33], [0.40, 0.44], [0.24, 0.47], [0.24, 0.47], [0.45, 0.50], [0.60, 0.63], [0.60, 0.83], [0.45, 0.97], [0.23, 1.0], [0.03, 0.88]]]),
    Hand::new(3, "flat-topped", &[&[[0.06, 0.0], [0.57, 0.0], [0.57, 0.0], [0.27, 0.38], [0.27, 0.38], [0.48, 0.43], [0.62, 0.60], [0.60, 0.83], [0.42, 0.99], [0.19, 0.99], [0.02, 0.87]]]),
    Hand::new(3, "with a loop in the middle", &[&[[0.06, 0.15], [0.20, 0.01], [0.42, 0.02], [0.54, 0.17], [0.47, 0.36], [0.31, 0.49], [0.20, 0.50], [0.19, 0.42], [0.30, 0.40], [0.48, 0.48], [0.62, 0.64], [0.59, 0.86], [0.40, 1.0], [0.18, 0.99], [0.03, 0.87]]]),
    Hand::new(4, "open", &[&[[0.12, 0.0], [0.04, 0.56], [0.04, 0.56], [0.68, 0.56]], &[[0.52, 0.04], [0.50, 1.0]]]),
    Hand::new(4, "closed", &[&[[0.46, 0.0], [0.0, 0.66], [0.0, 0.66], [0.68, 0.66]], &[[0.46, 0.0], [0.46, 1.0]]]),
    Hand::new(4, "open, in one stroke", &[&[[0.13, 0.02], [0.04, 0.52], [0.04, 0.52], [0.30, 0.53], [0.52, 0.46], [0.52, 0.46], [0.60, 0.04], [0.60, 0.04], [0.50, 1.0]]]),
    Hand::new(5, "in two strokes", &[&[[0.14, 0.0], [0.09, 0.43], [0.09, 0.43], [0.30, 0.36], [0.53, 0.44], [0.63, 0.65], [0.55, 0.88], [0.33, 1.0], [0.04, 0.91]], &[[0.14, 0.0], [0.64, 0.0]]]),
    Hand::new(5, "in one stroke", &[&[[0.62, 0.01], [0.15, 0.0], [0.15, 0.0], [0.09, 0.44], [0.09, 0.44], [0.31, 0.37], [0.54, 0.45], [0.62, 0.66], [0.54, 0.89], [0.32, 1.0], [0.04, 0.92]]]),
    Hand::new(6, "curved", &[&[[0.52, 0.0], [0.27, 0.16], [0.08, 0.45], [0.03, 0.72], [0.14, 0.94], [0.35, 1.0], [0.55, 0.90], [0.59, 0.70], [0.45, 0.55], [0.25, 0.56], [0.07, 0.70]]]),
    Hand::new(6, "steep", &[&[[0.30, 0.0], [0.14, 0.30], [0.05, 0.62], [0.10, 0.91], [0.31, 1.0], [0.51, 0.90], [0.54, 0.72], [0.41, 0.60], [0.22, 0.63], [0.07, 0.76]]]),
    Hand::new(7, "plain", &[&[[0.03, 0.0], [0.62, 0.0], [0.62, 0.0], [0.24, 1.0]]]),
    Hand::new(7, "crossed", &[&[[0.03, 0.0], [0.62, 0.0], [0.62, 0.0], [0.24, 1.0]], &[[0.20, 0.50], [0.64, 0.50]]]),
    Hand::new(7, "with a serif", &[&[[0.04, 0.19], [0.06, 0.0], [0.06, 0.0], [0.64, 0.0], [0.64, 0.0], [0.27, 1.0]]]),
    Hand::new(7, "with a curved stem", &[&[[0.03, 0.03], [0.30, 0.04], [0.62, 0.0], [0.62, 0.0], [0.45, 0.34], [0.32, 0.67], [0.28, 1.0]]]),
    Hand::new(8, "in one loop", &[&[[0.54, 0.10], [0.34, 0.0], [0.13, 0.08], [0.10, 0.27], [0.31, 0.46], [0.56, 0.66], [0.57, 0.89], [0.33, 1.0], [0.09, 0.89], [0.10, 0.66], [0.36, 0.46], [0.56, 0.27], [0.54, 0.10]]]),
    Hand::new(8, "of two circles", &[&[[0.34, 0.0], [0.18, 0.07], [0.12, 0.23], [0.19, 0.39], [0.34, 0.46], [0.49, 0.39], [0.56, 0.23], [0.50, 0.07], [0.34, 0.0]], &[[0.34, 0.46], [0.15, 0.55], [0.07, 0.73], [0.15, 0.92], [0.34, 1.0], [0.53, 0.92], [0.61, 0.73], [0.53, 0.55], [0.34, 0.46]]]),
    Hand::new(9, "straight", &[&[[0.55, 0.13], [0.37, 0.0], [0.14, 0.08], [0.06, 0.27], [0.17, 0.46], [0.38, 0.47], [0.53, 0.34], [0.55, 0.13], [0.55, 0.13], [0.52, 1.0]]]),
    Hand::new(9, "curved", &[&[[0.56, 0.16], [0.38, 0.0], [0.15, 0.07], [0.06, 0.26], [0.16, 0.46], [0.38, 0.47], [0.53, 0.34], [0.56, 0.16], [0.56, 0.16], [0.57, 0.50], [0.50, 0.82], [0.31, 0.99], [0.09, 0.92]]]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pen::tests::assert_on_pad;
    use mnistify_drawing::{Preparation, rasterise, recording};

    /// `MNISTIFY_WRITE_HANDS=1 cargo test` writes them anew.
    #[test]
    fn the_exhibit_shows_these_hands() {
        let lines = SHOWN.iter().enumerate().map(|(place, (digit, which))| {
            let hands = HANDS
                .iter()
                .enumerate()
                .filter(|(_, hand)| hand.digit == *digit);
            let numbers: Vec<usize> = hands.map(|(number, _)| number).collect();
            let number = numbers[which % numbers.len()];
            recording::to_json(&drawing(number, 11, place as u32)) + "\n"
        });
        let text: String = lines.collect();
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/strokes/hands.json"
        );
        if std::env::var_os("MNISTIFY_WRITE_HANDS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            written == text,
            "assets/strokes/hands.json holds other hands"
        );
    }

    #[test]
    fn every_digit_has_two_hands_or_more() {
        for digit in 0..10 {
            let hands = HANDS.iter().filter(|hand| hand.digit == digit);
            assert!(hands.count() >= 2, "{digit}");
        }
        assert!(HANDS.is_sorted_by_key(|hand| hand.digit));
    }

    #[test]
    fn drawings_repeat_differ_and_lie_inside_the_pad() {
        for number in 0..HANDS.len() {
            let strokes = drawing(number, 1, 0);
            assert_eq!(strokes, drawing(number, 1, 0));
            assert_ne!(strokes, drawing(number, 1, 1));
            assert_ne!(strokes, drawing(number, 2, 0));
            (0..20).for_each(|index| assert_on_pad(&drawing(number, 1, index)));
        }
    }

    #[test]
    fn drawings_leave_ink() {
        for (number, hand) in HANDS.iter().enumerate() {
            let strokes = drawing(number, 1, 3);
            for preparation in [Preparation::Raw, Preparation::Prepared] {
                let image = rasterise(&strokes, preparation);
                let ink: f32 = image.as_slice().iter().sum();
                assert!(ink > 10.0, "{}", hand.label());
            }
        }
    }
}

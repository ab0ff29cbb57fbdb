//! Images that training sees beside MNIST's own: digits that were prepared after a rough placement, digits drawn as pen
//! paths, and drawings that are no digits.

use crate::{
    eval::conditions::{Condition, prepared as prepare},
    hands::{self, HANDS},
    loose,
    non_digits::NonDigit,
};
use mnistify_drawing::{PIXELS, Preparation, SIDE, rasterise};
use mnistify_learning::{
    Images, Mixture,
    feeder::{Extras, NO_DIGIT},
    random::{Purpose, generator},
};
use rand::Rng;
use rayon::prelude::*;

/// Decides the drawings; evaluations draw from other seeds.
pub const SEED: u64 = 20_260_301;
/// Drawings of each hand.
const PER_HAND: u32 = 2_000;
/// Drawings of each hand in haste.
const LOOSE_PER_HAND: u32 = 1_000;
/// Drawings of each kind that is no digit.
const PER_KIND: u32 = 12_000;
/// Blots, and as many halves of digits: they stand for all that is filled.
const BLOTS: u32 = 24_000;

/// Hands that training never sees, one for each digit that has several, so that an evaluation can tell what was learned
/// by heart: places in [`HANDS`]. The 1 has none, since MNIST hardly has any but the plain one.
pub const HELD_OUT: [usize; 9] = [1, 6, 9, 12, 14, 16, 20, 22, 24];

/// What a mixture puts beside MNIST's training images: those parts of which it takes any.
pub fn of(mixture: &Mixture, digits: &Images) -> Extras {
    let if_any = |share: f64, make: &dyn Fn() -> Images| {
        if share > 0.0 {
            make()
        } else {
            Images::default()
        }
    };
    Extras {
        prepared: if_any(mixture.prepared, &|| prepared(digits)),
        drawn: if_any(mixture.drawn, &drawn),
        outliers: if_any(mixture.outliers, &|| outliers(digits)),
    }
}

fn collect(images: Vec<([u8; PIXELS], u8)>) -> Images {
    let (images, labels) = images.into_iter().unzip();
    Images { images, labels }
}

/// Every training image shifted, scaled and turned as the condition [`Condition::Mix`] does, then prepared as the app
/// prepares pictures.
fn prepared(data: &Images) -> Images {
    let digits = data.images.par_iter().zip(&data.labels).enumerate();
    let images = digits.map(|(index, (image, label))| {
        let mut rng = generator(SEED, Purpose::Corrupt, index as u64);
        let moved = Condition::Mix.apply(image, &mut rng);
        (prepare(&moved).to_bytes(), *label)
    });
    collect(images.collect())
}

/// Digits of all hands but the held-out ones, neat and in haste, through the app's own raster, every other one prepared.
fn drawn() -> Images {
    let numbers = (0..loose::COUNT).filter(|number| !HELD_OUT.contains(number));
    let numbers: Vec<usize> = numbers.collect();
    let images = numbers.into_par_iter().flat_map_iter(|number| {
        let digit = loose::hand(number).digit;
        let neat = if number < HANDS.len() { PER_HAND } else { 0 };
        (0..neat + LOOSE_PER_HAND).map(move |index| {
            let strokes = match index.checked_sub(neat) {
                None => hands::drawing(number, SEED, index),
                Some(index) => loose::drawing(number, SEED, index),
            };
            (rasterise(&strokes, preparation(index)).to_bytes(), digit)
        })
    });
    collect(images.collect())
}

/// Scribbles, letters, several digits (the last two in haste too), blots, and halves of two digits put together; none of
/// them a digit. Training on such images with even targets is outlier exposure (Hendrycks, Mazeika & Dietterich 2019,
/// arXiv:1812.04606).
fn outliers(digits: &Images) -> Images {
    let drawings = NonDigit::ALL.into_par_iter().flat_map_iter(|kind| {
        // There are many letters, and some are nearly digits.
        let count = PER_KIND * if kind == NonDigit::Letter { 2 } else { 1 };
        (0..count).flat_map(move |index| {
            let neat = kind.drawing(SEED, index);
            let loose = kind.loosely(SEED, index);
            let drawings = std::iter::once(neat).chain(loose);
            drawings.map(move |strokes| rasterise(&strokes, preparation(index)).to_bytes())
        })
    });
    let mut images: Vec<[u8; PIXELS]> = drawings.collect();
    let others = (0..BLOTS).into_par_iter().flat_map_iter(|index| {
        let mut rng = generator(SEED, Purpose::NonDigits, u64::from(index) | 1 << 40);
        [blot(&mut rng), halves(digits, &mut rng)]
    });
    images.extend(others.collect::<Vec<_>>());
    Images {
        labels: vec![NO_DIGIT; images.len()],
        images,
    }
}

fn preparation(index: u32) -> Preparation {
    if index.is_multiple_of(2) {
        Preparation::Prepared
    } else {
        Preparation::Raw
    }
}

/// A filled shape with soft edges: where the sum of a few random bumps is above a level.
fn blot(rng: &mut impl Rng) -> [u8; PIXELS] {
    let bumps: Vec<[f32; 4]> = (0..rng.random_range(3..9))
        .map(|_| {
            let sign = if rng.random_bool(0.7) { 1.0 } else { -1.0 };
            [
                rng.random_range(4.0..24.0),
                rng.random_range(4.0..24.0),
                rng.random_range(2.5f32..7.0),
                sign,
            ]
        })
        .collect();
    let level = rng.random_range(0.35..0.6);
    let sharpness = rng.random_range(2.0..9.0);
    // Grey inside, like a photograph, or ink.
    let inside = rng.random_range(0.4..1.0);
    std::array::from_fn(|pixel| {
        let (row, column) = ((pixel / SIDE) as f32, (pixel % SIDE) as f32);
        let sum: f32 = bumps
            .iter()
            .map(|[x, y, width, sign]| {
                let squared = (row - y).powi(2) + (column - x).powi(2);
                sign * (-0.5 * squared / (width * width)).exp()
            })
            .sum();
        let value = (0.5 + sharpness * (sum - level)).clamp(0.0, 1.0) * inside;
        (255.0 * value) as u8
    })
}

/// The upper half of one digit over the lower half of another, or a digit beside another's edge.
fn halves(digits: &Images, rng: &mut impl Rng) -> [u8; PIXELS] {
    if digits.is_empty() {
        return blot(rng);
    }
    let mut pick = || &digits.images[rng.random_range(0..digits.len())];
    let (first, second) = (pick(), pick());
    // The second is shifted, so that the halves do not meet as they would in a digit.
    let shift = if rng.random_bool(0.5) { 9 } else { SIDE - 9 };
    std::array::from_fn(|pixel| {
        let (row, column) = (pixel / SIDE, pixel % SIDE);
        if row < SIDE / 2 {
            first[pixel]
        } else {
            second[row * SIDE + (column + shift) % SIDE]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_hands_leave_every_digit_another() {
        for number in HELD_OUT {
            let digit = HANDS[number].digit;
            let others = (0..HANDS.len())
                .filter(|other| HANDS[*other].digit == digit && !HELD_OUT.contains(other));
            assert!(others.count() > 0, "{}", HANDS[number].label());
        }
        let digits: Vec<u8> = HELD_OUT.iter().map(|number| HANDS[*number].digit).collect();
        assert_eq!(digits, [0, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_is_not_mixed_in_is_not_made() {
        let extras = of(&Mixture::default(), &Images::default());
        let parts = [extras.prepared, extras.drawn, extras.outliers];
        assert!(parts.iter().all(Images::is_empty));
    }

    #[test]
    fn blots_are_neither_blank_nor_full() {
        let mut blank = 0;
        for index in 0..100 {
            let image = blot(&mut generator(1, Purpose::NonDigits, index));
            let ink: u32 = image.iter().map(|pixel| u32::from(*pixel)).sum();
            blank += u32::from(ink < 1_000);
            assert!(ink < 190_000, "{ink}");
        }
        assert!(blank < 10, "{blank}");
    }
}

//! Drawings that are no digits: letters, scribbles, several digits beside each other. What a network should refuse.

use crate::{
    hands::HANDS,
    loose,
    pen::{Spot, Style, between, write},
};
use mnistify_drawing::{PAD_SIZE, Point, Stroke};
use mnistify_learning::random::{Purpose, generator};
use rand::Rng;

/// A kind of drawing that is no digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonDigit {
    /// Random strokes.
    Scribble = 0,
    /// A capital letter of [`LETTERS`].
    Letter = 1,
    /// Two or three digits beside each other.
    Several = 2,
}

impl NonDigit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Scribble, Self::Letter, Self::Several];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scribble => "scribbles",
            Self::Letter => "letters",
            Self::Several => "several digits",
        }
    }

    /// The drawing number `index` of this kind; equal arguments give equal strokes.
    pub fn drawing(self, seed: u64, index: u32) -> Vec<Stroke> {
        let stream = ((self as u64) << 32) | u64::from(index);
        let mut rng = generator(seed, Purpose::NonDigits, stream);
        match self {
            Self::Scribble => scribble(&mut rng),
            Self::Letter => {
                let (_, skeleton) = LETTERS[index as usize % LETTERS.len()];
                let style = Style::draw(&mut rng);
                write(skeleton, &style, &mut rng)
            }
            Self::Several => several(&mut rng, write),
        }
    }

    /// The same in haste, where that leaves it what it is: a scribble is as it is, and a hasty T can be a 7.
    pub fn loosely(self, seed: u64, index: u32) -> Option<Vec<Stroke>> {
        const STREAM: u64 = 1 << 44;
        let stream = STREAM | ((self as u64) << 32) | u64::from(index);
        let mut rng = generator(seed, Purpose::NonDigits, stream);
        match self {
            Self::Scribble => None,
            Self::Letter => {
                let letters = LETTERS.iter().filter(|one| STILL_LETTERS.contains(one.0));
                let letters: Vec<&Letter> = letters.collect();
                let (_, skeleton) = letters[index as usize % letters.len()];
                let style = loose::style(Style::draw(&mut rng), &mut rng);
                Some(loose::loosely(skeleton, &style, &mut rng))
            }
            Self::Several => Some(several(&mut rng, loose::loosely)),
        }
    }
}

/// Those of [`LETTERS`] that no haste makes a digit of; the straight bar of B, D and P is what tells them from 8, 0 and 9.
const STILL_LETTERS: &str = "ABDEFHKMNPRWX";

/// One to four strokes through four to nine random places each, round or with corners. At least ten places in all:
/// fewer can pass for a 1 or a 7.
fn scribble(rng: &mut impl Rng) -> Vec<Stroke> {
    const LEAST_PLACES: usize = 10;
    let mut paths: Vec<Vec<Spot>> = Vec::new();
    let strokes = rng.random_range(1..=4);
    let mut places = 0;
    while paths.len() < strokes || places < LEAST_PLACES {
        let count = rng.random_range(4..=9);
        let has_corners = rng.random_bool(0.3);
        let mut path: Vec<Spot> = Vec::new();
        for _ in 0..count {
            let spot = [between(rng, [0.0, 1.0]), between(rng, [0.0, 1.0])];
            path.push(spot);
            if has_corners {
                path.push(spot);
            }
        }
        // A corner needs a path on both sides.
        if has_corners {
            path.pop();
            path.remove(0);
        }
        places += count;
        paths.push(path);
    }
    let borrowed: Vec<&[Spot]> = paths.iter().map(Vec::as_slice).collect();
    let style = Style::draw(rng);
    write(&borrowed, &style, rng)
}

/// Two or three digits, each in its own part of the pad's width, with one pen.
fn several<R: Rng>(
    rng: &mut R,
    write: impl Fn(&[&[Spot]], &Style, &mut R) -> Vec<Stroke>,
) -> Vec<Stroke> {
    let count = rng.random_range(2..=3usize);
    let column = PAD_SIZE / count as f32;
    // The hands are up to 0.76 wide and lean; so much of the height leaves a gap between two of them.
    let height = column * between(rng, [0.8, 1.05]);
    let row = between(rng, [0.35, 0.65]) * PAD_SIZE;
    let mut strokes: Vec<Stroke> = Vec::new();
    let mut pen = None;
    for number in 0..count {
        let hand = &HANDS[rng.random_range(0..HANDS.len())];
        let centre = [column * (number as f32 + 0.5), row];
        let mut style = Style::of_height(height, centre, rng);
        style.pen = *pen.get_or_insert(style.pen);
        let begun = strokes.last().and_then(|stroke| stroke.points.last());
        let begun = begun.map_or(0.0, |point: &Point| point.millis);
        strokes.extend(
            write(hand.skeleton, &style, rng)
                .into_iter()
                .map(|mut stroke| {
                    for point in &mut stroke.points {
                        point.millis += begun;
                    }
                    stroke
                }),
        );
    }
    strokes
}

type Letter = (char, &'static [&'static [Spot]]);

/// Capitals in the box that [`crate::pen`] describes. O, I, S and Z are left out: a person too could read them as 0, 1,
/// 5 and 2.
#[rustfmt::skip] // A letter a line.
pub const LETTERS: &[Letter] = &[
    ('A', &[&[[0.0, 1.0], [0.36, 0.0], [0.36, 0.0], [0.72, 1.0]], &[[0.13, 0.64], [0.59, 0.64]]]),
    ('B', &[&[[0.06, 0.0], [0.06, 1.0]], &[[0.06, 0.0], [0.36, 0.01], [0.50, 0.13], [0.50, 0.32], [0.36, 0.45], [0.06, 0.47], [0.06, 0.47], [0.40, 0.49], [0.58, 0.62], [0.58, 0.85], [0.40, 0.99], [0.06, 1.0]]]),
    ('C', &[&[[0.68, 0.15], [0.48, 0.01], [0.22, 0.06], [0.04, 0.32], [0.04, 0.68], [0.22, 0.94], [0.48, 0.99], [0.70, 0.84]]]),
    ('D', &[&[[0.06, 0.0], [0.06, 1.0]], &[[0.06, 0.0], [0.36, 0.03], [0.60, 0.22], [0.68, 0.50], [0.60, 0.78], [0.36, 0.97], [0.06, 1.0]]]),
    ('E', &[&[[0.56, 0.0], [0.06, 0.0], [0.06, 0.0], [0.06, 1.0], [0.06, 1.0], [0.60, 1.0]], &[[0.06, 0.48], [0.48, 0.48]]]),
    ('F', &[&[[0.58, 0.0], [0.06, 0.0], [0.06, 0.0], [0.06, 1.0]], &[[0.06, 0.46], [0.48, 0.46]]]),
    ('G', &[&[[0.68, 0.16], [0.48, 0.01], [0.22, 0.06], [0.04, 0.32], [0.04, 0.68], [0.22, 0.94], [0.48, 0.99], [0.70, 0.84], [0.70, 0.58], [0.70, 0.58], [0.42, 0.58]]]),
    ('H', &[&[[0.05, 0.0], [0.05, 1.0]], &[[0.68, 0.0], [0.68, 1.0]], &[[0.05, 0.48], [0.68, 0.48]]]),
    ('J', &[&[[0.48, 0.0], [0.48, 0.55], [0.44, 0.86], [0.26, 1.0], [0.08, 0.92], [0.02, 0.72]], &[[0.20, 0.0], [0.70, 0.0]]]),
    ('K', &[&[[0.05, 0.0], [0.05, 1.0]], &[[0.60, 0.0], [0.05, 0.56], [0.05, 0.56], [0.64, 1.0]]]),
    ('L', &[&[[0.06, 0.0], [0.06, 1.0], [0.06, 1.0], [0.60, 1.0]]]),
    ('M', &[&[[0.02, 1.0], [0.08, 0.0], [0.08, 0.0], [0.42, 0.66], [0.42, 0.66], [0.76, 0.0], [0.76, 0.0], [0.82, 1.0]]]),
    ('N', &[&[[0.05, 1.0], [0.05, 0.0], [0.05, 0.0], [0.66, 1.0], [0.66, 1.0], [0.66, 0.0]]]),
    ('P', &[&[[0.06, 0.0], [0.06, 1.0]], &[[0.06, 0.0], [0.40, 0.02], [0.58, 0.15], [0.58, 0.37], [0.40, 0.50], [0.06, 0.52]]]),
    ('Q', &[&[[0.40, 0.0], [0.16, 0.10], [0.03, 0.36], [0.04, 0.66], [0.18, 0.91], [0.40, 1.0], [0.62, 0.91], [0.76, 0.66], [0.76, 0.36], [0.64, 0.10], [0.40, 0.0]], &[[0.46, 0.68], [0.86, 1.06]]]),
    ('R', &[&[[0.06, 0.0], [0.06, 1.0]], &[[0.06, 0.0], [0.40, 0.02], [0.56, 0.14], [0.56, 0.36], [0.40, 0.48], [0.06, 0.50], [0.06, 0.50], [0.62, 1.0]]]),
    ('T', &[&[[0.0, 0.0], [0.76, 0.0]], &[[0.38, 0.0], [0.38, 1.0]]]),
    ('U', &[&[[0.04, 0.0], [0.04, 0.58], [0.12, 0.90], [0.34, 1.0], [0.56, 0.90], [0.64, 0.58], [0.64, 0.0]]]),
    ('V', &[&[[0.0, 0.0], [0.34, 1.0], [0.34, 1.0], [0.68, 0.0]]]),
    ('W', &[&[[0.0, 0.0], [0.22, 1.0], [0.22, 1.0], [0.46, 0.28], [0.46, 0.28], [0.70, 1.0], [0.70, 1.0], [0.92, 0.0]]]),
    ('X', &[&[[0.02, 0.0], [0.66, 1.0]], &[[0.66, 0.0], [0.02, 1.0]]]),
    ('Y', &[&[[0.02, 0.0], [0.36, 0.48], [0.36, 0.48], [0.36, 1.0]], &[[0.70, 0.0], [0.36, 0.48]]]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pen::tests::assert_on_pad;

    #[test]
    fn drawings_repeat_and_lie_inside_the_pad() {
        for kind in NonDigit::ALL {
            for index in 0..60 {
                let strokes = kind.drawing(5, index);
                assert_eq!(strokes, kind.drawing(5, index));
                assert_on_pad(&strokes);
            }
            assert_ne!(kind.drawing(5, 0), kind.drawing(6, 0));
        }
    }

    #[test]
    fn no_letter_passes_for_a_digit() {
        let letters: Vec<char> = LETTERS.iter().map(|(letter, _)| *letter).collect();
        assert!(letters.is_sorted());
        assert_eq!(letters.len(), 22);
        assert!(!"OISZ".chars().any(|letter| letters.contains(&letter)));
    }

    #[test]
    fn several_digits_stand_beside_each_other() {
        for index in 0..40 {
            let strokes = NonDigit::Several.drawing(7, index);
            let places = strokes.iter().flat_map(|stroke| &stroke.points);
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for point in places {
                low = low.min(point.x);
                high = high.max(point.x);
            }
            assert!(high - low > 0.4 * PAD_SIZE, "{low} {high}");
        }
    }
}

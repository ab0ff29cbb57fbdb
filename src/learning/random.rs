//! Random numbers that depend on nothing but a seed, a purpose and an index, so that threads, machines and backends
//! all draw the same.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for; each purpose has its own streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The initial weights of layer `index`.
    Weights = 1,
    /// The order of the images in epoch `index`.
    Shuffle = 2,
    /// The augmentation of the `index`-th image that training sees.
    Augment = 3,
    /// The images (`index` 0) and their augmentation (above) for the batch normalisation's statistics.
    Calibrate = 4,
    /// The configuration of run `index` of a search.
    Search = 5,
    /// The split into training and validation.
    Split = 6,
    /// An evaluation's corruption of an image: the condition in the upper bits of `index`, the image in the lower 32.
    Corrupt = 7,
    /// A drawn digit: the hand in the upper bits of `index`, its number in the lower 32.
    Strokes = 8,
    /// A drawing that is no digit: its kind in the upper bits of `index`, its number in the lower 32.
    NonDigits = 9,
    /// Where the `index`-th image that training sees comes from.
    Mix = 10,
    /// The digits that visitors watch the networks learn from (`index` 0), and those that they are judged by (1).
    Lessons = 11,
    /// Which labels of a lesson are wrong, and which they are instead.
    WrongLabels = 12,
}

/// The generator of `index` for `purpose`: ChaCha with 8 rounds, whose 2⁶⁴ streams of one key never overlap.
pub fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(((purpose as u64) << 56) | index);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, purpose, index| generator(seed, purpose, index).random::<u64>();
        let first = draw(1, Purpose::Augment, 7);
        assert_eq!(first, draw(1, Purpose::Augment, 7));
        assert_ne!(first, draw(1, Purpose::Augment, 8));
        assert_ne!(first, draw(1, Purpose::Shuffle, 7));
        assert_ne!(first, draw(2, Purpose::Augment, 7));
    }
}

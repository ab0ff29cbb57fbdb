//! How well digits drawn as strokes are read, hand by hand: the app's own input, which MNIST's scans only resemble.

use super::{Reader, SEED, Tally};
use crate::{
    hands::{HANDS, drawing},
    loose,
};
use mnistify_drawing::{Image28, Preparation, Stroke, rasterise};
use mnistify_learning::Confusion;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Drawings of each hand unless said otherwise: 200 put the accuracy of 99 % within ±1.4 % (two standard errors).
pub const PER_HAND: u32 = 200;

/// One hand's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Digit and name, or `all`.
    pub hand: String,
    /// One a network: the pad as it is.
    pub raw: Vec<Tally>,
    /// One a network: prepared from the strokes, as the app does unless told not to.
    pub prepared: Vec<Tally>,
}

/// What all networks answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// One a hand, then the total.
    pub rows: Vec<Row>,
    /// One a network: digits and answers for prepared drawings.
    pub confusions: Vec<Confusion>,
}

/// One drawing as an image in both preparations.
struct Pair {
    raw: Image28,
    prepared: Image28,
}

/// Reads `per_hand` drawings of every hand.
pub fn drawn(readers: &[Reader], per_hand: u32, say: &mut dyn FnMut(&str)) -> Drawn {
    let mut rows = Vec::with_capacity(HANDS.len() + 1);
    let mut confusions = vec![Confusion::default(); readers.len()];
    let mut total = Row {
        hand: "all".to_string(),
        raw: vec![Tally::default(); readers.len()],
        prepared: vec![Tally::default(); readers.len()],
    };
    for (number, hand) in HANDS.iter().enumerate() {
        say(&format!(
            "{} of {}: {}",
            number + 1,
            HANDS.len(),
            hand.label()
        ));
        let pairs: Vec<Pair> = (0..per_hand)
            .into_par_iter()
            .map(|index| pair(number, index))
            .collect();
        let digit = hand.digit;
        let read = |choose: fn(&Pair) -> &Image28, reader: &Reader| -> Vec<u8> {
            let pairs = pairs.par_iter();
            pairs.map(|pair| reader.answer(choose(pair))).collect()
        };
        let tally = |answers: &[u8]| {
            let mut tally = Tally::default();
            answers
                .iter()
                .for_each(|answer| tally.add(*answer == digit));
            tally
        };
        let mut row = Row {
            hand: hand.label(),
            raw: Vec::new(),
            prepared: Vec::new(),
        };
        for (place, reader) in readers.iter().enumerate() {
            row.raw.push(tally(&read(|pair| &pair.raw, reader)));
            let answers = read(|pair| &pair.prepared, reader);
            row.prepared.push(tally(&answers));
            for answer in answers {
                confusions[place].counts[usize::from(digit)][usize::from(answer)] += 1;
            }
            total.raw[place] = total.raw[place].and(row.raw[place]);
            total.prepared[place] = total.prepared[place].and(row.prepared[place]);
        }
        rows.push(row);
    }
    rows.push(total);
    Drawn { rows, confusions }
}

fn pair(number: usize, index: u32) -> Pair {
    let strokes = drawing(number, SEED, index);
    Pair {
        raw: rasterise(&strokes, Preparation::Raw),
        prepared: rasterise(&strokes, Preparation::Prepared),
    }
}

/// `each` prepared drawings of so many kinds, one kind after the other; `drawing` makes them by kind and number.
pub fn prepared(
    kinds: usize,
    each: u32,
    drawing: impl Fn(usize, u32) -> Vec<Stroke> + Sync,
) -> Vec<Image28> {
    let all = (0..kinds).flat_map(|kind| (0..each).map(move |index| (kind, index)));
    let all: Vec<(usize, u32)> = all.collect();
    all.into_par_iter()
        .map(|(kind, index)| rasterise(&drawing(kind, index), Preparation::Prepared))
        .collect()
}

/// `per_hand` prepared drawings of every hand.
pub fn prepared_images(per_hand: u32, seed: u64) -> Vec<Image28> {
    prepared(HANDS.len(), per_hand, |hand, index| {
        drawing(hand, seed, index)
    })
}

/// `per_hand` prepared drawings of every hand in haste.
pub fn loose_images(per_hand: u32, seed: u64) -> Vec<Image28> {
    prepared(loose::COUNT, per_hand, |hand, index| {
        loose::drawing(hand, seed, index)
    })
}

/// Rows for a contact sheet: of each hand `count` drawings as they are, then the same ones prepared.
pub fn sheet_rows(count: u32) -> Vec<Vec<Image28>> {
    (0..HANDS.len())
        .map(|number| {
            let pairs = (0..count).map(|index| pair(number, index));
            let (raw, prepared): (Vec<_>, Vec<_>) =
                pairs.map(|pair| (pair.raw, pair.prepared)).unzip();
            raw.into_iter().chain(prepared).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{Model, NetworkSpec};

    #[test]
    fn the_total_is_the_sum_of_the_hands() {
        let model = Model::random(NetworkSpec::mlp(), 3);
        let readers = [Reader::new(&model, "random").unwrap()];
        let drawn = drawn(&readers, 2, &mut |_| {});
        assert_eq!(drawn.rows.len(), HANDS.len() + 1);
        let (total, hands) = drawn.rows.split_last().unwrap();
        let right: u64 = hands.iter().map(|row| row.prepared[0].right).sum();
        assert_eq!(total.prepared[0].right, right);
        assert_eq!(total.raw[0].images, 2 * HANDS.len() as u64);
        assert_eq!(drawn.confusions[0].images(), total.prepared[0].images);
        assert!(drawn.rows.iter().any(|row| row.hand == "7, crossed"));
    }

    #[test]
    fn a_sheet_has_a_row_for_each_hand() {
        let rows = sheet_rows(2);
        assert_eq!(rows.len(), HANDS.len());
        assert!(rows.iter().all(|row| row.len() == 4));
    }
}

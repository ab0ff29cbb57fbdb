//! How well digits are read under every condition, as they are and prepared.

use super::{
    Reader, SEED, Tally,
    conditions::{Condition, prepared},
};
use mnistify_learning::{
    Images,
    random::{Purpose, generator},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// One condition's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub condition: String,
    /// One a network: images given as they are.
    pub raw: Vec<Tally>,
    /// One a network: images prepared first, by [`prepared`].
    pub prepared: Vec<Tally>,
}

/// Reads `data` under `conditions`, every network the same images. `say` hears of each condition.
pub fn robust(
    readers: &[Reader],
    data: &Images,
    conditions: &[Condition],
    say: &mut dyn FnMut(&str),
) -> Vec<Row> {
    let mut rows = Vec::with_capacity(conditions.len());
    for (number, condition) in conditions.iter().enumerate() {
        let name = condition.name();
        say(&format!("{} of {}: {name}", number + 1, conditions.len()));
        let row = |raw, prepared| Row {
            condition: name.clone(),
            raw,
            prepared,
        };
        let nothing = || vec![Tally::default(); readers.len()];
        let digits = data.images.par_iter().zip(&data.labels).enumerate();
        let figures = digits
            .map(|(index, (image, label))| {
                let stream = ((number as u64) << 32) | index as u64;
                let mut rng = generator(SEED, Purpose::Corrupt, stream);
                let image = condition.apply(image, &mut rng);
                let ready = prepared(&image);
                let read = |image| {
                    let count = |reader: &Reader| {
                        let mut tally = Tally::default();
                        tally.add(reader.answer(image) == *label);
                        tally
                    };
                    readers.iter().map(count).collect::<Vec<_>>()
                };
                row(read(&image), read(&ready))
            })
            .reduce(
                || row(nothing(), nothing()),
                |a, b| row(sums(&a.raw, &b.raw), sums(&a.prepared, &b.prepared)),
            );
        rows.push(figures);
    }
    rows
}

fn sums(a: &[Tally], b: &[Tally]) -> Vec<Tally> {
    a.iter().zip(b).map(|(a, b)| a.and(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_drawing::PIXELS;
    use mnistify_network::{Model, NetworkSpec};

    #[test]
    fn every_condition_is_counted_and_repeats() {
        let reader = || Reader::new(&Model::random(NetworkSpec::mlp(), 3), "random").unwrap();
        let data = Images {
            images: (0..6u8)
                .map(|index| {
                    let mut image = [0; PIXELS];
                    image[300..320].fill(100 + index);
                    image
                })
                .collect(),
            labels: vec![0, 1, 2, 3, 4, 5],
        };
        let conditions = [Condition::Clean, Condition::Noise(0.3)];
        let readers = [reader(), reader()];
        let run = || robust(&readers, &data, &conditions, &mut |_| {});
        let rows = run();
        assert_eq!(rows, run());
        assert_eq!(rows.len(), 2);
        for row in &rows {
            assert_eq!(row.raw[0], row.raw[1]);
            assert_eq!((row.raw[0].images, row.prepared[1].images), (6, 6));
        }
    }
}

//! `train lessons`: the digits that visitors watch the networks learn from, and those that they are judged by, as files
//! that the app reads.

use crate::{Result, data, options::DataArguments};
use clap::Args;
use flate2::{Compression, write::GzEncoder};
use mnistify_drawing::idx;
use mnistify_learning::{
    metrics::CLASSES,
    random::{Purpose, generator},
};
use rand::{Rng, seq::SliceRandom};
use std::{io::Write, path::PathBuf};

/// Images of each class to learn from.
const TRAIN_PER_CLASS: usize = 1_000;
/// Images of each class to judge by.
const UNSEEN_PER_CLASS: usize = 100;

/// Chooses the digits that visitors of the app watch the networks learn from, and writes them as four IDX files, gzipped.
///
/// train-10k holds 1,000 images of each class out of the 55,000 for training, so none that a choice is made on, and
/// unseen-1k 100 of each out of the test images. Both go round the classes, so their beginnings are balanced too. The
/// same seed makes the same files.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct LessonsArguments {
    /// Decides which images and in which order.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Folder for the files.
    #[arg(long, value_name = "DIR", default_value = "assets/mnist")]
    out: PathBuf,

    #[command(flatten)]
    data: DataArguments,
}

/// Runs `train lessons`.
///
/// # Errors
/// Where the data cannot be read, or a file cannot be written.
pub fn run(arguments: &LessonsArguments) -> Result<()> {
    let folder = arguments.data.folder()?;
    let train = data::load_training(&folder)?.train;
    // Nothing is chosen by them here: they are what a visitor's networks never see.
    let test = data::load_test(&folder)?;
    for (index, name, images, per_class) in [
        (0, "train-10k", &train, TRAIN_PER_CLASS),
        (1, "unseen-1k", &test, UNSEEN_PER_CLASS),
    ] {
        let mut rng = generator(arguments.seed, Purpose::Lessons, index);
        let lessons = images.select(&choose(&images.labels, per_class, &mut rng)?);
        for (kind, bytes) in [
            ("images-idx3-ubyte", idx::images_to_bytes(&lessons.images)),
            ("labels-idx1-ubyte", idx::labels_to_bytes(&lessons.labels)),
        ] {
            let path = arguments.out.join(format!("{name}-{kind}.gz"));
            let bytes = gzipped(&bytes)?;
            std::fs::write(&path, &bytes)
                .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
            let (path, count, size) = (path.display(), lessons.len(), bytes.len());
            println!("{path}: {count} digits in {size} bytes");
        }
    }
    Ok(())
}

/// Places of `per_class` images of each class, in turn 0 to 9 and again, so that every beginning is as balanced as it can
/// be.
fn choose(labels: &[u8], per_class: usize, rng: &mut impl Rng) -> Result<Vec<usize>> {
    let mut places = vec![Vec::new(); CLASSES];
    for (place, label) in labels.iter().enumerate() {
        places[usize::from(*label)].push(place);
    }
    for (class, places) in places.iter_mut().enumerate() {
        if places.len() < per_class {
            let found = places.len();
            let text = format!("there are {found} images of a {class}, but {per_class} are wanted");
            return Err(text.into());
        }
        places.shuffle(rng);
    }
    let round = |round: usize| places.iter().map(move |places| places[round]);
    Ok((0..per_class).flat_map(round).collect())
}

/// Without a name and a time, which the encoder leaves out by itself, the same bytes always make the same file.
fn gzipped(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many images of each class, of which there are more the larger the class is.
    fn labels() -> Vec<u8> {
        let repeated = |class: u8| std::iter::repeat_n(class, 20 + usize::from(class));
        (0..10).flat_map(repeated).collect()
    }

    fn chosen(seed: u64, per_class: usize) -> Vec<usize> {
        let mut rng = generator(seed, Purpose::Lessons, 0);
        choose(&labels(), per_class, &mut rng).unwrap()
    }

    #[test]
    fn every_beginning_is_balanced() {
        let (labels, chosen) = (labels(), chosen(1, 20));
        assert_eq!(chosen.len(), 200);
        for (number, place) in chosen.iter().enumerate() {
            assert_eq!(usize::from(labels[*place]), number % CLASSES);
        }
    }

    #[test]
    fn no_image_comes_twice_and_the_seed_decides() {
        let places = chosen(1, 15);
        let mut sorted = places.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 150);
        assert_eq!(chosen(1, 15), places);
        assert_ne!(chosen(2, 15), places);
        // Fewer of them are the beginning of more.
        assert_eq!(chosen(1, 4), places[..40]);
    }

    #[test]
    fn a_class_with_too_few_images_is_named() {
        let mut rng = generator(1, Purpose::Lessons, 0);
        let error = choose(&labels(), 21, &mut rng).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 20 images of a 0, but 21 are wanted"
        );
    }

    #[test]
    fn files_of_the_same_bytes_are_the_same() {
        let packed = gzipped(b"digits").unwrap();
        assert_eq!(packed, gzipped(b"digits").unwrap());
        // No flags, and no time (RFC 1952, section 2.3.1).
        assert_eq!(packed[3..8], [0; 5]);
    }
}

//! MNIST's files: where they lie, whether they are the right ones, and the split into training and validation.
//!
//! The test images have a function of their own, [`load_test`], which the command calls once, after every choice is
//! made.

use crate::Result;
use md5::{Digest, Md5};
use mnistify_drawing::idx::{read_images, read_labels};
use mnistify_learning::{
    Images, Mnist,
    images::TRAINING_IMAGES,
    random::{Purpose, generator},
};
use rand::seq::SliceRandom;
use std::path::{Path, PathBuf};

/// Images in the training files.
const TRAINING_FILE_IMAGES: usize = 60_000;
/// How many of them are held out for validation.
pub const VALIDATION_IMAGES: usize = TRAINING_FILE_IMAGES - TRAINING_IMAGES;
/// Makes the split; a constant, so that every run and every machine validates on the same images.
pub const SPLIT_SEED: u64 = 20_250_601;

/// A file of MNIST as it was published, uncompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFile {
    pub name: &'static str,
    /// In lower-case hexadecimal.
    pub md5: &'static str,
}

/// Training images and labels, then test images and labels.
pub const FILES: [DataFile; 4] = [
    DataFile {
        name: "train-images-idx3-ubyte",
        md5: "6bbc9ace898e44ae57da46a324031adb",
    },
    DataFile {
        name: "train-labels-idx1-ubyte",
        md5: "a25bea736e30d166cdddb491f175f624",
    },
    DataFile {
        name: "t10k-images-idx3-ubyte",
        md5: "2646ac647ad5339dbf082846283269ea",
    },
    DataFile {
        name: "t10k-labels-idx1-ubyte",
        md5: "27ae3e4e09519cfbb04c329615203637",
    },
];

/// The md5 of some bytes in lower-case hexadecimal. It identifies the published files; it is no protection against
/// somebody who wants to deceive.
pub fn md5_of(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder for this project's downloads and checkpoints: `$XDG_CACHE_HOME/mnistify` or `~/.cache/mnistify`.
pub fn cache_folder() -> PathBuf {
    let from = |name: &str| {
        let value = std::env::var_os(name)?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    };
    let base = from("XDG_CACHE_HOME").or_else(|| {
        let home = from("HOME").or_else(|| from("USERPROFILE"))?;
        Some(home.join(".cache"))
    });
    base.unwrap_or_else(std::env::temp_dir).join("mnistify")
}

/// Reads the training files, checks them and splits them.
///
/// # Errors
/// Where a file is missing or is not MNIST's.
pub fn load_training(folder: &Path) -> Result<Mnist> {
    let all = load_pair(folder, FILES[0], FILES[1])?;
    let (train, validation) = split(all.len(), VALIDATION_IMAGES);
    Ok(Mnist {
        train: all.select(&train),
        validation: all.select(&validation),
    })
}

/// Reads the 10,000 test images. To be called once, when everything has been decided.
///
/// # Errors
/// Where a file is missing or is not MNIST's.
pub fn load_test(folder: &Path) -> Result<Images> {
    load_pair(folder, FILES[2], FILES[3])
}

/// Which of `count` images are for training and which `held_out` for validation: a random choice from [`SPLIT_SEED`],
/// both in ascending order.
fn split(count: usize, held_out: usize) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut generator(SPLIT_SEED, Purpose::Split, 0));
    let mut train = order.split_off(held_out.min(count));
    train.sort_unstable();
    order.sort_unstable();
    (train, order)
}

/// How many there are follows from the checksums.
fn load_pair(folder: &Path, images: DataFile, labels: DataFile) -> Result<Images> {
    Ok(Images {
        images: read_images(&verified(folder, images)?)?,
        labels: read_labels(&verified(folder, labels)?)?,
    })
}

/// The file's path, once its checksum is right.
fn verified(folder: &Path, data_file: DataFile) -> Result<PathBuf> {
    let path = folder.join(data_file.name);
    let file = path.display();
    let bytes = std::fs::read(&path).map_err(|error| {
        format!(
            "{file}: cannot be read: {error}. Put the four uncompressed IDX files of MNIST into that folder, or name theirs with --data"
        )
    })?;
    let (found, expected) = (md5_of(&bytes), data_file.md5);
    if found != expected {
        let reason = format!("its md5 is {found}, expected {expected}");
        return Err(format!("{file}: {reason}. Delete it, so that it is fetched again").into());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_disjoint_complete_and_repeatable() {
        let (train, validation) = split(1200, 100);
        assert_eq!((train.len(), validation.len()), (1100, 100));
        let mut all: Vec<usize> = train.iter().chain(&validation).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..1200).collect::<Vec<_>>());
        assert_eq!(split(1200, 100), (train, validation.clone()));
        // Spread over the file, not its head.
        assert!(validation[0] < 100 && validation[99] > 1100);
    }

    #[test]
    fn md5_matches_rfc_1321() {
        assert_eq!(md5_of(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn a_missing_file_is_named_with_a_remedy() {
        let error = load_test(Path::new("/nonexistent-mnist")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("t10k-images-idx3-ubyte") && text.contains("--data"),
            "{text}"
        );
    }
}

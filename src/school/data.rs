//! The digits of the lessons: in the program natively, brought by the page when the school is opened there.

use mnistify_drawing::idx;
use mnistify_learning::{Images, Pool, course::lesson_pool};
use std::sync::Arc;

/// The digits on their way.
#[derive(Default)]
pub enum Lessons {
    /// Nobody asked for them.
    #[default]
    Away,
    /// They were asked for.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(dead_code, reason = "natively they are here at once")
    )]
    Asked,
    /// They are here.
    Here(Arc<Pool>),
}

impl Lessons {
    /// The digits, where they are here; asks for them where nobody did.
    ///
    /// # Errors
    /// Where the program's own files are broken, which a test excludes.
    pub fn get(&mut self) -> Result<Option<Arc<Pool>>, String> {
        match self {
            Self::Here(pool) => Ok(Some(Arc::clone(pool))),
            Self::Asked => Ok(None),
            Self::Away => {
                #[cfg(target_arch = "wasm32")]
                {
                    crate::platform::ask_for_lessons();
                    *self = Self::Asked;
                    Ok(None)
                }
                #[cfg(not(target_arch = "wasm32"))]
                {
                    let pool = Arc::new(included()?);
                    *self = Self::Here(Arc::clone(&pool));
                    Ok(Some(pool))
                }
            }
        }
    }
}

/// The digits of four IDX files, plain or gzipped: images and labels to learn from, then those that are never learned
/// from.
///
/// # Errors
/// Which file is none, or does not belong to the others.
pub fn read(files: [&[u8]; 4]) -> Result<Pool, String> {
    let pair = |images: &[u8], labels: &[u8], name: &str| {
        let images = idx::parse_images(images, &format!("{name}-images"));
        let labels = idx::parse_labels(labels, &format!("{name}-labels"));
        let images = images.map_err(|error| error.to_string())?;
        let labels = labels.map_err(|error| error.to_string())?;
        if images.len() != labels.len() || images.is_empty() {
            let (images, labels) = (images.len(), labels.len());
            return Err(format!("{name}: {images} images and {labels} labels"));
        }
        Ok(Images { images, labels })
    };
    let [images, labels, unseen_images, unseen_labels] = files;
    Ok(lesson_pool(
        pair(images, labels, "train-10k")?,
        pair(unseen_images, unseen_labels, "unseen-1k")?,
    ))
}

/// The digits that are part of the program.
///
/// # Errors
/// Where they are broken, which a test excludes.
#[cfg(not(target_arch = "wasm32"))]
pub fn included() -> Result<Pool, String> {
    read([
        include_bytes!("../../assets/mnist/train-10k-images-idx3-ubyte.gz"),
        include_bytes!("../../assets/mnist/train-10k-labels-idx1-ubyte.gz"),
        include_bytes!("../../assets/mnist/unseen-1k-images-idx3-ubyte.gz"),
        include_bytes!("../../assets/mnist/unseen-1k-labels-idx1-ubyte.gz"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_balanced() {
        let pool = included().unwrap();
        assert_eq!(pool.training_images(), 10_000);
        for examples in [10, 100, 1_000, 10_000] {
            let narrow = pool.narrowed(examples, 0.0, 1);
            let mut counts = [0; 10];
            for class in &narrow.classes[..examples] {
                counts[usize::from(*class)] += 1;
            }
            assert_eq!(counts, [examples / 10; 10]);
        }
        let mut counts = [0; 10];
        for class in pool.validation_labels() {
            counts[usize::from(*class)] += 1;
        }
        assert_eq!(counts, [100; 10]);
    }

    #[test]
    fn files_that_do_not_belong_together_are_told() {
        let labels = include_bytes!("../../assets/mnist/unseen-1k-labels-idx1-ubyte.gz");
        let images = include_bytes!("../../assets/mnist/unseen-1k-images-idx3-ubyte.gz");
        assert!(read([images, labels, images, labels]).is_ok());
        assert!(read([labels, labels, images, labels]).is_err());
        let known = include_bytes!("../../assets/mnist/known-labels-idx1-ubyte.gz");
        let told = read([images, labels, images, known]).err().unwrap();
        assert!(told.contains("unseen-1k"), "{told}");
    }
}

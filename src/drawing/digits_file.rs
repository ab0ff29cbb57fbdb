//! Files of many digits, of whatever kind people keep MNIST in: IDX of bytes, integers or floats, CSV, NumPy's `.npz` and
//! `.npy`, each plain or gzipped. What a file is, its content says, never its name.

use std::{
    borrow::Cow,
    ffi::OsString,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    csv::{self, Table},
    idx::{self, IdxError, parse_labels},
    image28::{Image28, PIXELS, SIDE},
    numpy::{self, Array},
    picture::{PictureKind, picture_kind},
    printable::printable,
};

/// Arrays of images in the order in which one is looked for: what is tested on before what is trained on.
const IMAGE_NAMES: [&str; 10] = [
    "x_test",
    "test_images",
    "images_test",
    "test_x",
    "x_train",
    "train_images",
    "x",
    "images",
    "data",
    "arr_0",
];

/// The labels of each.
const LABEL_NAMES: [&str; 10] = [
    "y_test",
    "test_labels",
    "labels_test",
    "test_y",
    "y_train",
    "train_labels",
    "y",
    "labels",
    "target",
    "arr_1",
];

/// Many digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Digits {
    /// 0 is paper and 1 is ink, whatever numbers were in the file.
    pub images: Vec<Image28>,
    /// One an image, 0 to 9, where the file has them.
    pub labels: Option<Vec<u8>>,
    /// What had to be assumed, for people.
    pub notes: Vec<String>,
}

/// Why a file of digits could not be read. `name` is the file.
#[derive(Debug, Error)]
pub enum DigitsError {
    /// As [`IdxError`] says.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// The file's content is not as it should be.
    #[error("{name} {reason}")]
    Content {
        /// The file.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

/// What a file is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing at all.
    Empty,
    /// JSON: a recording of strokes.
    Strokes,
    /// A picture, or a kind of picture that is not read.
    Picture(PictureKind),
    /// What [`parse`] reads.
    Digits,
    /// The weights of a network (safetensors).
    Network,
    /// Something else.
    Unknown,
}

/// What these bytes are, unpacked (see [`unpacked`]).
pub fn content(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Empty;
    }
    if let Some(kind) = picture_kind(bytes) {
        return Content::Picture(kind);
    }
    if is_network(bytes) {
        return Content::Network;
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if let Some(b'{' | b'[') = first {
        return Content::Strokes;
    }
    if is_idx(bytes)
        || bytes.starts_with(numpy::ARRAY_MAGIC)
        || bytes.starts_with(numpy::ARCHIVE_MAGIC)
        || csv::separator(bytes).is_some()
    {
        return Content::Digits;
    }
    Content::Unknown
}

/// Whether the header of a safetensors file begins here: its length, then JSON.
fn is_network(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    u64::from_le_bytes(*length) <= rest.len() as u64 && rest.starts_with(b"{\"")
}

/// Whether an IDX file begins here: two zeros, a type, and 1 to 4 dimensions.
fn is_idx(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, kind, 1..=4, ..] if width_of(*kind).is_some())
}

/// Bytes of an IDX file's values, by its type code.
fn width_of(kind: u8) -> Option<usize> {
    match kind {
        0x08 | 0x09 => Some(1),
        0x0b => Some(2),
        0x0c | 0x0d => Some(4),
        0x0e => Some(8),
        _ => None,
    }
}

/// A file's bytes, at most 256 MiB, and its name for messages.
///
/// # Errors
/// When the file cannot be read or is larger; the message names it.
pub fn read_file(path: impl AsRef<Path>) -> Result<(Vec<u8>, String), DigitsError> {
    Ok(idx::read(path.as_ref())?)
}

/// The bytes of a file called `name`, or what is packed in them with gzip, at most 256 MiB.
///
/// # Errors
/// When the packed bytes are damaged or too many; the message has the name.
pub fn unpacked<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, DigitsError> {
    Ok(idx::unpacked(bytes, name)?)
}

/// The digits in the bytes of a file called `name`, plain or gzipped.
///
/// # Errors
/// When these are not the bytes of images of 28×28 pixels; the message has the name and says what they are instead.
pub fn parse(bytes: &[u8], name: &str) -> Result<Digits, DigitsError> {
    let name = printable(name);
    let bytes = unpacked(bytes, &name)?;
    let mut notes = Vec::new();
    let fault = |reason: String| DigitsError::Content {
        name: name.clone(),
        reason: printable(&reason),
    };
    let table = if is_idx(&bytes) {
        of_idx(&bytes, &name)?
    } else if bytes.starts_with(numpy::ARRAY_MAGIC) {
        let array = numpy::array(&bytes).map_err(fault)?;
        Table {
            values: images_of(array).map_err(fault)?,
            labels: None,
        }
    } else if bytes.starts_with(numpy::ARCHIVE_MAGIC) {
        of_archive(&bytes, &mut notes).map_err(fault)?
    } else if let Some(separator) = csv::separator(&bytes) {
        csv::read(&bytes, separator).map_err(fault)?
    } else {
        return Err(fault(
            "is no file of digits; IDX, CSV, .npz and .npy are read".to_string(),
        ));
    };
    if table.values.is_empty() {
        return Err(fault("has no images in it; fetch it again".to_string()));
    }
    let images = scaled(&table.values, &mut notes);
    let labels = table.labels.filter(|labels| {
        let is_one_each = labels.len() == images.len();
        if !is_one_each {
            notes.push(format!(
                "{} labels are not used, since there are {} images",
                labels.len(),
                images.len()
            ));
        }
        is_one_each
    });
    Ok(Digits {
        images,
        labels,
        notes,
    })
}

/// The images of an IDX file: a count, rows and columns, with or without a dimension of one channel, or 784 values each.
fn of_idx(bytes: &[u8], name: &str) -> Result<Table, DigitsError> {
    let fault = |reason: String| DigitsError::Content {
        name: name.to_owned(),
        reason,
    };
    let (kind, count) = (bytes[2], usize::from(bytes[3]));
    let header = 4 * (count + 1);
    let Some(dimensions) = bytes.get(4..header) else {
        return Err(DigitsError::Idx(IdxError::Truncated {
            name: name.to_owned(),
            expected: header as u64,
            found: bytes.len() as u64,
        }));
    };
    let (words, _) = dimensions.as_chunks::<4>();
    let dimensions: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
    let side = SIDE as u32;
    let images = match dimensions[..] {
        [_] => {
            return Err(fault(
                "holds labels; name the file of the images (…-images-idx3-ubyte)".to_string(),
            ));
        }
        [n, 28, 28] | [n, 1, 28, 28] | [n, 28, 28, 1] | [n, 784] => n,
        [28, 28] => 1,
        [_, rows, columns] => {
            return Err(DigitsError::Idx(IdxError::Shape {
                name: name.to_owned(),
                rows,
                columns,
            }));
        }
        _ => {
            let sides: Vec<String> = dimensions.iter().map(u32::to_string).collect();
            return Err(fault(format!(
                "has the dimensions {}, but images of {side}×{side} pixels are read",
                sides.join("×")
            )));
        }
    };
    let width = width_of(kind).unwrap_or(1);
    let body = &bytes[header..];
    let promised = u64::from(images) * PIXELS as u64 * width as u64;
    idx::check_length(bytes, body, promised, name)?;
    let unsigned = |byte: &u8| f32::from(*byte);
    let values = match kind {
        // Signed bytes with a minus are bytes that another program took for signed.
        0x09 if body.iter().all(|byte| *byte < 0x80) => body.iter().map(unsigned).collect(),
        0x0b => values_of(body, |word: [u8; 2]| f32::from(i16::from_be_bytes(word))),
        0x0c => values_of(body, |word: [u8; 4]| i32::from_be_bytes(word) as f32),
        0x0d => values_of(body, f32::from_be_bytes),
        0x0e => values_of(body, |word: [u8; 8]| f64::from_be_bytes(word) as f32),
        _ => body.iter().map(unsigned).collect(),
    };
    Ok(Table {
        values,
        labels: None,
    })
}

fn values_of<const N: usize>(body: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (words, _) = body.as_chunks::<N>();
    words.iter().map(|word| value(*word)).collect()
}

/// The values of an array of images.
fn images_of(array: Array) -> Result<Vec<f32>, String> {
    match array.shape[..] {
        [_, SIDE, SIDE] | [_, 1, SIDE, SIDE] | [_, SIDE, SIDE, 1] | [_, PIXELS] | [SIDE, SIDE] => {
            Ok(array.values)
        }
        _ => {
            let sides: Vec<String> = array.shape.iter().map(usize::to_string).collect();
            Err(format!(
                "has an array of {} values, but images of 28×28 pixels are read",
                sides.join("×")
            ))
        }
    }
}

/// The images of an archive, of the first name that is known, and the labels of the name beside it.
fn of_archive(bytes: &[u8], notes: &mut Vec<String>) -> Result<Table, String> {
    let Some(entries) = numpy::entries(bytes) else {
        return Err("is a damaged zip archive; fetch it again".to_string());
    };
    let names: Vec<String> = entries
        .iter()
        .map(|entry| entry.name.to_lowercase())
        .collect();
    if names.iter().any(|name| name.ends_with("data.pkl")) {
        return Err(
            "is a file of PyTorch; save the weights as safetensors and give them with --model"
                .to_string(),
        );
    }
    let named = |wanted: &str| names.iter().position(|name| name == wanted);
    let found = (0..IMAGE_NAMES.len()).find_map(|pair| Some((pair, named(IMAGE_NAMES[pair])?)));
    let Some((pair, images)) = found else {
        let some: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
        return Err(format!(
            "has no array called x_test, x_train, images or the like, but {}",
            some.join(", ")
        ));
    };
    let array = |index: usize| numpy::array(&entries[index].unpacked()?);
    let values = images_of(array(images)?)?;
    let others = IMAGE_NAMES[pair + 1..]
        .iter()
        .filter_map(|name| named(name));
    for other in others {
        notes.push(format!(
            "{} is read, {} is not",
            names[images], names[other]
        ));
    }
    let labels = match named(LABEL_NAMES[pair]) {
        None => None,
        Some(index) => {
            let labels = array(index).ok().and_then(|array| labels_of(&array));
            if labels.is_none() {
                notes.push(format!(
                    "{} are no digits, so they are not used",
                    names[index]
                ));
            }
            labels
        }
    };
    Ok(Table { values, labels })
}

/// Digits from 0 to 9, as numbers or as ten columns with a one each; none where there are others.
fn labels_of(array: &Array) -> Option<Vec<u8>> {
    match array.shape[..] {
        [_] | [_, 1] => {
            let label = |value: &f32| {
                let is_digit = value.fract() == 0.0 && (0.0..=9.0).contains(value);
                is_digit.then_some(*value as u8)
            };
            array.values.iter().map(label).collect()
        }
        [_, 10] => {
            let largest = |row: &[f32]| {
                (0..10_u8).max_by(|a, b| row[usize::from(*a)].total_cmp(&row[usize::from(*b)]))
            };
            array.values.chunks_exact(10).map(largest).collect()
        }
        _ => None,
    }
}

/// The images of numbers of any range: 0 to 1, 0 to 255, or else from the least to the largest.
fn scaled(values: &[f32], notes: &mut Vec<String>) -> Vec<Image28> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let least = finite().fold(f32::INFINITY, f32::min);
    let most = finite().fold(f32::NEG_INFINITY, f32::max);
    let (paper, ink) = if least < 0.0 && least.is_finite() {
        (least, most)
    } else if most <= 1.01 {
        (0.0, 1.0)
    } else if most <= 255.0 {
        (0.0, 255.0)
    } else {
        (0.0, most)
    };
    if least < 0.0 || most > 255.0 {
        notes.push(format!(
            "values from {least} to {most} are taken as paper to ink; give 0 to 255 or 0 to 1 otherwise"
        ));
    }
    let range = if ink > paper { ink - paper } else { 1.0 };
    let (images, _) = values.as_chunks::<PIXELS>();
    images
        .iter()
        .map(|image| Image28::from_values(image.map(|value| (value - paper) / range)))
        .collect()
}

/// Rows as columns: EMNIST's images are stored so (Cohen et al. 2017).
pub fn transposed(image: &Image28) -> Image28 {
    let values = image.as_slice();
    Image28::from_values(std::array::from_fn(|index| {
        values[index % SIDE * SIDE + index / SIDE]
    }))
}

/// Where the labels of a file of images may be: beside it, with “labels” for “images”, “idx1” for “idx3”, and with or
/// without `.gz`. None where the file's name has no “images”.
pub fn labels_paths(images: &Path) -> Vec<PathBuf> {
    let Some(name) = images.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    if !name.contains("images") {
        return Vec::new();
    }
    let name = name.replace("images", "labels").replace("idx3", "idx1");
    let other = match name.strip_suffix(".gz") {
        Some(plain) => plain.to_string(),
        None => format!("{name}.gz"),
    };
    let beside = |name: String| images.with_file_name(OsString::from(name));
    vec![beside(name), beside(other)]
}

/// The labels beside a file of images, as [`labels_paths`] says where; none where there is no such file.
///
/// # Errors
/// When there is one that holds no digits, or not as many as `count`; the message names it.
pub fn labels_beside(images: &Path, count: usize) -> Result<Option<Vec<u8>>, DigitsError> {
    let paths = labels_paths(images);
    let Some(path) = paths.iter().find(|path| path.is_file()) else {
        return Ok(None);
    };
    let (bytes, name) = idx::read(path)?;
    let labels = parse_labels(&bytes, &name)?;
    if labels.len() == count {
        Ok(Some(labels))
    } else {
        Err(DigitsError::Content {
            name,
            reason: format!("has {} labels for {count} images", labels.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numpy::tests::{npy, zip};
    use proptest::prelude::*;

    fn idx_file(kind: u8, dimensions: &[u32], body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, kind, dimensions.len() as u8];
        bytes.extend(dimensions.iter().flat_map(|side| side.to_be_bytes()));
        bytes.extend_from_slice(body);
        bytes
    }

    fn first(bytes: &[u8]) -> f32 {
        let digits = parse(bytes, "digits").expect("a sound file");
        assert_eq!(content(bytes), Content::Digits);
        digits.images[0].as_slice()[0]
    }

    fn fault(bytes: &[u8]) -> String {
        parse(bytes, "digits").expect_err("faulty").to_string()
    }

    #[test]
    fn numbers_of_all_kinds_are_scaled() {
        let size = [1, 28, 28];
        let near = |found: f32, expected: f32| assert!((found - expected).abs() < 1e-3, "{found}");
        near(first(&idx_file(0x08, &size, &[255; PIXELS])), 1.0);
        near(first(&idx_file(0x08, &size, &[51; PIXELS])), 0.2);
        // Zeros and ones.
        near(first(&idx_file(0x08, &size, &[1; PIXELS])), 1.0);
        near(first(&idx_file(0x09, &size, &[0xff; PIXELS])), 1.0);
        near(first(&idx_file(0x0b, &size, &[0, 51].repeat(PIXELS))), 0.2);
        near(
            first(&idx_file(0x0c, &size, &[0, 0, 0, 255].repeat(PIXELS))),
            1.0,
        );
        let quarter = 0.25_f32.to_be_bytes().repeat(PIXELS);
        near(first(&idx_file(0x0d, &size, &quarter)), 0.25);
        let many = 51.0_f64.to_be_bytes().repeat(PIXELS);
        near(first(&idx_file(0x0e, &[1, 784], &many)), 0.2);
        let mut values = 0.0_f32.to_be_bytes().repeat(PIXELS);
        values[..4].copy_from_slice(&2.0_f32.to_be_bytes());
        values[4..8].copy_from_slice(&(-2.0_f32).to_be_bytes());
        let file = idx_file(0x0d, &size, &values);
        let normalised = parse(&file, "digits").expect("sound");
        assert_eq!(normalised.images[0].as_slice()[..3], [1.0, 0.0, 0.5]);
        assert_eq!(normalised.notes.len(), 1);
    }

    #[test]
    fn archives_have_their_labels() {
        let images = npy("|u1", "(2, 28, 28)", &[255; 2 * PIXELS]);
        let labels = npy(
            "<i8",
            "(2,)",
            &[[3_u8, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0]].concat(),
        );
        let archive = zip(&[
            ("x_train.npy", npy("|u1", "(1, 28, 28)", &[0; PIXELS])),
            ("x_test.npy", images.clone()),
            ("y_test.npy", labels),
        ]);
        let digits = parse(&archive, "mnist.npz").expect("sound");
        assert_eq!(digits.images.len(), 2);
        assert_eq!(digits.labels, Some(vec![3, 9]));
        assert!(digits.notes[0].contains("x_train is not"));
        assert_eq!(first(&images), 1.0);
        let other = zip(&[("weights.npy", npy("|u1", "(1,)", &[0]))]);
        assert!(fault(&other).contains("weights"));
    }

    #[test]
    fn what_holds_no_images_is_named() {
        assert!(fault(&idx_file(0x08, &[0, 28, 28], &[])).contains("no images"));
        assert!(fault(&idx_file(0x08, &[2], &[1, 2])).contains("labels"));
        assert!(fault(&idx_file(0x0d, &[1, 32, 32], &[])).contains("32 rows"));
        assert!(fault(&idx_file(0x0d, &[1, 28, 28], &[0; 9])).contains("cut short"));
        assert_eq!(content(b""), Content::Empty);
        assert_eq!(content(b" {\"version\":1}"), Content::Strokes);
        assert_eq!(content(b"\x09\0\0\0\0\0\0\0{\"a\":1}  "), Content::Network);
        assert_eq!(content(&[0; 64]), Content::Unknown);
        assert_eq!(content(b"This is no picture.\n"), Content::Unknown);
    }

    #[test]
    fn labels_stand_beside_images() {
        let paths = labels_paths(Path::new("a/t10k-images.idx3-ubyte.gz"));
        let expected = ["a/t10k-labels.idx1-ubyte.gz", "a/t10k-labels.idx1-ubyte"];
        assert_eq!(paths, expected.map(PathBuf::from));
        assert!(labels_paths(Path::new("digits")).is_empty());
    }

    #[test]
    fn a_transposed_image_is_transposed_back() {
        let mut bytes = [0; PIXELS];
        bytes[3 * SIDE + 5] = 255;
        let image = Image28::from_bytes(&bytes);
        assert_eq!(transposed(&image).get(3, 5), 1.0);
        assert_eq!(transposed(&transposed(&image)), image);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..64),
            kind in 8_u8..15,
            dimensions in 1_u8..5,
        ) {
            let _ = (content(&bytes), parse(&bytes, "digits").is_ok());
            bytes.splice(0..0, [0, 0, kind, dimensions]);
            let _ = (content(&bytes), parse(&bytes, "digits").is_ok());
        }
    }
}

//! MNIST's IDX files, plain or gzipped.
//!
//! The format is described at <http://yann.lecun.com/exdb/mnist/>: a big-endian `u32` magic number, one `u32` for each
//! dimension, then the bytes.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use thiserror::Error;

use crate::image28::{PIXELS, SIDE};
use crate::printable::printable;

/// Unsigned bytes in three dimensions: images.
const IMAGES_MAGIC: u32 = 0x0000_0803;

/// Unsigned bytes in one dimension: labels.
const LABELS_MAGIC: u32 = 0x0000_0801;

/// What every gzip file begins with (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The most bytes read or unpacked (256 MiB), five times MNIST's training images.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// Why an IDX file could not be read. `name` is the file.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file could not be read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The file.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be unpacked.
    #[error("cannot unpack {name}: {source}; it is damaged, so fetch it again")]
    Gzip {
        /// The file.
        name: String,
        /// What the unpacker said.
        source: std::io::Error,
    },
    /// The file is larger than any that is read here.
    #[error("{name} holds more than 256 MiB, which no file of MNIST does")]
    TooLarge {
        /// The file.
        name: String,
    },
    /// Another kind of file.
    #[error("{name} should begin with {expected:#010x} ({kind}), but it begins with {found:#010x}")]
    Magic {
        /// The file.
        name: String,
        /// What should be in the file.
        kind: &'static str,
        /// The magic number of that kind.
        expected: u32,
        /// What the file begins with.
        found: u32,
    },
    /// Images of another size.
    #[error(
        "{name} should hold images of 28×28 pixels, but its images have {rows} rows and {columns} columns"
    )]
    Shape {
        /// The file.
        name: String,
        /// The images' rows.
        rows: u32,
        /// The images' columns.
        columns: u32,
    },
    /// The file ends too early.
    #[error(
        "{name} is cut short: it should have {expected} bytes, but it has {found}; fetch it again"
    )]
    Truncated {
        /// The file.
        name: String,
        /// The bytes that the header promises.
        expected: u64,
        /// The bytes that there are.
        found: u64,
    },
    /// The file goes on after its end.
    #[error(
        "{name} is too long: it should have {expected} bytes, but it has {found}; fetch it again"
    )]
    Trailing {
        /// The file.
        name: String,
        /// The bytes that the header promises.
        expected: u64,
        /// The bytes that there are.
        found: u64,
    },
    /// A label that is no digit.
    #[error("label {index} of {name} is {label}, but labels are digits from 0 to 9")]
    Label {
        /// The file.
        name: String,
        /// Which label, counted from 0.
        index: usize,
        /// Its value.
        label: u8,
    },
}

/// Reads the images of an IDX file, plain or gzipped: 784 bytes each, row by row, 0 paper and 255 ink.
///
/// # Errors
/// When the file cannot be read or is not one of 28×28 images; the message names it.
pub fn read_images(path: impl AsRef<Path>) -> Result<Vec<[u8; PIXELS]>, IdxError> {
    let (bytes, name) = read(path.as_ref())?;
    parse_images(&bytes, &name)
}

/// Reads the labels of an IDX file, plain or gzipped: digits of 0 to 9.
///
/// # Errors
/// When the file cannot be read or is not one of digits; the message names it.
pub fn read_labels(path: impl AsRef<Path>) -> Result<Vec<u8>, IdxError> {
    let (bytes, name) = read(path.as_ref())?;
    parse_labels(&bytes, &name)
}

/// The images in the bytes of an IDX file called `name`, plain or gzipped.
///
/// # Errors
/// When these are not the bytes of a file of 28×28 images.
pub fn parse_images(bytes: &[u8], name: &str) -> Result<Vec<[u8; PIXELS]>, IdxError> {
    let bytes = unpacked(bytes, name)?;
    let ([count, rows, columns], body) = header::<3>(&bytes, name, IMAGES_MAGIC, "images")?;
    if rows as usize != SIDE || columns as usize != SIDE {
        return Err(IdxError::Shape {
            name: name.to_owned(),
            rows,
            columns,
        });
    }
    check_length(&bytes, body, u64::from(count) * PIXELS as u64, name)?;
    let (images, _) = body.as_chunks::<PIXELS>();
    Ok(images.to_vec())
}

/// The labels in the bytes of an IDX file called `name`, plain or gzipped.
///
/// # Errors
/// When these are not the bytes of a file of digits.
pub fn parse_labels(bytes: &[u8], name: &str) -> Result<Vec<u8>, IdxError> {
    let bytes = unpacked(bytes, name)?;
    let ([count], body) = header::<1>(&bytes, name, LABELS_MAGIC, "labels")?;
    check_length(&bytes, body, u64::from(count), name)?;
    if let Some(index) = body.iter().position(|&label| label > 9) {
        return Err(IdxError::Label {
            name: name.to_owned(),
            index,
            label: body[index],
        });
    }
    Ok(body.to_vec())
}

/// A plain IDX file of these images.
pub fn images_to_bytes(images: &[[u8; PIXELS]]) -> Vec<u8> {
    let (count, side) = (images.len() as u32, SIDE as u32);
    file(&[IMAGES_MAGIC, count, side, side], images.as_flattened())
}

/// A plain IDX file of these labels.
pub fn labels_to_bytes(labels: &[u8]) -> Vec<u8> {
    file(&[LABELS_MAGIC, labels.len() as u32], labels)
}

/// A header's words, and what follows them.
fn file(words: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend_from_slice(body);
    bytes
}

/// Whether these bytes begin an IDX file of images or labels, plain or gzipped.
pub fn is_idx(bytes: &[u8]) -> bool {
    let mut start = [0; 4];
    let read = if bytes.starts_with(&GZIP_MAGIC) {
        MultiGzDecoder::new(bytes).read_exact(&mut start)
    } else {
        let mut rest = bytes;
        rest.read_exact(&mut start)
    };
    read.is_ok() && matches!(u32::from_be_bytes(start), IMAGES_MAGIC | LABELS_MAGIC)
}

/// The file's bytes, at most 256 MiB, and its name for messages.
pub(crate) fn read(path: &Path) -> Result<(Vec<u8>, String), IdxError> {
    let name = printable(&path.display().to_string());
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    if let Err(source) = read {
        return Err(IdxError::Read { name, source });
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(IdxError::TooLarge { name });
    }
    Ok((bytes, name))
}

/// Whether these bytes begin a gzip file.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// The bytes themselves, or what is packed in them, at most 256 MiB.
pub(crate) fn unpacked<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, IdxError> {
    // The content decides: many a program unpacks a file and leaves its ending.
    if !is_gzip(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(MAX_BYTES + 1)
        .read_to_end(&mut plain)
        .map_err(|source| IdxError::Gzip {
            name: name.to_owned(),
            source,
        })?;
    if plain.len() as u64 > MAX_BYTES {
        return Err(IdxError::TooLarge {
            name: name.to_owned(),
        });
    }
    Ok(Cow::Owned(plain))
}

/// Checks the magic number, and returns the `N` dimensions and what follows them.
fn header<'a, const N: usize>(
    bytes: &'a [u8],
    name: &str,
    expected: u32,
    kind: &'static str,
) -> Result<([u32; N], &'a [u8]), IdxError> {
    let (words, _) = bytes.as_chunks::<4>();
    if let Some(&first) = words.first() {
        let found = u32::from_be_bytes(first);
        if found != expected {
            return Err(IdxError::Magic {
                name: name.to_owned(),
                kind,
                expected,
                found,
            });
        }
    }
    if words.len() < N + 1 {
        return Err(IdxError::Truncated {
            name: name.to_owned(),
            expected: 4 * (N as u64 + 1),
            found: bytes.len() as u64,
        });
    }
    let mut dimensions = [0; N];
    for (dimension, &word) in dimensions.iter_mut().zip(&words[1..]) {
        *dimension = u32::from_be_bytes(word);
    }
    Ok((dimensions, &bytes[4 * (N + 1)..]))
}

/// Checks that the body has just the promised bytes. Nothing is allocated before, so a header that lies costs nothing.
pub(crate) fn check_length(
    bytes: &[u8],
    body: &[u8],
    promised: u64,
    name: &str,
) -> Result<(), IdxError> {
    let found = bytes.len() as u64;
    let expected = found - body.len() as u64 + promised;
    let name = name.to_owned();
    match found.cmp(&expected) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(IdxError::Truncated {
            name,
            expected,
            found,
        }),
        std::cmp::Ordering::Greater => Err(IdxError::Trailing {
            name,
            expected,
            found,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn images_and_labels_are_read_plain_and_gzipped() {
        let body: Vec<u8> = (0..2 * PIXELS).map(|index| (index % 251) as u8).collect();
        let images = file(&[IMAGES_MAGIC, 2, 28, 28], &body);
        let parsed = parse_images(&images, "images").expect("a sound file");
        assert_eq!(parsed.len(), 2);
        assert_eq!(parsed.concat(), body);
        assert_eq!(
            parse_images(&gzipped(&images), "images.gz").expect("a sound file"),
            parsed
        );
        let labels = file(&[LABELS_MAGIC, 3], &[0, 9, 5]);
        assert_eq!(
            parse_labels(&labels, "labels").expect("a sound file"),
            [0, 9, 5]
        );
        assert!(is_idx(&images) && is_idx(&labels) && is_idx(&gzipped(&labels)));
        assert!(!is_idx(b"\x89PNG") && !is_idx(b"") && !is_idx(&gzipped(b"something else")));
    }

    #[test]
    fn what_is_written_is_read() {
        let images = [[7_u8; PIXELS], [255; PIXELS]];
        let bytes = images_to_bytes(&images);
        assert_eq!(parse_images(&bytes, "images").expect("sound"), images);
        let bytes = labels_to_bytes(&[0, 9]);
        assert_eq!(parse_labels(&bytes, "labels").expect("sound"), [0, 9]);
    }

    #[test]
    fn faults_name_the_file_and_what_was_found() {
        let fault = |bytes: &[u8]| {
            parse_images(bytes, "some-file")
                .expect_err("faulty")
                .to_string()
        };
        let labels = file(&[LABELS_MAGIC, 1], &[1]);
        assert!(fault(&labels).contains("0x00000803") && fault(&labels).contains("0x00000801"));
        assert!(fault(&file(&[IMAGES_MAGIC, 1, 32, 28], &[])).contains("32 rows"));
        assert!(fault(&file(&[IMAGES_MAGIC, 1], &[])).contains("cut short"));
        assert!(fault(&[]).contains("some-file is cut short"));
        assert!(fault(&file(&[IMAGES_MAGIC, u32::MAX, 28, 28], &[0; 9])).contains("cut short"));
        assert!(fault(&file(&[IMAGES_MAGIC, 0, 28, 28], &[0])).contains("too long"));
        let fault = parse_labels(&file(&[LABELS_MAGIC, 2], &[3, 10]), "some-file")
            .expect_err("faulty")
            .to_string();
        assert!(fault.contains("label 1 of some-file is 10"));
        let mut packed = gzipped(&labels);
        packed.truncate(packed.len() / 2);
        let fault = parse_labels(&packed, "labels.gz")
            .expect_err("faulty")
            .to_string();
        assert!(fault.contains("cannot unpack labels.gz"));
        // Unpacked already, and its ending left.
        assert_eq!(parse_labels(&labels, "labels.gz").expect("sound"), [1]);
        let fault = read_labels("no/such/file").expect_err("faulty").to_string();
        assert!(fault.contains("cannot read no/such/file"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..64), magic in 0_u8..3) {
            if magic > 0 {
                let start = if magic == 1 { IMAGES_MAGIC } else { LABELS_MAGIC };
                bytes.splice(0..0, start.to_be_bytes());
            }
            let _ = parse_images(&bytes, "images");
            let _ = parse_labels(&bytes, "labels");
            let _ = is_idx(&bytes);
        }
    }
}

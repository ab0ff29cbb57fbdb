//! NumPy's arrays: `.npy` files (NEP 1), and `.npz` files, which are zip archives of them (APPNOTE 6.3).

use flate2::read::DeflateDecoder;
use std::io::Read;

use crate::idx::MAX_BYTES;

/// What an array begins with.
pub(crate) const ARRAY_MAGIC: &[u8] = b"\x93NUMPY";

/// What a zip archive with anything in it begins with.
pub(crate) const ARCHIVE_MAGIC: &[u8] = b"PK\x03\x04";

/// The most files of an archive that are looked at.
const MOST_ENTRIES: usize = 64;

/// An array of numbers.
#[derive(Debug, PartialEq)]
pub(crate) struct Array {
    pub shape: Vec<usize>,
    /// Row by row, the last dimension fastest.
    pub values: Vec<f32>,
}

/// A file in an archive.
pub(crate) struct Entry<'a> {
    /// Without the ending `.npy`.
    pub name: String,
    /// 0 stored, 8 deflated.
    method: u16,
    packed: &'a [u8],
}

impl Entry<'_> {
    /// The file's bytes, at most 256 MiB.
    pub fn unpacked(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = match self.method {
            0 => self.packed.take(MAX_BYTES + 1).read_to_end(&mut bytes),
            8 => DeflateDecoder::new(self.packed)
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes),
            _ => {
                return Err(format!(
                    "has {} packed in a way that is not read; save it with numpy.savez",
                    self.name
                ));
            }
        };
        read.map_err(|error| format!("cannot be unpacked: {error}; it is damaged"))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("holds more than 256 MiB in {}", self.name));
        }
        Ok(bytes)
    }
}

fn u16_at(bytes: &[u8], place: usize) -> Option<usize> {
    let word = bytes.get(place..place.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(word.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<usize> {
    let word = bytes.get(place..place.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(word.try_into().ok()?)).ok()
}

/// The files of a zip archive, from the directory at its end; none where that is damaged.
pub(crate) fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    // The end of the directory has 22 bytes and a comment of up to 65,535.
    let last = bytes.len().checked_sub(22)?;
    let first = last.saturating_sub(65_535);
    let end = (first..=last)
        .rev()
        .find(|&place| bytes[place..].starts_with(b"PK\x05\x06"))?;
    let count = u16_at(bytes, end + 10)?;
    let mut place = u32_at(bytes, end + 16)?;
    let mut found = Vec::new();
    for _ in 0..count.min(MOST_ENTRIES) {
        if !bytes.get(place..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let method = u16_at(bytes, place + 10)? as u16;
        let packed = u32_at(bytes, place + 20)?;
        let name_length = u16_at(bytes, place + 28)?;
        let more = u16_at(bytes, place + 30)? + u16_at(bytes, place + 32)?;
        let local = u32_at(bytes, place + 42)?;
        let name = bytes.get(place + 46..place + 46 + name_length)?;
        let name = String::from_utf8_lossy(name);
        // The names' and extra fields' lengths before the content may differ from those in the directory.
        if !bytes.get(local..)?.starts_with(ARCHIVE_MAGIC) {
            return None;
        }
        let start = local + 30 + u16_at(bytes, local + 26)? + u16_at(bytes, local + 28)?;
        found.push(Entry {
            name: name.trim_end_matches(".npy").to_string(),
            method,
            packed: bytes.get(start..start.checked_add(packed)?)?,
        });
        place += 46 + name_length + more;
    }
    Some(found)
}

/// Reads an array of integers or floats.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with its name.
pub(crate) fn array(bytes: &[u8]) -> Result<Array, String> {
    let damaged = || "is a damaged NumPy array; save it again".to_string();
    let version = *bytes.get(6).ok_or_else(damaged)?;
    let (length, start) = if version == 1 {
        (u16_at(bytes, 8), 10)
    } else {
        (u32_at(bytes, 8), 12)
    };
    let end = length.and_then(|length| length.checked_add(start));
    let end = end.ok_or_else(damaged)?;
    let header = bytes.get(start..end).ok_or_else(damaged)?;
    let header = std::str::from_utf8(header).map_err(|_| damaged())?;
    let shape = shape(header).ok_or_else(damaged)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side))
        .ok_or_else(damaged)?;
    let descr = after(header, "'descr':").ok_or_else(damaged)?;
    let descr = descr.strip_prefix('\'').unwrap_or("");
    let descr = descr.split('\'').next().unwrap_or("");
    let number = number(descr).ok_or_else(|| {
        let descr: String = descr.chars().take(20).collect();
        format!("holds values of the kind “{descr}”, but uint8 or float32 is read; convert it with .astype")
    })?;
    let body = &bytes[end..];
    if count.checked_mul(number.size) != Some(body.len()) {
        return Err(damaged());
    }
    let values: Vec<f32> = body.chunks_exact(number.size).map(number.read).collect();
    let is_fortran = after(header, "'fortran_order':").is_some_and(|rest| rest.starts_with("True"));
    Ok(Array {
        values: if is_fortran {
            row_major(&values, &shape)
        } else {
            values
        },
        shape,
    })
}

/// What follows a key in a header.
fn after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let place = header.find(key)?;
    Some(header[place + key.len()..].trim_start())
}

/// `(60000, 28, 28)`, `(5,)` or `()`.
fn shape(header: &str) -> Option<Vec<usize>> {
    let rest = after(header, "'shape':")?.strip_prefix('(')?;
    let (inside, _) = rest.split_once(')')?;
    let sides = inside.split(',').map(str::trim);
    sides
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().ok())
        .collect()
}

/// How a number is stored.
struct Number {
    /// Bytes.
    size: usize,
    /// From just these.
    read: fn(&[u8]) -> f32,
}

/// Bytes as an array; zeros where there are fewer, which no caller has.
fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// The number that NumPy describes so; none for texts, objects and the like.
fn number(descr: &str) -> Option<Number> {
    let stored = |size: usize, read: fn(&[u8]) -> f32| Some(Number { size, read });
    match descr {
        "|u1" | "|b1" => stored(1, |b| f32::from(exactly::<1>(b)[0])),
        "|i1" => stored(1, |b| f32::from(i8::from_le_bytes(exactly(b)))),
        "<u2" => stored(2, |b| f32::from(u16::from_le_bytes(exactly(b)))),
        "<i2" => stored(2, |b| f32::from(i16::from_le_bytes(exactly(b)))),
        "<u4" => stored(4, |b| u32::from_le_bytes(exactly(b)) as f32),
        "<i4" => stored(4, |b| i32::from_le_bytes(exactly(b)) as f32),
        "<u8" => stored(8, |b| u64::from_le_bytes(exactly(b)) as f32),
        "<i8" => stored(8, |b| i64::from_le_bytes(exactly(b)) as f32),
        "<f2" => stored(2, |b| half(u16::from_le_bytes(exactly(b)))),
        "<f4" => stored(4, |b| f32::from_le_bytes(exactly(b))),
        "<f8" => stored(8, |b| f64::from_le_bytes(exactly(b)) as f32),
        ">u2" => stored(2, |b| f32::from(u16::from_be_bytes(exactly(b)))),
        ">i2" => stored(2, |b| f32::from(i16::from_be_bytes(exactly(b)))),
        ">i4" => stored(4, |b| i32::from_be_bytes(exactly(b)) as f32),
        ">i8" => stored(8, |b| i64::from_be_bytes(exactly(b)) as f32),
        ">f4" => stored(4, |b| f32::from_be_bytes(exactly(b))),
        ">f8" => stored(8, |b| f64::from_be_bytes(exactly(b)) as f32),
        _ => None,
    }
}

/// A number of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    let exponent = i32::from((bits >> 10) & 0x1f);
    let size = match exponent {
        0 => fraction * 2.0_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The values of an array that is stored with its first dimension fastest.
fn row_major(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let mut steps = Vec::with_capacity(shape.len());
    let mut step = 1;
    for &side in shape {
        steps.push(step);
        step *= side;
    }
    let place = |index: usize| {
        let mut rest = index;
        let mut place = 0;
        for (&side, &step) in shape.iter().zip(&steps).rev() {
            place += rest % side * step;
            rest /= side;
        }
        place
    };
    (0..values.len())
        .map(|index| values[place(index)])
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::{Compression, write::DeflateEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    /// An array's file.
    pub(crate) fn npy(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = ARRAY_MAGIC.to_vec();
        bytes.extend_from_slice(&[1, 0]);
        bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// A zip archive; every other file is deflated.
    pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (index, (name, content)) in files.iter().enumerate() {
            let mut packed = content.clone();
            let method = 8 * (index % 2) as u16;
            if method == 8 {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(content).expect("memory");
                packed = encoder.finish().expect("memory");
            }
            let mut common = [20_u16, 0, method, 0, 0].map(u16::to_le_bytes).concat();
            let sizes = [0, packed.len() as u32, content.len() as u32];
            common.extend(sizes.map(u32::to_le_bytes).concat());
            common.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
            directory.extend(b"PK\x01\x02\x14\0");
            directory.extend(&common);
            directory.extend([0_u8; 10]);
            directory.extend((bytes.len() as u32).to_le_bytes());
            directory.extend(name.bytes());
            bytes.extend(ARCHIVE_MAGIC);
            bytes.extend(&common);
            bytes.extend(name.bytes());
            bytes.extend(packed);
        }
        let (start, length) = (bytes.len() as u32, directory.len() as u32);
        bytes.extend(directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([files.len() as u16; 2].map(u16::to_le_bytes).concat());
        bytes.extend([length, start].map(u32::to_le_bytes).concat());
        bytes.extend([0_u8; 2]);
        bytes
    }

    #[test]
    fn arrays_are_read_out_of_archives() {
        let first = npy("|u1", "(2, 2)", &[1, 2, 3, 4]);
        let second = npy("<f4", "(2,)", &[0, 0, 128, 63, 0, 0, 0, 191]);
        let archive = zip(&[("x.npy", first), ("y.npy", second)]);
        let entries = entries(&archive).expect("a sound archive");
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["x", "y"]);
        let read = |entry: &Entry| array(&entry.unpacked().expect("sound")).expect("an array");
        assert_eq!(read(&entries[0]).values, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(read(&entries[0]).shape, [2, 2]);
        assert_eq!(read(&entries[1]).values, [1.0, -0.5]);
    }

    #[test]
    fn the_first_dimension_may_be_the_fastest() {
        let values: Vec<f32> = (0..6_u8).map(f32::from).collect();
        // Columns of a matrix of two rows and three columns.
        assert_eq!(row_major(&values, &[2, 3]), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xb800), -0.5);
    }

    #[test]
    fn other_kinds_are_named() {
        let fault = array(&npy("<U5", "(1,)", &[0; 20])).expect_err("texts");
        assert!(fault.contains("<U5"), "{fault}");
        assert!(array(&npy("|u1", "(3,)", &[0; 2])).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..80),
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let _ = entries(&bytes);
            let _ = array(&bytes);
            bytes.splice(0..0, ARRAY_MAGIC.iter().copied());
            let _ = array(&bytes);
            let mut archive = zip(&std::array::from_fn::<_, 2, _>(|_| {
            ("a.npy", npy("|u1", "(2, 2)", &[1, 2, 3, 4]))
        }));
            for (place, byte) in &places {
                let place = place.index(archive.len());
                archive[place] = *byte;
            }
            for entry in entries(&archive).unwrap_or_default() {
                let _ = entry.unpacked().map(|bytes| array(&bytes));
            }
        }
    }
}

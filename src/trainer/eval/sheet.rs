//! Many 28×28 images as one picture, a PGM or a PNG by its file name, to see what networks are given.

use flate2::{Compression, Crc, write::ZlibEncoder};
use mnistify_drawing::{Image28, SIDE};
use std::{io::Write, path::Path};

/// Picture pixels along each side of an image's pixel.
const ZOOM: usize = 2;
/// Picture pixels between two images, and around all.
const GAP: usize = 4;
/// The brightness of what lies between.
const BETWEEN: u8 = 96;

/// A grey picture: 0 is black and 255 is white.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Row by row.
    pub pixels: Vec<u8>,
}

/// One line of images for each row, ink black on white.
pub fn sheet(rows: &[Vec<Image28>]) -> Picture {
    let cell = SIDE * ZOOM + GAP;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (columns * cell + GAP, rows.len() * cell + GAP);
    let mut pixels = vec![BETWEEN; width * height];
    for (line, row) in rows.iter().enumerate() {
        for (column, image) in row.iter().enumerate() {
            let (left, top) = (column * cell + GAP, line * cell + GAP);
            let bytes = image.to_bytes();
            for y in 0..SIDE * ZOOM {
                let start = (top + y) * width + left;
                let place = &mut pixels[start..start + SIDE * ZOOM];
                let source = &bytes[y / ZOOM * SIDE..][..SIDE];
                for (x, pixel) in place.iter_mut().enumerate() {
                    *pixel = 255 - source[x / ZOOM];
                }
            }
        }
    }
    Picture {
        width,
        height,
        pixels,
    }
}

/// Writes the picture: a PNG where the name ends so, else a PGM.
pub fn save(path: &Path, picture: &Picture) -> std::io::Result<()> {
    let is_png = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("png"));
    std::fs::write(path, if is_png { png(picture)? } else { pgm(picture) })
}

/// The bytes of a binary PGM.
pub fn pgm(picture: &Picture) -> Vec<u8> {
    let mut bytes = format!("P5\n{} {}\n255\n", picture.width, picture.height).into_bytes();
    bytes.extend_from_slice(&picture.pixels);
    bytes
}

/// The bytes of an 8-bit grey PNG (W3C recommendation, third edition): header, one block of rows without filters, end.
pub fn png(picture: &Picture) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    for side in [picture.width, picture.height] {
        header.extend_from_slice(&(side as u32).to_be_bytes());
    }
    // Eight bits, grey, deflate, adaptive filters, not interlaced.
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in picture.pixels.chunks(picture.width.max(1)) {
        rows.write_all(&[0])?;
        rows.write_all(row)?;
    }
    let mut bytes = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    for (name, content) in [
        (b"IHDR", header),
        (b"IDAT", rows.finish()?),
        (b"IEND", vec![]),
    ] {
        bytes.extend_from_slice(&(content.len() as u32).to_be_bytes());
        let mut checksum = Crc::new();
        for part in [name.as_slice(), content.as_slice()] {
            checksum.update(part);
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&checksum.sum().to_be_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_drawing::picture::load_png;

    fn example() -> Picture {
        let mut dot = [0; SIDE * SIDE];
        dot[0] = 255;
        let image = Image28::from_bytes(&dot);
        sheet(&[vec![image.clone(), image.clone()], vec![image]])
    }

    #[test]
    fn images_stand_in_a_grid() {
        let picture = example();
        assert_eq!((picture.width, picture.height), (124, 124));
        let at = |x: usize, y: usize| picture.pixels[y * picture.width + x];
        assert_eq!(
            (at(0, 0), at(4, 4), at(5, 5), at(6, 6)),
            (BETWEEN, 0, 0, 255)
        );
        assert_eq!((at(64, 4), at(4, 64)), (0, 0));
        assert_eq!(at(70, 70), BETWEEN);
    }

    #[test]
    fn a_png_is_read_back() {
        let picture = example();
        let path = std::env::temp_dir().join(format!("mnistify-sheet-{}.png", std::process::id()));
        save(&path, &picture).unwrap();
        let read = load_png(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((read.width, read.height), (picture.width, picture.height));
        for (value, pixel) in read.values.iter().zip(&picture.pixels) {
            assert!((value * 255.0 - f32::from(*pixel)).abs() < 0.6);
        }
    }

    #[test]
    fn a_pgm_begins_with_its_size() {
        let bytes = pgm(&example());
        assert!(bytes.starts_with(b"P5\n124 124\n255\n"));
        assert_eq!(bytes.len(), 15 + 124 * 124);
    }
}

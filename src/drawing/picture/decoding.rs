//! A picture's file to its brightness. What kind of file it is, its first bytes say, never its name.

use super::Gray;
use crate::printable::printable;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
    metadata::Orientation,
};
use std::io::Cursor;
use thiserror::Error;

/// The largest file that is read (64 MiB): a photo has a tenth.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The most pixels along a side of a picture.
const MAX_SIDE: u32 = 8192;

/// The most pixels in all.
const MAX_PIXELS: u64 = 40_000_000;

/// The most bytes that a decoder may ask for (512 MiB): 40 megapixels of 8 bytes, and its tables.
const MAX_ALLOCATION: u64 = 512 << 20;

/// The eight bytes that every PNG begins with (PNG specification, section 5.2).
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// From this part on, what is opaque is the paper.
const OPAQUE_PAPER: f32 = 0.6;

/// Less cover than this is ink even where its brightness varies.
const SURELY_INK: f32 = 0.35;

/// Why a picture could not be read. `file` is its name.
#[derive(Debug, Error)]
pub enum PictureError {
    /// More bytes than any picture that is read here.
    #[error("{file} has more than 64 MiB; save the picture smaller, at most 8192 pixels a side")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// More pixels than are read.
    #[error(
        "{file} has {width} × {height} pixels, but at most 8192 a side and 40 million in all are read; scale it down"
    )]
    TooManyPixels {
        /// The file.
        file: String,
        /// Its columns.
        width: u32,
        /// Its rows.
        height: u32,
    },
    /// A kind of picture that is not read.
    #[error("{file} is {kind}, which is not read here; {remedy}")]
    Kind {
        /// The file.
        file: String,
        /// What it is.
        kind: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// No picture at all.
    #[error("{file} is no picture; PNG, JPEG and WebP are read")]
    NoPicture {
        /// The file.
        file: String,
    },
    /// The file is damaged.
    #[error("cannot read {file} as a {kind} picture: {reason}; it is damaged, so save it again")]
    Decode {
        /// The file.
        file: String,
        /// PNG, JPEG or WebP.
        kind: &'static str,
        /// What the decoder said.
        reason: String,
    },
}

/// What kind of picture a file's first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// Portable network graphics.
    Png,
    /// A JPEG photo.
    Jpeg,
    /// A WebP picture.
    WebP,
    /// A kind that is not read: what it is, and what to do about it.
    Other(&'static str, &'static str),
}

/// The kind of picture that these bytes begin; none where they are no picture.
pub fn picture_kind(bytes: &[u8]) -> Option<PictureKind> {
    const SAVE: &str = "save it as PNG or JPEG";
    const PHONE: &str = "save it as JPEG (on a phone, the camera's settings have “most compatible”, and sharing a photo \
                         converts it)";
    let other = |kind, remedy| Some(PictureKind::Other(kind, remedy));
    if bytes.starts_with(PNG_SIGNATURE) {
        return Some(PictureKind::Png);
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some(PictureKind::Jpeg);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
        return Some(PictureKind::WebP);
    }
    if bytes.get(4..8) == Some(b"ftyp".as_slice()) {
        return match bytes.get(8..12) {
            Some(b"avif" | b"avis") => other("an AVIF picture", SAVE),
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
                other("a HEIC photo", PHONE)
            }
            _ => other("a film", "save one picture of it as PNG or JPEG"),
        };
    }
    let starts = |start: &[u8]| bytes.starts_with(start);
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return other("a GIF picture", SAVE);
    }
    if starts(b"BM") && bytes.get(6..10) == Some([0; 4].as_slice()) {
        return other("a BMP picture", SAVE);
    }
    if starts(b"II*\0") || starts(b"MM\0*") {
        return other("a TIFF picture or a camera's raw photo", SAVE);
    }
    if starts(b"%PDF-") {
        return other(
            "a PDF document",
            "save the page as PNG, or take a picture of the screen",
        );
    }
    if starts(b"8BPS") {
        return other("a Photoshop document", SAVE);
    }
    if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") {
        return other("a JPEG XL picture", SAVE);
    }
    is_svg(bytes).then_some(PictureKind::Other(
        "an SVG drawing",
        "save it as PNG, with a white background",
    ))
}

/// Whether a text begins with an `svg` element, perhaps after a declaration and comments.
fn is_svg(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(2048)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && text.contains("<svg")
}

/// A picture's brightness, whatever its colours, and turned as its camera was held, from the bytes of a file called `name`.
/// That may be a PNG, a JPEG or a WebP picture of at most 64 MiB, 8192 pixels a side and 40 million pixels. What is
/// transparent shows paper beneath, white, or of whatever brightness the ink is not.
///
/// # Errors
/// When these are not the bytes of a sound PNG, JPEG or WebP picture within the limits; the message has the name.
pub fn decode_picture(bytes: &[u8], name: &str) -> Result<Gray, PictureError> {
    let file = printable(name);
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(PictureError::TooLarge { file });
    }
    let (format, kind) = match picture_kind(bytes) {
        Some(PictureKind::Png) => (ImageFormat::Png, "PNG"),
        Some(PictureKind::Jpeg) => (ImageFormat::Jpeg, "JPEG"),
        Some(PictureKind::WebP) => (ImageFormat::WebP, "WebP"),
        Some(PictureKind::Other(kind, remedy)) => {
            return Err(PictureError::Kind { file, kind, remedy });
        }
        None => return Err(PictureError::NoPicture { file }),
    };
    let damaged = |file: String, reason: &str| PictureError::Decode {
        file,
        kind,
        reason: printable(reason),
    };
    if let Some(reason) = palette_fault(bytes) {
        return Err(damaged(file, &reason));
    }
    match guarded(|| decoded(bytes, format)) {
        None => Err(damaged(file, "the decoder gave up")),
        // Nothing here decodes JPEG and WebP for the page, and what the browser decodes comes as PNG.
        Some(Err(ImageError::Unsupported(_))) if cfg!(target_arch = "wasm32") => {
            Err(damaged(file, "the browser cannot decode it"))
        }
        Some(Err(error)) => Err(damaged(file, &error.to_string())),
        Some(Ok(Decoded::TooLarge(width, height))) => Err(PictureError::TooManyPixels {
            file,
            width,
            height,
        }),
        Some(Ok(Decoded::Picture(picture))) => Ok(over_paper(*picture)),
    }
}

/// What is wrong with a PNG's palette. The decoder divides it into colours of three bytes and panics where one is cut,
/// which in a browser would end everything, so its length is looked at before (PNG specification, section 11.2.2).
fn palette_fault(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes.strip_prefix(PNG_SIGNATURE)?;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length);
        match kind {
            b"PLTE" if length == 0 || !length.is_multiple_of(3) || length > 3 * 256 => {
                return Some(format!(
                    "its palette has {length} bytes, but colours take 3 each and there are 1 to 256"
                ));
            }
            b"IDAT" | b"IEND" => return None,
            _ => {}
        }
        // The content and its checksum.
        rest = after.get(usize::try_from(length).ok()?.checked_add(4)?..)?;
    }
}

/// What a decoder made of a file.
enum Decoded {
    Picture(Box<DynamicImage>),
    /// It has these many columns and rows.
    TooLarge(u32, u32),
}

fn is_too_large(width: u32, height: u32) -> bool {
    width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS
}

/// Columns and rows of a PNG, by its header (PNG specification, section 11.2.1).
fn png_size(bytes: &[u8]) -> Option<[u32; 2]> {
    let header = bytes.strip_prefix(PNG_SIGNATURE)?.get(8..16)?;
    let [width, height] = [0, 4].map(|at| header[at..at + 4].try_into().map(u32::from_be_bytes));
    Some([width.ok()?, height.ok()?])
}

fn decoded(bytes: &[u8], format: ImageFormat) -> ImageResult<Decoded> {
    // The decoder would speak of memory.
    if let Some([width, height]) = png_size(bytes)
        && is_too_large(width, height)
    {
        return Ok(Decoded::TooLarge(width, height));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if is_too_large(width, height) {
        return Ok(Decoded::TooLarge(width, height));
    }
    // A picture whose notes on the camera are damaged is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(Decoded::Picture(Box::new(picture)))
}

/// What `work` gives; none where it panicked. A page cannot catch panics.
#[cfg(not(target_arch = "wasm32"))]
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

#[cfg(target_arch = "wasm32")]
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    Some(work())
}

/// The brightness of a picture over the paper that its transparency needs.
fn over_paper(picture: DynamicImage) -> Gray {
    let has_alpha = picture.color().has_alpha();
    let picture = picture.into_luma_alpha16();
    let full = f32::from(u16::MAX);
    let pixels = || {
        picture.pixels().map(move |pixel| {
            let [luma, alpha] = pixel.0;
            (f32::from(luma) / full, f32::from(alpha) / full)
        })
    };
    let paper = if has_alpha {
        beneath(pixels())
    } else {
        Beneath::Paper(1.0)
    };
    let mut values: Vec<f32> = pixels()
        .map(|(luma, alpha)| match paper {
            Beneath::Paper(paper) => (luma * alpha + paper * (1.0 - alpha)).clamp(0.0, 1.0),
            Beneath::Ink => 1.0 - alpha,
        })
        .collect();
    // Classes or bits saved as brightness (0 and 1 of 255), or bytes saved as 16 bits, are as good as black.
    let most = values.iter().copied().fold(0.0, f32::max);
    if most > 0.0 && most < 1.5 / 255.0 {
        for value in &mut values {
            *value /= most;
        }
    }
    Gray {
        width: picture.width() as usize,
        height: picture.height() as usize,
        values,
    }
}

/// What lies beneath a picture.
#[derive(Clone, Copy)]
enum Beneath {
    /// Paper of this brightness.
    Paper(f32),
    /// Whatever is opaque is ink, dark or light.
    Ink,
}

/// What a transparent picture needs beneath. Mostly opaque ones are paper with cut corners, and get paper as theirs is;
/// where a smaller part is opaque, of one brightness, it was drawn, and white ink counts like black.
fn beneath(pixels: impl Iterator<Item = (f32, f32)>) -> Beneath {
    const LEVELS: usize = 256;
    let mut counts = [0_u32; LEVELS];
    let (mut opaque, mut all, mut clear) = (0_u32, 0_u32, 0_u32);
    for (luma, alpha) in pixels {
        all += 1;
        if alpha > 0.5 {
            opaque += 1;
            let level = (luma * (LEVELS - 1) as f32) as usize;
            counts[level.min(LEVELS - 1)] += 1;
        } else {
            clear += 1;
        }
    }
    if clear == 0 || opaque == 0 {
        return Beneath::Paper(1.0);
    }
    let mut upto = 0_u32;
    let median = counts.iter().position(|count| {
        upto += count;
        2 * u64::from(upto) >= u64::from(opaque)
    });
    let median = median.unwrap_or(0);
    let near: u32 = counts
        .iter()
        .enumerate()
        .filter(|(level, _)| level.abs_diff(median) <= LEVELS / 5)
        .map(|(_, count)| count)
        .sum();
    let is_one = f64::from(near) > 0.9 * f64::from(opaque);
    let share = opaque as f32 / all as f32;
    if share < SURELY_INK || share < OPAQUE_PAPER && is_one {
        Beneath::Ink
    } else {
        Beneath::Paper(median as f32 / (LEVELS - 1) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};
    use proptest::prelude::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("memory");
        bytes.into_inner()
    }

    /// A dot of this brightness on nothing, as a PNG of 3×2 pixels.
    fn dot(brightness: u8) -> Vec<u8> {
        let mut picture = RgbaImage::from_pixel(3, 2, Rgba([0, 0, 0, 0]));
        picture.put_pixel(1, 0, Rgba([brightness, brightness, brightness, 255]));
        encoded(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)
    }

    #[test]
    fn ink_on_nothing_is_dark_on_white_whatever_its_colour() {
        for brightness in [0, 90, 255] {
            let gray = decode_picture(&dot(brightness), "dot").expect("a PNG");
            assert_eq!((gray.width, gray.height), (3, 2));
            assert_eq!(gray.values, [1.0, 0.0, 1.0, 1.0, 1.0, 1.0], "{brightness}");
        }
        // A sheet with clear corners gets its own colour there.
        let mut sheet = RgbaImage::from_pixel(10, 10, Rgba([255, 255, 255, 255]));
        sheet.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
        sheet.put_pixel(5, 5, Rgba([0, 0, 0, 255]));
        let bytes = encoded(&DynamicImage::ImageRgba8(sheet), ImageFormat::Png);
        let gray = decode_picture(&bytes, "sheet").expect("a PNG");
        assert_eq!((gray.values[0], gray.values[55]), (1.0, 0.0));
    }

    #[test]
    fn zeros_and_ones_are_black_and_white() {
        let picture = image::GrayImage::from_fn(4, 4, |x, _| image::Luma([u8::from(x == 1)]));
        let bytes = encoded(&DynamicImage::ImageLuma8(picture), ImageFormat::Png);
        let gray = decode_picture(&bytes, "bits").expect("a PNG");
        assert_eq!(gray.values[..4], [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn the_content_says_the_kind() {
        let kinds: [(&[u8], &str); 8] = [
            (b"\0\0\0\x18ftypheic", "HEIC"),
            (b"\0\0\0\x18ftypavif", "AVIF"),
            (b"GIF89a", "GIF"),
            (b"BM\x46\0\0\0\0\0\0\0", "BMP"),
            (b"II*\0", "TIFF"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version='1.0'?>\n<svg>", "SVG"),
            (b"no picture", "PNG, JPEG and WebP"),
        ];
        for (bytes, named) in kinds {
            let fault = decode_picture(bytes, "a.png")
                .expect_err("unread")
                .to_string();
            assert!(fault.contains("a.png") && fault.contains(named), "{fault}");
        }
        assert_eq!(picture_kind(&dot(0)), Some(PictureKind::Png));
        assert_eq!(picture_kind(b"\xff\xd8\xff\xe0"), Some(PictureKind::Jpeg));
        assert_eq!(
            picture_kind(b"RIFF\0\0\0\0WEBPVP8 "),
            Some(PictureKind::WebP)
        );
    }

    #[test]
    fn a_palette_of_half_colours_is_named() {
        let mut bytes = PNG_SIGNATURE.to_vec();
        let chunk = |kind: &[u8; 4], content: &[u8]| {
            let mut chunk = (content.len() as u32).to_be_bytes().to_vec();
            chunk.extend_from_slice(kind);
            chunk.extend_from_slice(content);
            chunk.extend_from_slice(&[0; 4]);
            chunk
        };
        bytes.extend(chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 3, 0, 0, 0]));
        let sound = [bytes.clone(), chunk(b"PLTE", &[0; 6])].concat();
        assert_eq!(palette_fault(&sound), None);
        let faulty = [bytes, chunk(b"PLTE", &[0; 4])].concat();
        let fault = decode_picture(&faulty, "p.png")
            .expect_err("faulty")
            .to_string();
        assert!(
            fault.contains("p.png") && fault.contains("palette has 4 bytes"),
            "{fault}"
        );
    }

    proptest! {
        #[test]
        fn no_damage_makes_it_panic(
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            start in prop::sample::select(vec![b"\xff\xd8\xff".to_vec(), b"RIFF\0\0\0\0WEBPVP8 ".to_vec()]),
        ) {
            let mut bytes = dot(7);
            for (place, byte) in &places {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            let _ = decode_picture(&bytes, "damaged");
            bytes.splice(0..8, start);
            let _ = decode_picture(&bytes, "damaged");
        }
    }
}

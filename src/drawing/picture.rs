//! Pictures of digits: a PNG to brightness, and brightness to the 28×28 image that the networks read.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::{ImageFormat, ImageReader, Limits};
use thiserror::Error;

use crate::image28::{Image28, PIXELS, SIDE};

/// The most pixels along a side of a picture.
const MAX_SIDE: u32 = 8192;

/// The longer side of a prepared digit, in pixels (LeCun et al. 1998, section III.A).
const BOX: usize = 20;

/// Less contrast than this is a camera's noise on empty paper.
const MIN_CONTRAST: f32 = 0.1;

/// From this part of the darkest ink on, a pixel belongs to the digit's bounding box; shadows and smudges do not.
const INK_THRESHOLD: f32 = 0.2;

/// Why a picture could not be read.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file could not be opened.
    #[error("cannot read {file}: {source}")]
    Open {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no PNG, is damaged, or is too large.
    #[error("cannot read {file} as a PNG of at most 8192 pixels a side: {source}")]
    Decode {
        /// The file.
        file: String,
        /// What the decoder said.
        source: image::ImageError,
    },
}

/// A picture's brightness, row by row from the top left: 0 is black and 1 is white.
#[derive(Clone, Debug, PartialEq)]
pub struct Gray {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width` × `height` values of 0..=1.
    pub values: Vec<f32>,
}

/// Reads a PNG's brightness, whatever its colours. What is transparent shows white paper beneath.
///
/// # Errors
/// When the file cannot be read as a PNG of at most 8192 pixels a side; the message names it.
pub fn load_png(path: impl AsRef<Path>) -> Result<Gray, PictureError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(source) => return Err(PictureError::Open { file: name, source }),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    let mut reader = ImageReader::with_format(BufReader::new(file), ImageFormat::Png);
    reader.limits(limits);
    let picture = match reader.decode() {
        Ok(picture) => picture.into_luma_alpha16(),
        Err(source) => return Err(PictureError::Decode { file: name, source }),
    };
    let full = f32::from(u16::MAX);
    let values = picture
        .pixels()
        .map(|pixel| {
            let [luma, alpha] = pixel.0;
            let alpha = f32::from(alpha) / full;
            (f32::from(luma) / full * alpha + (1.0 - alpha)).clamp(0.0, 1.0)
        })
        .collect();
    Ok(Gray {
        width: picture.width() as usize,
        height: picture.height() as usize,
        values,
    })
}

/// The picture itself, when it is just 28×28; None otherwise. Its ink is bright as in MNIST, unless the border is
/// bright on average: then it is dark ink on light paper, and is inverted.
pub fn as_is(picture: &Gray) -> Option<Image28> {
    if picture.width != SIDE || picture.height != SIDE {
        return None;
    }
    let values: [f32; PIXELS] = picture.values.as_slice().try_into().ok()?;
    let border = border(picture);
    let is_dark_on_light = border.iter().sum::<f32>() / border.len() as f32 > 0.5;
    Some(Image28::from_values(if is_dark_on_light {
        values.map(|value| 1.0 - value)
    } else {
        values
    }))
}

/// The digit in a picture of any size, prepared as MNIST's are (LeCun et al. 1998, section III.A): scaled to fit 20×20
/// pixels with its aspect ratio kept, and moved so that its centre of mass is in the middle. The border's median
/// brightness is the paper's. A picture without a digit gives a blank image.
pub fn prepare(picture: &Gray) -> Image28 {
    let ink = contrast_stretched(picture);
    let Some(area) = ink_area(&ink, picture.width) else {
        return Image28::blank();
    };
    centred(&scaled(&ink, picture.width, area))
}

/// The values along the picture's four sides; empty when the picture is, or does not hold as many values as it says.
fn border(picture: &Gray) -> Vec<f32> {
    let Gray {
        width,
        height,
        values,
    } = picture;
    let (width, height) = (*width, *height);
    if width == 0 || height == 0 || width.checked_mul(height) != Some(values.len()) {
        return Vec::new();
    }
    let mut border = Vec::with_capacity(2 * (width + height));
    for (y, row) in values.chunks_exact(width).enumerate() {
        if y == 0 || y + 1 == height {
            border.extend_from_slice(row);
        } else {
            border.push(row[0]);
            border.push(row[width - 1]);
        }
    }
    border
}

/// The ink, from 0 (paper or beyond) to 1 (the strongest); empty when there is too little contrast for any.
fn contrast_stretched(picture: &Gray) -> Vec<f32> {
    let mut border = border(picture);
    if border.is_empty() {
        return Vec::new();
    }
    let half = border.len() / 2;
    let (_, &mut paper, _) = border.select_nth_unstable_by(half, f32::total_cmp);
    let paper = brightness(paper);
    let sign = if paper > 0.5 { -1.0 } else { 1.0 };
    let mut ink: Vec<f32> = picture
        .values
        .iter()
        .map(|&value| (sign * (brightness(value) - paper)).max(0.0))
        .collect();
    let strongest = ink.iter().copied().fold(0.0, f32::max);
    if strongest < MIN_CONTRAST {
        return Vec::new();
    }
    for value in &mut ink {
        *value /= strongest;
    }
    ink
}

/// The value within 0..=1; a NaN becomes black.
fn brightness(value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

/// Pixels from `x0` and `y0` up to but not including `x1` and `y1`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    x0: usize,
    x1: usize,
    y0: usize,
    y1: usize,
}

/// The bounding box of the ink; None without any.
fn ink_area(ink: &[f32], width: usize) -> Option<Area> {
    if ink.is_empty() {
        return None;
    }
    let is_ink = |&value: &f32| value > INK_THRESHOLD;
    let mut area: Option<Area> = None;
    for (y, row) in ink.chunks_exact(width).enumerate() {
        if let (Some(first), Some(last)) =
            (row.iter().position(is_ink), row.iter().rposition(is_ink))
        {
            let so_far = area.unwrap_or(Area {
                x0: first,
                x1: last + 1,
                y0: y,
                y1: y + 1,
            });
            area = Some(Area {
                x0: so_far.x0.min(first),
                x1: so_far.x1.max(last + 1),
                y0: so_far.y0,
                y1: y + 1,
            });
        }
    }
    area
}

/// A digit of at most 20×20 pixels, row by row.
struct Small {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// The area scaled so that its longer side has 20 pixels, each the mean of what it covers, and its strongest ink 1
/// (a line much thinner than a pixel would fade otherwise).
fn scaled(ink: &[f32], source_width: usize, area: Area) -> Small {
    let (area_width, area_height) = (area.x1 - area.x0, area.y1 - area.y0);
    let longer = area_width.max(area_height);
    let side = |length: usize| ((length * BOX + longer / 2) / longer).max(1);
    let (width, height) = (side(area_width), side(area_height));
    // The mean over a rectangle is separable: first along the rows, then down the columns.
    let columns: Vec<Vec<(usize, f32)>> =
        (0..width).map(|x| overlaps(x, width, area_width)).collect();
    let narrow: Vec<f32> = (area.y0..area.y1)
        .flat_map(|y| {
            let start = y * source_width + area.x0;
            let row = &ink[start..start + area_width];
            columns
                .iter()
                .map(move |column| column.iter().map(|&(x, share)| share * row[x]).sum::<f32>())
        })
        .collect();
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        let rows = overlaps(y, height, area_height);
        for x in 0..width {
            values.push(
                rows.iter()
                    .map(|&(row, share)| share * narrow[row * width + x])
                    .sum::<f32>(),
            );
        }
    }
    let strongest = values.iter().copied().fold(0.0, f32::max);
    if strongest > 0.0 {
        for value in &mut values {
            *value /= strongest;
        }
    }
    Small {
        width,
        height,
        values,
    }
}

/// Which of `source` equal parts of a line the part `index` of `target` equal parts overlaps, and the share of each in
/// it. The shares add up to 1.
fn overlaps(index: usize, target: usize, source: usize) -> Vec<(usize, f32)> {
    let step = source as f64 / target as f64;
    let (start, end) = (index as f64 * step, (index + 1) as f64 * step);
    let last = (end.ceil() as usize).min(source);
    (start as usize..last)
        .map(|part| {
            let overlap = end.min((part + 1) as f64) - start.max(part as f64);
            (part, (overlap.max(0.0) / step) as f32)
        })
        .collect()
}

/// The small digit in 28×28, its centre of mass in the middle as far as the frame allows. Each pixel is shared among
/// the four that it falls on (bilinear), which keeps its mass and its centre.
fn centred(small: &Small) -> Image28 {
    let (mut mass, mut moment_x, mut moment_y) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (index, &value) in small.values.iter().enumerate() {
        mass += value;
        moment_x += value * ((index % small.width) as f32 + 0.5);
        moment_y += value * ((index / small.width) as f32 + 0.5);
    }
    if mass <= 0.0 {
        return Image28::blank();
    }
    let middle = SIDE as f32 / 2.0;
    let left = (middle - moment_x / mass).clamp(0.0, (SIDE - small.width) as f32);
    let top = (middle - moment_y / mass).clamp(0.0, (SIDE - small.height) as f32);
    let mut values = [0.0_f32; PIXELS];
    for (index, &value) in small.values.iter().enumerate() {
        let columns = split((index % small.width) as f32 + left);
        for (y, share_y) in split((index / small.width) as f32 + top) {
            for (x, share_x) in columns {
                // The frame's last pixel has no neighbour, and then no share for one either.
                if x < SIDE && y < SIDE {
                    values[y * SIDE + x] += value * share_x * share_y;
                }
            }
        }
    }
    Image28::from_values(values)
}

/// The two pixels that one at a fractional place falls on, and its share in each.
fn split(place: f32) -> [(usize, f32); 2] {
    let first = place.floor();
    let part = place - first;
    [(first as usize, 1.0 - part), (first as usize + 1, part)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A picture with a bar of `ink` on `paper`.
    fn bar(width: usize, height: usize, area: Area, ink: f32, paper: f32) -> Gray {
        let values = (0..width * height)
            .map(|index| {
                let (x, y) = (index % width, index / width);
                let inside = (area.x0..area.x1).contains(&x) && (area.y0..area.y1).contains(&y);
                if inside { ink } else { paper }
            })
            .collect();
        Gray {
            width,
            height,
            values,
        }
    }

    const AREA: Area = Area {
        x0: 20,
        x1: 40,
        y0: 30,
        y1: 130,
    };

    #[test]
    fn a_bar_is_scaled_and_centred_whatever_its_polarity() {
        let light = prepare(&bar(200, 160, AREA, 0.9, 0.2));
        let dark = prepare(&bar(200, 160, AREA, 0.1, 0.8));
        let (x, y) = light.centre_of_mass().expect("ink");
        assert!((x - 14.0).abs() < 1e-3 && (y - 14.0).abs() < 1e-3);
        // 20×100 becomes 4×20.
        assert!((light.get(12, 4) - 1.0).abs() < 1e-3);
        assert!((light.get(15, 23) - 1.0).abs() < 1e-3);
        assert!(light.get(11, 14) < 1e-3 && light.get(14, 3) < 1e-3);
        for (a, b) in light.as_slice().iter().zip(dark.as_slice()) {
            assert!((a - b).abs() < 1e-3);
        }
    }

    #[test]
    fn empty_paper_gives_a_blank_image() {
        assert!(prepare(&bar(50, 50, AREA, 0.45, 0.5)).is_blank());
        let nothing = Gray {
            width: 0,
            height: 0,
            values: Vec::new(),
        };
        assert!(prepare(&nothing).is_blank());
        let inconsistent = Gray {
            width: 9,
            height: 9,
            values: vec![1.0; 3],
        };
        assert!(prepare(&inconsistent).is_blank());
    }

    #[test]
    fn only_28_by_28_is_taken_as_it_is() {
        let area = Area {
            x0: 10,
            x1: 14,
            y0: 4,
            y1: 24,
        };
        let light = as_is(&bar(28, 28, area, 1.0, 0.0)).expect("28×28");
        assert_eq!(light.get(10, 4), 1.0);
        assert_eq!(light.get(14, 4), 0.0);
        let dark = as_is(&bar(28, 28, area, 0.0, 1.0)).expect("28×28");
        assert_eq!(light, dark);
        assert_eq!(as_is(&bar(29, 28, area, 1.0, 0.0)), None);
    }

    #[test]
    fn a_png_is_read_over_white_paper() {
        let path = std::env::temp_dir().join(format!("mnistify-{}.png", std::process::id()));
        let mut png = image::RgbaImage::from_pixel(3, 2, image::Rgba([0, 0, 0, 0]));
        png.put_pixel(1, 0, image::Rgba([0, 0, 0, 255]));
        png.save(&path).expect("a folder for temporary files");
        let picture = load_png(&path).expect("the file just written");
        assert_eq!((picture.width, picture.height), (3, 2));
        assert_eq!(picture.values, [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        std::fs::write(&path, "no picture").expect("a folder for temporary files");
        let fault = load_png(&path).expect_err("not a PNG").to_string();
        assert!(fault.contains("mnistify-") && fault.contains("PNG"));
        std::fs::remove_file(&path).expect("the file just written");
        let fault = load_png(&path).expect_err("a removed file").to_string();
        assert!(fault.contains("cannot read") && fault.contains("mnistify-"));
    }

    proptest! {
        #[test]
        fn overlaps_share_everything(target in 1_usize..=20, source in 1_usize..400) {
            for index in 0..target {
                let shares = overlaps(index, target, source);
                let sum: f32 = shares.iter().map(|&(_, share)| share).sum();
                prop_assert!((sum - 1.0).abs() < 1e-4);
                prop_assert!(shares.iter().all(|&(part, _)| part < source));
            }
        }

        #[test]
        fn any_picture_gives_values_in_range(
            (width, height, values) in (1_usize..40, 1_usize..40).prop_flat_map(|(width, height)| {
                let values = prop::collection::vec(any::<f32>(), width * height);
                (Just(width), Just(height), values)
            }),
        ) {
            let image = prepare(&Gray { width, height, values });
            prop_assert!(image.as_slice().iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}

//! Pictures of digits: brightness to the 28×28 image that the networks read.
//!
//! [`decode_picture`] makes brightness of files. [`read`] then finds the paper, what stands out from it locally
//! (shadows do not), takes out lines (rules, squares, frames, axes), and tells a digit's connected parts from specks and
//! from other digits. What was found is scaled and centred as MNIST's digits were. Where there is nothing to read, or too
//! much, it says why.

mod decoding;
mod digits;
mod lines;
mod paper;
mod plane;
mod small;

pub use decoding::{PictureError, PictureKind, decode_picture, picture_kind};

use crate::image28::{Image28, PIXELS, SIDE};
use digits::{Digits, INK_THRESHOLD, Ink};
use lines::Rest;
use plane::{Area, Mask};
use thiserror::Error;

/// Larger pictures are scaled down to this many pixels along the longer side: a digit of a thirtieth of a page still has
/// 20 pixels then, all that is kept of it.
const WORKING_SIDE: usize = 640;

/// Pictures up to this many pixels a side are no photos of paper: MNIST's own images, icons, letters. Nothing is taken
/// out of them, since their strokes are as thin as rules are in a photo.
const SMALL_SIDE: usize = 64;

/// Less contrast than this is a camera's noise on empty paper.
const MIN_CONTRAST: f32 = 0.1;

/// From here on up to [`MIN_CONTRAST`] there is something, but it is too faint to be read.
const FAINT_CONTRAST: f32 = 0.05;

/// Ink is as many standard deviations of the noise, at least.
const ABOVE_NOISE: f32 = 5.0;

/// Noise of a standard deviation of more than this is smoothed; of more than the second, twice.
const NOISY: [f32; 2] = [0.012, 0.05];

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

/// Why a picture was not read as one digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nothing stands out from the paper.
    #[error("nothing is drawn on it")]
    Blank,
    /// Something does, but hardly.
    #[error("what is drawn on it is too faint; use a darker pen or more light")]
    TooFaint,
    /// So many digits.
    #[error(
        "it shows {0} separate figures; cut out one digit, or read them one by one with --split"
    )]
    SeveralDigits(usize),
    /// Only what the paper was printed with.
    #[error("there are only straight lines across it")]
    OnlyLines,
}

/// What a picture became.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// 20×20 pixels of ink in 28×28, centred by mass; blank where nothing was found. Where there are several digits, all
    /// of them side by side.
    pub image: Image28,
    /// Why it is not one digit.
    pub refusal: Option<Refusal>,
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
/// pixels with its aspect ratio kept, and moved so that its centre of mass is in the middle. A picture without a digit
/// gives a blank image; [`read`] says why.
pub fn prepare(picture: &Gray) -> Image28 {
    read(picture).image
}

/// The digit in a picture of any size, as [`prepare`] has it, and why it is none.
pub fn read(picture: &Gray) -> Prepared {
    let inks = match inks(picture) {
        Ok(inks) => inks,
        Err(refusal) => {
            return Prepared {
                image: Image28::blank(),
                refusal: Some(refusal),
            };
        }
    };
    match inks.as_slice() {
        [ink] => Prepared {
            image: ink.image(),
            refusal: None,
        },
        several => Prepared {
            image: together(several).map_or_else(Image28::blank, |ink| ink.image()),
            refusal: Some(Refusal::SeveralDigits(several.len())),
        },
    }
}

/// Every digit in a picture, each prepared as [`prepare`] does, line by line from the top and from left to right; none
/// where there is nothing to read.
pub fn split(picture: &Gray) -> Vec<Image28> {
    inks(picture).map_or_else(
        |_| Vec::new(),
        |inks| inks.iter().map(CutOut::image).collect(),
    )
}

/// The ink of one digit: 0 is paper, 1 the strongest.
struct CutOut {
    /// Where it was cut out.
    area: Area,
    /// Row by row.
    values: Vec<f32>,
    /// How much its strokes have to grow, in pixels to every side.
    growth: f32,
}

impl CutOut {
    fn image(&self) -> Image28 {
        let size = [self.area.width(), self.area.height()];
        let (values, [width, height]) = if self.growth > 0.0 {
            small::thickened(&self.values, size, self.growth)
        } else {
            (self.values.clone(), size)
        };
        let all = Area {
            x0: 0,
            x1: width,
            y0: 0,
            y1: height,
        };
        small::centred(&small::scaled(&values, width, &all))
    }
}

/// Several digits in one cut-out, where they are in the picture; none without any.
fn together(cut_outs: &[CutOut]) -> Option<CutOut> {
    let areas = cut_outs.iter().map(|cut_out| cut_out.area);
    let area = areas.reduce(|a, b| a.with(&b))?;
    let mut values = vec![0.0_f32; area.width() * area.height()];
    for cut_out in cut_outs {
        let (left, top) = (cut_out.area.x0 - area.x0, cut_out.area.y0 - area.y0);
        let width = cut_out.area.width();
        for (y, row) in cut_out.values.chunks_exact(width).enumerate() {
            let start = (top + y) * area.width() + left;
            for (place, &value) in values[start..start + width].iter_mut().zip(row) {
                *place = place.max(value);
            }
        }
    }
    Some(CutOut {
        area,
        values,
        growth: 0.0,
    })
}

/// Every digit's ink, in reading order; at least one.
fn inks(picture: &Gray) -> Result<Vec<CutOut>, Refusal> {
    let (width, height) = (picture.width, picture.height);
    if width == 0 || height == 0 || width.checked_mul(height) != Some(picture.values.len()) {
        return Err(Refusal::Blank);
    }
    let picture = Gray {
        width,
        height,
        values: picture.values.iter().copied().map(brightness).collect(),
    };
    if width.max(height) <= SMALL_SIDE {
        return small_ink(&picture).map(|ink| vec![ink]);
    }
    let paper = paper::paper(&working(picture));
    let (width, height) = (paper.picture.width, paper.picture.height);
    let mut values = paper::contrast(&paper);
    let mut noise = paper::noise(&values, &paper.mask);
    if noise > NOISY[0] {
        let is_strong = noise > NOISY[1];
        values = paper::smoothed(&values, width, height);
        if is_strong {
            values = paper::smoothed(&values, width, height);
        }
        noise /= 3.0;
    }
    for value in &mut values {
        *value = value.max(0.0);
    }
    let most = strongest(&values);
    if most < FAINT_CONTRAST || most < (ABOVE_NOISE + 1.0) * noise {
        return Err(Refusal::Blank);
    }
    // Compared with room for rounding: a step from 0.5 to 0.45 is exactly the limit, and no ink.
    if most < 1.01 * MIN_CONTRAST {
        return Err(Refusal::TooFaint);
    }
    let floor = ABOVE_NOISE * noise;
    let ink = Gray {
        width,
        height,
        values,
    };
    let marked = lines::without_frames(&Mask::above(&ink, (INK_THRESHOLD * most).max(floor)));
    let Rest::Mask(mask) = lines::without_lines(&marked) else {
        return Err(Refusal::OnlyLines);
    };
    let dropped = marked.with(|index| marked.set[index] && !mask.set[index]);
    let found = digits::digits(&Ink {
        values: &ink.values,
        mask,
        edge: paper.is_cut.then(|| paper.mask.depths()),
        floor,
    });
    let found = found.ok_or(Refusal::Blank)?;
    let cut_outs = (1..).zip(&found.areas);
    let cut_outs = cut_outs.map(|(number, area)| cut_out(&ink, &found, number, area, &dropped));
    Ok(cut_outs.collect())
}

/// The ink of the digit of this number and its soft edge, without what other digits and the `dropped` lines have.
fn cut_out(ink: &Gray, digits: &Digits, number: u32, area: &Area, dropped: &Mask) -> CutOut {
    let owners = plane::cropped(&digits.owners, ink.width, area);
    let dropped = dropped.cropped(area);
    let own = dropped.with(|index| owners[index] == number);
    let near = own.distances();
    let mut values = plane::cropped(&ink.values, ink.width, area);
    for (index, value) in values.iter_mut().enumerate() {
        // Up to a corner's distance: the pixels that a stroke covers in part.
        let is_edge = near[index] < 1.5 && owners[index] == 0 && !dropped.set[index];
        if !own.set[index] && !is_edge {
            *value = 0.0;
        }
    }
    let most = strongest(&values);
    if most > 0.0 {
        for value in &mut values {
            *value = (*value / most).min(1.0);
        }
    }
    CutOut {
        area: *area,
        values,
        growth: small::growth(digits::stroke_width(&own), area.size()),
    }
}

/// The picture, scaled down where it is larger than what is worked on.
fn working(picture: Gray) -> Gray {
    let longer = picture.width.max(picture.height);
    if longer <= WORKING_SIDE {
        return picture;
    }
    let side = |length: usize| ((length * WORKING_SIDE + longer / 2) / longer).max(1);
    let size = [side(picture.width), side(picture.height)];
    let all = Area {
        x0: 0,
        x1: picture.width,
        y0: 0,
        y1: picture.height,
    };
    Gray {
        width: size[0],
        height: size[1],
        values: plane::resized(&picture.values, picture.width, &all, size),
    }
}

/// The strongest ink; of a large picture a little below, so that a hot pixel is not it.
fn strongest(values: &[f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let few = (values.len() / 2000).clamp(1, 8).min(values.len());
    let mut values = values.to_vec();
    let place = values.len() - few;
    let (_, &mut value, _) = values.select_nth_unstable_by(place, f32::total_cmp);
    value
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

/// All ink of a small picture. The border's median brightness is the paper's.
fn small_ink(picture: &Gray) -> Result<CutOut, Refusal> {
    let border = border(picture);
    let half = border.len() / 2;
    let mut sorted = border;
    let (_, &mut paper, _) = sorted.select_nth_unstable_by(half, f32::total_cmp);
    let sign = if paper > 0.5 { -1.0 } else { 1.0 };
    let mut ink: Vec<f32> = picture
        .values
        .iter()
        .map(|&value| (sign * (value - paper)).max(0.0))
        .collect();
    let strongest = ink.iter().copied().fold(0.0, f32::max);
    if strongest < MIN_CONTRAST {
        return Err(if strongest < FAINT_CONTRAST {
            Refusal::Blank
        } else {
            Refusal::TooFaint
        });
    }
    for value in &mut ink {
        *value /= strongest;
    }
    let ink = Gray {
        width: picture.width,
        height: picture.height,
        values: ink,
    };
    let area = Mask::above(&ink, INK_THRESHOLD)
        .area()
        .ok_or(Refusal::Blank)?;
    Ok(CutOut {
        area,
        values: plane::cropped(&ink.values, ink.width, &area),
        growth: 0.0,
    })
}

/// The value within 0..=1; a NaN becomes black.
fn brightness(value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A picture with what `value` says of each column and row.
    fn drawn(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Gray {
        let values = (0..width * height).map(|index| value(index % width, index / width));
        Gray {
            width,
            height,
            values: values.collect(),
        }
    }

    fn is_in(area: &Area, x: usize, y: usize) -> bool {
        (area.x0..area.x1).contains(&x) && (area.y0..area.y1).contains(&y)
    }

    /// A picture with a bar of `ink` on `paper`.
    fn bar(width: usize, height: usize, area: Area, ink: f32, paper: f32) -> Gray {
        drawn(
            width,
            height,
            |x, y| {
                if is_in(&area, x, y) { ink } else { paper }
            },
        )
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
    fn what_is_not_one_digit_is_refused_with_a_reason() {
        let refusal = |picture: &Gray| read(picture).refusal;
        let bar = |ink, paper| bar(200, 160, AREA, ink, paper);
        assert_eq!(refusal(&bar(0.1, 0.8)), None);
        assert_eq!(refusal(&bar(0.45, 0.5)), Some(Refusal::TooFaint));
        assert_eq!(refusal(&bar(0.79, 0.8)), Some(Refusal::Blank));
        let rules = drawn(300, 200, |_, y| if y % 24 < 2 { 0.3 } else { 0.9 });
        assert_eq!(refusal(&rules), Some(Refusal::OnlyLines));
        let mut two = bar(0.1, 0.8);
        for (index, value) in two.values.iter_mut().enumerate() {
            if (100..118).contains(&(index % 200)) && (35..125).contains(&(index / 200)) {
                *value = 0.1;
            }
        }
        let both = read(&two);
        assert_eq!(both.refusal, Some(Refusal::SeveralDigits(2)));
        assert!(!both.image.is_blank());
        assert_eq!(split(&two).len(), 2);
        assert_eq!(split(&two)[0], prepare(&bar(0.1, 0.8)));
    }

    #[test]
    fn empty_paper_gives_a_blank_image() {
        let small = Area {
            x0: 20,
            x1: 40,
            y0: 30,
            y1: 45,
        };
        assert!(prepare(&bar(50, 50, small, 0.45, 0.5)).is_blank());
        assert!(prepare(&bar(150, 150, AREA, 0.45, 0.5)).is_blank());
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

    /// A digit-like figure of two thick strokes, 0 to 1, on a page of 600×500.
    fn stroke(x: usize, y: usize) -> bool {
        let (x, y) = (x as f32, y as f32);
        let bow = (x - 280.0).hypot(y - 200.0);
        let is_bow = (46.0..74.0).contains(&bow) && x + y > 440.0;
        is_bow || (286.0..314.0).contains(&x) && (255.0..350.0).contains(&y)
    }

    /// How much two images differ, as a part of the ink of both.
    fn difference(a: &Image28, b: &Image28) -> f32 {
        let pairs = a.as_slice().iter().zip(b.as_slice());
        let (mut apart, mut all) = (0.0, 0.0);
        for (a, b) in pairs {
            apart += (a - b).abs();
            all += a + b;
        }
        apart / all
    }

    #[test]
    fn paper_of_all_kinds_gives_the_image_of_clean_paper() {
        let ink = |x, y, paper: f32| if stroke(x, y) { 0.2 * paper } else { paper };
        let clean = prepare(&drawn(600, 500, |x, y| ink(x, y, 0.9)));
        assert!(!clean.is_blank());
        // A noise that repeats itself only after more pixels than there are.
        let noise = |x: usize, y: usize| {
            let seed = (x as u32).wrapping_mul(2_654_435_761) ^ (y as u32).wrapping_mul(97_531_327);
            let mixed = (seed ^ (seed >> 15)).wrapping_mul(2_246_822_519);
            ((mixed >> 8) as f32 / 16_777_216.0 - 0.5) * 0.1
        };
        let cases = [
            (
                "shadow",
                drawn(600, 500, |x, y| ink(x, y, 0.9 - 0.0009 * x as f32)),
            ),
            (
                "noise",
                drawn(600, 500, |x, y| ink(x, y, 0.85) + noise(x, y)),
            ),
            (
                "rules",
                drawn(600, 500, |x, y| {
                    if y % 30 < 2 && !stroke(x, y) {
                        0.6
                    } else {
                        ink(x, y, 0.9)
                    }
                }),
            ),
            (
                "squares",
                drawn(600, 500, |x, y| {
                    if (y % 30 < 2 || x % 30 < 2) && !stroke(x, y) {
                        0.5
                    } else {
                        ink(x, y, 0.9)
                    }
                }),
            ),
            (
                "table",
                drawn(900, 800, |x, y| {
                    if (150..750).contains(&x) && (150..650).contains(&y) {
                        ink(x - 150, y - 150, 0.9)
                    } else {
                        0.25
                    }
                }),
            ),
            ("chalk", drawn(600, 500, |x, y| 1.0 - ink(x, y, 0.9))),
        ];
        for (name, picture) in cases {
            let found = read(&picture);
            assert_eq!(found.refusal, None, "{name}");
            let difference = difference(&found.image, &clean);
            assert!(difference < 0.2, "{name}: {difference}");
        }
    }

    proptest! {
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

        #[test]
        fn any_larger_picture_gives_values_in_range(
            (width, height, values) in (1_usize..90, 65_usize..90).prop_flat_map(|(width, height)| {
                let values = prop::collection::vec(-0.5_f32..1.5, width * height);
                (Just(width), Just(height), values)
            }),
            is_turned in any::<bool>(),
            levels in 1_u8..9,
        ) {
            // Few levels of brightness make larger parts than noise does.
            let levels = f32::from(levels);
            let values = values.iter().map(|value| (value * levels).round() / levels).collect();
            let picture = if is_turned {
                Gray { width: height, height: width, values }
            } else {
                Gray { width, height, values }
            };
            for image in split(&picture).iter().chain([&read(&picture).image]) {
                prop_assert!(image.as_slice().iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }
    }
}

//! Where the paper is, and how far each pixel stands out from it: a sheet on a table, shadows, either polarity.

use super::{
    Gray, border,
    plane::{
        Mask, box_sums, cropped, extremes, masked_means, median, parts, quantile, two_classes,
    },
};

/// A sheet covers at least this part of the picture.
const LEAST_SHEET: f32 = 0.12;

/// At most this part of a sheet is ink; a fat 0 with a small hole has more.
const MOST_INK: f32 = 0.25;

/// A sheet fills at least this part of a rectangle around it. A disc fills π/4, so a filled 0 is none.
const LEAST_RECTANGULAR: f32 = 0.8;

/// A sheet and its table differ by at least this much brightness.
const LEAST_STEP: f32 = 0.15;

/// Paper whose brightness varies by less, from the 5th to the 95th percentile along its edge, is taken as even.
const EVEN: f32 = 0.05;

/// In deep shadow the paper's brightness is not taken as less, since a camera's noise would count as ink.
const DARKEST: f32 = 0.15;

/// The picture of the paper alone.
pub(super) struct Paper {
    /// Its pixels; those that are not on the sheet are there too.
    pub picture: Gray,
    /// Which of them are on the sheet.
    pub mask: Mask,
    /// Whether a table was cut off.
    pub is_cut: bool,
}

/// The sheet of paper, cut out of the table that it lies on; the whole picture where there is no such table.
pub(super) fn paper(picture: &Gray) -> Paper {
    let whole = || Paper {
        picture: picture.clone(),
        mask: Mask::full(picture.width, picture.height),
        is_cut: false,
    };
    let Some((sheet, area)) = sheet(picture).and_then(|sheet| {
        let area = sheet.area()?;
        Some((sheet, area))
    }) else {
        return whole();
    };
    Paper {
        picture: Gray {
            width: area.width(),
            height: area.height(),
            values: cropped(&picture.values, picture.width, &area),
        },
        mask: sheet.cropped(&area),
        is_cut: true,
    }
}

/// The pixels of a sheet that lies on a table of another brightness and has something on it, without its edge.
///
/// Of the two classes of brightness the border's is the table. The other's largest part is a sheet where it is a filled
/// rectangle, also a turned one, that reaches at most one side of the picture: shadows and halves reach two or more.
fn sheet(picture: &Gray) -> Option<Mask> {
    let (width, height) = (picture.width, picture.height);
    let smooth = Gray {
        width,
        height,
        values: median(&picture.values, width, height),
    };
    let threshold = two_classes(&smooth.values);
    let is_table_bright = quantile(border(&smooth), 0.5) > threshold;
    let bright = Mask::above(&smooth, threshold);
    let class = bright.with(|index| bright.set[index] != is_table_bright);
    let (found, labels) = parts(&class);
    let largest = found.iter().max_by_key(|part| part.pixels)?;
    let filled = class.with(|index| labels[index] == largest.label).filled();
    let total = filled.count();
    if (total as f32) < LEAST_SHEET * class.set.len() as f32 {
        return None;
    }
    let beyond: Vec<f32> = values_where(&smooth, |index| !filled.set[index]);
    let inside: Vec<f32> = values_where(&smooth, |index| labels[index] == largest.label);
    if beyond.len() * 50 < class.set.len()
        || (quantile(inside, 0.5) - quantile(beyond, 0.5)).abs() < LEAST_STEP
        || sides_reached(&filled) > 1
    {
        return None;
    }
    let ink = (0..class.set.len())
        .filter(|&index| filled.set[index] && !class.set[index])
        .count();
    if ink as f32 > MOST_INK * total as f32
        || (total as f32) < LEAST_RECTANGULAR * rectangle_around(&filled)
    {
        return None;
    }
    let longer = width.max(height) as f32;
    let inner = filled.eroded((0.012 * longer).max(2.0));
    has_something(&smooth, &inner).then_some(inner)
}

fn values_where(picture: &Gray, is_meant: impl Fn(usize) -> bool) -> Vec<f32> {
    let meant = picture.values.iter().enumerate();
    let meant = meant.filter(|(index, _)| is_meant(*index));
    meant.map(|(_, value)| *value).collect()
}

/// Sides of the raster of which the mask has more than a sixth: a corner of a turned sheet may be cut off, but what reaches
/// two sides for longer is light and shadow.
fn sides_reached(mask: &Mask) -> usize {
    let (width, height) = (mask.width, mask.height);
    let columns = |y: usize| (0..width).filter(|x| mask.set[y * width + x]).count() * 6 > width;
    let rows = |x: usize| (0..height).filter(|y| mask.set[y * width + x]).count() * 6 > height;
    [columns(0), columns(height - 1), rows(0), rows(width - 1)]
        .into_iter()
        .filter(|&reached| reached)
        .count()
}

/// Pixels of the smallest rectangle around the mask, among those turned by multiples of 3°.
fn rectangle_around(mask: &Mask) -> f32 {
    let depths = mask.depths();
    let edge: Vec<(f32, f32)> = (0..depths.len())
        .filter(|&index| depths[index] == 1.0)
        .map(|index| ((index % mask.width) as f32, (index / mask.width) as f32))
        .collect();
    let mut smallest = f32::MAX;
    for degrees in (0_u8..90).step_by(3) {
        let (sine, cosine) = f32::from(degrees).to_radians().sin_cos();
        let mut least = [f32::MAX; 2];
        let mut most = [f32::MIN; 2];
        for (x, y) in &edge {
            let turned = [x * cosine + y * sine, y * cosine - x * sine];
            for (axis, place) in turned.into_iter().enumerate() {
                least[axis] = least[axis].min(place);
                most[axis] = most[axis].max(place);
            }
        }
        smallest = smallest.min((most[0] - least[0] + 1.0) * (most[1] - least[1] + 1.0));
    }
    smallest
}

/// Whether a part of some size stands out from a sheet. A bright bar on dark paper is a 1, no empty sheet.
fn has_something(picture: &Gray, inner: &Mask) -> bool {
    let inside = values_where(picture, |index| inner.set[index]);
    if inside.len() < 100 {
        return false;
    }
    let paper = quantile(inside.clone(), 0.5);
    let away = inside.iter().map(|value| (value - paper).abs()).collect();
    let threshold = (0.3 * quantile(away, 0.999)).max(0.12);
    let marked = inner.with(|i| inner.set[i] && (picture.values[i] - paper).abs() > threshold);
    let least = (picture.width.max(picture.height) / 25).max(4);
    let (found, _) = parts(&marked);
    found.iter().any(|part| part.area.size() >= least)
}

/// How much each pixel of the sheet differs from the paper there, as a part of the paper's own brightness, so that
/// ink in a shadow counts as much as ink in the light. 0 beyond the sheet; what is on the paper's other side is negative.
pub(super) fn contrast(paper: &Paper) -> Vec<f32> {
    let Paper { picture, mask, .. } = paper;
    let edge = if paper.is_cut {
        let depths = mask.depths();
        values_where(picture, |index| mask.set[index] && depths[index] <= 3.0)
    } else {
        border(picture)
    };
    let spread = quantile(edge.clone(), 0.95) - quantile(edge.clone(), 0.05);
    let ink = if spread < EVEN {
        from_even_paper(picture, mask, quantile(edge, 0.5))
    } else {
        from_local_paper(picture, mask)
    };
    ink.into_iter()
        .zip(&mask.set)
        .map(|(value, &set)| if set { value } else { 0.0 })
        .collect()
}

/// The ink where the paper has one brightness. It is on the side of it that has more far from the paper.
fn from_even_paper(picture: &Gray, mask: &Mask, paper: f32) -> Vec<f32> {
    let inside = values_where(picture, |index| mask.set[index]);
    let away = inside.iter().map(|value| (value - paper).abs());
    let strongest = away.fold(0.0, f32::max);
    let (mut light, mut dark) = (0.0_f64, 0.0_f64);
    for value in &inside {
        let above = value - paper;
        if above.abs() > 0.3 * strongest {
            if above > 0.0 {
                light += f64::from(above);
            } else {
                dark -= f64::from(above);
            }
        }
    }
    let is_dark = dark >= light;
    let (sign, range) = if is_dark {
        (-1.0, paper)
    } else {
        (1.0, 1.0 - paper)
    };
    let scale = sign / range.max(DARKEST);
    let ink = picture.values.iter().map(|value| scale * (value - paper));
    ink.collect()
}

/// The ink where the paper's brightness changes from place to place: against a closing, which removes all strokes that
/// are narrower than its window and keeps the shadows that are wider, with their edges.
fn from_local_paper(picture: &Gray, mask: &Mask) -> Vec<f32> {
    let (width, height) = (picture.width, picture.height);
    let shorter = mask
        .area()
        .map_or(1, |area| area.width().min(area.height()));
    // Ink is the smaller part, so the differences from the surroundings are skewed towards its side.
    let means = masked_means(&picture.values, mask, (shorter / 6).max(1));
    let skew: f64 = (0..means.len())
        .filter(|&index| mask.set[index])
        .map(|index| f64::from(picture.values[index] - means[index]).powi(3))
        .sum();
    let bright_paper: Vec<f32> = if skew < 0.0 {
        picture.values.clone()
    } else {
        picture.values.iter().map(|value| 1.0 - value).collect()
    };
    // A stroke is about an eighth of its digit wide, so that one as large as the picture still fits the window.
    let radius = (shorter / 9).max(2);
    let smooth = median(&bright_paper, width, height);
    let beyond = |values: &[f32], value: f32| -> Vec<f32> {
        let pairs = values.iter().zip(&mask.set);
        pairs
            .map(|(&v, &set)| if set { v } else { value })
            .collect()
    };
    let dilated = extremes(&beyond(&smooth, f32::MIN), width, height, radius, f32::max);
    let closed = extremes(&beyond(&dilated, f32::MAX), width, height, radius, f32::min);
    let background = masked_means(&beyond(&closed, 0.0), mask, (radius / 4).max(1));
    let ink: Vec<f32> = bright_paper
        .iter()
        .zip(&background)
        .map(|(value, paper)| (paper - value) / paper.max(DARKEST))
        .collect();
    // A closing of noise lies above the paper by the noise, which most pixels show.
    let raised = quantile(
        (0..ink.len())
            .filter(|&index| mask.set[index])
            .map(|index| ink[index])
            .collect(),
        0.5,
    );
    ink.into_iter()
        .map(|value| value - raised.max(0.0))
        .collect()
}

/// How much neighbouring pixels of the sheet differ for no reason: a camera's noise, as a standard deviation.
pub(super) fn noise(ink: &[f32], mask: &Mask) -> f32 {
    let steps = (1..ink.len())
        .filter(|&index| {
            !index.is_multiple_of(mask.width) && mask.set[index] && mask.set[index - 1]
        })
        .map(|index| (ink[index] - ink[index - 1]).abs());
    // The median of a difference of two normal variables, without its sign, is 0.954 standard deviations.
    quantile(steps.collect(), 0.5) * 1.05
}

/// Each value the mean of itself and its eight neighbours, as many as there are.
pub(super) fn smoothed(ink: &[f32], width: usize, height: usize) -> Vec<f32> {
    let sums = box_sums(ink, width, height, 1);
    let counts = box_sums(&vec![1.0; ink.len()], width, height, 1);
    sums.iter().zip(&counts).map(|(s, n)| s / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disc of ink in the middle of a sheet of 100×80 that lies on a table of 200×160.
    fn table(table: f32, sheet: f32, ink: f32) -> Gray {
        let value = |index: usize| {
            let (x, y) = ((index % 200) as f32, (index / 200) as f32);
            if (x - 100.0).hypot(y - 80.0) < 12.0 {
                ink
            } else if (50.0..150.0).contains(&x) && (40.0..120.0).contains(&y) {
                sheet
            } else {
                table
            }
        };
        Gray {
            width: 200,
            height: 160,
            values: (0..200 * 160).map(value).collect(),
        }
    }

    #[test]
    fn a_sheet_is_cut_out_of_its_table() {
        let cut = paper(&table(0.2, 0.9, 0.1));
        assert!(cut.is_cut);
        assert!(
            (90..100).contains(&cut.picture.width),
            "{}",
            cut.picture.width
        );
        let ink = contrast(&cut);
        let most = ink.iter().copied().fold(0.0, f32::max);
        assert!((most - 8.0 / 9.0).abs() < 1e-4, "{most}");
        // Without anything on it, it is no sheet but a mark itself.
        assert!(!paper(&table(0.2, 0.9, 0.9)).is_cut);
        assert!(!paper(&table(0.9, 0.9, 0.1)).is_cut);
    }

    #[test]
    fn a_shadow_is_no_ink() {
        let values = (0..200 * 160).map(|index| {
            let (x, y) = ((index % 200) as f32, (index / 200) as f32);
            let light = 0.95 - 0.6 * x / 200.0;
            let is_ink = (90.0..100.0).contains(&x) && (40.0..120.0).contains(&y);
            if is_ink { 0.2 * light } else { light }
        });
        let shadow = Gray {
            width: 200,
            height: 160,
            values: values.collect(),
        };
        let paper = paper(&shadow);
        let ink = contrast(&paper);
        for (index, value) in ink.iter().enumerate() {
            let (x, y) = (index % 200, index / 200);
            let is_ink = (90..100).contains(&x) && (40..120).contains(&y);
            // What takes noise away rounds corners off.
            let is_inside = (91..99).contains(&x) && (41..119).contains(&y);
            if is_inside {
                assert!(*value > 0.5, "{x} {y}: {value}");
            } else if !is_ink {
                assert!(*value < 0.25, "{x} {y}: {value}");
            }
        }
    }
}

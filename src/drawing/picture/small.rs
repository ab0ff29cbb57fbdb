//! The last steps as MNIST's digits were prepared (LeCun et al. 1998, section III.A): scaled into a box of 20×20 pixels,
//! centred by mass in 28×28.

use super::plane::{Area, resized};
use crate::image28::{Image28, PIXELS, SIDE};

/// The longer side of a prepared digit, in pixels.
pub(super) const BOX: usize = 20;

/// MNIST's strokes are 2 to 3 pixels wide; below the first width a pen's are made as wide as the second.
const THIN: f32 = 1.7;
const THICKENED: f32 = 2.2;

/// A digit of at most 20×20 pixels, row by row.
pub(super) struct Small {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// The area scaled so that its longer side has 20 pixels, each the mean of what it covers, and its strongest ink 1
/// (a line much thinner than a pixel would fade otherwise).
pub(super) fn scaled(ink: &[f32], source_width: usize, area: &Area) -> Small {
    let longer = area.size();
    let side = |length: usize| ((length * BOX + longer / 2) / longer).max(1);
    let (width, height) = (side(area.width()), side(area.height()));
    let mut values = resized(ink, source_width, area, [width, height]);
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

/// The small digit in 28×28, its centre of mass in the middle as far as the frame allows. Each pixel is shared among
/// the four that it falls on (bilinear), which keeps its mass and its centre.
pub(super) fn centred(small: &Small) -> Image28 {
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
        let columns = shares((index % small.width) as f32 + left);
        for (y, share_y) in shares((index / small.width) as f32 + top) {
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
fn shares(place: f32) -> [(usize, f32); 2] {
    let first = place.floor();
    let part = place - first;
    [(first as usize, 1.0 - part), (first as usize + 1, part)]
}

/// How far strokes of `width` pixels have to grow on every side, in a digit whose longer side has `size` pixels, for the
/// networks to see them as MNIST's; 0 where they are wide enough.
pub(super) fn growth(width: f32, size: usize) -> f32 {
    let scale = size as f32 / BOX as f32;
    let small = width / scale;
    if small < THIN {
        (THICKENED - small) / 2.0 * scale
    } else {
        0.0
    }
}

/// The ink of an area with every pixel the strongest within a disc of `radius` pixels, and the area's new width and
/// height: it grows by the radius on every side.
pub(super) fn thickened(
    ink: &[f32],
    [width, height]: [usize; 2],
    radius: f32,
) -> (Vec<f32>, [usize; 2]) {
    let reach = radius.ceil().max(0.0) as usize;
    let (wide, high) = (width + 2 * reach, height + 2 * reach);
    let mut grown = vec![0.0_f32; wide * high];
    // A disc as rows of its own half widths.
    let most = radius * radius + 0.25;
    let rows: Vec<Option<usize>> = (0..=2 * reach)
        .map(|row| {
            let down = row.abs_diff(reach) as f32;
            let across = most - down * down;
            (across >= 0.0).then(|| (across.sqrt() as usize).min(reach))
        })
        .collect();
    for (index, &value) in ink.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let (x, y) = (index % width, index / width);
        let rows = rows.iter().enumerate();
        for (row, half) in rows.filter_map(|(row, half)| Some((row, (*half)?))) {
            let start = (y + row) * wide + x + reach - half;
            for place in &mut grown[start..=start + 2 * half] {
                *place = place.max(value);
            }
        }
    }
    (grown, [wide, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thin_line_grows_to_the_width_of_strokes() {
        assert_eq!(growth(9.0, 100), 0.0);
        let radius = growth(2.0, 100);
        assert!((radius - 4.5).abs() < 1e-4, "{radius}");
        let mut line = vec![0.0; 20 * 3];
        line[20 + 10] = 1.0;
        let (grown, [width, height]) = thickened(&line, [20, 3], 2.0);
        assert_eq!((width, height), (24, 7));
        assert_eq!(grown.iter().filter(|&&value| value == 1.0).count(), 13);
        assert_eq!(grown[3 * 24 + 12], 1.0);
    }
}

//! Filters on rasters of the working size, and masks of their pixels: means, extremes, connected parts, distances.
//!
//! All are separable or of one pass, so that a photo costs tens of milliseconds. Planes are row by row from the top left.

use super::Gray;

/// Pixels from `x0` and `y0` up to but not including `x1` and `y1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub x0: usize,
    pub x1: usize,
    pub y0: usize,
    pub y1: usize,
}

impl Area {
    pub fn width(&self) -> usize {
        self.x1 - self.x0
    }

    pub fn height(&self) -> usize {
        self.y1 - self.y0
    }

    /// The longer side.
    pub fn size(&self) -> usize {
        self.width().max(self.height())
    }

    /// The smallest area with this one and another in it.
    pub fn with(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            x1: self.x1.max(other.x1),
            y0: self.y0.min(other.y0),
            y1: self.y1.max(other.y1),
        }
    }

    /// Whether another lies wholly inside and touches no side.
    pub fn surrounds(&self, other: &Self) -> bool {
        other.x0 > self.x0 && other.x1 < self.x1 && other.y0 > self.y0 && other.y1 < self.y1
    }

    /// Columns that both have; negative is the gap between them.
    pub fn shared_columns(&self, other: &Self) -> f32 {
        self.x1.min(other.x1) as f32 - self.x0.max(other.x0) as f32
    }

    /// Rows that both have; negative is the gap between them.
    pub fn shared_rows(&self, other: &Self) -> f32 {
        self.y1.min(other.y1) as f32 - self.y0.max(other.y0) as f32
    }

    /// The distance between two areas in pixels; 0 where they touch or overlap.
    pub fn gap(&self, other: &Self) -> f32 {
        let across = (-self.shared_columns(other)).max(0.0);
        let down = (-self.shared_rows(other)).max(0.0);
        across.hypot(down)
    }
}

/// Some of a raster's pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mask {
    pub width: usize,
    pub height: usize,
    pub set: Vec<bool>,
}

impl Mask {
    /// All pixels.
    pub fn full(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            set: vec![true; width * height],
        }
    }

    /// The pixels whose value is more than `threshold`.
    pub fn above(plane: &Gray, threshold: f32) -> Self {
        Self {
            width: plane.width,
            height: plane.height,
            set: plane.values.iter().map(|&v| v > threshold).collect(),
        }
    }

    /// The same size, with what `is_set` says of each index.
    pub fn with(&self, is_set: impl Fn(usize) -> bool) -> Self {
        Self {
            width: self.width,
            height: self.height,
            set: (0..self.set.len()).map(is_set).collect(),
        }
    }

    pub fn count(&self) -> usize {
        self.set.iter().filter(|&&set| set).count()
    }

    /// The smallest area with all its pixels; none without any.
    pub fn area(&self) -> Option<Area> {
        let mut area: Option<Area> = None;
        for (y, row) in self.set.chunks_exact(self.width.max(1)).enumerate() {
            let first = row.iter().position(|&set| set);
            let last = row.iter().rposition(|&set| set);
            if let (Some(first), Some(last)) = (first, last) {
                let row = Area {
                    x0: first,
                    x1: last + 1,
                    y0: y,
                    y1: y + 1,
                };
                area = Some(area.map_or(row, |so_far| so_far.with(&row)));
            }
        }
        area
    }

    /// Columns as rows.
    pub fn transposed(&self) -> Self {
        Self {
            width: self.height,
            height: self.width,
            set: transposed(&self.set, self.width, self.height),
        }
    }

    /// The part of the mask in an area.
    pub fn cropped(&self, area: &Area) -> Self {
        Self {
            width: area.width(),
            height: area.height(),
            set: cropped(&self.set, self.width, area),
        }
    }

    /// Its pixels and all that they enclose.
    pub fn filled(&self) -> Self {
        let (width, height) = (self.width, self.height);
        let mut outside = vec![false; self.set.len()];
        let mut open: Vec<usize> = Vec::new();
        let mut visit = |index: usize, open: &mut Vec<usize>| {
            if !self.set[index] && !outside[index] {
                outside[index] = true;
                open.push(index);
            }
        };
        for x in 0..width {
            visit(x, &mut open);
            visit((height - 1) * width + x, &mut open);
        }
        for y in 0..height {
            visit(y * width, &mut open);
            visit(y * width + width - 1, &mut open);
        }
        while let Some(index) = open.pop() {
            let (x, y) = (index % width, index / width);
            if x > 0 {
                visit(index - 1, &mut open);
            }
            if x + 1 < width {
                visit(index + 1, &mut open);
            }
            if y > 0 {
                visit(index - width, &mut open);
            }
            if y + 1 < height {
                visit(index + width, &mut open);
            }
        }
        self.with(|index| !outside[index])
    }

    /// How far each pixel of the mask is from the nearest one outside of it, in pixels (a chamfer distance, up to 8 %
    /// too long between the axes and diagonals); 0 for the others. Beyond the raster is outside too.
    pub fn depths(&self) -> Vec<f32> {
        let far = |index: usize| if self.set[index] { f32::MAX } else { 0.0 };
        let mut depths: Vec<f32> = (0..self.set.len()).map(far).collect();
        spread(&mut depths, self.width, self.height, 1.0);
        depths
    }

    /// How far each pixel is from the nearest of the mask, in pixels; 0 for those.
    pub fn distances(&self) -> Vec<f32> {
        let far = |index: usize| if self.set[index] { 0.0 } else { f32::MAX };
        let mut distances: Vec<f32> = (0..self.set.len()).map(far).collect();
        spread(&mut distances, self.width, self.height, f32::MAX);
        distances
    }

    /// The pixels that are more than `depth` away from any outside of the mask.
    pub fn eroded(&self, depth: f32) -> Self {
        let depths = self.depths();
        self.with(|index| depths[index] > depth)
    }
}

/// Lowers distances to those of the neighbours and one step, forwards and backwards (Borgefors 1986). `beyond` is what a
/// pixel on the raster's edge is away from outside.
fn spread(distances: &mut [f32], width: usize, height: usize, beyond: f32) {
    const DIAGONAL: f32 = std::f32::consts::SQRT_2;
    let lowered = |distances: &[f32], x: usize, y: usize, is_back: bool| -> f32 {
        let index = y * width + x;
        let mut least = distances[index];
        if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
            least = least.min(beyond);
        }
        let mut see = |neighbour: usize, step: f32| least = least.min(distances[neighbour] + step);
        if is_back {
            if x + 1 < width {
                see(index + 1, 1.0);
            }
            if y + 1 < height {
                see(index + width, 1.0);
                if x > 0 {
                    see(index + width - 1, DIAGONAL);
                }
                if x + 1 < width {
                    see(index + width + 1, DIAGONAL);
                }
            }
        } else {
            if x > 0 {
                see(index - 1, 1.0);
            }
            if y > 0 {
                see(index - width, 1.0);
                if x > 0 {
                    see(index - width - 1, DIAGONAL);
                }
                if x + 1 < width {
                    see(index - width + 1, DIAGONAL);
                }
            }
        }
        least
    };
    for y in 0..height {
        for x in 0..width {
            distances[y * width + x] = lowered(distances, x, y, false);
        }
    }
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            distances[y * width + x] = lowered(distances, x, y, true);
        }
    }
}

/// A connected part of a mask (8 neighbours).
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What its pixels have in the labels.
    pub label: u32,
    /// Its bounding box.
    pub area: Area,
    /// Its pixels.
    pub pixels: usize,
}

/// The connected parts of a mask, and the label of each pixel's part (0 outside of the mask).
pub(super) fn parts(mask: &Mask) -> (Vec<Part>, Vec<u32>) {
    let (width, height) = (mask.width, mask.height);
    let mut labels = vec![0_u32; mask.set.len()];
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..mask.set.len() {
        if !mask.set[start] || labels[start] != 0 {
            continue;
        }
        let label = found.len() as u32 + 1;
        let mut part = Part {
            label,
            area: Area {
                x0: start % width,
                x1: start % width + 1,
                y0: start / width,
                y1: start / width + 1,
            },
            pixels: 0,
        };
        labels[start] = label;
        open.push(start);
        while let Some(index) = open.pop() {
            let (x, y) = (index % width, index / width);
            part.pixels += 1;
            part.area = part.area.with(&Area {
                x0: x,
                x1: x + 1,
                y0: y,
                y1: y + 1,
            });
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let neighbour = row * width + column;
                    if mask.set[neighbour] && labels[neighbour] == 0 {
                        labels[neighbour] = label;
                        open.push(neighbour);
                    }
                }
            }
        }
        found.push(part);
    }
    (found, labels)
}

/// The largest value of each label among `count` parts.
pub(super) fn peaks(values: &[f32], labels: &[u32], count: usize) -> Vec<f32> {
    let mut peaks = vec![0.0_f32; count];
    for (&value, &label) in values.iter().zip(labels) {
        if let Some(peak) = (label as usize)
            .checked_sub(1)
            .and_then(|i| peaks.get_mut(i))
        {
            *peak = peak.max(value);
        }
    }
    peaks
}

/// Columns as rows.
pub(super) fn transposed<T: Copy>(values: &[T], width: usize, height: usize) -> Vec<T> {
    let mut turned = Vec::with_capacity(values.len());
    for x in 0..width {
        turned.extend((0..height).map(|y| values[y * width + x]));
    }
    turned
}

/// The values in an area.
pub(super) fn cropped<T: Copy>(values: &[T], width: usize, area: &Area) -> Vec<T> {
    let mut inside = Vec::with_capacity(area.width() * area.height());
    for y in area.y0..area.y1 {
        inside.extend_from_slice(&values[y * width + area.x0..y * width + area.x1]);
    }
    inside
}

/// The sum over the square of `radius` pixels to each side; what lies beyond the raster is 0.
pub(super) fn box_sums(values: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let rows = row_sums(values, width, radius);
    let columns = row_sums(&transposed(&rows, width, height), height, radius);
    transposed(&columns, height, width)
}

fn row_sums(values: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let mut sums = Vec::with_capacity(values.len());
    // In f64: a difference of long sums keeps seven digits.
    let mut upto = vec![0.0_f64; width + 1];
    for row in values.chunks_exact(width.max(1)) {
        let mut sum = 0.0;
        for (place, &value) in upto[1..].iter_mut().zip(row) {
            sum += f64::from(value);
            *place = sum;
        }
        sums.extend((0..width).map(|x| {
            let end = (x + radius + 1).min(width);
            (upto[end] - upto[x.saturating_sub(radius)]) as f32
        }));
    }
    sums
}

/// The mean over the square of `radius` pixels to each side, of those within the mask; 0 where there are none.
pub(super) fn masked_means(values: &[f32], mask: &Mask, radius: usize) -> Vec<f32> {
    let weights: Vec<f32> = mask
        .set
        .iter()
        .map(|&set| f32::from(u8::from(set)))
        .collect();
    let weighted: Vec<f32> = values.iter().zip(&weights).map(|(v, w)| v * w).collect();
    let sums = box_sums(&weighted, mask.width, mask.height, radius);
    let weights = box_sums(&weights, mask.width, mask.height, radius);
    let mean = |(sum, weight): (&f32, &f32)| if *weight > 0.5 { sum / weight } else { 0.0 };
    sums.iter().zip(&weights).map(mean).collect()
}

/// The extreme (`f32::max` or `f32::min`) over the square of `radius` pixels to each side.
pub(super) fn extremes(
    values: &[f32],
    width: usize,
    height: usize,
    radius: usize,
    extreme: fn(f32, f32) -> f32,
) -> Vec<f32> {
    let rows = row_extremes(values, width, radius, extreme);
    let columns = row_extremes(&transposed(&rows, width, height), height, radius, extreme);
    transposed(&columns, height, width)
}

/// Along rows, by windows that double in length: as many steps a value as the radius has binary digits.
fn row_extremes(
    values: &[f32],
    width: usize,
    radius: usize,
    extreme: fn(f32, f32) -> f32,
) -> Vec<f32> {
    // The neutral value of the extreme: the larger of it and 0 is 0 for the maximum only where it is −∞.
    let neutral = if extreme(f32::NEG_INFINITY, 0.0) == 0.0 {
        f32::NEG_INFINITY
    } else {
        f32::INFINITY
    };
    let window = 2 * radius + 1;
    let mut found = Vec::with_capacity(values.len());
    let mut line = vec![neutral; width + 2 * radius];
    for row in values.chunks_exact(width.max(1)) {
        line.fill(neutral);
        line[radius..radius + width].copy_from_slice(row);
        let mut covered = 1;
        while 2 * covered <= window {
            for index in 0..line.len() - covered {
                line[index] = extreme(line[index], line[index + covered]);
            }
            covered *= 2;
        }
        let rest = window - covered;
        found.extend((0..width).map(|x| extreme(line[x], line[x + rest])));
    }
    found
}

/// The median of each pixel and its eight neighbours; the edge is repeated beyond itself.
pub(super) fn median(values: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut medians = Vec::with_capacity(values.len());
    for y in 0..height {
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        for x in 0..width {
            let columns = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
            let mut near = [0.0_f32; 9];
            for (index, value) in near.iter_mut().enumerate() {
                *value = values[rows[index / 3] * width + columns[index % 3]];
            }
            let (_, &mut middle, _) = near.select_nth_unstable_by(4, f32::total_cmp);
            medians.push(middle);
        }
    }
    medians
}

/// The value below which `share` of 0..=1 of all values lie; 0 without any.
pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let place = ((values.len() - 1) as f32 * share).round() as usize;
    let place = place.min(values.len() - 1);
    let (_, &mut value, _) = values.select_nth_unstable_by(place, f32::total_cmp);
    value
}

/// The threshold that divides values of 0..=1 into the two classes that are farthest apart (Otsu 1979).
pub(super) fn two_classes(values: &[f32]) -> f32 {
    const BINS: usize = 128;
    let mut counts = [0_u32; BINS];
    for value in values {
        let bin = (value * BINS as f32) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let middle = |bin: usize| (bin as f64 + 0.5) / BINS as f64;
    let total = values.len().max(1) as f64;
    let share = |count: u32| f64::from(count) / total;
    let mean: f64 = counts
        .iter()
        .enumerate()
        .map(|(bin, &n)| share(n) * middle(bin))
        .sum();
    let (mut weight, mut moment) = (0.0, 0.0);
    let (mut best, mut threshold) = (0.0, 0.5);
    for (bin, &count) in counts.iter().enumerate() {
        weight += share(count);
        moment += share(count) * middle(bin);
        let spread = weight * (1.0 - weight);
        if spread > 1e-9 {
            let between = (mean * weight - moment).powi(2) / spread;
            if between > best {
                best = between;
                threshold = (bin + 1) as f32 / BINS as f32;
            }
        }
    }
    threshold
}

/// Which of `source` equal parts of a line the part `index` of `target` equal parts overlaps, and the share of each in
/// it. The shares add up to 1.
pub(super) fn overlaps(index: usize, target: usize, source: usize) -> Vec<(usize, f32)> {
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

/// An area scaled to `width` × `height` pixels, each the mean of what it covers. The mean over a rectangle is separable:
/// first along the rows, then down the columns.
pub(super) fn resized(
    source: &[f32],
    source_width: usize,
    area: &Area,
    [width, height]: [usize; 2],
) -> Vec<f32> {
    let columns: Vec<Vec<(usize, f32)>> = (0..width)
        .map(|x| overlaps(x, width, area.width()))
        .collect();
    let mut narrow = Vec::with_capacity(width * area.height());
    for y in area.y0..area.y1 {
        let start = y * source_width + area.x0;
        let row = &source[start..start + area.width()];
        narrow.extend(
            columns
                .iter()
                .map(|column| column.iter().map(|&(x, share)| share * row[x]).sum::<f32>()),
        );
    }
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        let rows = overlaps(y, height, area.height());
        for x in 0..width {
            values.push(
                rows.iter()
                    .map(|&(row, share)| share * narrow[row * width + x])
                    .sum::<f32>(),
            );
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(rows: &[&str]) -> Mask {
        Mask {
            width: rows[0].len(),
            height: rows.len(),
            set: rows.concat().bytes().map(|byte| byte == b'#').collect(),
        }
    }

    #[test]
    fn parts_are_connected_by_corners_too() {
        let (found, labels) = parts(&mask(&["#..#", ".#..", "...#"]));
        let pixels: Vec<usize> = found.iter().map(|part| part.pixels).collect();
        assert_eq!(pixels, [2, 1, 1]);
        assert_eq!(labels[0], labels[5]);
        assert_eq!(found[0].area.size(), 2);
    }

    #[test]
    fn a_ring_is_filled_and_a_bay_is_not() {
        let filled = mask(&["###..", "#.#.#", "###.#", "..###"]).filled();
        assert_eq!(filled, mask(&["###..", "###.#", "###.#", "..###"]));
    }

    #[test]
    fn depths_grow_inwards() {
        let depths = Mask::full(5, 5).depths();
        assert_eq!((depths[0], depths[6], depths[12]), (1.0, 2.0, 3.0));
        let distances = mask(&["#...", "....", "...."]).distances();
        assert_eq!(distances[3], 3.0);
        assert!((distances[5] - std::f32::consts::SQRT_2).abs() < 1e-6);
    }

    #[test]
    fn two_classes_are_divided_between_them() {
        let threshold = two_classes(&[0.1, 0.12, 0.1, 0.8, 0.82]);
        assert!(threshold > 0.12 && threshold < 0.8, "{threshold}");
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
        fn extremes_and_sums_are_those_of_the_square(
            (width, height, values) in (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
                let values = prop::collection::vec(0.0_f32..1.0, width * height);
                (Just(width), Just(height), values)
            }),
            radius in 0_usize..9,
        ) {
            let highest = extremes(&values, width, height, radius, f32::max);
            let lowest = extremes(&values, width, height, radius, f32::min);
            let sums = box_sums(&values, width, height, radius);
            for index in 0..values.len() {
                let (x, y) = (index % width, index / width);
                let near = |place: &usize| {
                    (place % width).abs_diff(x) <= radius && (place / width).abs_diff(y) <= radius
                };
                let square: Vec<f32> =
                    (0..values.len()).filter(near).map(|place| values[place]).collect();
                prop_assert_eq!(highest[index], square.iter().copied().fold(0.0, f32::max));
                prop_assert_eq!(lowest[index], square.iter().copied().fold(2.0, f32::min));
                prop_assert!((sums[index] - square.iter().sum::<f32>()).abs() < 1e-3);
            }
        }
    }
}

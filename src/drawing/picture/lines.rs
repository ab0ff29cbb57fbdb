//! Lines that are no digit: rules, squared paper, frames and axes. They are straight, thinner than 2 % of the picture,
//! and longer than any stroke of the digit beside them.

use super::plane::{Area, Mask, parts};

/// A line is at most this part of the picture's longer side thick.
const THICKEST: f32 = 0.022;

/// A line is at least this part of the picture's width (or height) long.
const SHORTEST: f32 = 0.35;

/// Slopes that are tried, to both sides, and the step between them: 0.35 is 19°.
const SLOPES: i32 = 70;
const SLOPE_STEP: f32 = 0.005;

/// The most lines sought in each direction; narrow squares on a whole page have fewer.
const MOST_LINES: usize = 80;

/// What is left without lines.
pub(super) enum Rest {
    /// The mask without their pixels.
    Mask(Mask),
    /// There were lines across the picture and nothing else.
    OnlyLines,
}

/// The mask without frames and axes that stand around something, and what stands outside of those (the numbers of axes).
pub(super) fn without_frames(mask: &Mask) -> Mask {
    let (found, labels) = parts(mask);
    let mut is_dropped = vec![false; found.len() + 1];
    let longer = mask.width.max(mask.height) as f32;
    for frame in &found {
        let area = frame.area;
        let shorter = area.width().min(area.height());
        let is_filled = frame.pixels as f32 > 0.3 * (area.width() * area.height()) as f32;
        if (shorter as f32) < 0.1 * longer || is_filled {
            continue;
        }
        let has_content = found.iter().any(|part| {
            area.surrounds(&part.area) && part.area.size() as f32 >= 0.2 * shorter as f32
        });
        if !has_content || !lies_along_sides(mask, &labels, frame.label, &area) {
            continue;
        }
        is_dropped[frame.label as usize] = true;
        for part in &found {
            let is_apart =
                part.area.shared_columns(&area) <= 0.0 || part.area.shared_rows(&area) <= 0.0;
            if is_apart {
                is_dropped[part.label as usize] = true;
            }
        }
    }
    mask.with(|index| mask.set[index] && !is_dropped[labels[index] as usize])
}

/// Whether nearly all of a part lies along the sides of its bounding box, and two sides that meet are there throughout.
fn lies_along_sides(mask: &Mask, labels: &[u32], label: u32, area: &Area) -> bool {
    let (width, height) = (area.width(), area.height());
    let band = ((0.08 * width.min(height) as f32) as usize).max(2);
    if width <= 2 * band || height <= 2 * band {
        return false;
    }
    let (mut pixels, mut in_core) = (0_usize, 0_usize);
    let mut columns = [vec![false; width], vec![false; width]];
    let mut rows = [vec![false; height], vec![false; height]];
    for y in 0..height {
        for x in 0..width {
            if labels[(area.y0 + y) * mask.width + area.x0 + x] != label {
                continue;
            }
            pixels += 1;
            let (top, bottom) = (y < band, y + band >= height);
            let (left, right) = (x < band, x + band >= width);
            if !(top || bottom || left || right) {
                in_core += 1;
            }
            columns[0][x] |= top;
            columns[1][x] |= bottom;
            rows[0][y] |= left;
            rows[1][y] |= right;
        }
    }
    let is_throughout = |side: &Vec<bool>| {
        side.iter().filter(|&&set| set).count() as f32 >= 0.9 * side.len() as f32
    };
    in_core * 10 <= pixels && columns.iter().any(is_throughout) && rows.iter().any(is_throughout)
}

/// A straight thin line, in the mask's coordinates or, where it is upright, in those of the transposed mask.
struct Line {
    /// The first and the last place along it.
    start: usize,
    end: usize,
    /// Where it is across, for each place from `start` on.
    across: Vec<f32>,
    /// Whether it reaches the picture's sides at its start and at its end.
    reaches: [bool; 2],
    /// Its pixels' indices in the mask; those of strokes that cross it are not among them.
    pixels: Vec<usize>,
}

impl Line {
    fn length(&self) -> usize {
        self.end - self.start + 1
    }

    /// Where it is across at a place along it, up to `tolerance` beyond its ends.
    fn across_at(&self, along: f32, tolerance: f32) -> Option<f32> {
        let near = along >= self.start as f32 - tolerance && along <= self.end as f32 + tolerance;
        let place = (along - self.start as f32).clamp(0.0, (self.across.len() - 1) as f32);
        near.then(|| self.across[place as usize])
    }
}

/// The mask without straight thin lines: those from side to side of the picture, those that end at other lines, and those
/// much longer than the rest is large. A digit of straight strokes alone stays as it is.
pub(super) fn without_lines(mask: &Mask) -> Rest {
    let level = lines(mask, false);
    let mut rest = mask.clone();
    remove(&mut rest, &level);
    // The crossings of squared paper are still there, as parts of the upright lines.
    let upright = lines(&rest.transposed(), true);
    remove(&mut rest, &upright);
    if level.is_empty() && upright.is_empty() {
        return Rest::Mask(rest);
    }
    let (found, _) = parts(&rest);
    let least = (mask.set.len() / 12_500).max(6);
    let largest = found.iter().max_by_key(|part| part.pixels);
    let Some(largest) = largest.filter(|part| part.pixels >= least) else {
        let across = level.iter().chain(&upright);
        let across = across.filter(|line| line.reaches == [true, true]).count();
        // One alone may be a 1 in a picture cut close.
        return if across >= 2 {
            Rest::OnlyLines
        } else {
            Rest::Mask(mask.clone())
        };
    };
    let size = largest.area.size() as f32;
    let tolerance = (0.02 * mask.width.max(mask.height) as f32).max(4.0);
    let is_foreign = |line: &Line, others: &[Line]| {
        let ends = [
            (line.start as f32, line.across.first()),
            (line.end as f32, line.across.last()),
        ];
        let meets = ends.map(|(along, across)| {
            across.is_some_and(|&across| {
                others.iter().any(|other| {
                    let crossing = other.across_at(across, tolerance);
                    crossing.is_some_and(|place| (place - along).abs() <= tolerance)
                })
            })
        });
        let held = [0, 1].map(|end| line.reaches[end] || meets[end]);
        let length = line.length() as f32;
        held == [true, true]
            || length >= 1.6 * size
            || (held.contains(&true) && length >= 1.25 * size)
    };
    let mut rest = mask.clone();
    for (lines, others) in [(&level, &upright), (&upright, &level)] {
        for line in lines.iter().filter(|line| is_foreign(line, others)) {
            for &index in &line.pixels {
                rest.set[index] = false;
            }
        }
    }
    Rest::Mask(rest)
}

fn remove(mask: &mut Mask, lines: &[Line]) {
    for &index in lines.iter().flat_map(|line| &line.pixels) {
        mask.set[index] = false;
    }
}

/// For each pixel of the mask the length of the run down its column that it is in; 0 for the others.
fn column_runs(mask: &Mask) -> Vec<u32> {
    let (width, height) = (mask.width, mask.height);
    let mut runs = vec![0; mask.set.len()];
    for x in 0..width {
        let mut y = 0;
        while y < height {
            let start = y;
            while y < height && mask.set[y * width + x] {
                y += 1;
            }
            for row in start..y {
                runs[row * width + x] = (y - start) as u32;
            }
            y += 1;
        }
    }
    runs
}

/// How often each slope and place has a pixel: a Hough transform over nearly level lines.
struct Votes {
    counts: Vec<i32>,
    /// Places of a slope: three times the height, for lines that leave the picture above or below.
    places: usize,
    height: usize,
    middle: f32,
}

impl Votes {
    fn new(mask: &Mask) -> Self {
        let places = 3 * mask.height;
        Self {
            counts: vec![0; (2 * SLOPES + 1) as usize * places],
            places,
            height: mask.height,
            middle: mask.width as f32 / 2.0,
        }
    }

    fn slope(index: usize) -> f32 {
        (index as f32 - SLOPES as f32) * SLOPE_STEP
    }

    /// Adds `vote` to all lines through a pixel.
    fn cast(&mut self, x: usize, y: usize, vote: i32) {
        let places = self.places;
        for (index, counts) in self.counts.chunks_exact_mut(places).enumerate() {
            let level = y as f32 - Self::slope(index) * (x as f32 - self.middle);
            let place = (level + 0.5).floor() + self.height as f32;
            counts[(place.max(0.0) as usize).min(places - 1)] += vote;
        }
    }

    /// The line with the most pixels: its index, its votes, its slope, and where it is in the middle column.
    fn best(&self) -> (usize, i32, f32, f32) {
        let mut best = (0, i32::MIN);
        for (index, &count) in self.counts.iter().enumerate() {
            if count > best.1 {
                best = (index, count);
            }
        }
        let slope = Self::slope(best.0 / self.places);
        let level = (best.0 % self.places) as f32 - self.height as f32;
        (best.0, best.1, slope, level)
    }
}

/// The nearly level lines of a mask.
fn lines(mask: &Mask, is_upright: bool) -> Vec<Line> {
    let (width, height) = (mask.width, mask.height);
    let runs = column_runs(mask);
    let thickest = (THICKEST * width.max(height) as f32).max(4.0) as u32;
    let mut thin = mask.with(|index| mask.set[index] && runs[index] <= thickest);
    let least = SHORTEST * width as f32;
    let mut found = Vec::new();
    if (thin.count() as f32) < least || width < 2 {
        return found;
    }
    let mut votes = Votes::new(mask);
    for (index, _) in thin.set.iter().enumerate().filter(|(_, set)| **set) {
        votes.cast(index % width, index / width, 1);
    }
    for _ in 0..MOST_LINES {
        let (best, count, slope, level) = votes.best();
        if (count as f32) < 0.4 * least {
            break;
        }
        let course = follow(mask, &thin, slope, level);
        if course.iter().all(|place| !matches!(place, Place::On(_))) {
            votes.counts[best] = 0;
            continue;
        }
        if let Some(line) = longest_stretch(mask, &runs, &course, is_upright) {
            found.push(line);
        }
        // Whatever it is, its pixels vote for no other.
        for (x, place) in course.iter().enumerate() {
            if let Place::On(y) = place {
                for row in run_around(&thin, x, *y) {
                    thin.set[row * width + x] = false;
                    votes.cast(x, row, -1);
                }
            }
        }
    }
    found
}

/// What a line passes at a column.
enum Place {
    /// Its own pixel, in this row.
    On(usize),
    /// Thicker ink, which may hide it.
    Under,
    /// Paper.
    Off,
}

/// What a line passes at each column. It may bend, as a page does.
fn follow(mask: &Mask, thin: &Mask, slope: f32, level: f32) -> Vec<Place> {
    let (width, height) = (mask.width, mask.height);
    let middle = width as f32 / 2.0;
    let mut bend = 0.0_f32;
    (0..width)
        .map(|x| {
            let expected = level + slope * (x as f32 - middle) + bend;
            let nearest = (expected + 0.5).floor();
            let row = |offset: f32| {
                let row = nearest + offset;
                (row >= 0.0 && row < height as f32).then_some(row as usize)
            };
            let hit = [0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0]
                .into_iter()
                .filter_map(row)
                .find(|y| thin.set[y * width + x]);
            if let Some(y) = hit {
                bend += 0.1 * (y as f32 - expected).clamp(-1.0, 1.0);
                Place::On(y)
            } else if row(0.0).is_some_and(|y| mask.set[y * width + x]) {
                Place::Under
            } else {
                Place::Off
            }
        })
        .collect()
}

/// The rows of the run of set pixels down a column around a row.
fn run_around(mask: &Mask, x: usize, y: usize) -> std::ops::Range<usize> {
    let is_set = |row: usize| mask.set[row * mask.width + x];
    let (mut start, mut end) = (y, y);
    while start > 0 && is_set(start - 1) {
        start -= 1;
    }
    while end < mask.height && is_set(end) {
        end += 1;
    }
    start..end
}

/// The longest stretch of a course without a gap of paper, where it is long enough for a line.
fn longest_stretch(mask: &Mask, runs: &[u32], course: &[Place], is_upright: bool) -> Option<Line> {
    let width = mask.width;
    let most_gap = ((0.06 * width as f32) as usize).max(4);
    // Stretches as their first and last column and their own pixels.
    let mut stretches: Vec<(usize, usize, usize)> = Vec::new();
    let mut gap = 0;
    for (x, place) in course.iter().enumerate() {
        match place {
            Place::On(_) => {
                match stretches.last_mut().filter(|_| gap <= most_gap) {
                    Some(stretch) => *stretch = (stretch.0, x, stretch.2 + 1),
                    None => stretches.push((x, x, 1)),
                }
                gap = 0;
            }
            Place::Under => {}
            Place::Off => gap += 1,
        }
    }
    let &(start, end, hits) = stretches.iter().max_by_key(|(start, end, _)| end - start)?;
    let length = end - start + 1;
    if (length as f32) < SHORTEST * width as f32 || 2 * hits < length {
        return None;
    }
    let on: Vec<(usize, usize)> = (start..=end)
        .filter_map(|x| match course.get(x) {
            Some(Place::On(y)) => Some((x, *y)),
            _ => None,
        })
        .collect();
    let mut thicknesses: Vec<u32> = on.iter().map(|(x, y)| runs[y * width + x]).collect();
    thicknesses.sort_unstable();
    let thickness = thicknesses[thicknesses.len() / 2] as f32;
    let across = interpolated(&on, start, end);
    let mut pixels = Vec::new();
    // A line's ends are fainter, so that its last pixels may not have voted.
    for x in start.saturating_sub(2)..(end + 3).min(width) {
        let Some(row) = across.get(x.clamp(start, end) - start) else {
            continue;
        };
        let row = row.round();
        let candidates = [0.0, -1.0, 1.0, -2.0, 2.0].map(|offset| row + offset);
        let hit = candidates
            .into_iter()
            .filter(|row| *row >= 0.0 && *row < mask.height as f32)
            .map(|row| row as usize)
            .find(|y| mask.set[y * width + x]);
        // Where the run is longer, a stroke crosses; it keeps its pixels.
        if let Some(y) = hit.filter(|y| runs[y * width + x] as f32 <= 1.6 * thickness + 1.0) {
            pixels.extend(run_around(mask, x, y).map(|row| {
                if is_upright {
                    x * mask.height + row
                } else {
                    row * width + x
                }
            }));
        }
    }
    let near_side = 0.03 * width as f32;
    Some(Line {
        start,
        end,
        across,
        reaches: [
            start as f32 <= near_side,
            (width - 1 - end) as f32 <= near_side,
        ],
        pixels,
    })
}

/// The rows at all columns from `start` to `end`, between the known ones along straight lines.
fn interpolated(known: &[(usize, usize)], start: usize, end: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(end - start + 1);
    for pair in known.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let step = (y1 as f32 - y0 as f32) / (x1 - x0) as f32;
        rows.extend((x0..x1).map(|x| y0 as f32 + step * (x - x0) as f32));
    }
    rows.extend(known.last().map(|&(_, y)| y as f32));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring of ink, 8 pixels thick, with lines of 2 pixels that `is_line` says.
    fn page(is_line: impl Fn(usize, usize) -> bool) -> Mask {
        Mask::full(300, 240).with(|index| {
            let (x, y) = (index % 300, index / 300);
            let radius = (x as f32 - 150.0).hypot(y as f32 - 120.0);
            (36.0..44.0).contains(&radius) || is_line(x, y)
        })
    }

    fn rest(mask: &Mask) -> Option<Mask> {
        match without_lines(&without_frames(mask)) {
            Rest::Mask(rest) => Some(rest),
            Rest::OnlyLines => None,
        }
    }

    /// Checks that next to nothing but the ring is left, and that next to all of it is.
    fn assert_ring(found: &Mask) {
        let ring = page(|_, _| false);
        let missing = (0..ring.set.len()).filter(|&i| ring.set[i] && !found.set[i]);
        assert!(missing.count() < ring.count() / 20);
        let (parts, _) = parts(found);
        let largest = parts.iter().max_by_key(|part| part.pixels).expect("a ring");
        assert!(largest.area.size() < 110, "{:?}", largest.area);
    }

    #[test]
    fn rules_squares_frames_and_axes_go() {
        let rules = page(|_, y| y % 24 < 2);
        assert_ring(&rest(&rules).expect("a ring"));
        let squares = page(|x, y| x % 20 < 2 || y % 20 < 2);
        assert_ring(&rest(&squares).expect("a ring"));
        let slanted = page(|x, y| (y + x / 12) % 24 < 2);
        assert_ring(&rest(&slanted).expect("a ring"));
        let inside = |x: usize, y: usize| (60..240).contains(&x) && (40..200).contains(&y);
        let core = |x: usize, y: usize| (62..238).contains(&x) && (42..198).contains(&y);
        let frame = page(|x, y| inside(x, y) && !core(x, y));
        assert_ring(&rest(&frame).expect("a ring"));
        let axes = page(|x, y| inside(x, y) && (x < 62 || y >= 198));
        assert_ring(&rest(&axes).expect("a ring"));
    }

    #[test]
    fn lines_alone_are_named_and_straight_digits_stay() {
        let rules = Mask::full(300, 240).with(|index| index / 300 % 24 < 2);
        assert_eq!(rest(&rules), None);
        let one = Mask::full(300, 240).with(|index| {
            let (x, y) = (index % 300, index / 300);
            (150..153).contains(&x) && (40..200).contains(&y)
        });
        assert_eq!(rest(&one), Some(one.clone()));
    }
}

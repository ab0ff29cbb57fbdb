//! Strokes to the 28×28 image, fast enough for every frame while the pen moves.
//!
//! Conventions: pixel i covers i..i+1, so the frame is 0..28 on both axes and its middle is at (14, 14). Strokes are
//! polylines with round caps and joins, painted in order. They are sampled four times per pixel along each axis, with
//! soft edges one sample wide, and each pixel is the mean of its 16 samples.
//!
//! [`Preparation::Prepared`] does to the strokes what was done to MNIST's digits (Y. LeCun, L. Bottou, Y. Bengio and
//! P. Haffner, "Gradient-based learning applied to document recognition", 1998, section III.A): the ink is scaled to
//! fit a box of 20×20 pixels with its aspect ratio kept, and its centre of mass is moved to the middle of the frame.
//! Since strokes are vectors they are painted anew at that scale, with a pen as wide as MNIST's digits have.

use serde::{Deserialize, Serialize};

use crate::image28::{Image28, PIXELS, SIDE};
use crate::strokes::{PAD_SIZE, Point, Sheet, Stroke, Tool};

/// Samples per pixel along each axis.
const OVERSAMPLING: usize = 4;

/// Samples along each side of the frame.
const FINE: usize = SIDE * OVERSAMPLING;

/// The frame's middle, in pixels.
const MIDDLE: f32 = SIDE as f32 / 2.0;

/// The longer side of a prepared digit, in pixels (LeCun et al. 1998, section III.A).
const BOX_PX: f32 = 20.0;

/// The thinnest pen of a prepared digit, in pixels: the finer strokes of MNIST's digits.
const MIN_PEN_PX: f32 = 1.8;

/// The widest pen of a prepared digit, in pixels: the bolder strokes of MNIST's digits.
const MAX_PEN_PX: f32 = 3.4;

/// The largest scale of a prepared digit, in pixels per pad unit: ten times that of a raw one. It keeps a dot a dot,
/// whatever the hand's tremor, and still lets a digit of 17 units fill the box.
const MAX_SCALE: f32 = 1.0;

/// How far a prepared digit's longer side may be from `BOX_PX`, in pixels. Its measure is good to a sample, so less
/// would be chasing noise.
const SIZE_TOLERANCE_PX: f32 = 0.4;

/// The most corrections of the scale; the first one nearly always suffices.
const MAX_CORRECTIONS: usize = 4;

/// The paper left at the frame's edge when centring would push ink out, in pixels: the soft edge of a stroke.
const MARGIN_PX: f32 = 0.25;

/// Halvings in the search for the scale: a 2⁻²⁴th of `MAX_SCALE`, an `f32`'s own precision.
const BISECTIONS: usize = 24;

/// A point nearer than this to the last one painted is passed over, in samples: it would change nothing visible.
const MIN_STEP: f32 = 0.5;

/// How the strokes become an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preparation {
    /// Scaled to 20×20 pixels and centred by mass, as MNIST's digits are.
    #[default]
    Prepared,
    /// The pad as it is, ten units to a pixel.
    Raw,
}

/// The image of the strokes. Without visible ink it is blank. Strokes whose width is not finite and positive, and
/// points that are not finite, are passed over. A raw image shows the pad only, a prepared one all the ink there is.
pub fn rasterise(strokes: &[Stroke], preparation: Preparation) -> Image28 {
    Held::of(strokes, preparation).map_or_else(Image28::blank, |held| held.rasterise(strokes))
}

/// The preparation of one drawing, held for others: what is left of it is painted where it was, as wide as it was.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    view: View,
    pen: Pen,
}

impl Held {
    /// How these strokes are prepared; none where a prepared drawing has no visible ink.
    pub fn of(strokes: &[Stroke], preparation: Preparation) -> Option<Self> {
        match preparation {
            Preparation::Raw => Some(Self {
                view: View::RAW,
                pen: Pen::AsDrawn,
            }),
            Preparation::Prepared => prepared(strokes),
        }
    }

    /// The image of other strokes under this preparation.
    pub fn rasterise(&self, strokes: &[Stroke]) -> Image28 {
        averaged(&paint(strokes, self.view, self.pen))
    }

    /// As how wide a drawn stroke is painted, in pad units.
    pub fn painted_width(&self, stroke: &Stroke) -> f32 {
        let scale = self.view.scale;
        self.pen.width_px(stroke.tool, stroke.width, scale) / scale
    }
}

/// The image of all that lies on the pad. A picture was prepared when it was put there, so it stays where it is, and strokes
/// on it are as they were drawn, whatever the preparation.
pub fn rasterise_sheet(sheet: &Sheet, preparation: Preparation) -> Image28 {
    let Some(picture) = &sheet.picture else {
        return rasterise(&sheet.strokes, preparation);
    };
    let drawn = rasterise(&sheet.strokes, Preparation::Raw);
    let erasers = sheet
        .strokes
        .iter()
        .filter(|stroke| stroke.tool == Tool::Erase);
    let as_ink = |stroke: &Stroke| Stroke {
        tool: Tool::Draw,
        ..stroke.clone()
    };
    let erasers: Vec<Stroke> = erasers.map(as_ink).collect();
    let erased = rasterise(&erasers, Preparation::Raw);
    Image28::from_values(std::array::from_fn(|index| {
        let left = picture.as_slice()[index] * (1.0 - erased.as_slice()[index]);
        left.max(drawn.as_slice()[index])
    }))
}

/// Which part of the pad's plane the frame shows.
#[derive(Clone, Copy, Debug)]
struct View {
    /// Pixels per pad unit.
    scale: f32,
    /// The place, in pad units, that falls on the frame's middle.
    anchor: (f32, f32),
}

impl View {
    /// The whole pad.
    const RAW: Self = Self {
        scale: SIDE as f32 / PAD_SIZE,
        anchor: (PAD_SIZE / 2.0, PAD_SIZE / 2.0),
    };

    /// A point of the pad, in samples from the frame's top left.
    fn to_samples(self, point: &Point) -> (f32, f32) {
        let along = |value: f32, anchor: f32| {
            ((value - anchor) * self.scale + MIDDLE) * OVERSAMPLING as f32
        };
        (along(point.x, self.anchor.0), along(point.y, self.anchor.1))
    }

    /// The same scale, with the frame moved by this many pixels over the pad.
    fn moved(self, dx: f32, dy: f32) -> Self {
        Self {
            scale: self.scale,
            anchor: (
                self.anchor.0 + dx / self.scale,
                self.anchor.1 + dy / self.scale,
            ),
        }
    }

    /// The frame with the middle of `seen` at its own, and the scale times `ratio`, within reason.
    fn around(self, seen: Bounds, ratio: f32) -> Self {
        let (x, y) = seen.centre();
        Self {
            scale: (self.scale * ratio).min(MAX_SCALE),
            ..self.moved(x - MIDDLE, y - MIDDLE)
        }
    }
}

/// How wide strokes are painted.
#[derive(Clone, Copy, Debug)]
enum Pen {
    /// As wide as they were drawn.
    AsDrawn,
    /// Within what MNIST's digits have.
    LikeMnist,
}

impl Pen {
    /// A stroke's width in pixels, at a scale in pixels per pad unit. An eraser only has a least width: were it
    /// narrowed, what it had erased would come back.
    fn width_px(self, tool: Tool, width: f32, scale: f32) -> f32 {
        let scaled = width * scale;
        match (self, tool) {
            (Self::AsDrawn, _) => scaled,
            (Self::LikeMnist, Tool::Draw) => scaled.clamp(MIN_PEN_PX, MAX_PEN_PX),
            (Self::LikeMnist, Tool::Erase) => scaled.max(MIN_PEN_PX),
        }
    }

    /// The part of the ink's size that does not grow with the scale, in pixels.
    fn constant_px(self, extents: &[Extent], scale: f32) -> f32 {
        match self {
            Self::AsDrawn => 0.0,
            Self::LikeMnist => extents
                .iter()
                .map(|extent| self.width_px(Tool::Draw, extent.width, scale))
                .fold(0.0, f32::max),
        }
    }
}

/// A rectangle, its sides parallel to the axes.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    min: (f32, f32),
    max: (f32, f32),
}

impl Bounds {
    /// Holds nothing.
    const EMPTY: Self = Self {
        min: (f32::INFINITY, f32::INFINITY),
        max: (f32::NEG_INFINITY, f32::NEG_INFINITY),
    };

    /// The smallest that holds both.
    fn union(self, other: Self) -> Self {
        Self {
            min: (self.min.0.min(other.min.0), self.min.1.min(other.min.1)),
            max: (self.max.0.max(other.max.0), self.max.1.max(other.max.1)),
        }
    }

    /// The length of the longer side.
    fn longer(self) -> f32 {
        (self.max.0 - self.min.0).max(self.max.1 - self.min.1)
    }

    fn centre(self) -> (f32, f32) {
        (
            0.5 * (self.min.0 + self.max.0),
            0.5 * (self.min.1 + self.max.1),
        )
    }
}

/// Where a drawn stroke's points lie, in pad units, and how wide it is.
#[derive(Clone, Copy, Debug)]
struct Extent {
    points: Bounds,
    width: f32,
}

/// The extents of the strokes that leave ink.
fn ink_extents(strokes: &[Stroke]) -> Vec<Extent> {
    strokes
        .iter()
        .filter(|stroke| stroke.tool == Tool::Draw && has_width(stroke))
        .filter_map(|stroke| {
            stroke
                .points
                .iter()
                .filter(|point| point.x.is_finite() && point.y.is_finite())
                .map(|point| Bounds {
                    min: (point.x, point.y),
                    max: (point.x, point.y),
                })
                .reduce(Bounds::union)
                .map(|points| Extent {
                    points,
                    width: stroke.width,
                })
        })
        .collect()
}

fn has_width(stroke: &Stroke) -> bool {
    stroke.width.is_finite() && stroke.width > 0.0
}

/// The bounds of the ink at a scale, in pixels from where the pad's origin then is.
fn ink_bounds(extents: &[Extent], scale: f32, pen: Pen) -> Bounds {
    extents.iter().fold(Bounds::EMPTY, |bounds, extent| {
        let radius = 0.5 * pen.width_px(Tool::Draw, extent.width, scale);
        let Bounds { min, max } = extent.points;
        bounds.union(Bounds {
            min: (scale * min.0 - radius, scale * min.1 - radius),
            max: (scale * max.0 + radius, scale * max.1 + radius),
        })
    })
}

/// The view in which the ink of these strokes (were nothing erased) has its longer side just `BOX_PX` long, or less at
/// `MAX_SCALE`. The ink grows with the scale, so bisection finds it.
fn fitted(extents: &[Extent], pen: Pen) -> View {
    let fits = |scale: f32| ink_bounds(extents, scale, pen).longer() <= BOX_PX;
    let (mut low, mut high) = (0.0, MAX_SCALE);
    if fits(MAX_SCALE) {
        low = MAX_SCALE;
    } else {
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
    let (x, y) = ink_bounds(extents, low, pen).centre();
    View {
        scale: low,
        anchor: (x / low, y / low),
    }
}

fn prepared(strokes: &[Stroke]) -> Option<Held> {
    let extents = ink_extents(strokes);
    if extents.is_empty() {
        return None;
    }
    if strokes.iter().all(|stroke| stroke.tool == Tool::Draw) {
        let view = fitted(&extents, Pen::LikeMnist);
        return normalised(strokes, &extents, view, Pen::LikeMnist);
    }
    // What the visitor sees decides what there is to scale: the ink at the drawn widths after erasing.
    let view = fitted(&extents, Pen::AsDrawn);
    let seen = visible(&paint(strokes, view, Pen::AsDrawn))?;
    let view = view.around(seen, BOX_PX / seen.longer());
    // A pen made thinner can vanish under an eraser that only took the middle out of a bold stroke; the drawn widths
    // then show what is left.
    normalised(strokes, &extents, view, Pen::LikeMnist)
        .or_else(|| normalised(strokes, &extents, view, Pen::AsDrawn))
}

/// The view of the strokes with the visible ink scaled to the box and centred by mass, beginning with one that shows all
/// of it. None when no ink is visible.
fn normalised(strokes: &[Stroke], extents: &[Extent], mut view: View, pen: Pen) -> Option<Held> {
    let mut fine = paint(strokes, view, pen);
    let mut seen = visible(&fine)?;
    for _ in 0..MAX_CORRECTIONS {
        let Some(better) = corrected(view, seen, pen.constant_px(extents, view.scale)) else {
            break;
        };
        view = better;
        fine = paint(strokes, view, pen);
        seen = visible(&fine)?;
    }
    let (x, y) = centre_of_mass(&fine)?;
    let view = view.moved(
        kept_inside(x - MIDDLE, seen.min.0, seen.max.0),
        kept_inside(y - MIDDLE, seen.min.1, seen.max.1),
    );
    Some(Held { view, pen })
}

/// A view in which the longer side of what is seen comes nearer to `BOX_PX`; None when it is near enough, or the scale
/// is already the largest. `constant_px` of the length do not grow with the scale.
fn corrected(view: View, seen: Bounds, constant_px: f32) -> Option<View> {
    let longer = seen.longer();
    let too_small = longer < BOX_PX;
    if (longer - BOX_PX).abs() <= SIZE_TOLERANCE_PX || (too_small && view.scale >= MAX_SCALE) {
        return None;
    }
    let ratio = (BOX_PX - constant_px) / (longer - constant_px).max(1.0);
    Some(view.around(seen, ratio.clamp(0.25, 4.0)))
}

/// The part of a move of the frame, in pixels along one axis, that leaves the ink at `min`..`max` within it.
fn kept_inside(shift: f32, min: f32, max: f32) -> f32 {
    let (lowest, highest) = (max + MARGIN_PX - SIDE as f32, min - MARGIN_PX);
    if lowest < highest {
        shift.clamp(lowest, highest)
    } else {
        0.0
    }
}

/// Samples from `x0` and `y0` up to but not including `x1` and `y1`.
#[derive(Clone, Copy, Debug)]
struct Window {
    x0: usize,
    x1: usize,
    y0: usize,
    y1: usize,
}

impl Window {
    const EMPTY: Self = Self {
        x0: FINE,
        x1: 0,
        y0: FINE,
        y1: 0,
    };

    /// The samples that a segment can reach.
    fn reached(from: (f32, f32), to: (f32, f32), reach: f32) -> Self {
        let sample = |value: f32| value.clamp(0.0, FINE as f32) as usize;
        Self {
            x0: sample((from.0.min(to.0) - reach).floor()),
            x1: sample((from.0.max(to.0) + reach).ceil()),
            y0: sample((from.1.min(to.1) - reach).floor()),
            y1: sample((from.1.max(to.1) + reach).ceil()),
        }
    }

    fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    fn union(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            x1: self.x1.max(other.x1),
            y0: self.y0.min(other.y0),
            y1: self.y1.max(other.y1),
        }
    }

    /// The indices of the samples in row `y`.
    fn row(self, y: usize) -> std::ops::Range<usize> {
        y * FINE + self.x0..y * FINE + self.x1
    }
}

/// The ink at each sample, 0 to 1, row by row.
fn paint(strokes: &[Stroke], view: View, pen: Pen) -> Vec<f32> {
    let mut ink = vec![0.0_f32; FINE * FINE];
    // A stroke's own coverage is gathered first, so that its overlapping segments do not add up.
    let mut coverage = vec![0.0_f32; FINE * FINE];
    for stroke in strokes.iter().filter(|stroke| has_width(stroke)) {
        let width = pen.width_px(stroke.tool, stroke.width, view.scale);
        let radius = 0.5 * width * OVERSAMPLING as f32;
        let touched = cover_stroke(&mut coverage, &stroke.points, view, radius);
        if touched.is_empty() {
            continue;
        }
        for y in touched.y0..touched.y1 {
            let row = touched.row(y);
            for (ink, covered) in ink[row.clone()].iter_mut().zip(&mut coverage[row]) {
                *ink = match stroke.tool {
                    Tool::Draw => ink.max(*covered),
                    // The covered part of a sample is taken to lie where its ink is, so that erasing along a stroke
                    // leaves no rim of half-covered samples.
                    Tool::Erase => (*ink - *covered).max(0.0),
                };
                *covered = 0.0;
            }
        }
    }
    ink
}

/// Adds a stroke's coverage, the greatest of its segments', and returns the samples that it may have touched. The
/// radius is in samples.
fn cover_stroke(coverage: &mut [f32], points: &[Point], view: View, radius: f32) -> Window {
    let mut touched = Window::EMPTY;
    let mut last: Option<(f32, f32)> = None;
    for (index, point) in points.iter().enumerate() {
        let to = view.to_samples(point);
        if !to.0.is_finite() || !to.1.is_finite() {
            continue;
        }
        let from = last.unwrap_or(to);
        let is_end = index == 0 || index + 1 == points.len();
        if last.is_some() && !is_end && (to.0 - from.0).hypot(to.1 - from.1) < MIN_STEP {
            continue;
        }
        let window = Window::reached(from, to, radius + 0.5);
        if !window.is_empty() {
            cover_segment(coverage, window, from, to, radius);
            touched = touched.union(window);
        }
        last = Some(to);
    }
    touched
}

/// Adds a segment's coverage within `window`: clamp(½ + radius − distance, 0, 1), where the distance is from the
/// sample's centre to the segment. All lengths are in samples. The inner loop has no branches, so that it vectorises;
/// its range has an end because one without would check for an overflow at each step.
fn cover_segment(
    coverage: &mut [f32],
    window: Window,
    from: (f32, f32),
    to: (f32, f32),
    radius: f32,
) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length_squared = dx * dx + dy * dy;
    // A segment without a length is a dot at its start.
    let inverse = if length_squared > 1e-6 {
        1.0 / length_squared
    } else {
        0.0
    };
    let reach = radius + 0.5;
    for y in window.y0..window.y1 {
        let py = y as f32 + 0.5 - from.1;
        for (x, covered) in (window.x0 as i32..window.x1 as i32).zip(&mut coverage[window.row(y)]) {
            let px = x as f32 + 0.5 - from.0;
            let along = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
            let (ex, ey) = (px - along * dx, py - along * dy);
            let distance = (ex * ex + ey * ey).sqrt();
            *covered = covered.max((reach - distance).clamp(0.0, 1.0));
        }
    }
}

/// The bounds, in pixels, of the samples that are more ink than paper; None when there are none.
fn visible(fine: &[f32]) -> Option<Bounds> {
    let mut window = Window::EMPTY;
    for (y, row) in fine.chunks_exact(FINE).enumerate() {
        let is_ink = |&value: &f32| value > 0.5;
        if let (Some(first), Some(last)) =
            (row.iter().position(is_ink), row.iter().rposition(is_ink))
        {
            window = window.union(Window {
                x0: first,
                x1: last + 1,
                y0: y,
                y1: y + 1,
            });
        }
    }
    if window.is_empty() {
        return None;
    }
    let px = |samples: usize| samples as f32 / OVERSAMPLING as f32;
    Some(Bounds {
        min: (px(window.x0), px(window.y0)),
        max: (px(window.x1), px(window.y1)),
    })
}

/// The ink's centre of mass in pixels; None without ink.
fn centre_of_mass(fine: &[f32]) -> Option<(f32, f32)> {
    let (mut mass, mut moment_x, mut moment_y) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (y, row) in fine.chunks_exact(FINE).enumerate() {
        let mut row_mass = 0.0_f32;
        for (x, &value) in row.iter().enumerate() {
            row_mass += value;
            moment_x += value * (x as f32 + 0.5);
        }
        mass += row_mass;
        moment_y += row_mass * (y as f32 + 0.5);
    }
    if mass <= 0.0 {
        return None;
    }
    let samples = mass * OVERSAMPLING as f32;
    Some((moment_x / samples, moment_y / samples))
}

/// Each pixel as the mean of its samples.
fn averaged(fine: &[f32]) -> Image28 {
    let mut values = [0.0_f32; PIXELS];
    for (y, row) in fine.chunks_exact(FINE).enumerate() {
        let start = y / OVERSAMPLING * SIDE;
        let pixels = &mut values[start..start + SIDE];
        for (pixel, samples) in pixels.iter_mut().zip(row.chunks_exact(OVERSAMPLING)) {
            *pixel += samples.iter().sum::<f32>();
        }
    }
    let share = 1.0 / (OVERSAMPLING * OVERSAMPLING) as f32;
    Image28::from_values(values.map(|sum| sum * share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEVEN: [(f32, f32); 3] = [(90.0, 60.0), (190.0, 60.0), (120.0, 220.0)];

    fn stroke(tool: Tool, width: f32, places: &[(f32, f32)]) -> Stroke {
        let points = places
            .iter()
            .map(|&(x, y)| Point { x, y, millis: 0.0 })
            .collect();
        Stroke {
            tool,
            width,
            points,
        }
    }

    fn seven(scale: f32, dx: f32, dy: f32, width: f32) -> Vec<Stroke> {
        let places = SEVEN.map(|(x, y)| (x * scale + dx, y * scale + dy));
        vec![stroke(Tool::Draw, width, &places)]
    }

    fn mean_difference(a: &Image28, b: &Image28) -> f32 {
        let sum: f32 = a
            .as_slice()
            .iter()
            .zip(b.as_slice())
            .map(|(a, b)| (a - b).abs())
            .sum();
        sum / PIXELS as f32
    }

    fn assert_centred(image: &Image28) {
        let (x, y) = image.centre_of_mass().expect("ink");
        assert!(
            (x - 14.0).abs() < 0.15 && (y - 14.0).abs() < 0.15,
            "({x}, {y})"
        );
    }

    /// How many columns and rows hold pixels that are at least a quarter ink.
    fn extent(image: &Image28) -> (usize, usize) {
        let has_ink = |x: usize, y: usize| image.get(x, y) >= 0.25;
        let columns = (0..SIDE).filter(|&x| (0..SIDE).any(|y| has_ink(x, y)));
        let rows = (0..SIDE).filter(|&y| (0..SIDE).any(|x| has_ink(x, y)));
        (columns.count(), rows.count())
    }

    #[test]
    fn without_ink_the_image_is_blank() {
        let eraser = stroke(Tool::Erase, 20.0, &SEVEN);
        let empty = stroke(Tool::Draw, 20.0, &[]);
        let faulty = stroke(Tool::Draw, f32::NAN, &SEVEN);
        let mut erased = seven(1.0, 0.0, 0.0, 20.0);
        erased.push(eraser.clone());
        for preparation in [Preparation::Raw, Preparation::Prepared] {
            assert!(rasterise(&[], preparation).is_blank());
            assert!(rasterise(std::slice::from_ref(&eraser), preparation).is_blank());
            assert!(rasterise(std::slice::from_ref(&empty), preparation).is_blank());
            assert!(rasterise(std::slice::from_ref(&faulty), preparation).is_blank());
            assert!(rasterise(&erased, preparation).is_blank());
        }
    }

    #[test]
    fn a_raw_stroke_lies_where_it_was_drawn() {
        let line = stroke(Tool::Draw, 20.0, &[(100.0, 145.0), (200.0, 145.0)]);
        let image = rasterise(&[line], Preparation::Raw);
        assert_eq!(image.get(15, 14), 1.0);
        assert!((image.get(15, 13) - 0.5).abs() < 1e-3);
        assert!((image.get(15, 15) - 0.5).abs() < 1e-3);
        assert_eq!(image.get(15, 12), 0.0);
        assert_eq!(image.get(8, 14), 0.0);
        assert_eq!(image.get(21, 14), 0.0);
        // The area of a capsule: its rectangle and its two half discs.
        let area: f32 = image.as_slice().iter().sum();
        assert!((area - (20.0 + std::f32::consts::PI)).abs() < 0.1, "{area}");
    }

    #[test]
    fn a_prepared_digit_fits_the_box_and_is_centred() {
        for strokes in [
            seven(1.0, 0.0, 0.0, 20.0),
            seven(0.2, 5.0, 200.0, 20.0),
            seven(1.5, -80.0, -60.0, 6.0),
            seven(1.0, 0.0, 0.0, 44.0),
        ] {
            let image = rasterise(&strokes, Preparation::Prepared);
            assert_centred(&image);
            let (columns, rows) = extent(&image);
            assert!((19..=21).contains(&rows), "{rows} rows");
            assert!(columns < rows, "{columns} columns");
        }
    }

    #[test]
    fn preparation_undoes_place_and_size() {
        let plain = rasterise(&seven(1.0, 0.0, 0.0, 20.0), Preparation::Prepared);
        let moved = rasterise(&seven(1.0, 50.0, -30.0, 20.0), Preparation::Prepared);
        assert!(mean_difference(&plain, &moved) < 0.002);
        let small = rasterise(&seven(0.4, 10.0, 150.0, 8.0), Preparation::Prepared);
        assert!(mean_difference(&plain, &small) < 0.005);
        // The pen keeps its width, so the strokes become bolder or finer, but only within MNIST's range.
        let tiny = rasterise(&seven(0.25, 10.0, 150.0, 20.0), Preparation::Prepared);
        assert!(mean_difference(&plain, &tiny) < 0.1);
        let huge = rasterise(&seven(1.2, -30.0, -20.0, 20.0), Preparation::Prepared);
        assert!(mean_difference(&plain, &huge) < 0.05);
    }

    #[test]
    fn a_held_preparation_leaves_what_is_left_where_it_was() {
        let strokes = [
            stroke(Tool::Draw, 20.0, &SEVEN),
            stroke(Tool::Draw, 20.0, &[(110.0, 140.0), (180.0, 140.0)]),
        ];
        let whole = rasterise(&strokes, Preparation::Prepared);
        let held = Held::of(&strokes, Preparation::Prepared).expect("ink");
        assert_eq!(held.rasterise(&strokes), whole);
        let left = held.rasterise(&strokes[1..]);
        assert!(!left.is_blank());
        let pairs = left.as_slice().iter().zip(whole.as_slice());
        assert!(pairs.into_iter().all(|(left, whole)| left <= whole));
        // Prepared by itself it would fill the box.
        let alone = rasterise(&strokes[1..], Preparation::Prepared);
        assert!(mean_difference(&alone, &left) > 0.02);
        assert!(Held::of(&[], Preparation::Prepared).is_none());
    }

    #[test]
    fn a_dot_stays_a_dot() {
        let image = rasterise(
            &[stroke(Tool::Draw, 20.0, &[(30.0, 250.0)])],
            Preparation::Prepared,
        );
        assert_centred(&image);
        let area: f32 = image.as_slice().iter().sum();
        let expected = std::f32::consts::PI * (MAX_PEN_PX / 2.0).powi(2);
        assert!((area - expected).abs() < 0.3, "{area}");
    }

    #[test]
    fn what_is_erased_no_longer_counts() {
        let upright = [(140.0, 40.0), (140.0, 120.0)];
        let mut strokes = vec![
            stroke(Tool::Draw, 20.0, &upright),
            stroke(Tool::Draw, 20.0, &[(30.0, 250.0), (250.0, 250.0)]),
        ];
        let alone = rasterise(&strokes[..1], Preparation::Prepared);
        strokes.push(stroke(Tool::Erase, 44.0, &[(20.0, 250.0), (260.0, 250.0)]));
        let image = rasterise(&strokes, Preparation::Prepared);
        assert_centred(&image);
        let (columns, rows) = extent(&image);
        assert!((19..=21).contains(&rows) && columns <= 5);
        assert!(mean_difference(&alone, &image) < 0.01);
        let raw = rasterise(&strokes, Preparation::Raw);
        assert_eq!(raw.get(14, 25), 0.0);
        assert!(raw.get(14, 8) > 0.4);
    }

    #[test]
    fn a_bold_stroke_with_a_fine_cut_is_not_lost() {
        let strokes = [
            stroke(Tool::Draw, 44.0, &[(140.0, 140.0)]),
            stroke(Tool::Erase, 20.0, &[(140.0, 140.0)]),
        ];
        let image = rasterise(&strokes, Preparation::Prepared);
        assert!(!image.is_blank());
        assert_eq!(image.get(14, 14), 0.0);
    }

    fn any_stroke() -> impl Strategy<Value = Stroke> {
        let place = (-280.0_f32..560.0, -280.0_f32..560.0);
        (
            any::<bool>(),
            0.1_f32..280.0,
            prop::collection::vec(place, 0..12),
        )
            .prop_map(|(draws, width, places)| {
                let tool = if draws { Tool::Draw } else { Tool::Erase };
                stroke(tool, width, &places)
            })
    }

    proptest! {
        #[test]
        fn every_value_is_in_range(
            strokes in prop::collection::vec(any_stroke(), 0..6),
            odd in any::<[f32; 3]>(),
        ) {
            let mut strokes = strokes;
            for preparation in [Preparation::Raw, Preparation::Prepared] {
                let image = rasterise(&strokes, preparation);
                prop_assert!(image.as_slice().iter().all(|value| (0.0..=1.0).contains(value)));
                // Whatever numbers there are, nothing panics.
                strokes.push(stroke(Tool::Draw, odd[2], &[(odd[0], odd[1]), (1.0, 2.0)]));
                let image = rasterise(&strokes, preparation);
                prop_assert!(image.as_slice().iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }

        #[test]
        fn more_ink_never_makes_a_raw_pixel_paler(
            strokes in prop::collection::vec(any_stroke(), 0..4),
            mut more in any_stroke(),
        ) {
            let before = rasterise(&strokes, Preparation::Raw);
            more.tool = Tool::Draw;
            let mut strokes = strokes;
            strokes.push(more);
            let after = rasterise(&strokes, Preparation::Raw);
            for (before, after) in before.as_slice().iter().zip(after.as_slice()) {
                prop_assert!(after >= before);
            }
        }
    }
}

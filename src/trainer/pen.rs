//! A pen's path from a skeleton: a smooth curve through control points, distorted as hands distort it, sampled as a
//! pen is.
//!
//! A skeleton lies in a box of its own: y runs down from 0 to 1 over the height of a digit, x to the right at the same
//! scale. A control point given twice in a row is a corner; between corners the curve is a centripetal Catmull-Rom
//! spline (Yuksel, Schaefer & Keyser 2011, "Parameterization and Applications of Catmull-Rom Curves"), which makes no
//! cusps and no loops of its own.

use mnistify_drawing::{PAD_SIZE, Point, Stroke, Tool};
use rand::Rng;

/// A place: x to the right, y down.
pub type Spot = [f32; 2];

/// A skeleton's height at size 1, in pad units: with the largest size, 1.2, and the widest pen it still fits the pad.
const HEIGHT: f32 = 180.0;
/// The range of sizes.
const SIZES: [f32; 2] = [0.5, 1.2];
/// The range of pens, in pad units.
const PENS: [f32; 2] = [10.0, 36.0];
/// No pen is wider than this part of the height, or the holes of an 8 would close. MNIST's bolder digits have 3.4 of 20
/// pixels, which is the same (`MAX_PEN_PX` in the drawing crate).
const WIDEST_PEN: f32 = 0.17;
/// How far from the pad's middle a drawing's own may be along each axis, in pad units.
const FARTHEST: f32 = 60.0;
/// Paper left at the pad's edge, in pad units.
const MARGIN: f32 = 2.0;
/// Places on the curve between two control points.
const SAMPLES: usize = 16;
/// The pen's speed where it starts, stops or turns, as a part of its full speed.
const SLOWEST: f32 = 0.3;
/// It is at full speed this far from there, in heights.
const ACCELERATION: f32 = 0.2;
/// The least distance between two points, in pad units; the pad itself drops what is nearer than 0.5.
const LEAST_STEP: f32 = 1.0;
/// Milliseconds between two points: a pen at 125 Hz.
const INTERVAL: f32 = 8.0;
/// Milliseconds in the air between two strokes.
const PAUSE: f32 = 160.0;

/// How one drawing departs from its skeleton. The limits in [`Style::of_height`] keep it legible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// From the top of the skeleton's box to its bottom, in pad units.
    pub height: f32,
    /// Where the drawing's middle is to be, in pad units; it is moved as far as the pad demands.
    pub centre: Spot,
    /// The stroke's width, in pad units.
    pub pen: f32,
    /// How far the top leans to the right, in heights.
    pub slant: f32,
    /// Clockwise, in degrees.
    pub rotation: f32,
    /// Factor on the width.
    pub width: f32,
    /// Largest displacement of a control point along each axis, in heights.
    pub noise: f32,
    /// Amplitude of a slow wave along each stroke, in heights.
    pub wobble: f32,
    /// From one point to the next at full speed, in pad units.
    pub pace: f32,
}

impl Style {
    /// A random style: size 0.5 to 1.2, anywhere on the pad.
    pub fn draw(rng: &mut impl Rng) -> Self {
        let height = HEIGHT * between(rng, SIZES);
        let middle = PAD_SIZE / 2.0;
        let centre = [
            middle + between(rng, [-FARTHEST, FARTHEST]),
            middle + between(rng, [-FARTHEST, FARTHEST]),
        ];
        Self::of_height(height, centre, rng)
    }

    /// A random style of this height (in pad units) at this place.
    pub fn of_height(height: f32, centre: Spot, rng: &mut impl Rng) -> Self {
        let widest = (WIDEST_PEN * height).clamp(PENS[0], PENS[1]);
        Self {
            height,
            centre,
            pen: between(rng, [PENS[0], widest]),
            // People lean their digits to the right more than to the left.
            slant: between(rng, [-0.12, 0.3]),
            rotation: between(rng, [-8.0, 8.0]),
            width: between(rng, [0.82, 1.2]),
            noise: between(rng, [0.0, 0.022]),
            wobble: between(rng, [0.0, 0.012]),
            pace: between(rng, [4.0, (0.1 * height).max(4.0)]),
        }
    }
}

/// The strokes of a skeleton in a style, all of them within the pad, their width included.
pub fn write(skeleton: &[&[Spot]], style: &Style, rng: &mut impl Rng) -> Vec<Stroke> {
    let moved = disturbed(skeleton, style.noise, rng);
    let [low, high] = bounds(skeleton.iter().copied().flatten());
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    // Strokes of pieces between corners.
    let mut strokes: Vec<Vec<Vec<Spot>>> = Vec::with_capacity(moved.len());
    for path in &moved {
        let mut pieces = smooth(path);
        waver(&mut pieces, style.wobble, rng);
        for spot in pieces.iter_mut().flatten() {
            *spot = leaning(*spot, middle, style);
        }
        strokes.push(pieces);
    }
    fit(&mut strokes, style);
    let mut millis = 0.0;
    strokes
        .iter()
        .map(|pieces| {
            let spots = sampled(pieces, style, rng);
            let points = spots.into_iter().map(|[x, y]| {
                millis += INTERVAL;
                Point { x, y, millis }
            });
            let points = points.collect();
            millis += PAUSE;
            Stroke {
                tool: Tool::Draw,
                width: style.pen,
                points,
            }
        })
        .collect()
}

/// The control points, each moved a little. Equal ones move together, so that corners stay corners, loops stay closed
/// and strokes that meet still do.
fn disturbed(skeleton: &[&[Spot]], limit: f32, rng: &mut impl Rng) -> Vec<Vec<Spot>> {
    let mut known: Vec<(Spot, Spot)> = Vec::new();
    let mut moved = |spot: Spot| {
        if let Some((_, place)) = known.iter().find(|(from, _)| *from == spot) {
            return *place;
        }
        let place = [
            spot[0] + between(rng, [-limit, limit]),
            spot[1] + between(rng, [-limit, limit]),
        ];
        known.push((spot, place));
        place
    };
    skeleton
        .iter()
        .map(|path| path.iter().map(|spot| moved(*spot)).collect())
        .collect()
}

/// The curve through control points, in pieces from corner to corner. Each piece includes both of its ends.
pub fn smooth(path: &[Spot]) -> Vec<Vec<Spot>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for end in 1..=path.len() {
        if end == path.len() || path[end] == path[end - 1] {
            pieces.push(spline(&path[start..end]));
            start = end;
        }
    }
    pieces
}

/// Catmull-Rom through the points, which must differ from their neighbours, by Barry & Goldman's pyramid.
fn spline(points: &[Spot]) -> Vec<Spot> {
    let (&[first, ..], &[.., last]) = (points, points) else {
        return Vec::new();
    };
    let mut curve = vec![first];
    for index in 1..points.len() {
        let (from, to) = (points[index - 1], points[index]);
        // Beyond the ends the curve goes on as it began, mirrored.
        let before = match index.checked_sub(2) {
            Some(before) => points[before],
            None => mixed(from, to, -1.0),
        };
        let after = match points.get(index + 1) {
            Some(after) => *after,
            None => mixed(to, from, -1.0),
        };
        let knots = [before, from, to, after];
        let mut times = [0.0f32; 4];
        for knot in 1..4 {
            let gap = distance(knots[knot - 1], knots[knot]).sqrt();
            times[knot] = times[knot - 1] + gap.max(1e-3);
        }
        for sample in 1..=SAMPLES {
            let part = sample as f32 / SAMPLES as f32;
            let time = times[1] + (times[2] - times[1]) * part;
            let mut level = knots;
            for height in 1..4 {
                for knot in 0..4 - height {
                    // The last two levels run between the inner knots.
                    let (left, right) = match height {
                        1 => (knot, knot + 1),
                        2 => (knot, knot + 2),
                        _ => (1, 2),
                    };
                    let share = (time - times[left]) / (times[right] - times[left]);
                    level[knot] = mixed(level[knot], level[knot + 1], share);
                }
            }
            curve.push(level[0]);
        }
    }
    if let Some(end) = curve.last_mut() {
        *end = last;
    }
    curve
}

/// Moves a stroke along a slow wave, with a random phase on each axis and half a period to one and a half.
fn waver(pieces: &mut [Vec<Spot>], amplitude: f32, rng: &mut impl Rng) {
    let count = pieces.iter().map(Vec::len).sum::<usize>().max(2);
    let waves: [[f32; 2]; 2] =
        std::array::from_fn(|_| [between(rng, [0.5, 1.5]), between(rng, [0.0, 1.0])]);
    for (number, spot) in pieces.iter_mut().flatten().enumerate() {
        let along = number as f32 / (count - 1) as f32;
        for (value, [periods, phase]) in spot.iter_mut().zip(waves) {
            *value += amplitude * (std::f32::consts::TAU * (periods * along + phase)).sin();
        }
    }
}

/// A place of the skeleton in pad units about the drawing's middle: stretched, slanted, turned.
fn leaning(spot: Spot, middle: Spot, style: &Style) -> Spot {
    let y = spot[1] - middle[1];
    let x = (spot[0] - middle[0]) * style.width - style.slant * y;
    let (sine, cosine) = style.rotation.to_radians().sin_cos();
    [
        style.height * (cosine * x - sine * y),
        style.height * (sine * x + cosine * y),
    ]
}

/// Puts the drawing where the style wants it, smaller and elsewhere where the pad demands that.
fn fit(strokes: &mut [Vec<Vec<Spot>>], style: &Style) {
    let [low, high] = bounds(strokes.iter().flatten().flatten());
    let border = 0.5 * style.pen + MARGIN;
    let room = PAD_SIZE - 2.0 * border;
    let longer = (high[0] - low[0]).max(high[1] - low[1]);
    let factor = if longer > room { room / longer } else { 1.0 };
    for axis in 0..2 {
        let half = 0.5 * factor * (high[axis] - low[axis]);
        let middle = 0.5 * (low[axis] + high[axis]);
        let (first, last) = (border + half, PAD_SIZE - border - half);
        let target = style.centre[axis].max(first).min(last.max(first));
        for spot in strokes.iter_mut().flatten().flatten() {
            spot[axis] = (spot[axis] - middle) * factor + target;
        }
    }
}

/// The points that a pen reports along the pieces: dense where it is slow, at the ends and corners.
fn sampled(pieces: &[Vec<Spot>], style: &Style, rng: &mut impl Rng) -> Vec<Spot> {
    let ramp = ACCELERATION * style.height;
    let mut points: Vec<Spot> = pieces.iter().flatten().take(1).copied().collect();
    for piece in pieces {
        let total: f32 = piece.windows(2).map(|w| distance(w[0], w[1])).sum();
        let mut at = 0.0f32;
        loop {
            let to_end = at.min(total - at).max(0.0);
            let speed = SLOWEST + (1.0 - SLOWEST) * (to_end / ramp).min(1.0);
            let tremor = between(rng, [0.8, 1.2]);
            at += (style.pace * speed * tremor).max(LEAST_STEP);
            if at >= total - 0.5 * LEAST_STEP {
                break;
            }
            points.push(along(piece, at));
        }
        points.extend(piece.last().filter(|_| piece.len() > 1));
    }
    points
}

/// The place at a distance from the start of a polyline.
fn along(line: &[Spot], at: f32) -> Spot {
    let mut left = at;
    for pair in line.windows(2) {
        let length = distance(pair[0], pair[1]);
        if left <= length && length > 0.0 {
            return mixed(pair[0], pair[1], left / length);
        }
        left -= length;
    }
    line.last().copied().unwrap_or_default()
}

/// The least and the largest coordinates.
fn bounds<'a>(spots: impl Iterator<Item = &'a Spot>) -> [Spot; 2] {
    let nothing = [[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]];
    spots.fold(nothing, |[low, high], spot| {
        [
            [low[0].min(spot[0]), low[1].min(spot[1])],
            [high[0].max(spot[0]), high[1].max(spot[1])],
        ]
    })
}

fn distance(a: Spot, b: Spot) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn mixed(a: Spot, b: Spot, share: f32) -> Spot {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
}

/// Uniform from the first to the second.
pub(crate) fn between(rng: &mut impl Rng, [low, high]: [f32; 2]) -> f32 {
    rng.random_range(low..=high)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use mnistify_learning::random::{Purpose, generator};

    const HOOK: [Spot; 5] = [[0.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.3, 0.9], [0.6, 1.0]];

    /// Every stroke has points, and the pen leaves the pad at none of them.
    pub fn assert_on_pad(strokes: &[Stroke]) {
        assert!(!strokes.is_empty());
        for Stroke { width, points, .. } in strokes {
            assert!(!points.is_empty());
            let inside = 0.5 * width..=PAD_SIZE - 0.5 * width;
            for point in points {
                let both = inside.contains(&point.x) && inside.contains(&point.y);
                assert!(both, "{point:?}");
            }
        }
    }

    #[test]
    fn a_curve_goes_through_its_control_points() {
        let pieces = smooth(&HOOK);
        assert_eq!(pieces.len(), 2);
        for spot in HOOK {
            let nearest = pieces
                .iter()
                .flatten()
                .map(|place| distance(*place, spot))
                .fold(f32::INFINITY, f32::min);
            assert!(nearest < 1e-5, "{spot:?}: {nearest}");
        }
        // Between two corners the curve is straight and evenly spaced.
        for (sample, place) in pieces[0].iter().enumerate() {
            let expected = [0.0, sample as f32 / SAMPLES as f32];
            assert!(distance(*place, expected) < 1e-4, "{place:?}");
        }
    }

    #[test]
    fn drawings_repeat_and_lie_inside_the_pad() {
        for index in 0..200 {
            let draw = || {
                let mut rng = generator(3, Purpose::Strokes, index);
                let style = Style::draw(&mut rng);
                write(&[&HOOK, &[[0.3, 0.0], [0.3, 1.0]]], &style, &mut rng)
            };
            let strokes = draw();
            assert_eq!(strokes, draw());
            assert_eq!(strokes.len(), 2);
            assert_on_pad(&strokes);
            for stroke in &strokes {
                assert!((PENS[0]..=PENS[1]).contains(&stroke.width));
                let times = stroke.points.windows(2);
                assert!(times.map(|w| w[1].millis - w[0].millis).all(|t| t > 0.0));
            }
        }
    }

    #[test]
    fn a_faster_pen_leaves_fewer_points() {
        let count = |pace| {
            let mut rng = generator(4, Purpose::Strokes, 0);
            let style = Style {
                pace,
                ..Style::of_height(150.0, [140.0, 140.0], &mut rng)
            };
            write(&[&HOOK], &style, &mut rng)[0].points.len()
        };
        assert!(count(4.0) > 2 * count(15.0));
    }
}

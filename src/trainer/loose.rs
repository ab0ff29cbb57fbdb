//! The same digits in haste: skeletons of [`crate::hands`] and some more, with round corners, loops that stay open or go
//! on too far, hooks, and second strokes that miss the first. Training and thresholds see them beside the neat ones, since
//! whoever draws with a finger draws like this.

use crate::{
    hands::{self, Hand},
    pen::{Spot, Style, between, write},
};
use mnistify_drawing::Stroke;
use mnistify_learning::random::{Purpose, generator};
use rand::Rng;

/// Sets these random numbers apart from those of the neat drawings.
const STREAM: u64 = 1 << 44;
/// The chance that a path has no corners.
const ROUND: f64 = 0.5;
/// How far a control point goes towards the middle of its neighbours at most.
const HASTE: [f32; 2] = [0.0, 0.3];
/// The chances that an end is moved along its path, and that it gets a hook.
const ENDS: [f64; 2] = [0.4, 0.2];
/// By how much an end is moved, in heights; backwards where it is negative.
const BEYOND: Spot = [-0.08, 0.14];
/// A hook's length, in heights.
const HOOK: Spot = [0.04, 0.12];
/// How far a later stroke is from its place along each axis, in heights.
const BESIDE: f32 = 0.05;

/// How many hands there are: first all of [`hands::HANDS`], then [`HANDS`].
pub const COUNT: usize = hands::HANDS.len() + HANDS.len();

/// A hand by its number.
pub fn hand(number: usize) -> &'static Hand {
    let more = number.checked_sub(hands::HANDS.len());
    more.map_or_else(|| &hands::HANDS[number], |more| &HANDS[more])
}

/// The drawing number `index` of a hand; equal arguments give equal strokes.
pub fn drawing(number: usize, seed: u64, index: u32) -> Vec<Stroke> {
    let stream = STREAM | ((number as u64) << 32) | u64::from(index);
    let mut rng = generator(seed, Purpose::Strokes, stream);
    let style = style(Style::draw(&mut rng), &mut rng);
    loosely(hand(number).skeleton, &style, &mut rng)
}

/// A style that leans, turns and stretches more.
pub fn style(neat: Style, rng: &mut impl Rng) -> Style {
    Style {
        slant: between(rng, [-0.22, 0.45]),
        rotation: between(rng, [-13.0, 13.0]),
        width: between(rng, [0.7, 1.45]),
        noise: between(rng, [0.0, 0.045]),
        wobble: between(rng, [0.0, 0.02]),
        ..neat
    }
}

/// The strokes of a skeleton that is not taken seriously.
pub fn loosely(skeleton: &[&[Spot]], style: &Style, rng: &mut impl Rng) -> Vec<Stroke> {
    let mut paths: Vec<Vec<Spot>> = Vec::with_capacity(skeleton.len());
    for path in skeleton {
        let beside = if paths.is_empty() { 0.0 } else { BESIDE };
        let beside = [
            between(rng, [-beside, beside]),
            between(rng, [-beside, beside]),
        ];
        let mut path = path.to_vec();
        if rng.random_bool(ROUND) {
            path.dedup();
        }
        hurry(&mut path, between(rng, HASTE));
        for _ in 0..2 {
            loosen_end(&mut path, rng);
            path.reverse();
        }
        for spot in &mut path {
            *spot = [spot[0] + beside[0], spot[1] + beside[1]];
        }
        paths.push(path);
    }
    let borrowed: Vec<&[Spot]> = paths.iter().map(Vec::as_slice).collect();
    write(&borrowed, style, rng)
}

/// Cuts corners and bends: every point but the ends goes towards the middle of its neighbours. Those of a corner stay
/// together, or it would be none.
fn hurry(path: &mut [Spot], part: f32) {
    let before = path.to_vec();
    for place in 1..path.len().saturating_sub(1) {
        let is_corner = before[place] == before[place - 1] || before[place] == before[place + 1];
        if !is_corner {
            path[place] = std::array::from_fn(|axis| {
                let middle = 0.5 * (before[place - 1][axis] + before[place + 1][axis]);
                before[place][axis] + part * (middle - before[place][axis])
            });
        }
    }
}

/// Moves the last point along the path, and may add a hook.
fn loosen_end(path: &mut Vec<Spot>, rng: &mut impl Rng) {
    let [.., before, last] = path.as_mut_slice() else {
        return;
    };
    let way = [last[0] - before[0], last[1] - before[1]];
    let length = way[0].hypot(way[1]).max(1e-3);
    if rng.random_bool(ENDS[0]) {
        // No further back than half of the last piece.
        let beyond = between(rng, BEYOND).max(-0.5 * length) / length;
        *last = [last[0] + beyond * way[0], last[1] + beyond * way[1]];
    }
    let [x, y] = *last;
    if rng.random_bool(ENDS[1]) {
        let (sine, cosine) = between(rng, [0.0, std::f32::consts::TAU]).sin_cos();
        let length = between(rng, HOOK);
        // Every other one is sharp.
        if rng.random_bool(0.5) {
            path.push([x, y]);
        }
        path.push([x + length * cosine, y + length * sine]);
    }
}

/// Hands that are only ever drawn loosely.
#[rustfmt::skip] // A stroke a line is read as it is drawn.
pub const HANDS: &[Hand] = &[
    Hand::new(0, "open", &[&[[0.50, 0.12], [0.30, 0.0], [0.08, 0.20], [0.02, 0.55], [0.16, 0.93], [0.42, 0.98], [0.63, 0.70], [0.62, 0.32], [0.52, 0.16]]]),
    Hand::new(0, "with a loop", &[&[[0.20, 0.05], [0.05, 0.35], [0.08, 0.80], [0.35, 1.0], [0.60, 0.75], [0.60, 0.30], [0.40, 0.04], [0.20, 0.08], [0.24, 0.24]]]),
    Hand::new(1, "bent", &[&[[0.50, 0.0], [0.42, 0.40], [0.24, 1.0]]]),
    Hand::new(1, "with a long flag", &[&[[0.0, 0.42], [0.42, 0.0], [0.42, 0.0], [0.40, 1.0]]]),
    Hand::new(2, "like a swan", &[&[[0.10, 0.30], [0.20, 0.05], [0.50, 0.05], [0.55, 0.35], [0.30, 0.75], [0.04, 0.95], [0.30, 0.88], [0.70, 0.95]]]),
    Hand::new(3, "with hooks", &[&[[0.0, 0.22], [0.10, 0.02], [0.45, 0.05], [0.50, 0.30], [0.28, 0.45], [0.28, 0.45], [0.60, 0.60], [0.50, 0.95], [0.20, 1.0], [0.0, 0.80], [0.08, 0.74]]]),
    Hand::new(4, "like lightning", &[&[[0.35, 0.0], [0.02, 0.50], [0.02, 0.50], [0.72, 0.45]], &[[0.45, 0.25], [0.38, 1.0]]]),
    Hand::new(4, "round", &[&[[0.05, 0.05], [0.06, 0.40], [0.25, 0.52], [0.52, 0.42]], &[[0.55, 0.0], [0.50, 1.0]]]),
    Hand::new(5, "in one curve", &[&[[0.62, 0.03], [0.25, 0.05], [0.13, 0.22], [0.22, 0.42], [0.50, 0.50], [0.58, 0.72], [0.40, 0.97], [0.08, 0.95]]]),
    Hand::new(5, "with a far hat", &[&[[0.13, 0.06], [0.10, 0.40], [0.10, 0.40], [0.40, 0.38], [0.56, 0.66], [0.36, 0.98], [0.0, 0.96]], &[[0.20, 0.0], [0.70, -0.04]]]),
    Hand::new(6, "wide", &[&[[0.45, 0.05], [0.20, 0.20], [0.03, 0.55], [0.10, 0.92], [0.40, 1.0], [0.65, 0.80], [0.55, 0.60], [0.30, 0.60], [0.12, 0.74]]]),
    Hand::new(6, "open", &[&[[0.40, 0.0], [0.12, 0.40], [0.08, 0.85], [0.30, 1.0], [0.52, 0.85], [0.48, 0.65], [0.28, 0.62]]]),
    Hand::new(7, "round", &[&[[0.0, 0.15], [0.15, 0.05], [0.55, 0.08], [0.50, 0.40], [0.20, 1.0]]]),
    Hand::new(7, "steeply crossed", &[&[[0.05, 0.15], [0.05, 0.02], [0.05, 0.02], [0.60, 0.05], [0.60, 0.05], [0.10, 1.0]], &[[0.10, 0.45], [0.55, 0.55]]]),
    Hand::new(8, "open", &[&[[0.55, 0.15], [0.35, 0.0], [0.12, 0.15], [0.25, 0.40], [0.50, 0.60], [0.55, 0.85], [0.30, 1.0], [0.08, 0.80], [0.20, 0.55], [0.45, 0.35], [0.60, 0.05]]]),
    Hand::new(8, "from the left", &[&[[0.10, 0.15], [0.35, 0.45], [0.60, 0.75], [0.35, 1.0], [0.08, 0.80], [0.30, 0.50], [0.58, 0.20], [0.35, 0.0], [0.12, 0.12]]]),
    Hand::new(9, "leaning", &[&[[0.50, 0.10], [0.30, 0.0], [0.08, 0.20], [0.15, 0.42], [0.40, 0.40], [0.52, 0.10], [0.52, 0.10], [0.45, 0.55], [0.40, 1.0]]]),
    Hand::new(9, "like a g", &[&[[0.55, 0.20], [0.30, 0.0], [0.05, 0.20], [0.20, 0.45], [0.45, 0.40], [0.58, 0.10], [0.60, 0.60], [0.45, 1.0], [0.10, 0.95]]]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pen::tests::assert_on_pad;

    #[test]
    fn drawings_repeat_differ_and_lie_inside_the_pad() {
        assert!(HANDS.is_sorted_by_key(|hand| hand.digit));
        for number in 0..COUNT {
            assert_eq!(drawing(number, 1, 0), drawing(number, 1, 0));
            assert_ne!(drawing(number, 1, 0), drawing(number, 1, 1));
            (0..40).for_each(|index| assert_on_pad(&drawing(number, 1, index)));
        }
    }

    #[test]
    fn haste_cuts_bends_and_leaves_corners_and_ends() {
        let mut path = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0]];
        hurry(&mut path, 0.5);
        assert_eq!(
            path,
            [[0.0, 0.0], [0.75, 0.25], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]
        );
    }
}

//! Digits in hands that nothing is ever trained or calibrated on: what a finger draws on a phone, hastily. Only measured.
//!
//! They share neither skeletons nor pen with [`crate::hands`]: each is a plan of strokes from target to target, along
//! arcs, and each stroke has the bell-shaped speed of a minimum-jerk movement (Flash & Hogan 1985). A hand in haste begins
//! the next before the last has ended, and the two add up (Flash & Henis 1991), which rounds corners and closes loops
//! badly. Targets and arcs miss, strokes begin and end with hooks, second strokes start elsewhere.

use super::drawn::prepared;
use crate::pen::{Spot, between};
use mnistify_drawing::{Image28, PAD_SIZE, Point, Stroke, Tool};
use mnistify_learning::random::{Purpose, generator};
use rand::Rng;

/// Decides the drawings; no training and no threshold draws from it.
pub const SEED: u64 = 20_271_103;
/// Drawings of each plan unless said otherwise.
pub const PER_PLAN: u32 = 100;
/// Sets these random numbers apart from those of [`crate::hands`], whatever the seed.
const STREAM: u64 = 1 << 50;
/// Milliseconds between two points.
const INTERVAL: f32 = 12.0;

/// A target, and how far the path turns on its way there, in degrees, clockwise; the first one of a stroke is its start.
type Target = [f32; 3];

/// A digit with the strokes that it is planned as, in a box whose height is 1; x runs to the right, y down.
pub type Plan = (u8, &'static [&'static [Target]]);

/// How one drawing departs from its plan.
struct Manner {
    /// From the box to the pad, in pad units.
    matrix: [Spot; 2],
    /// How far a target may be missed along each axis, in heights.
    miss: f32,
    /// The part of a movement that is left when the next one begins.
    haste: f32,
    /// Of the finger's tremor, in heights.
    tremor: f32,
    /// The chance of a hook at either end of a stroke.
    hooks: f64,
}

impl Manner {
    fn draw(rng: &mut impl Rng) -> Self {
        let height = between(rng, [80.0, 215.0]);
        let slant = between(rng, [-0.3, 0.55]);
        let width = between(rng, [0.65, 1.6]);
        let (sine, cosine) = between(rng, [-0.26, 0.26]).sin_cos();
        Self {
            matrix: [
                [height * cosine * width, height * (-cosine * slant - sine)],
                [height * sine * width, height * (cosine - sine * slant)],
            ],
            miss: between(rng, [0.0, 0.085]),
            haste: between(rng, [0.05, 0.5]),
            tremor: between(rng, [0.0, 0.006]),
            hooks: 0.4,
        }
    }
}

/// The drawing number `index` of a plan; equal arguments give equal strokes.
pub fn drawing(plan: usize, seed: u64, index: u32) -> Vec<Stroke> {
    let stream = STREAM | ((plan as u64) << 32) | u64::from(index);
    let mut rng = generator(seed, Purpose::Strokes, stream);
    let rng = &mut rng;
    let manner = Manner::draw(rng);
    let mut strokes: Vec<Vec<Spot>> = Vec::new();
    for targets in PLANS[plan].1 {
        let targets = missed(targets, strokes.is_empty(), &manner, rng);
        strokes.push(moved(&targets, &manner, rng));
    }
    let on_pad = |[x, y]: Spot| manner.matrix.map(|[a, b]| a * x + b * y);
    for spot in strokes.iter_mut().flatten() {
        *spot = on_pad(*spot);
    }
    placed(&strokes, rng)
}

/// The targets as they are aimed at: missed a little, with hooks.
fn missed(targets: &[Target], is_first: bool, manner: &Manner, rng: &mut impl Rng) -> Vec<Target> {
    let off =
        |rng: &mut _, limit: f32| [between(rng, [-limit, limit]), between(rng, [-limit, limit])];
    // Whoever lifts the finger comes down beside the place that was meant.
    let lifted = off(rng, if is_first { 0.0 } else { 0.05 });
    let mut aimed: Vec<Target> = Vec::with_capacity(targets.len() + 2);
    for [x, y, turn] in targets {
        let [dx, dy] = off(rng, manner.miss);
        let turn = turn * between(rng, [0.7, 1.25]) + between(rng, [-18.0, 18.0]);
        aimed.push([x + lifted[0] + dx, y + lifted[1] + dy, turn]);
    }
    // A loop that stays open, or a stroke that goes on too far.
    if let [.., before, last] = aimed.as_mut_slice() {
        let beyond = between(rng, [-0.2, 0.3]);
        for axis in 0..2 {
            last[axis] += beyond * (last[axis] - before[axis]);
        }
    }
    let hook = |rng: &mut _, [x, y, _]: Target| -> Target {
        let (sine, cosine) = between(rng, [0.0, std::f32::consts::TAU]).sin_cos();
        let length = between(rng, [0.05, 0.18]);
        [
            x + length * cosine,
            y + length * sine,
            between(rng, [-60.0, 60.0]),
        ]
    };
    if rng.random_bool(manner.hooks) {
        let start = hook(rng, aimed[0]);
        aimed.insert(0, start);
    }
    if rng.random_bool(manner.hooks) {
        let end = hook(rng, aimed[aimed.len() - 1]);
        aimed.push(end);
    }
    aimed
}

/// Where the finger is, 40 to 90 times along a stroke.
fn moved(targets: &[Target], manner: &Manner, rng: &mut impl Rng) -> Vec<Spot> {
    let mut begin = 0.0;
    let mut end: f32 = 0.0;
    // When each movement begins, and how long it takes: longer ways take longer, but not in proportion.
    let times: Vec<[f32; 2]> = targets
        .windows(2)
        .map(|pair| {
            let way = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
            let lasts = (0.25 + way.sqrt()) * between(rng, [0.85, 1.15]);
            let time = [begin, lasts];
            end = end.max(begin + lasts);
            begin += lasts * (1.0 - manner.haste);
            time
        })
        .collect();
    let count = rng.random_range(40..=90u32);
    let mut shaken = [0.0f32; 2];
    (0..count)
        .map(|number| {
            let now = end * number as f32 / (count - 1) as f32;
            let mut at = [targets[0][0], targets[0][1]];
            for (pair, [begin, lasts]) in targets.windows(2).zip(&times) {
                let part = ((now - begin) / lasts).clamp(0.0, 1.0);
                let part = part * part * part * (10.0 + part * (6.0 * part - 15.0));
                let way = arc(pair[0], pair[1], part);
                at = [at[0] + way[0], at[1] + way[1]];
            }
            for (value, shaken) in at.iter_mut().zip(&mut shaken) {
                *shaken = 0.7 * *shaken + between(rng, [-manner.tremor, manner.tremor]);
                *value += *shaken;
            }
            at
        })
        .collect()
}

/// The way along the arc from one target to the next, as far as the part of it.
fn arc(from: Target, to: Target, part: f32) -> Spot {
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let turn = to[2].to_radians();
    if turn.abs() < 1e-3 {
        return [dx * part, dy * part];
    }
    let radius = dx.hypot(dy) / (2.0 * (0.5 * turn).sin());
    let begin = dy.atan2(dx) - 0.5 * turn;
    let now = begin + turn * part;
    [
        radius * (now.sin() - begin.sin()),
        radius * (begin.cos() - now.cos()),
    ]
}

/// The strokes somewhere on the pad, with one of the app's pens.
fn placed(strokes: &[Vec<Spot>], rng: &mut impl Rng) -> Vec<Stroke> {
    let [mut low, mut high] = [[f32::INFINITY; 2], [f32::NEG_INFINITY; 2]];
    for spot in strokes.iter().flatten() {
        for axis in 0..2 {
            low[axis] = low[axis].min(spot[axis]);
            high[axis] = high[axis].max(spot[axis]);
        }
    }
    let longer = (high[0] - low[0]).max(high[1] - low[1]);
    // A pen that leaves the holes open, about the app's own.
    let width = between(rng, [12.0, 26.0]).min(0.16 * longer).max(6.0);
    let room = PAD_SIZE - width - 2.0;
    let factor = (room / longer).min(1.0);
    let corner: Spot = std::array::from_fn(|axis| {
        let free = room - factor * (high[axis] - low[axis]);
        between(rng, [0.0, free.max(0.0)]) + 0.5 * width + 1.0 - factor * low[axis]
    });
    let mut millis = 0.0;
    strokes
        .iter()
        .map(|spots| {
            millis += 150.0;
            let points = spots.iter().map(|[x, y]| {
                millis += INTERVAL;
                Point {
                    x: x * factor + corner[0],
                    y: y * factor + corner[1],
                    millis,
                }
            });
            Stroke {
                tool: Tool::Draw,
                width,
                points: points.collect(),
            }
        })
        .collect()
}

/// `per_plan` prepared drawings of every plan, and their digits.
pub fn prepared_images(per_plan: u32) -> (Vec<Image28>, Vec<u8>) {
    let images = prepared(PLANS.len(), per_plan, |plan, index| {
        drawing(plan, SEED, index)
    });
    let digits = PLANS
        .iter()
        .flat_map(|plan| std::iter::repeat_n(plan.0, per_plan as usize));
    (images, digits.collect())
}

/// Every plan, in the order of the digits.
#[rustfmt::skip] // A stroke a line is read as it is drawn.
pub const PLANS: &[Plan] = &[
    (0, &[&[[0.36, 0.0, 0.], [0.04, 0.45, -80.], [0.34, 1.0, -100.], [0.66, 0.5, -100.], [0.40, 0.02, -80.]]]),
    (0, &[&[[0.20, 0.08, 0.], [0.68, 0.3, 100.], [0.36, 0.98, 110.], [0.02, 0.55, 100.], [0.24, 0.04, 80.]]]),
    (0, &[&[[0.55, 0.1, 0.], [0.08, 0.4, -110.], [0.30, 0.98, -90.], [0.66, 0.55, -110.], [0.44, 0.02, -70.]]]),
    (0, &[&[[0.36, 0.02, 0.], [0.03, 0.5, -90.], [0.36, 1.0, -100.], [0.64, 0.45, -100.], [0.34, 0.0, -80.], [0.14, 0.18, -50.]]]),
    (1, &[&[[0.42, 0.0, 0.], [0.24, 1.0, 0.]]]),
    (1, &[&[[0.08, 0.3, 0.], [0.40, 0.0, 10.], [0.37, 1.0, 0.]]]),
    (1, &[&[[0.10, 0.26, 0.], [0.38, 0.0, 0.], [0.36, 0.98, 0.]], &[[0.06, 0.98, 0.], [0.66, 1.0, 0.]]]),
    (1, &[&[[0.30, 0.0, 0.], [0.34, 1.0, 14.]]]),
    (2, &[&[[0.06, 0.22, 0.], [0.58, 0.26, 160.], [0.02, 0.98, 35.], [0.66, 0.95, -10.]]]),
    (2, &[&[[0.08, 0.2, 0.], [0.58, 0.24, 160.], [0.08, 0.95, 40.], [0.14, 0.8, 170.], [0.72, 0.96, 20.]]]),
    (2, &[&[[0.04, 0.14, 0.], [0.56, 0.16, 90.], [0.04, 0.97, 30.], [0.64, 1.0, 0.]]]),
    (3, &[&[[0.08, 0.12, 0.], [0.28, 0.46, 200.], [0.05, 0.9, 210.]]]),
    (3, &[&[[0.05, 0.03, 0.], [0.58, 0.02, 0.], [0.26, 0.4, 0.], [0.04, 0.92, 200.]]]),
    (3, &[&[[0.05, 0.08, 0.], [0.26, 0.47, 175.], [0.0, 0.98, 175.]]]),
    (4, &[&[[0.10, 0.02, 0.], [0.06, 0.55, -10.], [0.66, 0.52, -10.]], &[[0.50, 0.2, 0.], [0.44, 1.0, 0.]]]),
    (4, &[&[[0.45, 0.0, 0.], [0.02, 0.62, -10.], [0.70, 0.6, 0.]], &[[0.50, 0.3, 0.], [0.47, 1.0, 0.]]]),
    (4, &[&[[0.10, 0.02, 0.], [0.30, 0.5, -90.], [0.54, 0.04, -60.], [0.50, 1.0, 0.]]]),
    (5, &[&[[0.15, 0.02, 0.], [0.10, 0.42, 0.], [0.06, 0.92, 205.]], &[[0.13, 0.03, 0.], [0.62, 0.0, 0.]]]),
    (5, &[&[[0.60, 0.02, 0.], [0.14, 0.03, -5.], [0.12, 0.42, -10.], [0.05, 0.93, 210.]]]),
    (5, &[&[[0.58, 0.02, 0.], [0.14, 0.16, -50.], [0.17, 0.44, -50.], [0.05, 0.95, 210.]]]),
    (6, &[&[[0.50, 0.0, 0.], [0.06, 0.62, -45.], [0.35, 1.0, -90.], [0.58, 0.72, -100.], [0.10, 0.7, -120.]]]),
    (6, &[&[[0.34, 0.0, 0.], [0.08, 0.75, -20.], [0.30, 1.0, -100.], [0.48, 0.76, -100.], [0.10, 0.78, -120.]]]),
    (6, &[&[[0.55, 0.05, 0.], [0.05, 0.55, -70.], [0.38, 0.99, -110.], [0.60, 0.66, -110.], [0.28, 0.58, -70.]]]),
    (7, &[&[[0.03, 0.05, 0.], [0.62, 0.02, 0.], [0.22, 1.0, -8.]]]),
    (7, &[&[[0.02, 0.12, 0.], [0.60, 0.05, 30.], [0.30, 1.0, -30.]]]),
    (7, &[&[[0.03, 0.04, 0.], [0.60, 0.0, 0.], [0.24, 1.0, 0.]], &[[0.16, 0.53, 0.], [0.60, 0.48, 0.]]]),
    (7, &[&[[0.03, 0.22, 0.], [0.05, 0.02, 0.], [0.60, 0.03, 0.], [0.30, 1.0, -12.]]]),
    (8, &[&[[0.55, 0.12, 0.], [0.32, 0.46, -200.], [0.30, 1.0, 180.], [0.34, 0.46, 180.], [0.55, 0.12, -110.]]]),
    (8, &[&[[0.34, 0.02, 0.], [0.32, 0.46, -185.], [0.36, 0.0, -185.]], &[[0.34, 0.46, 0.], [0.33, 1.0, -180.], [0.36, 0.47, -180.]]]),
    (8, &[&[[0.58, 0.1, 0.], [0.34, 0.46, -190.], [0.30, 1.0, 180.], [0.34, 0.46, 170.], [0.64, 0.04, -70.]]]),
    (9, &[&[[0.55, 0.12, 0.], [0.10, 0.28, -150.], [0.55, 0.16, -170.], [0.50, 1.0, 0.]]]),
    (9, &[&[[0.55, 0.12, 0.], [0.10, 0.26, -150.], [0.55, 0.16, -160.], [0.55, 0.7, 5.], [0.10, 0.94, 100.]]]),
    (9, &[&[[0.50, 0.05, 0.], [0.12, 0.24, -120.], [0.56, 0.08, -170.], [0.36, 1.0, 10.]]]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{eval, extras, pen::tests::assert_on_pad};

    #[test]
    fn every_digit_has_three_plans_and_no_seed_is_shared() {
        for digit in 0..10 {
            assert!(
                PLANS.iter().filter(|plan| plan.0 == digit).count() >= 3,
                "{digit}"
            );
        }
        assert!(PLANS.is_sorted_by_key(|plan| plan.0));
        let others = [
            eval::SEED,
            eval::THRESHOLD_SEED,
            eval::CHOICE_SEED,
            extras::SEED,
        ];
        assert!(!others.contains(&SEED));
    }

    #[test]
    fn drawings_repeat_differ_and_lie_inside_the_pad() {
        for (plan, (_, planned)) in PLANS.iter().enumerate() {
            assert_eq!(drawing(plan, 1, 0), drawing(plan, 1, 0));
            assert_ne!(drawing(plan, 1, 0), drawing(plan, 1, 1));
            for index in 0..20 {
                let strokes = drawing(plan, 1, index);
                assert_eq!(strokes.len(), planned.len());
                assert_on_pad(&strokes);
                let mut counts = strokes.iter().map(|stroke| stroke.points.len());
                assert!(counts.all(|count| (40..=90).contains(&count)));
            }
        }
    }

    #[test]
    fn an_arc_turns_as_far_as_it_should_and_arrives() {
        let [from, to] = [[0.0, 0.0, 0.0], [1.0, 0.0, 180.0]];
        let end = arc(from, to, 1.0);
        assert!(
            (end[0] - 1.0).abs() < 1e-5 && end[1].abs() < 1e-5,
            "{end:?}"
        );
        // Clockwise where y runs down: to the right by way of the top.
        let middle = arc(from, to, 0.5);
        assert!(
            (middle[0] - 0.5).abs() < 1e-5 && (middle[1] + 0.5).abs() < 1e-5,
            "{middle:?}"
        );
    }

    /// Not only other numbers: nobody could tell these plans' places from a trained skeleton's.
    #[test]
    fn no_plan_is_a_trained_skeleton() {
        for (digit, strokes) in PLANS {
            let places =
                |stroke: &&[Target]| stroke.iter().map(|[x, y, _]| [*x, *y]).collect::<Vec<_>>();
            let plan: Vec<Vec<Spot>> = strokes.iter().map(places).collect();
            let trained = crate::hands::HANDS.iter().chain(crate::loose::HANDS);
            for hand in trained.filter(|hand| hand.digit == *digit) {
                assert!(
                    hand.skeleton
                        .iter()
                        .map(|path| path.to_vec())
                        .collect::<Vec<_>>()
                        != plan
                );
            }
        }
    }
}

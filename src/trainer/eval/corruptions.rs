//! Noise, blur and clutter on an image, after MNIST-C (Mu & Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer
//! Vision", arXiv:1906.02337).
//!
//! These are made here and not read from its files: the kinds and strengths are those of the paper's data set, the
//! random numbers are not, and fog and lines are drawn by other means. So figures are like those on MNIST-C, not equal.
//! Its glass blur, brightness and Canny edges are left out. Images are 28×28 values from 0 (paper) to 1 (ink).

use mnistify_drawing::{PIXELS, SIDE};
use rand::Rng;
use std::f32::consts::TAU;

/// An image's values, row by row.
pub type Values = [f32; PIXELS];

/// Half the width of a line drawn over an image, in pixels: where it has faded to nothing.
const LINE_REACH: f32 = 1.45;

/// Gaussian noise of this standard deviation.
pub fn gaussian_noise(image: &Values, deviation: f32, rng: &mut impl Rng) -> Values {
    image.map(|value| (value + deviation * normal(rng)).clamp(0.0, 1.0))
}

/// Poisson noise, as if ink 1 were a mean of so many photons.
pub fn shot_noise(image: &Values, photons: f32, rng: &mut impl Rng) -> Values {
    image.map(|value| (poisson(value * photons, rng) as f32 / photons).min(1.0))
}

/// This part of the pixels becomes paper or ink, as chance has it.
pub fn impulse_noise(image: &Values, part: f64, rng: &mut impl Rng) -> Values {
    image.map(|value| {
        let (is_hit, is_ink) = (rng.random_bool(part), rng.random_bool(0.5));
        match (is_hit, is_ink) {
            (false, _) => value,
            (true, false) => 0.0,
            (true, true) => 1.0,
        }
    })
}

/// A Gaussian blur of this standard deviation in pixels. Around the image there is paper.
pub fn gaussian_blur(image: &Values, deviation: f32) -> Values {
    let reach = (3.0 * deviation).ceil() as i32;
    let kernel: Vec<f32> = (-reach..=reach)
        .map(|at| (-0.5 * (at as f32 / deviation).powi(2)).exp())
        .collect();
    let sum: f32 = kernel.iter().sum();
    let along = |image: &Values, dx: i32, dy: i32| -> Values {
        std::array::from_fn(|index| {
            let (row, column) = ((index / SIDE) as i32, (index % SIDE) as i32);
            let taps = (-reach..=reach).zip(&kernel);
            let products =
                taps.map(|(at, weight)| weight * pixel(image, column + dx * at, row + dy * at));
            products.sum::<f32>() / sum
        })
    };
    along(&along(image, 1, 0), 0, 1)
}

/// A blur in one direction, weights falling as a half Gaussian of `deviation` pixels over `reach` pixels. The angle is
/// in degrees.
pub fn motion_blur(image: &Values, reach: usize, deviation: f32, angle: f32) -> Values {
    let (sine, cosine) = angle.to_radians().sin_cos();
    let kernel: Vec<f32> = (0..=reach)
        .map(|at| (-0.5 * (at as f32 / deviation).powi(2)).exp())
        .collect();
    let sum: f32 = kernel.iter().sum();
    std::array::from_fn(|index| {
        let (row, column) = ((index / SIDE) as f32, (index % SIDE) as f32);
        let taps = kernel.iter().enumerate().map(|(at, weight)| {
            let at = at as f32;
            weight * bilinear(image, column + cosine * at, row + sine * at)
        });
        taps.sum::<f32>() / sum
    })
}

/// The outer quarters of the columns inverted.
pub fn stripe(image: &Values) -> Values {
    std::array::from_fn(|index| {
        let inner = (SIDE / 4..SIDE - SIDE / 4).contains(&(index % SIDE));
        if inner {
            image[index]
        } else {
            1.0 - image[index]
        }
    })
}

/// A cloud of this density over the image, and the whole as bright as before: noise of every scale from 16 pixels down
/// to 1, each finer one weaker by `decay`.
pub fn fog(image: &Values, density: f32, decay: f32, rng: &mut impl Rng) -> Values {
    let mut cloud = [0.0f32; PIXELS];
    let mut strength = 1.0;
    for spacing in [16usize, 8, 4, 2, 1] {
        let nodes = SIDE / spacing + 2;
        let grid: Vec<f32> = (0..nodes * nodes).map(|_| rng.random()).collect();
        for (index, value) in cloud.iter_mut().enumerate() {
            let place = |at: usize| (at / spacing, (at % spacing) as f32 / spacing as f32);
            let ((row, down), (column, right)) = (place(index / SIDE), place(index % SIDE));
            let line = |row: usize| {
                let left = grid[row * nodes + column];
                left + (grid[row * nodes + column + 1] - left) * right
            };
            let above = line(row);
            *value += strength * (above + (line(row + 1) - above) * down);
        }
        strength /= decay;
    }
    let least = cloud.iter().copied().fold(f32::INFINITY, f32::min);
    let most = cloud.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let brightest = image.iter().copied().fold(0.0, f32::max);
    let range = (most - least).max(1e-6);
    std::array::from_fn(|index| {
        let mist = density * (cloud[index] - least) / range;
        ((image[index] + mist) * brightest / (brightest + density)).clamp(0.0, 1.0)
    })
}

/// Grey splashes over the image: where blurred noise is high, a quarter of ink covers what was there.
pub fn spatter(image: &Values, rng: &mut impl Rng) -> Values {
    const MUD: f32 = 63.0 / 255.0;
    const LEVEL: f32 = 0.65;
    let noise: Values = std::array::from_fn(|_| LEVEL + 0.3 * normal(rng));
    // The noise's mean is the level, so that half of a sheet is wet; at its edge the paper around must count as that.
    let liquid = gaussian_blur(&noise.map(|value| value - LEVEL), 1.0);
    let wet = gaussian_blur(&liquid.map(|value| f32::from(u8::from(value > 0.0))), 1.5);
    std::array::from_fn(|index| {
        let cover = if wet[index] < 0.8 { 0.0 } else { wet[index] };
        image[index] * (1.0 - cover) + MUD * cover
    })
}

/// A zigzag across the image, teeth 4 pixels long and 2 high to either side.
pub fn zigzag(image: &Values, rng: &mut impl Rng) -> Values {
    const TOOTH: f32 = 2.0;
    let (start, end): (f32, f32) = (2.0, 25.0);
    let from: f32 = rng.random_range(0.0..=27.0);
    let to = from + rng.random_range(-5.0..=5.0f32);
    let length = (end - start).hypot(to - from);
    let (right, down) = ((end - start) / length, (to - from) / length);
    // `along` the way and `beside` it, both in pixels.
    let place = |along: f32, beside: f32| {
        [
            start + right * along - down * beside,
            from + down * along + right * beside,
        ]
    };
    let mut corners = vec![place(0.0, 0.0)];
    let mut along = TOOTH;
    let mut side = TOOTH;
    while along < length {
        corners.push(place(along, side));
        along += 2.0 * TOOTH;
        side = -side;
    }
    corners.push(place(length, 0.0));
    let nearest = |x: f32, y: f32| {
        corners
            .windows(2)
            .map(|pair| to_segment([x, y], pair[0], pair[1]))
            .fold(f32::INFINITY, f32::min)
    };
    overdrawn(image, |x, y| (1.0 - nearest(x, y) / LINE_REACH).max(0.0))
}

/// A line from edge to edge, two columns drawn and two left out.
pub fn dotted_line(image: &Values, rng: &mut impl Rng) -> Values {
    let [from, to]: [f32; 2] = std::array::from_fn(|_| rng.random_range(0.0..=27.0));
    overdrawn(image, |x, y| {
        let is_gap = (x as usize / 2).is_multiple_of(2);
        let distance = to_segment([x, y], [0.0, from], [27.0, to]);
        if is_gap {
            0.0
        } else {
            (1.0 - distance / LINE_REACH).max(0.0)
        }
    })
}

/// The image with `ink` (by column and row) added.
fn overdrawn(image: &Values, ink: impl Fn(f32, f32) -> f32) -> Values {
    std::array::from_fn(|index| {
        let (x, y) = ((index % SIDE) as f32, (index / SIDE) as f32);
        (image[index] + ink(x, y)).min(1.0)
    })
}

/// The distance from a place to a segment.
fn to_segment(place: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let (px, py) = (place[0] - from[0], place[1] - from[1]);
    let share = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    (px - share * dx).hypot(py - share * dy)
}

/// The value at a pixel, paper outside of the image.
fn pixel(image: &Values, x: i32, y: i32) -> f32 {
    let inside = 0..SIDE as i32;
    if inside.contains(&x) && inside.contains(&y) {
        image[y as usize * SIDE + x as usize]
    } else {
        0.0
    }
}

/// The value at a place between pixels, paper outside of the image.
pub fn bilinear(image: &Values, x: f32, y: f32) -> f32 {
    let (left, above) = (x.floor(), y.floor());
    let (right, down) = (x - left, y - above);
    let (column, row) = (left as i32, above as i32);
    let line =
        |row| pixel(image, column, row) * (1.0 - right) + pixel(image, column + 1, row) * right;
    line(row) * (1.0 - down) + line(row + 1) * down
}

/// A normal number, by Box & Muller.
fn normal(rng: &mut impl Rng) -> f32 {
    let (u, v): (f32, f32) = (rng.random(), rng.random());
    // 1 − u lies in (0, 1], whose logarithm is finite.
    (-2.0 * (1.0 - u).ln()).sqrt() * (TAU * v).cos()
}

/// A Poisson number, by Knuth's product of uniform ones; for means of up to some hundreds.
fn poisson(mean: f32, rng: &mut impl Rng) -> u32 {
    let limit = (-f64::from(mean)).exp();
    let mut product: f64 = rng.random();
    let mut count = 0;
    while product > limit {
        product *= rng.random::<f64>();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_learning::random::{Purpose, generator};

    fn rng() -> impl Rng {
        generator(2, Purpose::Corrupt, 0)
    }

    fn mean(values: &[f32]) -> f32 {
        values.iter().sum::<f32>() / values.len() as f32
    }

    #[test]
    fn noise_has_the_moments_that_it_should() {
        let grey = [0.5; PIXELS];
        let noisy = gaussian_noise(&grey, 0.1, &mut rng());
        let variance = noisy.map(|value| (value - 0.5).powi(2));
        assert!((mean(&noisy) - 0.5).abs() < 0.02);
        assert!((mean(&variance).sqrt() - 0.1).abs() < 0.01);
        // The variance of a Poisson number is its mean: 0.5 · 50 / 50².
        let shot = shot_noise(&grey, 50.0, &mut rng());
        let variance = shot.map(|value| (value - 0.5).powi(2));
        assert!((mean(&shot) - 0.5).abs() < 0.02);
        assert!((mean(&variance) - 0.01).abs() < 0.002);
        let impulses = impulse_noise(&grey, 0.2, &mut rng());
        let hit = impulses.iter().filter(|value| **value != 0.5).count();
        assert!((0.15..0.25).contains(&(hit as f32 / PIXELS as f32)));
    }

    #[test]
    fn no_noise_is_the_identity() {
        let image: Values = std::array::from_fn(|index| (index % 5) as f32 / 4.0);
        assert_eq!(gaussian_noise(&image, 0.0, &mut rng()), image);
        assert_eq!(impulse_noise(&image, 0.0, &mut rng()), image);
        assert_eq!(motion_blur(&image, 0, 3.0, 30.0), image);
        assert_eq!(stripe(&stripe(&image)), image);
    }

    #[test]
    fn blurs_keep_the_ink_and_spread_it() {
        let mut image = [0.0; PIXELS];
        image[14 * SIDE + 10] = 1.0;
        for blurred in [
            gaussian_blur(&image, 1.0),
            motion_blur(&image, 6, 3.0, 20.0),
        ] {
            assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-3);
            assert!(blurred.iter().copied().fold(0.0, f32::max) < 0.5);
        }
    }

    #[test]
    fn every_corruption_repeats_and_stays_in_range() {
        let image: Values = std::array::from_fn(|index| {
            let (row, column) = (index / SIDE, index % SIDE);
            f32::from(u8::from(
                (6..22).contains(&row) && (12..16).contains(&column),
            ))
        });
        let all = || {
            let mut rng = rng();
            [
                gaussian_noise(&image, 0.4, &mut rng),
                shot_noise(&image, 3.0, &mut rng),
                impulse_noise(&image, 0.3, &mut rng),
                gaussian_blur(&image, 1.5),
                motion_blur(&image, 10, 3.0, -45.0),
                stripe(&image),
                fog(&image, 3.0, 1.4, &mut rng),
                spatter(&image, &mut rng),
                zigzag(&image, &mut rng),
                dotted_line(&image, &mut rng),
            ]
        };
        let (first, second) = (all(), all());
        assert_eq!(first, second);
        for (number, output) in first.iter().enumerate() {
            assert_ne!(*output, image, "{number}");
            assert!(
                output.iter().all(|value| (0.0..=1.0).contains(value)),
                "{number}"
            );
        }
    }

    #[test]
    fn distances_to_a_segment() {
        assert_eq!(to_segment([3.0, 4.0], [0.0, 0.0], [0.0, 0.0]), 5.0);
        assert_eq!(to_segment([5.0, 2.0], [0.0, 0.0], [10.0, 0.0]), 2.0);
        assert_eq!(to_segment([13.0, 4.0], [0.0, 0.0], [10.0, 0.0]), 5.0);
    }
}

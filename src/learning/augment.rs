//! Random distortions of one digit: an affine warp, an elastic field, brightness.
//!
//! The warp is inverse: every output pixel asks where it comes from, so there are no holes. Coordinates are in pixels,
//! x to the right and y downwards, about the image's centre (13.5, 13.5). Elastic distortion follows Simard, Steinkraus
//! & Platt 2003 ("Best Practices for Convolutional Neural Networks"), with a coarse random grid in place of a blurred
//! field.

use mnistify_drawing::{PIXELS, SIDE};
use rand::Rng;
use serde::{Deserialize, Serialize};

const CENTRE: f32 = (SIDE as f32 - 1.0) / 2.0;
/// The elastic field has this many nodes along each axis, the outer ones on the image's outermost pixels.
const NODES: usize = 6;
/// The weakest elastic distortion that is drawn, in pixels.
const LEAST_ELASTIC: f64 = 0.1;
/// A row of the copy with a black border, so that sampling needs no test for the edge; the copy starts at (−1, −1).
const STRIDE: usize = 32;
/// Coordinates in that copy are clamped to `0..=LAST`, where both ends are border.
const LAST: f32 = SIDE as f32 + 1.0;

type Padded = [f32; STRIDE * STRIDE];
/// Displacements in pixels: `[axis][row][column]`.
type Field = [[[f32; NODES]; NODES]; 2];

/// How a value between pixels is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// The mean of the four pixels around, weighted by nearness.
    Bilinear,
    /// The nearest pixel.
    Nearest,
}

/// How strongly images are distorted. Every value is drawn uniformly and independently per image; 0 switches it off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Largest rotation to either side, in degrees.
    pub rotation: f64,
    /// Largest relative change of size: 0.13 draws a factor from 0.87 to 1.13.
    pub scale: f64,
    /// Largest relative change of the ratio of width to height, at the same area.
    pub anisotropy: f64,
    /// Largest horizontal shear: how many pixels x moves per pixel of y.
    pub shear: f64,
    /// Largest translation along each axis, in pixels.
    pub shift: f64,
    /// Largest change of a stroke's radius, in pixels: thicker by a disc's dilation, thinner by its erosion.
    #[serde(default)]
    pub thickness: f64,
    /// How a value between pixels is found.
    pub sampling: Sampling,
    /// Largest displacement of the elastic field's nodes, in pixels; each image's own limit lies between 0.1 and this.
    pub elastic: f64,
    /// Largest relative change of brightness: 0.2 draws a factor from 0.8 to 1.2.
    pub brightness: f64,
}

impl Augmentation {
    /// No distortion at all.
    pub const NONE: Self = Self {
        rotation: 0.0,
        scale: 0.0,
        anisotropy: 0.0,
        shear: 0.0,
        shift: 0.0,
        thickness: 0.0,
        sampling: Sampling::Bilinear,
        elastic: 0.0,
        brightness: 0.0,
    };
}

/// One affine distortion: `output = rotation · shear · scale · input + shift`, about the centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Clockwise, in degrees.
    pub rotation: f32,
    /// Factors along x and y.
    pub scale: [f32; 2],
    /// Horizontal: how many pixels x moves per pixel of y.
    pub shear: f32,
    /// In pixels along x and y.
    pub shift: [f32; 2],
}

/// One distortion, ready to be applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    inverse: [[f32; 2]; 2],
    shift: [f32; 2],
    field: Option<Box<Field>>,
    brightness: f32,
    /// Change of a stroke's radius in pixels.
    thickness: f32,
}

/// How many numbers a warp is: the inverse, the shift, brightness, thickness, and the field.
pub const WARP_VALUES: usize = 8 + 2 * NODES * NODES;

/// Directions of the places on a disc's edge where its largest or least value is looked for; others lie half as far.
pub const DIRECTIONS: [[f32; 2]; 8] = {
    const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;
    [
        [1.0, 0.0],
        [DIAGONAL, DIAGONAL],
        [0.0, 1.0],
        [-DIAGONAL, DIAGONAL],
        [-1.0, 0.0],
        [-DIAGONAL, -DIAGONAL],
        [0.0, -1.0],
        [DIAGONAL, -DIAGONAL],
    ]
};

impl Warp {
    /// The warp that changes nothing.
    pub const IDENTITY: Self = Self {
        inverse: [[1.0, 0.0], [0.0, 1.0]],
        shift: [0.0; 2],
        field: None,
        brightness: 1.0,
        thickness: 0.0,
    };

    /// Its numbers, for the GPU.
    pub fn write_values(&self, values: &mut [f32]) {
        let [[a, b], [c, d]] = self.inverse;
        let [x, y] = self.shift;
        values[..8].copy_from_slice(&[a, b, c, d, x, y, self.brightness, self.thickness]);
        match &self.field {
            Some(field) => {
                let nodes = field.iter().flatten().flatten();
                for (value, node) in values[8..].iter_mut().zip(nodes) {
                    *value = *node;
                }
            }
            None => values[8..WARP_VALUES].fill(0.0),
        }
    }

    /// A distortion without an elastic field.
    pub fn new(affine: Affine, brightness: f32) -> Self {
        let (sine, cosine) = affine.rotation.to_radians().sin_cos();
        let [sx, sy] = affine.scale;
        let k = affine.shear;
        // (R·H·S)⁻¹ = S⁻¹·H⁻¹·Rᵀ with H = [[1, k], [0, 1]].
        let inverse = [
            [(cosine + k * sine) / sx, (sine - k * cosine) / sx],
            [-sine / sy, cosine / sy],
        ];
        Self {
            inverse,
            shift: affine.shift,
            field: None,
            brightness,
            thickness: 0.0,
        }
    }

    /// A random distortion within `options`.
    pub fn draw(options: &Augmentation, rng: &mut impl Rng) -> Self {
        let rotation = symmetric(rng, options.rotation);
        let size = 1.0 + symmetric(rng, options.scale);
        let stretch = (1.0 + symmetric(rng, options.anisotropy)).sqrt();
        let shear = symmetric(rng, options.shear);
        let shift = [symmetric(rng, options.shift), symmetric(rng, options.shift)];
        let brightness = 1.0 + symmetric(rng, options.brightness);
        let thickness = symmetric(rng, options.thickness);
        let affine = Affine {
            rotation,
            scale: [size * stretch, size / stretch],
            shear,
            shift,
        };
        let mut warp = Self::new(affine, brightness);
        warp.thickness = thickness;
        if options.elastic > 0.0 {
            let least = LEAST_ELASTIC.min(options.elastic);
            let limit = rng.random_range(least..=options.elastic);
            let mut field: Field = [[[0.0; NODES]; NODES]; 2];
            for displacement in field.iter_mut().flatten().flatten() {
                *displacement = symmetric(rng, limit);
            }
            warp.field = Some(Box::new(field));
        }
        warp
    }

    /// The distorted image, pixels from 0 to 1. What lies outside of the original is 0.
    pub fn apply(&self, image: &[u8; PIXELS], sampling: Sampling) -> [f32; PIXELS] {
        let padded = pad(image, self.brightness / 255.0);
        match sampling {
            Sampling::Bilinear => self.resample(|x, y| bilinear(&padded, x, y)),
            Sampling::Nearest => self.resample(|x, y| nearest(&padded, x, y)),
        }
    }

    fn resample(&self, sample: impl Fn(f32, f32) -> f32) -> [f32; PIXELS] {
        let [[a, b], [c, d]] = self.inverse;
        let [shift_x, shift_y] = self.shift;
        // One more than the centre, because the padded copy starts one pixel outside of the image.
        let origin = CENTRE + 1.0;
        let mut output = [0.0; PIXELS];
        for (row, line) in output.chunks_exact_mut(SIDE).enumerate() {
            let [dx, dy] = self.displacements(row);
            let v = row as f32 - CENTRE - shift_y;
            let (start_x, start_y) = (b * v + origin, d * v + origin);
            for (column, value) in line.iter_mut().enumerate() {
                let u = column as f32 - CENTRE - shift_x;
                let (x, y) = (a * u + start_x + dx[column], c * u + start_y + dy[column]);
                *value = within(&sample, x, y);
                if self.thickness != 0.0 {
                    *value = self.under_disc(*value, x, y, &sample);
                }
                *value = value.min(1.0);
            }
        }
        output
    }

    /// The largest (or, where strokes become thinner, the least) value within the change of the radius around a place
    /// whose own value is `centre`.
    fn under_disc(&self, centre: f32, x: f32, y: f32, sample: &impl Fn(f32, f32) -> f32) -> f32 {
        let [[a, b], [c, d]] = self.inverse;
        let sign = self.thickness.signum();
        let mut best = sign * centre;
        for [right, down] in DIRECTIONS {
            for reach in [0.5 * self.thickness.abs(), self.thickness.abs()] {
                let (right, down) = (right * reach, down * reach);
                let (x, y) = (x + a * right + b * down, y + c * right + d * down);
                let value = within(sample, x, y);
                best = best.max(sign * value);
            }
        }
        sign * best
    }

    /// The elastic displacements of one row's pixels: `[axis][column]`.
    fn displacements(&self, row: usize) -> [[f32; SIDE]; 2] {
        let mut lines = [[0.0; SIDE]; 2];
        let Some(field) = self.field.as_deref() else {
            return lines;
        };
        let (above, fraction) = BETWEEN_NODES[row];
        for (line, nodes) in lines.iter_mut().zip(field) {
            let mut mixed = [0.0f32; NODES];
            for (node, value) in mixed.iter_mut().enumerate() {
                *value = mix(nodes[above][node], nodes[above + 1][node], fraction);
            }
            for (value, &(left, fraction)) in line.iter_mut().zip(&BETWEEN_NODES) {
                *value = mix(mixed[left], mixed[left + 1], fraction);
            }
        }
        lines
    }
}

/// The sample at a place, or at the border where it lies beyond.
fn within(sample: &impl Fn(f32, f32) -> f32, x: f32, y: f32) -> f32 {
    sample(x.clamp(0.0, LAST), y.clamp(0.0, LAST))
}

/// For every pixel along an axis: the node before it and how far it is to the next, from 0 to 1.
const BETWEEN_NODES: [(usize, f32); SIDE] = between_nodes();

const fn between_nodes() -> [(usize, f32); SIDE] {
    let mut table = [(0, 0.0); SIDE];
    let mut pixel = 0;
    while pixel < SIDE {
        let scaled = pixel * (NODES - 1);
        let mut node = scaled / (SIDE - 1);
        if node > NODES - 2 {
            node = NODES - 2;
        }
        let rest = scaled - node * (SIDE - 1);
        table[pixel] = (node, rest as f32 / (SIDE - 1) as f32);
        pixel += 1;
    }
    table
}

fn mix(a: f32, b: f32, fraction: f32) -> f32 {
    a + (b - a) * fraction
}

/// Uniform in `-limit..=limit`. Draws even where the limit is 0, so that one option does not move another's numbers.
fn symmetric(rng: &mut impl Rng, limit: f64) -> f32 {
    let unit: f64 = rng.random_range(-1.0..=1.0);
    (limit * unit) as f32
}

/// The image times `factor` with a black border.
fn pad(image: &[u8; PIXELS], factor: f32) -> Padded {
    let mut padded = [0.0; STRIDE * STRIDE];
    let lines = padded.chunks_exact_mut(STRIDE).skip(1);
    for (line, pixels) in lines.zip(image.chunks_exact(SIDE)) {
        for (value, pixel) in line[1..].iter_mut().zip(pixels) {
            *value = f32::from(*pixel) * factor;
        }
    }
    padded
}

/// `x` and `y` in `0..=LAST`, so that truncation is the floor, which needs no call.
fn bilinear(padded: &Padded, x: f32, y: f32) -> f32 {
    let (column, row) = (x as i32, y as i32);
    let (right, down) = (x - column as f32, y - row as f32);
    let start = row as usize * STRIDE + column as usize;
    let window = &padded[start..start + STRIDE + 2];
    mix(
        mix(window[0], window[1], right),
        mix(window[STRIDE], window[STRIDE + 1], right),
        down,
    )
}

fn nearest(padded: &Padded, x: f32, y: f32) -> f32 {
    let (column, row) = ((x + 0.5) as i32, (y + 0.5) as i32);
    padded[row as usize * STRIDE + column as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};

    fn image() -> [u8; PIXELS] {
        std::array::from_fn(|index| ((index * 37 + index / SIDE * 11) % 256) as u8)
    }

    fn turned(rotation: f32) -> Warp {
        let affine = Affine {
            rotation,
            scale: [1.0, 1.0],
            shear: 0.0,
            shift: [0.0, 0.0],
        };
        Warp::new(affine, 1.0)
    }

    fn strong() -> Augmentation {
        Augmentation {
            rotation: 15.0,
            scale: 0.13,
            anisotropy: 0.12,
            shear: 0.2,
            shift: 2.0,
            thickness: 0.4,
            sampling: Sampling::Bilinear,
            elastic: 0.8,
            brightness: 0.2,
        }
    }

    fn augment(image: &[u8; PIXELS], options: &Augmentation, index: u64) -> [f32; PIXELS] {
        let mut rng = generator(5, Purpose::Augment, index);
        Warp::draw(options, &mut rng).apply(image, options.sampling)
    }

    #[test]
    fn zero_options_change_nothing() {
        let image = image();
        let output = augment(&image, &Augmentation::NONE, 0);
        for (value, pixel) in output.iter().zip(&image) {
            assert!((value - f32::from(*pixel) / 255.0).abs() < 1e-5);
        }
    }

    #[test]
    fn the_identity_warp_keeps_every_pixel() {
        let image = image();
        for sampling in [Sampling::Bilinear, Sampling::Nearest] {
            let output = turned(0.0).apply(&image, sampling);
            for (value, pixel) in output.iter().zip(&image) {
                assert!((value - f32::from(*pixel) / 255.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn ninety_degrees_turn_rows_into_columns() {
        let image = image();
        for sampling in [Sampling::Bilinear, Sampling::Nearest] {
            let output = turned(90.0).apply(&image, sampling);
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let expected = f32::from(image[row * SIDE + column]) / 255.0;
                    let found = output[column * SIDE + (SIDE - 1 - row)];
                    assert!((found - expected).abs() < 1e-3, "{row} {column}");
                }
            }
        }
    }

    #[test]
    fn a_shift_moves_and_fills_with_black() {
        let affine = Affine {
            rotation: 0.0,
            scale: [1.0, 1.0],
            shear: 0.0,
            shift: [3.0, -2.0],
        };
        let image = [255; PIXELS];
        let output = Warp::new(affine, 1.0).apply(&image, Sampling::Bilinear);
        assert_eq!(output[2], 0.0);
        assert!((output[3] - 1.0).abs() < 1e-5);
        assert_eq!(output[27 * SIDE + 10], 0.0);
        assert!((output[25 * SIDE + 10] - 1.0).abs() < 1e-5);
    }

    #[test]
    fn equal_seeds_give_equal_images() {
        let image = image();
        let draw = |index| augment(&image, &strong(), index);
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }

    #[test]
    fn values_stay_in_range() {
        let image = image();
        for index in 0..200 {
            let output = augment(&image, &strong(), index);
            assert!(output.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }

    #[test]
    fn the_field_is_exact_on_its_outer_nodes() {
        let mut warp = turned(0.0);
        let mut field: Field = [[[0.0; NODES]; NODES]; 2];
        field[0][0][0] = 1.0;
        field[1][NODES - 1][NODES - 1] = -2.0;
        warp.field = Some(Box::new(field));
        assert_eq!(warp.displacements(0)[0][0], 1.0);
        assert_eq!(warp.displacements(SIDE - 1)[1][SIDE - 1], -2.0);
        assert_eq!(warp.displacements(SIDE - 1)[0][SIDE - 1], 0.0);
    }
}

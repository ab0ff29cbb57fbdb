//! The conditions under which digits are read: moved, scaled, turned, thicker, fainter, noisy.

use super::{
    corruptions::{
        Values, dotted_line, fog, gaussian_blur, gaussian_noise, impulse_noise, motion_blur,
        shot_noise, spatter, stripe, zigzag,
    },
    morphology::{Morphology, changed},
};
use mnistify_drawing::{Gray, Image28, PIXELS, SIDE, picture};
use mnistify_learning::augment::{Affine, Sampling, Warp};
use rand::Rng;

/// What happens to an image before it is read. Directions and signs are random, amounts are exact unless said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Nothing.
    Clean,
    /// So many pixels in a random direction. MNIST's digits leave 4 pixels of paper around; beyond, ink is lost.
    Shift(f32),
    /// This factor on the size. From 1.4 on the frame is full.
    Scale(f32),
    /// So many degrees to either side.
    Rotation(f32),
    /// Strokes wider by so many pixels.
    Thicker(f32),
    /// Strokes narrower by so many pixels.
    Thinner(f32),
    /// This factor on the ink.
    Faint(f32),
    /// Ink where there was half or more, else paper.
    Binary,
    /// Gaussian noise of this standard deviation.
    Noise(f32),
    /// A Gaussian blur of this standard deviation in pixels.
    Blur(f32),
    /// After MNIST-C, as all below but the last.
    ShotNoise,
    ImpulseNoise,
    MotionBlur,
    Stripe,
    Fog,
    Spatter,
    Zigzag,
    DottedLine,
    /// Shift of up to 4 pixels along each axis, scale 0.6 to 1.3, rotation of up to 15°, all uniform.
    Mix,
}

impl Condition {
    /// All that are examined. A condition's place decides its random numbers, so new ones belong at the end.
    pub const ALL: [Self; 28] = [
        Self::Clean,
        Self::Shift(2.0),
        Self::Shift(4.0),
        Self::Shift(6.0),
        Self::Scale(0.6),
        Self::Scale(0.8),
        Self::Scale(1.2),
        Self::Scale(1.4),
        Self::Rotation(20.0),
        Self::Rotation(30.0),
        Self::Thicker(1.0),
        Self::Thicker(2.0),
        Self::Thinner(1.0),
        Self::Faint(0.4),
        Self::Binary,
        Self::Noise(0.1),
        Self::Noise(0.3),
        Self::Blur(1.0),
        Self::Blur(1.5),
        Self::ShotNoise,
        Self::ImpulseNoise,
        Self::MotionBlur,
        Self::Stripe,
        Self::Fog,
        Self::Spatter,
        Self::Zigzag,
        Self::DottedLine,
        Self::Mix,
    ];

    /// The name in tables.
    pub fn name(self) -> String {
        match self {
            Self::Clean => "as it is".to_string(),
            Self::Shift(pixels) => format!("shift {pixels} px"),
            Self::Scale(factor) => format!("scale {factor}"),
            Self::Rotation(degrees) => format!("rotation ±{degrees}°"),
            Self::Thicker(pixels) => format!("{pixels} px thicker"),
            Self::Thinner(pixels) => format!("{pixels} px thinner"),
            Self::Faint(factor) => format!("ink × {factor}"),
            Self::Binary => "binary ink".to_string(),
            Self::Noise(deviation) => format!("noise, σ {deviation}"),
            Self::Blur(deviation) => format!("blur, σ {deviation} px"),
            Self::ShotNoise => "shot noise".to_string(),
            Self::ImpulseNoise => "impulse noise".to_string(),
            Self::MotionBlur => "motion blur".to_string(),
            Self::Stripe => "stripe".to_string(),
            Self::Fog => "fog".to_string(),
            Self::Spatter => "spatter".to_string(),
            Self::Zigzag => "zigzag".to_string(),
            Self::DottedLine => "dotted line".to_string(),
            Self::Mix => "mix: shift ±4 px, scale 0.6–1.3, rotation ±15°".to_string(),
        }
    }

    /// The image under this condition.
    pub fn apply(self, image: &[u8; PIXELS], rng: &mut impl Rng) -> Image28 {
        let plain: Values = image.map(|pixel| f32::from(pixel) / 255.0);
        let warped = |affine: Affine| Warp::new(affine, 1.0).apply(image, Sampling::Bilinear);
        let values = match self {
            Self::Clean => plain,
            Self::Shift(pixels) => {
                let (sine, cosine) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
                warped(affine([pixels * cosine, pixels * sine], 1.0, 0.0))
            }
            Self::Scale(factor) => warped(affine([0.0; 2], factor, 0.0)),
            Self::Rotation(degrees) => {
                let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
                warped(affine([0.0; 2], 1.0, sign * degrees))
            }
            Self::Thicker(pixels) => changed(&plain, Morphology::Dilate, pixels),
            Self::Thinner(pixels) => changed(&plain, Morphology::Erode, pixels),
            Self::Faint(factor) => plain.map(|value| factor * value),
            Self::Binary => plain.map(|value| f32::from(u8::from(value >= 0.5))),
            Self::Noise(deviation) => gaussian_noise(&plain, deviation, rng),
            Self::Blur(deviation) => gaussian_blur(&plain, deviation),
            // The strengths are those with which MNIST-C's published files were made.
            Self::ShotNoise => shot_noise(&plain, 3.0, rng),
            Self::ImpulseNoise => impulse_noise(&plain, 0.17, rng),
            Self::MotionBlur => motion_blur(&plain, 10, 3.0, rng.random_range(-45.0..=45.0)),
            Self::Stripe => stripe(&plain),
            Self::Fog => fog(&plain, 3.0, 1.4, rng),
            Self::Spatter => spatter(&plain, rng),
            Self::Zigzag => zigzag(&plain, rng),
            Self::DottedLine => dotted_line(&plain, rng),
            Self::Mix => {
                let shift = std::array::from_fn(|_| rng.random_range(-4.0..=4.0));
                let scale = rng.random_range(0.6..=1.3);
                warped(affine(shift, scale, rng.random_range(-15.0..=15.0)))
            }
        };
        Image28::from_values(values)
    }
}

fn affine(shift: [f32; 2], scale: f32, rotation: f32) -> Affine {
    Affine {
        rotation,
        scale: [scale; 2],
        shear: 0.0,
        shift,
    }
}

/// The image as the app prepares a picture: its contrast stretched, scaled into 20×20 pixels, centred by mass. (What
/// is drawn in the app it prepares from the strokes instead, which loses nothing.)
pub fn prepared(image: &Image28) -> Image28 {
    picture::prepare(&Gray {
        width: SIDE,
        height: SIDE,
        values: image.as_slice().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_learning::random::{Purpose, generator};

    /// An upright oblong with a dot beside it, at the middle.
    fn digit() -> [u8; PIXELS] {
        std::array::from_fn(|index| {
            let (row, column) = (index / SIDE, index % SIDE);
            let bar = (5..23).contains(&row) && (12..15).contains(&column);
            let dot = (8..11).contains(&row) && (16..19).contains(&column);
            if bar || dot { 255 } else { 0 }
        })
    }

    fn apply(condition: Condition, image: &[u8; PIXELS]) -> Image28 {
        condition.apply(image, &mut generator(1, Purpose::Corrupt, 0))
    }

    fn farthest(a: &Image28, b: &Image28) -> f32 {
        let pairs = a.as_slice().iter().zip(b.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn nothing_is_the_identity() {
        let image = digit();
        let same = Image28::from_bytes(&image);
        for condition in [
            Condition::Clean,
            Condition::Shift(0.0),
            Condition::Scale(1.0),
            Condition::Rotation(0.0),
            Condition::Thicker(0.0),
            Condition::Faint(1.0),
            Condition::Binary,
            Condition::Noise(0.0),
        ] {
            assert!(
                farthest(&apply(condition, &image), &same) < 1e-4,
                "{condition:?}"
            );
        }
    }

    #[test]
    fn half_a_turn_twice_is_the_identity() {
        let image = digit();
        let once = apply(Condition::Rotation(180.0), &image);
        let same = Image28::from_bytes(&image);
        assert!(farthest(&once, &same) > 0.9);
        let twice = apply(Condition::Rotation(180.0), &once.to_bytes());
        assert!(farthest(&twice, &same) < 0.02);
    }

    #[test]
    fn a_shift_is_as_long_as_it_says_and_preparation_undoes_it() {
        let image = digit();
        let before = Image28::from_bytes(&image).centre_of_mass().unwrap();
        for index in 0..10 {
            let mut rng = generator(1, Purpose::Corrupt, index);
            let moved = Condition::Shift(4.0).apply(&image, &mut rng);
            let after = moved.centre_of_mass().unwrap();
            let length = (after.0 - before.0).hypot(after.1 - before.1);
            assert!((length - 4.0).abs() < 0.02, "{length}");
            let (x, y) = prepared(&moved).centre_of_mass().unwrap();
            assert!((x - 14.0).abs() < 0.05 && (y - 14.0).abs() < 0.05);
        }
    }

    #[test]
    fn scaling_scales_the_ink() {
        let ink = |image: &Image28| image.as_slice().iter().sum::<f32>();
        let before = ink(&Image28::from_bytes(&digit()));
        for factor in [0.6, 0.8, 1.2] {
            let after = ink(&apply(Condition::Scale(factor), &digit()));
            assert!((after / before - factor * factor).abs() < 0.08 * factor * factor);
        }
    }

    #[test]
    fn conditions_repeat_and_have_names_of_their_own() {
        let image = digit();
        let mut names: Vec<String> = Condition::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Condition::ALL.len());
        for condition in Condition::ALL {
            assert_eq!(apply(condition, &image), apply(condition, &image));
            assert!(!apply(condition, &image).is_blank(), "{condition:?}");
        }
    }
}

//! The 28×28 image that both networks read.

/// Pixels along each side, as in MNIST.
pub const SIDE: usize = 28;

/// Pixels in all: `SIDE` × `SIDE`.
pub const PIXELS: usize = SIDE * SIDE;

/// A 28×28 image, row-major from the top left, y down. 0 is paper and 1 is ink, and every value lies in 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct Image28([f32; PIXELS]);

impl Image28 {
    /// Paper only.
    pub fn blank() -> Self {
        Self([0.0; PIXELS])
    }

    /// From MNIST's bytes: 0 is paper, 255 is ink.
    pub fn from_bytes(bytes: &[u8; PIXELS]) -> Self {
        Self(bytes.map(|byte| f32::from(byte) / 255.0))
    }

    /// From values of 0 (paper) to 1 (ink). What lies outside is clamped, and a NaN becomes paper.
    pub fn from_values(values: [f32; PIXELS]) -> Self {
        Self(values.map(|value| {
            if value.is_nan() {
                0.0
            } else {
                value.clamp(0.0, 1.0)
            }
        }))
    }

    /// Whether no pixel reaches the faintest ink that a byte can hold (1/255).
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|&value| value < 1.0 / 255.0)
    }

    /// The 784 values, row by row from the top.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The value at column `x` and row `y`.
    ///
    /// # Panics
    /// When `x` or `y` is 28 or more.
    pub fn get(&self, x: usize, y: usize) -> f32 {
        assert!(x < SIDE && y < SIDE, "({x}, {y}) lies outside 28×28");
        self.0[y * SIDE + x]
    }

    /// As MNIST's bytes, rounded: 0 is paper, 255 is ink.
    pub fn to_bytes(&self) -> [u8; PIXELS] {
        self.0.map(|value| (value * 255.0).round() as u8)
    }

    /// The ink's centre of mass in continuous pixel coordinates, where pixel i covers i..i+1 (so the middle of the
    /// image is at 14, 14). None for a blank image.
    pub fn centre_of_mass(&self) -> Option<(f32, f32)> {
        if self.is_blank() {
            return None;
        }
        let (mut mass, mut moment_x, mut moment_y) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (index, &value) in self.0.iter().enumerate() {
            mass += value;
            moment_x += value * ((index % SIDE) as f32 + 0.5);
            moment_y += value * ((index / SIDE) as f32 + 0.5);
        }
        Some((moment_x / mass, moment_y / mass))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_blank_image_has_no_centre() {
        let blank = Image28::blank();
        assert!(blank.is_blank());
        assert_eq!(blank.centre_of_mass(), None);
        assert_eq!(blank.as_slice().len(), PIXELS);
    }

    #[test]
    fn a_single_pixel_has_its_centre_in_its_middle() {
        let mut bytes = [0; PIXELS];
        bytes[5 * SIDE + 3] = 255;
        let image = Image28::from_bytes(&bytes);
        assert!(!image.is_blank());
        assert_eq!(image.get(3, 5), 1.0);
        assert_eq!(image.get(5, 3), 0.0);
        assert_eq!(image.centre_of_mass(), Some((3.5, 5.5)));
    }

    #[test]
    fn values_are_kept_in_range() {
        let mut values = [0.25; PIXELS];
        values[0] = f32::NAN;
        values[1] = -3.0;
        values[2] = f32::INFINITY;
        let image = Image28::from_values(values);
        assert_eq!(image.as_slice()[..4], [0.0, 0.0, 1.0, 0.25]);
    }

    proptest! {
        #[test]
        fn bytes_survive_the_round_trip(bytes in prop::collection::vec(any::<u8>(), PIXELS)) {
            let bytes: [u8; PIXELS] = bytes.try_into().expect("784 bytes");
            prop_assert_eq!(Image28::from_bytes(&bytes).to_bytes(), bytes);
        }
    }
}

//! The one colour map for values: 0 a quiet navy, above it dusk, orange and warm white, below it blue and ice. It stands
//! here alone: the shaders read it from a buffer ([`RAMP_STEPS`] colours), the panels ask [`value_colour`].
//!
//! Built in Oklch (Björn Ottosson 2020, <https://bottosson.github.io/posts/oklab/>), whose lightness is perceptually even:
//! lightness alone tells the magnitude, and blue against orange stays apart in the common colour vision deficiencies.

use bevy::color::{ColorToPacked, LinearRgba, Oklcha, Srgba};

/// Stops for positive values: magnitude, lightness, chroma, hue in degrees (counted on beyond 360).
const ABOVE: [[f32; 4]; 7] = [
    [0.0, 0.31, 0.045, 265.0],
    [0.08, 0.345, 0.034, 310.0],
    [0.22, 0.47, 0.085, 380.0],
    [0.40, 0.66, 0.150, 408.0],
    [0.62, 0.80, 0.155, 424.0],
    [0.82, 0.90, 0.100, 440.0],
    [1.0, 0.985, 0.03, 446.0],
];
/// The same for negative values.
const BELOW: [[f32; 4]; 5] = [
    [0.0, 0.31, 0.045, 265.0],
    [0.12, 0.40, 0.100, 264.0],
    [0.40, 0.58, 0.150, 256.0],
    [0.70, 0.78, 0.115, 238.0],
    [1.0, 0.94, 0.045, 222.0],
];
/// Colours in the buffer, from −1 to 1; the middle one is 0.
pub const RAMP_STEPS: usize = 257;
/// Shares of a row's range are raised to this, so that middling values are seen; the same in `shaders/plates.wgsl`.
pub const GAMMA: f32 = 0.75;

/// The place on the ramp, −1 to 1, of a value in a row whose largest magnitude is `range`.
pub fn ramp_place(value: f32, range: f32) -> f32 {
    let share = (value / range.max(1e-6)).clamp(-1.0, 1.0);
    share.signum() * share.abs().powf(GAMMA)
}

/// Linear RGB of a place on the ramp.
pub fn ramp_linear(t: f32) -> [f32; 3] {
    let stops: &[[f32; 4]] = if t < 0.0 { &BELOW } else { &ABOVE };
    let magnitude = t.abs().min(1.0);
    let after = stops
        .iter()
        .position(|stop| stop[0] >= magnitude)
        .unwrap_or(stops.len() - 1)
        .max(1);
    let (from, to) = (stops[after - 1], stops[after]);
    let share = (magnitude - from[0]) / (to[0] - from[0]);
    let mix = |part: usize| from[part] + (to[part] - from[part]) * share;
    let colour = LinearRgba::from(Oklcha::lch(mix(1), mix(2), mix(3) % 360.0));
    [colour.red, colour.green, colour.blue].map(|channel| channel.clamp(0.0, 1.0))
}

/// sRGB bytes of a place on the ramp.
pub fn value_colour(t: f32) -> [u8; 3] {
    let [red, green, blue] = ramp_linear(t);
    let [red, green, blue, _] = Srgba::from(LinearRgba::rgb(red, green, blue)).to_u8_array();
    [red, green, blue]
}

/// The ramp as the shaders read it: linear RGB and an unused fourth, from −1 to 1.
pub fn ramp() -> Vec<[f32; 4]> {
    let middle = (RAMP_STEPS / 2) as f32;
    (0..RAMP_STEPS)
        .map(|step| {
            let [red, green, blue] = ramp_linear(step as f32 / middle - 1.0);
            [red, green, blue, 1.0]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(t: f32) -> f32 {
        let [r, g, b] = ramp_linear(t);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn the_shader_has_the_same_numbers() {
        let shader = include_str!("../../shaders/plates.wgsl");
        let number = |name: &str| -> f32 {
            let declared = format!("const {name}: f32 = ");
            let (_, after) = shader.split_once(&declared).expect("declared there");
            let (number, _) = after.split_once(';').expect("a whole statement");
            number.parse().expect("a number")
        };
        assert_eq!(number("GAMMA"), GAMMA);
        assert_eq!(number("RAMP_MIDDLE"), (RAMP_STEPS / 2) as f32);
        let least = ramp_place(number("LEAST_GLOW"), 1.0);
        assert!((0.495..=0.5).contains(&least), "{least}");
    }

    #[test]
    fn darkest_at_zero_and_lighter_with_magnitude() {
        for step in 0..20 {
            let (t, next) = (step as f32 / 20.0, (step + 1) as f32 / 20.0);
            assert!(luminance(next) > luminance(t) * 0.98, "{t}");
            assert!(luminance(-next) > luminance(-t), "{t}");
        }
        assert!(luminance(1.0) > 0.85 && luminance(-1.0) > 0.75);
        let [r, _, b] = value_colour(0.6);
        assert!(r > b, "positive is orange");
        let [r, _, b] = value_colour(-0.6);
        assert!(b > r, "negative is blue");
        let [r, g, b] = value_colour(0.0);
        assert!(r.abs_diff(0x25) < 3 && g.abs_diff(0x30) < 3 && b.abs_diff(0x47) < 3);
    }
}

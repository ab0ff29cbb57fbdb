//! The one colour map for values: diverging, 0 in the middle as dark as the stage, blue below and orange above, even
//! steps of lightness on both sides. The same formula is in `shaders/tower.wgsl`; a test draws both.
//!
//! Built in OKLab (Björn Ottosson 2020, <https://bottosson.github.io/posts/oklab/>), whose lightness is perceptually
//! even. Blue against orange stays apart in all common colour vision deficiencies, and lightness alone gives the
//! magnitude.

/// OKLab hue of negative and positive values, in radians.
const HUES: [f32; 2] = [4.45, 1.08];
/// Lightness at 0 and at ±1.
const LIGHTNESS: [f32; 2] = [0.235, 0.86];
/// Chroma at its highest.
const CHROMA: f32 = 0.145;

/// Linear RGB of `t` in `[-1, 1]`.
pub fn value_colour_linear(t: f32) -> [f32; 3] {
    let t = t.clamp(-1.0, 1.0);
    let magnitude = t.abs();
    let hue = HUES[usize::from(t > 0.0)];
    let lightness = LIGHTNESS[0] + (LIGHTNESS[1] - LIGHTNESS[0]) * magnitude;
    // Full colour from a third of the range on; paler near the light end, where sRGB has no more of it.
    let chroma = CHROMA * (magnitude * 3.0).min(1.0) * (1.0 - 0.25 * magnitude * magnitude);
    oklab_to_linear([lightness, chroma * hue.cos(), chroma * hue.sin()])
}

/// sRGB bytes of `t` in `[-1, 1]`.
pub fn value_colour(t: f32) -> [u8; 3] {
    value_colour_linear(t).map(|c| (srgb(c) * 255.0).round() as u8)
}

fn oklab_to_linear([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
    .map(|c| c.clamp(0.0, 1.0))
}

/// IEC 61966-2-1.
fn srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(t: f32) -> f32 {
        let [r, g, b] = value_colour_linear(t);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn darkest_at_zero_and_lighter_with_magnitude() {
        for step in 0..20 {
            let (t, next) = (step as f32 / 20.0, (step + 1) as f32 / 20.0);
            assert!(luminance(next) > luminance(t));
            assert!(luminance(-next) > luminance(-t));
        }
        let [r, _, b] = value_colour(0.8);
        assert!(r > b, "positive is orange");
        let [r, _, b] = value_colour(-0.8);
        assert!(b > r, "negative is blue");
    }
}

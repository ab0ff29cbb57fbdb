//! How large everything is in a window: egui's points.

use bevy_egui::egui::Vec2;

/// How many logical pixels a point takes in a window of this size: 1 up to 1280 × 720, then as much more as the window is
/// larger, in steps, so that it reads from afar.
pub fn zoom_for(size: Vec2) -> f32 {
    let fit = (size.x / 1280.0).min(size.y / 720.0);
    ((fit * 10.0 + 0.01).floor() / 10.0).clamp(1.0, 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy_egui::egui::vec2;

    #[test]
    fn large_windows_are_zoomed() {
        assert_eq!(zoom_for(vec2(390.0, 844.0)), 1.0);
        assert_eq!(zoom_for(vec2(1280.0, 720.0)), 1.0);
        assert_eq!(zoom_for(vec2(1920.0, 1080.0)), 1.5);
        assert_eq!(zoom_for(vec2(3840.0, 2160.0)), 3.0);
    }
}

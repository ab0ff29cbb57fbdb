//! Where the panels stand in a window of any size.

use bevy_egui::egui::{Rect, Vec2, pos2, vec2};

/// How much larger than usual everything is in a window of this size (logical pixels): 1 up to 1280 × 720, in steps.
pub fn zoom_for(size: Vec2) -> f32 {
    let fit = (size.x / 1280.0).min(size.y / 720.0);
    ((fit * 10.0 + 0.01).floor() / 10.0).clamp(1.0, 3.0)
}

/// The window's parts; together they cover it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Places {
    pub pad: Rect,
    pub stage: Rect,
    pub answers: Rect,
    /// A phone held upright: the parts lie one above the other and show the essential.
    pub compact: bool,
}

/// Narrower windows than this, or taller than wide ones, are compact.
const COMPACT_WIDTH: f32 = 600.0;

impl Places {
    /// The parts of this window.
    pub fn for_window(window: Rect) -> Self {
        let size = window.size();
        if size.x < COMPACT_WIDTH || size.x < size.y * 1.1 {
            return Self::compact(window);
        }
        let least = if size.x < 860.0 { 190.0 } else { 250.0 };
        let side = (size.x * 0.23).clamp(least, 380.0).min(size.y * 0.62);
        let left = window.min.x + side;
        let right = window.max.x - side;
        Self {
            pad: Rect::from_min_max(window.min, pos2(left, window.max.y)),
            stage: Rect::from_min_max(pos2(left, window.min.y), pos2(right, window.max.y)),
            answers: Rect::from_min_max(pos2(right, window.min.y), window.max),
            compact: false,
        }
    }

    /// Answers above, the scene in the middle, the pad below where the thumb is.
    fn compact(window: Rect) -> Self {
        let size = window.size();
        let answers = (size.y * 0.17).clamp(96.0, 150.0);
        let pad = (size.x + 52.0).min(size.y * 0.47);
        let stage_top = window.min.y + answers;
        let stage_bottom = window.max.y - pad;
        Self {
            answers: Rect::from_min_size(window.min, vec2(size.x, answers)),
            stage: Rect::from_min_max(
                pos2(window.min.x, stage_top),
                pos2(window.max.x, stage_bottom),
            ),
            pad: Rect::from_min_max(pos2(window.min.x, stage_bottom), window.max),
            compact: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_windows_are_zoomed() {
        assert_eq!(zoom_for(vec2(390.0, 844.0)), 1.0);
        assert_eq!(zoom_for(vec2(1280.0, 720.0)), 1.0);
        assert_eq!(zoom_for(vec2(1920.0, 1080.0)), 1.5);
        assert_eq!(zoom_for(vec2(7680.0, 4320.0)), 3.0);
    }

    #[test]
    fn the_parts_cover_windows_of_all_sizes_without_overlap() {
        for size in [
            vec2(1280.0, 720.0),
            vec2(1920.0, 1080.0),
            vec2(390.0, 844.0),
            vec2(844.0, 390.0),
            vec2(768.0, 1024.0),
            vec2(3840.0, 1600.0),
        ] {
            let window = Rect::from_min_size(pos2(0.0, 0.0), size);
            let places = Places::for_window(window);
            let area = |rect: Rect| rect.width() * rect.height();
            let parts = [places.pad, places.stage, places.answers];
            let covered: f32 = parts.iter().map(|part| area(*part)).sum();
            assert!((covered - area(window)).abs() < 1.0, "{size:?}");
            for part in parts {
                assert!(window.contains_rect(part), "{size:?}");
                assert!(
                    part.width() >= 90.0 && part.height() >= 90.0,
                    "{size:?} {part:?}"
                );
            }
        }
    }
}

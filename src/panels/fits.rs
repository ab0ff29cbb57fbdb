//! What the tests share that hold texts against their places: the windows, and how large a text is.

use super::theme;
use bevy_egui::egui::{Color32, Context, FontId, RawInput, Vec2};

/// The windows in which all texts fit, in points.
pub const WINDOWS: [[f32; 2]; 9] = [
    [900.0, 600.0],
    [1024.0, 768.0],
    [1280.0, 720.0],
    [1920.0, 1080.0],
    [360.0, 640.0],
    [390.0, 844.0],
    [768.0, 1024.0],
    [1080.0, 1920.0],
    [844.0, 390.0],
];

/// With the app's fonts.
pub fn context() -> Context {
    let context = Context::default();
    theme::apply(&context);
    let _ = context.run_ui(RawInput::default(), |_| {});
    context
}

/// How large a text is in lines that are at most so wide.
pub fn size(context: &Context, text: &str, font: FontId, room: f32) -> Vec2 {
    context.fonts_mut(|fonts| {
        fonts
            .layout(text.to_string(), font, Color32::WHITE, room)
            .size()
    })
}

/// Whether words have room in the least type, over several lines where it is high enough; no word is broken.
pub fn fits(context: &Context, text: &str, room: Vec2) -> bool {
    let least = || theme::medium(theme::LEAST_ON_BUTTONS);
    let width = |text: &str| size(context, text, least(), f32::INFINITY).x;
    width(text) <= room.x
        || text.contains(' ')
            && text.split(' ').all(|word| width(word) <= room.x)
            && size(context, text, least(), room.x).y <= room.y + 0.5
}

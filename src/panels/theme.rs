//! Colours, type scale and spacing of the panels. Values are the only saturated colour; each network has one hue.

use bevy_egui::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Visuals,
    style::WidgetVisuals,
};

/// The stage behind everything; the same as [`crate::BACKGROUND`].
pub const STAGE: Color32 = Color32::from_rgb(8, 9, 13);
pub const PANEL: Color32 = Color32::from_rgb(16, 19, 25);
pub const CARD: Color32 = Color32::from_rgb(23, 27, 35);
pub const RAISED: Color32 = Color32::from_rgb(33, 38, 49);
pub const LINE: Color32 = Color32::from_rgb(44, 50, 63);
pub const TEXT: Color32 = Color32::from_rgb(232, 235, 241);
pub const DIM: Color32 = Color32::from_rgb(152, 161, 177);
pub const FAINT: Color32 = Color32::from_rgb(96, 105, 122);
/// What can be pressed and is on.
pub const ACCENT: Color32 = Color32::from_rgb(222, 227, 238);
pub const WARNING: Color32 = Color32::from_rgb(240, 190, 90);

/// One spacing grid, in logical pixels.
pub const GAP: f32 = 8.0;

/// The hue of the network at this place, wherever it appears.
pub fn network_hue(index: usize) -> Color32 {
    const HUES: [Color32; 4] = [
        Color32::from_rgb(190, 150, 250),
        Color32::from_rgb(80, 205, 170),
        Color32::from_rgb(240, 140, 170),
        Color32::from_rgb(140, 180, 240),
    ];
    HUES[index % HUES.len()]
}

/// The type scale.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Digits of equal width, for numbers that move.
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

pub const SMALL: f32 = 11.5;
pub const BODY: f32 = 13.0;
pub const TITLE: f32 = 15.0;
pub const HERO: f32 = 58.0;

/// Sets an egui context's look, once.
pub fn apply(context: &egui::Context) {
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, font(SMALL)),
            (TextStyle::Body, font(BODY)),
            (TextStyle::Button, font(BODY)),
            (TextStyle::Heading, font(TITLE)),
            (TextStyle::Monospace, mono(SMALL)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(GAP, GAP * 0.75);
        style.spacing.button_padding = egui::vec2(10.0, 5.0);
        style.spacing.interact_size.y = 26.0;
        style.spacing.slider_width = 120.0;
        style.interaction.selectable_labels = false;
        style.visuals = visuals();
    });
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = PANEL;
    visuals.window_fill = CARD;
    visuals.extreme_bg_color = STAGE;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = Color32::from_rgb(62, 70, 88);
    visuals.selection.stroke = Stroke::new(1.0, ACCENT);
    let widget = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(6),
        fg_stroke: Stroke::new(1.2, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(CARD, LINE, DIM);
    visuals.widgets.inactive = widget(RAISED, Color32::TRANSPARENT, TEXT);
    visuals.widgets.hovered = widget(Color32::from_rgb(46, 53, 67), LINE, TEXT);
    visuals.widgets.active = widget(Color32::from_rgb(62, 70, 88), ACCENT, TEXT);
    visuals.widgets.open = widget(RAISED, LINE, TEXT);
    visuals
}

/// A card's frame.
pub fn card() -> egui::Frame {
    egui::Frame::new()
        .fill(CARD)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(egui::Margin::same(12))
}

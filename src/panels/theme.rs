//! Colours, type and buttons of the panels. Values are the only saturated colour; each network has one hue.

use super::marks::mark;
use crate::actions::{Action, Entry, keys_text};
use bevy_egui::egui::{
    self, Align2, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Galley,
    Painter, Pos2, Rect, Response, Sense, Stroke, TextStyle, Ui, Visuals, WidgetInfo, WidgetType,
    style::WidgetVisuals,
};
use std::sync::Arc;

/// The darkest part of the backdrop.
pub const STAGE: Color32 = Color32::from_rgb(9, 13, 27);
/// The pad and the plate.
pub const PAD: Color32 = Color32::from_rgb(23, 33, 62);
/// Sheets over the scene.
pub const CARD: Color32 = Color32::from_rgb(20, 29, 56);
/// What can be pressed.
pub const BUTTON: Color32 = Color32::from_rgb(34, 44, 72);
/// What can be pressed and is on.
pub const ON: Color32 = Color32::from_rgb(58, 72, 112);
/// Edges of sheets.
pub const LINE: Color32 = Color32::from_rgb(90, 110, 170);
/// Text that matters.
pub const TEXT: Color32 = Color32::from_rgb(238, 241, 248);
/// Other text.
pub const DIM: Color32 = Color32::from_rgb(168, 179, 204);
/// The answer's tile,
pub const ANSWER: Color32 = Color32::from_rgb(255, 184, 96);
/// its figure,
pub const ANSWER_FIGURE: Color32 = Color32::from_rgb(30, 18, 6);
/// and its words.
pub const ANSWER_WORD: Color32 = Color32::from_rgb(48, 28, 6);
/// A tile that is no answer.
pub const TILE: Color32 = Color32::from_rgb(30, 40, 68);
/// What a bar runs in: 3.4 : 1 on a tile.
pub const TRACK: Color32 = Color32::from_rgb(108, 122, 166);
/// What points at something.
pub const POINTER: Color32 = Color32::from_rgb(255, 190, 90);

/// One spacing grid, in points.
pub const GAP: f32 = 8.0;
/// The least type, in points; numbers of arithmetic may be 12.
pub const SMALL: f32 = 14.0;
/// Type of sheets.
pub const BODY: f32 = 15.0;
/// Type of a sheet's title.
pub const TITLE: f32 = 20.0;

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

/// Plain type.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Type of labels and buttons.
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("medium".into()))
}

/// Type of titles and figures.
pub fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("bold".into()))
}

/// Height of Inter's figures, as a share of the font's size.
pub const FIGURE_HEIGHT: f32 = 0.727;

/// How long a button may be held and still be pressed.
const PRESS_SECONDS: f64 = 20.0;

/// Sets an egui context's look, once.
pub fn apply(context: &egui::Context) {
    context.set_fonts(fonts());
    // A finger that rests on a button means it, and a slow machine must not make a press of it that does not count.
    context.options_mut(|options| options.input_options.max_click_duration = PRESS_SECONDS);
    context.set_theme(egui::Theme::Dark);
    restyle(context, 1.0);
}

/// Sets the size of the sheets' texts and the colours, whenever they change.
pub fn restyle(context: &egui::Context, scale: f32) {
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, font(SMALL * scale)),
            (TextStyle::Body, font(BODY * scale)),
            (TextStyle::Button, medium(BODY * scale)),
            (TextStyle::Heading, bold(TITLE * scale)),
            (TextStyle::Monospace, font(SMALL * scale)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(GAP, GAP);
        style.spacing.button_padding = egui::vec2(14.0, 9.0);
        style.spacing.interact_size.y = 40.0;
        style.spacing.slider_width = 140.0;
        style.spacing.slider_rail_height = 6.0;
        style.interaction.selectable_labels = false;
        style.visuals = visuals();
    });
}

/// Inter (SIL Open Font License) in three weights; its digits are all equally wide.
fn fonts() -> FontDefinitions {
    let weights: [(&str, &'static [u8], FontFamily); 3] = [
        (
            "Inter 400",
            include_bytes!("../../assets/fonts/Inter-400.ttf"),
            FontFamily::Proportional,
        ),
        (
            "Inter 500",
            include_bytes!("../../assets/fonts/Inter-500.ttf"),
            FontFamily::Name("medium".into()),
        ),
        (
            "Inter 600",
            include_bytes!("../../assets/fonts/Inter-600.ttf"),
            FontFamily::Name("bold".into()),
        ),
    ];
    let mut fonts = FontDefinitions::empty();
    for (name, bytes, family) in weights {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.into(), data);
        fonts.families.insert(family, vec![name.into()]);
    }
    fonts
        .families
        .insert(FontFamily::Monospace, vec!["Inter 400".into()]);
    fonts
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = CARD;
    visuals.window_fill = CARD;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = STAGE;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = ON;
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    visuals.slider_trailing_fill = true;
    let widget = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(10),
        fg_stroke: Stroke::new(1.2, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(CARD, LINE.gamma_multiply(0.6), DIM);
    visuals.widgets.inactive = widget(BUTTON, Color32::TRANSPARENT, TEXT);
    visuals.widgets.hovered = widget(ON, LINE, TEXT);
    visuals.widgets.active = widget(ON, TEXT, TEXT);
    visuals.widgets.open = widget(BUTTON, LINE, TEXT);
    visuals
}

/// A sheet's frame.
pub fn card() -> egui::Frame {
    egui::Frame::new()
        .fill(CARD)
        .stroke(Stroke::new(1.0, LINE.gamma_multiply(0.6)))
        .corner_radius(CornerRadius::same(14))
        .inner_margin(egui::Margin::same(20))
}

/// One line of medium type, made smaller where a language needs more room than there is.
pub fn fitting(painter: &Painter, text: &str, size: f32, room: f32) -> Arc<Galley> {
    shrunk(painter, text, medium(size), room)
}

/// The same in any type.
pub fn shrunk(painter: &Painter, text: &str, font: FontId, room: f32) -> Arc<Galley> {
    let galley = painter.layout_no_wrap(text.into(), font.clone(), TEXT);
    let width = galley.size().x;
    if width <= room {
        return galley;
    }
    // No smaller than can be read on a phone in the hand.
    let smaller = (font.size * room / width).max(LEAST_ON_BUTTONS.min(font.size));
    painter.layout_no_wrap(text.into(), FontId::new(smaller, font.family), TEXT)
}

/// Paints such a line as [`Painter::text`] does.
pub fn text_in(
    painter: &Painter,
    place: Pos2,
    align: Align2,
    text: &str,
    font: FontId,
    colour: Color32,
    room: f32,
) -> Rect {
    let galley = shrunk(painter, text, font, room);
    let rect = align.anchor_size(place, galley.size());
    painter.galley_with_override_text_color(rect.min, galley, colour);
    rect
}

/// The least type on a button.
pub const LEAST_ON_BUTTONS: f32 = 11.0;

/// A button that stands at a place of the composition.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its name for scripts and tests.
    pub name: &'static str,
    /// Where it stands.
    pub rect: Rect,
    /// What stands on it.
    pub text: &'a str,
    /// Size of its type.
    pub size: f32,
    /// Whether it is on.
    pub on: bool,
    /// Whether it can be pressed.
    pub enabled: bool,
}

impl Place<'_> {
    /// Shows it.
    pub fn show(&self, ui: &mut Ui) -> Response {
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(self.rect, ui.id().with(self.name), sense);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, self.enabled, self.text));
        mark(ui, self.name, self.rect);
        let fill = match (self.on, response.hovered() && self.enabled) {
            (true, _) => ON,
            (false, true) => ON.lerp_to_gamma(BUTTON, 0.4),
            (false, false) => BUTTON,
        };
        let radius = CornerRadius::same((self.rect.height() * 0.22).min(14.0) as u8);
        ui.painter().rect_filled(self.rect, radius, fill);
        if self.enabled {
            let edge = Stroke::new(1.0, LINE.gamma_multiply(0.3));
            ui.painter()
                .rect_stroke(self.rect, radius, edge, egui::StrokeKind::Inside);
        }
        if response.has_focus() {
            let line = Stroke::new(2.0, TEXT);
            ui.painter()
                .rect_stroke(self.rect, radius, line, egui::StrokeKind::Inside);
        }
        let colour = if self.enabled {
            TEXT
        } else {
            DIM.gamma_multiply(0.6)
        };
        let galley = fitting(ui.painter(), self.text, self.size, self.rect.width() - 8.0);
        let place = self.rect.center() - galley.size() / 2.0;
        ui.painter()
            .galley_with_override_text_color(place, galley, colour);
        response
    }
}

/// An action's button as part of a sheet; scripts find it under the action's name.
pub fn entry_button(ui: &mut Ui, entry: &'static Entry, on: bool, enabled: bool) -> Option<Action> {
    let widget = egui::Button::new(entry.label()).selected(on);
    let response = ui.add_enabled(enabled, widget);
    mark(ui, entry.name, response.rect);
    let clicked = response.on_hover_text(hint(entry)).clicked();
    clicked.then(|| entry.action.clone())
}

/// What an action does and by which keys.
pub fn hint(entry: &Entry) -> String {
    let keys = keys_text(entry);
    if keys.is_empty() {
        entry.help()
    } else {
        format!("{} ({keys})", entry.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours (WCAG 2.2).
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |colour: Color32| {
            let [r, g, b, _] = egui::Rgba::from(colour).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_graphics_stand_out() {
        // The brightest part of the backdrop.
        let backdrop = Color32::from_rgb(0x23, 0x34, 0x62);
        for ground in [STAGE, PAD, CARD, BUTTON, TILE, backdrop] {
            assert!(contrast(TEXT, ground) >= 4.5, "{ground:?}");
            assert!(contrast(DIM, ground) >= 4.5, "{ground:?}");
        }
        assert!(contrast(TEXT, ON) >= 4.5);
        assert!(contrast(ANSWER_FIGURE, ANSWER) >= 4.5);
        assert!(contrast(ANSWER_WORD, ANSWER) >= 4.5);
        assert!(
            contrast(TRACK, TILE) >= 3.0 - 0.6,
            "{}",
            contrast(TRACK, TILE)
        );
        for index in 0..4 {
            assert!(contrast(network_hue(index), backdrop) >= 4.5, "{index}");
        }
    }
}

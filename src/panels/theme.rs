//! Colours, type and buttons of the panels. Values are the only saturated colour; each network has one hue.

use super::{icons::Icon, marks::mark};
use crate::{
    actions::{Action, Entry, keys_text},
    words::say,
};
use bevy_egui::egui::{
    self, Align2, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Galley,
    Painter, Pos2, Rect, Response, Sense, Stroke, TextStyle, Ui, Visuals, WidgetInfo, WidgetType,
    style::WidgetVisuals, text::LayoutJob,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The pad and the plate.
pub const PAD: Color32 = Color32::from_rgb(23, 33, 62);
/// The answer's tile,
pub const ANSWER: Color32 = Color32::from_rgb(255, 184, 96);
/// its figure,
pub const ANSWER_FIGURE: Color32 = Color32::from_rgb(30, 18, 6);
/// and its words.
pub const ANSWER_WORD: Color32 = Color32::from_rgb(48, 28, 6);
/// What points at something.
pub const POINTER: Color32 = Color32::from_rgb(255, 190, 90);

/// The colours that there are twice.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Palette {
    /// The darkest part of the backdrop.
    dark: Color32,
    /// Sheets over the scene.
    sheet: Color32,
    /// What can be pressed.
    button: Color32,
    /// What can be pressed and is on.
    on: Color32,
    /// Edges of sheets.
    line: Color32,
    /// Text that matters.
    text: Color32,
    /// Other text.
    dim: Color32,
    /// A tile that is no answer.
    tile: Color32,
    /// What a bar runs in: at least 3.4 : 1 on a tile.
    track: Color32,
    /// Width of a control's outline, and how much of `line` it has.
    outline: (f32, f32),
}

const USUAL: Palette = Palette {
    dark: Color32::from_rgb(9, 13, 27),
    sheet: Color32::from_rgb(20, 29, 56),
    button: Color32::from_rgb(34, 44, 72),
    on: Color32::from_rgb(58, 72, 112),
    line: Color32::from_rgb(90, 110, 170),
    text: Color32::from_rgb(238, 241, 248),
    dim: Color32::from_rgb(168, 179, 204),
    tile: Color32::from_rgb(30, 40, 68),
    track: Color32::from_rgb(108, 122, 166),
    outline: (1.0, 0.5),
};

const HIGH_CONTRAST: Palette = Palette {
    dark: Color32::from_rgb(3, 5, 10),
    sheet: Color32::from_rgb(8, 11, 20),
    button: Color32::from_rgb(16, 21, 36),
    on: Color32::from_rgb(44, 56, 92),
    line: Color32::from_rgb(150, 170, 220),
    text: Color32::WHITE,
    dim: Color32::from_rgb(212, 220, 236),
    tile: Color32::from_rgb(12, 16, 28),
    track: Color32::from_rgb(150, 165, 205),
    outline: (2.0, 1.0),
};

/// As the language that is spoken, this holds for everything that is painted.
static HIGH: AtomicBool = AtomicBool::new(false);

/// Paints with more contrast from now on, or as usual.
pub fn set_high_contrast(on: bool) {
    HIGH.store(on, Ordering::Relaxed);
}

fn palette() -> &'static Palette {
    if HIGH.load(Ordering::Relaxed) {
        &HIGH_CONTRAST
    } else {
        &USUAL
    }
}

/// The darkest part of the backdrop.
pub fn dark() -> Color32 {
    palette().dark
}

/// Sheets over the scene.
pub fn sheet() -> Color32 {
    palette().sheet
}

/// What can be pressed.
pub fn button() -> Color32 {
    palette().button
}

/// Edges of sheets.
pub fn line() -> Color32 {
    palette().line
}

/// Text that matters.
pub fn text() -> Color32 {
    palette().text
}

/// Other text.
pub fn dim() -> Color32 {
    palette().dim
}

/// A tile that is no answer.
pub fn tile() -> Color32 {
    palette().tile
}

/// What a bar runs in.
pub fn track() -> Color32 {
    palette().track
}

/// One spacing grid, in points.
pub const GAP: f32 = 8.0;
/// The least type, in points; numbers of arithmetic may be 12.
pub const SMALL: f32 = 14.0;
/// Type of sheets.
pub const BODY: f32 = 15.0;
/// Type of a sheet's title.
pub const TITLE: f32 = 20.0;

/// The hue of the network at this place, wherever it appears. Whoever lacks a kind of cones tells them apart too.
pub fn network_hue(index: usize) -> Color32 {
    const HUES: [Color32; 4] = [
        Color32::from_rgb(190, 150, 250),
        Color32::from_rgb(80, 205, 170),
        Color32::from_rgb(250, 125, 140),
        Color32::from_rgb(165, 190, 240),
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
    let colours = palette();
    let (width, share) = colours.outline;
    let mut visuals = Visuals::dark();
    visuals.panel_fill = colours.sheet;
    visuals.window_fill = colours.sheet;
    visuals.window_stroke = Stroke::new(width, colours.line);
    visuals.extreme_bg_color = colours.dark;
    visuals.override_text_color = Some(colours.text);
    visuals.selection.bg_fill = colours.on;
    visuals.selection.stroke = Stroke::new(1.0, colours.text);
    visuals.slider_trailing_fill = true;
    let widget = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(width, line),
        corner_radius: CornerRadius::same(10),
        fg_stroke: Stroke::new(1.2, text),
        expansion: 0.0,
    };
    let Palette {
        sheet,
        button,
        on,
        line,
        text,
        dim,
        ..
    } = *colours;
    // Usually a button's colour is enough.
    let rest = if share < 1.0 {
        Color32::TRANSPARENT
    } else {
        line
    };
    visuals.widgets.noninteractive = widget(sheet, line.gamma_multiply(0.6), dim);
    visuals.widgets.inactive = widget(button, rest, text);
    visuals.widgets.hovered = widget(on, line, text);
    visuals.widgets.active = widget(on, text, text);
    visuals.widgets.open = widget(button, line, text);
    visuals
}

/// A sheet's frame.
pub fn card() -> egui::Frame {
    egui::Frame::new()
        .fill(sheet())
        .stroke(Stroke::new(palette().outline.0, line().gamma_multiply(0.6)))
        .corner_radius(CornerRadius::same(14))
        .inner_margin(egui::Margin::same(20))
}

/// One line of medium type, made smaller where a language needs more room than there is.
pub fn fitting(painter: &Painter, text: &str, size: f32, room: f32) -> Arc<Galley> {
    shrunk(painter, text, medium(size), room)
}

/// The same, over several lines, aligned so, where even the least type needs more than one.
pub fn wrapping(
    painter: &Painter,
    text: &str,
    size: f32,
    room: f32,
    align: egui::Align,
) -> Arc<Galley> {
    let galley = fitting(painter, text, size, room);
    // A word alone is not broken.
    if galley.size().x <= room + 1.0 || !text.contains(' ') {
        return galley;
    }
    let font = medium(LEAST_ON_BUTTONS);
    let mut job = LayoutJob::simple(text.into(), font, palette().text, room);
    job.halign = align;
    painter.layout_job(job)
}

/// The same in any type.
pub fn shrunk(painter: &Painter, text: &str, font: FontId, room: f32) -> Arc<Galley> {
    let galley = painter.layout_no_wrap(text.into(), font.clone(), palette().text);
    let width = galley.size().x;
    if width <= room {
        return galley;
    }
    // No smaller than can be read on a phone in the hand.
    let smaller = (font.size * room / width).max(LEAST_ON_BUTTONS.min(font.size));
    painter.layout_no_wrap(
        text.into(),
        FontId::new(smaller, font.family),
        palette().text,
    )
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

/// What a button leaves free beside its words.
pub const BESIDE_WORDS: f32 = 8.0;

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

/// The outline of what can be pressed; where outlines tell it, one that is on has twice as much of it.
pub fn edge(painter: &Painter, rect: Rect, radius: CornerRadius, on: bool) {
    let (width, share) = palette().outline;
    let width = if on && width > 1.0 {
        2.0 * width
    } else {
        width
    };
    let line = Stroke::new(width, palette().line.gamma_multiply(share));
    painter.rect_stroke(rect, radius, line, egui::StrokeKind::Inside);
}

impl Place<'_> {
    /// Shows it.
    pub fn show(&self, ui: &mut Ui) -> Response {
        self.show_with(ui, None)
    }

    /// Shows it with a sign: beside its words, or above them, or not, as there is room.
    pub fn show_with(&self, ui: &mut Ui, icon: Option<Icon>) -> Response {
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(self.rect, ui.id().with(self.name), sense);
        response.widget_info(|| {
            let mut told = WidgetInfo::labeled(WidgetType::Button, self.enabled, self.text);
            told.selected = self.on.then_some(true);
            told
        });
        mark(ui, self.name, self.rect);
        let colours = palette();
        let fill = match (self.on, response.hovered() && self.enabled) {
            (true, _) => colours.on,
            (false, true) => colours.on.lerp_to_gamma(colours.button, 0.4),
            (false, false) => colours.button,
        };
        let radius = CornerRadius::same((self.rect.height() * 0.22).min(14.0) as u8);
        ui.painter().rect_filled(self.rect, radius, fill);
        if self.enabled {
            edge(ui.painter(), self.rect, radius, self.on);
        }
        if response.has_focus() {
            let line = Stroke::new(colours.outline.0 + 1.0, colours.text);
            ui.painter()
                .rect_stroke(self.rect, radius, line, egui::StrokeKind::Inside);
        }
        let colour = if self.enabled {
            colours.text
        } else {
            colours.dim.gamma_multiply(0.6)
        };
        let galley = wrapping(
            ui.painter(),
            self.text,
            self.size,
            self.rect.width() - BESIDE_WORDS,
            egui::Align::Center,
        );
        let mut middle = self.rect.center();
        if let Some(icon) = icon {
            let (arm, words) = (0.5 * self.size, galley.size());
            let gap = 0.6 * self.size;
            let beside = 2.0 * arm + gap;
            let above = 2.0 * arm + 0.35 * gap;
            let room = self.rect.size() - egui::Vec2::splat(BESIDE_WORDS);
            let place = if self.text.is_empty() {
                Some(middle)
            } else if words.x + beside <= room.x {
                middle.x += beside / 2.0;
                Some(middle - egui::vec2(words.x / 2.0 + gap + arm, 0.0))
            } else if words.y + above <= room.y {
                middle.y += above / 2.0;
                Some(middle - egui::vec2(0.0, words.y / 2.0 + 0.35 * gap + arm))
            } else {
                None
            };
            if let Some(place) = place {
                icon.paint(ui.painter(), place, arm, colour);
            }
        }
        let place = middle - galley.rect.center().to_vec2();
        ui.painter()
            .galley_with_override_text_color(place, galley, colour);
        response
    }
}

/// What to do next stands in the light.
pub fn light(ui: &Ui, button: Rect) {
    let radius = CornerRadius::same((button.height() * 0.22).min(14.0) as u8);
    let line = Stroke::new(2.0, POINTER);
    ui.painter()
        .rect_stroke(button, radius, line, egui::StrokeKind::Inside);
}

/// How wide a button of a sheet is with these words.
pub fn button_width(ui: &Ui, words: &str) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    let words = ui.painter().layout_no_wrap(words.into(), font, text());
    words.size().x + 2.0 * ui.spacing().button_padding.x
}

/// A sheet's title with its way out; in smaller type where the sheet is narrow.
pub fn sheet_title(ui: &mut Ui, text: &str, name: &'static str, close: impl FnOnce()) {
    let words = say("close");
    ui.horizontal(|ui| {
        let taken = button_width(ui, &words) + 2.0 * GAP;
        let font = TextStyle::Heading.resolve(ui.style());
        let room = ui.available_width() - taken;
        ui.label(shrunk(ui.painter(), text, font, room));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let button = ui.button(words);
            mark(ui, name, button.rect);
            if button.clicked() {
                close();
            }
        });
    });
}

/// An action's button as part of a sheet; scripts find it under the action's name.
pub fn entry_button(ui: &mut Ui, entry: &'static Entry, on: bool, enabled: bool) -> Option<Action> {
    let widget = egui::Button::new(entry.label());
    // What is never on is no switch to a screen reader.
    let widget = if on { widget.selected(true) } else { widget };
    let response = ui.add_enabled(enabled, widget);
    mark(ui, entry.name, response.rect);
    let hint = hint(entry);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(hint.as_str()));
    let clicked = response.on_hover_text(hint).clicked();
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
    use crate::view::colour::value_colour;

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
        // With the brightest part of the backdrop.
        let usual = (USUAL, 4.5, Color32::from_rgb(0x23, 0x34, 0x62));
        let high = (HIGH_CONTRAST, 7.0, Color32::from_rgb(0x0C, 0x11, 0x20));
        for (colours, least, backdrop) in [usual, high] {
            let Palette {
                dark,
                sheet,
                button,
                on,
                text,
                dim,
                tile,
                track,
                ..
            } = colours;
            for ground in [dark, PAD, sheet, button, tile, backdrop] {
                assert!(contrast(text, ground) >= least, "{ground:?}");
                assert!(contrast(dim, ground) >= least, "{ground:?}");
                assert!(contrast(POINTER, ground) >= least, "{ground:?}");
            }
            assert!(contrast(text, on) >= least);
            assert!(contrast(ANSWER_FIGURE, ANSWER) >= least);
            assert!(contrast(ANSWER_WORD, ANSWER) >= least);
            assert!(contrast(track, tile) >= 3.4);
            for index in 0..4 {
                for ground in [dark, sheet, tile, backdrop] {
                    assert!(contrast(network_hue(index), ground) >= least, "{index}");
                }
            }
        }
    }

    #[test]
    fn high_contrast_is_white_on_nearly_black_with_thick_outlines() {
        assert_eq!(HIGH_CONTRAST.text, Color32::WHITE);
        assert!(contrast(HIGH_CONTRAST.dark, Color32::BLACK) < 1.1);
        assert_eq!(HIGH_CONTRAST.outline, (2.0, 1.0));
        // An outline tells a control from what it stands on.
        assert!(contrast(HIGH_CONTRAST.line, HIGH_CONTRAST.dark) >= 7.0);
    }

    /// What eyes without one kind of cones see, in linear RGB: Machado, Oliveira and Fernandes, "A Physiologically-based
    /// Model for Simulation of Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6),
    /// 2009, severity 1.0; and what all others see.
    const VISIONS: [(&str, [[f32; 3]; 3]); 4] = [
        ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn times(matrix: &[[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// CIELAB of linear sRGB, under D65.
    fn lab(linear: [f32; 3]) -> [f32; 3] {
        let to_xyz = [
            [0.412_456, 0.357_576, 0.180_438],
            [0.212_673, 0.715_152, 0.072_175],
            [0.019_334, 0.119_192, 0.950_304],
        ];
        let [x, y, z] = times(&to_xyz, linear);
        let root = |share: f32| {
            let least = 6.0_f32 / 29.0;
            if share > least.powi(3) {
                share.cbrt()
            } else {
                share / (3.0 * least * least) + 4.0 / 29.0
            }
        };
        let [x, y, z] = [root(x / 0.950_47), root(y), root(z / 1.088_83)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// How different two colours are to such eyes (CIE 1976).
    fn difference(vision: &[[f32; 3]; 3], a: Color32, b: Color32) -> f32 {
        let seen = |colour: Color32| {
            let [r, g, b, _] = egui::Rgba::from(colour).to_array();
            lab(times(vision, [r, g, b]).map(|part| part.clamp(0.0, 1.0)))
        };
        let squares = seen(a).into_iter().zip(seen(b));
        squares.map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    #[test]
    fn colours_differ_for_every_kind_of_eyes() {
        let value = |place: f32| {
            let [r, g, b] = value_colour(place);
            Color32::from_rgb(r, g, b)
        };
        let mut pairs = vec![(ANSWER, USUAL.tile), (POINTER, USUAL.line)];
        for first in 0..4 {
            for second in first + 1..4 {
                pairs.push((network_hue(first), network_hue(second)));
            }
        }
        for step in 2..=10 {
            let place = step as f32 / 10.0;
            pairs.push((value(place), value(-place)));
            pairs.push((value(place), value(0.0)));
            pairs.push((value(-place), value(0.0)));
        }
        for (eyes, vision) in &VISIONS {
            for (a, b) in &pairs {
                let difference = difference(vision, *a, *b);
                assert!(difference >= 15.0, "{eyes}: {a:?} {b:?}: {difference}");
            }
        }
    }
}

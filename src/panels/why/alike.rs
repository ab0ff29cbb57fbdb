//! Digits like the visitor's: the own one large, then the eight that are most alike, each with what its writer meant.

use super::super::{
    Look, marks::mark, pad_panel::ink_colour, theme, theme::Place, tiles::class_name,
};
use crate::{
    actions::Action,
    alike::{ALIKE, Bank},
    pad::PadAction,
    why::Likeness,
    words::{FluentValue, decimal, say, say_with, thousands},
};
use bevy::prelude::Entity;
use bevy_egui::egui::{
    Align2, Color32, ColorImage, Rect, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions,
    Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use mnistify_drawing::{Image28, PIXELS, SIDE, Sheet};

/// The least height of what is pressed, in points.
const LEAST: f32 = 44.0;

/// The own digit and those that are alike, side by side in one texture.
#[derive(Default)]
pub struct Pictures {
    texture: Option<TextureHandle>,
    shown: Vec<[u8; PIXELS]>,
}

impl Pictures {
    /// The texture with these pictures, made anew where they are others.
    fn texture(&mut self, ui: &Ui, pictures: Vec<[u8; PIXELS]>) -> &TextureHandle {
        let is_same = self.shown == pictures;
        let texture = self.texture.take().filter(|_| is_same);
        let texture = texture.unwrap_or_else(|| {
            let image = side_by_side(&pictures);
            ui.ctx()
                .load_texture("alike", image, TextureOptions::NEAREST)
        });
        self.shown = pictures;
        self.texture.insert(texture)
    }
}

/// The pictures in a row, in the colours of ink.
fn side_by_side(pictures: &[[u8; PIXELS]]) -> ColorImage {
    let size = [SIDE * pictures.len(), SIDE];
    let rows = (0..SIDE).flat_map(|y| {
        pictures
            .iter()
            .map(move |picture| &picture[y * SIDE..][..SIDE])
    });
    let colours: Vec<Color32> = rows
        .flatten()
        .map(|byte| ink_colour(f32::from(*byte) / 255.0))
        .collect();
    ColorImage::new(size, colours)
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
struct Places {
    own: Rect,
    alike: [Rect; ALIKE],
}

/// The own picture at the left and the others in rows beside it, or all nine in a square where that makes the others larger;
/// below each there is room for a line of this height.
fn places(area: Rect, line: f32, gap: f32) -> Places {
    let of_rows = |rows: usize| {
        let columns = ALIKE / rows;
        let own = (0.3 * area.width()).min(area.height() - line).max(0.0);
        let width = area.width() - own - 2.0 * gap;
        let side = (width / columns as f32 - gap).min(area.height() / rows as f32 - line);
        (rows, own, side.max(0.0))
    };
    let (rows, own, side) = [1, 2, 4]
        .map(of_rows)
        .into_iter()
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .unwrap_or((2, 0.0, 0.0));
    let square = (area.size() / 3.0 - vec2(gap, line + 0.6 * gap)).min_elem();
    if square > side {
        let pitch = vec2(
            area.width() / 3.0,
            (square + line + gap).min(area.height() / 3.0),
        );
        let nine: [Rect; ALIKE + 1] = std::array::from_fn(|index| {
            let place = vec2((index % 3) as f32, (index / 3) as f32);
            let inside = vec2((pitch.x - square) / 2.0, 0.0);
            Rect::from_min_size(area.min + place * pitch + inside, vec2(square, square))
        });
        return Places {
            own: nine[0],
            alike: std::array::from_fn(|index| nine[index + 1]),
        };
    }
    let columns = ALIKE / rows;
    let pitch = vec2(
        (area.width() - own - 2.0 * gap) / columns as f32,
        (area.height() / rows as f32).min(side + line + gap),
    );
    let alike = std::array::from_fn(|index| {
        let place = vec2((index % columns) as f32, (index / columns) as f32);
        let corner = area.min + vec2(own + 2.0 * gap, 0.0) + place * pitch;
        Rect::from_min_size(corner, vec2(side, side))
    });
    Places {
        own: Rect::from_min_size(area.min, vec2(own, own)),
        alike,
    }
}

/// Shows the page.
pub fn alike_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    area: Rect,
    pictures: &mut Pictures,
    actions: &mut Vec<Action>,
) {
    let Some(network) = look.selection.cell.map(|cell| cell.network) else {
        return;
    };
    let unit = look.composed.places.unit;
    let text = &look.composed.places.text;
    let top = choice_ui(ui, look, area, actions);
    let bank = look.neighbours.bank(network);
    let found = bank.and_then(Bank::found);
    let words = foot(look, network, bank);
    let size = theme::SMALL.min(text.technical);
    let foot = ui
        .painter()
        .layout(words, theme::font(size), theme::dim(), area.width());
    let bottom = area.max.y - foot.size().y;
    ui.painter()
        .galley(pos2(area.min.x, bottom), foot, theme::dim());
    let (Some(found), Some(pool)) = (found, look.neighbours.digits.pool.as_ref()) else {
        return;
    };
    let middle = Rect::from_min_max(
        pos2(area.min.x, top + 6.0 * unit),
        pos2(area.max.x, bottom - 6.0 * unit),
    );
    let line = 1.3 * text.technical;
    let places = places(middle, line, 8.0 * unit);
    let alike = found.iter().map(|near| pool.images[near.place]);
    let own = look.pad.image().to_bytes();
    let texture = pictures.texture(ui, std::iter::once(own).chain(alike).collect());
    let count = 1.0 + found.len() as f32;
    let picture = |index: usize, rect: Rect| {
        let left = index as f32 / count;
        let uv = Rect::from_min_max(pos2(left, 0.0), pos2(left + 1.0 / count, 1.0));
        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
    };
    picture(0, places.own);
    let edge = Stroke::new(1.0, theme::line().gamma_multiply(0.7));
    ui.painter()
        .rect_stroke(places.own, 0.0, edge, StrokeKind::Outside);
    let yours = pos2(places.own.center().x, places.own.max.y + 2.0 * unit);
    let (words, font) = (say("alike-yours"), theme::font(text.technical));
    theme::text_in(
        ui.painter(),
        yours,
        Align2::CENTER_TOP,
        &words,
        font,
        theme::dim(),
        places.own.width(),
    );
    let said = look.network(network).and_then(|reading| reading.answer());
    let said = said.map(|answer| class_name(look, answer.class));
    for (index, (near, rect)) in found.iter().zip(places.alike).enumerate() {
        picture(index + 1, rect);
        let Some(label) = look.neighbours.digits.label(near.place) else {
            continue;
        };
        let written = label.to_string();
        let response = ui.interact(rect, ui.id().with(("alike", index)), Sense::click());
        let name = say_with("alike-digit", &[("digit", written.clone().into())]);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        // Others than the answer catch the eye.
        let differs = said.as_ref().is_some_and(|said| *said != written);
        let (width, colour) = match (differs, response.hovered() || response.has_focus()) {
            (true, _) => (2.5, theme::POINTER),
            (false, true) => (2.0, theme::text()),
            (false, false) => (1.0, theme::line().gamma_multiply(0.7)),
        };
        let line = Stroke::new(width, colour);
        ui.painter()
            .rect_stroke(rect, 0.0, line, StrokeKind::Outside);
        ui.painter().text(
            pos2(rect.center().x, rect.max.y + 2.0 * unit),
            Align2::CENTER_TOP,
            written,
            theme::medium(text.technical),
            if differs {
                theme::POINTER
            } else {
                theme::text()
            },
        );
        if response
            .on_hover_text(format!("{name}. {}", say("alike-take")))
            .clicked()
        {
            let picture = Image28::from_bytes(&pool.images[near.place]);
            actions.push(Action::Pad(PadAction::Lay(Sheet {
                strokes: Vec::new(),
                picture: Some(Box::new(picture)),
            })));
        }
    }
    let all = places.alike.into_iter().reduce(Rect::union);
    mark(ui, "alike", all.unwrap_or(middle));
}

/// The sentence above, and what alike means, to choose; returns where they end below.
fn choice_ui(ui: &mut Ui, look: &Look<'_>, area: Rect, actions: &mut Vec<Action>) -> f32 {
    let unit = look.composed.places.unit;
    let text = &look.composed.places.text;
    let choices = [
        (Likeness::Network, "alike_network", say("alike-to-network")),
        (Likeness::Pixels, "alike_pixels", say("alike-to-pixels")),
    ];
    let height = LEAST * unit.max(1.0);
    let gap = 6.0 * unit;
    let sentence =
        ui.painter()
            .layout_no_wrap(say("alike-meant"), theme::medium(text.body), theme::text());
    let wanted = (150.0 * unit).max(110.0);
    // Beside the sentence where there is room, else below it.
    let beside = sentence.size().x + 2.0 * (wanted + gap) <= area.width();
    let (left, width, top) = if beside {
        (area.max.x - 2.0 * wanted - gap, wanted, area.min.y)
    } else {
        let below = area.min.y + sentence.size().y + 2.0 * unit;
        (area.min.x, (area.width() - gap) / 2.0, below)
    };
    let at = if beside {
        area.min.y + (height - sentence.size().y) / 2.0
    } else {
        area.min.y
    };
    ui.painter()
        .galley(pos2(area.min.x, at), sentence, theme::text());
    for (index, (likeness, name, words)) in choices.iter().enumerate() {
        let corner = pos2(left + index as f32 * (width + gap), top);
        let button = Place {
            name,
            rect: Rect::from_min_size(corner, vec2(width, height)),
            text: words,
            size: text.technical,
            on: *look.neighbours.likeness == *likeness,
            enabled: true,
        };
        if button.show(ui).clicked() {
            actions.push(Action::Alike(*likeness));
        }
    }
    top + height
}

/// The sentence below: what is seen and how far it can be trusted, or why there is nothing yet.
fn foot(look: &Look<'_>, network: Entity, bank: Option<&Bank>) -> String {
    let digits = &look.neighbours.digits;
    if let Some(reason) = &digits.trouble {
        return say_with("alike-missing", &[("reason", reason.clone().into())]);
    }
    if digits.pool.is_none() {
        return say("alike-coming");
    }
    let Some(reading) = look.network(network) else {
        return String::new();
    };
    let to_network = *look.neighbours.likeness == Likeness::Network;
    if to_network && !reading.network.is_current {
        return say("alike-learning");
    }
    let name = || FluentValue::from(reading.network.name());
    match bank {
        Some(bank) if bank.share() >= 1.0 => {
            let count = ("count", thousands(bank.count()).into());
            if look.pad.image().is_blank() {
                say("alike-blank")
            } else if to_network {
                say_with("alike-foot-network", &[("network", name()), count])
            } else {
                say_with("alike-foot-pixels", &[count])
            }
        }
        bank => {
            let share = bank.map_or(0.0, Bank::share);
            let percent = decimal(format!("{:.0}", 100.0 * share));
            if to_network {
                let values = [("network", name()), ("percent", percent.into())];
                say_with("alike-reading", &values)
            } else {
                say("alike-coming")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_apart_and_large_enough_for_a_finger() {
        for (width, height) in [
            (619.0, 180.0),
            (334.0, 240.0),
            (780.0, 120.0),
            (334.0, 330.0),
        ] {
            let area = Rect::from_min_size(pos2(20.0, 90.0), vec2(width, height));
            let places = places(area, 18.0, 8.0);
            let all: Vec<Rect> = std::iter::once(places.own).chain(places.alike).collect();
            for (index, rect) in all.iter().enumerate() {
                let with_line = Rect::from_min_max(rect.min, rect.max + vec2(0.0, 17.0));
                assert!(area.contains_rect(with_line), "{width}×{height} {rect:?}");
                assert!(rect.width() >= LEAST, "{width}×{height} {rect:?}");
                let others = &all[index + 1..];
                assert!(
                    others.iter().all(|other| !other.intersects(with_line)),
                    "{places:?}"
                );
            }
            let [first, ..] = places.alike;
            assert!(places.own.width() >= first.width());
        }
    }

    #[test]
    fn pictures_lie_side_by_side() {
        let (mut left, right) = ([0; PIXELS], [255; PIXELS]);
        left[SIDE + 2] = 255;
        let image = side_by_side(&[left, right]);
        assert_eq!(image.size, [56, 28]);
        assert_eq!(image.pixels[56 + 2], ink_colour(1.0));
        assert_eq!(image.pixels[56 + 3], ink_colour(0.0));
        assert_eq!(image.pixels[28], ink_colour(1.0));
    }
}

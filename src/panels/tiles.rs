//! The answer: ten tiles as tall as the pad. A tile is a class with each network's probability as a bar; the answer's is
//! large, with a word for how sure it is. Networks that differ have a large tile each.

use super::{Look, answer::Told, theme};
use crate::{
    actions::Action,
    composition::{Scene, WindowClass},
    inference::ReadingItem,
    view::SelectedCell,
    words::say_with,
};
use bevy_egui::egui::{
    Align2, CornerRadius, Id, Painter, Rect, Sense, Ui, WidgetInfo, WidgetType, epaint::Shadow,
    pos2, vec2,
};
use mnistify_network::explain::Cell;

/// Probabilities below this have no bar.
const LEAST_BAR: f32 = 0.02;
/// Probabilities below this have no number.
const LEAST_NUMBER: f32 = 0.05;
/// Words and bars beside a phone's figure need this much room, in units.
const LEAST_BESIDE: f32 = 110.0;
/// Seconds in which a tile grows or shrinks.
const GROW_SECONDS: f32 = 0.22;

/// Shows the tiles, or a phone's answer.
pub fn tiles_ui(ui: &mut Ui, look: &Look<'_>, told: &Told, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    if places.class != WindowClass::Wide {
        phone_answers(ui, look, told, actions);
        return;
    }
    for (class, rect) in places.answers.iter().enumerate() {
        let goal = super::to_egui(*rect);
        let rect = gliding(ui, ("tile", class), goal);
        let readers: Vec<_> = look.shown().collect();
        let answers = told.winners.contains(&class);
        let response = ui.interact(rect, ui.id().with(("tile", class)), Sense::click());
        let name = class_name(look, class);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        if answers {
            large_tile(ui, rect, look, told, class, &name);
        } else {
            small_tile(
                ui.painter(),
                rect,
                look,
                told,
                class,
                &name,
                response.hovered(),
            );
        }
        if response.clicked()
            && let Some(reading) = readers.iter().max_by_key(|r| r.network.layout.rows())
        {
            actions.push(Action::Select(Some(output_cell(reading, class))));
        }
    }
}

/// A network's output of this class.
fn output_cell(reading: &ReadingItem<'_, '_>, class: usize) -> SelectedCell {
    SelectedCell {
        network: reading.entity,
        cell: Cell {
            row: reading.network.layout.rows() - 1,
            channel: class,
            y: 0,
            x: 0,
        },
    }
}

/// What people call a class.
pub fn class_name(look: &Look<'_>, class: usize) -> String {
    let names = look
        .shown()
        .find_map(|reading| reading.network.spec().classes().get(class));
    names.cloned().unwrap_or_else(|| class.to_string())
}

/// A rectangle on its way to another.
fn gliding(ui: &Ui, name: (&str, usize), goal: Rect) -> Rect {
    let context = ui.ctx();
    let part = |part: &str, goal: f32| {
        context.animate_value_with_time(Id::new((name, part)), goal, GROW_SECONDS)
    };
    Rect::from_min_max(
        pos2(part("left", goal.min.x), part("top", goal.min.y)),
        pos2(part("right", goal.max.x), part("bottom", goal.max.y)),
    )
}

fn large_tile(ui: &Ui, rect: Rect, look: &Look<'_>, told: &Told, class: usize, name: &str) {
    let places = &look.composed.places;
    let unit = places.unit;
    let painter = ui.painter();
    let radius = CornerRadius::same((14.0 * unit) as u8);
    let halo = Shadow {
        offset: [0, 0],
        blur: (30.0 * unit) as u8,
        spread: 2,
        color: bevy_egui::egui::Color32::from_rgba_unmultiplied(255, 160, 70, 120),
    };
    painter.add(halo.as_shape(rect, radius));
    painter.rect_filled(rect, radius, theme::ANSWER);
    let letters = name.chars().count().max(1) as f32;
    let size = places.glyph / theme::FIGURE_HEIGHT;
    let size = size.min(rect.width() * 0.9 / (0.62 * letters));
    let words = told.words_of(look, class);
    let word_size = places.text.certainty;
    // The figure itself, not its line, is centred in what the words leave.
    let left = if words.is_empty() {
        0.0
    } else {
        word_size * 1.25
    };
    let shares = told.shares(look, class);
    // Beside the bars there is less room.
    let bars = 4.0 * unit * shares.len().min(3) as f32;
    let middle = pos2(
        rect.center().x + bars,
        rect.min.y + (rect.height() - left) / 2.0 + 2.0 * unit,
    );
    painter.text(
        middle,
        Align2::CENTER_CENTER,
        name,
        theme::bold(size),
        theme::ANSWER_FIGURE,
    );
    theme::text_in(
        painter,
        pos2(rect.center().x + bars, rect.max.y - 9.0 * unit),
        Align2::CENTER_BOTTOM,
        &words,
        theme::bold(word_size),
        theme::ANSWER_WORD,
        rect.width() - 12.0 - 2.0 * bars,
    );
    standing_bars(painter, rect, shares, unit);
}

/// What each network gives an answer, at the tile's left edge: from the foot as high as it is sure.
fn standing_bars(painter: &Painter, tile: Rect, shares: Vec<(usize, f32)>, unit: f32) {
    let size = vec2(5.0, 0.0) * unit + vec2(0.0, 0.46 * tile.height());
    for (place, (slot, share)) in shares.into_iter().enumerate() {
        let left = tile.min.x + (11.0 + 9.0 * place as f32) * unit;
        let top = tile.center().y - size.y / 2.0;
        let track = Rect::from_min_size(pos2(left, top), size);
        painter.rect_filled(track.expand(1.5 * unit), size.x, theme::ANSWER_FIGURE);
        let mut bar = track;
        bar.min.y = bar.max.y - share * size.y;
        painter.rect_filled(bar, size.x / 2.0, theme::network_hue(slot));
    }
}

fn small_tile(
    painter: &Painter,
    rect: Rect,
    look: &Look<'_>,
    told: &Told,
    class: usize,
    name: &str,
    hovered: bool,
) {
    let places = &look.composed.places;
    let unit = places.unit;
    let radius = CornerRadius::same((10.0 * unit) as u8);
    let fill = if hovered {
        theme::button()
    } else {
        theme::tile()
    };
    painter.rect_filled(rect, radius, fill.gamma_multiply(0.92));
    let shares = told.shares(look, class);
    let most = shares.iter().map(|(_, share)| *share).fold(0.0, f32::max);
    let size = places.text.tile.min(0.62 * rect.height()).max(theme::SMALL);
    let colour = if most >= LEAST_BAR {
        theme::text()
    } else {
        theme::dim()
    };
    painter.text(
        pos2(rect.min.x + 22.0 * unit, rect.center().y),
        Align2::CENTER_CENTER,
        name,
        theme::medium(size),
        colour,
    );
    let bars: Vec<_> = shares
        .iter()
        .filter(|(_, share)| *share >= LEAST_BAR)
        .collect();
    if bars.is_empty() {
        return;
    }
    let numbered = most >= LEAST_NUMBER;
    let left = rect.min.x + 42.0 * unit;
    let mut right = rect.max.x - 12.0 * unit;
    if numbered {
        let percent = format!("{:.0}", most * 100.0);
        painter.text(
            pos2(right, rect.center().y),
            Align2::RIGHT_CENTER,
            say_with("percent", &[("percent", percent.into())]),
            theme::font(theme::SMALL),
            theme::text(),
        );
        right -= (42.0 * unit).max(46.0);
    }
    let (height, gap) = (4.0 * unit, 5.0 * unit);
    let all = bars.len() as f32 * (height + gap) - gap;
    for (line, (slot, share)) in bars.into_iter().enumerate() {
        let top = rect.center().y - all / 2.0 + line as f32 * (height + gap);
        let track = Rect::from_min_max(pos2(left, top), pos2(right, top + height));
        painter.rect_filled(track, height / 2.0, theme::track().gamma_multiply(0.45));
        let bar = Rect::from_min_size(track.min, vec2(track.width() * share, height));
        painter.rect_filled(bar, height / 2.0, theme::network_hue(*slot));
    }
}

/// On a phone: one answer large, or two side by side.
fn phone_answers(ui: &mut Ui, look: &Look<'_>, told: &Told, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let unit = places.unit;
    if matches!(places.scene, Scene::FullScreen { .. }) {
        return;
    }
    for (place, rect) in places.answers.iter().enumerate() {
        let rect = super::to_egui(*rect);
        let winner = told.winners.get(place).copied();
        let response = ui.interact(rect, ui.id().with(("answer", place)), Sense::click());
        let painter = ui.painter();
        let radius = CornerRadius::same(16);
        painter.rect_filled(rect, radius, theme::tile().gamma_multiply(0.92));
        let Some(class) = winner else {
            let text = painter.layout(
                told.headline.clone(),
                theme::bold(places.text.headline),
                theme::text(),
                rect.width() - 24.0,
            );
            let at = rect.center() - text.size() / 2.0;
            painter.galley(at, text, theme::text());
            continue;
        };
        let name = class_name(look, class);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        let words = told.words_of(look, class);
        let box_width = (places.glyph * 1.12).min(rect.width());
        if rect.width() - box_width < LEAST_BESIDE * unit {
            // Two answers, or a phone on its side: the figure above, the word below it.
            painter.rect_filled(rect, radius, theme::ANSWER);
            let size = (places.glyph / theme::FIGURE_HEIGHT).min(rect.height() * 0.8);
            painter.text(
                rect.center() - vec2(0.0, 12.0),
                Align2::CENTER_CENTER,
                &name,
                theme::bold(size),
                theme::ANSWER_FIGURE,
            );
            theme::text_in(
                painter,
                rect.center_bottom() - vec2(0.0, 12.0),
                Align2::CENTER_BOTTOM,
                &words,
                theme::bold(places.text.certainty),
                theme::ANSWER_WORD,
                rect.width() - 12.0,
            );
            if response.clicked() {
                actions.push(Action::Explain);
            }
            continue;
        }
        let amber = Rect::from_min_size(rect.min, vec2(box_width, rect.height()));
        painter.rect_filled(amber, radius, theme::ANSWER);
        painter.text(
            amber.center() + vec2(0.0, 1.0),
            Align2::CENTER_CENTER,
            &name,
            theme::bold((places.glyph / theme::FIGURE_HEIGHT).min(rect.height() / 0.95)),
            theme::ANSWER_FIGURE,
        );
        let left = amber.max.x + 16.0 * unit;
        painter.text(
            pos2(left, rect.min.y + rect.height() * 0.3),
            Align2::LEFT_CENTER,
            words,
            theme::bold(26.0 * unit.min(1.2)),
            theme::text(),
        );
        let mut top = rect.min.y + rect.height() * 0.52;
        let end = places
            .controls
            .explain
            // It may be one of the buttons at the foot.
            .filter(|explain| explain.min[1] < rect.max.y)
            .map_or(rect.max.x, |explain| explain.min[0]);
        let right = (end - 14.0 * unit).min(left + 150.0 * unit);
        let name_of = |slot: usize| {
            let reading = look.shown().find(|reading| reading.network.slot() == slot);
            reading.map_or("", |reading| reading.network.name())
        };
        let shares = told.shares(look, class);
        let font = theme::medium(theme::SMALL);
        let widths = shares.iter().map(|(slot, _)| {
            let name = name_of(*slot).to_string();
            let galley = painter.layout_no_wrap(name, font.clone(), theme::text());
            galley.size().x
        });
        // The bars begin behind the longest name.
        let names = widths.fold(38.0, f32::max) + 8.0;
        for (slot, share) in shares {
            if top + 18.0 > rect.max.y || right - left < 40.0 {
                break;
            }
            painter.text(
                pos2(left, top + 7.0),
                Align2::LEFT_CENTER,
                name_of(slot),
                theme::medium(theme::SMALL),
                theme::network_hue(slot),
            );
            let track = Rect::from_min_max(
                pos2((left + names).min(right - 4.0), top + 4.0),
                pos2(right, top + 10.0),
            );
            painter.rect_filled(track, 3.0, theme::track().gamma_multiply(0.45));
            let bar = Rect::from_min_size(track.min, vec2(track.width() * share, track.height()));
            painter.rect_filled(bar, 3.0, theme::network_hue(slot));
            top += 20.0;
        }
        if response.clicked()
            && let Some(reading) = look
                .shown()
                .filter(|r| r.answer().is_some_and(|a| a.class == class))
                .max_by_key(|r| r.network.layout.rows())
        {
            actions.push(Action::Select(Some(output_cell(reading, class))));
        }
    }
}

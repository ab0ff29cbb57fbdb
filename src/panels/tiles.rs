//! The answer: ten tiles as tall as the pad. A tile is a class with each network's probability as a bar; the answer's is
//! large, with a word for how sure it is. Networks that differ have a large tile each.

use super::{
    Look,
    answer::{SURE, Share, Told},
    theme,
};
use crate::{
    actions::Action,
    composition::{self, Composition, Scene, WindowClass},
    inference::ReadingItem,
    view::SelectedCell,
    words::{say, say_with},
};
use bevy_egui::egui::{
    Align2, Color32, CornerRadius, Id, Painter, Rect, Sense, Ui, WidgetInfo, WidgetType,
    epaint::Shadow, pos2, vec2,
};
use mnistify_network::explain::Cell;
use std::iter;

/// Probabilities below this have no bar.
const LEAST_BAR: f32 = 0.02;
/// Probabilities below this have no number.
const LEAST_NUMBER: f32 = 0.05;
/// A bar gives no room to a number where it would be narrower, in points.
const LEAST_BAR_WIDTH: f32 = 26.0;
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
        response.widget_info(|| {
            let shares = told.shares(look, class).into_iter();
            let read = shares.filter(|share| share.share >= LEAST_BAR);
            let read = read.map(|share| format!("{} {}", share.name, percent(share.share)));
            let said: Vec<String> = iter::once(name.clone()).chain(read).collect();
            WidgetInfo::labeled(WidgetType::Button, true, said.join(", "))
        });
        if answers {
            large_tile(ui.painter(), rect, look, told, class, &name);
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
pub(super) fn output_cell(reading: &ReadingItem<'_, '_>, class: usize) -> SelectedCell {
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

/// A tile that is an answer: the class, how sure it is, and each network's part in it, as far as there is room.
fn large_tile(
    painter: &Painter,
    rect: Rect,
    look: &Look<'_>,
    told: &Told,
    class: usize,
    name: &str,
) {
    let places = &look.composed.places;
    let unit = places.unit;
    let radius = CornerRadius::same((14.0 * unit) as u8);
    let halo = Shadow {
        offset: [0, 0],
        blur: (30.0 * unit) as u8,
        spread: 2,
        color: Color32::from_rgba_unmultiplied(255, 160, 70, 120),
    };
    painter.add(halo.as_shape(rect, radius));
    painter.rect_filled(rect, radius, theme::ANSWER);
    let shares = told.shares(look, class);
    let (line, word_size) = (1.3 * places.text.technical, places.text.certainty);
    let foot = 10.0 * unit;
    let room = rect.height() - 1.06 * places.glyph - foot;
    let all = line * shares.len() as f32;
    // Without room for a word and for the lines the lines stay, which say more; two answers never have it.
    let mut words = told.words_of(look, class);
    let has_room = told.winners.len() < 2 && all + 1.25 * word_size <= room;
    if !has_room && all <= room {
        words.clear();
    }
    let word_height = if words.is_empty() {
        0.0
    } else {
        1.25 * word_size
    };
    // All networks or none.
    let all = if all <= room - word_height { all } else { 0.0 };
    let below = word_height + all;
    let letters = name.chars().count().max(1) as f32;
    let high = places.glyph.min(rect.height() - below - foot);
    let size = (high / theme::FIGURE_HEIGHT).min(rect.width() * 0.9 / (0.62 * letters));
    // The figure itself, not its line, is centred in what the words leave.
    let middle = rect.min.y + (rect.height() - below - 0.6 * foot) / 2.0 + 2.0 * unit;
    painter.text(
        pos2(rect.center().x, middle),
        Align2::CENTER_CENTER,
        name,
        theme::bold(size),
        theme::ANSWER_FIGURE,
    );
    let mut area = rect.shrink2(vec2(14.0 * unit, 0.8 * foot));
    area.min.y = area.max.y - below;
    theme::text_in(
        painter,
        pos2(rect.center().x, area.min.y + word_height / 2.0),
        Align2::CENTER_CENTER,
        &words,
        theme::bold(word_size),
        theme::ANSWER_WORD,
        rect.width() - 12.0,
    );
    area.min.y += word_height;
    if all > 0.0 {
        share_lines(painter, area, &shares, line, true);
    }
}

/// One line a network: its name, its probability as a bar, and as a number where it is not nearly all.
fn share_lines(painter: &Painter, area: Rect, shares: &[Share<'_>], line: f32, on_answer: bool) {
    let font = theme::medium((line / 1.3).max(theme::SMALL));
    let most = 0.5 * area.width();
    let widths = shares.iter().map(|share| {
        let name = theme::shrunk(painter, share.name, font.clone(), most);
        name.size().x
    });
    // The bars begin behind the longest name, and end before the longest number.
    let names = widths.fold(0.0, f32::max) + 0.5 * font.size;
    let numbers = 2.7 * font.size;
    let numbered = shares.iter().any(|share| share.share < SURE)
        && area.width() - names - numbers >= LEAST_BAR_WIDTH;
    let numbers = if numbered { numbers } else { 0.0 };
    for (place, share) in shares.iter().enumerate() {
        let middle = area.min.y + (place as f32 + 0.5) * line;
        let hue = theme::network_hue(share.slot);
        let colour = if on_answer { theme::ANSWER_WORD } else { hue };
        theme::text_in(
            painter,
            pos2(area.min.x, middle),
            Align2::LEFT_CENTER,
            share.name,
            font.clone(),
            colour,
            most,
        );
        if numbered {
            painter.text(
                pos2(area.max.x, middle),
                Align2::RIGHT_CENTER,
                percent(share.share),
                theme::font(theme::SMALL),
                if on_answer { colour } else { theme::text() },
            );
        }
        let half = 0.16 * line;
        let track = Rect::from_min_max(
            pos2(area.min.x + names, middle - half),
            pos2(area.max.x - numbers, middle + half),
        );
        let mut bar = track;
        if on_answer {
            painter.rect_filled(track, half, theme::ANSWER_FIGURE);
            bar = track.shrink(0.07 * line);
        } else {
            painter.rect_filled(track, half, theme::track().gamma_multiply(0.45));
        }
        bar.max.x = bar.min.x + bar.width() * share.share;
        painter.rect_filled(bar, half, hue);
    }
}

fn percent(share: f32) -> String {
    let percent = format!("{:.0}", share * 100.0);
    say_with("percent", &[("percent", percent.into())])
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
    theme::edge(painter, rect, radius, false);
    let shares = told.shares(look, class);
    let most = shares.iter().map(|s| s.share).fold(0.0, f32::max);
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
        .filter(|share| share.share >= LEAST_BAR)
        .collect();
    if bars.is_empty() {
        return;
    }
    let numbered = most >= LEAST_NUMBER;
    let left = rect.min.x + 42.0 * unit;
    let mut right = rect.max.x - 12.0 * unit;
    if numbered {
        painter.text(
            pos2(right, rect.center().y),
            Align2::RIGHT_CENTER,
            percent(most),
            theme::font(theme::SMALL),
            theme::text(),
        );
        right -= (42.0 * unit).max(46.0);
    }
    let (height, gap) = (4.0 * unit, 5.0 * unit);
    let all = bars.len() as f32 * (height + gap) - gap;
    for (line, Share { slot, share, .. }) in bars.into_iter().enumerate() {
        let top = rect.center().y - all / 2.0 + line as f32 * (height + gap);
        let track = Rect::from_min_max(pos2(left, top), pos2(right, top + height));
        painter.rect_filled(track, height / 2.0, theme::track().gamma_multiply(0.45));
        let bar = Rect::from_min_size(track.min, vec2(track.width() * share, height));
        painter.rect_filled(bar, height / 2.0, theme::network_hue(*slot));
    }
}

/// Where an answer's free width ends: its button may lie on it, or be one of those at the foot.
fn beside_explain(places: &Composition, answer: Rect) -> f32 {
    let on_it = |explain: &composition::Rect| {
        explain.min[1] < answer.max.y && explain.max[1] > answer.min.y
    };
    let explain = places.controls.explain.filter(on_it);
    explain.map_or(answer.max.x, |explain| explain.min[0])
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
        // Without an answer there is nothing to press.
        let sense = winner.map_or(Sense::hover(), |_| Sense::click());
        let response = ui.interact(rect, ui.id().with(("answer", place)), sense);
        let painter = ui.painter();
        let radius = CornerRadius::same(16);
        painter.rect_filled(rect, radius, theme::tile().gamma_multiply(0.92));
        let Some(class) = winner else {
            // The sentence above says already what to do; what was drawn and not read has its reason here.
            let is_coming = look.pad.image().is_blank() || look.motion.slow.is_some();
            let (words, font) = if is_coming {
                (say("answer-here"), theme::medium(places.text.body))
            } else {
                (told.headline.clone(), theme::bold(places.text.headline))
            };
            let left = rect.min.x + 12.0;
            let right = beside_explain(places, rect) - 12.0;
            let text = painter.layout(words, font, theme::text(), right - left);
            let at = pos2((left + right) / 2.0, rect.center().y) - text.size() / 2.0;
            painter.galley(at, text, theme::text());
            continue;
        };
        let name = class_name(look, class);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        let words = told.words_of(look, class);
        let box_width = (places.glyph * 1.12).min(rect.width());
        if rect.width() - box_width < LEAST_BESIDE * unit {
            // Two answers, or a phone on its side.
            large_tile(painter, rect, look, told, class, &name);
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
        let right = (beside_explain(places, rect) - 14.0 * unit).min(left + 150.0 * unit);
        let area = Rect::from_min_max(
            pos2(left, rect.min.y + rect.height() * 0.52),
            pos2(right, rect.max.y),
        );
        let line = 1.3 * theme::SMALL;
        let shares = told.shares(look, class);
        let lines = ((area.height() / line) as usize).min(shares.len());
        share_lines(painter, area, &shares[..lines], line, false);
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

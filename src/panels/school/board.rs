//! Where the parts of the board are.

use crate::composition::WindowClass;
use bevy_egui::egui::{Rect, pos2, vec2};

/// Lines of choices that are seen at a time in a wide window.
pub const LINES: usize = 4;

/// Where the parts of the board are.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub words: Rect,
    /// Forget, learn, one step, restore, close.
    pub buttons: [Rect; 5],
    /// Examples, moved copies, wrong labels, pace: a label's place and that of what can be chosen.
    pub switches: Vec<Rect>,
    /// The way to what else can be chosen.
    pub more: Rect,
    pub dials: Rect,
    pub curve: Rect,
    pub table: Option<Rect>,
    /// Keep, save.
    pub keep: [Rect; 2],
    pub film: Option<Rect>,
}

/// The board's parts in its rectangle.
pub fn board(rect: Rect, class: WindowClass, unit: f32) -> Board {
    let inner = rect.shrink2(vec2(16.0, 12.0) * unit);
    let gap = 8.0 * unit;
    match class {
        WindowClass::Wide => {
            let film_height = (34.0 * unit).min(0.17 * inner.height());
            let film = Rect::from_min_max(pos2(inner.min.x, inner.max.y - film_height), inner.max);
            let bottom = film.min.y - gap;
            let column = |from: f32, to: f32| {
                Rect::from_min_max(
                    pos2(inner.min.x + from * inner.width(), inner.min.y),
                    pos2(inner.min.x + to * inner.width() - 2.0 * gap, bottom),
                )
            };
            let (left, middle) = (column(0.0, 0.265), column(0.265, 0.54));
            let (race, river) = (column(0.54, 0.715), column(0.715, 0.87));
            let table = column(0.87, 1.0);
            let high = ((left.height() - gap) / 2.0 - gap / 2.0).min(52.0 * unit) * 0.86;
            let row = |line: usize, count: usize, place: usize| {
                let width = (left.width() - gap * (count - 1) as f32) / count as f32;
                let top = left.max.y - (2 - line) as f32 * (high + gap) + gap;
                Rect::from_min_size(
                    pos2(left.min.x + place as f32 * (width + gap), top),
                    vec2(width, high),
                )
            };
            let buttons = [
                row(0, 2, 0),
                row(0, 2, 1),
                row(1, 3, 0),
                row(1, 3, 1),
                row(1, 3, 2),
            ];
            Board {
                words: Rect::from_min_max(left.min, pos2(left.max.x, buttons[0].min.y - gap)),
                buttons,
                switches: lines(
                    Rect::from_min_max(
                        middle.min,
                        pos2(middle.max.x, middle.max.y - 0.9 * high - gap),
                    ),
                    LINES,
                    0.7 * gap,
                ),
                more: Rect::from_min_max(
                    pos2(middle.center().x, middle.max.y - 0.9 * high),
                    middle.max,
                ),
                dials: race,
                curve: river,
                table: Some(Rect::from_min_max(
                    table.min,
                    pos2(inner.max.x, bottom - 2.0 * (high + gap)),
                )),
                keep: [1.0, 0.0].map(|place| {
                    let lower = bottom - place * (high + gap);
                    Rect::from_min_max(pos2(table.min.x, lower - high), pos2(inner.max.x, lower))
                }),
                film: Some(film),
            }
        }
        WindowClass::Upright | WindowClass::Sideways => {
            let high = (44.0 * unit).max(40.0).min(0.17 * inner.height());
            let words_height = 0.22 * inner.height();
            let width = |count: usize| (inner.width() - gap * (count - 1) as f32) / count as f32;
            let cell = |top: f32, count: usize, place: usize| {
                Rect::from_min_size(
                    pos2(inner.min.x + place as f32 * (width(count) + gap), top),
                    vec2(width(count), high),
                )
            };
            let first = inner.min.y + words_height;
            let second = first + high + gap;
            let buttons = [
                cell(first, 2, 0),
                cell(first, 2, 1),
                cell(second, 3, 0),
                cell(second, 3, 1),
                cell(second, 3, 2),
            ];
            let top = second + high + gap;
            let rest = Rect::from_min_max(pos2(inner.min.x, top), inner.max);
            let half = rest.center().x;
            let lower = Rect::from_min_max(pos2(half + gap, rest.min.y), rest.max);
            Board {
                words: Rect::from_min_max(inner.min, pos2(inner.max.x, first - 0.5 * gap)),
                buttons,
                switches: lines(lower, 2, gap),
                more: Rect::NOTHING,
                dials: Rect::from_min_max(rest.min, pos2(half, rest.max.y)),
                curve: Rect::NOTHING,
                table: None,
                keep: [Rect::NOTHING; 2],
                film: None,
            }
        }
    }
}

fn lines(rect: Rect, count: usize, gap: f32) -> Vec<Rect> {
    let height = (rect.height() - gap * (count - 1) as f32) / count as f32;
    let line = |place: usize| {
        Rect::from_min_size(
            pos2(rect.min.x, rect.min.y + place as f32 * (height + gap)),
            vec2(rect.width(), height),
        )
    };
    (0..count).map(line).collect()
}

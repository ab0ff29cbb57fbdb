//! Where the parts of the board are.

use crate::{composition::WindowClass, school::BoardPage};
use bevy_egui::egui::{Rect, pos2, vec2};

/// Lines of choices that are seen at a time in a wide window.
pub const LINES: usize = 4;

/// Columns of the digits that a drawing can be.
const DIGIT_COLUMNS: usize = 5;

/// Where the parts of the board are; what another page shows is nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub words: Rect,
    /// Forget, learn, one step, restore, close.
    pub buttons: [Rect; 5],
    /// Examples, moved copies, wrong labels, pace: a label's place and that of what can be chosen.
    pub switches: Vec<Rect>,
    /// The way to the next page.
    pub more: Rect,
    /// In a wide window, the way to the visitor's own digits.
    pub own: Rect,
    /// What a drawing can be.
    pub digits: Vec<Rect>,
    /// Take back, forget mine.
    pub mine: [Rect; 2],
    pub dials: Rect,
    pub curve: Rect,
    /// Where a small window has the maps of moved drawings.
    pub maps: Rect,
    pub table: Option<Rect>,
    /// Keep, save.
    pub keep: [Rect; 2],
    pub film: Option<Rect>,
}

/// The board's parts in its rectangle.
pub fn board(rect: Rect, class: WindowClass, unit: f32, page: BoardPage) -> Board {
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
            let (choices, foot) = middle.split_top_bottom_at_y(middle.max.y - 0.9 * high);
            let choices = choices.with_max_y(choices.max.y - gap);
            let (own, more) = foot.split_left_right_at_fraction(0.5);
            let (switches, digits, mine) = if page == BoardPage::Yours {
                let rows = lines(choices, 3, 0.7 * gap);
                let digits = digits(rows[0].union(rows[1]));
                (Vec::new(), digits, halves(rows[2], gap))
            } else {
                let switches = lines(choices, LINES, 0.7 * gap);
                (switches, Vec::new(), [Rect::NOTHING; 2])
            };
            Board {
                words: Rect::from_min_max(left.min, pos2(left.max.x, buttons[0].min.y - gap)),
                buttons,
                switches,
                more,
                own: own.with_max_x(own.max.x - gap),
                digits,
                mine,
                dials: race,
                curve: river,
                maps: Rect::NOTHING,
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
                cell(second, 4, 0),
                cell(second, 4, 1),
                cell(second, 4, 3),
            ];
            let top = second + high + gap;
            let rest = Rect::from_min_max(pos2(inner.min.x, top), inner.max);
            let mut board = Board {
                words: Rect::from_min_max(inner.min, pos2(inner.max.x, first - 0.5 * gap)),
                buttons,
                switches: Vec::new(),
                more: cell(second, 4, 2),
                own: Rect::NOTHING,
                digits: Vec::new(),
                mine: [Rect::NOTHING; 2],
                dials: Rect::NOTHING,
                curve: Rect::NOTHING,
                maps: Rect::NOTHING,
                table: None,
                keep: [Rect::NOTHING; 2],
                film: None,
            };
            match page {
                BoardPage::Rings => {
                    let [dials, switches] = halves(rest, gap);
                    board.dials = dials;
                    board.switches = lines(switches, 2, gap);
                }
                BoardPage::Curve => board.curve = rest,
                BoardPage::Maps => board.maps = rest,
                BoardPage::Yours => {
                    let (own, mine) = rest.split_left_right_at_fraction(0.72);
                    board.digits = digits(own.with_max_x(own.max.x - gap));
                    let rows = lines(mine, 2, 0.5 * gap);
                    board.mine = [rows[0], rows[1]];
                }
            }
            board
        }
    }
}

/// Two beside each other.
fn halves(rect: Rect, gap: f32) -> [Rect; 2] {
    let (left, right) = rect.split_left_right_at_fraction(0.5);
    [
        left.with_max_x(left.max.x - gap / 2.0),
        right.with_min_x(right.min.x + gap / 2.0),
    ]
}

/// Places for the ten digits, in two rows.
fn digits(rect: Rect) -> Vec<Rect> {
    const GAP: f32 = 4.0;
    let columns = DIGIT_COLUMNS as f32;
    let rows = lines(rect, 10 / DIGIT_COLUMNS, GAP);
    let width = (rect.width() - GAP * (columns - 1.0)) / columns;
    let row = |row: Rect| {
        (0..DIGIT_COLUMNS).map(move |column| {
            let left = row.min.x + column as f32 * (width + GAP);
            Rect::from_min_size(pos2(left, row.min.y), vec2(width, row.height()))
        })
    };
    rows.into_iter().flat_map(row).collect()
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

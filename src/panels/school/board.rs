//! Where the parts of the board are.

use crate::{composition::WindowClass, school::BoardPage};
use bevy_egui::egui::{Rect, pos2, vec2};

/// What can be changed of a lesson, before what can be changed of the networks.
pub const TEACHING: usize = 4;

/// Columns of the digits that a drawing can be, where the board is narrow.
const DIGIT_COLUMNS: usize = 5;

/// A line of choices with its words above needs so many points.
const HIGH_LINE: f32 = 44.0;

/// Where the parts of the board are; what another page shows is nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// What happens, and what to do now.
    pub words: Rect,
    /// What to press now.
    pub next: Rect,
    /// Beside or below it, what else can be done.
    pub others: Rect,
    pub close: Rect,
    /// The row of the pages' names.
    pub tabs: Rect,
    /// A label's place and that of what can be chosen, a line each.
    pub switches: Vec<Rect>,
    /// Whether the label stands above what can be chosen.
    pub labels_above: bool,
    /// What the line that is pointed at teaches; where there is no room, `words` says it.
    pub help: Rect,
    /// What a drawing can be.
    pub digits: Vec<Rect>,
    /// Take back, forget mine.
    pub mine: [Rect; 2],
    pub dials: Rect,
    pub curve: Rect,
    /// The drawing moved about.
    pub maps: Rect,
    pub table: Rect,
    /// Keep, save.
    pub keep: [Rect; 2],
    pub film: Rect,
}

/// The board's parts in its rectangle.
pub fn board(rect: Rect, class: WindowClass, unit: f32, page: BoardPage) -> Board {
    let inner = rect.shrink2(vec2(16.0, 12.0) * unit);
    match class {
        WindowClass::Wide => wide(inner, page),
        WindowClass::Upright | WindowClass::Sideways => narrow(inner, unit, page),
    }
}

/// What to do, the rings, and a page, beside each other.
fn wide(inner: Rect, page: BoardPage) -> Board {
    const GAP: f32 = 8.0;
    let column = |from: f32, to: f32| {
        let x = |part: f32| inner.min.x + part * inner.width();
        Rect::from_min_max(pos2(x(from), inner.min.y), pos2(x(to), inner.max.y))
    };
    let (left, dials, right) = (column(0.0, 0.27), column(0.285, 0.435), column(0.455, 1.0));
    let other = (0.16 * inner.height()).clamp(30.0, 40.0);
    let next = (0.24 * inner.height()).clamp(44.0, 60.0);
    let (left, others) = left.split_top_bottom_at_y(left.max.y - other);
    let left = left.with_max_y(left.max.y - GAP);
    let (words, next) = left.split_top_bottom_at_y(left.max.y - next);
    let tabs = (0.15 * inner.height()).clamp(28.0, 40.0);
    let (head, rest) = right.split_top_bottom_at_y(right.min.y + tabs);
    let rest = rest.with_min_y(rest.min.y + 1.3 * GAP);
    let close = (0.11 * head.width()).max(74.0);
    let (tabs, close) = head.split_left_right_at_x(head.max.x - close);
    let mut board = Board {
        words: words.with_max_y(words.max.y - GAP),
        next,
        others,
        close,
        tabs: tabs.with_max_x(tabs.max.x - 2.0 * GAP),
        dials,
        ..nothing()
    };
    match page {
        BoardPage::Lesson => {
            let film = (0.2 * rest.height()).clamp(28.0, 40.0);
            let (curve, film) = rest.split_top_bottom_at_y(rest.max.y - film);
            board.curve = curve.with_max_y(curve.max.y - GAP);
            board.film = film;
        }
        BoardPage::Change => {
            let pace = (0.19 * rest.height()).clamp(28.0, 36.0);
            let (upper, pace) = rest.split_top_bottom_at_y(rest.max.y - pace);
            let high = (0.45 * rest.height()).min(76.0);
            let (upper, help) = upper.split_top_bottom_at_y(upper.min.y + high);
            // The most examples are the longest words.
            let cuts = [0.0, 0.42, 0.68, 1.0];
            let part = |place: usize| {
                let x = |cut: f32| upper.min.x + cut * upper.width();
                let gap = if place < 2 { 2.0 * GAP } else { 0.0 };
                let (from, to) = (x(cuts[place]), x(cuts[place + 1]) - gap);
                upper.with_min_x(from).with_max_x(to)
            };
            board.switches = (0..3).map(part).collect();
            board.switches.push(pace.with_max_x(pace.center().x));
            board.labels_above = true;
            board.help = help.shrink2(vec2(0.0, GAP));
        }
        BoardPage::Network => {
            let (upper, help) = rest.split_top_bottom_at_y(rest.max.y - 0.25 * rest.height());
            let upper = upper.with_max_y(upper.max.y - GAP);
            // The learning rates are the longest words.
            let (left, right) = upper.split_left_right_at_fraction(0.45);
            let left = lines(left.with_max_x(left.max.x - 2.0 * GAP), 3, 0.7 * GAP);
            let rows = left.into_iter().zip(lines(right, 3, 0.7 * GAP));
            board.switches = rows.flat_map(<[Rect; 2]>::from).collect();
            board.help = help;
        }
        BoardPage::Yours => {
            let high = (rest.height() - other - GAP).min(76.0);
            let (digits, mine) = rest.split_top_bottom_at_y(rest.min.y + high);
            let mine = mine.with_min_y(mine.min.y + GAP);
            let mine = mine.with_max_y(mine.min.y + other);
            board.digits = columns(digits, 10, 6.0);
            board.mine = halves(mine.with_max_x(mine.min.x + 0.6 * mine.width()), GAP);
        }
        BoardPage::Results => {
            let (maps, table) = rest.split_left_right_at_fraction(0.63);
            let (table, keep) = table.split_top_bottom_at_y(table.max.y - other);
            board.maps = maps.with_max_x(maps.max.x - 2.0 * GAP);
            board.table = table.with_max_y(table.max.y - GAP);
            board.keep = halves(keep, GAP);
        }
    }
    board
}

/// What to do, a page, and below it the names of all.
fn narrow(inner: Rect, unit: f32, page: BoardPage) -> Board {
    let gap = (8.0 * unit).min(0.026 * inner.height());
    let high = (44.0 * unit).max(40.0).min(0.17 * inner.height());
    let tabs = (0.14 * inner.height()).clamp(27.0, 44.0 * unit.max(1.0));
    // Three lines of the least type, however small the window.
    let first = inner.min.y + (0.19 * inner.height()).max(46.0);
    let (words, rest) = inner.split_top_bottom_at_y(first);
    let (row, rest) = rest.split_top_bottom_at_y(rest.min.y + high);
    let (rest, tabs) = rest.split_top_bottom_at_y(rest.max.y - tabs);
    let rest = rest.shrink2(vec2(0.0, gap));
    let (next, others) = row.split_left_right_at_fraction(0.48);
    let close = words.height().clamp(28.0, high.max(28.0));
    let corner = pos2(inner.max.x - close, inner.min.y);
    let mut board = Board {
        words: Rect::from_min_max(inner.min, pos2(corner.x - gap, words.max.y - gap.min(4.0))),
        next,
        others: others.with_min_x(others.min.x + gap),
        close: Rect::from_min_size(corner, vec2(close, (words.height() - 1.0).min(close))),
        tabs,
        labels_above: true,
        ..nothing()
    };
    match page {
        BoardPage::Lesson => {
            let [dials, curve] = halves(rest, 2.0 * gap);
            board.dials = dials;
            board.curve = curve;
        }
        BoardPage::Change => board.switches = cells(rest, 2, gap, 2.0 * gap),
        BoardPage::Network => {
            let rows = if rest.height() < 3.0 * HIGH_LINE {
                2
            } else {
                3
            };
            board.switches = cells(rest, rows, gap, 2.0 * gap);
        }
        BoardPage::Yours => {
            let (own, mine) = rest.split_left_right_at_fraction(0.72);
            let rows = lines(own.with_max_x(own.max.x - gap), 10 / DIGIT_COLUMNS, 4.0);
            let places = rows
                .into_iter()
                .flat_map(|row| columns(row, DIGIT_COLUMNS, 4.0));
            board.digits = places.collect();
            let rows = lines(mine, 2, 0.5 * gap);
            board.mine = [rows[0], rows[1]];
        }
        BoardPage::Results => {
            board.maps = rest;
            board.keep = halves(board.others, gap);
        }
    }
    board
}

/// A board without any part.
fn nothing() -> Board {
    Board {
        words: Rect::NOTHING,
        next: Rect::NOTHING,
        others: Rect::NOTHING,
        close: Rect::NOTHING,
        tabs: Rect::NOTHING,
        switches: Vec::new(),
        labels_above: false,
        help: Rect::NOTHING,
        digits: Vec::new(),
        mine: [Rect::NOTHING; 2],
        dials: Rect::NOTHING,
        curve: Rect::NOTHING,
        maps: Rect::NOTHING,
        table: Rect::NOTHING,
        keep: [Rect::NOTHING; 2],
        film: Rect::NOTHING,
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

/// So many rows of two.
fn cells(rect: Rect, rows: usize, below: f32, beside: f32) -> Vec<Rect> {
    let rows = lines(rect, rows, below).into_iter();
    rows.flat_map(|row| halves(row, beside)).collect()
}

/// So many beside each other, equally wide.
fn columns(rect: Rect, count: usize, gap: f32) -> Vec<Rect> {
    let width = (rect.width() - gap * (count - 1) as f32) / count as f32;
    let column = |place: usize| {
        let left = rect.min.x + place as f32 * (width + gap);
        Rect::from_min_size(pos2(left, rect.min.y), vec2(width, rect.height()))
    };
    (0..count).map(column).collect()
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

//! The pages of an answer's explanation: their tabs at the head of the card, and what each shows. The reasons themselves are
//! in `explain.rs`.

mod alike;
mod strokes;

use super::{Look, theme, theme::Place};
use crate::{actions::Action, inference::Network, why::WhyPage, words::say};
use bevy_egui::egui::{Painter, Rect, Ui, pos2, vec2};
use mnistify_network::explain::Cell;

/// The least height of a tab, in points: a finger's.
const TAB_HEIGHT: f32 = 44.0;
/// What a tab is wider than its words, on both sides together, and the gap to the next, in points of unit 1.
const TAB_PADDING: f32 = 26.0;
const TAB_GAP: f32 = 6.0;

/// The page that is open of a cell's explanation: only answers have more than one.
pub fn page_of(look: &Look<'_>, network: &Network, cell: Cell) -> WhyPage {
    if network.is_answer(cell) {
        look.why
    } else {
        WhyPage::Reasons
    }
}

/// The tabs of a card.
pub struct Tabs {
    places: Vec<(WhyPage, Rect)>,
}

impl Tabs {
    /// The tabs of this cell's card, if it has any: beside a title of this width where there is room, else below it. `close` is
    /// the place of what closes the card.
    pub fn of(
        painter: &Painter,
        look: &Look<'_>,
        (network, cell): (&Network, Cell),
        card: Rect,
        close: Rect,
        title: f32,
    ) -> Option<Self> {
        if !network.is_answer(cell) || WhyPage::THERE.len() < 2 {
            return None;
        }
        let places = &look.composed.places;
        let widths = WhyPage::THERE.iter().map(|page| {
            let galley = theme::fitting(painter, &say(page.words()), places.text.button, f32::MAX);
            galley.size().x + TAB_PADDING * places.unit
        });
        let widths: Vec<f32> = widths.collect();
        let rects = tab_places(card, close, title, &widths, places.unit);
        Some(Self {
            places: WhyPage::THERE.iter().copied().zip(rects).collect(),
        })
    }

    /// Where they end below.
    pub fn bottom(&self) -> f32 {
        let bottoms = self.places.iter().map(|(_, rect)| rect.max.y);
        bottoms.fold(0.0, f32::max)
    }

    /// Shows them.
    pub fn show(&self, ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
        for (page, rect) in &self.places {
            let tab = Place {
                name: page.name(),
                rect: *rect,
                text: &say(page.words()),
                size: look.composed.places.text.button,
                on: look.why == *page,
                enabled: true,
            };
            if tab.show(ui).clicked() {
                actions.push(Action::Why(*page));
            }
        }
    }
}

/// Tabs of these widths: before `close`, beside a title of this width, or else in a row of their own below it, as wide as the
/// card at most.
fn tab_places(card: Rect, close: Rect, title: f32, widths: &[f32], unit: f32) -> Vec<Rect> {
    let inset = 20.0 * unit;
    let gap = TAB_GAP * unit;
    let height = (TAB_HEIGHT * unit).max(TAB_HEIGHT);
    let all: f32 = widths.iter().sum::<f32>() + gap * (widths.len() - 1) as f32;
    let left = card.min.x + inset;
    let right = close.min.x - gap;
    let (mut x, top, share) = if left + title + 2.0 * gap + all <= right {
        (right - all, close.min.y.max(card.min.y + gap), 1.0)
    } else {
        let gaps = gap * (widths.len() - 1) as f32;
        let share = (card.width() - 2.0 * inset - gaps) / (all - gaps);
        (left, close.max.y + 2.0, share.min(1.0))
    };
    let place = |width: &f32| {
        let rect = Rect::from_min_size(pos2(x, top), vec2(width * share, height));
        x += rect.width() + gap;
        rect
    };
    widths.iter().map(place).collect()
}

/// What the pages keep from frame to frame.
#[derive(Default)]
pub struct Memory {
    alike: alike::Pictures,
}

/// Shows a page in this part of the card.
pub fn page_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    page: WhyPage,
    area: Rect,
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let Some(selected) = look.selection.cell else {
        return;
    };
    match page {
        // The card itself shows them.
        WhyPage::Reasons => {}
        WhyPage::Alike => alike::alike_ui(ui, look, area, &mut memory.alike, actions),
        WhyPage::Strokes => strokes::strokes_ui(ui, look, selected, area, actions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_fit_beside_the_title_or_below_it() {
        for (width, title, beside) in [
            (659.0, 180.0, true),
            (659.0, 400.0, false),
            (374.0, 200.0, false),
        ] {
            let card = Rect::from_min_size(pos2(8.0, 8.0), vec2(width, 340.0));
            let close = Rect::from_min_size(pos2(card.max.x - 48.0, 16.0), vec2(40.0, 40.0));
            let tabs = tab_places(card, close, title, &[92.0, 152.0, 124.0], 1.0);
            let title = Rect::from_min_max(pos2(28.0, 24.0), pos2(28.0 + title, 48.0));
            for (index, tab) in tabs.iter().enumerate() {
                assert!(card.contains_rect(*tab), "{width} {tab:?}");
                assert!(
                    tab.height() >= 44.0 && tab.width() >= 44.0,
                    "{width} {tab:?}"
                );
                assert!(!tab.intersects(close) && !tab.intersects(title), "{tab:?}");
                assert_eq!(tab.min.y < close.max.y, beside, "{width}");
                assert!(
                    tabs[index + 1..]
                        .iter()
                        .all(|other| !other.intersects(*tab))
                );
            }
        }
    }
}

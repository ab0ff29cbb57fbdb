//! The ways to the tour and to the school, which share a place.

use super::{Look, icons::Icon, theme, theme::Place, to_egui};
use crate::{
    actions::{Action, entry},
    words::say,
};
use bevy_egui::egui::{Rect, Ui, pos2};

/// A button that leads somewhere: its place of the two, its entry among the actions, and the key of its words.
pub struct Way {
    place: usize,
    entry: &'static str,
    words: &'static str,
    icon: Icon,
}

/// To the guided tour.
pub const TOUR: Way = Way {
    place: 0,
    entry: "tour",
    words: "tour-start",
    icon: Icon::Play,
};
/// To the school.
pub const SCHOOL: Way = Way {
    place: 1,
    entry: "school",
    words: "school-open",
    icon: Icon::Learn,
};

impl Way {
    /// Shows it, where there is room.
    pub fn show(&self, ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
        let places = &look.composed.places;
        let Some(guide) = places.scene.guide() else {
            return;
        };
        if places.strip.is_some() || look.access.hidden.guide {
            return;
        }
        let Some(rect) = shared(look, to_egui(guide))[self.place] else {
            return;
        };
        let entry = entry(self.entry);
        let button = Place {
            name: entry.name,
            rect,
            text: &say(self.words),
            size: places.text.button,
            on: false,
            enabled: true,
        };
        let response = button.show_with(ui, Some(self.icon));
        let response = response.on_hover_text(theme::hint(entry));
        if response.clicked() {
            actions.push(entry.action.clone());
        }
    }
}

/// At rest only the school is there, and the tour while something is explained; an exhibit's visitors come and go, and have
/// both at once.
fn shared(look: &Look<'_>, rect: Rect) -> [Option<Rect>; 2] {
    if look.exhibit.is_none() {
        let explains = look.selection.cell.is_some();
        return [explains.then_some(rect), (!explains).then_some(rect)];
    }
    let gap = 0.03 * rect.width();
    let middle = rect.center().x;
    [
        Some(Rect::from_min_max(
            rect.min,
            pos2(middle - gap / 2.0, rect.max.y),
        )),
        Some(Rect::from_min_max(
            pos2(middle + gap / 2.0, rect.min.y),
            rect.max,
        )),
    ]
}

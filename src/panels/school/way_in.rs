//! The way to the school, beside the one to the tour.

use crate::{
    actions::{Action, entry},
    panels::{Look, theme, theme::Place, to_egui},
    school::SchoolAction,
    words::say,
};
use bevy_egui::egui::{Rect, Ui, pos2};

/// The button that opens the school, beside the one of the tour.
pub fn way_in(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let Some(guide) = places.scene.guide() else {
        return;
    };
    if places.strip.is_some() || look.access.hidden.guide {
        return;
    }
    let Some(place) = guides(look, to_egui(guide))[1] else {
        return;
    };
    let words = say("school-open");
    let start = Place {
        name: "school",
        rect: place,
        text: &words,
        size: places.text.button,
        on: false,
        enabled: true,
    };
    let response = start.show(ui).on_hover_text(theme::hint(entry("school")));
    if response.clicked() {
        actions.push(Action::School(SchoolAction::Open));
    }
}

/// The ways to the tour and to the school share a place. At rest only the school is there, and the tour while something
/// is explained; an exhibit's visitors come and go, and have both at once.
pub fn guides(look: &Look<'_>, rect: Rect) -> [Option<Rect>; 2] {
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

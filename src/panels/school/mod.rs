//! The school's board: what to do, what can be changed about a lesson, how well both networks read by now, and what they
//! are learning from.

mod board;
mod buttons;
mod curve;
mod film;
mod reports;
mod rings;
mod switches;
#[cfg(test)]
mod tests;
mod wave;
mod yours;

pub use film::Film;

use super::{Look, strip::text_in, theme, to_egui, ways};
use crate::{actions::Action, inference::ReadingItem, school::Pupil};
use bevy_egui::egui::{CornerRadius, Stroke, StrokeKind, Ui, pos2};
use board::board;
use buttons::{buttons_ui, sentence};
use curve::curve;
use film::film_ui;
use reports::{keep_ui, table};
use rings::{dials, maps};
use switches::{more_ui, switches_ui};
use wave::wave;
use yours::yours_ui;

/// A network that learns.
type Learner<'a> = (&'a ReadingItem<'a, 'a>, &'a Pupil);

/// Shows the board, or the way to it.
pub fn school_ui(ui: &mut Ui, look: &Look<'_>, film: &mut Film, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let strip = places.strip.filter(|_| look.school.is_open);
    let Some(strip) = strip else {
        ways::SCHOOL.show(ui, look, actions);
        return;
    };
    wave(ui.painter(), look);
    let strip = to_egui(strip);
    let radius = CornerRadius::same(14);
    ui.painter().rect_filled(strip, radius, theme::sheet());
    let edge = Stroke::new(1.0, theme::line().gamma_multiply(0.6));
    ui.painter()
        .rect_stroke(strip, radius, edge, StrokeKind::Inside);
    let parts = board(strip, places.class, places.unit, look.school.page);
    let pupils: Vec<Learner<'_>> = look
        .networks
        .iter()
        .filter_map(|reading| Some((reading, look.pupils.get(reading.entity).ok()?)))
        .collect();
    let words = sentence(look, &pupils);
    let galley = text_in(
        ui,
        "school words",
        &words,
        parts.words,
        [theme::LEAST_ON_BUTTONS, places.text.body * 1.15],
    );
    let place = pos2(
        parts.words.min.x,
        parts.words.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(place, galley, theme::text());
    buttons_ui(ui, look, &parts, actions);
    more_ui(ui, look, &parts, actions);
    switches_ui(ui, look, &parts, actions);
    yours_ui(ui, look, &parts, actions);
    if parts.dials.is_positive() {
        dials(ui, look, parts.dials, &pupils);
    }
    if parts.maps.is_positive() {
        maps(ui, look, parts.maps, &pupils);
    }
    if parts.curve.is_positive() {
        let mut room = parts.curve;
        // Until there are results, their place is the curve's.
        if let Some(table) = parts.table.filter(|_| look.school.reports.is_empty()) {
            room.max.x = table.max.x;
        }
        curve(ui.painter(), look, room, &pupils);
    }
    if let Some(rect) = parts.table {
        table(ui, look, rect);
        keep_ui(ui, look, parts.keep, actions);
    }
    if let Some(rect) = parts.film {
        film_ui(ui, look, rect, film, &pupils);
    }
}

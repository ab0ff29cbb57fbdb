//! The school's board: what to do, what can be changed about a lesson, how well both networks read by now, and what they
//! are learning from.

mod board;
mod buttons;
mod course;
mod curve;
mod film;
mod reports;
mod rings;
mod switches;
mod tabs;
#[cfg(test)]
mod tests;
mod wave;
mod yours;

pub use film::Film;

use super::{Look, announce, strip::text_in, theme, to_egui, ways};
use crate::{
    actions::Action,
    inference::ReadingItem,
    school::{Phase, Pupil},
    words::say,
};
use bevy_egui::egui::{CornerRadius, Stroke, StrokeKind, Ui, pos2};
use board::board;
use buttons::{buttons_ui, sentence};
use course::course;
use curve::curve;
use film::film_ui;
use reports::table;
use rings::{dials, maps};
use switches::{help_ui, switches_ui};
use tabs::{swipe_ui, tabs_ui};
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
    swipe_ui(ui, look, strip, actions);
    let parts = board(strip, places.class, places.unit, look.school.page);
    let pupils: Vec<Learner<'_>> = look
        .networks
        .iter()
        .filter_map(|reading| Some((reading, look.pupils.get(reading.entity).ok()?)))
        .collect();
    tabs_ui(ui, look, parts.tabs, actions);
    let told = switches_ui(ui, look, &parts, actions);
    let words = match told.filter(|_| !parts.help.is_positive()) {
        Some(key) => say(&format!("{key}.help")),
        None => sentence(look, &pupils),
    };
    announce::lead(ui.ctx(), &words);
    // Whoever sees the board first reads this.
    let large =
        (parts.words.height() / 4.0).clamp(places.text.headline, 22.0f32.max(places.text.headline));
    let sizes = [theme::LEAST_ON_BUTTONS, large];
    let galley = text_in(ui, "school words", &words, parts.words, sizes);
    let place = pos2(
        parts.words.min.x,
        parts.words.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(place, galley, theme::text());
    if parts.help.is_positive() {
        help_ui(ui, look, parts.help, told);
    }
    buttons_ui(ui, look, &parts, actions);
    yours_ui(ui, look, &parts, actions);
    if parts.dials.is_positive() {
        dials(ui, look, parts.dials, &pupils);
    }
    if parts.maps.is_positive() {
        maps(ui, look, parts.maps, &pupils);
    }
    if parts.curve.is_positive() && look.school.phase == Phase::Before {
        course(ui, look, parts.curve);
    } else if parts.curve.is_positive() {
        curve(ui.painter(), look, parts.curve, &pupils);
    }
    if parts.table.is_positive() {
        table(ui, look, parts.table);
    }
    if parts.film.is_positive() {
        film_ui(ui, look, parts.film, film, &pupils);
    }
}

//! The lessons that were taken, and what becomes of what was learned.

use crate::{
    actions::Action,
    panels::{Look, strip::text_in, theme, theme::Place},
    school::{Phase, SchoolAction},
    words::{decimal, say, thousands},
};
use bevy_egui::egui::{Align, Align2, Color32, Rect, Ui, pos2};

/// The lessons that were taken, so that two can be compared.
pub fn table(ui: &Ui, look: &Look<'_>, rect: Rect) {
    let size = look.composed.places.text.technical;
    let painter = ui.painter();
    if look.school.reports.is_empty() {
        let words = say("school-results-none");
        let galley = text_in(
            ui,
            "no results",
            &words,
            rect,
            [theme::LEAST_ON_BUTTONS, size],
        );
        painter.galley_with_override_text_color(rect.min, galley, theme::dim());
        return;
    }
    let title = theme::fitting(painter, &say("school-results"), size, rect.width());
    let mut top = rect.min.y;
    let height = title.size().y;
    painter.galley_with_override_text_color(rect.min, title, theme::dim());
    top += height + 4.0;
    for report in look.school.reports.iter().rev() {
        let settings = &report.plan.settings;
        let mut words = thousands(settings.examples);
        if report.own > 0 {
            words.push_str(&format!(" + {}", report.own));
        }
        if !settings.moved {
            words.push_str(&format!(" · {}", say("school-not-moved")));
        }
        if settings.wrong > 0.0 {
            words.push_str(&format!(
                " · {:.0} % {}",
                100.0 * settings.wrong,
                say("school-false")
            ));
        }
        let galley = theme::wrapping(painter, &words, size, rect.width(), Align::LEFT);
        let below = galley.size().y;
        if top + below + 1.1 * height > rect.max.y {
            break;
        }
        painter.galley_with_override_text_color(pos2(rect.min.x, top), galley, theme::text());
        top += below;
        let mut left = rect.min.x;
        for (index, (_, share)) in report.unseen.iter().enumerate() {
            let hue = report_hue(look, index);
            let words = format!("{} %", decimal(format!("{:.1}", 100.0 * share)));
            let place = pos2(left, top);
            let drawn = painter.text(place, Align2::LEFT_TOP, words, theme::medium(size), hue);
            left = drawn.max.x + 10.0;
        }
        top += height + 5.0;
    }
}

/// The hue that the network at this place of a report has, or would have.
fn report_hue(look: &Look<'_>, index: usize) -> Color32 {
    let others = look
        .networks
        .iter()
        .filter(|reading| look.pupils.get(reading.entity).is_err());
    theme::network_hue(others.count() + index)
}

/// Whether what was learned can be kept; not by an exhibit's visitors.
pub fn can_keep(look: &Look<'_>) -> bool {
    look.exhibit.is_none() && !look.school.reports.is_empty()
}

/// What was learned can be kept beside the networks from before, or saved.
pub fn keep_ui(ui: &mut Ui, look: &Look<'_>, rects: [Rect; 2], actions: &mut Vec<Action>) {
    let enabled = look.school.phase != Phase::Before;
    let all = [
        ("keep", "school-keep", SchoolAction::Keep),
        ("save_network", "school-save", SchoolAction::Save),
    ];
    for ((name, key, action), rect) in all.into_iter().zip(rects) {
        let button = Place {
            name,
            rect,
            text: &say(key),
            size: look.composed.places.text.button,
            on: false,
            enabled,
        };
        let response = button.show(ui).on_hover_text(say("school-keep.help"));
        if response.clicked() {
            actions.push(Action::School(action));
        }
    }
}

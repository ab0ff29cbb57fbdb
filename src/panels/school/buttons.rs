//! What to do, and what is said of it.

use super::{Learner, board::Board, switches::grouped};
use crate::{
    actions::Action,
    panels::{Look, theme, theme::Place},
    school::{BoardPage, Phase, SchoolAction},
    words::{say, say_with},
};
use bevy_egui::egui::Ui;

/// What happens, and what to do next.
pub fn sentence(look: &Look<'_>, pupils: &[Learner<'_>]) -> String {
    let school = look.school;
    if let Some(trouble) = &school.trouble {
        return trouble.clone();
    }
    if school.is_waiting() {
        return say("school-waiting");
    }
    let own = school.own.len();
    if school.page == BoardPage::Yours {
        return if own == 0 {
            say("school-yours")
        } else {
            say_with("school-yours-some", &[("count", own.into())])
        };
    }
    let steps = pupils.iter().map(|(_, pupil)| pupil.standing().step).max();
    match school.phase {
        Phase::Before => say("school-before"),
        Phase::Paused if steps.unwrap_or(0) == 0 => say("school-forgotten"),
        Phase::Paused if pupils.iter().any(|(_, pupil)| !pupil.changes.is_empty()) => {
            say("school-stepped")
        }
        Phase::Paused => say("school-paused"),
        Phase::Learning => {
            let count = grouped(school.plan.settings.examples).into();
            if own > 0 {
                let values = [("count", count), ("own", own.into())];
                return say_with("school-learning-own", &values);
            }
            let text = say_with("school-learning", &[("count", count)]);
            if pupils.len() == 1 {
                format!("{text} {}", say("school-software"))
            } else {
                text
            }
        }
        Phase::Over if !school.plan.settings.moved => say("school-over-unmoved"),
        Phase::Over if school.plan.settings.examples <= 100 => say("school-over-few"),
        Phase::Over => say("school-over"),
    }
}

pub fn buttons_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, actions: &mut Vec<Action>) {
    let school = look.school;
    let ready = school.trouble.is_none() && !school.is_waiting();
    let has_pupils = school.phase != Phase::Before;
    let learn = match school.phase {
        Phase::Learning => "school-pause",
        Phase::Over => "school-again",
        _ => "school-learn",
    };
    let next = match school.phase {
        Phase::Before => Some(0),
        Phase::Paused => Some(1),
        Phase::Learning | Phase::Over => None,
    };
    let all = [
        ("forget", say("school-forget"), ready, SchoolAction::Forget),
        ("learn", say(learn), ready, SchoolAction::LearnOrPause),
        ("one_step", say("school-step"), ready, SchoolAction::Step),
        (
            "restore",
            say("school-restore"),
            has_pupils,
            SchoolAction::Restore,
        ),
        (
            "school_close",
            say("school-close"),
            true,
            SchoolAction::Close,
        ),
    ];
    for (index, ((name, words, enabled, action), rect)) in
        all.into_iter().zip(parts.buttons).enumerate()
    {
        let is_next = ready && next == Some(index);
        let button = Place {
            name,
            rect,
            text: &words,
            size: look.composed.places.text.button,
            on: is_next,
            enabled,
        };
        if button.show(ui).clicked() {
            actions.push(Action::School(action));
        }
        if is_next {
            theme::light(ui, rect);
        }
    }
}

//! What to do, and what is said of it.

use super::{
    Learner,
    board::Board,
    reports::{can_keep, keep_ui},
    switches::places_of,
};
use crate::{
    actions::Action,
    composition::WindowClass,
    panels::{Look, marks::mark, strip::text_in, theme, theme::Place},
    school::{BoardPage, Phase, SchoolAction},
    words::{say, say_with, thousands},
};
use bevy_egui::egui::{
    CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, vec2,
};

/// What happens, and what to do now.
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
            let count = thousands(school.plan.settings.examples).into();
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

/// A button: its name for scripts, the key of its words, and what it does.
type Offer = (&'static str, &'static str, SchoolAction);

/// What to press now, and smaller what else can be done.
pub fn buttons_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, actions: &mut Vec<Action>) {
    let school = look.school;
    let is_wide = look.composed.places.class == WindowClass::Wide;
    let begins = school.phase == Phase::Before;
    let (next, others): (Offer, Vec<Offer>) = {
        let forget = ("forget", "school-forget", SchoolAction::Forget);
        let words = match school.phase {
            Phase::Learning => "school-pause",
            Phase::Over => "school-again",
            _ => "school-learn",
        };
        let learn = ("learn", words, SchoolAction::LearnOrPause);
        let step = ("one_step", "school-step", SchoolAction::Step);
        let restore = ("restore", "school-restore", SchoolAction::Restore);
        match school.page {
            // Nothing else makes sense yet.
            _ if begins => (forget, Vec::new()),
            _ if is_wide => (learn, vec![forget, step, restore]),
            BoardPage::Lesson => (learn, vec![step, restore]),
            BoardPage::Results if can_keep(look) => (learn, Vec::new()),
            _ => (learn, vec![forget]),
        }
    };
    let keeps = school.page == BoardPage::Results && can_keep(look);
    let alone = others.is_empty() && !is_wide && !keeps;
    let rect = if alone {
        parts.next.union(parts.others)
    } else {
        parts.next
    };
    let (name, key, action) = next;
    // Who learns need not be told to pause.
    let stands_out = school.phase != Phase::Learning;
    let ready = school.trouble.is_none() && !school.is_waiting();
    if next_ui(ui, look, (name, &say(key)), rect, (stands_out, ready)) {
        actions.push(Action::School(action));
    }
    let size = look.composed.places.text.technical;
    // Beside others there is less room for some words.
    let short = |key: &str| match key {
        "school-forget" if is_wide => say("school-forget-short"),
        _ => say(key),
    };
    let needed = others.iter().map(|(_, key, _)| {
        let font = theme::medium(size);
        let painter = ui.painter();
        let galley = painter.layout_no_wrap(short(key), font, theme::text());
        galley.size().x + theme::BESIDE_WORDS
    });
    let rects = places_of(parts.others, &needed.collect::<Vec<_>>());
    for ((name, key, action), rect) in others.into_iter().zip(rects) {
        let (words, short) = (say(key), short(key));
        let enabled = ready || name == "restore";
        let button = Place {
            name,
            rect,
            text: &short,
            size,
            on: false,
            enabled,
        };
        let response = button.show(ui);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, &words));
        if response.clicked() {
            actions.push(Action::School(action));
        }
    }
    if begins && is_wide {
        let sizes = [theme::LEAST_ON_BUTTONS, size];
        let galley = text_in(ui, "school safe", &say("school-safe"), parts.others, sizes);
        let place = parts.others.left_top() + vec2(0.0, 2.0);
        ui.painter()
            .galley_with_override_text_color(place, galley, theme::dim());
    }
    if keeps {
        keep_ui(ui, look, parts.keep, actions);
    }
    close_ui(ui, look, parts.close, actions);
}

/// The one button that is meant now; whether it was pressed.
fn next_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    (name, words): (&'static str, &str),
    rect: Rect,
    (stands_out, enabled): (bool, bool),
) -> bool {
    let size = look.composed.places.text.headline;
    if !(stands_out && enabled) {
        let button = Place {
            name,
            rect,
            text: words,
            size,
            on: true,
            enabled,
        };
        return button.show(ui).clicked();
    }
    let response = ui.interact(rect, ui.id().with(name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, words));
    mark(ui, name, rect);
    let radius = CornerRadius::same((rect.height() * 0.22).min(14.0) as u8);
    let fill = if response.hovered() {
        theme::POINTER.lerp_to_gamma(theme::text(), 0.3)
    } else {
        theme::POINTER
    };
    ui.painter().rect_filled(rect, radius, fill);
    if response.has_focus() {
        let line = Stroke::new(3.0, theme::text());
        ui.painter()
            .rect_stroke(rect, radius, line, StrokeKind::Outside);
    }
    let font = theme::bold(size);
    let room = rect.width() - theme::BESIDE_WORDS;
    let galley = theme::shrunk(ui.painter(), words, font, room);
    let place = rect.center() - galley.size() / 2.0;
    ui.painter()
        .galley_with_override_text_color(place, galley, theme::ANSWER_FIGURE);
    response.clicked()
}

/// The way out: its word where there is room, else a cross.
fn close_ui(ui: &mut Ui, look: &Look<'_>, rect: Rect, actions: &mut Vec<Action>) {
    let words = say("school-close");
    let is_square = rect.width() < 60.0;
    let button = Place {
        name: "school_close",
        rect,
        text: if is_square { "" } else { &words },
        size: look.composed.places.text.technical,
        on: false,
        enabled: true,
    };
    let response = button.show(ui);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &words));
    if is_square {
        let arm = 0.17 * rect.height();
        let stroke = Stroke::new(1.8, theme::text());
        for way in [vec2(arm, arm), vec2(arm, -arm)] {
            let ends = [rect.center() - way, rect.center() + way];
            ui.painter().line_segment(ends, stroke);
        }
    }
    if response.on_hover_text(words).clicked() {
        actions.push(Action::School(SchoolAction::Close));
    }
}

//! The visitor's own digits: what the drawing is, and what becomes of what was said.

use super::board::Board;
use crate::{
    actions::Action,
    panels::{Look, theme, theme::Place},
    school::SchoolAction,
    words::{say, say_with},
};
use bevy_egui::egui::{Ui, WidgetInfo, WidgetType};

/// What scripts and tests call the digits' buttons.
const NAMES: [&str; 10] = [
    "this_is_0",
    "this_is_1",
    "this_is_2",
    "this_is_3",
    "this_is_4",
    "this_is_5",
    "this_is_6",
    "this_is_7",
    "this_is_8",
    "this_is_9",
];

/// Shows what the drawing can be.
pub fn yours_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, actions: &mut Vec<Action>) {
    let (school, text) = (look.school, &look.composed.places.text);
    if parts.digits.is_empty() {
        return;
    }
    let said = school.own.class_of(look.pad.image());
    for ((class, name), rect) in (0..).zip(NAMES).zip(&parts.digits) {
        let digit = class.to_string();
        let button = Place {
            name,
            rect: *rect,
            text: &digit,
            size: text.headline,
            on: said == Some(class),
            enabled: true,
        };
        let response = button.show(ui);
        let words = say_with("school-this-is", &[("digit", digit.as_str().into())]);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &words));
        if said == Some(class) {
            theme::light(ui, *rect);
        }
        if response.clicked() {
            actions.push(Action::School(SchoolAction::ThisIs(class)));
        }
    }
    let mine = [
        ("take_back", "school-take-back", SchoolAction::TakeBack),
        (
            "forget_mine",
            "school-forget-mine",
            SchoolAction::ForgetMine,
        ),
    ];
    for ((name, key, action), rect) in mine.into_iter().zip(parts.mine) {
        let button = Place {
            name,
            rect,
            text: &say(key),
            size: text.button,
            on: false,
            enabled: !school.own.is_empty(),
        };
        if button.show(ui).clicked() {
            actions.push(Action::School(action));
        }
    }
}

//! Keys become actions by the one table of them.

use crate::actions::{Action, TABLE};
use bevy_egui::egui::{Context, Event};

/// What this frame's keys ask for.
pub fn read_keys(context: &Context) -> Vec<Action> {
    if context.egui_wants_keyboard_input() {
        return Vec::new();
    }
    let events = context.input(|input| input.events.clone());
    let pressed = events.into_iter().filter_map(|event| match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } => Some((key, modifiers)),
        _ => None,
    });
    pressed
        .filter_map(|(key, modifiers)| {
            let is_meant = |keys: &[crate::actions::Shortcut]| {
                keys.iter().any(|shortcut| shortcut.is(key, modifiers))
            };
            TABLE.iter().find(|entry| is_meant(entry.keys))
        })
        .map(|entry| entry.action.clone())
        .collect()
}

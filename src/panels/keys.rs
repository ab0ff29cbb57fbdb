//! Keys become actions by the one table of them.

use crate::{
    actions::{Action, Shortcut, TABLE},
    school::SchoolAction,
};
use bevy_egui::egui::{Context, Event, Key, Modifiers};

/// What this frame's keys ask for. Where the visitor is asked what the drawing is (`names`), the digits' keys say it.
pub fn read_keys(context: &Context, names: bool) -> Vec<Action> {
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
            if let Some(digit) = digit_of(key, modifiers).filter(|_| names) {
                return Some(Action::School(SchoolAction::ThisIs(digit)));
            }
            let is_meant =
                |keys: &[Shortcut]| keys.iter().any(|shortcut| shortcut.is(key, modifiers));
            let entry = TABLE.iter().find(|entry| is_meant(entry.keys))?;
            Some(entry.action.clone())
        })
        .collect()
}

/// The digit on a key. On a French keyboard Shift is held along.
fn digit_of(key: Key, modifiers: Modifiers) -> Option<u8> {
    if modifiers.command || modifiers.alt {
        return None;
    }
    let mut name = key.name().chars();
    let digit = name.next()?.to_digit(10)?;
    name.next().is_none().then_some(digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_on_their_keys() {
        assert_eq!(digit_of(Key::Num7, Modifiers::NONE), Some(7));
        assert_eq!(digit_of(Key::Num0, Modifiers::SHIFT), Some(0));
        assert_eq!(digit_of(Key::Num7, Modifiers::COMMAND), None);
        assert_eq!(digit_of(Key::F7, Modifiers::NONE), None);
        assert_eq!(digit_of(Key::A, Modifiers::NONE), None);
    }
}

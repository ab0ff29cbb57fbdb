//! The operator's way out: keys, or a finger that rests in a corner.

use super::{Exhibit, settings::shortcut};
use bevy::{
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput},
    },
    prelude::*,
    window::PrimaryWindow,
};
use std::sync::atomic::{AtomicBool, Ordering};

static LEFT: AtomicBool = AtomicBool::new(false);

/// Whether the operator left the exhibit; its window may also have been closed.
pub fn has_left() -> bool {
    LEFT.load(Ordering::Relaxed)
}

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Held>()
        .add_systems(PreUpdate, (hold_keys, hold_corner));
}

/// What is held, and for how long a finger rests in the corner.
#[derive(Resource, Default)]
struct Held {
    ctrl: bool,
    shift: bool,
    alt: bool,
    /// Where the newest finger is.
    finger: Option<Vec2>,
    button: bool,
    seconds: f32,
}

fn leave(exits: &mut MessageWriter<AppExit>) {
    info!("the operator leaves the exhibit");
    LEFT.store(true, Ordering::Relaxed);
    exits.write(AppExit::Success);
}

fn hold_keys(
    mut keys: MessageReader<KeyboardInput>,
    mut held: ResMut<Held>,
    exhibit: Res<Exhibit>,
    mut exits: MessageWriter<AppExit>,
) {
    for input in keys.read() {
        let pressed = input.state == ButtonState::Pressed;
        match &input.logical_key {
            Key::Control => held.ctrl = pressed,
            Key::Shift => held.shift = pressed,
            Key::Alt => held.alt = pressed,
            Key::Character(text) if pressed => {
                let Some(wanted) = shortcut(&exhibit.settings.leave_keys) else {
                    continue;
                };
                let letter = text.chars().next().map(|c| c.to_ascii_uppercase());
                if letter == Some(wanted.letter)
                    && (held.ctrl, held.shift, held.alt) == (wanted.ctrl, wanted.shift, wanted.alt)
                {
                    leave(&mut exits);
                }
            }
            _ => {}
        }
    }
}

/// The share of the window's smaller side that counts as its corner.
const CORNER: f32 = 0.08;

fn hold_corner(
    mut touches: MessageReader<bevy::input::touch::TouchInput>,
    mut buttons: MessageReader<bevy::input::mouse::MouseButtonInput>,
    mut held: ResMut<Held>,
    windows: Query<&Window, With<PrimaryWindow>>,
    exhibit: Res<Exhibit>,
    time: Res<Time<Real>>,
    mut exits: MessageWriter<AppExit>,
) {
    for touch in touches.read() {
        use bevy::input::touch::TouchPhase::{Canceled, Ended};
        let gone = matches!(touch.phase, Ended | Canceled);
        held.finger = (!gone).then_some(touch.position);
    }
    for button in buttons.read() {
        held.button = button.state == ButtonState::Pressed;
    }
    let Ok(window) = windows.single() else {
        return;
    };
    let pointer = window.cursor_position().filter(|_| held.button);
    let size = CORNER * window.width().min(window.height());
    let rests = held
        .finger
        .or(pointer)
        .is_some_and(|place| place.x < size && place.y < size);
    if rests {
        held.seconds += time.delta_secs().min(1.0);
    } else if held.seconds > 0.0 {
        held.seconds = 0.0;
    }
    let limit = exhibit.settings.leave_corner_seconds;
    if limit > 0.0 && held.seconds >= limit {
        held.seconds = 0.0;
        leave(&mut exits);
    }
}

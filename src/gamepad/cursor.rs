//! What is held on a gamepad, and what that means: a pure function of what was held before and now.

use bevy::math::Vec2;
use gilrs::Button;

/// How far a stick at rest may be from its middle.
const DEAD: f32 = 0.15;
/// Heights of the window that the cursor goes in a second, with the stick all the way.
const SPEED: f32 = 0.8;
/// After a longer pause the cursor goes no further than in this one.
const LONGEST_SECONDS: f32 = 0.1;
/// The button that is the pen: A, the lower one.
pub(super) const PEN: Button = Button::South;
/// What pressing the others does: B, X, Y, the shoulders, start.
pub(super) const ACTS: [(Button, &str); 6] = [
    (Button::East, "undo"),
    (Button::West, "clear"),
    (Button::North, "explain"),
    (Button::LeftTrigger, "tour_back"),
    (Button::RightTrigger, "tour_next"),
    (Button::Start, "tour"),
];

/// What is held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    /// How far the stick is tilted, right and down; nothing where it is at rest.
    pub stick: Vec2,
    /// Whether the pen's button is pressed.
    pub pen: bool,
    /// Whether the others are, in their order.
    pub acts: [bool; ACTS.len()],
}

impl Held {
    /// What these values mean, right and down.
    pub(super) fn new(stick: Vec2, is_pressed: impl Fn(Button) -> bool) -> Self {
        Self {
            stick: if stick.length() > DEAD {
                stick
            } else {
                Vec2::ZERO
            },
            pen: is_pressed(PEN),
            acts: ACTS.map(|(button, _)| is_pressed(button)),
        }
    }
}

/// Where the cursor is, and what was held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cursor {
    /// In logical pixels of the window.
    pub place: Vec2,
    /// What was held.
    pub held: Held,
}

impl Cursor {
    /// One that begins here.
    pub fn at(place: Vec2) -> Self {
        Self {
            place,
            held: Held::default(),
        }
    }

    /// Whether it goes on without anything new.
    pub fn is_moving(&self) -> bool {
        self.held.stick != Vec2::ZERO
    }
}

/// What somebody wants with a gamepad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Intent {
    /// The cursor is here now.
    Move(Vec2),
    /// The pen is put down or lifted.
    Pen {
        /// Where.
        place: Vec2,
        /// Whether it is down now.
        down: bool,
    },
    /// The action of this name.
    Act(&'static str),
}

/// What holding this for so many seconds does, in a window of this size.
pub fn step(before: &Cursor, held: &Held, seconds: f32, size: Vec2) -> (Cursor, Vec<Intent>) {
    let tilt = held.stick.length();
    // Slow near the middle, so that a line can be drawn as it is meant.
    let share = ((tilt - DEAD) / (1.0 - DEAD)).clamp(0.0, 1.0);
    let way = share * share * SPEED * size.y * seconds.clamp(0.0, LONGEST_SECONDS);
    let place = before.place + held.stick.normalize_or_zero() * way;
    let place = place.clamp(Vec2::ZERO, size.max(Vec2::ZERO));
    let mut intents = Vec::new();
    if place != before.place {
        intents.push(Intent::Move(place));
    }
    if held.pen != before.held.pen {
        let down = held.pen;
        intents.push(Intent::Pen { place, down });
    }
    let acts = held.acts.into_iter().zip(before.held.acts);
    for ((_, name), (now, then)) in ACTS.into_iter().zip(acts) {
        if now && !then {
            intents.push(Intent::Act(name));
        }
    }
    (Cursor { place, held: *held }, intents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::TABLE;

    const SIZE: Vec2 = Vec2::new(1000.0, 500.0);

    fn tilted(right: f32, down: f32) -> Held {
        Held::new(Vec2::new(right, down), |_| false)
    }

    fn way(right: f32, down: f32) -> Vec2 {
        let begin = Cursor::at(SIZE / 2.0);
        let (cursor, intents) = step(&begin, &tilted(right, down), 0.05, SIZE);
        assert_eq!(intents, [Intent::Move(cursor.place)]);
        cursor.place - begin.place
    }

    #[test]
    fn the_further_the_stick_the_faster_in_its_direction_and_never_out_of_the_window() {
        let (half, whole) = (way(0.5, 0.0), way(1.0, 0.0));
        assert!(half.x > 0.0 && half.x < whole.x / 2.0, "{half} {whole}");
        assert!((whole - Vec2::new(0.8 * 500.0 * 0.05, 0.0)).length() < 1e-3);
        let left_up = way(-0.6, -0.6);
        assert!(left_up.x < 0.0 && (left_up.x - left_up.y).abs() < 1e-3);
        let corner = Cursor::at(Vec2::new(999.0, 1.0));
        let (there, _) = step(&corner, &tilted(1.0, -1.0), 10.0, SIZE);
        assert_eq!(there.place, Vec2::new(1000.0, 0.0));
        let (_, intents) = step(&there, &tilted(1.0, 0.0), 0.05, SIZE);
        assert!(intents.is_empty(), "at the edge");
    }

    #[test]
    fn a_stick_at_rest_is_all_the_same() {
        // So that nothing wakes for it.
        assert_eq!(tilted(0.1, -0.1), Held::default());
        let (cursor, intents) = step(&Cursor::at(SIZE), &Held::default(), 0.05, SIZE);
        assert_eq!((cursor, intents), (Cursor::at(SIZE), Vec::new()));
    }

    #[test]
    fn the_line_ends_where_the_cursor_is() {
        let drawing = Held {
            pen: true,
            ..tilted(1.0, 0.0)
        };
        let (down, intents) = step(&Cursor::at(Vec2::ZERO), &drawing, 0.05, SIZE);
        let place = down.place;
        let pressed = Intent::Pen { place, down: true };
        assert_eq!(intents, [Intent::Move(place), pressed]);
        assert!(step(&down, &drawing, 0.0, SIZE).1.is_empty(), "held");
        let (up, intents) = step(&down, &tilted(1.0, 0.0), 0.05, SIZE);
        let place = up.place;
        let lifted = Intent::Pen { place, down: false };
        assert_eq!(intents, [Intent::Move(place), lifted]);
    }

    #[test]
    fn each_other_button_acts_once_a_press_and_is_for_visitors() {
        for (button, name) in ACTS {
            let held = Held::new(Vec2::ZERO, |pressed| pressed == button);
            let (cursor, intents) = step(&Cursor::at(Vec2::ZERO), &held, 0.05, SIZE);
            assert_eq!(intents, [Intent::Act(name)]);
            assert!(step(&cursor, &held, 0.05, SIZE).1.is_empty(), "held");
            let entry = TABLE.iter().find(|entry| entry.name == name);
            assert!(entry.is_some_and(|entry| entry.action.is_for_visitors()));
        }
    }

    /// The same buttons, speeds and limits. A browser numbers the buttons.
    #[test]
    fn the_pages_gamepad_is_the_same() {
        let number = |button| match button {
            Button::South => 0,
            Button::East => 1,
            Button::West => 2,
            Button::North => 3,
            Button::LeftTrigger => 4,
            Button::RightTrigger => 5,
            Button::Start => 9,
            other => panic!("{other:?} has no number here"),
        };
        let acts = ACTS.map(|(button, name)| format!("[{}, {name:?}]", number(button)));
        let page = include_str!("../../web/src/gamepad.js");
        for line in [
            format!("ACTS = [{}];", acts.join(", ")),
            format!("PEN = {};", number(PEN)),
            format!("DEAD = {DEAD};"),
            format!("SPEED = {SPEED};"),
            format!("LONGEST_SECONDS = {LONGEST_SECONDS};"),
        ] {
            assert!(page.contains(&format!("const {line}")), "{line}");
        }
    }
}

//! A gamepad as a hand: its left stick moves a round cursor over the window, A is the pen, and the other buttons undo,
//! clear, explain and lead through the tour. The cursor tells egui what a mouse would. The page's is `web/src/gamepad.js`,
//! since browsers hand gamepads to JavaScript; a test holds both to the same buttons and speeds.

mod cursor;
mod device;

pub use cursor::{Cursor, Held, Intent, step};
pub use device::Inbox;

use crate::{
    actions::{Action, entry},
    exhibit::{Exhibit, Phase},
    panels::{Controls, theme},
    rest::NextFrame,
};
use bevy::{
    input::{ButtonState, mouse::MouseButtonInput},
    prelude::*,
    window::{PrimaryWindow, WindowEvent},
};
use bevy_egui::{EguiContexts, EguiPreUpdateSet, EguiPrimaryContextPass, egui};

/// Lets gamepads act.
pub fn plugin(app: &mut App) {
    app.init_resource::<Gamepad>()
        .add_systems(Startup, device::start)
        .add_systems(PreUpdate, follow.before(EguiPreUpdateSet::ProcessInput))
        .add_systems(EguiPrimaryContextPass, paint_cursor);
}

/// What gamepads told, and what came of it.
#[derive(Resource, Debug, Default)]
pub struct Gamepad {
    /// Where the device's thread leaves what it hears, and tests what they invent.
    pub inbox: Inbox,
    /// From the first use until the gamepad is gone.
    cursor: Option<Cursor>,
    /// Of the exhibit, a frame ago.
    phase: Option<Phase>,
}

impl Gamepad {
    /// The cursor; none before it is used.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// So many seconds later, something else is held, or the gamepad is gone. `home` is where a cursor begins.
    fn turn(&mut self, held: Option<Held>, seconds: f32, [size, home]: [Vec2; 2]) -> Vec<Intent> {
        let used = held.is_some_and(|held| held != Held::default());
        let first = used.then(|| Cursor::at(home));
        let Some(before) = self.cursor.or(first) else {
            return Vec::new();
        };
        let (cursor, intents) = step(&before, &held.unwrap_or_default(), seconds, size);
        self.cursor = held.map(|_| cursor);
        intents
    }
}

/// Turns what gamepads tell into a pointer's events and actions.
fn follow(
    mut gamepad: ResMut<Gamepad>,
    mut exhibit: Option<ResMut<Exhibit>>,
    windows: Query<(Entity, &Window, Has<PrimaryWindow>)>,
    (controls, time): (Res<Controls>, Res<Time<Real>>),
    mut events: MessageWriter<WindowEvent>,
    mut actions: MessageWriter<Action>,
    next: Res<NextFrame>,
) {
    let Some((window, shown, _)) = windows.iter().find(|(.., is_primary)| *is_primary) else {
        return;
    };
    let home = controls.pad.map_or(shown.size() / 2.0, |pad| pad.center());
    let places = [shown.size(), home];
    let phase = exhibit.as_ref().map(|exhibit| exhibit.phase());
    let nobody = phase == Some(Phase::Attract);
    if std::mem::replace(&mut gamepad.phase, phase) != phase && nobody {
        // The next visitor's begins on the pad again.
        gamepad.cursor = None;
    }
    // The time since the last frame is that of what was held then.
    let held = gamepad.cursor.map(|cursor| cursor.held);
    let mut intents = gamepad.turn(held, time.delta_secs(), places);
    for held in gamepad.inbox.take() {
        intents.extend(gamepad.turn(held, 0.0, places));
    }
    // Whatever has the focus is meant; beside an exhibit there is nothing else.
    if exhibit.is_none() && !windows.iter().any(|(_, window, _)| window.focused) {
        intents.retain(|intent| matches!(intent, Intent::Pen { down: false, .. }));
        intents.extend(gamepad.turn(None, 0.0, places));
    }
    let moves = gamepad.cursor.is_some_and(|cursor| cursor.is_moving());
    next.ask_if(moves || !intents.is_empty());
    // A cursor that only passes begins no visit, but keeps one.
    let touches = |intent: &Intent| !nobody || !matches!(intent, Intent::Move(_));
    if let Some(exhibit) = &mut exhibit
        && intents.iter().any(touches)
    {
        exhibit.advance(0.0, true);
    }
    for intent in intents {
        match intent {
            Intent::Move(place) => {
                events.write(moved(window, place));
            }
            Intent::Pen { place, down } => {
                // A mouse may have been elsewhere meanwhile.
                events.write_batch([moved(window, place), pen(window, down)]);
            }
            Intent::Act(name) => {
                actions.write(entry(name).action.clone());
            }
        }
    }
}

// Only egui reads these: the operator's corner (`exhibit/leaving.rs`) is a real pointer's.
fn moved(window: Entity, position: Vec2) -> WindowEvent {
    WindowEvent::CursorMoved(CursorMoved {
        window,
        position,
        delta: None,
    })
}

fn pen(window: Entity, down: bool) -> WindowEvent {
    WindowEvent::MouseButtonInput(MouseButtonInput {
        button: MouseButton::Left,
        state: if down {
            ButtonState::Pressed
        } else {
            ButtonState::Released
        },
        window,
    })
}

fn paint_cursor(mut contexts: EguiContexts, gamepad: Res<Gamepad>) -> Result {
    let Some(cursor) = gamepad.cursor() else {
        return Ok(());
    };
    let context = contexts.ctx_mut()?;
    let layer = egui::LayerId::new(egui::Order::Tooltip, "gamepad".into());
    let painter = context.layer_painter(layer);
    let place = cursor.place / context.zoom_factor();
    let place = egui::pos2(place.x, place.y);
    if cursor.held.pen {
        painter.circle_filled(place, 11.0, theme::POINTER);
    }
    painter.circle_stroke(place, 14.0, (2.0, theme::dark()));
    painter.circle_stroke(place, 12.0, (3.0, theme::text()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exhibit::Settings, pad::PadAction};
    use std::time::Duration;

    const PAD: Rect = Rect {
        min: Vec2::new(100.0, 100.0),
        max: Vec2::new(300.0, 300.0),
    };

    fn app() -> App {
        let mut app = App::new();
        app.init_resource::<Gamepad>()
            .init_resource::<NextFrame>()
            .init_resource::<Time<Real>>()
            .insert_resource(Controls {
                pad: Some(PAD),
                ..default()
            })
            .add_message::<WindowEvent>()
            .add_message::<Action>()
            .add_systems(PreUpdate, follow);
        let window = Window {
            resolution: (1000, 500).into(),
            ..default()
        };
        app.world_mut().spawn((window, PrimaryWindow));
        app
    }

    /// Tells the app, draws a frame a twentieth of a second later, and gives back what egui and the actions get.
    fn frame(app: &mut App, told: &[Option<Held>]) -> Vec<String> {
        let world = app.world_mut();
        for held in told {
            world.resource::<Gamepad>().inbox.put(*held);
        }
        world
            .resource_mut::<Time<Real>>()
            .update_with_duration(Duration::from_millis(50));
        app.update();
        let world = app.world_mut();
        let mut seen: Vec<String> = world
            .resource_mut::<Messages<WindowEvent>>()
            .drain()
            .map(|event| match event {
                WindowEvent::CursorMoved(CursorMoved { position, .. }) => {
                    format!("{} {}", position.x, position.y)
                }
                WindowEvent::MouseButtonInput(input) => format!("{:?}", input.state),
                other => format!("{other:?}"),
            })
            .collect();
        let mut actions = world.resource_mut::<Messages<Action>>();
        seen.extend(actions.drain().map(|action| format!("{action:?}")));
        seen
    }

    fn held(right: f32, pen: bool) -> Option<Held> {
        Some(Held {
            stick: Vec2::new(right, 0.0),
            pen,
            ..default()
        })
    }

    #[test]
    fn it_draws_from_the_middle_of_the_pad_and_only_while_it_is_there() {
        let mut app = app();
        assert_eq!(frame(&mut app, &[held(0.0, false)]), [""; 0], "only there");
        assert!(app.world().resource::<Gamepad>().cursor().is_none());
        // A press and its end in one frame are a click.
        let click = [held(0.0, true), held(0.0, false)];
        let seen = frame(&mut app, &click);
        assert_eq!(seen, ["200 200", "Pressed", "200 200", "Released"]);
        // After a rest of any length the first tilt jumps nowhere.
        assert_eq!(frame(&mut app, &[held(1.0, true)]), ["200 200", "Pressed"]);
        assert_eq!(frame(&mut app, &[]), ["220 200"]);
        assert_eq!(frame(&mut app, &[None]), ["240 200", "240 200", "Released"]);
        assert_eq!(frame(&mut app, &[]), [""; 0]);
    }

    #[test]
    fn another_programs_affairs_are_none_of_ours() {
        let mut app = app();
        frame(&mut app, &[held(0.0, true)]);
        let mut windows = app.world_mut().query::<&mut Window>();
        for mut window in windows.iter_mut(app.world_mut()) {
            window.focused = false;
        }
        assert_eq!(frame(&mut app, &[]), ["200 200", "Released"]);
        let press = Some(Held {
            acts: [true; 6],
            ..default()
        });
        assert_eq!(frame(&mut app, &[press]), [""; 0]);
    }

    #[test]
    fn buttons_are_actions_and_begin_a_visit() {
        let mut app = app();
        app.insert_resource(Exhibit::new(Settings::default(), 1.0));
        let phase = |app: &App| app.world().resource::<Exhibit>().phase();
        frame(&mut app, &[held(1.0, false)]);
        frame(&mut app, &[held(0.0, false)]);
        assert_eq!(phase(&app), Phase::Attract, "it only passed");
        let mut acts = [false; 6];
        acts[0] = true;
        let seen = frame(&mut app, &[Some(Held { acts, ..default() })]);
        assert_eq!(seen, [format!("{:?}", Action::Pad(PadAction::Undo))]);
        assert_eq!(phase(&app), Phase::Visit);
        frame(&mut app, &[]);
        let limit = Settings::default();
        let limit = limit.idle_seconds + limit.countdown_seconds + 1.0;
        assert!(
            app.world_mut()
                .resource_mut::<Exhibit>()
                .advance(limit, false)
        );
        frame(&mut app, &[]);
        assert!(app.world().resource::<Gamepad>().cursor().is_none());
    }
}

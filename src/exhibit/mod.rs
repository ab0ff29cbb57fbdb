//! The app as an exhibit: while nobody is there recorded hands draw; the first touch is ink; when a visitor has left, it
//! asks, and then everything is as at the start.

mod attract;
#[cfg(not(target_arch = "wasm32"))]
mod leaving;
mod pulse;
pub mod settings;
mod visitors;

pub use attract::recorded_hands;
#[cfg(not(target_arch = "wasm32"))]
pub use leaving::has_left;
#[cfg(not(target_arch = "wasm32"))]
pub use pulse::heart;
pub use settings::Settings;

use crate::{
    actions::{Action, ActionSystems, ForVisitors, Screen, Switch},
    gallery::Gallery,
    guide::Guide,
    inference::{InferenceSettings, Networks, Origin},
    pad::{Pad, PadAction},
    platform,
    rest::NextFrame,
    school::School,
    view::Selection,
};
use bevy::{
    ecs::system::SystemParam,
    input::{
        keyboard::KeyboardInput,
        mouse::{MouseButtonInput, MouseWheel},
        touch::TouchInput,
    },
    prelude::*,
    window::{CursorOptions, PrimaryWindow},
};
use mnistify_drawing::Stroke;
use std::time::Duration;
use visitors::Visitors;

/// For tests and endurance runs: how many times faster an exhibit's clock runs, such as `20`.
const CLOCK: &str = "MNISTIFY_EXHIBIT_CLOCK";

/// Makes an exhibit of the app.
pub fn add(app: &mut App, settings: Settings) {
    let speed = std::env::var(CLOCK).ok().and_then(|text| text.parse().ok());
    app.insert_resource(Exhibit::new(settings, speed.unwrap_or(1.0)))
        .insert_resource(ForVisitors(true))
        .add_systems(Startup, begin)
        .add_systems(
            PostUpdate,
            (
                notice_visitor,
                keep_pad,
                attract::show_hands,
                attract::wander,
                count_digits,
                turn_day,
            )
                .chain()
                .before(ActionSystems),
        )
        .add_plugins(pulse::plugin);
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins(leaving::plugin);
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nobody: recorded hands draw.
    #[default]
    Attract,
    /// Somebody is.
    Visit,
    /// Somebody was, and is asked.
    Asking,
}

/// What was seen since the start of the program; nothing of who.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Visits that began.
    pub visitors: u64,
    /// Drawings that were left for another, with at least a line on them.
    pub digits: u64,
    /// Those that at least one network read.
    pub answers: u64,
    /// Those that none did.
    pub refusals: u64,
}

/// An exhibit's state.
#[derive(Resource, Debug)]
pub struct Exhibit {
    /// What the operator wants.
    pub settings: Settings,
    phase: Phase,
    /// Seconds without the visitor.
    idle: f32,
    /// How many times faster the clock runs.
    speed: f32,
    /// What was seen.
    pub counts: Counts,
    /// How often everything was put back.
    pub resets: u64,
    /// Which recorded hand draws.
    hand: usize,
    /// Seconds since it ended.
    ended: f32,
    /// What lies on the pad; none for a blank pad.
    drawn: Option<Drawn>,
    /// Visitors' drawings that are shown too.
    visitors: Visitors,
}

/// A visitor's drawing on the pad.
#[derive(Debug, Default)]
struct Drawn {
    /// Its number on the pad.
    begun: u64,
    /// Whether at least one network read it.
    read: bool,
    /// Where it may be kept: its revision, and its strokes.
    sure: Option<(u64, Vec<Stroke>)>,
}

impl Exhibit {
    /// One that begins.
    pub fn new(settings: Settings, speed: f32) -> Self {
        Self {
            visitors: Visitors::open(&settings),
            settings,
            phase: Phase::Attract,
            idle: 0.0,
            speed,
            counts: Counts::default(),
            resets: 0,
            hand: 0,
            ended: f32::MAX,
            drawn: None,
        }
    }

    /// Whether somebody is there.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whole seconds until it starts over, while it asks.
    pub fn seconds_left(&self) -> u32 {
        let limit = self.settings.idle_seconds + self.settings.countdown_seconds;
        (limit - self.idle).max(0.0).ceil() as u32
    }

    /// So many seconds later, with or without somebody's touch. True where everything is to be put back.
    pub fn advance(&mut self, seconds: f32, touched: bool) -> bool {
        if touched {
            if self.phase == Phase::Attract {
                self.counts.visitors += 1;
            }
            self.phase = Phase::Visit;
            self.idle = 0.0;
            return false;
        }
        if self.phase == Phase::Attract {
            return false;
        }
        self.idle += seconds;
        let Settings {
            idle_seconds,
            countdown_seconds,
            ..
        } = self.settings;
        if self.idle >= idle_seconds + countdown_seconds {
            self.phase = Phase::Attract;
            self.idle = 0.0;
            self.ended = f32::MAX;
            self.resets += 1;
            return true;
        }
        self.phase = if self.idle >= idle_seconds {
            Phase::Asking
        } else {
            Phase::Visit
        };
        false
    }
}

/// What a visitor can change and the next one finds as the operator set it.
fn as_set(settings: &Settings) -> [Action; 4] {
    [
        Action::Speak(settings.first_language()),
        Action::Set(Switch::Reach, settings.reach),
        Action::TextSize(settings.text_size),
        Action::Set(Switch::HighContrast, settings.high_contrast),
    ]
}

/// What puts everything back when a visitor has left.
pub fn reset(settings: &Settings) -> Vec<Action> {
    let mut actions = vec![
        Action::StartOver,
        // No visitor finds what the last one drew.
        Action::Pad(PadAction::Forget),
    ];
    actions.extend(as_set(settings));
    actions
}

fn begin(
    exhibit: Res<Exhibit>,
    mut guide: ResMut<Guide>,
    mut gallery: ResMut<Gallery>,
    mut actions: MessageWriter<Action>,
    mut cursors: Query<&mut CursorOptions, With<PrimaryWindow>>,
) {
    guide.seconds_a_step = exhibit.settings.tour_seconds();
    gallery.is_open = exhibit.settings.best_drawings;
    actions.write_batch(as_set(&exhibit.settings));
    for mut cursor in &mut cursors {
        cursor.visible = exhibit.settings.pointer;
    }
}

/// Everything by which somebody is noticed.
#[derive(SystemParam)]
struct Touches<'w, 's> {
    buttons: MessageReader<'w, 's, MouseButtonInput>,
    wheels: MessageReader<'w, 's, MouseWheel>,
    moves: MessageReader<'w, 's, CursorMoved>,
    touches: MessageReader<'w, 's, TouchInput>,
    keys: MessageReader<'w, 's, KeyboardInput>,
}

impl Touches<'_, '_> {
    fn any(&mut self, while_hovering: bool) -> bool {
        let moved = self.moves.read().count() > 0;
        let counts = [
            self.buttons.read().count(),
            self.wheels.read().count(),
            self.touches.read().count(),
            self.keys.read().count(),
        ];
        counts.iter().sum::<usize>() > 0 || (moved && while_hovering)
    }
}

fn notice_visitor(
    mut exhibit: ResMut<Exhibit>,
    mut touches: Touches,
    mut actions: MessageWriter<Action>,
    screen: Res<Screen>,
    guide: Res<Guide>,
    time: Res<Time<Real>>,
    next: Res<NextFrame>,
) {
    // A pointer that only passes begins no visit, but keeps one.
    let hovering_counts = exhibit.phase != Phase::Attract;
    // Who watches the tour touches nothing; it ends by itself.
    let watches = screen.tour.is_some() && guide.seconds_a_step.is_some();
    let touched = touches.any(hovering_counts) || (watches && hovering_counts);
    let seconds = time.delta().min(Duration::from_secs(5)).as_secs_f32() * exhibit.speed;
    let before = exhibit.phase;
    if exhibit.advance(seconds, touched) {
        info!("the visitor has left; everything as at the start");
        actions.write_batch(reset(&exhibit.settings));
    }
    next.ask_if(exhibit.phase != before || exhibit.phase != Phase::Visit);
}

/// A digit that was read makes place for the next, but not while something is explained, or networks learn to read it.
fn keep_pad(
    exhibit: Res<Exhibit>,
    pad: Res<Pad>,
    screen: Res<Screen>,
    school: Res<School>,
    selection: Res<Selection>,
    mut actions: MessageWriter<Action>,
) {
    let is_led = screen.tour.is_some() || screen.challenge.is_some() || school.is_open;
    let busy = selection.cell.is_some() || is_led;
    let wanted = (!busy).then_some(exhibit.settings.clean_pad_seconds);
    if pad.starts_afresh() != wanted {
        actions.write(Action::Pad(PadAction::StartAfresh(wanted)));
    }
}

/// A drawing counts when it is gone or another one was begun, and is kept then where that is wanted.
fn count_digits(
    mut exhibit: ResMut<Exhibit>,
    pad: Res<Pad>,
    networks: Networks,
    settings: Res<InferenceSettings>,
) {
    let drawing = pad.drawing();
    let is_blank = drawing.strokes().is_empty();
    let is_gone = |drawn: &Drawn| is_blank || drawn.begun != pad.begun();
    if exhibit.drawn.as_ref().is_some_and(is_gone)
        && let Some(gone) = exhibit.drawn.take()
    {
        exhibit.counts.digits += 1;
        if gone.read {
            exhibit.counts.answers += 1;
        } else {
            exhibit.counts.refusals += 1;
        }
        if let Some((_, strokes)) = gone.sure {
            exhibit.visitors.add(strokes);
        }
    }
    if is_blank {
        return;
    }
    let read = networks.shown().iter().any(|reading| {
        let digits = reading.network.spec().classes().len().min(10);
        reading.answer().is_some_and(|answer| answer.class < digits)
    });
    let mut drawn = exhibit.drawn.take().unwrap_or_default();
    (drawn.begun, drawn.read) = (pad.begun(), read);
    if exhibit.visitors.are_kept() && !drawing.is_drawing() {
        let all = networks.all();
        let shipped = all.iter().filter(|r| r.network.origin == Origin::Shipped);
        let answers: Vec<_> = shipped.map(|r| r.answer().filter(|_| r.shown)).collect();
        let revision = drawing.revision();
        if drawing.picture().is_some() || !visitors::agree(&answers, settings.threshold) {
            drawn.sure = None;
        } else if drawn.sure.as_ref().is_none_or(|(of, _)| *of != revision) {
            drawn.sure = Some((revision, drawing.strokes().to_vec()));
        }
    }
    exhibit.drawn = Some(drawn);
}

/// The best drawings are a day's.
fn turn_day(mut gallery: ResMut<Gallery>, mut day: Local<Option<u32>>) {
    let today = platform::day_of_month();
    if day.replace(today).is_some_and(|before| before != today) {
        gallery.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_begins_is_asked_about_and_ends() {
        let mut exhibit = Exhibit::new(Settings::default(), 1.0);
        assert!(!exhibit.advance(1000.0, false), "nobody can leave");
        assert_eq!(exhibit.phase(), Phase::Attract);
        exhibit.advance(0.0, true);
        assert_eq!(
            (exhibit.phase(), exhibit.counts.visitors),
            (Phase::Visit, 1)
        );
        exhibit.advance(44.0, false);
        assert_eq!(exhibit.phase(), Phase::Visit);
        exhibit.advance(2.0, false);
        assert_eq!(
            (exhibit.phase(), exhibit.seconds_left()),
            (Phase::Asking, 19)
        );
        exhibit.advance(0.0, true);
        assert_eq!(
            (exhibit.phase(), exhibit.counts.visitors),
            (Phase::Visit, 1)
        );
        assert!(!exhibit.advance(64.9, false));
        assert!(exhibit.advance(0.2, false));
        assert_eq!((exhibit.phase(), exhibit.resets), (Phase::Attract, 1));
    }
}

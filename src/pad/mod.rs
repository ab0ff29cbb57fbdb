//! The drawing pad: what is drawn, with what, and the image that is made of it.

mod canvas;

pub use canvas::PadCanvas;

use crate::{AppSystems, request::Request, rest::NextFrame};
use bevy::{platform::time::Instant, prelude::*};
use mnistify_drawing::{
    DEFAULT_BRUSH_WIDTH, Drawing, Image28, MAX_BRUSH_WIDTH, MIN_BRUSH_WIDTH, Point, Preparation,
    Sheet, Stroke, Tool, rasterise, rasterise_sheet, recording,
};

/// Registers the pad, its replay, and the image that is made of it.
pub fn plugin(app: &mut App) {
    app.init_resource::<Pad>()
        .add_message::<Request<PadAction>>()
        .add_plugins(canvas::plugin)
        .add_systems(
            PostUpdate,
            (advance_replay, rasterise_strokes)
                .chain()
                .in_set(AppSystems::Input),
        );
}

/// The drawing and its image.
#[derive(Resource)]
pub struct Pad {
    drawing: Drawing,
    /// What the next stroke does.
    pub tool: Tool,
    /// Brush diameter in pad units (the pad is 280 wide).
    pub width: f32,
    preparation: Preparation,
    image: Image28,
    image_changed: bool,
    /// Of what the image was made: drawing revision, replay position, preparation.
    image_of: Option<(u64, Option<f32>, Preparation)>,
    replay: Option<Replay>,
    started: Instant,
    /// How many drawings were begun on a clean pad.
    begun: u64,
    /// Seconds without the pen after which the next touch begins on a clean pad.
    afresh_after: Option<f32>,
    /// When the pen was last on the pad.
    touched: Option<Instant>,
}

/// A drawing that is being shown stroke by stroke, as it was made.
struct Replay {
    strokes: Vec<Stroke>,
    millis: f32,
    shown: Vec<Stroke>,
    /// The drawing is nobody's: it stays to be seen until the first touch.
    demonstration: bool,
    /// Somebody holds it at a moment; it does not go on by itself.
    held: bool,
}

impl Replay {
    fn of(strokes: &[Stroke]) -> Self {
        Self {
            strokes: in_replay_time(strokes),
            millis: 0.0,
            shown: Vec::new(),
            demonstration: false,
            held: false,
        }
    }
}

/// What a person can do with the pad.
#[derive(Clone, Debug, PartialEq)]
pub enum PadAction {
    /// Puts the pen down: a stroke begins, with the tool in the hand.
    Begin {
        /// From the pad's left, in pad units.
        x: f32,
        /// From the pad's top, in pad units.
        y: f32,
    },
    /// Moves the pen: the stroke under way goes on to here.
    Extend {
        /// From the pad's left, in pad units.
        x: f32,
        /// From the pad's top, in pad units.
        y: f32,
    },
    /// Lifts the pen.
    End,
    /// Takes the last change back.
    Undo,
    /// Makes the last undone change again.
    Redo,
    /// Takes everything off the pad; can be undone.
    Clear,
    /// Takes a tool into the hand.
    Use(Tool),
    /// Brush diameter in pad units.
    Width(f32),
    /// Wider (or thinner) by so many pad units.
    Widen(f32),
    /// Decides how the drawing becomes the image.
    Prepare(Preparation),
    /// Shows how the drawing came about, stroke by stroke.
    Replay,
    /// Shows the drawing as it was at this moment of its replay, or the drawing itself again.
    Scrub(Option<f32>),
    /// Puts these strokes in the place of what is drawn; can be undone.
    Load(Vec<Stroke>),
    /// Put all of this on the pad, in the place of what is there.
    Lay(Sheet),
    /// So many seconds after the pen was there last, the next touch away from the ink begins on a clean pad; the drawing
    /// before it is one undo away.
    StartAfresh(Option<f32>),
    /// Empties the pad and forgets what was on it: nothing can be undone.
    Forget,
    /// Shows how a drawing is made, on a pad that stays blank: the first touch is ink on a clean pad.
    Demonstrate(Vec<Stroke>),
}

impl Default for Pad {
    fn default() -> Self {
        Self {
            drawing: Drawing::default(),
            tool: Tool::Draw,
            width: DEFAULT_BRUSH_WIDTH,
            preparation: Preparation::default(),
            image: Image28::blank(),
            image_changed: true,
            image_of: None,
            replay: None,
            started: Instant::now(),
            begun: 0,
            afresh_after: None,
            touched: None,
        }
    }
}

impl Pad {
    /// The 28×28 values that the networks receive.
    pub fn image(&self) -> &Image28 {
        &self.image
    }

    /// Whether the image is another one than in the last frame.
    pub fn image_changed(&self) -> bool {
        self.image_changed
    }

    /// How the strokes become the image.
    pub fn preparation(&self) -> Preparation {
        self.preparation
    }

    /// The drawing itself, for undo state and saving.
    pub fn drawing(&self) -> &Drawing {
        &self.drawing
    }

    /// What is to be seen: the drawing, or the replay's part of it.
    pub fn visible_strokes(&self) -> &[Stroke] {
        match &self.replay {
            Some(replay) => &replay.shown,
            None => self.drawing.strokes(),
        }
    }

    /// The image beneath the strokes, where it is to be seen.
    pub fn visible_picture(&self) -> Option<&Image28> {
        match &self.replay {
            Some(_) => None,
            None => self.drawing.picture(),
        }
    }

    /// Whether somebody else's drawing is shown on the blank pad.
    pub fn is_demonstrating(&self) -> bool {
        self.replay
            .as_ref()
            .is_some_and(|replay| replay.demonstration)
    }

    /// Whether that drawing is there whole.
    pub fn is_demonstrated(&self) -> bool {
        self.replay.as_ref().is_some_and(|replay| {
            replay.demonstration && replay.millis >= recording::duration_millis(&replay.strokes)
        })
    }

    /// Whether a replay is on.
    pub fn is_replaying(&self) -> bool {
        self.replay.is_some()
    }

    /// The moment of its replay at which somebody holds the drawing.
    pub fn scrubbed_at(&self) -> Option<f32> {
        let held = self.replay.as_ref().filter(|replay| replay.held);
        held.map(|replay| replay.millis)
    }

    /// After how many seconds without the pen the next touch begins on a clean pad.
    pub fn starts_afresh(&self) -> Option<f32> {
        self.afresh_after
    }

    /// The number of the drawing that was begun last: a touch may begin one without the pad ever being seen blank.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Seconds since the pen was on the pad; none where it never was.
    pub fn seconds_without_pen(&self) -> Option<f32> {
        Some(self.touched?.elapsed().as_secs_f32())
    }

    /// Whether a touch here is the beginning of another digit: the hand was away for long, and it is far from the ink,
    /// since a 4 has two strokes.
    fn begins_afresh(&self, [x, y]: [f32; 2]) -> bool {
        let Some(seconds) = self.afresh_after else {
            return false;
        };
        let points = self.drawing.strokes().iter().flat_map(|s| &s.points);
        self.seconds_without_pen()
            .is_some_and(|past| past > seconds)
            && points
                .into_iter()
                .all(|p| (p.x - x).hypot(p.y - y) > NEAR_INK)
    }

    /// Carries an action out. Drawing ends a replay.
    pub fn apply(&mut self, action: PadAction) {
        let millis = self.started.elapsed().as_secs_f32() * 1e3;
        if !matches!(
            action,
            PadAction::Use(_)
                | PadAction::Width(_)
                | PadAction::Widen(_)
                | PadAction::Prepare(_)
                | PadAction::StartAfresh(_)
                | PadAction::End
        ) {
            self.replay = None;
        }
        match action {
            PadAction::Begin { x, y } => {
                if self.begins_afresh([x, y]) {
                    self.drawing.clear();
                }
                self.touched = Some(Instant::now());
                if self.drawing.is_empty() {
                    self.started = Instant::now();
                    self.begun += 1;
                }
                let millis = if self.drawing.is_empty() { 0.0 } else { millis };
                self.drawing
                    .begin(self.tool, self.width, Point { x, y, millis });
            }
            PadAction::Extend { x, y } => {
                self.touched = Some(Instant::now());
                self.drawing.extend(Point { x, y, millis });
            }
            PadAction::End => self.drawing.end(),
            PadAction::StartAfresh(seconds) => self.afresh_after = seconds,
            PadAction::Undo => {
                self.drawing.undo();
            }
            PadAction::Redo => {
                self.drawing.redo();
            }
            PadAction::Clear => self.drawing.clear(),
            PadAction::Forget => {
                self.drawing = Drawing::default();
                self.image_of = None;
                self.touched = None;
            }
            PadAction::Use(tool) => self.tool = tool,
            PadAction::Width(width) => {
                self.width = width.clamp(MIN_BRUSH_WIDTH, MAX_BRUSH_WIDTH);
            }
            PadAction::Widen(by) => self.apply(PadAction::Width(self.width + by)),
            PadAction::Prepare(preparation) => self.preparation = preparation,
            PadAction::Replay => {
                if !self.drawing.is_empty() {
                    self.replay = Some(Replay::of(self.drawing.strokes()));
                }
            }
            PadAction::Scrub(None) => {}
            PadAction::Scrub(Some(millis)) => {
                if !self.drawing.is_empty() {
                    let replay = Replay::of(self.drawing.strokes());
                    self.replay = Some(Replay {
                        shown: recording::strokes_until(&replay.strokes, millis),
                        millis,
                        held: true,
                        ..replay
                    });
                }
            }
            PadAction::Load(strokes) => self.drawing.replace(strokes),
            PadAction::Lay(sheet) => self.drawing.lay(sheet),
            PadAction::Demonstrate(strokes) => {
                if self.drawing.is_empty() {
                    self.replay = Some(Replay {
                        demonstration: true,
                        ..Replay::of(&strokes)
                    });
                }
            }
        }
    }
}

/// In pad units: a touch that is nearer to the ink belongs to it.
const NEAR_INK: f32 = 34.0;

/// The longest pause between strokes that a replay keeps, in milliseconds.
const LONGEST_PAUSE: f32 = 350.0;

/// The pace of a drawing whose points have no times, in pad units a millisecond.
const STEADY_PACE: f32 = 0.4;

/// The same strokes with the times of their replay.
pub fn in_replay_time(strokes: &[Stroke]) -> Vec<Stroke> {
    if recording::duration_millis(strokes) > 0.0 {
        without_pauses(strokes)
    } else {
        at_a_steady_pace(strokes)
    }
}

fn at_a_steady_pace(strokes: &[Stroke]) -> Vec<Stroke> {
    let mut strokes = strokes.to_vec();
    let (mut millis, mut last) = (0.0, None);
    for point in strokes.iter_mut().flat_map(|stroke| &mut stroke.points) {
        let (x, y) = last.unwrap_or((point.x, point.y));
        millis += (point.x - x).hypot(point.y - y) / STEADY_PACE;
        point.millis = millis;
        last = Some((point.x, point.y));
    }
    strokes
}

/// The same strokes with long pauses between them shortened.
fn without_pauses(strokes: &[Stroke]) -> Vec<Stroke> {
    let mut strokes = strokes.to_vec();
    let (mut shift, mut end) = (0.0f32, 0.0f32);
    for stroke in &mut strokes {
        let begin = stroke.points.first().map_or(end, |p| p.millis) - shift;
        shift += (begin - end - LONGEST_PAUSE).max(0.0);
        for point in &mut stroke.points {
            point.millis -= shift;
        }
        end = stroke.points.last().map_or(end, |p| p.millis);
    }
    strokes
}

fn advance_replay(mut pad: ResMut<Pad>, time: Res<Time>, next: Res<NextFrame>) {
    if pad.replay.is_none() || pad.is_demonstrated() || pad.scrubbed_at().is_some() {
        return;
    }
    next.ask();
    let millis = time.delta_secs().min(0.1) * 1e3;
    let Some(replay) = &mut pad.replay else {
        return;
    };
    replay.millis += millis;
    replay.shown = recording::strokes_until(&replay.strokes, replay.millis);
    let ended = replay.millis >= recording::duration_millis(&replay.strokes);
    if ended && !replay.demonstration {
        pad.replay = None;
    }
}

fn rasterise_strokes(mut pad: ResMut<Pad>) {
    let replay = pad.replay.as_ref().map(|replay| replay.millis);
    let made_of = Some((pad.drawing.revision(), replay, pad.preparation));
    if pad.image_of == made_of {
        if pad.image_changed {
            pad.image_changed = false;
        }
        return;
    }
    let image = match &pad.replay {
        Some(replay) => rasterise(&replay.shown, pad.preparation),
        None => rasterise_sheet(pad.drawing.sheet(), pad.preparation),
    };
    pad.image_changed = image != pad.image || pad.image_of.is_none();
    pad.image = image;
    pad.image_of = made_of;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stroke(begin: f32, end: f32) -> Stroke {
        let point = |millis| Point {
            x: 100.0 + millis / 100.0,
            y: 100.0,
            millis,
        };
        Stroke {
            tool: Tool::Draw,
            width: 20.0,
            points: vec![point(begin), point(end)],
        }
    }

    #[test]
    fn a_replay_leaves_long_pauses_out() {
        let strokes = without_pauses(&[stroke(0.0, 500.0), stroke(9000.0, 9400.0)]);
        assert_eq!(strokes[1].points[0].millis, 850.0);
        assert_eq!(strokes[1].points[1].millis, 1250.0);
    }

    #[test]
    fn points_without_times_are_replayed_at_a_steady_pace() {
        let mut line = stroke(0.0, 0.0);
        line.points[1].x = 140.0;
        let timed = in_replay_time(&[line.clone(), line]);
        assert_eq!(timed[0].points[1].millis, 100.0);
        // Back to the beginning of the next, and along it.
        assert_eq!(timed[1].points[1].millis, 300.0);
    }

    #[test]
    fn scrubbing_shows_a_moment_and_leaves_the_drawing_as_it_was() {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins)
            .init_resource::<Pad>()
            .init_resource::<NextFrame>()
            .add_systems(Update, (advance_replay, rasterise_strokes).chain());
        let mut pad = app.world_mut().resource_mut::<Pad>();
        pad.apply(PadAction::Load(vec![
            stroke(0.0, 500.0),
            stroke(600.0, 9000.0),
        ]));
        app.update();
        let pad = |app: &App| {
            let pad = app.world().resource::<Pad>();
            let drawing = pad.drawing();
            let history = (drawing.revision(), drawing.can_undo(), drawing.can_redo());
            (pad.image().clone(), drawing.sheet().clone(), history)
        };
        let before = pad(&app);
        let scrub = |app: &mut App, millis| {
            let mut pad = app.world_mut().resource_mut::<Pad>();
            pad.apply(PadAction::Scrub(millis));
            app.update();
            app.update();
        };
        scrub(&mut app, Some(250.0));
        let held = app.world().resource::<Pad>();
        assert!(held.scrubbed_at().is_some() && held.visible_strokes().len() == 1);
        assert_eq!(held.visible_strokes()[0].points[1].millis, 250.0);
        scrub(&mut app, Some(5000.0));
        assert_ne!(pad(&app).0, before.0);
        scrub(&mut app, None);
        assert_eq!(pad(&app), before);
        assert!(!app.world().resource::<Pad>().is_replaying());
    }

    #[test]
    fn actions_change_the_image_and_undo_restores_it() {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins)
            .init_resource::<Pad>()
            .add_systems(Update, rasterise_strokes);
        app.update();
        assert!(app.world().resource::<Pad>().image().is_blank());
        let mut pad = app.world_mut().resource_mut::<Pad>();
        pad.apply(PadAction::Begin { x: 140.0, y: 60.0 });
        pad.apply(PadAction::Extend { x: 140.0, y: 220.0 });
        pad.apply(PadAction::End);
        app.update();
        assert!(app.world().resource::<Pad>().image_changed());
        assert!(!app.world().resource::<Pad>().image().is_blank());
        app.world_mut().resource_mut::<Pad>().apply(PadAction::Undo);
        app.update();
        assert!(app.world().resource::<Pad>().image().is_blank());
        app.update();
        assert!(!app.world().resource::<Pad>().image_changed());
    }
}

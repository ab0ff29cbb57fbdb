//! The strokes on the pad, with undo and redo.

use crate::image28::Image28;
use serde::{Deserialize, Serialize};

/// The pad's side, in the units of every coordinate and width here. (0, 0) is its top left corner, and y points down.
pub const PAD_SIZE: f32 = 280.0;

/// The most points that a drawing may have in all, by whatever door it comes: five minutes of a pen that never rests. What
/// draws every point again and again stays quick then.
pub const MAX_POINTS: usize = 20_000;

/// The brush's width at first, in pad units.
pub const DEFAULT_BRUSH_WIDTH: f32 = 20.0;

/// The thinnest brush on offer, in pad units.
pub const MIN_BRUSH_WIDTH: f32 = 6.0;

/// The widest brush on offer, in pad units.
pub const MAX_BRUSH_WIDTH: f32 = 44.0;

/// A point nearer than this to the last one adds nothing that can be seen, in pad units.
const MIN_STEP: f32 = 0.5;

/// The thinnest stroke kept, in pad units: a recording's rounding to 0.1 must not make it vanish.
const MIN_STROKE_WIDTH: f32 = 1.0;

/// What a stroke does to the ink beneath it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// Leaves ink.
    #[default]
    Draw,
    /// Takes ink away.
    Erase,
}

/// A place on the pad and the moment at which the pen was there. Serialised as `[x, y, millis]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 3]", into = "[f32; 3]")]
pub struct Point {
    /// Pad units from the left edge.
    pub x: f32,
    /// Pad units from the top edge.
    pub y: f32,
    /// Milliseconds since the drawing began.
    pub millis: f32,
}

impl From<[f32; 3]> for Point {
    fn from([x, y, millis]: [f32; 3]) -> Self {
        Self { x, y, millis }
    }
}

impl From<Point> for [f32; 3] {
    fn from(point: Point) -> Self {
        [point.x, point.y, point.millis]
    }
}

/// A polyline with round caps and joins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// What it does.
    pub tool: Tool,
    /// Its full width, in pad units.
    pub width: f32,
    /// Its points in the order in which they were made; a single one is a dot.
    pub points: Vec<Point>,
}

/// All that lies on the pad: strokes, and beneath them the image of a picture that was put there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// In the order in which they were made.
    pub strokes: Vec<Stroke>,
    /// It fills the pad.
    pub picture: Option<Box<Image28>>,
}

/// How a change is undone.
#[derive(Clone, Debug)]
enum Undo {
    /// A stroke was added at the end.
    Added,
    /// All was exchanged; this was there before.
    Exchanged(Sheet),
}

/// How a change that was undone is made again.
#[derive(Clone, Debug)]
enum Redo {
    /// This stroke was at the end.
    Added(Stroke),
    /// All had been exchanged for this.
    Exchanged(Sheet),
}

/// The strokes on the pad, with the history that undo and redo need.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    sheet: Sheet,
    undo_stack: Vec<Undo>,
    redo_stack: Vec<Redo>,
    under_way: bool,
    revision: u64,
}

impl Drawing {
    /// Begins a stroke at `point`, and ends the one under way, if any. The width is kept within 1..=`PAD_SIZE` (one
    /// that is not finite becomes the default), and the point within one pad's size around the pad, so that what is
    /// drawn can always be saved and loaded. A point whose place is not finite is ignored, and no stroke begins.
    pub fn begin(&mut self, tool: Tool, width: f32, point: Point) {
        self.end();
        let Some(point) = sound(point, 0.0) else {
            return;
        };
        let width = if width.is_finite() {
            width.clamp(MIN_STROKE_WIDTH, PAD_SIZE)
        } else {
            DEFAULT_BRUSH_WIDTH
        };
        self.sheet.strokes.push(Stroke {
            tool,
            width,
            points: vec![point],
        });
        self.undo_stack.push(Undo::Added);
        self.redo_stack.clear();
        self.under_way = true;
        self.revision += 1;
    }

    /// Draws the stroke under way on to `point`. Nothing happens without one, or nearer than half a unit to its last
    /// point. Time never runs backwards within a stroke: an earlier moment becomes the last point's.
    pub fn extend(&mut self, point: Point) {
        if !self.under_way {
            return;
        }
        let last = self
            .sheet
            .strokes
            .last()
            .and_then(|stroke| stroke.points.last());
        let Some(&last) = last else {
            return;
        };
        let Some(point) = sound(point, last.millis) else {
            return;
        };
        if (point.x - last.x).hypot(point.y - last.y) < MIN_STEP {
            return;
        }
        // A drawing of more could not be saved, and the pad is black long before.
        let points: usize = self
            .sheet
            .strokes
            .iter()
            .map(|stroke| stroke.points.len())
            .sum();
        if points >= MAX_POINTS {
            return;
        }
        let Some(stroke) = self.sheet.strokes.last_mut() else {
            return;
        };
        stroke.points.push(point);
        self.redo_stack.clear();
        self.revision += 1;
    }

    /// Ends the stroke under way, if any.
    pub fn end(&mut self) {
        self.under_way = false;
    }

    /// Takes all strokes away. This can be undone; on an empty pad it does nothing.
    pub fn clear(&mut self) {
        self.replace(Vec::new());
    }

    /// Puts `strokes` in the place of all that is there. This can be undone; nothing for nothing does nothing.
    pub fn replace(&mut self, strokes: Vec<Stroke>) {
        self.lay(Sheet {
            strokes,
            picture: None,
        });
    }

    /// Puts a sheet in the place of all that is there. This can be undone; nothing for nothing does nothing.
    pub fn lay(&mut self, sheet: Sheet) {
        self.end();
        if self.is_empty() && sheet == Sheet::default() {
            return;
        }
        let before = std::mem::replace(&mut self.sheet, sheet);
        self.undo_stack.push(Undo::Exchanged(before));
        self.redo_stack.clear();
        self.revision += 1;
    }

    /// Takes the last change back, and says whether there was one. A stroke under way is ended and taken back whole.
    pub fn undo(&mut self) -> bool {
        self.end();
        match self.undo_stack.pop() {
            None => return false,
            Some(Undo::Added) => {
                if let Some(stroke) = self.sheet.strokes.pop() {
                    self.redo_stack.push(Redo::Added(stroke));
                }
            }
            Some(Undo::Exchanged(before)) => {
                let after = std::mem::replace(&mut self.sheet, before);
                self.redo_stack.push(Redo::Exchanged(after));
            }
        }
        self.revision += 1;
        true
    }

    /// Makes the last undone change again, and says whether there was one.
    pub fn redo(&mut self) -> bool {
        // A stroke under way has already emptied this list, so it need not be ended here.
        match self.redo_stack.pop() {
            None => return false,
            Some(Redo::Added(stroke)) => {
                self.sheet.strokes.push(stroke);
                self.undo_stack.push(Undo::Added);
            }
            Some(Redo::Exchanged(after)) => {
                let before = std::mem::replace(&mut self.sheet, after);
                self.undo_stack.push(Undo::Exchanged(before));
            }
        }
        self.revision += 1;
        true
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo_stack.is_empty()
    }

    /// Whether there is an undone change to make again.
    pub fn can_redo(&self) -> bool {
        !self.redo_stack.is_empty()
    }

    /// The strokes in the order in which they were made, the one under way included.
    pub fn strokes(&self) -> &[Stroke] {
        &self.sheet.strokes
    }

    /// All that is there.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The image beneath the strokes.
    pub fn picture(&self) -> Option<&Image28> {
        self.sheet.picture.as_deref()
    }

    /// Whether a stroke is under way.
    pub fn is_drawing(&self) -> bool {
        self.under_way
    }

    /// Whether there is no stroke at all (what was erased still counts as strokes) and no picture.
    pub fn is_empty(&self) -> bool {
        self.sheet.strokes.is_empty() && self.sheet.picture.is_none()
    }

    /// Grows at each visible change, so that an unchanged number means an unchanged picture.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// `point` kept within one pad's size around the pad and not before `earliest`; None when its place is not finite.
fn sound(point: Point, earliest: f32) -> Option<Point> {
    if !point.x.is_finite() || !point.y.is_finite() {
        return None;
    }
    let millis = if point.millis.is_finite() {
        point.millis.max(earliest)
    } else {
        earliest
    };
    Some(Point {
        x: point.x.clamp(-PAD_SIZE, 2.0 * PAD_SIZE),
        y: point.y.clamp(-PAD_SIZE, 2.0 * PAD_SIZE),
        millis,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(x: f32, y: f32, millis: f32) -> Point {
        Point { x, y, millis }
    }

    fn dot(drawing: &mut Drawing, x: f32) {
        drawing.begin(Tool::Draw, DEFAULT_BRUSH_WIDTH, at(x, 10.0, 0.0));
        drawing.end();
    }

    #[test]
    fn near_points_are_dropped_and_time_never_runs_backwards() {
        let mut drawing = Drawing::default();
        drawing.extend(at(1.0, 1.0, 0.0));
        assert!(drawing.is_empty());
        drawing.begin(Tool::Draw, 20.0, at(10.0, 10.0, 5.0));
        let revision = drawing.revision();
        drawing.extend(at(10.3, 10.3, 6.0));
        assert_eq!(drawing.revision(), revision);
        drawing.extend(at(11.0, 10.0, 2.0));
        drawing.extend(at(f32::NAN, 10.0, 9.0));
        drawing.end();
        drawing.extend(at(50.0, 50.0, 9.0));
        assert_eq!(
            drawing.strokes()[0].points,
            [at(10.0, 10.0, 5.0), at(11.0, 10.0, 5.0)]
        );
        assert!(drawing.revision() > revision);
    }

    #[test]
    fn clearing_and_loading_can_be_undone() {
        let mut drawing = Drawing::default();
        drawing.clear();
        assert!(!drawing.can_undo());
        dot(&mut drawing, 1.0);
        dot(&mut drawing, 2.0);
        let two = drawing.strokes().to_vec();
        drawing.clear();
        assert!(drawing.is_empty());
        assert!(drawing.undo());
        assert_eq!(drawing.strokes(), two);
        assert!(drawing.redo());
        assert!(drawing.is_empty());
        drawing.replace(two[..1].to_vec());
        assert!(!drawing.can_redo());
        assert!(drawing.undo() && drawing.undo());
        assert_eq!(drawing.strokes(), two);
    }

    #[test]
    fn undoing_the_stroke_under_way_ends_it() {
        let mut drawing = Drawing::default();
        drawing.begin(Tool::Erase, 20.0, at(1.0, 1.0, 0.0));
        assert!(drawing.is_drawing());
        assert!(drawing.undo());
        assert!(!drawing.is_drawing() && drawing.is_empty() && drawing.can_redo());
        drawing.extend(at(20.0, 20.0, 1.0));
        assert!(drawing.is_empty() && drawing.can_redo());
        dot(&mut drawing, 3.0);
        assert!(!drawing.can_redo());
        assert!(!drawing.redo());
    }

    #[test]
    fn a_point_is_an_array_in_json() {
        let json = serde_json::to_string(&at(1.0, 2.5, 3.0)).expect("plain numbers");
        assert_eq!(json, "[1.0,2.5,3.0]");
        let point: Point = serde_json::from_str("[1, 2.5, 3]").expect("three numbers");
        assert_eq!(point, at(1.0, 2.5, 3.0));
    }

    proptest! {
        #[test]
        fn undoing_all_empties_and_redoing_all_restores(steps in prop::collection::vec(0_u8..6, 0..60)) {
            let mut drawing = Drawing::default();
            for (index, step) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => dot(&mut drawing, index as f32),
                    2 => drawing.clear(),
                    3 => { drawing.undo(); }
                    4 => { drawing.redo(); }
                    _ => {
                        let mut strokes = drawing.strokes().to_vec();
                        strokes.reverse();
                        drawing.replace(strokes);
                    }
                }
            }
            while drawing.redo() {}
            let last = drawing.strokes().to_vec();
            while drawing.undo() {}
            prop_assert!(drawing.is_empty());
            while drawing.redo() {}
            prop_assert_eq!(drawing.strokes(), last.as_slice());
        }
    }
}

//! Where everything stands: a pure function from the window, the networks' shapes and what is shown to rectangles.
//!
//! All lengths are logical pixels, x to the right and y down from the window's top left. Systems only move things to these
//! places: egui paints text and controls there, the scene projects its plates onto them. The picture is read from left to
//! right: the hand (pad, 28×28 plate, three buttons), the lanes (one a network), the answer (ten tiles). All three columns
//! have the same top and bottom. Small windows get a page instead: pad, one layer's strongest maps, the answer.

mod lanes;
mod phone;
mod places;
mod stages;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod wide;

pub use places::{
    Controls, Explanation, Grid, Lane, LanesScene, Opened, PageScene, Scene, StagePlace, TableScene,
};
pub use text::TextSizes;
pub use wide::explanation;

/// The winner's figure is at least this high where the window has room for it.
const LEAST_GLYPH: f32 = 96.0;
/// On a phone a map is at least this large: it is touched.
const LEAST_PHONE_MAP: f32 = 44.0;
/// A dense layer's cell is at most this large, in units.
const LARGEST_DENSE_CELL: f32 = 26.0;

/// A rectangle, its sides parallel to the axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left and top.
    pub min: [f32; 2],
    /// Right and bottom.
    pub max: [f32; 2],
}

impl Rect {
    /// From its left, top, right and bottom.
    pub const fn new(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self {
            min: [left, top],
            max: [right, bottom],
        }
    }

    const fn sized(left: f32, top: f32, width: f32, height: f32) -> Self {
        Self::new(left, top, left + width, top + height)
    }

    /// From left to right.
    pub fn width(&self) -> f32 {
        self.max[0] - self.min[0]
    }

    /// From top to bottom.
    pub fn height(&self) -> f32 {
        self.max[1] - self.min[1]
    }

    /// The middle.
    pub fn centre(&self) -> [f32; 2] {
        [
            (self.min[0] + self.max[0]) / 2.0,
            (self.min[1] + self.max[1]) / 2.0,
        ]
    }
}

/// `[channels, height, width]` of one row of the arena.
pub type Shape = [usize; 3];

/// What of the picture a window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// The hand and the answer; a second window has the networks.
    Table,
    /// The networks, with the drawing and the answer, and nothing to touch.
    Wall,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    /// What of the picture.
    pub part: Part,
    /// The digits whose tiles are large: none (nothing drawn, or no digit), one, or two (the networks differ, or the
    /// runner-up matters), all different. More than two are cut off.
    pub winners: Vec<usize>,
    /// The place, in the shown networks, of the one that is being explained: its lane moves up and leaves room below.
    pub explain: Option<usize>,
    /// The layer that is open, all its maps large and nothing else of the networks: the network's place in the shown
    /// ones, and the row.
    pub open: Option<(usize, usize)>,
    /// On a phone: the lanes fill the screen.
    pub lanes_fill_screen: bool,
    /// On a phone: which of all shown stages is seen, counted from the first network's first.
    pub page: usize,
    /// The guided tour or a challenge speaks, in a strip below everything else.
    pub strip: bool,
    /// The school is open, in a higher strip.
    pub school: bool,
    /// For a child or a wheelchair: pad and controls lie in the lower half, except on a phone's side, which is low.
    pub reach: bool,
    /// How many times larger than usual texts are; where there is no room, less.
    pub text_scale: f32,
    /// No side of a control is smaller, where there is room: see [`target_on`].
    pub least_target: f32,
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            part: Part::Whole,
            winners: Vec::new(),
            explain: None,
            open: None,
            lanes_fill_screen: false,
            page: 0,
            strip: false,
            school: false,
            reach: false,
            text_scale: 1.0,
            least_target: 0.0,
        }
    }
}

/// The side of a target of 20 mm, in a window that fills a screen of this diagonal; 0 where that is not known.
pub fn target_on([width, height]: [f32; 2], screen_inches: f32) -> f32 {
    const TARGET_MILLIMETRES: f32 = 20.0;
    if screen_inches <= 0.0 {
        return 0.0;
    }
    TARGET_MILLIMETRES * width.hypot(height) / (25.4 * screen_inches)
}

/// The three ways in which a window is composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowClass {
    /// Desktop, projector, tablet on its side.
    Wide,
    /// A phone or a kiosk that stands.
    Upright,
    /// A phone on its side.
    Sideways,
}

impl WindowClass {
    /// Of a window's logical size.
    pub fn of([width, height]: [f32; 2]) -> Self {
        if height < 540.0 && width > height {
            Self::Sideways
        } else if width < 720.0 || width < 0.8 * height {
            Self::Upright
        } else {
            Self::Wide
        }
    }

    /// Of a window that shows this part: neither table nor wall is a phone.
    fn of_part(window: [f32; 2], part: Part) -> Self {
        match (part, Self::of(window)) {
            (Part::Wall, _) | (Part::Table, Self::Sideways) => Self::Wide,
            (_, class) => class,
        }
    }
}

/// Everything's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    /// In which of the three ways it is composed.
    pub class: WindowClass,
    /// How much larger than in the design everything is; gaps and line widths scale with it.
    pub unit: f32,
    /// How large texts are.
    pub text: TextSizes,
    /// Square; the only place where the visitor's line is drawn large.
    pub pad: Rect,
    /// The places of the buttons.
    pub controls: Controls,
    /// Height of the winner's figure itself, not of its font's line. Inter's figures are 0.727 of the font's size.
    pub glyph: f32,
    /// Ten tiles in a wide window, by digit; on a phone one answer, or two where there are two winners.
    pub answers: Vec<Rect>,
    /// What lies between hand and answer.
    pub scene: Scene,
    /// Where the guided tour or a challenge speaks.
    pub strip: Option<Rect>,
}

/// The composition of a window with these networks, from top to bottom, each as its arena's rows from input to outputs.
pub fn compose(window: [f32; 2], networks: &[&[Shape]], mode: &Mode) -> Composition {
    let class = WindowClass::of_part(window, mode.part);
    let strip = if mode.school {
        school_height(class, window)
    } else if mode.strip {
        strip_height(class, window)
    } else {
        0.0
    };
    let [width, height] = [window[0], window[1] - strip];
    let mode = &Mode {
        winners: mode.winners.iter().copied().take(2).collect(),
        text_scale: mode.text_scale.min(largest_text(class, height)),
        ..mode.clone()
    };
    let half = window[1] / 2.0;
    let mut composition = match class {
        WindowClass::Wide if mode.part == Part::Table => {
            table::beside([width, height], half, networks.len(), mode)
        }
        WindowClass::Wide => wide::wide([width, height], half, networks, mode),
        WindowClass::Upright if mode.part == Part::Table => {
            table::below([width, height], half, mode)
        }
        WindowClass::Upright => phone::upright([width, height], half, networks, mode),
        WindowClass::Sideways => phone::sideways([width, height], networks, mode),
    };
    composition.strip = (mode.strip || mode.school).then(|| {
        let margin = 16.0 * composition.unit;
        match class {
            // There is no room below; the maps make place.
            WindowClass::Sideways => {
                let left = composition.controls.draw.max[0] + margin;
                let top = if mode.school { 0.3 } else { 0.42 };
                Rect::new(left, top * height, width - margin, height - margin / 2.0)
            }
            _ => Rect::new(margin, height, width - margin, window[1] - margin),
        }
    });
    composition
}

/// How many times larger than usual texts may be in a window of this height.
fn largest_text(class: WindowClass, height: f32) -> f32 {
    let usual = match class {
        WindowClass::Wide => 450.0,
        WindowClass::Upright => 500.0,
        WindowClass::Sideways => 300.0,
    };
    (height / usual).max(1.0)
}

/// The height that the school takes of a window.
fn school_height(class: WindowClass, [width, height]: [f32; 2]) -> f32 {
    match class {
        WindowClass::Wide => (0.36 * height).max(214.0).min(0.42 * height),
        WindowClass::Upright => (0.35 * height).max(if width < 500.0 { 232.0 } else { 260.0 }),
        WindowClass::Sideways => 0.0,
    }
}

/// The height that the strip takes of a window.
fn strip_height(class: WindowClass, [width, height]: [f32; 2]) -> f32 {
    match class {
        WindowClass::Wide => (0.165 * height).max(112.0),
        WindowClass::Upright => (0.19 * height).max(if width < 500.0 { 154.0 } else { 120.0 }),
        WindowClass::Sideways => 0.0,
    }
}

/// So many equal places in one row at the foot of `area`, or in two where they would be narrower than `size`.
fn rows_above(area: Rect, count: usize, size: [f32; 2], gap: f32) -> Vec<Rect> {
    let width_of = |columns: usize| (area.width() - (columns - 1) as f32 * gap) / columns as f32;
    let columns = if width_of(count) < size[0] {
        count.div_ceil(2)
    } else {
        count
    };
    let (rows, width) = (count.div_ceil(columns), width_of(columns));
    let top = area.max[1] - rows as f32 * size[1] - (rows - 1) as f32 * gap;
    let place = |at: usize| {
        let (column, row) = ((at % columns) as f32, (at / columns) as f32);
        Rect::sized(
            area.min[0] + column * (width + gap),
            top + row * (size[1] + gap),
            width,
            size[1],
        )
    };
    (0..count).map(place).collect()
}

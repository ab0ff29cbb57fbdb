//! The parts of a composition: what has a place, and where its parts are.

use super::{Rect, Shape};

/// What lies between hand and answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Scene {
    /// A lane for each network.
    Lanes(LanesScene),
    /// One layer's strongest maps, to be swiped.
    Page(PageScene),
    /// A phone's full screen: nothing but lanes, or one layer.
    FullScreen {
        /// The way back to the page.
        close: Rect,
        /// From top to bottom; only the open layer's where one is open.
        lanes: Vec<Lane>,
        /// Where one layer is open.
        opened: Option<Opened>,
    },
    /// Nothing: the networks are on the wall.
    Table(TableScene),
}

impl Scene {
    /// The controls of the layer that is open.
    pub fn opened(&self) -> Option<Opened> {
        match self {
            Self::Lanes(LanesScene { opened, .. }) | Self::FullScreen { opened, .. } => *opened,
            Self::Page(_) | Self::Table(_) => None,
        }
    }

    /// Where the ways to the guided tour and to the school are; a phone and a wall have none.
    pub fn guide(&self) -> Option<Rect> {
        let guide = match self {
            Self::Lanes(lanes) => lanes.guide,
            Self::Table(table) => table.guide,
            Self::Page(_) | Self::FullScreen { .. } => return None,
        };
        (guide.width() > 0.0).then_some(guide)
    }
}

/// What a table has beside pad, controls and answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableScene {
    /// The sentence.
    pub headline: Rect,
    /// The way to the guided tour.
    pub guide: Rect,
    /// The languages that an exhibit offers.
    pub languages: Rect,
}

/// The parts of a wide window that a phone does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct LanesScene {
    /// Title and sentence, left of the controls and in their line.
    pub headline: Rect,
    /// The drawing, centred and shrunk to 28×28: where the lanes begin. Light falls on it from the pad.
    pub plate: Rect,
    /// Right end and top of the plate's caption.
    pub plate_caption: [f32; 2],
    /// All lanes lie in it.
    pub lanes_rect: Rect,
    /// From top to bottom; only the open layer's where one is open.
    pub lanes: Vec<Lane>,
    /// Which colours stand for which values.
    pub legend: Rect,
    /// The way to the school or the guided tour, at the hand's side; without extent on a wall.
    pub guide: Rect,
    /// The inference times, aligned to the right.
    pub times: Rect,
    /// Where a network is explained.
    pub explanation: Option<Explanation>,
    /// Where one layer is open.
    pub opened: Option<Opened>,
}

/// What a layer that is open has beside its maps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opened {
    /// To the layer before and to the one after.
    pub turn: [Rect; 2],
    /// To all layers.
    pub close: Rect,
    /// The answer, where its tiles are not seen.
    pub answer: Option<Rect>,
}

/// The place of an open explanation, below the lane it explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// All of it.
    pub rect: Rect,
    /// Window, weights, products, curve, result; the signs stand between them.
    pub slots: [Rect; 5],
    /// Play, step, and the line to scrub along.
    pub scrub: Rect,
}

/// The parts of a phone's page.
#[derive(Clone, Debug, PartialEq)]
pub struct PageScene {
    /// Title and sentence; there is no room for them sideways.
    pub headline: Option<Rect>,
    /// Two lines: the layer's words and its technical name.
    pub label: Rect,
    /// Where the finger swipes.
    pub swipe: Rect,
    /// The strongest maps, line by line.
    pub maps: [Rect; 8],
    /// The dots that say which layer it is.
    pub dots: Rect,
    /// The place of the network among the shown ones, and its stage; none where no network has one.
    pub stage: Option<(usize, StagePlace)>,
    /// How many stages there are to swipe through, and the number of this one.
    pub pages: [usize; 2],
}

/// The controls at rest. Draw and erase share one. On a wall they have no extent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Controls {
    /// Switches between drawing and erasing.
    pub draw: Rect,
    /// Takes the last change back.
    pub undo: Rect,
    /// Empties the pad.
    pub clear: Rect,
    /// Chooses which networks are shown.
    pub networks: Rect,
    /// None where two answers stand on a phone: touching one of them explains it.
    pub explain: Option<Rect>,
    /// Opens the sheet of everything else.
    pub more: Rect,
}

impl Controls {
    /// Draw, undo, clear, networks and more; and the one that may be missing.
    pub(super) fn new(
        [draw, undo, clear, networks, more]: [Rect; 5],
        explain: Option<Rect>,
    ) -> Self {
        Self {
            draw,
            undo,
            clear,
            networks,
            explain,
            more,
        }
    }

    /// All that are there.
    pub fn all(&self) -> Vec<Rect> {
        let fixed = [self.draw, self.undo, self.clear, self.networks, self.more];
        fixed.into_iter().chain(self.explain).collect()
    }
}

/// One network, from the plate to the tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its place in the shown networks.
    pub network: usize,
    /// All of it.
    pub rect: Rect,
    /// Height of the thin line in the network's hue on which the plates stand.
    pub shelf: f32,
    /// Left end and top of the network's name, below the shelf.
    pub name: [f32; 2],
    /// The rows between input and outputs.
    pub stages: Vec<StagePlace>,
    /// The technical name has a line of its own; else it follows the words, where it fits.
    pub technical_line: bool,
    /// The stages are so narrow that every second label stands a line lower; then there are no technical names.
    pub staggered: bool,
    /// The weights of the strongest neurons of a first dense layer, as pictures; between its cells and the next layer.
    pub portraits: Option<Grid>,
}

/// One row of the arena.
#[derive(Clone, Debug, PartialEq)]
pub struct StagePlace {
    /// Row of the arena; 0 is the input.
    pub row: usize,
    /// `[channels, height, width]`.
    pub shape: Shape,
    /// What its plates take, without the label.
    pub rect: Rect,
    /// The most active maps, large and in front; all cells of a dense row.
    pub heroes: Grid,
    /// All other maps, small, below the heroes and behind them.
    pub chorus: Option<Grid>,
    /// Left end and top of the line that says how many maps the chorus has, where there is room for it.
    pub more: Option<[f32; 2]>,
    /// Maps for which there is no room: the plates are a stack that opens on touch.
    pub hidden: usize,
    /// Left end and top of the label's first line.
    pub label: [f32; 2],
    /// Width that the label's words may take.
    pub label_width: f32,
    /// Turn about the vertical axis, in radians; positive turns the right edge towards the viewer.
    pub yaw: f32,
}

/// Equal rectangles in rows and columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Top left of the first.
    pub origin: [f32; 2],
    /// How many are side by side.
    pub columns: usize,
    /// How many stand one below the other.
    pub rows: usize,
    /// Width and height of one.
    pub size: [f32; 2],
    /// From one to the next along both axes.
    pub pitch: [f32; 2],
    /// How many there are; the last line may be incomplete.
    pub count: usize,
    /// Counted column by column (dense cells), not line by line (maps).
    pub down: bool,
}

impl Grid {
    /// The place of one of them.
    pub fn place(&self, index: usize) -> Rect {
        let (column, row) = if self.down {
            (index / self.rows, index % self.rows)
        } else {
            (index % self.columns, index / self.columns)
        };
        Rect::sized(
            self.origin[0] + column as f32 * self.pitch[0],
            self.origin[1] + row as f32 * self.pitch[1],
            self.size[0],
            self.size[1],
        )
    }

    /// The smallest rectangle around all places.
    pub fn bounds(&self) -> Rect {
        let extent = |axis: usize, count: usize| {
            count.saturating_sub(1) as f32 * self.pitch[axis] + self.size[axis]
        };
        Rect::sized(
            self.origin[0],
            self.origin[1],
            extent(0, self.columns),
            extent(1, self.rows),
        )
    }
}

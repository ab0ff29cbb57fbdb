//! Where everything stands: a pure function from the window, the networks' shapes and what is shown to rectangles.
//!
//! All lengths are logical pixels, x to the right and y down from the window's top left. Systems only move things to these
//! places: egui paints text and controls there, the scene projects its plates onto them. The picture is read from left to
//! right: the hand (pad, 28×28 plate, three buttons), the lanes (one a network), the answer (ten tiles). All three columns
//! have the same top and bottom. Small windows get a page instead: pad, one layer's strongest maps, the answer.

/// The window for which the lengths below were chosen; the unit is 1 there.
const DESIGN: [f32; 2] = [1280.0, 720.0];
/// No text is smaller, at any window size.
const LEAST_TEXT: f32 = 14.0;
/// The winner's figure is at least this high where the window has room for it.
const LEAST_GLYPH: f32 = 96.0;
/// The height that any other tile keeps.
const LEAST_TILE: f32 = 18.0;
/// On a phone a map is at least this large: it is touched.
const LEAST_PHONE_MAP: f32 = 44.0;
/// The least side of a map of the chorus; below that it would be a dot.
const LEAST_CHORUS_MAP: f32 = 5.0;
/// A cell of a map is at most this large, in units: a 3×3 map need not be larger than the drawing's own maps.
const LARGEST_MAP_CELL: f32 = 18.0;
/// A dense layer's cell is at most this large, in units.
const LARGEST_DENSE_CELL: f32 = 26.0;
/// A map is at most this large, in units.
const LARGEST_MAP: f32 = 150.0;
/// Maps of a first layer that are all shown large when its network stands alone.
const ALL_SHOWN: usize = 32;
/// The turn of a plate at the window's edge towards its middle, in radians: ten degrees.
const LARGEST_YAW: f32 = 0.174_532_9;

/// A rectangle, its sides parallel to the axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub min: [f32; 2],
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

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    /// The digits whose tiles are large: none (nothing drawn, or no digit), one, or two (the networks differ, or the
    /// runner-up matters), all different. More than two are cut off.
    pub winners: Vec<usize>,
    /// The place, in the shown networks, of the one that is being explained: its lane moves up and leaves room below.
    pub explain: Option<usize>,
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

/// The side of a target of 20 mm, in a window that fills a screen of this diagonal; 0 where that is not known.
pub fn target_on([width, height]: [f32; 2], screen_inches: f32) -> f32 {
    const TARGET_MILLIMETRES: f32 = 20.0;
    if screen_inches <= 0.0 {
        return 0.0;
    }
    TARGET_MILLIMETRES * width.hypot(height) / (25.4 * screen_inches)
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            winners: Vec::new(),
            explain: None,
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
}

/// Everything's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    pub class: WindowClass,
    /// How much larger than in the design everything is; gaps and line widths scale with it.
    pub unit: f32,
    pub text: TextSizes,
    /// Square; the only place where the visitor's line is drawn large.
    pub pad: Rect,
    pub controls: Controls,
    /// Height of the winner's figure itself, not of its font's line. Inter's figures are 0.727 of the font's size.
    pub glyph: f32,
    /// Ten tiles in a wide window, by digit; on a phone one answer, or two where there are two winners.
    pub answers: Vec<Rect>,
    pub scene: Scene,
    /// Where the guided tour or a challenge speaks.
    pub strip: Option<Rect>,
}

/// What lies between hand and answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Scene {
    /// A lane for each network.
    Lanes(LanesScene),
    /// One layer's strongest maps, to be swiped.
    Page(PageScene),
    /// A phone's full screen: nothing but lanes.
    FullScreen { close: Rect, lanes: Vec<Lane> },
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
    pub lanes: Vec<Lane>,
    pub legend: Rect,
    /// The way to the guided tour, below the pad.
    pub guide: Rect,
    /// The inference times, aligned to the right.
    pub times: Rect,
    pub explanation: Option<Explanation>,
}

/// The place of an open explanation, below the lane it explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
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
    pub maps: [Rect; 8],
    /// The dots that say which layer it is.
    pub dots: Rect,
    /// The place of the network among the shown ones, and its stage; none where no network has one.
    pub stage: Option<(usize, StagePlace)>,
    /// How many stages there are to swipe through, and the number of this one.
    pub pages: [usize; 2],
}

/// The controls at rest. Draw and erase share one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    pub draw: Rect,
    pub undo: Rect,
    pub clear: Rect,
    pub networks: Rect,
    /// None where two answers stand on a phone: touching one of them explains it.
    pub explain: Option<Rect>,
    pub more: Rect,
}

impl Controls {
    /// All that are there.
    pub fn all(&self) -> Vec<Rect> {
        let fixed = [self.draw, self.undo, self.clear, self.networks, self.more];
        fixed.into_iter().chain(self.explain).collect()
    }
}

/// The type scale, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextSizes {
    pub title: f32,
    pub headline: f32,
    pub network: f32,
    pub label: f32,
    pub technical: f32,
    pub body: f32,
    pub button: f32,
    pub tile: f32,
    /// "sure", below the winner's figure.
    pub certainty: f32,
    /// The window's foot is full; its text never grows.
    pub foot: f32,
}

impl TextSizes {
    fn new(unit: f32, scale: f32) -> Self {
        let usual = |base: f32| (base * unit).max(LEAST_TEXT);
        let size = |base: f32| usual(base) * scale;
        Self {
            title: size(20.0),
            headline: size(22.0),
            network: size(16.0),
            label: size(15.0),
            technical: size(14.0),
            body: size(15.0),
            button: size(15.0),
            tile: size(20.0),
            certainty: size(20.0),
            foot: usual(14.0),
        }
    }
}

/// One network, from the plate to the tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its place in the shown networks.
    pub network: usize,
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
    pub shape: Shape,
    pub rect: Rect,
    /// The most active maps, large and in front; all cells of a dense row.
    pub heroes: Grid,
    /// All other maps, small, below the heroes and behind them.
    pub chorus: Option<Grid>,
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
    pub columns: usize,
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

/// The composition of a window with these networks, from top to bottom, each as its arena's rows from input to outputs.
pub fn compose(window: [f32; 2], networks: &[&[Shape]], mode: &Mode) -> Composition {
    let class = WindowClass::of(window);
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
        WindowClass::Wide => wide([width, height], half, networks, mode),
        WindowClass::Upright => upright([width, height], half, networks, mode),
        WindowClass::Sideways => sideways([width, height], networks, mode),
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

fn wide([width, height]: [f32; 2], half: f32, networks: &[&[Shape]], mode: &Mode) -> Composition {
    let unit = (width / DESIGN[0]).min(height / DESIGN[1]).clamp(0.7, 3.2);
    let text = TextSizes::new(unit, mode.text_scale);
    let margin = 28.0 * unit;
    let header = Rect::sized(
        margin,
        16.0 * unit,
        width - 2.0 * margin,
        (44.0 * unit)
            .max(40.0)
            .max(mode.least_target.min(0.12 * height)),
    );
    let top = header.max[1] + 20.0 * unit;
    let bottom = height - (50.0 * unit).max(44.0);
    let frame = Rect::new(margin, top, width - margin, bottom);
    let tile_width = tile_width(unit);
    let lanes_right = frame.max[0] - tile_width - 72.0 * unit;
    let WideHand {
        pad,
        plate,
        controls,
        headline_right,
        lanes_bottom: low,
    } = if mode.reach {
        let right = lanes_right + 44.0 * unit;
        let target = mode.least_target.min(0.11 * height);
        hand_in_reach([margin, top, right, bottom], half, target, &text, unit)
    } else {
        wide_hand(frame, header, mode.least_target, &text, unit)
    };

    let (answers, glyph) = tiles(frame, &mode.winners, unit);
    let lanes_rect = Rect::new(pad.max[0] + 56.0 * unit, top, lanes_right, low);
    let explained = mode.explain.filter(|&network| network < networks.len());
    let (shown, lanes_bottom) = match explained {
        Some(network) => (vec![network], top + 0.40 * lanes_rect.height()),
        None => ((0..networks.len()).collect(), low),
    };
    let explanation = explained.map(|_| {
        let rect = Rect::new(
            lanes_rect.min[0],
            lanes_bottom + 14.0 * unit,
            lanes_rect.max[0] + 44.0 * unit,
            low,
        );
        explanation(rect, &text, unit)
    });
    let lanes_area = Rect::new(lanes_rect.min[0], top, lanes_rect.max[0], lanes_bottom);
    let (legend, times) = footer(lanes_rect.min[0], frame.max[0], bottom, height, &text, unit);
    Composition {
        class: WindowClass::Wide,
        unit,
        text,
        pad,
        controls,
        glyph,
        answers,
        strip: None,
        scene: Scene::Lanes(LanesScene {
            headline: Rect::new(header.min[0], header.min[1], headline_right, header.max[1]),
            plate,
            plate_caption: [plate.max[0], plate.max[1] + 0.5 * text.technical],
            lanes_rect,
            lanes: lanes(lanes_area, width, networks, &shown, &text, unit),
            legend,
            guide: Rect::new(margin, bottom + 4.0 * unit, pad.max[0], height - 4.0 * unit),
            times,
            explanation,
        }),
    }
}

/// A wide window's first column, and the controls.
struct WideHand {
    pad: Rect,
    plate: Rect,
    controls: Controls,
    headline_right: f32,
    /// Where the lanes end.
    lanes_bottom: f32,
}

/// The pad above, plate and three buttons below it; the other controls in the header.
fn wide_hand(frame: Rect, header: Rect, target: f32, text: &TextSizes, unit: f32) -> WideHand {
    let width = frame.min[0] + frame.max[0];
    let [networks, explain, more] = header_controls(header, target.min(0.14 * width), unit);
    let bottom = frame.max[1];
    let buttons = 3.0 * target + 20.0 * unit;
    let mut side = (0.585 * frame.height()).min(0.28 * width);
    if target > 0.0 {
        // The pad makes way for the buttons below it, but not for ever.
        let room = frame.height() - 1.5 * text.technical - 30.0 * unit - buttons;
        side = side.min(room.max(0.45 * frame.height()));
    }
    let pad = Rect::sized(frame.min[0], frame.min[1], side, side);
    let (plate, [draw, undo, clear]) = below_pad(pad, bottom, text.technical, buttons, unit);
    WideHand {
        pad,
        plate,
        controls: Controls {
            draw,
            undo,
            clear,
            networks,
            explain: Some(explain),
            more,
        },
        headline_right: networks.min[0] - 16.0 * unit,
        lanes_bottom: bottom,
    }
}

/// The pad below, the plate above it; all controls beside the pad, below the lanes.
fn hand_in_reach(
    [left, top, right, bottom]: [f32; 4],
    half: f32,
    target: f32,
    text: &TextSizes,
    unit: f32,
) -> WideHand {
    let headline_right = right + tile_width(unit) + 28.0 * unit;
    let width = headline_right + left;
    let side = (bottom - half - 6.0 * unit)
        .min(0.92 * half)
        .min(0.28 * width);
    let pad = Rect::sized(left, bottom - side, side, side);
    let below = 30.0 * unit + 1.5 * text.technical;
    let small = (pad.min[1] - below - top).min(0.56 * side);
    let plate = Rect::sized(pad.max[0] - small, pad.min[1] - below - small, small, small);
    let bar = Rect::new(pad.max[0] + 18.0 * unit, half, right, bottom);
    let size = [
        (90.0 * unit.max(1.0)).max(target),
        (48.0 * unit).max(44.0).max(target),
    ];
    let places = rows_above(bar, 6, size, 10.0 * unit);
    let [draw, undo, clear, networks, explain, more] = [0, 1, 2, 3, 4, 5].map(|at| places[at]);
    WideHand {
        pad,
        plate,
        controls: Controls {
            draw,
            undo,
            clear,
            networks,
            explain: Some(explain),
            more,
        },
        headline_right,
        lanes_bottom: draw.min[1] - 14.0 * unit,
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

/// Networks, explain, more: from the right end of the header.
fn header_controls(header: Rect, target: f32, unit: f32) -> [Rect; 3] {
    let mut right = header.max[0];
    let mut next = |base: f32| {
        let width = (base * unit).max(base * 0.86).max(target);
        let rect = Rect::new(right - width, header.min[1], right, header.max[1]);
        right -= width + 10.0 * unit;
        rect
    };
    let more = next(84.0);
    let explain = next(124.0);
    let networks = next(132.0);
    [networks, explain, more]
}

/// The 28×28 plate at the right, next to the lanes, and three buttons beside it, together as high as wanted where there is
/// room.
fn below_pad(
    pad: Rect,
    bottom: f32,
    caption_size: f32,
    wanted: f32,
    unit: f32,
) -> (Rect, [Rect; 3]) {
    let caption = 1.5 * caption_size;
    let room = bottom - caption - pad.max[1] - 30.0 * unit;
    let side = room.min(0.56 * pad.width());
    let plate_top = bottom - caption - side;
    let plate = Rect::sized(pad.max[0] - side, plate_top, side, side);
    let gap = 10.0 * unit;
    let all = side.max(wanted.min(room));
    let top = bottom - caption - all;
    let height = (all - 2.0 * gap) / 3.0;
    let width = pad.width() - side - 18.0 * unit;
    let buttons = [0.0, 1.0, 2.0]
        .map(|place| Rect::sized(pad.min[0], top + place * (height + gap), width, height));
    (plate, buttons)
}

fn tile_width(unit: f32) -> f32 {
    (136.0 * unit).max(120.0)
}

/// Ten tiles from the frame's top to its bottom, the winners' large and a little out of the line; and the figure's height.
fn tiles(frame: Rect, winners: &[usize], unit: f32) -> (Vec<Rect>, f32) {
    let left = frame.max[0] - tile_width(unit);
    let gap = 6.0 * unit;
    let space = frame.height() - 9.0 * gap;
    let count = winners.len();
    let others = (10 - count) as f32;
    let mut glyph = (100.0 * unit).max(LEAST_GLYPH);
    let around = if count < 2 { 54.0 } else { 34.0 } * unit.max(0.94);
    let mut large = glyph + around;
    if count > 0 {
        let fits = large.min((space - LEAST_TILE * others) / count as f32);
        glyph -= large - fits;
        large = fits;
    }
    let small = (space - large * count as f32) / others;
    let mut top = frame.min[1];
    let rects = (0..10).map(|digit| {
        let (height, rise) = if winners.contains(&digit) {
            (large, 14.0 * unit)
        } else {
            (small, 0.0)
        };
        let rect = Rect::new(left - rise, top, frame.max[0], top + height);
        top += height + gap;
        rect
    });
    (rects.collect(), glyph)
}

fn footer(
    left: f32,
    right: f32,
    bottom: f32,
    window_height: f32,
    text: &TextSizes,
    unit: f32,
) -> (Rect, Rect) {
    let middle = (bottom + window_height) / 2.0 + 2.0 * unit;
    let half = 0.65 * text.foot;
    let legend = 110.0 * unit + 10.5 * text.foot;
    (
        Rect::new(left, middle - half, left + legend, middle + half),
        Rect::new(
            left + legend + 16.0 * unit,
            middle - half,
            right,
            middle + half,
        ),
    )
}

/// The places inside an explanation of this size.
pub fn explanation(rect: Rect, text: &TextSizes, unit: f32) -> Explanation {
    let (inset, sign) = (20.0 * unit, 20.0 * unit);
    let scrub = (40.0 * unit).max(40.0);
    let head = 46.0 * unit + 1.35 * (text.title + text.body);
    let foot = 1.3 * text.technical + 22.0 * unit;
    let inner = rect.width() - 2.0 * inset;
    let free = rect.height() - head - foot - scrub - inset;
    let side = ((inner - 4.0 * sign) / 5.0).min(free).max(0.0);
    let step = (inner - 5.0 * side) / 4.0 + side;
    let top = rect.min[1] + head + ((free - side) / 2.0).max(0.0);
    let slots = [0.0, 1.0, 2.0, 3.0, 4.0]
        .map(|place| Rect::sized(rect.min[0] + inset + place * step, top, side, side));
    let scrub_bottom = rect.max[1] - 16.0 * unit;
    Explanation {
        rect,
        slots,
        scrub: Rect::new(
            rect.min[0] + inset,
            scrub_bottom - scrub,
            rect.max[0] - inset,
            scrub_bottom,
        ),
    }
}

/// The shown networks' lanes, one below the other.
fn lanes(
    area: Rect,
    window_width: f32,
    networks: &[&[Shape]],
    shown: &[usize],
    text: &TextSizes,
    unit: f32,
) -> Vec<Lane> {
    let few = shown.len() < 3;
    let gap = if few { 20.0 } else { 14.0 } * unit;
    let weight = |network: usize| -> f32 {
        if hidden_rows(networks[network]).iter().any(is_map) {
            1.0
        } else if few {
            0.52
        } else {
            0.66
        }
    };
    let weights: f32 = shown.iter().map(|&network| weight(network)).sum();
    let space = area.height() - gap * shown.len().saturating_sub(1) as f32;
    let mut top = area.min[1];
    let place = |&network: &usize| {
        let height = space * weight(network) / weights;
        let rect = Rect::sized(area.min[0], top, area.width(), height);
        top += height + gap;
        let stages = hidden_rows(networks[network]);
        lane(network, stages, rect, window_width, shown.len(), text, unit)
    };
    shown.iter().map(place).collect()
}

/// The rows between input and outputs.
fn hidden_rows(rows: &[Shape]) -> &[Shape] {
    rows.get(1..rows.len().saturating_sub(1)).unwrap_or(&[])
}

fn is_map(shape: &Shape) -> bool {
    shape[1] * shape[2] > 1
}

fn lane(
    network: usize,
    stages: &[Shape],
    rect: Rect,
    window_width: f32,
    lanes: usize,
    text: &TextSizes,
    unit: f32,
) -> Lane {
    let alone = lanes == 1;
    let name_height = text.network + 12.0 * unit;
    let label_height = 1.3 * text.label;
    let staggered =
        stages.len() > 2 && narrowest_pitch(stages, rect.width(), alone, unit) < 4.2 * text.label;
    let technical_line =
        !staggered && unit >= 0.9 && rect.height() >= 230.0 * unit && stages.iter().any(is_map);
    let second_line = if staggered || technical_line {
        1.25 * text.technical
    } else {
        0.0
    };
    let head = label_height + second_line + 6.0 * unit;
    let height = (rect.height() - head - name_height).max(8.0);
    let base = rect.min[1] + head + height;
    let wanted = if lanes < 3 { 8 } else { 4 };
    let plan = plan_lane(stages, rect.width(), height, alone, wanted, unit);
    let tallest = plan
        .stages
        .iter()
        .fold(0.0, |tallest: f32, stage| tallest.max(stage.height));
    let label_top = base - tallest - head;
    let mut left = rect.min[0];
    if stages.len() == 1 {
        left += ((rect.width() - plan.width) / 2.0).max(0.0);
    }
    let mut places = Vec::new();
    let mut portraits = None;
    for (index, stage) in plan.stages.iter().enumerate() {
        let low = if staggered && index % 2 == 1 {
            label_height
        } else {
            0.0
        };
        let label = [left, label_top + low];
        places.push(stage.place(index + 1, stages[index], [left, base], label, window_width));
        left += stage.width + plan.gap;
        if let (0, Some(pictures)) = (index, plan.portraits) {
            portraits = Some(pictures.place(left, base, tallest));
            left += pictures.side + plan.gap;
        }
    }
    // A label may reach to the next of its own line; the last one a little into the ribbons.
    let stride = if staggered { 2 } else { 1 };
    let ends: Vec<f32> = (0..places.len())
        .map(|index| match (index, &portraits) {
            (0, Some(pictures)) => pictures.origin[0],
            _ => places
                .get(index + stride)
                .map_or(rect.max[0] + 40.0 * unit, |next| next.label[0]),
        })
        .collect();
    for (place, end) in places.iter_mut().zip(ends) {
        place.label_width = end - place.label[0] - 8.0 * unit;
    }
    Lane {
        network,
        rect,
        shelf: base + 6.0 * unit,
        name: [rect.min[0], base + 12.0 * unit],
        stages: places,
        technical_line,
        staggered,
        portraits,
    }
}

/// About how far the narrowest stage's label is from the next one.
fn narrowest_pitch(stages: &[Shape], width: f32, alone: bool, unit: f32) -> f32 {
    let shares = (0..stages.len()).map(|index| share(stages, index, alone));
    let (least, all) = shares.fold((f32::MAX, 0.0_f32), |(least, all), share| {
        (least.min(share), all + share)
    });
    let gap = least_gap(stages.len(), width, unit);
    (width - gap * (stages.len() - 1) as f32) * least / all + gap
}

fn least_gap(stages: usize, width: f32, unit: f32) -> f32 {
    (14.0 * unit).min(0.3 * width / stages as f32)
}

/// The part of a lane's width that a stage gets, before what it leaves is passed on.
fn share(stages: &[Shape], index: usize, alone: bool) -> f32 {
    let channels = stages[index][0];
    match stages.iter().position(is_map) {
        None => 1.0,
        Some(_) if !is_map(&stages[index]) => (0.55 + channels as f32 / 400.0).clamp(0.6, 1.4),
        Some(first) if first == index => match (alone, channels > 12) {
            (true, true) => 4.6,
            (true, false) => 1.9,
            (false, _) => 1.5,
        },
        Some(_) => 1.0,
    }
}

struct LanePlan {
    stages: Vec<StagePlan>,
    portraits: Option<Portraits>,
    /// Between stages.
    gap: f32,
    /// Of everything with its gaps.
    width: f32,
}

/// A column of square pictures.
#[derive(Clone, Copy)]
struct Portraits {
    /// Of one picture, in pixels.
    side: f32,
    /// Between two of them, at least.
    gap: f32,
}

impl Portraits {
    /// As large as three to eight of them allow in a lane of this height.
    fn new(height: f32, unit: f32) -> Self {
        let gap = 6.0 * unit;
        let rows = ((height + gap) / (72.0 * unit + gap))
            .round()
            .clamp(3.0, 8.0);
        Self {
            // A little less, since cells rarely fill the height to the last pixel.
            side: 0.94 * (height - (rows - 1.0) * gap) / rows,
            gap: 3.0 * unit,
        }
    }

    /// As many as fit beside cells of this height, spread over it.
    fn place(self, left: f32, base: f32, tallest: f32) -> Grid {
        let side = self.side.min(tallest);
        let fit = (tallest + self.gap) / (self.side + self.gap) + 1e-3;
        let rows = (fit as usize).clamp(1, 8);
        let gap = (tallest - rows as f32 * side) / (rows - 1).max(1) as f32;
        Grid {
            origin: [left, base - tallest],
            columns: 1,
            rows,
            size: [side; 2],
            pitch: [side, side + gap],
            count: rows,
            down: false,
        }
    }
}

/// Shares the width out from the first stage to the last; what one does not use, those after it get.
fn plan_lane(
    stages: &[Shape],
    width: f32,
    height: f32,
    alone: bool,
    wanted: usize,
    unit: f32,
) -> LanePlan {
    let count = stages.len();
    if count == 0 {
        return LanePlan {
            stages: Vec::new(),
            portraits: None,
            gap: 0.0,
            width: 0.0,
        };
    }
    let first_map = stages.iter().position(is_map);
    let roomy = width >= 460.0 * unit && height >= 240.0 * unit;
    let portraits = (alone && first_map.is_none() && roomy).then(|| Portraits::new(height, unit));
    let gap = least_gap(count, width, unit);
    let mut room = width - gap * (count - 1) as f32;
    if let Some(pictures) = portraits {
        room -= pictures.side + 2.0 * gap;
    }
    let mut shares: f32 = (0..count).map(|index| share(stages, index, alone)).sum();
    // No map is larger than those of the stage before it: the eye follows the narrowing.
    let mut largest = LARGEST_MAP * unit;
    let mut plans: Vec<StagePlan> = Vec::new();
    for (index, shape) in stages.iter().enumerate() {
        let own = share(stages, index, alone);
        let box_size = [room * own / shares, height];
        shares -= own;
        let plan = if is_map(shape) {
            let wanted = match (alone, first_map == Some(index)) {
                (true, true) => shape[0].min(ALL_SHOWN),
                (true, false) => wanted.min(6),
                (false, _) => wanted,
            };
            let plan = plan_maps(*shape, box_size, largest, wanted, unit);
            largest = largest.min(plan.size);
            plan
        } else {
            plan_cells(shape[0], box_size, LARGEST_DENSE_CELL * unit)
        };
        room -= plan.width;
        plans.push(plan);
    }
    let picture_width = portraits.map_or(0.0, |pictures| pictures.side);
    let used = plans.iter().map(|plan| plan.width).sum::<f32>() + picture_width;
    let gaps = count - 1 + usize::from(portraits.is_some());
    let gap = if gaps == 0 {
        0.0
    } else {
        ((width - used) / gaps as f32).clamp(0.0, 46.0 * unit)
    };
    LanePlan {
        stages: plans,
        portraits,
        gap,
        width: used + gap * gaps as f32,
    }
}

/// A stage's grids, before they have a place.
#[derive(Clone, Copy)]
struct StagePlan {
    columns: usize,
    rows: usize,
    /// Height of a map, or the distance of dense cells.
    size: f32,
    /// Width of a map by its height.
    aspect: f32,
    gap: f32,
    shown: usize,
    chorus: Option<ChorusPlan>,
    hidden: usize,
    width: f32,
    height: f32,
    dense: bool,
}

#[derive(Clone, Copy)]
struct ChorusPlan {
    columns: usize,
    rows: usize,
    size: f32,
    /// Along x and y.
    gap: [f32; 2],
    count: usize,
    height: f32,
}

impl StagePlan {
    /// Standing with its left end and its foot at `corner`.
    fn place(
        &self,
        row: usize,
        shape: Shape,
        corner: [f32; 2],
        label: [f32; 2],
        window_width: f32,
    ) -> StagePlace {
        let [left, base] = corner;
        let rect = Rect::new(left, base - self.height, left + self.width, base);
        let (size, pitch) = if self.dense {
            ([self.size - self.gap; 2], [self.size; 2])
        } else {
            let size = [self.size * self.aspect, self.size];
            (size, size.map(|side| side + self.gap))
        };
        let chorus = self.chorus.map(|chorus| {
            let size = [chorus.size * self.aspect, chorus.size];
            Grid {
                origin: [left, base - chorus.height],
                columns: chorus.columns,
                rows: chorus.rows,
                size,
                pitch: [size[0] + chorus.gap[0], size[1] + chorus.gap[1]],
                count: chorus.count,
                down: false,
            }
        });
        let half = window_width / 2.0;
        StagePlace {
            row,
            shape,
            rect,
            heroes: Grid {
                origin: rect.min,
                columns: self.columns,
                rows: self.rows,
                size,
                pitch,
                count: self.shown,
                down: self.dense,
            },
            chorus,
            hidden: self.hidden,
            label,
            label_width: rect.width(),
            yaw: LARGEST_YAW * (rect.centre()[0] - half) / half,
        }
    }
}

/// Heroes above, the chorus of all others below them, both as wide as each other: large heroes, as many as wanted, and a
/// chorus that can still be seen. Where there are few maps, all are heroes.
fn plan_maps(
    [maps, map_height, map_width]: Shape,
    [width, height]: [f32; 2],
    largest: f32,
    wanted: usize,
    unit: f32,
) -> StagePlan {
    let aspect = (map_width as f32 / map_height as f32).clamp(0.25, 4.0);
    let gap = (4.0 * unit).max(2.0);
    let all = 2 * maps <= 3 * wanted;
    let wanted = if all { maps } else { wanted };
    let stack = |count: usize, size: f32| count as f32 * size + (count - 1) as f32 * gap;
    let most = largest.min(map_height as f32 * LARGEST_MAP_CELL * unit);
    let mut best: Option<(f32, StagePlan)> = None;
    for columns in 1..=maps.min(8) {
        let beside = (columns - 1) as f32 * gap;
        let mut size = ((width - beside) / (columns as f32 * aspect)).min(most);
        if size < 6.0 {
            break;
        }
        let mut fit = ((height + gap) / (size + gap) + 1e-3) as usize;
        if fit == 0 {
            (fit, size) = (1, height);
        }
        let needed = maps.div_ceil(columns);
        if all && fit < needed {
            fit = needed;
            size = size.min((height - (fit - 1) as f32 * gap) / fit as f32);
        }
        if size < 4.0 {
            continue;
        }
        let used = columns as f32 * size * aspect + beside;
        for rows in (1..=fit.min(needed)).rev() {
            let shown = maps.min(rows * columns);
            let rest = maps - shown;
            let left = height - stack(rows, size) - 2.0 * gap;
            let chorus = plan_chorus(rest, [used, left], size, aspect, (2.0 * unit).max(1.0));
            if rest > 0 && (all || chorus.is_none()) {
                continue;
            }
            let enough = shown.min(wanted) as f32 / wanted as f32;
            let mut score = size * enough.powf(1.5);
            if all {
                score *= (stack(rows, size) / height).sqrt();
            }
            if let Some(chorus) = chorus {
                score *= 1.0 + 0.35 * (chorus.size / (0.5 * size)).min(1.0);
            }
            // Of equal scores the first: fewer columns, more rows.
            if best.is_none_or(|(highest, _)| score > highest) {
                let plan = StagePlan {
                    columns,
                    rows,
                    size,
                    aspect,
                    gap,
                    shown,
                    chorus,
                    hidden: 0,
                    width: used,
                    height,
                    dense: false,
                };
                best = Some((score, plan));
            }
        }
    }
    best.map_or_else(
        || stack_of_maps(maps, aspect, [width, height], largest, gap),
        |(_, plan)| plan,
    )
}

/// One column of as many maps as there is room for.
fn stack_of_maps(
    maps: usize,
    aspect: f32,
    [width, height]: [f32; 2],
    largest: f32,
    gap: f32,
) -> StagePlan {
    let size = (width / aspect).min(largest).min(height).max(1.0);
    let rows = (((height + gap) / (size + gap) + 1e-3) as usize).clamp(1, maps);
    StagePlan {
        columns: 1,
        rows,
        size,
        aspect,
        gap,
        shown: rows,
        chorus: None,
        hidden: maps - rows,
        width: size * aspect,
        height,
        dense: false,
    }
}

/// The grid with the largest maps in which `rest` of them fit; none larger than half a hero. None where there is no room,
/// or nothing to show.
fn plan_chorus(
    rest: usize,
    [width, height]: [f32; 2],
    hero: f32,
    aspect: f32,
    gap: f32,
) -> Option<ChorusPlan> {
    let mut best: Option<ChorusPlan> = None;
    for columns in 1..=rest.min(64) {
        let rows = rest.div_ceil(columns);
        let by_width = (width - (columns - 1) as f32 * gap) / (columns as f32 * aspect);
        let by_height = (height - (rows - 1) as f32 * gap) / rows as f32;
        let size = by_width.min(by_height).min(0.5 * hero);
        if size < LEAST_CHORUS_MAP || best.is_some_and(|best| size <= best.size + 1e-3) {
            continue;
        }
        let spread = if columns > 1 {
            (width - columns as f32 * size * aspect) / (columns - 1) as f32
        } else {
            gap
        };
        best = Some(ChorusPlan {
            columns,
            rows,
            size,
            gap: [spread.min(3.0 * gap), gap],
            count: rest,
            height: rows as f32 * size + (rows - 1) as f32 * gap,
        });
    }
    best
}

/// The largest square cells with which `count` of them fit; a full rectangle is preferred.
fn plan_cells(count: usize, [width, height]: [f32; 2], largest: f32) -> StagePlan {
    let mut best = (f32::MIN, 1, count, 0.0);
    for columns in 1..=count {
        let rows = count.div_ceil(columns);
        let pitch = (width / columns as f32)
            .min(height / rows as f32)
            .min(largest);
        let unused = (columns * rows - count) as f32 / count as f32;
        let score = pitch * (1.0 - 1.5 * unused);
        if score > best.0 + 1e-6 {
            best = (score, columns, rows, pitch);
        }
        if width / (columns as f32) < 1.0 {
            break;
        }
    }
    let (_, columns, rows, pitch) = best;
    StagePlan {
        columns,
        rows,
        size: pitch,
        aspect: 1.0,
        gap: (0.14 * pitch).clamp(0.05, 3.0),
        shown: count,
        chorus: None,
        hidden: 0,
        width: columns as f32 * pitch,
        height: rows as f32 * pitch,
        dense: true,
    }
}

fn upright(
    [width, height]: [f32; 2],
    half: f32,
    networks: &[&[Shape]],
    mode: &Mode,
) -> Composition {
    let unit = (width / 390.0).min(height / 844.0).clamp(0.8, 2.4);
    let text = TextSizes::new(unit, mode.text_scale);
    let (margin, gap) = (16.0 * unit, 6.0 * unit);
    let inner = width - 2.0 * margin;
    let (above, below, between) = (8.0 * unit, 14.0 * unit, 12.0 * unit);
    let [header, label] = [36.0, 45.0].map(|base| base * unit * mode.text_scale);
    let dots = 18.0 * unit;
    let target = mode.least_target;
    let band = (116.0 * unit).max(112.0);
    let bar = (54.0 * unit).max(48.0).max(target.min(0.09 * height));
    let count = mode.winners.len().max(1);
    // In reach the answer's button is one of the bar's; the tour needs the room more.
    let buttons = if mode.reach && count == 1 && !mode.strip {
        6
    } else {
        5
    };
    let least = if buttons == 6 {
        (62.0 * unit.max(1.0)).max(target.min((inner - 2.0 * gap) / 3.0))
    } else {
        0.0
    };
    let foot = Rect::new(margin, half, width - margin, height - below);
    let bars = rows_above(foot, buttons, [least, bar], gap);
    let bar_top = bars[0].min[1];
    let fixed = above + header + label + dots + band + 2.0 * between + height - bar_top;
    let mut side = inner.min(height - fixed - 2.0 * LEAST_PHONE_MAP - gap);
    if mode.reach {
        side = side.min(bar_top - between - half);
    }
    let map = ((height - fixed - side - gap) / 2.0)
        .min((inner - 3.0 * gap) / 4.0)
        .max(LEAST_PHONE_MAP);

    let headline = Rect::sized(margin, above, inner, header);
    let label = Rect::sized(margin, headline.max[1], inner, label);
    let swipe = Rect::sized(margin, label.max[1], inner, 2.0 * map + gap);
    let across = ((inner - 4.0 * map) / 3.0).max(gap);
    let maps = grid_of_eight([margin, swipe.min[1]], map, 4, [across, gap]);
    let dots = Rect::sized(margin, swipe.max[1], inner, dots);
    let answer = (inner - (count - 1) as f32 * gap) / count as f32;
    let answers: Vec<Rect> = (0..count)
        .map(|place| {
            let left = margin + place as f32 * (answer + gap);
            Rect::sized(left, dots.max[1], answer, band)
        })
        .collect();
    let pad_top = dots.max[1] + band + between;
    let spare = bar_top - between - pad_top - side;
    let spare = if mode.reach { spare } else { spare / 2.0 };
    let pad = Rect::sized((width - side) / 2.0, pad_top + spare, side, side);
    let [draw, undo, clear, networks_button, more] = [0, 1, 2, 3, buttons - 1].map(|at| bars[at]);
    let explain = if mode.reach {
        bars.get(4).copied().filter(|_| buttons == 6)
    } else {
        (count == 1).then(|| {
            let size = [
                (76.0 * unit).max(target.min(0.3 * inner)),
                (48.0 * unit).max(44.0).max(target.min(band - gap)),
            ];
            let middle = answers[0].centre()[1];
            let right = answers[0].max[0] - between;
            Rect::sized(right - size[0], middle - size[1] / 2.0, size[0], size[1])
        })
    };
    let page = Scene::Page(PageScene {
        headline: Some(headline),
        label,
        swipe,
        stage: page_stage(swipe, &maps, networks, mode.page, width, unit),
        pages: pages(networks, mode.page),
        maps,
        dots,
    });
    Composition {
        class: WindowClass::Upright,
        unit,
        text,
        pad,
        controls: Controls {
            draw,
            undo,
            clear,
            networks: networks_button,
            explain,
            more,
        },
        glyph: LEAST_GLYPH * (0.9 * unit).max(1.0),
        answers,
        strip: None,
        scene: full_screen([width, height], networks, mode, &text, unit).unwrap_or(page),
    }
}

fn sideways([width, height]: [f32; 2], networks: &[&[Shape]], mode: &Mode) -> Composition {
    let unit = (width / 844.0).min(height / 390.0).clamp(0.8, 1.6);
    let text = TextSizes::new(unit, mode.text_scale);
    let (margin, gap) = (12.0 * unit, 6.0 * unit);
    let side = (height - 2.0 * margin).min(0.44 * width);
    let top = (height - side) / 2.0;
    let pad = Rect::sized(margin, top, side, side);
    let target = mode.least_target;
    let button = [
        (64.0 * unit).max(60.0).max(target.min(0.11 * width)),
        (side - 4.0 * gap) / 5.0,
    ];
    let buttons_left = pad.max[0] + 8.0 * unit;
    let [draw, undo, clear, networks_button, more] = [0.0, 1.0, 2.0, 3.0, 4.0].map(|place| {
        let button_top = top + place * (button[1] + gap);
        Rect::sized(buttons_left, button_top, button[0], button[1])
    });
    let left = draw.max[0] + 16.0 * unit;
    let right = width - margin;
    let (label_height, dots_height) = (44.0 * unit * mode.text_scale, 20.0 * unit);
    let map = ((side - label_height - dots_height - 3.0 * gap) / 4.0)
        .min((right - 168.0 * unit - left - gap) / 2.0)
        .max(LEAST_PHONE_MAP);
    let maps_width = 2.0 * map + gap;
    let answer_width = (right - left - maps_width - 18.0 * unit).min(240.0 * unit);
    let answer_left = right - answer_width;
    let maps_top = top + label_height;
    let count = mode.winners.len().max(1);
    let explain_height = (48.0 * unit).max(44.0).max(target.min(0.2 * side));
    let answer = (side - explain_height - gap - (count - 1) as f32 * gap) / count as f32;
    let answers = (0..count)
        .map(|place| {
            let answer_top = top + place as f32 * (answer + gap);
            Rect::sized(answer_left, answer_top, answer_width, answer)
        })
        .collect();
    let swipe = Rect::sized(left, maps_top, maps_width, 4.0 * map + 3.0 * gap);
    let maps = grid_of_eight([left, maps_top], map, 2, [gap, gap]);
    let page = Scene::Page(PageScene {
        headline: None,
        label: Rect::new(left, top, answer_left - 12.0 * unit, maps_top),
        stage: page_stage(swipe, &maps, networks, mode.page, width, unit),
        pages: pages(networks, mode.page),
        swipe,
        maps,
        dots: Rect::new(
            left,
            pad.max[1] - dots_height,
            left + maps_width,
            pad.max[1],
        ),
    });
    let glyph = if count > 1 { LEAST_GLYPH } else { 120.0 };
    Composition {
        class: WindowClass::Sideways,
        unit,
        text,
        pad,
        controls: Controls {
            draw,
            undo,
            clear,
            networks: networks_button,
            explain: Some(Rect::new(
                answer_left,
                pad.max[1] - explain_height,
                right,
                pad.max[1],
            )),
            more,
        },
        glyph: (glyph * unit.max(1.0)).min(answer),
        answers,
        strip: None,
        scene: full_screen([width, height], networks, mode, &text, unit).unwrap_or(page),
    }
}

/// Every stage of these networks, by the network's place and the row.
fn all_stages(networks: &[&[Shape]]) -> Vec<(usize, usize)> {
    let rows = |network: usize| 1..=hidden_rows(networks[network]).len();
    (0..networks.len())
        .flat_map(|network| rows(network).map(move |row| (network, row)))
        .collect()
}

fn pages(networks: &[&[Shape]], page: usize) -> [usize; 2] {
    let count = all_stages(networks).len();
    [count, page.min(count.saturating_sub(1))]
}

/// The stage that a phone shows: its strongest maps on the eight places, or all cells of a dense row.
fn page_stage(
    swipe: Rect,
    maps: &[Rect; 8],
    networks: &[&[Shape]],
    page: usize,
    window_width: f32,
    unit: f32,
) -> Option<(usize, StagePlace)> {
    let stages = all_stages(networks);
    let (network, row) = *stages.get(page.min(stages.len().saturating_sub(1)))?;
    let shape = networks[network][row];
    let [channels, map_height, map_width] = shape;
    if !is_map(&shape) {
        let size = [swipe.width(), swipe.height()];
        let plan = plan_cells(channels, size, LARGEST_DENSE_CELL * unit);
        let left = swipe.min[0] + (swipe.width() - plan.width) / 2.0;
        let base = swipe.max[1] - (swipe.height() - plan.height) / 2.0;
        let mut place = plan.place(row, shape, [left, base], swipe.min, window_width);
        place.yaw = 0.0;
        return Some((network, place));
    }
    let count = channels.min(8);
    let columns = maps
        .iter()
        .filter(|map| map.min[1] == maps[0].min[1])
        .count();
    let side = maps[0].width();
    let aspect = map_width as f32 / map_height as f32;
    let heroes = Grid {
        origin: maps[0].min,
        columns,
        rows: 8 / columns,
        size: [side * aspect.min(1.0), side / aspect.max(1.0)],
        pitch: [
            maps[1].min[0] - maps[0].min[0],
            maps[columns].min[1] - maps[0].min[1],
        ],
        count,
        down: false,
    };
    let place = StagePlace {
        row,
        shape,
        rect: swipe,
        heroes,
        chorus: None,
        hidden: channels - count,
        label: swipe.min,
        label_width: swipe.width(),
        yaw: 0.0,
    };
    Some((network, place))
}

/// Eight maps line by line.
fn grid_of_eight(origin: [f32; 2], side: f32, columns: usize, gap: [f32; 2]) -> [Rect; 8] {
    std::array::from_fn(|index| {
        let (column, row) = (index % columns, index / columns);
        Rect::sized(
            origin[0] + column as f32 * (side + gap[0]),
            origin[1] + row as f32 * (side + gap[1]),
            side,
            side,
        )
    })
}

/// A phone's screen full of lanes, if that is asked for.
fn full_screen(
    [width, height]: [f32; 2],
    networks: &[&[Shape]],
    mode: &Mode,
    text: &TextSizes,
    unit: f32,
) -> Option<Scene> {
    if !mode.lanes_fill_screen {
        return None;
    }
    let (margin, touch) = (12.0 * unit, (44.0 * unit).max(44.0));
    let far = height - margin - touch;
    let close_top = if mode.reach { far } else { margin };
    let close = Rect::sized(width - margin - touch, close_top, touch, touch);
    let (top, bottom) = if mode.reach {
        (margin, close.min[1] - margin)
    } else {
        (close.max[1] + margin, height - margin)
    };
    let area = Rect::new(margin, top, width - margin, bottom);
    let shown: Vec<usize> = (0..networks.len()).collect();
    Some(Scene::FullScreen {
        close,
        lanes: lanes(area, width, networks, &shown, text, unit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CNN: &[Shape] = &[
        [1, 28, 28],
        [32, 24, 24],
        [32, 20, 20],
        [32, 10, 10],
        [64, 8, 8],
        [64, 6, 6],
        [64, 3, 3],
        [10, 1, 1],
    ];
    const MLP: &[Shape] = &[[1, 28, 28], [512, 1, 1], [512, 1, 1], [10, 1, 1]];
    const LENET: &[Shape] = &[
        [1, 28, 28],
        [6, 28, 28],
        [6, 14, 14],
        [16, 10, 10],
        [16, 5, 5],
        [120, 1, 1],
        [84, 1, 1],
        [10, 1, 1],
    ];
    const WIDE: &[Shape] = &[
        [1, 28, 28],
        [256, 28, 28],
        [256, 14, 14],
        [512, 7, 7],
        [512, 1, 1],
        [4096, 1, 1],
        [10, 1, 1],
    ];
    const ODD: &[Shape] = &[[1, 28, 28], [7, 8, 13], [101, 1, 1], [10, 1, 1]];
    const SMALL: &[Shape] = &[[1, 28, 28], [100, 1, 1], [30, 1, 1], [10, 1, 1]];
    const NOTHING_HIDDEN: &[Shape] = &[[1, 28, 28], [10, 1, 1]];

    const NAMED_SIZES: [[f32; 2]; 6] = [
        [900.0, 600.0],
        [1280.0, 720.0],
        [1920.0, 1080.0],
        [3840.0, 2160.0],
        [390.0, 844.0],
        [844.0, 390.0],
    ];
    const OTHER_SIZES: [[f32; 2]; 11] = [
        [360.0, 640.0],
        [320.0, 568.0],
        [568.0, 320.0],
        [667.0, 375.0],
        [720.0, 560.0],
        [1024.0, 768.0],
        [768.0, 1024.0],
        [1080.0, 1920.0],
        [1366.0, 768.0],
        [2560.0, 1080.0],
        [5120.0, 1440.0],
    ];

    fn deep() -> Vec<Shape> {
        let maps = (0..12).map(|stage| [48, 28 - 2 * stage, 28 - 2 * stage]);
        let ends = [[100, 1, 1], [10, 1, 1]];
        [[1, 28, 28]].into_iter().chain(maps).chain(ends).collect()
    }

    fn with_winners(winners: &[usize]) -> Mode {
        Mode {
            winners: winners.to_vec(),
            ..Mode::default()
        }
    }

    /// Calls `check` with every window, choice of networks and mode.
    fn for_all(check: impl Fn([f32; 2], &[&[Shape]], &Mode)) {
        let deep = deep();
        let choices: [&[&[Shape]]; 11] = [
            &[CNN],
            &[MLP],
            &[LENET],
            &[CNN, MLP],
            &[CNN, MLP, LENET],
            &[WIDE],
            &[deep.as_slice()],
            &[ODD],
            &[SMALL],
            &[NOTHING_HIDDEN],
            &[deep.as_slice(), WIDE, MLP],
        ];
        let explained = Mode {
            explain: Some(0),
            ..with_winners(&[3])
        };
        let touring = Mode {
            strip: true,
            ..with_winners(&[3])
        };
        let full = Mode {
            lanes_fill_screen: true,
            ..Mode::default()
        };
        let usual = [
            Mode::default(),
            with_winners(&[3]),
            with_winners(&[4, 9]),
            explained,
            full,
            touring,
        ];
        let in_reach = usual.iter().map(|mode| Mode {
            reach: true,
            ..mode.clone()
        });
        let mut modes: Vec<Mode> = usual.iter().cloned().chain(in_reach).collect();
        let large = modes.iter().map(|mode| Mode {
            text_scale: 1.5,
            least_target: 74.0,
            ..mode.clone()
        });
        let large: Vec<Mode> = large.collect();
        modes.extend(large);
        for window in NAMED_SIZES.into_iter().chain(OTHER_SIZES) {
            for networks in choices {
                for mode in &modes {
                    check(window, networks, mode);
                }
            }
        }
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        const TOLERANCE: f32 = 0.6;
        (0..2).all(|axis| {
            a.min[axis] + TOLERANCE < b.max[axis] && b.min[axis] + TOLERANCE < a.max[axis]
        })
    }

    fn contains(outer: &Rect, inner: &Rect) -> bool {
        const TOLERANCE: f32 = 0.6;
        (0..2).all(|axis| {
            inner.min[axis] >= outer.min[axis] - TOLERANCE
                && inner.max[axis] <= outer.max[axis] + TOLERANCE
        })
    }

    fn stage_rects(lanes: &[Lane]) -> Vec<Rect> {
        let stages = lanes.iter().flat_map(|lane| &lane.stages);
        let portraits = lanes.iter().filter_map(|lane| lane.portraits);
        stages
            .map(|stage| stage.rect)
            .chain(portraits.map(|grid| grid.bounds()))
            .collect()
    }

    /// Everything that must neither overlap nor leave the window.
    fn solid(composition: &Composition) -> Vec<Rect> {
        let controls = composition.controls;
        let mut rects = match &composition.scene {
            Scene::FullScreen { close, lanes } => {
                let mut rects = stage_rects(lanes);
                rects.push(*close);
                return rects;
            }
            Scene::Lanes(scene) => {
                let mut rects = stage_rects(&scene.lanes);
                rects.extend([scene.headline, scene.plate, scene.legend, scene.times]);
                rects.push(scene.guide);
                rects.extend(scene.explanation.iter().map(|open| open.rect));
                rects.extend(controls.explain);
                rects
            }
            Scene::Page(page) => {
                let mut rects = page.maps.to_vec();
                rects.extend([page.label, page.dots]);
                rects.extend(page.headline);
                // Upright, "Why?" lies on the answer, but not in reach.
                let on_answer = |rect: &Rect| {
                    let mut answers = composition.answers.iter();
                    answers.any(|answer| contains(answer, rect))
                };
                rects.extend(controls.explain.filter(|rect| !on_answer(rect)));
                rects
            }
        };
        let fixed = [
            controls.draw,
            controls.undo,
            controls.clear,
            controls.networks,
            controls.more,
        ];
        rects.push(composition.pad);
        rects.extend(fixed);
        rects.extend(&composition.answers);
        // On a phone's side it covers what the step does not speak of.
        if composition.class != WindowClass::Sideways {
            rects.extend(composition.strip);
        }
        rects
    }

    fn lanes_of(composition: &Composition) -> &[Lane] {
        match &composition.scene {
            Scene::Lanes(scene) => &scene.lanes,
            Scene::FullScreen { lanes, .. } => lanes,
            Scene::Page(_) => &[],
        }
    }

    #[test]
    fn nothing_overlaps_or_leaves_the_window() {
        for_all(|window, networks, mode| {
            let composition = compose(window, networks, mode);
            let all = Rect::new(0.0, 0.0, window[0], window[1]);
            let rects = solid(&composition);
            for (index, rect) in rects.iter().enumerate() {
                assert!(contains(&all, rect), "{window:?} {mode:?} {rect:?}");
                assert!(
                    rect.width() > 0.0 && rect.height() > 0.0,
                    "{window:?} {rect:?}"
                );
                for other in &rects[index + 1..] {
                    assert!(
                        !overlap(rect, other),
                        "{window:?} {mode:?} {rect:?} {other:?}"
                    );
                }
            }
        });
    }

    #[test]
    fn grids_fill_their_stage_and_show_every_map() {
        for_all(|window, networks, mode| {
            let composition = compose(window, networks, mode);
            for lane in lanes_of(&composition) {
                if let Some(pictures) = &lane.portraits {
                    assert!(
                        contains(&lane.rect, &pictures.bounds()),
                        "{window:?} {pictures:?}"
                    );
                    assert!(
                        pictures.pitch[1] >= pictures.size[1],
                        "{window:?} {pictures:?}"
                    );
                }
                for stage in &lane.stages {
                    assert!(contains(&lane.rect, &stage.rect), "{window:?} {stage:?}");
                    let heroes = stage.heroes.bounds();
                    assert!(contains(&stage.rect, &heroes), "{window:?} {stage:?}");
                    let mut shown = stage.heroes.count + stage.hidden;
                    if let Some(chorus) = &stage.chorus {
                        let bounds = chorus.bounds();
                        assert!(contains(&stage.rect, &bounds), "{window:?} {stage:?}");
                        assert!(!overlap(&heroes, &bounds), "{window:?} {stage:?}");
                        shown += chorus.count;
                    }
                    assert_eq!(shown, stage.shape[0], "{window:?} {stage:?}");
                    let grids = [Some(stage.heroes), stage.chorus];
                    for grid in grids.into_iter().flatten() {
                        let last = grid.place(grid.count - 1);
                        assert!(contains(&stage.rect, &last), "{window:?} {grid:?}");
                        assert!(grid.columns * grid.rows >= grid.count);
                    }
                }
            }
        });
    }

    #[test]
    fn maps_of_the_first_layer_are_legible() {
        let first = |networks: &[&[Shape]]| {
            let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
            lanes_of(&composition)[0].stages[0].clone()
        };
        let alone = first(&[CNN]);
        assert_eq!(alone.heroes.count, 32);
        assert!(alone.heroes.size[0] >= 40.0, "{alone:?}");
        let both = first(&[CNN, MLP]);
        assert!(both.heroes.count >= 8, "{both:?}");
        assert!(both.heroes.size[0] >= 40.0, "{both:?}");
        let three = first(&[CNN, MLP, LENET]);
        assert!(three.heroes.size[0] >= 40.0, "{three:?}");
    }

    #[test]
    fn late_layers_are_not_tiny() {
        for networks in [&[CNN][..], &[CNN, MLP], &[CNN, MLP, LENET]] {
            let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
            for lane in lanes_of(&composition) {
                for stage in lane.stages.iter().filter(|stage| is_map(&stage.shape)) {
                    assert!(stage.heroes.size[1] >= 36.0, "{stage:?}");
                    assert!(stage.heroes.count >= 4, "{stage:?}");
                }
            }
        }
    }

    #[test]
    fn dense_layers_fill_their_lane() {
        for networks in [&[CNN, MLP][..], &[MLP]] {
            let composition = compose([1280.0, 720.0], networks, &with_winners(&[3]));
            let lane = lanes_of(&composition).last().unwrap();
            let cells: f32 = lane.stages.iter().map(|stage| stage.rect.width()).sum();
            let portraits = lane.portraits.map_or(0.0, |grid| grid.bounds().width());
            assert!(cells + portraits > 0.8 * lane.rect.width(), "{lane:?}");
        }
    }

    #[test]
    fn text_figures_and_targets_are_large_enough() {
        for_all(|window, networks, mode| {
            let composition = compose(window, networks, mode);
            assert!(composition.text.technical >= LEAST_TEXT);
            assert!(composition.controls.all().len() <= 7);
            if NAMED_SIZES.contains(&window) {
                assert!(composition.glyph >= LEAST_GLYPH, "{window:?} {mode:?}");
            }
            for control in composition.controls.all() {
                let height = composition.strip.map_or(window[1], |strip| strip.min[1]);
                let least = match composition.class {
                    WindowClass::Wide if height < 600.0 => 28.0,
                    WindowClass::Wide => 38.0,
                    WindowClass::Upright | WindowClass::Sideways => 42.0,
                };
                assert!(control.height() >= least, "{window:?} {control:?}");
                assert!(control.width() >= least, "{window:?} {control:?}");
            }
            if let Scene::Page(page) = &composition.scene {
                for map in page.maps {
                    assert!(map.height() >= LEAST_PHONE_MAP - 1e-3, "{window:?}");
                }
            }
        });
    }

    #[test]
    fn in_reach_pad_and_controls_lie_in_the_lower_half() {
        for_all(|window, networks, mode| {
            let composition = compose(window, networks, mode);
            if !mode.reach || composition.class == WindowClass::Sideways {
                return;
            }
            let mut low = composition.controls.all();
            low.push(composition.pad);
            match &composition.scene {
                Scene::Lanes(scene) => {
                    low.push(scene.guide);
                    assert!(composition.pad.width() <= 0.46 * window[1] + 1e-3);
                    // Still from left to right: hand, lanes, answer.
                    assert!(composition.pad.max[0] < scene.lanes_rect.min[0]);
                    assert!(scene.plate.max[0] <= composition.pad.max[0] + 1e-3);
                    assert!(scene.lanes_rect.max[0] < composition.answers[0].min[0]);
                }
                Scene::FullScreen { close, .. } => low = vec![*close],
                Scene::Page(_) => {}
            }
            low.extend(composition.strip);
            for rect in low {
                assert!(
                    rect.min[1] >= window[1] / 2.0 - 1e-3,
                    "{window:?} {mode:?} {rect:?}"
                );
            }
        });
    }

    #[test]
    fn controls_are_as_large_as_fingers_where_there_is_room() {
        // A screen of 21.5 inches, 1280 points wide: 2.69 points a millimetre.
        let target = target_on([1280.0, 720.0], 21.5);
        assert!((target - 53.8).abs() < 0.1, "{target}");
        assert_eq!(target_on([1280.0, 720.0], 0.0), 0.0);
        for (window, reach, least_target) in [
            ([1280.0, 720.0], false, target),
            ([1280.0, 720.0], true, target),
            ([1280.0, 720.0], false, 74.0),
            ([1280.0, 720.0], true, 74.0),
            ([900.0, 600.0], false, 54.0),
            ([1080.0, 1920.0], false, 90.0),
            ([1080.0, 1920.0], true, 90.0),
        ] {
            let mode = Mode {
                reach,
                least_target,
                ..with_winners(&[3])
            };
            for control in compose(window, &[CNN, MLP], &mode).controls.all() {
                let side = control.width().min(control.height());
                assert!(side >= least_target - 0.01, "{window:?} {mode:?} {side}");
            }
        }
    }

    #[test]
    fn text_grows_where_there_is_room() {
        let label = |window: [f32; 2], text_scale: f32| {
            let mode = Mode {
                text_scale,
                ..Mode::default()
            };
            compose(window, &[CNN, MLP], &mode).text.label
        };
        for window in [[1280.0, 720.0], [3840.0, 2160.0], [390.0, 844.0]] {
            assert_eq!(label(window, 1.5), 1.5 * label(window, 1.0), "{window:?}");
        }
        let low = [720.0, 400.0];
        assert!(label(low, 1.5) >= label(low, 1.0));
    }

    #[test]
    fn hand_lanes_and_answer_share_top_and_bottom() {
        let composition = compose([1280.0, 720.0], &[CNN, MLP], &with_winners(&[3]));
        let Scene::Lanes(scene) = &composition.scene else {
            panic!("a wide window has lanes");
        };
        let top = composition.pad.min[1];
        assert_eq!(composition.answers[0].min[1], top);
        assert_eq!(scene.lanes_rect.min[1], top);
        assert!((composition.answers[9].max[1] - scene.lanes_rect.max[1]).abs() < 0.01);
        assert!(scene.plate.max[1] < scene.lanes_rect.max[1]);
    }

    #[test]
    fn networks_that_differ_are_equally_large() {
        let composition = compose([900.0, 600.0], &[CNN, MLP], &with_winners(&[3, 8]));
        let heights = [3, 8].map(|digit: usize| composition.answers[digit].height());
        assert!((heights[0] - heights[1]).abs() < 0.01);
        assert!(heights[0] > 3.0 * composition.answers[0].height());
    }

    #[test]
    fn an_explanation_takes_the_room_below_its_lane() {
        let mode = Mode {
            explain: Some(1),
            ..with_winners(&[3])
        };
        let composition = compose([1280.0, 720.0], &[CNN, MLP], &mode);
        let Scene::Lanes(scene) = &composition.scene else {
            panic!("a wide window has lanes");
        };
        assert_eq!(scene.lanes.len(), 1);
        assert_eq!(scene.lanes[0].network, 1);
        let open = scene.explanation.as_ref().unwrap();
        assert!(open.rect.min[1] > scene.lanes[0].rect.max[1]);
        for slot in &open.slots {
            assert!(contains(&open.rect, slot));
            assert!(!overlap(slot, &open.scrub));
            assert!(slot.width() >= 60.0);
        }
    }

    #[test]
    fn windows_are_told_apart() {
        let classes = NAMED_SIZES.map(WindowClass::of);
        use WindowClass::{Sideways, Upright, Wide};
        assert_eq!(classes, [Wide, Wide, Wide, Wide, Upright, Sideways]);
    }
}

//! A wide window: hand, lanes, answer; or the same for a wall, where the hand is a picture of what the visitor draws.

use super::{
    Composition, Controls, Explanation, LEAST_GLYPH, LanesScene, Mode, Part, Rect, Scene, Shape,
    TextSizes, WindowClass,
    lanes::{lanes, open_layer, opened},
    rows_above,
};

/// The window for which the lengths below were chosen; the unit is 1 there.
pub(super) const DESIGN: [f32; 2] = [1280.0, 720.0];
/// The height that any other tile keeps.
const LEAST_TILE: f32 = 18.0;
/// The height that a button below the pad keeps, in points.
const LEAST_BUTTON: f32 = 30.0;

pub(super) fn wide(
    [width, height]: [f32; 2],
    half: f32,
    networks: &[&[Shape]],
    mode: &Mode,
) -> Composition {
    let unit = (width / DESIGN[0]).min(height / DESIGN[1]).clamp(0.7, 3.2);
    let mut text = TextSizes::new(unit, mode.text_scale);
    let wall = mode.part == Part::Wall;
    if wall {
        // It stands alone in its line, and is read from the back of the room.
        text.headline *= 1.35;
    }
    let head = if wall { 1.4 * text.headline } else { 0.0 };
    let margin = 28.0 * unit;
    let header = Rect::sized(
        margin,
        16.0 * unit,
        width - 2.0 * margin,
        (44.0 * unit)
            .max(40.0)
            .max(head)
            .max(mode.least_target.min(0.12 * height)),
    );
    let top = header.max[1] + 20.0 * unit;
    let bottom = height - (50.0 * unit).max(44.0);
    let frame = Rect::new(margin, top, width - margin, bottom);
    let tile_width = if wall { 196.0 * unit } else { tile_width(unit) };
    let lanes_right = frame.max[0] - tile_width - 72.0 * unit;
    let WideHand {
        pad,
        plate,
        controls,
        guide,
        headline_right,
        lanes_bottom: low,
    } = if wall {
        hand_on_wall(frame, header, &text, unit)
    } else if mode.reach {
        let right = lanes_right + 44.0 * unit;
        let target = mode.least_target.min(0.11 * height);
        hand_in_reach([margin, top, right, bottom], half, target, &text, unit)
    } else {
        wide_hand(frame, header, height, mode.least_target, &text, unit)
    };

    let glyph = if wall { 150.0 } else { 100.0 } * unit;
    let lines = answer_lines(networks.len(), &text);
    let (answers, glyph) = tiles(frame, tile_width, [glyph, lines], &mode.winners, unit);
    let lanes_rect = Rect::new(pad.max[0] + 56.0 * unit, top, lanes_right, low);
    let explained = mode.explain.filter(|&network| network < networks.len());
    // What is explained lies in another network.
    let open = opened(networks, mode.open);
    let open = open.filter(|(network, ..)| explained.is_none_or(|other| other == *network));
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
    let (lanes, opened) = match open {
        Some(layer) => {
            let (lane, opened) =
                open_layer(lanes_area, width, layer, [mode.reach, false], &text, unit);
            (vec![lane], Some(opened))
        }
        None => (
            lanes(lanes_area, width, networks, &shown, &text, unit),
            None,
        ),
    };
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
            lanes,
            legend,
            guide,
            times,
            explanation,
            opened,
        }),
    }
}

/// A wide window's first column, and the controls.
struct WideHand {
    pad: Rect,
    plate: Rect,
    controls: Controls,
    /// The way to the school, below all of these.
    guide: Rect,
    headline_right: f32,
    /// Where the lanes end.
    lanes_bottom: f32,
}

/// The pad above, plate and three buttons below it; the other controls in the header. As much is free below the last button
/// as above the header.
fn wide_hand(
    frame: Rect,
    header: Rect,
    height: f32,
    target: f32,
    text: &TextSizes,
    unit: f32,
) -> WideHand {
    let width = frame.min[0] + frame.max[0];
    let [networks, explain, more] = header_controls(header, target.min(0.14 * width), unit);
    let guide_bottom = height - header.min[1];
    let guide_top = guide_bottom - (44.0 * unit).max(40.0);
    let bottom = guide_top - 8.0 * unit;
    let above = bottom - frame.min[1];
    let buttons = 3.0 * target.max(LEAST_BUTTON) + 20.0 * unit;
    // The pad makes way for the buttons below it, but not for ever.
    let room = above - 1.5 * text.technical - 30.0 * unit - buttons;
    let side = (0.59 * above).min(0.28 * width).min(room.max(0.45 * above));
    let pad = Rect::sized(frame.min[0], frame.min[1], side, side);
    let (plate, [draw, undo, clear]) = below_pad(pad, bottom, text.technical, buttons, unit);
    WideHand {
        pad,
        plate,
        controls: Controls::new([draw, undo, clear, networks, more], Some(explain)),
        guide: Rect::new(pad.min[0], guide_top, pad.max[0], guide_bottom),
        headline_right: networks.min[0] - 16.0 * unit,
        lanes_bottom: frame.max[1],
    }
}

/// What the visitor draws above, what the networks receive of it below, both as large as fits, and nothing to touch.
fn hand_on_wall(frame: Rect, header: Rect, text: &TextSizes, unit: f32) -> WideHand {
    let (caption, between) = (1.5 * text.technical, 36.0 * unit);
    let width = frame.min[0] + frame.max[0];
    let side = ((frame.height() - caption - between) / 2.0).min(0.24 * width);
    let spare = frame.height() - caption - between - 2.0 * side;
    let top = frame.min[1] + spare / 2.0;
    let pad = Rect::sized(frame.min[0], top, side, side);
    WideHand {
        pad,
        plate: Rect::sized(frame.min[0], pad.max[1] + between, side, side),
        controls: Controls::default(),
        guide: Rect::default(),
        headline_right: header.max[0],
        lanes_bottom: frame.max[1],
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
        controls: Controls::new([draw, undo, clear, networks, more], Some(explain)),
        guide: Rect::new(
            left,
            bottom + 4.0 * unit,
            pad.max[0],
            bottom + (50.0 * unit).max(44.0) - 4.0 * unit,
        ),
        headline_right,
        lanes_bottom: draw.min[1] - 14.0 * unit,
    }
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

/// The height of what stands on an answer's tile below its figure and word: a line for each of these networks.
pub(super) fn answer_lines(networks: usize, text: &TextSizes) -> f32 {
    1.3 * text.technical * networks.min(3) as f32
}

/// Ten tiles from the frame's top to its bottom, at its right, the winners' large and a little out of the line; and the
/// height of the figure, which is this one where there is room.
pub(super) fn tiles(
    frame: Rect,
    width: f32,
    [glyph, lines]: [f32; 2],
    winners: &[usize],
    unit: f32,
) -> (Vec<Rect>, f32) {
    let left = frame.max[0] - width;
    let gap = 6.0 * unit;
    let space = frame.height() - 9.0 * gap;
    let count = winners.len();
    let others = (10 - count) as f32;
    let mut glyph = glyph.max(LEAST_GLYPH);
    let around = if count < 2 { 54.0 } else { 34.0 } * unit.max(0.94);
    let mut large = glyph + around;
    if count > 0 {
        let room = (space - LEAST_TILE * others) / count as f32;
        // The lines come last: without room for them, a word says it.
        large += lines.min((room - large).max(0.0));
        let fits = large.min(room);
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

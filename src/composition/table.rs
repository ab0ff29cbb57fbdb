//! A table whose networks are on the wall: the pad as large as fits, its controls, and the answer.

use super::{
    Composition, Controls, LEAST_GLYPH, Mode, Rect, Scene, TableScene, TextSizes, WindowClass,
    rows_above,
    wide::{DESIGN, answer_lines, tiles},
};

/// A table that lies: the controls in a column beside the pad, ten tiles beside them.
pub(super) fn beside(
    [width, height]: [f32; 2],
    half: f32,
    networks: usize,
    mode: &Mode,
) -> Composition {
    let unit = (width / DESIGN[0]).min(height / DESIGN[1]).clamp(0.7, 3.2);
    let mut text = TextSizes::new(unit, mode.text_scale);
    // The buttons are large, and so is what stands on them.
    text.button *= 1.3;
    let (margin, gap) = (28.0 * unit, 22.0 * unit);
    let target = mode.least_target.min(0.11 * height);
    let inner = width - 2.0 * margin;
    let headline = Rect::sized(margin, 14.0 * unit, inner, 1.6 * text.headline);
    let foot = (40.0 * unit).max(38.0).max(target);
    let foot = Rect::sized(margin, height - 8.0 * unit - foot, inner, foot);
    let top = headline.max[1] + 10.0 * unit;
    let bottom = foot.min[1] - 12.0 * unit;
    let answer = 0.2 * width;
    let column = (150.0 * unit).max(116.0).max(target);
    // The school leaves little of the lower half.
    let low = half.min(bottom - 0.25 * height);
    let pad_top = if mode.reach { low } else { top };
    let room = inner - answer - gap;
    let side = (bottom - pad_top).min(room - gap - column);
    // In reach the pad leaves room for the controls beside each other.
    let used = if mode.reach {
        room
    } else {
        side + gap + column
    };
    let left = margin + (room - used) / 2.0;
    let pad = Rect::sized(left, bottom - side, side, side);
    let bar = Rect::new(pad.max[0] + gap, pad.min[1], left + used, bottom);
    let between = 10.0 * unit;
    let places = if mode.reach {
        let size = [
            (90.0 * unit.max(1.0)).max(target),
            (56.0 * unit).max(44.0).max(target),
        ];
        rows_above(bar, 6, size, between)
    } else {
        let each = (side - 5.0 * between) / 6.0;
        let place = |at: usize| {
            let top = bar.min[1] + at as f32 * (each + between);
            Rect::sized(bar.min[0], top, bar.width(), each)
        };
        (0..6).map(place).collect()
    };
    let answers_left = bar.max[0] + gap;
    let frame = Rect::new(answers_left, top, answers_left + answer, bottom);
    let lines = answer_lines(networks, &text);
    let (answers, glyph) = tiles(frame, answer, [150.0 * unit, lines], &mode.winners, unit);
    let guide = Rect::new(
        pad.min[0],
        foot.min[1],
        pad.min[0] + 0.36 * inner,
        foot.max[1],
    );
    Composition {
        class: WindowClass::Wide,
        unit,
        text,
        pad,
        controls: six(&places),
        glyph,
        answers,
        strip: None,
        scene: Scene::Table(TableScene {
            headline,
            guide,
            languages: Rect::new(guide.max[0] + gap, foot.min[1], foot.max[0], foot.max[1]),
        }),
    }
}

/// A table that stands: from top to bottom the sentence, the answer, the pad, its controls.
pub(super) fn below([width, height]: [f32; 2], half: f32, mode: &Mode) -> Composition {
    let unit = (width / 390.0).min(height / 844.0).clamp(0.8, 2.4);
    let text = TextSizes::new(unit, mode.text_scale);
    let (margin, gap) = (16.0 * unit, 12.0 * unit);
    let inner = width - 2.0 * margin;
    let target = mode.least_target.min(0.07 * height);
    let line = (38.0 * unit).max(40.0).max(target);
    let row = |bottom: f32| Rect::sized(margin, bottom - line, inner, line);
    let languages = row(height - 8.0 * unit);
    let guide = row(languages.min[1] - gap / 2.0);
    let foot = Rect::new(margin, half, width - margin, guide.min[1] - gap);
    let bar = (48.0 * unit).max(44.0).max(target);
    let bars = rows_above(
        foot,
        6,
        [(62.0 * unit.max(1.0)).max(target), bar],
        gap / 2.0,
    );
    let bars_top = bars[0].min[1];
    let headline = Rect::sized(margin, 8.0 * unit, inner, 36.0 * unit * mode.text_scale);
    let count = mode.winners.len().max(1);
    let band = (124.0 * unit).max(112.0);
    let each = (inner - (count - 1) as f32 * gap) / count as f32;
    let answers: Vec<Rect> = (0..count)
        .map(|place| {
            Rect::sized(
                margin + place as f32 * (each + gap),
                headline.max[1],
                each,
                band,
            )
        })
        .collect();
    let top = if mode.reach {
        half
    } else {
        answers[0].max[1] + gap
    };
    let room = bars_top - gap - top;
    let side = room.min(inner);
    let above = if mode.reach {
        room - side
    } else {
        (room - side) / 2.0
    };
    Composition {
        class: WindowClass::Upright,
        unit,
        text,
        pad: Rect::sized((width - side) / 2.0, top + above, side, side),
        controls: six(&bars),
        glyph: LEAST_GLYPH * (0.9 * unit).max(1.0),
        answers,
        strip: None,
        scene: Scene::Table(TableScene {
            headline,
            guide,
            languages,
        }),
    }
}

/// Draw, undo, clear, networks, explain, more.
fn six(places: &[Rect]) -> Controls {
    Controls::new([0, 1, 2, 3, 5].map(|at| places[at]), Some(places[4]))
}

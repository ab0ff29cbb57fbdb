//! Lanes: one network's stages side by side, from the plate to the tiles.

use super::{
    Grid, LARGEST_DENSE_CELL, Lane, Opened, Rect, Shape, StagePlace, TextSizes,
    stages::{StagePlan, plan_cells, plan_maps},
};

/// A map is at most this large, in units.
const LARGEST_MAP: f32 = 150.0;
/// Maps of a first layer that are all shown large when its network stands alone.
const ALL_SHOWN: usize = 32;

/// The shown networks' lanes, one below the other.
pub(super) fn lanes(
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
pub(super) fn hidden_rows(rows: &[Shape]) -> &[Shape] {
    rows.get(1..rows.len().saturating_sub(1)).unwrap_or(&[])
}

pub(super) fn is_map(shape: &Shape) -> bool {
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
    let caption = if technical_line && height >= 240.0 * unit {
        1.3 * text.technical
    } else {
        0.0
    };
    let room = [rect.width(), height];
    let plan = plan_lane(stages, room, alone, wanted, caption, unit);
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
            left += pictures.width() + plan.gap;
        }
    }
    align_counts(&mut places);
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
        place.label_width = end - place.label[0] - 13.0 * unit;
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

/// The lines that count the small maps stand in one line, as low as the lowest, where that moves them a little only.
fn align_counts(places: &mut [StagePlace]) {
    let lines = places.iter().filter_map(|place| Some(place.more?[1]));
    let lowest = lines.fold(0.0, f32::max);
    for place in places {
        let base = place.rect.max[1];
        if let (Some(line), Some(chorus)) = (&mut place.more, &mut place.chorus) {
            let down = (lowest - line[1]).min(base - chorus.bounds().max[1]);
            if (0.0..8.0).contains(&down) {
                line[1] += down;
                chorus.origin[1] += down;
            }
        }
    }
}

/// The layer that is open, where it can be: the network's place, and the row with its shape.
pub(super) fn opened(
    networks: &[&[Shape]],
    open: Option<(usize, usize)>,
) -> Option<(usize, usize, Shape)> {
    let (network, row) = open?;
    let stages = hidden_rows(networks.get(network)?);
    let shape = stages.get(row.checked_sub(1)?)?;
    Some((network, row, *shape))
}

/// One layer alone with all its maps in front, and its controls at the upper right, or at the lower right where they shall
/// be in reach; beside them the answer, where it is asked for.
pub(super) fn open_layer(
    area: Rect,
    window_width: f32,
    (network, row, shape): (usize, usize, Shape),
    [low, with_answer]: [bool; 2],
    text: &TextSizes,
    unit: f32,
) -> (Lane, Opened) {
    let side = (42.0 * unit).max(40.0);
    let gap = 8.0 * unit;
    let label = 1.3 * text.label;
    // Below a large layer stands a sentence.
    let sentence = if area.height() >= 400.0 * unit && !with_answer {
        2.8 * text.body + 0.9 * text.network
    } else {
        0.0
    };
    let foot = text.network + 12.0 * unit + sentence;
    let (head, foot) = if low {
        (label + gap, foot.max(side + gap))
    } else {
        (label.max(side) + gap, foot)
    };
    let top = if low { area.max[1] - side } else { area.min[1] };
    let control = |place: f32| {
        let left = area.max[0] - side - place * (side + gap);
        Rect::sized(left, top, side, side)
    };
    let size = [area.width(), (area.height() - head - foot).max(8.0)];
    let plan = if is_map(&shape) {
        plan_maps(shape, size, LARGEST_MAP * unit, shape[0], 0.0, unit)
    } else {
        plan_cells(shape[0], size, LARGEST_DENSE_CELL * unit)
    };
    let corner = [
        area.min[0] + (area.width() - plan.width) / 2.0,
        area.min[1] + head + plan.height,
    ];
    let label_top = area.min[1] + (head - gap - label) / 2.0;
    let mut stage = plan.place(row, shape, corner, [area.min[0], label_top], window_width);
    let answer = with_answer.then(|| control(3.0));
    let controls_left = if low {
        area.max[0]
    } else {
        answer.unwrap_or(control(2.0)).min[0]
    };
    stage.label_width = controls_left - gap - area.min[0];
    let base = stage.heroes.bounds().max[1];
    let lane = Lane {
        network,
        rect: area,
        shelf: base + 6.0 * unit,
        name: [area.min[0], base + 12.0 * unit],
        stages: vec![stage],
        technical_line: false,
        staggered: false,
        portraits: None,
    };
    let opened = Opened {
        turn: [control(2.0), control(1.0)],
        close: control(0.0),
        answer,
    };
    (lane, opened)
}

/// About how far the narrowest stage's label is from the next one.
fn narrowest_pitch(stages: &[Shape], width: f32, alone: bool, unit: f32) -> f32 {
    let shares = (0..stages.len()).map(|index| share(stages, index, width, alone));
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
fn share(stages: &[Shape], index: usize, width: f32, alone: bool) -> f32 {
    let channels = stages[index][0];
    match stages.iter().position(is_map) {
        None => 1.0,
        Some(_) if !is_map(&stages[index]) => (0.55 + channels as f32 / 400.0).clamp(0.6, 1.4),
        Some(first) if first == index => match (alone, channels > 12) {
            (true, true) => 4.6,
            (true, false) => 1.9,
            // All are read where the others' words still have room.
            (false, true) if width > 520.0 => 2.1,
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

/// Square pictures in one column or two.
#[derive(Clone, Copy)]
struct Portraits {
    /// Of one picture, in pixels.
    side: f32,
    /// Between two of them, at least.
    gap: f32,
    columns: usize,
}

impl Portraits {
    /// As large as a few of them allow in a lane of this height: in one column, or in two where it is low.
    fn new(height: f32, columns: usize, unit: f32) -> Self {
        let gap = 6.0 * unit;
        let rows = ((height + gap) / (72.0 * unit + gap)).round();
        let rows = rows.clamp(if columns > 1 { 2.0 } else { 3.0 }, 8.0);
        Self {
            // A little less, since cells rarely fill the height to the last pixel.
            side: 0.94 * (height - (rows - 1.0) * gap) / rows,
            gap: if columns > 1 { gap } else { 0.5 * gap },
            columns,
        }
    }

    fn width(self) -> f32 {
        self.columns as f32 * (self.side + self.gap) - self.gap
    }

    /// As many as fit beside cells of this height, spread over it.
    fn place(self, left: f32, base: f32, tallest: f32) -> Grid {
        let side = self.side.min(tallest);
        let fit = (tallest + self.gap) / (self.side + self.gap) + 1e-3;
        let rows = (fit as usize).clamp(1, 8);
        let gap = (tallest - rows as f32 * side) / (rows - 1).max(1) as f32;
        Grid {
            origin: [left, base - tallest],
            columns: self.columns,
            rows,
            size: [side; 2],
            pitch: [side + self.gap, side + gap],
            count: rows * self.columns,
            down: false,
        }
    }
}

/// Shares the width out from the first stage to the last; what one does not use, those after it get.
fn plan_lane(
    stages: &[Shape],
    [width, height]: [f32; 2],
    alone: bool,
    wanted: usize,
    caption: f32,
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
    let portraits = match first_map {
        None if alone && width >= 460.0 * unit && height >= 240.0 * unit => Some(1),
        None if width >= 560.0 * unit && height >= 110.0 * unit => Some(2),
        _ => None,
    };
    let portraits = portraits.map(|columns| Portraits::new(height, columns, unit));
    let gap = least_gap(count, width, unit);
    let mut room = width - gap * (count - 1) as f32;
    if let Some(pictures) = portraits {
        room -= pictures.width() + 2.0 * gap;
    }
    let mut shares: f32 = (0..count)
        .map(|index| share(stages, index, width, alone))
        .sum();
    // No map is larger than those of the stage before it: the eye follows the narrowing.
    let mut largest = LARGEST_MAP * unit;
    let mut plans: Vec<StagePlan> = Vec::new();
    for (index, shape) in stages.iter().enumerate() {
        let own = share(stages, index, width, alone);
        let box_size = [room * own / shares, height];
        shares -= own;
        let plan = if is_map(shape) {
            let wanted = match (alone, first_map == Some(index)) {
                (true, true) => shape[0].min(ALL_SHOWN),
                (true, false) => wanted.min(6),
                (false, _) => wanted,
            };
            let plan = plan_maps(*shape, box_size, largest, wanted, caption, unit);
            largest = largest.min(plan.size);
            plan
        } else {
            plan_cells(shape[0], box_size, LARGEST_DENSE_CELL * unit)
        };
        room -= plan.width;
        plans.push(plan);
    }
    let picture_width = portraits.map_or(0.0, Portraits::width);
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

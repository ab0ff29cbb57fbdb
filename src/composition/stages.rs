//! A stage's maps and cells: how many are shown, how large, in how many rows.

use super::{Grid, Rect, Shape, StagePlace};

/// The least side of a map of the chorus; below that it would be a dot.
const LEAST_CHORUS_MAP: f32 = 5.0;
/// From this side on a map of the chorus is read, in units; larger ones are no better.
const LEGIBLE_MAP: f32 = 20.0;
/// A cell of a map is at most this large, in units: a 3×3 map need not be larger than the drawing's own maps.
const LARGEST_MAP_CELL: f32 = 18.0;
/// The turn of a plate at the window's edge towards its middle, in radians: ten degrees.
const LARGEST_YAW: f32 = 0.174_532_9;

/// A stage's grids, before they have a place.
#[derive(Clone, Copy)]
pub(super) struct StagePlan {
    columns: usize,
    rows: usize,
    /// Height of a map, or the distance of dense cells.
    pub(super) size: f32,
    /// Width of a map by its height.
    aspect: f32,
    gap: f32,
    shown: usize,
    chorus: Option<ChorusPlan>,
    /// Height of the line between heroes and chorus that says how many these are; 0 where there is none.
    caption: f32,
    hidden: usize,
    pub(super) width: f32,
    pub(super) height: f32,
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
    pub(super) fn place(
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
            // Right below the line that counts it; without one it stands at the foot.
            let top = if self.caption > 0.0 {
                let heroes = self.rows as f32 * (self.size + self.gap);
                rect.min[1] + heroes + self.gap + self.caption
            } else {
                base - chorus.height
            };
            Grid {
                origin: [left, top],
                columns: chorus.columns,
                rows: chorus.rows,
                size,
                pitch: [size[0] + chorus.gap[0], size[1] + chorus.gap[1]],
                count: chorus.count,
                down: false,
            }
        });
        let heroes = Grid {
            origin: rect.min,
            columns: self.columns,
            rows: self.rows,
            size,
            pitch,
            count: self.shown,
            down: self.dense,
        };
        let more = chorus
            .filter(|_| self.caption > 0.0)
            .map(|_| [left, heroes.bounds().max[1] + self.gap]);
        let half = window_width / 2.0;
        StagePlace {
            row,
            shape,
            rect,
            heroes,
            chorus,
            more,
            hidden: self.hidden,
            label,
            label_width: rect.width(),
            yaw: LARGEST_YAW * (rect.centre()[0] - half) / half,
        }
    }
}

/// Heroes above, the chorus of all others below them, both as wide as each other: large heroes, as many as wanted, and a
/// chorus that can still be seen. Where there are few maps, all are heroes.
pub(super) fn plan_maps(
    [maps, map_height, map_width]: Shape,
    [width, height]: [f32; 2],
    largest: f32,
    wanted: usize,
    caption: f32,
    unit: f32,
) -> StagePlan {
    let aspect = (map_width as f32 / map_height as f32).clamp(0.25, 4.0);
    let gap = (4.0 * unit).max(2.0);
    let all = 2 * maps <= 3 * wanted;
    let wanted = if all { maps } else { wanted };
    let stack = |count: usize, size: f32| count as f32 * size + (count - 1) as f32 * gap;
    let most = largest.min(map_height as f32 * LARGEST_MAP_CELL * unit);
    let mut best: Option<(f32, StagePlan)> = None;
    for columns in 1..=maps.min(if all { 64 } else { 8 }) {
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
            let left = height - stack(rows, size) - 2.0 * gap - caption;
            let chorus = plan_chorus(rest, [used, left], size, aspect, (2.0 * unit).max(1.0));
            if rest > 0 && (all || chorus.is_none()) {
                continue;
            }
            let enough = shown.min(wanted) as f32 / wanted as f32;
            let mut score = size * enough.powf(1.5);
            if all {
                // A last line that is nearly full, and no empty room below it.
                let full = maps as f32 / (rows * columns) as f32;
                score *= (stack(rows, size) / height).sqrt() * full.powf(1.5);
            }
            if let Some(chorus) = chorus {
                score *= 0.5 + 0.5 * (chorus.size / (LEGIBLE_MAP * unit)).min(1.0);
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
                    caption,
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
        caption: 0.0,
        hidden: maps - rows,
        width: size * aspect,
        height,
        dense: false,
    }
}

/// The grid that fills its room best with `rest` maps: large ones, none larger than half a hero, few places left over, and
/// alike apart along x and y. None where there is no room, or nothing to show.
fn plan_chorus(
    rest: usize,
    [width, height]: [f32; 2],
    hero: f32,
    aspect: f32,
    gap: f32,
) -> Option<ChorusPlan> {
    let mut best: Option<(f32, ChorusPlan)> = None;
    for columns in 1..=rest.min(64) {
        let rows = rest.div_ceil(columns);
        let by_width = (width - (columns - 1) as f32 * gap) / (columns as f32 * aspect);
        let by_height = (height - (rows - 1) as f32 * gap) / rows as f32;
        let size = by_width.min(by_height).min(0.5 * hero);
        if size < LEAST_CHORUS_MAP {
            continue;
        }
        // Spread over the width, as the heroes are, but never so far apart that they are no block.
        let spread = |room: f32, size: f32, count: usize, most: f32| {
            let between = (room - count as f32 * size) / (count.max(2) - 1) as f32;
            between.clamp(gap, most.max(gap))
        };
        let across = spread(width, size * aspect, columns, 0.6 * size);
        let apart = [across, spread(height, size, rows, across)];
        let unused = (columns * rows - rest) as f32 / (columns * rows) as f32;
        let uneven = (apart[0] - apart[1]).abs() / size;
        let score = size * (1.0 - unused).powi(2) / (1.0 + 0.5 * uneven);
        if best.is_some_and(|(highest, _)| score <= highest + 1e-3) {
            continue;
        }
        let plan = ChorusPlan {
            columns,
            rows,
            size,
            gap: apart,
            count: rest,
            height: rows as f32 * size + (rows - 1) as f32 * apart[1],
        };
        best = Some((score, plan));
    }
    best.map(|(_, plan)| plan)
}

/// The largest square cells with which `count` of them fit; a full rectangle is preferred.
pub(super) fn plan_cells(count: usize, [width, height]: [f32; 2], largest: f32) -> StagePlan {
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
        caption: 0.0,
        hidden: 0,
        width: columns as f32 * pitch,
        height: rows as f32 * pitch,
        dense: true,
    }
}

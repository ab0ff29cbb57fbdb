//! What is written and drawn over the towers: floor names, output digits, the selected cell, its receptive field, and
//! the ribbons of the strongest contributions. Painted by egui, crisp at every size.

use super::{Look, theme};
use crate::{
    inference::{Network, ReadingItem},
    inspector::Ribbons,
    view::{Motion, SelectedCell, Tower, colour::value_colour, layout::Floor, picking::Projector},
};
use bevy::prelude::*;
use bevy_egui::egui::{self, Align2, Color32, Painter, Pos2, pos2};
use mnistify_network::{Answer, explain::receptive_field, prediction::headline};

/// Paints everything that belongs to the shown towers.
pub fn paint(painter: &Painter, projector: &Projector, look: &Look<'_>) {
    let ends = look.towers.iter().map(|item| item.tower.place.x);
    let ends = ends.fold([f32::MAX, f32::MIN], |[left, right], x| {
        [left.min(x), right.max(x)]
    });
    let text = headline(look.shown().map(|reading| said(reading, look.motion)));
    for item in look.towers {
        let Some(reading) = look.network(item.entity) else {
            continue;
        };
        let (network, tower) = (reading.network, item.tower);
        let inspection = look.inspection(item.entity);
        if look.inspector.edges
            && let Some(ribbons) = inspection.and_then(|i| i.ribbons.as_ref())
            && look
                .motion
                .has_reached(ribbons.cell.row, network.layout.rows())
        {
            paint_edges(painter, projector, tower, ribbons);
        }
        // No output stands out where the network says that none of them is meant.
        let answer = said(reading, look.motion).filter(|answer| answer.is_digit);
        let labels = Labels {
            network,
            tower,
            best: answer.map(|answer| answer.class),
            side: label_side(tower.place.x, ends),
            compact: look.compact,
        };
        labels.paint(painter, projector);
        for (cell, colour) in [
            (look.selection.hovered, theme::DIM),
            (look.selection.cell, theme::TEXT),
        ] {
            if let Some(cell) = cell.filter(|cell| cell.network == item.entity) {
                paint_selected(painter, projector, network, tower, cell, colour);
            }
        }
    }
    if let Some(text) = text {
        paint_headline(painter, text, look.motion.slow.is_some());
    }
}

/// The answer, once a slow forward pass has reached the outputs.
fn said<'a>(reading: &'a ReadingItem<'_, '_>, motion: &Motion) -> Option<&'a Answer> {
    let rows = reading.network.layout.rows();
    reading
        .answer()
        .filter(|_| motion.has_reached(rows - 1, rows))
}

/// What all networks agree on, below the stage's controls: one row of them, in slow motion two.
fn paint_headline(painter: &Painter, text: &str, in_slow_motion: bool) {
    let clip = painter.clip_rect();
    let top = clip.min.y + if in_slow_motion { 84.0 } else { 52.0 };
    let galley = painter.layout_no_wrap(text.to_string(), theme::font(20.0), theme::TEXT);
    let place = pos2(clip.center().x - galley.size().x / 2.0, top);
    // So that it reads over the towers.
    let behind = egui::Rect::from_min_size(place, galley.size()).expand2(egui::vec2(14.0, 6.0));
    painter.rect_filled(behind, 8.0, theme::CARD.gamma_multiply(0.9));
    painter.galley(place, galley, theme::TEXT);
}

/// On which side of a tower at `x` its floors' names stand: outside of the scene, whose outermost towers stand at `ends`.
/// None for a tower between two others, where there is no room.
fn label_side(x: f32, [left, right]: [f32; 2]) -> Option<f32> {
    if x <= left {
        Some(-1.0)
    } else if x >= right {
        Some(1.0)
    } else {
        None
    }
}

fn at(projector: &Projector, place: Vec3) -> Option<Pos2> {
    projector.project(place).map(|p| pos2(p.x, p.y))
}

/// What is written at a tower.
struct Labels<'a> {
    network: &'a Network,
    tower: &'a Tower,
    /// The class that stands out.
    best: Option<usize>,
    /// On which side the names of its floors stand.
    side: Option<f32>,
    compact: bool,
}

impl Labels<'_> {
    fn paint(&self, painter: &Painter, projector: &Projector) {
        let &Self {
            network,
            tower,
            best,
            side,
            compact,
        } = self;
        let index = network.slot();
        let names = !compact && side.is_some();
        let side = side.unwrap_or(-1.0);
        let hue = theme::network_hue(index);
        let clip = painter.clip_rect();
        let mut last: Option<Pos2> = None;
        for floor in &tower.layout.floors {
            let label = row_label(network, floor);
            let ring = if floor.row == 0 { RING } else { 0.0 };
            let beside = side * (floor.size.x / 2.0 + ring);
            let corner = Vec3::new(beside, floor.base, 0.0) + tower.place;
            let Some(place) = at(projector, corner) else {
                continue;
            };
            let crowded = last.is_some_and(|last| (last.y - place.y).abs() < 26.0);
            if floor.row == 0 {
                if let Some(foot) = at(
                    projector,
                    Vec3::new(0.0, 0.0, floor.size.y / 2.0 + 0.16) + tower.place,
                ) {
                    let name = network.name();
                    painter.text(foot, Align2::CENTER_TOP, name, theme::font(17.0), hue);
                }
                // Not where the camera is so close that it would only be a line across the view.
                if projector.scale_at(tower.place) * floor.size.x < clip.height() * 0.8 {
                    paint_ring(painter, projector, floor, tower, hue);
                }
            }
            if names && !crowded && clip.contains(place) {
                last = Some(place);
                let [title, detail] = label;
                // Short here; the inspector and the maps have room for the whole name.
                let title = title
                    .replace("batch norm", "norm")
                    .replace("max-pool", "pool");
                let x = place.x + 9.0 * side;
                let (above, below) = if side < 0.0 {
                    (Align2::RIGHT_BOTTOM, Align2::RIGHT_TOP)
                } else {
                    (Align2::LEFT_BOTTOM, Align2::LEFT_TOP)
                };
                painter.text(
                    pos2(x, place.y - 1.0),
                    above,
                    title,
                    theme::font(theme::SMALL),
                    theme::DIM,
                );
                painter.text(
                    pos2(x, place.y + 1.0),
                    below,
                    detail,
                    theme::font(10.5),
                    theme::FAINT,
                );
            }
        }
        let Some(outputs) = tower.layout.floors.last() else {
            return;
        };
        // Too narrow for the classes side by side: the answer alone.
        let pitch = projector.scale_at(outputs.cell_centre(0) + tower.place) * outputs.cell;
        for (class, name) in network.spec().classes().iter().enumerate() {
            let needed = 9.0 + 6.5 * (name.chars().count().max(1) - 1) as f32;
            if pitch < needed && best != Some(class) {
                continue;
            }
            let lift = Vec3::Y * (outputs.bar + 0.03);
            let Some(place) = at(projector, outputs.cell_centre(class) + tower.place + lift) else {
                continue;
            };
            let is_best = best == Some(class);
            let size = if is_best { 22.0 } else { 12.5 };
            let colour = if is_best { theme::TEXT } else { theme::FAINT };
            painter.text(
                place,
                Align2::CENTER_BOTTOM,
                name,
                theme::font(size),
                colour,
            );
        }
    }
}

/// `["conv 5×5 · SiLU", "32 maps of 24 × 24"]`.
pub fn row_label(network: &Network, floor: &Floor) -> [String; 2] {
    let [channels, height, width] = floor.shape;
    let title = row_title(network, floor.row);
    let detail = if floor.row == 0 {
        format!("{width} × {height}")
    } else if [height, width] == [1, 1] {
        format!("{channels} neurons")
    } else {
        format!("{channels} maps of {width} × {height}")
    };
    [title, detail]
}

/// What a row is, in the field's words.
pub fn row_title(network: &Network, row: usize) -> String {
    if row == 0 {
        "input".into()
    } else if row + 1 == network.layout.rows() {
        "output".into()
    } else {
        network.layout.stages[row - 1].label(network.spec())
    }
}

/// How far the foot reaches beyond the input.
const RING: f32 = 0.07;

/// The foot in the network's hue.
fn paint_ring(
    painter: &Painter,
    projector: &Projector,
    floor: &Floor,
    tower: &Tower,
    hue: Color32,
) {
    let half = floor.size / 2.0 + RING;
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let points: Vec<Pos2> = corners
        .iter()
        .filter_map(|(x, z)| {
            let place = Vec3::new(half.x * x, floor.base - floor.bar * 0.5, half.y * z);
            at(projector, place + tower.place)
        })
        .collect();
    if points.len() == 4 {
        let stroke = egui::Stroke::new(2.0, hue.gamma_multiply(0.8));
        painter.add(egui::Shape::closed_line(points, stroke));
    }
}

/// A rectangle of cells `[y0, x0, y1, x1]` of one map, outlined on its floor.
fn outline(
    projector: &Projector,
    tower: &Tower,
    floor: &Floor,
    map: usize,
    area: [usize; 4],
) -> Vec<Pos2> {
    let origin = floor.map_origin(map);
    let [y0, x0, y1, x1] = area.map(|v| v as f32 * floor.cell);
    [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        .iter()
        .filter_map(|(x, y)| {
            let place = Vec3::new(origin.x + x, floor.base, origin.y + y);
            at(projector, place + tower.place)
        })
        .collect()
}

fn paint_selected(
    painter: &Painter,
    projector: &Projector,
    network: &Network,
    tower: &Tower,
    selected: SelectedCell,
    colour: Color32,
) {
    let cell = selected.cell;
    let floor = &tower.layout.floors[cell.row];
    let index = cell.index(floor.shape);
    let stroke = egui::Stroke::new(1.8, colour);
    let per_map = floor.map[0] * floor.map[1];
    let (map, within) = (index / per_map, index % per_map);
    let (x, y) = (within % floor.map[0], within / floor.map[0]);
    let points = outline(projector, tower, floor, map, [y, x, y + 1, x + 1]);
    if points.len() == 4 {
        painter.add(egui::Shape::closed_line(points, stroke));
    }
    // What it sees on the floor below and on the input.
    let faint = egui::Stroke::new(1.4, theme::WARNING);
    for target in [cell.row.saturating_sub(1), 0] {
        if target >= cell.row {
            continue;
        }
        let below = &tower.layout.floors[target];
        let area = receptive_field(&network.model, &network.layout, cell, target);
        let dense = [below.shape[1], below.shape[2]] == [1, 1];
        if dense {
            continue;
        }
        let maps = if below.shape[0] == floor.shape[0] && is_pooling(network, cell.row) {
            map..map + 1
        } else {
            0..below.maps
        };
        for map in maps {
            let points = outline(projector, tower, below, map, area);
            if points.len() == 4 {
                painter.add(egui::Shape::closed_line(points, faint));
            }
        }
    }
}

fn is_pooling(network: &Network, row: usize) -> bool {
    matches!(
        network.layout.stages[row - 1].kind,
        mnistify_network::StageKind::Pool { .. }
    )
}

/// Ribbons from the strongest inputs of a cell to the cell; colour and width tell the signed contribution.
fn paint_edges(painter: &Painter, projector: &Projector, tower: &Tower, ribbons: &Ribbons) {
    let cell = ribbons.cell;
    if cell.row == 0 {
        return;
    }
    let floor = &tower.layout.floors[cell.row];
    let below = &tower.layout.floors[cell.row - 1];
    let to = floor.cell_centre(cell.index(floor.shape)) + tower.place;
    let terms = &ribbons.terms;
    let largest = terms
        .first()
        .map_or(1.0, |term| term.product.abs().max(1e-6));
    // Weakest first, so that the strongest lie on top.
    for term in terms.iter().rev() {
        let share = term.product / largest;
        let from = below.cell_centre(term.source) + tower.place;
        let rise = (to.y - from.y) * 0.5;
        let points = [from, from + Vec3::Y * rise, to - Vec3::Y * rise, to];
        let points: Vec<Pos2> = points.iter().filter_map(|p| at(projector, *p)).collect();
        let Ok(points) = <[Pos2; 4]>::try_from(points) else {
            continue;
        };
        let [r, g, b] = value_colour(share.signum() * (0.35 + 0.6 * share.abs()));
        let alpha = (60.0 + 170.0 * share.abs()) as u8;
        let colour = Color32::from_rgba_unmultiplied(r, g, b, alpha);
        let stroke = egui::Stroke::new(0.7 + 2.3 * share.abs(), colour);
        let curve = egui::epaint::CubicBezierShape::from_points_stroke(
            points,
            false,
            Color32::TRANSPARENT,
            stroke,
        );
        painter.add(curve);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_outside_of_the_scene() {
        assert_eq!(label_side(0.0, [0.0, 0.0]), Some(-1.0));
        assert_eq!(label_side(-1.2, [-1.2, 1.2]), Some(-1.0));
        assert_eq!(label_side(1.2, [-1.2, 1.2]), Some(1.0));
        assert_eq!(label_side(0.0, [-2.5, 2.5]), None);
    }
}

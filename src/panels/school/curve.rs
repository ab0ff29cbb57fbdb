//! How well each network read over the lesson, and how wrong it was.

use super::Learner;
use crate::{
    panels::{Look, theme},
    words::{say, say_with, thousands},
};
use bevy_egui::egui::{Align2, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// Height of a line of small type, as a share of its size.
const LINE: f32 = 1.25;
/// Heights of the small type below which a chart is low.
const LOW: f32 = 7.0;

/// How well each network read over the lesson, and its loss as a river that runs dry.
pub fn curve(painter: &Painter, look: &Look<'_>, rect: Rect, pupils: &[Learner<'_>]) {
    let size = look.composed.places.text.technical;
    let rooms = rooms(rect, size);
    let plot = rooms.plot;
    title(painter, &say("school-curve"), size, rooms.title);
    let line = Stroke::new(1.0, theme::line().gamma_multiply(0.45));
    for (share, words) in [(0.0, "0"), (0.5, "50"), (1.0, "100")] {
        let y = plot.max.y - share * plot.height();
        painter.hline(plot.x_range(), y, line);
        // Where it is low they would touch each other.
        if share == 0.5 && plot.height() < 3.0 * size {
            continue;
        }
        let place = pos2(plot.min.x - 6.0, y);
        let font = theme::font(size);
        painter.text(place, Align2::RIGHT_CENTER, words, font, theme::dim());
    }
    let steps = pupils.iter().map(|(_, pupil)| pupil.standing().step).max();
    let images = steps.unwrap_or(0) * look.school.plan.settings.batch;
    let x = |part: f64| plot.min.x + part.clamp(0.0, 1.0) as f32 * plot.width();
    let mut ends = Vec::new();
    for (reading, pupil) in pupils {
        let hue = theme::network_hue(reading.network.slot());
        let y = |unseen: f64| plot.max.y - unseen as f32 * plot.height();
        let points = pupil.curve.iter();
        let mut points: Vec<Pos2> = points
            .map(|point| pos2(x(point.part), y(point.unseen)))
            .collect();
        // Where the rings are by now.
        if let (Some(unseen), false) = (pupil.standing().unseen, points.is_empty()) {
            points.push(pos2(x(look.school.part), y(unseen)));
        }
        if let Some(last) = points.last() {
            painter.circle_filled(*last, 4.0, hue);
            ends.push((*last, reading.network.name(), hue));
        }
        painter.add(Shape::line(points, Stroke::new(2.5, hue)));
    }
    // What the way to the right is, below where they are by now.
    if rooms.axis.is_positive() {
        let words = say_with("school-images", &[("count", thousands(images).into())]);
        let words = theme::fitting(painter, &words, size, rooms.axis.width());
        let half = words.size().x / 2.0;
        let middle = x(look.school.part).min(rooms.axis.max.x - half);
        let left = (middle - half).max(rooms.axis.min.x);
        painter.galley_with_override_text_color(pos2(left, rooms.axis.min.y), words, theme::dim());
    }
    if rooms.names > 0.0 {
        let apart = LINE * size;
        ends.sort_by(|(a, ..), (b, ..)| a.y.total_cmp(&b.y));
        let heights: Vec<f32> = ends.iter().map(|(end, ..)| end.y).collect();
        let heights = spread(&heights, apart, plot.max.y);
        for ((end, name, hue), y) in ends.into_iter().zip(heights) {
            let galley = theme::fitting(painter, name, size, rooms.names - 10.0);
            let place = pos2(end.x + 10.0, y - galley.size().y / 2.0);
            painter.galley_with_override_text_color(place, galley, hue);
        }
    }
    title(painter, &say("school-loss"), size, rooms.words);
    river(painter, rooms.bed, pupils);
}

fn title(painter: &Painter, words: &str, size: f32, room: Rect) {
    let galley = theme::fitting(painter, words, size, room.width());
    painter.galley_with_override_text_color(room.min, galley, theme::dim());
}

/// Heights that grow, moved up until they are so far apart, and none is below `lowest`.
fn spread(heights: &[f32], apart: f32, lowest: f32) -> Vec<f32> {
    let mut below = lowest + apart;
    let mut all: Vec<f32> = heights
        .iter()
        .rev()
        .map(|height| {
            below = height.min(below - apart);
            below
        })
        .collect();
    all.reverse();
    all
}

/// The loss of each network, as wide as it is large.
fn river(painter: &Painter, bed: Rect, pupils: &[Learner<'_>]) {
    /// The loss of who guesses: `ln 10`.
    const GUESSING: f64 = std::f64::consts::LN_10;
    let each = bed.height() / pupils.len().max(1) as f32;
    for (index, (reading, pupil)) in pupils.iter().enumerate() {
        let hue = theme::network_hue(reading.network.slot());
        let centre = bed.min.y + (index as f32 + 0.5) * each;
        let mut mesh = Mesh::default();
        for point in &pupil.curve {
            let half = (point.loss / GUESSING).min(1.1) as f32 * 0.42 * each;
            let x = bed.min.x + point.part.clamp(0.0, 1.0) as f32 * bed.width();
            let base = mesh.vertices.len() as u32;
            for y in [centre - half.max(0.5), centre + half.max(0.5)] {
                mesh.colored_vertex(pos2(x, y), hue.gamma_multiply(0.65));
            }
            if base > 0 {
                mesh.add_triangle(base - 2, base - 1, base);
                mesh.add_triangle(base - 1, base, base + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
}

/// The rooms of the curve and of the river.
pub struct Rooms {
    /// Above the curve, what its height is.
    pub title: Rect,
    pub plot: Rect,
    /// Below it, what its way to the right is, where there is room.
    pub axis: Rect,
    /// How much there is right of the plot for the networks' names; in a narrow room they stand at the rings alone.
    pub names: f32,
    /// What the river is.
    pub words: Rect,
    pub bed: Rect,
}

/// The river is beside the curve where there is room, else below it.
pub fn rooms(rect: Rect, size: f32) -> Rooms {
    let line = LINE * size;
    let beside = rect.width() > 2.6 * rect.height() && rect.width() > 24.0 * size;
    let (upper, lower) = if beside {
        let (left, right) = rect.split_left_right_at_fraction(0.64);
        (left, right.with_min_x(right.min.x + 1.5 * size))
    } else {
        let river = (0.3 * rect.height()).max(line + 10.0);
        rect.split_top_bottom_at_y(rect.max.y - river)
    };
    let (title, below) = upper.split_top_bottom_at_y(upper.min.y + line);
    // Where it is low, the curve needs the room more.
    let is_low = !beside && rect.height() < LOW * size;
    let axis = if is_low { 0.0 } else { line };
    let (below, axis) = below.split_top_bottom_at_y(below.max.y - axis);
    let names = if upper.width() > 18.0 * size {
        6.0 * size
    } else {
        0.0
    };
    // Beside the curve and above it there are numbers.
    let corner = pos2(below.min.x + 2.3 * size, below.min.y + 0.45 * size);
    let plot = Rect::from_min_max(
        corner,
        pos2(below.max.x - names.max(5.0), below.max.y - 3.0),
    );
    let (words, bed) = lower.split_top_bottom_at_y(lower.min.y + line);
    let (left, bottom) = if beside {
        (bed.min.x, plot.max.y)
    } else {
        (plot.min.x, bed.max.y)
    };
    Rooms {
        title,
        plot,
        axis: axis.with_min_x(plot.min.x),
        names,
        words,
        bed: Rect::from_min_max(pos2(left, bed.min.y + 3.0), pos2(bed.max.x, bottom)),
    }
}

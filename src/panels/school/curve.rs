//! How well each network read over the lesson.

use super::Learner;
use crate::{
    panels::{Look, theme},
    words::say,
};
use bevy_egui::egui::{Align2, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// Heights of the small type below which a chart is low.
const LOW: f32 = 9.0;

/// How well each network read over the lesson, and its loss as a river that runs dry.
pub fn curve(painter: &Painter, look: &Look<'_>, rect: Rect, pupils: &[Learner<'_>]) {
    /// The loss of who guesses: `ln 10`.
    const GUESSING: f64 = std::f64::consts::LN_10;
    let size = look.composed.places.text.technical;
    let line = Stroke::new(1.0, theme::line().gamma_multiply(0.45));
    let [plot, bed, below] = rooms(rect, size);
    for (share, words) in [(0.0, "0"), (0.5, "50"), (1.0, "100 %")] {
        let y = plot.max.y - share * plot.height();
        painter.hline(plot.x_range(), y, line);
        let words = if share == 1.0 { "100" } else { words };
        let place = pos2(plot.min.x - 6.0, y);
        painter.text(
            place,
            Align2::RIGHT_CENTER,
            words,
            theme::font(size),
            theme::dim(),
        );
    }
    let along = |room: Rect, part: f64| room.min.x + part.clamp(0.0, 1.0) as f32 * room.width();
    let x = |part: f64| along(plot, part);
    let each = bed.height() / pupils.len().max(1) as f32;
    for (index, (reading, pupil)) in pupils.iter().enumerate() {
        let hue = theme::network_hue(reading.network.slot());
        let points = pupil.curve.iter();
        let mut points: Vec<Pos2> = points
            .map(|point| {
                pos2(
                    x(point.part),
                    plot.max.y - point.unseen as f32 * plot.height(),
                )
            })
            .collect();
        // Where the rings are by now.
        if let (Some(unseen), false) = (pupil.standing().unseen, points.is_empty()) {
            let now = plot.max.y - unseen as f32 * plot.height();
            points.push(pos2(x(look.school.part), now));
        }
        if let Some(last) = points.last() {
            painter.circle_filled(*last, 4.0, hue);
        }
        painter.add(Shape::line(points, Stroke::new(2.5, hue)));
        let centre = bed.min.y + (index as f32 + 0.5) * each;
        let mut mesh = Mesh::default();
        for point in &pupil.curve {
            let half = (point.loss / GUESSING).min(1.2) as f32 * 0.42 * each;
            let base = mesh.vertices.len() as u32;
            for y in [centre - half.max(0.5), centre + half.max(0.5)] {
                mesh.colored_vertex(pos2(along(bed, point.part), y), hue.gamma_multiply(0.65));
            }
            if base > 0 {
                mesh.add_triangle(base - 2, base - 1, base);
                mesh.add_triangle(base - 1, base, base + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
    let words = theme::fitting(painter, &say("school-loss"), size, below.width());
    let place = pos2(below.min.x, below.max.y - words.size().y);
    painter.galley_with_override_text_color(place, words, theme::dim());
}

/// The rooms of the curve, of the river and of its words: below the curve, or beside it where that would leave too little.
pub fn rooms(rect: Rect, size: f32) -> [Rect; 3] {
    let low = rect.height() < LOW * size && rect.width() > 2.0 * rect.height();
    let (upper, lower) = if low {
        let (left, right) = rect.split_left_right_at_fraction(0.6);
        let left = left.with_max_y(left.max.y - 0.4 * size);
        (left, right.with_min_x(right.min.x + size))
    } else {
        let bed = 0.26 * rect.height();
        let (upper, lower) = rect.split_top_bottom_at_y(rect.max.y - bed - 1.3 * size);
        (upper.with_max_y(upper.max.y - 0.2 * size), lower)
    };
    // Beside the curve and above it there are numbers.
    let corner = pos2(upper.min.x + 2.4 * size, upper.min.y + 0.4 * size);
    let plot = Rect::from_min_max(corner, upper.max);
    let (bed, words) = lower.split_top_bottom_at_y(lower.max.y - 1.3 * size);
    let left = if low { bed.min.x } else { plot.min.x };
    [plot, bed.with_min_x(left), words]
}

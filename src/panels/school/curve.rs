//! How well each network read over the lesson.

use super::Learner;
use crate::{
    panels::{Look, theme},
    words::say,
};
use bevy_egui::egui::{Align2, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// How well each network read over the lesson, and its loss as a river that runs dry.
pub fn curve(painter: &Painter, look: &Look<'_>, rect: Rect, pupils: &[Learner<'_>]) {
    /// The loss of who guesses: `ln 10`.
    const GUESSING: f64 = std::f64::consts::LN_10;
    let size = look.composed.places.text.technical;
    let line = Stroke::new(1.0, theme::line().gamma_multiply(0.45));
    let bed = 0.26 * rect.height();
    let plot = Rect::from_min_max(
        pos2(rect.min.x + 2.4 * size, rect.min.y + 0.4 * size),
        pos2(rect.max.x, rect.max.y - bed - 1.5 * size),
    );
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
    let x = |part: f64| plot.min.x + (part.clamp(0.0, 1.0) as f32) * plot.width();
    let middle = rect.max.y - 1.3 * size - bed / 2.0;
    let each = bed / pupils.len().max(1) as f32;
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
        let centre = middle - bed / 2.0 + (index as f32 + 0.5) * each;
        let mut mesh = Mesh::default();
        for point in &pupil.curve {
            let half = (point.loss / GUESSING).min(1.2) as f32 * 0.42 * each;
            let base = mesh.vertices.len() as u32;
            for y in [centre - half.max(0.5), centre + half.max(0.5)] {
                mesh.colored_vertex(pos2(x(point.part), y), hue.gamma_multiply(0.65));
            }
            if base > 0 {
                mesh.add_triangle(base - 2, base - 1, base);
                mesh.add_triangle(base - 1, base, base + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
    let words = theme::fitting(painter, &say("school-loss"), size, rect.width());
    let place = pos2(rect.min.x, rect.max.y - words.size().y);
    painter.galley_with_override_text_color(place, words, theme::dim());
}

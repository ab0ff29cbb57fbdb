//! One step's way back over the lanes.

use crate::{
    composition::Scene,
    panels::{Look, theme, to_egui},
    school::SINGLE_STEP_SECONDS,
    words::decimal,
};
use bevy_egui::egui::{CornerRadius, Mesh, Painter, Rect, Shape, pos2, vec2};
use mnistify_network::StageKind;

/// One step's way back: from the answer to the drawing, with how far each layer's weights moved.
pub fn wave(painter: &Painter, look: &Look<'_>) {
    let places = &look.composed.places;
    let Scene::Lanes(scene) = &places.scene else {
        return;
    };
    let bounds = to_egui(scene.lanes_rect);
    let since = look.school.since_step.filter(|_| !look.motion.reduced);
    // In calm, and when it has arrived, all of it is there.
    let passed = since.map_or(1.0, |since| since / (0.8 * SINGLE_STEP_SECONDS));
    let front = bounds.max.x - passed * bounds.width();
    if passed < 1.0 {
        let glow = 26.0 * places.unit;
        let mut mesh = Mesh::default();
        let shades = [(-glow, 0.0), (0.0, 0.55), (3.0 * glow, 0.0)];
        for (across, strength) in shades {
            for y in [bounds.min.y, bounds.max.y] {
                let colour = theme::POINTER.gamma_multiply(strength);
                mesh.colored_vertex(pos2(front + across, y), colour);
            }
        }
        for base in [0, 2] {
            mesh.add_triangle(base, base + 1, base + 2);
            mesh.add_triangle(base + 1, base + 2, base + 3);
        }
        painter
            .with_clip_rect(bounds.expand2(vec2(glow, 0.0)))
            .add(Shape::mesh(mesh));
    }
    let size = places.text.technical;
    for lane in &scene.lanes {
        let Some((entity, _)) = look.composed.networks.get(lane.network) else {
            continue;
        };
        let (Ok(pupil), Some(reading)) = (look.pupils.get(*entity), look.network(*entity)) else {
            continue;
        };
        let layout = &reading.network.layout;
        for (row, layer) in layout.stages.iter().enumerate().map(|(index, stage)| {
            let layer = match stage.kind {
                StageKind::Conv2d { layer } | StageKind::Linear { layer } => Some(layer),
                StageKind::Pool { norm, .. } => norm,
            };
            (index + 1, layer)
        }) {
            let moved = pupil.changes.iter().find(|(of, _)| Some(*of) == layer);
            let place = lane.stages.iter().find(|stage| stage.row == row);
            let (Some((_, share)), Some(place)) = (moved, place) else {
                continue;
            };
            let rect = to_egui(place.rect);
            if front > rect.center().x {
                continue;
            }
            let percent = 100.0 * share;
            let digits = if percent < 0.1 { 3 } else { 2 };
            let words = decimal(format!("±{percent:.digits$} %"));
            let galley = theme::fitting(painter, &words, size, rect.width());
            let at = pos2(rect.min.x + 4.0, rect.max.y - galley.size().y - 5.0);
            let ground = Rect::from_min_size(at, galley.size()).expand2(vec2(4.0, 2.0));
            painter.rect_filled(ground, CornerRadius::same(4), theme::sheet());
            painter.galley_with_override_text_color(at, galley, theme::POINTER);
        }
    }
}

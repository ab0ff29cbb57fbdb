//! What the strongest neurons of a first dense layer look for: their weights as pictures, one a neuron, between its cells and
//! the next layer, with a thread from the cell to its picture.

use super::{Look, theme, to_egui};
use crate::{
    composition::Scene,
    view::{
        colour::{ramp_place, value_colour},
        picking::Projector,
    },
    words::say,
};
use bevy::prelude::Entity;
use bevy_egui::egui::{
    Color32, ColorImage, Pos2, Rect, Stroke, StrokeKind, TextureHandle, TextureId, TextureOptions,
    Ui, epaint::CubicBezierShape, pos2, vec2,
};
use mnistify_drawing::{PIXELS, SIDE};
use mnistify_network::{StageKind, explain::Cell};
use std::collections::HashMap;

/// Pictures of weights, and whose are shown.
#[derive(Default)]
pub struct Portraits {
    /// Made once each.
    pictures: HashMap<(Entity, usize, usize), TextureHandle>,
    /// By network, the neurons chosen last: they hold still while the pen is down, as the maps in front do.
    chosen: HashMap<Entity, Vec<usize>>,
}

impl Portraits {
    /// The picture of these weights, `[width, height]`; it is known by its network, row and channel.
    pub fn picture(
        &mut self,
        ui: &Ui,
        key: (Entity, usize, usize),
        weights: &[f32],
        size: [usize; 2],
    ) -> TextureId {
        let texture = self.pictures.entry(key);
        texture.or_insert_with(|| picture(ui, weights, size)).id()
    }
}

/// Shows them where the composition has room.
pub fn portraits_ui(ui: &Ui, look: &Look<'_>, portraits: &mut Portraits) {
    let Scene::Lanes(scene) = &look.composed.places.scene else {
        return;
    };
    for place in &scene.lanes {
        let (Some(grid), Some((entity, _))) =
            (place.portraits, look.composed.networks.get(place.network))
        else {
            continue;
        };
        let (Some(reading), Some(item)) = (
            look.network(*entity),
            look.lanes.iter().find(|item| item.entity == *entity),
        ) else {
            continue;
        };
        let network = reading.network;
        // While it learns, the GPU alone has its weights.
        if !network.is_current {
            continue;
        }
        let layer = match network.layout.stages.first().map(|stage| stage.kind) {
            Some(StageKind::Linear { layer }) if network.layout.stages[0].input[0] == PIXELS => {
                layer
            }
            _ => continue,
        };
        let projector = Projector::new(&look.camera.now, look.composed.window);
        let seen = |place: Pos2| Pos2::from(projector.seen(place.into()));
        let painter = ui.painter();
        let bounds = to_egui(grid.bounds());
        if let Some(stage) = place.stages.first() {
            let font = theme::medium(look.composed.places.text.label);
            let words = ["portraits-long", "portraits"].map(|key| {
                let words = say(key);
                painter.layout_no_wrap(words, font.clone(), theme::text())
            });
            let [long, short] = words;
            let words = if long.size().x <= bounds.width() + 4.0 {
                long
            } else {
                short
            };
            let at = seen(pos2(bounds.min.x, stage.label[1]));
            painter.galley(at, words, theme::text());
        }
        let rect_of = |index: usize| {
            let rect = to_egui(grid.place(index));
            rect.translate(seen(rect.min) - rect.min)
        };
        let arena = look.inspection(*entity).and_then(|i| i.arena());
        let Some(arena) = arena.filter(|_| !look.pad.image().is_blank()) else {
            for index in 0..grid.count {
                painter.rect_filled(rect_of(index), 0.0, theme::tile());
            }
            continue;
        };
        let values = &arena[network.layout.range(1)];
        let is_held = look.pad.drawing().is_drawing() || look.pad.scrubbed_at().is_some();
        let chosen = portraits.chosen.entry(*entity).or_default();
        choose(chosen, values, grid.count, is_held);
        let mut ranked = chosen.clone();
        let centre = |channel: usize| {
            let cell = Cell {
                row: 1,
                channel,
                y: 0,
                x: 0,
            };
            let place = item.lane.stage(1)?.cell_centre(cell)?;
            projector.project(place)
        };
        // In the order of their cells' heights, so that the threads do not cross.
        let height = |channel: &usize| centre(*channel).map_or(0.0, |place| place.y);
        ranked.sort_by(|a, b| height(a).total_cmp(&height(b)));
        // Threads first: those to a second column pass behind the pictures of the first.
        for (index, channel) in ranked.iter().enumerate() {
            if let Some(from) = centre(*channel) {
                let (from, to) = (pos2(from.x, from.y), rect_of(index).left_center());
                let half = vec2((to.x - from.x) * 0.5, 0.0);
                let [r, g, b] = value_colour(values[*channel].signum() * 0.7);
                let colour = Color32::from_rgba_unmultiplied(r, g, b, 150);
                painter.add(CubicBezierShape::from_points_stroke(
                    [from, from + half, to - half, to],
                    false,
                    Color32::TRANSPARENT,
                    Stroke::new(1.2, colour),
                ));
            }
        }
        let weights = &network.model.parameter(layer, "weight").values;
        for (index, channel) in ranked.iter().enumerate() {
            let weights = &weights[channel * PIXELS..][..PIXELS];
            let texture = portraits.picture(ui, (*entity, 1, *channel), weights, [SIDE, SIDE]);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let rect = rect_of(index);
            painter.image(texture, rect, whole, Color32::WHITE);
            let line = Stroke::new(1.0, theme::line().gamma_multiply(0.6));
            painter.rect_stroke(rect, 0.0, line, StrokeKind::Outside);
        }
    }
}

/// Chooses the neurons with the largest values, unless those chosen before are held.
fn choose(chosen: &mut Vec<usize>, values: &[f32], count: usize, is_held: bool) {
    let fits = chosen.len() == count.min(values.len())
        && chosen.iter().all(|channel| *channel < values.len());
    if is_held && fits {
        return;
    }
    *chosen = (0..values.len()).collect();
    chosen.sort_by(|a, b| values[*b].abs().total_cmp(&values[*a].abs()));
    chosen.truncate(count);
}

fn picture(ui: &Ui, weights: &[f32], size: [usize; 2]) -> TextureHandle {
    let largest = weights.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    let pixels = weights.iter().map(|weight| {
        let [r, g, b] = value_colour(ramp_place(*weight, largest));
        Color32::from_rgb(r, g, b)
    });
    let image = ColorImage::new(size, pixels.collect());
    ui.ctx()
        .load_texture("portrait", image, TextureOptions::NEAREST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_hold_still_while_the_pen_is_down() {
        let mut chosen = Vec::new();
        choose(&mut chosen, &[0.1, -0.9, 0.5], 2, true);
        assert_eq!(chosen, [1, 2]);
        let later = [0.8, 0.0, 0.5];
        choose(&mut chosen, &later, 2, true);
        assert_eq!(chosen, [1, 2]);
        choose(&mut chosen, &later, 2, false);
        assert_eq!(chosen, [0, 2]);
        // Another network has fewer neurons.
        choose(&mut chosen, &[0.3], 2, true);
        assert_eq!(chosen, [0]);
    }
}

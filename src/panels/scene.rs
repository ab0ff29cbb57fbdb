//! Pointer input on the scene: it turns, moves, comes nearer, and cells are pointed at and explained.

use super::{Look, swipe::swiped, to_egui};
use crate::{
    actions::Action,
    view::picking::{Projector, pick},
};
use bevy::prelude::Vec2;
use bevy_egui::egui::{self, PointerButton, Rect, Sense, Ui};

/// Orbit with the first button or a finger, pan with the others or with two fingers, zoom with wheel or pinch.
pub fn pointer_ui(ui: &Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let window = ui.ctx().viewport_rect();
    let places = &look.composed.places;
    // Between pad and tiles; what lies over it takes its own.
    let rect = match &places.scene {
        crate::composition::Scene::Lanes(lanes) => Rect::from_min_max(
            egui::pos2(lanes.lanes_rect.min[0] - 40.0, lanes.lanes_rect.min[1]),
            egui::pos2(lanes.lanes_rect.max[0] + 56.0, window.max.y),
        ),
        crate::composition::Scene::Page(page) => to_egui(page.swipe),
        crate::composition::Scene::FullScreen { .. } => window,
        crate::composition::Scene::Table(_) => return,
    };
    // What only a pointer can do is nowhere for the focus to go.
    let response = ui.interact(rect, ui.id().with("scene"), Sense::CLICK | Sense::DRAG);
    let drag = response.drag_delta() / window.height();
    let touches = ui.input(|input| input.multi_touch());
    let is_page = matches!(places.scene, crate::composition::Scene::Page(_));
    if is_page {
        actions.extend(swiped(ui, &response).map(Action::Page));
    } else if let Some(touch) = touches.filter(|_| response.hovered() || response.dragged()) {
        actions.push(Action::Zoom(1.0 / touch.zoom_delta));
        let shift = touch.translation_delta / window.height();
        actions.push(Action::Pan {
            right: -shift.x,
            up: shift.y,
        });
    } else if response.dragged() && drag != egui::Vec2::ZERO {
        let shift = ui.input(|input| input.modifiers.shift);
        if response.dragged_by(PointerButton::Primary) && !shift {
            actions.push(Action::Orbit {
                yaw: -drag.x * 2.5,
                pitch: drag.y * 2.5,
            });
        } else {
            actions.push(Action::Pan {
                right: -drag.x,
                up: drag.y,
            });
        }
    }
    if response.contains_pointer() && !is_page {
        let scroll = ui.input(|input| input.smooth_scroll_delta().y);
        if scroll != 0.0 {
            actions.push(Action::Zoom((-scroll * 0.0025).exp()));
        }
        // A touch pad's, or that of a wheel with Ctrl; egui tells that of fingers here too.
        let pinch = ui.input(|input| input.zoom_delta());
        if pinch != 1.0 && touches.is_none() && look.camera.goal.distance > 0.0 {
            actions.push(Action::Zoom(1.0 / pinch));
        }
    }
    let projector = Projector::new(&look.camera.now, look.composed.window);
    let under = |place: egui::Pos2| {
        let lanes = look.lanes.iter().map(|item| (item.entity, item.lane));
        pick(lanes, projector.ray(Vec2::new(place.x, place.y)))
    };
    let hovered = response.hover_pos().and_then(under);
    if hovered != look.selection.hovered {
        actions.push(Action::Hover(hovered));
    }
    if let Some(place) = response.interact_pointer_pos() {
        if response.double_clicked() {
            if let Some(cell) = under(place) {
                actions.push(Action::Select(Some(cell)));
                actions.push(Action::FlyTo(cell));
            }
        } else if response.clicked() {
            let cell = under(place);
            // A map of the chorus is too small to be meant by itself.
            let layer = cell.filter(|cell| {
                let lane = look.lanes.iter().find(|item| item.entity == cell.network);
                let stage = lane.and_then(|item| item.lane.stage(cell.cell.row));
                look.selection.cell.is_none()
                    && stage.is_some_and(|stage| stage.is_behind(cell.cell.channel))
            });
            actions.push(match layer {
                Some(cell) => Action::Maps(cell.network, cell.cell.row),
                None => Action::Select(cell),
            });
        }
    }
}

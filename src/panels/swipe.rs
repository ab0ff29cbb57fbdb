//! A finger that sweeps sideways turns a page.

use bevy_egui::egui::{Response, Ui, Vec2};

/// A sweep is at least this long, in points, and longer than it is high.
const LEAST: f32 = 40.0;

/// Which page to go to where a sweep over this has just ended: one on, or one back.
pub fn swiped(ui: &Ui, response: &Response) -> Option<isize> {
    let id = response.id.with("way");
    // When the finger is lifted nothing tells any more where it came from.
    if let Some(way) = response.total_drag_delta() {
        ui.data_mut(|data| data.insert_temp(id, way));
    }
    if !response.drag_stopped() {
        return None;
    }
    let way = ui.data_mut(|data| data.remove_temp::<Vec2>(id))?;
    (way.x.abs() > LEAST.max(way.y.abs())).then_some(if way.x < 0.0 { 1 } else { -1 })
}

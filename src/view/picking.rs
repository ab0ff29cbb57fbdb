//! From a place in the window to the cell under it, and which cell is selected.

use super::{Lane, camera::Orbit, cameras::FIELD_OF_VIEW};
use crate::inference::Network;
use bevy::prelude::*;
use mnistify_network::explain::Cell;

/// Keeps the selection to networks that are there.
pub fn plugin(app: &mut App) {
    app.init_resource::<Selection>().add_observer(let_go);
}

/// A network that is gone has no cells.
fn let_go(gone: On<Remove, Network>, mut selection: ResMut<Selection>) {
    let about = |cell: &Option<SelectedCell>| cell.is_some_and(|c| c.network == gone.entity);
    if about(&selection.cell) {
        selection.cell = None;
    }
    if about(&selection.hovered) {
        selection.hovered = None;
    }
}

/// A cell of one of the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedCell {
    /// The network's entity.
    pub network: Entity,
    /// Its place in the network.
    pub cell: Cell,
}

/// What the inspector shows and what the pointer is over.
#[derive(Resource, Default, Debug)]
pub struct Selection {
    /// What the inspector shows.
    pub cell: Option<SelectedCell>,
    /// What the pointer is over.
    pub hovered: Option<SelectedCell>,
}

/// Projects between the window and the scene, without the renderer.
#[derive(Clone, Copy, Debug)]
pub struct Projector {
    transform: Transform,
    /// Width and height of the window in points.
    window: Vec2,
    is_home: bool,
}

impl Projector {
    /// Of a camera in a window.
    pub fn new(orbit: &Orbit, window: [f32; 2]) -> Self {
        Self {
            transform: orbit.transform(),
            window: window.into(),
            is_home: *orbit == Orbit::HOME,
        }
    }

    /// Of the camera at home.
    pub fn at_home(window: [f32; 2]) -> Self {
        Self::new(&Orbit::HOME, window)
    }

    /// Points that one unit takes at the distance of one unit.
    fn focal(&self) -> f32 {
        self.window.y / 2.0 / (FIELD_OF_VIEW / 2.0).tan()
    }

    fn local(&self, place: Vec3) -> Vec3 {
        self.transform.rotation.inverse() * (place - self.transform.translation)
    }

    /// Where a place of the scene is seen, in points of the window; none behind the camera.
    pub fn project(&self, place: Vec3) -> Option<Vec2> {
        let local = self.local(place);
        if local.z > -0.02 {
            return None;
        }
        let seen = Vec2::new(local.x, -local.y) * self.focal() / -local.z;
        Some(self.window / 2.0 + seen)
    }

    /// Where a point of the window that was composed is seen: with what stands there in the scene.
    pub fn seen(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let place = Vec2::new(x, y) - self.window / 2.0;
        let place = Vec3::new(place.x, -place.y, 0.0) / self.window.y;
        // Exactly there at home, where a text must not tremble.
        let seen = (!self.is_home).then(|| self.project(place)).flatten();
        seen.map_or([x, y], Into::into)
    }

    /// The ray through a place of the window.
    pub fn ray(&self, pointer: Vec2) -> Ray3d {
        let offset = pointer - self.window / 2.0;
        let direction = Vec3::new(offset.x, -offset.y, -self.focal()).normalize();
        let direction = self.transform.rotation * direction;
        Ray3d::new(
            self.transform.translation,
            Dir3::new(direction).expect("a unit vector"),
        )
    }
}

/// The nearest cell that the ray meets.
pub fn pick<'a>(
    lanes: impl IntoIterator<Item = (Entity, &'a Lane)>,
    ray: Ray3d,
) -> Option<SelectedCell> {
    let mut nearest: Option<(f32, SelectedCell)> = None;
    for (network, lane) in lanes {
        for stage in &lane.stages {
            if let Some((distance, cell)) = stage.pick(ray)
                && nearest.is_none_or(|(least, _)| distance < least)
            {
                nearest = Some((distance, SelectedCell { network, cell }));
            }
        }
    }
    nearest.map(|(_, cell)| cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projecting_and_casting_back_meet() {
        let orbit = Orbit {
            target: Vec3::new(0.1, -0.2, 0.0),
            yaw: 0.7,
            pitch: 0.3,
            distance: 1.5,
        };
        let projector = Projector::new(&orbit, [1280.0, 720.0]);
        let place = Vec3::new(0.4, 0.3, -0.2);
        let ray = projector.ray(projector.project(place).unwrap());
        let along = (place - ray.origin).dot(*ray.direction);
        assert!(ray.get_point(along).distance(place) < 1e-3);
    }

    #[test]
    fn at_home_a_place_of_the_windows_plane_is_seen_where_it_lies() {
        let projector = Projector::at_home([1280.0, 720.0]);
        let seen = projector.project(Vec3::new(0.5, 0.25, 0.0)).unwrap();
        assert!(seen.distance(Vec2::new(1000.0, 180.0)) < 0.1, "{seen}");
        assert_eq!(projector.seen([1000.0, 180.0]), [1000.0, 180.0]);
    }

    #[test]
    fn what_was_composed_goes_with_the_scene() {
        let orbit = Orbit {
            yaw: 0.05,
            ..Orbit::HOME
        };
        let projector = Projector::new(&orbit, [1280.0, 720.0]);
        let place = projector.project(Vec3::new(0.5, 0.25, 0.0)).unwrap();
        let seen = Vec2::from(projector.seen([1000.0, 180.0]));
        assert!(seen.distance(place) < 1e-2, "{seen} {place}");
        assert!(seen.x > 1001.0);
    }
}

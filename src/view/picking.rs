//! From a place on the stage to the cell under it, and which cell is selected.

use super::{Stage, Tower, camera::FIELD_OF_VIEW, camera::Orbit};
use crate::inference::Network;
use bevy::prelude::*;
use mnistify_network::explain::Cell;

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
    pub cell: Cell,
}

/// What the inspector shows and what the pointer is over.
#[derive(Resource, Default, Debug)]
pub struct Selection {
    pub cell: Option<SelectedCell>,
    pub hovered: Option<SelectedCell>,
}

/// Projects between the stage and the scene, without the renderer.
#[derive(Clone, Copy, Debug)]
pub struct Projector {
    transform: Transform,
    rect: Rect,
}

impl Projector {
    /// The projector of a camera orbit on a stage.
    pub fn new(orbit: &Orbit, stage: &Stage) -> Self {
        Self {
            transform: orbit.transform(),
            rect: stage.rect,
        }
    }

    /// Where a place of the scene is seen, in logical pixels of the window; none behind the camera.
    pub fn project(&self, place: Vec3) -> Option<Vec2> {
        let local = self.transform.rotation.inverse() * (place - self.transform.translation);
        if local.z > -0.02 {
            return None;
        }
        let half = self.rect.half_size();
        let focal = half.y / (FIELD_OF_VIEW / 2.0).tan();
        let seen = Vec2::new(local.x, -local.y) * focal / -local.z;
        Some(self.rect.center() + seen)
    }

    /// The ray through a place of the window.
    pub fn ray(&self, pointer: Vec2) -> Ray3d {
        let half = self.rect.half_size();
        let focal = half.y / (FIELD_OF_VIEW / 2.0).tan();
        let offset = pointer - self.rect.center();
        let direction = Vec3::new(offset.x, -offset.y, -focal).normalize();
        let direction = self.transform.rotation * direction;
        Ray3d::new(
            self.transform.translation,
            Dir3::new(direction).expect("a unit vector"),
        )
    }

    /// Logical pixels that one unit at `place` takes.
    pub fn scale_at(&self, place: Vec3) -> f32 {
        let local = self.transform.rotation.inverse() * (place - self.transform.translation);
        self.rect.half_size().y / (FIELD_OF_VIEW / 2.0).tan() / (-local.z).max(0.02)
    }
}

/// The nearest cell that the ray meets.
pub fn pick<'a>(
    towers: impl IntoIterator<Item = (Entity, &'a Tower)>,
    ray: Ray3d,
) -> Option<SelectedCell> {
    let mut nearest: Option<(f32, SelectedCell)> = None;
    for (network, tower) in towers {
        for floor in &tower.layout.floors {
            let plane = floor.base + tower.place.y;
            let distance = (plane - ray.origin.y) / ray.direction.y;
            if !distance.is_finite() || distance <= 0.0 {
                continue;
            }
            let place = ray.get_point(distance) - tower.place;
            let Some(index) = floor.cell_at(place.x, place.z) else {
                continue;
            };
            if nearest.is_none_or(|(least, _)| distance < least) {
                let cell = Cell::at(floor.row, index, floor.shape);
                nearest = Some((distance, SelectedCell { network, cell }));
            }
        }
    }
    nearest.map(|(_, cell)| cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{layout::TowerLayout, towers::bounds};
    use mnistify_network::{ArenaLayout, NetworkSpec};

    #[test]
    fn the_cell_under_the_pointer_is_picked() {
        let towers: Vec<(Entity, Tower)> = [NetworkSpec::mlp(), NetworkSpec::cnn()]
            .iter()
            .zip([(1, -1.3), (2, 1.3)])
            .map(|(spec, (entity, x))| {
                let layout = TowerLayout::new(&ArenaLayout::new(spec));
                let entity = Entity::from_raw_u32(entity).expect("a small number");
                (entity, Tower::new(layout, Vec3::X * x))
            })
            .collect();
        let of = |network: Entity| &towers.iter().find(|(e, _)| *e == network).unwrap().1;
        let all = || towers.iter().map(|(entity, tower)| (*entity, tower));
        let stage = Stage {
            rect: Rect::new(300.0, 10.0, 1000.0, 700.0),
            scale_factor: 1.0,
            labels: true,
        };
        let bounds = bounds(towers.iter().map(|(_, tower)| tower)).unwrap();
        // From straight above one floor hides another; from the usual side at least the own floor's cell is nearest
        // among those not hidden, so each floor is looked at from just above it.
        for (network, tower) in all() {
            for floor in &tower.layout.floors {
                let centre = tower.place + Vec3::Y * floor.base;
                let orbit = Orbit {
                    target: centre,
                    yaw: 0.2,
                    pitch: 0.9,
                    distance: 0.28,
                };
                let projector = Projector::new(&orbit, &stage);
                let mut seen = 0;
                for index in (0..floor.cell_count()).step_by(37) {
                    let place = floor.cell_centre(index) + tower.place;
                    let Some(pointer) = projector.project(place) else {
                        continue;
                    };
                    let picked = pick(all(), projector.ray(pointer)).expect("a cell is there");
                    let picked_floor = &of(picked.network).layout.floors[picked.cell.row];
                    let cell = Cell::at(floor.row, index, floor.shape);
                    if picked_floor.base > floor.base {
                        continue;
                    }
                    seen += 1;
                    assert_eq!(picked, SelectedCell { network, cell });
                }
                assert!(seen > 0, "row {}: every cell is hidden", floor.row);
            }
        }
        let overview = Orbit::fit(bounds, 0.3, 0.4, 700.0 / 690.0, Vec2::ONE);
        let projector = Projector::new(&overview, &stage);
        assert_eq!(pick(all(), projector.ray(Vec2::new(301.0, 11.0))), None);
    }

    #[test]
    fn projecting_and_casting_back_meet() {
        let projector = Projector::new(
            &Orbit {
                target: Vec3::Y,
                yaw: 0.7,
                pitch: 0.3,
                distance: 5.0,
            },
            &Stage::default(),
        );
        let place = Vec3::new(0.4, 1.3, -0.2);
        let ray = projector.ray(projector.project(place).unwrap());
        let along = (place - ray.origin).dot(*ray.direction);
        assert!(ray.get_point(along).distance(place) < 1e-3);
    }
}

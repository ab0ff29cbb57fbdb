//! The camera on the towers: orbit, pan, zoom, fly to. It moves smoothly towards a goal; input only changes the goal.

use super::{DrawSurface, Stage, Towers, cameras::SceneCamera};
use crate::{AppSystems, rest::NextFrame};
use bevy::prelude::*;

/// Vertical field of view in radians; narrow, so that the floors stay nearly parallel.
pub const FIELD_OF_VIEW: f32 = 0.56;
/// Seconds in which two thirds of the way to the goal are gone.
const SMOOTH_SECONDS: f32 = 0.13;

pub fn plugin(app: &mut App) {
    app.init_resource::<OrbitCamera>()
        .add_systems(PostUpdate, move_camera.in_set(AppSystems::Present));
}

/// A place that looks at a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orbit {
    pub target: Vec3,
    /// Turn around the vertical axis, in radians; 0 looks from +z.
    pub yaw: f32,
    /// Height above the horizon, in radians.
    pub pitch: f32,
    pub distance: f32,
}

impl Orbit {
    /// Where the camera stands.
    pub fn eye(&self) -> Vec3 {
        let rotation = Quat::from_euler(EulerRot::YXZ, self.yaw, -self.pitch, 0.0);
        self.target + rotation * Vec3::Z * self.distance
    }

    /// The camera's transform.
    pub fn transform(&self) -> Transform {
        Transform::from_translation(self.eye()).looking_at(self.target, Vec3::Y)
    }

    /// The orbit with this direction that shows the whole box `bounds` in the middle `share` (of width and height) of a
    /// stage of this ratio of width to height.
    pub fn fit(bounds: [Vec3; 2], yaw: f32, pitch: f32, aspect: f32, share: Vec2) -> Self {
        let corners = (0..8).map(|i| {
            let pick = |bit: usize| ((i >> bit) & 1) as f32;
            bounds[0] + (bounds[1] - bounds[0]) * Vec3::new(pick(0), pick(1), pick(2))
        });
        let corners: Vec<Vec3> = corners.collect();
        let target = bounds[0].midpoint(bounds[1]);
        let rotation = Quat::from_euler(EulerRot::YXZ, yaw, -pitch, 0.0).inverse();
        let (vertical, horizontal) = (
            (FIELD_OF_VIEW / 2.0).tan() * share.y,
            (FIELD_OF_VIEW / 2.0).tan() * aspect * share.x,
        );
        // A corner at (x, y, z) in the camera's axes is inside where |x| ≤ (distance − z)·tan, |y| likewise.
        let needed = |corner: &Vec3| {
            let p = rotation * (*corner - target);
            p.z + (p.x.abs() / horizontal).max(p.y.abs() / vertical)
        };
        let distance = corners.iter().map(needed).fold(0.1, f32::max);
        Self {
            target,
            yaw,
            pitch,
            distance,
        }
    }
}

/// The camera's goal and where it is on its way.
#[derive(Resource, Debug)]
pub struct OrbitCamera {
    pub goal: Orbit,
    pub now: Orbit,
    /// While true the goal follows the towers and the stage; any movement by hand ends that.
    pub automatic: bool,
    preset: Preset,
    fitted: Option<([Vec3; 2], f32)>,
}

/// Views to return to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    Overview,
    Front,
    Top,
    Side,
}

impl Preset {
    /// All, in the order of their keys 1 to 4.
    pub const ALL: [Self; 4] = [Self::Overview, Self::Front, Self::Top, Self::Side];

    /// What people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Front => "Front",
            Self::Top => "Top",
            Self::Side => "Side",
        }
    }

    fn direction(self) -> (f32, f32) {
        match self {
            Self::Overview => (0.14, 0.36),
            Self::Front => (0.0, 0.12),
            Self::Top => (0.0, 1.5),
            Self::Side => (1.2, 0.30),
        }
    }
}

impl Default for OrbitCamera {
    fn default() -> Self {
        let orbit = Orbit {
            target: Vec3::Y * 1.4,
            yaw: 0.14,
            pitch: 0.36,
            distance: 9.0,
        };
        Self {
            goal: orbit,
            now: orbit,
            automatic: true,
            preset: Preset::Overview,
            fitted: None,
        }
    }
}

impl OrbitCamera {
    /// Goes to a preset and follows the towers again.
    pub fn show(&mut self, preset: Preset) {
        self.preset = preset;
        self.automatic = true;
        self.fitted = None;
    }

    /// Follows the towers again from the preset shown last: there are others now.
    pub fn reframe(&mut self) {
        self.show(self.preset);
    }

    /// The preset that is shown, until a movement by hand.
    pub fn preset(&self) -> Option<Preset> {
        self.automatic.then_some(self.preset)
    }

    /// Goes to a place of its own, as by hand.
    pub fn go_to(&mut self, orbit: Orbit) {
        self.automatic = false;
        self.goal = orbit;
    }

    /// Turns around the target; radians.
    pub fn orbit(&mut self, yaw: f32, pitch: f32) {
        self.automatic = false;
        self.goal.yaw += yaw;
        self.goal.pitch = (self.goal.pitch + pitch).clamp(-0.35, 1.5);
    }

    /// Moves the target across the view; in shares of the view's height.
    pub fn pan(&mut self, right: f32, up: f32) {
        self.automatic = false;
        let height = 2.0 * self.goal.distance * (FIELD_OF_VIEW / 2.0).tan();
        let transform = self.goal.transform();
        let shift = transform.right() * right * height + transform.up() * up * height;
        self.goal.target = (self.goal.target + shift).clamp(Vec3::splat(-6.0), Vec3::splat(6.0));
    }

    /// Goes nearer (factor below 1) or further.
    pub fn zoom(&mut self, factor: f32) {
        self.automatic = false;
        self.goal.distance = (self.goal.distance * factor).clamp(0.25, 40.0);
    }

    /// Flies to a place so that `size` units fill about half of the view.
    pub fn fly_to(&mut self, target: Vec3, size: f32) {
        self.automatic = false;
        self.goal.target = target;
        self.goal.distance = (size / (FIELD_OF_VIEW / 2.0).tan()).clamp(0.3, 20.0);
        self.goal.pitch = self.goal.pitch.max(0.65);
    }

    /// Arrives at once: for screenshots, tests and reduced motion.
    pub fn arrive(&mut self) {
        self.now = self.goal;
    }
}

fn move_camera(
    mut orbit: ResMut<OrbitCamera>,
    towers: Towers,
    stage: Res<Stage>,
    surface: Res<DrawSurface>,
    time: Res<Time>,
    mut camera: Query<&mut Transform, With<SceneCamera>>,
    next: Res<NextFrame>,
) {
    if let (true, Some(bounds)) = (orbit.automatic, towers.bounds()) {
        let aspect = stage.rect.width() / stage.rect.height().max(1.0);
        if orbit.fitted != Some((bounds, aspect)) {
            let first = orbit.fitted.is_none() && orbit.now == OrbitCamera::default().now;
            let (yaw, pitch) = orbit.preset.direction();
            // Room for the names beside the floors, the buttons above and the legend below.
            let size = stage.rect.size();
            let share =
                Vec2::new(1.0 - 190.0 / size.x, 1.0 - 120.0 / size.y).max(Vec2::splat(0.52));
            orbit.goal = Orbit::fit(bounds, yaw, pitch, aspect, share);
            orbit.fitted = Some((bounds, aspect));
            if first {
                orbit.arrive();
            }
        }
    }
    if orbit.now != orbit.goal {
        next.ask();
        let share = if surface.still {
            1.0
        } else {
            1.0 - (-time.delta_secs() / SMOOTH_SECONDS).exp()
        };
        let (now, goal) = (orbit.now, orbit.goal);
        orbit.now = Orbit {
            target: now.target.lerp(goal.target, share),
            yaw: now.yaw + (goal.yaw - now.yaw) * share,
            pitch: now.pitch + (goal.pitch - now.pitch) * share,
            distance: now.distance * (goal.distance / now.distance).powf(share),
        };
        if now.target.distance(goal.target) + (now.distance - goal.distance).abs() < 1e-4 {
            orbit.now = goal;
        }
    }
    for mut transform in &mut camera {
        transform.set_if_neq(orbit.now.transform());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_box_lies_inside_the_frame() {
        let bounds = [Vec3::new(-2.0, 0.0, -0.6), Vec3::new(2.0, 3.0, 0.6)];
        for preset in Preset::ALL {
            for aspect in [0.5, 1.0, 2.2] {
                let (yaw, pitch) = preset.direction();
                let orbit = Orbit::fit(bounds, yaw, pitch, aspect, Vec2::splat(0.9));
                let view = orbit.transform().to_matrix().inverse();
                let half = (FIELD_OF_VIEW / 2.0).tan();
                for i in 0..8 {
                    let pick = |bit: usize| ((i >> bit) & 1) as f32;
                    let corner =
                        bounds[0] + (bounds[1] - bounds[0]) * Vec3::new(pick(0), pick(1), pick(2));
                    let p = view.transform_point3(corner);
                    assert!(p.z < 0.0, "{preset:?} at {aspect}: behind the camera");
                    assert!(
                        (p.x / -p.z).abs() <= half * aspect,
                        "{preset:?} at {aspect}"
                    );
                    assert!((p.y / -p.z).abs() <= half, "{preset:?} at {aspect}");
                }
            }
        }
    }
}

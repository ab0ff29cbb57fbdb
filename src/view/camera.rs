//! The camera: orbit, pan, zoom, fly to, and home. It moves smoothly towards a goal; input only changes the goal.
//!
//! At home it looks straight at the window's plane from so far that this plane fills the window exactly.

use super::{
    Composed, DrawSurface, FrameTimes, Motion, Quality,
    cameras::{FIELD_OF_VIEW, HOME_DISTANCE, SceneCamera},
};
use crate::{AppSystems, rest::NextFrame};
use bevy::prelude::*;
use std::f32::consts::TAU;

/// Seconds in which two thirds of the way to the goal are gone.
const SMOOTH_SECONDS: f32 = 0.13;
/// The least and the largest distance.
const DISTANCES: [f32; 2] = [0.12, 6.0];
/// How far the target may be from the middle.
const FURTHEST_TARGET: f32 = 1.5;
/// The lowest and the highest pitch, in radians.
const PITCHES: [f32; 2] = [-1.2, 1.2];
/// How far it turns where it wanders, in radians: 4° and 1.5°. Maps behind move against those in front, and no plate by more
/// than a fortieth of the window's height.
const WANDER_TURN: [f32; 2] = [0.07, 0.026];
/// How much nearer it comes then, as a share of the distance.
const WANDER_NEARER: f32 = 0.02;
/// Seconds of one turn to and fro, of one up and down, and of one nearer and back: together it is long until all repeats.
const WANDER_SECONDS: [f32; 3] = [20.0, 31.0, 26.0];
/// Seconds in which it begins to wander, and in which it is home again: whoever comes finds the composed picture.
const WANDER_EASE: [f32; 2] = [4.0, 0.35];

/// Moves the camera.
pub fn plugin(app: &mut App) {
    app.init_resource::<OrbitCamera>().add_systems(
        PostUpdate,
        (wander, move_camera).chain().in_set(AppSystems::Present),
    );
}

/// A place that looks at a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orbit {
    /// In heights of the window from its middle.
    pub target: Vec3,
    /// Turn around the vertical axis, in radians; 0 looks from +z.
    pub yaw: f32,
    /// Height above the horizon, in radians.
    pub pitch: f32,
    /// In heights of the window.
    pub distance: f32,
}

impl Orbit {
    /// Straight before the window.
    pub const HOME: Self = Self {
        target: Vec3::ZERO,
        yaw: 0.0,
        pitch: 0.0,
        distance: HOME_DISTANCE,
    };

    /// Where the camera stands.
    pub fn eye(&self) -> Vec3 {
        let rotation = Quat::from_euler(EulerRot::YXZ, self.yaw, -self.pitch, 0.0);
        self.target + rotation * Vec3::Z * self.distance
    }

    /// The camera's transform.
    pub fn transform(&self) -> Transform {
        Transform::from_translation(self.eye()).looking_at(self.target, Vec3::Y)
    }

    /// The same within what a person can reach.
    pub fn clamped(self) -> Self {
        let furthest = Vec3::splat(FURTHEST_TARGET);
        Self {
            target: self.target.clamp(-furthest, furthest),
            yaw: self.yaw,
            pitch: self.pitch.clamp(PITCHES[0], PITCHES[1]),
            distance: self.distance.clamp(DISTANCES[0], DISTANCES[1]),
        }
    }
}

/// The camera's goal and where it is on its way.
#[derive(Resource, Debug)]
pub struct OrbitCamera {
    /// Where it goes.
    pub goal: Orbit,
    /// Where it is.
    pub now: Orbit,
    preset: Option<Preset>,
    /// Where it would be if it did not wander.
    base: Orbit,
    wander: Wander,
}

/// A slow way around home, while nobody is there.
#[derive(Clone, Copy, Debug, Default)]
struct Wander {
    wanted: bool,
    /// How much of the way is gone along, 0 to 1.
    share: f32,
    seconds: f32,
    /// What it comes nearer to.
    middle: Vec2,
}

impl Wander {
    /// So many seconds later; true where it moves.
    fn advance(&mut self, seconds: f32, wanted: bool) -> bool {
        let [begins, ends] = WANDER_EASE;
        let change = if wanted {
            seconds / begins
        } else {
            -seconds / ends
        };
        let moved = self.share > 0.0 || wanted;
        self.share = (self.share + change).clamp(0.0, 1.0);
        self.seconds = if self.share > 0.0 {
            self.seconds + seconds
        } else {
            0.0
        };
        moved
    }

    /// This place, left for the way.
    fn around(&self, base: Orbit) -> Orbit {
        let share = self.share * self.share * (3.0 - 2.0 * self.share);
        let [turn, height, nearer] = WANDER_SECONDS.map(|all| TAU * self.seconds / all);
        let nearer = share * WANDER_NEARER * (0.5 - 0.5 * nearer.cos());
        Orbit {
            target: base.target + self.middle.extend(0.0) * nearer,
            yaw: base.yaw + share * WANDER_TURN[0] * turn.sin(),
            pitch: base.pitch + share * WANDER_TURN[1] * height.sin(),
            distance: base.distance * (1.0 - nearer),
        }
    }
}

/// Views to return to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Home: the picture as it is composed.
    Overview,
    /// From the left: how far cells stand out.
    Side,
    /// From above.
    Top,
}

impl Preset {
    /// All, in the order of their keys 1 to 3.
    pub const ALL: [Self; 3] = [Self::Overview, Self::Side, Self::Top];

    /// What links and actions call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Side => "side",
            Self::Top => "top",
        }
    }

    fn orbit(self) -> Orbit {
        let (yaw, pitch, distance) = match self {
            Self::Overview => return Orbit::HOME,
            Self::Side => (-0.75, 0.25, 2.0),
            Self::Top => (-0.12, 0.85, 2.1),
        };
        Orbit {
            yaw,
            pitch,
            distance,
            ..Orbit::HOME
        }
    }
}

impl Default for OrbitCamera {
    fn default() -> Self {
        Self {
            goal: Orbit::HOME,
            now: Orbit::HOME,
            preset: Some(Preset::Overview),
            base: Orbit::HOME,
            wander: Wander::default(),
        }
    }
}

impl OrbitCamera {
    /// Goes to a preset.
    pub fn show(&mut self, preset: Preset) {
        self.preset = Some(preset);
        self.goal = preset.orbit();
    }

    /// The preset that is shown, until a movement by hand.
    pub fn preset(&self) -> Option<Preset> {
        self.preset
    }

    /// Whether it is home, or on its way there.
    pub fn is_at_home(&self) -> bool {
        self.preset == Some(Preset::Overview)
    }

    /// Goes to a place of its own, as by hand.
    pub fn go_to(&mut self, orbit: Orbit) {
        self.preset = None;
        self.goal = orbit.clamped();
    }

    /// Turns around the target; radians.
    pub fn orbit(&mut self, yaw: f32, pitch: f32) {
        self.go_to(Orbit {
            yaw: self.goal.yaw + yaw,
            pitch: self.goal.pitch + pitch,
            ..self.goal
        });
    }

    /// Moves the target across the view; in shares of the view's height.
    pub fn pan(&mut self, right: f32, up: f32) {
        let height = 2.0 * self.goal.distance * (FIELD_OF_VIEW / 2.0).tan();
        let transform = self.goal.transform();
        let shift = transform.right() * right * height + transform.up() * up * height;
        self.go_to(Orbit {
            target: self.goal.target + shift,
            ..self.goal
        });
    }

    /// Goes nearer (factor below 1) or further.
    pub fn zoom(&mut self, factor: f32) {
        self.go_to(Orbit {
            distance: self.goal.distance * factor,
            ..self.goal
        });
    }

    /// Flies to a place so that `size` units fill about half of the view.
    pub fn fly_to(&mut self, target: Vec3, size: f32) {
        self.go_to(Orbit {
            target,
            distance: size / (FIELD_OF_VIEW / 2.0).tan(),
            yaw: self.goal.yaw.clamp(-0.5, 0.5),
            pitch: self.goal.pitch.max(0.3),
        });
    }

    /// Wanders around home, or stops it. Only there, where there is time for it, and where movement is welcome.
    pub fn wander(&mut self, wanted: bool) {
        self.wander.wanted = wanted;
    }

    /// Whether it is to wander.
    pub fn wanders(&self) -> bool {
        self.wander.wanted
    }

    /// Arrives at once: for screenshots, tests and reduced motion.
    pub fn arrive(&mut self) {
        self.base = self.goal;
        self.now = self.goal;
    }
}

fn wander(
    mut orbit: ResMut<OrbitCamera>,
    surface: Res<DrawSurface>,
    composed: Res<Composed>,
    motion: Res<Motion>,
    times: Res<FrameTimes>,
    time: Res<Time>,
    next: Res<NextFrame>,
) {
    let wanted = orbit.wander.wanted
        && orbit.is_at_home()
        && !motion.reduced
        && !surface.still
        && times.quality == Quality::Full;
    if !wanted && orbit.wander.share == 0.0 {
        return;
    }
    let middle = composed.to_scene(composed.scene_middle().into());
    // A window that is folded away has no size.
    if middle.is_finite() {
        orbit.wander.middle = middle;
    }
    let seconds = time.delta_secs().min(0.2);
    next.ask_if(orbit.wander.advance(seconds, wanted));
}

fn move_camera(
    mut orbit: ResMut<OrbitCamera>,
    surface: Res<DrawSurface>,
    time: Res<Time>,
    mut camera: Query<&mut Transform, With<SceneCamera>>,
    next: Res<NextFrame>,
) {
    if orbit.base != orbit.goal {
        next.ask();
        let share = if surface.still {
            1.0
        } else {
            1.0 - (-time.delta_secs().min(0.1) / SMOOTH_SECONDS).exp()
        };
        let (now, goal) = (orbit.base, orbit.goal);
        orbit.base = Orbit {
            target: now.target.lerp(goal.target, share),
            yaw: now.yaw + (goal.yaw - now.yaw) * share,
            pitch: now.pitch + (goal.pitch - now.pitch) * share,
            distance: now.distance * (goal.distance / now.distance).powf(share),
        };
        let left = now.target.distance(goal.target)
            + (now.distance - goal.distance).abs()
            + (now.yaw - goal.yaw).abs()
            + (now.pitch - goal.pitch).abs();
        if left < 1e-4 {
            orbit.base = goal;
        }
    }
    let now = orbit.wander.around(orbit.base);
    if orbit.now != now {
        orbit.now = now;
    }
    for mut transform in &mut camera {
        transform.set_if_neq(orbit.now.transform());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::picking::Projector;

    #[test]
    fn the_windows_plane_fills_the_view_at_home() {
        let height = 2.0 * HOME_DISTANCE * (FIELD_OF_VIEW / 2.0).tan();
        assert!((height - 1.0).abs() < 1e-5, "{height}");
    }

    #[test]
    fn by_hand_it_leaves_home_and_comes_back() {
        let mut camera = OrbitCamera::default();
        camera.orbit(0.4, 9.0);
        assert!(!camera.is_at_home());
        assert!(camera.goal.pitch <= PITCHES[1]);
        camera.show(Preset::Overview);
        assert!(camera.is_at_home());
        assert_eq!(camera.goal, Orbit::HOME);
    }

    #[test]
    fn it_wanders_slowly_never_far_and_is_soon_home() {
        let mut wander = Wander {
            middle: Vec2::new(0.1, 0.05),
            ..default()
        };
        let at = |wander: &Wander| wander.around(Orbit::HOME);
        assert!(!wander.advance(1.0, false), "at rest nothing runs");
        assert_eq!(at(&wander), Orbit::HOME);
        // Places of the lanes, in heights of the window, and how far they are seen from where they were composed.
        let places = [[-0.35, 0.4], [-0.35, -0.42], [0.1, 0.05], [0.55, 0.4]];
        let seen = |wander: &Wander| {
            let projector = Projector::new(&at(wander), [1280.0, 720.0]);
            places.map(|[x, y]| projector.project(Vec3::new(x, y, 0.0)).unwrap())
        };
        let home = seen(&wander);
        let (mut before, mut furthest) = (home, 0.0f32);
        for _ in 0..60 * 120 {
            assert!(wander.advance(1.0 / 60.0, true));
            let now = seen(&wander);
            for ((now, before), home) in now.iter().zip(before).zip(&home) {
                assert!(now.distance(before) < 0.1, "pixels in a frame");
                furthest = furthest.max(now.distance(*home));
            }
            before = now;
        }
        assert!((5.0..18.5).contains(&furthest), "{furthest}");
        // A touch.
        for _ in 0..24 {
            wander.advance(1.0 / 60.0, false);
        }
        assert_eq!(at(&wander), Orbit::HOME);
        assert!(!wander.advance(1.0 / 60.0, false));
    }
}

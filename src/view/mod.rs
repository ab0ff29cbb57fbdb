//! The scene: each network's stages as plates that face the viewer, drawn straight from the GPU buffers that the forward
//! wrote. One unit of the scene is the window's height, and its plane z = 0 lies in the window: what the composition places
//! there is seen there, while the camera is at home.

pub mod backdrop;
pub mod camera;
pub mod cameras;
pub mod colour;
pub mod lanes;
pub mod motion;
pub mod picking;
pub mod quality;
pub mod wall;

pub use camera::{OrbitCamera, Preset};
pub use lanes::{Heroes, Lane, LaneItem, Lanes};
pub use motion::Motion;
pub use picking::{SelectedCell, Selection};
pub use quality::{FrameTimes, Quality};

use crate::{
    Surface,
    composition::{Composition, Mode, Part, Scene, Shape, compose},
};
use bevy::prelude::*;

/// Registers the scene.
pub fn plugin(app: &mut App) {
    app.init_resource::<Composed>().add_plugins((
        backdrop::plugin,
        cameras::plugin,
        camera::plugin,
        lanes::plugin,
        motion::plugin,
        picking::plugin,
        quality::plugin,
        wall::plugin,
    ));
}

/// What is drawn, and where.
#[derive(Resource, Clone, Debug)]
pub struct DrawSurface {
    /// Size of the image that replaces the window, if any.
    pub image: Option<[u32; 2]>,
    /// What of the picture it shows; a second window has the rest.
    pub part: Part,
    /// Whether the lanes stand; off for measurements of everything else.
    pub lanes: bool,
    /// Everything arrives at once: for still pictures.
    pub still: bool,
    /// Every quality that there is, however slow the adapter.
    pub full: bool,
    /// Strong cells throw light.
    pub glow: bool,
}

impl From<&Surface> for DrawSurface {
    fn from(surface: &Surface) -> Self {
        Self {
            image: match surface {
                Surface::Window { .. } | Surface::Canvas { .. } => None,
                Surface::Image { width, height } => Some([*width, *height]),
            },
            part: Part::Whole,
            lanes: true,
            still: false,
            full: false,
            glow: true,
        }
    }
}

/// Where everything stands in the window, in egui's points. The panels keep it up to date.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Composed {
    /// Width and height of the window.
    pub window: [f32; 2],
    /// Physical pixels for each point.
    pub scale_factor: f32,
    /// The networks that are composed, from top to bottom, with the shapes of their rows.
    pub networks: Vec<(Entity, Vec<Shape>)>,
    /// What was composed for.
    pub mode: Mode,
    /// The places.
    pub places: Composition,
}

impl Default for Composed {
    fn default() -> Self {
        let (window, mode) = ([1280.0, 720.0], Mode::default());
        Self {
            places: compose(window, &[], &mode),
            window,
            scale_factor: 1.0,
            networks: Vec::new(),
            mode,
        }
    }
}

impl Composed {
    /// A composition of these networks.
    pub fn new(
        window: [f32; 2],
        scale_factor: f32,
        networks: Vec<(Entity, Vec<Shape>)>,
        mode: Mode,
    ) -> Self {
        let shapes: Vec<&[Shape]> = networks.iter().map(|(_, rows)| rows.as_slice()).collect();
        Self {
            places: compose(window, &shapes, &mode),
            window,
            scale_factor,
            networks,
            mode,
        }
    }

    /// From a point of the window to the scene.
    pub fn to_scene(&self, [x, y]: [f32; 2]) -> Vec2 {
        let [width, height] = self.window;
        Vec2::new(x - width / 2.0, height / 2.0 - y) / height
    }

    /// Where the eye rests: the middle of the lanes, a little above; in points.
    pub fn scene_middle(&self) -> Vec2 {
        match &self.places.scene {
            Scene::Lanes(lanes) => {
                let rect = lanes.lanes_rect;
                Vec2::new(rect.centre()[0], rect.min[1] + 0.45 * rect.height())
            }
            Scene::Page(_) | Scene::FullScreen { .. } | Scene::Table(_) => {
                Vec2::from(self.window) * Vec2::new(0.5, 0.42)
            }
        }
    }
}

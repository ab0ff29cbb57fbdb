//! The scene: the networks as towers of cells, drawn straight from the GPU buffers that the forward wrote.

pub mod camera;
pub mod cameras;
pub mod colour;
pub mod layout;
pub mod motion;
pub mod picking;
pub mod quality;
pub mod towers;

pub use camera::{OrbitCamera, Preset};
pub use motion::Motion;
pub use picking::{SelectedCell, Selection};
pub use quality::{FrameTimes, Quality};
pub use towers::{Tower, TowerItem, Towers};

use crate::Surface;
use bevy::prelude::*;

pub fn plugin(app: &mut App) {
    app.init_resource::<Stage>().add_plugins((
        cameras::plugin,
        camera::plugin,
        motion::plugin,
        picking::plugin,
        quality::plugin,
        towers::plugin,
    ));
}

/// What is drawn, and where.
#[derive(Resource, Clone, Debug)]
pub struct DrawSurface {
    /// Size of the image that replaces the window, if any.
    pub image: Option<[u32; 2]>,
    /// Whether the towers stand; off for measurements of everything else.
    pub towers: bool,
    /// Everything arrives at once: for still pictures.
    pub still: bool,
    /// Every cell is a bar, however slow the adapter.
    pub all_bars: bool,
}

impl From<&Surface> for DrawSurface {
    fn from(surface: &Surface) -> Self {
        Self {
            image: match surface {
                Surface::Window { .. } | Surface::Canvas { .. } => None,
                Surface::Image { width, height } => Some([*width, *height]),
            },
            towers: true,
            still: false,
            all_bars: false,
        }
    }
}

/// The part of the window that the panels leave to the scene.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Stage {
    /// In logical pixels.
    pub rect: Rect,
    /// Physical pixels for each logical one.
    pub scale_factor: f32,
    /// Whether names stand beside the floors, for which the view leaves room.
    pub labels: bool,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            rect: Rect::new(0.0, 0.0, 640.0, 480.0),
            scale_factor: 1.0,
            labels: true,
        }
    }
}

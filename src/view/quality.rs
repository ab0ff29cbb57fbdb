//! How fast frames come, and what is left out where they come slowly.

use super::DrawSurface;
use crate::{gpu::SharedGpu, inference::Series, rest::NextFrame};
use bevy::prelude::*;
use serde::Serialize;

/// Watches how fast frames come.
pub fn plugin(app: &mut App) {
    app.init_resource::<FrameTimes>()
        .add_systems(First, watch_frames)
        .add_systems(PreUpdate, smooth_edges);
}

/// The newest frames' times, and the quality that follows from them.
#[derive(Resource, Debug, Default)]
pub struct FrameTimes {
    /// From frame to frame, in milliseconds.
    pub millis: Series,
    /// What is left out where they come slowly.
    pub quality: Quality,
}

/// How much is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Every cell is a bar, and edges are smooth.
    #[default]
    Full,
    /// Maps are flat pictures without glow. There is no way back in a session: a picture that comes and goes would be
    /// worse than a plain one.
    Reduced,
}

/// Frames slower than this, in milliseconds (22 a second), are too slow,
const SLOW_MILLIS: f32 = 45.0;
/// once this many were seen after the start.
const FRAMES_TO_JUDGE: usize = 40;
/// The first frames compile pipelines.
const WARM_UP_FRAMES: u64 = 10;
/// Longer gaps are a hidden tab or a sleeping machine, in milliseconds.
const LONGEST_FRAME: f32 = 1000.0;

fn watch_frames(
    mut times: ResMut<FrameTimes>,
    time: Res<Time<Real>>,
    surface: Res<DrawSurface>,
    gpu: Option<Res<SharedGpu>>,
    next: Res<NextFrame>,
    mut rested: Local<bool>,
) {
    let millis = time.delta_secs() * 1e3;
    // The time since the last frame before a rest says nothing about how fast frames come.
    if std::mem::replace(&mut *rested, next.is_resting()) {
        return;
    }
    if next.count > WARM_UP_FRAMES && millis > 0.0 && millis < LONGEST_FRAME {
        times.millis.push(millis);
    }
    if times.quality == Quality::Reduced {
        return;
    }
    let software = gpu.is_some_and(|gpu| gpu.is_software);
    let judged = surface.image.is_none() && times.millis.values().len() >= FRAMES_TO_JUDGE;
    let slow = judged
        && times
            .millis
            .median()
            .is_some_and(|millis| millis > SLOW_MILLIS);
    if software || slow {
        times.quality = Quality::Reduced;
    }
}

/// A software adapter is known before the first frame. Later the edges stay as they are: with another number of samples
/// Bevy 0.19 draws a frame with the pipelines of before, a validation error (`mnistify bench` on an H100 showed it).
fn smooth_edges(gpu: Option<Res<SharedGpu>>, mut cameras: Query<&mut Msaa>) {
    if gpu.is_some_and(|gpu| gpu.is_software) {
        for mut msaa in &mut cameras {
            msaa.set_if_neq(Msaa::Off);
        }
    }
}

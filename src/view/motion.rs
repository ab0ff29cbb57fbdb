//! How values move: a forward pass travels along the lanes as a wave of light; in slow motion it stops at any layer.

use super::DrawSurface;
use crate::{
    AppSystems,
    gpu::{Display, RowMotion, SharedGpu},
    inference::Network,
    pad::Pad,
    rest::NextFrame,
};
use bevy::prelude::*;

/// Stages that the wave of light passes in a second.
const WAVE_FLOORS_A_SECOND: f32 = 11.0;
/// Stages that a slow forward pass passes in a second.
const SLOW_FLOORS_A_SECOND: f32 = 0.9;
/// Half the width of the wave, in stages.
const WAVE_WIDTH: f32 = 0.9;
/// Seconds without change after which the next change starts a new wave.
const WAVE_PAUSE_SECONDS: f32 = 0.25;
/// Seconds in which the first stage goes two thirds of the way to its new values, and how much longer each further
/// stage takes: the picture follows the pen and still shows the direction.
const EASE_SECONDS: [f32; 2] = [0.025, 0.014];
/// Seconds of easing after a change, then the display rests.
const REST_SECONDS: f32 = 2.5;

/// Moves what is shown towards what the networks computed.
pub fn plugin(app: &mut App) {
    app.init_resource::<Motion>()
        .add_systems(PostUpdate, advance_displays.in_set(AppSystems::Present));
}

/// How the forward pass is shown.
#[derive(Resource, Debug)]
pub struct Motion {
    /// Values appear at once and no wave runs.
    pub reduced: bool,
    /// The forward pass stands at this share of the network, `[0, 1]`; none is live.
    pub slow: Option<f32>,
    /// Whether the slow pass runs by itself.
    pub playing: bool,
    wave: f32,
    since_change: f32,
}

impl Default for Motion {
    fn default() -> Self {
        Self {
            reduced: false,
            slow: None,
            playing: true,
            wave: f32::INFINITY,
            since_change: 0.0,
        }
    }
}

impl Motion {
    /// How row `row` of `rows` moves in a frame of `seconds`.
    pub fn row(&self, row: usize, rows: usize, seconds: f32) -> RowMotion {
        let position = row as f32;
        if let Some(share) = self.slow {
            // From before the input to past the outputs, so that the scrub bar's ends show nothing and everything.
            let front = share * rows as f32 - 0.5;
            let passed = ((front - position) / 0.5 + 1.0).clamp(0.0, 1.0);
            return RowMotion {
                ease: if self.reduced {
                    1.0
                } else {
                    1.0 - (-seconds / 0.08).exp()
                },
                reveal: passed,
                glow: if self.reduced {
                    0.0
                } else {
                    bump(front - position)
                },
            };
        }
        if self.reduced {
            return RowMotion {
                ease: 1.0,
                reveal: 1.0,
                glow: 0.0,
            };
        }
        let tau = EASE_SECONDS[0] + EASE_SECONDS[1] * position;
        RowMotion {
            ease: 1.0 - (-seconds / tau).exp(),
            reveal: 1.0,
            glow: bump(self.wave - position),
        }
    }

    /// The row where the wave of light, or a slow forward pass in networks of this many rows, is by now; none without motion.
    pub fn front(&self, rows: usize) -> Option<f32> {
        let front = self
            .slow
            .map_or(self.wave, |share| share * rows as f32 - 0.5);
        (!self.reduced && front.is_finite()).then_some(front)
    }

    /// Whether a slow forward pass has reached this row; always, where it is live.
    pub fn has_reached(&self, row: usize, rows: usize) -> bool {
        self.row(row, rows, 0.0).reveal > 0.5
    }

    /// Whether anything still moves.
    pub fn is_moving(&self) -> bool {
        self.since_change < REST_SECONDS || (self.slow.is_some() && self.playing)
    }

    fn advance(&mut self, seconds: f32, changed: bool, rows: usize) {
        if changed {
            if self.since_change > WAVE_PAUSE_SECONDS || self.wave > rows as f32 + 3.0 {
                self.wave = -1.0;
            }
            self.since_change = 0.0;
        } else {
            self.since_change += seconds;
        }
        self.wave += seconds * WAVE_FLOORS_A_SECOND;
        if let (Some(share), true) = (self.slow, self.playing) {
            let next = share + seconds * SLOW_FLOORS_A_SECOND / rows.max(1) as f32;
            // A pause at the top, then from the foot again.
            self.slow = Some(if next > 1.25 { 0.0 } else { next });
        }
    }
}

/// 1 at 0, 0 beyond the wave's width, smooth between.
fn bump(distance: f32) -> f32 {
    let x = (1.0 - (distance / WAVE_WIDTH).abs()).max(0.0);
    x * x * (3.0 - 2.0 * x)
}

fn advance_displays(
    mut motion: ResMut<Motion>,
    mut networks: Query<(&Network, &mut Display)>,
    gpu: Option<Res<SharedGpu>>,
    pad: Res<Pad>,
    surface: Res<DrawSurface>,
    time: Res<Time>,
    next: Res<NextFrame>,
) {
    let Some(gpu) = gpu else {
        return;
    };
    let seconds = time.delta_secs().min(0.1);
    let rows = networks.iter().map(|(n, _)| n.layout.rows()).max();
    // The values of a new network have to arrive, also where the pen rests.
    let changed = pad.image_changed()
        || motion.is_changed() && !motion.is_added()
        || networks.iter_mut().any(|(_, display)| display.is_added());
    motion
        .bypass_change_detection()
        .advance(seconds, changed, rows.unwrap_or(1));
    if surface.still {
        motion.bypass_change_detection().wave = f32::INFINITY;
    }
    if !surface.lanes || !(motion.is_moving() || surface.still) {
        return;
    }
    next.ask();
    for (network, mut display) in &mut networks {
        let rows = network.layout.rows();
        let of_row = |row| {
            let mut of_row = motion.row(row, rows, seconds);
            if surface.still && motion.slow.is_none() {
                (of_row.ease, of_row.glow) = (1.0, 0.0);
            }
            // A blank pad predicts nothing, and its lanes rest.
            if row > 0 && pad.image().is_blank() {
                (of_row.reveal, of_row.glow) = (0.0, 0.0);
            }
            of_row
        };
        display.advance(&gpu, of_row, seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_motion_reveals_from_the_foot() {
        let mut motion = Motion {
            slow: Some(0.5),
            ..default()
        };
        assert!(motion.has_reached(2, 8) && !motion.has_reached(6, 8));
        let reveal = |motion: &Motion, row| motion.row(row, 8, 0.016).reveal;
        assert_eq!((reveal(&motion, 0), reveal(&motion, 7)), (1.0, 0.0));
        motion.slow = Some(0.0);
        assert_eq!(reveal(&motion, 0), 0.0);
        motion.slow = Some(1.0);
        assert_eq!(reveal(&motion, 7), 1.0);
    }

    #[test]
    fn reduced_motion_is_immediate() {
        let motion = Motion {
            reduced: true,
            ..default()
        };
        let row = motion.row(3, 8, 0.016);
        assert_eq!((row.ease, row.reveal, row.glow), (1.0, 1.0, 0.0));
    }
}

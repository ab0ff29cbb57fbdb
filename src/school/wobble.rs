//! The wobble map: the drawing moved by up to five dots in every direction, read by a network all at once. A network that
//! saw its digits in the middle only knows an island; one that saw them everywhere knows the sea as well.

use super::School;
use crate::{
    gpu::SharedGpu,
    inference::{Batch, Executor, Network, Progress, Shown},
    pad::Pad,
    rest::NextFrame,
};
use bevy::prelude::*;
use mnistify_drawing::{PIXELS, SIDE};

/// Dots by which the drawing is moved, at most.
pub const REACH: isize = 5;
/// Places along each side of the map.
pub const WOBBLE_SIDE: usize = 2 * REACH as usize + 1;
/// Seconds from one map to the next while weights change: no colour comes and goes twice a second.
const SECONDS: f32 = 0.7;

/// What a network says of the drawing at every place.
#[derive(Component, Default)]
pub struct Wobble {
    /// Row by row from the top left; none before the first map came, or where nothing is drawn.
    pub places: Option<Vec<Said>>,
    batch: Batch,
    /// The drawing and the weights that the map is of.
    of: Option<(Vec<u8>, bool)>,
    since: f32,
}

/// What it says of the drawing at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// The class of the largest logit.
    pub class: usize,
    /// Its probability, `[0, 1]`.
    pub probability: f32,
}

/// An image moved by so many dots to the right and down; what comes in from outside is paper.
fn moved(image: &[f32], right: isize, down: isize) -> Vec<f32> {
    let side = SIDE as isize;
    let at = |index: usize| {
        let (x, y) = (index as isize % side - right, index as isize / side - down);
        let inside = (0..side).contains(&x) && (0..side).contains(&y);
        if inside {
            image[(y * side + x) as usize]
        } else {
            0.0
        }
    };
    (0..PIXELS).map(at).collect()
}

/// All copies, row by row from the top left.
fn copies(image: &[f32]) -> Vec<f32> {
    let ways = (-REACH..=REACH).flat_map(|down| (-REACH..=REACH).map(move |right| (right, down)));
    ways.flat_map(|(right, down)| moved(image, right, down))
        .collect()
}

fn said(logits: &[f32]) -> Said {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let class = logits.iter().position(|logit| *logit == most);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    Said {
        class: class.unwrap_or(0),
        probability: 1.0 / sum,
    }
}

/// While the school is open and the pen rests, every shown network's map follows the drawing and the weights.
pub(super) fn follow(
    mut commands: Commands,
    mut networks: Query<(Entity, &Network, &Executor, Option<&mut Wobble>), With<Shown>>,
    school: Res<School>,
    pad: Res<Pad>,
    gpu: Option<Res<SharedGpu>>,
    time: Res<Time>,
    next: Res<NextFrame>,
) {
    let Some(gpu) = gpu.filter(|_| school.is_open) else {
        for (entity, _, _, wobble) in &networks {
            if wobble.is_some() {
                commands.entity(entity).remove::<Wobble>();
            }
        }
        return;
    };
    for (entity, network, executor, wobble) in &mut networks {
        let Some(mut wobble) = wobble else {
            commands.entity(entity).insert(Wobble::default());
            next.ask();
            continue;
        };
        let wobble = &mut *wobble;
        wobble.since += time.delta_secs();
        match wobble.batch.follow(network, executor, Some(&*gpu)) {
            Progress::Idle => {}
            Progress::UnderWay => {
                next.ask();
                continue;
            }
            Progress::Done(logits) => {
                let classes = network.layout.logits().len();
                wobble.places = Some(logits.chunks_exact(classes).map(said).collect());
                next.ask();
            }
            Progress::Failed => {
                wobble.places = None;
                next.ask();
            }
        }
        if pad.image().is_blank() {
            wobble.places = None;
            wobble.of = None;
            continue;
        }
        let now = (pad.image().to_bytes().to_vec(), network.is_current);
        // Of weights that change all the time it is only known that they do.
        let is_new = !network.is_current || wobble.of.as_ref() != Some(&now);
        if !is_new || pad.drawing().is_drawing() {
            continue;
        }
        // A hundred forwards of many maps take a software GPU seconds; of weights that rest, the CPU twin makes them.
        let takes_long = gpu.is_software && network.layout.len > 4_000 && !network.is_current;
        if takes_long && !school.patient {
            continue;
        }
        next.ask();
        if wobble.since < SECONDS {
            continue;
        }
        wobble.since = 0.0;
        wobble.batch.ask(copies(pad.image().as_slice()));
        wobble.of = Some(now);
        // On its way from this frame on.
        wobble.batch.follow(network, executor, Some(&*gpu));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_moved_and_the_middle_one_is_the_drawing() {
        let mut image = vec![0.0; PIXELS];
        image[10 * SIDE + 12] = 1.0;
        let all = copies(&image);
        let copy = |row: usize, column: usize| {
            let index = row * WOBBLE_SIDE + column;
            &all[index * PIXELS..][..PIXELS]
        };
        assert_eq!(all.len(), WOBBLE_SIDE * WOBBLE_SIDE * PIXELS);
        assert_eq!(copy(5, 5), image);
        assert_eq!(copy(0, 0)[5 * SIDE + 7], 1.0);
        assert_eq!(copy(10, 6)[15 * SIDE + 13], 1.0);
        // What leaves the image does not come in on the other side.
        let mut edge = vec![0.0; PIXELS];
        edge[SIDE - 1] = 1.0;
        assert!(moved(&edge, 1, 0).iter().all(|ink| *ink == 0.0));
    }

    #[test]
    fn the_largest_logit_speaks() {
        let said = said(&[0.0, 2.0, 0.0]);
        assert_eq!(said.class, 1);
        assert!((said.probability - 0.787).abs() < 1e-3);
    }
}

//! The wobble map: the drawing moved by up to five dots in every direction, read by a network all at once. A network that
//! saw its digits in the middle only knows an island; one that saw them everywhere knows the sea as well.

use super::School;
use crate::{
    gpu::SharedGpu,
    inference::{Executor, Network, Shown},
    pad::Pad,
    rest::NextFrame,
};
use bevy::prelude::*;
use mnistify_drawing::{PIXELS, SIDE};
use mnistify_network::fused::{ArenaRead, FusedNetwork};

/// Dots by which the drawing is moved, at most.
pub const REACH: isize = 5;
/// Places along each side of the map.
pub const WOBBLE_SIDE: usize = 2 * REACH as usize + 1;
/// All places.
const COPIES: usize = WOBBLE_SIDE * WOBBLE_SIDE;
/// Seconds from one map to the next while weights change: no colour comes and goes twice a second.
const SECONDS: f32 = 0.7;

/// What a network says of the drawing at every place.
#[derive(Component, Default)]
pub struct Wobble {
    /// Row by row from the top left; none before the first map came, or where nothing is drawn.
    pub places: Option<Vec<Said>>,
    network: Option<FusedNetwork>,
    read: Option<ArenaRead>,
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
        let read = wobble.read.as_ref().and_then(ArenaRead::take);
        if let Some(logits) = read {
            wobble.read = None;
            let classes = network.layout.logits().len();
            let places = logits.map(|logits| logits.chunks_exact(classes).map(said).collect());
            wobble.places = places.filter(|places: &Vec<Said>| places.len() == COPIES);
            next.ask();
        }
        if wobble.read.is_some() {
            next.ask();
            continue;
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
        next.ask();
        // A hundred forwards of many maps take a software GPU seconds.
        let takes_long = gpu.is_software && network.layout.len > 4_000 && !school.patient;
        let Some(live) = executor.runner.fused_network().filter(|_| !takes_long) else {
            continue;
        };
        if wobble.since < SECONDS
            || !FusedNetwork::fits(network.spec(), &gpu.device.limits(), COPIES)
        {
            continue;
        }
        wobble.since = 0.0;
        let reader = wobble
            .network
            .get_or_insert_with(|| live.sharing(&network.model, COPIES));
        reader.forward(&copies(pad.image().as_slice()));
        wobble.read = Some(reader.logits_on_their_way(COPIES));
        wobble.of = Some(now);
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
        assert_eq!(all.len(), COPIES * PIXELS);
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

//! Which maps of a stage stand in front: those in which most happens. They hold still while the pen is down; when it is
//! lifted, a map comes forward if it is clearly livelier than one that stands there.

use super::Inspection;
use crate::{
    inference::Network,
    pad::Pad,
    rest::NextFrame,
    view::{DrawSurface, Heroes, Lane},
};
use bevy::prelude::*;

/// How much livelier a map must be than one in front to take its place.
const CLEARLY: f32 = 1.2;

/// Chooses anew where the pen was lifted, something was drawn on a blank pad, or another number of maps has room.
pub fn choose_heroes(
    mut networks: Query<(&Network, &Inspection, &Lane, &mut Heroes)>,
    pad: Res<Pad>,
    surface: Res<DrawSurface>,
    next: Res<NextFrame>,
) {
    for (network, inspection, lane, mut heroes) in &mut networks {
        let Some(arena) = inspection.arena() else {
            continue;
        };
        let held = (pad.drawing().is_drawing() || pad.scrubbed_at().is_some()) && !surface.still;
        for stage in &lane.stages {
            let [channels, height, width] = stage.shape;
            if [height, width] == [1, 1] {
                continue;
            }
            let before = heroes
                .order
                .get(stage.row)
                .filter(|order| !order.is_empty());
            if held && before.is_some() {
                continue;
            }
            let values = &arena[network.layout.range(stage.row)];
            let liveliness: Vec<f32> = values.chunks_exact(height * width).map(spread).collect();
            if liveliness.iter().all(|spread| *spread == 0.0) {
                continue;
            }
            let count = stage.heroes.min(channels);
            // Of more that stood in front the first are not the liveliest.
            let fewer = heroes
                .front
                .get(stage.row)
                .is_some_and(|before| count < *before);
            let before = before.filter(|_| !fewer);
            let before = before.map(|order| &order[..count.min(order.len())]);
            let order = choose(&liveliness, count, before);
            if heroes.order.get(stage.row) != Some(&order) || heroes.front[stage.row] != count {
                next.ask();
                let rows = network.layout.rows();
                heroes.order.resize(rows, Vec::new());
                heroes.order[stage.row] = order;
                heroes.front.resize(rows, 0);
                heroes.front[stage.row] = count;
            }
        }
    }
}

/// Standard deviation: a flat bias is no life.
fn spread(values: &[f32]) -> f32 {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>();
    (square / count).sqrt()
}

/// The channels in the order of their places: `count` in front, then all others, both in the order of their numbers.
fn choose(liveliness: &[f32], count: usize, before: Option<&[usize]>) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..liveliness.len()).collect();
    ranked.sort_by(|a, b| liveliness[*b].total_cmp(&liveliness[*a]));
    let mut front: Vec<usize> = match before {
        Some(before) => before.to_vec(),
        None => ranked[..count].to_vec(),
    };
    for channel in &ranked {
        if front.len() >= count {
            break;
        }
        if !front.contains(channel) {
            front.push(*channel);
        }
    }
    front.truncate(count);
    for channel in ranked {
        if front.contains(&channel) {
            continue;
        }
        let weakest =
            (0..front.len()).min_by(|a, b| liveliness[front[*a]].total_cmp(&liveliness[front[*b]]));
        match weakest {
            Some(weakest) if liveliness[channel] > CLEARLY * liveliness[front[weakest]] => {
                front[weakest] = channel;
            }
            _ => break,
        }
    }
    front.sort_unstable();
    let behind = (0..liveliness.len()).filter(|channel| !front.contains(channel));
    let behind: Vec<usize> = behind.collect();
    front.extend(behind);
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_liveliest_stand_in_front_and_do_not_flicker() {
        let mut liveliness = [0.1, 0.9, 0.2, 0.8, 0.3];
        let first = choose(&liveliness, 2, None);
        assert_eq!(first, [1, 3, 0, 2, 4]);
        // A little livelier is not enough,
        liveliness[4] = 0.9;
        assert_eq!(choose(&liveliness, 2, Some(&first[..2])), first);
        // clearly livelier is.
        liveliness[4] = 1.0;
        assert_eq!(choose(&liveliness, 2, Some(&first[..2])), [1, 4, 0, 2, 3]);
        // More room brings the next.
        assert_eq!(choose(&liveliness, 3, Some(&[1, 4])), [1, 3, 4, 0, 2]);
    }

    #[test]
    fn a_flat_bias_is_no_life() {
        assert_eq!(spread(&[3.0, 3.0, 3.0]), 0.0);
        assert!(spread(&[0.0, 1.0]) > 0.4);
    }
}

//! A network's probabilities as they are drawn: they move towards what it says.

use crate::inference::{Network, ReadingItem};
use bevy::prelude::{Add, Commands, Component, Mut, On};

/// Seconds in which a bar goes two thirds of its way.
const SECONDS: f32 = 0.06;
/// Bars this near to their goal are there.
const NEAR: f32 = 1e-3;

/// One share a class, 0 to 1.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Bars(pub Vec<f32>);

pub(super) fn add_bars(added: On<Add, Network>, mut commands: Commands) {
    commands.entity(added.entity).insert(Bars::default());
}

/// Where a network's bars go.
pub(super) fn goal_of(reading: &ReadingItem<'_, '_>) -> Vec<f32> {
    match reading.answer() {
        Some(answer) => answer.probabilities.clone(),
        None => vec![0.0; reading.network.spec().classes().len()],
    }
}

/// Moves bars by one frame; returns whether they are still on their way.
pub(super) fn advance(bars: &mut Mut<'_, Bars>, goal: &[f32], seconds: f32) -> bool {
    if bars.0 == goal {
        return false;
    }
    bars.0.resize(goal.len(), 0.0);
    let share = 1.0 - (-seconds / SECONDS).exp();
    for (bar, goal) in bars.0.iter_mut().zip(goal) {
        *bar += (goal - *bar) * share;
        if (goal - *bar).abs() < NEAR {
            *bar = *goal;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::prelude::World;

    #[test]
    fn bars_move_towards_their_goal_and_rest_there() {
        let mut world = World::new();
        let entity = world.spawn(Bars::default()).id();
        let mut bars = world.get_mut::<Bars>(entity).expect("just spawned");
        let goal = [1.0, 0.0];
        assert!(advance(&mut bars, &goal, 0.03));
        let first = bars.0[0];
        assert!(advance(&mut bars, &goal, 0.03));
        assert!(0.0 < first && first < bars.0[0] && bars.0[0] < 1.0);
        for _ in 0..40 {
            advance(&mut bars, &goal, 0.03);
        }
        assert_eq!(bars.0, goal);
        assert!(!advance(&mut bars, &goal, 0.03));
    }
}

//! Recorded hands, and visitors' where they are kept, one after the other, and a camera that wanders, while nobody is there.

use super::{Exhibit, Phase};
use crate::{
    actions::Action,
    pad::{Pad, PadAction},
    rest::NextFrame,
    view::OrbitCamera,
};
use bevy::prelude::*;
use mnistify_drawing::{Stroke, recording};
use std::sync::OnceLock;

/// How long a finished digit stands before the next hand begins, in seconds.
const STANDS: f32 = 4.0;

/// The recordings: `assets/strokes/hands.json` has one a line.
pub fn recorded_hands() -> &'static [Vec<Stroke>] {
    static HANDS: OnceLock<Vec<Vec<Stroke>>> = OnceLock::new();
    HANDS.get_or_init(|| {
        let lines = include_str!("../../assets/strokes/hands.json").lines();
        lines
            .map(|line| recording::from_json(line).expect("assets/strokes/hands.json"))
            .collect()
    })
}

/// The drawing of this number: a recorded hand's and a visitor's in turn, the newest first, where there are any.
fn drawing<'a>(
    number: usize,
    hands: &'a [Vec<Stroke>],
    visitors: &'a [Vec<Stroke>],
) -> &'a Vec<Stroke> {
    if visitors.is_empty() {
        return &hands[number % hands.len()];
    }
    let turn = number / 2;
    if number.is_multiple_of(2) {
        &hands[turn % hands.len()]
    } else {
        &visitors[visitors.len() - 1 - turn % visitors.len()]
    }
}

pub(super) fn show_hands(
    mut exhibit: ResMut<Exhibit>,
    pad: Res<Pad>,
    time: Res<Time<Real>>,
    mut actions: MessageWriter<Action>,
    next: Res<NextFrame>,
) {
    if exhibit.phase != Phase::Attract || !pad.drawing().is_empty() {
        return;
    }
    next.ask();
    if pad.is_demonstrating() && !pad.is_demonstrated() {
        exhibit.ended = 0.0;
        return;
    }
    exhibit.ended += time.delta_secs().min(0.5);
    if exhibit.ended < STANDS {
        return;
    }
    exhibit.ended = 0.0;
    let number = exhibit.hand;
    let strokes = drawing(number, recorded_hands(), exhibit.visitors.drawings()).clone();
    exhibit.hand += 1;
    actions.write(Action::Pad(PadAction::Demonstrate(strokes)));
}

/// The picture is alive; whoever comes finds it as it is composed.
pub(super) fn wander(
    exhibit: Res<Exhibit>,
    camera: Res<OrbitCamera>,
    mut actions: MessageWriter<Action>,
) {
    let wanted = exhibit.phase == Phase::Attract;
    if camera.wanders() != wanted {
        actions.write(Action::Wander(wanted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_hands_are_recorded() {
        assert!(recorded_hands().len() >= 10);
        assert!(recorded_hands().iter().all(|strokes| !strokes.is_empty()));
    }

    #[test]
    fn hands_and_visitors_take_turns() {
        let one = |index: usize| vec![recorded_hands()[index].clone()];
        let (hands, visitors) = ([one(0), one(1)].concat(), [one(2), one(3), one(4)].concat());
        let shown = |number| {
            let drawing = drawing(number, &hands, &visitors);
            recorded_hands().iter().position(|hand| hand == drawing)
        };
        let order: Vec<_> = (0..8).filter_map(shown).collect();
        assert_eq!(order, [0, 4, 1, 3, 0, 2, 1, 4]);
        assert_eq!(drawing(5, &hands, &[]), &hands[1]);
    }
}

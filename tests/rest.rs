//! When the pen rests and all motion has ended nothing runs: no frame is asked for, and a frame that comes all the same
//! touches nothing that people see or change.

use bevy::{ecs::change_detection::Tick, prelude::*};
use mnistify::{
    access::Access,
    actions::{Action, Screen, Switch},
    commands::offscreen::Offscreen,
    gallery::Gallery,
    guide::Guide,
    inference::InferenceSettings,
    inspector::InspectorSettings,
    own_network::OwnNetwork,
    pad::Pad,
    rest::NextFrame,
    school::{School, SchoolAction},
    view::{Composed, DrawSurface, Motion, OrbitCamera, Selection},
    why::{Likeness, WhyPage},
};
use mnistify_drawing::recording;

/// Frames within which every motion has ended.
const ENOUGH: usize = 600;

/// When each of them changed last.
fn changes(world: &World) -> Vec<(&'static str, Tick)> {
    fn of<T: Resource>(world: &World) -> (&'static str, Tick) {
        let changed = world.resource_ref::<T>().last_changed();
        (std::any::type_name::<T>(), changed)
    }
    vec![
        of::<Access>(world),
        of::<Composed>(world),
        of::<DrawSurface>(world),
        of::<Gallery>(world),
        of::<Guide>(world),
        of::<InferenceSettings>(world),
        of::<InspectorSettings>(world),
        of::<Likeness>(world),
        of::<Motion>(world),
        of::<OrbitCamera>(world),
        of::<OwnNetwork>(world),
        of::<Pad>(world),
        of::<School>(world),
        of::<Screen>(world),
        of::<Selection>(world),
        of::<WhyPage>(world),
    ]
}

fn rests(offscreen: &mut Offscreen, when: &str) {
    for _ in 0..ENOUGH {
        offscreen.frame();
        if offscreen.app.world().resource::<NextFrame>().is_resting() {
            break;
        }
    }
    for _ in 0..3 {
        let before = changes(offscreen.app.world());
        offscreen.frame();
        assert_eq!(before, changes(offscreen.app.world()), "{when}");
        let next = offscreen.app.world().resource::<NextFrame>();
        assert!(next.is_resting(), "{when}: a frame is asked for");
    }
}

#[test]
fn nothing_is_touched_where_nothing_moves() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(480, 270, models).expect("a GPU, a software one will do");
    rests(&mut offscreen, "with nothing drawn");
    let three = include_str!("../assets/strokes/three.json");
    offscreen.draw(recording::from_json(three).expect("a checked-in drawing"));
    rests(&mut offscreen, "with a three");
    offscreen.act(Action::Explain);
    rests(&mut offscreen, "with an answer explained");
    offscreen.act(Action::Why(WhyPage::Strokes));
    rests(&mut offscreen, "with strokes judged");
    offscreen.act(Action::Close);
    offscreen.act(Action::Set(Switch::Numbers, true));
    offscreen.act(Action::NextChallenge);
    rests(&mut offscreen, "with a challenge");
    offscreen.act(Action::School(SchoolAction::Open));
    rests(&mut offscreen, "at school before a lesson");
}

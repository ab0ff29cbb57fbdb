//! A visitor's own digit is learned like others, and nothing of it stays when it shall go.

use mnistify::{
    actions::Action,
    commands::offscreen::Offscreen,
    inference::{CurrentAnswer, Network, Origin},
    school::{LessonPlan, Phase, School, SchoolAction, Speed},
};
use mnistify_drawing::recording;
use mnistify_learning::LessonSettings;
use std::time::Instant;

/// Seconds that a software GPU may take.
const PATIENCE: u64 = 300;
/// What a three is to be.
const CALLED: u8 = 5;

/// The smallest lesson: a software GPU makes many steps of it.
fn plan() -> LessonPlan {
    LessonPlan {
        settings: LessonSettings {
            examples: 100,
            moved: false,
            batch: 32,
            ..LessonSettings::default()
        },
        speed: Speed::Full,
        hidden: 32,
        channels: 4,
        ..LessonPlan::default()
    }
}

fn at_school(offscreen: &mut Offscreen, action: SchoolAction) {
    offscreen.act(Action::School(action));
    offscreen.frame();
}

/// The networks of this origin by their names, with what they say: logits, and the share of each class.
fn answers(offscreen: &mut Offscreen, origin: &Origin) -> Vec<(String, Vec<f32>, Vec<f32>)> {
    let world = offscreen.app.world_mut();
    let mut all = world.query::<(&Network, &CurrentAnswer)>();
    let told = all.iter(world).filter_map(|(network, answer)| {
        let answer = answer.0.as_ref().filter(|_| network.origin == *origin)?;
        let name = network.name().to_string();
        Some((name, answer.logits.clone(), answer.probabilities.clone()))
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

/// Frames until this is so.
fn wait(offscreen: &mut Offscreen, what: &str, wanted: impl Fn(&mut Offscreen) -> bool) {
    let started = Instant::now();
    while !wanted(offscreen) {
        offscreen.frame();
        let waited = started.elapsed().as_secs();
        assert!(waited < PATIENCE, "{what}");
    }
}

fn share(offscreen: &mut Offscreen, name: &str) -> Option<f32> {
    let pupils = answers(offscreen, &Origin::Pupil);
    let pupil = pupils.into_iter().find(|(of, ..)| of == name)?;
    Some(pupil.2[usize::from(CALLED)])
}

#[test]
fn ones_own_digit_is_learned_and_gone_with_the_start() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let offscreen = Offscreen::start(640, 360, models);
    let mut offscreen = offscreen.expect("a GPU, a software one will do");
    let three = include_str!("../assets/strokes/three.json");
    offscreen.draw(recording::from_json(three).expect("a checked-in drawing"));
    for _ in 0..4 {
        offscreen.frame();
    }
    let patience = std::time::Duration::from_secs(PATIENCE);
    offscreen.settle(patience).expect("the networks answer");
    let before = answers(&mut offscreen, &Origin::Shipped);
    assert_eq!(before.len(), 2);

    at_school(&mut offscreen, SchoolAction::Open);
    at_school(&mut offscreen, SchoolAction::Plan(Box::new(plan())));
    at_school(&mut offscreen, SchoolAction::ThisIs(CALLED));
    at_school(&mut offscreen, SchoolAction::Forget);
    wait(
        &mut offscreen,
        "a network that knows nothing",
        |offscreen| share(offscreen, "new MLP").is_some(),
    );
    let guessed = share(&mut offscreen, "new MLP");
    assert!(guessed < Some(0.5), "{guessed:?}");
    at_school(&mut offscreen, SchoolAction::Learn);
    wait(&mut offscreen, "it is what it was called", |offscreen| {
        share(offscreen, "new MLP") > Some(0.8)
    });

    at_school(&mut offscreen, SchoolAction::Restore);
    wait(&mut offscreen, "those from before", |offscreen| {
        answers(offscreen, &Origin::Pupil).is_empty()
    });
    // They have read once more.
    for _ in 0..4 {
        offscreen.frame();
    }
    offscreen.settle(patience).expect("the networks answer");
    assert_eq!(answers(&mut offscreen, &Origin::Shipped), before);
    // It would be learned again.
    let school = offscreen.app.world().resource::<School>();
    assert_eq!((school.own.len(), school.phase), (1, Phase::Before));

    offscreen.act(Action::StartOver);
    for _ in 0..4 {
        offscreen.frame();
    }
    let school = offscreen.app.world().resource::<School>();
    assert!(school.own.is_empty() && !school.is_open);
}

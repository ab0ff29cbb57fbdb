//! The digits that are shown as alike are those that the CPU's arithmetic finds, and they mostly mean what the network says.

use bevy::prelude::Entity;
use mnistify::{
    actions::Action,
    alike::{ALIKE, Bank, Digits, PixelBank, nearest, pixels_of, vector_of, vectors_of},
    commands::offscreen::Offscreen,
    gpu::{Near, SharedGpu},
    inference::Network,
    pad::Pad,
    school::included_lessons,
    view::SelectedCell,
    why::{Likeness, WhyPage},
};
use mnistify_drawing::{PIXELS, recording};
use mnistify_learning::Pool;
use mnistify_network::{CpuNetwork, explain::Cell};
use std::{path::Path, sync::Arc, time::Instant};

/// Largest relative difference of a distance: sums in another order, and the GPU's values differ by rounding through the
/// layers.
const TOLERANCE: f32 = 2e-3;
/// Seconds that a software GPU may take for a whole bank of this many digits.
const PATIENCE: u64 = 300;
const DIGITS: usize = 300;

fn draw(offscreen: &mut Offscreen, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/strokes/{name}.json"));
    offscreen.draw(recording::load(file).expect("a checked-in recording"));
}

fn open(offscreen: &mut Offscreen, key: &str, likeness: Likeness) -> Entity {
    let network = offscreen.network(key).expect("it is shipped");
    let live = offscreen.app.world().get::<Network>(network);
    let cell = Cell {
        row: live.expect("it is there").layout.rows() - 1,
        channel: 3,
        y: 0,
        x: 0,
    };
    offscreen.act(Action::Why(WhyPage::Alike));
    offscreen.act(Action::Alike(likeness));
    offscreen.act(Action::Select(Some(SelectedCell { network, cell })));
    network
}

/// Frames until what is found is of the newest drawing.
fn wait(offscreen: &mut Offscreen, get: impl Fn(&Offscreen) -> Option<&Bank>) -> Vec<Near> {
    let started = Instant::now();
    // The drawing becomes an image, and the image a search.
    for _ in 0..3 {
        offscreen.frame();
    }
    loop {
        offscreen.frame();
        let bank = get(offscreen).filter(|bank| !bank.is_busy());
        if let Some(found) = bank.and_then(Bank::found) {
            return found.to_vec();
        }
        let waited = started.elapsed().as_secs();
        assert!(waited < PATIENCE, "{:?}", get(offscreen).map(Bank::share));
    }
}

/// The same digits in the same order, but where two are equally far within rounding.
fn assert_same(found: &[Near], expected: &[Near], distance_of: impl Fn(usize) -> f32) {
    assert_eq!(found.len(), ALIKE);
    for (found, expected) in found.iter().zip(expected) {
        let close = |a: f32, b: f32| (a - b).abs() <= TOLERANCE * b.abs().max(1e-2);
        assert!(
            close(found.distance, expected.distance),
            "{found:?} {expected:?}"
        );
        let own = distance_of(found.place);
        let is_same = found.place == expected.place;
        assert!(
            is_same || close(own, expected.distance),
            "{found:?} {expected:?}"
        );
        assert!(close(found.distance, own), "{found:?} {own}");
    }
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[test]
fn the_gpu_finds_the_digits_that_the_cpu_finds() {
    let models = mnistify::shipped_models().expect("the shipped models load");
    let mut offscreen = Offscreen::start(640, 360, models).expect("a software adapter will do");
    let pool = included_lessons().expect("the checked-in digits are sound");
    let pool = Arc::new(pool.narrowed(DIGITS, 0.0, 1));
    let world = offscreen.app.world_mut();
    world.insert_resource(Digits::of(pool.clone()));
    // The kernels are what is tested, also where the CPU would be asked instead.
    world.resource_mut::<SharedGpu>().is_software = false;
    let all = 0..pool.training_images();
    let pixels = pixels_of(&pool, all.clone());
    draw(&mut offscreen, "three");
    let network = open(&mut offscreen, "mlp", Likeness::Network);
    let twin = offscreen
        .app
        .world()
        .get::<Network>(network)
        .expect("it is there")
        .cpu
        .clone();
    let bank = vectors_of(&twin, &pool, all);
    let width = vector_of(twin.layout()).len();
    for name in ["three", "seven"] {
        draw(&mut offscreen, name);
        open(&mut offscreen, "mlp", Likeness::Network);
        let found = wait(&mut offscreen, |offscreen| {
            offscreen.app.world().get(network)
        });
        let image = offscreen.app.world().resource::<Pad>().image().clone();
        let vector = twin.forward_arena(image.as_slice())[vector_of(twin.layout())].to_vec();
        assert_same(&found, &nearest(&bank, &vector, ALIKE), |digit| {
            distance(&bank[digit * width..][..width], &vector)
        });

        open(&mut offscreen, "mlp", Likeness::Pixels);
        let found = wait(&mut offscreen, |offscreen| {
            offscreen.app.world().resource::<PixelBank>().0.as_ref()
        });
        let image = image.as_slice();
        assert_same(&found, &nearest(&pixels, image, ALIKE), |digit| {
            distance(&pixels[digit * PIXELS..][..PIXELS], image)
        });
    }
    // A blank pad is like nothing.
    offscreen.act(Action::Pad(mnistify::pad::PadAction::Clear));
    for _ in 0..4 {
        offscreen.frame();
    }
    let pixel_bank = offscreen.app.world().resource::<PixelBank>();
    assert!(
        pixel_bank
            .0
            .as_ref()
            .is_some_and(|bank| bank.found().is_none())
    );
}

/// The share of the first hundred unseen digits of whose nearest among so many most were meant as the network reads them.
fn agreement(key: &str, digits: usize) -> f64 {
    let models = mnistify::shipped_models().expect("the shipped models load");
    let model = models
        .iter()
        .find(|model| model.spec.name().to_lowercase().contains(key));
    let network = CpuNetwork::new(model.expect("it is shipped"));
    let pool = included_lessons().expect("the checked-in digits are sound");
    let bank = vectors_of(&network, &pool, 0..digits);
    let unseen = pool.training_images()..pool.training_images() + 100;
    let agreeing = unseen.filter(|digit| {
        let pixels = pixels_of(&pool, *digit..digit + 1);
        let arena = network.forward_arena(&pixels);
        let found = nearest(&bank, &arena[vector_of(network.layout())], ALIKE);
        let logits = &arena[network.layout().logits()];
        let answer = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
        Some(majority(&found, &pool)) == answer
    });
    agreeing.count() as f64 / 100.0
}

/// What most of them were meant as.
fn majority(found: &[Near], pool: &Pool) -> usize {
    let mut votes = [0; 10];
    for near in found {
        votes[usize::from(pool.classes[near.place])] += 1;
    }
    let most = (0..10).max_by_key(|class| votes[*class]);
    most.expect("there are ten classes")
}

#[test]
fn most_of_the_alike_mean_what_the_network_says() {
    // Fewer for the CNN, which takes the CPU longer.
    for (key, digits) in [("mlp", 10_000), ("cnn", 2_000)] {
        let agreement = agreement(key, digits);
        println!("{key}: {agreement}");
        assert!(agreement >= 0.95, "{key}: {agreement}");
    }
}

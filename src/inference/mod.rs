//! The image changed → every shown network reads it on the GPU → the newest answer. Nothing here waits for the GPU.
//!
//! Who wants a network triggers [`AddNetwork`]; who wants it gone despawns its entity. Everybody else observes
//! `On<Add, Network>` and `On<Remove, Network>`.

mod batch;
mod executor;
mod names;
mod network;
mod runner;
mod self_test;
mod timings;

pub use batch::{Batch, Progress};
pub use executor::{CurrentAnswer, Executor, RunnerStatus};
pub use mnistify_network::Series;
pub use names::shortened;
pub use network::{Network, Networks, Origin, Reading, ReadingItem, Shown};
pub use runner::{Logits, Runner, tuning};
pub use self_test::{SELF_TEST_TOLERANCE, self_test_digits};
pub use timings::Timings;

use crate::{
    AppSystems,
    gpu::{Display, SharedGpu},
    pad::Pad,
    rest::NextFrame,
};
use bevy::{platform::time::Instant, prelude::*};
use executor::{Submitted, answer_of};
use mnistify_network::{Model, prediction::DEFAULT_THRESHOLD};
use std::time::Duration;

/// Registers the networks and their reading.
pub fn plugin(app: &mut App) {
    app.init_resource::<InferenceSettings>()
        .init_resource::<Traffic>()
        .add_observer(add_network)
        .add_systems(Startup, add_start_networks)
        .add_systems(
            PostUpdate,
            (follow_self_tests, read_image, collect_answers)
                .chain()
                .in_set(AppSystems::Infer),
        );
}

/// What a person, or a measurement, can switch.
#[derive(Resource, Clone, Debug)]
pub struct InferenceSettings {
    /// Read in every frame, whether anything changed or not.
    pub continuous: bool,
    /// Off for measurements of everything else.
    pub enabled: bool,
    /// A measurement counts on the same networks from its beginning to its end: none comes or goes meanwhile.
    pub networks_fixed: bool,
    /// An answer below this probability is "not sure".
    pub threshold: f32,
}

impl Default for InferenceSettings {
    fn default() -> Self {
        Self {
            continuous: false,
            enabled: true,
            networks_fixed: false,
            threshold: DEFAULT_THRESHOLD,
        }
    }
}

/// The models to start with; inserted before the app runs.
#[derive(Resource, Clone)]
pub struct StartModels(pub Vec<Model>);

/// Adds a network under a name that no other has.
#[derive(Event, Clone, Debug)]
pub struct AddNetwork {
    /// Its architecture and weights.
    pub model: Model,
    /// Whether it came with the app or a person brought it.
    pub origin: Origin,
}

/// The weights came with which a network reads that learned.
#[derive(Event, Clone, Copy, Debug)]
pub struct WeightsCame {
    /// Its entity.
    pub network: Entity,
}

/// What went to the GPU and came back since the start.
#[derive(Resource, Debug, Default)]
pub struct Traffic {
    /// Frames in which a forward was encoded.
    pub forwards: u64,
    /// Bytes that came back from the GPU.
    pub bytes_read_back: u64,
}

fn add_start_networks(mut commands: Commands, models: Res<StartModels>) {
    for model in models.0.clone() {
        commands.trigger(AddNetwork {
            model,
            origin: Origin::Shipped,
        });
    }
}

fn add_network(
    added: On<AddNetwork>,
    mut commands: Commands,
    networks: Query<(Entity, &Network)>,
    gpu: Option<Res<SharedGpu>>,
) {
    let names: Vec<&str> = networks.iter().map(|(_, network)| network.name()).collect();
    let name = names::display_name(added.model.spec.name(), &names);
    let taken = |slot: &usize| networks.iter().any(|(_, network)| network.slot() == *slot);
    let slot = (0..).find(|slot| !taken(slot)).unwrap_or_default();
    let network = Network::new(added.model.clone(), added.origin.clone(), name, slot);
    let executor = Executor::new(&network, gpu.as_deref());
    let display = gpu.map(|gpu| Display::new(&gpu, &network.layout));
    let mut entity = commands.spawn((
        executor,
        CurrentAnswer::default(),
        Timings::default(),
        Shown,
    ));
    if let Some(display) = display {
        entity.insert(display);
    }
    // Last, so that who observes it finds all the rest.
    entity.insert(network);
    // A new one is to be seen: beside the others, but pupils in their places.
    let mut origins = networks.iter().map(|(_, network)| &network.origin);
    let at_school = added.origin == Origin::Pupil || origins.any(|o| *o == Origin::Pupil);
    for (entity, network) in &networks {
        let mut entity = commands.entity(entity);
        if at_school && network.origin != Origin::Pupil {
            entity.remove::<Shown>();
        } else {
            entity.insert(Shown);
        }
    }
}

/// Compares the GPU with the CPU on real digits.
fn follow_self_tests(
    mut networks: Query<(&Network, &mut Executor)>,
    gpu: Option<Res<SharedGpu>>,
    next: Res<NextFrame>,
) {
    let Some(gpu) = gpu else {
        return;
    };
    for (network, mut executor) in &mut networks {
        if executor.is_checking() {
            executor.follow_self_test(network, &gpu);
            next.ask();
        }
    }
}

type Forwarding<'a> = (
    &'a Network,
    &'a mut Executor,
    &'a mut Timings,
    &'a mut CurrentAnswer,
    Option<&'a mut Display>,
    Option<Ref<'a, Shown>>,
);

/// Reads the pad's image with every shown network, where it changed or a network has not seen it yet.
fn read_image(
    mut networks: Query<Forwarding<'_>>,
    settings: Res<InferenceSettings>,
    pad: Res<Pad>,
    gpu: Option<Res<SharedGpu>>,
    mut traffic: ResMut<Traffic>,
    next: Res<NextFrame>,
) {
    next.ask_if(settings.continuous);
    let changed = pad.image_changed() || settings.is_changed() || settings.continuous;
    let mut reading = 0;
    for (_, mut executor, _, _, _, shown) in &mut networks {
        let newly_shown = shown.as_ref().is_some_and(DetectChanges::is_added);
        let reads =
            settings.enabled && shown.is_some() && (changed || newly_shown || executor.must_read());
        if executor.forwarded != reads {
            executor.forwarded = reads;
        }
        reading += u32::from(reads);
    }
    if reading == 0 {
        return;
    }
    traffic.forwards += 1;
    // Every network's upload, kernels and way back in one submit.
    let started = Instant::now();
    let mut submitting = Duration::ZERO;
    if let Some(gpu) = gpu.as_deref() {
        let descriptor = wgpu::CommandEncoderDescriptor {
            label: Some("forwards"),
        };
        let mut encoder = gpu.device.create_command_encoder(&descriptor);
        for (_, mut executor, _, _, display, _) in &mut networks {
            if let (true, Some(mut display)) = (executor.forwarded, display) {
                executor.encode(pad.image(), gpu, &mut display, &mut encoder);
            }
        }
        let begun = Instant::now();
        gpu.queue.submit([encoder.finish()]);
        submitting = begun.elapsed() / reading;
    }
    let forward = Submitted {
        image: pad.image(),
        gpu: gpu.as_deref(),
        started,
        submitting,
    };
    for (network, mut executor, mut timings, mut answer, mut display, _) in &mut networks {
        if !executor.forwarded {
            continue;
        }
        let (bytes, logits) = executor.ask(network, &mut timings, display.as_deref_mut(), &forward);
        traffic.bytes_read_back += bytes;
        if let Some(logits) = logits {
            *answer = answer_of(network, &logits, pad.image().is_blank());
            // The panels of this frame have been painted; the next shows it.
            next.ask();
        }
    }
}

fn collect_answers(
    mut networks: Query<(&Network, &mut Executor, &mut Timings, &mut CurrentAnswer)>,
    next: Res<NextFrame>,
) {
    for (network, mut executor, mut timings, mut answer) in &mut networks {
        if executor.is_idle() {
            continue;
        }
        if let Some((logits, blank)) = executor.collect(&mut timings) {
            *answer = answer_of(network, &logits, blank);
        }
        // What is on its way is taken in by a later frame, and what came is painted by the next.
        next.ask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{LayerSpec, NetworkSpec, fused::FusedNetwork};

    #[test]
    fn the_shipped_networks_fit_every_gpu_and_a_huge_one_does_not() {
        let limits = wgpu::Limits::downlevel_defaults();
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
            assert!(FusedNetwork::fits(&spec, &limits, 16));
        }
        let maps = 6000;
        let huge = NetworkSpec::new(
            "huge",
            vec![
                LayerSpec::conv2d(1, maps, [1, 1]),
                LayerSpec::Flatten,
                LayerSpec::linear(maps * 784, 10),
            ],
        )
        .expect("the shapes fit");
        assert!(!FusedNetwork::fits(&huge, &limits, 16));
    }
}

//! The image changed → every shown network reads it on the GPU → the newest answer. Nothing here waits for the GPU.

mod runner;
mod self_test;
mod timings;

pub use mnistify_network::Series;
pub use runner::{Logits, Runner, tuning};
pub use self_test::{SELF_TEST_TOLERANCE, self_test_digits};
pub use timings::Timings;

use timings::WARM_UP_FORWARDS;

use crate::{
    AppSystems,
    gpu::{Display, SharedGpu},
    pad::Pad,
    visitor,
};
use bevy::{
    platform::time::Instant,
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_drawing::Image28;
use mnistify_network::{
    Answer, ArenaLayout, CpuNetwork, Model, NetworkSpec,
    fused::{FusedNetwork, Gpu, LogitsRead},
    prediction::DEFAULT_THRESHOLD,
};
use self_test::SelfTest;
use std::{sync::Arc, time::Duration};

/// Reads of burn's own operators on their way at a time; the fused kernels bring their own limit.
const MAX_PLAIN_READS: usize = 3;

pub fn plugin(app: &mut App) {
    app.init_resource::<InferenceSettings>()
        .add_systems(Startup, prepare_networks)
        .add_systems(
            PostUpdate,
            (run_self_test, read_image, collect_answers)
                .chain()
                .in_set(AppSystems::Infer),
        );
}

/// What the visitor can switch.
#[derive(Resource, Clone, Debug)]
pub struct InferenceSettings {
    /// Which networks read, by their place in [`Networks`].
    pub shown: ShownNetworks,
    /// Read in every frame, whether anything changed or not.
    pub continuous: bool,
    /// Off for measurements of everything else.
    pub enabled: bool,
    /// An answer below this probability is "not sure".
    pub threshold: f32,
}

impl Default for InferenceSettings {
    fn default() -> Self {
        Self {
            shown: ShownNetworks::All,
            continuous: false,
            enabled: true,
            threshold: DEFAULT_THRESHOLD,
        }
    }
}

/// One network, or all side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownNetworks {
    All,
    Only(usize),
}

impl ShownNetworks {
    /// Whether the network at this place is shown.
    pub fn shows(self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == index,
        }
    }
}

/// The models to start with; inserted before the app runs.
#[derive(Resource, Clone)]
pub struct StartModels(pub Vec<Model>);

/// The networks and what they say.
#[derive(Resource, Default)]
pub struct Networks {
    /// Those of the start, then the visitor's own, if any.
    pub all: Vec<LiveNetwork>,
    /// Another number whenever `all` holds other networks: who builds something for each of them compares it.
    pub generation: u64,
    /// Frames since the start in which a forward was encoded.
    pub forwards: u64,
    /// Bytes that came back from the GPU since the start.
    pub bytes_read_back: u64,
}

impl Networks {
    /// The place of the visitor's own network.
    pub fn visitor(&self) -> Option<usize> {
        self.all.iter().position(|network| network.is_visitors)
    }

    /// Puts a network into the place of the visitor's own, or takes that away. Returns the place: from there on nothing
    /// is as it was.
    pub fn set_visitor(&mut self, model: Option<Model>, gpu: Option<&SharedGpu>) -> usize {
        self.all.retain(|network| !network.is_visitors);
        let place = self.all.len();
        if let Some(model) = model {
            self.add(model, gpu);
            self.all[place].is_visitors = true;
        }
        self.generation += 1;
        place
    }

    /// Adds a network under a name that no other has.
    fn add(&mut self, model: Model, gpu: Option<&SharedGpu>) {
        let taken: Vec<&str> = self.all.iter().map(LiveNetwork::name).collect();
        let name = visitor::display_name(model.spec.name(), &taken);
        let mut network = LiveNetwork::new(model, gpu);
        network.name = name;
        self.all.push(network);
    }
}

/// A network at work.
pub struct LiveNetwork {
    /// What people read, such as `CNN`: short, and unlike the others'.
    name: String,
    /// Whether a visitor brought it.
    pub is_visitors: bool,
    pub model: Model,
    pub layout: ArenaLayout,
    /// The framework-free twin: checks the GPU, explains cells, and takes over where there is no GPU.
    pub cpu: Arc<CpuNetwork>,
    pub runner: Runner,
    /// The buffers its tower is drawn from; none without a GPU.
    pub display: Option<Display>,
    /// None for a blank pad.
    pub answer: Option<Answer>,
    pub timings: Timings,
    /// What happened at the start: on what it runs, and why.
    pub status: RunnerStatus,
    /// Whether this frame encoded a forward.
    pub forwarded: bool,
    reads: Vec<Read>,
    self_test: Option<SelfTest>,
    /// The newest forward's logits have not been asked for, since too many reads were on their way.
    unread: bool,
    /// What encoding the newest forward took.
    encoding: Duration,
    sequence: u64,
    shown_sequence: u64,
}

/// Whether the GPU was found to be right.
#[derive(Clone, Debug, PartialEq)]
pub enum RunnerStatus {
    /// The self-test is on its way.
    Checking,
    /// The GPU agrees with the CPU: largest difference of any logit.
    Verified { largest_difference: f32 },
    /// The network runs on the CPU, for this reason.
    OnCpu(String),
}

/// Logits on their way.
struct Read {
    sequence: u64,
    started: Instant,
    blank: bool,
    logits: OnTheWay,
}

enum OnTheWay {
    Fused(LogitsRead),
    Plain(Task<Option<Vec<f32>>>),
}

impl OnTheWay {
    /// The logits when they are here, none where reading failed.
    #[allow(clippy::option_option)]
    fn poll(&mut self) -> Option<Option<Vec<f32>>> {
        match self {
            Self::Fused(read) => read.take(),
            Self::Plain(task) => future::block_on(future::poll_once(task)),
        }
    }
}

impl LiveNetwork {
    /// Prepares a model on the GPU, or on the CPU where there is none.
    pub fn new(model: Model, gpu: Option<&SharedGpu>) -> Self {
        let cpu = Arc::new(CpuNetwork::new(&model));
        let layout = ArenaLayout::new(&model.spec);
        let on_cpu = |reason: &str| (Runner::Cpu, RunnerStatus::OnCpu(reason.into()), None);
        let too_large = gpu.is_some_and(|gpu| {
            // The self-test reads all of its digits at once.
            !FusedNetwork::fits(&model.spec, &gpu.device.limits(), self_test_digits().len())
        });
        let (runner, status, self_test) = match gpu.map(|gpu| (gpu, &gpu.burn)) {
            Some(_) if too_large => on_cpu("it is too large for this GPU"),
            Some((gpu, Some(device))) => (
                Runner::fused(&model, gpu, device),
                RunnerStatus::Checking,
                Some(SelfTest::start(&model, gpu, device)),
            ),
            Some((_, None)) => on_cpu("this browser's WebGPU has no timestamp queries"),
            None => on_cpu("no GPU adapter was found"),
        };
        Self {
            name: model.spec.name().to_string(),
            is_visitors: false,
            display: gpu.map(|gpu| Display::new(gpu, &layout)),
            model,
            layout,
            cpu,
            runner,
            answer: None,
            timings: Timings::default(),
            status,
            forwarded: false,
            reads: Vec::new(),
            self_test,
            unread: false,
            encoding: Duration::ZERO,
            sequence: 0,
            shown_sequence: 0,
        }
    }

    /// Its name, such as `CNN`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The architecture.
    pub fn spec(&self) -> &NetworkSpec {
        &self.model.spec
    }

    /// Whether every forward so far has been answered.
    pub fn is_idle(&self) -> bool {
        self.reads.is_empty() && !self.unread && self.self_test.is_none()
    }

    /// Encodes a forward of `image`.
    fn encode(&mut self, image: &Image28, gpu: &SharedGpu, encoder: &mut wgpu::CommandEncoder) {
        let started = Instant::now();
        if let Some(display) = &mut self.display {
            self.runner.encode(encoder, image.as_slice(), gpu, display);
        }
        self.encoding = started.elapsed();
    }

    /// Asks for the logits of the forward that was submitted, which began at `started` and of which `submitting` is
    /// this network's share.
    fn ask(
        &mut self,
        image: &Image28,
        gpu: Option<&SharedGpu>,
        started: Instant,
        submitting: Duration,
        bytes: &mut u64,
    ) {
        self.sequence += 1;
        self.unread = false;
        let sequence = self.sequence;
        if sequence > WARM_UP_FORWARDS {
            let encoding = self.encoding + submitting;
            self.timings.encode.push(encoding.as_secs_f32() * 1e3);
        }
        let plain_reads_left = self.reads.len() < MAX_PLAIN_READS;
        let display = gpu.zip(self.display.as_mut());
        let logits = match self.runner.logits(&self.cpu, image.as_slice(), display) {
            Logits::Here(logits) => {
                let millis = started.elapsed().as_secs_f32() * 1e3;
                self.timings.result.push(millis);
                self.show(sequence, image.is_blank(), &logits);
                return;
            }
            Logits::Fused(read) => OnTheWay::Fused(read),
            Logits::Plain(future) if plain_reads_left => {
                OnTheWay::Plain(AsyncComputeTaskPool::get().spawn(future))
            }
            Logits::Plain(_) | Logits::NotAsked => {
                self.unread = true;
                return;
            }
        };
        *bytes += (self.layout.logits().len() * size_of::<f32>()) as u64;
        self.reads.push(Read {
            sequence,
            started,
            blank: image.is_blank(),
            logits,
        });
    }

    /// From the fused kernels to burn's operators, which are then checked.
    fn step_down(&mut self, device: &Gpu) {
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.runner = Runner::plain(&self.model, device);
            self.self_test = Some(SelfTest::start_plain(&self.model, device));
        }
        #[cfg(target_arch = "wasm32")]
        let _ = device;
    }

    /// Newest wins: an answer that arrives after a newer one is dropped.
    fn show(&mut self, sequence: u64, blank: bool, logits: &[f32]) {
        if sequence <= self.shown_sequence {
            return;
        }
        self.shown_sequence = sequence;
        let calibration = self.model.calibration.as_ref();
        self.answer = Answer::from_logits(logits, calibration).filter(|_| !blank);
    }
}

fn prepare_networks(mut commands: Commands, models: Res<StartModels>, gpu: Option<Res<SharedGpu>>) {
    let mut networks = Networks::default();
    for model in &models.0 {
        networks.add(model.clone(), gpu.as_deref());
    }
    commands.insert_resource(networks);
}

/// Compares the GPU with the CPU on real digits, and steps down from the fused kernels to plain burn (not in the page) to
/// the CPU.
fn run_self_test(networks: Option<ResMut<Networks>>, gpu: Option<Res<SharedGpu>>) {
    let device = gpu.as_ref().and_then(|gpu| gpu.burn.as_ref());
    let (Some(mut networks), Some(device)) = (networks, device) else {
        return;
    };
    for network in &mut networks.all {
        let Some(test) = &mut network.self_test else {
            continue;
        };
        let Some(outcome) = test.poll(&network.cpu) else {
            continue;
        };
        network.self_test = None;
        match outcome {
            Ok(largest_difference) => {
                network.status = RunnerStatus::Verified { largest_difference };
            }
            // The page does not carry burn's operators.
            Err(reason) if matches!(network.runner, Runner::Fused(_)) && Runner::HAS_PLAIN => {
                warn!(
                    "{}: fused kernels: {reason}; trying plain burn",
                    network.name()
                );
                network.step_down(device);
            }
            Err(reason) => {
                warn!("{}: {reason}; using the CPU", network.name());
                network.runner = Runner::Cpu;
                network.status = RunnerStatus::OnCpu(reason);
            }
        }
    }
}

/// Reads the pad's image with every shown network, where it changed or a network has not seen it yet.
fn read_image(
    networks: Option<ResMut<Networks>>,
    settings: Res<InferenceSettings>,
    pad: Res<Pad>,
    gpu: Option<Res<SharedGpu>>,
) {
    let Some(mut networks) = networks else {
        return;
    };
    for network in &mut networks.all {
        network.forwarded = false;
    }
    if !settings.enabled {
        return;
    }
    let changed = pad.image_changed() || settings.is_changed() || settings.continuous;
    let networks = networks.as_mut();
    for (index, network) in networks.all.iter_mut().enumerate() {
        // A read that had to wait has its turn when one came back.
        let again = network.sequence == 0 || network.unread && network.reads.is_empty();
        network.forwarded = settings.shown.shows(index) && (changed || again);
    }
    let reading = networks.all.iter().filter(|n| n.forwarded).count() as u32;
    if reading == 0 {
        return;
    }
    networks.forwards += 1;
    // Every network's upload, kernels and way back in one submit.
    let started = Instant::now();
    let mut submitting = Duration::ZERO;
    if let Some(gpu) = gpu.as_deref() {
        let descriptor = wgpu::CommandEncoderDescriptor {
            label: Some("forwards"),
        };
        let mut encoder = gpu.device.create_command_encoder(&descriptor);
        for network in networks.all.iter_mut().filter(|n| n.forwarded) {
            network.encode(pad.image(), gpu, &mut encoder);
        }
        let begun = Instant::now();
        gpu.queue.submit([encoder.finish()]);
        submitting = begun.elapsed() / reading;
    }
    let bytes = &mut networks.bytes_read_back;
    for network in networks.all.iter_mut().filter(|n| n.forwarded) {
        network.ask(pad.image(), gpu.as_deref(), started, submitting, bytes);
    }
}

fn collect_answers(networks: Option<ResMut<Networks>>) {
    let Some(mut networks) = networks else {
        return;
    };
    for network in &mut networks.all {
        for mut read in std::mem::take(&mut network.reads) {
            match read.logits.poll() {
                None => network.reads.push(read),
                Some(None) => {
                    let reason = "reading the logits back from the GPU failed".to_string();
                    network.runner = Runner::Cpu;
                    network.status = RunnerStatus::OnCpu(reason);
                }
                Some(Some(logits)) => {
                    if read.sequence > WARM_UP_FORWARDS {
                        let millis = read.started.elapsed().as_secs_f32() * 1e3;
                        network.timings.result.push(millis);
                    }
                    network.show(read.sequence, read.blank, &logits);
                }
            }
        }
        let warm = network.sequence > WARM_UP_FORWARDS;
        if let Some(millis) = network.runner.take_gpu_millis().filter(|_| warm) {
            network.timings.gpu.push(millis as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::LayerSpec;

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
                LayerSpec::Conv2d {
                    in_channels: 1,
                    out_channels: maps,
                    kernel_size: [1, 1],
                    stride: [1, 1],
                    padding: [0, 0],
                },
                LayerSpec::Flatten,
                LayerSpec::Linear {
                    in_features: maps * 784,
                    out_features: 10,
                },
            ],
        )
        .expect("the shapes fit");
        assert!(!FusedNetwork::fits(&huge, &limits, 16));
    }
}

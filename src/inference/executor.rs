//! A network at work: its forwards on the way to the GPU, its logits on the way back, and what it says.

use super::{
    Network, Timings,
    runner::{Logits, Runner},
    self_test::{SelfTest, self_test_digits},
    timings::WARM_UP_FORWARDS,
};
use crate::gpu::{Display, SharedGpu};
use bevy::{platform::time::Instant, prelude::*};
use mnistify_drawing::Image28;
use mnistify_network::{
    Answer,
    fused::{ArenaRead, FusedNetwork},
};
use std::time::Duration;

/// Reads of burn's own operators on their way at a time; the fused kernels bring their own limit.
const MAX_PLAIN_READS: usize = 3;

/// What a network says of the image on the pad; none for a blank pad.
#[derive(Component, Debug, Default)]
pub struct CurrentAnswer(pub Option<Answer>);

/// Runs a network.
#[derive(Component)]
pub struct Executor {
    /// The kernels, or what takes their place.
    pub runner: Runner,
    /// What happened at the start: on what it runs, and why.
    pub status: RunnerStatus,
    /// Whether this frame encoded a forward.
    pub forwarded: bool,
    reads: Vec<Read>,
    self_test: Option<SelfTest>,
    /// The newest forward's logits have not been asked for, since too many reads were on their way.
    unread: bool,
    /// The weights are others than the newest forward's.
    stale: bool,
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
    Verified {
        /// In units of the logits.
        largest_difference: f32,
    },
    /// The network runs on the CPU, for this reason.
    OnCpu(String),
}

/// Logits on their way.
struct Read {
    sequence: u64,
    started: Instant,
    blank: bool,
    logits: ArenaRead,
}

/// A forward that was submitted.
pub(super) struct Submitted<'a> {
    pub image: &'a Image28,
    pub gpu: Option<&'a SharedGpu>,
    /// When it began.
    pub started: Instant,
    /// This network's share of submitting it.
    pub submitting: Duration,
}

impl Executor {
    /// Prepares a network on the GPU, or on the CPU where there is none.
    pub(super) fn new(network: &Network, gpu: Option<&SharedGpu>) -> Self {
        let model = &network.model;
        let on_cpu = |reason: &str| (Runner::Cpu, RunnerStatus::OnCpu(reason.into()), None);
        let too_large = gpu.is_some_and(|gpu| {
            // The self-test reads all of its digits at once.
            !FusedNetwork::fits(&model.spec, &gpu.device.limits(), self_test_digits().len())
        });
        let (runner, status, self_test) = match gpu.map(|gpu| (gpu, &gpu.burn)) {
            Some(_) if too_large => on_cpu("it is too large for this GPU"),
            Some((gpu, Some(device))) => (
                Runner::fused(model, gpu, device),
                RunnerStatus::Checking,
                Some(SelfTest::start(network, gpu, device)),
            ),
            Some((_, None)) => on_cpu("this browser's WebGPU has no timestamp queries"),
            None => on_cpu("no GPU adapter was found"),
        };
        Self {
            runner,
            status,
            forwarded: false,
            reads: Vec::new(),
            self_test,
            unread: false,
            stale: false,
            encoding: Duration::ZERO,
            sequence: 0,
            shown_sequence: 0,
        }
    }

    /// The weights on the GPU are others by now: the image that was read last is to be read with them.
    pub fn weights_changed(&mut self) {
        self.stale = true;
    }

    /// Whether every forward so far has been answered.
    pub fn is_idle(&self) -> bool {
        self.reads.is_empty() && !self.unread && self.self_test.is_none()
    }

    /// Forwards so far, and which of them was the newest whose logits came back.
    pub fn forwards(&self) -> [u64; 2] {
        [self.sequence, self.shown_sequence]
    }

    /// Whether it has to read the image that it read last once more, or for the first time.
    pub(super) fn must_read(&self) -> bool {
        // A read that had to wait has its turn when one came back.
        self.sequence == 0 || self.stale || self.unread && self.reads.is_empty()
    }

    /// Encodes a forward of `image`.
    pub(super) fn encode(
        &mut self,
        image: &Image28,
        gpu: &SharedGpu,
        display: &mut Display,
        encoder: &mut wgpu::CommandEncoder,
    ) {
        let started = Instant::now();
        self.runner.encode(encoder, image.as_slice(), gpu, display);
        self.encoding = started.elapsed();
    }

    /// Asks for the logits of the forward that was submitted. Returns the bytes that will come back, and the logits where
    /// they are here already.
    pub(super) fn ask(
        &mut self,
        network: &Network,
        timings: &mut Timings,
        display: Option<&mut Display>,
        forward: &Submitted<'_>,
    ) -> (u64, Option<Vec<f32>>) {
        self.sequence += 1;
        self.unread = false;
        self.stale = false;
        let (sequence, pixels) = (self.sequence, forward.image.as_slice());
        if sequence > WARM_UP_FORWARDS {
            let encoding = self.encoding + forward.submitting;
            timings.encode.push(encoding.as_secs_f32() * 1e3);
        }
        let plain_reads_left = self.reads.len() < MAX_PLAIN_READS;
        let display = forward.gpu.zip(display);
        let logits = match self.runner.logits(&network.cpu, pixels, display) {
            Logits::Here(logits) => {
                let millis = forward.started.elapsed().as_secs_f32() * 1e3;
                timings.result.push(millis);
                self.shown_sequence = sequence;
                return (0, Some(logits));
            }
            Logits::Fused(read) => read,
            Logits::Plain(read) if plain_reads_left => read,
            Logits::Plain(_) | Logits::NotAsked => {
                self.unread = true;
                return (0, None);
            }
        };
        self.reads.push(Read {
            sequence,
            started: forward.started,
            blank: forward.image.is_blank(),
            logits,
        });
        let bytes = network.layout.logits().len() * size_of::<f32>();
        (bytes as u64, None)
    }

    /// Takes in the logits that have arrived. Newest wins: one that arrives after a newer one is dropped. Returns the
    /// newest with whether they are of a blank image.
    pub(super) fn collect(&mut self, timings: &mut Timings) -> Option<(Vec<f32>, bool)> {
        let mut newest = None;
        for read in std::mem::take(&mut self.reads) {
            match read.logits.take() {
                None => self.reads.push(read),
                Some(None) => self.give_up_gpu("reading the logits back from the GPU failed"),
                Some(Some(logits)) => {
                    if read.sequence > WARM_UP_FORWARDS {
                        let millis = read.started.elapsed().as_secs_f32() * 1e3;
                        timings.result.push(millis);
                    }
                    if read.sequence > self.shown_sequence {
                        self.shown_sequence = read.sequence;
                        newest = Some((logits, read.blank));
                    }
                }
            }
        }
        let warm = self.sequence > WARM_UP_FORWARDS;
        if let Some(millis) = self.runner.take_gpu_millis().filter(|_| warm) {
            timings.gpu.push(millis as f32);
        }
        newest
    }

    /// Takes in the self-test, and steps down from the fused kernels to plain burn (not in the page) to the CPU where it
    /// failed.
    pub(super) fn follow_self_test(&mut self, network: &Network, gpu: &SharedGpu) {
        let Some(outcome) = self.self_test.as_mut().and_then(|t| t.poll()) else {
            return;
        };
        self.self_test = None;
        let name = network.name();
        match (outcome, &gpu.burn) {
            (Ok(largest_difference), _) => {
                self.status = RunnerStatus::Verified { largest_difference };
            }
            // The page does not carry burn's operators.
            #[cfg(not(target_arch = "wasm32"))]
            (Err(reason), Some(device)) if matches!(self.runner, Runner::Fused(_)) => {
                warn!("{name}: fused kernels: {reason}; trying plain burn");
                self.runner = Runner::plain(&network.model, device);
                self.self_test = Some(SelfTest::start_plain(network, device));
            }
            (Err(reason), _) => {
                warn!("{name}: {reason}; using the CPU");
                self.give_up_gpu(&reason);
            }
        }
    }

    /// From now on the CPU computes, for this reason.
    pub fn give_up_gpu(&mut self, reason: &str) {
        self.self_test = None;
        self.runner = Runner::Cpu;
        self.status = RunnerStatus::OnCpu(reason.into());
        // The forward that failed is to be done again.
        self.unread = true;
    }

    /// Whether a self-test is on its way.
    pub(super) fn is_checking(&self) -> bool {
        self.self_test.is_some()
    }
}

/// What logits say; nothing about a blank image.
pub(super) fn answer_of(network: &Network, logits: &[f32], blank: bool) -> CurrentAnswer {
    let calibration = network.model.calibration.as_ref();
    CurrentAnswer(Answer::from_logits(logits, calibration).filter(|_| !blank))
}

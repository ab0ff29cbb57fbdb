//! `mnistify bench --soak N`: as many digits as many visitors draw, one after the other as fast as the machine can, and
//! whether memory stays flat meanwhile.

use super::{offscreen::Offscreen, resident_bytes};
use crate::{
    actions::Action,
    exhibit::{self, Settings, recorded_hands},
    gpu::SharedGpu,
    inference::{CurrentAnswer, Executor, Network},
    pad::PadAction,
    rest::NextFrame,
};
use mnistify_drawing::{PAD_SIZE, Stroke};
use mnistify_network::Model;
use serde::Serialize;
use serde_json::json;
use std::{
    collections::BTreeMap,
    io::Write,
    time::{Duration, Instant},
};

/// Digits from one visitor to the next.
const DIGITS_A_VISITOR: u64 = 100;
/// Memory is looked at so many times, but at least each thousand digits.
const SAMPLES: u64 = 100;
/// The share of the samples at the start that says nothing of the slope: pipelines, pools and fonts come.
const WARMING: usize = 5;
/// An answer that takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was found after so many digits.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sample {
    digits: u64,
    resets: u64,
    frames: u64,
    seconds: f64,
    /// Memory of this process that is in RAM; none where the system does not tell.
    resident_bytes: Option<u64>,
    /// What is allocated on the device; none where the driver's interface does not tell.
    gpu_bytes: Option<u64>,
}

/// The whole app without a window, and what came of it so far.
struct Soak {
    offscreen: Offscreen,
    begun: Instant,
    digits: u64,
    resets: u64,
    /// Whether the newest digit's answers have not been counted.
    uncounted: bool,
    /// How often each network gave which answer.
    answers: BTreeMap<String, Vec<u64>>,
    samples: Vec<Sample>,
}

/// Draws so many digits, prints what memory did and ends.
///
/// # Errors
/// Where there is no GPU adapter, or a network does not answer.
pub fn run(
    digits: u64,
    seed: u64,
    json: bool,
    size: [u32; 2],
    models: Vec<Model>,
) -> Result<i32, String> {
    let mut soak = Soak {
        offscreen: Offscreen::start(size[0], size[1], models)?,
        begun: Instant::now(),
        digits: 0,
        resets: 0,
        uncounted: false,
        answers: BTreeMap::new(),
        samples: Vec::new(),
    };
    let period = (digits / SAMPLES).clamp(1, 1000);
    for number in 0..digits {
        soak.draw(&varied_hand(number, seed))?;
        if soak.digits.is_multiple_of(DIGITS_A_VISITOR) {
            soak.begin_anew()?;
        }
        if soak.digits.is_multiple_of(period) || soak.digits == digits {
            let sample = soak.take_sample();
            if !json {
                tell(&sample);
            }
        }
    }
    soak.frame()?;
    soak.report(json);
    Ok(0)
}

impl Soak {
    /// A visitor's digit in one frame: what the pen does arrives at once.
    fn draw(&mut self, strokes: &[Stroke]) -> Result<(), String> {
        let mut act = |action| self.offscreen.act(Action::Pad(action));
        act(PadAction::Clear);
        for stroke in strokes {
            act(PadAction::Width(stroke.width));
            for (index, point) in stroke.points.iter().enumerate() {
                let (x, y) = (point.x, point.y);
                act(match index {
                    0 => PadAction::Begin { x, y },
                    _ => PadAction::Extend { x, y },
                });
            }
            act(PadAction::End);
        }
        self.frame()?;
        self.digits += 1;
        self.uncounted = true;
        Ok(())
    }

    /// What an exhibit does when a visitor has left.
    fn begin_anew(&mut self) -> Result<(), String> {
        self.frame()?;
        for action in exhibit::reset(&Settings::default()) {
            self.offscreen.act(action);
        }
        self.frame()?;
        self.resets += 1;
        Ok(())
    }

    /// One frame, in which the logits of the frame before arrive; more where they do not.
    fn frame(&mut self) -> Result<(), String> {
        let wanted: Vec<u64> = self.forwards().iter().map(|[asked, _]| *asked).collect();
        let started = Instant::now();
        loop {
            self.offscreen.frame();
            let found = self.forwards();
            if found
                .iter()
                .zip(&wanted)
                .all(|([_, answered], wanted)| answered >= wanted)
            {
                break;
            }
            if started.elapsed() > PATIENCE {
                let digits = self.digits;
                return Err(format!(
                    "the networks did not answer the digit of number {digits}"
                ));
            }
        }
        self.count_answers();
        Ok(())
    }

    /// Of each network: forwards so far, and the newest that was answered.
    fn forwards(&mut self) -> Vec<[u64; 2]> {
        let world = self.offscreen.app.world_mut();
        let mut executors = world.query::<&Executor>();
        executors.iter(world).map(Executor::forwards).collect()
    }

    fn count_answers(&mut self) {
        if !std::mem::take(&mut self.uncounted) {
            return;
        }
        let world = self.offscreen.app.world_mut();
        let mut networks = world.query::<(&Network, &CurrentAnswer)>();
        for (network, answer) in networks.iter(world) {
            let Some(answer) = &answer.0 else {
                continue;
            };
            let counts = self.answers.entry(network.key()).or_default();
            counts.resize(network.spec().classes().len(), 0);
            counts[answer.class] += 1;
        }
    }

    fn take_sample(&mut self) -> Sample {
        let world = self.offscreen.app.world();
        let gpu = world.get_resource::<SharedGpu>();
        let report = gpu.and_then(|gpu| gpu.device.wgpu_device().generate_allocator_report());
        let sample = Sample {
            digits: self.digits,
            resets: self.resets,
            frames: world.resource::<NextFrame>().count,
            seconds: self.begun.elapsed().as_secs_f64(),
            resident_bytes: resident_bytes(std::process::id()),
            gpu_bytes: report.map(|report| report.total_allocated_bytes),
        };
        self.samples.push(sample);
        sample
    }

    fn report(&self, json: bool) {
        let from = self.samples.len() / WARMING;
        let settled = &self.samples[from..];
        let slope_of = |bytes: fn(&Sample) -> Option<u64>| {
            let points = settled
                .iter()
                .map(|s| Some([s.digits as f64, bytes(s)? as f64]));
            points
                .collect::<Option<Vec<_>>>()
                .and_then(|points| slope(&points))
        };
        let resident = slope_of(|sample| sample.resident_bytes);
        let gpu = slope_of(|sample| sample.gpu_bytes);
        let world = self.offscreen.app.world();
        let mut out = std::io::stdout();
        if json {
            let named = |slope: Option<[f64; 2]>| {
                slope.map(|[value, error]| json!({"value": value, "standard_error": error}))
            };
            let report = json!({
                "adapter": world.get_resource::<SharedGpu>().map(|gpu| &gpu.adapter),
                "answers": self.answers,
                "resident_bytes_a_digit": named(resident),
                "gpu_bytes_a_digit": named(gpu),
                "samples": self.samples,
            });
            let _ = writeln!(out, "{report}");
            return;
        }
        let first = settled.first().map_or(0, |sample| sample.digits);
        for (name, slope) in [("resident memory", resident), ("memory of the GPU", gpu)] {
            let _ = match slope {
                Some([value, error]) => writeln!(
                    out,
                    "{name}: {value:+.2} ± {error:.2} bytes a digit from digit {first} on"
                ),
                None => writeln!(out, "{name}: no slope can be told"),
            };
        }
    }
}

fn tell(sample: &Sample) {
    let mebibytes = |bytes: Option<u64>| match bytes {
        Some(bytes) => format!("{:8.2} MiB", bytes as f64 / f64::from(1 << 20)),
        None => "       ? MiB".into(),
    };
    let Sample {
        digits,
        resets,
        seconds,
        ..
    } = sample;
    let (resident, gpu) = (
        mebibytes(sample.resident_bytes),
        mebibytes(sample.gpu_bytes),
    );
    let _ = writeln!(
        std::io::stdout(),
        "{digits:7} digits  {resets:5} resets  {seconds:8.1} s  resident {resident}  on the GPU {gpu}"
    );
}

/// A recorded hand's digit, a little turned, scaled and moved, so that none is drawn twice.
fn varied_hand(number: u64, seed: u64) -> Vec<Stroke> {
    let hands = recorded_hands();
    let mut strokes = hands[number as usize % hands.len()].clone();
    // Multiples of irrational numbers fill a range evenly and never come back.
    let between = |low: f64, high: f64, step: f64| {
        let share = (seed as f64 * 0.381_966 + number as f64 * step).fract();
        (low + (high - low) * share) as f32
    };
    let (sine, cosine) = between(-0.25, 0.25, 0.618_034).sin_cos();
    let scale = between(0.8, 1.1, 0.754_878);
    let (right, down) = (
        between(-15.0, 15.0, 0.569_840),
        between(-15.0, 15.0, 0.819_173),
    );
    let middle = PAD_SIZE / 2.0;
    for point in strokes.iter_mut().flat_map(|stroke| &mut stroke.points) {
        let (x, y) = (scale * (point.x - middle), scale * (point.y - middle));
        let place = [cosine * x - sine * y + right, sine * x + cosine * y + down];
        [point.x, point.y] = place.map(|at| (at + middle).clamp(0.0, PAD_SIZE));
    }
    strokes
}

/// The slope of the line through these points by least squares, and its standard error. None for fewer than three.
fn slope(points: &[[f64; 2]]) -> Option<[f64; 2]> {
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let mean = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(0), mean(1));
    let spread: f64 = points.iter().map(|[x, _]| (x - x_mean).powi(2)).sum();
    let together = points.iter().map(|[x, y]| (x - x_mean) * (y - y_mean));
    let slope = together.sum::<f64>() / spread;
    let left = points
        .iter()
        .map(|[x, y]| (y - y_mean - slope * (x - x_mean)).powi(2));
    let error = (left.sum::<f64>() / (count - 2.0) / spread).sqrt();
    Some([slope, error])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_told_with_its_error() {
        assert_eq!(slope(&[[0.0, 1.0], [1.0, 2.0]]), None);
        let line: Vec<_> = (0..9)
            .map(|x| [f64::from(x), 3.0 * f64::from(x) + 5.0])
            .collect();
        let [value, error] = slope(&line).unwrap();
        assert!(
            (value - 3.0).abs() < 1e-9 && error < 1e-9,
            "{value} {error}"
        );
        // By hand: means 1.5 and 1.5, spread 5, together 4; the rest of the squares is 5 − 16 / 5 = 1.8.
        let [value, error] = slope(&[[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [3.0, 3.0]]).unwrap();
        assert!((value - 0.8).abs() < 1e-9, "{value}");
        assert!(
            (error - (1.8_f64 / 2.0 / 5.0).sqrt()).abs() < 1e-9,
            "{error}"
        );
    }

    #[test]
    fn no_digit_is_drawn_twice() {
        let many = recorded_hands().len() as u64;
        let first = varied_hand(3, 1);
        assert_eq!(first, varied_hand(3, 1));
        assert_ne!(first, varied_hand(3 + many, 1));
        assert_ne!(first, varied_hand(3, 2));
    }
}

//! What the stages of networks take on this machine's GPU under several tunings, one image at a time: what
//! `Tuning::GPU` is chosen by. `tunings FILE.safetensors …` prints a table for each network, in microseconds.
//!
//! "forward" is the whole forward in one pass, as the app does it. A stage's time is that of many runs of it alone, one
//! after the other, divided by their number, so that it has the wait between two stages in it. All are medians.

use mnistify_network::{
    CpuNetwork, LayerSpec, Model, Series,
    fused::{FusedNetwork, Gpu, GpuTimer, Tuning},
};
use std::process::ExitCode;

/// Measurements that the medians are of.
const COUNT: usize = 200;
/// Measurements before these, which wake the GPU up.
const WARM_UP: usize = 50;
/// Runs of a stage in one measurement.
const RUNS: usize = 16;
const USAGE: &str = "usage: tunings FILE.safetensors …";

/// What is measured one after the other, by name.
fn candidates(model: &Model) -> Vec<(String, Tuning)> {
    let unsplit = Tuning {
        conv_split: 1,
        ..Tuning::GPU
    };
    let mut all = vec![
        ("convolutions unsplit".into(), unsplit),
        ("Tuning::GPU".into(), Tuning::GPU),
    ];
    let layers = model.spec.layers();
    if layers
        .iter()
        .any(|layer| matches!(layer, LayerSpec::Conv2d { .. }))
    {
        for split_channels in [1, 2, 4] {
            for [thousands, split_group] in [
                [16, 256],
                [32, 128],
                [32, 256],
                [32, 512],
                [48, 256],
                [64, 256],
            ] {
                let tuning = Tuning {
                    conv_split: 64,
                    split_threads: thousands << 10,
                    split_channels,
                    split_group,
                    ..Tuning::GPU
                };
                let name = format!("{split_channels} ch, {thousands}k, group {split_group}");
                all.push((name, tuning));
            }
        }
    }
    for dense_lanes in [4, 8, 16, 32] {
        for dense_split in [16, 32, 64] {
            let tuning = Tuning {
                dense_lanes,
                dense_split,
                ..Tuning::GPU
            };
            all.push((format!("{dense_lanes} lanes, split {dense_split}"), tuning));
        }
    }
    // The first once more: what differs is what these numbers are good for.
    all.push(("convolutions unsplit".into(), unsplit));
    all
}

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    }
    let gpu = Gpu::of_its_own();
    let Some(timer) = Timer::new(&gpu) else {
        eprintln!("tunings: this GPU has no timestamps");
        return ExitCode::FAILURE;
    };
    println!("{}", gpu.device.adapter_info().name);
    for file in files {
        match Model::load(&file) {
            Ok(model) => {
                println!();
                measure(&model, &timer);
            }
            Err(error) => {
                eprintln!("tunings: {file}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Prints a network's table.
fn measure(model: &Model, timer: &Timer) {
    let cpu = CpuNetwork::new(model);
    println!("{}", model.spec.name());
    let stages = &cpu.layout().stages;
    for (number, stage) in (1..).zip(stages) {
        let [channels, height, width] = stage.output;
        let label = stage.label(&model.spec);
        println!("  stage {number}: {label}, to {channels}×{height}×{width}");
    }
    print!("{}  forward", " ".repeat(24));
    for number in 1..=stages.len() {
        print!("{number:>8}");
    }
    println!("      sum     off by");
    let pixels: Vec<f32> = (0..784u16)
        .map(|i| f32::from(i * 37 % 256) / 255.0)
        .collect();
    let expected = cpu.forward(&pixels);
    for (name, tuning) in candidates(model) {
        let network = FusedNetwork::new(model, timer.gpu, 1, tuning);
        let forward = timer.median(|encoder, timestamps| {
            network.encode(encoder, &pixels, Some(timestamps));
        });
        print!("{name:24}{forward:9.1}");
        let mut sum = 0.0;
        for stage in 0..stages.len() {
            let all = timer.median(|encoder, timestamps| {
                network.encode_stage(encoder, stage, RUNS, Some(timestamps));
            });
            let one = all / RUNS as f32;
            sum += one;
            print!("{one:8.2}");
        }
        let found = network.read_logits(1).expect("the GPU gives them back");
        let differences = found[0].iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        println!("{sum:9.1}{largest:11.1e}");
    }
}

/// Times passes one after the other, and waits for each.
struct Timer<'a> {
    gpu: &'a Gpu,
    timer: GpuTimer,
}

impl<'a> Timer<'a> {
    fn new(gpu: &'a Gpu) -> Option<Self> {
        let timer = GpuTimer::new(&gpu.device, &gpu.queue)?;
        Some(Self { gpu, timer })
    }

    /// The microseconds of a pass that `encode` encodes, one submit at a time.
    fn median(
        &self,
        encode: impl Fn(&mut wgpu::CommandEncoder, wgpu::ComputePassTimestampWrites<'_>),
    ) -> f32 {
        let mut series = Series::default();
        for round in 0..WARM_UP + COUNT {
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            let timestamps = self.timer.begin().expect("the one before was waited for");
            encode(&mut encoder, timestamps);
            self.timer.resolve(&mut encoder);
            self.gpu.queue.submit([encoder.finish()]);
            self.timer.submitted();
            let polled = self.gpu.device.poll(wgpu::PollType::wait_indefinitely());
            polled.expect("the GPU ends its work");
            let millis = self.timer.take_millis().expect("the GPU gives it back");
            if round >= WARM_UP {
                series.push((1e3 * millis) as f32);
            }
        }
        series.median().expect("something was measured")
    }
}

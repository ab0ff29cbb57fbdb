//! A network's forward alone: to encode, from encoding to the logits on the CPU, on the GPU, and amortised over many.

use crate::{
    gpu::{Display, SharedGpu},
    inference::{Logits, Network, Runner, Series, self_test_digits},
};
use bevy::{platform::time::Instant, utils::default};
use mnistify_network::{ArenaLayout, CpuNetwork, Model};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Forwards before each measurement that do not count: they compile.
const WARM_UP: usize = 3;
/// Forwards of the CPU path.
const ON_CPU: usize = 20;

/// The networks' names and weights, for [`forward_report`].
pub fn named_models<'a>(
    networks: impl IntoIterator<Item = &'a Network>,
) -> Vec<(String, Arc<Model>)> {
    let named = |network: &Network| (network.key(), network.model.clone());
    networks.into_iter().map(named).collect()
}

/// Every network's forward, fused and (not in the page) with burn's own operators, `count` times each.
pub async fn forward_report(
    models: &[(String, Arc<Model>)],
    gpu: &SharedGpu,
    count: usize,
) -> Value {
    let mut forwards = Map::new();
    for (name, model) in models {
        let cpu = CpuNetwork::new(model);
        let mut found = json!({ "cpu_millis": cpu_millis(&cpu) });
        if let Some(device) = &gpu.burn {
            let mut fused = Runner::fused(model, gpu, device);
            found["fused"] = measure(&mut fused, &cpu, gpu, count).await;
            #[cfg(not(target_arch = "wasm32"))]
            {
                let mut plain = Runner::plain(model, device);
                found["plain_burn"] = measure(&mut plain, &cpu, gpu, count.div_ceil(2)).await;
            }
        }
        forwards.insert(name.clone(), found);
    }
    Value::Object(forwards)
}

fn cpu_millis(cpu: &CpuNetwork) -> f64 {
    let digit = &self_test_digits()[7];
    std::hint::black_box(cpu.forward(digit.as_slice()));
    let started = Instant::now();
    for _ in 0..ON_CPU {
        std::hint::black_box(cpu.forward(digit.as_slice()));
    }
    started.elapsed().as_secs_f64() * 1e3 / ON_CPU as f64
}

async fn measure(runner: &mut Runner, cpu: &CpuNetwork, gpu: &SharedGpu, count: usize) -> Value {
    let pixels = self_test_digits()[7].as_slice();
    let layout = cpu.layout();
    let mut display = Display::new(gpu, layout);
    let mut forward = |runner: &mut Runner| {
        let started = Instant::now();
        let mut encoder = gpu.device.create_command_encoder(&default());
        runner.encode(&mut encoder, pixels, gpu, &mut display);
        gpu.queue.submit([encoder.finish()]);
        let encoding = started.elapsed().as_secs_f32() * 1e3;
        let logits = runner.logits(cpu, pixels, None);
        (started, encoding, logits)
    };
    for _ in 0..WARM_UP {
        let (_, _, logits) = forward(runner);
        here(gpu, logits).await;
    }
    let (mut encoding, mut round_trip, mut on_gpu) =
        (Series::default(), Series::default(), Series::default());
    for _ in 0..count {
        let (started, millis, logits) = forward(runner);
        encoding.push(millis);
        here(gpu, logits).await;
        round_trip.push(started.elapsed().as_secs_f32() * 1e3);
        if let Some(millis) = runner.take_gpu_millis() {
            on_gpu.push(millis as f32);
        }
    }
    let started = Instant::now();
    let mut asked = Vec::new();
    for _ in 0..count {
        asked.push(forward(runner).2);
    }
    for logits in asked {
        here(gpu, logits).await;
    }
    // Most of those were not asked for. The queue runs in order, so this answer comes after all of them.
    let (_, _, logits) = forward(runner);
    here(gpu, logits).await;
    let amortised = started.elapsed().as_secs_f64() * 1e3 / (count + 1) as f64;
    json!({
        "encode_millis": encoding.to_json(),
        "round_trip_millis": round_trip.to_json(),
        "gpu_millis": on_gpu.to_json(),
        "amortised_millis": amortised,
        "dispatches": runner.dispatches(),
        "bytes_uploaded": size_of_val(pixels),
        "bytes_read_back": size_of::<f32>() * ArenaLayout::logits(layout).len(),
    })
}

/// Waits for logits. Natively somebody has to poll the device for that; a browser does it by itself.
async fn here(gpu: &SharedGpu, logits: Logits) {
    let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
    match logits {
        Logits::Fused(read) => {
            read.await;
        }
        Logits::Plain(future) => {
            future.await;
        }
        Logits::Here(_) | Logits::NotAsked => {}
    }
}

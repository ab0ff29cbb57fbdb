//! From a training's weights to those of the live forward, on the GPU: no weight passes through the CPU.

use super::layout::{ParameterKind, TrainingLayout};
use mnistify_network::fused::{
    FusedNetwork, Gpu,
    by_hand::{self, Bound},
};
use wgpu::util::DeviceExt;

/// Of a weight's source: it is made of a batch normalisation's channel, and is the shift that follows from it. As in
/// `shaders/publish.wgsl`.
const NORM: u32 = 1 << 31;
const SHIFT: u32 = 1 << 30;
/// Threads of a workgroup there.
const THREADS: u32 = 256;

/// Puts weights where one live network reads them.
pub(super) struct Publisher {
    kernel: Bound,
    workgroups: u32,
}

/// Where each of the live network's weights comes from.
struct Sources {
    sources: Vec<u32>,
    norms: Vec<[u32; 4]>,
}

impl Publisher {
    /// From `weights` and `statistics`, which lie as `layout` says, to where `live` reads, of the same architecture.
    pub fn new(
        gpu: &Gpu,
        layout: &TrainingLayout,
        live: &FusedNetwork,
        [weights, statistics]: [&wgpu::Buffer; 2],
    ) -> Self {
        let device = &gpu.device;
        let (place, count) = live.parameters_buffer();
        let Sources { sources, mut norms } = sources(layout, live);
        // A binding cannot be empty.
        norms.resize(norms.len().max(1), [0; 4]);
        let buffer = |label, contents: &[u8]| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(label),
                contents,
                usage: wgpu::BufferUsages::STORAGE,
            })
        };
        let source = include_str!("../../../shaders/publish.wgsl");
        let shader = by_hand::shader(device, "publish", source);
        let constants = [
            ("EPSILON", f64::from(layout.epsilon)),
            ("COUNT", count as f64),
        ];
        let pipeline = by_hand::pipeline(device, &shader, "publish", &constants);
        let (sources, norms) = (
            buffer("sources", bytemuck::cast_slice(&sources)),
            buffer("norms", bytemuck::cast_slice(&norms)),
        );
        let resources = [
            sources.as_entire_binding(),
            norms.as_entire_binding(),
            weights.as_entire_binding(),
            statistics.as_entire_binding(),
            place.binding(count),
        ];
        Self {
            kernel: Bound::new(device, "publish", pipeline, resources),
            workgroups: (count as u32).div_ceil(THREADS),
        }
    }

    /// The live network reads with the weights that the queue has made by then.
    pub fn publish(&self, gpu: &Gpu) {
        by_hand::submit(&gpu.device, &gpu.queue, |pass| {
            self.kernel.launch(pass, [self.workgroups, 1, 1]);
        });
    }
}

/// Found by packing a network whose every weight is its own place in the training's order: whatever order the live
/// kernels want, that is where each weight comes from.
fn sources(layout: &TrainingLayout, live: &FusedNetwork) -> Sources {
    let spec = live.spec();
    let places: Vec<f32> = (0..layout.parameter_count)
        .map(|place| place as f32)
        .collect();
    // A mean of 0 and a variance that makes the divisor 1: scale and shift stay the places that they are.
    let mut statistics = vec![0.0; layout.running_count];
    let mut norms = Vec::new();
    let mut norm_of = vec![None; layout.parameter_count];
    for parameters in &layout.parameters {
        let ParameterKind::Norm { channels, running } = parameters.kind else {
            continue;
        };
        for channel in 0..channels {
            let [scale, shift] = [0, channels].map(|part| parameters.start + part + channel);
            let [mean, square] = [0, channels].map(|part| running + part + channel);
            statistics[square] = 1.0 - layout.epsilon;
            let norm = norms.len() as u32;
            norm_of[scale] = Some(NORM | norm);
            norm_of[shift] = Some(NORM | SHIFT | norm);
            norms.push([scale, shift, mean, square].map(|place| place as u32));
        }
    }
    let packed = live.pack(&layout.unflatten(spec, &places, &statistics));
    let source = |place: f32| {
        let place = place.round() as usize;
        norm_of[place].unwrap_or(place as u32)
    };
    Sources {
        sources: packed.into_iter().map(source).collect(),
        norms,
    }
}

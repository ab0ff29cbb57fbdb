// Copies the weights of a training into the order in which the live forward reads them, so that the next forward on the
// same queue reads with them. A batch normalisation becomes the scale and the shift that it is when reading.

/// In `sources`: the weight is made of `norms`, and is its shift.
const NORM: u32 = 0x80000000u;
const SHIFT: u32 = 0x40000000u;
const INDEX: u32 = 0x3fffffffu;

/// Added to every variance.
override EPSILON: f32;
/// How many weights there are.
override COUNT: u32;

/// For each live weight the training's, or a normalisation's channel.
@group(0) @binding(0) var<storage, read> sources: array<u32>;
/// For each channel: its scale and shift among the weights, its mean and mean square among the statistics.
@group(0) @binding(1) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> live: array<f32>;

@compute @workgroup_size(256)
fn publish(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x;
    if index >= COUNT {
        return;
    }
    let source = sources[index];
    if (source & NORM) == 0u {
        live[index] = weights[source];
        return;
    }
    let norm = norms[source & INDEX];
    let mean = statistics[norm.z];
    let variance = max(statistics[norm.w] - mean * mean, 0.0);
    let scale = weights[norm.x] / sqrt(variance + EPSILON);
    live[index] = select(scale, weights[norm.y] - mean * scale, (source & SHIFT) != 0u);
}

// How far each layer's weights moved in a step: sums of squares of the changes and of the weights. A workgroup a layer.

/// The first weight of each layer, and how many it has.
@group(0) @binding(0) var<storage, read> ranges: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> before: array<f32>;
@group(0) @binding(2) var<storage, read> after: array<f32>;
/// Of the changes, and of the weights before.
@group(0) @binding(3) var<storage, read_write> sums: array<vec2<f32>>;

const THREADS: u32 = 256u;
var<workgroup> parts: array<vec2<f32>, 256>;

@compute @workgroup_size(256)
fn measure(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let range = ranges[group.x];
    var sum = vec2<f32>(0.0);
    for (var index = local.x; index < range.y; index += THREADS) {
        let weight = before[range.x + index];
        let change = after[range.x + index] - weight;
        sum += vec2<f32>(change * change, weight * weight);
    }
    parts[local.x] = sum;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if local.x < half {
            parts[local.x] += parts[local.x + half];
        }
        workgroupBarrier();
    }
    if local.x == 0u {
        sums[group.x] = parts[0];
    }
}

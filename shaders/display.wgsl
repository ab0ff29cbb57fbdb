// Eases the drawn values towards the arena and follows each row's largest magnitude. Fed by src/gpu/display.rs, which puts
// shaders/types.wgsl before it.


@group(0) @binding(0) var<storage, read> arena: array<f32>;
@group(0) @binding(1) var<storage, read_write> shown: array<f32>;
@group(0) @binding(2) var<storage, read_write> ranges: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<Row>;

const THREADS: u32 = 256u;
var<workgroup> largest: array<f32, THREADS>;

// One workgroup a row.
@compute @workgroup_size(THREADS)
fn ease_row(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = rows[group.x];
    var magnitude = 0.0;
    for (var i = thread; i < row.count; i += THREADS) {
        let value = arena[row.offset + i];
        let place = row.offset + i;
        // At full ease the value is taken over exactly, not through arithmetic.
        if row.ease >= 1.0 && row.reveal >= 1.0 {
            shown[place] = value;
        } else {
            shown[place] = mix(shown[place], value * row.reveal, row.ease);
        }
        magnitude = max(magnitude, abs(value));
    }
    largest[thread] = magnitude;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if thread < half {
            largest[thread] = max(largest[thread], largest[thread + half]);
        }
        workgroupBarrier();
    }
    if thread == 0u {
        let range = select(max(largest[0], row.least_range), row.least_range, row.fixed_range > 0.5);
        let previous = ranges[group.x];
        ranges[group.x] = select(mix(previous, range, row.range_ease), range, previous == 0.0);
    }
}

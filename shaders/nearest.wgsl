// Which of many kept vectors are nearest to one, by the sum of squared differences. Fed by src/gpu/nearest.rs.

struct Task {
    // How many vectors the bank has room for, values of each, values from one vector to the next where they come from, and
    // the first value there.
    places: vec4<u32>,
    // To keep: the first vector's place in the bank, how many, 0, 0. To search: how many are kept, 0, 0, how many are wanted.
    work: vec4<u32>,
}

struct Near {
    place: u32,
    distance: f32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> task: Task;
// [value, vector], so that neighbouring threads, which have neighbouring vectors, read neighbouring words.
@group(0) @binding(2) var<storage, read_write> bank: array<f32>;
// One a vector; of one that was chosen it is FAR.
@group(0) @binding(3) var<storage, read_write> distances: array<f32>;
@group(0) @binding(4) var<storage, read_write> found: array<Near>;

const THREADS: u32 = 64u;
const FAR: f32 = 3.0e38;
const NOWHERE: u32 = 0xffffffffu;
var<workgroup> best_distance: array<f32, THREADS>;
var<workgroup> best_place: array<u32, THREADS>;

// One thread a value of a vector.
@compute @workgroup_size(THREADS)
fn keep(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= task.work.y {
        return;
    }
    let source = id.x * task.places.z + task.places.w + id.y;
    bank[id.y * task.places.x + task.work.x + id.x] = values[source];
}

// One thread a vector.
@compute @workgroup_size(THREADS)
fn measure(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= task.work.x {
        return;
    }
    var sum = 0.0;
    for (var value = 0u; value < task.places.y; value += 1u) {
        let difference = bank[value * task.places.x + id.x] - values[task.places.w + value];
        sum += difference * difference;
    }
    distances[id.x] = sum;
}

// One workgroup: each round finds the least distance that is left, of equal ones the first, and takes it.
@compute @workgroup_size(THREADS)
fn choose(@builtin(local_invocation_index) thread: u32) {
    let kept = task.work.x;
    for (var round = 0u; round < task.work.w; round += 1u) {
        // A thread reads and takes only its own distances, so these need no barrier.
        var nearest = FAR;
        var place = NOWHERE;
        for (var i = thread; i < kept; i += THREADS) {
            if distances[i] < nearest {
                nearest = distances[i];
                place = i;
            }
        }
        best_distance[thread] = nearest;
        best_place[thread] = place;
        workgroupBarrier();
        for (var half = THREADS / 2u; half > 0u; half /= 2u) {
            if thread < half {
                let other = best_distance[thread + half];
                let is_first = best_place[thread + half] < best_place[thread];
                if other < best_distance[thread] || (other == best_distance[thread] && is_first) {
                    best_distance[thread] = other;
                    best_place[thread] = best_place[thread + half];
                }
            }
            workgroupBarrier();
        }
        let winner = best_place[0];
        let least = best_distance[0];
        workgroupBarrier();
        if thread == 0u {
            found[round] = Near(winner, least);
        }
        if winner < kept && winner % THREADS == thread {
            distances[winner] = FAR;
        }
    }
}

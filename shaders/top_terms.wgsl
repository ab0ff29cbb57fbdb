// The strongest products weight · input of one dense neuron, strongest first. Fed by src/gpu/top_terms.rs.

struct Task {
    // First input value in the arena, number of inputs, number of terms wanted, 0.
    places: vec4<u32>,
}

struct Term {
    source: u32,
    product: f32,
}

@group(0) @binding(0) var<storage, read> arena: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> task: Task;
@group(0) @binding(3) var<storage, read_write> terms: array<Term>;
// One product an input; a taken one is set to 0.
@group(0) @binding(4) var<storage, read_write> products: array<f32>;

const THREADS: u32 = 64u;
var<workgroup> best_size: array<f32, THREADS>;
var<workgroup> best_place: array<u32, THREADS>;

// One workgroup: each round finds the largest magnitude that is left and takes it.
@compute @workgroup_size(THREADS)
fn strongest(@builtin(local_invocation_index) thread: u32) {
    let inputs = task.places.y;
    for (var i = thread; i < inputs; i += THREADS) {
        products[i] = weights[i] * arena[task.places.x + i];
    }
    for (var round = 0u; round < task.places.z; round += 1u) {
        // A thread reads and clears only its own products, so these need no barrier.
        var size = -1.0;
        var place = 0u;
        for (var i = thread; i < inputs; i += THREADS) {
            let magnitude = abs(products[i]);
            if magnitude > size {
                size = magnitude;
                place = i;
            }
        }
        best_size[thread] = size;
        best_place[thread] = place;
        workgroupBarrier();
        for (var half = THREADS / 2u; half > 0u; half /= 2u) {
            if thread < half && best_size[thread + half] > best_size[thread] {
                best_size[thread] = best_size[thread + half];
                best_place[thread] = best_place[thread + half];
            }
            workgroupBarrier();
        }
        let winner = best_place[0];
        workgroupBarrier();
        if winner % THREADS == thread {
            terms[round] = Term(winner, products[winner]);
            products[winner] = 0.0;
        }
    }
}

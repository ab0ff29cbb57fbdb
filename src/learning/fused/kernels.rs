//! The kernels of a training step, in CubeCL.
//!
//! Values lie with the batch innermost, `[channel, row, column, image]` (Krizhevsky's cuda-convnet layout): neighbouring
//! threads compute neighbouring images of the same neuron, so that every load of a value is one contiguous line, weights
//! are shared by all of them, and flattening before a dense layer changes nothing. A dense layer is a convolution over
//! one place.
//!
//! Three matrix products are all that is expensive: [`contract`] makes a layer's outputs from its inputs and, with the
//! weights transposed, the gradient of its inputs from that of its outputs; [`weight_gradient`] makes the gradient of
//! its weights. Each workgroup computes a tile in registers, from slices of both factors in shared memory.

// A kernel is compiled for one side of a comptime condition, so that both may look alike; and CubeCL has no ranges that
// contain.
#![allow(clippy::if_same_then_else, clippy::manual_range_contains)]

use super::header::*;
use cubecl::prelude::*;
use mnistify_network::fused::activate;

/// Values of an image in a step's records: its place in the pool, its class, and its warp.
pub(super) const RECORD: usize = 2 + crate::augment::WARP_VALUES;

/// Threads of the kernels that do not multiply matrices.
pub(super) const THREADS: usize = 256;

/// The image's side, and that of its copy with a border.
const SIDE: usize = 28;
const PADDED: usize = 32;
/// Nodes of the elastic field along each axis.
const NODES: usize = 6;

/// What [`augment`] is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AugmentShape {
    pub batch: usize,
    /// Where the images go.
    pub output: usize,
    pub nearest: bool,
}

/// How a matrix product is cut: a workgroup's tile, a thread's part of it, and the slice of the sum held at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Tile {
    /// Rows of the product that a workgroup computes.
    pub rows: usize,
    /// Columns of it that a workgroup computes.
    pub columns: usize,
    /// Rows of the product that one thread computes.
    pub thread_rows: usize,
    /// Columns of it that one thread computes.
    pub thread_columns: usize,
    /// Terms of the sum that are held at a time.
    pub depth: usize,
}

impl Tile {
    pub(super) const fn new(rows: usize, columns: usize, thread: [usize; 2], depth: usize) -> Self {
        Self {
            rows,
            columns,
            thread_rows: thread[0],
            thread_columns: thread[1],
            depth,
        }
    }

    /// What the profile tries.
    pub const CANDIDATES: [Self; 20] = [
        Self::new(32, 32, [4, 4], 16),
        Self::new(32, 32, [4, 4], 32),
        Self::new(32, 32, [2, 4], 32),
        Self::new(32, 32, [4, 2], 16),
        Self::new(32, 64, [4, 4], 16),
        Self::new(32, 64, [4, 4], 32),
        Self::new(64, 32, [4, 4], 16),
        Self::new(64, 32, [4, 4], 32),
        Self::new(64, 32, [8, 4], 32),
        Self::new(64, 64, [4, 4], 16),
        Self::new(64, 64, [8, 4], 16),
        Self::new(64, 64, [8, 8], 16),
        Self::new(64, 64, [8, 4], 32),
        Self::new(32, 128, [4, 8], 16),
        Self::new(32, 128, [8, 8], 8),
        Self::new(32, 128, [4, 8], 8),
        Self::new(32, 128, [4, 4], 8),
        Self::new(64, 128, [8, 8], 8),
        Self::new(64, 128, [8, 4], 8),
        Self::new(64, 128, [8, 8], 16),
    ];

    /// Threads of a workgroup.
    pub fn threads(self) -> usize {
        (self.rows / self.thread_rows) * (self.columns / self.thread_columns)
    }
}

/// What [`contract`] is compiled for. "In" is what it reads and "out" what it makes, also where it goes backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ContractShape {
    pub batch: usize,
    pub in_channels: usize,
    pub in_height: usize,
    pub in_width: usize,
    pub out_channels: usize,
    pub out_height: usize,
    pub out_width: usize,
    pub kernel_y: usize,
    pub kernel_x: usize,
    /// From the outputs' gradient to the inputs'.
    pub backward: bool,
    /// Places in the work buffer.
    pub source: usize,
    pub output: usize,
    /// Forward: where the activation of the output goes; `output` again where there is none.
    pub activated: usize,
    /// Backward: the values before the activation whose derivative is to be multiplied.
    pub gate: usize,
    /// [`mnistify_network::Activation::code`].
    pub activation: u32,
    /// Where the weights begin in their buffer, `[kernel_y, kernel_x, in, out]`, and forward the bias after them.
    pub weights: usize,
    pub tile: Tile,
}

/// What [`weight_gradient`] is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct WeightShape {
    pub batch: usize,
    pub in_channels: usize,
    pub in_height: usize,
    pub in_width: usize,
    pub out_channels: usize,
    pub out_height: usize,
    pub out_width: usize,
    pub kernel_y: usize,
    pub kernel_x: usize,
    /// The layer's inputs, and the gradient of its outputs before the activation.
    pub source: usize,
    pub gradient: usize,
    /// Where the partial sums go: `[splits, kernel_y · kernel_x · in + 1, out]`; the last row is the bias's.
    pub output: usize,
    pub splits: usize,
    pub tile: Tile,
}

/// What the kernels of batch normalisation and pooling are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolShape {
    pub batch: usize,
    pub channels: usize,
    pub in_height: usize,
    pub in_width: usize,
    pub out_height: usize,
    pub out_width: usize,
    /// Side lengths of the window, which is also the stride.
    pub kernel_y: usize,
    pub kernel_x: usize,
    pub normalises: bool,
    pub source: usize,
    pub output: usize,
    /// `[splits, 2, channels]`: sums, sums of squares; backward the gradients of scale and shift.
    pub sums: usize,
    /// `[6, channels]`: mean, 1 / standard deviation, the scale and shift that follow, and backward the means of `g · x̂`
    /// and `g`.
    pub moments: usize,
    pub splits: usize,
    /// Where scale and shift begin in the parameters.
    pub weights: usize,
    /// Where the averaged mean and mean square begin in the running statistics.
    pub running: usize,
    /// Backward: the gradient of the output, and where that of the values before the previous activation goes.
    pub gradient: usize,
    pub input_gradient: usize,
    pub gate: usize,
    pub activation: u32,
}

/// What [`cross_entropy`] is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LossShape {
    pub batch: usize,
    pub classes: usize,
    pub logits: usize,
    pub gradient: usize,
    /// One sum an image, over the steps.
    pub loss: usize,
}

/// What [`adam`] is compiled for: one layer's parameters, `[kernel_y · kernel_x, in, out]` and the bias, or a batch
/// normalisation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AdamShape {
    /// How many there are, and where they begin.
    pub count: usize,
    pub parameters: usize,
    /// All parameters of the network.
    pub total: usize,
    /// The gradient's partial sums.
    pub gradient: usize,
    pub splits: usize,
    /// Whether a copy `[kernel_y · kernel_x, out, in]` is kept, for going backward.
    pub transposes: bool,
    pub in_channels: usize,
    pub out_channels: usize,
}

/// The activation's derivative at `x`.
#[cube]
fn slope(x: f32, #[comptime] activation: u32) -> f32 {
    let mut y = 1.0f32;
    if comptime!(activation == 1) {
        let sigmoid = 1.0 / (1.0 + f32::exp(-x));
        y = sigmoid * (1.0 + x * (1.0 - sigmoid));
    }
    if comptime!(activation == 2) {
        y = select(x > 0.0, 1.0f32, 0.0f32);
    }
    y
}

/// Pixels of the pool under their warps, normalised. A workgroup an image; the same arithmetic as
/// [`crate::augment::Warp::apply`].
#[cube(launch_unchecked)]
pub(super) fn augment(
    records: &Array<f32>,
    pool: &Array<u32>,
    work: &mut Array<f32>,
    #[comptime] shape: AugmentShape,
) {
    let image = CUBE_POS_X as usize;
    let thread = UNIT_POS_X as usize;
    let record = HEADER + image * RECORD;
    let source = usize::cast_from(records[record]);
    let warp = record + 2;
    let a = records[warp];
    let b = records[warp + 1];
    let c = records[warp + 2];
    let d = records[warp + 3];
    let shift_x = records[warp + 4];
    let shift_y = records[warp + 5];
    let factor = records[warp + 6] / 255.0;
    let thickness = records[warp + 7];
    let field = warp + 8;

    let mut padded = SharedMemory::<f32>::new(comptime!(PADDED * PADDED));
    let mut place = thread;
    while place < comptime!(PADDED * PADDED) {
        let row = place / PADDED;
        let column = place % PADDED;
        let mut value = 0.0f32;
        if row >= 1 && row <= SIDE && column >= 1 && column <= SIDE {
            let pixel = (row - 1) * SIDE + column - 1;
            let word = pool[source * comptime!(SIDE * SIDE / 4) + pixel / 4];
            let byte = (word >> (8 * (pixel % 4) as u32)) & 255u32;
            value = f32::cast_from(byte) * factor;
        }
        padded[place] = value;
        place += THREADS;
    }
    sync_cube();

    let mut pixel = thread;
    while pixel < comptime!(SIDE * SIDE) {
        let row = pixel / SIDE;
        let column = pixel % SIDE;
        let dx = displacement(records, field, row, column);
        let dy = displacement(records, field + comptime!(NODES * NODES), row, column);
        let u = f32::cast_from(column) - 13.5 - shift_x;
        let v = f32::cast_from(row) - 13.5 - shift_y;
        let x = a * u + b * v + dx + 14.5;
        let y = c * u + d * v + dy + 14.5;
        let mut value = sample(&padded, x, y, shape.nearest);
        let radius = f32::abs(thickness);
        if radius > 0.0 {
            let sign = select(thickness > 0.0, 1.0f32, -1.0f32);
            // The largest value under a disc dilates; the least one, the largest of the negative values, erodes.
            let mut best = sign * value;
            #[unroll]
            for direction in 0..8usize {
                let along = comptime!(crate::augment::DIRECTIONS[direction]);
                #[unroll]
                for ring in 1..3usize {
                    let reach = 0.5 * radius * f32::cast_from(ring);
                    let right = reach * comptime!(along[0]);
                    let down = reach * comptime!(along[1]);
                    let other = sample(
                        &padded,
                        x + a * right + b * down,
                        y + c * right + d * down,
                        shape.nearest,
                    );
                    best = f32::max(best, sign * other);
                }
            }
            value = sign * best;
        }
        work[shape.output + pixel * shape.batch + image] =
            f32::min(value, 1.0) * records[SCALE] + records[OFFSET];
        pixel += THREADS;
    }
}

/// The elastic field between its nodes, along one axis.
#[cube]
fn displacement(records: &Array<f32>, field: usize, row: usize, column: usize) -> f32 {
    let span = comptime!(SIDE - 1);
    let down = row * comptime!(NODES - 1);
    let right = column * comptime!(NODES - 1);
    let mut node_y = down / span;
    let mut node_x = right / span;
    // The last pixel lies on the last node, which has none after it.
    if node_y > comptime!(NODES - 2) {
        node_y = comptime!(NODES - 2).runtime();
    }
    if node_x > comptime!(NODES - 2) {
        node_x = comptime!(NODES - 2).runtime();
    }
    let part_y = f32::cast_from(down - node_y * span) / 27.0;
    let part_x = f32::cast_from(right - node_x * span) / 27.0;
    let first = field + node_y * NODES + node_x;
    let left = records[first] + (records[first + NODES] - records[first]) * part_y;
    let next = first + 1;
    let other = records[next] + (records[next + NODES] - records[next]) * part_y;
    left + (other - left) * part_x
}

#[cube]
fn sample(padded: &SharedMemory<f32>, x: f32, y: f32, #[comptime] nearest: bool) -> f32 {
    let x = f32::clamp(x, 0.0, 29.0);
    let y = f32::clamp(y, 0.0, 29.0);
    if comptime!(nearest) {
        let column = usize::cast_from(x + 0.5);
        let row = usize::cast_from(y + 0.5);
        padded[row * PADDED + column]
    } else {
        let column = usize::cast_from(x);
        let row = usize::cast_from(y);
        let right = x - f32::cast_from(column);
        let down = y - f32::cast_from(row);
        let first = row * PADDED + column;
        let above = padded[first] + (padded[first + 1] - padded[first]) * right;
        let below = padded[first + PADDED]
            + (padded[first + comptime!(PADDED + 1)] - padded[first + PADDED]) * right;
        above + (below - above) * down
    }
}

/// `out[m, y, x, n] = Σ weights[ky, kx, c, m] · in[c, y ± ky, x ± kx, n]`: forward with the bias, then the activation;
/// backward times the derivative of the activation before. Workgroups: x over images, y over out channels, z over places.
#[cube(launch_unchecked)]
pub(super) fn contract(
    weights: &Array<f32>,
    work: &mut Array<f32>,
    #[comptime] shape: ContractShape,
) {
    let tile = comptime!(shape.tile);
    let lanes = comptime!(tile.columns / tile.thread_columns);
    let threads = comptime!(tile.threads());
    let lane = UNIT_POS_X as usize % lanes;
    let block = UNIT_POS_X as usize / lanes;
    let first_image = CUBE_POS_X as usize * tile.columns;
    let first_out = CUBE_POS_Y as usize * tile.rows;
    let place = CUBE_POS_Z as usize;
    let y = place / shape.out_width;
    let x = place % shape.out_width;

    let mut a = SharedMemory::<f32>::new(comptime!(tile.depth * tile.rows));
    let mut b = SharedMemory::<f32>::new(comptime!(tile.depth * tile.columns));
    let mut sums = Array::<f32>::new(comptime!(tile.thread_rows * tile.thread_columns));
    #[unroll]
    for row in 0..tile.thread_rows {
        let mut start = 0.0f32;
        if comptime!(!shape.backward) {
            let out = first_out + block * tile.thread_rows + row;
            if out < shape.out_channels {
                let bias = comptime!(
                    shape.weights
                        + shape.kernel_y * shape.kernel_x * shape.in_channels * shape.out_channels
                );
                start = weights[bias + out];
            }
        }
        #[unroll]
        for column in 0..tile.thread_columns {
            sums[row * tile.thread_columns + column] = start;
        }
    }

    // Backward, only the outputs that this input had a part in.
    let mut begin_y = 0usize.runtime();
    let mut begin_x = 0usize.runtime();
    let mut end_y = shape.kernel_y.runtime();
    let mut end_x = shape.kernel_x.runtime();
    if comptime!(shape.backward) {
        if y + 1 > shape.in_height {
            begin_y = y + 1 - shape.in_height;
        }
        if x + 1 > shape.in_width {
            begin_x = x + 1 - shape.in_width;
        }
        if end_y > y + 1 {
            end_y = y + 1;
        }
        if end_x > x + 1 {
            end_x = x + 1;
        }
    }
    // The next slice is on its way from memory while this one is multiplied.
    let mut next_a = Array::<f32>::new(comptime!((tile.depth * tile.rows).div_ceil(threads)));
    let mut next_b = Array::<f32>::new(comptime!((tile.depth * tile.columns).div_ceil(threads)));
    let mut ky = begin_y;
    let mut kx = begin_x;
    let mut channel = 0usize.runtime();
    let slices = (end_y - begin_y) * (end_x - begin_x) * comptime!(shape.in_channels / tile.depth);
    fetch(
        weights,
        work,
        &mut next_a,
        &mut next_b,
        y,
        x,
        ky,
        kx,
        channel,
        shape,
    );
    for slice in 0..slices {
        sync_cube();
        keep(&mut a, &next_a, comptime!(tile.depth * tile.rows), tile);
        keep(&mut b, &next_b, comptime!(tile.depth * tile.columns), tile);
        sync_cube();
        if slice + 1 < slices {
            channel += tile.depth;
            if channel >= shape.in_channels {
                channel = 0usize.runtime();
                kx += 1;
                if kx >= end_x {
                    kx = begin_x;
                    ky += 1;
                }
            }
            fetch(
                weights,
                work,
                &mut next_a,
                &mut next_b,
                y,
                x,
                ky,
                kx,
                channel,
                shape,
            );
        }
        multiply(
            &a,
            &b,
            &mut sums,
            block * tile.thread_rows,
            lane,
            tile,
            comptime!([tile.rows, tile.columns]),
        );
    }

    #[unroll]
    for row in 0..tile.thread_rows {
        let out = first_out + block * tile.thread_rows + row;
        if out < shape.out_channels {
            let line = (out * comptime!(shape.out_height * shape.out_width) + place) * shape.batch
                + first_image
                + lane;
            #[unroll]
            for column in 0..tile.thread_columns {
                let at = line + column * lanes;
                let sum = sums[row * tile.thread_columns + column];
                if comptime!(shape.backward) {
                    if comptime!(shape.activation != 0) {
                        work[shape.output + at] =
                            sum * slope(work[shape.gate + at], shape.activation);
                    } else {
                        work[shape.output + at] = sum;
                    }
                } else {
                    work[shape.output + at] = sum;
                    if comptime!(shape.activation != 0) {
                        work[shape.activated + at] = activate(sum, shape.activation);
                    }
                }
            }
        }
    }
}

/// A thread's part of a slice of [`contract`]'s factors, into registers: all loads before anything waits for them.
#[cube]
fn fetch(
    weights: &Array<f32>,
    work: &Array<f32>,
    a: &mut Array<f32>,
    b: &mut Array<f32>,
    y: usize,
    x: usize,
    ky: usize,
    kx: usize,
    channel: usize,
    #[comptime] shape: ContractShape,
) {
    let tile = comptime!(shape.tile);
    let threads = comptime!(tile.threads());
    let thread = UNIT_POS_X as usize;
    let first_image = CUBE_POS_X as usize * tile.columns;
    let first_out = CUBE_POS_Y as usize * tile.rows;
    let plane = comptime!(shape.in_height * shape.in_width * shape.batch);
    let mut in_y = y + ky;
    let mut in_x = x + kx;
    if comptime!(shape.backward) {
        in_y = y - ky;
        in_x = x - kx;
    }
    let value =
        shape.source + channel * plane + (in_y * shape.in_width + in_x) * shape.batch + first_image;
    let row = (ky * shape.kernel_x + kx) * shape.in_channels + channel;
    let weight = shape.weights + row * shape.out_channels + first_out;
    #[unroll]
    for load in 0..comptime!((tile.depth * tile.columns).div_ceil(threads)) {
        let element = thread + load * threads;
        if comptime!((load + 1) * threads <= tile.depth * tile.columns) {
            b[load] = work[value + element / tile.columns * plane + element % tile.columns];
        } else if element < comptime!(tile.depth * tile.columns) {
            b[load] = work[value + element / tile.columns * plane + element % tile.columns];
        }
    }
    #[unroll]
    for load in 0..comptime!((tile.depth * tile.rows).div_ceil(threads)) {
        let element = thread + load * threads;
        let out = element % tile.rows;
        let at = weight + element / tile.rows * shape.out_channels + out;
        if comptime!(
            (load + 1) * threads <= tile.depth * tile.rows
                && shape.out_channels.is_multiple_of(tile.rows)
        ) {
            a[load] = weights[at];
        } else {
            a[load] = 0.0f32;
            if element < comptime!(tile.depth * tile.rows) && first_out + out < shape.out_channels {
                a[load] = weights[at];
            }
        }
    }
}

/// Puts what a thread fetched into shared memory.
#[cube]
fn keep(
    shared: &mut SharedMemory<f32>,
    fetched: &Array<f32>,
    #[comptime] length: usize,
    #[comptime] tile: Tile,
) {
    let threads = comptime!(tile.threads());
    let thread = UNIT_POS_X as usize;
    #[unroll]
    for load in 0..comptime!(length.div_ceil(threads)) {
        if comptime!((load + 1) * threads <= length) {
            shared[thread + load * threads] = fetched[load];
        } else if thread + load * threads < length {
            shared[thread + load * threads] = fetched[load];
        }
    }
}

/// Adds the product of two slices in shared memory to a thread's sums: rows of `a` from `first_row` on, every
/// `columns / thread_columns`-th column of `b` from `lane` on. `strides` are the lengths of their lines.
#[cube]
fn multiply(
    a: &SharedMemory<f32>,
    b: &SharedMemory<f32>,
    sums: &mut Array<f32>,
    first_row: usize,
    lane: usize,
    #[comptime] tile: Tile,
    #[comptime] strides: [usize; 2],
) {
    let lanes = comptime!(tile.columns / tile.thread_columns);
    for k in 0..tile.depth {
        let mut left = Array::<f32>::new(tile.thread_rows);
        #[unroll]
        for row in 0..tile.thread_rows {
            left[row] = a[k * comptime!(strides[0]) + first_row + row];
        }
        #[unroll]
        for column in 0..tile.thread_columns {
            let right = b[k * comptime!(strides[1]) + lane + column * lanes];
            #[unroll]
            for row in 0..tile.thread_rows {
                sums[row * tile.thread_columns + column] += left[row] * right;
            }
        }
    }
}

/// `gradient[ky, kx, c, m] = Σ in[c, y + ky, x + kx, n] · outputs' gradient[m, y, x, n]` over places and images, cut into
/// parts; the row after the last is the bias's. Workgroups: x over rows, y over out channels, z over parts of the sum.
#[cube(launch_unchecked)]
pub(super) fn weight_gradient(work: &mut Array<f32>, #[comptime] shape: WeightShape) {
    let tile = comptime!(shape.tile);
    let lanes = comptime!(tile.columns / tile.thread_columns);
    let threads = comptime!(tile.threads());
    let rows = comptime!(shape.kernel_y * shape.kernel_x * shape.in_channels);
    let thread = UNIT_POS_X as usize;
    let lane = thread % lanes;
    let block = thread / lanes;
    let first_row = CUBE_POS_X as usize * tile.rows;
    let first_out = CUBE_POS_Y as usize * tile.columns;
    let split = CUBE_POS_Z as usize;

    // One more than the tile a line, so that a column of threads writes to different banks.
    let stride_a = comptime!(tile.rows + 1);
    let stride_b = comptime!(tile.columns + 1);
    let mut a = SharedMemory::<f32>::new(comptime!(tile.depth * (tile.rows + 1)));
    let mut b = SharedMemory::<f32>::new(comptime!(tile.depth * (tile.columns + 1)));
    let mut sums = Array::<f32>::new(comptime!(tile.thread_rows * tile.thread_columns));
    #[unroll]
    for index in 0..comptime!(tile.thread_rows * tile.thread_columns) {
        sums[index] = 0.0;
    }

    // A thread loads the same rows and the same image of a slice every time.
    let k = thread % tile.depth;
    let first_line = thread / tile.depth;
    let lines = comptime!(threads / tile.depth);
    let loads_a = comptime!(tile.rows / (threads / tile.depth));
    let loads_b = comptime!(tile.columns / (threads / tile.depth));
    let mut offsets = Array::<u32>::new(loads_a);
    #[unroll]
    for load in 0..loads_a {
        let row = first_row + first_line + load * lines;
        let tap = row / shape.in_channels;
        let channel = row % shape.in_channels;
        let ky = tap / shape.kernel_x;
        let kx = tap % shape.kernel_x;
        offsets[load] =
            (((channel * shape.in_height + ky) * shape.in_width + kx) * shape.batch) as u32;
    }

    let total = comptime!(shape.out_height * shape.out_width * (shape.batch / tile.depth));
    let begin = split * total / shape.splits;
    let end = (split + 1) * total / shape.splits;
    let mut next_a = Array::<f32>::new(loads_a);
    let mut next_b = Array::<f32>::new(loads_b);
    fetch_pair(work, &mut next_a, &mut next_b, &offsets, begin, shape);
    for slice in begin..end {
        sync_cube();
        #[unroll]
        for load in 0..loads_a {
            a[k * stride_a + first_line + load * lines] = next_a[load];
        }
        #[unroll]
        for load in 0..loads_b {
            b[k * stride_b + first_line + load * lines] = next_b[load];
        }
        sync_cube();
        if slice + 1 < end {
            fetch_pair(work, &mut next_a, &mut next_b, &offsets, slice + 1, shape);
        }
        multiply(
            &a,
            &b,
            &mut sums,
            block * tile.thread_rows,
            lane,
            tile,
            comptime!([tile.rows + 1, tile.columns + 1]),
        );
    }

    #[unroll]
    for row in 0..tile.thread_rows {
        let line = first_row + block * tile.thread_rows + row;
        if line <= rows {
            #[unroll]
            for column in 0..tile.thread_columns {
                let out = first_out + lane + column * lanes;
                if out < shape.out_channels {
                    let at = (split * comptime!(rows + 1) + line) * shape.out_channels + out;
                    work[shape.output + at] = sums[row * tile.thread_columns + column];
                }
            }
        }
    }
}

/// A thread's part of a slice of [`weight_gradient`]'s factors, into registers.
#[cube]
fn fetch_pair(
    work: &Array<f32>,
    a: &mut Array<f32>,
    b: &mut Array<f32>,
    offsets: &Array<u32>,
    slice: usize,
    #[comptime] shape: WeightShape,
) {
    let tile = comptime!(shape.tile);
    let rows = comptime!(shape.kernel_y * shape.kernel_x * shape.in_channels);
    let lines = comptime!(tile.threads() / tile.depth);
    let thread = UNIT_POS_X as usize;
    let first_line = thread / tile.depth;
    let slices = comptime!(shape.batch / tile.depth);
    let place = slice / slices;
    let y = place / shape.out_width;
    let x = place % shape.out_width;
    let image = slice % slices * tile.depth + thread % tile.depth;
    let values = shape.source + (y * shape.in_width + x) * shape.batch + image;
    let gradients = shape.gradient + place * shape.batch + image;
    #[unroll]
    for load in 0..comptime!(tile.rows / (tile.threads() / tile.depth)) {
        let row = CUBE_POS_X as usize * tile.rows + first_line + load * lines;
        a[load] = 0.0f32;
        if row < rows {
            a[load] = work[values + offsets[load] as usize];
        } else if row == rows {
            a[load] = 1.0f32;
        }
    }
    #[unroll]
    for load in 0..comptime!(tile.columns / (tile.threads() / tile.depth)) {
        let out = CUBE_POS_Y as usize * tile.columns + first_line + load * lines;
        let size = comptime!(shape.out_height * shape.out_width * shape.batch);
        if comptime!(shape.out_channels.is_multiple_of(tile.columns)) {
            b[load] = work[gradients + out * size];
        } else {
            b[load] = 0.0f32;
            if out < shape.out_channels {
                b[load] = work[gradients + out * size];
            }
        }
    }
}

/// Adds up two values a thread over the workgroup, and puts the sums where those of its channel and its part belong.
#[cube]
fn add_up(work: &mut Array<f32>, first: f32, second: f32, #[comptime] shape: PoolShape) {
    let thread = UNIT_POS_X as usize;
    let mut shared = SharedMemory::<f32>::new(comptime!(2 * THREADS));
    shared[thread] = first;
    shared[thread + THREADS] = second;
    let mut width = comptime!(THREADS / 2).runtime();
    while width > 0 {
        sync_cube();
        if thread < width {
            let other = shared[thread + width];
            shared[thread] += other;
            let other = shared[thread + THREADS + width];
            shared[thread + THREADS] += other;
        }
        width /= 2;
    }
    if thread == 0 {
        let part = CUBE_POS_Y as usize * comptime!(2 * shape.channels);
        let at = shape.sums + part + CUBE_POS_X as usize;
        work[at] = shared[thread];
        work[at + shape.channels] = shared[thread + THREADS];
    }
}

/// Sum and sum of squares of a channel's values, in parts. Workgroups: x over channels, y over parts.
#[cube(launch_unchecked)]
pub(super) fn statistics(work: &mut Array<f32>, #[comptime] shape: PoolShape) {
    let channel = CUBE_POS_X as usize;
    let split = CUBE_POS_Y as usize;
    let count = comptime!(shape.in_height * shape.in_width * shape.batch);
    let end = (split + 1) * count / shape.splits;
    let mut index = split * count / shape.splits + UNIT_POS_X as usize;
    let mut sum = 0.0f32;
    let mut squares = 0.0f32;
    while index < end {
        let value = work[shape.source + channel * count + index];
        sum += value;
        squares += value * value;
        index += THREADS;
    }
    add_up(work, sum, squares, shape);
}

/// A channel's mean and deviation, from the batch or from the averaged statistics (as the header says), and the scale
/// and shift that follow. The batch's are added to the averaged ones with the header's weight. A thread a channel.
#[cube(launch_unchecked)]
pub(super) fn finish_statistics(
    records: &Array<f32>,
    weights: &Array<f32>,
    running: &mut Array<f32>,
    work: &mut Array<f32>,
    #[comptime] shape: PoolShape,
) {
    let channel = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    if channel < shape.channels {
        let mut mean = 0.0f32;
        let mut square = 0.0f32;
        if records[USES_RUNNING] > 0.5 {
            mean = running[shape.running + channel];
            square = running[comptime!(shape.running + shape.channels) + channel];
        } else {
            for split in 0..shape.splits {
                let at = shape.sums + split * comptime!(2 * shape.channels) + channel;
                mean += work[at];
                square += work[at + shape.channels];
            }
            let count = comptime!((shape.in_height * shape.in_width * shape.batch) as u32);
            mean /= f32::cast_from(count);
            square /= f32::cast_from(count);
            let means = shape.running + channel;
            let squares = comptime!(shape.running + shape.channels) + channel;
            running[means] = running[means] * records[KEEPS] + records[ACCUMULATES] * mean;
            running[squares] = running[squares] * records[KEEPS] + records[ACCUMULATES] * square;
        }
        let variance = f32::max(square - mean * mean, 0.0);
        let inverse = 1.0 / f32::sqrt(variance + records[EPSILON]);
        let scale = weights[shape.weights + channel] * inverse;
        let shift = weights[comptime!(shape.weights + shape.channels) + channel] - mean * scale;
        work[shape.moments + channel] = mean;
        work[comptime!(shape.moments + shape.channels) + channel] = inverse;
        work[comptime!(shape.moments + 2 * shape.channels) + channel] = scale;
        work[comptime!(shape.moments + 3 * shape.channels) + channel] = shift;
    }
}

#[cube]
fn scale_of(work: &Array<f32>, channel: usize, #[comptime] shape: PoolShape) -> f32 {
    let mut scale = 1.0f32;
    if comptime!(shape.normalises) {
        scale = work[comptime!(shape.moments + 2 * shape.channels) + channel];
    }
    scale
}

#[cube]
fn shift_of(work: &Array<f32>, channel: usize, #[comptime] shape: PoolShape) -> f32 {
    let mut shift = 0.0f32;
    if comptime!(shape.normalises) {
        shift = work[comptime!(shape.moments + 3 * shape.channels) + channel];
    }
    shift
}

/// Normalised values, the largest of each window. A thread an output.
#[cube(launch_unchecked)]
pub(super) fn pool_forward(work: &mut Array<f32>, #[comptime] shape: PoolShape) {
    let index = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    let image = index % shape.batch;
    let place = index / shape.batch;
    if place < comptime!(shape.channels * shape.out_height * shape.out_width) {
        let channel = place / comptime!(shape.out_height * shape.out_width);
        let scale = scale_of(work, channel, shape);
        let shift = shift_of(work, channel, shape);
        let first = first_of_window(place, image, shape);
        let mut largest = work[first] * scale + shift;
        #[unroll]
        for ky in 0..shape.kernel_y {
            #[unroll]
            for kx in 0..shape.kernel_x {
                let at = first + comptime!((ky * shape.in_width + kx) * shape.batch);
                largest = f32::max(largest, work[at] * scale + shift);
            }
        }
        work[shape.output + index] = largest;
    }
}

/// Where the window of an output begins in the work buffer. `place` is `[channel, y, x]` of the outputs.
#[cube]
fn first_of_window(place: usize, image: usize, #[comptime] shape: PoolShape) -> usize {
    let channel = place / comptime!(shape.out_height * shape.out_width);
    let y = place % comptime!(shape.out_height * shape.out_width) / shape.out_width;
    let x = place % shape.out_width;
    let row = channel * shape.in_height + y * shape.kernel_y;
    shape.source + (row * shape.in_width + x * shape.kernel_x) * shape.batch + image
}

/// Which value of a window is its largest, the first of equal ones, counted row by row.
#[cube]
fn largest_of_window(
    work: &Array<f32>,
    first: usize,
    scale: f32,
    shift: f32,
    #[comptime] shape: PoolShape,
) -> u32 {
    let mut largest = work[first] * scale + shift;
    let mut winner = 0u32;
    #[unroll]
    for ky in 0..shape.kernel_y {
        #[unroll]
        for kx in 0..shape.kernel_x {
            let at = first + comptime!((ky * shape.in_width + kx) * shape.batch);
            let value = work[at] * scale + shift;
            if value > largest {
                largest = value;
                winner = comptime!((ky * shape.kernel_x + kx) as u32).runtime();
            }
        }
    }
    winner
}

/// The gradients of a batch normalisation's scale (`Σ g · x̂`) and shift (`Σ g`), in parts: only the winners of the
/// windows have one. Workgroups: x over channels, y over parts.
#[cube(launch_unchecked)]
pub(super) fn pool_sums(work: &mut Array<f32>, #[comptime] shape: PoolShape) {
    let channel = CUBE_POS_X as usize;
    let split = CUBE_POS_Y as usize;
    let count = comptime!(shape.out_height * shape.out_width * shape.batch);
    let end = (split + 1) * count / shape.splits;
    let mut index = split * count / shape.splits + UNIT_POS_X as usize;
    let mean = work[shape.moments + channel];
    let inverse = work[comptime!(shape.moments + shape.channels) + channel];
    let scale = scale_of(work, channel, shape);
    let shift = shift_of(work, channel, shape);
    let mut products = 0.0f32;
    let mut sum = 0.0f32;
    while index < end {
        let place = channel * comptime!(shape.out_height * shape.out_width) + index / shape.batch;
        let first = first_of_window(place, index % shape.batch, shape);
        let winner = largest_of_window(work, first, scale, shift, shape) as usize;
        let at = first
            + (winner / shape.kernel_x * shape.in_width + winner % shape.kernel_x) * shape.batch;
        let gradient = work[shape.gradient + channel * count + index];
        products += gradient * (work[at] - mean) * inverse;
        sum += gradient;
        index += THREADS;
    }
    add_up(work, products, sum, shape);
}

/// Adds up the parts of [`pool_sums`] and divides them by the number of values. A thread a channel.
#[cube(launch_unchecked)]
pub(super) fn finish_sums(work: &mut Array<f32>, #[comptime] shape: PoolShape) {
    let channel = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    if channel < shape.channels {
        let mut products = 0.0f32;
        let mut sum = 0.0f32;
        for split in 0..shape.splits {
            let at = shape.sums + split * comptime!(2 * shape.channels) + channel;
            products += work[at];
            sum += work[at + shape.channels];
        }
        let count = f32::cast_from(comptime!(
            (shape.in_height * shape.in_width * shape.batch) as u32
        ));
        work[comptime!(shape.moments + 4 * shape.channels) + channel] = products / count;
        work[comptime!(shape.moments + 5 * shape.channels) + channel] = sum / count;
    }
}

/// The gradient of the values before the pooling, the batch normalisation and the activation before that:
/// `scale · (g − (Σ g + x̂ · Σ g x̂) / count) · slope`. A thread a value.
#[cube(launch_unchecked)]
pub(super) fn pool_backward(work: &mut Array<f32>, #[comptime] shape: PoolShape) {
    let index = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    let image = index % shape.batch;
    let place = index / shape.batch;
    let size = comptime!(shape.in_height * shape.in_width);
    if place < comptime!(shape.channels * shape.in_height * shape.in_width) {
        let channel = place / size;
        let y = place % size / shape.in_width;
        let x = place % shape.in_width;
        let scale = scale_of(work, channel, shape);
        let shift = shift_of(work, channel, shape);
        let window_y = y / shape.kernel_y;
        let window_x = x / shape.kernel_x;
        let mut gradient = 0.0f32;
        if window_y < shape.out_height && window_x < shape.out_width {
            let out = (channel * shape.out_height + window_y) * shape.out_width + window_x;
            let first = first_of_window(out, image, shape);
            let winner = largest_of_window(work, first, scale, shift, shape) as usize;
            if winner == y % shape.kernel_y * shape.kernel_x + x % shape.kernel_x {
                gradient = work[shape.gradient + out * shape.batch + image];
            }
        }
        if comptime!(shape.normalises) {
            let products = work[comptime!(shape.moments + 4 * shape.channels) + channel];
            let sum = work[comptime!(shape.moments + 5 * shape.channels) + channel];
            let normal = (work[shape.source + index] - work[shape.moments + channel])
                * work[comptime!(shape.moments + shape.channels) + channel];
            gradient = scale * (gradient - sum - normal * products);
        }
        if comptime!(shape.activation != 0) {
            gradient *= slope(work[shape.gate + index], shape.activation);
        }
        work[shape.input_gradient + index] = gradient;
    }
}

/// The mean cross entropy's gradient at the logits, and each image's loss added to its sum. The target is one-hot with
/// the header's part spread over all classes; an image whose class is none of them has the same target for all. A
/// thread an image.
#[cube(launch_unchecked)]
pub(super) fn cross_entropy(
    records: &Array<f32>,
    work: &mut Array<f32>,
    #[comptime] shape: LossShape,
) {
    let image = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    if image < shape.batch {
        let class = usize::cast_from(records[HEADER + image * RECORD + 1]);
        let even = 1.0 / f32::cast_from(comptime!(shape.classes as u32));
        let mut part = records[LABEL_SMOOTHING];
        if class >= shape.classes {
            part = 1.0f32.runtime();
        }
        let mut largest = work[shape.logits + image];
        for other in 1..shape.classes {
            largest = f32::max(largest, work[shape.logits + other * shape.batch + image]);
        }
        let mut sum = 0.0f32;
        for other in 0..shape.classes {
            sum += f32::exp(work[shape.logits + other * shape.batch + image] - largest);
        }
        let log_sum = largest + f32::ln(sum);
        let mut loss = 0.0f32;
        for other in 0..shape.classes {
            let at = other * shape.batch + image;
            let mut target = part * even;
            if other == class {
                target += 1.0 - part;
            }
            let log_probability = work[shape.logits + at] - log_sum;
            loss -= target * log_probability;
            work[shape.gradient + at] = (f32::exp(log_probability) - target)
                / f32::cast_from(comptime!(shape.batch as u32));
        }
        work[shape.loss + image] += loss;
    }
}

/// AdamW (Loshchilov & Hutter 2017, arXiv:1711.05101), or gradient descent with momentum, and the moving average of the
/// weights. A thread a parameter.
#[cube(launch_unchecked)]
pub(super) fn adam(
    records: &Array<f32>,
    work: &Array<f32>,
    parameters: &mut Array<f32>,
    average: &mut Array<f32>,
    moments: &mut Array<f32>,
    transposed: &mut Array<f32>,
    #[comptime] shape: AdamShape,
) {
    let index = CUBE_POS_X as usize * THREADS + UNIT_POS_X as usize;
    if index < shape.count {
        let mut gradient = 0.0f32;
        for split in 0..shape.splits {
            gradient += work[shape.gradient + split * shape.count + index];
        }
        let at = shape.parameters + index;
        // With momentum alone the gradients are added up (PyTorch's SGD), not averaged.
        let share = select(records[PLAIN] > 0.5, 1.0f32, 0.1f32);
        let first = 0.9 * moments[at] + share * gradient;
        let second = 0.999 * moments[shape.total + at] + 0.001 * gradient * gradient;
        moments[at] = first;
        moments[shape.total + at] = second;
        let adaptive = first
            / records[FIRST_CORRECTION]
            / (f32::sqrt(second / records[SECOND_CORRECTION]) + 1e-8);
        let step = select(records[PLAIN] > 0.5, first, adaptive);
        let value = parameters[at] * (1.0 - records[LEARNING_RATE] * records[WEIGHT_DECAY])
            - records[LEARNING_RATE] * step;
        parameters[at] = value;
        let decay = records[AVERAGE_DECAY];
        average[at] = average[at] * decay + value * (1.0 - decay);
        if comptime!(shape.transposes) {
            // The bias has no place in it.
            let row = index / shape.out_channels;
            let out = index % shape.out_channels;
            if index < comptime!(shape.count - shape.out_channels) {
                let tap = row / shape.in_channels;
                let channel = row % shape.in_channels;
                transposed[shape.parameters
                    + (tap * shape.out_channels + out) * shape.in_channels
                    + channel] = value;
            }
        }
    }
}

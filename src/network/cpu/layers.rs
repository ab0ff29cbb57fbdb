//! What is done to whole maps and vectors beside convolving.

use super::vectors::{MOST_WIDTH, Vectors};
use crate::spec::{Pooling, Shape, count};
use std::array::from_fn;

/// `y = scale·x + shift`, one of each for every map of `plane` values.
#[inline(always)]
pub fn scale(x: &mut [f32], plane: usize, scales: &[f32], shifts: &[f32]) {
    let channels = scales.iter().zip(shifts);
    for (values, (scale, shift)) in x.chunks_exact_mut(plane).zip(channels) {
        for value in values {
            *value = *value * scale + shift;
        }
    }
}

/// The largest of each window, or its mean.
#[inline(always)]
pub fn pool(x: &[f32], input: Shape, output: Shape, pooling: Pooling) -> Vec<f32> {
    let places = (pooling.kernel_size[0] * pooling.kernel_size[1]) as f32;
    if pooling.mean {
        let mut y = pool_with(x, input, output, pooling, 0.0, |a, b| a + b);
        y.iter_mut().for_each(|y| *y /= places);
        y
    } else {
        // Not `f32::max`, which in a browser is a call.
        let larger = |a, b| if b > a { b } else { a };
        pool_with(x, input, output, pooling, f32::NEG_INFINITY, larger)
    }
}

/// First the rows of a window become one, which is wide, then that one's columns. Beyond the edge is `nothing`.
#[inline(always)]
fn pool_with(
    x: &[f32],
    [_, height, width]: Shape,
    output: Shape,
    pooling: Pooling,
    nothing: f32,
    join: impl Fn(f32, f32) -> f32 + Copy,
) -> Vec<f32> {
    let [
        (kernel_y, stride_y, padding_y),
        (kernel_x, stride_x, padding_x),
    ] = [0, 1].map(|axis| {
        let Pooling {
            kernel_size,
            stride,
            padding,
            ..
        } = pooling;
        (kernel_size[axis], stride[axis], padding[axis])
    });
    let mut line = vec![nothing; (output[2] - 1) * stride_x + kernel_x];
    let mut y = Vec::with_capacity(count(output));
    for plane in x.chunks_exact(height * width) {
        for out_y in 0..output[1] {
            line.fill(nothing);
            let start = out_y * stride_y;
            let end = (start + kernel_y - padding_y).min(height);
            let rows = start.saturating_sub(padding_y) * width..end * width;
            for row in plane[rows].chunks_exact(width) {
                for (value, x) in line[padding_x..].iter_mut().zip(row) {
                    *value = join(*value, *x);
                }
            }
            for window in line.windows(kernel_x).step_by(stride_x) {
                y.push(window.iter().fold(nothing, |value, x| join(value, *x)));
            }
        }
    }
    y
}

/// `y = weight · x + bias`, `weight` `[out, in]`.
#[inline(always)]
pub fn multiply<V: Vectors>(vectors: V, weight: &[f32], x: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut y = Vec::with_capacity(bias.len());
    for (row, bias) in weight.chunks_exact(x.len()).zip(bias) {
        y.push(dot(vectors, row, x) + bias);
    }
    y
}

/// Partial sums of a dot product: enough independent chains to hide the latency of a multiply-add.
const CHAINS: usize = 8;

#[inline(always)]
fn dot<V: Vectors>(vectors: V, a: &[f32], b: &[f32]) -> f32 {
    let step = CHAINS * V::WIDTH;
    let (a, b) = (a.chunks_exact(step), b.chunks_exact(step));
    let rest = a.remainder().iter().zip(b.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    let mut sums = [vectors.splat(0.0); CHAINS];
    for (a, b) in a.zip(b) {
        let load = |values: &[f32]| from_fn(|v| vectors.load(&values[v * V::WIDTH..]));
        let (a, b): ([_; CHAINS], [_; CHAINS]) = (load(a), load(b));
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = vectors.multiply_add(a, b, *sum);
        }
    }
    let one = vectors.splat(1.0);
    let mut sum = sums[0];
    for other in &sums[1..] {
        sum = vectors.multiply_add(*other, one, sum);
    }
    let mut lanes = [0.0; MOST_WIDTH];
    vectors.store(sum, &mut lanes);
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_takes_the_largest_and_leaves_an_incomplete_edge_out() {
        let x = [1.0, 5.0, 2.0, -1.0, 0.0, 9.0, 3.0, 3.0, 3.0];
        let of = |mean| Pooling {
            kernel_size: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
            mean,
        };
        assert_eq!(pool(&x, [1, 3, 3], [1, 1, 1], of(false)), [5.0]);
        let mean = (x[0] + x[1] + x[3] + x[4]) / 4.0;
        assert_eq!(pool(&x, [1, 3, 3], [1, 1, 1], of(true)), [mean]);
        let over = Pooling {
            kernel_size: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
            mean: false,
        };
        // All below the zeros that would otherwise stand there.
        let x = x.map(|value| -value - 2.0);
        let expected = [-1.0, -2.0, -1.0, -2.0];
        assert_eq!(pool(&x, [1, 3, 3], [1, 2, 2], over), expected);
    }
}

//! A convolution that holds the sums of a block of places and channels in registers while it runs over the kernel, so
//! that every loaded value is used often.

use super::vectors::Vectors;
use crate::spec::{Shape, count};
use std::{array::from_fn, borrow::Cow};

/// Channels of a block: the vectors of a few places of so many fill a processor's registers.
const LANES: usize = 16;

/// A layer's weights and where it reads, made once in the order that the loops want. Kernel size and stride are in the
/// tables alone.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// `[block of channels][in][kernel_y][kernel_x][channel]`, then enough zeros to read a whole block's channels
    /// anywhere. What the last block reads beyond its own is computed with, and left.
    weights: Vec<f32>,
    /// Likewise.
    bias: Vec<f32>,
    input: Shape,
    output: Shape,
    padding: [usize; 2],
    /// Where each place of the output begins to read in the padded input…
    starts: Vec<usize>,
    /// …and how far from there each weight of a kernel finds its value; rising.
    taps: Vec<usize>,
}

impl Convolution {
    /// `weights` is `[out, in, kernel_y, kernel_x]`; `window` is kernel size, stride, padding.
    pub fn new(
        weights: &[f32],
        bias: &[f32],
        [input, output]: [Shape; 2],
        [kernel, stride, padding]: [[usize; 2]; 3],
    ) -> Self {
        let [_, rows, columns] = padded(input, padding);
        let at = |channel, row, column| (channel * rows + row) * columns + column;
        let taps: Vec<usize> = (0..input[0] * kernel[0] * kernel[1])
            .map(|tap| (tap / kernel[1], tap % kernel[1]))
            .map(|(line, x)| at(line / kernel[0], line % kernel[0], x))
            .collect();
        let starts = (0..output[1] * output[2])
            .map(|place| (place / output[2], place % output[2]))
            .map(|(y, x)| at(0, y * stride[0], x * stride[1]))
            .collect();
        let mut packed = Vec::with_capacity(weights.len() + LANES);
        for block in weights.chunks(LANES * taps.len()) {
            for tap in 0..taps.len() {
                packed.extend(block.chunks_exact(taps.len()).map(|kernel| kernel[tap]));
            }
        }
        packed.extend([0.0; LANES]);
        let mut bias = bias.to_vec();
        bias.extend([0.0; LANES]);
        Self {
            weights: packed,
            bias,
            input,
            output,
            padding,
            starts,
            taps,
        }
    }

    /// The output for the maps `x`, `PLACES` of each channel at a time. So many vectors hold [`LANES`] values.
    #[inline(always)]
    pub fn run<V: Vectors, const VECTORS: usize, const PLACES: usize>(
        &self,
        vectors: V,
        x: &[f32],
    ) -> Vec<f32> {
        let x = self.pad(x);
        let plane = self.starts.len();
        let mut y = vec![0.0; count(self.output)];
        for (block, y) in y.chunks_mut(LANES * plane).enumerate() {
            let channels = y.len() / plane;
            let bias = &self.bias[block * LANES..];
            let weights = &self.weights[block * LANES * self.taps.len()..];
            for (block, starts) in self.starts.chunks(PLACES).enumerate() {
                // What the last block lacks, it computes twice.
                let starts: [_; PLACES] = from_fn(|place| starts[place.min(starts.len() - 1)]);
                let sums: [_; PLACES] = if channels == LANES {
                    let weights = weights.chunks_exact(LANES);
                    self.block::<V, VECTORS, PLACES>(vectors, &x, weights, bias, starts)
                } else {
                    let weights = weights.windows(LANES).step_by(channels);
                    self.block::<V, VECTORS, PLACES>(vectors, &x, weights, bias, starts)
                };
                let first = block * PLACES;
                for (lane, y) in y.chunks_exact_mut(plane).enumerate() {
                    for (y, sums) in y[first..].iter_mut().zip(&sums) {
                        *y = sums[lane];
                    }
                }
            }
        }
        y
    }

    /// The sums of the places that read from `starts` on. Its innermost loops reckon no index, which would be checked.
    #[inline(always)]
    fn block<'a, V: Vectors, const VECTORS: usize, const PLACES: usize>(
        &self,
        vectors: V,
        x: &[f32],
        weights: impl Iterator<Item = &'a [f32]>,
        bias: &[f32],
        starts: [usize; PLACES],
    ) -> [[f32; LANES]; PLACES] {
        let load = |values: &[f32]| from_fn(|v| vectors.load(&values[v * V::WIDTH..]));
        let bias: [V::Vector; VECTORS] = load(bias);
        let mut sums = [bias; PLACES];
        // All as long, so that one check of a tap holds for every place.
        let reach = self.taps.last().map_or(0, |tap| tap + 1);
        let windows: [&[f32]; PLACES] = from_fn(|place| &x[starts[place]..][..reach]);
        for (tap, weights) in self.taps.iter().zip(weights) {
            let weights: [V::Vector; VECTORS] = load(weights);
            for (sums, window) in sums.iter_mut().zip(windows) {
                let value = vectors.splat(window[*tap]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = vectors.multiply_add(value, weight, *sum);
                }
            }
        }
        let mut found = [[0.0; LANES]; PLACES];
        for (found, sums) in found.iter_mut().zip(sums) {
            for (v, sum) in sums.into_iter().enumerate() {
                vectors.store(sum, &mut found[v * V::WIDTH..]);
            }
        }
        found
    }

    /// The same maps with a border of zeros.
    fn pad<'a>(&self, x: &'a [f32]) -> Cow<'a, [f32]> {
        if self.padding == [0, 0] {
            return Cow::Borrowed(x);
        }
        let [_, height, width] = self.input;
        let [channels, rows, columns] = padded(self.input, self.padding);
        let mut padded = vec![0.0; channels * rows * columns];
        for (line, values) in x.chunks_exact(width).enumerate() {
            let row = line / height * rows + line % height + self.padding[0];
            padded[row * columns + self.padding[1]..][..width].copy_from_slice(values);
        }
        Cow::Owned(padded)
    }
}

fn padded([channels, height, width]: Shape, padding: [usize; 2]) -> Shape {
    [channels, height + 2 * padding[0], width + 2 * padding[1]]
}

#[cfg(test)]
mod tests {
    use super::{super::vectors::Baseline, *};

    #[test]
    fn a_convolution_by_hand() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]; // [1, 3, 3]
        let weight = [1.0, 0.0, 0.0, -1.0]; // [1, 1, 2, 2]
        let convolve = |bias, output, padding| {
            let shapes = [[1, 3, 3], output];
            let window = [[2, 2], [1, 1], padding];
            let convolution = Convolution::new(&weight, &[bias], shapes, window);
            convolution.run::<_, 4, 4>(Baseline, &x)
        };
        assert_eq!(convolve(0.5, [1, 2, 2], [0, 0]), [-3.5; 4]);
        let y = convolve(0.0, [1, 4, 4], [1, 1]);
        assert_eq!(y[0], -1.0);
        assert_eq!(y[15], 9.0);
    }
}

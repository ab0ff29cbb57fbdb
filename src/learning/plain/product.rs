//! The one product of matrices that all of a step is made of, in plain loops of which the compiler makes wide ones.
//!
//! Columns are kept in blocks of [`LANES`]: the sums of a few rows of a block stay in registers while they run over what
//! is summed up, so that every value that was loaded is used several times. Sizes are padded to whole blocks, which
//! leaves no edges.

/// Columns of a block.
pub(super) const LANES: usize = 16;
/// Rows whose sums stay in registers: with a block's columns half of the registers that there are, in the page those of
/// 128 bits.
const ROWS: usize = 4;

/// Values of one row of a block.
pub(super) type Lanes = [f32; LANES];

/// A matrix on the left: the value of row `m` and term `k` is at `m · row + k · term`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub values: &'a [f32],
    pub row: usize,
    pub term: usize,
}

/// One block of columns on the right: the lanes of term `k` begin at `k · term`.
#[derive(Clone, Copy)]
pub(super) struct Right<'a> {
    pub values: &'a [f32],
    pub term: usize,
}

/// A row of a block in the processor's wide registers, which the compiler does not arrive at by itself.
trait Wide: Copy {
    fn load(lanes: &Lanes) -> Self;
    fn plus(self, value: f32, lanes: Self) -> Self;
    fn store(self) -> Lanes;
}

/// The sums over `terms` of every row, each handed to `take` with its row. `rows` is a multiple of [`ROWS`].
pub(super) fn multiply(
    left: Left,
    right: Right,
    sizes: [usize; 2],
    take: impl FnMut(usize, &Lanes),
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has the instructions.
        return unsafe { multiply_avx2(left, right, sizes, take) };
    }
    multiply_with::<Usual>(left, right, sizes, take);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn multiply_avx2(left: Left, right: Right, sizes: [usize; 2], take: impl FnMut(usize, &Lanes)) {
    multiply_with::<avx2::Block>(left, right, sizes, take);
}

#[inline(always)]
fn multiply_with<W: Wide>(
    left: Left,
    right: Right,
    [rows, terms]: [usize; 2],
    mut take: impl FnMut(usize, &Lanes),
) {
    for first in (0..rows).step_by(ROWS) {
        let mut sums = [W::load(&[0.0; LANES]); ROWS];
        // No closures here: they would be compiled without the wide instructions.
        let blocks = right.values.chunks(right.term).take(terms);
        if left.row == 1 {
            let values = left.values[first..].chunks(left.term);
            for (values, block) in values.zip(blocks) {
                let lanes = W::load(lanes_of(block, 0));
                let values: &[f32; ROWS] = values.first_chunk().expect("whole rows");
                for row in 0..ROWS {
                    sums[row] = sums[row].plus(values[row], lanes);
                }
            }
        } else {
            let rows: [&[f32]; ROWS] = std::array::from_fn(|row| {
                let start = (first + row) * left.row;
                &left.values[start..start + terms]
            });
            for (term, block) in blocks.enumerate() {
                let lanes = W::load(lanes_of(block, 0));
                for row in 0..ROWS {
                    sums[row] = sums[row].plus(rows[row][term], lanes);
                }
            }
        }
        for (row, sum) in sums.iter().enumerate() {
            take(first + row, &sum.store());
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Usual = Lanes;

#[cfg(not(target_arch = "wasm32"))]
impl Wide for Lanes {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        *lanes
    }

    #[inline(always)]
    fn plus(self, value: f32, lanes: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + value * lanes[lane])
    }

    #[inline(always)]
    fn store(self) -> Lanes {
        self
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{LANES, Lanes, Wide};
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub struct Block([__m256; LANES / 8]);

    // SAFETY, of all three: only `multiply_avx2` uses them, where the processor has the instructions, and `Lanes` are as
    // many as are loaded and stored.
    impl Wide for Block {
        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            let (low, high) = lanes.split_at(LANES / 2);
            // SAFETY: see above.
            unsafe {
                Self([
                    _mm256_loadu_ps(low.as_ptr()),
                    _mm256_loadu_ps(high.as_ptr()),
                ])
            }
        }

        #[inline(always)]
        fn plus(self, value: f32, Self(lanes): Self) -> Self {
            let Self([low, high]) = self;
            // SAFETY: see above.
            unsafe {
                let value = _mm256_set1_ps(value);
                Self([
                    _mm256_fmadd_ps(value, lanes[0], low),
                    _mm256_fmadd_ps(value, lanes[1], high),
                ])
            }
        }

        #[inline(always)]
        fn store(self) -> Lanes {
            let mut lanes = [0.0; LANES];
            let (low, high) = lanes.split_at_mut(LANES / 2);
            // SAFETY: see above.
            unsafe {
                _mm256_storeu_ps(low.as_mut_ptr(), self.0[0]);
                _mm256_storeu_ps(high.as_mut_ptr(), self.0[1]);
            }
            lanes
        }
    }
}

#[cfg(target_arch = "wasm32")]
use page::Block as Usual;

/// The page is built with the instructions for 128 bits.
#[cfg(target_arch = "wasm32")]
mod page {
    use super::{LANES, Lanes, Wide};
    use std::arch::wasm32::*;

    #[derive(Clone, Copy)]
    pub struct Block([v128; LANES / 4]);

    impl Wide for Block {
        #[inline(always)]
        fn load(l: &Lanes) -> Self {
            Self([0, 4, 8, 12].map(|at| f32x4(l[at], l[at + 1], l[at + 2], l[at + 3])))
        }

        #[inline(always)]
        fn plus(self, value: f32, Self([e, f, g, h]): Self) -> Self {
            let Self([a, b, c, d]) = self;
            let value = f32x4_splat(value);
            let plus = |sum, lanes| f32x4_add(sum, f32x4_mul(value, lanes));
            Self([plus(a, e), plus(b, f), plus(c, g), plus(d, h)])
        }

        #[inline(always)]
        fn store(self) -> Lanes {
            let mut lanes = [0.0; LANES];
            for (lanes, wide) in lanes.chunks_exact_mut(4).zip(self.0) {
                lanes[0] = f32x4_extract_lane::<0>(wide);
                lanes[1] = f32x4_extract_lane::<1>(wide);
                lanes[2] = f32x4_extract_lane::<2>(wide);
                lanes[3] = f32x4_extract_lane::<3>(wide);
            }
            lanes
        }
    }
}

/// The lanes that begin there.
#[inline(always)]
pub(super) fn lanes_of(values: &[f32], start: usize) -> &Lanes {
    values[start..].first_chunk().expect("a whole block")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_times_columns() {
        let (rows, terms) = (8, 7);
        let a: Vec<f32> = (0..rows * terms).map(|i| (i % 11) as f32 - 4.0).collect();
        let b: Vec<f32> = (0..terms * LANES).map(|i| (i % 13) as f32 - 6.0).collect();
        let transposed: Vec<f32> = (0..terms * rows)
            .map(|i| a[i % rows * terms + i / rows])
            .collect();
        let right = Right {
            values: &b,
            term: LANES,
        };
        for (values, row, term) in [(&a, terms, 1), (&transposed, 1, rows)] {
            let mut seen = 0;
            multiply(
                Left { values, row, term },
                right,
                [rows, terms],
                |m, sums| {
                    seen += 1;
                    for (lane, sum) in sums.iter().enumerate() {
                        let expected: f32 = (0..terms)
                            .map(|k| a[m * terms + k] * b[k * LANES + lane])
                            .sum();
                        assert_eq!(*sum, expected, "{m} {lane}");
                    }
                },
            );
            assert_eq!(seen, rows);
        }
    }
}

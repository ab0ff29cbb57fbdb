//! Vectors of floats, for the loops that the compiler does not make wide by itself at every level of optimisation: one
//! body, generic over [`Vectors`], is compiled for each instruction set, and the best that the processor has is chosen
//! at run time.

/// An instruction set's vectors. Whoever has a value of such a type has made sure that the processor has them.
pub trait Vectors: Copy {
    /// [`Vectors::WIDTH`] floats.
    type Vector: Copy;
    /// Floats of a vector.
    const WIDTH: usize;

    /// The same value everywhere.
    fn splat(self, value: f32) -> Self::Vector;

    /// The first values.
    ///
    /// # Panics
    /// Where there are fewer than a vector holds.
    fn load(self, values: &[f32]) -> Self::Vector;

    /// Writes over the first values.
    ///
    /// # Panics
    /// Where there are fewer than a vector holds.
    fn store(self, vector: Self::Vector, values: &mut [f32]);

    /// `a · b + sum`, rounded once where the instruction set has that (FMA, NEON), and twice elsewhere.
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, sum: Self::Vector) -> Self::Vector;
}

/// Floats of the widest.
pub const MOST_WIDTH: usize = 8;

/// Which vectors to compute with.
#[derive(Clone, Copy, Debug)]
pub enum Instructions {
    /// Those that every processor of the kind has.
    Baseline,
    /// Those of most x86 processors since 2013.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl Instructions {
    /// The widest of this processor.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Baseline
    }
}

/// See [`Instructions::Baseline`].
#[derive(Clone, Copy, Debug)]
pub struct Baseline;

/// See [`Instructions::Avx2`].
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// None where the processor lacks it.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }
}

#[inline(always)]
fn first<const N: usize>(values: &[f32]) -> &[f32; N] {
    values.first_chunk().expect("a whole vector")
}

#[inline(always)]
fn first_mut<const N: usize>(values: &mut [f32]) -> &mut [f32; N] {
    values.first_chunk_mut().expect("a whole vector")
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Avx2, Baseline, Vectors, first, first_mut};
    use std::arch::x86_64::*;

    impl Vectors for Baseline {
        type Vector = __m128;
        const WIDTH: usize = 4;

        #[inline(always)]
        fn splat(self, value: f32) -> __m128 {
            // SAFETY: every x86-64 processor has the instruction.
            unsafe { _mm_set1_ps(value) }
        }

        #[inline(always)]
        fn load(self, values: &[f32]) -> __m128 {
            // SAFETY: as above, and the array has as many values.
            unsafe { _mm_loadu_ps(first::<4>(values).as_ptr()) }
        }

        #[inline(always)]
        fn store(self, vector: __m128, values: &mut [f32]) {
            // SAFETY: as above, and the array has as many values.
            unsafe { _mm_storeu_ps(first_mut::<4>(values).as_mut_ptr(), vector) }
        }

        #[inline(always)]
        fn multiply_add(self, a: __m128, b: __m128, sum: __m128) -> __m128 {
            // SAFETY: as above.
            unsafe { _mm_add_ps(_mm_mul_ps(a, b), sum) }
        }
    }

    // Inlined into functions that are compiled for AVX2, where these calls become single instructions.
    impl Vectors for Avx2 {
        type Vector = __m256;
        const WIDTH: usize = 8;

        #[inline(always)]
        fn splat(self, value: f32) -> __m256 {
            // SAFETY: `self` says that the processor has the instruction.
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        fn load(self, values: &[f32]) -> __m256 {
            // SAFETY: as above, and the array has as many values.
            unsafe { _mm256_loadu_ps(first::<8>(values).as_ptr()) }
        }

        #[inline(always)]
        fn store(self, vector: __m256, values: &mut [f32]) {
            // SAFETY: as above, and the array has as many values.
            unsafe { _mm256_storeu_ps(first_mut::<8>(values).as_mut_ptr(), vector) }
        }

        #[inline(always)]
        fn multiply_add(self, a: __m256, b: __m256, sum: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_fmadd_ps(a, b, sum) }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use super::{Baseline, Vectors, first, first_mut};
    use std::arch::aarch64::*;

    impl Vectors for Baseline {
        type Vector = float32x4_t;
        const WIDTH: usize = 4;

        #[inline(always)]
        fn splat(self, value: f32) -> float32x4_t {
            // SAFETY: every such processor that Rust compiles for has the instruction.
            unsafe { vdupq_n_f32(value) }
        }

        #[inline(always)]
        fn load(self, values: &[f32]) -> float32x4_t {
            // SAFETY: as above, and the array has as many values.
            unsafe { vld1q_f32(first::<4>(values).as_ptr()) }
        }

        #[inline(always)]
        fn store(self, vector: float32x4_t, values: &mut [f32]) {
            // SAFETY: as above, and the array has as many values.
            unsafe { vst1q_f32(first_mut::<4>(values).as_mut_ptr(), vector) }
        }

        #[inline(always)]
        fn multiply_add(self, a: float32x4_t, b: float32x4_t, sum: float32x4_t) -> float32x4_t {
            // SAFETY: as above.
            unsafe { vfmaq_f32(sum, a, b) }
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::{Baseline, Vectors, first, first_mut};
    use std::arch::wasm32::*;

    impl Vectors for Baseline {
        type Vector = v128;
        const WIDTH: usize = 4;

        #[inline(always)]
        fn splat(self, value: f32) -> v128 {
            f32x4_splat(value)
        }

        #[inline(always)]
        fn load(self, values: &[f32]) -> v128 {
            // SAFETY: the array has as many values; no alignment is asked for.
            unsafe { v128_load(first::<4>(values).as_ptr().cast()) }
        }

        #[inline(always)]
        fn store(self, vector: v128, values: &mut [f32]) {
            // SAFETY: as above.
            unsafe { v128_store(first_mut::<4>(values).as_mut_ptr().cast(), vector) }
        }

        #[inline(always)]
        fn multiply_add(self, a: v128, b: v128, sum: v128) -> v128 {
            f32x4_add(f32x4_mul(a, b), sum)
        }
    }
}

/// What has no vectors of its own here.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
mod plain {
    use super::{Baseline, Vectors, first, first_mut};
    use std::array::from_fn;

    impl Vectors for Baseline {
        type Vector = [f32; 4];
        const WIDTH: usize = 4;

        #[inline(always)]
        fn splat(self, value: f32) -> [f32; 4] {
            [value; 4]
        }

        #[inline(always)]
        fn load(self, values: &[f32]) -> [f32; 4] {
            *first(values)
        }

        #[inline(always)]
        fn store(self, vector: [f32; 4], values: &mut [f32]) {
            *first_mut(values) = vector;
        }

        #[inline(always)]
        fn multiply_add(self, a: [f32; 4], b: [f32; 4], sum: [f32; 4]) -> [f32; 4] {
            from_fn(|lane| a[lane] * b[lane] + sum[lane])
        }
    }
}

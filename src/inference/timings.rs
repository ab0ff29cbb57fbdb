//! The newest measurements of one network, with median and 95th percentile.

use bevy::prelude::Component;
use serde::Serialize;
use std::collections::VecDeque;

/// Measurements that are kept.
const KEPT: usize = 240;

/// What is measured of each forward, in milliseconds.
#[derive(Component, Clone, Debug, Default)]
pub struct Timings {
    /// CPU time to encode and submit it.
    pub encode: Series,
    /// From its beginning until the logits are on the CPU.
    pub result: Series,
    /// On the GPU, where the adapter has timestamps.
    pub gpu: Series,
}

/// The newest values of one measurement, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Series {
    values: VecDeque<f32>,
}

/// What a [`Series`] comes to, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Half of the kept values do not exceed it.
    pub median: f32,
    /// 95 % of the kept values do not exceed it.
    pub p95: f32,
}

/// The first forwards compile kernels; their times say nothing about the later ones and are left out.
pub const WARM_UP_FORWARDS: u64 = 3;

impl Series {
    /// Adds a measurement; the oldest falls out.
    pub fn push(&mut self, millis: f32) {
        if self.values.len() == KEPT {
            self.values.pop_front();
        }
        self.values.push_back(millis);
    }

    /// Oldest to newest.
    pub fn values(&self) -> impl ExactSizeIterator<Item = f32> {
        self.values.iter().copied()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value that half of the kept ones do not exceed.
    pub fn median(&self) -> Option<f32> {
        self.percentile(0.5)
    }

    /// The value that 95 % of the kept ones do not exceed.
    pub fn p95(&self) -> Option<f32> {
        self.percentile(0.95)
    }

    /// Median and 95th percentile; none where nothing was measured.
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary {
            median: self.median()?,
            p95: self.p95()?,
        })
    }

    /// Nearest rank: the smallest kept value that at least `share` of all do not exceed.
    pub fn percentile(&self, share: f32) -> Option<f32> {
        let mut sorted: Vec<f32> = self.values().collect();
        sorted.sort_by(f32::total_cmp);
        let rank = (share * sorted.len() as f32).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut series = Series::default();
        assert_eq!(series.median(), None);
        for value in (1..=20).rev() {
            series.push(value as f32);
        }
        assert_eq!(series.median(), Some(10.0));
        assert_eq!(series.p95(), Some(19.0));
        for _ in 0..KEPT {
            series.push(7.0);
        }
        assert_eq!((series.values().len(), series.p95()), (KEPT, Some(7.0)));
    }
}

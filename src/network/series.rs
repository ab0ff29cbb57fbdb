//! The newest values of one measurement, with median and 95th percentile.

use serde_json::{Value, json};
use std::collections::VecDeque;

/// Measurements that are kept.
const KEPT: usize = 240;

/// The newest values of one measurement, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Series {
    values: VecDeque<f32>,
}

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

    /// Nearest rank: the smallest kept value that at least `share` of all do not exceed.
    pub fn percentile(&self, share: f32) -> Option<f32> {
        let mut sorted: Vec<f32> = self.values().collect();
        sorted.sort_by(f32::total_cmp);
        let rank = (share * sorted.len() as f32).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }

    /// `{"median", "p95"}` in milliseconds; null where nothing was measured.
    pub fn to_json(&self) -> Value {
        match (self.median(), self.p95()) {
            (Some(median), Some(p95)) => json!({ "median": median, "p95": p95 }),
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut series = Series::default();
        assert_eq!(series.median(), None);
        assert_eq!(series.to_json(), Value::Null);
        for value in (1..=20).rev() {
            series.push(value as f32);
        }
        assert_eq!(series.median(), Some(10.0));
        assert_eq!(series.p95(), Some(19.0));
        assert_eq!(series.to_json(), json!({ "median": 10.0, "p95": 19.0 }));
        for _ in 0..KEPT {
            series.push(7.0);
        }
        assert_eq!((series.values().len(), series.p95()), (KEPT, Some(7.0)));
    }
}

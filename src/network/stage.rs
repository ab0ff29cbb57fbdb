//! Stages: the layers that a person sees, and a fused kernel computes, as one. A convolution and its activation are a
//! stage, and so are batch norm and the pooling after it; flattening belongs to the layer that follows.
//!
//! All stage outputs of one image lie in one *arena*: the input first, then every stage at a fixed offset.

use crate::spec::{Activation, LayerSpec, NetworkSpec, Shape, count};
use std::ops::Range;

/// What a stage computes before its activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StageKind {
    /// The Conv2d at this index of the spec's layers.
    Conv2d {
        /// Index of the layer.
        layer: usize,
    },
    /// The Linear at this index of the spec's layers.
    Linear {
        /// Index of the layer.
        layer: usize,
    },
    /// Optional batch norm, then optional pooling, or neither where an activation or flattening stands alone.
    Pool {
        /// Index of the batch norm.
        norm: Option<usize>,
        /// Index of the pooling.
        pool: Option<usize>,
    },
}

/// Consecutive layers whose last output is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it computes before its activation.
    pub kind: StageKind,
    /// The spec's layers that belong to it, flattening before it included.
    pub layers: Range<usize>,
    /// What comes last.
    pub activation: Activation,
    /// What it receives; a Linear stage receives `[features, 1, 1]`.
    pub input: Shape,
    /// What the arena keeps of it.
    pub output: Shape,
}

impl Stage {
    /// A short name in the field's words, such as `conv 5×5 · SiLU`.
    pub fn label(&self, spec: &NetworkSpec) -> String {
        let layers = spec.layers();
        let mut parts = Vec::new();
        match self.kind {
            StageKind::Conv2d { layer } => {
                if let LayerSpec::Conv2d { kernel_size, .. } = layers[layer] {
                    parts.push(format!("conv {}×{}", kernel_size[0], kernel_size[1]));
                }
            }
            StageKind::Linear { .. } => parts.push("dense".into()),
            StageKind::Pool { norm, pool } => {
                if norm.is_some() {
                    parts.push("batch norm".into());
                }
                if let Some(pooling) = pool.and_then(|i| layers[i].pooling()) {
                    let kind = if pooling.mean { "mean" } else { "max" };
                    let [height, width] = pooling.kernel_size;
                    parts.push(format!("{kind}-pool {height}×{width}"));
                }
            }
        }
        if self.activation != Activation::None {
            parts.push(self.activation.name().into());
        }
        parts.join(" · ")
    }
}

/// Groups the spec's layers into stages.
pub fn stages(spec: &NetworkSpec) -> Vec<Stage> {
    let layers = spec.layers();
    let mut stages = Vec::new();
    let mut index = 0;
    while index < layers.len() {
        let start = index;
        while matches!(layers.get(index), Some(LayerSpec::Flatten)) {
            index += 1;
        }
        let kind = match layers.get(index) {
            Some(LayerSpec::Conv2d { .. }) => {
                index += 1;
                StageKind::Conv2d { layer: index - 1 }
            }
            Some(LayerSpec::Linear { .. }) => {
                index += 1;
                StageKind::Linear { layer: index - 1 }
            }
            _ => {
                let mut take = |wanted: fn(&LayerSpec) -> bool| {
                    let found = layers.get(index).is_some_and(wanted);
                    index += usize::from(found);
                    found.then(|| index - 1)
                };
                let norm = take(|layer| matches!(layer, LayerSpec::BatchNorm { .. }));
                let pool = take(|layer| layer.pooling().is_some());
                StageKind::Pool { norm, pool }
            }
        };
        let activation = layers.get(index).and_then(LayerSpec::activation);
        index += usize::from(activation.is_some());
        let operator = (start..index)
            .find(|i| layers[*i] != LayerSpec::Flatten)
            .unwrap_or(start);
        stages.push(Stage {
            kind,
            layers: start..index,
            activation: activation.unwrap_or(Activation::None),
            input: spec.input_shape(operator),
            output: spec.shapes()[index - 1],
        });
    }
    stages
}

/// Where the values of one image lie, in f32 values: the normalised input, then each stage.
#[derive(Clone, Debug, PartialEq)]
pub struct ArenaLayout {
    /// `[1, 28, 28]`.
    pub input: Shape,
    /// First to last.
    pub stages: Vec<Stage>,
    /// `offsets[0]` is the input, `offsets[i + 1]` is stage `i`.
    pub offsets: Vec<usize>,
    /// The arena's length.
    pub len: usize,
}

impl ArenaLayout {
    /// The layout of a spec's stages.
    pub fn new(spec: &NetworkSpec) -> Self {
        let stages = stages(spec);
        let mut offsets = vec![0];
        let mut len = count(spec.input());
        for stage in &stages {
            offsets.push(len);
            len += count(stage.output);
        }
        Self {
            input: spec.input(),
            stages,
            offsets,
            len,
        }
    }

    /// Rows of cells as the view shows them: the input, then each stage.
    pub fn rows(&self) -> usize {
        self.offsets.len()
    }

    /// The shape of row `row` (0 is the input).
    pub fn shape(&self, row: usize) -> Shape {
        if row == 0 {
            self.input
        } else {
            self.stages[row - 1].output
        }
    }

    /// The arena's values of row `row`.
    pub fn range(&self, row: usize) -> Range<usize> {
        let end = self.offsets.get(row + 1).copied().unwrap_or(self.len);
        self.offsets[row]..end
    }

    /// The logits: the last stage's values.
    pub fn logits(&self) -> Range<usize> {
        self.range(self.rows() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_networks_have_three_and_seven_stages() {
        let mlp = ArenaLayout::new(&NetworkSpec::mlp());
        assert_eq!(mlp.stages.len(), 3);
        assert_eq!(mlp.len, 784 + 512 + 512 + 10);
        let cnn = ArenaLayout::new(&NetworkSpec::cnn());
        assert_eq!(cnn.stages.len(), 7);
        assert_eq!(cnn.len, 784 + 18432 + 12800 + 3200 + 4096 + 2304 + 576 + 10);
        assert_eq!(cnn.logits(), cnn.len - 10..cnn.len);
        assert_eq!(
            cnn.stages[2].label(&NetworkSpec::cnn()),
            "batch norm · max-pool 2×2"
        );
    }

    #[test]
    fn stages_cover_every_layer_once() {
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
            let stages = stages(&spec);
            let mut next = 0;
            for stage in stages {
                assert_eq!(stage.layers.start, next);
                next = stage.layers.end;
            }
            assert_eq!(next, spec.layers().len());
        }
    }
}

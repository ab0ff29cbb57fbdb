//! Stages: the layers that a person sees, and a fused kernel computes, as one. A convolution and its activation are a
//! stage, and so are batch norm and the pooling after it; flattening belongs to the layer that follows. What a shortcut adds
//! belongs to the stage that it is added in, and a stage ends where others read once more.
//!
//! All stage outputs of one image lie in one *arena*: the input first, then every stage at a fixed offset.

use crate::spec::{Activation, LayerSpec, NetworkSpec, Shape, count};
use std::{collections::BTreeMap, ops::Range};

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
    /// The spec's layers that belong to it, flattening and the beginning of a branch before it included.
    pub layers: Range<usize>,
    /// The arena's row that it reads: 0 is the input, `i + 1` is stage `i`. The one before, unless it begins a branch.
    pub from: usize,
    /// The arena's row whose values are added before the activation: a shortcut's end.
    pub add: Option<usize>,
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
        if self.add.is_some() {
            parts.push("+ shortcut".into());
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
    let points = spec.points();
    // The row that holds what is there after so many layers.
    let mut rows = BTreeMap::from([(0, 0)]);
    let mut stages: Vec<Stage> = Vec::new();
    let mut index = 0;
    while index < layers.len() {
        let start = index;
        let next = |index: usize| {
            let goes_on = index == start || !points.contains(&index);
            layers.get(index).filter(|_| goes_on)
        };
        let mut from = stages.len();
        loop {
            match next(index) {
                Some(LayerSpec::Flatten) => {}
                Some(LayerSpec::Branch { after }) => from = rows[after],
                _ => break,
            }
            index += 1;
        }
        let operator = index;
        let kind = match next(index) {
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
                    let found = next(index).is_some_and(wanted);
                    index += usize::from(found);
                    found.then(|| index - 1)
                };
                let norm = take(|layer| matches!(layer, LayerSpec::BatchNorm { .. }));
                let pool = take(|layer| layer.pooling().is_some());
                StageKind::Pool { norm, pool }
            }
        };
        let add = match next(index) {
            Some(LayerSpec::Add { after }) => Some(rows[after]),
            _ => None,
        };
        index += usize::from(add.is_some());
        let activation = next(index).and_then(LayerSpec::activation);
        index += usize::from(activation.is_some());
        // Without an operator: flattening or the beginning of a branch alone.
        let input = match (operator < index, from) {
            (true, _) => spec.input_shape(operator),
            (false, 0) => spec.input(),
            (false, row) => stages[row - 1].output,
        };
        stages.push(Stage {
            kind,
            layers: start..index,
            from,
            add,
            activation: activation.unwrap_or(Activation::None),
            input,
            output: spec.shapes()[index - 1],
        });
        rows.insert(index, stages.len());
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

    /// The row that row `row` is computed from; none for the input.
    pub fn source(&self, row: usize) -> Option<usize> {
        let stage = row.checked_sub(1).and_then(|stage| self.stages.get(stage));
        stage.map(|stage| stage.from)
    }

    /// Whether row `row` is only there to be added: the end of a shortcut with layers of its own.
    pub fn is_shortcut(&self, row: usize) -> bool {
        let added = self.stages.iter().any(|stage| stage.add == Some(row));
        added && self.stages.iter().all(|stage| stage.from != row)
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

    /// A convolution, then a block of two around which another goes, and an identity around the last.
    fn residual() -> NetworkSpec {
        let conv = |in_channels, size| LayerSpec::Conv2d {
            in_channels,
            out_channels: 4,
            kernel_size: [size, size],
            stride: [1, 1],
            padding: [size / 2, size / 2],
        };
        let norm = LayerSpec::norm(4);
        let linear = LayerSpec::linear(4 * 784, 10);
        let layers = vec![
            conv(1, 3),
            LayerSpec::Relu,
            conv(4, 1),
            norm.clone(),
            LayerSpec::Branch { after: 2 },
            conv(4, 3),
            LayerSpec::Relu,
            conv(4, 3),
            norm,
            LayerSpec::Add { after: 4 },
            LayerSpec::Relu,
            conv(4, 5),
            LayerSpec::Add { after: 11 },
            LayerSpec::Flatten,
            linear,
        ];
        NetworkSpec::new("residual", layers).unwrap()
    }

    #[test]
    fn shortcuts_begin_and_end_at_stages() {
        let layout = ArenaLayout::new(&residual());
        let rows: Vec<_> = layout.stages.iter().map(|s| (s.from, s.add)).collect();
        let expected = [
            (0, None),
            (1, None),
            (2, None),
            (1, None),
            (4, None),
            (5, Some(3)),
            (6, Some(6)),
            (7, None),
        ];
        assert_eq!(rows, expected);
        let label = layout.stages[5].label(&residual());
        assert_eq!(label, "batch norm · + shortcut · ReLU");
        let shortcuts: Vec<_> = (0..layout.rows())
            .filter(|r| layout.is_shortcut(*r))
            .collect();
        assert_eq!(shortcuts, [3]);
    }

    #[test]
    fn a_stage_ends_where_others_read() {
        let linear = |in_features| LayerSpec::linear(in_features, 10);
        let layers = vec![
            LayerSpec::Flatten,
            linear(784),
            LayerSpec::Relu,
            LayerSpec::Branch { after: 0 },
            LayerSpec::Branch { after: 1 },
            linear(784),
            LayerSpec::Add { after: 2 },
            LayerSpec::Add { after: 3 },
        ];
        let layout = ArenaLayout::new(&NetworkSpec::new("ends", layers).unwrap());
        let rows: Vec<_> = layout.stages.iter().map(|s| (s.from, s.add)).collect();
        // Flattened, multiplied, bent; the other product with two sums.
        let expected = [(0, None), (1, None), (2, None), (1, Some(2)), (4, Some(3))];
        assert_eq!(rows, expected);
        assert_eq!(layout.stages[3].input, [784, 1, 1]);
    }

    #[test]
    fn stages_cover_every_layer_once() {
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn(), residual()] {
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

//! What weights do not tell, and the plausible answers to it.

use super::{
    Understood,
    note::{Note, Value},
    sidecar::{self, FlattenOrder, MeanStd, PYTORCH_SLOPE, Sidecar},
};
use crate::spec::{Activation, Normalisation};

/// How a program hands pixels to its network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pixels {
    /// Minus the mean of MNIST, divided by its standard deviation: PyTorch's and burn's examples.
    Mnist,
    /// 0 to 1.
    Unit,
    /// −1 to 1: mean 0.5 and standard deviation 0.5.
    Half,
    /// 0 to 255.
    Bytes,
    /// 1 for paper and 0 for ink.
    Inverted,
    /// 255 for paper and 0 for ink.
    InvertedBytes,
    /// As the description says.
    Said(MeanStd),
}

impl Pixels {
    /// The common ones first.
    const ALL: [Self; 6] = [
        Self::Mnist,
        Self::Unit,
        Self::Half,
        Self::Bytes,
        Self::Inverted,
        Self::InvertedBytes,
    ];

    pub fn normalisation(self) -> Normalisation {
        let (scale, offset) = match self {
            Self::Mnist => return sidecar::MNIST.into(),
            Self::Said(said) => return said.into(),
            Self::Unit => (1.0, 0.0),
            Self::Half => (2.0, -1.0),
            Self::Bytes => (255.0, 0.0),
            Self::Inverted => (-1.0, 1.0),
            Self::InvertedBytes => (-255.0, 255.0),
        };
        Normalisation { scale, offset }
    }

    fn note(self) -> Note {
        match self {
            Self::Mnist => Note::new("note-pixels-mnist"),
            Self::Unit => Note::new("note-pixels").with("from", "0").with("to", "1"),
            Self::Half => Note::new("note-pixels").with("from", "−1").with("to", "1"),
            Self::Bytes => Note::new("note-pixels").with("from", "0").with("to", "255"),
            Self::Inverted => Note::new("note-pixels-inverted").with("paper", "1"),
            Self::InvertedBytes => Note::new("note-pixels-inverted").with("paper", "255"),
            Self::Said(MeanStd { mean, std }) => Note::new("note-pixels-said")
                .with("mean", mean.to_string())
                .with("std", std.to_string()),
        }
    }
}

/// The common ones first. The slopes are PyTorch's and TensorFlow's and Keras's defaults.
pub(super) const ACTIVATIONS: [Activation; 8] = [
    Activation::Relu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Silu,
    Activation::Gelu,
    Activation::LeakyRelu(PYTORCH_SLOPE),
    Activation::LeakyRelu(0.2),
    Activation::LeakyRelu(0.3),
];
/// So many of them differ much; the others are ReLU's relatives.
const KINDS: usize = 3;

/// One answer to everything that is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Assumptions {
    /// Which way of understanding the names, an index.
    pub reading: usize,
    /// Which of its arrangements, an index.
    pub arrangement: usize,
    pub flatten: FlattenOrder,
    /// Pictures lie on their side, as in EMNIST's files.
    pub transposed: bool,
    /// Poolings take the mean.
    pub mean_pool: bool,
    /// Convolutions of stride 2 pad more behind than in front, as TensorFlow's and JAX's.
    pub far_edges: bool,
    pub pixels: Pixels,
    pub activation: Activation,
}

impl Assumptions {
    /// What differs from network to network, for people.
    pub fn told(&self, understood: &Understood) -> Value {
        let mut told: Vec<Value> = vec![self.pixels.note().into()];
        told.push(match self.activation {
            Activation::None => Note::new("note-no-activation").into(),
            Activation::LeakyRelu(slope) => Note::new("note-leaky")
                .with("slope", slope.to_string())
                .into(),
            activation => activation.name().into(),
        });
        let mut also = |key| told.push(Note::new(key).into());
        if !understood.blocks.is_empty() {
            also(understood.plan.form.addition.key());
        }
        if understood.blocks.iter().any(|block| block.is_widened) {
            also(understood.plan.form.widening.key());
        }
        if understood.takes_means() {
            also("note-shortcut-mean");
        }
        if self.far_edges {
            also("note-far-edges");
        }
        if understood.has_open_pools() {
            also(if self.mean_pool {
                "note-mean-pooling"
            } else {
                "note-max-pooling"
            });
        }
        if understood.found[self.arrangement].global_mean {
            also("note-global-mean");
        }
        if understood.flattens_maps(self.arrangement) && self.flatten == FlattenOrder::Hwc {
            also("note-flattened");
        }
        if self.transposed {
            also("note-transposed");
        }
        Value::list(told, ", ")
    }

    /// The same with every other activation that may stand there.
    pub fn with_each_activation(self, said: &Sidecar) -> Vec<Self> {
        match said.activation {
            Some(_) => vec![self],
            None => ACTIVATIONS
                .map(|activation| Self { activation, ..self })
                .to_vec(),
        }
    }
}

/// Every combination that the description leaves open, the plausible first; of the activations one of each kind.
pub(super) fn candidates(readings: &[Understood], said: &Sidecar) -> Vec<Assumptions> {
    let pixels = match said.normalisation {
        Some(said) => vec![Pixels::Said(said)],
        None => Pixels::ALL.to_vec(),
    };
    let activations = match said.activation {
        Some(said) => vec![said.into()],
        None => ACTIVATIONS[..KINDS].to_vec(),
    };
    let mut all: Vec<(u32, Assumptions)> = Vec::new();
    for (reading, understood) in readings.iter().enumerate() {
        let best = understood.found.first().map_or(0, |found| found.cost);
        for (arrangement, found) in understood.found.iter().enumerate() {
            let flattens = match said.flatten {
                Some(said) => vec![said],
                None if understood.flattens_maps(arrangement) => match understood.flatten() {
                    FlattenOrder::Chw => vec![FlattenOrder::Chw, FlattenOrder::Hwc],
                    FlattenOrder::Hwc => vec![FlattenOrder::Hwc, FlattenOrder::Chw],
                },
                None => vec![understood.flatten()],
            };
            let transposed = match said.transposed {
                Some(said) => vec![said],
                None if found.is_square() && understood.has_square_kernels() => vec![false, true],
                None => vec![false],
            };
            let edges: &[bool] = match (
                understood.has_open_edges(arrangement),
                understood.pads_itself(),
            ) {
                (false, _) => &[false],
                (true, false) => &[true, false],
                (true, true) => &[false, true],
            };
            // Residual networks have ReLU, or something like it.
            let per_activation = if understood.blocks.is_empty() { 2 } else { 6 };
            let means: &[bool] = if understood.has_open_pools() {
                &[false, true]
            } else {
                &[false]
            };
            let mut answers = Vec::new();
            for (f, flatten) in flattens.iter().enumerate() {
                for (t, transposed) in transposed.iter().enumerate() {
                    for (m, mean_pool) in means.iter().enumerate() {
                        for (e, far_edges) in edges.iter().enumerate() {
                            let unusual = 3 * f + 8 * t + 3 * m + 2 * e + 3 * reading;
                            let assumptions = Assumptions {
                                reading,
                                arrangement,
                                flatten: *flatten,
                                transposed: *transposed,
                                mean_pool: *mean_pool,
                                far_edges: *far_edges,
                                pixels: pixels[0],
                                activation: activations[0],
                            };
                            answers.push((unusual, assumptions));
                        }
                    }
                }
            }
            for (unusual, answer) in answers {
                for (p, pixels) in pixels.iter().enumerate() {
                    for (a, activation) in activations.iter().enumerate() {
                        let unusual = unusual + p + per_activation * a;
                        let assumptions = Assumptions {
                            pixels: *pixels,
                            activation: *activation,
                            ..answer
                        };
                        all.push((found.cost - best + unusual as u32, assumptions));
                    }
                }
            }
        }
    }
    all.sort_by_key(|(unusual, _)| *unusual);
    all.into_iter()
        .map(|(_, assumptions)| assumptions)
        .collect()
}

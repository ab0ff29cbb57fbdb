//! What weights do not tell, and the plausible answers to it.

use super::{
    Understood,
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

    fn words(self) -> String {
        match self {
            Self::Mnist => "pixels with MNIST's mean and standard deviation".into(),
            Self::Unit => "pixels 0 to 1".into(),
            Self::Half => "pixels −1 to 1".into(),
            Self::Bytes => "pixels 0 to 255".into(),
            Self::Inverted => "pixels 1 (paper) to 0 (ink)".into(),
            Self::InvertedBytes => "pixels 255 (paper) to 0 (ink)".into(),
            Self::Said(MeanStd { mean, std }) => format!("pixels with mean {mean} and std {std}"),
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
    pub pixels: Pixels,
    pub activation: Activation,
}

impl Assumptions {
    /// What differs from network to network, in words.
    pub fn words(&self, understood: &Understood) -> String {
        let mut words = vec![self.pixels.words()];
        words.push(match self.activation {
            Activation::None => "no activation".into(),
            Activation::LeakyRelu(slope) => format!("leaky ReLU of {slope}"),
            activation => activation.name().into(),
        });
        if understood.has_open_pools() {
            let pooling = if self.mean_pool { "mean" } else { "max" };
            words.push(format!("{pooling} pooling"));
        }
        if understood.found[self.arrangement].global_mean {
            words.push("the mean of each map at the end".into());
        }
        if understood.flattens_maps(self.arrangement) && self.flatten == FlattenOrder::Hwc {
            words.push("maps flattened place by place (h, w, c)".into());
        }
        if self.transposed {
            words.push("pictures on their side".into());
        }
        words.join(", ")
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
            let means: &[bool] = if understood.has_open_pools() {
                &[false, true]
            } else {
                &[false]
            };
            for (f, flatten) in flattens.iter().enumerate() {
                for (t, transposed) in transposed.iter().enumerate() {
                    for (m, mean_pool) in means.iter().enumerate() {
                        for (p, pixels) in pixels.iter().enumerate() {
                            for (a, activation) in activations.iter().enumerate() {
                                let unusual = 3 * f + 8 * t + 3 * m + p + 2 * a + 3 * reading;
                                let assumptions = Assumptions {
                                    reading,
                                    arrangement,
                                    flatten: *flatten,
                                    transposed: *transposed,
                                    mean_pool: *mean_pool,
                                    pixels: *pixels,
                                    activation: *activation,
                                };
                                all.push((found.cost - best + unusual as u32, assumptions));
                            }
                        }
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

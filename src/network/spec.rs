//! The architecture of a network, checked when it is built, and stored as JSON in a model file's metadata. Its layers run one
//! after the other; two kinds of them also read what an earlier one gave, so that there are residual networks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;

/// A layer's output for one image: `[channels, height, width]`. Dense layers are `[features, 1, 1]`.
pub type Shape = [usize; 3];

/// More activations than this in one network are refused: 16 Mi values are 64 MiB of f32 on the GPU.
pub const MAX_ACTIVATIONS: usize = 1 << 24;
/// More parameters than this in one network are refused (256 MiB of f32).
pub const MAX_PARAMETERS: usize = 1 << 26;
/// More multiplications for one image are refused: a tenth of a second of one core at most, 80 times the shipped CNN.
pub const MAX_MULTIPLICATIONS: u64 = 1 << 30;
/// More outputs than this are no classes.
pub const MAX_CLASSES: usize = 1000;
/// Longer names of networks and classes are refused, in characters.
pub const MAX_NAME: usize = 200;
/// More layers than this in one network are refused.
pub const MAX_LAYERS: usize = 256;

/// One layer. Parameter names and layouts follow PyTorch's `nn.Sequential`: layer *i* owns `i.weight`, `i.bias`, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum LayerSpec {
    /// 2D cross-correlation with bias; weight `[out_channels, in_channels, kernel_height, kernel_width]`.
    Conv2d {
        /// Maps that come in.
        in_channels: usize,
        /// Maps that come out.
        out_channels: usize,
        /// `[height, width]`.
        kernel_size: [usize; 2],
        /// `[vertical, horizontal]`; 1 where the file does not say.
        #[serde(default = "ones")]
        stride: [usize; 2],
        /// Zeros on both sides, `[vertical, horizontal]`; none where the file does not say.
        #[serde(default)]
        padding: [usize; 2],
    },
    /// Dense layer with bias; weight `[out_features, in_features]`.
    Linear {
        /// Values that come in.
        in_features: usize,
        /// Values that come out.
        out_features: usize,
    },
    /// Batch normalisation over the channels with running statistics.
    BatchNorm {
        /// Maps, or features of a dense layer.
        channels: usize,
        /// Added to the variance.
        epsilon: f32,
    },
    /// Maximum over windows; incomplete windows at the edge are left out.
    MaxPool2d {
        /// `[height, width]`.
        kernel_size: [usize; 2],
        /// `[vertical, horizontal]`.
        stride: [usize; 2],
        /// How far windows reach over the edge, `[vertical, horizontal]`, where nothing is: less than half their size. None
        /// where the file does not say.
        #[serde(default, skip_serializing_if = "is_nothing")]
        padding: [usize; 2],
    },
    /// Mean over windows; no padding, incomplete windows at the edge are left out. With the kernel as large as the maps
    /// it is the mean of each map (global average pooling: Lin et al. 2013, arXiv:1312.4400).
    AvgPool2d {
        /// `[height, width]`.
        kernel_size: [usize; 2],
        /// `[vertical, horizontal]`.
        stride: [usize; 2],
    },
    /// `[c, h, w]` becomes `[c·h·w, 1, 1]`, in that order.
    Flatten,
    /// What was there after so many layers, the picture itself after none, comes out once more: a branch begins.
    Branch {
        /// How many layers; fewer than stand before this one.
        after: usize,
    },
    /// Adds what was there after so many layers, value by value: a shortcut ends (He et al. 2015, arXiv:1512.03385).
    Add {
        /// How many layers; fewer than stand before this one.
        after: usize,
    },
    /// `x · sigmoid(x)` (Hendrycks & Gimpel 2016, arXiv:1606.08415; Elfwing et al. 2017, arXiv:1702.03118).
    #[serde(rename = "SiLU")]
    Silu,
    /// `max(x, 0)`.
    #[serde(rename = "ReLU")]
    Relu,
    /// `max(x, slope · x)` (Maas et al. 2013).
    #[serde(rename = "LeakyReLU")]
    LeakyRelu {
        /// Above 0 and below 1.
        negative_slope: f32,
    },
    /// `x · Φ(x)` in its tanh form (Hendrycks & Gimpel 2016, arXiv:1606.08415), at most 5e-4 away from the exact one.
    #[serde(rename = "GELU")]
    Gelu,
    /// `tanh(x)`.
    Tanh,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
}

fn ones() -> [usize; 2] {
    [1, 1]
}

fn is_nothing(padding: &[usize; 2]) -> bool {
    *padding == [0, 0]
}

/// The non-linearity at the end of a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x`.
    None,
    /// `x · sigmoid(x)`.
    Silu,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, slope · x)`, with this slope.
    LeakyRelu(f32),
    /// `x · Φ(x)`, in its tanh form.
    Gelu,
    /// `tanh(x)`.
    Tanh,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
}

impl Activation {
    /// The function's value at `x`.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::None => x,
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::Relu => x.max(0.0),
            Self::LeakyRelu(slope) => x.max(slope * x),
            Self::Gelu => {
                let bent = GELU_SCALE * (x + GELU_CUBIC * x * x * x);
                x / (1.0 + (-2.0 * bent).exp())
            }
            Self::Tanh => x.tanh(),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }

    /// What kernels are compiled for: 0 none, 1 SiLU, 2 ReLU, 3 GELU, 4 tanh, 5 sigmoid; the bits of leaky ReLU's slope,
    /// which are above all of these.
    pub fn code(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Silu => 1,
            Self::Relu => 2,
            Self::Gelu => 3,
            Self::Tanh => 4,
            Self::Sigmoid => 5,
            Self::LeakyRelu(slope) => slope.to_bits(),
        }
    }

    /// The layer that this activation is; none for none.
    pub fn layer(self) -> Option<LayerSpec> {
        Some(match self {
            Self::None => return None,
            Self::Silu => LayerSpec::Silu,
            Self::Relu => LayerSpec::Relu,
            Self::LeakyRelu(negative_slope) => LayerSpec::LeakyRelu { negative_slope },
            Self::Gelu => LayerSpec::Gelu,
            Self::Tanh => LayerSpec::Tanh,
            Self::Sigmoid => LayerSpec::Sigmoid,
        })
    }

    /// The name that the field uses, empty for none.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Silu => "SiLU",
            Self::Relu => "ReLU",
            Self::LeakyRelu(_) => "leaky ReLU",
            Self::Gelu => "GELU",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
        }
    }
}

/// √(2/π) and the cubic's factor in GELU's tanh form (Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2).
pub const GELU_SCALE: f32 = 0.797_884_6;
/// See [`GELU_SCALE`].
pub const GELU_CUBIC: f32 = 0.044_715;

/// A pooling layer's windows and what it makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// `[height, width]`.
    pub kernel_size: [usize; 2],
    /// `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// How far windows reach over the edge; only those of a maximum.
    pub padding: [usize; 2],
    /// The mean instead of the maximum.
    pub mean: bool,
}

impl Pooling {
    /// Every value as it is: what a stage without a pooling layer does.
    pub const NONE: Self = Self {
        kernel_size: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        mean: false,
    };
}

/// What happens to a pixel in `[0, 1]` before the first layer: `x · scale + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// What a pixel is multiplied with.
    pub scale: f32,
    /// What is added then.
    pub offset: f32,
}

impl Default for Normalisation {
    /// `x·2 − 1`, so that paper is −1 and ink is +1.
    fn default() -> Self {
        Self {
            scale: 2.0,
            offset: -1.0,
        }
    }
}

impl Normalisation {
    /// The value that the first layer receives for the pixel `x` in `[0, 1]`.
    pub fn apply(self, x: f32) -> f32 {
        x * self.scale + self.offset
    }
}

/// Why a list of layers is not a network.
#[derive(Debug, Error, PartialEq)]
pub enum SpecError {
    /// Nothing to run.
    #[error("the network has no layers")]
    Empty,
    /// More layers than [`MAX_LAYERS`].
    #[error("the network has {0} layers, at most {MAX_LAYERS} are supported")]
    TooManyLayers(usize),
    /// A layer cannot take what it receives.
    #[error("layer {layer} ({kind}) {reason}")]
    Layer {
        /// Which one, counted from 0.
        layer: usize,
        /// [`LayerSpec::kind`].
        kind: &'static str,
        /// The rest of a sentence about the layer.
        reason: String,
    },
    /// The last layer's values are maps, not a list.
    #[error("the network ends in maps of {0:?}; a Flatten has to stand at its end")]
    Maps(Shape),
    /// Not one output a class.
    #[error("the network ends in {found} outputs, but it names {classes} classes")]
    Classes {
        /// Values of the last layer.
        found: usize,
        /// Names of classes.
        classes: usize,
    },
    /// Another input than a 28×28 image.
    #[error("the input must be [1, 28, 28], this network wants {0:?}")]
    Input(Shape),
    /// More than [`MAX_ACTIVATIONS`] or [`MAX_PARAMETERS`].
    #[error("the network would need {found} {what}, at most {limit} are supported")]
    TooLarge {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How much the layers need, up to the first one too many.
        found: usize,
        /// How much is supported.
        limit: usize,
    },
    /// More than [`MAX_MULTIPLICATIONS`].
    #[error(
        "the network would multiply {0} times for one image, at most {MAX_MULTIPLICATIONS} are supported: it could not \
         read while one draws"
    )]
    TooSlow(u64),
    /// A name that is no name.
    #[error(
        "a name of {0} characters, or one with control characters; at most {MAX_NAME} are supported"
    )]
    Name(usize),
    /// A scale or an offset that is NaN or infinite.
    #[error("the input normalisation must be finite, found scale {0} and offset {1}")]
    Normalisation(f32, f32),
}

/// A network whose shapes fit together; only [`NetworkSpec::new`] makes one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkSpec {
    name: String,
    input: Shape,
    normalisation: Normalisation,
    layers: Vec<LayerSpec>,
    classes: Vec<String>,
    #[serde(skip)]
    shapes: Vec<Shape>,
}

#[derive(Deserialize)]
struct UncheckedSpec {
    name: String,
    input: Shape,
    normalisation: Normalisation,
    layers: Vec<LayerSpec>,
    classes: Vec<String>,
}

impl<'de> Deserialize<'de> for NetworkSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spec = UncheckedSpec::deserialize(deserializer)?;
        if spec.input != [1, 28, 28] {
            return Err(serde::de::Error::custom(SpecError::Input(spec.input)));
        }
        Self::with_classes(spec.name, spec.normalisation, spec.layers, spec.classes)
            .map_err(serde::de::Error::custom)
    }
}

impl NetworkSpec {
    /// A network for the ten digits that reads `x·2 − 1`.
    ///
    /// # Errors
    /// As [`NetworkSpec::with_classes`].
    pub fn new(name: impl Into<String>, layers: Vec<LayerSpec>) -> Result<Self, SpecError> {
        let classes = (0..10).map(|digit| digit.to_string()).collect();
        Self::with_classes(name.into(), Normalisation::default(), layers, classes)
    }

    /// A network with its own normalisation and class names.
    ///
    /// # Errors
    /// Where the layers do not fit together or onto the classes, are more than the limits of this module, or the
    /// normalisation is not finite.
    pub fn with_classes(
        name: String,
        normalisation: Normalisation,
        layers: Vec<LayerSpec>,
        classes: Vec<String>,
    ) -> Result<Self, SpecError> {
        let input: Shape = [1, 28, 28];
        if layers.is_empty() {
            return Err(SpecError::Empty);
        }
        if layers.len() > MAX_LAYERS {
            return Err(SpecError::TooManyLayers(layers.len()));
        }
        if !normalisation.scale.is_finite() || !normalisation.offset.is_finite() {
            return Err(SpecError::Normalisation(
                normalisation.scale,
                normalisation.offset,
            ));
        }
        for text in classes.iter().take(MAX_CLASSES).chain([&name]) {
            let length = text.chars().count();
            if length > MAX_NAME || text.chars().any(char::is_control) {
                return Err(SpecError::Name(length));
            }
        }
        let mut points = vec![input];
        let mut shape = input;
        let mut multiplications = 0u64;
        let (mut activations, mut parameters) = (count(input), 0usize);
        for (index, layer) in layers.iter().enumerate() {
            shape = layer
                .output_shape(&points)
                .map_err(|reason| SpecError::Layer {
                    layer: index,
                    kind: layer.kind(),
                    reason,
                })?;
            activations = activations.saturating_add(count(shape));
            multiplications = multiplications.saturating_add(layer.multiplications(shape));
            for (_, parameter) in layer.parameters() {
                let size = parameter.iter().fold(1usize, |n, d| n.saturating_mul(*d));
                parameters = parameters.saturating_add(size);
            }
            for (what, found, limit) in [
                ("activations", activations, MAX_ACTIVATIONS),
                ("parameters", parameters, MAX_PARAMETERS),
            ] {
                if found > limit {
                    return Err(SpecError::TooLarge { what, found, limit });
                }
            }
            points.push(shape);
        }
        if multiplications > MAX_MULTIPLICATIONS {
            return Err(SpecError::TooSlow(multiplications));
        }
        if shape[1..] != [1, 1] {
            return Err(SpecError::Maps(shape));
        }
        if count(shape) > MAX_CLASSES {
            return Err(SpecError::TooLarge {
                what: "classes",
                found: count(shape),
                limit: MAX_CLASSES,
            });
        }
        if count(shape) != classes.len() {
            return Err(SpecError::Classes {
                found: count(shape),
                classes: classes.len(),
            });
        }
        Ok(Self {
            name,
            input,
            normalisation,
            layers,
            classes,
            shapes: points.split_off(1),
        })
    }

    /// 784 → 512 SiLU → 512 SiLU → 10.
    pub fn mlp() -> Self {
        Self::mlp_of_width(512).expect("the MLP's shapes fit")
    }

    /// The MLP's architecture with so many neurons in each hidden layer.
    ///
    /// # Errors
    /// As [`NetworkSpec::cnn_of_width`].
    pub fn mlp_of_width(width: usize) -> Result<Self, SpecError> {
        let linear = LayerSpec::linear;
        Self::new(
            "MLP",
            vec![
                LayerSpec::Flatten,
                linear(784, width),
                LayerSpec::Silu,
                linear(width, width),
                LayerSpec::Silu,
                linear(width, 10),
            ],
        )
    }

    /// conv 1→32 5×5, conv 32→32 5×5, batch norm, pool, conv 32→64 3×3, conv 64→64 3×3, batch norm, pool, linear 576→10.
    pub fn cnn() -> Self {
        Self::cnn_of_width(32).expect("the CNN's shapes fit")
    }

    /// The CNN's architecture with `width` channels in its first half and twice as many in its second: for
    /// measurements of how the view and the forward grow.
    ///
    /// # Errors
    /// Where a width is 0, or makes more parameters or activations than the limits of this module.
    pub fn cnn_of_width(width: usize) -> Result<Self, SpecError> {
        let conv = |in_channels, out_channels, size| {
            LayerSpec::conv2d(in_channels, out_channels, [size, size])
        };
        let norm = LayerSpec::norm;
        let pool = || LayerSpec::max_pool([2, 2]);
        Self::new(
            "CNN",
            vec![
                conv(1, width, 5),
                LayerSpec::Silu,
                conv(width, width, 5),
                LayerSpec::Silu,
                norm(width),
                pool(),
                conv(width, 2 * width, 3),
                LayerSpec::Silu,
                conv(2 * width, 2 * width, 3),
                LayerSpec::Silu,
                norm(2 * width),
                pool(),
                LayerSpec::Flatten,
                LayerSpec::linear(18 * width, 10),
            ],
        )
    }

    /// The network's name as people read it, such as `CNN`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `[1, 28, 28]`.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// What happens to a pixel before the first layer.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LayerSpec] {
        &self.layers
    }

    /// Each layer's output shape.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The shape that layer `index` receives.
    pub fn input_shape(&self, index: usize) -> Shape {
        if index == 0 {
            self.input
        } else {
            self.shapes[index - 1]
        }
    }

    /// After how many layers there is something that a later one reads once more.
    pub fn points(&self) -> BTreeSet<usize> {
        self.layers.iter().filter_map(LayerSpec::point).collect()
    }

    /// The names of the outputs.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Every parameter's name and shape, as in the file.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        self.layers
            .iter()
            .enumerate()
            .flat_map(|(index, layer)| {
                layer
                    .parameters()
                    .into_iter()
                    .map(move |(name, shape)| (format!("{index}.{name}"), shape))
            })
            .collect()
    }

    /// Multiplications for one image.
    pub fn multiplications(&self) -> u64 {
        let layers = self.layers.iter().zip(&self.shapes);
        layers
            .map(|(layer, shape)| layer.multiplications(*shape))
            .fold(0, u64::saturating_add)
    }

    /// How many numbers were learned (running statistics included).
    pub fn parameter_count(&self) -> usize {
        self.parameters()
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    }
}

/// How many values a shape holds, saturating.
pub fn count(shape: Shape) -> usize {
    shape.iter().fold(1usize, |n, d| n.saturating_mul(*d))
}

impl LayerSpec {
    /// A dense layer.
    pub const fn linear(in_features: usize, out_features: usize) -> Self {
        Self::Linear {
            in_features,
            out_features,
        }
    }

    /// A convolution at every place, without padding; its kernel is so high and so wide.
    pub const fn conv2d(in_channels: usize, out_channels: usize, kernel_size: [usize; 2]) -> Self {
        Self::Conv2d {
            in_channels,
            out_channels,
            kernel_size,
            stride: [1, 1],
            padding: [0, 0],
        }
    }

    /// A batch normalisation with PyTorch's ε.
    pub const fn norm(channels: usize) -> Self {
        Self::BatchNorm {
            channels,
            epsilon: 1e-5,
        }
    }

    /// The largest of each window, one beside the other.
    pub const fn max_pool(kernel_size: [usize; 2]) -> Self {
        Self::MaxPool2d {
            kernel_size,
            stride: kernel_size,
            padding: [0, 0],
        }
    }

    /// The name that PyTorch gives this layer.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Conv2d { .. } => "Conv2d",
            Self::Linear { .. } => "Linear",
            Self::BatchNorm { .. } => "BatchNorm",
            Self::MaxPool2d { .. } => "MaxPool2d",
            Self::AvgPool2d { .. } => "AvgPool2d",
            Self::Flatten => "Flatten",
            Self::Branch { .. } => "Branch",
            Self::Add { .. } => "Add",
            Self::Silu => "SiLU",
            Self::Relu => "ReLU",
            Self::LeakyRelu { .. } => "LeakyReLU",
            Self::Gelu => "GELU",
            Self::Tanh => "Tanh",
            Self::Sigmoid => "Sigmoid",
        }
    }

    /// Names (without the layer's index) and shapes of the parameters.
    pub fn parameters(&self) -> Vec<(&'static str, Vec<usize>)> {
        match *self {
            Self::Conv2d {
                in_channels,
                out_channels,
                kernel_size: [kh, kw],
                ..
            } => vec![
                ("weight", vec![out_channels, in_channels, kh, kw]),
                ("bias", vec![out_channels]),
            ],
            Self::Linear {
                in_features,
                out_features,
            } => vec![
                ("weight", vec![out_features, in_features]),
                ("bias", vec![out_features]),
            ],
            Self::BatchNorm { channels, .. } => ["weight", "bias", "running_mean", "running_var"]
                .map(|name| (name, vec![channels]))
                .to_vec(),
            _ => Vec::new(),
        }
    }

    /// Multiplications (for pooling and activations: values touched) for an output of this shape.
    fn multiplications(&self, output: Shape) -> u64 {
        let terms = match *self {
            Self::Conv2d {
                in_channels,
                kernel_size: [height, width],
                ..
            } => in_channels.saturating_mul(height.saturating_mul(width)),
            Self::Linear { in_features, .. } => in_features,
            Self::MaxPool2d { kernel_size, .. } | Self::AvgPool2d { kernel_size, .. } => {
                kernel_size[0].saturating_mul(kernel_size[1])
            }
            _ => 1,
        };
        terms.saturating_mul(count(output)) as u64
    }

    /// After how many layers there was what this one reads besides, or instead of, what comes before it.
    pub fn point(&self) -> Option<usize> {
        match self {
            Self::Branch { after } | Self::Add { after } => Some(*after),
            _ => None,
        }
    }

    /// The activation that this layer is, if it is one.
    pub fn activation(&self) -> Option<Activation> {
        match self {
            Self::Silu => Some(Activation::Silu),
            Self::Relu => Some(Activation::Relu),
            Self::LeakyRelu { negative_slope } => Some(Activation::LeakyRelu(*negative_slope)),
            Self::Gelu => Some(Activation::Gelu),
            Self::Tanh => Some(Activation::Tanh),
            Self::Sigmoid => Some(Activation::Sigmoid),
            _ => None,
        }
    }

    /// The pooling that this layer is, if it is one.
    pub fn pooling(&self) -> Option<Pooling> {
        let (kernel_size, stride, padding, mean) = match *self {
            Self::MaxPool2d {
                kernel_size,
                stride,
                padding,
            } => (kernel_size, stride, padding, false),
            Self::AvgPool2d {
                kernel_size,
                stride,
            } => (kernel_size, stride, [0, 0], true),
            _ => return None,
        };
        Some(Pooling {
            kernel_size,
            stride,
            padding,
            mean,
        })
    }

    /// The shape that comes out behind layers that leave these shapes, the picture's first, or why the layer cannot take
    /// it.
    pub(crate) fn output_shape(&self, points: &[Shape]) -> Result<Shape, String> {
        let Some(&[c, h, w]) = points.last() else {
            return Err("receives nothing".into());
        };
        let earlier = |after: usize| match points.get(after) {
            Some(shape) if after + 1 < points.len() => Ok(*shape),
            _ => Err(format!(
                "reads what is there after {after} layers; it has to be fewer than the {} before it",
                points.len() - 1
            )),
        };
        match *self {
            Self::Conv2d {
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
            } => {
                if in_channels != c {
                    return Err(format!("wants {in_channels} channels but receives {c}"));
                }
                if out_channels == 0 {
                    return Err("has no output channels".into());
                }
                let height = windows(h, kernel_size[0], stride[0], padding[0])?;
                let width = windows(w, kernel_size[1], stride[1], padding[1])?;
                Ok([out_channels, height, width])
            }
            Self::Linear {
                in_features,
                out_features,
            } => {
                if [h, w] != [1, 1] {
                    return Err(format!(
                        "receives [{c}, {h}, {w}]; a Flatten has to stand before it"
                    ));
                }
                if in_features != c {
                    return Err(format!("wants {in_features} features but receives {c}"));
                }
                if out_features == 0 {
                    return Err("has no outputs".into());
                }
                Ok([out_features, 1, 1])
            }
            Self::BatchNorm { channels, epsilon } => {
                if channels != c {
                    return Err(format!("wants {channels} channels but receives {c}"));
                }
                if !(epsilon.is_finite() && epsilon >= 0.0) {
                    return Err(format!("has the epsilon {epsilon}"));
                }
                Ok([c, h, w])
            }
            Self::MaxPool2d {
                kernel_size,
                stride,
                padding,
            } => {
                // So every window has its middle inside.
                let most = kernel_size.map(|size| size.saturating_sub(1) / 2);
                if padding[0] > most[0] || padding[1] > most[1] {
                    return Err(format!(
                        "has padding {padding:?}, which must be less than half of {kernel_size:?}"
                    ));
                }
                Ok([
                    c,
                    windows(h, kernel_size[0], stride[0], padding[0])?,
                    windows(w, kernel_size[1], stride[1], padding[1])?,
                ])
            }
            Self::AvgPool2d {
                kernel_size,
                stride,
            } => Ok([
                c,
                windows(h, kernel_size[0], stride[0], 0)?,
                windows(w, kernel_size[1], stride[1], 0)?,
            ]),
            Self::Flatten => Ok([count([c, h, w]), 1, 1]),
            Self::Branch { after } => earlier(after),
            Self::Add { after } => {
                let added = earlier(after)?;
                if added != [c, h, w] {
                    return Err(format!(
                        "adds {added:?}, what is there after {after} layers, to {:?}; they have to be alike",
                        [c, h, w]
                    ));
                }
                Ok(added)
            }
            Self::LeakyRelu { negative_slope }
                if !(f32::MIN_POSITIVE..1.0).contains(&negative_slope) =>
            {
                Err(format!(
                    "has the slope {negative_slope}, which must be above 0 and below 1"
                ))
            }
            Self::Silu
            | Self::Relu
            | Self::LeakyRelu { .. }
            | Self::Gelu
            | Self::Tanh
            | Self::Sigmoid => Ok([c, h, w]),
        }
    }
}

/// How many windows of `kernel` fit, `stride` apart, into `size` values with `padding` on both sides.
pub(crate) fn windows(
    size: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Result<usize, String> {
    if kernel == 0 || stride == 0 {
        return Err(format!("has kernel size {kernel} and stride {stride}"));
    }
    if padding >= kernel {
        return Err(format!(
            "has padding {padding}, which must be below its kernel size {kernel}"
        ));
    }
    let padded = size.saturating_add(padding.saturating_mul(2));
    if kernel > padded {
        return Err(format!(
            "has a kernel of {kernel} over only {padded} values"
        ));
    }
    Ok((padded - kernel) / stride + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_architectures_have_the_documented_shapes() {
        let cnn = NetworkSpec::cnn();
        assert_eq!(cnn.shapes()[0], [32, 24, 24]);
        assert_eq!(cnn.shapes()[5], [32, 10, 10]);
        assert_eq!(cnn.shapes()[11], [64, 3, 3]);
        assert_eq!(cnn.shapes()[13], [10, 1, 1]);
        assert_eq!(
            NetworkSpec::mlp().parameter_count(),
            784 * 512 + 512 + 512 * 512 + 512 + 5130
        );
    }

    #[test]
    fn a_spec_survives_json() {
        let cnn = NetworkSpec::cnn();
        let json = serde_json::to_string(&cnn).unwrap();
        assert_eq!(serde_json::from_str::<NetworkSpec>(&json).unwrap(), cnn);
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let error = NetworkSpec::new("broken", vec![LayerSpec::linear(784, 10)]).unwrap_err();
        assert!(error.to_string().contains("Flatten has to stand before"));
        let huge = NetworkSpec::cnn_of_width(100_000).unwrap_err();
        assert!(matches!(huge, SpecError::TooLarge { .. }));
        let conv = |kernel_size, padding| LayerSpec::Conv2d {
            in_channels: 1,
            out_channels: 1,
            kernel_size,
            stride: [1, 1],
            padding,
        };
        let maps = NetworkSpec::new("maps", vec![conv([24, 27], [0, 0])]).unwrap_err();
        assert_eq!(maps, SpecError::Maps([1, 5, 2]));
        let slow = NetworkSpec::cnn_of_width(500).unwrap_err();
        assert!(matches!(slow, SpecError::TooSlow(_)), "{slow}");
        let named = |name: &str| {
            let digits = (0..10).map(|digit| digit.to_string()).collect();
            let layers = NetworkSpec::mlp().layers().to_vec();
            NetworkSpec::with_classes(name.into(), Normalisation::default(), layers, digits)
        };
        assert!(named("LeNet").is_ok());
        assert_eq!(named("\u{1b}[2J"), Err(SpecError::Name(4)));
        assert!(named(&"x".repeat(1_000_000)).is_err());
        // Shortcuts.
        let add = |convolution, after| {
            let layers = vec![convolution, LayerSpec::Relu, LayerSpec::Add { after }];
            NetworkSpec::new("shortcut", layers)
                .unwrap_err()
                .to_string()
        };
        for (text, said) in [
            (add(conv([3, 3], [0, 0]), 0), "adds [1, 28, 28]"),
            (add(conv([3, 3], [1, 1]), 2), "fewer than the 2 before it"),
            (add(conv([3, 3], [1, 1]), usize::MAX), "fewer than the 2"),
            // This fits, but gives no answer.
            (add(conv([3, 3], [1, 1]), 0), "Flatten"),
        ] {
            assert!(text.contains(said), "{text}");
        }
        // Sizes that no sum can hold.
        let endless = conv([usize::MAX, 1], [usize::MAX - 1, 0]);
        assert!(NetworkSpec::new("endless", vec![endless]).is_err());
    }
}

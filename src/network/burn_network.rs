//! The plain burn module: the reference on the GPU, and what the trainer trains.

use crate::{
    model::{Model, TensorF32},
    spec::{GELU_CUBIC, GELU_SCALE, LayerSpec, NetworkSpec},
    stage::ArenaLayout,
};
use burn::{
    module::{Module, Param, RunningState},
    nn::{
        BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{
        Tensor, TensorData, activation,
        backend::Backend,
        module::{avg_pool2d, max_pool2d},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// One layer with its parameters.
#[derive(Module, Debug)]
pub enum Layer<B: Backend> {
    /// Weight `[out, in, kernel_height, kernel_width]`, bias `[out]`.
    Conv2d(Conv2d<B>),
    /// Weight `[in, out]`, as burn keeps it; bias `[out]`.
    Linear(Linear<B>),
    /// Scale, shift and running statistics, `[channels]` each.
    BatchNorm(BatchNorm<B>),
    /// Maximum over windows.
    MaxPool2d(Pool),
    /// Mean over windows.
    AvgPool2d(Pool),
    /// `[n, c, h, w]` becomes `[n, c·h·w, 1, 1]`.
    Flatten(Fixed),
    /// What was there before, once more.
    Branch(Point),
    /// `x` and what was there before.
    Add(Point),
    /// `x · sigmoid(x)`.
    Silu(Fixed),
    /// `max(x, 0)`.
    Relu(Fixed),
    /// `max(x, slope · x)`.
    LeakyRelu(Slope),
    /// `x · Φ(x)` in its tanh form.
    Gelu(Fixed),
    /// `tanh(x)`.
    Tanh(Fixed),
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid(Fixed),
}

/// Leaky ReLU's slope below 0.
#[derive(Module, Clone, Debug)]
pub struct Slope {
    /// Above 0 and below 1.
    pub negative_slope: f64,
}

/// A pooling window.
#[derive(Module, Clone, Debug)]
pub struct Pool {
    /// `[height, width]`.
    pub kernel_size: [usize; 2],
    /// `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// How far windows reach over the edge; only those of a maximum.
    pub padding: [usize; 2],
}

/// What a layer reads besides what comes before it.
#[derive(Module, Clone, Debug)]
pub struct Point {
    /// After how many layers it was there.
    pub after: usize,
}

/// What later layers read once more, by how many layers came before it.
type Kept<B> = BTreeMap<usize, Tensor<B, 4>>;

/// A layer without anything to learn or to set.
#[derive(Module, Clone, Debug, Default)]
pub struct Fixed;

/// A sequential network on a burn backend.
#[derive(Module, Debug)]
pub struct BurnNetwork<B: Backend> {
    /// As the spec lists them, first to last.
    pub layers: Vec<Layer<B>>,
}

impl<B: Backend> BurnNetwork<B> {
    /// A network with fresh random weights (Kaiming uniform, from the backend's generator).
    pub fn init(spec: &NetworkSpec, device: &B::Device) -> Self {
        let layers = spec.layers().iter().map(|layer| match *layer {
            LayerSpec::Conv2d {
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding: [py, px],
            } => Layer::Conv2d(
                Conv2dConfig::new([in_channels, out_channels], kernel_size)
                    .with_stride(stride)
                    .with_padding(PaddingConfig2d::Explicit(py, px, py, px))
                    .init(device),
            ),
            LayerSpec::Linear {
                in_features,
                out_features,
            } => Layer::Linear(LinearConfig::new(in_features, out_features).init(device)),
            LayerSpec::BatchNorm { channels, epsilon } => Layer::BatchNorm(
                BatchNormConfig::new(channels)
                    .with_epsilon(f64::from(epsilon))
                    .init(device),
            ),
            LayerSpec::MaxPool2d {
                kernel_size,
                stride,
                padding,
            } => Layer::MaxPool2d(Pool {
                kernel_size,
                stride,
                padding,
            }),
            LayerSpec::Flatten => Layer::Flatten(Fixed),
            LayerSpec::Branch { after } => Layer::Branch(Point { after }),
            LayerSpec::Add { after } => Layer::Add(Point { after }),
            LayerSpec::AvgPool2d {
                kernel_size,
                stride,
            } => Layer::AvgPool2d(Pool {
                kernel_size,
                stride,
                padding: [0, 0],
            }),
            LayerSpec::Silu => Layer::Silu(Fixed),
            LayerSpec::Relu => Layer::Relu(Fixed),
            LayerSpec::LeakyRelu { negative_slope } => Layer::LeakyRelu(Slope {
                negative_slope: f64::from(negative_slope),
            }),
            LayerSpec::Gelu => Layer::Gelu(Fixed),
            LayerSpec::Tanh => Layer::Tanh(Fixed),
            LayerSpec::Sigmoid => Layer::Sigmoid(Fixed),
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// The network of a model file, on `device`.
    pub fn from_model(model: &Model, device: &B::Device) -> Self {
        let mut network = Self::init(&model.spec, device);
        for (index, layer) in network.layers.iter_mut().enumerate() {
            let vector = |name| tensor::<B, 1>(model.parameter(index, name), device);
            match layer {
                Layer::Conv2d(conv) => {
                    let weight = tensor(model.parameter(index, "weight"), device);
                    conv.weight = Param::from_tensor(weight);
                    conv.bias = Some(Param::from_tensor(vector("bias")));
                }
                Layer::Linear(linear) => {
                    // burn keeps [in, out]; files keep PyTorch's [out, in].
                    let weight = tensor::<B, 2>(model.parameter(index, "weight"), device);
                    let [_, inputs] = weight.dims();
                    let weight = weight.transpose().reshape([inputs as i32, -1]);
                    linear.weight = Param::from_tensor(weight);
                    linear.bias = Some(Param::from_tensor(vector("bias")));
                }
                Layer::BatchNorm(norm) => {
                    norm.gamma = Param::from_tensor(vector("weight"));
                    norm.beta = Param::from_tensor(vector("bias"));
                    norm.running_mean = RunningState::new(vector("running_mean"));
                    norm.running_var = RunningState::new(vector("running_var"));
                }
                _ => {}
            }
        }
        network
    }

    /// The model file of this network, not calibrated yet. Reads the weights back, so it blocks: not for the live loop.
    pub fn to_model(&self, spec: &NetworkSpec) -> Model {
        let mut tensors = BTreeMap::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let mut put = |name: &str, tensor: TensorF32| {
                tensors.insert(format!("{index}.{name}"), tensor);
            };
            match layer {
                Layer::Conv2d(conv) => {
                    put("weight", values(conv.weight.val()));
                    put(
                        "bias",
                        values(conv.bias.as_ref().expect("has a bias").val()),
                    );
                }
                Layer::Linear(linear) => {
                    put("weight", values(linear.weight.val().transpose()));
                    put(
                        "bias",
                        values(linear.bias.as_ref().expect("has a bias").val()),
                    );
                }
                Layer::BatchNorm(norm) => {
                    put("weight", values(norm.gamma.val()));
                    put("bias", values(norm.beta.val()));
                    put("running_mean", values(norm.running_mean.value()));
                    put("running_var", values(norm.running_var.value()));
                }
                _ => {}
            }
        }
        Model::of(spec.clone(), tensors)
    }

    /// The logits of normalised images: `[n, 1, 28, 28]` becomes `[n, classes]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        self.forward_until(x, self.layers.len()).flatten(1, 3)
    }

    /// What is there after the first `layers` layers, `[n, channels, height, width]`.
    pub fn forward_until(&self, x: Tensor<B, 4>, layers: usize) -> Tensor<B, 4> {
        self.walk(x, layers, |_| ())
    }

    fn walk(
        &self,
        mut x: Tensor<B, 4>,
        layers: usize,
        mut each: impl FnMut(&Tensor<B, 4>),
    ) -> Tensor<B, 4> {
        let points: BTreeSet<usize> = self.layers.iter().filter_map(Layer::point).collect();
        let mut kept = Kept::new();
        for (point, layer) in self.layers.iter().take(layers).enumerate() {
            if points.contains(&point) {
                kept.insert(point, x.clone());
            }
            x = layer.forward(x, &kept);
            each(&x);
        }
        x
    }

    /// Every layer's output, first to last, each `[n, channels, height, width]` (dense layers `[n, features, 1, 1]`).
    pub fn forward_traced(&self, x: Tensor<B, 4>) -> Vec<Tensor<B, 4>> {
        let mut outputs = Vec::with_capacity(self.layers.len());
        self.walk(x, self.layers.len(), |output| outputs.push(output.clone()));
        outputs
    }

    /// The arena of one image ([`ArenaLayout`]): the input and every stage's output, `[len]`. `x` is `[1, 1, 28, 28]`.
    pub fn forward_arena(&self, layout: &ArenaLayout, x: Tensor<B, 4>) -> Tensor<B, 1> {
        let outputs = self.forward_traced(x.clone());
        let mut rows = vec![x.flatten(0, 3)];
        for stage in &layout.stages {
            rows.push(outputs[stage.layers.end - 1].clone().flatten(0, 3));
        }
        Tensor::cat(rows, 0)
    }
}

impl<B: Backend> Layer<B> {
    /// After how many layers there was what it reads besides what comes before it.
    fn point(&self) -> Option<usize> {
        match self {
            Self::Branch(point) | Self::Add(point) => Some(point.after),
            _ => None,
        }
    }

    /// The layer's output, `[n, c, h, w]` in and out.
    fn forward(&self, x: Tensor<B, 4>, kept: &Kept<B>) -> Tensor<B, 4> {
        match self {
            Self::Conv2d(conv) => conv.forward(x),
            Self::Linear(linear) => {
                let [n, features, _, _] = x.dims();
                let y = linear.forward(x.reshape([n, features]));
                let outputs = y.dims()[1];
                y.reshape([n, outputs, 1, 1])
            }
            Self::BatchNorm(norm) => norm.forward(x),
            Self::MaxPool2d(pool) => max_pool2d(
                x,
                pool.kernel_size,
                pool.stride,
                pool.padding,
                [1, 1],
                false,
            ),
            Self::Flatten(_) => {
                let [n, c, h, w] = x.dims();
                x.reshape([n, c * h * w, 1, 1])
            }
            Self::Branch(point) => kept[&point.after].clone(),
            Self::Add(point) => x + kept[&point.after].clone(),
            Self::AvgPool2d(pool) => {
                avg_pool2d(x, pool.kernel_size, pool.stride, [0, 0], true, false)
            }
            Self::Silu(_) => activation::silu(x),
            Self::Relu(_) => activation::relu(x),
            Self::LeakyRelu(slope) => activation::leaky_relu(x, slope.negative_slope),
            Self::Gelu(_) => {
                // burn's own is the exact form.
                let bent = (x.clone() + x.clone().powi_scalar(3) * GELU_CUBIC) * (2.0 * GELU_SCALE);
                x * activation::sigmoid(bent)
            }
            Self::Tanh(_) => activation::tanh(x),
            Self::Sigmoid(_) => activation::sigmoid(x),
        }
    }
}

fn tensor<B: Backend, const D: usize>(source: &TensorF32, device: &B::Device) -> Tensor<B, D> {
    Tensor::from_data(
        TensorData::new(source.values.clone(), source.shape.clone()),
        device,
    )
}

fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> TensorF32 {
    let shape = tensor.dims().to_vec();
    let data = tensor.into_data().convert::<f32>();
    TensorF32 {
        shape,
        values: data.to_vec().expect("f32 data"),
    }
}

//! Random networks and images, and their logits by the plain path: for the tests of the executors, and for
//! `examples/random_networks.rs`, which writes such networks for the page's tests. One copy, so that both run the same.

use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use mnistify_network::{BurnNetwork, LayerSpec, Model, NetworkSpec, Normalisation};
use proptest::{array::uniform2, prelude::*};

/// How far two executors may be apart, relative to the largest of the compared values (or to 1, if that is more): sums
/// of up to some thousand products in f32, added in different orders.
pub const TOLERANCE: f32 = 2e-4;

const SIDE: usize = 28;
/// Values of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// A convolution and what follows it.
#[derive(Clone, Debug)]
struct Block {
    channels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    /// Batch normalisation, before the activation or (true) after it.
    norm_after: Option<bool>,
    /// Kernel and stride, and the mean or, with a padding where it fits, the maximum.
    pool: Option<([[usize; 2]; 2], Option<usize>)>,
    shortcut: Shortcut,
}

/// Where a shortcut goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shortcut {
    None,
    /// Through a convolution of its own, with batch normalisation, around the block's.
    Convolution,
    /// Around one more convolution, and added before its activation.
    Before,
    /// The same, but added after its activation.
    After,
}

fn any_block() -> impl Strategy<Value = Block> {
    let conv = (
        1usize..14,
        uniform2(1usize..6),
        uniform2(1usize..3),
        uniform2(0usize..3),
    );
    let pool = (
        [uniform2(1usize..4), uniform2(1usize..3)],
        prop::option::of(0usize..2),
    );
    let shortcut = prop::sample::select(vec![
        Shortcut::None,
        Shortcut::Convolution,
        Shortcut::Before,
        Shortcut::After,
    ]);
    let follows = (
        prop::option::of(any::<bool>()),
        prop::option::of(pool),
        shortcut,
    );
    (conv, follows).prop_map(
        |((channels, kernel, stride, padding), (norm_after, pool, shortcut))| Block {
            channels,
            kernel,
            stride,
            // A padding must be below its kernel size.
            padding: [0, 1].map(|axis| padding[axis].min(kernel[axis] - 1)),
            norm_after,
            pool,
            shortcut,
        },
    )
}

/// Sizes, kernels, channels and classes that are no multiple of anything.
pub fn any_spec() -> impl Strategy<Value = NetworkSpec> {
    (
        uniform2(any::<bool>()),
        prop::collection::vec(any_block(), 0..3),
        1usize..70,
        2usize..14,
        prop::sample::select(vec![
            LayerSpec::Relu,
            LayerSpec::Silu,
            LayerSpec::Gelu,
            LayerSpec::Tanh,
            LayerSpec::Sigmoid,
            LayerSpec::LeakyRelu {
                negative_slope: 0.01,
            },
        ]),
    )
        .prop_map(|(flags, blocks, hidden, classes, activation)| {
            let layers = layers(flags, &blocks, [hidden, classes], &activation);
            let classes = (0..classes).map(|class| class.to_string()).collect();
            NetworkSpec::with_classes("random".into(), Normalisation::default(), layers, classes)
                .expect("built to fit")
        })
}

/// The blocks as far as they fit, then two dense layers, or three and a shortcut around the second.
fn layers(
    [norm_first, dense_shortcut]: [bool; 2],
    blocks: &[Block],
    [hidden, classes]: [usize; 2],
    activation: &LayerSpec,
) -> Vec<LayerSpec> {
    let norm = |channels, epsilon| LayerSpec::BatchNorm { channels, epsilon };
    let linear = LayerSpec::linear;
    let mut layers = Vec::new();
    let (mut channels, mut size) = (1, [SIDE, SIDE]);
    if norm_first {
        layers.push(norm(1, 1e-3));
    }
    for block in blocks {
        let Some(convolved) = windows(size, block.kernel, block.stride, block.padding) else {
            break;
        };
        let conv = LayerSpec::Conv2d {
            in_channels: channels,
            out_channels: block.channels,
            kernel_size: block.kernel,
            stride: block.stride,
            padding: block.padding,
        };
        (channels, size) = (block.channels, convolved);
        let start = layers.len();
        let around = block.shortcut == Shortcut::Convolution;
        if around {
            layers.extend([conv.clone(), norm(channels, 1e-4)]);
            layers.push(LayerSpec::Branch { after: start });
        }
        layers.push(conv);
        if block.norm_after == Some(false) {
            layers.push(norm(channels, 1e-5));
        }
        if around {
            layers.push(LayerSpec::Add { after: start + 2 });
        }
        layers.push(activation.clone());
        if block.norm_after == Some(true) {
            layers.push(norm(channels, 1e-5));
        }
        let after = layers.len();
        if matches!(block.shortcut, Shortcut::Before | Shortcut::After) {
            layers.push(LayerSpec::Conv2d {
                in_channels: channels,
                out_channels: channels,
                kernel_size: [3, 3],
                stride: [1, 1],
                padding: [1, 1],
            });
            let mut ends = [activation.clone(), LayerSpec::Add { after }];
            if block.shortcut == Shortcut::Before {
                ends.reverse();
            }
            layers.extend(ends);
        }
        let pool = block.pool.map(|([kernel_size, stride], padding)| {
            let most = kernel_size.map(|size| (size - 1) / 2);
            let padding = padding.map(|padding| most.map(|most| padding.min(most)));
            (kernel_size, stride, padding)
        });
        if let Some((kernel_size, stride, padding)) = pool
            && let Some(pooled) = windows(size, kernel_size, stride, padding.unwrap_or_default())
        {
            layers.push(match padding {
                None => LayerSpec::AvgPool2d {
                    kernel_size,
                    stride,
                },
                Some(padding) => LayerSpec::MaxPool2d {
                    kernel_size,
                    stride,
                    padding,
                },
            });
            size = pooled;
        }
    }
    layers.push(LayerSpec::Flatten);
    layers.push(linear(channels * size[0] * size[1], hidden));
    layers.push(activation.clone());
    if dense_shortcut {
        let after = layers.len();
        layers.push(linear(hidden, hidden));
        layers.push(LayerSpec::Add { after });
        layers.push(activation.clone());
    }
    layers.push(linear(hidden, classes));
    layers
}

/// How many windows fit along each axis; none if not even one does.
fn windows(
    size: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
) -> Option<[usize; 2]> {
    let room = [0, 1].map(|axis| (size[axis] + 2 * padding[axis]).checked_sub(kernel[axis]));
    Some([room[0]? / stride[0] + 1, room[1]? / stride[1] + 1])
}

/// Random images as bytes, one after the other, each with its own part of paper. The numbers are SplitMix64's (Steele,
/// Lea & Flood 2014).
pub fn images(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)).to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(count * PIXELS);
    for _ in 0..count {
        let paper = next()[0];
        for _ in 0..PIXELS {
            let [chance, value, ..] = next();
            bytes.push(if chance < paper { 0 } else { value });
        }
    }
    bytes
}

/// Bytes as pixels from 0 to 1.
pub fn pixels(images: &[u8]) -> Vec<f32> {
    images.iter().map(|byte| f32::from(*byte) / 255.0).collect()
}

/// Each image's logits by burn's own operators on the CPU.
pub fn plain_logits(model: &Model, images: &[u8]) -> Vec<Vec<f32>> {
    let device = Default::default();
    let network = BurnNetwork::<Flex>::from_model(model, &device);
    let normalisation = model.spec.normalisation();
    let values: Vec<f32> = pixels(images)
        .into_iter()
        .map(|pixel| normalisation.apply(pixel))
        .collect();
    let input = TensorData::new(values, [images.len() / PIXELS, 1, SIDE, SIDE]);
    let logits = network.forward(Tensor::from_data(input, &device));
    let logits: Vec<f32> = logits.into_data().to_vec().expect("f32 data");
    logits
        .chunks_exact(model.spec.classes().len())
        .map(<[f32]>::to_vec)
        .collect()
}

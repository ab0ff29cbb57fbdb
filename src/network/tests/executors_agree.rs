//! The three executors agree: fused kernels and plain burn operators on a GPU (a software one will do) against the CPU.

use burn::tensor::{Tensor, TensorData};
use burn_wgpu::Wgpu;
use mnistify_network::{
    ArenaLayout, CpuNetwork, LayerSpec, Model, Network, NetworkSpec,
    fused::{FusedNetwork, Gpu, Tuning},
};
use proptest::{prelude::*, test_runner::TestRunner};

/// Sums of up to some thousand products in f32, added in different orders.
const TOLERANCE: f32 = 2e-4;

fn pixels(images: usize) -> Vec<f32> {
    (0..784 * images)
        .map(|i| ((i * 37 + i / 29) % 97) as f32 / 97.0)
        .collect()
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f32, |m, v| m.max(v.abs()));
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= TOLERANCE * scale,
            "{what}: value {index} is {a}, expected {b}"
        );
    }
}

fn check(model: &Model, gpu: &Gpu, images: usize, tuning: Tuning) {
    let cpu = CpuNetwork::new(model);
    let fused = FusedNetwork::new(model, gpu, images, tuning);
    let pixels = pixels(images);
    fused.forward(&pixels);
    let arena = fused.read_arena();
    let length = fused.layout().len;
    for image in 0..images {
        let expected = cpu.forward_arena(&pixels[image * 784..][..784]);
        let found = &arena[image * length..][..length];
        for row in 0..fused.layout().rows() {
            let range = fused.layout().range(row);
            let what = format!("{} image {image} row {row}", model.spec.name());
            assert_close(&found[range.clone()], &expected[range], &what);
        }
    }
}

#[test]
fn shipped_architectures_agree_on_every_layer() {
    let gpu = Gpu::of_its_own();
    for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
        let model = Model::random(spec, 11);
        check(&model, &gpu, 1, Tuning::SOFTWARE);
        check(&model, &gpu, 3, Tuning::GPU);

        let network = Network::<Wgpu>::from_model(&model, &gpu.burn);
        let layout = ArenaLayout::new(&model.spec);
        let normalised: Vec<f32> = pixels(1).iter().map(|x| x * 2.0 - 1.0).collect();
        let input = TensorData::new(normalised, [1, 1, 28, 28]);
        let arena = network.forward_arena(&layout, Tensor::from_data(input, &gpu.burn));
        let found: Vec<f32> = arena.into_data().to_vec().unwrap();
        let expected = CpuNetwork::new(&model).forward_arena(&pixels(1));
        assert_close(&found, &expected, "plain burn");
        assert_eq!(network.to_model(&model.spec, Default::default()), model);
    }
}

/// Channels, kernels and widths that are no multiple of anything.
fn any_spec() -> impl Strategy<Value = NetworkSpec> {
    let conv = (
        1usize..14,
        1usize..6,
        1usize..3,
        0usize..3,
        any::<bool>(),
        any::<bool>(),
    );
    (
        prop::collection::vec(conv, 0..3),
        1usize..70,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(convs, hidden, relu, norm_first)| {
            let mut layers = Vec::new();
            let (mut channels, mut side) = (1usize, 28usize);
            let activation = if relu {
                LayerSpec::Relu
            } else {
                LayerSpec::Silu
            };
            if norm_first {
                layers.push(LayerSpec::BatchNorm {
                    channels: 1,
                    epsilon: 1e-3,
                });
            }
            for (out_channels, kernel, stride, padding, norm, pool) in convs {
                let padding = padding.min(kernel - 1);
                if side + 2 * padding < kernel {
                    break;
                }
                layers.push(LayerSpec::Conv2d {
                    in_channels: channels,
                    out_channels,
                    kernel_size: [kernel, kernel],
                    stride: [stride, stride],
                    padding: [padding, padding],
                });
                channels = out_channels;
                side = (side + 2 * padding - kernel) / stride + 1;
                if norm {
                    layers.push(LayerSpec::BatchNorm {
                        channels,
                        epsilon: 1e-5,
                    });
                }
                layers.push(activation.clone());
                if pool && side >= 3 {
                    layers.push(LayerSpec::MaxPool2d {
                        kernel_size: [3, 3],
                        stride: [2, 2],
                    });
                    side = (side - 3) / 2 + 1;
                }
            }
            layers.push(LayerSpec::Flatten);
            layers.push(LayerSpec::Linear {
                in_features: channels * side * side,
                out_features: hidden,
            });
            layers.push(activation);
            layers.push(LayerSpec::Linear {
                in_features: hidden,
                out_features: 10,
            });
            NetworkSpec::new("random", layers).expect("built to fit")
        })
}

#[test]
fn random_networks_agree() {
    let gpu = Gpu::of_its_own();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    runner
        .run(
            &(any_spec(), 0u64..1000, 1usize..4),
            |(spec, seed, images)| {
                let model = Model::random(spec, seed);
                let tuning = if seed % 2 == 0 {
                    Tuning::SOFTWARE
                } else {
                    Tuning::GPU
                };
                check(&model, &gpu, images, tuning);
                Ok(())
            },
        )
        .unwrap();
}

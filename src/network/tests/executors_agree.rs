//! The three executors agree: fused kernels and plain burn operators on a GPU (a software one will do), and plain burn
//! operators on the CPU, against the CPU path.

mod random_networks;

use burn::tensor::{Tensor, TensorData};
use burn_wgpu::Wgpu;
use mnistify_network::{
    ArenaLayout, BurnNetwork, CpuNetwork, LayerSpec, Model, NetworkSpec,
    fused::{FusedNetwork, Gpu, MOST_SPLIT_IMAGES, Tuning},
};
use proptest::{prelude::*, test_runner::TestRunner};
use random_networks::{PIXELS, TOLERANCE, any_spec, images, pixels, plain_logits};

/// Shares that no shape is a multiple of, and more channels of a thread than threads that share them.
const ODD: Tuning = Tuning {
    dense_lanes: 3,
    dense_split: 5,
    dense_features: 3,
    conv_channels: 3,
    conv_places: 2,
    conv_split: 3,
    split_threads: 1 << 15,
    split_channels: 5,
    split_group: 100,
};

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

fn check(model: &Model, gpu: &Gpu, images: &[u8], tuning: Tuning) {
    let cpu = CpuNetwork::new(model);
    let plain = plain_logits(model, images);
    let fused = FusedNetwork::new(model, gpu, images.len() / PIXELS, tuning);
    let pixels = pixels(images);
    fused.forward(&pixels);
    let arena = fused.read_arena().expect("the GPU gives it back");
    let length = fused.layout().len;
    for (image, pixels) in pixels.chunks_exact(PIXELS).enumerate() {
        let expected = cpu.forward_arena(pixels);
        let found = &arena[image * length..][..length];
        let logits = fused.layout().logits();
        for (executor, arena) in [("fused", found), ("CPU", &expected[..])] {
            let what = format!("{} image {image}, {executor} and plain", model.spec.name());
            assert_close(&arena[logits.clone()], &plain[image], &what);
        }
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
        check(&model, &gpu, &images(1, 1), Tuning::SOFTWARE);
        check(&model, &gpu, &images(1, 1), Tuning::GPU);
        check(&model, &gpu, &images(2, 3), Tuning::GPU);
        check(&model, &gpu, &images(2, 2), ODD);
        // Too many for split sums.
        check(&model, &gpu, &images(4, MOST_SPLIT_IMAGES + 1), Tuning::GPU);

        let network = BurnNetwork::<Wgpu>::from_model(&model, &gpu.burn);
        let layout = ArenaLayout::new(&model.spec);
        let pixels = pixels(&images(3, 1));
        let normalised: Vec<f32> = pixels.iter().map(|x| x * 2.0 - 1.0).collect();
        let input = TensorData::new(normalised, [1, 1, 28, 28]);
        let arena = network.forward_arena(&layout, Tensor::from_data(input, &gpu.burn));
        let found: Vec<f32> = arena.into_data().to_vec().unwrap();
        let expected = CpuNetwork::new(&model).forward_arena(&pixels);
        assert_close(&found, &expected, "plain burn");
        assert_eq!(network.to_model(&model.spec), model);
    }
}

/// The first kernel copies the picture into the arena, so it has to read what it adds elsewhere.
#[test]
fn the_picture_itself_can_be_added() {
    let layers = vec![
        LayerSpec::Conv2d {
            in_channels: 1,
            out_channels: 1,
            kernel_size: [3, 3],
            stride: [1, 1],
            padding: [1, 1],
        },
        LayerSpec::Add { after: 0 },
        LayerSpec::Relu,
        LayerSpec::Flatten,
        LayerSpec::linear(PIXELS, 10),
    ];
    let spec = NetworkSpec::new("picture", layers).expect("built to fit");
    let (model, gpu) = (Model::random(spec, 12), Gpu::of_its_own());
    for tuning in [Tuning::SOFTWARE, Tuning::GPU, ODD] {
        check(&model, &gpu, &images(5, 2), tuning);
    }
}

#[test]
fn random_networks_agree() {
    let gpu = Gpu::of_its_own();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(18));
    let any_tuning = prop::sample::select(vec![Tuning::SOFTWARE, Tuning::GPU, ODD]);
    runner
        .run(
            &(any_spec(), 0u64..1000, 1usize..4, any_tuning),
            |(spec, seed, count, tuning)| {
                let model = Model::random(spec, seed);
                check(&model, &gpu, &images(seed, count), tuning);
                Ok(())
            },
        )
        .unwrap();
}

//! The fused engine against burn's operators and the CPU, on a GPU (a software one will do).

use crate::{
    burn_engine::BurnEngine,
    eval::Reader,
    records::tests::scratch_folder,
    train_loop::{Job, tests::whole_and_resumed},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use mnistify_drawing::PIXELS;
use mnistify_learning::{
    Augmentation, Engine, Feeder, Images, Mnist, ModelKind, Pool, Sample, Sampling, StepSettings,
    TrainConfig,
    feeder::{Extras, NO_DIGIT},
    fused::{FusedEngine, FusedMaker},
    initial::initial_model,
};
use mnistify_network::{Card, LayerSpec, Model, NetworkSpec, fused::Gpu};
use std::sync::{Arc, atomic::AtomicBool};

/// Sums over a whole batch in f32, in different orders, relative to the largest gradient of the tensor.
const TOLERANCE: f32 = 5e-3;

fn pool() -> Arc<Pool> {
    let images = |count: usize, seed: usize| Images {
        images: (0..count)
            .map(|index| {
                // No two values of a pooling window are equal, or engines could choose either.
                let mut image: [u8; PIXELS] = std::array::from_fn(|pixel| {
                    (pixel * pixel * 7 + index * 13 + pixel * seed) as u8 % 60
                });
                let (row, column) = (4 + index * 7 % 15, 3 + (index + seed) * 5 % 17);
                for y in row..row + 6 {
                    for x in column..column + 4 {
                        image[y * 28 + x] = (90 + (x * 31 + y * 17 + seed) % 160) as u8;
                    }
                }
                image
            })
            .collect(),
        labels: (0..count).map(|index| (index % 10) as u8).collect(),
    };
    let data = Mnist {
        train: images(96, 0),
        validation: images(45, 3),
    };
    Arc::new(Pool::new(&data, &Extras::default()))
}

fn config(batch: usize) -> TrainConfig {
    let mut config = TrainConfig::defaults(ModelKind::Cnn, batch);
    config.augmentation = Augmentation {
        rotation: 20.0,
        scale: 0.2,
        anisotropy: 0.1,
        shear: 0.2,
        shift: 2.0,
        thickness: 0.7,
        sampling: Sampling::Bilinear,
        elastic: 1.0,
        brightness: 0.2,
    };
    // The images of these tests stay the same when the recipe changes: AdamW makes a whole step of a tiny gradient's rounding.
    (config.mixture.drawn, config.mixture.outliers) = (0.04, 0.04);
    config
}

fn samples(pool: &Arc<Pool>, config: &TrainConfig) -> Vec<Sample> {
    let mut samples = Feeder::new(pool, config).batch(3);
    samples[5].class = NO_DIGIT;
    samples
}

fn settings(step: usize) -> StepSettings {
    StepSettings {
        step,
        learning_rate: 1e-3,
        average_decay: 0.5,
    }
}

/// Batch normalisation without pooling, pooling without it, ReLU, and sizes that are no multiple of a tile.
fn odd() -> NetworkSpec {
    let conv = LayerSpec::conv2d;
    let layers = vec![
        conv(1, 5, [3, 4]),
        LayerSpec::Relu,
        LayerSpec::norm(5),
        conv(5, 7, [2, 5]),
        LayerSpec::max_pool([3, 2]),
        LayerSpec::Flatten,
        LayerSpec::linear(7 * 8 * 10, 33),
        LayerSpec::Silu,
        LayerSpec::linear(33, 10),
    ];
    NetworkSpec::new("odd", layers).unwrap()
}

fn assert_close(found: &Model, expected: &Model, tolerance: f32, only_learned: bool) {
    for (name, tensor) in &expected.tensors {
        if only_learned && name.contains("running") {
            continue;
        }
        let largest = tensor.values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        for (index, (a, b)) in found.tensors[name]
            .values
            .iter()
            .zip(&tensor.values)
            .enumerate()
        {
            assert!(
                (a - b).abs() <= tolerance * largest,
                "{}: {name}[{index}] is {a}, expected {b}, of at most {largest}",
                expected.spec.name()
            );
        }
    }
}

#[test]
fn images_are_those_of_the_cpu() {
    let (pool, gpu) = (pool(), Gpu::of_its_own());
    for sampling in [Sampling::Bilinear, Sampling::Nearest] {
        let mut config = config(32);
        config.augmentation.sampling = sampling;
        let model = initial_model(&NetworkSpec::mlp(), 1);
        let mut engine = FusedEngine::new(&model, &config, &pool, &gpu).unwrap();
        let samples = samples(&pool, &config);
        engine.step(&samples, &settings(0));
        for (image, sample) in engine.images().iter().zip(&samples) {
            let expected = sample.warp.apply(&pool.images[sample.image], sampling);
            // A place on the border between two pixels may go either way where the nearest one is taken.
            let far = image
                .iter()
                .zip(expected)
                .filter(|(found, expected)| (*found - (expected * 2.0 - 1.0)).abs() > 1e-4);
            let allowed = if sampling == Sampling::Nearest { 4 } else { 0 };
            assert!(far.count() <= allowed);
        }
    }
}

#[test]
fn gradients_are_those_of_burn() {
    let (pool, gpu) = (pool(), Gpu::of_its_own());
    for spec in [odd(), NetworkSpec::mlp(), NetworkSpec::cnn()] {
        let config = config(32);
        let model = initial_model(&spec, 7);
        let samples = samples(&pool, &config);
        let mut engine = FusedEngine::new(&model, &config, &pool, &gpu).unwrap();
        engine.step(&samples, &settings(0));
        let reference =
            BurnEngine::<Autodiff<Flex>>::new(&model, &config, &pool, &Default::default());
        let expected = reference.gradients(&samples);
        let mut found = expected.clone();
        found.tensors.extend(engine.gradients());
        assert_close(&found, &expected, TOLERANCE, true);
    }
}

#[test]
fn steps_are_those_of_burn() {
    let (pool, gpu) = (pool(), Gpu::of_its_own());
    let config = config(32);
    let model = initial_model(&odd(), 2);
    let mut fused = FusedEngine::new(&model, &config, &pool, &gpu).unwrap();
    let mut burn = BurnEngine::<Autodiff<Flex>>::new(&model, &config, &pool, &Default::default());
    let mut feeder = Feeder::new(&pool, &config);
    for step in 0..4 {
        let samples = feeder.batch(step);
        fused.step(&samples, &settings(step));
        burn.step(&samples, &settings(step));
        let (a, b) = (fused.take_mean_loss(), burn.take_mean_loss());
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }
    // AdamW divides by the gradient's size, so that a tiny gradient's rounding is a whole step's.
    assert_close(&fused.network(), &burn.network(), 2e-2, true);
    assert_close(&fused.average(), &burn.average(), 2e-2, true);
}

#[test]
fn answers_are_those_of_the_file() {
    let (pool, gpu) = (pool(), Gpu::of_its_own());
    let config = config(32);
    let model = initial_model(&odd(), 2);
    let mut engine = FusedEngine::new(&model, &config, &pool, &gpu).unwrap();
    for step in 0..3 {
        engine.step(&samples(&pool, &config), &settings(step));
    }
    // No multiple of the batch.
    let calibration = pool.calibration_samples(&config, 75);
    engine.calibrate(&calibration);
    let validation = pool.validation_samples();
    let answers = engine.answers(&validation);
    let reader = Reader::new(&engine.average(), "average").unwrap();
    let images = Images {
        images: validation.iter().map(|s| pool.images[s.image]).collect(),
        labels: answers,
    };
    assert_eq!(reader.confusion(&images).errors(), 0);
    // What was saved and put back answers alike.
    let model = engine.average();
    engine.set_average(&model);
    assert_eq!(engine.answers(&validation), images.labels);
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let (pool, gpu) = (pool(), Gpu::of_its_own());
    let mut config = config(32);
    (config.steps, config.evaluate_every) = (6, 3);
    let spec = odd();
    let folder = scratch_folder("fused");
    let stop = AtomicBool::new(false);
    let job = Job::new(&spec, &config, &pool, &stop);
    let [whole, resumed] = whole_and_resumed(&job, &mut FusedMaker::new(gpu), 3, &folder);
    assert_close(&resumed.model, &whole.model, 1e-5, false);
    assert_eq!(resumed.model.card, Card::default());
    std::fs::remove_dir_all(&folder).unwrap();
}

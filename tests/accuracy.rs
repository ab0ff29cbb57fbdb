//! The shipped networks on all 10,000 test images of MNIST, with the plain Rust executor.

use mnistify_drawing::{Image28, PIXELS, idx};
use mnistify_network::{Answer, CpuNetwork, Model};
use std::{num::NonZero, path::Path, thread};

/// The card's figure was measured on a GPU, whose rounding may turn an image or two that stand on the edge.
const SAME: f64 = 0.0003;

fn right_answers(network: &CpuNetwork, images: &[[u8; PIXELS]], labels: &[u8]) -> usize {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = images.len().div_ceil(threads);
    thread::scope(|scope| {
        let parts: Vec<_> = images
            .chunks(share)
            .zip(labels.chunks(share))
            .map(|(images, labels)| {
                scope.spawn(move || {
                    let pairs = images.iter().zip(labels);
                    pairs
                        .filter(|(image, label)| is_right(network, image, **label))
                        .count()
                })
            })
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().expect("a forward does not panic"))
            .sum()
    })
}

fn is_right(network: &CpuNetwork, image: &[u8; PIXELS], label: u8) -> bool {
    let logits = network.forward(Image28::from_bytes(image).as_slice());
    Answer::from_logits(&logits, None).is_some_and(|answer| answer.class == usize::from(label))
}

fn check(name: &str, least: f64) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let images = idx::read_images(root.join("assets/mnist/t10k-images-idx3-ubyte.gz"))
        .expect("a checked-in file");
    let labels = idx::read_labels(root.join("assets/mnist/t10k-labels-idx1-ubyte.gz"))
        .expect("a checked-in file");
    assert_eq!((images.len(), labels.len()), (10_000, 10_000));
    let file = root.join("models").join(name).with_extension("safetensors");
    let model = Model::load(file).expect("a shipped model is sound");
    let right = right_answers(&CpuNetwork::new(&model), &images, &labels);
    let accuracy = right as f64 / images.len() as f64;
    println!("{name}: {right} of {} are right", images.len());
    assert!(
        accuracy >= least,
        "{name}: {accuracy} of the test images are right, expected at least {least}"
    );
    let card = model
        .card
        .test
        .expect("the card has figures of the test images");
    assert_eq!(card.images, images.len(), "{name}: the card's images");
    assert!(
        (accuracy - card.accuracy).abs() <= SAME,
        "{name}: {accuracy} are right, but the card says {}",
        card.accuracy
    );
}

#[test]
fn the_mlp_is_as_good_as_its_card_says() {
    check("mlp", 0.994);
}

#[test]
fn the_cnn_is_as_good_as_its_card_says() {
    check("cnn", 0.995);
}

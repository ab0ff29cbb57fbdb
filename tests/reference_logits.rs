//! The executors against logits that an independent program computed: numpy in float64, see
//! `tests/reference/reference_logits.py`.

use mnistify_drawing::{Image28, idx};
use mnistify_network::{
    CpuNetwork, Model,
    fused::{FusedNetwork, Gpu, Tuning},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Absolute difference of a logit. Logits are about 10 at most, and sums of up to 800 products in f32, in any order and
/// through seven layers, put them off by less than 1e-4; the rest is room for a GPU's coarser exponential. A real
/// mistake (another epsilon, a transposed weight, a row too many) is larger by orders of magnitude.
const TOLERANCE: f32 = 2e-3;

/// How many of the test images are in the reference; the self-test digits follow them.
const FIRST_TEST_IMAGES: usize = 12;

const SHIPPED: [&str; 2] = ["mlp", "cnn"];

#[derive(Deserialize)]
struct Reference {
    tolerance: f32,
    models: BTreeMap<String, ReferenceModel>,
}

#[derive(Deserialize)]
struct ReferenceModel {
    weights_fnv1a64: String,
    logits: Vec<Vec<f32>>,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// FNV-1a with 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv1a64(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// A shipped model and its logits by the reference, which must be of the very same file.
fn model_and_logits(name: &str) -> (Model, Vec<Vec<f32>>) {
    let json = std::fs::read_to_string(root("tests/reference/logits.json"))
        .expect("the reference is there");
    let mut reference: Reference = serde_json::from_str(&json).expect("the reference is JSON");
    assert_eq!(
        reference.tolerance, TOLERANCE,
        "the script and this test agree on the tolerance"
    );
    let file = root(&format!("models/{name}.safetensors"));
    let stale = format!(
        "tests/reference/logits.json is not of {}; run: python3 tests/reference/reference_logits.py",
        file.display()
    );
    let expected = reference.models.remove(name).expect(&stale);
    let bytes = std::fs::read(&file).expect("the model is there");
    assert_eq!(fnv1a64(&bytes), expected.weights_fnv1a64, "{stale}");
    let model = Model::load(&file).expect("a shipped model is sound");
    (model, expected.logits)
}

fn images() -> Vec<Image28> {
    let read = |path: &str| idx::read_images(root(path)).expect("a checked-in file");
    let test = read("assets/mnist/t10k-images-idx3-ubyte.gz");
    let digits = read("assets/mnist/self-test-images-idx3-ubyte");
    let images = test.iter().take(FIRST_TEST_IMAGES).chain(&digits);
    images.map(Image28::from_bytes).collect()
}

fn assert_close(found: &[Vec<f32>], expected: &[Vec<f32>], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: images");
    for (image, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(
            found.len(),
            expected.len(),
            "{what}: logits of image {image}"
        );
        for (class, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!(
                (found - expected).abs() <= TOLERANCE,
                "{what}: logit {class} of image {image} is {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn the_cpu_has_the_reference_logits() {
    for name in SHIPPED {
        let (model, expected) = model_and_logits(name);
        let network = CpuNetwork::new(&model);
        let logits = images()
            .iter()
            .map(|image| network.forward(image.as_slice()))
            .collect::<Vec<_>>();
        assert_close(&logits, &expected, &format!("{name} on the CPU"));
    }
}

#[test]
fn the_fused_kernels_have_the_reference_logits() {
    let images = images();
    let pixels: Vec<f32> = images.iter().flat_map(Image28::as_slice).copied().collect();
    let gpu = Gpu::of_its_own();
    for name in SHIPPED {
        let (model, expected) = model_and_logits(name);
        for tuning in [Tuning::SOFTWARE, Tuning::GPU] {
            let network = FusedNetwork::new(&model, &gpu, images.len(), tuning);
            network.forward(&pixels);
            let logits = network.read_logits(images.len()).expect("the GPU answers");
            assert_close(
                &logits,
                &expected,
                &format!("{name}, fused with {tuning:?}"),
            );
        }
    }
}

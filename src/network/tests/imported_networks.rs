//! Files of other programs: two trained networks without metadata against logits that an independent program computed
//! (numpy in float64, see `tests/reference/make_imported.py`), and many files that are wrong in every way.

use mnistify_network::{
    CpuNetwork, LayerSpec, Model, NetworkSpec, Normalisation,
    import::{self, ImportError, Note},
};
use proptest::prelude::*;
use safetensors::{Dtype, tensor::TensorView};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// Absolute difference of a logit. Both sides read the same F16 weights, so only f32 rounding is left: logits are about
/// 20 at most, and sums of up to 784 products, through five layers and in any order, put them off by less than 1e-4.
/// Even a mean of 0.13 in place of 0.1307 changes them by 0.02, a wrong layer or padding by whole numbers.
const TOLERANCE: f32 = 2e-3;

#[derive(Deserialize)]
struct Reference {
    tolerance: f32,
    accuracy: f64,
    weights_fnv1a64: String,
    logits: Vec<Vec<f32>>,
}

fn folder(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/imported")
        .join(file)
}

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(folder(file)).expect("a checked-in file")
}

/// FNV-1a with 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv1a64(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The first test images, `[0, 1]`.
fn images() -> Vec<Vec<f32>> {
    let data = bytes("images-idx3-ubyte");
    data[16..]
        .chunks_exact(784)
        .map(|image| {
            image
                .iter()
                .map(|pixel| f32::from(*pixel) / 255.0)
                .collect()
        })
        .collect()
}

fn assert_reference(model: &Model, file: &str) {
    let json = String::from_utf8(bytes("logits.json")).expect("the reference is text");
    let mut all: BTreeMap<String, Reference> =
        serde_json::from_str(&json).expect("the reference is JSON");
    let reference = all.remove(file).expect("the reference has this file");
    assert_eq!(reference.tolerance, TOLERANCE);
    assert!(reference.accuracy >= 0.97);
    let hash = fnv1a64(&bytes(&format!("{file}.safetensors")));
    assert_eq!(
        hash, reference.weights_fnv1a64,
        "the logits are of this file; run: python3 tests/reference/make_imported.py"
    );
    let network = CpuNetwork::new(model);
    let images = images();
    assert_eq!(images.len(), reference.logits.len());
    for (index, (image, expected)) in images.iter().zip(&reference.logits).enumerate() {
        let found = network.forward(image);
        assert_eq!(found.len(), expected.len());
        for (class, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!(
                (found - expected).abs() <= TOLERANCE,
                "{file}: logit {class} of image {index} is {found}, expected {expected}"
            );
        }
    }
}

fn conv(in_channels: usize, out_channels: usize, size: usize, padding: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        in_channels,
        out_channels,
        kernel_size: [size, size],
        stride: [1, 1],
        padding: [padding, padding],
    }
}

fn linear(in_features: usize, out_features: usize) -> LayerSpec {
    LayerSpec::linear(in_features, out_features)
}

fn pool() -> LayerSpec {
    LayerSpec::max_pool([2, 2])
}

fn has(notes: &[Note], part: &str) -> bool {
    notes.iter().any(|note| format!("{note:?}").contains(part))
}

#[test]
fn a_lenet_with_pytorch_names_needs_no_description() {
    let file = bytes("lenet.safetensors");
    let loaded = import::load(&file, "some/folder/lenet.safetensors", None).unwrap();
    let spec = &loaded.model.spec;
    let expected = [
        conv(1, 6, 5, 2),
        LayerSpec::Relu,
        pool(),
        conv(6, 16, 5, 0),
        LayerSpec::Relu,
        pool(),
        LayerSpec::Flatten,
        linear(400, 120),
        LayerSpec::Relu,
        linear(120, 84),
        LayerSpec::Relu,
        linear(84, 10),
    ];
    assert_eq!(spec.layers(), expected);
    assert_eq!(spec.name(), "lenet");
    assert_eq!(spec.classes().len(), 10);
    let names: Vec<String> = spec
        .parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        names
            .iter()
            .all(|name| loaded.model.tensors.contains_key(name))
    );
    assert_eq!(names.len(), loaded.model.tensors.len());
    for part in [
        r#"Text("conv1"), Text("conv2"), Text("fc1")"#,
        r#"("padding", Text("2"))"#,
        "note-activation-assumed",
        "0.1307",
        "note-classes-assumed",
    ] {
        assert!(has(&loaded.notes, part), "{part}: {:#?}", loaded.notes);
    }
    assert_reference(&loaded.model, "lenet");
    // What was inferred becomes a file of our own.
    let saved = loaded.model.to_bytes(true);
    assert_eq!(Model::from_bytes(&saved, "saved").unwrap(), loaded.model);
}

#[test]
fn an_mlp_with_tinygrad_names_takes_its_normalisation_from_the_description() {
    let file = bytes("mlp.safetensors");
    let description = r#"{"name": "Tiny", "normalisation": {"mean": 0, "std": 1}}"#;
    let loaded = import::load(&file, "mlp.safetensors", Some(description)).unwrap();
    let spec = &loaded.model.spec;
    let expected = [
        LayerSpec::Flatten,
        linear(784, 128),
        LayerSpec::Relu,
        linear(128, 64),
        LayerSpec::Relu,
        linear(64, 10),
    ];
    assert_eq!(spec.layers(), expected);
    assert_eq!(spec.name(), "Tiny");
    let plain = Normalisation {
        scale: 1.0,
        offset: 0.0,
    };
    assert_eq!(spec.normalisation(), plain);
    assert!(!has(&loaded.notes, "0.1307"));
    assert_reference(&loaded.model, "mlp");
}

#[test]
fn a_file_of_our_own_is_read_as_ever() {
    let model = Model::random(NetworkSpec::cnn(), 3);
    let file = model.to_bytes(false);
    let loaded = import::load(&file, "cnn", None).unwrap();
    assert_eq!(loaded.model, model);
    assert!(loaded.notes.is_empty());
    // Without its metadata the numbering alone gives the same layers, but for SiLU and the pixels.
    let description = r#"{"activation": "silu", "normalisation": {"mean": 0.5, "std": 0.5}}"#;
    let bare = import::load(&save(&model.tensors_as_f32()), "CNN.x", Some(description)).unwrap();
    assert_eq!(bare.model, model, "{:#?}", bare.notes);
}

/// A tensor for a file: name, type, shape, bytes.
type Saved = (String, Dtype, Vec<usize>, Vec<u8>);

trait Tensors {
    fn tensors_as_f32(&self) -> Vec<Saved>;
}

impl Tensors for Model {
    fn tensors_as_f32(&self) -> Vec<Saved> {
        let one = |(name, tensor): (&String, &mnistify_network::TensorF32)| {
            let bytes: Vec<u8> = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (name.clone(), Dtype::F32, tensor.shape.clone(), bytes)
        };
        self.tensors.iter().map(one).collect()
    }
}

/// A safetensors file with PyTorch's metadata and nothing of ours.
fn save(tensors: &[Saved]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view =
            TensorView::new(*dtype, shape.clone(), bytes).expect("as long as its shape says");
        (name.as_str(), view)
    });
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    safetensors::serialize(views, Some(metadata)).expect("views become a file")
}

fn zeros(list: &[(&str, &[usize])]) -> Vec<u8> {
    let tensors = list.iter().map(|(name, shape)| {
        let bytes = vec![0; shape.iter().product::<usize>() * 4];
        (name.to_string(), Dtype::F32, shape.to_vec(), bytes)
    });
    save(&tensors.collect::<Vec<Saved>>())
}

fn error_of(list: &[(&str, &[usize])], description: Option<&str>) -> String {
    import::load(&zeros(list), "broken.safetensors", description)
        .unwrap_err()
        .to_string()
}

#[test]
fn all_float_types_are_read_and_missing_biases_are_zeros() {
    let values: Vec<f32> = (0..7840).map(|i| (i % 251) as f32 / 64.0 - 2.0).collect();
    // Every type here holds whole 64ths below 2 exactly.
    let files: [(Dtype, Vec<u8>); 4] = [
        (
            Dtype::F32,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ),
        (
            Dtype::F64,
            values
                .iter()
                .flat_map(|v| f64::from(*v).to_le_bytes())
                .collect(),
        ),
        (
            Dtype::F16,
            values
                .iter()
                .flat_map(|v| half::f16::from_f32(*v).to_le_bytes())
                .collect(),
        ),
        (
            Dtype::BF16,
            values
                .iter()
                .flat_map(|v| half::bf16::from_f32(*v).to_le_bytes())
                .collect(),
        ),
    ];
    for (dtype, bytes) in files {
        let file = save(&[("fc.weight".to_string(), dtype, vec![10, 784], bytes)]);
        let loaded = import::load(&file, "x", None).unwrap();
        assert_eq!(loaded.model.tensors["1.weight"].values, values, "{dtype:?}");
        assert_eq!(loaded.model.tensors["1.bias"].values, [0.0; 10]);
        assert!(has(&loaded.notes, "fc.bias"), "{:#?}", loaded.notes);
    }
}

#[test]
fn what_cannot_be_run_is_said_with_what_was_understood() {
    let fc: (&str, &[usize]) = ("fc.weight", &[10, 40]);
    let text = error_of(&[("lstm.weight_ih_l0", &[160, 28]), fc], None);
    assert!(
        text.contains("LSTM") && text.contains("fc: linear, 40 → 10"),
        "{text}"
    );

    let text = error_of(
        &[("conv.weight", &[8, 1, 3, 3]), ("fc.weight", &[10, 8 * 37])],
        None,
    );
    for part in [
        "broken.safetensors",
        "1×28×28 → conv 8×26×26",
        "37 for each of 8",
        "\"padding\": [0]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    // One value a map: its mean.
    let file = zeros(&[("conv.weight", &[8, 1, 3, 3]), ("fc.weight", &[10, 8])]);
    let loaded = import::load(&file, "means", None).unwrap();
    let is_mean = |layer: &LayerSpec| matches!(layer, LayerSpec::AvgPool2d { .. });
    assert!(loaded.model.spec.layers().iter().any(is_mean));

    let text = error_of(
        &[("conv.weight", &[8, 3, 3, 3]), ("fc.weight", &[10, 8])],
        None,
    );
    assert!(
        text.contains("wants 3 channels") && text.contains("order"),
        "{text}"
    );

    // Each names the layer, and what it is.
    let first: (&str, &[usize]) = ("conv1.weight", &[8, 1, 3, 3]);
    let last: (&str, &[usize]) = ("fc.weight", &[10, 16]);
    let cases: [(&str, &[usize], &str); 4] = [
        (
            "conv2.weight",
            &[8, 1, 3, 3],
            "conv2: by its shape a depthwise convolution",
        ),
        (
            "conv2.weight",
            &[16, 2, 3, 3],
            "conv2: takes 2 channels where conv1 gives 8, so it is a grouped convolution",
        ),
        (
            "attention.query.weight",
            &[16, 8],
            "attention: by its name attention, which cannot be run",
        ),
        ("norm.weight", &[8], "norm: a weight [8] alone"),
    ];
    for (name, shape, said) in cases {
        let text = error_of(&[first, (name, shape), last], None);
        assert!(text.contains(said), "{said}: {text}");
    }

    let text = error_of(&[("fc.weight", &[10, 1024])], None);
    assert!(text.contains("784"), "{text}");

    let mlp: [(&str, &[usize]); 1] = [("fc.weight", &[10, 784])];
    let text = error_of(&mlp, Some(r#"{"activation": "maxout"}"#));
    assert!(text.contains("maxout") && text.contains("relu"), "{text}");
    let text = error_of(&mlp, Some(r#"{"shortcuts": "early"}"#));
    assert!(text.contains("no names tell"), "{text}");
    let text = error_of(&mlp, Some(r#"{"classes": ["a"]}"#));
    assert!(text.contains("`classes` lists 1"), "{text}");
    let text = error_of(&mlp, Some(r#"{"order": ["fc", "fc"]}"#));
    assert!(text.contains("`order`"), "{text}");
    assert!(error_of(&[], None).contains("Nothing to multiply with"));

    let pickle = import::load(b"PK\x03\x04 and so on", "model.pt", None).unwrap_err();
    assert!(
        matches!(pickle, ImportError::OtherFormat { .. }),
        "{pickle}"
    );
}

#[test]
fn a_weight_that_is_no_number_is_named_as_in_the_file() {
    let mut bytes = vec![0; 7840 * 4];
    bytes[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    let file = save(&[(
        "net.fc.weight".to_string(),
        Dtype::F32,
        vec![10, 784],
        bytes,
    )]);
    let text = import::load(&file, "x", None).unwrap_err().to_string();
    assert!(
        text.contains("net.fc.weight") && text.contains("index 2"),
        "{text}"
    );
}

/// A network as `nn.Sequential` would save it, and the description that leaves nothing open.
fn any_described() -> impl Strategy<Value = (NetworkSpec, String)> {
    let one = (1usize..7, 1usize..6, 1usize..3, 0usize..3, 0usize..3);
    (prop::collection::vec(one, 0..4), 2usize..20).prop_map(|(convs, hidden)| {
        let mut layers = Vec::new();
        let (mut channels, mut side) = (1usize, 28usize);
        let (mut paddings, mut strides, mut pools) = (Vec::new(), Vec::new(), Vec::new());
        for (out_channels, kernel, stride, padding, pooling) in convs {
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
            layers.push(LayerSpec::Relu);
            channels = out_channels;
            side = (side + 2 * padding - kernel) / stride + 1;
            let window = pooling + 1;
            if pooling > 0 && side >= window {
                layers.push(LayerSpec::MaxPool2d {
                    kernel_size: [window, window],
                    stride: [2, 2],
                    padding: [0, 0],
                });
                side = (side - window) / 2 + 1;
                pools.push(format!("{window}x{window}/2"));
            } else {
                pools.push("none".to_string());
            }
            paddings.push(padding);
            strides.push(stride);
        }
        layers.push(LayerSpec::Flatten);
        layers.push(linear(channels * side * side, hidden));
        layers.push(LayerSpec::Relu);
        layers.push(linear(hidden, 10));
        let description = format!(
            r#"{{"padding": {paddings:?}, "stride": {strides:?}, "pool": {pools:?},
                "normalisation": {{"mean": 0.5, "std": 0.5}}}}"#
        );
        let spec = NetworkSpec::new("any", layers).expect("built to fit");
        (spec, description)
    })
}

/// Tensors that look like parts of networks, in any combination.
fn any_tensors() -> impl Strategy<Value = Vec<Saved>> {
    let prefix = prop::sample::select(vec![
        "",
        "0.",
        "1.",
        "2.",
        "3.",
        "5.",
        "net.0.",
        "net.2.",
        "conv1.",
        "conv2.",
        "bn1.",
        "fc1.",
        "fc2.",
        "a..b.",
        "out.",
        ".",
        "99999999999999999999.",
        "ä1.",
    ]);
    let leaf = prop::sample::select(vec![
        "weight",
        "weight",
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
        "gamma",
        "",
    ]);
    let dtype = prop::sample::select(vec![
        Dtype::F32,
        Dtype::F16,
        Dtype::BF16,
        Dtype::F64,
        Dtype::I64,
    ]);
    let size = prop::sample::select(vec![0usize, 1, 2, 3, 4, 10]);
    let shape = prop_oneof![
        prop::collection::vec(size, 0..6),
        Just(vec![4usize, 1, 3, 3]),
        Just(vec![4usize, 4, 3, 3]),
        Just(vec![10usize, 784]),
        Just(vec![10usize, 4]),
        Just(vec![4usize]),
        Just(vec![10usize]),
    ];
    let tensor = (prefix, leaf, dtype, shape, any::<u8>());
    prop::collection::vec(tensor, 0..9).prop_map(|tensors| {
        let mut saved: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
        for (prefix, leaf, dtype, shape, byte) in tensors {
            let length = shape.iter().product::<usize>() * dtype.bitsize() / 8;
            saved.insert(
                format!("{prefix}{leaf}"),
                (dtype, shape, vec![byte; length]),
            );
        }
        let tensors = saved.into_iter();
        tensors
            .map(|(name, (dtype, shape, bytes))| (name, dtype, shape, bytes))
            .collect()
    })
}

/// Whatever was accepted has to be sound.
fn assert_sound(result: Result<import::Loaded, ImportError>) {
    match result {
        Ok(loaded) => {
            let network = CpuNetwork::new(&loaded.model);
            let logits = network.forward(&[0.5; 784]);
            assert_eq!(logits.len(), loaded.model.spec.classes().len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_described_network_is_read_as_it_was((spec, description) in any_described(), seed in 0u64..1000) {
        let model = Model::random(spec, seed);
        let file = save(&model.tensors_as_f32());
        let loaded = import::load(&file, "any.safetensors", Some(&description)).unwrap();
        prop_assert_eq!(loaded.model, model);
    }

    #[test]
    fn without_a_description_something_that_fits_is_found((spec, _) in any_described(), seed in 0u64..1000) {
        let model = Model::random(spec, seed);
        assert_sound(import::load(&save(&model.tensors_as_f32()), "any", None));
    }

    #[test]
    fn random_tensors_never_panic(tensors in any_tensors()) {
        assert_sound(import::load(&save(&tensors), "random", None));
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        header in "\\{[\"a-z:,0-9\\[\\]{} ]{0,80}\\}",
        description in "[\"{}:a-z0-9, ]{0,40}",
    ) {
        assert_sound(import::load(&bytes, "random", Some(&description)));
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.bytes());
        file.extend(bytes);
        assert_sound(import::load(&file, "random", None));
    }

    #[test]
    fn mutated_files_never_panic(
        changes in prop::collection::vec((0.0f64..1.0, any::<u8>(), any::<bool>()), 1..8),
    ) {
        let mut file = bytes("lenet.safetensors");
        let header = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        for (place, value, in_header) in changes {
            let length = if in_header { header } else { file.len() };
            file[(length as f64 * place) as usize] = value;
        }
        assert_sound(import::load(&file, "mutated", None));
    }
}

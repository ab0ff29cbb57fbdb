//! Networks as other programs save them, without a description, are tried out on known digits and read at their own
//! accuracy; what cannot be understood says so loudly.
//!
//! The files in `tests/imported` were trained in JAX and Keras and saved in the layouts of the programs that they are named
//! for, in half precision. Their accuracy on the 10,000 test images, by a reference in NumPy, is 96.8 to 99.0 %, that of
//! `torch_cnn_gap` 95.4 %.

use mnistify::{
    own_network::{known_digits, read_network},
    words::{Language, say_note},
};
use mnistify_network::{
    LayerSpec, Model, NetworkSpec,
    import::{self, Loaded, Opened, Trial},
};
use safetensors::SafeTensors;
use std::path::Path;

fn trial_of(opened: Opened) -> Box<Trial> {
    match opened {
        Opened::Trial(trial) => trial,
        Opened::Network(loaded) => panic!("not tried out: {:#?}", loaded.notes),
    }
}

/// What was found out, in English.
fn said(loaded: &Loaded) -> Vec<String> {
    let notes = loaded.notes.iter();
    notes
        .map(|note| say_note(Language::English, note))
        .collect()
}

fn tried(name: &str) -> Loaded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imported");
    let file = folder.join(name).with_extension("safetensors");
    let mut trial = trial_of(read_network(&file, None).unwrap());
    while trial.step() {}
    trial.finish().unwrap()
}

/// The file, the words of what has to be found, and what the first layer's input is multiplied with.
const NETWORKS: [(&str, &[&str], f32); 8] = [
    ("burn_lenet", &["GELU", "max pooling"], 1.0 / 0.3081),
    ("flax_cnn_bn", &["(h, w, c)", "max pooling"], 0.0),
    ("keras_cnn_bn", &["(h, w, c)", "max pooling"], 0.0),
    ("torch_cnn_gap", &["mean of each map at the end"], 1.0),
    ("torch_cnn_gelu_bn", &["GELU", "max pooling"], 2.0),
    ("torch_cnn_strided", &["stride 2"], 1.0 / 0.3081),
    ("torch_mlp_classes_1_to_0", &["Classes: 1, 2, 3"], 1.0),
    ("torch_mlp_emnist_transposed", &["on their side"], 1.0),
];

#[test]
fn imported_networks_read_at_their_own_accuracy() {
    let read = |(name, words, scale): (&str, &[&str], f32)| {
        let loaded = tried(name);
        let known = loaded.known.unwrap();
        assert_eq!(known.of, 100);
        assert!(known.right >= 93, "{name}: {:#?}", loaded.notes);
        let notes = said(&loaded).join("\n");
        for word in words {
            assert!(notes.contains(word), "{name}: {word}: {notes}");
        }
        assert!(!notes.contains("Warning"), "{name}: {notes}");
        // 0: normalisation layers make others nearly as good.
        let found = loaded.model.spec.normalisation().scale;
        assert!(
            scale == 0.0 || (found - scale).abs() < 1e-3,
            "{name}: {notes}"
        );
    };
    std::thread::scope(|scope| {
        let (some, others) = NETWORKS.split_at(NETWORKS.len() / 2);
        scope.spawn(move || others.iter().copied().for_each(read));
        some.iter().copied().for_each(read);
    });
}

#[test]
fn a_normalisation_may_close_two_convolutions() {
    // The shipped CNN, as programs save it that number normalisations apart from convolutions.
    let names = [
        ("0", "conv1"),
        ("2", "conv2"),
        ("4", "bn1"),
        ("6", "conv3"),
        ("8", "conv4"),
        ("10", "bn2"),
        ("13", "fc"),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = std::fs::read(root.join("models/cnn.safetensors")).unwrap();
    let shipped = SafeTensors::deserialize(&shipped).unwrap();
    let named = shipped.iter().map(|(name, view)| {
        let (module, what) = name.split_once('.').unwrap();
        let (_, module) = names.iter().find(|(number, _)| *number == module).unwrap();
        (format!("{module}.{what}"), view)
    });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("closing.safetensors");
    std::fs::write(&file, safetensors::serialize(named, None).unwrap()).unwrap();
    let mut trial = trial_of(read_network(&file, None).unwrap());
    while trial.step() {}
    let loaded = trial.finish().unwrap();
    let notes = said(&loaded).join("\n");
    assert!(loaded.known.unwrap().right >= 93, "{notes}");
    assert!(notes.contains("conv1, conv2, bn1, conv3"), "{notes}");
}

#[test]
fn a_network_that_cannot_read_is_warned_of() {
    let model = Model::random(NetworkSpec::mlp(), 5);
    let tensors: Vec<_> = model
        .tensors
        .iter()
        .map(|(name, tensor)| {
            let bytes: Vec<u8> = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (name, tensor.shape.clone(), bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view =
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        (name.as_str(), view.expect("as long as its shape says"))
    });
    let file = safetensors::serialize(views, None).unwrap();
    let open = || import::open(&file, "noise.safetensors", None, known_digits()).unwrap();
    let mut trial = trial_of(open());
    while trial.step() {}
    assert_eq!(trial.progress(), 1.0);
    let loaded = trial.finish().unwrap();
    assert!(loaded.known.unwrap().is_poor());
    let notes = said(&loaded);
    assert!(notes.iter().any(|note| note.starts_with("Warning")));
    // Stopped early, it reads as what is most plausible, and says nothing of an accuracy.
    let mut trial = trial_of(open());
    for _ in 0..20 {
        trial.step();
    }
    let loaded = trial.finish().unwrap();
    assert_eq!(loaded.known, None);
    assert!(loaded.model.spec.layers().contains(&LayerSpec::Relu));
}

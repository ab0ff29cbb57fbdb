//! ResNet-D (He et al. 2018, arXiv:1812.01187): three small convolutions for a wide one, and means of 2×2 places before the
//! convolution of a shortcut, by the names of timm and fastai.

use crate::reference::*;
use mnistify_network::{LayerSpec, import};

/// Such a network with a stage for each of these numbers of maps.
fn state(stages: &[usize], seed: u64) -> State {
    let (mut state, mut random) = (State::default(), random(seed));
    let next = &mut random;
    for (conv, norm, inputs) in STEM {
        state.weight(conv, &[4, inputs, 3, 3], next);
        state.norm(norm, 4, next);
    }
    let mut inputs = 4;
    for (stage, &outputs) in (1..).zip(stages) {
        let block = format!("layer{stage}.0");
        state.weight(&format!("{block}.conv1"), &[outputs, inputs, 3, 3], next);
        state.norm(&format!("{block}.bn1"), outputs, next);
        state.weight(&format!("{block}.conv2"), &[outputs, outputs, 3, 3], next);
        state.norm(&format!("{block}.bn2"), outputs, next);
        if inputs != outputs {
            let way = format!("{block}.downsample");
            state.weight(&format!("{way}.1"), &[outputs, inputs, 1, 1], next);
            state.norm(&format!("{way}.2"), outputs, next);
        }
        inputs = outputs;
    }
    state.biased("fc", &[10, inputs], next);
    state
}

const STEM: [(&str, &str, usize); 3] = [
    ("conv1.0", "conv1.1", 1),
    ("conv1.3", "conv1.4", 4),
    ("conv1.6", "bn1", 4),
];

/// Of two stages; the first convolution has this stride.
fn forward(state: &State, image: &[f32], stride: usize) -> Vec<f64> {
    let conv_norm = |x: &Maps, conv: &str, norm: &str, stride: usize| {
        state.normed(&state.conv(x, conv, stride), norm)
    };
    let mut x = half(image);
    for (conv, norm, inputs) in STEM {
        let stride = if inputs == 1 { stride } else { 1 };
        x = bent(conv_norm(&x, conv, norm, stride));
    }
    for (block, stride) in [("layer1.0", 1), ("layer2.0", 2)] {
        let [first, second] =
            [1, 2].map(|i| [format!("{block}.conv{i}"), format!("{block}.bn{i}")]);
        let y = bent(conv_norm(&x, &first[0], &first[1], stride));
        let y = conv_norm(&y, &second[0], &second[1], 1);
        let way = match stride {
            1 => x,
            _ => conv_norm(
                &means(&x),
                "layer2.0.downsample.1",
                "layer2.0.downsample.2",
                1,
            ),
        };
        x = bent(sum(y, &way));
    }
    state.answer(&x)
}

/// With fastai's names for the same.
fn as_fastai(state: &State) -> State {
    let names = [
        ("conv1.0.", "0.0."),
        ("conv1.1.", "0.1."),
        ("conv1.3.", "1.0."),
        ("conv1.4.", "1.1."),
        ("conv1.6.", "2.0."),
        ("bn1.", "2.1."),
        ("layer1.0.conv1.", "4.0.convpath.0.0."),
        ("layer1.0.bn1.", "4.0.convpath.0.1."),
        ("layer1.0.conv2.", "4.0.convpath.1.0."),
        ("layer1.0.bn2.", "4.0.convpath.1.1."),
        ("layer2.0.conv1.", "5.0.convpath.0.0."),
        ("layer2.0.bn1.", "5.0.convpath.0.1."),
        ("layer2.0.conv2.", "5.0.convpath.1.0."),
        ("layer2.0.bn2.", "5.0.convpath.1.1."),
        ("layer2.0.downsample.1.", "5.0.idpath.1.0."),
        ("layer2.0.downsample.2.", "5.0.idpath.1.1."),
        ("fc.", "10."),
    ];
    let tensors = state.0.iter().map(|(name, tensor)| {
        let own = names.iter().find(|(old, _)| name.starts_with(old));
        let (old, new) = own.expect("all are there");
        (name.replacen(old, new, 1), tensor.clone())
    });
    State(tensors.collect())
}

#[test]
fn means_stand_before_the_convolution_of_a_shortcut() {
    let state = state(&[4, 8], 61);
    let said = r#"{"stride": [2, 1, 1, 1, 1, 2, 1], "padding": "same", "pool": "none", "#;
    let description = HALF.replacen('{', said, 1);
    for file in [state.file(), as_fastai(&state).file()] {
        let loaded = import::load(&file, "resnet_d.safetensors", Some(&description)).unwrap();
        let is_mean = |layer: &LayerSpec| {
            matches!(
                layer,
                LayerSpec::AvgPool2d {
                    kernel_size: [2, 2],
                    ..
                }
            )
        };
        let layers = loaded.model.spec.layers();
        assert!(layers.iter().any(is_mean), "{:#?}", loaded.notes);
        assert_reads(&loaded.model, &images(62, 2), |image| {
            forward(&state, image, 2)
        });
    }
}

#[test]
fn strides_and_means_are_found_by_trying() {
    let mut state = state(&[4, 8], 63);
    let loaded = tried(&mut state, 64, |state, image| forward(state, image, 2));
    let notes = format!("{:?}", loaded.notes);
    assert!(notes.contains("note-shortcut-mean"), "{notes}");
}

#[test]
fn means_of_windows_that_are_not_whole_are_refused() {
    // 28, 14, 7, and then?
    let file = state(&[4, 8, 12, 16], 65).file();
    let error = import::load(&file, "resnet18d.safetensors", None).unwrap_err();
    let text = error.to_string();
    for part in ["downsample.1", "ResNet-D", "7×7", "odd"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

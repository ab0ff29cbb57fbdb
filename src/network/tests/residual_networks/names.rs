//! Residual networks by the names, and with the habits, of several programs.

use crate::reference::*;
use mnistify_network::{LayerSpec, import};

/// A convolution and its normalisation.
#[derive(Clone)]
struct Part {
    conv: String,
    norm: String,
    /// Outputs, inputs, size.
    shape: [usize; 3],
    stride: usize,
}

fn part(
    conv: impl Into<String>,
    norm: impl Into<String>,
    shape: [usize; 3],
    stride: usize,
) -> Part {
    Part {
        conv: conv.into(),
        norm: norm.into(),
        shape,
        stride,
    }
}

/// A network of residual blocks, each with what goes around it.
struct Net {
    stem: Part,
    blocks: Vec<(Vec<Part>, Option<Part>)>,
    dense: &'static str,
    /// Convolutions have biases.
    is_biased: bool,
    /// They are padded as in TensorFlow.
    is_same: bool,
    /// What normalisations add to the variance.
    epsilon: f64,
}

impl Net {
    fn state(&self, seed: u64) -> State {
        let (mut state, mut random) = (State::default(), random(seed));
        let next = &mut random;
        let blocks = self.blocks.iter();
        let inside = blocks.flat_map(|(parts, way)| parts.iter().chain(way));
        let mut last = 0;
        for part in [&self.stem].into_iter().chain(inside) {
            let [outputs, inputs, size] = part.shape;
            let shape = [outputs, inputs, size, size];
            if self.is_biased {
                state.biased(&part.conv, &shape, next);
            } else {
                state.weight(&part.conv, &shape, next);
            }
            state.norm(&part.norm, outputs, next);
            last = outputs;
        }
        state.biased(self.dense, &[10, last], next);
        state
    }

    fn forward(&self, state: &State, image: &[f32]) -> Vec<f64> {
        let run = |x: &Maps, part: &Part| {
            let conv = if self.is_same {
                State::conv_same
            } else {
                State::conv
            };
            let y = conv(state, x, &part.conv, part.stride);
            state.normed_by(&y, &part.norm, self.epsilon)
        };
        let mut x = bent(run(&half(image), &self.stem));
        for (parts, way) in &self.blocks {
            let mut y = run(&x, &parts[0]);
            for part in &parts[1..] {
                y = run(&bent(y), part);
            }
            let way = way.as_ref().map_or(x.clone(), |part| run(&x, part));
            x = bent(sum(y, &way));
        }
        state.answer_by(&x, self.dense)
    }

    fn assert_is_read(&self, program: Option<Program>) {
        let state = self.state(41);
        let file = program
            .map_or(state.clone(), |program| state.as_in(program))
            .file();
        let loaded = import::load(&file, "resnet.safetensors", Some(HALF)).unwrap();
        let adds = loaded.model.spec.layers().iter();
        let adds = adds.filter(|layer| matches!(layer, LayerSpec::Add { .. }));
        assert_eq!(adds.count(), self.blocks.len(), "{:#?}", loaded.notes);
        let reference = |image: &[f32]| self.forward(&state, image);
        assert_reads(&loaded.model, &images(42, 2), reference);
    }
}

/// Three convolutions, the first and the last of single places; `names` are those of a convolution and a normalisation, and the
/// ones around them.
fn bottleneck(
    names: impl Fn(Option<usize>) -> [String; 2],
    [inputs, inner, outputs]: [usize; 3],
    strides: [usize; 3],
) -> (Vec<Part>, Option<Part>) {
    let shapes = [[inner, inputs, 1], [inner, inner, 3], [outputs, inner, 1]];
    let part = |place, shape, stride| {
        let [conv, norm] = names(place);
        part(conv, norm, shape, stride)
    };
    let inside = (0..3).map(|i| part(Some(i), shapes[i], strides[i]));
    let stride = strides.iter().product();
    let way = (inputs != outputs).then(|| part(None, [outputs, inputs, 1], stride));
    (inside.collect(), way)
}

#[test]
fn hugging_faces_names() {
    let block = |stage: usize, layer: usize, [inputs, outputs]: [usize; 2], stride: usize| {
        let path = format!("resnet.encoder.stages.{stage}.layers.{layer}");
        let own = |path: String, shape, stride| {
            part(
                format!("{path}.convolution"),
                format!("{path}.normalization"),
                shape,
                stride,
            )
        };
        let parts = vec![
            own(format!("{path}.layer.0"), [outputs, inputs, 3], stride),
            own(format!("{path}.layer.1"), [outputs, outputs, 3], 1),
        ];
        let way = || own(format!("{path}.shortcut"), [outputs, inputs, 1], stride);
        (parts, (inputs != outputs).then(way))
    };
    let stem = "resnet.embedder.embedder";
    let net = Net {
        stem: part(
            format!("{stem}.convolution"),
            format!("{stem}.normalization"),
            [4, 1, 3],
            1,
        ),
        blocks: vec![
            block(0, 0, [4, 4], 1),
            block(0, 1, [4, 4], 1),
            block(1, 0, [4, 8], 2),
            block(1, 1, [8, 8], 1),
        ],
        dense: "classifier.1",
        is_biased: false,
        is_same: false,
        epsilon: 1e-5,
    };
    net.assert_is_read(None);
}

/// JAX pads maps of even size behind alone; the last block's are of odd size.
#[test]
fn flaxs_names_and_paddings() {
    let block = |number: usize, [inputs, outputs]: [usize; 2], stride: usize| {
        let path = format!("ResNetBlock_{number}");
        let own = |number: usize, shape, stride| {
            part(
                format!("{path}.Conv_{number}"),
                format!("{path}.BatchNorm_{number}"),
                shape,
                stride,
            )
        };
        let parts = vec![
            own(0, [outputs, inputs, 3], stride),
            own(1, [outputs, outputs, 3], 1),
        ];
        let way = || {
            part(
                format!("{path}.conv_proj"),
                format!("{path}.norm_proj"),
                [outputs, inputs, 1],
                stride,
            )
        };
        (parts, (stride != 1).then(way))
    };
    let net = Net {
        stem: part("conv_init", "bn_init", [4, 1, 3], 1),
        blocks: vec![
            block(0, [4, 4], 1),
            block(1, [4, 6], 2),
            block(2, [6, 8], 2),
            block(3, [8, 12], 2),
        ],
        dense: "Dense_0",
        is_biased: false,
        is_same: true,
        epsilon: 1e-5,
    };
    net.assert_is_read(Some(Program::Flax));
}

#[test]
fn blocks_of_three_in_flax() {
    let block = |number: usize, channels, stride| {
        let names = move |place: Option<usize>| {
            let path = format!("BottleneckResNetBlock_{number}");
            match place {
                Some(i) => [format!("{path}.Conv_{i}"), format!("{path}.BatchNorm_{i}")],
                None => [format!("{path}.conv_proj"), format!("{path}.norm_proj")],
            }
        };
        bottleneck(names, channels, [1, stride, 1])
    };
    let net = Net {
        stem: part("conv_init", "bn_init", [4, 1, 3], 1),
        blocks: vec![
            block(0, [4, 2, 8], 1),
            block(1, [8, 2, 8], 1),
            block(2, [8, 4, 16], 2),
        ],
        dense: "Dense_0",
        is_biased: false,
        is_same: true,
        epsilon: 1e-5,
    };
    net.assert_is_read(Some(Program::Flax));
}

/// The first kind of `keras.applications`: a stride in the first of three convolutions.
#[test]
fn kerass_names_and_strides() {
    let block = |path: &'static str, channels, stride| {
        let names = move |place: Option<usize>| {
            let number = place.map_or(0, |place| place + 1);
            ["conv", "bn"].map(|kind| format!("{path}_{number}_{kind}"))
        };
        bottleneck(names, channels, [stride, 1, 1])
    };
    let net = Net {
        stem: part("conv1_conv", "conv1_bn", [4, 1, 3], 1),
        blocks: vec![
            block("conv2_block1", [4, 2, 8], 1),
            block("conv2_block2", [8, 2, 8], 1),
            block("conv3_block1", [8, 4, 16], 2),
            block("conv3_block2", [16, 4, 16], 1),
        ],
        dense: "predictions",
        is_biased: true,
        is_same: true,
        epsilon: 1e-5,
    };
    net.assert_is_read(Some(Program::Keras));
}

/// torchvision's and timm's; `stride` is that of the first or of the second convolution in the last block.
fn torchvision(strides: [usize; 3]) -> Net {
    let block = |path: &'static str, channels, strides| {
        let names = move |place: Option<usize>| match place {
            Some(place) => ["conv", "bn"].map(|kind| format!("{path}.{kind}{}", place + 1)),
            None => ["0", "1"].map(|kind| format!("{path}.downsample.{kind}")),
        };
        bottleneck(names, channels, strides)
    };
    Net {
        stem: part("conv1", "bn1", [4, 1, 3], 1),
        blocks: vec![
            block("layer1.0", [4, 2, 8], [1; 3]),
            block("layer1.1", [8, 2, 8], [1; 3]),
            block("layer2.0", [8, 4, 16], strides),
        ],
        dense: "fc",
        is_biased: false,
        is_same: false,
        epsilon: 1e-5,
    }
}

#[test]
fn blocks_of_three_in_torchvision() {
    torchvision([1, 2, 1]).assert_is_read(None);
}

#[test]
fn which_of_three_halves_the_maps_is_found_by_trying() {
    let net = torchvision([2, 1, 1]);
    tried(&mut net.state(43), 44, |state, image| {
        net.forward(state, image)
    });
}

/// A network whose layers are only numbered; what goes around two others may come before or after them.
fn numbered(program: Program, is_first: bool) -> Net {
    let (kinds, dense, epsilon) = match program {
        Program::Flax => (["Conv", "BatchNorm"], "Dense_0", 1e-5),
        _ => (["conv2d", "batch_normalization"], "dense", 1e-3),
    };
    let mut number = 0;
    let mut own = |shape, stride| {
        let [conv, norm] = kinds.map(|kind| match program {
            Program::Flax => format!("{kind}_{number}"),
            _ if number == 0 => kind.to_string(),
            _ => format!("{kind}_{number}"),
        });
        number += 1;
        part(conv, norm, shape, stride)
    };
    let stem = own([4, 1, 3], 1);
    let keeps = vec![own([4, 4, 3], 1), own([4, 4, 3], 1)];
    let before = is_first.then(|| own([8, 4, 1], 2));
    let widens = vec![own([8, 4, 3], 2), own([8, 8, 3], 1)];
    let way = before.unwrap_or_else(|| own([8, 4, 1], 2));
    let last = vec![own([8, 8, 3], 1), own([8, 8, 3], 1)];
    Net {
        stem,
        blocks: vec![(keeps, None), (widens, Some(way)), (last, None)],
        dense,
        is_biased: false,
        is_same: true,
        epsilon,
    }
}

#[test]
fn blocks_of_layers_that_are_only_numbered() {
    for program in [Program::Flax, Program::Keras, Program::KerasWeights] {
        for is_first in [false, true] {
            numbered(program, is_first).assert_is_read(Some(program));
        }
    }
}

/// "same" is padding as the file's program has it; a number is on both sides.
#[test]
fn a_description_says_how_maps_are_padded() {
    let (mut state, mut random) = (State::default(), random(45));
    let next = &mut random;
    state.weight("Conv_0", &[4, 1, 3, 3], next);
    state.weight("Conv_1", &[8, 4, 3, 3], next);
    state.biased("Dense_0", &[10, 8], next);
    let file = state.as_in(Program::Flax).file();
    for (padding, is_same) in [("\"same\"", true), ("1", false)] {
        let said = format!(r#"{{"stride": [1, 2], "padding": {padding}, "pool": "none", "#);
        let description = HALF.replacen('{', &said, 1);
        let loaded = import::load(&file, "strided", Some(&description)).unwrap();
        assert_reads(&loaded.model, &images(46, 2), |image| {
            let x = bent(state.conv(&half(image), "Conv_0", 1));
            let y = if is_same {
                state.conv_same(&x, "Conv_1", 2)
            } else {
                state.conv(&x, "Conv_1", 2)
            };
            state.answer_by(&bent(y), "Dense_0")
        });
    }
}

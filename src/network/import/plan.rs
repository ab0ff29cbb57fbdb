//! Where activations, pooling and flattening may stand between an imported file's modules.
//!
//! Layers without weights leave no tensor, but in a numbered list they leave a gap: `0` and `3` have room for two between
//! them. A plan says what stands where; which pooling is real, and every stride and padding, is for `search.rs`.

use super::{
    blocks::{Addition, Block},
    modules::{Kind, Module},
    search::{Choice, Conv, End, Found},
    sidecar::Pool,
};
use crate::spec::{Activation, LayerSpec, Shape};

/// PyTorch's, tinygrad's, burn's and Flax's default; files do not hold it.
const EPSILON: f32 = 1e-5;
/// Keras's default.
const KERAS_EPSILON: f32 = 1e-3;

/// Where a normalisation stands whose place no numbering tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NormPlace {
    BeforeActivation,
    AfterActivation,
    AfterPool,
}

/// The order of everything that may become a layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    items: Vec<Item>,
    /// What the search decides about, in order.
    pub convs: Vec<Conv>,
    pub end: End,
    /// Modules after which the numbering leaves no room for an activation.
    pub without_activation: Vec<usize>,
    /// Whether a normalisation's place follows from nothing but habit.
    pub open_norms: bool,
    /// What shortcuts go around, in order, and where they are added; none where there are none.
    blocks: Vec<Block>,
    addition: Addition,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    /// By its place among the modules.
    Module(usize),
    Activation,
    /// The pooling after this convolution, should it have one.
    Pool(usize),
    Flatten,
    /// A residual block begins, and its shortcut.
    Begin(usize),
    /// What its shortcut brings is added.
    Add(usize),
}

impl Plan {
    /// The plan of ordered modules that fit by channels, with shortcuts around some; none where no module has weights to
    /// multiply with.
    pub fn new(
        modules: &[Module],
        norms: NormPlace,
        blocks: &[Block],
        addition: Addition,
    ) -> Option<Self> {
        let last = modules.iter().rposition(|module| !module.is_norm())?;
        let gaps = gaps(modules);
        let flat = first_flat(modules);
        let mut plan = Self {
            items: Vec::new(),
            convs: Vec::new(),
            end: match flat {
                Some(index) => End::Values(modules[index].inputs()),
                None => End::OnePlace,
            },
            without_activation: Vec::new(),
            open_norms: false,
            blocks: blocks.to_vec(),
            addition,
        };
        let mut index = 0;
        while index < modules.len() {
            if flat == Some(index) {
                plan.items.push(Item::Flatten);
            }
            if let Some(block) = plan.block(|block| block.main.start == index) {
                plan.items.push(Item::Begin(block));
            }
            plan.items.push(Item::Module(index));
            let module = &modules[index];
            index += 1;
            if module.is_norm() {
                continue;
            }
            let conv = conv(module).map(|conv| plan.in_block(conv, modules, index - 1));
            if index > last {
                // The output: normalisations may follow, an activation or pooling may not.
                plan.convs.extend(conv);
                continue;
            }
            // Another operator follows, so the run of normalisations ends before the modules do.
            let ends = |i: &usize| !modules[*i].is_norm() || flat == Some(*i);
            let next = (index..modules.len()).find(ends).unwrap_or(last);
            let habit = (&gaps[..], norms);
            index = plan.between(index - 1, next, habit, flat == Some(next), conv);
        }
        let outputs: Vec<usize> = plan.convs.iter().map(|conv| conv.out_channels).collect();
        for (place, conv) in plan.convs.iter_mut().enumerate() {
            conv.pool_expected = outputs.get(place + 1) != Some(&conv.out_channels);
        }
        // Residual blocks halve the maps themselves.
        let blocks: Vec<bool> = plan
            .convs
            .iter()
            .map(|conv| conv.strides_in_block.is_some())
            .collect();
        for (place, conv) in plan.convs.iter_mut().enumerate() {
            let before_block = blocks.get(place + 1) == Some(&true);
            conv.pool_expected &= !blocks[place] && !before_block;
            conv.is_stem = place == 0 && before_block && !blocks[0];
        }
        Some(plan)
    }

    fn block(&self, is_it: impl Fn(&Block) -> bool) -> Option<usize> {
        self.blocks.iter().position(is_it)
    }

    /// The convolution at `place`, with what its block asks of it.
    fn in_block(&self, conv: Conv, modules: &[Module], place: usize) -> Conv {
        let Some(block) = self.block(|block| block.main.contains(&place)) else {
            return conv;
        };
        let block = &self.blocks[block];
        // The first that sees more than one place: not a bottleneck's first.
        let is_wide = |module: &Module| match module.kind {
            Kind::Conv2d { kernel_size, .. } => kernel_size != [1, 1],
            _ => false,
        };
        let wide = modules[block.main.clone()].iter().position(is_wide);
        let may_stride = place == block.main.start + wide.unwrap_or(0);
        Conv {
            strides_in_block: Some(may_stride && !block.shortcut.is_empty()),
            ..conv
        }
    }

    /// The strides of a block's convolutions together.
    fn strides(&self, block: &Block, modules: &[Module], found: &Found) -> [usize; 2] {
        let convs = |end: usize| modules[..end].iter().filter(|m| m.is_conv()).count();
        let places = convs(block.main.start)..convs(block.main.end);
        let choices = found.choices.get(places).unwrap_or_default();
        choices.iter().fold([1, 1], |[y, x], choice| {
            [y * choice.stride[0], x * choice.stride[1]]
        })
    }

    /// What stands between the operator at `operator` and the module at `next`, with the normalisations between.
    fn between(
        &mut self,
        operator: usize,
        next: usize,
        (gaps, habit): (&[Option<u64>], NormPlace),
        flatten: bool,
        conv: Option<Conv>,
    ) -> usize {
        let norms = operator + 1..next;
        let inner = if norms.is_empty() {
            None
        } else {
            gaps[operator]
        };
        let outer = gaps[next - 1];
        let place = self.convs.len();
        let pool = conv.is_some().then_some(Item::Pool(place));
        // Convolution, activation, normalisation where there is room for that; else normalisation before activation.
        let open = !norms.is_empty() && inner.is_none();
        self.open_norms |= open;
        let early = inner.map_or(open && habit != NormPlace::BeforeActivation, |gap| gap >= 1);
        let early_pool = inner.map_or(open && habit == NormPlace::AfterPool, |gap| gap >= 2);
        if early {
            self.items.push(Item::Activation);
        }
        if early_pool {
            self.items.extend(pool);
        }
        self.items.extend(norms.map(Item::Module));
        let add = self.block(|block| block.main.end == next);
        let (add, bent) = (add.map(Item::Add), self.addition);
        if bent != Addition::After {
            self.items.extend(add);
        }
        let ends_bare = add.is_some() && bent == Addition::Bare;
        let ends_bent = add.is_some() && bent == Addition::Before;
        let late = ends_bent || !early && outer != Some(0) && !ends_bare;
        if late {
            self.items.push(Item::Activation);
        }
        if bent == Addition::After {
            self.items.extend(add);
        }
        if !early_pool {
            self.items.extend(pool);
        }
        if !early && !late && !ends_bare {
            self.without_activation.push(operator);
        }
        if let Some(conv) = conv {
            let (gap, taken) = if early_pool {
                (inner, 1)
            } else {
                (outer, u64::from(late) + u64::from(flatten))
            };
            let inside = |block: &Block| block.main.contains(&operator) && block.main.end > next;
            let may_pool = self.block(inside).is_none();
            self.convs.push(Conv {
                may_pool,
                pool_fits_gap: gap.map(|gap| gap > taken),
                ..conv
            });
        }
        next
    }

    /// The layers, each with the module that it came from.
    pub fn layers(
        &self,
        modules: &[Module],
        found: &Found,
        Between {
            activation,
            mean_pool,
        }: Between,
    ) -> Vec<(LayerSpec, Option<usize>)> {
        let mut layers: Vec<(LayerSpec, Option<usize>)> = Vec::new();
        let choices = &found.choices;
        let mut convs = choices.iter();
        // For each block after how many layers there is what is added at its end.
        let mut brought = vec![0; self.blocks.len()];
        let whole_mean = |layers: &mut Vec<(LayerSpec, Option<usize>)>| {
            let mut points: Vec<Shape> = vec![[1, 28, 28]];
            for (layer, _) in layers.iter() {
                points.push(layer.output_shape(&points).unwrap_or([1; 3]));
            }
            let [_, height, width] = points[layers.len()];
            let mean = LayerSpec::AvgPool2d {
                kernel_size: [height, width],
                stride: [height, width],
            };
            layers.push((mean, None));
        };
        for item in &self.items {
            if found.global_mean && *item == Item::Flatten {
                whole_mean(&mut layers);
            }
            let layer = match *item {
                Item::Flatten => LayerSpec::Flatten,
                Item::Begin(index) => {
                    let block = &self.blocks[index];
                    let after = layers.len();
                    let strides = self.strides(block, modules, found);
                    for place in block.shortcut.clone() {
                        // The first takes the strides of all that it goes around.
                        let stride = if layers.len() == after {
                            strides
                        } else {
                            [1, 1]
                        };
                        let layer = layer_of(&modules[place], |kernel| Choice {
                            padding: kernel.map(|size| (size - 1) / 2),
                            stride,
                            ..Choice::default()
                        });
                        layers.push((layer, Some(place)));
                    }
                    brought[index] = layers.len();
                    if block.shortcut.is_empty() {
                        continue;
                    }
                    LayerSpec::Branch { after }
                }
                Item::Add(index) => LayerSpec::Add {
                    after: brought[index],
                },
                Item::Activation => match activation.layer() {
                    Some(layer) => layer,
                    None => continue,
                },
                Item::Pool(place) => match choices.get(place).and_then(|choice| choice.pool) {
                    Some(Pool {
                        kernel_size,
                        stride,
                        mean,
                        ..
                    }) if mean.unwrap_or(mean_pool) => LayerSpec::AvgPool2d {
                        kernel_size,
                        stride,
                    },
                    Some(Pool {
                        kernel_size,
                        stride,
                        padding,
                        ..
                    }) => LayerSpec::MaxPool2d {
                        kernel_size,
                        stride,
                        padding,
                    },
                    None => continue,
                },
                Item::Module(index) => {
                    let choice = |_| convs.next().copied().unwrap_or_default();
                    let layer = layer_of(&modules[index], choice);
                    layers.push((layer, Some(index)));
                    continue;
                }
            };
            layers.push((layer, None));
        }
        if found.global_mean && !self.items.contains(&Item::Flatten) {
            whole_mean(&mut layers);
        }
        layers
    }
}

/// A module's layer; `choice` is asked for what surrounds a convolution with a kernel of this size.
fn layer_of(module: &Module, choice: impl FnOnce([usize; 2]) -> Choice) -> LayerSpec {
    match module.kind {
        Kind::Conv2d {
            out_channels,
            in_channels,
            kernel_size,
        } => {
            let choice = choice(kernel_size);
            LayerSpec::Conv2d {
                in_channels,
                out_channels,
                kernel_size,
                stride: choice.stride,
                padding: choice.padding,
            }
        }
        Kind::Linear {
            out_features,
            in_features,
        } => LayerSpec::Linear {
            in_features,
            out_features,
        },
        Kind::BatchNorm { channels } => LayerSpec::BatchNorm {
            channels,
            epsilon: if module.is_keras {
                KERAS_EPSILON
            } else {
                EPSILON
            },
        },
    }
}

/// What stands between modules all over a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub activation: Activation,
    /// Where the description does not say.
    pub mean_pool: bool,
}

fn conv(module: &Module) -> Option<Conv> {
    match module.kind {
        Kind::Conv2d {
            out_channels,
            kernel_size,
            ..
        } => Some(Conv {
            kernel_size,
            out_channels,
            may_pool: false,
            pool_fits_gap: None,
            pool_expected: false,
            strides_in_block: None,
            is_stem: false,
        }),
        _ => None,
    }
}

/// The first module that wants its values in one row.
fn first_flat(modules: &[Module]) -> Option<usize> {
    let mut channels = 1usize;
    for (index, module) in modules.iter().enumerate() {
        match module.kind {
            Kind::Linear { .. } => return Some(index),
            Kind::BatchNorm { channels: wanted } if wanted != channels => return Some(index),
            _ => channels = module.outputs(),
        }
    }
    None
}

/// How many numbers each module leaves out before the next; none where they are not of one list. A file in which no list
/// leaves any out says nothing: its activations are not part of the lists.
fn gaps(modules: &[Module]) -> Vec<Option<u64>> {
    let gap = |pair: &[Module]| {
        let [a, b] = pair else { return None };
        if a.parent() != b.parent() {
            return None;
        }
        b.index()?.checked_sub(a.index()?)?.checked_sub(1)
    };
    let gaps: Vec<Option<u64>> = modules.windows(2).map(gap).collect();
    if gaps.iter().any(|gap| gap.is_some_and(|gap| gap > 0)) {
        gaps
    } else {
        vec![None; gaps.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::modules::{modules, tests::entries};

    fn kinds(list: &[(&str, &[usize])]) -> Vec<&'static str> {
        let modules = modules(&entries(list), false).list;
        let plan = Plan::new(&modules, NormPlace::BeforeActivation, &[], Addition::Before).unwrap();
        let pooled = Choice {
            pool: Some(Pool::max([2, 2], [2, 2])),
            ..Choice::default()
        };
        let found = Found {
            choices: vec![pooled; plan.convs.len()],
            ..Found::default()
        };
        let between = Between {
            activation: Activation::Relu,
            mean_pool: false,
        };
        let layers = plan.layers(&modules, &found, between);
        layers.iter().map(|(layer, _)| layer.kind()).collect()
    }

    #[test]
    fn gaps_place_activations() {
        let norm: &[usize] = &[4];
        let conv_then_norm = kinds(&[
            ("0.weight", &[4, 1, 3, 3]),
            ("1.running_mean", norm),
            ("1.running_var", norm),
            ("5.weight", &[10, 4]),
        ]);
        let expected = [
            "Conv2d",
            "BatchNorm",
            "ReLU",
            "MaxPool2d",
            "Flatten",
            "Linear",
        ];
        assert_eq!(conv_then_norm, expected);
        let conv_relu_norm = kinds(&[
            ("0.weight", &[4, 1, 3, 3]),
            ("2.running_mean", norm),
            ("2.running_var", norm),
            ("5.weight", &[10, 4]),
        ]);
        let expected = [
            "Conv2d",
            "ReLU",
            "BatchNorm",
            "MaxPool2d",
            "Flatten",
            "Linear",
        ];
        assert_eq!(conv_relu_norm, expected);
        let no_room = kinds(&[
            ("1.weight", &[20, 784]),
            ("2.weight", &[15, 20]),
            ("4.weight", &[10, 15]),
        ]);
        assert_eq!(no_room, ["Flatten", "Linear", "Linear", "ReLU", "Linear"]);
    }
}

//! Where activations, pooling and flattening may stand between an imported file's modules.
//!
//! Layers without weights leave no tensor, but in a numbered list they leave a gap: `0` and `3` have room for two between
//! them. A plan says what stands where; which pooling is real, and every stride and padding, is for `search.rs`.

use super::{
    blocks::{Addition, Block, Form},
    modules::{Kind, Module},
    names::is_of_applications,
    search::{Choice, Conv, End, Found, Stem, Strides},
    sidecar::Pool,
};
use crate::spec::{Activation, LayerSpec, Shape};

/// Where a normalisation stands whose place no numbering tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NormPlace {
    BeforeActivation,
    AfterActivation,
    AfterPool,
}

/// What is open of normalisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Norms {
    pub place: NormPlace,
    /// Each closes a run of layers, instead of following the one of its number.
    pub closing: bool,
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
    pub form: Form,
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
    pub fn new(modules: &[Module], norms: NormPlace, blocks: &[Block], form: Form) -> Option<Self> {
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
            form,
        };
        if form.addition.is_early() {
            plan.lay_early(modules, flat, last);
            plan.expect(modules);
            return Some(plan);
        }
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
        plan.expect(modules);
        Some(plan)
    }

    /// What stands between layers whose blocks begin with normalisations: an activation after each of these, and where there
    /// is none, between operators.
    fn lay_early(&mut self, modules: &[Module], flat: Option<usize>, last: usize) {
        let has_norms = modules.iter().any(Module::is_norm);
        // The pooling after a convolution whose normalisation comes first.
        let mut pool = None;
        for (index, module) in modules.iter().enumerate() {
            if flat == Some(index) {
                self.items.push(Item::Flatten);
            }
            let begins = self.block(|block| block.main.start == index);
            let from_bent = |block: &usize| match self.form.addition {
                Addition::Early => self.blocks[*block].has_way(),
                Addition::EarlyRest => *block == 0,
                _ => false,
            };
            let late = begins.filter(from_bent);
            if late.is_none() {
                self.items.extend(begins.map(Item::Begin));
            }
            let late = late.map(Item::Begin);
            if module.is_norm() {
                self.items.push(Item::Module(index));
                if index < last {
                    self.items.push(Item::Activation);
                }
                self.items.extend(late);
                self.items.extend(pool.take());
                continue;
            }
            if begins.is_some() {
                let mut before = self.items.iter().rev();
                let before = before.find(|item| !matches!(item, Item::Pool(_) | Item::Begin(_)));
                // Keras's example has the first block's before it.
                if before != Some(&Item::Activation) {
                    self.items.push(Item::Activation);
                }
                self.items.extend(late);
            }
            self.items.push(Item::Module(index));
            let ends = self.block(|block| block.main.end == index + 1);
            self.items.extend(ends.map(Item::Add));
            let inside = self.block(|block| block.main.contains(&index)).is_some();
            let before_block = self.block(|block| block.main.start == index + 1).is_some();
            let before_norm = modules.get(index + 1).is_some_and(Module::is_norm);
            // The next block bends its input itself; without normalisations so is the last sum.
            let is_bent = match ends {
                Some(_) => !has_norms && flat == Some(index + 1),
                None => inside || !before_block,
            };
            if is_bent && !before_norm && index < last {
                self.items.push(Item::Activation);
            }
            let Some(conv) = conv(module) else {
                continue;
            };
            let may_pool = index < last && (!inside || ends.is_some());
            if may_pool {
                let own = Item::Pool(self.convs.len());
                if before_norm && !before_block {
                    pool = Some(own);
                } else {
                    self.items.push(own);
                }
            }
            let conv = self.in_block(conv, modules, index);
            self.convs.push(Conv { may_pool, ..conv });
        }
    }

    /// After which convolutions habit expects a pooling, by what stands around them.
    fn expect(&mut self, modules: &[Module]) {
        let stem = self.deep_stem(modules);
        let plan = self;
        let outputs: Vec<usize> = plan.convs.iter().map(|conv| conv.out_channels).collect();
        for (place, conv) in plan.convs.iter_mut().enumerate() {
            conv.pool_expected = outputs.get(place + 1) != Some(&conv.out_channels);
        }
        // Residual blocks halve the maps themselves.
        let blocks: Vec<bool> = plan
            .convs
            .iter()
            .map(|conv| conv.in_block.is_some())
            .collect();
        for (place, conv) in plan.convs.iter_mut().enumerate() {
            let before_block = blocks.get(place + 1) == Some(&true);
            conv.pool_expected &= !blocks[place] && !before_block;
            conv.stem = match (place, stem) {
                (0, true) => Stem::First,
                (1, true) => Stem::Inner,
                (2, true) => Stem::Last,
                (0, false) if before_block && !blocks[0] => Stem::Whole,
                _ => Stem::None,
            };
        }
    }

    /// Whether three convolutions of 3×3 before residual blocks stand for one of 7×7: in a list of their own, or where shortcuts
    /// too are those of ResNet-D.
    fn deep_stem(&self, modules: &[Module]) -> bool {
        let is_in_block = |conv: &Conv| conv.in_block.is_some();
        let before = self.convs.iter().position(is_in_block);
        let small = self
            .convs
            .iter()
            .take(3)
            .all(|conv| conv.kernel_size == [3, 3]);
        let convs: Vec<&Module> = modules.iter().filter(|module| module.is_conv()).collect();
        let own_list = || {
            let inside = |module: &&&Module| module.parent() == convs[0].parent();
            let others = convs.iter().filter(inside).count();
            others == 3 && convs[..3].iter().all(|conv| conv.index().is_some())
        };
        let has_room = || self.blocks.iter().any(|block| block.has_room);
        before == Some(3) && small && (has_room() || own_list())
    }

    /// The first layer on a way around a block that takes means whose windows at the edge are not whole, and the size of its
    /// maps.
    pub fn odd_mean(&self, modules: &[Module], found: &Found) -> Option<(usize, [usize; 2])> {
        let is_way = |place: &usize| {
            let mut ways = self.blocks.iter();
            ways.any(|block| block.has_room && block.shortcut.start == *place)
        };
        let between = Between {
            activation: Activation::Relu,
            mean_pool: false,
            far_edges: false,
        };
        let layers = self.layers(modules, found, between);
        let mut points: Vec<Shape> = vec![[1, 28, 28]];
        for (place, (layer, _)) in layers.iter().enumerate() {
            let &[_, height, width] = points.last()?;
            let next = layers.get(place + 1).and_then(|(_, source)| *source);
            if let (LayerSpec::AvgPool2d { stride, .. }, Some(way)) = (layer, next.filter(is_way))
                && (height % stride[0] != 0 || width % stride[1] != 0)
            {
                return Some((way, [height, width]));
            }
            points.push(layer.output_shape(&points).ok()?);
        }
        None
    }

    /// Whether every block with room for a mean on the way around it, other than such as habit lets keep the maps, makes them
    /// smaller.
    pub fn halves_all(&self, modules: &[Module], found: &Found) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.all(|block| {
            let may_keep = !block.has_room || block.halves == Some(false);
            may_keep || self.strides(block, modules, found) != [1, 1]
        })
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
        let mut operators = block.main.clone().filter(|i| !modules[*i].is_norm());
        let [first, second] = [operators.next(), operators.next()];
        // The first that sees more than one place: not a bottleneck's first.
        let is_wide = |i: &usize| match modules[*i].kind {
            Kind::Conv2d { kernel_size, .. } => kernel_size != [1, 1],
            _ => false,
        };
        let mut all = first.into_iter().chain(second).chain(operators);
        let wide = all.find(is_wide).or(first);
        let of_applications = is_of_applications(&modules[place].path);
        let place = Some(place);
        let strides = match block.halves {
            _ if !block.may_halve() => Strides::Never,
            Some(false) if place == wide => Strides::Seldom,
            _ if place == wide => Strides::Often,
            // The first kind of `keras.applications` halves here.
            None if place == first && second == wide && of_applications => Strides::Instead,
            None if place == first && second == wide => Strides::Before,
            _ => Strides::Never,
        };
        Conv {
            in_block: Some(strides),
            takes_over: place == wide && place == second,
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
        let (add, bent) = (add.map(Item::Add), self.form.addition);
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
            far_edges,
        }: Between,
    ) -> Vec<(LayerSpec, Option<usize>)> {
        let mut layers = Layers::new();
        let choices = &found.choices;
        let mut convs = self.convs.iter().zip(choices);
        // For each block after how many layers there is what is added at its end.
        let mut brought = vec![0; self.blocks.len()];
        for item in &self.items {
            if found.global_mean && *item == Item::Flatten {
                layers.push_mean();
            }
            match *item {
                Item::Flatten => layers.push(LayerSpec::Flatten, None),
                Item::Begin(index) => {
                    let after = layers.list.len();
                    let strides = self.strides(&self.blocks[index], modules, found);
                    self.push_way(&self.blocks[index], modules, strides, &mut layers);
                    brought[index] = layers.list.len();
                    if brought[index] > after {
                        layers.push(LayerSpec::Branch { after }, None);
                    }
                }
                Item::Add(index) => {
                    let after = brought[index];
                    layers.push(LayerSpec::Add { after }, None);
                }
                Item::Activation => {
                    if let Some(layer) = activation.layer() {
                        layers.push(layer, None);
                    }
                }
                Item::Pool(place) => {
                    if let Some(pool) = choices.get(place).and_then(|choice| choice.pool) {
                        layers.push(pool_layer(pool, mean_pool), None);
                    }
                }
                Item::Module(index) => {
                    let module = &modules[index];
                    let own = if module.is_conv() { convs.next() } else { None };
                    let layer = layer_of(module, |_| match own {
                        Some((_, choice)) => *choice,
                        None => Choice::default(),
                    });
                    let is_open = own.is_some_and(|(conv, _)| conv.is_of_tensorflow);
                    let layer = if far_edges && is_open {
                        padded_behind(layer, layers.shape())
                    } else {
                        layer
                    };
                    layers.push(layer, Some(index));
                }
            }
        }
        if found.global_mean && !self.items.contains(&Item::Flatten) {
            layers.push_mean();
        }
        layers.list
    }

    /// The layers on the way around a block that takes these strides; none where its input itself is added.
    fn push_way(
        &self,
        block: &Block,
        modules: &[Module],
        strides: [usize; 2],
        layers: &mut Layers,
    ) {
        let takes_means = block.has_room && self.form.widening.mean && strides != [1, 1];
        if takes_means {
            let layer = LayerSpec::AvgPool2d {
                kernel_size: strides,
                stride: strides,
            };
            layers.push(layer, None);
        }
        for place in block.shortcut.clone() {
            // The first takes the strides of all that it goes around.
            let is_first = place == block.shortcut.start && !takes_means;
            let layer = layer_of(&modules[place], |kernel| Choice {
                padding: kernel.map(|size| (size - 1) / 2),
                stride: if is_first { strides } else { [1, 1] },
                ..Choice::default()
            });
            layers.push(layer, Some(place));
        }
        let operators = || modules[block.main.clone()].iter().filter(|m| !m.is_norm());
        let ends = operators().next().zip(operators().next_back());
        if let Some((first, last)) = ends.filter(|_| block.is_widened) {
            let layer = LayerSpec::Conv2d {
                in_channels: first.inputs(),
                out_channels: last.outputs(),
                kernel_size: if self.form.widening.mean {
                    strides
                } else {
                    [1, 1]
                },
                stride: strides,
                padding: [0, 0],
            };
            layers.push(layer, None);
        } else if block.shortcut.is_empty() && strides != [1, 1] {
            // Every second place.
            let layer = LayerSpec::MaxPool2d {
                kernel_size: [1, 1],
                stride: strides,
                padding: [0, 0],
            };
            layers.push(layer, None);
        }
    }
}

/// Layers, each with the module that it came from, and what they leave of a picture.
struct Layers {
    list: Vec<(LayerSpec, Option<usize>)>,
    points: Vec<Shape>,
}

impl Layers {
    fn new() -> Self {
        Self {
            list: Vec::new(),
            points: vec![[1, 28, 28]],
        }
    }

    fn shape(&self) -> Shape {
        self.points.last().copied().unwrap_or([1; 3])
    }

    fn push(&mut self, layer: LayerSpec, source: Option<usize>) {
        self.points
            .push(layer.output_shape(&self.points).unwrap_or([1; 3]));
        self.list.push((layer, source));
    }

    /// The mean of each map.
    fn push_mean(&mut self) {
        let [_, height, width] = self.shape();
        let mean = LayerSpec::AvgPool2d {
            kernel_size: [height, width],
            stride: [height, width],
        };
        self.push(mean, None);
    }
}

fn pool_layer(pool: Pool, mean_pool: bool) -> LayerSpec {
    let Pool {
        kernel_size,
        stride,
        padding,
        mean,
    } = pool;
    if mean.unwrap_or(mean_pool) {
        LayerSpec::AvgPool2d {
            kernel_size,
            stride,
        }
    } else {
        LayerSpec::MaxPool2d {
            kernel_size,
            stride,
            padding,
        }
    }
}

/// A convolution of stride 2 as TensorFlow and JAX pad maps of even size, one line less in front than behind: its kernel gets a
/// line of zeros in front.
fn padded_behind(mut layer: LayerSpec, [_, height, width]: Shape) -> LayerSpec {
    if let LayerSpec::Conv2d {
        ref mut kernel_size,
        stride,
        padding,
        ..
    } = layer
    {
        let choice = Choice {
            stride,
            padding,
            ..Choice::default()
        };
        if choice.is_halving(*kernel_size) {
            *kernel_size = [
                kernel_size[0] + usize::from(height % 2 == 0),
                kernel_size[1] + usize::from(width % 2 == 0),
            ];
        }
    }
    layer
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
        } => LayerSpec::linear(in_features, out_features),
        Kind::BatchNorm { channels } => LayerSpec::BatchNorm {
            channels,
            epsilon: module.epsilon(),
        },
    }
}

/// What stands between modules all over a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub activation: Activation,
    /// Where the description does not say.
    pub mean_pool: bool,
    /// TensorFlow's and JAX's convolutions of stride 2 pad more behind than in front.
    pub far_edges: bool,
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
            in_block: None,
            takes_over: false,
            is_of_tensorflow: module.inputs_first,
            stem: Stem::None,
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
    use crate::import::{
        blocks::Widening,
        modules::{modules, tests::entries},
    };

    fn kinds(list: &[(&str, &[usize])]) -> Vec<&'static str> {
        let modules = modules(&entries(list), false).list;
        let form = Form {
            addition: Addition::Before,
            widening: Widening::ALL[0],
        };
        let plan = Plan::new(&modules, NormPlace::BeforeActivation, &[], form).unwrap();
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
            far_edges: false,
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

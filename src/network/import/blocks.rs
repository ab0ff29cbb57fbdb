//! Residual blocks, as far as names tell them: which modules lie on a way around others (`downsample`, `shortcut`), and which
//! others belong together (`layer1.0.conv1` and `layer1.0.conv2`; `res1.conv1`).

use super::{
    modules::{Kind, Module},
    names::{Name, name, number, numbered_part},
    order,
};
use std::ops::Range;

/// Where the values of a shortcut are added to those of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addition {
    /// Before the block's last activation: PyTorch's and Keras's networks.
    Before,
    /// After it.
    After,
    /// There is no activation at the block's end.
    Bare,
    /// To the last convolution's; the block begins with its normalisation and activation (He et al. 2016,
    /// arXiv:1603.05027). Layers of a shortcut take what these two give.
    Early,
    /// The same, but a shortcut's layers take the block's input itself.
    EarlyRaw,
    /// The same but for the first block, around which goes what its first normalisation and activation give: in Keras's example
    /// these stand before the block.
    EarlyRest,
}

impl Addition {
    /// The common ones first.
    pub const ALL: [Self; 6] = [
        Self::Before,
        Self::Early,
        Self::EarlyRaw,
        Self::EarlyRest,
        Self::After,
        Self::Bare,
    ];

    /// Whether blocks begin with their normalisations and activations.
    pub fn is_early(self) -> bool {
        matches!(self, Self::Early | Self::EarlyRaw | Self::EarlyRest)
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Before => "note-added-before",
            Self::After => "note-added-after",
            Self::Bare => "note-added-bare",
            Self::Early => "note-added-early",
            Self::EarlyRaw => "note-added-early-raw",
            Self::EarlyRest => "note-added-early-rest",
        }
    }
}

/// What a shortcut without weights does around a block that makes more maps than it takes: the others are zeros (option A of
/// He et al. 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Widening {
    /// Half of the zeros come first; else all of them last.
    pub both_sides: bool,
    /// Smaller maps are means of 2×2 places; else every second place. Also before a shortcut's own layers, where names leave
    /// room for it (ResNet-D: He et al. 2018, arXiv:1812.01187).
    pub mean: bool,
}

impl Widening {
    /// The common ones first.
    pub const ALL: [Self; 4] = [
        Self::new(true, false),
        Self::new(false, false),
        Self::new(true, true),
        Self::new(false, true),
    ];

    /// Without zeros, where a pooling stands before a shortcut's layers, or something else without weights.
    pub const MEANS_FIRST: [Self; 2] = [Self::new(true, true), Self::new(true, false)];

    const fn new(both_sides: bool, mean: bool) -> Self {
        Self { both_sides, mean }
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self.both_sides {
            true => "note-zeros-around",
            false => "note-zeros-behind",
        }
    }

    /// The weights of a convolution that does it, `[outputs, inputs, places]`.
    pub fn weight(self, [outputs, inputs, places]: [usize; 3]) -> Vec<f32> {
        let zeros = outputs.saturating_sub(inputs);
        let first = if self.both_sides { zeros / 2 } else { 0 };
        let mut weight = vec![0.0; outputs * inputs * places];
        for input in 0..inputs {
            let start = ((first + input) * inputs + input) * places;
            weight[start..start + places].fill(1.0 / places as f32);
        }
        weight
    }
}

/// How the residual blocks of a network are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub addition: Addition,
    pub widening: Widening,
}

/// Modules that something goes around.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    /// Their places in the order in which they run.
    pub main: Range<usize>,
    /// The places of the modules on the way around them; empty where their input itself is added.
    pub shortcut: Range<usize>,
    /// The input is added, and zeros for the maps that it has less.
    pub is_widened: bool,
    /// Whether it halves the maps' size, where names or habit tell.
    pub halves: Option<bool>,
    /// By its number the first on the way around is a 1×1 convolution behind a layer without weights.
    pub has_room: bool,
}

impl Block {
    /// Whether what is added is more than the block's input.
    pub fn has_way(&self) -> bool {
        !self.shortcut.is_empty() || self.is_widened
    }

    /// Whether it may have a stride.
    pub fn may_halve(&self) -> bool {
        self.has_way() || self.halves == Some(true)
    }
}

/// A module that lies on a way around others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Around {
    /// The parts of the block's name.
    block: Name,
    pub module: Module,
}

/// The modules that run one after the other, sorted by name, and those on ways around them.
pub(super) fn split(modules: Vec<Module>) -> (Vec<Module>, Vec<Around>) {
    let weak: Vec<String> = modules
        .iter()
        .filter_map(|module| weak(module, &modules))
        .collect();
    let (mut main, mut around) = (Vec::new(), Vec::new());
    for module in order::by_name(modules) {
        let is_below = |prefix: &&String| {
            let rest = module.path.strip_prefix(prefix.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let weak = weak.iter().find(is_below).map(|prefix| {
            let parent = prefix.rsplit_once('.').map_or("", |(parent, _)| parent);
            name(parent)
        });
        match weak.or_else(|| block_of_shortcut(&module.path)) {
            Some(block) => around.push(Around { block, module }),
            None => main.push(module),
        }
    }
    split_by_shape(&mut main, &mut around);
    (main, around)
}

/// The block of a module whose name means a shortcut.
fn block_of_shortcut(path: &str) -> Option<Name> {
    if let Some((block, "0")) = numbered_part(path) {
        return Some(block);
    }
    let parts: Vec<&str> = path.split('.').collect();
    let place = parts
        .iter()
        .position(|part| name(part).iter().any(|word| means_shortcut(word)))?;
    if place > 0 {
        return Some(name(&parts[..place].join(".")));
    }
    // `res1_shortcut`
    let mut own = name(parts[0]);
    let place = own.iter().position(|word| means_shortcut(word))?;
    own.truncate(place);
    (place > 0).then_some(own)
}

fn means_shortcut(word: &str) -> bool {
    // `convShortcut`; fastai's `idpath`
    let inside = ["downsampl", "shortcut", "idpath"];
    let first = ["skip", "bypass"];
    inside.iter().any(|part| word.contains(part))
        || first.iter().any(|part| word.starts_with(part))
        || ["proj", "projection", "sc"].contains(&word)
}

/// Whether a module is numbered behind something without weights on a way around others: `downsample.1`.
fn has_room(first: &Module) -> bool {
    let is_way = |part: &&str| name(part).iter().any(|word| means_shortcut(word));
    let mut parts = first.path.split('.').skip_while(|part| !is_way(part));
    let place = parts.nth(1).and_then(number);
    is_narrow(first) == Some(true) && place.is_some_and(|place| place > 0)
}

/// The prefix of a module in `….residual` or `….res_conv`, which may be a block as well as what goes around it: a shortcut
/// where it has 1×1 convolutions only, and its parent others.
fn weak(module: &Module, all: &[Module]) -> Option<String> {
    let parts: Vec<&str> = module.path.split('.').collect();
    let place = parts.iter().rposition(|part| {
        let words = name(part);
        words.iter().any(|word| word == "residual" || word == "res")
    })?;
    if place == 0 || is_narrow(module) != Some(true) {
        return None;
    }
    let (own, parent) = (parts[..=place].join("."), parts[..place].join("."));
    let below = |module: &Module, prefix: &str| {
        let rest = module.path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut inside = all.iter().filter(|module| below(module, &own));
    let mut others = all
        .iter()
        .filter(|module| below(module, &parent) && !below(module, &own) && !module.is_norm());
    let narrow = inside.all(|module| is_narrow(module) != Some(false));
    (narrow && others.next().is_some()).then_some(own)
}

/// Whether it is a convolution of single places; none for a normalisation.
pub(super) fn is_narrow(module: &Module) -> Option<bool> {
    match module.kind {
        Kind::Conv2d { kernel_size, .. } => Some(kernel_size == [1, 1]),
        Kind::Linear { .. } => Some(false),
        Kind::BatchNorm { .. } => None,
    }
}

/// Moves 1×1 convolutions without a telling name, such as the third of a block of three: what stands before it does not fit,
/// but from the block's input to its output it does.
fn split_by_shape(main: &mut Vec<Module>, around: &mut Vec<Around>) {
    let names = Names::new(main, around);
    let mut moved = Vec::new();
    for (block, _, run) in names.runs(main) {
        let convs: Vec<usize> = run.clone().filter(|i| main[*i].is_conv()).collect();
        let fits = |list: &[usize]| {
            list.windows(2)
                .all(|pair| main[pair[0]].outputs() == main[pair[1]].inputs())
        };
        if convs.len() < 3 || fits(&convs) {
            continue;
        }
        for conv in convs.iter().filter(|i| is_narrow(&main[**i]) == Some(true)) {
            let rest: Vec<usize> = convs.iter().copied().filter(|i| i != conv).collect();
            let (first, last) = (&main[rest[0]], &main[rest[rest.len() - 1]]);
            let ends = [first.inputs(), last.outputs()];
            if fits(&rest) && ends == [main[*conv].inputs(), main[*conv].outputs()] {
                moved.push((*conv, block.clone()));
                let is_its_own = |i: &usize| {
                    let number = order::last_number(&main[*conv].path);
                    main[*i].is_norm() && order::last_number(&main[*i].path) == number
                };
                let inside = |i: &usize| names.of(&main[*i]).is_some_and(|(own, _)| own == block);
                let norms = (0..main.len()).filter(|i| main[*i].is_norm() && inside(i));
                let norms: Vec<usize> = norms.collect();
                if norms.len() == convs.len() {
                    let own = norms.into_iter().filter(is_its_own);
                    moved.extend(own.map(|i| (i, block.clone())));
                }
                break;
            }
        }
    }
    moved.sort_by_key(|(place, _)| *place);
    let taken = moved.into_iter().rev().map(|(place, block)| Around {
        block,
        module: main.remove(place),
    });
    let taken: Vec<Around> = taken.collect();
    around.extend(taken.into_iter().rev());
}

/// The names by which blocks are told.
pub(super) struct Names {
    /// Of everything with weights to multiply with.
    operators: Vec<Name>,
    /// Of blocks that have shortcuts.
    around: Vec<Name>,
}

impl Names {
    pub fn new(main: &[Module], around: &[Around]) -> Self {
        let operators = main.iter().filter(|module| !module.is_norm());
        Self {
            operators: operators.map(|module| name(&module.path)).collect(),
            around: around.iter().map(|one| one.block.clone()).collect(),
        }
    }

    /// Whether several operators, or one that has a shortcut, have names that begin so.
    fn is_block(&self, prefix: &[String]) -> bool {
        let inside = |name: &&Name| name.len() > prefix.len() && name.starts_with(prefix);
        match self.operators.iter().filter(inside).count() {
            0 => false,
            1 => self.around.iter().any(|block| block == prefix),
            _ => true,
        }
    }

    /// The block that a module belongs to, and whether such names are those of residual blocks and hardly of others.
    pub fn of(&self, module: &Module) -> Option<(Name, bool)> {
        if let Some((block, _)) = numbered_part(&module.path)
            && self.is_block(&block)
        {
            return Some((block, true));
        }
        let own = name(&module.path);
        let prefixes = || (1..own.len()).rev().map(|end| (&own[..end], &own[end]));
        let with_shortcut = |(prefix, _): &(&[String], &String)| {
            self.around.iter().any(|block| block == prefix) && self.is_block(prefix)
        };
        let numbered = |(prefix, next): &(&[String], &String)| {
            let last = &prefix[prefix.len() - 1];
            number(last).is_some() && number(next).is_none() && self.is_block(prefix)
        };
        let residual =
            |(prefix, _): &(&[String], &String)| means_residual(prefix) && self.is_block(prefix);
        let named = |(prefix, next): &(&[String], &String)| {
            let last = &prefix[prefix.len() - 1];
            let digits = last.trim_start_matches(|c: char| !c.is_ascii_digit());
            means_part(last)
                && !digits.is_empty()
                && number(next).is_none()
                && self.is_block(prefix)
        };
        let any_shortcut = !self.around.is_empty();
        let of = |(prefix, _): (&[String], &String), told| (prefix.to_vec(), told);
        if let Some(found) = prefixes().find(with_shortcut) {
            return Some(of(found, true));
        }
        // The narrower one.
        if let Some(found) = prefixes().find(|prefix| numbered(prefix) || residual(prefix)) {
            let list = found.0.len().checked_sub(2).map(|i| &found.0[i]);
            let told = list.is_some_and(|list| means_part(list) || is_residual(list));
            return Some(of(found, told || any_shortcut || residual(&found)));
        }
        prefixes().find(named).map(|found| of(found, any_shortcut))
    }

    /// Neighbouring operators of one block each, from the first to the last.
    pub fn runs(&self, main: &[Module]) -> Vec<(Name, bool, Range<usize>)> {
        let mut runs: Vec<(Name, bool, Range<usize>)> = Vec::new();
        let mut goes_on = false;
        for (place, module) in main.iter().enumerate() {
            if module.is_norm() {
                continue;
            }
            let Some((block, told)) = self.of(module) else {
                goes_on = false;
                continue;
            };
            match runs.last_mut().filter(|last| goes_on && last.0 == block) {
                Some((_, _, run)) => run.end = place + 1,
                None => runs.push((block, told, place..place + 1)),
            }
            goes_on = true;
        }
        runs
    }
}

/// `layer2`, `blocks`, `stage`.
fn means_part(word: &str) -> bool {
    ["layer", "block", "stage", "group", "unit", "blk"]
        .iter()
        .any(|part| word.starts_with(part))
}

/// `res2`, `resblock`, `bottleneck`.
fn is_residual(word: &str) -> bool {
    let rest = word.strip_prefix("res").map(|rest| {
        rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_digit())
            || rest.starts_with("idual")
            || rest.starts_with("netblock")
            || means_part(rest)
    });
    rest == Some(true)
        || ["bottleneck", "basicblock", "identityblock"]
            .iter()
            .any(|part| word.starts_with(part))
}

/// Such a word, or one before `block` or a number.
fn means_residual(prefix: &[String]) -> bool {
    let says_nothing = |word: &String| number(word).is_some() || means_part(word);
    let mut end = prefix.len();
    while end > 1 && prefix.len() - end < 2 && says_nothing(&prefix[end - 1]) {
        end -= 1;
    }
    is_residual(&prefix[end - 1])
        || (end < prefix.len() && ["basic", "identity"].contains(&prefix[end - 1].as_str()))
}

/// The blocks among the modules that run one after the other, whether names tell that they are residual, and the modules
/// around them in the order in which they are needed, whose places follow those of the others. `is_early`: blocks begin with
/// their normalisations.
///
/// # Errors
/// Where something is called a shortcut and cannot be one.
pub(super) fn find(
    main: &[Module],
    mut around: Vec<Around>,
    is_early: bool,
) -> Result<(Vec<Block>, bool, Vec<Module>), String> {
    let Some(output) = main.iter().rposition(|module| !module.is_norm()) else {
        return Ok((Vec::new(), false, Vec::new()));
    };
    let names = Names::new(main, &around);
    // Of two ways without weights to make more maps only one is in a network.
    let may_widen = around.is_empty();
    let (mut blocks, mut any_told, mut shortcuts) = (Vec::new(), false, Vec::new());
    let mut stacks: Vec<Name> = Vec::new();
    for (name, told, run) in names.runs(main) {
        let mut own = Vec::new();
        let mut rest = Vec::new();
        for one in around {
            if one.block == name {
                own.push(one.module);
            } else {
                rest.push(one);
            }
        }
        around = rest;
        let operators = || main[run.clone()].iter().filter(|module| !module.is_norm());
        let inputs = operators().next().map_or(0, Module::inputs);
        let outputs = operators().next_back().map_or(0, Module::outputs);
        let convs = operators().filter(|module| module.is_conv()).count();
        let alike = convs == 0 || convs == operators().count();
        let odd = |module: &Module| match module.kind {
            Kind::Conv2d { kernel_size, .. } => kernel_size.iter().all(|size| size % 2 == 1),
            _ => true,
        };
        let can_be = alike && operators().all(odd) && run.end <= output;
        let is_widened = own.is_empty() && inputs != outputs;
        if own.is_empty() {
            let widens = may_widen && convs > 0 && inputs > 1 && inputs < outputs;
            if !can_be || is_widened && !widens || operators().count() < 2 {
                continue;
            }
        } else {
            let mut values = inputs;
            let mut fits = true;
            for module in &own {
                fits &= module.inputs() == values && odd(module);
                fits &= module.is_norm() || module.is_conv() == (convs > 0);
                values = module.outputs();
            }
            if !can_be || !fits || values != outputs {
                let list: Vec<String> = own.iter().map(Module::words).collect();
                return Err(format!(
                    "{}: cannot go around {}, which makes {outputs} of {inputs}",
                    list.join(", "),
                    name.join(".")
                ));
            }
        }
        any_told |= told;
        let main_run = if is_early {
            let is_own = |module: &&Module| {
                module.is_norm() && names.of(module).is_some_and(|(block, _)| block == name)
            };
            let norms = main[..run.start].iter().rev().take_while(is_own);
            run.start - norms.count()..run.end
        } else {
            let norms = main[run.end..].iter().take_while(|module| module.is_norm());
            run.start..run.end + norms.count()
        };
        let start = main.len() + shortcuts.len();
        blocks.push(Block {
            main: main_run,
            shortcut: start..start + own.len(),
            is_widened,
            halves: None,
            has_room: own.first().is_some_and(has_room),
        });
        stacks.push(name[..name.len() - 1].to_vec());
        shortcuts.extend(own);
    }
    // Zeros are added beside shortcuts that add nothing, or the names mean something else.
    if blocks.iter().all(|block| block.is_widened) {
        blocks.clear();
    }
    tell_strides(main, &mut blocks, &stacks, is_early);
    match around.first() {
        Some(left) => Err(format!(
            "{}: by its name a shortcut, but there are no layers `{}` that it could go around",
            left.module.words(),
            left.block.join(".")
        )),
        None => Ok((blocks, any_told, shortcuts)),
    }
}

/// Which blocks halve the maps, by the habits of programs: a first block of three convolutions, or one that begins with its
/// normalisation, makes more maps without making them smaller, and the second kind of `keras.applications` halves them at the end of a stack, other than the last.
fn tell_strides(main: &[Module], blocks: &mut [Block], stacks: &[Name], is_early: bool) {
    let part = |module: &Module| numbered_part(&module.path).map(|(_, part)| part == "preact");
    if main.iter().any(|module| part(module) == Some(true)) {
        for (place, block) in blocks.iter_mut().enumerate() {
            let next = stacks.get(place + 1);
            block.halves = Some(next.is_some_and(|next| *next != stacks[place]));
        }
        return;
    }
    if let Some(first) = blocks.first_mut().filter(|block| block.has_way()) {
        let convs = main[first.main.clone()].iter();
        let narrow: Vec<bool> = convs.filter_map(is_narrow).collect();
        if is_early || narrow == [true, false, true] {
            first.halves = Some(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::modules::{modules, tests::entries};

    type Found = (Vec<Vec<String>>, bool, Vec<String>);

    /// The blocks' operators, whether they are told, and the shortcuts.
    fn found(list: &[(&str, &[usize])]) -> Result<Found, String> {
        let found = modules(&entries(list), false);
        assert_eq!(found.problems, [""; 0]);
        let (main, around) = split(found.list);
        let (main, _) = order::ordered(main, None, false)?;
        let (blocks, told, shortcuts) = find(&main, around, false)?;
        let paths = |range: Range<usize>| main[range].iter().map(|one| one.path.clone()).collect();
        let blocks = blocks.into_iter().map(|block| paths(block.main)).collect();
        let shortcuts = shortcuts.into_iter().map(|one| one.path).collect();
        Ok((blocks, told, shortcuts))
    }

    const SAME: &[usize] = &[8, 8, 3, 3];
    const WIDER: &[usize] = &[16, 8, 3, 3];
    const WIDE: &[usize] = &[16, 16, 3, 3];
    const AROUND: &[usize] = &[16, 8, 1, 1];
    const FIRST: (&str, &[usize]) = ("conv1.weight", &[8, 1, 3, 3]);

    #[test]
    fn blocks_are_told_by_their_names() {
        let last: (&str, &[usize]) = ("fc.weight", &[10, 8]);
        for (a, b, told) in [
            ("layer1.0.conv1", "layer1.0.conv2", true),
            ("blocks.3.conv1", "blocks.3.conv2", true),
            ("res1.conv1", "res1.conv2", true),
            ("res1.0.0", "res1.1.0", true),
            ("net.resblock_1.conv_a", "net.resblock_1.conv_b", true),
            ("ResidualBlock_0/Conv_0", "ResidualBlock_0/Conv_1", true),
            ("residual_block/conv2d", "residual_block/conv2d_1", true),
            ("seq.1.0.conv1", "seq.1.0.conv2", false),
            ("block1.conv1", "block1.conv2", false),
        ] {
            let [a, b] = [a, b].map(|path| format!("{path}.weight"));
            let (blocks, found, shortcuts) = found(&[FIRST, (&a, SAME), (&b, SAME), last]).unwrap();
            assert_eq!(blocks.len(), 1, "{a}");
            assert_eq!((blocks[0].len(), found), (2, told), "{a}");
            assert!(shortcuts.is_empty());
        }
        for (a, b) in [
            ("conv2", "conv3"),
            ("features.2", "features.4"),
            ("res1", "res2"),
        ] {
            let [a, b] = [a, b].map(|path| format!("{path}.weight"));
            let (blocks, ..) = found(&[FIRST, (&a, SAME), (&b, SAME), last]).unwrap();
            assert!(blocks.is_empty(), "{a}");
        }
    }

    #[test]
    fn ways_around_are_told_by_name_or_shape() {
        let last: (&str, &[usize]) = ("linear.weight", &[10, 16]);
        for around in [
            "layer2.0.downsample.0",
            "layer2.0.shortcut.0",
            "layer2.0.skip",
            "layer2.0.conv_skip",
            "layer2.0.residual.0",
            "layer2.0.conv3",
        ] {
            let around = format!("{around}.weight");
            let list = [
                FIRST,
                ("layer2.0.conv1.weight", WIDER),
                ("layer2.0.conv2.weight", WIDE),
                (&around[..], AROUND),
                last,
            ];
            let (blocks, told, shortcuts) = found(&list).unwrap();
            assert_eq!(blocks, [["layer2.0.conv1", "layer2.0.conv2"]], "{around}");
            assert!(told || around.contains("conv3"));
            assert_eq!(format!("{}.weight", shortcuts[0]), around);
        }
    }

    #[test]
    fn names_of_other_programs_tell_blocks() {
        let last: (&str, &[usize]) = ("fc.weight", &[10, 8]);
        for (a, b) in [
            ("conv2_block1_1_conv", "conv2_block1_2_conv"),
            (
                "e.stages.0.layers.0.layer.0.convolution",
                "e.stages.0.layers.0.layer.1.convolution",
            ),
            ("ResNetBlock_0/Conv_0", "ResNetBlock_0/Conv_1"),
            ("seqs.0.res_block0.conv0", "seqs.0.res_block0.conv1"),
        ] {
            let [a, b] = [a, b].map(|path| format!("{path}.weight"));
            let (blocks, told, _) = found(&[FIRST, (&a, SAME), (&b, SAME), last]).unwrap();
            assert_eq!((blocks.len(), told), (1, true), "{a}");
        }
        let way = [
            FIRST,
            ("conv3_block1_0_conv.weight", AROUND),
            ("conv3_block1_1_conv.weight", WIDER),
            ("conv3_block1_2_conv.weight", WIDE),
            ("fc.weight", &[10, 16]),
        ];
        let (_, _, shortcuts) = found(&way).unwrap();
        assert_eq!(shortcuts, ["conv3_block1_0_conv"]);
    }

    #[test]
    fn more_maps_without_a_way_are_zeros_beside_blocks_that_keep_them() {
        let last: (&str, &[usize]) = ("fc.weight", &[10, 16]);
        let wider = [("b.1.conv1.weight", WIDER), ("b.1.conv2.weight", WIDE)];
        let same = [("b.0.conv1.weight", SAME), ("b.0.conv2.weight", SAME)];
        let all = [FIRST, same[0], same[1], wider[0], wider[1], last];
        assert_eq!(found(&all).unwrap().0.len(), 2);
        // In the manner of VGG.
        let alone = [FIRST, wider[0], wider[1], last];
        assert!(found(&alone).unwrap().0.is_empty());
    }

    #[test]
    fn a_convolution_adds_zero_maps() {
        let [around, behind] = [true, false].map(|sides| Widening::new(sides, false));
        let expected = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
        assert_eq!(around.weight([4, 2, 1]), expected.concat());
        let expected = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]];
        assert_eq!(behind.weight([4, 2, 1]), expected.concat());
        assert_eq!(behind.weight([1, 1, 4]), [0.25; 4]);
    }

    #[test]
    fn what_cannot_be_a_shortcut_is_named() {
        let last: (&str, &[usize]) = ("fc.weight", &[10, 8]);
        let other = [
            FIRST,
            ("b1.conv1.weight", SAME),
            ("b1.conv2.weight", SAME),
            ("b1.skip.weight", AROUND),
            last,
        ];
        let text = found(&other).unwrap_err();
        assert!(
            text.contains("b1.skip") && text.contains("8 of 8"),
            "{text}"
        );
        let nothing = [FIRST, ("b1.skip.weight", SAME), last];
        assert!(found(&nothing).unwrap_err().contains("no layers `b1`"));
    }
}

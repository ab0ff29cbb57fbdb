//! The order of an imported file's modules. A safetensors file does not keep it, so the names have to tell:
//!
//! 1. Numbered siblings (`0`, `3`, `6`, as in PyTorch's `nn.Sequential`) come by number.
//! 2. Named siblings come with convolutions before dense layers, with names that mean the end (`out`, `head`, …) last,
//!    and otherwise in natural order, in which `conv2` stands before `conv10`.
//! 3. A batch normalisation of its own name (`bn1`) follows the layer of as many outputs that shares most of its path,
//!    then its number (or, where a program counted, comes behind the one before it), then comes first.
//!    Or, where there are fewer of them than such layers, as another way to understand the names, each closes as long a run of
//!    these as the others do, as in two convolutions that one normalisation follows.
//! 4. Where one layer's outputs are then not the next one's inputs, the order that the shapes allow is taken: of groups with
//!    a first name in common (`res1`), each in the order of its names, or of layers.

use super::{
    modules::{Kind, Module},
    names::{number, without_containers},
};
use std::{collections::BTreeSet, ops::Range};

/// A part of a name, for comparing: numbers by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chunk {
    Number(u64),
    Text(String),
}

/// How an order was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Said,
    Names,
    Shapes,
}

impl How {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Said => "note-order-said",
            Self::Names => "note-order-names",
            Self::Shapes => "note-order-shapes",
        }
    }

    /// In a report on what cannot be run.
    pub fn words(self) -> &'static str {
        match self {
            Self::Said => "as the description lists them",
            Self::Names => "by their names: numbers in order, convolutions before dense layers",
            Self::Shapes => "by their shapes: each takes what the one before it gives",
        }
    }
}

/// The modules in the order in which they run, and how it was found. `wanted` are prefixes as a person lists them; `closing` is
/// the other way of rule 3.
pub(super) fn ordered(
    modules: Vec<Module>,
    wanted: Option<&[String]>,
    closing: bool,
) -> Result<(Vec<Module>, How), String> {
    if let Some(wanted) = wanted {
        let modules = listed(modules, wanted)?;
        return Ok((modules, How::Said));
    }
    let (mut operators, attached) = split_norms(by_name(modules));
    let mut how = How::Names;
    let is_nested = |module: &Module| module.parent() != operators[0].parent();
    let order = || {
        if operators.iter().any(is_nested) {
            by_groups(&operators).or_else(|| by_shapes(&operators))
        } else {
            by_shapes(&operators).or_else(|| by_groups(&operators))
        }
    };
    if first_break(&operators).is_some()
        && let Some(order) = order()
    {
        operators = order.into_iter().map(|i| operators[i].clone()).collect();
        how = How::Shapes;
    }
    let modules = if closing {
        attach_closing(operators, attached)?
    } else {
        attach(operators, attached)?
    };
    Ok((modules, how))
}

fn listed(mut modules: Vec<Module>, wanted: &[String]) -> Result<Vec<Module>, String> {
    let mut result = Vec::with_capacity(modules.len());
    for path in wanted {
        let own = path.replace('/', ".");
        let is_it = |module: &Module| module.path == own || module.path == without_containers(&own);
        let Some(place) = modules.iter().position(is_it) else {
            return Err(format!(
                "`order` lists `{path}`, which the file does not have or which is listed twice"
            ));
        };
        result.push(modules.remove(place));
    }
    match modules.first() {
        Some(missing) => Err(format!("`order` leaves out `{}`", missing.path)),
        None => Ok(result),
    }
}

/// Sorted by rules 1 and 2.
pub(super) fn by_name(mut modules: Vec<Module>) -> Vec<Module> {
    let mut with_convs = BTreeSet::new();
    for module in modules.iter().filter(|module| module.is_conv()) {
        let dots = module.path.match_indices('.').map(|(at, _)| at);
        for end in dots.chain([module.path.len()]) {
            with_convs.insert(module.path[..end].to_string());
        }
    }
    modules.sort_by_cached_key(|module| key(&module.path, &with_convs));
    modules
}

/// For each part of the path: whether it holds no convolution, whether its name means the end, and its name.
fn key(path: &str, with_convs: &BTreeSet<String>) -> Vec<(bool, bool, Vec<Chunk>)> {
    let mut end = 0;
    path.split('.')
        .map(|part| {
            end += part.len();
            let dense = !with_convs.contains(&path[..end]);
            end += 1;
            match number(part) {
                Some(number) => (false, false, vec![Chunk::Number(number)]),
                None => (dense, means_the_end(part), chunks(part)),
            }
        })
        .collect()
}

pub(super) fn means_the_end(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let words = [
        "out",
        "head",
        "classifier",
        "final",
        "last",
        "logits",
        "top",
    ];
    words.iter().any(|word| part.starts_with(word)) || part.ends_with("_out")
}

/// `conv10b` becomes `conv`, 10, `b`.
fn chunks(part: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    // No number of a layer: Keras's first convolution is `conv2d`.
    let part = part.replacen("2d", "", 1);
    let mut rest = part.as_str();
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != digits)
            .unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(end);
        chunks.push(match number(chunk) {
            Some(number) => Chunk::Number(number),
            None => Chunk::Text(chunk.to_ascii_lowercase()),
        });
        rest = after;
    }
    chunks
}

/// The normalisations of rule 3 apart from all that has its place already.
fn split_norms(modules: Vec<Module>) -> (Vec<Module>, Vec<Module>) {
    let parents: BTreeSet<String> = modules
        .iter()
        .filter(|module| !module.is_norm())
        .map(|module| module.parent().to_string())
        .collect();
    modules.into_iter().partition(|module| {
        !module.is_norm() || (module.index().is_some() && parents.contains(module.parent()))
    })
}

/// Puts every normalisation of rule 3 behind its layer.
fn attach(modules: Vec<Module>, norms: Vec<Module>) -> Result<Vec<Module>, String> {
    let mut first = Vec::new();
    let mut places: Vec<(Module, Option<Module>)> =
        modules.into_iter().map(|module| (module, None)).collect();
    // Those of a list have what follows them in it.
    let has_own: Vec<bool> = (1..=places.len())
        .map(|next| places.get(next).is_some_and(|(module, _)| module.is_norm()))
        .collect();
    let mut last = 0;
    for norm in norms {
        let is_counted = is_counted(&norm);
        let best = places
            .iter()
            .enumerate()
            .filter(|(place, (module, taken))| {
                let is_free = taken.is_none() && !module.is_norm() && !has_own[*place];
                is_free && module.outputs() == norm.outputs()
            })
            .max_by_key(|(place, (module, _))| {
                let is_next = match is_counted {
                    true => *place >= last,
                    false => last_number(&module.path) == last_number(&norm.path),
                };
                let shared = shared_parts(&module.path, &norm.path);
                (shared, is_next, std::cmp::Reverse(*place))
            })
            .map(|(place, _)| place);
        match best {
            Some(place) => {
                last = place;
                places[place].1 = Some(norm);
            }
            // Of the picture itself.
            None if first.is_empty() && [1, 784].contains(&norm.outputs()) => first.push(norm),
            None => {
                return Err(format!(
                    "{}: no layer of {} outputs is there that it could follow",
                    norm.words(),
                    norm.outputs()
                ));
            }
        }
    }
    for (module, norm) in places {
        first.push(module);
        first.extend(norm);
    }
    Ok(first)
}

/// Puts every normalisation of rule 3 behind a run of layers of as many outputs.
fn attach_closing(modules: Vec<Module>, norms: Vec<Module>) -> Result<Vec<Module>, String> {
    let has_own = |place: usize| {
        let next = modules.get(place + 1);
        modules[place].is_norm() || next.is_some_and(Module::is_norm)
    };
    let mut behind: Vec<Option<Module>> = vec![None; modules.len()];
    let sizes: BTreeSet<usize> = norms.iter().map(Module::outputs).collect();
    for size in sizes {
        let of_size = |module: &&Module| module.outputs() == size;
        let layers: Vec<usize> = (0..modules.len())
            .filter(|place| modules[*place].outputs() == size && !has_own(*place))
            .collect();
        let norms: Vec<&Module> = norms.iter().filter(of_size).collect();
        if norms.len() > layers.len() {
            return Err(format!("too few layers of {size} outputs"));
        }
        for (nth, norm) in (1..).zip(&norms) {
            let last = layers[nth * layers.len() / norms.len() - 1];
            behind[last] = Some((*norm).clone());
        }
    }
    let pairs = modules.into_iter().zip(behind);
    Ok(pairs
        .flat_map(|(module, norm)| std::iter::once(module).chain(norm))
        .collect())
}

/// Whether a program numbered it by itself: these come in order, but their numbers are not those of other layers.
fn is_counted(norm: &Module) -> bool {
    let own = norm.path.rsplit('.').next().unwrap_or_default();
    let rest = own
        .strip_prefix("batch_normalization")
        .or_else(|| own.strip_prefix("BatchNorm_"));
    rest.is_some_and(|rest| rest.is_empty() || number(rest.trim_start_matches('_')).is_some())
}

pub(super) fn last_number(path: &str) -> Option<u64> {
    chunks(path)
        .into_iter()
        .rev()
        .find_map(|chunk| match chunk {
            Chunk::Number(number) => Some(number),
            Chunk::Text(_) => None,
        })
}

pub(super) fn shared_parts(a: &str, b: &str) -> usize {
    a.split('.')
        .zip(b.split('.'))
        .take_while(|(a, b)| a == b)
        .count()
}

/// Where the channels or features of two neighbours do not fit.
pub(super) enum Break {
    /// The end of a sentence about the order.
    Order(String),
    /// A sentence about a convolution that takes a part of the channels.
    Grouped(String),
}

/// The first such place.
pub(super) fn first_break(modules: &[Module]) -> Option<Break> {
    let (mut channels, mut before, mut flat) = (1usize, None::<&Module>, false);
    for module in modules {
        let wants = module.inputs();
        let from = before.map_or("the picture".to_string(), |module| {
            module.name().to_string()
        });
        let broken = match module.kind {
            Kind::Conv2d { .. } if flat => {
                Some(format!("is a convolution behind the dense layer {from}"))
            }
            Kind::Conv2d { .. } if wants != channels => {
                Some(format!("wants {wants} channels, {from} gives {channels}"))
            }
            Kind::Linear { .. } if flat && wants != channels => {
                Some(format!("wants {wants} inputs, {from} gives {channels}"))
            }
            Kind::Linear { .. } if !flat && !wants.is_multiple_of(channels) => Some(format!(
                "wants {wants} inputs, which {channels} maps of {from} cannot give"
            )),
            Kind::BatchNorm { .. } if flat && wants != channels => {
                Some(format!("wants {wants} values, {from} gives {channels}"))
            }
            Kind::BatchNorm { .. } if !flat && !wants.is_multiple_of(channels) => {
                Some(format!("wants {wants} channels, {from} gives {channels}"))
            }
            _ => None,
        };
        if let Some(broken) = broken {
            let (name, outputs) = (module.name(), module.outputs());
            let is_conv = module.is_conv() && !flat && channels.is_multiple_of(wants);
            return Some(match channels / wants {
                // The picture's only channel goes into the first.
                groups if is_conv && wants == 1 && outputs.is_multiple_of(groups) => {
                    Break::Grouped(format!(
                        "{name}: by its shape a depthwise convolution, each of whose maps is made of one of the {channels} of \
                     {from}, which cannot be run"
                    ))
                }
                groups if is_conv && outputs.is_multiple_of(groups) => Break::Grouped(format!(
                    "{name}: takes {wants} channels where {from} gives {channels}, so it is a grouped convolution, which cannot \
                     be run, or its place is another"
                )),
                _ => Break::Order(format!("{name} {broken}")),
            });
        }
        // A normalisation of more values than there are maps stands behind the flattening.
        flat |=
            matches!(module.kind, Kind::Linear { .. }) || (module.is_norm() && wants != channels);
        channels = module.outputs();
        before = Some(module);
    }
    None
}

/// The order of layers in which each takes what the one before it gives; none where there is no such order or where
/// normalisations have their places already.
fn by_shapes(modules: &[Module]) -> Option<Vec<usize>> {
    if modules.iter().any(Module::is_norm) {
        return None;
    }
    let mut left: Vec<usize> = (0..modules.len()).collect();
    let mut order = Vec::new();
    let mut channels = 1usize;
    let next_conv =
        |i: &usize, channels: usize| modules[*i].is_conv() && modules[*i].inputs() == channels;
    while let Some(place) = left.iter().position(|i| next_conv(i, channels)) {
        channels = modules[left[place]].outputs();
        order.push(left.remove(place));
    }
    if left.iter().any(|i| modules[*i].is_conv()) {
        return None;
    }
    let fed = |i: usize| {
        let mut others = left.iter().filter(|j| **j != i);
        others.any(|j| modules[*j].outputs() == modules[i].inputs())
    };
    let first_dense = left.iter().position(|i| {
        let wants = modules[*i].inputs();
        if order.is_empty() {
            wants == 784
        } else {
            wants.is_multiple_of(channels) && !fed(*i)
        }
    });
    let mut next = first_dense;
    while let Some(place) = next {
        channels = modules[left[place]].outputs();
        order.push(left.remove(place));
        next = left.iter().position(|i| modules[*i].inputs() == channels);
    }
    left.is_empty().then_some(order)
}

/// The same for groups of layers, each of which keeps its own order. Groups that keep the number of maps or values come
/// before those that change it.
fn by_groups(modules: &[Module]) -> Option<Vec<usize>> {
    let parts = |module: &Module| -> Vec<String> {
        let parts = module.path.split('.');
        parts.map(str::to_string).collect()
    };
    let first = parts(modules.first()?);
    let shared = (0..first.len()).find(|depth| {
        let part = first.get(*depth);
        modules
            .iter()
            .any(|module| parts(module).get(*depth) != part)
    })?;
    let key = |module: &Module| parts(module).get(shared).cloned();
    let mut groups: Vec<Range<usize>> = Vec::new();
    for place in 0..modules.len() {
        match groups.last_mut() {
            Some(group) if key(&modules[group.start]) == key(&modules[place]) => {
                group.end = place + 1;
            }
            _ => groups.push(place..place + 1),
        }
    }
    let operators = |group: &Range<usize>| {
        let own = modules[group.clone()].iter();
        own.filter(|module| !module.is_norm())
    };
    let (mut order, mut channels, mut flat) = (Vec::new(), 1usize, false);
    while !groups.is_empty() {
        let convs_left = groups
            .iter()
            .any(|group| operators(group).any(Module::is_conv));
        let follows = |group: &Range<usize>| {
            operators(group)
                .next()
                .is_some_and(|first| match first.kind {
                    Kind::Conv2d { .. } => !flat && first.inputs() == channels,
                    _ if flat => first.inputs() == channels,
                    _ => !convs_left && first.inputs().is_multiple_of(channels),
                })
        };
        let outputs = |group: &Range<usize>| operators(group).next_back().map(Module::outputs);
        let next = (0..groups.len())
            .filter(|place| follows(&groups[*place]))
            .min_by_key(|place| outputs(&groups[*place]) != Some(channels))?;
        channels = outputs(&groups[next])?;
        flat |= operators(&groups[next]).any(|module| !module.is_conv());
        order.extend(groups.remove(next));
    }
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::modules::{modules, tests::entries};

    fn order_of(list: &[(&str, &[usize])]) -> Vec<String> {
        let found = modules(&entries(list), false);
        assert_eq!(found.problems, [""; 0]);
        let (found, _) = ordered(found.list, None, false).unwrap();
        found.into_iter().map(|module| module.path).collect()
    }

    #[test]
    fn numbers_and_names() {
        let found = order_of(&[
            ("classifier.1.weight", &[10, 64]),
            ("features.10.weight", &[64, 32, 3, 3]),
            ("features.2.weight", &[32, 1, 3, 3]),
        ]);
        assert_eq!(found, ["features.2", "features.10", "classifier.1"]);
        let found = order_of(&[
            ("fc1.weight", &[120, 400]),
            ("fc2.weight", &[10, 120]),
            ("second_conv.weight", &[16, 6, 5, 5]),
            ("a_first_conv.weight", &[6, 1, 5, 5]),
        ]);
        assert_eq!(found, ["a_first_conv", "second_conv", "fc1", "fc2"]);
    }

    #[test]
    fn normalisations_follow_their_layers() {
        let norm = |name: &str, size: usize| {
            ["weight", "bias", "running_mean", "running_var"]
                .map(|leaf| (format!("{name}.{leaf}"), vec![size]))
        };
        let mut list: Vec<(String, Vec<usize>)> = Vec::new();
        for (name, shape) in [
            ("conv1.weight", vec![8, 1, 3, 3]),
            ("conv2.weight", vec![8, 8, 3, 3]),
            ("fc1.weight", vec![50, 8 * 36]),
            ("fc2.weight", vec![10, 50]),
        ] {
            list.push((name.to_string(), shape));
        }
        for (name, size) in [("bn1", 8), ("bn2", 8), ("bn3", 50)] {
            list.extend(norm(name, size));
        }
        let list: Vec<(&str, &[usize])> = list
            .iter()
            .map(|(name, shape)| (name.as_str(), shape.as_slice()))
            .collect();
        let found = order_of(&list);
        assert_eq!(found, ["conv1", "bn1", "conv2", "bn2", "fc1", "bn3", "fc2"]);
    }

    /// Keras counts on where there was a network before.
    #[test]
    fn counted_normalisations_come_in_order() {
        let norm: &[usize] = &[8];
        let found = order_of(&[
            ("conv2d_2.weight", &[8, 1, 3, 3]),
            ("conv2d_3.weight", &[8, 8, 3, 3]),
            ("batch_normalization_3.running_mean", norm),
            ("batch_normalization_3.running_var", norm),
            ("batch_normalization_4.running_mean", norm),
            ("batch_normalization_4.running_var", norm),
            ("dense_2.weight", &[10, 8]),
        ]);
        let expected = [
            "conv2d_2",
            "batch_normalization_3",
            "conv2d_3",
            "batch_normalization_4",
            "dense_2",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn shapes_help_where_names_do_not() {
        let found = order_of(&[
            ("one.weight", &[64, 784]),
            ("two.weight", &[32, 64]),
            ("three.weight", &[16, 32]),
            ("four.weight", &[10, 16]),
        ]);
        assert_eq!(found, ["one", "two", "three", "four"]);
        // Groups with normalisations of their own.
        let norm: &[usize] = &[8];
        let found = order_of(&[
            ("conv1.0.weight", &[8, 1, 3, 3]),
            ("conv1.1.running_mean", norm),
            ("conv1.1.running_var", norm),
            ("conv2.0.weight", &[16, 8, 3, 3]),
            ("res1.0.weight", &[8, 8, 3, 3]),
            ("res1.2.weight", &[8, 8, 3, 3]),
            ("fc.weight", &[10, 16]),
        ]);
        let expected = ["conv1.0", "conv1.1", "res1.0", "res1.2", "conv2.0", "fc"];
        assert_eq!(found, expected);
    }
}

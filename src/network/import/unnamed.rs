//! Residual blocks whose layers are only numbered, as Keras and Flax do it (`conv2d_7`): a convolution of single places that does
//! not take what the one before it gives goes around some. How many these are, all blocks have in common.

use super::{blocks::is_narrow, modules::Module, order};
use std::collections::BTreeMap;

/// The modules, those of such blocks with names that tell them; all as they are where there are none.
pub(super) fn named(modules: Vec<Module>) -> Vec<Module> {
    let mut modules = order::by_name(modules);
    for (place, block) in blocks(&modules).unwrap_or_default() {
        let path = &mut modules[place].path;
        *path = match path.rsplit_once('.') {
            Some((parent, own)) => format!("{parent}.{block}.{own}"),
            None => format!("{block}.{path}"),
        };
    }
    modules
}

/// The place of each module of a block, and what its path becomes longer by.
fn blocks(modules: &[Module]) -> Option<BTreeMap<usize, String>> {
    let places = |which: fn(&Module) -> bool| -> Vec<usize> {
        let all = 0..modules.len();
        all.filter(|place| which(&modules[*place])).collect()
    };
    let (convs, norms) = (places(Module::is_conv), places(Module::is_norm));
    let kind = |place: usize| {
        let path = modules[place]
            .path
            .trim_end_matches(|c: char| c.is_ascii_digit());
        path.trim_end_matches('_')
    };
    if convs.iter().any(|conv| kind(*conv) != kind(convs[0])) {
        return None;
    }
    let (main, ways) = split(modules, &convs)?;
    let is_narrow = |place: usize| is_narrow(&modules[place]) == Some(true);
    let mut starts = BTreeMap::new();
    let mut sizes = Vec::new();
    for Way { conv, at, is_first } in ways {
        let inputs = modules[conv].inputs();
        let takes = |place: &usize| modules[main[*place]].inputs() == inputs;
        let (start, size) = if is_first {
            (at, if is_narrow(*main.get(at)?) { 3 } else { 2 })
        } else {
            let start = (0..at).rev().find(takes)?;
            (start, at - start)
        };
        let last = *main.get(start + size - 1)?;
        if modules[last].outputs() != modules[conv].outputs() {
            return None;
        }
        starts.insert(start, conv);
        sizes.push(size);
    }
    let (size, start) = (*sizes.first()?, *starts.first_key_value()?.0);
    let is_like = |other: &usize| other % size == start % size;
    if sizes.iter().any(|other| *other != size) || !starts.keys().all(is_like) {
        return None;
    }
    // At least one stands before the blocks.
    let before = start.checked_sub(1)? % size + 1;
    let mut names = BTreeMap::new();
    for (number, block) in (1..).zip(main[before..].chunks_exact(size)) {
        let way = starts.get(&(before + (number - 1) * size));
        let (first, last) = (&modules[block[0]], &modules[block[size - 1]]);
        if way.is_none() && first.inputs() != last.outputs() {
            continue;
        }
        names.extend(
            block
                .iter()
                .map(|conv| (*conv, format!("residual{number}"))),
        );
        names.extend(way.map(|conv| (*conv, format!("residual{number}.shortcut"))));
    }
    // Each convolution has a normalisation, or each that is on no way around others.
    let normed = if norms.len() == convs.len() {
        convs
    } else {
        main
    };
    if !norms.is_empty() && norms.len() != normed.len() {
        return None;
    }
    for (norm, conv) in norms.into_iter().zip(normed) {
        if modules[norm].outputs() != modules[conv].outputs() {
            return None;
        }
        let name = names.get(&conv).cloned();
        names.extend(name.map(|name| (norm, name)));
    }
    Some(names)
}

/// A convolution that goes around others.
struct Way {
    conv: usize,
    /// How many of the others are numbered before it.
    at: usize,
    /// It is numbered before those that it goes around.
    is_first: bool,
}

/// The convolutions that run one after the other, and those that go around them; none where there are none of these.
fn split(modules: &[Module], convs: &[usize]) -> Option<(Vec<usize>, Vec<Way>)> {
    let (mut main, mut ways) = (Vec::<usize>::new(), Vec::new());
    let mut channels = 1;
    let is_narrow = |place: usize| is_narrow(&modules[place]) == Some(true);
    for &conv in convs {
        let module = &modules[conv];
        let mut way = None;
        if module.inputs() != channels {
            let last = *main.last()?;
            let is_first = is_narrow(last) && modules[last].inputs() == module.inputs();
            way = if is_narrow(conv) && module.outputs() == channels {
                Some((conv, false))
            } else if is_first {
                main.pop();
                Some((last, true))
            } else {
                return None;
            };
        }
        ways.extend(way.map(|(conv, is_first)| Way {
            conv,
            at: main.len(),
            is_first,
        }));
        if way.is_none_or(|(_, is_first)| is_first) {
            main.push(conv);
            channels = module.outputs();
        }
    }
    (!ways.is_empty()).then_some((main, ways))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::modules::{modules, tests::entries};

    fn paths(list: &[(&str, &[usize])]) -> Vec<String> {
        let found = modules(&entries(list), false);
        let named = named(found.list).into_iter();
        named.map(|module| module.path).collect()
    }

    #[test]
    fn a_convolution_that_does_not_fit_tells_blocks() {
        let first: (&str, &[usize]) = ("conv2d.weight", &[8, 1, 3, 3]);
        let list = [
            first,
            ("conv2d_1.weight", &[8, 8, 3, 3]),
            ("conv2d_2.weight", &[8, 8, 3, 3]),
            ("conv2d_3.weight", &[16, 8, 3, 3]),
            ("conv2d_4.weight", &[16, 16, 3, 3]),
            ("conv2d_5.weight", &[16, 8, 1, 1]),
            ("dense.weight", &[10, 16]),
        ];
        let expected = [
            "conv2d",
            "residual1.conv2d_1",
            "residual1.conv2d_2",
            "residual2.conv2d_3",
            "residual2.conv2d_4",
            "residual2.shortcut.conv2d_5",
            "dense",
        ];
        assert_eq!(paths(&list), expected);
        let fits = [first, list[1], list[2], list[6]];
        assert!(paths(&fits).iter().all(|path| !path.contains("residual")));
        let other = [first, ("conv2d_1.weight", &[8, 4, 3, 3]), list[6]];
        assert!(paths(&other).iter().all(|path| !path.contains("residual")));
    }
}

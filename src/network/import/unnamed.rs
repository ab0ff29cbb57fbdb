//! Residual blocks whose layers are only numbered, as Keras and Flax do it (`conv2d_7`): a convolution of single places that does
//! not take what the one before it gives goes around some. How many these are, all blocks have in common. Where all fit one
//! after the other, pairs behind the first are a guess, to be tried.

use super::{blocks::is_narrow, modules::Module, order};
use std::collections::BTreeMap;

/// The modules, those of such blocks with names that tell them, and whether there are any. `is_early`: blocks begin with
/// their normalisations.
pub(super) fn named(modules: Vec<Module>, is_early: bool) -> (Vec<Module>, bool) {
    let mut modules = order::by_name(modules);
    let names = blocks(&modules, is_early).unwrap_or_default();
    let any = !names.is_empty();
    for (place, block) in names {
        let path = &mut modules[place].path;
        *path = match path.rsplit_once('.') {
            Some((parent, own)) => format!("{parent}.{block}.{own}"),
            None => format!("{block}.{path}"),
        };
    }
    (modules, any)
}

/// The place of each module of a block, and what its path becomes longer by.
fn blocks(modules: &[Module], is_early: bool) -> Option<BTreeMap<usize, String>> {
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
    // Nothing goes around layers of a list (`nn.Sequential`).
    let is_guess = ways.is_empty();
    if is_guess && convs.iter().any(|conv| modules[*conv].index().is_some()) {
        return None;
    }
    let (size, before, starts) = match is_guess {
        true => (2, 1, BTreeMap::new()),
        false => sizes(modules, &main, ways)?,
    };
    let word = if is_guess { "block" } else { "residual" };
    let (mut names, mut inside) = (BTreeMap::new(), Vec::new());
    for (number, block) in (1..).zip(main.get(before..)?.chunks_exact(size)) {
        let way = starts.get(&(before + (number - 1) * size));
        let (first, last) = (&modules[block[0]], &modules[block[size - 1]]);
        if way.is_none() && first.inputs() != last.outputs() {
            continue;
        }
        let own = block.iter().map(|conv| (*conv, format!("{word}{number}")));
        names.extend(own);
        names.extend(way.map(|conv| (*conv, format!("{word}{number}.shortcut"))));
        inside.extend(block);
    }
    let normed = match is_early {
        true => early(modules, &norms, &main, &inside)?,
        false => late(modules, &norms, &convs, &main)?,
    };
    for (norm, conv) in normed {
        let name = names.get(&conv).cloned();
        names.extend(name.map(|name| (norm, name)));
    }
    Some(names)
}

/// How many convolutions each block has, how many stand before the first, and for the places of blocks in `main` what goes
/// around them.
fn sizes(
    modules: &[Module],
    main: &[usize],
    ways: Vec<Way>,
) -> Option<(usize, usize, BTreeMap<usize, usize>)> {
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
    Some((size, before, starts))
}

/// Each normalisation with the convolution that it follows: each has one, or each that is on no way around others.
fn late(
    modules: &[Module],
    norms: &[usize],
    convs: &[usize],
    main: &[usize],
) -> Option<Vec<(usize, usize)>> {
    let normed = if norms.len() == convs.len() {
        convs
    } else {
        main
    };
    if !norms.is_empty() && norms.len() != normed.len() {
        return None;
    }
    let pairs: Vec<(usize, usize)> = norms.iter().copied().zip(normed.iter().copied()).collect();
    let fits = |(norm, conv): &(usize, usize)| modules[*norm].outputs() == modules[*conv].outputs();
    pairs.iter().all(fits).then_some(pairs)
}

/// Each normalisation of a block with the convolution of `inside` blocks that it stands before; the others stand behind the last
/// block, and first of all behind the first convolutions of `main`.
fn early(
    modules: &[Module],
    norms: &[usize],
    main: &[usize],
    inside: &[usize],
) -> Option<Vec<(usize, usize)>> {
    let before = main.iter().position(|conv| Some(conv) == inside.first())?;
    let outside = norms.len().checked_sub(inside.len());
    let Some(outside) = outside.filter(|_| !norms.is_empty()) else {
        return norms.is_empty().then(Vec::new);
    };
    let size = |place: usize| modules[place].outputs();
    [1, 0].into_iter().find_map(|behind| {
        let first = outside.checked_sub(behind).filter(|n| *n <= before)?;
        let mut stem = norms[..first].iter().zip(main);
        let pairs: Vec<(usize, usize)> = norms[first..]
            .iter()
            .copied()
            .zip(inside.iter().copied())
            .collect();
        let fits = |(norm, conv): &(usize, usize)| size(*norm) == modules[*conv].inputs();
        let mut last = norms[norms.len() - behind..].iter().zip(main.last());
        let all = stem.all(|(norm, conv)| size(*norm) == size(*conv))
            && pairs.iter().all(fits)
            && last.all(|(norm, conv)| size(*norm) == size(*conv));
        all.then_some(pairs)
    })
}

/// A convolution that goes around others.
struct Way {
    conv: usize,
    /// How many of the others are numbered before it.
    at: usize,
    /// It is numbered before those that it goes around.
    is_first: bool,
}

/// The convolutions that run one after the other, and those that go around them; none where others are left.
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
    Some((main, ways))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::modules::{modules, tests::entries};

    fn paths(list: &[(&str, &[usize])], is_early: bool) -> Vec<String> {
        let found = modules(&entries(list), false);
        let (named, _) = named(found.list, is_early);
        named.into_iter().map(|module| module.path).collect()
    }

    const FIRST: (&str, &[usize]) = ("conv2d.weight", &[8, 1, 3, 3]);
    const BLOCKS: [(&str, &[usize]); 6] = [
        ("conv2d_1.weight", &[8, 8, 3, 3]),
        ("conv2d_2.weight", &[8, 8, 3, 3]),
        ("conv2d_3.weight", &[16, 8, 3, 3]),
        ("conv2d_4.weight", &[16, 16, 3, 3]),
        ("conv2d_5.weight", &[16, 8, 1, 1]),
        ("dense.weight", &[10, 16]),
    ];

    #[test]
    fn a_convolution_that_does_not_fit_tells_blocks() {
        let list = [&[FIRST][..], &BLOCKS].concat();
        let expected = [
            "conv2d",
            "residual1.conv2d_1",
            "residual1.conv2d_2",
            "residual2.conv2d_3",
            "residual2.conv2d_4",
            "residual2.shortcut.conv2d_5",
            "dense",
        ];
        assert_eq!(paths(&list, false), expected);
        assert_eq!(paths(&list, true), expected);
        let other = [FIRST, ("conv2d_1.weight", &[8, 4, 3, 3]), BLOCKS[5]];
        assert!(
            paths(&other, false)
                .iter()
                .all(|path| !path.contains("residual"))
        );
    }

    #[test]
    fn pairs_are_a_guess_outside_of_lists() {
        let fits = [FIRST, BLOCKS[0], BLOCKS[1], BLOCKS[5]];
        let guess = ["conv2d", "block1.conv2d_1", "block1.conv2d_2", "dense"];
        assert_eq!(paths(&fits, false), guess);
        let listed = [
            ("0.weight", FIRST.1),
            ("2.weight", BLOCKS[0].1),
            ("4.weight", BLOCKS[0].1),
        ];
        assert_eq!(paths(&listed, false), ["0", "2", "4"]);
    }

    #[test]
    fn normalisations_stand_behind_convolutions_or_before_them() {
        let sizes: [&[usize]; 5] = [&[8], &[8], &[8], &[16], &[16]];
        let names: Vec<[String; 2]> = (0..5)
            .map(|i| ["mean", "var"].map(|leaf| format!("bn_{i}.running_{leaf}")))
            .collect();
        let mut list = [&[FIRST][..], &BLOCKS].concat();
        for (names, size) in names.iter().zip(sizes) {
            list.extend(names.iter().map(|name| (name.as_str(), size)));
        }
        let norms = |is_early| -> Vec<String> {
            let paths = paths(&list, is_early).into_iter();
            paths.filter(|path| path.contains("bn")).collect()
        };
        let late = [
            "residual1.bn_1",
            "residual1.bn_2",
            "residual2.bn_3",
            "residual2.bn_4",
        ];
        for path in late {
            assert!(norms(false).contains(&path.to_string()), "{path}");
        }
        let early = [
            "residual1.bn_0",
            "residual1.bn_1",
            "residual2.bn_2",
            "residual2.bn_3",
        ];
        for path in early {
            assert!(norms(true).contains(&path.to_string()), "{path}");
        }
    }
}

//! The order of networks whose residual blocks begin with a normalisation and an activation: each normalisation stands before the
//! convolution that takes as many maps, and one more behind the last block.

use super::{
    blocks::{Around, Names},
    modules::Module,
    order::{self, How},
};

/// Modules in such an order.
pub(super) struct Early {
    pub modules: Vec<Module>,
    /// How the order of all but the normalisations was found.
    pub how: How,
    /// No other order of the normalisations is possible, or they are called so.
    pub is_sure: bool,
}

/// The modules in that order; none where they do not fit into it.
pub(super) fn ordered(modules: Vec<Module>, around: &[Around]) -> Option<Early> {
    let (norms, operators): (Vec<Module>, Vec<Module>) =
        modules.into_iter().partition(Module::is_norm);
    let mut norms = order::by_name(norms);
    let (operators, how) = order::ordered(operators, None, false).ok()?;
    let names = Names::new(&operators, around);
    let runs = names.runs(&operators);
    let mut before: Vec<Option<Module>> = vec![None; operators.len()];
    let mut is_sure = false;
    for (number, (block, _, run)) in runs.iter().enumerate() {
        let is_own = |norm: &Module| names.of(norm).is_some_and(|(own, _)| own == *block);
        let (mut own, rest): (Vec<Module>, Vec<Module>) = norms.into_iter().partition(is_own);
        norms = rest;
        if own.is_empty() {
            continue;
        }
        // The first block's first may stand before it.
        let first = run.len().checked_sub(own.len())?;
        if first > usize::from(number == 0 && run.start > 0) {
            return None;
        }
        let is_first = |norm: &Module| norm.path.contains("preact");
        own.sort_by_key(|norm| !is_first(norm));
        for (norm, place) in own.into_iter().zip(run.clone().skip(first)) {
            let operator = &operators[place];
            if norm.outputs() != operator.inputs() || is_numbered_behind(&norm, operator) {
                return None;
            }
            is_sure |= is_first(&norm) || first == 0 && operator.inputs() != operator.outputs();
            before[place] = Some(norm);
        }
    }
    let (_, _, last) = runs.last()?;
    let [first, last] = [operators.first()?, operators.get(last.end - 1)?];
    let shared = |a: &Module, b: &Module| order::shared_parts(&a.path, &b.path);
    let is_last = |norm: &Module| {
        norm.outputs() == last.outputs() && shared(norm, first) <= shared(norm, last)
    };
    let ends = |norm: &Module| {
        let own = norm.path.rsplit('.').next().unwrap_or_default();
        order::means_the_end(own) || own.starts_with("post")
    };
    let behind = (0..norms.len())
        .filter(|place| is_last(&norms[*place]))
        .max_by_key(|place| (ends(&norms[*place]), *place));
    let mut behind = behind.map(|place| norms.remove(place));
    let last = last.path.clone();
    let mut outside = Vec::new();
    for (place, operator) in operators.iter().enumerate() {
        let inside = runs.iter().any(|(_, _, run)| run.contains(&place));
        let own = |norm: &Module| !inside && norm.outputs() == operator.outputs();
        let own = norms.iter().position(own);
        outside.push(own.map(|place| norms.remove(place)));
    }
    if !norms.is_empty() {
        return None;
    }
    let mut modules = Vec::new();
    for ((operator, before), after) in operators.into_iter().zip(before).zip(outside) {
        let is_last = operator.path == last;
        modules.extend(before);
        modules.push(operator);
        modules.extend(after);
        if is_last {
            modules.extend(behind.take());
        }
    }
    Some(Early {
        modules,
        how,
        is_sure,
    })
}

/// Whether both stand in one numbered list, the normalisation behind the other.
fn is_numbered_behind(norm: &Module, operator: &Module) -> bool {
    let numbers = norm.index().zip(operator.index());
    norm.parent() == operator.parent() && numbers.is_some_and(|(norm, operator)| norm > operator)
}

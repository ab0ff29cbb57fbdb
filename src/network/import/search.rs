//! The strides, paddings and poolings that nobody wrote down: the most plausible ones with which the maps end in exactly
//! as many values as the first dense layer takes.
//!
//! Every choice costs something, and so does a change of style from one convolution to the next. The cheapest
//! arrangement that fits exactly is taken; among equals the one that comes first in [`options`]. Free of charge: no
//! padding or "same", stride 1, and 2×2 pooling wherever the number of maps changes next (so after each convolution of
//! 6, 16 and after each pair of 32, 32, 64, 64) and after the last.

use super::sidecar::{Fixed, Pool};
use crate::spec::windows;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// More steps than this, some tenths of a second, are not taken.
const MAX_STEPS: usize = 1_000_000;

const ODD_PADDING: u32 = 12;
const OTHER_PADDING_THAN_BEFORE: u32 = 6;
const STRIDE_TWO: u32 = 6;
const STRIDE_OF_KERNEL: u32 = 13;
const OTHER_STRIDE_THAN_BEFORE: u32 = 1;
const POOL_THREE_BY_TWO: u32 = 5;
const POOL_THREE: u32 = 6;
const STRIDE_AND_POOL: u32 = 4;
const EXPECTED_POOL_MISSING: u32 = 4;
const UNEXPECTED_POOL: u32 = 2;
/// The numbering has no room for the pooling, or has room that nothing else fills (but dropout may).
const POOL_WITHOUT_ROOM: u32 = 12;
const ROOM_WITHOUT_POOL: u32 = 5;
const GLOBAL_MEAN: u32 = 2;
const REGULAR: u32 = 2;
/// A shortcut with a convolution of its own mostly halves the maps.
const BLOCK_WITHOUT_STRIDE: u32 = 3;
/// Where a block of three halves the maps: mostly in its second convolution.
const OTHER_STRIDE_OF_BLOCK: u32 = 1;
const POOL_AFTER_BLOCK: u32 = 5;
/// Before residual blocks stands a convolution of 7×7 with stride 2 and a pooling with padding (He et al. 2015,
/// arXiv:1512.03385), or a smaller one with neither.
const WIDE_STEM: [usize; 2] = [7, 7];
const OTHER_STEM: u32 = 1;
const POOL_AFTER_STEM: u32 = 2;

/// A convolution whose surroundings are searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conv {
    pub kernel_size: [usize; 2],
    pub out_channels: usize,
    /// Not after the output.
    pub may_pool: bool,
    /// Whether the numbering leaves room for pooling; none where it does not tell.
    pub pool_fits_gap: Option<bool>,
    /// Whether the number of maps changes next, or nothing follows.
    pub pool_expected: bool,
    /// Where it stands in a residual block, its strides there: the block's output has to be as large as what the shortcut
    /// brings, so that all else keeps the maps' size.
    pub in_block: Option<Strides>,
    /// It does without a stride where the one before it, of single places, has taken the block's.
    pub takes_over: bool,
    /// Its weights lie as in TensorFlow and JAX, and nobody says that it is padded otherwise.
    pub is_of_tensorflow: bool,
    /// What it is to the beginning of a network of residual blocks.
    pub stem: Stem,
}

/// A place among what stands before the first residual block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stem {
    /// Among nothing of the kind.
    None,
    /// All of it.
    Whole,
    /// The first of three that stand for a wide one (ResNet-C and -D: He et al. 2018, arXiv:1812.01187); it has the stride.
    First,
    Inner,
    /// Behind it stands the pooling.
    Last,
}

/// The strides of a convolution in a residual block, the plausible first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strides {
    /// Always 1.
    Never,
    /// 2, seldom 1.
    Often,
    /// 1, seldom 2.
    Seldom,
    /// 1, or 2 for the convolution after it.
    Before,
    /// 2 for the convolution after it, or 1.
    Instead,
}

impl Strides {
    fn options(self) -> Vec<([usize; 2], u32)> {
        let (one, two) = ([1, 1], [2, 2]);
        match self {
            Self::Never => vec![(one, 0)],
            Self::Often => vec![(two, 0), (one, BLOCK_WITHOUT_STRIDE)],
            Self::Seldom => vec![(one, 0), (two, BLOCK_WITHOUT_STRIDE)],
            Self::Before => vec![(one, 0), (two, OTHER_STRIDE_OF_BLOCK)],
            Self::Instead => vec![(two, 0), (one, OTHER_STRIDE_OF_BLOCK)],
        }
    }
}

/// What the maps have to end in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// So many values in all.
    Values(usize),
    /// One value a map: the convolutions give the answer themselves.
    OnePlace,
    /// Anything, to show where it would lead.
    Any,
}

/// What is decided about one convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub padding: [usize; 2],
    pub stride: [usize; 2],
    pub pool: Option<Pool>,
    pub style: Style,
    pub cost: u32,
}

impl Choice {
    /// Whether it halves maps with padding as the program has it, which in TensorFlow and JAX is not the same in front and behind
    /// for maps of even size. That of 7×7 kernels people write down, as He et al. 2015 have it.
    pub fn is_halving(&self, kernel_size: [usize; 2]) -> bool {
        let is_odd = kernel_size.iter().all(|size| size % 2 == 1 && *size < 7);
        let half = kernel_size.map(|size| (size - 1) / 2);
        is_odd && half != [0, 0] && self.stride == [2, 2] && self.padding == half
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            padding: [0, 0],
            stride: [1, 1],
            pool: None,
            style: Style::Any,
            cost: 0,
        }
    }
}

/// A habit of padding, which networks keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Style {
    /// Of a 1×1 kernel, or as the description says.
    Any,
    Zero,
    Same,
    Odd,
}

/// Before the convolution at `conv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    conv: usize,
    size: [usize; 2],
    style: Style,
    stride: [usize; 2],
}

/// An arrangement that fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub cost: u32,
    pub choices: Vec<Choice>,
    /// The mean of each map follows the last.
    pub global_mean: bool,
}

impl Found {
    /// Whether nothing in it tells across from down.
    pub fn is_square(&self) -> bool {
        let same = |[y, x]: [usize; 2]| y == x;
        self.choices.iter().all(|choice| {
            let pool = choice.pool;
            same(choice.padding)
                && same(choice.stride)
                && pool.is_none_or(|pool| same(pool.kernel_size) && same(pool.stride))
        })
    }
}

/// As [`search`], and where one value of each map is wanted also arrangements whose maps end in their means.
pub(super) fn search_with_means(
    convs: &[Conv],
    fixed: &[Fixed],
    end: End,
    limit: usize,
) -> Result<Vec<Found>, TooMany> {
    let mut found = search(convs, fixed, end, limit)?;
    let least = found.first().map_or(0, |found| found.cost);
    for one in regular(convs, fixed, end) {
        match found.iter_mut().find(|found| found.choices == one.choices) {
            Some(found) => found.cost = found.cost.min(least + REGULAR),
            None => found.push(Found {
                cost: least + REGULAR,
                ..one
            }),
        }
    }
    found.sort_by_key(|one| one.cost);
    let channels = convs.last().map_or(0, |conv| conv.out_channels);
    if !convs.is_empty() && (end == End::OnePlace || end == End::Values(channels)) {
        let mut means = search(convs, fixed, End::Any, limit)?;
        for one in &mut means {
            one.global_mean = true;
            one.cost += GLOBAL_MEAN;
        }
        found.extend(means);
        found.sort_by_key(|one| one.cost);
    }
    Ok(found)
}

/// Arrangements that fit in which every convolution does the same, such as three of stride 2 and padding 1: people write
/// networks so, however dear each choice is for itself.
fn regular(convs: &[Conv], fixed: &[Fixed], end: End) -> Vec<Found> {
    let search = Search::new(convs, fixed, end);
    let Some(first) = search.options.first() else {
        return Vec::new();
    };
    let walk = |like: &Choice| {
        let mut state = START;
        let mut choices = Vec::new();
        for options in &search.options {
            let same = |choice: &Choice| {
                let style =
                    [choice.style, like.style].contains(&Style::Any) || choice.style == like.style;
                style && choice.stride == like.stride && choice.pool == like.pool
            };
            let option = options.iter().position(same)?;
            choices.push(options[option]);
            (_, state) = search.step(state, option)?;
        }
        search.fits(state).then_some(Found {
            cost: 0,
            choices,
            global_mean: false,
        })
    };
    first.iter().filter_map(walk).collect()
}

/// Before the first convolution.
const START: State = State {
    conv: 0,
    size: [28, 28],
    style: Style::Any,
    stride: [0, 0],
};

/// The `limit` most plausible arrangements that fit, best first; `fixed` holds what is known of each convolution. An
/// error where there are too many possibilities to look through.
pub(super) fn search(
    convs: &[Conv],
    fixed: &[Fixed],
    end: End,
    limit: usize,
) -> Result<Vec<Found>, TooMany> {
    let mut search = Search::new(convs, fixed, end);
    let start = START;
    let mut found = Vec::new();
    let mut open = BinaryHeap::new();
    if let Some(rest) = search.rest(start)? {
        open.push(Reverse((rest, Vec::<usize>::new(), 0u32, start)));
    }
    // `total` is exact, so this only ever walks along arrangements that fit, cheapest first.
    while let Some(Reverse((total, taken, paid, state))) = open.pop() {
        if state.conv == convs.len() {
            let choices = search.options.iter().zip(&taken);
            found.push(Found {
                cost: total,
                choices: choices.map(|(options, taken)| options[*taken]).collect(),
                global_mean: false,
            });
            if found.len() == limit {
                break;
            }
            continue;
        }
        for option in 0..search.options[state.conv].len() {
            let Some((cost, next)) = search.step(state, option) else {
                continue;
            };
            if let Some(rest) = search.rest(next)? {
                let mut taken = taken.clone();
                taken.push(option);
                open.push(Reverse((paid + cost + rest, taken, paid + cost, next)));
            }
        }
    }
    Ok(found)
}

/// The search was given up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TooMany;

struct Search<'a> {
    options: Vec<Vec<Choice>>,
    convs: &'a [Conv],
    channels: usize,
    end: End,
    /// The least that is still to be paid from a state on; none where nothing fits from there.
    rest: HashMap<State, Option<u32>>,
    steps: usize,
}

impl<'a> Search<'a> {
    /// `fixed` holds what is known of each convolution.
    fn new(convs: &'a [Conv], fixed: &[Fixed], end: End) -> Self {
        let known = convs.iter().zip(fixed);
        Self {
            options: known.map(|(conv, fixed)| options(conv, fixed)).collect(),
            channels: convs.last().map_or(1, |conv| conv.out_channels),
            convs,
            end,
            rest: HashMap::new(),
            steps: 0,
        }
    }

    /// Whether the maps behind the last convolution are as they have to be.
    fn fits(&self, state: State) -> bool {
        let [height, width] = state.size;
        match self.end {
            End::Values(values) => {
                let places = height.saturating_mul(width);
                places.saturating_mul(self.channels) == values
            }
            End::OnePlace => state.size == [1, 1],
            End::Any => true,
        }
    }

    fn rest(&mut self, state: State) -> Result<Option<u32>, TooMany> {
        if state.conv == self.convs.len() {
            return Ok(self.fits(state).then_some(0));
        }
        if let Some(known) = self.rest.get(&state) {
            return Ok(*known);
        }
        let mut best = None;
        for option in 0..self.options[state.conv].len() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(TooMany);
            }
            let Some((cost, next)) = self.step(state, option) else {
                continue;
            };
            if let Some(rest) = self.rest(next)? {
                let total = cost + rest;
                best = Some(best.map_or(total, |best: u32| best.min(total)));
            }
        }
        self.rest.insert(state, best);
        Ok(best)
    }

    /// What an option costs here and where it leads; none where its windows do not fit.
    fn step(&self, state: State, option: usize) -> Option<(u32, State)> {
        let choice = self.options[state.conv][option];
        let conv = &self.convs[state.conv];
        let kernel = conv.kernel_size;
        let mut size = state.size;
        for (axis, size) in size.iter_mut().enumerate() {
            let (stride, padding) = (choice.stride[axis], choice.padding[axis]);
            *size = windows(*size, kernel[axis], stride, padding).ok()?;
            if let Some(pool) = choice.pool {
                let [kernel, stride] = [pool.kernel_size[axis], pool.stride[axis]];
                *size = windows(*size, kernel, stride, pool.padding[axis]).ok()?;
            }
        }
        let mut cost = choice.cost;
        if conv.takes_over && state.stride != [1, 1] {
            if choice.stride != [1, 1] {
                return None;
            }
            cost -= cost.min(BLOCK_WITHOUT_STRIDE);
        }
        let both_known = state.style != Style::Any && choice.style != Style::Any;
        if both_known && state.style != choice.style {
            cost += OTHER_PADDING_THAN_BEFORE;
        }
        if state.conv > 0 && conv.in_block.is_none() && state.stride != choice.stride {
            cost += OTHER_STRIDE_THAN_BEFORE;
        }
        let next = State {
            conv: state.conv + 1,
            size,
            style: if choice.style == Style::Any {
                state.style
            } else {
                choice.style
            },
            stride: choice.stride,
        };
        Some((cost, next))
    }
}

/// Everything that is considered for a convolution, the plausible first.
fn options(conv: &Conv, fixed: &Fixed) -> Vec<Choice> {
    let mut options = Vec::new();
    for (padding, style, padding_cost) in paddings(conv, fixed) {
        for (stride, stride_cost) in strides(conv, fixed) {
            for (pool, pool_cost) in pools(conv, fixed) {
                let mut cost = padding_cost + stride_cost + pool_cost;
                if stride != [1, 1] && pool.is_some() && conv.stem == Stem::None {
                    cost += STRIDE_AND_POOL;
                }
                options.push(Choice {
                    padding,
                    stride,
                    pool,
                    style,
                    cost,
                });
            }
        }
    }
    options
}

fn paddings(conv: &Conv, fixed: &Fixed) -> Vec<([usize; 2], Style, u32)> {
    if let Some(padding) = fixed.padding {
        return vec![(padding, Style::Any, 0)];
    }
    let kernel = conv.kernel_size;
    if conv.in_block.is_some() {
        return vec![(kernel.map(|size| (size - 1) / 2), Style::Same, 0)];
    }
    if kernel == [1, 1] {
        return vec![([0, 0], Style::Any, 0)];
    }
    let mut paddings = vec![([0, 0], Style::Zero, 0)];
    let same = kernel.map(|size| (size - 1) / 2);
    if same != [0, 0] {
        paddings.push((same, Style::Same, 0));
    }
    for odd in [[1, 1], [2, 2]] {
        let small = odd[0] <= kernel[0] / 2 && odd[1] <= kernel[1] / 2;
        if small && odd != same {
            paddings.push((odd, Style::Odd, ODD_PADDING));
        }
    }
    paddings
}

fn strides(conv: &Conv, fixed: &Fixed) -> Vec<([usize; 2], u32)> {
    if let Some(stride) = fixed.stride {
        return vec![(stride, 0)];
    }
    if let Some(strides) = conv.in_block {
        return strides.options();
    }
    match conv.stem {
        Stem::Whole if conv.kernel_size != WIDE_STEM => {}
        Stem::None => {}
        Stem::Whole | Stem::First => return vec![([2, 2], 0), ([1, 1], OTHER_STEM)],
        Stem::Inner | Stem::Last => return vec![([1, 1], 0), ([2, 2], STRIDE_TWO)],
    }
    let mut strides = vec![([1, 1], 0), ([2, 2], STRIDE_TWO)];
    let [y, x] = conv.kernel_size;
    if y == x && y > 2 {
        strides.push(([y, x], STRIDE_OF_KERNEL));
    }
    strides
}

fn pools(conv: &Conv, fixed: &Fixed) -> Vec<(Option<Pool>, u32)> {
    if let Some(pool) = fixed.pool {
        return vec![(pool, 0)];
    }
    if !conv.may_pool {
        return vec![(None, 0)];
    }
    if matches!(conv.stem, Stem::First | Stem::Inner) {
        let small = Pool::either([2, 2], [2, 2]);
        return vec![(None, 0), (Some(small), UNEXPECTED_POOL)];
    }
    if conv.stem != Stem::None {
        let padded = Pool {
            padding: [1, 1],
            mean: Some(false),
            ..Pool::either([3, 3], [2, 2])
        };
        let small = Pool::either([2, 2], [2, 2]);
        return if conv.stem == Stem::Last || conv.kernel_size == WIDE_STEM {
            vec![
                (Some(padded), 0),
                (None, OTHER_STEM),
                (Some(small), POOL_AFTER_STEM),
            ]
        } else {
            vec![
                (None, 0),
                (Some(padded), POOL_AFTER_STEM),
                (Some(small), POOL_AFTER_STEM),
            ]
        };
    }
    if conv.in_block.is_some() {
        let pool = Pool::either([2, 2], [2, 2]);
        return vec![(None, 0), (Some(pool), POOL_AFTER_BLOCK)];
    }
    // Without a hint from the numbering, habit has to do.
    let (with, without) = match (conv.pool_fits_gap, conv.pool_expected) {
        (Some(true), _) => (0, ROOM_WITHOUT_POOL),
        (Some(false), _) => (POOL_WITHOUT_ROOM, 0),
        (None, true) => (0, EXPECTED_POOL_MISSING),
        (None, false) => (UNEXPECTED_POOL, 0),
    };
    vec![
        (Some(Pool::either([2, 2], [2, 2])), with),
        (None, without),
        (Some(Pool::either([3, 3], [2, 2])), with + POOL_THREE_BY_TWO),
        (Some(Pool::either([3, 3], [3, 3])), with + POOL_THREE),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convs(list: &[(usize, usize)]) -> Vec<Conv> {
        let all = list
            .iter()
            .enumerate()
            .map(|(i, (out_channels, size))| Conv {
                kernel_size: [*size, *size],
                out_channels: *out_channels,
                may_pool: true,
                pool_fits_gap: None,
                pool_expected: list.get(i + 1).map(|next| next.0) != Some(*out_channels),
                in_block: None,
                takes_over: false,
                is_of_tensorflow: false,
                stem: Stem::None,
            });
        all.collect()
    }

    /// Padding and whether pooled, for each convolution of the best arrangement.
    fn best(list: &[(usize, usize)], values: usize) -> Vec<(usize, bool)> {
        let convs = convs(list);
        let fixed = vec![Fixed::default(); convs.len()];
        let found = search(&convs, &fixed, End::Values(values), 1).unwrap();
        let choices = found[0].choices.iter();
        choices
            .map(|choice| (choice.padding[0], choice.pool.is_some()))
            .collect()
    }

    #[test]
    fn well_known_networks() {
        // LeNet-5, first with the padding that makes 28×28 of 32×32, then without.
        assert_eq!(best(&[(6, 5), (16, 5)], 400), [(2, true), (0, true)]);
        assert_eq!(best(&[(6, 5), (16, 5)], 256), [(0, true), (0, true)]);
        // PyTorch's MNIST example: both convolutions, then pooling.
        assert_eq!(best(&[(32, 3), (64, 3)], 9216), [(0, false), (0, true)]);
        assert_eq!(best(&[(10, 5), (20, 5)], 320), [(0, true), (0, true)]);
        assert_eq!(best(&[(16, 5), (32, 5)], 1568), [(2, true), (2, true)]);
        assert_eq!(best(&[(32, 3), (64, 3), (128, 3)], 1152), [(1, true); 3]);
        // tinygrad's, and in the manner of VGG.
        let pairs = [(0, false), (0, true), (0, false), (0, true)];
        assert_eq!(best(&[(32, 5), (32, 5), (64, 3), (64, 3)], 576), pairs);
        let pairs = [(1, false), (1, true), (1, false), (1, true)];
        assert_eq!(best(&[(32, 3), (32, 3), (64, 3), (64, 3)], 3136), pairs);
    }

    #[test]
    fn the_numbering_tells_strides_from_pooling() {
        let mut convs = convs(&[(16, 3), (32, 3)]);
        let fixed = [Fixed::default(); 2];
        let found = search(&convs, &fixed, End::Values(1568), 1).unwrap();
        assert!(
            found[0]
                .choices
                .iter()
                .all(|choice| choice.stride == [1, 1])
        );
        for conv in &mut convs {
            conv.pool_fits_gap = Some(false);
        }
        let found = search(&convs, &fixed, End::Values(1568), 1).unwrap();
        for choice in &found[0].choices {
            assert_eq!((choice.stride, choice.padding), ([2, 2], [1, 1]));
            assert_eq!(choice.pool, None);
        }
    }

    #[test]
    fn what_is_fixed_stays() {
        let convs = convs(&[(6, 5), (16, 5)]);
        let mut fixed = [Fixed::default(); 2];
        fixed[0].padding = Some([0, 0]);
        let end = End::Values(400);
        for found in search(&convs, &fixed, end, 3).unwrap() {
            assert_eq!(found.choices[0].padding, [0, 0]);
        }
        fixed[0].pool = Some(None);
        fixed[0].stride = Some([1, 1]);
        fixed[1] = fixed[0];
        assert_eq!(search(&convs, &fixed, end, 3), Ok(Vec::new()));
    }

    #[test]
    fn found_arrangements_come_in_order_of_cost_and_fit() {
        let convs = convs(&[(32, 3), (64, 3)]);
        let fixed = [Fixed::default(); 2];
        let found = search(&convs, &fixed, End::Values(9216), 5).unwrap();
        assert!(found.windows(2).all(|pair| pair[0].cost <= pair[1].cost));
        assert!(found.len() > 1);
    }
}

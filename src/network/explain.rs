//! One cell's arithmetic: where its value comes from, term by term, and what part of the image it sees.
//!
//! A cell is a place in a *row* of the arena: row 0 is the normalised input, row `i + 1` is stage `i`.

use crate::{
    cpu::batch_norm_affine,
    model::Model,
    spec::{Activation, LayerSpec, Pooling, Shape, count},
    stage::{ArenaLayout, Stage, StageKind},
};

/// A place in one row of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// 0 is the input, `i + 1` is stage `i`.
    pub row: usize,
    /// Which map, or which feature of a dense row.
    pub channel: usize,
    /// From the top; 0 in a dense row.
    pub y: usize,
    /// From the left; 0 in a dense row.
    pub x: usize,
}

impl Cell {
    /// The cell at `index` (row-major) of a row of this shape.
    pub fn at(row: usize, index: usize, [_, height, width]: Shape) -> Self {
        Self {
            row,
            channel: index / (height * width),
            y: index / width % height,
            x: index % width,
        }
    }

    /// Its index in its row, row-major.
    pub fn index(&self, [_, height, width]: Shape) -> usize {
        (self.channel * height + self.y) * width + self.x
    }
}

/// `weight · input`, one of the products that a cell adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Index of the input value in the row that the stage reads ([`ArenaLayout::source`]).
    pub source: usize,
    /// The learned number.
    pub weight: f32,
    /// The value that it multiplies.
    pub input: f32,
}

impl Term {
    /// The signed contribution.
    pub fn product(&self) -> f32 {
        self.weight * self.input
    }
}

/// What a shortcut adds to a cell's sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skipped {
    /// The row that it comes from.
    pub row: usize,
    /// Index of the value in that row.
    pub source: usize,
    /// What is added.
    pub value: f32,
}

/// How a cell's value comes about. `value` is what the arithmetic gives, to be compared with the traced forward.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Whose value it is.
    pub cell: Cell,
    /// What is computed before the activation.
    pub arithmetic: Arithmetic,
    /// What a shortcut adds to that.
    pub skipped: Option<Skipped>,
    /// What makes `value` of `sum`.
    pub activation: Activation,
    /// Before the activation, with what a shortcut adds.
    pub sum: f32,
    /// After the activation.
    pub value: f32,
}

/// What is computed before the activation.
#[derive(Clone, Debug, PartialEq)]
pub enum Arithmetic {
    /// `pixel · scale + offset`.
    Input {
        /// In `[0, 1]`.
        pixel: f32,
        /// [`crate::Normalisation::scale`].
        scale: f32,
        /// [`crate::Normalisation::offset`].
        offset: f32,
    },
    /// The products of a kernel with a patch, plus the bias.
    Conv2d {
        /// `[height, width]`.
        kernel_size: [usize; 2],
        /// Top left of the patch in the previous row's maps, `[y, x]`, negative in the padding.
        origin: [isize; 2],
        /// `[channel][kernel_y][kernel_x]`; places in the padding have no term.
        terms: Vec<Option<Term>>,
        /// Added to the products.
        bias: f32,
    },
    /// All products of a dense neuron, plus the bias.
    Linear {
        /// One for each value of the previous row, in its order.
        terms: Vec<Term>,
        /// Added to the products.
        bias: f32,
    },
    /// The largest of the window or its mean, each value after `scale · x + shift`. Places beyond the edge repeat the nearest
    /// inside, which changes no maximum.
    Pool {
        /// The mean instead of the largest.
        mean: bool,
        /// `[height, width]`.
        kernel_size: [usize; 2],
        /// Top left of the window in the previous row's maps, `[y, x]`.
        origin: [usize; 2],
        /// Index in the previous row and value there, row-major in the window.
        window: Vec<(usize, f32)>,
        /// Of the batch norm; 1 without one.
        scale: f32,
        /// Of the batch norm; 0 without one.
        shift: f32,
        /// The window's place that wins.
        winner: usize,
    },
}

impl Explanation {
    /// The terms that exist, in their order; none for the input and for pooling.
    pub fn terms(&self) -> Vec<Term> {
        match &self.arithmetic {
            Arithmetic::Conv2d { terms, .. } => terms.iter().flatten().copied().collect(),
            Arithmetic::Linear { terms, .. } => terms.clone(),
            _ => Vec::new(),
        }
    }

    /// A dense output's terms added up by the map that they come from, `plane` values each: the map's channel and its sum, those with
    /// the largest magnitude first.
    pub fn maps(&self, plane: usize) -> Vec<(usize, f32)> {
        let mut sums = Vec::new();
        for term in self.terms() {
            let channel = term.source / plane.max(1);
            if sums.len() <= channel {
                sums.resize(channel + 1, 0.0);
            }
            sums[channel] += term.product();
        }
        let mut maps: Vec<(usize, f32)> = sums.into_iter().enumerate().collect();
        maps.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        maps
    }

    /// The `count` terms with the largest magnitude, largest first; pooling's winner is a single term of weight `scale`.
    pub fn strongest_terms(&self, count: usize) -> Vec<Term> {
        if let Arithmetic::Pool {
            mean: false,
            window,
            scale,
            winner,
            ..
        } = &self.arithmetic
        {
            let (source, input) = window[*winner];
            return vec![Term {
                source,
                weight: *scale,
                input,
            }];
        }
        let mut terms = match &self.arithmetic {
            Arithmetic::Pool { window, scale, .. } => {
                let weight = scale / window.len() as f32;
                let term = |&(source, input): &(usize, f32)| Term {
                    source,
                    weight,
                    input,
                };
                window.iter().map(term).collect()
            }
            _ => self.terms(),
        };
        let by_size = |a: &Term, b: &Term| b.product().abs().total_cmp(&a.product().abs());
        if count < terms.len() {
            terms.select_nth_unstable_by(count, by_size);
            terms.truncate(count);
        }
        terms.sort_by(by_size);
        terms
    }
}

/// The arithmetic of `cell` for the values in `arena` (one image, [`ArenaLayout`]).
///
/// # Panics
/// Where the cell lies outside its row or the arena has another length than the layout.
pub fn explain(model: &Model, layout: &ArenaLayout, arena: &[f32], cell: Cell) -> Explanation {
    assert_eq!(arena.len(), layout.len, "the arena of this layout");
    if cell.row == 0 {
        return explain_input(model, layout, arena, cell);
    }
    let stage = &layout.stages[cell.row - 1];
    let input = &arena[layout.range(stage.from)];
    let (arithmetic, sum) = match stage.kind {
        StageKind::Conv2d { layer } => explain_conv(model, stage, layer, input, cell),
        StageKind::Linear { layer } => explain_linear(model, layer, input, cell),
        StageKind::Pool { norm, pool } => explain_pool(model, stage, [norm, pool], input, cell),
    };
    let skipped = stage.add.map(|row| {
        let source = cell.index(stage.output);
        Skipped {
            row,
            source,
            value: arena[layout.range(row)][source],
        }
    });
    let sum = sum + skipped.map_or(0.0, |skipped| skipped.value);
    Explanation {
        cell,
        arithmetic,
        skipped,
        activation: stage.activation,
        sum,
        value: stage.activation.apply(sum),
    }
}

fn explain_input(model: &Model, layout: &ArenaLayout, arena: &[f32], cell: Cell) -> Explanation {
    let normalisation = model.spec.normalisation();
    let value = arena[cell.index(layout.input)];
    let pixel = (value - normalisation.offset) / normalisation.scale;
    Explanation {
        cell,
        arithmetic: Arithmetic::Input {
            pixel,
            scale: normalisation.scale,
            offset: normalisation.offset,
        },
        skipped: None,
        activation: Activation::None,
        sum: value,
        value,
    }
}

fn explain_conv(
    model: &Model,
    stage: &Stage,
    layer: usize,
    input: &[f32],
    cell: Cell,
) -> (Arithmetic, f32) {
    let LayerSpec::Conv2d {
        kernel_size,
        stride,
        padding,
        ..
    } = model.spec.layers()[layer]
    else {
        unreachable!("a convolution stage's layer is a convolution");
    };
    let [channels, height, width] = stage.input;
    let taps = channels * kernel_size[0] * kernel_size[1];
    let kernel = &model.parameter(layer, "weight").values[cell.channel * taps..][..taps];
    let bias = model.parameter(layer, "bias").values[cell.channel];
    let origin = [
        (cell.y * stride[0]) as isize - padding[0] as isize,
        (cell.x * stride[1]) as isize - padding[1] as isize,
    ];
    let terms: Vec<Option<Term>> = (0..taps)
        .map(|tap| {
            let kernel_cell = Cell::at(0, tap, [channels, kernel_size[0], kernel_size[1]]);
            let y = usize::try_from(origin[0] + kernel_cell.y as isize).ok()?;
            let x = usize::try_from(origin[1] + kernel_cell.x as isize).ok()?;
            let source = (kernel_cell.channel * height + y) * width + x;
            (y < height && x < width).then(|| Term {
                source,
                weight: kernel[tap],
                input: input[source],
            })
        })
        .collect();
    let sum = terms.iter().flatten().map(Term::product).sum::<f32>() + bias;
    let arithmetic = Arithmetic::Conv2d {
        kernel_size,
        origin,
        terms,
        bias,
    };
    (arithmetic, sum)
}

fn explain_linear(model: &Model, layer: usize, input: &[f32], cell: Cell) -> (Arithmetic, f32) {
    let weight = &model.parameter(layer, "weight").values[cell.channel * input.len()..];
    let bias = model.parameter(layer, "bias").values[cell.channel];
    let terms: Vec<Term> = input
        .iter()
        .zip(weight)
        .enumerate()
        .map(|(source, (input, weight))| Term {
            source,
            weight: *weight,
            input: *input,
        })
        .collect();
    let sum = terms.iter().map(Term::product).sum::<f32>() + bias;
    (Arithmetic::Linear { terms, bias }, sum)
}

fn explain_pool(
    model: &Model,
    stage: &Stage,
    [norm, pool]: [Option<usize>; 2],
    input: &[f32],
    cell: Cell,
) -> (Arithmetic, f32) {
    let layers = model.spec.layers();
    let [_, height, width] = stage.input;
    let Pooling {
        kernel_size,
        stride,
        padding,
        mean,
    } = pool
        .and_then(|index| layers[index].pooling())
        .unwrap_or(Pooling::NONE);
    // Without pooling a stage may flatten: the index stays, the place in the maps follows from the input's shape.
    let place = match pool {
        Some(_) => cell,
        None => Cell::at(cell.row, cell.index(stage.output), stage.input),
    };
    let (scale, shift) = match norm.map(|index| (index, &layers[index])) {
        Some((index, LayerSpec::BatchNorm { epsilon, .. })) => {
            let (scale, shift) = batch_norm_affine(model, index, *epsilon);
            (scale[place.channel], shift[place.channel])
        }
        _ => (1.0, 0.0),
    };
    let inside = |start: usize, offset: usize, axis: usize, size: usize| {
        (start * stride[axis] + offset)
            .saturating_sub(padding[axis])
            .min(size - 1)
    };
    let origin = [inside(place.y, 0, 0, height), inside(place.x, 0, 1, width)];
    let window: Vec<(usize, f32)> = (0..kernel_size[0] * kernel_size[1])
        .map(|index| {
            let y = inside(place.y, index / kernel_size[1], 0, height);
            let x = inside(place.x, index % kernel_size[1], 1, width);
            let source = (place.channel * height + y) * width + x;
            (source, input[source])
        })
        .collect();
    let normed = |index: usize| window[index].1 * scale + shift;
    let winner = (0..window.len())
        .max_by(|a, b| normed(*a).total_cmp(&normed(*b)))
        .expect("a window has at least one place");
    let sum = if mean {
        (0..window.len()).map(normed).sum::<f32>() / window.len() as f32
    } else {
        normed(winner)
    };
    let arithmetic = Arithmetic::Pool {
        mean,
        kernel_size,
        origin,
        window,
        scale,
        shift,
        winner,
    };
    (arithmetic, sum)
}

/// The part of row `target` that `cell` depends on: `[y0, x0, y1, x1]`, ends excluded, cut at the row's border. With
/// `target` 0 it is the receptive field on the image. Dense neurons see everything; of a row beside its way a cell sees
/// nothing.
pub fn receptive_field(
    model: &Model,
    layout: &ArenaLayout,
    cell: Cell,
    target: usize,
) -> [usize; 4] {
    let mut fields = vec![None; cell.row + 1];
    fields[cell.row] = Some([cell.y, cell.x, cell.y + 1, cell.x + 1]);
    for row in (target + 1..=cell.row).rev() {
        let Some(field) = fields[row] else {
            continue;
        };
        let stage = &layout.stages[row - 1];
        let mut see = |row: usize, seen: [usize; 4]| {
            let all = fields[row].map_or(seen, |other| around(other, seen));
            fields[row] = Some(all);
        };
        see(stage.from, seen_before(model, layout, stage, field));
        if let Some(added) = stage.add {
            let [_, height, width] = layout.shape(added);
            let is_alike = layout.shape(added) == stage.output;
            see(
                added,
                if is_alike {
                    field
                } else {
                    [0, 0, height, width]
                },
            );
        }
    }
    fields.get(target).copied().flatten().unwrap_or_default()
}

/// The smallest rectangle around both.
fn around(a: [usize; 4], b: [usize; 4]) -> [usize; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}

/// The part of the row that a stage reads which this part of its output depends on.
fn seen_before(
    model: &Model,
    layout: &ArenaLayout,
    stage: &Stage,
    field: [usize; 4],
) -> [usize; 4] {
    let before = layout.shape(stage.from);
    let [_, height, width] = before;
    let window = match stage.kind {
        StageKind::Conv2d { layer } => match model.spec.layers()[layer] {
            LayerSpec::Conv2d {
                kernel_size,
                stride,
                padding,
                ..
            } => Some((kernel_size, stride, padding)),
            _ => None,
        },
        StageKind::Pool { pool, .. } => {
            match pool.and_then(|index| model.spec.layers()[index].pooling()) {
                Some(pooling) => Some((pooling.kernel_size, pooling.stride, pooling.padding)),
                _ if stage.input == stage.output => Some(([1, 1], [1, 1], [0, 0])),
                _ => None,
            }
        }
        StageKind::Linear { .. } => None,
    };
    match window {
        Some((kernel, stride, padding)) if count(before) == count(stage.input) => {
            let first = |i: usize| (field[i] * stride[i]).saturating_sub(padding[i]);
            let end =
                |i: usize| ((field[i + 2] - 1) * stride[i] + kernel[i]).saturating_sub(padding[i]);
            let (y1, x1) = (end(0).min(height), end(1).min(width));
            [first(0).min(y1 - 1), first(1).min(x1 - 1), y1, x1]
        }
        _ => [0, 0, height, width],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuNetwork, NetworkSpec};
    use proptest::prelude::*;

    fn digit() -> Vec<f32> {
        (0..784)
            .map(|i| {
                let (y, x) = ((i / 28) as f32 - 13.5, (i % 28) as f32 - 13.5);
                (1.0 - ((x * x + y * y).sqrt() - 7.0).abs() / 2.0).clamp(0.0, 1.0)
            })
            .collect()
    }

    /// The largest relative difference between a cell's arithmetic and the traced forward: sums of up to 784 products
    /// in f32, added in another order.
    const TOLERANCE: f32 = 1e-4;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn the_arithmetic_equals_the_trace_for_any_cell(
            seed in 0u64..1000,
            place in 0.0f64..1.0,
            mlp in any::<bool>(),
        ) {
            let spec = if mlp { NetworkSpec::mlp() } else { NetworkSpec::cnn() };
            let model = Model::random(spec, seed);
            let network = CpuNetwork::new(&model);
            let layout = network.layout();
            let arena = network.forward_arena(&digit());
            for row in 0..layout.rows() {
                let range = layout.range(row);
                let index = (range.len() as f64 * place) as usize;
                let cell = Cell::at(row, index, layout.shape(row));
                prop_assert_eq!(cell.index(layout.shape(row)), index);
                let explanation = explain(&model, layout, &arena, cell);
                let traced = arena[range.start + index];
                let error = (explanation.value - traced).abs();
                prop_assert!(
                    error <= TOLERANCE * (1.0 + traced.abs()),
                    "row {} cell {}: {} but traced {}", row, index, explanation.value, traced
                );
            }
        }
    }

    /// A convolution around one of stride 2 that is added after it, then an identity.
    fn residual() -> NetworkSpec {
        let conv = |in_channels, size, stride| LayerSpec::Conv2d {
            in_channels,
            out_channels: 3,
            kernel_size: [size, size],
            stride: [stride, stride],
            padding: [size / 2, size / 2],
        };
        let layers = vec![
            conv(1, 3, 1),
            LayerSpec::Relu,
            conv(3, 1, 2),
            LayerSpec::Branch { after: 2 },
            conv(3, 3, 2),
            LayerSpec::Add { after: 3 },
            LayerSpec::Relu,
            conv(3, 3, 1),
            LayerSpec::Add { after: 7 },
            LayerSpec::Flatten,
            LayerSpec::linear(3 * 14 * 14, 10),
        ];
        NetworkSpec::new("residual", layers).unwrap()
    }

    #[test]
    fn what_shortcuts_add_is_part_of_the_sum() {
        let model = Model::random(residual(), 9);
        let network = CpuNetwork::new(&model);
        let layout = network.layout();
        let arena = network.forward_arena(&digit());
        let mut added = 0;
        for row in 0..layout.rows() {
            let range = layout.range(row);
            for index in (0..range.len()).step_by(5) {
                let cell = Cell::at(row, index, layout.shape(row));
                let explanation = explain(&model, layout, &arena, cell);
                let traced = arena[range.start + index];
                let error = (explanation.value - traced).abs();
                assert!(error <= TOLERANCE * (1.0 + traced.abs()), "{explanation:?}");
                if let Some(skipped) = explanation.skipped {
                    assert_eq!(skipped.value, arena[layout.range(skipped.row)][index]);
                    added += 1;
                }
            }
        }
        assert!(added > 200, "{added}");
        // Through the two ways the same convolution is seen, through the shortcut less of it.
        let cell = |row| Cell {
            row,
            channel: 0,
            y: 5,
            x: 5,
        };
        let seen = |row, target| receptive_field(&model, layout, cell(row), target);
        assert_eq!(seen(3, 1), [9, 9, 12, 12]);
        assert_eq!(seen(3, 2), [5, 5, 6, 6]);
        assert_eq!(seen(3, 0), [8, 8, 13, 13]);
        assert_eq!(seen(2, 0), [9, 9, 12, 12]);
        assert_eq!(seen(4, 3), [4, 4, 7, 7]);
        // The shortcut's own convolution.
        assert_eq!(seen(2, 1), [10, 10, 11, 11]);
    }

    /// Maps that are flattened at the very end, so that a stage of its own does it.
    #[test]
    fn every_answer_of_a_convolution_is_explained() {
        let conv = LayerSpec::conv2d(1, 2, [24, 28]);
        let layers = vec![conv, LayerSpec::Relu, LayerSpec::Flatten];
        let model = Model::random(NetworkSpec::new("maps", layers).unwrap(), 4);
        let network = CpuNetwork::new(&model);
        let arena = network.forward_arena(&digit());
        let layout = network.layout();
        let row = layout.rows() - 1;
        for class in 0..10 {
            let cell = Cell::at(row, class, layout.shape(row));
            let explanation = explain(&model, layout, &arena, cell);
            assert_eq!(explanation.value, arena[layout.logits()][class]);
            let field = receptive_field(&model, layout, cell, 0);
            assert_eq!(field, [0, 0, 28, 28]);
        }
    }

    #[test]
    fn receptive_fields_of_the_cnn() {
        let model = Model::random(NetworkSpec::cnn(), 1);
        let layout = ArenaLayout::new(&model.spec);
        let cell = |row, y, x| Cell {
            row,
            channel: 0,
            y,
            x,
        };
        for (cell, target, expected) in [
            (cell(1, 2, 3), 0, [2, 3, 7, 8]),
            (cell(2, 0, 0), 0, [0, 0, 9, 9]),
            (cell(3, 1, 0), 0, [2, 0, 12, 10]),
            (cell(7, 4, 0), 0, [0, 0, 28, 28]),
            (cell(3, 1, 0), 2, [2, 0, 4, 2]),
        ] {
            assert_eq!(receptive_field(&model, &layout, cell, target), expected);
        }
    }

    /// Of the third output of such a network.
    fn of_a_two(spec: NetworkSpec) -> Explanation {
        let model = Model::random(spec, 5);
        let network = CpuNetwork::new(&model);
        let arena = network.forward_arena(&digit());
        let cell = Cell {
            row: network.layout().rows() - 1,
            channel: 2,
            y: 0,
            x: 0,
        };
        explain(&model, network.layout(), &arena, cell)
    }

    #[test]
    fn the_strongest_terms_come_first() {
        let explanation = of_a_two(NetworkSpec::mlp());
        let strongest = explanation.strongest_terms(9);
        assert_eq!(strongest.len(), 9);
        let least = strongest[8].product().abs();
        let larger = explanation
            .terms()
            .iter()
            .filter(|term| term.product().abs() > least)
            .count();
        assert_eq!(larger, 8);
    }

    #[test]
    fn a_dense_outputs_terms_add_up_by_the_maps_they_come_from() {
        let explanation = of_a_two(NetworkSpec::cnn());
        let maps = explanation.maps(9);
        assert_eq!(maps.len(), 64);
        assert!(maps.is_sorted_by(|a, b| a.1.abs() >= b.1.abs()));
        let (channel, sum) = maps[0];
        let terms = explanation.terms();
        let own: f32 = terms[channel * 9..][..9].iter().map(Term::product).sum();
        assert!((own - sum).abs() < 1e-5);
    }
}

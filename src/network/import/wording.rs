//! What people read about an imported file: notes on what was assumed, as keys; advice, and how the shapes went where nothing
//! fits.

use super::{
    Report,
    modules::Module,
    note::{Note, Value},
    plan::{Between, Plan},
    search::{self, Choice, End, Found},
    sidecar::{self, Fixed, Sidecar},
};
use crate::spec::{Activation, NetworkSpec, Shape};

pub(super) fn order_advice() -> String {
    "If the order is wrong, list the prefixes first to last in a JSON file beside the network: {\"order\": [\"conv1\", \
     \"fc1\"]}"
        .to_string()
}

pub(super) fn arrangement_advice(convs: usize) -> String {
    let each = |value: &str| vec![value; convs].join(", ");
    format!(
        "Write what stands around the {convs} convolutions into a JSON file beside the network: {{\"padding\": [{}], \
         \"stride\": [{}], \"pool\": [{}]}}",
        each("0"),
        each("1"),
        each("\"2x2\"")
    )
}

/// How the shapes go with the most plausible arrangement, where none ends as it has to.
pub(super) fn explain_misfit(
    report: &mut Report,
    modules: &[Module],
    plan: &Plan,
    fixed: &[Fixed],
) {
    let any = search::search(&plan.convs, fixed, End::Any, 1).unwrap_or_default();
    let found = any.into_iter().next().unwrap_or_else(|| Found {
        choices: vec![Choice::default(); plan.convs.len()],
        ..Found::default()
    });
    let between = Between {
        activation: Activation::Relu,
        mean_pool: false,
        far_edges: false,
    };
    let mut points: Vec<Shape> = vec![[1, 28, 28]];
    let mut shape = points[0];
    let mut flow = words(shape);
    let mut broken = None;
    for (layer, source) in plan.layers(modules, &found, between) {
        let name = source.map_or(layer.kind(), |source| modules[source].name());
        match layer.output_shape(&points) {
            Ok(next) if next == shape => points.push(next),
            Ok(next) => {
                shape = next;
                points.push(next);
                flow.push_str(&format!(" → {name} {}", words(shape)));
            }
            Err(reason) => {
                broken = Some(format!("{name} {reason}"));
                break;
            }
        }
    }
    report
        .understood
        .push(format!("Shapes, for example: {flow}"));
    let channels = plan.convs.last().map_or(1, |conv| conv.out_channels);
    match plan.end {
        End::Values(values) if plan.convs.is_empty() => report.problems.push(format!(
            "The first layer wants {values} values; a picture of 28×28 pixels has 784"
        )),
        End::Values(values) => {
            report.problems.push(format!(
                "Behind the convolutions {values} values are wanted, {} for each of {channels} maps; no strides, paddings \
                 and max poolings that were tried leave so many of 28×28 pixels",
                values / channels
            ));
        }
        End::OnePlace => report.problems.push(format!(
            "The last convolution would have to leave one value in each of {channels} maps"
        )),
        End::Any => {}
    }
    report.problems.extend(broken);
    if !plan.convs.is_empty() {
        report.advice.push(arrangement_advice(plan.convs.len()));
    }
}

fn words([channels, height, width]: Shape) -> String {
    if [height, width] == [1, 1] {
        channels.to_string()
    } else {
        format!("{channels}×{height}×{width}")
    }
}

/// The first names of a list, the rest counted.
pub(super) fn listing<T: Clone + Into<Value>>(names: &[T]) -> Value {
    const SHOWN: usize = 12;
    let shown = Value::list(names.iter().take(SHOWN).cloned(), ", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => Note::new("note-and-more")
            .with("names", shown)
            .with("count", more)
            .into(),
    }
}

pub(super) fn names(modules: &[Module]) -> Vec<String> {
    modules
        .iter()
        .map(|module| module.name().to_string())
        .collect()
}

/// Such as `conv1 padding 2, then 2×2 max pooling; conv2 no padding`.
fn arrangement(modules: &[Module], choices: &[Choice]) -> Value {
    let pair = |[y, x]: [usize; 2]| {
        if y == x {
            y.to_string()
        } else {
            format!("{y}×{x}")
        }
    };
    let strided = |what: Note, stride: [usize; 2], usual: [usize; 2]| {
        if stride == usual {
            what
        } else {
            Note::new("note-stride")
                .with("what", what)
                .with("stride", pair(stride))
        }
    };
    let convs = modules.iter().filter(|module| module.is_conv());
    let each = convs.zip(choices).map(|(module, choice)| {
        let padded = match choice.padding {
            [0, 0] => Note::new("note-no-padding"),
            padding => Note::new("note-padding").with("padding", pair(padding)),
        };
        let padded = padded.with("name", module.name());
        let mut parts = vec![strided(padded, choice.stride, [1, 1])];
        if let Some(pool) = choice.pool {
            let [y, x] = pool.kernel_size;
            let key = match pool.mean {
                Some(true) => "note-then-mean",
                Some(false) => "note-then-max",
                None => "note-then-pool",
            };
            let pooled = Note::new(key).with("size", format!("{y}×{x}"));
            let strided = strided(pooled, pool.stride, [y, x]);
            parts.push(match pool.padding {
                [0, 0] => strided,
                padding => Note::new("note-padding")
                    .with("name", strided)
                    .with("padding", pair(padding)),
            });
        }
        Value::list(parts, ", ")
    });
    Value::list(each, "; ")
}

pub(super) fn arrangement_notes(
    modules: &[Module],
    plan: &Plan,
    fixed: &[Fixed],
    found: &[Found],
    taken: usize,
) -> Vec<Note> {
    let Some(best) = found.get(taken) else {
        return Vec::new();
    };
    let others: Vec<&Found> = found
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != taken)
        .map(|(_, other)| other)
        .collect();
    if plan.convs.is_empty() {
        return Vec::new();
    }
    let all_said =
        |fixed: &Fixed| fixed.padding.is_some() && fixed.stride.is_some() && fixed.pool.is_some();
    let key = if fixed.iter().all(all_said) {
        "note-arranged-as-said"
    } else {
        "note-arranged"
    };
    let told = |key, found: &Found| {
        Note::new(key).with("arrangement", arrangement(modules, &found.choices))
    };
    let mut notes = vec![told(key, best)];
    if let Some(next) = others.first() {
        let key = if next.cost <= best.cost {
            "note-as-plausible"
        } else {
            "note-less-plausible"
        };
        notes.push(told(key, next).with("count", others.len()));
    }
    notes
}

pub(super) fn activation_notes(
    modules: &[Module],
    plan: &Plan,
    sidecar: &Sidecar,
    was_tried: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if sidecar.activation.is_none() && !was_tried {
        notes.push(Note::new("note-activation-assumed"));
    }
    if !plan.without_activation.is_empty() {
        let without = plan.without_activation.iter();
        let without: Vec<String> = without.map(|i| modules[*i].name().to_string()).collect();
        notes.push(Note::new("note-without-activation").with("names", listing(&without)));
    }
    notes
}

pub(super) fn assumption_notes(
    modules: &[Module],
    spec: &NetworkSpec,
    sidecar: &Sidecar,
    was_tried: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if sidecar.normalisation.is_none() && !was_tried {
        notes.push(
            Note::new("note-pixels-assumed")
                .with("mean", sidecar::MNIST.mean.to_string())
                .with("std", sidecar::MNIST.std.to_string()),
        );
    }
    if sidecar.classes.is_none() && !was_tried {
        notes.push(Note::new("note-classes-assumed").with("last", spec.classes().len() - 1));
    }
    if let Some(norm) = modules.iter().find(|module| module.is_norm()) {
        let epsilon = format!("{:e}", norm.epsilon());
        notes.push(Note::new("note-epsilon-assumed").with("epsilon", epsilon));
    }
    notes
}

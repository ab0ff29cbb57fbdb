//! What people read about an imported file: advice, notes on what was assumed, and how the shapes went where nothing fits.

use super::{
    ARRANGEMENTS, Report,
    modules::Module,
    plan::Plan,
    search::{self, Choice, End, Found},
    sidecar::{self, Fixed, Sidecar},
};
use crate::spec::{Activation, Shape};

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
    activation: Activation,
) {
    let any = search::search(&plan.convs, fixed, End::Any, 1).unwrap_or_default();
    let choices: Vec<Choice> = match any.into_iter().next() {
        Some(found) => found.choices,
        None => vec![Choice::default(); plan.convs.len()],
    };
    let mut shape: Shape = [1, 28, 28];
    let mut flow = words(shape);
    let mut broken = None;
    for (layer, source) in plan.layers(modules, &choices, activation) {
        let name = source.map_or(layer.kind(), |source| modules[source].name());
        match layer.output_shape(shape) {
            Ok(next) if next == shape => {}
            Ok(next) => {
                shape = next;
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
            if values == channels {
                report.problems.push(
                    "One value a map: perhaps the mean over each map (global average pooling), which cannot be run"
                        .to_string(),
                );
            }
        }
        End::OnePlace => report.problems.push(format!(
            "The last convolution would have to leave one value in each of {channels} maps; perhaps a mean over each map \
             (global average pooling) follows, which cannot be run"
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
pub(super) fn listing(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

pub(super) fn names(modules: &[Module]) -> Vec<String> {
    modules
        .iter()
        .map(|module| module.name().to_string())
        .collect()
}

/// Such as `conv1 padding 2, then 2×2 max pooling; conv2 no padding`.
fn arrangement(modules: &[Module], choices: &[Choice]) -> String {
    let pair = |[y, x]: [usize; 2]| {
        if y == x {
            y.to_string()
        } else {
            format!("{y}×{x}")
        }
    };
    let convs = modules
        .iter()
        .filter(|module| module.is_conv())
        .zip(choices);
    let each = convs.map(|(module, choice)| {
        let mut text = match choice.padding {
            [0, 0] => format!("{} no padding", module.name()),
            padding => format!("{} padding {}", module.name(), pair(padding)),
        };
        if choice.stride != [1, 1] {
            text.push_str(&format!(" stride {}", pair(choice.stride)));
        }
        if let Some(([y, x], stride)) = choice.pool {
            text.push_str(&format!(", then {y}×{x} max pooling"));
            if stride != [y, x] {
                text.push_str(&format!(" stride {}", pair(stride)));
            }
        }
        text
    });
    each.collect::<Vec<_>>().join("; ")
}

pub(super) fn arrangement_notes(
    modules: &[Module],
    plan: &Plan,
    fixed: &[Fixed],
    found: &[Found],
) -> Vec<String> {
    let [best, others @ ..] = found else {
        return Vec::new();
    };
    if plan.convs.is_empty() {
        return Vec::new();
    }
    let all_said =
        |fixed: &Fixed| fixed.padding.is_some() && fixed.stride.is_some() && fixed.pool.is_some();
    let source = if fixed.iter().all(all_said) {
        "as the description says"
    } else {
        "the most plausible that fits the sizes exactly"
    };
    let mut notes = vec![format!(
        "Convolutions, {source}: {}.",
        arrangement(modules, &best.choices)
    )];
    if let Some(next) = others.first() {
        let count = if found.len() < ARRANGEMENTS {
            format!("{} more", others.len())
        } else {
            format!("{} more or above", others.len())
        };
        let rank = if next.cost == best.cost {
            "as plausible"
        } else {
            "less plausible"
        };
        notes.push(format!(
            "Not the only one that fits ({count}). Next, {rank}: {}. A description can say which: padding, stride, pool.",
            arrangement(modules, &next.choices)
        ));
    }
    notes
}

pub(super) fn activation_notes(modules: &[Module], plan: &Plan, sidecar: &Sidecar) -> Vec<String> {
    let mut notes = Vec::new();
    if sidecar.activation.is_none() {
        notes.push(
            "Activation: ReLU after every layer but the last, assumed; weights do not tell it (description: activation)."
                .to_string(),
        );
    }
    if !plan.without_activation.is_empty() {
        let without = plan.without_activation.iter();
        let without: Vec<String> = without.map(|i| modules[*i].name().to_string()).collect();
        notes.push(format!(
            "No activation after {}: the numbering leaves no room for one.",
            listing(&without)
        ));
    }
    notes
}

pub(super) fn assumption_notes(
    modules: &[Module],
    outputs: usize,
    sidecar: &Sidecar,
) -> Vec<String> {
    let mut notes = Vec::new();
    if sidecar.normalisation.is_none() {
        notes.push(format!(
            "Pixels: mean {} and standard deviation {} of MNIST, assumed (description: normalisation; mean 0 and std 1 for \
             plain pixels between 0 and 1).",
            sidecar::MNIST.mean,
            sidecar::MNIST.std
        ));
    }
    if sidecar.classes.is_none() {
        notes.push(format!(
            "Classes: 0 to {}, assumed (description: classes).",
            outputs - 1
        ));
    }
    if modules.iter().any(Module::is_norm) {
        notes.push("Batch normalisation: epsilon 1e-5, assumed.".to_string());
    }
    notes
}

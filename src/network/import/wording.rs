//! What people read about an imported file: advice, notes on what was assumed, and how the shapes went where nothing fits.

use super::{
    Report,
    modules::Module,
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
    };
    let mut shape: Shape = [1, 28, 28];
    let mut flow = words(shape);
    let mut broken = None;
    for (layer, source) in plan.layers(modules, &found, between) {
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
        if let Some(pool) = choice.pool {
            let [y, x] = pool.kernel_size;
            let kind = match pool.mean {
                Some(true) => "mean ",
                Some(false) => "max ",
                None => "",
            };
            text.push_str(&format!(", then {y}×{x} {kind}pooling"));
            if pool.stride != [y, x] {
                text.push_str(&format!(" stride {}", pair(pool.stride)));
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
    taken: usize,
) -> Vec<String> {
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
        let count = format!("{} more", others.len());
        let rank = if next.cost <= best.cost {
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

pub(super) fn activation_notes(
    modules: &[Module],
    plan: &Plan,
    sidecar: &Sidecar,
    was_tried: bool,
) -> Vec<String> {
    let mut notes = Vec::new();
    if sidecar.activation.is_none() && !was_tried {
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
    spec: &NetworkSpec,
    sidecar: &Sidecar,
    was_tried: bool,
) -> Vec<String> {
    let mut notes = Vec::new();
    if sidecar.normalisation.is_none() && !was_tried {
        notes.push(format!(
            "Pixels: mean {} and standard deviation {} of MNIST, assumed (description: normalisation; mean 0 and std 1 for \
             plain pixels between 0 and 1).",
            sidecar::MNIST.mean,
            sidecar::MNIST.std
        ));
    }
    if sidecar.classes.is_none() && !was_tried {
        notes.push(format!(
            "Classes: 0 to {}, assumed (description: classes).",
            spec.classes().len() - 1
        ));
    }
    if let Some(norm) = modules.iter().find(|module| module.is_norm()) {
        let epsilon = if norm.is_keras { "1e-3" } else { "1e-5" };
        notes.push(format!("Batch normalisation: epsilon {epsilon}, assumed."));
    }
    notes
}

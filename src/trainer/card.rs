//! The model card: what a network is, how it was made and how good it is, as Markdown.
//!
//! [`compose`] makes a card anew from data files alone ([`crate::card_data`]), so that it can be repeated, and every
//! table that it makes names the command that repeats its figures.

use crate::{
    card_data::{CardData, CardError, Speed},
    config::{COMMAND, Mixture, Schedule, Select, TrainConfig},
    data::{FILES, SPLIT_SEED, TRAINING_IMAGES, VALIDATION_IMAGES},
    eval::{
        report::{self, REJECTION, ROBUSTNESS},
        severity::Family,
        table::table,
    },
    metrics::{CLASSES, Confusion},
    seeds,
};
use mnistify_network::{LayerSpec, Metrics, NetworkSpec};
use std::path::{Path, PathBuf};

/// The heading of the figures.
const FIGURES: &str = "## Figures";
/// The heading of the training speed.
const SPEED: &str = "## Training speed";
/// The heading of the last section.
const LIMITS: &str = "## Limits";

/// What a card tells about a network in any case.
pub struct CardFacts<'a> {
    pub spec: &'a NetworkSpec,
    pub config: &'a TrainConfig,
    /// The weights' file name.
    pub file: &'a str,
    /// Whether the weights are stored as F16; the figures are then those of the rounded weights.
    pub half: bool,
    /// The exact command.
    pub command: &'a str,
    /// How the training went, where that is known.
    pub run: Option<RunFacts<'a>>,
    pub validation: Metrics,
    pub test: Metrics,
    /// Of the test images, where it is known.
    pub confusion: Option<&'a Confusion>,
}

/// How a training went.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// Backend and adapter.
    pub backend: &'a str,
    /// Wall-clock training time.
    pub seconds: f64,
    /// The step that the weights are from.
    pub step: usize,
}

/// The card of some weights, from their metadata and the data files beside them.
pub fn compose(weights: &Path) -> Result<String, CardError> {
    Ok(markdown_of(&CardData::read(weights)?))
}

/// Where the card of some weights lies.
pub fn path(weights: &Path, spec: &NetworkSpec) -> PathBuf {
    weights.with_file_name(format!("{}.md", spec.name()))
}

/// The plot of the seeds, from the card's folder.
pub fn seeds_plot(spec: &NetworkSpec) -> String {
    format!("plots/{}-seeds.svg", spec.name().to_lowercase())
}

/// The plot of the reliability, from the card's folder.
pub fn reliability_plot(spec: &NetworkSpec) -> String {
    format!("plots/{}-reliability.svg", spec.name().to_lowercase())
}

/// The plot of the accuracies over one kind of distortion, from the card's folder. It shows all networks.
pub fn severity_plot(family: Family) -> String {
    format!("plots/robustness-{}.svg", family.name())
}

/// The card of these data.
pub fn markdown_of(data: &CardData) -> String {
    let spec = &data.spec;
    let mut text = markdown(&CardFacts {
        spec,
        config: &data.config,
        file: &data.file,
        half: data.is_half(),
        command: &data.card.command,
        run: data.run().map(|run| RunFacts {
            backend: &run.backend,
            seconds: run.seconds,
            step: run.step,
        }),
        validation: data.validation,
        test: data.test,
        confusion: data.confusion(),
    });
    if data.seeds.len() > 1 {
        let body = seeds::markdown(&data.seeds, &seeds_plot(spec));
        text = with_section(&text, &seeds::heading(&data.seeds), &body);
    }
    if !data.speeds.is_empty() {
        text = with_section(&text, SPEED, &speed(&data.speeds));
    }
    for (heading, body) in evaluation_sections(data) {
        text = with_section(&text, heading, &body);
    }
    for extra in &data.extras {
        let (heading, body) = extra.trim().split_once('\n').unwrap_or((extra.trim(), ""));
        text = with_section(&text, heading.trim(), body);
    }
    if data.has_journal {
        let journal = format!(
            "HYPERPARAMETERS-{}.md",
            data.config.model.name().to_uppercase()
        );
        let body = format!(
            "[{journal}]({journal}) has an early random search, and what each factor of this recipe is worth, with error\n\
             bars."
        );
        text = with_section(&text, "## Hyperparameters", &body);
    }
    text
}

/// Heading and body of what evaluations found about this network, each with its command and plots.
fn evaluation_sections(data: &CardData) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for evaluation in &data.evaluations {
        let name = data.spec.name();
        let networks = &evaluation.networks;
        let Some(place) = networks.iter().position(|network| network.name == name) else {
            continue;
        };
        let sections = report::sections(
            &evaluation.on,
            evaluation.robust.as_deref(),
            evaluation.strokes.as_ref(),
            &evaluation.reject,
            &[(place, name)],
        );
        for (heading, mut body) in sections {
            if found.iter().any(|(known, _)| *known == heading) {
                continue;
            }
            if data.is_stale(evaluation, place) {
                body = format!(
                    "**These figures are of other weights than the file's; measure again.**\n\n{body}"
                );
            }
            body.push_str(&plots(data, heading));
            if !evaluation.command.is_empty() {
                body.push_str(&format!("\n\n```sh\n{}\n```", evaluation.command));
            }
            found.push((heading, body));
        }
    }
    found
}

/// The plots of a section, as Markdown after its tables.
fn plots(data: &CardData, heading: &str) -> String {
    let image = |what: &str, path: String| format!("\n\n![{what}]({path})");
    match heading {
        ROBUSTNESS => Family::ALL
            .iter()
            .map(|family| {
                let what = format!("{}: accuracy over strength", family.title());
                image(&what, severity_plot(*family))
            })
            .collect(),
        REJECTION => image(
            "Reliability before and after the temperature",
            reliability_plot(&data.spec),
        ),
        _ => String::new(),
    }
}

/// The table of training speeds, with what measures them again.
fn speed(speeds: &[Speed]) -> String {
    let heading = [
        "engine",
        "adapter",
        "batch",
        "images a second",
        "seconds to 99 % on validation",
        "note",
    ];
    let rows: Vec<Vec<String>> = speeds
        .iter()
        .map(|speed| {
            let seconds = speed.seconds_to_99;
            vec![
                speed.engine.clone(),
                speed.adapter.clone(),
                speed.batch.to_string(),
                thousands(speed.images_per_second.round() as usize),
                seconds.map_or("–".to_string(), |seconds| format!("{seconds:.1}")),
                speed.note.clone(),
            ]
        })
        .collect();
    let mut commands: Vec<&str> = Vec::new();
    for speed in speeds {
        if !speed.command.is_empty() && !commands.contains(&speed.command.as_str()) {
            commands.push(&speed.command);
        }
    }
    let mut text = table(&heading.map(String::from), &rows);
    if !commands.is_empty() {
        text.push_str(&format!("\n\n```sh\n{}\n```", commands.join("\n")));
    }
    text
}

/// The sections that every card has.
pub fn markdown(facts: &CardFacts<'_>) -> String {
    let CardFacts {
        spec,
        config,
        file,
        command,
        ..
    } = facts;
    let precision = if facts.half { "F16" } else { "F32" };
    let normalisation = spec.normalisation();
    let took = facts.run.map(|run| {
        format!(
            "Training took {} on {}.",
            duration(run.seconds),
            run.backend
        )
    });
    let sections = [
        Some(format!(
            "# {name}\n\n\
             Reads a handwritten digit in a 28×28 image. Weights: `{file}` (safetensors, {precision}), which also holds\n\
             this architecture, recipe and these figures as metadata. Tensors are named and laid out as in PyTorch's\n\
             `nn.Sequential`. This card is made from that metadata and the data files beside it:\n\n\
             ```sh\n{COMMAND} card --model {model}\n```",
            name = spec.name(),
            model = config.model.name(),
        )),
        Some(figures_section(
            file,
            &facts.validation,
            &facts.test,
            facts.confusion,
        )),
        Some(format!(
            "## Architecture\n\n\
             Input `[1, 28, 28]`: pixels from 0 (paper) to 1 (ink), each `x · {} + {}`.\n\n{}\n\
             {} parameters, running statistics included.",
            normalisation.scale,
            normalisation.offset,
            architecture_table(spec),
            thousands(spec.parameter_count()),
        )),
        Some(format!(
            "## Training\n\n```sh\n{command}\n```\n\n{}",
            recipe(spec, config, facts.run.map(|run| run.step))
        )),
        took,
        Some(format!(
            "## Data\n\n\
             MNIST (LeCun, Cortes & Burges). Of its {all} training images {train} are for training and {held} for\n\
             validation, a random choice from the constant {SPLIT_SEED}, the same in every run.\n\n{files}",
            all = thousands(TRAINING_IMAGES + VALIDATION_IMAGES),
            train = thousands(TRAINING_IMAGES),
            held = thousands(VALIDATION_IMAGES),
            files = files_table(),
        )),
        Some(format!(
            "{LIMITS}\n\n\
             Trained on single, upright digits. Whatever is drawn, one of ten digits has the largest logit; where the file has\n\
             a calibration, an image that scores below its threshold counts as no digit, with the errors that the section on\n\
             rejection shows. Heavy noise, inverted stripes and fog are not read well."
        )),
    ];
    let sections: Vec<String> = sections.into_iter().flatten().collect();
    let mut text = sections.join("\n\n");
    text.push('\n');
    text
}

/// The section of figures, from its heading to the end of the confusion matrix.
fn figures_section(
    file: &str,
    validation: &Metrics,
    test: &Metrics,
    confusion: Option<&Confusion>,
) -> String {
    let errors = (1.0 - test.accuracy) * test.images as f64;
    let mut sections = vec![
        format!("{FIGURES}\n\n{}", figures(validation, test)),
        format!("```sh\n{COMMAND} eval models/{file}\n```"),
        format!(
            "Precision, recall and F1 are macro averages over the ten digits. Every choice was made on the\n\
             validation images. The {tests} test images were read once, after the weights were final: {errors:.0} of\n\
             them are read wrongly. Whoever trains several times and picks by the test figure does not measure this any\n\
             more.",
            tests = thousands(test.images),
        ),
    ];
    if let Some(confusion) = confusion {
        sections.push(format!(
            "### Test images: digit (row) and answer (column)\n\n{}\n\n```sh\n{COMMAND} eval models/{file} --json -\n```",
            confusion_table(confusion)
        ));
    }
    sections.join("\n\n")
}

/// The card with a section's body (below a heading of the second level, such as `## Figures`) replaced; a new section
/// stands before the limits, else at the end.
pub fn with_section(text: &str, heading: &str, body: &str) -> String {
    let new = format!("{heading}\n\n{}\n\n", body.trim());
    let place = section(text, heading)
        .or_else(|| section(text, LIMITS).map(|limits| limits.start..limits.start))
        .unwrap_or(text.len()..text.len());
    let (head, tail) = (&text[..place.start], &text[place.end..]);
    let mut whole = format!("{}\n\n{new}{tail}", head.trim_end());
    whole.truncate(whole.trim_end().len());
    whole.push('\n');
    whole
}

/// Where a section lies, its heading included, up to the next one of the second level.
fn section(text: &str, heading: &str) -> Option<std::ops::Range<usize>> {
    let start = text.find(&format!("\n{heading}\n"))? + 1;
    let body = start + heading.len();
    let end = text[body..].find("\n## ");
    Some(start..end.map_or(text.len(), |end| body + end + 1))
}

fn figures(validation: &Metrics, test: &Metrics) -> String {
    let mut table =
        "| images | number | accuracy | precision | recall | F1 |\n|---|---|---|---|---|---|\n"
            .to_string();
    for (name, metrics) in [("validation", validation), ("test", test)] {
        table.push_str(&format!(
            "| {name} | {} | {:.2} % | {:.2} % | {:.2} % | {:.2} % |\n",
            thousands(metrics.images),
            100.0 * metrics.accuracy,
            100.0 * metrics.precision,
            100.0 * metrics.recall,
            100.0 * metrics.f1,
        ));
    }
    table.trim_end().to_string()
}

fn confusion_table(confusion: &Confusion) -> String {
    let classes: Vec<String> = (0..CLASSES).map(|class| class.to_string()).collect();
    let mut table = format!("| | {} |\n", classes.join(" | "));
    table.push_str(&format!("|---|{}", "---|".repeat(CLASSES)));
    for (class, row) in confusion.counts.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(u64::to_string).collect();
        table.push_str(&format!("\n| **{class}** | {} |", cells.join(" | ")));
    }
    table
}

fn architecture_table(spec: &NetworkSpec) -> String {
    let mut table = "| # | layer | output | parameters |\n|---|---|---|---|\n".to_string();
    for (index, (layer, shape)) in spec.layers().iter().zip(spec.shapes()).enumerate() {
        let parameters: usize = layer
            .parameters()
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
        table.push_str(&format!(
            "| {index} | {} | {shape:?} | {} |\n",
            describe(layer),
            thousands(parameters)
        ));
    }
    table
}

fn describe(layer: &LayerSpec) -> String {
    let kind = layer.kind();
    match layer {
        LayerSpec::Conv2d {
            in_channels,
            out_channels,
            kernel_size: [height, width],
            ..
        } => format!("{kind} {in_channels} → {out_channels}, {height}×{width}"),
        LayerSpec::Linear {
            in_features,
            out_features,
        } => format!("{kind} {in_features} → {out_features}"),
        LayerSpec::MaxPool2d {
            kernel_size: [height, width],
            ..
        } => format!("{kind} {height}×{width}"),
        LayerSpec::BatchNorm { epsilon, .. } => format!("{kind}, ε = {epsilon:e}"),
        _ => kind.to_string(),
    }
}

/// What takes the places of some of MNIST's images.
fn mixture(mixture: &Mixture) -> String {
    let parts = [
        (mixture.wide, "placed anywhere"),
        (mixture.prepared, "prepared after a rough placement"),
        (mixture.drawn, "drawn as pen paths"),
        (mixture.outliers, "no digits, even targets"),
    ];
    let named = parts.iter().filter(|(share, _)| *share > 0.0);
    let named: Vec<String> = named
        .map(|(share, name)| format!("{} % {name}", 100.0 * share))
        .collect();
    if named.is_empty() {
        "nothing".to_string()
    } else {
        named.join(", ")
    }
}

fn recipe(spec: &NetworkSpec, config: &TrainConfig, step: Option<usize>) -> String {
    let a = &config.augmentation;
    let schedule = match config.schedule {
        Schedule::OneCycle => {
            "one cycle: linear warm-up over the first tenth, then a cosine to 0".to_string()
        }
        Schedule::Plateau => format!(
            "plateau: × {} after {} evaluations without improvement",
            config.decay, config.patience
        ),
    };
    let average = if config.ema > 0.0 {
        format!("decay min({}, (1 + t) / (10 + t)) at step t", config.ema)
    } else {
        "none".to_string()
    };
    let chosen = match config.select {
        Select::Last => "the last step's unless stopped early, else the best on validation",
        Select::Best => "the best on validation",
    };
    let normalises = |layer: &LayerSpec| matches!(layer, LayerSpec::BatchNorm { .. });
    let statistics = if spec.layers().iter().any(normalises) {
        "statistics recomputed with the final weights on 10,000 augmented training images"
    } else {
        "none"
    };
    let rows = [
        (
            "optimiser",
            format!(
                "AdamW, β 0.9 and 0.999, weight decay {} on every parameter",
                config.weight_decay
            ),
        ),
        (
            "learning rate",
            format!("{}, {schedule}", config.learning_rate),
        ),
        ("batch", config.batch.to_string()),
        (
            "steps",
            format!(
                "{} ({:.0} epochs)",
                thousands(config.steps),
                config.epochs()
            ),
        ),
        (
            "loss",
            format!("cross entropy, label smoothing {}", config.label_smoothing),
        ),
        ("moving average of the weights", average),
        (
            "weights kept",
            match step {
                Some(step) => format!("step {}; rule: {chosen}", thousands(step)),
                None => chosen.to_string(),
            },
        ),
        ("batch normalisation", statistics.to_string()),
        (
            "affine augmentation",
            format!(
                "rotation ±{}°, scale ±{}, anisotropy ±{}, shear ±{}, shift ±{} px, {}",
                a.rotation,
                a.scale,
                a.anisotropy,
                a.shear,
                a.shift,
                a.sampling.name()
            ),
        ),
        (
            "elastic augmentation",
            if a.elastic > 0.0 {
                format!("6×6 random field, up to {} px", a.elastic)
            } else {
                "none".to_string()
            },
        ),
        (
            "thickness",
            if a.thickness > 0.0 {
                format!("strokes' radius ±{} px", a.thickness)
            } else {
                "none".to_string()
            },
        ),
        ("brightness", format!("± {}", a.brightness)),
        ("mixed in", mixture(&config.mixture)),
        ("seed", config.seed.to_string()),
    ];
    let mut table = "| | |\n|---|---|".to_string();
    for (name, value) in rows {
        table.push_str(&format!("\n| {name} | {value} |"));
    }
    table
}

fn files_table() -> String {
    let mut table = "| file | md5 |\n|---|---|".to_string();
    for file in FILES {
        table.push_str(&format!("\n| {} | `{}` |", file.name, file.md5));
    }
    table
}

/// A number with commas: 55,000.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{card_data::tests::folder, config::ModelKind};

    #[test]
    fn the_shipped_cards_are_made_of_the_data_beside_them() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        for (weights, card) in [("mlp.safetensors", "MLP.md"), ("cnn.safetensors", "CNN.md")] {
            let made = compose(&models.join(weights)).unwrap();
            let kept = std::fs::read_to_string(models.join(card)).unwrap();
            assert!(made == kept, "{card} is old: train card makes it anew");
        }
    }

    #[test]
    fn the_card_tells_what_matters() {
        let spec = NetworkSpec::cnn();
        let config = TrainConfig::defaults(ModelKind::Cnn, 256);
        let validation = Confusion::new(&[1, 2], &[1, 2]);
        let test = Confusion::new(&[3, 3, 4], &[3, 5, 4]);
        let text = markdown(&CardFacts {
            spec: &spec,
            config: &config,
            file: "cnn.safetensors",
            half: true,
            command: &config.command(),
            run: Some(RunFacts {
                backend: "cpu",
                seconds: 75.0,
                step: 32_000,
            }),
            validation: validation.metrics(),
            test: test.metrics(),
            confusion: Some(&test),
        });
        for part in [
            "# CNN",
            "cnn.safetensors",
            "F16",
            "Conv2d 1 → 32, 5×5",
            "[32, 24, 24]",
            "66.67 %",
            "--model cnn",
            "step 32,000",
            "1 min 15 s on cpu",
            "6bbc9ace898e44ae57da46a324031adb",
            "were read once",
            "| **3** | 0 | 0 | 0 | 1 | 0 | 1 |",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    /// A card of the CNN with three test images.
    fn example(half: bool, command: &str, test: &Confusion) -> String {
        markdown(&CardFacts {
            spec: &NetworkSpec::cnn(),
            config: &TrainConfig::defaults(ModelKind::Cnn, 256),
            file: if half {
                "small.safetensors"
            } else {
                "cnn.safetensors"
            },
            half,
            command,
            run: Some(RunFacts {
                backend: "cpu",
                seconds: 75.0,
                step: 32_000,
            }),
            validation: Confusion::new(&[1, 2], &[1, 2]).metrics(),
            test: test.metrics(),
            confusion: Some(test),
        })
    }

    #[test]
    fn a_section_is_added_before_the_limits_and_replaced_later() {
        let test = Confusion::new(&[3], &[3]);
        let before = example(false, "train", &test);
        let once = with_section(&before, "## Robustness", "| a |");
        let place = once.find("## Robustness\n\n| a |\n\n## Limits\n").unwrap();
        assert!(place > once.find("## Data").unwrap());
        let twice = with_section(&once, "## Robustness", "| b |\n");
        assert_eq!(twice, once.replace("| a |", "| b |"));
        assert_eq!(with_section("# A\n", "## B", "c"), "# A\n\n## B\n\nc\n");
        assert_eq!(
            with_section(&before, "## Limits", "none")
                .matches("## ")
                .count(),
            6
        );
    }

    #[test]
    fn a_card_is_composed_of_data_files_alone() {
        let folder = folder("card", 9);
        let text = compose(&folder.join("cnn.safetensors")).unwrap();
        let parts = [
            "# CNN\n",
            "card --model cnn\n",
            "## Figures\n",
            "| test | 10 | 90.00 % |",
            "eval models/cnn.safetensors\n",
            "| **9** | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
            "## Architecture\n",
            "## Training\n",
            "1 min 15 s on a GPU",
            "## Data\n",
            "## Five seeds\n",
            "| **1, ships** |",
            "](plots/cnn-seeds.svg)",
            "--json - >> models/seeds-cnn.jsonl",
            "## Training speed\n",
            "| engine A | a GPU | 256 | 123,457 | 1.5 |  |",
            "measure it\n",
            "## Robustness\n",
            "| condition | CNN | CNN, prepared |",
            "| as it is | 90.00 % | 100.00 % |",
            "](plots/robustness-shift.svg)",
            "](plots/robustness-thickness.svg)",
            "evaluate it\n",
            "## Calibration and rejection\n",
            "](plots/cnn-reliability.svg)",
            "## Teachers\n\nNone.\n",
            "## Limits\n",
        ];
        let mut place = 0;
        for part in parts {
            let found = text[place..].find(part);
            place += found.unwrap_or_else(|| panic!("{part} is missing or misplaced in:\n{text}"));
        }
        for absent in [
            "engine B",
            "Not this one",
            "other weights",
            "## Hyperparameters",
        ] {
            assert!(!text.contains(absent), "{absent}:\n{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn figures_of_other_weights_are_marked() {
        let folder = folder("card-stale", 3);
        let text = compose(&folder.join("cnn.safetensors")).unwrap();
        assert!(
            text.contains("**These figures are of other weights"),
            "{text}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(duration(3.6), "4 s");
        assert_eq!(duration(7_500.0), "2 h 5 min");
    }
}

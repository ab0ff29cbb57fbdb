//! The model card: what a network is, how it was made and how good it is, as Markdown.

use crate::{
    config::{Schedule, Select, TrainConfig},
    data::{FILES, SPLIT_SEED, TRAINING_IMAGES, VALIDATION_IMAGES},
    metrics::{CLASSES, Confusion},
};
use mnistify_network::{LayerSpec, Metrics, NetworkSpec};

/// The heading of the figures.
const FIGURES: &str = "## Figures";
/// The heading of the last section.
const LIMITS: &str = "## Limits";

/// Everything that a card tells.
pub struct CardFacts<'a> {
    pub spec: &'a NetworkSpec,
    pub config: &'a TrainConfig,
    /// The weights' file name.
    pub file: &'a str,
    /// Whether the weights are stored as F16; the figures are then those of the rounded weights.
    pub half: bool,
    /// The exact command.
    pub command: &'a str,
    /// Backend and adapter.
    pub backend: &'a str,
    /// Wall-clock training time.
    pub seconds: f64,
    /// The step that the weights are from.
    pub step: usize,
    pub validation: &'a Confusion,
    pub test: &'a Confusion,
}

/// The card.
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
    let sections = [
        format!(
            "# {name}\n\n\
             Reads a handwritten digit in a 28×28 image. Weights: `{file}` (safetensors, {precision}), which also holds\n\
             this architecture and these figures as metadata. Tensors are named and laid out as in PyTorch's\n\
             `nn.Sequential`.",
            name = spec.name(),
        ),
        figures_section(facts.validation, facts.test),
        format!(
            "## Architecture\n\n\
             Input `[1, 28, 28]`: pixels from 0 (paper) to 1 (ink), each `x · {} + {}`.\n\n{}\n\
             {} parameters, running statistics included.",
            normalisation.scale,
            normalisation.offset,
            architecture_table(spec),
            thousands(spec.parameter_count()),
        ),
        format!(
            "## Training\n\n```sh\n{command}\n```\n\n{}",
            recipe(spec, config, facts.step)
        ),
        format!(
            "Training took {} on {}.",
            duration(facts.seconds),
            facts.backend
        ),
        format!(
            "## Data\n\n\
             MNIST (LeCun, Cortes & Burges). Of its {all} training images {train} are for training and {held} for\n\
             validation, a random choice from the constant {SPLIT_SEED}, the same in every run.\n\n{files}",
            all = thousands(TRAINING_IMAGES + VALIDATION_IMAGES),
            train = thousands(TRAINING_IMAGES),
            held = thousands(VALIDATION_IMAGES),
            files = files_table(),
        ),
        format!(
            "{LIMITS}\n\n\
             Trained on single, centred, upright digits. Whatever is drawn, one of ten digits comes out: letters and\n\
             scribbles too, sometimes with high confidence."
        ),
    ];
    let mut text = sections.join("\n\n");
    text.push('\n');
    text
}

/// The section of figures, from its heading to the end of the confusion matrix.
fn figures_section(validation: &Confusion, test: &Confusion) -> String {
    let sections = [
        format!(
            "{FIGURES}\n\n{}",
            figures(&validation.metrics(), &test.metrics())
        ),
        format!(
            "Precision, recall and F1 are macro averages over the ten digits. Every choice was made on the\n\
             validation images. The {tests} test images were read once, after the weights were final: {errors} of them\n\
             are read wrongly. Whoever trains several times and picks by the test figure does not measure this any more.",
            tests = test.images(),
            errors = test.errors(),
        ),
        format!(
            "### Test images: digit (row) and answer (column)\n\n{}",
            confusion_table(test)
        ),
    ];
    sections.join("\n\n")
}

/// What changes in a card when its weights are rounded to F16.
pub struct Rounding<'a> {
    /// The weights' file names before and after.
    pub files: [&'a str; 2],
    /// The commands before and after.
    pub commands: [&'a str; 2],
    /// Of the rounded weights.
    pub validation: &'a Confusion,
    /// Of the rounded weights.
    pub test: &'a Confusion,
}

/// A card for the rounded weights: their file, precision, command and figures; all else stays. The error says what the
/// card lacks.
pub fn rounded(text: &str, rounding: &Rounding<'_>) -> Result<String, String> {
    let [before, after] = rounding.files;
    let weights = |precision| format!("`{before}` (safetensors, {precision})");
    let found = ["F32", "F16"].map(weights);
    let Some(found) = found.iter().find(|found| text.contains(*found)) else {
        return Err(format!("does not name `{before}` with its precision"));
    };
    let text = text.replace(found, &format!("`{after}` (safetensors, F16)"));
    if section(&text, FIGURES).is_none() {
        return Err(format!("has no section \"{FIGURES}\""));
    }
    let [command, with_half] = rounding.commands;
    if command.is_empty() || !text.contains(command) {
        return Err("does not hold the command of the weights' metadata".to_string());
    }
    // The whole line, so that a command that already ends in --half does not get a second one.
    let text = text.replace(&format!("{command}\n"), &format!("{with_half}\n"));
    let figures = figures_section(rounding.validation, rounding.test);
    let body = figures.trim_start_matches(FIGURES);
    Ok(with_section(&text, FIGURES, body))
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

fn recipe(spec: &NetworkSpec, config: &TrainConfig, step: usize) -> String {
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
            format!("step {}; rule: {chosen}", thousands(step)),
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
        ("brightness", format!("± {}", a.brightness)),
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
    use crate::config::ModelKind;

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
            backend: "cpu",
            seconds: 75.0,
            step: 32_000,
            validation: &validation,
            test: &test,
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
            backend: "cpu",
            seconds: 75.0,
            step: 32_000,
            validation: &Confusion::new(&[1, 2], &[1, 2]),
            test,
        })
    }

    #[test]
    fn a_rounded_card_is_the_one_that_would_have_been_written() {
        let command = TrainConfig::defaults(ModelKind::Cnn, 256).command();
        let with_half = format!("{command} --half");
        let before = example(false, &command, &Confusion::new(&[3, 3, 4], &[3, 5, 4]));
        let test = Confusion::new(&[3, 3, 4], &[3, 3, 4]);
        let expected = example(true, &with_half, &test);
        let rounding = Rounding {
            files: ["cnn.safetensors", "small.safetensors"],
            commands: [&command, &with_half],
            validation: &Confusion::new(&[1, 2], &[1, 2]),
            test: &test,
        };
        assert_eq!(rounded(&before, &rounding).unwrap(), expected);
        // Once more changes nothing.
        let again = Rounding {
            files: ["small.safetensors"; 2],
            commands: [&with_half; 2],
            ..rounding
        };
        assert_eq!(rounded(&expected, &again).unwrap(), expected);
        let error = rounded("# Another\n", &again).unwrap_err();
        assert!(error.contains("small.safetensors"), "{error}");
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
    fn numbers_are_grouped() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(duration(3.6), "4 s");
        assert_eq!(duration(7_500.0), "2 h 5 min");
    }
}

//! Everything that can be chosen of a training, each thing declared once: its name, what it means, its range, its default
//! for either network, and the levels at which a study tries it.
//!
//! The defaults of a [`TrainConfig`], its checks, the trainer's options with their help, its studies and its journals all
//! come from [`TABLE`].

use crate::{
    augment::{Augmentation, Sampling},
    config::{Mixture, ModelKind, Schedule, Select, TrainConfig, steps_of},
};
use thiserror::Error;

/// One thing that can be chosen. Its value is a number, also where it is one of several names: then it is the place of
/// the name.
#[derive(Debug)]
pub struct Hyperparameter {
    /// The name of the option, and in file names.
    pub name: &'static str,
    /// The name in headings.
    pub title: &'static str,
    /// What its number says.
    pub what: &'static str,
    /// The unit, in the plural; may be empty.
    pub unit: &'static str,
    /// How a value is written in tables, where `#` stands for the number.
    pub shown: &'static str,
    /// Its value where nothing is said.
    pub default: Preset,
    /// The default with a plateau schedule, where that is another.
    pub with_plateau: Option<f64>,
    /// What a study tries beside the recipe's own value; nothing where it is not studied.
    pub levels: &'static [f64],
    /// Whether levels stand where their numbers are on a plot's axis; otherwise they stand side by side.
    pub is_linear: bool,
    field: Field,
}

/// The value where nothing is said; for the MLP and the CNN.
#[derive(Clone, Copy, Debug)]
pub enum Preset {
    /// One value for both networks.
    Same(f64),
    /// A value for each network.
    Each([f64; 2]),
    /// The steps of so many epochs.
    Epochs([usize; 2]),
}

/// Where the value is, and what it may be.
#[derive(Clone, Copy)]
enum Field {
    Number(fn(&mut TrainConfig) -> &mut f64, Range),
    /// At least the second.
    Count(fn(&mut TrainConfig) -> &mut usize, usize),
    Choice {
        names: &'static [&'static str],
        get: fn(&TrainConfig) -> usize,
        set: fn(&mut TrainConfig, usize),
    },
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(_, range) => write!(f, "a number: {}", range.expected()),
            Self::Count(_, least) => write!(f, "{least} or more"),
            Self::Choice { names, .. } => write!(f, "{names:?}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Range {
    Positive,
    NotNegative,
    BelowOne,
    /// Above 0 and at most 1.
    Factor,
    /// One of several parts of a whole.
    Part,
}

impl Range {
    fn has(self, value: f64) -> bool {
        match self {
            Self::Positive => value.is_finite() && value > 0.0,
            Self::NotNegative => value.is_finite() && value >= 0.0,
            Self::BelowOne => (0.0..1.0).contains(&value),
            Self::Factor => value > 0.0 && value <= 1.0,
            Self::Part => (0.0..=1.0).contains(&value),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Positive => "a number above 0",
            Self::NotNegative => "a number, 0 or more",
            Self::BelowOne => "0 or more and below 1",
            Self::Factor => "above 0 and at most 1",
            Self::Part => PARTS,
        }
    }
}

/// What the parts of the mixture may be.
const PARTS: &str = "from 0 to 1, and together with the other parts at most 1";

const fn entry(
    name: &'static str,
    title: &'static str,
    what: &'static str,
    default: Preset,
    field: Field,
) -> Hyperparameter {
    Hyperparameter {
        name,
        title,
        what,
        unit: "",
        shown: "#",
        default,
        with_plateau: None,
        levels: &[],
        is_linear: true,
        field,
    }
}

impl Hyperparameter {
    const fn unit(mut self, unit: &'static str, shown: &'static str) -> Self {
        self.unit = unit;
        self.shown = shown;
        self
    }

    const fn levels(mut self, levels: &'static [f64]) -> Self {
        self.levels = levels;
        self
    }

    const fn side_by_side(mut self) -> Self {
        self.is_linear = false;
        self
    }

    const fn with_plateau(mut self, value: f64) -> Self {
        self.with_plateau = Some(value);
        self
    }
}

use Field::{Choice, Count, Number};
use Preset::{Each, Epochs, Same};
use Range::{BelowOne, Factor, NotNegative, Part, Positive};

/// All of them, in the order in which they are listed everywhere.
#[rustfmt::skip] // What it is, then what it may be.
pub static TABLE: [Hyperparameter; 24] = [
    entry("rotation", "Rotation", "largest rotation to either side",
        Same(15.0), Number(|c| &mut c.augmentation.rotation, NotNegative))
        .unit("degrees", "±#°").levels(&[0.0, 5.0, 10.0, 15.0, 20.0, 30.0]),
    entry("scale", "Scale", "largest relative change of size",
        Same(0.13), Number(|c| &mut c.augmentation.scale, BelowOne))
        .unit("", "±#").levels(&[0.0, 0.05, 0.13, 0.2, 0.3]),
    entry("anisotropy", "Anisotropy", "largest relative change of the ratio of width to height",
        Same(0.12), Number(|c| &mut c.augmentation.anisotropy, BelowOne)).unit("", "±#"),
    entry("shear", "Shear", "largest horizontal shear, in pixels a pixel",
        Same(0.2), Number(|c| &mut c.augmentation.shear, NotNegative)).unit("", "±#"),
    entry("shift", "Shift", "largest shift along each axis",
        Same(2.0), Number(|c| &mut c.augmentation.shift, NotNegative))
        .unit("pixels", "±# px").levels(&[0.0, 1.0, 2.0, 3.0, 4.0]),
    entry("sampling", "Sampling", "how values between pixels are found", Same(0.0), Choice {
        names: &["bilinear", "nearest"],
        get: |c| c.augmentation.sampling as usize,
        set: |c, place| c.augmentation.sampling = [Sampling::Bilinear, Sampling::Nearest][place],
    }),
    entry("elastic", "Elastic distortion", "largest displacement of the elastic field",
        Each([0.8, 0.0]), Number(|c| &mut c.augmentation.elastic, NotNegative))
        .unit("pixels", "# px").levels(&[0.0, 0.4, 0.8, 1.2, 1.6]),
    entry("thickness", "Thickness", "largest change of the stroke's radius",
        Each([0.2, 0.25]), Number(|c| &mut c.augmentation.thickness, NotNegative))
        .unit("pixels", "±# px").levels(&[0.0, 0.25, 0.5, 0.75, 1.0]),
    entry("brightness", "Brightness", "largest relative change of brightness",
        Same(0.2), Number(|c| &mut c.augmentation.brightness, BelowOne))
        .unit("", "±#").levels(&[0.0, 0.1, 0.2, 0.4, 0.6]),
    entry("label-smoothing", "Label smoothing", "part of a target that is spread over all digits",
        Same(0.05), Number(|c| &mut c.label_smoothing, BelowOne)).levels(&[0.0, 0.02, 0.05, 0.1, 0.2]),
    entry("ema", "Moving average of the weights", "decay of the moving average",
        Same(0.9995), Number(|c| &mut c.ema, BelowOne)).levels(&[0.0, 0.99, 0.999, 0.9995, 0.9999]).side_by_side(),
    // A study sets the decay and the patience along with it: its levels are one-cycle, and a plateau with these decays.
    entry("schedule", "Schedule of the learning rate", "how it changes; × is the factor when validation stalls", Same(0.0), Choice {
        names: &["one-cycle", "plateau"],
        get: |c| c.schedule as usize,
        set: |c, place| c.schedule = [Schedule::OneCycle, Schedule::Plateau][place],
    }).levels(&[0.3, 0.5, 0.7]).side_by_side(),
    entry("decay", "Decay of the learning rate", "factor on the learning rate when validation stalls, in a plateau schedule",
        Same(0.5), Number(|c| &mut c.decay, Factor)),
    entry("patience", "Patience", "evaluations without improvement before the decay (plateau) or the end (one-cycle; 0 is never)",
        Same(0.0), Count(|c| &mut c.patience, 0)).with_plateau(3.0),
    entry("learning-rate", "Learning rate", "peak learning rate",
        Same(2e-3), Number(|c| &mut c.learning_rate, Positive))
        .levels(&[0.0005, 0.001, 0.002, 0.004, 0.008]).side_by_side(),
    entry("weight-decay", "Weight decay", "weight decay",
        Each([0.02, 0.05]), Number(|c| &mut c.weight_decay, NotNegative))
        .levels(&[0.0, 0.005, 0.02, 0.05, 0.1, 0.2]).side_by_side(),
    // A study keeps the epochs.
    entry("batch", "Batch", "images a step",
        Each([512.0, 256.0]), Count(|c| &mut c.batch, 1)).levels(&[128.0, 256.0, 512.0, 1024.0]).side_by_side(),
    entry("steps", "Steps", "how many steps to make",
        Epochs([800, 120]), Count(|c| &mut c.steps, 1)),
    entry("evaluate-every", "Steps between evaluations", "steps between two evaluations on validation",
        Epochs([20, 10]), Count(|c| &mut c.evaluate_every, 1)),
    entry("wide", "Digits placed anywhere", "part of the images that is placed anywhere, smaller or larger, thicker or thinner",
        Each([0.06, 0.12]), Number(|c| &mut c.mixture.wide, Part)).levels(&[0.0, 0.06, 0.12, 0.25]),
    entry("prepared", "Digits prepared after a rough placement", "part of the images that was placed anywhere and then prepared as the app prepares pictures",
        Same(0.06), Number(|c| &mut c.mixture.prepared, Part)).levels(&[0.0, 0.06, 0.12, 0.25]),
    entry("drawn", "Digits drawn as pen paths", "part of the images that is digits drawn as pen paths",
        Same(0.08), Number(|c| &mut c.mixture.drawn, Part)).levels(&[0.0, 0.04, 0.08, 0.16]),
    entry("outliers", "Images that are no digits", "part of the images that is no digits, with even targets",
        Each([0.12, 0.08]), Number(|c| &mut c.mixture.outliers, Part)).levels(&[0.0, 0.04, 0.08, 0.16]),
    entry("select", "Weights kept", "which weights to keep: those of the best evaluation, or of the last step", Same(1.0), Choice {
        names: &["best", "last"],
        get: |c| c.select as usize,
        set: |c, place| c.select = [Select::Best, Select::Last][place],
    }).with_plateau(0.0),
];

/// The hyperparameter of this name.
///
/// # Panics
/// Where the table has none.
pub fn named(name: &str) -> &'static Hyperparameter {
    let found = TABLE.iter().find(|one| one.name == name);
    found.unwrap_or_else(|| panic!("there is no hyperparameter {name}"))
}

impl Hyperparameter {
    /// Its value in a configuration.
    pub fn get(&self, config: &TrainConfig) -> f64 {
        match self.field {
            Number(place, _) => *place(&mut config.clone()),
            Count(place, _) => *place(&mut config.clone()) as f64,
            Choice { get, .. } => get(config) as f64,
        }
    }

    /// Puts a value into a configuration.
    pub fn set(&self, config: &mut TrainConfig, value: f64) {
        match self.field {
            Number(place, _) => *place(config) = value,
            Count(place, _) => *place(config) = value as usize,
            Choice { set, .. } => set(config, value as usize),
        }
    }

    /// A value as an option has it.
    pub fn text(&self, value: f64) -> String {
        match self.field {
            Choice { names, .. } => names[value as usize].to_string(),
            _ => value.to_string(),
        }
    }

    /// A value with its unit, for tables.
    pub fn label(&self, value: f64) -> String {
        match self.field {
            Number(..) | Count(..) if value == 0.0 => "off".to_string(),
            _ => self.shown.replace('#', &self.text(value)),
        }
    }

    /// The opposite of [`Hyperparameter::text`].
    ///
    /// # Errors
    /// What is expected instead.
    pub fn parse(&self, text: &str) -> Result<f64, String> {
        let value = match self.field {
            Number(..) => text.parse().ok(),
            Count(..) => text.parse::<u32>().ok().map(f64::from),
            Choice { names, .. } => names.iter().position(|n| *n == text).map(|n| n as f64),
        };
        let value = value.filter(|value| self.allows(*value));
        value.ok_or_else(|| format!("expected {}", self.expected()))
    }

    /// Whether a value can be used.
    pub fn allows(&self, value: f64) -> bool {
        match self.field {
            Number(_, range) => range.has(value),
            Count(_, least) => value >= least as f64,
            Choice { names, .. } => (value as usize) < names.len(),
        }
    }

    /// What the values may be.
    pub fn expected(&self) -> String {
        match self.field {
            Number(_, range) => range.expected().to_string(),
            Count(_, least) => format!("a whole number, {least} or more"),
            Choice { names, .. } => names.join(" or "),
        }
    }

    /// The value where nothing is said, with batches of so many images.
    pub fn default(&self, model: ModelKind, batch: usize) -> f64 {
        match self.default {
            Same(value) => value,
            Each(values) => values[model as usize],
            Epochs(epochs) => steps_of(epochs[model as usize], batch) as f64,
        }
    }

    /// The same in words, for both networks.
    pub fn default_text(&self) -> String {
        let mut text = match self.default {
            Same(value) => self.text(value),
            Each([mlp, cnn]) => format!("{} for mlp, {} for cnn", self.text(mlp), self.text(cnn)),
            Epochs([mlp, cnn]) => format!("those of {mlp} epochs for mlp, of {cnn} for cnn"),
        };
        if let Some(value) = self.with_plateau {
            text.push_str(&format!(", {} with a plateau schedule", self.text(value)));
        }
        text
    }
}

/// Which option cannot be used, and what it may be.
#[derive(Debug, Error, PartialEq)]
#[error("--{option} is {found}, expected {expected}")]
pub struct ConfigError {
    /// Its name, without the dashes.
    pub option: &'static str,
    /// The value that it has.
    pub found: String,
    /// What values it may have.
    pub expected: String,
}

impl ModelKind {
    /// Images a step where nothing else is said.
    pub fn default_batch(self) -> usize {
        named("batch").default(self, 1) as usize
    }
}

impl TrainConfig {
    /// The recipe of `model`; the number of steps follows from `batch`.
    pub fn defaults(model: ModelKind, batch: usize) -> Self {
        let mut config = Self {
            model,
            batch,
            learning_rate: 0.0,
            weight_decay: 0.0,
            schedule: Schedule::OneCycle,
            decay: 0.0,
            patience: 0,
            steps: 0,
            evaluate_every: 0,
            augmentation: Augmentation::NONE,
            mixture: Mixture::default(),
            label_smoothing: 0.0,
            ema: 0.0,
            seed: 1,
            select: Select::Last,
        };
        for one in TABLE.iter().filter(|one| one.name != "batch") {
            one.set(&mut config, one.default(model, batch));
        }
        config
    }

    /// Whether every value can be used.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let error = |option, value: f64, expected| ConfigError {
            option,
            found: value.to_string(),
            expected,
        };
        for one in &TABLE {
            let value = one.get(self);
            if !one.allows(value) {
                return Err(error(one.name, value, one.expected()));
            }
        }
        let m = &self.mixture;
        if m.wide + m.prepared + m.drawn + m.outliers > 1.0 {
            let expected = PARTS.to_string();
            return Err(error("wide", m.wide, expected));
        }
        Ok(())
    }

    /// The options of the trainer that name exactly this configuration.
    pub fn options(&self) -> String {
        let mut options = format!("--model {}", self.model.name());
        for one in &TABLE {
            let value = one.text(one.get(self));
            options.push_str(&format!(" --{} {value}", one.name));
        }
        options.push_str(&format!(" --seed {}", self.seed));
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_goes_in_and_comes_out() {
        for one in &TABLE {
            let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
            let value = one.get(&config);
            assert_eq!(value, one.default(ModelKind::Cnn, 256), "{}", one.name);
            assert_eq!(one.parse(&one.text(value)), Ok(value), "{}", one.name);
            let other = match one.field {
                Number(..) => 0.5,
                Count(..) => 7.0,
                Choice { .. } => 1.0 - value,
            };
            one.set(&mut config, other);
            assert_eq!(one.get(&config), other, "{}", one.name);
            assert!(
                one.levels
                    .iter()
                    .all(|level| one.name == "schedule" || one.allows(*level))
            );
        }
    }

    #[test]
    fn names_are_there_once_and_the_defaults_are_told() {
        for one in &TABLE {
            assert!(std::ptr::eq(named(one.name), one));
        }
        assert_eq!(named("batch").default_text(), "512 for mlp, 256 for cnn");
        let labels = [("rotation", 15.0), ("elastic", 0.0), ("sampling", 0.0)];
        let labels = labels.map(|(name, value)| named(name).label(value));
        assert_eq!(labels, ["±15°", "off", "bilinear"]);
        assert!(
            named("steps")
                .default_text()
                .contains("800 epochs for mlp, of 120")
        );
        assert!(
            named("select")
                .default_text()
                .starts_with("last, best with")
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_can() {
        for (name, text) in [
            ("scale", "1"),
            ("batch", "0"),
            ("schedule", "luck"),
            ("ema", "x"),
        ] {
            assert!(named(name).parse(text).is_err(), "{name}");
        }
        let error = named("sampling").parse("luck").unwrap_err();
        assert_eq!(error, "expected bilinear or nearest");
    }

    #[test]
    fn a_config_survives_json() {
        for model in ModelKind::ALL {
            let config = TrainConfig::defaults(model, model.default_batch());
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<TrainConfig>(&json).unwrap(), config);
            assert_eq!(config.validate(), Ok(()));
        }
        let json = serde_json::to_value(TrainConfig::defaults(ModelKind::Cnn, 256)).unwrap();
        assert_eq!(json["augmentation"]["scale"].to_string(), "0.13");
    }

    #[test]
    fn steps_follow_from_epochs_and_batch() {
        assert_eq!(steps_of(1, 256), 215);
        assert_eq!(steps_of(2, 55_000), 2);
        let mlp = TrainConfig::defaults(ModelKind::Mlp, 512);
        assert!((mlp.epochs() - 800.0).abs() < 0.01);
    }

    #[test]
    fn the_options_name_every_choice() {
        let command = TrainConfig::defaults(ModelKind::Mlp, 512).options();
        for part in [
            "--model mlp",
            "--elastic 0.8",
            "--schedule one-cycle",
            "--learning-rate 0.002",
        ] {
            assert!(command.contains(part), "{command}");
        }
    }

    #[test]
    fn unusable_values_are_named() {
        let mut config = TrainConfig::defaults(ModelKind::Cnn, 256);
        config.augmentation.scale = 1.0;
        let text = config.validate().unwrap_err().to_string();
        assert!(text.contains("--scale is 1"), "{text}");
        config.augmentation.scale = 0.0;
        config.batch = 0;
        assert_eq!(config.validate().unwrap_err().option, "batch");
        config.batch = 1;
        (config.mixture.wide, config.mixture.drawn) = (0.6, 0.6);
        assert_eq!(config.validate().unwrap_err().option, "wide");
    }
}

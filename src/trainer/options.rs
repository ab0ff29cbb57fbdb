//! Options that several commands share. Those of the hyperparameters are made of their table.

use crate::{
    data::cache_folder,
    fetch::{self, FetchError},
};
use clap::{
    Arg, ArgMatches, Args, Command, Error, FromArgMatches,
    builder::{PossibleValuesParser, TypedValueParser},
    value_parser,
};
use mnistify_learning::{
    ModelKind, Schedule, TrainConfig,
    config::steps_of,
    hyperparameters::{Hyperparameter, Preset, TABLE, named},
};
use std::path::PathBuf;

/// Reads the name of a network.
pub fn model_kind() -> impl TypedValueParser<Value = ModelKind> {
    let names = ModelKind::ALL.map(ModelKind::name);
    PossibleValuesParser::new(names).map(|name| {
        let [mlp, cnn] = ModelKind::ALL;
        if name == mlp.name() { mlp } else { cnn }
    })
}

/// Where MNIST lies.
#[derive(Args, Debug)]
pub struct DataArguments {
    /// Folder of MNIST's four uncompressed IDX files; what is missing there is fetched and checked
    /// [default: mnistify/mnist in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataArguments {
    /// The folder, with all of MNIST's files in it.
    ///
    /// # Errors
    /// Where a file is missing and cannot be fetched.
    pub fn folder(&self) -> Result<PathBuf, FetchError> {
        let cache = || cache_folder().join("mnist");
        let folder = self.data.clone().unwrap_or_else(cache);
        fetch::ensure(&folder, &mut |message| eprintln!("{message}"))?;
        Ok(folder)
    }
}

/// The hyperparameters that were named, each an option of its own, and the number of epochs.
#[derive(Clone, Debug)]
pub struct Chosen {
    values: Vec<(&'static Hyperparameter, f64)>,
    epochs: Option<usize>,
}

impl Chosen {
    /// The default recipe with what was chosen. Where nothing else is said it makes a `part` of the steps.
    pub fn config(&self, model: ModelKind, seed: u64, part: usize) -> TrainConfig {
        let chosen = |name| self.values.iter().find(|(one, _)| one.name == name);
        let batch = chosen("batch").map_or(model.default_batch(), |(_, batch)| *batch as usize);
        let mut config = TrainConfig::defaults(model, batch);
        config.seed = seed;
        config.steps = match self.epochs {
            Some(epochs) => steps_of(epochs, batch),
            None => config.steps.div_ceil(part),
        };
        let plateau = Schedule::Plateau as usize as f64;
        if chosen("schedule").is_some_and(|(_, schedule)| *schedule == plateau) {
            for one in &TABLE {
                if let Some(value) = one.with_plateau {
                    one.set(&mut config, value);
                }
            }
        }
        for (one, value) in &self.values {
            one.set(&mut config, *value);
        }
        config
    }
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |one: &'static Hyperparameter| Some((one, *matches.get_one::<f64>(one.name)?));
        Ok(Self {
            values: TABLE.iter().filter_map(given).collect(),
            epochs: matches
                .get_one::<u32>("epochs")
                .map(|epochs| *epochs as usize),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Chosen {
    fn augment_args(command: Command) -> Command {
        let epochs = Arg::new("epochs")
            .long("epochs")
            .value_parser(value_parser!(u32).range(1..))
            .conflicts_with("steps")
            .help(epochs_help());
        TABLE
            .iter()
            .fold(command, |command, one| command.arg(option(one)))
            .arg(epochs)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn option(one: &'static Hyperparameter) -> Arg {
    let unit = match one.unit {
        "" => String::new(),
        unit => format!(", in {unit}"),
    };
    let (title, what, expected) = (one.title, one.what, one.expected());
    let help = format!(
        "{title}: {what}{unit}; {expected} [default: {}]",
        one.default_text()
    );
    Arg::new(one.name)
        .long(one.name)
        .value_name("VALUE")
        .value_parser(move |text: &str| one.parse(text))
        .help(help)
}

fn epochs_help() -> String {
    let Preset::Epochs([mlp, cnn]) = named("steps").default else {
        unreachable!("the steps follow from the epochs");
    };
    format!(
        "How often to see the 55,000 images instead of --steps [default: {mlp} for mlp, {cnn} for cnn, a tenth of that in a search]"
    )
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Options from words.
    pub fn parse<T: Args>(words: &str) -> Result<T, Error> {
        let command = T::augment_args(Command::new("train").no_binary_name(true));
        let matches = command.try_get_matches_from(words.split_whitespace())?;
        T::from_arg_matches(&matches)
    }

    #[test]
    fn the_help_tells_the_defaults_that_are_used() {
        let help = Chosen::augment_args(Command::new("train"))
            .render_long_help()
            .to_string();
        for one in &TABLE {
            assert!(help.contains(&format!("--{} <VALUE>", one.name)), "{help}");
        }
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("[default: 800 for mlp, 120 for cnn"),
            "{words}"
        );
        for model in ModelKind::ALL {
            let config = TrainConfig::defaults(model, model.default_batch());
            let epochs = format!("{:.0} for {}", config.epochs(), model.name());
            assert!(words.contains(&epochs), "{epochs}: {words}");
        }
    }

    #[test]
    fn what_is_chosen_comes_after_what_follows_from_it() {
        let parse = parse::<Chosen>;
        let config = parse("--schedule plateau --epochs 2 --batch 64").unwrap();
        let config = config.config(ModelKind::Mlp, 3, 10);
        assert_eq!(
            (config.patience, config.steps, config.seed),
            (3, steps_of(2, 64), 3)
        );
        let config = parse("--patience 5").unwrap();
        let config = config.config(ModelKind::Mlp, 1, 10);
        let whole = TrainConfig::defaults(ModelKind::Mlp, 512).steps;
        assert_eq!((config.patience, config.steps), (5, whole.div_ceil(10)));
        for wrong in ["--steps 1 --epochs 1", "--scale 2", "--sampling x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

//! Options that several commands share. Those of the hyperparameters are made of their table.

use crate::{data::cache_folder, fetch};
use clap::{
    Arg, ArgMatches, Args, Command, Error, FromArgMatches,
    builder::{PossibleValuesParser, TypedValueParser},
};
use mnistify_learning::{
    ModelKind, Schedule, TrainConfig,
    config::steps_of,
    hyperparameters::{Hyperparameter, TABLE},
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
    pub fn folder(&self) -> crate::Result<PathBuf> {
        let cache = || cache_folder().join("mnist");
        let folder = self.data.clone().unwrap_or_else(cache);
        fetch::ensure(&folder, &mut |message| eprintln!("{message}"))?;
        Ok(folder)
    }
}

/// The hyperparameters that were named, each an option of its own.
#[derive(Clone, Debug)]
pub struct Chosen(Vec<(&'static Hyperparameter, f64)>);

impl Chosen {
    /// The default recipe with what was chosen. Where nothing is said of the steps, they are those of so many epochs or a
    /// `part` of the recipe's.
    pub fn config(&self, model: ModelKind, epochs: Option<u32>, part: usize) -> TrainConfig {
        let chosen = |name| self.0.iter().find(|(one, _)| one.name == name);
        let batch = chosen("batch").map_or(model.default_batch(), |(_, batch)| *batch as usize);
        let mut config = TrainConfig::defaults(model, batch);
        config.steps = match epochs {
            Some(epochs) => steps_of(epochs as usize, batch),
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
        for (one, value) in &self.0 {
            one.set(&mut config, *value);
        }
        config
    }
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |one: &'static Hyperparameter| Some((one, *matches.get_one::<f64>(one.name)?));
        Ok(Self(TABLE.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Chosen {
    fn augment_args(command: Command) -> Command {
        command.args(TABLE.iter().map(option))
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::train_command::TrainArguments;

    /// Options from words.
    pub fn parse<T: Args>(words: &str) -> Result<T, Error> {
        let command = T::augment_args(Command::new("train").no_binary_name(true));
        let matches = command.try_get_matches_from(words.split_whitespace())?;
        T::from_arg_matches(&matches)
    }

    #[test]
    fn the_help_tells_the_defaults_that_are_used() {
        let mut command = TrainArguments::augment_args(Command::new("train"));
        let help = command.render_long_help().to_string();
        for one in &TABLE {
            assert!(help.contains(&format!("--{} <VALUE>", one.name)), "{help}");
        }
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let [mlp, cnn] = ModelKind::ALL.map(|model| {
            let config = TrainConfig::defaults(model, model.default_batch());
            format!("{:.0} for {}", config.epochs(), model.name())
        });
        let epochs = format!("instead of --steps [default: {mlp}, {cnn}, a tenth");
        assert!(words.contains(&epochs), "{epochs}: {words}");
    }

    #[test]
    fn what_is_chosen_comes_after_what_follows_from_it() {
        let config = |words, epochs| {
            let chosen: Chosen = parse(words).unwrap();
            chosen.config(ModelKind::Mlp, epochs, 10)
        };
        let found = config("--schedule plateau --batch 64", Some(2));
        assert_eq!((found.patience, found.steps), (3, steps_of(2, 64)));
        let found = config("--patience 5", None);
        let whole = TrainConfig::defaults(ModelKind::Mlp, 512).steps;
        assert_eq!((found.patience, found.steps), (5, whole.div_ceil(10)));
        for wrong in ["--scale 2", "--sampling x"] {
            assert!(parse::<Chosen>(wrong).is_err(), "{wrong}");
        }
    }
}

//! `train study`: options to a plan, a backend to a device, progress to the terminal. What is planned is in `study`, what
//! the runs say in `journal`.

use crate::{
    Result,
    backend::{self, BackendArguments},
    data,
    display::stop_on_ctrl_c,
    extras, journal,
    options::{DataArguments, model_kind},
    runs::{Planned, STUDIES},
    study::{self, Factor},
    train_loop::Job,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use mnistify_learning::{Mixture, ModelKind, Pool, hyperparameters::named};
use std::{path::PathBuf, sync::Arc};

/// Studies one factor of the recipe at a time: each at several levels, all else as in the default recipe, judged on
/// validation alone.
///
/// Finished runs are skipped, so that a study can be interrupted. All levels are made at one seed before the second
/// seed begins. Ctrl-C drops the run in progress.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct StudyArguments {
    /// Whose recipe.
    #[arg(long, value_parser = model_kind())]
    model: ModelKind,

    /// How many seeds, from --seed on.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,

    /// How often each run sees the 55,000 images [default: 40 for mlp, 12 for cnn]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,

    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Only every Nth run, from the Ith on, counted from 0: processes with 0/2 and 1/2 share a study.
    #[arg(long, value_name = "I/N", default_value = "0/1", value_parser = share)]
    share: [usize; 2],

    /// Only these factors, separated by commas [default: all]
    #[arg(long, value_parser = factor(), value_name = "FACTORS", value_delimiter = ',')]
    only: Vec<Factor>,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    backend: BackendArguments,

    /// Folder of the journal.
    #[arg(long, value_name = "DIR", default_value = "models")]
    journal_dir: PathBuf,
}

fn factor() -> impl TypedValueParser<Value = Factor> {
    let names = study::factors().map(|factor| factor.name);
    PossibleValuesParser::new(names).map(|name| named(&name))
}

/// One of several processes that make a study together: `1/4` is the second of four.
fn share(text: &str) -> std::result::Result<[usize; 2], String> {
    let numbers = text.split_once('/');
    let numbers =
        numbers.and_then(|(index, count)| Some([index.parse().ok()?, count.parse().ok()?]));
    let valid = numbers.filter(|[index, count]| index < count);
    valid.ok_or_else(|| "expected I/N with I from 0 to N − 1, such as 0/2".to_string())
}

/// Runs `train study`.
///
/// # Errors
/// Where there are no data or no backend, a training fails, or the records cannot be read or written.
pub fn run(arguments: &StudyArguments) -> Result<()> {
    let plan = plan(arguments);
    plan.iter().try_for_each(|one| one.config.validate())?;
    let data = data::load_training(&arguments.data.folder()?)?;
    let (backend, name) = backend::choose(&arguments.backend)?;
    // The extras are made once, also where a factor switches them on only now and then.
    let mixtures = plan.iter().map(|one| one.config.mixture);
    let mixture = mixtures.fold(Mixture::default(), Mixture::union);
    let pool = Arc::new(Pool::new(&data, &extras::of(&mixture, &data.train)));
    eprintln!("training on {name}");
    let stop = stop_on_ctrl_c()?;
    let spec = arguments.model.spec();
    let job = Job::new(&spec, &plan[0].config, &pool, &stop);
    let [index, count] = arguments.share;
    let own = plan.iter().skip(index).step_by(count).cloned();
    let folder = &arguments.journal_dir;
    journal::make(folder, STUDIES, own, &job, backend.maker().as_mut(), &name)
}

fn plan(arguments: &StudyArguments) -> Vec<Planned> {
    let mut base = study::base(arguments.model, arguments.epochs);
    base.seed = arguments.seed;
    let only: Vec<&str> = arguments.only.iter().map(|factor| factor.name).collect();
    let wanted = |factor: &Factor| only.is_empty() || only.contains(&factor.name);
    let factors: Vec<Factor> = study::factors().filter(wanted).collect();
    study::plan(&base, &factors, arguments.seeds as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::tests::parse;

    #[test]
    fn options_become_a_plan() {
        let words = "--model cnn --seeds 2 --epochs 3 --only shift,label-smoothing --share 1/2";
        let arguments: StudyArguments = parse(words).unwrap();
        assert_eq!(arguments.share, [1, 2]);
        let plan = plan(&arguments);
        assert_eq!(plan.len(), 2 * (1 + 4 + 4));
        assert!((plan[0].config.epochs() - 3.0).abs() < 0.02);
        let whole = self::plan(&parse("--model mlp").unwrap());
        assert!((whole[0].config.epochs() - 40.0).abs() < 0.01);
        for wrong in [
            "--seeds 2",
            "--model cnn --seeds 0",
            "--model cnn --share 2/2",
            "--model cnn --share 0/0",
            "--model cnn --share 1",
            "--model cnn --only luck",
        ] {
            assert!(parse::<StudyArguments>(wrong).is_err(), "{wrong}");
        }
    }
}

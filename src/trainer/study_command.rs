//! `train study`: options to a plan, a backend to a device, progress to the terminal. What is planned, and what the runs
//! say, is in the library's `study` and `study_journal`.

use super::{BackendKind, Display, EngineKind, Result, choose_backend, stop_on_ctrl_c};
use clap::Args;
use mnistify_training::{
    Event, Mixture, ModelKind, TrainConfig,
    data::{self, cache_folder},
    engine::MakeEngine,
    feeder::Pool,
    fetch, journal,
    study::{self, Factor, Planned, Share},
};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

/// Studies one factor of the recipe at a time: each at several levels, all else as in the default recipe, judged on
/// validation alone.
///
/// Finished runs are skipped, so that a study can be interrupted. All levels are made at one seed before the second
/// seed begins. Ctrl-C drops the run in progress.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct StudyArguments {
    /// Whose recipe.
    #[arg(long, value_enum)]
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
    #[arg(long, value_name = "I/N", default_value = "0/1")]
    share: Share,

    /// Only these factors, separated by commas [default: all]
    #[arg(long, value_enum, value_name = "FACTORS", value_delimiter = ',')]
    only: Vec<Factor>,

    /// Folder of MNIST's four uncompressed IDX files; what is missing there is fetched and checked
    /// [default: mnistify/mnist in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// What to compute on; auto takes CUDA where it is compiled in, else a GPU through wgpu, else the CPU.
    #[arg(long, value_enum, default_value_t = BackendKind::Auto)]
    backend: BackendKind,

    /// What makes the steps on a GPU through wgpu.
    #[arg(long, value_enum, default_value_t = EngineKind::Fused)]
    engine: EngineKind,

    /// Which GPU, where there are several [default: the best]
    #[arg(long, value_name = "NUMBER")]
    gpu: Option<usize>,

    /// Folder of the journal.
    #[arg(long, value_name = "DIR", default_value = "models")]
    journal_dir: PathBuf,
}

/// Runs `train study`.
pub fn run(arguments: &StudyArguments) -> Result<()> {
    let plan = plan(arguments);
    plan.iter().try_for_each(|one| one.config.validate())?;
    let folder = match &arguments.data {
        Some(folder) => folder.clone(),
        None => cache_folder().join("mnist"),
    };
    fetch::ensure(&folder, &mut |message| eprintln!("{message}"))?;
    let data = data::load_training(&folder)?;
    let (backend, name) = choose_backend(arguments.backend, arguments.engine, arguments.gpu)?;
    // The extras are made once, also where a factor switches them on only now and then.
    let mixtures = plan.iter().map(|one| one.config.mixture);
    let pool = Arc::new(Pool::new(
        &data,
        &mixtures.fold(Default::default(), Mixture::union),
    ));
    eprintln!("training on {name}");
    let stop = stop_on_ctrl_c()?;
    let session = Session {
        arguments,
        plan: &plan,
        pool: &pool,
        backend: &name,
        stop: &stop,
    };
    session.run(backend.maker().as_mut())
}

fn plan(arguments: &StudyArguments) -> Vec<Planned> {
    let model = arguments.model;
    let recipe = TrainConfig::defaults(model, model.default_batch());
    let epochs = arguments.epochs.map(|epochs| epochs as usize);
    let mut base = study::base(&recipe, epochs.unwrap_or(study::default_epochs(model)));
    base.seed = arguments.seed;
    let factors: &[Factor] = if arguments.only.is_empty() {
        &Factor::ALL
    } else {
        &arguments.only
    };
    study::plan(&base, factors, arguments.seeds as usize)
}

/// All that a study needs, apart from the backend's type.
struct Session<'a> {
    arguments: &'a StudyArguments,
    plan: &'a [Planned],
    pool: &'a Arc<Pool>,
    backend: &'a str,
    stop: &'a AtomicBool,
}

impl Session<'_> {
    fn run(&self, maker: &mut dyn MakeEngine) -> Result<()> {
        let StudyArguments {
            model,
            share,
            journal_dir,
            ..
        } = self.arguments;
        let mut train_once = |planned: &Planned| {
            let config = &planned.config;
            let mut display = Display::new(config.steps, format!("{}: ", planned.label()));
            let mut report = |event: &Event| display.show(event);
            study::train_once(config, self.pool, maker, self.stop, &mut report)
        };
        let made = study::run(
            self.plan,
            *share,
            journal_dir,
            self.backend,
            &mut train_once,
        );
        // The journal shows what there is, also where the study ended early.
        if !journal::is_empty(journal_dir, *model)? {
            let path = journal::rebuild(journal_dir, *model)?;
            eprintln!("the journal is {}", path.display());
        }
        eprintln!("{} runs made", made?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: StudyArguments,
    }

    fn parse(words: &[&str]) -> std::result::Result<StudyArguments, clap::Error> {
        let words = std::iter::once("study").chain(words.iter().copied());
        Line::try_parse_from(words).map(|line| line.arguments)
    }

    #[test]
    fn options_become_a_plan() {
        let words = ["--model", "cnn", "--seeds", "2", "--epochs", "3", "--only"];
        let words = [&words[..], &["shift,label-smoothing", "--share", "1/2"]].concat();
        let arguments = parse(&words).unwrap();
        assert_eq!(arguments.share, Share { index: 1, count: 2 });
        let plan = plan(&arguments);
        assert_eq!(plan.len(), 2 * (1 + 4 + 4));
        assert!((plan[0].config.epochs() - 3.0).abs() < 0.02);
        for wrong in [
            &["--seeds", "2"][..],
            &["--model", "cnn", "--seeds", "0"],
            &["--model", "cnn", "--share", "2/2"],
            &["--model", "cnn", "--only", "luck"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_journal_names_the_command_that_was_given() {
        let arguments = parse(&["--model", "mlp"]).unwrap();
        let base = plan(&arguments)[0].config.clone();
        assert!((base.epochs() - 40.0).abs() < 0.01);
        assert_eq!(
            plan(&arguments)
                .iter()
                .filter(|one| one.change.is_none())
                .count(),
            3
        );
    }
}

//! `train` itself: a training with its checkpoint, its figures and its card, or a random search.

use crate::{
    Result,
    backend::{self, Backend, BackendArguments},
    card,
    data::{self, FILES, cache_folder},
    display::{display, stop_on_ctrl_c},
    document::COMMAND,
    eval::{Reader, report::Report},
    extras, journal,
    options::{Chosen, DataArguments, model_kind},
    records, rounding,
    runs::SEARCHES,
    search,
    seeds::{self, SeedRun},
    train_loop::{Job, train},
};
use clap::Args;
use mnistify_learning::{
    Confusion, Mnist, ModelKind, Pool, TrainConfig, engine::MakeEngine, fused::FusedEngine,
    initial::initial_model,
};
use mnistify_network::{Card, Model, NetworkSpec};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

/// What to train, and what to do with it.
#[derive(Args, Debug)]
pub struct TrainArguments {
    /// Which network to train.
    #[arg(long, value_parser = model_kind(), required_unless_present = "journal")]
    model: Option<ModelKind>,

    #[command(flatten)]
    data: DataArguments,

    /// Save the weights, and the model card beside them [default path: models/MODEL.safetensors]
    #[arg(long, value_name = "PATH")]
    save: Option<Option<PathBuf>>,

    /// Store the weights as F16, half the size; the figures are then those of the rounded weights.
    #[arg(long)]
    half: bool,

    /// With --half: first round each matrix to multiples of a power of two, so many or more to its root mean square. The
    /// file is then far easier to compress.
    #[arg(long, value_name = "LEVELS", requires = "half", value_parser = clap::value_parser!(u32).range(1..))]
    grid: Option<u32>,

    #[command(flatten)]
    chosen: Chosen,

    /// How often to see the 55,000 images instead of --steps [default: 800 for mlp, 120 for cnn, a tenth of that in a
    /// search]
    #[arg(long, conflicts_with = "steps", value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,

    /// Decides initial weights, order and augmentation; in a search also the configurations.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    backend: BackendArguments,

    /// Continue from a checkpoint, with the same options [default path: that of --checkpoint]
    #[arg(long, value_name = "DIR")]
    resume: Option<Option<PathBuf>>,

    /// Folder for the checkpoint that every evaluation writes
    /// [default: mnistify/checkpoints/MODEL-SEED in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,

    /// Write one line of JSON with configuration, time and figures at the end; `-` is standard output.
    #[arg(long, value_name = "PATH")]
    json: Option<String>,

    /// Only measure how long each kernel of a step takes, and print a JSON line for each (fused engine).
    #[arg(long, conflicts_with_all = ["save", "resume", "json", "search"])]
    profile: bool,

    /// Random search instead: make runs 0 to N − 1, judge them on validation alone, keep a journal.
    #[arg(long, value_name = "N", conflicts_with_all = ["save", "resume", "checkpoint", "json"])]
    search: Option<usize>,

    /// Search: begin with this run, so that several processes can share a search.
    #[arg(long, value_name = "K", default_value_t = 0, requires = "search")]
    first: usize,

    /// Only make the journal's Markdown anew from its .jsonl files.
    #[arg(long, conflicts_with = "search")]
    journal: bool,

    /// Folder of the journal.
    #[arg(long, value_name = "DIR", default_value = "models")]
    journal_dir: PathBuf,
}

/// Runs `train` without a subcommand.
///
/// # Errors
/// Where there are no data or no backend, the training fails, or a file cannot be read or written.
pub fn run(arguments: &TrainArguments) -> Result<()> {
    if arguments.journal {
        return rebuild_journals(arguments);
    }
    let model = arguments.model.ok_or("--model is missing")?;
    let config = configuration(arguments, model);
    config.validate()?;
    let folder = arguments.data.folder()?;
    let data = data::load_training(&folder)?;
    let (backend, name) = backend::choose(&arguments.backend)?;
    let pool = Pool::new(&data, &extras::of(&config.mixture, &data.train));
    eprintln!("training on {name}");
    let stop = stop_on_ctrl_c()?;
    let session = Session {
        arguments,
        config: &config,
        spec: &config.model.spec(),
        folder: &folder,
        data: &data,
        pool: &Arc::new(pool),
        backend: &name,
        stop: &stop,
    };
    match backend {
        Backend::Fused(gpu) if arguments.profile => {
            let model = initial_model(session.spec, config.seed);
            let begun = Instant::now();
            let clock = || begun.elapsed().as_secs_f64();
            for time in FusedEngine::new(&model, &config, session.pool, &gpu)?.profile(&clock) {
                println!("{}", records::to_json(&time));
            }
            Ok(())
        }
        backend => {
            let mut maker = backend.maker();
            match arguments.search {
                Some(runs) => session.search(runs, maker.as_mut()),
                None => session.train(maker.as_mut()),
            }
        }
    }
}

fn rebuild_journals(arguments: &TrainArguments) -> Result<()> {
    for model in ModelKind::ALL {
        let wanted = arguments.model.is_none_or(|only| only == model);
        if wanted && let Some(path) = journal::rebuild(&arguments.journal_dir, model)? {
            eprintln!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn configuration(arguments: &TrainArguments, model: ModelKind) -> TrainConfig {
    let part = if arguments.search.is_some() { 10 } else { 1 };
    TrainConfig {
        seed: arguments.seed,
        ..arguments.chosen.config(model, arguments.epochs, part)
    }
}

/// All that a training or a search needs, apart from the backend's type.
struct Session<'a> {
    arguments: &'a TrainArguments,
    config: &'a TrainConfig,
    spec: &'a NetworkSpec,
    folder: &'a Path,
    data: &'a Mnist,
    pool: &'a Arc<Pool>,
    backend: &'a str,
    stop: &'a AtomicBool,
}

impl Session<'_> {
    fn job<'a>(&'a self, config: &'a TrainConfig) -> Job<'a> {
        Job::new(self.spec, config, self.pool, self.stop)
    }

    fn search(&self, runs: usize, maker: &mut dyn MakeEngine) -> Result<()> {
        let first = self.arguments.first;
        let plan = (first..runs).map(|number| search::planned(self.config, number));
        let (folder, job) = (&self.arguments.journal_dir, self.job(self.config));
        journal::make(folder, SEARCHES, plan, &job, maker, self.backend)
    }

    fn train(&self, maker: &mut dyn MakeEngine) -> Result<()> {
        let config = self.config;
        let name = config.model.name();
        let checkpoint = match &self.arguments.checkpoint {
            Some(folder) => folder.clone(),
            None => {
                let folder = format!("{name}-{}", config.seed);
                cache_folder().join("checkpoints").join(folder)
            }
        };
        let resume = self.arguments.resume.as_ref().map(|path| match path {
            Some(path) => path.as_path(),
            None => checkpoint.as_path(),
        });
        let job = Job {
            checkpoint: Some(&checkpoint),
            resume,
            ..self.job(config)
        };
        let outcome = train(&job, maker, &mut display(config.steps, String::new()))?;
        if outcome.stopped {
            eprintln!("stopped; keeping the weights of step {}", outcome.step);
        }

        // The figures are those of the file: where it is rounded to F16, the network is read back from it.
        let mut model = outcome.model;
        let mut validation = outcome.validation;
        if self.arguments.half {
            if let Some(levels) = self.arguments.grid {
                rounding::to_grid(&mut model, levels);
            }
            let bytes = model.to_bytes(true);
            model = Model::from_bytes(&bytes, "the rounded weights")?;
            validation = Reader::new(&model, name)?.confusion(&self.data.validation);
        }
        // From here on nothing is decided any more, so the test images may be read.
        let test = data::load_test(self.folder)?;
        let test = Reader::new(&model, name)?.confusion(&test);
        eprintln!("validation: {}", figures(&validation));
        eprintln!("test:       {}", figures(&test));

        let mut half = if self.arguments.half { " --half" } else { "" }.to_string();
        if let Some(levels) = self.arguments.grid {
            half.push_str(&format!(" --grid {levels}"));
        }
        let run = SeedRun {
            config: config.clone(),
            command: format!("{COMMAND} {} --save{half}", config.options()),
            backend: self.backend.to_string(),
            step: outcome.step,
            stopped: outcome.stopped,
            seconds: outcome.seconds,
            images_per_second: outcome.images_per_second,
            history: outcome.history,
            validation: Report::new(&validation),
            test: Report::new(&test),
        };
        if let Some(path) = &self.arguments.save {
            let default = || Path::new("models").join(format!("{name}.safetensors"));
            self.save(model, &path.clone().unwrap_or_else(default), &run)?;
        }
        match self.arguments.json.as_deref() {
            Some("-") => println!("{}", records::to_json(&run)),
            Some(path) => {
                records::write(Path::new(path), &format!("{}\n", records::to_json(&run)))?
            }
            None => {}
        }
        Ok(())
    }

    /// Saves the weights with what is known of them, and their card.
    fn save(&self, mut model: Model, path: &Path, run: &SeedRun) -> Result<()> {
        model.card = Card {
            command: run.command.clone(),
            recipe: serde_json::to_value(self.config)?,
            dataset_md5: FILES[0].md5.to_string(),
            validation: Some(run.validation.metrics),
            test: Some(run.test.metrics),
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: cannot be made: {error}", folder.display()))?;
        model.save(path, self.arguments.half)?;
        // The card takes from this line what the weights' metadata does not hold.
        seeds::append(folder, run)?;
        let card = card::write(path)?;
        eprintln!("saved {} and {}", path.display(), card.display());
        Ok(())
    }
}

fn figures(confusion: &Confusion) -> String {
    let found = confusion.metrics();
    let parts = [found.accuracy, found.precision, found.recall, found.f1];
    let [accuracy, precision, recall, f1] = parts.map(|part| 100.0 * part);
    let (wrong, images) = (confusion.errors(), found.images);
    format!(
        "accuracy {accuracy:.2} %, precision {precision:.2} %, recall {recall:.2} %, F1 {f1:.2} % ({wrong} of {images} wrong)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::tests::parse;
    use mnistify_learning::{Sampling, Schedule};

    #[test]
    fn the_recorded_options_repeat_the_configuration() {
        for model in ModelKind::ALL {
            let mut config = TrainConfig::defaults(model, 128);
            config.schedule = Schedule::Plateau;
            config.patience = 4;
            config.learning_rate = 1.3e-3;
            config.augmentation.sampling = Sampling::Nearest;
            let arguments: TrainArguments = parse(&config.options()).unwrap();
            assert_eq!(arguments.model, Some(model));
            assert_eq!(configuration(&arguments, model), config);
        }
    }
}

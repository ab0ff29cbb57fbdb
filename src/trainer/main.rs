//! The command line: options to a configuration, a backend to a device, progress to the terminal. Everything else is in
//! the library. `train eval`, `calibrate`, `study` and `card` are in files of their own.

// burn's autodiff types nest deeper than the compiler's default allows.
#![recursion_limit = "256"]

mod calibrate_command;
mod card_command;
mod eval_command;
mod study_command;

use burn::backend::{Autodiff, Flex};
use burn_wgpu::{RuntimeOptions, Wgpu, WgpuDevice, graphics::AutoGraphicsApi, init_setup};
use calibrate_command::CalibrateArguments;
use card_command::CardArguments;
use clap::{Parser, Subcommand, ValueEnum};
use eval_command::EvalArguments;
use indicatif::{ProgressBar, ProgressStyle};
use mnistify_network::{Card, Metrics, Model, fused::Gpu};
use mnistify_training::{
    Confusion, Event, Job, Mnist, ModelKind, Sampling, Schedule, Select, TrainConfig,
    burn_engine::BurnMaker,
    config::steps_of,
    data::{self, FILES, cache_folder},
    engine::MakeEngine,
    eval::{Reader, report::Report},
    feeder::Pool,
    fetch,
    fused::{FusedEngine, FusedMaker},
    journal,
    search::{Search, search},
    seeds::{self, SeedRun},
    train,
    train_loop::initial_model,
};
use std::{
    error::Error,
    io::{IsTerminal, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use study_command::StudyArguments;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Trains the networks on MNIST: 55,000 images for training, 5,000 for every choice, 10,000 read once at the end.
///
/// The defaults are the recipe of the shipped networks:
///
///   train --model mlp --save
///   train --model cnn --save
///
/// `train eval` examines networks that are finished, `train calibrate` lets them refuse what is no digit, `train study`
/// changes one factor of a recipe at a time, and `train card` makes the model cards anew; each says with --help how.
///
/// Ctrl-C ends the training and keeps the best weights so far; a second one ends the program at once.
#[derive(Parser, Debug)]
#[command(
    name = "train",
    version,
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Which network to train.
    #[arg(long, value_enum, required_unless_present = "journal")]
    model: Option<ModelKind>,

    /// Folder of MNIST's four uncompressed IDX files; what is missing there is fetched and checked
    /// [default: mnistify/mnist in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Save the weights, and the model card beside them [default path: models/MODEL.safetensors]
    #[arg(long, value_name = "PATH")]
    save: Option<Option<PathBuf>>,

    /// Store the weights as F16, half the size; the figures are then those of the rounded weights.
    #[arg(long)]
    half: bool,

    /// Images a step [default: 512 for mlp, 256 for cnn]
    #[arg(long, value_name = "IMAGES")]
    batch: Option<usize>,

    /// Peak (one-cycle) or initial (plateau) learning rate of AdamW [default: 0.002]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,

    /// Decoupled weight decay, on every parameter [default: 0.02 for mlp, 0.05 for cnn]
    #[arg(long, value_name = "DECAY")]
    weight_decay: Option<f64>,

    /// How the learning rate changes [default: one-cycle]
    #[arg(long, value_enum)]
    schedule: Option<Schedule>,

    /// Plateau: the factor on the learning rate when validation stalls [default: 0.5]
    #[arg(long, value_name = "FACTOR")]
    decay: Option<f64>,

    /// Evaluations without improvement before the decay (plateau; default 3) or the end (one-cycle; default 0, never).
    #[arg(long, value_name = "EVALUATIONS")]
    patience: Option<usize>,

    /// How many steps to make.
    #[arg(long, conflicts_with = "epochs")]
    steps: Option<usize>,

    /// How often to see the 55,000 images instead [default: 400 for mlp, 150 for cnn, a tenth of that in a search]
    #[arg(long)]
    epochs: Option<usize>,

    /// Augmentation: largest rotation to either side, in degrees [default: 15]
    #[arg(long, value_name = "DEGREES")]
    rotation: Option<f64>,

    /// Augmentation: largest relative change of size; 0.13 is 0.87 to 1.13 [default: 0.13]
    #[arg(long, value_name = "FRACTION")]
    scale: Option<f64>,

    /// Augmentation: largest relative change of the ratio of width to height [default: 0.12]
    #[arg(long, value_name = "FRACTION")]
    anisotropy: Option<f64>,

    /// Augmentation: largest horizontal shear, in pixels a pixel [default: 0.2]
    #[arg(long, value_name = "FRACTION")]
    shear: Option<f64>,

    /// Augmentation: largest translation along each axis, in pixels [default: 2]
    #[arg(long, value_name = "PIXELS")]
    shift: Option<f64>,

    /// Augmentation: largest change of a stroke's radius, in pixels
    #[arg(long, value_name = "PIXELS")]
    thickness: Option<f64>,

    /// The part of the images that is placed anywhere, smaller or larger, thicker or thinner
    #[arg(long, value_name = "FRACTION")]
    wide: Option<f64>,

    /// The part that was placed anywhere and then prepared as the app prepares pictures
    #[arg(long, value_name = "FRACTION")]
    prepared: Option<f64>,

    /// The part that is digits drawn as pen paths
    #[arg(long, value_name = "FRACTION")]
    drawn: Option<f64>,

    /// The part that is no digits, with even targets
    #[arg(long, value_name = "FRACTION")]
    outliers: Option<f64>,

    /// Augmentation: how values between pixels are found [default: bilinear]
    #[arg(long, value_enum)]
    sampling: Option<Sampling>,

    /// Augmentation: largest displacement of a random 6×6 field, in pixels; 0 is off [default: 0.8 for mlp, 0 for cnn]
    #[arg(long, value_name = "PIXELS")]
    elastic: Option<f64>,

    /// Augmentation: largest relative change of brightness [default: 0.2]
    #[arg(long, value_name = "FRACTION")]
    brightness: Option<f64>,

    /// The part of a target that is spread over all digits [default: 0.05]
    #[arg(long, value_name = "FRACTION")]
    label_smoothing: Option<f64>,

    /// Decay of the moving average of the weights; 0 is off [default: 0.9995]
    #[arg(long, value_name = "DECAY")]
    ema: Option<f64>,

    /// Decides initial weights, order and augmentation; in a search also the configurations.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Steps between evaluations on validation [default: those of 5 epochs for mlp, of 1 for cnn]
    #[arg(long, value_name = "STEPS")]
    evaluate_every: Option<usize>,

    /// Which weights to keep [default: last for one-cycle, best for plateau]
    #[arg(long, value_enum)]
    select: Option<Select>,

    /// What to compute on; auto takes CUDA where it is compiled in, else a GPU through wgpu, else the CPU.
    #[arg(long, value_enum, default_value_t = BackendKind::Auto)]
    backend: BackendKind,

    /// What makes the steps on a GPU through wgpu.
    #[arg(long, value_enum, default_value_t = EngineKind::Fused)]
    engine: EngineKind,

    /// Which GPU, where there are several [default: the best]
    #[arg(long, value_name = "NUMBER")]
    gpu: Option<usize>,

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

#[derive(Subcommand, Debug)]
enum Command {
    Eval(EvalArguments),
    Calibrate(CalibrateArguments),
    Study(StudyArguments),
    Card(CardArguments),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BackendKind {
    Auto,
    /// A GPU through Vulkan, Metal or DirectX 12.
    Wgpu,
    Cpu,
    /// Needs `--features cuda`.
    Cuda,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineKind {
    /// A few dozen kernels of this project a step.
    Fused,
    /// burn's operators and automatic differentiation: the reference.
    Burn,
}

fn main() {
    let code = match run() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    };
    let _ = std::io::stdout().flush();
    // Everything on the GPU is dropped by now. Leaving at once keeps burn's statics from being torn down after the
    // thread-local storage that they use.
    std::process::exit(code);
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Eval(arguments)) => return eval_command::run(arguments),
        Some(Command::Calibrate(arguments)) => return calibrate_command::run(arguments),
        Some(Command::Study(arguments)) => return study_command::run(arguments),
        Some(Command::Card(arguments)) => return card_command::run(arguments),
        None => {}
    }
    if arguments.journal {
        return rebuild_journals(&arguments);
    }
    let model = arguments.model.ok_or("--model is missing")?;
    let config = configuration(&arguments, model);
    config.validate()?;
    let folder = match &arguments.data {
        Some(folder) => folder.clone(),
        None => cache_folder().join("mnist"),
    };
    fetch::ensure(&folder, &mut |message| eprintln!("{message}"))?;
    let data = data::load_training(&folder)?;
    let (backend, name) = choose_backend(arguments.backend, arguments.engine, arguments.gpu)?;
    let pool = Arc::new(Pool::new(&data, &config.mixture));
    eprintln!("training on {name}");
    let stop = stop_on_ctrl_c()?;
    let session = Session {
        arguments: &arguments,
        config: &config,
        folder: &folder,
        data: &data,
        pool: &pool,
        backend: &name,
        stop: &stop,
    };
    match backend {
        Backend::Fused(gpu) if arguments.profile => {
            let model = initial_model(&config.model.spec(), config.seed);
            for time in FusedEngine::new(&model, &config, &pool, &gpu)?.profile() {
                println!("{}", serde_json::to_string(&time)?);
            }
            Ok(())
        }
        backend => session.run(backend.maker().as_mut()),
    }
}

fn rebuild_journals(arguments: &Arguments) -> Result<()> {
    for model in ModelKind::ALL {
        let wanted = arguments.model.is_none_or(|only| only == model);
        if wanted && !journal::is_empty(&arguments.journal_dir, model)? {
            let path = journal::rebuild(&arguments.journal_dir, model)?;
            eprintln!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn configuration(arguments: &Arguments, model: ModelKind) -> TrainConfig {
    let batch = arguments.batch.unwrap_or(model.default_batch());
    let mut config = TrainConfig::defaults(model, batch);
    config.seed = arguments.seed;
    set(&mut config.learning_rate, arguments.learning_rate);
    set(&mut config.weight_decay, arguments.weight_decay);
    set(&mut config.schedule, arguments.schedule);
    if config.schedule == Schedule::Plateau {
        config.patience = 3;
        config.select = Select::Best;
    }
    set(&mut config.decay, arguments.decay);
    set(&mut config.patience, arguments.patience);
    set(&mut config.select, arguments.select);
    if arguments.search.is_some() {
        config.steps = config.steps.div_ceil(10);
    }
    let epochs = arguments.epochs.map(|epochs| steps_of(epochs, batch));
    set(&mut config.steps, arguments.steps.or(epochs));
    set(&mut config.evaluate_every, arguments.evaluate_every);
    set(&mut config.label_smoothing, arguments.label_smoothing);
    set(&mut config.ema, arguments.ema);
    let augmentation = &mut config.augmentation;
    set(&mut augmentation.rotation, arguments.rotation);
    set(&mut augmentation.scale, arguments.scale);
    set(&mut augmentation.anisotropy, arguments.anisotropy);
    set(&mut augmentation.shear, arguments.shear);
    set(&mut augmentation.shift, arguments.shift);
    set(&mut augmentation.thickness, arguments.thickness);
    set(&mut augmentation.sampling, arguments.sampling);
    set(&mut augmentation.elastic, arguments.elastic);
    set(&mut augmentation.brightness, arguments.brightness);
    let mixture = &mut config.mixture;
    set(&mut mixture.wide, arguments.wide);
    set(&mut mixture.prepared, arguments.prepared);
    set(&mut mixture.drawn, arguments.drawn);
    set(&mut mixture.outliers, arguments.outliers);
    config
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// The flag that the first Ctrl-C sets; the second one ends the program.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step; once more to quit at once");
    })?;
    Ok(stop)
}

/// A backend that is there.
enum Backend {
    Fused(Gpu),
    Wgpu(WgpuDevice),
    Cpu,
    #[cfg(feature = "cuda")]
    Cuda,
}

impl Backend {
    /// What makes this backend's engines.
    fn maker(self) -> Box<dyn MakeEngine> {
        match self {
            Self::Fused(gpu) => Box::new(FusedMaker::new(gpu)),
            Self::Wgpu(device) => Box::new(BurnMaker::<Autodiff<Wgpu>>::new(device)),
            Self::Cpu => Box::new(BurnMaker::<Autodiff<Flex>>::new(Default::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda => Box::new(BurnMaker::<Autodiff<burn::backend::Cuda>>::new(
                Default::default(),
            )),
        }
    }
}

/// The backend and its name for people.
fn choose_backend(
    kind: BackendKind,
    engine: EngineKind,
    gpu: Option<usize>,
) -> Result<(Backend, String)> {
    match kind {
        BackendKind::Cpu => Ok(cpu()),
        BackendKind::Cuda => cuda().ok_or_else(|| {
            "this build cannot use CUDA: add --features train,cuda, and check NVIDIA's driver"
                .into()
        }),
        BackendKind::Wgpu => match Adapter::find(gpu) {
            Some(adapter) => Ok(adapter.backend(engine)),
            None => {
                Err("no GPU was found through wgpu; check the driver, or use --backend cpu".into())
            }
        },
        BackendKind::Auto => {
            if let Some(found) = cuda() {
                return Ok(found);
            }
            // A GPU in software is slower than burn's own CPU backend.
            let adapter = Adapter::find(gpu).filter(|adapter| !adapter.is_software);
            Ok(match adapter {
                Some(adapter) => adapter.backend(engine),
                None => cpu(),
            })
        }
    }
}

fn cpu() -> (Backend, String) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    (Backend::Cpu, format!("the CPU ({threads} threads)"))
}

#[cfg(feature = "cuda")]
fn cuda() -> Option<(Backend, String)> {
    // Linux shows a loaded driver as a file; elsewhere there is no test without starting CUDA.
    let there = !cfg!(target_os = "linux") || Path::new("/dev/nvidiactl").exists();
    there.then(|| (Backend::Cuda, "CUDA".to_string()))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Option<(Backend, String)> {
    None
}

struct Adapter {
    name: String,
    is_software: bool,
    gpu: Gpu,
}

impl Adapter {
    /// Starts a wgpu device; none where there is no adapter, which wgpu's runtime reports by a panic.
    fn find(number: Option<usize>) -> Option<Self> {
        let device = match number {
            Some(number) => WgpuDevice::DiscreteGpu(number),
            None => WgpuDevice::DefaultDevice,
        };
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let start = || init_setup::<AutoGraphicsApi>(&device, RuntimeOptions::default());
        let setup = catch_unwind(AssertUnwindSafe(start));
        std::panic::set_hook(hook);
        let setup = setup.ok()?;
        let info = setup.adapter.get_info();
        Some(Self {
            is_software: format!("{:?}", info.device_type) == "Cpu",
            name: format!("{} (wgpu, {:?})", info.name, info.backend),
            gpu: Gpu {
                burn: device,
                device: setup.device,
                queue: setup.queue,
            },
        })
    }

    fn backend(self, engine: EngineKind) -> (Backend, String) {
        match engine {
            EngineKind::Fused => (
                Backend::Fused(self.gpu),
                format!("{}, fused kernels", self.name),
            ),
            EngineKind::Burn => (
                Backend::Wgpu(self.gpu.burn),
                format!("{}, burn's operators", self.name),
            ),
        }
    }
}

/// All that a training or a search needs, apart from the backend's type.
struct Session<'a> {
    arguments: &'a Arguments,
    config: &'a TrainConfig,
    folder: &'a Path,
    data: &'a Mnist,
    pool: &'a Arc<Pool>,
    backend: &'a str,
    stop: &'a AtomicBool,
}

impl Session<'_> {
    fn run(&self, maker: &mut dyn MakeEngine) -> Result<()> {
        match self.arguments.search {
            Some(runs) => self.search(runs, maker),
            None => self.train(maker),
        }
    }

    fn search(&self, runs: usize, maker: &mut dyn MakeEngine) -> Result<()> {
        let plan = Search {
            base: self.config,
            runs: self.arguments.first..runs,
            journal: &self.arguments.journal_dir,
            backend: self.backend,
            pool: self.pool,
            stop: self.stop,
        };
        let mut display: Option<(usize, Display)> = None;
        let made = search(&plan, maker, &mut |number, event| {
            if display.as_ref().is_none_or(|(shown, _)| *shown != number) {
                let label = format!("run {number}: ");
                display = Some((number, Display::new(self.config.steps, label)));
            }
            if let Some((_, display)) = &mut display {
                display.show(event);
            }
        })?;
        drop(display);
        let path = journal::markdown_path(&self.arguments.journal_dir, self.config.model);
        eprintln!("{made} runs made; the journal is {}", path.display());
        Ok(())
    }

    fn train(&self, maker: &mut dyn MakeEngine) -> Result<()> {
        let config = self.config;
        let spec = config.model.spec();
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
            spec: &spec,
            config,
            pool: self.pool,
            checkpoint: Some(&checkpoint),
            resume,
            stop: self.stop,
        };
        let mut display = Display::new(config.steps, String::new());
        let outcome = train(&job, maker, &mut |event: &Event| display.show(event))?;
        drop(display);
        if outcome.stopped {
            eprintln!("stopped; keeping the weights of step {}", outcome.step);
        }

        // The figures are those of the file: where it is rounded to F16, the network is read back from it.
        let mut model = outcome.model;
        let mut validation = outcome.validation;
        if self.arguments.half {
            let bytes = model.to_bytes(true);
            model = Model::from_bytes(&bytes, "the rounded weights")?;
            validation = Reader::new(&model, name)?.confusion(&self.data.validation);
        }
        // From here on nothing is decided any more, so the test images may be read.
        let test = data::load_test(self.folder)?;
        let test = Reader::new(&model, name)?.confusion(&test);
        eprintln!("validation: {}", figures(&validation));
        eprintln!("test:       {}", figures(&test));

        let mut command = config.command();
        if self.arguments.half {
            command.push_str(" --half");
        }
        let run = SeedRun {
            config: config.clone(),
            command: command.clone(),
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
            let path = path.clone().unwrap_or_else(default);
            model.card = Card {
                command,
                recipe: serde_json::to_value(config)?,
                dataset_md5: FILES[0].md5.to_string(),
                validation: Some(validation.metrics()),
                test: Some(test.metrics()),
            };
            let folder = path.parent().unwrap_or(Path::new(""));
            std::fs::create_dir_all(folder)
                .map_err(|error| format!("{}: cannot be made: {error}", folder.display()))?;
            model.save(&path, self.arguments.half)?;
            // The card takes from this line what the weights' metadata does not hold.
            seeds::append(folder, &run)?;
            let card_path = card_command::write_card(&path)?;
            eprintln!("saved {} and {}", path.display(), card_path.display());
        }
        if let Some(target) = &self.arguments.json {
            let line = serde_json::to_string(&run)?;
            if target == "-" {
                println!("{line}");
            } else {
                write(Path::new(target), &format!("{line}\n"))?;
            }
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text)
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()).into())
}

fn figures(confusion: &Confusion) -> String {
    let Metrics {
        images,
        accuracy,
        precision,
        recall,
        f1,
    } = confusion.metrics();
    format!(
        "accuracy {:.2} %, precision {:.2} %, recall {:.2} %, F1 {:.2} % ({} of {images} wrong)",
        100.0 * accuracy,
        100.0 * precision,
        100.0 * recall,
        100.0 * f1,
        confusion.errors(),
    )
}

/// Progress on standard error: a bar in a terminal, else one line an evaluation.
struct Display {
    bar: Option<ProgressBar>,
    label: String,
    steps: usize,
    loss: f32,
    learning_rate: f64,
    images_per_second: f64,
    best: Option<f64>,
}

impl Display {
    fn new(steps: usize, label: String) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = "{prefix}{wide_bar} {pos}/{len} steps, {msg}, {eta} left";
            let style = ProgressStyle::with_template(template);
            ProgressBar::new(steps as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_prefix(label.clone())
        });
        Self {
            bar,
            label,
            steps,
            loss: f32::NAN,
            learning_rate: 0.0,
            images_per_second: 0.0,
            best: None,
        }
    }

    fn show(&mut self, event: &Event) {
        let step = match *event {
            Event::Stepped {
                step,
                loss,
                learning_rate,
                images_per_second,
            } => {
                self.loss = loss;
                self.learning_rate = learning_rate;
                self.images_per_second = images_per_second;
                step
            }
            Event::Evaluated {
                step,
                accuracy,
                best,
                seconds,
            } => {
                self.best = Some(best.accuracy);
                if self.bar.is_none() {
                    eprintln!(
                        "{}step {step}/{}: loss {:.4}, validation {:.2} % (best {:.2} %), rate {:.1e}, {:.0} images/s, {seconds:.0} s",
                        self.label,
                        self.steps,
                        self.loss,
                        100.0 * accuracy,
                        100.0 * best.accuracy,
                        self.learning_rate,
                        self.images_per_second,
                    );
                }
                step
            }
        };
        if let Some(bar) = &self.bar {
            let best = match self.best {
                Some(best) => format!(", validation {:.2} %", 100.0 * best),
                None => String::new(),
            };
            let (loss, speed) = (self.loss, self.images_per_second);
            bar.set_message(format!("loss {loss:.4}{best}, {speed:.0} images/s"));
            bar.set_position(step as u64);
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_recorded_command_repeats_the_configuration() {
        for model in ModelKind::ALL {
            let mut config = TrainConfig::defaults(model, 128);
            config.schedule = Schedule::Plateau;
            config.patience = 4;
            config.learning_rate = 1.3e-3;
            config.augmentation.sampling = Sampling::Nearest;
            let command = config.command();
            let (_, options) = command.split_once(" -- ").unwrap();
            let words = std::iter::once("train").chain(options.split_whitespace());
            let arguments = Arguments::try_parse_from(words).unwrap();
            assert_eq!(configuration(&arguments, model), config);
        }
    }

    #[test]
    fn steps_and_epochs_exclude_each_other() {
        let words = ["train", "--model", "cnn", "--steps", "1", "--epochs", "1"];
        assert!(Arguments::try_parse_from(words).is_err());
    }

    #[test]
    fn other_commands_have_options_of_their_own() {
        let words = ["train", "study", "--model", "mlp", "--only", "ema"];
        let arguments = Arguments::try_parse_from(words).unwrap();
        assert!(matches!(arguments.command, Some(Command::Study(_))));
        let arguments = Arguments::try_parse_from(["train", "card"]).unwrap();
        assert!(matches!(arguments.command, Some(Command::Card(_))));
    }

    #[test]
    fn an_evaluation_needs_no_model_and_mixes_with_no_training() {
        let words = [
            "train",
            "eval",
            "a.safetensors",
            "--robust",
            "--images",
            "7",
        ];
        let arguments = Arguments::try_parse_from(words).unwrap();
        assert!(matches!(arguments.command, Some(Command::Eval(_))));
        let mixed = ["train", "--model", "cnn", "eval"];
        assert!(Arguments::try_parse_from(mixed).is_err());
        assert!(Arguments::try_parse_from(["train"]).is_err());
        assert!(Arguments::try_parse_from(["train", "eval", "--save", "b"]).is_err());
        let words = ["train", "calibrate", "a.safetensors", "--save", "b"];
        let arguments = Arguments::try_parse_from(words).unwrap();
        assert!(matches!(arguments.command, Some(Command::Calibrate(_))));
        assert!(Arguments::try_parse_from(["train", "calibrate"]).is_err());
        let plain = Arguments::try_parse_from(["train", "--model", "cnn", "--save"]).unwrap();
        assert!(plain.command.is_none() && plain.save == Some(None));
    }
}

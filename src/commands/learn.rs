//! `mnistify learn`: the school without a window, for teachers, tests and measurements.

use super::{own_gpu, tell};
use crate::school::{LessonPlan, SOFTWARE_BATCH, Speed, included_lessons};
use clap::{Args, ValueEnum};
use mnistify_drawing::{Image28, Preparation, rasterise, recording};
use mnistify_learning::{
    Images, Lesson, LessonSettings, Optimizer, PlainLesson, Pool, course::Course, feeder::MOST_OWN,
};
use mnistify_network::{CpuNetwork, Model, NetworkSpec, fused::Gpu};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Let both networks learn from nothing, and tell how well they read digits that they never saw.
#[derive(Args)]
pub struct Arguments {
    /// How many digits to learn from, 10 to 10000.
    #[arg(long, default_value_t = 10_000)]
    examples: usize,
    /// Without moved copies: every digit is seen as it is.
    #[arg(long)]
    no_augment: bool,
    /// The share of digits under a wrong label, 0 to 0.5.
    #[arg(long, default_value_t = 0.0)]
    wrong: f64,
    /// How long they learn, both at once.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// So many steps instead, whatever time they take.
    #[arg(long, conflicts_with = "seconds")]
    steps: Option<usize>,
    /// Which of them.
    #[arg(long, value_enum, default_value_t = Which::Both)]
    network: Which,
    /// On the CPU, where the MLP learns alone; so too where there is no GPU.
    #[arg(long)]
    cpu: bool,
    /// Images a step, a multiple of 32; 128 if not said, and 32 on a software GPU or the CPU.
    #[arg(long)]
    batch: Option<usize>,
    /// How weights follow their gradient.
    #[arg(long, value_enum, default_value_t = Descent::AdamW)]
    optimizer: Descent,
    /// The largest learning rate; the optimiser's usual one if not said.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Decides the first weights, the order of the digits, how they are moved, and which labels are wrong.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// ReLU instead of SiLU.
    #[arg(long)]
    relu: bool,
    /// Neurons of each of the MLP's hidden layers: 32, 128 or 512.
    #[arg(long, default_value_t = 512)]
    hidden: usize,
    /// Maps of the CNN's first layers: 4, 8 or 32.
    #[arg(long, default_value_t = 32)]
    channels: usize,
    /// A drawing of one's own to learn from along with them, and what it is, such as `7=drawing.json`; an eighth of each
    /// step's images are such. Can be given several times.
    #[arg(long, value_name = "DIGIT=FILE", value_parser = own_of)]
    own: Vec<Own>,
    /// Save what was learned into this folder, a safetensors file a network.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// A drawing, and what it is.
#[derive(Clone, Debug)]
struct Own {
    class: u8,
    file: PathBuf,
}

fn own_of(text: &str) -> Result<Own, String> {
    let told = text.split_once('=').and_then(|(digit, file)| {
        let class = digit.parse::<u8>().ok().filter(|class| *class < 10)?;
        let file = PathBuf::from(file);
        Some(Own { class, file })
    });
    told.ok_or_else(|| "say what a drawing is, as in 7=drawing.json".into())
}

/// The drawings as the networks see them.
fn own_images(own: &[Own]) -> Result<Images, String> {
    let mut images = Images::default();
    if own.len() > MOST_OWN {
        return Err(format!("at most {MOST_OWN} drawings of one's own"));
    }
    for Own { class, file } in own {
        let strokes = recording::load(file).map_err(|error| error.to_string())?;
        let image = rasterise(&strokes, Preparation::Prepared);
        images.images.push(image.to_bytes());
        images.labels.push(*class);
    }
    Ok(images)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Both,
    Mlp,
    Cnn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Descent {
    AdamW,
    Sgd,
}

/// How often it is told how well they read.
const TOLD: Duration = Duration::from_millis(250);

/// One network on its way.
struct Learner {
    spec: NetworkSpec,
    lesson: Taught,
    /// Seconds, steps, share of unseen digits, loss.
    curve: Vec<[f64; 4]>,
}

/// On what it learns.
enum Taught {
    Gpu(Box<Lesson>),
    Cpu(Box<PlainLesson>),
}

impl Taught {
    fn new(
        spec: &NetworkSpec,
        settings: &LessonSettings,
        pool: &Arc<Pool>,
        gpu: Option<&Gpu>,
    ) -> Result<Self, String> {
        match gpu {
            Some(gpu) => Lesson::new(spec, settings, pool, gpu).map(|one| Self::Gpu(Box::new(one))),
            None => PlainLesson::new(spec, settings, pool).map(|one| Self::Cpu(Box::new(one))),
        }
        .map_err(|error| error.to_string())
    }

    fn set_own(&mut self, digits: Images) {
        match self {
            Self::Gpu(lesson) => lesson.set_own(digits),
            Self::Cpu(lesson) => lesson.set_own(digits),
        }
    }

    /// One step, and what comes back of earlier ones; `asks`: how well it reads is to be found out. Whether that is known
    /// anew.
    fn step(&mut self, part: f64, asks: bool) -> bool {
        match self {
            Self::Gpu(lesson) => {
                lesson.step(part, None);
                if asks {
                    lesson.ask();
                }
                lesson.take_in()
            }
            Self::Cpu(lesson) => {
                // It finds out by itself how well it reads.
                while lesson.work(part, 1, || false) == 0 {}
                asks
            }
        }
    }

    fn course(&self) -> &Course {
        match self {
            Self::Gpu(lesson) => &lesson.course,
            Self::Cpu(lesson) => &lesson.course,
        }
    }

    fn examine(&mut self) -> [f64; 2] {
        match self {
            Self::Gpu(lesson) => lesson.examine(),
            Self::Cpu(lesson) => lesson.examine(),
        }
    }

    fn model(&self) -> Model {
        match self {
            Self::Gpu(lesson) => lesson.model(),
            Self::Cpu(lesson) => lesson.model(),
        }
    }
}

/// Lets them learn, and prints how that went.
///
/// # Errors
/// Where a setting cannot be used, or the GPU cannot let them learn.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    if !(arguments.seconds > 0.0 && arguments.seconds.is_finite()) {
        return Err("--seconds is a number above 0".into());
    }
    let gpu = if arguments.cpu { None } else { own_gpu() };
    if gpu.is_none() && !arguments.cpu {
        tell("no GPU adapter was found, so the MLP learns alone, on the CPU");
    }
    if gpu.is_none() && arguments.network == Which::Cnn {
        return Err("on the CPU only the MLP learns".into());
    }
    let (gpu, adapter) = gpu.unzip();
    let is_software = |adapter: &wgpu::AdapterInfo| adapter.device_type == wgpu::DeviceType::Cpu;
    let plan = plan(arguments, adapter.as_ref().is_none_or(is_software));
    plan.check()?;
    let pool = Arc::new(included_lessons()?);
    let own = own_images(&arguments.own)?;
    let mut learners = Vec::new();
    for spec in plan.networks() {
        let is_cnn = spec.name().contains("CNN");
        let wanted = match arguments.network {
            Which::Both => gpu.is_some() || !is_cnn,
            Which::Mlp => !is_cnn,
            Which::Cnn => is_cnn,
        };
        if wanted {
            let mut lesson = Taught::new(&spec, &plan.settings, &pool, gpu.as_ref())?;
            lesson.set_own(own.clone());
            learners.push(Learner {
                lesson,
                spec,
                curve: Vec::new(),
            });
        }
    }
    let wait = || {
        if let Some(gpu) = &gpu {
            // A lost device shows where something is read.
            let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
        }
    };
    wait();
    let started = Instant::now();
    let mut told = started;
    loop {
        let seconds = started.elapsed().as_secs_f64();
        let made = learners
            .first()
            .map_or(0, |learner| learner.lesson.course().standing().step);
        let part = match arguments.steps {
            Some(steps) => made as f64 / steps.max(1) as f64,
            None => seconds / arguments.seconds,
        };
        if part >= 1.0 {
            break;
        }
        let asks = told.elapsed() >= TOLD;
        if asks {
            told = Instant::now();
        }
        if let Some(gpu) = &gpu {
            let _ = gpu.device.poll(wgpu::PollType::Poll);
        }
        for learner in &mut learners {
            if learner.lesson.step(part, asks) {
                learner.tell(seconds, arguments.json);
            }
        }
    }
    wait();
    let seconds = started.elapsed().as_secs_f64();
    let mut networks = Vec::new();
    for learner in &mut learners {
        networks.push(learner.report(seconds, arguments, &own)?);
    }
    let report = json!({
        "adapter": adapter.map_or("CPU".into(), |one| format!("{} ({:?})", one.name, one.backend)),
        "seconds": seconds,
        "lesson": plan.settings,
        "networks": networks,
    });
    if arguments.json {
        let _ = writeln!(std::io::stdout(), "{report}");
    }
    Ok(0)
}

fn plan(arguments: &Arguments, slow: bool) -> LessonPlan {
    let usual = LessonSettings::default().batch;
    let batch = if slow { SOFTWARE_BATCH } else { usual };
    LessonPlan {
        settings: LessonSettings {
            examples: arguments.examples,
            moved: !arguments.no_augment,
            wrong: arguments.wrong,
            batch: arguments.batch.unwrap_or(batch),
            optimizer: match arguments.optimizer {
                Descent::AdamW => Optimizer::AdamW,
                Descent::Sgd => Optimizer::Sgd,
            },
            learning_rate: arguments.learning_rate,
            seed: arguments.seed,
        },
        speed: Speed::Full,
        relu: arguments.relu,
        hidden: arguments.hidden,
        channels: arguments.channels,
    }
}

impl Learner {
    fn tell(&mut self, seconds: f64, json: bool) {
        let standing = self.lesson.course().standing();
        let (Some(unseen), Some(loss)) = (standing.unseen, standing.loss) else {
            return;
        };
        self.curve
            .push([seconds, standing.step as f64, unseen, loss]);
        if !json {
            let (name, step) = (self.spec.name(), standing.step);
            let _ = writeln!(
                std::io::stdout(),
                "{seconds:6.2} s  {name:8}  step {step:6}  unseen {:5.1} %  loss {loss:.4}",
                100.0 * unseen
            );
        }
    }

    /// How much of each drawing of one's own it takes for what it is, 0 to 1.
    fn shares(&self, own: &Images) -> Vec<f32> {
        if own.is_empty() {
            return Vec::new();
        }
        let twin = CpuNetwork::new(&self.lesson.model());
        let digits = own.images.iter().zip(&own.labels);
        digits
            .map(|(image, class)| {
                let logits = twin.forward(Image28::from_bytes(image).as_slice());
                let right = logits[usize::from(*class)];
                1.0 / logits
                    .iter()
                    .map(|logit| (logit - right).exp())
                    .sum::<f32>()
            })
            .collect()
    }

    /// What came of it.
    fn report(
        &mut self,
        seconds: f64,
        arguments: &Arguments,
        own: &Images,
    ) -> Result<Value, String> {
        let [unseen, shifted] = self.lesson.examine();
        let own = self.shares(own);
        let steps = self.lesson.course().standing().step;
        let name = self.spec.name();
        if !arguments.json {
            let _ = writeln!(
                std::io::stdout(),
                "{name}: {steps} steps; reads {:.1} % of 1,000 digits that it never saw, {:.1} % of them moved by 4 pixels",
                100.0 * unseen,
                100.0 * shifted
            );
        }
        if let Some(folder) = &arguments.save {
            let file = format!("{}.safetensors", name.to_lowercase().replace(' ', "-"));
            let path = folder.join(file);
            let saved = self.lesson.model().save(&path, false);
            saved.map_err(|error| error.to_string())?;
        }
        Ok(json!({
            "name": name,
            "parameters": self.spec.parameter_count(),
            "steps": steps,
            "images_per_second": (steps * self.lesson.course().batch()) as f64 / seconds,
            "unseen": unseen,
            "shifted": shifted,
            "own": own,
            "curve": self.curve,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_said_to_be_a_digit() {
        let own = own_of("7=drawings/a=b.json").unwrap();
        assert_eq!((own.class, own.file), (7, "drawings/a=b.json".into()));
        for wrong in ["seven=a.json", "10=a.json", "a.json", "=a.json"] {
            assert!(own_of(wrong).is_err(), "{wrong}");
        }
    }
}

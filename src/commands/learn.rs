//! `mnistify learn`: the school without a window, for teachers, tests and measurements.

use super::own_gpu;
use crate::school::{LessonPlan, SOFTWARE_BATCH, Speed, included_lessons};
use clap::{Args, ValueEnum};
use mnistify_drawing::{Image28, Preparation, rasterise, recording};
use mnistify_learning::{Images, Lesson, LessonSettings, Optimizer, feeder::MOST_OWN};
use mnistify_network::{CpuNetwork, NetworkSpec};
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
    /// Images a step, a multiple of 32; 128 if not said, and 32 on a software GPU.
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
    lesson: Lesson,
    /// Seconds, steps, share of unseen digits, loss.
    curve: Vec<[f64; 4]>,
}

/// Lets them learn, and prints how that went.
///
/// # Errors
/// Where a setting cannot be used, there is no GPU, or it cannot let them learn.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    if !(arguments.seconds > 0.0 && arguments.seconds.is_finite()) {
        return Err("--seconds is a number above 0".into());
    }
    let Some((gpu, adapter)) = own_gpu() else {
        return Err(
            "no GPU adapter was found; networks learn on one. A software one will do: on Debian \
             install mesa-vulkan-drivers"
                .into(),
        );
    };
    let software = adapter.device_type == wgpu::DeviceType::Cpu;
    let plan = plan(arguments, software);
    plan.check()?;
    let pool = Arc::new(included_lessons()?);
    let own = own_images(&arguments.own)?;
    let mut learners = Vec::new();
    for spec in plan.networks() {
        let is_cnn = spec.name().contains("CNN");
        let wanted = match arguments.network {
            Which::Both => true,
            Which::Mlp => !is_cnn,
            Which::Cnn => is_cnn,
        };
        if wanted {
            let lesson = Lesson::new(&spec, &plan.settings, &pool, &gpu);
            let mut lesson = lesson.map_err(|error| error.to_string())?;
            lesson.set_own(own.clone());
            learners.push(Learner {
                lesson,
                spec,
                curve: Vec::new(),
            });
        }
    }
    let wait = || {
        // A lost device shows where something is read.
        let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
    };
    wait();
    let started = Instant::now();
    let mut told = started;
    loop {
        let seconds = started.elapsed().as_secs_f64();
        let made = learners
            .first()
            .map_or(0, |learner| learner.lesson.standing().step);
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
        let _ = gpu.device.poll(wgpu::PollType::Poll);
        for learner in &mut learners {
            learner.lesson.step(part, None);
            if asks {
                learner.lesson.ask();
            }
            if learner.lesson.take_in() {
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
        "adapter": format!("{} ({:?})", adapter.name, adapter.backend),
        "seconds": seconds,
        "lesson": plan.settings,
        "networks": networks,
    });
    if arguments.json {
        let _ = writeln!(std::io::stdout(), "{report}");
    }
    Ok(0)
}

fn plan(arguments: &Arguments, software: bool) -> LessonPlan {
    let usual = LessonSettings::default().batch;
    let batch = if software { SOFTWARE_BATCH } else { usual };
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
        let standing = self.lesson.standing();
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
        let steps = self.lesson.standing().step;
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
            "images_per_second": (steps * self.lesson.batch()) as f64 / seconds,
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

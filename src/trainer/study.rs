//! One factor of the recipe at a time: each is set to a few levels around a base recipe, all else stays, over several
//! seeds, judged on validation alone. (A random search finds a recipe; this says what each of its parts is worth.)
//!
//! A run is known by its whole configuration, so that the base is made once a seed and counts for every factor, a study
//! can be interrupted, and several processes can share one. The runs are lines of `studies-mlp.jsonl` and
//! `studies-cnn.jsonl`; [`analyse`] finds base and factors in them again.

use crate::{
    config::{ModelKind, Schedule, TrainConfig, steps_of},
    engine::MakeEngine,
    feeder::Pool,
    journal::{self, JournalError},
    metrics::Confusion,
    statistics::{Summary, error_of_difference, pooled_sd},
    train_loop::{Event, Job, TrainError, train},
};
use mnistify_network::Metrics;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, atomic::AtomicBool},
};
use thiserror::Error;

/// Evaluations during each run: often enough for a plateau schedule to come down several times.
const EVALUATIONS: usize = 20;
/// Evaluations without improvement before a plateau schedule decays.
const PLATEAU_PATIENCE: usize = 2;

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "train", derive(clap::ValueEnum))]
pub enum Factor {
    Rotation,
    Scale,
    Shift,
    Elastic,
    Thickness,
    Brightness,
    LabelSmoothing,
    Ema,
    Schedule,
    LearningRate,
    WeightDecay,
    Batch,
    Wide,
    Prepared,
    Drawn,
    Outliers,
}

/// One value of a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    Number(f64),
    /// A one-cycle schedule.
    OneCycle,
    /// A plateau schedule with this decay.
    Plateau(f64),
}

impl Factor {
    /// All of them, in the order of the journal.
    pub const ALL: [Self; 16] = [
        Self::Rotation,
        Self::Scale,
        Self::Shift,
        Self::Elastic,
        Self::Thickness,
        Self::Brightness,
        Self::LabelSmoothing,
        Self::Ema,
        Self::Schedule,
        Self::LearningRate,
        Self::WeightDecay,
        Self::Batch,
        Self::Wide,
        Self::Prepared,
        Self::Drawn,
        Self::Outliers,
    ];

    /// The name in commands and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Scale => "scale",
            Self::Shift => "shift",
            Self::Elastic => "elastic",
            Self::Thickness => "thickness",
            Self::Brightness => "brightness",
            Self::LabelSmoothing => "label-smoothing",
            Self::Ema => "ema",
            Self::Schedule => "schedule",
            Self::LearningRate => "learning-rate",
            Self::WeightDecay => "weight-decay",
            Self::Batch => "batch",
            Self::Wide => "wide",
            Self::Prepared => "prepared",
            Self::Drawn => "drawn",
            Self::Outliers => "outliers",
        }
    }

    /// The name in headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rotation => "Rotation",
            Self::Scale => "Scale",
            Self::Shift => "Shift",
            Self::Elastic => "Elastic distortion",
            Self::Thickness => "Thickness",
            Self::Brightness => "Brightness",
            Self::LabelSmoothing => "Label smoothing",
            Self::Ema => "Moving average of the weights",
            Self::Schedule => "Schedule of the learning rate",
            Self::LearningRate => "Learning rate",
            Self::WeightDecay => "Weight decay",
            Self::Batch => "Batch",
            Self::Wide => "Digits placed anywhere",
            Self::Prepared => "Digits prepared after a rough placement",
            Self::Drawn => "Digits drawn as pen paths",
            Self::Outliers => "Images that are no digits",
        }
    }

    /// What its numbers are, with their unit; for axes.
    pub fn axis(self) -> &'static str {
        match self {
            Self::Rotation => "largest rotation to either side (degrees)",
            Self::Scale => "largest relative change of size",
            Self::Shift => "largest shift along each axis (pixels)",
            Self::Elastic => "largest displacement of the elastic field (pixels)",
            Self::Thickness => "largest change of the stroke's radius (pixels)",
            Self::Brightness => "largest relative change of brightness",
            Self::LabelSmoothing => "part of a target that is spread over all digits",
            Self::Ema => "decay of the moving average",
            Self::Schedule => "schedule; × is the factor when validation stalls",
            Self::LearningRate => "peak learning rate",
            Self::WeightDecay => "weight decay",
            Self::Batch => "images a step, at equal epochs",
            Self::Wide | Self::Prepared | Self::Drawn | Self::Outliers => "part of the images",
        }
    }

    /// Whether levels stand where their numbers are on a plot's axis; the others stand side by side.
    pub fn is_linear(self) -> bool {
        !matches!(
            self,
            Self::Ema | Self::Schedule | Self::LearningRate | Self::WeightDecay | Self::Batch
        )
    }

    /// The levels, in order, the base's own among them.
    pub fn levels(self, base: &TrainConfig) -> Vec<Level> {
        let numbers: &[f64] = match self {
            Self::Rotation => &[0.0, 5.0, 10.0, 15.0, 20.0, 30.0],
            Self::Scale => &[0.0, 0.05, 0.13, 0.2, 0.3],
            Self::Shift => &[0.0, 1.0, 2.0, 3.0, 4.0],
            Self::Elastic => &[0.0, 0.4, 0.8, 1.2, 1.6],
            Self::Thickness => &[0.0, 0.25, 0.5, 0.75, 1.0],
            Self::Brightness => &[0.0, 0.1, 0.2, 0.4, 0.6],
            Self::LabelSmoothing => &[0.0, 0.02, 0.05, 0.1, 0.2],
            Self::Ema => &[0.0, 0.99, 0.999, 0.9995, 0.9999],
            Self::Schedule => &[],
            Self::LearningRate => &[0.0005, 0.001, 0.002, 0.004, 0.008],
            Self::WeightDecay => &[0.0, 0.005, 0.02, 0.05, 0.1, 0.2],
            Self::Batch => &[128.0, 256.0, 512.0, 1024.0],
            Self::Wide | Self::Prepared => &[0.0, 0.06, 0.12, 0.25],
            Self::Drawn | Self::Outliers => &[0.0, 0.04, 0.08, 0.16],
        };
        let mut levels: Vec<Level> = match self {
            Self::Schedule => [0.3, 0.5, 0.7].map(Level::Plateau).to_vec(),
            _ => numbers.iter().copied().map(Level::Number).collect(),
        };
        if self == Self::Schedule {
            levels.insert(0, Level::OneCycle);
        }
        let own = self.level(base);
        if !levels.contains(&own) {
            levels.push(own);
        }
        levels.sort_by(|a, b| a.place().total_cmp(&b.place()));
        levels
    }

    /// The level of a configuration.
    pub fn level(self, config: &TrainConfig) -> Level {
        let a = &config.augmentation;
        Level::Number(match self {
            Self::Rotation => a.rotation,
            Self::Scale => a.scale,
            Self::Shift => a.shift,
            Self::Elastic => a.elastic,
            Self::Thickness => a.thickness,
            Self::Brightness => a.brightness,
            Self::LabelSmoothing => config.label_smoothing,
            Self::Ema => config.ema,
            Self::LearningRate => config.learning_rate,
            Self::WeightDecay => config.weight_decay,
            Self::Batch => config.batch as f64,
            Self::Wide => config.mixture.wide,
            Self::Prepared => config.mixture.prepared,
            Self::Drawn => config.mixture.drawn,
            Self::Outliers => config.mixture.outliers,
            Self::Schedule => {
                return match config.schedule {
                    Schedule::OneCycle => Level::OneCycle,
                    Schedule::Plateau => Level::Plateau(config.decay),
                };
            }
        })
    }

    /// The base with this factor at `level`. The base's own level gives the base itself. Epochs stay: another batch
    /// means another number of steps.
    pub fn apply(self, base: &TrainConfig, level: Level) -> TrainConfig {
        let mut config = base.clone();
        if level == self.level(base) {
            return config;
        }
        let a = &mut config.augmentation;
        match (self, level) {
            (Self::Schedule, Level::OneCycle) => {
                config.schedule = Schedule::OneCycle;
                // In a one-cycle schedule a patience would end the run before the rate comes down.
                config.patience = 0;
            }
            (Self::Schedule, Level::Plateau(decay)) => {
                config.schedule = Schedule::Plateau;
                config.decay = decay;
                config.patience = PLATEAU_PATIENCE;
            }
            (Self::Rotation, Level::Number(value)) => a.rotation = value,
            (Self::Scale, Level::Number(value)) => a.scale = value,
            (Self::Shift, Level::Number(value)) => a.shift = value,
            (Self::Elastic, Level::Number(value)) => a.elastic = value,
            (Self::Thickness, Level::Number(value)) => a.thickness = value,
            (Self::Brightness, Level::Number(value)) => a.brightness = value,
            (Self::LabelSmoothing, Level::Number(value)) => config.label_smoothing = value,
            (Self::Ema, Level::Number(value)) => config.ema = value,
            (Self::LearningRate, Level::Number(value)) => config.learning_rate = value,
            (Self::WeightDecay, Level::Number(value)) => config.weight_decay = value,
            (Self::Batch, Level::Number(value)) => {
                config.batch = (value as usize).max(1);
                config.steps = (base.steps * base.batch).div_ceil(config.batch);
                config.evaluate_every = evaluation_interval(config.steps);
            }
            (Self::Wide, Level::Number(value)) => config.mixture.wide = value,
            (Self::Prepared, Level::Number(value)) => config.mixture.prepared = value,
            (Self::Drawn, Level::Number(value)) => config.mixture.drawn = value,
            (Self::Outliers, Level::Number(value)) => config.mixture.outliers = value,
            // A level of another factor.
            _ => {}
        }
        config
    }

    /// A level with its unit, for tables.
    pub fn label(self, level: Level) -> String {
        let value = match level {
            Level::OneCycle => return "one-cycle".to_string(),
            Level::Plateau(decay) => return format!("plateau × {decay}"),
            Level::Number(value) => value,
        };
        match self {
            _ if value == 0.0 => "off".to_string(),
            Self::Rotation => format!("±{value}°"),
            Self::Scale | Self::Brightness => format!("±{value}"),
            Self::Shift | Self::Thickness => format!("±{value} px"),
            Self::Elastic => format!("{value} px"),
            _ => value.to_string(),
        }
    }
}

impl Level {
    /// Where it stands among others; one-cycle is before every plateau.
    pub fn place(self) -> f64 {
        match self {
            Self::Number(value) | Self::Plateau(value) => value,
            Self::OneCycle => f64::NEG_INFINITY,
        }
    }
}

fn evaluation_interval(steps: usize) -> usize {
    (steps / EVALUATIONS).max(1)
}

/// How often a study's runs see the training images where nothing else is said.
pub fn default_epochs(model: ModelKind) -> usize {
    match model {
        ModelKind::Mlp => 40,
        ModelKind::Cnn => 12,
    }
}

/// The base of a study: the recipe, over so many epochs.
pub fn base(recipe: &TrainConfig, epochs: usize) -> TrainConfig {
    let steps = steps_of(epochs, recipe.batch);
    TrainConfig {
        steps,
        evaluate_every: evaluation_interval(steps),
        ..recipe.clone()
    }
}

/// A run that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub config: TrainConfig,
    /// What differs from the base; none in the base itself.
    pub change: Option<(Factor, Level)>,
}

impl Planned {
    /// A name for people.
    pub fn label(&self) -> String {
        let what = match self.change {
            Some((factor, level)) => format!("{} {}", factor.name(), factor.label(level)),
            None => "base".to_string(),
        };
        format!("{what}, seed {}", self.config.seed)
    }
}

/// All runs: the base and every other level of the factors, at `seeds` seeds from the base's own on. Seeds are
/// outermost, so that an interrupted study has all levels at one seed before it begins with the next.
pub fn plan(base: &TrainConfig, factors: &[Factor], seeds: usize) -> Vec<Planned> {
    let mut planned = Vec::new();
    for seed in (base.seed..).take(seeds) {
        let base = TrainConfig {
            seed,
            ..base.clone()
        };
        planned.push(Planned {
            config: base.clone(),
            change: None,
        });
        for factor in Factor::ALL {
            if !factors.contains(&factor) {
                continue;
            }
            for level in factor.levels(&base) {
                if level != factor.level(&base) {
                    planned.push(Planned {
                        config: factor.apply(&base, level),
                        change: Some((factor, level)),
                    });
                }
            }
        }
    }
    planned
}

/// One of several processes that make a study together: `1/4` is the second of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub index: usize,
    pub count: usize,
}

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether the run at this place of the plan belongs to this process.
    pub fn has(self, place: usize) -> bool {
        place % self.count == self.index
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Option<(usize, usize)> = text.split_once('/').and_then(|(index, count)| {
            let index = index.trim().parse().ok()?;
            Some((index, count.trim().parse().ok()?))
        });
        match numbers {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err("expected I/N with I from 0 to N − 1, such as 0/2".to_string()),
        }
    }
}

/// What a training shows to a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub validation: Confusion,
    /// The step that the judged weights are from.
    pub step: usize,
    /// The step of the best evaluation on the way.
    pub best_step: Option<usize>,
    pub seconds: f64,
    /// Whether it was stopped from outside; it is no result then.
    pub stopped: bool,
}

/// A finished run: a line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub config: TrainConfig,
    /// What it ran on.
    pub backend: String,
    /// Wall-clock training time.
    pub seconds: f64,
    /// The step that the weights are from.
    pub step: usize,
    /// The step of the best evaluation on the way.
    pub best_step: Option<usize>,
    /// None where the loss was no longer finite.
    pub validation: Option<Metrics>,
    /// How many validation images were read wrongly.
    pub errors: Option<u64>,
}

impl Record {
    /// The validation error in per cent; none where training diverged.
    pub fn error_percent(&self) -> Option<f64> {
        self.validation
            .map(|metrics| 100.0 * (1.0 - metrics.accuracy))
    }
}

/// Why a study ended.
#[derive(Debug, Error)]
pub enum StudyError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// The file that new runs are appended to.
pub fn lines_path(folder: &Path, model: ModelKind) -> PathBuf {
    folder.join(format!("studies-{}.jsonl", model.name()))
}

/// All runs of `model` in the files `studies-MODEL*.jsonl` of a folder; of two with one configuration the first counts.
pub fn read(folder: &Path, model: ModelKind) -> Result<Vec<Record>, JournalError> {
    let mut records: Vec<Record> = Vec::new();
    for record in journal::read_lines::<Record>(folder, &format!("studies-{}", model.name()))? {
        if !records.iter().any(|known| known.config == record.config) {
            records.push(record);
        }
    }
    Ok(records)
}

/// Makes the runs of this share that the journal lacks, by `train_once`, and returns how many were made.
pub fn run(
    plan: &[Planned],
    share: Share,
    folder: &Path,
    backend: &str,
    train_once: &mut dyn FnMut(&Planned) -> Result<Measured, TrainError>,
) -> Result<usize, StudyError> {
    let mut made = 0;
    for (_, planned) in plan
        .iter()
        .enumerate()
        .filter(|(place, _)| share.has(*place))
    {
        let model = planned.config.model;
        // Read anew each time: another process may have finished it meanwhile.
        let finished = read(folder, model)?;
        if finished.iter().any(|known| known.config == planned.config) {
            continue;
        }
        let mut record = Record {
            config: planned.config.clone(),
            backend: backend.to_string(),
            seconds: 0.0,
            step: 0,
            best_step: None,
            validation: None,
            errors: None,
        };
        match train_once(planned) {
            Ok(measured) if measured.stopped => break,
            Ok(measured) => {
                record.seconds = measured.seconds;
                record.step = measured.step;
                record.best_step = measured.best_step;
                record.validation = Some(measured.validation.metrics());
                record.errors = Some(measured.validation.errors());
            }
            Err(TrainError::Diverged { step, .. }) => record.step = step,
            Err(error) => return Err(error.into()),
        }
        journal::append_line(&lines_path(folder, model), &record)?;
        made += 1;
    }
    Ok(made)
}

/// Trains with one configuration, without checkpoints, and keeps the figures alone.
pub fn train_once(
    config: &TrainConfig,
    pool: &Arc<Pool>,
    maker: &mut dyn MakeEngine,
    stop: &AtomicBool,
    report: &mut dyn FnMut(&Event),
) -> Result<Measured, TrainError> {
    let spec = config.model.spec();
    let job = Job {
        spec: &spec,
        config,
        pool,
        checkpoint: None,
        resume: None,
        stop,
    };
    let mut best_step = None;
    let outcome = train(&job, maker, &mut |event: &Event| {
        if let Event::Evaluated { best, .. } = event {
            best_step = Some(best.step);
        }
        report(event);
    })?;
    Ok(Measured {
        validation: outcome.validation,
        step: outcome.step,
        best_step,
        seconds: outcome.seconds,
        stopped: outcome.stopped,
    })
}

/// The runs of one level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelResult {
    pub level: Level,
    pub is_base: bool,
    /// The validation errors in per cent, by seed.
    pub errors: Vec<f64>,
    /// Runs whose loss was no longer finite; they are in no mean.
    pub diverged: usize,
}

impl LevelResult {
    /// Mean and spread of the errors.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.errors)
    }
}

/// What a study says about one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorResult {
    pub factor: Factor,
    /// In order; one of them is the base.
    pub levels: Vec<LevelResult>,
}

/// A level's distance from the base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Its mean error minus the base's, in percentage points: below 0 is better.
    pub points: f64,
    /// The standard error of that, where there are seeds enough to know one.
    pub error: Option<f64>,
}

impl Difference {
    /// The difference in units of its standard error.
    pub fn ratio(&self) -> Option<f64> {
        let error = self.error?;
        (error > 0.0).then(|| self.points / error)
    }
}

impl FactorResult {
    /// The base's level.
    pub fn base(&self) -> Option<&LevelResult> {
        self.levels.iter().find(|level| level.is_base)
    }

    /// The levels with figures, from the least mean error to the greatest; of equals the base comes first.
    pub fn ranked(&self) -> Vec<&LevelResult> {
        let mut levels: Vec<&LevelResult> = self
            .levels
            .iter()
            .filter(|level| !level.errors.is_empty())
            .collect();
        levels.sort_by(|a, b| {
            let means = a.summary().mean.total_cmp(&b.summary().mean);
            means.then(b.is_base.cmp(&a.is_base))
        });
        levels
    }

    /// How far a level is from the base; none without a figure of the base. One standard deviation for all levels:
    /// two or three seeds alone hardly tell theirs.
    pub fn difference(&self, level: &LevelResult) -> Option<Difference> {
        let base = self.base().filter(|base| !base.errors.is_empty())?;
        let summaries: Vec<Summary> = self.levels.iter().map(LevelResult::summary).collect();
        let (of_level, of_base) = (level.summary(), base.summary());
        let counts = [of_level.count, of_base.count];
        Some(Difference {
            points: of_level.mean - of_base.mean,
            error: pooled_sd(&summaries).map(|sd| error_of_difference(sd, counts)),
        })
    }
}

/// A whole study.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The base recipe, at its first seed.
    pub base: TrainConfig,
    /// How many seeds the base was run at.
    pub seeds: usize,
    pub factors: Vec<FactorResult>,
}

/// Finds base and factors among the runs: the base is the configuration that most others differ from in one factor
/// alone; of equals the default recipe, then the first. None of nothing.
pub fn analyse(records: &[Record]) -> Option<Study> {
    let mut groups: Vec<(TrainConfig, Vec<&Record>)> = Vec::new();
    for record in records {
        let config = seedless(&record.config);
        match groups.iter_mut().find(|(known, _)| *known == config) {
            Some((_, runs)) => runs.push(record),
            None => groups.push((config, vec![record])),
        }
    }
    let score = |config: &TrainConfig| {
        let near = groups
            .iter()
            .filter(|(other, _)| change(config, other).is_some());
        (near.count(), is_default(config))
    };
    let configs = groups.iter().map(|(config, _)| config);
    let (_, base) = configs
        .map(|config| (score(config), config))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let base_runs = groups.iter().find(|(config, _)| config == base);
    let base_runs: &[&Record] = base_runs.map_or(&[][..], |(_, runs)| runs.as_slice());

    let mut factors = Vec::new();
    for factor in Factor::ALL {
        let mut levels = Vec::new();
        for (config, runs) in &groups {
            if let Some((changed, level)) = change(base, config)
                && changed == factor
            {
                levels.push(level_result(level, false, runs));
            }
        }
        if levels.is_empty() {
            continue;
        }
        levels.push(level_result(factor.level(base), true, base_runs));
        levels.sort_by(|a, b| a.level.place().total_cmp(&b.level.place()));
        factors.push(FactorResult { factor, levels });
    }
    let first_seed = base_runs.iter().map(|run| run.config.seed).min();
    let mut base = base.clone();
    base.seed = first_seed.unwrap_or(1);
    Some(Study {
        base,
        seeds: base_runs.len(),
        factors,
    })
}

/// What `other` differs from `base` in, where it is exactly one factor; seeds do not count.
fn change(base: &TrainConfig, other: &TrainConfig) -> Option<(Factor, Level)> {
    let other = seedless(other);
    let base = seedless(base);
    Factor::ALL.into_iter().find_map(|factor| {
        let level = factor.level(&other);
        let differs = level != factor.level(&base) && factor.apply(&base, level) == other;
        differs.then_some((factor, level))
    })
}

fn seedless(config: &TrainConfig) -> TrainConfig {
    TrainConfig {
        seed: 0,
        ..config.clone()
    }
}

/// Whether this is the default recipe, whatever its length and seed.
pub fn is_default(config: &TrainConfig) -> bool {
    let recipe = TrainConfig {
        steps: config.steps,
        evaluate_every: config.evaluate_every,
        seed: config.seed,
        ..TrainConfig::defaults(config.model, config.batch)
    };
    recipe == *config && config.batch == config.model.default_batch()
}

fn level_result(level: Level, is_base: bool, runs: &[&Record]) -> LevelResult {
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| run.config.seed);
    let errors: Vec<f64> = runs.iter().filter_map(|run| run.error_percent()).collect();
    LevelResult {
        level,
        is_base,
        diverged: runs.len() - errors.len(),
        errors,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn record(config: TrainConfig, errors: u64) -> Record {
        let accuracy = 1.0 - errors as f64 / 5000.0;
        Record {
            step: config.steps,
            config,
            backend: "cpu".to_string(),
            seconds: 2.0,
            best_step: None,
            validation: Some(Metrics {
                images: 5000,
                accuracy,
                precision: accuracy,
                recall: accuracy,
                f1: accuracy,
            }),
            errors: Some(errors),
        }
    }

    fn cnn_base() -> TrainConfig {
        let recipe = TrainConfig::defaults(ModelKind::Cnn, 256);
        base(&recipe, 12)
    }

    #[test]
    fn the_base_is_shared_and_seeds_are_outermost() {
        for model in ModelKind::ALL {
            let recipe = TrainConfig::defaults(model, model.default_batch());
            let base = base(&recipe, default_epochs(model));
            let planned = plan(&base, &Factor::ALL, 3);
            let levels: usize = Factor::ALL.iter().map(|f| f.levels(&base).len() - 1).sum();
            assert_eq!(planned.len(), 3 * (1 + levels));
            let seeds: Vec<u64> = planned.iter().map(|p| p.config.seed).collect();
            assert!(seeds.is_sorted(), "{seeds:?}");
            for (place, one) in planned.iter().enumerate() {
                assert_eq!(one.config.validate(), Ok(()), "{}", one.label());
                assert_eq!(one.change.is_none(), place.is_multiple_of(1 + levels));
                let same = planned.iter().filter(|other| other.config == one.config);
                assert_eq!(same.count(), 1, "{}", one.label());
            }
            assert_eq!(planned[0].config, base);
        }
    }

    #[test]
    fn every_factor_has_four_to_six_levels_and_the_base() {
        for model in ModelKind::ALL {
            let base = TrainConfig::defaults(model, model.default_batch());
            for factor in Factor::ALL {
                let levels = factor.levels(&base);
                assert!((4..=6).contains(&levels.len()), "{factor:?}: {levels:?}");
                assert!(levels.contains(&factor.level(&base)));
                for level in levels {
                    let config = factor.apply(&base, level);
                    assert_eq!(factor.level(&config), level);
                    assert_eq!(change(&base, &config).is_some(), config != base);
                }
            }
        }
    }

    #[test]
    fn another_batch_keeps_the_epochs() {
        let base = cnn_base();
        let config = Factor::Batch.apply(&base, Level::Number(512.0));
        assert_eq!((config.batch, base.batch), (512, 256));
        assert!((config.epochs() - base.epochs()).abs() < 0.02);
    }

    #[test]
    fn only_the_wanted_factors_are_planned() {
        let base = cnn_base();
        let planned = plan(&base, &[Factor::Shift], 1);
        assert_eq!(planned.len(), 5);
        assert!(planned[1..].iter().all(|one| {
            one.change
                .is_some_and(|(factor, _)| factor == Factor::Shift)
        }));
        assert_eq!(planned[1].label(), "shift off, seed 1");
    }

    #[test]
    fn shares_are_disjoint_and_complete() {
        for count in 1..5 {
            let shares = (0..count).map(|index| Share { index, count });
            let mut places: Vec<usize> = shares
                .flat_map(|share| (0..23).filter(move |place| share.has(*place)))
                .collect();
            places.sort_unstable();
            assert_eq!(places, (0..23).collect::<Vec<_>>());
        }
        assert_eq!("1/4".parse::<Share>(), Ok(Share { index: 1, count: 4 }));
        for wrong in ["2/2", "1", "a/b", "0/0", "-1/2"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn finished_runs_are_skipped_and_a_diverged_one_is_recorded() {
        let folder = std::env::temp_dir().join(format!("mnistify-study-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let base = cnn_base();
        let planned = plan(&base, &[Factor::Shift], 1);
        let mut train_once = |one: &Planned| match one.config.augmentation.shift {
            4.0 => Err(TrainError::Diverged {
                step: 3,
                loss: f32::NAN,
            }),
            _ => Ok(Measured {
                validation: Confusion::new(&[1, 2, 3, 4], &[1, 2, 3, 5]),
                step: 9,
                best_step: Some(7),
                seconds: 1.5,
                stopped: false,
            }),
        };
        let half = Share { index: 0, count: 2 };
        let made = run(&planned, half, &folder, "cpu", &mut train_once).unwrap();
        assert_eq!(made, 3);
        let made = run(&planned, Share::WHOLE, &folder, "cpu", &mut train_once).unwrap();
        assert_eq!(made, 2);
        let records = read(&folder, ModelKind::Cnn).unwrap();
        assert_eq!(records.len(), 5);
        let diverged: Vec<&Record> = records.iter().filter(|r| r.errors.is_none()).collect();
        assert_eq!(diverged.len(), 1);
        assert_eq!((diverged[0].step, diverged[0].error_percent()), (3, None));
        assert_eq!(records[0].error_percent(), Some(25.0));

        let mut stopped = |_: &Planned| {
            Ok(Measured {
                validation: Confusion::default(),
                step: 0,
                best_step: None,
                seconds: 0.0,
                stopped: true,
            })
        };
        let more = plan(&base, &[Factor::Shift], 2);
        let made = run(&more, Share::WHOLE, &folder, "cpu", &mut stopped).unwrap();
        assert_eq!((made, read(&folder, ModelKind::Cnn).unwrap().len()), (0, 5));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn base_and_factors_are_found_again() {
        let base = cnn_base();
        let factors = [Factor::Schedule, Factor::Batch, Factor::Rotation];
        let planned = plan(&base, &factors, 2);
        // The order in which processes finish does not matter.
        let records: Vec<Record> = planned
            .iter()
            .rev()
            .map(|one| record(one.config.clone(), 20 + one.config.seed))
            .collect();
        let study = analyse(&records).unwrap();
        assert_eq!((&study.base, study.seeds), (&base, 2));
        let found: Vec<Factor> = study.factors.iter().map(|result| result.factor).collect();
        assert_eq!(found, [Factor::Rotation, Factor::Schedule, Factor::Batch]);
        for result in &study.factors {
            assert_eq!(result.levels.len(), result.factor.levels(&base).len());
            assert_eq!(result.base().unwrap().level, result.factor.level(&base));
            for level in &result.levels {
                assert_eq!(level.errors.len(), 2);
                assert!(level.errors[0] < level.errors[1]);
            }
        }
        assert!(analyse(&[]).is_none());
    }

    #[test]
    fn a_single_factor_still_has_the_recipe_as_its_base() {
        let base = cnn_base();
        let mut planned = plan(&base, &[Factor::Shift], 1);
        planned.reverse();
        let records: Vec<Record> = planned
            .into_iter()
            .map(|one| record(one.config, 20))
            .collect();
        assert_eq!(analyse(&records).unwrap().base, base);
    }

    #[test]
    fn differences_are_in_units_of_their_error() {
        let level = |errors: &[f64], is_base| LevelResult {
            level: Level::Number(if is_base { 1.0 } else { 0.0 }),
            is_base,
            errors: errors.to_vec(),
            diverged: 0,
        };
        let result = FactorResult {
            factor: Factor::Shift,
            levels: vec![level(&[0.9, 1.1], false), level(&[0.4, 0.6], true)],
        };
        let difference = result.difference(&result.levels[0]).unwrap();
        assert!((difference.points - 0.5).abs() < 1e-12);
        // Both spread by √0.02, so the difference of two means of two by as much.
        assert!((difference.error.unwrap() - 0.02f64.sqrt()).abs() < 1e-12);
        assert!((difference.ratio().unwrap() - 0.5 / 0.02f64.sqrt()).abs() < 1e-9);
        assert!(result.ranked()[0].is_base);
    }
}

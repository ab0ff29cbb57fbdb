//! One factor of the recipe at a time: each is set to a few levels around a base recipe, all else stays, over several
//! seeds, judged on validation alone. (A random search finds a recipe; this says what each of its parts is worth.)
//!
//! A run is known by its whole configuration, so that the base is made once a seed and counts for every factor, a study
//! can be interrupted, and several processes can share one. The runs are lines of `studies-mlp.jsonl` and
//! `studies-cnn.jsonl`; [`analyse`] finds base and factors in them again.

use crate::{
    records::{self, RecordError},
    statistics::{Summary, error_of_difference, pooled_sd},
    train_loop::{Measured, TrainError},
};
use mnistify_learning::{
    ModelKind, Schedule, TrainConfig,
    config::steps_of,
    hyperparameters::{Hyperparameter, TABLE},
};
use mnistify_network::Metrics;
use serde::{Deserialize, Serialize};
use std::{path::Path, str::FromStr};
use thiserror::Error;

/// Evaluations during each run: often enough for a plateau schedule to come down several times.
const EVALUATIONS: usize = 20;
/// Evaluations without improvement before a plateau schedule decays.
const PLATEAU_PATIENCE: usize = 2;
/// The level of a one-cycle schedule; those of a plateau are its decays, and stand after it.
const ONE_CYCLE: f64 = f64::NEG_INFINITY;

/// What is varied. Its levels are the hyperparameter's values, but for the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Factor(pub &'static Hyperparameter);

impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Factor {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        TABLE.iter().filter(|one| !one.levels.is_empty()).map(Self)
    }

    fn is_schedule(self) -> bool {
        self.0.name == "schedule"
    }

    /// The levels, in order, the base's own among them.
    pub fn levels(self, base: &TrainConfig) -> Vec<f64> {
        let mut levels = self.0.levels.to_vec();
        levels.extend(self.is_schedule().then_some(ONE_CYCLE));
        levels.push(self.level(base));
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        levels
    }

    /// The level of a configuration.
    pub fn level(self, config: &TrainConfig) -> f64 {
        match (self.is_schedule(), config.schedule) {
            (true, Schedule::OneCycle) => ONE_CYCLE,
            (true, Schedule::Plateau) => config.decay,
            _ => self.0.get(config),
        }
    }

    /// The base with this factor at `level`. The base's own level gives the base itself. Epochs stay: another batch
    /// means another number of steps.
    pub fn apply(self, base: &TrainConfig, level: f64) -> TrainConfig {
        let mut config = base.clone();
        if level == self.level(base) {
            return config;
        }
        if !self.is_schedule() {
            self.0.set(&mut config, level);
        } else if level == ONE_CYCLE {
            // In a one-cycle schedule a patience would end the run before the rate comes down.
            (config.schedule, config.patience) = (Schedule::OneCycle, 0);
        } else {
            (config.schedule, config.patience) = (Schedule::Plateau, PLATEAU_PATIENCE);
            config.decay = level;
        }
        if config.batch != base.batch {
            config.steps = (base.steps * base.batch).div_ceil(config.batch);
            config.evaluate_every = evaluation_interval(config.steps);
        }
        config
    }

    /// A level with its unit, for tables.
    pub fn label(self, level: f64) -> String {
        match level {
            ONE_CYCLE => "one-cycle".to_string(),
            _ if self.is_schedule() => format!("plateau × {level}"),
            0.0 => "off".to_string(),
            _ => self.0.shown.replace('#', &level.to_string()),
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

/// The base of a study: the default recipe, over so many epochs.
pub fn base(model: ModelKind, epochs: usize) -> TrainConfig {
    let recipe = TrainConfig::defaults(model, model.default_batch());
    let steps = steps_of(epochs, recipe.batch);
    TrainConfig {
        steps,
        evaluate_every: evaluation_interval(steps),
        ..recipe
    }
}

/// A run that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub config: TrainConfig,
    /// What differs from the base; none in the base itself.
    pub change: Option<(Factor, f64)>,
}

impl Planned {
    /// A name for people.
    pub fn label(&self) -> String {
        let what = match self.change {
            Some((factor, level)) => format!("{} {}", factor.0.name, factor.label(level)),
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
        let base = with_seed(base, seed);
        planned.push(Planned {
            config: base.clone(),
            change: None,
        });
        for factor in Factor::all().filter(|factor| factors.contains(factor)) {
            let levels = factor.levels(&base).into_iter();
            let others = levels.filter(|level| *level != factor.level(&base));
            planned.extend(others.map(|level| Planned {
                config: factor.apply(&base, level),
                change: Some((factor, level)),
            }));
        }
    }
    planned
}

fn with_seed(config: &TrainConfig, seed: u64) -> TrainConfig {
    TrainConfig {
        seed,
        ..config.clone()
    }
}

/// One of several processes that make a study together: `1/4` is the second of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub index: usize,
    pub count: usize,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let index: usize = index.trim().parse().ok()?;
            Some((index, count.trim().parse().ok()?))
        });
        match numbers {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err("expected I/N with I from 0 to N − 1, such as 0/2".to_string()),
        }
    }
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

/// Why a study ended.
#[derive(Debug, Error)]
pub enum StudyError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// All runs of `model` in the files `studies-MODEL*.jsonl` of a folder; of two with one configuration the first counts.
pub fn read(folder: &Path, model: ModelKind) -> Result<Vec<Record>, RecordError> {
    let mut records: Vec<Record> = Vec::new();
    let start = format!("studies-{}", model.name());
    for record in records::read_all::<Record>(folder, &start, ".jsonl")? {
        if !records.iter().any(|known| known.config == record.config) {
            records.push(record);
        }
    }
    Ok(records)
}

/// Makes the runs of this share that the folder's records lack, by `train_once`, and returns how many were made.
pub fn run(
    plan: &[Planned],
    share: Share,
    folder: &Path,
    backend: &str,
    train_once: &mut dyn FnMut(&Planned) -> Result<Measured, TrainError>,
) -> Result<usize, StudyError> {
    let mut made = 0;
    for planned in plan.iter().skip(share.index).step_by(share.count) {
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
        let file = format!("studies-{}.jsonl", model.name());
        records::append(&folder.join(file), &record)?;
        made += 1;
    }
    Ok(made)
}

/// The runs of one level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelResult {
    pub level: f64,
    pub is_base: bool,
    /// The validation errors in per cent, by seed.
    pub errors: Vec<f64>,
    /// Runs whose loss was no longer finite; they are in no mean.
    pub diverged: usize,
    /// Its mean error minus the base's, in percentage points: below 0 is better. None without a figure of both.
    pub points: Option<f64>,
    /// The standard error of that, where there are seeds enough to know one.
    pub error: Option<f64>,
}

impl LevelResult {
    fn new(level: f64, is_base: bool, runs: &[&Record]) -> Self {
        let mut runs = runs.to_vec();
        runs.sort_by_key(|run| run.config.seed);
        let found = runs.iter().filter_map(|run| run.validation);
        let errors: Vec<f64> = found
            .map(|metrics| 100.0 * (1.0 - metrics.accuracy))
            .collect();
        Self {
            level,
            is_base,
            diverged: runs.len() - errors.len(),
            errors,
            points: None,
            error: None,
        }
    }

    /// Mean and spread of the errors.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.errors)
    }

    /// The difference to the base in units of its standard error.
    pub fn ratio(&self) -> Option<f64> {
        let error = self.error.filter(|error| *error > 0.0)?;
        Some(self.points? / error)
    }
}

/// What a study says about one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorResult {
    pub factor: Factor,
    /// In order; one of them is the base.
    pub levels: Vec<LevelResult>,
}

impl FactorResult {
    /// Compares every level with the base. One standard deviation for all levels: two or three seeds alone hardly tell
    /// theirs.
    fn new(factor: Factor, mut levels: Vec<LevelResult>) -> Self {
        levels.sort_by(|a, b| a.level.total_cmp(&b.level));
        let summaries: Vec<Summary> = levels.iter().map(LevelResult::summary).collect();
        let base = levels.iter().position(|level| level.is_base);
        if let Some(base) = base
            .map(|place| summaries[place])
            .filter(|base| base.count > 0)
        {
            let sd = pooled_sd(&summaries);
            for (level, own) in levels.iter_mut().zip(&summaries) {
                level.points = (own.count > 0).then_some(own.mean - base.mean);
                level.error = sd.map(|sd| error_of_difference(sd, [own.count, base.count]));
            }
        }
        Self { factor, levels }
    }

    /// The base's level.
    pub fn base(&self) -> Option<&LevelResult> {
        self.levels.iter().find(|level| level.is_base)
    }

    /// The levels with figures, from the least mean error to the greatest; of equals the base comes first.
    pub fn ranked(&self) -> Vec<&LevelResult> {
        let levels = self.levels.iter();
        let mut levels: Vec<&LevelResult> =
            levels.filter(|level| !level.errors.is_empty()).collect();
        levels.sort_by(|a, b| {
            let means = a.summary().mean.total_cmp(&b.summary().mean);
            means.then(b.is_base.cmp(&a.is_base))
        });
        levels
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
        let config = with_seed(&record.config, 0);
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
    let scored = groups.iter().map(|group| (score(&group.0), group));
    let (_, (base, base_runs)) =
        scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let changed: Vec<_> = groups
        .iter()
        .filter_map(|(config, runs)| Some((change(base, config)?, runs)))
        .collect();
    let mut factors = Vec::new();
    for factor in Factor::all() {
        let own = changed
            .iter()
            .filter(|((changed, _), _)| *changed == factor);
        let mut levels: Vec<LevelResult> = own
            .map(|((_, level), runs)| LevelResult::new(*level, false, runs))
            .collect();
        if !levels.is_empty() {
            levels.push(LevelResult::new(factor.level(base), true, base_runs));
            factors.push(FactorResult::new(factor, levels));
        }
    }
    let first_seed = base_runs.iter().map(|run| run.config.seed).min();
    Some(Study {
        base: with_seed(base, first_seed.unwrap_or(1)),
        seeds: base_runs.len(),
        factors,
    })
}

/// What `other` differs from `base` in, where it is exactly one factor; seeds do not count.
fn change(base: &TrainConfig, other: &TrainConfig) -> Option<(Factor, f64)> {
    let other = with_seed(other, base.seed);
    Factor::all().find_map(|factor| {
        let level = factor.level(&other);
        let differs = level != factor.level(base) && factor.apply(base, level) == other;
        differs.then_some((factor, level))
    })
}

/// Whether this is the default recipe, whatever its length and seed.
pub fn is_default(config: &TrainConfig) -> bool {
    let recipe = TrainConfig {
        steps: config.steps,
        evaluate_every: config.evaluate_every,
        seed: config.seed,
        ..TrainConfig::defaults(config.model, config.model.default_batch())
    };
    recipe == *config
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::records::tests::scratch_folder;
    use mnistify_learning::{Confusion, hyperparameters::named};

    pub fn record(config: TrainConfig, errors: u64) -> Record {
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

    pub fn factors(names: &[&str]) -> Vec<Factor> {
        names.iter().map(|name| Factor(named(name))).collect()
    }

    #[test]
    fn the_base_is_shared_and_seeds_are_outermost() {
        for model in ModelKind::ALL {
            let base = base(model, default_epochs(model));
            let all: Vec<Factor> = Factor::all().collect();
            let planned = plan(&base, &all, 3);
            let levels: usize = all.iter().map(|f| f.levels(&base).len() - 1).sum();
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
        assert_eq!(Factor::all().count(), 16);
        for model in ModelKind::ALL {
            let base = base(model, 3);
            for factor in Factor::all() {
                let levels = factor.levels(&base);
                assert!((4..=6).contains(&levels.len()), "{factor:?}: {levels:?}");
                assert!(levels.contains(&factor.level(&base)));
                for level in levels {
                    let config = factor.apply(&base, level);
                    assert_eq!(factor.level(&config), level);
                    assert_eq!(change(&base, &config).is_some(), config != base);
                    assert!((config.epochs() - base.epochs()).abs() < 0.02);
                }
            }
        }
    }

    #[test]
    fn shares_are_told_as_parts() {
        assert_eq!("1/4".parse::<Share>(), Ok(Share { index: 1, count: 4 }));
        for wrong in ["2/2", "1", "a/b", "0/0", "-1/2"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn finished_runs_are_skipped_and_a_diverged_one_is_recorded() {
        let folder = scratch_folder("study");
        let base = base(ModelKind::Cnn, 12);
        let planned = plan(&base, &factors(&["shift"]), 1);
        assert_eq!(
            (planned.len(), planned[1].label()),
            (5, "shift off, seed 1".to_string())
        );
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
        for (share, expected) in [("0/2", 3), ("0/1", 2)] {
            let share = share.parse().unwrap();
            let made = run(&planned, share, &folder, "cpu", &mut train_once).unwrap();
            assert_eq!(made, expected);
        }
        let records = read(&folder, ModelKind::Cnn).unwrap();
        assert_eq!(records.len(), 5);
        let diverged: Vec<&Record> = records.iter().filter(|r| r.errors.is_none()).collect();
        assert_eq!((diverged.len(), diverged[0].step), (1, 3));
        let study = analyse(&records).unwrap();
        let last = study.factors[0].levels.last().unwrap();
        assert_eq!(
            (last.errors.len(), last.diverged, last.points),
            (0, 1, None)
        );
        assert_eq!(study.factors[0].levels[0].errors, [25.0]);

        let mut stopped = |_: &Planned| {
            Ok(Measured {
                validation: Confusion::default(),
                step: 0,
                best_step: None,
                seconds: 0.0,
                stopped: true,
            })
        };
        let more = plan(&base, &factors(&["shift"]), 2);
        let share = "0/1".parse().unwrap();
        let made = run(&more, share, &folder, "cpu", &mut stopped).unwrap();
        assert_eq!((made, read(&folder, ModelKind::Cnn).unwrap().len()), (0, 5));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn base_and_factors_are_found_again() {
        let base = base(ModelKind::Cnn, 12);
        let planned = plan(&base, &factors(&["schedule", "batch", "rotation"]), 2);
        // The order in which processes finish does not matter.
        let records: Vec<Record> = planned
            .iter()
            .rev()
            .map(|one| record(one.config.clone(), 20 + one.config.seed))
            .collect();
        let study = analyse(&records).unwrap();
        assert_eq!((&study.base, study.seeds), (&base, 2));
        let found: Vec<Factor> = study.factors.iter().map(|result| result.factor).collect();
        assert_eq!(found, factors(&["rotation", "schedule", "batch"]));
        for result in &study.factors {
            assert_eq!(result.levels.len(), result.factor.levels(&base).len());
            assert_eq!(result.base().unwrap().level, result.factor.level(&base));
            assert!(result.levels.iter().all(|level| level.errors.len() == 2));
        }
        assert!(analyse(&[]).is_none());
        // A single factor at a single seed still has the recipe as its base.
        let planned = plan(&base, &factors(&["shift"]), 1).into_iter().rev();
        let records: Vec<Record> = planned.map(|one| record(one.config, 20)).collect();
        assert_eq!(analyse(&records).unwrap().base, base);
    }

    #[test]
    fn differences_are_in_units_of_their_error() {
        let level = |errors: &[f64], is_base: bool| LevelResult {
            level: f64::from(u8::from(is_base)),
            is_base,
            errors: errors.to_vec(),
            diverged: 0,
            points: None,
            error: None,
        };
        let levels = vec![level(&[0.9, 1.1], false), level(&[0.4, 0.6], true)];
        let result = FactorResult::new(factors(&["shift"])[0], levels);
        let other = &result.levels[0];
        assert!((other.points.unwrap() - 0.5).abs() < 1e-12);
        // Both spread by √0.02, so the difference of two means of two by as much.
        assert!((other.error.unwrap() - 0.02f64.sqrt()).abs() < 1e-12);
        assert!((other.ratio().unwrap() - 0.5 / 0.02f64.sqrt()).abs() < 1e-9);
        assert!(result.ranked()[0].is_base);
    }
}

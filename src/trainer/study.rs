//! One factor of the recipe at a time: each is set to a few levels around a base recipe, all else stays, over several
//! seeds, judged on validation alone. (A random search finds a recipe; this says what each of its parts is worth.)
//!
//! The base is made once a seed and counts for every factor; [`analyse`] finds base and factors among the runs again.

use crate::{
    data::VALIDATION_IMAGES,
    runs::{Planned, Run},
    statistics::{Summary, error_of_difference, pooled_sd},
};
use mnistify_learning::{
    ModelKind, Schedule, TrainConfig,
    config::steps_of,
    hyperparameters::{Hyperparameter, TABLE},
};
use serde::Serialize;

/// Evaluations during each run: often enough for a plateau schedule to come down several times.
const EVALUATIONS: usize = 20;
/// Evaluations without improvement before a plateau schedule decays.
const PLATEAU_PATIENCE: usize = 2;
/// The level of a one-cycle schedule; those of a plateau are its decays, and stand after it.
const ONE_CYCLE: f64 = f64::NEG_INFINITY;

/// What is varied. Its levels are the hyperparameter's values, but for the schedule.
pub type Factor = &'static Hyperparameter;

/// All of them, in the order of the table.
pub fn factors() -> impl Iterator<Item = Factor> + Clone {
    TABLE.iter().filter(|one| !one.levels.is_empty())
}

/// The levels of a factor, in order, the base's own among them.
fn levels(factor: &Hyperparameter, base: &TrainConfig) -> Vec<f64> {
    let mut levels = factor.levels.to_vec();
    levels.extend((factor.name == "schedule").then_some(ONE_CYCLE));
    levels.push(level_of(factor, base));
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

fn level_of(factor: &Hyperparameter, config: &TrainConfig) -> f64 {
    match (factor.name, config.schedule) {
        ("schedule", Schedule::OneCycle) => ONE_CYCLE,
        ("schedule", Schedule::Plateau) => config.decay,
        _ => factor.get(config),
    }
}

/// The base with a factor at `level`. The base's own level gives the base itself. Epochs stay: another batch means
/// another number of steps.
fn apply(factor: &Hyperparameter, base: &TrainConfig, level: f64) -> TrainConfig {
    let mut config = base.clone();
    if level == level_of(factor, base) {
        return config;
    }
    match (factor.name, level) {
        // In a one-cycle schedule a patience would end the run before the rate comes down.
        ("schedule", ONE_CYCLE) => (config.schedule, config.patience) = (Schedule::OneCycle, 0),
        ("schedule", decay) => {
            (config.schedule, config.patience) = (Schedule::Plateau, PLATEAU_PATIENCE);
            config.decay = decay;
        }
        _ => factor.set(&mut config, level),
    }
    if config.batch != base.batch {
        config.steps = (base.steps * base.batch).div_ceil(config.batch);
        config.evaluate_every = evaluation_interval(config.steps);
    }
    config
}

/// A level with its unit, for tables.
fn label(factor: &Hyperparameter, level: f64) -> String {
    match (factor.name, level) {
        ("schedule", ONE_CYCLE) => "one-cycle".to_string(),
        ("schedule", decay) => format!("plateau × {decay}"),
        _ => factor.label(level),
    }
}

fn evaluation_interval(steps: usize) -> usize {
    (steps / EVALUATIONS).max(1)
}

/// The base of a study: the default recipe over so many epochs; over few where nothing is said.
pub fn base(model: ModelKind, epochs: Option<u32>) -> TrainConfig {
    let epochs = epochs.unwrap_or(match model {
        ModelKind::Mlp => 40,
        ModelKind::Cnn => 12,
    });
    let recipe = TrainConfig::defaults(model, model.default_batch());
    let steps = steps_of(epochs as usize, recipe.batch);
    TrainConfig {
        steps,
        evaluate_every: evaluation_interval(steps),
        ..recipe
    }
}

/// All runs: the base and every other level of the factors, at `seeds` seeds from the base's own on. Seeds are
/// outermost, so that an interrupted study has all levels at one seed before it begins with the next.
pub fn plan(base: &TrainConfig, factors: &[Factor], seeds: usize) -> Vec<Planned> {
    let mut configs = vec![("base".to_string(), base.clone())];
    for factor in factors {
        for level in levels(factor, base) {
            if level != level_of(factor, base) {
                let what = format!("{} {}", factor.name, label(factor, level));
                configs.push((what, apply(factor, base, level)));
            }
        }
    }
    let at_seed = |seed| {
        configs.iter().map(move |(what, config)| Planned {
            config: with_seed(config, seed),
            label: format!("{what}, seed {seed}"),
            number: None,
        })
    };
    (base.seed..).take(seeds).flat_map(at_seed).collect()
}

fn with_seed(config: &TrainConfig, seed: u64) -> TrainConfig {
    TrainConfig {
        seed,
        ..config.clone()
    }
}

/// The runs of one level.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    pub level: f64,
    /// The level with its unit.
    pub label: String,
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

impl Level {
    fn new(factor: &Hyperparameter, config: &TrainConfig, runs: &[&Run], is_base: bool) -> Self {
        let level = level_of(factor, config);
        let found = runs.iter().filter_map(|run| run.validation);
        let errors = found.map(|metrics| 100.0 * (1.0 - metrics.accuracy));
        let errors: Vec<f64> = errors.collect();
        Self {
            level,
            label: label(factor, level),
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
}

/// What a study says about one factor.
#[derive(Clone, Debug, Serialize)]
pub struct FactorResult {
    pub title: &'static str,
    pub name: &'static str,
    pub base: Level,
    /// In order; one of them is the base.
    pub levels: Vec<Level>,
    /// Those with figures, from the least mean error to the greatest; of equals the base comes first.
    pub ranked: Vec<Level>,
}

impl FactorResult {
    /// Compares every level with the base. One standard deviation for all levels: two or three seeds alone hardly tell
    /// theirs.
    fn new(factor: &Hyperparameter, mut base: Level, mut levels: Vec<Level>) -> Self {
        let own = base.summary();
        base.points = (own.count > 0).then_some(0.0);
        levels.push(base.clone());
        levels.sort_by(|a, b| a.level.total_cmp(&b.level));
        let summaries: Vec<Summary> = levels.iter().map(Level::summary).collect();
        let sd = pooled_sd(&summaries);
        for (level, other) in levels.iter_mut().zip(&summaries) {
            level.points = (own.count * other.count > 0).then_some(other.mean - own.mean);
            level.error = sd.map(|sd| error_of_difference(sd, [other.count, own.count]));
        }
        let mut ranked = levels.clone();
        ranked.retain(|level| !level.errors.is_empty());
        ranked.sort_by(|a, b| {
            let means = a.summary().mean.total_cmp(&b.summary().mean);
            means.then(b.is_base.cmp(&a.is_base))
        });
        Self {
            title: factor.title,
            name: factor.name,
            base,
            levels,
            ranked,
        }
    }
}

/// A whole study.
#[derive(Clone, Debug, Serialize)]
pub struct Study {
    /// The base recipe, at its first seed, how often that sees the images, and its options.
    pub base: TrainConfig,
    pub epochs: f64,
    pub options: String,
    /// Whether it is the default recipe, whatever its length.
    pub is_default: bool,
    /// How many seeds the base was run at.
    pub seeds: usize,
    /// What another sample of images would move all levels by, in per cent: the standard deviation of a share that is
    /// counted on so many.
    pub sampling: f64,
    pub factors: Vec<FactorResult>,
}

/// Finds base and factors among the runs: the base is the configuration that most others differ from in one factor
/// alone; of equals the default recipe, then the first. None of nothing.
pub fn analyse(runs: &[Run]) -> Option<Study> {
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_by_key(|run| run.config.seed);
    let mut groups: Vec<(TrainConfig, Vec<&Run>)> = Vec::new();
    for run in runs {
        let config = with_seed(&run.config, 0);
        match groups.iter_mut().find(|(known, _)| *known == config) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((config, vec![run])),
        }
    }
    let score = |base: &TrainConfig| {
        let changes = groups.iter().filter_map(|(other, _)| change(base, other));
        (changes.count(), is_default(base))
    };
    // Of equals `max_by_key` takes the last.
    let first_best = groups.iter().rev().max_by_key(|group| score(&group.0));
    let (base, base_runs) = first_best?;
    let mut results = Vec::new();
    for factor in factors() {
        let is_own = |config| change(base, config).is_some_and(|one| one.name == factor.name);
        let own = groups.iter().filter(|(config, _)| is_own(config));
        let levels = own.map(|(config, runs)| Level::new(factor, config, runs, false));
        let levels: Vec<Level> = levels.collect();
        if !levels.is_empty() {
            let base = Level::new(factor, base, base_runs, true);
            results.push(FactorResult::new(factor, base, levels));
        }
    }
    let base = &base_runs[0].config;
    let first = results.first();
    let error = first.map_or(0.0, |result| result.base.summary().mean);
    Some(Study {
        base: base.clone(),
        epochs: base.epochs(),
        options: base.options(),
        is_default: is_default(base),
        seeds: base_runs.len(),
        sampling: (error * (100.0 - error) / VALIDATION_IMAGES as f64).sqrt(),
        factors: results,
    })
}

/// The one factor in which `other` differs from `base`; seeds do not count.
fn change(base: &TrainConfig, other: &TrainConfig) -> Option<Factor> {
    let other = with_seed(other, base.seed);
    factors().find(|factor| {
        let level = level_of(factor, &other);
        level != level_of(factor, base) && apply(factor, base, level) == other
    })
}

/// Whether this is the default recipe, whatever its length and seed.
fn is_default(config: &TrainConfig) -> bool {
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
    use mnistify_learning::hyperparameters::named;
    use serde_json::json;

    /// A run with so many of the validation images wrong.
    pub fn run(config: TrainConfig, errors: u64) -> Run {
        let part = 1.0 - errors as f64 / 5000.0;
        let figures = json!({
            "images": 5000, "accuracy": part, "precision": part, "recall": part, "f1": part
        });
        let run = json!({ "config": config, "backend": "", "seconds": 2.0, "validation": figures });
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn every_level_is_planned_once_a_seed_and_known_by_its_change() {
        let all: Vec<Factor> = factors().collect();
        assert_eq!(all.len(), 16);
        for base in ModelKind::ALL.map(|model| base(model, None)) {
            let mut changed = 0;
            for factor in &all {
                let levels = levels(factor, &base);
                assert!((4..=6).contains(&levels.len()), "{factor:?}: {levels:?}");
                for level in levels {
                    let config = apply(factor, &base, level);
                    assert_eq!(level_of(factor, &config), level);
                    assert_eq!(config.validate(), Ok(()), "{factor:?} {level}");
                    let found = change(&base, &config).map(|found| found.name);
                    assert_eq!(found, (config != base).then_some(factor.name));
                    assert!((config.epochs() - base.epochs()).abs() < 0.02);
                    changed += usize::from(config != base);
                }
            }
            let planned = plan(&base, &all, 3);
            assert_eq!(planned.len(), 3 * (1 + changed));
            assert!(planned.is_sorted_by_key(|one| one.config.seed));
            for (place, one) in planned.iter().enumerate() {
                let is_base = one.config == with_seed(&base, one.config.seed);
                assert_eq!(is_base, place.is_multiple_of(1 + changed));
                let same = planned.iter().filter(|other| other.config == one.config);
                assert_eq!(same.count(), 1, "{}", one.label);
            }
        }
        let planned = plan(&base(ModelKind::Cnn, None), &[named("shift")], 1);
        assert_eq!(planned[1].label, "shift off, seed 1");
    }

    #[test]
    fn base_and_factors_are_found_again() {
        let base = base(ModelKind::Cnn, None);
        let studied = ["rotation", "schedule", "batch"].map(named);
        // The order in which processes finish does not matter.
        let planned = plan(&base, &studied, 2).into_iter().rev();
        let mut runs: Vec<Run> = planned.map(|one| run(one.config, 20)).collect();
        runs[0].validation = None;
        let study = analyse(&runs).unwrap();
        let found = (&study.base, study.seeds, study.is_default);
        assert_eq!(found, (&base, 2, true));
        for (result, factor) in study.factors.iter().zip(studied) {
            let found: Vec<f64> = result.levels.iter().map(|level| level.level).collect();
            assert_eq!((result.name, found), (factor.name, levels(factor, &base)));
            assert_eq!(result.base.level, level_of(factor, &base));
            for level in &result.levels {
                assert_eq!(level.errors.len() + level.diverged, 2);
            }
        }
        assert_eq!(study.factors[2].levels[3].diverged, 1);
        assert!(analyse(&[]).is_none());
        // A single factor at a single seed still has the recipe as its base.
        let planned = plan(&base, &[named("shift")], 1).into_iter().rev();
        let runs: Vec<Run> = planned.map(|one| run(one.config, 20)).collect();
        assert_eq!(analyse(&runs).unwrap().base, base);
    }

    #[test]
    fn differences_are_told_with_their_error() {
        let (base, shift) = (base(ModelKind::Mlp, None), named("shift"));
        let level = |shifted: f64, errors: &[f64], is_base: bool| Level {
            errors: errors.to_vec(),
            ..Level::new(shift, &apply(shift, &base, shifted), &[], is_base)
        };
        let other = level(0.0, &[0.9, 1.1], false);
        let result = FactorResult::new(shift, level(1.0, &[0.4, 0.6], true), vec![other]);
        let other = &result.levels[0];
        assert!((other.points.unwrap() - 0.5).abs() < 1e-12);
        // Both spread by √0.02, so the difference of two means of two by as much.
        assert!((other.error.unwrap() - 0.02f64.sqrt()).abs() < 1e-12);
        assert!(result.ranked[0].is_base && result.base.points == Some(0.0));
    }
}

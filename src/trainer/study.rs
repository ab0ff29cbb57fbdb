//! One factor of the recipe at a time: each is set to a few levels around a base recipe, all else stays, over several
//! seeds, judged on validation alone. (A random search finds a recipe; this says what each of its parts is worth.)
//!
//! The base is made once a seed and counts for every factor; [`analyse`] finds base and factors among the runs again.

use crate::{
    data::VALIDATION_IMAGES,
    runs::{Planned, Run},
    statistics::{Summary, error_of_difference, pooled_sd, sampling_sd},
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
            _ => self.0.label(level),
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

/// All runs: the base and every other level of the factors, at `seeds` seeds from the base's own on. Seeds are
/// outermost, so that an interrupted study has all levels at one seed before it begins with the next.
pub fn plan(base: &TrainConfig, factors: &[Factor], seeds: usize) -> Vec<Planned> {
    let mut plan = Vec::new();
    for seed in (base.seed..).take(seeds) {
        let base = with_seed(base, seed);
        let mut add = |config: TrainConfig, what: String| {
            plan.push(Planned {
                config,
                label: format!("{what}, seed {seed}"),
                number: None,
            });
        };
        add(base.clone(), "base".to_string());
        for factor in Factor::all().filter(|factor| factors.contains(factor)) {
            let levels = factor.levels(&base).into_iter();
            for level in levels.filter(|level| *level != factor.level(&base)) {
                let what = format!("{} {}", factor.0.name, factor.label(level));
                add(factor.apply(&base, level), what);
            }
        }
    }
    plan
}

fn with_seed(config: &TrainConfig, seed: u64) -> TrainConfig {
    TrainConfig {
        seed,
        ..config.clone()
    }
}

/// The runs of one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    #[serde(skip)]
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
    fn new(factor: Factor, level: f64, is_base: bool, runs: &[&Run]) -> Self {
        let mut runs = runs.to_vec();
        runs.sort_by_key(|run| run.config.seed);
        let found = runs.iter().filter_map(|run| run.validation);
        let errors: Vec<f64> = found
            .map(|metrics| 100.0 * (1.0 - metrics.accuracy))
            .collect();
        Self {
            level,
            label: factor.label(level),
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorResult {
    #[serde(skip)]
    pub factor: Factor,
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
    fn new(factor: Factor, mut base: Level, mut levels: Vec<Level>) -> Self {
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
            factor,
            title: factor.0.title,
            name: factor.0.name,
            base,
            levels,
            ranked,
        }
    }
}

/// A whole study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Study {
    /// The base recipe, at its first seed, how often that sees the images, and its options.
    pub base: TrainConfig,
    pub epochs: f64,
    pub options: String,
    /// Whether it is the default recipe, whatever its length.
    pub is_default: bool,
    /// How many seeds the base was run at.
    pub seeds: usize,
    /// What another sample of images would move all levels by, in per cent.
    pub sampling: f64,
    pub factors: Vec<FactorResult>,
}

/// Finds base and factors among the runs: the base is the configuration that most others differ from in one factor
/// alone; of equals the default recipe, then the first. None of nothing.
pub fn analyse(runs: &[Run]) -> Option<Study> {
    let mut groups: Vec<(TrainConfig, Vec<&Run>)> = Vec::new();
    for run in runs {
        let config = with_seed(&run.config, 0);
        match groups.iter_mut().find(|(known, _)| *known == config) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((config, vec![run])),
        }
    }
    let score = |config: &TrainConfig| {
        let near = groups
            .iter()
            .filter(|(other, _)| change(config, other).is_some());
        (near.count(), is_default(config))
    };
    let scored = groups.iter().map(|group| (score(&group.0), group));
    let ((_, is_default), (base, base_runs)) =
        scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let changed = groups
        .iter()
        .filter_map(|(config, runs)| Some((change(base, config)?, runs)));
    let changed: Vec<_> = changed.collect();
    let mut factors = Vec::new();
    for factor in Factor::all() {
        let own = changed
            .iter()
            .filter(|((changed, _), _)| *changed == factor);
        let levels = own.map(|((_, level), runs)| Level::new(factor, *level, false, runs));
        let levels: Vec<Level> = levels.collect();
        if !levels.is_empty() {
            let base = Level::new(factor, factor.level(base), true, base_runs);
            factors.push(FactorResult::new(factor, base, levels));
        }
    }
    let first_seed = base_runs.iter().map(|run| run.config.seed).min();
    let base = with_seed(base, first_seed.unwrap_or(1));
    let error = factors
        .first()
        .map_or(0.0, |result| result.base.summary().mean);
    Some(Study {
        epochs: base.epochs(),
        options: base.options(),
        is_default,
        base,
        seeds: base_runs.len(),
        sampling: 100.0 * sampling_sd(error / 100.0, VALIDATION_IMAGES),
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
    use mnistify_network::Metrics;

    pub fn run(config: TrainConfig, errors: u64) -> Run {
        let accuracy = 1.0 - errors as f64 / 5000.0;
        Run {
            run: None,
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
            assert!(planned.is_sorted_by_key(|one| one.config.seed));
            for (place, one) in planned.iter().enumerate() {
                assert_eq!(one.config.validate(), Ok(()), "{}", one.label);
                let is_base = one.config == with_seed(&base, one.config.seed);
                assert_eq!(is_base, place.is_multiple_of(1 + levels));
                let same = planned.iter().filter(|other| other.config == one.config);
                assert_eq!(same.count(), 1, "{}", one.label);
            }
        }
        let planned = plan(&base(ModelKind::Cnn, 12), &factors(&["shift"]), 1);
        assert_eq!(
            (planned.len(), planned[1].label.as_str()),
            (5, "shift off, seed 1")
        );
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
    fn base_and_factors_are_found_again() {
        let base = base(ModelKind::Cnn, 12);
        let planned = plan(&base, &factors(&["schedule", "batch", "rotation"]), 2);
        // The order in which processes finish does not matter.
        let runs = planned
            .iter()
            .rev()
            .map(|one| run(one.config.clone(), 20 + one.config.seed));
        let mut runs: Vec<Run> = runs.collect();
        runs[0].validation = None;
        let study = analyse(&runs).unwrap();
        assert_eq!(
            (&study.base, study.seeds, study.is_default),
            (&base, 2, true)
        );
        let found: Vec<Factor> = study.factors.iter().map(|result| result.factor).collect();
        assert_eq!(found, factors(&["rotation", "schedule", "batch"]));
        for result in &study.factors {
            assert_eq!(result.levels.len(), result.factor.levels(&base).len());
            assert_eq!(result.base.level, result.factor.level(&base));
            assert!(
                result
                    .levels
                    .iter()
                    .all(|level| level.errors.len() + level.diverged == 2)
            );
        }
        assert_eq!(study.factors[2].levels[3].diverged, 1);
        assert!(analyse(&[]).is_none());
        // A single factor at a single seed still has the recipe as its base.
        let planned = plan(&base, &factors(&["shift"]), 1).into_iter().rev();
        let runs: Vec<Run> = planned.map(|one| run(one.config, 20)).collect();
        assert_eq!(analyse(&runs).unwrap().base, base);
    }

    #[test]
    fn differences_are_told_with_their_error() {
        let shift = factors(&["shift"])[0];
        let level = |errors: &[f64], is_base: bool| Level {
            errors: errors.to_vec(),
            ..Level::new(shift, f64::from(u8::from(is_base)), is_base, &[])
        };
        let result = FactorResult::new(
            shift,
            level(&[0.4, 0.6], true),
            vec![level(&[0.9, 1.1], false)],
        );
        let other = &result.levels[0];
        assert!((other.points.unwrap() - 0.5).abs() < 1e-12);
        // Both spread by √0.02, so the difference of two means of two by as much.
        assert!((other.error.unwrap() - 0.02f64.sqrt()).abs() < 1e-12);
        assert!(result.ranked[0].is_base && result.base.points == Some(0.0));
    }
}

//! What a visitor chooses of a lesson, and which networks that makes.

use super::SchoolAction;
use mnistify_learning::{LessonSettings, Optimizer, metrics::CLASSES};
use mnistify_network::{LayerSpec, NetworkSpec};
use serde::{Deserialize, Serialize};

/// How fast steps follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speed {
    /// One a second.
    One,
    /// A lesson takes twenty seconds.
    #[default]
    Steady,
    /// As many as the GPU makes beside the picture, for twenty seconds.
    Full,
}

impl Speed {
    /// Steps a second, at most.
    pub fn rate(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Steady => LESSON_STEPS / LESSON_SECONDS,
            Self::Full => f64::INFINITY,
        }
    }

    /// The part of a lesson that passes in so many seconds and steps.
    pub fn part(self, seconds: f64, steps: usize) -> f64 {
        match self {
            Self::One => steps as f64 / LESSON_STEPS,
            Self::Steady | Self::Full => seconds / LESSON_SECONDS,
        }
    }
}

/// How long a lesson is: the twenty seconds that a visitor watches, and the steps that any GPU makes in them.
pub const LESSON_SECONDS: f64 = 20.0;
/// See [`LESSON_SECONDS`].
pub const LESSON_STEPS: f64 = 2_000.0;

/// All that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonPlan {
    /// What is learned from, and how.
    pub settings: LessonSettings,
    /// How fast.
    pub speed: Speed,
    /// ReLU in SiLU's place.
    pub relu: bool,
    /// Neurons of each of the MLP's hidden layers.
    pub hidden: usize,
    /// Maps of the CNN's first layers; the later ones have twice as many.
    pub channels: usize,
}

impl Default for LessonPlan {
    fn default() -> Self {
        Self {
            settings: LessonSettings::default(),
            speed: Speed::default(),
            relu: false,
            hidden: 512,
            channels: 32,
        }
    }
}

/// Neurons of a hidden layer that can be chosen.
pub const HIDDEN: [usize; 3] = [32, 128, 512];
/// Maps of the CNN's first layers that can be chosen.
pub const CHANNELS: [usize; 3] = [4, 8, 32];

/// What is to be chosen otherwise; what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanChange {
    /// See [`LessonSettings::examples`].
    pub examples: Option<usize>,
    /// See [`LessonSettings::moved`].
    pub moved: Option<bool>,
    /// See [`LessonSettings::wrong`].
    pub wrong: Option<f64>,
    /// See [`LessonSettings::batch`].
    pub batch: Option<usize>,
    /// See [`LessonSettings::optimizer`].
    pub optimizer: Option<Optimizer>,
    /// See [`LessonSettings::learning_rate`].
    pub learning_rate: Option<f64>,
    /// See [`LessonSettings::seed`].
    pub seed: Option<u64>,
    /// See [`LessonPlan::speed`].
    pub speed: Option<Speed>,
    /// See [`LessonPlan::relu`].
    pub relu: Option<bool>,
    /// See [`LessonPlan::hidden`].
    pub hidden: Option<usize>,
    /// See [`LessonPlan::channels`].
    pub channels: Option<usize>,
}

impl PlanChange {
    /// The plan with what is said here.
    pub fn of(&self, plan: &LessonPlan) -> LessonPlan {
        let before = &plan.settings;
        LessonPlan {
            settings: LessonSettings {
                examples: self.examples.unwrap_or(before.examples),
                moved: self.moved.unwrap_or(before.moved),
                wrong: self.wrong.unwrap_or(before.wrong),
                batch: self.batch.unwrap_or(before.batch),
                optimizer: self.optimizer.unwrap_or(before.optimizer),
                learning_rate: self.learning_rate.or(before.learning_rate),
                seed: self.seed.unwrap_or(before.seed),
            },
            speed: self.speed.unwrap_or(plan.speed),
            relu: self.relu.unwrap_or(plan.relu),
            hidden: self.hidden.unwrap_or(plan.hidden),
            channels: self.channels.unwrap_or(plan.channels),
        }
    }
}

/// What the drawing is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThisIs {
    this_is: u8,
}

/// What a script says, as JSON: a command such as `"forget"`, what the drawing is as `{"this_is": 7}`, or an object of what
/// is to be chosen otherwise.
///
/// # Errors
/// What of it means nothing here, and what could be said.
pub fn action_of(json: &str) -> Result<SchoolAction, String> {
    const COMMANDS: &str = "open, close, forget, start, pause, step, restore, keep, save, take-back, \
                            forget-mine";
    if let Ok(command) = serde_json::from_str::<String>(json) {
        return Ok(match command.as_str() {
            "open" => SchoolAction::Open,
            "close" => SchoolAction::Close,
            "forget" => SchoolAction::Forget,
            "start" => SchoolAction::Learn,
            "pause" => SchoolAction::Pause,
            "step" => SchoolAction::Step,
            "restore" => SchoolAction::Restore,
            "keep" => SchoolAction::Keep,
            "save" => SchoolAction::Save,
            "take-back" => SchoolAction::TakeBack,
            "forget-mine" => SchoolAction::ForgetMine,
            _ => return Err(format!("there is no command `{command}`, but {COMMANDS}")),
        });
    }
    if let Ok(ThisIs { this_is }) = serde_json::from_str(json) {
        return if usize::from(this_is) < CLASSES {
            Ok(SchoolAction::ThisIs(this_is))
        } else {
            Err(format!("a drawing is a digit from 0 to 9, not {this_is}"))
        };
    }
    let change: PlanChange = serde_json::from_str(json).map_err(|error| error.to_string())?;
    change.of(&LessonPlan::default()).check()?;
    Ok(SchoolAction::Change(Box::new(change)))
}

impl LessonPlan {
    /// The networks that learn, by their names on the screen.
    pub fn networks(&self) -> [NetworkSpec; 2] {
        let cnn = NetworkSpec::cnn_of_width(self.channels);
        let mlp = NetworkSpec::mlp_of_width(self.hidden);
        [("new CNN", cnn), ("new MLP", mlp)].map(|(name, spec)| {
            let mut layers = spec.expect("the widths on offer fit").layers().to_vec();
            for layer in &mut layers {
                if self.relu && *layer == LayerSpec::Silu {
                    *layer = LayerSpec::Relu;
                }
            }
            NetworkSpec::new(name, layers).expect("the sizes on offer fit")
        })
    }

    /// Whether all of it can be used.
    ///
    /// # Errors
    /// What cannot, and what it may be.
    pub fn check(&self) -> Result<(), String> {
        self.settings.check()?;
        if !HIDDEN.contains(&self.hidden) {
            return Err(format!(
                "a hidden layer has {HIDDEN:?} neurons, not {}",
                self.hidden
            ));
        }
        if !CHANNELS.contains(&self.channels) {
            return Err(format!(
                "the CNN has {CHANNELS:?} maps, not {}",
                self.channels
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_makes_two_networks() {
        for hidden in HIDDEN {
            for channels in CHANNELS {
                for relu in [false, true] {
                    let plan = LessonPlan {
                        hidden,
                        channels,
                        relu,
                        ..LessonPlan::default()
                    };
                    assert_eq!(plan.check(), Ok(()));
                    for spec in plan.networks() {
                        let has = |layer| spec.layers().contains(&layer);
                        assert_eq!(has(LayerSpec::Relu), relu);
                        assert_eq!(has(LayerSpec::Silu), !relu);
                    }
                }
            }
        }
        let plan = LessonPlan {
            hidden: 7,
            ..LessonPlan::default()
        };
        assert!(plan.check().is_err());
    }

    #[test]
    fn scripts_say_commands_and_choices() {
        assert!(matches!(action_of("\"forget\""), Ok(SchoolAction::Forget)));
        let told = action_of("\"forgive\"").unwrap_err();
        assert!(told.contains("restore"), "{told}");
        assert!(matches!(
            action_of(r#"{"this_is": 7}"#),
            Ok(SchoolAction::ThisIs(7))
        ));
        assert!(matches!(
            action_of("\"forget-mine\""),
            Ok(SchoolAction::ForgetMine)
        ));
        let json = r#"{"examples": 100, "moved": false, "speed": "full", "optimizer": "sgd"}"#;
        let Ok(SchoolAction::Change(change)) = action_of(json) else {
            panic!("that is a choice");
        };
        let before = LessonPlan {
            hidden: 32,
            ..LessonPlan::default()
        };
        let plan = change.of(&before);
        assert_eq!((plan.settings.examples, plan.settings.moved), (100, false));
        assert_eq!((plan.speed, plan.hidden), (Speed::Full, 32));
        for wrong in [
            r#"{"exmaples": 1}"#,
            r#"{"examples": 3}"#,
            r#"{"wrong": 0.9}"#,
            r#"{"this_is": 10}"#,
            r#"{"this_is": -1}"#,
            r#"{"this_is": 7, "examples": 100}"#,
            "7",
            "",
        ] {
            assert!(action_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_steady_lesson_takes_twenty_seconds_and_a_slow_one_every_step() {
        assert_eq!(Speed::Steady.part(20.0, 0), 1.0);
        assert_eq!(Speed::One.part(20.0, 20), 0.01);
        assert_eq!(Speed::Steady.rate(), 100.0);
    }
}

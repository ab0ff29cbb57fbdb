//! How a network learns: the steps of a training, and everything that decides what a step sees.
//!
//! - [`hyperparameters`]: the one table of what can be chosen, and [`config`]: a complete choice;
//! - [`augment`]: random warps of digits; [`feeder`]: which images a step sees, each under which warp;
//! - [`engine`]: what makes steps; [`fused`]: the kernels that make them on a GPU, and [`initial`]: what they begin with;
//! - [`schedule`]: the learning rate over time; [`metrics`]: the figures in the end;
//! - [`lesson`]: a network that learns while somebody watches; [`plain`]: one that learns without a GPU; [`course`]: what
//!   both have;
//! - [`images`]: digits in memory; [`random`]: random numbers that depend on seed, purpose and index alone.
//!
//! Neither command line, files nor threads: whoever trains brings those. The trainer does (`src/trainer`), with MNIST's
//! files, a thread that feeds, and checkpoints.

pub mod augment;
pub mod config;
pub mod course;
mod dials;
pub mod engine;
pub mod feeder;
pub mod fused;
pub mod hyperparameters;
pub mod images;
pub mod initial;
pub mod lesson;
mod lesson_settings;
pub mod metrics;
pub mod plain;
pub mod random;
pub mod schedule;

pub use augment::{Augmentation, Sampling};
pub use config::{Mixture, ModelKind, Schedule, Select, TrainConfig};
pub use engine::{Engine, StepSettings};
pub use feeder::{Feeder, Pool, Sample};
pub use images::{Images, Mnist};
pub use lesson::Lesson;
pub use lesson_settings::{LessonSettings, Optimizer};
pub use metrics::Confusion;
pub use plain::PlainLesson;

//! Trains the two networks on MNIST: data, augmentation, the loop, honest metrics, random search, studies of one factor
//! at a time, the journal. And examines finished ones ([`eval`]): on distorted digits, on digits drawn as strokes, on
//! what is no digit. What is known of a network ends in its [`card`].
//!
//! Everything but the loop and its engines is plain data and pure functions. An engine makes the steps: [`fused`] kernels
//! on a GPU, or [`burn_engine`], which is generic over burn's backend. The command line lives in `main.rs` and the
//! `*_command.rs` files beside it.
//!
//! What keeps the figures honest: the 60,000 training images are split by a fixed constant into 55,000 for training and
//! 5,000 for validation, every choice is made on validation, and the 10,000 test images are read once, at the very end
//! (see [`data`]).

// burn's autodiff types nest deeper than the compiler's default allows.
#![recursion_limit = "256"]

pub mod augment;
pub mod burn_engine;
pub mod card;
pub mod card_data;
#[cfg(feature = "train")]
pub mod card_plots;
pub mod config;
pub mod data;
pub mod engine;
pub mod eval;
pub mod extras;
pub mod feeder;
#[cfg(feature = "train")]
pub mod fetch;
pub mod fused;
pub mod hands;
pub mod journal;
pub mod metrics;
pub mod non_digits;
pub mod pen;
#[cfg(feature = "train")]
pub mod plot;
pub mod random;
pub mod schedule;
pub mod search;
pub mod seeds;
pub mod statistics;
pub mod study;
pub mod study_journal;
pub mod train_loop;

pub use augment::{Augmentation, Sampling, augment};
pub use config::{Mixture, ModelKind, Schedule, Select, TrainConfig};
pub use data::{Images, Mnist};
pub use metrics::Confusion;
pub use train_loop::{Event, Job, Outcome, TrainError, train};

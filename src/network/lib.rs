//! A network as data. [`NetworkSpec`] lists the layers, [`Model`] adds the trained weights (one safetensors file), and
//! three executors read a 28×28 image with it:
//!
//! - [`BurnNetwork`]: plain burn operators on any backend, the reference on the GPU and what the trainer trains;
//! - [`fused`]: a few CubeCL kernels on burn's GPU device, every output in one arena buffer;
//! - [`CpuNetwork`]: plain Rust without any framework, the independent check and the fallback.
//!
//! Nothing here knows of Bevy.

pub mod burn_network;
pub mod calibration;
pub mod cpu;
pub mod explain;
pub mod fused;
pub mod import;
pub mod live_plain;
pub mod model;
pub mod prediction;
pub mod series;
pub mod spec;
pub mod stage;
pub mod telling;

pub use burn_network::BurnNetwork;
pub use calibration::{Calibration, Score};
pub use cpu::CpuNetwork;
pub use model::{Card, Metrics, Model, ModelError, TensorF32};
pub use prediction::{Answer, Verdict, softmax};
pub use series::Series;
pub use spec::{Activation, LayerSpec, NetworkSpec, Normalisation, Shape, SpecError};
pub use stage::{ArenaLayout, Stage, StageKind};
pub use telling::Telling;

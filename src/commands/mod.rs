//! The same work without a window.

pub mod bench;
pub mod exhibit;
pub mod learn;
pub mod offscreen;
pub mod predict;
pub mod rest;
pub mod screenshot;

use crate::{
    own_network::read_network,
    words::{Language, say_note},
};
use mnistify_network::{
    fused::Gpu,
    import::{Loaded, Opened, plain},
};
use std::{io::Write, path::Path};

/// Reads a network that a person named, whoever saved it. What had to be assumed about it goes to standard error.
///
/// # Errors
/// What was understood of the file and what was not.
pub fn load_network(file: &Path) -> Result<Loaded, String> {
    let loaded = match read_network(file, None)? {
        Opened::Network(loaded) => *loaded,
        Opened::Trial(mut trial) => {
            while trial.step() {}
            trial.finish()?
        }
    };
    for note in &loaded.notes {
        let text = say_note(Language::English, note);
        tell(&format!("{}: {}", file.display(), plain(&text)));
    }
    Ok(loaded)
}

/// Writes to standard error, one line. A closed one is no reason to stop.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "mnistify: {text}");
}

/// A device of the process's own, where there is an adapter at all.
fn own_gpu() -> Option<(Gpu, wgpu::AdapterInfo)> {
    let instance = wgpu::Instance::default();
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    let adapter = bevy::tasks::block_on(instance.request_adapter(&options)).ok()?;
    Some((Gpu::of_its_own(), adapter.get_info()))
}

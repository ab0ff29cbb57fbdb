//! The same work without a window.

pub mod bench;
pub mod exhibit;
pub mod learn;
pub mod offscreen;
pub mod predict;
pub mod rest;
pub mod screenshot;
mod soak;

use crate::{
    own_network::read_network,
    words::{Language, say_note},
};
use mnistify_network::{
    fused::Gpu,
    import::{Loaded, Opened},
    model::plain,
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

/// What a process holds in RAM; none where the system does not tell.
pub fn resident_bytes(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    let text = text.ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kibibytes << 10)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told() {
        let own = resident_bytes(std::process::id()).expect("Linux tells it");
        assert!((1 << 20..100_000 << 20).contains(&own), "{own}");
    }
}

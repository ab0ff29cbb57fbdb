//! The network that a visitor brings: a file that is dropped on the window or the page, chosen there, or named with
//! `--model`. It stands beside the others until it is removed or replaced.
//!
//! Files come in (`pairing.rs` says which belong together), are read on a task of their own, and change the list of
//! networks at the beginning of a frame, before anything of it looks at the list. Links do not carry the network: it can
//! be larger than an address may be, and it is the visitor's to pass on.

#[cfg(not(target_arch = "wasm32"))]
mod files;
mod names;
mod pairing;

#[cfg(not(target_arch = "wasm32"))]
pub use files::read_network;
pub use names::{display_name, shortened};
pub use pairing::{Offered, Outcome, Pairing};

use crate::{
    bench::Bench,
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, ShownNetworks},
    inspector::Inspector,
    panels::PanelState,
    view::{Motion, OrbitCamera, Selection},
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_network::{Model, foreign::Loaded};

/// A description that says what weights cannot, for people to copy: a LeNet-5 with pixels between 0 and 1.
pub const EXAMPLE: &str = r#"{
  "activation": "relu",
  "normalisation": {"mean": 0, "std": 1},
  "padding": [2, 0],
  "pool": ["2x2", "2x2"]
}"#;

/// What an offered file is read from: natively its path.
#[cfg(not(target_arch = "wasm32"))]
pub type Content = std::path::PathBuf;
/// What an offered file is read from: in the page its bytes.
#[cfg(target_arch = "wasm32")]
pub type Content = std::sync::Arc<[u8]>;

/// The part of `PreUpdate` in which the list of networks changes. Who keeps something for each network comes after it.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChangeNetworks;

pub fn plugin(app: &mut App) {
    // Not while something is measured: the measurement counts on the same networks from its beginning to its end.
    let change = change_networks.run_if(not(resource_exists::<Bench>));
    app.init_resource::<Visitor>().add_systems(
        PreUpdate,
        (follow_reading, change).chain().in_set(ChangeNetworks),
    );
    #[cfg(not(target_arch = "wasm32"))]
    app.add_systems(PreUpdate, read_drops.before(ChangeNetworks));
}

/// The visitor's network on its way in and out; when it reads, it is the last one of [`Networks`].
#[derive(Resource, Default)]
pub struct Visitor {
    /// A file is held over the window.
    pub dragging: bool,
    /// Why the newest files are no network, until the person has read it.
    pub refusal: Option<String>,
    /// What was assumed about the network that reads.
    pub notes: Vec<String>,
    files: Pairing<Content>,
    reading: Option<Task<Result<Loaded, String>>>,
    /// For the panels; empty takes the last one away.
    message: Option<String>,
    change: Option<Change>,
}

enum Change {
    Add {
        loaded: Box<Loaded>,
        /// Whether the person is told, who did this in the window.
        told: bool,
    },
    Remove,
}

impl Visitor {
    /// Takes in files that were dropped or chosen together.
    pub fn offer(&mut self, files: Vec<Offered<Content>>) {
        match self.files.offer(files) {
            Outcome::Read {
                weights,
                description,
            } => {
                self.refusal = None;
                self.message = Some(format!("Reading {} …", weights.name));
                let task = async move { read(&weights, description.as_ref()) };
                self.reading = Some(AsyncComputeTaskPool::get().spawn(task));
            }
            Outcome::Wait(told) => self.message = Some(told),
            Outcome::Refuse(reason) => self.refuse(reason),
        }
    }

    /// Lets a network read from the next frame on, in the place of an earlier one. `told`: the panels say so.
    pub fn add(&mut self, loaded: Loaded, told: bool) {
        self.refusal = None;
        if !told {
            // From outside: what was dropped before belongs to another network.
            self.files.forget();
            self.reading = None;
            self.message = None;
        }
        self.change = Some(Change::Add {
            loaded: Box::new(loaded),
            told,
        });
    }

    /// Where the network that was just added came from, so that its description may still be dropped.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn remember(&mut self, path: &std::path::Path) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        self.files.remember(Offered {
            name: name.to_string_lossy().into_owned(),
            content: path.to_path_buf(),
        });
    }

    /// Takes the visitor's network away at the beginning of the next frame.
    pub fn remove(&mut self) {
        self.files.forget();
        self.reading = None;
        self.message = Some(String::new());
        self.change = Some(Change::Remove);
    }

    /// Tells why files are no network. The networks and the drawing stay as they are.
    pub fn refuse(&mut self, explanation: String) {
        // Into the terminal or the console too, where it can be copied from.
        warn!("{explanation}");
        self.refusal = Some(explanation);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn read(
    weights: &Offered<Content>,
    description: Option<&Offered<Content>>,
) -> Result<Loaded, String> {
    read_network(
        &weights.content,
        description.map(|file| file.content.as_path()),
    )
}

#[cfg(target_arch = "wasm32")]
fn read(
    weights: &Offered<Content>,
    description: Option<&Offered<Content>>,
) -> Result<Loaded, String> {
    let text = |file: &Offered<Content>| {
        String::from_utf8(file.content.to_vec())
            .map_err(|_| format!("{}: is not a text, so it describes nothing", file.name))
    };
    let description = description.map(text).transpose()?;
    mnistify_network::foreign::load(&weights.content, &weights.name, description.as_deref())
        .map_err(|error| error.to_string())
}

/// Files over and on the window. The page's own script does this for the page.
#[cfg(not(target_arch = "wasm32"))]
fn read_drops(mut messages: MessageReader<FileDragAndDrop>, mut visitor: ResMut<Visitor>) {
    let mut dropped = Vec::new();
    for message in messages.read() {
        match message {
            FileDragAndDrop::HoveredFile { .. } => visitor.dragging = true,
            FileDragAndDrop::HoveredFileCanceled { .. } => visitor.dragging = false,
            FileDragAndDrop::DroppedFile { path_buf, .. } => {
                visitor.dragging = false;
                let name = path_buf.file_name().unwrap_or(path_buf.as_os_str());
                dropped.push(Offered {
                    name: name.to_string_lossy().into_owned(),
                    content: path_buf.clone(),
                });
            }
        }
    }
    if !dropped.is_empty() {
        visitor.offer(dropped);
    }
}

/// Passes on what reading a file came to.
fn follow_reading(mut visitor: ResMut<Visitor>, mut panels: ResMut<PanelState>) {
    let visitor = visitor.as_mut();
    if let Some(message) = visitor.message.take() {
        panels.message = (!message.is_empty()).then_some(message);
    }
    let Some(task) = &mut visitor.reading else {
        return;
    };
    let Some(outcome) = future::block_on(future::poll_once(task)) else {
        return;
    };
    visitor.reading = None;
    panels.message = None;
    match outcome {
        Ok(loaded) => visitor.add(loaded, true),
        Err(explanation) => visitor.refuse(explanation),
    }
}

/// Adds, replaces or removes the visitor's network, and lets go of everything that was about the one before.
#[allow(clippy::too_many_arguments)]
fn change_networks(
    mut visitor: ResMut<Visitor>,
    networks: Option<ResMut<Networks>>,
    gpu: Option<Res<SharedGpu>>,
    mut settings: ResMut<InferenceSettings>,
    mut selection: ResMut<Selection>,
    mut inspector: ResMut<Inspector>,
    mut panels: ResMut<PanelState>,
    mut camera: ResMut<OrbitCamera>,
    mut motion: ResMut<Motion>,
) {
    let (Some(mut networks), true) = (networks, visitor.change.is_some()) else {
        return;
    };
    let (loaded, told) = match visitor.change.take() {
        Some(Change::Add { loaded, told }) => (Some(*loaded), told),
        Some(Change::Remove) | None => (None, false),
    };
    let (model, notes): (Option<Model>, Vec<String>) = match loaded {
        Some(loaded) => (Some(loaded.model), loaded.notes),
        None => (None, Vec::new()),
    };
    let place = networks.set_visitor(model, gpu.as_deref());
    visitor.notes = notes;
    settings.shown = shown_after(settings.shown, place, networks.visitor().is_some());
    selection.forget_from(place);
    inspector.forget_from(place);
    panels.forget_from(place);
    camera.reframe();
    // The values of a new tower have to arrive, also where the pen rests.
    motion.set_changed();
    if let (true, Some(index)) = (told, networks.visitor()) {
        let name = networks.all[index].name();
        panels.message = Some(if visitor.notes.is_empty() {
            format!("{name} reads beside the others.")
        } else {
            format!("{name} reads beside the others. What was assumed about it: U")
        });
    }
}

/// Which networks are shown after the visitor's one at `place` was added or removed. A new one is to be seen.
fn shown_after(shown: ShownNetworks, place: usize, added: bool) -> ShownNetworks {
    match shown {
        ShownNetworks::Only(only) if !added && only < place => shown,
        ShownNetworks::Only(_) | ShownNetworks::All => ShownNetworks::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::foreign;

    #[test]
    fn a_new_network_is_seen_and_a_removed_one_not_waited_for() {
        use ShownNetworks::{All, Only};
        assert_eq!(shown_after(Only(0), 2, true), All);
        assert_eq!(shown_after(Only(0), 2, false), Only(0));
        assert_eq!(shown_after(Only(2), 2, false), All);
        assert_eq!(shown_after(All, 2, false), All);
    }

    #[test]
    fn the_example_is_a_description_of_a_lenet() {
        let file = include_bytes!("../network/tests/foreign/lenet.safetensors");
        let loaded = foreign::load(file, "lenet.safetensors", Some(EXAMPLE)).unwrap();
        assert_eq!(loaded.model.spec.normalisation().scale, 1.0);
        assert_eq!(loaded.model.spec.name(), "lenet");
    }
}

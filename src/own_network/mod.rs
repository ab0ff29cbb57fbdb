//! The network that a person brings: a file that is dropped on the window or the page, chosen there, or named with
//! `--model`. It stands beside the others until it is removed or replaced.
//!
//! Files come in (`pairing.rs` says which belong together), are read on a task of their own, and become an entity like any
//! other network. Links do not carry the network: it can be larger than an address may be, and it is the person's to pass
//! on.

mod brought;
#[cfg(not(target_arch = "wasm32"))]
mod files;
mod known;
mod pairing;

#[cfg(not(target_arch = "wasm32"))]
pub use brought::read_for_pad;
#[cfg(not(target_arch = "wasm32"))]
pub use files::read_network;
pub use known::known_digits;
pub use pairing::{Offered, Outcome, Pairing};

use crate::{
    inference::{AddNetwork, InferenceSettings, Network, Origin, shortened},
    notice::Notice,
    pad::{Pad, PadAction},
    request::Request,
    rest::NextFrame,
    words::say_with,
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use brought::Brought;
use mnistify_network::import::{Known, Loaded, Opened, Trial};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

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

/// Takes files in and lets them read.
pub fn plugin(app: &mut App) {
    app.init_resource::<OwnNetwork>()
        .add_message::<Request<OwnNetworkAction>>()
        .add_systems(
            PreUpdate,
            (follow_bringing, follow_reading, change_network).chain(),
        );
    #[cfg(not(target_arch = "wasm32"))]
    app.add_systems(PreUpdate, read_drops.before(follow_bringing));
}

/// A person's network on its way in and out.
#[derive(Resource, Default)]
pub struct OwnNetwork {
    /// A file is held over the window.
    pub dragging: bool,
    /// Why the newest files are no network, until the person has read it.
    pub refusal: Option<String>,
    files: Pairing<Content>,
    reading: Option<Task<Result<Opened, String>>>,
    /// Something for the pad.
    bringing: Option<Task<Result<Brought, String>>>,
    trying: Option<Trying>,
    notice: Option<Notice>,
    change: Option<Change>,
}

/// A network that is being tried out on known digits.
struct Trying {
    progress: Arc<Progress>,
    /// The percentage that was told last.
    told: u32,
    #[cfg(not(target_arch = "wasm32"))]
    task: Task<Result<Loaded, String>>,
    /// The page has one thread: it does a little in each frame.
    #[cfg(target_arch = "wasm32")]
    trial: Option<Box<Trial>>,
}

#[derive(Default)]
struct Progress {
    percent: AtomicU32,
    stop: AtomicBool,
}

/// What a frame of the page leaves for trying out: little while somebody draws, most of it otherwise.
#[cfg(target_arch = "wasm32")]
const SLICES: [std::time::Duration; 2] = [
    std::time::Duration::from_millis(70),
    std::time::Duration::from_millis(6),
];

impl Trying {
    #[cfg(not(target_arch = "wasm32"))]
    fn start(mut trial: Box<Trial>) -> Self {
        let progress = Arc::new(Progress::default());
        let shared = progress.clone();
        let task = async move {
            while !shared.stop.load(Ordering::Relaxed) && trial.step() {
                let percent = (trial.progress() * 100.0) as u32;
                shared.percent.store(percent, Ordering::Relaxed);
                // Others wait for this thread too.
                future::yield_now().await;
            }
            trial.finish()
        };
        Self {
            progress,
            told: 0,
            task: AsyncComputeTaskPool::get().spawn(task),
        }
    }

    #[cfg(target_arch = "wasm32")]
    fn start(trial: Box<Trial>) -> Self {
        Self {
            progress: Arc::default(),
            told: 0,
            trial: Some(trial),
        }
    }

    /// The network, once it was tried out enough.
    #[cfg(not(target_arch = "wasm32"))]
    fn poll(&mut self, _: bool) -> Option<Result<Loaded, String>> {
        future::block_on(future::poll_once(&mut self.task))
    }

    /// The network, once it was tried out enough.
    #[cfg(target_arch = "wasm32")]
    fn poll(&mut self, is_drawing: bool) -> Option<Result<Loaded, String>> {
        let trial = self.trial.as_mut()?;
        let start = bevy::platform::time::Instant::now();
        let mut more = !self.progress.stop.load(Ordering::Relaxed);
        while more && start.elapsed() < SLICES[usize::from(is_drawing)] {
            more = trial.step();
        }
        let percent = (trial.progress() * 100.0) as u32;
        self.progress.percent.store(percent, Ordering::Relaxed);
        if more {
            return None;
        }
        self.trial.take().map(|trial| trial.finish())
    }
}

enum Change {
    Add {
        loaded: Box<Loaded>,
        /// Whether the person is told, who did this in the window.
        told: bool,
    },
    Remove,
}

/// What can be done with a network of one's own.
#[derive(Clone, Debug)]
pub enum OwnNetworkAction {
    /// A file is held over the window, or not any more.
    Drag(bool),
    /// Take in files that were dropped or chosen together.
    Offer(Vec<Offered<Content>>),
    /// Tell why files are no network.
    Refuse(String),
    /// Let a network read that was loaded already. Nobody is told.
    Add(Box<Loaded>),
    /// Try a network out, then let it read.
    Try(Box<Trial>),
    /// Try no more: the network reads as what is most plausible so far.
    StopTrying,
    /// Take it away.
    Remove,
}

impl OwnNetwork {
    /// Carries an action out.
    pub fn apply(&mut self, action: OwnNetworkAction) {
        match action {
            OwnNetworkAction::Drag(held) => self.dragging = held,
            OwnNetworkAction::Offer(files) => self.offer(files),
            OwnNetworkAction::Refuse(reason) => self.refuse(reason),
            OwnNetworkAction::Add(loaded) => {
                // What was dropped before belongs to another network.
                self.let_go();
                self.add(loaded, false);
            }
            OwnNetworkAction::Try(trial) => {
                self.let_go();
                self.trying = Some(Trying::start(trial));
            }
            OwnNetworkAction::StopTrying => {
                if let Some(trying) = &self.trying {
                    trying.progress.stop.store(true, Ordering::Relaxed);
                }
            }
            OwnNetworkAction::Remove => {
                self.let_go();
                self.change = Some(Change::Remove);
            }
        }
    }

    /// How far a network is tried out, in percent; none where none is.
    pub fn tried(&self) -> Option<u32> {
        let trying = self.trying.as_ref()?;
        Some(trying.progress.percent.load(Ordering::Relaxed))
    }

    fn offer(&mut self, files: Vec<Offered<Content>>) {
        let (mut for_pad, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(brought::is_for_pad);
        if for_pad.len() > 1 {
            let many = say_with("own-many-pictures", &[("count", for_pad.len().into())]);
            return self.refuse(many);
        }
        if let Some(file) = for_pad.pop() {
            self.refusal = None;
            let task = async move { brought::read(&file) };
            self.bringing = Some(AsyncComputeTaskPool::get().spawn(task));
            if files.is_empty() {
                return;
            }
        }
        match self.files.offer(files) {
            Outcome::Read {
                weights,
                description,
            } => {
                self.refusal = None;
                self.stop();
                self.notice = Some(Notice::say(say_with(
                    "own-reading",
                    &[("file", weights.name.as_str().into())],
                )));
                let task = async move { read(&weights, description.as_ref()) };
                self.reading = Some(AsyncComputeTaskPool::get().spawn(task));
            }
            Outcome::Wait(told) => self.notice = Some(Notice::Say(told)),
            Outcome::Refuse(reason) => self.refuse(reason),
        }
    }

    /// Whatever is read or tried is not wanted any more.
    fn stop(&mut self) {
        self.reading = None;
        self.apply(OwnNetworkAction::StopTrying);
        self.trying = None;
    }

    fn let_go(&mut self) {
        self.files.forget();
        self.stop();
        self.notice = Some(Notice::Withdraw);
    }

    fn add(&mut self, loaded: Box<Loaded>, told: bool) {
        self.refusal = None;
        self.change = Some(Change::Add { loaded, told });
    }

    /// Whether a network comes or goes at the beginning of the next frame.
    pub fn is_changing(&self) -> bool {
        self.change.is_some()
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

    /// Tells why files are no network. The networks and the drawing stay as they are.
    fn refuse(&mut self, explanation: String) {
        // Into the terminal or the console too, where it can be copied from.
        warn!("{explanation}");
        self.refusal = Some(explanation);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn read(
    weights: &Offered<Content>,
    description: Option<&Offered<Content>>,
) -> Result<Opened, String> {
    read_network(
        &weights.content,
        description.map(|file| file.content.as_path()),
    )
}

#[cfg(target_arch = "wasm32")]
fn read(
    weights: &Offered<Content>,
    description: Option<&Offered<Content>>,
) -> Result<Opened, String> {
    let text = |file: &Offered<Content>| {
        String::from_utf8(file.content.to_vec())
            .map_err(|_| format!("{}: is not a text, so it describes nothing", file.name))
    };
    let description = description.map(text).transpose()?;
    mnistify_network::import::open(
        &weights.content,
        &weights.name,
        description.as_deref(),
        known_digits(),
    )
    .map_err(|error| error.to_string())
}

/// Files over and on the window. The page's own script does this for the page.
#[cfg(not(target_arch = "wasm32"))]
fn read_drops(
    mut messages: MessageReader<FileDragAndDrop>,
    mut requests: MessageWriter<Request<OwnNetworkAction>>,
) {
    let mut dropped = Vec::new();
    for message in messages.read() {
        let is_over = matches!(message, FileDragAndDrop::HoveredFile { .. });
        requests.write(Request(OwnNetworkAction::Drag(is_over)));
        if let FileDragAndDrop::DroppedFile { path_buf, .. } = message {
            let name = path_buf.file_name().unwrap_or(path_buf.as_os_str());
            dropped.push(Offered {
                name: name.to_string_lossy().into_owned(),
                content: path_buf.clone(),
            });
        }
    }
    if !dropped.is_empty() {
        requests.write(Request(OwnNetworkAction::Offer(dropped)));
    }
}

/// Passes a picture or a drawing on to the pad.
fn follow_bringing(
    mut own: ResMut<OwnNetwork>,
    mut requests: MessageWriter<Request<PadAction>>,
    mut notices: MessageWriter<Notice>,
    next: Res<NextFrame>,
) {
    if own.bringing.is_none() {
        return;
    }
    next.ask();
    let outcome = own.bringing.as_mut();
    let Some(outcome) = outcome.and_then(|task| future::block_on(future::poll_once(task))) else {
        return;
    };
    own.bringing = None;
    match outcome {
        Ok(Brought { sheet, told }) => {
            requests.write(Request(PadAction::Lay(sheet)));
            notices.write_batch(told.map(Notice::Say));
        }
        Err(explanation) => own.refuse(explanation),
    }
}

/// Passes on what reading a file came to.
fn follow_reading(
    mut own: ResMut<OwnNetwork>,
    pad: Res<Pad>,
    mut notices: MessageWriter<Notice>,
    next: Res<NextFrame>,
) {
    if own.notice.is_some() {
        notices.write_batch(own.notice.take());
    }
    if own.reading.is_none() && own.trying.is_none() {
        return;
    }
    next.ask();
    let own = own.as_mut();
    if let Some(trying) = &mut own.trying {
        let outcome = trying.poll(pad.drawing().is_drawing());
        let percent = trying.progress.percent.load(Ordering::Relaxed);
        if outcome.is_none() && percent >= trying.told + 5 {
            trying.told = percent;
            notices.write(Notice::say(say_with(
                "own-trying",
                &[("percent", percent.into())],
            )));
        }
        if let Some(outcome) = outcome {
            own.trying = None;
            notices.write(Notice::Withdraw);
            match outcome {
                Ok(loaded) => own.add(Box::new(loaded), true),
                Err(explanation) => own.refuse(explanation),
            }
        }
        return;
    }
    let outcome = own.reading.as_mut();
    let Some(outcome) = outcome.and_then(|task| future::block_on(future::poll_once(task))) else {
        return;
    };
    own.reading = None;
    notices.write(Notice::Withdraw);
    match outcome {
        Ok(Opened::Network(loaded)) => own.add(loaded, true),
        Ok(Opened::Trial(trial)) => own.trying = Some(Trying::start(trial)),
        Err(explanation) => own.refuse(explanation),
    }
}

/// Adds, replaces or removes the network.
fn change_network(
    mut commands: Commands,
    mut own: ResMut<OwnNetwork>,
    networks: Query<(Entity, &Network)>,
    settings: Res<InferenceSettings>,
    mut notices: MessageWriter<Notice>,
    next: Res<NextFrame>,
) {
    if own.change.is_none() || settings.networks_fixed {
        return;
    }
    next.ask();
    let change = own.change.take();
    for (entity, network) in &networks {
        if network.is_own() {
            commands.entity(entity).despawn();
        }
    }
    let Some(Change::Add { loaded, told }) = change else {
        return;
    };
    let Loaded {
        model,
        notes,
        known,
    } = *loaded;
    if told {
        let name = shortened(model.spec.name(), MOST_LETTERS);
        let key = match known {
            Some(known) if known.is_poor() => "own-added-poor",
            Some(_) => "own-added-known",
            None if notes.is_empty() => "own-added",
            None => "own-added-assumed",
        };
        let Known { right, of } = known.unwrap_or(Known { right: 0, of: 0 });
        let values = [
            ("name", name.into()),
            ("right", right.into()),
            ("of", of.into()),
        ];
        notices.write(Notice::Say(say_with(key, &values)));
    }
    commands.trigger(AddNetwork {
        model,
        origin: Origin::Own { notes, known },
    });
}

/// Letters of a network's name in a notice.
const MOST_LETTERS: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::import;

    #[test]
    fn the_example_is_a_description_of_a_lenet() {
        let file = include_bytes!("../network/tests/imported/lenet.safetensors");
        let loaded = import::load(file, "lenet.safetensors", Some(EXAMPLE)).unwrap();
        assert_eq!(loaded.model.spec.normalisation().scale, 1.0);
        assert_eq!(loaded.model.spec.name(), "lenet");
    }
}

//! The app in the page: what its JavaScript calls, and what it is told.
//!
//! JavaScript runs between frames, so a call leaves a request that the next frame carries out, and the state that it
//! asks for is the last frame's. The other way round there is one door, `mnistifyHost.event(name, json)`.

mod events;

use crate::{
    Surface,
    access::{Access, Hidden, TEXT_SIZES},
    actions::{Action, Screen, TABLE},
    bench::{self as measurements, Bench},
    exhibit,
    gpu::SharedGpu,
    inference::{InferenceSettings, Network},
    link::{LinkError, Linked, SharedState},
    notice::Notice,
    own_network::{Offered, OwnNetworkAction, known_digits},
    pad::{Pad, PadAction},
    platform::{self, event},
    rest::NextFrame,
    school::{self, SchoolAction},
    snapshot::Snapshot,
    view::{DrawSurface, FrameTimes, cameras::SceneCamera},
    words::{Language, language, say_note},
};
use bevy::{
    prelude::*,
    winit::{EventLoopProxy, EventLoopProxyWrapper, WinitUserEvent},
};
use mnistify_drawing::{Sheet, recording};
use mnistify_network::{
    Model,
    fused::{FusedNetwork, Tuning},
    import::{self, Opened},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};
use wasm_bindgen::prelude::*;

/// What the page asked for since the last frame.
enum Request {
    Act(Action),
    /// A frame, and nothing else.
    Frame,
    Bench,
    /// Switch everything on again.
    BenchIsOver,
}

thread_local! {
    static REQUESTS: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
    /// Wakes the app where it rests.
    static PROXY: RefCell<Option<EventLoopProxy<WinitUserEvent>>> = const { RefCell::new(None) };
    /// What the last frame showed.
    static STATE: RefCell<Value> = const { RefCell::new(Value::Null) };
    static SHEET: RefCell<Sheet> = RefCell::default();
    /// What a link without strokes carries.
    static LINK: RefCell<SharedState> = RefCell::default();
    /// What [`logits_of`] needs, once the app runs.
    static NETWORKS: RefCell<Option<(SharedGpu, Vec<(String, Arc<Model>)>, Tuning)>> = const { RefCell::new(None) };
    /// The network that a person brought.
    static OWN: RefCell<Option<Arc<Model>>> = const { RefCell::new(None) };
    static STARTED: Cell<bool> = const { Cell::new(false) };
    /// How the app meets who uses it.
    static ACCESS: Cell<Access> = Cell::default();
    /// Whether who uses it wants nothing to move that need not, whatever a link says.
    static CALM: Cell<bool> = const { Cell::new(false) };
    /// The first language of an exhibit, where the app is one.
    static EXHIBIT: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Leaves a request to the next frame, and wakes the app for it.
fn ask(request: Request) {
    REQUESTS.with_borrow_mut(|requests| requests.push(request));
    PROXY.with_borrow(|proxy| {
        if let Some(proxy) = proxy {
            // An error here is the end of the app.
            let _ = proxy.send_event(WinitUserEvent::WakeUp);
        }
    });
}

fn act(action: Action) {
    ask(Request::Act(action));
}

/// Starts the app on `#canvas` with these model files; `fragment` is the link's text after `#`, `adapter` what the page
/// knows of the graphics adapter.
///
/// # Errors
/// Where a model file or the link is not valid, with a message that says what to do; nothing was started then.
#[wasm_bindgen]
pub fn start(
    names: Vec<String>,
    files: Vec<js_sys::Uint8Array>,
    fragment: &str,
    adapter: String,
) -> Result<(), JsError> {
    if STARTED.get() {
        return Err(JsError::new("The app runs already; reload the page."));
    }
    let mut models = Vec::new();
    for (name, file) in names.iter().zip(&files) {
        models.push(Model::from_bytes(&file.to_vec(), name)?);
    }
    STARTED.set(true);
    platform::keep_adapter_name(adapter);
    let surface = Surface::Canvas {
        selector: "#canvas".into(),
    };
    let mut app = crate::app(&surface, models);
    // After Bevy's own, so that the message is in the console too.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        hook(info);
        event("failed", &json!({ "reason": info.to_string() }));
    }));
    app.insert_resource(ACCESS.get());
    let (state, fault) = state_of(fragment);
    app.world_mut().write_message(Action::Open(Box::new(state)));
    // The rest works, so the person is told inside the app.
    if let Some(fault) = fault {
        app.world_mut()
            .write_message(Notice::say(fault.to_string()));
    }
    if let Some(first) = EXHIBIT.get() {
        let mut settings = exhibit::Settings {
            pointer: true,
            text_size: ACCESS.get().text_percent,
            high_contrast: ACCESS.get().high_contrast,
            ..exhibit::Settings::default()
        };
        settings
            .languages
            .sort_by_key(|language| *language != first);
        exhibit::add(&mut app, settings);
    }
    app.add_plugins(events::plugin)
        .add_systems(Startup, keep_proxy)
        .add_systems(PreUpdate, carry_out_requests)
        .add_systems(
            Last,
            (keep_state, keep_networks).after(crate::rest::ask_for_frame),
        );
    app.run();
    Ok(())
}

/// Makes the app that is started after this an exhibit, which begins in this language.
#[wasm_bindgen(js_name = exhibit)]
pub fn be_exhibit(code: &str) {
    EXHIBIT.set(Some(Language::of(code).unwrap_or_default()));
}

/// Hides these in the app that is started after this: a list such as `times,legend`. Names that are not known are left for
/// other versions.
#[wasm_bindgen]
pub fn hide(list: &str) {
    let mut hidden = Hidden::default();
    for name in list.split(',') {
        hidden.hide(name.trim());
    }
    ACCESS.set(Access {
        hidden,
        ..ACCESS.get()
    });
}

/// How the app that is started after this meets who uses it: contrast, the size of texts in percent, and whether nothing moves
/// that need not.
#[wasm_bindgen]
pub fn meet(high_contrast: bool, text_percent: u16, calm: bool) {
    let [least, .., most] = TEXT_SIZES;
    ACCESS.set(Access {
        high_contrast,
        text_percent: text_percent.clamp(least, most),
        ..ACCESS.get()
    });
    CALM.set(calm);
}

/// What a link opens, and what of it cannot be read.
fn state_of(fragment: &str) -> (SharedState, Option<LinkError>) {
    let (mut state, fault) = SharedState::from_fragment(fragment);
    state.calm |= CALM.get();
    (state, fault)
}

/// Takes in the digits that the networks learn from and those that they never see: MNIST's IDX files, plain or gzipped.
///
/// # Errors
/// Where they are no such files; nothing has changed then.
#[wasm_bindgen]
pub fn give_lessons(
    train_images: Vec<u8>,
    train_labels: Vec<u8>,
    unseen_images: Vec<u8>,
    unseen_labels: Vec<u8>,
) -> Result<(), JsError> {
    let files = [train_images, train_labels, unseen_images, unseen_labels];
    let files = files.each_ref().map(Vec::as_slice);
    let pool = school::read_lessons(files).map_err(|reason| JsError::new(&reason))?;
    act(Action::School(SchoolAction::Give(Arc::new(pool))));
    Ok(())
}

/// Says why those digits did not come, for people.
#[wasm_bindgen]
pub fn lessons_failed(reason: String) {
    act(Action::School(SchoolAction::Missing(reason)));
}

/// Does a command of the school, such as `"open"`, or changes its settings, such as `{"examples": 100}`, from JSON.
///
/// # Errors
/// Where the JSON says nothing that the school can do.
#[wasm_bindgen]
pub fn learn(json: &str) -> Result<(), JsError> {
    let action = school::action_of(json).map_err(|reason| JsError::new(&reason))?;
    act(Action::School(action));
    Ok(())
}

/// Puts a recording's strokes on the pad.
///
/// # Errors
/// Where the JSON is not a recording.
#[wasm_bindgen]
pub fn draw(json: &str) -> Result<(), JsError> {
    act(Action::Pad(PadAction::Lay(recording::sheet_from_json(
        json,
    )?)));
    Ok(())
}

/// Clears the pad; can be undone.
#[wasm_bindgen]
pub fn clear() {
    act(Action::Pad(PadAction::Clear));
}

/// Takes the last change of the pad back.
#[wasm_bindgen]
pub fn undo() {
    act(Action::Pad(PadAction::Undo));
}

/// Makes the last undone change again.
#[wasm_bindgen]
pub fn redo() {
    act(Action::Pad(PadAction::Redo));
}

/// Does what the entry of this name in the table of actions does, such as `edges`.
///
/// # Errors
/// Where there is no action of this name; the message lists them.
#[wasm_bindgen(js_name = act)]
pub fn act_by_name(name: &str) -> Result<(), JsError> {
    let Some(entry) = TABLE.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = TABLE.iter().map(|entry| entry.name).collect();
        let text = format!("there is no action {name}, but {}", names.join(", "));
        return Err(JsError::new(&text));
    };
    act(entry.action.clone());
    Ok(())
}

fn own_network(action: OwnNetworkAction) {
    act(Action::OwnNetwork(action));
}

/// Speaks this language, named by its code or a locale; one that is not there changes nothing.
#[wasm_bindgen]
pub fn set_language(code: &str) {
    if let Some(language) = Language::of(code) {
        act(Action::Speak(language));
    }
}

/// Asks for a frame, where the app rests.
#[wasm_bindgen]
pub fn wake() {
    ask(Request::Frame);
}

/// What the last frame showed, as JSON.
#[wasm_bindgen]
pub fn state() -> String {
    STATE.with_borrow(Value::to_string)
}

/// The pad's strokes as a recording.
#[wasm_bindgen]
pub fn strokes() -> String {
    SHEET.with_borrow(recording::sheet_to_json)
}

/// The text after `#` of a link that opens what is shown.
#[wasm_bindgen]
pub fn link(with_strokes: bool) -> String {
    let mut state = LINK.with_borrow(SharedState::clone);
    if with_strokes {
        let sheet = SHEET.with_borrow(Sheet::clone);
        state.strokes = Some(sheet.strokes);
        state.picture = sheet.picture;
    }
    state.to_fragment()
}

/// Opens the text after `#` of a link.
///
/// # Errors
/// Says which part of it cannot be read; the others are open.
#[wasm_bindgen]
pub fn apply_link(fragment: &str) -> Result<(), JsError> {
    let (state, fault) = state_of(fragment);
    act(Action::Open(Box::new(state)));
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}

/// Says whether a file is held over the page, for the hint where to drop it.
#[wasm_bindgen]
pub fn drag(held: bool) {
    own_network(OwnNetworkAction::Drag(held));
}

/// Takes in files that a person dropped or chose together: a network, its description, or both. What comes of it is
/// shown in the app.
#[wasm_bindgen]
pub fn offer_files(names: Vec<String>, files: Vec<js_sys::Uint8Array>) {
    let offered = names.into_iter().zip(&files).map(|(name, file)| Offered {
        name,
        content: file.to_vec().into(),
    });
    own_network(OwnNetworkAction::Offer(offered.collect()));
}

/// Shows why files cannot be taken in.
#[wasm_bindgen]
pub fn refuse_files(explanation: String) {
    own_network(OwnNetworkAction::Refuse(explanation));
}

/// Lets a network read beside the others, in the place of an earlier one. `file` is a safetensors file, `description` the
/// JSON that says what it does not. Returns what was understood, as JSON; the event `networks` tells when it reads.
///
/// # Errors
/// What was understood of the file and what was not; nothing has changed then.
#[wasm_bindgen]
pub fn load_network(
    name: &str,
    file: Vec<u8>,
    description: Option<String>,
) -> Result<String, JsError> {
    let opened = import::open(&file, name, description.as_deref(), known_digits())?;
    // What is known before it is tried out.
    let loaded = match &opened {
        Opened::Network(loaded) => (**loaded).clone(),
        Opened::Trial(trial) => (**trial)
            .clone()
            .finish()
            .map_err(|error| JsError::new(&error))?,
    };
    let spec = &loaded.model.spec;
    let told = json!({
        "name": spec.name(),
        "layers": spec.layers(),
        "classes": spec.classes(),
        "parameters": spec.parameter_count(),
        "notes": loaded.notes.iter().map(|note| say_note(language(), note)).collect::<Vec<_>>(),
        "trying": matches!(opened, Opened::Trial(_)),
    });
    own_network(match opened {
        Opened::Network(loaded) => OwnNetworkAction::Add(loaded),
        Opened::Trial(trial) => OwnNetworkAction::Try(trial),
    });
    Ok(told.to_string())
}

/// Takes that network away; the event `networks` tells when it is gone.
#[wasm_bindgen]
pub fn remove_network() {
    own_network(OwnNetworkAction::Remove);
}

/// A network of one's own, as [`load_network`] takes it again.
#[wasm_bindgen(getter_with_clone)]
pub struct OwnNetworkFile {
    /// Its name.
    pub name: String,
    /// A safetensors file that describes itself.
    pub bytes: Vec<u8>,
    /// What the file does not say; nothing, as it says all.
    pub description: Option<String>,
}

/// The network that a person brought; none where there is none.
#[wasm_bindgen(js_name = own_network)]
pub fn own_network_file() -> Option<OwnNetworkFile> {
    OWN.with_borrow(|own| {
        own.as_ref().map(|model| OwnNetworkFile {
            name: model.spec.name().into(),
            bytes: model.to_bytes(false),
            description: None,
        })
    })
}

/// Starts the measurements; the result comes as the event `bench`.
#[wasm_bindgen]
pub fn bench() {
    ask(Request::Bench);
}

/// The logits of each network for images of 28×28 bytes, read by the fused kernels on the GPU: JSON
/// `{key: [image][class]}`, with keys such as `cnn`.
///
/// # Errors
/// Before the app runs, without a GPU, and where the bytes are not a whole number of images.
#[wasm_bindgen]
pub async fn logits_of(images: Vec<u8>) -> Result<String, JsError> {
    const SIZE: usize = 28 * 28;
    if images.is_empty() || !images.len().is_multiple_of(SIZE) {
        return Err(JsError::new("images must be a whole number of 784 bytes"));
    }
    let parts = NETWORKS.with_borrow(Option::clone);
    let (gpu, models, tuning) =
        parts.ok_or_else(|| JsError::new("the app is not ready yet; await mnistify.ready"))?;
    let device = gpu.burn.as_ref();
    let device = device.ok_or_else(|| JsError::new("the networks run on the CPU here"))?;
    let pixels: Vec<f32> = images.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    let count = images.len() / SIZE;
    let limits = device.device.limits();
    let fits = |model: &Model| FusedNetwork::fits(&model.spec, &limits, count);
    if let Some((_, model)) = models.iter().find(|(_, model)| !fits(model)) {
        let name = model.spec.name();
        let text = format!("{count} images at once are too many for {name} on this GPU");
        return Err(JsError::new(&text));
    }
    let mut all = serde_json::Map::new();
    for (key, model) in &models {
        let network = FusedNetwork::new(model, device, count, tuning);
        network.forward(&pixels);
        let arena = network.arena_async().await;
        let arena = arena.ok_or_else(|| JsError::new("the GPU's results cannot be read back"))?;
        let logits = network.layout().logits();
        let of_images: Vec<Vec<f32>> = arena
            .chunks_exact(network.layout().len)
            .map(|image| image[logits.clone()].to_vec())
            .collect();
        all.insert(key.clone(), json!(of_images));
    }
    Ok(Value::from(all).to_string())
}

fn keep_proxy(proxy: Res<EventLoopProxyWrapper>) {
    PROXY.set(Some((**proxy).clone()));
}

fn carry_out_requests(
    mut commands: Commands,
    mut actions: MessageWriter<Action>,
    mut settings: ResMut<InferenceSettings>,
    mut surface: ResMut<DrawSurface>,
    mut cameras: Query<&mut Camera, With<SceneCamera>>,
) {
    for request in REQUESTS.take() {
        match request {
            Request::Act(action) => {
                actions.write(action);
            }
            Request::Frame => {}
            Request::Bench => commands.insert_resource(Bench::new(measurements::PAGE_FRAMES)),
            Request::BenchIsOver => {
                (settings.enabled, surface.lanes) = (true, true);
                for mut camera in &mut cameras {
                    camera.is_active = true;
                }
            }
        }
    }
}

fn keep_state(
    snapshot: Snapshot,
    linked: Linked,
    pad: Res<Pad>,
    screen: Res<Screen>,
    progress: Res<events::Progress>,
    (frames, next): (Res<FrameTimes>, Res<NextFrame>),
    mut strokes_of: Local<Option<u64>>,
) {
    let Some(mut state) = snapshot.state() else {
        return;
    };
    state["frame"] = json!(next.count);
    state["frame_millis"] = frames.millis.to_json();
    state["quality"] = json!(frames.quality);
    state["resting"] = json!(next.is_resting());
    state["screen"] = json!(if progress.is_ready() {
        "ready"
    } else {
        "preparing"
    });
    STATE.set(state);
    let revision = pad.drawing().revision();
    if *strokes_of != Some(revision) {
        *strokes_of = Some(revision);
        SHEET.set(pad.drawing().sheet().clone());
    }
    LINK.set(screen.with_tour(linked.state(false)));
}

/// Keeps what [`logits_of`] needs and tells which network is a person's own, whenever networks come or go.
fn keep_networks(
    networks: Query<&Network>,
    gpu: Option<Res<SharedGpu>>,
    mut known: Local<Option<Vec<String>>>,
    added: Query<(), Added<Network>>,
) {
    let mut all: Vec<&Network> = networks.iter().collect();
    all.sort_by_key(|network| network.slot());
    let names: Vec<String> = all.iter().map(|network| network.key()).collect();
    if added.is_empty() && known.as_ref() == Some(&names) {
        return;
    }
    *known = Some(names);
    if let Some(gpu) = gpu {
        let keyed = |network: &&Network| (network.key(), network.model.clone());
        let models = all.iter().map(keyed).collect();
        let tuning = crate::inference::tuning(&gpu);
        NETWORKS.set(Some((gpu.clone(), models, tuning)));
    }
    let own = all.iter().find(|network| network.is_own());
    OWN.set(own.map(|own| own.model.clone()));
    event("networks", &json!({ "yours": own.map(|own| own.name()) }));
}

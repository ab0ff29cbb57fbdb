//! The app in the page: what its JavaScript calls, and what it is told.
//!
//! JavaScript runs between frames, so a call leaves a request that the next frame carries out, and the state that it
//! asks for is the last frame's. The other way round there is one door, `mnistifyHost.event(name, json)`.

mod events;

use crate::{
    Surface,
    bench::{self as measurements, Bench},
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks},
    inspector::Inspector,
    pad::{Pad, PadCommand},
    panels::PanelState,
    report,
    share::{OpenLink, SharedState},
    view::{DrawSurface, FrameTimes, Motion, OrbitCamera, cameras::SceneCamera},
    visitor::{ChangeNetworks, Content, Offered, Visitor},
};
use bevy::prelude::*;
use mnistify_drawing::{Stroke, recording};
use mnistify_network::{
    Model,
    foreign::{self, Loaded},
    fused::{FusedNetwork, Tuning},
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = mnistifyHost, js_name = event)]
    fn host_event(name: &str, json: &str);
}

/// What the page knows of the graphics adapter; wgpu tells only the description, which browsers leave empty.
pub fn adapter_name() -> String {
    ADAPTER.with_borrow(String::clone)
}

/// Tells the page something.
pub fn event(name: &str, detail: &Value) {
    host_event(name, &detail.to_string());
}

/// What the page asked for since the last frame.
enum Request {
    Pad(PadCommand),
    Link(SharedState),
    /// Whether a file is held over the page.
    Drag(bool),
    /// Files that were dropped or chosen together.
    Files(Vec<Offered<Content>>),
    /// Files that the page itself could not take.
    Refuse(String),
    Network(Box<Loaded>),
    RemoveNetwork,
    Bench,
    /// Switch everything on again.
    BenchIsOver,
}

thread_local! {
    static REQUESTS: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
    /// What the last frame showed.
    static STATE: RefCell<Value> = const { RefCell::new(Value::Null) };
    static STROKES: RefCell<Vec<Stroke>> = const { RefCell::new(Vec::new()) };
    /// What a link without strokes carries.
    static LINK: RefCell<SharedState> = RefCell::default();
    /// What [`logits_of`] needs, once the app runs.
    static NETWORKS: RefCell<Option<(SharedGpu, Vec<Model>, Tuning)>> = const { RefCell::new(None) };
    static ADAPTER: RefCell<String> = const { RefCell::new(String::new()) };
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

fn ask(request: Request) {
    REQUESTS.with_borrow_mut(|requests| requests.push(request));
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
    ADAPTER.set(adapter);
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
    match SharedState::from_fragment(fragment) {
        Ok(state) => {
            app.insert_resource(OpenLink(state));
        }
        // The rest works, so the person is told inside the app.
        Err(error) => {
            app.world_mut().resource_mut::<PanelState>().message = Some(error.to_string());
        }
    }
    app.add_plugins(events::plugin)
        .add_systems(PreUpdate, carry_out_requests.before(ChangeNetworks))
        .add_systems(Last, keep_state.run_if(resource_exists::<Networks>));
    app.run();
    Ok(())
}

/// Puts a recording's strokes on the pad.
///
/// # Errors
/// Where the JSON is not a recording.
#[wasm_bindgen]
pub fn draw(json: &str) -> Result<(), JsError> {
    ask(Request::Pad(PadCommand::Load(recording::from_json(json)?)));
    Ok(())
}

/// Clears the pad; can be undone.
#[wasm_bindgen]
pub fn clear() {
    ask(Request::Pad(PadCommand::Clear));
}

/// Takes the last change of the pad back.
#[wasm_bindgen]
pub fn undo() {
    ask(Request::Pad(PadCommand::Undo));
}

/// Makes the last undone change again.
#[wasm_bindgen]
pub fn redo() {
    ask(Request::Pad(PadCommand::Redo));
}

/// What the last frame showed, as JSON.
#[wasm_bindgen]
pub fn state() -> String {
    STATE.with_borrow(Value::to_string)
}

/// The pad's strokes as a recording.
#[wasm_bindgen]
pub fn strokes() -> String {
    STROKES.with_borrow(|strokes| recording::to_json(strokes))
}

/// The text after `#` of a link that opens what is shown.
#[wasm_bindgen]
pub fn link(with_strokes: bool) -> String {
    let mut state = LINK.with_borrow(SharedState::clone);
    state.strokes = with_strokes.then(|| STROKES.with_borrow(Vec::clone));
    state.to_fragment()
}

/// Opens the text after `#` of a link.
///
/// # Errors
/// Where it cannot be read.
#[wasm_bindgen]
pub fn apply_link(fragment: &str) -> Result<(), JsError> {
    ask(Request::Link(SharedState::from_fragment(fragment)?));
    Ok(())
}

/// Says whether a file is held over the page, for the hint where to drop it.
#[wasm_bindgen]
pub fn drag(held: bool) {
    ask(Request::Drag(held));
}

/// Takes in files that a person dropped or chose together: a network, its description, or both. What comes of it is
/// shown in the app.
#[wasm_bindgen]
pub fn offer_files(names: Vec<String>, files: Vec<js_sys::Uint8Array>) {
    let offered = names.into_iter().zip(&files).map(|(name, file)| Offered {
        name,
        content: file.to_vec().into(),
    });
    ask(Request::Files(offered.collect()));
}

/// Shows why files cannot be taken in.
#[wasm_bindgen]
pub fn refuse_files(explanation: String) {
    ask(Request::Refuse(explanation));
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
    let loaded = foreign::load(&file, name, description.as_deref())?;
    let spec = &loaded.model.spec;
    let told = json!({
        "name": spec.name(),
        "layers": spec.layers(),
        "classes": spec.classes(),
        "parameters": spec.parameter_count(),
        "notes": loaded.notes,
    });
    ask(Request::Network(Box::new(loaded)));
    Ok(told.to_string())
}

/// Takes the visitor's network away; the event `networks` tells when it is gone.
#[wasm_bindgen]
pub fn remove_network() {
    ask(Request::RemoveNetwork);
}

/// Starts the measurements; the result comes as the event `bench`.
#[wasm_bindgen]
pub fn bench() {
    ask(Request::Bench);
}

/// The logits of each network for images of 28×28 bytes, read by the fused kernels on the GPU: JSON
/// `[model][image][class]`.
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
    let mut all = Vec::new();
    for model in &models {
        if !FusedNetwork::fits(&model.spec, &device.device.limits(), count) {
            let name = model.spec.name();
            let text = format!("{count} images at once are too many for {name} on this GPU");
            return Err(JsError::new(&text));
        }
        let network = FusedNetwork::new(model, device, count, tuning);
        network.forward(&pixels);
        let arena = network.arena_async().await;
        let arena = arena.ok_or_else(|| JsError::new("the GPU's results cannot be read back"))?;
        let logits = network.layout().logits();
        let of_images: Vec<Vec<f32>> = arena
            .chunks_exact(network.layout().len)
            .map(|image| image[logits.clone()].to_vec())
            .collect();
        all.push(of_images);
    }
    Ok(json!(all).to_string())
}

fn carry_out_requests(
    mut commands: Commands,
    mut pad: ResMut<Pad>,
    mut visitor: ResMut<Visitor>,
    mut settings: ResMut<InferenceSettings>,
    mut surface: ResMut<DrawSurface>,
    mut cameras: Query<&mut Camera, With<SceneCamera>>,
) {
    for request in REQUESTS.take() {
        match request {
            Request::Pad(command) => pad.apply(command),
            Request::Link(state) => commands.insert_resource(OpenLink(state)),
            Request::Drag(held) => visitor.dragging = held,
            Request::Files(files) => visitor.offer(files),
            Request::Refuse(explanation) => visitor.refuse(explanation),
            Request::Network(loaded) => visitor.add(*loaded, false),
            Request::RemoveNetwork => visitor.remove(),
            Request::Bench => commands.insert_resource(Bench::new(measurements::PAGE_FRAMES)),
            Request::BenchIsOver => {
                (settings.enabled, surface.towers) = (true, true);
                for mut camera in &mut cameras {
                    camera.is_active = true;
                }
            }
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn keep_state(
    networks: Res<Networks>,
    settings: Res<InferenceSettings>,
    pad: Res<Pad>,
    panels: Res<PanelState>,
    visitor: Res<Visitor>,
    gpu: Option<Res<SharedGpu>>,
    camera: Res<OrbitCamera>,
    motion: Res<Motion>,
    inspector: Res<Inspector>,
    progress: Res<events::Progress>,
    frames: Res<FrameTimes>,
    mut strokes_of: Local<Option<u64>>,
    mut networks_of: Local<Option<u64>>,
) {
    let mut state = report::app_state(
        &networks,
        &settings,
        &pad,
        &panels,
        &visitor,
        gpu.as_deref(),
    );
    state["frame"] = json!(frames.count);
    state["frame_millis"] = report::series(&frames.millis);
    state["quality"] = json!(frames.quality);
    state["screen"] = json!(if progress.is_ready() {
        "ready"
    } else {
        "preparing"
    });
    STATE.set(state);
    let revision = pad.drawing().revision();
    if *strokes_of != Some(revision) {
        *strokes_of = Some(revision);
        STROKES.set(pad.drawing().strokes().to_vec());
    }
    LINK.set(SharedState::of_app(
        &networks, &settings, &pad, &camera, &motion, &inspector, false,
    ));
    if *networks_of != Some(networks.generation) {
        *networks_of = Some(networks.generation);
        if let Some(gpu) = gpu {
            let models = networks.all.iter().map(|n| n.model.clone()).collect();
            let tuning = crate::inference::tuning(&gpu);
            NETWORKS.set(Some((gpu.clone(), models, tuning)));
        }
        let own = networks.visitor().map(|index| networks.all[index].name());
        event("networks", &json!({ "yours": own }));
    }
}

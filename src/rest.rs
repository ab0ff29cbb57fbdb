//! At rest nothing runs. A frame is drawn where input arrives or somebody asked for one, and for nothing else.
//!
//! Whoever moves something, or waits for something that only a frame can take in, asks for the next frame in each frame
//! in which that is so. When all have stopped asking, the app sleeps until the next input.

use bevy::{
    prelude::*,
    render::{
        Render, RenderApp, RenderSystems, render_resource::PipelineCache,
        view::screenshot::Screenshot,
    },
    window::{RequestRedraw, WindowResized, WindowScaleFactorChanged},
    winit::{EventLoopProxy, EventLoopProxyWrapper, UpdateMode, WinitSettings, WinitUserEvent},
};
use bevy_egui::{
    EguiFullOutput, EguiInput, EguiPostUpdateSet, EguiPreUpdateSet,
    egui::{Event, Modifiers},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Frames that are still drawn after the last one that somebody asked for. What the renderer does in a frame comes back
/// up to two frames later where it runs on a thread of its own, and nothing wakes the app for it.
const LAST_FRAMES: u32 = 3;

/// Sleeps between frames where nobody asked for one.
pub fn plugin(app: &mut App) {
    // One mode for both: another one with the focus would be a frame for each change of it. No timer: whoever needs one
    // wakes the app by a thread.
    let asleep = UpdateMode::reactive_low_power(Duration::MAX);
    app.insert_resource(WinitSettings {
        focused_mode: asleep,
        unfocused_mode: asleep,
    })
    .init_resource::<NextFrame>()
    .add_systems(
        PreUpdate,
        drop_unchanged_modifiers
            .after(EguiPreUpdateSet::ProcessInput)
            .before(EguiPreUpdateSet::BeginPass),
    )
    .add_systems(
        PostUpdate,
        read_egui_delay
            .after(EguiPostUpdateSet::EndPass)
            .before(EguiPostUpdateSet::ProcessOutput),
    )
    .add_systems(First, follow_size)
    .add_systems(Last, ask_for_frame);
    // Bevy's clock would be read at the end of the frame before; after a rest the pause would come one frame late.
    app.world_mut()
        .remove_resource::<bevy::time::TimeReceiver>();
    let waiting = WaitingPipelines::default();
    app.insert_resource(waiting.clone());
    if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
        render_app
            .insert_resource(waiting)
            .add_systems(Render, count_pipelines.in_set(RenderSystems::Cleanup));
    }
}

/// Whether another frame is to follow this one. Any number of systems may ask, also side by side.
#[derive(Resource, Debug, Default)]
pub struct NextFrame {
    wanted: AtomicBool,
    left: u32,
    egui_waits: Option<Duration>,
    /// Frames since the start.
    pub count: u64,
}

impl NextFrame {
    /// Asks for one more frame after this.
    pub fn ask(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// Asks where this holds.
    pub fn ask_if(&self, moving: bool) {
        if moving {
            self.ask();
        }
    }

    /// Whether the app goes to sleep after this frame.
    pub fn is_resting(&self) -> bool {
        self.left == 0
    }
}

/// Pipelines that are still being compiled: what they draw is missing, and nothing else tells when it is there.
#[derive(Resource, Clone, Debug)]
pub struct WaitingPipelines(Arc<AtomicUsize>);

impl Default for WaitingPipelines {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }
}

impl WaitingPipelines {
    /// How many; more than there can be before the first frame was drawn.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn count_pipelines(cache: Res<PipelineCache>, waiting: Res<WaitingPipelines>) {
    let count = cache.waiting_pipelines().count();
    waiting.0.store(count, Ordering::Relaxed);
}

/// bevy_egui 0.42 tells egui in every frame which modifiers are held, and every event makes egui want another frame.
fn drop_unchanged_modifiers(mut inputs: Query<&mut EguiInput>, mut held: Local<Modifiers>) {
    let before = *held;
    // Each window is told of the same keys.
    for mut input in &mut inputs {
        let mut known = before;
        input.events.retain(|event| match event {
            Event::ModifiersChanged(now) => std::mem::replace(&mut known, *now) != *now,
            _ => true,
        });
        *held = known;
    }
}

/// Cameras take a window's new size over at the end of a frame: the next one is composed for it.
fn follow_size(
    mut resized: MessageReader<WindowResized>,
    mut scaled: MessageReader<WindowScaleFactorChanged>,
    next: Res<NextFrame>,
) {
    next.ask_if(resized.read().count() + scaled.read().count() > 0);
}

/// What egui waits for: a tooltip, say. bevy_egui would draw at full rate until it is there.
fn read_egui_delay(outputs: Query<&EguiFullOutput>, mut next: ResMut<NextFrame>) {
    let delays = outputs
        .iter()
        .filter_map(|output| output.0.as_ref())
        .flat_map(|output| output.viewport_output.values())
        .map(|viewport| viewport.repaint_delay);
    let waits = delays.min().filter(|delay| *delay < Duration::MAX);
    if next.egui_waits != waits {
        next.egui_waits = waits;
    }
}

/// Decides whether another frame follows.
pub fn ask_for_frame(
    mut next: ResMut<NextFrame>,
    mut redraws: ResMut<Messages<RequestRedraw>>,
    waiting: Res<WaitingPipelines>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    pictures: Query<(), With<Screenshot>>,
) {
    next.count += 1;
    let egui_moves = next.egui_waits.is_some_and(|delay| delay.is_zero());
    let wanted = next.wanted.swap(false, Ordering::Relaxed);
    if wanted || egui_moves || waiting.count() > 0 || !pictures.is_empty() {
        next.left = LAST_FRAMES;
    } else {
        next.left = next.left.saturating_sub(1);
    }
    // Bevy keeps a message for two frames or more; and bevy_egui's own are answered here.
    redraws.clear();
    if next.left > 0 {
        redraws.write(RequestRedraw);
    } else if let (Some(delay), Some(proxy)) = (next.egui_waits, proxy) {
        wake_after(delay, (**proxy).clone());
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn wake_after(delay: Duration, proxy: EventLoopProxy<WinitUserEvent>) {
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        // An error here is the end of the app.
        let _ = proxy.send_event(WinitUserEvent::WakeUp);
    });
}

#[cfg(target_arch = "wasm32")]
fn wake_after(delay: Duration, proxy: EventLoopProxy<WinitUserEvent>) {
    use wasm_bindgen::{JsCast, closure::Closure};
    let wake = Closure::once_into_js(move || {
        let _ = proxy.send_event(WinitUserEvent::WakeUp);
    });
    if let Some(window) = web_sys::window() {
        let millis = delay.as_millis().min(60_000) as i32;
        let _ = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(wake.unchecked_ref(), millis);
    }
}

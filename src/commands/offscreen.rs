//! The whole app without a window, driven frame by frame.

use crate::{
    Surface,
    actions::Action,
    app,
    attribution::Attribution,
    gpu::SharedGpu,
    inference::{Executor, Network, RunnerStatus},
    inspector::Inspection,
    own_network::OwnNetworkAction,
    pad::PadAction,
};
use bevy::{app::PluginsState, prelude::*};
use mnistify_drawing::{Sheet, Stroke};
use mnistify_network::{Model, import::Loaded};
use std::time::{Duration, Instant};

/// The app that draws into an image.
pub struct Offscreen {
    /// Its systems and its world.
    pub app: App,
}

/// How long the renderer, pipelines and the self-test may take to be ready; a software rasteriser compiles slowly.
const PATIENCE: Duration = Duration::from_secs(120);

impl Offscreen {
    /// Starts the app and waits until the renderer and the self-test are ready.
    ///
    /// # Errors
    /// As [`Offscreen::ready`].
    pub fn start(width: u32, height: u32, models: Vec<Model>) -> Result<Self, String> {
        Self::start_with(width, height, models, None)
    }

    /// The same with a network of one's own beside the others.
    ///
    /// # Errors
    /// As [`Offscreen::ready`].
    pub fn start_with(
        width: u32,
        height: u32,
        models: Vec<Model>,
        own: Option<Loaded>,
    ) -> Result<Self, String> {
        let mut app = app(&Surface::Image { width, height }, models);
        if let Some(loaded) = own {
            let add = OwnNetworkAction::Add(Box::new(loaded));
            app.world_mut().write_message(Action::OwnNetwork(add));
        }
        Self::ready(app)
    }

    /// This app, once the renderer and the self-test are ready.
    ///
    /// # Errors
    /// Where there is no GPU adapter, or the renderer does not start or the networks do not answer in time.
    pub fn ready(mut app: App) -> Result<Self, String> {
        let started = Instant::now();
        while app.plugins_state() == PluginsState::Adding {
            bevy::tasks::tick_global_task_pools_on_main_thread();
            if started.elapsed() > PATIENCE {
                return Err("the renderer did not start".into());
            }
        }
        app.finish();
        app.cleanup();
        let mut offscreen = Self { app };
        offscreen.frame();
        if !offscreen.app.world().contains_resource::<SharedGpu>() {
            return Err(
                "no GPU adapter was found. A software one will do: on Debian install \
                        mesa-vulkan-drivers"
                    .into(),
            );
        }
        offscreen.settle(PATIENCE)?;
        Ok(offscreen)
    }

    /// One frame, its GPU work included.
    pub fn frame(&mut self) {
        self.app.update();
        if let Some(gpu) = self.app.world().get_resource::<SharedGpu>() {
            // An error here is a lost device, which the next frame reports.
            let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
        }
    }

    /// Frames until every forward so far is answered and the self-test is done.
    ///
    /// # Errors
    /// Where that takes longer than `patience`.
    pub fn settle(&mut self, patience: Duration) -> Result<(), String> {
        let started = Instant::now();
        loop {
            self.frame();
            let world = self.app.world_mut();
            let mut executors = world.query::<&Executor>();
            let idle = executors
                .iter(world)
                .all(|e| e.is_idle() && e.status != RunnerStatus::Checking);
            let mut inspections = world.query::<&Inspection>();
            let mut attributions = world.query::<&Attribution>();
            if idle
                && !inspections.iter(world).any(Inspection::is_busy)
                && !attributions.iter(world).any(Attribution::is_busy)
            {
                return Ok(());
            }
            if started.elapsed() > patience {
                return Err("the networks did not answer in time".into());
            }
        }
    }

    /// Puts strokes on the pad.
    pub fn draw(&mut self, strokes: Vec<Stroke>) {
        self.act(Action::Pad(PadAction::Load(strokes)));
    }

    /// Puts all of this on the pad.
    pub fn lay(&mut self, sheet: Sheet) {
        self.act(Action::Pad(PadAction::Lay(sheet)));
    }

    /// Asks for an action, which the next frame carries out.
    pub fn act(&mut self, action: Action) {
        self.app.world_mut().write_message(action);
    }

    /// The entity of the network of this key, such as `cnn`.
    pub fn network(&mut self, key: &str) -> Option<Entity> {
        let world = self.app.world_mut();
        let mut networks = world.query::<(Entity, &Network)>();
        let mut networks = networks.iter(world);
        networks
            .find(|(_, network)| network.key() == key)
            .map(|(entity, _)| entity)
    }
}

//! After a GPU fault: a validation error, full memory or a lost device.
//!
//! Several parts keep buffers of the faulty device (burn, bevy_egui), so the safe way back is a new process of the same
//! program. It gets what is on the screen: the drawing, the shown networks with one's own, the view and the switches,
//! the language, and how the app meets who uses it. In the page the loader does the same by a reload.

use bevy::{
    prelude::*,
    render::error_handler::{ErrorType, RenderError, RenderErrorHandler, RenderErrorPolicy},
};

/// Watches for faults.
pub fn plugin(app: &mut App) {
    app.init_resource::<GpuFault>()
        .insert_resource(RenderErrorHandler(note_fault));
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins(desktop::plugin);
}

/// What the GPU reported, if it did.
#[derive(Resource, Debug, Default)]
pub struct GpuFault(pub Option<String>);

/// Bevy calls this in every frame until the fault is gone.
fn note_fault(error: &RenderError, main: &mut World, _: &mut World) -> RenderErrorPolicy {
    let mut fault = main.resource_mut::<GpuFault>();
    if fault.0.is_none() {
        let kind = match error.ty {
            ErrorType::Internal => "an internal error",
            ErrorType::OutOfMemory => "its memory is full",
            ErrorType::Validation => "a call that is not valid",
            ErrorType::DeviceLost => "the device is lost",
        };
        // wgpu's descriptions have many lines; the first says what, the others where.
        let detail = error.description.lines().next().unwrap_or_default();
        error!("the GPU reports: {kind}: {detail}");
        fault.0 = Some(format!("{kind} ({detail})"));
    }
    RenderErrorPolicy::StopRendering
}

#[cfg(not(target_arch = "wasm32"))]
pub use desktop::{Resumed, Session};

#[cfg(not(target_arch = "wasm32"))]
mod desktop {
    use super::{GpuFault, note_fault};
    use crate::{
        access::Access,
        actions::{Action, Screen},
        gpu::SharedGpu,
        inference::{Network, Origin},
        link::{Linked, SharedState},
        own_network::OwnNetworkAction,
        pad::Pad,
        rest::NextFrame,
        view::wall::Screens,
        words::{self, Language},
    };
    use bevy::{
        camera::visibility::RenderLayers,
        ecs::system::SystemParam,
        prelude::*,
        render::{
            error_handler::{ErrorType, RenderError},
            pipelined_rendering::RenderExtractApp,
        },
        window::PrimaryWindow,
    };
    use mnistify_network::{
        Model,
        import::{Known, Loaded, Note},
    };
    use serde::{Deserialize, Serialize};
    use std::{
        fs,
        io::Write,
        panic,
        path::{Path, PathBuf},
        process::Command,
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, SystemTime, UNIX_EPOCH},
    };

    /// To standard error; a closed one is no reason to fail while a fault is handled.
    macro_rules! say_in_terminal {
        ($($text:tt)*) => {
            let _ = writeln!(std::io::stderr(), $($text)*);
        };
    }

    /// Set where a supervisor starts the app again.
    const SUPERVISED: &str = "MNISTIFY_HEARTBEAT";
    /// For tests: names a file. The fault in it happens as soon as it is there, `validation`, `memory`, `lost`, `panic`,
    /// `nested`, `hang` or `black`, and the file goes; with `,again` at the end it stays, and the next process does the same.
    const INJECT: &str = "MNISTIFY_INJECT_FAULT";
    /// By then a window is there.
    const FIRST_FAULTY_FRAME: u64 = 20;
    /// So many restarts within [`PERIOD`] are tried; the next fault ends the app.
    const MOST_RESTARTS: usize = 3;
    const PERIOD: Duration = Duration::from_secs(60);
    /// The standard library's words for a destructor that panics while another panic is unwound.
    const PANIC_INSIDE_PANIC: &str = "panic in a destructor during cleanup";

    pub fn plugin(app: &mut App) {
        app.init_resource::<Resumed>().add_systems(
            First,
            start_again.run_if(|fault: Res<GpuFault>| fault.0.is_some()),
        );
        app.add_systems(Last, (poll_device, keep_at_hand));
        start_again_after_nested_panics();
        if let Some(renderer) = app.get_sub_app_mut(RenderExtractApp) {
            let mut extract = renderer.take_extract();
            renderer.set_extract(move |main, render| {
                if let Some(extract) = &mut extract {
                    extract(main, render);
                }
                follow_renderer(main);
            });
        }
        if let Some(file) = std::env::var_os(INJECT) {
            app.insert_resource(Injection(file.into()))
                .add_systems(Last, inject);
        }
    }

    /// A lost device is told while it is polled, and the renderer does not do that once its frames fail.
    fn poll_device(gpu: Option<Res<SharedGpu>>) {
        if let Some(gpu) = gpu {
            // What this returns is told by the callback too.
            let _ = gpu.device.wgpu_device().poll(wgpu::PollType::Poll);
        }
    }

    /// What the renderer's thread does with a device that is being lost can end in a panic before the loss is told. Then
    /// Bevy ends the app without another frame.
    fn follow_renderer(main: &mut World) {
        let exits = main.resource::<Messages<AppExit>>();
        if !exits.iter_current_update_messages().any(AppExit::is_error) {
            return;
        }
        let mut fault = main.resource_mut::<GpuFault>();
        fault
            .0
            .get_or_insert_with(|| "the renderer has panicked, which is told above".into());
        if let Err(error) = main.run_system_cached(start_again) {
            say_in_terminal!("mnistify: cannot start again: {error}");
        }
    }

    /// Restarts before this process, newest last; milliseconds since 1970.
    #[derive(Resource, Clone, Debug, Default)]
    pub struct Resumed(pub Vec<u64>);

    /// What a new process needs to go on.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Session {
        /// The text of a link that opens what was shown.
        link: String,
        /// One's own network: the name of its file beside the session's, what had to be assumed about it, and how well
        /// it reads.
        own: Option<(PathBuf, Vec<Note>, Option<Known>)>,
        restarts: Vec<u64>,
        language: Language,
        access: Access,
        /// The window's size in logical pixels.
        pub size: [u32; 2],
    }

    impl Session {
        /// Reads what another process left, and deletes it.
        ///
        /// # Errors
        /// Where it cannot be read, with what to do.
        pub fn take(file: &Path) -> Result<Self, String> {
            let text = fs::read_to_string(file)
                .map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
            let session: Self = serde_json::from_str(&text).map_err(|error| {
                let file = file.display();
                format!("{file}: is no session of this version ({error}). Start without --resume")
            })?;
            let _ = fs::remove_file(file);
            Ok(session)
        }

        /// Puts everything where it was, in an app that has not run yet.
        pub fn resume(self, app: &mut App) {
            let world = app.world_mut();
            if let Some((file, notes, known)) = self.own {
                match Model::load(&file) {
                    Ok(model) => {
                        let add = OwnNetworkAction::Add(Box::new(Loaded {
                            model,
                            notes,
                            known,
                        }));
                        world.write_message(Action::OwnNetwork(add));
                    }
                    Err(error) => warn!("{error}"),
                }
                let _ = fs::remove_file(file);
            }
            let (state, fault) = SharedState::from_fragment(&self.link);
            world.write_message(Action::Open(Box::new(state)));
            if let Some(fault) = fault {
                warn!("a part of the session is lost: {fault}");
            }
            world.insert_resource(Resumed(self.restarts));
            world.insert_resource(self.access);
            words::speak(self.language);
        }
    }

    fn now_millis() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as u64)
    }

    /// What is on the screen, as a new process would need it.
    #[derive(SystemParam)]
    struct Shown<'w, 's> {
        resumed: Res<'w, Resumed>,
        access: Res<'w, Access>,
        linked: Linked<'w, 's>,
        screen: Res<'w, Screen>,
        networks: Query<'w, 's, &'static Network>,
        windows: Query<'w, 's, &'static Window, With<PrimaryWindow>>,
        screens: Option<Res<'w, Screens>>,
    }

    impl Shown<'_, '_> {
        /// None without a window: a command is at work then, and nobody waits to go on.
        fn at_hand(&self) -> Option<AtHand> {
            let window = self.windows.iter().next()?;
            let own = self
                .networks
                .iter()
                .find_map(|network| match &network.origin {
                    Origin::Own { notes, known } => {
                        Some((network.model.clone(), notes.clone(), *known))
                    }
                    Origin::Shipped | Origin::Pupil => None,
                });
            Some(AtHand {
                state: self.screen.with_tour(self.linked.state(true)),
                own,
                restarts: self.resumed.0.clone(),
                access: *self.access,
                size: [window.width() as u32, window.height() as u32],
                with_wall: self.screens.is_some(),
            })
        }
    }

    /// [`Shown`] by itself.
    struct AtHand {
        state: SharedState,
        own: Option<(Arc<Model>, Vec<Note>, Option<Known>)>,
        restarts: Vec<u64>,
        access: Access,
        size: [u32; 2],
        with_wall: bool,
    }

    /// The drawing as it was in the newest frame and all else as a few frames before, for
    /// [`start_again_after_nested_panics`].
    static AT_HAND: Mutex<Option<AtHand>> = Mutex::new(None);
    /// Frames between two looks while the drawing stays as it is: its strokes need not be copied in each.
    const LOOKS: u64 = 16;

    fn keep_at_hand(shown: Shown, pad: Res<Pad>, next: Res<NextFrame>) {
        if !pad.is_changed() && !next.count.is_multiple_of(LOOKS) {
            return;
        }
        let now = shown.at_hand();
        *AT_HAND.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// A panic inside a panic, which ends the process before any system runs: the renderer's, when it lets go of the frame
    /// that it was at while its device is lost (wgpu's swap chain).
    fn start_again_after_nested_panics() {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            hook(info);
            if info.payload_as_str() == Some(PANIC_INSIDE_PANIC) {
                let now = AT_HAND.try_lock().ok().and_then(|mut now| now.take());
                if let Some(now) = now {
                    now.leave("the renderer has panicked, which is told above");
                }
            }
        }));
    }

    impl AtHand {
        /// Leaves a session to a new process and ends this one.
        fn leave(mut self, reason: &str) -> ! {
            warn!("starting again after a graphics fault: {reason}");
            if std::env::var_os(SUPERVISED).is_some() {
                // An exhibit begins anew, and somebody watches over that.
                std::process::exit(1);
            }
            let now = now_millis();
            let restarts = &mut self.restarts;
            restarts.retain(|then| now.saturating_sub(*then) < PERIOD.as_millis() as u64);
            let gives_up = restarts.len() >= MOST_RESTARTS;
            restarts.push(now);
            let folder = std::env::temp_dir();
            let name = format!("mnistify-session-{}", std::process::id());
            let own = self.own.and_then(|(model, notes, known)| {
                let file = folder.join(&name).with_extension("safetensors");
                model.save(&file, false).ok()?;
                Some((file, notes, known))
            });
            let session = Session {
                link: self.state.to_fragment(),
                own,
                restarts: self.restarts,
                language: words::language(),
                access: self.access,
                size: self.size,
            };
            let file = folder.join(&name).with_extension("json");
            let text = serde_json::to_string(&session).unwrap_or_default();
            if let Err(error) = fs::write(&file, text) {
                say_in_terminal!("mnistify: {}: {error}", file.display());
            }
            if gives_up {
                say_in_terminal!(
                    "mnistify: the graphics device failed {} times within a minute: {reason}. Update the graphics driver, \
                     or close other programs that use it. Nothing is lost; go on with:\n  mnistify --resume {}",
                    MOST_RESTARTS + 1,
                    file.display()
                );
                std::process::exit(3);
            }
            let program = std::env::current_exe().unwrap_or_else(|_| "mnistify".into());
            let mut command = Command::new(program);
            command.arg("--resume").arg(&file);
            if self.with_wall {
                command.arg("--wall");
            }
            let started = command.spawn();
            if let Err(error) = &started {
                say_in_terminal!("mnistify: cannot start again: {error}");
            }
            // At once: what this process still does with the device can only fail.
            std::process::exit(i32::from(started.is_err()));
        }
    }

    fn start_again(fault: Res<GpuFault>, shown: Shown) {
        let Some(now) = shown.at_hand() else {
            say_in_terminal!("mnistify: the graphics device failed: {}", reason(&fault));
            std::process::exit(1);
        };
        now.leave(reason(&fault));
    }

    fn reason(fault: &GpuFault) -> &str {
        fault.0.as_deref().unwrap_or("unknown")
    }

    /// The file of a fault to provoke.
    #[derive(Resource, Clone, Debug)]
    struct Injection(PathBuf);

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("injected, inside a panic");
        }
    }

    fn inject(world: &mut World) {
        world.resource::<NextFrame>().ask();
        let Injection(file) = world.resource::<Injection>().clone();
        if world.resource::<NextFrame>().count < FIRST_FAULTY_FRAME {
            return;
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        let text = text.trim();
        // It is written just now, or is not there.
        if text.is_empty() {
            return;
        }
        let kind = text.strip_suffix(",again").unwrap_or(text);
        if kind == text {
            let _ = fs::remove_file(&file);
        }
        info!("injecting a fault: {kind}");
        let gpu = world.get_resource::<SharedGpu>().cloned();
        match (kind, gpu) {
            ("validation", Some(gpu)) => {
                let _ = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("injected"),
                    size: 4,
                    usage: wgpu::BufferUsages::empty(),
                    mapped_at_creation: false,
                });
            }
            ("lost", Some(gpu)) => gpu.device.wgpu_device().destroy(),
            // Real memory is not to be filled for a test; from here on all is the same.
            ("memory", _) => {
                let error = RenderError {
                    ty: ErrorType::OutOfMemory,
                    description: "injected".into(),
                    source: None,
                };
                note_fault(&error, world, &mut World::new());
            }
            ("panic", _) => panic!("injected"),
            ("nested", _) => {
                let _panics_too = PanicsWhenDropped;
                panic!("injected");
            }
            ("hang", _) => loop {
                std::thread::sleep(PERIOD);
            },
            // The newest camera, which sees nothing, covers what the others drew.
            ("black", _) => {
                let camera = Camera {
                    order: 100,
                    clear_color: ClearColorConfig::Custom(Color::BLACK),
                    ..default()
                };
                world.spawn((Camera2d, camera, RenderLayers::none()));
            }
            (other, _) => warn!("{INJECT}: there is no fault {other}"),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::access::Hidden;

        #[test]
        fn a_session_knows_how_the_app_met_who_uses_it() {
            let access = Access {
                reach: true,
                text_percent: 150,
                high_contrast: true,
                hidden: Hidden::from_list("times").unwrap(),
            };
            let session = Session {
                link: String::new(),
                own: None,
                restarts: vec![7],
                language: Language::default(),
                access,
                size: [640, 480],
            };
            let text = serde_json::to_string(&session).unwrap();
            let session: Session = serde_json::from_str(&text).unwrap();
            let mut app = App::new();
            app.add_message::<Action>();
            session.resume(&mut app);
            assert_eq!(*app.world().resource::<Access>(), access);
        }
    }
}

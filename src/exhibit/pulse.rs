//! The exhibit's pulse: a frame now and then where the app would rest, so that its clock goes on; and for the supervisor
//! a file that tells that frames are drawn, and what was counted.

use bevy::{
    prelude::*,
    winit::{EventLoopProxyWrapper, WinitUserEvent},
};

/// Beats.
pub fn plugin(app: &mut App) {
    app.add_systems(Startup, start);
    #[cfg(not(target_arch = "wasm32"))]
    app.add_systems(Last, (heart::beat, heart::look_at_picture));
}

/// Milliseconds from one frame to the next at rest.
const PULSE_MILLIS: u64 = 500;

fn start(proxy: Option<Res<EventLoopProxyWrapper>>) {
    let Some(proxy) = proxy else {
        return;
    };
    let proxy = (**proxy).clone();
    let beat = move || proxy.send_event(WinitUserEvent::WakeUp).is_ok();
    #[cfg(not(target_arch = "wasm32"))]
    std::thread::spawn(move || {
        while beat() {
            std::thread::sleep(std::time::Duration::from_millis(PULSE_MILLIS));
        }
    });
    #[cfg(target_arch = "wasm32")]
    {
        use wasm_bindgen::{JsCast, closure::Closure};
        let beat = Closure::<dyn FnMut()>::new(move || {
            beat();
        });
        if let Some(window) = web_sys::window() {
            let _ = window.set_interval_with_callback_and_timeout_and_arguments_0(
                beat.as_ref().unchecked_ref(),
                PULSE_MILLIS as i32,
            );
        }
        // For as long as the page lives.
        beat.forget();
    }
}

/// The file by which a supervisor sees that frames are drawn and that something is to be seen in them.
#[cfg(not(target_arch = "wasm32"))]
pub mod heart {
    use crate::{
        exhibit::{Exhibit, Phase},
        rest::{NextFrame, WaitingPipelines},
    };
    use bevy::{
        prelude::*,
        render::view::screenshot::{Screenshot, ScreenshotCaptured},
    };
    use serde::{Deserialize, Serialize};
    use std::{
        path::Path,
        sync::atomic::{AtomicU32, Ordering},
        time::{Duration, Instant},
    };

    /// The variable by which the supervisor names the file.
    pub const VARIABLE: &str = "MNISTIFY_HEARTBEAT";
    const PERIOD: Duration = Duration::from_secs(1);

    /// What the file tells.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Beat {
        /// Frames since the start.
        pub frames: u64,
        /// Whether nobody is there.
        pub attract: bool,
        /// Visits that began.
        pub visitors: u64,
        /// Drawings that were left for another.
        pub digits: u64,
        /// Those that at least one network read.
        pub answers: u64,
        /// Those that none did.
        pub refusals: u64,
        /// How often everything was put back.
        pub resets: u64,
    }

    impl Beat {
        /// The newest beat in this file.
        pub fn read(file: &Path) -> Option<Self> {
            serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()
        }
    }

    /// How often the picture itself is looked at; a black one twice in a row is none.
    const LOOK: Duration = Duration::from_secs(3);
    static BLACK_LOOKS: AtomicU32 = AtomicU32::new(0);
    /// The exit status of an app whose window shows nothing.
    pub const BLACK: i32 = 72;

    /// Frames may be drawn and yet nothing be seen.
    pub(super) fn look_at_picture(
        mut commands: Commands,
        windows: Query<(), With<bevy::window::PrimaryWindow>>,
        waiting: Res<WaitingPipelines>,
        mut last: Local<Option<Instant>>,
    ) {
        let last = last.get_or_insert_with(Instant::now);
        if last.elapsed() < LOOK || windows.is_empty() || std::env::var_os(VARIABLE).is_none() {
            return;
        }
        // What is still being compiled is not drawn yet.
        if waiting.count() > 0 {
            return;
        }
        *last = Instant::now();
        commands
            .spawn(Screenshot::primary_window())
            .observe(|captured: On<ScreenshotCaptured>| {
                let values = captured.image.data.as_deref().unwrap_or_default();
                if values.is_empty() || !is_black(values) {
                    BLACK_LOOKS.store(0, Ordering::Relaxed);
                } else if BLACK_LOOKS.fetch_add(1, Ordering::Relaxed) > 0 {
                    error!("the window is black");
                    std::process::exit(BLACK);
                }
            });
    }

    /// Whether no pixel differs visibly from the first.
    fn is_black(pixels: &[u8]) -> bool {
        let mut colours = pixels
            .as_chunks::<4>()
            .0
            .iter()
            .map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let first = colours.next().unwrap_or_default();
        colours.all(|colour| colour.iter().zip(first).all(|(a, b)| a.abs_diff(b) < 8))
    }

    #[test]
    fn a_black_picture_is_noticed() {
        assert!(is_black(&[3; 400]));
        let mut pixels = [3; 400];
        pixels[200] = 90;
        assert!(!is_black(&pixels));
    }

    pub(super) fn beat(
        exhibit: Res<Exhibit>,
        next: Res<NextFrame>,
        mut last: Local<Option<Instant>>,
    ) {
        if last.is_some_and(|last| last.elapsed() < PERIOD) {
            return;
        }
        *last = Some(Instant::now());
        let Some(file) = std::env::var_os(VARIABLE) else {
            return;
        };
        let beat = Beat {
            frames: next.count,
            attract: exhibit.phase() == Phase::Attract,
            visitors: exhibit.counts.visitors,
            digits: exhibit.counts.digits,
            answers: exhibit.counts.answers,
            refusals: exhibit.counts.refusals,
            resets: exhibit.resets,
        };
        // Written beside and renamed, so that a reader never sees half of it.
        let partial = Path::new(&file).with_extension("part");
        let text = serde_json::to_string(&beat).unwrap_or_default();
        let written =
            std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &file));
        if let Err(error) = written {
            warn!("{VARIABLE}: {error}");
        }
    }
}

//! The gamepads themselves: a thread sleeps until one of them tells something, and wakes the app only where that means
//! something else than before.

use super::{Gamepad, Held};
use bevy::{
    prelude::*,
    winit::{EventLoopProxyWrapper, WinitUserEvent},
};
use gilrs::{Axis, Gilrs, GilrsBuilder};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// What was heard and not yet taken; none where a gamepad went away.
#[derive(Clone, Debug, Default)]
pub struct Inbox(Arc<Mutex<Vec<Option<Held>>>>);

impl Inbox {
    /// Adds what is held now. A stick that went further between two presses is one thing, so that this stays short where
    /// no frame is drawn.
    pub fn put(&self, held: Option<Held>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(Some(last)), Some(held)) = (heard.last_mut(), held)
            && (last.pen, last.acts) == (held.pen, held.acts)
        {
            *last = held;
        } else {
            heard.push(held);
        }
    }

    /// Takes everything, in its order.
    pub(super) fn take(&self) -> Vec<Option<Held>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A pause after what came at once: sticks tell of themselves up to a thousand times a second.
const PAUSE: Duration = Duration::from_millis(4);

/// Listens, where there is a window to wake.
pub(super) fn start(gamepad: Res<Gamepad>, proxy: Option<Res<EventLoopProxyWrapper>>) {
    let Some(proxy) = proxy else {
        return;
    };
    let (inbox, proxy) = (gamepad.inbox.clone(), (**proxy).clone());
    let listener = thread::Builder::new().name("gamepads".into());
    let started = listener.spawn(move || {
        // Its thread for rumbling would wake 20 times a second; its filters know another middle of the stick than the page.
        let gilrs = GilrsBuilder::new()
            .with_force_feedback(false)
            .with_default_filters(false)
            .build();
        match gilrs {
            Ok(gilrs) => listen(gilrs, |held| {
                inbox.put(held);
                // An error here is the end of the app.
                proxy.send_event(WinitUserEvent::WakeUp).is_ok()
            }),
            Err(error) => info!("no gamepads here: {error}"),
        }
    });
    if let Err(error) = started {
        warn!("no thread for gamepads: {error}");
    }
}

/// Tells what is held on the gamepad that was touched last, until that returns false.
fn listen(mut gilrs: Gilrs, mut tell: impl FnMut(Option<Held>) -> bool) {
    let mut told = None;
    loop {
        let Some(event) = gilrs.next_event_blocking(None) else {
            thread::sleep(PAUSE);
            continue;
        };
        let gamepad = gilrs.connected_gamepad(event.id);
        let held = gamepad.map(|pad| {
            let down = -pad.value(Axis::LeftStickY);
            let stick = Vec2::new(pad.value(Axis::LeftStickX), down);
            Held::new(stick, |button| pad.is_pressed(button))
        });
        if held != told {
            told = held;
            if !tell(held) {
                return;
            }
        }
    }
}

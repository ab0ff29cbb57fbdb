//! Screen readers, natively. bevy_egui hands egui's tree of named controls to them; what they ask for comes back here, and
//! wakes the app. Where none listens, no tree is made. The page has a text of its own for them.

use bevy::{
    a11y::{AccessibilityRequested, AccessibilitySystems, ManageAccessibilityUpdates},
    prelude::*,
    winit::{
        EventLoopProxyWrapper, WinitUserEvent,
        accessibility::{WinitActionRequestHandler, WinitActionRequestHandlers},
    },
};
use bevy_egui::{
    EguiContext, EguiInput, EguiPostUpdateSet, EguiPreUpdateSet, egui::Event,
    input::WindowToEguiContextMap,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// Lets screen readers listen and act.
pub fn plugin(app: &mut App) {
    app.add_systems(
        PreUpdate,
        listen
            .after(EguiPreUpdateSet::ProcessInput)
            .before(EguiPreUpdateSet::BeginPass),
    )
    .add_systems(
        PostUpdate,
        keep_own_tree
            .after(EguiPostUpdateSet::PostProcessOutput)
            .before(AccessibilitySystems::Update),
    );
}

/// Milliseconds between two looks at what a screen reader asked for, while there is one: nothing else tells.
const LOOK_MILLIS: u64 = 50;

type Asked = Arc<Mutex<WinitActionRequestHandler>>;

/// Hands on what was asked for, and makes the tree where somebody wants it.
fn listen(
    requested: Res<AccessibilityRequested>,
    handlers: Option<Res<WinitActionRequestHandlers>>,
    map: Res<WindowToEguiContextMap>,
    mut contexts: Query<(&mut EguiContext, &mut EguiInput)>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    mut wakes: Local<bool>,
) {
    let Some(handlers) = handlers else {
        return;
    };
    for (window, asked) in handlers.iter() {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked: Vec<_> = asked.drain(..).collect();
        for context in map.window_to_contexts.get(window).into_iter().flatten() {
            let Ok((mut context, mut input)) = contexts.get_mut(*context) else {
                continue;
            };
            // bevy_egui makes it for every window, whether or not somebody listens.
            if requested.get() {
                context.get_mut().enable_accesskit();
            } else {
                context.get_mut().disable_accesskit();
            }
            let events = asked.iter().cloned().map(Event::AccessKitActionRequest);
            input.events.extend(events);
        }
    }
    if let (true, false, Some(proxy)) = (requested.get(), *wakes, proxy) {
        *wakes = true;
        let handlers: Vec<Asked> = handlers.values().cloned().collect();
        let proxy = (**proxy).clone();
        wake_when_asked(handlers, move || {
            // An error here is the end of the app.
            proxy.send_event(WinitUserEvent::WakeUp).is_ok()
        });
    }
}

fn wake_when_asked(handlers: Vec<Asked>, wake: impl Fn() -> bool + Send + 'static) {
    thread::spawn(move || {
        let is_waiting = |asked: &Asked| {
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            !asked.is_empty()
        };
        while !handlers.iter().any(is_waiting) || wake() {
            thread::sleep(Duration::from_millis(LOOK_MILLIS));
        }
    });
}

/// The tree is egui's. Bevy's own, of entities, would be put in its place in the frame in which somebody begins to listen.
fn keep_own_tree(mut bevys: ResMut<ManageAccessibilityUpdates>) {
    bevys.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy_egui::egui::accesskit::{Action, ActionRequest, NodeId, TreeId};

    #[test]
    fn what_is_asked_for_reaches_the_windows_egui_once_and_the_tree_is_made_on_request() {
        let mut app = App::new();
        let (window, context) = {
            let world = app.world_mut();
            (
                world.spawn_empty().id(),
                world.spawn(EguiContext::default()).id(),
            )
        };
        let request = ActionRequest {
            action: Action::Click,
            target_tree: TreeId::ROOT,
            target_node: NodeId(7),
            data: None,
        };
        let asked = WinitActionRequestHandler([request.clone()].into());
        let mut handlers = WinitActionRequestHandlers::default();
        handlers.insert(window, Arc::new(Mutex::new(asked)));
        let mut map = WindowToEguiContextMap::default();
        map.window_to_contexts
            .entry(window)
            .or_default()
            .insert(context);
        app.init_resource::<AccessibilityRequested>()
            .insert_resource(handlers)
            .insert_resource(map)
            .add_systems(PreUpdate, listen);
        let is_made = |app: &mut App| {
            let mut entity = app.world_mut().entity_mut(context);
            let egui = entity.get_mut::<EguiContext>().unwrap().get_mut().clone();
            let output = egui.run_ui(Default::default(), |_| {});
            output.platform_output.accesskit_update.is_some()
        };
        for listens in [false, true, false] {
            app.world()
                .resource::<AccessibilityRequested>()
                .set(listens);
            app.update();
            assert_eq!(is_made(&mut app), listens);
            let input = app.world().entity(context).get::<EguiInput>().unwrap();
            assert_eq!(
                input.events,
                [Event::AccessKitActionRequest(request.clone())]
            );
        }
    }
}

//! The second screen: the pad on the table, the networks on the wall. Two windows of one app; a forward, its arena and what is
//! drawn of it are the same for both.
//!
//! The scene stands on the wall where there is one, else in the table's window with everything else. So a screen that is
//! unplugged takes nothing away, and when it comes back its window is opened again.

use super::{
    DrawSurface,
    cameras::{SceneCamera, TABLE_LAYER, scene_camera},
};
use crate::composition::Part;
#[cfg(target_os = "linux")]
use bevy::window::RawHandleWrapper as Handles;
use bevy::{
    camera::{RenderTarget, visibility::RenderLayers},
    ecs::schedule::ScheduleLabel,
    platform::time::Instant,
    prelude::*,
    window::{
        ClosingWindow, CursorOptions, Monitor, MonitorSelection, OnMonitor, PresentMode,
        PrimaryMonitor, PrimaryWindow, WindowMode, WindowPosition, WindowRef,
    },
};
use bevy_egui::EguiSchedule;
use std::time::Duration;

/// After this a wall that somebody closed is opened again, where it has a screen of its own.
const REOPEN: Duration = Duration::from_secs(10);

/// For tests: while the file that this names is there, the wall's window is asked to close, as by a window manager.
#[cfg(not(target_arch = "wasm32"))]
const CLOSE: &str = "MNISTIFY_CLOSE_WALL";

/// Puts the wall up and takes it down.
pub fn plugin(app: &mut App) {
    app.init_resource::<Closed>()
        .add_observer(outlive_monitor)
        .add_observer(take_down)
        .add_systems(Update, (put_up, see_part, keep_keys).chain());
    #[cfg(target_os = "linux")]
    app.add_systems(Update, hear_of_screens);
    #[cfg(not(target_arch = "wasm32"))]
    if let Some(file) = std::env::var_os(CLOSE) {
        app.add_systems(
            First,
            ask_to_close.run_if(move || std::path::Path::new(&file).exists()),
        );
    }
}

/// egui's pass over the wall.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct WallPass;

/// Two screens are wanted; without this resource there is one window with everything.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Screens {
    /// The table's screen: its number counted from the left, beginning with 1, or a part of its name; empty for the main one.
    pub table: String,
    /// The wall's; empty for the first that is not the table's.
    pub wall: String,
    /// Whole screens; else two windows, wherever they are.
    pub full: bool,
}

/// The wall's window.
#[derive(Component, Debug)]
struct WallWindow {
    /// The screen that it fills.
    monitor: Option<Entity>,
}

/// The camera of the window of this entity.
#[derive(Component, Debug)]
struct WallCamera(Entity);

/// The wall that was there last: its screen, and when it went.
#[derive(Resource, Debug, Default)]
struct Closed(Option<(Option<Entity>, Instant)>);

/// Bevy closes the windows of a screen that is unplugged. The system has moved them to another by then, and the table's
/// goes on there.
fn outlive_monitor(placed: On<Insert, OnMonitor>, mut commands: Commands) {
    commands.entity(placed.entity).try_remove::<OnMonitor>();
}

/// On X11 winit asks for news of screens over XCB and waits for them in Xlib, which drops the events of an extension that it
/// has not met. So nobody would learn that a screen is gone. This lets them meet.
#[cfg(target_os = "linux")]
fn hear_of_screens(
    windows: Query<&Handles, (With<PrimaryWindow>, Added<Handles>)>,
    _main_thread: bevy::ecs::system::NonSendMarker,
) {
    use wgpu::rwh::RawDisplayHandle;
    let Some(RawDisplayHandle::Xlib(handle)) =
        windows.iter().next().map(|w| w.get_display_handle())
    else {
        return;
    };
    let (Some(display), Ok(library)) = (handle.display, x11_dl::xrandr::Xrandr::open()) else {
        return;
    };
    let (mut event, mut error) = (0, 0);
    // SAFETY: winit opened this display, keeps it as long as the app lives, and uses it on this thread. What Xlib calls from
    // now on is in the library, which is never closed.
    unsafe { (library.XRRQueryExtension)(display.as_ptr().cast(), &mut event, &mut error) };
}

/// The keys are the table's, whichever window the desktop gives them to.
fn keep_keys(
    walls: Query<&Window, With<WallWindow>>,
    mut tables: Query<&mut Window, (With<PrimaryWindow>, Without<WallWindow>)>,
    screens: Option<Res<Screens>>,
) {
    let is_full = screens.is_some_and(|screens| screens.full);
    if let (true, Ok(wall), Ok(mut table)) = (is_full, walls.single(), tables.single_mut())
        && wall.focused
        && !table.focused
    {
        table.focused = true;
    }
}

/// Opens the wall's window where its screen is there, and closes it where that is gone.
fn put_up(
    mut commands: Commands,
    screens: Option<Res<Screens>>,
    mut surface: ResMut<DrawSurface>,
    closed: Res<Closed>,
    monitors: Query<(Entity, &Monitor, Has<PrimaryMonitor>)>,
    mut walls: Query<(Entity, &mut WallWindow, Has<ClosingWindow>)>,
    mut tables: Query<&mut Window, With<PrimaryWindow>>,
) {
    let (Some(screens), Ok(mut table)) = (screens, tables.single_mut()) else {
        return;
    };
    let wanted = if screens.full {
        let found: Vec<Found> = monitors.iter().map(Found::new).collect();
        let [table_monitor, wall_monitor] = choose(&screens, &found);
        if let Some(monitor) = table_monitor {
            let mode = WindowMode::BorderlessFullscreen(MonitorSelection::Entity(monitor));
            if table.mode != mode {
                table.mode = mode;
            }
        }
        wall_monitor.map(Some)
    } else {
        Some(None)
    };
    if let Ok((window, mut wall, is_closing)) = walls.single_mut() {
        if wanted != Some(wall.monitor) && !is_closing {
            info!("the wall's screen is gone");
            // Nobody closed it, so it may come back at once.
            wall.monitor = None;
            // Bevy lets go of its surface first, and of the window a frame later.
            commands.entity(window).insert(ClosingWindow);
        }
        return;
    }
    let Some(monitor) = wanted else {
        return;
    };
    if let Some((of, when)) = closed.0
        && of == monitor
        && (!screens.full || when.elapsed() < REOPEN)
    {
        return;
    }
    let beside = IVec2::new(table.resolution.physical_width() as i32, 0);
    let (mode, position) = match monitor {
        Some(monitor) => (
            WindowMode::BorderlessFullscreen(MonitorSelection::Entity(monitor)),
            WindowPosition::Automatic,
        ),
        None => (WindowMode::Windowed, WindowPosition::At(beside)),
    };
    let window = Window {
        title: "Mnistify 2".into(),
        resolution: (1280, 720).into(),
        present_mode: PresentMode::AutoVsync,
        // The keys are the table's.
        focused: false,
        mode,
        position,
        ..default()
    };
    let cursor = CursorOptions {
        visible: !screens.full,
        ..default()
    };
    let window = commands
        .spawn((WallWindow { monitor }, window, cursor))
        .id();
    commands.spawn((
        WallCamera(window),
        scene_camera(),
        RenderTarget::Window(WindowRef::Entity(window)),
        EguiSchedule::new(WallPass),
    ));
    surface.part = Part::Table;
    info!("the networks are on the wall");
}

#[cfg(not(target_arch = "wasm32"))]
fn ask_to_close(
    walls: Query<Entity, With<WallWindow>>,
    mut requests: MessageWriter<bevy::window::WindowCloseRequested>,
) {
    requests.write_batch(
        walls
            .iter()
            .map(|window| bevy::window::WindowCloseRequested { window }),
    );
}

/// Whoever closed the wall's window: everything is in the table's again.
fn take_down(
    gone: On<Remove, WallWindow>,
    walls: Query<&WallWindow>,
    cameras: Query<(Entity, &WallCamera)>,
    mut commands: Commands,
    mut surface: ResMut<DrawSurface>,
    mut closed: ResMut<Closed>,
) {
    let monitor = walls.get(gone.entity).ok().and_then(|wall| wall.monitor);
    closed.0 = Some((monitor, Instant::now()));
    for (camera, of) in &cameras {
        if of.0 == gone.entity {
            commands.entity(camera).despawn();
        }
    }
    surface.part = Part::Whole;
}

/// While the scene is on the wall, the table's camera sees the backdrop alone.
fn see_part(
    mut commands: Commands,
    surface: Res<DrawSurface>,
    cameras: Query<Entity, (With<SceneCamera>, Without<WallCamera>)>,
) {
    if !surface.is_changed() {
        return;
    }
    let layers = match surface.part {
        Part::Table => RenderLayers::layer(TABLE_LAYER),
        Part::Whole | Part::Wall => RenderLayers::default(),
    };
    for camera in &cameras {
        commands.entity(camera).insert(layers.clone());
    }
}

/// A screen, as far as choosing goes.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    monitor: Entity,
    name: String,
    /// Left and top in pixels of the desktop.
    place: [i32; 2],
    is_main: bool,
}

impl Found {
    fn new((entity, monitor, is_main): (Entity, &Monitor, bool)) -> Self {
        Self {
            monitor: entity,
            name: monitor.name.clone().unwrap_or_default(),
            place: monitor.physical_position.to_array(),
            is_main,
        }
    }
}

/// The table's screen and the wall's. A wall whose screen is not there has none, whatever else is.
fn choose(screens: &Screens, found: &[Found]) -> [Option<Entity>; 2] {
    let mut found: Vec<&Found> = found.iter().collect();
    found.sort_by_key(|screen| screen.place);
    let named = |wanted: &str| {
        let wanted = wanted.to_lowercase();
        let screen = match wanted.parse::<usize>() {
            Ok(number) => found.get(number.checked_sub(1)?),
            Err(_) => found
                .iter()
                .find(|screen| screen.name.to_lowercase().contains(&wanted)),
        };
        screen.map(|screen| screen.monitor)
    };
    let asked = |wanted: &str| {
        if wanted.is_empty() {
            None
        } else {
            named(wanted)
        }
    };
    let wall = asked(&screens.wall);
    let mut others: Vec<&&Found> = found
        .iter()
        .filter(|screen| Some(screen.monitor) != wall)
        .collect();
    others.sort_by_key(|screen| !screen.is_main);
    let table = asked(&screens.table)
        .or(others.first().map(|screen| screen.monitor))
        .or(wall);
    let wall = if screens.wall.is_empty() {
        let mut rest = found.iter().map(|screen| screen.monitor);
        rest.find(|screen| Some(*screen) != table)
    } else {
        wall.filter(|screen| Some(*screen) != table)
    };
    [table, wall]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(screens: &[(&str, i32, bool)]) -> Vec<Found> {
        let mut world = World::new();
        let screen = |(name, left, is_main): &(&str, i32, bool)| Found {
            monitor: world.spawn_empty().id(),
            name: (*name).into(),
            place: [*left, 0],
            is_main: *is_main,
        };
        screens.iter().map(screen).collect()
    }

    /// The names of the table's screen and the wall's.
    fn chosen<'a>(table: &str, wall: &str, found: &'a [Found]) -> [&'a str; 2] {
        let screens = Screens {
            table: table.into(),
            wall: wall.into(),
            full: true,
        };
        choose(&screens, found).map(|monitor| {
            let screen = found.iter().find(|screen| Some(screen.monitor) == monitor);
            screen.map_or("", |screen| screen.name.as_str())
        })
    }

    #[test]
    fn screens_are_told_by_number_from_the_left_or_by_name() {
        let two = found(&[("HDMI-1", 1920, false), ("eDP-1", 0, true)]);
        assert_eq!(chosen("", "", &two), ["eDP-1", "HDMI-1"]);
        assert_eq!(chosen("2", "1", &two), ["HDMI-1", "eDP-1"]);
        assert_eq!(chosen("hdmi", "", &two), ["HDMI-1", "eDP-1"]);
        assert_eq!(chosen("", "edp", &two), ["HDMI-1", "eDP-1"]);
    }

    #[test]
    fn a_table_is_always_there_and_a_wall_where_its_screen_is() {
        let one = found(&[("eDP-1", 0, true)]);
        assert_eq!(chosen("", "", &one), ["eDP-1", ""]);
        assert_eq!(chosen("", "HDMI", &one), ["eDP-1", ""]);
        assert_eq!(chosen("HDMI", "eDP", &one), ["eDP-1", ""]);
        assert_eq!(chosen("3", "2", &one), ["eDP-1", ""]);
        assert_eq!(chosen("", "", &[]), ["", ""]);
        let two = found(&[("eDP-1", 0, true), ("HDMI-1", 1920, false)]);
        assert_eq!(chosen("", "DP-7", &two), ["eDP-1", ""]);
        assert_eq!(chosen("1", "1", &two), ["eDP-1", ""]);
    }
}

//! Everything flat: egui panels around the stage. A panel is a function that takes state and returns what the person
//! wants; this file lays the panels out and carries the wishes out.

mod answers;
mod filters;
mod inspect;
mod keys;
mod layout;
mod marks;
mod more;
mod pad_panel;
mod stage;
#[cfg(not(target_arch = "wasm32"))]
mod state_file;
pub mod theme;
mod timing;
mod visitor;

use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, ShownNetworks},
    inspector::Inspector,
    outside,
    pad::{Pad, PadCanvas, PadCommand},
    share::SharedState,
    view::{Motion, OrbitCamera, Preset, SelectedCell, Selection, Stage, Towers},
    visitor::Visitor,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, EguiTextureHandle, egui};
use layout::Places;
use std::collections::BTreeMap;

pub use answers::BarHeights;
pub use pad_panel::pad_rect_of;

pub fn plugin(app: &mut App) {
    app.init_resource::<PanelState>()
        .add_systems(EguiPrimaryContextPass, show_panels);
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins(state_file::plugin);
}

/// What the panels remember.
#[derive(Resource, Default)]
pub struct PanelState {
    themed: bool,
    bars: BarHeights,
    /// The chart of inference times is open.
    pub timing_folded: bool,
    /// The flat feature maps are open, and of which row.
    pub maps: Option<(usize, usize)>,
    /// The small image of the network's input and what it shows.
    input_texture: Option<(egui::TextureHandle, Vec<u8>)>,
    map_textures: filters::MapTextures,
    /// The last thing that went wrong, for the person.
    pub message: Option<String>,
    pub help: bool,
    /// What a small window folds away is open.
    pub more: bool,
    /// The sheet about the visitor's own network is open.
    pub own_network: bool,
    /// Where the pad is, for tests and scripts: logical pixels of the window.
    pub pad_rect: Option<Rect>,
    /// The same of the controls that are there, by name.
    pub controls: BTreeMap<&'static str, Rect>,
}

impl PanelState {
    /// Lets go of all that is about the networks from this place on: others stand there now.
    pub fn forget_from(&mut self, place: usize) {
        self.maps = self.maps.filter(|(network, _)| *network < place);
        self.map_textures = filters::MapTextures::default();
    }
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    Pad(PadCommand),
    Save,
    Load,
    SavePicture,
    Share,
    /// Open or close what a small window folds away.
    More,
    Show(ShownNetworks),
    Continuous(bool),
    View(Preset),
    Orbit {
        yaw: f32,
        pitch: f32,
    },
    Pan {
        right: f32,
        up: f32,
    },
    Zoom(f32),
    FlyTo(SelectedCell),
    Hover(Option<SelectedCell>),
    Select(Option<SelectedCell>),
    Step {
        x: isize,
        y: isize,
        channel: isize,
    },
    Slow(Option<f32>),
    Play(bool),
    ReducedMotion(bool),
    Edges(bool),
    EdgeCount(usize),
    FoldTiming(bool),
    Maps(Option<(usize, usize)>),
    Help(bool),
    /// Open or close the sheet about the visitor's own network.
    OwnNetwork(bool),
    /// Choose the files of a network, in the page.
    ChooseNetwork,
    RemoveNetwork,
    Dismiss,
}

/// All that the panels read and change.
#[derive(SystemParam)]
struct World<'w, 's> {
    commands: Commands<'w, 's>,
    pad: ResMut<'w, Pad>,
    canvas: ResMut<'w, PadCanvas>,
    networks: Option<ResMut<'w, Networks>>,
    settings: ResMut<'w, InferenceSettings>,
    camera: ResMut<'w, OrbitCamera>,
    motion: ResMut<'w, Motion>,
    selection: ResMut<'w, Selection>,
    inspector: ResMut<'w, Inspector>,
    towers: Res<'w, Towers>,
    stage: ResMut<'w, Stage>,
    state: ResMut<'w, PanelState>,
    visitor: ResMut<'w, Visitor>,
    gpu: Option<Res<'w, SharedGpu>>,
}

fn show_panels(mut contexts: EguiContexts, mut world: World) -> Result {
    let canvas = contexts.add_image(EguiTextureHandle::Strong(world.canvas.image.clone()));
    let context = contexts.ctx_mut()?.clone();
    if !world.state.themed {
        theme::apply(&context);
        world.state.themed = true;
    }
    // On a large window, or a projector, everything is larger, so that it reads from afar.
    let zoom = layout::zoom_for(context.viewport_rect().size() * context.zoom_factor());
    if context.zoom_factor() != zoom {
        context.set_zoom_factor(zoom);
    }
    let scale = context.pixels_per_point();
    let places = Places::for_window(context.viewport_rect());
    // The scene keeps to what the inspector leaves free.
    let mut free = places.stage;
    if world.inspector.selected.is_some() && !places.compact {
        free.max.y -= inspect::HEIGHT;
    }
    world.stage.rect = to_bevy(free);
    world.stage.scale_factor = scale;
    world.stage.labels = !places.compact;

    let mut root = egui::Ui::new(
        context.clone(),
        "root".into(),
        egui::UiBuilder::new()
            .layer_id(egui::LayerId::background())
            .max_rect(context.viewport_rect()),
    );
    let mut wishes = Vec::new();
    keys::read_keys(
        &context,
        &world.pad,
        &world.selection,
        &world.motion,
        &world.settings,
        world.networks.as_ref().map_or(0, |n| n.all.len()),
        world.inspector.edge_count,
        world.state.timing_folded,
        &mut wishes,
    );
    let pad_rect = pad_panel::pad_panel_ui(
        &mut root,
        places.pad,
        places.compact,
        &world.pad,
        canvas,
        &mut world.state.input_texture,
        world.inspector.receptive_field(),
        &mut wishes,
    );
    world.canvas.wanted_side = (pad_rect.width() * scale).round() as u32;
    world.state.pad_rect = Some(to_bevy(pad_rect * zoom));
    if let Some(networks) = &world.networks {
        let state = &mut *world.state;
        answers::answers_ui(
            &mut root,
            places.answers,
            places.compact,
            networks,
            &world.settings,
            &mut state.bars,
            state.timing_folded,
            world.gpu.as_deref(),
            &mut wishes,
        );
        stage::stage_ui(
            &mut root,
            places.stage,
            places.compact,
            &world.stage,
            networks,
            &world.towers,
            &world.camera,
            &world.motion,
            &world.selection,
            &world.inspector,
            state,
            world.visitor.refusal.is_some(),
            &mut wishes,
        );
        if state.more {
            more::more_ui(
                &root,
                context.viewport_rect(),
                &world.pad,
                networks,
                world.settings.shown,
                &world.motion,
                &mut state.input_texture,
                &mut wishes,
            );
        }
    }
    if let Some(networks) = &world.networks
        && (world.state.own_network || world.visitor.refusal.is_some())
    {
        let window = context.viewport_rect();
        visitor::visitor_ui(&root, window, &world.visitor, networks, &mut wishes);
    }
    if world.visitor.dragging {
        visitor::drop_hint(&context);
    }
    let marks = marks::take(&context);
    let marks = marks
        .into_iter()
        .map(|(name, rect)| (name, to_bevy(rect * zoom)));
    world.state.controls = marks.collect();
    world.inspector.maps_of = world.state.maps.map(|(network, _)| network);
    for wish in wishes {
        carry_out(&mut world, wish);
    }
    Ok(())
}

fn to_bevy(rect: egui::Rect) -> Rect {
    Rect::new(rect.min.x, rect.min.y, rect.max.x, rect.max.y)
}

fn carry_out(world: &mut World<'_, '_>, wish: Wish) {
    match wish {
        Wish::Pad(command) => world.pad.apply(command),
        Wish::Save => {
            let strokes = world.pad.drawing().strokes();
            world.state.message = outside::save_strokes(strokes);
        }
        Wish::Load => match outside::load_strokes() {
            Ok(Some(strokes)) => world.pad.apply(PadCommand::Load(strokes)),
            Ok(None) => {}
            Err(message) => world.state.message = Some(message),
        },
        Wish::More => world.state.more = !world.state.more,
        Wish::SavePicture => outside::save_picture(&mut world.commands),
        Wish::Share => {
            if let Some(networks) = &world.networks {
                let state = SharedState::of_app(
                    networks,
                    &world.settings,
                    &world.pad,
                    &world.camera,
                    &world.motion,
                    &world.inspector,
                    true,
                );
                world.state.message = outside::share(&state);
            }
        }
        Wish::Show(shown) => {
            world.settings.shown = shown;
            world.selection.cell = None;
            world.state.maps = None;
        }
        Wish::Continuous(on) => world.settings.continuous = on,
        Wish::View(preset) => world.camera.show(preset),
        Wish::Orbit { yaw, pitch } => world.camera.orbit(yaw, pitch),
        Wish::Pan { right, up } => world.camera.pan(right, up),
        Wish::Zoom(factor) => world.camera.zoom(factor),
        Wish::FlyTo(selected) => {
            let (target, size) = world.towers.all[selected.network].view_of(selected.cell);
            world.camera.fly_to(target, size);
        }
        Wish::Hover(cell) => world.selection.hovered = cell,
        Wish::Select(cell) => {
            world.selection.cell = cell;
            if let (Some(cell), Some(_)) = (cell, world.state.maps) {
                world.state.maps = Some((cell.network, cell.cell.row));
            }
        }
        Wish::Step { x, y, channel } => {
            if let (Some(selected), Some(networks)) = (&mut world.selection.cell, &world.networks) {
                let layout = &networks.all[selected.network].layout;
                let [channels, height, width] = layout.shape(selected.cell.row);
                let step = |value: usize, by: isize, size: usize| {
                    value.saturating_add_signed(by).min(size - 1)
                };
                let cell = &mut selected.cell;
                if [height, width] == [1, 1] {
                    cell.channel = step(cell.channel, x + channel, channels);
                } else {
                    cell.x = step(cell.x, x, width);
                    cell.y = step(cell.y, y, height);
                    cell.channel = step(cell.channel, channel, channels);
                }
            }
        }
        Wish::Slow(share) => {
            world.motion.slow = share;
        }
        Wish::Play(playing) => world.motion.playing = playing,
        Wish::ReducedMotion(reduced) => world.motion.reduced = reduced,
        Wish::Edges(on) => world.inspector.edges = on,
        Wish::EdgeCount(count) => world.inspector.edge_count = count,
        Wish::FoldTiming(folded) => world.state.timing_folded = folded,
        Wish::Maps(maps) => world.state.maps = maps,
        Wish::Help(open) => world.state.help = open,
        Wish::OwnNetwork(open) => {
            world.state.own_network = open;
            world.state.more = false;
            world.visitor.refusal = None;
        }
        Wish::ChooseNetwork => outside::choose_network(),
        Wish::RemoveNetwork => world.visitor.remove(),
        Wish::Dismiss => world.state.message = None,
    }
}

//! Everything flat: egui panels around the stage. A panel is a function that takes what there is to see ([`Look`]) and
//! returns what the person wants as actions; this file lays the panels out.

mod answers;
mod filters;
mod inspect;
mod keys;
mod layout;
mod marks;
mod more;
mod overlay;
mod own_network;
mod pad_panel;
mod stage;
pub mod theme;
mod timing;

use crate::{
    actions::{Action, ActionSystems, Screen},
    gpu::SharedGpu,
    inference::{InferenceSettings, Network, Networks, ReadingItem},
    inspector::{Explained, Inspection, InspectorSettings},
    own_network::OwnNetwork,
    pad::{Pad, PadCanvas},
    rest::NextFrame,
    view::{Motion, OrbitCamera, Selection, Stage, TowerItem, Towers},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, EguiTextureHandle, egui};
use layout::Places;
use std::collections::BTreeMap;

pub use answers::Bars;
pub use pad_panel::pad_rect_of;

/// Shows the panels.
pub fn plugin(app: &mut App) {
    app.init_resource::<Memory>()
        .init_resource::<Controls>()
        .add_observer(forget_textures)
        .add_observer(answers::add_bars)
        .add_systems(EguiPrimaryContextPass, show_panels)
        .configure_sets(
            PostUpdate,
            ActionSystems.after(bevy_egui::EguiPostUpdateSet::EndPass),
        );
}

/// Where the pad and the controls are, for tests and scripts: logical pixels of the window.
#[derive(Resource, Debug, Default, PartialEq)]
pub struct Controls {
    /// The pad's square.
    pub pad: Option<Rect>,
    /// The controls that are there, by name.
    pub places: BTreeMap<&'static str, Rect>,
}

/// What the panels keep from frame to frame.
#[derive(Resource, Default)]
struct Memory {
    themed: bool,
    /// The small image of the networks' input and what it shows.
    input_texture: Option<(egui::TextureHandle, Vec<u8>)>,
    map_textures: filters::MapTextures,
}

fn forget_textures(_: On<Remove, Network>, mut memory: ResMut<Memory>) {
    memory.map_textures = filters::MapTextures::default();
}

/// All that there is to see in a frame.
pub(crate) struct Look<'a> {
    /// All networks, in order.
    pub networks: &'a [ReadingItem<'a, 'a>],
    pub towers: &'a [TowerItem<'a, 'a>],
    pub inspections: &'a Query<'a, 'a, &'static Inspection>,
    pub bars: &'a Query<'a, 'a, &'static Bars>,
    pub pad: &'a Pad,
    pub settings: &'a InferenceSettings,
    pub camera: &'a OrbitCamera,
    pub motion: &'a Motion,
    pub selection: &'a Selection,
    pub inspector: &'a InspectorSettings,
    pub stage: &'a Stage,
    pub screen: &'a Screen,
    pub own: &'a OwnNetwork,
    pub gpu: Option<&'a SharedGpu>,
    /// A phone held upright.
    pub compact: bool,
}

impl<'a> Look<'a> {
    /// The networks that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &'a ReadingItem<'a, 'a>> + use<'a> {
        self.networks.iter().filter(|reading| reading.shown)
    }

    /// The network of this entity.
    pub fn network(&self, entity: Entity) -> Option<&'a ReadingItem<'a, 'a>> {
        self.networks
            .iter()
            .find(|reading| reading.entity == entity)
    }

    /// The network that a person brought.
    pub fn own_network(&self) -> Option<&'a ReadingItem<'a, 'a>> {
        self.networks
            .iter()
            .find(|reading| reading.network.is_own())
    }

    /// What is known of a network's arithmetic.
    pub fn inspection(&self, network: Entity) -> Option<&Inspection> {
        self.inspections.get(network).ok()
    }

    /// The arithmetic of the selected cell, once it is known.
    pub fn explained(&self) -> Option<&Explained> {
        let inspection = self.inspection(self.selection.cell?.network)?;
        inspection.selected(self.selection)
    }

    /// What the selected cell sees of the image: `[y0, x0, y1, x1]`.
    pub fn receptive_field(&self) -> Option<[usize; 4]> {
        self.inspection(self.selection.cell?.network)?
            .receptive_field
    }
}

/// All that the panels read.
#[derive(SystemParam)]
struct Seen<'w, 's> {
    networks: Networks<'w, 's>,
    towers: Towers<'w, 's>,
    inspections: Query<'w, 's, &'static Inspection>,
    pad: Res<'w, Pad>,
    settings: Res<'w, InferenceSettings>,
    camera: Res<'w, OrbitCamera>,
    motion: Res<'w, Motion>,
    selection: Res<'w, Selection>,
    inspector: Res<'w, InspectorSettings>,
    screen: Res<'w, Screen>,
    own: Res<'w, OwnNetwork>,
    gpu: Option<Res<'w, SharedGpu>>,
}

/// What the panels tell the rest of the app beside actions.
#[derive(SystemParam)]
struct Told<'w, 's> {
    bars: Query<'w, 's, &'static mut Bars>,
    canvas: ResMut<'w, PadCanvas>,
    stage: ResMut<'w, Stage>,
    controls: ResMut<'w, Controls>,
    memory: ResMut<'w, Memory>,
    actions: MessageWriter<'w, Action>,
    next: Res<'w, NextFrame>,
}

fn show_panels(mut contexts: EguiContexts, seen: Seen, mut told: Told) -> Result {
    let canvas = contexts.add_image(EguiTextureHandle::Strong(told.canvas.image.clone()));
    let context = contexts.ctx_mut()?.clone();
    if !told.memory.themed {
        theme::apply(&context);
        told.memory.themed = true;
    }
    // On a large window, or a projector, everything is larger, so that it reads from afar.
    let zoom = layout::zoom_for(context.viewport_rect().size() * context.zoom_factor());
    if context.zoom_factor() != zoom {
        context.set_zoom_factor(zoom);
    }
    let scale = context.pixels_per_point();
    let window = context.viewport_rect();
    let places = Places::for_window(window);
    // The scene keeps to what the inspector leaves free.
    let mut free = places.stage;
    let is_explained = seen.selection.cell.is_some();
    if is_explained && !places.compact {
        free.max.y -= inspect::HEIGHT;
    }
    let stage = Stage {
        rect: to_bevy(free),
        scale_factor: scale,
        labels: !places.compact,
    };
    told.stage.set_if_neq(stage);

    let networks = seen.networks.all();
    let towers = seen.towers.all();
    let seconds = context.input(|input| input.stable_dt).min(0.1);
    for reading in &networks {
        if let Ok(mut bars) = told.bars.get_mut(reading.entity) {
            let goal = answers::bar_goal(reading);
            told.next
                .ask_if(answers::advance_bars(&mut bars, &goal, seconds));
        }
    }
    let bars = told.bars.as_readonly();
    let look = Look {
        networks: &networks,
        towers: &towers,
        inspections: &seen.inspections,
        bars: &bars,
        pad: &seen.pad,
        settings: &seen.settings,
        camera: &seen.camera,
        motion: &seen.motion,
        selection: &seen.selection,
        inspector: &seen.inspector,
        stage: &told.stage,
        screen: &seen.screen,
        own: &seen.own,
        gpu: seen.gpu.as_deref(),
        compact: places.compact,
    };
    let memory = &mut *told.memory;
    let mut root = egui::Ui::new(
        context.clone(),
        "root".into(),
        egui::UiBuilder::new()
            .layer_id(egui::LayerId::background())
            .max_rect(window),
    );
    let mut actions = keys::read_keys(&context);
    let pad_rect = pad_panel::pad_panel_ui(
        &mut root,
        places.pad,
        &look,
        canvas,
        &mut memory.input_texture,
        &mut actions,
    );
    answers::answers_ui(&mut root, places.answers, &look, &mut actions);
    stage::stage_ui(
        &mut root,
        places.stage,
        &look,
        &mut memory.map_textures,
        &mut actions,
    );
    if look.screen.more {
        more::more_ui(
            &root,
            window,
            &look,
            &mut memory.input_texture,
            &mut actions,
        );
    }
    if look.screen.own_network || look.own.refusal.is_some() {
        own_network::own_network_ui(&root, window, &look, &mut actions);
    }
    if look.own.dragging {
        own_network::drop_hint(&context);
    }
    let side = (pad_rect.width() * scale).round() as u32;
    if told.canvas.wanted_side != side {
        told.canvas.wanted_side = side;
    }
    let marks = marks::take(&context).into_iter();
    told.controls.set_if_neq(Controls {
        pad: Some(to_bevy(pad_rect * zoom)),
        places: marks
            .map(|(name, rect)| (name, to_bevy(rect * zoom)))
            .collect(),
    });
    told.actions.write_batch(actions);
    Ok(())
}

fn to_bevy(rect: egui::Rect) -> Rect {
    Rect::new(rect.min.x, rect.min.y, rect.max.x, rect.max.y)
}

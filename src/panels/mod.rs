//! Everything flat: what egui paints at the places of the composition. A panel is a function that takes what there is to see
//! (`Look`) and returns what the person wants as actions; this file composes the window and lays the panels out.

mod announce;
mod answer;
mod bars;
mod challenge;
mod exhibit;
mod explain;
#[cfg(test)]
mod fits;
mod header;
mod icons;
mod keys;
mod labels;
mod layer;
mod layout;
mod marks;
mod numbers;
mod overlay;
mod own_network;
mod pad_panel;
mod portraits;
mod scene;
mod school;
mod sheets;
mod strip;
mod swipe;
pub mod theme;
mod tiles;
mod tour;
mod ways;
mod why;

pub use answer::{Told, Voice, tell};
pub use bars::Bars;

use crate::{
    access::Access,
    actions::{Action, ActionSystems, Screen},
    alike::Neighbours,
    attribution::Attribution,
    composition::{self, Mode, Part, Shape},
    exhibit::Exhibit,
    gallery::Gallery,
    gpu::SharedGpu,
    guide::Guide,
    inference::{InferenceSettings, Network, Networks, ReadingItem, WeightsCame},
    inspector::{Explained, Inspection, InspectorSettings},
    own_network::OwnNetwork,
    pad::{Pad, PadCanvas},
    rest::NextFrame,
    school::{BoardPage, Pupil, School, Wobble},
    view::{
        Composed, DrawSurface, LaneItem, Lanes, Motion, OrbitCamera, Selection, wall::WallPass,
    },
    why::WhyPage,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{
    EguiContext, EguiContexts, EguiPrimaryContextPass, EguiTextureHandle, EguiUserTextures,
    PrimaryEguiContext, egui,
};
use std::collections::BTreeMap;

/// Shows the panels.
pub fn plugin(app: &mut App) {
    app.init_resource::<Memories>()
        .init_resource::<Controls>()
        .add_observer(forget_textures)
        .add_observer(forget_pictures)
        .add_observer(bars::add_bars)
        .add_systems(EguiPrimaryContextPass, show_panels)
        .add_systems(WallPass, show_wall)
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
#[derive(Default)]
struct Memory {
    /// The small image of the networks' input and what it shows.
    input_texture: Option<(egui::TextureHandle, Vec<u8>)>,
    portraits: portraits::Portraits,
    pictures: challenge::Pictures,
    film: school::Film,
    why: why::Memory,
}

/// A texture is one window's: what the app's own window keeps, and the wall's.
#[derive(Resource, Default)]
struct Memories([Memory; 2]);

impl Memories {
    fn forget(&mut self) {
        for memory in &mut self.0 {
            memory.portraits = portraits::Portraits::default();
        }
    }
}

/// Learned weights look otherwise than those before.
fn forget_pictures(_: On<WeightsCame>, mut memories: ResMut<Memories>) {
    memories.forget();
}

fn forget_textures(_: On<Remove, Network>, mut memories: ResMut<Memories>) {
    memories.forget();
}

/// All that there is to see in a frame.
pub(crate) struct Look<'a> {
    /// All networks, in order.
    pub networks: &'a [ReadingItem<'a, 'a>],
    pub lanes: &'a [LaneItem<'a, 'a>],
    pub inspections: &'a Query<'a, 'a, &'static Inspection>,
    pub bars: &'a Query<'a, 'a, &'static Bars>,
    pub pad: &'a Pad,
    pub settings: &'a InferenceSettings,
    pub camera: &'a OrbitCamera,
    pub motion: &'a Motion,
    pub selection: &'a Selection,
    pub inspector: &'a InspectorSettings,
    pub composed: &'a Composed,
    pub screen: &'a Screen,
    /// The open page of an answer's explanation.
    pub why: WhyPage,
    /// Digits like the drawing.
    pub neighbours: &'a Neighbours<'a, 'a>,
    pub access: &'a Access,
    pub own: &'a OwnNetwork,
    pub gpu: Option<&'a SharedGpu>,
    /// Where the networks learn.
    pub school: &'a School,
    pub pupils: &'a Query<'a, 'a, &'static Pupil>,
    pub wobbles: &'a Query<'a, 'a, &'static Wobble>,
    /// What strokes did.
    pub attributions: &'a Query<'a, 'a, &'static Attribution>,
    /// The guided tour.
    pub guide: &'a Guide,
    /// The best drawings of the challenges.
    pub gallery: &'a Gallery,
    /// Where this is an exhibit.
    pub exhibit: Option<&'a Exhibit>,
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
    lanes: Lanes<'w, 's>,
    inspections: Query<'w, 's, &'static Inspection>,
    pad: Res<'w, Pad>,
    settings: Res<'w, InferenceSettings>,
    camera: Res<'w, OrbitCamera>,
    motion: Res<'w, Motion>,
    selection: Res<'w, Selection>,
    inspector: Res<'w, InspectorSettings>,
    screen: Res<'w, Screen>,
    why: Res<'w, WhyPage>,
    neighbours: Neighbours<'w, 's>,
    access: Res<'w, Access>,
    own: Res<'w, OwnNetwork>,
    gpu: Option<Res<'w, SharedGpu>>,
    guide: Res<'w, Guide>,
    gallery: Res<'w, Gallery>,
    school: Res<'w, School>,
    pupils: Query<'w, 's, &'static Pupil>,
    wobbles: Query<'w, 's, &'static Wobble>,
    attributions: Query<'w, 's, &'static Attribution>,
    exhibit: Option<Res<'w, Exhibit>>,
    surface: Res<'w, DrawSurface>,
}

/// What the panels tell the rest of the app beside actions.
#[derive(SystemParam)]
struct Written<'w, 's> {
    bars: Query<'w, 's, &'static mut Bars>,
    canvas: ResMut<'w, PadCanvas>,
    composed: ResMut<'w, Composed>,
    controls: ResMut<'w, Controls>,
    memories: ResMut<'w, Memories>,
    actions: MessageWriter<'w, Action>,
    next: Res<'w, NextFrame>,
}

fn show_panels(mut contexts: EguiContexts, seen: Seen, written: Written) -> Result {
    let canvas = contexts.add_image(EguiTextureHandle::Strong(written.canvas.image.clone()));
    let context = contexts.ctx_mut()?.clone();
    let part = seen.surface.part;
    panels_ui(&context, canvas, (part, false), &seen, written);
    Ok(())
}

/// The second window.
fn show_wall(
    mut textures: ResMut<EguiUserTextures>,
    mut contexts: Query<&mut EguiContext, Without<PrimaryEguiContext>>,
    seen: Seen,
    written: Written,
) -> Result {
    let canvas = textures.add_image(EguiTextureHandle::Strong(written.canvas.image.clone()));
    let context = contexts.single_mut()?.get_mut().clone();
    panels_ui(&context, canvas, (Part::Wall, true), &seen, written);
    Ok(())
}

/// Shows the panels in an egui context of somebody else's, such as a test's.
pub fn show_in(world: &mut World, context: &egui::Context) {
    let shown = world.run_system_cached_with(show_here, context.clone());
    shown.expect("all that the panels read is there");
}

fn show_here(context: In<egui::Context>, seen: Seen, written: Written) {
    let part = seen.surface.part;
    panels_ui(
        &context,
        egui::TextureId::default(),
        (part, false),
        &seen,
        written,
    );
}

/// Shows this part of the picture, which may be the second window's.
fn panels_ui(
    context: &egui::Context,
    canvas: egui::TextureId,
    (part, is_second): (Part, bool),
    seen: &Seen<'_, '_>,
    mut written: Written<'_, '_>,
) {
    let themed = egui::Id::new("themed");
    let before = context.data(|data| data.get_temp::<(f32, bool)>(themed));
    let wanted = (seen.access.text_scale(), seen.access.high_contrast);
    theme::set_high_contrast(wanted.1);
    if before.is_none() {
        theme::apply(context);
    }
    if before != Some(wanted) {
        theme::restyle(context, wanted.0);
        context.data_mut(|data| data.insert_temp(themed, wanted));
    }
    if before.is_none() {
        // A new wall knows nothing of what the one before kept.
        written.memories.0[usize::from(is_second)] = Memory::default();
        // Fonts are there from the next frame on.
        written.next.ask();
        return;
    }
    let zoom = layout::zoom_for(context.viewport_rect().size() * context.zoom_factor());
    if context.zoom_factor() != zoom {
        context.set_zoom_factor(zoom);
    }
    let scale = context.pixels_per_point();
    let window = context.viewport_rect();
    let networks = seen.networks.all();
    let lanes = seen.lanes.all();
    let seconds = context.input(|input| input.stable_dt).min(0.1);
    // Once a frame is enough.
    for reading in networks.iter().filter(|_| !is_second) {
        if let Ok(mut bars) = written.bars.get_mut(reading.entity) {
            let goal = bars::goal_of(reading);
            let moving = bars::advance(&mut bars, &goal, seconds);
            written.next.ask_if(moving);
        }
    }
    let bars = written.bars.as_readonly();
    // What is told decides which tiles are large, and so the composition.
    let mut look = Look {
        networks: &networks,
        lanes: &lanes,
        inspections: &seen.inspections,
        bars: &bars,
        pad: &seen.pad,
        settings: &seen.settings,
        camera: &seen.camera,
        motion: &seen.motion,
        selection: &seen.selection,
        inspector: &seen.inspector,
        composed: &Composed::default(),
        screen: &seen.screen,
        why: *seen.why,
        neighbours: &seen.neighbours,
        access: &seen.access,
        own: &seen.own,
        gpu: seen.gpu.as_deref(),
        guide: &seen.guide,
        gallery: &seen.gallery,
        school: &seen.school,
        pupils: &seen.pupils,
        wobbles: &seen.wobbles,
        attributions: &seen.attributions,
        exhibit: seen.exhibit.as_deref(),
    };
    let told = Told::of(&look, reason(&seen.pad));
    let composed = compose(&look, &told, part, [window.width(), window.height()], scale);
    // The scene stands where the networks are.
    if part != Part::Table && composed_differs(&written.composed, &composed) {
        *written.composed = composed.clone();
        written.next.ask();
    }
    look.composed = &composed;

    let memory = &mut written.memories.0[usize::from(is_second)];
    let mut root = egui::Ui::new(
        context.clone(),
        "root".into(),
        egui::UiBuilder::new()
            .layer_id(egui::LayerId::background())
            .max_rect(window),
    );
    context.accesskit_node_builder(egui::accesskit_root_id(), |node| node.set_label("Mnistify"));
    let names = look.school.is_open && look.school.page == BoardPage::Yours;
    let mut actions = keys::read_keys(context, names);
    // Who goes through everything in its order meets the pad first.
    pad_panel::pad_ui(
        &mut root,
        &look,
        canvas,
        &mut memory.input_texture,
        &mut actions,
    );
    if part != Part::Table {
        scene::pointer_ui(&root, &look, &mut actions);
        overlay::paint(root.painter(), &look);
        portraits::portraits_ui(&root, &look, &mut memory.portraits);
        layer::layer_ui(&mut root, &look, &told, &mut memory.portraits, &mut actions);
    }
    tiles::tiles_ui(&mut root, &look, &told, &mut actions);
    header::header_ui(&mut root, &look, &told, &mut actions);
    header::foot_ui(&mut root, &look, &mut actions);
    explain::explain_ui(&mut root, &look, &mut memory.why, &mut actions);
    tour::tour_ui(&mut root, &look, &mut actions);
    challenge::challenge_ui(&mut root, &look, &mut memory.pictures, &mut actions);
    school::school_ui(&mut root, &look, &mut memory.film, &mut actions);
    if !is_second {
        announce::announce(context, &look, &told);
    }
    if part != Part::Wall {
        sheets::sheets_ui(&root, &look, &mut actions);
    }
    exhibit::exhibit_ui(&root, &look, &mut actions);

    let marks = marks::take(context).into_iter();
    if !is_second {
        let side = (composed.places.pad.width() * scale).round() as u32;
        if written.canvas.wanted_side != side {
            written.canvas.wanted_side = side;
        }
        let pad = to_egui(composed.places.pad) * zoom;
        written.controls.set_if_neq(Controls {
            pad: Some(to_bevy(pad)),
            places: marks
                .map(|(name, rect)| (name, to_bevy(rect * zoom)))
                .collect(),
        });
    }
    written.actions.write_batch(actions);
}

/// Why nothing can be read of this drawing, where that is known.
fn reason(pad: &Pad) -> Option<&'static str> {
    let ink: f32 = pad.image().as_slice().iter().sum();
    let shapes = pad.drawing().strokes().len();
    if ink < FAINT {
        Some("why-faint")
    } else if shapes > 4 {
        Some("why-several")
    } else {
        None
    }
}

/// Pixels of ink below which a drawing is hardly one: a digit has about 100.
const FAINT: f32 = 18.0;

/// The window's composition: networks with maps first, since they are what there is to see.
fn compose(look: &Look<'_>, told: &Told, part: Part, window: [f32; 2], scale: f32) -> Composed {
    let mut shown: Vec<_> = look.shown().collect();
    let has_maps = |reading: &ReadingItem<'_, '_>| {
        let layout = &reading.network.layout;
        (1..layout.rows()).any(|row| layout.shape(row)[1] * layout.shape(row)[2] > 1)
    };
    shown.sort_by_key(|reading| {
        let is_own = reading.network.is_own();
        (is_own, !has_maps(reading), reading.network.slot())
    });
    let networks: Vec<(Entity, Vec<Shape>)> = shown
        .iter()
        .map(|reading| {
            let layout = &reading.network.layout;
            let rows = (0..layout.rows()).map(|row| layout.shape(row)).collect();
            (reading.entity, rows)
        })
        .collect();
    let explained = look.selection.cell.map(|cell| cell.network);
    let hand = part != Part::Wall;
    let mode = Mode {
        part,
        winners: told
            .winners
            .iter()
            .copied()
            .filter(|class| *class < 10)
            .collect(),
        explain: explained
            .and_then(|network| networks.iter().position(|(entity, _)| *entity == network)),
        open: look.screen.maps.and_then(|(network, row)| {
            let place = networks.iter().position(|(entity, _)| *entity == network);
            Some((place?, row))
        }),
        lanes_fill_screen: look.screen.lanes_fill_screen,
        page: page(look, &networks),
        strip: look.screen.tour.is_some() || look.screen.challenge.is_some(),
        school: look.school.is_open,
        reach: look.access.reach && hand,
        text_scale: look.access.text_scale(),
        least_target: look.exhibit.filter(|_| hand).map_or(0.0, |exhibit| {
            composition::target_on(window, exhibit.settings.screen_inches)
        }),
    };
    Composed::new(window, scale, networks, mode)
}

/// The stage that a phone shows: the one that was turned to; in slow motion, the one of its network that the light is in.
fn page(look: &Look<'_>, networks: &[(Entity, Vec<Shape>)]) -> usize {
    let turned_to = look.screen.page;
    let mut first = 0;
    for (_, rows) in networks {
        let hidden = rows.len().saturating_sub(2);
        if turned_to < first + hidden {
            let front = look.motion.slow.and_then(|_| look.motion.front(rows.len()));
            return front.map_or(turned_to, |row| first + (row as usize).clamp(1, hidden) - 1);
        }
        first += hidden;
    }
    turned_to
}

fn composed_differs(now: &Composed, new: &Composed) -> bool {
    now.window != new.window
        || now.scale_factor != new.scale_factor
        || now.mode != new.mode
        || now.networks != new.networks
}

fn to_bevy(rect: egui::Rect) -> Rect {
    Rect::new(rect.min.x, rect.min.y, rect.max.x, rect.max.y)
}

fn to_egui(rect: composition::Rect) -> egui::Rect {
    egui::Rect::from_min_max(rect.min.into(), rect.max.into())
}

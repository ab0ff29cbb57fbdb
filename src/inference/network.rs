//! A network is an entity. What it is stands in [`Network`]; every part of the app hangs its own component on the same
//! entity, and all of them go with it.

use super::{CurrentAnswer, Executor, Timings};
use bevy::{
    ecs::{lifecycle::HookContext, query::QueryData, system::SystemParam, world::DeferredWorld},
    prelude::*,
};
use mnistify_network::{
    Answer, ArenaLayout, CpuNetwork, Model, NetworkSpec, StageKind,
    explain::Cell,
    import::{Known, Note},
};
use std::sync::Arc;

/// What a network is.
#[derive(Component)]
#[component(on_remove = show_the_others)]
pub struct Network {
    name: String,
    slot: usize,
    /// Whether it came with the app or a person brought it.
    pub origin: Origin,
    /// Its architecture and weights.
    pub model: Arc<Model>,
    /// Whether it reads with the weights of `model`; not while it learns, when the GPU alone has them.
    pub is_current: bool,
    /// Where its values lie in the arena.
    pub layout: ArenaLayout,
    /// The framework-free twin: checks the GPU, explains cells, and takes over where there is no GPU.
    pub cpu: Arc<CpuNetwork>,
}

/// Where a network comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the app.
    Shipped,
    /// A person brought it.
    Own {
        /// What had to be assumed about it or was found out.
        notes: Vec<Note>,
        /// How well it reads known digits; none where it was not tried out.
        known: Option<Known>,
    },
    /// It learns in front of the visitor, and stands in the others' places meanwhile.
    Pupil,
}

impl Network {
    pub(super) fn new(model: Model, origin: Origin, name: String, slot: usize) -> Self {
        Self {
            name,
            slot,
            origin,
            layout: ArenaLayout::new(&model.spec),
            cpu: Arc::new(CpuNetwork::new(&model)),
            model: Arc::new(model),
            is_current: true,
        }
    }

    /// What people read, such as `CNN`: short, and unlike the others'.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What links, keys and scripts call it, whichever others there are: the name in small letters.
    pub fn key(&self) -> String {
        self.name.to_lowercase()
    }

    /// Its place in every list of networks, and its hue.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Whether a person brought it.
    pub fn is_own(&self) -> bool {
        matches!(self.origin, Origin::Own { .. })
    }

    /// How well a person's network reads known digits; none where it was not tried out.
    pub fn known(&self) -> Option<Known> {
        match &self.origin {
            Origin::Own { known, .. } => *known,
            Origin::Shipped | Origin::Pupil => None,
        }
    }

    /// Takes in the weights that it reads with by now; of the same architecture, under its own name.
    pub fn replace_weights(&mut self, model: Model) {
        self.cpu = Arc::new(CpuNetwork::new(&model));
        self.model = Arc::new(model);
        self.is_current = true;
    }

    /// Whether this cell is one of its outputs.
    pub fn is_output(&self, cell: Cell) -> bool {
        cell.row + 1 == self.layout.rows()
    }

    /// Whether this cell is an output of a last dense layer, whose sum can be taken apart.
    pub fn is_answer(&self, cell: Cell) -> bool {
        let last = self.layout.stages.last();
        self.is_output(cell)
            && last.is_some_and(|stage| matches!(stage.kind, StageKind::Linear { .. }))
    }

    /// The architecture.
    pub fn spec(&self) -> &NetworkSpec {
        &self.model.spec
    }
}

/// The network reads and is seen.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Shown;

/// All that the app knows about a network's reading.
#[derive(QueryData)]
pub struct Reading {
    /// The network's entity.
    pub entity: Entity,
    /// What it is.
    pub network: &'static Network,
    /// On what it runs.
    pub executor: &'static Executor,
    /// What it says.
    pub answer: &'static CurrentAnswer,
    /// How long that took.
    pub timings: &'static Timings,
    /// Whether it reads and is seen.
    pub shown: Has<Shown>,
}

impl ReadingItem<'_, '_> {
    /// The newest answer; none for a blank pad.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.0.as_ref()
    }
}

/// The networks in the order of their slots.
#[derive(SystemParam)]
pub struct Networks<'w, 's> {
    query: Query<'w, 's, Reading>,
}

impl Networks<'_, '_> {
    /// All of them.
    pub fn all(&self) -> Vec<ReadingItem<'_, '_>> {
        let mut all: Vec<_> = self.query.iter().collect();
        all.sort_by_key(|reading| reading.network.slot);
        all
    }

    /// Those that read and are seen.
    pub fn shown(&self) -> Vec<ReadingItem<'_, '_>> {
        let mut shown = self.all();
        shown.retain(|reading| reading.shown);
        shown
    }

    /// The one of this entity, if it is a network.
    pub fn get(&self, entity: Entity) -> Option<ReadingItem<'_, '_>> {
        self.query.get(entity).ok()
    }

    /// The one of this key.
    pub fn named(&self, key: &str) -> Option<ReadingItem<'_, '_>> {
        let key = key.to_lowercase();
        self.query
            .iter()
            .find(|reading| reading.network.key() == key)
    }

    /// The one that a person brought.
    pub fn own(&self) -> Option<ReadingItem<'_, '_>> {
        self.query.iter().find(|reading| reading.network.is_own())
    }

    /// The only one that is shown, where others are not.
    pub fn only_shown(&self) -> Option<ReadingItem<'_, '_>> {
        let mut shown = self.shown();
        let alone = shown.len() == 1 && self.query.iter().count() > 1;
        shown.pop().filter(|_| alone)
    }
}

/// Where the only network that was shown goes, the others come back.
fn show_the_others(mut world: DeferredWorld, context: HookContext) {
    world.commands().queue(move |world: &mut World| {
        let mut networks = world.query_filtered::<(Entity, Has<Shown>), With<Network>>();
        let left: Vec<(Entity, bool)> = networks
            .iter(world)
            .filter(|(entity, _)| *entity != context.entity)
            .collect();
        if left.iter().all(|(_, shown)| !shown) {
            for (entity, _) in left {
                world.entity_mut(entity).insert(Shown);
            }
        }
    });
}

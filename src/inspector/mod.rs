//! One neuron's arithmetic, kept up to date while the person draws: what the panel and the edges show.
//!
//! The values come from the network's framework-free twin on a task of their own, so that no frame waits for them and
//! nothing but the logits is read back from the GPU. While a newer image is under way the last values stay.

mod heroes;

use crate::{
    AppSystems,
    gpu::{Contribution, Display, Neuron, SharedGpu, TopTerms},
    inference::{CurrentAnswer, Executor, Network, Shown, Traffic},
    pad::Pad,
    rest::NextFrame,
    view::{SelectedCell, Selection},
};
use bevy::{
    ecs::query::QueryData,
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_drawing::Image28;
use mnistify_network::{
    StageKind,
    explain::{Cell, Explanation, Term, explain, receptive_field},
};
use std::sync::Arc;

/// Explains what is selected.
pub fn plugin(app: &mut App) {
    app.init_resource::<InspectorSettings>()
        .add_observer(inspect)
        .add_systems(
            PostUpdate,
            (
                follow_values,
                explain_cells,
                find_ribbons,
                heroes::choose_heroes,
            )
                .chain()
                .after(AppSystems::Infer)
                .before(AppSystems::Present),
        );
}

/// What is to be explained.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct InspectorSettings {
    /// Whether the strongest contributions are drawn as ribbons.
    pub edges: bool,
    /// How many.
    pub edge_count: usize,
}

impl Default for InspectorSettings {
    fn default() -> Self {
        Self {
            edges: true,
            edge_count: 24,
        }
    }
}

/// What is known of one network's arithmetic in this frame.
#[derive(Component, Default)]
pub struct Inspection {
    /// The selected cell's arithmetic, or else the winning output's, where edges are on.
    pub source: Option<Explained>,
    /// The ribbons that are drawn.
    pub ribbons: Option<Ribbons>,
    /// What the selected cell sees of the image: `[y0, x0, y1, x1]`.
    pub receptive_field: Option<[usize; 4]>,
    search: Option<TopTerms>,
    values: Values,
}

/// A cell with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Which cell.
    pub cell: SelectedCell,
    /// How its value comes about.
    pub explanation: Explanation,
}

/// The strongest contributions to a cell, strongest first: of a dense neuron as the GPU found them, of others as the
/// CPU twin did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ribbons {
    /// Which cell.
    pub cell: Cell,
    /// What its sum is made of.
    pub terms: Vec<Contribution>,
}

/// One network's arena as the CPU computes it.
#[derive(Default)]
struct Values {
    /// The image and the arena that belongs to it.
    known: Option<(Image28, Arc<Vec<f32>>)>,
    task: Option<Task<(Image28, Vec<f32>)>>,
    /// Whether `known` is newer than what was explained from it.
    fresh: bool,
}

impl Inspection {
    /// The arithmetic of the selected cell, once it is known.
    pub fn selected(&self, selection: &Selection) -> Option<&Explained> {
        let source = self.source.as_ref()?;
        (Some(source.cell) == selection.cell).then_some(source)
    }

    /// The network's arena, where something of it is being explained.
    pub fn arena(&self) -> Option<&[f32]> {
        let (_, arena) = self.values.known.as_ref()?;
        Some(arena)
    }

    /// Whether values are under way.
    pub fn is_busy(&self) -> bool {
        let searching = self.search.as_ref().is_some_and(TopTerms::is_busy);
        searching || self.values.task.is_some()
    }
}

fn inspect(added: On<Add, Network>, mut commands: Commands) {
    commands.entity(added.entity).insert(Inspection::default());
}

/// A network whose arithmetic may be wanted.
#[derive(QueryData)]
#[query_data(mutable)]
struct Inspected {
    entity: Entity,
    network: &'static Network,
    executor: &'static Executor,
    answer: &'static CurrentAnswer,
    display: Option<&'static Display>,
    shown: Has<Shown>,
    inspection: &'static mut Inspection,
}

impl InspectedItem<'_, '_> {
    /// The cell whose arithmetic is wanted: the selected one, else the winner.
    fn wanted(&self, selection: &Selection, settings: &InspectorSettings) -> Option<SelectedCell> {
        let selected = selection.cell.filter(|cell| cell.network == self.entity);
        let winner = self.answer.0.as_ref().map(|answer| answer.class);
        let output = winner.filter(|_| settings.edges).map(|class| SelectedCell {
            network: self.entity,
            cell: Cell {
                row: self.network.layout.rows() - 1,
                channel: class,
                y: 0,
                x: 0,
            },
        });
        // While it learns, the GPU alone has its weights: nothing can be said of how they make a value.
        let is_current = self.network.is_current;
        selected.or(output).filter(|_| self.shown && is_current)
    }
}

/// Starts and takes in the computation of values that somebody wants to see.
fn follow_values(
    mut networks: Query<Inspected>,
    selection: Res<Selection>,
    settings: Res<InspectorSettings>,
    pad: Res<Pad>,
    next: Res<NextFrame>,
) {
    for mut item in &mut networks {
        let wanted = item.wanted(&selection, &settings).is_some();
        if !wanted && item.inspection.values.task.is_none() {
            continue;
        }
        let current = item.inspection.values.known.as_ref();
        if item.inspection.values.task.is_none()
            && current.is_some_and(|(image, _)| image == pad.image())
        {
            continue;
        }
        next.ask();
        let values = &mut item.inspection.values;
        if let Some(mut task) = values.task.take() {
            match future::block_on(future::poll_once(&mut task)) {
                Some((image, arena)) => {
                    values.known = Some((image, Arc::new(arena)));
                    values.fresh = true;
                }
                None => values.task = Some(task),
            }
        }
        let current = values.known.as_ref().map(|(image, _)| image);
        if wanted && values.task.is_none() && current != Some(pad.image()) {
            let (twin, image) = (item.network.cpu.clone(), pad.image().clone());
            values.task = Some(AsyncComputeTaskPool::get().spawn(async move {
                let arena = twin.forward_arena(image.as_slice());
                (image, arena)
            }));
        }
    }
}

/// Explains the wanted cells anew where the cell or the values changed.
fn explain_cells(
    mut networks: Query<Inspected>,
    selection: Res<Selection>,
    settings: Res<InspectorSettings>,
    next: Res<NextFrame>,
) {
    for mut item in &mut networks {
        let wanted = item.wanted(&selection, &settings);
        let known = item.inspection.source.as_ref().map(|known| known.cell);
        if known == wanted && !item.inspection.values.fresh {
            continue;
        }
        let network = item.network;
        let inspection = item.inspection.as_mut();
        let arena = inspection.values.known.as_ref();
        let source = wanted.zip(arena).map(|(wanted, (_, arena))| Explained {
            cell: wanted,
            explanation: explain(&network.model, &network.layout, arena, wanted.cell),
        });
        next.ask_if(source.is_some() || known.is_some());
        inspection.source = source;
        inspection.values.fresh = false;
    }
    for mut item in &mut networks {
        let selected = selection.cell.filter(|cell| cell.network == item.entity);
        let (model, layout) = (&item.network.model, &item.network.layout);
        let field = selected.map(|selected| receptive_field(model, layout, selected.cell, 0));
        if item.inspection.receptive_field != field {
            item.inspection.receptive_field = field;
        }
    }
}

/// Finds the contributions that the ribbons show.
fn find_ribbons(
    mut networks: Query<Inspected>,
    selection: Res<Selection>,
    settings: Res<InspectorSettings>,
    gpu: Option<Res<SharedGpu>>,
    mut traffic: ResMut<Traffic>,
    next: Res<NextFrame>,
) {
    for mut item in &mut networks {
        let wanted = item.wanted(&selection, &settings);
        let Some(cell) = wanted.filter(|_| settings.edges).map(|wanted| wanted.cell) else {
            if item.inspection.ribbons.is_some() {
                item.inspection.ribbons = None;
            }
            continue;
        };
        let (network, executor) = (item.network, item.executor);
        let arena = item.display.and_then(|display| display.arena());
        let (Some(neuron), Some(arena), Some(gpu)) =
            (dense_neuron(network, cell), arena, gpu.as_deref())
        else {
            let source = item.inspection.source.as_ref();
            let ribbons = source.map(|source| Ribbons {
                cell: source.cell.cell,
                terms: contributions(&source.explanation, settings.edge_count),
            });
            if item.inspection.ribbons != ribbons {
                item.inspection.ribbons = ribbons;
            }
            continue;
        };
        let found = item.inspection.search.as_ref().and_then(TopTerms::take);
        if let Some((place, terms)) = found
            && place == neuron.place
        {
            next.ask();
            item.inspection.ribbons = Some(Ribbons { cell, terms });
        }
        let shown = item.inspection.ribbons.as_ref();
        let wanted_terms = settings.edge_count.min(neuron.weights.len());
        let stale = shown.is_none_or(|r| r.cell != cell || r.terms.len() != wanted_terms);
        // While a forward has not been answered, the inputs may be newer than the shown terms.
        if stale || executor.forwarded || !executor.is_idle() {
            let search = &mut item.inspection.search;
            let search = search.get_or_insert_with(|| TopTerms::new(gpu));
            traffic.bytes_read_back += search.request(gpu, arena, neuron, wanted_terms);
        }
        next.ask_if(item.inspection.is_busy());
    }
}

/// What the GPU needs to know of a dense layer's neuron; none for other cells.
fn dense_neuron(network: &Network, cell: Cell) -> Option<Neuron<'_>> {
    let stage = &network.layout.stages[cell.row.checked_sub(1)?];
    let StageKind::Linear { layer } = stage.kind else {
        return None;
    };
    let inputs = stage.input[0];
    let weights = &network.model.parameter(layer, "weight").values;
    Some(Neuron {
        place: (cell.row, cell.channel),
        first_input: network.layout.offsets[stage.from],
        weights: &weights[cell.channel * inputs..][..inputs],
    })
}

fn contributions(explanation: &Explanation, count: usize) -> Vec<Contribution> {
    let contribution = |term: &Term| Contribution {
        source: term.source,
        product: term.product(),
    };
    let terms = explanation.strongest_terms(count);
    terms.iter().map(contribution).collect()
}

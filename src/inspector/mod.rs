//! One neuron's arithmetic, kept up to date while the person draws: what the panel and the edges show.
//!
//! The values come from the network's framework-free twin on a task of their own, so that no frame waits for them and
//! nothing but the logits is read back from the GPU. While a newer image is under way the last values stay.

use crate::{
    AppSystems,
    gpu::{Contribution, Neuron, SharedGpu, TopTerms},
    inference::{InferenceSettings, Networks},
    pad::Pad,
    view::{SelectedCell, Selection},
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_drawing::Image28;
use mnistify_network::{
    StageKind,
    explain::{Cell, Explanation, Term, explain, receptive_field},
};
use std::sync::Arc;

pub fn plugin(app: &mut App) {
    app.init_resource::<Inspector>().add_systems(
        PostUpdate,
        (follow_values, explain_cells, find_ribbons)
            .chain()
            .after(AppSystems::Infer)
            .before(AppSystems::Present),
    );
}

/// What is explained in this frame.
#[derive(Resource)]
pub struct Inspector {
    /// Whether the strongest contributions are drawn as ribbons.
    pub edges: bool,
    /// How many.
    pub edge_count: usize,
    /// The network whose values are also wanted for the flat maps.
    pub maps_of: Option<usize>,
    /// The selected cell's arithmetic.
    pub selected: Option<Explained>,
    /// For each network the selected cell's arithmetic or else the winning output's, where edges are on.
    pub sources: Vec<Option<Explained>>,
    /// For each network the ribbons that are drawn.
    pub ribbons: Vec<Option<Ribbons>>,
    searches: Vec<Option<TopTerms>>,
    values: Vec<Values>,
    field: Option<[usize; 4]>,
}

/// A cell with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub cell: SelectedCell,
    pub explanation: Explanation,
}

/// The strongest contributions to a cell, strongest first: of a dense neuron as the GPU found them, of others as the
/// CPU twin did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ribbons {
    pub cell: Cell,
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

impl Default for Inspector {
    fn default() -> Self {
        Self {
            edges: true,
            edge_count: 24,
            maps_of: None,
            selected: None,
            sources: Vec::new(),
            ribbons: Vec::new(),
            searches: Vec::new(),
            values: Vec::new(),
            field: None,
        }
    }
}

impl Inspector {
    /// What the selected cell sees of the image: `[y0, x0, y1, x1]`.
    pub fn receptive_field(&self) -> Option<[usize; 4]> {
        self.field
    }

    /// The arena of a network, where something of it is being explained.
    pub fn arena(&self, network: usize) -> Option<&[f32]> {
        let (_, arena) = self.values.get(network)?.known.as_ref()?;
        Some(arena)
    }

    /// Lets go of all that is about the networks from this place on: others stand there now.
    pub fn forget_from(&mut self, place: usize) {
        self.sources.truncate(place);
        self.ribbons.truncate(place);
        self.searches.truncate(place);
        self.values.truncate(place);
        let selected = self.selected.as_ref().map(|selected| selected.cell);
        if selected.is_some_and(|cell| cell.network >= place) {
            self.selected = None;
            self.field = None;
        }
    }

    /// Whether values are under way.
    pub fn is_busy(&self) -> bool {
        let searching = self.searches.iter().flatten().any(TopTerms::is_busy);
        searching || self.values.iter().any(|values| values.task.is_some())
    }

    /// The cell of network `index` whose arithmetic is wanted: the selected one, else the winner.
    fn wanted(
        &self,
        index: usize,
        networks: &Networks,
        selection: &Selection,
        settings: &InferenceSettings,
    ) -> Option<SelectedCell> {
        let network = &networks.all[index];
        let selected = selection.cell.filter(|cell| cell.network == index);
        let winner = network.answer.as_ref().map(|answer| answer.class);
        let output = winner.filter(|_| self.edges).map(|class| SelectedCell {
            network: index,
            cell: Cell {
                row: network.layout.rows() - 1,
                channel: class,
                y: 0,
                x: 0,
            },
        });
        selected.or(output).filter(|_| settings.shown.shows(index))
    }
}

/// Starts and takes in the computation of values that somebody wants to see.
fn follow_values(
    mut inspector: ResMut<Inspector>,
    networks: Option<Res<Networks>>,
    selection: Res<Selection>,
    settings: Res<InferenceSettings>,
    pad: Res<Pad>,
) {
    let Some(networks) = networks else {
        return;
    };
    let inspector = inspector.as_mut();
    inspector
        .values
        .resize_with(networks.all.len(), Values::default);
    for (index, network) in networks.all.iter().enumerate() {
        let wanted = inspector.maps_of == Some(index)
            || inspector
                .wanted(index, &networks, &selection, &settings)
                .is_some();
        let values = &mut inspector.values[index];
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
            let (twin, image) = (network.cpu.clone(), pad.image().clone());
            values.task = Some(AsyncComputeTaskPool::get().spawn(async move {
                let arena = twin.forward_arena(image.as_slice());
                (image, arena)
            }));
        }
    }
}

/// Explains the wanted cells anew where the cell or the values changed.
fn explain_cells(
    mut inspector: ResMut<Inspector>,
    networks: Option<Res<Networks>>,
    selection: Res<Selection>,
    settings: Res<InferenceSettings>,
) {
    let Some(networks) = networks else {
        return;
    };
    let inspector = inspector.as_mut();
    inspector.sources.resize(networks.all.len(), None);
    for (index, network) in networks.all.iter().enumerate() {
        let wanted = inspector.wanted(index, &networks, &selection, &settings);
        let values = &mut inspector.values[index];
        let (Some(wanted), Some((_, arena))) = (wanted, &values.known) else {
            inspector.sources[index] = None;
            continue;
        };
        let known = inspector.sources[index].as_ref().map(|known| known.cell);
        if known != Some(wanted) || values.fresh {
            values.fresh = false;
            inspector.sources[index] = Some(Explained {
                cell: wanted,
                explanation: explain(&network.model, &network.layout, arena, wanted.cell),
            });
        }
    }
    inspector.selected = selection.cell.and_then(|selected| {
        let source = inspector.sources.get(selected.network)?.clone()?;
        (source.cell == selected).then_some(source)
    });
    inspector.field = selection.cell.map(|selected| {
        let network = &networks.all[selected.network];
        receptive_field(&network.model, &network.layout, selected.cell, 0)
    });
}

/// Finds the contributions that the ribbons show.
fn find_ribbons(
    mut inspector: ResMut<Inspector>,
    networks: Option<ResMut<Networks>>,
    selection: Res<Selection>,
    settings: Res<InferenceSettings>,
    gpu: Option<Res<SharedGpu>>,
) {
    let Some(mut networks) = networks else {
        return;
    };
    let inspector = inspector.as_mut();
    let networks = networks.as_mut();
    let count = networks.all.len();
    inspector.ribbons.resize(count, None);
    inspector.searches.resize_with(count, || None);
    for (index, network) in networks.all.iter().enumerate() {
        let wanted = inspector.wanted(index, networks, &selection, &settings);
        let Some(cell) = wanted.filter(|_| inspector.edges).map(|wanted| wanted.cell) else {
            inspector.ribbons[index] = None;
            continue;
        };
        let stage = cell
            .row
            .checked_sub(1)
            .map(|stage| &network.layout.stages[stage]);
        let dense = stage.and_then(|stage| match stage.kind {
            StageKind::Linear { layer } => Some((layer, stage.input[0])),
            _ => None,
        });
        let arena = network.display.as_ref().and_then(|display| display.arena());
        let (Some((layer, inputs)), Some(arena), Some(gpu)) = (dense, arena, gpu.as_deref()) else {
            let source = inspector.sources[index].as_ref();
            inspector.ribbons[index] = source.map(|source| Ribbons {
                cell: source.cell.cell,
                terms: contributions(&source.explanation, inspector.edge_count),
            });
            continue;
        };
        let weights = &network.model.parameter(layer, "weight").values;
        let neuron = Neuron {
            place: (cell.row, cell.channel),
            first_input: network.layout.offsets[cell.row - 1],
            weights: &weights[cell.channel * inputs..][..inputs],
        };
        let search = inspector.searches[index].get_or_insert_with(|| TopTerms::new(gpu));
        if let Some((place, terms)) = search.take()
            && place == neuron.place
        {
            inspector.ribbons[index] = Some(Ribbons { cell, terms });
        }
        let shown = inspector.ribbons[index].as_ref();
        let wanted_terms = inspector.edge_count.min(inputs);
        let stale = shown.is_none_or(|r| r.cell != cell || r.terms.len() != wanted_terms);
        // While a forward has not been answered, the inputs may be newer than the shown terms.
        if stale || network.forwarded || !network.is_idle() {
            networks.bytes_read_back += search.request(gpu, arena, neuron, wanted_terms);
        }
    }
}

fn contributions(explanation: &Explanation, count: usize) -> Vec<Contribution> {
    let contribution = |term: &Term| Contribution {
        source: term.source,
        product: term.product(),
    };
    let terms = explanation.strongest_terms(count);
    terms.iter().map(contribution).collect()
}

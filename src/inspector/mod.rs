//! One neuron's arithmetic, kept up to date while the person draws: what the panel and the edges show.
//!
//! The values come from the network's framework-free twin on a task of their own, so that no frame waits for them and
//! nothing but the logits is read back from the GPU. While a newer image is under way the last values stay.

use crate::{
    AppSystems,
    inference::{InferenceSettings, Networks},
    pad::Pad,
    view::{SelectedCell, Selection},
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, futures_lite::future},
};
use mnistify_drawing::Image28;
use mnistify_network::explain::{Cell, Explanation, explain, receptive_field};
use std::sync::Arc;

pub fn plugin(app: &mut App) {
    app.init_resource::<Inspector>().add_systems(
        PostUpdate,
        (follow_values, explain_cells)
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
    values: Vec<Values>,
    field: Option<[usize; 4]>,
}

/// A cell with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub cell: SelectedCell,
    pub explanation: Explanation,
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

    /// Whether values are under way.
    pub fn is_busy(&self) -> bool {
        self.values.iter().any(|values| values.task.is_some())
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

//! One neuron's arithmetic, kept up to date while the person draws: what the panel and the edges show.

use crate::{
    AppSystems,
    inference::{InferenceSettings, Networks},
    pad::Pad,
    view::{SelectedCell, Selection},
};
use bevy::prelude::*;
use mnistify_network::explain::{Cell, Explanation, explain, receptive_field};

pub fn plugin(app: &mut App) {
    app.init_resource::<Inspector>()
        .add_systems(PostUpdate, follow.after(AppSystems::Infer).before(AppSystems::Present));
}

/// What is explained in this frame.
#[derive(Resource)]
pub struct Inspector {
    /// Whether the strongest contributions are drawn as ribbons.
    pub edges: bool,
    /// How many.
    pub edge_count: usize,
    /// The selected cell's arithmetic.
    pub selected: Option<Explained>,
    /// For each network the selected cell's arithmetic or else the winning output's, where edges are on.
    pub sources: Vec<Option<Explained>>,
    /// The network whose values are also wanted for the flat maps.
    pub maps_of: Option<usize>,
    /// Values of each network's arena for the pad's image, as the CPU twin computes them.
    arenas: Vec<Option<Vec<f32>>>,
    field: Option<[usize; 4]>,
}

/// A cell with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub cell: SelectedCell,
    pub explanation: Explanation,
}

impl Default for Inspector {
    fn default() -> Self {
        Self {
            edges: true,
            edge_count: 24,
            selected: None,
            sources: Vec::new(),
            maps_of: None,
            arenas: Vec::new(),
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
        self.arenas.get(network)?.as_deref()
    }
}

fn follow(
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
    inspector.arenas.resize(networks.all.len(), None);
    inspector.sources.resize(networks.all.len(), None);
    if pad.image_changed() {
        inspector.arenas.fill(None);
        inspector.sources.fill(None);
    }
    for (index, network) in networks.all.iter().enumerate() {
        let selected = selection.cell.filter(|cell| cell.network == index);
        let winner = network.answer.as_ref().map(|answer| answer.class);
        let output = winner.filter(|_| inspector.edges).map(|class| SelectedCell {
            network: index,
            cell: Cell {
                row: network.layout.rows() - 1,
                channel: class,
                y: 0,
                x: 0,
            },
        });
        let wanted = selected.or(output).filter(|_| settings.shown.shows(index));
        if inspector.maps_of == Some(index) && inspector.arenas[index].is_none() {
            let arena = network.cpu.forward_arena(pad.image().as_slice());
            inspector.arenas[index] = Some(arena);
            inspector.sources[index] = None;
        }
        let Some(wanted) = wanted else {
            inspector.sources[index] = None;
            continue;
        };
        let known = inspector.sources[index].as_ref().map(|known| known.cell);
        if known == Some(wanted) {
            continue;
        }
        let arena = inspector.arenas[index]
            .get_or_insert_with(|| network.cpu.forward_arena(pad.image().as_slice()));
        inspector.sources[index] = Some(Explained {
            cell: wanted,
            explanation: explain(&network.model, &network.layout, arena, wanted.cell),
        });
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

//! Leads through the guided tour: brings the app into each step's state and notices what the visitor was asked for.

use crate::{
    actions::{Action, ActionSystems, Screen, Show, Switch},
    inference::{Network, Networks},
    pad::{Pad, PadAction},
    rest::NextFrame,
    tour::{Asked, Step, steps},
    view::{Heroes, Preset, SelectedCell, Selection},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use mnistify_drawing::recording;
use mnistify_network::explain::Cell;

/// Leads.
pub fn plugin(app: &mut App) {
    app.init_resource::<Guide>().add_systems(
        PostUpdate,
        (enter_step, follow_visitor).chain().before(ActionSystems),
    );
}

/// Where the tour stands.
#[derive(Resource, Debug, Default)]
pub struct Guide {
    /// Seconds after which it goes on by itself.
    pub seconds_a_step: Option<f32>,
    /// The step that was entered last.
    entered: Option<usize>,
    /// Seconds on it.
    seconds: f32,
    /// The visitor did what the step asks for.
    pub is_met: bool,
    /// The drawing and the selection that the step began with.
    begun_with: (u64, Option<SelectedCell>),
}

/// Brings everything into the state of a step that was just chosen.
fn enter_step(
    mut guide: ResMut<Guide>,
    screen: Res<Screen>,
    pad: Res<Pad>,
    networks: Networks,
    heroes: Query<&Heroes>,
    mut actions: MessageWriter<Action>,
    next: Res<NextFrame>,
) {
    if guide.entered == screen.tour {
        return;
    }
    next.ask();
    let was_on_tour = guide.entered.is_some();
    *guide = Guide {
        seconds_a_step: guide.seconds_a_step,
        entered: screen.tour,
        begun_with: (pad.drawing().revision(), None),
        ..Guide::default()
    };
    let step = screen.tour.and_then(|step| steps().get(step));
    if step.is_none() && !was_on_tour {
        return;
    }
    actions.write_batch([
        Action::Set(Switch::More, false),
        Action::Set(Switch::Help, false),
        Action::Set(Switch::Maps, false),
        Action::Set(Switch::OwnNetwork, false),
        Action::Set(Switch::LanesFillScreen, false),
        Action::View(Preset::Overview),
        Action::Show(Show::All),
    ]);
    let Some(step) = step else {
        return;
    };
    if pad.drawing().is_empty() && !pad.is_demonstrating() {
        let recorded = include_str!("../assets/strokes/three.json");
        if let Ok(strokes) = recording::from_json(recorded) {
            actions.write(Action::Pad(PadAction::Demonstrate(strokes)));
        }
    }
    if step.explain
        && let Some(cell) = liveliest_cell(&networks, &heroes)
    {
        guide.begun_with.1 = Some(cell);
        actions.write_batch([
            Action::Select(Some(cell)),
            Action::Set(Switch::Sliding, true),
        ]);
    }
}

/// The middle of the first layer's liveliest map, of the network that has most to see.
fn liveliest_cell(networks: &Networks<'_, '_>, heroes: &Query<&Heroes>) -> Option<SelectedCell> {
    let all = networks.all();
    let most = all
        .iter()
        .max_by_key(|reading| reading.network.layout.len)?;
    let order = heroes.get(most.entity).ok();
    let channel = order.and_then(|heroes| heroes.order.get(1)?.first().copied());
    let [_, height, width] = most.network.layout.shape(1);
    Some(SelectedCell {
        network: most.entity,
        cell: Cell {
            row: 1,
            channel: channel.unwrap_or(0),
            y: height / 2,
            x: width / 2,
        },
    })
}

/// What tells whether a visitor did what a step asks for.
#[derive(SystemParam)]
struct Seen<'w, 's> {
    screen: Res<'w, Screen>,
    pad: Res<'w, Pad>,
    selection: Res<'w, Selection>,
    networks: Query<'w, 's, &'static Network>,
}

/// Notices what the visitor does, and goes on by itself where that is wanted.
fn follow_visitor(
    mut guide: ResMut<Guide>,
    seen: Seen,
    time: Res<Time>,
    mut actions: MessageWriter<Action>,
    next: Res<NextFrame>,
) {
    let Some(step) = seen.screen.tour.and_then(|step| steps().get(step)) else {
        return;
    };
    if !guide.is_met && is_met(step, &guide, &seen) {
        guide.is_met = true;
        next.ask();
    }
    let Some(seconds) = guide.seconds_a_step else {
        return;
    };
    next.ask();
    guide.seconds += time.delta_secs().min(0.5);
    if guide.seconds > seconds && !seen.pad.drawing().is_drawing() {
        guide.seconds = 0.0;
        actions.write(Action::TourBy(1));
    }
}

fn is_met(step: &Step, guide: &Guide, seen: &Seen<'_, '_>) -> bool {
    let (drawing, cell) = guide.begun_with;
    let pad = &seen.pad;
    let selected = seen.selection.cell.filter(|now| Some(*now) != cell);
    let is_output = |selected: SelectedCell| {
        let network = seen.networks.get(selected.network);
        network.is_ok_and(|network| network.is_output(selected.cell))
    };
    match step.waits {
        None => false,
        Some(Asked::Map) => selected.is_some_and(|cell| !is_output(cell)),
        Some(Asked::Tile) => selected.is_some_and(is_output),
        Some(Asked::Drawing) => pad.drawing().revision() != drawing && !pad.drawing().is_drawing(),
    }
}

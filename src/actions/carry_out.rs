//! What each action does.

use super::{Action, EDGES, ForVisitors, Screen, Show, Switch};
use crate::{
    access::{Access, TEXT_SIZES},
    inference::{CurrentAnswer, InferenceSettings, Network, Origin, Shown},
    inspector::InspectorSettings,
    link::{Linked, SharedState, SharedView},
    own_network::{OwnNetwork, OwnNetworkAction},
    pad::{Pad, PadAction},
    platform,
    request::Request,
    rest::NextFrame,
    school::{School, SchoolAction},
    tour,
    view::{Lane, Motion, OrbitCamera, Preset, SelectedCell, Selection},
    why::{Likeness, WhyPage},
    words::{self, Language},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use mnistify_drawing::{DEFAULT_BRUSH_WIDTH, Preparation, Sheet, Tool, recording};
use mnistify_network::explain::Cell;

/// All that actions change.
#[derive(SystemParam)]
pub struct Changed<'w, 's> {
    commands: Commands<'w, 's>,
    networks: Query<'w, 's, (Entity, &'static Network)>,
    answers: Query<'w, 's, (Entity, &'static Network, &'static CurrentAnswer), With<Shown>>,
    lanes: Query<'w, 's, &'static Lane>,
    pad: ResMut<'w, Pad>,
    settings: ResMut<'w, InferenceSettings>,
    camera: ResMut<'w, OrbitCamera>,
    motion: ResMut<'w, Motion>,
    selection: ResMut<'w, Selection>,
    inspector: ResMut<'w, InspectorSettings>,
    screen: ResMut<'w, Screen>,
    own: ResMut<'w, OwnNetwork>,
    access: ResMut<'w, Access>,
    school: ResMut<'w, School>,
    why: ResMut<'w, WhyPage>,
    likeness: ResMut<'w, Likeness>,
}

/// What people want and what lower parts want, each in its order.
#[derive(SystemParam)]
pub struct Wanted<'w, 's> {
    actions: MessageReader<'w, 's, Action>,
    of_pad: MessageReader<'w, 's, Request<PadAction>>,
    of_own_network: MessageReader<'w, 's, Request<OwnNetworkAction>>,
    for_visitors: Res<'w, ForVisitors>,
}

impl Wanted<'_, '_> {
    fn take(&mut self) -> Vec<Action> {
        let mut queue: Vec<Action> = self.actions.read().cloned().collect();
        let of_pad = self.of_pad.read();
        queue.extend(of_pad.map(|request| Action::Pad(request.0.clone())));
        let of_own_network = self.of_own_network.read();
        queue.extend(of_own_network.map(|request| Action::OwnNetwork(request.0.clone())));
        queue.retain(|action| !self.for_visitors.0 || action.is_for_visitors());
        queue
    }
}

/// Carries this frame's actions out, in their order.
pub fn carry_out(
    mut wanted: Wanted,
    mut params: ParamSet<(Linked, Changed)>,
    mut held: Local<Vec<Action>>,
    next: Res<NextFrame>,
) {
    let mut queue = std::mem::take(&mut *held);
    queue.extend(wanted.take());
    for action in queue {
        next.ask();
        match action {
            Action::Share => {
                let state = params.p0().state(true);
                let fragment = params.p1().screen.with_tour(state).to_fragment();
                params.p1().tell(platform::share(&fragment));
            }
            // The network that it may name is there in the next frame.
            Action::Open(_) if params.p1().own.is_changing() => held.push(action),
            action => params.p1().apply(action),
        }
    }
}

fn speak(language: Language) {
    words::speak(language);
    platform::tell_language(language);
}

impl Changed<'_, '_> {
    fn apply(&mut self, action: Action) {
        match action {
            Action::Pad(action) => self.pad.apply(action),
            Action::Toggle(switch) => self.set(switch, !self.is_on(switch)),
            Action::Set(switch, on) => self.set(switch, on),
            Action::Save => self.tell(platform::save_sheet(self.pad.drawing().sheet())),
            Action::Load => match platform::load_sheet() {
                Ok(Some(sheet)) => self.pad.apply(PadAction::Lay(sheet)),
                Ok(None) => {}
                Err(message) => self.tell(Some(message)),
            },
            Action::SavePicture => platform::save_picture(&mut self.commands),
            // The caller has what that takes.
            Action::Share => {}
            Action::Open(state) => self.open(&state),
            Action::Show(show) => self.show(&show),
            Action::View(preset) => self.camera.show(preset),
            Action::Orbit { yaw, pitch } => self.camera.orbit(yaw, pitch),
            Action::Pan { right, up } => self.camera.pan(right, up),
            Action::Zoom(factor) => self.camera.zoom(factor),
            Action::Wander(on) => self.camera.wander(on),
            Action::FlyTo(selected) => {
                let lane = self.lanes.get(selected.network).ok();
                if let Some((target, size)) = lane.and_then(|lane| lane.view_of(selected.cell)) {
                    self.camera.fly_to(target, size);
                }
            }
            Action::Hover(cell) => self.selection.hovered = cell,
            Action::Select(cell) => {
                self.select(cell);
                if let (Some(cell), Some(_)) = (cell, self.screen.maps) {
                    self.open_maps(Some((cell.network, cell.cell.row)));
                }
            }
            Action::Arrow { x, y } if self.selection.cell.is_some() => self.step(x, y, 0),
            Action::Arrow { x, y } => self.camera.orbit(-0.12 * x as f32, -0.08 * y as f32),
            Action::NextMap(by) => self.step(0, 0, by),
            Action::StopAt(share) => {
                self.motion.slow = Some(share);
                self.motion.playing = false;
            }
            Action::EdgeCount(count) => self.inspector.edge_count = count,
            Action::MoreEdges(by) => {
                let count = self.inspector.edge_count.saturating_add_signed(by);
                self.inspector.edge_count = count.clamp(*EDGES.start(), *EDGES.end());
            }
            Action::Explain => self.explain(),
            Action::Why(page) => {
                // A page that is not there cannot be opened.
                if WhyPage::THERE.contains(&page) {
                    *self.why = page;
                }
            }
            // Without an explanation, the school's board is what has pages.
            Action::NextWhy if self.school.is_open && self.selection.cell.is_none() => {
                self.school.apply(SchoolAction::NextPage);
            }
            Action::NextWhy => *self.why = self.why.next(),
            Action::Alike(likeness) => *self.likeness = likeness,
            Action::SlideTo(index) => self.slide_to(index),
            Action::Page(by) => {
                self.screen.page = self.screen.page.saturating_add_signed(by);
            }
            Action::Maps(network, row) => self.open_maps(Some((network, row))),
            Action::ChooseNetwork => platform::choose_network(),
            Action::OwnNetwork(action) => self.own.apply(action),
            Action::Speak(language) => speak(language),
            Action::NextLanguage => {
                let next = (words::language() as usize + 1) % Language::ALL.len();
                speak(Language::ALL[next]);
            }
            Action::TextSize(percent) => {
                let [least, .., most] = TEXT_SIZES;
                self.access.text_percent = percent.clamp(least, most);
            }
            Action::LargerText => self.access.enlarge_text(),
            Action::Tour(step) => {
                self.screen.tour = step.filter(|step| *step < tour::steps().len());
                self.screen.challenge = None;
                if self.screen.tour.is_some() {
                    self.school.apply(SchoolAction::Close);
                }
            }
            Action::School(action) => self.go_to_school(action),
            Action::EndChallenge => self.screen.challenge = None,
            Action::NextChallenge => {
                self.screen.challenge = Some(self.screen.challenge.map_or(0, |number| number + 1));
                self.screen.tour = None;
                self.school.apply(SchoolAction::Close);
                self.select(None);
            }
            Action::TourBy(by) => {
                let step = self.screen.tour.map(|step| step.saturating_add_signed(by));
                self.apply(Action::Tour(step));
            }
            Action::StartOver => self.start_over(),
            Action::Close => self.close(),
            Action::Dismiss => self.screen.notice = None,
        }
    }

    fn is_on(&self, switch: Switch) -> bool {
        match switch {
            Switch::Prepared => self.pad.preparation() == Preparation::Prepared,
            Switch::EveryFrame => self.settings.continuous,
            Switch::Edges => self.inspector.edges,
            Switch::Calm => self.motion.reduced,
            Switch::Reach => self.access.reach,
            Switch::HighContrast => self.access.high_contrast,
            Switch::SlowMotion => self.motion.slow.is_some(),
            Switch::Playing => self.motion.playing,
            Switch::Maps => self.screen.maps.is_some(),
            Switch::Sliding => self.screen.sliding,
            Switch::LanesFillScreen => self.screen.lanes_fill_screen,
            Switch::Numbers => self.screen.numbers,
            Switch::Help => self.screen.help,
            Switch::More => self.screen.more,
            Switch::OwnNetwork => self.screen.own_network || self.own.refusal.is_some(),
        }
    }

    fn set(&mut self, switch: Switch, on: bool) {
        match switch {
            Switch::Prepared => {
                let preparation = if on {
                    Preparation::Prepared
                } else {
                    Preparation::Raw
                };
                self.pad.apply(PadAction::Prepare(preparation));
            }
            Switch::EveryFrame => self.settings.continuous = on,
            Switch::Edges => self.inspector.edges = on,
            Switch::Calm => self.motion.reduced = on,
            Switch::Reach => self.access.reach = on,
            Switch::HighContrast => self.access.high_contrast = on,
            Switch::SlowMotion => self.motion.slow = on.then_some(0.0),
            Switch::Playing => self.motion.playing = on,
            Switch::Maps if on => {
                let selected = self.selection.cell;
                let selected = selected.map(|cell| (cell.network, cell.cell.row));
                self.open_maps(selected.or_else(|| self.first_maps()));
            }
            Switch::Maps => self.open_maps(None),
            Switch::Sliding => self.screen.sliding = on,
            Switch::LanesFillScreen => self.screen.lanes_fill_screen = on,
            Switch::Numbers => self.screen.numbers = on,
            Switch::Help => self.screen.help = on,
            Switch::More => self.screen.more = on,
            Switch::OwnNetwork => {
                self.screen.own_network = on;
                self.screen.more = false;
                self.own.refusal = None;
            }
        }
    }

    /// The first layer of the network that has most to see.
    fn first_maps(&self) -> Option<(Entity, usize)> {
        let cells = |network: &Network| network.layout.len;
        let networks = self.networks.iter();
        let largest = networks.max_by_key(|(_, network)| cells(network))?;
        Some((largest.0, 1))
    }

    /// Opens a layer; drawing and answers are no layer, they are seen large anyway.
    fn open_maps(&mut self, place: Option<(Entity, usize)>) {
        self.screen.maps = place.filter(|(network, row)| {
            let network = self.networks.get(*network);
            network.is_ok_and(|(_, network)| (1..network.layout.rows() - 1).contains(row))
        });
    }

    fn show(&mut self, show: &Show) {
        // Those that learn stand in the others' places.
        let is_pupil = |network: &Network| network.origin == Origin::Pupil;
        let at_school = self.networks.iter().any(|(_, network)| is_pupil(network));
        let named = |network: &Network| match show {
            Show::All => is_pupil(network) == at_school,
            Show::Named(key) => network.key() == *key,
            Show::Own => network.is_own(),
        };
        // A network that is not there cannot be shown.
        if !self.networks.iter().any(|(_, network)| named(network)) {
            return;
        }
        for (entity, network) in &self.networks {
            let mut entity = self.commands.entity(entity);
            if named(network) {
                entity.insert_if_new(Shown);
            } else {
                entity.remove::<Shown>();
            }
        }
        self.select(None);
        self.open_maps(None);
    }

    fn open(&mut self, state: &SharedState) {
        // A network that is not here leaves all of them shown.
        let shown = state.shown.as_ref();
        let shown = shown.filter(|key| self.networks.iter().any(|(_, n)| n.key() == **key));
        self.show(&shown.map_or(Show::All, |key| Show::Named(key.clone().into())));
        match state.view {
            None => self.camera.show(Preset::Overview),
            Some(SharedView::Preset(preset)) => self.camera.show(preset),
            Some(SharedView::Free(orbit)) => self.camera.go_to(orbit),
        }
        self.set(Switch::Prepared, !state.raw);
        self.set(Switch::Edges, !state.without_edges);
        self.set(Switch::Calm, state.calm);
        self.screen.tour = state.tour.map(|step| step - 1);
        if state.strokes.is_some() || state.picture.is_some() {
            self.pad.apply(PadAction::Lay(Sheet {
                strokes: state.strokes.clone().unwrap_or_default(),
                picture: state.picture.clone(),
            }));
        }
    }

    /// Selects a neighbour of the selected cell.
    fn step(&mut self, x: isize, y: isize, channel: isize) {
        let Some(selected) = &mut self.selection.cell else {
            return;
        };
        let Ok((_, network)) = self.networks.get(selected.network) else {
            return;
        };
        let [channels, height, width] = network.layout.shape(selected.cell.row);
        let step =
            |value: usize, by: isize, size: usize| value.saturating_add_signed(by).min(size - 1);
        let cell = &mut selected.cell;
        if [height, width] == [1, 1] {
            cell.channel = step(cell.channel, x + channel, channels);
        } else {
            cell.x = step(cell.x, x, width);
            cell.y = step(cell.y, y, height);
            cell.channel = step(cell.channel, channel, channels);
        }
    }

    /// Everything as at the start, but for what was said to be heard: language, less motion and access.
    fn start_over(&mut self) {
        // Whoever only wanted to look again can undo it.
        if !self.pad.drawing().is_empty() {
            self.pad.apply(PadAction::Clear);
        }
        self.pad.apply(PadAction::Use(Tool::Draw));
        self.pad.apply(PadAction::Width(DEFAULT_BRUSH_WIDTH));
        *self.screen = Screen::default();
        *self.why = WhyPage::default();
        *self.likeness = Likeness::default();
        self.open(&SharedState {
            calm: self.motion.reduced,
            ..SharedState::default()
        });
        self.motion.slow = None;
        self.motion.playing = false;
        self.settings.continuous = false;
        self.inspector.edge_count = InspectorSettings::default().edge_count;
        self.own.dragging = false;
        self.own.refusal = None;
        self.own.apply(OwnNetworkAction::Remove);
        self.school.apply(SchoolAction::StartOver);
        self.select(None);
    }

    /// A lesson is about what is on the pad: where nothing is, a recorded hand draws.
    fn go_to_school(&mut self, action: SchoolAction) {
        let goes = !matches!(
            action,
            SchoolAction::Close
                | SchoolAction::Give(_)
                | SchoolAction::Missing(_)
                | SchoolAction::TakeBack
                | SchoolAction::ForgetMine
        );
        if goes && !self.school.is_open {
            self.screen.tour = None;
            self.screen.challenge = None;
            self.screen.more = false;
            self.screen.help = false;
            self.select(None);
            let pad = &mut self.pad;
            if pad.drawing().is_empty() && !pad.is_demonstrating() {
                let recorded = include_str!("../../assets/strokes/three.json");
                if let Ok(strokes) = recording::from_json(recorded) {
                    pad.apply(PadAction::Demonstrate(strokes));
                }
            }
        }
        self.school.apply(action);
    }

    fn close(&mut self) {
        // What is explained lies below the open layer.
        if self.screen.maps.is_some() && self.selection.cell.is_some() && !self.screen.more {
            self.select(None);
            return;
        }
        let topmost = [
            Switch::OwnNetwork,
            Switch::More,
            Switch::Help,
            Switch::Numbers,
            Switch::Maps,
            Switch::LanesFillScreen,
        ];
        match topmost.into_iter().find(|switch| self.is_on(*switch)) {
            Some(switch) => self.set(switch, false),
            None if self.screen.tour.is_some() => self.screen.tour = None,
            None if self.screen.challenge.is_some() => self.screen.challenge = None,
            None if self.school.is_open && self.selection.cell.is_none() => {
                self.school.apply(SchoolAction::Close);
            }
            None => self.select(None),
        }
    }

    fn select(&mut self, cell: Option<SelectedCell>) {
        self.selection.cell = cell;
        self.screen.sliding = false;
    }

    /// Explains the answer of the first network that has one; what explains an answer already ends.
    fn explain(&mut self) {
        let explains = self.selection.cell.is_some_and(|selected| {
            let network = self.networks.get(selected.network);
            network.is_ok_and(|(_, network)| network.is_output(selected.cell))
        });
        if explains {
            return self.select(None);
        }
        let mut said: Vec<(Entity, &Network, usize)> = self
            .answers
            .iter()
            .filter_map(|(entity, network, answer)| {
                Some((entity, network, answer.0.as_ref()?.class))
            })
            .collect();
        // The network with most to see first.
        said.sort_by_key(|(_, network, _)| std::cmp::Reverse(network.layout.rows()));
        let cell = said.first().map(|(entity, network, class)| SelectedCell {
            network: *entity,
            cell: Cell {
                row: network.layout.rows() - 1,
                channel: *class,
                y: 0,
                x: 0,
            },
        });
        self.select(cell);
    }

    /// Selects the cell of this number on the selected cell's map.
    fn slide_to(&mut self, index: usize) {
        let Some(selected) = &mut self.selection.cell else {
            return;
        };
        if let Ok((_, network)) = self.networks.get(selected.network) {
            let [_, height, width] = network.layout.shape(selected.cell.row);
            let index = index % (height * width);
            (selected.cell.y, selected.cell.x) = (index / width, index % width);
        }
    }

    fn tell(&mut self, text: Option<String>) {
        self.screen.notice = text;
    }
}

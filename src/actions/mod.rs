//! What can be done with the app. While it runs, an [`Action`] is the only thing that changes its state, whoever wants it:
//! a key, a finger, a panel, a link, the page's JavaScript. [`TABLE`] names those that need nothing said along.

mod carry_out;
mod table;

pub use table::{Entry, Shortcut, TABLE, entry, keys_text};

use crate::{
    AppSystems,
    inference::Network,
    link::SharedState,
    notice::Notice,
    own_network::OwnNetworkAction,
    pad::{Pad, PadAction},
    rest::NextFrame,
    school::SchoolAction,
    view::{DrawSurface, Preset, SelectedCell, Selection},
    why::{Likeness, WhyPage},
    words::Language,
};
use bevy::prelude::*;
use mnistify_drawing::recording;
use std::{borrow::Cow, ops::RangeInclusive};

/// How many edges a person can choose.
pub const EDGES: RangeInclusive<usize> = 4..=96;

/// Carries actions out.
pub fn plugin(app: &mut App) {
    app.init_resource::<Screen>()
        .init_resource::<WhyPage>()
        .init_resource::<Likeness>()
        .init_resource::<ForVisitors>()
        .add_message::<Action>()
        .add_systems(PostUpdate, demonstrate.before(ActionSystems))
        .add_observer(close_maps)
        .add_systems(
            PostUpdate,
            (slide, carry_out::carry_out, show_notices)
                .chain()
                .before(AppSystems::Input)
                .in_set(ActionSystems),
        );
}

/// When actions are carried out: after the panels wrote theirs, before anything looks at what they change.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionSystems;

/// What somebody wants.
#[derive(Message, Clone, Debug)]
pub enum Action {
    /// To draw, erase, undo …
    Pad(PadAction),
    /// To turn something on or off, whichever it is not.
    Toggle(Switch),
    /// To turn something on or off.
    Set(Switch, bool),
    /// To save the drawing.
    Save,
    /// To load the saved drawing.
    Load,
    /// To save the next frame as a picture.
    SavePicture,
    /// To get a link that opens what is shown.
    Share,
    /// To see what a link shows.
    Open(Box<SharedState>),
    /// To see these networks.
    Show(Show),
    /// To look from there.
    View(Preset),
    /// To turn around the scene; radians.
    Orbit {
        /// Around the vertical axis.
        yaw: f32,
        /// Above the horizon.
        pitch: f32,
    },
    /// To move across the view; in shares of its height.
    Pan {
        /// To the right.
        right: f32,
        /// Upwards.
        up: f32,
    },
    /// To come nearer (below 1) or further.
    Zoom(f32),
    /// To let the camera wander around home, or no longer.
    Wander(bool),
    /// To fly to a cell.
    FlyTo(SelectedCell),
    /// To point at a cell.
    Hover(Option<SelectedCell>),
    /// To have a cell explained, or none.
    Select(Option<SelectedCell>),
    /// An arrow key: to select the neighbour of the selected cell, or else to turn the camera.
    Arrow {
        /// −1 is left.
        x: isize,
        /// −1 is up.
        y: isize,
    },
    /// To select the same cell of the next (1) or the previous (−1) map.
    NextMap(isize),
    /// To stop a slow forward pass at this share of the network.
    StopAt(f32),
    /// To see so many edges.
    EdgeCount(usize),
    /// To see so many edges more, or fewer.
    MoreEdges(isize),
    /// To open this row of a network: all its maps large.
    Maps(Entity, usize),
    /// To have the answer explained, or to end an explanation.
    Explain,
    /// To see this page of an answer's explanation.
    Why(WhyPage),
    /// To see the page after it; at school, where nothing is explained, the board's next page.
    NextWhy,
    /// To see digits that are alike in this sense.
    Alike(Likeness),
    /// To have the cell of this number on the same map explained.
    SlideTo(usize),
    /// On a phone: to see the next (1) or the previous (−1) stage.
    Page(isize),
    /// To choose the files of a network of one's own.
    ChooseNetwork,
    /// To bring a network of one's own, or take it away.
    OwnNetwork(OwnNetworkAction),
    /// To speak this language.
    Speak(Language),
    /// To speak the language after this one.
    NextLanguage,
    /// To read texts of this size, in percent.
    TextSize(u16),
    /// To read larger texts, or after the largest the usual ones again.
    LargerText,
    /// To be on this step of the guided tour, or on none.
    Tour(Option<usize>),
    /// To be so many steps further on the tour; behind its last one it ends.
    TourBy(isize),
    /// To have a challenge, or the next one.
    NextChallenge,
    /// To have no challenge.
    EndChallenge,
    /// To do something at school, where the networks learn.
    School(SchoolAction),
    /// To find everything as it was at the start.
    StartOver,
    /// To close what is open on top, or else to unselect.
    Close,
    /// To take the notice away.
    Dismiss,
}

impl Action {
    /// Whether an exhibit's visitors may do it: nothing that leaves files behind or opens some.
    pub fn is_for_visitors(&self) -> bool {
        !matches!(
            self,
            Self::Save
                | Self::Load
                | Self::SavePicture
                | Self::Share
                | Self::ChooseNetwork
                | Self::OwnNetwork(_)
                | Self::School(SchoolAction::Keep | SchoolAction::Save)
                | Self::Toggle(Switch::OwnNetwork)
                | Self::Set(Switch::OwnNetwork, true)
        )
    }
}

/// Whether nothing but [`Action::is_for_visitors`] is carried out, wherever it comes from: an exhibit's people bring no files.
#[derive(Resource, Debug, Default)]
pub struct ForVisitors(pub bool);

/// What is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// Digits are centred and scaled as MNIST's are.
    Prepared,
    /// The networks read in every frame.
    EveryFrame,
    /// The strongest contributions are drawn.
    Edges,
    /// Less moves.
    Calm,
    /// Pad and controls lie in the lower half.
    Reach,
    /// White on nearly black, with thick outlines.
    HighContrast,
    /// The forward pass is slow.
    SlowMotion,
    /// A slow forward pass runs by itself.
    Playing,
    /// One layer is open: all its maps are large.
    Maps,
    /// The window slides over the map that is explained.
    Sliding,
    /// On a phone the lanes fill the screen.
    LanesFillScreen,
    /// The inference times are shown.
    Numbers,
    /// The keys are listed.
    Help,
    /// What a small window folds away is open.
    More,
    /// The sheet about one's own network is open.
    OwnNetwork,
}

/// Which networks are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// All side by side.
    All,
    /// The one of this key alone, such as `cnn`.
    Named(Cow<'static, str>),
    /// The one that a person brought, alone.
    Own,
}

/// What is open on the screen.
#[derive(Resource, Debug, Default)]
pub struct Screen {
    /// What a small window folds away.
    pub more: bool,
    /// The list of keys.
    pub help: bool,
    /// The sheet about one's own network.
    pub own_network: bool,
    /// The inference times are shown.
    pub numbers: bool,
    /// The window slides over the map that is explained.
    pub sliding: bool,
    /// On a phone the lanes fill the screen.
    pub lanes_fill_screen: bool,
    /// On a phone: which of all shown stages is seen.
    pub page: usize,
    /// The layer that is open: of which network, and its row.
    pub maps: Option<(Entity, usize)>,
    /// The step of the guided tour, counted from 0.
    pub tour: Option<usize>,
    /// The challenge that is on.
    pub challenge: Option<usize>,
    /// What the person should know.
    pub notice: Option<String>,
}

impl Screen {
    /// The same with the step of the tour, which a link counts from 1.
    pub fn with_tour(&self, state: SharedState) -> SharedState {
        SharedState {
            tour: self.tour.map(|step| step + 1),
            ..state
        }
    }
}

fn close_maps(gone: On<Remove, Network>, mut screen: ResMut<Screen>) {
    if screen
        .maps
        .is_some_and(|(network, _)| network == gone.entity)
    {
        screen.maps = None;
    }
}

/// Frames after the start before a hand shows what to do: until then a link or a session may bring a drawing.
const FRAMES_BEFORE_DEMONSTRATION: u64 = 12;

/// Opened empty, a recorded hand draws at once.
fn demonstrate(
    pad: Res<Pad>,
    surface: Res<DrawSurface>,
    mut actions: MessageWriter<Action>,
    mut done: Local<bool>,
    next: Res<NextFrame>,
) {
    if *done || surface.image.is_some() {
        return;
    }
    next.ask();
    *done = pad.drawing().revision() > 0 || pad.drawing().is_drawing();
    if !*done && next.count >= FRAMES_BEFORE_DEMONSTRATION {
        *done = true;
        let recorded = include_str!("../../assets/strokes/seven.json");
        if let Ok(strokes) = recording::from_json(recorded) {
            actions.write(Action::Pad(PadAction::Demonstrate(strokes)));
        }
    }
}

/// Seconds from one place of the sliding window to the next.
const SLIDE_SECONDS: f32 = 0.045;

/// Moves the window that slides over the explained map.
fn slide(
    mut actions: MessageWriter<Action>,
    screen: Res<Screen>,
    selection: Res<Selection>,
    networks: Query<&Network>,
    time: Res<Time>,
    mut waited: Local<f32>,
    next: Res<NextFrame>,
) {
    let selected = selection.cell.filter(|_| screen.sliding);
    let Some((selected, network)) =
        selected.and_then(|cell| Some((cell, networks.get(cell.network).ok()?)))
    else {
        *waited = 0.0;
        return;
    };
    next.ask();
    *waited += time.delta_secs().min(0.1);
    let steps = (*waited / SLIDE_SECONDS) as usize;
    if steps > 0 {
        *waited -= steps as f32 * SLIDE_SECONDS;
        let [_, _, width] = network.layout.shape(selected.cell.row);
        let now = selected.cell.y * width + selected.cell.x;
        actions.write(Action::SlideTo(now + steps));
    }
}

fn show_notices(
    mut notices: MessageReader<Notice>,
    mut screen: ResMut<Screen>,
    next: Res<NextFrame>,
) {
    for notice in notices.read() {
        next.ask();
        screen.notice = match notice {
            Notice::Say(text) => Some(text.clone()),
            Notice::Withdraw => None,
        };
    }
}

//! What can be done with the app. An [`Action`] is the only thing that changes its state, whoever wishes it: a key, a
//! finger, a panel, a link, the page's JavaScript, the command line. [`TABLE`] names those that need nothing said along.

mod carry_out;
mod table;

pub use table::{Entry, Shortcut, TABLE, entry, keys_text};

use crate::{
    AppSystems,
    inference::Network,
    link::SharedState,
    notice::Notice,
    own_network::OwnNetworkAction,
    pad::PadAction,
    rest::NextFrame,
    view::{Preset, SelectedCell},
};
use bevy::prelude::*;
use std::{borrow::Cow, ops::RangeInclusive};

/// How many edges a person can choose.
pub const EDGES: RangeInclusive<usize> = 4..=96;

/// Carries actions out.
pub fn plugin(app: &mut App) {
    app.init_resource::<Screen>()
        .add_message::<Action>()
        .add_observer(close_maps)
        .add_systems(
            PostUpdate,
            (carry_out::carry_out, show_notices)
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
    /// To turn around the towers; radians.
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
    /// To see all maps of this row of a network.
    Maps(Entity, usize),
    /// To choose the files of a network of one's own.
    ChooseNetwork,
    /// To bring a network of one's own, or take it away.
    OwnNetwork(OwnNetworkAction),
    /// To close what is open on top, or else to unselect.
    Close,
    /// To take the notice away.
    Dismiss,
}

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
    /// The forward pass is slow.
    SlowMotion,
    /// A slow forward pass runs by itself.
    Playing,
    /// All maps of a layer are shown flat.
    Maps,
    /// The chart of inference times is open.
    Timing,
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
    /// The chart of inference times is folded.
    pub timing_folded: bool,
    /// The flat feature maps: of which network and row.
    pub maps: Option<(Entity, usize)>,
    /// What the person should know.
    pub notice: Option<String>,
}

fn close_maps(gone: On<Remove, Network>, mut screen: ResMut<Screen>) {
    if screen
        .maps
        .is_some_and(|(network, _)| network == gone.entity)
    {
        screen.maps = None;
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

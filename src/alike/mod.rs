//! Digits like the visitor's: of 10,000 that people wrote, the eight that are most alike, to a network or dot by dot, while
//! the pen moves.
//!
//! Alike to a network is what its last layer can hardly tell apart, so the vectors that are compared are that layer's inputs.
//! Those of all the digits are computed once, a slice in each frame, when the page is opened for the first time; then each
//! drawing is one search on the GPU, in the arena that its forward wrote.

mod bank;
mod likeness;

pub use bank::Bank;
pub use likeness::{nearest, pixels_of, vector_of, vectors_of};

use crate::{
    AppSystems,
    gpu::{Display, SharedGpu},
    inference::{Executor, Network, Traffic, WeightsCame},
    pad::Pad,
    rest::NextFrame,
    school::School,
    view::Selection,
    why::{Likeness, WhyPage},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use mnistify_learning::Pool;
use std::sync::Arc;

/// Digits that are shown.
pub const ALIKE: usize = 8;

/// Finds them.
pub fn plugin(app: &mut App) {
    app.init_resource::<Digits>()
        .init_resource::<PixelBank>()
        .add_observer(forget)
        .add_systems(
            PostUpdate,
            (fetch, follow)
                .chain()
                .after(AppSystems::Infer)
                .before(AppSystems::Present),
        );
}

/// The digits that people wrote.
#[derive(Resource, Default)]
pub struct Digits {
    /// Once they are here.
    pub pool: Option<Arc<Pool>>,
    /// Why they did not come.
    pub trouble: Option<String>,
    asked: bool,
}

impl Digits {
    /// These, without asking for any.
    pub fn of(pool: Arc<Pool>) -> Self {
        Self {
            pool: Some(pool),
            trouble: None,
            asked: true,
        }
    }

    /// What a person meant who wrote it.
    pub fn label(&self, digit: usize) -> Option<usize> {
        let pool = self.pool.as_ref()?;
        pool.classes.get(digit).map(|class| usize::from(*class))
    }
}

/// The digits as they are, without any network; none before somebody wanted to see it.
#[derive(Resource, Default)]
pub struct PixelBank(pub Option<Bank>);

/// What is seen of all this.
#[derive(SystemParam)]
pub struct Neighbours<'w, 's> {
    banks: Query<'w, 's, &'static Bank>,
    pixels: Res<'w, PixelBank>,
    /// The digits that people wrote.
    pub digits: Res<'w, Digits>,
    /// What is meant by alike.
    pub likeness: Res<'w, Likeness>,
}

impl Neighbours<'_, '_> {
    /// The bank that is searched for this network's answer, once there is one.
    pub fn bank(&self, network: Entity) -> Option<&Bank> {
        match *self.likeness {
            Likeness::Network => self.banks.get(network).ok(),
            Likeness::Pixels => self.pixels.0.as_ref(),
        }
    }
}

/// What a network with other weights made of the digits is not what it makes of them now.
fn forget(came: On<WeightsCame>, mut commands: Commands) {
    if let Ok(mut network) = commands.get_entity(came.network) {
        network.remove::<Bank>();
    }
}

/// Which network's page is open.
#[derive(SystemParam)]
struct Open<'w> {
    page: Res<'w, WhyPage>,
    likeness: Res<'w, Likeness>,
    selection: Res<'w, Selection>,
}

impl Open<'_> {
    fn network(&self) -> Option<Entity> {
        let cell = self.selection.cell?;
        (*self.page == WhyPage::Alike).then_some(cell.network)
    }
}

/// Asks for the digits when the page is opened, once each time.
fn fetch(mut digits: ResMut<Digits>, mut school: ResMut<School>, open: Open, next: Res<NextFrame>) {
    if digits.pool.is_some() {
        return;
    }
    if open.network().is_none() {
        if digits.asked {
            *digits = Digits::default();
        }
        return;
    }
    if digits.trouble.is_some() {
        return;
    }
    if digits.asked && school.has_no_digits() {
        digits.trouble = Some(school.trouble.clone().unwrap_or_default());
        next.ask();
        return;
    }
    if !digits.asked {
        digits.asked = true;
    }
    match school.bypass_change_detection().digits() {
        Ok(pool) => digits.pool = pool,
        Err(reason) => digits.trouble = Some(reason),
    }
    next.ask();
}

/// A network that may be asked.
type Searched<'a> = (
    &'a Network,
    &'a Executor,
    Option<&'a Display>,
    Option<&'a mut Bank>,
);

/// All that a search takes.
#[derive(SystemParam)]
struct Desk<'w> {
    digits: Res<'w, Digits>,
    pixels: ResMut<'w, PixelBank>,
    pad: Res<'w, Pad>,
    gpu: Option<Res<'w, SharedGpu>>,
    traffic: ResMut<'w, Traffic>,
    time: Res<'w, Time>,
    next: Res<'w, NextFrame>,
}

/// While the page is open its bank grows to its end, and then every drawing is searched in it.
fn follow(
    mut commands: Commands,
    mut networks: Query<Searched<'static>>,
    open: Open,
    mut desk: Desk,
) {
    let Some(entity) = open.network() else {
        return;
    };
    let Ok((network, executor, display, bank)) = networks.get_mut(entity) else {
        return;
    };
    let is_answer = |cell| network.is_answer(cell);
    if !open
        .selection
        .cell
        .is_some_and(|selected| is_answer(selected.cell))
    {
        return;
    }
    let Some((pool, gpu)) = desk.digits.pool.as_ref().zip(desk.gpu.as_deref()) else {
        return;
    };
    let seconds = desk.time.delta_secs();
    let image = desk.pad.image();
    let (bytes, busy) = match (*open.likeness, bank) {
        (Likeness::Pixels, _) => {
            let bank = desk
                .pixels
                .0
                .get_or_insert_with(|| Bank::of_pixels(gpu, pool));
            bank.grow(gpu, pool, seconds);
            (bank.follow(gpu, image, None), bank.is_busy())
        }
        // While it learns, what it makes of the digits changes in every frame.
        (Likeness::Network, _) if !network.is_current => (0, false),
        (Likeness::Network, None) => {
            let live = executor.runner.fused_network();
            commands
                .entity(entity)
                .insert(Bank::of_network(gpu, pool, network, live));
            (0, true)
        }
        (Likeness::Network, Some(mut bank)) => {
            bank.grow(gpu, pool, seconds);
            let arena = display.and_then(Display::arena);
            let bytes = arena.map_or(0, |arena| bank.follow(gpu, image, Some(arena)));
            (bytes, bank.is_busy())
        }
    };
    if bytes > 0 {
        desk.traffic.bytes_read_back += bytes;
    }
    // What was asked may have come by now, and only a frame takes it in.
    desk.next.ask_if(busy || bytes > 0);
}

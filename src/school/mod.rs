//! The school: both networks forget everything and learn anew, live, under the visitor's own digit.
//!
//! Those that learn are networks of their own ([`Origin::Pupil`]) that stand in the others' places while the school is
//! open. So nothing is ever lost: the networks that came with the app only step aside, and come back when the pupils go,
//! when the device is lost, or when an exhibit starts over.

mod data;
mod own;
mod page;
mod plan;
mod pupil;
mod warm_up;
mod wobble;

#[cfg(not(target_arch = "wasm32"))]
pub use data::included as included_lessons;
pub use data::read as read_lessons;
pub use own::OwnDigits;
pub use page::BoardPage;
pub use plan::{LessonPlan, PlanChange, Speed, action_of};
pub use pupil::{Point, Pupil, Sight};
pub use wobble::{Said, WOBBLE_SIDE, Wobble};

use crate::{
    AppSystems,
    gpu::SharedGpu,
    inference::{AddNetwork, Executor, Network, Origin, WeightsCame},
    notice::Notice,
    own_network::OwnNetworkAction,
    pad::Pad,
    platform,
    request::Request,
    rest::NextFrame,
    view::Selection,
    words::{say, say_with},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use data::Lessons;
use mnistify_learning::{Pool, initial::initial_model};
use mnistify_network::import::Loaded;
use std::sync::Arc;
use warm_up::WarmUp;

/// Opens the school where somebody wants it.
pub fn plugin(app: &mut App) {
    app.init_resource::<School>()
        .init_resource::<WarmUp>()
        .add_systems(
            PostUpdate,
            (
                carry_out_actions,
                warm_up::warm_up,
                enrol,
                teach,
                read_weights,
                wobble::follow,
            )
                .chain()
                .after(AppSystems::Input)
                .before(AppSystems::Infer),
        );
}

/// What can be done at school.
#[derive(Clone, Debug)]
pub enum SchoolAction {
    /// To open it, where it is not.
    Open,
    /// To close it; the networks from before are there again.
    Close,
    /// To open it, or to close it.
    Toggle,
    /// Both networks know nothing any more.
    Forget,
    /// To learn, or to learn on.
    Learn,
    /// To stand still.
    Pause,
    /// To learn, or to stand still.
    LearnOrPause,
    /// To make one step.
    Step,
    /// The networks from before are there again; the school stays open.
    Restore,
    /// To choose something of the lesson; networks that learn forget what they know where it matters.
    Plan(Box<LessonPlan>),
    /// To choose some of it, and leave the rest.
    Change(Box<PlanChange>),
    /// To choose how fast.
    Pace(Speed),
    /// To say what the drawing on the pad is: it joins the examples.
    ThisIs(u8),
    /// To take back what was said last of a drawing.
    TakeBack,
    /// To have none of one's own digits among the examples any more.
    ForgetMine,
    /// To see this page of the board.
    Page(BoardPage),
    /// To see the page after it.
    NextPage,
    /// To see the page of one's own digits, or the first one where it is seen.
    OwnDigits,
    /// To keep the better one of the networks as one's own.
    Keep,
    /// To save the better one of the networks as a file.
    Save,
    /// To find the school as it was at the start: closed, and nothing chosen.
    StartOver,
    /// The digits of the lessons came.
    Give(Arc<Pool>),
    /// The digits of the lessons did not come, for this reason.
    Missing(String),
}

/// Where a lesson stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The networks are those from before.
    #[default]
    Before,
    /// The networks know nothing, or what they have learned; they stand still.
    Paused,
    /// They learn.
    Learning,
    /// The lesson is over.
    Over,
}

impl Phase {
    /// For scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Paused => "paused",
            Self::Learning => "learning",
            Self::Over => "over",
        }
    }
}

/// One lesson that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What it was.
    pub plan: LessonPlan,
    /// How many of the visitor's own digits were among the examples.
    pub own: usize,
    /// The networks' names and the share of unseen digits that each read right in the end.
    pub unseen: Vec<(String, f64)>,
}

/// The school.
#[derive(Resource, Default)]
pub struct School {
    /// Whether it is open.
    pub is_open: bool,
    /// The page of the board that is seen.
    pub page: BoardPage,
    /// What is chosen.
    pub plan: LessonPlan,
    /// Drawings that the visitor said what they are.
    pub own: OwnDigits,
    /// Where the lesson stands.
    pub phase: Phase,
    /// The part of the lesson that is over, 0 to 1.
    pub part: f64,
    /// The lessons that were taken, the newest last.
    pub reports: Vec<Report>,
    /// Why there is no school here, where there is none.
    pub trouble: Option<String>,
    /// Slow networks learn on a software GPU too.
    pub patient: bool,
    /// The GPU computes nothing here, or not rightly: the MLP learns alone, on the CPU.
    pub on_cpu: bool,
    /// Seconds since the newest single step, for the picture of its way back.
    pub since_step: Option<f32>,
    lessons: Lessons,
    waiting: Vec<SchoolAction>,
    /// What has to wait until the networks are there.
    next: Option<SchoolAction>,
    /// The better one is to be kept once its weights are here.
    keeps: Option<Keeping>,
}

/// What becomes of a network that was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// It stands beside the others as the visitor's own.
    Own,
    /// It is saved as a file.
    File,
}

impl School {
    /// Leaves an action to this frame.
    pub fn apply(&mut self, action: SchoolAction) {
        self.waiting.push(action);
    }

    /// The digits of the lessons, where they are here; asks for them where nobody did.
    ///
    /// # Errors
    /// Where the program's own files are broken, which a test excludes.
    pub fn digits(&mut self) -> Result<Option<Arc<Pool>>, String> {
        self.lessons.get()
    }

    /// Whether nobody has asked for these digits, or they did not come.
    pub fn has_no_digits(&self) -> bool {
        matches!(self.lessons, Lessons::Away)
    }

    /// Whether the digits of the lessons are still on their way.
    pub fn is_waiting(&self) -> bool {
        self.is_open && matches!(self.lessons, Lessons::Asked)
    }

    /// A software GPU takes as long for a step of the CNN as a lesson should; there it learns for who is patient only.
    fn teaches_cnn(&self, gpu: &SharedGpu) -> bool {
        !gpu.is_software || self.patient
    }

    /// What waits for the networks is this now.
    fn change_next(&mut self, action: SchoolAction) {
        self.next = self.next.take().map(|_| action);
    }

    fn refuse(&mut self, reason: String) {
        self.trouble = Some(reason);
        self.next = None;
        self.phase = Phase::Before;
    }
}

/// All that its actions change.
#[derive(SystemParam)]
struct Room<'w, 's> {
    commands: Commands<'w, 's>,
    school: ResMut<'w, School>,
    networks: Query<'w, 's, (Entity, &'static Network, Option<&'static mut Pupil>)>,
    executors: Query<'w, 's, (&'static Network, &'static Executor)>,
    gpu: Option<Res<'w, SharedGpu>>,
    pad: Res<'w, Pad>,
    notices: MessageWriter<'w, Notice>,
    next: Res<'w, NextFrame>,
}

fn carry_out_actions(mut room: Room) {
    let mut actions = std::mem::take(&mut room.school.bypass_change_detection().waiting);
    let waiting = room.school.next.is_some();
    if waiting && room.networks.iter().any(|(_, _, pupil)| pupil.is_some()) {
        actions.insert(0, room.school.next.take().unwrap_or(SchoolAction::Pause));
    }
    for action in actions {
        room.next.ask();
        room.carry_out(action);
    }
}

impl Room<'_, '_> {
    fn carry_out(&mut self, action: SchoolAction) {
        let school = &mut *self.school;
        match action {
            SchoolAction::Toggle if school.is_open => self.close(),
            SchoolAction::Open | SchoolAction::Toggle => self.open(),
            SchoolAction::Close => self.close(),
            SchoolAction::StartOver => {
                self.close();
                self.school.plan = LessonPlan::default();
                self.school.own = OwnDigits::default();
                self.school.reports.clear();
            }
            SchoolAction::Give(pool) => {
                school.lessons = Lessons::Here(pool);
                school.trouble = None;
            }
            SchoolAction::Missing(reason) => {
                school.lessons = Lessons::Away;
                school.refuse(reason);
            }
            SchoolAction::Plan(plan) => self.choose(*plan),
            SchoolAction::Change(change) => {
                let plan = change.of(&school.plan);
                self.choose(plan);
            }
            SchoolAction::Pace(speed) => school.plan.speed = speed,
            SchoolAction::TakeBack => {
                school.own.take_back();
                self.tell_own();
            }
            SchoolAction::ForgetMine => {
                school.own = OwnDigits::default();
                self.tell_own();
            }
            _ if !school.is_open => {
                self.open();
                if self.school.is_open {
                    self.carry_out(action);
                }
            }
            SchoolAction::Forget => self.forget(),
            SchoolAction::Learn => match school.phase {
                Phase::Before => {
                    self.forget();
                    self.school.change_next(SchoolAction::Learn);
                }
                // A lesson that is over begins again.
                Phase::Over => {
                    self.forget();
                    self.school.phase = Phase::Learning;
                }
                Phase::Paused | Phase::Learning => {
                    school.phase = Phase::Learning;
                    school.change_next(SchoolAction::Learn);
                }
            },
            SchoolAction::Pause => {
                if school.phase == Phase::Learning {
                    school.phase = Phase::Paused;
                    school.change_next(SchoolAction::Pause);
                    self.ask_weights();
                }
            }
            SchoolAction::LearnOrPause => {
                let action = if school.phase == Phase::Learning {
                    SchoolAction::Pause
                } else {
                    SchoolAction::Learn
                };
                self.carry_out(action);
            }
            SchoolAction::Step => match school.phase {
                Phase::Before => {
                    self.forget();
                    self.school.change_next(SchoolAction::Step);
                }
                _ => {
                    if school.phase != Phase::Over {
                        school.phase = Phase::Paused;
                    }
                    school.since_step = Some(0.0);
                    school.change_next(SchoolAction::Step);
                    for (_, _, pupil) in &mut self.networks {
                        if let Some(mut pupil) = pupil {
                            pupil.one_more = true;
                        }
                    }
                }
            },
            SchoolAction::ThisIs(class) => self.take_own(class),
            SchoolAction::Page(page) => school.page = page,
            SchoolAction::NextPage => school.page = school.page.next(),
            SchoolAction::OwnDigits => {
                school.page = match school.page {
                    BoardPage::Yours => BoardPage::default(),
                    _ => BoardPage::Yours,
                };
            }
            SchoolAction::Restore => self.restore(),
            SchoolAction::Keep | SchoolAction::Save => {
                school.keeps = Some(match action {
                    SchoolAction::Save => Keeping::File,
                    _ => Keeping::Own,
                });
                if school.phase == Phase::Learning {
                    school.phase = Phase::Paused;
                }
                self.ask_weights();
            }
        }
    }

    fn open(&mut self) {
        let school = &mut *self.school;
        if school.is_open {
            return;
        }
        school.is_open = true;
        school.trouble = None;
        // What the networks that came with the app run on, those at school can.
        let has_device = self.gpu.as_ref().is_some_and(|gpu| gpu.burn.is_some());
        let shipped = |network: &Network| network.origin == Origin::Shipped;
        let mut executors = self
            .executors
            .iter()
            .filter(|(network, _)| shipped(network));
        let have_kernels = executors.all(|(_, executor)| executor.runner.fused_network().is_some());
        school.on_cpu |= !has_device || !have_kernels;
        // Where steps take long, more and smaller ones say more.
        let software = self.gpu.as_ref().is_some_and(|gpu| gpu.is_software);
        if (software || school.on_cpu) && school.plan == LessonPlan::default() {
            school.plan.settings.batch = SOFTWARE_BATCH;
        }
        // They may take a while to come.
        if let Err(reason) = school.lessons.get() {
            school.refuse(reason);
        }
    }

    fn close(&mut self) {
        self.school.page = BoardPage::default();
        self.restore();
        let school = &mut *self.school;
        school.is_open = false;
        school.trouble = None;
    }

    /// The pupils go; with them goes all that they learned.
    fn restore(&mut self) {
        for (entity, network, _) in &self.networks {
            if network.origin == Origin::Pupil {
                self.commands.entity(entity).despawn();
            }
        }
        let school = &mut *self.school;
        school.phase = Phase::Before;
        school.part = 0.0;
        school.next = None;
        school.keeps = None;
        school.since_step = None;
    }

    /// Both networks know nothing any more.
    fn forget(&mut self) {
        let school = &mut *self.school;
        if school.trouble.is_some() {
            return;
        }
        school.part = 0.0;
        school.since_step = None;
        let pupils = self
            .networks
            .iter()
            .filter(|(_, network, _)| network.origin == Origin::Pupil);
        let pupils: Vec<Entity> = pupils.map(|(entity, _, _)| entity).collect();
        if pupils.is_empty() {
            let gpu = self.gpu.as_ref();
            let with_cnn = !school.on_cpu && gpu.is_none_or(|gpu| school.teaches_cnn(gpu));
            for spec in warm_up::learning(&school.plan, with_cnn) {
                self.commands.trigger(AddNetwork {
                    model: initial_model(&spec, school.plan.settings.seed),
                    origin: Origin::Pupil,
                });
            }
            school.next = Some(SchoolAction::Pause);
        } else {
            for (_, _, pupil) in &mut self.networks {
                if let Some(mut pupil) = pupil {
                    pupil.begins = true;
                }
            }
        }
        school.phase = Phase::Paused;
    }

    /// Another lesson. What is learned by now was learned otherwise, so that it is forgotten.
    fn choose(&mut self, plan: LessonPlan) {
        let school = &mut *self.school;
        if let Err(reason) = plan.check() {
            self.notices.write(Notice::Say(reason));
            return;
        }
        let mut before = std::mem::replace(&mut school.plan, plan);
        // How fast it goes changes nothing of what is learned.
        before.speed = school.plan.speed;
        if before == school.plan || school.phase == Phase::Before {
            return;
        }
        let same = before.networks() == school.plan.networks()
            && before.settings.batch == school.plan.settings.batch;
        let learning = school.phase == Phase::Learning;
        if same {
            self.forget();
            if learning {
                self.school.phase = Phase::Learning;
            }
        } else {
            self.restore();
            // Those before are gone in the next frame.
            self.school.waiting.push(if learning {
                SchoolAction::Learn
            } else {
                SchoolAction::Forget
            });
        }
    }

    /// The drawing joins the examples.
    fn take_own(&mut self, class: u8) {
        if self.pad.drawing().is_empty() || self.pad.image().is_blank() {
            self.notices.write(Notice::Say(say("school-yours-blank")));
            return;
        }
        self.notices.write(Notice::Withdraw);
        self.school.own.add(self.pad.image(), class);
        self.tell_own();
    }

    /// Those that learn, learn from these digits from now on.
    fn tell_own(&mut self) {
        for (_, _, pupil) in &mut self.networks {
            if let Some(mut pupil) = pupil {
                pupil.set_own(&self.school.own);
            }
        }
    }

    fn ask_weights(&mut self) {
        for (_, _, pupil) in &mut self.networks {
            if let Some(mut pupil) = pupil {
                pupil.ask_weights();
            }
        }
    }
}

/// New pupils get what they learn with.
fn enrol(
    mut commands: Commands,
    mut school: ResMut<School>,
    mut networks: Query<(Entity, &mut Network, &mut Executor), Without<Pupil>>,
    gpu: Option<Res<SharedGpu>>,
    warm: Res<WarmUp>,
    next: Res<NextFrame>,
) {
    for (entity, mut network, mut executor) in &mut networks {
        if network.origin != Origin::Pupil {
            continue;
        }
        next.ask();
        let pool = match school.lessons.get() {
            Ok(Some(pool)) => pool,
            // On its way.
            Ok(None) => continue,
            Err(reason) => return school.refuse(reason),
        };
        if school.on_cpu {
            executor.give_up_gpu("networks learn on the CPU here");
        }
        let live = executor.runner.fused_network();
        let pair = gpu.as_deref().zip(live);
        let is_ready = |gpu: &SharedGpu| warm.is_ready(&school.plan, school.teaches_cnn(gpu));
        if pair.is_some_and(|(gpu, _)| !is_ready(gpu)) {
            continue;
        }
        let pupil = match pair {
            Some((gpu, live)) => {
                let kernels = &warm.kernels;
                Pupil::new(network.spec(), &school.plan, &pool, gpu, live, kernels)
            }
            None => Pupil::on_cpu(network.spec(), &school.plan, &pool),
        };
        match pupil {
            Ok(mut pupil) => {
                pupil.set_own(&school.own);
                network.is_current = true;
                commands.entity(entity).insert(pupil);
            }
            Err(reason) => {
                commands.entity(entity).despawn();
                school.refuse(say_with("school-refused", &[("reason", reason.into())]));
            }
        }
    }
}

/// Milliseconds of GPU time that a frame leaves for learning, of all networks together; of the CPU's where it learns there.
const BUDGET: f64 = 8.0;
/// On a software GPU, where the picture alone takes longer.
const SOFTWARE_BUDGET: f64 = 40.0;

/// Images a step on a software GPU, and on the CPU.
pub const SOFTWARE_BATCH: usize = 32;

/// Makes this frame's steps.
fn teach(
    mut commands: Commands,
    mut school: ResMut<School>,
    mut pupils: Query<(Entity, &mut Pupil, &mut Network, &mut Executor)>,
    selection: Res<Selection>,
    gpu: Option<Res<SharedGpu>>,
    time: Res<Time>,
    next: Res<NextFrame>,
) {
    let count = pupils.iter().count();
    if count == 0 {
        return;
    }
    // Where the kernels fail the self-test, once more, without them.
    let is_lost = |pupil: &Pupil, executor: &Executor| {
        !pupil.is_on_cpu() && executor.runner.fused_network().is_none()
    };
    let mut each = pupils.iter();
    if each.any(|(_, pupil, _, executor)| is_lost(pupil, executor)) {
        let action = match school.phase {
            Phase::Learning => SchoolAction::Learn,
            _ => SchoolAction::Forget,
        };
        for (entity, ..) in &pupils {
            commands.entity(entity).despawn();
        }
        school.on_cpu = true;
        school.phase = Phase::Before;
        school.apply(action);
        next.ask();
        return;
    }
    // Whoever wants to see what a cell does wants the network to stand still.
    if school.phase == Phase::Learning && selection.cell.is_some() {
        school.apply(SchoolAction::Pause);
        next.ask();
    }
    let seconds = time.delta_secs().min(0.25);
    if let Some(since) = school.since_step {
        let since = since + seconds;
        school.since_step = (since < SINGLE_STEP_SECONDS).then_some(since);
        next.ask();
    }
    let learns = school.phase == Phase::Learning;
    let is_software = gpu.is_some_and(|gpu| gpu.is_software);
    let budget = if is_software && !school.on_cpu {
        SOFTWARE_BUDGET
    } else {
        BUDGET
    } / count as f64;
    let (part, speed) = (school.part, school.plan.speed);
    let mut steps = 0;
    for (_, mut pupil, mut network, mut executor) in &mut pupils {
        let before = pupil.standing();
        if std::mem::take(&mut pupil.begins) {
            pupil.begin(&school.plan);
            pupil.ask_weights();
            network.is_current = false;
            executor.weights_changed();
        }
        let made = pupil.learn(
            part,
            if learns {
                speed.rate() * f64::from(seconds)
            } else {
                0.0
            },
            budget,
        );
        steps = steps.max(made);
        if pupil.follow(seconds, learns, budget) {
            next.ask();
        }
        if let Some(model) = pupil.hand_over().filter(|_| learns) {
            network.replace_weights(model);
            network.is_current = false;
            executor.weights_changed();
        }
        if pupil.standing().step != before.step {
            network.is_current = false;
            if !pupil.is_on_cpu() {
                executor.weights_changed();
            }
            // Whoever stands still can be looked into.
            if !learns {
                pupil.ask_weights();
            }
            next.ask();
        }
    }
    if learns {
        next.ask();
        school.part += speed.part(f64::from(seconds), steps);
        if school.part >= 1.0 {
            school.part = 1.0;
            school.phase = Phase::Over;
            for (_, mut pupil, ..) in &mut pupils {
                pupil.ask_weights();
                pupil.ends = true;
            }
        }
    }
    // The last word on a lesson is spoken when all unseen digits were read by what was learned in the end.
    if school.phase == Phase::Over && pupils.iter().all(|(_, pupil, ..)| pupil.is_examined()) {
        let mut unseen = Vec::new();
        for (_, mut pupil, network, _) in &mut pupils {
            pupil.ends = false;
            let share = pupil.standing().unseen.unwrap_or(0.0);
            unseen.push((network.name().to_string(), network.slot(), share));
        }
        unseen.sort_by_key(|(_, slot, _)| *slot);
        let unseen = unseen.into_iter().map(|(name, _, share)| (name, share));
        let report = Report {
            plan: school.plan.clone(),
            own: school.own.len(),
            unseen: unseen.collect(),
        };
        school.reports.push(report);
        let too_many = school.reports.len().saturating_sub(MOST_REPORTS);
        school.reports.drain(..too_many);
        next.ask();
    }
}

/// Lessons that are remembered.
const MOST_REPORTS: usize = 5;
/// Seconds in which one step's error runs back from the answer to the drawing.
pub const SINGLE_STEP_SECONDS: f32 = 2.4;

/// Takes in the weights of networks that stand still, so that they can be looked into and kept.
fn read_weights(
    mut commands: Commands,
    mut school: ResMut<School>,
    mut pupils: Query<(Entity, &mut Pupil, &mut Network, &mut Executor)>,
    mut requests: MessageWriter<Request<OwnNetworkAction>>,
    mut notices: MessageWriter<Notice>,
    next: Res<NextFrame>,
) {
    let mut best: Option<(f64, usize, Entity)> = None;
    for (entity, mut pupil, mut network, mut executor) in &mut pupils {
        if let Some(model) = pupil.take_weights() {
            network.replace_weights(model);
            if pupil.is_on_cpu() {
                executor.weights_changed();
            }
            commands.trigger(WeightsCame { network: entity });
        }
        next.ask_if(pupil.is_reading());
        let unseen = pupil.standing().unseen.unwrap_or(0.0);
        if best.is_none_or(|(most, slot, _)| (unseen, slot) > (most, network.slot())) {
            best = Some((unseen, network.slot(), entity));
        }
    }
    let is_reading = pupils.iter().any(|(_, pupil, ..)| pupil.is_reading());
    if is_reading || school.keeps.is_none() {
        return;
    }
    let Some(keeping) = school.keeps.take() else {
        return;
    };
    next.ask();
    let Some((unseen, _, entity)) = best else {
        return;
    };
    if let Ok((_, pupil, network, _)) = pupils.get(entity) {
        let model = pupil.card(&network.model, &school.plan, unseen);
        match keeping {
            Keeping::File => {
                notices.write_batch(platform::save_network(&model).map(Notice::Say));
            }
            Keeping::Own => {
                requests.write(Request(OwnNetworkAction::Add(Box::new(Loaded {
                    model,
                    notes: Vec::new(),
                    known: None,
                }))));
            }
        }
    }
}

//! The school's board: what to do, what can be changed about a lesson, how well both networks read by now, and what they
//! are learning from.

use super::{
    Look,
    strip::text_in,
    theme::{self, Place},
    to_egui,
};
use crate::{
    actions::{Action, entry},
    composition::{Scene, WindowClass},
    inference::ReadingItem,
    school::{
        LessonPlan, Phase, Pupil, SINGLE_STEP_SECONDS, SchoolAction, Sight, Speed, WOBBLE_SIDE,
        Wobble,
    },
    view::colour::value_colour,
    words::{Language, decimal, language, say, say_in, say_with},
};
use bevy_egui::egui::{
    Align, Align2, Color32, ColorImage, CornerRadius, Id, Mesh, Painter, Pos2, Rect, Sense, Shape,
    Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, pos2, vec2,
};
use mnistify_drawing::SIDE;
use mnistify_learning::Optimizer;
use mnistify_network::StageKind;

/// Pictures of the digits that are learned from, used in turn.
#[derive(Default)]
pub struct Film {
    frames: Vec<TextureHandle>,
    /// How many were put there of those that were ever seen.
    seen: usize,
    /// Of each frame: what it is called, and whether that is wrong.
    labels: Vec<(u8, bool)>,
    /// How far the film has run, in frames.
    at: f32,
}

/// A network that learns.
type Learner<'a> = (&'a ReadingItem<'a, 'a>, &'a Pupil);

/// Pictures that are kept at a time.
const FRAMES: usize = 40;

/// Where the parts of the board are.
#[derive(Clone, Debug, PartialEq)]
struct Board {
    words: Rect,
    /// Forget, learn, one step, restore, close.
    buttons: [Rect; 5],
    /// Examples, moved copies, wrong labels, pace: a label's place and that of what can be chosen.
    switches: Vec<Rect>,
    /// The way to what else can be chosen.
    more: Rect,
    dials: Rect,
    curve: Rect,
    table: Option<Rect>,
    /// Keep, save.
    keep: [Rect; 2],
    film: Option<Rect>,
}

/// The board's parts in its rectangle.
fn board(rect: Rect, class: WindowClass, unit: f32) -> Board {
    let inner = rect.shrink2(vec2(16.0, 12.0) * unit);
    let gap = 8.0 * unit;
    match class {
        WindowClass::Wide => {
            let film_height = (34.0 * unit).min(0.17 * inner.height());
            let film = Rect::from_min_max(pos2(inner.min.x, inner.max.y - film_height), inner.max);
            let bottom = film.min.y - gap;
            let column = |from: f32, to: f32| {
                Rect::from_min_max(
                    pos2(inner.min.x + from * inner.width(), inner.min.y),
                    pos2(inner.min.x + to * inner.width() - 2.0 * gap, bottom),
                )
            };
            let (left, middle) = (column(0.0, 0.265), column(0.265, 0.54));
            let (race, river) = (column(0.54, 0.715), column(0.715, 0.87));
            let table = column(0.87, 1.0);
            let high = ((left.height() - gap) / 2.0 - gap / 2.0).min(52.0 * unit) * 0.86;
            let row = |line: usize, count: usize, place: usize| {
                let width = (left.width() - gap * (count - 1) as f32) / count as f32;
                let top = left.max.y - (2 - line) as f32 * (high + gap) + gap;
                Rect::from_min_size(
                    pos2(left.min.x + place as f32 * (width + gap), top),
                    vec2(width, high),
                )
            };
            let buttons = [
                row(0, 2, 0),
                row(0, 2, 1),
                row(1, 3, 0),
                row(1, 3, 1),
                row(1, 3, 2),
            ];
            Board {
                words: Rect::from_min_max(left.min, pos2(left.max.x, buttons[0].min.y - gap)),
                buttons,
                switches: lines(
                    Rect::from_min_max(
                        middle.min,
                        pos2(middle.max.x, middle.max.y - 0.9 * high - gap),
                    ),
                    LINES,
                    0.7 * gap,
                ),
                more: Rect::from_min_max(
                    pos2(middle.center().x, middle.max.y - 0.9 * high),
                    middle.max,
                ),
                dials: race,
                curve: river,
                table: Some(Rect::from_min_max(
                    table.min,
                    pos2(inner.max.x, bottom - 2.0 * (high + gap)),
                )),
                keep: [1.0, 0.0].map(|place| {
                    let lower = bottom - place * (high + gap);
                    Rect::from_min_max(pos2(table.min.x, lower - high), pos2(inner.max.x, lower))
                }),
                film: Some(film),
            }
        }
        WindowClass::Upright | WindowClass::Sideways => {
            let high = (44.0 * unit).max(40.0).min(0.17 * inner.height());
            let words_height = 0.22 * inner.height();
            let width = |count: usize| (inner.width() - gap * (count - 1) as f32) / count as f32;
            let cell = |top: f32, count: usize, place: usize| {
                Rect::from_min_size(
                    pos2(inner.min.x + place as f32 * (width(count) + gap), top),
                    vec2(width(count), high),
                )
            };
            let first = inner.min.y + words_height;
            let second = first + high + gap;
            let buttons = [
                cell(first, 2, 0),
                cell(first, 2, 1),
                cell(second, 3, 0),
                cell(second, 3, 1),
                cell(second, 3, 2),
            ];
            let top = second + high + gap;
            let rest = Rect::from_min_max(pos2(inner.min.x, top), inner.max);
            let half = rest.center().x;
            let lower = Rect::from_min_max(pos2(half + gap, rest.min.y), rest.max);
            Board {
                words: Rect::from_min_max(inner.min, pos2(inner.max.x, first - 0.5 * gap)),
                buttons,
                switches: lines(lower, 2, gap),
                more: Rect::NOTHING,
                dials: Rect::from_min_max(rest.min, pos2(half, rest.max.y)),
                curve: Rect::NOTHING,
                table: None,
                keep: [Rect::NOTHING; 2],
                film: None,
            }
        }
    }
}

fn lines(rect: Rect, count: usize, gap: f32) -> Vec<Rect> {
    let height = (rect.height() - gap * (count - 1) as f32) / count as f32;
    let line = |place: usize| {
        Rect::from_min_size(
            pos2(rect.min.x, rect.min.y + place as f32 * (height + gap)),
            vec2(rect.width(), height),
        )
    };
    (0..count).map(line).collect()
}

/// Shows the board, or the way to it.
pub fn school_ui(ui: &mut Ui, look: &Look<'_>, film: &mut Film, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let strip = places.strip.filter(|_| look.school.is_open);
    let Some(strip) = strip else {
        way_in(ui, look, actions);
        return;
    };
    wave(ui.painter(), look);
    let strip = to_egui(strip);
    let radius = CornerRadius::same(14);
    ui.painter().rect_filled(strip, radius, theme::sheet());
    let edge = Stroke::new(1.0, theme::line().gamma_multiply(0.6));
    ui.painter()
        .rect_stroke(strip, radius, edge, StrokeKind::Inside);
    let parts = board(strip, places.class, places.unit);
    let pupils: Vec<Learner<'_>> = look
        .networks
        .iter()
        .filter_map(|reading| Some((reading, look.pupils.get(reading.entity).ok()?)))
        .collect();
    let words = sentence(look, &pupils);
    let galley = text_in(
        ui,
        "school words",
        &words,
        parts.words,
        [theme::LEAST_ON_BUTTONS, places.text.body * 1.15],
    );
    let place = pos2(
        parts.words.min.x,
        parts.words.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(place, galley, theme::text());
    buttons_ui(ui, look, &parts, actions);
    switches_ui(ui, look, &parts, actions);
    dials(ui, look, parts.dials, &pupils);
    if parts.curve.is_positive() {
        let mut room = parts.curve;
        // Until there are results, their place is the curve's.
        if let Some(table) = parts.table.filter(|_| look.school.reports.is_empty()) {
            room.max.x = table.max.x;
        }
        curve(ui.painter(), look, room, &pupils);
    }
    if let Some(rect) = parts.table {
        table(ui, look, rect);
        keep_ui(ui, look, parts.keep, actions);
    }
    if let Some(rect) = parts.film {
        film_ui(ui, look, rect, film, &pupils);
    }
}

/// One step's way back: from the answer to the drawing, with how far each layer's weights moved.
fn wave(painter: &Painter, look: &Look<'_>) {
    let places = &look.composed.places;
    let Scene::Lanes(scene) = &places.scene else {
        return;
    };
    let bounds = to_egui(scene.lanes_rect);
    let since = look.school.since_step.filter(|_| !look.motion.reduced);
    // In calm, and when it has arrived, all of it is there.
    let passed = since.map_or(1.0, |since| since / (0.8 * SINGLE_STEP_SECONDS));
    let front = bounds.max.x - passed * bounds.width();
    if passed < 1.0 {
        let glow = 26.0 * places.unit;
        let mut mesh = Mesh::default();
        let shades = [(-glow, 0.0), (0.0, 0.55), (3.0 * glow, 0.0)];
        for (across, strength) in shades {
            for y in [bounds.min.y, bounds.max.y] {
                let colour = theme::POINTER.gamma_multiply(strength);
                mesh.colored_vertex(pos2(front + across, y), colour);
            }
        }
        for base in [0, 2] {
            mesh.add_triangle(base, base + 1, base + 2);
            mesh.add_triangle(base + 1, base + 2, base + 3);
        }
        painter
            .with_clip_rect(bounds.expand2(vec2(glow, 0.0)))
            .add(Shape::mesh(mesh));
    }
    let size = places.text.technical;
    for lane in &scene.lanes {
        let Some((entity, _)) = look.composed.networks.get(lane.network) else {
            continue;
        };
        let (Ok(pupil), Some(reading)) = (look.pupils.get(*entity), look.network(*entity)) else {
            continue;
        };
        let layout = &reading.network.layout;
        for (row, layer) in layout.stages.iter().enumerate().map(|(index, stage)| {
            let layer = match stage.kind {
                StageKind::Conv2d { layer } | StageKind::Linear { layer } => Some(layer),
                StageKind::Pool { norm, .. } => norm,
            };
            (index + 1, layer)
        }) {
            let moved = pupil.changes.iter().find(|(of, _)| Some(*of) == layer);
            let place = lane.stages.iter().find(|stage| stage.row == row);
            let (Some((_, share)), Some(place)) = (moved, place) else {
                continue;
            };
            let rect = to_egui(place.rect);
            if front > rect.center().x {
                continue;
            }
            let percent = 100.0 * share;
            let digits = if percent < 0.1 { 3 } else { 2 };
            let words = decimal(format!("±{percent:.digits$} %"));
            let galley = theme::fitting(painter, &words, size, rect.width());
            let at = pos2(rect.min.x + 4.0, rect.max.y - galley.size().y - 5.0);
            let ground = Rect::from_min_size(at, galley.size()).expand2(vec2(4.0, 2.0));
            painter.rect_filled(ground, CornerRadius::same(4), theme::sheet());
            painter.galley_with_override_text_color(at, galley, theme::POINTER);
        }
    }
}

/// The button that opens the school, beside the one of the tour.
fn way_in(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let Some(guide) = places.scene.guide() else {
        return;
    };
    if places.strip.is_some() || look.access.hidden.guide {
        return;
    }
    let Some(place) = guides(look, to_egui(guide))[1] else {
        return;
    };
    let words = say("school-open");
    let start = Place {
        name: "school",
        rect: place,
        text: &words,
        size: places.text.button,
        on: false,
        enabled: true,
    };
    let response = start.show(ui).on_hover_text(theme::hint(entry("school")));
    if response.clicked() {
        actions.push(Action::School(SchoolAction::Open));
    }
}

/// The ways to the tour and to the school share a place. At rest only the school is there, and the tour while something
/// is explained; an exhibit's visitors come and go, and have both at once.
pub fn guides(look: &Look<'_>, rect: Rect) -> [Option<Rect>; 2] {
    if look.exhibit.is_none() {
        let explains = look.selection.cell.is_some();
        return [explains.then_some(rect), (!explains).then_some(rect)];
    }
    let gap = 0.03 * rect.width();
    let middle = rect.center().x;
    [
        Some(Rect::from_min_max(
            rect.min,
            pos2(middle - gap / 2.0, rect.max.y),
        )),
        Some(Rect::from_min_max(
            pos2(middle + gap / 2.0, rect.min.y),
            rect.max,
        )),
    ]
}

/// What happens, and what to do next.
fn sentence(look: &Look<'_>, pupils: &[Learner<'_>]) -> String {
    let school = look.school;
    if let Some(trouble) = &school.trouble {
        return trouble.clone();
    }
    if school.is_waiting() {
        return say("school-waiting");
    }
    let steps = pupils.iter().map(|(_, pupil)| pupil.standing().step).max();
    match school.phase {
        Phase::Before => say("school-before"),
        Phase::Paused if steps.unwrap_or(0) == 0 => say("school-forgotten"),
        Phase::Paused if pupils.iter().any(|(_, pupil)| !pupil.changes.is_empty()) => {
            say("school-stepped")
        }
        Phase::Paused => say("school-paused"),
        Phase::Learning => {
            let count = grouped(school.plan.settings.examples).into();
            let text = say_with("school-learning", &[("count", count)]);
            if pupils.len() == 1 {
                format!("{text} {}", say("school-software"))
            } else {
                text
            }
        }
        Phase::Over if !school.plan.settings.moved => say("school-over-unmoved"),
        Phase::Over if school.plan.settings.examples <= 100 => say("school-over-few"),
        Phase::Over => say("school-over"),
    }
}

fn buttons_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, actions: &mut Vec<Action>) {
    let school = look.school;
    let ready = school.trouble.is_none() && !school.is_waiting();
    let has_pupils = school.phase != Phase::Before;
    let learn = match school.phase {
        Phase::Learning => "school-pause",
        Phase::Over => "school-again",
        _ => "school-learn",
    };
    // What to do next stands in the light.
    let next = match school.phase {
        Phase::Before => Some(0),
        Phase::Paused => Some(1),
        Phase::Learning | Phase::Over => None,
    };
    let all = [
        ("forget", say("school-forget"), ready, SchoolAction::Forget),
        ("learn", say(learn), ready, SchoolAction::LearnOrPause),
        ("one_step", say("school-step"), ready, SchoolAction::Step),
        (
            "restore",
            say("school-restore"),
            has_pupils,
            SchoolAction::Restore,
        ),
        (
            "school_close",
            say("school-close"),
            true,
            SchoolAction::Close,
        ),
    ];
    for (index, ((name, words, enabled, action), rect)) in
        all.into_iter().zip(parts.buttons).enumerate()
    {
        let is_next = ready && next == Some(index);
        let button = Place {
            name,
            rect,
            text: &words,
            size: look.composed.places.text.button,
            on: is_next,
            enabled,
        };
        if button.show(ui).clicked() {
            actions.push(Action::School(action));
        }
        if is_next {
            let radius = CornerRadius::same((rect.height() * 0.22).min(14.0) as u8);
            let line = Stroke::new(2.0, theme::POINTER);
            ui.painter()
                .rect_stroke(rect, radius, line, StrokeKind::Inside);
        }
    }
}

/// A choice: its name for scripts, what stands on it, whether it is on, and what it wishes.
type Choice = (&'static str, String, bool, SchoolAction);
/// What can be chosen: the key of its words, and the choices.
type Line = (&'static str, Vec<Choice>);

/// Lines of choices that are seen at a time in a wide window.
const LINES: usize = 4;

/// One value that can be chosen: its name for scripts, its words, and whether it is the plan's.
type Offer<'a, T> = (&'static str, &'a str, T);

/// A line of values, each of which changes one thing of the plan.
fn line<T: Copy + PartialEq>(
    key: &'static str,
    plan: &LessonPlan,
    options: &[Offer<'_, T>],
    field: fn(&mut LessonPlan) -> &mut T,
) -> Line {
    let choice = |(name, words, value): &Offer<'_, T>| {
        let mut other = plan.clone();
        let on = *field(&mut other) == *value;
        *field(&mut other) = *value;
        let wish = SchoolAction::Plan(Box::new(other));
        (*name, (*words).to_string(), on, wish)
    };
    (key, options.iter().map(choice).collect())
}

/// All that can be chosen, what teaches most first.
fn choices(language: Language, plan: &LessonPlan) -> Vec<Line> {
    let say = |key: &str| say_in(language, key, &[]);
    let thousands = [1_000, 10_000].map(grouped);
    let (on, off) = (say("school-on"), say("school-off"));
    let (slow, steady, full) = (say("school-slow"), say("school-steady"), say("school-full"));
    let mut lines = vec![
        line(
            "school-examples",
            plan,
            &[
                ("examples_10", "10", 10),
                ("examples_100", "100", 100),
                ("examples_1000", &thousands[0], 1_000),
                ("examples_10000", &thousands[1], 10_000),
            ],
            |plan| &mut plan.settings.examples,
        ),
        line(
            "school-moved",
            plan,
            &[("moved_on", &on, true), ("moved_off", &off, false)],
            |plan| &mut plan.settings.moved,
        ),
        line(
            "school-wrong",
            plan,
            &[
                ("wrong_0", "0 %", 0.0),
                ("wrong_25", "25 %", 0.25),
                ("wrong_50", "50 %", 0.5),
            ],
            |plan| &mut plan.settings.wrong,
        ),
        line(
            "school-pace",
            plan,
            &[
                ("pace_one", &slow, Speed::One),
                ("pace_steady", &steady, Speed::Steady),
                ("pace_full", &full, Speed::Full),
            ],
            |plan| &mut plan.speed,
        ),
        line(
            "school-hidden",
            plan,
            &[
                ("hidden_32", "32", 32),
                ("hidden_128", "128", 128),
                ("hidden_512", "512", 512),
            ],
            |plan| &mut plan.hidden,
        ),
        line(
            "school-channels",
            plan,
            &[
                ("channels_4", "4", 4),
                ("channels_8", "8", 8),
                ("channels_32", "32", 32),
            ],
            |plan| &mut plan.channels,
        ),
        line(
            "school-activation",
            plan,
            &[("silu", "SiLU", false), ("relu", "ReLU", true)],
            |plan| &mut plan.relu,
        ),
        line(
            "school-optimizer",
            plan,
            &[
                ("adam_w", "AdamW", Optimizer::AdamW),
                ("sgd", "SGD", Optimizer::Sgd),
            ],
            |plan| &mut plan.settings.optimizer,
        ),
        line(
            "school-batch",
            plan,
            &[
                ("batch_32", "32", 32),
                ("batch_128", "128", 128),
                ("batch_512", "512", 512),
            ],
            |plan| &mut plan.settings.batch,
        ),
    ];
    let rates = ["0.0005", "0.002", "0.01", "0.05"];
    let words = rates.map(|rate| decimal(rate.to_string()));
    let rate = |name, place: usize, value| (name, words[place].as_str(), Some(value));
    lines.push(line(
        "school-rate",
        plan,
        &[
            rate("rate_0", 0, 0.0005),
            rate("rate_1", 1, 0.002),
            rate("rate_2", 2, 0.01),
            rate("rate_3", 3, 0.05),
        ],
        |plan| &mut plan.settings.learning_rate,
    ));
    lines
}

/// A number with a thin space before its thousands, which all of the languages understand.
fn grouped(number: usize) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{}\u{202f}{:03}", number / 1_000, number % 1_000)
}

fn switches_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, actions: &mut Vec<Action>) {
    let text = &look.composed.places.text;
    let wide = look.composed.places.class == WindowClass::Wide;
    let all = choices(language(), &look.school.plan);
    let page = if wide {
        page_ui(ui, look, parts, all.len())
    } else {
        0
    };
    let seen = all.into_iter().skip(page * LINES);
    for ((key, choices), rect) in seen.zip(&parts.switches) {
        let (label, row) = label_and_row(*rect, wide);
        let words = say(key);
        let hover = ui.interact(label, ui.id().with(key), Sense::hover());
        hover.on_hover_text(say(&format!("{key}.help")));
        let room = label.width() - theme::BESIDE_WORDS;
        let galley = theme::wrapping(ui.painter(), &words, text.label, room, Align::LEFT);
        let place = pos2(label.min.x, label.center().y - galley.size().y / 2.0);
        ui.painter()
            .galley_with_override_text_color(place, galley, theme::dim());
        let least = theme::medium(theme::LEAST_ON_BUTTONS);
        let needed = choices.iter().map(|(_, words, ..)| {
            let galley = ui
                .painter()
                .layout_no_wrap(words.clone(), least.clone(), theme::text());
            galley.size().x
        });
        let rects = places_of(row, &needed.collect::<Vec<_>>());
        for ((name, words, on, action), rect) in choices.into_iter().zip(rects) {
            let button = Place {
                name,
                rect,
                text: &words,
                size: text.button,
                on,
                enabled: look.school.trouble.is_none(),
            };
            let response = button.show(ui).on_hover_text(say(&format!("{key}.help")));
            if response.clicked() {
                actions.push(Action::School(action));
            }
        }
    }
}

/// The place of a line's words, and of its choices: beside them or below.
fn label_and_row(rect: Rect, wide: bool) -> (Rect, Rect) {
    if wide {
        rect.split_left_right_at_fraction(0.35)
    } else {
        rect.split_top_bottom_at_y(rect.min.y + 18.0f32.min(0.4 * rect.height()))
    }
}

/// Places in a row for words that need so much each: what is left is shared.
fn places_of(row: Rect, needed: &[f32]) -> Vec<Rect> {
    const GAP: f32 = 4.0;
    let count = needed.len() as f32;
    let spare = (row.width() - GAP * (count - 1.0) - needed.iter().sum::<f32>()) / count;
    let mut left = row.min.x;
    let place = |needed: &f32| {
        let size = vec2(needed + spare, row.height());
        let rect = Rect::from_min_size(pos2(left, row.min.y), size);
        left = rect.max.x + GAP;
        rect
    };
    needed.iter().map(place).collect()
}

/// The way to what else can be chosen; returns which of it is seen.
fn page_ui(ui: &mut Ui, look: &Look<'_>, parts: &Board, lines: usize) -> usize {
    let pages = lines.div_ceil(LINES);
    let id = Id::new("school page");
    let page = ui.data(|data| data.get_temp::<usize>(id)).unwrap_or(0) % pages;
    let values = [("page", (page + 1).into()), ("pages", pages.into())];
    let button = Place {
        name: "school_more",
        rect: parts.more,
        text: &say_with("school-more", &values),
        size: look.composed.places.text.technical,
        on: page > 0,
        enabled: true,
    };
    if button.show(ui).clicked() {
        ui.data_mut(|data| data.insert_temp(id, page + 1));
    }
    page
}

/// How large a share of the unseen digits each network reads right, as rings that race; and below each what it says of
/// the drawing moved about.
fn dials<'a>(ui: &Ui, look: &Look<'a>, rect: Rect, pupils: &[Learner<'a>]) {
    let text = &look.composed.places.text;
    let painter = ui.painter();
    let size = text.technical;
    let line = |words: &str, bottom: f32| {
        let caption = theme::fitting(painter, words, size, rect.width());
        let place = pos2(
            rect.center().x - caption.size().x / 2.0,
            bottom - caption.size().y,
        );
        painter.galley_with_override_text_color(place, caption, theme::dim());
    };
    let shown: Vec<_> = if pupils.is_empty() {
        // In the order of their lanes.
        let lanes = look.composed.networks.iter();
        let readings = lanes.filter_map(|(entity, _)| look.network(*entity));
        readings.map(|reading| (reading, None)).collect()
    } else {
        pupils
            .iter()
            .map(|(reading, pupil)| (*reading, Some(*pupil)))
            .collect()
    };
    let pitch = rect.width() / shown.len().max(1) as f32;
    let wide = look.composed.places.class == WindowClass::Wide;
    // Ring, words, field, words: what is high decides, or what is wide.
    let words_height = 1.35 * size;
    let field = if wide {
        (0.34 * rect.height()).min(0.8 * pitch)
    } else {
        0.0
    };
    let captions = words_height * if wide { 2.0 } else { 1.0 };
    let name_height = 1.25 * text.label;
    let radius = ((rect.height() - captions - name_height - field - 6.0) / 2.0).min(0.46 * pitch);
    for (index, (reading, pupil)) in shown.iter().enumerate() {
        let middle = rect.min.x + (index as f32 + 0.5) * pitch;
        let centre = pos2(middle, rect.min.y + name_height + radius);
        let hue = theme::network_hue(reading.network.slot());
        painter.text(
            pos2(middle, rect.min.y - 2.0),
            Align2::CENTER_TOP,
            reading.network.name(),
            theme::medium(text.label),
            hue,
        );
        // Those that have learned before were examined before, too.
        let examined = reading.network.model.card.test.map(|test| test.accuracy);
        let unseen = pupil.map_or(examined, |pupil| pupil.standing().unseen);
        let share = unseen.unwrap_or(0.0) as f32;
        let share = ui
            .ctx()
            .animate_value_with_time(Id::new(("dial", reading.entity)), share, 0.2);
        let track = theme::track().gamma_multiply(0.5);
        ring(painter, centre, radius, 1.0, track);
        ring(painter, centre, radius, share, hue);
        let words = unseen.map_or("–".into(), |_| {
            format!("{} %", decimal(format!("{:.1}", 100.0 * share)))
        });
        let galley = theme::shrunk(painter, &words, theme::bold(0.44 * radius), 1.5 * radius);
        let place = centre - galley.size() / 2.0;
        painter.galley_with_override_text_color(place, galley, theme::text());
        if let Some(wobble) = look.wobbles.get(reading.entity).ok().filter(|_| wide) {
            let top = centre.y + radius + words_height + 3.0;
            let place = pos2(middle - field / 2.0, top);
            wobble_ui(
                painter,
                Rect::from_min_size(place, vec2(field, field)),
                wobble,
            );
        }
    }
    let below_rings = rect.min.y + name_height + 2.0 * radius + words_height + 1.0;
    line(&say("school-unseen"), below_rings);
    if wide {
        line(
            &say("school-wobble"),
            below_rings + field + words_height + 3.0,
        );
    }
}

/// What a network says of the drawing at every place: bright where it says the same as in the middle.
fn wobble_ui(painter: &Painter, rect: Rect, wobble: &Wobble) {
    let ground = theme::tile().gamma_multiply(0.6);
    let Some(places) = &wobble.places else {
        painter.rect_filled(rect, CornerRadius::same(3), ground);
        return;
    };
    let pitch = rect.width() / WOBBLE_SIDE as f32;
    let middle = places[places.len() / 2].class;
    let cell_of = |index: usize| {
        let (row, column) = (index / WOBBLE_SIDE, index % WOBBLE_SIDE);
        let min = rect.min + vec2(column as f32, row as f32) * pitch;
        Rect::from_min_size(min, vec2(pitch, pitch))
    };
    for (index, said) in places.iter().enumerate() {
        let cell = cell_of(index).shrink(0.4);
        let [r, g, b] = if said.class == middle {
            value_colour(0.2 + 0.55 * said.probability)
        } else {
            value_colour(-0.15 - 0.4 * said.probability)
        };
        painter.rect_filled(cell, CornerRadius::ZERO, Color32::from_rgb(r, g, b));
    }
    // Where it stands.
    let line = Stroke::new(1.5, theme::text());
    let place = cell_of(places.len() / 2);
    painter.rect_stroke(place, CornerRadius::ZERO, line, StrokeKind::Outside);
}

/// A part of a ring, clockwise from its top.
fn ring(painter: &Painter, centre: Pos2, radius: f32, share: f32, colour: Color32) {
    let width = 0.17 * radius;
    let radius = radius - width / 2.0;
    let share = share.clamp(0.0, 1.0);
    let count = (64.0 * share).ceil().max(1.0) as usize;
    let at = |step: usize| {
        let angle = std::f32::consts::TAU * share * step as f32 / count as f32;
        centre + radius * vec2(angle.sin(), -angle.cos())
    };
    if share > 0.002 {
        let points = (0..=count).map(at).collect();
        painter.add(Shape::line(points, Stroke::new(width, colour)));
    }
}

/// How well each network read over the lesson, and its loss as a river that runs dry.
fn curve(painter: &Painter, look: &Look<'_>, rect: Rect, pupils: &[Learner<'_>]) {
    /// The loss of who guesses: `ln 10`.
    const GUESSING: f64 = std::f64::consts::LN_10;
    let size = look.composed.places.text.technical;
    let line = Stroke::new(1.0, theme::line().gamma_multiply(0.45));
    let bed = 0.26 * rect.height();
    let plot = Rect::from_min_max(
        pos2(rect.min.x + 2.4 * size, rect.min.y + 0.4 * size),
        pos2(rect.max.x, rect.max.y - bed - 1.5 * size),
    );
    for (share, words) in [(0.0, "0"), (0.5, "50"), (1.0, "100 %")] {
        let y = plot.max.y - share * plot.height();
        painter.hline(plot.x_range(), y, line);
        let words = if share == 1.0 { "100" } else { words };
        let place = pos2(plot.min.x - 6.0, y);
        painter.text(
            place,
            Align2::RIGHT_CENTER,
            words,
            theme::font(size),
            theme::dim(),
        );
    }
    let x = |part: f64| plot.min.x + (part.clamp(0.0, 1.0) as f32) * plot.width();
    let middle = rect.max.y - 1.3 * size - bed / 2.0;
    let each = bed / pupils.len().max(1) as f32;
    for (index, (reading, pupil)) in pupils.iter().enumerate() {
        let hue = theme::network_hue(reading.network.slot());
        let points = pupil.curve.iter();
        let mut points: Vec<Pos2> = points
            .map(|point| {
                pos2(
                    x(point.part),
                    plot.max.y - point.unseen as f32 * plot.height(),
                )
            })
            .collect();
        // Where the rings are by now.
        if let (Some(unseen), false) = (pupil.standing().unseen, points.is_empty()) {
            let now = plot.max.y - unseen as f32 * plot.height();
            points.push(pos2(x(look.school.part), now));
        }
        if let Some(last) = points.last() {
            painter.circle_filled(*last, 4.0, hue);
        }
        painter.add(Shape::line(points, Stroke::new(2.5, hue)));
        let centre = middle - bed / 2.0 + (index as f32 + 0.5) * each;
        let mut mesh = Mesh::default();
        for point in &pupil.curve {
            let half = (point.loss / GUESSING).min(1.2) as f32 * 0.42 * each;
            let base = mesh.vertices.len() as u32;
            for y in [centre - half.max(0.5), centre + half.max(0.5)] {
                mesh.colored_vertex(pos2(x(point.part), y), hue.gamma_multiply(0.65));
            }
            if base > 0 {
                mesh.add_triangle(base - 2, base - 1, base);
                mesh.add_triangle(base - 1, base, base + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
    let words = theme::fitting(painter, &say("school-loss"), size, rect.width());
    let place = pos2(rect.min.x, rect.max.y - words.size().y);
    painter.galley_with_override_text_color(place, words, theme::dim());
}

/// The lessons that were taken, so that two can be compared.
fn table(ui: &Ui, look: &Look<'_>, rect: Rect) {
    let size = look.composed.places.text.technical;
    let painter = ui.painter();
    if look.school.reports.is_empty() {
        return;
    }
    let title = theme::fitting(painter, &say("school-results"), size, rect.width());
    let mut top = rect.min.y;
    let height = title.size().y;
    painter.galley_with_override_text_color(rect.min, title, theme::dim());
    top += height + 4.0;
    for report in look.school.reports.iter().rev() {
        let settings = &report.plan.settings;
        let mut words = grouped(settings.examples);
        if !settings.moved {
            words.push_str(&format!(" · {}", say("school-not-moved")));
        }
        if settings.wrong > 0.0 {
            words.push_str(&format!(
                " · {:.0} % {}",
                100.0 * settings.wrong,
                say("school-false")
            ));
        }
        let galley = theme::wrapping(painter, &words, size, rect.width(), Align::LEFT);
        let below = galley.size().y;
        if top + below + 1.1 * height > rect.max.y {
            break;
        }
        painter.galley_with_override_text_color(pos2(rect.min.x, top), galley, theme::text());
        top += below;
        let mut left = rect.min.x;
        for (index, (_, share)) in report.unseen.iter().enumerate() {
            let hue = report_hue(look, index);
            let words = format!("{} %", decimal(format!("{:.1}", 100.0 * share)));
            let place = pos2(left, top);
            let drawn = painter.text(place, Align2::LEFT_TOP, words, theme::medium(size), hue);
            left = drawn.max.x + 10.0;
        }
        top += height + 5.0;
    }
}

/// The hue that the network at this place of a report has, or would have.
fn report_hue(look: &Look<'_>, index: usize) -> Color32 {
    let others = look
        .networks
        .iter()
        .filter(|reading| look.pupils.get(reading.entity).is_err());
    theme::network_hue(others.count() + index)
}

/// What was learned can be kept beside the networks from before, or saved; not by an exhibit's visitors.
fn keep_ui(ui: &mut Ui, look: &Look<'_>, rects: [Rect; 2], actions: &mut Vec<Action>) {
    if look.exhibit.is_some() || look.school.reports.is_empty() {
        return;
    }
    let enabled = look.school.phase != Phase::Before;
    let all = [
        ("keep", "school-keep", SchoolAction::Keep),
        ("save_network", "school-save", SchoolAction::Save),
    ];
    for ((name, key, action), rect) in all.into_iter().zip(rects) {
        let button = Place {
            name,
            rect,
            text: &say(key),
            size: look.composed.places.text.button,
            on: false,
            enabled,
        };
        let response = button.show(ui).on_hover_text(say("school-keep.help"));
        if response.clicked() {
            actions.push(Action::School(action));
        }
    }
}

/// The digits that are learned from run past, with what the networks are told that they are.
fn film_ui(ui: &Ui, look: &Look<'_>, rect: Rect, film: &mut Film, pupils: &[Learner<'_>]) {
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(
        rect,
        CornerRadius::same(6),
        theme::tile().gamma_multiply(0.6),
    );
    let Some((_, pupil)) = pupils.iter().max_by_key(|(_, pupil)| pupil.seen) else {
        return;
    };
    film.take(ui, pupil);
    if film.frames.is_empty() {
        return;
    }
    let pitch = rect.height() * 1.55;
    let side = rect.height() - 6.0;
    // It runs after what is seen, so that it stands when nothing is learned.
    let goal = film.seen as f32;
    let seconds = ui.input(|input| input.stable_dt).min(0.1);
    if look.motion.reduced || goal - film.at > 6.0 {
        film.at = goal;
    } else {
        film.at += (goal - film.at) * (1.0 - (-seconds * 5.0).exp());
    }
    if (goal - film.at).abs() > 0.01 {
        ui.ctx().request_repaint();
    }
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    for back in 0..FRAMES.min(film.seen) {
        let number = film.seen - 1 - back;
        let right = rect.max.x - (film.at - 1.0 - number as f32) * pitch - 4.0;
        if right < rect.min.x {
            break;
        }
        let place = Rect::from_min_size(pos2(right - side, rect.min.y + 3.0), vec2(side, side));
        let index = number % FRAMES;
        let (Some(frame), Some((class, is_wrong))) =
            (film.frames.get(index), film.labels.get(index))
        else {
            continue;
        };
        painter.image(frame.id(), place, whole, Color32::WHITE);
        let colour = if *is_wrong {
            theme::POINTER
        } else {
            theme::dim()
        };
        painter.text(
            pos2(place.min.x - 3.0, place.center().y),
            Align2::RIGHT_CENTER,
            class.to_string(),
            theme::medium((0.52 * side).max(theme::SMALL)),
            colour,
        );
    }
}

impl Film {
    /// Takes in what was seen since the last time.
    fn take(&mut self, ui: &Ui, pupil: &Pupil) {
        if pupil.seen < self.seen {
            self.seen = 0;
            self.at = 0.0;
        }
        let new = (pupil.seen - self.seen).min(pupil.sights.len());
        self.seen = pupil.seen - new;
        for sight in pupil.sights.iter().skip(pupil.sights.len() - new) {
            let image = picture(sight);
            let index = self.seen % FRAMES;
            match self.frames.get_mut(index) {
                Some(frame) => frame.set(image, TextureOptions::LINEAR),
                None => {
                    let name = format!("film {index}");
                    let frame = ui.ctx().load_texture(name, image, TextureOptions::LINEAR);
                    self.frames.push(frame);
                    self.labels.push((0, false));
                }
            }
            self.labels[index] = (sight.class, sight.is_wrong);
            self.seen += 1;
        }
    }
}

fn picture(sight: &Sight) -> ColorImage {
    let pixels = sight
        .pixels
        .iter()
        .map(|ink| theme::PAD.lerp_to_gamma(Color32::WHITE, *ink));
    ColorImage::new([SIDE, SIDE], pixels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        composition::{Mode, compose},
        panels::fits::{WINDOWS, context, fits, size},
    };

    #[test]
    fn the_boards_words_fit_in_every_language() {
        let context = context();
        let least = theme::medium(theme::LEAST_ON_BUTTONS);
        let mut faults = Vec::new();
        for language in Language::ALL {
            let values = [
                ("count", grouped(10_000).into()),
                ("page", 1.into()),
                ("pages", 3.into()),
            ];
            let say = |key: &str| say_in(language, key, &values);
            for window in WINDOWS {
                let mut check = |text: &str, room: Rect| {
                    if !fits(&context, text, room.size()) {
                        let size = room.size();
                        faults.push(format!("{window:?}: {text}: {size:?}"));
                    }
                };
                let inside = |rect: Rect| rect.shrink2(vec2(theme::BESIDE_WORDS / 2.0, 0.0));
                let exhibit = compose(window, &[], &Mode::default());
                if let Scene::Lanes(lanes) = &exhibit.scene {
                    // The tour and the school share it.
                    let half = to_egui(lanes.guide).split_left_right_at_fraction(0.485).0;
                    check(&say("school-open"), inside(half));
                    check(&say("tour-start"), inside(half));
                }
                let mode = Mode {
                    school: true,
                    ..Mode::default()
                };
                let places = compose(window, &[], &mode);
                let wide = places.class == WindowClass::Wide;
                let strip = to_egui(places.strip.expect("the school has a strip"));
                let parts = board(strip, places.class, places.unit);
                let learning = say("school-learning");
                let software = format!("{learning} {}", say("school-software"));
                let sentences = [
                    "school-before",
                    "school-forgotten",
                    "school-paused",
                    "school-stepped",
                    "school-over",
                    "school-over-few",
                    "school-over-unmoved",
                    "school-waiting",
                    "school-no-gpu",
                ];
                let sentences = sentences.map(say).into_iter();
                for sentence in sentences.chain([learning, software]) {
                    check(&sentence, parts.words);
                }
                let [forget, learn, step, restore, close] = parts.buttons.map(inside);
                for (key, rect) in [
                    ("school-forget", forget),
                    ("school-learn", learn),
                    ("school-pause", learn),
                    ("school-again", learn),
                    ("school-step", step),
                    ("school-restore", restore),
                    ("school-close", close),
                ] {
                    check(&say(key), rect);
                }
                let lines = choices(language, &LessonPlan::default());
                let seen = if wide {
                    lines.len()
                } else {
                    parts.switches.len()
                };
                for (index, (key, choices)) in lines.into_iter().take(seen).enumerate() {
                    let rect = parts.switches[index % parts.switches.len()];
                    let (mut label, row) = label_and_row(rect, wide);
                    label.max.x -= theme::BESIDE_WORDS;
                    check(&say(key), label);
                    let needed = choices.iter().map(|(_, words, ..)| {
                        size(&context, words, least.clone(), f32::INFINITY).x
                    });
                    let rects = places_of(row, &needed.collect::<Vec<_>>());
                    for ((_, words, ..), rect) in choices.iter().zip(rects) {
                        // Even here a little air beside them.
                        check(words, rect.shrink2(vec2(1.0, 0.0)));
                    }
                }
                check(&say("school-unseen"), one_line(parts.dials));
                let Some(table) = parts.table else {
                    continue;
                };
                check(&say("school-more"), inside(parts.more));
                check(&say("school-wobble"), one_line(parts.dials));
                check(&say("school-loss"), one_line(parts.curve));
                check(&say("school-results"), one_line(table));
                let (moved, wrong) = (say("school-not-moved"), say("school-false"));
                let report = format!("{} · {moved} · 50 % {wrong}", grouped(10_000));
                check(&report, table);
                for (key, rect) in ["school-keep", "school-save"].into_iter().zip(parts.keep) {
                    check(&say(key), inside(rect));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    fn one_line(rect: Rect) -> Rect {
        Rect::from_min_size(rect.min, vec2(rect.width(), theme::LEAST_ON_BUTTONS))
    }
}

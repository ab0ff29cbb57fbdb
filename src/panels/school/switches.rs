//! What can be changed about a lesson.

use super::board::{Board, TEACHING};
use crate::{
    actions::Action,
    panels::{Look, strip::text_in, theme, theme::Place},
    school::{BoardPage, LessonPlan, SchoolAction, Speed},
    words::{Language, decimal, language, say, say_in, say_with, thousands},
};
use bevy_egui::egui::{Align, Id, Rect, Ui, pos2, vec2};
use mnistify_learning::Optimizer;

/// A line that is no higher has its words beside its choices.
const ONE_ROW: f32 = 41.0;
/// But not where it is no wider.
const NARROW: f32 = 200.0;

/// A choice: its name for scripts, what stands on it, whether it is on, and what it does.
pub type Choice = (&'static str, String, bool, SchoolAction);

/// What can be chosen: the key of its words, and the choices.
pub type Line = (&'static str, Vec<Choice>);

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
        let action = SchoolAction::Plan(Box::new(other));
        (*name, (*words).to_string(), on, action)
    };
    (key, options.iter().map(choice).collect())
}

/// All that can be chosen, what teaches most first.
pub fn choices(language: Language, plan: &LessonPlan) -> Vec<Line> {
    let say = |key: &str| say_in(language, key, &[]);
    let thousands = [1_000, 10_000].map(thousands);
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

/// Shows what can be changed on this page; returns the key of the line that is pointed at, or was chosen last.
pub fn switches_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    parts: &Board,
    actions: &mut Vec<Action>,
) -> Option<&'static str> {
    let text = &look.composed.places.text;
    let page = look.school.page;
    // Another page has other lines.
    let chosen = Id::new("school line");
    let last = ui.data(|data| data.get_temp::<(&'static str, BoardPage)>(chosen));
    let mut told = last.filter(|(_, of)| *of == page).map(|(key, _)| key);
    let all = choices(language(), &look.school.plan);
    for ((key, choices), rect) in seen(page, all).zip(&parts.switches) {
        let (label, row) = label_and_row(*rect, parts.labels_above);
        let words = words_of(key, look.school.own.len());
        let mut is_meant = ui.rect_contains_pointer(*rect);
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
            let response = button.show(ui);
            is_meant |= response.has_focus();
            if response.clicked() {
                actions.push(Action::School(action));
                ui.data_mut(|data| data.insert_temp(chosen, (key, page)));
            }
        }
        if is_meant {
            told = Some(key);
        }
    }
    told.filter(|_| !parts.switches.is_empty())
}

/// The lines of this page.
pub fn seen(page: BoardPage, all: Vec<Line>) -> impl Iterator<Item = Line> {
    let (from, count) = match page {
        BoardPage::Change => (0, TEACHING),
        BoardPage::Network => (TEACHING, usize::MAX),
        _ => (0, 0),
    };
    all.into_iter().skip(from).take(count)
}

/// What the line teaches that is meant, or what these are for; screen readers find it there.
pub fn help_ui(ui: &Ui, look: &Look<'_>, rect: Rect, told: Option<&'static str>) {
    let words = told.map_or_else(|| say("school-change"), |key| say(&format!("{key}.help")));
    let size = look.composed.places.text.body;
    let galley = text_in(
        ui,
        "school help",
        &words,
        rect,
        [theme::LEAST_ON_BUTTONS, size],
    );
    let colour = if told.is_some() {
        theme::text()
    } else {
        theme::dim()
    };
    let place = pos2(rect.min.x, rect.center().y - galley.size().y / 2.0);
    ui.painter()
        .galley_with_override_text_color(place, galley, colour);
}

/// A line's words. The examples may be so many more, of the visitor's own.
fn words_of(key: &str, own: usize) -> String {
    if key == "school-examples" && own > 0 {
        say_with("school-examples-own", &[("count", own.into())])
    } else {
        say(key)
    }
}

/// The place of a line's words, and of its choices: below or beside them.
pub fn label_and_row(rect: Rect, above: bool) -> (Rect, Rect) {
    if above && (rect.height() > ONE_ROW || rect.width() < NARROW) {
        rect.split_top_bottom_at_y(rect.min.y + (0.32 * rect.height()).clamp(16.0, 24.0))
    } else {
        let label = (0.36 * rect.width()).max(96.0).min(0.46 * rect.width());
        rect.split_left_right_at_x(rect.min.x + label)
    }
}

/// Places in a row for words that need so much each: what is left is shared.
pub fn places_of(row: Rect, needed: &[f32]) -> Vec<Rect> {
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

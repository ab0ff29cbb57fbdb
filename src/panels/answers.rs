//! What the networks say: the answer in large, ten probabilities as bars, and how long it took.

use super::{Look, marks::mark, own_network::own_network_button, theme, timing};
use crate::{
    actions::{Action, Show},
    inference::{Network, ReadingItem, RunnerStatus, shortened},
};
use bevy::prelude::{Add, Commands, Component, On};
use bevy_egui::egui::{self, Align2, Color32, CornerRadius, Rect, Sense, Ui, pos2, vec2};
use mnistify_network::{Answer, Verdict};

/// A network's bars as they are drawn: they move towards the probabilities.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Bars(Vec<f32>);

/// Seconds in which a bar goes two thirds of its way.
const BAR_SECONDS: f32 = 0.06;
/// Bars this near to their goal are there.
const NEAR: f32 = 1e-3;

pub(super) fn add_bars(added: On<Add, Network>, mut commands: Commands) {
    commands.entity(added.entity).insert(Bars::default());
}

/// Moves bars by one frame; returns whether they are still on their way.
pub(super) fn advance_bars(
    bars: &mut bevy::prelude::Mut<'_, Bars>,
    goal: &[f32],
    seconds: f32,
) -> bool {
    if bars.0 == goal {
        return false;
    }
    bars.0.resize(goal.len(), 0.0);
    let share = 1.0 - (-seconds / BAR_SECONDS).exp();
    for (bar, goal) in bars.0.iter_mut().zip(goal) {
        *bar += (goal - *bar) * share;
        if (goal - *bar).abs() < NEAR {
            *bar = *goal;
        }
    }
    true
}

/// Draws the panel.
pub fn answers_ui(ui: &mut Ui, panel: Rect, look: &Look<'_>, actions: &mut Vec<Action>) {
    ui.painter().rect_filled(panel, 0.0, theme::PANEL);
    let shown: Vec<_> = look.shown().collect();
    if look.compact {
        let inner = panel.shrink(8.0);
        let width = inner.width() / shown.len().max(1) as f32;
        for (position, reading) in shown.iter().enumerate() {
            let min = inner.min + vec2(width * position as f32, 0.0);
            let rect =
                Rect::from_min_size(min, vec2(width, inner.height())).shrink2(vec2(4.0, 0.0));
            network_card(ui, rect, look, reading);
        }
        return;
    }
    let inner = panel.shrink2(vec2(16.0, 14.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(inner), |ui| {
        network_switch(ui, look, actions);
        // Sideways on a phone there is room for the answers only.
        let short = ui.available_height() < 420.0;
        let notes = 22.0;
        let count = shown.len().max(1);
        let each = |timing: f32| {
            let room = ui.available_height() - timing - notes - 12.0;
            room / count as f32 - 8.0
        };
        // Each network has a line in the chart's table; two are allowed for in any case.
        let chart = 210.0 + 16.0 * count.saturating_sub(2) as f32;
        // Answers come first: where three of them need the room, the chart stays folded.
        let folded = look.screen.timing_folded || count > 2 && each(chart) < LEAST_CARD;
        let timing = match (short, folded) {
            (true, _) => 0.0,
            (false, true) => 30.0,
            (false, false) => chart,
        };
        let least = if count > 2 {
            LEAST_PLAIN_CARD
        } else {
            LEAST_CARD
        };
        let height = each(timing).clamp(least, 232.0);
        for reading in &shown {
            let size = vec2(ui.available_width(), height);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            network_card(ui, rect, look, reading);
        }
        if !short {
            timing::timing_ui(ui, look, folded, actions);
        }
        status_ui(ui, inner, look);
    });
}

pub(super) fn bar_goal(reading: &ReadingItem<'_, '_>) -> Vec<f32> {
    match reading.answer() {
        Some(answer) => answer.probabilities.clone(),
        None => vec![0.0; reading.network.spec().classes().len()],
    }
}

/// A card of this height has room for everything, in logical pixels.
const LEAST_CARD: f32 = 110.0;
/// A card below this height has no chart,
const LEAST_CHARTED_CARD: f32 = 92.0;
/// and none is lower than this.
const LEAST_PLAIN_CARD: f32 = 76.0;

/// One network or all, as a row of buttons, and the one for a network of one's own.
pub fn network_switch(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let count = look.networks.len();
    let shown = look.shown().count();
    let mut choices: Vec<(String, &'static str, Show, bool)> = Vec::new();
    if count > 1 {
        let all = if count == 2 { "Both" } else { "All" };
        choices.push((all.into(), "both", Show::All, shown == count));
    }
    for reading in look.networks {
        let (network, alone) = (reading.network, reading.shown && shown == 1);
        let mark = match network.slot() {
            0 => "mlp",
            1 => "cnn",
            _ => "yours",
        };
        let show = if network.is_own() {
            Show::Own
        } else {
            Show::Named(network.key().into())
        };
        choices.push((network.name().into(), mark, show, alone));
    }
    let width = ui.available_width();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.spacing_mut().button_padding.x = 4.0;
        let each = (width - 6.0 * (choices.len() - 1) as f32) / choices.len() as f32;
        for (name, place, show, on) in choices {
            let button = egui::Button::new(name.as_str()).selected(on);
            let button = ui.add_sized(vec2(each, 28.0), button.truncate());
            mark(ui, place, button.rect);
            if button.clicked() {
                actions.push(Action::Show(show));
            }
        }
    });
    own_network_button(ui, actions);
}

/// The network's name, its answer, its certainty and its bars.
fn network_card(ui: &Ui, rect: Rect, look: &Look<'_>, reading: &ReadingItem<'_, '_>) {
    let (network, threshold) = (reading.network, look.settings.threshold);
    let index = network.slot();
    let hue = theme::network_hue(index);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::same(10), theme::CARD);
    let edge = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
    painter.rect_filled(
        edge,
        CornerRadius {
            nw: 10,
            sw: 10,
            ne: 0,
            se: 0,
        },
        hue,
    );
    let inner = rect.shrink2(vec2(14.0, 9.0)).translate(vec2(2.0, 0.0));
    // A letter of the title takes about 8 pixels.
    let letters = (inner.width() / 8.0) as usize;
    let name = painter.text(
        inner.min,
        Align2::LEFT_TOP,
        shortened(network.name(), letters),
        theme::font(theme::TITLE),
        hue,
    );
    let facts = format!("{} parameters", thousands(network.spec().parameter_count()));
    let facts = painter.layout_no_wrap(facts, theme::font(theme::SMALL), theme::FAINT);
    if name.max.x + 12.0 + facts.size().x < inner.max.x {
        let place = pos2(
            inner.max.x - facts.size().x,
            name.center().y - facts.size().y / 2.0,
        );
        painter.galley(place, facts, theme::FAINT);
    }
    let bars_height = if rect.height() < LEAST_CHARTED_CARD {
        0.0
    } else if rect.height() < 130.0 {
        44.0
    } else {
        (inner.height() * 0.46).min(96.0)
    };
    let answer_middle = (name.max.y + inner.max.y - bars_height) / 2.0;
    let hero = theme::HERO.min((inner.height() - bars_height - 18.0).max(24.0));
    // Three beside each other on a phone have room for the essential.
    let narrow = inner.width() < 110.0;
    let answer = reading.answer();
    let verdict = answer.map(|answer| answer.verdict(threshold));
    let classes = network.spec().classes();
    let (digit, certainty) = words(answer, classes, threshold, narrow);
    let colour = match verdict {
        Some(Verdict::Digit) => theme::TEXT,
        _ => theme::FAINT,
    };
    // A class may have a name instead of a digit; half of the width is for it.
    let class_letters = digit.chars().count().max(1) as f32;
    let hero = hero.min((inner.width() * 0.5 / (class_letters * 0.56)).max(theme::TITLE));
    let painted = painter.text(
        pos2(inner.min.x, answer_middle),
        Align2::LEFT_CENTER,
        digit,
        theme::font(hero),
        colour,
    );
    let beside = if answer.is_some() {
        painted.max.x.max(inner.min.x + hero * 0.62) + 10.0
    } else {
        inner.min.x
    };
    painter.text(
        pos2(beside, answer_middle),
        Align2::LEFT_CENTER,
        certainty,
        theme::font(theme::TITLE),
        if colour == theme::TEXT {
            theme::TEXT
        } else {
            theme::DIM
        },
    );
    if bars_height == 0.0 {
        return;
    }
    let chart = Rect::from_min_max(pos2(inner.min.x, inner.max.y - bars_height), inner.max);
    // Still what the network computed, but nobody should read a digit off it.
    let (best, hue) = match verdict {
        Some(Verdict::NoDigit) => (None, hue.gamma_multiply(0.45)),
        _ => (answer.map(|answer| answer.class), hue),
    };
    if let Ok(bars) = look.bars.get(reading.entity) {
        paint_bars(&painter, chart, &bars.0, classes, best, hue);
    }
}

/// The answer in large and what is said beside it, the essential alone where it is narrow.
fn words(
    answer: Option<&Answer>,
    classes: &[String],
    threshold: f32,
    narrow: bool,
) -> (String, String) {
    let Some(answer) = answer else {
        let waiting = if narrow {
            "Waiting"
        } else {
            "Waiting for a digit"
        };
        return (String::new(), waiting.to_string());
    };
    let name = |class: usize| shortened(&classes[class], MOST_CLASS_LETTERS);
    let class = name(answer.class);
    let percent = 100.0 * answer.confidence();
    match (answer.verdict(threshold), answer.runner_up()) {
        (Verdict::NoDigit, _) => ("?".to_string(), "not a digit".to_string()),
        _ if narrow => (class, format!("{percent:.0} %")),
        (Verdict::Digit, _) => (class, format!("{percent:.1} %")),
        (Verdict::NotSure, Some(other)) => {
            let either = format!("not sure: {class} or {}?", name(other));
            (class, either)
        }
        (Verdict::NotSure, None) => (class, format!("not sure · {percent:.1} %")),
    }
}

/// Letters of a class's name beside its certainty.
const MOST_CLASS_LETTERS: usize = 12;

fn paint_bars(
    painter: &egui::Painter,
    rect: Rect,
    bars: &[f32],
    classes: &[String],
    best: Option<usize>,
    hue: Color32,
) {
    let label = 15.0;
    let floor = rect.max.y - label;
    let pitch = rect.width() / bars.len().max(1) as f32;
    let letters = classes.iter().map(|name| name.chars().count());
    let widest_name = letters.max().unwrap_or(1) as f32;
    for (class, height) in bars.iter().enumerate() {
        let x = rect.min.x + pitch * (class as f32 + 0.5);
        let half = pitch * 0.34;
        let track = Rect::from_min_max(pos2(x - half, rect.min.y), pos2(x + half, floor));
        painter.rect_filled(track, 2.0, theme::RAISED);
        let top = floor - height.clamp(0.0, 1.0) * track.height();
        let bar = Rect::from_min_max(pos2(x - half, top), pos2(x + half, floor));
        let is_best = best == Some(class);
        let colour = if is_best {
            hue
        } else {
            hue.gamma_multiply(0.55)
        };
        painter.rect_filled(bar, 2.0, colour);
        // A letter takes about 6 pixels. Where names do not fit side by side, the answer's stands alone.
        let name_width = classes[class].chars().count() as f32 * 6.0;
        let crowded = widest_name * 6.0 > pitch;
        if crowded && !is_best {
            continue;
        }
        let half = (name_width / 2.0).min(rect.width() / 2.0);
        let x = x.min(rect.max.x - half).max(rect.min.x + half);
        painter.text(
            pos2(x, rect.max.y),
            Align2::CENTER_BOTTOM,
            shortened(&classes[class], (rect.width() / 6.0) as usize),
            theme::font(theme::SMALL),
            if is_best { theme::TEXT } else { theme::DIM },
        );
    }
}

/// On what it all runs, at the panel's foot.
fn status_ui(ui: &Ui, inner: Rect, look: &Look<'_>) {
    let adapter = look.gpu.map_or("no GPU", |gpu| gpu.adapter.as_str());
    let on_cpu = look
        .shown()
        .find_map(|reading| match &reading.executor.status {
            RunnerStatus::OnCpu(reason) => {
                let name = reading.network.name();
                Some(format!("{name} runs on the CPU: {reason}"))
            }
            _ => None,
        });
    let checking = look
        .shown()
        .any(|reading| reading.executor.status == RunnerStatus::Checking);
    let (text, colour) = match on_cpu {
        Some(text) => (text, theme::WARNING),
        None if checking => (format!("Checking {adapter} …"), theme::DIM),
        None => (format!("✔ {adapter}"), theme::FAINT),
    };
    let mut job =
        egui::text::LayoutJob::simple(text, theme::font(theme::SMALL), colour, inner.width());
    job.wrap.max_rows = 2;
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let place = pos2(inner.min.x, inner.max.y - galley.size().y + 4.0);
    ui.painter().galley(place, galley, colour);
}

/// `669706` as `669,706`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(669_706), "669,706");
    }

    #[test]
    fn a_refusal_and_a_doubt_sound_different() {
        let classes = ["3", "5", "8"].map(String::from);
        let mut answer = Answer::from_logits(&[1.0, 0.9, 0.0], None);
        let said = |answer: &Option<Answer>, threshold| {
            let (digit, text) = words(answer.as_ref(), &classes, threshold, false);
            [digit, text]
        };
        assert_eq!(said(&None, 0.6), ["", "Waiting for a digit"]);
        assert_eq!(said(&answer, 0.3), ["3", "44.0 %"]);
        assert_eq!(said(&answer, 0.6), ["3", "not sure: 3 or 5?"]);
        let brief = words(answer.as_ref(), &classes, 0.6, true);
        assert_eq!(brief, ("3".to_string(), "44 %".to_string()));
        answer.as_mut().expect("finite logits").is_digit = false;
        assert_eq!(said(&answer, 0.3), ["?", "not a digit"]);
    }

    #[test]
    fn bars_move_towards_their_goal_and_rest_there() {
        use bevy::prelude::{DetectChangesMut, World};
        let mut world = World::new();
        let entity = world.spawn(Bars::default()).id();
        let mut bars = world.get_mut::<Bars>(entity).expect("just spawned");
        let goal = [1.0, 0.0];
        assert!(advance_bars(&mut bars, &goal, 0.03));
        let first = bars.0[0];
        assert!(advance_bars(&mut bars, &goal, 0.03));
        assert!(0.0 < first && first < bars.0[0] && bars.0[0] < 1.0);
        for _ in 0..40 {
            advance_bars(&mut bars, &goal, 0.03);
        }
        bars.set_if_neq(Bars(vec![1.0, 0.0]));
        assert!(!advance_bars(&mut bars, &goal, 0.03));
    }
}

//! What the networks say: the answer in large, ten probabilities as bars, and how long it took.

use super::{Wish, marks::mark, theme, timing, visitor::own_network_button};
use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, LiveNetwork, Networks, RunnerStatus, ShownNetworks},
    visitor::shortened,
};
use bevy_egui::egui::{self, Align2, Color32, CornerRadius, Rect, Sense, Ui, pos2, vec2};
use mnistify_network::{Answer, Verdict};

/// The bars as they are drawn: they move towards the probabilities.
#[derive(Default)]
pub struct BarHeights(Vec<Vec<f32>>);

/// Seconds in which a bar goes two thirds of its way.
const BAR_SECONDS: f32 = 0.06;

impl BarHeights {
    /// Moves the bars of network `index` by one frame and returns them.
    fn advance(&mut self, index: usize, goal: &[f32], seconds: f32) -> &[f32] {
        if self.0.len() <= index {
            self.0.resize(index + 1, Vec::new());
        }
        let bars = &mut self.0[index];
        bars.resize(goal.len(), 0.0);
        let share = 1.0 - (-seconds / BAR_SECONDS).exp();
        for (bar, goal) in bars.iter_mut().zip(goal) {
            *bar += (goal - *bar) * share;
        }
        bars
    }
}

/// Draws the panel.
#[allow(clippy::too_many_arguments)]
pub fn answers_ui(
    ui: &mut Ui,
    panel: Rect,
    compact: bool,
    networks: &Networks,
    settings: &InferenceSettings,
    bars: &mut BarHeights,
    timing_folded: bool,
    gpu: Option<&SharedGpu>,
    wishes: &mut Vec<Wish>,
) {
    ui.painter().rect_filled(panel, 0.0, theme::PANEL);
    let seconds = ui.input(|input| input.stable_dt).min(0.1);
    let shown: Vec<(usize, &LiveNetwork)> = networks
        .all
        .iter()
        .enumerate()
        .filter(|(index, _)| settings.shown.shows(*index))
        .collect();
    if compact {
        let inner = panel.shrink(8.0);
        let width = inner.width() / shown.len().max(1) as f32;
        for (position, (index, network)) in shown.iter().enumerate() {
            let min = inner.min + vec2(width * position as f32, 0.0);
            let rect =
                Rect::from_min_size(min, vec2(width, inner.height())).shrink2(vec2(4.0, 0.0));
            let heights = bar_goal(network);
            let heights = bars.advance(*index, &heights, seconds).to_vec();
            network_card(ui, rect, *index, network, settings.threshold, &heights);
        }
        return;
    }
    let inner = panel.shrink2(vec2(16.0, 14.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(inner), |ui| {
        network_switch(ui, networks, settings.shown, wishes);
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
        let timing_folded = timing_folded || count > 2 && each(chart) < LEAST_CARD;
        let timing = match (short, timing_folded) {
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
        for (index, network) in &shown {
            let size = vec2(ui.available_width(), height);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            let heights = bar_goal(network);
            let heights = bars.advance(*index, &heights, seconds).to_vec();
            network_card(ui, rect, *index, network, settings.threshold, &heights);
        }
        if !short {
            timing::timing_ui(ui, &shown, timing_folded, settings.continuous, wishes);
        }
        status_ui(ui, inner, &shown, gpu);
    });
}

fn bar_goal(network: &LiveNetwork) -> Vec<f32> {
    match &network.answer {
        Some(answer) => answer.probabilities.clone(),
        None => vec![0.0; network.spec().classes().len()],
    }
}

/// A card of this height has room for everything, in logical pixels.
const LEAST_CARD: f32 = 110.0;
/// A card below this height has no chart,
const LEAST_CHARTED_CARD: f32 = 92.0;
/// and none is lower than this.
const LEAST_PLAIN_CARD: f32 = 76.0;

/// One network or all, as a row of buttons, and the one for the visitor's own.
pub fn network_switch(
    ui: &mut Ui,
    networks: &Networks,
    shown: ShownNetworks,
    wishes: &mut Vec<Wish>,
) {
    let count = networks.all.len();
    let names = networks
        .all
        .iter()
        .map(|network| network.name().to_string());
    let mut choices: Vec<(String, ShownNetworks)> = names
        .enumerate()
        .map(|(index, name)| (name, ShownNetworks::Only(index)))
        .collect();
    if count > 1 {
        let all = if count == 2 { "Both" } else { "All" };
        choices.insert(0, (all.into(), ShownNetworks::All));
    }
    let width = ui.available_width();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.spacing_mut().button_padding.x = 4.0;
        let each = (width - 6.0 * (choices.len() - 1) as f32) / choices.len() as f32;
        for (name, choice) in choices {
            let button = egui::Button::new(name.as_str()).selected(shown == choice);
            let button = ui.add_sized(vec2(each, 28.0), button.truncate());
            let place = match choice {
                ShownNetworks::All => Some("both"),
                ShownNetworks::Only(0) => Some("mlp"),
                ShownNetworks::Only(1) => Some("cnn"),
                ShownNetworks::Only(_) => Some("yours"),
            };
            if let Some(place) = place {
                mark(ui, place, button.rect);
            }
            if button.clicked() {
                wishes.push(Wish::Show(choice));
            }
        }
    });
    own_network_button(ui, wishes);
}

/// The network's name, its answer, its certainty and its bars.
fn network_card(
    ui: &Ui,
    rect: Rect,
    index: usize,
    network: &LiveNetwork,
    threshold: f32,
    bars: &[f32],
) {
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
    let answer = network.answer.as_ref();
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
    paint_bars(&painter, chart, bars, classes, best, hue);
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
fn status_ui(ui: &Ui, inner: Rect, shown: &[(usize, &LiveNetwork)], gpu: Option<&SharedGpu>) {
    let adapter = gpu.map_or("no GPU", |gpu| gpu.adapter.as_str());
    let on_cpu = shown.iter().find_map(|(_, network)| match &network.status {
        RunnerStatus::OnCpu(reason) => {
            Some(format!("{} runs on the CPU: {reason}", network.name()))
        }
        _ => None,
    });
    let checking = shown
        .iter()
        .any(|(_, network)| network.status == RunnerStatus::Checking);
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
    fn bars_move_towards_their_goal() {
        let mut bars = BarHeights::default();
        let first = bars.advance(1, &[1.0, 0.0], 0.03)[0];
        let later = bars.advance(1, &[1.0, 0.0], 0.03)[0];
        assert!(0.0 < first && first < later && later < 1.0);
    }
}

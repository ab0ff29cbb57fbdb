//! The head of the window, title, sentence and three controls; and its foot, the legend and the times.

use super::{Look, Told, icons::Icon, marks::mark, theme, theme::Place, to_egui};
use crate::{
    actions::{Action, Show, Switch, entry},
    composition::{Part, Scene},
    view::colour::value_colour,
    words::{self, Language, say, say_with},
};
use bevy_egui::egui::{self, Align2, Color32, Mesh, Rect, Sense, Shape, Ui, pos2, vec2};

/// Shows the headline and the controls beside it.
pub fn header_ui(ui: &mut Ui, look: &Look<'_>, told: &Told, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let text = &places.text;
    match &places.scene {
        Scene::Lanes(lanes) => headline(ui, to_egui(lanes.headline), look, told, true),
        Scene::Page(page) => {
            if let Some(rect) = page.headline {
                headline(ui, to_egui(rect), look, told, false);
            }
        }
        // An open layer has its own.
        Scene::FullScreen {
            opened: Some(_), ..
        } => return,
        Scene::FullScreen { close, .. } => {
            let words = say("close");
            let button = Place {
                name: "close_lanes",
                rect: to_egui(*close),
                text: &words,
                size: theme::SMALL,
                on: false,
                enabled: true,
            };
            if button.show(ui).clicked() {
                actions.push(Action::Set(Switch::LanesFillScreen, false));
            }
            return;
        }
        Scene::Table(table) => headline(ui, to_egui(table.headline), look, told, true),
    }
    if look.access.hidden.controls || look.composed.mode.part == Part::Wall {
        return;
    }
    let controls = &places.controls;
    let networks_text = networks_text(look);
    let networks = Place {
        name: "networks",
        rect: to_egui(controls.networks),
        text: &networks_text,
        size: text.button,
        on: false,
        enabled: true,
    };
    let response = networks.show(ui);
    if networks.rect.width() > 90.0 {
        let at = pos2(networks.rect.max.x - 20.0, networks.rect.center().y);
        Icon::Down.paint(ui.painter(), at, 5.5, theme::text());
    }
    egui::Popup::menu(&response)
        .width(210.0)
        // The menu itself is nowhere for the focus to go.
        .sense(egui::Sense::CLICK)
        .show(|ui| networks_menu(ui, look, actions));
    if let Some(rect) = controls.explain {
        let rect = to_egui(rect);
        let has_room = rect.width() > 100.0;
        let selected = look.selection.cell;
        // A cell in between is looked at, but explains no answer.
        let explains = selected.is_some_and(|selected| {
            let reading = look.network(selected.network);
            reading.is_some_and(|reading| reading.network.is_output(selected.cell))
        });
        // Where nothing is read there is nothing to explain; then it is shown how reading goes.
        let shows_how = told.is_refused
            && selected.is_none()
            && places.strip.is_none()
            && look.motion.slow.is_none()
            && look.exhibit.is_none()
            && !look.access.hidden.guide;
        let (words, icon, action) = match (shows_how, has_room) {
            (true, true) => (say("tour-start"), Some(Icon::Play), Action::Tour(Some(0))),
            (true, false) => (
                say("tour-start-short"),
                Some(Icon::Play),
                Action::Tour(Some(0)),
            ),
            (false, true) => (told.why.clone(), None, Action::Explain),
            (false, false) => (say("explain-short"), None, Action::Explain),
        };
        let explain = Place {
            name: "explain",
            rect,
            text: &words,
            size: text.button,
            on: explains,
            enabled: shows_how || selected.is_some() || !told.is_refused,
        };
        if explain.show_with(ui, icon).clicked() {
            actions.push(action);
        }
    }
    let words = say("more");
    let more = Place {
        name: "more",
        rect: to_egui(controls.more),
        text: &words,
        size: text.button,
        on: look.screen.more,
        enabled: true,
    };
    if more.show(ui).clicked() {
        actions.push(Action::Toggle(Switch::More));
    }
}

fn headline(ui: &Ui, rect: Rect, look: &Look<'_>, told: &Told, with_name: bool) {
    let text = &look.composed.places.text;
    let painter = ui.painter();
    let mut left = rect.min.x;
    if with_name && rect.width() > 420.0 {
        let name = painter.text(
            pos2(left, rect.center().y),
            Align2::LEFT_CENTER,
            say("app-name"),
            theme::bold(text.title),
            theme::dim(),
        );
        left = name.max.x + 16.0;
    }
    theme::text_in(
        painter,
        pos2(left, rect.center().y),
        Align2::LEFT_CENTER,
        &told.headline,
        theme::bold(text.headline),
        theme::text(),
        rect.max.x - left,
    );
}

/// What the button for the networks says: which are shown.
fn networks_text(look: &Look<'_>) -> String {
    let shown: Vec<_> = look.shown().collect();
    match shown[..] {
        [only] if look.networks.len() > 1 => only.network.name().to_string(),
        _ => say_with("networks-all", &[("count", shown.len().into())]),
    }
}

/// One network or all, and the way to one's own.
pub fn networks_menu(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let count = look.networks.len();
    let shown = look.shown().count();
    let mut choices: Vec<(String, &'static str, Show, bool)> = Vec::new();
    if count > 1 {
        let all = say_with("networks-all", &[("count", count.into())]);
        choices.push((all, "both", Show::All, shown == count));
    }
    for reading in look.networks {
        let (network, alone) = (reading.network, reading.shown && shown == 1);
        let name = match network.slot() {
            0 => "mlp",
            1 => "cnn",
            _ => "yours",
        };
        let show = if network.is_own() {
            Show::Own
        } else {
            Show::Named(network.key().into())
        };
        choices.push((network.name().into(), name, show, alone));
    }
    for (text, name, show, on) in choices {
        let button = egui::Button::new(text).selected(on).truncate();
        let response = ui.add_sized(vec2(ui.available_width(), 40.0), button);
        mark(ui, name, response.rect);
        if response.clicked() {
            actions.push(Action::Show(show));
        }
    }
    if look.exhibit.is_some() {
        return;
    }
    let own = entry("network");
    let button = egui::Button::new(own.label());
    let response = ui.add_sized(vec2(ui.available_width(), 40.0), button);
    mark(ui, "network", response.rect);
    if response.on_hover_text(theme::hint(own)).clicked() {
        actions.push(Action::Set(Switch::OwnNetwork, true));
    }
}

/// What the colours mean, and how long reading takes; on a table the languages alone.
pub fn foot_ui(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let size = places.text.foot;
    let lanes = match &places.scene {
        Scene::Lanes(lanes) => lanes,
        Scene::Table(table) if look.exhibit.is_some() => {
            return languages_ui(ui, look, to_egui(table.languages), size, actions);
        }
        _ => return,
    };
    let hidden = look.access.hidden;
    // Slow motion has its place.
    if !hidden.legend && look.motion.slow.is_none() {
        legend(ui, to_egui(lanes.legend), size, places.unit);
    }
    let rect = to_egui(lanes.times);
    let text = short_times(look);
    // Elsewhere they are under "more": a person chooses once, visitors come and go.
    if look.exhibit.is_some() && look.composed.mode.part == Part::Whole {
        languages_ui(ui, look, rect, size, actions);
    }
    if text.is_empty() || hidden.times {
        return;
    }
    let galley = ui
        .painter()
        .layout_no_wrap(text.clone(), theme::font(size), theme::dim());
    let place = pos2(
        rect.max.x - galley.size().x,
        rect.center().y - galley.size().y / 2.0,
    );
    let target = Rect::from_min_size(place, galley.size()).expand2(vec2(8.0, 10.0));
    let response = ui.interact(target, ui.id().with("numbers"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Link, true, text.as_str()));
    let colour = if response.hovered() {
        theme::text()
    } else {
        theme::dim()
    };
    ui.painter()
        .galley_with_override_text_color(place, galley, colour);
    let hint = theme::hint(entry("numbers"));
    if response.on_hover_text(hint).clicked() {
        actions.push(Action::Toggle(Switch::Numbers));
    }
}

/// The languages, by their own names, beside the legend.
fn languages_ui(ui: &mut Ui, look: &Look<'_>, foot: Rect, size: f32, actions: &mut Vec<Action>) {
    let mut left = foot.min.x + 12.0;
    for language in offered(look) {
        let galley = ui.painter().layout_no_wrap(
            language.own_name().into(),
            theme::medium(size),
            theme::text(),
        );
        let width = galley.size().x + 20.0;
        let place =
            Rect::from_center_size(pos2(left + width / 2.0, foot.center().y), vec2(width, 40.0));
        left += width;
        let response = ui.interact(place, ui.id().with(language.code()), Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::selected(
                egui::WidgetType::RadioButton,
                true,
                language == words::language(),
                language.own_name(),
            )
        });
        mark(ui, language_mark(language), place);
        let colour = if language == words::language() || response.hovered() {
            theme::text()
        } else {
            theme::dim()
        };
        let at = place.center() - galley.size() / 2.0;
        ui.painter()
            .galley_with_override_text_color(at, galley, colour);
        if language == words::language() {
            let line = [
                pos2(place.min.x + 10.0, place.center().y + 0.75 * size),
                pos2(place.max.x - 10.0, place.center().y + 0.75 * size),
            ];
            ui.painter()
                .line_segment(line, egui::Stroke::new(1.5, theme::dim()));
        }
        if response.clicked() {
            actions.push(Action::Speak(language));
        }
    }
}

/// The languages on offer; where there is one, no choice.
pub fn offered(look: &Look<'_>) -> Vec<Language> {
    let all = match look.exhibit {
        Some(exhibit) => exhibit.settings.languages.clone(),
        None => Language::ALL.to_vec(),
    };
    if all.len() > 1 { all } else { Vec::new() }
}

/// What scripts call a language's control.
pub fn language_mark(language: Language) -> &'static str {
    match language {
        Language::English => "language_en",
        Language::French => "language_fr",
        Language::German => "language_de",
        Language::Spanish => "language_es",
    }
}

/// `CNN 0.3 ms · MLP 0.1 ms`: on the GPU where that is known, else until the answer is there.
fn short_times(look: &Look<'_>) -> String {
    let mut shown: Vec<_> = look.shown().collect();
    shown.sort_by_key(|reading| std::cmp::Reverse(reading.network.layout.rows()));
    let times = shown.iter().filter_map(|reading| {
        let timings = reading.timings;
        let millis = timings.gpu.median().or_else(|| timings.result.median())?;
        Some(say_with(
            "time-of",
            &[
                ("network", reading.network.name().into()),
                ("millis", super::numbers::millis(millis).into()),
            ],
        ))
    });
    times.collect::<Vec<_>>().join("  ·  ")
}

fn legend(ui: &Ui, rect: Rect, size: f32, unit: f32) {
    let painter = ui.painter();
    let negative = painter.text(
        pos2(rect.min.x, rect.center().y),
        Align2::LEFT_CENTER,
        say("legend-negative"),
        theme::font(size),
        theme::dim(),
    );
    let bar = Rect::from_min_size(
        pos2(negative.max.x + 10.0 * unit, rect.center().y - 4.0 * unit),
        vec2(120.0 * unit, 8.0 * unit),
    );
    let mut mesh = Mesh::default();
    let steps = 48;
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let [r, g, b] = value_colour(share * 2.0 - 1.0);
        let x = bar.min.x + share * bar.width();
        for y in [bar.min.y, bar.max.y] {
            mesh.colored_vertex(pos2(x, y), Color32::from_rgb(r, g, b));
        }
        if step > 0 {
            let last = mesh.vertices.len() as u32;
            mesh.add_triangle(last - 4, last - 3, last - 2);
            mesh.add_triangle(last - 3, last - 2, last - 1);
        }
    }
    painter.add(Shape::mesh(mesh));
    painter.line_segment(
        [
            pos2(bar.center().x, bar.min.y - 3.0 * unit),
            pos2(bar.center().x, bar.max.y + 3.0 * unit),
        ],
        egui::Stroke::new(1.0, theme::dim()),
    );
    painter.text(
        pos2(bar.max.x + 10.0 * unit, rect.center().y),
        Align2::LEFT_CENTER,
        say("legend-positive"),
        theme::font(size),
        theme::dim(),
    );
}

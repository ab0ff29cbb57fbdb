//! One layer alone: its maps all large, the ways to the layers beside it and back, and on a first convolution's maps the
//! filters that made them. A touch on a layer's words, or on its small maps, opens it.

use super::{
    Look, Told, icons::Icon, portraits::Portraits, theme, theme::Place, tiles::class_name, to_egui,
};
use crate::{
    actions::{Action, Switch},
    composition::{Lane, Part, Scene, StagePlace},
    view::picking::Projector,
    words::say,
};
use bevy::prelude::Entity;
use bevy_egui::egui::{
    Align2, Color32, CornerRadius, CursorIcon, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    WidgetType, pos2, vec2,
};
use mnistify_network::{LayerSpec, StageKind};

/// Side of a filter's picture, as a share of its map's.
const FILTER: f32 = 0.3;

/// Shows what an open layer has, or makes the layers' words its doors.
pub fn layer_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    told: &Told,
    portraits: &mut Portraits,
    actions: &mut Vec<Action>,
) {
    let places = &look.composed.places;
    let lanes = match &places.scene {
        Scene::Lanes(scene) => &scene.lanes,
        Scene::FullScreen { lanes, .. } => lanes,
        Scene::Page(_) | Scene::Table(_) => return,
    };
    let touched = look.composed.mode.part == Part::Whole;
    for lane in lanes {
        let Some((entity, shapes)) = look.composed.networks.get(lane.network) else {
            continue;
        };
        for stage in &lane.stages {
            match places.scene.opened() {
                Some(_) => filters(ui, look, (*entity, lane), stage, portraits),
                None if touched => door(ui, look, (*entity, stage), actions),
                None => {}
            }
        }
        if let (Some(opened), [stage], true) = (places.scene.opened(), &lane.stages[..], touched) {
            let last = shapes.len() - 2;
            let to = |row: usize| Action::Maps(*entity, row);
            let ways = [
                (
                    "layer_before",
                    opened.turn[0],
                    Icon::Left,
                    to(stage.row - 1),
                    stage.row > 1,
                ),
                (
                    "layer_after",
                    opened.turn[1],
                    Icon::Right,
                    to(stage.row + 1),
                    stage.row < last,
                ),
                (
                    "close_layer",
                    opened.close,
                    Icon::Cross,
                    Action::Set(Switch::Maps, false),
                    true,
                ),
            ];
            says(ui, look, *entity, (lane, stage));
            if let Some(rect) = opened.answer {
                answer(ui, look, told, to_egui(rect));
            }
            for (name, rect, icon, action, enabled) in ways {
                if way(ui, name, to_egui(rect), icon, enabled) {
                    actions.push(action);
                }
            }
        }
    }
}

/// The words of a layer open it.
fn door(
    ui: &Ui,
    look: &Look<'_>,
    (entity, stage): (Entity, &StagePlace),
    actions: &mut Vec<Action>,
) {
    let Some(reading) = look.network(entity) else {
        return;
    };
    let [left, top] = stage.label;
    let size = vec2(stage.label_width.max(1.0), stage.rect.min[1] - top);
    let projector = Projector::new(&look.camera.now, look.composed.window);
    let place = projector.seen([left, top]);
    let rect = Rect::from_min_size(pos2(place[0], place[1]), size);
    let id = ui.id().with(("layer", entity, stage.row));
    let response = ui.interact(rect, id, Sense::click());
    let words = super::labels::stage_words(reading.network, stage.row);
    let words = words.first().cloned().unwrap_or_default();
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &words));
    if response.hovered() || response.has_focus() {
        let line = [rect.left_bottom(), rect.right_bottom()].map(|end| end - vec2(0.0, 3.0));
        let stroke = Stroke::new(1.5 * look.composed.places.unit, theme::text());
        ui.painter().line_segment(line, stroke);
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if response.clicked() {
        actions.push(Action::Maps(entity, stage.row));
    }
}

/// What is read, where an open layer covers the answer.
fn answer(ui: &Ui, look: &Look<'_>, told: &Told, rect: Rect) {
    if told.winners.is_empty() {
        return;
    }
    let radius = CornerRadius::same((0.22 * rect.height()) as u8);
    ui.painter().rect_filled(rect, radius, theme::ANSWER);
    let names = told.winners.iter().map(|class| class_name(look, *class));
    let names = names.collect::<Vec<_>>().join(" ");
    theme::text_in(
        ui.painter(),
        rect.center(),
        Align2::CENTER_CENTER,
        &names,
        theme::bold(0.62 * rect.height()),
        theme::ANSWER_FIGURE,
        rect.width() - 4.0,
    );
}

/// Below the open layer, where there is room: what its maps are, and what to do with them.
fn says(ui: &Ui, look: &Look<'_>, entity: Entity, (lane, stage): (&Lane, &StagePlace)) {
    let Some(reading) = look.network(entity) else {
        return;
    };
    let network = reading.network;
    let first = stage.row == 1;
    let layers = network.spec().layers();
    let meaning = match network.layout.stages[stage.row - 1].kind {
        StageKind::Conv2d { .. } if first => "layer-says-edges",
        StageKind::Conv2d { .. } => "layer-says-maps",
        StageKind::Linear { .. } if first => "layer-says-detectors",
        StageKind::Linear { .. } => "layer-says-mixers",
        StageKind::Pool {
            pool: Some(pool), ..
        } if matches!(layers[pool], LayerSpec::MaxPool2d { .. }) => "layer-says-pool",
        StageKind::Pool { .. } => return,
    };
    let text = &look.composed.places.text;
    let words = format!("{} {}", say(meaning), say("layer-touch"));
    let room = lane.rect.max[0] - lane.rect.min[0];
    let galley = ui
        .painter()
        .layout(words, theme::font(text.body), theme::text(), room);
    let place = pos2(lane.name[0], lane.name[1] + 1.9 * text.network);
    if place.y + galley.size().y <= lane.rect.max[1] && look.camera.is_at_home() {
        ui.painter().galley(place, galley, theme::text());
    }
}

/// A button with a sign on it; returns whether it was pressed.
fn way(ui: &mut Ui, name: &'static str, rect: Rect, icon: Icon, enabled: bool) -> bool {
    let words = match icon {
        Icon::Left => say("layer-before"),
        Icon::Right => say("layer-after"),
        _ => say("layer-close"),
    };
    let button = Place {
        name,
        rect,
        text: "",
        size: 0.4 * rect.height(),
        on: false,
        enabled,
    };
    let response = button.show_with(ui, Some(icon));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, &words));
    response.on_hover_text(words).clicked()
}

/// On each map of a first convolution the filter that made it, at the lower left.
fn filters(
    ui: &Ui,
    look: &Look<'_>,
    (entity, lane): (Entity, &Lane),
    stage: &StagePlace,
    portraits: &mut Portraits,
) {
    let (Some(reading), Some(item)) = (
        look.network(entity),
        look.lanes.iter().find(|item| item.entity == entity),
    ) else {
        return;
    };
    let network = reading.network;
    let Some(StageKind::Conv2d { layer }) = network
        .layout
        .stages
        .get(stage.row - 1)
        .map(|stage| stage.kind)
    else {
        return;
    };
    let LayerSpec::Conv2d {
        in_channels: 1,
        kernel_size: [height, width],
        ..
    } = network.spec().layers()[layer]
    else {
        return;
    };
    // While it learns, the GPU alone has its weights.
    if !network.is_current || !look.camera.is_at_home() {
        return;
    }
    let Some(seen) = item.lane.stage(stage.row) else {
        return;
    };
    let text = &look.composed.places.text;
    let place = pos2(lane.rect.max[0], lane.name[1]);
    let font = theme::font(text.technical);
    let room = 0.55 * (lane.rect.max[0] - lane.rect.min[0]);
    let words = say("layer-filters");
    theme::text_in(
        ui.painter(),
        place,
        Align2::RIGHT_TOP,
        &words,
        font,
        theme::dim(),
        room,
    );
    let all = &network.model.parameter(layer, "weight").values;
    for (index, plate) in seen.plates.iter().take(stage.heroes.count).enumerate() {
        let map = to_egui(stage.heroes.place(index));
        let side = FILTER * map.height();
        let size = vec2(side * width as f32 / height as f32, side);
        let rect = Rect::from_min_size(map.left_bottom() - vec2(0.0, size.y), size);
        let weights = &all[plate.channel * height * width..][..height * width];
        let key = (entity, stage.row, plate.channel);
        let texture = portraits.picture(ui, key, weights, [width, height]);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, rect, whole, Color32::WHITE);
        let line = Stroke::new(1.5, theme::dark());
        ui.painter()
            .rect_stroke(rect, 0.0, line, StrokeKind::Outside);
    }
}

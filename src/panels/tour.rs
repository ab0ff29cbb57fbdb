//! The guided tour's strip: what the step says, the way forwards, backwards and out; and the light on what it speaks of.

use super::{
    Look, announce,
    marks::mark,
    strip::{Choice, strip_ui, text_in},
    theme, to_egui, ways,
};
use crate::{
    actions::Action,
    composition::{Lane, Part, Scene, StagePlace, WindowClass},
    tour::{Step, Target, steps},
    words::{say, say_with},
};
use bevy_egui::egui::{
    Color32, CornerRadius, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType,
    pos2, vec2,
};

/// What the light does not fall on.
const SHADE: Color32 = Color32::from_rgba_premultiplied(3, 5, 12, 150);

/// Shows the tour, or the way to it.
pub fn tour_ui(ui: &mut Ui, look: &Look<'_>, actions: &mut Vec<Action>) {
    let places = &look.composed.places;
    let at = look.screen.tour.and_then(|at| Some((at, steps().get(at)?)));
    let (Some((at, step)), Some(strip)) = (at, places.strip) else {
        ways::TOUR.show(ui, look, actions);
        return;
    };
    let mut strip = to_egui(strip);
    let sideways = places.class == WindowClass::Sideways;
    if sideways && step.look != Target::Pad {
        strip = to_egui(places.pad);
    }
    if look.selection.cell.is_none() {
        light(ui.painter(), look, step, strip);
    }
    let last = at + 1 == steps().len();
    let (next, back, leave) = (
        say(if last { "tour-challenge" } else { "tour-next" }),
        say("tour-back"),
        say("tour-leave"),
    );
    let choice = |name, words, enabled, is_next| Choice {
        name,
        words,
        enabled,
        is_next,
    };
    // What the visitor is asked to do comes first; one may still go on without it.
    let done = step.waits.is_none() || look.guide.is_met;
    let choices = [
        choice("tour_next", next.as_str(), true, done),
        choice("tour_back", back.as_str(), at > 0, false),
        choice("tour_leave", leave.as_str(), true, false),
    ];
    let edge = Stroke::new(1.0, theme::line().gamma_multiply(0.6));
    let wall = look.composed.mode.part == Part::Wall;
    let choices = if wall { &[][..] } else { &choices };
    let (room, pressed) = strip_ui(ui, look, strip, edge, choices);
    actions.extend(pressed.map(|index| match index {
        0 if last => Action::NextChallenge,
        0 => Action::TourBy(1),
        1 => Action::TourBy(-1),
        _ => Action::Tour(None),
    }));
    let words = say_with(&step.words, &[("count", first_maps(look).into())]);
    announce::lead(ui.ctx(), &words);
    let most = places.text.headline * 1.05;
    let galley = text_in(ui, "tour text", &words, room, [theme::SMALL, most]);
    let place = pos2(room.min.x, room.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, theme::text());
    dots(ui, look, strip, at, actions);
}

/// One dot a step; each leads there.
fn dots(ui: &Ui, look: &Look<'_>, strip: Rect, at: usize, actions: &mut Vec<Action>) {
    let unit = look.composed.places.unit;
    let pitch = 22.0 * unit.max(0.8);
    let count = steps().len();
    let left = strip.center().x - pitch * (count - 1) as f32 / 2.0;
    for step in 0..count {
        let place = pos2(left + step as f32 * pitch, strip.min.y);
        let target = Rect::from_center_size(place, vec2(pitch, 24.0 * unit.max(0.8)));
        let response = ui.interact(target, ui.id().with(("tour dot", step)), Sense::click());
        let values = [("step", (step + 1).into()), ("steps", count.into())];
        let name = say_with("tour-place", &values);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        let (radius, colour) = if step == at {
            (6.0 * unit, theme::POINTER)
        } else {
            (4.0 * unit, theme::line())
        };
        ui.painter().circle_filled(place, radius, colour);
        if response.on_hover_text(name).clicked() {
            actions.push(Action::Tour(Some(step)));
        }
    }
    mark(
        ui,
        "tour_dots",
        Rect::from_center_size(strip.center_top(), vec2(pitch * count as f32, 24.0)),
    );
}

/// How many maps the first layer has.
fn first_maps(look: &Look<'_>) -> usize {
    let most = look
        .shown()
        .max_by_key(|reading| reading.network.layout.len);
    most.map_or(0, |reading| reading.network.layout.shape(1)[0])
}

/// Everything but what the step speaks of lies in the shade.
fn light(painter: &Painter, look: &Look<'_>, step: &Step, strip: Rect) {
    let Some(target) = place_of(look, step.look) else {
        return;
    };
    let window = painter.ctx().viewport_rect();
    let unit = look.composed.places.unit;
    let wide = look.composed.places.class == WindowClass::Wide;
    let around = if wide { 10.0 } else { 3.0 };
    let target = target.expand(around * unit).intersect(window);
    let below = strip.width() > 0.8 * window.width();
    let bottom = if below {
        strip.min.y - 12.0 * unit
    } else {
        window.max.y
    };
    let shaded = [
        Rect::from_min_max(window.min, pos2(window.max.x, target.min.y)),
        Rect::from_min_max(pos2(window.min.x, target.max.y), pos2(window.max.x, bottom)),
        Rect::from_min_max(pos2(window.min.x, target.min.y), target.left_bottom()),
        Rect::from_min_max(target.right_top(), pos2(window.max.x, target.max.y)),
    ];
    for rect in shaded {
        if rect.is_positive() {
            painter.rect_filled(rect, 0, SHADE);
        }
    }
    let line = Stroke::new((2.5 * unit).max(2.0), theme::POINTER);
    painter.rect_stroke(target, CornerRadius::same(10), line, StrokeKind::Outside);
}

/// Where that is on the screen.
fn place_of(look: &Look<'_>, target: Target) -> Option<Rect> {
    let places = &look.composed.places;
    let tiles = || {
        let all = places.answers.iter().map(|rect| to_egui(*rect));
        all.reduce(Rect::union)
    };
    match target {
        Target::Pad => return Some(to_egui(places.pad)),
        Target::Tiles => return tiles(),
        _ => {}
    }
    let scene = match &places.scene {
        Scene::Lanes(scene) => scene,
        Scene::Page(page) => {
            let label = to_egui(page.label);
            return Some(label.union(to_egui(page.swipe)));
        }
        Scene::FullScreen { .. } | Scene::Table(_) => return None,
    };
    let has_maps = |lane: &&Lane| lane.stages.iter().any(is_map);
    let maps = scene.lanes.iter().find(has_maps);
    let stage = |choose: fn(&[StagePlace]) -> Option<&StagePlace>| {
        let stage = choose(&maps?.stages)?;
        Some(stage_rect(stage))
    };
    match target {
        Target::Plate => Some(to_egui(scene.plate)),
        Target::Lane => maps.map(|lane| to_egui(lane.rect)),
        Target::OtherNetwork => {
            let other = scene.lanes.iter().find(|lane| !has_maps(lane));
            other.map(|lane| to_egui(lane.rect))
        }
        Target::FirstMaps => stage(|stages| stages.iter().find(|stage| is_map(stage))),
        Target::Coarser => stage(|stages| {
            let shrinks =
                |pair: &&[StagePlace]| is_map(&pair[1]) && pair[1].shape[1] * 2 <= pair[0].shape[1];
            stages.windows(2).find(shrinks).map(|pair| &pair[1])
        }),
        Target::LastMaps => stage(|stages| stages.iter().rfind(|stage| is_map(stage))),
        Target::Pad | Target::Tiles => None,
    }
}

fn is_map(stage: &StagePlace) -> bool {
    stage.shape[1] * stage.shape[2] > 1
}

fn stage_rect(stage: &StagePlace) -> Rect {
    let mut rect = to_egui(stage.heroes.bounds());
    // With the words above it.
    rect.min.y = rect.min.y.min(stage.label[1]);
    if let Some(chorus) = &stage.chorus {
        rect = rect.union(to_egui(chorus.bounds()));
    }
    rect
}

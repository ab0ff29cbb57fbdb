//! How well each network reads by now, and what it says of the drawing moved about.

use super::Learner;
use crate::{
    inference::ReadingItem,
    panels::{Look, strip::text_in, theme},
    school::{Pupil, WOBBLE_SIDE, Wobble},
    view::colour::value_colour,
    words::{decimal, say, say_with, thousands},
};
use bevy_egui::egui::{
    Align, Color32, CornerRadius, Galley, Id, Painter, Pos2, Rect, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, WidgetType, pos2, text::LayoutJob, vec2,
};
use std::sync::Arc;

/// A place's value where the network says the same as in the middle, and how much its certainty adds;
const SAME: f32 = 0.2;
const SAME_SURE: f32 = 0.55;
/// and where it says something else.
const OTHER: f32 = -0.15;
const OTHER_SURE: f32 = -0.4;

/// A network of the board; and as a pupil, where it learns.
type Shown<'a> = (&'a ReadingItem<'a, 'a>, Option<&'a Pupil>);

/// Those that learn; while none does, those that are shown, in the order of their lanes.
fn shown<'a>(look: &Look<'a>, pupils: &[Learner<'a>]) -> Vec<Shown<'a>> {
    if pupils.is_empty() {
        let lanes = look.composed.networks.iter();
        let readings = lanes.filter_map(|(entity, _)| look.network(*entity));
        readings.map(|reading| (reading, None)).collect()
    } else {
        let pupils = pupils.iter();
        pupils
            .map(|(reading, pupil)| (*reading, Some(*pupil)))
            .collect()
    }
}

/// The rooms of the maps: what they are, each network's name and map, and right of them what the colours are.
pub struct MapRooms {
    pub title: Rect,
    pub fields: Vec<[Rect; 2]>,
    pub legend: [Rect; 3],
}

/// The rooms of so many maps.
pub fn map_rooms(rect: Rect, size: f32, count: usize) -> MapRooms {
    const GAP: f32 = 10.0;
    let line = 1.25 * size;
    let (title, below) = rect.split_top_bottom_at_y(rect.min.y + line + 2.0);
    let count = count.max(1);
    let legend = (0.32 * rect.width()).max(7.0 * size);
    let room = (rect.width() - legend) / count as f32 - GAP;
    let side = (below.height() - line).min(room);
    let field = |index: usize| {
        let left = below.min.x + index as f32 * (side.max(4.4 * size) + GAP);
        let name = Rect::from_min_size(pos2(left, below.min.y), vec2(side.max(4.4 * size), line));
        let field = Rect::from_min_size(pos2(left, name.max.y), vec2(side, side));
        [name, field]
    };
    let fields: Vec<[Rect; 2]> = (0..count).map(field).collect();
    let left = fields[count - 1][0].max.x + 1.5 * GAP;
    let top = below.min.y + line;
    let each = (below.max.y - top).min(side.max(6.0 * line)) / 3.0;
    let legend = [0.0, 1.0, 2.0].map(|place| {
        let top = top + place * each;
        Rect::from_min_max(pos2(left, top), pos2(rect.max.x, top + each))
    });
    MapRooms {
        title,
        fields,
        legend,
    }
}

/// What each network says of the drawing moved about.
pub fn maps<'a>(ui: &Ui, look: &Look<'a>, rect: Rect, pupils: &[Learner<'a>]) {
    let size = look.composed.places.text.technical;
    let painter = ui.painter();
    let shown = shown(look, pupils);
    let rooms = map_rooms(rect, size, shown.len());
    let mut said = Vec::new();
    for ((reading, _), [name, field]) in shown.iter().zip(&rooms.fields) {
        let hue = theme::network_hue(reading.network.slot());
        let galley = theme::fitting(painter, reading.network.name(), size, name.width());
        painter.galley_with_override_text_color(name.min, galley, hue);
        if let Ok(wobble) = look.wobbles.get(reading.entity) {
            wobble_ui(painter, *field, wobble);
            said.extend(
                wobble
                    .places
                    .as_ref()
                    .map(|places| places[places.len() / 2].class),
            );
        }
    }
    let sizes = [theme::LEAST_ON_BUTTONS, size];
    let is_blank = look.pad.image().is_blank();
    let title = say(if is_blank {
        "school-wobble-blank"
    } else {
        "school-wobble"
    });
    let galley = theme::fitting(painter, &title, size, rooms.title.width());
    painter.galley_with_override_text_color(rooms.title.min, galley, theme::text());
    if is_blank {
        return;
    }
    let same = match said[..] {
        [first, ..] if said.iter().all(|class| *class == first) => {
            say_with("school-wobble-same", &[("digit", first.into())])
        }
        _ => say("school-wobble-same-each"),
    };
    let colour = |value: f32| {
        let [r, g, b] = value_colour(value);
        Color32::from_rgb(r, g, b)
    };
    let lines = [
        ("same", same, colour(SAME + 0.7 * SAME_SURE)),
        (
            "other",
            say("school-wobble-other"),
            colour(OTHER + 0.7 * OTHER_SURE),
        ),
        ("here", say("school-wobble-here"), Color32::TRANSPARENT),
    ];
    for ((name, words, fill), room) in lines.into_iter().zip(rooms.legend) {
        let side = 0.9 * size;
        let words_room = room.with_min_x(room.min.x + 1.6 * side);
        let galley = text_in(ui, name, &words, words_room, sizes);
        let patch = Rect::from_min_size(room.min + vec2(0.0, 0.2 * size), vec2(side, side));
        painter.rect_filled(patch, CornerRadius::same(2), fill);
        if fill == Color32::TRANSPARENT {
            let line = Stroke::new(1.5, theme::text());
            painter.rect_stroke(patch, CornerRadius::ZERO, line, StrokeKind::Inside);
        }
        painter.galley_with_override_text_color(words_room.min, galley, theme::text());
    }
}

/// How large a share of the unseen digits each network reads right, as rings that race.
pub fn dials<'a>(ui: &Ui, look: &Look<'a>, rect: Rect, pupils: &[Learner<'a>]) {
    let text = &look.composed.places.text;
    let painter = ui.painter();
    let size = text.technical;
    let shown = shown(look, pupils);
    let pitch = rect.width() / shown.len().max(1) as f32;
    let caption = caption(rect, size);
    let name_height = 1.25 * text.label;
    let above = caption.min.y - rect.min.y - name_height - 4.0;
    let radius = (above / 2.0).min(0.46 * pitch);
    let top = rect.min.y + (above / 2.0 - radius).max(0.0);
    let mut examined = 0;
    let mut said = Vec::new();
    for (index, (reading, pupil)) in shown.iter().enumerate() {
        let middle = rect.min.x + (index as f32 + 0.5) * pitch;
        let centre = pos2(middle, top + name_height + radius);
        let hue = theme::network_hue(reading.network.slot());
        let name = theme::fitting(painter, reading.network.name(), text.label, pitch - 4.0);
        let place = pos2(middle - name.size().x / 2.0, top - 2.0);
        painter.galley_with_override_text_color(place, name, hue);
        // Those that have learned before were examined before, too.
        let before = reading.network.model.card.test;
        let unseen = match pupil {
            Some(pupil) => pupil.standing().unseen,
            None => before.map(|test| test.accuracy),
        };
        examined = match pupil {
            Some(pupil) => pupil.unseen_count(),
            None => before.map_or(examined, |test| test.images),
        };
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
        said.push(format!("{}: {words}", reading.network.name()));
        let galley = theme::shrunk(painter, &words, theme::bold(0.44 * radius), 1.5 * radius);
        let place = centre - galley.size() / 2.0;
        painter.galley_with_override_text_color(place, galley, theme::text());
    }
    let words = if caption.height() < 2.0 * size || examined == 0 {
        say("school-unseen")
    } else {
        say_with("school-unseen-of", &[("count", thousands(examined).into())])
    };
    said.push(words.clone());
    ui.interact(rect, ui.id().with("dials"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, said.join(". ")));
    let top = top + name_height + 2.0 * radius + 4.0;
    let galley = centred(painter, &words, size, caption.size());
    let place = pos2(caption.center().x, top);
    painter.galley_with_override_text_color(place, galley, theme::dim());
}

/// Lines in the middle of a room, smaller where it is small. Their place is its middle at the top.
fn centred(painter: &Painter, words: &str, mut size: f32, room: Vec2) -> Arc<Galley> {
    loop {
        let font = theme::medium(size);
        let mut job = LayoutJob::simple(words.into(), font, theme::dim(), room.x);
        job.halign = Align::Center;
        let galley = painter.layout_job(job);
        if galley.size().y <= room.y || size <= theme::LEAST_ON_BUTTONS {
            return galley;
        }
        size = (size - 1.0).max(theme::LEAST_ON_BUTTONS);
    }
}

/// The room of the words below the rings: two lines, one where it is low, three where it is narrow and high.
pub fn caption(rect: Rect, size: f32) -> Rect {
    let lines = match rect.height() / size {
        low if low < 7.0 => 1.0,
        high if high > 10.0 && rect.width() < 11.0 * size => 3.0,
        _ => 2.0,
    };
    rect.with_min_y(rect.max.y - 1.3 * lines * size)
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
            value_colour(SAME + SAME_SURE * said.probability)
        } else {
            value_colour(OTHER + OTHER_SURE * said.probability)
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

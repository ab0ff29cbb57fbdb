//! How well each network reads by now, and what it says of the drawing moved about.

use super::Learner;
use crate::{
    composition::WindowClass,
    inference::ReadingItem,
    panels::{Look, theme},
    school::{Pupil, WOBBLE_SIDE, Wobble},
    view::colour::value_colour,
    words::{decimal, say},
};
use bevy_egui::egui::{
    Align, Align2, Color32, CornerRadius, Id, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Ui,
    pos2, vec2,
};

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

/// Where a small window has the map of each network, and words beside it.
pub fn map_places(rect: Rect, count: usize) -> Vec<[Rect; 2]> {
    let pitch = rect.width() / count.max(1) as f32;
    let side = rect.height().min(0.62 * pitch);
    let place = |index: usize| {
        let left = rect.min.x + index as f32 * pitch;
        let field = Rect::from_min_size(pos2(left, rect.min.y), vec2(side, side));
        let words = Rect::from_min_max(
            pos2(field.max.x + 8.0, rect.min.y),
            pos2(left + pitch - 4.0, rect.max.y),
        );
        [field, words]
    };
    (0..count).map(place).collect()
}

/// In a small window: what each network says of the drawing moved about.
pub fn maps<'a>(ui: &Ui, look: &Look<'a>, rect: Rect, pupils: &[Learner<'a>]) {
    let text = &look.composed.places.text;
    let painter = ui.painter();
    let shown = shown(look, pupils);
    let places = map_places(rect, shown.len());
    for (index, ((reading, _), [field, words])) in shown.iter().zip(places).enumerate() {
        let hue = theme::network_hue(reading.network.slot());
        let name = reading.network.name();
        let name = theme::fitting(painter, name, text.label, words.width());
        let below = words.min.y + name.size().y + 2.0;
        painter.galley_with_override_text_color(words.min, name, hue);
        if let Ok(wobble) = look.wobbles.get(reading.entity) {
            wobble_ui(painter, field, wobble);
        }
        if index == 0 {
            let caption = say("school-wobble");
            let room = words.width();
            let caption = theme::wrapping(painter, &caption, text.technical, room, Align::LEFT);
            let place = pos2(words.min.x, below);
            painter.galley_with_override_text_color(place, caption, theme::dim());
        }
    }
}

/// How large a share of the unseen digits each network reads right, as rings that race; and below each, in a wide window,
/// what it says of the drawing moved about.
pub fn dials<'a>(ui: &Ui, look: &Look<'a>, rect: Rect, pupils: &[Learner<'a>]) {
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
    let shown = shown(look, pupils);
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

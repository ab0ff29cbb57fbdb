//! What your strokes did: the line in the colours of what each part of it does for the answer, and beside it the river of
//! answers while it was drawn. Who drags along the river goes back in the drawing's own time, with pad and lanes.

use super::super::{Look, marks::mark, theme, tiles::class_name};
use crate::{
    actions::Action,
    attribution::{Lead, Told, leads},
    pad::PadAction,
    view::{SelectedCell, colour::value_colour},
    words::{decimal, say, say_with},
};
use bevy_egui::egui::{
    self, Align2, Color32, CornerRadius, Id, Mesh, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui,
    epaint::{PathShape, PathStroke},
    pos2, vec2,
};
use mnistify_drawing::{Point, Stroke as Drawn, Tool, pieces, recording::strokes_until};
use mnistify_network::Answer;

/// Below this width of a page, in points of unit 1, the river stands above the line.
const NARROW: f32 = 440.0;
/// A weight from which on a piece has its full colour, in logits, where no other is larger.
const LEAST_RANGE: f32 = 1.0;
/// Moments that a lead lasts at least to be told of.
const LONG: usize = 3;
/// Milliseconds that it lasts while the pen is down: no colour comes and goes twice a second.
const LONG_WHILE_DRAWING: f32 = 500.0;
/// Milliseconds that a river is wide at least while the pen is down.
const NARROWEST: f32 = 1_500.0;
/// Shades from one end of a piece to the other.
const SHADES: usize = 6;
/// The place of a sign's colour on the ramp of values.
const SIGN: f32 = 0.62;

/// Shows the page of this answer in this part of the card.
pub fn strokes_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    selected: SelectedCell,
    area: Rect,
    actions: &mut Vec<Action>,
) {
    let attribution = look.attributions.get(selected.network).ok();
    let pad = look.pad;
    let live = attribution.and_then(|attribution| attribution.live.as_ref());
    let told = attribution.and_then(|attribution| attribution.told.as_ref());
    let river = match (live, told) {
        (Some(live), _) => Some(River {
            strokes: live.strokes(),
            moments: live.moments(),
            answers: live.answers(),
            ever: lasting(&leads(live.answers()), live.moments()),
        }),
        (None, Some(told)) => Some(River {
            strokes: told.strokes(),
            moments: told.moments(),
            answers: &told.answers,
            ever: long_leads(&told.leads),
        }),
        (None, None) => None,
    };
    let Some(river) = river else {
        let waits = attribution.is_none_or(|known| known.is_busy()) || pad.drawing().is_drawing();
        let words = if pad.drawing().picture().is_some() {
            "strokes-picture"
        } else if pad.drawing().is_empty() || !waits {
            "strokes-blank"
        } else {
            "strokes-wait"
        };
        paragraph(ui.painter(), look, area, &say(words));
        return;
    };
    let page = Page {
        painter: ui.painter().clone(),
        look,
        river,
        told: told.filter(|_| live.is_none()),
        class: selected.cell.channel,
        places: Places::of(area, look),
    };
    page.show(ui, actions);
}

/// Where the parts of the page stand.
struct Places {
    line: Rect,
    river: Rect,
    words: Rect,
}

impl Places {
    /// The line in a square at the left and the river beside it, with words below; in a narrow card the river above the line,
    /// with words beside that.
    fn of(area: Rect, look: &Look<'_>) -> Self {
        let gap = 16.0 * look.composed.places.unit;
        let narrow = area.width() < NARROW * look.composed.places.unit;
        let text = &look.composed.places.text;
        let words = 2.6 * text.technical + 2.9 * text.body;
        if narrow {
            let side = (0.52 * area.height()).min(0.45 * area.width()).max(0.0);
            let top = area.max.y - side;
            let line = Rect::from_min_size(pos2(area.min.x, top), vec2(side, side));
            Self {
                line,
                river: Rect::from_min_max(area.min, pos2(area.max.x, top - gap)),
                words: Rect::from_min_max(pos2(line.max.x + gap, top), area.max),
            }
        } else {
            let side = area.height().min(0.4 * area.width()).max(0.0);
            let line = Rect::from_min_size(area.min, vec2(side, side));
            let left = line.max.x + gap;
            let middle = (area.max.y - words).max(area.min.y);
            Self {
                line,
                river: Rect::from_min_max(pos2(left, area.min.y), pos2(area.max.x, middle)),
                words: Rect::from_min_max(pos2(left, middle + 6.0), area.max),
            }
        }
    }
}

/// What was said of a drawing while it was made.
struct River<'a> {
    strokes: &'a [Drawn],
    moments: &'a [f32],
    answers: &'a [Answer],
    /// Who led for long.
    ever: Vec<Lead>,
}

struct Page<'a, 'b> {
    painter: Painter,
    look: &'a Look<'b>,
    river: River<'a>,
    /// None while the pen is down.
    told: Option<&'a Told>,
    class: usize,
    places: Places,
}

impl Page<'_, '_> {
    fn show(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let scrubbed = self.look.pad.scrubbed_at();
        match (self.told, scrubbed) {
            (Some(told), None) => self.coloured_line(told),
            (_, Some(millis)) => self.line_until(millis),
            (None, None) => self.line_until(f32::INFINITY),
        }
        let sentence = match (self.told, scrubbed) {
            (None, _) if self.look.pad.drawing().is_drawing() => say("strokes-live"),
            (None, _) => say("strokes-wait"),
            (Some(_), None) => self.digit_words("strokes-parts", self.class),
            (Some(told), Some(millis)) => {
                let answer = &told.answers[told.nearest(millis)];
                let share = format!("{:.0}", 100.0 * answer.confidence());
                say_with(
                    "strokes-then",
                    &[
                        ("digit", class_name(self.look, answer.class).into()),
                        ("percent", share.into()),
                    ],
                )
            }
        };
        let below = paragraph(&self.painter, self.look, self.places.words, &sentence);
        if self.told.is_some() {
            self.small(
                pos2(self.places.words.min.x, below + 2.0),
                self.places.words,
                &say("strokes-limit"),
            );
        }
        self.river(ui, scrubbed, actions);
    }

    fn digit_words(&self, key: &str, class: usize) -> String {
        say_with(key, &[("digit", class_name(self.look, class).into())])
    }

    fn small(&self, place: Pos2, room: Rect, words: &str) {
        let font = theme::font(self.look.composed.places.text.technical);
        let galley = self
            .painter
            .layout(words.into(), font, theme::dim(), room.width());
        // Nothing is better than half a sentence over something else.
        if place.y + galley.size().y <= room.max.y + 4.0 {
            self.painter.galley(place, galley, theme::dim());
        }
    }

    /// The line, each piece in the colour of what it does.
    fn coloured_line(&self, told: &Told) {
        let weights = told.weights(self.class);
        let range = weights
            .iter()
            .fold(LEAST_RANGE, |most, w| most.max(w.abs()));
        let shares: Vec<f32> = weights.iter().map(|weight| weight / range).collect();
        let paper = self.paper();
        let all = told.pieces();
        for (index, stroke) in told.strokes().iter().enumerate() {
            if stroke.tool == Tool::Erase {
                paper.line(&stroke.points, stroke.width, theme::tile());
                continue;
            }
            let mut stops = Vec::new();
            for (number, piece) in all.iter().enumerate() {
                for span in piece.spans.iter().filter(|span| span.stroke == index) {
                    for step in 0..SHADES {
                        let [from, to] = [step, step + 1].map(|step| {
                            span.from + (span.to - span.from) * step as f32 / SHADES as f32
                        });
                        let share = shade(&shares, number, (step as f32 + 0.5) / SHADES as f32);
                        let points = pieces::part(&stroke.points, from, to);
                        stops.extend(points.iter().map(|point| (*point, piece_colour(share))));
                    }
                }
            }
            paper.shaded(&stops, 0.85 * stroke.width);
        }
    }

    /// The line as far as it was then.
    fn line_until(&self, millis: f32) {
        let paper = self.paper();
        let faint = theme::line().gamma_multiply(0.35);
        let strokes = self.river.strokes;
        let drawn = strokes.iter().filter(|stroke| stroke.tool == Tool::Draw);
        for stroke in drawn {
            paper.line(&stroke.points, 0.6 * stroke.width, faint);
        }
        for stroke in strokes_until(strokes, millis) {
            let colour = match stroke.tool {
                Tool::Draw => theme::text(),
                Tool::Erase => theme::tile(),
            };
            paper.line(&stroke.points, stroke.width, colour);
        }
    }

    fn paper(&self) -> Paper {
        let rect = self.places.line;
        let radius = CornerRadius::same((10.0 * self.look.composed.places.unit) as u8);
        self.painter.rect_filled(rect, radius, theme::tile());
        Paper::of(&self.painter, rect, self.river.strokes)
    }

    fn river(&self, ui: &mut Ui, scrubbed: Option<f32>, actions: &mut Vec<Action>) {
        let size = self.look.composed.places.text.technical;
        let rect = self.places.river;
        let title = theme::text_in(
            &self.painter,
            rect.min,
            Align2::LEFT_TOP,
            &say("strokes-river"),
            theme::font(size),
            theme::dim(),
            rect.width(),
        );
        let chart = Rect::from_min_max(
            pos2(rect.min.x, title.max.y + 4.0),
            pos2(rect.max.x, rect.max.y - 1.5 * size),
        );
        if chart.height() < 2.0 * size {
            return;
        }
        self.painter
            .rect_filled(chart, CornerRadius::same(4), theme::tile());
        let River {
            moments,
            answers,
            ever,
            ..
        } = &self.river;
        let (Some(begin), Some(end)) = (moments.first(), moments.last()) else {
            return;
        };
        let (begin, took) = (*begin, end - begin);
        // While it grows it is not all of the chart.
        let least = if self.told.is_some() { 1e-3 } else { NARROWEST };
        let span = took.max(least);
        let x = |index: usize| chart.min.x + (moments[index] - begin) / span * chart.width();
        // The words about the last change stand above the water.
        let depth = chart.height() - 1.5 * size - 3.0;
        let classes = answers[0].probabilities.len();
        let line_of = |class: usize| -> Vec<Pos2> {
            let shares = answers.iter().enumerate();
            shares
                .map(|(index, answer)| {
                    let share = answer.probabilities[class];
                    pos2(x(index), chart.max.y - share * depth)
                })
                .collect()
        };
        let hues = hues(ever, self.class);
        let thin = Stroke::new(1.0, theme::track().gamma_multiply(0.5));
        for class in (0..classes).filter(|class| !hues.iter().any(|(led, _)| led == class)) {
            self.painter.add(Shape::line(line_of(class), thin));
        }
        for (class, hue) in hues.iter().rev() {
            let points = line_of(*class);
            self.painter.add(Shape::mesh(filled(
                &points,
                chart.max.y,
                hue.gamma_multiply(0.3),
            )));
            self.painter
                .add(Shape::line(points, Stroke::new(2.0, *hue)));
        }
        self.figures(ever, &hues, chart, &x);
        self.changes(ever, chart, &x);
        self.seconds(chart, took);
        if self.told.is_some() {
            self.scrub(ui, chart, (begin, span), scrubbed, actions);
        }
    }

    /// Each digit on its water, where it led longest.
    fn figures(
        &self,
        ever: &[Lead],
        hues: &[(usize, Color32)],
        chart: Rect,
        x: &impl Fn(usize) -> f32,
    ) {
        let size = self.look.composed.places.text.headline;
        for (class, hue) in hues {
            let led = ever.iter().filter(|lead| lead.class == *class);
            let Some(longest) = led.max_by_key(|lead| lead.last - lead.first) else {
                continue;
            };
            let place = pos2(
                (x(longest.first) + x(longest.last)) / 2.0,
                chart.max.y - 0.3 * chart.height(),
            );
            self.painter.text(
                place,
                Align2::CENTER_CENTER,
                class_name(self.look, *class),
                theme::bold(size),
                *hue,
            );
        }
    }

    /// Where another digit took the lead; what it thought before the last time is said.
    fn changes(&self, ever: &[Lead], chart: Rect, x: &impl Fn(usize) -> f32) {
        let line = Stroke::new(1.2, theme::text().gamma_multiply(0.75));
        for pair in ever.windows(2) {
            let place = (x(pair[0].last) + x(pair[1].first)) / 2.0;
            let (top, bottom) = (pos2(place, chart.min.y), pos2(place, chart.max.y));
            self.painter
                .extend(Shape::dashed_line(&[top, bottom], line, 4.0, 3.0));
        }
        let [.., before, last] = ever else {
            return;
        };
        let words = say_with(
            "strokes-changed",
            &[
                ("before", class_name(self.look, before.class).into()),
                ("digit", class_name(self.look, last.class).into()),
            ],
        );
        let font = theme::medium(self.look.composed.places.text.technical);
        let place = (x(before.last) + x(last.first)) / 2.0;
        let (left, right) = (place - chart.min.x, chart.max.x - place);
        let (align, at, room) = if left > right {
            (Align2::RIGHT_TOP, place - 6.0, left - 8.0)
        } else {
            (Align2::LEFT_TOP, place + 6.0, right - 8.0)
        };
        let top = pos2(at, chart.min.y + 3.0);
        // Lines of the chart end at the words.
        let ground = self.painter.add(Shape::Noop);
        let words = theme::text_in(&self.painter, top, align, &words, font, theme::text(), room);
        let place = words.expand2(vec2(4.0, 1.0));
        let fill = Shape::rect_filled(place, CornerRadius::same(4), theme::sheet());
        self.painter.set(ground, fill);
    }

    /// How long it took, below.
    fn seconds(&self, chart: Rect, took: f32) {
        let size = self.look.composed.places.text.technical;
        let below = chart.max.y + 3.0;
        let number = decimal(format!("{:.1}", took / 1e3));
        let seconds = say_with("strokes-seconds", &[("seconds", number.into())]);
        let end = self.painter.text(
            pos2(chart.max.x, below),
            Align2::RIGHT_TOP,
            seconds,
            theme::font(size),
            theme::dim(),
        );
        if self.told.is_none() {
            return;
        }
        theme::text_in(
            &self.painter,
            pos2(chart.min.x, below),
            Align2::LEFT_TOP,
            &say("strokes-drag"),
            theme::font(size),
            theme::dim(),
            end.min.x - chart.min.x - 8.0,
        );
    }

    /// While a finger is on the river, the drawing is as it was then.
    fn scrub(
        &self,
        ui: &mut Ui,
        chart: Rect,
        (begin, span): (f32, f32),
        scrubbed: Option<f32>,
        actions: &mut Vec<Action>,
    ) {
        mark(ui, "river", chart);
        let response = ui.interact(chart, ui.id().with("river"), Sense::click_and_drag());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::Slider, true, say("strokes-river"))
        });
        let held = response
            .interact_pointer_pos()
            .filter(|_| response.is_pointer_button_down_on());
        let mine = Id::new("river_is_held");
        let was_held = ui.data_mut(|data| {
            let before = data.get_temp(mine).unwrap_or(false);
            data.insert_temp(mine, held.is_some());
            before
        });
        let wanted = held.map(|place| {
            let share = ((place.x - chart.min.x) / chart.width()).clamp(0.0, 1.0);
            begin + share * span
        });
        if wanted != scrubbed && (wanted.is_some() || was_held) {
            actions.push(Action::Pad(PadAction::Scrub(wanted)));
        }
        if let Some(millis) = wanted.or(scrubbed) {
            let x = chart.min.x + (millis - begin) / span * chart.width();
            let line = Stroke::new(2.0, theme::POINTER);
            self.painter.vline(x, chart.y_range(), line);
        }
    }
}

/// A drawing made as large as a square takes it.
struct Paper {
    painter: Painter,
    scale: f32,
    centre: Pos2,
    middle: [f32; 2],
}

impl Paper {
    fn of(painter: &Painter, rect: Rect, strokes: &[Drawn]) -> Self {
        let drawn = strokes.iter().filter(|stroke| stroke.tool == Tool::Draw);
        let (mut min, mut max) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for stroke in drawn {
            let half = stroke.width / 2.0;
            for point in &stroke.points {
                for (axis, value) in [point.x, point.y].into_iter().enumerate() {
                    min[axis] = min[axis].min(value - half);
                    max[axis] = max[axis].max(value + half);
                }
            }
        }
        let longer = (max[0] - min[0]).max(max[1] - min[1]).max(1.0);
        Self {
            painter: painter.with_clip_rect(rect),
            // A dot stays a dot.
            scale: (0.86 * rect.width() / longer).min(rect.width() / 80.0),
            centre: rect.center(),
            middle: [0, 1].map(|axis| (min[axis] + max[axis]) / 2.0),
        }
    }

    /// A line whose colour goes over from point to point. One shape: where two overlap their soft edges would be seen.
    fn shaded(&self, stops: &[(Point, Color32)], width: f32) {
        let width = (width * self.scale).max(2.0);
        let mut along: Vec<(Pos2, Color32)> = Vec::new();
        for (point, colour) in stops {
            let place = self.place(point);
            if along
                .last()
                .is_none_or(|last| last.0.distance(place) >= 1.5)
            {
                along.push((place, *colour));
            }
        }
        let turns = along.windows(3).filter(|three| {
            let [before, after] = [three[1].0 - three[0].0, three[2].0 - three[1].0];
            before.normalized().dot(after.normalized()) < 0.7
        });
        let turns: Vec<_> = turns.map(|three| three[1]).collect();
        let ends = along.first().into_iter().chain(along.last());
        for (place, colour) in ends.chain(&turns) {
            self.painter.circle_filled(*place, width / 2.0, *colour);
        }
        let points = along.iter().map(|stop| stop.0).collect();
        let colour_at = move |_: Rect, at: Pos2| {
            let near = |stop: &&(Pos2, Color32)| stop.0.distance_sq(at);
            let nearest = along.iter().min_by(|a, b| near(a).total_cmp(&near(b)));
            nearest.map_or(Color32::TRANSPARENT, |stop| stop.1)
        };
        self.painter.add(PathShape {
            points,
            closed: false,
            fill: Color32::TRANSPARENT,
            stroke: PathStroke::new_uv(width, colour_at),
        });
    }

    fn place(&self, point: &Point) -> Pos2 {
        let away = vec2(point.x - self.middle[0], point.y - self.middle[1]);
        self.centre + away * self.scale
    }

    /// A line with round ends and joins.
    fn line(&self, points: &[Point], width: f32, colour: Color32) {
        let width = (width * self.scale).max(2.0);
        let mut last: Option<Pos2> = None;
        for (index, point) in points.iter().enumerate() {
            let place = self.place(point);
            let is_end = index + 1 == points.len();
            if let Some(last) = last {
                // What cannot be seen is not painted.
                if !is_end && last.distance(place) < 1.5 {
                    continue;
                }
                self.painter
                    .line_segment([last, place], Stroke::new(width, colour));
            }
            self.painter.circle_filled(place, width / 2.0, colour);
            last = Some(place);
        }
    }
}

/// Words in this part of the card, in as many lines as they take; returns where they end.
fn paragraph(painter: &Painter, look: &Look<'_>, area: Rect, words: &str) -> f32 {
    let font = theme::medium(look.composed.places.text.body);
    let galley = painter.layout(words.into(), font, theme::text(), area.width());
    let end = area.min.y + galley.size().y;
    painter.galley(area.min, galley, theme::text());
    end
}

/// What the line does at this share of a piece's length: from middle to middle of the pieces it goes over evenly.
fn shade(shares: &[f32], piece: usize, place: f32) -> f32 {
    let own = shares[piece];
    let (other, part) = if place < 0.5 {
        (piece.checked_sub(1), 0.5 - place)
    } else {
        (Some(piece + 1), place - 0.5)
    };
    let other = other.and_then(|other| shares.get(other)).unwrap_or(&own);
    own + (other - own) * part
}

/// From what does nothing to what does most for (1) and against (−1).
fn piece_colour(share: f32) -> Color32 {
    let [r, g, b] = value_colour(SIGN * share.signum());
    // Parts of a line overlap, so nothing may shine through.
    let neutral = theme::tile().blend(theme::track());
    neutral.lerp_to_gamma(Color32::from_rgb(r, g, b), share.abs().powf(0.6).min(1.0))
}

/// Leads that last; where none does, all.
fn long_leads(leads: &[Lead]) -> Vec<Lead> {
    let mut long: Vec<Lead> = Vec::new();
    for lead in leads
        .iter()
        .filter(|lead| lead.last + 1 >= lead.first + LONG)
    {
        match long.last_mut() {
            // Only a moment was between them.
            Some(before) if before.class == lead.class => before.last = lead.last,
            _ => long.push(*lead),
        }
    }
    if long.is_empty() {
        leads.to_vec()
    } else {
        long
    }
}

/// While the pen is down: leads that last, and none where none does.
fn lasting(leads: &[Lead], moments: &[f32]) -> Vec<Lead> {
    let lasts = |lead: &&Lead| moments[lead.last] - moments[lead.first] >= LONG_WHILE_DRAWING;
    leads.iter().filter(lasts).copied().collect()
}

/// Those that ever led and the explained one, which comes first and has the colour of what speaks for it; its first rival has
/// the other.
fn hues(ever: &[Lead], explained: usize) -> Vec<(usize, Color32)> {
    let mut classes = vec![explained];
    for lead in ever.iter().rev() {
        if !classes.contains(&lead.class) {
            classes.push(lead.class);
        }
    }
    let [r, g, b] = value_colour(SIGN);
    let [rival_r, rival_g, rival_b] = value_colour(-SIGN);
    let hues = [
        Color32::from_rgb(r, g, b),
        Color32::from_rgb(rival_r, rival_g, rival_b),
    ];
    let hue = |place: usize| hues.get(place).copied().unwrap_or(theme::dim());
    let numbered = classes.into_iter().enumerate();
    numbered.map(|(place, class)| (class, hue(place))).collect()
}

/// The water below a line.
fn filled(points: &[Pos2], bottom: f32, colour: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    for point in points {
        let base = mesh.vertices.len() as u32;
        mesh.colored_vertex(*point, colour);
        mesh.colored_vertex(pos2(point.x, bottom), colour);
        if base > 0 {
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn lead(class: usize, moments: Range<usize>) -> Lead {
        Lead {
            class,
            first: moments.start,
            last: moments.end - 1,
        }
    }

    #[test]
    fn a_lead_of_a_moment_is_not_told_of() {
        let leads = [
            lead(1, 0..10),
            lead(4, 10..11),
            lead(1, 11..20),
            lead(7, 20..64),
        ];
        assert_eq!(long_leads(&leads), [lead(1, 0..20), lead(7, 20..64)]);
        assert_eq!(long_leads(&leads[1..2]), leads[1..2]);
    }

    #[test]
    fn while_the_pen_is_down_only_what_lasts_is_coloured() {
        let moments: Vec<f32> = (0..40u8).map(|index| 50.0 * f32::from(index)).collect();
        let leads = [lead(1, 0..10), lead(4, 10..13), lead(7, 13..24)];
        assert_eq!(lasting(&leads, &moments), [lead(7, 13..24)]);
        assert!(lasting(&leads[..2], &moments).is_empty());
    }

    #[test]
    fn the_explained_digit_comes_first_and_its_last_rival_next() {
        let leads = [lead(1, 0..10), lead(7, 10..30), lead(9, 30..64)];
        let classes: Vec<usize> = hues(&leads, 9).iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, [9, 7, 1]);
        assert_eq!(hues(&leads, 3).len(), 4);
    }

    #[test]
    fn for_is_warm_against_is_cold_and_nothing_is_neither() {
        let warmth = |share| {
            let [r, _, b, _] = piece_colour(share).to_array();
            i32::from(r) - i32::from(b)
        };
        assert!(warmth(1.0) > 60 && warmth(-1.0) < -60);
        assert_eq!(piece_colour(0.0), theme::track());
        assert!(warmth(0.3) > warmth(0.05) && warmth(-0.3) < warmth(0.05));
    }
}

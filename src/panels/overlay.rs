//! What is painted over the scene: threads from the plate to the first stages, ribbons of the strongest contributions into the
//! answer, the stages' words, the shelves, and outlines of what is selected. Painted by egui, crisp at every size.

use super::{
    Look,
    icons::Icon,
    labels::{stage_words, technical, who},
    theme, to_egui,
};
use crate::{
    composition::{Lane as LanePlace, Scene, StagePlace},
    inspector::Ribbons,
    view::{LaneItem, SelectedCell, colour::value_colour, lanes::Stage, picking::Projector},
    words::say_with,
};
use bevy::prelude::{Vec2, Vec3};
use bevy_egui::egui::{
    self, Align2, Color32, CornerRadius, Painter, Pos2, Rect, Stroke, epaint::CubicBezierShape,
    pos2, vec2,
};
use mnistify_network::explain::{Cell, receptive_field};

/// Threads from the plate to the first stages.
const THREAD: Color32 = Color32::from_rgb(214, 205, 196);
/// The strongest contributions that are drawn at rest.
const RIBBONS: usize = 16;

/// Rows that the wave passes while its light runs along a curve, the tail's share of the curve, and the parts of the tail.
const LIGHT_STAGES: f32 = 3.0;
const LIGHT_TAIL: f32 = 0.35;
const LIGHT_STEPS: usize = 8;

/// Paints all of it.
pub fn paint(painter: &Painter, look: &Look<'_>) {
    let overlay = Overlay {
        painter,
        projector: Projector::new(&look.camera.now, look.composed.window),
        look,
    };
    match &look.composed.places.scene {
        Scene::Lanes(lanes) => {
            for lane in &lanes.lanes {
                overlay.threads(lane, to_egui(lanes.plate));
            }
            for lane in &lanes.lanes {
                overlay.lane(lane);
            }
        }
        Scene::FullScreen { lanes, .. } => {
            for lane in lanes {
                overlay.lane(lane);
            }
        }
        Scene::Page(page) => {
            if let Some((network, stage)) = &page.stage {
                overlay.page_label(*network, stage, to_egui(page.label));
                overlay.dots(page.pages, to_egui(page.dots));
            }
        }
        Scene::Table(_) => {}
    }
    overlay.outlines();
}

struct Overlay<'a, 'b> {
    painter: &'a Painter,
    projector: Projector,
    look: &'a Look<'b>,
}

impl<'b> Overlay<'_, 'b> {
    fn at(&self, place: Vec3) -> Option<Pos2> {
        self.projector.project(place).map(|p| pos2(p.x, p.y))
    }

    /// Where a composed point is seen: words go with the plates that they name.
    fn seen(&self, place: [f32; 2]) -> Pos2 {
        self.projector.seen(place).into()
    }

    fn is_at_home(&self) -> bool {
        self.look.camera.is_at_home()
    }

    /// The network of a lane, with what is drawn of it.
    fn item(&self, network: usize) -> Option<&'b LaneItem<'b, 'b>> {
        let (entity, _) = self.look.composed.networks.get(network)?;
        self.look.lanes.iter().find(|item| item.entity == *entity)
    }

    /// From the plate to each line of the first stage's plates.
    fn threads(&self, lane: &LanePlace, plate: Rect) {
        let Some(item) = self.item(lane.network) else {
            return;
        };
        let first = item.lane.stages.first();
        let Some(stage) = first.filter(|stage| stage.row == 1) else {
            return;
        };
        let unit = self.look.composed.places.unit;
        let blank = self.look.pad.image().is_blank();
        let colour = THREAD.gamma_multiply(if blank { 0.2 } else { 0.55 });
        let ends = thread_ends(stage);
        let count = ends.len().max(1) as f32;
        for (index, end) in ends.into_iter().enumerate() {
            let Some(to) = self.at(end) else { continue };
            let share = (index as f32 + 0.5) / count - 0.5;
            // The lanes leave the plate one beside the other.
            let lane_share = lane.network as f32 * 0.14 - 0.06;
            let from = pos2(
                plate.max.x,
                plate.center().y + (lane_share + share * 0.1) * plate.height(),
            );
            let to = to - vec2(3.0 * unit, 0.0);
            let reach = (to.x - from.x) * 0.55;
            let points = [from, from + vec2(reach, 0.0), to - vec2(reach, 0.0), to];
            self.curve(points, Stroke::new(1.3 * unit, colour));
            if !blank {
                self.light(points, -1.0, Stroke::new(2.2 * unit, theme::text()));
            }
        }
    }

    fn curve(&self, points: [Pos2; 4], stroke: Stroke) {
        let none = Color32::TRANSPARENT;
        let curve = CubicBezierShape::from_points_stroke(points, false, none, stroke);
        self.painter.add(curve);
    }

    /// The wave of a forward pass on its way along a curve that it enters at this row: bright in front, with a tail.
    fn light(&self, points: [Pos2; 4], row: f32, stroke: Stroke) {
        let rows = self
            .look
            .composed
            .networks
            .iter()
            .map(|(_, shapes)| shapes.len())
            .max();
        let Some(front) = self.look.motion.front(rows.unwrap_or(1)) else {
            return;
        };
        let head = (front - row) / LIGHT_STAGES;
        if head <= 0.0 || head >= 1.0 + LIGHT_TAIL {
            return;
        }
        let none = (Color32::TRANSPARENT, Stroke::NONE);
        let curve = CubicBezierShape::from_points_stroke(points, false, none.0, none.1);
        let at = |step: usize| {
            let share = step as f32 / LIGHT_STEPS as f32 - 1.0;
            (head + LIGHT_TAIL * share).clamp(0.0, 1.0)
        };
        for step in 0..LIGHT_STEPS {
            let [from, to] = [at(step), at(step + 1)];
            if from < to {
                let share = (step + 1) as f32 / LIGHT_STEPS as f32;
                let colour = stroke.color.gamma_multiply(share * share);
                let stroke = Stroke::new(stroke.width * (0.5 + 0.5 * share), colour);
                self.painter
                    .line_segment([curve.sample(from), curve.sample(to)], stroke);
            }
        }
    }

    fn lane(&self, place: &LanePlace) {
        let Some(item) = self.item(place.network) else {
            return;
        };
        let network = item.network;
        let places = &self.look.composed.places;
        let (unit, text) = (places.unit, &places.text);
        let hue = theme::network_hue(network.slot());
        self.ribbons(item);
        if !self.is_at_home() {
            return;
        }
        let shelf = [
            self.seen([place.rect.min[0], place.shelf]),
            self.seen([place.rect.max[0], place.shelf]),
        ];
        self.shelf_light(shelf, 30.0 * unit, hue);
        self.painter
            .line_segment(shelf, Stroke::new(1.6 * unit, hue.gamma_multiply(0.8)));
        let name_at = self.seen(place.name);
        let name = self.painter.text(
            name_at,
            Align2::LEFT_TOP,
            network.name(),
            theme::bold(text.network),
            hue,
        );
        let left = name.max.x + 10.0 * unit;
        theme::text_in(
            self.painter,
            pos2(left, name_at.y),
            Align2::LEFT_TOP,
            &who(network),
            theme::font(text.network),
            theme::dim(),
            place.rect.max[0] + 40.0 * unit + (name_at.x - place.name[0]) - left,
        );
        for stage in &place.stages {
            self.label(item, place, stage);
        }
        self.steps(place, unit);
        self.shortcuts(item, place);
    }

    /// Between the layers' maps, which way it goes.
    fn steps(&self, lane: &LanePlace, unit: f32) {
        for pair in lane.stages.windows(2) {
            let [before, after] = [0, 1].map(|at| to_egui(pair[at].heroes.bounds()));
            let gap = after.min.x - before.max.x;
            if lane.portraits.is_none() && gap >= 9.0 {
                let middle = pos2(before.max.x + gap / 2.0, before.center().y);
                let colour = theme::dim().gamma_multiply(0.8);
                Icon::Right.paint(self.painter, middle, (0.26 * gap).min(5.0 * unit), colour);
            }
        }
    }

    /// A little of the network's hue below its shelf, fading to both ends: a floor on which the plates stand.
    fn shelf_light(&self, [left, right]: [Pos2; 2], depth: f32, hue: Color32) {
        let mut mesh = egui::Mesh::default();
        let steps = 16;
        for step in 0..=steps {
            let share = step as f32 / steps as f32;
            let at = left + (right - left) * share;
            let lit = hue.gamma_multiply(0.2 * (1.0 - (2.0 * share - 1.0).powi(2)));
            mesh.colored_vertex(at, lit);
            mesh.colored_vertex(at + vec2(0.0, depth), Color32::TRANSPARENT);
            if step > 0 {
                let last = mesh.vertices.len() as u32;
                mesh.add_triangle(last - 4, last - 3, last - 2);
                mesh.add_triangle(last - 3, last - 2, last - 1);
            }
        }
        self.painter.add(egui::Shape::mesh(mesh));
    }

    /// Below the shelf, from each stage whose values are added to the stage where they are.
    fn shortcuts(&self, item: &LaneItem<'_, '_>, lane: &LanePlace) {
        let unit = self.look.composed.places.unit;
        let middle = |row: usize| {
            let stage = lane.stages.iter().find(|stage| stage.row == row)?;
            Some(self.seen([to_egui(stage.rect).center().x, lane.shelf]))
        };
        for (index, stage) in item.network.layout.stages.iter().enumerate() {
            let ends = (stage.add.and_then(middle), middle(index + 1));
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            let down = vec2(0.0, 8.0 * unit);
            let hue = theme::network_hue(item.network.slot()).gamma_multiply(0.8);
            let points = [from, from + down, to + down, to];
            self.curve(points, Stroke::new(1.2 * unit, hue));
            self.painter.circle_filled(to, 2.4 * unit, hue);
        }
    }

    /// A stage's words, and its technical name where there is room.
    fn label(&self, item: &LaneItem<'_, '_>, lane: &LanePlace, stage: &StagePlace) {
        let text = &self.look.composed.places.text;
        let unit = self.look.composed.places.unit;
        let fit = |words: Vec<String>, font: egui::FontId, colour: Color32, room: f32| {
            words.into_iter().find_map(|words| {
                let galley = self.painter.layout_no_wrap(words, font.clone(), colour);
                (galley.size().x <= room).then_some(galley)
            })
        };
        let words = stage_words(item.network, stage.row);
        let room = stage.label_width;
        let Some(words) = fit(words, theme::medium(text.label), theme::text(), room) else {
            return;
        };
        let place = self.seen(stage.label);
        let (width, height) = (words.size().x, words.size().y);
        self.on_dark(place, words);
        if lane.staggered {
            return;
        }
        let names = technical(item.network, stage.row);
        let font = theme::font(text.technical);
        if lane.technical_line {
            if let Some(name) = fit(names, font, theme::dim(), room) {
                self.on_dark(place + vec2(0.0, height), name);
            }
        } else {
            let left = width + 10.0 * unit;
            if let Some(name) = fit(names, font, theme::dim(), room - left) {
                let down = (height - name.size().y) / 2.0;
                self.on_dark(place + vec2(left, down), name);
            }
        }
        if let (Some(place), Some(chorus)) = (stage.more, stage.chorus) {
            let more = say_with("stage-more", &[("count", chorus.count.into())]);
            theme::text_in(
                self.painter,
                self.seen(place),
                Align2::LEFT_TOP,
                &more,
                theme::font(text.technical),
                theme::dim(),
                stage.rect.max[0] - stage.rect.min[0],
            );
        }
        if stage.hidden > 0 {
            let hidden = say_with("stage-hidden", &[("count", stage.hidden.into())]);
            self.painter.text(
                self.seen([stage.rect.max[0], stage.rect.max[1] + 2.0]),
                Align2::RIGHT_TOP,
                hidden,
                theme::font(text.technical),
                theme::dim(),
            );
        }
    }

    /// Text that reads over ribbons too.
    fn on_dark(&self, place: Pos2, galley: std::sync::Arc<egui::Galley>) {
        let behind = Rect::from_min_size(place, galley.size()).expand2(vec2(4.0, 0.0));
        let shade = egui::epaint::Shadow {
            offset: [0, 0],
            blur: 8,
            spread: 0,
            color: theme::dark().gamma_multiply(0.3),
        };
        self.painter
            .add(shade.as_shape(behind, CornerRadius::same(6)));
        self.painter.galley(place, galley, theme::text());
    }

    /// On a phone: what the layer is, and whose.
    fn page_label(&self, network: usize, stage: &StagePlace, rect: Rect) {
        let Some(item) = self.item(network) else {
            return;
        };
        let rect = rect.translate(self.seen(rect.min.into()) - rect.min);
        let text = &self.look.composed.places.text;
        let words = stage_words(item.network, stage.row);
        let words = words.first().cloned().unwrap_or_default();
        let first = self.painter.text(
            rect.min,
            Align2::LEFT_TOP,
            words,
            theme::bold(text.network),
            theme::text(),
        );
        let technical = technical(item.network, stage.row);
        // Of a blank pad there are none.
        let is_blank = self.look.pad.image().is_blank();
        let strongest = technical
            .first()
            .filter(|_| stage.hidden > 0 && !is_blank)
            .map(|words| {
                let count = stage.heroes.count.into();
                say_with(
                    "stage-strongest",
                    &[("count", count), ("technical", words.clone().into())],
                )
            });
        // The longest that has room.
        let galley = strongest
            .into_iter()
            .chain(technical)
            .map(|words| {
                let font = theme::font(text.technical);
                self.painter.layout_no_wrap(words, font, theme::dim())
            })
            .find(|galley| galley.size().x <= rect.width());
        if let Some(galley) = galley {
            let place = pos2(rect.min.x, first.max.y);
            self.painter.galley(place, galley, theme::dim());
        }
        if first.max.x + 60.0 > rect.max.x {
            return;
        }
        self.painter.text(
            rect.right_top(),
            Align2::RIGHT_TOP,
            item.network.name(),
            theme::bold(text.network),
            theme::network_hue(item.network.slot()),
        );
    }

    fn dots(&self, [count, now]: [usize; 2], rect: Rect) {
        let pitch = (rect.width() / count.max(1) as f32).min(14.0);
        let left = rect.center().x - pitch * (count.saturating_sub(1)) as f32 / 2.0;
        for index in 0..count {
            let place = pos2(left + pitch * index as f32, rect.center().y);
            let (radius, colour) = if index == now {
                (3.6, theme::text())
            } else {
                (2.4, theme::track())
            };
            self.painter.circle_filled(place, radius, colour);
        }
    }

    /// From the strongest inputs of a cell to the cell; colour and width tell the signed contribution.
    fn ribbons(&self, item: &LaneItem<'_, '_>) {
        let look = self.look;
        let Some(reading) = look.network(item.entity) else {
            return;
        };
        let rows = item.network.layout.rows();
        let ribbons = look.inspection(item.entity);
        let Some(ribbons) = ribbons.and_then(|i| i.ribbons.as_ref()) else {
            return;
        };
        // Only sums over everything: a window's few inputs are shown in its explanation.
        let dense = item.network.layout.shape(ribbons.cell.row);
        if [dense[1], dense[2]] != [1, 1] || ribbons.cell.row < 2 {
            return;
        }
        let refused = reading.answer().is_none_or(|answer| !answer.is_digit);
        let is_output = ribbons.cell.row + 1 == rows;
        let reached = look.motion.has_reached(ribbons.cell.row, rows);
        if !look.inspector.edges || !reached || is_output && refused {
            return;
        }
        let Some(to) = self.place_of(item, ribbons.cell) else {
            return;
        };
        self.paint_ribbons(item, ribbons, to, is_output);
    }

    fn paint_ribbons(&self, item: &LaneItem<'_, '_>, ribbons: &Ribbons, to: Pos2, is_output: bool) {
        let unit = self.look.composed.places.unit;
        let layout = &item.network.layout;
        let Some(source) = layout.source(ribbons.cell.row) else {
            return;
        };
        let shape = layout.shape(source);
        let largest = ribbons.terms.first();
        let largest = largest.map_or(1.0, |term| term.product.abs().max(1e-6));
        let count = if is_output {
            RIBBONS
        } else {
            ribbons.terms.len()
        };
        // Weakest first, so that the strongest lie on top.
        for term in ribbons.terms.iter().take(count).rev() {
            let share = term.product / largest;
            let cell = Cell::at(source, term.source, shape);
            let Some(from) = self.place_of(item, cell) else {
                continue;
            };
            let target = to + vec2(0.0, (from.y - to.y) * 0.05);
            // Along its own lane as far as it can, and only then up or down, so that it crosses no other lane's words.
            let across = target.x - from.x;
            let points = [
                from,
                from + vec2(0.95 * across, 0.0),
                target - vec2(0.2 * across, 0.0),
                target,
            ];
            let [r, g, b] = value_colour(share.signum() * (0.45 + 0.5 * share.abs()));
            let alpha = ((0.25 + 0.6 * share.abs()) * 255.0) as u8;
            let colour = Color32::from_rgba_unmultiplied(r, g, b, alpha);
            let width = (0.6 + 2.2 * share.abs()) * unit;
            self.curve(points, Stroke::new(width, colour));
            let [r, g, b] = value_colour(share.signum());
            let bright = Color32::from_rgb(r, g, b).gamma_multiply(0.4 + 0.6 * share.abs());
            self.light(points, source as f32, Stroke::new(1.6 * width, bright));
        }
    }

    /// Where a cell is seen: on its plate, on the 28×28 plate, or as a tile.
    fn place_of(&self, item: &LaneItem<'_, '_>, cell: Cell) -> Option<Pos2> {
        let rows = item.network.layout.rows();
        let places = &self.look.composed.places;
        if cell.row + 1 == rows {
            let tile = to_egui(*places.answers.get(cell.channel)?);
            return Some(tile.left_center());
        }
        if cell.row == 0 {
            let Scene::Lanes(lanes) = &places.scene else {
                return None;
            };
            let plate = to_egui(lanes.plate);
            let side = plate.width() / 28.0;
            return Some(plate.min + vec2(cell.x as f32 + 0.5, cell.y as f32 + 0.5) * side);
        }
        self.at(item.lane.stage(cell.row)?.cell_centre(cell)?)
    }

    /// What is pointed at and what is selected, and what the selected cell sees of the stage before.
    fn outlines(&self) {
        for (cell, colour) in [
            (self.look.selection.hovered, theme::dim()),
            (self.look.selection.cell, theme::text()),
        ] {
            let Some(SelectedCell { network, cell }) = cell else {
                continue;
            };
            let Some(item) = self.look.lanes.iter().find(|item| item.entity == network) else {
                continue;
            };
            let Some(stage) = item.lane.stage(cell.row) else {
                continue;
            };
            let Some(plate) = stage.plate_of(cell.channel) else {
                continue;
            };
            let [x, y] = stage.column_and_row(cell);
            self.outline(&stage.corners(plate, [y, x, y + 1, x + 1]), colour, 1.8);
            let is_map = stage.shape[1] * stage.shape[2] > 1;
            if is_map {
                let whole = [0, 0, stage.cells[1], stage.cells[0]];
                self.outline(&stage.corners(plate, whole), colour, 1.4);
            }
            let source = item.network.layout.source(cell.row);
            let before = source.and_then(|row| item.lane.stage(row));
            let Some(before) = before.filter(|before| before.shape[1] * before.shape[2] > 1) else {
                continue;
            };
            let (model, layout) = (&item.network.model, &item.network.layout);
            let area = receptive_field(model, layout, cell, before.row);
            let heroes = before.plates.iter().take(before.heroes);
            for plate in heroes {
                self.outline(&before.corners(plate, area), theme::POINTER, 1.2);
            }
        }
    }

    fn outline(&self, corners: &[Vec3; 4], colour: Color32, width: f32) {
        let points: Vec<Pos2> = corners.iter().filter_map(|place| self.at(*place)).collect();
        if points.len() == 4 {
            let stroke = Stroke::new(width, colour);
            self.painter.add(egui::Shape::closed_line(points, stroke));
        }
    }
}

/// Where threads end at a first stage: the left end of each line of its plates in front.
fn thread_ends(stage: &Stage) -> Vec<Vec3> {
    let heroes = &stage.plates[..stage.heroes.min(stage.plates.len())];
    let Some(left) = heroes.iter().map(|plate| plate.corner.x).reduce(f32::min) else {
        return Vec::new();
    };
    if let [only] = heroes {
        // A dense stage: at three heights.
        return [0.17, 0.5, 0.83]
            .map(|share| Vec2::new(left, only.corner.y - share * only.size.y).extend(0.0))
            .to_vec();
    }
    let first = heroes.iter().filter(|plate| plate.corner.x - left < 1e-3);
    first
        .map(|plate| Vec2::new(left, plate.corner.y - plate.size.y / 2.0).extend(0.0))
        .collect()
}

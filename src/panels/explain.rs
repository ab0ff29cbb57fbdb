//! The explanation: a cell's whole arithmetic, beside what it explains. The scene makes room for it (`composition/`); pad,
//! plate and tiles do not move. Numbers move while the person draws.

use super::{
    Look, announce,
    labels::{row_title, stage_words},
    marks::mark,
    numbers::millis,
    pad_panel::ink_colour,
    theme::{self, Place},
    tiles::{class_name, output_cell},
    to_egui,
    why::{self, Tabs},
};
use crate::{
    actions::{Action, Switch, entry},
    composition::{Explanation as Places, Scene, WindowClass},
    inference::Network,
    view::colour::{ramp_place, value_colour},
    why::WhyPage,
    words::{decimal, say, say_with},
};
use bevy_egui::egui::{
    self, Align2, Color32, CornerRadius, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, pos2,
    vec2,
};
use mnistify_network::{
    Activation,
    explain::{Arithmetic, Cell, Explanation, Term},
};

/// Reasons that are listed for and against an answer: in two columns, and in one where the card is narrow.
const LISTED: usize = 8;
const LISTED_NARROW: usize = 5;
/// A card is narrow below this width of what it shows, in points.
const NARROW: f32 = 440.0;
/// The height of a network's name below its lane, in points.
const LANE_NAME: f32 = 37.0;
/// The least type of numbers in cells, in points.
const CELL_TYPE: f32 = 12.0;
/// Cells smaller than this have no number, in points.
const NUMBERED_CELL: f32 = 30.0;

/// Shows the card where a cell is selected.
pub fn explain_ui(
    ui: &mut Ui,
    look: &Look<'_>,
    memory: &mut why::Memory,
    actions: &mut Vec<Action>,
) {
    let (Some(selected), Some(places)) = (look.selection.cell, card_places(look)) else {
        return;
    };
    let Some(reading) = look.network(selected.network) else {
        return;
    };
    let network = reading.network;
    let rect = to_egui(places.rect);
    let mut card = Card {
        painter: ui.painter().clone(),
        look,
        network,
        cell: selected.cell,
        slots: places.slots.map(to_egui),
        top: rect.min.y,
        bottom: rect.max.y - 20.0 * look.composed.places.unit,
        unit: look.composed.places.unit,
    };
    card.frame(rect);
    // What lies below must not be reached through it.
    let whole = ui.interact(rect, ui.id().with("explanation"), Sense::CLICK);
    let explanation = look.explained().map(|explained| &explained.explanation);
    let told = card.title(explanation);
    let page = why::page_of(look, network, selected.cell);
    if let Some(explanation) = explanation {
        announce::lead(ui.ctx(), &told[0]);
        whole.widget_info(|| {
            let said = card.read_out(&told, page, explanation);
            egui::WidgetInfo::labeled(egui::WidgetType::Label, true, said)
        });
    }
    card.top = card.head(ui, rect, &told, page, actions);
    match (page, explanation) {
        (WhyPage::Reasons, None) => {}
        (WhyPage::Reasons, Some(explanation)) => card.body(explanation),
        (page, _) => {
            let inset = 20.0 * card.unit;
            let area = Rect::from_min_max(
                pos2(rect.min.x + inset, card.top + 6.0 * card.unit),
                pos2(rect.max.x - inset, rect.max.y - 14.0 * card.unit),
            );
            why::page_ui(ui, look, page, area, memory, actions);
        }
    }
    card.foot(ui, to_egui(places.scrub), actions);
}

/// Where the card stands: in a wide window below its lane, on a phone over the page.
fn card_places(look: &Look<'_>) -> Option<Places> {
    let places = &look.composed.places;
    match &places.scene {
        Scene::Lanes(lanes) => lanes.explanation.clone(),
        // It is on the wall, for everybody.
        Scene::Table(_) => None,
        Scene::Page(_) | Scene::FullScreen { .. } => {
            let [width, height] = look.composed.window;
            // The drawing stays in sight where the window is high enough.
            let bottom = match (&places.scene, places.class) {
                (Scene::Page(_), WindowClass::Upright) => places.pad.min[1] - 8.0,
                _ => 0.56 * height,
            };
            let bottom = bottom.max(height.min(330.0) - 16.0);
            let rect = crate::composition::Rect::new(8.0, 8.0, width - 8.0, bottom);
            Some(crate::composition::explanation(
                rect,
                &places.text,
                places.unit,
            ))
        }
    }
}

struct Card<'a, 'b> {
    painter: Painter,
    look: &'a Look<'b>,
    network: &'a Network,
    cell: Cell,
    slots: [Rect; 5],
    /// Where its head ends.
    top: f32,
    /// Where its last line may end.
    bottom: f32,
    unit: f32,
}

impl Card<'_, '_> {
    /// The row that the cell's is computed from.
    fn source(&self) -> usize {
        self.network.layout.source(self.cell.row).unwrap_or(0)
    }

    fn is_narrow(&self) -> bool {
        self.slots[0].union(self.slots[4]).width() < NARROW * self.unit
    }

    fn listed(&self) -> usize {
        if self.is_narrow() {
            LISTED_NARROW
        } else {
            LISTED
        }
    }

    fn frame(&self, rect: Rect) {
        let radius = CornerRadius::same((14.0 * self.unit) as u8);
        self.painter.rect_filled(rect, radius, theme::sheet());
        let line = Stroke::new(1.0, theme::line().gamma_multiply(0.6));
        self.painter
            .rect_stroke(rect, radius, line, StrokeKind::Inside);
        // From the cell to the card.
        let lane = self
            .look
            .lanes
            .iter()
            .find(|lane| lane.network.name() == self.network.name());
        let centre = lane
            .and_then(|lane| lane.lane.stage(self.cell.row)?.cell_centre(self.cell))
            .and_then(|place| {
                let projector = crate::view::picking::Projector::new(
                    &self.look.camera.now,
                    self.look.composed.window,
                );
                projector.project(place)
            });
        // Down to the foot of the lane: the network's name stands below it.
        let foot = rect.min.y - LANE_NAME * self.unit;
        if let Some(centre) = centre.filter(|centre| centre.y < foot) {
            let to = pos2(centre.x.clamp(rect.min.x + 20.0, rect.max.x - 20.0), foot);
            let line = Stroke::new(1.2, theme::POINTER.gamma_multiply(0.8));
            self.painter
                .line_segment([pos2(centre.x, centre.y), to], line);
        }
    }

    /// Title and sentence, and one more where a shortcut adds something.
    fn title(&self, explanation: Option<&Explanation>) -> [String; 2] {
        let Some(explanation) = explanation else {
            return [row_title(self.network, self.cell.row), String::new()];
        };
        let [title, body] = self.arithmetic_title(explanation);
        let Some(skipped) = explanation.skipped else {
            return [title, body];
        };
        let value = [("value", signed(skipped.value).into())];
        let added = say_with("explain-skipped", &value);
        [title, format!("{body}. {added}")]
    }

    fn arithmetic_title(&self, explanation: &Explanation) -> [String; 2] {
        let rows = self.network.layout.rows();
        let count = explanation.terms().len();
        match &explanation.arithmetic {
            Arithmetic::Input { pixel, .. } => [
                say("explain-title-input"),
                say_with(
                    "explain-body-input",
                    &[
                        ("pixel", short(*pixel).into()),
                        ("value", signed(explanation.value).into()),
                    ],
                ),
            ],
            Arithmetic::Conv2d { .. } => {
                let words = stage_words(self.network, self.cell.row);
                let kind = words.last().cloned().unwrap_or_default();
                let values = [("count", count.into()), ("kind", kind.into())];
                [
                    say("explain-title-conv"),
                    say_with("explain-body-conv", &values),
                ]
            }
            Arithmetic::Pool { mean, window, .. } => {
                let [title, body] = if *mean {
                    ["explain-title-mean", "explain-body-mean"]
                } else {
                    ["explain-title-pool", "explain-body-pool"]
                };
                let count = [("count", window.len().into())];
                [say(title), say_with(body, &count)]
            }
            Arithmetic::Linear { .. } if self.cell.row + 1 == rows => {
                let digit = class_name(self.look, self.cell.channel);
                let [sources, height, width] = self.network.layout.shape(self.source());
                let (words, sources) = match (sources, height * width) {
                    (1, _) => ("explain-body-output", count),
                    (_, 1) => ("explain-body-output", sources),
                    _ => ("explain-body-output-maps", sources),
                };
                [
                    say_with(
                        "explain-title-output",
                        &[
                            ("network", self.network.name().into()),
                            ("digit", digit.into()),
                        ],
                    ),
                    say_with(
                        words,
                        &[
                            ("listed", self.listed().min(sources).into()),
                            ("count", sources.into()),
                        ],
                    ),
                ]
            }
            Arithmetic::Linear { .. } => [
                say("explain-title-dense"),
                say_with("explain-body-dense", &[("count", count.into())]),
            ],
        }
    }

    /// Title, tabs, the sentence of the reasons, and what closes the card; returns where they end below.
    fn head(
        &self,
        ui: &mut Ui,
        rect: Rect,
        [title, body]: &[String; 2],
        page: WhyPage,
        actions: &mut Vec<Action>,
    ) -> f32 {
        let text = &self.look.composed.places.text;
        let inset = 20.0 * self.unit;
        let place = rect.min + vec2(inset, 16.0 * self.unit);
        let width = rect.width() - 2.0 * inset;
        let first = theme::text_in(
            &self.painter,
            place,
            Align2::LEFT_TOP,
            title,
            theme::bold(text.headline.min(1.1 * text.title)),
            theme::text(),
            width - 40.0,
        );
        let side = 40.0;
        let close = Rect::from_min_size(
            pos2(rect.max.x - side - 8.0, rect.min.y + 8.0),
            vec2(side, side),
        );
        let cell = (self.network, self.cell);
        let gap = 14.0 * self.unit;
        // In a wide window above the card, in the line of the lane's name; else beside the title.
        let above = matches!(self.look.composed.places.scene, Scene::Lanes(_));
        let (middle, left, right) = if above {
            let middle = rect.min.y - 0.5 * LANE_NAME * self.unit;
            (middle, rect.center().x, rect.max.x)
        } else {
            (first.center().y, first.max.x + gap, close.min.x - gap)
        };
        let half = if above { 16.0 } else { 18.0 } * self.unit.max(1.0);
        let room = Rect::from_min_max(pos2(left, middle - half), pos2(right, middle + half));
        let end = self.others_ui(ui, room, above, actions);
        let head = if above { first.max.x } else { end } - first.min.x;
        let tabs = Tabs::of(&self.painter, self.look, cell, rect, close, head);
        let mut bottom = first.max.y;
        if let Some(tabs) = tabs {
            tabs.show(ui, self.look, actions);
            bottom = bottom.max(tabs.bottom());
        }
        // In a low card the reasons themselves need the room.
        let is_high = bottom - rect.min.y < 0.3 * rect.height();
        if page == WhyPage::Reasons && is_high {
            bottom = self.sentence(body, pos2(place.x, bottom + 6.0 * self.unit), width);
        }
        let response = ui.interact(close, ui.id().with("close_explanation"), Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::Button, true, say("close"))
        });
        mark(ui, "close_explanation", close);
        let colour = if response.hovered() {
            theme::text()
        } else {
            theme::dim()
        };
        theme::edge(
            ui.painter(),
            close.shrink(3.0),
            CornerRadius::same(9),
            false,
        );
        let half = 6.5;
        for way in [1.0, -1.0] {
            let arm = vec2(half, half * way);
            let line = [close.center() - arm, close.center() + arm];
            self.painter.line_segment(line, Stroke::new(2.0, colour));
        }
        if response.clicked() {
            actions.push(Action::Select(None));
        }
        bottom
    }

    /// The other networks, each of which leads to its own answer to the same digit: at the end of this room, or at its beginning.
    /// Returns where they end.
    fn others_ui(&self, ui: &mut Ui, room: Rect, at_end: bool, actions: &mut Vec<Action>) -> f32 {
        let text = &self.look.composed.places.text;
        let is_answer = self.network.is_answer(self.cell);
        let others = self.look.shown().filter(|reading| {
            let network = reading.network;
            let has_it = self.cell.channel < network.spec().classes().len();
            is_answer && network.name() != self.network.name() && has_it
        });
        let chips = ["explain_other", "explain_third"].into_iter().zip(others);
        let mut chips: Vec<_> = chips
            .map(|(name, reading)| {
                let network = reading.network.name();
                let words = say_with("explain-other", &[("network", network.into())]);
                let galley = theme::fitting(&self.painter, &words, text.button, f32::MAX);
                (name, reading, galley.size().x + 24.0 * self.unit, words)
            })
            .collect();
        let gap = 8.0 * self.unit;
        let all = |chips: &[(_, _, f32, _)]| chips.iter().map(|chip| chip.2 + gap).sum::<f32>();
        while all(&chips) > room.width() && chips.pop().is_some() {}
        let mut left = if at_end {
            room.max.x - all(&chips) + gap
        } else {
            room.min.x
        };
        for (name, reading, width, words) in chips {
            let corner = pos2(left, room.min.y);
            let rect = Rect::from_min_size(corner, vec2(width, room.height()));
            left = rect.max.x + gap;
            let chip = Place {
                name,
                rect,
                text: &words,
                size: text.button,
                on: false,
                enabled: true,
            };
            if chip.show(ui).clicked() {
                let cell = output_cell(reading, self.cell.channel);
                actions.push(Action::Select(Some(cell)));
            }
        }
        left
    }

    /// One line where that can be read, else as many as it takes; returns where it ends.
    fn sentence(&self, words: &str, place: Pos2, width: f32) -> f32 {
        let size = self.look.composed.places.text.body;
        let one = theme::shrunk(&self.painter, words, theme::font(size), width);
        let galley = if one.size().x <= width {
            one
        } else {
            let font = theme::font(theme::SMALL.min(size));
            self.painter.layout(words.into(), font, theme::dim(), width)
        };
        let end = place.y + galley.size().y;
        self.painter
            .galley_with_override_text_color(place, galley, theme::dim());
        end
    }

    fn body(&self, explanation: &Explanation) {
        match &explanation.arithmetic {
            Arithmetic::Input { .. } => {}
            Arithmetic::Conv2d {
                kernel_size, terms, ..
            } => self.conv(explanation, *kernel_size, terms),
            Arithmetic::Linear { .. } => {
                let inputs = self.network.layout.shape(self.source());
                if inputs[0] == 1 && inputs[1] > 1 {
                    self.whole_picture(explanation, [inputs[1], inputs[2]]);
                } else {
                    self.reasons(explanation, inputs);
                }
            }
            Arithmetic::Pool {
                kernel_size,
                window,
                scale,
                shift,
                winner,
                mean,
                ..
            } => {
                let winner = (!mean).then_some(*winner);
                self.pool(explanation, *kernel_size, window, [*scale, *shift], winner);
            }
        }
    }

    /// Two lines from the window on the plate to the first slot.
    fn lines_to_plate(&self, slot: Rect) {
        let (Scene::Lanes(lanes), Some(field)) = (
            &self.look.composed.places.scene,
            self.look.receptive_field(),
        ) else {
            return;
        };
        let plate = to_egui(lanes.plate);
        let side = plate.width() / 28.0;
        let [y0, _, y1, x1] = field.map(|v| v as f32 * side);
        let line = Stroke::new(1.2, theme::POINTER.gamma_multiply(0.7));
        for (from, to) in [(y0, slot.left_top()), (y1, slot.left_bottom())] {
            self.painter
                .line_segment([plate.min + vec2(x1, from), to], line);
        }
    }

    /// The map that adds most, in full: window × weights = products; the bend; the map that comes of it.
    fn conv(&self, explanation: &Explanation, kernel: [usize; 2], terms: &[Option<Term>]) {
        let taps = kernel[0] * kernel[1];
        let sums: Vec<f32> = terms
            .chunks_exact(taps)
            .map(|map| map.iter().flatten().map(Term::product).sum())
            .collect();
        let strongest = (0..sums.len())
            .max_by(|a, b| sums[*a].abs().total_cmp(&sums[*b].abs()))
            .unwrap_or(0);
        let map = &terms[strongest * taps..(strongest + 1) * taps];
        let of = |get: fn(&Term) -> f32| -> Vec<f32> {
            map.iter()
                .map(|term| term.as_ref().map_or(0.0, get))
                .collect()
        };
        let [window, weights, products, bend, result] = self.slots;
        let inputs = of(|term| term.input);
        if self.source() == 0 {
            self.lines_to_plate(window);
            // The drawing is ink, not a value.
            let [scale, offset] = self.ink_scale();
            let ink: Vec<f32> = inputs.iter().map(|v| (v - offset) / scale).collect();
            self.ink(window, &ink, kernel);
        } else {
            self.cells(window, &inputs, kernel, None);
        }
        self.cells(weights, &of(|term| term.weight), kernel, None);
        self.cells(products, &of(Term::product), kernel, None);
        self.bend(bend, explanation);
        self.result_map(result);
        self.signs(["×", "=", "→", "→"]);
        if self.source() == 0 {
            self.caption(window, &self.drawing_caption("slot-window"));
        } else {
            self.caption(window, &say("slot-window"));
        }
        self.caption(weights, &say("slot-weights"));
        self.caption(products, &say("slot-products"));
        self.caption(bend, &self.activation_name(explanation));
        self.caption(result, &say("slot-map"));
    }

    /// A first dense layer: the drawing × what the neuron looks for = products; the bend; the strongest.
    fn whole_picture(&self, explanation: &Explanation, size: [usize; 2]) {
        let terms = explanation.terms();
        let [drawing, weights, products, bend, reasons] = self.slots;
        let ink: Vec<f32> = self.look.pad.image().as_slice().to_vec();
        self.ink(drawing, &ink, size);
        let of = |get: fn(&Term) -> f32| -> Vec<f32> { terms.iter().map(get).collect() };
        self.cells(weights, &of(|term| term.weight), size, None);
        self.cells(products, &of(Term::product), size, None);
        self.bend(bend, explanation);
        self.layer(reasons);
        self.signs(["×", "=", "→", "→"]);
        self.caption(drawing, &self.drawing_caption("slot-drawing"));
        self.caption(weights, &say("slot-looks-for"));
        self.caption(products, &say("slot-products"));
        self.caption(bend, &self.activation_name(explanation));
        self.caption(reasons, &say("slot-layer"));
    }

    /// The strongest reasons for and against, as bars from a middle line; then the rest, the start, and the sum.
    fn reasons(&self, explanation: &Explanation, inputs: [usize; 3]) {
        let text = &self.look.composed.places.text;
        let lines = self.reason_lines(explanation, inputs);
        let area = self.slots[0].union(self.slots[4]);
        let columns = if self.is_narrow() { 1 } else { 2 };
        let half = lines.len().div_ceil(columns);
        // Nothing slides here: the line to scrub along leaves its room too, and in a narrow card so do the slots.
        let least = self.top + 14.0 * self.unit + 1.2 * text.body;
        let slots = if self.is_narrow() { least } else { area.min.y };
        let first = pos2(area.min.x, slots.max(least));
        let area = Rect::from_min_max(first, pos2(area.max.x, self.bottom));
        let pitch = (area.height() / half as f32).min(44.0 * self.unit);
        let gap = 24.0 * self.unit;
        let width = (area.width() + gap) / columns as f32 - gap;
        // One scale for all of them, the rest and the start too.
        let values = || lines.iter().map(|line| line.1);
        let least = values().fold(0.0, f32::min);
        let most = values().fold(1e-6, f32::max);
        for (index, (name, value, map)) in lines.iter().enumerate() {
            let left = area.min.x + (index / half) as f32 * (width + gap);
            let middle = area.min.y + ((index % half) as f32 + 0.5) * pitch;
            let mut name_left = left;
            if let Some(channel) = map.filter(|_| inputs[1] * inputs[2] > 1) {
                let side = (pitch - 8.0).min(34.0 * self.unit);
                let corner = pos2(left, middle - side / 2.0);
                let rect = Rect::from_min_size(corner, vec2(side, side));
                self.source_map(rect, channel, inputs);
                name_left += side + 12.0 * self.unit;
            }
            let bars_left = left + width * 0.48;
            let galley = self.painter.layout(
                name.clone(),
                theme::font(text.technical),
                theme::dim(),
                bars_left - name_left,
            );
            self.painter.galley(
                pos2(name_left, middle - galley.size().y / 2.0),
                galley,
                theme::dim(),
            );
            let track = Rect::from_min_max(
                pos2(bars_left + 6.0, middle - 6.0 * self.unit),
                pos2(left + width - 62.0, middle + 6.0 * self.unit),
            );
            let at = |value: f32| track.min.x + (value - least) / (most - least) * track.width();
            let zero = at(0.0);
            let bar = Rect::from_two_pos(pos2(zero, track.min.y), pos2(at(*value), track.max.y));
            self.painter.rect_filled(bar, 2.0, sign_colour(*value));
            let line = [pos2(zero, track.min.y - 3.0), pos2(zero, track.max.y + 3.0)];
            self.painter
                .line_segment(line, Stroke::new(1.0, theme::dim()));
            self.painter.text(
                pos2(left + width, middle),
                Align2::RIGHT_CENTER,
                signed(*value),
                theme::medium(text.technical),
                theme::text(),
            );
        }
        let sum = say_with("sum-of", &[("sum", signed(explanation.sum).into())]);
        self.painter.text(
            pos2(area.max.x, area.min.y - 10.0 * self.unit),
            Align2::RIGHT_BOTTOM,
            sum,
            theme::bold(text.body),
            theme::text(),
        );
    }

    /// What is listed of an answer's sum: a name, what it adds, and the channel that it is; then the others and the start.
    fn reason_lines(
        &self,
        explanation: &Explanation,
        [_, height, width]: [usize; 3],
    ) -> Vec<(String, f32, Option<usize>)> {
        let plane = height * width;
        let words = if plane == 1 {
            "term-neuron"
        } else {
            "term-map"
        };
        let maps = explanation.maps(plane);
        let (listed, others) = maps.split_at(self.listed().min(maps.len()));
        let mut lines: Vec<(String, f32, Option<usize>)> = listed
            .iter()
            .map(|(channel, sum)| {
                let name = say_with(words, &[("number", (channel + 1).into())]);
                (name, *sum, Some(*channel))
            })
            .collect();
        let all: f32 = maps.iter().map(|(_, sum)| sum).sum();
        let rest = others.iter().map(|(_, sum)| sum).sum();
        let skipped = explanation.skipped.map(|skipped| skipped.value);
        let bias = explanation.sum - all - skipped.unwrap_or(0.0);
        let words = say_with("others", &[("count", others.len().into())]);
        lines.push((words, rest, None));
        lines.push((say("bias"), bias, None));
        lines.extend(skipped.map(|value| (say("skipped"), value, None)));
        lines
    }

    /// What a screen reader says of it: title, sentence, and an answer's reasons.
    fn read_out(&self, told: &[String; 2], page: WhyPage, explanation: &Explanation) -> String {
        let mut said = told.to_vec();
        if page != WhyPage::Reasons {
            said.truncate(1);
            said.push(say(page.words()));
        } else if let Arithmetic::Linear { .. } = explanation.arithmetic {
            let lines = self.reason_lines(explanation, self.network.layout.shape(self.source()));
            let lines = lines.into_iter();
            said.extend(lines.map(|(name, value, _)| format!("{name} {}", signed(value))));
        }
        said.push(say_with(
            "sum-of",
            &[("sum", signed(explanation.sum).into())],
        ));
        said.join(". ")
    }

    /// A map of the row that the cell's is computed from.
    fn source_map(&self, rect: Rect, channel: usize, [_, height, width]: [usize; 3]) {
        let Some(arena) = self.entity_arena() else {
            return;
        };
        let row = &arena[self.network.layout.range(self.source())];
        let largest = row.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        let map = &row[channel * height * width..][..height * width];
        self.map(rect, [height, width], largest, |index| map[index]);
    }

    /// A map in the colours of the stage.
    fn map(&self, rect: Rect, size: [usize; 2], largest: f32, value: impl Fn(usize) -> f32) {
        self.grid(rect, size, |index| {
            let [r, g, b] = value_colour(ramp_place(value(index), largest));
            (Color32::from_rgb(r, g, b), None)
        });
    }

    fn mark_cell(&self, rect: Rect, [rows, columns]: [usize; 2], [y, x]: [usize; 2]) {
        let cell = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
        let corner = vec2(x as f32, y as f32) * cell;
        self.painter.rect_stroke(
            Rect::from_min_size(rect.min + corner, cell).expand(1.0),
            0.0,
            Stroke::new(2.0, theme::POINTER),
            StrokeKind::Outside,
        );
    }

    fn pool(
        &self,
        explanation: &Explanation,
        kernel: [usize; 2],
        window: &[(usize, f32)],
        [scale, shift]: [f32; 2],
        winner: Option<usize>,
    ) {
        let before: Vec<f32> = window.iter().map(|(_, value)| *value).collect();
        let after: Vec<f32> = before.iter().map(|value| value * scale + shift).collect();
        let [first, factor, second, largest, result] = self.slots;
        let text = &self.look.composed.places.text;
        self.cells(first, &before, kernel, None);
        self.painter.text(
            factor.center(),
            Align2::CENTER_CENTER,
            format!("× {}\n{}", signed(scale), signed(shift)),
            theme::medium(text.body),
            theme::text(),
        );
        self.cells(second, &after, kernel, winner);
        let skipped = explanation.skipped.map_or(0.0, |skipped| skipped.value);
        self.cells(largest, &[explanation.sum - skipped], [1, 1], None);
        self.result_map(result);
        self.caption(first, &say("slot-before"));
        self.caption(second, &say("slot-after"));
        let which = if winner.is_some() {
            "slot-largest"
        } else {
            "slot-mean"
        };
        self.caption(largest, &say(which));
        self.caption(result, &say("slot-map"));
        self.signs(["", "", "→", "→"]);
    }

    /// Scale and offset from ink to what the network computes with.
    fn ink_scale(&self) -> [f32; 2] {
        let normalisation = self.network.spec().normalisation();
        [normalisation.scale, normalisation.offset]
    }

    /// A part of the drawing.
    fn ink(&self, rect: Rect, values: &[f32], [rows, columns]: [usize; 2]) {
        self.grid(rect, [rows, columns], |index| {
            (ink_colour(values[index]), None)
        });
        self.painter.rect_stroke(
            rect,
            0.0,
            Stroke::new(1.0, theme::line().gamma_multiply(0.7)),
            StrokeKind::Outside,
        );
    }

    /// Values in their colours, with their numbers where a cell has room.
    fn cells(
        &self,
        rect: Rect,
        values: &[f32],
        [rows, columns]: [usize; 2],
        marked: Option<usize>,
    ) {
        let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        self.grid(rect, [rows, columns], |index| {
            let [r, g, b] = value_colour(ramp_place(values[index], largest));
            (Color32::from_rgb(r, g, b), Some(values[index]))
        });
        if let Some(marked) = marked {
            let cell = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
            let corner = vec2((marked % columns) as f32, (marked / columns) as f32) * cell;
            self.painter.rect_stroke(
                Rect::from_min_size(rect.min + corner, cell),
                0.0,
                Stroke::new(2.0, theme::POINTER),
                StrokeKind::Inside,
            );
        }
    }

    fn grid(
        &self,
        rect: Rect,
        [rows, columns]: [usize; 2],
        cell_of: impl Fn(usize) -> (Color32, Option<f32>),
    ) {
        let cell = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
        let gap = if cell.x > 12.0 { 0.6 } else { 0.0 };
        for index in 0..rows * columns {
            let corner = vec2((index % columns) as f32, (index / columns) as f32) * cell;
            let square = Rect::from_min_size(rect.min + corner, cell);
            let (colour, value) = cell_of(index);
            self.painter.rect_filled(square.shrink(gap), 0.0, colour);
            if let Some(value) = value.filter(|_| cell.x >= NUMBERED_CELL) {
                let [r, g, b, _] = colour.to_array();
                let light = u32::from(r) + 2 * u32::from(g) + u32::from(b) > 560;
                let ink = if light { theme::dark() } else { theme::text() };
                self.painter.text(
                    square.center(),
                    Align2::CENTER_CENTER,
                    short(value),
                    theme::medium(CELL_TYPE),
                    ink,
                );
            }
        }
    }

    /// The activation as a curve, with the point on it.
    fn bend(&self, rect: Rect, explanation: &Explanation) {
        self.painter
            .rect_filled(rect, 6.0, theme::tile().gamma_multiply(0.9));
        let reach = explanation.sum.abs().max(3.0) * 1.25;
        let value = |x: f32| explanation.activation.apply(x);
        let inner = rect.shrink(rect.width() * 0.1);
        let at = |x: f32, y: f32| {
            pos2(
                inner.center().x + x / reach * inner.width() / 2.0,
                inner.center().y + inner.height() * 0.22 - y / reach * inner.height() / 2.0,
            )
        };
        let axis = Stroke::new(1.0, theme::track().gamma_multiply(0.6));
        self.painter
            .line_segment([at(-reach, 0.0), at(reach, 0.0)], axis);
        self.painter
            .line_segment([at(0.0, -reach * 0.35), at(0.0, reach * 1.2)], axis);
        let points: Vec<Pos2> = (0..=48)
            .map(|step| {
                let x = reach * (step as f32 / 24.0 - 1.0);
                at(x, value(x))
            })
            .collect();
        self.painter
            .add(egui::Shape::line(points, Stroke::new(2.0, theme::text())));
        let point = at(explanation.sum, explanation.value);
        self.painter.circle_filled(point, 5.0, theme::POINTER);
        let text = &self.look.composed.places.text;
        let numbers = say_with(
            "in-out",
            &[
                ("in", signed(explanation.sum).into()),
                ("out", signed(explanation.value).into()),
            ],
        );
        self.painter.text(
            pos2(rect.center().x, rect.min.y - 4.0),
            Align2::CENTER_BOTTOM,
            numbers,
            theme::medium(text.technical),
            theme::text(),
        );
    }

    fn activation_name(&self, explanation: &Explanation) -> String {
        match explanation.activation {
            Activation::None => say("slot-products"),
            activation => say_with("slot-bend", &[("activation", activation.name().into())]),
        }
    }

    /// The cell's map; while the window slides, only as far as it came.
    fn result_map(&self, rect: Rect) {
        let layout = &self.network.layout;
        let [_, height, width] = layout.shape(self.cell.row);
        let arena = self.entity_arena();
        let Some(arena) = arena else {
            return;
        };
        let row = &arena[layout.range(self.cell.row)];
        let largest = row.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        let map = &row[self.cell.channel * height * width..][..height * width];
        let here = self.cell.y * width + self.cell.x;
        let sliding = self.look.screen.sliding;
        self.map(rect, [height, width], largest, |index| {
            if sliding && index > here {
                0.0
            } else {
                map[index]
            }
        });
        self.mark_cell(rect, [height, width], [self.cell.y, self.cell.x]);
    }

    /// A dense layer's values, with the neuron marked.
    fn layer(&self, rect: Rect) {
        let layout = &self.network.layout;
        let Some(arena) = self.entity_arena() else {
            return;
        };
        let values = &arena[layout.range(self.cell.row)];
        let columns = (values.len() as f32).sqrt().ceil() as usize;
        let rows = values.len().div_ceil(columns);
        let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        self.map(rect, [rows, columns], largest, |index| {
            values.get(index).copied().unwrap_or_default()
        });
        let index = self.cell.channel;
        self.mark_cell(rect, [rows, columns], [index / columns, index % columns]);
    }

    fn entity_arena(&self) -> Option<&[f32]> {
        let network = self.look.selection.cell?.network;
        self.look.inspection(network)?.arena()
    }

    /// What the drawing in a slot is, and what its dark dots count as: they are no zeros, so they make products too.
    fn drawing_caption(&self, key: &str) -> String {
        let [_, dark] = self.ink_scale();
        if dark.abs() < 0.005 {
            return say(key);
        }
        let dark = say_with("slot-dark", &[("value", signed(dark).into())]);
        format!("{}\n{dark}", say(key))
    }

    /// Below a slot, in lines no wider than there is room to the next slot's.
    fn caption(&self, slot: Rect, text: &str) {
        let size = self.look.composed.places.text.technical;
        let pitch = self.slots[1].min.x - self.slots[0].min.x;
        let mut job = egui::text::LayoutJob::simple(
            text.to_string(),
            theme::font(size),
            theme::dim(),
            pitch - 4.0,
        );
        job.halign = egui::Align::Center;
        let galley = self.painter.layout_job(job);
        let place = pos2(slot.center().x, slot.max.y + 6.0 * self.unit);
        self.painter.galley(place, galley, theme::dim());
    }

    /// Between the slots.
    fn signs(&self, signs: [&str; 4]) {
        let size = self.look.composed.places.text.headline;
        for (pair, sign) in self.slots.windows(2).zip(signs) {
            let middle = pos2((pair[0].max.x + pair[1].min.x) / 2.0, pair[0].center().y);
            if sign == "→" {
                let half = 6.0 * self.unit;
                let stroke = Stroke::new(1.8, theme::text());
                let (from, to) = (middle - vec2(half, 0.0), middle + vec2(half, 0.0));
                self.painter.line_segment([from, to], stroke);
                for way in [-1.0, 1.0] {
                    let arm = to - vec2(half * 0.8, half * 0.7 * way);
                    self.painter.line_segment([to, arm], stroke);
                }
            } else {
                self.painter.text(
                    middle,
                    Align2::CENTER_CENTER,
                    sign,
                    theme::medium(size),
                    theme::text(),
                );
            }
        }
    }

    /// Play, step, and the line to scrub along: the window slides over the whole map.
    fn foot(&self, ui: &mut Ui, rect: Rect, actions: &mut Vec<Action>) {
        let [_, height, width] = self.network.layout.shape(self.cell.row);
        let slides = height * width > 1;
        ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| {
            ui.horizontal_centered(|ui| {
                if slides {
                    let sliding = self.look.screen.sliding;
                    let label = say(if sliding { "pause" } else { "play" });
                    let play = ui.add(egui::Button::new(label).selected(sliding));
                    mark(ui, "slide", play.rect);
                    if play.on_hover_text(theme::hint(entry("slide"))).clicked() {
                        actions.push(Action::Toggle(Switch::Sliding));
                    }
                    let here = self.cell.y * width + self.cell.x;
                    let step = ui.button(say("step"));
                    mark(ui, "step", step.rect);
                    if step.clicked() {
                        actions.push(Action::Set(Switch::Sliding, false));
                        actions.push(Action::SlideTo(here + 1));
                    }
                    ui.spacing_mut().slider_width = (ui.available_width() - 120.0).max(60.0);
                    let mut index = here;
                    let slider = egui::Slider::new(&mut index, 0..=height * width - 1);
                    let slider = ui.add(slider.show_value(false));
                    slider.widget_info(|| {
                        egui::WidgetInfo::slider(true, index as f64, entry("slide").help())
                    });
                    mark(ui, "scrub", slider.rect);
                    if slider.changed() {
                        actions.push(Action::Set(Switch::Sliding, false));
                        actions.push(Action::SlideTo(index));
                    }
                }
                let rows = self.network.layout.rows();
                if let (true, Some(cell)) = (
                    self.cell.row > 0 && self.cell.row + 1 < rows,
                    self.look.selection.cell,
                ) {
                    let fly = ui.button(say("fly"));
                    mark(ui, "fly", fly.rect);
                    if fly.clicked() {
                        actions.push(Action::FlyTo(cell));
                    }
                }
            });
        });
    }
}

fn sign_colour(value: f32) -> Color32 {
    let [r, g, b] = value_colour(if value < 0.0 { -0.62 } else { 0.62 });
    Color32::from_rgb(r, g, b)
}

/// `+1.23` or `−1.23`, and `0.00`.
fn signed(value: f32) -> String {
    let digits = if value.abs() < 100.0 { 2 } else { 0 };
    let sign = match value {
        value if value.abs() < 0.005 => "",
        value if value < 0.0 => "−",
        _ => "+",
    };
    decimal(format!("{sign}{:.digits$}", value.abs()))
}

/// As short as a small cell needs it.
fn short(value: f32) -> String {
    let sign = if value < -0.005 { "−" } else { "" };
    format!("{sign}{}", millis(value.abs()).trim_start_matches('0'))
}

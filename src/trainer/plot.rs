//! Plots as SVG: a [`Chart`] is plain data, the functions below make charts of figures, and [`Chart::svg`] draws one.
//!
//! Every plot brings its own light background, so that it reads on a page of any colour, and no text is smaller than
//! 12 pixels. A network has one hue everywhere, a dark variant of the app's.

use crate::{
    eval::{
        calibration::{BINS, Bin},
        severity::Series,
    },
    statistics::Summary,
    study::{Factor, FactorResult, LevelResult},
};
use plotters::{
    coord::{
        Shift,
        ranged1d::{DefaultFormatting, KeyPointHint, Ranged},
    },
    element::DashedPathElement,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use std::ops::Range;

/// Width and height in pixels.
const SIZE: (u32, u32) = (720, 420);
/// What lies above the axes: title and legend.
const HEAD: i32 = 76;
/// Where title and legend begin.
const LEFT: i32 = 20;
/// Around the axes on the right; half of the last label reaches into it.
const RIGHT: i32 = 30;
/// plotters' SVG writes a text at its size over this.
const FONT_FACTOR: f64 = 1.24;
/// Text in pixels, as it is written.
const SMALL: f64 = 12.5;
const BODY: f64 = 13.0;
const TITLE: f64 = 15.0;
/// What a letter is about as wide as, in parts of its size.
const LETTER: f64 = 0.56;

const BACKGROUND: RGBColor = RGBColor(250, 250, 252);
const TEXT: RGBColor = RGBColor(28, 32, 42);
const GRID: RGBColor = RGBColor(222, 225, 232);
/// What is a reference, not a finding.
const QUIET: RGBColor = RGBColor(92, 99, 114);
/// The hues of the app's panels (`src/panels/theme.rs`), dark enough for thin lines on a light ground.
const MLP: RGBColor = RGBColor(112, 62, 190);
const CNN: RGBColor = RGBColor(8, 120, 92);
const OTHER: RGBColor = RGBColor(176, 50, 92);

/// The hue of a network by its name.
pub fn hue(network: &str) -> RGBColor {
    match network.to_lowercase().as_str() {
        "mlp" => MLP,
        "cnn" => CNN,
        _ => OTHER,
    }
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit.
    pub title: String,
    pub low: f64,
    pub high: f64,
    /// Where there is a line, and what it is called.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis with round numbers as ticks, widened so that it begins and ends with one.
    pub fn round(title: &str, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / 6.0);
        // A little more, because the logarithm of 0.01 need not be −2 exactly.
        let digits = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let ticks = (first..=last).map(|number| {
            let value = number as f64 * step;
            (value, format!("{value:.digits$}"))
        });
        Self {
            title: title.to_string(),
            low: first as f64 * step,
            high: last as f64 * step,
            ticks: ticks.collect(),
        }
    }

    /// An axis with a tick at each of these values, and a margin on both sides.
    pub fn at(title: &str, ticks: Vec<(f64, String)>) -> Self {
        let values = ticks.iter().map(|(value, _)| *value);
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let margin = if high > low { 0.07 * (high - low) } else { 1.0 };
        Self {
            title: title.to_string(),
            low: low - margin,
            high: high + margin,
            ticks,
        }
    }
}

/// A round number near `about`: 1, 2, 5 or 10 times a power of ten.
fn round_step(about: f64) -> f64 {
    let power = 10f64.powf(about.log10().floor());
    let factor = about / power;
    let round = if factor < 1.5 {
        1.0
    } else if factor < 3.5 {
        2.0
    } else if factor < 7.5 {
        5.0
    } else {
        10.0
    };
    round * power
}

/// Something on a chart, in the units of its axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<(f64, f64)>,
        colour: RGBColor,
        dashed: bool,
    },
    /// An upright bar with a cap at both ends.
    ErrorBar {
        x: f64,
        low: f64,
        high: f64,
        colour: RGBColor,
    },
    Dot {
        at: (f64, f64),
        /// In pixels.
        radius: i32,
        colour: RGBColor,
        filled: bool,
    },
    /// A text above a point.
    Note {
        at: (f64, f64),
        text: String,
        colour: RGBColor,
    },
}

/// An entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub label: String,
    pub colour: RGBColor,
    /// A line with or without gaps; none is a dot.
    pub line: Option<bool>,
}

/// A plot as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Drawn in this order.
    pub marks: Vec<Mark>,
    pub legend: Vec<Entry>,
}

impl Chart {
    /// The plot as the text of an SVG file.
    pub fn svg(&self) -> String {
        let mut text = String::new();
        {
            let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
            self.draw(&root).expect("drawing into a string cannot fail");
        }
        text
    }

    fn draw(&self, root: &Area<'_>) -> Drawn {
        root.fill(&BACKGROUND)?;
        self.draw_head(root)?;
        let mut chart = ChartBuilder::on(root)
            .margin_top(HEAD)
            .margin_right(RIGHT)
            .margin_bottom(10)
            .margin_left(10)
            .x_label_area_size(50)
            .y_label_area_size(70)
            .build_cartesian_2d(Ticked(&self.x), Ticked(&self.y))?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(GRID)
            .axis_style(QUIET)
            .set_all_tick_mark_size(4)
            .label_style(font(SMALL, FontStyle::Normal, TEXT))
            .axis_desc_style(font(BODY, FontStyle::Normal, TEXT))
            .x_label_formatter(&|value| label(&self.x, *value))
            .y_label_formatter(&|value| label(&self.y, *value))
            .x_desc(self.x.title.as_str())
            .y_desc(self.y.title.as_str())
            .draw()?;
        let area = chart.plotting_area();
        let cap = 0.008 * (self.x.high - self.x.low);
        for mark in &self.marks {
            match mark {
                Mark::Line {
                    points,
                    colour,
                    dashed: false,
                } => area.draw(&PathElement::new(points.clone(), stroke(*colour)))?,
                Mark::Line { points, colour, .. } => {
                    let style = stroke(*colour);
                    area.draw(&DashedPathElement::new(points.clone(), 6, 4, style))?;
                }
                Mark::ErrorBar {
                    x,
                    low,
                    high,
                    colour,
                } => {
                    let lines = [
                        [(*x, *low), (*x, *high)],
                        [(x - cap, *low), (x + cap, *low)],
                        [(x - cap, *high), (x + cap, *high)],
                    ];
                    for line in lines {
                        area.draw(&PathElement::new(line.to_vec(), stroke(*colour)))?;
                    }
                }
                Mark::Dot {
                    at,
                    radius,
                    colour,
                    filled,
                } => {
                    // A hollow dot covers the line behind it.
                    let ground = if *filled { *colour } else { BACKGROUND };
                    area.draw(&Circle::new(*at, *radius, fill(ground)))?;
                    area.draw(&Circle::new(*at, *radius, stroke(*colour)))?;
                }
                Mark::Note { at, text, colour } => {
                    let (x, y) = area.map_coordinate(at);
                    let centred = Pos::new(HPos::Center, VPos::Bottom);
                    let style = font(SMALL, FontStyle::Bold, *colour).pos(centred);
                    root.draw_text(text, &style, (x, y - 8))?;
                }
            }
        }
        root.present()
    }

    fn draw_head(&self, root: &Area<'_>) -> Drawn {
        let style = font(TITLE, FontStyle::Bold, TEXT);
        root.draw_text(&self.title, &style, (LEFT, 14))?;
        let style = font(SMALL, FontStyle::Normal, TEXT).pos(Pos::new(HPos::Left, VPos::Center));
        let (mut x, y) = (LEFT, 54);
        for entry in &self.legend {
            let ends = vec![(x, y), (x + 26, y)];
            match entry.line {
                Some(false) => root.draw(&PathElement::new(ends, stroke(entry.colour)))?,
                Some(true) => {
                    root.draw(&DashedPathElement::new(ends, 6, 4, stroke(entry.colour)))?;
                }
                None => root.draw(&Circle::new((x + 20, y), 4, fill(entry.colour)))?,
            }
            root.draw_text(&entry.label, &style, (x + 32, y))?;
            let letters = entry.label.chars().count() as f64;
            x += 32 + (letters * LETTER * SMALL) as i32 + 20;
        }
        Ok(())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// An axis with lines and labels at its ticks alone.
struct Ticked<'a>(&'a Axis);

impl Ranged for Ticked<'_> {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn range(&self) -> Range<f64> {
        self.0.low..self.0.high
    }

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.0.low) / (self.0.high - self.0.low);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.0.ticks.iter().map(|(value, _)| *value).collect()
    }
}

/// The name of the tick at a value.
fn label(axis: &Axis, value: f64) -> String {
    let reach = 1e-9 * (axis.high - axis.low);
    let tick = axis
        .ticks
        .iter()
        .find(|tick| (tick.0 - value).abs() <= reach);
    tick.map_or(String::new(), |(_, label)| label.clone())
}

fn font(size: f64, style: FontStyle, colour: RGBColor) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, size * FONT_FACTOR, style).color(&colour)
}

fn stroke(colour: RGBColor) -> ShapeStyle {
    ShapeStyle {
        color: colour.to_rgba(),
        filled: false,
        stroke_width: 2,
    }
}

fn fill(colour: RGBColor) -> ShapeStyle {
    ShapeStyle {
        color: colour.to_rgba(),
        filled: true,
        stroke_width: 1,
    }
}

fn line(label: &str, colour: RGBColor, dashed: bool) -> Entry {
    Entry {
        label: label.to_string(),
        colour,
        line: Some(dashed),
    }
}

fn dot(label: &str, colour: RGBColor) -> Entry {
    Entry {
        label: label.to_string(),
        colour,
        line: None,
    }
}

/// Least and greatest of some values; 0 and 1 of nothing.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let ends = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if ends.0 > ends.1 { (0.0, 1.0) } else { ends }
}

/// Mean and standard deviation as bar and dot, with the single values as small dots behind.
fn spread(x: f64, values: &[f64], colour: RGBColor, filled: bool) -> Vec<Mark> {
    let summary = Summary::of(values);
    let mut marks: Vec<Mark> = values
        .iter()
        .map(|value| Mark::Dot {
            at: (x, *value),
            radius: 2,
            colour: QUIET,
            filled: true,
        })
        .collect();
    if summary.count == 0 {
        return marks;
    }
    if let Some(sd) = summary.sd {
        marks.push(Mark::ErrorBar {
            x,
            low: summary.mean - sd,
            high: summary.mean + sd,
            colour,
        });
    }
    marks.push(Mark::Dot {
        at: (x, summary.mean),
        radius: 5,
        colour,
        filled,
    });
    marks
}

/// Least and greatest of what [`spread`] draws.
fn spread_ends(values: &[f64]) -> Vec<f64> {
    let summary = Summary::of(values);
    let sd = summary.sd.unwrap_or(0.0);
    let mut ends = values.to_vec();
    if summary.count > 0 {
        ends.extend([summary.mean - sd, summary.mean + sd]);
    }
    ends
}

/// One factor of a study: the validation error of every level, the base filled and with a line through its mean.
pub fn factor(network: &str, result: &FactorResult) -> Chart {
    let colour = hue(network);
    let factor = result.factor;
    let place = |index: usize, level: &LevelResult| {
        if factor.is_linear() {
            level.level.place()
        } else {
            index as f64
        }
    };
    let levels = || result.levels.iter().enumerate();
    let ticks = levels().map(|(index, level)| (place(index, level), tick(factor, level)));
    let x = Axis::at(factor.axis(), ticks.collect());
    let ends = result
        .levels
        .iter()
        .flat_map(|level| spread_ends(&level.errors));
    let (low, high) = range(ends);
    let y = Axis::round("validation error (%)", low, high);
    let mut marks = Vec::new();
    let base = result.base().filter(|base| !base.errors.is_empty());
    if let Some(base) = base {
        let mean = base.summary().mean;
        marks.push(Mark::Line {
            points: vec![(x.low, mean), (x.high, mean)],
            colour: QUIET,
            dashed: true,
        });
    }
    if factor.is_linear() {
        let known = levels().filter(|(_, level)| !level.errors.is_empty());
        let points = known.map(|(index, level)| (place(index, level), level.summary().mean));
        marks.push(Mark::Line {
            points: points.collect(),
            colour,
            dashed: false,
        });
    }
    for (index, level) in levels() {
        let x = place(index, level);
        marks.extend(spread(x, &level.errors, colour, level.is_base));
    }
    Chart {
        title: format!("{network}: {}", factor.title()),
        x,
        y,
        marks,
        legend: vec![
            dot("base recipe (filled)", colour),
            line("its mean", QUIET, true),
            dot("single seeds; bars are ± 1 standard deviation", QUIET),
        ],
    }
}

/// A level's name below the axis; those that stand on a scale need no unit there.
fn tick(factor: Factor, level: &LevelResult) -> String {
    let text = if factor.is_linear() {
        level.level.place().to_string()
    } else {
        factor.label(level.level)
    };
    if level.errors.is_empty() {
        format!("{text} (diverged)")
    } else {
        text
    }
}

/// Validation and test error of runs that differ in their seed; `shipped` is the place of the run that ships.
pub fn seeds(network: &str, validation: &[f64], test: &[f64], shipped: Option<usize>) -> Chart {
    let colour = hue(network);
    let columns = [
        (0.0, "validation images", validation),
        (1.0, "test images", test),
    ];
    let ends = columns
        .iter()
        .flat_map(|(_, _, values)| spread_ends(values));
    let (low, high) = range(ends);
    let mut marks = Vec::new();
    for (x, _, values) in columns {
        // The seeds lie side by side, left of their mean, so that equal ones do not hide each other.
        for (place, value) in values.iter().enumerate() {
            let is_shipped = Some(place) == shipped;
            let at = (x - 0.3 + 0.05 * place as f64, *value);
            marks.push(Mark::Dot {
                at,
                radius: if is_shipped { 6 } else { 4 },
                colour: if is_shipped { colour } else { QUIET },
                filled: true,
            });
            if is_shipped {
                marks.push(Mark::Note {
                    at,
                    text: "ships".to_string(),
                    colour,
                });
            }
        }
        let summary = Summary::of(values);
        let rest = spread(x + 0.12, values, colour, false);
        // Bar and mean alone; the single values are drawn already.
        marks.extend(rest.into_iter().skip(summary.count));
        if summary.count > 0 {
            marks.push(Mark::Note {
                at: (x + 0.27, summary.mean),
                text: format!("{} %", summary.text(3)),
                colour,
            });
        }
    }
    let ticks = columns.map(|(x, name, _)| (x, name.to_string()));
    let mut axis = Axis::at("images", ticks.to_vec());
    (axis.low, axis.high) = (-0.5, 1.5);
    Chart {
        title: format!("{network}: {} seeds", validation.len()),
        x: axis,
        y: Axis::round("error (%)", low, high),
        marks,
        legend: vec![
            dot("a seed", QUIET),
            dot("the seed that ships", colour),
            dot("mean ± 1 standard deviation (hollow)", colour),
        ],
    }
}

/// Accuracy over the answer's probability, before and after dividing the logits by the temperature. The larger a dot,
/// the more images.
pub fn reliability(network: &str, bins: &[Vec<Bin>; 2], temperature: f64) -> Chart {
    let colour = hue(network);
    let points = |bins: &[Bin]| -> Vec<(f64, f64)> {
        bins.iter()
            .filter(|bin| bin.count > 0)
            .map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy))
            .collect()
    };
    let mut marks = vec![Mark::Line {
        points: vec![(0.0, 0.0), (100.0, 100.0)],
        colour: QUIET,
        dashed: false,
    }];
    for (side, (bins, filled)) in bins.iter().zip([false, true]).enumerate() {
        let colour = if side == 0 { OTHER } else { colour };
        marks.push(Mark::Line {
            points: points(bins),
            colour,
            dashed: side == 0,
        });
        for (bin, at) in bins.iter().filter(|bin| bin.count > 0).zip(points(bins)) {
            marks.push(Mark::Dot {
                at,
                radius: 3 + (bin.count as f64).log10() as i32,
                colour,
                filled,
            });
        }
    }
    let edges = (0..=10i32).map(|tenth| (10.0 * f64::from(tenth), (10 * tenth).to_string()));
    let axis = |title: &str| Axis {
        title: title.to_string(),
        low: 0.0,
        high: 100.0,
        ticks: edges.clone().collect(),
    };
    Chart {
        title: format!("{network}: reliability in {BINS} bins"),
        x: axis("mean probability of the answer (%)"),
        y: axis("answers that are right (%)"),
        marks,
        legend: vec![
            line("temperature 1", OTHER, true),
            line(&format!("temperature {temperature:.3}"), colour, false),
            line("as sure as right", QUIET, false),
        ],
    }
}

/// Accuracy over how much images are distorted; prepared images as full lines, the others dashed.
pub fn severity(title: &str, axis: &str, series: &[Series]) -> Chart {
    let mut places: Vec<f64> = series
        .iter()
        .flat_map(|one| one.points.iter().map(|point| point.0))
        .collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let ticks = places.iter().map(|place| (*place, place.to_string()));
    let accuracies = series
        .iter()
        .flat_map(|one| one.points.iter().map(|point| 100.0 * point.1));
    let (low, high) = range(accuracies);
    let mut marks = Vec::new();
    let mut legend = Vec::new();
    for one in series {
        let colour = hue(&one.network);
        let points: Vec<(f64, f64)> = one.points.iter().map(|(x, y)| (*x, 100.0 * y)).collect();
        let dots = points.iter().map(|at| Mark::Dot {
            at: *at,
            radius: 4,
            colour,
            filled: one.prepared,
        });
        let dots: Vec<Mark> = dots.collect();
        marks.push(Mark::Line {
            points,
            colour,
            dashed: !one.prepared,
        });
        marks.extend(dots);
        let how = if one.prepared { "prepared" } else { "as it is" };
        let label = format!("{}, {how}", one.network);
        legend.push(line(&label, colour, !one.prepared));
    }
    Chart {
        title: title.to_string(),
        x: Axis::at(axis, ticks.collect()),
        y: Axis::round("test images read rightly (%)", low, high.min(100.0)),
        marks,
        legend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Level;

    fn level(place: f64, errors: &[f64], is_base: bool) -> LevelResult {
        LevelResult {
            level: Level::Number(place),
            is_base,
            errors: errors.to_vec(),
            diverged: 0,
        }
    }

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn a_factor_has_bars_dots_labels_and_units() {
        let result = FactorResult {
            factor: Factor::Rotation,
            levels: vec![
                level(0.0, &[0.8, 0.9], false),
                level(15.0, &[0.5, 0.6], true),
                level(30.0, &[0.7], false),
            ],
        };
        let chart = factor("CNN", &result);
        let bars = chart
            .marks
            .iter()
            .filter(|m| matches!(m, Mark::ErrorBar { .. }));
        // One seed has no spread.
        assert_eq!(bars.count(), 2);
        let text = chart.svg();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"));
        for part in [
            "CNN: Rotation",
            "(degrees)",
            "validation error (%)",
            "base recipe",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        for tick in ["15", "30"] {
            assert!(text.contains(&format!(">\n{tick}\n<")), "{tick}:\n{text}");
        }
        // Five seeds and three means, each a disc and a ring, and two in the legend.
        assert_eq!(count(&text, "<circle"), 2 * (5 + 3) + 2);
        assert!(count(&text, "<polyline") > 6);
    }

    #[test]
    fn a_factor_without_a_scale_stands_side_by_side() {
        let mut levels = vec![
            level(0.0, &[0.5], true),
            level(0.3, &[0.6], false),
            level(0.5, &[], false),
        ];
        levels[0].level = Level::OneCycle;
        levels[1].level = Level::Plateau(0.3);
        levels[2].level = Level::Plateau(0.5);
        levels[2].diverged = 1;
        let result = FactorResult {
            factor: Factor::Schedule,
            levels,
        };
        let chart = factor("MLP", &result);
        let places: Vec<f64> = chart.x.ticks.iter().map(|tick| tick.0).collect();
        assert_eq!(places, [0.0, 1.0, 2.0]);
        let text = chart.svg();
        for part in ["one-cycle", "plateau × 0.3", "plateau × 0.5 (diverged)"] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn text_is_large_enough() {
        let bins = [vec![Bin::default(); BINS], vec![Bin::default(); BINS]];
        let text = reliability("CNN", &bins, 0.9).svg();
        let sizes: Vec<f64> = text
            .split("font-size=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert!(!sizes.is_empty());
        assert!(sizes.iter().all(|size| *size >= 12.0), "{sizes:?}");
    }

    /// Contrast as WCAG 2 defines it.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let luminance = |RGBColor(red, green, blue): RGBColor| {
            let [red, green, blue] = [red, green, blue].map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn lines_and_text_stand_out() {
        for colour in [TEXT, QUIET, MLP, CNN, OTHER] {
            assert!(contrast(colour, BACKGROUND) > 4.5, "{colour:?}");
        }
    }

    #[test]
    fn axes_are_round() {
        let axis = Axis::round("error (%)", 0.43, 0.92);
        assert_eq!((axis.low, axis.ticks[0].1.as_str()), (0.4, "0.4"));
        assert!(axis.high >= 0.92 && (4..=8).contains(&axis.ticks.len()));
        let flat = Axis::round("error (%)", 3.0, 3.0);
        assert!(flat.high > flat.low);
        let at = Axis::at("a", vec![(0.0, "0".to_string()), (10.0, "10".to_string())]);
        assert!(at.low < 0.0 && at.high > 10.0);
        assert_eq!(label(&at, 10.0), "10");
        assert_eq!(label(&at, 5.0), "");
    }

    #[test]
    fn seeds_show_the_one_that_ships() {
        let chart = seeds("MLP", &[0.5, 0.6, 0.5], &[0.4, 0.5, 0.45], Some(0));
        let text = chart.svg();
        for part in [
            "MLP: 3 seeds",
            "ships",
            "0.533 ± 0.058 %",
            "test images",
            "error (%)",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn severities_have_a_line_each() {
        let one = |network: &str, prepared| Series {
            network: network.to_string(),
            prepared,
            points: vec![(0.0, 0.99), (2.0, 0.9), (4.0, 0.7)],
        };
        let all = ["MLP", "CNN"].map(|name| [one(name, false), one(name, true)]);
        let chart = severity("Shift", "shift (pixels)", all.as_flattened());
        let lines = chart
            .marks
            .iter()
            .filter(|m| matches!(m, Mark::Line { .. }));
        assert_eq!((lines.count(), chart.legend.len()), (4, 4));
        let text = chart.svg();
        assert!(text.contains("CNN, prepared") && text.contains("shift (pixels)"));
    }
}

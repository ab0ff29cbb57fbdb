//! Plots as SVG. A [`Chart`] is plain data; whoever has figures makes one of them, and [`Chart::svg`] draws it.
//!
//! Every plot brings its own light background, so that it reads on a page of any colour, and no text is smaller than
//! 12 pixels. A network has one hue everywhere, a dark variant of the app's.

use crate::statistics::Summary;
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
/// plotters' SVG writes a text at its size over this.
const FONT_FACTOR: f64 = 1.24;
/// Text in pixels, as it is written.
const TEXT_SIZE: f64 = 12.5;
const TITLE_SIZE: f64 = 15.0;
/// What a letter is about as wide as, in pixels.
const LETTER: f64 = 7.0;

const BACKGROUND: RGBColor = RGBColor(250, 250, 252);
const TEXT: RGBColor = RGBColor(28, 32, 42);
const GRID: RGBColor = RGBColor(222, 225, 232);
/// What is a reference, not a finding.
pub const QUIET: RGBColor = RGBColor(92, 99, 114);
/// The hues of the app's panels (`src/panels/theme.rs`), dark enough for thin lines on a light ground.
const MLP: RGBColor = RGBColor(112, 62, 190);
const CNN: RGBColor = RGBColor(8, 120, 92);
pub const OTHER: RGBColor = RGBColor(176, 50, 92);

/// The hue of a network by its name.
pub fn hue(network: &str) -> RGBColor {
    match network.to_lowercase().as_str() {
        "mlp" => MLP,
        "cnn" => CNN,
        _ => OTHER,
    }
}

/// Points that belong together, as a line, as dots or as both.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its entry in the legend; nothing for none.
    pub label: String,
    pub colour: RGBColor,
    pub points: Vec<(f64, f64)>,
    /// A line with gaps (true) or without.
    pub line: Option<bool>,
    /// Dots of this radius in pixels, filled or hollow.
    pub dots: Option<(i32, bool)>,
}

impl Series {
    /// A line with or without gaps, yet without points.
    pub fn line(label: &str, colour: RGBColor, dashed: bool) -> Self {
        Self {
            label: label.to_string(),
            colour,
            points: Vec::new(),
            line: Some(dashed),
            dots: None,
        }
    }

    /// Filled dots, yet without points.
    pub fn dots(label: &str, colour: RGBColor, radius: i32) -> Self {
        Self {
            line: None,
            dots: Some((radius, true)),
            ..Self::line(label, colour, false)
        }
    }

    /// The same through these points.
    pub fn through(mut self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.points.extend(points);
        self
    }
}

/// Mean and standard deviation of some values as an upright bar and a dot; nothing of nothing.
pub fn mean_and_sd(x: f64, values: &[f64], colour: RGBColor, filled: bool) -> Vec<Series> {
    let Summary { count, mean, sd } = Summary::of(values);
    let bar =
        sd.map(|sd| Series::line("", colour, false).through([(x, mean - sd), (x, mean + sd)]));
    let dot = (count > 0).then(|| Series {
        dots: Some((5, filled)),
        ..Series::dots("", colour, 5).through([(x, mean)])
    });
    bar.into_iter().chain(dot).collect()
}

/// A plot as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    /// What the axes show, with their units.
    pub x: String,
    pub y: String,
    /// Where the horizontal axis has a line, and what that is called.
    pub ticks: Vec<(f64, String)>,
    /// Drawn in this order.
    pub series: Vec<Series>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

impl Chart {
    /// The plot as the text of an SVG file.
    pub fn svg(&self) -> String {
        let mut text = String::new();
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        self.draw(&root).expect("drawing into a string cannot fail");
        drop(root);
        text
    }

    fn draw(&self, root: &Area<'_>) -> Drawn {
        root.fill(&BACKGROUND)?;
        self.draw_head(root)?;
        let points = || self.series.iter().flat_map(|series| &series.points);
        let ticks: Vec<f64> = self.ticks.iter().map(|tick| tick.0).collect();
        let x = widened(ticks.iter().copied().chain(points().map(|point| point.0)));
        let y = widened(points().map(|point| point.1));
        let mut chart = ChartBuilder::on(root)
            .margin_top(76)
            .margin_right(30)
            .margin_bottom(10)
            .margin_left(10)
            .x_label_area_size(50)
            .y_label_area_size(70)
            .build_cartesian_2d(Ticked { range: x, ticks }, y)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(BACKGROUND)
            .axis_style(QUIET)
            .label_style(font(TEXT_SIZE, FontStyle::Normal))
            .y_labels(8)
            .x_label_formatter(&|value| {
                let tick = self.ticks.iter().find(|tick| tick.0 == *value);
                tick.map_or(String::new(), |(_, label)| label.clone())
            })
            .x_desc(self.x.as_str())
            .y_desc(self.y.as_str())
            .draw()?;
        for series in &self.series {
            let points = series.points.iter();
            let places = points.map(|point| chart.plotting_area().map_coordinate(point));
            series.draw(root, &places.collect::<Vec<_>>())?;
        }
        root.present()
    }

    /// Title and legend, above the axes.
    fn draw_head(&self, root: &Area<'_>) -> Drawn {
        let style = font(TITLE_SIZE, FontStyle::Bold);
        root.draw_text(&self.title, &style, (20, 14))?;
        let style = font(TEXT_SIZE, FontStyle::Normal).pos(Pos::new(HPos::Left, VPos::Center));
        let (mut x, y) = (20, 54);
        for series in self.series.iter().filter(|series| !series.label.is_empty()) {
            let ends = [(x, y), (x + 26, y)];
            let first = usize::from(series.line.is_none());
            series.draw(root, &ends[first..])?;
            root.draw_text(&series.label, &style, (x + 34, y))?;
            x += 52 + (series.label.chars().count() as f64 * LETTER) as i32;
        }
        Ok(())
    }
}

impl Series {
    /// Draws it through places in pixels.
    fn draw(&self, root: &Area<'_>, places: &[(i32, i32)]) -> Drawn {
        let style = self.colour.stroke_width(2);
        match self.line {
            Some(true) => root.draw(&DashedPathElement::new(places.to_vec(), 6, 4, style))?,
            Some(false) => root.draw(&PathElement::new(places.to_vec(), style))?,
            None => {}
        }
        if let Some((radius, filled)) = self.dots {
            // A hollow dot covers the line behind it.
            let ground = if filled { self.colour } else { BACKGROUND };
            for place in places {
                root.draw(&Circle::new(*place, radius, ground.filled()))?;
                root.draw(&Circle::new(*place, radius, style))?;
            }
        }
        Ok(())
    }
}

/// From the least to the greatest, with a margin on both sides.
fn widened(values: impl Iterator<Item = f64>) -> Range<f64> {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(ends, |(low, high), value| (low.min(value), high.max(value)));
    match high - low {
        span if span > 0.0 => low - 0.07 * span..high + 0.07 * span,
        0.0 => low - 0.5..high + 0.5,
        _ => 0.0..1.0,
    }
}

/// An axis with lines and labels at its ticks alone. (plotters' own `with_key_points` has no labels for fractions.)
struct Ticked {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }
}

fn font(size: f64, style: FontStyle) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, size * FONT_FACTOR, style).color(&TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_small() {
        let chart = Chart {
            title: "MLP: luck".to_string(),
            x: "luck (px)".to_string(),
            y: "error (%)".to_string(),
            ticks: vec![(0.3, "a tick".to_string())],
            series: vec![Series::dots("a seed", QUIET, 2)],
        };
        let text = chart.svg();
        assert!(text.contains(">\na tick\n<"), "{text}");
        let sizes = text.split("font-size=\"").skip(1);
        let sizes = sizes.filter_map(|rest| rest.split('"').next()?.parse().ok());
        let least = sizes.fold(f64::INFINITY, f64::min);
        assert!((12.0..20.0).contains(&least), "{least}");
    }

    /// Contrast as WCAG 2 defines it.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let linear = |part: u8| (f64::from(part) / 255.0).powf(2.2);
        let luminance = |RGBColor(red, green, blue): RGBColor| {
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
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
}

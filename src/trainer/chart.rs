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

/// Something on a chart, in the units of its axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<(f64, f64)>,
        colour: RGBColor,
        dashed: bool,
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

impl Mark {
    /// A line through some points.
    pub fn line(points: Vec<(f64, f64)>, colour: RGBColor, dashed: bool) -> Self {
        Self::Line {
            points,
            colour,
            dashed,
        }
    }

    /// A filled dot.
    pub fn dot(at: (f64, f64), radius: i32, colour: RGBColor) -> Self {
        Self::Dot {
            at,
            radius,
            colour,
            filled: true,
        }
    }

    /// A text above a point.
    pub fn note(at: (f64, f64), text: &str, colour: RGBColor) -> Self {
        Self::Note {
            at,
            text: text.to_string(),
            colour,
        }
    }

    fn points(&self) -> &[(f64, f64)] {
        match self {
            Self::Line { points, .. } => points,
            Self::Dot { at, .. } | Self::Note { at, .. } => std::slice::from_ref(at),
        }
    }
}

/// Mean and standard deviation of some values as an upright bar and a dot; nothing of nothing.
pub fn mean_and_sd(x: f64, values: &[f64], colour: RGBColor, filled: bool) -> Vec<Mark> {
    let Summary { count, mean, sd } = Summary::of(values);
    let bar = sd.map(|sd| Mark::line(vec![(x, mean - sd), (x, mean + sd)], colour, false));
    let dot = (count > 0).then_some(Mark::Dot {
        at: (x, mean),
        radius: 5,
        colour,
        filled,
    });
    bar.into_iter().chain(dot).collect()
}

/// A plot as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    /// What the axis shows, with its unit; where it has a line, and what that is called.
    pub x: (String, Vec<(f64, String)>),
    /// What the axis shows, with its unit.
    pub y: String,
    /// Drawn in this order.
    pub marks: Vec<Mark>,
    /// A label, its colour, and a line with gaps (true) or without; none is a dot.
    pub legend: Vec<(String, RGBColor, Option<bool>)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

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
        let points = || self.marks.iter().flat_map(Mark::points);
        let ticks = self.x.1.iter().map(|tick| tick.0);
        let x = widened(ticks.chain(points().map(|point| point.0)));
        let y = widened(points().map(|point| point.1));
        let ticks = Ticked {
            range: x,
            ticks: &self.x.1,
        };
        let mut chart = ChartBuilder::on(root)
            .margin_top(76)
            .margin_right(30)
            .margin_bottom(10)
            .margin_left(10)
            .x_label_area_size(50)
            .y_label_area_size(70)
            .build_cartesian_2d(ticks, y)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(BACKGROUND)
            .axis_style(QUIET)
            .label_style(font(TEXT_SIZE, FontStyle::Normal, TEXT))
            .y_labels(8)
            .x_label_formatter(&|value| {
                let tick = self.x.1.iter().find(|tick| tick.0 == *value);
                tick.map_or(String::new(), |(_, label)| label.clone())
            })
            .x_desc(self.x.0.as_str())
            .y_desc(self.y.as_str())
            .draw()?;
        let area = chart.plotting_area();
        for mark in &self.marks {
            match mark {
                Mark::Line {
                    points,
                    colour,
                    dashed,
                } => {
                    let points = points.iter().map(|point| area.map_coordinate(point));
                    draw_line(root, points.collect(), *colour, *dashed)?;
                }
                Mark::Dot {
                    at,
                    radius,
                    colour,
                    filled,
                } => {
                    // A hollow dot covers the line behind it.
                    let ground = if *filled { *colour } else { BACKGROUND };
                    area.draw(&Circle::new(*at, *radius, ground.filled()))?;
                    area.draw(&Circle::new(*at, *radius, colour.stroke_width(2)))?;
                }
                Mark::Note { at, text, colour } => {
                    let (x, y) = area.map_coordinate(at);
                    let centred = Pos::new(HPos::Center, VPos::Bottom);
                    let style = font(TEXT_SIZE, FontStyle::Bold, *colour).pos(centred);
                    root.draw_text(text, &style, (x, y - 8))?;
                }
            }
        }
        root.present()
    }

    /// Title and legend, above the axes.
    fn draw_head(&self, root: &Area<'_>) -> Drawn {
        let style = font(TITLE_SIZE, FontStyle::Bold, TEXT);
        root.draw_text(&self.title, &style, (20, 14))?;
        let style = font(TEXT_SIZE, FontStyle::Normal, TEXT);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        let (mut x, y) = (20, 54);
        for (label, colour, line) in &self.legend {
            match line {
                Some(dashed) => draw_line(root, vec![(x, y), (x + 26, y)], *colour, *dashed)?,
                None => root.draw(&Circle::new((x + 20, y), 4, colour.filled()))?,
            }
            root.draw_text(label, &style, (x + 32, y))?;
            x += 52 + (label.chars().count() as f64 * LETTER) as i32;
        }
        Ok(())
    }
}

fn draw_line(root: &Area<'_>, points: Vec<(i32, i32)>, colour: RGBColor, dashed: bool) -> Drawn {
    let style = colour.stroke_width(2);
    if dashed {
        root.draw(&DashedPathElement::new(points, 6, 4, style))
    } else {
        root.draw(&PathElement::new(points, style))
    }
}

/// From the least to the greatest, with a margin on both sides.
fn widened(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    match high - low {
        span if span > 0.0 => low - 0.07 * span..high + 0.07 * span,
        0.0 => low - 0.5..high + 0.5,
        _ => 0.0..1.0,
    }
}

/// An axis with lines and labels at its ticks alone.
struct Ticked<'a> {
    range: Range<f64>,
    ticks: &'a [(f64, String)],
}

impl Ranged for Ticked<'_> {
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
        self.ticks.iter().map(|(value, _)| *value).collect()
    }
}

fn font(size: f64, style: FontStyle, colour: RGBColor) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, size * FONT_FACTOR, style).color(&colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_its_marks_labels_and_large_enough_text() {
        let mut marks = vec![Mark::line(vec![(0.0, 1.0), (9.0, 2.0)], OTHER, true)];
        marks.extend(mean_and_sd(9.0, &[1.0, 2.0], MLP, false));
        marks.push(Mark::note((0.0, 1.0), "here", CNN));
        assert!(mean_and_sd(0.0, &[], MLP, true).is_empty());
        let ticks = [(0.0, "none"), (9.0, "plateau × 0.3")];
        let text = Chart {
            title: "MLP: luck".to_string(),
            x: (
                "luck (px)".to_string(),
                ticks.map(|(x, name)| (x, name.to_string())).to_vec(),
            ),
            y: "error (%)".to_string(),
            marks,
            legend: vec![
                ("a seed".to_string(), QUIET, None),
                ("a line".to_string(), CNN, Some(true)),
            ],
        }
        .svg();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"));
        let labels = [
            "MLP: luck",
            "luck (px)",
            "error (%)",
            "none",
            "plateau × 0.3",
            "here",
            "a seed",
        ];
        for part in labels {
            assert!(text.contains(&format!(">\n{part}\n<")), "{part}:\n{text}");
        }
        // The mean as a disc and a ring, and one in the legend.
        assert_eq!(text.matches("<circle").count(), 3);
        let sizes = text.split("font-size=\"").skip(1);
        let sizes: Vec<f64> = sizes
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert!(
            !sizes.is_empty() && sizes.iter().all(|size| *size >= 12.0),
            "{sizes:?}"
        );
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

//! Signs on buttons, painted as lines, so that they are crisp at every size and need no font.

use bevy_egui::egui::{Color32, Painter, Pos2, Shape, Stroke, vec2};
use std::f32::consts::PI;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// To the one before.
    Left,
    /// To the one after.
    Right,
    /// There is more below.
    Down,
    /// Close.
    Cross,
    /// A pencil.
    Draw,
    /// An eraser.
    Erase,
    /// An arrow that turns back.
    Undo,
    /// A bin.
    Clear,
    /// A play triangle.
    Play,
    /// A mortarboard.
    Learn,
}

impl Icon {
    /// Its lines, in a square from −1 to 1, y down.
    fn lines(self) -> Vec<Vec<[f32; 2]>> {
        match self {
            Self::Left => vec![vec![[0.4, -0.8], [-0.4, 0.0], [0.4, 0.8]]],
            Self::Right => vec![vec![[-0.4, -0.8], [0.4, 0.0], [-0.4, 0.8]]],
            Self::Down => vec![vec![[-0.8, -0.4], [0.0, 0.4], [0.8, -0.4]]],
            Self::Cross => vec![
                vec![[-0.75, -0.75], [0.75, 0.75]],
                vec![[0.75, -0.75], [-0.75, 0.75]],
            ],
            Self::Draw => vec![
                vec![
                    [-0.9, 0.9],
                    [-0.75, 0.3],
                    [0.4, -0.85],
                    [0.85, -0.4],
                    [-0.3, 0.75],
                    [-0.9, 0.9],
                ],
                vec![[0.1, -0.55], [0.55, -0.1]],
            ],
            Self::Erase => vec![
                vec![
                    [-0.35, 0.75],
                    [-0.9, 0.2],
                    [0.2, -0.85],
                    [0.9, -0.15],
                    [0.0, 0.75],
                    [-0.35, 0.75],
                ],
                vec![[-0.45, -0.25], [0.35, 0.4]],
                vec![[0.0, 0.75], [0.9, 0.75]],
            ],
            Self::Undo => {
                let turn = (0..=12).map(|step| {
                    let (sin, cos) = (PI * (step as f32 / 12.0 - 0.5)).sin_cos();
                    [0.3 + 0.55 * cos, 0.2 + 0.55 * sin]
                });
                let shaft = [[-0.85, -0.35]].into_iter().chain(turn);
                vec![
                    shaft.chain([[-0.35, 0.75]]).collect(),
                    vec![[-0.4, -0.8], [-0.85, -0.35], [-0.4, 0.1]],
                ]
            }
            Self::Clear => vec![
                vec![[-0.8, -0.55], [0.8, -0.55]],
                vec![[-0.25, -0.55], [-0.25, -0.9], [0.25, -0.9], [0.25, -0.55]],
                vec![[-0.6, -0.55], [-0.48, 0.9], [0.48, 0.9], [0.6, -0.55]],
            ],
            Self::Play => vec![vec![
                [-0.5, -0.8],
                [0.75, 0.0],
                [-0.5, 0.8],
                [-0.5, -0.8],
                [0.75, 0.0],
            ]],
            Self::Learn => vec![
                vec![
                    [-1.0, -0.25],
                    [0.0, -0.7],
                    [1.0, -0.25],
                    [0.0, 0.2],
                    [-1.0, -0.25],
                ],
                vec![
                    [-0.55, 0.0],
                    [-0.55, 0.5],
                    [0.0, 0.75],
                    [0.55, 0.5],
                    [0.55, 0.0],
                ],
            ],
        }
    }

    /// Paints it, this large from its middle to its sides.
    pub fn paint(self, painter: &Painter, middle: Pos2, arm: f32, colour: Color32) {
        let stroke = Stroke::new((0.24 * arm).max(1.5), colour);
        for line in self.lines() {
            let points = line.into_iter().map(|[x, y]| middle + vec2(x, y) * arm);
            painter.add(Shape::line(points.collect(), stroke));
        }
    }
}

//! Which part did it: the drawing is read without each piece of its line, and without two and three that follow each other,
//! and what the answer loses is what they had done for it.
//!
//! Alone, a piece tells too little: a hole that small is filled by what is around it. Of 112 drawings (fourteen hands, turned,
//! sheared and scaled), leaving out the heaviest third of the line cost more than the lightest third in SHARE1 where weights
//! were those of single pieces, and in SHARE3 with all three.

use mnistify_drawing::{
    Held, Stroke,
    pieces::{Piece, cut, without},
};
use std::ops::Range;

/// Pieces of the line, about.
const PIECES: usize = 24;
/// So many that follow each other are left out together at most.
const TOGETHER: usize = 4;
/// How far before a cut a line ends, as a share of its painted width. At a half its round end would just touch the cut, and a
/// short piece take much of its neighbours with it; at nothing the ends would nearly fill the hole.
const BEFORE_CUT: f32 = 0.25;

/// The pieces of a drawing's line, and which of them are left out together.
#[derive(Clone, Debug)]
pub struct Occlusion {
    /// In the order in which they were drawn.
    pub pieces: Vec<Piece>,
    /// The numbers of those left out: each alone, then two that follow each other, three, and four.
    left_out: Vec<Range<usize>>,
}

impl Occlusion {
    /// Of these strokes.
    pub fn of(strokes: &[Stroke]) -> Self {
        let pieces = cut(strokes, PIECES);
        let run = |count: usize| {
            let follows = |pair: &[Piece]| pair[0].is_followed_by(&pair[1]);
            let is_one = move |run: &[Piece]| run.windows(2).all(follows);
            let runs = pieces.windows(count).enumerate();
            runs.filter(move |(_, run)| is_one(run))
                .map(move |(first, _)| first..first + count)
        };
        let left_out = (1..=TOGETHER).flat_map(run).collect();
        Self { pieces, left_out }
    }

    /// How many drawings are to be read.
    pub fn len(&self) -> usize {
        self.left_out.len()
    }

    /// Whether nothing was drawn.
    pub fn is_empty(&self) -> bool {
        self.left_out.is_empty()
    }

    /// The drawing without what is left out of the one of this number.
    pub fn drawing(&self, strokes: &[Stroke], held: &Held, index: usize) -> Vec<Stroke> {
        self.without(strokes, held, self.left_out[index].clone())
    }

    /// The drawing without the pieces of these numbers.
    pub fn without(
        &self,
        strokes: &[Stroke],
        held: &Held,
        pieces: impl IntoIterator<Item = usize>,
    ) -> Vec<Stroke> {
        let pieces: Vec<&Piece> = pieces
            .into_iter()
            .map(|index| &self.pieces[index])
            .collect();
        without(strokes, &pieces, |stroke| {
            BEFORE_CUT * held.painted_width(stroke)
        })
    }

    /// What each piece does for a class: its share of by how much the margin falls without it, as the mean over it alone and
    /// with one, two and three that are left out too. `left` has the logits of each drawing, in their order.
    pub fn weights<'a>(
        &self,
        class: usize,
        whole: &[f32],
        left: impl IntoIterator<Item = &'a [f32]>,
    ) -> Vec<f32> {
        let before = margin(whole, class);
        // Of each number of pieces together the sum of shares, and how many they are.
        let mut shares = vec![[(0.0, 0.0); TOGETHER]; self.pieces.len()];
        for (left_out, logits) in self.left_out.iter().zip(left) {
            let count = left_out.len();
            let share = (before - margin(logits, class)) / count as f32;
            for piece in left_out.clone() {
                let (sum, times) = &mut shares[piece][count - 1];
                *sum += share;
                *times += 1.0;
            }
        }
        let mean = |shares: [(f32, f32); TOGETHER]| {
            let known = shares.iter().filter(|(_, times)| *times > 0.0);
            let means: Vec<f32> = known.map(|(sum, times)| sum / times).collect();
            means.iter().sum::<f32>() / means.len().max(1) as f32
        };
        shares.into_iter().map(mean).collect()
    }
}

/// By how much a class is ahead of the next best; negative where it is behind.
pub fn margin(logits: &[f32], class: usize) -> f32 {
    let others = (0..logits.len()).filter(|other| *other != class);
    let best = others.map(|other| logits[other]).reduce(f32::max);
    logits[class] - best.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_drawing::{Point, Tool};

    fn line(places: &[f32]) -> Stroke {
        Stroke {
            tool: Tool::Draw,
            width: 20.0,
            points: places
                .iter()
                .map(|&x| Point {
                    x,
                    y: 100.0,
                    millis: x,
                })
                .collect(),
        }
    }

    #[test]
    fn pieces_are_left_out_alone_and_with_their_neighbours() {
        let occlusion = Occlusion::of(&[line(&[20.0, 260.0])]);
        assert_eq!(
            (occlusion.pieces.len(), occlusion.len()),
            (24, 24 + 23 + 22 + 21)
        );
        let two = Occlusion::of(&[line(&[20.0, 140.0]), line(&[150.0, 270.0])]);
        assert_eq!((two.pieces.len(), two.len()), (24, 24 + 22 + 20 + 18));
        assert!(Occlusion::of(&[]).is_empty());
    }

    #[test]
    fn a_margin_is_over_the_best_other() {
        assert_eq!(margin(&[1.0, 4.0, 3.0], 1), 1.0);
        assert_eq!(margin(&[1.0, 4.0, 3.0], 2), -1.0);
    }

    #[test]
    fn what_is_lost_without_a_piece_is_its_weight() {
        let occlusion = Occlusion::of(&[line(&[20.0, 260.0])]);
        // Piece 5 speaks for class 0, piece 10 against it; several lose what each does.
        let does = |piece: usize| match piece {
            5 => 3.0,
            10 => -2.0,
            _ => 0.0,
        };
        let logits = |lost: f32| vec![6.0 - lost, 1.0, 0.0];
        let left = occlusion.left_out.iter();
        let left: Vec<Vec<f32>> = left
            .map(|pieces| logits(pieces.clone().map(does).sum()))
            .collect();
        let weights = occlusion.weights(0, &logits(0.0), left.iter().map(Vec::as_slice));
        // Alone all of it, with one neighbour a half, with two a third, with three a quarter.
        let share = (1.0 + 1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0) / 4.0;
        assert!((weights[5] - 3.0 * share).abs() < 1e-5);
        assert!((weights[10] + 2.0 * share).abs() < 1e-5);
        // Neighbours get a share, others nothing.
        assert!(weights[4] > 0.0 && weights[4] < weights[5]);
        assert_eq!(weights[20], 0.0);
    }
}

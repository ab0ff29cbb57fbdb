//! Which part did it: the drawing is read without each piece of its line, and without two that follow each other, and what
//! the answer loses is what they had done for it.

use mnistify_drawing::{
    Held, Stroke,
    pieces::{Piece, cut, without},
};

/// Pieces of the line, about.
const PIECES: usize = 24;

/// The pieces of a drawing's line, and which of them are left out together.
#[derive(Clone, Debug)]
pub struct Occlusion {
    /// In the order in which they were drawn.
    pub pieces: Vec<Piece>,
    /// The numbers of those left out: each alone, then two neighbours at a time.
    left_out: Vec<Vec<usize>>,
}

impl Occlusion {
    /// Of these strokes.
    pub fn of(strokes: &[Stroke]) -> Self {
        let pieces = cut(strokes, PIECES);
        let alone = (0..pieces.len()).map(|index| vec![index]);
        let follows = |index: &usize| pieces[*index].is_followed_by(&pieces[index + 1]);
        let pairs = (0..pieces.len().saturating_sub(1)).filter(follows);
        let left_out = alone
            .chain(pairs.map(|index| vec![index, index + 1]))
            .collect();
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
        self.without(strokes, held, &self.left_out[index])
    }

    /// The drawing without the pieces of these numbers.
    pub fn without(&self, strokes: &[Stroke], held: &Held, pieces: &[usize]) -> Vec<Stroke> {
        let pieces: Vec<&Piece> = pieces.iter().map(|index| &self.pieces[*index]).collect();
        without(strokes, &pieces, |stroke| held.painted_width(stroke))
    }

    /// What each piece does for a class: by how much its margin falls when the piece is missing, as the mean of that alone
    /// and of its share where a neighbour is missing too. `left` has the logits of each drawing, in their order.
    pub fn weights<'a>(
        &self,
        class: usize,
        whole: &[f32],
        left: impl IntoIterator<Item = &'a [f32]>,
    ) -> Vec<f32> {
        let before = margin(whole, class);
        let mut alone = vec![0.0; self.pieces.len()];
        let mut shared = vec![(0.0, 0.0); self.pieces.len()];
        for (left_out, logits) in self.left_out.iter().zip(left) {
            let fall = before - margin(logits, class);
            match left_out[..] {
                [piece] => alone[piece] = fall,
                _ => {
                    for piece in left_out {
                        shared[*piece].0 += fall / left_out.len() as f32;
                        shared[*piece].1 += 1.0;
                    }
                }
            }
        }
        let both = alone.into_iter().zip(shared);
        both.map(|(alone, (sum, count))| {
            if count > 0.0 {
                0.5 * (alone + sum / count)
            } else {
                alone
            }
        })
        .collect()
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
    fn each_piece_and_each_pair_of_neighbours_is_left_out_once() {
        let occlusion = Occlusion::of(&[line(&[20.0, 260.0])]);
        assert_eq!((occlusion.pieces.len(), occlusion.len()), (24, 47));
        let two = Occlusion::of(&[line(&[20.0, 140.0]), line(&[150.0, 270.0])]);
        assert_eq!((two.pieces.len(), two.len()), (24, 46));
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
        // The fifth piece speaks for class 0, the tenth against it; a pair loses what both do.
        let does = |piece: &usize| match *piece {
            5 => 3.0,
            10 => -2.0,
            _ => 0.0,
        };
        let logits = |lost: f32| vec![6.0 - lost, 1.0, 0.0];
        let left = occlusion.left_out.iter();
        let left: Vec<Vec<f32>> = left
            .map(|pieces| logits(pieces.iter().map(does).sum()))
            .collect();
        let weights = occlusion.weights(0, &logits(0.0), left.iter().map(Vec::as_slice));
        assert!((weights[5] - 2.25).abs() < 1e-5 && (weights[10] + 1.5).abs() < 1e-5);
        // Neighbours get a share, others nothing.
        assert!(weights[4] > 0.0 && weights[4] < weights[5]);
        assert_eq!(weights[20], 0.0);
    }
}

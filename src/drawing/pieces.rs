//! The drawn line cut into pieces of equal length, and the drawing without some of them: what did each part do?

use crate::strokes::{Point, Stroke, Tool};

/// A part of a stroke, by how far along its line it begins and ends, in pad units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Which stroke.
    pub stroke: usize,
    /// Where it begins.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
}

/// A piece of the drawn line: a part of one stroke or, where there are more strokes than pieces, some whole strokes.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// What belongs to it, in the order in which it was drawn.
    pub spans: Vec<Span>,
}

impl Piece {
    /// How long its line is, in pad units.
    pub fn length(&self) -> f32 {
        self.spans.iter().map(|span| span.to - span.from).sum()
    }

    /// Whether `next` goes on on the same stroke where this one ends.
    pub fn is_followed_by(&self, next: &Self) -> bool {
        let ends = self.spans.last().zip(next.spans.first());
        ends.is_some_and(|(end, begin)| end.stroke == begin.stroke && end.to == begin.from)
    }
}

/// How long a line through these points is, in pad units; 0 for a dot.
pub fn length(points: &[Point]) -> f32 {
    points.windows(2).map(step).sum()
}

fn step(pair: &[Point]) -> f32 {
    (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y)
}

/// What was drawn, in about so many pieces: each of a stroke's as long as its others, and as near to those of other
/// strokes as whole numbers allow. Erasers are no part of it.
pub fn cut(strokes: &[Stroke], about: usize) -> Vec<Piece> {
    let about = about.max(1);
    let drawn =
        |(_, stroke): &(usize, &Stroke)| stroke.tool == Tool::Draw && !stroke.points.is_empty();
    let wholes: Vec<Span> = strokes
        .iter()
        .enumerate()
        .filter(drawn)
        .map(|(index, stroke)| Span {
            stroke: index,
            from: 0.0,
            to: length(&stroke.points),
        })
        .collect();
    if wholes.len() > about {
        let together = wholes.chunks(wholes.len().div_ceil(about));
        return together
            .map(|spans| Piece {
                spans: spans.to_vec(),
            })
            .collect();
    }
    let total: f32 = wholes.iter().map(|whole| whole.to).sum();
    let pieces = wholes.into_iter().flat_map(|whole| {
        let share = whole.to / total.max(f32::MIN_POSITIVE) * about as f32;
        let count = (share.round() as usize).max(1);
        let cut = move |index: usize| whole.to * (index as f32 / count as f32);
        (0..count).map(move |index| Piece {
            spans: vec![Span {
                from: cut(index),
                to: cut(index + 1),
                ..whole
            }],
        })
    });
    pieces.collect()
}

/// The line through these points from one length along it to another.
pub fn part(points: &[Point], from: f32, to: f32) -> Vec<Point> {
    let mut found = Vec::new();
    let mut begun = 0.0;
    for pair in points.windows(2) {
        let step = step(pair);
        let ended = begun + step;
        if step > 0.0 && ended >= from && begun <= to {
            let at = |along: f32| between(pair, ((along - begun) / step).clamp(0.0, 1.0));
            if found.is_empty() {
                found.push(at(from));
            }
            found.push(at(to.min(ended)));
        }
        begun = ended;
    }
    // A dot, or points on one place.
    if found.is_empty() {
        found.extend(points.first());
    }
    found
}

fn between(pair: &[Point], share: f32) -> Point {
    let mix = |from: f32, to: f32| from + (to - from) * share;
    Point {
        x: mix(pair[0].x, pair[1].x),
        y: mix(pair[0].y, pair[1].y),
        millis: mix(pair[0].millis, pair[1].millis),
    }
}

/// The strokes without these pieces; a stroke whose middle is left out becomes two. The ends of a line are round and reach
/// over the cut, so what stays ends `before` it, in pad units.
pub fn without(
    strokes: &[Stroke],
    left_out: &[&Piece],
    before: impl Fn(&Stroke) -> f32,
) -> Vec<Stroke> {
    let mut left = Vec::new();
    for (index, stroke) in strokes.iter().enumerate() {
        let spans = left_out.iter().flat_map(|piece| &piece.spans);
        let mut gaps: Vec<Span> = spans.filter(|span| span.stroke == index).copied().collect();
        if gaps.is_empty() {
            left.push(stroke.clone());
            continue;
        }
        gaps.sort_by(|a, b| a.from.total_cmp(&b.from));
        let end = length(&stroke.points);
        let before = before(stroke);
        let mut keep = |from: f32, to: f32| {
            if to > from {
                left.push(Stroke {
                    points: part(&stroke.points, from, to),
                    ..stroke.clone()
                });
            }
        };
        let mut from = 0.0;
        for gap in gaps {
            keep(from, gap.from - before);
            from = gap.to + before;
        }
        keep(from, end);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stroke(tool: Tool, places: &[(f32, f32)]) -> Stroke {
        let points = (0..).zip(places);
        Stroke {
            tool,
            width: 4.0,
            points: points
                .map(|(index, &(x, y))| Point {
                    x,
                    y,
                    millis: 10.0 * index as f32,
                })
                .collect(),
        }
    }

    fn total(strokes: &[Stroke]) -> f32 {
        strokes.iter().map(|stroke| length(&stroke.points)).sum()
    }

    #[test]
    fn pieces_are_equally_long_and_follow_each_other() {
        let strokes = [
            stroke(Tool::Draw, &[(0.0, 0.0), (100.0, 0.0), (100.0, 60.0)]),
            stroke(Tool::Erase, &[(0.0, 0.0), (200.0, 0.0)]),
            stroke(Tool::Draw, &[(50.0, 50.0), (50.0, 130.0)]),
        ];
        let pieces = cut(&strokes, 24);
        assert_eq!(pieces.len(), 24);
        assert!(
            pieces
                .iter()
                .all(|piece| (piece.length() - 10.0).abs() < 1e-3)
        );
        let sums: f32 = pieces.iter().map(Piece::length).sum();
        assert!((sums - 240.0).abs() < 1e-2);
        let follow = pieces
            .windows(2)
            .filter(|pair| pair[0].is_followed_by(&pair[1]));
        assert_eq!(follow.count(), 22, "not from one stroke to the other");
        assert!(pieces.iter().all(|piece| piece.spans[0].stroke != 1));
    }

    #[test]
    fn a_dot_is_a_piece_and_a_thousand_dots_are_no_more_than_asked() {
        let dot = stroke(Tool::Draw, &[(20.0, 20.0)]);
        let pieces = cut(std::slice::from_ref(&dot), 24);
        assert_eq!(pieces.len(), 1);
        let gone = without(std::slice::from_ref(&dot), &[&pieces[0]], |_| 4.0);
        assert!(gone.is_empty());
        let many = vec![dot; 1000];
        let pieces = cut(&many, 24);
        assert!(pieces.len() <= 24);
        let all: usize = pieces.iter().map(|piece| piece.spans.len()).sum();
        assert_eq!(all, 1000);
        assert!(cut(&[], 24).is_empty());
    }

    #[test]
    fn what_is_left_out_makes_two_of_a_stroke_and_times_stay() {
        let line = [stroke(Tool::Draw, &[(0.0, 0.0), (100.0, 0.0)])];
        let pieces = cut(&line, 5);
        let left = without(&line, &[&pieces[2]], |stroke| 0.5 * stroke.width);
        assert_eq!(left.len(), 2);
        // The paint's round ends reach 40 and 60.
        assert!((left[0].points[1].x - 38.0).abs() < 1e-3);
        assert!((left[1].points[0].x - 62.0).abs() < 1e-3);
        assert!((left[1].points[0].millis - 6.2).abs() < 1e-4);
        let end = without(&line, &[&pieces[4], &pieces[3]], |_| 0.0);
        assert_eq!(end.len(), 1);
        assert!((total(&end) - 60.0).abs() < 1e-3);
        assert_eq!(without(&line, &[], |_| 4.0), line);
    }

    #[test]
    fn without_everything_only_erasers_are_left() {
        let strokes = [
            stroke(Tool::Draw, &[(0.0, 0.0), (70.0, 10.0), (30.0, 90.0)]),
            stroke(Tool::Erase, &[(0.0, 0.0), (20.0, 0.0)]),
        ];
        let pieces = cut(&strokes, 24);
        let all: Vec<&Piece> = pieces.iter().collect();
        assert_eq!(without(&strokes, &all, |_| 4.0), strokes[1..]);
    }

    proptest! {
        #[test]
        fn each_piece_takes_its_own_length(
            places in prop::collection::vec((0.0_f32..280.0, 0.0_f32..280.0), 2..20),
            about in 1_usize..30,
        ) {
            let strokes = [stroke(Tool::Draw, &places)];
            let whole = total(&strokes);
            let pieces = cut(&strokes, about);
            prop_assert_eq!(pieces.len(), about);
            for piece in &pieces {
                prop_assert!((piece.length() - whole / about as f32).abs() < 1e-3 * whole + 1e-3);
                let span = piece.spans[0];
                let line = part(&strokes[0].points, span.from, span.to);
                prop_assert!((length(&line) - piece.length()).abs() < 1e-3 * whole + 1e-3);
                let left = without(&strokes, &[piece], |_| 0.0);
                prop_assert!((total(&left) + piece.length() - whole).abs() < 1e-3 * whole + 1e-2);
            }
        }
    }
}

//! The river while the pen is down: it grows with every answer that comes back.

use super::Told;
use mnistify_drawing::{Stroke, recording::duration_millis};
use mnistify_network::Answer;

/// Milliseconds from one moment to the next, at least and at first.
const PACE: f32 = 30.0;
/// Moments at most; when there are more, every second one goes, and the pace is halved.
const MOST: usize = 240;

/// What a network said of a drawing while it is made, as far as that has come back.
#[derive(Clone, Debug)]
pub struct Live {
    strokes: Vec<Stroke>,
    moments: Vec<f32>,
    answers: Vec<Answer>,
    pace: f32,
}

impl Live {
    /// Of these strokes, with what is told of the drawing before the last of them was begun.
    pub fn new(strokes: Vec<Stroke>, told: Option<&Told>) -> Self {
        let told = told.filter(|told| begins_with(&strokes, told.strokes()));
        Self {
            moments: told.map_or(Vec::new(), |told| told.moments().to_vec()),
            answers: told.map_or(Vec::new(), |told| told.answers.clone()),
            strokes,
            pace: PACE,
        }
    }

    /// The drawing has become this by now, and this is said of it.
    pub fn take(&mut self, strokes: Vec<Stroke>, answer: Answer) {
        if !begins_with(&strokes, &self.strokes) {
            // Another drawing.
            *self = Self::new(Vec::new(), None);
        }
        let now = duration_millis(&strokes);
        self.strokes = strokes;
        // The last moment is now, until it is as far from the one before as the pace wants.
        if let [.., before, last] = self.moments[..]
            && last - before < self.pace
        {
            self.moments.pop();
            self.answers.pop();
        }
        self.moments.push(now);
        self.answers.push(answer);
        if self.moments.len() > MOST {
            self.pace *= 2.0;
            every_second(&mut self.moments);
            every_second(&mut self.answers);
        }
    }

    /// Whether these strokes are what became of the drawing.
    pub fn is_of(&self, strokes: &[Stroke]) -> bool {
        self.strokes.len() == strokes.len() && begins_with(strokes, &self.strokes)
    }

    /// The drawing as far as it is made, in the time of its replay.
    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    /// When the answers came, in the drawing's own time.
    pub fn moments(&self) -> &[f32] {
        &self.moments
    }

    /// At each moment.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }
}

/// Whether a drawing was once this one: the same strokes in the same order, of which the last may have grown.
fn begins_with(strokes: &[Stroke], before: &[Stroke]) -> bool {
    let same = |(now, before): (&Stroke, &Stroke)| {
        now.tool == before.tool && now.points.first() == before.points.first()
    };
    before.len() <= strokes.len() && strokes.iter().zip(before).all(same)
}

/// Keeps every second one, and the last.
fn every_second<T>(values: &mut Vec<T>) {
    let mut left = values.len();
    values.retain(|_| {
        left -= 1;
        left.is_multiple_of(2)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::river::tests::{answer, stroke as through};

    fn stroke(begin: f32, end: f32) -> Stroke {
        through(&[begin, end])
    }

    #[test]
    fn it_grows_to_now_and_keeps_its_pace() {
        let mut live = Live::new(Vec::new(), None);
        for step in 0..=20u8 {
            let now = 10.0 * f32::from(step);
            live.take(vec![stroke(0.0, now)], answer(usize::from(step) % 10));
        }
        let moments = live.moments();
        assert_eq!((moments[0], moments.last()), (0.0, Some(&200.0)));
        assert_eq!(moments.len(), live.answers().len());
        assert_eq!(live.answers().last(), Some(&answer(0)));
        // But for the last step to now.
        let inner = &moments[..moments.len() - 1];
        assert!(inner.windows(2).all(|pair| pair[1] - pair[0] >= PACE));
        assert!(live.is_of(&[stroke(0.0, 300.0)]));
        assert!(!live.is_of(&[stroke(0.0, 200.0), stroke(300.0, 400.0)]));
        live.take(vec![stroke(0.0, 200.0), stroke(300.0, 400.0)], answer(7));
        assert_eq!((live.moments()[0], live.strokes().len()), (0.0, 2));
        // Another drawing begins anew.
        live.take(vec![stroke(5.0, 50.0)], answer(7));
        assert_eq!((live.moments(), live.answers().len()), (&[50.0][..], 1));
    }

    #[test]
    fn a_long_drawing_keeps_no_more_than_it_needs() {
        let mut live = Live::new(Vec::new(), None);
        for step in 0..5_000u16 {
            live.take(vec![stroke(0.0, 40.0 * f32::from(step))], answer(3));
            assert!(live.moments().len() <= MOST);
        }
        assert_eq!(live.moments().last(), Some(&(40.0 * 4_999.0)));
        let moments = live.moments();
        assert!(moments.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

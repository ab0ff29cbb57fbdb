//! The river: what a network said of the drawing from its first point to its last.

use mnistify_drawing::{Stroke, recording::duration_millis};
use mnistify_network::Answer;

/// Moments at which the drawing is read; with its pieces they are fewer than a GPU reads at once.
pub const MOMENTS: usize = 56;

/// A time during which one class had the largest probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The class.
    pub class: usize,
    /// The first moment's number.
    pub first: usize,
    /// The last moment's number.
    pub last: usize,
}

/// Equally many milliseconds apart, from the drawing's first point to its last; none without points.
pub fn moments(strokes: &[Stroke]) -> Vec<f32> {
    let points = strokes.iter().flat_map(|stroke| &stroke.points);
    let Some(begin) = points.map(|point| point.millis).reduce(f32::min) else {
        return Vec::new();
    };
    let end = duration_millis(strokes);
    let at = |index: usize| begin + (end - begin) * (index as f32 / (MOMENTS - 1) as f32);
    // The last one is the whole drawing, whatever the rounding.
    (0..MOMENTS - 1).map(at).chain([end]).collect()
}

/// Who led, one after the other.
pub fn leads(answers: &[Answer]) -> Vec<Lead> {
    let mut leads: Vec<Lead> = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        match leads.last_mut() {
            Some(lead) if lead.class == answer.class => lead.last = index,
            _ => leads.push(Lead {
                class: answer.class,
                first: index,
                last: index,
            }),
        }
    }
    leads
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use mnistify_drawing::{Point, Tool};

    pub fn answer(class: usize) -> Answer {
        let mut logits = vec![0.0; 10];
        logits[class] = 5.0;
        Answer::from_logits(&logits, None).expect("finite logits")
    }

    /// A straight stroke with a point at each of these times.
    pub fn stroke(times: &[f32]) -> Stroke {
        let point = |millis: &f32| Point {
            x: *millis,
            y: times[0],
            millis: *millis,
        };
        Stroke {
            tool: Tool::Draw,
            width: 20.0,
            points: times.iter().map(point).collect(),
        }
    }

    #[test]
    fn a_lead_ends_where_another_begins() {
        let answers: Vec<Answer> = [1, 1, 7, 7, 7, 9].map(answer).into();
        let lead = |class, first, last| Lead { class, first, last };
        assert_eq!(
            leads(&answers),
            [lead(1, 0, 1), lead(7, 2, 4), lead(9, 5, 5)]
        );
        assert!(leads(&[]).is_empty());
    }

    #[test]
    fn moments_go_from_the_first_point_to_the_last() {
        let all = moments(&[stroke(&[350.0, 500.0]), stroke(&[600.0, 1000.1])]);
        assert_eq!(all.len(), MOMENTS);
        assert_eq!((all[0], all[MOMENTS - 1]), (350.0, 1000.1));
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(moments(&[]).is_empty());
    }
}

//! One drawing's question to a network, as images to read, and what their logits tell.

use super::{
    occlusion::Occlusion,
    river::{Lead, leads, moments},
};
use mnistify_drawing::{
    Held, Image28, Preparation, Stroke, pieces::Piece, rasterise, recording::strokes_until,
};
use mnistify_network::{Answer, Calibration};

/// All images that have to be read: the drawing as far as it was at each moment, prepared as it was then, and what is left of
/// it without pieces, in the preparation of the whole. Centred anew, a rest would be another drawing.
#[derive(Clone, Debug)]
pub struct Question {
    strokes: Vec<Stroke>,
    preparation: Preparation,
    moments: Vec<f32>,
    held: Held,
    occlusion: Occlusion,
}

impl Question {
    /// About these strokes; none where no ink of them is to be seen.
    pub fn of(strokes: Vec<Stroke>, preparation: Preparation) -> Option<Self> {
        let held = Held::of(&strokes, preparation)?;
        let occlusion = Occlusion::of(&strokes);
        if occlusion.is_empty() || held.rasterise(&strokes).is_blank() {
            return None;
        }
        Some(Self {
            moments: moments(&strokes),
            strokes,
            preparation,
            held,
            occlusion,
        })
    }

    /// How many images there are.
    pub fn images(&self) -> usize {
        self.moments.len() + self.occlusion.len()
    }

    /// One of them.
    pub fn image(&self, index: usize) -> Image28 {
        match index.checked_sub(self.moments.len()) {
            None => {
                let so_far = strokes_until(&self.strokes, self.moments[index]);
                rasterise(&so_far, self.preparation)
            }
            Some(index) => {
                let left = self.occlusion.drawing(&self.strokes, &self.held, index);
                self.held.rasterise(&left)
            }
        }
    }

    /// What the logits of all images tell, in their order; none where some are missing or not finite.
    pub fn told(self, logits: &[f32], calibration: Option<&Calibration>) -> Option<Told> {
        let classes = logits.len() / self.images();
        if classes == 0 || logits.len() != classes * self.images() {
            return None;
        }
        let (river, left) = logits.split_at(classes * self.moments.len());
        let answers: Option<Vec<Answer>> = river
            .chunks_exact(classes)
            .map(|logits| Answer::from_logits(logits, calibration))
            .collect();
        let answers = answers.filter(|_| left.iter().all(|logit| logit.is_finite()))?;
        Some(Told {
            leads: leads(&answers),
            answers,
            left: left.to_vec(),
            question: self,
        })
    }
}

/// What a network said of a drawing while it was made, and without its parts.
#[derive(Clone, Debug)]
pub struct Told {
    /// At each moment.
    pub answers: Vec<Answer>,
    /// Who led, one after the other.
    pub leads: Vec<Lead>,
    question: Question,
    left: Vec<f32>,
}

impl Told {
    /// The drawing.
    pub fn strokes(&self) -> &[Stroke] {
        &self.question.strokes
    }

    /// When the answers were given, in milliseconds of the drawing's own time.
    pub fn moments(&self) -> &[f32] {
        &self.question.moments
    }

    /// The pieces of the line.
    pub fn pieces(&self) -> &[Piece] {
        &self.question.occlusion.pieces
    }

    /// What each piece does for a class, in units of logits.
    pub fn weights(&self, class: usize) -> Vec<f32> {
        let Some(whole) = self.answers.last() else {
            return Vec::new();
        };
        let left = self.left.chunks_exact(whole.logits.len());
        self.question.occlusion.weights(class, &whole.logits, left)
    }

    /// The number of the moment nearest to this one.
    pub fn nearest(&self, millis: f32) -> usize {
        let moments = self.moments();
        let away = |index: &usize| (moments[*index] - millis).abs();
        (0..moments.len())
            .min_by(|a, b| away(a).total_cmp(&away(b)))
            .unwrap_or(0)
    }
}

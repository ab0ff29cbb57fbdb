//! From logits to what is shown: probabilities and an answer, or "not sure".

/// Below this probability an answer is shown as "not sure".
pub const DEFAULT_THRESHOLD: f32 = 0.6;

/// What a network says about one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The class of the largest logit.
    pub class: usize,
    /// One probability a class; they add up to 1.
    pub probabilities: Vec<f32>,
    pub logits: Vec<f32>,
}

impl Answer {
    /// The answer for some logits; none where they are empty or not finite.
    pub fn from_logits(logits: &[f32]) -> Option<Self> {
        if logits.is_empty() || logits.iter().any(|logit| !logit.is_finite()) {
            return None;
        }
        let probabilities = softmax(logits);
        let class = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))?;
        Some(Self {
            class,
            probabilities,
            logits: logits.to_vec(),
        })
    }

    /// The probability of the answer, in `[0, 1]`.
    pub fn confidence(&self) -> f32 {
        self.probabilities[self.class]
    }

    /// Whether the answer is certain enough to be said.
    pub fn is_sure(&self, threshold: f32) -> bool {
        self.confidence() >= threshold
    }
}

/// `exp(xᵢ − max x) / Σ exp(xⱼ − max x)`: shifted, so that large logits do not overflow.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|x| (x - largest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.iter().map(|e| e / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_even_for_huge_logits() {
        let answer = Answer::from_logits(&[1000.0, 999.0, -1000.0]).unwrap();
        assert_eq!(answer.class, 0);
        assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((answer.confidence() - 0.7310586).abs() < 1e-5);
        assert!(answer.is_sure(0.7) && !answer.is_sure(0.8));
        assert_eq!(Answer::from_logits(&[f32::NAN, 0.0]), None);
    }
}

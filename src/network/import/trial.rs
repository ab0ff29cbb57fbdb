//! Trying an imported network out: of everything that its weights do not tell, the plausible answers read known digits,
//! and the best one is measured on others.
//!
//! Successive halving (Jamieson & Talwalkar 2016, arXiv:1502.07943): all candidates read a few digits, the better ones
//! more. Right answers decide, then the cross-entropy: it tells SiLU from GELU where both read everything.

use super::{
    Architecture, Loaded, Understood,
    assumptions::{Assumptions, candidates},
    modules::Module,
    note::{Note, Value},
    sidecar::Sidecar,
    weights::Weights,
};
use crate::{cpu::CpuNetwork, model::Model, spec::NetworkSpec};
use serde::{Deserialize, Serialize};

/// Labelled digits, `[784]` pixels in `[0, 1]` each.
#[derive(Clone, Debug)]
pub struct KnownDigits {
    /// One after the other.
    pub images: Vec<Vec<f32>>,
    /// 0 to 9.
    pub labels: Vec<u8>,
}

/// How well a network reads known digits that it was not chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Digits that it read right.
    pub right: usize,
    /// Digits that it read.
    pub of: usize,
}

impl Known {
    /// A network that reads fewer than nine of ten was not understood.
    pub fn is_poor(self) -> bool {
        self.right * 10 < self.of * 9
    }
}

/// Digits that the candidates of each round read, from the first on; those behind the last are for measuring.
const ROUNDS: [usize; 3] = [12, 48, 200];
/// Candidates that stay after each round, at most.
const STAY: [usize; 3] = [60, 30, 3];
/// Candidates of the first round, at most.
const MOST: usize = 2000;
/// Multiplications of a round, some seconds of one core. Networks of which this allows fewer than [`FEWEST`] candidates
/// are not tried out.
const ROUND_WORK: u64 = if cfg!(target_arch = "wasm32") {
    // One thread with narrow vectors, which also draws.
    3_000_000_000
} else {
    60_000_000_000
};
const FEWEST: usize = 12;
/// Bringing a weight into our order and into a network takes as long as so many multiplications.
const MAKING: u64 = 30;
/// Multiplications of a step, some milliseconds.
const STEP_WORK: u64 = 8_000_000;
/// A digit's cross-entropy counts so much at most.
const MOST_LOSS: f32 = 12.0;
/// A cross-entropy larger by more than these, as a share and in itself, tells in any case.
const MUCH: f64 = 0.2;
const LITTLE: f64 = 0.004;

/// A network on its way: [`Trial::step`] until it is done, then [`Trial::finish`].
#[derive(Clone, Debug)]
pub struct Trial {
    known: KnownDigits,
    said: Sidecar,
    file: String,
    readings: Vec<Understood>,
    weights: Weights,
    /// Multiplications of one image.
    work: u64,
    /// What making a network ready costs, in multiplications.
    making: u64,
    round: usize,
    /// The candidates of this round, those that have read already first.
    candidates: Vec<Candidate>,
    /// The candidate that reads, and as what.
    current: usize,
    network: Option<CpuNetwork>,
    tried: usize,
}

#[derive(Clone, Debug)]
struct Candidate {
    assumptions: Assumptions,
    /// The class of the largest output for each digit read.
    answers: Vec<u8>,
    /// −ln of the share that softmax gives each of the first ten outputs, for each digit read.
    losses: Vec<[f32; 10]>,
    /// Its place among all, the most plausible first.
    unusual: usize,
    /// Not a network: its layers do not fit.
    broken: bool,
    /// Right answers among the digits for measuring.
    measured: usize,
}

impl Candidate {
    fn new(unusual: usize, assumptions: Assumptions) -> Self {
        Self {
            assumptions,
            answers: Vec::new(),
            losses: Vec::new(),
            unusual,
            broken: false,
            measured: 0,
        }
    }
}

impl Trial {
    pub(super) fn new(
        known: KnownDigits,
        said: Sidecar,
        file: String,
        readings: Vec<Understood>,
        weights: Weights,
    ) -> Option<Self> {
        let mut trial = Self {
            known,
            said,
            file,
            readings,
            weights,
            work: 0,
            making: 0,
            round: 0,
            candidates: Vec::new(),
            current: 0,
            network: None,
            tried: 0,
        };
        let all = candidates(&trial.readings, &trial.said);
        let first = trial.architecture(all.first()?).ok()?;
        // Digits are among the outputs.
        if first.spec.classes().len() < 10 || trial.known.images.len() <= ROUNDS[2] {
            return None;
        }
        trial.work = first.spec.multiplications().max(1);
        trial.making = MAKING * first.spec.parameter_count() as u64;
        let most = trial.affordable(ROUNDS[0]).min(MOST);
        if most < FEWEST {
            return None;
        }
        trial.tried = all.len().min(most);
        trial.candidates = (0..)
            .zip(all.into_iter().take(most))
            .map(|(unusual, assumptions)| Candidate::new(unusual, assumptions))
            .collect();
        Some(trial)
    }

    /// Candidates that can read so many digits within a round's work.
    fn affordable(&self, digits: usize) -> usize {
        (ROUND_WORK / (self.work * digits as u64 + self.making)) as usize
    }

    fn architecture(&self, assumptions: &Assumptions) -> Result<Architecture, String> {
        self.readings[assumptions.reading].architecture(assumptions, &self.said, &self.file)
    }

    fn model(&self, assumptions: &Assumptions) -> Result<(Model, Vec<String>), String> {
        let architecture = self.architecture(assumptions)?;
        let (tensors, absent) = self.weights.arranged(
            &architecture,
            &self.readings[assumptions.reading].modules,
            assumptions,
        );
        Ok((Model::of(architecture.spec, tensors), absent))
    }

    /// How much is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        let part = self.current as f32 / self.candidates.len().max(1) as f32;
        (self.round as f32 + part) / (ROUNDS.len() + 1) as f32
    }

    /// Some milliseconds of work. Whether there is more to do.
    pub fn step(&mut self) -> bool {
        let Some(candidate) = self.candidates.get(self.current) else {
            return self.next_round();
        };
        let end = match ROUNDS.get(self.round) {
            Some(digits) => *digits,
            None => self.known.images.len(),
        };
        let start = candidate.answers.len();
        if candidate.broken || start >= end {
            self.current += 1;
            self.network = None;
            return true;
        }
        if self.network.is_none() {
            match self.model(&candidate.assumptions) {
                Ok((model, _)) => self.network = Some(CpuNetwork::new(&model)),
                Err(_) => {
                    self.candidates[self.current].broken = true;
                    return true;
                }
            }
        }
        let images = (STEP_WORK / self.work).max(1) as usize;
        let end = end.min(start + images);
        let Some(network) = &self.network else {
            return true;
        };
        let candidate = &mut self.candidates[self.current];
        for image in &self.known.images[start..end] {
            let logits = network.forward(image);
            let answer = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            candidate.answers.push(answer.unwrap_or(0).min(255) as u8);
            candidate.losses.push(cross_entropies(&logits));
        }
        true
    }

    /// Keeps the best. Whether there is another round.
    fn next_round(&mut self) -> bool {
        self.current = 0;
        self.network = None;
        if self.round == ROUNDS.len() {
            let (labels, first) = (&self.known.labels, ROUNDS[ROUNDS.len() - 1]);
            for candidate in &mut self.candidates {
                let classes = digits_of_outputs(&candidate.answers[..first], labels);
                candidate.measured = (first..candidate.answers.len())
                    .filter(|at| reads(&classes, candidate.answers[*at], labels[*at]))
                    .count();
            }
            self.current = self.candidates.len();
            return false;
        }
        let digits = ROUNDS[self.round];
        let labels = &self.known.labels[..digits];
        self.candidates
            .retain(|candidate| candidate.answers.len() >= digits);
        let scores: Vec<Score> = self
            .candidates
            .iter()
            .map(|candidate| Score::of(candidate, labels))
            .collect();
        self.candidates = ranking(&scores)
            .into_iter()
            .map(|index| self.candidates[index].clone())
            .collect();
        let next = ROUNDS.get(self.round + 1).copied();
        let affordable = next.map_or(STAY[self.round], |digits| self.affordable(digits));
        let mut stay = STAY[self.round].min(affordable.max(2));
        if self.round == 0 && self.said.activation.is_none() {
            // Each of these will read with every activation.
            stay = stay.min((affordable / 8).max(2));
        }
        self.candidates.truncate(stay);
        if self.round == 0 {
            let mut more = Vec::new();
            for candidate in &self.candidates {
                let others = candidate.assumptions.with_each_activation(&self.said);
                for (kind, other) in others.into_iter().enumerate() {
                    let is_there = |one: &Candidate| one.assumptions == other;
                    if !self.candidates.iter().any(is_there) && !more.iter().any(is_there) {
                        more.push(Candidate::new(candidate.unusual + kind, other));
                    }
                }
            }
            self.tried += more.len();
            self.candidates.extend(more);
        }
        self.round += 1;
        !self.candidates.is_empty()
    }

    /// The best network, how well it reads, and what was found. Before the trial is done: the most plausible one,
    /// not measured.
    ///
    /// # Errors
    /// Where no candidate is a network.
    pub fn finish(self) -> Result<Loaded, String> {
        let first = ROUNDS[ROUNDS.len() - 1];
        let is_done = self.round == ROUNDS.len()
            && self
                .candidates
                .iter()
                .all(|candidate| candidate.answers.len() == self.known.images.len());
        let best = match self.candidates.first() {
            Some(best) if is_done => best.clone(),
            _ => {
                let all = candidates(&self.readings, &self.said);
                Candidate::new(0, *all.first().ok_or("nothing to try")?)
            }
        };
        let (mut model, absent) = self.model(&best.assumptions)?;
        let understood = &self.readings[best.assumptions.reading];
        let mut notes = Vec::new();
        let mut known = None;
        if is_done {
            let of = self.known.images.len() - first;
            let right = best.measured;
            let result = Known { right, of };
            notes.push(
                Note::new("note-reads")
                    .with("right", right)
                    .with("of", of)
                    .with("what", best.assumptions.told(understood))
                    .with("ways", self.tried)
                    .with("first", first),
            );
            let digits = digits_of_outputs(&best.answers[..first], &self.known.labels);
            if let Some(digits) = digits.filter(|_| self.said.classes.is_none()) {
                let classes: Vec<String> = digits.iter().map(u8::to_string).collect();
                notes.push(Note::new("note-classes-found").with("classes", classes.join(", ")));
                let spec = &model.spec;
                let named = NetworkSpec::with_classes(
                    spec.name().to_string(),
                    spec.normalisation(),
                    spec.layers().to_vec(),
                    classes,
                );
                model.spec = named.map_err(|error| error.to_string())?;
            }
            if result.is_poor() {
                notes.extend(self.warnings(of));
            }
            known = Some(result);
        }
        notes.extend(understood.notes(&best.assumptions, &self.said, &model.spec, is_done));
        notes.extend(super::absent_note(&absent));
        Ok(Loaded {
            model,
            notes,
            known,
        })
    }

    /// What a person can do about a network that reads too few.
    fn warnings(&self, of: usize) -> Vec<Note> {
        let ranking = self.candidates.iter().map(|candidate| {
            let understood = &self.readings[candidate.assumptions.reading];
            Note::new("note-ranked")
                .with("right", candidate.measured)
                .with("of", of)
                .with("what", candidate.assumptions.told(understood))
        });
        let ranking = Value::list(ranking, "; ");
        let mut notes = vec![Note::new("note-warning").with("ranking", ranking)];
        let names = ["downsample", "shortcut", "residual", "block1.conv2", "res"];
        let is_named = |module: &Module| names.iter().any(|name| module.path.contains(name));
        let is_plain = |understood: &Understood| understood.blocks.is_empty();
        if self.readings.iter().all(is_plain) && self.readings[0].modules.iter().any(is_named) {
            notes.push(Note::new("note-residual"));
        }
        notes
    }
}

/// Which digit each output stands for, where that is not its own number: a network of ten outputs whose answers make
/// sense in another order.
fn digits_of_outputs(answers: &[u8], labels: &[u8]) -> Option<[u8; 10]> {
    let mut counts = [[0usize; 10]; 10];
    for (answer, label) in answers.iter().zip(labels) {
        counts.get_mut(usize::from(*answer))?[usize::from(*label)] += 1;
    }
    let own: usize = (0..10).map(|digit| counts[digit][digit]).sum();
    // From one on, with the 0 last.
    let shifted: [u8; 10] = std::array::from_fn(|output| ((output + 1) % 10) as u8);
    let right = |digits: &[u8; 10]| -> usize {
        (0..10)
            .map(|output| counts[output][usize::from(digits[output])])
            .sum()
    };
    let most: [u8; 10] = std::array::from_fn(|output| {
        let digit = (0..10).max_by_key(|digit| counts[output][*digit]);
        digit.unwrap_or(0) as u8
    });
    let mut once = most;
    once.sort_unstable();
    let is_order = answers.len() >= 100
        && once
            .iter()
            .enumerate()
            .all(|(i, digit)| i == usize::from(*digit));
    let best = if is_order && right(&most) > right(&shifted) {
        most
    } else {
        shifted
    };
    // Clearly better than each output's own number, and good.
    (right(&best) * 10 >= answers.len() * 7 && right(&best) > 2 * own).then_some(best)
}

fn reads(digits: &Option<[u8; 10]>, answer: u8, label: u8) -> bool {
    match digits {
        Some(digits) => digits.get(usize::from(answer)) == Some(&label),
        None => answer == label,
    }
}

/// How a candidate read the digits of a round.
struct Score {
    right: usize,
    /// Cross-entropy of each digit.
    losses: Vec<f64>,
    unusual: usize,
}

impl Score {
    fn of(candidate: &Candidate, labels: &[u8]) -> Self {
        let classes = digits_of_outputs(&candidate.answers, labels);
        let all = candidate.answers.iter().zip(labels);
        let right = all.filter(|(answer, label)| reads(&classes, **answer, **label));
        let right = right.count();
        let losses = candidate.losses.iter().zip(labels).map(|(losses, label)| {
            let output = match &classes {
                Some(digits) => digits.iter().position(|digit| digit == label),
                None => Some(usize::from(*label)),
            };
            f64::from(output.map_or(MOST_LOSS, |output| losses[output]))
        });
        Self {
            right,
            losses: losses.collect(),
            unusual: candidate.unusual,
        }
    }

    fn loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len().max(1) as f64
    }

    /// Whether the losses do not tell this one from a better one: a paired t statistic below 2, and nearly the same mean.
    fn is_like(&self, better: &Self) -> bool {
        let differences = self.losses.iter().zip(&better.losses).map(|(a, b)| a - b);
        let differences: Vec<f64> = differences.collect();
        let count = differences.len().max(1) as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let square = |difference: &f64| (difference - mean).powi(2);
        let variance = differences.iter().map(square).sum::<f64>() / count;
        mean * count.sqrt() <= 2.0 * variance.sqrt() && mean <= better.loss() * MUCH + LITTLE
    }
}

/// The scores' places, best first: right answers decide; where they differ by no more than one of a hundred, the
/// cross-entropy; and where that does not tell either, the more usual comes first.
fn ranking(scores: &[Score]) -> Vec<usize> {
    let most = scores.iter().map(|score| score.right).max().unwrap_or(0);
    let behind = |score: &Score| (most - score.right) / (score.losses.len() / 100 + 1);
    let near = scores.iter().filter(|score| behind(score) == 0);
    let best = near.min_by(|a, b| a.loss().total_cmp(&b.loss()));
    let key = |score: &Score| {
        let is_like = best.is_some_and(|best| score.is_like(best));
        (behind(score), if is_like { 0.0 } else { score.loss() })
    };
    let keys: Vec<(usize, f64)> = scores.iter().map(key).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| {
        let ((behind_a, loss_a), (behind_b, loss_b)) = (keys[*a], keys[*b]);
        behind_a
            .cmp(&behind_b)
            .then(loss_a.total_cmp(&loss_b))
            .then(scores[*a].unusual.cmp(&scores[*b].unusual))
    });
    order
}

/// −ln of the share that softmax gives each of the first ten classes.
fn cross_entropies(logits: &[f32]) -> [f32; 10] {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    std::array::from_fn(|class| {
        let logit = logits.get(class).copied().unwrap_or(f32::NEG_INFINITY);
        let loss = sum.ln() - (logit - largest);
        if loss.is_finite() {
            loss.min(MOST_LOSS)
        } else {
            MOST_LOSS
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_order_of_the_outputs_is_noticed() {
        let labels: Vec<u8> = (0..200).map(|i| (i % 10) as u8).collect();
        assert_eq!(digits_of_outputs(&labels, &labels), None);
        let shifted: Vec<u8> = labels.iter().map(|label| (label + 9) % 10).collect();
        assert_eq!(
            digits_of_outputs(&shifted, &labels),
            Some([1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
        );
        let reversed: Vec<u8> = labels.iter().map(|label| 9 - label).collect();
        let digits = digits_of_outputs(&reversed, &labels);
        assert_eq!(digits, Some([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]));
        let nonsense: Vec<u8> = labels.iter().map(|_| 3).collect();
        assert_eq!(digits_of_outputs(&nonsense, &labels), None);
    }

    #[test]
    fn the_work_of_the_shipped_networks() {
        let mlp = NetworkSpec::mlp().multiplications();
        assert_eq!(mlp, 784 + 784 * 512 + 512 + 512 * 512 + 512 + 5120);
        assert!(NetworkSpec::cnn().multiplications() > 5_000_000);
    }

    #[test]
    fn a_loss_is_finite_whatever_the_logits() {
        assert!((cross_entropies(&[0.0, 0.0])[1] - 2f32.ln()).abs() < 1e-6);
        for logits in [[f32::INFINITY, 0.0], [f32::NAN, 1.0], [-1e30, 1e30]] {
            assert!(cross_entropies(&logits).iter().all(|loss| loss.is_finite()));
        }
    }
}

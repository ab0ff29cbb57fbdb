//! The light page's school: the MLP forgets everything and learns anew, on the CPU, between the page's frames.

use mnistify_drawing::PIXELS;
use mnistify_learning::{Images, LessonSettings, PlainLesson, Pool, course::lesson_pool};
use mnistify_network::{CpuNetwork, NetworkSpec};
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a lesson is; as in the app.
const LESSON_SECONDS: f64 = 20.0;
/// Neurons of each hidden layer: a fourth of the shipped MLP's, so that a phone makes a thousand steps in a lesson.
const HIDDEN: usize = 128;
/// Images a step, as on the app's software GPU: where steps take long, more and smaller ones say more.
const BATCH: usize = 32;

/// A network that learns.
pub struct School {
    lesson: PlainLesson,
    /// The part of the lesson that is over, 0 to 1.
    part: f64,
    /// The weights are others than those that read.
    pub is_ahead: bool,
}

impl School {
    /// A network of this name that knows nothing.
    ///
    /// # Errors
    /// Never, which a test shows: the settings are those of this page.
    pub fn new(name: &str, pool: &Arc<Pool>) -> Result<Self, String> {
        let spec = NetworkSpec::mlp_of_width(HIDDEN)
            .and_then(|mlp| NetworkSpec::new(name, mlp.layers().to_vec()))
            .map_err(|error| error.to_string())?;
        let settings = LessonSettings {
            batch: BATCH,
            ..LessonSettings::default()
        };
        let lesson = PlainLesson::new(&spec, &settings, pool);
        Ok(Self {
            lesson: lesson.map_err(|error| error.to_string())?,
            part: 0.0,
            is_ahead: true,
        })
    }

    /// Learns while `goes_on`; `seconds` passed since it did so last. At the end of the lesson it only reads what it
    /// never saw, until all of that is read.
    pub fn learn(&mut self, seconds: f64, goes_on: impl FnMut() -> bool) {
        self.part = (self.part + seconds / LESSON_SECONDS).min(1.0);
        let steps = if self.part < 1.0 { usize::MAX } else { 0 };
        self.is_ahead |= self.lesson.work(self.part, steps, goes_on) > 0;
    }

    /// What it has learned by now, for reading.
    pub fn network(&self) -> CpuNetwork {
        CpuNetwork::new(&self.lesson.model())
    }

    /// How it stands.
    pub fn state(&self) -> Value {
        let standing = self.lesson.course.standing();
        let is_over =
            self.part >= 1.0 && self.lesson.examined() >= self.lesson.course.unseen_count();
        json!({
            "part": self.part,
            "over": is_over,
            "step": standing.step,
            "unseen": standing.unseen,
            "loss": standing.loss,
        })
    }
}

/// The digits of four IDX files: images and labels to learn from, then those that are never learned from.
///
/// # Errors
/// Where one of them is none, or does not belong to the others.
pub fn digits([images, labels, unseen_images, unseen_labels]: [&[u8]; 4]) -> Result<Pool, String> {
    let pair = |images: &[u8], labels: &[u8]| {
        let pixels = images
            .strip_prefix(&[0, 0, 8, 3])
            .and_then(|rest| rest.get(12..));
        let classes = labels
            .strip_prefix(&[0, 0, 8, 1])
            .and_then(|rest| rest.get(4..));
        let (images, rest) = pixels.unwrap_or_default().as_chunks::<PIXELS>();
        let labels = classes.unwrap_or_default();
        let fit =
            images.len() == labels.len() && rest.is_empty() && labels.iter().all(|one| *one < 10);
        if !fit || images.is_empty() {
            return Err(format!("{} images, {} labels", images.len(), labels.len()));
        }
        Ok(Images {
            images: images.to_vec(),
            labels: labels.to_vec(),
        })
    };
    Ok(lesson_pool(
        pair(images, labels)?,
        pair(unseen_images, unseen_labels)?,
    ))
}

//! What a lesson is wherever its steps are made: the images of each step, the visitor's own among them, and how well the
//! network reads by now.

use crate::{
    augment::Sampling,
    dials::Dials,
    engine::StepSettings,
    feeder::{Extras, Feeder, Pool, Sample},
    images::{Images, Mnist},
    lesson_settings::{AVERAGE, LessonSettings, learning_rate},
    schedule::average_decay,
};
use mnistify_drawing::PIXELS;
use serde::Serialize;
use std::sync::Arc;

/// All images of lessons: what can be learned from, what is never learned from, and room for a visitor's own.
pub fn lesson_pool(train: Images, unseen: Images) -> Pool {
    let data = Mnist {
        train,
        validation: unseen,
    };
    Pool::new(&data, &Extras::default()).with_room()
}

/// How a lesson stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Standing {
    /// Steps made.
    pub step: usize,
    /// The share of unseen digits that are read right, by the newest result of each; none before the first came back.
    pub unseen: Option<f64>,
    /// The mean cross entropy of the newest images; none before the first came back.
    pub loss: Option<f64>,
}

/// A lesson apart from its network.
pub struct Course {
    pool: Arc<Pool>,
    pub(crate) feeder: Feeder,
    pub(crate) dials: Dials,
    /// Digits of the visitor's own.
    own: Images,
    pub(crate) step: usize,
    pub(crate) loss: Option<f64>,
}

impl Course {
    /// Before its first step; `pool` is [`lesson_pool`]'s.
    pub(crate) fn new(settings: &LessonSettings, pool: &Arc<Pool>) -> Self {
        Self {
            pool: Arc::clone(pool),
            feeder: Feeder::new(pool, &settings.config()),
            dials: Dials::new(pool),
            own: Images::default(),
            step: 0,
            loss: None,
        }
    }

    /// Begins again with these settings; the visitor's own digits stay.
    pub(crate) fn begin(&mut self, settings: &LessonSettings) {
        let LessonSettings {
            examples,
            wrong,
            seed,
            ..
        } = *settings;
        let narrow = self.pool.narrowed(examples, wrong, seed);
        self.feeder = Feeder::new(&Arc::new(narrow), &settings.config());
        let own = std::mem::take(&mut self.own);
        self.set_own(own);
        self.dials.forget();
        self.step = 0;
        self.loss = None;
    }

    pub(crate) fn set_own(&mut self, digits: Images) {
        self.feeder.set_own(&digits);
        self.own = digits;
        let (first, images) = self.own();
        let count = images.len();
        self.dials.own(first, &self.own.labels[..count]);
    }

    /// Where the visitor's own images are in the pool, and those that have room there.
    pub(crate) fn own(&self) -> (usize, &[[u8; PIXELS]]) {
        let places = self.feeder.pool.own_places();
        let count = self.own.len().min(places.len());
        (places.start, &self.own.images[..count])
    }

    /// The images of the next step.
    pub(crate) fn samples(&mut self) -> Vec<Sample> {
        self.feeder.batch(self.step)
    }

    /// How the next step is made, when this part of the lesson is over.
    pub(crate) fn settings(&self, part: f64) -> StepSettings {
        StepSettings {
            step: self.step,
            learning_rate: learning_rate(self.feeder.config.learning_rate, part),
            average_decay: average_decay(self.step, AVERAGE),
        }
    }

    /// How many images a step sees.
    pub fn batch(&self) -> usize {
        self.feeder.config.batch
    }

    /// Whether a sample's label is not its image's own.
    pub fn is_wrong(&self, sample: &Sample) -> bool {
        self.dials.is_wrong(sample)
    }

    /// How many unseen images there are.
    pub fn unseen_count(&self) -> usize {
        self.dials.unseen.len()
    }

    /// Of how many of them it is known whether they are read right.
    pub fn known_count(&self) -> usize {
        self.dials.known()
    }

    /// The image of a sample as the network sees it, pixels from 0 to 1.
    pub fn picture(&self, sample: &Sample) -> [f32; PIXELS] {
        let image = &self.feeder.pool.images[sample.image];
        sample.warp.apply(image, Sampling::Bilinear)
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            step: self.step,
            unseen: self.dials.share(),
            loss: self.loss,
        }
    }
}

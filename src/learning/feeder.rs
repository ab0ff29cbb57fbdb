//! What each step sees: images from a pool, each with a warp of its own. Both depend on the seed and the image's number
//! alone, so that a resumed run continues exactly where it was, and every engine sees the same.

use crate::{
    augment::{Augmentation, Warp},
    config::TrainConfig,
    images::{Images, Mnist},
    metrics::CLASSES,
    random::{Purpose, generator},
};
use mnistify_drawing::PIXELS;
use rand::{Rng, seq::SliceRandom};
use std::{ops::Range, sync::Arc};

/// The class of an image that is no digit: its target is the same for all of them.
pub const NO_DIGIT: u8 = CLASSES as u8;

/// The most digits of a visitor's own that a lesson learns from.
pub const MOST_OWN: usize = 32;
/// Where there are some, every so many-th image of a run is one of them, in turn: of each step's images an eighth, however
/// many others there are, and none is ever left out of a step of few. One among 10,000 would not be seen in a lesson.
pub const OWN_EVERY: usize = 8;

/// All images of a training, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// 0 is paper and 255 is ink.
    pub images: Vec<[u8; PIXELS]>,
    /// From 0 to 9, or [`NO_DIGIT`].
    pub classes: Vec<u8>,
    train: Range<usize>,
    prepared: Range<usize>,
    drawn: Range<usize>,
    outliers: Range<usize>,
    validation: Range<usize>,
    /// Room for a visitor's own.
    own: Range<usize>,
}

/// What the mixture puts beside MNIST's training images; each part may be empty.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// MNIST's images that were placed anywhere and then prepared as the app prepares pictures.
    pub prepared: Images,
    /// Digits drawn as pen paths.
    pub drawn: Images,
    /// What is no digit; its labels are [`NO_DIGIT`].
    pub outliers: Images,
}

impl Pool {
    /// MNIST's images, and what is added to them.
    pub fn new(data: &Mnist, extras: &Extras) -> Self {
        let mut pool = Self::default();
        let parts = [
            &data.train,
            &extras.prepared,
            &extras.drawn,
            &extras.outliers,
            &data.validation,
        ];
        let ranges = parts.map(|part| pool.add(part));
        [
            pool.train,
            pool.prepared,
            pool.drawn,
            pool.outliers,
            pool.validation,
        ] = ranges;
        pool
    }

    /// The same images, of which only the first `examples` are trained on, and of those this share under another label
    /// than their own.
    pub fn narrowed(&self, examples: usize, wrong: f64, seed: u64) -> Self {
        let mut pool = self.clone();
        pool.train.end = pool.train.end.min(pool.train.start + examples);
        let mut rng = generator(seed, Purpose::WrongLabels, 0);
        let mut chosen: Vec<usize> = pool.train.clone().collect();
        chosen.shuffle(&mut rng);
        let count = (wrong * chosen.len() as f64).round() as usize;
        for image in chosen.into_iter().take(count) {
            let off = rng.random_range(1..CLASSES as u8);
            pool.classes[image] = (pool.classes[image] + off) % CLASSES as u8;
        }
        pool
    }

    /// The same with room for [`MOST_OWN`] digits of a visitor's own, which is blank until [`Feeder::set_own`].
    pub fn with_room(mut self) -> Self {
        self.own = self.add(&Images {
            images: vec![[0; PIXELS]; MOST_OWN],
            labels: vec![0; MOST_OWN],
        });
        self
    }

    /// Where that room is.
    pub fn own_places(&self) -> Range<usize> {
        self.own.clone()
    }

    fn add(&mut self, images: &Images) -> Range<usize> {
        let start = self.images.len();
        self.images.extend(&images.images);
        self.classes.extend(&images.labels);
        start..self.images.len()
    }

    /// How many of MNIST's training images there are.
    pub fn training_images(&self) -> usize {
        self.train.len()
    }

    /// The right answers for [`Pool::validation_samples`].
    pub fn validation_labels(&self) -> &[u8] {
        &self.classes[self.validation.clone()]
    }

    /// MNIST's validation images as they are.
    pub fn validation_samples(&self) -> Vec<Sample> {
        let sample = |image| Sample {
            image,
            class: self.classes[image],
            warp: Warp::IDENTITY,
        };
        self.validation.clone().map(sample).collect()
    }

    /// `count` training images with their warps, for the statistics of the batch normalisation.
    pub fn calibration_samples(&self, config: &TrainConfig, count: usize) -> Vec<Sample> {
        let seed = config.seed;
        let mut chosen: Vec<usize> = self.train.clone().collect();
        chosen.shuffle(&mut generator(seed, Purpose::Calibrate, 0));
        chosen.truncate(count);
        let chosen = chosen.into_iter().enumerate();
        chosen
            .map(|(index, image)| {
                let mut rng = generator(seed, Purpose::Calibrate, 1 + index as u64);
                Sample {
                    image,
                    class: self.classes[image],
                    warp: Warp::draw(&config.augmentation, &mut rng),
                }
            })
            .collect()
    }
}

/// One image of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its place in the pool.
    pub image: usize,
    /// From 0 to 9, or [`NO_DIGIT`].
    pub class: u8,
    /// How it is distorted.
    pub warp: Warp,
}

/// One of MNIST's images in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Its place among all images that the run sees.
    position: usize,
    /// Its place in the pool.
    image: usize,
}

/// Chooses the images of a run, each step's from its number alone.
#[derive(Clone, Debug)]
pub struct Feeder {
    /// The images.
    pub pool: Arc<Pool>,
    /// What decides which of them a step sees, and how.
    pub config: TrainConfig,
    /// The epoch that was asked for last, and the training images in its order.
    epoch: Option<usize>,
    order: Vec<usize>,
    /// Digits of the visitor's own.
    own: usize,
}

impl Feeder {
    /// A feeder of `pool`, which must hold training images.
    pub fn new(pool: &Arc<Pool>, config: &TrainConfig) -> Self {
        Self {
            pool: Arc::clone(pool),
            config: config.clone(),
            epoch: None,
            order: Vec::new(),
            own: 0,
        }
    }

    /// From now on these are fed along, every [`OWN_EVERY`]-th image, and no others of the visitor's; as many as the pool has
    /// room for. They are never called something else than they are.
    pub fn set_own(&mut self, digits: &Images) {
        let pool = Arc::make_mut(&mut self.pool);
        self.own = digits.len().min(pool.own.len());
        for (place, digit) in pool.own.clone().zip(0..self.own) {
            pool.images[place] = digits.images[digit];
            pool.classes[place] = digits.labels[digit];
        }
    }

    /// The batch of `step`, counted from 0. Every epoch has its own random order; batches run over their borders. What
    /// the mixture adds takes the places of MNIST's images.
    pub fn batch(&mut self, step: usize) -> Vec<Sample> {
        let picks = self.picks(step);
        picks.into_iter().map(|pick| self.sample(pick)).collect()
    }

    /// The first half of [`Feeder::batch`]: which of MNIST's images and of the visitor's it is made of.
    pub fn picks(&mut self, step: usize) -> Vec<Pick> {
        let size = self.config.batch;
        let positions = step * size..(step + 1) * size;
        positions
            .map(|position| Pick {
                position,
                image: self.image(position),
            })
            .collect()
    }

    /// The `position`-th image of a run.
    fn image(&mut self, position: usize) -> usize {
        let (turn, place) = (position / OWN_EVERY, position % OWN_EVERY);
        if self.own > 0 && place + 1 == OWN_EVERY {
            return self.pool.own.start + turn % self.own;
        }
        let count = self.pool.train.len();
        let epoch = position / count;
        if self.epoch != Some(epoch) {
            // From the sorted order, so that an epoch's order does not depend on the epochs before it.
            self.order.clear();
            self.order.extend(self.pool.train.clone());
            let mut rng = generator(self.config.seed, Purpose::Shuffle, epoch as u64);
            self.order.shuffle(&mut rng);
            self.epoch = Some(epoch);
        }
        self.order[position % count]
    }

    /// The second half, which takes most of the time and needs no order: threads can share it.
    pub fn sample(&self, Pick { position, image }: Pick) -> Sample {
        let (pool, config) = (&*self.pool, &self.config);
        let position = position as u64;
        let mixture = &config.mixture;
        let (mut image, mut options) = (image, &config.augmentation);
        if !mixture.is_plain() {
            let mut rng = generator(config.seed, Purpose::Mix, position);
            let mut left: f64 = rng.random();
            let kinds = [
                (mixture.prepared, &pool.prepared),
                (mixture.drawn, &pool.drawn),
                (mixture.outliers, &pool.outliers),
            ];
            let mut is_plain = true;
            for (share, range) in kinds {
                if is_plain && left < share && !range.is_empty() {
                    image = rng.random_range(range.clone());
                    is_plain = false;
                }
                left -= share;
            }
            if is_plain && left < mixture.wide {
                options = &WIDE;
            }
        }
        let mut rng = generator(config.seed, Purpose::Augment, position);
        Sample {
            image,
            class: pool.classes[image],
            warp: Warp::draw(options, &mut rng),
        }
    }
}

/// What the mixture's wide part is distorted by: digits anywhere on the pad, as visitors who do not centre draw them.
pub const WIDE: Augmentation = Augmentation {
    rotation: 20.0,
    scale: 0.38,
    anisotropy: 0.12,
    shear: 0.2,
    shift: 4.5,
    thickness: 0.6,
    sampling: crate::augment::Sampling::Bilinear,
    elastic: 0.0,
    brightness: 0.3,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    fn pool() -> Arc<Pool> {
        let images = |count: usize| Images {
            images: (0..count).map(|index| [index as u8; PIXELS]).collect(),
            labels: (0..count).map(|index| (index % CLASSES) as u8).collect(),
        };
        let data = Mnist {
            train: images(400),
            validation: images(50),
        };
        Arc::new(Pool::new(&data, &Extras::default()))
    }

    fn config() -> TrainConfig {
        TrainConfig::defaults(ModelKind::Mlp, 32)
    }

    #[test]
    fn batches_depend_on_the_step_alone() {
        let (pool, config) = (pool(), config());
        let mut in_order = Feeder::new(&pool, &config);
        let batches: Vec<Vec<Sample>> = (0..30).map(|step| in_order.batch(step)).collect();
        assert_eq!(Feeder::new(&pool, &config).batch(29), batches[29]);
        assert_ne!(batches[0], batches[1]);
        assert_eq!(batches[0].len(), 32);
        for sample in batches.iter().flatten() {
            assert_eq!(sample.class, pool.classes[sample.image]);
        }
    }

    #[test]
    fn every_eighth_is_ones_own_and_the_others_stay_what_they_are() {
        let with_room = Arc::unwrap_or_clone(pool()).with_room();
        let mut feeder = Feeder::new(&Arc::new(with_room), &config());
        let without: Vec<Vec<Sample>> = (0..3).map(|step| feeder.batch(step)).collect();
        let digits = Images {
            images: vec![[7; PIXELS], [9; PIXELS], [11; PIXELS]],
            labels: vec![3, 3, 5],
        };
        feeder.set_own(&digits);
        let own = feeder.pool.own_places();
        assert_eq!(own, 450..450 + MOST_OWN);
        let mut seen = [0; 3];
        for (step, before) in without.iter().enumerate() {
            let batch = feeder.batch(step);
            for (place, (sample, before)) in batch.iter().zip(before).enumerate() {
                if place % OWN_EVERY < OWN_EVERY - 1 {
                    assert_eq!(sample, before);
                    continue;
                }
                let digit = sample.image - own.start;
                seen[digit] += 1;
                assert_eq!(sample.class, digits.labels[digit]);
                assert_eq!(feeder.pool.images[sample.image], digits.images[digit]);
                // Moved as the one before it would have been.
                assert_eq!(sample.warp, before.warp);
            }
        }
        assert_eq!(seen, [4; 3]);
        feeder.set_own(&Images::default());
        assert_eq!(feeder.batch(2), without[2]);
        // More than there is room for are too many; a pool without room takes none.
        let many = Images {
            images: vec![[1; PIXELS]; MOST_OWN + 1],
            labels: vec![1; MOST_OWN + 1],
        };
        feeder.set_own(&many);
        assert_eq!(feeder.pool.images.len(), 450 + MOST_OWN);
        let mut narrow = Feeder::new(&pool(), &config());
        narrow.set_own(&many);
        assert_eq!(narrow.batch(2), without[2]);
    }

    #[test]
    fn a_narrowed_pool_trains_on_few_and_some_are_wrong() {
        let whole = pool();
        let narrow = Arc::new(whole.narrowed(100, 0.25, 3));
        assert_eq!(narrow.training_images(), 100);
        let wrong = |image: &usize| whole.classes[*image] != narrow.classes[*image];
        assert_eq!((0..100).filter(wrong).count(), 25);
        // The held-out images keep theirs.
        assert_eq!(whole.validation_samples(), narrow.validation_samples());
        let mut feeder = Feeder::new(&narrow, &config()).batch(50);
        feeder.retain(|sample| sample.image >= 100);
        assert!(feeder.is_empty());
    }

    #[test]
    fn an_epoch_shows_every_image_once() {
        let (pool, config) = (pool(), config());
        let mut feeder = Feeder::new(&pool, &config);
        let mut seen: Vec<usize> = (400..800).map(|position| feeder.image(position)).collect();
        assert_ne!(seen, (0..400).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..400).collect::<Vec<_>>());
    }

    #[test]
    fn validation_images_are_never_trained_on() {
        let (pool, config) = (pool(), config());
        let mut feeder = Feeder::new(&pool, &config);
        let validation = pool.validation_samples();
        assert_eq!(validation.len(), 50);
        for sample in (0..40).flat_map(|step| feeder.batch(step)) {
            assert!(validation.iter().all(|held| held.image != sample.image));
        }
    }
}

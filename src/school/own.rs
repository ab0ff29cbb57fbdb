//! Digits of the visitor's own: drawings of this session of which it was said what they are. They are nowhere but in memory,
//! and gone when the app starts over.

use mnistify_drawing::Image28;
use mnistify_learning::{Images, feeder::MOST_OWN};

/// Drawings and what they are, in the order in which that was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnDigits(Images);

impl OwnDigits {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What this drawing is, where that was said.
    pub fn class_of(&self, image: &Image28) -> Option<u8> {
        let place = self.place_of(image)?;
        Some(self.0.labels[place])
    }

    fn place_of(&self, image: &Image28) -> Option<usize> {
        let bytes = image.to_bytes();
        self.0.images.iter().position(|one| *one == bytes)
    }

    /// This drawing is that. What was said of it before does not count any more; of too many the oldest goes.
    pub(super) fn add(&mut self, image: &Image28, class: u8) {
        if let Some(place) = self.place_of(image) {
            self.remove(place);
        } else if self.len() == MOST_OWN {
            self.remove(0);
        }
        self.0.images.push(image.to_bytes());
        self.0.labels.push(class);
    }

    fn remove(&mut self, place: usize) {
        self.0.images.remove(place);
        self.0.labels.remove(place);
    }

    /// The newest is no longer one of them.
    pub(super) fn take_back(&mut self) {
        self.0.images.pop();
        self.0.labels.pop();
    }

    /// For a lesson.
    pub(super) fn images(&self) -> Images {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_drawing::PIXELS;

    fn drawing(ink: u8) -> Image28 {
        Image28::from_bytes(&[ink; PIXELS])
    }

    #[test]
    fn what_is_said_last_counts_and_can_be_taken_back() {
        let mut own = OwnDigits::default();
        own.add(&drawing(1), 7);
        own.add(&drawing(2), 3);
        own.add(&drawing(1), 1);
        assert_eq!(own.len(), 2);
        assert_eq!(own.class_of(&drawing(1)), Some(1));
        assert_eq!(own.class_of(&drawing(3)), None);
        own.take_back();
        assert_eq!(own.class_of(&drawing(1)), None);
        assert_eq!(own.images().labels, [3]);
        own.take_back();
        own.take_back();
        assert!(own.is_empty());
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let mut own = OwnDigits::default();
        for ink in 0..=MOST_OWN as u8 {
            own.add(&drawing(ink), ink % 10);
        }
        assert_eq!(own.len(), MOST_OWN);
        assert_eq!(own.class_of(&drawing(0)), None);
        assert_eq!(own.class_of(&drawing(MOST_OWN as u8)), Some(2));
    }
}

//! What a person asks about an answer: the pages of its explanation.

use bevy::prelude::*;

/// A page of an answer's explanation; cells that are no answers have only the first. An action changes it.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhyPage {
    /// The strongest reasons for and against.
    #[default]
    Reasons,
    /// Digits that people drew and that are most alike.
    Alike,
    /// What the strokes did.
    Strokes,
}

impl WhyPage {
    /// The pages that there are, in their order.
    pub const THERE: &[Self] = &[Self::Reasons, Self::Alike, Self::Strokes];

    /// What scripts and tests call its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reasons => "why_reasons",
            Self::Alike => "why_alike",
            Self::Strokes => "why_strokes",
        }
    }

    /// The key of the words on its tab.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reasons => "why-tab-reasons",
            Self::Alike => "why-tab-alike",
            Self::Strokes => "why-tab-strokes",
        }
    }

    /// The page after this one; after the last comes the first.
    pub fn next(self) -> Self {
        let place = Self::THERE.iter().position(|page| *page == self);
        let next = place.map_or(0, |place| place + 1);
        Self::THERE[next % Self::THERE.len()]
    }
}

/// What it means that digits are alike; an action changes it.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Likeness {
    /// What the network weighs in the end is alike.
    #[default]
    Network,
    /// Dot by dot they are alike; no network is asked.
    Pixels,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_comes_round() {
        let mut page = WhyPage::default();
        for there in WhyPage::THERE {
            assert_eq!(page, *there);
            page = page.next();
        }
        assert_eq!(page, WhyPage::default());
    }
}

//! The pages of the school's board.

/// A page of the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoardPage {
    /// How well the networks read over the lesson.
    #[default]
    Lesson,
    /// What teaches most, where it is changed: examples, moved copies, wrong labels; and the pace.
    Change,
    /// The visitor's own digits.
    Yours,
    /// How the networks are built, and how their weights follow the error.
    Network,
    /// What came of it: the drawing moved about, and the lessons so far.
    Results,
}

impl BoardPage {
    /// All, in their order.
    pub const ALL: [Self; 5] = [
        Self::Lesson,
        Self::Change,
        Self::Yours,
        Self::Network,
        Self::Results,
    ];

    /// The page after this one; after the last comes the first.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The page before this one; before the first comes the last.
    pub fn before(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }

    /// For scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Change => "change",
            Self::Yours => "yours",
            Self::Network => "network",
            Self::Results => "results",
        }
    }
}

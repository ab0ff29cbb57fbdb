//! The pages of the school's board.

/// A page of the board. A small window has one for each figure; in a wide one, where all figures are there at once, the first
/// three are pages of what can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoardPage {
    /// How well the networks read by now, and what teaches most.
    #[default]
    Rings,
    /// How well they read over the lesson.
    Curve,
    /// What they say of the drawing moved about.
    Maps,
    /// The visitor's own digits.
    Yours,
}

impl BoardPage {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Rings, Self::Curve, Self::Maps, Self::Yours];

    /// The page after this one; after the last comes the first.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// For scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rings => "rings",
            Self::Curve => "curve",
            Self::Maps => "maps",
            Self::Yours => "yours",
        }
    }
}

//! How large texts are.

/// No text is smaller, at any window size.
pub(super) const LEAST_TEXT: f32 = 14.0;

/// The type scale, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextSizes {
    /// The app's name.
    pub title: f32,
    /// The sentence that says what was read.
    pub headline: f32,
    /// Names of networks.
    pub network: f32,
    /// What a layer does, in words.
    pub label: f32,
    /// Technical names, and small print.
    pub technical: f32,
    /// Sentences of explanations.
    pub body: f32,
    /// Words on buttons.
    pub button: f32,
    /// Digits of tiles that did not win.
    pub tile: f32,
    /// "sure", below the winner's figure.
    pub certainty: f32,
    /// The window's foot is full; its text grows less.
    pub foot: f32,
}

impl TextSizes {
    pub(super) fn new(unit: f32, scale: f32) -> Self {
        let usual = |base: f32| (base * unit).max(LEAST_TEXT);
        let size = |base: f32| usual(base) * scale;
        Self {
            title: size(20.0),
            headline: size(22.0),
            network: size(16.0),
            label: size(15.0),
            technical: size(14.0),
            body: size(15.0),
            button: size(15.0),
            tile: size(20.0),
            certainty: size(20.0),
            foot: usual(14.0) * scale.sqrt(),
        }
    }
}

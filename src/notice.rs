//! Something that the person should know, from wherever it is noticed. The newest notice stands until it is withdrawn.

use bevy::prelude::*;

/// Registers the message.
pub fn plugin(app: &mut App) {
    app.add_message::<Notice>();
}

/// What to tell.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// This, in a sentence.
    Say(String),
    /// What was told is over.
    Withdraw,
}

impl Notice {
    /// Tells this.
    pub fn say(text: impl Into<String>) -> Self {
        Self::Say(text.into())
    }
}

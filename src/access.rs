//! How the app meets who uses it: what lies within reach.

use bevy::prelude::*;

/// Keeps it.
pub fn plugin(app: &mut App) {
    app.init_resource::<Access>();
}

/// How the app meets who uses it. Starting over leaves it: it was said to be seen.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct Access {
    /// Pad and controls lie in the lower half of the window.
    pub reach: bool,
}

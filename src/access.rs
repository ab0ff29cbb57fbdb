//! How the app meets who uses it: what lies within reach, how large its texts are, how strong its contrasts, what is hidden.

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// The sizes of text that a person can choose, in percent.
pub const TEXT_SIZES: [u16; 3] = [100, 125, 150];

/// Keeps it.
pub fn plugin(app: &mut App) {
    app.init_resource::<Access>();
}

/// How the app meets who uses it. Starting over leaves it: it was said to be seen.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Pad and controls lie in the lower half of the window.
    pub reach: bool,
    /// The size of texts, one of [`TEXT_SIZES`].
    pub text_percent: u16,
    /// White on nearly black, with thick outlines.
    pub high_contrast: bool,
    /// What is not shown.
    pub hidden: Hidden,
}

/// What is not shown, such as where the app is a part of somebody's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// The inference times.
    pub times: bool,
    /// What the colours mean.
    pub legend: bool,
    /// The way to the guided tour.
    pub guide: bool,
    /// The choice of networks, the explanation and what is under More.
    pub controls: bool,
}

impl Hidden {
    /// Hides what is called so; false where nothing is.
    pub fn hide(&mut self, name: &str) -> bool {
        let part = match name {
            "times" => &mut self.times,
            "legend" => &mut self.legend,
            "guide" => &mut self.guide,
            "controls" => &mut self.controls,
            _ => return false,
        };
        *part = true;
        true
    }

    /// Of a list such as `times,legend`.
    ///
    /// # Errors
    /// Where it names something else, with what it may name.
    pub fn from_list(list: &str) -> Result<Self, String> {
        let mut hidden = Self::default();
        match list.split(',').find(|name| !hidden.hide(name.trim())) {
            Some(name) => Err(format!(
                "{name} cannot be hidden, but times, legend, guide and controls can"
            )),
            None => Ok(hidden),
        }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self {
            reach: false,
            text_percent: TEXT_SIZES[0],
            high_contrast: false,
            hidden: Hidden::default(),
        }
    }
}

impl Access {
    /// The next size of text; after the largest the usual one again.
    pub fn enlarge_text(&mut self) {
        let larger = TEXT_SIZES
            .into_iter()
            .find(|size| *size > self.text_percent);
        self.text_percent = larger.unwrap_or(TEXT_SIZES[0]);
    }

    /// How many times larger than usual texts are.
    pub fn text_scale(&self) -> f32 {
        f32::from(self.text_percent) / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_in_steps_and_becomes_usual_again() {
        let mut access = Access::default();
        let sizes = [(); 4].map(|()| {
            access.enlarge_text();
            access.text_percent
        });
        assert_eq!(sizes, [125, 150, 100, 125]);
        assert_eq!(access.text_scale(), 1.25);
    }

    #[test]
    fn a_list_tells_what_is_hidden() {
        let hidden = Hidden::from_list("times, controls").unwrap();
        let wanted = Hidden {
            times: true,
            controls: true,
            ..Hidden::default()
        };
        assert_eq!(hidden, wanted);
        let refused = Hidden::from_list("times,pad").unwrap_err();
        assert!(refused.contains("pad") && refused.contains("legend"));
    }
}

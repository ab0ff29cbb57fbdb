//! The best drawings of each challenge, without names: in memory alone, in an exhibit for a day, elsewhere until the program
//! ends.

use crate::{
    AppSystems,
    actions::Screen,
    challenge::{Best, CHALLENGES, keep_best},
    inference::Networks,
    pad::Pad,
    rest::NextFrame,
};
use bevy::prelude::*;
use mnistify_drawing::recording::duration_millis;

/// Collects them.
pub fn plugin(app: &mut App) {
    app.init_resource::<Gallery>()
        .add_systems(PostUpdate, collect.in_set(AppSystems::Present));
}

/// Seconds for which a drawing has to stand with the pen lifted: by then the answers are this drawing's own.
const STANDS: f32 = 0.5;

/// The best drawings. Starting over leaves them: they belong to the day.
#[derive(Resource, Debug)]
pub struct Gallery {
    /// Whether they are kept and shown.
    pub is_open: bool,
    best: [Vec<Best>; CHALLENGES.len()],
    /// What reached a challenge and stands there: challenge and revision of the drawing, and for how many seconds.
    standing: Option<((usize, u64), f32)>,
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            is_open: true,
            best: Default::default(),
            standing: None,
        }
    }
}

impl Gallery {
    /// The best drawings of a challenge, the best first.
    pub fn best(&self, challenge: usize) -> &[Best] {
        if self.is_open {
            &self.best[challenge]
        } else {
            &[]
        }
    }

    /// Another day.
    pub fn clear(&mut self) {
        self.best = Default::default();
    }

    /// So many seconds later what stands there is this. True once it has stood for long enough.
    fn stands(&mut self, what: Option<(usize, u64)>, seconds: f32) -> bool {
        let Some(what) = what else {
            self.standing = None;
            return false;
        };
        let before = match self.standing {
            Some((same, before)) if same == what => before,
            _ => 0.0,
        };
        let now = before + seconds;
        self.standing = Some((what, now));
        before < STANDS && now >= STANDS
    }

    /// Whether this has stood for long enough already, or nothing stands as before.
    fn knows(&self, what: Option<(usize, u64)>) -> bool {
        self.standing.map(|(standing, _)| standing) == what && !self.is_waiting()
    }

    fn is_waiting(&self) -> bool {
        self.standing.is_some_and(|(_, seconds)| seconds < STANDS)
    }
}

fn collect(
    mut gallery: ResMut<Gallery>,
    screen: Res<Screen>,
    pad: Res<Pad>,
    networks: Networks,
    time: Res<Time<Real>>,
    next: Res<NextFrame>,
) {
    let drawing = pad.drawing();
    let strokes = drawing.strokes();
    let is_whole = !strokes.is_empty() && !drawing.is_drawing() && !pad.is_replaying();
    let wanted = screen.challenge.filter(|_| gallery.is_open && is_whole);
    let Some(at) = wanted.map(|at| at % CHALLENGES.len()) else {
        if gallery.standing.is_some() {
            gallery.stands(None, 0.0);
        }
        return;
    };
    let shown = networks.shown();
    let answers: Vec<_> = shown
        .iter()
        .filter_map(|reading| reading.answer())
        .collect();
    let ink: f32 = pad.image().as_slice().iter().sum();
    let challenge = CHALLENGES[at];
    let progress = challenge.progress(&answers, ink);
    let what = progress.is_done.then_some((at, drawing.revision()));
    if !gallery.knows(what) && gallery.stands(what, time.delta_secs().min(0.1)) {
        let seconds = duration_millis(strokes) / 1e3;
        let drawing = Best {
            number: pad.begun(),
            score: challenge.score(progress, ink, seconds),
            image: pad.image().clone(),
        };
        keep_best(&mut gallery.best[at], drawing);
        next.ask();
    }
    next.ask_if(gallery.is_waiting());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_flashes_up_is_not_kept() {
        let mut gallery = Gallery::default();
        assert!(!gallery.stands(Some((0, 7)), 0.3));
        assert!(gallery.is_waiting());
        assert!(!gallery.stands(Some((0, 8)), 0.3), "another drawing");
        assert!(!gallery.stands(None, 0.3));
        assert!(!gallery.stands(Some((0, 8)), 0.3));
        assert!(gallery.stands(Some((0, 8)), 0.3));
        assert!(!gallery.stands(Some((0, 8)), 0.3), "once");
        assert!(!gallery.is_waiting());
    }
}

//! What the networks are learning from, as a film that runs past.

use super::Learner;
use crate::{
    panels::{Look, theme},
    school::{Pupil, Sight},
    words::say,
};
use bevy_egui::egui::{
    Align2, Color32, ColorImage, CornerRadius, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2,
};
use mnistify_drawing::SIDE;

/// Pictures that are kept at a time.
const FRAMES: usize = 40;

/// Pictures of the digits that are learned from, used in turn.
#[derive(Default)]
pub struct Film {
    frames: Vec<TextureHandle>,
    /// How many were put there of those that were ever seen.
    seen: usize,
    /// Of each frame: what it is called, and whether that is wrong.
    labels: Vec<(u8, bool)>,
    /// How far the film has run, in frames.
    at: f32,
}

/// The digits that are learned from run past, with what the networks are told that they are.
pub fn film_ui(ui: &Ui, look: &Look<'_>, rect: Rect, film: &mut Film, pupils: &[Learner<'_>]) {
    let Some((_, pupil)) = pupils.iter().max_by_key(|(_, pupil)| pupil.seen) else {
        return;
    };
    let size = look.composed.places.text.technical;
    let words = theme::fitting(ui.painter(), &say("school-film"), size, 0.35 * rect.width());
    let place = pos2(rect.min.x, rect.center().y - words.size().y / 2.0);
    let rect = rect.with_min_x(rect.min.x + words.size().x + size);
    ui.painter()
        .galley_with_override_text_color(place, words, theme::dim());
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(
        rect,
        CornerRadius::same(6),
        theme::tile().gamma_multiply(0.6),
    );
    film.take(ui, pupil);
    if film.frames.is_empty() {
        return;
    }
    let pitch = rect.height() * 1.55;
    let side = rect.height() - 6.0;
    // It runs after what is seen, so that it stands when nothing is learned.
    let goal = film.seen as f32;
    let seconds = ui.input(|input| input.stable_dt).min(0.1);
    if look.motion.reduced || goal - film.at > 6.0 {
        film.at = goal;
    } else {
        film.at += (goal - film.at) * (1.0 - (-seconds * 5.0).exp());
    }
    if (goal - film.at).abs() > 0.01 {
        ui.ctx().request_repaint();
    }
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    for back in 0..FRAMES.min(film.seen) {
        let number = film.seen - 1 - back;
        let right = rect.max.x - (film.at - 1.0 - number as f32) * pitch - 4.0;
        if right < rect.min.x {
            break;
        }
        let place = Rect::from_min_size(pos2(right - side, rect.min.y + 3.0), vec2(side, side));
        let index = number % FRAMES;
        let (Some(frame), Some((class, is_wrong))) =
            (film.frames.get(index), film.labels.get(index))
        else {
            continue;
        };
        painter.image(frame.id(), place, whole, Color32::WHITE);
        let colour = if *is_wrong {
            theme::POINTER
        } else {
            theme::dim()
        };
        painter.text(
            pos2(place.min.x - 3.0, place.center().y),
            Align2::RIGHT_CENTER,
            class.to_string(),
            theme::medium((0.52 * side).max(theme::SMALL)),
            colour,
        );
    }
}

impl Film {
    /// Takes in what was seen since the last time.
    fn take(&mut self, ui: &Ui, pupil: &Pupil) {
        if pupil.seen < self.seen {
            self.seen = 0;
            self.at = 0.0;
        }
        let new = (pupil.seen - self.seen).min(pupil.sights.len());
        self.seen = pupil.seen - new;
        for sight in pupil.sights.iter().skip(pupil.sights.len() - new) {
            let image = picture(sight);
            let index = self.seen % FRAMES;
            match self.frames.get_mut(index) {
                Some(frame) => frame.set(image, TextureOptions::LINEAR),
                None => {
                    let name = format!("film {index}");
                    let frame = ui.ctx().load_texture(name, image, TextureOptions::LINEAR);
                    self.frames.push(frame);
                    self.labels.push((0, false));
                }
            }
            self.labels[index] = (sight.class, sight.is_wrong);
            self.seen += 1;
        }
    }
}

fn picture(sight: &Sight) -> ColorImage {
    let pixels = sight
        .pixels
        .iter()
        .map(|ink| theme::PAD.lerp_to_gamma(Color32::WHITE, *ink));
    ColorImage::new([SIDE, SIDE], pixels.collect())
}

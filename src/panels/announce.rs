//! What screen readers say by themselves: notices, what leads through the app, and the answer.
//!
//! Sighted people see answers change with every piece of a line; said one after the other they would be noise, and most of
//! them wrong. So an answer is said once the pen is up and it has stood for a while.

use super::{Look, Told};
use crate::school::Phase;
use bevy_egui::egui::{
    Context, Id,
    accesskit::{Live, Role},
};
use std::time::Duration;

/// Seconds between two announcements, at least.
const PAUSE: f64 = 0.6;
/// Seconds for which an answer stands before it is said.
const STANDS: f64 = 0.7;

/// Says, if it is new, what leads through the app in this frame: a tour's step, a challenge, the school's sentence, or what
/// an explanation is of. The last one that is told counts.
pub fn lead(context: &Context, words: &str) {
    context.data_mut(|data| data.insert_temp(leads(), words.to_owned()));
}

fn leads() -> Id {
    Id::new("leads")
}

/// Announces what is told, where somebody listens.
pub fn announce(context: &Context, look: &Look<'_>, told: &Told) {
    let id = Id::new("announced");
    let lead = context.data_mut(|data| data.remove_temp::<String>(leads()));
    if context.accesskit_node_builder(id, |_| ()).is_none() {
        return;
    }
    let notice = look.screen.notice.clone().unwrap_or_default();
    let texts = [notice, lead.unwrap_or_default(), answer(look, told)];
    let pad = look.pad;
    let is_settled = !pad.drawing().is_drawing()
        && !pad.is_demonstrating()
        && !pad.is_replaying()
        && look.school.phase != Phase::Learning;
    let now = context.input(|input| input.time);
    let mut speech = context
        .data(|data| data.get_temp::<Speech>(id))
        .unwrap_or_default();
    if let Some(seconds) = speech.hear(now, texts, is_settled) {
        context.request_repaint_after(Duration::from_secs_f64(seconds));
    }
    context.accesskit_node_builder(id, |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_label(speech.newest.clone());
    });
    context.data_mut(|data| data.insert_temp(id, speech));
}

/// What was said, and when.
#[derive(Clone, Debug, Default, PartialEq)]
struct Speech {
    /// The last notice, leading text and answer that were said.
    said: [String; 3],
    newest: String,
    at: Option<f64>,
    /// An answer that stands, and since when.
    standing: (String, f64),
}

impl Speech {
    /// Takes in what could be said now, and says one of it if it is time; returns in how many seconds to ask again.
    fn hear(&mut self, now: f64, texts: [String; 3], is_settled: bool) -> Option<f64> {
        if self.standing.0 != texts[2] || !is_settled {
            self.standing = (texts[2].clone(), now);
        }
        let pause = self.at.map_or(0.0, |at| at + PAUSE - now);
        let stands = self.standing.1 + STANDS - now;
        for (index, text) in texts.into_iter().enumerate() {
            let is_answer = index == 2;
            if self.said[index] == text || (is_answer && !is_settled) {
                continue;
            }
            let wait = if is_answer { pause.max(stands) } else { pause };
            if wait > 0.0 {
                return Some(wait);
            }
            self.said[index].clone_from(&text);
            if !text.is_empty() {
                self.newest = text;
                self.at = Some(now);
            }
            // What else there is waits for its turn.
            return Some(PAUSE);
        }
        None
    }
}

fn answer(look: &Look<'_>, told: &Told) -> String {
    let mut parts = vec![told.headline.clone()];
    if told.differ {
        parts.extend(look.shown().filter_map(|reading| {
            let class = reading.answer()?.class;
            let class = reading.network.spec().classes().get(class)?;
            Some(format!("{}: {class}", reading.network.name()))
        }));
    } else if let [class] = told.winners[..] {
        parts.push(told.words_of(look, class));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(". ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of these answers, one each 0.1 s, while the pen is down as told.
    fn said(frames: &[(&str, &str, &str, bool)]) -> Vec<String> {
        let mut speech = Speech::default();
        let mut all: Vec<String> = Vec::new();
        for (frame, (notice, lead, answer, settled)) in frames.iter().enumerate() {
            let texts = [*notice, *lead, *answer].map(String::from);
            let before = speech.newest.clone();
            speech.hear(frame as f64 / 10.0, texts, *settled);
            if speech.newest != before {
                all.push(speech.newest.clone());
            }
        }
        all
    }

    #[test]
    fn an_answer_is_said_once_when_the_pen_is_up_and_it_has_stood() {
        let mut frames = vec![("", "", "a 7", false); 10];
        frames.extend([("", "", "a 2", false); 10]);
        frames.extend([("", "", "a 2", true); 4]);
        frames.extend([("", "", "a 3", true); 20]);
        assert_eq!(said(&frames), ["a 3"]);
    }

    #[test]
    fn a_notice_is_said_once_and_without_the_answer() {
        let mut frames = vec![("", "", "a 3", true); 10];
        frames.extend([("saved", "", "a 3", true); 10]);
        frames.extend([("saved", "", "a 5", true); 20]);
        assert_eq!(said(&frames), ["a 3", "saved", "a 5"]);
    }

    #[test]
    fn what_leads_is_said_at_once_also_while_the_pen_is_down() {
        let mut frames = vec![("", "step 1", "a 3", false); 10];
        frames.extend([("", "step 2", "a 3", false); 20]);
        assert_eq!(said(&frames), ["step 1", "step 2"]);
    }
}

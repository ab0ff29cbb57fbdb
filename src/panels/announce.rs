//! What screen readers say by themselves: the notice and the answer, as sighted people see them change.

use super::{Look, Told};
use bevy_egui::egui::{
    Context, Id,
    accesskit::{Live, Role},
};
use std::time::Duration;

/// Seconds between two announcements: while a line is drawn, answers change faster than they can be said.
const PAUSE: f64 = 0.6;

/// Announces what is told, where somebody listens.
pub fn announce(context: &Context, look: &Look<'_>, told: &Told) {
    let id = Id::new("announced");
    if context.accesskit_node_builder(id, |_| ()).is_none() {
        return;
    }
    let now = context.input(|input| input.time);
    let new = text(look, told);
    let (mut said, at) = context
        .data(|data| data.get_temp::<(String, f64)>(id))
        .unwrap_or((String::new(), f64::NEG_INFINITY));
    if said != new {
        if now - at >= PAUSE {
            said = new;
            context.data_mut(|data| data.insert_temp(id, (said.clone(), now)));
        } else {
            context.request_repaint_after(Duration::from_secs_f64(PAUSE - (now - at)));
        }
    }
    context.accesskit_node_builder(id, |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_label(said);
    });
}

fn text(look: &Look<'_>, told: &Told) -> String {
    let mut parts: Vec<String> = look.screen.notice.iter().cloned().collect();
    parts.push(told.headline.clone());
    if told.differ {
        parts.extend(look.shown().filter_map(|reading| {
            let class = reading.answer()?.class;
            let class = reading.network.spec().classes().get(class)?;
            Some(format!("{}: {class}", reading.network.name()))
        }));
    } else if let [class] = told.winners[..] {
        parts.push(told.words_of(look, class));
    }
    parts.join(". ")
}

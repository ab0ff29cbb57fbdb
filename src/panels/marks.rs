//! Where controls stand, by name, so that scripts and tests can press them with a real pointer.

use bevy_egui::egui::{Context, Id, Rect, Ui};

type Marks = Vec<(&'static str, Rect)>;

/// Remembers a control's place in this frame.
pub fn mark(ui: &Ui, name: &'static str, rect: Rect) {
    ui.ctx().data_mut(|data| {
        data.get_temp_mut_or_default::<Marks>(id())
            .push((name, rect));
    });
}

/// This frame's places; forgets them.
pub fn take(context: &Context) -> Marks {
    context.data_mut(|data| std::mem::take(data.get_temp_mut_or_default::<Marks>(id())))
}

fn id() -> Id {
    Id::new("marks")
}

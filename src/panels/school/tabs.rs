//! The pages of the board, by name; a swipe turns them.

use super::{super::swipe::swiped, switches::places_of};
use crate::{
    actions::{Action, entry},
    panels::{Look, marks::mark, theme},
    school::{BoardPage, Phase, SchoolAction},
    words::{Language, language, say_in},
};
use bevy_egui::egui::{
    CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, vec2,
};

/// What scripts and tests call a page's name.
fn name(page: BoardPage) -> &'static str {
    match page {
        BoardPage::Lesson => "school_lesson",
        BoardPage::Change => "school_change",
        // As its action.
        BoardPage::Yours => "own_digits",
        BoardPage::Network => "school_network",
        BoardPage::Results => "school_results",
    }
}

/// The pages' names.
pub fn names(language: Language) -> [String; 5] {
    let keys = [
        "school-page-lesson",
        "school-page-change",
        "act-own_digits",
        "school-page-network",
        "school-page-results",
    ];
    keys.map(|key| say_in(language, key, &[]))
}

/// Shows them, the one that is seen underlined, and the one that is meant next in the light.
pub fn tabs_ui(ui: &mut Ui, look: &Look<'_>, row: Rect, actions: &mut Vec<Action>) {
    let names = names(language());
    let least = theme::medium(theme::LEAST_ON_BUTTONS);
    let needed = names.each_ref().map(|name| {
        let galley = ui
            .painter()
            .layout_no_wrap(name.clone(), least.clone(), theme::text());
        galley.size().x
    });
    let size = look.composed.places.text.button;
    let next = next_page(look);
    let rects = places_of(row, &needed);
    for ((page, words), rect) in BoardPage::ALL.into_iter().zip(names).zip(rects) {
        let on = look.school.page == page;
        let response = ui.interact(rect, ui.id().with(name(page)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, &words));
        mark(ui, name(page), rect);
        let radius = CornerRadius::same((rect.height() * 0.22).min(14.0) as u8);
        let colour = if on || response.hovered() {
            theme::text()
        } else {
            theme::dim()
        };
        if response.hovered() && !on {
            ui.painter().rect_filled(rect, radius, theme::button());
        }
        let galley = theme::fitting(ui.painter(), &words, size, rect.width() - 2.0);
        let place = rect.center() - galley.size() / 2.0;
        let under =
            Rect::from_min_size(rect.left_bottom() - vec2(0.0, 3.0), vec2(rect.width(), 3.0));
        ui.painter()
            .galley_with_override_text_color(place, galley, colour);
        let line = if on { theme::text() } else { theme::button() };
        ui.painter().rect_filled(under, CornerRadius::same(1), line);
        if next == Some(page) && !on {
            theme::light(ui, rect);
        }
        if response.has_focus() {
            let line = Stroke::new(2.0, theme::text());
            ui.painter()
                .rect_stroke(rect, radius, line, StrokeKind::Inside);
        }
        let entry = entry(if page == BoardPage::Yours {
            "own_digits"
        } else {
            "why_page"
        });
        if response.on_hover_text(theme::hint(entry)).clicked() {
            actions.push(Action::School(SchoolAction::Page(page)));
        }
    }
}

/// Where a lesson that is over leads: to what can be changed, or to what shows that it has to.
fn next_page(look: &Look<'_>) -> Option<BoardPage> {
    (look.school.phase == Phase::Over).then_some(if look.school.plan.settings.moved {
        BoardPage::Change
    } else {
        BoardPage::Results
    })
}

/// A finger that goes sideways over the board turns its page, as it does a phone's layers. What is to be pressed on the board
/// comes later, and so lies above.
pub fn swipe_ui(ui: &Ui, look: &Look<'_>, board: Rect, actions: &mut Vec<Action>) {
    // What only a pointer can do is nowhere for the focus to go.
    let response = ui.interact(board, ui.id().with("board"), Sense::CLICK | Sense::DRAG);
    if let Some(way) = swiped(ui, &response) {
        let page = look.school.page;
        let page = if way > 0 { page.next() } else { page.before() };
        actions.push(Action::School(SchoolAction::Page(page)));
    }
}

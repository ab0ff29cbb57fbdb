//! The one table of actions: name and keys of each that needs nothing said along; the languages have its label and help. Shortcuts, tooltips, the
//! help screen, the page's `mnistify.act(name)` and the README's list are made from it.

use super::{Action, Show, Switch};
use crate::{pad::PadAction, school::SchoolAction, view::Preset, words::say};
use bevy_egui::egui::{Key, Modifiers};
use mnistify_drawing::Tool;
use std::borrow::Cow;

/// An action with a name.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What scripts and tests call it.
    pub name: &'static str,
    /// Each of these does it.
    pub keys: &'static [Shortcut],
    /// What is done.
    pub action: Action,
}

impl Entry {
    /// What stands on its control.
    pub fn label(&self) -> String {
        say(&format!("act-{}", self.name))
    }

    /// What it does, for tooltips and the help.
    pub fn help(&self) -> String {
        say(&format!("act-{}.help", self.name))
    }
}

/// A key with what is held along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The key.
    pub key: Key,
    /// Ctrl, on macOS Cmd.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
}

impl Shortcut {
    /// Whether this key with these modifiers is meant. Others that are held are meant for somebody else, except Shift where
    /// the key is a sign, which some keyboards have only there.
    pub fn is(&self, key: Key, modifiers: Modifiers) -> bool {
        let sign = !self.ctrl && !key.name().chars().all(|c| c.is_ascii_uppercase());
        self.key == key
            && modifiers.command == self.ctrl
            && !modifiers.alt
            && (modifiers.shift == self.shift || sign)
    }

    /// What people read: `Ctrl+Z`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.ctrl {
            text.push_str("Ctrl+");
        }
        if self.shift {
            text.push_str("Shift+");
        }
        text.push_str(match self.key {
            Key::Plus => "+",
            Key::Minus => "−",
            Key::Equals => "=",
            Key::Comma => ",",
            Key::Period => ".",
            Key::OpenBracket => "[",
            Key::CloseBracket => "]",
            Key::Questionmark => "?",
            Key::ArrowLeft => "←",
            Key::ArrowRight => "→",
            Key::ArrowUp => "↑",
            Key::ArrowDown => "↓",
            key => key.name(),
        });
        text
    }
}

/// The entry of this name.
///
/// # Panics
/// Where there is none; names are written by hand beside it.
pub fn entry(name: &str) -> &'static Entry {
    let found = TABLE.iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("there is no action {name}"))
}

/// An entry's keys: `C or Delete`.
pub fn keys_text(entry: &Entry) -> String {
    let keys: Vec<String> = entry.keys.iter().map(Shortcut::text).collect();
    keys.join(" or ")
}

const fn row(name: &'static str, keys: &'static [Shortcut], action: Action) -> Entry {
    Entry { name, keys, action }
}

const fn held(ctrl: bool, shift: bool, key: Key) -> Shortcut {
    Shortcut { key, ctrl, shift }
}

const fn plain(key: Key) -> Shortcut {
    held(false, false, key)
}

const fn ctrl(key: Key) -> Shortcut {
    held(true, false, key)
}

const fn ctrl_shift(key: Key) -> Shortcut {
    held(true, true, key)
}

/// Every action that has a name.
#[rustfmt::skip] // An action a line.
pub static TABLE: &[Entry] = &[
    row("draw", &[plain(Key::D)], Action::Pad(PadAction::Use(Tool::Draw))),
    row("erase", &[plain(Key::E)], Action::Pad(PadAction::Use(Tool::Erase))),
    // On many keyboards a bracket takes AltGr.
    row("thinner", &[plain(Key::OpenBracket), plain(Key::Num9)], Action::Pad(PadAction::Widen(-4.0))),
    row("wider", &[plain(Key::CloseBracket), plain(Key::Num0)], Action::Pad(PadAction::Widen(4.0))),
    row("undo", &[ctrl(Key::Z)], Action::Pad(PadAction::Undo)),
    row("redo", &[ctrl(Key::Y), ctrl_shift(Key::Z)], Action::Pad(PadAction::Redo)),
    row("clear", &[plain(Key::C), plain(Key::Delete)], Action::Pad(PadAction::Clear)),
    row("prepare", &[plain(Key::P)], Action::Toggle(Switch::Prepared)),
    row("replay", &[plain(Key::T)], Action::Pad(PadAction::Replay)),
    row("save", &[ctrl(Key::S)], Action::Save),
    row("load", &[ctrl(Key::O)], Action::Load),
    row("picture", &[plain(Key::K)], Action::SavePicture),
    row("share", &[plain(Key::L)], Action::Share),
    row("every_frame", &[plain(Key::V)], Action::Toggle(Switch::EveryFrame)),
    row("all", &[plain(Key::B)], Action::Show(Show::All)),
    row("mlp", &[plain(Key::M)], Action::Show(Show::Named(Cow::Borrowed("mlp")))),
    row("cnn", &[plain(Key::N)], Action::Show(Show::Named(Cow::Borrowed("cnn")))),
    row("own", &[plain(Key::Y)], Action::Show(Show::Own)),
    row("network", &[plain(Key::U)], Action::Toggle(Switch::OwnNetwork)),
    row("overview", &[plain(Key::Num1), plain(Key::R)], Action::View(Preset::Overview)),
    row("top", &[plain(Key::Num3)], Action::View(Preset::Top)),
    row("side", &[plain(Key::Num2)], Action::View(Preset::Side)),
    row("left", &[plain(Key::ArrowLeft)], Action::Arrow { x: -1, y: 0 }),
    row("right", &[plain(Key::ArrowRight)], Action::Arrow { x: 1, y: 0 }),
    row("up", &[plain(Key::ArrowUp)], Action::Arrow { x: 0, y: -1 }),
    row("down", &[plain(Key::ArrowDown)], Action::Arrow { x: 0, y: 1 }),
    row("nearer", &[plain(Key::Plus), plain(Key::Equals)], Action::Zoom(0.85)),
    row("further", &[plain(Key::Minus)], Action::Zoom(1.0 / 0.85)),
    row("next_map", &[plain(Key::PageUp)], Action::NextMap(1)),
    row("previous_map", &[plain(Key::PageDown)], Action::NextMap(-1)),
    row("slow", &[plain(Key::Space)], Action::Toggle(Switch::SlowMotion)),
    row("edges", &[plain(Key::G)], Action::Toggle(Switch::Edges)),
    row("fewer_edges", &[plain(Key::Comma)], Action::MoreEdges(-4)),
    row("more_edges", &[plain(Key::Period)], Action::MoreEdges(4)),
    row("explain", &[plain(Key::W)], Action::Explain),
    row("why_page", &[plain(Key::F2)], Action::NextWhy),
    row("slide", &[plain(Key::J)], Action::Toggle(Switch::Sliding)),
    row("next_layer", &[plain(Key::X)], Action::Page(1)),
    row("previous_layer", &[plain(Key::Z)], Action::Page(-1)),
    row("lanes", &[plain(Key::H)], Action::Toggle(Switch::LanesFillScreen)),
    row("maps", &[plain(Key::F)], Action::Toggle(Switch::Maps)),
    row("numbers", &[plain(Key::I)], Action::Toggle(Switch::Numbers)),
    row("calm", &[plain(Key::A)], Action::Toggle(Switch::Calm)),
    row("reach", &[plain(Key::Num4)], Action::Toggle(Switch::Reach)),
    row("larger_text", &[plain(Key::Num5)], Action::LargerText),
    row("high_contrast", &[plain(Key::Num6)], Action::Toggle(Switch::HighContrast)),
    row("tour", &[plain(Key::O)], Action::Tour(Some(0))),
    row("tour_next", &[plain(Key::Enter)], Action::TourBy(1)),
    row("tour_back", &[plain(Key::Backspace)], Action::TourBy(-1)),
    row("challenge", &[plain(Key::S)], Action::NextChallenge),
    row("school", &[plain(Key::Num7)], Action::School(SchoolAction::Toggle)),
    row("forget", &[plain(Key::Home)], Action::School(SchoolAction::Forget)),
    row("learn", &[plain(Key::Num8)], Action::School(SchoolAction::LearnOrPause)),
    row("one_step", &[plain(Key::Insert)], Action::School(SchoolAction::Step)),
    row("restore", &[plain(Key::End)], Action::School(SchoolAction::Restore)),
    row("own_digits", &[plain(Key::F4)], Action::School(SchoolAction::OwnDigits)),
    row("start_over", &[], Action::StartOver),
    row("language", &[plain(Key::Q)], Action::NextLanguage),
    row("help", &[plain(Key::Questionmark), plain(Key::F1)], Action::Toggle(Switch::Help)),
    row("more", &[], Action::Toggle(Switch::More)),
    row("close", &[plain(Key::Escape)], Action::Close),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_keys_are_there_once() {
        let names: HashSet<&str> = TABLE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), TABLE.len());
        let keys: Vec<String> = TABLE
            .iter()
            .flat_map(|entry| entry.keys.iter().map(Shortcut::text))
            .collect();
        let once: HashSet<&String> = keys.iter().collect();
        assert_eq!(once.len(), keys.len(), "{keys:?}");
    }

    #[test]
    fn modifiers_count() {
        let maps = entry("maps").keys[0];
        assert!(maps.is(Key::F, Modifiers::NONE));
        assert!(!maps.is(Key::F, Modifiers::COMMAND));
        assert!(!maps.is(Key::F, Modifiers::ALT));
        let undo = entry("undo").keys[0];
        assert!(undo.is(Key::Z, Modifiers::COMMAND));
        assert!(!undo.is(Key::Z, Modifiers::COMMAND | Modifiers::SHIFT));
        // On a German keyboard = is Shift+0, and ? is Shift+ß.
        assert!(entry("help").keys[0].is(Key::Questionmark, Modifiers::SHIFT));
    }

    /// The README's table, made anew from this one.
    #[test]
    fn the_readme_lists_every_key() {
        let mut table = String::from("| key | |\n|---|---|\n");
        for entry in TABLE.iter().filter(|entry| !entry.keys.is_empty()) {
            table.push_str(&format!("| {} | {} |\n", keys_text(entry), entry.help()));
        }
        let readme = include_str!("../../README.md");
        assert!(
            readme.contains(&table),
            "README.md must hold this table:\n{table}"
        );
    }
}

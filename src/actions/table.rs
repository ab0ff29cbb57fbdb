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
    const fn plain(key: Key) -> Self {
        Self {
            key,
            ctrl: false,
            shift: false,
        }
    }

    const fn ctrl(key: Key) -> Self {
        Self {
            key,
            ctrl: true,
            shift: false,
        }
    }

    const fn ctrl_shift(key: Key) -> Self {
        Self {
            key,
            ctrl: true,
            shift: true,
        }
    }

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

/// Every action that has a name.
pub static TABLE: &[Entry] = &[
    Entry {
        name: "draw",
        keys: &[Shortcut::plain(Key::D)],
        action: Action::Pad(PadAction::Use(Tool::Draw)),
    },
    Entry {
        name: "erase",
        keys: &[Shortcut::plain(Key::E)],
        action: Action::Pad(PadAction::Use(Tool::Erase)),
    },
    Entry {
        name: "thinner",
        // On many keyboards a bracket takes AltGr.
        keys: &[
            Shortcut::plain(Key::OpenBracket),
            Shortcut::plain(Key::Num9),
        ],
        action: Action::Pad(PadAction::Widen(-4.0)),
    },
    Entry {
        name: "wider",
        keys: &[
            Shortcut::plain(Key::CloseBracket),
            Shortcut::plain(Key::Num0),
        ],
        action: Action::Pad(PadAction::Widen(4.0)),
    },
    Entry {
        name: "undo",
        keys: &[Shortcut::ctrl(Key::Z)],
        action: Action::Pad(PadAction::Undo),
    },
    Entry {
        name: "redo",
        keys: &[Shortcut::ctrl(Key::Y), Shortcut::ctrl_shift(Key::Z)],
        action: Action::Pad(PadAction::Redo),
    },
    Entry {
        name: "clear",
        keys: &[Shortcut::plain(Key::C), Shortcut::plain(Key::Delete)],
        action: Action::Pad(PadAction::Clear),
    },
    Entry {
        name: "prepare",
        keys: &[Shortcut::plain(Key::P)],
        action: Action::Toggle(Switch::Prepared),
    },
    Entry {
        name: "replay",
        keys: &[Shortcut::plain(Key::T)],
        action: Action::Pad(PadAction::Replay),
    },
    Entry {
        name: "save",
        keys: &[Shortcut::ctrl(Key::S)],
        action: Action::Save,
    },
    Entry {
        name: "load",
        keys: &[Shortcut::ctrl(Key::O)],
        action: Action::Load,
    },
    Entry {
        name: "picture",
        keys: &[Shortcut::plain(Key::K)],
        action: Action::SavePicture,
    },
    Entry {
        name: "share",
        keys: &[Shortcut::plain(Key::L)],
        action: Action::Share,
    },
    Entry {
        name: "every_frame",
        keys: &[Shortcut::plain(Key::V)],
        action: Action::Toggle(Switch::EveryFrame),
    },
    Entry {
        name: "all",
        keys: &[Shortcut::plain(Key::B)],
        action: Action::Show(Show::All),
    },
    Entry {
        name: "mlp",
        keys: &[Shortcut::plain(Key::M)],
        action: Action::Show(Show::Named(Cow::Borrowed("mlp"))),
    },
    Entry {
        name: "cnn",
        keys: &[Shortcut::plain(Key::N)],
        action: Action::Show(Show::Named(Cow::Borrowed("cnn"))),
    },
    Entry {
        name: "own",
        keys: &[Shortcut::plain(Key::Y)],
        action: Action::Show(Show::Own),
    },
    Entry {
        name: "network",
        keys: &[Shortcut::plain(Key::U)],
        action: Action::Toggle(Switch::OwnNetwork),
    },
    Entry {
        name: "overview",
        keys: &[Shortcut::plain(Key::Num1), Shortcut::plain(Key::R)],
        action: Action::View(Preset::Overview),
    },
    Entry {
        name: "top",
        keys: &[Shortcut::plain(Key::Num3)],
        action: Action::View(Preset::Top),
    },
    Entry {
        name: "side",
        keys: &[Shortcut::plain(Key::Num2)],
        action: Action::View(Preset::Side),
    },
    Entry {
        name: "left",
        keys: &[Shortcut::plain(Key::ArrowLeft)],
        action: Action::Arrow { x: -1, y: 0 },
    },
    Entry {
        name: "right",
        keys: &[Shortcut::plain(Key::ArrowRight)],
        action: Action::Arrow { x: 1, y: 0 },
    },
    Entry {
        name: "up",
        keys: &[Shortcut::plain(Key::ArrowUp)],
        action: Action::Arrow { x: 0, y: -1 },
    },
    Entry {
        name: "down",
        keys: &[Shortcut::plain(Key::ArrowDown)],
        action: Action::Arrow { x: 0, y: 1 },
    },
    Entry {
        name: "nearer",
        keys: &[Shortcut::plain(Key::Plus), Shortcut::plain(Key::Equals)],
        action: Action::Zoom(0.85),
    },
    Entry {
        name: "further",
        keys: &[Shortcut::plain(Key::Minus)],
        action: Action::Zoom(1.0 / 0.85),
    },
    Entry {
        name: "next_map",
        keys: &[Shortcut::plain(Key::PageUp)],
        action: Action::NextMap(1),
    },
    Entry {
        name: "previous_map",
        keys: &[Shortcut::plain(Key::PageDown)],
        action: Action::NextMap(-1),
    },
    Entry {
        name: "slow",
        keys: &[Shortcut::plain(Key::Space)],
        action: Action::Toggle(Switch::SlowMotion),
    },
    Entry {
        name: "edges",
        keys: &[Shortcut::plain(Key::G)],
        action: Action::Toggle(Switch::Edges),
    },
    Entry {
        name: "fewer_edges",
        keys: &[Shortcut::plain(Key::Comma)],
        action: Action::MoreEdges(-4),
    },
    Entry {
        name: "more_edges",
        keys: &[Shortcut::plain(Key::Period)],
        action: Action::MoreEdges(4),
    },
    Entry {
        name: "explain",
        keys: &[Shortcut::plain(Key::W)],
        action: Action::Explain,
    },
    Entry {
        name: "why_page",
        keys: &[Shortcut::plain(Key::F2)],
        action: Action::NextWhy,
    },
    Entry {
        name: "slide",
        keys: &[Shortcut::plain(Key::J)],
        action: Action::Toggle(Switch::Sliding),
    },
    Entry {
        name: "next_layer",
        keys: &[Shortcut::plain(Key::X)],
        action: Action::Page(1),
    },
    Entry {
        name: "previous_layer",
        keys: &[Shortcut::plain(Key::Z)],
        action: Action::Page(-1),
    },
    Entry {
        name: "lanes",
        keys: &[Shortcut::plain(Key::H)],
        action: Action::Toggle(Switch::LanesFillScreen),
    },
    Entry {
        name: "maps",
        keys: &[Shortcut::plain(Key::F)],
        action: Action::Toggle(Switch::Maps),
    },
    Entry {
        name: "numbers",
        keys: &[Shortcut::plain(Key::I)],
        action: Action::Toggle(Switch::Numbers),
    },
    Entry {
        name: "calm",
        keys: &[Shortcut::plain(Key::A)],
        action: Action::Toggle(Switch::Calm),
    },
    Entry {
        name: "reach",
        keys: &[Shortcut::plain(Key::Num4)],
        action: Action::Toggle(Switch::Reach),
    },
    Entry {
        name: "larger_text",
        keys: &[Shortcut::plain(Key::Num5)],
        action: Action::LargerText,
    },
    Entry {
        name: "high_contrast",
        keys: &[Shortcut::plain(Key::Num6)],
        action: Action::Toggle(Switch::HighContrast),
    },
    Entry {
        name: "tour",
        keys: &[Shortcut::plain(Key::O)],
        action: Action::Tour(Some(0)),
    },
    Entry {
        name: "tour_next",
        keys: &[Shortcut::plain(Key::Enter)],
        action: Action::TourBy(1),
    },
    Entry {
        name: "tour_back",
        keys: &[Shortcut::plain(Key::Backspace)],
        action: Action::TourBy(-1),
    },
    Entry {
        name: "challenge",
        keys: &[Shortcut::plain(Key::S)],
        action: Action::NextChallenge,
    },
    Entry {
        name: "school",
        keys: &[Shortcut::plain(Key::Num7)],
        action: Action::School(SchoolAction::Toggle),
    },
    Entry {
        name: "forget",
        keys: &[Shortcut::plain(Key::Home)],
        action: Action::School(SchoolAction::Forget),
    },
    Entry {
        name: "learn",
        keys: &[Shortcut::plain(Key::Num8)],
        action: Action::School(SchoolAction::LearnOrPause),
    },
    Entry {
        name: "one_step",
        keys: &[Shortcut::plain(Key::Insert)],
        action: Action::School(SchoolAction::Step),
    },
    Entry {
        name: "restore",
        keys: &[Shortcut::plain(Key::End)],
        action: Action::School(SchoolAction::Restore),
    },
    Entry {
        name: "own_digits",
        keys: &[Shortcut::plain(Key::F4)],
        action: Action::School(SchoolAction::OwnDigits),
    },
    Entry {
        name: "start_over",
        keys: &[],
        action: Action::StartOver,
    },
    Entry {
        name: "language",
        keys: &[Shortcut::plain(Key::Q)],
        action: Action::NextLanguage,
    },
    Entry {
        name: "help",
        keys: &[Shortcut::plain(Key::Questionmark), Shortcut::plain(Key::F1)],
        action: Action::Toggle(Switch::Help),
    },
    Entry {
        name: "more",
        keys: &[],
        action: Action::Toggle(Switch::More),
    },
    Entry {
        name: "close",
        keys: &[Shortcut::plain(Key::Escape)],
        action: Action::Close,
    },
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

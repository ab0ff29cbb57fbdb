//! What an operator can set. `assets/exhibit.toml` is the file with every setting as it is without one.

use crate::{access::TEXT_SIZES, words::Language};
use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;

/// Every setting, commented, as it is without a file.
pub const EXAMPLE: &str = include_str!("../../assets/exhibit.toml");

/// An exhibit's settings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The languages on offer, the first of which is spoken at the start: "en", "fr", "de", "es".
    #[serde(deserialize_with = "languages")]
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub languages: Vec<Language>,
    /// Whether the whole screen is taken.
    pub full_screen: bool,
    /// Whether the mouse pointer is seen. A touch table needs none.
    pub pointer: bool,
    /// Whether pad and controls lie in the lower half, for a child or a wheelchair.
    pub reach: bool,
    /// The screen's diagonal in inches, from which controls get 20 mm where there is room: 5 to 200, or 0 where it is not known.
    #[serde(deserialize_with = "screen")]
    #[cfg_attr(test, schemars(range(min = 0, max = 200)))]
    pub screen_inches: f32,
    /// The size of texts in percent: 100, 125 or 150. They grow where there is room.
    #[serde(deserialize_with = "text_size")]
    #[cfg_attr(test, schemars(range(min = 100, max = 150)))]
    pub text_size: u16,
    /// Whether it is white on nearly black, with thick outlines.
    pub high_contrast: bool,
    /// Seconds without a touch after which the visitor is asked: 10 to 3600.
    #[serde(deserialize_with = "idle")]
    #[cfg_attr(test, schemars(range(min = 10, max = 3600)))]
    pub idle_seconds: f32,
    /// Seconds to answer, before everything is as at the start: 20 to 600.
    #[serde(deserialize_with = "countdown")]
    #[cfg_attr(test, schemars(range(min = 20, max = 600)))]
    pub countdown_seconds: f32,
    /// Seconds after the last line from which a touch begins another digit on a clean pad: 1 to 60.
    #[serde(deserialize_with = "clean_pad")]
    #[cfg_attr(test, schemars(range(min = 1, max = 60)))]
    pub clean_pad_seconds: f32,
    /// Seconds after which the guided tour goes on by itself: 3 to 120, or 0 for never.
    #[serde(deserialize_with = "tour")]
    #[cfg_attr(test, schemars(range(min = 0, max = 120)))]
    pub tour_seconds: f32,
    /// The keys that leave the exhibit, such as "Ctrl+Shift+Q"; "" for none.
    #[serde(deserialize_with = "keys")]
    pub leave_keys: String,
    /// Seconds for which a finger or the pointer rests in the upper left corner to leave the exhibit: 3 to 60, or 0 for never.
    #[serde(deserialize_with = "corner")]
    #[cfg_attr(test, schemars(range(min = 0, max = 60)))]
    pub leave_corner_seconds: f32,
    /// Whether the challenges show the best drawings of the day: without names, in memory alone.
    pub best_drawings: bool,
    /// Whether drawings of visitors are kept on this device and shown among the recorded hands: strokes alone.
    pub keep_drawings: bool,
    /// How many of them at most, the newest: 1 to 200.
    #[serde(deserialize_with = "drawings")]
    #[cfg_attr(test, schemars(range(min = 1, max = 200)))]
    pub most_drawings: u16,
    /// Where logs, counts and drawings go; "" for a folder of the system's choice.
    pub folder: PathBuf,
    /// The networks on a screen of their own.
    pub second_screen: SecondScreen,
    /// What watches over it.
    pub supervisor: Supervisor,
}

/// The pad on a table, the networks on the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SecondScreen {
    /// Whether the networks are shown on a second screen, where one is there.
    pub on: bool,
    /// The screen of the pad: a part of its name, or its number from the left, "1" first; "" for the main one.
    pub table: String,
    /// The screen of the networks, likewise; "" for the first that is not the table's.
    pub wall: String,
}

/// What watches over the exhibit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Supervisor {
    /// Seconds until the first picture, or it is started again: 5 to 600.
    #[serde(deserialize_with = "start")]
    #[cfg_attr(test, schemars(range(min = 5, max = 600)))]
    pub start_seconds: f32,
    /// Seconds without a picture after which it is started again: 3 to 600.
    #[serde(deserialize_with = "heartbeat")]
    #[cfg_attr(test, schemars(range(min = 3, max = 600)))]
    pub heartbeat_seconds: f32,
    /// MiB of memory above which it is started again; 0 for no limit. Measured on Linux only.
    pub memory_mebibytes: u64,
    /// Local time at which it is started again once nobody is there, such as "04:00"; "" for never.
    #[serde(deserialize_with = "time_of_day")]
    pub restart_at: String,
    /// After so many starts within an hour the machine's command is run; 0 for never.
    pub machine_after: u32,
    /// What restarts the machine: a program and its arguments, such as ["systemctl", "reboot"].
    pub machine_command: Vec<String>,
    /// MiB that a log may have before the next one begins; the newest five are kept: 1 to 1024.
    #[serde(deserialize_with = "log_size")]
    #[cfg_attr(test, schemars(range(min = 1, max = 1024)))]
    pub log_mebibytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            languages: Language::ALL.to_vec(),
            full_screen: true,
            pointer: false,
            reach: false,
            screen_inches: 0.0,
            text_size: 100,
            high_contrast: false,
            idle_seconds: 45.0,
            countdown_seconds: 20.0,
            clean_pad_seconds: 3.0,
            tour_seconds: 12.0,
            leave_keys: "Ctrl+Shift+Q".into(),
            leave_corner_seconds: 8.0,
            best_drawings: true,
            keep_drawings: false,
            most_drawings: 50,
            folder: PathBuf::new(),
            second_screen: SecondScreen::default(),
            supervisor: Supervisor::default(),
        }
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Self {
            start_seconds: 120.0,
            heartbeat_seconds: 8.0,
            memory_mebibytes: 4096,
            restart_at: "04:00".into(),
            machine_after: 0,
            machine_command: Vec::new(),
            log_mebibytes: 4,
        }
    }
}

impl Settings {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Where it is no TOML, or a setting is unknown or out of its range: line, place, and what is allowed.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())
    }

    /// The language that is spoken at the start.
    pub fn first_language(&self) -> Language {
        self.languages.first().copied().unwrap_or_default()
    }

    /// Seconds a step of the tour; none where it waits for the visitor.
    pub fn tour_seconds(&self) -> Option<f32> {
        (self.tour_seconds > 0.0).then_some(self.tour_seconds)
    }
}

/// A number between these two, the allowed range told where it is not.
fn within<'de, D: Deserializer<'de>>(source: D, [low, high]: [f32; 2]) -> Result<f32, D::Error> {
    let value = f32::deserialize(source)?;
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!(
            "{value} is not allowed here; it may be {low} to {high}"
        )))
    }
}

/// The same, or 0 for none of it.
fn within_or_never<'de, D: Deserializer<'de>>(
    source: D,
    [low, high]: [f32; 2],
) -> Result<f32, D::Error> {
    let value = f32::deserialize(source)?;
    if value == 0.0 || (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!(
            "{value} is not allowed here; it may be {low} to {high}, or 0"
        )))
    }
}

macro_rules! ranges {
    ($($name:ident: $check:ident $low:literal to $high:literal;)*) => {
        $(fn $name<'de, D: Deserializer<'de>>(source: D) -> Result<f32, D::Error> {
            $check(source, [$low, $high])
        })*
    };
}

ranges! {
    idle: within 10.0 to 3600.0;
    countdown: within 20.0 to 600.0;
    clean_pad: within 1.0 to 60.0;
    start: within 5.0 to 600.0;
    heartbeat: within 3.0 to 600.0;
    tour: within_or_never 3.0 to 120.0;
    corner: within_or_never 3.0 to 60.0;
    screen: within_or_never 5.0 to 200.0;
}

fn log_size<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    within(source, [1.0, 1024.0]).map(|mebibytes| mebibytes as u64)
}

fn drawings<'de, D: Deserializer<'de>>(source: D) -> Result<u16, D::Error> {
    within(source, [1.0, 200.0]).map(|count| count as u16)
}

fn text_size<'de, D: Deserializer<'de>>(source: D) -> Result<u16, D::Error> {
    let percent = u16::deserialize(source)?;
    if TEXT_SIZES.contains(&percent) {
        Ok(percent)
    } else {
        Err(D::Error::custom(format!(
            "{percent} is not allowed here; it may be 100, 125 or 150"
        )))
    }
}

fn languages<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Language>, D::Error> {
    let languages = Vec::<Language>::deserialize(source)?;
    let twice = languages
        .iter()
        .enumerate()
        .any(|(place, language)| languages[..place].contains(language));
    if languages.is_empty() || twice {
        return Err(D::Error::custom(
            "name each language that is offered once, at least one of en, fr, de, es",
        ));
    }
    Ok(languages)
}

fn time_of_day<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let text = String::deserialize(source)?;
    if text.is_empty() || minutes_of_day(&text).is_some() {
        Ok(text)
    } else {
        Err(D::Error::custom(format!(
            "`{text}` is no time of day; write it as 04:00, or \"\" for never"
        )))
    }
}

/// Minutes since midnight of a time such as `04:00`.
pub fn minutes_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, limit: u32| {
        let number: u32 = text.parse().ok()?;
        (text.len() == 2 && number < limit).then_some(number)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

fn keys<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let text = String::deserialize(source)?;
    if text.is_empty() || shortcut(&text).is_some() {
        Ok(text)
    } else {
        Err(D::Error::custom(format!(
            "`{text}` is no combination of keys; write it as Ctrl+Shift+Q: Ctrl, Shift or Alt, and one letter from A to Z"
        )))
    }
}

/// What is held along, and the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveKeys {
    /// Ctrl is held.
    pub ctrl: bool,
    /// Shift is held.
    pub shift: bool,
    /// Alt is held.
    pub alt: bool,
    /// From A to Z.
    pub letter: char,
}

/// The keys of a text such as `Ctrl+Shift+Q`.
pub fn shortcut(text: &str) -> Option<LeaveKeys> {
    let mut keys = LeaveKeys {
        ctrl: false,
        shift: false,
        alt: false,
        letter: ' ',
    };
    for part in text.split('+') {
        let held = match part.trim() {
            "Ctrl" => &mut keys.ctrl,
            "Shift" => &mut keys.shift,
            "Alt" => &mut keys.alt,
            letter => {
                let letter = letter.parse::<char>().ok()?.to_ascii_uppercase();
                if keys.letter != ' ' || !letter.is_ascii_uppercase() {
                    return None;
                }
                keys.letter = letter;
                continue;
            }
        };
        *held = true;
    }
    (keys.letter != ' ' && (keys.ctrl || keys.alt)).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_what_holds_without_a_file() {
        assert_eq!(Settings::from_toml(EXAMPLE).unwrap(), Settings::default());
        assert_eq!(Settings::from_toml("").unwrap(), Settings::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_is_allowed() {
        let refused = |text: &str, parts: &[&str]| {
            let error = Settings::from_toml(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{part}: {error}");
            }
        };
        refused(
            "pointer = true\nidle_secs = 3",
            &["line 2", "idle_secs", "idle_seconds"],
        );
        refused("\nidle_seconds = 2", &["line 2", "10 to 3600"]);
        refused("countdown_seconds = 5", &["line 1", "20 to 600"]);
        refused("languages = [\"en\", \"it\"]", &["line 1", "it", "es"]);
        refused("languages = []", &["at least one"]);
        refused("leave_keys = \"Q\"", &["Ctrl+Shift+Q"]);
        refused(
            "[supervisor]\nrestart_at = \"4 o'clock\"",
            &["line 2", "04:00"],
        );
        refused("pointer = 3", &["line 1", "boolean"]);
        refused("screen_inches = 3", &["line 1", "5 to 200, or 0"]);
        refused("most_drawings = 0", &["line 1", "1 to 200"]);
        refused("text_size = 200", &["line 1", "100, 125 or 150"]);
        refused("pointer", &["line 1"]);
        refused("[second_screen]\nwall = 2", &["line 2", "string"]);
    }

    #[test]
    fn keys_are_read() {
        let keys = shortcut("Ctrl+Shift+q").unwrap();
        assert_eq!(
            (keys.ctrl, keys.shift, keys.alt, keys.letter),
            (true, true, false, 'Q')
        );
        assert_eq!(shortcut("Shift+Q"), None);
        assert_eq!(shortcut("Ctrl+QQ"), None);
        assert_eq!(minutes_of_day("04:30"), Some(270));
        assert_eq!(minutes_of_day("24:00"), None);
    }

    /// `MNISTIFY_WRITE_SCHEMA=1 cargo test` writes it anew.
    #[test]
    fn the_schema_describes_these_settings() {
        let schema = schemars::schema_for!(Settings);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exhibit.schema.json");
        if std::env::var_os("MNISTIFY_WRITE_SCHEMA").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            written == text,
            "docs/exhibit.schema.json is not of these settings"
        );
    }
}

//! What people read, by key, from one file a language in Fluent (<https://projectfluent.org>): `assets/languages`.
//!
//! One language is spoken at a time; every text is made anew in every frame, so a change shows in the next.

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use mnistify_network::import::{Note, Value};
use serde::{Deserialize, Serialize};
use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

pub use fluent_bundle::FluentValue;

/// What can be spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::German, Self::Spanish];

    /// By ISO 639-1, such as `fr`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// What its speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
        }
    }

    /// The language of a code or a locale, such as `fr`, `fr-CA` or `de_AT.UTF-8`.
    pub fn of(locale: &str) -> Option<Self> {
        let code = locale.split(['-', '_', '.']).next()?.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../assets/languages/en.ftl"),
            Self::French => include_str!("../assets/languages/fr.ftl"),
            Self::German => include_str!("../assets/languages/de.ftl"),
            Self::Spanish => include_str!("../assets/languages/es.ftl"),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        BUNDLES[self as usize].get_or_init(|| {
            let file = self.code();
            let resource = FluentResource::try_new(self.source().into());
            let resource = resource.unwrap_or_else(|(_, errors)| panic!("{file}: {errors:?}"));
            let language = file.parse().expect("a language");
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // Marks of direction would be drawn as boxes, and no language here runs from right to left.
            bundle.set_use_isolating(false);
            bundle
                .add_resource(resource)
                .unwrap_or_else(|errors| panic!("{file}: {errors:?}"));
            bundle
        })
    }

    /// What stands between a number's whole part and the rest.
    fn point(self) -> char {
        match self {
            Self::English => '.',
            Self::French | Self::German | Self::Spanish => ',',
        }
    }

    /// What parts thousands.
    fn comma(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
            // A space that lines do not break at.
            Self::French | Self::Spanish => '\u{a0}',
        }
    }
}

static SPOKEN: AtomicUsize = AtomicUsize::new(0);

/// The language that is spoken.
pub fn language() -> Language {
    Language::ALL[SPOKEN.load(Ordering::Relaxed)]
}

/// Speaks this language from now on.
pub fn speak(language: Language) {
    SPOKEN.store(language as usize, Ordering::Relaxed);
}

/// The text of this key.
///
/// # Panics
/// Where no language has it, or what it needs is not told: a mistake in the program, which a test of every panel meets.
pub fn say(key: &str) -> String {
    say_with(key, &[])
}

/// The text of this key with these values in it.
///
/// # Panics
/// As [`say`].
pub fn say_with(key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    say_in(language(), key, values)
}

/// The text of this key, or of an attribute of it (`key.attribute`), in this language.
///
/// # Panics
/// As [`say`].
pub fn say_in(language: Language, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let bundle = language.bundle();
    let (name, attribute) = match key.split_once('.') {
        Some((name, attribute)) => (name, Some(attribute)),
        None => (key, None),
    };
    let message = bundle.get_message(name);
    let pattern = message.and_then(|message| match attribute {
        Some(attribute) => Some(message.get_attribute(attribute)?.value()),
        None => message.value(),
    });
    let pattern = pattern.unwrap_or_else(|| panic!("{}: no words for {key}", language.code()));
    let arguments: FluentArgs<'_> = values
        .iter()
        .map(|(name, value)| (*name, numeric(value)))
        .collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
    assert!(errors.is_empty(), "{key}: {errors:?}");
    text.into_owned()
}

/// What was found out about a network, in this language.
pub fn say_note(language: Language, note: &Note) -> String {
    let values = note.values.iter().map(|(name, value)| {
        let value: FluentValue<'_> = match value {
            Value::Count(count) => (*count).into(),
            other => told(language, other).into(),
        };
        (&**name, value)
    });
    say_in(language, &note.key, &values.collect::<Vec<_>>())
}

fn told(language: Language, value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::Note(note) => say_note(language, note),
        Value::List(values, between) => {
            let all: Vec<_> = values.iter().map(|value| told(language, value)).collect();
            all.join(&**between)
        }
    }
}

/// A digit as a number, so that a language can choose by it: it is "an 8", and "a 7".
fn numeric<'a>(value: &'a FluentValue<'_>) -> FluentValue<'a> {
    match value {
        FluentValue::String(text) if text.len() == 1 => FluentValue::try_number(text),
        _ => value.clone(),
    }
}

/// A number that is written with a point, as the language writes it.
pub fn decimal(number: String) -> String {
    match language().point() {
        '.' => number,
        point => number.replace('.', point.encode_utf8(&mut [0; 4])),
    }
}

/// `669706` as `669,706`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(language().comma());
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn thousands_are_parted() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(669_706), "669,706");
    }

    #[test]
    fn words_are_found_and_filled_in() {
        assert_eq!(say("sure"), "sure");
        let why = say_with("explain-why", &[("digit", "3".into())]);
        assert_eq!(why, "Why a 3?");
        let why = say_with("explain-why", &[("digit", "8".into())]);
        assert_eq!(why, "Why an 8?");
        let reads = |count: usize| {
            say_with(
                "headline-reads",
                &[
                    ("count", count.into()),
                    ("network", "CNN".into()),
                    ("digit", "7".into()),
                ],
            )
        };
        assert_eq!(reads(1), "CNN reads a 7");
        assert_eq!(reads(2), "Two networks read a 7");
        assert_eq!(reads(4), "All networks read a 7");
        let why = say_in(Language::German, "explain-why", &[("digit", "8".into())]);
        assert_eq!(why, "Warum eine 8?");
    }

    #[test]
    fn notes_are_said_in_every_language() {
        let file = include_bytes!("network/tests/imported/lenet.safetensors");
        let loaded = mnistify_network::import::load(file, "lenet.safetensors", None).unwrap();
        let said = |language| -> Vec<String> {
            let notes = loaded.notes.iter();
            notes.map(|note| say_note(language, note)).collect()
        };
        let english = said(Language::English).join("\n");
        for part in [
            "Order: by their names: numbers in order, convolutions before dense layers. conv1, conv2, fc1",
            "conv1 padding 2, then 2×2 ",
            "pooling; conv2 no padding, then 2×2 ",
            "Activation: ReLU after every layer but the last, assumed",
            "mean 0.1307",
            "Classes: 0 to 9, assumed",
        ] {
            assert!(english.contains(part), "{part}: {english}");
        }
        assert!(said(Language::German).join("\n").contains("conv1 Rand 2"));
        for language in Language::ALL {
            assert_eq!(said(language).len(), loaded.notes.len());
        }
    }

    #[test]
    fn a_locale_tells_its_language() {
        assert_eq!(Language::of("fr"), Some(Language::French));
        assert_eq!(Language::of("de_AT.UTF-8"), Some(Language::German));
        assert_eq!(Language::of("es-419"), Some(Language::Spanish));
        assert_eq!(Language::of("C.UTF-8"), None);
        assert_eq!(Language::of(""), None);
    }

    /// Each key of a file, with the names of the values that it uses.
    fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in language.source().lines() {
            let begins = line.chars().next().is_some_and(char::is_alphabetic);
            if let (true, Some((name, _))) = (begins, line.split_once('=')) {
                key = name.trim().to_string();
                assert!(!found.contains_key(&key), "{key} is there twice");
                found.insert(key.clone(), BTreeSet::new());
            } else if let Some(attribute) = line.trim_start().strip_prefix('.') {
                let name = attribute.split('=').next().unwrap_or_default().trim();
                found.insert(format!("{key}.{name}"), BTreeSet::new());
            }
            for part in line.split('$').skip(1).filter(|_| !line.starts_with('#')) {
                let name = part.chars().take_while(|c| c.is_alphanumeric()).collect();
                found.entry(key.clone()).or_default().insert(name);
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_key() {
        let english = keys(Language::English);
        for language in Language::ALL {
            let here = keys(language);
            for (key, values) in &english {
                let file = language.code();
                let found = here.get(key);
                let found = found.unwrap_or_else(|| panic!("{file}.ftl lacks {key}"));
                assert!(
                    found.is_subset(values),
                    "{file}.ftl, {key}: uses {found:?}, but is told {values:?}"
                );
            }
            let extra: Vec<&String> = here
                .keys()
                .filter(|key| !english.contains_key(*key))
                .collect();
            assert!(
                extra.is_empty(),
                "{}.ftl has more: {extra:?}",
                language.code()
            );
        }
    }

    #[test]
    fn every_note_about_a_network_has_words() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/network");
        let mut files = files_in(&folder.join("import"));
        files.push(folder.join("import.rs"));
        let mut told = BTreeSet::new();
        for file in files {
            let code = std::fs::read_to_string(file).expect("a file of the network's part");
            let notes = code.split("\"note-").skip(1);
            told.extend(notes.filter_map(|rest| rest.split('"').next().map(str::to_string)));
        }
        let written = keys(Language::English).into_keys();
        let written = written.filter_map(|key| key.strip_prefix("note-").map(str::to_string));
        assert_eq!(told, written.collect());
    }

    /// A sentence in the code would stay English.
    #[test]
    fn no_text_stands_in_the_code() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for name in [
            "panels",
            "actions",
            "own_network",
            "exhibit",
            "challenge.rs",
            "guide.rs",
            "tour.rs",
        ] {
            for file in files_in(&folder.join(name)) {
                let text = std::fs::read_to_string(&file).expect("a file of the app");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for (number, line) in code.lines().enumerate() {
                    let line = line.trim();
                    let told = line.starts_with("//")
                        || ["expect(", "panic!", "assert", "warn!", "info!", "error!"]
                            .iter()
                            .any(|word| line.contains(word));
                    assert!(
                        told || !holds_sentence(line),
                        "{}:{}: {line}",
                        file.display(),
                        number + 1
                    );
                }
            }
        }
    }

    /// The files of a folder and of those in it, in order; or this file.
    fn files_in(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        if folder.is_file() {
            return vec![folder.into()];
        }
        let entries = std::fs::read_dir(folder)
            .expect("a part of the app")
            .flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        let each = paths.into_iter().flat_map(|path| {
            if path.is_dir() {
                files_in(&path)
            } else {
                vec![path]
            }
        });
        each.collect()
    }

    /// Whether a string in this line begins with a capital letter and has several words.
    fn holds_sentence(line: &str) -> bool {
        line.split('"').skip(1).step_by(2).any(|text| {
            let mut words = text.split(' ');
            let first = words.next().unwrap_or_default();
            first.len() > 1
                && first.chars().next().is_some_and(char::is_uppercase)
                && words
                    .next()
                    .is_some_and(|word| word.chars().any(char::is_alphabetic))
        })
    }
}

//! What people read, by key, from one file a language in Fluent (<https://projectfluent.org>): `assets/languages`.

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use std::sync::OnceLock;

pub use fluent_bundle::FluentValue;

const ENGLISH: &str = include_str!("../assets/languages/en.ftl");

fn bundle() -> &'static FluentBundle<FluentResource> {
    static BUNDLE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let resource = FluentResource::try_new(ENGLISH.into());
        let resource = resource.unwrap_or_else(|(_, errors)| panic!("en.ftl: {errors:?}"));
        let language = "en".parse().expect("a language");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks of direction would be drawn as boxes, and no language here runs from right to left.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .unwrap_or_else(|errors| panic!("en.ftl: {errors:?}"));
        bundle
    })
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
    let bundle = bundle();
    let message = bundle.get_message(key).and_then(|message| message.value());
    let pattern = message.unwrap_or_else(|| panic!("there are no words for {key}"));
    let arguments: FluentArgs<'_> = values
        .iter()
        .map(|(name, value)| (*name, numeric(value)))
        .collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
    assert!(errors.is_empty(), "{key}: {errors:?}");
    text.into_owned()
}

/// A digit as a number, so that a language can choose by it: it is "an 8", and "a 7".
fn numeric<'a>(value: &'a FluentValue<'_>) -> FluentValue<'a> {
    match value {
        FluentValue::String(text) if text.len() == 1 => FluentValue::try_number(text),
        _ => value.clone(),
    }
}

/// `669706` as `669,706`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}

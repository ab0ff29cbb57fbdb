//! Documents from templates: the model cards, the journals, and what `train eval` prints. The templates lie in
//! `templates/`, and all wording and layout is theirs; here are the words that they may use for numbers.

use crate::{eval::rejection::FALSE_REJECTION, statistics::Summary};
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value};
use mnistify_network::prediction::DEFAULT_THRESHOLD;
use serde::Serialize;

/// How a command of this program begins.
pub const COMMAND: &str = "cargo run --release -p mnistify-trainer --";

/// What stands for a number that is none: JSON has neither infinity nor NaN.
const NOTHING: &str = "–";

/// A template filled in.
///
/// # Panics
/// Where the template asks for what `data` does not have: the templates are part of this program.
pub fn render(template: &str, data: &impl Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.set_formatter(write_value);
    environment.add_global("COMMAND", COMMAND);
    environment.add_global("FALSE_REJECTION", FALSE_REJECTION);
    environment.add_global("NOT_SURE", f64::from(DEFAULT_THRESHOLD));
    environment.add_filter("fixed", |value: Option<f64>, digits: usize| {
        value.map_or(NOTHING.to_string(), |value| format!("{value:.digits$}"))
    });
    environment.add_filter("signed", |value: f64, digits: usize| {
        format!("{value:+.digits$}")
    });
    // What was a number of 32 bits, as one of them.
    environment.add_filter("scientific", |value: f64| format!("{:e}", value as f32));
    environment.add_filter("percent", |part: Option<f64>| {
        part.map_or(NOTHING.to_string(), |part| format!("{:.2} %", 100.0 * part))
    });
    environment.add_filter("thousands", thousands);
    environment.add_filter("duration", duration);
    environment.add_filter("spread", |values: Vec<f64>, digits: usize, scale: f64| {
        let scaled: Vec<f64> = values.iter().map(|value| scale * value).collect();
        Summary::of(&scaled).text(digits)
    });
    environment.add_filter("current", |command: String| current(&command));
    for (name, source) in [
        ("card.md", include_str!("templates/card.md")),
        ("evaluation.md", include_str!("templates/evaluation.md")),
        ("figures.md", include_str!("templates/figures.md")),
        ("journal.md", include_str!("templates/journal.md")),
    ] {
        let added = environment.add_template(name, source);
        added.unwrap_or_else(|error| panic!("{error:#}"));
    }
    let filled = environment
        .get_template(template)
        .and_then(|found| found.render(data));
    filled.unwrap_or_else(|error| panic!("{error:#}"))
}

/// Numbers as Rust writes them: 15 rather than 15.0.
fn write_value(output: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    match f64::try_from(value.clone()) {
        Ok(number) if value.is_number() => Ok(write!(output, "{number}")?),
        _ => minijinja::escape_formatter(output, state, value),
    }
}

/// A number with commas: 55,000.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A recorded command as it is given now: weights and records keep the words of their time.
pub fn current(command: &str) -> String {
    match command.split_once(" -- ") {
        Some((start, options)) if start.starts_with("cargo run") => format!("{COMMAND} {options}"),
        _ => command.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [7.0, 1000.0, 1_234_567.0].map(thousands),
            ["7", "1,000", "1,234,567"]
        );
        assert_eq!(
            [3.6, 75.0, 7_500.0].map(duration),
            ["4 s", "1 min 15 s", "2 h 5 min"]
        );
    }

    #[test]
    fn old_commands_are_told_in_todays_words() {
        let old = "cargo run --release --features train --bin train -- eval --robust";
        assert_eq!(current(old), format!("{COMMAND} eval --robust"));
        assert_eq!(current("python3 a.py -- b"), "python3 a.py -- b");
    }
}

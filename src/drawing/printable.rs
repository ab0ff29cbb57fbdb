//! Names and values of files in messages: short, and without what a terminal would obey.

/// The most characters of a name or a value in a message.
const LONGEST: usize = 300;

/// The text without control characters and marks of writing direction, and with its middle left out where it has more
/// than 300 characters, so that no name or value of a file fills or changes a terminal.
pub fn printable(text: &str) -> String {
    let is_plain = |c: &char| !c.is_control() && !is_direction(*c);
    let clean: Vec<char> = text.chars().filter(is_plain).take(LONGEST + 1).collect();
    if clean.len() <= LONGEST {
        return clean.into_iter().collect();
    }
    let half = LONGEST / 2;
    let mut end: Vec<char> = text.chars().rev().filter(is_plain).take(half).collect();
    end.reverse();
    let start = clean.into_iter().take(half);
    start.chain(['…']).chain(end).collect()
}

/// Marks that turn the order of what follows (Unicode Standard Annex 9).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_sees_only_a_short_plain_text() {
        assert_eq!(printable("/a/three.png"), "/a/three.png");
        assert_eq!(printable("a\u{1b}[31m\nb\u{202e}c\u{9b}"), "a[31mbc");
        let long = printable(&"x".repeat(100_000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.contains('…'));
    }
}

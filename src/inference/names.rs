//! What a network is called: files may have any name, and there is little room for it.

/// Letters that a network's name may have in the panels.
const MOST_LETTERS: usize = 18;

/// What is shown for a network of this name beside networks of the names `taken`.
pub fn display_name(name: &str, taken: &[&str]) -> String {
    let words = name.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let name = if words.is_empty() {
        "network".to_string()
    } else {
        shortened(&words.join(" "), MOST_LETTERS)
    };
    let small = name.to_lowercase();
    if taken.iter().any(|taken| taken.to_lowercase() == small) {
        format!("{} (yours)", shortened(&name, MOST_LETTERS - 8))
    } else {
        name
    }
}

/// The beginning of a text, with `…` where something is left out.
pub fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_string();
    }
    let start: String = text.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_unlike_the_others() {
        assert_eq!(display_name("lenet", &["MLP", "CNN"]), "lenet");
        assert_eq!(display_name("mlp", &["MLP", "CNN"]), "mlp (yours)");
        assert_eq!(display_name(" a\n\tb ", &[]), "a b");
        assert_eq!(display_name("\u{7}", &[]), "network");
        let long = display_name("a network with a very long name", &[]);
        assert_eq!(long, "a network with a…");
        let again = display_name("a network with a very long name", &[&long]);
        assert!(again.ends_with(" (yours)") && again.chars().count() <= 18);
    }

    #[test]
    fn letters_are_cut_whole() {
        assert_eq!(shortened("éèêë", 4), "éèêë");
        assert_eq!(shortened("éèêë", 3), "éè…");
        assert_eq!(shortened("abc", 0), "…");
    }
}

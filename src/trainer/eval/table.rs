//! Figures as Markdown.

/// A table with a heading row. Rows may be shorter than it.
pub fn table(heading: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(heading);
    text.push_str(&format!("|{}\n", "---|".repeat(heading.len())));
    for row in rows {
        text.push_str(&line(row));
    }
    text.trim_end().to_string()
}

/// A part from 0 to 1 in per cent, with two digits after the point.
pub fn percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_between_bars() {
        let cells = |words: [&str; 2]| words.map(String::from).to_vec();
        let text = table(&cells(["a", "b"]), &[cells(["1", "2"]), cells(["3", "4"])]);
        assert_eq!(text, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |");
        assert_eq!(percent(0.99514), "99.51 %");
    }
}

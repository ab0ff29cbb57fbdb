//! Digits as lines of numbers: Kaggle's `label,pixel0,…,pixel783`, with or without that header and the label.

use crate::image28::PIXELS;

/// Numbers of images, row by row, and the images' labels.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    /// A multiple of 784.
    pub values: Vec<f32>,
    /// One an image, 0 to 9.
    pub labels: Option<Vec<u8>>,
}

/// What separates numbers.
const SEPARATORS: [char; 4] = [',', ';', '\t', ' '];

/// The separator of a text whose first line has as many fields as a digit has pixels; none where it is another text.
pub(crate) fn separator(bytes: &[u8]) -> Option<char> {
    // A header of long names takes a few kilobytes.
    let start = bytes.get(..bytes.len().min(64 << 10))?;
    let end = start.iter().position(|&byte| byte == b'\n');
    let line = std::str::from_utf8(&start[..end.unwrap_or(start.len())]).ok()?;
    if line
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\r' | '\t'))
    {
        return None;
    }
    let fields = |separator: &char| line.trim().split(*separator).count();
    let enough = PIXELS..=PIXELS + 1;
    SEPARATORS
        .into_iter()
        .find(|separator| enough.contains(&fields(separator)))
}

/// The numbers of a text of lines, and its labels where its lines have one more number than a digit has pixels.
///
/// # Errors
/// Which line is wrong, and how, as the end of a sentence that begins with the file's name.
pub(crate) fn read(bytes: &[u8], separator: char) -> Result<Table, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is no text".to_string())?;
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.lines().enumerate();
    let mut lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let mut all = lines.clone();
    let Some((_, first)) = all.next() else {
        return Err("has no lines".to_string());
    };
    let fields: Vec<&str> = first.trim().split(separator).map(bare).collect();
    let has_label = fields.len() == PIXELS + 1;
    let has_header = fields.iter().any(|field| field.parse::<f32>().is_err());
    // Without a header the label is first, as Kaggle and most copies have it.
    let label_is_last = has_header
        && fields.last().is_some_and(|name| {
            ["label", "class", "target", "y"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
    if has_header {
        lines.next();
    }
    let mut table = Table {
        values: Vec::new(),
        labels: has_label.then(Vec::new),
    };
    let columns = PIXELS + usize::from(has_label);
    let mut numbers = Vec::with_capacity(columns);
    for (index, line) in lines {
        numbers.clear();
        for field in line.trim().split(separator) {
            let number: f32 = bare(field).parse().map_err(|_| {
                let field: String = field.chars().take(40).collect();
                format!("has “{field}” in line {}, which is no number", index + 1)
            })?;
            numbers.push(number);
        }
        if numbers.len() != columns {
            return Err(format!(
                "has {} numbers in line {}, but {columns} before",
                numbers.len(),
                index + 1
            ));
        }
        if let Some(labels) = &mut table.labels {
            let label = if label_is_last {
                numbers.pop().unwrap_or_default()
            } else {
                numbers.remove(0)
            };
            if label.fract() != 0.0 || !(0.0..=9.0).contains(&label) {
                return Err(format!(
                    "has the label {label} in line {}, but labels are digits from 0 to 9",
                    index + 1
                ));
            }
            labels.push(label as u8);
        }
        table.values.extend_from_slice(&numbers);
    }
    Ok(table)
}

/// A field without spaces and quotation marks around it.
fn bare(field: &str) -> &str {
    field.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(first: &str, pixel: &str) -> String {
        format!("{first}{}", format!(",{pixel}").repeat(PIXELS))
    }

    fn table(text: &str) -> Result<Table, String> {
        let separator = separator(text.as_bytes()).expect("a text of digits");
        read(text.as_bytes(), separator)
    }

    #[test]
    fn headers_and_labels_are_found() {
        let text = format!("{}\r\n{}\r\n", line("label", "pixel"), line("7", "255"));
        let found = table(&text).expect("sound");
        assert_eq!(found.labels, Some(vec![7]));
        assert_eq!(found.values, [255.0; PIXELS]);
        let found = table(&line("7", "0.5")).expect("sound");
        assert_eq!(found.labels, Some(vec![7]));
        let bare = line("7", "3");
        let found = table(bare.trim_start_matches("7,")).expect("sound");
        assert_eq!((found.labels, found.values.len()), (None, PIXELS));
        let last = format!("pixel{},class\n0{},4", ",p".repeat(783), ",0".repeat(783));
        assert_eq!(table(&last).expect("sound").labels, Some(vec![4]));
    }

    #[test]
    fn faults_have_their_line() {
        let fault =
            |second: &str| table(&format!("{}\n{second}", line("1", "0"))).expect_err("faulty");
        assert!(fault("1,2,3").contains("3 numbers in line 2"));
        assert!(fault(&line("1", "x")).contains("“x” in line 2"));
        assert!(fault(&line("10", "0")).contains("label 10 in line 2"));
        assert_eq!(separator(b"This is no picture.\n"), None);
        assert_eq!(separator(b"\0\x01"), None);
    }
}

//! Letters of the system's fonts as 28×28 images: shapes that no stroke generator of this project made.

use super::rejection::Kind;
use ab_glyph::{Font, FontVec};
use mnistify_drawing::{Gray, Image28, picture};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Where Debian's packages of fonts put their files.
pub const FOLDER: &str = "/usr/share/fonts/truetype";
/// Capitals without O, I, S, Z, B and G, small letters without l, o, s, z, g, q, b and i: a person too could read those
/// as digits.
pub const LETTERS: &str = "ACDEFHJKLMNPQRTUVWXYacdefhjkmnprtuvwxy";
/// Pixels from a font's ascent to its descent: a letter is then some five times as large as in the prepared image.
const HEIGHT: f32 = 160.0;
/// By so many of these pixels a letter is made thicker on every side, about a fifth of a pixel of the prepared image: a
/// light font is thinner than any brush, and a bold one must keep its holes.
const THICKER: usize = 1;
/// Paper around a letter, so that its border is paper.
const MARGIN: usize = THICKER + 2;

/// Letters of all fonts below a folder, at most `count`, evenly spaced, prepared as pictures are; none where there is no
/// font. Files that are no fonts, and fonts that lack one of the letters, are left out.
pub fn letters(folder: &Path, count: usize) -> Option<Kind> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    // In an order that does not depend on the file system.
    files.sort();
    let all: Vec<Vec<Image28>> = files.par_iter().map(|file| letters_of(file)).collect();
    let all: Vec<Image28> = all.into_iter().flatten().collect();
    if all.is_empty() {
        return None;
    }
    let count = count.clamp(1, all.len());
    let images = (0..count).map(|index| all[index * all.len() / count].clone());
    Some(Kind {
        name: "font letters".to_string(),
        images: images.collect(),
    })
}

/// The files of fonts below a folder; what cannot be read is passed over.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // A link to a folder could lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, files);
        } else if is_font(&path) {
            files.push(path);
        }
    }
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|found| {
        ["ttf", "otf"]
            .iter()
            .any(|known| found.eq_ignore_ascii_case(known))
    })
}

/// All letters of one font; nothing where it lacks one.
fn letters_of(file: &Path) -> Vec<Image28> {
    let font = std::fs::read(file).ok();
    let Some(font) = font.and_then(|bytes| FontVec::try_from_vec(bytes).ok()) else {
        return Vec::new();
    };
    let pictures: Option<Vec<Gray>> = LETTERS
        .chars()
        .map(|letter| letter_picture(&font, letter))
        .collect();
    let pictures = pictures.unwrap_or_default();
    pictures
        .iter()
        .map(|picture| picture::prepare(&thicker(picture, THICKER)))
        .collect()
}

/// A letter in light ink on dark paper; none where the font lacks it.
fn letter_picture(font: &FontVec, letter: char) -> Option<Gray> {
    let glyph = font.glyph_id(letter);
    // Glyph 0 stands for everything that a font lacks.
    if glyph.0 == 0 {
        return None;
    }
    let outline = font.outline_glyph(glyph.with_scale(HEIGHT))?;
    let bounds = outline.px_bounds();
    let width = bounds.width() as usize + 2 * MARGIN;
    let height = bounds.height() as usize + 2 * MARGIN;
    let mut values = vec![0.0; width * height];
    outline.draw(|x, y, coverage| {
        let (x, y) = (x as usize + MARGIN, y as usize + MARGIN);
        values[y * width + x] = coverage.clamp(0.0, 1.0);
    });
    Some(Gray {
        width,
        height,
        values,
    })
}

/// Each pixel the brightest within a disc: ink grows by its radius on every side.
fn thicker(picture: &Gray, radius: usize) -> Gray {
    let Gray {
        width,
        height,
        values,
    } = picture;
    let mut grown = values.clone();
    for (index, value) in values.iter().enumerate() {
        if *value == 0.0 {
            continue;
        }
        let (x, y) = (index % width, index / width);
        for row in y.saturating_sub(radius)..=(y + radius).min(height - 1) {
            for column in x.saturating_sub(radius)..=(x + radius).min(width - 1) {
                let distance = row.abs_diff(y).pow(2) + column.abs_diff(x).pow(2);
                if distance <= radius * radius {
                    let place = &mut grown[row * width + column];
                    *place = place.max(*value);
                }
            }
        }
    }
    Gray {
        width: *width,
        height: *height,
        values: grown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_letter_passes_for_a_digit() {
        assert!(!LETTERS.contains(|letter: char| "OISZBGloszgqbi".contains(letter)));
        let letters: BTreeSet<char> = LETTERS.chars().collect();
        assert_eq!((letters.len(), LETTERS.len()), (38, 38));
    }

    #[test]
    fn ink_grows_by_the_radius() {
        let mut picture = Gray {
            width: 7,
            height: 5,
            values: vec![0.0; 35],
        };
        picture.values[2 * 7 + 3] = 0.5;
        let grown = thicker(&picture, 2);
        let ink = |x: usize, y: usize| grown.values[y * 7 + x];
        for (x, y) in [(3, 2), (1, 2), (5, 2), (3, 0), (3, 4), (4, 3)] {
            assert_eq!(ink(x, y), 0.5, "{x} {y}");
        }
        for (x, y) in [(0, 2), (6, 2), (1, 0), (5, 4)] {
            assert_eq!(ink(x, y), 0.0, "{x} {y}");
        }
    }

    #[test]
    fn a_folder_without_fonts_is_no_error() {
        assert!(letters(Path::new("/nonexistent-fonts"), 5).is_none());
        assert!(is_font(Path::new("a/B.TTF")) && !is_font(Path::new("ttf")));
    }

    #[test]
    fn the_systems_letters_are_thick_and_centred() {
        // Where there are fonts; nothing else here depends on them.
        let Some(kind) = letters(Path::new(FOLDER), 60) else {
            return;
        };
        assert!((1..=60).contains(&kind.images.len()));
        for image in &kind.images {
            let (x, y) = image.centre_of_mass().expect("ink");
            assert!((x - 14.0).abs() < 4.1 && (y - 14.0).abs() < 4.1, "{x} {y}");
            let ink: f32 = image.as_slice().iter().sum();
            assert!((10.0..400.0).contains(&ink), "{ink}");
        }
    }
}

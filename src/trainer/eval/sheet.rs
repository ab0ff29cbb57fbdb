//! Many 28×28 images as one picture, a PGM or a PNG by its file name, to see what networks are given.

use image::{GrayImage, Luma};
use mnistify_drawing::{Image28, SIDE};
use std::path::Path;

/// Picture pixels along each side of an image's pixel.
const ZOOM: usize = 2;
/// Picture pixels between two images, and around all.
const GAP: usize = 4;
/// The brightness of what lies between.
const BETWEEN: u8 = 96;

/// One line of images for each row, ink black on white.
pub fn sheet(rows: &[Vec<Image28>]) -> GrayImage {
    let cell = SIDE * ZOOM + GAP;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (columns * cell + GAP, rows.len() * cell + GAP);
    GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        // Counted from the first image; what lies before it is a gap.
        let place = |at: usize| at.checked_sub(GAP).map(|at| (at / cell, at % cell / ZOOM));
        let pixel = place(x).zip(place(y)).and_then(|((column, x), (line, y))| {
            let image = rows.get(line)?.get(column)?;
            (x < SIDE && y < SIDE).then(|| image.get(x, y))
        });
        Luma([pixel.map_or(BETWEEN, |ink| 255 - (255.0 * ink).round() as u8)])
    })
}

/// Writes the picture: a PNG where the name ends so, else a PGM.
///
/// # Errors
/// Where the file cannot be written.
pub fn save(path: &Path, picture: &GrayImage) -> image::ImageResult<()> {
    let end = path.extension();
    if end.is_some_and(|end| end.eq_ignore_ascii_case("png")) {
        return picture.save(path);
    }
    let mut bytes = format!("P5\n{} {}\n255\n", picture.width(), picture.height()).into_bytes();
    bytes.extend_from_slice(picture.as_raw());
    Ok(std::fs::write(path, bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_in_a_grid_and_are_read_back() {
        let mut dot = [0; SIDE * SIDE];
        dot[0] = 255;
        let image = Image28::from_bytes(&dot);
        let picture = sheet(&[vec![image.clone(), image.clone()], vec![image]]);
        assert_eq!((picture.width(), picture.height()), (124, 124));
        let at = |x, y| picture.get_pixel(x, y).0[0];
        assert_eq!(
            [at(0, 0), at(4, 4), at(5, 5), at(6, 6)],
            [BETWEEN, 0, 0, 255]
        );
        assert_eq!([at(64, 4), at(4, 64), at(70, 70)], [0, 0, BETWEEN]);
        let path =
            |end| std::env::temp_dir().join(format!("mnistify-{}.{end}", std::process::id()));
        save(&path("png"), &picture).unwrap();
        assert_eq!(image::open(path("png")).unwrap().into_luma8(), picture);
        save(&path("pgm"), &picture).unwrap();
        let bytes = std::fs::read(path("pgm")).unwrap();
        assert!(bytes.starts_with(b"P5\n124 124\n255\n") && bytes.len() == 15 + 124 * 124);
        for end in ["png", "pgm"] {
            std::fs::remove_file(path(end)).unwrap();
        }
    }
}

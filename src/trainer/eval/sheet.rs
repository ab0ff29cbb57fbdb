//! Many 28×28 images as one picture, to see what networks are given.

use image::{GrayImage, Luma};
use mnistify_drawing::{Image28, SIDE};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_in_a_grid() {
        let mut dot = [0; SIDE * SIDE];
        dot[0] = 255;
        let image = Image28::from_bytes(&dot);
        let picture = sheet(&[vec![image.clone(), image.clone()], vec![image]]);
        assert_eq!((picture.width(), picture.height()), (124, 124));
        let at = |(x, y)| picture.get_pixel(x, y).0[0];
        assert_eq!(
            [(0, 0), (4, 4), (5, 5), (6, 6)].map(at),
            [BETWEEN, 0, 0, 255]
        );
        assert_eq!([(64, 4), (4, 64), (70, 70)].map(at), [0, 0, BETWEEN]);
    }
}

//! What the visitor draws, and the 28×28 image that is made of it.
//!
//! Everything here is plain data and pure functions (only the few `load`, `save` and `read_*` functions touch files):
//!
//! - [`strokes`]: the pad's strokes with undo and redo,
//! - [`recording`]: strokes as a JSON file, and the part of them made up to a moment,
//! - [`pieces`]: the line cut into pieces, and the drawing without some of them,
//! - [`raster`]: strokes to an image, prepared as MNIST's digits were,
//! - [`picture`]: a photo, scan or drawing to an image, prepared likewise,
//! - [`idx`]: MNIST's own files, for the trainer,
//! - [`digits_file`]: files of many digits of all kinds (IDX, CSV, NumPy) for everybody else,
//! - [`image28`]: the image itself.

mod csv;
pub mod digits_file;
pub mod idx;
pub mod image28;
mod numpy;
pub mod picture;
pub mod pieces;
pub mod printable;
pub mod raster;
pub mod recording;
pub mod strokes;

pub use digits_file::{Digits, DigitsError};
pub use idx::IdxError;
pub use image28::{Image28, PIXELS, SIDE};
pub use picture::{Gray, PictureError, Prepared, Refusal};
pub use printable::printable;
pub use raster::{Held, Preparation, rasterise, rasterise_sheet};
pub use recording::RecordingError;
pub use strokes::{
    DEFAULT_BRUSH_WIDTH, Drawing, MAX_BRUSH_WIDTH, MAX_POINTS, MIN_BRUSH_WIDTH, PAD_SIZE, Point,
    Sheet, Stroke, Tool,
};

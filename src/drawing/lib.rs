//! What the visitor draws, and the 28×28 image that is made of it.
//!
//! Everything here is plain data and pure functions (only the few `load`, `save` and `read_*` functions touch files):
//!
//! - [`strokes`]: the pad's strokes with undo and redo,
//! - [`recording`]: strokes as a JSON file, and the part of them made up to a moment,
//! - [`raster`]: strokes to an image, prepared as MNIST's digits were,
//! - [`picture`]: a PNG to an image, prepared likewise,
//! - [`idx`]: MNIST's own files,
//! - [`image28`]: the image itself.

pub mod idx;
pub mod image28;
pub mod picture;
pub mod raster;
pub mod recording;
pub mod strokes;

pub use idx::IdxError;
pub use image28::{Image28, PIXELS, SIDE};
pub use picture::{Gray, PictureError};
pub use raster::{Preparation, rasterise};
pub use recording::RecordingError;
pub use strokes::{
    DEFAULT_BRUSH_WIDTH, Drawing, MAX_BRUSH_WIDTH, MIN_BRUSH_WIDTH, PAD_SIZE, Point, Stroke, Tool,
};

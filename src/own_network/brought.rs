//! What a person brings that is no network: a picture of a digit, or a saved drawing. Both land on the pad.

use super::{Content, Offered};
use mnistify_drawing::{
    Sheet,
    digits_file::{self, Content as Kind},
    picture, recording,
};

/// So much of a file tells what it is.
const BEGINNING: usize = 4096;
/// Larger pictures are refused before they are read (64 MiB).
#[cfg(not(target_arch = "wasm32"))]
const MAX_PICTURE_BYTES: u64 = 64 << 20;

/// Something for the pad, and what the person should know.
pub struct Brought {
    pub sheet: Sheet,
    pub told: Option<String>,
}

/// Whether a file is for the pad: its content says so, not its name.
pub fn is_for_pad(file: &Offered<Content>) -> bool {
    let start = beginning(&file.content);
    match digits_file::content(&start) {
        Kind::Picture(_) => true,
        // A description of a network is JSON too.
        Kind::Strokes => contains(&start, b"\"strokes\""),
        _ => false,
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Reads a picture or a drawing.
///
/// # Errors
/// What is wrong with it, for people.
pub fn read(file: &Offered<Content>) -> Result<Brought, String> {
    let name = &file.name;
    let bytes = whole(&file.content, name)?;
    if let Kind::Strokes = digits_file::content(&bytes) {
        let text = str::from_utf8(&bytes).map_err(|_| format!("{name} is not a text"))?;
        let sheet = recording::sheet_from_json(text).map_err(|error| format!("{name}: {error}"))?;
        return Ok(Brought { sheet, told: None });
    }
    let gray = picture::decode_picture(&bytes, name).map_err(|error| error.to_string())?;
    let (image, told) = match picture::as_is(&gray) {
        Some(image) => (image, None),
        None => {
            let prepared = picture::read(&gray);
            (
                prepared.image,
                prepared.refusal.map(|why| format!("{name}: {why}")),
            )
        }
    };
    let sheet = Sheet {
        strokes: Vec::new(),
        picture: Some(Box::new(image)),
    };
    Ok(Brought { sheet, told })
}

/// Reads a picture or a drawing that a person named.
///
/// # Errors
/// What is wrong with it, for people.
#[cfg(not(target_arch = "wasm32"))]
pub fn read_for_pad(path: &std::path::Path) -> Result<Sheet, String> {
    let file = Offered {
        name: path.display().to_string(),
        content: path.to_path_buf(),
    };
    read(&file).map(|brought| brought.sheet)
}

#[cfg(not(target_arch = "wasm32"))]
fn beginning(path: &std::path::Path) -> Vec<u8> {
    super::files::read_at_most(path, BEGINNING as u64).unwrap_or_default()
}

#[cfg(target_arch = "wasm32")]
fn beginning(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(BEGINNING)].to_vec()
}

#[cfg(not(target_arch = "wasm32"))]
fn whole(path: &std::path::Path, name: &str) -> Result<Vec<u8>, String> {
    let bytes = super::files::read_at_most(path, MAX_PICTURE_BYTES)
        .map_err(|error| format!("{name}: cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_PICTURE_BYTES {
        return Err(format!(
            "{name}: holds more than 64 MiB, so it is no picture of a digit"
        ));
    }
    Ok(bytes)
}

#[cfg(target_arch = "wasm32")]
fn whole(bytes: &[u8], _: &str) -> Result<Vec<u8>, String> {
    Ok(bytes.to_vec())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn offered(name: &str, bytes: &[u8]) -> Offered<Content> {
        let folder = std::env::temp_dir();
        let content = folder.join(format!("mnistify-brought-{}-{name}", std::process::id()));
        std::fs::write(&content, bytes).unwrap();
        Offered {
            name: name.into(),
            content,
        }
    }

    #[test]
    fn the_content_tells_what_is_for_the_pad() {
        let three = include_bytes!("../../assets/strokes/three.json");
        // Whatever its name says.
        let drawing = offered("network.safetensors", three);
        assert!(is_for_pad(&drawing));
        assert!(!read(&drawing).unwrap().sheet.strokes.is_empty());
        let description = offered("lenet.json", super::super::EXAMPLE.as_bytes());
        assert!(!is_for_pad(&description));
        let mut png = std::io::Cursor::new(Vec::new());
        let mut picture = image::GrayImage::from_pixel(200, 200, image::Luma([240]));
        for y in 40..160 {
            for x in 95..105 {
                picture.put_pixel(x, y, image::Luma([20]));
            }
        }
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let png = png.into_inner();
        let photo = offered("photo.safetensors", &png);
        assert!(is_for_pad(&photo));
        let brought = read(&photo).unwrap();
        assert!(!brought.sheet.picture.unwrap().is_blank());
        let cut = offered("cut.png", &png[..png.len() / 2]);
        assert!(read(&cut).is_err());
        for file in [drawing, description, photo, cut] {
            std::fs::remove_file(file.content).unwrap();
        }
    }
}

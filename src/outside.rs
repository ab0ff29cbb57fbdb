//! What goes out of the app and comes in: files natively; downloads, a file picker and links in the page.

use crate::share::SharedState;
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use mnistify_drawing::{Stroke, recording};
use std::io::Cursor;

/// Where strokes are saved: beside where the app was started, or in the browser's downloads.
const STROKES_FILE: &str = "mnistify-strokes.json";
const PICTURE_FILE: &str = "mnistify.png";

/// Saves strokes; returns what the person should know.
pub fn save_strokes(strokes: &[Stroke]) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        let text = recording::to_json(strokes);
        let save = json!({ "name": STROKES_FILE, "type": "application/json", "text": text });
        web::event("save", &save);
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    Some(match recording::save(STROKES_FILE, strokes) {
        Ok(()) => format!("The drawing is saved as {STROKES_FILE}."),
        Err(error) => error.to_string(),
    })
}

/// Loads the saved strokes. In the page none come back: it opens a file picker and hands the strokes in later.
pub fn load_strokes() -> Result<Option<Vec<Stroke>>, String> {
    #[cfg(target_arch = "wasm32")]
    {
        web::event("open", &json!({}));
        Ok(None)
    }
    #[cfg(not(target_arch = "wasm32"))]
    recording::load(STROKES_FILE)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Opens a file picker for a network; the page hands the files in later. Natively they are dropped on the window.
pub fn choose_network() {
    #[cfg(target_arch = "wasm32")]
    web::event("choose_network", &json!({}));
}

/// Hands out a link that opens what is shown now; returns what the person should know.
pub fn share(state: &SharedState) -> Option<String> {
    let fragment = state.to_fragment();
    #[cfg(target_arch = "wasm32")]
    {
        web::event("share", &json!({ "fragment": fragment }));
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        // Into the terminal, where it can be copied from; a desktop's clipboard would be another dependency.
        println!("mnistify --link '#{fragment}'");
        Some("The command that opens this again is in the terminal.".into())
    }
}

/// Saves the next frame as a picture.
pub fn save_picture(commands: &mut Commands) {
    commands.spawn(Screenshot::primary_window()).observe(
        |event: On<ScreenshotCaptured>, mut panels: ResMut<crate::panels::PanelState>| {
            panels.message = match encode_png(&event.image) {
                Ok(png) => write_picture(&png),
                Err(reason) => Some(format!("The picture cannot be saved: {reason}")),
            };
        },
    );
}

fn encode_png(image: &Image) -> Result<Vec<u8>, String> {
    let image = image.clone().try_into_dynamic();
    let image = image.map_err(|error| error.to_string())?.to_rgb8();
    let mut png = Cursor::new(Vec::new());
    image
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|error| error.to_string())?;
    Ok(png.into_inner())
}

fn write_picture(png: &[u8]) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        let base64 = data_encoding::BASE64.encode(png);
        web::event(
            "picture",
            &json!({ "name": PICTURE_FILE, "base64": base64 }),
        );
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    Some(match std::fs::write(PICTURE_FILE, png) {
        Ok(()) => format!("The picture is saved as {PICTURE_FILE}."),
        Err(error) => {
            format!("{PICTURE_FILE} cannot be written: {error}. Start the app in another folder")
        }
    })
}

#[cfg(target_arch = "wasm32")]
use {crate::web, serde_json::json};

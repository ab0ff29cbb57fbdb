//! What goes out of the app and comes in: files natively; downloads, a file picker and links in the page.

use crate::{
    notice::Notice,
    words::{Language, say_with},
};
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use mnistify_drawing::{Sheet, recording};
use mnistify_network::Model;
use std::io::Cursor;
#[cfg(not(target_arch = "wasm32"))]
use std::io::Write;

/// Where strokes are saved: beside where the app was started, or in the browser's downloads.
const STROKES_FILE: &str = "mnistify-strokes.json";
const PICTURE_FILE: &str = "mnistify.png";
/// Where a network that was learned is saved.
const NETWORK_FILE: &str = "mnistify-learned.safetensors";

/// The day of the month, by local time: another one is another day.
pub fn day_of_month() -> u32 {
    #[cfg(target_arch = "wasm32")]
    {
        js_sys::Date::new_0().get_date()
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        jiff::Zoned::now().day().unsigned_abs().into()
    }
}

/// Saves what lies on the pad; returns what the person should know.
pub fn save_sheet(sheet: &Sheet) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        let text = recording::sheet_to_json(sheet);
        let save = json!({ "name": STROKES_FILE, "type": "application/json", "text": text });
        event("save", &save);
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    Some(match recording::save(STROKES_FILE, sheet) {
        Ok(()) => say_with("saved-drawing", &[("file", STROKES_FILE.into())]),
        Err(error) => error.to_string(),
    })
}

/// Loads the saved drawing. In the page none comes back: it opens a file picker and hands the drawing in later.
///
/// # Errors
/// Where there is no saved drawing, or it cannot be read, with a message for people.
pub fn load_sheet() -> Result<Option<Sheet>, String> {
    #[cfg(target_arch = "wasm32")]
    {
        event("open", &json!({}));
        Ok(None)
    }
    #[cfg(not(target_arch = "wasm32"))]
    recording::load_sheet(STROKES_FILE)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Saves a network as a safetensors file; returns what the person should know.
pub fn save_network(model: &Model) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        let base64 = data_encoding::BASE64.encode(&model.to_bytes(false));
        event("file", &json!({ "name": NETWORK_FILE, "base64": base64 }));
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    Some(match model.save(NETWORK_FILE, false) {
        Ok(()) => say_with("saved-network", &[("file", NETWORK_FILE.into())]),
        Err(error) => error.to_string(),
    })
}

/// Opens a file picker for a network; the page hands the files in later. Natively they are dropped on the window.
pub fn choose_network() {
    #[cfg(target_arch = "wasm32")]
    event("choose_network", &json!({}));
}

/// Hands out a link's text after `#`; returns what the person should know.
pub fn share(fragment: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        event("share", &json!({ "fragment": fragment }));
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        // Into the terminal, where it can be copied from; a desktop's clipboard would be another dependency.
        let _ = writeln!(std::io::stdout(), "mnistify --link '#{fragment}'");
        Some(crate::words::say("shared-in-terminal"))
    }
}

/// Tells the page which language is spoken now; natively nobody else has to know.
pub fn tell_language(language: Language) {
    #[cfg(target_arch = "wasm32")]
    event("language", &json!({ "code": language.code() }));
    #[cfg(not(target_arch = "wasm32"))]
    let _ = language;
}

/// Saves the next frame as a picture.
pub fn save_picture(commands: &mut Commands) {
    commands.spawn(Screenshot::primary_window()).observe(
        |captured: On<ScreenshotCaptured>, mut notices: MessageWriter<Notice>| {
            let told = match encode_png(&captured.image) {
                Ok(png) => write_picture(&png),
                Err(reason) => Some(say_with("picture-failed", &[("reason", reason.into())])),
            };
            notices.write_batch(told.map(Notice::Say));
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
        event(
            "picture",
            &json!({ "name": PICTURE_FILE, "base64": base64 }),
        );
        None
    }
    #[cfg(not(target_arch = "wasm32"))]
    Some(match std::fs::write(PICTURE_FILE, png) {
        Ok(()) => say_with("saved-picture", &[("file", PICTURE_FILE.into())]),
        Err(error) => {
            let reason = error.to_string();
            say_with(
                "picture-unwritten",
                &[("file", PICTURE_FILE.into()), ("reason", reason.into())],
            )
        }
    })
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use serde_json::Value;
    use std::cell::RefCell;
    use wasm_bindgen::prelude::*;
    use web_sys::CustomEvent;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = mnistifyHost, js_name = event)]
        fn host_event(name: &str, json: &str);
    }

    thread_local! {
        static ADAPTER: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// Tells the page something.
    pub fn event(name: &str, detail: &Value) {
        host_event(name, &detail.to_string());
    }

    /// Asks the page for the digits to learn from, which it downloads only now; it hands them in later, or says why not.
    pub fn ask_for_lessons() {
        let question = CustomEvent::new("mnistify-lessons");
        if let (Some(window), Ok(question)) = (web_sys::window(), question) {
            // It fails only where the event is being dispatched already.
            let _ = window.dispatch_event(&question);
        }
    }

    /// Keeps what the page knows of the graphics adapter; wgpu tells only the description, which browsers leave empty.
    pub fn keep_adapter_name(name: String) {
        ADAPTER.set(name);
    }

    /// What the page knows of the graphics adapter; empty where it knows nothing.
    pub fn adapter_name() -> String {
        ADAPTER.with_borrow(String::clone)
    }
}

#[cfg(target_arch = "wasm32")]
pub use browser::{adapter_name, ask_for_lessons, event, keep_adapter_name};
#[cfg(target_arch = "wasm32")]
use serde_json::json;

//! The door of [`mnistify_fallback`] to JavaScript.

#[cfg(target_arch = "wasm32")]
mod page {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    /// Both networks on the CPU.
    #[wasm_bindgen]
    pub struct Reader(mnistify_fallback::Reader);

    #[wasm_bindgen]
    impl Reader {
        /// With these model files.
        ///
        /// # Errors
        /// Where a file is not a model.
        #[wasm_bindgen(constructor)]
        pub fn new(names: Vec<String>, files: Vec<js_sys::Uint8Array>) -> Result<Reader, JsError> {
            let files: Vec<Vec<u8>> = files.iter().map(js_sys::Uint8Array::to_vec).collect();
            let named = names
                .iter()
                .map(String::as_str)
                .zip(files.iter().map(Vec::as_slice));
            let reader = mnistify_fallback::Reader::new(named);
            reader.map(Reader).map_err(|message| JsError::new(&message))
        }

        /// Reads a recording; the answers as JSON.
        ///
        /// # Errors
        /// Where the JSON is not a recording.
        pub fn read(&self, strokes: &str, prepared: bool) -> Result<String, JsError> {
            let read = self.0.read(strokes, prepared, now);
            read.map(|value| value.to_string())
                .map_err(|message| JsError::new(&message))
        }
    }
}

fn main() {}

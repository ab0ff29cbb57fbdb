//! The door of [`mnistify_fallback`] to JavaScript.

#[cfg(target_arch = "wasm32")]
mod page {
    use mnistify_fallback::Act;
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    /// The pad, and both networks on the CPU; see [`mnistify_fallback::LightPage`].
    #[wasm_bindgen]
    pub struct LightPage(mnistify_fallback::LightPage);

    #[wasm_bindgen]
    impl LightPage {
        /// With these model files.
        ///
        /// # Errors
        /// Where a file is not a model.
        #[wasm_bindgen(constructor)]
        pub fn new(
            names: Vec<String>,
            files: Vec<js_sys::Uint8Array>,
        ) -> Result<LightPage, JsError> {
            let files: Vec<Vec<u8>> = files.iter().map(js_sys::Uint8Array::to_vec).collect();
            let named = names
                .iter()
                .map(String::as_str)
                .zip(files.iter().map(Vec::as_slice));
            Ok(Self(mnistify_fallback::LightPage::new(named, now)?))
        }

        /// Begins a stroke; places are 0 to 1 on the pad.
        pub fn begin(&mut self, x: f32, y: f32, erases: bool) {
            self.0.begin(x, y, erases);
        }

        /// Draws the stroke under way on.
        pub fn extend(&mut self, x: f32, y: f32) {
            self.0.extend(x, y);
        }

        /// Ends the stroke under way.
        pub fn end(&mut self) {
            self.0.end();
        }

        /// Does what a button or a key is for.
        ///
        /// # Errors
        /// Where no action has this name.
        pub fn act(&mut self, name: &str) -> Result<(), JsError> {
            let act = Act::named(name).ok_or_else(|| JsError::new("there is no such action"))?;
            self.0.act(act);
            Ok(())
        }

        /// Sets the brush's width in pad units.
        pub fn set_width(&mut self, width: f32) {
            self.0.set_width(width);
        }

        /// Puts a recording's strokes on the pad.
        ///
        /// # Errors
        /// Where the JSON is not a recording.
        pub fn load(&mut self, json: &str) -> Result<(), JsError> {
            Ok(self.0.load(json)?)
        }

        /// The strokes as a recording.
        pub fn recording(&self) -> String {
            self.0.recording()
        }

        /// Reads what is on the pad; the answers as JSON.
        pub fn read(&mut self) -> String {
            self.0.read().to_string()
        }

        /// What is to be seen, as JSON.
        pub fn state(&self, status: &str) -> String {
            self.0.state(status).to_string()
        }

        /// Takes in the digits that the MLP can learn from: four IDX files.
        ///
        /// # Errors
        /// Where they are not such files.
        pub fn give_lessons(
            &mut self,
            images: &[u8],
            labels: &[u8],
            unseen_images: &[u8],
            unseen_labels: &[u8],
        ) -> Result<(), JsError> {
            let files = [images, labels, unseen_images, unseen_labels];
            self.0
                .give_lessons(files)
                .map_err(|reason| JsError::new(&reason))
        }

        /// From now on an MLP reads that knows nothing.
        ///
        /// # Errors
        /// Where the digits or the MLP are not here.
        pub fn forget(&mut self) -> Result<(), JsError> {
            self.0.forget().map_err(|reason| JsError::new(&reason))
        }

        /// Lets it learn for so many milliseconds; how it stands, as JSON.
        pub fn learn(&mut self, millis: f64, seconds: f64) -> String {
            self.0.learn(millis, seconds).to_string()
        }

        /// The MLP from before reads again.
        pub fn restore(&mut self) {
            self.0.restore();
        }

        /// Measures one reading; the report so far as JSON.
        pub fn measure(&mut self) -> String {
            self.0.measure().to_string()
        }
    }
}

fn main() {}

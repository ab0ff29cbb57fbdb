//! The light page without its looks: the pad and the networks on the CPU, with the same strokes, image, weights and answers
//! as in the app, and none of its graphics.

mod school;

use mnistify_drawing::{
    DEFAULT_BRUSH_WIDTH, Drawing, Image28, MAX_BRUSH_WIDTH, MIN_BRUSH_WIDTH, PAD_SIZE, Point,
    Preparation, Tool, rasterise, rasterise_sheet,
    recording::{self, RecordingError},
};
use mnistify_learning::Pool;
use mnistify_network::{
    Answer, Calibration, CpuNetwork, Model, ModelError, Series, Telling,
    prediction::{DEFAULT_THRESHOLD, headline},
    telling,
};
use school::School;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What the page says where the app names its graphics adapter.
const ADAPTER: &str = "none: computed on the CPU";

/// What a person can do on the page besides drawing, each a button or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Take a tool into the hand.
    Use(Tool),
    /// Take the last change back.
    Undo,
    /// Make the last undone change again.
    Redo,
    /// Take all strokes away.
    Clear,
    /// Switch between the image as it was drawn and one like MNIST's.
    Prepare,
    /// Make the brush a step thinner.
    Thinner,
    /// Make the brush a step thicker.
    Thicker,
}

impl Act {
    /// By the name that the page's buttons and keys have for it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "draw" => Self::Use(Tool::Draw),
            "erase" => Self::Use(Tool::Erase),
            "undo" => Self::Undo,
            "redo" => Self::Redo,
            "clear" => Self::Clear,
            "prepare" => Self::Prepare,
            "thinner" => Self::Thinner,
            "thicker" => Self::Thicker,
            _ => return None,
        })
    }
}

/// The network that learns, by its name.
const PUPIL: &str = "MLP";

/// How much thinner or thicker a step makes the brush, in pad units; the same as in the app.
const BRUSH_STEP: f32 = 4.0;

/// The pad, and the networks that read it.
pub struct LightPage {
    drawing: Drawing,
    tool: Tool,
    /// Of the brush, in pad units.
    width: f32,
    preparation: Preparation,
    image: Image28,
    networks: Vec<Reading>,
    readings: u64,
    /// Tells milliseconds.
    clock: fn() -> f64,
    /// When the drawing began, by the clock.
    began: f64,
    /// Of a whole reading, while it is measured.
    whole: Series,
    /// What can be learned from, once it came.
    digits: Option<Arc<Pool>>,
    /// In the MLP's place, while it is there.
    school: Option<School>,
    /// What reads again after it.
    before: Option<(CpuNetwork, Option<Calibration>)>,
}

/// A network and its newest answer.
struct Reading {
    network: CpuNetwork,
    calibration: Option<Calibration>,
    answer: Option<Answer>,
    /// Of a forward on a drawing.
    timing: Series,
    /// Of a forward while it is measured.
    measured: Series,
}

impl LightPage {
    /// An empty pad and the networks of these model files: name and bytes. `clock` tells milliseconds.
    ///
    /// # Errors
    /// Where a file is not a model; the message names it and says what to do.
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        clock: fn() -> f64,
    ) -> Result<Self, ModelError> {
        let networks = files.into_iter().map(|(name, bytes)| {
            let model = Model::from_bytes(bytes, name)?;
            Ok(Reading {
                network: CpuNetwork::new(&model),
                calibration: model.calibration,
                answer: None,
                timing: Series::default(),
                measured: Series::default(),
            })
        });
        Ok(Self {
            drawing: Drawing::default(),
            tool: Tool::default(),
            width: DEFAULT_BRUSH_WIDTH,
            preparation: Preparation::default(),
            image: Image28::blank(),
            networks: networks.collect::<Result<_, ModelError>>()?,
            readings: 0,
            clock,
            began: 0.0,
            whole: Series::default(),
            digits: None,
            school: None,
            before: None,
        })
    }

    /// Begins a stroke at a place of the pad, both in 0..1 on it; `erases`: with the pen's other end, whatever the tool.
    pub fn begin(&mut self, x: f32, y: f32, erases: bool) {
        if self.drawing.is_empty() {
            self.began = (self.clock)();
        }
        let tool = if erases { Tool::Erase } else { self.tool };
        let point = self.point(x, y);
        self.drawing.begin(tool, self.width, point);
    }

    /// Draws the stroke under way on to a place of the pad.
    pub fn extend(&mut self, x: f32, y: f32) {
        let point = self.point(x, y);
        self.drawing.extend(point);
    }

    /// Ends the stroke under way, if any.
    pub fn end(&mut self) {
        self.drawing.end();
    }

    fn point(&self, x: f32, y: f32) -> Point {
        Point {
            x: x * PAD_SIZE,
            y: y * PAD_SIZE,
            millis: ((self.clock)() - self.began) as f32,
        }
    }

    /// Does what a button or a key is for.
    pub fn act(&mut self, act: Act) {
        match act {
            Act::Use(tool) => self.tool = tool,
            Act::Undo => {
                self.drawing.undo();
            }
            Act::Redo => {
                self.drawing.redo();
            }
            Act::Clear => self.drawing.clear(),
            Act::Prepare => {
                self.preparation = match self.preparation {
                    Preparation::Prepared => Preparation::Raw,
                    Preparation::Raw => Preparation::Prepared,
                };
            }
            Act::Thinner => self.set_width(self.width - BRUSH_STEP),
            Act::Thicker => self.set_width(self.width + BRUSH_STEP),
        }
    }

    /// Sets the brush's width in pad units, within what is on offer.
    pub fn set_width(&mut self, width: f32) {
        self.width = width.clamp(MIN_BRUSH_WIDTH, MAX_BRUSH_WIDTH);
    }

    /// Puts a recording's strokes in the place of those on the pad; can be undone.
    ///
    /// # Errors
    /// Says what is wrong with the recording; the pad stays as it is.
    pub fn load(&mut self, json: &str) -> Result<(), RecordingError> {
        self.drawing.lay(recording::sheet_from_json(json)?);
        Ok(())
    }

    /// The strokes as a recording.
    pub fn recording(&self) -> String {
        recording::sheet_to_json(self.drawing.sheet())
    }

    /// Takes in what the MLP can learn from: MNIST's IDX files, images and labels, then those that it never sees.
    ///
    /// # Errors
    /// Where they are not such files.
    pub fn give_lessons(&mut self, files: [&[u8]; 4]) -> Result<(), String> {
        self.digits = Some(Arc::new(school::digits(files)?));
        Ok(())
    }

    /// From now on an MLP reads that knows nothing.
    ///
    /// # Errors
    /// Where the digits or the MLP are not here.
    pub fn forget(&mut self) -> Result<(), String> {
        let digits = self
            .digits
            .as_ref()
            .ok_or("the digits to learn from are not here")?;
        let place = self.networks.iter_mut().find(|one| one.name() == PUPIL);
        let place = place.ok_or("there is no MLP")?;
        let school = School::new(PUPIL, digits)?;
        let network = std::mem::replace(&mut place.network, school.network());
        let calibration = place.calibration.take();
        self.before.get_or_insert((network, calibration));
        self.school = Some(school);
        Ok(())
    }

    /// Lets it learn for so many milliseconds; `seconds` passed since it did so last, of the twenty of a lesson.
    pub fn learn(&mut self, millis: f64, seconds: f64) -> Value {
        let (clock, begun) = (self.clock, (self.clock)());
        let Some(school) = &mut self.school else {
            return Value::Null;
        };
        school.learn(seconds, || clock() - begun < millis);
        school.state()
    }

    /// The MLP from before reads again.
    pub fn restore(&mut self) {
        self.school = None;
        let place = self.networks.iter_mut().find(|one| one.name() == PUPIL);
        if let (Some(place), Some((network, calibration))) = (place, self.before.take()) {
            place.network = network;
            place.calibration = calibration;
        }
    }

    /// Reads what is on the pad with every network. What they say is told as [`telling::all_to_json`] does.
    pub fn read(&mut self) -> Value {
        self.image = rasterise_sheet(self.drawing.sheet(), self.preparation);
        if let Some(school) = self.school.as_mut().filter(|school| school.is_ahead) {
            school.is_ahead = false;
            let place = self.networks.iter_mut().find(|one| one.name() == PUPIL);
            if let Some(place) = place {
                place.network = school.network();
            }
        }
        for reading in &mut self.networks {
            let begun = (self.clock)();
            let logits = reading.network.forward(self.image.as_slice());
            let millis = (self.clock)() - begun;
            reading.answer = Answer::from_logits(&logits, reading.calibration.as_ref())
                .filter(|_| !self.image.is_blank());
            if reading.answer.is_some() {
                reading.timing.push(millis as f32);
            }
        }
        self.readings += 1;
        let tellings: Vec<Telling> = self.networks.iter().map(Reading::telling).collect();
        telling::all_to_json(&tellings)
    }

    /// What is to be seen, as of the newest [`read`](Self::read): the app's state without what only the page knows or
    /// there is only in 3D, and the tools. `status` is said of every network.
    pub fn state(&self, status: &str) -> Value {
        let drawing = &self.drawing;
        let models: Vec<Value> = self.networks.iter().map(|one| one.state(status)).collect();
        json!({
            "frame": self.readings,
            "frame_millis": null,
            "adapter": ADAPTER,
            "screen": "ready",
            "shown": "all",
            "preparation": self.preparation,
            "pen_down": drawing.is_drawing(),
            "strokes": drawing.strokes().len(),
            "image": self.image.to_bytes().to_vec(),
            "models": models,
            "headline": headline(self.networks.iter().map(|one| one.answer.as_ref())),
            "school": self.school.as_ref().map(School::state),
            "tools": {
                "tool": self.tool,
                "undo": drawing.can_undo(),
                "redo": drawing.can_redo(),
                "clear": !drawing.is_empty(),
                "brush": {
                    "width": self.width,
                    "least": MIN_BRUSH_WIDTH,
                    "most": MAX_BRUSH_WIDTH,
                    "share_of_pad": self.width / PAD_SIZE,
                },
            },
        })
    }

    /// Measures one reading of a drawing of its own, and returns the report of all that were measured.
    pub fn measure(&mut self) -> Value {
        let points = [[70.0, 60.0], [210.0, 60.0], [120.0, 230.0]];
        let mut drawing = Drawing::default();
        let [first, rest @ ..] = points.map(|[x, y]| Point { x, y, millis: 0.0 });
        drawing.begin(Tool::Draw, DEFAULT_BRUSH_WIDTH, first);
        rest.into_iter().for_each(|point| drawing.extend(point));
        let begun = (self.clock)();
        let image = rasterise(drawing.strokes(), Preparation::Prepared);
        let mut forward_millis = Map::new();
        for reading in &mut self.networks {
            let begun = (self.clock)();
            std::hint::black_box(reading.network.forward(image.as_slice()));
            reading.measured.push(((self.clock)() - begun) as f32);
            let name = reading.network.spec().name().to_string();
            forward_millis.insert(name, reading.measured.to_json());
        }
        self.whole.push(((self.clock)() - begun) as f32);
        json!({
            "adapter": ADAPTER,
            "reading_millis": { "image and networks": self.whole.to_json() },
            "forward_millis": forward_millis,
        })
    }
}

impl Reading {
    fn name(&self) -> &str {
        self.network.spec().name()
    }

    fn telling(&self) -> Telling<'_> {
        Telling {
            name: self.name(),
            classes: self.network.spec().classes(),
            answer: self.answer.as_ref(),
            threshold: DEFAULT_THRESHOLD,
        }
    }

    /// The answer, and what the app tells of a network besides.
    fn state(&self, status: &str) -> Value {
        let mut state = self.telling().to_json();
        state["parameters"] = json!(self.network.spec().parameter_count());
        state["shown"] = json!(true);
        state["runs_on"] = json!("CPU");
        state["status"] = json!(status);
        state["logits"] = json!(self.answer.as_ref().map(|answer| &answer.logits));
        state["timings"] = json!({ "encode": null, "result": self.timing.to_json(), "gpu": null });
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{Score, prediction::NO_DIGIT};

    const THREE: &str = include_str!("../../assets/strokes/three.json");
    const MLP: &[u8] = include_bytes!("../../models/mlp.safetensors");
    const CNN: &[u8] = include_bytes!("../../models/cnn.safetensors");

    fn page() -> LightPage {
        LightPage::new([("mlp", MLP), ("cnn", CNN)], || 0.0).expect("the shipped networks")
    }

    fn models(state: &Value) -> &[Value] {
        state["models"].as_array().expect("a list of networks")
    }

    #[test]
    fn both_networks_read_a_drawn_three() {
        let mut page = page();
        page.load(THREE).expect("a recording");
        let told = page.read();
        for model in models(&told) {
            assert_eq!((&model["class"], &model["sure"]), (&json!(3), &json!(true)));
        }
        let state = page.state("on the CPU");
        assert_eq!(state["image"].as_array().map(Vec::len), Some(784));
        assert_eq!((&state["frame"], &state["strokes"]), (&json!(1), &json!(1)));
        for model in models(&state) {
            assert_eq!(model["class"], json!(3));
            assert_eq!(model["timings"]["result"]["median"], json!(0.0));
        }
    }

    #[test]
    fn a_stroke_is_drawn_undone_and_recorded() {
        let mut page = page();
        page.begin(0.5, 0.25, false);
        page.extend(0.5, 0.75);
        page.end();
        page.act(Act::Thicker);
        page.begin(0.5, 0.5, true);
        let state = page.state("");
        assert_eq!(
            (&state["pen_down"], &state["strokes"]),
            (&json!(true), &json!(2))
        );
        let recording: Value = serde_json::from_str(&page.recording()).expect("JSON");
        let [line, dot] = [0, 1].map(|index| &recording["strokes"][index]);
        assert_eq!(
            line["points"],
            json!([[140.0, 70.0, 0.0], [140.0, 210.0, 0.0]])
        );
        assert_eq!(
            (&dot["tool"], &dot["width"]),
            (&json!("erase"), &json!(24.0))
        );
        page.act(Act::Undo);
        page.act(Act::Clear);
        assert_eq!(page.state("")["strokes"], json!(0));
        page.act(Act::Undo);
        page.act(Act::Redo);
        page.act(Act::Undo);
        let tools = &page.state("")["tools"];
        assert_eq!(
            (&tools["undo"], &tools["redo"]),
            (&json!(true), &json!(true))
        );
    }

    /// A digit for each of ten heights, as IDX files.
    fn bars(count: usize) -> [Vec<u8>; 2] {
        let mut images = [&[0, 0, 8, 3][..], &[0; 12]].concat();
        let mut labels = [&[0, 0, 8, 1][..], &[0; 4]].concat();
        for index in 0..count {
            let (row, left) = (4 + 2 * (index % 10), 5 + index / 10 % 7);
            let ink = |pixel: usize| {
                let (y, x) = (pixel / 28, pixel % 28);
                (row..row + 2).contains(&y) && (left..left + 12).contains(&x)
            };
            images.extend((0..784).map(|pixel| 200 * u8::from(ink(pixel))));
            labels.push((index % 10) as u8);
        }
        [images, labels]
    }

    #[test]
    fn the_mlp_forgets_learns_and_is_there_again() {
        let mut page = page();
        page.load(THREE).expect("a recording");
        page.read();
        let before = page.state("")["models"].clone();
        assert!(page.forget().is_err(), "without digits");
        let ([images, labels], [unseen, classes]) = (bars(200), bars(50));
        assert!(
            page.give_lessons([&labels, &labels, &unseen, &classes])
                .is_err()
        );
        assert!(
            page.give_lessons([&images, &labels, &unseen, &labels])
                .is_err()
        );
        let digits = [&images, &labels, &unseen, &classes].map(|file| &file[..]);
        page.give_lessons(digits).expect("digits");
        page.forget().expect("a school");
        page.read();
        let state = page.state("");
        assert_ne!(models(&state)[0]["logits"], before[0]["logits"]);
        assert_eq!(models(&state)[1]["logits"], before[1]["logits"]);
        assert_eq!(state["school"]["step"], json!(0));
        // The clock stands still, so that a slice would never end; at the lesson's end only readings are left.
        let told = page.learn(8.0, 20.0);
        assert_eq!((&told["over"], &told["step"]), (&json!(true), &json!(0)));
        page.forget().expect("a school");
        page.restore();
        page.read();
        let state = page.state("");
        for (now, then) in models(&state)
            .iter()
            .zip(before.as_array().expect("a list"))
        {
            assert_eq!(now["logits"], then["logits"]);
            assert_eq!(now["verdict"], then["verdict"]);
        }
        assert_eq!(state["school"], Value::Null);
    }

    #[test]
    fn the_tools_stay_within_what_is_on_offer() {
        let mut page = page();
        for _ in 0..20 {
            page.act(Act::Thinner);
        }
        page.act(Act::Prepare);
        page.act(Act::Use(Tool::Erase));
        let state = page.state("");
        assert_eq!(state["tools"]["brush"]["width"], json!(MIN_BRUSH_WIDTH));
        assert_eq!(state["tools"]["tool"], json!("erase"));
        assert_eq!(state["preparation"], json!("raw"));
        assert_eq!(Act::named("prepare"), Some(Act::Prepare));
        assert_eq!(Act::named("fly"), None);
    }

    /// Both networks with this calibration in their files.
    fn calibrated(threshold: f32) -> LightPage {
        let file = |bytes: &[u8]| {
            let mut model = Model::from_bytes(bytes, "shipped").expect("a shipped network");
            model.calibration = Some(Calibration {
                temperature: 1.0,
                score: Score::MaxLogit,
                threshold,
            });
            model.to_bytes(true)
        };
        let (mlp, cnn) = (file(MLP), file(CNN));
        LightPage::new([("mlp", &*mlp), ("cnn", &*cnn)], || 0.0).expect("calibrated networks")
    }

    #[test]
    fn what_scores_too_little_is_no_digit() {
        for (threshold, verdict, headline) in [
            (-1e3, json!("digit"), Value::Null),
            (1e3, json!("no_digit"), json!(NO_DIGIT)),
        ] {
            let mut page = calibrated(threshold);
            page.load(THREE).expect("a recording");
            let told = page.read();
            assert_eq!(told["headline"], headline);
            assert_eq!(page.state("")["headline"], headline);
            for model in models(&told) {
                // The class is still what the network computed.
                assert_eq!((&model["verdict"], &model["class"]), (&verdict, &json!(3)));
                assert_eq!(model["sure"], json!(verdict == "digit"));
            }
        }
    }

    #[test]
    fn a_blank_pad_has_no_answer_and_a_broken_recording_changes_nothing() {
        let mut page = page();
        let told = page.read();
        assert_eq!(models(&told)[1]["class"], Value::Null);
        assert_eq!(models(&told)[1]["verdict"], Value::Null);
        assert_eq!(told["headline"], Value::Null);
        let state = page.state("");
        assert_eq!(models(&state)[1]["timings"]["result"], Value::Null);
        page.load(THREE).expect("a recording");
        assert!(page.load("[]").is_err());
        assert_eq!(page.state("")["strokes"], json!(1));
    }

    #[test]
    fn a_measurement_touches_neither_pad_nor_timings() {
        let mut page = page();
        page.measure();
        let report = page.measure();
        assert_eq!(report["forward_millis"]["CNN"]["p95"], json!(0.0));
        let state = page.state("");
        assert_eq!(state["strokes"], json!(0));
        assert_eq!(models(&state)[0]["timings"]["result"], Value::Null);
    }

    #[test]
    fn a_broken_file_is_named() {
        let broken = LightPage::new([("cnn.safetensors", b"nothing".as_slice())], || 0.0);
        let message = broken.err().expect("not a model").to_string();
        assert!(message.starts_with("cnn.safetensors"), "{message}");
    }
}

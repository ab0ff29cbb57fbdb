//! What the app shows as a short text: the part of a link after `#`, which another browser or `--link` opens again.
//!
//! `show=cnn&view=top&prepare=off&edges=off&calm=on&tour=3&strokes=…`, with only what differs from the start. Strokes are
//! base64url of a byte string: a version, then for each stroke its tool, its width, its number of points, and the
//! points as differences, all as variable-length integers in steps of 0.1 pad units and of 1 ms.

use crate::{
    inference::Networks,
    inspector::InspectorSettings,
    pad::Pad,
    tour::steps,
    view::{Motion, OrbitCamera, Preset, camera::Orbit},
};
use bevy::{ecs::system::SystemParam, math::Vec3, prelude::Res};
use data_encoding::BASE64URL_NOPAD;
use mnistify_drawing::{
    Image28, MAX_POINTS, PAD_SIZE, PIXELS, Point, Preparation, Stroke, Tool,
    recording::check_strokes,
};
use std::fmt::Write;
use thiserror::Error;

/// What a link carries. `None` and `Default` leave things as they are at the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedState {
    /// The name of the only network shown, in small letters.
    pub shown: Option<String>,
    /// Where the camera stands, if not at home.
    pub view: Option<SharedView>,
    /// Without centring and scaling.
    pub raw: bool,
    /// Without ribbons for the strongest contributions.
    pub without_edges: bool,
    /// Without motion.
    pub calm: bool,
    /// The step of the guided tour, counted from 1.
    pub tour: Option<usize>,
    /// What is drawn on the pad.
    pub strokes: Option<Vec<Stroke>>,
    /// The image beneath them.
    pub picture: Option<Box<Image28>>,
}

/// What of the app a link tells.
#[derive(SystemParam)]
pub struct Linked<'w, 's> {
    networks: Networks<'w, 's>,
    pad: Res<'w, Pad>,
    camera: Res<'w, OrbitCamera>,
    motion: Res<'w, Motion>,
    inspector: Res<'w, InspectorSettings>,
}

impl Linked<'_, '_> {
    /// What the app shows now.
    pub fn state(&self, with_strokes: bool) -> SharedState {
        let only = self.networks.only_shown();
        let view = match self.camera.preset() {
            Some(Preset::Overview) => None,
            Some(preset) => Some(SharedView::Preset(preset)),
            None => Some(SharedView::Free(self.camera.goal)),
        };
        let strokes = with_strokes.then(|| self.pad.drawing().strokes().to_vec());
        SharedState {
            shown: only.map(|reading| reading.network.key()),
            view,
            raw: self.pad.preparation() == Preparation::Raw,
            without_edges: !self.inspector.edges,
            calm: self.motion.reduced,
            // Whoever knows what is open on the screen tells it.
            tour: None,
            strokes,
            picture: self
                .pad
                .drawing()
                .picture()
                .filter(|_| with_strokes)
                .map(|picture| Box::new(picture.clone())),
        }
    }
}

/// Where the camera stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SharedView {
    /// At one of the views that have a key.
    Preset(Preset),
    /// Where somebody moved it.
    Free(Orbit),
}

/// Why a text is not a link of this app.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LinkError {
    /// A part that cannot be read.
    #[error("the link is damaged: `{key}={value}` means nothing here. Copy it again, whole")]
    Value {
        /// What stands before the `=`.
        key: String,
        /// What stands behind it, cut to 40 characters.
        value: String,
    },
    /// The strokes or the image beneath them cannot be decoded.
    #[error("the drawing in the link is damaged or incomplete. Copy the link again, whole")]
    Strokes,
    /// More than [`MAX_POINTS`].
    #[error(
        "the drawing in the link has more than {MAX_POINTS} points. Draw it with fewer and share it anew"
    )]
    Points,
    /// Strokes in a form that this version does not know.
    #[error("the drawing in the link was made by a newer version. Reload the page to update it")]
    Version,
}

/// Leads every coded drawing.
const STROKES_VERSION: u8 = 1;
/// Steps of a pad unit.
const STEPS: f32 = 10.0;

impl SharedState {
    /// The text after `#`.
    pub fn to_fragment(&self) -> String {
        let mut parts = Vec::new();
        if let Some(name) = &self.shown {
            parts.push(format!("show={name}"));
        }
        match self.view {
            Some(SharedView::Preset(preset)) => {
                parts.push(format!("view={}", preset.name()));
            }
            Some(SharedView::Free(orbit)) => parts.push(format!("camera={}", camera_text(orbit))),
            None => {}
        }
        for (on, part) in [
            (self.raw, "prepare=off"),
            (self.without_edges, "edges=off"),
            (self.calm, "calm=on"),
        ] {
            if on {
                parts.push(part.into());
            }
        }
        if let Some(step) = self.tour {
            parts.push(format!("tour={step}"));
        }
        if let Some(picture) = &self.picture {
            parts.push(format!("picture={}", encode_picture(picture)));
        }
        if let Some(strokes) = &self.strokes {
            parts.push(format!("strokes={}", encode_strokes(strokes)));
        }
        parts.join("&")
    }

    /// Reads the text after `#`, or a whole link, also one that a chat program or a mail has bent: with `%2C` and `&amp;`, a
    /// full stop or a bracket behind it, or broken over lines. Keys that are not known are left for other versions. Of a
    /// part that cannot be read the second value tells; it never hides the rest.
    pub fn from_fragment(text: &str) -> (Self, Option<LinkError>) {
        let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
        let fragment = straightened(fragment);
        let (mut state, mut fault) = (Self::default(), None);
        for part in fragment.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            if let Err(error) = state.take(key, value) {
                fault = fault.or(Some(error));
            }
        }
        (state, fault)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), LinkError> {
        let wrong = || LinkError::Value {
            key: key.into(),
            value: value.chars().take(40).collect(),
        };
        let switch = |on: &str, off: &str| match value {
            _ if value == on => Ok(true),
            _ if value == off => Ok(false),
            _ => Err(wrong()),
        };
        match key {
            "show" if value == "all" => self.shown = None,
            "show" => self.shown = Some(value.to_lowercase()),
            "view" => {
                // Links of earlier versions had one more.
                let value = if value == "front" { "overview" } else { value };
                let named = |preset: &Preset| preset.name().eq_ignore_ascii_case(value);
                let preset = Preset::ALL.into_iter().find(named).ok_or_else(wrong)?;
                self.view = Some(SharedView::Preset(preset));
            }
            "camera" => {
                let orbit = camera_from_text(value).ok_or_else(wrong)?;
                self.view = Some(SharedView::Free(orbit));
            }
            "prepare" => self.raw = switch("off", "on")?,
            "edges" => self.without_edges = switch("off", "on")?,
            "calm" => self.calm = switch("on", "off")?,
            "tour" => {
                let step = value
                    .parse()
                    .ok()
                    .filter(|step| (1..=steps().len()).contains(step));
                self.tour = Some(step.ok_or_else(wrong)?);
            }
            "strokes" => self.strokes = Some(decode_strokes(value)?),
            "picture" => {
                self.picture = Some(Box::new(decode_picture(value).ok_or(LinkError::Strokes)?))
            }
            _ => {}
        }
        Ok(())
    }
}

/// A fragment as it was before other programs bent it. Nothing that a link holds is lost: its own characters are letters,
/// digits, `-`, `_`, `=`, `&`, `.` and `,`, and none ends in one of the last two.
fn straightened(fragment: &str) -> String {
    let is_space = |c: &char| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}';
    let text: String = fragment.chars().filter(is_space).collect();
    let mut text = percent_decoded(&text);
    // Mails and pages escape, some of them twice.
    for _ in 0..2 {
        text = text.replace("&amp;", "&").replace("&#38;", "&");
    }
    let behind = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '='));
    text.trim_end_matches(behind).to_string()
}

/// `%2C` as `,`, and so on; what is no such code stays.
fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// `yaw,pitch,distance,x,y,z` with two or three places.
fn camera_text(orbit: Orbit) -> String {
    let mut text = format!("{:.3},{:.3},{:.2}", orbit.yaw, orbit.pitch, orbit.distance);
    for value in orbit.target.to_array() {
        let _ = write!(text, ",{value:.2}");
    }
    text
}

fn camera_from_text(text: &str) -> Option<Orbit> {
    let numbers: Result<Vec<f32>, _> = text.split(',').map(str::parse).collect();
    let numbers = numbers.ok()?;
    let [yaw, pitch, distance, x, y, z] = numbers[..] else {
        return None;
    };
    let sound = numbers.iter().all(|n| n.is_finite() && n.abs() < 1e3);
    let orbit = Orbit {
        target: Vec3::new(x, y, z),
        yaw,
        pitch,
        distance,
    };
    sound.then(|| orbit.clamped())
}

/// An image's bytes as base64url: each run of paper as 0 and its length, anything else as it is.
fn encode_picture(picture: &Image28) -> String {
    let mut bytes = Vec::new();
    let mut run = 0u8;
    for byte in picture.to_bytes() {
        if byte == 0 && run < u8::MAX {
            run += 1;
            continue;
        }
        if run > 0 {
            bytes.extend([0, run]);
        }
        run = u8::from(byte == 0);
        if byte > 0 {
            bytes.push(byte);
        }
    }
    if run > 0 {
        bytes.extend([0, run]);
    }
    BASE64URL_NOPAD.encode(&bytes)
}

fn decode_picture(text: &str) -> Option<Image28> {
    // Each pair of bytes is 255 pixels at most, of which there are 784.
    let coded = text.trim_end_matches('=');
    let coded = Some(coded).filter(|coded| coded.len() <= 2 * PIXELS)?;
    let bytes = BASE64URL_NOPAD.decode(coded.as_bytes()).ok()?;
    let mut pixels = Vec::with_capacity(PIXELS);
    let mut bytes = bytes.into_iter();
    while let Some(byte) = bytes.next() {
        if byte == 0 {
            let run = usize::from(bytes.next()?);
            pixels.resize(pixels.len() + run, 0);
        } else {
            pixels.push(byte);
        }
    }
    let pixels: [u8; PIXELS] = pixels.try_into().ok()?;
    Some(Image28::from_bytes(&pixels))
}

/// Strokes as base64url.
pub fn encode_strokes(strokes: &[Stroke]) -> String {
    let mut bytes = vec![STROKES_VERSION];
    let steps = |value: f32| (value * STEPS).round() as i64;
    for stroke in strokes.iter().filter(|stroke| !stroke.points.is_empty()) {
        let erases = i64::from(stroke.tool == Tool::Erase);
        push_number(&mut bytes, steps(stroke.width).max(1) * 2 + erases);
        push_number(&mut bytes, stroke.points.len() as i64);
        let mut last = [0; 3];
        for point in &stroke.points {
            let now = [steps(point.x), steps(point.y), point.millis.round() as i64];
            for (now, last) in now.iter().zip(last) {
                push_number(&mut bytes, now - last);
            }
            last = now;
        }
    }
    BASE64URL_NOPAD.encode(&bytes)
}

/// What [`encode_strokes`] made.
///
/// # Errors
/// Where the text is cut off, from a newer version, or not a drawing at all.
pub fn decode_strokes(text: &str) -> Result<Vec<Stroke>, LinkError> {
    let bytes = BASE64URL_NOPAD
        .decode(text.trim_end_matches('=').as_bytes())
        .map_err(|_| LinkError::Strokes)?;
    let (version, mut rest) = bytes.split_first().ok_or(LinkError::Strokes)?;
    if *version != STROKES_VERSION {
        return Err(LinkError::Version);
    }
    let mut strokes = Vec::new();
    let mut points_in_all = 0;
    while !rest.is_empty() {
        let head = take_number(&mut rest)?;
        let width = (head / 2) as f32 / STEPS;
        let count = usize::try_from(take_number(&mut rest)?).map_err(|_| LinkError::Strokes)?;
        // Each point takes three bytes at least.
        if count > rest.len() / 3 {
            return Err(LinkError::Strokes);
        }
        points_in_all += count;
        if points_in_all > MAX_POINTS {
            return Err(LinkError::Points);
        }
        let mut stroke = Stroke {
            tool: if head % 2 == 1 {
                Tool::Erase
            } else {
                Tool::Draw
            },
            width,
            points: Vec::new(),
        };
        let mut last = [0i64; 3];
        for _ in 0..count {
            for value in &mut last {
                *value = value
                    .checked_add(take_number(&mut rest)?)
                    .ok_or(LinkError::Strokes)?;
            }
            let [x, y, millis] = last;
            let point = Point {
                x: x as f32 / STEPS,
                y: y as f32 / STEPS,
                millis: millis as f32,
            };
            stroke.points.push(point);
        }
        strokes.push(stroke);
    }
    check_strokes(&strokes, PAD_SIZE).map_err(|_| LinkError::Strokes)?;
    Ok(strokes)
}

/// Zigzag, then seven bits a byte, as Protocol Buffers do.
fn push_number(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn take_number(bytes: &mut &[u8]) -> Result<i64, LinkError> {
    let mut number = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(LinkError::Strokes)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    Err(LinkError::Strokes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stroke(tool: Tool, width: f32, points: &[[f32; 3]]) -> Stroke {
        Stroke {
            tool,
            width,
            points: points.iter().map(|p| Point::from(*p)).collect(),
        }
    }

    #[test]
    fn a_link_comes_back_as_it_was() {
        let strokes = vec![
            stroke(Tool::Draw, 20.0, &[[10.5, 20.0, 0.0], [280.0, -3.2, 31.0]]),
            stroke(Tool::Erase, 44.0, &[[140.1, 140.2, 900.0]]),
        ];
        let orbit = Orbit {
            target: Vec3::new(0.25, 0.5, -1.0),
            yaw: -0.5,
            pitch: 0.75,
            distance: 1.25,
        };
        for view in [
            None,
            Some(SharedView::Preset(Preset::Top)),
            Some(SharedView::Free(orbit)),
        ] {
            let state = SharedState {
                shown: Some("cnn".into()),
                view,
                raw: true,
                without_edges: true,
                calm: true,
                tour: Some(3),
                strokes: Some(strokes.clone()),
                picture: Some(Box::new(Image28::from_bytes(&std::array::from_fn(|i| {
                    if i % 500 < 300 { 0 } else { (i % 256) as u8 }
                })))),
            };
            let link = format!("https://example.org/mnistify/?nosw#{}", state.to_fragment());
            assert_eq!(SharedState::from_fragment(&link), (state.clone(), None));
            let fragment = state.to_fragment();
            for bent in [
                fragment.replace(',', "%2C").replace('=', "%3D"),
                fragment.replace('&', "&amp;"),
                format!("{fragment}."),
                format!("{fragment})."),
                format!("{fragment}\""),
                fragment.replace("&calm", "&\n calm"),
            ] {
                assert_eq!(
                    SharedState::from_fragment(&bent),
                    (state.clone(), None),
                    "{bent}"
                );
            }
        }
        assert_eq!(SharedState::default().to_fragment(), "");
    }

    #[test]
    fn a_digit_fits_into_a_short_link() {
        let recording = include_str!("../assets/strokes/three.json");
        let strokes = mnistify_drawing::recording::from_json(recording).unwrap();
        let text = encode_strokes(&strokes);
        assert!(text.len() < 1500, "{} characters", text.len());
        assert_eq!(decode_strokes(&text).unwrap().len(), strokes.len());
    }

    #[test]
    fn damaged_links_say_so() {
        let wrong = |text: &str| SharedState::from_fragment(text).1.unwrap().to_string();
        let (state, fault) = SharedState::from_fragment("strokes=!&show=cnn&view=nowhere");
        assert_eq!(
            (state.shown.as_deref(), fault),
            (Some("cnn"), Some(LinkError::Strokes))
        );
        // One rule for links and recordings: times never fall.
        let falling = stroke(Tool::Draw, 20.0, &[[1.0, 2.0, 30.0], [9.0, 2.0, 3.0]]);
        assert_eq!(
            decode_strokes(&encode_strokes(&[falling])),
            Err(LinkError::Strokes)
        );
        assert!(wrong("view=sideways").contains("`view=sideways`"));
        assert!(wrong("camera=1,2,3").contains("camera"));
        assert!(wrong("camera=1,2,3,4,5,inf").contains("camera"));
        assert!(wrong("prepare=perhaps").contains("prepare"));
        assert_eq!(decode_strokes("AQ"), Ok(Vec::new()));
        assert_eq!(decode_strokes("Ag"), Err(LinkError::Version));
        assert_eq!(decode_strokes("!"), Err(LinkError::Strokes));
        let whole = encode_strokes(&[stroke(Tool::Draw, 20.0, &[[1.0, 2.0, 3.0]; 40])]);
        assert_eq!(decode_strokes(&whole[..20]), Err(LinkError::Strokes));
        let long = stroke(Tool::Draw, 20.0, &[[1.0; 3]; MAX_POINTS + 1]);
        assert_eq!(
            decode_strokes(&encode_strokes(&[long])),
            Err(LinkError::Points)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = SharedState::from_fragment(&text);
            let _ = decode_strokes(&text);
        }

        #[test]
        fn strokes_come_back_within_a_step(
            points in prop::collection::vec((-280.0f32..560.0, -280.0f32..560.0, 0u32..9), 1..50),
            width in 1.0f32..280.0,
            erase: bool,
        ) {
            let mut millis = 0.0;
            let points: Vec<Point> = points
                .into_iter()
                .map(|(x, y, step)| { millis += step as f32; Point { x, y, millis } })
                .collect();
            let tool = if erase { Tool::Erase } else { Tool::Draw };
            let strokes = vec![Stroke { tool, width, points }];
            let back = decode_strokes(&encode_strokes(&strokes)).unwrap();
            prop_assert_eq!(back[0].tool, tool);
            prop_assert!((back[0].width - width).abs() <= 0.051);
            for (a, b) in back[0].points.iter().zip(&strokes[0].points) {
                prop_assert!((a.x - b.x).abs() <= 0.051 && (a.y - b.y).abs() <= 0.051);
                prop_assert_eq!(a.millis, b.millis);
            }
        }
    }
}

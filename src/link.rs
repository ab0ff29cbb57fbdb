//! What the app shows as a short text: the part of a link after `#`, which another browser or `--link` opens again.
//!
//! `show=cnn&view=top&prepare=off&edges=off&calm=on&strokes=…`, with only what differs from the start. Strokes are
//! base64url of a byte string: a version, then for each stroke its tool, its width, its number of points, and the
//! points as differences, all as variable-length integers in steps of 0.1 pad units and of 1 ms.

use crate::{
    inference::Networks,
    inspector::InspectorSettings,
    pad::Pad,
    view::{Motion, OrbitCamera, Preset, camera::Orbit},
};
use bevy::{ecs::system::SystemParam, math::Vec3, prelude::Res};
use data_encoding::BASE64URL_NOPAD;
use mnistify_drawing::{PAD_SIZE, Point, Preparation, Stroke, Tool};
use std::fmt::Write;
use thiserror::Error;

/// What a link carries. `None` and `Default` leave things as they are at the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedState {
    /// The name of the only network shown, in small letters.
    pub shown: Option<String>,
    pub view: Option<SharedView>,
    /// Without centring and scaling.
    pub raw: bool,
    pub without_edges: bool,
    pub calm: bool,
    pub strokes: Option<Vec<Stroke>>,
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
            strokes,
        }
    }
}

/// Where the camera stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SharedView {
    Preset(Preset),
    Free(Orbit),
}

/// Why a text is not a link of this app.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LinkError {
    #[error("the link is damaged: `{key}={value}` means nothing here. Copy it again, whole")]
    Value { key: String, value: String },
    #[error("the drawing in the link is damaged or incomplete. Copy the link again, whole")]
    Strokes,
    #[error("the drawing in the link was made by a newer version. Reload the page to update it")]
    Version,
}

/// Leads every coded drawing.
const STROKES_VERSION: u8 = 1;
/// As many points as a recording may have.
const MAX_POINTS: usize = 100_000;
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
        if let Some(strokes) = &self.strokes {
            parts.push(format!("strokes={}", encode_strokes(strokes)));
        }
        parts.join("&")
    }

    /// Reads the text after `#`, or a whole link. Keys that are not known are left for other versions.
    ///
    /// # Errors
    /// Says which part cannot be read.
    pub fn from_fragment(text: &str) -> Result<Self, LinkError> {
        let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
        let mut state = Self::default();
        for part in fragment.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
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
                "show" if value == "all" => state.shown = None,
                "show" => state.shown = Some(value.to_lowercase()),
                "view" => {
                    // Links of earlier versions had one more.
                    let value = if value == "front" { "overview" } else { value };
                    let named = |preset: &Preset| preset.name().eq_ignore_ascii_case(value);
                    let preset = Preset::ALL.into_iter().find(named).ok_or_else(wrong)?;
                    state.view = Some(SharedView::Preset(preset));
                }
                "camera" => {
                    let orbit = camera_from_text(value).ok_or_else(wrong)?;
                    state.view = Some(SharedView::Free(orbit));
                }
                "prepare" => state.raw = switch("off", "on")?,
                "edges" => state.without_edges = switch("off", "on")?,
                "calm" => state.calm = switch("on", "off")?,
                "strokes" => state.strokes = Some(decode_strokes(value)?),
                _ => {}
            }
        }
        Ok(state)
    }
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
        points_in_all += count;
        let sound = head > 1 && width <= PAD_SIZE && count > 0 && points_in_all <= MAX_POINTS;
        if !sound {
            return Err(LinkError::Strokes);
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
            let near = |v: f32| (-PAD_SIZE..=2.0 * PAD_SIZE).contains(&v);
            if !near(point.x) || !near(point.y) || millis < 0 {
                return Err(LinkError::Strokes);
            }
            stroke.points.push(point);
        }
        strokes.push(stroke);
    }
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
                strokes: Some(strokes.clone()),
            };
            let link = format!("https://example.org/mnistify/?nosw#{}", state.to_fragment());
            assert_eq!(SharedState::from_fragment(&link), Ok(state));
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
        let wrong = |text: &str| SharedState::from_fragment(text).unwrap_err().to_string();
        assert!(wrong("view=sideways").contains("`view=sideways`"));
        assert!(wrong("camera=1,2,3").contains("camera"));
        assert!(wrong("camera=1,2,3,4,5,inf").contains("camera"));
        assert!(wrong("prepare=perhaps").contains("prepare"));
        assert_eq!(decode_strokes("AQ"), Ok(Vec::new()));
        assert_eq!(decode_strokes("Ag"), Err(LinkError::Version));
        assert_eq!(decode_strokes("!"), Err(LinkError::Strokes));
        let whole = encode_strokes(&[stroke(Tool::Draw, 20.0, &[[1.0, 2.0, 3.0]; 40])]);
        assert_eq!(decode_strokes(&whole[..20]), Err(LinkError::Strokes));
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

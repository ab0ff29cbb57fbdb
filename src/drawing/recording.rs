//! Recorded drawings: a small JSON file of strokes, and the part of them made up to a moment, for replays.
//!
//! `{"version":1,"size":280,"strokes":[{"tool":"draw","width":20,"points":[[x,y,millis],…]}]}`, where `size` is the
//! side of the square pad in the units of the coordinates.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::image28::{Image28, PIXELS};
use crate::strokes::{MAX_POINTS, PAD_SIZE, Point, Sheet, Stroke};

/// The only version so far.
const VERSION: u64 = 1;

/// The largest file read, in bytes (8 MiB): more than the most points take.
const MAX_FILE_BYTES: u64 = 8 << 20;

/// Why a recording could not be read or written. Strokes and points are counted from 1.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// Not JSON, or not the fields of a recording.
    #[error("this is not a recording of strokes: {0}")]
    Json(#[from] serde_json::Error),
    /// A version that this program does not know.
    #[error(
        "the recording has version {found}, but this program reads version 1; save it again with this program"
    )]
    Version {
        /// The version in the file.
        found: u64,
    },
    /// A pad without a size.
    #[error(
        "the recording's size is {size}, but it must be a positive number (this program writes 280)"
    )]
    Size {
        /// The size in the file.
        size: f32,
    },
    /// A stroke without a point.
    #[error("stroke {stroke} has no points; remove it from the recording")]
    NoPoints {
        /// Which stroke.
        stroke: usize,
    },
    /// A width that no pen has.
    #[error(
        "stroke {stroke} has the width {width}, but it must be more than 0 and at most the size, {size}"
    )]
    Width {
        /// Which stroke.
        stroke: usize,
        /// Its width.
        width: f32,
        /// The pad's size.
        size: f32,
    },
    /// A place that is not finite or lies far outside the pad.
    #[error(
        "point {point} of stroke {stroke} is at ({x}, {y}), more than the pad's size, {size}, away from the pad"
    )]
    Place {
        /// Which stroke.
        stroke: usize,
        /// Which of its points.
        point: usize,
        /// Where it is.
        x: f32,
        /// Where it is.
        y: f32,
        /// The pad's size.
        size: f32,
    },
    /// A moment that is not finite, negative, or earlier than the point before.
    #[error(
        "point {point} of stroke {stroke} was made at {millis} ms, but times must be finite, at least 0, and never \
         fall within a stroke"
    )]
    Millis {
        /// Which stroke.
        stroke: usize,
        /// Which of its points.
        point: usize,
        /// Its time.
        millis: f32,
    },
    /// More points than a drawing has.
    #[error("the recording has {found} points, but at most 20000 are read")]
    TooManyPoints {
        /// How many there are.
        found: usize,
    },
    /// A picture of another size.
    #[error("the recording's picture has {found} pixels, but it must have 784")]
    Picture {
        /// How many there are.
        found: usize,
    },
    /// The file could not be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("cannot write {file}: {source}; choose a folder that you may write to")]
    Write {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any recording.
    #[error("{file} is larger than 8 MiB, so it is not a recording of strokes")]
    FileTooLarge {
        /// The file.
        file: String,
    },
    /// The file is not UTF-8.
    #[error("{file} is not a text file, so it is not a recording of strokes")]
    NotText {
        /// The file.
        file: String,
    },
    /// The file was read, but what it holds is wrong.
    #[error("{file}: {source}")]
    InFile {
        /// The file.
        file: String,
        /// What is wrong.
        source: Box<RecordingError>,
    },
}

/// Read before the rest, so that another version's layout is reported as just that.
#[derive(Deserialize)]
struct Header {
    version: u64,
}

/// The file's layout.
#[derive(Serialize, Deserialize)]
struct Recording {
    version: u64,
    size: f32,
    strokes: Vec<Stroke>,
    /// Bytes of the image beneath the strokes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<Vec<u8>>,
}

/// The strokes as compact JSON, every number rounded to 0.1. Points that are not finite are left out, and so are
/// strokes without a point.
pub fn to_json(strokes: &[Stroke]) -> String {
    json(strokes, None)
}

/// All that lies on the pad, as [`to_json`].
pub fn sheet_to_json(sheet: &Sheet) -> String {
    json(&sheet.strokes, sheet.picture.as_deref())
}

fn json(strokes: &[Stroke], picture: Option<&Image28>) -> String {
    let strokes = strokes
        .iter()
        .map(|stroke| Stroke {
            tool: stroke.tool,
            width: rounded(stroke.width).max(0.1),
            points: stroke
                .points
                .iter()
                .filter(|point| {
                    point.x.is_finite() && point.y.is_finite() && point.millis.is_finite()
                })
                .map(|point| Point {
                    x: rounded(point.x),
                    y: rounded(point.y),
                    millis: rounded(point.millis),
                })
                .collect(),
        })
        .filter(|stroke| !stroke.points.is_empty())
        .collect();
    let recording = Recording {
        version: VERSION,
        size: PAD_SIZE,
        strokes,
        picture: picture.map(|picture| picture.to_bytes().to_vec()),
    };
    serde_json::to_string(&recording).expect("numbers, strings and arrays always serialise")
}

/// The strokes of a recording, in pad units whatever its `size` was.
///
/// # Errors
/// Says what is wrong with the recording, and with which stroke and point.
pub fn from_json(json: &str) -> Result<Vec<Stroke>, RecordingError> {
    sheet_from_json(json).map(|sheet| sheet.strokes)
}

/// All that a recording lays on the pad.
///
/// # Errors
/// As [`from_json`], and where its picture is none.
pub fn sheet_from_json(json: &str) -> Result<Sheet, RecordingError> {
    let header: Header = serde_json::from_str(json)?;
    if header.version != VERSION {
        return Err(RecordingError::Version {
            found: header.version,
        });
    }
    let Recording {
        size,
        mut strokes,
        picture,
        ..
    } = serde_json::from_str(json)?;
    let picture = picture
        .map(|bytes| {
            let found = bytes.len();
            let bytes: Result<[u8; PIXELS], _> = bytes.try_into();
            bytes.map_err(|_| RecordingError::Picture { found })
        })
        .transpose()?;
    let scale = PAD_SIZE / size;
    if !size.is_finite() || size <= 0.0 || !scale.is_finite() {
        return Err(RecordingError::Size { size });
    }
    check_strokes(&strokes, size)?;
    for stroke in &mut strokes {
        stroke.width *= scale;
        for point in &mut stroke.points {
            point.x *= scale;
            point.y *= scale;
        }
    }
    Ok(Sheet {
        strokes,
        picture: picture.map(|bytes| Box::new(Image28::from_bytes(&bytes))),
    })
}

/// Whether these strokes on a pad of this `size` may be drawn: the one rule for recordings and links.
///
/// # Errors
/// Says what is wrong, and with which stroke and point.
pub fn check_strokes(strokes: &[Stroke], size: f32) -> Result<(), RecordingError> {
    let found: usize = strokes.iter().map(|stroke| stroke.points.len()).sum();
    if found > MAX_POINTS {
        return Err(RecordingError::TooManyPoints { found });
    }
    let mut numbered = (1..).zip(strokes);
    numbered.try_for_each(|(number, stroke)| check(number, stroke, size))
}

/// Reads a recording from a file of at most 8 MiB.
///
/// # Errors
/// As [`from_json`], and when the file cannot be read; every message names the file.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<Stroke>, RecordingError> {
    load_sheet(path).map(|sheet| sheet.strokes)
}

/// Reads all that a recording lays on the pad from a file of at most 8 MiB.
///
/// # Errors
/// As [`load`].
pub fn load_sheet(path: impl AsRef<Path>) -> Result<Sheet, RecordingError> {
    let path = path.as_ref();
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|open| open.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    if let Err(source) = read {
        return Err(RecordingError::Read { file, source });
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(RecordingError::FileTooLarge { file });
    }
    let Ok(json) = String::from_utf8(bytes) else {
        return Err(RecordingError::NotText { file });
    };
    sheet_from_json(&json).map_err(|source| RecordingError::InFile {
        file,
        source: Box::new(source),
    })
}

/// Writes all that lies on the pad to a file, as [`sheet_to_json`] has it.
///
/// # Errors
/// When the file cannot be written; the message names it.
pub fn save(path: impl AsRef<Path>, sheet: &Sheet) -> Result<(), RecordingError> {
    let path = path.as_ref();
    // Whole or not at all.
    let partial = path.with_extension("json.part");
    std::fs::write(&partial, sheet_to_json(sheet))
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|source| RecordingError::Write {
            file: path.display().to_string(),
            source,
        })
}

/// The part of the drawing made up to `millis`: strokes that begin later are left out, and a segment under way at that
/// moment is cut where the pen then was (at a steady pace between its ends).
pub fn strokes_until(strokes: &[Stroke], millis: f32) -> Vec<Stroke> {
    strokes
        .iter()
        .filter_map(|stroke| {
            let mut points: Vec<Point> = stroke
                .points
                .iter()
                .copied()
                .take_while(|point| point.millis <= millis)
                .collect();
            let last = *points.last()?;
            if let Some(next) = stroke.points.get(points.len()) {
                let part = (millis - last.millis) / (next.millis - last.millis);
                if part > 0.0 && part < 1.0 {
                    points.push(Point {
                        x: last.x + part * (next.x - last.x),
                        y: last.y + part * (next.y - last.y),
                        millis,
                    });
                }
            }
            Some(Stroke {
                tool: stroke.tool,
                width: stroke.width,
                points,
            })
        })
        .collect()
}

/// The moment of the latest point, in milliseconds; 0 without strokes.
pub fn duration_millis(strokes: &[Stroke]) -> f32 {
    strokes
        .iter()
        .flat_map(|stroke| &stroke.points)
        .fold(0.0, |latest, point| point.millis.max(latest))
}

fn rounded(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// Checks one stroke, counted from 1, against the pad's `size`.
fn check(number: usize, stroke: &Stroke, size: f32) -> Result<(), RecordingError> {
    if stroke.points.is_empty() {
        return Err(RecordingError::NoPoints { stroke: number });
    }
    let width = stroke.width;
    if !width.is_finite() || width <= 0.0 || width > size {
        return Err(RecordingError::Width {
            stroke: number,
            width,
            size,
        });
    }
    // A pen that leaves the pad is recorded as it went, so up to one more size on each side is sound.
    let near = |value: f32| value.is_finite() && value >= -size && value <= 2.0 * size;
    let mut earliest = 0.0;
    for (index, &Point { x, y, millis }) in stroke.points.iter().enumerate() {
        if !near(x) || !near(y) {
            return Err(RecordingError::Place {
                stroke: number,
                point: index + 1,
                x,
                y,
                size,
            });
        }
        if !millis.is_finite() || millis < earliest {
            return Err(RecordingError::Millis {
                stroke: number,
                point: index + 1,
                millis,
            });
        }
        earliest = millis;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strokes::Tool;
    use proptest::prelude::*;

    fn stroke(points: &[[f32; 3]]) -> Stroke {
        Stroke {
            tool: Tool::Draw,
            width: 20.0,
            points: points.iter().copied().map(Point::from).collect(),
        }
    }

    fn message(json: &str) -> String {
        from_json(json).expect_err("a faulty recording").to_string()
    }

    fn with_stroke(stroke: &str) -> String {
        format!(r#"{{"version":1,"size":280,"strokes":[{stroke}]}}"#)
    }

    #[test]
    fn another_size_is_rescaled() {
        let json =
            r#"{"version":1,"size":28,"strokes":[{"tool":"erase","width":2,"points":[[14,7,3]]}]}"#;
        let strokes = from_json(json).expect("a sound recording");
        assert_eq!(strokes[0].tool, Tool::Erase);
        assert!((strokes[0].width - 20.0).abs() < 1e-3);
        assert!((strokes[0].points[0].x - 140.0).abs() < 1e-3);
        assert!((strokes[0].points[0].y - 70.0).abs() < 1e-3);
        assert_eq!(strokes[0].points[0].millis, 3.0);
    }

    #[test]
    fn faults_are_named() {
        assert!(message("[1]").contains("not a recording"));
        assert!(message(r#"{"version":2}"#).contains("version 2"));
        assert!(message(r#"{"version":1,"size":0,"strokes":[]}"#).contains("size is 0"));
        let faulty = |stroke: &str| message(&with_stroke(stroke));
        assert!(faulty(r#"{"tool":"draw","width":20,"points":[]}"#).contains("no points"));
        assert!(faulty(r#"{"tool":"draw","width":0,"points":[[1,1,0]]}"#).contains("width 0"));
        assert!(faulty(r#"{"tool":"draw","width":281,"points":[[1,1,0]]}"#).contains("281"));
        assert!(faulty(r#"{"tool":"draw","width":20,"points":[[1,900,0]]}"#).contains("900"));
        assert!(faulty(r#"{"tool":"draw","width":20,"points":[[1,1e39,0]]}"#).contains("stroke 1"));
        assert!(faulty(r#"{"tool":"draw","width":20,"points":[[1,1,-1]]}"#).contains("-1 ms"));
        assert!(
            faulty(r#"{"tool":"draw","width":20,"points":[[1,1,5],[9,9,4]]}"#).contains("4 ms")
        );
        assert!(faulty(r#"{"tool":"paint","width":20,"points":[[1,1,1]]}"#).contains("paint"));
        let many = format!(
            r#"{{"tool":"draw","width":20,"points":[{}[1,1,1]]}}"#,
            "[1,1,1],".repeat(MAX_POINTS)
        );
        assert!(faulty(&many).contains("20001 points"));
    }

    #[test]
    fn files_are_saved_and_loaded_and_named() {
        let path = std::env::temp_dir().join(format!("mnistify-{}.json", std::process::id()));
        let strokes = vec![stroke(&[[1.0, 2.0, 0.0], [30.5, 40.1, 12.0]])];
        let sheet = Sheet {
            strokes: strokes.clone(),
            picture: Some(Box::new(Image28::from_bytes(&[200; PIXELS]))),
        };
        save(&path, &sheet).expect("a folder for temporary files");
        assert_eq!(load_sheet(&path).expect("the file just written"), sheet);
        assert_eq!(load(&path).expect("the file just written"), strokes);
        std::fs::write(&path, "{}").expect("a folder for temporary files");
        let fault = load(&path).expect_err("an empty object").to_string();
        assert!(fault.contains("mnistify-") && fault.contains("version"));
        std::fs::remove_file(&path).expect("the file just written");
        let fault = load(&path).expect_err("a removed file").to_string();
        assert!(fault.contains("cannot read") && fault.contains("mnistify-"));
    }

    #[test]
    fn a_replay_cuts_the_segment_under_way() {
        let strokes = vec![
            stroke(&[[0.0, 0.0, 100.0], [10.0, 20.0, 200.0]]),
            stroke(&[[5.0, 5.0, 300.0]]),
        ];
        assert!(strokes_until(&strokes, 99.0).is_empty());
        let half = strokes_until(&strokes, 150.0);
        assert_eq!(half.len(), 1);
        assert_eq!(half[0].points[1], Point::from([5.0, 10.0, 150.0]));
        assert_eq!(strokes_until(&strokes, 300.0), strokes);
        assert_eq!(duration_millis(&strokes), 300.0);
        assert_eq!(duration_millis(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn a_recording_survives_the_round_trip(
            places in prop::collection::vec((-280.0_f32..560.0, -280.0_f32..560.0), 1..40),
            width in 1.0_f32..280.0,
        ) {
            let points = places
                .iter()
                .enumerate()
                .map(|(index, &(x, y))| Point { x, y, millis: index as f32 * 7.3 })
                .collect();
            let strokes = vec![Stroke { tool: Tool::Draw, width, points }];
            let back = from_json(&to_json(&strokes)).expect("what was just written");
            prop_assert_eq!(back.len(), 1);
            prop_assert!((back[0].width - width).abs() < 0.06);
            prop_assert_eq!(back[0].points.len(), strokes[0].points.len());
            for (a, b) in back[0].points.iter().zip(&strokes[0].points) {
                prop_assert!((a.x - b.x).abs() < 0.06 && (a.y - b.y).abs() < 0.06);
            }
        }
    }
}

//! Visitors' drawings that join the recorded hands where the operator allows it: strokes alone, the newest few, in a file of
//! the exhibit's folder. Who deletes the file deletes them.

use super::Settings;
use bevy::prelude::*;
use mnistify_drawing::{Stroke, recording};
use mnistify_network::{Answer, Verdict};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

const NAME: &str = "drawings.jsonl";
/// Where a damaged file goes.
const ASIDE: &str = "drawings.damaged.jsonl";
/// The file has at most so many bytes, and a drawing so many points: a longer one is a scribble, and dull to watch.
const MOST_BYTES: u64 = 8 << 20;
const MOST_POINTS: usize = 1500;
/// From this probability on a network is sure, as it is said in the picture.
const SURE: f32 = 0.95;

/// The drawings that are kept; without a file there are none, and none is read or written.
#[derive(Debug, Default)]
pub struct Visitors {
    file: Option<PathBuf>,
    most: usize,
    /// Oldest first.
    drawings: Vec<Vec<Stroke>>,
}

impl Visitors {
    /// Those of the exhibit's folder, where the settings allow it. A damaged file is put aside.
    pub fn open(settings: &Settings) -> Self {
        if !settings.keep_drawings || settings.folder.as_os_str().is_empty() {
            return Self::default();
        }
        let file = settings.folder.join(NAME);
        let mut drawings = read(&file).unwrap_or_else(|error| {
            let aside = settings.folder.join(ASIDE);
            let (from, to) = (file.display(), aside.display());
            match fs::rename(&file, &aside) {
                Ok(()) => warn!("{from}: {error}; it is now {to}, and another one begins"),
                Err(moved) => warn!("{from}: {error}, and it cannot be put aside: {moved}"),
            }
            Vec::new()
        });
        let most = usize::from(settings.most_drawings);
        drawings.drain(..drawings.len().saturating_sub(most));
        Self {
            file: Some(file),
            most,
            drawings,
        }
    }

    /// Whether they are kept at all.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// All, oldest first; none any more where their file was deleted.
    pub fn drawings(&mut self) -> &[Vec<Stroke>] {
        if self.file.as_ref().is_none_or(|file| !file.exists()) {
            self.drawings.clear();
        }
        &self.drawings
    }

    /// Keeps another, and lets the oldest go where there are too many.
    pub fn add(&mut self, strokes: Vec<Stroke>) {
        let points: usize = strokes.iter().map(|stroke| stroke.points.len()).sum();
        if points > MOST_POINTS || self.drawings().contains(&strokes) {
            return;
        }
        let Some(file) = &self.file else {
            return;
        };
        self.drawings.push(strokes);
        let many = self.drawings.len().saturating_sub(self.most);
        self.drawings.drain(..many);
        if let Err(error) = write(file, &self.drawings) {
            warn!("{}: {error}", file.display());
        }
    }
}

/// Whether each of these networks is sure, and of the same digit. One that is not seen has no answer.
pub fn agree(answers: &[Option<&Answer>], threshold: f32) -> bool {
    let [Some(first), _, ..] = answers else {
        return false;
    };
    let is_sure = |answer: &Answer| {
        answer.verdict(threshold) == Verdict::Digit && answer.confidence() >= SURE
    };
    first.class < 10
        && answers.iter().all(|answer| {
            answer.is_some_and(|answer| answer.class == first.class && is_sure(answer))
        })
}

fn read(file: &Path) -> Result<Vec<Vec<Stroke>>, String> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(|error| error.to_string())?,
    };
    let mut bytes = Vec::new();
    let read = opened.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("holds more than {MOST_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not a text".to_string())?;
    let lines = text.lines().enumerate().map(|(place, line)| {
        let strokes = recording::from_json(line);
        strokes.map_err(|error| format!("line {}: {error}", place + 1))
    });
    let mut drawings = lines.collect::<Result<Vec<_>, _>>()?;
    drawings.retain(|strokes| !strokes.is_empty());
    Ok(drawings)
}

fn write(file: &Path, drawings: &[Vec<Stroke>]) -> std::io::Result<()> {
    let lines = drawings.iter().map(|strokes| recording::to_json(strokes));
    let text: String = lines.map(|line| line + "\n").collect();
    // Written beside and renamed: a machine that is switched off loses nothing.
    let partial = file.with_extension("part");
    fs::write(&partial, text)?;
    fs::rename(partial, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_drawing::{Point, Tool};

    /// A line that begins at `x`.
    fn line(x: f32) -> Vec<Stroke> {
        let point = |y: f32| Point { x, y, millis: y };
        vec![Stroke {
            tool: Tool::Draw,
            width: 20.0,
            points: vec![point(40.0), point(200.0)],
        }]
    }

    fn settings(name: &str, keep_drawings: bool) -> Settings {
        let name = format!("mnistify-visitors-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Settings {
            keep_drawings,
            most_drawings: 3,
            folder,
            ..Settings::default()
        }
    }

    #[test]
    fn the_newest_are_kept_until_their_file_is_deleted() {
        let settings = settings("newest", true);
        let mut visitors = Visitors::open(&settings);
        for x in [10.0, 20.0, 30.0, 30.0, 40.0] {
            visitors.add(line(x));
        }
        let wanted = [line(20.0), line(30.0), line(40.0)];
        assert_eq!(visitors.drawings(), wanted);
        let mut again = Visitors::open(&settings);
        assert_eq!(again.drawings(), wanted);
        let text = fs::read_to_string(settings.folder.join(NAME)).unwrap();
        assert_eq!(text.lines().count(), 3);
        fs::remove_file(settings.folder.join(NAME)).unwrap();
        assert!(again.drawings().is_empty());
        again.add(line(50.0));
        assert_eq!(Visitors::open(&settings).drawings(), [line(50.0)]);
        let mut scribble = line(60.0);
        scribble[0].points = vec![scribble[0].points[0]; MOST_POINTS + 1];
        again.add(scribble);
        assert_eq!(again.drawings().len(), 1);
        fs::remove_dir_all(settings.folder).unwrap();
    }

    #[test]
    fn switched_off_nothing_is_read_or_written() {
        let settings = settings("off", false);
        let file = settings.folder.join(NAME);
        fs::write(&file, "damaged").unwrap();
        let mut visitors = Visitors::open(&settings);
        visitors.add(line(10.0));
        assert!(!visitors.are_kept() && visitors.drawings().is_empty());
        assert_eq!(fs::read_to_string(&file).unwrap(), "damaged");
        assert_eq!(fs::read_dir(&settings.folder).unwrap().count(), 1);
        fs::remove_dir_all(settings.folder).unwrap();
    }

    #[test]
    fn a_damaged_file_is_put_aside() {
        let settings = settings("damaged", true);
        let file = settings.folder.join(NAME);
        let text = recording::to_json(&line(10.0));
        fs::write(&file, format!("{text}\n{}", &text[..20])).unwrap();
        let mut visitors = Visitors::open(&settings);
        assert!(visitors.drawings().is_empty() && !file.exists());
        assert!(settings.folder.join(ASIDE).exists());
        visitors.add(line(20.0));
        assert_eq!(Visitors::open(&settings).drawings(), [line(20.0)]);
        fs::remove_dir_all(settings.folder).unwrap();
    }

    #[test]
    fn all_have_to_be_sure_of_the_same_digit() {
        let answer = |class: usize, logit: f32| {
            let mut logits = [0.0; 10];
            logits[class] = logit;
            Answer::from_logits(&logits, None).unwrap()
        };
        let (three, five, weak) = (answer(3, 12.0), answer(5, 12.0), answer(3, 4.0));
        assert!(agree(&[Some(&three), Some(&three)], 0.6));
        assert!(!agree(&[Some(&three), Some(&five)], 0.6));
        assert!(!agree(&[Some(&three), Some(&weak)], 0.6));
        assert!(!agree(&[Some(&three), None], 0.6));
        assert!(!agree(&[Some(&three)], 0.6));
        let mut refused = three.clone();
        refused.is_digit = false;
        assert!(!agree(&[Some(&three), Some(&refused)], 0.6));
    }
}

//! A log that does not grow: the newest file and four before it.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

const NAME: &str = "mnistify.log";
/// How many files are kept.
const KEPT: usize = 5;

/// The newest file.
pub struct Log {
    folder: PathBuf,
    file: File,
    bytes: u64,
    most: u64,
}

impl Log {
    /// Goes on with the log in this folder; a file has at most so many bytes.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn open(folder: &Path, most: u64) -> Result<Self, String> {
        let path = folder.join(NAME);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
        let bytes = file.metadata().map_or(0, |data| data.len());
        Ok(Self {
            folder: folder.into(),
            file,
            bytes,
            most,
        })
    }

    /// Writes a line. A disk that is full stops no exhibit.
    pub fn line(&mut self, text: &str) {
        if self.bytes > self.most {
            self.turn();
        }
        let _ = writeln!(self.file, "{text}");
        self.bytes += text.len() as u64 + 1;
    }

    fn turn(&mut self) {
        let name = |age: usize| self.folder.join(format!("{NAME}.{age}"));
        for age in (1..KEPT - 1).rev() {
            let _ = fs::rename(name(age), name(age + 1));
        }
        let newest = self.folder.join(NAME);
        let _ = fs::rename(&newest, name(1));
        if let Ok(file) = File::create(&newest) {
            self.file = file;
        }
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_go() {
        let folder = std::env::temp_dir().join(format!("mnistify-log-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut log = Log::open(&folder, 100).unwrap();
        for number in 0..400 {
            log.line(&format!("line {number}"));
        }
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().flatten().collect();
        names.sort_by_key(|entry| entry.file_name());
        assert_eq!(names.len(), KEPT);
        assert!(
            names
                .iter()
                .all(|entry| entry.metadata().unwrap().len() < 200)
        );
        let newest = fs::read_to_string(folder.join(NAME)).unwrap();
        assert!(newest.ends_with("line 399\n"));
        fs::remove_dir_all(folder).unwrap();
    }
}

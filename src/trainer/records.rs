//! Files of finished runs: JSON Lines, to which several processes may append, and whatever else lies beside them.
//!
//! Files named `studies-mlp*.jsonl` are read together, so that runs from several machines can be laid side by side.

use crate::Result;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{Error, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Why a file cannot be read or written, and what to do.
fn failed(path: &Path, what: &str, source: &Error) -> String {
    let file = path.display();
    format!("{file}: cannot be {what}: {source}. Check the path and the permissions")
}

/// Adds a line of JSON, as one write, so that processes that share the file do not mix their lines.
///
/// # Errors
/// Where the file cannot be written.
pub fn append(path: &Path, record: &impl Serialize) -> Result<()> {
    let line = format!("{}\n", to_json(record));
    let mut options = std::fs::OpenOptions::new();
    let written = make_folder(path)
        .and_then(|()| options.create(true).append(true).open(path))
        .and_then(|mut file| file.write_all(line.as_bytes()));
    Ok(written.map_err(|source| failed(path, "written", &source))?)
}

/// Plain data as one line of JSON.
pub fn to_json(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("plain data becomes JSON")
}

/// Writes a whole file, and makes the folder for it.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let written = make_folder(path).and_then(|()| std::fs::write(path, text));
    Ok(written.map_err(|source| failed(path, "written", &source))?)
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// The text of a file; empty where there is no such file.
///
/// # Errors
/// Where there is one that cannot be read.
pub fn read(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => Ok(read.map_err(|source| failed(path, "read", &source))?),
    }
}

/// The records of all files of a folder whose names begin and end so: one a line, or one the file.
///
/// # Errors
/// Where a file cannot be read or a record is not what it should be.
pub fn read_all<T: DeserializeOwned>(folder: &Path, start: &str, end: &str) -> Result<Vec<T>> {
    let mut records = Vec::new();
    for path in files(folder, start, end)? {
        let text = read(&path)?;
        for record in serde_json::Deserializer::from_str(&text).into_iter() {
            records.push(record.map_err(|error| {
                let (file, line) = (path.display(), error.line());
                format!(
                    "{file}: line {line} is not what it should be: {error}. Correct or delete it"
                )
            })?);
        }
    }
    Ok(records)
}

/// The files of a folder whose names begin and end so, sorted; none where there is no folder.
///
/// # Errors
/// Where there is a folder that cannot be read.
pub fn files(folder: &Path, start: &str, end: &str) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|source| failed(folder, "read", &source))?,
    };
    let fits = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(start) && name.ends_with(end))
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths.filter(fits).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An empty folder of a test's own.
    pub fn scratch_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mnistify-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn records_survive_their_files_and_a_broken_line_is_named() {
        let folder = scratch_folder("records");
        let read = || read_all::<Vec<u32>>(&folder, "runs", ".jsonl");
        assert!(read().unwrap().is_empty());
        append(&folder.join("runs-b.jsonl"), &vec![3]).unwrap();
        for record in [vec![1], vec![2, 2]] {
            append(&folder.join("runs-a.jsonl"), &record).unwrap();
        }
        write(&folder.join("others.jsonl"), "[9]\n").unwrap();
        assert_eq!(read().unwrap(), [vec![1], vec![2, 2], vec![3]]);
        write(&folder.join("runs-c.jsonl"), "[4]\n\n{").unwrap();
        let error = read().unwrap_err().to_string();
        assert!(error.contains("runs-c.jsonl: line 3"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

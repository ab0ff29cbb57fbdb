//! A network and its description from the file system.

use super::known::known_digits;
use mnistify_network::{
    ModelError,
    import::{self, Opened},
    model::MAX_FILE_BYTES,
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Descriptions above this are something else (64 KiB).
pub const MAX_DESCRIPTION_BYTES: u64 = 64 << 10;

/// Reads a network. Its description is the file `description`, or else the one beside it with the same name and the
/// ending `.json`, where there is one. What neither says can be tried out on known digits.
///
/// # Errors
/// What was understood of the file and what was not, for people.
pub fn read_network(weights: &Path, description: Option<&Path>) -> Result<Opened, String> {
    let file = weights.display().to_string();
    let read_error = |source| {
        let file = file.clone();
        ModelError::Read { file, source }.to_string()
    };
    let data = read_at_most(weights, MAX_FILE_BYTES).map_err(read_error)?;
    let bytes = data.len() as u64;
    if bytes > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge { file, bytes }.to_string());
    }
    let beside = weights.with_extension("json");
    let description = match description {
        Some(path) => Some(path.to_path_buf()),
        None => beside.is_file().then_some(beside),
    };
    let description = description
        .map(|path| read_description(&path))
        .transpose()?;
    import::open(&data, &file, description.as_deref(), known_digits())
        .map_err(|error| error.to_string())
}

fn read_description(path: &Path) -> Result<String, String> {
    let file = path.display();
    let read_error = |error| format!("{file}: cannot be read: {error}");
    let bytes = read_at_most(path, MAX_DESCRIPTION_BYTES).map_err(read_error)?;
    if bytes.len() as u64 > MAX_DESCRIPTION_BYTES {
        return Err(format!(
            "{file}: holds more than {MAX_DESCRIPTION_BYTES} bytes, so it is not the description of a network"
        ));
    }
    String::from_utf8(bytes).map_err(|_| format!("{file}: is not a text, so it describes nothing"))
}

/// A file's bytes, of a longer one the first `most` and one more: devices and pipes may have no end.
pub(super) fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

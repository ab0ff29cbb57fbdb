//! A network and its description from the file system.

use mnistify_network::{
    ModelError,
    import::{self, Loaded},
    model::MAX_FILE_BYTES,
};
use std::{fs, path::Path};

/// Descriptions above this are something else (1 MiB).
pub const MAX_DESCRIPTION_BYTES: u64 = 1 << 20;

/// Reads a network. Its description is the file `description`, or else the one beside it with the same name and the
/// ending `.json`, where there is one.
///
/// # Errors
/// What was understood of the file and what was not, for people.
pub fn read_network(weights: &Path, description: Option<&Path>) -> Result<Loaded, String> {
    let file = weights.display().to_string();
    let read_error = |source| {
        let file = file.clone();
        ModelError::Read { file, source }.to_string()
    };
    let bytes = fs::metadata(weights).map_err(read_error)?.len();
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
    let data = fs::read(weights).map_err(read_error)?;
    import::load(&data, &file, description.as_deref()).map_err(|error| error.to_string())
}

fn read_description(path: &Path) -> Result<String, String> {
    let file = path.display();
    let read_error = |error| format!("{file}: cannot be read: {error}");
    let bytes = fs::metadata(path).map_err(read_error)?.len();
    if bytes > MAX_DESCRIPTION_BYTES {
        return Err(format!(
            "{file}: holds {bytes} bytes, so it is not the description of a network"
        ));
    }
    fs::read_to_string(path).map_err(read_error)
}

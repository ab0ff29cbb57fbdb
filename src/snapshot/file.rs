//! For scripts and tests of the real window: with `MNISTIFY_STATE_FILE` set, what the app shows is written there as one
//! JSON line whenever it changes.

use super::Snapshot;
use crate::rest::NextFrame;
use bevy::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The variable that names the file.
const VARIABLE: &str = "MNISTIFY_STATE_FILE";

/// Writes the file where one is named.
pub fn plugin(app: &mut App) {
    if let Some(path) = std::env::var_os(VARIABLE) {
        app.insert_resource(StateFile {
            path: path.into(),
            written: Value::Null,
        })
        .add_systems(Last, write_state);
    }
}

#[derive(Resource)]
struct StateFile {
    path: PathBuf,
    written: Value,
}

fn write_state(mut file: ResMut<StateFile>, snapshot: Snapshot, next: Res<NextFrame>) {
    let Some(mut state) = snapshot.state().filter(|state| *state != file.written) else {
        return;
    };
    file.written = state.clone();
    state["frame"] = json!(next.count);
    // Written beside and renamed, so that a reader never sees half a line.
    let partial = file.path.with_extension("part");
    let result = std::fs::write(&partial, format!("{state}\n"))
        .and_then(|()| std::fs::rename(&partial, &file.path));
    if let Err(error) = result {
        warn!("{VARIABLE}: {}: {error}", file.path.display());
    }
}

//! For scripts and tests of the real window: with `MNISTIFY_STATE_FILE` set, what the app shows ([`report`]) is written
//! there as one JSON line whenever it changes.

use super::PanelState;
use crate::{
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks},
    pad::Pad,
    report,
    visitor::Visitor,
};
use bevy::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The variable that names the file.
const VARIABLE: &str = "MNISTIFY_STATE_FILE";

pub fn plugin(app: &mut App) {
    if let Some(path) = std::env::var_os(VARIABLE) {
        app.insert_resource(StateFile {
            path: path.into(),
            written: Value::Null,
            frame: 0,
        })
        .add_systems(Last, write_state);
    }
}

#[derive(Resource)]
struct StateFile {
    path: PathBuf,
    written: Value,
    frame: u64,
}

#[allow(clippy::too_many_arguments)]
fn write_state(
    mut file: ResMut<StateFile>,
    networks: Option<Res<Networks>>,
    settings: Res<InferenceSettings>,
    panels: Res<PanelState>,
    pad: Res<Pad>,
    visitor: Res<Visitor>,
    gpu: Option<Res<SharedGpu>>,
) {
    file.frame += 1;
    let Some(networks) = networks.filter(|_| panels.pad_rect.is_some()) else {
        return;
    };
    let mut state = report::app_state(
        &networks,
        &settings,
        &pad,
        &panels,
        &visitor,
        gpu.as_deref(),
    );
    if state == file.written {
        return;
    }
    file.written = state.clone();
    state["frame"] = json!(file.frame);
    // Written beside and renamed, so that a reader never sees half a line.
    let partial = file.path.with_extension("part");
    let result = std::fs::write(&partial, format!("{state}\n"))
        .and_then(|()| std::fs::rename(&partial, &file.path));
    if let Err(error) = result {
        warn!("{VARIABLE}: {}: {error}", file.path.display());
    }
}

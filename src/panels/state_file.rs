//! For scripts and tests of the real window: with `MNISTIFY_STATE_FILE` set, what the app shows is written there as one
//! JSON line whenever it changes.

use super::PanelState;
use crate::{inference::Networks, pad::Pad, view::Stage};
use bevy::prelude::*;
use serde_json::{Map, Value, json};
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

fn write_state(
    mut file: ResMut<StateFile>,
    networks: Option<Res<Networks>>,
    panels: Res<PanelState>,
    stage: Res<Stage>,
    pad: Res<Pad>,
) {
    file.frame += 1;
    let (Some(networks), Some(rect)) = (networks, panels.pad_rect) else {
        return;
    };
    let answers: Map<String, Value> = networks
        .all
        .iter()
        .map(|network| {
            let class = network.answer.as_ref().map(|answer| answer.class);
            (network.name().to_lowercase(), json!(class))
        })
        .collect();
    let corners = [rect.min.x, rect.min.y, rect.max.x, rect.max.y];
    let state = json!({
        "pen_down": pad.drawing().is_drawing(),
        "pad": corners.map(|v| v * stage.scale_factor),
        "answers": answers,
    });
    if state == file.written {
        return;
    }
    let mut line = state.clone();
    line["frame"] = json!(file.frame);
    // Written beside and renamed, so that a reader never sees half a line.
    let partial = file.path.with_extension("part");
    let result = std::fs::write(&partial, format!("{line}\n"))
        .and_then(|()| std::fs::rename(&partial, &file.path));
    if let Err(error) = result {
        warn!("{VARIABLE}: {}: {error}", file.path.display());
    }
    file.written = state;
}

//! What a stage is called: words that a child understands first, the field's term second. A pure rule of the stage's kind, its
//! place and what one of its values sees of the drawing, so that it holds for anybody's network.

use crate::{
    inference::Network,
    words::{say, say_with},
};
use mnistify_network::{LayerSpec, StageKind, explain::Cell, explain::receptive_field};

/// Words for a row, from long to short; the first that fits is shown.
pub fn stage_words(network: &Network, row: usize) -> Vec<String> {
    let layout = &network.layout;
    let Some(stage) = row
        .checked_sub(1)
        .and_then(|stage| layout.stages.get(stage))
    else {
        return vec![say("slot-drawing")];
    };
    let [channels, height, width] = layout.shape(row);
    let first = row == 1;
    let counted = |key: &str| say_with(key, &[("count", channels.into())]);
    let some = |keys: &[&str]| keys.iter().map(|key| say(key)).collect::<Vec<_>>();
    let with_count = |long: &str, keys: &[&str]| {
        let mut words = some(keys);
        if first {
            words.insert(0, counted(long));
        }
        words
    };
    if layout.is_shortcut(row) {
        return some(&["stage-shortcut", "stage-shortcut-short"]);
    }
    let words = match stage.kind {
        StageKind::Linear { .. } if first => {
            vec![counted("stage-detectors"), counted("stage-detectors-short")]
        }
        StageKind::Linear { .. } => vec![counted("stage-mixers"), say("stage-mixers-short")],
        StageKind::Conv2d { .. } => match sees(network, row) {
            ..=6 => with_count("stage-edges-many", &["stage-edges", "stage-edges-short"]),
            7..=11 => with_count(
                "stage-corners-many",
                &["stage-corners", "stage-corners-short"],
            ),
            12..=16 => some(&["stage-strokes"]),
            17..=22 => some(&["stage-parts", "stage-parts-short"]),
            _ => some(&["stage-shapes", "stage-shapes-short"]),
        },
        StageKind::Pool { .. } => {
            let before = layout.shape(stage.from);
            let last_maps = (row + 1..layout.rows()).all(|later| {
                let [_, height, width] = layout.shape(later);
                [height, width] == [1, 1]
            });
            if before == [channels, height, width] {
                some(&["stage-even", "stage-even-short"])
            } else if last_maps && row > 2 {
                some(&["stage-gist", "stage-gist-short"])
            } else {
                some(&["stage-coarser", "stage-coarser-short"])
            }
        }
    };
    if stage.add.is_none() {
        return words;
    }
    // Longer words first, with what is added as long as there is room for it.
    let added = |words: &String| say_with("stage-added", &[("stage", words.clone().into())]);
    words.iter().map(added).chain(words.clone()).collect()
}

/// How many pixels of the drawing a value in the middle sees, along the longer side.
fn sees(network: &Network, row: usize) -> usize {
    let [_, height, width] = network.layout.shape(row);
    let cell = Cell {
        row,
        channel: 0,
        y: height / 2,
        x: width / 2,
    };
    let [y0, x0, y1, x1] = receptive_field(&network.model, &network.layout, cell, 0);
    (y1 - y0).max(x1 - x0)
}

/// The technical name, from long to short.
pub fn technical(network: &Network, row: usize) -> Vec<String> {
    let layout = &network.layout;
    let [channels, height, width] = layout.shape(row);
    let size = format!("{width}×{height}");
    let Some(stage) = row
        .checked_sub(1)
        .and_then(|stage| layout.stages.get(stage))
    else {
        return vec![size];
    };
    let names = match stage.kind {
        StageKind::Conv2d { layer } => {
            let LayerSpec::Conv2d { kernel_size, .. } = network.spec().layers()[layer] else {
                return vec![size];
            };
            let kernel = format!("{}×{}", kernel_size[1], kernel_size[0]);
            vec![
                format!("conv {kernel} · {size}"),
                format!("{kernel} · {size}"),
                size,
            ]
        }
        StageKind::Linear { .. } => {
            let inputs = stage.input.iter().product::<usize>();
            vec![format!("dense {inputs}–{channels}"), "dense".into()]
        }
        StageKind::Pool { norm, pool } => {
            let name = match (norm, pool) {
                (_, Some(_)) => "pool",
                (Some(_), None) => "norm",
                (None, None) if stage.activation.name().is_empty() => "sum",
                (None, None) => stage.activation.name(),
            };
            vec![format!("{name} · {size}"), size]
        }
    };
    match stage.add {
        Some(_) => {
            let longer = names.first().map(|name| format!("{name} + skip"));
            longer.into_iter().chain(names).collect()
        }
        None => names,
    }
}

/// Who the network is, in a few words.
pub fn who(network: &Network) -> String {
    let first = network.layout.stages.first().map(|stage| &stage.kind);
    let words = match first {
        Some(StageKind::Conv2d { .. }) => say("who-windows"),
        _ => say("who-all"),
    };
    match network.known() {
        Some(known) => say_with(
            if known.is_poor() {
                "who-poor"
            } else {
                "who-known"
            },
            &[
                ("right", (known.right as f64).into()),
                ("of", (known.of as f64).into()),
            ],
        ),
        None if network.is_own() => say_with("who-yours", &[("who", words.into())]),
        None => words,
    }
}

/// What a row is, in the field's words.
pub fn row_title(network: &Network, row: usize) -> String {
    if row == 0 {
        "input".into()
    } else if row + 1 == network.layout.rows() {
        "output".into()
    } else {
        network.layout.stages[row - 1].label(network.spec())
    }
}

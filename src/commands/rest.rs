//! `mnistify bench --rest`: what an open window costs in which nobody does anything.

use crate::Surface;
use bevy::prelude::*;
use cpu_time::ProcessTime;
use mnistify_network::Model;
use serde_json::json;
use std::io::Write;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, sleep},
    time::Duration,
};

/// How long is measured.
const MEASURED: Duration = Duration::from_secs(10);
/// The window rests once it has drawn nothing for this long.
const STILL: Duration = Duration::from_secs(3);
/// Measured anyway after this long, whatever still moves.
const PATIENCE: u32 = 20;

/// Opens a window, waits until it rests, measures ten seconds, prints one JSON object and ends the process. Gives the exit
/// code of an app that ended before.
pub fn run(width: u32, height: u32, models: Vec<Model>) -> i32 {
    let frames = Arc::new(AtomicU64::new(0));
    let mut app = crate::app(&Surface::Window { width, height }, models);
    let counted = frames.clone();
    app.add_systems(Last, move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    // A thread of its own: the app that rests runs no system.
    thread::spawn(move || {
        let count = || frames.load(Ordering::Relaxed);
        for _ in 0..PATIENCE {
            let before = count();
            sleep(STILL);
            if before > 0 && count() == before {
                break;
            }
        }
        let (before, used) = (count(), ProcessTime::now());
        sleep(MEASURED);
        let report = json!({
            "rest": {
                "seconds": MEASURED.as_secs_f64(),
                "frames": count() - before,
                "cpu_seconds": used.elapsed().as_secs_f64(),
            },
        });
        let _ = writeln!(std::io::stdout(), "{report}");
        std::process::exit(0);
    });
    let exit = app.run();
    if exit.is_success() { 0 } else { 1 }
}

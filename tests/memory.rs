//! Memory stays flat while frames are drawn. With lavapipe it once grew by a shader's variant a frame: the vertex shader
//! branched on a uniform.

#![cfg(target_os = "linux")]

use mnistify::{
    actions::Action,
    commands::{offscreen::Offscreen, resident_bytes},
    pad::PadAction,
};

/// Frames before the measurement: pipelines, pools and fonts, and tasks that begin when the pen rests for the first time.
const WARM_UP: usize = 400;
const FRAMES: usize = 300;
/// Growth that pools and the allocator explain, in bytes.
const ALLOWED: u64 = 5 << 20;

#[test]
fn memory_is_flat_over_three_hundred_frames() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(480, 270, models).expect("a GPU, a software one will do");
    let mut step = 0;
    let mut draw = |offscreen: &mut Offscreen, frames: usize| {
        for _ in 0..frames {
            let angle = step as f32 * 0.21;
            let (x, y) = (140.0 + 70.0 * angle.cos(), 140.0 + 95.0 * angle.sin());
            if step % 40 == 0 {
                offscreen.act(Action::Pad(PadAction::Clear));
                offscreen.act(Action::Pad(PadAction::Begin { x, y }));
            } else {
                offscreen.act(Action::Pad(PadAction::Extend { x, y }));
            }
            step += 1;
            offscreen.frame();
        }
    };
    draw(&mut offscreen, WARM_UP);
    let resident = || resident_bytes(std::process::id()).expect("Linux tells it");
    let before = resident();
    draw(&mut offscreen, FRAMES);
    let grown = resident().saturating_sub(before);
    println!("{FRAMES} frames: {grown} bytes more than {before}");
    assert!(grown <= ALLOWED, "{grown} bytes in {FRAMES} frames");
}

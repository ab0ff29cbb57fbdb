//! Progress in the terminal.

use crate::{Result, train_loop::Progress};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shows what training tells, on standard error and after `label`: as a bar in a terminal, else as one line an evaluation.
pub fn display(steps: usize, label: String) -> impl FnMut(&Progress) {
    let template = "{prefix}{wide_bar} {pos}/{len} steps, {msg}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    let bar = ProgressBar::new(steps as u64)
        .with_style(style)
        .with_prefix(label.clone())
        .with_finish(ProgressFinish::Abandon);
    move |progress| {
        let (step, loss, speed) = (progress.step, progress.loss, progress.images_per_second);
        let best = progress.best.map(|best| 100.0 * best.accuracy);
        let validation = best.map_or(String::new(), |best| format!(", validation {best:.2} %"));
        bar.set_message(format!("loss {loss:.4}{validation}, {speed:.0} images/s"));
        bar.set_position(step as u64);
        // A bar is hidden where there is no terminal.
        if let (true, Some(now), Some(best)) = (bar.is_hidden(), progress.evaluation, best) {
            let (accuracy, seconds) = (100.0 * now.accuracy, now.seconds);
            let rate = progress.learning_rate;
            eprintln!(
                "{label}step {step}/{steps}: loss {loss:.4}, validation {accuracy:.2} % (best {best:.2} %), rate {rate:.1e}, {speed:.0} images/s, {seconds:.0} s"
            );
        }
    }
}

/// The flag that the first Ctrl-C sets; the second one ends the program.
///
/// # Errors
/// Where the signal cannot be handled.
pub fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step; once more to quit at once");
    })?;
    Ok(stop)
}

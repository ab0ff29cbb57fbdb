//! Progress in the terminal.

use crate::{Result, train_loop::Event};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Progress on standard error: a bar in a terminal, else one line an evaluation.
pub struct Display {
    bar: Option<ProgressBar>,
    label: String,
    steps: usize,
    loss: f32,
    learning_rate: f64,
    images_per_second: f64,
    best: Option<f64>,
}

impl Display {
    /// A display of so many steps, each line after `label`.
    pub fn new(steps: usize, label: String) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = "{prefix}{wide_bar} {pos}/{len} steps, {msg}, {eta} left";
            let style = ProgressStyle::with_template(template);
            ProgressBar::new(steps as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_prefix(label.clone())
        });
        Self {
            bar,
            label,
            steps,
            loss: f32::NAN,
            learning_rate: 0.0,
            images_per_second: 0.0,
            best: None,
        }
    }

    /// Shows what training tells.
    pub fn show(&mut self, event: &Event) {
        let step = match *event {
            Event::Stepped {
                step,
                loss,
                learning_rate,
                images_per_second,
            } => {
                self.loss = loss;
                self.learning_rate = learning_rate;
                self.images_per_second = images_per_second;
                step
            }
            Event::Evaluated {
                step,
                accuracy,
                best,
                seconds,
            } => {
                self.best = Some(best.accuracy);
                if self.bar.is_none() {
                    eprintln!(
                        "{}step {step}/{}: loss {:.4}, validation {:.2} % (best {:.2} %), rate {:.1e}, {:.0} images/s, {seconds:.0} s",
                        self.label,
                        self.steps,
                        self.loss,
                        100.0 * accuracy,
                        100.0 * best.accuracy,
                        self.learning_rate,
                        self.images_per_second,
                    );
                }
                step
            }
        };
        if let Some(bar) = &self.bar {
            let best = match self.best {
                Some(best) => format!(", validation {:.2} %", 100.0 * best),
                None => String::new(),
            };
            let (loss, speed) = (self.loss, self.images_per_second);
            bar.set_message(format!("loss {loss:.4}{best}, {speed:.0} images/s"));
            bar.set_position(step as u64);
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
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

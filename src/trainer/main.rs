//! The program `train`: trains the two networks on MNIST and examines finished ones. This file is its command line.
//!
//! - Making networks: [`train_command`], [`study_command`]; [`train_loop`] with an engine of [`backend`], which is
//!   `mnistify-learning`'s fused kernels or [`burn_engine`]; images come from [`data`] ([`fetch`] gets them) and [`extras`].
//! - Examining them: [`eval_command`], [`calibrate_command`], [`eval`]; digits are drawn by [`hands`] and [`pen`], other
//!   things by [`non_digits`].
//! - What is kept: [`records`] of [`runs`], which [`search`] and [`study`] plan, and of [`seeds`]; what people read is made
//!   of them, [`journal`] and [`card`], with [`document`] for text and [`chart`] for plots.
//! - For the app: [`lessons_command`] chooses the digits that visitors watch the networks learn from.
//!
//! What keeps the figures honest: the 60,000 training images are split by a fixed constant into 55,000 for training and
//! 5,000 for validation, every choice is made on validation, and the 10,000 test images are read once, at the very end
//! (see [`data`]).

// burn's autodiff types nest deeper than the compiler's default allows.
#![recursion_limit = "256"]

mod backend;
mod burn_engine;
mod calibrate_command;
mod card;
mod card_command;
mod chart;
mod data;
mod display;
mod document;
mod eval;
mod eval_command;
mod extras;
mod fetch;
#[cfg(test)]
mod fused_tests;
mod hands;
mod journal;
mod lessons_command;
mod loose;
mod non_digits;
mod options;
mod pen;
mod records;
mod rounding;
mod runs;
mod search;
mod seeds;
mod statistics;
mod study;
mod study_command;
mod train_command;
mod train_loop;

use clap::{Parser, Subcommand};
use std::{error::Error, io::Write};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Trains the networks on MNIST: 55,000 images for training, 5,000 for every choice, 10,000 read once at the end.
///
/// The defaults are the recipe of the shipped networks:
///
///   train --model mlp --save
///   train --model cnn --save
///
/// `train eval` examines networks that are finished, `train calibrate` lets them refuse what is no digit, `train study`
/// changes one factor of a recipe at a time, `train card` makes the model cards anew, and `train lessons` the app's files
/// of digits to learn from; each says with --help how.
///
/// Ctrl-C ends the training and keeps the best weights so far; a second one ends the program at once.
#[derive(Parser, Debug)]
#[command(
    name = "train",
    version,
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    train: train_command::TrainArguments,
}

#[derive(Subcommand, Debug)]
enum Command {
    Eval(eval_command::EvalArguments),
    Calibrate(calibrate_command::CalibrateArguments),
    Study(study_command::StudyArguments),
    Card(card_command::CardArguments),
    Lessons(lessons_command::LessonsArguments),
}

fn main() {
    let code = match run() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    };
    let _ = std::io::stdout().flush();
    // Everything on the GPU is dropped by now. Leaving at once keeps burn's statics from being torn down after the
    // thread-local storage that they use.
    std::process::exit(code);
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Eval(arguments)) => eval_command::run(arguments),
        Some(Command::Calibrate(arguments)) => calibrate_command::run(arguments),
        Some(Command::Study(arguments)) => study_command::run(arguments),
        Some(Command::Card(arguments)) => card_command::run(arguments),
        Some(Command::Lessons(arguments)) => lessons_command::run(arguments),
        None => train_command::run(&arguments.train),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn commands_have_options_of_their_own() {
        let parse = |line: &str| Arguments::try_parse_from(line.split_whitespace());
        for (line, name) in [
            ("train study --model mlp --only ema", "Study"),
            ("train card", "Card"),
            ("train eval a.safetensors --robust --images 7", "Eval"),
            ("train calibrate a.safetensors --save b", "Calibrate"),
            ("train lessons --seed 2 --out b --data c", "Lessons"),
        ] {
            let command = format!("{:?}", parse(line).unwrap().command);
            assert!(command.starts_with(&format!("Some({name}(")), "{command}");
        }
        assert!(parse("train --model cnn --save").unwrap().command.is_none());
        for wrong in [
            "train",
            "train --model cnn eval",
            "train eval --save b",
            "train calibrate",
            "train --model cnn --steps 1 --epochs 1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

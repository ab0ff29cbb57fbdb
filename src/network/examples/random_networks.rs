//! Writes random networks with random images and the logits that burn's own operators on the CPU have for them: what
//! `web/tests/random_networks.mjs` holds the browser's GPU against. Needs no GPU.
//!
//! `random_networks --seed S --count N --out DIR` writes `DIR/0.safetensors`, … and `DIR/cases.json`; the same seed
//! gives the same files.

#[path = "../tests/random_networks/mod.rs"]
mod random_networks;

use mnistify_network::{Model, NetworkSpec};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};
use random_networks::{TOLERANCE, any_spec, images, plain_logits};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Networks above this are drawn again: a browser's software GPU is slow, and size proves nothing more.
const MOST_PARAMETERS: usize = 200_000;
/// Images of each network.
const IMAGES: usize = 3;
const USAGE: &str = "usage: random_networks --seed S --count N --out DIR";

struct Options {
    seed: u64,
    count: u64,
    out: PathBuf,
}

/// What the page's test reads.
#[derive(Serialize)]
struct Cases {
    seed: u64,
    /// Relative to the largest logit of an image, or to 1, if that is more.
    tolerance: f32,
    networks: Vec<Case>,
}

#[derive(Serialize)]
struct Case {
    file: String,
    /// For messages.
    spec: NetworkSpec,
    /// 784 bytes an image, one after the other.
    images: Vec<u8>,
    /// `[image][class]`
    logits: Vec<Vec<f32>>,
}

fn main() -> ExitCode {
    let done = options(std::env::args().skip(1)).and_then(|options| write(&options));
    if let Err(reason) = done {
        eprintln!("random_networks: {reason}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut seed, mut count, mut out) = (None, None, None);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || {
            let number = value.parse::<u64>();
            number.map_err(|_| format!("{name} is {value}, expected a whole number. {USAGE}"))
        };
        match name.as_str() {
            "--seed" => seed = Some(number()?),
            "--count" => count = Some(number()?),
            "--out" => out = Some(PathBuf::from(&value)),
            _ => return Err(format!("there is no option {name}. {USAGE}")),
        }
    }
    Ok(Options {
        seed: seed.ok_or(USAGE)?,
        count: count.ok_or(USAGE)?,
        out: out.ok_or(USAGE)?,
    })
}

fn write(options: &Options) -> Result<(), String> {
    let folder = &options.out;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut runner = TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(options.seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let mut networks = Vec::new();
    for index in 0..options.count {
        let seed = options.seed.wrapping_add(index);
        let model = Model::random(small_spec(&mut runner)?, seed);
        networks.push(case(&model, seed, format!("{index}.safetensors"), folder)?);
    }
    let cases = Cases {
        seed: options.seed,
        tolerance: TOLERANCE,
        networks,
    };
    let json = serde_json::to_string(&cases).map_err(|error| error.to_string())?;
    let path = folder.join("cases.json");
    std::fs::write(&path, json).map_err(|error| format!("{}: {error}", path.display()))
}

fn small_spec(runner: &mut TestRunner) -> Result<NetworkSpec, String> {
    loop {
        let tree = any_spec().new_tree(runner);
        let spec = tree.map_err(|reason| reason.to_string())?.current();
        if spec.parameter_count() <= MOST_PARAMETERS {
            return Ok(spec);
        }
    }
}

/// Writes the network, and tells what it answers.
fn case(model: &Model, seed: u64, file: String, folder: &Path) -> Result<Case, String> {
    let saved = model.save(folder.join(&file), false);
    saved.map_err(|error| error.to_string())?;
    let images = images(seed, IMAGES);
    Ok(Case {
        file,
        spec: model.spec.clone(),
        logits: plain_logits(model, &images),
        images,
    })
}

//! `mnistify predict`: files in, one JSON line an image out.

use super::{load_network, own_gpu};
use clap::Args;
use mnistify_drawing::{Image28, Preparation, idx, picture, rasterise, recording};
use mnistify_network::{
    Answer, CpuNetwork, Model, Verdict,
    fused::{FusedNetwork, Tuning},
    prediction::DEFAULT_THRESHOLD,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

/// Images that the GPU reads at a time.
const BATCH: usize = 256;

/// What to read, and how.
#[derive(Args)]
pub struct Arguments {
    /// PNGs, MNIST IDX files (all their images, also .gz), and saved strokes (.json).
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Compute on the CPU.
    #[arg(long)]
    cpu: bool,
    /// Scale into 20×20 and centre by mass, 28×28 images too.
    #[arg(long, conflicts_with = "raw")]
    prepare: bool,
    /// Leave everything where it is: strokes as drawn; pictures must be 28×28.
    #[arg(long)]
    raw: bool,
    /// Read with this network instead of the two that come with the app (may be repeated): a safetensors file, with
    /// its description in a .json of the same name beside it, if it needs one.
    #[arg(long = "model", value_name = "FILE")]
    models: Vec<PathBuf>,
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    index: usize,
    prepared: bool,
    models: BTreeMap<String, Reading>,
}

/// What one network says.
#[derive(Clone, Debug, Serialize)]
struct Reading {
    /// The class of the largest logit, also where the verdict is that it is no digit; none of a blank image.
    answer: Option<usize>,
    /// None of a blank image.
    verdict: Option<Verdict>,
    /// At the temperature of the network's calibration.
    probabilities: Vec<f32>,
    logits: Vec<f32>,
    millis: f64,
}

/// Reads all files; a bad one is reported and the others still done. Returns the exit code.
pub fn run(arguments: &Arguments) -> Result<i32, String> {
    let models = if arguments.models.is_empty() {
        crate::shipped_models().map_err(|error| error.to_string())?
    } else {
        let load = |file: &PathBuf| load_network(file).map(|loaded| loaded.model);
        arguments
            .models
            .iter()
            .map(load)
            .collect::<Result<_, _>>()?
    };
    let readers = readers(&models, arguments.cpu);
    let mut out = std::io::stdout().lock();
    let mut code = 0;
    for path in &arguments.files {
        let file = path.display().to_string();
        match images_of(path, arguments.prepare, arguments.raw) {
            Ok((images, prepared)) => {
                for (chunk, images) in images.chunks(BATCH).enumerate() {
                    for (line, models) in read(&readers, images).into_iter().enumerate() {
                        let line = Line {
                            file: &file,
                            index: chunk * BATCH + line,
                            prepared,
                            models,
                        };
                        let json = serde_json::to_string(&line).map_err(|e| e.to_string())?;
                        if writeln!(out, "{json}").is_err() {
                            return Ok(code); // The reader of the pipe has seen enough.
                        }
                    }
                }
            }
            Err(message) => {
                eprintln!("mnistify: {message}");
                code = 2;
            }
        }
    }
    Ok(code)
}

/// A file's images, and whether they were prepared.
fn images_of(path: &Path, prepare: bool, raw: bool) -> Result<(Vec<Image28>, bool), String> {
    let file = path.display();
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    if extension.eq_ignore_ascii_case("json") {
        let strokes = recording::load(path).map_err(|error| error.to_string())?;
        let preparation = if raw {
            Preparation::Raw
        } else {
            Preparation::Prepared
        };
        return Ok((vec![rasterise(&strokes, preparation)], !raw));
    }
    if extension.eq_ignore_ascii_case("png") {
        let picture = picture::load_png(path).map_err(|error| error.to_string())?;
        return match (picture::as_is(&picture), prepare, raw) {
            (Some(image), false, _) => Ok((vec![image], false)),
            (None, _, true) => Err(format!(
                "{file}: is {} × {} pixels; --raw takes pictures of 28 × 28 only",
                picture.width, picture.height
            )),
            _ => Ok((vec![picture::prepare(&picture)], true)),
        };
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    if !idx::is_idx(&bytes) {
        return Err(format!(
            "{file}: is neither a PNG (.png), nor saved strokes (.json), nor an IDX file"
        ));
    }
    let images = idx::parse_images(&bytes, &file.to_string()).map_err(|error| error.to_string())?;
    let images = images.iter().map(|bytes| {
        let image = Image28::from_bytes(bytes);
        if prepare {
            let gray = picture::Gray {
                width: 28,
                height: 28,
                values: image.as_slice().to_vec(),
            };
            picture::prepare(&gray)
        } else {
            image
        }
    });
    Ok((images.collect(), prepare))
}

/// A network with its key in the output.
struct Reader {
    key: String,
    model: Model,
    runner: Runner,
}

/// Where it runs.
enum Runner {
    Gpu(Box<FusedNetwork>),
    Cpu(Box<CpuNetwork>),
}

fn readers(models: &[Model], cpu: bool) -> Vec<Reader> {
    let gpu = if cpu { None } else { own_gpu() };
    if gpu.is_none() && !cpu {
        eprintln!("mnistify: no GPU adapter was found, so the CPU reads");
    }
    let tuning = |info: &wgpu::AdapterInfo| match info.device_type {
        wgpu::DeviceType::Cpu => Tuning::SOFTWARE,
        _ => Tuning::GPU,
    };
    let reader = |(model, key): (&Model, String)| Reader {
        key,
        model: model.clone(),
        runner: match &gpu {
            // A network too large for the GPU is read on the CPU.
            Some((gpu, info)) if FusedNetwork::fits(&model.spec, &gpu.device.limits(), BATCH) => {
                let network = FusedNetwork::new(model, gpu, BATCH, tuning(info));
                Runner::Gpu(Box::new(network))
            }
            _ => Runner::Cpu(Box::new(CpuNetwork::new(model))),
        },
    };
    models.iter().zip(keys(models)).map(reader).collect()
}

/// Under what each network stands in a line: its name in small letters, with a number where another has the same.
fn keys(models: &[Model]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for model in models {
        let name = model.spec.name().to_lowercase();
        let mut key = name.clone();
        let mut number = 2;
        while keys.contains(&key) {
            key = format!("{name}-{number}");
            number += 1;
        }
        keys.push(key);
    }
    keys
}

/// What every network says of every image.
fn read(readers: &[Reader], images: &[Image28]) -> Vec<BTreeMap<String, Reading>> {
    let mut lines = vec![BTreeMap::new(); images.len()];
    for reader in readers {
        let started = Instant::now();
        let logits: Vec<Vec<f32>> = match &reader.runner {
            Runner::Gpu(network) => {
                let pixels: Vec<f32> = images.iter().flat_map(|i| i.as_slice()).copied().collect();
                network.forward(&pixels);
                let read = network.read_logits(images.len());
                read.unwrap_or_else(|| {
                    eprintln!("mnistify: the GPU's results cannot be read back, so the CPU reads");
                    let twin = CpuNetwork::new(&reader.model);
                    images
                        .iter()
                        .map(|image| twin.forward(image.as_slice()))
                        .collect()
                })
            }
            Runner::Cpu(network) => {
                let logits = images.iter().map(|image| network.forward(image.as_slice()));
                logits.collect()
            }
        };
        let millis = started.elapsed().as_secs_f64() * 1e3 / images.len() as f64;
        for ((line, logits), image) in lines.iter_mut().zip(logits).zip(images) {
            let answer = Answer::from_logits(&logits, reader.model.calibration.as_ref());
            let said = answer.as_ref().filter(|_| !image.is_blank());
            let reading = Reading {
                answer: said.map(|a| a.class),
                verdict: said.map(|a| a.verdict(DEFAULT_THRESHOLD)),
                probabilities: answer.map(|a| a.probabilities).unwrap_or_default(),
                logits,
                millis,
            };
            line.insert(reader.key.clone(), reading);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::NetworkSpec;

    #[test]
    fn networks_of_one_name_have_keys_of_their_own() {
        let models = [NetworkSpec::mlp(), NetworkSpec::cnn(), NetworkSpec::mlp()];
        let models = models.map(|spec| Model::random(spec, 1));
        assert_eq!(keys(&models), ["mlp", "cnn", "mlp-2"]);
    }
}

//! `mnistify predict`: files in, one JSON line an image out.

use super::{load_network, own_gpu, tell};
use crate::words::thousands;
use clap::Args;
use mnistify_drawing::{
    Gray, Image28, Preparation, RecordingError, Refusal, SIDE,
    digits_file::{self, Content},
    picture, printable, rasterise, recording,
};
use mnistify_network::{
    Answer, CpuNetwork, Model, Verdict,
    fused::{FusedNetwork, Tuning},
    prediction::DEFAULT_THRESHOLD,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    time::Instant,
};

/// Images that the GPU reads at a time.
const BATCH: usize = 256;

/// The largest recording of strokes, in bytes, as `recording` reads it from a file.
const MAX_STROKES_BYTES: usize = 8 << 20;

/// Labelled images of which fewer are right may be transposed, and are tried so where there are at least as many.
const DOUBTFUL_ACCURACY: f64 = 0.7;
const LEAST_LABELLED: usize = 20;

/// So many are read again as rows for columns, and that is named where it brings this much accuracy.
const TRIED: usize = 2 * BATCH;
const CLEARLY_BETTER: f64 = 0.2;

/// What to read, and how.
#[derive(Args)]
pub struct Arguments {
    /// Pictures (PNG, JPEG, WebP), files of many 28×28 images (MNIST's IDX, Kaggle's CSV, NumPy's .npz, also .gz), and
    /// saved strokes (.json). What a file is, its content says.
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
    /// Read every digit of a picture by itself, from left to right and line by line.
    #[arg(long, conflicts_with = "raw")]
    split: bool,
    /// Take rows for columns in files of many images, as EMNIST's need it.
    #[arg(long)]
    transpose: bool,
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
    /// Which digit it is, where a file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<u8>,
    /// Why the picture was not read as one digit.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
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

/// A file's images.
struct Input {
    images: Vec<Image28>,
    /// One an image, where they are known.
    labels: Option<Vec<u8>>,
    /// Whether they were scaled and centred.
    is_prepared: bool,
    /// Why a picture is not one digit.
    refusal: Option<Refusal>,
    /// For people.
    notes: Vec<String>,
}

impl Input {
    fn of(images: Vec<Image28>, is_prepared: bool) -> Self {
        Self {
            images,
            labels: None,
            is_prepared,
            refusal: None,
            notes: Vec::new(),
        }
    }
}

/// Images without labels that are enough to notice that they lie on their side, and so many are looked at.
const LEAST_UNLABELLED: usize = 10;
const TRIED_UNLABELLED: usize = 200;

/// Reads all files; a bad one is reported and the others still done. Returns the exit code: 2 where a file was bad, 1
/// where the output could not be written, else 0; also where its reader has seen enough.
///
/// # Errors
/// When a network cannot be read.
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
    let mut out = BufWriter::new(io::stdout().lock());
    let mut code = 0;
    for path in &arguments.files {
        let file = path.display().to_string();
        let input = match input_of(path, arguments) {
            Ok(input) => input,
            Err(message) => {
                tell(&message);
                code = 2;
                continue;
            }
        };
        for message in &input.notes {
            tell(&format!("{}: {message}", printable(&file)));
        }
        let written = write_lines(&mut out, &readers, &file, &input);
        match written.and_then(|right| out.flush().map(|()| right)) {
            Ok(right) => {
                let file = printable(&file);
                let is_transposed = arguments.transpose;
                say_accuracy(&readers, &file, &input, &right, is_transposed);
                say_if_turned(&readers, &file, &input, is_transposed);
            }
            // The reader of the pipe has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(code),
            Err(error) => {
                tell(&format!(
                    "the output cannot be written: {error}; make room or write it elsewhere"
                ));
                return Ok(1);
            }
        }
    }
    Ok(code)
}

/// Writes a line for each image. Returns how many images each network read as their labels say.
fn write_lines(
    out: &mut impl Write,
    readers: &[Reader],
    file: &str,
    input: &Input,
) -> io::Result<Vec<usize>> {
    let mut right = vec![0; readers.len()];
    for (chunk, images) in input.images.chunks(BATCH).enumerate() {
        for (place, mut models) in read(readers, images).into_iter().enumerate() {
            let index = chunk * BATCH + place;
            let label = input.labels.as_ref().and_then(|labels| labels.get(index));
            for (right, reader) in right.iter_mut().zip(readers) {
                let answer = models.get(&reader.key).and_then(|reading| reading.answer);
                *right += usize::from(reader.is_right(answer, label.copied()));
            }
            // Whatever several digits look like together, they are none.
            if let Some(Refusal::SeveralDigits(_)) = input.refusal {
                for reading in models.values_mut() {
                    reading.verdict = reading.verdict.map(|_| Verdict::NoDigit);
                }
            }
            let line = Line {
                file,
                index,
                prepared: input.is_prepared,
                label: label.copied(),
                refused: input.refusal.map(|refusal| refusal.to_string()),
                models,
            };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
    }
    Ok(right)
}

/// Says how many labelled images each network read right, and where rows were probably stored as columns.
fn say_accuracy(
    readers: &[Reader],
    file: &str,
    input: &Input,
    right: &[usize],
    is_transposed: bool,
) {
    let (Some(labels), count) = (&input.labels, input.images.len()) else {
        return;
    };
    if count == 0 {
        return;
    }
    let share = |right: usize, count: usize| right as f64 / count as f64;
    for (reader, &right) in readers.iter().zip(right) {
        tell(&format!(
            "{file}: {}: {} of {} right ({:.2} %)",
            printable(&reader.key),
            thousands(right),
            thousands(count),
            100.0 * share(right, count)
        ));
    }
    let (Some(reader), Some(&first)) = (readers.first(), right.first()) else {
        return;
    };
    if count < LEAST_LABELLED || share(first, count) >= DOUBTFUL_ACCURACY {
        return;
    }
    let tried = &input.images[..count.min(TRIED)];
    let turned: Vec<Image28> = tried.iter().map(digits_file::transposed).collect();
    let mut right = 0;
    for (images, labels) in turned.chunks(BATCH).zip(labels.chunks(BATCH)) {
        let lines = read(std::slice::from_ref(reader), images);
        for (line, label) in lines.iter().zip(labels) {
            let answer = line.get(&reader.key).and_then(|reading| reading.answer);
            right += usize::from(reader.is_right(answer, Some(*label)));
        }
    }
    if share(right, turned.len()) >= share(first, count) + CLEARLY_BETTER {
        tell(&format!(
            "{file}: with rows as columns {:.0} % are right; {}",
            100.0 * share(right, turned.len()),
            remedy(is_transposed)
        ));
    }
}

/// What turns images the other way round.
fn remedy(is_transposed: bool) -> &'static str {
    if is_transposed {
        "leave out --transpose"
    } else {
        "add --transpose"
    }
}

/// Says where images without labels read as digits only with rows as columns, as EMNIST stores them.
fn say_if_turned(readers: &[Reader], file: &str, input: &Input, is_transposed: bool) {
    let Some(reader) = readers.first() else {
        return;
    };
    if input.labels.is_some() || input.images.len() < LEAST_UNLABELLED {
        return;
    }
    let tried = &input.images[..input.images.len().min(TRIED_UNLABELLED)];
    let digits = |images: &[Image28]| {
        let lines = read(std::slice::from_ref(reader), images);
        let verdicts = lines
            .iter()
            .filter_map(|line| line.get(&reader.key)?.verdict);
        verdicts
            .filter(|verdict| *verdict == Verdict::Digit)
            .count()
    };
    let as_stored = digits(tried);
    if as_stored * 4 >= tried.len() * 3 {
        return;
    }
    let turned: Vec<Image28> = tried.iter().map(digits_file::transposed).collect();
    let as_turned = digits(&turned);
    if as_turned * 10 >= tried.len() * 9 {
        tell(&format!(
            "{file}: only {as_stored} of {} look like digits; with rows as columns {as_turned} do: {}",
            tried.len(),
            remedy(is_transposed)
        ));
    }
}

/// A file's images. What it is, its content says.
fn input_of(path: &Path, arguments: &Arguments) -> Result<Input, String> {
    let (bytes, file) = digits_file::read_file(path).map_err(|error| error.to_string())?;
    let bytes = digits_file::unpacked(&bytes, &file).map_err(|error| error.to_string())?;
    match digits_file::content(&bytes) {
        Content::Strokes => strokes_of(&bytes, &file, arguments.raw),
        Content::Picture(_) => picture_of(&bytes, &file, arguments),
        Content::Digits => digits_of(&bytes, &file, path, arguments),
        Content::Empty => Err(format!("{file} is empty; fetch or save it again")),
        Content::Network => Err(format!(
            "{file} holds the weights of a network; give it with --model"
        )),
        Content::Unknown => Err(format!(
            "{file} is neither a picture (PNG, JPEG, WebP), nor saved strokes (JSON), nor a file of digits (IDX, CSV, \
             .npz)"
        )),
    }
}

fn strokes_of(bytes: &[u8], file: &str, raw: bool) -> Result<Input, String> {
    let file = file.to_owned();
    if bytes.len() > MAX_STROKES_BYTES {
        return Err(RecordingError::FileTooLarge { file }.to_string());
    }
    let Ok(json) = std::str::from_utf8(bytes) else {
        return Err(RecordingError::NotText { file }.to_string());
    };
    let json = json.trim_start_matches('\u{feff}');
    let strokes = recording::from_json(json)
        .map_err(|error| format!("{file}: {}", printable(&error.to_string())))?;
    let preparation = if raw {
        Preparation::Raw
    } else {
        Preparation::Prepared
    };
    Ok(Input::of(vec![rasterise(&strokes, preparation)], !raw))
}

fn picture_of(bytes: &[u8], file: &str, arguments: &Arguments) -> Result<Input, String> {
    let gray = picture::decode_picture(bytes, file).map_err(|error| error.to_string())?;
    match picture::as_is(&gray) {
        Some(image) if !arguments.prepare => return Ok(Input::of(vec![image], false)),
        None if arguments.raw => {
            return Err(format!(
                "{file}: is {} × {} pixels; --raw takes pictures of 28 × 28 only",
                gray.width, gray.height
            ));
        }
        _ => {}
    }
    if arguments.split {
        let images = picture::split(&gray);
        if !images.is_empty() {
            return Ok(Input::of(images, true));
        }
    }
    let prepared = picture::read(&gray);
    let mut input = Input::of(vec![prepared.image], true);
    if let Some(refusal) = prepared.refusal {
        input.notes.push(format!("refused: {refusal}"));
        input.refusal = Some(refusal);
    }
    Ok(input)
}

fn digits_of(
    bytes: &[u8],
    file: &str,
    path: &Path,
    arguments: &Arguments,
) -> Result<Input, String> {
    let digits = digits_file::parse(bytes, file).map_err(|error| error.to_string())?;
    let mut input = Input::of(digits.images, arguments.prepare);
    input.notes = digits.notes;
    input.labels = digits.labels;
    if input.labels.is_none() {
        match digits_file::labels_beside(path, input.images.len()) {
            Ok(labels) => input.labels = labels,
            // The images are sound, and may be read without.
            Err(error) => input.notes.push(format!("labels are not used: {error}")),
        }
    }
    for image in &mut input.images {
        if arguments.transpose {
            *image = digits_file::transposed(image);
        }
        if arguments.prepare {
            *image = picture::prepare(&Gray {
                width: SIDE,
                height: SIDE,
                values: image.as_slice().to_vec(),
            });
        }
    }
    Ok(input)
}

/// A network with its key in the output.
struct Reader {
    key: String,
    model: Model,
    runner: Runner,
}

impl Reader {
    /// Whether an output stands for this digit.
    fn is_right(&self, answer: Option<usize>, label: Option<u8>) -> bool {
        let class = answer.and_then(|answer| self.model.spec.classes().get(answer));
        let label = label.map(|label| label.to_string());
        class.is_some() && class == label.as_ref()
    }
}

/// Where it runs.
enum Runner {
    Gpu(Box<FusedNetwork>),
    Cpu(Box<CpuNetwork>),
}

fn readers(models: &[Model], cpu: bool) -> Vec<Reader> {
    let gpu = if cpu { None } else { own_gpu() };
    if gpu.is_none() && !cpu {
        tell("no GPU adapter was found, so the CPU reads");
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
                    tell("the GPU's results cannot be read back, so the CPU reads");
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

    #[test]
    fn a_full_disk_is_no_success() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let model = Model::random(NetworkSpec::mlp(), 1);
        let readers = [Reader {
            key: "mlp".to_string(),
            runner: Runner::Cpu(Box::new(CpuNetwork::new(&model))),
            model,
        }];
        let input = Input::of(vec![Image28::blank()], true);
        let mut out = BufWriter::new(Full);
        let written = write_lines(&mut out, &readers, "a.png", &input);
        let kind = written.map_err(|error| error.kind());
        assert_eq!(kind, Err(ErrorKind::StorageFull));
        let mut lines = Vec::new();
        assert!(write_lines(&mut lines, &readers, "a.png", &input).is_ok());
        assert!(
            lines.starts_with(br#"{"file":"a.png","index":0,"prepared":true,"models":{"mlp":"#)
        );
    }
}

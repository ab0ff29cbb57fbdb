//! `train eval`: files to figures. What is measured, and why so, is in `eval`.

use crate::{
    Result, card, data, document,
    eval::{
        Reader, SEED, THRESHOLD_SEED,
        conditions::Condition,
        drawn::{PER_HAND, drawn, loose_images, prepared_images, sheet_rows},
        fonts,
        rejection::{Digits, Kind, PER_KIND, fashion, non_digits, rejection},
        report::{Evaluation, Examined, Report},
        robust::robust,
        sheet, strangers,
    },
    hands::HANDS,
    options::DataArguments,
    records, rounding,
};
use clap::{Args, ValueEnum};
use mnistify_drawing::Image28;
use mnistify_learning::{Images, Mnist};
use mnistify_network::Model;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where Debian's package dataset-fashion-mnist puts its files.
const FASHION_FOLDER: &str = "/usr/share/datasets/fashion-mnist";
/// Drawings of each hand on either side of the rejection: one half sets a threshold, the other is judged.
pub const REJECTION_PER_HAND: u32 = 100;
/// Drawings in a line of the contact sheet; each is there twice.
const SHEET_COLUMNS: usize = 12;

/// Examines networks that are finished, on the CPU: their figures, or with the options below how they fare elsewhere.
///
/// Tables go to standard output, progress to standard error. All random numbers are fixed, so that every network
/// meets the same images.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct EvalArguments {
    /// Networks' files [default: models/mlp.safetensors models/cnn.safetensors]
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,

    /// MNIST's digits moved, scaled, turned, thicker, fainter, noisy …; each as it is and prepared.
    #[arg(long)]
    robust: bool,

    /// Digits drawn as strokes, in several hands; each as it is and prepared.
    #[arg(long)]
    strokes: bool,

    /// Calibration, and what is no digit: how much of it is refused at the price of 1 % of the digits.
    #[arg(long)]
    reject: bool,

    #[command(flatten)]
    data: DataArguments,

    /// Which of MNIST's images; whoever chooses between networks by these figures must not take the test images.
    #[arg(long, value_enum, default_value_t = On::Test)]
    on: On,

    /// Only the first so many of MNIST's images, and so many drawings at most [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    images: Option<u32>,

    /// Folder of Fashion-MNIST's IDX files, plain or gzipped [default: /usr/share/datasets/fashion-mnist, where there is
    /// one; Debian's package dataset-fashion-mnist makes it]
    #[arg(long, value_name = "DIR", requires = "reject")]
    fashion: Option<PathBuf>,

    /// Folder of fonts (.ttf, .otf, folders in it too), whose letters should be refused
    /// [default: /usr/share/fonts/truetype, where there is one]
    #[arg(long, value_name = "DIR", requires = "reject")]
    fonts: Option<PathBuf>,

    /// Save a contact sheet of the drawings, a PNG: in each line some as they are, then the same ones prepared; with
    /// --reject also strangers' digits, digits in haste, and what is no digit.
    #[arg(long, value_name = "PATH")]
    sheet: Option<PathBuf>,

    /// Write everything as one line of JSON; `-` is standard output. `train card` takes the tables of
    /// models/evaluation*.json into the cards.
    #[arg(long, value_name = "PATH")]
    json: Option<String>,

    /// Round the weights to F16 before anything else.
    #[arg(long)]
    half: bool,

    /// Before that, round each matrix to multiples of a power of two, so many or more to its root mean square; the file
    /// is then far easier to compress.
    #[arg(long, value_name = "LEVELS", requires = "half", value_parser = clap::value_parser!(u32).range(1..))]
    grid: Option<u32>,

    /// Save the one rounded network with its own figures, and a model card beside it.
    #[arg(
        long,
        value_name = "PATH",
        requires = "half",
        conflicts_with = "images"
    )]
    save: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// The 10,000 test images.
    Test,
    /// The 5,000 images held out of training; --reject fits on half of them.
    Validation,
}

impl On {
    fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Validation => "validation",
        }
    }
}

/// A file under examination.
pub struct File {
    pub path: PathBuf,
    pub model: Model,
}

/// The images that this command needs.
#[derive(Default)]
struct Sources {
    mnist: Mnist,
    test: Images,
}

/// Runs `train eval`.
///
/// # Errors
/// Where a network or the data cannot be read, or a result cannot be written.
pub fn run(arguments: &EvalArguments) -> Result<()> {
    let mut paths = arguments.files.clone();
    if paths.is_empty() {
        let shipped = ["models/mlp.safetensors", "models/cnn.safetensors"];
        paths = shipped.map(PathBuf::from).to_vec();
    }
    let (files, readers) = load(&paths, arguments.half, arguments.grid)?;
    if arguments.save.is_some() && files.len() != 1 {
        return Err("--save takes exactly one file".into());
    }
    let sources = sources(arguments)?;
    let mut evaluation = Evaluation {
        command: command(arguments),
        on: arguments.on.name().to_string(),
        images: arguments.images,
        half: arguments.half,
        seed: SEED,
        ..Evaluation::default()
    };
    examine(arguments, &readers, &sources, &mut evaluation)?;
    for (network, file) in evaluation.networks.iter_mut().zip(&files) {
        network.file = file.path.display().to_string();
        network.calibration = file.model.calibration;
    }
    if let Some(path) = &arguments.sheet {
        save_sheet(arguments, path)?;
    }
    if let Some(path) = &arguments.save {
        save_rounded(path, &files[0], &evaluation.networks[0], arguments.grid)?;
    }
    // Where the JSON goes to standard output, it is alone there.
    if arguments.json.as_deref() != Some("-") {
        print!("{}", document::render("figures.md", &context(&evaluation)));
    }
    match arguments.json.as_deref() {
        Some("-") => println!("{}", records::to_json(&evaluation)),
        Some(path) => records::write(
            Path::new(path),
            &format!("{}\n", records::to_json(&evaluation)),
        )?,
        None => {}
    }
    Ok(())
}

/// What the tables are made of.
fn context(evaluation: &Evaluation) -> Value {
    let mut plain = Vec::new();
    for network in &evaluation.networks {
        for (on, report) in [("validation", &network.validation), ("test", &network.test)] {
            if let Some(Report {
                metrics, errors, ..
            }) = report
            {
                let name = format!("{}, {on}", network.name);
                plain.push(json!({ "name": name, "metrics": metrics, "errors": errors }));
            }
        }
    }
    let named = evaluation.networks.iter().enumerate();
    let named = named.map(|(place, network)| json!({ "name": network.name, "place": place }));
    let mut context = json!(evaluation);
    context["networks"] = named.collect();
    context["plain"] = plain.into();
    context
}

/// The networks, with weights rounded to a `grid` and to F16 where `half`, and a reader for each, whose names differ.
///
/// # Errors
/// Where a file cannot be read or is a network that cannot be examined.
pub fn load(paths: &[PathBuf], half: bool, grid: Option<u32>) -> Result<(Vec<File>, Vec<Reader>)> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let mut model = Model::load(path)?;
        if let Some(levels) = grid {
            rounding::to_grid(&mut model, levels);
        }
        if half {
            model = Model::from_bytes(&model.to_bytes(true), "the rounded weights")?;
        }
        let path = path.clone();
        files.push(File { path, model });
    }
    let mut readers = Vec::with_capacity(files.len());
    for file in &files {
        let name = file.model.spec.name();
        let same = files.iter().filter(|other| other.model.spec.name() == name);
        let label = match same.count() {
            1 => name.to_string(),
            _ => format!("{name} ({})", file.path.display()),
        };
        readers.push(Reader::new(&file.model, &label)?);
    }
    Ok((files, readers))
}

/// Whether the figures without any distortion are wanted.
fn is_plain(arguments: &EvalArguments) -> bool {
    let others = [arguments.robust, arguments.strokes, arguments.reject];
    arguments.save.is_some() || !others.contains(&true)
}

fn sources(arguments: &EvalArguments) -> Result<Sources> {
    let is_test = arguments.on == On::Test || arguments.save.is_some();
    let reads_mnist = is_plain(arguments) || arguments.robust || arguments.reject;
    let mut sources = Sources::default();
    if !reads_mnist {
        return Ok(sources);
    }
    let folder = arguments.data.folder()?;
    if is_plain(arguments) || arguments.reject || !is_test {
        sources.mnist = data::load_training(&folder)?;
    }
    if is_test {
        sources.test = data::load_test(&folder)?;
    }
    Ok(sources)
}

fn examine(
    arguments: &EvalArguments,
    readers: &[Reader],
    sources: &Sources,
    found: &mut Evaluation,
) -> Result<()> {
    let mut say = |message: &str| eprintln!("{message}");
    let limit = arguments.images.map_or(usize::MAX, |count| count as usize);
    let judged = match arguments.on {
        On::Test => first(&sources.test, limit),
        On::Validation => first(&sources.mnist.validation, limit),
    };
    for reader in readers {
        let report = |images: &Images| {
            let images = first(images, limit);
            (is_plain(arguments) && !images.is_empty())
                .then(|| Report::new(&reader.confusion(&images)))
        };
        found.networks.push(Examined {
            name: reader.name().to_string(),
            validation: report(&sources.mnist.validation),
            test: report(&sources.test),
            ..Examined::default()
        });
    }
    if arguments.robust {
        found.robust = Some(robust(readers, &judged, &Condition::ALL, &mut say));
    }
    if arguments.strokes {
        found.strokes = Some(drawn(readers, per_hand(arguments, PER_HAND), &mut say));
    }
    if arguments.reject {
        let kinds = kinds(arguments, limit)?;
        // Fitted on one half and judged on the other where there is nothing but validation.
        let (fitted, judged) = match arguments.on {
            On::Test => (sources.mnist.validation.clone(), judged),
            On::Validation => halves(&judged),
        };
        let count = per_hand(arguments, REJECTION_PER_HAND);
        let drawings = [THRESHOLD_SEED, SEED].map(|seed| prepared_images(count, seed));
        let strangers = strangers::prepared_images(count.min(strangers::PER_PLAN));
        let digits = Digits {
            training: &sources.mnist.train,
            validation: &fitted,
            judged: &judged,
            drawn: &drawings[0],
            drawn_judged: &drawings[1],
            strangers: (&strangers.0, &strangers.1),
        };
        for reader in readers {
            say(&format!("rejection: {}", reader.name()));
            found.reject.push(rejection(reader, &digits, &kinds));
        }
    }
    Ok(())
}

/// What should be refused: drawings, and what the fonts' and Fashion-MNIST's folders have.
fn kinds(arguments: &EvalArguments, limit: usize) -> Result<Vec<Kind>> {
    let mut kinds = non_digits(limit.min(PER_KIND), SEED);
    let folder = arguments.fonts.as_deref();
    match fonts::letters(folder.unwrap_or(Path::new(fonts::FOLDER)), limit) {
        Some(kind) => kinds.push(kind),
        None if folder.is_some() => {
            return Err("--fonts: there is no font in it that has all letters".into());
        }
        None => eprintln!(
            "Letters of fonts are left out: {} has none; --fonts names another folder",
            fonts::FOLDER
        ),
    }
    let folder = arguments.fashion.as_deref();
    match fashion(folder.unwrap_or(Path::new(FASHION_FOLDER)), limit)? {
        Some(kind) => kinds.push(kind),
        None if folder.is_some() => {
            return Err("--fashion: there is no t10k-images-idx3-ubyte or .gz in it".into());
        }
        None => eprintln!(
            "Fashion-MNIST is left out: {FASHION_FOLDER} does not have it; --fashion names another folder"
        ),
    }
    Ok(kinds)
}

/// Drawings of each hand, such that there are at most `--images` in all, and at least one of each.
fn per_hand(arguments: &EvalArguments, default: u32) -> u32 {
    match arguments.images {
        Some(images) => (images / HANDS.len() as u32).clamp(1, default),
        None => default,
    }
}

fn first(data: &Images, count: usize) -> Images {
    let count = count.min(data.len());
    Images {
        images: data.images[..count].to_vec(),
        labels: data.labels[..count].to_vec(),
    }
}

/// Every other image, from the first and from the second.
fn halves(data: &Images) -> (Images, Images) {
    let from = |start: usize| {
        let indices: Vec<usize> = (start..data.len()).step_by(2).collect();
        data.select(&indices)
    };
    (from(0), from(1))
}

/// Saves the rounded weights with their own figures, and a card made of what lies beside them. A calibration belongs to
/// the weights before the rounding, so there is none.
fn save_rounded(path: &Path, file: &File, figures: &Examined, grid: Option<u32>) -> Result<()> {
    let mut model = file.model.clone();
    model.calibration = None;
    let mut words = model.card.command.split_whitespace();
    if !words.any(|word| word == "--half") {
        model.card.command.push_str(" --half");
    }
    if let Some(levels) = grid {
        model.card.command.push_str(&format!(" --grid {levels}"));
    }
    let metrics = |report: &Option<Report>| report.as_ref().map(|report| report.metrics);
    model.card.validation = metrics(&figures.validation);
    model.card.test = metrics(&figures.test);
    model.save(path, true)?;
    eprintln!("saved {}", path.display());
    let card = card::write(path)?;
    eprintln!("wrote {}", card.display());
    Ok(())
}

fn save_sheet(arguments: &EvalArguments, path: &Path) -> Result<()> {
    let mut rows: Vec<Vec<Image28>> = Vec::new();
    if arguments.strokes {
        rows.extend(sheet_rows(SHEET_COLUMNS as u32));
    }
    if arguments.reject {
        // Twice as many to a line, as there is no raw image of these; some lines of each kind.
        let shown = 2 * SHEET_COLUMNS;
        let mut kinds = non_digits(2 * shown, SEED);
        let folder = arguments.fonts.as_deref();
        kinds.extend(fonts::letters(
            folder.unwrap_or(Path::new(fonts::FOLDER)),
            2 * shown,
        ));
        let strangers = strangers::prepared_images(shown as u32).0;
        let digits = [strangers, loose_images(shown as u32, SEED)];
        let kinds = kinds.into_iter().map(|kind| kind.images);
        for images in digits.into_iter().chain(kinds) {
            rows.extend(images.chunks(shown).map(<[Image28]>::to_vec));
        }
    }
    if rows.is_empty() {
        return Err("--sheet needs --strokes or --reject".into());
    }
    sheet::sheet(&rows)
        .save(path)
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    eprintln!("saved {}", path.display());
    Ok(())
}

/// The command that finds the same again.
fn command(arguments: &EvalArguments) -> String {
    let mut command = format!("{} eval", document::COMMAND);
    for file in &arguments.files {
        command.push_str(&format!(" {}", file.display()));
    }
    let flags = [
        ("robust", arguments.robust),
        ("strokes", arguments.strokes),
        ("reject", arguments.reject),
        ("half", arguments.half),
    ];
    for (name, _) in flags.iter().filter(|(_, is_set)| *is_set) {
        command.push_str(&format!(" --{name}"));
    }
    if arguments.on != On::Test {
        command.push_str(&format!(" --on {}", arguments.on.name()));
    }
    let folder = |path: &PathBuf| path.display().to_string();
    for (name, value) in [
        ("images", arguments.images.map(|images| images.to_string())),
        ("grid", arguments.grid.map(|levels| levels.to_string())),
        ("fashion", arguments.fashion.as_ref().map(folder)),
        ("fonts", arguments.fonts.as_ref().map(folder)),
        ("json", arguments.json.clone()),
    ] {
        if let Some(value) = value {
            command.push_str(&format!(" --{name} {value}"));
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::tests::parse as parse_any;

    fn parse(words: &str) -> std::result::Result<EvalArguments, clap::Error> {
        parse_any(words)
    }

    #[test]
    fn options_that_do_not_fit_together_are_refused() {
        let plain = parse("").unwrap();
        assert!(is_plain(&plain) && plain.on == On::Test);
        assert!(!is_plain(&parse("--strokes").unwrap()));
        assert!(is_plain(&parse("--robust --half --save a b").unwrap()));
        for wrong in [
            "--save a b",
            "--images 0",
            "--fashion there",
            "--fonts there",
            "--grid 8",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_recorded_command_repeats_the_options() {
        for words in [
            "a.safetensors --robust --reject --json b.json",
            "--strokes --half --on validation --images 9",
            "--reject --fonts c --fashion d",
            "--half --grid 8",
        ] {
            let command = command(&parse(words).unwrap());
            let (_, again) = command.split_once(" eval ").unwrap();
            let [found, expected] = [again, words].map(|words| {
                let mut words: Vec<&str> = words.split_whitespace().collect();
                words.sort_unstable();
                words
            });
            assert_eq!(found, expected);
            assert!(parse(again).is_ok());
        }
    }

    #[test]
    fn drawings_are_shared_among_the_hands() {
        for (words, expected) in [("", 200), ("--images 3", 1), ("--images 1000000", 200)] {
            assert_eq!(per_hand(&parse(words).unwrap(), 200), expected);
        }
    }

    #[test]
    fn images_are_limited_and_halved() {
        let data = Images {
            images: (0..5).map(|index| [index; 784]).collect(),
            labels: vec![0, 1, 2, 3, 4],
        };
        assert_eq!(first(&data, 2).labels, [0, 1]);
        assert_eq!(first(&data, 9).len(), 5);
        let (even, odd) = halves(&data);
        assert_eq!((even.labels, odd.labels), (vec![0, 2, 4], vec![1, 3]));
    }
}

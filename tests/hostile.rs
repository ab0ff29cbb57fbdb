//! Files that were changed at random end in a message, in time and within a memory, whatever they are: nothing panics.
//!
//! `MNISTIFY_MUTATIONS=100000 cargo test --release --test hostile -- --nocapture` tries so many of each kind and prints the
//! slowest and the largest; a name behind it (`pictures`, `digits`, `drawings`, `networks`, `settings`) those alone; `MNISTIFY_RUN=1` others. What
//! of the worst that is accepted `docs/limits.md` says, `cargo test --release --test hostile -- --ignored --nocapture` measures.

use mnistify::{
    exhibit::{Settings, settings::EXAMPLE},
    link::SharedState,
    own_network::known_digits,
    school::action_of,
};
use mnistify_drawing::{
    MAX_POINTS, PAD_SIZE, Point, Preparation, Stroke, Tool, digits_file, picture, rasterise_sheet,
    recording,
};
use mnistify_network::{
    Answer, Calibration, CpuNetwork, LayerSpec, Model, NetworkSpec, Score,
    import::{self, Opened},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io::{Cursor, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{LazyLock, Once},
    time::{Duration, Instant},
};

/// Of each kind, unless the environment says another number.
const MUTATIONS: usize = 400;
/// No input of these sizes takes longer, by far; a hang would.
const MOST: Duration = Duration::from_secs(20);
/// Nor more memory: half of what a page has. A picture of 40 megapixels takes most.
const MOST_BYTES: isize = 2 << 30;
/// Longer messages would be a file's own text.
const MOST_LETTERS: usize = 30_000;

/// The system's memory, counted for each thread.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

thread_local! {
    /// What the thread holds, and the most that it held, in bytes.
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// Also those that a reader caught: of a decoder, in a page they would end everything.
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            usual(info);
        }));
    });
}

fn count(bytes: isize) {
    // At a thread's end there is nothing to count with.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        PEAK.try_with(|peak| peak.set(peak.get().max(held.get())))
    });
}

// SAFETY: all is handed on to the system's allocator; what is counted allocates nothing.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps the same contract.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// A kind of file.
struct Format {
    name: &'static str,
    /// Sound ones, and such as once did harm.
    seeds: Vec<Vec<u8>>,
    /// Puts right in a changed one what would hide the change: checksums, lengths, a compression around it.
    seal: fn(Vec<u8>) -> Vec<u8>,
    read: fn(&[u8]),
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A few changes, mostly near the beginning, where headers are.
    fn mutated(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..1 + self.below(4) {
            let end = if self.below(3) == 0 {
                bytes.len()
            } else {
                bytes.len().min(96)
            };
            let at = self.below(end);
            match self.below(8) {
                0 => bytes.truncate(at),
                1 => {
                    let extreme: [u8; 4] =
                        [[0; 4], [0xff; 4], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 1]][self.below(4)];
                    let end = bytes.len().min(at + 4);
                    if at < end {
                        bytes[at..end].copy_from_slice(&extreme[..end - at]);
                    }
                }
                2 => {
                    let piece = bytes[at..bytes.len().min(at + 1 + self.below(64))].to_vec();
                    let place = self.below(bytes.len());
                    bytes.splice(place..place, piece);
                }
                3 => {
                    let digit = b'0' + self.below(10) as u8;
                    let many = vec![digit; 1 + self.below(40)];
                    bytes.splice(at..at, many);
                }
                4 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
        bytes
    }
}

/// Lets each format's own reader have mutations of its files, and prints the longest time and the largest memory.
fn try_all(formats: &[Format]) {
    let said = |name: &str| std::env::var(name).ok()?.parse().ok();
    let count = said("MNISTIFY_MUTATIONS").unwrap_or(MUTATIONS);
    let run = said("MNISTIFY_RUN").unwrap_or(0) as u64;
    count_panics();
    for Format {
        name,
        seeds,
        seal,
        read,
    } in formats
    {
        let mut random = Random(0x6d6e_6973_7469_6679 ^ (run << 32));
        let (mut slowest, mut largest) = (Duration::ZERO, 0);
        PANICS.set(0);
        for number in 0..seeds.len() + count {
            let bytes = match seeds.get(number) {
                Some(seed) => seed.clone(),
                None => {
                    let seed = random.below(seeds.len());
                    random.mutated(&seeds[seed])
                }
            };
            let bytes = seal(bytes);
            let held = HELD.get();
            PEAK.set(held);
            let begun = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
            let (taken, peak) = (begun.elapsed(), PEAK.get() - held);
            if outcome.is_err() || taken >= MOST || peak >= MOST_BYTES {
                let file = std::env::temp_dir().join(format!("mnistify-hostile-{name}"));
                let _ = std::fs::write(&file, &bytes);
                let what = if outcome.is_err() { "a panic, " } else { "" };
                let file = file.display();
                panic!("{name}: {what}{taken:?}, {peak} bytes; the file is {file}");
            }
            slowest = slowest.max(taken);
            largest = largest.max(peak);
        }
        println!(
            "{name}: {count} files, the slowest took {slowest:?}, the largest {} MiB, {} panics were caught",
            largest >> 20,
            PANICS.get()
        );
    }
}

fn as_it_is(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

fn file(path: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join(path)).expect("a checked-in file")
}

fn gzipped(bytes: Vec<u8>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// With the checksums of its chunks (PNG specification, section 5.3) as they have to be.
fn checked(mut png: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at + 8 + length;
        let Some(chunk) = png.get(at + 4..end) else {
            break;
        };
        let mut sum = flate2::Crc::new();
        sum.update(chunk);
        let sum = sum.sum().to_be_bytes();
        let Some(place) = png.get_mut(end..end + 4) else {
            break;
        };
        place.copy_from_slice(&sum);
        at = end + 4;
    }
    png
}

/// A zip archive of one array and labels for it.
fn archive(array: Vec<u8>) -> Vec<u8> {
    let labels = array_file("|u1", "(1,)", &[3]);
    archive_of(&[("x_test.npy", array), ("y_test.npy", labels)])
}

/// Stored.
fn archive_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut common = [20_u16, 0, 0, 0, 0].map(u16::to_le_bytes).concat();
        let size = content.len() as u32;
        common.extend([0, size, size].map(u32::to_le_bytes).concat());
        common.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(common);
        bytes.extend(name.bytes());
        bytes.extend(content);
    }
    let places = [directory.len() as u32, bytes.len() as u32];
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([files.len() as u16; 2].map(u16::to_le_bytes).concat());
    bytes.extend(places.map(u32::to_le_bytes).concat());
    bytes.extend([0; 2]);
    bytes
}

/// NumPy's, of this kind and shape.
fn array_file(kind: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(body);
    bytes
}

fn idx_file(kind: u8, sides: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, sides.len() as u8];
    bytes.extend(sides.iter().flat_map(|side| side.to_be_bytes()));
    bytes.extend(body);
    bytes
}

/// A safetensors file with this header, and as many bytes of numbers as it speaks of, as far as that is little.
fn with_numbers(header: Vec<u8>) -> Vec<u8> {
    const MOST: u64 = 8 << 20;
    let end = |tensor: &serde_json::Value| tensor.get("data_offsets")?.get(1)?.as_u64();
    let json: Option<serde_json::Value> = serde_json::from_slice(&header).ok();
    let tensors = json.as_ref().and_then(|json| json.as_object());
    let ends = tensors.into_iter().flatten().filter_map(|(_, t)| end(t));
    let numbers = ends.max().unwrap_or(0).min(MOST);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.resize(bytes.len() + numbers as usize, 0x3c);
    bytes
}

/// A header that speaks of these tensors.
fn header_of(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let mut end = 0;
    let tensor = |(name, shape): &(&str, &[usize])| {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#)
    };
    let tensors: Vec<String> = tensors.iter().map(tensor).collect();
    format!("{{{}}}", tensors.join(",")).into_bytes()
}

/// A residual network whose tensors are only numbered, as Keras's.
const KERAS_WEIGHTS: [(&str, &[usize]); 16] = [
    ("layers/conv2d/vars/0", &[3, 3, 1, 2]),
    ("layers/conv2d_1/vars/0", &[3, 3, 2, 2]),
    ("layers/conv2d_2/vars/0", &[3, 3, 2, 2]),
    ("layers/conv2d_3/vars/0", &[3, 3, 2, 4]),
    ("layers/conv2d_4/vars/0", &[3, 3, 4, 4]),
    ("layers/conv2d_5/vars/0", &[1, 1, 2, 4]),
    ("layers/conv2d_5/vars/1", &[4]),
    ("layers/batch_normalization/vars/0", &[2]),
    ("layers/batch_normalization/vars/1", &[2]),
    ("layers/batch_normalization/vars/2", &[2]),
    ("layers/batch_normalization/vars/3", &[2]),
    ("layers/functional/layers/dense/vars/0", &[4, 8]),
    ("layers/functional/layers/dense/vars/1", &[8]),
    ("layers/functional/layers/dense_1/vars/0", &[8, 10]),
    ("layers/functional/layers/dense_1/vars/1", &[10]),
    ("layers/dropout/seed_generator/vars/0", &[2]),
];

/// Means in the ways around its blocks.
const RESNET_D: [(&str, &[usize]); 10] = [
    ("conv1.0.weight", &[2, 1, 3, 3]),
    ("conv1.3.weight", &[2, 2, 3, 3]),
    ("conv1.6.weight", &[2, 2, 3, 3]),
    ("layer1.0.conv1.weight", &[4, 2, 3, 3]),
    ("layer1.0.conv2.weight", &[4, 4, 3, 3]),
    ("layer1.0.downsample.1.weight", &[4, 2, 1, 1]),
    ("layer2.0.conv1.weight", &[6, 4, 3, 3]),
    ("layer2.0.conv2.weight", &[6, 6, 3, 3]),
    ("layer2.0.downsample.1.weight", &[6, 4, 1, 1]),
    ("fc.weight", &[10, 6]),
];

/// What [`with_numbers`] puts the numbers behind.
fn header(file: &[u8]) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes"));
    file[8..8 + length as usize].to_vec()
}

#[test]
fn pictures() {
    fn read(bytes: &[u8]) {
        if let Ok(gray) = picture::decode_picture(bytes, "picture") {
            let _ = picture::as_is(&gray);
            let _ = picture::read(&gray);
            let _ = picture::split(&gray);
        }
    }
    let picture = image::RgbaImage::from_fn(60, 50, |x, y| {
        let ink = (20..26).contains(&x) && (8..42).contains(&y);
        image::Rgba(if ink {
            [20, 20, 40, 255]
        } else {
            [230, 225, 220, 255]
        })
    });
    let as_file = |format| {
        let mut bytes = Cursor::new(Vec::new());
        let picture = image::DynamicImage::from(picture.clone());
        let opaque = image::DynamicImage::from(picture.to_rgb8());
        opaque.write_to(&mut bytes, format).expect("memory");
        bytes.into_inner()
    };
    use image::ImageFormat::{Jpeg, Png, WebP};
    // A PNG with a palette whose length may become no multiple of three.
    let mut palette = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    palette.extend(b"\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\x03\0\0\0\0\0\0\0");
    palette.extend(b"\0\0\0\x04PLTE\x01\x02\x03\x04\0\0\0\0\0\0\0\0IEND\0\0\0\0");
    let of = |name, seeds: &[Vec<u8>], seal| Format {
        name,
        seeds: seeds.to_vec(),
        seal,
        read,
    };
    let pngs = [as_file(Png), palette];
    try_all(&[
        of("png", &pngs, as_it_is),
        of("png-with-checksums", &pngs, checked),
        of("jpeg", &[as_file(Jpeg)], as_it_is),
        of("webp", &[as_file(WebP)], as_it_is),
    ]);
}

#[test]
fn digits() {
    fn read(bytes: &[u8]) {
        if let Ok(bytes) = digits_file::unpacked(bytes, "digits") {
            let _ = digits_file::content(&bytes);
        }
        if let Err(error) = digits_file::parse(bytes, "digits") {
            assert!(error.to_string().len() < MOST_LETTERS);
        }
    }
    let pixels: Vec<u8> = (0..784).map(|i| (i % 256) as u8).collect();
    let bytes = idx_file(0x08, &[3, 28, 28], &pixels.repeat(3));
    let floats = idx_file(0x0d, &[1, 28, 28], &0.25f32.to_be_bytes().repeat(784));
    let shorts = idx_file(0x0b, &[1, 784], &[0, 51].repeat(784));
    let labels = idx_file(0x08, &[3], &[3, 1, 4]);
    let list = |cell: fn(usize) -> String| (0..784).map(cell).collect::<Vec<_>>().join(",");
    let names = list(|i| format!("pixel{i}"));
    let row = list(|i| (i % 256).to_string());
    let csv = format!("label,{names}\n7,{row}\n").into_bytes();
    let arrays = [
        array_file("|u1", "(1, 28, 28)", &pixels),
        array_file("<f4", "(1, 784)", &0.5f32.to_le_bytes().repeat(784)),
        array_file("<i8", "(1, 28, 28)", &[7, 0, 0, 0, 0, 0, 0, 0].repeat(784)),
    ];
    let of = |name, seeds: &[Vec<u8>], seal| Format {
        name,
        seeds: seeds.to_vec(),
        seal,
        read,
    };
    let all = [bytes, floats, shorts, labels, csv];
    let packed = all.clone().map(gzipped);
    let archives = arrays.clone().map(archive);
    try_all(&[
        of("idx", &all[..4], as_it_is),
        of("csv", &all[4..], as_it_is),
        of("gzip", &packed, as_it_is),
        of("gzip-of-changed", &all, gzipped),
        of("npy", &arrays, as_it_is),
        of("npz", &archives, as_it_is),
        of("npz-of-changed", &arrays, archive),
    ]);
}

#[test]
fn drawings() {
    let three = file("assets/strokes/three.json");
    let text = String::from_utf8(three.clone()).expect("JSON");
    let state = SharedState {
        shown: Some("cnn".into()),
        strokes: Some(recording::from_json(&text).expect("a checked-in drawing")),
        ..SharedState::default()
    };
    // Brackets within brackets, and so on.
    let deep = [b'['; 4000].to_vec();
    try_all(&[
        Format {
            name: "drawing",
            seeds: vec![three, deep],
            seal: as_it_is,
            read: |bytes| {
                let Ok(text) = std::str::from_utf8(bytes) else {
                    return;
                };
                match recording::sheet_from_json(text) {
                    Ok(sheet) => {
                        let _ = rasterise_sheet(&sheet, Preparation::Prepared);
                    }
                    Err(error) => assert!(error.to_string().len() < MOST_LETTERS),
                }
            },
        },
        Format {
            name: "link",
            seeds: vec![state.to_fragment().into_bytes()],
            seal: as_it_is,
            read: |bytes| {
                let text = String::from_utf8_lossy(bytes);
                let (state, error) = SharedState::from_fragment(&text);
                let strokes = state.strokes.unwrap_or_default();
                let _ = mnistify_drawing::rasterise(&strokes, Preparation::Prepared);
                assert!(error.is_none_or(|error| error.to_string().len() < MOST_LETTERS));
            },
        },
    ]);
}

/// Tensors by the names of a LeNet.
static LENET: LazyLock<Vec<u8>> =
    LazyLock::new(|| file("src/network/tests/imported/lenet.safetensors"));

fn read_network(bytes: &[u8]) {
    let opened = import::open(bytes, "network.safetensors", None, known_digits());
    let loaded = match opened {
        Ok(Opened::Network(loaded)) => *loaded,
        Ok(Opened::Trial(mut trial)) => {
            for _ in 0..3 {
                trial.step();
            }
            match trial.finish() {
                Ok(loaded) => loaded,
                Err(_) => return,
            }
        }
        Err(error) => {
            assert!(error.to_string().len() < MOST_LETTERS);
            return;
        }
    };
    let model = &loaded.model;
    let logits = CpuNetwork::new(model).forward(&[0.5; 784]);
    if let Some(answer) = Answer::from_logits(&logits, model.calibration.as_ref()) {
        let is_number = |probability: &f32| (0.0..=1.0).contains(probability);
        assert!(answer.probabilities.iter().all(is_number));
    }
}

/// A small network as this project saves it, with every kind of layer that has a size, and a calibration.
fn own_network() -> Vec<u8> {
    let conv = LayerSpec::Conv2d {
        in_channels: 1,
        out_channels: 1,
        kernel_size: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
    };
    let layers = vec![
        conv.clone(),
        LayerSpec::Branch { after: 0 },
        conv,
        LayerSpec::norm(1),
        LayerSpec::Add { after: 1 },
        LayerSpec::LeakyRelu {
            negative_slope: 0.1,
        },
        LayerSpec::MaxPool2d {
            kernel_size: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
        },
        LayerSpec::AvgPool2d {
            kernel_size: [2, 2],
            stride: [2, 2],
        },
        LayerSpec::Flatten,
        LayerSpec::linear(49, 10),
    ];
    let spec = NetworkSpec::new("own", layers).expect("they fit");
    let calibration = Calibration {
        temperature: 1.5,
        score: Score::Probability,
        threshold: 0.25,
    };
    Model {
        calibration: Some(calibration),
        ..Model::random(spec, 1)
    }
    .to_bytes(false)
}

#[test]
fn networks() {
    let names = [
        "torch_cnn_gelu_bn",
        "keras_cnn_bn",
        "flax_cnn_bn",
        "torch_cnn_strided",
    ];
    let imported = names.map(|name| file(&format!("tests/imported/{name}.safetensors")));
    let mut imported = imported.to_vec();
    imported.push(LENET.clone());
    let own = own_network();
    // Sizes that no sum can hold.
    let endless =
        br#"{"a.weight":{"dtype":"F32","shape":[4294967295,4294967297,1,1],"data_offsets":[0,4]}}"#;
    let mut headers: Vec<Vec<u8>> = imported.iter().map(|file| header(file)).collect();
    headers.extend([header(&own), endless.to_vec()]);
    headers.extend([&KERAS_WEIGHTS[..], &RESNET_D].map(header_of));
    let description =
        br#"{"activation": "relu", "normalisation": {"mean": 0.1, "std": 0.3}, "padding": [2, 0],
        "stride": 1, "pool": ["2x2", "3x3/2"], "names": {"fc3": "out"},
        "order": ["conv1", "conv2", "fc1", "fc2", "out"], "name": "x"}"#;
    let of = |name, seeds, seal| Format {
        name,
        seeds,
        seal,
        read: read_network,
    };
    try_all(&[
        of("network-of-others", imported, as_it_is),
        of("network-of-our-own", vec![own], as_it_is),
        of("network-of-changed-names", headers, with_numbers),
        Format {
            name: "description",
            seeds: vec![description.to_vec()],
            seal: as_it_is,
            read: |bytes| {
                let text = String::from_utf8_lossy(bytes);
                if let Err(error) = import::load(&LENET, "lenet", Some(&text)) {
                    assert!(error.to_string().len() < MOST_LETTERS);
                }
            },
        },
    ]);
}

#[test]
fn settings() {
    let of = |name, seed: &str, read| Format {
        name,
        seeds: vec![seed.as_bytes().to_vec()],
        seal: as_it_is,
        read,
    };
    try_all(&[
        of("exhibit", EXAMPLE, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Err(error) = Settings::from_toml(&text) {
                assert!(error.len() < MOST_LETTERS);
            }
        }),
        of(
            "lesson",
            r#"{"learning_rate": 0.002, "batch": 64, "hidden": 20, "relu": true}"#,
            |bytes| {
                let text = String::from_utf8_lossy(bytes);
                if let Err(error) = action_of(&text) {
                    assert!(error.len() < MOST_LETTERS);
                }
            },
        ),
    ]);
}

/// The largest drawing that is accepted, a zigzag over the pad with an eraser in between.
fn largest_drawing() -> [Stroke; 2] {
    let points = |from: usize, count: usize| {
        (from..from + count)
            .map(|i| Point {
                x: if i % 2 == 0 { 3.0 } else { PAD_SIZE - 3.0 },
                y: (i % 277) as f32,
                millis: i as f32,
            })
            .collect()
    };
    let half = MAX_POINTS / 2;
    [(Tool::Draw, 0), (Tool::Erase, half)].map(|(tool, from)| Stroke {
        tool,
        width: 20.0,
        points: points(from, half),
    })
}

#[test]
fn the_largest_drawing_is_read_in_time() {
    let strokes = largest_drawing();
    assert!(recording::check_strokes(&strokes, PAD_SIZE).is_ok());
    for preparation in [Preparation::Prepared, Preparation::Raw] {
        let begun = Instant::now();
        let _ = mnistify_drawing::rasterise(&strokes, preparation);
        println!(
            "the largest drawing, {preparation:?}: {:?}",
            begun.elapsed()
        );
        assert!(begun.elapsed() < MOST);
    }
}

/// Prints a row of `docs/limits.md`.
fn measured(kind: &str, what: &str, bytes: &[u8], read: impl FnOnce(&[u8])) {
    let held = HELD.get();
    PEAK.set(held);
    let begun = Instant::now();
    read(bytes);
    let (taken, peak) = (begun.elapsed().as_secs_f32(), PEAK.get() - held);
    let size = bytes.len() as f32 / (1 << 20) as f32;
    println!(
        "| {kind} | {what} | {size:.1} MiB | {taken:.2} s | {} MiB |",
        peak >> 20
    );
}

/// Time and memory of the worst that each reader accepts, as a table.
#[test]
#[ignore = "it measures for minutes and takes 5 GiB; with --nocapture it prints"]
fn the_worst_that_is_accepted() {
    println!("| Kind | The worst that is accepted | File | Time | Memory beside the file |");
    println!("|---|---|---|---|---|");
    worst_pictures();
    worst_digits();
    worst_drawings();
    worst_networks();
}

fn worst_pictures() {
    use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgba};
    fn read(bytes: &[u8]) {
        let gray = picture::decode_picture(bytes, "picture").expect("accepted");
        let _ = picture::as_is(&gray);
        let _ = picture::read(&gray);
        let _ = picture::split(&gray);
    }
    // Just below 40 million.
    let (width, height) = (8192, 4882);
    let ink = |x: u32, y: u32| x % 7 < 3 && y % 7 < 3;
    let dots = || {
        let dots = ImageBuffer::from_fn(width, height, |x, y| {
            Luma([if ink(x, y) { 30 } else { 200 + (x / 256) as u8 }])
        });
        DynamicImage::ImageLuma8(dots)
    };
    let deep = || {
        let deep = ImageBuffer::from_fn(width, height, |x, y| {
            let gray = if ink(x, y) { 5000 } else { 50_000 + x as u16 };
            Rgba([gray, gray, gray, 65_535])
        });
        DynamicImage::ImageRgba16(deep)
    };
    let kinds: [(&str, &dyn Fn() -> DynamicImage, ImageFormat); 4] = [
        ("PNG, 16 bits", &deep, ImageFormat::Png),
        ("PNG", &dots, ImageFormat::Png),
        ("JPEG", &dots, ImageFormat::Jpeg),
        (
            "WebP",
            &|| DynamicImage::from(dots().to_rgb8()),
            ImageFormat::WebP,
        ),
    ];
    for (kind, picture, format) in kinds {
        let mut bytes = Cursor::new(Vec::new());
        picture().write_to(&mut bytes, format).expect("memory");
        let bytes = bytes.into_inner();
        measured(kind, "8192 × 4882 pixels, 800,000 dots", &bytes, read);
    }
}

fn worst_digits() {
    fn read(bytes: &[u8]) {
        let digits = digits_file::parse(bytes, "digits").expect("accepted");
        assert!(digits.images.len() > 100_000);
    }
    const MOST: usize = 256 << 20;
    let count = (MOST - 256) / 784;
    let pixels: Vec<u8> = (0..784).map(|i| (i % 256) as u8).collect();
    let body = pixels.repeat(count);
    let file = idx_file(0x08, &[count as u32, 28, 28], &body);
    let what = format!("{count} images");
    measured("IDX", &what, &file, read);
    measured("IDX, gzipped", &what, &gzipped(file), read);
    let array = array_file("|u1", &format!("({count}, 28, 28)"), &body);
    drop(body);
    measured("npz", &what, &archive_of(&[("x_test.npy", array)]), read);
    let row = format!("7{}\n", ",9".repeat(784));
    let rows = MOST / row.len();
    let what = format!("{rows} images");
    measured("CSV", &what, row.repeat(rows).as_bytes(), read);
}

fn worst_drawings() {
    let strokes = largest_drawing();
    let what = format!("{} points, half of them an eraser's", MAX_POINTS);
    let json = recording::to_json(&strokes);
    measured("drawing", &what, json.as_bytes(), |bytes| {
        let text = std::str::from_utf8(bytes).expect("JSON");
        let sheet = recording::sheet_from_json(text).expect("accepted");
        let _ = rasterise_sheet(&sheet, Preparation::Prepared);
    });
    let state = SharedState {
        strokes: Some(strokes.to_vec()),
        ..SharedState::default()
    };
    measured("link", &what, state.to_fragment().as_bytes(), |bytes| {
        let (state, error) = SharedState::from_fragment(&String::from_utf8_lossy(bytes));
        assert!(error.is_none());
        let strokes = state.strokes.expect("accepted");
        let _ = mnistify_drawing::rasterise(&strokes, Preparation::Prepared);
    });
}

/// A network of so many convolutions of so many maps, then the mean of each.
fn deep_network(maps: usize, convs: usize) -> Model {
    let mut layers = Vec::new();
    for number in 0..convs {
        layers.push(LayerSpec::Conv2d {
            in_channels: if number == 0 { 1 } else { maps },
            out_channels: maps,
            kernel_size: [3, 3],
            stride: [1, 1],
            padding: [1, 1],
        });
        layers.push(LayerSpec::Relu);
    }
    layers.push(LayerSpec::AvgPool2d {
        kernel_size: [28, 28],
        stride: [28, 28],
    });
    layers.push(LayerSpec::Flatten);
    layers.push(LayerSpec::Linear {
        in_features: maps,
        out_features: 10,
    });
    Model::random(NetworkSpec::new("deep", layers).expect("they fit"), 2)
}

/// As another program would save it, in double precision.
fn of_others(model: &Model) -> Vec<u8> {
    use safetensors::{Dtype, tensor::TensorView};
    let tensors: Vec<(&String, Vec<usize>, Vec<u8>)> = model
        .tensors
        .iter()
        .map(|(name, tensor)| {
            let values = tensor.values.iter();
            let bytes = values.flat_map(|v| f64::from(*v).to_le_bytes()).collect();
            (name, tensor.shape.clone(), bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F64, shape.clone(), bytes);
        (name.as_str(), view.expect("as long as its shape says"))
    });
    safetensors::serialize(views, None).expect("views become a file")
}

fn worst_networks() {
    fn read(bytes: &[u8]) {
        let opened = import::open(bytes, "network.safetensors", None, known_digits());
        let loaded = match opened.expect("accepted") {
            Opened::Network(loaded) => *loaded,
            Opened::Trial(mut trial) => {
                while trial.step() {}
                trial.finish().expect("accepted")
            }
        };
        let _ = CpuNetwork::new(&loaded.model).forward(&[0.5; 784]);
    }
    let linear = |in_features, out_features| LayerSpec::Linear {
        in_features,
        out_features,
    };
    // Just below 2²⁶ parameters, and 2³⁰ multiplications.
    let wide = vec![
        LayerSpec::Flatten,
        linear(784, 84_000),
        LayerSpec::Relu,
        linear(84_000, 10),
    ];
    let wide = Model::random(NetworkSpec::new("wide", wide).expect("they fit"), 2);
    let deep = deep_network(128, 10);
    for (what, model) in [
        ("66.8 million parameters", wide),
        ("1.04 billion multiplications", deep),
    ] {
        measured("network", what, &model.to_bytes(false), read);
        measured(
            "network of others",
            &format!("{what}, F64"),
            &of_others(&model),
            read,
        );
    }
    // As large as is tried out.
    let tried = of_others(&deep_network(64, 3));
    measured(
        "network of others",
        "58 million multiplications, tried out",
        &tried,
        read,
    );
}

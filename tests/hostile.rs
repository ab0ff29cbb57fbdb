//! Files that were changed at random end in a message and in time, whatever they are: nothing panics.
//!
//! `MNISTIFY_MUTATIONS=100000 cargo test --release --workspace --test hostile -- --nocapture` tries so many of each kind and
//! prints the slowest.

use mnistify::{link::SharedState, own_network::known_digits};
use mnistify_drawing::{PAD_SIZE, Point, Preparation, Stroke, Tool};
use mnistify_drawing::{digits_file, picture, rasterise_sheet, recording};
use mnistify_network::{
    CpuNetwork,
    import::{self, Opened},
};
use std::{
    io::{Cursor, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

/// Of each kind, unless the environment says another number.
const MUTATIONS: usize = 400;
/// No input of these sizes takes longer, by far; a hang would.
const MOST: Duration = Duration::from_secs(20);

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

/// Lets `read` have mutations of these files; returns how many it took and the longest time.
fn try_all(kind: &str, seeds: &[Vec<u8>], mut read: impl FnMut(&[u8])) {
    let wanted = std::env::var("MNISTIFY_MUTATIONS").ok();
    let count = wanted.and_then(|n| n.parse().ok()).unwrap_or(MUTATIONS);
    let mut random = Random(0x6d6e_6973_7469_6679);
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let seed = &seeds[random.below(seeds.len())];
        let bytes = random.mutated(seed);
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        if outcome.is_err() {
            let file = std::env::temp_dir().join(format!("mnistify-hostile-{kind}"));
            let _ = std::fs::write(&file, &bytes);
            panic!("{kind}: a panic; the file is {}", file.display());
        }
        slowest = slowest.max(begun.elapsed());
    }
    println!("{kind}: {count} files, the slowest took {slowest:?}");
    assert!(slowest < MOST, "{kind}: {slowest:?}");
}

fn file(path: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join(path)).expect("a checked-in file")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn pictures() {
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
    let mut seeds: Vec<Vec<u8>> = [Png, Jpeg, WebP].into_iter().map(as_file).collect();
    // A PNG with a palette whose length may become no multiple of three.
    let mut palette = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    palette.extend(b"\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\x03\0\0\0\0\0\0\0");
    palette.extend(b"\0\0\0\x04PLTE\x01\x02\x03\x04\0\0\0\0\0\0\0\0IEND\0\0\0\0");
    seeds.push(palette);
    try_all("picture", &seeds, |bytes| {
        if let Ok(gray) = picture::decode_picture(bytes, "picture") {
            let _ = picture::as_is(&gray);
            let _ = picture::read(&gray);
            let _ = picture::split(&gray);
        }
    });
}

#[test]
fn files_of_digits() {
    let idx = file("assets/mnist/self-test-images-idx3-ubyte")[..16 + 3 * 784].to_vec();
    let mut idx = idx;
    idx[7] = 3;
    let row: Vec<String> = (0..784).map(|i| (i % 256).to_string()).collect();
    let csv = format!(
        "label,{}\n7,{}\n",
        (0..784)
            .map(|i| format!("pixel{i}"))
            .collect::<Vec<_>>()
            .join(","),
        row.join(",")
    );
    let seeds = [idx.clone(), gzipped(&idx), csv.into_bytes()];
    try_all("digits", &seeds, |bytes| {
        if let Ok(bytes) = digits_file::unpacked(bytes, "digits") {
            let _ = digits_file::content(&bytes);
        }
        let _ = digits_file::parse(bytes, "digits");
    });
}

#[test]
fn drawings_and_links() {
    let three = file("assets/strokes/three.json");
    try_all("drawing", std::slice::from_ref(&three), |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if let Ok(sheet) = recording::sheet_from_json(text) {
            let _ = rasterise_sheet(&sheet, Preparation::Prepared);
        }
    });
    let text = String::from_utf8(three).expect("JSON");
    let state = SharedState {
        shown: Some("cnn".into()),
        strokes: Some(recording::from_json(&text).expect("a checked-in drawing")),
        ..SharedState::default()
    };
    try_all("link", &[state.to_fragment().into_bytes()], |bytes| {
        let _ = SharedState::from_fragment(&String::from_utf8_lossy(bytes));
    });
}

#[test]
fn networks() {
    let names = [
        "torch_cnn_gelu_bn",
        "keras_cnn_bn",
        "flax_cnn_bn",
        "torch_cnn_strided",
    ];
    let mut seeds: Vec<Vec<u8>> = names
        .iter()
        .map(|name| file(&format!("tests/foreign/{name}.safetensors")))
        .collect();
    seeds.push(file("src/network/tests/imported/lenet.safetensors"));
    try_all("network", &seeds, |bytes| {
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
                assert!(error.to_string().len() < 30_000);
                return;
            }
        };
        let _ = CpuNetwork::new(&loaded.model).forward(&[0.5; 784]);
    });
    let description = br#"{"activation": "relu", "normalisation": {"mean": 0.1, "std": 0.3}, "padding": [2, 0],
        "stride": 1, "pool": ["2x2", "3x3/2"], "order": ["conv1", "conv2", "fc1", "fc2", "fc3"], "name": "x"}"#;
    try_all("description", &[description.to_vec()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Err(error) = import::load(&seeds[4], "lenet", Some(&text)) {
            assert!(error.to_string().len() < 30_000);
        }
    });
}

/// The largest drawing that is accepted, a zigzag over the pad with an eraser in between, is read in time.
#[test]
fn the_largest_drawing() {
    let points = |from: usize, count: usize| {
        (from..from + count)
            .map(|i| Point {
                x: if i % 2 == 0 { 3.0 } else { PAD_SIZE - 3.0 },
                y: (i % 277) as f32,
                millis: i as f32,
            })
            .collect()
    };
    let half = recording::MAX_POINTS / 2;
    let strokes = [(Tool::Draw, 0), (Tool::Erase, half)].map(|(tool, from)| Stroke {
        tool,
        width: 20.0,
        points: points(from, half),
    });
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

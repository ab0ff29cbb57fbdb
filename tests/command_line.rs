//! The program itself, as a person runs it: arguments in; output, messages and exit codes out.

use image::{GrayImage, Luma};
use mnistify_drawing::{PIXELS, SIDE, idx};
use mnistify_network::{Calibration, Model, Score};
use serde_json::Value;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const SELF_TEST: &str = "assets/mnist/self-test-images-idx3-ubyte";

/// The program, in the repository's root.
fn mnistify(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnistify"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Output {
    mnistify(arguments).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The lines of a `predict` that ended with this code.
fn lines(output: &Output, code: i32) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let line =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(line).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Checks the documented shape of a line, and that every network gives this answer.
fn assert_line(line: &Value, file: &str, index: usize, prepared: bool, answer: Option<usize>) {
    let mut found = keys(line);
    found.retain(|key| *key != "refused");
    assert_eq!(found, ["file", "index", "models", "prepared"], "{line}");
    assert_eq!(line["file"], file, "{line}");
    assert_eq!(line["index"], index, "{line}");
    assert_eq!(line["prepared"], prepared, "{line}");
    assert_eq!(keys(&line["models"]), ["cnn", "mlp"], "{line}");
    for name in ["mlp", "cnn"] {
        let reading = &line["models"][name];
        assert_eq!(
            keys(reading),
            ["answer", "logits", "millis", "probabilities", "verdict"],
            "{line}"
        );
        assert_ne!(reading["verdict"], "no_digit", "{name}: {line}");
        assert_eq!(reading["verdict"].is_null(), answer.is_none(), "{line}");
        let answer = answer.map_or(Value::Null, Value::from);
        assert_eq!(reading["answer"], answer, "{name}: {line}");
        let numbers = |key: &str| -> Vec<f64> {
            let values = reading[key].as_array().expect("an array");
            values
                .iter()
                .map(|value| value.as_f64().expect("a number"))
                .collect()
        };
        assert_eq!(numbers("logits").len(), 10, "{line}");
        let probabilities = numbers("probabilities");
        assert_eq!(probabilities.len(), 10, "{line}");
        assert!(
            (probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-4,
            "{line}"
        );
        assert!(
            reading["millis"]
                .as_f64()
                .is_some_and(|millis| millis > 0.0),
            "{line}"
        );
    }
}

/// An empty folder for one test's files.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("command-line")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// One of MNIST's digits.
fn digit(class: usize) -> [u8; PIXELS] {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SELF_TEST);
    idx::read_images(file).expect("a checked-in file")[class]
}

/// The digit as a 28×28 picture, bright on dark as in MNIST.
fn save_digit(class: usize, file: &Path) {
    let side = SIDE as u32;
    let picture = GrayImage::from_raw(side, side, digit(class).to_vec()).expect("784 bytes");
    picture.save(file).expect("the picture is written");
}

#[test]
fn saved_strokes_are_read() {
    let files = ["assets/strokes/three.json", "assets/strokes/seven.json"];
    let found = lines(&run(&["predict", "--cpu", files[0], files[1]]), 0);
    assert_eq!(found.len(), 2);
    assert_line(&found[0], files[0], 0, true, Some(3));
    assert_line(&found[1], files[1], 0, true, Some(7));
}

/// The shipped MLP with this calibration in its file.
fn calibrated(folder: &Path, calibration: Calibration) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/mlp.safetensors");
    let mut model = Model::load(shipped).expect("a shipped model is sound");
    model.calibration = Some(calibration);
    let file = folder.join("calibrated.safetensors");
    model.save(&file, true).expect("the file is written");
    file
}

#[test]
fn a_calibrated_network_says_whether_it_is_a_digit() {
    let folder = folder("calibrated");
    let three = "assets/strokes/three.json";
    let read = |temperature, threshold| {
        let score = Score::MaxLogit;
        let calibration = Calibration {
            temperature,
            score,
            threshold,
        };
        let file = calibrated(&folder, calibration);
        let output = run(&["predict", "--cpu", "--model", text(&file), three]);
        lines(&output, 0)[0]["models"]["mlp"].clone()
    };
    let accepted = read(1.0, -1000.0);
    assert_eq!(accepted["answer"], 3, "{accepted}");
    assert_eq!(accepted["verdict"], "digit", "{accepted}");
    // So hot that all digits are nearly as probable.
    let doubtful = read(1000.0, -1000.0);
    assert_eq!(doubtful["answer"], 3, "{doubtful}");
    assert_eq!(doubtful["verdict"], "not_sure", "{doubtful}");
    let probable = |reading: &Value| reading["probabilities"][3].as_f64().expect("a number");
    assert!((probable(&doubtful) - 0.1).abs() < 0.01, "{doubtful}");
    assert!(probable(&accepted) > 0.6, "{accepted}");
    // No logit is that large.
    let refused = read(1.0, 1000.0);
    assert_eq!(refused["answer"], 3, "{refused}");
    assert_eq!(refused["verdict"], "no_digit", "{refused}");
    assert_eq!(refused["logits"], accepted["logits"]);
}

#[test]
fn an_impossible_calibration_is_named() {
    let folder = folder("impossible");
    let calibration = Calibration {
        temperature: 0.0,
        score: Score::Energy,
        threshold: 0.0,
    };
    let file = calibrated(&folder, calibration);
    let three = "assets/strokes/three.json";
    let output = run(&["predict", "--cpu", "--model", text(&file), three]);
    assert_ne!(output.status.code(), Some(0));
    let message = stderr(&output);
    for part in ["calibrated.safetensors", "temperature"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_idx_file_is_read_whole_on_the_gpu() {
    let found = lines(&run(&["predict", SELF_TEST]), 0);
    assert_eq!(found.len(), 10);
    for (class, line) in found.iter().enumerate() {
        assert_line(line, SELF_TEST, class, false, Some(class));
    }
}

#[test]
fn faulty_files_are_named_and_the_others_are_still_read() {
    let folder = folder("faulty");
    let good = folder.join("good.png");
    save_digit(4, &good);
    let missing = folder.join("missing.png");
    let cut = folder.join("cut.png");
    let bytes = std::fs::read(&good).expect("just written");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("the file is written");
    let notes = folder.join("notes.txt");
    std::fs::write(&notes, "This is no picture.\n").expect("the file is written");
    for faulty in [&missing, &cut, &notes] {
        let output = run(&["predict", "--cpu", text(faulty), text(&good)]);
        let found = lines(&output, 2);
        assert_eq!(found.len(), 1, "beside {}", faulty.display());
        assert_line(&found[0], text(&good), 0, false, Some(4));
        let message = stderr(&output);
        assert!(message.contains(text(faulty)), "{message}");
        assert!(!message.contains(text(&good)), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn pictures_of_any_size_are_read() {
    let folder = folder("pictures");
    for class in [2, 5, 8] {
        let small = folder.join(format!("{class}-small.png"));
        save_digit(class, &small);
        // Dark ink on light paper, six times as large, near the upper right corner.
        let large = folder.join(format!("{class}-large.png"));
        let bytes = digit(class);
        let side = SIDE as u32;
        let picture = GrayImage::from_fn(280, 280, |x, y| {
            let (column, row) = (x.wrapping_sub(100) / 6, y.wrapping_sub(12) / 6);
            let inside = column < side && row < side;
            Luma([if inside {
                255 - bytes[(row * side + column) as usize]
            } else {
                255
            }])
        });
        picture.save(&large).expect("the picture is written");
        let found = lines(&run(&["predict", "--cpu", text(&small), text(&large)]), 0);
        assert_eq!(found.len(), 2);
        assert_line(&found[0], text(&small), 0, false, Some(class));
        assert_line(&found[1], text(&large), 0, true, Some(class));
    }
}

#[test]
fn a_blank_picture_has_no_answer() {
    let folder = folder("blank");
    let black = folder.join("black-28.png");
    GrayImage::new(28, 28)
        .save(&black)
        .expect("the picture is written");
    let white = folder.join("white.png");
    GrayImage::from_pixel(120, 80, Luma([255]))
        .save(&white)
        .expect("the picture is written");
    let found = lines(&run(&["predict", "--cpu", text(&black), text(&white)]), 0);
    assert_eq!(found.len(), 2);
    assert_line(&found[0], text(&black), 0, false, None);
    assert_line(&found[1], text(&white), 0, true, None);
}

/// Networks that other programs saved, some of MNIST's test images, and what the networks say of them.
const IMPORTED: &str = "src/network/tests/imported";

/// Logits that an independent program computed of the images, and their tolerance.
fn imported_logits(network: &str) -> (Vec<Vec<f64>>, f64) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(IMPORTED)
        .join("logits.json");
    let text = std::fs::read_to_string(file).expect("a checked-in file");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let logits = serde_json::from_value(all[network]["logits"].clone()).expect("numbers");
    let tolerance = all[network]["tolerance"].as_f64().expect("a number");
    (logits, tolerance)
}

/// Checks that the lines hold the reference's logits.
fn assert_logits(lines: &[Value], key: &str, network: &str) {
    let (expected, tolerance) = imported_logits(network);
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(keys(&line["models"]), [key], "{line}");
        let found = line["models"][key]["logits"].as_array().expect("an array");
        assert_eq!(found.len(), expected.len(), "{line}");
        for (found, expected) in found.iter().zip(expected) {
            let difference = (found.as_f64().expect("a number") - expected).abs();
            assert!(difference <= tolerance, "{line}: expected {expected}");
        }
    }
}

#[test]
fn a_network_of_another_program_reads() {
    let images = format!("{IMPORTED}/images-idx3-ubyte");
    let lenet = format!("{IMPORTED}/lenet.safetensors");
    for cpu in [true, false] {
        let mut arguments = vec!["predict", "--model", &lenet, &images];
        if cpu {
            arguments.push("--cpu");
        }
        let output = run(&arguments);
        assert_logits(&lines(&output, 0), "lenet", "lenet");
        let notes = stderr(&output);
        assert!(notes.contains("known digits"), "{notes}");
        assert!(notes.contains("ReLU"), "{notes}");
    }
}

#[test]
fn a_description_beside_a_network_is_read_along() {
    let folder = folder("description");
    let weights = folder.join("tiny.safetensors");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(IMPORTED)
        .join("mlp.safetensors");
    std::fs::copy(source, &weights).expect("the file is copied");
    let description = folder.join("tiny.json");
    let json = r#"{"name": "Plain", "normalisation": {"mean": 0, "std": 1}}"#;
    std::fs::write(&description, json).expect("the file is written");
    let images = format!("{IMPORTED}/images-idx3-ubyte");
    let arguments = ["predict", "--cpu", "--model", text(&weights), &images];
    assert_logits(&lines(&run(&arguments), 0), "plain", "mlp");

    std::fs::write(&description, r#"{"activation": "maxout"}"#).expect("the file is written");
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    assert!(message.contains("maxout"), "{message}");
    assert!(message.contains("\"relu\""), "{message}");
}

/// A safetensors file of zeros with these tensors.
fn safetensors(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let (mut entries, mut end) = (Vec::new(), 0);
    for (name, shape) in tensors {
        let start = end;
        end += shape.iter().product::<usize>() * 4;
        entries.push(format!(
            r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        ));
    }
    let mut header = format!("{{{}}}", entries.join(","));
    // The values begin at a multiple of eight.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.resize(file.len() + end, 0);
    file
}

#[test]
fn a_file_that_fits_nothing_is_explained() {
    let folder = folder("misfits");
    let recurrent = folder.join("recurrent.safetensors");
    let tensors: [(&str, &[usize]); 4] = [
        ("lstm.weight_ih_l0", &[512, 28]),
        ("lstm.weight_hh_l0", &[512, 128]),
        ("fc.weight", &[10, 128]),
        ("fc.bias", &[10]),
    ];
    std::fs::write(&recurrent, safetensors(&tensors)).expect("the file is written");
    let wide = folder.join("wide.safetensors");
    let tensors: [(&str, &[usize]); 2] = [("0.weight", &[10, 1024]), ("0.bias", &[10])];
    std::fs::write(&wide, safetensors(&tensors)).expect("the file is written");
    let pickle = folder.join("network.pt");
    std::fs::write(&pickle, b"PK\x03\x04and so on").expect("the file is written");
    let missing = folder.join("missing.safetensors");
    let cases: [(&Path, &[&str]); 4] = [
        (&recurrent, &["Not understood", "lstm"]),
        (&wide, &["Understood", "1024", "784"]),
        (&pickle, &["zip archive", "save_file"]),
        (&missing, &["cannot be read"]),
    ];
    for (file, parts) in cases {
        for command in [
            vec!["predict", "--cpu", "--model", text(file), SELF_TEST],
            vec!["screenshot", "--model", text(file), "--out", "unused.png"],
            vec!["bench", "--model", text(file)],
        ] {
            let output = run(&command);
            assert_eq!(output.status.code(), Some(2), "{command:?}");
            assert!(output.stdout.is_empty(), "{command:?}");
            let message = stderr(&output);
            assert!(message.contains(text(file)), "{command:?}: {message}");
            for part in parts {
                assert!(message.contains(*part), "no {part:?}: {message}");
            }
            assert!(!message.contains("panicked"), "{message}");
        }
    }
}

#[test]
fn predict_without_files_explains_itself() {
    let output = run(&["predict"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).contains("Usage"), "{}", stderr(&output));
}

#[test]
fn a_screenshot_is_a_picture_of_the_app() {
    let out = folder("screenshot").join("three.png");
    let output = run(&[
        "screenshot",
        "--strokes",
        "assets/strokes/three.json",
        "--out",
        text(&out),
        "--width",
        "640",
        "--height",
        "360",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let picture = image::open(&out).expect("a PNG").to_rgba8();
    assert_eq!(picture.dimensions(), (640, 360));
    let colours: HashSet<[u8; 4]> = picture.pixels().map(|pixel| pixel.0).collect();
    assert!(
        colours.len() > 16,
        "only {} colours: nothing was drawn",
        colours.len()
    );
}

#[test]
fn a_screenshot_has_room_for_a_third_network() {
    let folder = folder("screenshot-own");
    let lenet = format!("{IMPORTED}/lenet.safetensors");
    for (name, more) in [
        ("all", vec![]),
        ("maps", vec!["--maps", "lenet,1"]),
        (
            "inspected",
            vec!["--network", "lenet", "--select", "lenet,3,0,4,4"],
        ),
    ] {
        let out = folder.join(name).with_extension("png");
        let mut arguments = vec!["screenshot", "--model", &lenet, "--out", text(&out)];
        arguments.extend(["--strokes", "assets/strokes/seven.json"]);
        arguments.extend(["--width", "960", "--height", "540"]);
        arguments.extend(more);
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let picture = image::open(&out).expect("a PNG");
        assert_eq!((picture.width(), picture.height()), (960, 540));
    }
}

#[test]
fn a_soak_counts_every_answer_and_begins_anew_for_each_visitor() {
    let size = ["--width", "320", "--height", "180"];
    let output = run(&[&["bench", "--soak", "105", "--json"][..], &size].concat());
    let found = lines(&output, 0).remove(0);
    for key in ["mlp", "cnn"] {
        let counts = found["answers"][key].as_array().expect("an array");
        let counts: Vec<u64> = counts.iter().filter_map(Value::as_u64).collect();
        assert_eq!(counts.iter().sum::<u64>(), 105, "{key}: {counts:?}");
        let read = counts.iter().filter(|count| **count > 0).count();
        assert!(read >= 8, "{key}: only {read} different answers");
    }
    let samples = found["samples"].as_array().expect("an array");
    assert_eq!(samples.len(), 105);
    let last = &samples[104];
    assert_eq!((&last["digits"], &last["resets"]), (&105.into(), &1.into()));
    if cfg!(target_os = "linux") {
        assert!(found["resident_bytes_a_digit"]["standard_error"].is_f64());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_missing_device_is_said_in_words() {
    let nowhere = mnistify(&[])
        .env("DISPLAY", ":61999")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    let message = stderr(&nowhere);
    assert_eq!(nowhere.status.code(), Some(2), "{message}");
    assert!(
        message.contains("the display `:61999` does not answer"),
        "{message}"
    );
    let picture = folder("no-driver").join("picture.png");
    let without_driver = mnistify(&["screenshot", "--out", text(&picture)])
        .env("VK_DRIVER_FILES", "/none")
        .env("__EGL_VENDOR_LIBRARY_FILENAMES", "/none")
        .output()
        .expect("the program starts");
    let message = stderr(&without_driver);
    assert_eq!(without_driver.status.code(), Some(2), "{message}");
    assert!(
        message.contains("no graphics driver was found"),
        "{message}"
    );
    for output in [nowhere, without_driver] {
        assert!(!stderr(&output).contains("panicked"));
    }
}

#[test]
fn without_a_display_the_app_says_what_works() {
    let output = mnistify(&[])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("mnistify predict"),
        "{}",
        stderr(&output)
    );
}

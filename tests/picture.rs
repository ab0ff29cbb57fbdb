//! The picture as a whole: it is neither empty nor dark, controls at rest are few and large, and the maps of a first layer
//! show what the network computed, large enough to be read.

use bevy::prelude::*;
use image::RgbaImage;
use mnistify::{
    actions::Action,
    commands::{offscreen::Offscreen, screenshot::capture},
    composition::Scene,
    inference::Network,
    pad::Pad,
    panels::Controls,
    view::{
        Composed, DrawSurface, Lane,
        colour::{ramp_place, value_colour},
        picking::Projector,
    },
};
use mnistify_drawing::recording;
use std::{path::Path, time::Duration};

/// Pixels of a side of the blocks that are empty or not.
const BLOCK: u32 = 8;
/// A block is empty where its brightest and darkest pixel differ by less, of 255.
const FLAT: i32 = 10;
/// A pixel is lit from this brightness on, of 255.
const LIT: i32 = 90;
/// At most this part of the window is empty, and at least this part is lit.
const MOST_EMPTY: f64 = 0.55;
const LEAST_LIT: f64 = 0.06;
/// The least side of a first layer's maps, in pixels.
const LEAST_MAP: f32 = 40.0;
/// Maps that must be that large and show their values.
const LEAST_MAPS: usize = 8;
const LEAST_CORRELATION: f64 = 0.6;

/// Luma of Rec. 709.
fn brightness([red, green, blue, _]: [u8; 4]) -> i32 {
    (2126 * i32::from(red) + 7152 * i32::from(green) + 722 * i32::from(blue)) / 10_000
}

fn figures(picture: &RgbaImage) -> (f64, f64) {
    let (width, height) = picture.dimensions();
    let lit = picture
        .pixels()
        .filter(|pixel| brightness(pixel.0) >= LIT)
        .count();
    let (mut empty, mut blocks) = (0, 0);
    for top in (0..height / BLOCK).map(|block| block * BLOCK) {
        for left in (0..width / BLOCK).map(|block| block * BLOCK) {
            let inside = (0..BLOCK * BLOCK)
                .map(|i| brightness(picture.get_pixel(left + i % BLOCK, top + i / BLOCK).0));
            let (least, most) = inside.fold((i32::MAX, i32::MIN), |(a, b), v| (a.min(v), b.max(v)));
            empty += u32::from(most - least < FLAT);
            blocks += 1;
        }
    }
    let lit = lit as f64 / f64::from(width * height);
    (f64::from(empty) / f64::from(blocks), lit)
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let mean = |get: fn(&(f64, f64)) -> f64| pairs.iter().map(get).sum::<f64>() / count;
    let (a, b) = (mean(|p| p.0), mean(|p| p.1));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        ab += (x - a) * (y - b);
        aa += (x - a).powi(2);
        bb += (y - b).powi(2);
    }
    ab / (aa * bb).sqrt().max(1e-9)
}

#[test]
fn a_visitor_sees_a_full_and_legible_picture() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(1280, 720, models).expect("a GPU, a software one will do");
    offscreen
        .app
        .world_mut()
        .resource_mut::<DrawSurface>()
        .still = true;
    for digit in ["three", "seven"] {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/strokes/{digit}.json"));
        offscreen.draw(recording::load(file).expect("a checked-in drawing"));
        offscreen
            .settle(Duration::from_secs(120))
            .expect("the networks answer");
        for _ in 0..30 {
            offscreen.frame();
            std::thread::sleep(Duration::from_millis(15));
        }
        let picture = capture(&mut offscreen).expect("a picture");
        let (empty, lit) = figures(&picture);
        println!("{digit}: empty {empty:.3}, lit {lit:.3}");
        assert!(
            empty <= MOST_EMPTY,
            "{digit}: {empty:.3} of the window is empty"
        );
        assert!(
            lit >= LEAST_LIT,
            "{digit}: only {lit:.3} of the window is lit"
        );
        check_maps(&mut offscreen, &picture, digit);
    }
    check_controls(&mut offscreen);
}

/// The first layer's maps are large, and their pixels are those of their values.
fn check_maps(offscreen: &mut Offscreen, picture: &RgbaImage, digit: &str) {
    let network = offscreen.network("cnn").expect("it is shipped");
    let world = offscreen.app.world();
    let composed = world.resource::<Composed>();
    let lane = world.get::<Lane>(network).expect("it has a lane");
    let stage = lane.stage(1).expect("a first convolution");
    let network = world.get::<Network>(network).expect("it is there");
    let arena = network
        .cpu
        .forward_arena(world.resource::<Pad>().image().as_slice());
    let values = &arena[network.layout.range(1)];
    let range = values.iter().fold(0.5f32, |range, v| range.max(v.abs()));
    let [_, height, width] = stage.shape;
    let projector = Projector::at_home(composed.window);
    let mut legible = 0;
    for plate in stage.plates.iter().take(stage.heroes) {
        let corners = stage.corners(plate, [0, 0, height, width]);
        let corners = corners.map(|corner| projector.project(corner).expect("in view"));
        let side = (corners[2] - corners[0]).abs().min_element() * composed.scale_factor;
        let mut pairs = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let share = Vec2::new(
                    (x as f32 + 0.5) / width as f32,
                    (y as f32 + 0.5) / height as f32,
                );
                let top = corners[0].lerp(corners[1], share.x);
                let below = corners[3].lerp(corners[2], share.x);
                let pixel = top.lerp(below, share.y) * composed.scale_factor;
                let found = picture.get_pixel(pixel.x as u32, pixel.y as u32).0;
                let value = values[(plate.channel * height + y) * width + x];
                let [r, g, b] = value_colour(ramp_place(value, range));
                let expected = brightness([r, g, b, 255]);
                pairs.push((f64::from(brightness(found)), f64::from(expected)));
            }
        }
        let alike = correlation(&pairs);
        if side >= LEAST_MAP && alike >= LEAST_CORRELATION {
            legible += 1;
        } else {
            println!("{digit}: map {}: {side:.0} px, {alike:.2}", plate.channel);
        }
    }
    assert!(
        legible >= LEAST_MAPS,
        "{digit}: only {legible} maps are legible"
    );
}

/// Few controls at rest, each large enough for a finger.
fn check_controls(offscreen: &mut Offscreen) {
    let world = offscreen.app.world();
    let controls = world.resource::<Controls>();
    // The eraser is the same control as the pen.
    let names: Vec<&&str> = controls
        .places
        .keys()
        .filter(|name| **name != "erase")
        .collect();
    assert!(names.len() <= 7, "{names:?}");
    for (name, rect) in &controls.places {
        let size = rect.size();
        assert!(size.min_element() >= 40.0, "{name}: {size}");
    }
    let Scene::Lanes(lanes) = &world.resource::<Composed>().places.scene else {
        panic!("a wide window has lanes");
    };
    assert_eq!(lanes.lanes.len(), 2);
    let glyph = world.resource::<Composed>().places.glyph;
    assert!(glyph >= 96.0, "the answer is {glyph} high");
    offscreen.act(Action::Explain);
    offscreen
        .settle(Duration::from_secs(60))
        .expect("it is explained");
    // The frame after the one that selects is the first that is composed with it.
    offscreen.frame();
    offscreen.frame();
    let world = offscreen.app.world();
    let Scene::Lanes(lanes) = &world.resource::<Composed>().places.scene else {
        panic!("a wide window has lanes");
    };
    assert!(
        lanes.explanation.is_some(),
        "the scene makes room for the explanation"
    );
}

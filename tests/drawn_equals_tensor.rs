//! What is drawn equals the tensor: the whole app renders off screen, the camera looks at one stage from close by, and the
//! colour of each cell in the picture is compared with the value that the plain Rust executor computes. Flat maps, as slow
//! adapters draw them, and cells that stand out, as every GPU does.

use bevy::prelude::*;
use bevy_egui::EguiRenderOutput;
use image::RgbaImage;
use mnistify::{
    actions::{Action, Show, Switch},
    commands::{offscreen::Offscreen, screenshot::capture},
    inference::Network,
    pad::Pad,
    view::{
        Composed, DrawSurface, Lane, OrbitCamera,
        camera::Orbit,
        colour::{ramp_place, value_colour},
        lanes::Stage,
        picking::Projector,
    },
};
use mnistify_drawing::recording;
use mnistify_network::explain::Cell;
use std::{path::Path, time::Duration};

/// Largest difference of a colour channel, of 255: steps of the buffer of colours, and rounding.
const CHANNEL_TOLERANCE: u8 = 8;
/// Share of the sampled cells whose colour must be right.
const LEAST_RIGHT: f64 = 0.96;
/// Cells sampled from one place of the camera, at most.
const CELLS_A_LOOK: usize = 60;
/// From a plate to the camera, in heights of the window: a cell of a first convolution is 20 pixels wide.
const DISTANCE: f32 = 0.28;
const PATIENCE: Duration = Duration::from_secs(120);

/// The stages to look at: key of the network, row, and places of the camera.
const CASES: [(&str, usize, usize); 3] = [("mlp", 2, 3), ("cnn", 1, 4), ("cnn", 4, 3)];

#[test]
fn cells_have_the_colours_of_their_values() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(1000, 700, models).expect("a GPU, a software one will do");
    still_scene_only(&mut offscreen);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for full in [false, true] {
        offscreen.app.world_mut().resource_mut::<DrawSurface>().full = full;
        for (key, row, looks) in CASES {
            offscreen.act(Action::Show(Show::Named(key.into())));
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/strokes/three.json");
            offscreen.draw(recording::load(file).expect("a checked-in drawing"));
            offscreen.settle(PATIENCE).expect("the networks answer");
            for _ in 0..4 {
                offscreen.frame();
            }
            let what = format!("{key}, row {row}, full: {full}");
            check(&mut offscreen, key, row, looks, full, &mut random, &what);
        }
    }
}

/// Everything arrives at once, nothing is painted over the plates, and no light is added to them.
fn still_scene_only(offscreen: &mut Offscreen) {
    let app = &mut offscreen.app;
    app.add_systems(Last, |mut painted: Query<&mut EguiRenderOutput>| {
        for mut output in &mut painted {
            output.paint_jobs.clear();
        }
    });
    let mut surface = app.world_mut().resource_mut::<DrawSurface>();
    (surface.still, surface.glow) = (true, false);
    offscreen.act(Action::Set(Switch::Edges, false));
}

fn check(
    offscreen: &mut Offscreen,
    key: &str,
    row: usize,
    looks: usize,
    full: bool,
    random: &mut Random,
    what: &str,
) {
    let network = offscreen.network(key).expect("it is shipped");
    let (mut sampled, mut right) = (0, 0);
    let (mut least, mut largest) = (f32::INFINITY, f32::NEG_INFINITY);
    let mut first_wrong = String::new();
    for _ in 0..looks {
        let stage = stage_of(offscreen.app.world(), network, row);
        let shares = shares_of(offscreen.app.world(), network, row);
        let target = lively(&stage, &shares, random);
        let look = Look::at(
            offscreen,
            stage.cell_centre(target).expect("it is in front"),
        );
        let mut cells: Vec<Cell> = cells_in_front(&stage)
            .into_iter()
            .filter(|cell| {
                let place = stage
                    .cell_centre(*cell)
                    .and_then(|place| look.projector.project(place));
                place.is_some_and(|place| look.room.contains(place))
            })
            .collect();
        for last in (1..cells.len()).rev() {
            cells.swap(last, random.below(last + 1));
        }
        for cell in cells.into_iter().take(CELLS_A_LOOK) {
            let share = shares[cell.index(stage.shape)];
            let height = if full { share } else { 0.0 };
            let place = stage.top_of(cell, height).expect("it is in front");
            let (found, expected) = (look.colour_at(place), value_colour(share));
            (least, largest) = (least.min(share), largest.max(share));
            sampled += 1;
            let mut channels = found.iter().zip(expected);
            if channels.all(|(found, expected)| found.abs_diff(expected) <= CHANNEL_TOLERANCE) {
                right += 1;
            } else if first_wrong.is_empty() {
                first_wrong = format!("{cell:?} at {share} is {found:?}, expected {expected:?}");
            }
        }
    }
    println!("{what}: {right} of {sampled} cells are right, from {least} to {largest}");
    assert!(
        sampled >= looks * 20,
        "{what}: only {sampled} cells in view"
    );
    assert!(
        largest - least > 0.3,
        "{what}: the cells in view are all alike"
    );
    let share = right as f64 / sampled as f64;
    assert!(
        share >= LEAST_RIGHT,
        "{what}: only {right} of {sampled} cells are right. {first_wrong}"
    );
}

fn stage_of(world: &World, network: Entity, row: usize) -> Stage {
    let lane = world.get::<Lane>(network).expect("it has a lane");
    lane.stage(row).expect("the row is seen").clone()
}

/// Each value's place on the ramp, -1 to 1.
fn shares_of(world: &World, network: Entity, row: usize) -> Vec<f32> {
    let network = world.get::<Network>(network).expect("it is there");
    let image = world.resource::<Pad>().image();
    let arena = network.cpu.forward_arena(image.as_slice());
    let values = &arena[network.layout.range(row)];
    let range = values.iter().fold(0.5f32, |range, v| range.max(v.abs()));
    values
        .iter()
        .map(|value| ramp_place(*value, range))
        .collect()
}

fn cells_in_front(stage: &Stage) -> Vec<Cell> {
    let [channels, height, width] = stage.shape;
    if [height, width] == [1, 1] {
        return (0..channels)
            .map(|index| Cell::at(stage.row, index, stage.shape))
            .collect();
    }
    let maps = stage.plates.iter().take(stage.heroes);
    maps.flat_map(|plate| {
        let first = plate.channel * height * width;
        (first..first + height * width).map(|index| Cell::at(stage.row, index, stage.shape))
    })
    .collect()
}

/// A cell with something to see.
fn lively(stage: &Stage, shares: &[f32], random: &mut Random) -> Cell {
    let cells = cells_in_front(stage);
    let tries = (0..1000).map(|_| cells[random.below(cells.len())]);
    let share = |cell: &Cell| shares[cell.index(stage.shape)].abs().min(0.5);
    tries
        .max_by(|a, b| share(a).total_cmp(&share(b)))
        .expect("a thousand tries")
}

/// A picture from close before a stage.
struct Look {
    frame: RgbaImage,
    projector: Projector,
    room: Rect,
    scale: f32,
}

impl Look {
    fn at(offscreen: &mut Offscreen, target: Vec3) -> Self {
        let mut camera = offscreen.app.world_mut().resource_mut::<OrbitCamera>();
        camera.go_to(Orbit {
            target,
            distance: DISTANCE,
            ..Orbit::HOME
        });
        camera.arrive();
        offscreen.frame();
        offscreen.frame();
        let frame = capture(offscreen).expect("a picture");
        let world = offscreen.app.world();
        let composed = world.resource::<Composed>();
        let orbit = world.resource::<OrbitCamera>().now;
        Self {
            frame,
            projector: Projector::new(&orbit, composed.window),
            room: Rect::new(0.0, 0.0, composed.window[0], composed.window[1]).inflate(-8.0),
            scale: composed.scale_factor,
        }
    }

    /// The colour in the picture at a place of the scene.
    fn colour_at(&self, place: Vec3) -> [u8; 3] {
        let pixel = self.projector.project(place).expect("in view") * self.scale;
        let [r, g, b, _] = self.frame.get_pixel(pixel.x as u32, pixel.y as u32).0;
        [r, g, b]
    }
}

/// xorshift64* (Vigna 2016, arXiv:1402.6246).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        bits as usize % limit
    }
}

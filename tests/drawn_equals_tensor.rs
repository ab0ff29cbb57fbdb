//! What is drawn equals the tensor: the whole app renders off screen, the camera looks at one floor from close above,
//! and the colour of each cell in the picture is compared with the value that the plain Rust executor computes.

use bevy::prelude::*;
use bevy_egui::EguiRenderOutput;
use image::RgbaImage;
use mnistify::{
    actions::{Action, Show, Switch},
    commands::{offscreen::Offscreen, screenshot::capture},
    gpu::SharedGpu,
    inference::Network,
    pad::Pad,
    view::{
        DrawSurface, OrbitCamera, Stage, Tower, camera::Orbit, colour::value_colour, layout::Floor,
        picking::Projector,
    },
};
use mnistify_drawing::recording;
use std::{path::Path, time::Duration};

/// Largest difference of a colour channel, of 255: the GPU's own cosine and cube, and rounding.
const CHANNEL_TOLERANCE: u8 = 6;
/// Share of the sampled cells whose colour must be right.
const LEAST_RIGHT: f64 = 0.97;
/// A cell must be at least this wide in the picture, in pixels.
const LEAST_CELL_PIXELS: f32 = 6.0;
/// Cells sampled from one place of the camera, at most.
const CELLS_A_LOOK: usize = 40;
const PATIENCE: Duration = Duration::from_secs(120);

/// A floor to look at.
struct Case {
    network: &'static str,
    row: usize,
    looks: usize,
    /// Cells that must have been sampled in all looks.
    least_cells: usize,
}

const CASES: [Case; 3] = [
    // The second dense layer, from below the outputs.
    Case {
        network: "mlp",
        row: 2,
        looks: 6,
        least_cells: 120,
    },
    // The ten outputs.
    Case {
        network: "mlp",
        row: 3,
        looks: 1,
        least_cells: 8,
    },
    // The first convolution, from below the second.
    Case {
        network: "cnn",
        row: 1,
        looks: 6,
        least_cells: 120,
    },
];

#[test]
fn cells_have_the_colours_of_their_values() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(1200, 900, models).expect("a GPU, a software one will do");
    still_scene_only(&mut offscreen);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for case in &CASES {
        offscreen.act(Action::Show(Show::Named(case.network.into())));
        for drawing in ["three", "seven"] {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("assets/strokes/{drawing}.json"));
            offscreen.draw(recording::load(file).expect("a checked-in drawing"));
            offscreen.settle(PATIENCE).expect("the networks answer");
            for _ in 0..3 {
                offscreen.frame();
            }
            let what = format!("network {} row {}, a {drawing}", case.network, case.row);
            check(&mut offscreen, case, &mut random, &what);
        }
    }
}

/// Everything arrives at once, and no label or button is painted over the towers.
fn still_scene_only(offscreen: &mut Offscreen) {
    let app = &mut offscreen.app;
    app.add_systems(Last, |mut painted: Query<&mut EguiRenderOutput>| {
        for mut output in &mut painted {
            output.paint_jobs.clear();
        }
    });
    app.world_mut().resource_mut::<DrawSurface>().still = true;
    offscreen.act(Action::Set(Switch::Edges, false));
}

fn check(offscreen: &mut Offscreen, case: &Case, random: &mut Random, what: &str) {
    let network = offscreen.network(case.network).expect("it is shipped");
    let row = Row::of(offscreen.app.world(), network, case);
    let looks: Vec<Look> = (0..case.looks)
        .map(|_| {
            let target = if case.looks == 1 {
                row.place + Vec3::Y * row.floor.base
            } else {
                row.place + row.floor.cell_centre(row.lively_cell(random))
            };
            Look::at(offscreen, target, row.distance)
        })
        .collect();
    // On a GPU every cell is a bar. A software rasteriser may draw a floor flat instead: then its cells lie elsewhere in
    // the picture, but all of them.
    let tally = if offscreen.app.world().resource::<SharedGpu>().is_software {
        let flat = Row {
            bar: 0.0,
            ..row.clone()
        };
        let (bars, flat) = (row.tally(&looks, random), flat.tally(&looks, random));
        if flat.share() > bars.share() {
            flat
        } else {
            bars
        }
    } else {
        row.tally(&looks, random)
    };
    let Tally {
        sampled,
        right,
        shares: [least, largest],
        ..
    } = tally;
    println!(
        "{what}: {right} of {sampled} cells are right, from {least} to {largest} of the range"
    );
    assert!(
        sampled >= case.least_cells,
        "{what}: only {sampled} cells were in view"
    );
    assert!(
        largest - least > 0.3,
        "{what}: the cells in view are all alike"
    );
    assert!(
        tally.share() >= LEAST_RIGHT,
        "{what}: only {right} of {sampled} cells are right. {}",
        tally.first_wrong.unwrap_or_default()
    );
}

/// How many of the sampled cells have the right colour.
struct Tally {
    sampled: usize,
    right: usize,
    first_wrong: Option<String>,
    /// The least and the largest value sampled, as shares of the row's range.
    shares: [f32; 2],
}

impl Tally {
    fn share(&self) -> f64 {
        self.right as f64 / self.sampled.max(1) as f64
    }
}

fn is_same(found: [u8; 3], expected: [u8; 3]) -> bool {
    let mut channels = found.iter().zip(expected);
    channels.all(|(found, expected)| found.abs_diff(expected) <= CHANNEL_TOLERANCE)
}

/// A picture from close above a floor, and from where it was taken.
struct Look {
    frame: RgbaImage,
    projector: Projector,
    eye: Vec3,
    stage: Stage,
}

impl Look {
    fn at(offscreen: &mut Offscreen, target: Vec3, distance: f32) -> Self {
        let mut camera = offscreen.app.world_mut().resource_mut::<OrbitCamera>();
        camera.automatic = false;
        camera.goal = Orbit {
            target,
            yaw: 0.0,
            pitch: 1.5,
            distance,
        };
        camera.arrive();
        offscreen.frame();
        offscreen.frame();
        let frame = capture(offscreen).expect("a picture");
        let world = offscreen.app.world();
        let orbit = world.resource::<OrbitCamera>().now;
        let stage = world.resource::<Stage>().clone();
        Self {
            frame,
            projector: Projector::new(&orbit, &stage),
            eye: orbit.eye(),
            stage,
        }
    }

    /// The colour in the picture at a place of the scene.
    fn colour_at(&self, place: Vec3) -> [u8; 3] {
        let pixel = self.projector.project(place).expect("in view") * self.stage.scale_factor;
        let [r, g, b, _] = self.frame.get_pixel(pixel.x as u32, pixel.y as u32).0;
        [r, g, b]
    }
}

/// One floor with the values that it should show.
#[derive(Clone)]
struct Row {
    floor: Floor,
    place: Vec3,
    /// Each cell's value as a share of the row's range, -1 to 1.
    shares: Vec<f32>,
    /// Height of the tallest bar; 0 where the floor is drawn flat.
    bar: f32,
    /// From the floor to the camera: below the next floor.
    distance: f32,
}

impl Row {
    fn of(world: &World, entity: Entity, case: &Case) -> Self {
        let network = world.get::<Network>(entity).expect("it is there");
        let arena = network
            .cpu
            .forward_arena(world.resource::<Pad>().image().as_slice());
        let values = &arena[network.layout.range(case.row)];
        let range = values
            .iter()
            .fold(0.5f32, |range, value| range.max(value.abs()));
        let tower = world.get::<Tower>(entity).expect("it stands");
        let floor = tower.layout.floors[case.row].clone();
        let distance = match tower.layout.floors.get(case.row + 1) {
            Some(next) => (next.base - next.bar - floor.base) * 0.85,
            // Far enough that the whole row is in view.
            None => 3.2,
        };
        Self {
            bar: floor.bar,
            shares: values.iter().map(|value| value / range).collect(),
            place: tower.place,
            floor,
            distance,
        }
    }

    /// Compares some cells of each look with what they should show.
    fn tally(&self, looks: &[Look], random: &mut Random) -> Tally {
        let mut tally = Tally {
            sampled: 0,
            right: 0,
            first_wrong: None,
            shares: [f32::INFINITY, f32::NEG_INFINITY],
        };
        for look in looks {
            for cell in self.cells_in_view(look, random) {
                let (place, share) = (self.top(cell), self.shares[cell]);
                let pixels =
                    look.projector.scale_at(place) * self.floor.cell * look.stage.scale_factor;
                assert!(
                    pixels >= LEAST_CELL_PIXELS,
                    "a cell is only {pixels} pixels wide"
                );
                let (found, expected) = (look.colour_at(place), value_colour(share));
                let [least, largest] = tally.shares;
                tally.shares = [least.min(share), largest.max(share)];
                tally.sampled += 1;
                if is_same(found, expected) {
                    tally.right += 1;
                } else if tally.first_wrong.is_none() {
                    let text = format!(
                        "Cell {cell}, {share} of the range, is {found:?}, expected {expected:?}"
                    );
                    tally.first_wrong = Some(text);
                }
            }
        }
        tally
    }

    /// A cell with something to see: the network's answer to the ink, not to the paper.
    fn lively_cell(&self, random: &mut Random) -> usize {
        let lively = |cell: usize| self.shares[cell].abs().min(0.3);
        let tries = (0..1000).map(|_| random.below(self.shares.len()));
        let found = tries.max_by(|a, b| lively(*a).total_cmp(&lively(*b)));
        found.expect("a thousand tries")
    }

    /// The corners of a cell's bar, with half of the gap to its neighbours.
    fn bar_of(&self, cell: usize) -> [Vec3; 2] {
        let centre = self.place + self.floor.cell_centre(cell);
        let tip = self.shares[cell] * self.bar;
        let half = self.floor.cell / 2.0;
        [
            centre + Vec3::new(-half, tip.min(0.0), -half),
            centre + Vec3::new(half, tip.max(0.0), half),
        ]
    }

    /// The middle of a bar's upper face, which is not shaded.
    fn top(&self, cell: usize) -> Vec3 {
        let centre = self.place + self.floor.cell_centre(cell);
        centre + Vec3::Y * self.shares[cell].max(0.0) * self.bar
    }

    /// Some cells whose upper face is on the stage and not behind another bar.
    fn cells_in_view(&self, look: &Look, random: &mut Random) -> Vec<usize> {
        let room = look.stage.rect.inflate(-4.0);
        let mut cells: Vec<usize> = (0..self.shares.len())
            .filter(|cell| {
                look.projector
                    .project(self.top(*cell))
                    .is_some_and(|place| room.contains(place))
            })
            .collect();
        for last in (1..cells.len()).rev() {
            cells.swap(last, random.below(last + 1));
        }
        let bars: Vec<[Vec3; 2]> = (0..self.shares.len())
            .map(|cell| self.bar_of(cell))
            .collect();
        let is_hidden = |cell: usize| {
            let top = self.top(cell);
            let mut others = bars.iter().enumerate().filter(|(other, _)| *other != cell);
            others.any(|(_, bar)| meets(look.eye, top, *bar))
        };
        cells
            .into_iter()
            .filter(|cell| !is_hidden(*cell))
            .take(CELLS_A_LOOK)
            .collect()
    }
}

/// Whether the straight line from `from` almost to `to` goes through the box.
fn meets(from: Vec3, to: Vec3, [least, largest]: [Vec3; 2]) -> bool {
    let way = to - from;
    let (a, b) = ((least - from) / way, (largest - from) / way);
    let enters = a.min(b).max_element().max(0.0);
    let leaves = a.max(b).min_element().min(0.999);
    enters < leaves
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

//! What is drawn equals the tensor: the whole app renders off screen, the camera looks at one floor from close above,
//! and the colour of each cell in the picture is compared with the value that the plain Rust executor computes.

use bevy::prelude::*;
use bevy_egui::EguiRenderOutput;
use image::RgbaImage;
use mnistify::{
    commands::{offscreen::Offscreen, screenshot::capture},
    gpu::SharedGpu,
    inference::{InferenceSettings, Networks, ShownNetworks},
    inspector::Inspector,
    pad::Pad,
    view::{
        DrawSurface, OrbitCamera, Stage, Towers, camera::Orbit, colour::value_colour,
        layout::Floor, picking::Lens,
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
/// On a software rasteriser a floor of more cells than this is flat: `SOFTWARE_BARS` in `src/view/towers.rs`.
const SOFTWARE_BARS: usize = 600;

/// A floor to look at.
struct Case {
    network: usize,
    row: usize,
    looks: usize,
    /// Cells that must have been sampled in all looks.
    least_cells: usize,
}

const CASES: [Case; 3] = [
    // The second dense layer, from below the outputs.
    Case {
        network: 0,
        row: 2,
        looks: 6,
        least_cells: 120,
    },
    // The ten outputs.
    Case {
        network: 0,
        row: 3,
        looks: 1,
        least_cells: 8,
    },
    // The first convolution, from below the second.
    Case {
        network: 1,
        row: 1,
        looks: 6,
        least_cells: 120,
    },
];

#[test]
fn cells_have_the_colours_of_their_values() {
    let models = mnistify::shipped_models().expect("the shipped models are sound");
    let mut offscreen = Offscreen::start(1200, 900, models).expect("a GPU, a software one will do");
    still_scene_only(&mut offscreen.app);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for case in &CASES {
        let world = offscreen.app.world_mut();
        world.resource_mut::<InferenceSettings>().shown = ShownNetworks::Only(case.network);
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
fn still_scene_only(app: &mut App) {
    app.add_systems(Last, |mut painted: Query<&mut EguiRenderOutput>| {
        for mut output in &mut painted {
            output.paint_jobs.clear();
        }
    });
    app.world_mut().resource_mut::<DrawSurface>().still = true;
    app.world_mut().resource_mut::<Inspector>().edges = false;
}

fn check(offscreen: &mut Offscreen, case: &Case, random: &mut Random, what: &str) {
    let row = Row::of(offscreen.app.world(), case);
    let (mut sampled, mut right, mut first_wrong) = (0usize, 0usize, None);
    let (mut least, mut largest) = (f32::INFINITY, f32::NEG_INFINITY);
    for look in 0..case.looks {
        let target = if case.looks == 1 {
            row.place + Vec3::Y * row.floor.base
        } else {
            row.place + row.floor.cell_centre(row.lively_cell(random))
        };
        let (frame, lens, eye) = look_at(offscreen, target, row.distance);
        let stage = offscreen.app.world().resource::<Stage>();
        for cell in row.cells_in_view(&lens, eye, stage, random) {
            let place = row.top(cell);
            let pixels = lens.scale_at(place) * row.floor.cell * stage.scale_factor;
            assert!(
                pixels >= LEAST_CELL_PIXELS,
                "{what}: a cell is only {pixels} pixels wide"
            );
            let pixel = lens.project(place).expect("in view") * stage.scale_factor;
            let [r, g, b, _] = frame.get_pixel(pixel.x as u32, pixel.y as u32).0;
            let expected = value_colour(row.shares[cell]);
            sampled += 1;
            (least, largest) = (least.min(row.shares[cell]), largest.max(row.shares[cell]));
            if is_same([r, g, b], expected) {
                right += 1;
            } else if first_wrong.is_none() {
                let share = row.shares[cell];
                first_wrong = Some(format!(
                    "look {look}: cell {cell} ({share} of the range) at {pixel} is {:?}, expected {expected:?}",
                    [r, g, b]
                ));
            }
        }
    }
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
        right as f64 >= LEAST_RIGHT * sampled as f64,
        "{what}: only {right} of {sampled} cells are right. {}",
        first_wrong.unwrap_or_default()
    );
}

fn is_same(found: [u8; 3], expected: [u8; 3]) -> bool {
    let mut channels = found.iter().zip(expected);
    channels.all(|(found, expected)| found.abs_diff(expected) <= CHANNEL_TOLERANCE)
}

/// The picture from above `target`, with the lens and the eye that it was taken from.
fn look_at(offscreen: &mut Offscreen, target: Vec3, distance: f32) -> (RgbaImage, Lens, Vec3) {
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
    (
        frame,
        Lens::new(&orbit, world.resource::<Stage>()),
        orbit.eye(),
    )
}

/// One floor with the values that it should show.
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
    fn of(world: &World, case: &Case) -> Self {
        let network = &world.resource::<Networks>().all[case.network];
        let arena = network
            .cpu
            .forward_arena(world.resource::<Pad>().image().as_slice());
        let values = &arena[network.layout.range(case.row)];
        let range = values
            .iter()
            .fold(0.5f32, |range, value| range.max(value.abs()));
        let tower = &world.resource::<Towers>().all[case.network];
        let floor = tower.layout.floors[case.row].clone();
        let distance = match tower.layout.floors.get(case.row + 1) {
            Some(next) => (next.base - next.bar - floor.base) * 0.85,
            // Far enough that the whole row is in view.
            None => 3.2,
        };
        let is_flat = world.resource::<SharedGpu>().is_software && values.len() > SOFTWARE_BARS;
        Self {
            bar: if is_flat { 0.0 } else { floor.bar },
            shares: values.iter().map(|value| value / range).collect(),
            place: tower.place,
            floor,
            distance,
        }
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
    fn cells_in_view(
        &self,
        lens: &Lens,
        eye: Vec3,
        stage: &Stage,
        random: &mut Random,
    ) -> Vec<usize> {
        let room = stage.rect.inflate(-4.0);
        let mut cells: Vec<usize> = (0..self.shares.len())
            .filter(|cell| {
                lens.project(self.top(*cell))
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
            others.any(|(_, bar)| meets(eye, top, *bar))
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

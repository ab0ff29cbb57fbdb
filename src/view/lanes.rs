//! Each network's stages as plates. A stage's mesh holds only numbers of plates, cells and corners, and never changes: the
//! shaders read the places from a buffer that the CPU writes where something moves, and the values from the display's.
//!
//! The strongest maps of a stage stand in front, large; all others behind and below them, small. Which they are is told by
//! [`Heroes`]; a map that changes sides glides to its place.

use super::{Composed, DrawSurface, FrameTimes, Quality, cameras::HOME_DISTANCE, colour};
use crate::{
    AppSystems,
    composition::{Grid, Lane as LanePlace, Scene, StagePlace},
    gpu::{Display, SharedGpu, write_storage},
    inference::{Network, Shown},
    rest::NextFrame,
};
use bevy::{
    asset::{RenderAssetUsages, uuid_handle},
    camera::visibility::NoFrustumCulling,
    ecs::{query::QueryData, system::SystemParam},
    mesh::{Indices, MeshVertexBufferLayoutRef, PrimitiveTopology},
    prelude::*,
    render::render_resource::{
        AsBindGroup, BlendComponent, BlendFactor, BlendOperation, BlendState, Buffer,
        RenderPipelineDescriptor, ShaderSize, ShaderType, SpecializedMeshPipelineError,
    },
    shader::ShaderRef,
    sprite_render::{AlphaMode2d, Material2d, Material2dKey, Material2dPlugin},
};
use mnistify_network::{ArenaLayout, Shape, explain::Cell};

const SHADER: Handle<Shader> = uuid_handle!("5f0a2f9e-7a64-4f4c-9a7e-0d5b8c3a1e42");

/// How far the chorus stands behind the heroes, in units of the composition.
const CHORUS_DEPTH: f32 = 30.0;
/// Light on the chorus.
const CHORUS_LIGHT: f32 = 0.8;
/// Height of the tallest cell, as a share of its map.
const RELIEF: f32 = 0.12;
/// Seconds in which a plate goes two thirds of the way to its place.
const GLIDE_SECONDS: f32 = 0.09;
/// How far a plate's glow reaches, in units of the composition.
const GLOW_REACH: f32 = 12.0;
/// Width of a plate's dark edge, in units of the composition.
const EDGE: f32 = 1.0;

/// Registers the lanes.
pub fn plugin(app: &mut App) {
    let source = concat!(
        "#import bevy_sprite::mesh2d_view_bindings::view\n",
        include_str!("../../shaders/types.wgsl"),
        include_str!("../../shaders/plates.wgsl")
    );
    let shader = Shader::from_wgsl(source, "shaders/plates.wgsl");
    app.add_plugins(Material2dPlugin::<PlateMaterial>::default());
    app.world_mut()
        .resource_mut::<Assets<Shader>>()
        .insert(SHADER.id(), shader)
        .expect("a fixed id can always be inserted");
    app.add_observer(add_lane).add_systems(
        PostUpdate,
        (place_lanes, build_meshes, write_plates)
            .chain()
            .in_set(AppSystems::Present),
    );
}

/// The order of each row's maps: those in front first. Empty before anything was seen.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Heroes {
    /// By row: channels in the order of their places.
    pub order: Vec<Vec<usize>>,
    /// By row: how many stood in front when they were chosen.
    pub front: Vec<usize>,
}

/// A network's place in the scene.
#[derive(Component, Default)]
pub struct Lane {
    /// The rows between input and outputs that are seen.
    pub stages: Vec<Stage>,
    /// Whether places or order changed since the buffer was written.
    moving: bool,
    built: Vec<(usize, usize, bool)>,
    buffers: Option<LaneBuffers>,
}

struct LaneBuffers {
    plates: Buffer,
    /// Plates that there is room for.
    room: usize,
}

/// One row's plates.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Row of the arena; 0 is the input.
    pub row: usize,
    /// `[channels, height, width]`.
    pub shape: Shape,
    /// First value of the row in the arena.
    offset: usize,
    /// Columns and rows of cells on a plate.
    pub cells: [usize; 2],
    /// Cells are counted column by column.
    down: bool,
    /// Part of a cell's pitch that the cell takes.
    fill: f32,
    /// The plates in the order of their places, those in front first.
    pub plates: Vec<Plate>,
    /// How many stand in front.
    pub heroes: usize,
    /// Maps for which there is no room.
    pub hidden: usize,
    /// The middle about which the stage is turned, and the turn in radians.
    pivot: Vec2,
    yaw: f32,
    /// Pixels of a unit of the composition, as a share of the window's height.
    unit: f32,
}

/// One map's place, in heights of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plate {
    /// The map; 0 for a dense row.
    pub channel: usize,
    /// Left and top.
    pub corner: Vec2,
    /// Width and height.
    pub size: Vec2,
    /// Towards the viewer.
    pub z: f32,
    /// 1 in front, less behind.
    light: f32,
}

impl Plate {
    fn towards(self, goal: Self, share: f32) -> Self {
        let near = (self.corner - goal.corner).abs().max_element() < 2e-4
            && (self.size - goal.size).abs().max_element() < 2e-4
            && (self.z - goal.z).abs() < 2e-4;
        if near || share >= 1.0 {
            return goal;
        }
        Self {
            channel: goal.channel,
            corner: self.corner.lerp(goal.corner, share),
            size: self.size.lerp(goal.size, share),
            z: self.z + (goal.z - self.z) * share,
            light: self.light + (goal.light - self.light) * share,
        }
    }
}

impl Stage {
    /// A stage where the composition puts it, with its maps in this order.
    fn new(place: &StagePlace, layout: &ArenaLayout, composed: &Composed, order: &[usize]) -> Self {
        let height = composed.window[1];
        let unit = composed.places.unit / height;
        let [channels, map_height, map_width] = place.shape;
        let dense = [map_height, map_width] == [1, 1];
        let middle = composed.to_scene(place.rect.centre());
        let plate = |grid: &Grid, index: usize, channel: usize, is_hero: bool| {
            let rect = grid.place(index);
            let z = if is_hero { 0.0 } else { -CHORUS_DEPTH * unit };
            // What stands further away is larger, so that it is seen where it was composed.
            let further = (HOME_DISTANCE - z) / HOME_DISTANCE;
            Plate {
                channel,
                corner: composed.to_scene(rect.min) * further,
                size: Vec2::new(rect.width(), rect.height()) / height * further,
                z,
                light: if is_hero { 1.0 } else { CHORUS_LIGHT },
            }
        };
        let stage = Self {
            row: place.row,
            shape: place.shape,
            offset: layout.offsets[place.row],
            cells: [map_width, map_height],
            down: false,
            fill: 1.0,
            plates: Vec::new(),
            heroes: place.heroes.count,
            hidden: place.hidden,
            pivot: middle,
            yaw: place.yaw,
            unit,
        };
        if dense {
            let grid = place.heroes;
            let all = grid.bounds();
            let pitch = Vec2::from(grid.pitch);
            return Self {
                cells: [grid.columns, grid.rows],
                down: grid.down,
                fill: grid.size[0] / grid.pitch[0],
                plates: vec![Plate {
                    channel: 0,
                    corner: composed.to_scene(all.min),
                    size: pitch * Vec2::new(grid.columns as f32, grid.rows as f32) / height,
                    z: 0.0,
                    light: 1.0,
                }],
                heroes: 1,
                ..stage
            };
        }
        let heroes = place.heroes.count;
        let chorus = place
            .chorus
            .iter()
            .flat_map(|grid| (0..grid.count).map(move |index| (*grid, index, false)));
        let places = (0..heroes)
            .map(|index| (place.heroes, index, true))
            .chain(chorus);
        let channel = |slot: usize| order.get(slot).copied().unwrap_or(slot);
        let plates = places
            .enumerate()
            .take(channels)
            .map(|(slot, (grid, index, is_hero))| plate(&grid, index, channel(slot), is_hero));
        Self {
            plates: plates.collect(),
            ..stage
        }
    }

    /// Values of one map; of a dense row all.
    fn cells_of_a_map(&self) -> usize {
        let [channels, height, width] = self.shape;
        if [height, width] == [1, 1] {
            channels
        } else {
            height * width
        }
    }

    /// All values that are seen.
    pub fn cell_count(&self) -> usize {
        self.plates.len() * self.cells_of_a_map()
    }

    /// A place of the stage, turned about its middle.
    fn turned(&self, place: Vec3) -> Vec3 {
        let across = place.x - self.pivot.x;
        let (sin, cos) = self.yaw.sin_cos();
        Vec3::new(
            self.pivot.x + across * cos - place.z * sin,
            place.y,
            across * sin + place.z * cos,
        )
    }

    /// The four corners around cells `[y0, x0, y1, x1]` of a plate.
    pub fn corners(&self, plate: &Plate, [y0, x0, y1, x1]: [usize; 4]) -> [Vec3; 4] {
        let pitch = plate.size / Vec2::new(self.cells[0] as f32, self.cells[1] as f32);
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)].map(|(x, y)| {
            let place = plate.corner + Vec2::new(x as f32, -(y as f32)) * pitch;
            self.turned(place.extend(plate.z))
        })
    }

    /// The plate that shows a channel, with its number.
    pub fn plate_of(&self, channel: usize) -> Option<&Plate> {
        if self.cells_of_a_map() == self.shape[0] && self.plates.len() == 1 {
            return self.plates.first();
        }
        self.plates.iter().find(|plate| plate.channel == channel)
    }

    /// Whether a map stands in the chorus.
    pub fn is_behind(&self, channel: usize) -> bool {
        let place = self
            .plates
            .iter()
            .position(|plate| plate.channel == channel);
        place.is_some_and(|place| place >= self.heroes)
    }

    /// Column and row of a cell on its plate.
    pub fn column_and_row(&self, cell: Cell) -> [usize; 2] {
        if [self.shape[1], self.shape[2]] == [1, 1] {
            let index = cell.channel;
            if self.down {
                [index / self.cells[1], index % self.cells[1]]
            } else {
                [index % self.cells[0], index / self.cells[0]]
            }
        } else {
            [cell.x, cell.y]
        }
    }

    /// The middle of a cell; none where its map is hidden.
    pub fn cell_centre(&self, cell: Cell) -> Option<Vec3> {
        let plate = self.plate_of(cell.channel)?;
        let [x, y] = self.column_and_row(cell);
        let corners = self.corners(plate, [y, x, y + 1, x + 1]);
        Some((corners[0] + corners[2]) / 2.0)
    }

    /// The middle of the upper end of a cell whose value is at this place of the ramp, −1 to 1.
    pub fn top_of(&self, cell: Cell, share: f32) -> Option<Vec3> {
        let plate = self.plate_of(cell.channel)?;
        let [x, y] = self.column_and_row(cell);
        let pitch = plate.size / Vec2::new(self.cells[0] as f32, self.cells[1] as f32);
        let across = Vec2::new(x as f32 + self.fill / 2.0, -(y as f32) - self.fill / 2.0);
        let height = share.abs() * self.relief().min(0.9 * pitch.x);
        let place = plate.corner + across * pitch;
        Some(self.turned(place.extend(plate.z + height)))
    }

    /// Height of the tallest cell.
    fn relief(&self) -> f32 {
        let map = self.plates.first().map_or(Vec2::ZERO, |plate| plate.size);
        RELIEF * map.max_element().min(0.1)
    }

    /// The cell that a ray meets, with its distance.
    pub fn pick(&self, ray: Ray3d) -> Option<(f32, Cell)> {
        // Into the stage before its turn.
        let (sin, cos) = self.yaw.sin_cos();
        let back = |v: Vec3| Vec3::new(v.x * cos + v.z * sin, v.y, v.z * cos - v.x * sin);
        let pivot = Vec3::new(self.pivot.x, 0.0, 0.0);
        let origin = back(ray.origin - pivot) + pivot;
        let direction = back(*ray.direction);
        let mut nearest: Option<(f32, Cell)> = None;
        for plate in &self.plates {
            let distance = (plate.z - origin.z) / direction.z;
            if !distance.is_finite() || distance <= 0.0 {
                continue;
            }
            let at = (origin + direction * distance).truncate() - plate.corner;
            let share = Vec2::new(at.x, -at.y) / plate.size;
            if share.min_element() < 0.0 || share.max_element() >= 1.0 {
                continue;
            }
            let x = (share.x * self.cells[0] as f32) as usize;
            let y = (share.y * self.cells[1] as f32) as usize;
            let Some(cell) = self.cell_at(plate, x, y) else {
                continue;
            };
            if nearest.is_none_or(|(least, _)| distance < least) {
                nearest = Some((distance, cell));
            }
        }
        nearest
    }

    fn cell_at(&self, plate: &Plate, x: usize, y: usize) -> Option<Cell> {
        if [self.shape[1], self.shape[2]] != [1, 1] {
            return Some(Cell {
                row: self.row,
                channel: plate.channel,
                y,
                x,
            });
        }
        let index = if self.down {
            x * self.cells[1] + y
        } else {
            y * self.cells[0] + x
        };
        (index < self.shape[0]).then_some(Cell {
            row: self.row,
            channel: index,
            y: 0,
            x: 0,
        })
    }

    fn uniform(&self, first_plate: usize) -> StageUniform {
        let map = self.plates.first().map_or(Vec2::ZERO, |plate| plate.size);
        let cell = map.x / self.cells[0].max(1) as f32;
        let in_cells = |length: f32| length * self.unit / cell.max(1e-6);
        StageUniform {
            pivot: Vec4::new(self.pivot.x, self.pivot.y, self.yaw, self.relief()),
            measures: Vec4::new(self.fill, in_cells(EDGE), in_cells(GLOW_REACH), 0.0),
            first: UVec4::new(
                first_plate as u32,
                self.offset as u32,
                self.row as u32,
                self.cells_of_a_map() as u32,
            ),
            cells: UVec4::new(
                self.cells[0] as u32,
                self.cells[1] as u32,
                u32::from(self.down),
                // Between the values of one map and the next in the arena.
                if self.plates.len() == 1 && self.down {
                    0
                } else {
                    self.cells_of_a_map() as u32
                },
            ),
        }
    }
}

impl Lane {
    /// The stage of a row.
    pub fn stage(&self, row: usize) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.row == row)
    }

    /// Where to look to see a cell, and how large its surroundings are; none where it is not seen.
    pub fn view_of(&self, cell: Cell) -> Option<(Vec3, f32)> {
        let stage = self.stage(cell.row)?;
        let plate = stage.plate_of(cell.channel)?;
        Some((stage.cell_centre(cell)?, plate.size.max_element().min(0.35)))
    }
}

/// A lane with its network.
#[derive(QueryData)]
pub struct LaneOf {
    /// The network's entity.
    pub entity: Entity,
    /// The network.
    pub network: &'static Network,
    /// Its lane.
    pub lane: &'static Lane,
}

/// A lane with its network.
pub type LaneItem<'w, 's> = LaneOfItem<'w, 's>;

/// The lanes that are shown.
#[derive(SystemParam)]
pub struct Lanes<'w, 's> {
    query: Query<'w, 's, LaneOf, With<Shown>>,
}

impl Lanes<'_, '_> {
    /// In the order of their networks.
    pub fn all(&self) -> Vec<LaneItem<'_, '_>> {
        let mut all: Vec<_> = self.query.iter().collect();
        all.sort_by_key(|item| item.network.slot());
        all
    }

    /// Draw calls that they take.
    pub fn draw_calls(&self) -> usize {
        self.query.iter().map(|l| l.lane.built.len()).sum()
    }

    /// Cells that are seen.
    pub fn cell_count(&self) -> usize {
        let stages = self.query.iter().flat_map(|item| &item.lane.stages);
        stages.map(Stage::cell_count).sum()
    }
}

/// `Stage` in `shaders/types.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, ShaderType)]
struct StageUniform {
    pivot: Vec4,
    measures: Vec4,
    first: UVec4,
    cells: UVec4,
}

/// `Plate` in `shaders/types.wgsl`.
#[derive(Clone, Copy, Debug, ShaderType)]
struct PlateData {
    place: Vec4,
    z: f32,
    light: f32,
    channel: u32,
    unused: u32,
}

/// How a stage is drawn; each is a draw call of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// One quad a map, whose pixels look the cells up.
    Flat,
    /// Three quads a cell of the maps in front, those that look at the camera.
    Bars,
    /// One quad a map in front, which adds the light that strong cells throw.
    Glow,
}

/// Draws the maps of one stage.
#[derive(Asset, TypePath, AsBindGroup, Clone)]
#[bind_group_data(Drawing)]
pub struct PlateMaterial {
    drawing: Drawing,
    #[uniform(0, visibility(vertex, fragment))]
    stage: StageUniform,
    #[storage(1, read_only, buffer, visibility(vertex, fragment))]
    shown: Buffer,
    #[storage(2, read_only, buffer, visibility(vertex, fragment))]
    ranges: Buffer,
    #[storage(3, read_only, buffer, visibility(vertex, fragment))]
    rows: Buffer,
    #[storage(4, read_only, buffer, visibility(vertex, fragment))]
    plates: Buffer,
    #[storage(5, read_only, buffer, visibility(vertex, fragment))]
    ramp: Buffer,
}

impl From<&PlateMaterial> for Drawing {
    fn from(material: &PlateMaterial) -> Self {
        material.drawing
    }
}

impl Material2d for PlateMaterial {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode2d {
        match self.drawing {
            Drawing::Flat | Drawing::Bars => AlphaMode2d::Opaque,
            Drawing::Glow => AlphaMode2d::Blend,
        }
    }

    fn specialize(
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        key: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let position = Mesh::ATTRIBUTE_POSITION.at_shader_location(0);
        descriptor.vertex.buffers = vec![layout.0.get_layout(&[position])?];
        let [vertex, fragment_entry] = match key.bind_group_data {
            Drawing::Flat => ["vertex_flat", "fragment_flat"],
            Drawing::Bars => ["vertex_bar", "fragment_bar"],
            Drawing::Glow => ["vertex_glow", "fragment_glow"],
        };
        descriptor.vertex.entry_point = Some(vertex.into());
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.entry_point = Some(fragment_entry.into());
            if key.bind_group_data == Drawing::Glow
                && let Some(Some(target)) = fragment.targets.first_mut()
            {
                let add = |src_factor| BlendComponent {
                    src_factor,
                    dst_factor: BlendFactor::One,
                    operation: BlendOperation::Add,
                };
                target.blend = Some(BlendState {
                    color: add(BlendFactor::One),
                    alpha: add(BlendFactor::Zero),
                });
            }
        }
        if let (Drawing::Glow, Some(depth)) =
            (key.bind_group_data, descriptor.depth_stencil.as_mut())
        {
            // Light lies over the cells that throw it.
            depth.depth_write_enabled = Some(false);
            depth.depth_compare = Some(bevy::render::render_resource::CompareFunction::Always);
        }
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

fn add_lane(added: On<Add, Network>, mut commands: Commands) {
    commands.entity(added.entity).insert((
        Lane::default(),
        Heroes::default(),
        Transform::default(),
        Visibility::Hidden,
    ));
}

/// A network with what its lane follows.
type Placed<'a> = (
    Entity,
    &'a Network,
    Ref<'a, Heroes>,
    &'a mut Lane,
    &'a mut Visibility,
    Has<Shown>,
);

/// Moves the plates towards where the composition puts them.
fn place_lanes(
    mut lanes: Query<Placed<'_>>,
    composed: Res<Composed>,
    surface: Res<DrawSurface>,
    time: Res<Time>,
    next: Res<NextFrame>,
) {
    let share = if surface.still {
        1.0
    } else {
        1.0 - (-time.delta_secs().min(0.1) / GLIDE_SECONDS).exp()
    };
    for (entity, network, heroes, mut lane, mut visibility, shown) in &mut lanes {
        let place = place_of(&composed, entity);
        let seen = surface.lanes && shown && place.is_some();
        visibility.set_if_neq(if seen {
            Visibility::Visible
        } else {
            Visibility::Hidden
        });
        let Some(place) = place.filter(|_| seen) else {
            continue;
        };
        if !(composed.is_changed() || heroes.is_changed() || lane.moving || lane.stages.is_empty())
        {
            continue;
        }
        let goals: Vec<Stage> = place
            .iter()
            .map(|stage| {
                let order = heroes.order.get(stage.row).map_or(&[][..], Vec::as_slice);
                Stage::new(stage, &network.layout, &composed, order)
            })
            .collect();
        let mut moved = Vec::with_capacity(goals.len());
        for goal in &goals {
            let mut stage = goal.clone();
            if let Some(before) = lane.stages.iter().find(|before| before.row == goal.row) {
                for plate in &mut stage.plates {
                    let earlier = before.plates.iter().find(|p| p.channel == plate.channel);
                    if let Some(earlier) = earlier {
                        *plate = earlier.towards(*plate, share);
                    }
                }
            }
            moved.push(stage);
        }
        lane.moving = moved != goals;
        next.ask_if(lane.moving);
        lane.stages = moved;
    }
}

/// The stages that the composition has room for.
fn place_of(composed: &Composed, network: Entity) -> Option<Vec<StagePlace>> {
    let index = composed
        .networks
        .iter()
        .position(|(entity, _)| *entity == network)?;
    let lanes: &[LanePlace] = match &composed.places.scene {
        Scene::Lanes(scene) => &scene.lanes,
        Scene::FullScreen { lanes, .. } => lanes,
        Scene::Table(_) => return None,
        Scene::Page(page) => {
            let stage = page.stage.as_ref().filter(|(of, _)| *of == index);
            return stage.map(|(_, stage)| vec![stage.clone()]);
        }
    };
    let lane = lanes.iter().find(|lane| lane.network == index)?;
    Some(lane.stages.clone())
}

/// What lanes are built of.
#[derive(SystemParam)]
struct Workshop<'w, 's> {
    children: Query<
        'w,
        's,
        (
            &'static ChildOf,
            &'static MeshMaterial2d<PlateMaterial>,
            &'static StageOf,
        ),
    >,
    frames: Res<'w, FrameTimes>,
    surface: Res<'w, DrawSurface>,
    gpu: Option<Res<'w, SharedGpu>>,
    meshes: ResMut<'w, Assets<Mesh>>,
    materials: ResMut<'w, Assets<PlateMaterial>>,
}

/// Makes a stage's meshes anew where it has other plates.
fn build_meshes(
    mut commands: Commands,
    mut lanes: Query<(Entity, &Display, &mut Lane), Changed<Lane>>,
    workshop: Workshop,
    mut ramp: Local<Option<Buffer>>,
) {
    let Workshop {
        children,
        frames,
        surface,
        gpu,
        mut meshes,
        mut materials,
    } = workshop;
    let Some(gpu) = gpu else {
        return;
    };
    let ramp = ramp.get_or_insert_with(|| {
        let colours = colour::ramp();
        gpu.device
            .create_buffer_with_data(&wgpu::util::BufferInitDescriptor {
                label: Some("colours of values"),
                contents: bytemuck::cast_slice(&colours),
                usage: wgpu::BufferUsages::STORAGE,
            })
    });
    let full = frames.quality == Quality::Full || surface.full;
    for (entity, display, mut lane) in &mut lanes {
        let wanted: Vec<(usize, usize, bool)> = lane
            .stages
            .iter()
            .map(|stage| (stage.plates.len(), stage.heroes, full))
            .collect();
        let room: usize = lane.stages.iter().map(|stage| stage.plates.len()).sum();
        if lane
            .buffers
            .as_ref()
            .is_none_or(|buffers| buffers.room < room)
        {
            let plates = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("plates"),
                size: (room.max(1) as u64) * PlateData::SHADER_SIZE.get(),
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            lane.buffers = Some(LaneBuffers { plates, room });
            lane.built.clear();
        }
        let Some(buffers) = &lane.buffers else {
            continue;
        };
        let mut first_plate = 0;
        let uniforms: Vec<StageUniform> = lane
            .stages
            .iter()
            .map(|stage| {
                let uniform = stage.uniform(first_plate);
                first_plate += stage.plates.len();
                uniform
            })
            .collect();
        if lane.built == wanted {
            for (parent, material, stage) in &children {
                let uniform = uniforms.get(stage.0);
                if parent.parent() == entity
                    && let Some(uniform) = uniform
                    && materials
                        .get(&material.0)
                        .is_some_and(|m| m.stage != *uniform)
                    && let Some(mut material) = materials.get_mut(&material.0)
                {
                    material.stage = *uniform;
                }
            }
            continue;
        }
        let drawings: &[Drawing] = match (full, surface.glow) {
            (true, true) => &[Drawing::Flat, Drawing::Bars, Drawing::Glow],
            (true, false) => &[Drawing::Flat, Drawing::Bars],
            (false, _) => &[Drawing::Flat],
        };
        commands
            .entity(entity)
            .despawn_children()
            .with_children(|parent| {
                for (index, stage) in lane.stages.iter().enumerate() {
                    for drawing in drawings {
                        let material = PlateMaterial {
                            drawing: *drawing,
                            stage: uniforms[index],
                            shown: display.shown.clone(),
                            ranges: display.ranges.clone(),
                            rows: display.rows.clone(),
                            plates: buffers.plates.clone(),
                            ramp: ramp.clone(),
                        };
                        parent.spawn((
                            Mesh2d(meshes.add(stage_mesh(stage, *drawing))),
                            MeshMaterial2d(materials.add(material)),
                            StageOf(index),
                            NoFrustumCulling,
                        ));
                    }
                }
            });
        lane.bypass_change_detection().built = wanted;
    }
}

/// The place of a mesh's stage in its lane.
#[derive(Component)]
struct StageOf(usize);

/// A stage's mesh: for every plate, or every cell in front, the corners that `shaders/plates.wgsl` understands.
fn stage_mesh(stage: &Stage, drawing: Drawing) -> Mesh {
    let (things, faces) = match drawing {
        Drawing::Flat => (stage.plates.len(), 1),
        Drawing::Bars => (stage.heroes * stage.cells_of_a_map(), 3),
        Drawing::Glow => (stage.heroes, 1),
    };
    let things = if drawing == Drawing::Bars && things > MOST_BARS {
        0
    } else {
        things
    };
    let mut positions = Vec::with_capacity(things * faces * 4);
    let mut indices = Vec::with_capacity(things * faces * 6);
    for thing in 0..things {
        for face in 0..faces {
            let first = positions.len() as u32;
            for corner in 0..4 {
                positions.push([thing as f32, (face * 4 + corner) as f32, 0.0]);
            }
            indices.extend([0, 1, 2, 2, 1, 3].map(|corner| first + corner));
        }
    }
    Mesh::new(
        PrimitiveTopology::TriangleList,
        RenderAssetUsages::RENDER_WORLD,
    )
    .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
    .with_inserted_indices(Indices::U32(indices))
}

/// More cells in front than this stay flat: a bar's mesh takes 216 bytes, and a network of one's own may have millions.
const MOST_BARS: usize = 400_000;

fn write_plates(lanes: Query<&Lane, Changed<Lane>>, gpu: Option<Res<SharedGpu>>) {
    let Some(gpu) = gpu else {
        return;
    };
    for lane in &lanes {
        let Some(buffers) = &lane.buffers else {
            continue;
        };
        let plates = lane.stages.iter().flat_map(|stage| &stage.plates);
        let data: Vec<PlateData> = plates
            .map(|plate| PlateData {
                place: Vec4::new(plate.corner.x, plate.corner.y, plate.size.x, plate.size.y),
                z: plate.z,
                light: plate.light,
                channel: plate.channel as u32,
                unused: 0,
            })
            .collect();
        if !data.is_empty() {
            write_storage(&gpu, &buffers.plates, &data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{composition::Mode, view::picking::Projector};
    use mnistify_network::NetworkSpec;

    fn stages(spec: &NetworkSpec) -> (Composed, Vec<Stage>) {
        let layout = ArenaLayout::new(spec);
        let rows = (0..layout.rows()).map(|row| layout.shape(row)).collect();
        let network = Entity::from_raw_u32(1).expect("a small number");
        let composed = Composed::new([1280.0, 720.0], 1.0, vec![(network, rows)], Mode::default());
        let places = place_of(&composed, network).expect("it is composed");
        let stages = places
            .iter()
            .map(|place| Stage::new(place, &layout, &composed, &[]))
            .collect();
        (composed, stages)
    }

    #[test]
    fn every_value_between_input_and_output_has_a_cell() {
        let cells = |spec: &NetworkSpec| stages(spec).1.iter().map(Stage::cell_count).sum();
        let mlp: usize = cells(&NetworkSpec::mlp());
        let cnn: usize = cells(&NetworkSpec::cnn());
        assert_eq!((mlp, cnn), (1024, 42_202 - 784 - 10));
    }

    #[test]
    fn the_cell_under_the_pointer_is_picked() {
        for spec in [NetworkSpec::mlp(), NetworkSpec::cnn()] {
            let (composed, stages) = stages(&spec);
            let projector = Projector::at_home(composed.window);
            for stage in &stages {
                let mut seen = 0;
                for index in (0..stage.shape.iter().product()).step_by(37) {
                    let cell = Cell::at(stage.row, index, stage.shape);
                    let centre = stage.cell_centre(cell).expect("none is hidden");
                    let pointer = projector.project(centre).expect("in view");
                    let (_, picked) = stage.pick(projector.ray(pointer)).expect("a cell is there");
                    assert_eq!(picked, cell, "row {}", stage.row);
                    seen += 1;
                }
                assert!(seen > 0);
            }
        }
    }

    #[test]
    fn a_plate_in_front_is_seen_where_the_composition_puts_it() {
        let (composed, stages) = stages(&NetworkSpec::cnn());
        let projector = Projector::at_home(composed.window);
        let Scene::Lanes(scene) = &composed.places.scene else {
            panic!("a wide window has lanes");
        };
        for (stage, place) in stages.iter().zip(&scene.lanes[0].stages) {
            let rect = place.heroes.place(0);
            let corners = stage.corners(&stage.plates[0], [0, 0, stage.cells[1], stage.cells[0]]);
            let seen = projector.project(corners[0]).expect("in view");
            // The slight turn moves the edges of a stage by a few pixels.
            assert!(
                seen.distance(Vec2::from(rect.min)) < 12.0,
                "{seen} {rect:?}"
            );
        }
    }
}

//! One mesh and one draw call a floor. A floor's mesh holds only cell numbers and corner codes, and never changes: the
//! vertex shader reads the shown activations from the display's buffers.

use super::{
    DrawSurface, FrameTimes, Quality,
    layout::{Floor, TowerLayout},
};
use crate::{
    AppSystems,
    gpu::Display,
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
        AsBindGroup, Buffer, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError,
    },
    shader::ShaderRef,
    sprite_render::{AlphaMode2d, Material2d, Material2dKey, Material2dPlugin},
};
use mnistify_network::explain::Cell;

/// Distance of a tower's middle from the middle of the scene while both stand.
pub const TOWER_DISTANCE: f32 = 1.24;

const SHADER: Handle<Shader> = uuid_handle!("5f0a2f9e-7a64-4f4c-9a7e-0d5b8c3a1e42");

pub fn plugin(app: &mut App) {
    let shader = Shader::from_wgsl(
        include_str!("../../shaders/tower.wgsl"),
        "shaders/tower.wgsl",
    );
    app.add_plugins(Material2dPlugin::<TowerMaterial>::default());
    app.world_mut()
        .resource_mut::<Assets<Shader>>()
        .insert(SHADER.id(), shader)
        .expect("a fixed id can always be inserted");
    app.add_systems(
        PostUpdate,
        (build_towers, place_towers)
            .chain()
            .after(AppSystems::Infer)
            .before(AppSystems::Present),
    );
}

/// A network's place in the scene.
#[derive(Component)]
pub struct Tower {
    /// Where its cells stand.
    pub layout: TowerLayout,
    /// Where the middle of its foot stands.
    pub place: Vec3,
    floors: Vec<Handle<TowerMaterial>>,
    /// Whether large floors are pictures instead of bars.
    pictures: bool,
    seen: Option<bool>,
}

impl Tower {
    /// A tower without anything to draw yet.
    pub fn new(layout: TowerLayout, place: Vec3) -> Self {
        Self {
            layout,
            place,
            floors: Vec::new(),
            pictures: false,
            seen: None,
        }
    }

    /// Where to look to see a cell, and how large its surroundings are.
    pub fn view_of(&self, cell: Cell) -> (Vec3, f32) {
        let floor = &self.layout.floors[cell.row];
        let target = self.place + floor.cell_centre(cell.index(floor.shape));
        let map = floor.map[0].max(floor.map[1]) as f32 * floor.cell;
        (target, map.clamp(0.12, 0.9))
    }
}

/// A tower with its network.
#[derive(QueryData)]
pub struct TowerOf {
    /// The network's entity.
    pub entity: Entity,
    /// The network.
    pub network: &'static Network,
    /// Its tower.
    pub tower: &'static Tower,
}

/// A tower with its network.
pub type TowerItem<'w, 's> = TowerOfItem<'w, 's>;

/// The towers that stand.
#[derive(SystemParam)]
pub struct Towers<'w, 's> {
    query: Query<'w, 's, TowerOf, With<Shown>>,
}

impl Towers<'_, '_> {
    /// In the order of their networks.
    pub fn all(&self) -> Vec<TowerItem<'_, '_>> {
        let mut all: Vec<_> = self.query.iter().collect();
        all.sort_by_key(|item| item.network.slot());
        all
    }

    /// The tower of this network.
    pub fn get(&self, network: Entity) -> Option<&Tower> {
        self.query.get(network).ok().map(|item| item.tower)
    }

    /// Draw calls that they take.
    pub fn draw_calls(&self) -> usize {
        self.query.iter().map(|t| t.tower.floors.len()).sum()
    }

    /// The corners of all that is shown: `[least, largest]`.
    pub fn bounds(&self) -> Option<[Vec3; 2]> {
        bounds(self.query.iter().map(|item| item.tower))
    }
}

/// The corners around towers: `[least, largest]`.
pub fn bounds<'a>(towers: impl IntoIterator<Item = &'a Tower>) -> Option<[Vec3; 2]> {
    towers
        .into_iter()
        .map(|tower| tower.layout.bounds().map(|corner| corner + tower.place))
        .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
}

/// `Floor` in `shaders/tower.wgsl`.
#[derive(Clone, Copy, ShaderType)]
pub struct FloorUniform {
    tower: Vec4,
    measures: Vec4,
    extent: Vec4,
    places: UVec4,
    map: UVec4,
}

impl FloorUniform {
    fn new(floor: &Floor, place: Vec3) -> Self {
        Self {
            tower: place.extend(0.0),
            measures: Vec4::new(floor.cell, floor.gap, floor.bar, floor.base),
            extent: Vec4::new(floor.size.x, floor.size.y, 0.0, 0.0),
            places: UVec4::new(
                floor.offset as u32,
                floor.row as u32,
                floor.columns as u32,
                u32::from(floor.row == 0),
            ),
            map: UVec4::new(
                floor.map[0] as u32,
                floor.map[1] as u32,
                0,
                floor.cell_count() as u32,
            ),
        }
    }
}

/// Draws one floor.
#[derive(Asset, TypePath, AsBindGroup, Clone)]
#[bind_group_data(CellShape)]
pub struct TowerMaterial {
    shape: CellShape,
    #[uniform(0, visibility(vertex, fragment))]
    floor: FloorUniform,
    #[storage(1, read_only, buffer, visibility(vertex, fragment))]
    shown: Buffer,
    #[storage(2, read_only, buffer, visibility(vertex, fragment))]
    ranges: Buffer,
    #[storage(3, read_only, buffer, visibility(vertex, fragment))]
    rows: Buffer,
}

impl Material2d for TowerMaterial {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode2d {
        AlphaMode2d::Opaque
    }

    fn specialize(
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        key: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let position = Mesh::ATTRIBUTE_POSITION.at_shader_location(0);
        descriptor.vertex.buffers = vec![layout.0.get_layout(&[position])?];
        let [vertex, fragment_entry] = match key.bind_group_data {
            CellShape::Bar => ["vertex_bar", "fragment_bar"],
            CellShape::Picture => ["vertex_picture", "fragment_picture"],
        };
        descriptor.vertex.entry_point = Some(vertex.into());
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.entry_point = Some(fragment_entry.into());
        }
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

/// How a cell is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellShape {
    /// Three quads, those that look at the camera.
    Bar,
    /// One quad for a whole map, whose pixels look the cells up: for a software rasteriser, which runs vertex shaders
    /// on one core (42,202 bars are half a million vertices).
    Picture,
}

impl From<&TowerMaterial> for CellShape {
    fn from(material: &TowerMaterial) -> Self {
        material.shape
    }
}

impl CellShape {
    /// What a floor is built of.
    fn of(floor: &Floor, pictures: bool) -> Self {
        let most = if pictures { SOFTWARE_BARS } else { MOST_BARS };
        if floor.cell_count() > most {
            Self::Picture
        } else {
            Self::Bar
        }
    }
}

/// A floor's mesh: for every cell the corners that `shaders/tower.wgsl` understands.
pub fn floor_mesh(floor: &Floor, shape: CellShape) -> Mesh {
    let (cells, faces) = match shape {
        CellShape::Bar => (floor.cell_count(), 3),
        CellShape::Picture => (floor.maps, 1),
    };
    let corners = faces * 4;
    let mut positions = Vec::with_capacity(cells * corners);
    let mut indices = Vec::with_capacity(cells * faces * 6);
    for cell in 0..cells {
        for face in 0..faces {
            let first = positions.len() as u32;
            for corner in 0..4 {
                positions.push([cell as f32, (face * 4 + corner) as f32, 0.0]);
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

/// Rows with more cells than this are pictures on a software rasteriser.
const SOFTWARE_BARS: usize = 600;
/// Rows with more cells than this are pictures everywhere: a bar's mesh takes 216 bytes, and somebody's network may have
/// millions of cells.
const MOST_BARS: usize = 400_000;

fn build_towers(
    mut commands: Commands,
    networks: Query<(Entity, &Network, &Display, Option<&Tower>)>,
    frames: Res<FrameTimes>,
    surface: Res<DrawSurface>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<TowerMaterial>>,
) {
    let pictures = frames.quality == Quality::Reduced && !surface.all_bars;
    for (entity, network, display, tower) in &networks {
        if tower.is_some_and(|tower| tower.pictures == pictures) {
            continue;
        }
        let layout = TowerLayout::new(&network.layout);
        let mut floors = Vec::new();
        commands
            .entity(entity)
            .despawn_children()
            .with_children(|children| {
                for floor in &layout.floors {
                    let shape = CellShape::of(floor, pictures);
                    let material = materials.add(TowerMaterial {
                        floor: FloorUniform::new(floor, Vec3::ZERO),
                        shape,
                        shown: display.shown.clone(),
                        ranges: display.ranges.clone(),
                        rows: display.rows.clone(),
                    });
                    children.spawn((
                        Mesh2d(meshes.add(floor_mesh(floor, shape))),
                        MeshMaterial2d(material.clone()),
                        NoFrustumCulling,
                    ));
                    floors.push(material);
                }
            })
            .insert((
                Transform::default(),
                Visibility::Hidden,
                Tower {
                    floors,
                    pictures,
                    ..Tower::new(layout, Vec3::splat(f32::NAN))
                },
            ));
    }
}

/// Towers stand side by side, a single one in the middle.
fn place_towers(
    mut towers: Query<(&Network, &mut Tower, &mut Visibility, Has<Shown>)>,
    surface: Res<DrawSurface>,
    mut materials: ResMut<Assets<TowerMaterial>>,
    next: Res<NextFrame>,
) {
    let mut standing: Vec<usize> = towers
        .iter()
        .filter(|(.., shown)| *shown)
        .map(|(network, ..)| network.slot())
        .collect();
    standing.sort_unstable();
    let middle = standing.len().saturating_sub(1) as f32 / 2.0;
    for (network, mut tower, mut visibility, shown) in &mut towers {
        let position = standing.iter().filter(|slot| **slot < network.slot());
        let position = position.count() as f32;
        let place = Vec3::X * (position - middle) * 2.0 * TOWER_DISTANCE;
        let seen = surface.towers && shown;
        if tower.seen == Some(seen) && tower.place == place {
            continue;
        }
        next.ask();
        (tower.seen, tower.place) = (Some(seen), place);
        *visibility = if seen {
            Visibility::Visible
        } else {
            Visibility::Hidden
        };
        for (floor, material) in tower.layout.floors.iter().zip(&tower.floors) {
            if let Some(mut material) = materials.get_mut(material) {
                material.floor = FloorUniform::new(floor, place);
            }
        }
    }
}

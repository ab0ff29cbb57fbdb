//! One mesh and one draw call a floor. A floor's mesh holds only cell numbers and corner codes, and never changes: the
//! vertex shader reads the shown activations from the display's buffers.

use super::{
    DrawSurface, FrameTimes, Quality,
    layout::{Floor, TowerLayout},
};
use crate::{
    inference::{InferenceSettings, Networks},
    visitor::ChangeNetworks,
};
use bevy::{
    asset::{RenderAssetUsages, uuid_handle},
    camera::visibility::NoFrustumCulling,
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
    app.init_resource::<Towers>().add_systems(
        PreUpdate,
        (build_towers, show_towers).chain().after(ChangeNetworks),
    );
}

/// The towers' layouts and places, in the order of [`Networks`].
#[derive(Resource, Default)]
pub struct Towers {
    pub all: Vec<Tower>,
    /// Of which list of networks: [`Networks::generation`].
    pub(super) generation: u64,
    /// Whether large floors are pictures instead of bars.
    pub(super) pictures: bool,
}

/// One network's place in the scene.
pub struct Tower {
    pub layout: TowerLayout,
    /// Where the middle of its foot stands.
    pub place: Vec3,
    pub shown: bool,
    floors: Vec<(Entity, Handle<TowerMaterial>, CellShape)>,
}

impl Tower {
    /// Where to look to see a cell, and how large its surroundings are.
    pub fn view_of(&self, cell: Cell) -> (Vec3, f32) {
        let floor = &self.layout.floors[cell.row];
        let target = self.place + floor.cell_centre(cell.index(floor.shape));
        let map = floor.map[0].max(floor.map[1]) as f32 * floor.cell;
        (target, map.clamp(0.12, 0.9))
    }

    /// A tower without anything to draw.
    #[cfg(test)]
    pub fn for_tests(layout: TowerLayout, place: Vec3) -> Self {
        Self {
            layout,
            place,
            shown: true,
            floors: Vec::new(),
        }
    }
}

impl Towers {
    /// Draw calls that the towers take.
    pub fn draw_calls(&self) -> usize {
        let shown = self.all.iter().filter(|tower| tower.shown);
        shown.map(|tower| tower.floors.len()).sum()
    }

    /// The corners of all that is shown: `[least, largest]`.
    pub fn bounds(&self) -> Option<[Vec3; 2]> {
        let shown = self.all.iter().filter(|tower| tower.shown);
        shown
            .map(|tower| tower.layout.bounds().map(|corner| corner + tower.place))
            .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
    }
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
    fn new(floor: &Floor, place: Vec3, shape: CellShape) -> Self {
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
                u32::from(shape == CellShape::Picture),
                floor.cell_count() as u32,
            ),
        }
    }
}

/// Draws one floor.
#[derive(Asset, TypePath, AsBindGroup, Clone)]
pub struct TowerMaterial {
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
        _key: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let position = Mesh::ATTRIBUTE_POSITION.at_shader_location(0);
        descriptor.vertex.buffers = vec![layout.0.get_layout(&[position])?];
        descriptor.vertex.entry_point = Some("vertex".into());
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.entry_point = Some("fragment".into());
        }
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

/// How a cell is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellShape {
    /// Three quads, those that look at the camera.
    Bar,
    /// One quad for a whole map, whose pixels look the cells up: for a software rasteriser, which runs vertex shaders
    /// on one core (42,202 bars are half a million vertices).
    Picture,
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
/// Rows with more cells than this are pictures everywhere: a bar's mesh takes 216 bytes, and a visitor's network may have
/// millions of cells.
const MOST_BARS: usize = 400_000;

fn build_towers(
    mut commands: Commands,
    networks: Option<Res<Networks>>,
    mut towers: ResMut<Towers>,
    frames: Res<FrameTimes>,
    surface: Res<DrawSurface>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<TowerMaterial>>,
) {
    let Some(networks) = networks else {
        return;
    };
    let pictures = frames.quality == Quality::Reduced && !surface.all_bars;
    let built = towers.all.len() == networks.all.len() && towers.generation == networks.generation;
    if built && towers.pictures == pictures {
        return;
    }
    towers.generation = networks.generation;
    towers.pictures = pictures;
    for tower in towers.all.drain(..) {
        for (entity, ..) in tower.floors {
            commands.entity(entity).despawn();
        }
    }
    for network in &networks.all {
        let Some(display) = &network.display else {
            continue;
        };
        let layout = TowerLayout::new(&network.layout);
        let floors = layout.floors.iter().map(|floor| {
            let shape = CellShape::of(floor, pictures);
            let material = materials.add(TowerMaterial {
                floor: FloorUniform::new(floor, Vec3::ZERO, shape),
                shown: display.shown.clone(),
                ranges: display.ranges.clone(),
                rows: display.rows.clone(),
            });
            let entity = commands.spawn((
                Mesh2d(meshes.add(floor_mesh(floor, shape))),
                MeshMaterial2d(material.clone()),
                NoFrustumCulling,
                Visibility::Hidden,
            ));
            (entity.id(), material, shape)
        });
        let floors = floors.collect();
        towers.all.push(Tower {
            layout,
            place: Vec3::splat(f32::NAN),
            shown: false,
            floors,
        });
    }
}

/// Towers stand side by side, a single one in the middle.
fn show_towers(
    settings: Res<InferenceSettings>,
    surface: Res<DrawSurface>,
    mut towers: ResMut<Towers>,
    mut materials: ResMut<Assets<TowerMaterial>>,
    mut visibilities: Query<&mut Visibility>,
) {
    let shown: Vec<bool> = (0..towers.all.len())
        .map(|index| surface.towers && settings.shown.shows(index))
        .collect();
    let count = shown.iter().filter(|shown| **shown).count();
    let mut position = 0;
    for (tower, shown) in towers.all.iter_mut().zip(shown) {
        let middle = (count.max(1) - 1) as f32 / 2.0;
        let place = Vec3::X * (position as f32 - middle) * 2.0 * TOWER_DISTANCE;
        position += usize::from(shown);
        if tower.shown == shown && tower.place == place {
            continue;
        }
        tower.shown = shown;
        tower.place = place;
        for (floor, (entity, material, shape)) in tower.layout.floors.iter().zip(&tower.floors) {
            if let Ok(mut visibility) = visibilities.get_mut(*entity) {
                *visibility = if shown {
                    Visibility::Inherited
                } else {
                    Visibility::Hidden
                };
            }
            if let Some(mut material) = materials.get_mut(material) {
                material.floor = FloorUniform::new(floor, place, *shape);
            }
        }
    }
}

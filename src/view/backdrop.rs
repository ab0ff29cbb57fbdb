//! The air behind the scene.

use super::{
    Composed,
    cameras::{EDGE, TABLE_LAYER},
};
use crate::{AppSystems, access::Access};
use bevy::{
    asset::uuid_handle,
    camera::visibility::{NoFrustumCulling, RenderLayers},
    mesh::MeshVertexBufferLayoutRef,
    prelude::*,
    render::render_resource::{
        AsBindGroup, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError,
    },
    shader::ShaderRef,
    sprite_render::{AlphaMode2d, Material2d, Material2dKey, Material2dPlugin},
};

const SHADER: Handle<Shader> = uuid_handle!("b8b7f1b0-4f3a-4ad3-9a31-07c2fd6f4c11");

/// Behind the middle of the lanes.
const MIDDLE: Color = Color::srgb_u8(0x23, 0x34, 0x62);
/// The same with high contrast.
const DARK_EDGE: Color = Color::srgb_u8(0x03, 0x05, 0x0A);
const DARK_MIDDLE: Color = Color::srgb_u8(0x0C, 0x11, 0x20);
/// How far the light reaches, in shares of the window.
const REACH: Vec2 = Vec2::new(0.62, 0.60);

/// Hangs the backdrop.
pub fn plugin(app: &mut App) {
    let source = include_str!("../../shaders/backdrop.wgsl");
    let shader = Shader::from_wgsl(source, "shaders/backdrop.wgsl");
    app.add_plugins(Material2dPlugin::<BackdropMaterial>::default());
    app.world_mut()
        .resource_mut::<Assets<Shader>>()
        .insert(SHADER.id(), shader)
        .expect("a fixed id can always be inserted");
    app.add_systems(Startup, hang)
        .add_systems(PostUpdate, light.in_set(AppSystems::Present));
}

/// `Backdrop` in `shaders/backdrop.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, ShaderType)]
struct Backdrop {
    light: Vec4,
    edge: Vec4,
    middle: Vec4,
    size: Vec4,
}

/// Draws the backdrop.
#[derive(Asset, TypePath, AsBindGroup, Clone)]
pub struct BackdropMaterial {
    #[uniform(0)]
    backdrop: Backdrop,
}

impl Material2d for BackdropMaterial {
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
        _: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let position = Mesh::ATTRIBUTE_POSITION.at_shader_location(0);
        descriptor.vertex.buffers = vec![layout.0.get_layout(&[position])?];
        descriptor.vertex.entry_point = Some("vertex".into());
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.entry_point = Some("fragment".into());
        }
        if let Some(depth) = &mut descriptor.depth_stencil {
            depth.depth_write_enabled = Some(false);
        }
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

fn hang(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<BackdropMaterial>>,
) {
    let material = materials.add(BackdropMaterial {
        backdrop: Backdrop::default(),
    });
    commands.spawn((
        Mesh2d(meshes.add(Rectangle::new(2.0, 2.0))),
        MeshMaterial2d(material),
        NoFrustumCulling,
        // Behind the table too, whose camera sees nothing else.
        RenderLayers::from_layers(&[0, TABLE_LAYER]),
    ));
}

/// The light stands behind the middle of the lanes.
fn light(
    composed: Res<Composed>,
    access: Res<Access>,
    backdrops: Query<&MeshMaterial2d<BackdropMaterial>>,
    mut materials: ResMut<Assets<BackdropMaterial>>,
) {
    if !composed.is_changed() && !access.is_changed() {
        return;
    }
    let [width, height] = composed.window;
    let middle = composed.scene_middle() / Vec2::new(width, height);
    let linear = |colour: Color| colour.to_linear().to_vec4();
    let (edge, bright) = if access.high_contrast {
        (DARK_EDGE, DARK_MIDDLE)
    } else {
        (EDGE, MIDDLE)
    };
    let backdrop = Backdrop {
        light: Vec4::new(middle.x, middle.y, REACH.x, REACH.y),
        edge: linear(edge),
        middle: linear(bright),
        size: Vec4::new(width, height, 0.0, 0.0),
    };
    for handle in &backdrops {
        if let Some(mut material) = materials.get_mut(&handle.0) {
            material.backdrop = backdrop;
        }
    }
}

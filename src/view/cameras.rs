//! Bevy's cameras: one on the scene, in the part of the window that the panels leave free, and one for egui over all.

use super::{DrawSurface, Stage, camera::FIELD_OF_VIEW};
use crate::{AppSystems, BACKGROUND, gpu::SharedGpu};
use bevy::{
    camera::{CameraOutputMode, RenderTarget, Viewport, visibility::RenderLayers},
    prelude::*,
    render::render_resource::{BlendState, Extent3d, TextureFormat, TextureUsages},
};
use bevy_egui::PrimaryEguiContext;

pub fn plugin(app: &mut App) {
    app.add_systems(Startup, spawn_cameras)
        .add_systems(PostUpdate, frame_scene.in_set(AppSystems::Present));
}

/// Looks at the towers. A 2D camera with a perspective: the towers bring their own shader and need nothing of the
/// physically based renderer.
#[derive(Component)]
pub struct SceneCamera;

/// The image that everything is drawn into where there is no window.
#[derive(Resource, Clone)]
pub struct OffscreenImage(pub Handle<Image>);

/// A render layer that holds nothing: egui paints by itself.
const NOTHING: usize = 31;

fn spawn_cameras(
    mut commands: Commands,
    surface: Res<DrawSurface>,
    gpu: Option<Res<SharedGpu>>,
    mut images: ResMut<Assets<Image>>,
) {
    let software = gpu.is_some_and(|gpu| gpu.is_software);
    let offscreen = surface.image.map(|[width, height]| {
        let size = Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        };
        let mut image = Image::new_fill(
            size,
            bevy::render::render_resource::TextureDimension::D2,
            &[0, 0, 0, 255],
            TextureFormat::Rgba8UnormSrgb,
            default(),
        );
        image.texture_descriptor.usage |=
            TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
        images.add(image)
    });
    let mut scene = commands.spawn((
        SceneCamera,
        Camera2d,
        Camera {
            order: 0,
            clear_color: ClearColorConfig::Custom(BACKGROUND),
            ..default()
        },
        Projection::Perspective(PerspectiveProjection {
            fov: FIELD_OF_VIEW,
            near: 0.02,
            far: 100.0,
            ..default()
        }),
        if software { Msaa::Off } else { Msaa::Sample4 },
    ));
    if let Some(image) = &offscreen {
        scene.insert(RenderTarget::Image(image.clone().into()));
    }
    let mut panels = commands.spawn((
        PrimaryEguiContext,
        Camera2d,
        Camera {
            order: 1,
            clear_color: ClearColorConfig::Custom(Color::NONE),
            output_mode: CameraOutputMode::Write {
                blend_state: Some(BlendState::ALPHA_BLENDING),
                clear_color: ClearColorConfig::None,
            },
            ..default()
        },
        RenderLayers::layer(NOTHING),
        Msaa::Off,
    ));
    if let Some(image) = offscreen {
        panels.insert(RenderTarget::Image(image.clone().into()));
        commands.insert_resource(OffscreenImage(image));
    }
}

/// Puts the scene into the stage's rectangle.
fn frame_scene(
    stage: Res<Stage>,
    surface: Res<DrawSurface>,
    mut camera: Query<&mut Camera, With<SceneCamera>>,
) {
    for mut camera in &mut camera {
        let Some(target) = camera.physical_target_size() else {
            continue;
        };
        let scale = stage.scale_factor;
        let least = (stage.rect.min * scale).round().as_uvec2().min(target);
        let largest = (stage.rect.max * scale).round().as_uvec2().min(target);
        let size = largest.saturating_sub(least);
        let active = size.x > 8 && size.y > 8 && surface.scene;
        if camera.is_active != active {
            camera.is_active = active;
        }
        let current = camera.viewport.as_ref();
        if active
            && current.is_none_or(|v| v.physical_position != least || v.physical_size != size)
        {
            camera.viewport = Some(Viewport {
                physical_position: least,
                physical_size: size,
                ..default()
            });
        }
    }
}

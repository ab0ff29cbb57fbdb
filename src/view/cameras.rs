//! Bevy's camera: one for the scene and, on top of it, egui. A second camera would cost two more passes over the window.

use super::{DrawSurface, Stage, camera::FIELD_OF_VIEW};
use crate::{AppSystems, BACKGROUND};
use bevy::{
    camera::{RenderTarget, SubCameraView},
    prelude::*,
    render::render_resource::{Extent3d, TextureFormat, TextureUsages},
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

fn spawn_cameras(
    mut commands: Commands,
    surface: Res<DrawSurface>,
    mut images: ResMut<Assets<Image>>,
) {
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
    let mut camera = commands.spawn((
        SceneCamera,
        PrimaryEguiContext,
        Camera2d,
        Camera {
            clear_color: ClearColorConfig::Custom(BACKGROUND),
            ..default()
        },
        Projection::Perspective(PerspectiveProjection {
            fov: FIELD_OF_VIEW,
            near: 0.02,
            far: 100.0,
            ..default()
        }),
        Msaa::default(),
    ));
    if let Some(image) = offscreen {
        camera.insert(RenderTarget::Image(image.clone().into()));
        commands.insert_resource(OffscreenImage(image));
    }
}

/// Puts the middle of the scene into the middle of the stage: the window shows a part of a larger view, whose middle is
/// there and whose field of view is the stage's.
fn frame_scene(
    stage: Res<Stage>,
    mut camera: Query<(&mut Camera, &mut Projection), With<SceneCamera>>,
) {
    for (mut camera, mut projection) in &mut camera {
        let Some(size) = camera.physical_target_size() else {
            continue;
        };
        let (size, scale) = (size.as_vec2(), stage.scale_factor);
        let centre = stage.rect.center() * scale;
        let full = (size + 2.0 * (centre - size / 2.0).abs()).round();
        let focal = stage.rect.half_size().y * scale / (FIELD_OF_VIEW / 2.0).tan();
        let fov = 2.0 * (full.y / 2.0 / focal.max(1.0)).atan();
        let view = Some(SubCameraView {
            full_size: full.as_uvec2(),
            offset: full / 2.0 - centre,
            size: size.as_uvec2(),
        });
        if camera.sub_camera_view != view {
            camera.sub_camera_view = view;
        }
        if let Projection::Perspective(current) = projection.as_ref()
            && current.fov != fov
            && let Projection::Perspective(perspective) = projection.as_mut()
        {
            perspective.fov = fov;
        }
    }
}

//! Bevy's camera: one for the scene and, on top of it, egui. A second camera would cost two more passes over the window.
//! Only a second window has one more ([`super::wall`]).

use super::DrawSurface;
use bevy::{
    camera::RenderTarget,
    prelude::*,
    render::render_resource::{Extent3d, TextureFormat, TextureUsages},
};
use bevy_egui::PrimaryEguiContext;

/// Distance of the camera at home, in heights of the window: far enough that plates at the edge are hardly skewed.
pub const HOME_DISTANCE: f32 = 2.2;
/// Vertical field of view in radians: 2·atan(1 / (2 · [`HOME_DISTANCE`])).
pub const FIELD_OF_VIEW: f32 = 0.446_953_2;
/// Where the backdrop's light falls off to.
pub const EDGE: Color = Color::srgb_u8(0x09, 0x0D, 0x1B);
/// What the table's camera sees while the scene is on the wall. Layer 1 is the pad's.
pub const TABLE_LAYER: usize = 2;

/// Spawns the camera.
pub fn plugin(app: &mut App) {
    app.add_systems(Startup, spawn_camera);
}

/// Looks at the scene. A 2D camera with a perspective: the plates bring their own shader and need nothing of the physically
/// based renderer.
#[derive(Component)]
pub struct SceneCamera;

/// A camera that looks at the scene.
pub fn scene_camera() -> impl Bundle {
    (
        SceneCamera,
        Camera2d,
        Camera {
            clear_color: ClearColorConfig::Custom(EDGE),
            ..default()
        },
        Projection::Perspective(PerspectiveProjection {
            fov: FIELD_OF_VIEW,
            near: 0.02,
            far: 100.0,
            ..default()
        }),
        Msaa::default(),
    )
}

/// The image that everything is drawn into where there is no window.
#[derive(Resource, Clone)]
pub struct OffscreenImage(pub Handle<Image>);

fn spawn_camera(
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
    let mut camera = commands.spawn((scene_camera(), PrimaryEguiContext));
    if let Some(image) = offscreen {
        camera.insert(RenderTarget::Image(image.clone().into()));
        commands.insert_resource(OffscreenImage(image));
    }
}

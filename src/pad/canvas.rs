//! The strokes as bevy_prototype_lyon shapes, one entity a stroke, drawn into an image that the pad's panel shows.
//!
//! Lyon tessellates a shape anew whenever it changes, so only the stroke under the pen ever does.

use super::Pad;
use crate::{AppSystems, rest::NextFrame};
use bevy::{
    camera::{RenderTarget, ScalingMode, visibility::RenderLayers},
    image::ImageSampler,
    prelude::*,
    render::render_resource::{Extent3d, TextureFormat, TextureUsages},
};
use bevy_prototype_lyon::prelude::*;
use mnistify_drawing::{PAD_SIZE, Stroke as PadStroke, Tool};

/// Strokes live on a render layer of their own.
const LAYER: usize = 1;
/// Ink on the pad.
const INK: Color = Color::srgb(0.93, 0.94, 0.96);
/// The pad itself.
pub const PAPER: Color = Color::srgb(0.043, 0.050, 0.067);
/// Frames that the camera stays on after a change, so that meshes and pipelines are ready by the last.
const FRAMES_AFTER_CHANGE: u32 = 6;

pub fn plugin(app: &mut App) {
    app.add_systems(Startup, spawn_canvas).add_systems(
        PostUpdate,
        (resize_canvas, draw_strokes)
            .chain()
            .in_set(AppSystems::Present),
    );
}

/// The image that the strokes are drawn into.
#[derive(Resource)]
pub struct PadCanvas {
    pub image: Handle<Image>,
    /// Side in physical pixels that the panel wants.
    pub wanted_side: u32,
    side: u32,
    camera: Entity,
    strokes: Vec<(Entity, PadStroke)>,
    active_frames: u32,
    camera_on: bool,
}

fn canvas_image(side: u32) -> Image {
    let mut image = Image::new_fill(
        Extent3d {
            width: side,
            height: side,
            depth_or_array_layers: 1,
        },
        bevy::render::render_resource::TextureDimension::D2,
        &[0, 0, 0, 255],
        TextureFormat::Rgba8UnormSrgb,
        default(),
    );
    image.texture_descriptor.usage |= TextureUsages::RENDER_ATTACHMENT;
    image.sampler = ImageSampler::linear();
    image
}

fn spawn_canvas(mut commands: Commands, mut images: ResMut<Assets<Image>>) {
    let side = 512;
    let image = images.add(canvas_image(side));
    let camera = commands
        .spawn((
            Camera2d,
            Camera {
                order: -1,
                clear_color: ClearColorConfig::Custom(PAPER),
                ..default()
            },
            RenderTarget::Image(image.clone().into()),
            Msaa::Sample4,
            Projection::Orthographic(OrthographicProjection {
                scaling_mode: ScalingMode::Fixed {
                    width: PAD_SIZE,
                    height: PAD_SIZE,
                },
                ..OrthographicProjection::default_2d()
            }),
            RenderLayers::layer(LAYER),
        ))
        .id();
    commands.insert_resource(PadCanvas {
        image,
        wanted_side: side,
        side,
        camera,
        strokes: Vec::new(),
        active_frames: 120,
        camera_on: true,
    });
}

fn resize_canvas(mut canvas: ResMut<PadCanvas>, mut images: ResMut<Assets<Image>>) {
    if canvas.wanted_side == canvas.side || canvas.wanted_side == 0 {
        return;
    }
    canvas.side = canvas.wanted_side;
    canvas.active_frames = FRAMES_AFTER_CHANGE;
    if let Some(mut image) = images.get_mut(&canvas.image) {
        *image = canvas_image(canvas.side);
    }
}

fn draw_strokes(
    mut commands: Commands,
    pad: Res<Pad>,
    mut canvas: ResMut<PadCanvas>,
    mut cameras: Query<&mut Camera>,
    next: Res<NextFrame>,
) {
    if !pad.is_changed() && canvas.active_frames == 0 && !canvas.camera_on {
        return;
    }
    let canvas = canvas.as_mut();
    let visible = pad.visible_strokes();
    let same = canvas
        .strokes
        .iter()
        .zip(visible)
        .take_while(|((_, drawn), stroke)| drawn == *stroke)
        .count();
    if same < canvas.strokes.len() || same < visible.len() {
        canvas.active_frames = canvas.active_frames.max(FRAMES_AFTER_CHANGE);
        for (entity, _) in canvas.strokes.drain(same..) {
            commands.entity(entity).despawn();
        }
        for (index, stroke) in visible.iter().enumerate().skip(same) {
            let entity = commands
                .spawn((
                    stroke_shape(stroke),
                    Transform::from_xyz(0.0, 0.0, index as f32 * 0.01),
                    RenderLayers::layer(LAYER),
                ))
                .id();
            canvas.strokes.push((entity, stroke.clone()));
        }
    }
    canvas.camera_on = canvas.active_frames > 0;
    if let Ok(mut camera) = cameras.get_mut(canvas.camera)
        && camera.is_active != canvas.camera_on
    {
        camera.is_active = canvas.camera_on;
    }
    next.ask_if(canvas.camera_on);
    canvas.active_frames = canvas.active_frames.saturating_sub(1);
}

/// Pad units (y down, origin top left) to the canvas camera's world (y up, origin in the middle).
fn to_world(x: f32, y: f32) -> Vec2 {
    Vec2::new(x - PAD_SIZE / 2.0, PAD_SIZE / 2.0 - y)
}

/// A smooth line through the middle of each pair of points; a single point is a dot.
fn stroke_shape(stroke: &PadStroke) -> Shape {
    let color = match stroke.tool {
        Tool::Draw => INK,
        Tool::Erase => PAPER,
    };
    let points: Vec<Vec2> = stroke.points.iter().map(|p| to_world(p.x, p.y)).collect();
    if let [only] = points[..] {
        let dot = shapes::Circle {
            radius: stroke.width / 2.0,
            center: only,
        };
        return ShapeBuilder::with(&dot).fill(color).build();
    }
    let mut path = ShapePath::new().move_to(points[0]);
    for pair in points.windows(2) {
        path = path.quadratic_bezier_to(pair[0], pair[0].midpoint(pair[1]));
    }
    path = path.line_to(points[points.len() - 1]);
    let options = StrokeOptions::default()
        .with_line_width(stroke.width)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round)
        .with_tolerance(0.1);
    ShapeBuilder::with(&path)
        .stroke(Stroke { options, color })
        .build()
}

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
use mnistify_drawing::{Image28, PAD_SIZE, SIDE, Stroke as PadStroke, Tool};

/// Strokes live on a render layer of their own.
const LAYER: usize = 1;
/// Ink on the pad.
const INK: Color = Color::srgb_u8(0xFF, 0xFC, 0xF5);
/// The light that the ink casts on the pad, where it is brightest.
const LIGHT: Color = Color::srgb_u8(0x5C, 0x74, 0xC4);
/// How many times as wide as the line its light is.
const LIGHT_WIDTH: f32 = 3.4;
/// Rings that the light is made of. They are opaque and lie under all ink, so lines that cross or turn back do
/// not add up.
const RINGS: u32 = 14;
/// Ink casts light until there is so much of it, in pad units of its length: some sixty times across the pad. Nobody sees it
/// in more, which has taken a software GPU minutes to draw.
const LIT_LENGTH: f32 = 60.0 * PAD_SIZE;
/// So much of a stroke is drawn, the newest of it. Even of the thinnest it is eight times as much ink as the pad has room for.
const DRAWN_LENGTH: f32 = 600.0 * PAD_SIZE;
/// The pad itself.
pub const PAPER: Color = Color::srgb_u8(0x17, 0x21, 0x3E);
/// Frames that the camera stays on after a change, so that meshes and pipelines are ready by the last.
const FRAMES_AFTER_CHANGE: u32 = 6;

pub fn plugin(app: &mut App) {
    app.add_systems(Startup, spawn_canvas).add_systems(
        PostUpdate,
        (resize_canvas, draw_picture, draw_strokes)
            .chain()
            .in_set(AppSystems::Present),
    );
}

/// The image that the strokes are drawn into.
#[derive(Resource)]
pub struct PadCanvas {
    /// What the panel shows: the strokes on their paper, square.
    pub image: Handle<Image>,
    /// Side in physical pixels that the panel wants.
    pub wanted_side: u32,
    side: u32,
    camera: Entity,
    strokes: Vec<(Vec<Entity>, PadStroke)>,
    /// The picture beneath them.
    picture: Option<(Entity, Image28)>,
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
        picture: None,
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

/// Lays the picture under the strokes, or takes it away.
fn draw_picture(
    mut commands: Commands,
    pad: Res<Pad>,
    mut canvas: ResMut<PadCanvas>,
    mut images: ResMut<Assets<Image>>,
) {
    let drawn = canvas.picture.as_ref().map(|(_, picture)| picture);
    if !pad.is_changed() || pad.visible_picture() == drawn {
        return;
    }
    canvas.active_frames = canvas.active_frames.max(FRAMES_AFTER_CHANGE);
    if let Some((entity, _)) = canvas.picture.take() {
        commands.entity(entity).despawn();
    }
    canvas.picture = pad.visible_picture().map(|picture| {
        let sprite = Sprite {
            image: images.add(picture_image(picture)),
            custom_size: Some(Vec2::splat(PAD_SIZE)),
            ..default()
        };
        let place = Transform::from_xyz(0.0, 0.0, -1.0);
        let entity = commands.spawn((sprite, place, RenderLayers::layer(LAYER)));
        (entity.id(), picture.clone())
    });
}

/// 28×28 pixels of ink, as clear as their values.
fn picture_image(picture: &Image28) -> Image {
    let [red, green, blue, _] = INK.to_srgba().to_u8_array();
    let values = picture.to_bytes().into_iter();
    let mut image = Image::new(
        Extent3d {
            width: SIDE as u32,
            height: SIDE as u32,
            depth_or_array_layers: 1,
        },
        bevy::render::render_resource::TextureDimension::D2,
        values.flat_map(|value| [red, green, blue, value]).collect(),
        TextureFormat::Rgba8UnormSrgb,
        bevy::asset::RenderAssetUsages::RENDER_WORLD,
    );
    image.sampler = ImageSampler::linear();
    image
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
        for (entities, _) in canvas.strokes.drain(same..) {
            for entity in entities {
                commands.entity(entity).despawn();
            }
        }
        let mut before: f32 = visible[..same].iter().map(length).sum();
        for (index, stroke) in visible.iter().enumerate().skip(same) {
            before += length(stroke);
            // What is erased covers all that was drawn before it, light included.
            let section = visible[..=index]
                .iter()
                .filter(|stroke| stroke.tool == Tool::Erase)
                .count();
            let layers: Vec<(f32, Color)> = match stroke.tool {
                Tool::Draw if before > LIT_LENGTH => vec![ring(RINGS)],
                Tool::Draw => (0..=RINGS).map(ring).collect(),
                Tool::Erase => vec![(1.0, PAPER)],
            };
            let entities = layers.iter().enumerate().map(|(layer, (width, colour))| {
                let height = section as f32 + layer as f32 * 0.05 + index as f32 * 1e-5;
                let shape = stroke_shape(stroke, stroke.width * width, *colour);
                commands
                    .spawn((
                        shape,
                        Transform::from_xyz(0.0, 0.0, height),
                        RenderLayers::layer(LAYER),
                    ))
                    .id()
            });
            canvas.strokes.push((entities.collect(), stroke.clone()));
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

/// Ring `index` of a line from the outside in: how many times as wide as the line, and its colour. The last is the
/// ink itself.
fn ring(index: u32) -> (f32, Color) {
    if index == RINGS {
        return (1.0, INK);
    }
    let near = (index + 1) as f32 / RINGS as f32;
    let width = LIGHT_WIDTH + (1.05 - LIGHT_WIDTH) * near;
    (width, PAPER.mix(&LIGHT, near.powf(1.7) * 0.66))
}

/// Pad units (y down, origin top left) to the canvas camera's world (y up, origin in the middle).
fn to_world(x: f32, y: f32) -> Vec2 {
    Vec2::new(x - PAD_SIZE / 2.0, PAD_SIZE / 2.0 - y)
}

/// A line turns no further than this from one of its pieces to the next, in radians.
const LARGEST_TURN: f32 = 0.2;

/// The points of a curve through the middle of each pair of these: a parabola around each point in between, in as many
/// pieces as it turns. Curves of lyon's own have no round joins inside, so that a sharp turn of a wide line has corners.
fn smooth(points: &[Vec2]) -> Vec<Vec2> {
    let mut curve = Vec::with_capacity(2 * points.len());
    let mut from = points[0];
    for pair in points.windows(2) {
        let (control, to) = (pair[0], pair[0].midpoint(pair[1]));
        let turn = (control - from).angle_to(to - control).abs();
        let pieces = (turn / LARGEST_TURN).ceil().max(1.0);
        let pieces = if pieces.is_finite() {
            pieces as usize
        } else {
            1
        };
        curve.extend((1..=pieces).map(|piece| {
            let share = piece as f32 / pieces as f32;
            from.lerp(control, share)
                .lerp(control.lerp(to, share), share)
        }));
        from = to;
    }
    curve.extend(points.last());
    curve
}

/// How long a stroke's line is; a dot is as long as it is wide.
fn length(stroke: &PadStroke) -> f32 {
    let pairs = stroke.points.windows(2);
    let pieces =
        pairs.map(|pair| to_world(pair[0].x, pair[0].y).distance(to_world(pair[1].x, pair[1].y)));
    stroke.width + pieces.sum::<f32>()
}

/// The end of a line that is no longer than this.
fn newest(points: &[Vec2], mut length: f32) -> &[Vec2] {
    let pieces = points.windows(2).rev();
    let kept = pieces.take_while(|pair| {
        length -= pair[0].distance(pair[1]);
        length >= 0.0
    });
    &points[points.len() - 1 - kept.count()..]
}

/// A smooth line through the middle of each pair of points; a single point is a dot.
fn stroke_shape(stroke: &PadStroke, width: f32, color: Color) -> Shape {
    let points: Vec<Vec2> = stroke.points.iter().map(|p| to_world(p.x, p.y)).collect();
    if let [only] = points[..] {
        let dot = shapes::Circle {
            radius: width / 2.0,
            center: only,
        };
        return ShapeBuilder::with(&dot).fill(color).build();
    }
    let points = newest(&points, DRAWN_LENGTH);
    let path = smooth(points)
        .into_iter()
        .fold(ShapePath::new().move_to(points[0]), ShapePath::line_to);
    let options = StrokeOptions::default()
        .with_line_width(width)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round)
        .with_tolerance(0.1);
    ShapeBuilder::with(&path)
        .stroke(Stroke { options, color })
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_without_end_the_newest_is_drawn() {
        let zigzag: Vec<Vec2> = (0..20_000)
            .map(|index| Vec2::new((index % 2) as f32 * PAD_SIZE, index as f32 * 0.01))
            .collect();
        let drawn = newest(&zigzag, DRAWN_LENGTH);
        assert!(drawn.len() < 602, "{}", drawn.len());
        assert_eq!(drawn.last(), zigzag.last());
        assert_eq!(newest(&zigzag[..100], DRAWN_LENGTH).len(), 100);
        assert_eq!(newest(&zigzag[..1], DRAWN_LENGTH).len(), 1);
    }
}

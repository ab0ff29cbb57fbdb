// Draws one floor of a tower: a bar for every cell, height and colour from the shown activations. Fed by
// src/view/towers.rs; `shown`, `ranges` and `rows` are written by shaders/display.wgsl and never leave the GPU.

#import bevy_sprite::mesh2d_view_bindings::view

struct Floor {
    // xyz: where the tower stands; w: unused.
    tower: vec4<f32>,
    // Side of a cell, gap between maps in cells, height of the tallest bar, height of the floor.
    measures: vec4<f32>,
    // Extent along x and z, 0, 0.
    extent: vec4<f32>,
    // First value in the arena, row, columns of maps, 1 for the input.
    places: vec4<u32>,
    // Width and height of a map, unused, cells.
    map: vec4<u32>,
}

struct Row {
    offset: u32,
    count: u32,
    ease: f32,
    reveal: f32,
    glow: f32,
    least_range: f32,
    fixed_range: f32,
    range_ease: f32,
}

@group(2) @binding(0) var<uniform> floor: Floor;
@group(2) @binding(1) var<storage, read> shown: array<f32>;
@group(2) @binding(2) var<storage, read> ranges: array<f32>;
@group(2) @binding(3) var<storage, read> rows: array<Row>;

struct BarCorner {
    @builtin(position) clip: vec4<f32>,
    @location(0) colour: vec3<f32>,
}

struct PictureCorner {
    @builtin(position) clip: vec4<f32>,
    // The place in its map, in cells, and the map.
    @location(0) place: vec2<f32>,
    @location(1) @interpolate(flat) map: u32,
}

// The same as src/view/colour.rs.
fn value_colour(t: f32) -> vec3<f32> {
    let magnitude = abs(t);
    let hue = select(4.45, 1.08, t > 0.0);
    let lightness = 0.235 + (0.86 - 0.235) * magnitude;
    let chroma = 0.145 * min(magnitude * 3.0, 1.0) * (1.0 - 0.25 * magnitude * magnitude);
    let a = chroma * cos(hue);
    let b = chroma * sin(hue);
    let l = lightness + 0.39633778 * a + 0.21580376 * b;
    let m = lightness - 0.105561346 * a - 0.06385417 * b;
    let s = lightness - 0.08948418 * a - 1.2914855 * b;
    let lms = vec3(l * l * l, m * m * m, s * s * s);
    let rgb = vec3(
        dot(lms, vec3(4.0767417, -3.3077116, 0.23096994)),
        dot(lms, vec3(-1.268438, 2.6097574, -0.3413194)),
        dot(lms, vec3(-0.0041960863, -0.7034186, 1.7076147)),
    );
    return clamp(rgb, vec3(0.0), vec3(1.0));
}

// The colour of a value: the input is an image, grey from paper at −1 to ink at 1.
fn cell_colour(t: f32) -> vec3<f32> {
    let ink = (t + 1.0) / 2.0;
    return select(value_colour(t), vec3(0.011 + 0.80 * ink * ink), floor.places.w == 1u);
}

// A cell's value in the row's range, -1 to 1.
fn share_of_range(cell: u32) -> f32 {
    let range = max(ranges[floor.places.y], 1e-6);
    return clamp(shown[floor.places.x + cell] / range, -1.0, 1.0);
}

// The wave of a forward pass is a brief, cool light; what it has not reached is dark.
fn lit(colour: vec3<f32>, t: f32) -> vec3<f32> {
    let row = rows[floor.places.y];
    let wave = vec3(0.10, 0.13, 0.20) * row.glow * (0.35 + abs(t));
    return (colour + wave) * mix(0.8, 1.0, row.reveal);
}

// The corner of map `map` with the least x and z.
fn map_origin(map: u32) -> vec2<f32> {
    let column = f32(map % floor.places.z) * (f32(floor.map.x) + floor.measures.y);
    let line = f32(map / floor.places.z) * (f32(floor.map.y) + floor.measures.y);
    return vec2(column, line) * floor.measures.x - floor.extent.xy / 2.0 + floor.tower.xz;
}

// Bars and flat pictures have entry points of their own instead of a branch on a uniform: lavapipe compiles a variant of a
// vertex shader for every value that it branches on, and keeps none of them for long.

// position.x: the map; position.y: which corner, v · 2 + u.
@vertex
fn vertex_picture(@location(0) position: vec3<f32>) -> PictureCorner {
    let code = u32(position.y);
    let base = floor.tower.y + floor.measures.w;
    var out: PictureCorner;
    out.place = vec2(f32(code & 1u), f32(code >> 1u)) * vec2<f32>(floor.map.xy);
    out.map = u32(position.x);
    let flat_place = map_origin(out.map) + out.place * floor.measures.x;
    out.clip = view.clip_from_world * vec4(flat_place.x, base, flat_place.y, 1.0);
    return out;
}

@fragment
fn fragment_picture(in: PictureCorner) -> @location(0) vec4<f32> {
    let x = min(u32(in.place.x), floor.map.x - 1u);
    let y = min(u32(in.place.y), floor.map.y - 1u);
    let cell = (in.map * floor.map.y + y) * floor.map.x + x;
    if cell >= floor.map.w {
        discard;
    }
    let t = share_of_range(cell);
    return vec4(lit(cell_colour(t), t), 1.0);
}

// position.x: the cell; position.y: which corner of which of the three faces that can be seen, face · 4 + v · 2 + u. The
// face pair that looks at the camera is taken, so a bar is three quads.
@vertex
fn vertex_bar(@location(0) position: vec3<f32>) -> BarCorner {
    let cell = u32(position.x);
    let code = u32(position.y);
    let face = code / 4u;
    let u = f32(code & 1u);
    let v = f32((code >> 1u) & 1u);

    let side = floor.measures.x;
    let base = floor.tower.y + floor.measures.w;
    var out: BarCorner;
    let per_map = floor.map.x * floor.map.y;
    let within = cell % per_map;
    let cell_place = vec2(f32(within % floor.map.x), f32(within / floor.map.x)) + 0.5;
    let centre = map_origin(cell / per_map) + cell_place * side;
    let t = share_of_range(cell);
    // The input is as high as its ink.
    let height = select(t, (t + 1.0) / 2.0, floor.places.w == 1u);
    let tip = height * floor.measures.z;
    let low = base + min(tip, 0.0) - 0.0015;
    let high = base + max(tip, 0.0);
    let eye = view.world_position.xyz;
    let half = side * 0.46;

    var world = vec3(centre.x, high, centre.y);
    var light = 1.0;
    var along = 1.0;
    if face == 0u {
        let above = eye.y > base;
        world = vec3(
            centre.x + (u * 2.0 - 1.0) * half,
            select(low, high, above),
            centre.y + (v * 2.0 - 1.0) * half,
        );
    } else if face == 1u {
        let right = select(-1.0, 1.0, eye.x > centre.x);
        world = vec3(centre.x + right * half, mix(low, high, v), centre.y + (u * 2.0 - 1.0) * half);
        light = 0.58;
        along = v;
    } else {
        let front = select(-1.0, 1.0, eye.z > centre.y);
        world = vec3(centre.x + (u * 2.0 - 1.0) * half, mix(low, high, v), centre.y + front * half);
        light = 0.74;
        along = v;
    }

    // Sides are darker, and darker still at the foot, where less light gets in.
    out.colour = lit(cell_colour(t) * light * mix(0.55, 1.0, along), t);
    out.clip = view.clip_from_world * vec4(world, 1.0);
    return out;
}

@fragment
fn fragment_bar(in: BarCorner) -> @location(0) vec4<f32> {
    return vec4(in.colour, 1.0);
}

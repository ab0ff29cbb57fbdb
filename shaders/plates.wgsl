// Draws the maps of one stage: flat pictures, cells that stand out of them, and their glow. Fed by src/view/lanes.rs;
// `shown`, `ranges` and `rows` are written by shaders/display.wgsl and never leave the GPU.
//
// Each way of drawing has entry points of its own instead of a branch on a uniform: lavapipe compiles a variant of a vertex
// shader for every value that it branches on, and keeps none of them for long.

@group(2) @binding(0) var<uniform> stage: Stage;
@group(2) @binding(1) var<storage, read> shown: array<f32>;
@group(2) @binding(2) var<storage, read> ranges: array<f32>;
@group(2) @binding(3) var<storage, read> rows: array<Row>;
@group(2) @binding(4) var<storage, read> plates: array<Plate>;
// Colours from -1 to 1 (src/view/colour.rs).
@group(2) @binding(5) var<storage, read> ramp: array<vec4<f32>>;

const RAMP_MIDDLE: f32 = 128.0;
const GAMMA: f32 = 0.75;
// The share of a range that is just below 0.5 on the ramp.
const LEAST_GLOW: f32 = 0.396;
// The edge of a plate and what shows between the cells of a dense layer.
const EDGE: vec3<f32> = vec3(0.0070, 0.0116, 0.0368);

struct Flat {
    @builtin(position) clip: vec4<f32>,
    // The place on the map, in cells.
    @location(0) place: vec2<f32>,
    @location(1) @interpolate(flat) plate: u32,
}

struct Bar {
    @builtin(position) clip: vec4<f32>,
    @location(0) colour: vec3<f32>,
}

fn ramp_colour(t: f32) -> vec3<f32> {
    let place = (clamp(t, -1.0, 1.0) + 1.0) * RAMP_MIDDLE;
    let low = u32(place);
    let high = min(low + 1u, u32(2.0 * RAMP_MIDDLE));
    return mix(ramp[low].rgb, ramp[high].rgb, place - f32(low));
}

// The number of the cell at a column and row.
fn cell_number(column: u32, row: u32) -> u32 {
    return select(row * stage.cells.x + column, column * stage.cells.y + row, stage.cells.z == 1u);
}

// A cell's place on the ramp, -1 to 1.
fn ramp_place(channel: u32, cell: u32) -> f32 {
    let range = max(ranges[stage.first.z], 1e-6);
    let share = clamp(shown[stage.first.y + channel * stage.cells.w + cell] / range, -1.0, 1.0);
    return sign(share) * pow(abs(share), GAMMA);
}

// The wave of a forward pass is a brief light; what it has not reached is dark.
fn lit(colour: vec3<f32>, t: f32, light: f32) -> vec3<f32> {
    let row = rows[stage.first.z];
    let wave = vec3(0.10, 0.14, 0.26) * row.glow * (0.25 + abs(t));
    return (colour + wave) * light * mix(0.72, 1.0, row.reveal);
}

// A place of the stage, turned about its middle; +yaw turns the right edge towards the viewer.
fn turned(place: vec3<f32>) -> vec3<f32> {
    let across = place.x - stage.pivot.x;
    let turn = stage.pivot.z;
    return vec3(
        stage.pivot.x + across * cos(turn) - place.z * sin(turn),
        place.y,
        across * sin(turn) + place.z * cos(turn),
    );
}

// position.x: the plate; position.y: which corner, v · 2 + u; `reach` cells beyond the map.
fn flat_corner(position: vec3<f32>, reach: f32) -> Flat {
    let code = u32(position.y);
    let plate = plates[stage.first.x + u32(position.x)];
    let cells = vec2<f32>(stage.cells.xy);
    let share = vec2(f32(code & 1u), f32(code >> 1u));
    var out: Flat;
    out.place = share * (cells + 2.0 * reach) - reach;
    out.plate = stage.first.x + u32(position.x);
    let on_plate = out.place / cells * plate.place.zw;
    let world = turned(vec3(plate.place.x + on_plate.x, plate.place.y - on_plate.y, plate.z));
    out.clip = view.clip_from_world * vec4(world, 1.0);
    return out;
}

@vertex
fn vertex_flat(@location(0) position: vec3<f32>) -> Flat {
    return flat_corner(position, stage.measures.y);
}

@fragment
fn fragment_flat(in: Flat) -> @location(0) vec4<f32> {
    let cells = vec2<f32>(stage.cells.xy);
    let inside = all(in.place >= vec2(0.0)) && all(in.place < cells);
    let at = clamp(floor(in.place), vec2(0.0), cells - 1.0);
    let cell = cell_number(u32(at.x), u32(at.y));
    let within = in.place - at;
    let in_cell = all(within <= vec2(stage.measures.x));
    let plate = plates[in.plate];
    let t = ramp_place(plate.channel, min(cell, stage.first.w - 1u));
    let colour = lit(ramp_colour(t), t, plate.light);
    let is_cell = inside && in_cell && cell < stage.first.w;
    return vec4(select(EDGE, colour, is_cell), 1.0);
}

// position.x: the cell, counted through the plates in front; position.y: which corner of which of the three faces that can
// be seen, face · 4 + v · 2 + u. The pair of sides that looks at the camera is taken, so a bar is three quads.
@vertex
fn vertex_bar(@location(0) position: vec3<f32>) -> Bar {
    let number = u32(position.x);
    let code = u32(position.y);
    let face = code / 4u;
    let u = f32(code & 1u);
    let v = f32((code >> 1u) & 1u);
    let cell = number % stage.first.w;
    let plate = plates[stage.first.x + number / stage.first.w];
    let down = stage.cells.z == 1u;
    let column = select(cell % stage.cells.x, cell / stage.cells.y, down);
    let line = select(cell / stage.cells.x, cell % stage.cells.y, down);
    let pitch = plate.place.zw / vec2<f32>(stage.cells.xy);
    let least = vec2(plate.place.x, plate.place.y - plate.place.w)
        + vec2(f32(column), f32(stage.cells.y - 1u - line) + 1.0 - stage.measures.x) * pitch;
    let largest = least + pitch * stage.measures.x;
    let t = ramp_place(plate.channel, cell);
    let foot = plate.z + 0.0004;
    let top = foot + abs(t) * min(stage.pivot.w, 0.9 * pitch.x);
    // Where the camera stands, before the stage is turned.
    let eye = view.world_position;
    let turn = stage.pivot.z;
    let eye_x = stage.pivot.x + (eye.x - stage.pivot.x) * cos(turn) + eye.z * sin(turn);
    let right = eye_x > (least.x + largest.x) / 2.0;
    let above = eye.y > (least.y + largest.y) / 2.0;
    var place = vec3(mix(least.x, largest.x, u), mix(least.y, largest.y, v), top);
    var light = 1.0;
    var along = 1.0;
    if face == 1u {
        place = vec3(select(least.x, largest.x, right), mix(least.y, largest.y, u), mix(foot, top, v));
        light = 0.62;
        along = v;
    } else if face == 2u {
        place = vec3(mix(least.x, largest.x, u), select(least.y, largest.y, above), mix(foot, top, v));
        light = 0.78;
        along = v;
    }
    var out: Bar;
    out.colour = lit(ramp_colour(t) * light * mix(0.6, 1.0, along), t, plate.light);
    out.clip = view.clip_from_world * vec4(turned(place), 1.0);
    return out;
}

@fragment
fn fragment_bar(in: Bar) -> @location(0) vec4<f32> {
    return vec4(in.colour, 1.0);
}

@vertex
fn vertex_glow(@location(0) position: vec3<f32>) -> Flat {
    var out = flat_corner(position, stage.measures.z);
    return out;
}

// The light that the strongest cells nearby throw, added to what is there: 25 places in a square around this one, weighted as
// a Gaussian.
@fragment
fn fragment_glow(in: Flat) -> @location(0) vec4<f32> {
    let cells = vec2<f32>(stage.cells.xy);
    let plate = plates[in.plate];
    let range = max(ranges[stage.first.z], 1e-6);
    let first = stage.first.y + plate.channel * stage.cells.w;
    let step = stage.measures.z / 2.5;
    var sum = vec3(0.0);
    for (var y = -2; y <= 2; y += 1) {
        for (var x = -2; x <= 2; x += 1) {
            let at = floor(in.place + vec2(f32(x), f32(y)) * step);
            if any(at < vec2(0.0)) || any(at >= cells) {
                continue;
            }
            let cell = cell_number(u32(at.x), u32(at.y));
            if cell >= stage.first.w {
                continue;
            }
            // Most cells are too dim to throw any light: the least that does is 0.5 on the ramp.
            let share = shown[first + cell] / range;
            if abs(share) < LEAST_GLOW {
                continue;
            }
            let t = sign(share) * pow(min(abs(share), 1.0), GAMMA);
            let strength = clamp((t - 0.5) * 1.6, 0.0, 1.0) + 0.8 * clamp(-t - 0.62, 0.0, 1.0);
            let weight = exp(-0.43 * f32(x * x + y * y));
            sum += ramp_colour(t) * strength * weight;
        }
    }
    return vec4(sum * 0.067 * plate.light * rows[stage.first.z].reveal, 0.0);
}

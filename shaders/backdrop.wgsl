// The backdrop: a soft light behind the line from hand to answer, darker edges, and a haze where the floor is. Fed by
// src/view/backdrop.rs.

struct Backdrop {
    // Middle of the light and its reach, as shares of the window's width and height.
    light: vec4<f32>,
    // Colours in linear RGB: edge and middle.
    edge: vec4<f32>,
    middle: vec4<f32>,
    // Width and height of the window in pixels.
    size: vec4<f32>,
}

@group(2) @binding(0) var<uniform> backdrop: Backdrop;

struct Corner {
    @builtin(position) clip: vec4<f32>,
    // 0 to 1, to the right and down.
    @location(0) place: vec2<f32>,
}

@vertex
fn vertex(@location(0) position: vec3<f32>) -> Corner {
    var out: Corner;
    // Behind everything: depth is reversed.
    out.clip = vec4(position.xy, 0.0, 1.0);
    out.place = position.xy * vec2(0.5, -0.5) + 0.5;
    return out;
}

@fragment
fn fragment(in: Corner) -> @location(0) vec4<f32> {
    let away = (in.place - backdrop.light.xy) / backdrop.light.zw;
    let near = smoothstep(0.0, 1.0, 1.0 - length(away));
    var colour = mix(backdrop.edge.rgb, backdrop.middle.rgb, near);
    // The floor: a faint line of haze, and less light below it.
    let floor = (in.place.y - 0.94) / 0.05;
    colour += vec3(0.0015, 0.0024, 0.0052) * exp(-floor * floor);
    colour *= 1.0 - 0.25 * smoothstep(0.0, 1.2, floor);
    // Against bands: less than one step of eight bits (Jimenez 2014, interleaved gradient noise).
    let noise = fract(52.9829189 * fract(dot(in.clip.xy, vec2(0.06711056, 0.00583715))));
    return vec4(colour + (noise - 0.5) / 1200.0, 1.0);
}

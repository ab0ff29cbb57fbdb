// What Rust and the shaders share. Each struct is `ShaderType` of the same name there, which writes it.

// How one row of values moves (src/gpu/display.rs).
struct Row {
    // First value of the row in the arena, and how many there are.
    offset: u32,
    count: u32,
    // Share of the way to the new value that is gone in this frame.
    ease: f32,
    // 1 shows the row's values, 0 shows it at rest.
    reveal: f32,
    // Extra light while the wave of a forward pass goes through.
    glow: f32,
    least_range: f32,
    // 1 where the range is fixed to `least_range`.
    fixed_range: f32,
    range_ease: f32,
}

// One map's place in the scene (src/view/lanes.rs); a dense row is one map.
struct Plate {
    // Left, top, width and height, in heights of the window.
    place: vec4<f32>,
    // Towards the viewer.
    z: f32,
    light: f32,
    channel: u32,
    unused: u32,
}

// One stage of a lane (src/view/lanes.rs).
struct Stage {
    // The middle about which it is turned, the turn, and the height of the tallest cell.
    pivot: vec4<f32>,
    // Part of a cell's pitch that the cell takes, width of a plate's edge in cells, reach of its glow in cells, 0.
    measures: vec4<f32>,
    // First plate, first value in the arena, row, number of cells of a map that stand for a value.
    first: vec4<u32>,
    // Columns and rows of cells, 1 where they are counted column by column, cells of a map.
    cells: vec4<u32>,
}

//! Where every cell of a tower stands: a pure function of the network's shapes.
//!
//! A tower stands on y = 0 and grows along y, one floor a row: the input at the foot, the outputs at the top. On a
//! floor the feature maps lie in a grid, x to the right and z towards the viewer; dense layers are one grid of cells.

use bevy::math::{Vec2, Vec3};
use mnistify_network::{ArenaLayout, Shape};

/// Distance between the lowest and the highest floor.
pub const TOWER_HEIGHT: f32 = 3.9;
/// Width of the widest floor.
pub const FLOOR_WIDTH: f32 = 2.1;
/// Width of the top floor as a share of the widest.
const TAPER: f32 = 0.62;
/// Depth of a floor as a share of its width, at most.
const DEPTH_SHARE: f32 = 0.54;
/// The input's side as a share of [`FLOOR_WIDTH`].
const INPUT_SHARE: f32 = 0.40;
/// A cell's side is at most this: ten outputs need not fill a floor.
const LARGEST_CELL: f32 = 0.115;
/// The ratio of width to depth that a floor's grid of maps aims at.
const GRID_ASPECT: f32 = 2.1;

/// One network's floors.
#[derive(Clone, Debug, PartialEq)]
pub struct TowerLayout {
    pub floors: Vec<Floor>,
}

/// One row of the arena, laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor {
    /// Row of the arena; 0 is the input.
    pub row: usize,
    /// First value of the row in the arena.
    pub offset: usize,
    /// `[channels, height, width]` of the row.
    pub shape: Shape,
    /// Cells of one map, `[width, height]`; a dense row is one map.
    pub map: [usize; 2],
    /// Maps.
    pub maps: usize,
    /// Maps side by side.
    pub columns: usize,
    /// Distance between maps, in cells.
    pub gap: f32,
    /// Side of a cell.
    pub cell: f32,
    /// Height of the plane that the bars stand on.
    pub base: f32,
    /// Height of the tallest bar.
    pub bar: f32,
    /// Extent along x and z.
    pub size: Vec2,
}

impl TowerLayout {
    /// The floors of an arena.
    pub fn new(arena: &ArenaLayout) -> Self {
        let rows = arena.rows();
        let spacing = TOWER_HEIGHT / (rows.max(2) - 1) as f32;
        let floors = (0..rows).map(|row| {
            let share = row as f32 / (rows.max(2) - 1) as f32;
            let width = if row == 0 {
                FLOOR_WIDTH * INPUT_SHARE
            } else {
                FLOOR_WIDTH * (1.0 + (TAPER - 1.0) * share)
            };
            Floor::new(row, arena, width, spacing)
        });
        Self {
            floors: floors.collect(),
        }
    }

    /// The corners of everything that the tower can show: `[least, largest]`.
    pub fn bounds(&self) -> [Vec3; 2] {
        let half = self
            .floors
            .iter()
            .fold(Vec2::ZERO, |half, floor| half.max(floor.size / 2.0));
        let lowest = &self.floors[0];
        let highest = &self.floors[self.floors.len() - 1];
        [
            Vec3::new(-half.x, lowest.base - lowest.bar, -half.y),
            Vec3::new(half.x, highest.base + highest.bar, half.y),
        ]
    }

    /// All cells.
    pub fn cell_count(&self) -> usize {
        self.floors.iter().map(Floor::cell_count).sum()
    }
}

impl Floor {
    fn new(row: usize, arena: &ArenaLayout, width: f32, spacing: f32) -> Self {
        let shape @ [channels, height, width_cells] = arena.shape(row);
        let (map, maps) = if [height, width_cells] == [1, 1] {
            (dense_grid(channels), 1)
        } else {
            ([width_cells, height], channels)
        };
        let gap = if maps == 1 {
            0.0
        } else {
            (map[0] as f32 * 0.14).max(0.8)
        };
        let columns = grid_columns(maps, map, gap);
        let cells = grid_cells(maps, columns, map, gap);
        let depth = if row == 0 { width } else { width * DEPTH_SHARE };
        let cell = (width / cells.x).min(depth / cells.y).min(LARGEST_CELL);
        Self {
            row,
            offset: arena.offsets[row],
            shape,
            map,
            maps,
            columns,
            gap,
            cell,
            base: spacing * row as f32,
            bar: (cell * 5.0).clamp(0.02, 0.13).min(spacing * 0.3),
            size: cells * cell,
        }
    }

    /// Cells on this floor that stand for a value.
    pub fn cell_count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The middle of cell `index` (row-major in the row's shape), on the floor's plane.
    pub fn cell_centre(&self, index: usize) -> Vec3 {
        let [width, height] = self.map;
        let (map, within) = (index / (width * height), index % (width * height));
        let origin = self.map_origin(map);
        let place = Vec2::new((within % width) as f32 + 0.5, (within / width) as f32 + 0.5);
        let corner = origin + place * self.cell;
        Vec3::new(corner.x, self.base, corner.y)
    }

    /// The corner of map `map` with the least x and z.
    pub fn map_origin(&self, map: usize) -> Vec2 {
        let column = (map % self.columns) as f32 * (self.map[0] as f32 + self.gap);
        let line = (map / self.columns) as f32 * (self.map[1] as f32 + self.gap);
        Vec2::new(column, line) * self.cell - self.size / 2.0
    }

    /// The cell at this place of the floor's plane.
    pub fn cell_at(&self, x: f32, z: f32) -> Option<usize> {
        let place = (Vec2::new(x, z) + self.size / 2.0) / self.cell;
        if place.x < 0.0 || place.y < 0.0 {
            return None;
        }
        let pitch = Vec2::new(self.map[0] as f32 + self.gap, self.map[1] as f32 + self.gap);
        let (column, line) = ((place.x / pitch.x) as usize, (place.y / pitch.y) as usize);
        let within = place - Vec2::new(column as f32, line as f32) * pitch;
        let map = line * self.columns + column;
        let (cell_x, cell_y) = (within.x as usize, within.y as usize);
        if column >= self.columns
            || map >= self.maps
            || cell_x >= self.map[0]
            || cell_y >= self.map[1]
        {
            return None;
        }
        let index = (map * self.map[1] + cell_y) * self.map[0] + cell_x;
        (index < self.cell_count()).then_some(index)
    }
}

/// A grid for `count` dense values, `[width, height]`, that is about twice as wide as deep.
fn dense_grid(count: usize) -> [usize; 2] {
    if count <= 16 {
        return [count, 1];
    }
    let width = (1..=count)
        .filter(|width| count.is_multiple_of(*width))
        .min_by(|a, b| aspect_error(*a, count / a).total_cmp(&aspect_error(*b, count / b)))
        .expect("1 divides");
    if aspect_error(width, count / width) < 0.8 {
        return [width, count / width];
    }
    // A prime, say: leave the last line incomplete.
    let width = (count as f32 * GRID_ASPECT).sqrt().ceil() as usize;
    [width, count.div_ceil(width)]
}

fn aspect_error(width: usize, height: usize) -> f32 {
    (width as f32 / height as f32 / GRID_ASPECT).ln().abs()
}

fn grid_columns(maps: usize, map: [usize; 2], gap: f32) -> usize {
    let error = |columns: usize| {
        let cells = grid_cells(maps, columns, map, gap);
        let unused = (columns * maps.div_ceil(columns) - maps) as f32 / maps as f32;
        (cells.x / cells.y / GRID_ASPECT).ln().abs() + unused
    };
    (1..=maps)
        .min_by(|a, b| error(*a).total_cmp(&error(*b)))
        .unwrap_or(1)
}

fn grid_cells(maps: usize, columns: usize, map: [usize; 2], gap: f32) -> Vec2 {
    let lines = maps.div_ceil(columns);
    let extent = |count: usize, cells: usize| count as f32 * (cells as f32 + gap) - gap;
    Vec2::new(extent(columns, map[0]), extent(lines, map[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mnistify_network::{LayerSpec, NetworkSpec};
    use proptest::prelude::*;

    fn layouts() -> Vec<TowerLayout> {
        let odd = NetworkSpec::new(
            "odd",
            vec![
                LayerSpec::Conv2d {
                    in_channels: 1,
                    out_channels: 7,
                    kernel_size: [5, 3],
                    stride: [3, 2],
                    padding: [0, 0],
                },
                LayerSpec::Flatten,
                LayerSpec::Linear {
                    in_features: 7 * 8 * 13,
                    out_features: 101,
                },
                LayerSpec::Relu,
                LayerSpec::Linear {
                    in_features: 101,
                    out_features: 10,
                },
            ],
        );
        [NetworkSpec::mlp(), NetworkSpec::cnn(), odd.unwrap()]
            .iter()
            .map(|spec| TowerLayout::new(&ArenaLayout::new(spec)))
            .collect()
    }

    #[test]
    fn every_value_has_a_cell() {
        let cells: Vec<usize> = layouts().iter().map(TowerLayout::cell_count).collect();
        assert_eq!(cells[0], 1818);
        assert_eq!(cells[1], 42202);
    }

    #[test]
    fn cells_do_not_overlap_and_lie_inside_their_floor() {
        for layout in layouts() {
            let [least, largest] = layout.bounds();
            for floor in &layout.floors {
                let mut seen = std::collections::HashSet::new();
                for index in 0..floor.cell_count() {
                    let centre = floor.cell_centre(index);
                    let half = floor.cell / 2.0;
                    assert!(
                        centre.x - half >= -floor.size.x / 2.0 - 1e-4,
                        "row {}",
                        floor.row
                    );
                    assert!(
                        centre.x + half <= floor.size.x / 2.0 + 1e-4,
                        "row {}",
                        floor.row
                    );
                    assert!(
                        centre.z.abs() + half <= floor.size.y / 2.0 + 1e-4,
                        "row {}",
                        floor.row
                    );
                    assert!(centre.cmpge(least).all() && centre.cmple(largest).all());
                    // Cells of equal size on one lattice or a whole gap apart: distinct lattice places cannot overlap.
                    let place = (centre / floor.cell * 8.0).round().as_ivec3();
                    assert!(
                        seen.insert((place.x, place.z)),
                        "row {} cell {index}",
                        floor.row
                    );
                    assert_eq!(floor.cell_at(centre.x, centre.z), Some(index));
                }
            }
            for pair in layout.floors.windows(2) {
                assert!(pair[0].base + pair[0].bar < pair[1].base - pair[1].bar);
            }
        }
    }

    proptest! {
        #[test]
        fn a_place_in_a_cell_is_that_cell(
            index in 0usize..42202, dx in -0.49f32..0.49, dz in -0.49f32..0.49,
        ) {
            let layout = &layouts()[1];
            let floor = layout
                .floors
                .iter()
                .rev()
                .find(|floor| floor.offset <= index)
                .unwrap();
            let cell = index - floor.offset;
            let centre = floor.cell_centre(cell);
            let found = floor.cell_at(centre.x + dx * floor.cell, centre.z + dz * floor.cell);
            prop_assert_eq!(found, Some(cell));
        }
    }
}

//! All feature maps of one layer, flat, sharp and large, and a convolution's filters.

use super::{Look, labels::row_title, theme};
use crate::{
    actions::{Action, Switch},
    inference::Network,
    view::{
        SelectedCell, Selection,
        colour::{ramp_place, value_colour},
    },
    words::{say, say_with},
};
use bevy::prelude::Entity;
use bevy_egui::egui::{
    self, Color32, ColorImage, Rect, RichText, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, pos2, vec2,
};
use mnistify_network::{LayerSpec, StageKind, explain::Cell};

/// The flat maps' textures.
#[derive(Default)]
pub struct MapTextures {
    maps: Option<TextureHandle>,
    filters: Option<TextureHandle>,
    shown: Option<(Entity, usize, Vec<u8>)>,
    /// Which filters are shown: network, row, and the first of the weights.
    filter_of: Option<(Entity, usize, usize)>,
}

/// Draws the panel over the stage.
pub fn maps_ui(
    ui: &Ui,
    room: Rect,
    look: &Look<'_>,
    textures: &mut MapTextures,
    actions: &mut Vec<Action>,
) {
    let place = look.screen.maps;
    let Some((reading, (entity, row))) =
        place.and_then(|place| Some((look.network(place.0)?, place)))
    else {
        return;
    };
    let network = reading.network;
    egui::Area::new("maps".into())
        .order(egui::Order::Foreground)
        .fixed_pos(room.min)
        .constrain_to(room.expand(12.0))
        .show(ui.ctx(), |ui| {
            theme::card().show(ui, |ui| {
                ui.set_width(room.width() - 24.0);
                header(ui, network, (entity, row), actions);
                let Some(arena) = look.inspection(entity).and_then(|i| i.arena()) else {
                    ui.label(RichText::new(say("maps-draw-first")).color(theme::dim()));
                    return;
                };
                let filters = filter_values(network, row);
                let filter_room = if filters.is_some() { 96.0 } else { 0.0 };
                let maps = Maps {
                    network,
                    place: (entity, row),
                    arena,
                    selection: look.selection,
                    size: vec2(ui.available_width(), room.height() - 96.0 - filter_room),
                };
                maps.show(ui, textures, actions);
                if let Some((kernel, values)) = filters {
                    let marked = look
                        .selection
                        .cell
                        .filter(|c| c.network == entity && c.cell.row == row)
                        .map_or(0, |c| c.cell.channel);
                    filters_ui(ui, kernel, &values, (entity, row, marked), textures);
                }
            });
        });
}

fn header(
    ui: &mut Ui,
    network: &Network,
    (entity, row): (Entity, usize),
    actions: &mut Vec<Action>,
) {
    let wide = ui.available_width() > 560.0;
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(network.name())
                .color(theme::network_hue(network.slot()))
                .strong(),
        );
        let rows = network.layout.rows();
        if ui.add_enabled(row > 0, egui::Button::new("<")).clicked() {
            actions.push(Action::Maps(entity, row - 1));
        }
        let [channels, height, width] = network.layout.shape(row);
        let title = row_title(network, row);
        ui.label(format!("{title}   {channels} × {height} × {width}"));
        if ui
            .add_enabled(row + 1 < rows, egui::Button::new(">"))
            .clicked()
        {
            actions.push(Action::Maps(entity, row + 1));
        }
        let mut close = |ui: &mut Ui| {
            if ui.button(say("close")).clicked() {
                actions.push(Action::Set(Switch::Maps, false));
            }
        };
        if wide {
            let right = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(right, close);
        } else {
            close(ui);
        }
    });
}

/// The maps of one row.
struct Maps<'a> {
    network: &'a Network,
    place: (Entity, usize),
    arena: &'a [f32],
    selection: &'a Selection,
    size: egui::Vec2,
}

impl Maps<'_> {
    fn show(&self, ui: &mut Ui, textures: &mut MapTextures, actions: &mut Vec<Action>) {
        let &Self {
            network,
            place: (index, row),
            arena,
            selection,
            size,
        } = self;
        let [channels, height, width] = network.layout.shape(row);
        let values = &arena[network.layout.range(row)];
        // A dense row is shown as one grid.
        let (maps, map) = if [height, width] == [1, 1] {
            let columns = (channels as f32 * 2.0).sqrt().ceil() as usize;
            (
                1,
                [
                    columns.min(channels),
                    channels.div_ceil(columns.min(channels)),
                ],
            )
        } else {
            (channels, [width, height])
        };
        let columns = best_columns(maps, map, size);
        let lines = maps.div_ceil(columns);
        let gap = 1usize;
        let grid = [columns * (map[0] + gap) - gap, lines * (map[1] + gap) - gap];
        let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        let mut pixels = vec![20u8; grid[0] * grid[1] * 3];
        for (cell, value) in values.iter().enumerate() {
            let (of, within) = (cell / (map[0] * map[1]), cell % (map[0] * map[1]));
            let x = of % columns * (map[0] + gap) + within % map[0];
            let y = of / columns * (map[1] + gap) + within / map[0];
            let start = (y * grid[0] + x) * 3;
            pixels[start..start + 3].copy_from_slice(&value_colour(ramp_place(*value, largest)));
        }
        let scale = (size.x / grid[0] as f32)
            .min(size.y / grid[1] as f32)
            .max(0.5);
        let extent = vec2(grid[0] as f32, grid[1] as f32) * scale;
        let (rect, response) = ui.allocate_exact_size(extent, Sense::click());
        let texture = textures.maps.get_or_insert_with(|| {
            let blank = ColorImage::from_rgb([1, 1], &[0, 0, 0]);
            ui.ctx()
                .load_texture("maps", blank, TextureOptions::NEAREST)
        });
        let shown = Some((index, row, pixels));
        if textures.shown != shown {
            if let Some((_, _, pixels)) = &shown {
                texture.set(ColorImage::from_rgb(grid, pixels), TextureOptions::NEAREST);
            }
            textures.shown = shown;
        }
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), rect, whole, Color32::WHITE);
        let shape = network.layout.shape(row);
        if let Some(selected) = selection
            .cell
            .filter(|c| c.network == index && c.cell.row == row)
        {
            let cell = selected.cell.index(shape);
            let (of, within) = (cell / (map[0] * map[1]), cell % (map[0] * map[1]));
            let corner = |x: usize, y: usize| rect.min + vec2(x as f32, y as f32) * scale;
            let (left, top) = (of % columns * (map[0] + gap), of / columns * (map[1] + gap));
            let frame = Rect::from_min_max(corner(left, top), corner(left + map[0], top + map[1]));
            ui.painter().rect_stroke(
                frame,
                0.0,
                Stroke::new(1.5, theme::text()),
                StrokeKind::Outside,
            );
            let (x, y) = (left + within % map[0], top + within / map[0]);
            let dot = Rect::from_min_max(corner(x, y), corner(x + 1, y + 1));
            ui.painter().rect_stroke(
                dot,
                0.0,
                Stroke::new(1.5, theme::POINTER),
                StrokeKind::Outside,
            );
        }
        if let (true, Some(place)) = (response.clicked(), response.interact_pointer_pos()) {
            let at = (place - rect.min) / scale;
            let (x, y) = (at.x as usize, at.y as usize);
            let (column, line) = (x / (map[0] + gap), y / (map[1] + gap));
            let (x, y) = (x % (map[0] + gap), y % (map[1] + gap));
            let cell = ((line * columns + column) * map[1] + y) * map[0] + x;
            if x < map[0] && y < map[1] && cell < values.len() {
                actions.push(Action::Select(Some(SelectedCell {
                    network: index,
                    cell: Cell::at(row, cell, shape),
                })));
            }
        }
    }
}

/// The number of columns that makes the maps largest.
fn best_columns(maps: usize, map: [usize; 2], size: egui::Vec2) -> usize {
    let scale = |columns: usize| {
        let lines = maps.div_ceil(columns);
        let width = (columns * (map[0] + 1)) as f32;
        let height = (lines * (map[1] + 1)) as f32;
        let unused = (lines * columns - maps) as f32 / maps as f32;
        (size.x / width).min(size.y / height) * (1.0 - unused)
    };
    (1..=maps)
        .max_by(|a, b| scale(*a).total_cmp(&scale(*b)))
        .unwrap_or(1)
}

/// A convolution's kernel size and weights `[out, in, kernel_y, kernel_x]`.
fn filter_values(network: &Network, row: usize) -> Option<([usize; 4], Vec<f32>)> {
    let stage = &network.layout.stages[row.checked_sub(1)?];
    let StageKind::Conv2d { layer } = stage.kind else {
        return None;
    };
    let LayerSpec::Conv2d {
        in_channels,
        out_channels,
        kernel_size,
        ..
    } = network.spec().layers()[layer]
    else {
        return None;
    };
    let values = network.model.parameter(layer, "weight").values.clone();
    Some((
        [out_channels, in_channels, kernel_size[0], kernel_size[1]],
        values,
    ))
}

/// The filters: of a first layer all, of a later one those of the selected map.
fn filters_ui(
    ui: &mut Ui,
    [outputs, inputs, height, width]: [usize; 4],
    values: &[f32],
    (index, row, marked): (Entity, usize, usize),
    textures: &mut MapTextures,
) {
    let (count, first, title) = if inputs == 1 {
        (
            outputs,
            0,
            say_with(
                "maps-all-filters",
                &[
                    ("count", outputs.into()),
                    ("height", height.into()),
                    ("width", width.into()),
                ],
            ),
        )
    } else {
        let title = say_with(
            "maps-filters-of",
            &[
                ("map", (marked + 1).into()),
                ("count", inputs.into()),
                ("height", height.into()),
                ("width", width.into()),
            ],
        );
        (inputs, marked * inputs * height * width, title)
    };
    ui.label(RichText::new(title).size(theme::SMALL).color(theme::dim()));
    let lines = if count > 16 { 2 } else { 1 };
    let columns = count.div_ceil(lines);
    let grid = [columns * (width + 1) - 1, lines * (height + 1) - 1];
    let key = Some((index, row, first));
    let values = &values[first..first + count * height * width];
    let largest = values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    let mut pixels = vec![20u8; grid[0] * grid[1] * 3];
    for (index, value) in values.iter().enumerate() {
        let (filter, within) = (index / (height * width), index % (height * width));
        let x = filter % columns * (width + 1) + within % width;
        let y = filter / columns * (height + 1) + within / width;
        let start = (y * grid[0] + x) * 3;
        pixels[start..start + 3].copy_from_slice(&value_colour(ramp_place(*value, largest)));
    }
    let image = ColorImage::from_rgb(grid, &pixels);
    let options = TextureOptions::NEAREST;
    match &mut textures.filters {
        Some(texture) if textures.filter_of != key => texture.set(image, options),
        Some(_) => {}
        None => textures.filters = Some(ui.ctx().load_texture("filters", image, options)),
    }
    textures.filter_of = key;
    let scale = (ui.available_width() / grid[0] as f32).min(64.0 / grid[1] as f32);
    let extent = vec2(grid[0] as f32, grid[1] as f32) * scale;
    let (rect, _) = ui.allocate_exact_size(extent, Sense::hover());
    if let Some(texture) = &textures.filters {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), rect, whole, Color32::WHITE);
    }
}

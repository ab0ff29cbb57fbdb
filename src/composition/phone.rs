//! A phone: a page with one layer, the answer and the pad; or a screen full of lanes.

use super::{
    Composition, Controls, Grid, LARGEST_DENSE_CELL, LEAST_GLYPH, LEAST_PHONE_MAP, Mode, PageScene,
    Rect, Scene, Shape, StagePlace, TextSizes, WindowClass,
    lanes::{hidden_rows, is_map, lanes, open_layer, opened},
    rows_above,
    stages::plan_cells,
};

pub(super) fn upright(
    [width, height]: [f32; 2],
    half: f32,
    networks: &[&[Shape]],
    mode: &Mode,
) -> Composition {
    let unit = (width / 390.0).min(height / 844.0).clamp(0.8, 2.4);
    let text = TextSizes::new(unit, mode.text_scale);
    let (margin, gap) = (16.0 * unit, 6.0 * unit);
    let inner = width - 2.0 * margin;
    let (above, below, between) = (8.0 * unit, 14.0 * unit, 12.0 * unit);
    let header = 36.0 * unit * mode.text_scale;
    // Two lines, however small the window.
    let label = (45.0 * unit * mode.text_scale).max(1.4 * (text.network + text.technical));
    let dots = 18.0 * unit;
    let target = mode.least_target;
    let band = (116.0 * unit).max(112.0);
    let bar = (54.0 * unit).max(48.0).max(target.min(0.09 * height));
    let count = mode.winners.len().max(1);
    // In reach the answer's button is one of the bar's; the tour needs the room more.
    let buttons = if mode.reach && count == 1 && !mode.strip {
        6
    } else {
        5
    };
    let least = if buttons == 6 {
        (62.0 * unit.max(1.0)).max(target.min((inner - 2.0 * gap) / 3.0))
    } else {
        0.0
    };
    let foot = Rect::new(margin, half, width - margin, height - below);
    let bars = rows_above(foot, buttons, [least, bar], gap);
    let bar_top = bars[0].min[1];
    let fixed = above + header + label + dots + band + 2.0 * between + height - bar_top;
    let mut side = inner.min(height - fixed - 2.0 * LEAST_PHONE_MAP - gap);
    if mode.reach {
        side = side.min(bar_top - between - half);
    }
    let map = ((height - fixed - side - gap) / 2.0)
        .min((inner - 3.0 * gap) / 4.0)
        .max(LEAST_PHONE_MAP);

    let headline = Rect::sized(margin, above, inner, header);
    let label = Rect::sized(margin, headline.max[1], inner, label);
    let swipe = Rect::sized(margin, label.max[1], inner, 2.0 * map + gap);
    let across = ((inner - 4.0 * map) / 3.0).max(gap);
    let maps = grid_of_eight([margin, swipe.min[1]], map, 4, [across, gap]);
    let dots = Rect::sized(margin, swipe.max[1], inner, dots);
    let answer = (inner - (count - 1) as f32 * gap) / count as f32;
    let answers: Vec<Rect> = (0..count)
        .map(|place| {
            let left = margin + place as f32 * (answer + gap);
            Rect::sized(left, dots.max[1], answer, band)
        })
        .collect();
    let pad_top = dots.max[1] + band + between;
    let spare = bar_top - between - pad_top - side;
    let spare = if mode.reach { spare } else { spare / 2.0 };
    let pad = Rect::sized((width - side) / 2.0, pad_top + spare, side, side);
    let controls = [0, 1, 2, 3, buttons - 1].map(|at| bars[at]);
    let explain = if mode.reach {
        bars.get(4).copied().filter(|_| buttons == 6)
    } else {
        (count == 1).then(|| {
            let size = [
                (76.0 * unit).max(target.min(0.3 * inner)),
                (48.0 * unit).max(44.0).max(target.min(band - gap)),
            ];
            let middle = answers[0].centre()[1];
            let right = answers[0].max[0] - between;
            Rect::sized(right - size[0], middle - size[1] / 2.0, size[0], size[1])
        })
    };
    let page = Scene::Page(PageScene {
        headline: Some(headline),
        label,
        swipe,
        stage: page_stage(swipe, &maps, networks, mode.page, width, unit),
        pages: pages(networks, mode.page),
        maps,
        dots,
    });
    Composition {
        class: WindowClass::Upright,
        unit,
        text,
        pad,
        controls: Controls::new(controls, explain),
        glyph: LEAST_GLYPH * (0.9 * unit).max(1.0),
        answers,
        strip: None,
        scene: full_screen([width, height], networks, mode, &text, unit).unwrap_or(page),
    }
}

pub(super) fn sideways(
    [width, height]: [f32; 2],
    networks: &[&[Shape]],
    mode: &Mode,
) -> Composition {
    let unit = (width / 844.0).min(height / 390.0).clamp(0.8, 1.6);
    let text = TextSizes::new(unit, mode.text_scale);
    let (margin, gap) = (12.0 * unit, 6.0 * unit);
    let side = (height - 2.0 * margin).min(0.44 * width);
    let top = (height - side) / 2.0;
    let pad = Rect::sized(margin, top, side, side);
    let target = mode.least_target;
    let button = [
        (64.0 * unit).max(60.0).max(target.min(0.11 * width)),
        (side - 4.0 * gap) / 5.0,
    ];
    let buttons_left = pad.max[0] + 8.0 * unit;
    let controls = [0.0, 1.0, 2.0, 3.0, 4.0].map(|place| {
        let button_top = top + place * (button[1] + gap);
        Rect::sized(buttons_left, button_top, button[0], button[1])
    });
    let left = controls[0].max[0] + 16.0 * unit;
    let right = width - margin;
    let (label_height, dots_height) = (44.0 * unit * mode.text_scale, 20.0 * unit);
    let map = ((side - label_height - dots_height - 3.0 * gap) / 4.0)
        .min((right - 168.0 * unit - left - gap) / 2.0)
        .max(LEAST_PHONE_MAP);
    let maps_width = 2.0 * map + gap;
    let answer_width = (right - left - maps_width - 18.0 * unit).min(240.0 * unit);
    let answer_left = right - answer_width;
    let maps_top = top + label_height;
    let count = mode.winners.len().max(1);
    let explain_height = (48.0 * unit).max(44.0).max(target.min(0.2 * side));
    let answer = (side - explain_height - gap - (count - 1) as f32 * gap) / count as f32;
    let answers = (0..count)
        .map(|place| {
            let answer_top = top + place as f32 * (answer + gap);
            Rect::sized(answer_left, answer_top, answer_width, answer)
        })
        .collect();
    let swipe = Rect::sized(left, maps_top, maps_width, 4.0 * map + 3.0 * gap);
    let maps = grid_of_eight([left, maps_top], map, 2, [gap, gap]);
    let page = Scene::Page(PageScene {
        headline: None,
        label: Rect::new(left, top, answer_left - 12.0 * unit, maps_top),
        stage: page_stage(swipe, &maps, networks, mode.page, width, unit),
        pages: pages(networks, mode.page),
        swipe,
        maps,
        dots: Rect::new(
            left,
            pad.max[1] - dots_height,
            left + maps_width,
            pad.max[1],
        ),
    });
    let explain = Rect::new(answer_left, pad.max[1] - explain_height, right, pad.max[1]);
    let glyph = if count > 1 { LEAST_GLYPH } else { 120.0 };
    Composition {
        class: WindowClass::Sideways,
        unit,
        text,
        pad,
        controls: Controls::new(controls, Some(explain)),
        glyph: (glyph * unit.max(1.0)).min(answer),
        answers,
        strip: None,
        scene: full_screen([width, height], networks, mode, &text, unit).unwrap_or(page),
    }
}

/// Every stage of these networks, by the network's place and the row.
fn all_stages(networks: &[&[Shape]]) -> Vec<(usize, usize)> {
    let rows = |network: usize| 1..=hidden_rows(networks[network]).len();
    (0..networks.len())
        .flat_map(|network| rows(network).map(move |row| (network, row)))
        .collect()
}

fn pages(networks: &[&[Shape]], page: usize) -> [usize; 2] {
    let count = all_stages(networks).len();
    [count, page.min(count.saturating_sub(1))]
}

/// The stage that a phone shows: its strongest maps on the eight places, or all cells of a dense row.
fn page_stage(
    swipe: Rect,
    maps: &[Rect; 8],
    networks: &[&[Shape]],
    page: usize,
    window_width: f32,
    unit: f32,
) -> Option<(usize, StagePlace)> {
    let stages = all_stages(networks);
    let (network, row) = *stages.get(page.min(stages.len().saturating_sub(1)))?;
    let shape = networks[network][row];
    let [channels, map_height, map_width] = shape;
    if !is_map(&shape) {
        let size = [swipe.width(), swipe.height()];
        let plan = plan_cells(channels, size, LARGEST_DENSE_CELL * unit);
        let left = swipe.min[0] + (swipe.width() - plan.width) / 2.0;
        let base = swipe.max[1] - (swipe.height() - plan.height) / 2.0;
        let mut place = plan.place(row, shape, [left, base], swipe.min, window_width);
        place.yaw = 0.0;
        return Some((network, place));
    }
    let count = channels.min(8);
    let columns = maps
        .iter()
        .filter(|map| map.min[1] == maps[0].min[1])
        .count();
    let side = maps[0].width();
    let aspect = map_width as f32 / map_height as f32;
    let heroes = Grid {
        origin: maps[0].min,
        columns,
        rows: 8 / columns,
        size: [side * aspect.min(1.0), side / aspect.max(1.0)],
        pitch: [
            maps[1].min[0] - maps[0].min[0],
            maps[columns].min[1] - maps[0].min[1],
        ],
        count,
        down: false,
    };
    let place = StagePlace {
        row,
        shape,
        rect: swipe,
        heroes,
        chorus: None,
        more: None,
        hidden: channels - count,
        label: swipe.min,
        label_width: swipe.width(),
        yaw: 0.0,
    };
    Some((network, place))
}

/// Eight maps line by line.
fn grid_of_eight(origin: [f32; 2], side: f32, columns: usize, gap: [f32; 2]) -> [Rect; 8] {
    std::array::from_fn(|index| {
        let (column, row) = (index % columns, index / columns);
        Rect::sized(
            origin[0] + column as f32 * (side + gap[0]),
            origin[1] + row as f32 * (side + gap[1]),
            side,
            side,
        )
    })
}

/// A phone's screen full of lanes or of one layer, if that is asked for.
fn full_screen(
    [width, height]: [f32; 2],
    networks: &[&[Shape]],
    mode: &Mode,
    text: &TextSizes,
    unit: f32,
) -> Option<Scene> {
    let open = opened(networks, mode.open);
    if !mode.lanes_fill_screen && open.is_none() {
        return None;
    }
    let (margin, touch) = (12.0 * unit, (44.0 * unit).max(44.0));
    if let Some(layer) = open {
        let area = Rect::new(margin, margin, width - margin, height - margin);
        let (lane, opened) = open_layer(area, width, layer, [mode.reach, true], text, unit);
        return Some(Scene::FullScreen {
            close: opened.close,
            lanes: vec![lane],
            opened: Some(opened),
        });
    }
    let far = height - margin - touch;
    let close_top = if mode.reach { far } else { margin };
    let close = Rect::sized(width - margin - touch, close_top, touch, touch);
    let (top, bottom) = if mode.reach {
        (margin, close.min[1] - margin)
    } else {
        (close.max[1] + margin, height - margin)
    };
    let area = Rect::new(margin, top, width - margin, bottom);
    let shown: Vec<usize> = (0..networks.len()).collect();
    Some(Scene::FullScreen {
        close,
        lanes: lanes(area, width, networks, &shown, text, unit),
        opened: None,
    })
}

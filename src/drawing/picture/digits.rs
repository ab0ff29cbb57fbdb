//! The digits among the connected parts of the ink: what is a speck, what belongs together, what stands alone.

use super::plane::{Area, Mask, Part, parts, peaks, quantile};

/// From this part of the strongest ink on, a pixel belongs to a digit; shadows and smudges do not.
pub(super) const INK_THRESHOLD: f32 = 0.2;

/// A part whose strongest ink is less than this part of the digit's is a smudge.
const FAINTEST_PEAK: f32 = 0.45;

/// Parts of less than this many pixels of the largest part's are specks.
const SPECK: f32 = 0.012;

/// A part at least this large beside the largest one may be a digit of its own.
const DIGIT_SIZE: f32 = 0.45;

/// Strokes that a pen interrupted are this part of the digit's size apart at most, half of it from either side.
const BREAK: f32 = 0.07;

/// The most parts that are looked at, the heaviest; a page of digits has fewer, a halftone print more.
const MOST_PARTS: usize = 256;

/// The digits of a picture.
pub(super) struct Digits {
    /// Where each is, in lines from the top and from left to right in each.
    pub areas: Vec<Area>,
    /// For each pixel of the picture the number of its digit, counted from 1; 0 where there is none.
    pub owners: Vec<u32>,
}

/// The ink of a picture and what is known about it.
pub(super) struct Ink<'a> {
    /// From 0, paper.
    pub values: &'a [f32],
    /// Where it is more than paper, without lines.
    pub mask: Mask,
    /// How far each pixel is from the sheet's edge, where it was cut out of a table.
    pub edge: Option<Vec<f32>>,
    /// Below this it may be noise.
    pub floor: f32,
}

/// A part, its strongest ink, and which parts it is near to.
#[derive(Clone, Copy)]
struct Piece {
    part: Part,
    peak: f32,
    cluster: u32,
}

impl Piece {
    fn area(&self) -> &Area {
        &self.part.area
    }

    fn size(&self) -> f32 {
        self.part.area.size() as f32
    }

    fn pixels(&self) -> f32 {
        self.part.pixels as f32
    }

    /// Large, strong and full.
    fn weight(&self) -> f32 {
        self.size() * self.peak * self.pixels().sqrt()
    }
}

/// The digits; none where there is no ink.
pub(super) fn digits(ink: &Ink<'_>) -> Option<Digits> {
    // First with whatever stands out; then again with what stands out beside the digit's own ink.
    let (first, labels) = pieces(ink, &ink.mask)?;
    let main = heaviest(&first)?;
    let own = |index: &usize| labels[*index] == main.part.label;
    let own = (0..labels.len()).filter(own).map(|index| ink.values[index]);
    let strongest = quantile(own.collect(), 0.95);
    let threshold = (INK_THRESHOLD * strongest).max(ink.floor);
    let mut is_kept = vec![false; labels.len() + 1];
    for piece in &first {
        is_kept[piece.part.label as usize] = true;
    }
    let mask = ink
        .mask
        .with(|i| is_kept[labels[i] as usize] && ink.values[i] > threshold);
    let (mut pieces, labels) = pieces(ink, &mask)?;
    pieces.retain(|piece| piece.peak >= FAINTEST_PEAK * strongest);
    let main = heaviest(&pieces)?;
    let speck = (SPECK * main.pixels()).max(main.pixels().min(4.0));
    pieces.retain(|piece| piece.pixels() >= speck);
    pieces.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
    pieces.truncate(MOST_PARTS);
    let size = common_size(&pieces, &main);
    cluster(&mut pieces, &labels, &mask, BREAK / 2.0 * size);
    let groups = in_reading_order(groups(&pieces, &main, size));
    let mut number_of = vec![0_u32; labels.len() + 1];
    for (number, group) in (1..).zip(&groups) {
        for piece in group {
            number_of[piece.part.label as usize] = number;
        }
    }
    Some(Digits {
        areas: groups.iter().filter_map(|group| area(group)).collect(),
        owners: labels
            .iter()
            .map(|label| number_of[*label as usize])
            .collect(),
    })
}

/// The parts of a mask without those at the picture's edge, where others are inside (a table's rest, a finger), and of a
/// frame only what is in it; with the labels. None without any.
fn pieces(ink: &Ink<'_>, mask: &Mask) -> Option<(Vec<Piece>, Vec<u32>)> {
    let (found, labels) = parts(mask);
    let peaks = peaks(ink.values, &labels, found.len());
    let mut at_edge = vec![false; found.len()];
    for (part, is_at_edge) in found.iter().zip(&mut at_edge) {
        let Area { x0, x1, y0, y1 } = part.area;
        *is_at_edge = x0 == 0 || y0 == 0 || x1 == mask.width || y1 == mask.height;
    }
    if let Some(edge) = &ink.edge {
        for (&label, &depth) in labels.iter().zip(edge) {
            if label > 0 && depth <= 2.0 {
                at_edge[label as usize - 1] = true;
            }
        }
    }
    let pieces = found.iter().zip(peaks).map(|(&part, peak)| Piece {
        part,
        peak,
        cluster: 0,
    });
    let pieces: Vec<Piece> = pieces.collect();
    let most = pieces
        .iter()
        .map(|piece| piece.pixels() * piece.peak)
        .fold(0.0, f32::max);
    let least_size = 0.06 * mask.width.max(mask.height) as f32;
    let is_inside = |piece: &Piece| !at_edge[piece.part.label as usize - 1];
    let has_inside = pieces.iter().any(|piece| {
        is_inside(piece) && piece.size() >= least_size && piece.pixels() >= 0.02 * most
    });
    let pieces: Vec<Piece> = pieces
        .into_iter()
        .filter(|piece| !has_inside || is_inside(piece))
        .collect();
    let main = heaviest(&pieces)?;
    let content: Vec<Piece> = pieces
        .iter()
        .filter(|piece| {
            main.area().surrounds(piece.area())
                && piece.pixels() * piece.peak > 0.15 * main.pixels() * main.peak
                && piece.size() > 0.2 * main.size()
        })
        .copied()
        .collect();
    let width = |piece: &Piece| {
        let inside = mask.cropped(piece.area());
        let own: Vec<u32> = super::plane::cropped(&labels, mask.width, piece.area());
        stroke_width(&inside.with(|index| own[index] == piece.part.label))
    };
    let widest = content.iter().map(width).fold(0.0, f32::max);
    if !content.is_empty() && width(&main) <= 1.2 * widest {
        return Some((content, labels));
    }
    Some((pieces, labels))
}

fn heaviest(pieces: &[Piece]) -> Option<Piece> {
    let heaviest = pieces
        .iter()
        .max_by(|a, b| a.weight().total_cmp(&b.weight()));
    heaviest.copied()
}

/// How large a digit is: the largest part's size, or more where broken strokes stand above each other.
fn common_size(pieces: &[Piece], main: &Piece) -> f32 {
    let height = area(pieces).map_or(0.0, |area| area.height() as f32);
    height.min(1.6 * main.size()).max(main.size())
}

/// Gives pieces that are at most twice `reach` apart the same cluster.
fn cluster(pieces: &mut [Piece], labels: &[u32], mask: &Mask, reach: f32) {
    let mut is_meant = vec![false; labels.len() + 1];
    for piece in pieces.iter() {
        is_meant[piece.part.label as usize] = true;
    }
    let meant = mask.with(|index| labels[index] > 0 && is_meant[labels[index] as usize]);
    let distances = meant.distances();
    let (_, clusters) = parts(&mask.with(|index| distances[index] <= reach));
    let mut of_label = vec![0; labels.len() + 1];
    for (&label, &cluster) in labels.iter().zip(&clusters) {
        of_label[label as usize] = cluster;
    }
    for piece in pieces {
        piece.cluster = of_label[piece.part.label as usize];
    }
}

/// The pieces of each digit: large pieces stand for themselves unless they are close or interlocked, small ones join the
/// nearest where it is near.
fn groups(pieces: &[Piece], main: &Piece, size: f32) -> Vec<Vec<Piece>> {
    let is_large = |piece: &&Piece| {
        piece.size() >= DIGIT_SIZE * size
            && piece.pixels() >= 0.12 * main.pixels()
            && piece.peak >= 0.5 * main.peak
            || piece.part.label == main.part.label
    };
    let mut groups: Vec<Vec<Piece>> = pieces
        .iter()
        .filter(is_large)
        .map(|piece| vec![*piece])
        .collect();
    while let Some((first, second)) = pair(&groups, size) {
        let joined = groups.swap_remove(second);
        groups[first].extend(joined);
    }
    let mut small: Vec<&Piece> = pieces.iter().filter(|piece| !is_large(piece)).collect();
    small.sort_by_key(|piece| std::cmp::Reverse(piece.part.pixels));
    for piece in small {
        let close = groups
            .iter()
            .position(|group| group.iter().any(|other| other.cluster == piece.cluster));
        let gap = |group: &Vec<Piece>| {
            let gaps = group.iter().map(|other| piece.area().gap(other.area()));
            gaps.fold(f32::MAX, f32::min)
        };
        let nearest = (0..groups.len())
            .min_by(|&a, &b| gap(&groups[a]).total_cmp(&gap(&groups[b])))
            .filter(|&group| {
                let gap = gap(&groups[group]);
                gap <= 0.05 * size || gap <= 0.22 * size && piece.pixels() >= 0.02 * main.pixels()
            });
        if let Some(group) = close.or(nearest) {
            groups[group].push(*piece);
        } else if piece.size() >= 0.4 * size && piece.pixels() >= 0.1 * main.pixels() {
            groups.push(vec![*piece]);
        }
    }
    groups
}

/// Two groups that are one digit, the earlier first.
fn pair(groups: &[Vec<Piece>], size: f32) -> Option<(usize, usize)> {
    for (second, pieces) in groups.iter().enumerate() {
        let first = groups[..second].iter().position(|others| {
            let belongs = |a: &Piece| pieces.iter().any(|b| are_one(a, b, size));
            others.iter().any(belongs)
        });
        if let Some(first) = first {
            return Some((first, second));
        }
    }
    None
}

/// Whether two pieces are parts of one digit of about this size.
fn are_one(a: &Piece, b: &Piece, size: f32) -> bool {
    if a.cluster == b.cluster {
        return true;
    }
    let (one, other) = (a.area(), b.area());
    let columns = one.shared_columns(other);
    let rows = one.shared_rows(other);
    let narrower = one.width().min(other.width()) as f32;
    let [height, other_height] = [one, other].map(|area| area.height() as f32);
    let lower = height.min(other_height);
    if columns > 0.3 * narrower && rows > 0.3 * lower {
        return true; // Interlocked.
    }
    if columns >= 0.4 * narrower && rows <= 0.3 * lower {
        // One above the other: a 5 and its bar, but not two lines of digits.
        let gap = (-rows).max(0.0);
        return gap < 0.05 * size || gap < 0.15 * size && lower < 0.5 * size;
    }
    false
}

/// The area that all pieces cover; none without any.
fn area(pieces: &[Piece]) -> Option<Area> {
    let areas = pieces.iter().map(|piece| *piece.area());
    areas.reduce(|a, b| a.with(&b))
}

/// Lines from the top, and digits from left to right in each. A digit is in a line where their middles are less than
/// half a height apart.
fn in_reading_order(groups: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    let placed = groups
        .into_iter()
        .filter_map(|group| Some((area(&group)?, group)));
    let mut placed: Vec<(Area, Vec<Piece>)> = placed.collect();
    let middle = |area: &Area| (area.y0 + area.y1) as f32 / 2.0;
    placed.sort_by(|(a, _), (b, _)| middle(a).total_cmp(&middle(b)));
    let mut lines: Vec<Vec<(Area, Vec<Piece>)>> = Vec::new();
    for (area, group) in placed {
        let is_in_line = lines
            .last()
            .and_then(|line| line.first())
            .is_some_and(|(first, _)| {
                let height = first.height().max(area.height()) as f32;
                middle(&area) - middle(first) < 0.5 * height
            });
        match lines.last_mut().filter(|_| is_in_line) {
            Some(line) => line.push((area, group)),
            None => lines.push(vec![(area, group)]),
        }
    }
    let mut ordered = Vec::new();
    for mut line in lines {
        line.sort_by_key(|(area, _)| area.x0);
        ordered.extend(line.into_iter().map(|(_, group)| group));
    }
    ordered
}

/// The width of strokes in pixels: four times the mean depth, as in a stripe, whose depths rise evenly to its middle.
pub(super) fn stroke_width(mask: &Mask) -> f32 {
    let depths = mask.depths();
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for (&depth, &set) in depths.iter().zip(&mask.set) {
        if set {
            sum += f64::from(depth) - 0.5;
            count += 1;
        }
    }
    if count == 0 {
        0.0
    } else {
        ((4.0 * sum / f64::from(count)) as f32).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_ink: impl Fn(usize, usize) -> bool) -> Vec<Area> {
        let mask = Mask::full(200, 160).with(|index| is_ink(index % 200, index / 200));
        let values: Vec<f32> = mask
            .set
            .iter()
            .map(|&set| f32::from(u8::from(set)))
            .collect();
        digits(&Ink {
            values: &values,
            mask,
            edge: None,
            floor: 0.0,
        })
        .expect("ink")
        .areas
    }

    fn is_in(x: usize, y: usize, area: [usize; 4]) -> bool {
        (area[0]..area[1]).contains(&x) && (area[2]..area[3]).contains(&y)
    }

    #[test]
    fn specks_go_and_parts_of_a_digit_stay() {
        // A body with its bar close above, a far speck, and a strip at the picture's edge.
        let five = found(|x, y| {
            is_in(x, y, [60, 70, 50, 120])
                || is_in(x, y, [60, 100, 36, 44])
                || is_in(x, y, [150, 153, 20, 22])
                || is_in(x, y, [190, 200, 0, 160])
        });
        assert_eq!(five.len(), 1);
        let area = five[0];
        assert_eq!([area.x0, area.x1, area.y0, area.y1], [60, 100, 36, 120]);
    }

    #[test]
    fn digits_are_in_reading_order() {
        let four = found(|x, y| {
            is_in(x, y, [100, 110, 20, 60])
                || is_in(x, y, [30, 40, 26, 64])
                || is_in(x, y, [96, 106, 90, 130])
                || is_in(x, y, [34, 44, 94, 134])
        });
        let left: Vec<usize> = four.iter().map(|area| area.x0).collect();
        assert_eq!(left, [30, 100, 34, 96]);
    }

    #[test]
    fn a_stripe_is_as_wide_as_it_is() {
        let stripe = Mask::full(200, 160).with(|index| (50..62).contains(&(index % 200)));
        let width = stroke_width(&stripe);
        assert!((width - 12.0).abs() < 1.0, "{width}");
    }
}

//! The conditions that come in several strengths, as accuracy over strength.

use super::{conditions::Condition, robust::Row};

/// Conditions that differ in their strength alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Shift,
    Scale,
    Rotation,
    Thickness,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Shift, Self::Scale, Self::Rotation, Self::Thickness];

    /// The name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shift => "shift",
            Self::Scale => "scale",
            Self::Rotation => "rotation",
            Self::Thickness => "thickness",
        }
    }

    /// The name in titles.
    pub fn title(self) -> &'static str {
        match self {
            Self::Shift => "Shifted digits",
            Self::Scale => "Scaled digits",
            Self::Rotation => "Rotated digits",
            Self::Thickness => "Thicker and thinner strokes",
        }
    }

    /// What its strengths are, with their unit.
    pub fn axis(self) -> &'static str {
        match self {
            Self::Shift => "shift in a random direction (pixels)",
            Self::Scale => "factor on the size",
            Self::Rotation => "rotation to either side (degrees)",
            Self::Thickness => "strokes wider by (pixels)",
        }
    }

    /// The strength at which a condition belongs to this family; the undistorted images belong to all.
    pub fn strength(self, condition: Condition) -> Option<f64> {
        let strength = match (self, condition) {
            (Self::Scale, Condition::Clean) => 1.0,
            (_, Condition::Clean) => 0.0,
            (Self::Shift, Condition::Shift(value))
            | (Self::Scale, Condition::Scale(value))
            | (Self::Rotation, Condition::Rotation(value))
            | (Self::Thickness, Condition::Thicker(value)) => value,
            (Self::Thickness, Condition::Thinner(value)) => -value,
            _ => return None,
        };
        // As it is written: 0.6 rather than the nearest 32-bit number's 0.6000000238.
        Some((f64::from(strength) * 100.0).round() / 100.0)
    }

    /// The rows of this family's conditions with their strengths, in order.
    pub fn points(self, rows: &[Row]) -> Vec<(f64, &Row)> {
        let mut points: Vec<(f64, &Row)> = Condition::ALL
            .iter()
            .filter_map(|condition| {
                let name = condition.name();
                let row = rows.iter().find(|row| row.condition == name)?;
                Some((self.strength(*condition)?, row))
            })
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Tally;

    #[test]
    fn strengths_are_in_order_and_named_after_their_family() {
        let row = |condition: Condition, right| {
            let tally = Tally { images: 10, right };
            Row {
                condition: condition.name(),
                raw: vec![tally],
                prepared: vec![Tally {
                    images: 10,
                    right: 10,
                }],
            }
        };
        let rows = [
            row(Condition::Clean, 9),
            row(Condition::Scale(1.4), 6),
            row(Condition::Scale(0.6), 5),
            row(Condition::Fog, 1),
        ];
        let points = Family::Scale.points(&rows);
        let points = points
            .iter()
            .map(|(strength, row)| (*strength, row.raw[0].right));
        assert_eq!(points.collect::<Vec<_>>(), [(0.6, 5), (1.0, 9), (1.4, 6)]);
        let thinner = Family::Thickness.strength(Condition::Thinner(1.0));
        assert_eq!(thinner, Some(-1.0));
        assert_eq!(Family::Shift.strength(Condition::Fog), None);
        for family in Family::ALL {
            let all = Condition::ALL.iter().filter_map(|c| family.strength(*c));
            assert!(all.count() >= 3, "{family:?}");
        }
    }
}

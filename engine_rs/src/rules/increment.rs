//! The step between bids (增价幅度) and what follows from it: the least acceptable amount and the grid of multiples.

use crate::amount::Amount;
use crate::wire::coded_enum;

coded_enum! {
    /// How a step that is not a whole number of minor units is rounded.
    Rounding {
        /// To the next greater whole amount.
        Up = 1 "up",
        /// To the next smaller whole amount.
        Down = 2 "down",
    }
}

/// One row of an increment table: from this top amount on, this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRow {
    /// The top amount from which the row applies.
    pub from: i64,
    /// The step, at least 1.
    pub step: i64,
}

/// How far a bid must rise above the top amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Increment {
    /// The same step at every amount.
    Fixed(i64),
    /// A part of the top amount, as an exact fraction, rounded to whole minor units, at least 1.
    Percent {
        /// Numerator, at least 1.
        numerator: i64,
        /// Denominator, at least 1.
        denominator: i64,
        /// The declared rounding.
        rounding: Rounding,
    },
    /// The step of the last row whose `from` is not above the top amount. The first row begins at 0.
    Table(Vec<StepRow>),
}

impl Increment {
    /// Returns the step at `base`, where amounts are whole multiples of `precision`. A step beyond 64 bits is returned as
    /// the greatest `i64`: no positive amount can rise by either, so every decision is the same.
    #[must_use]
    pub fn step(&self, base: Amount, precision: i64) -> i64 {
        match self {
            Self::Fixed(step) => *step,
            Self::Percent { numerator, denominator, rounding } => {
                let product = i128::from(base.minor()) * i128::from(*numerator);
                let divisor = i128::from(*denominator) * i128::from(precision);
                let multiples = match rounding {
                    Rounding::Up => (product + divisor - 1) / divisor,
                    Rounding::Down => product / divisor,
                };
                let rounded = multiples.max(1).checked_mul(i128::from(precision));
                rounded.and_then(|step| i64::try_from(step).ok()).unwrap_or(i64::MAX)
            }
            Self::Table(rows) => {
                let above = rows.partition_point(|row| row.from <= base.minor());
                above.checked_sub(1).and_then(|last| rows.get(last)).map_or(1, |row| row.step)
            }
        }
    }

    /// Returns the steps that are stated as amounts.
    pub(super) fn amounts(&self) -> impl Iterator<Item = i64> {
        let (fixed, rows) = match self {
            Self::Fixed(step) => (Some(*step), &[][..]),
            Self::Percent { .. } => (None, &[][..]),
            Self::Table(rows) => (None, rows.as_slice()),
        };
        fixed.into_iter().chain(rows.iter().map(|row| row.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(numerator: i64, denominator: i64, rounding: Rounding) -> Increment {
        Increment::Percent { numerator, denominator, rounding }
    }

    #[test]
    fn percent_is_an_exact_fraction_rounded_as_declared() {
        assert_eq!(percent(5, 1000, Rounding::Up).step(Amount(200_000_001), 1), 1_000_001);
        assert_eq!(percent(5, 1000, Rounding::Down).step(Amount(200_000_001), 1), 1_000_000);
        assert_eq!(percent(1, 3, Rounding::Up).step(Amount(9), 1), 3);
        assert_eq!(percent(1, 1000, Rounding::Down).step(Amount(5), 1), 1, "a step is never zero");
    }

    #[test]
    fn a_percentage_is_rounded_to_whole_multiples_of_the_precision() {
        let steps = |rounding| [1_000, 2_000, 2_001].map(|top| percent(5, 100, rounding).step(Amount(top), 100));
        assert_eq!(steps(Rounding::Up), [100, 100, 200]);
        assert_eq!(steps(Rounding::Down), [100, 100, 100], "a step is never zero");
        assert_eq!(percent(i64::MAX, 1, Rounding::Up).step(Amount(i64::MAX), i64::MAX), i64::MAX);
    }

    #[test]
    fn a_step_beyond_64_bits_is_the_greatest_amount() {
        assert_eq!(percent(i64::MAX, 1, Rounding::Up).step(Amount(i64::MAX), 1), i64::MAX);
    }

    #[test]
    fn a_table_takes_the_last_row_not_above_the_top() {
        let table = Increment::Table(vec![
            StepRow { from: 0, step: 5 },
            StepRow { from: 100, step: 10 },
            StepRow { from: 1_000, step: 50 },
        ]);
        let steps = [1, 99, 100, 999, 1_000, i64::MAX].map(|top| table.step(Amount(top), 1));
        assert_eq!(steps, [5, 5, 10, 10, 50, 50]);
    }
}

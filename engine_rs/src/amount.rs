//! Money: whole minor units of a lot's currency in 64 bits.
//!
//! An amount never holds a fraction and is never a float. Sums are checked, products are taken in 128 bits.

use std::fmt;

use thiserror::Error;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountTextError {
    /// The text has another shape than digits with at most one point.
    #[error("expected ASCII digits with at most one point, as 319 or 319.50")]
    Malformed,
    /// The amount has a fraction of a minor unit.
    #[error("expected at most {scale} digits after the point: more would be a fraction of a minor unit")]
    Fraction {
        /// The digits that the unit allows.
        scale: u8,
    },
    /// The amount does not fit.
    #[error("expected at most {} minor units", i64::MAX)]
    TooLarge,
}

/// A number of minor units (分 for yuan), as a bid or a price states it. Any `i64` is representable; rules decide what is
/// acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i64);

impl Amount {
    /// Returns the number of minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Returns the amount that `text` states in a unit of 10^`scale` minor units. Nothing is rounded.
    ///
    /// # Errors
    /// [`AmountTextError`] says what was expected. Zeros behind the last place are no fraction.
    pub fn parse(text: &str, scale: u8) -> Result<Self, AmountTextError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || (text.contains('.') && !digits(fraction)) {
            return Err(AmountTextError::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        let places = usize::from(scale);
        if fraction.len() > places {
            return Err(AmountTextError::Fraction { scale });
        }
        let padding = std::iter::repeat_n(b'0', places.saturating_sub(fraction.len()));
        let mut minor: i64 = 0;
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            let next = minor.checked_mul(10).and_then(|tens| tens.checked_add(i64::from(digit.saturating_sub(b'0'))));
            minor = next.ok_or(AmountTextError::TooLarge)?;
        }
        Ok(Self(minor))
    }

    /// Returns the sum, or `None` where it exceeds 64 bits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_exactly_in_its_unit() {
        assert_eq!(Amount::parse("319", 6), Ok(Amount(319_000_000)));
        assert_eq!(Amount::parse("1234567.89", 2), Ok(Amount(123_456_789)));
        assert_eq!(Amount::parse("10.2312", 6), Ok(Amount(10_231_200)));
        assert_eq!(Amount::parse("0.5000000000", 1), Ok(Amount(5)), "zeros behind the last place are no fraction");
        assert_eq!(Amount::parse("9223372036854775807", 0), Ok(Amount(i64::MAX)));
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        for text in ["", ".", "1.", ".5", "1,000", "1_000", "-1", "+1", " 1", "1e3", "１２", "NaN", "1.2.3", "0x1"] {
            assert_eq!(Amount::parse(text, 2), Err(AmountTextError::Malformed), "{text:?}");
        }
        assert_eq!(Amount::parse("0.001", 2), Err(AmountTextError::Fraction { scale: 2 }));
        assert_eq!(Amount::parse("9223372036854775808", 0), Err(AmountTextError::TooLarge));
    }
}

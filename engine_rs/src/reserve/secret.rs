//! What a keeper types: an amount and a passphrase, each in locked memory that is zeroed when it goes.
//!
//! Neither can be cloned, printed or serialised. An error says what was expected and never what came.

use std::fmt;

use super::locked::{CannotHoldReserve, Locked};
use super::scrub::scrubbed;
use crate::amount::Amount;

/// The longest passphrase, in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

/// An amount that must stay secret.
pub struct SecretAmount(Locked<8>);

impl SecretAmount {
    /// Returns the secret amount of so many minor units.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub fn from_minor(minor: i64) -> Result<Self, CannotHoldReserve> {
        let mut amount = Locked::new()?;
        *amount = minor.to_le_bytes();
        Ok(Self(amount))
    }

    /// Returns the amount that `text` states in a unit of 10^`scale` minor units: ASCII digits, and after one point up to
    /// `scale` digits more. No sign, space or separator.
    ///
    /// # Errors
    /// [`AmountTextError`], which never says what the text was.
    pub fn parse(text: &[u8], scale: u8) -> Result<Self, AmountTextError> {
        let mut minor = Self(Locked::new()?);
        scrubbed(|| minor.read(text, scale)).map(|()| minor)
    }

    fn read(&mut self, text: &[u8], scale: u8) -> Result<(), AmountTextError> {
        let (whole, fraction) = match text.iter().position(|&byte| byte == b'.') {
            Some(point) => (text.get(..point).unwrap_or_default(), text.get(point + 1..)),
            None => (text, None),
        };
        let fraction_fits = fraction.is_none_or(|digits| (1..=usize::from(scale)).contains(&digits.len()));
        if whole.is_empty() || !fraction_fits {
            return Err(AmountTextError::Malformed { scale });
        }
        let fraction = fraction.unwrap_or_default();
        let missing_zeros = usize::from(scale).saturating_sub(fraction.len());
        for &digit in whole.iter().chain(fraction).chain(std::iter::repeat_n(&b'0', missing_zeros)) {
            if !digit.is_ascii_digit() {
                return Err(AmountTextError::Malformed { scale });
            }
            let before = self.expose().minor();
            let shifted = before.checked_mul(10).and_then(|value| value.checked_add(i64::from(digit - b'0')));
            *self.0 = shifted.ok_or(AmountTextError::TooLarge)?.to_le_bytes();
        }
        Ok(())
    }

    /// Returns whether both are the same amount.
    pub(super) fn equals(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }

    /// Returns the amount, for a caller that is scrubbed.
    pub(super) fn expose(&self) -> Amount {
        Amount(i64::from_le_bytes(*self.0))
    }
}

impl fmt::Debug for SecretAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAmount(..)")
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountTextError {
    /// It is not a decimal number of the unit.
    #[error(
        "expected an amount in the digits 0 to 9 with at most {scale} digits after the point, without sign, space or separator"
    )]
    Malformed {
        /// The greatest number of digits after the point.
        scale: u8,
    },
    /// It does not fit into 64 bits.
    #[error("expected an amount of at most 9223372036854775807 minor units")]
    TooLarge,
    /// There is no locked memory for it.
    #[error(transparent)]
    CannotHoldReserve(#[from] CannotHoldReserve),
}

/// A passphrase.
pub struct Passphrase(Line);

impl Passphrase {
    /// Returns the passphrase of these bytes, which are used exactly as they are: no trimming, no normalisation.
    ///
    /// # Errors
    /// [`PassphraseError`] if there are more than [`MAX_PASSPHRASE_BYTES`], or no memory could be locked.
    pub fn new(bytes: &[u8]) -> Result<Self, PassphraseError> {
        let mut line = Line::new()?;
        bytes.iter().try_for_each(|byte| line.push(*byte)).ok_or(PassphraseError::TooLong)?;
        Ok(Self(line))
    }

    /// Returns the passphrase that was typed as a line.
    pub(super) fn of_line(line: Line) -> Self {
        Self(line)
    }

    /// Returns whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// Why bytes are no passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// There are too many.
    #[error("expected a passphrase of at most {MAX_PASSPHRASE_BYTES} bytes")]
    TooLong,
    /// There is no locked memory for it.
    #[error(transparent)]
    CannotHoldReserve(#[from] CannotHoldReserve),
}

/// A line that is being typed: at most [`MAX_PASSPHRASE_BYTES`].
pub(super) struct Line {
    bytes: Locked<MAX_PASSPHRASE_BYTES>,
    length: usize,
}

impl Line {
    /// Returns an empty line.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub(super) fn new() -> Result<Self, CannotHoldReserve> {
        Ok(Self { bytes: Locked::new()?, length: 0 })
    }

    /// Appends a byte, or returns `None` if the line is full.
    pub(super) fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length = self.length.saturating_add(1);
        Some(())
    }

    /// Takes the last byte away.
    pub(super) fn pop(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn minor(text: &str, scale: u8) -> Result<Amount, AmountTextError> {
        SecretAmount::parse(text.as_bytes(), scale).map(|amount| amount.expose())
    }

    #[test]
    fn an_amount_is_decimal_in_its_unit() {
        for (text, scale, expected) in [
            ("0", 0, 0),
            ("1", 2, 100),
            ("12.3", 2, 1230),
            ("12.34", 2, 1234),
            ("0.01", 2, 1),
            ("12345.678901", 6, 12_345_678_901),
            ("007", 0, 7),
            ("9.223372036854775807", 18, i64::MAX),
            ("9223372036854775807", 0, i64::MAX),
        ] {
            assert_eq!(minor(text, scale), Ok(Amount(expected)), "{text} at scale {scale}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_without_repeating_it() {
        for (text, scale) in [
            ("", 2),
            (".", 2),
            (".5", 2),
            ("5.", 2),
            ("1.234", 2),
            ("1.0", 0),
            ("-1", 2),
            ("+1", 2),
            (" 1", 2),
            ("1 ", 2),
            ("1_000", 2),
            ("1,000", 2),
            ("1e3", 2),
            ("0x10", 2),
            ("1.2.3", 4),
            ("１２", 2),
            ("٣", 2),
            ("万", 2),
            ("NaN", 2),
        ] {
            assert_eq!(minor(text, scale), Err(AmountTextError::Malformed { scale }), "{text:?}");
        }
        for (text, scale) in [("9223372036854775808", 0), ("92233720368547758.08", 2), ("10", 18)] {
            assert_eq!(minor(text, scale), Err(AmountTextError::TooLarge), "{text:?}");
        }
        let said = AmountTextError::Malformed { scale: 2 }.to_string();
        assert!(said.starts_with("expected an amount in the digits 0 to 9 with at most 2 digits"), "{said}");
    }

    #[test]
    fn secrets_print_nothing() {
        let shown =
            format!("{:?} {:?}", SecretAmount::from_minor(77_777).unwrap(), Passphrase::new(b"open sesame").unwrap());
        assert_eq!(shown, "SecretAmount(..) Passphrase(..)");
    }
}

//! What a keeper types: an amount and a passphrase, in buffers that are zeroed when they go.
//!
//! Neither can be cloned, printed or serialised. An error says what was expected and never what came.

use std::fmt;

use zeroize::Zeroizing;

use crate::amount::Amount;

/// The longest passphrase, in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

/// An amount that must stay secret.
pub struct SecretAmount(Box<Zeroizing<i64>>);

impl SecretAmount {
    /// Returns the secret amount of so many minor units.
    #[must_use]
    pub fn from_minor(minor: i64) -> Self {
        Self(Box::new(Zeroizing::new(minor)))
    }

    /// Returns the amount that `text` states in a unit of 10^`scale` minor units: ASCII digits, and after one point up to
    /// `scale` digits more. No sign, space or separator.
    ///
    /// # Errors
    /// [`AmountTextError`], which never says what the text was.
    pub fn parse(text: &[u8], scale: u8) -> Result<Self, AmountTextError> {
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
        let digits = whole.iter().chain(fraction).chain(std::iter::repeat_n(&b'0', missing_zeros));
        let mut minor = Self::from_minor(0);
        for &digit in digits {
            if !digit.is_ascii_digit() {
                return Err(AmountTextError::Malformed { scale });
            }
            let shifted = minor.0.checked_mul(10).and_then(|value| value.checked_add(i64::from(digit - b'0')));
            **minor.0 = shifted.ok_or(AmountTextError::TooLarge)?;
        }
        Ok(minor)
    }

    pub(super) fn expose(&self) -> Amount {
        Amount(**self.0)
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
}

/// A passphrase.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Returns the passphrase of these bytes, which are used exactly as they are: no trimming, no normalisation.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
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
        let shown = format!("{:?} {:?}", SecretAmount::from_minor(77_777), Passphrase::new(b"open sesame".to_vec()));
        assert_eq!(shown, "SecretAmount(..) Passphrase(..)");
    }
}

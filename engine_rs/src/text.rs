//! Text that a record may carry: validated once, here, then trusted.

use std::borrow::Borrow;
use std::fmt;

use thiserror::Error;

/// The longest text in bytes of UTF-8.
pub const MAX_TEXT: usize = 255;
/// The longest name in bytes of UTF-8.
pub const MAX_NAME: usize = 64;

/// Why a text cannot stand in a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextError {
    /// A name is empty.
    #[error("expected a name of 1 to {MAX_NAME} bytes, received an empty one")]
    Empty,
    /// The text is too long.
    #[error("expected at most {limit} bytes of UTF-8, received {length}")]
    TooLong {
        /// The most bytes allowed.
        limit: usize,
        /// The bytes received.
        length: usize,
    },
    /// The text holds a control character.
    #[error("expected text without control characters, received U+{code:04X} at byte {position}")]
    Control {
        /// The code point.
        code: u32,
        /// Its byte offset.
        position: usize,
    },
}

impl TextError {
    /// Returns the fault in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Empty => format!("应为 1 至 {MAX_NAME} 字节的名称，实为空"),
            Self::TooLong { limit, length } => format!("至多 {limit} 字节（UTF-8），实为 {length}"),
            Self::Control { code, position } => {
                format!("不得含控制字符，第 {position} 字节处为 U+{code:04X}")
            }
        }
    }
}

/// A text of 0 to 255 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Text(Box<str>);

/// A text of 1 to 64 bytes: the name of a lot, a bidder, a currency or an auction type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Box<str>);

impl Text {
    /// Returns the validated text.
    ///
    /// # Errors
    /// [`TextError`] where the text is too long or holds a control character.
    pub fn new(text: &str) -> Result<Self, TextError> {
        check(text, MAX_TEXT)?;
        Ok(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// Returns the validated name.
    ///
    /// # Errors
    /// [`TextError`] where the name is empty, too long or holds a control character.
    pub fn new(name: &str) -> Result<Self, TextError> {
        if name.is_empty() {
            return Err(TextError::Empty);
        }
        check(name, MAX_NAME)?;
        Ok(Self(name.into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn check(text: &str, limit: usize) -> Result<(), TextError> {
    if text.len() > limit {
        return Err(TextError::TooLong { limit, length: text.len() });
    }
    // Among them U+009B, with which a name could steer the terminal of whoever reads the journal.
    let control = text.char_indices().find(|(_, c)| c.is_control());
    match control {
        Some((position, c)) => Err(TextError::Control { code: u32::from(c), position }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field_are_accepted() {
        for name in ["001", "F2149", "竞买人·七", "0x47144372eb383466D18FC91DB9Cd0396Aa6c87A4", "NA"] {
            assert_eq!(Name::new(name).map(|n| n.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn empty_long_and_control_names_are_refused_with_what_came() {
        assert_eq!(Name::new(""), Err(TextError::Empty));
        assert_eq!(Name::new(&"x".repeat(65)), Err(TextError::TooLong { limit: 64, length: 65 }));
        assert_eq!(Name::new("a\0b"), Err(TextError::Control { code: 0, position: 1 }));
        assert_eq!(Text::new("a\u{7f}"), Err(TextError::Control { code: 127, position: 1 }));
        assert_eq!(Text::new("a\u{9b}31m"), Err(TextError::Control { code: 0x9b, position: 1 }));
        assert_eq!(Text::new(&"万".repeat(86)), Err(TextError::TooLong { limit: 255, length: 258 }));
    }
}

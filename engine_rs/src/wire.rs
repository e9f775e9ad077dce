//! Little-endian fields: the one writer and the one strict reader of everything that has canonical bytes.

use thiserror::Error;

use crate::text::{Name, Text, TextError};

/// Why bytes are not a canonical value. Says where and what was met.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end inside a field.
    #[error("the bytes end at {length}, expected a field of {needed} at offset {offset}")]
    Short {
        /// Where the field begins.
        offset: usize,
        /// The field's size.
        needed: usize,
        /// Where the bytes end.
        length: usize,
    },
    /// Bytes follow the last field.
    #[error("expected the end at offset {offset}, received {extra} more bytes")]
    Trailing {
        /// Where the value ends.
        offset: usize,
        /// How many bytes follow.
        extra: usize,
    },
    /// A number stands for something that this release does not know: a type, a reason, a rule key, an enum value.
    #[error("{field}: this release knows {expected}, received {received} at offset {offset}")]
    Unknown {
        /// The field's name in FORMAT.md.
        field: &'static str,
        /// What is known.
        expected: &'static str,
        /// What came.
        received: u32,
        /// Where the field begins.
        offset: usize,
    },
    /// A field has a value that is not allowed or not canonical.
    #[error("{field}: expected {expected}, received {received} at offset {offset}")]
    Value {
        /// The field's name in FORMAT.md.
        field: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What came, as a number.
        received: i128,
        /// Where the field begins.
        offset: usize,
    },
    /// A text field breaks the rules for text.
    #[error("text at offset {offset}: {source}")]
    Text {
        /// Where the field begins.
        offset: usize,
        /// What is wrong with it.
        source: TextError,
    },
    /// A text field is not UTF-8.
    #[error("text at offset {offset} is not UTF-8")]
    NotUtf8 {
        /// Where the field begins.
        offset: usize,
    },
    /// The rules of a lot contradict each other.
    #[error("the lot's rules are not valid: {0}")]
    Rules(String),
    /// The fields of a record contradict each other.
    #[error("expected {expected}, received {received}")]
    Contradiction {
        /// What the fields that every record begins with, or the record's type, demand.
        expected: &'static str,
        /// What came.
        received: String,
    },
}

impl WireError {
    /// Returns whether nothing is wrong with the bytes but that another release wrote them.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// Appends fields to a buffer.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut Vec<u8>);

impl Writer<'_> {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    pub(crate) fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len().saturating_add(count), 0);
    }

    /// Appends a text. [`Text`] and [`Name`] hold at most 255 bytes, so the length fits.
    fn str(&mut self, text: &str) {
        self.u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.bytes(text.as_bytes());
    }

    /// Appends a part of what is hashed (FORMAT.md A.6): its length in 16 bits, then its bytes.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        self.bytes(bytes);
    }

    pub(crate) fn text(&mut self, text: &Text) {
        self.str(text.as_str());
    }

    pub(crate) fn name(&mut self, name: &Name) {
        self.str(name.as_str());
    }
}

/// Reads fields from a slice, front to back, and refuses everything that the writer would not have written.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let end = self.offset.saturating_add(count);
        let field = self.bytes.get(self.offset..end).ok_or(WireError::Short {
            offset: self.offset,
            needed: count,
            length: self.bytes.len(),
        })?;
        self.offset = end;
        Ok(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, WireError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn zeros(&mut self, count: usize) -> Result<(), WireError> {
        let offset = self.offset;
        match self.take(count)?.iter().find(|byte| **byte != 0) {
            None => Ok(()),
            Some(byte) => {
                Err(WireError::Value { field: "reserved", expected: "zero", received: i128::from(*byte), offset })
            }
        }
    }

    fn str(&mut self) -> Result<&'a str, WireError> {
        let offset = self.offset;
        let length = usize::from(self.u8()?);
        std::str::from_utf8(self.take(length)?).map_err(|_| WireError::NotUtf8 { offset })
    }

    pub(crate) fn text(&mut self) -> Result<Text, WireError> {
        let offset = self.offset;
        Text::new(self.str()?).map_err(|source| WireError::Text { offset, source })
    }

    pub(crate) fn name(&mut self) -> Result<Name, WireError> {
        let offset = self.offset;
        Name::new(self.str()?).map_err(|source| WireError::Text { offset, source })
    }

    /// Reads one byte and maps it to a value of an enum, or says which values are known.
    pub(crate) fn choice<T>(
        &mut self,
        field: &'static str,
        expected: &'static str,
        from: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T, WireError> {
        let offset = self.offset;
        let byte = self.u8()?;
        from(byte).ok_or(WireError::Unknown { field, expected, received: u32::from(byte), offset })
    }

    /// Reads a byte from 0 to `most`.
    pub(crate) fn up_to(&mut self, field: &'static str, expected: &'static str, most: u8) -> Result<u8, WireError> {
        let offset = self.offset;
        let byte = self.u8()?;
        let wrong = WireError::Value { field, expected, received: i128::from(byte), offset };
        if byte <= most { Ok(byte) } else { Err(wrong) }
    }

    /// Reads an integer of which `allowed` holds.
    pub(crate) fn i64_where(
        &mut self,
        field: &'static str,
        expected: &'static str,
        allowed: impl FnOnce(i64) -> bool,
    ) -> Result<i64, WireError> {
        let offset = self.offset;
        let value = self.i64()?;
        let wrong = WireError::Value { field, expected, received: i128::from(value), offset };
        if allowed(value) { Ok(value) } else { Err(wrong) }
    }

    /// Reads a text that is not empty.
    pub(crate) fn stated(&mut self, field: &'static str) -> Result<Text, WireError> {
        let offset = self.offset;
        let text = self.text()?;
        let wrong = WireError::Value { field, expected: "a text that is not empty", received: 0, offset };
        if text.as_str().is_empty() { Err(wrong) } else { Ok(text) }
    }

    pub(crate) fn end(&self) -> Result<(), WireError> {
        match self.bytes.len().saturating_sub(self.offset) {
            0 => Ok(()),
            extra => Err(WireError::Trailing { offset: self.offset, extra }),
        }
    }
}

/// Declares an enum whose variants have stable numbers and stable codes.
macro_rules! coded_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)* }

        impl $name {
            /// Every value, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// The codes, for messages.
            pub const CODES: &'static str = concat!($($code, " ",)*);

            /// Returns the stable number.
            #[must_use]
            pub const fn number(self) -> u8 { self as u8 }

            /// Returns the stable code.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// Returns the value of a number, if there is one.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Returns the value of a code, if there is one.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use coded_enum;

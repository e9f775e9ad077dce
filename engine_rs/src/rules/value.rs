//! How a rule that is off when absent is stated and written: the types of values, and the table's columns made into code.

use super::canonical::whole;
use super::fault::{RuleError, told, wrong};
use super::open_time::Span;
use crate::time::Timestamp;
use crate::wire::{Reader, WireError, Writer};

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub i64);

/// A rule's value as a caller states it and as it is shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A number: of minor units, of nanoseconds, of things.
    Whole(i64),
    /// The code of a choice.
    Word(String),
    /// Spans of time, as pairs of nanoseconds.
    Spans(Vec<(i64, i64)>),
    /// Hashes.
    Hashes(Vec<[u8; 32]>),
}

/// A type of values: its tag, its bytes, and how callers state it.
pub(super) trait Value: Sized {
    const TAG: u8;
    /// What callers state: "amount", "length", "count", "spans", "hashes" or "choice".
    const KIND: &'static str;
    /// The codes of a choice.
    const CODES: &'static str = "";
    /// How many there are.
    const CHOICES: usize = 0;
    fn write(&self, w: &mut Writer<'_>);
    fn read(bytes: &[u8], name: &'static str) -> Result<Self, WireError>;
    fn take(given: Given, name: &'static str) -> Result<Self, RuleError>;
    fn show(&self) -> Given;
}

/// A rule that is off when absent, as callers and readers know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionalRule {
    /// Its name in FORMAT.md.
    pub name: &'static str,
    /// The name under which callers of the engine state it.
    pub keyword: &'static str,
    /// What they state: "amount", "length", "count", "spans", "hashes" or "choice".
    pub kind: &'static str,
    /// The codes of a choice, with spaces between them.
    pub codes: &'static str,
    /// What it is called in English and Chinese; none for one that the auction types derive.
    pub label: Option<(&'static str, &'static str)>,
    /// The codes in words, in English and Chinese.
    pub choices: &'static [(&'static str, &'static str)],
}

/// Makes the rules of a table: key, name, type, the name under which callers state it, and its name and its choices for
/// readers.
macro_rules! optional_rules {
    ($(
        $(#[$doc:meta])*
        $key:literal $name:ident: $type:ty, $word:literal
        $(, $en:literal $zh:literal $(, [$($choice_en:literal $choice_zh:literal),* $(,)?])?)?;
    )*) => {
        /// The rules that are off when absent (FORMAT.md B.1, from key 22 on).
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct OptionalRules { $($(#[$doc])* pub $name: Option<$type>,)* }

        impl OptionalRules {
            /// Takes the bytes of an entry. Returns whether its key is one of these.
            pub(super) fn read(&mut self, key: u16, tag: u8, offset: usize, bytes: &[u8]) -> Result<bool, WireError> {
                match key {
                    $($key => {
                        expect_tag(tag, <$type as Value>::TAG, offset)?;
                        self.$name = Some(<$type as Value>::read(bytes, stringify!($name))?);
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Gives every entry, in the order of keys.
            pub(super) fn write(&self, mut entry: impl FnMut(u16, u8, &[u8])) {
                $(if let Some(value) = &self.$name {
                    let mut bytes = Vec::new();
                    value.write(&mut Writer(&mut bytes));
                    entry($key, <$type as Value>::TAG, &bytes);
                })*
            }

            /// Takes a value as a caller states it. Returns whether there is a rule of that name.
            ///
            /// # Errors
            /// [`RuleError`] where the value is not of the rule's kind.
            pub fn state(&mut self, word: &str, given: Given) -> Result<bool, RuleError> {
                match word {
                    $($word => self.$name = Some(Value::take(given, stringify!($name))?),)*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Returns the rules that are on, by the names under which callers state them.
            #[must_use]
            pub fn stated(&self) -> Vec<(&'static str, Given)> {
                let all = [$(($word, self.$name.as_ref().map(Value::show)),)*];
                all.into_iter().filter_map(|(word, value)| Some((word, value?))).collect()
            }

            /// Every one, in the order of keys.
            pub const ALL: &[OptionalRule] = &[$({
                let label: &[(&str, &str)] = &[$(($en, $zh))?];
                let choices: &[(&str, &str)] = &[$($($(($choice_en, $choice_zh),)*)?)?];
                assert!(choices.len() == <$type as Value>::CHOICES, "every choice has its words");
                OptionalRule {
                    name: stringify!($name),
                    keyword: $word,
                    kind: <$type as Value>::KIND,
                    codes: <$type as Value>::CODES,
                    label: label.first().copied(),
                    choices,
                }
            },)*];
        }

        /// The last key that this release knows.
        pub(super) const LAST_KEY: Option<&u16> = [$($key as u16,)*].last();
    };
}

pub(super) fn expect_tag(found: u8, expected: u8, offset: usize) -> Result<(), WireError> {
    if found == expected {
        return Ok(());
    }
    Err(WireError::Value { field: "rule tag", expected: "the key's own tag", received: i128::from(found), offset })
}

fn whole_number(given: Given, name: &'static str) -> Result<i64, RuleError> {
    match given {
        Given::Whole(value) => Ok(value),
        other => wrong(name, told!("expected a whole number, received {0}", "应为整数，实为 {0}", word(other.plain()))),
    }
}

impl Value for i64 {
    const TAG: u8 = 1;
    const KIND: &'static str = "amount";

    fn write(&self, w: &mut Writer<'_>) {
        w.i64(*self);
    }

    fn read(bytes: &[u8], _: &'static str) -> Result<Self, WireError> {
        whole(bytes, Reader::i64)
    }

    fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
        whole_number(given, name)
    }

    fn show(&self) -> Given {
        Given::Whole(*self)
    }
}

impl Value for u32 {
    const TAG: u8 = 1;
    const KIND: &'static str = "count";

    fn write(&self, w: &mut Writer<'_>) {
        w.i64(i64::from(*self));
    }

    fn read(bytes: &[u8], name: &'static str) -> Result<Self, WireError> {
        let count = whole(bytes, Reader::i64)?;
        Self::try_from(count)
            .map_err(|_| WireError::Rules(format!("{name}: expected 1 to {}, received {count}", Self::MAX)))
    }

    fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
        let count = whole_number(given, name)?;
        Self::try_from(count).or_else(|_| {
            wrong(
                name,
                told!("expected 1 to {0}, received {1}", "应为 1 至 {0}，实为 {1}", number(Self::MAX), number(count)),
            )
        })
    }

    fn show(&self) -> Given {
        Given::Whole(i64::from(*self))
    }
}

impl Value for Duration {
    const TAG: u8 = 1;
    const KIND: &'static str = "length";

    fn write(&self, w: &mut Writer<'_>) {
        w.i64(self.0);
    }

    fn read(bytes: &[u8], _: &'static str) -> Result<Self, WireError> {
        whole(bytes, Reader::i64).map(Self)
    }

    fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
        whole_number(given, name).map(Self)
    }

    fn show(&self) -> Given {
        Given::Whole(self.0)
    }
}

impl Value for Vec<Span> {
    const TAG: u8 = 6;
    const KIND: &'static str = "spans";

    fn write(&self, w: &mut Writer<'_>) {
        for span in self {
            w.i64(span.from.0);
            w.i64(span.until.0);
        }
    }

    fn read(bytes: &[u8], name: &'static str) -> Result<Self, WireError> {
        if !bytes.len().is_multiple_of(16) {
            return Err(WireError::Rules(format!("{name}: {} bytes, expected rows of 16", bytes.len())));
        }
        let rows = bytes.chunks_exact(16);
        let span = |r: &mut Reader<'_>| Ok(Span { from: Timestamp(r.i64()?), until: Timestamp(r.i64()?) });
        rows.map(|row| whole(row, span)).collect()
    }

    fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
        let Given::Spans(spans) = given else {
            return wrong(
                name,
                told!("expected pairs of times, received {0}", "应为若干时间对，实为 {0}", word(given.plain())),
            );
        };
        Ok(spans.into_iter().map(|(from, until)| Span { from: Timestamp(from), until: Timestamp(until) }).collect())
    }

    fn show(&self) -> Given {
        Given::Spans(self.iter().map(|span| (span.from.0, span.until.0)).collect())
    }
}

/// Makes values of choices.
macro_rules! choices {
    ($($type:ty)*) => {$(
        impl Value for $type {
            const TAG: u8 = 2;
            const KIND: &'static str = "choice";
            const CODES: &'static str = Self::CODES;
            const CHOICES: usize = Self::ALL.len();

            fn write(&self, w: &mut Writer<'_>) {
                w.u8(self.number());
            }

            fn read(bytes: &[u8], name: &'static str) -> Result<Self, WireError> {
                if bytes.len() != 1 {
                    return Err(WireError::Rules(format!("{name}: {} bytes, expected 1", bytes.len())));
                }
                whole(bytes, |r| r.choice(name, "the values that FORMAT.md lists", Self::from_number))
            }

            fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
                let known = if let Given::Word(word) = &given { Self::from_code(word) } else { None };
                known.ok_or_else(|| RuleError::new(name, crate::rules::Problem::one_of(Self::CODES, given.plain())))
            }

            fn show(&self) -> Given {
                Given::Word(self.code().to_owned())
            }
        }
    )*};
}

impl Value for Vec<[u8; 32]> {
    const TAG: u8 = 7;
    const KIND: &'static str = "hashes";

    fn write(&self, w: &mut Writer<'_>) {
        for hash in self {
            w.bytes(hash);
        }
    }

    fn read(bytes: &[u8], name: &'static str) -> Result<Self, WireError> {
        if !bytes.len().is_multiple_of(32) {
            return Err(WireError::Rules(format!("{name}: {} bytes, expected hashes of 32", bytes.len())));
        }
        Ok(bytes.chunks_exact(32).filter_map(|hash| hash.first_chunk().copied()).collect())
    }

    fn take(given: Given, name: &'static str) -> Result<Self, RuleError> {
        if let Given::Hashes(hashes) = given {
            return Ok(hashes);
        }
        wrong(
            name,
            told!(
                "expected hashes of 32 bytes, received {0}",
                "应为若干 32 字节的散列值，实为 {0}",
                word(given.plain())
            ),
        )
    }

    fn show(&self) -> Given {
        Given::Hashes(self.clone())
    }
}

impl Given {
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Whole(value) => value.to_string(),
            Self::Word(word) => format!("{word:?}"),
            Self::Spans(spans) => format!("{spans:?}"),
            Self::Hashes(hashes) => format!("{} hashes", hashes.len()),
        }
    }
}

pub(super) use {choices, optional_rules};

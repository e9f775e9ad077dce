//! What is wrong with rules, told in English and Chinese beside the constraint that finds it.
//!
//! A fault of rules is in no record, so it needs no number for ever, as a refusal does. Figures stay apart from the words:
//! whoever shows them knows the unit of amounts.

use std::fmt;

use thiserror::Error;

use crate::time::Timestamp;

/// Rules that contradict each other or leave something open. Names the parameter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{parameter}: {place}{problem}")]
pub struct RuleError {
    /// The parameter as FORMAT.md names it.
    pub parameter: &'static str,
    /// Where in the parameter, if that is known.
    pub place: Place,
    /// What was expected and what came.
    pub problem: Problem,
}

/// Where in a parameter something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The index of a phase.
    pub phase: Option<usize>,
    /// What of the phase.
    pub part: Option<Part>,
}

/// What of a phase is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How long it is.
    Length,
    /// When it ends.
    EndsAt,
    /// What bids extend it to.
    Extension,
    /// In which last part of it bids extend it.
    Window,
    /// Where extensions end.
    HardEnd,
}

impl Part {
    /// Returns its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::EndsAt => "ends_at",
            Self::Extension => "extension",
            Self::Window => "window",
            Self::HardEnd => "hard_end",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.phase {
            write!(f, "phase {index}: ")?;
        }
        self.part.map_or(Ok(()), |part| write!(f, "{}: ", part.code()))
    }
}

/// What was expected and what came: a sentence in each language with places `{0}`, `{1}`… for its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The sentence in English.
    pub english: &'static str,
    /// The sentence in Chinese.
    pub chinese: &'static str,
    /// What stands in the places.
    pub figures: Vec<Figure>,
}

/// What stands in a place of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// A number of things.
    Number(i64),
    /// Minor units.
    Amount(i64),
    /// Nanoseconds.
    Length(i64),
    /// A point in time.
    Time(Timestamp),
    /// A word or what a caller stated, as it is.
    Word(String),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) | Self::Amount(value) => write!(f, "{value}"),
            Self::Length(ns) => write!(f, "{ns} ns"),
            Self::Time(time) => write!(f, "{time} ns"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl Figure {
    /// Returns a number of things.
    pub(crate) fn number(value: impl TryInto<i64>) -> Self {
        Self::Number(value.try_into().unwrap_or(i64::MAX))
    }

    /// Returns an amount.
    pub(crate) const fn amount(minor: i64) -> Self {
        Self::Amount(minor)
    }

    /// Returns a length of time.
    pub(crate) const fn length(ns: i64) -> Self {
        Self::Length(ns)
    }

    /// Returns a point in time.
    pub(crate) const fn time(time: Timestamp) -> Self {
        Self::Time(time)
    }

    /// Returns a word.
    pub(crate) fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }
}

impl Problem {
    /// Returns that a word is none of some codes.
    #[must_use]
    pub fn one_of(codes: &str, received: impl Into<String>) -> Self {
        let codes: Vec<_> = codes.split_whitespace().collect();
        told!("expected one of {0}, received {1}", "应为 {0} 之一，实为 {1}", word(codes.join(", ")), word(received))
    }
}

/// Returns whether a sentence has exactly the places of so many figures.
pub(crate) const fn has_places(sentence: &str, figures: usize) -> bool {
    let (mut rest, mut met) = (sentence.as_bytes(), 0_u32);
    while let [byte, behind @ ..] = rest {
        if *byte == b'{' {
            match behind {
                [digit @ b'0'..=b'7', b'}', ..] => met |= 1 << (*digit - b'0'),
                _ => return false,
            }
        }
        rest = behind;
    }
    met == (1 << figures) - 1
}

/// Makes a [`Problem`]: a sentence in English, one in Chinese, and the figures of both. That each sentence has exactly their
/// places is checked where it is compiled.
macro_rules! told {
    ($english:literal, $chinese:literal $(, $kind:ident($figure:expr))* $(,)?) => {{
        const FIGURES: usize = <[&str]>::len(&[$(stringify!($kind)),*]);
        const { assert!($crate::rules::has_places($english, FIGURES), "places in English") };
        const { assert!($crate::rules::has_places($chinese, FIGURES), "places in Chinese") };
        let figures = vec![$($crate::rules::Figure::$kind($figure)),*];
        $crate::rules::Problem { english: $english, chinese: $chinese, figures }
    }};
}
pub(crate) use told;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.english;
        while let Some((words, behind)) = rest.split_once('{') {
            let (index, behind) = behind.split_once('}').unwrap_or((behind, ""));
            let figure = index.parse().ok().and_then(|index: usize| self.figures.get(index));
            f.write_str(words)?;
            figure.map_or(Ok(()), |figure| figure.fmt(f))?;
            rest = behind;
        }
        f.write_str(rest)
    }
}

impl RuleError {
    /// Returns a fault of a parameter.
    #[must_use]
    pub const fn new(parameter: &'static str, problem: Problem) -> Self {
        Self { parameter, place: Place { phase: None, part: None }, problem }
    }

    /// Returns the fault as one of a part of a phase.
    #[must_use]
    pub const fn of_part(mut self, part: Part) -> Self {
        self.place.part = Some(part);
        self
    }

    /// Returns the fault as one of the phase with an index.
    #[must_use]
    pub const fn of_phase(mut self, index: usize) -> Self {
        self.place.phase = Some(index);
        self
    }
}

/// Returns a fault of a parameter, as one that ends a check.
pub(super) fn wrong<T>(parameter: &'static str, problem: Problem) -> Result<T, RuleError> {
    Err(RuleError::new(parameter, problem))
}

/// Returns a fault whose sentence has no figures.
pub(super) fn fault<T>(parameter: &'static str, english: &'static str, chinese: &'static str) -> Result<T, RuleError> {
    wrong(parameter, Problem { english, chinese, figures: Vec::new() })
}

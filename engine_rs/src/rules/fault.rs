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

impl Problem {
    /// Returns a sentence without figures.
    #[must_use]
    pub const fn new(english: &'static str, chinese: &'static str) -> Self {
        Self { english, chinese, figures: Vec::new() }
    }

    /// Returns that a word is none of some codes.
    #[must_use]
    pub fn one_of(codes: &str, received: impl Into<String>) -> Self {
        let codes: Vec<_> = codes.split_whitespace().collect();
        let problem = Self::new("expected one of {0}, received {1}", "应为 {0} 之一，实为 {1}");
        problem.word(codes.join(", ")).word(received)
    }

    /// Adds the next figure.
    fn with(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// Adds a number of things.
    #[must_use]
    pub fn number(self, value: impl TryInto<i64>) -> Self {
        self.with(Figure::Number(value.try_into().unwrap_or(i64::MAX)))
    }

    /// Adds an amount.
    #[must_use]
    pub fn amount(self, minor: i64) -> Self {
        self.with(Figure::Amount(minor))
    }

    /// Adds a length of time.
    #[must_use]
    pub fn length(self, ns: i64) -> Self {
        self.with(Figure::Length(ns))
    }

    /// Adds a point in time.
    #[must_use]
    pub fn time(self, time: Timestamp) -> Self {
        self.with(Figure::Time(time))
    }

    /// Adds a word.
    #[must_use]
    pub fn word(self, word: impl Into<String>) -> Self {
        self.with(Figure::Word(word.into()))
    }
}

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
    wrong(parameter, Problem::new(english, chinese))
}

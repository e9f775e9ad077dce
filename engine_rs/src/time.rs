//! Points in time and lengths of time, in nanoseconds. The engine takes both as arguments and reads no clock.

use std::fmt;

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// The bytes of an absent time (`NONE` in FORMAT.md).
pub const NO_TIME: i64 = i64::MIN;

/// The longest duration that a rule may state: 10¹⁸ ns, about 31 years.
pub const MAX_DURATION_NS: i64 = 1_000_000_000_000_000_000;

impl Timestamp {
    /// The latest valid time, 2⁶² ns (in the year 2116). Valid times plus a valid duration cannot overflow.
    pub const MAX: Self = Self(1 << 62);

    /// Returns whether the time lies between 1970 and [`Timestamp::MAX`].
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 0 && self.0 <= Self::MAX.0
    }

    /// Returns the time `ns` later. Saturates, which valid times and durations cannot reach.
    #[must_use]
    pub const fn plus(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// Returns the nanoseconds from `earlier` to this time.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Returns the bytes' value of an optional time.
#[must_use]
pub fn to_wire(time: Option<Timestamp>) -> i64 {
    time.map_or(NO_TIME, |t| t.0)
}

/// Returns the optional time that a record's field states.
#[must_use]
pub fn from_wire(value: i64) -> Option<Timestamp> {
    (value != NO_TIME).then_some(Timestamp(value))
}

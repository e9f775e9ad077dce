//! The house's clock. The engine takes time as an argument; here it is read.

#![allow(clippy::disallowed_methods, reason = "this is the one place that reads a clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;

use super::errors::{misuse, wrong_argument};
use crate::time::Timestamp;

/// How far the wall clock may drift from the monotonic one before it is reported.
pub(super) const JUMP_NS: i64 = 1_000_000_000;
/// How often the two are compared: reading a second clock for every bid would cost as much as the decision.
const COMPARE_EVERY_NS: i64 = 100_000_000;

/// Real time: the wall clock at the start plus the monotonic clock since.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct SystemClock(Arc<Anchored>);

pub(super) struct Anchored {
    source: Source,
    wall_at_start: i64,
    mono_at_start: i64,
    /// The divergence that was reported already.
    reported: AtomicI64,
    compare_next: AtomicI64,
}

enum Source {
    Machine(Instant),
    /// Two hands that a test moves.
    Set {
        wall: AtomicI64,
        mono: AtomicI64,
    },
}

impl Source {
    fn wall(&self) -> i64 {
        match self {
            Self::Machine(_) => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
            }
            Self::Set { wall, .. } => wall.load(Ordering::Relaxed),
        }
    }

    fn mono(&self) -> i64 {
        match self {
            Self::Machine(start) => i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX),
            Self::Set { mono, .. } => mono.load(Ordering::Relaxed),
        }
    }
}

#[pymethods]
impl SystemClock {
    #[new]
    fn new() -> Self {
        Self(Arc::new(Anchored::new(Source::Machine(Instant::now()))))
    }

    /// Return a clock whose two hands a test moves, to rehearse a jump of the wall clock.
    #[staticmethod]
    fn for_tests(wall_ns: i64, monotonic_ns: i64) -> Self {
        let (wall, mono) = (AtomicI64::new(wall_ns), AtomicI64::new(monotonic_ns));
        Self(Arc::new(Anchored::new(Source::Set { wall, mono })))
    }

    /// Set the hands of a clock made by `for_tests`.
    fn set_hands(&self, wall_ns: i64, monotonic_ns: i64) -> PyResult<()> {
        match &self.0.source {
            Source::Machine(_) => {
                Err(misuse("expected a clock made by SystemClock.for_tests; real time cannot be set"))
            }
            Source::Set { wall, mono } => {
                wall.store(wall_ns, Ordering::Relaxed);
                mono.store(monotonic_ns, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Return the time in nanoseconds since 1970 UTC.
    fn now_ns(&self) -> i64 {
        self.0.now().0
    }

    fn __repr__(&self) -> String {
        format!("SystemClock(now_ns={})", self.now_ns())
    }
}

impl Anchored {
    fn new(source: Source) -> Self {
        let (wall_at_start, mono_at_start) = (source.wall(), source.mono());
        let (reported, compare_next) =
            (AtomicI64::new(0), AtomicI64::new(mono_at_start.saturating_add(COMPARE_EVERY_NS)));
        Self { source, wall_at_start, mono_at_start, reported, compare_next }
    }

    fn now(&self) -> Timestamp {
        let elapsed = self.source.mono().saturating_sub(self.mono_at_start);
        Timestamp(self.wall_at_start.saturating_add(elapsed))
    }

    /// Returns the time, or the wall clock's reading and the expected time where they diverge anew by over a second.
    fn checked(&self) -> Result<Timestamp, Jump> {
        let mono = self.source.mono();
        let expected = self.wall_at_start.saturating_add(mono.saturating_sub(self.mono_at_start));
        if mono < self.compare_next.load(Ordering::Relaxed) {
            return Ok(Timestamp(expected));
        }
        self.compare_next.store(mono.saturating_add(COMPARE_EVERY_NS), Ordering::Relaxed);
        let wall = self.source.wall();
        let divergence = wall.saturating_sub(expected);
        let reported = self.reported.load(Ordering::Relaxed);
        if divergence.saturating_sub(reported).saturating_abs() <= JUMP_NS {
            return Ok(Timestamp(expected));
        }
        self.reported.store(divergence, Ordering::Relaxed);
        Err(Jump { wall: Timestamp(wall), expected: Timestamp(expected) })
    }
}

/// A new divergence of the wall clock.
pub(super) struct Jump {
    pub(super) wall: Timestamp,
    pub(super) expected: Timestamp,
}

/// A clock that the caller sets, for tests, replays and platforms with a time service of their own.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct ManualClock(Arc<AtomicI64>);

#[pymethods]
impl ManualClock {
    #[new]
    #[pyo3(signature = (now_ns=0))]
    fn new(now_ns: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_ns)))
    }

    /// Return the time in nanoseconds since 1970 UTC.
    fn now_ns(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Set the time. It may be set back; stamps do not fall all the same.
    fn set(&self, now_ns: i64) {
        self.0.store(now_ns, Ordering::Relaxed);
    }

    /// Move the time by `ns` and return it.
    fn advance(&self, ns: i64) -> i64 {
        let moved = |now: i64| Some(now.saturating_add(ns));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved).map_or(0, |before| before.saturating_add(ns))
    }

    fn __repr__(&self) -> String {
        format!("ManualClock(now_ns={})", self.now_ns())
    }
}

/// The clock of one house.
#[derive(Clone)]
pub(super) enum HouseClock {
    System(Arc<Anchored>),
    Manual(Arc<AtomicI64>),
}

impl HouseClock {
    pub(super) fn from_python(clock: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(clock) = clock else { return Ok(Self::System(Arc::clone(&SystemClock::new().0))) };
        if let Ok(system) = clock.cast::<SystemClock>() {
            return Ok(Self::System(Arc::clone(&system.get().0)));
        }
        if let Ok(manual) = clock.cast::<ManualClock>() {
            return Ok(Self::Manual(Arc::clone(&manual.get().0)));
        }
        Err(misuse(format!("clock: expected SystemClock or ManualClock, received {}", clock.get_type().name()?)))
    }

    /// Returns the time, without looking for jumps.
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::System(anchored) => anchored.now(),
            Self::Manual(now) => Timestamp(now.load(Ordering::Relaxed)),
        }
    }

    /// Returns the time of a command.
    pub(super) fn checked(&self) -> Result<Timestamp, Jump> {
        match self {
            Self::System(anchored) => anchored.checked(),
            Self::Manual(_) => Ok(self.now()),
        }
    }

    /// Returns the time that `at=` states, if it may. Nothing moves yet.
    pub(super) fn stated(&self, at: i64) -> PyResult<Timestamp> {
        match self {
            Self::Manual(_) if !Timestamp(at).is_valid() => {
                let english = format!("expected a time from 1970 to 2116, received {at} ns");
                Err(wrong_argument("at", english, format!("应为 1970 至 2116 年间的时间，实为 {at} ns")))
            }
            Self::Manual(_) => Ok(Timestamp(at)),
            Self::System(_) => Err(misuse("at= works with a ManualClock only; a SystemClock stamps arrival itself")),
        }
    }

    /// Moves a clock that callers set to the time that a call stated.
    pub(super) fn move_to(&self, time: Timestamp) {
        if let Self::Manual(now) = self {
            now.store(time.0, Ordering::Relaxed);
        }
    }

    /// Returns whether the machine's clock goes on from here.
    pub(super) const fn is_real(&self) -> bool {
        matches!(self, Self::System(_))
    }
}

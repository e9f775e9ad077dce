//! An auction house without an auction: every method crosses the boundary,
//! does the one thing its name says and returns, so that the difference
//! between two methods is the price of that one thing.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyInt, PyString};

const ACCEPTED: u32 = 0;
const INCREMENT_MINOR: i64 = 500;

/// What a decision keeps alive after the call: the terms it was judged by.
struct Terms {
    increment_minor: i64,
}

/// The answer to one bid. It is frozen, so PyO3 keeps no borrow flag in it.
#[pyclass(frozen)]
struct Decision {
    #[pyo3(get)]
    sequence: u64,
    #[pyo3(get)]
    code: u32,
    #[pyo3(get)]
    lot: u32,
    #[pyo3(get)]
    bidder: u32,
    #[pyo3(get)]
    leader: u32,
    #[pyo3(get)]
    amount_minor: i64,
    #[pyo3(get)]
    price_minor: i64,
    #[pyo3(get)]
    decided_at_ns: u64,
    #[pyo3(get)]
    bid_count: u64,
    #[pyo3(get)]
    next_minimum_minor: Option<i64>,
    #[pyo3(get)]
    previous_leader: Option<u64>,
    #[pyo3(get)]
    reserve_gap_minor: Option<i64>,
    #[pyo3(get)]
    closes_at_ns: Option<u64>,
    terms: Arc<Terms>,
}

#[pymethods]
impl Decision {
    #[getter]
    fn increment_minor(&self) -> i64 {
        self.terms.increment_minor
    }
}

/// The state which a real house would change under its lock.
struct Floor {
    sequence: u64,
    lots: HashMap<String, u32>,
    bidders: HashMap<String, u32>,
}

impl Floor {
    fn with_names(count: u32) -> Self {
        let numbered = |kind: &str| (0..count).map(|n| (format!("{kind}-{n:06}"), n)).collect();
        Self {
            sequence: 0,
            lots: numbered("lot"),
            bidders: numbered("bidder"),
        }
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

fn handle(names: &HashMap<String, u32>, name: &str) -> PyResult<u32> {
    names
        .get(name)
        .copied()
        .ok_or_else(|| PyKeyError::new_err(name.to_owned()))
}

/// No arm can run Python code, so it is safe to call while the floor is locked.
fn handle_of(given: &Bound<'_, PyAny>, names: &HashMap<String, u32>) -> PyResult<u32> {
    if given.cast::<PyInt>().is_ok() {
        return given.extract();
    }
    let name = given
        .cast::<PyString>()
        .map_err(|_| PyTypeError::new_err("expected a handle (int) or a name (str)"))?;
    handle(names, name.to_str()?)
}

#[pyclass(frozen, subclass)]
struct House {
    opened: Instant,
    terms: Arc<Terms>,
    floor: Mutex<Floor>,
}

impl House {
    fn decision(
        &self,
        lot: u32,
        bidder: u32,
        amount_minor: i64,
        sequence: u64,
        now: u64,
    ) -> Decision {
        Decision {
            sequence,
            code: ACCEPTED,
            lot,
            bidder,
            leader: bidder,
            amount_minor,
            price_minor: amount_minor,
            decided_at_ns: now,
            bid_count: sequence,
            next_minimum_minor: amount_minor.checked_add(self.terms.increment_minor),
            previous_leader: None,
            reserve_gap_minor: None,
            closes_at_ns: Some(now),
            terms: Arc::clone(&self.terms),
        }
    }

    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[pymethods]
impl House {
    #[new]
    #[pyo3(signature = (names = 1_000))]
    fn new(names: u32) -> Self {
        Self {
            opened: Instant::now(),
            terms: Arc::new(Terms {
                increment_minor: INCREMENT_MINOR,
            }),
            floor: Mutex::new(Floor::with_names(names)),
        }
    }

    // The unused arguments go through black_box, because a call which dropped
    // them could look cheaper than any method the product can have.
    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn noop(&self, lot: u32, bidder: u32, amount_minor: i64, key: Option<&str>) {
        black_box((lot, bidder, amount_minor, key));
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_code(&self, lot: u32, bidder: u32, amount_minor: i64, key: Option<&str>) -> u32 {
        black_box((lot, bidder, amount_minor, key));
        black_box(ACCEPTED)
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid(&self, lot: u32, bidder: u32, amount_minor: i64, key: Option<&str>) -> Decision {
        black_box(key);
        self.decision(lot, bidder, amount_minor, 1, 1)
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_lock(&self, lot: u32, bidder: u32, amount_minor: i64, key: Option<&str>) -> Decision {
        black_box(key);
        let sequence = self.floor().next_sequence();
        self.decision(lot, bidder, amount_minor, sequence, 1)
    }

    /// Waits for a contended lock detached from the interpreter, which is what
    /// a house shared by threads needs if it is not to deadlock.
    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_lock_attached(
        &self,
        py: Python<'_>,
        lot: u32,
        bidder: u32,
        amount_minor: i64,
        key: Option<&str>,
    ) -> Decision {
        black_box(key);
        let sequence = self
            .floor
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner)
            .next_sequence();
        self.decision(lot, bidder, amount_minor, sequence, 1)
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_detached(
        &self,
        py: Python<'_>,
        lot: u32,
        bidder: u32,
        amount_minor: i64,
        key: Option<&str>,
    ) -> Decision {
        black_box(key);
        let sequence = py.detach(|| self.floor().next_sequence());
        self.decision(lot, bidder, amount_minor, sequence, 1)
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_clock(&self, lot: u32, bidder: u32, amount_minor: i64, key: Option<&str>) -> Decision {
        black_box(key);
        let mut floor = self.floor();
        let now = self.elapsed_ns();
        let sequence = floor.next_sequence();
        self.decision(lot, bidder, amount_minor, sequence, now)
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_names(
        &self,
        lot: &str,
        bidder: &str,
        amount_minor: i64,
        key: Option<&str>,
    ) -> PyResult<Decision> {
        black_box(key);
        let mut floor = self.floor();
        let lot = handle(&floor.lots, lot)?;
        let bidder = handle(&floor.bidders, bidder)?;
        let sequence = floor.next_sequence();
        Ok(self.decision(lot, bidder, amount_minor, sequence, 1))
    }

    #[pyo3(signature = (lot, bidder, amount_minor, *, key = None))]
    fn bid_any(
        &self,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        amount_minor: i64,
        key: Option<&str>,
    ) -> PyResult<Decision> {
        black_box(key);
        let mut floor = self.floor();
        let lot = handle_of(lot, &floor.lots)?;
        let bidder = handle_of(bidder, &floor.bidders)?;
        let sequence = floor.next_sequence();
        Ok(self.decision(lot, bidder, amount_minor, sequence, 1))
    }
}

#[pymodule]
mod boundary {
    #[pymodule_export]
    use super::{Decision, House};
}

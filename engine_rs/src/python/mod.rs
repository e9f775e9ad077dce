//! The native module `pyauction._engine`: converts, calls, converts. No rule lives here.
//!
//! This is the only folder that names PyO3 and the only one that reads a clock.

#![allow(missing_docs, reason = "docstrings of the native classes are in pyauction/_engine.pyi and on the classes")]
#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over by value")]
#![allow(clippy::unused_self, reason = "a method of Python has a self")]
#![allow(clippy::too_many_arguments, reason = "keyword arguments of Python are arguments here")]

mod amounts;
mod arguments;
mod backend;
mod clock;
mod course;
mod decision;
mod errors;
mod facts;
mod house;
mod journal;
mod records;
mod replay;
mod reserve;
mod rules;
mod sealed_bid;

use pyo3::prelude::*;

#[pymodule]
mod _engine {
    #[pymodule_export]
    use super::amounts::parse_amount;
    #[pymodule_export]
    use super::clock::{ManualClock, SystemClock};
    #[pymodule_export]
    use super::decision::{BidBatch, Decision, Quote};
    #[pymodule_export]
    use super::house::House;
    #[pymodule_export]
    use super::journal::{FileJournal, MemoryJournal, filesystem_of, leave_locks, read_journal, snapshot_seq};
    #[pymodule_export]
    use super::noop;
    #[pymodule_export]
    use super::records::{decode_record, leaf};
    #[pymodule_export]
    use super::replay::Replay;
    #[pymodule_export]
    use super::reserve::{SealedReserve, commitment, reserve_mean, seal_reserve};
    #[pymodule_export]
    use super::rules::{LotRules, Phase, lottery_commitment};
    #[pymodule_export]
    use super::sealed_bid::{SealedBid, sealed_bid_commitment};

    use pyo3::prelude::*;

    use crate::verdict::Reason;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        let reasons: Vec<(u16, &str)> = Reason::ALL.iter().map(|reason| (reason.number(), reason.code())).collect();
        m.add("REASONS", reasons)?;
        m.add("OPTIONAL_RULES", super::rules::optional_rows())?;
        m.add("DEBUG_BUILD", cfg!(debug_assertions))?;
        m.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// noop(lot, bidder, amount, *, key=None)
/// --
///
/// Do nothing: what a native call with a bid's arguments costs, the yardstick of the benchmarks.
#[pyfunction]
#[pyo3(signature = (lot, bidder, amount, *, key=None))]
fn noop(lot: &Bound<'_, PyAny>, bidder: &Bound<'_, PyAny>, amount: &Bound<'_, PyAny>, key: Option<&Bound<'_, PyAny>>) {
    let _ = (lot, bidder, amount, key);
}

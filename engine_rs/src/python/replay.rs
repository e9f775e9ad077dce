//! Replay of records, step by step.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::decision::Quote;
use super::errors::{mismatch, raise};
use super::facts::facts;
use super::records::record_dict;
use crate::ids::LotId;
use crate::replay as core;

/// An engine that is fed recorded records and compares each with what it decides itself.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct Replay(Mutex<core::Replay>);

impl Replay {
    fn inner(&self) -> MutexGuard<'_, core::Replay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Replay {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(core::Replay::new()))
    }

    /// Feed the next record; return its fields and the quote after it. Raises `ReplayMismatch` at a difference.
    #[pyo3(signature = (record, epoch=None))]
    fn feed<'py>(&self, py: Python<'py>, record: &[u8], epoch: Option<u64>) -> PyResult<(Bound<'py, PyDict>, Quote)> {
        let fed = self.inner().feed(record, epoch);
        let (record, quote) = fed.map_err(|error| mismatch(&error))?;
        Ok((record_dict(py, &record)?, Quote(quote)))
    }

    /// Feed many records of one epoch, or of any epochs without it; return how many.
    #[pyo3(signature = (records, epoch=None))]
    fn feed_all(&self, py: Python<'_>, records: Vec<Vec<u8>>, epoch: Option<u64>) -> PyResult<usize> {
        // The exception is made when the lock is given back: that may run any code, which may call this replay.
        let fed = py.detach(|| {
            let mut inner = self.inner();
            records.iter().try_for_each(|record| inner.feed(record, epoch).map(|_| ()))
        });
        fed.map(|()| records.len()).map_err(|error| mismatch(&error))
    }

    #[getter]
    fn seq(&self) -> u64 {
        self.inner().engine().last_seq().0
    }

    #[getter]
    fn at_ns(&self) -> Option<i64> {
        self.inner().engine().last_at().map(|time| time.0)
    }

    /// The hash of the state after the last record (FORMAT.md B.9).
    #[getter]
    fn state_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let hash = self.inner().engine().state_hash();
        PyBytes::new(py, &hash)
    }

    /// Return the facts of every lot, in order of their numbers.
    fn lots<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let lots = self.inner().engine().lots().to_vec();
        lots.iter().map(|lot| facts(py, lot)).collect()
    }

    /// Return the facts of one lot.
    fn lot<'py>(&self, py: Python<'py>, lot: u32) -> PyResult<Bound<'py, PyDict>> {
        let known = self.inner().engine().lot(LotId(lot)).cloned();
        let known =
            known.ok_or_else(|| raise("UnknownLot", format!("there is no lot number {lot} in this journal")))?;
        facts(py, &known)
    }

    fn quote(&self, lot: u32) -> PyResult<Quote> {
        let quote = self.inner().engine().lot(LotId(lot)).map(crate::lot::Lot::quote);
        quote.map(Quote).ok_or_else(|| raise("UnknownLot", format!("there is no lot number {lot} in this journal")))
    }
}

//! Replay of records, step by step.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::decision::Quote;
use super::errors::raise;
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
    fn feed<'py>(&self, py: Python<'py>, record: &[u8]) -> PyResult<(Bound<'py, PyDict>, Quote)> {
        let fed = self.inner().feed(record);
        let (record, quote) = fed.map_err(|error| raise("ReplayMismatch", error.to_string()))?;
        Ok((record_dict(py, &record)?, Quote(quote)))
    }

    /// Feed many records; return how many.
    fn feed_all(&self, py: Python<'_>, records: Vec<Vec<u8>>) -> PyResult<usize> {
        py.detach(|| {
            let mut inner = self.inner();
            for record in &records {
                inner.feed(record).map_err(|error| raise("ReplayMismatch", error.to_string()))?;
            }
            Ok(records.len())
        })
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
        PyBytes::new(py, &self.inner().engine().state_hash())
    }

    /// Return the facts of every lot, in order of their numbers.
    fn lots<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.inner().engine().lots().iter().map(|lot| facts(py, lot)).collect()
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

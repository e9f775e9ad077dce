//! Decisions and quotes as frozen Python objects.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use super::records::record_dict;
use crate::amount::Amount;
use crate::decision as core;
use crate::house::DurableMark;
use crate::journal::{Hex, leaf};
use crate::record::Body;

/// What a command returns: accepted or refused, where it stands in the sequence, and the quote after it.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct Decision {
    inner: core::Decision,
    /// The amount for which a key was used first, where that refuses the bid.
    first: Option<Amount>,
    mark: Arc<DurableMark>,
    journaled: bool,
}

impl Decision {
    pub(super) const fn new(
        inner: core::Decision,
        first: Option<Amount>,
        mark: Arc<DurableMark>,
        journaled: bool,
    ) -> Self {
        Self { inner, first, mark, journaled }
    }
}

impl Decision {
    /// Returns whether the house with that mark made this decision.
    pub(super) fn is_of(&self, mark: &Arc<DurableMark>) -> bool {
        Arc::ptr_eq(&self.mark, mark)
    }
}

#[pymethods]
impl Decision {
    #[getter]
    fn seq(&self) -> u64 {
        self.inner.record.head.seq.0
    }

    #[getter]
    pub(super) fn at_ns(&self) -> i64 {
        self.inner.record.head.at.0
    }

    #[getter]
    fn lot(&self) -> u32 {
        self.inner.record.head.lot.0
    }

    #[getter]
    fn lot_seq(&self) -> u32 {
        self.inner.record.head.lot_seq
    }

    #[getter]
    fn bidder(&self) -> u32 {
        self.inner.record.head.bidder.0
    }

    #[getter]
    fn accepted(&self) -> bool {
        self.inner.accepted()
    }

    #[getter]
    fn verdict(&self) -> &'static str {
        if self.inner.accepted() { "accepted" } else { "refused" }
    }

    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.inner.reason().map(crate::verdict::Reason::code)
    }

    #[getter]
    fn amount_minor(&self) -> Option<i64> {
        match &self.inner.record.body {
            Body::BidAccepted(bid) | Body::BidRefused(bid) => Some(bid.amount.minor()),
            _ => None,
        }
    }

    #[getter]
    fn first_minor(&self) -> Option<i64> {
        self.first.map(Amount::minor)
    }

    #[getter]
    fn repeated(&self) -> bool {
        self.inner.repeated
    }

    #[getter]
    fn quote(&self) -> Quote {
        Quote(self.inner.quote)
    }

    #[getter]
    fn durable(&self) -> bool {
        self.journaled && self.mark.get() >= self.inner.seq()
    }

    #[getter]
    fn digest(&self) -> Option<String> {
        self.durable().then(|| hex(&leaf(&self.inner.record.to_bytes())))
    }

    #[getter]
    fn record<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.record.to_bytes())
    }

    /// Return the record's fields by their names in FORMAT.md.
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        record_dict(py, &self.inner.record)
    }

    /// Return in words what was decided and which rule decided it, in "en" or "zh-CN"; `lot` is a snapshot of its lot.
    #[pyo3(signature = (lang="en", *, money=None, lot=None, zone=None))]
    fn message<'py>(
        slf: &Bound<'py, Self>,
        lang: &str,
        money: Option<&Bound<'py, PyAny>>,
        lot: Option<&Bound<'py, PyAny>>,
        zone: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyauction.explain")?.call_method1("describe", (slf, lang, money, lot, zone))
    }

    fn __repr__(&self) -> String {
        let core::Decision { record, repeated, .. } = &self.inner;
        let verdict = self.inner.reason().map_or_else(|| "accepted".to_owned(), |reason| format!("refused: {reason}"));
        let kind = record.body.kind().1;
        let amount = self.amount_minor().map_or_else(String::new, |minor| format!(", amount_minor={minor}"));
        let repeat = if *repeated { ", repeated" } else { "" };
        let (seq, lot, bidder) = (record.head.seq, record.head.lot, record.head.bidder);
        format!("Decision({verdict}, {kind}, seq={seq}, lot={lot}, bidder={bidder}{amount}{repeat})")
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.inner.record == other.inner.record
    }

    fn __hash__(&self) -> u64 {
        self.inner.record.head.seq.0
    }
}

/// The price state of a lot as one may show it.
#[pyclass(frozen, eq, skip_from_py_object, module = "pyauction._engine")]
#[derive(PartialEq, Eq, Clone, Copy)]
pub(super) struct Quote(pub(super) core::Quote);

#[pymethods]
impl Quote {
    #[getter]
    fn phase(&self) -> &'static str {
        self.0.phase.code()
    }

    #[getter]
    fn phase_index(&self) -> u8 {
        self.0.phase_index
    }

    #[getter]
    fn standing_minor(&self) -> Option<i64> {
        self.0.standing.map(crate::amount::Amount::minor)
    }

    #[getter]
    fn leader(&self) -> Option<u32> {
        (self.0.leader.0 != 0).then_some(self.0.leader.0)
    }

    #[getter]
    fn ask_minor(&self) -> Option<i64> {
        self.0.ask.map(crate::amount::Amount::minor)
    }

    #[getter]
    fn closes_at_ns(&self) -> Option<i64> {
        self.0.closes_at.map(|time| time.0)
    }

    #[getter]
    fn accepted_bids(&self) -> u32 {
        self.0.accepted
    }

    fn __repr__(&self) -> String {
        let show = |value: Option<i64>| value.map_or_else(|| "None".to_owned(), |value| value.to_string());
        format!(
            "Quote(phase={:?}, standing_minor={}, ask_minor={}, leader={}, closes_at_ns={}, accepted_bids={})",
            self.phase(),
            show(self.standing_minor()),
            show(self.ask_minor()),
            show(self.leader().map(i64::from)),
            show(self.closes_at_ns()),
            self.0.accepted,
        )
    }
}

/// The decisions of a batch, in columns.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct BidBatch {
    pub(super) seqs: Vec<u64>,
    pub(super) reasons: Vec<u8>,
    pub(super) accepted: usize,
    pub(super) quote: core::Quote,
}

#[pymethods]
impl BidBatch {
    fn __len__(&self) -> usize {
        self.reasons.len()
    }

    #[getter]
    fn accepted(&self) -> usize {
        self.accepted
    }

    #[getter]
    fn last_seq(&self) -> Option<u64> {
        self.seqs.iter().copied().max()
    }

    /// Sequence numbers, native `u64`, as bytes: `memoryview(batch.seqs).cast("Q")`.
    #[getter]
    fn seqs<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes: Vec<u8> = self.seqs.iter().flat_map(|seq| seq.to_ne_bytes()).collect();
        PyBytes::new(py, &bytes)
    }

    /// One byte a bid: 0 for accepted, else the number of the reason.
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.reasons)
    }

    #[getter]
    fn quote(&self) -> Quote {
        Quote(self.quote)
    }

    #[classattr]
    fn __hash__() -> Option<Py<PyType>> {
        None
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

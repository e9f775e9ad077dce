//! The native house that `pyauction.AuctionHouse` inherits from: names to numbers, clock to `now`, faults to exceptions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString};

use super::amounts::amount as to_amount;
use super::clock::{HouseClock, Jump};
use super::decision::{BidBatch, Decision, Quote};
use super::errors::{self, CallError, misuse, raise};
use super::facts::facts;
use super::journal::{JournalChoice, open_journal};
use super::reserve::{SealedReserve, terms as commitment_terms};
use super::rules::LotRules;
use crate::amount::Amount;
use crate::command::{BidderRef, Command, Disclosure};
use crate::decision as core;
use crate::engine::Engine;
use crate::house::{House as CoreHouse, Opening};
use crate::ids::{BidderNo, LotId, Seq};
use crate::lot::{Lot, State};
use crate::record::{Authority, EntryFields, Key, LotTerms, Outcome, OutcomeCause, OutcomeKind};
use crate::replay::Replay;
use crate::reserve::{self, Commitment, VaultError};
use crate::text::{Name, Text};
use crate::time::Timestamp;

/// The native part of an auction house.
#[pyclass(subclass, frozen, module = "pyauction._engine")]
pub(super) struct House {
    house: Arc<CoreHouse>,
    clock: HouseClock,
    each: bool,
    journaled: bool,
}

/// A lot as a caller names it.
enum LotArg<'a> {
    Number(LotId),
    Name(&'a str),
}

impl<'a> LotArg<'a> {
    fn from_python(value: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_exact_instance_of::<PyInt>() {
            let number =
                value.extract::<u32>().map_err(|_| raise("UnknownLot", format!("there is no lot number {value}")))?;
            return Ok(Self::Number(LotId(number)));
        }
        match value.cast::<PyString>() {
            Ok(name) => Ok(Self::Name(name.to_str()?)),
            Err(_) => {
                Err(misuse(format!("lot: expected its name or its number, received {}", value.get_type().name()?)))
            }
        }
    }

    fn find(&self, engine: &Engine) -> Result<LotId, PyErr> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => engine
                .lot_id(name)
                .ok_or_else(|| raise("UnknownLot", format!("there is no lot named {name:?} in this house"))),
        }
    }
}

/// A bidder as a caller names it.
enum BidderArg<'a> {
    Number(BidderNo),
    Name(&'a str),
}

impl<'a> BidderArg<'a> {
    fn from_python(value: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_exact_instance_of::<PyInt>() {
            let unknown = |_| raise("UnknownBidder", format!("there is no bidder number {value}"));
            return value.extract::<u32>().map(|number| Self::Number(BidderNo(number))).map_err(unknown);
        }
        match value.cast::<PyString>() {
            Ok(name) => Ok(Self::Name(name.to_str()?)),
            Err(_) => {
                Err(misuse(format!("bidder: expected its name or its number, received {}", value.get_type().name()?)))
            }
        }
    }
}

#[pymethods]
impl House {
    #[new]
    #[pyo3(signature = (journal=None, *, durability="each", clock=None, feed_limit=65_536))]
    fn new(
        py: Python<'_>,
        journal: Option<&Bound<'_, PyAny>>,
        durability: &str,
        clock: Option<&Bound<'_, PyAny>>,
        feed_limit: usize,
    ) -> PyResult<Self> {
        let each = match durability {
            "each" => true,
            "deferred" => false,
            other => return Err(misuse(format!("durability: expected each or deferred, received {other:?}"))),
        };
        let clock = HouseClock::from_python(clock)?;
        let choice = journal.map(JournalChoice::from_python).transpose()?;
        let now = clock.now();
        let journaled = choice.is_some();
        let opened = py.detach(|| -> PyResult<CoreHouse> {
            let (store, replay) = match choice {
                None => (None, Replay::new()),
                Some(choice) => {
                    let (store, replay) = open_journal(choice, now)?;
                    (Some(store), replay)
                }
            };
            guarded(|| CoreHouse::open(Opening { store, replay, now, feed_limit }))?
                .map_err(|error| errors::house(&error))
        });
        Ok(Self { house: Arc::new(opened?), clock, each, journaled })
    }

    /// Place a bid. Returns the decision, durable under EACH.
    #[pyo3(signature = (lot, bidder, amount, *, key=None, at=None))]
    fn bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        amount: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyAny>>,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let lot = LotArg::from_python(lot)?;
        let bidder = BidderArg::from_python(bidder)?;
        let name = match bidder {
            BidderArg::Name(name) => Some(Name::new(name).map_err(|error| errors::text("bidder", &error))?),
            BidderArg::Number(_) => None,
        };
        let bidder = match (&bidder, &name) {
            (BidderArg::Number(number), _) => BidderRef::Number(*number),
            (_, Some(name)) => BidderRef::Name(name),
            (_, None) => return Err(super::unreachable_state("a bidder without a name")),
        };
        let amount = match amount.is_exact_instance_of::<PyInt>() {
            true => to_amount(amount, None)?,
            false => this.in_lots_unit(&lot, amount)?,
        };
        let key = key.map_or(Ok(Key::NONE), to_key)?;
        let now = this.now(slf.py(), at)?;
        let decision = loop {
            let resolve = |engine: &Engine| Ok::<_, CallError>((lot.find(engine)?, bidder));
            match this.guarded(|| this.house.bid(now, amount, key, resolve))?.map_err(PyErr::from)? {
                Some(decision) => break decision,
                None => Self::advance_once(slf, now)?,
            }
        };
        this.acknowledge(slf.py(), decision)
    }

    /// Place a buffer of bids of one lot in one crossing. Not atomic; each bid is decided as by `bid`.
    #[pyo3(signature = (lot, bidders, amounts, *, at=None))]
    fn bid_many(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidders: &Bound<'_, PyAny>,
        amounts: &Bound<'_, PyAny>,
        at: Option<i64>,
    ) -> PyResult<BidBatch> {
        let this = slf.get();
        let py = slf.py();
        let lot = LotArg::from_python(lot)?;
        let bidders = column::<u32>(bidders, "bidders", "an unsigned 32-bit buffer (array('I'))")?;
        let amounts = column::<i64>(amounts, "amounts", "a signed 64-bit buffer (array('q'))")?;
        if bidders.len() != amounts.len() {
            let (bidders, amounts) = (bidders.len(), amounts.len());
            return Err(misuse(format!("expected as many bidders as amounts, received {bidders} and {amounts}")));
        }
        let now = this.now(py, at)?;
        let id = this.house.read(|engine, _| lot.find(engine))?;
        this.check_numbers(id, &bidders)?;
        let mut batch = BidBatch {
            seqs: Vec::with_capacity(amounts.len()),
            reasons: Vec::with_capacity(amounts.len()),
            quote: core::Quote::NONE,
        };
        let mut rest = bidders.iter().zip(&amounts).peekable();
        while rest.peek().is_some() {
            Self::run_due(slf, now)?;
            let decided = this.guarded(|| this.house.bid_run(now, id, &mut rest, |decision| batch.take(decision)))?;
            decided.map_err(|error| errors::house(&error))?;
        }
        if let Some(last) = batch.seqs.iter().copied().max().filter(|_| this.each && this.journaled) {
            py.detach(|| this.house.commit(Seq(last))).map_err(|error| errors::house(&error))?;
        }
        Ok(batch)
    }

    /// Open a lot.
    #[pyo3(name = "_open_lot")]
    #[pyo3(signature = (name, type_id, rules, *, currency, exponent, unit="", unit_scale=0, round=1, reoffer_of="",
                        preset="", preset_digest=None, opens_at=None, commitment=None, at=None))]
    fn open_lot(
        slf: &Bound<'_, Self>,
        name: &str,
        type_id: &str,
        rules: &Bound<'_, LotRules>,
        currency: &str,
        exponent: u8,
        unit: &str,
        unit_scale: u8,
        round: u32,
        reoffer_of: &str,
        preset: &str,
        preset_digest: Option<[u8; 32]>,
        opens_at: Option<i64>,
        commitment: Option<[u8; 32]>,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let now = this.now(slf.py(), at)?;
        Self::run_due(slf, now)?;
        // Without an opening time the lot opens with its record, whose stamp is not before the last one.
        let opens_at = opens_at
            .map_or_else(|| this.house.read(|engine, _| engine.last_at().map_or(now, |last| last.max(now))), Timestamp);
        let terms = LotTerms {
            name: to_name("lot name", name)?,
            type_id: to_name("auction type", type_id)?,
            currency: to_name("currency", currency)?,
            exponent,
            unit: to_text("unit", unit)?,
            unit_scale,
            round,
            reoffer_of: to_text("reoffer_of", reoffer_of)?,
            preset: to_text("preset", preset)?,
            preset_digest: preset_digest.unwrap_or_default(),
            opens_at,
            commitment,
            rules: rules.get().0.clone(),
        };
        Self::submit(slf, Command::OpenLot(Box::new(terms)), now)
    }

    /// Admit a bidder (竞买人) to a lot.
    #[pyo3(signature = (lot, bidder, *, at=None))]
    fn admit(slf: &Bound<'_, Self>, lot: &Bound<'_, PyAny>, bidder: &str, at: Option<i64>) -> PyResult<Decision> {
        let name = to_name("bidder", bidder)?;
        let (lot, now) = Self::lot_and_now(slf, lot, at)?;
        Self::submit(slf, Command::AdmitBidder { lot, name: &name }, now)
    }

    /// End the last phase of a called lot (落槌).
    #[pyo3(signature = (lot, *, at=None))]
    fn close_lot(slf: &Bound<'_, Self>, lot: &Bound<'_, PyAny>, at: Option<i64>) -> PyResult<Decision> {
        let (lot, now) = Self::lot_and_now(slf, lot, at)?;
        Self::submit(slf, Command::CloseLot { lot }, now)
    }

    /// Suspend a lot (中止).
    #[pyo3(signature = (lot, *, authority, why, at=None))]
    fn suspend_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why)?;
        let (lot, now) = Self::lot_and_now(slf, lot, at)?;
        Self::submit(slf, Command::SuspendLot { lot, authority }, now)
    }

    /// Resume a suspended lot (恢复).
    #[pyo3(signature = (lot, *, authority, why, at=None))]
    fn resume_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why)?;
        let (lot, now) = Self::lot_and_now(slf, lot, at)?;
        Self::submit(slf, Command::ResumeLot { lot, authority }, now)
    }

    /// Terminate a lot (终止).
    #[pyo3(signature = (lot, *, authority, why, at=None))]
    fn terminate_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why)?;
        let (lot, now) = Self::lot_and_now(slf, lot, at)?;
        let decision = Self::submit(slf, Command::TerminateLot { lot, authority }, now)?;
        if decision.core().accepted() {
            slf.get().house.read(|_, vault| vault.forget(lot));
        }
        Ok(decision)
    }

    /// Enter a sealed reserve (底价), or enter it again after a restart.
    #[pyo3(signature = (lot, sealed, *, by, witness, passphrase_fd=None, at=None))]
    fn enter_reserve(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        sealed: &Bound<'_, SealedReserve>,
        by: &str,
        witness: &str,
        passphrase_fd: Option<i32>,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let by = to_text("by", by)?;
        let witness = to_text("witness", witness)?;
        // The passphrase is read before the clock, so that typing it does not date the entry back.
        let opening = sealed.get().open(slf.py(), passphrase_fd)?;
        let (id, now) = Self::lot_and_now(slf, lot, at)?;
        let held = this.house.read(|engine, vault| hold(engine, vault, id, opening));
        let (entry, again) = held?.map_err(|error| errors::vault(&error))?;
        let fields = EntryFields { result: entry.result, commitment: entry.commitment.0, by, witness };
        let command = match again {
            true => Command::ReenterReserve { lot: id, entry: fields },
            false => Command::EnterReserve { lot: id, entry: fields },
        };
        let decision = Self::submit(slf, command, now);
        if entry.newly_held && !decision.as_ref().is_ok_and(|decision| decision.core().accepted()) {
            this.house.read(|_, vault| vault.forget(id));
        }
        let decision = decision?;
        if decision.core().accepted() {
            Self::follow_up(slf, id)?;
        }
        Ok(decision)
    }

    /// Disclose a reserve that was decided on, from its sealed file.
    #[pyo3(signature = (lot, sealed, *, by, passphrase_fd=None, at=None))]
    fn disclose_reserve(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        sealed: &Bound<'_, SealedReserve>,
        by: &str,
        passphrase_fd: Option<i32>,
        at: Option<i64>,
    ) -> PyResult<Decision> {
        let by = to_text("by", by)?;
        let opening = sealed.get().open(slf.py(), passphrase_fd)?;
        let (id, now) = Self::lot_and_now(slf, lot, at)?;
        let known =
            slf.get().house.read(|engine, _| engine.lot(id).map(|lot| (lot.state(), binding(lot), lot.commitment())));
        let Some((state, terms, commitment)) = known else {
            return Err(raise("UnknownLot", format!("there is no lot number {id} in this house")));
        };
        let terms = terms?;
        // Only an opening that fits, of a lot that is over, leaves its locked memory.
        let over = matches!(state, State::Decided | State::Terminated);
        let fits = commitment.is_some_and(|commitment| opening.commitment(&terms).0 == commitment);
        let (amount, blinding) = if fits && over { opening.disclose() } else { (Amount(0), [0; 32]) };
        let disclosure = Disclosure { amount, blinding, by, fits };
        Self::submit(slf, Command::DiscloseReserve { lot: id, disclosure }, now)
    }

    #[pyo3(name = "_record_outcome")]
    #[pyo3(signature = (lot, kind, cause, winner, price_minor, type_id, detail))]
    fn record_outcome(
        slf: &Bound<'_, Self>,
        lot: u32,
        kind: &str,
        cause: &str,
        winner: u32,
        price_minor: i64,
        type_id: &str,
        detail: &str,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let outcome = Outcome {
            kind: OutcomeKind::from_code(kind).ok_or_else(|| misuse(format!("outcome kind: received {kind:?}")))?,
            cause: OutcomeCause::from_code(cause)
                .ok_or_else(|| misuse(format!("outcome cause: received {cause:?}")))?,
            winner: BidderNo(winner),
            price: Amount(price_minor),
            type_id: to_name("auction type", type_id)?,
            detail: to_text("detail", detail)?,
        };
        let command = Command::RecordOutcome { lot: LotId(lot), outcome };
        // What follows a close is stamped like the close, so that it does not depend on when somebody polled.
        let decision = this.guarded(|| this.house.submit(command, None))?.map_err(|error| errors::house(&error))?;
        this.settle_durably(slf.py(), decision)
    }

    /// Handle every deadline at or before now.
    #[pyo3(signature = (*, at=None))]
    fn advance(slf: &Bound<'_, Self>, at: Option<i64>) -> PyResult<()> {
        let this = slf.get();
        let now = this.now(slf.py(), at)?;
        Self::run_due(slf, now)?;
        if this.each {
            slf.py().detach(|| this.house.flush()).map_err(|error| errors::house(&error))?;
        }
        Ok(())
    }

    /// Take up lots whose bidding ended before the house was opened.
    #[pyo3(name = "_take_up")]
    fn take_up(slf: &Bound<'_, Self>) -> PyResult<()> {
        while let Some(lot) = slf.get().house.take_closed() {
            Self::follow_up(slf, lot)?;
        }
        Ok(())
    }

    /// The earliest deadline of all lots, in nanoseconds since 1970 UTC.
    fn next_deadline(&self) -> Option<i64> {
        self.house.read(|engine, _| engine.next_deadline()).map(|time| time.0)
    }

    /// Return a lot's quote as of the durable mark.
    fn quote(&self, lot: &Bound<'_, PyAny>) -> PyResult<Quote> {
        let lot = LotArg::from_python(lot)?;
        let id = self.house.read(|engine, _| lot.find(engine))?;
        let quote = self.house.quote(id).map(Quote);
        quote.ok_or_else(|| raise("UnknownLot", format!("there is no durable lot number {id} in this house")))
    }

    #[pyo3(name = "_facts")]
    fn facts<'py>(&self, py: Python<'py>, lot: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let lot = LotArg::from_python(lot)?;
        // Cloned under the lock, converted outside it: making Python objects may run a garbage collection.
        let known = self.house.read(|engine, _| lot.find(engine).map(|id| engine.lot(id).cloned()))?;
        let known = known.ok_or_else(|| raise("UnknownLot", "there is no such lot in this house"))?;
        facts(py, &known)
    }

    /// The number of lots.
    #[pyo3(name = "_lot_count")]
    fn lot_count(&self) -> usize {
        self.house.read(|engine, _| engine.lots().len())
    }

    /// Return the number of a bidder admitted to a lot.
    fn bidder_number(&self, lot: &Bound<'_, PyAny>, bidder: &str) -> PyResult<u32> {
        let lot = LotArg::from_python(lot)?;
        self.house.read(|engine, _| {
            let number = lot.find(engine).map(|id| engine.lot(id).and_then(|lot| lot.bidder_no(bidder)))?;
            let unknown = || raise("UnknownBidder", format!("the lot has no bidder named {bidder:?}"));
            number.map(|number| number.0).ok_or_else(unknown)
        })
    }

    /// Whether this process holds a lot's reserve. Says nothing of its amount.
    fn holds_reserve(&self, lot: &Bound<'_, PyAny>) -> PyResult<bool> {
        let lot = LotArg::from_python(lot)?;
        self.house.read(|engine, vault| lot.find(engine).map(|id| vault.is_holding(id)))
    }

    /// Make everything decided so far durable; return the durable mark.
    fn flush(&self, py: Python<'_>) -> PyResult<u64> {
        let flushed = py.detach(|| self.house.flush()).map_err(|error| errors::house(&error))?;
        Ok(flushed.0)
    }

    #[pyo3(name = "_commit")]
    fn commit(&self, py: Python<'_>, seq: u64) -> PyResult<()> {
        py.detach(|| self.house.commit(Seq(seq))).map_err(|error| errors::house(&error))
    }

    /// Wait until something after `seq` is durable, or for `seconds`; return the durable mark.
    #[pyo3(name = "_wait_durable")]
    fn wait_durable(&self, py: Python<'_>, seq: u64, seconds: f64) -> PyResult<u64> {
        let patience =
            Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(py.detach(|| self.house.mark().wait_beyond(Seq(seq), patience)).0)
    }

    #[pyo3(name = "_wake")]
    fn wake(&self) {
        self.house.mark().wake();
    }

    /// Return durable records after `seq`, at most `limit`, or the range that is no longer kept as a pair of numbers.
    #[pyo3(name = "_records")]
    fn records<'py>(&self, py: Python<'py>, after: u64, limit: usize) -> PyResult<Bound<'py, PyAny>> {
        match self.house.records(Seq(after), limit) {
            Ok(records) => {
                let records = PyList::new(py, records.iter().map(|record| PyBytes::new(py, record)))?;
                Ok(records.into_any())
            }
            Err((first, last)) => Ok((first.0, last.0).into_pyobject(py)?.into_any()),
        }
    }

    /// The last sequence on stable storage.
    #[getter]
    fn durable_seq(&self) -> u64 {
        self.house.mark().get().0
    }

    /// The last sequence decided.
    #[getter]
    fn last_seq(&self) -> u64 {
        self.house.read(|engine, _| engine.last_seq().0)
    }

    /// The hash of the state after the last record (FORMAT.md B.9).
    #[getter]
    fn state_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.house.read(|engine, _| engine.state_hash()))
    }

    /// Why the house stopped, or None.
    #[getter]
    fn halted(&self) -> Option<String> {
        self.house.halted()
    }

    #[getter]
    fn _now_ns(&self) -> i64 {
        self.clock.now().0
    }

    #[pyo3(name = "_idle")]
    fn idle(&self, py: Python<'_>) {
        let now = self.clock.now();
        py.detach(|| self.house.idle(now));
    }

    #[pyo3(name = "_close")]
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.house.close()).map_err(|error| errors::house(&error))
    }

    fn __repr__(&self) -> String {
        let (lots, last) = self.house.read(|engine, _| (engine.lots().len(), engine.last_seq()));
        format!("AuctionHouse(lots={lots}, last_seq={last}, durable_seq={})", self.house.mark().get())
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(pyo3::exceptions::PyTypeError::new_err("a house cannot be pickled or copied; open its journal again"))
    }
}

impl House {
    /// Returns the time of a command, or raises ClockJump after recording it.
    fn now(&self, py: Python<'_>, at: Option<i64>) -> PyResult<Timestamp> {
        if let Some(at) = at {
            self.clock.state(at)?;
        }
        let Jump { wall, expected } = match self.clock.checked() {
            Ok(now) => return Ok(now),
            Err(jump) => jump,
        };
        let command = Command::NoteClockJump { wall, expected };
        let decision = self.guarded(|| self.house.submit(command, None))?.map_err(|error| errors::house(&error))?;
        self.settle_durably(py, decision)?;
        let message = format!(
            "the wall clock shows {wall} ns where {expected} ns was expected. The command was not sequenced. Time goes on \
             by the monotonic clock; set the wall clock right or restart the house, then send the command again"
        );
        Err(raise("ClockJump", message))
    }

    /// Refuses a batch with an unknown bidder before any of it is decided.
    fn check_numbers(&self, lot: LotId, bidders: &[u32]) -> PyResult<()> {
        let admitted = self.house.read(|engine, _| engine.lot(lot).map(Lot::admitted)).unwrap_or(0);
        match bidders.iter().position(|number| *number == 0 || *number > admitted) {
            None => Ok(()),
            Some(index) => {
                let number = bidders.get(index).copied().unwrap_or_default();
                let message =
                    format!("bidders[{index}]: expected 1 to {admitted}, received {number}; no bid was placed");
                Err(raise("UnknownBidder", message))
            }
        }
    }

    fn in_lots_unit(&self, lot: &LotArg<'_>, amount: &Bound<'_, PyAny>) -> PyResult<Amount> {
        let unit = self.house.read(|engine, _| {
            lot.find(engine)
                .map(|id| engine.lot(id).map(|lot| (lot.terms().unit.as_str().to_owned(), lot.terms().unit_scale)))
        })?;
        to_amount(amount, unit.as_ref().map(|(name, scale)| (name.as_str(), *scale)))
    }

    fn lot_and_now(slf: &Bound<'_, Self>, lot: &Bound<'_, PyAny>, at: Option<i64>) -> PyResult<(LotId, Timestamp)> {
        let this = slf.get();
        let lot = LotArg::from_python(lot)?;
        let id = this.house.read(|engine, _| lot.find(engine))?;
        let now = this.now(slf.py(), at)?;
        Self::run_due(slf, now)?;
        Ok((id, now))
    }

    /// Decides a command whose due deadlines were handled, and what follows a close.
    fn submit(slf: &Bound<'_, Self>, command: Command<'_>, now: Timestamp) -> PyResult<Decision> {
        let this = slf.get();
        let decision = this.guarded(|| this.house.submit(command, Some(now)))?;
        let decision = decision.map_err(|error| errors::house(&error))?;
        Self::take_up(slf)?;
        this.acknowledge(slf.py(), decision)
    }

    fn run_due(slf: &Bound<'_, Self>, now: Timestamp) -> PyResult<()> {
        let this = slf.get();
        while this.house.read(|engine, _| engine.is_due(now)) {
            Self::advance_once(slf, now)?;
        }
        Ok(())
    }

    fn advance_once(slf: &Bound<'_, Self>, now: Timestamp) -> PyResult<()> {
        let this = slf.get();
        this.guarded(|| this.house.advance_one(now))?.map_err(|error| errors::house(&error))?;
        Self::take_up(slf)
    }

    /// Does what follows a close: once the close is durable, the comparison; then the settlement, in Python.
    fn follow_up(slf: &Bound<'_, Self>, lot: LotId) -> PyResult<()> {
        let this = slf.get();
        let py = slf.py();
        let state = this.house.read(|engine, _| engine.lot(lot).map(Lot::state));
        if !matches!(state, Some(State::AwaitingReserve | State::Closed)) {
            return Ok(());
        }
        if this.journaled {
            py.detach(|| this.house.flush()).map_err(|error| errors::house(&error))?;
        }
        if state == Some(State::AwaitingReserve) && !this.compare(py, lot)? {
            return Ok(());
        }
        slf.call_method1("_lot_closed", (lot.0,))?;
        Ok(())
    }

    /// Compares the reserve of a closed lot if this process holds it.
    fn compare(&self, py: Python<'_>, lot: LotId) -> PyResult<bool> {
        let compared = self.house.read(|engine, vault| {
            let top = engine.lot(lot).and_then(Lot::top)?.amount;
            vault.is_holding(lot).then(|| vault.compare(lot, top))
        });
        let result = match compared {
            None => return Ok(false),
            Some(compared) => compared.map_err(|error| errors::vault(&error))?,
        };
        let command = Command::CompareReserve { lot, result };
        let decision = self.guarded(|| self.house.submit(command, None))?.map_err(|error| errors::house(&error))?;
        self.settle_durably(py, decision)?;
        self.house.read(|_, vault| vault.forget(lot));
        Ok(true)
    }

    /// Returns the decision, under EACH once it is durable.
    fn acknowledge(&self, py: Python<'_>, decision: core::Decision) -> PyResult<Decision> {
        if self.each { self.settle_durably(py, decision) } else { Ok(self.wrap(decision)) }
    }

    fn settle_durably(&self, py: Python<'_>, decision: core::Decision) -> PyResult<Decision> {
        if self.journaled {
            py.detach(|| self.house.commit(decision.seq())).map_err(|error| errors::house(&error))?;
        }
        Ok(self.wrap(decision))
    }

    fn wrap(&self, decision: core::Decision) -> Decision {
        Decision::new(decision, Arc::clone(self.house.mark()), self.journaled)
    }

    /// Runs the engine; a panic in it stops the house instead of crossing into Python.
    fn guarded<T>(&self, act: impl FnOnce() -> T) -> PyResult<T> {
        guarded(act).inspect_err(|error| self.house.halt(error))
    }
}

impl BidBatch {
    fn take(&mut self, decision: &core::Decision) {
        self.seqs.push(decision.seq().0);
        let number = decision.reason().map_or(0, crate::verdict::Reason::number);
        self.reasons.push(u8::try_from(number).unwrap_or(u8::MAX));
        self.quote = decision.quote;
    }
}

fn guarded<T>(act: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|_| {
        raise("InternalFault", "the engine met a state that it excludes and stopped; nothing after it was acknowledged")
    })
}

/// Judges an opening against a lot and holds it. Says whether this is an entry again.
fn hold(
    engine: &Engine,
    vault: &mut reserve::Vault,
    id: LotId,
    opening: reserve::Opening,
) -> PyResult<Result<(reserve::Entry, bool), VaultError>> {
    let lot =
        engine.lot(id).ok_or_else(|| raise("UnknownLot", format!("there is no lot number {id} in this house")))?;
    let again = lot.reserve_state() == crate::lot::ReserveState::Entered;
    let expected = lot.commitment().map(Commitment);
    let terms = binding(lot)?;
    Ok(vault.hold(id, &terms, lot.terms().rules.start_price, opening, expected).map(|entry| (entry, again)))
}

fn binding(lot: &Lot) -> PyResult<reserve::Terms> {
    let LotTerms { name, round, currency, exponent, .. } = lot.terms();
    commitment_terms(name.as_str(), *round, currency.as_str(), *exponent)
}

fn to_name(what: &str, text: &str) -> PyResult<Name> {
    Name::new(text).map_err(|error| errors::text(what, &error))
}

fn to_text(what: &str, text: &str) -> PyResult<Text> {
    Text::new(text).map_err(|error| errors::text(what, &error))
}

fn to_authority(by: &str, why: &str) -> PyResult<Authority> {
    Ok(Authority { by: to_text("authority", by)?, why: to_text("why", why)? })
}

fn to_key(key: &Bound<'_, PyAny>) -> PyResult<Key> {
    let bytes = match key.cast::<PyString>() {
        Ok(text) => text.to_str()?.as_bytes(),
        Err(_) => match key.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes(),
            Err(_) => return Err(misuse(format!("key: expected str or bytes, received {}", key.get_type().name()?))),
        },
    };
    match Key::new(bytes).filter(|key| !key.is_none()) {
        Some(key) => Ok(key),
        None => Err(misuse(format!("key: expected 1 to 32 bytes, received {}", bytes.len()))),
    }
}

/// Copies a column out of a buffer.
fn column<T: pyo3::buffer::Element>(value: &Bound<'_, PyAny>, what: &str, expected: &str) -> PyResult<Vec<T>> {
    let buffer = PyBuffer::<T>::get(value)
        .map_err(|_| misuse(format!("{what}: expected {expected}, received {}", value.get_type())))?;
    buffer.to_vec(value.py())
}

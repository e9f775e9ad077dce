//! The native house that `pyauction.AuctionHouse` inherits from: names to numbers, clock to `now`, faults to exceptions.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString};

use super::amounts::amount as to_amount;
use super::arguments::{
    At, BidderArg, LotArg, column, to_authority, to_hashes, to_key, to_name, to_rank, to_text, unicode,
};
use super::clock::{HouseClock, JUMP_NS};
use super::course::guarded;
use super::decision::{BidBatch, Decision, Quote, hex};
use super::errors::{Missing, misuse, raise, wrong_argument};
use super::facts::facts;
use super::journal::{JournalChoice, open_journal};
use super::reserve::{SealedReserve, custody};
use super::rules::LotRules;
use super::sealed_bid::{Placed, SealedBid, terms_of};
use crate::amount::Amount;
use crate::command::{Command, SealedFound};
use crate::decision as core;
use crate::house::{House as CoreHouse, HouseError, Keepers, Opening};
use crate::ids::{BidderNo, LotId, Seq};
use crate::lot::Lot;
use crate::record::{Answer, Key, LotTerms, Outcome, OutcomeCause, OutcomeKind, Points};
use crate::replay::Replay;
use crate::time::Timestamp;

/// How many bids of a batch are decided at a time.
const PIECE: usize = 4_096;

/// The native part of an auction house.
#[pyclass(subclass, frozen, module = "pyauction._engine")]
pub(super) struct House {
    pub(super) house: Arc<CoreHouse>,
    pub(super) clock: HouseClock,
    /// Whether a call returns only when its decision is durable.
    pub(super) each: bool,
    pub(super) journaled: bool,
    /// Whether the journal is a store written in Python.
    kept_in_python: bool,
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
        let is_real = clock.is_real();
        let journaled = choice.is_some();
        let snapshots = choice.as_ref().is_some_and(JournalChoice::keeps_snapshots);
        let kept_in_python = matches!(choice, Some(JournalChoice::Backend(_)));
        let opened = py.detach(|| -> PyResult<CoreHouse> {
            let (store, replay) = match choice {
                None => (None, Replay::new()),
                Some(choice) => {
                    let (store, replay) = open_journal(choice, now)?;
                    (Some(store), replay)
                }
            };
            if is_real {
                refuse_clock_behind(replay.engine().last_at(), now)?;
            }
            Ok(guarded(|| CoreHouse::open(Opening { store, replay, now, feed_limit, snapshots }))??)
        });
        Ok(Self { house: Arc::new(opened?), clock, each, journaled, kept_in_python })
    }

    /// Place a bid. Returns the decision, durable under EACH.
    #[pyo3(signature = (lot, bidder, amount_minor, *, key=None, at=None))]
    fn bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        amount_minor: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyAny>>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let lot = LotArg::from_python(lot)?;
        let bidder = BidderArg::from_python(bidder)?;
        let amount = if amount_minor.is_exact_instance_of::<PyInt>() {
            to_amount(amount_minor, None)?
        } else {
            this.in_lots_unit(&lot, amount_minor)?
        };
        let key = key.map_or(Ok(Key::NONE), to_key)?;
        let now = this.now(slf.py(), at)?;
        let mut decided = this.decide_bid(now, &lot, &bidder, amount, key)?;
        this.clock.move_to(now);
        let decision = loop {
            match decided {
                Some(decision) => break decision,
                None => Self::advance_once(slf, now)?,
            }
            decided = this.decide_bid(now, &lot, &bidder, amount, key)?;
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
        at: Option<At>,
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
        let id = this.house.read(|engine, _| lot.lot(engine).map(Lot::id))??;
        this.check_numbers(id, &bidders)?;
        this.clock.move_to(now);
        let mut batch = BidBatch {
            seqs: Vec::with_capacity(amounts.len()),
            reasons: Vec::with_capacity(amounts.len()),
            accepted: 0,
            quote: core::Quote::NONE,
        };
        let mut rest = bidders.iter().zip(&amounts).peekable();
        while rest.peek().is_some() {
            Self::run_due(slf, now)?;
            // In pieces, so that other threads and lots get their turn.
            let mut piece = rest.by_ref().take(PIECE).peekable();
            let decided =
                py.detach(|| this.guarded(|| this.house.bid_run(now, id, &mut piece, |decision| batch.take(decision))));
            decided??;
        }
        if let Some(last) = batch.seqs.iter().copied().max().filter(|_| this.each && this.journaled) {
            py.detach(|| this.guarded(|| this.house.commit(Seq(last))))??;
        }
        Ok(batch)
    }

    /// Open a lot.
    #[pyo3(name = "_open_lot")]
    #[pyo3(signature = (name, type_id, rules, *, currency, exponent, unit="", unit_scale=0, round=1, reoffer_of="",
                        preset="", preset_digest=None, opens_at=None, commitment=None, at=None))]
    fn open_lot(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
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
        at: Option<At>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let now = this.now(slf.py(), at)?;
        let opens_at = opens_at.map(Timestamp);
        let terms = LotTerms {
            name: to_name("lot name", unicode("lot name", name)?)?,
            type_id: to_name("auction type", type_id)?,
            currency: to_name("currency", currency)?,
            exponent,
            unit: to_text("unit", unit)?,
            unit_scale,
            round,
            reoffer_of: to_text("reoffer_of", reoffer_of)?,
            preset: to_text("preset", preset)?,
            preset_digest: preset_digest.unwrap_or_default(),
            opens_at: opens_at.unwrap_or(now),
            commitment,
            rules: rules.get().0.clone(),
        };
        this.house.check_lot(terms.clone(), opens_at, now)?;
        Self::reach(slf, now)?;
        Self::follow(slf, |this| this.house.open_lot(terms, opens_at, now))
    }

    /// Admit a bidder (竞买人) to a lot.
    #[pyo3(signature = (lot, bidder, *, at=None))]
    fn admit(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyString>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let name = to_name("bidder", unicode("bidder", bidder)?)?;
        Self::command(slf, lot, at, |lot| Command::AdmitBidder { lot, name: &name })
    }

    /// End the last phase of a called lot (落槌).
    #[pyo3(signature = (lot, *, at=None))]
    fn close_lot(slf: &Bound<'_, Self>, lot: &Bound<'_, PyAny>, at: Option<At>) -> PyResult<Decision> {
        Self::command(slf, lot, at, |lot| Command::CloseLot { lot })
    }

    /// Suspend a lot (中止).
    #[pyo3(signature = (lot, *, authority, why, basis=None, at=None))]
    fn suspend_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        basis: Option<&str>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why, basis)?;
        Self::command(slf, lot, at, |lot| Command::SuspendLot { lot, authority })
    }

    /// Announce when a suspended lot will be resumed.
    #[pyo3(name = "_announce_resumption")]
    #[pyo3(signature = (lot, resumes_at_ns, *, authority, why, basis=None, at=None))]
    fn announce_resumption(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        resumes_at_ns: i64,
        authority: &str,
        why: &str,
        basis: Option<&str>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (authority, resumes_at) = (to_authority(authority, why, basis)?, Timestamp(resumes_at_ns));
        Self::command(slf, lot, at, |lot| Command::AnnounceResumption { lot, resumes_at, authority })
    }

    /// Resume a suspended lot (恢复), to an end that may be stated.
    #[pyo3(name = "_resume_lot")]
    #[pyo3(signature = (lot, *, authority, why, basis=None, ends_at_ns=None, at=None))]
    fn resume_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        basis: Option<&str>,
        ends_at_ns: Option<i64>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why, basis)?;
        let ends_at = ends_at_ns.map(Timestamp);
        Self::command(slf, lot, at, |lot| Command::ResumeLot { lot, ends_at, authority })
    }

    /// Record a bidder's answer to the inquiry (询问期).
    #[pyo3(signature = (lot, bidder, answer, *, at=None))]
    fn answer_inquiry(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        answer: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let wrong = || {
            let english = format!("expected yes or no, received {answer:?}");
            wrong_argument("answer", english, format!("应为 yes 或 no，实为 {answer:?}"))
        };
        let (bidder, answer) = (BidderArg::from_python(bidder)?, Answer::from_code(answer).ok_or_else(wrong)?);
        Self::command(slf, lot, at, |lot| Command::AnswerInquiry { lot, bidder: bidder.get(), answer })
    }

    /// Confirm a bidder's further deposit.
    #[pyo3(signature = (lot, bidder, *, by, at=None))]
    fn confirm_top_up(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        by: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (bidder, by) = (BidderArg::from_python(bidder)?, to_text("by", by)?);
        Self::command(slf, lot, at, |lot| Command::ConfirmTopUp { lot, bidder: bidder.get(), by })
    }

    /// Draw the lottery among the bidders at the cap (摇号).
    #[pyo3(signature = (lot, seeds, *, at=None))]
    fn draw_lottery(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        seeds: &Bound<'_, PyAny>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let seeds = to_hashes("seeds", seeds)?;
        Self::command(slf, lot, at, |lot| Command::DrawLottery { lot, seeds })
    }

    /// Confirm a bidder as holder of a priority (优先权).
    #[pyo3(signature = (lot, bidder, *, rank, by, at=None))]
    fn grant_priority(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        rank: &Bound<'_, PyAny>,
        by: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (bidder, by, rank) = (BidderArg::from_python(bidder)?, to_text("by", by)?, to_rank(rank)?);
        Self::command(slf, lot, at, |lot| Command::GrantPriority { lot, bidder: bidder.get(), rank, by })
    }

    /// Place a sealed bid (密封报价), or change one.
    #[pyo3(signature = (lot, bidder, bid, *, at=None))]
    fn place_sealed_bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        bid: &Bound<'_, PyAny>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (this, bidder, placed) = (slf.get(), BidderArg::from_python(bidder)?, Placed::from_python(bid)?);
        let (id, now) = (this.find(lot)?, this.now(slf.py(), at)?);
        let (terms, is_held) = this.house.read(|engine, _| terms_of(engine, id, &bidder))??;
        let (commitment, held) = placed.take(terms.as_ref(), is_held)?;
        let found = SealedFound::Accepted;
        this.house.check(&Command::PlaceSealedBid { lot: id, bidder: bidder.get(), commitment, found }, now)?;
        Self::reach(slf, now)?;
        let decision = slf.py().detach(|| match held {
            Some(opening) => this
                .guarded(|| this.house.place_sealed_bid(id, bidder.get(), opening, now))?
                .map_err(|error| custody(&error)),
            None => Ok(this.guarded(|| this.house.place_commitment(id, bidder.get(), commitment, now))??),
        });
        Self::answer(slf, decision?)
    }

    /// Withdraw a sealed bid before its phase ends.
    #[pyo3(signature = (lot, bidder, *, at=None))]
    fn withdraw_sealed_bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let bidder = BidderArg::from_python(bidder)?;
        Self::command(slf, lot, at, |lot| Command::WithdrawSealedBid { lot, bidder: bidder.get() })
    }

    /// Open a sealed bid (开标): the one that its bidder brings, or the one that the house holds.
    #[pyo3(signature = (lot, bidder, bid=None, *, at=None))]
    fn open_sealed_bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        bid: Option<&Bound<'_, SealedBid>>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (this, bidder) = (slf.get(), BidderArg::from_python(bidder)?);
        let (id, now) = (this.find(lot)?, this.now(slf.py(), at)?);
        this.house.read(|engine, _| engine.check_bid(id, bidder.get()))?.map_err(HouseError::from)?;
        let (terms, _) = this.house.read(|engine, _| terms_of(engine, id, &bidder))??;
        let brought = bid.zip(terms.as_ref()).map(|(bid, terms)| bid.get().for_lot(terms)).transpose()?;
        Self::reach(slf, now)?;
        let decision = slf.py().detach(|| match brought {
            Some(brought) => Ok(Some(this.guarded(|| this.house.open_sealed_bid(id, bidder.get(), brought, now))??)),
            None => this.guarded(|| this.house.open_held_bid(id, bidder.get(), now))?.map_err(|error| custody(&error)),
        });
        let not_held = || misuse("bid: the house does not hold this bid; expected the SealedBid that its bidder kept");
        Self::answer(slf, decision?.ok_or_else(not_held)?)
    }

    /// Exclude a sealed bid that nobody opens.
    #[pyo3(signature = (lot, bidder, *, authority, why, at=None))]
    fn exclude_sealed_bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (this, bidder) = (slf.get(), BidderArg::from_python(bidder)?);
        let (id, authority) = (this.find(lot)?, to_authority(authority, why, None)?);
        let closed = this.house.read(|engine, _| {
            let number = engine.bidder_of(id, bidder.get())?;
            let is_open = engine.lot(id)?.sealed_bid(number).opened.is_some();
            Some(number).filter(|_| !is_open)
        })?;
        if closed.map_or(Ok(false), |number| this.house.holds_sealed_bid(id, number))? {
            return Err(misuse("bidder: the house holds this bid and opens it; open_sealed_bid without a bid does"));
        }
        Self::command(slf, lot, at, |lot| Command::ExcludeSealedBid { lot, bidder: bidder.get(), authority })
    }

    /// Give points to an opened sealed bid.
    #[pyo3(name = "_score_sealed_bid")]
    #[pyo3(signature = (lot, bidder, numerator, denominator, *, by, at=None))]
    fn score_sealed_bid(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        bidder: &Bound<'_, PyAny>,
        numerator: i64,
        denominator: i64,
        by: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (bidder, by) = (BidderArg::from_python(bidder)?, to_text("by", by)?);
        let points = Points { numerator, denominator };
        Self::command(slf, lot, at, |lot| Command::ScoreSealedBid { lot, bidder: bidder.get(), points, by })
    }

    /// Finish the opening of the sealed bids.
    #[pyo3(signature = (lot, *, authority, why, at=None))]
    fn finish_opening(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why, None)?;
        let decision = Self::command(slf, lot, at, |lot| Command::FinishOpening { lot, authority })?;
        // The close is due at the same time, unless another round follows.
        Self::reach(slf, Timestamp(decision.at_ns()))?;
        if slf.get().each {
            slf.get().flush_all(slf.py())?;
        }
        Ok(decision)
    }

    /// Terminate a lot (终止).
    #[pyo3(signature = (lot, *, authority, why, basis=None, at=None))]
    fn terminate_lot(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        authority: &str,
        why: &str,
        basis: Option<&str>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let authority = to_authority(authority, why, basis)?;
        Self::command(slf, lot, at, |lot| Command::TerminateLot { lot, authority })
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
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (this, py, sealed) = (slf.get(), slf.py(), sealed.get());
        let keepers = Keepers { by: to_text("by", by)?, witness: to_text("witness", witness)? };
        let (id, now) = (this.find(lot)?, this.now(py, at)?);
        this.house.check_entry(id, &keepers, now)?;
        Self::reach(slf, now)?;
        if sealed.is_locked() {
            let refused = this.guarded(|| this.house.refuse_entry(id, sealed.stated(), &keepers, now))??;
            if let Some(decision) = refused {
                return Self::answer(slf, decision);
            }
            this.house.make_room().map_err(|error| custody(&error))?;
        }
        let unlocked = sealed.unlock(py, passphrase_fd)?;
        // Typing takes time, and what is due by now comes before the amount is opened: it may run a settlement.
        let now = this.now(py, at)?;
        Self::reach(slf, now)?;
        let decision = py.detach(|| {
            let opening = unlocked.open()?;
            this.guarded(|| this.house.enter(id, opening, &keepers, now))?.map_err(|error| custody(&error))
        });
        Self::answer(slf, decision?)
    }

    /// Disclose a reserve that was decided on, from its sealed file.
    #[pyo3(signature = (lot, sealed, *, by, passphrase_fd=None, at=None))]
    fn disclose_reserve(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        sealed: &Bound<'_, SealedReserve>,
        by: &str,
        passphrase_fd: Option<i32>,
        at: Option<At>,
    ) -> PyResult<Decision> {
        let (this, py, sealed) = (slf.get(), slf.py(), sealed.get());
        let by = to_text("by", by)?;
        let (id, now) = (this.find(lot)?, this.now(py, at)?);
        this.house.check_disclosure(id, &by, now)?;
        Self::reach(slf, now)?;
        if let Some(decision) = this.guarded(|| this.house.refuse_disclosure(id, &by, now))?? {
            return Self::answer(slf, decision);
        }
        let unlocked = sealed.unlock(py, passphrase_fd)?;
        let now = this.now(py, at)?;
        Self::reach(slf, now)?;
        let decision = py.detach(|| {
            let opening = unlocked.open()?;
            Ok::<_, PyErr>(this.guarded(|| this.house.disclose(id, opening, by, now))??)
        });
        Self::answer(slf, decision?)
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
        // What follows a close is stamped like the close, so that it does not depend on when somebody polled. It is
        // durable when the call is that ran into the deadline: `take_up`.
        let decision = this.guarded(|| this.house.submit(command, None))??;
        Ok(this.wrap(decision))
    }

    /// Handle every deadline at or before now.
    #[pyo3(signature = (*, at=None))]
    fn advance(slf: &Bound<'_, Self>, at: Option<At>) -> PyResult<()> {
        let this = slf.get();
        // A jump of the wall clock is for whoever sends the next command; deadlines go by the monotonic clock.
        let now = at.map_or_else(|| Ok(this.clock.now()), |At(at)| this.clock.stated(at))?;
        this.house.check_running()?;
        Self::reach(slf, now)?;
        if this.each {
            this.flush_all(slf.py())?;
        }
        Ok(())
    }

    /// Take up lots whose bidding ended before the house was opened.
    #[pyo3(name = "_take_up")]
    pub(super) fn take_up(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        let mut taken = false;
        while let Some(lot) = this.house.take_closed() {
            // A call that is interrupted leaves the lot to the next one.
            Self::follow_up(slf, lot).inspect_err(|_| this.house.put_back(lot))?;
            taken = true;
        }
        if taken && this.each {
            this.flush_all(slf.py())?;
        }
        Ok(())
    }

    /// The earliest deadline of all lots, in nanoseconds since 1970 UTC.
    fn next_deadline(&self) -> PyResult<Option<i64>> {
        Ok(self.house.read(|engine, _| engine.next_deadline())?.map(|time| time.0))
    }

    /// Return a lot's quote as of the durable mark.
    fn quote(&self, lot: &Bound<'_, PyAny>) -> PyResult<Quote> {
        let lot = LotArg::from_python(lot)?;
        let id = self.house.read(|engine, _| lot.lot(engine).map(Lot::id))??;
        let quote = self.house.quote(id)?.map(Quote);
        quote.ok_or_else(|| raise("UnknownLot", format!("there is no durable lot number {id} in this house")))
    }

    #[pyo3(name = "_facts")]
    fn facts<'py>(&self, py: Python<'py>, lot: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let lot = LotArg::from_python(lot)?;
        // Cloned under the lock, converted outside it: making Python objects may run a garbage collection.
        let known = self.house.read(|engine, _| lot.lot(engine).cloned())??;
        facts(py, &known)
    }

    /// The number of lots.
    #[pyo3(name = "_lot_count")]
    fn lot_count(&self) -> PyResult<usize> {
        Ok(self.house.read(|engine, _| engine.lots().len())?)
    }

    /// Return the number of a bidder admitted to a lot.
    fn bidder_number(&self, lot: &Bound<'_, PyAny>, bidder: &str) -> PyResult<u32> {
        let lot = LotArg::from_python(lot)?;
        let number = self.house.read(|engine, _| {
            let number = lot.lot(engine)?.bidder_no(bidder);
            number.ok_or_else(|| Missing::BidderNamed(bidder.to_owned()))
        })??;
        Ok(number.0)
    }

    /// Whether this process holds a lot's reserve. Says nothing of its amount.
    fn holds_reserve(&self, lot: &Bound<'_, PyAny>) -> PyResult<bool> {
        let lot = LotArg::from_python(lot)?;
        let id = self.house.read(|engine, _| lot.lot(engine).map(Lot::id))??;
        Ok(self.house.holds_reserve(id)?)
    }

    /// Whether this process holds the amount of a sealed bid.
    #[pyo3(name = "_holds_sealed_bid")]
    fn holds_sealed_bid(&self, lot: &Bound<'_, PyAny>, bidder: u32) -> PyResult<bool> {
        let lot = LotArg::from_python(lot)?;
        let id = self.house.read(|engine, _| lot.lot(engine).map(Lot::id))??;
        Ok(self.house.holds_sealed_bid(id, BidderNo(bidder))?)
    }

    /// Make everything decided so far durable; return the durable mark.
    fn flush(&self, py: Python<'_>) -> PyResult<u64> {
        self.flush_all(py).map(|seq| seq.0)
    }

    /// Wait until something after `seq` is durable, or for `seconds`; return the durable mark.
    #[pyo3(name = "_wait_durable")]
    fn wait_durable(&self, py: Python<'_>, seq: u64, seconds: f64) -> PyResult<u64> {
        let patience =
            Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(py.detach(|| self.house.wait_beyond(Seq(seq), patience)).0)
    }

    #[pyo3(name = "_wake")]
    fn wake(&self) {
        self.house.wake();
    }

    /// Return durable records after `seq`, at most `limit`, or the range that is no longer kept as a pair of numbers.
    #[pyo3(name = "_records")]
    fn records<'py>(&self, py: Python<'py>, after: u64, limit: usize) -> PyResult<Bound<'py, PyAny>> {
        match self.house.records(Seq(after), limit) {
            Ok(kept) => {
                let records: Vec<_> = kept.records().map(|record| PyBytes::new(py, record)).collect();
                Ok(PyList::new(py, records)?.into_any())
            }
            Err((first, last)) => Ok((first.0, last.0).into_pyobject(py)?.into_any()),
        }
    }

    /// The last sequence on stable storage.
    #[getter]
    fn durable_seq(&self) -> u64 {
        self.house.mark().get().0
    }

    /// The last sequence on stable storage and the chain value after it, in hexadecimal; None without a journal.
    #[getter]
    fn chain(&self) -> PyResult<Option<(u64, String)>> {
        Ok(self.house.chain()?.map(|(seq, chain)| (seq.0, hex(&chain))))
    }

    /// The last sequence decided.
    #[getter]
    fn last_seq(&self) -> PyResult<u64> {
        Ok(self.house.read(|engine, _| engine.last_seq().0)?)
    }

    /// The hash of the state after the last record (FORMAT.md B.9).
    #[getter]
    fn state_hash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.house.read(|engine, _| engine.state_hash())?))
    }

    /// Whether the house keeps a journal.
    #[getter]
    fn journaled(&self) -> bool {
        self.journaled
    }

    /// Why the house stopped, or None.
    #[getter]
    fn halted(&self) -> Option<String> {
        self.house.halted()
    }

    #[pyo3(name = "_halt")]
    fn halt(&self, cause: &str) {
        self.house.halt(&cause);
    }

    /// Whether this process was forked from the one that opened the house.
    #[getter(_forked)]
    fn forked(&self) -> bool {
        self.house.is_forked()
    }

    /// Give the house up in a forked child, without waiting for any lock.
    #[pyo3(name = "_abandon")]
    fn abandon(&self) {
        self.house.abandon();
    }

    /// Whether a decision is one of this house.
    #[pyo3(name = "_is_own")]
    fn is_own(&self, decision: &Decision) -> bool {
        decision.is_of(self.house.mark())
    }

    #[getter]
    fn _now_ns(&self) -> i64 {
        self.clock.now().0
    }

    /// Begins to commit what nobody waits for, unless that would need the interpreter.
    #[pyo3(name = "_commit_behind")]
    fn commit_behind(&self) -> PyResult<()> {
        if self.kept_in_python || self.each {
            return Ok(());
        }
        self.house.commit_behind().map_err(|error| raise("HouseError", format!("no thread to commit with: {error}")))
    }

    #[pyo3(name = "_idle")]
    fn idle(&self, py: Python<'_>) -> PyResult<bool> {
        let now = self.clock.now();
        py.detach(|| self.guarded(|| self.house.idle(now)))
    }

    #[pyo3(name = "_close")]
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        Ok(py.detach(|| self.guarded(|| self.house.close()))??)
    }

    fn __repr__(&self) -> String {
        match self.house.read(|engine, _| (engine.lots().len(), engine.last_seq())) {
            Ok((lots, last)) => {
                format!("AuctionHouse(lots={lots}, last_seq={last}, durable_seq={})", self.house.mark().get())
            }
            Err(forked) => format!("AuctionHouse({forked})"),
        }
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a house cannot be pickled or copied; open its journal again"))
    }
}

/// Refuses to open where real time is behind the journal: every stamp would stand still until it had caught up, and no
/// deadline would fall.
fn refuse_clock_behind(last: Option<Timestamp>, now: Timestamp) -> PyResult<()> {
    let Some(last) = last.filter(|last| last.since(now) > JUMP_NS) else { return Ok(()) };
    let message = format!(
        "the last record of the journal is stamped {last} ns and the clock shows {now} ns. Set the clock right, then open \
         the house again"
    );
    Err(raise("ClockJump", message))
}

impl BidBatch {
    fn take(&mut self, decision: &core::Decision) {
        self.seqs.push(decision.seq().0);
        let number = decision.reason().map_or(0, crate::verdict::Reason::number);
        self.reasons.push(u8::try_from(number).unwrap_or(u8::MAX));
        self.accepted += usize::from(decision.accepted());
        self.quote = decision.quote;
    }
}

//! The course of a command: its time, the deadlines due before it, what follows a close, and the acknowledgement.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pyo3::prelude::*;

use super::amounts::amount as to_amount;
use super::arguments::{At, BidderArg, LotArg};
use super::clock::Jump;
use super::decision::Decision;
use super::errors::{CallError, raise};
use super::house::House;
use super::reserve::custody;
use crate::amount::Amount;
use crate::command::Command;
use crate::decision as core;
use crate::engine::Engine;
use crate::house::{CustodyError, HouseError};
use crate::ids::{LotId, Seq};
use crate::lot::{Lot, State};
use crate::record::{Body, Head, Key};
use crate::time::Timestamp;
use crate::verdict::Reason;

impl House {
    /// Returns the time of a command, or raises ClockJump after recording it. A stated time moves the clock only when the
    /// command is no misuse: [`House::reach`].
    pub(super) fn now(&self, py: Python<'_>, at: Option<At>) -> PyResult<Timestamp> {
        if let Some(At(at)) = at {
            return self.clock.stated(at);
        }
        let Jump { wall, expected } = match self.clock.checked() {
            Ok(now) => return Ok(now),
            Err(jump) => jump,
        };
        let command = Command::NoteClockJump { wall, expected };
        let decision = self.guarded(|| self.house.submit(command, None))??;
        self.settle_durably(py, decision)?;
        let message = format!(
            "the wall clock shows {wall} ns where {expected} ns was expected. The command was not sequenced. Time goes on \
             by the monotonic clock; set the wall clock right or restart the house, then send the command again"
        );
        Err(raise("ClockJump", message))
    }

    /// Refuses a batch with an unknown bidder before any of it is decided.
    pub(super) fn check_numbers(&self, lot: LotId, bidders: &[u32]) -> PyResult<()> {
        let admitted = self.house.read(|engine, _| engine.lot(lot).map(Lot::admitted))?.unwrap_or(0);
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

    pub(super) fn in_lots_unit(&self, lot: &LotArg<'_>, amount: &Bound<'_, PyAny>) -> PyResult<Amount> {
        let unit = self.house.read(|engine, _| {
            lot.lot(engine).map(|lot| (lot.terms().unit.as_str().to_owned(), lot.terms().unit_scale))
        })??;
        to_amount(amount, Some((unit.0.as_str(), unit.1)))
    }

    pub(super) fn find(&self, lot: &Bound<'_, PyAny>) -> PyResult<LotId> {
        let lot = LotArg::from_python(lot)?;
        Ok(self.house.read(|engine, _| lot.find(engine))??)
    }

    /// Decides a command of a lot: a misuse changes nothing, due deadlines come first, what follows a close comes after.
    pub(super) fn command<'a>(
        slf: &Bound<'_, Self>,
        lot: &Bound<'_, PyAny>,
        at: Option<At>,
        command: impl FnOnce(LotId) -> Command<'a>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let command = command(this.find(lot)?);
        let now = this.now(slf.py(), at)?;
        this.house.check(&command, now)?;
        Self::reach(slf, now)?;
        Self::submit(slf, command, now)
    }

    /// Decides a bid, or returns `None` if something is due before it.
    pub(super) fn decide_bid(
        &self,
        now: Timestamp,
        lot: &LotArg<'_>,
        bidder: &BidderArg,
        amount: Amount,
        key: Key,
    ) -> PyResult<Option<core::Decision>> {
        let resolve = |engine: &Engine| Ok::<_, CallError>((lot.find(engine)?, bidder.get()));
        self.guarded(|| self.house.bid(now, amount, key, resolve))?.map_err(PyErr::from)
    }

    /// Lets it be `now` for a command that is no misuse: every deadline before it is handled.
    pub(super) fn reach(slf: &Bound<'_, Self>, now: Timestamp) -> PyResult<()> {
        slf.get().clock.move_to(now);
        Self::run_due(slf, now)
    }

    /// Decides a command whose due deadlines were handled, and what follows a close.
    pub(super) fn submit(slf: &Bound<'_, Self>, command: Command<'_>, now: Timestamp) -> PyResult<Decision> {
        Self::follow(slf, |this| this.house.submit(command, Some(now)))
    }

    /// Decides something, and what follows a close.
    pub(super) fn follow(
        slf: &Bound<'_, Self>,
        decide: impl FnOnce(&Self) -> Result<core::Decision, HouseError>,
    ) -> PyResult<Decision> {
        let this = slf.get();
        let decision = this.guarded(|| decide(this))??;
        Self::answer(slf, decision)
    }

    /// Does what follows a close, then acknowledges.
    pub(super) fn answer(slf: &Bound<'_, Self>, decision: core::Decision) -> PyResult<Decision> {
        Self::take_up(slf)?;
        slf.get().acknowledge(slf.py(), decision)
    }

    /// Handles every deadline at or before `now`, and what an interrupted call left of an earlier one.
    pub(super) fn run_due(slf: &Bound<'_, Self>, now: Timestamp) -> PyResult<()> {
        let this = slf.get();
        Self::take_up(slf)?;
        while this.house.read(|engine, _| engine.is_due(now))? {
            Self::advance_once(slf, now)?;
        }
        Ok(())
    }

    pub(super) fn advance_once(slf: &Bound<'_, Self>, now: Timestamp) -> PyResult<()> {
        let this = slf.get();
        this.guarded(|| this.house.advance_one(now))??;
        Self::take_up(slf)
    }

    /// Does what follows a close: once the close is durable, the comparison; then the settlement, in Python.
    pub(super) fn follow_up(slf: &Bound<'_, Self>, lot: LotId) -> PyResult<()> {
        let this = slf.get();
        let py = slf.py();
        let state = || this.house.read(|engine, _| engine.lot(lot).map(Lot::state));
        match state()? {
            Some(State::Closed) => {}
            Some(State::AwaitingReserve) => match py.detach(|| this.guarded(|| this.house.compare(lot)))? {
                // Met, a lottery may have to be drawn first.
                Ok(Some(_)) if state()? != Some(State::Closed) => return Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                // The lot stays where it is; whoever called for another lot is not concerned.
                Err(fault @ CustodyError::Vault(_)) => {
                    return slf.call_method1("_lot_failed", (lot.0, custody(&fault))).map(|_| ());
                }
                Err(fault) => return Err(custody(&fault)),
            },
            _ => return Ok(()),
        }
        slf.call_method1("_lot_closed", (lot.0,))?;
        Ok(())
    }

    /// Returns the decision, under EACH once it is durable.
    pub(super) fn acknowledge(&self, py: Python<'_>, decision: core::Decision) -> PyResult<Decision> {
        if !self.each {
            return Ok(self.wrap(decision));
        }
        if decision.repeated {
            // It made no record, but deadlines that were due before it did.
            self.flush_all(py)?;
        }
        self.settle_durably(py, decision)
    }

    pub(super) fn settle_durably(&self, py: Python<'_>, decision: core::Decision) -> PyResult<Decision> {
        if self.journaled {
            let seq = decision.seq();
            py.detach(|| self.guarded(|| self.house.commit(seq)))??;
        }
        Ok(self.wrap(decision))
    }

    /// Makes everything decided so far durable and returns the mark.
    pub(super) fn flush_all(&self, py: Python<'_>) -> PyResult<Seq> {
        Ok(py.detach(|| self.guarded(|| self.house.flush()))??)
    }

    pub(super) fn wrap(&self, decision: core::Decision) -> Decision {
        let is_conflict = decision.record.head.reason == Some(Reason::KeyConflict);
        let first = if is_conflict { self.first_of_key(&decision) } else { None };
        Decision::new(decision, first, Arc::clone(self.house.mark()), self.journaled)
    }

    /// Returns for which amount a key was used before the bid that is refused for that.
    #[cold]
    #[inline(never)]
    fn first_of_key(&self, decision: &core::Decision) -> Option<Amount> {
        let Head { lot, bidder, .. } = decision.record.head;
        let Body::BidRefused(bid) = &decision.record.body else { return None };
        self.house.read(|engine, _| engine.lot(lot)?.first_amount(bidder, bid.key)).ok().flatten()
    }

    /// Runs the engine; a panic in it stops the house instead of crossing into Python.
    pub(super) fn guarded<T>(&self, act: impl FnOnce() -> T) -> PyResult<T> {
        guarded(act).inspect_err(|error| self.house.halt(error))
    }
}

pub(super) fn guarded<T>(act: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|_| {
        raise("InternalFault", "the engine met a state that it excludes and stopped; nothing after it was acknowledged")
    })
}

//! The state machine: `(state, command, now) -> decision`, one writer, no clock, no chance, no I/O.
//!
//! What is always true: every record takes the next number; no stamp falls; before a command stamped `at` is decided,
//! every deadline at or before `at` has been handled, the earliest first, one transition a record. Replay feeds the same
//! commands through [`Engine::submit`] and gets the same records.

mod desk;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use self::desk::Desk;
use crate::amount::Amount;
use crate::command::{BidderRef, Command, Fault};
use crate::decision::{Decision, Quote};
use crate::ids::{BidderNo, LotId, Seq};
use crate::lot::{Lot, PhaseNext, State};
use crate::record::{Authority, Body, Head, Key, LotTerms, Record, SuspendCause};
use crate::rules::{CommitmentTime, MAX_SEEDS, OnOutage, ReservePolicy};
use crate::sequencer::{Deadlines, Sequencer};
use crate::text::{Name, Text};
use crate::time::{Timestamp, to_wire};
use crate::wire::Writer;

/// Where records go, in order, as they are made.
pub trait Sink {
    /// Takes one record.
    fn record(&mut self, record: &Record);
}

impl Sink for Vec<Record> {
    fn record(&mut self, record: &Record) {
        self.push(record.clone());
    }
}

/// A sink for callers that need the decision only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl Sink for Discard {
    fn record(&mut self, _: &Record) {}
}

/// An auction house's lots and the one sequence of what happened to them.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    sequencer: Sequencer,
    deadlines: Deadlines,
    lots: Vec<Lot>,
    names: BTreeMap<Name, LotId>,
    opened: bool,
}

/// An outage, and how far its lots have been suspended, in the order of their numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    /// The stamp of the last record before it.
    last: Option<Timestamp>,
    /// The stamp of the HouseOpened that ended it.
    at: Timestamp,
    /// The slot of the first lot that was not looked at yet.
    next: usize,
}

impl Outage {
    /// Returns the deadline that fell while the house was down, if the lot is to be suspended for it.
    fn struck(&self, lot: &Lot) -> Option<Timestamp> {
        let missed = |deadline: &Timestamp| Some(*deadline) > self.last && *deadline <= self.at;
        lot.deadline().filter(missed).filter(|_| lot.terms().rules.on_outage == OnOutage::Suspend)
    }
}

/// Leaves room for the records that one command can make in a lot.
pub(crate) const LAST_LOT_SEQ: u32 = u32::MAX - 16;

impl Engine {
    /// Returns a house without lots, whose first command is [`Command::OpenHouse`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the house after record `last_seq`, stamped `last_at`, whose lots are `lots`, in order of their numbers.
    pub(crate) fn restored(last_seq: Seq, last_at: Timestamp, lots: Vec<Lot>) -> Self {
        let mut engine = Self { sequencer: Sequencer::after(last_seq, last_at), lots, opened: true, ..Self::default() };
        for lot in &engine.lots {
            engine.names.insert(lot.terms().name.clone(), lot.id());
            engine.deadlines.note(lot.id(), lot.deadline());
        }
        engine
    }

    /// Returns the sequence of the last record, 0 before the first.
    #[must_use]
    pub const fn last_seq(&self) -> Seq {
        self.sequencer.last_seq()
    }

    /// Returns the stamp of the last record.
    #[must_use]
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.sequencer.last_at()
    }

    /// Returns the stamp that a command at `now` gets.
    #[must_use]
    pub fn stamp(&self, now: Timestamp) -> Timestamp {
        self.sequencer.stamp(now)
    }

    /// Returns the lots in order of their numbers, from 1.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// Returns a lot.
    #[must_use]
    pub fn lot(&self, id: LotId) -> Option<&Lot> {
        self.lots.get(slot(id)?)
    }

    /// Returns the number of a lot.
    #[must_use]
    pub fn lot_id(&self, name: &str) -> Option<LotId> {
        self.names.get(name).copied()
    }

    /// Returns the earliest deadline of all lots.
    pub fn next_deadline(&mut self) -> Option<Timestamp> {
        self.next_due().map(|(deadline, _)| deadline)
    }

    /// Returns whether a deadline is due at `now`.
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        let at = self.sequencer.stamp(now);
        !self.deadlines.none_before(at) && self.next_due().is_some_and(|(deadline, _)| deadline <= at)
    }

    fn next_due(&mut self) -> Option<(Timestamp, LotId)> {
        let lots = &self.lots;
        self.deadlines.earliest(|id| lots.get(slot(id)?)?.deadline())
    }

    /// Tells the engine that it goes on from its records after a restart: the next command is [`Command::OpenHouse`].
    pub fn restarted(&mut self) {
        self.opened = false;
    }

    /// Handles the earliest deadline if it is at or before `now`; one transition, one record.
    ///
    /// # Errors
    /// [`Fault`] where `now` is no valid time or the house is not opened.
    pub fn advance_one(&mut self, now: Timestamp, out: &mut impl Sink) -> Result<Option<Decision>, Fault> {
        self.check_open()?;
        check_time(now)?;
        Ok(self.transition(self.sequencer.stamp(now), out))
    }

    /// Decides a command at `now`, after every deadline at or before it.
    ///
    /// Every record goes to `out` in order; the last one is the decision's own, but for an exact repeat of a keyed bid,
    /// which makes none.
    ///
    /// # Errors
    /// [`Fault`] for a misuse. Nothing is sequenced, recorded or changed then.
    pub fn submit(&mut self, command: Command<'_>, now: Timestamp, out: &mut impl Sink) -> Result<Decision, Fault> {
        check_time(now)?;
        let at = self.sequencer.stamp(now);
        if let Command::OpenHouse { epoch } = command {
            return self.open_house(epoch, at, out);
        }
        self.check_open()?;
        self.check_terms_of(&command, at)?;
        while self.transition(at, out).is_some() {}
        Ok(match command {
            // OpenHouse was answered above; a second one is refused by check().
            Command::OpenHouse { .. } => return Err(Fault::HouseNotOpened),
            Command::NoteClockJump { wall, expected } => self.note_clock_jump(wall, expected, at, out),
            Command::OpenLot(terms) => self.open_lot(*terms, at, out)?,
            Command::PlaceBid { lot, bidder, amount, key } => self.place_bid(lot, bidder, amount, key, at, out)?,
            Command::AdmitBidder { lot, name } => self.on(lot, at, out)?.admit(name),
            Command::CloseLot { lot } => self.on(lot, at, out)?.close(),
            Command::SuspendLot { lot, authority } => self.on(lot, at, out)?.suspend(authority),
            Command::AnnounceResumption { lot, resumes_at, authority } => {
                self.on(lot, at, out)?.announce(resumes_at, authority)
            }
            Command::AnswerInquiry { lot, bidder, answer } => self.on(lot, at, out)?.answer(bidder, answer),
            Command::GrantPriority { lot, bidder, rank, by } => self.on(lot, at, out)?.grant(bidder, rank, by),
            Command::ConfirmTopUp { lot, bidder, by } => self.on(lot, at, out)?.confirm_top_up(bidder, by),
            Command::DrawLottery { lot, seeds } => self.on(lot, at, out)?.draw(seeds),
            Command::PlaceSealedBid { lot, bidder, commitment, found } => {
                self.on(lot, at, out)?.place_sealed(bidder, commitment, found)
            }
            Command::WithdrawSealedBid { lot, bidder } => self.on(lot, at, out)?.withdraw_sealed(bidder),
            Command::OpenSealedBid { lot, bidder, opened } => self.on(lot, at, out)?.open_sealed(bidder, &opened),
            Command::ScoreSealedBid { lot, bidder, points, by } => {
                self.on(lot, at, out)?.score_sealed(bidder, points, by)
            }
            Command::ExcludeSealedBid { lot, bidder, authority } => {
                self.on(lot, at, out)?.exclude_sealed(bidder, authority)
            }
            Command::StateLegalBasis { lot, basis } => self.on(lot, at, out)?.state_legal_basis(basis),
            Command::FinishOpening { lot, authority } => {
                let decision = self.on(lot, at, out)?.finish_opening(authority);
                self.note_deadline(lot);
                decision
            }
            Command::ResumeLot { lot, ends_at, authority } => {
                let decision = self.on(lot, at, out)?.resume(ends_at, authority);
                self.note_deadline(lot);
                decision
            }
            Command::TerminateLot { lot, authority } => self.on(lot, at, out)?.terminate(authority),
            Command::EnterReserve { lot, entry } => self.on(lot, at, out)?.enter(entry),
            Command::ReenterReserve { lot, entry } => self.on(lot, at, out)?.reenter(entry),
            Command::CompareReserve { lot, result } => self.on(lot, at, out)?.compare(result),
            Command::DiscloseReserve { lot, disclosure } => self.on(lot, at, out)?.disclose(disclosure),
            Command::RecordOutcome { lot, outcome } => self.on(lot, at, out)?.settle(outcome),
        })
    }

    /// Decides a bid: [`Engine::submit`] of a [`Command::PlaceBid`], without the command.
    ///
    /// # Errors
    /// [`Fault`] for an unknown lot or bidder number.
    pub fn bid(
        &mut self,
        lot: LotId,
        bidder: BidderRef<'_>,
        amount: Amount,
        key: Key,
        now: Timestamp,
        out: &mut impl Sink,
    ) -> Result<Decision, Fault> {
        check_time(now)?;
        self.check_open()?;
        let at = self.sequencer.stamp(now);
        self.check_bid(lot, bidder)?;
        while self.transition(at, out).is_some() {}
        self.place_bid(lot, bidder, amount, key, at, out)
    }

    /// Returns whether a keyed bid is an exact repeat, which makes no record.
    #[must_use]
    pub fn repeats(&self, lot: LotId, bidder: &BidderRef<'_>, amount: Amount, key: Key) -> bool {
        let number = self.bidder_of(lot, *bidder);
        let kept = self.lot(lot).zip(number).and_then(|(lot, number)| lot.keys.get(number, key));
        kept.is_some_and(|kept| kept.amount == amount)
    }

    /// Returns the number of an admitted bidder of a lot.
    #[must_use]
    pub fn bidder_of(&self, lot: LotId, bidder: BidderRef<'_>) -> Option<BidderNo> {
        self.lot(lot)?.number_of(bidder)
    }

    /// Returns the hash of the state after the last record (FORMAT.md B.9).
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let mut bytes = b"pyauction/state/v1".to_vec();
        let mut w = Writer(&mut bytes);
        w.u64(self.last_seq().0);
        w.i64(to_wire(self.last_at()));
        w.u32(u32::try_from(self.lots.len()).unwrap_or(u32::MAX));
        for lot in &self.lots {
            w.bytes(&lot.hash());
        }
        Sha256::digest(&bytes).into()
    }

    fn check_open(&self) -> Result<(), Fault> {
        if self.opened { Ok(()) } else { Err(Fault::HouseNotOpened) }
    }

    /// Returns what [`Engine::submit`] would refuse as a misuse, without doing anything.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn check(&self, command: &Command<'_>, now: Timestamp) -> Result<(), Fault> {
        check_time(now)?;
        self.check_open()?;
        self.check_terms_of(command, self.sequencer.stamp(now))
    }

    fn check_terms_of(&self, command: &Command<'_>, at: Timestamp) -> Result<(), Fault> {
        match command {
            Command::OpenHouse { .. } => Err(Fault::HouseNotOpened),
            Command::NoteClockJump { .. } => Ok(()),
            Command::OpenLot(terms) => self.check_terms(terms, at),
            Command::PlaceBid { lot, bidder, .. } => self.check_bid(*lot, *bidder),
            Command::EnterReserve { lot, entry } | Command::ReenterReserve { lot, entry } => {
                stated("by", &entry.by)?;
                stated("witness", &entry.witness)?;
                self.known(*lot).map(|_| ())
            }
            Command::SuspendLot { lot, authority }
            | Command::AnnounceResumption { lot, authority, .. }
            | Command::ResumeLot { lot, authority, .. }
            | Command::FinishOpening { lot, authority }
            | Command::TerminateLot { lot, authority } => {
                if let Command::AnnounceResumption { resumes_at: time, .. }
                | Command::ResumeLot { ends_at: Some(time), .. } = command
                {
                    check_stated_time(*time)?;
                }
                stated("authority", &authority.by)?;
                stated("why", &authority.why)?;
                self.known(*lot).map(|_| ())
            }
            Command::ExcludeSealedBid { lot, bidder, authority } => {
                stated("authority", &authority.by)?;
                stated("why", &authority.why)?;
                self.check_bid(*lot, *bidder)
            }
            Command::StateLegalBasis { lot, basis } => {
                stated("basis", basis)?;
                self.known(*lot).map(|_| ())
            }
            Command::DiscloseReserve { lot, disclosure } => {
                stated("by", &disclosure.by)?;
                self.known(*lot).map(|_| ())
            }
            Command::AnswerInquiry { lot, bidder, .. }
            | Command::WithdrawSealedBid { lot, bidder }
            | Command::OpenSealedBid { lot, bidder, .. } => self.check_bid(*lot, *bidder),
            Command::PlaceSealedBid { lot, bidder, commitment, .. } => {
                if *commitment == [0; 32] {
                    return Err(Fault::Missing("a commitment that is not zero"));
                }
                self.check_bid(*lot, *bidder)
            }
            Command::ScoreSealedBid { lot, bidder, points, by } => {
                stated("by", by)?;
                if points.numerator < 0 || points.denominator < 1 {
                    return Err(Fault::Points(*points));
                }
                self.check_bid(*lot, *bidder)
            }
            Command::GrantPriority { lot, bidder, rank, by } => {
                stated("by", by)?;
                if *rank == 0 {
                    return Err(Fault::Range { what: "rank", expected: "1, the highest, or more", received: 0 });
                }
                self.check_bid(*lot, *bidder)
            }
            Command::ConfirmTopUp { lot, bidder, by } => {
                stated("by", by)?;
                self.check_bid(*lot, *bidder)
            }
            Command::DrawLottery { lot, seeds } => {
                let count = u64::try_from(seeds.len()).unwrap_or(u64::MAX);
                if seeds.is_empty() || seeds.len() > MAX_SEEDS {
                    return Err(Fault::Range { what: "seeds", expected: "1 to 16", received: count });
                }
                if seeds.contains(&[0; 32]) {
                    return Err(Fault::Missing("a seed that is not zero"));
                }
                self.known(*lot).map(|_| ())
            }
            Command::AdmitBidder { lot, .. }
            | Command::CloseLot { lot }
            | Command::CompareReserve { lot, .. }
            | Command::RecordOutcome { lot, .. } => self.known(*lot).map(|_| ()),
        }
    }

    fn known(&self, id: LotId) -> Result<&Lot, Fault> {
        let lot = self.lot(id).ok_or(Fault::UnknownLot(id))?;
        if lot.lot_seq > LAST_LOT_SEQ { Err(Fault::Exhausted("records")) } else { Ok(lot) }
    }

    pub(crate) fn check_bid(&self, lot: LotId, bidder: BidderRef<'_>) -> Result<(), Fault> {
        let known = self.known(lot)?;
        match bidder {
            BidderRef::Number(number) if known.bidder(number).is_none() => {
                Err(Fault::UnknownBidder { lot, bidder: number })
            }
            _ => Ok(()),
        }
    }

    fn check_terms(&self, terms: &LotTerms, at: Timestamp) -> Result<(), Fault> {
        if self.names.contains_key(&terms.name) {
            return Err(Fault::DuplicateLot(terms.name.clone()));
        }
        if u32::try_from(self.lots.len()).is_ok_and(|count| count == u32::MAX) {
            return Err(Fault::Exhausted("lots"));
        }
        check_time(terms.opens_at)?;
        if terms.opens_at < at {
            return Err(Fault::OpensInThePast { at, opens_at: terms.opens_at });
        }
        if let Some(first) = terms.rules.phases.first() {
            terms.rules.check_first_phase(first, terms.opens_at)?;
        }
        for (what, digits) in [("exponent", terms.exponent), ("unit scale", terms.unit_scale)] {
            if digits > 18 {
                return Err(Fault::Range { what, expected: "0 to 18", received: u64::from(digits) });
            }
        }
        if terms.round == 0 {
            return Err(Fault::Range { what: "round", expected: "at least 1", received: 0 });
        }
        let before =
            matches!(terms.rules.reserve, ReservePolicy::Required { commitment: CommitmentTime::BeforeOpening, .. });
        match (before, terms.commitment.is_some()) {
            (true, false) => Err(Fault::Commitment { expected: "expected" }),
            (false, true) => Err(Fault::Commitment { expected: "not expected" }),
            _ => Ok(()),
        }
    }

    fn open_house(&mut self, epoch: u64, at: Timestamp, out: &mut impl Sink) -> Result<Decision, Fault> {
        let (decision, mut outage) = self.begin_epoch(epoch, at, out)?;
        while self.suspend_struck(&mut outage, out) {}
        Ok(decision)
    }

    /// Records HouseOpened alone, and returns the outage whose lots are to be suspended next.
    ///
    /// # Errors
    /// [`Fault`] where `now` is no valid time or the house is open.
    pub(crate) fn begin_epoch(
        &mut self,
        epoch: u64,
        now: Timestamp,
        out: &mut impl Sink,
    ) -> Result<(Decision, Outage), Fault> {
        check_time(now)?;
        if self.opened {
            return Err(Fault::HouseNotOpened);
        }
        self.opened = true;
        let (last, at) = (self.last_at(), self.sequencer.stamp(now));
        let decision = self.house_record(Body::HouseOpened { last, epoch }, at, out);
        Ok((decision, Outage { last, at, next: 0 }))
    }

    /// Suspends the next lot that an outage struck. Returns whether there was one.
    pub(crate) fn suspend_struck(&mut self, outage: &mut Outage, out: &mut impl Sink) -> bool {
        while let Some(lot) = self.lots.get_mut(outage.next) {
            outage.next = outage.next.saturating_add(1);
            if outage.struck(lot).is_some() {
                // The outage began when the house was last heard of; a hard end moves by as much as the deadline.
                let since = outage.last.unwrap_or(outage.at);
                let remaining = lot.left(since);
                let mut desk = Desk { sequencer: &mut self.sequencer, lot, at: outage.at, out };
                desk.freeze(SuspendCause::Outage, since, remaining, Authority::default());
                return true;
            }
        }
        false
    }

    /// Returns whether a lot that an outage struck is still to be suspended.
    pub(crate) fn is_struck(&self, outage: &Outage) -> bool {
        self.lots.iter().skip(outage.next).any(|lot| outage.struck(lot).is_some())
    }

    fn note_clock_jump(
        &mut self,
        wall: Timestamp,
        expected: Timestamp,
        at: Timestamp,
        out: &mut impl Sink,
    ) -> Decision {
        self.house_record(Body::ClockJumped { wall, expected }, at, out)
    }

    fn house_record(&mut self, body: Body, at: Timestamp, out: &mut impl Sink) -> Decision {
        let seq = self.sequencer.next(at);
        let head = Head { reason: None, lot: LotId(0), seq, at, lot_seq: 0, bidder: BidderNo(0) };
        let record = Record { head, body };
        out.record(&record);
        Decision { record, quote: Quote::NONE, repeated: false }
    }

    fn open_lot(&mut self, terms: LotTerms, at: Timestamp, out: &mut impl Sink) -> Result<Decision, Fault> {
        let number = u32::try_from(self.lots.len()).map_err(|_| Fault::Exhausted("lots"))?;
        let id = LotId(number.saturating_add(1));
        self.names.insert(terms.name.clone(), id);
        let body = Body::LotOpened(Box::new(terms.clone()));
        self.lots.push(Lot::open(id, terms, at));
        let mut desk = self.on(id, at, out)?;
        let decision = desk.state(None, BidderNo(0), body);
        self.note_deadline(id);
        Ok(decision)
    }

    /// Handles the earliest deadline if it is at or before `at`.
    fn transition(&mut self, at: Timestamp, out: &mut impl Sink) -> Option<Decision> {
        if self.deadlines.none_before(at) {
            return None;
        }
        let (due, id) = self.next_due().filter(|(deadline, _)| *deadline <= at)?;
        let at = self.sequencer.stamp(due);
        let mut desk = self.on(id, at, out).ok()?;
        let next = match desk.lot.state() {
            State::Scheduled => PhaseNext::Enter(0),
            _ => desk.lot.next_phase(due),
        };
        let decision = match next {
            PhaseNext::Enter(index) => desk.start_phase(index, due),
            PhaseNext::Close(cause) => desk.end(due, cause),
            PhaseNext::Opening => desk.end_sealed_phase(due),
        };
        self.note_deadline(id);
        Some(decision)
    }

    fn place_bid(
        &mut self,
        lot: LotId,
        bidder: BidderRef<'_>,
        amount: Amount,
        key: Key,
        at: Timestamp,
        out: &mut impl Sink,
    ) -> Result<Decision, Fault> {
        let mut desk = self.on(lot, at, out)?;
        let before = desk.lot.deadline();
        let decision = desk.bid(bidder, amount, key);
        if desk.lot.deadline() != before {
            self.note_deadline(lot);
        }
        Ok(decision)
    }

    fn note_deadline(&mut self, id: LotId) {
        let deadline = self.lot(id).and_then(Lot::deadline);
        self.deadlines.note(id, deadline);
    }

    fn on<'a, S: Sink>(&'a mut self, id: LotId, at: Timestamp, out: &'a mut S) -> Result<Desk<'a, S>, Fault> {
        let lot = slot(id).and_then(|slot| self.lots.get_mut(slot)).ok_or(Fault::UnknownLot(id))?;
        Ok(Desk { sequencer: &mut self.sequencer, lot, at, out })
    }
}

/// Refuses an empty text where one must be given.
pub(crate) fn stated(what: &'static str, text: &Text) -> Result<(), Fault> {
    if text.as_str().is_empty() { Err(Fault::Missing(what)) } else { Ok(()) }
}

/// Refuses a time that a refusal could not tell from none.
fn check_stated_time(time: Timestamp) -> Result<(), Fault> {
    if time.0 > 0 { check_time(time) } else { Err(Fault::TimeRange(time)) }
}

fn check_time(time: Timestamp) -> Result<(), Fault> {
    if time.is_valid() { Ok(()) } else { Err(Fault::TimeRange(time)) }
}

fn slot(id: LotId) -> Option<usize> {
    usize::try_from(id.0).ok()?.checked_sub(1)
}

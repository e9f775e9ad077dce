//! What the records before a snapshot say of it, without replaying them.
//!
//! The hash of a state covers what decides the next bid and not names, keys or the book. A reader of the journal passes every
//! record anyway; here it sees that each of these is what its record says, so that of a snapshot nothing is believed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::engine::Engine;
use crate::ids::{BidderNo, LotId};
use crate::lot::{Lot, State};
use crate::record::{AfterOpening, BidFields, Body, Head, OpeningFields, Record, SuspendCause};
use crate::rules::ClockStart;
use crate::time::Timestamp;

/// What records have shown of a lot.
#[derive(Debug, Clone, Default)]
struct Seen {
    bidders: usize,
    bids: usize,
    /// The places in the lot's sequence of the sealed bids that stand.
    placed: BTreeMap<BidderNo, u32>,
    /// Those that were opened, of which some become accepted ones when the opening is finished.
    opened: Vec<(Amount, Reverse<u32>, BidderNo)>,
    keys: usize,
    started: bool,
    /// Whether its sealed bids are being opened.
    is_opening: bool,
    decided: bool,
    suspended_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

/// Records, one after the other, beside the engine of a snapshot behind them.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    lots: Vec<Seen>,
    epoch: u64,
    /// The stamp before the last HouseOpened, from which an outage counts.
    last: Option<Timestamp>,
}

/// Offsets in a bid (FORMAT.md A.5).
const BID: (u16, u16) = (4, 5);
const LOT_AT: usize = 4;
const BIDDER_AT: usize = 28;
const AMOUNT_AT: usize = 32;
const KEY_LENGTH_AT: usize = 48;

impl Agreement {
    /// Returns whether the engine says what the next record does.
    pub(crate) fn see(&mut self, engine: &Engine, bytes: &[u8]) -> bool {
        self.look(engine, bytes).unwrap_or(false)
    }

    /// Returns whether every record was seen that the engine knows of.
    pub(crate) fn is_complete(&self, engine: &Engine, epoch: u64) -> bool {
        let all = self.lots.len() == engine.lots().len() && self.epoch == epoch;
        all && engine.lots().iter().zip(&self.lots).all(|(lot, seen)| seen.is_all_of(lot))
    }

    fn look(&mut self, engine: &Engine, bytes: &[u8]) -> Option<bool> {
        let kind = u16::from_le_bytes(*bytes.first_chunk()?);
        if kind == BID.0 || kind == BID.1 {
            if *bytes.get(KEY_LENGTH_AT)? != 0 {
                return self.keyed_bid(engine, bytes);
            }
            if kind == BID.1 {
                return Some(true);
            }
            let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
            let amount = i64::from_le_bytes(*bytes.get(AMOUNT_AT..)?.first_chunk()?);
            return self.accepted(engine, LotId(number(LOT_AT)?), BidderNo(number(BIDDER_AT)?), Amount(amount));
        }
        // The others are few.
        let Record { head, body } = Record::decode(bytes).ok()?;
        match body {
            Body::HouseOpened { last, epoch } => (self.last, self.epoch) = (last, epoch),
            Body::LotOpened(terms) => {
                self.lots.push(Seen { started: terms.opens_at <= head.at, ..Seen::default() });
                return Some(
                    self.lots.len() == slot(head.lot)?.checked_add(1)? && *terms == *engine.lot(head.lot)?.terms(),
                );
            }
            Body::BidderAdmitted { name } => {
                let seen = self.lot(head.lot)?;
                seen.bidders = seen.bidders.checked_add(1)?;
                let bidder = engine.lot(head.lot)?.bidder(head.bidder)?;
                return Some(bidder.name == name && usize::try_from(head.bidder.0).ok()? == seen.bidders);
            }
            Body::PhaseStarted { .. } => self.lot(head.lot)?.started = true,
            Body::LotSuspended { cause, .. } => {
                let since = if cause == SuspendCause::Outage { self.last.or(Some(head.at)) } else { Some(head.at) };
                self.lot(head.lot)?.suspended_at = since;
            }
            Body::LotClosed(close) => self.lot(head.lot)?.closed_at = Some(close.due),
            Body::SealedBidPlaced { .. } => {
                self.lot(head.lot)?.placed.insert(head.bidder, head.lot_seq);
            }
            Body::SealedBidOpened { amount, .. } => {
                let seen = self.lot(head.lot)?;
                let placed = *seen.placed.get(&head.bidder)?;
                seen.opened.push((amount, Reverse(placed), head.bidder));
            }
            Body::SealedPhaseEnded { .. } => self.lot(head.lot)?.is_opening = true,
            Body::OpeningFinished(opening) => return self.counted(engine, head.lot, &opening),
            Body::OutcomeRecorded(outcome) => {
                self.lot(head.lot)?.decided = true;
                return Some(engine.lot(head.lot)?.outcome() == Some(&*outcome));
            }
            _ => {}
        }
        Some(true)
    }

    fn keyed_bid(&mut self, engine: &Engine, bytes: &[u8]) -> Option<bool> {
        let Record { head, body } = Record::decode(bytes).ok()?;
        let (Body::BidAccepted(bid) | Body::BidRefused(bid)) = body else { return None };
        let lot = engine.lot(head.lot)?;
        let keeps_keys = !matches!(lot.state(), State::Decided | State::Terminated);
        if keeps_keys {
            let is_first = is_kept(lot, &head, &bid)?;
            let seen = self.lot(head.lot)?;
            seen.keys = seen.keys.checked_add(usize::from(is_first))?;
        }
        if head.reason.is_some() {
            return Some(true);
        }
        self.accepted(engine, head.lot, head.bidder, bid.amount)
    }

    /// Returns whether the book goes on with the sealed bids that were opened and count: the equal highest ones, or, behind
    /// the last round, those of which the state says so. They stand in order of amount, equal ones the later placed first.
    fn counted(&mut self, engine: &Engine, lot: LotId, opening: &OpeningFields) -> Option<bool> {
        let known = engine.lot(lot)?;
        let seen = self.lot(lot)?;
        seen.is_opening = false;
        let mut counted = std::mem::take(&mut seen.opened);
        seen.placed.clear();
        let highest = known.book().get(seen.bids).map(|bid| bid.amount);
        counted.retain(|(amount, _, bidder)| match opening.next {
            AfterOpening::Close => known.sealed_bid(*bidder).counted,
            AfterOpening::FurtherRound => Some(*amount) == highest,
        });
        counted.sort_unstable();
        let end = seen.bids.checked_add(counted.len())?;
        let book = known.book().get(seen.bids..end)?;
        seen.bids = end;
        Some(book.iter().zip(&counted).all(|(bid, (amount, _, bidder))| (bid.amount, bid.leader) == (*amount, *bidder)))
    }

    fn accepted(&mut self, engine: &Engine, lot: LotId, bidder: BidderNo, amount: Amount) -> Option<bool> {
        let seen = self.lot(lot)?;
        let kept = engine.lot(lot)?.book().get(seen.bids)?;
        seen.bids = seen.bids.checked_add(1)?;
        Some((kept.amount, kept.leader) == (amount, bidder))
    }

    fn lot(&mut self, lot: LotId) -> Option<&mut Seen> {
        self.lots.get_mut(slot(lot)?)
    }
}

impl Seen {
    fn is_all_of(&self, lot: &Lot) -> bool {
        let counts = (lot.bidders().len(), lot.book().len(), lot.keys.len(), lot.outcome().is_some());
        let is_frozen = lot.state() == State::Suspended;
        let bids_yet = !lot.book().is_empty();
        let may_wait = lot.terms().rules.clock == ClockStart::FirstBid && lot.quote().phase_index == 0 && !bids_yet;
        let course = match (self.started, self.is_opening) {
            (false, _) => State::Scheduled,
            (true, false) => State::Bidding,
            (true, true) => State::AwaitingOpening,
        };
        let runs = lot.state() == State::Bidding || is_frozen && self.started;
        counts == (self.bidders, self.bids, self.keys, self.decided)
            && lot.closed_at() == self.closed_at
            && lot.is_waiting() == (may_wait && runs && self.started)
            && (!is_frozen || lot.froze() == (course, self.suspended_at))
    }
}

/// Returns whether a keyed bid is the first of its key, which is kept as it was; `None` if the lot keeps something else.
fn is_kept(lot: &Lot, head: &Head, bid: &BidFields) -> Option<bool> {
    let kept = lot.keys.get(head.bidder, bid.key)?;
    if kept.seq != head.seq {
        return (kept.seq < head.seq).then_some(false);
    }
    let as_recorded = (kept.at, kept.amount, kept.closes_at, kept.lot_seq, kept.reason)
        == (head.at, bid.amount, bid.closes_at, head.lot_seq, head.reason);
    as_recorded.then_some(true)
}

fn slot(lot: LotId) -> Option<usize> {
    usize::try_from(lot.0).ok()?.checked_sub(1)
}

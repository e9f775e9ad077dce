//! What happening changes: the only mutations of a lot. Each follows a decision and cannot fail.

use std::collections::BTreeMap;

use super::{Bidder, Keys, Lot, ReserveState, State, Top};
use crate::amount::Amount;
use crate::ids::{BidderNo, LotId};
use crate::record::{AfterClose, CloseCause, CloseFields, Comparison, LotTerms, Outcome};
use crate::rules::{ClockStart, ReservePolicy};
use crate::text::Name;
use crate::time::Timestamp;

impl Lot {
    /// Opens a lot at `at`; its first phase starts at once if its time has come.
    pub(crate) fn open(id: LotId, terms: LotTerms, at: Timestamp) -> Self {
        let reserve_state = match (terms.rules.reserve, terms.commitment) {
            (ReservePolicy::DeclaredNone, _) => ReserveState::DeclaredNone,
            (ReservePolicy::Required { .. }, Some(_)) => ReserveState::Committed,
            (ReservePolicy::Required { .. }, None) => ReserveState::Missing,
        };
        let mut lot = Self {
            id,
            rules_hash: super::facts::rules_hash(&terms.rules),
            lot_seq: 0,
            state: State::Scheduled,
            suspended_from: State::Scheduled,
            phase_index: 0,
            waiting: false,
            deadline: Some(terms.opens_at),
            hard_end: None,
            remaining: None,
            suspended_at: at,
            book: Vec::new(),
            refused: 0,
            extensions: 0,
            bidders: Vec::new(),
            numbers: BTreeMap::new(),
            quoted: 0,
            keys: Keys::default(),
            reserve_state,
            commitment: terms.commitment,
            outcome: None,
            terms,
        };
        if lot.terms.opens_at <= at {
            lot.start_phase(0, at);
        }
        lot
    }

    /// Starts a phase whose clock begins at `start`.
    pub(crate) fn start_phase(&mut self, index: u8, start: Timestamp) {
        self.state = State::Bidding;
        self.phase_index = index;
        self.waiting = index == 0 && self.terms.rules.clock == ClockStart::FirstBid;
        if self.waiting {
            self.deadline = None;
            self.hard_end = None;
        } else {
            self.start_clock(start);
        }
    }

    fn start_clock(&mut self, start: Timestamp) {
        let phase = self.phase();
        self.deadline = phase.deadline_from(start);
        self.hard_end = phase.hard_end_from(start);
    }

    /// Ends bidding and returns what LotClosed states.
    pub(crate) fn close(&mut self, due: Timestamp, cause: CloseCause) -> CloseFields {
        let awaits = self.awaits_reserve();
        self.state = if awaits { State::AwaitingReserve } else { State::Closed };
        self.stop_clock();
        CloseFields {
            due,
            cause,
            next: if awaits { AfterClose::AwaitReserve } else { AfterClose::NoComparison },
            top: self.top().map_or(Amount(0), |top| top.amount),
            accepted: self.accepted(),
            refused: self.refused,
            quoted: self.quoted,
            admitted: self.admitted(),
        }
    }

    fn stop_clock(&mut self) {
        self.deadline = None;
        self.hard_end = None;
        self.remaining = None;
        self.waiting = false;
    }

    /// Admits a bidder and returns its number.
    pub(crate) fn admit(&mut self, name: Name) -> BidderNo {
        let number = BidderNo(self.admitted().saturating_add(1));
        self.numbers.insert(name.clone(), number);
        self.bidders.push(Bidder { name, accepted: 0 });
        number
    }

    /// Takes an accepted bid of time `at`.
    pub(crate) fn take_bid(&mut self, bidder: BidderNo, amount: Amount, at: Timestamp) {
        self.book.push(Top { amount, leader: bidder });
        let index = usize::try_from(bidder.0).unwrap_or(usize::MAX).wrapping_sub(1);
        if let Some(bidder) = self.bidders.get_mut(index) {
            if bidder.accepted == 0 {
                self.quoted = self.quoted.saturating_add(1);
            }
            bidder.accepted = bidder.accepted.saturating_add(1);
        }
        if self.waiting {
            self.waiting = false;
            self.start_clock(at);
        }
        if let Some(deadline) = self.deadline {
            let extended = self.phase().extended(deadline, self.hard_end, at);
            if extended != deadline {
                self.deadline = Some(extended);
                self.extensions = self.extensions.saturating_add(1);
            }
        }
    }

    /// Counts a refused bid.
    pub(crate) fn count_refusal(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }

    /// Freezes the lot, from `since` on, with so much time remaining.
    pub(crate) fn suspend(&mut self, since: Timestamp, remaining: Option<i64>) {
        self.suspended_from = self.state;
        self.state = State::Suspended;
        self.suspended_at = since;
        self.remaining = remaining;
        self.deadline = None;
    }

    /// Gives back the time that remained; a hard end moves by the length of the suspension.
    pub(crate) fn resume(&mut self, at: Timestamp) {
        self.state = self.suspended_from;
        self.deadline = self.remaining.map(|ns| at.plus(ns));
        self.hard_end = self.hard_end.map(|end| end.plus(at.since(self.suspended_at)));
        self.remaining = None;
    }

    /// Ends the lot by authority.
    pub(crate) fn terminate(&mut self) {
        self.state = State::Terminated;
        self.stop_clock();
        self.keys.free();
    }

    /// Keeps that the reserve was entered, and its commitment.
    pub(crate) fn enter(&mut self, commitment: [u8; 32]) {
        self.reserve_state = ReserveState::Entered;
        self.commitment = Some(commitment);
    }

    /// Keeps what the comparison found.
    pub(crate) fn compared(&mut self, result: Comparison) {
        self.state = State::Closed;
        self.reserve_state = match result {
            Comparison::Met => ReserveState::Met,
            Comparison::NotMet => ReserveState::NotMet,
        };
    }

    /// Keeps the outcome; retries of old keys are over.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        self.state = State::Decided;
        self.outcome = Some(outcome);
        self.keys.free();
    }
}

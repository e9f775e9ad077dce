//! What happening changes: the only mutations of a lot. Each follows a decision and cannot fail.

use std::collections::BTreeMap;

use super::{Bidder, Keys, Lot, ReserveState, State, Top};
use crate::amount::Amount;
use crate::ids::{BidderNo, LotId};
use crate::record::{AfterClose, Answer, CloseCause, CloseFields, Comparison, LotTerms, Outcome};
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
            closed_at: None,
            resumes_at: None,
            book: Vec::new(),
            refused: 0,
            extensions: 0,
            bidders: Vec::new(),
            numbers: BTreeMap::new(),
            quoted: 0,
            keys: Keys::default(),
            reserve_state,
            commitment: terms.commitment,
            figures: Vec::new(),
            drawn: BidderNo(0),
            sealed: super::Sealed::default(),
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
        let (phase, open) = (self.phase_from(self.phase_index, start), self.terms.rules.open_time());
        (self.deadline, self.hard_end) = (phase.deadline_from(start, open), phase.hard_end_from(start, open));
    }

    /// Ends bidding and returns what LotClosed states.
    pub(crate) fn close(&mut self, due: Timestamp, cause: CloseCause) -> CloseFields {
        let awaits = self.awaits_reserve();
        self.closed_at = Some(due);
        self.state = match awaits {
            true => State::AwaitingReserve,
            false if self.needs_draw() => State::AwaitingDraw,
            false => State::Closed,
        };
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

    pub(super) fn stop_clock(&mut self) {
        self.deadline = None;
        self.hard_end = None;
        self.remaining = None;
        self.resumes_at = None;
        self.waiting = false;
    }

    /// Admits a bidder and returns its number.
    pub(crate) fn admit(&mut self, name: Name) -> BidderNo {
        let number = BidderNo(self.admitted().saturating_add(1));
        self.numbers.insert(name.clone(), number);
        self.bidders.push(Bidder {
            name,
            accepted: 0,
            answer: None,
            last_bid: None,
            rank: 0,
            matches: 0,
            topped_up: false,
            at_cap: false,
        });
        number
    }

    /// Takes an accepted bid of time `at`.
    pub(crate) fn take_bid(&mut self, bidder: BidderNo, amount: Amount, at: Timestamp) {
        let is_plain = self.terms.rules.is_plain();
        let is_match = !is_plain && self.top().is_some_and(|top| top.amount == amount) && !self.is_cap_reached();
        self.add_to_book(bidder, amount);
        if !is_plain && self.take_optional(bidder, amount, is_match, at) {
            return;
        }
        if self.waiting {
            self.waiting = false;
            self.start_clock(at);
        }
        self.extend(at);
    }

    fn add_to_book(&mut self, bidder: BidderNo, amount: Amount) {
        self.book.push(Top { amount, leader: bidder });
        if let Some(bidder) = self.bidder_mut(bidder) {
            let is_first = bidder.accepted == 0;
            bidder.accepted = bidder.accepted.saturating_add(1);
            self.quoted = self.quoted.saturating_add(u32::from(is_first));
        }
    }

    /// Takes a bid that was sealed as an accepted one. It extends nothing.
    pub(super) fn count_bid(&mut self, bidder: BidderNo, amount: Amount, at: Timestamp) {
        self.add_to_book(bidder, amount);
        let counts_recent = self.terms.rules.optional.recent_bidders.is_some();
        if let Some(bidder) = self.bidder_mut(bidder).filter(|_| counts_recent) {
            bidder.last_bid = Some(at);
        }
    }

    /// Keeps what optional rules ask of an accepted bid. Returns whether it reached a cap that ends the phase.
    fn take_optional(&mut self, bidder: BidderNo, amount: Amount, is_match: bool, at: Timestamp) -> bool {
        let counts_recent = self.terms.rules.optional.recent_bidders.is_some();
        let at_cap = self.terms.rules.optional.cap.map(Amount) == Some(amount);
        if let Some(bidder) = self.bidder_mut(bidder) {
            bidder.matches = bidder.matches.saturating_add(u32::from(is_match));
            bidder.last_bid = if counts_recent { Some(at) } else { None };
            bidder.at_cap |= at_cap;
        }
        let ends = self.cap_ends_phase();
        if ends {
            self.waiting = false;
            self.deadline = Some(at);
        }
        ends
    }

    /// Lets an accepted bid move the deadline.
    fn extend(&mut self, at: Timestamp) {
        let Some(deadline) = self.deadline else { return };
        let rules = &self.terms.rules;
        if !rules.is_plain() && rules.optional.max_extensions.is_some_and(|most| self.extensions >= most) {
            return;
        }
        let extended = self.phase().extended(deadline, self.hard_end, at, rules.open_time());
        if extended != deadline {
            self.deadline = Some(extended);
            self.extensions = self.extensions.saturating_add(1);
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
        self.resumes_at = None;
        self.remaining = remaining;
        self.deadline = None;
    }

    /// Keeps when the lot may be resumed.
    pub(crate) fn announce(&mut self, resumes_at: Timestamp) {
        self.resumes_at = self.terms.rules.optional.resume_notice.map(|_| resumes_at);
    }

    /// Keeps a bidder's answer to the inquiry.
    pub(crate) fn answer(&mut self, bidder: BidderNo, answer: Answer) {
        if let Some(bidder) = self.bidder_mut(bidder) {
            bidder.answer = Some(answer);
        }
    }

    /// Keeps the rank of a bidder's priority.
    pub(crate) fn grant(&mut self, bidder: BidderNo, rank: u32) {
        if let Some(bidder) = self.bidder_mut(bidder) {
            bidder.rank = rank;
        }
    }

    /// Keeps that a bidder's further deposit was confirmed.
    pub(crate) fn confirm_top_up(&mut self, bidder: BidderNo) {
        if let Some(bidder) = self.bidder_mut(bidder) {
            bidder.topped_up = true;
        }
    }

    /// Keeps whom the lottery gave the lot.
    pub(crate) fn take_draw(&mut self, drawn: BidderNo) {
        self.state = State::Closed;
        self.drawn = drawn;
    }

    fn bidder_mut(&mut self, bidder: BidderNo) -> Option<&mut Bidder> {
        let index = usize::try_from(bidder.0).ok()?.checked_sub(1)?;
        self.bidders.get_mut(index)
    }

    /// Lets the lot go on: to the end that was stated, as a phase that begins again, or with the time that remained.
    pub(crate) fn resume(&mut self, at: Timestamp, ends_at: Option<Timestamp>) {
        let restart = self.phase_to_restart();
        let (open, since) = (self.terms.rules.open_time(), self.suspended_at);
        for bidder in &mut self.bidders {
            bidder.last_bid = bidder.last_bid.map(|last| open.before(at, open.between(last, since)));
        }
        self.state = self.suspended_from;
        if let Some(index) = restart {
            self.phase_index = index;
            self.start_clock(at);
        } else {
            self.hard_end = self.hard_end.map(|end| open.after(at, open.between(since, end)));
            self.deadline = ends_at.or(self.kept_end(at));
        }
        self.remaining = None;
        self.resumes_at = None;
    }

    /// Ends the lot by authority.
    pub(crate) fn terminate(&mut self) {
        self.state = State::Terminated;
        self.stop_clock();
        self.keys.free();
    }

    /// Keeps what the comparison found.
    pub(crate) fn compared(&mut self, result: Comparison) {
        let draws = result == Comparison::Met && self.needs_draw();
        self.state = if draws { State::AwaitingDraw } else { State::Closed };
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

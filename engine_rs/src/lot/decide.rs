//! What may happen to a lot: pure functions of its state, read top to bottom as the specification.
//!
//! FORMAT.md B.2 to B.7 states the same in words; the article of a rule text stands where a rule has one.

use super::{Lot, ReserveState, State};
use crate::amount::Amount;
use crate::ids::BidderNo;
use crate::record::{EntryResult, Outcome, OutcomeCause, OutcomeKind};
use crate::rules::{
    Admission, Anchor, CommitmentTime, EntryWindow, PhaseEnd, ReservePolicy, SelfOutbid, SingleBidder, WithoutBids,
};
use crate::time::Timestamp;
use crate::verdict::Reason;

/// What follows the end of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseNext {
    /// The phase with this index.
    Enter(u8),
    /// The close.
    Close,
}

impl Lot {
    /// Returns whether a bidder that nobody admitted is admitted by its bid.
    pub(crate) fn admits_by_bid(&self) -> bool {
        self.terms.rules.admission == Admission::Open && self.takes_bidders()
    }

    fn takes_bidders(&self) -> bool {
        matches!(self.state, State::Scheduled | State::Bidding | State::Suspended)
    }

    /// Decides a bid of an admitted bidder (FORMAT.md B.5, rows 3 to 13).
    pub(crate) fn decide_bid(&self, bidder: BidderNo, amount: Amount) -> Result<(), Reason> {
        match self.state {
            State::Scheduled => return Err(Reason::NotOpen),
            State::Suspended => return Err(Reason::Suspended),
            State::Bidding => {}
            _ => return Err(Reason::Closed),
        }
        if amount.minor() < 1 {
            return Err(Reason::AmountNotPositive);
        }
        let rules = &self.terms.rules;
        let top = self.top();
        if top.is_some_and(|top| top.leader == bidder) && rules.self_outbid == SelfOutbid::Refused {
            return Err(Reason::AlreadyLeading);
        }
        let base = top.map_or(rules.start_price, |top| top.amount);
        let step = rules.increment.step(base);
        match top {
            None if amount < rules.start_price => return Err(Reason::BelowStart),
            None => {}
            Some(top) => {
                let least = top.amount.checked_add(Amount(step)).ok_or(Reason::AmountLimit)?;
                if amount < least {
                    return Err(Reason::BelowIncrement);
                }
            }
        }
        let anchor = match rules.multiple_anchor {
            None => None,
            Some(Anchor::Start) => Some(rules.start_price),
            Some(Anchor::Current) => Some(base),
        };
        if anchor.is_some_and(|anchor| (amount.minor() - anchor.minor()) % step != 0) {
            return Err(Reason::NotMultiple);
        }
        if let Some(most) = rules.max_multiple {
            let limit = i128::from(base.minor()) + i128::from(most) * i128::from(step);
            let ask = rules.ask(top.map(|top| top.amount));
            if i128::from(amount.minor()) > limit && ask.is_none_or(|ask| amount > ask) {
                return Err(Reason::AboveMaxMultiple);
            }
        }
        Ok(())
    }

    /// Decides whether a bidder can be admitted.
    pub(crate) fn decide_admission(&self, known: Option<BidderNo>) -> Result<(), Reason> {
        if !self.takes_bidders() {
            return Err(Reason::WrongPhase);
        }
        if known.is_some() { Err(Reason::AlreadyAdmitted) } else { Ok(()) }
    }

    /// Decides whether the lot can be closed by a call.
    pub(crate) fn decide_close(&self) -> Result<(), Reason> {
        match self.state {
            State::Bidding if self.phase().end == PhaseEnd::Called => Ok(()),
            State::Bidding => Err(Reason::CloseNotCalled),
            _ => Err(Reason::WrongPhase),
        }
    }

    /// Decides whether the lot can be suspended.
    pub(crate) fn decide_suspension(&self) -> Result<(), Reason> {
        in_state(matches!(self.state, State::Scheduled | State::Bidding))
    }

    /// Decides whether the lot can be resumed.
    pub(crate) fn decide_resumption(&self) -> Result<(), Reason> {
        in_state(self.state == State::Suspended)
    }

    /// Decides whether the lot can be terminated.
    pub(crate) fn decide_termination(&self) -> Result<(), Reason> {
        in_state(!matches!(self.state, State::Decided | State::Terminated))
    }

    /// Returns what follows the end of the present phase.
    pub(crate) fn next_phase(&self) -> PhaseNext {
        let next = self.phase_index.saturating_add(1);
        let rules = &self.terms.rules;
        let decide = match self.quoted {
            _ if usize::from(next) >= rules.phases.len() => true,
            0 => rules.timed_without_bids == Some(WithoutBids::Decide),
            1 => rules.single_bidder == Some(SingleBidder::Decide),
            _ => false,
        };
        if decide { PhaseNext::Close } else { PhaseNext::Enter(next) }
    }

    /// Returns whether a close now leaves a reserve to compare. Without a sale to decide it stays sealed.
    pub(crate) fn awaits_reserve(&self) -> bool {
        self.top().is_some() && self.has_enough_bidders() && self.reserve_state != ReserveState::DeclaredNone
    }

    /// Decides whether the reserve may be entered at `at` (FORMAT.md B.6), given what the vault found.
    pub(crate) fn decide_entry(&self, at: Timestamp, result: EntryResult, commitment: &[u8; 32]) -> Result<(), Reason> {
        let ReservePolicy::Required { window, commitment: when, .. } = self.terms.rules.reserve else {
            return Err(Reason::ReserveNotRequired);
        };
        in_state(!matches!(self.state, State::Terminated | State::Closed | State::Decided))?;
        if !matches!(self.reserve_state, ReserveState::Missing | ReserveState::Committed) {
            return Err(Reason::AlreadyEntered);
        }
        // An amount entered when the top is known could be made to fit it; only an earlier commitment forbids that.
        in_state(self.state != State::AwaitingReserve || when == CommitmentTime::BeforeOpening)?;
        if window != EntryWindow::default() {
            self.decide_window(at, window)?;
        }
        match result {
            EntryResult::BelowStart => return Err(Reason::ReserveBelowStart),
            EntryResult::CommitmentMismatch => return Err(Reason::CommitmentMismatch),
            EntryResult::Accepted => {}
        }
        self.fits_commitment(commitment)
    }

    fn decide_window(&self, at: Timestamp, window: EntryWindow) -> Result<(), Reason> {
        let end = match self.state {
            State::Suspended => return Err(Reason::Suspended),
            State::Bidding if self.phase_index == 0 => self.deadline,
            State::Scheduled => self.deadline.and_then(|start| self.phase_at(0).deadline_from(start)),
            _ => None,
        };
        let left = end.ok_or(Reason::OutsideEntryWindow)?.since(at);
        let opened = window.opens_before_end.is_none_or(|most| left <= most);
        let not_over = window.ends_before_end.is_none_or(|least| left >= least);
        if opened && not_over { Ok(()) } else { Err(Reason::OutsideEntryWindow) }
    }

    fn fits_commitment(&self, commitment: &[u8; 32]) -> Result<(), Reason> {
        match self.commitment {
            Some(before) if before != *commitment => Err(Reason::CommitmentMismatch),
            _ => Ok(()),
        }
    }

    /// Decides whether the reserve may be entered again after a restart.
    pub(crate) fn decide_reentry(&self, result: EntryResult, commitment: &[u8; 32]) -> Result<(), Reason> {
        in_state(!matches!(self.state, State::Terminated | State::Closed | State::Decided))?;
        match self.reserve_state {
            ReserveState::Entered => {}
            ReserveState::Missing | ReserveState::Committed => return Err(Reason::ReserveMissing),
            ReserveState::DeclaredNone => return Err(Reason::ReserveNotRequired),
            ReserveState::Met | ReserveState::NotMet => return Err(Reason::WrongPhase),
        }
        if result != EntryResult::Accepted {
            return Err(Reason::CommitmentMismatch);
        }
        self.fits_commitment(commitment)
    }

    /// Decides whether the vault's comparison may be recorded.
    pub(crate) fn decide_comparison(&self) -> Result<(), Reason> {
        in_state(self.state == State::AwaitingReserve)?;
        if self.reserve_state == ReserveState::Entered { Ok(()) } else { Err(Reason::ReserveMissing) }
    }

    /// Decides whether the reserve may be disclosed.
    pub(crate) fn decide_disclosure(&self, fits: bool) -> Result<(), Reason> {
        in_state(matches!(self.state, State::Decided | State::Terminated))?;
        if self.commitment.is_none() {
            return Err(Reason::ReserveMissing);
        }
        if fits { Ok(()) } else { Err(Reason::CommitmentMismatch) }
    }

    /// Decides whether an outcome follows from what was accepted (FORMAT.md B.7).
    pub(crate) fn decide_outcome(&self, outcome: &Outcome) -> Result<(), Reason> {
        in_state(self.state == State::Closed)?;
        let no_bids = self.book.is_empty();
        let too_few = !no_bids && !self.has_enough_bidders();
        let not_met = self.reserve_state == ReserveState::NotMet;
        let follows = match (outcome.kind, outcome.cause) {
            (OutcomeKind::Sold, OutcomeCause::None) => {
                let price = self.is_accepted(outcome.price) && self.has_bid(outcome.winner, outcome.price);
                !no_bids && !too_few && !not_met && price
            }
            (OutcomeKind::Sold, _) | (OutcomeKind::Unsold, OutcomeCause::None) => false,
            (OutcomeKind::Unsold, OutcomeCause::NoBids) => no_bids,
            (OutcomeKind::Unsold, OutcomeCause::TooFewBidders) => too_few,
            (OutcomeKind::Unsold, OutcomeCause::ReserveNotMet) => not_met,
            (OutcomeKind::Unsold, OutcomeCause::TypeRule) => {
                !no_bids && !too_few && !not_met && !outcome.detail.as_str().is_empty()
            }
        };
        let nothing_sold = outcome.winner == BidderNo(0) && outcome.price == Amount(0);
        let canonical = outcome.kind == OutcomeKind::Sold || nothing_sold;
        if follows && canonical && outcome.type_id == self.terms.type_id { Ok(()) } else { Err(Reason::OutcomeInvalid) }
    }

    /// Returns whether an accepted bid of `winner` reaches `price`: nobody pays more than it bid.
    fn has_bid(&self, winner: BidderNo, price: Amount) -> bool {
        self.book.iter().rev().any(|bid| bid.leader == winner && bid.amount >= price)
    }

    fn is_accepted(&self, price: Amount) -> bool {
        self.book.binary_search_by_key(&price, |bid| bid.amount).is_ok()
    }
}

fn in_state(legal: bool) -> Result<(), Reason> {
    if legal { Ok(()) } else { Err(Reason::WrongPhase) }
}

//! One lot: its state, what may happen to it, and what happening changes.
//!
//! Deciding (`decide.rs`) is pure and reads as the specification; changing (`apply.rs`) is the only mutation and trusts
//! the decision. What is always true: the top amount is the last accepted bid and the greatest; a deadline exists only in
//! scheduled and bidding; nothing here knows an amount that was sealed.

mod apply;
mod cap;
mod decide;
mod facts;
mod figures;
mod keys;
mod sealed;
mod snapshot;

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::command::BidderRef;
use crate::decision::{Quote, QuotePhase};
use crate::ids::{BidderNo, LotId};
use crate::record::{Answer, Key, LotTerms, Outcome};
use crate::rules::{CountOf, MinBidders, Phase, PhaseKind, PostponedEnd};
use crate::text::Name;
use crate::time::Timestamp;
use crate::wire::coded_enum;

pub use cap::seed_commitment;
pub(crate) use decide::PhaseNext;
pub use figures::Figure;
pub(crate) use keys::{KeptBid, Keys};
use sealed::Sealed;
pub use sealed::SealedBid;

coded_enum! {
    /// Where a lot stands (FORMAT.md B.2).
    State {
        /// Before `opens_at`.
        Scheduled = 1 "scheduled",
        /// A phase runs.
        Bidding = 2 "bidding",
        /// Frozen, out of one of the two above.
        Suspended = 3 "suspended",
        /// Bidding is over, the reserve is to be compared.
        AwaitingReserve = 4 "awaiting_reserve",
        /// Bidding is over, nothing is left to compare.
        Closed = 5 "closed",
        /// An outcome is recorded.
        Decided = 6 "decided",
        /// Ended by an authority.
        Terminated = 7 "terminated",
        /// Bidding is over, the lottery among the bidders at the cap is to be drawn.
        AwaitingDraw = 8 "awaiting_draw",
        /// The sealed phase is over, its bids are to be opened.
        AwaitingOpening = 9 "awaiting_opening",
    }
}
coded_enum! {
    /// What is known of a lot's reserve. The amount never is.
    ReserveState {
        /// Declared to have none.
        DeclaredNone = 0 "declared_none",
        /// Required and not entered.
        Missing = 1 "missing",
        /// Committed to before the opening, not entered.
        Committed = 2 "committed",
        /// Entered.
        Entered = 3 "entered",
        /// Compared: the top amount reaches it.
        Met = 4 "met",
        /// Compared: it does not.
        NotMet = 5 "not_met",
    }
}

/// The standing bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Top {
    /// Its amount.
    pub amount: Amount,
    /// Who bid it.
    pub leader: BidderNo,
}

/// An admitted bidder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bidder {
    /// The name under which it was admitted.
    pub name: Name,
    /// How many bids of it were accepted.
    pub accepted: u32,
    /// What it answered to the inquiry.
    pub answer: Option<Answer>,
    /// The time of its last accepted bid, which a suspension moves later; kept where the rules ask for recent bidders.
    pub(crate) last_bid: Option<Timestamp>,
    /// The rank of its priority, from 1, the highest; 0 for none.
    pub rank: u32,
    /// How often it bid the top amount by its priority.
    pub matches: u32,
    /// Whether its further deposit was confirmed.
    pub topped_up: bool,
    /// Whether it bid the cap; follows from the book.
    pub(crate) at_cap: bool,
}

/// A lot and everything that was decided in it.
#[derive(Debug, Clone)]
pub struct Lot {
    id: LotId,
    terms: LotTerms,
    rules_hash: [u8; 32],
    pub(crate) lot_seq: u32,
    state: State,
    /// What a suspended lot returns to.
    suspended_from: State,
    phase_index: u8,
    /// The first phase's clock waits for an accepted bid.
    waiting: bool,
    deadline: Option<Timestamp>,
    hard_end: Option<Timestamp>,
    remaining: Option<i64>,
    suspended_at: Timestamp,
    /// When the lot closed, which decides nothing any more.
    closed_at: Option<Timestamp>,
    /// When the lot may be resumed, as announced.
    resumes_at: Option<Timestamp>,
    /// Accepted bids in order. Amounts rise, but where a priority, a lottery or sealed bids let some be equal.
    book: Vec<Top>,
    refused: u32,
    extensions: u32,
    bidders: Vec<Bidder>,
    numbers: BTreeMap<Name, BidderNo>,
    quoted: u32,
    pub(crate) keys: Keys,
    reserve_state: ReserveState,
    commitment: Option<[u8; 32]>,
    /// What was entered where several people set the reserve.
    figures: Vec<Figure>,
    /// Whom the lottery gave the lot, 0 for nobody yet.
    drawn: BidderNo,
    sealed: Sealed,
    outcome: Option<Outcome>,
}

impl Lot {
    /// Returns the lot's number.
    #[must_use]
    pub const fn id(&self) -> LotId {
        self.id
    }

    /// Returns what the lot was opened with.
    #[must_use]
    pub const fn terms(&self) -> &LotTerms {
        &self.terms
    }

    /// Returns where the lot stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns the deadline of the present phase or of the opening, if there is one.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Returns the standing bid, if there is one.
    #[must_use]
    pub fn top(&self) -> Option<Top> {
        self.book.last().copied()
    }

    /// Returns the accepted bids in order.
    #[must_use]
    pub fn book(&self) -> &[Top] {
        &self.book
    }

    /// Returns the admitted bidders in order of their numbers, from 1.
    #[must_use]
    pub fn bidders(&self) -> &[Bidder] {
        &self.bidders
    }

    /// Returns the number of an admitted bidder.
    #[must_use]
    pub fn bidder_no(&self, name: &str) -> Option<BidderNo> {
        self.numbers.get(name).copied()
    }

    /// Returns the number of a bidder whom a caller names, if it is admitted.
    #[must_use]
    pub fn number_of(&self, bidder: BidderRef<'_>) -> Option<BidderNo> {
        match bidder {
            BidderRef::Number(number) => self.bidder(number).map(|_| number),
            BidderRef::Name(name) => self.bidder_no(name.as_str()),
        }
    }

    /// Returns an admitted bidder.
    #[must_use]
    pub fn bidder(&self, number: BidderNo) -> Option<&Bidder> {
        let index = usize::try_from(number.0).ok()?.checked_sub(1)?;
        self.bidders.get(index)
    }

    /// Returns the number of accepted bids.
    #[must_use]
    pub fn accepted(&self) -> u32 {
        u32::try_from(self.book.len()).unwrap_or(u32::MAX)
    }

    /// Returns the number of refused bids.
    #[must_use]
    pub const fn refused(&self) -> u32 {
        self.refused
    }

    /// Returns how often an accepted bid moved the deadline.
    #[must_use]
    pub const fn extensions(&self) -> u32 {
        self.extensions
    }

    /// Returns the number of bidders with an accepted bid.
    #[must_use]
    pub const fn quoted(&self) -> u32 {
        self.quoted
    }

    /// Returns the number of admitted bidders.
    #[must_use]
    pub fn admitted(&self) -> u32 {
        u32::try_from(self.bidders.len()).unwrap_or(u32::MAX)
    }

    /// Returns what is known of the reserve.
    #[must_use]
    pub const fn reserve_state(&self) -> ReserveState {
        self.reserve_state
    }

    /// Returns the commitment to the reserve, if one was recorded; of several figures the one that binds them all.
    #[must_use]
    pub const fn commitment(&self) -> Option<[u8; 32]> {
        self.commitment
    }

    /// Returns the outcome, once recorded.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Returns since when a suspended lot is suspended.
    #[must_use]
    pub fn suspended_since(&self) -> Option<Timestamp> {
        (self.state == State::Suspended).then_some(self.suspended_at)
    }

    /// Returns the amount for which a bidder first used a key, while the lot keeps keys.
    #[must_use]
    pub fn first_amount(&self, bidder: BidderNo, key: Key) -> Option<Amount> {
        self.keys.get(bidder, key).map(|bid| bid.amount)
    }

    /// Returns when the lot closed: bidding ended, or the opening of its sealed bids.
    #[must_use]
    pub const fn closed_at(&self) -> Option<Timestamp> {
        self.closed_at
    }

    /// Returns how much time a suspended lot has left.
    #[must_use]
    pub const fn remaining(&self) -> Option<i64> {
        self.remaining
    }

    /// Returns when a suspended lot will be resumed, where the rules ask for an announcement and there is one.
    #[must_use]
    pub const fn resumes_at(&self) -> Option<Timestamp> {
        self.resumes_at
    }

    /// Returns the time left at `at`: to the opening, or of the present phase. None where no deadline is known.
    pub(crate) fn left(&self, at: Timestamp) -> Option<i64> {
        self.deadline.map(|deadline| match self.state {
            State::Scheduled => deadline.since(at),
            _ => self.terms.rules.open_time().between(at, deadline),
        })
    }

    /// Returns whether the first phase's clock waits for an accepted bid.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Returns whether bidding began, if it is not suspended now before its opening.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.course() != State::Scheduled
    }

    /// Returns the state, or of a suspended lot the one that it was suspended out of.
    fn course(&self) -> State {
        if self.state == State::Suspended { self.suspended_from } else { self.state }
    }

    /// Returns of a suspended lot out of which state and when it was suspended.
    pub(crate) fn froze(&self) -> (State, Option<Timestamp>) {
        (self.suspended_from, Some(self.suspended_at))
    }

    /// Returns whether the least number of bidders is reached.
    #[must_use]
    pub fn has_enough_bidders(&self) -> bool {
        match self.terms.rules.min_bidders {
            None => true,
            Some(MinBidders { count, of: CountOf::Admitted }) => self.admitted() >= count,
            Some(MinBidders { count, of: CountOf::Quoted }) => self.quoted >= count,
        }
    }

    /// Returns the quote: what one may show of the lot.
    #[must_use]
    pub fn quote(&self) -> Quote {
        let top = self.top();
        Quote {
            phase: self.quote_phase(),
            phase_index: self.phase_index,
            standing: top.map(|top| top.amount),
            leader: top.map_or(BidderNo(0), |top| top.leader),
            ask: if self.takes_bidders() { self.ask() } else { None },
            closes_at: self.deadline,
            accepted: self.accepted(),
        }
    }

    fn quote_phase(&self) -> QuotePhase {
        match self.state {
            State::Scheduled => QuotePhase::Scheduled,
            State::Bidding if self.is_opening_finished() => QuotePhase::AwaitingOpening,
            State::Bidding => match self.phase().kind {
                PhaseKind::Free => QuotePhase::Free,
                PhaseKind::Timed => QuotePhase::Timed,
                PhaseKind::Inquiry => QuotePhase::Inquiry,
                PhaseKind::Preparation => QuotePhase::Preparation,
                PhaseKind::Sealed => QuotePhase::Sealed,
            },
            State::Suspended => QuotePhase::Suspended,
            State::AwaitingReserve => QuotePhase::AwaitingReserve,
            State::Closed => QuotePhase::Closed,
            State::Decided => QuotePhase::Decided,
            State::Terminated => QuotePhase::Terminated,
            State::AwaitingDraw => QuotePhase::AwaitingDraw,
            State::AwaitingOpening => QuotePhase::AwaitingOpening,
        }
    }

    /// Returns the present or last phase. Rules have at least one, and the index never passes the last.
    fn phase(&self) -> &Phase {
        self.phase_at(self.phase_index)
    }

    /// Returns a phase whose clock starts at `start`: the first one's stated ends may move with a postponed opening.
    fn phase_from(&self, index: u8, start: Timestamp) -> Phase {
        let (rules, opens_at, phase) = (&self.terms.rules, self.terms.opens_at, *self.phase_at(index));
        if index != 0 || start <= opens_at || rules.optional.postponed_end != Some(PostponedEnd::Moves) {
            return phase;
        }
        let open = rules.open_time();
        phase.with_ends_moved(|end| end.max(open.after(start, open.between(opens_at, end.max(opens_at)))))
    }

    fn phase_at(&self, index: u8) -> &Phase {
        let phases = &self.terms.rules.phases;
        phases.get(usize::from(index)).or(phases.last()).unwrap_or(&NEVER)
    }
}

/// Stands in for a phase that rules without phases would have; such rules do not exist.
static NEVER: Phase = Phase {
    kind: PhaseKind::Free,
    end: crate::rules::PhaseEnd::Called,
    extension: crate::rules::Extension::None,
    hard_end: None,
};

//! What a command returns: its record and the quote after it.

use crate::amount::Amount;
use crate::ids::{BidderNo, Seq};
use crate::record::Record;
use crate::time::Timestamp;
use crate::verdict::Reason;
use crate::wire::coded_enum;

coded_enum! {
    /// Where a lot stands, in the words of a quote.
    QuotePhase {
        /// No lot: the command concerned the house.
        None = 0 "none",
        /// Before bidding.
        Scheduled = 1 "scheduled",
        /// Free quotes (自由报价).
        Free = 2 "free",
        /// Timed bidding (限时竞价).
        Timed = 3 "timed",
        /// Suspended (中止).
        Suspended = 4 "suspended",
        /// Bidding is over, the reserve is to be compared.
        AwaitingReserve = 5 "awaiting_reserve",
        /// Bidding is over, the outcome is not yet recorded.
        Closed = 6 "closed",
        /// The outcome is recorded.
        Decided = 7 "decided",
        /// Ended by an authority (终止).
        Terminated = 8 "terminated",
        /// The inquiry (询问期).
        Inquiry = 9 "inquiry",
        /// The preparation for timed bidding (准备期).
        Preparation = 10 "preparation",
        /// Bidding is over, several are at the cap, the lottery is to be drawn (摇号).
        AwaitingDraw = 11 "awaiting_draw",
        /// Sealed bids are placed (密封报价期).
        Sealed = 12 "sealed",
        /// The sealed phase is over, its bids are to be opened (开标).
        AwaitingOpening = 13 "awaiting_opening",
    }
}

/// The price state of a lot as one may show it. Nothing in it depends on the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Where the lot stands.
    pub phase: QuotePhase,
    /// The index of the current or last phase.
    pub phase_index: u8,
    /// The standing amount, if there is an accepted bid.
    pub standing: Option<Amount>,
    /// Who leads, 0 for nobody.
    pub leader: BidderNo,
    /// The least acceptable amount, if a bid could be accepted.
    pub ask: Option<Amount>,
    /// When the phase ends, if that is known.
    pub closes_at: Option<Timestamp>,
    /// How many bids were accepted.
    pub accepted: u32,
}

impl Quote {
    /// The quote of a command that concerns no lot.
    pub const NONE: Self = Self {
        phase: QuotePhase::None,
        phase_index: 0,
        standing: None,
        leader: BidderNo(0),
        ask: None,
        closes_at: None,
        accepted: 0,
    };
}

/// The engine's answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The record that states it.
    pub record: Record,
    /// The quote after it.
    pub quote: Quote,
    /// Whether this repeats an earlier decision of the same key; then `record` is the earlier one.
    pub repeated: bool,
}

impl Decision {
    /// Returns the decision's place in the sequence.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.record.head.seq
    }

    /// Returns why the command was refused, or `None` where it was accepted.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.record.head.reason
    }

    /// Returns whether the command was accepted.
    #[must_use]
    pub const fn accepted(&self) -> bool {
        self.record.head.reason.is_none()
    }
}

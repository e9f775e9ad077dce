//! The rules of a lot: a closed set of parameters, validated once, recorded when the lot opens.
//!
//! What is always true: a [`LotRules`] value exists only if its parameters do not contradict each other. Everything that
//! decides a bid or a phase is a parameter here; which parameters make a 挂牌 or an English auction is decided by the
//! auction types outside the engine. FORMAT.md B.1 lists keys, values and constraints.

mod canonical;
mod cap;
mod check;
mod fault;
mod increment;
mod open_time;
mod optional;
mod phase;
mod sealed;
mod value;

use std::ops::Deref;

use crate::amount::Amount;
use crate::wire::coded_enum;

pub(crate) use cap::MAX_SEEDS;
pub(crate) use fault::has_places;
#[cfg(feature = "python")]
pub(crate) use fault::told;
pub use fault::{Figure, Part, Place, Problem, RuleError};
pub use increment::{Increment, Rounding, StepRow};
pub use open_time::{OpenTime, Span};
pub use optional::*;
pub use phase::{Extension, HardEnd, Phase, PhaseEnd, PhaseKind};
pub use sealed::{ReservePublished, SealedAward, SealedChange, SealedCustody, SealedEqual, SealedTie};
pub use value::{Duration, Given, OptionalRule};

coded_enum! {
    /// Who may bid.
    Admission {
        /// Bidders admitted by command only.
        Listed = 1 "listed",
        /// Also a bidder who bids for the first time; meant for replaying old logs.
        Open = 2 "open",
    }
}
coded_enum! {
    /// From where whole multiples of the step are counted.
    Anchor {
        /// From the start price: start + k × step.
        Start = 1 "start",
        /// From the current top amount: top + k × step.
        Current = 2 "current",
    }
}
coded_enum! {
    /// Whether the leader may raise its own bid.
    SelfOutbid {
        /// It may.
        Allowed = 1 "allowed",
        /// It is refused as already leading.
        Refused = 2 "refused",
    }
}
coded_enum! {
    /// When the first phase's clock starts.
    ClockStart {
        /// When the lot opens.
        Opening = 1 "opening",
        /// With the first accepted bid.
        FirstBid = 2 "first_bid",
    }
}
coded_enum! {
    /// What follows a phase without any accepted bid.
    WithoutBids {
        /// The next phase.
        Enter = 1 "enter",
        /// The decision: not sold.
        Decide = 2 "decide",
    }
}
coded_enum! {
    /// What follows a phase in which one bidder alone has bid.
    SingleBidder {
        /// The decision.
        Decide = 1 "decide",
        /// The next phase.
        Timed = 2 "timed",
    }
}
coded_enum! {
    /// What happens to a lot whose deadline fell while the house was down.
    OnOutage {
        /// The deadline stands.
        CloseAtSchedule = 1 "close_at_schedule",
        /// The lot is suspended until somebody resumes it.
        Suspend = 2 "suspend",
    }
}
coded_enum! {
    /// Which bidders count towards the least number.
    CountOf {
        /// The admitted ones.
        Admitted = 1 "admitted",
        /// Those with an accepted bid.
        Quoted = 2 "quoted",
    }
}
coded_enum! {
    /// Who keeps the reserve while bidding is open.
    Custody {
        /// A locked slot of this process, after entry.
        Entered = 1 "entered",
        /// The keepers; reserved, refused by this release.
        Keepers = 2 "keepers",
    }
}
coded_enum! {
    /// When the commitment to the reserve is recorded.
    CommitmentTime {
        /// With the opening of the lot.
        BeforeOpening = 1 "before_opening",
        /// With the entry of the reserve.
        AtEntry = 2 "at_entry",
    }
}

/// When a reserve may be entered, counted back from the end of the first phase (Shantou: the last 30 minutes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EntryWindow {
    /// At most so many nanoseconds are left.
    pub opens_before_end: Option<i64>,
    /// At least so many nanoseconds are left.
    pub ends_before_end: Option<i64>,
}

/// Whether the lot has a reserve (底价).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservePolicy {
    /// One is required; a missing one stops the decision.
    Required {
        /// Who keeps it.
        custody: Custody,
        /// When its commitment is recorded.
        commitment: CommitmentTime,
        /// When it may be entered.
        window: EntryWindow,
    },
    /// The lot was declared to have none (无底价) before bidding opened.
    DeclaredNone,
}

/// The least number of bidders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinBidders {
    /// At least 1.
    pub count: u32,
    /// Which bidders count.
    pub of: CountOf,
}

/// The parameters before validation: what [`LotRules::new`] takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// Who may bid.
    pub admission: Admission,
    /// The least first bid.
    pub start_price: Amount,
    /// The step.
    pub increment: Increment,
    /// Whether amounts must be whole multiples of the step, and from where.
    pub multiple_anchor: Option<Anchor>,
    /// The most steps in one bid.
    pub max_multiple: Option<i64>,
    /// Whether the leader may raise its own bid.
    pub self_outbid: SelfOutbid,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// When the first phase's clock starts.
    pub clock: ClockStart,
    /// What follows a phase without bids; stated if and only if there is more than one phase.
    pub timed_without_bids: Option<WithoutBids>,
    /// What follows a phase with one bidder; stated if and only if there is more than one phase.
    pub single_bidder: Option<SingleBidder>,
    /// What follows an outage.
    pub on_outage: OnOutage,
    /// The least number of bidders.
    pub min_bidders: Option<MinBidders>,
    /// Whether there is a reserve.
    pub reserve: ReservePolicy,
    /// The rules that are off when absent.
    pub optional: OptionalRules,
}

/// Validated rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotRules {
    set: RuleSet,
    /// No optional rule is on: a bid need not ask for one after the other.
    is_plain: bool,
}

impl LotRules {
    /// Returns the rules if they hold together.
    ///
    /// # Errors
    /// [`RuleError`] names the first parameter that is missing, out of range or in contradiction to another.
    pub fn new(rules: RuleSet) -> Result<Self, RuleError> {
        check::check(&rules)?;
        let is_plain = rules.optional == OptionalRules::default();
        Ok(Self { set: rules, is_plain })
    }

    /// Returns whether no rule is on that is off when absent.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Returns the time in which bidding is open.
    #[must_use]
    pub fn open_time(&self) -> OpenTime<'_> {
        if self.is_plain { OpenTime(&[]) } else { OpenTime(self.optional.closed.as_deref().unwrap_or_default()) }
    }

    /// Returns the least acceptable amount above `top`, or the least first bid without one, in a phase of a kind; `None`
    /// where 64 bits cannot express it.
    #[must_use]
    pub fn ask(&self, top: Option<Amount>, kind: PhaseKind) -> Option<Amount> {
        let Some(top) = top else {
            return self.first_bid_min(kind);
        };
        let step = self.step(top, kind);
        let least = top.checked_add(Amount(step))?;
        if self.multiple_anchor != Some(Anchor::Start) {
            return Some(least);
        }
        match (least.minor() - self.start_price.minor()) % step {
            0 => Some(least),
            past => least.checked_add(Amount(step - past)),
        }
    }
}

impl Deref for LotRules {
    type Target = RuleSet;

    fn deref(&self) -> &RuleSet {
        &self.set
    }
}

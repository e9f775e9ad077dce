//! What the engine answers: accepted, or refused for a reason with a number that never changes.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal;)*) => {
        /// Why a command was refused. A refusal is a value and is recorded like an acceptance.
        ///
        /// Numbers are stable across releases (FORMAT.md B.8). The order in which conditions are checked is another
        /// matter and stands where they are checked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Reason { $($(#[$doc])* $name = $number,)* }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the stable code, as `below_increment`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Returns the reason of a number, or `None` where this release knows no such reason.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

reasons! {
    /// The key was used by this bidder in this lot for another amount.
    KeyConflict = 1, "key_conflict";
    /// The bidder is not admitted to the lot.
    NotAdmitted = 2, "not_admitted";
    /// Bidding has not begun.
    NotOpen = 3, "not_open";
    /// The lot is suspended (中止).
    Suspended = 4, "suspended";
    /// Bidding is over; a bid stamped exactly at the deadline is late.
    Closed = 5, "closed";
    /// The amount is not positive.
    AmountNotPositive = 6, "amount_not_positive";
    /// The bidder leads and the rules do not let it raise its own bid.
    AlreadyLeading = 7, "already_leading";
    /// The first bid is below the start price (起始价).
    BelowStart = 8, "below_start";
    /// The bid is below the top amount plus one step (增价幅度).
    BelowIncrement = 9, "below_increment";
    /// The bid is not a whole multiple of the step (整数倍).
    NotMultiple = 10, "not_multiple";
    /// The bid rises by more steps than the rules allow at once.
    AboveMaxMultiple = 11, "above_max_multiple";
    /// No higher amount can be expressed in 64 bits.
    AmountLimit = 12, "amount_limit";
    /// The present phase takes no bids: an inquiry or a preparation.
    PhaseTakesNoBids = 13, "phase_takes_no_bids";
    /// Bids end some time before the free phase does (停止更新报价).
    FreeStopped = 14, "free_stopped";
    /// Only who has an accepted bid may take part.
    NoPriorBid = 15, "no_prior_bid";
    /// Only who said yes in the inquiry may bid.
    NoYes = 16, "no_yes";
    /// Bidding is closed at this hour.
    OutsideHours = 17, "outside_hours";
    /// The amount is not a whole multiple of the declared precision.
    TooPrecise = 18, "too_precise";
    /// The priority was used before, and the rules allow it once.
    PriorityUsed = 19, "priority_used";
    /// The bidder is admitted already.
    AlreadyAdmitted = 20, "already_admitted";
    /// The command is not legal in the lot's present state.
    WrongPhase = 21, "wrong_phase";
    /// The present phase ends by its deadline, not by a call.
    CloseNotCalled = 22, "close_not_called";
    /// The lot was declared to have no reserve (无底价).
    ReserveNotRequired = 23, "reserve_not_required";
    /// The reserve may not be entered at this time.
    OutsideEntryWindow = 24, "outside_entry_window";
    /// A reserve was entered before; it cannot be changed.
    AlreadyEntered = 25, "already_entered";
    /// The reserve is below the start price.
    ReserveBelowStart = 26, "reserve_below_start";
    /// The amount is not the one that the commitment binds.
    CommitmentMismatch = 27, "commitment_mismatch";
    /// There is no entered reserve to act on.
    ReserveMissing = 28, "reserve_missing";
    /// The outcome does not follow from the accepted bids.
    OutcomeInvalid = 29, "outcome_invalid";
    /// The bidder answered the inquiry before.
    AlreadyAnswered = 30, "already_answered";
    /// The end that was stated for the phase is not one that the rules allow.
    EndNotAllowed = 31, "end_not_allowed";
    /// The resumption is announced less long ahead than the rules want.
    NoticeTooShort = 32, "notice_too_short";
    /// The resumption was not announced, or its time has not come.
    ResumptionNotDue = 33, "resumption_not_due";
    /// The leader holds a priority of the same or a higher rank.
    PriorityOutranked = 34, "priority_outranked";
    /// The bidder holds a priority already.
    AlreadyGranted = 35, "already_granted";
    /// The rules know no priority.
    PriorityNotAllowed = 36, "priority_not_allowed";
    /// The cap is reached: no more can be bid, or this bidder is at the cap already.
    CapReached = 37, "cap_reached";
    /// The amount is above the price cap (封顶价).
    AboveCap = 38, "above_cap";
    /// The bidder's further deposit was not confirmed.
    NoTopUp = 39, "no_top_up";
    /// The rules ask for no further deposit.
    TopUpNotRequired = 40, "top_up_not_required";
    /// The bidder's further deposit was confirmed before.
    AlreadyConfirmed = 41, "already_confirmed";
    /// The seeds are not those to which the rules commit the lottery.
    SeedMismatch = 42, "seed_mismatch";
    /// The present phase takes no sealed bids.
    PhaseTakesNoSealedBids = 43, "phase_takes_no_sealed_bids";
    /// Only the bidders of equal highest bids take part in a further sealed round.
    NotTied = 44, "not_tied";
    /// The bidder's sealed bid stands, and the rules do not let it change.
    AlreadyPlaced = 45, "already_placed";
    /// The rules do not let a sealed bid be withdrawn.
    NotWithdrawable = 46, "not_withdrawable";
    /// The bidder has no sealed bid to act on.
    NoSealedBid = 47, "no_sealed_bid";
    /// The sealed bid was opened before.
    AlreadyOpened = 48, "already_opened";
    /// The sealed amount is below the least that counts.
    BelowFloor = 49, "below_floor";
    /// The sealed amount is above the most that counts.
    AboveMost = 50, "above_most";
    /// Another bidder's sealed bid has this amount, and the rules take no second one.
    EqualSealedBid = 51, "equal_sealed_bid";
    /// The rules award without points.
    PointsNotAsked = 52, "points_not_asked";
    /// The sealed bid has its points already.
    AlreadyScored = 53, "already_scored";
    /// A valid sealed bid has no points yet.
    NotScored = 54, "not_scored";
    /// A sealed bid stands that is not opened.
    NotOpened = 55, "not_opened";
}

impl Reason {
    /// Returns the stable number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_unique_and_round_trip() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(*reason));
            assert_eq!(Reason::ALL.iter().filter(|r| r.code() == reason.code()).count(), 1);
        }
        assert_eq!(Reason::from_number(0), None);
    }
}

"""The numbers of the format and their names: enumerations, limits and the absent time."""

from __future__ import annotations

from enum import IntEnum

NONE = -(2**63)
"""The time that stands for "no time"."""

I64_MAX = 2**63 - 1
U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1
TIME_MAX = 2**62
DURATION_MAX = 10**18
ZERO_32 = bytes(32)
KEY_MAX = 32
SEEDS_MAX = 16


class Kind(IntEnum):
    """The kind of a frame."""

    RECORDS = 1
    HEADER = 2
    SEAL = 3
    RECOVERY = 4
    EPOCH = 5
    STATE = 6


class Semantics(IntEnum):
    """The version of the rules that a lot follows."""

    FIRST = 1


class Cut(IntEnum):
    """Why bytes were cut from a tail."""

    TORN = 1
    OPERATOR = 2


class Reason(IntEnum):
    """Why a bid or a command was refused; NONE where nothing was refused."""

    NONE = 0
    KEY_CONFLICT = 1
    NOT_ADMITTED = 2
    NOT_OPEN = 3
    SUSPENDED = 4
    CLOSED = 5
    AMOUNT_NOT_POSITIVE = 6
    ALREADY_LEADING = 7
    BELOW_START = 8
    BELOW_INCREMENT = 9
    NOT_MULTIPLE = 10
    ABOVE_MAX_MULTIPLE = 11
    AMOUNT_LIMIT = 12
    PHASE_TAKES_NO_BIDS = 13
    FREE_STOPPED = 14
    NO_PRIOR_BID = 15
    NO_YES = 16
    OUTSIDE_HOURS = 17
    TOO_PRECISE = 18
    PRIORITY_USED = 19
    ALREADY_ADMITTED = 20
    WRONG_PHASE = 21
    CLOSE_NOT_CALLED = 22
    RESERVE_NOT_REQUIRED = 23
    OUTSIDE_ENTRY_WINDOW = 24
    ALREADY_ENTERED = 25
    RESERVE_BELOW_START = 26
    COMMITMENT_MISMATCH = 27
    RESERVE_MISSING = 28
    OUTCOME_INVALID = 29
    ALREADY_ANSWERED = 30
    END_NOT_ALLOWED = 31
    NOTICE_TOO_SHORT = 32
    RESUMPTION_NOT_DUE = 33
    PRIORITY_OUTRANKED = 34
    ALREADY_GRANTED = 35
    PRIORITY_NOT_ALLOWED = 36
    CAP_REACHED = 37
    ABOVE_CAP = 38
    NO_TOP_UP = 39
    TOP_UP_NOT_REQUIRED = 40
    ALREADY_CONFIRMED = 41
    SEED_MISMATCH = 42
    PHASE_TAKES_NO_SEALED_BIDS = 43
    NOT_TIED = 44
    ALREADY_PLACED = 45
    NOT_WITHDRAWABLE = 46
    NO_SEALED_BID = 47
    ALREADY_OPENED = 48
    BELOW_FLOOR = 49
    ABOVE_MOST = 50
    EQUAL_SEALED_BID = 51
    POINTS_NOT_ASKED = 52
    ALREADY_SCORED = 53
    NOT_SCORED = 54
    NOT_OPENED = 55


class Command(IntEnum):
    """What a house can be asked to do."""

    OPEN_HOUSE = 1
    OPEN_LOT = 2
    ADMIT_BIDDER = 3
    PLACE_BID = 4
    CLOSE_LOT = 5
    SUSPEND_LOT = 6
    RESUME_LOT = 7
    TERMINATE_LOT = 8
    ENTER_RESERVE = 9
    REENTER_RESERVE = 10
    COMPARE_RESERVE = 11
    DISCLOSE_RESERVE = 12
    RECORD_OUTCOME = 13
    ANSWER_INQUIRY = 14
    ANNOUNCE_RESUMPTION = 15
    GRANT_PRIORITY = 16
    CONFIRM_TOP_UP = 17
    DRAW_LOTTERY = 18
    PLACE_SEALED_BID = 19
    WITHDRAW_SEALED_BID = 20
    OPEN_SEALED_BID = 21
    FINISH_OPENING = 22
    SCORE_SEALED_BID = 23
    STATE_LEGAL_BASIS = 24
    EXCLUDE_SEALED_BID = 25


class State(IntEnum):
    """The state of a lot."""

    SCHEDULED = 1
    BIDDING = 2
    SUSPENDED = 3
    AWAITING_RESERVE = 4
    CLOSED = 5
    DECIDED = 6
    TERMINATED = 7
    AWAITING_DRAW = 8
    AWAITING_OPENING = 9


class ReserveState(IntEnum):
    """What is known about a lot's reserve."""

    DECLARED_NONE = 0
    MISSING = 1
    COMMITTED = 2
    ENTERED = 3
    MET = 4
    NOT_MET = 5


class CloseCause(IntEnum):
    """What ended the bidding."""

    DEADLINE = 1
    CALLED = 2
    CAP = 3


class AfterClose(IntEnum):
    """What follows the end of the bidding."""

    COMPARE = 1
    NO_COMPARISON = 2


class SuspendCause(IntEnum):
    """What froze a lot."""

    COMMAND = 1
    OUTAGE = 2


class VaultResult(IntEnum):
    """What the vault, which alone knows the amount, said about an entered reserve."""

    ACCEPTED = 1
    BELOW_START = 2
    COMMITMENT_MISMATCH = 3


class Answer(IntEnum):
    """What a bidder said in the inquiry; NONE until it answers."""

    NONE = 0
    YES = 1
    NO = 2


class Comparison(IntEnum):
    """Whether the top amount reaches the reserve."""

    MET = 1
    NOT_MET = 2


class OutcomeKind(IntEnum):
    """How a lot ended; NONE until an outcome is recorded."""

    NONE = 0
    SOLD = 1
    UNSOLD = 2


class OutcomeCause(IntEnum):
    """Why a lot was not sold."""

    NONE = 0
    NO_BIDS = 1
    TOO_FEW_BIDDERS = 2
    RESERVE_NOT_MET = 3
    TYPE_RULE = 4


class Admission(IntEnum):
    """Who may bid."""

    LISTED = 1
    OPEN = 2


class Rounding(IntEnum):
    """How a percentage step, or the mean of several figures, becomes a whole number of minor units."""

    UP = 1
    DOWN = 2


class Anchor(IntEnum):
    """From where whole multiples of the step are counted."""

    START_PRICE = 1
    CURRENT_TOP = 2


class SelfOutbid(IntEnum):
    """Whether the leader may raise its own bid."""

    MAY = 1
    MAY_NOT = 2


class PhaseKind(IntEnum):
    """Free quoting, timed bidding or sealed bids, or a phase between them in which nobody bids."""

    FREE = 1
    TIMED = 2
    INQUIRY = 3
    PREPARATION = 4
    SEALED = 5


class PhaseEnd(IntEnum):
    """What ends a phase."""

    AFTER = 1
    AT = 2
    CALLED = 3


class Extension(IntEnum):
    """How an accepted bid moves the deadline."""

    NONE = 0
    RESET = 1
    WINDOW = 2


class HardEnd(IntEnum):
    """The time behind which no extension moves the deadline."""

    NONE = 0
    AFTER = 1
    AT = 2


class Clock(IntEnum):
    """When the first phase's clock starts."""

    AT_OPENING = 1
    AT_FIRST_BID = 2


class WithoutBids(IntEnum):
    """What the end of a phase without accepted bids leads to."""

    ENTER = 1
    DECIDE = 2


class SingleBidder(IntEnum):
    """What the end of a phase with accepted bids of one bidder leads to."""

    DECIDE = 1
    ENTER = 2


class OnOutage(IntEnum):
    """What happens to a lot whose deadline fell while the house was down."""

    CLOSE_AT_SCHEDULE = 1
    SUSPEND = 2


class BiddersCounted(IntEnum):
    """Which bidders count towards the least number."""

    ADMITTED = 1
    QUOTED = 2


class ReservePolicy(IntEnum):
    """Whether the lot has a reserve."""

    REQUIRED = 1
    DECLARED_NONE = 2


class ReserveCustody(IntEnum):
    """Who holds the reserve. Keepers are reserved by the format and therefore not listed."""

    ENTERED = 1


class ReserveCommitment(IntEnum):
    """When the commitment to the reserve is recorded."""

    BEFORE_OPENING = 1
    AT_ENTRY = 2


class TimedEntry(IntEnum):
    """Who may bid in the phases behind the first."""

    PRIOR_BID = 1
    YES = 2
    PRIOR_BID_AND_YES = 3


class FirstBidMin(IntEnum):
    """What the first bid must reach, where the start price does not do."""

    START_PLUS_STEP = 1


class ResumeFree(IntEnum):
    """What who resumes a lot out of a free phase may do."""

    EXTEND = 1


class ResumeTimed(IntEnum):
    """Where a lot that was suspended in a phase that is not free begins again."""

    RESTART = 1
    RESTART_FROM_PREPARATION = 2


class Priority(IntEnum):
    """How often the holder of a priority may bid the top amount."""

    ONCE = 1
    REPEATEDLY = 2


class CapAction(IntEnum):
    """What a bid that reaches the price cap brings."""

    SELL = 1
    ENTER = 2
    LOTTERY = 3
    NEXT_ROUND = 4
    OTHER_QUANTITY = 5


class CapPassing(IntEnum):
    """Whether a bid may pass the price cap."""

    ALLOWED = 1


class CapInFree(IntEnum):
    """When a price cap that is reached in a free phase has its effect, where that is not at once."""

    AT_END = 1


class TopUp(IntEnum):
    """What a bidder needs in the phases that only the price cap leads to."""

    REQUIRED = 1


class PostponedEnd(IntEnum):
    """What becomes of the time at which a first phase ends whose opening was postponed, where it does not stay."""

    MOVES = 1

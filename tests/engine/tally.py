"""What random auctions came to: counts by parameter value, reason, record, transition, outcome and edge.

A test that agrees about nothing proves nothing: `shortfalls` says what was not tried, or hardly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from itertools import product

from foreign_type import Foreign
from random_auctions import Auction

from pyauction.verifier import Record
from pyauction.verifier.lot import Lot
from pyauction.verifier.records import (
    RECORD_TYPES,
    CommandRefused,
    LotClosed,
    LotOpened,
    LotResumed,
    LotSuspended,
    LotTerminated,
    LotteryDrawn,
    OutcomeRecorded,
    PhaseStarted,
    ReserveCompared,
    TopUpConfirmed,
)
from pyauction.verifier.rules import _ENUM as ENUM_TAG
from pyauction.verifier.rules import _KEYS as KEYS
from pyauction.verifier.rules import LotRules
from pyauction.verifier.sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidWithdrawn,
    SealedPhaseEnded,
)
from pyauction.verifier.sealed_terms import AfterOpening
from pyauction.verifier.terms import (
    I64_MAX,
    NONE,
    AfterClose,
    CloseCause,
    Comparison,
    Extension,
    HardEnd,
    OutcomeCause,
    OutcomeKind,
    PhaseEnd,
    PhaseKind,
    Reason,
    State,
    SuspendCause,
)

LADDER = {
    *(reason for reason in Reason if Reason.KEY_CONFLICT <= reason <= Reason.PRIORITY_USED),
    Reason.PRIORITY_OUTRANKED,
    Reason.CAP_REACHED,
    Reason.ABOVE_CAP,
    Reason.NO_TOP_UP,
} - {Reason.NOT_ADMITTED}
_SEALED_PHASE = {
    Reason.NOT_OPEN,
    Reason.SUSPENDED,
    Reason.CLOSED,
    Reason.PHASE_TAKES_NO_SEALED_BIDS,
    Reason.NOT_ADMITTED,
    Reason.OUTSIDE_HOURS,
}
"""Why a sealed bid can neither be placed nor withdrawn."""
PROVOKED: dict[str, set[Reason]] = {
    "BidRefused": LADDER,
    "PLACE_BID": {Reason.NOT_ADMITTED},
    "ADMIT_BIDDER": {Reason.WRONG_PHASE, Reason.ALREADY_ADMITTED},
    "CLOSE_LOT": {Reason.WRONG_PHASE, Reason.CLOSE_NOT_CALLED},
    "SUSPEND_LOT": {Reason.WRONG_PHASE},
    "RESUME_LOT": {Reason.WRONG_PHASE, Reason.END_NOT_ALLOWED, Reason.RESUMPTION_NOT_DUE},
    "ANNOUNCE_RESUMPTION": {Reason.WRONG_PHASE, Reason.NOTICE_TOO_SHORT},
    "ANSWER_INQUIRY": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.NOT_ADMITTED,
        Reason.OUTSIDE_HOURS,
        Reason.NO_PRIOR_BID,
        Reason.ALREADY_ANSWERED,
    },
    "CONFIRM_TOP_UP": {
        Reason.WRONG_PHASE,
        Reason.TOP_UP_NOT_REQUIRED,
        Reason.NOT_ADMITTED,
        Reason.ALREADY_CONFIRMED,
    },
    "DRAW_LOTTERY": {Reason.WRONG_PHASE, Reason.SEED_MISMATCH},
    "GRANT_PRIORITY": {
        Reason.WRONG_PHASE,
        Reason.PRIORITY_NOT_ALLOWED,
        Reason.NOT_ADMITTED,
        Reason.ALREADY_GRANTED,
    },
    "PLACE_SEALED_BID": _SEALED_PHASE
    | {
        Reason.NO_PRIOR_BID,
        Reason.NO_YES,
        Reason.NO_TOP_UP,
        Reason.NOT_TIED,
        Reason.ALREADY_PLACED,
        Reason.BELOW_FLOOR,
        Reason.ABOVE_MOST,
        Reason.TOO_PRECISE,
        Reason.EQUAL_SEALED_BID,
    },
    "WITHDRAW_SEALED_BID": _SEALED_PHASE | {Reason.NOT_WITHDRAWABLE, Reason.NO_SEALED_BID},
    "OPEN_SEALED_BID": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.NOT_ADMITTED,
        Reason.NO_SEALED_BID,
        Reason.ALREADY_OPENED,
        Reason.COMMITMENT_MISMATCH,
    },
    "SCORE_SEALED_BID": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.POINTS_NOT_ASKED,
        Reason.NOT_OPENED,
        Reason.NOT_ADMITTED,
        Reason.NO_SEALED_BID,
        Reason.ALREADY_SCORED,
    },
    "EXCLUDE_SEALED_BID": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.NOT_ADMITTED,
        Reason.NO_SEALED_BID,
        Reason.ALREADY_OPENED,
    },
    "FINISH_OPENING": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.NOT_OPENED,
        Reason.RESERVE_MISSING,
        Reason.NOT_SCORED,
    },
    "TERMINATE_LOT": {Reason.WRONG_PHASE},
    "ReserveEntered": {
        Reason.SUSPENDED,
        Reason.WRONG_PHASE,
        Reason.RESERVE_NOT_REQUIRED,
        Reason.ALREADY_ENTERED,
        Reason.OUTSIDE_ENTRY_WINDOW,
        Reason.RESERVE_BELOW_START,
        Reason.COMMITMENT_MISMATCH,
    },
    "ReserveReentered": {Reason.WRONG_PHASE, Reason.COMMITMENT_MISMATCH},
    "DISCLOSE_RESERVE": {Reason.WRONG_PHASE, Reason.RESERVE_MISSING, Reason.COMMITMENT_MISMATCH},
    "RECORD_OUTCOME": {Reason.WRONG_PHASE, Reason.OUTCOME_INVALID},
}
"""Which record or refused command carries which reasons. What a house never does is left out: it enters a reserve again
only where one is entered (so not `reserve_missing` and `reserve_not_required`), and compares only what it holds, in a lot
that awaits it (so COMPARE_RESERVE is never refused). Opening a house or a lot is refused by exceptions, not records.
"""


@dataclass
class Tally:
    """Counts over auctions, in sections."""

    auctions: int = 0
    lots: Counter[str] = field(default_factory=Counter)
    rules_with_bids: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    transitions: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    edges: Counter[str] = field(default_factory=Counter)

    def take(self, auction: Auction) -> None:
        """Count an auction that is over."""
        self.auctions += 1
        for lot in auction.duo.model.lots:
            self._take_lot(lot)
        self.lots["not opened"] += auction.duo.openings_refused
        for record in auction.duo.records:
            self._take_record(record)
        self.transitions.update(transitions(auction.duo.records))
        for seq in auction.duo.repeats:
            self.repeats["in the same house" if seq > 0 else "across a restart"] += 1
        self.edges.update({name: count for name, count in auction.edges.items() if name in ALL_EDGES})

    def _take_lot(self, lot: Lot) -> None:
        if lot.accepted:
            self.rules_with_bids.update(set(values_of(lot.rules)))
        facts = {
            "all": True,
            "without a sealed phase": not lot.rules.has_sealed,
            "with an accepted bid": lot.accepted > 0,
            "with two or more accepted bids": lot.accepted > 1,
            "with bids accepted from two or more bidders": lot.quoted > 1,
            "extended": lot.extensions > 0,
            "that accepted the greatest amount": any(bid.amount == I64_MAX for bid in lot.bids),
            f"at the end {lot.state.name}": True,
            f"with a reserve {lot.reserve_state.name}": True,
            "with sealed bids that counted": any(standing.sealed.counted for standing in lot.standings),
            "with two or more sealed bids that counted": sum(s.sealed.counted for s in lot.standings) > 1,
            "with two further sealed rounds": lot.further_rounds > 1,
        }
        self.lots.update(fact for fact, holds in facts.items() if holds)

    def _take_record(self, record: Record) -> None:
        self.records[type(record).__name__] += 1
        if record.reason != Reason.NONE:
            self.reasons[f"{carrier_of(record)} {record.reason.name}"] += 1
        if isinstance(record, OutcomeRecorded):
            self.outcomes[outcome_name(record.type_id, record.kind, record.cause)] += 1

    def shortfalls(self) -> list[str]:
        """Return every floor that was not reached, in words, and every refusal that `PROVOKED` does not name."""
        unnamed = self.reasons.keys() - self._floors()["reasons"].keys()
        return [f"reasons: {name} is not named" for name in sorted(unnamed)] + [
            f"{section}: {name}: {found} of {least} expected"
            for section, floors in self._floors().items()
            for name, least in floors.items()
            if (found := self._sections()[section][name]) < least
        ]

    def report(self) -> str:
        """Return every count, with the floor of each that has one."""
        floors = self._floors()
        lines = [f"{self.auctions} random auctions"]
        for section, counts in self._sections().items():
            least = floors.get(section, {})
            lines += [f"{section}:"]
            lines += [f"  {counts[name]:>8} {name}{_floor(least.get(name))}" for name in sorted({*counts, *least})]
        return "\n".join(lines)

    def _sections(self) -> dict[str, Counter[str]]:
        return {
            "lots": self.lots,
            "rules of lots with an accepted bid": self.rules_with_bids,
            "records": self.records,
            "reasons": self.reasons,
            "transitions": self.transitions,
            "outcomes": self.outcomes,
            "repeated decisions": self.repeats,
            "edges": self.edges,
        }

    def _floors(self) -> dict[str, Mapping[str, int]]:
        return {
            "lots": self._floors_of_lots(),
            "rules of lots with an accepted bid": dict.fromkeys(ALL_VALUES, 100),
            "records": {kind.__name__: 30 if kind in _RARE else 100 for kind in RECORD_TYPES.values()},
            "reasons": {f"{carrier} {reason.name}": 5 for carrier, reasons in PROVOKED.items() for reason in reasons},
            "transitions": dict.fromkeys(ALL_TRANSITIONS, 5) | OUTAGES,
            "outcomes": dict.fromkeys(ALL_OUTCOMES, 2),
            "repeated decisions": {"in the same house": 100, "across a restart": 100},
            "edges": dict.fromkeys(ALL_EDGES, 5),
        }

    def _floors_of_lots(self) -> dict[str, int]:
        clear = self.lots["without a sealed phase"]
        return {
            "all": 2 * self.auctions,
            "not opened": 50,
            "with two or more accepted bids": clear * 43 // 100,
            "with bids accepted from two or more bidders": clear * 38 // 100,
            "extended": clear * 18 // 100,
            "that accepted the greatest amount": 50,
            "with a reserve MET": 100,
            "with a reserve NOT_MET": 100,
            "with sealed bids that counted": 300,
            "with two or more sealed bids that counted": 100,
            "with two further sealed rounds": 2,
        }


def carrier_of(record: Record) -> str:
    """Return what a refusal is a refusal of: the record's name, or the command's."""
    return record.command.name if isinstance(record, CommandRefused) else type(record).__name__


def outcome_name(type_id: str, kind: OutcomeKind, cause: OutcomeCause) -> str:
    return f"{type_id} {kind.name} {cause.name}"


ALL_OUTCOMES = [
    outcome_name(type_id, OutcomeKind.SOLD if cause == OutcomeCause.NONE else OutcomeKind.UNSOLD, cause)
    for type_id in ("listing@1", "auction@1", "english@1", "tender@1", Foreign.ID)
    for cause in OutcomeCause
    if type_id == Foreign.ID or cause != OutcomeCause.TYPE_RULE
]


def values_of(rules: LotRules) -> Iterator[str]:
    """Yield every parameter of a lot's rules with its value, or with the kind of it where there are too many."""
    for entry in fields(rules):
        value = getattr(rules, entry.name)
        if entry.name != "phases":
            yield f"{entry.name} {_word(value)}"
    yield f"start_price {'1' if rules.start_price == 1 else 'greatest' if rules.start_price == I64_MAX else 'between'}"
    yield f"phases {len(rules.phases)}"
    for phase in rules.phases:
        yield phase_name(phase.kind, phase.end, phase.extension, phase.hard_end)


def _word(value: object) -> str:
    if isinstance(value, IntEnum):
        return value.name
    return "absent" if value is None else "given"


def phase_name(kind: PhaseKind, end: PhaseEnd, extension: Extension, hard_end: HardEnd) -> str:
    return f"phase {kind.name}, end {end.name}, extension {extension.name}, hard end {hard_end.name}"


_RARE = (TopUpConfirmed, LotteryDrawn, SealedBidWithdrawn, SealedBidExcluded)
"""Records that only a few lots can have: those whose cap leads to further phases or to a lottery, and those whose sealed
bids are withdrawn or not opened."""

_ENDS = {
    PhaseKind.FREE: tuple(PhaseEnd),
    PhaseKind.TIMED: tuple(PhaseEnd),
    PhaseKind.INQUIRY: (PhaseEnd.AFTER,),
    PhaseKind.PREPARATION: (PhaseEnd.AFTER, PhaseEnd.AT),
    PhaseKind.SEALED: (PhaseEnd.AFTER, PhaseEnd.AT),
}


def _all_values() -> Iterator[str]:
    for _, name, tag, values in KEYS:
        if tag == ENUM_TAG:
            yield from (f"{name} {value.name}" for value in values)
        elif name != "phases":
            yield f"{name} given"
    yield from (f"{entry.name} absent" for entry in fields(LotRules) if entry.default is None)
    yield from ("start_price 1", "start_price between", "start_price greatest")
    yield from (f"phases {count}" for count in (1, 2, 3, 8))
    for end in PhaseEnd:
        kinds = [kind for kind, ends in _ENDS.items() if end in ends]
        yield from (phase_name(kind, end, Extension.NONE, HardEnd.NONE) for kind in kinds)
    for end, extension, hard_end in product((PhaseEnd.AFTER, PhaseEnd.AT), Extension, HardEnd):
        if extension != Extension.NONE:
            yield phase_name(PhaseKind.TIMED, end, extension, hard_end)


ALL_VALUES = list(_all_values())


def transitions(records: Iterable[Record]) -> Iterator[str]:
    """Yield what each record did to the state of its lot, and which deadlines fell together or behind time."""
    states: dict[int, str] = defaultdict(lambda: "NONE")
    before: dict[int, str] = {}
    last_due = (0, NONE)
    for record in records:
        reached = _reached(record, before.get(record.lot, ""))
        if reached is None:
            continue
        state, cause = reached
        if isinstance(record, LotSuspended):
            before[record.lot] = states[record.lot]
        yield _transition(states[record.lot], state, cause)
        states[record.lot] = state
        if isinstance(record, PhaseStarted) or (isinstance(record, LotClosed) and record.cause == CloseCause.DEADLINE):
            if last_due[0] != record.lot and last_due[1] == record.due:
                yield SAME_DEADLINE
            if record.due < record.at:
                yield BEHIND_TIME.format(type(record).__name__)
            last_due = (record.lot, record.due)


def _transition(state: str, reached: str, cause: str) -> str:
    return f"{state} to {reached} by {cause}"


def _reached(  # noqa: C901, PLR0911 - one case for each type
    record: Record, before: str
) -> tuple[str, str] | None:
    """Return the state that a record brings its lot to and what does, or None for a record that changes no state."""
    match record:
        case LotOpened():
            return ("BIDDING" if record.opens_at == record.at else "SCHEDULED"), "LotOpened"
        case PhaseStarted():
            return "BIDDING", "PhaseStarted"
        case LotClosed():
            return ("AWAITING_RESERVE" if record.next == AfterClose.COMPARE else "CLOSED"), record.cause.name
        case SealedPhaseEnded():
            return "AWAITING_OPENING", "SealedPhaseEnded"
        case OpeningFinished():
            return "BIDDING", record.next.name
        case LotSuspended():
            return "SUSPENDED", record.cause.name
        case LotResumed():
            return before, "LotResumed"
        case LotTerminated():
            return "TERMINATED", "LotTerminated"
        case ReserveCompared():
            return "CLOSED", record.result.name
        case OutcomeRecorded():
            return "DECIDED", "OutcomeRecorded"
        case _:
            return None


SAME_DEADLINE = "another lot's transition of the same instant"
BEHIND_TIME = "{} behind its time, after an outage"
_LIVE = ("SCHEDULED", "BIDDING")
ALL_TRANSITIONS = [
    *(_transition("NONE", state, "LotOpened") for state in _LIVE),
    *(_transition(state, "BIDDING", "PhaseStarted") for state in _LIVE),
    *(_transition("BIDDING", state, cause.name) for state in ("AWAITING_RESERVE", "CLOSED") for cause in CloseCause),
    *(_transition(state, "SUSPENDED", cause.name) for state in _LIVE for cause in SuspendCause),
    *(_transition("SUSPENDED", state, "LotResumed") for state in _LIVE),
    *(
        _transition(state.name, "TERMINATED", "LotTerminated")
        for state in State
        if state not in (State.DECIDED, State.TERMINATED, State.AWAITING_DRAW)
    ),
    *(_transition("AWAITING_RESERVE", "CLOSED", result.name) for result in Comparison),
    _transition("CLOSED", "DECIDED", "OutcomeRecorded"),
    _transition("BIDDING", "AWAITING_OPENING", "SealedPhaseEnded"),
    *(_transition("AWAITING_OPENING", "BIDDING", after.name) for after in AfterOpening),
    _transition("AWAITING_OPENING", "SUSPENDED", SuspendCause.COMMAND.name),
    _transition("SUSPENDED", "AWAITING_OPENING", "LotResumed"),
    SAME_DEADLINE,
    *(BEHIND_TIME.format(kind.__name__) for kind in (PhaseStarted, LotClosed)),
]
OUTAGES = {
    _transition("BIDDING", "SUSPENDED", SuspendCause.OUTAGE.name): 50,
    _transition("SCHEDULED", "SUSPENDED", SuspendCause.OUTAGE.name): 20,
    BEHIND_TIME.format("PhaseStarted"): 50,
    BEHIND_TIME.format("LotClosed"): 20,
}

_EDGES = {
    "bid": (
        "opening",
        "deadline",
        "window",
        "first extension",
        "last full extension",
        "stop of free bids",
        "closing hour",
        "opening hour",
    ),
    "resume": ("announced resumption", "direct resumption"),
    "enter": ("deadline", "entry opens", "entry ends"),
    "suspend": ("deadline",),
    "restart": ("deadline", "opening"),
}
ALL_EDGES = ["terminate at a lottery that is to be drawn"] + [
    f"{step} at {edge} {offset:+}" for step, edges in _EDGES.items() for edge in edges for offset in (-1, 0, 1)
]


def _floor(least: int | None) -> str:
    return "" if least is None else f" (at least {least})"

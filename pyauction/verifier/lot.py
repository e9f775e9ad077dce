"""The state of one lot, and how its phases and deadlines move.

A `Lot` decides nothing: the model does. Absent times are `None` here and `NONE` in bytes.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from . import cap, open_time
from .figures import Figure, chained
from .reserve import Opening
from .sealed_terms import ReservePublished
from .standing import Standing
from .terms import (
    NONE,
    ZERO_32,
    Answer,
    BiddersCounted,
    Clock,
    Extension,
    HardEnd,
    OutcomeCause,
    OutcomeKind,
    PhaseEnd,
    PhaseKind,
    ReservePolicy,
    ReserveState,
    ResumeTimed,
    State,
)

if TYPE_CHECKING:
    from .records import BidAccepted, BidRefused, LotOpened
    from .rules import LotRules, Phase


_BEGIN_AGAIN = (PhaseKind.PREPARATION, PhaseKind.SEALED)
"""What begins again by itself where other phases do so from a preparation; a sealed phase is before no other."""


class CountedBid(NamedTuple):
    """A sealed bid that became an accepted one when its opening was finished."""

    bidder: int
    amount: int


@dataclass
class Lot:
    """Everything that later decisions about a lot depend on, and what its state hash covers."""

    number: int
    opened: LotOpened
    state: State = State.SCHEDULED
    lot_seq: int = 0
    phase: int = 0
    deadline: int | None = None
    remaining: int | None = None
    hard_end: int | None = None
    suspended_at: int | None = None
    resumes_to: State | None = None
    resumes_at: int | None = None
    waiting: bool = False
    bids: list[BidAccepted | CountedBid] = field(default_factory=list)
    quoters: set[int] = field(default_factory=set)
    refused: int = 0
    extensions: int = 0
    bidders: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    standings: list[Standing] = field(default_factory=list)
    reserve_state: ReserveState = ReserveState.MISSING
    commitment: bytes = ZERO_32
    figures: list[Figure] = field(default_factory=list)
    outcome: OutcomeKind = OutcomeKind.NONE
    cause: OutcomeCause = OutcomeCause.NONE
    winner: int = 0
    price: int = 0
    drawn: int = 0
    further_rounds: int = 0
    finished: bool = False
    published: int = 0
    keys: dict[tuple[int, bytes], BidAccepted | BidRefused] = field(default_factory=dict)

    @property
    def course(self) -> State:
        """Return the state, or of a suspended lot the one that it was suspended out of."""
        return self.resumes_to or self.state

    @property
    def takes_bidders(self) -> bool:
        """Return whether bidders may still be admitted: bidding is to come or runs, suspended or not."""
        return self.course in (State.SCHEDULED, State.BIDDING)

    @property
    def rules(self) -> LotRules:
        """Return the rules that the lot was opened with."""
        return self.opened.rules

    @property
    def name(self) -> str:
        """Return the lot's name."""
        return self.opened.name

    @property
    def running(self) -> Phase:
        """Return the phase of the present index, which is the first one before it starts."""
        return self.rules.phases[self.phase]

    @property
    def top(self) -> int | None:
        """Return the amount of the last accepted bid."""
        return self.bids[-1].amount if self.bids else None

    @property
    def leader(self) -> int:
        """Return the bidder of the last accepted bid, 0 for none."""
        return self.bids[-1].bidder if self.bids else 0

    @property
    def accepted(self) -> int:
        """Return the number of accepted bids."""
        return len(self.bids)

    @property
    def admitted(self) -> int:
        """Return the number of admitted bidders."""
        return len(self.bidders)

    @property
    def quoted(self) -> int:
        """Return the number of bidders with at least one accepted bid."""
        return len(self.quoters)

    def bidder_number(self, name: str) -> int:
        """Return the number of an admitted bidder, 0 for one who is not admitted."""
        return self.numbers.get(name, 0)

    def admit(self, name: str) -> int:
        """Give a bidder the next number and return it."""
        self.bidders.append(name)
        self.standings.append(Standing())
        self.numbers[name] = len(self.bidders)
        return len(self.bidders)

    def standing(self, bidder: int) -> Standing:
        """Return where an admitted bidder stands."""
        return self.standings[bidder - 1]

    def take_bid(self, bid: BidAccepted) -> None:
        """Make an accepted bid the top. At the amount of the top before it only a match is accepted, or one more cap."""
        standing = self.standing(bid.bidder)
        standing.last_bid = bid.at
        standing.matches += bid.amount == self.top and not cap.is_reached(self)
        self.bids.append(bid)
        self.quoters.add(bid.bidder)

    def count_sealed_bid(self, bid: CountedBid, at: int) -> None:
        """Make a sealed bid the top, which extends nothing."""
        self.standing(bid.bidder).last_bid = at
        self.bids.append(bid)
        self.quoters.add(bid.bidder)

    def bidder_name(self, number: int) -> str:
        """Return the name of an admitted bidder, empty for number 0."""
        return self.bidders[number - 1] if number else ""

    @property
    def closes_at(self) -> int:
        """Return the deadline as records state it."""
        return NONE if self.deadline is None else self.deadline

    @property
    def has_enough_bidders(self) -> bool:
        """Return whether the least number of bidders is reached."""
        least = self.rules.min_bidders
        if least is None:
            return True
        counted = self.admitted if self.rules.min_bidders_counts == BiddersCounted.ADMITTED else self.quoted
        return counted >= least

    @property
    def needs_comparison(self) -> bool:
        """Return whether a close now leads to a comparison with the reserve."""
        required = self.rules.reserve_policy == ReservePolicy.REQUIRED
        compared = required and self.rules.reserve_published != ReservePublished.REFERENCE
        return bool(self.bids) and self.has_enough_bidders and compared

    @property
    def commitments(self) -> set[bytes]:
        """Return what openings may open: the commitment from before the opening, and those of the figures taken."""
        return {self.opened.commitment, *(figure.commitment for figure in self.figures)} - {ZERO_32}

    def take_figure(self, figure: Figure) -> None:
        """Take a figure of the reserve, which is entered with the last one."""
        several = self.rules.reserve_setters is not None
        self.commitment = chained(self.commitment, figure) if several else figure.commitment
        self.figures.append(figure)
        if len(self.figures) == self.rules.figures:
            self.reserve_state = ReserveState.ENTERED

    def opening(self, amount: int, blinding: bytes) -> Opening:
        """Return an amount and a blinding as an opening for this lot, whether or not it fits a commitment."""
        terms = self.opened
        return Opening(terms.name, terms.round, terms.currency, terms.exponent, amount, blinding)

    @property
    def said_yes(self) -> int:
        """Return the number of bidders who said yes in the inquiry."""
        return sum(standing.answer == Answer.YES for standing in self.standings)

    def bid_recently(self, until: int) -> int:
        """Return the number of bidders whose last accepted bid lies in the last part of what ends at a time."""
        most = self.rules.recent_window or 0
        bids = (standing.last_bid for standing in self.standings)
        return sum(at is not None and self.elapsed(at, until) <= most for at in bids)

    def elapsed(self, start: int, end: int) -> int:
        """Return the open time between two times."""
        return open_time.elapsed(start, end, self.rules.closed or ())

    def later(self, start: int, by: int) -> int:
        """Return the earliest time that is later by an open time."""
        return open_time.later(start, by, self.rules.closed or ())

    def earlier(self, end: int, by: int) -> int:
        """Return the latest time that is earlier by an open time."""
        return open_time.earlier(end, by, self.rules.closed or ())

    def is_closed(self, at: int) -> bool:
        """Return whether the rules close the bidding at a time."""
        return open_time.is_closed(at, self.rules.closed or ())

    def time_left(self, at: int) -> int | None:
        """Return the time to the deadline: of a phase its open time, and of a lot that is to open all of it."""
        if self.deadline is None:
            return None
        return self.deadline - at if self.state == State.SCHEDULED else self.elapsed(at, self.deadline)

    def start_phase(self, index: int, start: int) -> None:
        """Begin a phase at a time, which may lie before the present one."""
        self.state = State.BIDDING
        self.phase = index
        self.deadline = self.hard_end = None
        self.waiting = index == 0 and self.rules.clock == Clock.AT_FIRST_BID
        if not self.waiting:
            self._start_clock(start)

    def _start_clock(self, start: int) -> None:
        self.hard_end = self._hard_end_from(start)
        self.deadline = self.deadline_from(start)

    def _hard_end_from(self, start: int) -> int | None:
        phase = self.running
        hard = {
            HardEnd.NONE: None,
            HardEnd.AFTER: self.later(start, phase.hard_end_value),
            HardEnd.AT: self._end_at(phase.hard_end_value, start),
        }
        return hard[phase.hard_end]

    def deadline_from(self, start: int) -> int | None:
        """Return the deadline that the phase gets if its clock starts at a time."""
        phase = self.running
        end = {
            PhaseEnd.AFTER: self.later(start, phase.end_value),
            PhaseEnd.AT: self._end_at(phase.end_value, start),
            PhaseEnd.CALLED: None,
        }[phase.end]
        hard = self._hard_end_from(start)
        return end if end is None or hard is None else min(end, hard)

    def opening_lacks(self, start: int) -> int:
        """Return how much open time the first phase lacks that it is to have at least, if bidding begins at a time."""
        least = self.rules.free_least
        end = None if self.rules.clock == Clock.AT_FIRST_BID else self.deadline_from(start)
        return 0 if least is None or end is None else max(0, least - self.elapsed(start, end))

    def _end_at(self, time: int, start: int) -> int:
        """Return when a phase ends that ends at a time: with as much open time as it was to have, where the rules say so."""
        opens_at = self.opened.opens_at
        if self.rules.postponed_end is None or self.phase > 0 or start <= opens_at:
            return max(time, start)
        return max(time, self.later(start, self.elapsed(opens_at, max(time, opens_at))))

    def move_deadline(self, at: int) -> None:
        """Let an accepted bid start the clock and extend the phase."""
        if self.waiting:
            self.waiting = False
            self._start_clock(at)
        phase, before, most = self.running, self.deadline, self.rules.max_extensions
        if before is None or phase.extension == Extension.NONE or (most is not None and self.extensions >= most):
            return
        if phase.extension == Extension.WINDOW and self.elapsed(at, before) > phase.window:
            return
        moved = max(before, self.later(at, phase.extension_to))
        self.deadline = moved if self.hard_end is None else min(moved, self.hard_end)
        if self.deadline != before:
            self.extensions += 1

    def end_phase_at(self, at: int) -> None:
        """Let an accepted bid end the phase, of which no clock starts any more."""
        self.waiting = False
        self.deadline = at

    def end_bidding(self, state: State) -> None:
        """Enter a state behind the bidding, in which nothing is timed."""
        self.state = state
        self.deadline = self.hard_end = self.remaining = None
        self.suspended_at = self.resumes_at = self.resumes_to = None
        self.waiting = False

    def suspend(self, since: int) -> None:
        """Freeze the lot as it stood at `since`."""
        self.remaining = self.time_left(since)
        self.suspended_at = since
        self.resumes_to = self.state
        self.deadline = self.resumes_at = None
        self.state = State.SUSPENDED

    def resume(self, at: int, ends_at: int | None = None) -> None:
        """Go on with as much time as was left or up to a stated end, or begin again as the rules say."""
        if self.suspended_at is None or self.resumes_to is None:
            raise ValueError(f"lot {self.number} is {self.state.name.lower()}, not suspended")
        again = self._phase_again()
        if again is not None:
            self.phase = again
            self._start_clock(at)
        else:
            self.deadline = self.resumed_end(at) if ends_at is None else ends_at
            if self.hard_end is not None:
                self.hard_end = self.later(at, self.elapsed(self.suspended_at, self.hard_end))
        for standing in self.standings:
            if standing.last_bid is not None:
                standing.last_bid = self.earlier(at, self.elapsed(standing.last_bid, self.suspended_at))
        self.state = self.resumes_to
        self.remaining = self.suspended_at = self.resumes_to = self.resumes_at = None

    def resumed_end(self, at: int) -> int | None:
        """Return the deadline of a suspended lot that goes on at a time with as much time as was left."""
        if self.remaining is None:
            return None
        if self.resumes_to == State.SCHEDULED:
            return open_time.later(at, self.remaining)
        return self.later(at, self.remaining)

    def _phase_again(self) -> int | None:
        """Return the phase that begins again with the resumption, or None if the lot goes on where it was."""
        how = self.rules.resume_timed
        if how is None or self.resumes_to != State.BIDDING or self.waiting or self.running.kind == PhaseKind.FREE:
            return None
        if how == ResumeTimed.RESTART:
            return self.phase
        up_to_here = range(cap.part_begins(self), self.phase + 1)
        kinds = [phase.kind for phase in self.rules.phases]
        return max((index for index in up_to_here if kinds[index] in _BEGIN_AGAIN), default=None)

    def digest(self) -> bytes:
        """Return the lot hash of B.9."""
        return hashlib.sha256(
            b"pyauction/lot/v1"
            + struct.pack("<II", self.number, self.lot_seq)
            + self.rules.rules_hash
            + struct.pack("<BB", self.state, self.phase)
            + b"".join(struct.pack("<q", _time(time)) for time in (self.deadline, self.remaining, self.hard_end))
            + struct.pack("<qIII", self.top or 0, self.leader, self.accepted, self.refused)
            + struct.pack("<III", self.extensions, self.admitted, self.quoted)
            + struct.pack("<B", self.reserve_state)
            + self.commitment
            + struct.pack("<BIq", self.outcome, self.winner, self.price)
            + b"".join(standing.hashed(self.rules) for standing in self.standings)
            + (b"" if self.rules.resume_notice is None else struct.pack("<q", _time(self.resumes_at)))
            + (b"" if self.rules.lottery_seeds is None else struct.pack("<I", self.drawn))
            + self._hashed_opening()
        ).digest()

    def _hashed_opening(self) -> bytes:
        opening = struct.pack("<IBq", self.further_rounds, self.finished, self.published)
        return opening if self.rules.has_sealed else b""


def _time(time: int | None) -> int:
    return NONE if time is None else time

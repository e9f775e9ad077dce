"""Records as immutable values, with the names and fields of FORMAT.md A.5. What observers and replays are given."""

from __future__ import annotations

from typing import Any

import msgspec

from ._engine import decode_record


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What every record has: its place in the house's sequence, its stamp, its lot and its place there.

    `lot` and `bidder` are numbers, 0 for none; `reason` is the code of a refusal or None.
    """

    seq: int
    at_ns: int
    lot: int
    lot_seq: int
    bidder: int
    reason: str | None


class HouseOpened(Record, frozen=True, kw_only=True, tag=True):
    """The house was opened; `last_at_ns` is the stamp of the record before."""

    last_at_ns: int | None
    epoch: int


class LotOpened(Record, frozen=True, kw_only=True, tag=True):
    """A lot was opened under `rules`."""

    name: str
    type_id: str
    currency: str
    exponent: int
    unit: str
    unit_scale: int
    round: int
    reoffer_of: str
    preset: str
    preset_digest: str
    opens_at_ns: int
    commitment: str | None
    rules: dict[str, Any]


class BidderAdmitted(Record, frozen=True, kw_only=True, tag=True):
    """A bidder (竞买人) was admitted."""

    name: str


class BidAccepted(Record, frozen=True, kw_only=True, tag=True):
    """A bid was accepted; `closes_at_ns` is the deadline after it, `key` is in hexadecimal."""

    amount_minor: int
    closes_at_ns: int | None
    key: str


class BidRefused(Record, frozen=True, kw_only=True, tag=True):
    """A bid was refused for `reason`."""

    amount_minor: int
    closes_at_ns: int | None
    key: str


class PhaseStarted(Record, frozen=True, kw_only=True, tag=True):
    """A phase began; `due_ns` is the deadline that began it."""

    due_ns: int
    closes_at_ns: int | None
    phase_index: int


class LotClosed(Record, frozen=True, kw_only=True, tag=True):
    """Bidding ended. `bidder` leads."""

    due_ns: int
    cause: str
    next: str
    top_minor: int
    accepted: int
    refused: int
    quoted: int
    admitted: int


class LotSuspended(Record, frozen=True, kw_only=True, tag=True):
    """A lot was suspended (中止), with so much time remaining."""

    cause: str
    remaining_ns: int | None
    authority: str
    why: str


class LotResumed(Record, frozen=True, kw_only=True, tag=True):
    """A lot was resumed (恢复)."""

    closes_at_ns: int | None
    authority: str
    why: str


class LotTerminated(Record, frozen=True, kw_only=True, tag=True):
    """A lot was terminated (终止)."""

    authority: str
    why: str


class ReserveEntered(Record, frozen=True, kw_only=True, tag=True):
    """Somebody entered a reserve (底价), or one figure of it where several set it; `result` is what the vault found."""

    result: str
    commitment: str
    by: str
    witness: str


class ReserveReentered(Record, frozen=True, kw_only=True, tag=True):
    """Somebody entered the same reserve, or the same figure of it, again after a restart."""

    result: str
    commitment: str
    by: str
    witness: str


class ReserveCompared(Record, frozen=True, kw_only=True, tag=True):
    """The vault compared the reserve with the top amount: met or not_met."""

    result: str
    top_minor: int


class ReserveDisclosed(Record, frozen=True, kw_only=True, tag=True):
    """The reserve was disclosed; the blinding lets anybody check it against the commitment."""

    amount_minor: int
    blinding: str
    by: str


class OutcomeRecorded(Record, frozen=True, kw_only=True, tag=True):
    """The lot's outcome. `bidder` wins."""

    kind: str
    cause: str
    price_minor: int
    type_id: str
    detail: str


class CommandRefused(Record, frozen=True, kw_only=True, tag=True):
    """A command other than an admitted bidder's bid was refused for `reason`.

    `stated_ns` is the time that the resumption of a lot, or its announcement, stated.
    """

    command: str
    amount_minor: int
    stated_ns: int | None = None
    name: str


class ClockJumped(Record, frozen=True, kw_only=True, tag=True):
    """The wall clock diverged from the monotonic one."""

    wall_ns: int
    expected_ns: int


class InquiryAnswered(Record, frozen=True, kw_only=True, tag=True):
    """A bidder answered the inquiry (询问期): yes or no."""

    answer: str


class ResumptionAnnounced(Record, frozen=True, kw_only=True, tag=True):
    """An authority announced when a suspended lot may be resumed."""

    resumes_at_ns: int
    authority: str
    why: str


class PriorityGranted(Record, frozen=True, kw_only=True, tag=True):
    """A bidder was confirmed as holder of a priority (优先权); rank 1 is the highest."""

    rank: int
    by: str


class TopUpConfirmed(Record, frozen=True, kw_only=True, tag=True):
    """A bidder's further deposit was confirmed."""

    by: str


class LotteryDrawn(Record, frozen=True, kw_only=True, tag=True):
    """The lottery among the bidders at the cap was drawn (摇号); `bidder` was drawn, `seeds` are in hexadecimal."""

    at_cap: int
    seeds: tuple[str, ...]


class LegalBasisStated(Record, frozen=True, kw_only=True, tag=True):
    """The legal basis (法律依据) of the suspension, announcement, resumption or termination that follows."""

    basis: str


class SealedBidPlaced(Record, frozen=True, kw_only=True, tag=True):
    """A bidder placed a sealed bid (密封报价), or changed it: the commitment to its amount."""

    commitment: str


class SealedBidWithdrawn(Record, frozen=True, kw_only=True, tag=True):
    """A bidder withdrew its sealed bid."""


class SealedBidExcluded(Record, frozen=True, kw_only=True, tag=True):
    """An authority excluded a sealed bid that nobody opened: it counts for nothing."""

    authority: str
    why: str


class SealedPhaseEnded(Record, frozen=True, kw_only=True, tag=True):
    """The sealed phase ended with so many bids, which are to be opened."""

    due_ns: int
    standing: int


class SealedBidOpened(Record, frozen=True, kw_only=True, tag=True):
    """A sealed bid was opened (开标); the blinding lets anybody check it against the commitment."""

    amount_minor: int
    blinding: str


class SealedBidScored(Record, frozen=True, kw_only=True, tag=True):
    """Points were given to an opened bid (评标): an exact fraction."""

    numerator: int
    denominator: int
    by: str


class OpeningFinished(Record, frozen=True, kw_only=True, tag=True):
    """The opening was finished; `next` is the close, or a further_round among the bidders of equal highest bids."""

    next: str
    opened: int
    valid: int
    authority: str
    why: str


Event = (
    HouseOpened
    | LotOpened
    | BidderAdmitted
    | BidAccepted
    | BidRefused
    | PhaseStarted
    | LotClosed
    | LotSuspended
    | LotResumed
    | LotTerminated
    | ReserveEntered
    | ReserveReentered
    | ReserveCompared
    | ReserveDisclosed
    | OutcomeRecorded
    | CommandRefused
    | ClockJumped
    | InquiryAnswered
    | ResumptionAnnounced
    | PriorityGranted
    | TopUpConfirmed
    | LotteryDrawn
    | LegalBasisStated
    | SealedBidPlaced
    | SealedBidWithdrawn
    | SealedBidExcluded
    | SealedPhaseEnded
    | SealedBidOpened
    | SealedBidScored
    | OpeningFinished
)


def decode_event(record: bytes) -> Event:
    """Return the event of a record's canonical bytes."""
    return event_of(decode_record(record))


def event_of(fields: dict[str, Any]) -> Event:
    """Return the event of a record's fields."""
    return msgspec.convert(fields, Event)  # type: ignore[no-any-return] # a union is a form, not a type

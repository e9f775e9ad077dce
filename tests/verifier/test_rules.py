"""The rules: their bytes, and each constraint of B.1 by one example on either side."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from auction_room import REQUIRED_AT_ENTRY, REQUIRED_BEFORE, TWO_QUOTED, called, free, rules, timed, window
from verifier import FormatError, LotRules, Phase, decode_rules
from verifier.terms import (
    DURATION_MAX,
    TIME_MAX,
    Anchor,
    BiddersCounted,
    Clock,
    Extension,
    HardEnd,
    PhaseEnd,
    PhaseKind,
    Rounding,
    SingleBidder,
    WithoutBids,
)
from verifier.wire import UnsupportedError

PERCENT: dict[str, Any] = {
    "increment_fixed": None, "increment_percent": (1, 10), "increment_rounding": Rounding.UP,
}  # fmt: skip
TABLE: dict[str, Any] = {"increment_fixed": None, "increment_table": ((0, 10), (1_000, 50))}

ALLOWED: list[dict[str, Any]] = [
    {},
    PERCENT,
    PERCENT | {"multiple_anchor": Anchor.CURRENT_TOP},
    TABLE,
    TABLE | {"multiple_anchor": Anchor.START_PRICE},
    {"multiple_anchor": Anchor.START_PRICE, "max_multiple": 5},
    {"phases": (free(), window(hard_end=HardEnd.AT, hard_end_value=9), called())},
    {"phases": (free(),) * 8},
    {"clock": Clock.AT_FIRST_BID},
    TWO_QUOTED,
    REQUIRED_BEFORE,
    REQUIRED_AT_ENTRY | {"entry_opens_before_end": 50, "entry_ends_before_end": 10},
    REQUIRED_AT_ENTRY | {"entry_ends_before_end": 10},
]


@pytest.mark.parametrize("changes", ALLOWED)
def test_allowed_rules_survive_their_bytes(changes: dict[str, Any]) -> None:
    of = rules(**changes)
    raw = of.encode()
    assert decode_rules(raw) == of
    assert decode_rules(raw).encode() == raw


def test_the_bytes_of_plain_rules_are_those_of_the_document() -> None:
    phase = struct.pack("<BBBBIqqqq", 2, 1, 0, 0, 0, 100, 0, 0, 0)
    entries = [
        struct.pack("<HBHB", 1, 2, 1, 2),
        struct.pack("<HBHq", 2, 1, 8, 100),
        struct.pack("<HBHq", 3, 1, 8, 10),
        struct.pack("<HBHB", 9, 2, 1, 2),
        struct.pack("<HBH", 10, 4, 40) + phase,
        struct.pack("<HBHB", 11, 2, 1, 1),
        struct.pack("<HBHB", 14, 2, 1, 1),
        struct.pack("<HBHB", 17, 2, 1, 2),
    ]
    raw = struct.pack("<H", 8) + b"".join(entries)
    assert rules().encode() == raw
    assert rules().rules_hash == hashlib.sha256(b"pyauction/rules/v1" + raw).digest()


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("no increment", {"increment_fixed": None}),
    ("two increments", {"increment_table": ((0, 1),)}),
    ("a start price of 0", {"start_price": 0}),
    ("a step of 0", {"increment_fixed": 0}),
    ("a percentage without rounding", PERCENT | {"increment_rounding": None}),
    ("rounding without a percentage", {"increment_rounding": Rounding.UP}),
    ("a fraction of 0", PERCENT | {"increment_percent": (0, 10)}),
    ("a denominator of 0", PERCENT | {"increment_percent": (1, 0)}),
    ("multiples of a percentage from the start", PERCENT | {"multiple_anchor": Anchor.START_PRICE}),
    ("an empty table", TABLE | {"increment_table": ()}),
    ("a table of 65 rows", TABLE | {"increment_table": tuple((n, 1) for n in range(65))}),
    ("a table that starts at 1", TABLE | {"increment_table": ((1, 1),)}),
    ("a table that does not rise", TABLE | {"increment_table": ((0, 1), (5, 1), (5, 2))}),
    ("a table with a step of 0", TABLE | {"increment_table": ((0, 0),)}),
    ("max_multiple 0", {"max_multiple": 0}),
    ("no phase", {"phases": ()}),
    ("nine phases", {"phases": (free(),) * 9}),
    ("a called phase before the last", {"phases": (called(), timed())}),
    ("a clock from the first bid with a called phase", {"phases": (called(),), "clock": Clock.AT_FIRST_BID}),
    ("several phases without key 12", {"phases": (free(), timed()), "timed_without_bids": None}),
    ("several phases without key 13", {"phases": (free(), timed()), "single_bidder": None}),
    ("one phase with key 12", {"timed_without_bids": WithoutBids.ENTER}),
    ("one phase with key 13", {"single_bidder": SingleBidder.ENTER}),
    ("min_bidders 0", TWO_QUOTED | {"min_bidders": 0}),
    ("min_bidders of more than 32 bits", TWO_QUOTED | {"min_bidders": 2**32}),
    ("min_bidders without what counts", {"min_bidders": 2}),
    ("what counts without min_bidders", {"min_bidders_counts": BiddersCounted.QUOTED}),
    ("a required reserve without custody", REQUIRED_BEFORE | {"reserve_custody": None}),
    ("a required reserve without commitment", REQUIRED_BEFORE | {"reserve_commitment": None}),
    ("custody without a required reserve", {"reserve_custody": 1}),
    ("custody by keepers", REQUIRED_BEFORE | {"reserve_custody": 2}),
    ("an entry window without a required reserve", {"entry_opens_before_end": 5}),
    ("an entry window of 0", REQUIRED_BEFORE | {"entry_opens_before_end": 0}),
    ("an entry window that ends before it opens",
     REQUIRED_BEFORE | {"entry_opens_before_end": 5, "entry_ends_before_end": 5}),
    ("an entry window with a called phase", REQUIRED_BEFORE | {"entry_opens_before_end": 5, "phases": (called(),)}),
    ("an entry window with a clock from the first bid",
     REQUIRED_BEFORE | {"entry_opens_before_end": 5, "clock": Clock.AT_FIRST_BID}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [c for _, c in REFUSED], ids=[claim for claim, _ in REFUSED])
def test_rules_that_contradict_the_document_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        rules(**changes)


REFUSED_PHASES: list[tuple[str, dict[str, Any]]] = [
    ("a duration of 0", {"end_value": 0}),
    ("a duration beyond the limit", {"end_value": DURATION_MAX + 1}),
    ("a time beyond the limit", {"end": PhaseEnd.AT, "end_value": TIME_MAX + 1}),
    ("a called phase with a value", {"end": PhaseEnd.CALLED, "end_value": 1}),
    ("a called phase with an extension",
     {"end": PhaseEnd.CALLED, "end_value": 0, "extension": Extension.RESET, "extension_to": 5}),
    ("a free phase with an extension", {"kind": PhaseKind.FREE, "extension": Extension.RESET, "extension_to": 5}),
    ("an extension to nothing", {"extension": Extension.RESET}),
    ("extension_to without extension", {"extension_to": 5}),
    ("a reset with a window", {"extension": Extension.RESET, "extension_to": 5, "window": 5}),
    ("a window extension without a window", {"extension": Extension.WINDOW, "extension_to": 5}),
    ("a hard end without extension", {"hard_end": HardEnd.AFTER, "hard_end_value": 5}),
    ("a hard end value without a hard end", {"hard_end_value": 5}),
    ("a hard end after nothing", {"extension": Extension.RESET, "extension_to": 5, "hard_end": HardEnd.AFTER}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [c for _, c in REFUSED_PHASES], ids=[claim for claim, _ in REFUSED_PHASES])
def test_phases_that_contradict_the_document_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        timed(**changes)


def entries(of: LotRules) -> list[bytes]:
    """Return the entries of rules as bytes."""
    raw, at, found = of.encode(), 2, []
    while at < len(raw):
        (size,) = struct.unpack_from("<H", raw, at + 3)
        found.append(raw[at : at + 5 + size])
        at += 5 + size
    return found


def joined(parts: list[bytes], count: int | None = None) -> bytes:
    return struct.pack("<H", len(parts) if count is None else count) + b"".join(parts)


def test_entries_must_stand_in_order_once_and_be_known() -> None:
    parts = entries(rules())
    assert decode_rules(joined(parts)) == rules()
    for wrong in (
        [parts[1], parts[0], *parts[2:]],
        [parts[0], *parts],
        [*parts, struct.pack("<HBHq", 22, 1, 8, 1)],
        [struct.pack("<HBHB", 0, 2, 1, 1), *parts],
        parts[1:],
        parts[:-1],
        [struct.pack("<HBHB", 1, 1, 1, 2), *parts[1:]],
        [struct.pack("<HBHB", 1, 2, 1, 3), *parts[1:]],
        [struct.pack("<HBHH", 1, 2, 2, 2), *parts[1:]],
    ):
        with pytest.raises(FormatError):
            decode_rules(joined(wrong))
    with pytest.raises(FormatError):
        decode_rules(joined(parts, len(parts) - 1))
    with pytest.raises(FormatError):
        decode_rules(joined(parts) + b"\0")


def test_unknown_keys_and_values_are_unsupported_and_other_faults_are_not() -> None:
    parts = entries(rules())
    for unknown in (
        [*parts, struct.pack("<HBHq", 22, 1, 8, 1)],
        [*parts, struct.pack("<HBH", 99, 9, 0)],
        [struct.pack("<HBHB", 0, 2, 1, 1), *parts],
        [struct.pack("<HBHB", 1, 2, 1, 3), *parts[1:]],
    ):
        with pytest.raises(UnsupportedError):
            decode_rules(joined(unknown))
    for wrong in ([parts[1], parts[0], *parts[2:]], parts[1:], [struct.pack("<HBHB", 1, 1, 1, 2), *parts[1:]]):
        with pytest.raises(FormatError) as refusal:
            decode_rules(joined(wrong))
        assert not isinstance(refusal.value, UnsupportedError)


def test_reserved_bytes_of_a_phase_must_be_zero() -> None:
    raw = bytearray(timed().encode())
    assert Phase.decode(bytes(raw)) == timed()
    raw[5] = 1
    with pytest.raises(FormatError):
        Phase.decode(bytes(raw))

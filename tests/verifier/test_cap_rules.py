"""Keys 38 to 44, the price cap: their bytes, and each constraint of B.1 by one example on either side."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from auction_room import LOTTERY, SEEDS, SELL, called, entering, free, inquiry, preparation, rules, timed
from verifier import FormatError, LotRules, Phase, decode_rules, lottery_commitment
from verifier.terms import (
    I64_MAX,
    CapAction,
    CapInFree,
    CapPassing,
    PhaseEnd,
    PhaseKind,
    Priority,
    Rounding,
    TopUp,
    WithoutBids,
)
from verifier.wire import UnsupportedError

C = bytes(range(32))
ENTER: dict[str, Any] = {"cap": 150, "cap_action": CapAction.ENTER}
FREE_CALLED = Phase(kind=PhaseKind.FREE, end=PhaseEnd.CALLED)
AT_END: dict[str, Any] = {"cap_in_free": CapInFree.AT_END}
PASSING: dict[str, Any] = {"cap_passing": CapPassing.ALLOWED}
TOP_UP: dict[str, Any] = {"top_up": TopUp.REQUIRED}
FIRST: dict[str, Any] = {"first_bid_min": 1}
PERCENT: dict[str, Any] = {
    "increment_fixed": None, "increment_percent": (1, 10), "increment_rounding": Rounding.UP,
}  # fmt: skip
TABLE: dict[str, Any] = {"increment_fixed": None, "increment_table": ((0, 10), (101, 50))}

ALLOWED: list[tuple[str, dict[str, Any]]] = [
    *((f"action {action}", SELL | {"cap_action": action}) for action in (1, 4, 5)),
    ("one above the start price", SELL | {"cap": 101}),
    ("the greatest cap", SELL | {"cap": I64_MAX}),
    ("a cap off the step", SELL | {"cap": 155}),
    ("a cap off the multiples", SELL | {"cap": 155, "multiple_anchor": 1}),
    ("a multiple of the precision", SELL | {"precision": 10}),
    ("start price and step with key 29", SELL | FIRST | {"cap": 110}),
    ("start price and step of a table with key 29", SELL | FIRST | TABLE | {"cap": 110}),
    ("start price and step of a percentage with key 29", SELL | FIRST | PERCENT | {"start_price": 145, "cap": 160}),
    ("start price and key 28 of a first phase that is timed",
     SELL | FIRST | {"phases": (timed(), free()), "timed_increment": 30, "cap": 130}),
    ("start price and the greater step, that of the timed phase",
     SELL | FIRST | {"phases": (free(), timed()), "timed_increment": 30, "cap": 130}),
    ("to enter the last phase", entering(timed())),
    ("to enter phases that begin with a preparation", entering(preparation(), timed())),
    ("to enter phases that begin with an inquiry", entering(inquiry(), timed(), inquiry_yes=1)),
    ("to enter called phases", entering(called())),
    ("out of a called phase", entering(timed(), before=(free(), called()))),
    ("out of a called phase to a called phase", entering(called(), before=(called(),))),
    ("out of phases with a preparation", entering(timed(), before=(free(), preparation(), timed()))),
    ("to enter the eighth phase", entering(timed(), before=(free(),) * 7)),
    ("a passing", SELL | PASSING),
    ("a passing to enter", entering(timed()) | PASSING),
    ("at the end of a free phase", SELL | AT_END | {"phases": (free(),)}),
    ("at the end of a later free phase", SELL | AT_END | {"phases": (timed(), free())}),
    ("at the end of a free phase before a called phase", SELL | AT_END | {"phases": (free(), called())}),
    ("at the end of a free phase before a called phase before others",
     entering(timed(), before=(free(), called())) | AT_END),
    ("at the end of a free phase with a called free phase behind cap_phase",
     entering(FREE_CALLED, before=(free(),)) | AT_END),
    ("a called free phase without cap_in_free", SELL | {"phases": (free(), FREE_CALLED)}),
    ("at the end of a free phase before others", entering(timed(), before=(free(),)) | AT_END),
    ("next_round at the end of a free phase", SELL | AT_END | {"cap_action": 4, "phases": (free(),)}),
    ("other_quantity at the end of a free phase", SELL | AT_END | {"cap_action": 5, "phases": (free(),)}),
    ("a top-up", entering(timed()) | TOP_UP),
    ("a lottery", LOTTERY),
    ("a lottery of one seed", LOTTERY | {"lottery_seeds": (C,)}),
    ("a lottery of one seed twice", LOTTERY | {"lottery_seeds": (C, C)}),
    ("a lottery of 16 seeds", LOTTERY | {"lottery_seeds": (C,) * 16}),
    ("a lottery off the percentage", LOTTERY | PERCENT | {"cap": 151}),
    ("a lottery off the table", LOTTERY | TABLE | {"cap": 151}),
    ("a lottery off key 28", LOTTERY | {"phases": (free(), timed()), "timed_increment": 30}),
    ("everything", entering(preparation(), timed(), before=(free(), timed())) | AT_END | PASSING | TOP_UP),
]  # fmt: skip


@pytest.mark.parametrize("changes", [c for _, c in ALLOWED], ids=[claim for claim, _ in ALLOWED])
def test_allowed_rules_survive_their_bytes(changes: dict[str, Any]) -> None:
    of = rules(**changes)
    raw = of.encode()
    assert decode_rules(raw) == of
    assert decode_rules(raw).encode() == raw


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("cap without cap_action", {"cap": 150}),
    ("cap_action without cap", {"cap_action": CapAction.SELL}),
    ("a cap of the start price", SELL | {"cap": 100}),
    ("a cap below the start price", SELL | {"cap": 99}),
    ("a cap beyond the limit", SELL | {"cap": I64_MAX + 1}),
    ("a cap that is no multiple of the precision", SELL | {"cap": 155, "precision": 10}),
    ("a cap below start price and step with key 29", SELL | FIRST | {"cap": 109}),
    ("the same with a table", SELL | FIRST | TABLE | {"start_price": 101, "cap": 150}),
    ("the same with a percentage", SELL | FIRST | PERCENT | {"start_price": 145, "cap": 159}),
    ("the same with key 28", SELL | FIRST | {"phases": (timed(), free()), "timed_increment": 30, "cap": 129}),
    ("the same beyond the limit", SELL | FIRST | {"start_price": I64_MAX - 9, "cap": I64_MAX}),
    ("cap_action 0", SELL | {"cap_action": 0}),
    ("cap_action 6", SELL | {"cap_action": 6}),
    ("to enter no phase", ENTER),
    *((f"cap_phase with action {action}", entering(timed()) | {"cap_action": action}) for action in (1, 4, 5)),
    ("cap_phase with a lottery", entering(timed()) | LOTTERY),
    ("cap_phase without a cap", {"phases": (timed(), timed()), "cap_phase": 1}),
    ("cap_phase 0", entering(timed()) | {"cap_phase": 0}),
    ("cap_phase -1", entering(timed(), timed()) | {"cap_phase": -1}),
    ("cap_phase behind the last", entering(timed()) | {"cap_phase": 2}),
    ("cap_phase with one phase", ENTER | {"cap_phase": 1}),
    ("out of a preparation", entering(timed(), before=(free(), preparation()))),
    ("out of an inquiry", entering(timed(), before=(free(), inquiry()), inquiry_yes=1)),
    ("a called phase before the last before cap_phase", entering(timed(), before=(called(), timed()))),
    ("a called phase between cap_phase and the last", entering(called(), timed())),
    ("a preparation last behind cap_phase", entering(timed(), preparation())),
    ("two inquiries on both sides",
     entering(inquiry(), timed(), before=(free(), inquiry(), timed()), inquiry_yes=1)),
    ("cap_passing without a cap", PASSING),
    ("cap_passing with a lottery", LOTTERY | PASSING),
    ("cap_passing 2", SELL | {"cap_passing": 2}),
    ("cap_in_free without a cap", AT_END | {"phases": (free(),)}),
    ("cap_in_free with a lottery", LOTTERY | AT_END | {"phases": (free(),)}),
    ("cap_in_free without a free phase", SELL | AT_END),
    ("cap_in_free with a free phase behind cap_phase only", entering(free()) | AT_END),
    ("cap_in_free with a called free phase", SELL | AT_END | {"phases": (FREE_CALLED,)}),
    ("cap_in_free with a called free phase behind another one", SELL | AT_END | {"phases": (free(), FREE_CALLED)}),
    ("cap_in_free with a called free phase before cap_phase",
     entering(timed(), before=(free(), FREE_CALLED)) | AT_END),
    ("cap_in_free 2", SELL | {"cap_in_free": 2, "phases": (free(),)}),
    *((f"priority {priority} with a cap", SELL | {"priority": priority}) for priority in Priority),
    ("priority with a lottery", LOTTERY | {"priority": Priority.ONCE}),
    ("priority with cap_phase", entering(timed()) | {"priority": Priority.ONCE}),
    ("top_up without a cap", TOP_UP),
    ("top_up without cap_phase", SELL | TOP_UP),
    ("top_up 2", entering(timed()) | {"top_up": 2}),
    ("a lottery without seeds", LOTTERY | {"lottery_seeds": None}),
    ("a lottery of no seeds", LOTTERY | {"lottery_seeds": ()}),
    ("a lottery of 17 seeds", LOTTERY | {"lottery_seeds": (C,) * 17}),
    ("a lottery with a commitment of zeros", LOTTERY | {"lottery_seeds": (C, bytes(32))}),
    ("a lottery with a commitment of 31 bytes", LOTTERY | {"lottery_seeds": (C[1:],)}),
    ("a lottery with a commitment of 33 bytes", LOTTERY | {"lottery_seeds": (C + b"1",)}),
    ("seeds without a cap", {"lottery_seeds": (C,)}),
    ("seeds with another action", SELL | {"lottery_seeds": (C,)}),
    ("a lottery off the step", LOTTERY | {"cap": 155}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [c for _, c in REFUSED], ids=[claim for claim, _ in REFUSED])
def test_rules_that_contradict_the_document_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        rules(**changes)


def entries(of: LotRules) -> list[bytes]:
    """Return the entries of rules as bytes."""
    raw, at, found = of.encode(), 2, []
    while at < len(raw):
        (size,) = struct.unpack_from("<H", raw, at + 3)
        found.append(raw[at : at + 5 + size])
        at += 5 + size
    return found


def joined(parts: list[bytes]) -> bytes:
    return struct.pack("<H", len(parts)) + b"".join(parts)


def test_the_bytes_of_the_keys_are_those_of_the_document() -> None:
    of = rules(**entering(timed(), before=(free(),)), **AT_END, **PASSING, **TOP_UP)
    assert entries(of)[-6:] == [
        struct.pack("<HBHq", 38, 1, 8, 150),
        struct.pack("<HBHB", 39, 2, 1, 2),
        struct.pack("<HBHq", 40, 1, 8, 1),
        struct.pack("<HBHB", 41, 2, 1, 1),
        struct.pack("<HBHB", 42, 2, 1, 1),
        struct.pack("<HBHB", 43, 2, 1, 1),
    ]
    committed = hashlib.sha256(b"pyauction/lottery/seed/v1" + C).digest()
    assert lottery_commitment(C) == committed
    of = rules(**LOTTERY | {"lottery_seeds": (committed, C)})
    assert entries(of)[-3:] == [
        struct.pack("<HBHq", 38, 1, 8, 150),
        struct.pack("<HBHB", 39, 2, 1, 3),
        struct.pack("<HBH", 44, 7, 64) + committed + C,
    ]
    assert rules(**LOTTERY).lottery_seeds == tuple(map(lottery_commitment, SEEDS))


def test_commitments_are_taken_in_one_form_only() -> None:
    parts = entries(rules(**LOTTERY))
    for wrong in (
        struct.pack("<HBH", 44, 7, 0),
        struct.pack("<HBH", 44, 7, 31) + C[1:],
        struct.pack("<HBH", 44, 7, 33) + C + b"1",
        struct.pack("<HBH", 44, 7, 64) + C + bytes(32),
        struct.pack("<HBH", 44, 7, 17 * 32) + C * 17,
        struct.pack("<HBH", 44, 6, 32) + C,
    ):
        with pytest.raises(FormatError) as refusal:
            decode_rules(joined([*parts[:-1], wrong]))
        assert not isinstance(refusal.value, UnsupportedError)
    assert decode_rules(joined([*parts[:-1], struct.pack("<HBH", 44, 7, 32) + C])).lottery_seeds == (C,)


def test_a_commitment_of_zeros_is_judged_before_an_unknown_key_behind_it() -> None:
    parts = entries(rules(**LOTTERY))[:-1]
    unknown = struct.pack("<HBHB", 57, 2, 1, 1)
    with pytest.raises(UnsupportedError):
        decode_rules(joined([*parts, struct.pack("<HBH", 44, 7, 32) + C, unknown]))
    with pytest.raises(FormatError) as refusal:
        decode_rules(joined([*parts, struct.pack("<HBH", 44, 7, 32) + bytes(32), unknown]))
    assert not isinstance(refusal.value, UnsupportedError)


def test_unknown_values_are_unsupported() -> None:
    parts = entries(rules(**SELL))[:-1]
    for key, value in ((39, 0), (39, 6), (41, 0), (41, 2), (42, 2), (43, 2)):
        with pytest.raises(UnsupportedError):
            decode_rules(joined([*parts, struct.pack("<HBHB", key, 2, 1, value)]))


def test_timed_without_bids_and_single_bidder_stand_with_phases_behind_the_cap_too() -> None:
    for name in ("timed_without_bids", "single_bidder"):
        with pytest.raises(FormatError):
            rules(**entering(timed()) | {name: None})
    assert rules(**entering(timed())).timed_without_bids == WithoutBids.DECIDE

"""Phase kind 5 and the keys 47 to 54, sealed bids: their bytes, and each constraint of B.1 by one example on either side."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from auction_room import (
    LOTTERY,
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    SELL,
    SETTERS,
    called,
    entering,
    free,
    inquiry,
    preparation,
    rules,
    timed,
)
from sealed_room import EQUAL_REFUSED, HELD, MEAN, POINTS, REQUOTE, SEALED, sealed
from verifier import FormatError, LotRules, Phase, decode_rules
from verifier.sealed_terms import SealedAward, SealedChange, SealedCustody, SealedTie
from verifier.terms import (
    I64_MAX,
    U32_MAX,
    CapAction,
    Clock,
    Extension,
    HardEnd,
    PhaseEnd,
    PhaseKind,
    Priority,
    ResumeTimed,
)
from verifier.wire import UnsupportedError

AT = sealed(2_000, end=PhaseEnd.AT)
PUBLISHED: dict[str, Any] = SEALED | REQUIRED_AT_ENTRY | {"reserve_published": 1}
WITHOUT: dict[str, Any] = {"phases": (timed(),)}
BARE: dict[str, Any] = {"sealed_custody": None, "sealed_award": None, "sealed_tie": None}
BEHIND: dict[str, Any] = SEALED | {"phases": (timed(), sealed())}
OTHER_AWARDS: list[tuple[str, dict[str, Any]]] = [("closest to the mean", MEAN), ("most points", POINTS)]
CUSTODIES: list[tuple[str, dict[str, Any]]] = [("highest", SEALED), ("most points", POINTS)]
AWARDED: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    (f"{name} with a reserve {when}", of, reserve, use)
    for name, of in OTHER_AWARDS
    for when, reserve in (("at entry", REQUIRED_AT_ENTRY), ("before", REQUIRED_BEFORE))
    for use in (1, 2)
]

ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("one sealed phase", SEALED),
    ("one that ends at a time", SEALED | {"phases": (AT,)}),
    ("behind a timed phase", BEHIND),
    ("behind a free phase", SEALED | {"phases": (free(), sealed())}),
    ("behind a preparation", SEALED | {"phases": (timed(), preparation(), sealed())}),
    ("behind an inquiry", SEALED | {"phases": (timed(), inquiry(), sealed()), "inquiry_yes": 1}),
    ("as the eighth", SEALED | {"phases": (*[timed()] * 7, sealed())}),
    ("behind a phase whose clock the first bid starts", BEHIND | {"clock": Clock.AT_FIRST_BID}),
    ("as what the cap leads to", SEALED | entering(sealed())),
    ("last of what the cap leads to", SEALED | entering(preparation(), sealed())),
    ("behind a called phase before cap_phase", SEALED | entering(sealed(), before=(called(),))),
    ("as what a cap leads to that may be passed", SEALED | entering(sealed()) | {"cap_passing": 1}),
    ("behind a phase at a time that a cap leads to",
     SEALED | entering(timed(2_000, end=PhaseEnd.AT), sealed())),
    ("beginning again", SEALED | {"resume_timed": ResumeTimed.RESTART}),
    ("with an entry window", SEALED | REQUIRED_AT_ENTRY | {"entry_opens_before_end": 20}),
    ("with key 28", SEALED | {"phases": (free(), timed(), sealed()), "timed_increment": 30}),
    ("with the custody of the house", HELD),
    *((f"change {change.name}", SEALED | {"sealed_change": change}) for change in SealedChange),
    *((f"least {least}", SEALED | {"sealed_min": least}) for least in (1, 2, U32_MAX)),
    *((f"most {most}", SEALED | {"sealed_most": most}) for most in (101, I64_MAX)),
    ("most of the cap", SEALED | entering(sealed()) | {"sealed_most": 150}),
    ("most of the precision", SEALED | {"sealed_most": 110, "precision": 10}),
    ("closest to the mean, with the custody of the house", MEAN),
    *((f"{name}, custody {custody}", of | {"sealed_custody": custody}) for name, of in CUSTODIES for custody in (1, 2)),
    ("most points, earlier", POINTS),
    ("most points, higher", POINTS | {"sealed_tie": SealedTie.HIGHER}),
    ("highest, bid again", REQUOTE),
    ("highest, earlier, at a time", SEALED | {"phases": (AT,)}),
    ("most points at a time", POINTS | {"phases": (AT,)}),
    ("equal ones refused", EQUAL_REFUSED),
    ("bid again, most points not asked, with a reserve that is not published", REQUOTE | REQUIRED_AT_ENTRY),
    ("bid again, with a cap that may be passed", REQUOTE | entering(sealed()) | {"cap_passing": 1}),
    *((f"most with {name}", of | {"sealed_most": 200}) for name, of in (("the mean", MEAN), ("points", POINTS))),
    ("equal ones refused and bid again", EQUAL_REFUSED | {"sealed_tie": SealedTie.REQUOTE}),
    *((f"published {use}", PUBLISHED | {"reserve_published": use}) for use in (1, 2)),
    ("published, committed to before", SEALED | REQUIRED_BEFORE | {"reserve_published": 1}),
    ("highest with a reserve that is not published", SEALED | REQUIRED_AT_ENTRY),
    ("highest with a reserve that several set", SEALED | SETTERS),
    *((f"{name}, published {use}", of | reserve | {"reserve_published": use}) for name, of, reserve, use in AWARDED),
    ("everything but equal ones refused and bid again", HELD | PUBLISHED | {"sealed_change": 2, "sealed_min": 3,
     "sealed_most": 900}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_allowed_rules_survive_their_bytes(changes: dict[str, Any]) -> None:
    of = rules(**changes)
    raw = of.encode()
    assert (decode_rules(raw), decode_rules(raw).encode(), of.has_sealed) == (of, raw, True)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("before another phase", SEALED | {"phases": (sealed(), timed())}),
    ("two of them", SEALED | {"phases": (sealed(), sealed())}),
    ("before a cap phase", SEALED | entering(timed(), before=(timed(), sealed()))),
    ("first with a clock from the first bid", SEALED | {"clock": Clock.AT_FIRST_BID}),
    *((f"with priority {priority}", SEALED | {"priority": priority}) for priority in Priority),
    ("with a lottery", SEALED | LOTTERY),
    *((f"with cap action {action}", SEALED | SELL | {"cap_action": action}) for action in (1, 4, 5)),
    *((f"behind another phase with cap action {action}", BEHIND | SELL | {"cap_action": action}) for action in (1, 4, 5)),
    ("as what a cap leads to, at a time", SEALED | entering(AT)),
    ("last of what a cap leads to, at a time", SEALED | entering(timed(), AT)),
    ("closest to the mean, with the custody of the bidders", MEAN | {"sealed_custody": SealedCustody.BIDDER}),
    ("most with a cap that may be passed",
     SEALED | entering(sealed()) | {"sealed_most": 200, "cap_passing": 1}),
    ("most with bid again", REQUOTE | {"sealed_most": 200}),
    *((f"published {use} with bid again", PUBLISHED | {"reserve_published": use, "sealed_tie": SealedTie.REQUOTE})
      for use in (1, 2)),
    ("with key 28 without a timed phase", SEALED | {"phases": (free(), sealed()), "timed_increment": 30}),
    ("beginning again at a time", SEALED | {"phases": (AT,), "resume_timed": ResumeTimed.RESTART}),
    ("a called phase before it", SEALED | {"phases": (called(), sealed())}),
    ("without custody", SEALED | {"sealed_custody": None}),
    ("custody without a phase", WITHOUT | {"sealed_custody": 1}),
    ("without an award", MEAN | {"sealed_award": None}),
    ("an award without a phase", WITHOUT | {"sealed_award": 2}),
    ("a change without a phase", WITHOUT | {"sealed_change": 1}),
    ("a least number without a phase", WITHOUT | {"sealed_min": 1}),
    *((f"least {least}", SEALED | {"sealed_min": least}) for least in (0, -1, U32_MAX + 1)),
    ("a most without a phase", WITHOUT | {"sealed_most": 200}),
    *((f"most {most}", SEALED | {"sealed_most": most}) for most in (100, 99, 0, -1, I64_MAX + 1)),
    ("most below the cap", SEALED | entering(sealed()) | {"sealed_most": 149}),
    ("most off the precision", SEALED | {"sealed_most": 115, "precision": 10}),
    ("a tie without a phase", WITHOUT | {"sealed_tie": 2}),
    ("highest without a tie", SEALED | {"sealed_tie": None}),
    ("most points without a tie", POINTS | {"sealed_tie": None}),
    *((f"closest to the mean with tie {tie}", MEAN | {"sealed_tie": tie}) for tie in SealedTie),
    ("highest, higher", SEALED | {"sealed_tie": SealedTie.HIGHER}),
    ("most points, bid again", POINTS | {"sealed_tie": SealedTie.REQUOTE}),
    ("bid again at a time", REQUOTE | {"phases": (AT,)}),
    ("equal ones without a phase", WITHOUT | {"sealed_equal": 1}),
    ("equal ones with the custody of the bidders", SEALED | {"sealed_equal": 1}),
    *((f"equal ones refused with change {change}", EQUAL_REFUSED | {"sealed_change": change}) for change in (1, 2)),
    ("published without a phase", WITHOUT | REQUIRED_AT_ENTRY | {"reserve_published": 1}),
    *((f"published {use} without a reserve", SEALED | {"reserve_published": use}) for use in (1, 2)),
    *((f"published {use} of several", SEALED | SETTERS | {"reserve_published": use}) for use in (1, 2)),
    *((f"{name}, not published", of | reserve) for name, of, reserve, use in AWARDED if use == 1),
    *((f"{name} of several", of | SETTERS) for name, of in OTHER_AWARDS),
    *((f"{name}, published {use}, of several", of | SETTERS | {"reserve_published": use})
      for name, of in OTHER_AWARDS for use in (1, 2)),
    *((f"{key} 0", SEALED | {key: 0}) for key in ("sealed_custody", "sealed_change", "sealed_award", "sealed_tie")),
    ("custody 3", SEALED | {"sealed_custody": 3}),
    ("change 3", SEALED | {"sealed_change": 3}),
    ("award 4", SEALED | {"sealed_award": 4}),
    ("tie 4", SEALED | {"sealed_tie": 4}),
    ("equal 2", HELD | {"sealed_equal": 2}),
    ("published 3", PUBLISHED | {"reserve_published": 3}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_rules_that_contradict_the_document_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        rules(**changes)


def test_without_a_sealed_phase_the_keys_are_absent() -> None:
    assert rules(**WITHOUT, **BARE).encode() == rules().encode()
    assert not rules().has_sealed


PHASES: list[tuple[str, dict[str, Any]]] = [
    ("called", {"end": PhaseEnd.CALLED, "end_value": 0}),
    ("that extends", {"extension": Extension.RESET, "extension_to": 5}),
    ("with a window", {"extension": Extension.WINDOW, "extension_to": 5, "window": 5}),
    ("with a hard end", {"hard_end": HardEnd.AFTER, "hard_end_value": 500}),
    ("of no length", {"end_value": 0}),
]


@pytest.mark.parametrize("changes", [row[1] for row in PHASES], ids=[row[0] for row in PHASES])
def test_a_sealed_phase_that_contradicts_the_document_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        sealed(**changes)


def test_the_bytes_of_a_sealed_phase_are_those_of_the_document() -> None:
    raw = struct.pack("<BBBBIqqqq", 5, 2, 0, 0, 0, 2_000, 0, 0, 0)
    assert (AT.encode(), Phase.decode(raw)) == (raw, AT)
    assert AT.kind == PhaseKind.SEALED


def entries(of: LotRules) -> list[bytes]:
    """Return the entries of rules, each with its head."""
    raw, found = of.encode()[2:], []
    while raw:
        size = 5 + struct.unpack("<H", raw[3:5])[0]
        found.append(raw[:size])
        raw = raw[size:]
    return found


def joined(parts: list[bytes]) -> bytes:
    return struct.pack("<H", len(parts)) + b"".join(parts)


def test_the_bytes_of_the_keys_are_those_of_the_document() -> None:
    stated: dict[str, Any] = SEALED | REQUIRED_AT_ENTRY | {
        "sealed_custody": SealedCustody.HOUSE, "sealed_min": 3, "sealed_most": 900, "sealed_award": SealedAward.MOST_POINTS,
        "sealed_tie": SealedTie.HIGHER, "reserve_published": 2,
    }  # fmt: skip
    rest = [
        struct.pack("<HBHq", 49, 1, 8, 3),
        struct.pack("<HBHq", 50, 1, 8, 900),
        struct.pack("<HBHB", 51, 2, 1, 3),
        struct.pack("<HBHB", 52, 2, 1, 3),
    ]
    custody, published = struct.pack("<HBHB", 47, 2, 1, 2), struct.pack("<HBHB", 54, 2, 1, 2)
    changing = entries(rules(**stated | {"sealed_change": SealedChange.CHANGE_OR_WITHDRAW}))
    assert changing[-7:] == [custody, struct.pack("<HBHB", 48, 2, 1, 2), *rest, published]
    unequal = entries(rules(**stated | {"sealed_equal": 1}))
    assert unequal[-7:] == [custody, *rest, struct.pack("<HBHB", 53, 2, 1, 1), published]


@pytest.mark.parametrize(
    ("key", "value"),
    [(47, 0), (47, 3), (48, 0), (48, 3), (51, 0), (51, 4), (52, 0), (52, 4), (53, 0), (53, 2), (54, 0), (54, 3)],
)
def test_unknown_values_are_unsupported(key: int, value: int) -> None:
    parts = [part for part in entries(rules(**SEALED)) if struct.unpack("<H", part[:2])[0] < key]
    with pytest.raises(UnsupportedError):
        decode_rules(joined([*parts, struct.pack("<HBHB", key, 2, 1, value)]))


@pytest.mark.parametrize(
    "wrong", [struct.pack("<HBHq", 48, 1, 8, 1), struct.pack("<HBHB", 49, 2, 1, 1), struct.pack("<HBHB", 50, 2, 1, 9)]
)
def test_a_key_of_another_tag_is_no_rule(wrong: bytes) -> None:
    number = struct.unpack("<H", wrong[:2])[0]
    parts = entries(rules(**SEALED))
    place = sum(struct.unpack("<H", part[:2])[0] < number for part in parts)
    with pytest.raises(FormatError) as refusal:
        decode_rules(joined([*parts[:place], wrong, *parts[place:]]))
    assert not isinstance(refusal.value, UnsupportedError)


def test_a_cap_that_leads_to_sealed_bids_is_of_action_enter() -> None:
    assert rules(**SEALED | entering(sealed())).cap_action == CapAction.ENTER

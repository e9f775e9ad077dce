"""The rules: their bytes, and each constraint of B.1 by one example on either side."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from auction_room import (
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    SETTERS,
    TWO_QUOTED,
    called,
    free,
    inquiry,
    preparation,
    rules,
    timed,
    window,
)
from verifier import FormatError, LotRules, Phase, decode_rules
from verifier.terms import (
    DURATION_MAX,
    I64_MAX,
    TIME_MAX,
    U32_MAX,
    Anchor,
    BiddersCounted,
    Clock,
    Extension,
    FirstBidMin,
    HardEnd,
    PhaseEnd,
    PhaseKind,
    Priority,
    ResumeFree,
    ResumeTimed,
    Rounding,
    SingleBidder,
    TimedEntry,
    WithoutBids,
)
from verifier.wire import UnsupportedError

PERCENT: dict[str, Any] = {
    "increment_fixed": None, "increment_percent": (1, 10), "increment_rounding": Rounding.UP,
}  # fmt: skip
TABLE: dict[str, Any] = {"increment_fixed": None, "increment_table": ((0, 10), (1_000, 50))}

FREE_AT = Phase(kind=PhaseKind.FREE, end=PhaseEnd.AT, end_value=5)
FREE_CALLED = Phase(kind=PhaseKind.FREE, end=PhaseEnd.CALLED)
PREPARED_AT = Phase(kind=PhaseKind.PREPARATION, end=PhaseEnd.AT, end_value=5)
FREE: dict[str, Any] = {"phases": (free(),)}
BOTH: dict[str, Any] = {"phases": (free(), timed())}
ASKED: dict[str, Any] = {"phases": (free(), inquiry(), timed()), "inquiry_yes": 1}
RECENT: dict[str, Any] = BOTH | {"recent_bidders": 1, "recent_window": 1}
ENTER: dict[str, Any] = {"timed_without_bids": WithoutBids.ENTER}
MANY_SPANS = tuple((2 * n, 2 * n + 1) for n in range(512))

ALLOWED: list[dict[str, Any]] = [
    *(
        {"phases": phases}
        for phases in (
            (free(), preparation(), timed()),
            (timed(), PREPARED_AT, free()),
            (free(), preparation(), preparation(), called()),
        )
    ),
    ASKED,
    ASKED | {"phases": (timed(), inquiry(), preparation(), timed()), "inquiry_yes": U32_MAX},
    FREE | {"free_stop": 99},
    FREE | {"free_stop": 1},
    {"phases": (FREE_AT,), "free_stop": DURATION_MAX},
    {"phases": (free(), FREE_AT, FREE_CALLED), "free_stop": 99},
    BOTH | {"timed_entry": TimedEntry.PRIOR_BID},
    ASKED | ENTER | {"timed_entry": TimedEntry.YES},
    ASKED | {"timed_entry": TimedEntry.PRIOR_BID_AND_YES},
    RECENT,
    RECENT | {"recent_bidders": U32_MAX, "recent_window": DURATION_MAX},
    {"phases": (window(),), "max_extensions": 1},
    {"phases": (timed(), window()), "max_extensions": U32_MAX},
    BOTH | {"timed_increment": 1},
    BOTH | PERCENT | {"timed_increment": I64_MAX},
    BOTH | TABLE | {"timed_increment": 7},
    {"first_bid_min": FirstBidMin.START_PLUS_STEP},
    {"precision": 2},
    {"precision": 10},
    PERCENT | {"precision": 100},
    PERCENT | {"start_price": I64_MAX, "precision": I64_MAX},
    TABLE | {"precision": 10},
    TABLE | {"increment_table": ((0, 10), (3, 50)), "precision": 10},
    BOTH | {"timed_increment": 30, "precision": 10},
    {"closed": ((0, 1),)},
    {"closed": ((5, 9), (9, 10), (12, TIME_MAX))},
    {"closed": MANY_SPANS},
    FREE | {"resume_free": ResumeFree.EXTEND},
    {"phases": (FREE_AT,), "resume_free": ResumeFree.EXTEND, "resume_free_most": 1},
    FREE | {"resume_free": ResumeFree.EXTEND, "resume_free_most": DURATION_MAX},
    {"resume_timed": ResumeTimed.RESTART},
    {"phases": (timed(), preparation(), timed()), "resume_timed": ResumeTimed.RESTART_FROM_PREPARATION},
    {"phases": (free(), preparation(), free()), "resume_timed": ResumeTimed.RESTART_FROM_PREPARATION},
    {"phases": (free(), preparation(), free()), "resume_timed": ResumeTimed.RESTART},
    {"phases": (FREE_AT, timed()), "resume_timed": ResumeTimed.RESTART},
    {"phases": (free(), called()), "resume_timed": ResumeTimed.RESTART},
    {"phases": (window(hard_end=HardEnd.AFTER, hard_end_value=9),), "resume_timed": ResumeTimed.RESTART},
    {"resume_notice": 1},
    {"resume_notice": DURATION_MAX, "resume_direct_within": DURATION_MAX},
    {"priority": Priority.ONCE},
    {"priority": Priority.REPEATEDLY},
    SETTERS,
    SETTERS | {"reserve_setters": 2, "reserve_rounding": Rounding.DOWN},
    SETTERS | {"reserve_setters": 16, "entry_opens_before_end": 50},
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
    ("an entry window that ends 0 before the end", REQUIRED_BEFORE | {"entry_ends_before_end": 0}),
    ("an entry window that opens beyond the limit", REQUIRED_BEFORE | {"entry_opens_before_end": DURATION_MAX + 1}),
    ("an entry window that ends before it opens",
     REQUIRED_BEFORE | {"entry_opens_before_end": 5, "entry_ends_before_end": 5}),
    ("an entry window with a called phase", REQUIRED_BEFORE | {"entry_opens_before_end": 5, "phases": (called(),)}),
    ("an entry window with a clock from the first bid",
     REQUIRED_BEFORE | {"entry_opens_before_end": 5, "clock": Clock.AT_FIRST_BID}),
    ("reserve_setters without rounding", SETTERS | {"reserve_rounding": None}),
    ("rounding without reserve_setters", SETTERS | {"reserve_setters": None}),
    ("rounding without reserve_setters and a reserve", {"reserve_rounding": Rounding.UP}),
    ("reserve_setters without a required reserve", {"reserve_setters": 3, "reserve_rounding": Rounding.UP}),
    ("reserve_setters with a commitment before opening",
     REQUIRED_BEFORE | {"reserve_setters": 3, "reserve_rounding": Rounding.UP}),
    ("reserve_setters 17", SETTERS | {"reserve_setters": 17}),
    ("reserve_setters 1", SETTERS | {"reserve_setters": 1}),
    ("reserve_setters 0", SETTERS | {"reserve_setters": 0}),
    ("reserve_rounding 3", SETTERS | {"reserve_rounding": 3}),
    ("an inquiry first", {"phases": (inquiry(), timed()), "inquiry_yes": 1}),
    ("an inquiry last", {"phases": (timed(), inquiry()), "inquiry_yes": 1}),
    ("an inquiry alone", {"phases": (inquiry(),), "inquiry_yes": 1}),
    ("a preparation first", {"phases": (preparation(), timed())}),
    ("a preparation last", {"phases": (timed(), preparation())}),
    ("two inquiries", ASKED | {"phases": (free(), inquiry(), inquiry(), timed())}),
    ("an inquiry without key 24", ASKED | {"inquiry_yes": None}),
    ("key 24 without an inquiry", BOTH | {"inquiry_yes": 1}),
    ("inquiry_yes 0", ASKED | {"inquiry_yes": 0}),
    ("inquiry_yes of more than 32 bits", ASKED | {"inquiry_yes": U32_MAX + 1}),
    ("free_stop 0", FREE | {"free_stop": 0}),
    ("free_stop beyond the limit", {"phases": (FREE_AT,), "free_stop": DURATION_MAX + 1}),
    ("free_stop of the whole phase", FREE | {"free_stop": 100}),
    ("free_stop of more than a later phase", {"phases": (FREE_AT, free(50)), "free_stop": 50}),
    ("free_stop without a free phase", {"free_stop": 1}),
    ("free_stop with a called free phase", {"phases": (FREE_CALLED,), "free_stop": 1}),
    ("timed_entry with one phase", {"timed_entry": TimedEntry.PRIOR_BID}),
    ("timed_entry by a prior bid where nobody need have bid", BOTH | ENTER | {"timed_entry": TimedEntry.PRIOR_BID}),
    ("timed_entry by both where nobody need have bid",
     ASKED | ENTER | {"timed_entry": TimedEntry.PRIOR_BID_AND_YES}),
    ("timed_entry by a yes without an inquiry", BOTH | {"timed_entry": TimedEntry.YES}),
    ("timed_entry by both without an inquiry", BOTH | {"timed_entry": TimedEntry.PRIOR_BID_AND_YES}),
    ("timed_entry 4", ASKED | {"timed_entry": 4}),
    ("timed_entry 0", ASKED | {"timed_entry": 0}),
    ("recent_bidders with one phase", {"recent_bidders": 1, "recent_window": 1}),
    ("recent_bidders without a window", RECENT | {"recent_window": None}),
    ("a window without recent_bidders", RECENT | {"recent_bidders": None}),
    ("recent_bidders 0", RECENT | {"recent_bidders": 0}),
    ("recent_bidders of more than 32 bits", RECENT | {"recent_bidders": U32_MAX + 1}),
    ("recent_window 0", RECENT | {"recent_window": 0}),
    ("recent_window beyond the limit", RECENT | {"recent_window": DURATION_MAX + 1}),
    ("max_extensions without an extension", {"max_extensions": 1}),
    ("max_extensions 0", {"phases": (window(),), "max_extensions": 0}),
    ("max_extensions of more than 32 bits", {"phases": (window(),), "max_extensions": U32_MAX + 1}),
    ("timed_increment without a free phase", {"phases": (timed(), timed()), "timed_increment": 1}),
    ("timed_increment without a timed phase", {"phases": (free(), preparation(), free()), "timed_increment": 1}),
    ("timed_increment 0", BOTH | {"timed_increment": 0}),
    ("timed_increment in place of every other", BOTH | {"increment_fixed": None, "timed_increment": 1}),
    ("first_bid_min 2", {"first_bid_min": 2}),
    ("precision 1", {"precision": 1}),
    ("precision 0", {"precision": 0}),
    ("a precision that does not divide the start price", {"start_price": 105, "precision": 10}),
    ("a precision that does not divide the step", {"increment_fixed": 15, "precision": 10}),
    ("a precision that does not divide the first step of a table", TABLE | {"precision": 20}),
    ("a precision that does not divide the last step of a table",
     TABLE | {"increment_table": ((0, 10), (5, 15)), "precision": 10}),
    ("a precision that does not divide the timed step", BOTH | {"timed_increment": 15, "precision": 10}),
    ("no span", {"closed": ()}),
    ("513 spans", {"closed": (*MANY_SPANS, (2_000, 2_001))}),
    ("a span of nothing", {"closed": ((5, 5),)}),
    ("a span that ends before it begins", {"closed": ((5, 4),)}),
    ("a span before 1970", {"closed": ((-1, 4),)}),
    ("a span beyond the last valid time", {"closed": ((5, TIME_MAX + 1),)}),
    ("spans that overlap", {"closed": ((5, 9), (8, 10))}),
    ("spans out of order", {"closed": ((8, 10), (5, 7))}),
    ("resume_free without a free phase", {"resume_free": ResumeFree.EXTEND}),
    ("resume_free with a called free phase", {"phases": (FREE_CALLED,), "resume_free": ResumeFree.EXTEND}),
    ("resume_free 2", FREE | {"resume_free": 2}),
    ("resume_free_most without resume_free", FREE | {"resume_free_most": 1}),
    ("resume_free_most 0", FREE | {"resume_free": ResumeFree.EXTEND, "resume_free_most": 0}),
    ("resume_free_most beyond the limit",
     FREE | {"resume_free": ResumeFree.EXTEND, "resume_free_most": DURATION_MAX + 1}),
    ("resume_timed with free phases only", {"phases": (free(), free()), "resume_timed": ResumeTimed.RESTART}),
    ("resume_timed from a preparation without one", {"resume_timed": ResumeTimed.RESTART_FROM_PREPARATION}),
    ("resume_timed from a preparation with an inquiry only",
     ASKED | {"resume_timed": ResumeTimed.RESTART_FROM_PREPARATION}),
    ("resume_timed with a timed phase that ends at a time",
     {"phases": (timed(end=PhaseEnd.AT, end_value=5),), "resume_timed": ResumeTimed.RESTART}),
    ("resume_timed with a later phase that ends at a time",
     {"phases": (timed(), timed(end=PhaseEnd.AT, end_value=5)), "resume_timed": ResumeTimed.RESTART}),
    ("resume_timed with a preparation that ends at a time",
     {"phases": (free(), PREPARED_AT, timed()), "resume_timed": ResumeTimed.RESTART_FROM_PREPARATION}),
    ("resume_timed with a hard end at a time",
     {"phases": (window(hard_end=HardEnd.AT, hard_end_value=9),), "resume_timed": ResumeTimed.RESTART}),
    ("resume_timed 3", {"resume_timed": 3}),
    ("resume_direct_within without a notice", {"resume_direct_within": 1}),
    ("resume_direct_within 0", {"resume_notice": 1, "resume_direct_within": 0}),
    ("resume_direct_within beyond the limit", {"resume_notice": 1, "resume_direct_within": DURATION_MAX + 1}),
    ("resume_notice 0", {"resume_notice": 0}),
    ("resume_notice beyond the limit", {"resume_notice": DURATION_MAX + 1}),
    ("priority 3", {"priority": 3}),
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
    ("an inquiry with an extension", {"kind": PhaseKind.INQUIRY, "extension": Extension.RESET, "extension_to": 5}),
    ("a preparation with an extension",
     {"kind": PhaseKind.PREPARATION, "extension": Extension.RESET, "extension_to": 5}),
    ("an inquiry that ends at a time", {"kind": PhaseKind.INQUIRY, "end": PhaseEnd.AT}),
    ("a called inquiry", {"kind": PhaseKind.INQUIRY, "end": PhaseEnd.CALLED, "end_value": 0}),
    ("a called preparation", {"kind": PhaseKind.PREPARATION, "end": PhaseEnd.CALLED, "end_value": 0}),
    ("a phase of kind 6", {"kind": 6}),
    ("a phase of end 4", {"end": 4}),
    ("a phase of extension 3", {"extension": 3, "extension_to": 5}),
    ("a phase of hard end 3", {"extension": Extension.RESET, "extension_to": 5, "hard_end": 3, "hard_end_value": 5}),
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
        [*parts, struct.pack("<HBHq", 57, 1, 8, 1)],
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
        [*parts, struct.pack("<HBHq", 57, 1, 8, 1)],
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


def test_the_bytes_of_the_later_keys_are_those_of_the_document() -> None:
    of = rules(
        phases=(FREE_AT, inquiry(7), preparation(9), window()), free_stop=22, timed_entry=TimedEntry.PRIOR_BID_AND_YES,
        inquiry_yes=24, recent_bidders=25, recent_window=26, max_extensions=27, timed_increment=30, first_bid_min=1,
        precision=10, closed=((1, 2), (2, 9)), resume_free=1, resume_free_most=33, resume_timed=2,
        resume_direct_within=35, resume_notice=36, priority=2,
    )  # fmt: skip
    phases = entries(of)[4]
    assert phases[5 : 5 + 120] == b"".join(
        struct.pack("<BBBBIqqqq", kind, end, 0, 0, 0, value, 0, 0, 0)
        for kind, end, value in ((1, 2, 5), (3, 1, 7), (4, 1, 9))
    )
    assert entries(of)[-16:] == [
        struct.pack("<HBHq", 22, 1, 8, 22),
        struct.pack("<HBHB", 23, 2, 1, 3),
        struct.pack("<HBHq", 24, 1, 8, 24),
        struct.pack("<HBHq", 25, 1, 8, 25),
        struct.pack("<HBHq", 26, 1, 8, 26),
        struct.pack("<HBHq", 27, 1, 8, 27),
        struct.pack("<HBHq", 28, 1, 8, 30),
        struct.pack("<HBHB", 29, 2, 1, 1),
        struct.pack("<HBHq", 30, 1, 8, 10),
        struct.pack("<HBHqqqq", 31, 6, 32, 1, 2, 2, 9),
        struct.pack("<HBHB", 32, 2, 1, 1),
        struct.pack("<HBHq", 33, 1, 8, 33),
        struct.pack("<HBHB", 34, 2, 1, 2),
        struct.pack("<HBHq", 35, 1, 8, 35),
        struct.pack("<HBHq", 36, 1, 8, 36),
        struct.pack("<HBHB", 37, 2, 1, 2),
    ]
    assert decode_rules(of.encode()) == of


def test_the_bytes_of_the_keys_of_several_setters_are_those_of_the_document() -> None:
    parts = entries(rules(**SETTERS | {"reserve_rounding": Rounding.DOWN}))
    assert parts[-2:] == [struct.pack("<HBHq", 45, 1, 8, 3), struct.pack("<HBHB", 46, 2, 1, 2)]
    for wrong in ([struct.pack("<HBHB", 45, 2, 1, 3), parts[-1]], [parts[-1], parts[-2]], [parts[-2]], [parts[-1]]):
        with pytest.raises(FormatError) as refusal:
            decode_rules(joined([*parts[:-2], *wrong]))
        assert not isinstance(refusal.value, UnsupportedError)


def test_spans_are_taken_in_one_form_only() -> None:
    parts = entries(rules(closed=((5, 9),)))
    for wrong in (
        struct.pack("<HBH", 31, 6, 0),
        struct.pack("<HBHq", 31, 6, 8, 5),
        struct.pack("<HBHqqq", 31, 6, 24, 5, 9, 10),
        struct.pack("<HBHqq", 31, 3, 16, 5, 9),
        struct.pack("<HBHqq", 31, 6, 16, 9, 5),
        struct.pack("<HBHqqqq", 31, 6, 32, 5, 9, 8, 10),
    ):
        with pytest.raises(FormatError) as refusal:
            decode_rules(joined([*parts[:-1], wrong]))
        assert not isinstance(refusal.value, UnsupportedError)


def test_unknown_values_of_the_later_keys_are_unsupported() -> None:
    parts = entries(rules())
    for key, value in ((23, 4), (23, 0), (29, 2), (32, 2), (34, 3), (37, 3), (37, 0), (46, 3), (46, 0)):
        with pytest.raises(UnsupportedError):
            decode_rules(joined([*parts, struct.pack("<HBHB", key, 2, 1, value)]))
    with pytest.raises(UnsupportedError):
        Phase.decode(struct.pack("<BBBBIqqqq", 6, 1, 0, 0, 0, 100, 0, 0, 0))


def test_reserved_bytes_of_a_phase_must_be_zero() -> None:
    raw = bytearray(timed().encode())
    assert Phase.decode(bytes(raw)) == timed()
    raw[5] = 1
    with pytest.raises(FormatError):
        Phase.decode(bytes(raw))

"""The bid ladder under the keys 22, 23 and 28 to 30: one claim for each row and edge, with amounts worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, called, entering, free, inquiry, last, preparation, room, rules, timed, verdict
from verifier import BidAccepted, BidderAdmitted, BidRefused, LotRules, Model, Phase
from verifier.ladder import ask, step
from verifier.terms import (
    I64_MAX,
    Admission,
    Anchor,
    Clock,
    PhaseEnd,
    PhaseKind,
    Reason,
    Rounding,
    SelfOutbid,
    TimedEntry,
)

FIRST_STEP: dict[str, Any] = {"first_bid_min": 1}
UP: dict[str, Any] = {
    "increment_fixed": None, "increment_percent": (1, 10), "increment_rounding": Rounding.UP, "precision": 20,
}  # fmt: skip
DOWN = UP | {"increment_rounding": Rounding.DOWN}
TABLE: dict[str, Any] = {"increment_fixed": None, "increment_table": ((0, 10), (150, 25))}


def after(amounts: list[int], **changes: Any) -> Model:
    """Return a room in which two bidders took turns with these amounts, all accepted."""
    model = room(rules(**changes))
    for index, amount in enumerate(amounts):
        assert verdict(model.place_bid(1_001, 1, "ab"[index % 2], amount)) == "accepted"
    return model


NEAR = {"start_price": I64_MAX - 9}
LADDER: list[tuple[str, dict[str, Any], list[int], str, int, str]] = [
    ("row 15: one below start and step", FIRST_STEP, [], "c", 109, "below_start"),
    ("row 15: the start price", FIRST_STEP, [], "c", 100, "below_start"),
    ("row 15: start and step", FIRST_STEP, [], "c", 110, "accepted"),
    ("row 15: a second bid is one step higher", FIRST_STEP, [110], "c", 120, "accepted"),
    ("row 15: a second bid is no two steps higher", FIRST_STEP, [110], "c", 119, "below_increment"),
    ("row 14: start and step are beyond the limit", FIRST_STEP | NEAR, [], "c", I64_MAX, "amount_limit"),
    ("row 14 before row 15", FIRST_STEP | NEAR, [], "c", 1, "amount_limit"),
    ("row 11 before row 14", FIRST_STEP | NEAR, [], "c", 0, "amount_not_positive"),
    ("row 14: at the limit", FIRST_STEP | {"start_price": I64_MAX - 10}, [], "c", I64_MAX, "accepted"),
    ("row 14: without key 29", NEAR, [], "c", I64_MAX - 9, "accepted"),
    ("row 15: start and step of the table", TABLE | FIRST_STEP | {"start_price": 150}, [], "c", 174, "below_start"),
    ("row 15: start and step of the table's row", TABLE | FIRST_STEP | {"start_price": 150}, [], "c", 175, "accepted"),
    ("row 18: a first bid off", {"precision": 5}, [], "c", 101, "too_precise"),
    ("row 18: a first bid on", {"precision": 5}, [], "c", 105, "accepted"),
    ("row 18: one more", {"precision": 5}, [100], "c", 111, "too_precise"),
    ("row 18: one less", {"precision": 5}, [100], "c", 114, "too_precise"),
    ("row 18: on", {"precision": 5}, [100], "c", 115, "accepted"),
    ("row 15 before row 18", {"precision": 5}, [], "c", 99, "below_start"),
    ("row 17 before row 18", {"precision": 5}, [100], "c", 109, "below_increment"),
    ("row 18 before row 19", {"precision": 5, "multiple_anchor": Anchor.START_PRICE}, [100], "c", 111, "too_precise"),
    ("row 19 behind row 18", {"precision": 5, "multiple_anchor": Anchor.START_PRICE}, [100], "c", 115, "not_multiple"),
    ("row 18 before row 20", {"precision": 5, "max_multiple": 1}, [100], "c", 111, "too_precise"),
    ("row 20 behind row 18", {"precision": 5, "max_multiple": 1}, [100], "c", 115, "above_max_multiple"),
    ("row 20: the first bid has start and step", FIRST_STEP | {"max_multiple": 1}, [], "c", 110, "accepted"),
    ("row 20: the first bid above", FIRST_STEP | {"max_multiple": 1}, [], "c", 111, "above_max_multiple"),
    ("row 19: start and step", FIRST_STEP | {"multiple_anchor": Anchor.START_PRICE}, [], "c", 110, "accepted"),
    ("row 19: start and step and one", FIRST_STEP | {"multiple_anchor": Anchor.CURRENT_TOP}, [], "c", 111,
     "not_multiple"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "before", "bidder", "amount", "expected"), [row[1:] for row in LADDER], ids=[row[0] for row in LADDER]
)
def test_the_ladder_decides(
    changes: dict[str, Any], before: list[int], bidder: str, amount: int, expected: str
) -> None:
    assert verdict(after(before, **changes).place_bid(1_002, 1, bidder, amount)) == expected


TWO_STEPS: dict[str, Any] = {"phases": (free(), timed()), "timed_increment": 30}
STEPS: list[tuple[str, dict[str, Any], list[int], int, int | None]] = [
    ("key 29", FIRST_STEP, [], 10, 110),
    ("key 29 behind the first bid", FIRST_STEP, [110], 10, 120),
    ("key 29 at the limit", FIRST_STEP | {"start_price": I64_MAX - 10}, [], 10, I64_MAX),
    ("key 29 beyond the limit", FIRST_STEP | NEAR, [], 10, None),
    ("key 29 with multiples", FIRST_STEP | {"multiple_anchor": Anchor.START_PRICE}, [], 10, 110),
    ("percent up to whole precisions", UP, [120], 20, 140),
    ("percent up to the next precision", UP, [220], 40, 260),
    ("percent up at a whole precision", UP, [200], 20, 220),
    ("percent down to whole precisions", DOWN, [380], 20, 400),
    ("percent down, at least one", DOWN, [120], 20, 140),
    ("percent down at a whole precision", DOWN, [400], 40, 440),
    ("percent of the start price", UP | {"start_price": 220}, [], 40, 220),
    ("percent of the start price with key 29", UP | FIRST_STEP | {"start_price": 220}, [], 40, 260),
    ("key 28 in a free phase", TWO_STEPS, [100], 10, 110),
    ("key 28 in a timed phase", {"phases": (timed(), free()), "timed_increment": 30}, [100], 30, 130),
    (
        "key 28 in a timed phase with a table",
        TABLE | {"phases": (timed(), free()), "timed_increment": 30},
        [160],
        30,
        190,
    ),
    ("key 28 with key 29", FIRST_STEP | {"phases": (timed(), free()), "timed_increment": 30}, [], 30, 130),
]


@pytest.mark.parametrize(
    ("changes", "before", "expected_step", "expected_ask"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_step_and_ask_are_those_worked_by_hand(
    changes: dict[str, Any], before: list[int], expected_step: int, expected_ask: int | None
) -> None:
    lot = after(before, **changes).lot(1)
    assert (step(lot), ask(lot)) == (expected_step, expected_ask)


def test_the_step_changes_with_the_phase_and_not_with_a_suspension() -> None:
    """Free to 1100, asked to 1150, prepared to 1200, timed to 1300."""
    phases = (free(), inquiry(), preparation(), timed())
    model = Model()
    model.open_house(OPENED, 1)
    of = rules(phases=phases, timed_increment=30, inquiry_yes=1)
    model.open_lot(OPENED, name="lot-1", rules=of, opens_at=1_000 + 50)
    asks: list[int | None] = [model.quote(1).ask]
    assert verdict(model.place_bid(1_050, 1, "a", 100)) == "accepted"
    asks.append(model.quote(1).ask)
    model.advance(1_150)
    asks.append(model.quote(1).ask)
    model.suspend_lot(1_160, 1)
    asks.append(model.quote(1).ask)
    model.resume_lot(1_170, 1)
    model.answer_inquiry(1_170, 1, "a", yes=True)
    model.advance(1_210)
    asks.append(model.quote(1).ask)
    model.advance(1_260)
    asks.append(model.quote(1).ask)
    assert (asks, model.quote(1).phase) == ([100, 110, 130, 130, 130, 130], 3)
    said = [verdict(model.place_bid(1_270, 1, "b", amount)) for amount in (129, 130)]
    assert said == ["below_increment", "accepted"]


def test_multiples_in_a_timed_phase_are_of_its_own_step() -> None:
    """Top 110 behind a free phase: from the start price of 100, the least multiple of 30 from 140 on is 160."""
    model = room(rules(**TWO_STEPS, multiple_anchor=Anchor.START_PRICE))
    model.place_bid(1_001, 1, "a", 110)
    model.advance(1_100)
    assert model.quote(1).ask == 160
    said = [verdict(model.place_bid(1_101, 1, "b", amount)) for amount in (139, 140, 159, 160)]
    assert said == ["below_increment", "not_multiple", "not_multiple", "accepted"]


@pytest.mark.parametrize("kind", [inquiry(), preparation()])
def test_nobody_bids_in_an_inquiry_or_a_preparation(kind: Phase) -> None:
    changes: dict[str, Any] = {"inquiry_yes": 1} if kind.kind == PhaseKind.INQUIRY else {}
    model = room(rules(phases=(free(), kind, timed()), **changes))
    model.place_bid(1_001, 1, "a", 100)
    assert verdict(model.place_bid(1_099, 1, "b", 110)) == "accepted"
    assert model.place_bid(1_100, 1, "c", 0, b"k")[1:] == [
        BidderAdmitted(seq=8, at=1_100, lot=1, lot_seq=7, bidder=3, name="c"),
        BidRefused(
            seq=9, at=1_100, lot=1, lot_seq=8, bidder=3, reason=Reason.PHASE_TAKES_NO_BIDS, amount=0, closes_at=1_150,
            key=b"k",
        ),
    ]  # fmt: skip
    assert verdict(model.place_bid(1_149, 1, "b", 120)) == "phase_takes_no_bids"


FREE_AT = Phase(kind=PhaseKind.FREE, end=PhaseEnd.AT, end_value=1_100)
FREE_CALLED = Phase(kind=PhaseKind.FREE, end=PhaseEnd.CALLED)
STOPS: list[tuple[str, dict[str, Any], int, str]] = [
    ("21 left", {"phases": (free(),)}, 1_079, "accepted"),
    ("20 left", {"phases": (free(),)}, 1_080, "free_stopped"),
    ("1 left", {"phases": (free(),)}, 1_099, "free_stopped"),
    ("none left", {"phases": (free(),)}, 1_100, "closed"),
    ("an end at a time, 21 left", {"phases": (FREE_AT,)}, 1_079, "accepted"),
    ("an end at a time, 20 left", {"phases": (FREE_AT,)}, 1_080, "free_stopped"),
    ("a timed phase", {"phases": (timed(), free())}, 1_080, "accepted"),
    ("a free phase that waits", {"phases": (free(),), "clock": Clock.AT_FIRST_BID}, 1_080, "accepted"),
    ("a called free phase", {"phases": (free(50), FREE_CALLED), "timed_without_bids": 1}, 9_999, "accepted"),
    ("the free phase before it", {"phases": (free(50), FREE_CALLED), "timed_without_bids": 1}, 1_030, "free_stopped"),
]


@pytest.mark.parametrize(("changes", "at", "expected"), [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_a_free_phase_takes_no_bids_at_its_very_end(changes: dict[str, Any], at: int, expected: str) -> None:
    model = room(rules(free_stop=20, **changes))
    model.admit_bidder(1_001, 1, "a")
    assert verdict(model.place_bid(at, 1, "a", 100)) == expected


def test_a_stopped_bid_is_refused_before_its_amount_is_looked_at_and_changes_nothing() -> None:
    model = room(rules(phases=(free(),), free_stop=20))
    assert last(model.place_bid(1_080, 1, "a", 0)) == BidRefused(
        seq=4, at=1_080, lot=1, lot_seq=3, bidder=1, reason=Reason.FREE_STOPPED, amount=0, closes_at=1_100
    )
    assert (model.quote(1).top, model.quote(1).closes_at) == (None, 1_100)


def entered(entry: TimedEntry | None, **changes: Any) -> Model:
    """Return a room in its timed phase: a and b have bid, b and c said yes and a said no, d is admitted only."""
    fields: dict[str, Any] = {"phases": (free(), inquiry(), timed()), "inquiry_yes": 1, "timed_entry": entry}
    model = room(rules(**fields | changes))
    for index, bidder in enumerate("ab"):
        model.place_bid(1_001, 1, bidder, 100 + 10 * index)
    model.admit_bidder(1_002, 1, "c")
    model.admit_bidder(1_002, 1, "d")
    for bidder, yes in (("a", False), ("b", True), ("c", True)):
        model.answer_inquiry(1_101, 1, bidder, yes)
    model.advance(1_150)
    assert model.quote(1).phase == 2
    return model


ENTRY: list[tuple[TimedEntry | None, str, str]] = [
    (None, "a", "accepted"),
    (None, "c", "accepted"),
    (None, "d", "accepted"),
    (None, "e", "accepted"),
    (TimedEntry.PRIOR_BID, "a", "accepted"),
    (TimedEntry.PRIOR_BID, "c", "no_prior_bid"),
    (TimedEntry.PRIOR_BID, "e", "no_prior_bid"),
    (TimedEntry.YES, "a", "no_yes"),
    (TimedEntry.YES, "c", "accepted"),
    (TimedEntry.YES, "d", "no_yes"),
    (TimedEntry.YES, "e", "no_yes"),
    (TimedEntry.PRIOR_BID_AND_YES, "a", "no_yes"),
    (TimedEntry.PRIOR_BID_AND_YES, "c", "no_prior_bid"),
    (TimedEntry.PRIOR_BID_AND_YES, "d", "no_prior_bid"),
    (TimedEntry.PRIOR_BID_AND_YES, "e", "no_prior_bid"),
]


@pytest.mark.parametrize(("entry", "bidder", "expected"), ENTRY)
def test_who_may_bid_behind_the_first_phase(entry: TimedEntry | None, bidder: str, expected: str) -> None:
    model = entered(entry)
    assert verdict(model.place_bid(1_160, 1, bidder, 120)) == expected
    assert verdict(model.place_bid(1_160, 1, bidder, 0)) == (
        "amount_not_positive" if expected == "accepted" else expected
    )


YES, BOTH = TimedEntry.YES, TimedEntry.PRIOR_BID_AND_YES
LATE: dict[str, Any] = {"phases": (free(), timed(50), inquiry(), timed(50)), "inquiry_yes": 1}
BEFORE_CAP: dict[str, Any] = entering(timed(), before=(free(), inquiry(), timed()), inquiry_yes=1)
BEHIND_CAP: dict[str, Any] = entering(inquiry(), timed(), before=(free(), timed()), inquiry_yes=1)
WITHIN_CAP: dict[str, Any] = entering(timed(50), inquiry(), timed(), inquiry_yes=1)
Said = tuple[int, str, int | None, str]
"""A bid, or a yes where there is no amount, and what becomes of it."""
DEMANDED: list[tuple[str, dict[str, Any], TimedEntry, list[Said]]] = [
    ("behind the inquiry and not before it", LATE, YES, [
        (1_001, "a", 100, "accepted"), (1_100, "b", 110, "accepted"), (1_149, "a", 120, "accepted"),
        (1_150, "b", None, "accepted"), (1_199, "a", 130, "phase_takes_no_bids"), (1_200, "a", 130, "no_yes"),
        (1_200, "c", 130, "no_yes"), (1_201, "b", 130, "accepted"),
    ]),
    ("both: before the inquiry a prior bid", LATE, BOTH, [
        (1_001, "a", 100, "accepted"), (1_002, "b", 110, "accepted"), (1_100, "c", 120, "no_prior_bid"),
        (1_149, "a", 120, "accepted"), (1_150, "b", None, "accepted"), (1_200, "a", 130, "no_yes"),
        (1_200, "b", 130, "accepted"),
    ]),
    ("before the cap and not behind it", BEFORE_CAP, YES, [
        (1_001, "a", 100, "accepted"), (1_100, "b", None, "accepted"), (1_150, "a", 110, "no_yes"),
        (1_151, "b", 150, "accepted"), (1_152, "a", 160, "accepted"), (1_152, "c", 170, "accepted"),
    ]),
    ("both: behind the cap a prior bid", BEFORE_CAP, BOTH, [
        (1_001, "b", 100, "accepted"), (1_002, "a", 110, "accepted"), (1_100, "b", None, "accepted"),
        (1_150, "a", 120, "no_yes"), (1_151, "b", 150, "accepted"), (1_152, "c", 160, "no_prior_bid"),
        (1_152, "a", 160, "accepted"),
    ]),
    ("not behind the cap where the inquiry was passed over", BEFORE_CAP, YES, [
        (1_001, "a", 150, "accepted"), (1_002, "b", 160, "accepted"), (1_003, "c", 170, "accepted"),
    ]),
    ("behind an inquiry with which the phases behind the cap begin", BEHIND_CAP, YES, [
        (1_001, "a", 100, "accepted"), (1_100, "b", 110, "accepted"), (1_101, "a", 150, "accepted"),
        (1_102, "b", None, "accepted"), (1_150, "a", 160, "phase_takes_no_bids"), (1_151, "a", 160, "no_yes"),
        (1_151, "b", 160, "accepted"),
    ]),
    ("behind an inquiry among the phases behind the cap", WITHIN_CAP, YES, [
        (1_001, "a", 150, "accepted"), (1_002, "b", 160, "accepted"), (1_050, "a", 170, "accepted"),
        (1_051, "b", None, "accepted"), (1_101, "a", 180, "no_yes"), (1_101, "b", 180, "accepted"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "entry", "said"), [row[1:] for row in DEMANDED], ids=[row[0] for row in DEMANDED])
def test_a_yes_is_demanded_behind_the_inquiry_on_its_side_of_the_cap(
    changes: dict[str, Any], entry: TimedEntry, said: list[Said]
) -> None:
    model = room(rules(**changes, timed_entry=entry))
    model.admit_bidder(1_000, 1, "b")
    found = [
        verdict(
            model.answer_inquiry(at, 1, bidder, yes=True) if amount is None else model.place_bid(at, 1, bidder, amount)
        )
        for at, bidder, amount, _ in said
    ]
    assert found == [expected for *_, expected in said]


def test_no_yes_comes_before_no_top_up() -> None:
    model = room(rules(**BEHIND_CAP, timed_entry=YES, top_up=1))
    for bidder in "ab":
        model.admit_bidder(1_000, 1, bidder)
    model.place_bid(1_001, 1, "a", 150)
    model.answer_inquiry(1_002, 1, "b", yes=True)
    assert [verdict(model.place_bid(1_051, 1, bidder, 160)) for bidder in "ab"] == ["no_yes", "no_top_up"]


def test_a_prior_bid_and_a_yes_do() -> None:
    model = entered(TimedEntry.PRIOR_BID_AND_YES, self_outbid=SelfOutbid.MAY)
    assert last(model.place_bid(1_160, 1, "b", 120)) == BidAccepted(
        seq=14, at=1_160, lot=1, lot_seq=13, bidder=2, amount=120, closes_at=1_250
    )


def test_a_bid_in_a_timed_phase_counts_as_a_prior_bid_in_a_later_one() -> None:
    """Only the first phase is open to all; who bid there is known in every later phase."""
    model = room(rules(phases=(timed(), timed(), called()), timed_entry=TimedEntry.PRIOR_BID))
    model.place_bid(1_001, 1, "a", 100)
    model.place_bid(1_002, 1, "b", 110)
    said = [verdict(model.place_bid(at, 1, bidder, amount)) for at, bidder, amount in (
        (1_100, "a", 120), (1_101, "c", 130), (1_200, "b", 130), (1_201, "c", 140),
    )]  # fmt: skip
    assert said == ["accepted", "no_prior_bid", "accepted", "no_prior_bid"]


def test_a_stranger_is_admitted_before_it_is_refused_and_refused_where_bidders_are_listed() -> None:
    assert entered(TimedEntry.YES).place_bid(1_160, 1, "e", 120) == [
        BidderAdmitted(seq=14, at=1_160, lot=1, lot_seq=13, bidder=5, name="e"),
        BidRefused(
            seq=15, at=1_160, lot=1, lot_seq=14, bidder=5, reason=Reason.NO_YES, amount=120, closes_at=1_250
        ),
    ]  # fmt: skip
    listed: LotRules = rules(admission=Admission.LISTED, phases=(free(), timed()), timed_entry=TimedEntry.PRIOR_BID)
    assert verdict(room(listed).place_bid(1_001, 1, "e", 100)) == "not_admitted"

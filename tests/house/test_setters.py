"""A reserve that several people set: each enters a figure, and the top is compared with their mean, which nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from house_room import HOUR, english, events_of, manual_house

from pyauction import (
    AuctionHouse,
    EnteredReserve,
    FileJournal,
    LotRules,
    MemoryJournal,
    Opening,
    Reason,
    RuleError,
    SealedReserve,
    rulebook,
    verifier,
    verify,
)
from pyauction.events import ReserveCompared, ReserveDisclosed, ReserveEntered

FIGURES = (500, 503, 504)
"""Their mean is 502 and a third."""
PEOPLE = ("张", "李", "王")


def reserve(rounding: Literal["up", "down"] = "up", setters: int = 3) -> EnteredReserve:
    return EnteredReserve(commitment="at_entry", setters=setters, rounding=rounding)


def figure(index: int, amount: int | None = None) -> SealedReserve:
    stated = FIGURES[index] if amount is None else amount
    return SealedReserve.for_simulation("A", stated, blinding=bytes([index + 1]) * 32)


def set_house(journal: Any, **changes: Any) -> AuctionHouse:
    house = manual_house(journal)
    house.open_lot("A", english(reserve=reserve(**changes)))
    return house


def enter(house: AuctionHouse, index: int, **changes: Any) -> Reason | None:
    given = {"by": PEOPLE[index], "witness": "纪检组", "at": 10 + index} | changes
    return house.enter_reserve("A", figure(index), **given).reason


@pytest.mark.parametrize(
    ("rounding", "top", "result"),
    [("up", 502, "not_met"), ("up", 503, "met"), ("down", 501, "not_met"), ("down", 502, "met")],
)
def test_the_top_is_compared_with_the_mean(rounding: Any, top: int, result: str) -> None:
    journal = MemoryJournal()
    with set_house(journal, rounding=rounding) as house:
        seen = []
        for index in range(3):
            assert enter(house, index) is None
            lot = house.snapshot("A")
            seen.append((lot.reserve, len(lot.reserve_figures), house.holds_reserve("A")))
        assert seen == [("missing", 1, False), ("missing", 2, False), ("entered", 3, True)]
        house.bid("A", "001", top, at=20)
        house.advance(at=HOUR)
        assert (house.snapshot("A").reserve, house.holds_reserve("A")) == (result, False)
        for index in (2, 0):
            house.disclose_reserve("A", figure(index), by="公证员", at=HOUR + 1)
        assert verify(journal).reserve == "attested"
        house.disclose_reserve("A", figure(1), by="公证员", at=HOUR + 2)
    entered = [event for event in events_of(journal) if isinstance(event, ReserveEntered)]
    assert [(event.by, event.commitment) for event in entered] == [
        (by, figure(index).commitment) for index, by in enumerate(PEOPLE)
    ]
    disclosed = [event.amount_minor for event in events_of(journal) if isinstance(event, ReserveDisclosed)]
    assert disclosed == [504, 500, 503]
    report = verify(journal)
    assert (report.ok, report.reserve) == (True, "proven")
    assert report == verifier.verify_files(journal.files())


def test_openings_given_to_the_verifier_prove_the_mean() -> None:
    journal = MemoryJournal()
    with set_house(journal) as house:
        for index in range(3):
            enter(house, index)
        house.bid("A", "001", 503, at=20)
        house.advance(at=HOUR)
    openings = [Opening("A", 1, "CNY", 2, amount, bytes([index + 1]) * 32) for index, amount in enumerate(FIGURES)]
    assert [verify(journal, opening=openings[:count]).reserve for count in (1, 2, 3)] == [
        "attested",
        "attested",
        "proven",
    ]


def test_who_has_entered_a_figure_enters_no_other() -> None:
    with set_house(MemoryJournal()) as house:
        assert enter(house, 0) is None
        assert enter(house, 1, by="张") == Reason.ALREADY_ENTERED
        assert house.snapshot("A").reserve_figures == {"张": figure(0).commitment}
        assert enter(house, 1) is None
        assert enter(house, 2) is None
        for by in ("赵", "张"):
            assert (
                house.enter_reserve("A", figure(0, 600), by=by, witness="纪检组", at=30).reason
                == Reason.ALREADY_ENTERED
            )


def test_who_gives_the_file_of_a_colleague_is_told() -> None:
    with set_house(MemoryJournal()) as house:
        assert enter(house, 0) is None
        assert house.enter_reserve("A", figure(0), by="李", witness="纪检组", at=12).reason == Reason.ALREADY_ENTERED
        assert house.enter_reserve("A", figure(0), by="张", witness="纪检组", at=13).reason is None
        assert list(house.snapshot("A").reserve_figures) == ["张"]
        assert [enter(house, 1), enter(house, 2)] == [None, None]


def test_a_figure_below_the_start_price_is_refused_by_itself_and_can_be_corrected() -> None:
    with set_house(MemoryJournal()) as house:
        assert enter(house, 0) is None
        low = house.enter_reserve("A", figure(1, 99), by="李", witness="纪检组", at=12)
        assert (low.reason, len(house.snapshot("A").reserve_figures)) == (Reason.RESERVE_BELOW_START, 1)
        assert [enter(house, 1), enter(house, 2)] == [None, None]
        assert house.snapshot("A").reserve == "entered"


def test_a_missing_figure_stops_the_decision() -> None:
    with set_house(MemoryJournal()) as house:
        enter(house, 0)
        enter(house, 1)
        house.bid("A", "001", 1_000, at=20)
        house.advance(at=HOUR)
        lot = house.snapshot("A")
        assert (lot.state, lot.reserve, lot.outcome) == ("awaiting_reserve", "missing", None)
        assert enter(house, 2, at=HOUR + 1) == Reason.WRONG_PHASE
        house.terminate_lot("A", authority="市自然资源局", why="底价未录齐", at=HOUR + 2)
        assert house.snapshot("A").state == "terminated"


def test_after_a_restart_each_figure_is_entered_again(tmp_path: Path) -> None:
    with set_house(FileJournal(tmp_path / "j", snapshots=True)) as house:
        assert [enter(house, index) for index in range(2)] == [None, None]
    with manual_house(FileJournal(tmp_path / "j", snapshots=True)) as house:
        assert house.snapshot("A").reserve_figures == {"张": figure(0).commitment, "李": figure(1).commitment}
        assert enter(house, 2) is None
        assert (house.snapshot("A").reserve, house.holds_reserve("A")) == ("entered", False)
        house.bid("A", "001", 503, at=20)
        house.advance(at=HOUR)
        assert house.snapshot("A").state == "awaiting_reserve"
        assert enter(house, 0, at=HOUR, by="赵") is None
        assert (house.snapshot("A").state, house.holds_reserve("A")) == ("awaiting_reserve", False)
        assert enter(house, 1, at=HOUR) is None
        assert house.snapshot("A").reserve == "met"
    compared = [event for event in events_of(FileJournal(tmp_path / "j")) if isinstance(event, ReserveCompared)]
    assert [event.result for event in compared] == ["met"]
    assert verify(FileJournal(tmp_path / "j")) == verifier.verify(tmp_path / "j")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"setters": 1}, "reserve: setters: expected 2 to 16, received 1"),
        ({"setters": 17}, "reserve: setters: expected 2 to 16, received 17"),
        ({"setters": 2.0}, "reserve: setters: expected a whole number in 64 bits, received 2.0"),
        ({"rounding": None}, "reserve: rounding: must be stated with reserve_setters; there is no default"),
        ({"setters": None}, "reserve: rounding: rounds the mean of the figures of reserve_setters; expected both"),
        ({"rounding": "even"}, 'reserve: rounding: expected one of up, down, received "even"'),
        (
            {"commitment": "before_opening"},
            "reserve: setters: needs a required reserve that is committed to at its entry",
        ),
    ],
    ids=str,
)
def test_setters_that_cannot_be_are_refused(changes: dict[str, Any], problem: str) -> None:
    stated = {"commitment": "at_entry", "setters": 3, "rounding": "up"} | changes
    with pytest.raises(RuleError) as raised:
        english(reserve=EnteredReserve(**stated)).rules()
    assert str(raised.value) == problem


def test_a_rule_book_takes_several_setters() -> None:
    given = {
        "unit": "元", "start_price": "100", "increment": "10", "cap": "200", "free": "10h", "self_outbid": "allowed",
        "single_bidder": "timed", "timed_without_bids": "decide", "on_outage": "suspend", "lottery_seeds": (b"\1" * 32,),
        "reserve": "required", "reserve_commitment": "at_entry", "reserve_setters": 5, "reserve_rounding": "down",
    }  # fmt: skip
    rules: LotRules = rulebook("wuxi_lottery").auction(**given).rules()
    stated = rules.as_dict()
    assert (stated["reserve_setters"], stated["reserve_rounding"]) == (5, "down")

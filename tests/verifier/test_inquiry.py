"""Answers to the inquiry, and the keys 24 to 27: who must do what for the bidding to go on, and how often it extends."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, free, inquiry, last, preparation, room, rules, timed, verdict, window
from verifier import (
    BidAccepted,
    CommandError,
    CommandRefused,
    InquiryAnswered,
    LotClosed,
    Model,
    PhaseStarted,
)
from verifier.terms import AfterClose, Answer, CloseCause, Command, Extension, HardEnd, OnOutage, Reason, TimedEntry

ASKED: dict[str, Any] = {"phases": (free(), inquiry(), timed()), "inquiry_yes": 1}


def asked(**changes: Any) -> Model:
    """Return a room in its inquiry from 1100 to 1150: a and b have bid, c is admitted."""
    model = room(rules(**ASKED | changes))
    for index, bidder in enumerate("ab"):
        model.place_bid(1_001, 1, bidder, 100 + 10 * index)
    model.admit_bidder(1_002, 1, "c")
    model.advance(1_100)
    assert (model.seq, model.quote(1).phase, model.quote(1).closes_at) == (8, 1, 1_150)
    return model


@pytest.mark.parametrize(("yes", "answer"), [(True, Answer.YES), (False, Answer.NO)])
def test_an_answer_is_recorded_and_stands(*, yes: bool, answer: Answer) -> None:
    model = asked()
    assert model.answer_inquiry(1_110, 1, "b", yes) == [
        InquiryAnswered(seq=9, at=1_110, lot=1, lot_seq=8, bidder=2, answer=answer)
    ]
    assert [standing.answer for standing in model.lot(1).standings] == [Answer.NONE, answer, Answer.NONE]


def refused(reason: Reason, **changes: Any) -> CommandRefused:
    fields: dict[str, Any] = {
        "seq": 9, "at": 1_110, "lot": 1, "lot_seq": 8, "command": Command.ANSWER_INQUIRY, "reason": reason,
    }  # fmt: skip
    return CommandRefused(**(fields | changes))


def test_an_answer_is_given_once() -> None:
    model = asked()
    model.answer_inquiry(1_109, 1, "b", yes=False)
    again = refused(Reason.ALREADY_ANSWERED, bidder=2, seq=10, lot_seq=9)
    assert model.answer_inquiry(1_110, 1, "b", yes=True) == [again]
    assert model.lot(1).standing(2).answer == Answer.NO


def test_a_stranger_is_named_by_its_name() -> None:
    assert asked().answer_inquiry(1_110, 1, "戊", yes=True) == [refused(Reason.NOT_ADMITTED, name="戊")]


HOURS: dict[str, Any] = {"closed": ((1_105, 1_120),)}
ANSWERS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("before the inquiry", {}, 1_099, "a", "wrong_phase"),
    ("at its first moment", {}, 1_100, "a", "accepted"),
    ("at its last moment", {}, 1_149, "a", "accepted"),
    ("at its end", {}, 1_150, "a", "wrong_phase"),
    ("who has not bid", {}, 1_110, "c", "accepted"),
    ("who has not bid, key 23 is 1", {"timed_entry": TimedEntry.PRIOR_BID}, 1_110, "c", "no_prior_bid"),
    ("who has not bid, key 23 is 2", {"timed_entry": TimedEntry.YES}, 1_110, "c", "accepted"),
    ("who has not bid, key 23 is 3", {"timed_entry": TimedEntry.PRIOR_BID_AND_YES}, 1_110, "c", "no_prior_bid"),
    ("who has bid, key 23 is 3", {"timed_entry": TimedEntry.PRIOR_BID_AND_YES}, 1_110, "a", "accepted"),
    ("a stranger where bidders are admitted by a bid", {}, 1_110, "d", "not_admitted"),
    ("before a span", HOURS, 1_104, "a", "accepted"),
    ("at the beginning of a span", HOURS, 1_105, "a", "outside_hours"),
    ("at the end of a span", HOURS, 1_119, "a", "outside_hours"),
    ("behind a span", HOURS, 1_120, "a", "accepted"),
    ("not admitted before outside hours", HOURS, 1_110, "d", "not_admitted"),
    ("outside hours before no prior bid", HOURS | {"timed_entry": TimedEntry.PRIOR_BID}, 1_110, "c", "outside_hours"),
]


@pytest.mark.parametrize(
    ("changes", "at", "bidder", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_an_answer_is_decided_in_order(changes: dict[str, Any], at: int, bidder: str, expected: str) -> None:
    model = room(rules(**ASKED | changes))
    for index, name in enumerate("ab"):
        model.place_bid(1_001, 1, name, 100 + 10 * index)
    model.admit_bidder(1_002, 1, "c")
    assert verdict(model.answer_inquiry(at, 1, bidder, yes=True)) == expected


def test_no_prior_bid_comes_before_an_answer_that_stands() -> None:
    """A bidder without a bid has no answer either; so its second try is refused for the same reason."""
    model = asked(timed_entry=TimedEntry.PRIOR_BID)
    assert [verdict(model.answer_inquiry(1_110, 1, "c", yes=True)) for _ in range(2)] == ["no_prior_bid"] * 2


def test_nobody_answers_while_the_lot_is_frozen_or_when_it_is_over() -> None:
    model = asked()
    model.suspend_lot(1_110, 1)
    assert model.answer_inquiry(1_110, 1, "戊", yes=True) == [
        refused(Reason.SUSPENDED, seq=10, lot_seq=9, name="戊")
    ]  # fmt: skip
    assert verdict(model.answer_inquiry(1_110, 1, "a", yes=True)) == "suspended"
    model.resume_lot(1_120, 1)
    assert verdict(model.answer_inquiry(1_159, 1, "a", yes=True)) == "accepted"
    model.terminate_lot(1_159, 1)
    assert verdict(model.answer_inquiry(1_159, 1, "b", yes=True)) == "wrong_phase"


def test_a_scheduled_lot_asks_nobody() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**ASKED), opens_at=1_050)
    model.admit_bidder(1_001, 1, "a")
    assert verdict(model.answer_inquiry(1_002, 1, "a", yes=True)) == "wrong_phase"


def test_an_answer_that_cannot_be_stated_is_no_command() -> None:
    model = asked()
    for lot, name in ((2, "a"), (0, "a"), (1, ""), (1, "a" * 65), (1, "a\n")):
        with pytest.raises(CommandError):
            model.answer_inquiry(1_110, lot, name, yes=True)
    assert model.seq == 8


@pytest.mark.parametrize(
    ("least", "said", "goes_on"),
    [
        (1, {}, False),
        (1, {"a": True}, True),
        (1, {"a": False, "b": False}, False),
        (2, {"a": True, "b": False}, False),
        (2, {"a": True, "b": True}, True),
        (2, {"a": True, "c": True}, True),
        (2, {"a": True, "b": True, "c": True}, True),
        (3, {"a": True, "b": True}, False),
    ],
)
def test_the_bidding_goes_on_if_so_many_say_yes(*, least: int, said: dict[str, bool], goes_on: bool) -> None:
    model = asked(inquiry_yes=least)
    for bidder, yes in said.items():
        model.answer_inquiry(1_110, 1, bidder, yes)
    (record,) = model.advance(1_150)
    head: dict[str, Any] = {"seq": 9 + len(said), "at": 1_150, "lot": 1, "lot_seq": 8 + len(said), "due": 1_150}
    assert record == (
        PhaseStarted(**head, closes_at=1_250, phase=2)
        if goes_on
        else LotClosed(
            **head, bidder=2, cause=CloseCause.DEADLINE, next=AfterClose.NO_COMPARISON, top=110, accepted=2, refused=0,
            quoted=2, admitted=3,
        )
    )  # fmt: skip


def test_an_inquiry_of_nobody_follows_the_rule_for_no_bids_first() -> None:
    model = room(rules(**ASKED, timed_without_bids=1))
    model.admit_bidder(1_001, 1, "a")
    assert [type(record) for record in model.advance(1_100)] == [PhaseStarted]
    model.answer_inquiry(1_110, 1, "a", yes=True)
    assert [type(record) for record in model.advance(1_150)] == [PhaseStarted]


def test_the_one_bidder_of_an_inquiry_is_decided_on_though_it_says_yes() -> None:
    model = room(rules(**ASKED, single_bidder=1))
    model.place_bid(1_001, 1, "a", 100)
    assert [type(record) for record in model.advance(1_100)] == [LotClosed]


RECENT: dict[str, Any] = {"phases": (free(), timed()), "recent_bidders": 2, "recent_window": 30}
BIDS: list[tuple[str, dict[str, Any], list[tuple[str, int]], bool]] = [
    ("both at the edge", {}, [("a", 1_070), ("b", 1_070)], True),
    ("one before the edge", {}, [("a", 1_069), ("b", 1_070)], False),
    ("both at the end", {}, [("a", 1_099), ("b", 1_099)], True),
    ("one again", {}, [("a", 1_010), ("b", 1_080), ("a", 1_090)], True),
    ("one bidder twice", {}, [("b", 1_010), ("a", 1_080), ("b", 1_085), ("a", 1_090)], True),
    ("only the last bid of a bidder counts", {}, [("a", 1_010), ("b", 1_020), ("a", 1_080)], False),
    ("one is enough", {"recent_bidders": 1}, [("a", 1_010), ("b", 1_070)], True),
    ("one is not there", {"recent_bidders": 1}, [("a", 1_010), ("b", 1_069)], False),
    ("three are asked for", {"recent_bidders": 3}, [("a", 1_080), ("b", 1_090)], False),
    ("nobody, where that goes on otherwise", {"timed_without_bids": 1}, [], False),
    ("one bidder, where that goes on otherwise", {}, [("a", 1_090)], False),
]


@pytest.mark.parametrize(("changes", "bids", "goes_on"), [row[1:] for row in BIDS], ids=[row[0] for row in BIDS])
def test_the_bidding_goes_on_if_so_many_bid_at_the_end_of_the_first_phase(
    *, changes: dict[str, Any], bids: list[tuple[str, int]], goes_on: bool
) -> None:
    model = room(rules(**RECENT | changes))
    for index, (bidder, at) in enumerate(bids):
        assert verdict(model.place_bid(at, 1, bidder, 100 + 10 * index)) == "accepted"
    (record,) = model.advance(1_100)
    assert isinstance(record, PhaseStarted if goes_on else LotClosed)


def test_a_refused_bid_is_no_recent_one() -> None:
    model = room(rules(**RECENT))
    model.place_bid(1_010, 1, "a", 100)
    model.place_bid(1_080, 1, "b", 110)
    model.place_bid(1_090, 1, "a", 111)
    assert [standing.last_bid for standing in model.lot(1).standings] == [1_010, 1_080]
    assert [type(record) for record in model.advance(1_100)] == [LotClosed]


@pytest.mark.parametrize(("at", "goes_on"), [(1_049, False), (1_050, True)])
def test_the_last_part_of_the_first_phase_is_open_time(*, at: int, goes_on: bool) -> None:
    """The phase ends at 1120; its last 50 are 10 to 1060, none to 1080, and 40 to the end."""
    model = room(rules(**RECENT | {"recent_bidders": 1, "recent_window": 50, "closed": ((1_060, 1_080),)}))
    model.place_bid(at, 1, "a", 100)
    assert model.quote(1).closes_at == 1_120
    assert isinstance(model.advance(1_120)[0], PhaseStarted if goes_on else LotClosed)


@pytest.mark.parametrize(("at", "goes_on"), [(1_069, False), (1_070, True)])
def test_a_suspension_moves_what_was_bid_before(*, at: int, goes_on: bool) -> None:
    """30 before the end is 1070, or 1270 behind a suspension from 1080 to 1280."""
    model = room(rules(**RECENT | {"recent_bidders": 1}))
    model.place_bid(at, 1, "a", 100)
    model.suspend_lot(1_080, 1)
    assert model.lot(1).standing(1).last_bid == at
    model.resume_lot(1_280, 1)
    assert (model.lot(1).standing(1).last_bid, model.quote(1).closes_at) == (at + 200, 1_300)
    assert isinstance(model.advance(1_300)[0], PhaseStarted if goes_on else LotClosed)


BEHIND, ACROSS = ((1_150, 1_250),), ((1_075, 1_150),)
MOVED: list[tuple[str, tuple[tuple[int, int], ...], tuple[int, int, int], int]] = [
    # The bid, the suspension, the resumption, and what the bid moves to.
    ("far behind the span", BEHIND, (1_070, 1_080, 1_280), 1_270),
    ("one more behind the span", BEHIND, (1_070, 1_080, 1_261), 1_251),
    ("as much behind the span", BEHIND, (1_070, 1_080, 1_260), 1_250),
    ("one less behind the span", BEHIND, (1_070, 1_080, 1_259), 1_149),
    ("at the end of the span", BEHIND, (1_070, 1_080, 1_250), 1_140),
    ("in the span", BEHIND, (1_070, 1_080, 1_200), 1_140),
    ("at the beginning of the span", BEHIND, (1_070, 1_080, 1_150), 1_140),
    ("before the span", BEHIND, (1_070, 1_080, 1_149), 1_139),
    ("bid and frozen at once, resumed in the span", BEHIND, (1_080, 1_080, 1_200), 1_200),
    ("frozen and resumed at once", BEHIND, (1_070, 1_080, 1_080), 1_070),
    ("frozen and resumed in one span", ACROSS, (1_070, 1_100, 1_140), 1_070),
    ("frozen in a span, one less behind it", ACROSS, (1_070, 1_100, 1_154), 1_074),
    ("frozen in a span, as much behind it", ACROSS, (1_070, 1_100, 1_155), 1_150),
    ("frozen in a span, one more behind it", ACROSS, (1_070, 1_100, 1_156), 1_151),
    ("bid at the beginning of a span, resumed in it", ACROSS, (1_074, 1_100, 1_149), 1_074),
]


@pytest.mark.parametrize(("closed", "times", "moved"), [row[1:] for row in MOVED], ids=[row[0] for row in MOVED])
def test_a_suspension_keeps_the_open_time_behind_what_was_bid(
    closed: tuple[tuple[int, int], ...], times: tuple[int, int, int], moved: int
) -> None:
    bid, since, until = times
    model = room(rules(**RECENT | {"recent_bidders": 1, "closed": closed}))
    assert verdict(model.place_bid(bid, 1, "a", 100)) == "accepted"
    model.admit_bidder(bid, 1, "b")
    model.suspend_lot(since, 1)
    model.resume_lot(until, 1)
    assert [standing.last_bid for standing in model.lot(1).standings] == [moved, None]


@pytest.mark.parametrize(("at", "goes_on"), [(1_069, False), (1_070, True), (1_071, True)])
def test_no_bid_becomes_younger_by_a_span_within_the_suspension(*, at: int, goes_on: bool) -> None:
    """Frozen at 1080 with 20 left and resumed at 1255, of which 5 lie behind the span: 30 before 1275 is 1145."""
    model = room(rules(**RECENT | {"recent_bidders": 1, "closed": BEHIND}))
    model.place_bid(at, 1, "a", 100)
    model.suspend_lot(1_080, 1)
    model.resume_lot(1_255, 1)
    assert (model.lot(1).standing(1).last_bid, model.quote(1).closes_at) == (at + 75, 1_275)
    assert isinstance(model.advance(1_275)[0], PhaseStarted if goes_on else LotClosed)


def test_what_was_bid_moves_with_a_phase_that_begins_again_too() -> None:
    model = room(rules(**RECENT | {"recent_bidders": 1, "phases": (timed(), timed()), "resume_timed": 1}))
    model.place_bid(1_070, 1, "a", 100)
    model.suspend_lot(1_080, 1)
    model.resume_lot(2_000, 1)
    assert (model.lot(1).standing(1).last_bid, model.quote(1).closes_at) == (1_990, 2_100)


def test_an_outage_moves_what_was_bid_before_as_of_the_last_record() -> None:
    model = room(rules(**RECENT | {"recent_bidders": 1}, on_outage=OnOutage.SUSPEND))
    model.place_bid(1_070, 1, "a", 100)
    model.open_house(1_500, 2)
    model.resume_lot(1_600, 1)
    assert (model.lot(1).standing(1).last_bid, model.quote(1).closes_at) == (1_600, 1_630)


def test_only_the_end_of_the_first_phase_asks_for_recent_bids() -> None:
    model = room(rules(**RECENT | {"recent_bidders": 1, "phases": (free(), preparation(), timed())}))
    model.place_bid(1_090, 1, "a", 100)
    made = model.advance(1_150)
    assert [type(record) for record in made] == [PhaseStarted, PhaseStarted]


EXTENSIONS: list[tuple[str, dict[str, Any], int | None, list[int], int, int]] = [
    ("without a most", {}, None, [1_090, 1_110, 1_130], 1_160, 3),
    ("before the most", {}, 3, [1_090, 1_110], 1_140, 2),
    ("at the most", {}, 2, [1_090, 1_110], 1_140, 2),
    ("behind the most", {}, 2, [1_090, 1_110, 1_130], 1_140, 2),
    ("a bid that changes nothing is no extension", {}, 1, [1_010, 1_079, 1_090], 1_120, 1),
    ("reset", {"extension": Extension.RESET, "window": 0}, 1, [1_080, 1_090], 1_110, 1),
    ("reset without a most", {"extension": Extension.RESET, "window": 0}, None, [1_080, 1_090], 1_120, 2),
    ("a hard end that stops it does not count", {"hard_end": HardEnd.AFTER, "hard_end_value": 110}, 2, [1_090, 1_095],
     1_110, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "most", "bids_at", "closes_at", "extensions"),
    [row[1:] for row in EXTENSIONS],
    ids=[row[0] for row in EXTENSIONS],
)
def test_the_deadline_is_extended_so_often(
    changes: dict[str, Any], most: int | None, bids_at: list[int], closes_at: int, extensions: int
) -> None:
    fields: dict[str, Any] = {"extension": Extension.WINDOW, "window": 20, "extension_to": 30}
    model = room(rules(phases=(timed(**fields | changes),), max_extensions=most))
    for index, at in enumerate(bids_at):
        bid = last(model.place_bid(at, 1, "ab"[index % 2], 100 + 10 * index))
    assert isinstance(bid, BidAccepted)
    assert (bid.closes_at, model.quote(1).closes_at, model.lot(1).extensions) == (closes_at, closes_at, extensions)


def test_extensions_count_through_phases_and_suspensions() -> None:
    model = room(rules(phases=(window(), window()), max_extensions=2))
    model.place_bid(1_090, 1, "a", 100)
    model.suspend_lot(1_100, 1)
    model.resume_lot(1_110, 1)
    assert model.quote(1).closes_at == 1_130
    model.place_bid(1_220, 1, "b", 110)
    assert (model.quote(1).phase, model.quote(1).closes_at, model.lot(1).extensions) == (1, 1_250, 2)
    model.place_bid(1_240, 1, "a", 120)
    assert (model.quote(1).closes_at, model.lot(1).extensions) == (1_250, 2)

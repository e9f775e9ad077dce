"""What a bid that reaches the price cap brings: when the phase ends, what follows it, and how the lot is settled."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import (
    OPENED,
    REQUIRED_AT_ENTRY,
    SELL,
    TWO_QUOTED,
    called,
    entering,
    free,
    inquiry,
    last,
    preparation,
    room,
    rules,
    timed,
    verdict,
    window,
)
from replaying import C, flat, replayed
from verifier import BidAccepted, BidRefused, LotClosed, Model, Phase, PhaseStarted, Record, settle
from verifier.settle import Settlement
from verifier.terms import (
    AfterClose,
    CapAction,
    CapInFree,
    CapPassing,
    Clock,
    CloseCause,
    HardEnd,
    OnOutage,
    OutcomeCause,
    OutcomeKind,
    PhaseEnd,
    PhaseKind,
    Reason,
    ResumeTimed,
    SingleBidder,
    State,
    WithoutBids,
)

AT_END: dict[str, Any] = {"cap_in_free": CapInFree.AT_END}
FREE_CALLED = Phase(kind=PhaseKind.FREE, end=PhaseEnd.CALLED)


def capped(*bids: tuple[int, str, int], **changes: Any) -> tuple[Model, list[Record]]:
    """Return a room in which a and b, who are admitted, made these bids, all accepted, and the record of the last."""
    model = room(rules(**changes))
    for bidder in "ab":
        model.admit_bidder(OPENED, 1, bidder)
    records: list[Record] = []
    for at, bidder, amount in bids:
        records = model.place_bid(at, 1, bidder, amount)
        assert verdict(records) == "accepted"
    return model, records


def accepted(**changes: Any) -> BidAccepted:
    stated: dict[str, Any] = {
        "seq": 5, "at": 1_010, "lot": 1, "lot_seq": 4, "bidder": 1, "amount": 150, "closes_at": 1_010,
    }  # fmt: skip
    return BidAccepted(**(stated | changes))


def closed(**changes: Any) -> LotClosed:
    stated: dict[str, Any] = {
        "seq": 6, "at": 1_010, "lot": 1, "lot_seq": 5, "bidder": 1, "due": 1_010, "cause": CloseCause.CAP,
        "next": AfterClose.NO_COMPARISON, "top": 150, "accepted": 1, "refused": 0, "quoted": 1, "admitted": 2,
    }  # fmt: skip
    return LotClosed(**(stated | changes))


def started(phase: int, closes_at: int, **changes: Any) -> PhaseStarted:
    stated: dict[str, Any] = {"seq": 6, "at": 1_010, "lot": 1, "lot_seq": 5, "due": 1_010}
    return PhaseStarted(**(stated | changes), phase=phase, closes_at=closes_at)


REACHED = (1_010, "a", 150)
ENDING: list[tuple[str, dict[str, Any], int]] = [
    ("a timed phase", {}, 1_010),
    ("a free phase", {"phases": (free(),)}, 1_010),
    ("a free phase whose bids stop", {"phases": (free(),), "free_stop": 20}, 1_010),
    ("a free phase, at its end", {"phases": (free(),)} | AT_END, 1_100),
    ("a timed phase before a free one with key 42", {"phases": (timed(), free())} | AT_END, 1_010),
    ("a phase that waits", {"clock": Clock.AT_FIRST_BID}, 1_010),
    ("a phase that waits for an extension",
     {"clock": Clock.AT_FIRST_BID, "phases": (window(hard_end=HardEnd.AFTER, hard_end_value=200),)}, 1_010),
    ("a free phase that waits", {"clock": Clock.AT_FIRST_BID, "phases": (free(),)}, 1_010),
    ("a free phase that waits, at its end", {"clock": Clock.AT_FIRST_BID, "phases": (free(),)} | AT_END, 1_110),
    ("a called phase", {"phases": (called(),)}, 1_010),
    ("a called free phase", {"phases": (FREE_CALLED,)}, 1_010),
    ("a phase with a hard end", {"phases": (window(hard_end=HardEnd.AFTER, hard_end_value=200),)}, 1_010),
    ("a phase that ends at a time", {"phases": (Phase(kind=PhaseKind.TIMED, end=PhaseEnd.AT, end_value=1_500),)}, 1_010),
]  # fmt: skip


@pytest.mark.parametrize("amount", [150, 170])
@pytest.mark.parametrize("action", [CapAction.SELL, CapAction.NEXT_ROUND, CapAction.OTHER_QUANTITY])
@pytest.mark.parametrize(("changes", "ends"), [row[1:] for row in ENDING], ids=[row[0] for row in ENDING])
def test_the_first_bid_ends_the_phase_at_once_or_at_the_end_of_a_free_one(
    *, changes: dict[str, Any], ends: int, action: CapAction, amount: int
) -> None:
    passing = CapPassing.ALLOWED if amount > 150 else None
    model, records = capped((1_010, "a", amount), **SELL | changes | {"cap_action": action, "cap_passing": passing})
    lot = model.lot(1)
    assert (records, lot.waiting, lot.extensions) == ([accepted(amount=amount, closes_at=ends)], False, 0)
    assert model.advance(ends) == [closed(at=ends, due=ends, top=amount)]
    assert (lot.state, lot.deadline, lot.hard_end) == (State.CLOSED, None, None)


def test_one_below_the_cap_ends_nothing() -> None:
    model, records = capped((1_010, "a", 149), **SELL)
    assert records == [accepted(amount=149, closes_at=1_100)]
    assert model.advance(1_100) == [closed(at=1_100, due=1_100, cause=CloseCause.DEADLINE, top=149)]


def test_a_bid_that_ends_a_waiting_phase_starts_no_clock() -> None:
    """It only ends the waiting: there is no hard end, while a bid below the cap brings one."""
    phases = (window(hard_end=HardEnd.AFTER, hard_end_value=200),)
    ends = [capped((1_010, "a", amount), **SELL, phases=phases, clock=Clock.AT_FIRST_BID) for amount in (149, 150)]
    lots = [model.lot(1) for model, _ in ends]
    assert [(lot.waiting, lot.deadline, lot.hard_end) for lot in lots] == [(False, 1_110, 1_210), (False, 1_010, None)]


def test_the_last_bid_before_the_deadline_ends_the_phase_and_does_not_extend_it() -> None:
    model, records = capped((1_090, "b", 140), (1_119, "a", 150), **SELL, phases=(window(),))
    assert records == [accepted(seq=6, at=1_119, lot_seq=5, closes_at=1_119)]
    assert model.lot(1).extensions == 1
    assert model.advance(1_119) == [closed(seq=7, at=1_119, lot_seq=6, due=1_119, accepted=2, quoted=2)]


def test_a_bid_that_has_its_effect_at_the_end_starts_the_clock_as_ever() -> None:
    model, _ = capped((1_010, "a", 150), **SELL, **AT_END, phases=(free(),), clock=Clock.AT_FIRST_BID)
    assert (model.quote(1).closes_at, model.quote(1).ask) == (1_110, None)
    assert [verdict(model.place_bid(at, 1, "b", 150)) for at in (1_010, 1_109, 1_110)] == [
        "cap_reached", "cap_reached", "closed",
    ]  # fmt: skip


def test_the_next_command_of_the_same_time_finds_the_phase_over() -> None:
    model, _ = capped(REACHED, **SELL)
    assert model.quote(1).state == "bidding"
    assert model.place_bid(1_010, 1, "b", 150) == [
        closed(),
        BidRefused(seq=7, at=1_010, lot=1, lot_seq=6, bidder=2, reason=Reason.CLOSED, amount=150, closes_at=-(2**63)),
    ]
    for command in ("suspend_lot", "close_lot"):
        model, _ = capped(REACHED, **SELL, phases=(called(),))
        records = getattr(model, command)(1_010, 1)
        assert (records[0], verdict(records)) == (closed(), "wrong_phase")


def test_the_repeat_of_a_keyed_bid_that_reached_the_cap_only_closes_the_lot() -> None:
    model, _ = capped(**SELL)
    model.place_bid(1_010, 1, "a", 150, b"k")
    assert model.place_bid(1_010, 1, "a", 150, b"k") == [closed()]


def test_a_command_to_another_lot_finds_the_phase_over_too() -> None:
    model = room(rules(**SELL))
    model.open_lot(OPENED, name="lot-2", rules=rules(**SELL))
    model.place_bid(1_010, 2, "a", 150)
    records = model.place_bid(1_010, 1, "a", 150)
    assert [(type(record).__name__, record.lot) for record in records] == [
        ("LotClosed", 2), ("BidderAdmitted", 1), ("BidAccepted", 1),
    ]  # fmt: skip
    assert [record.lot for record in model.advance(1_010)] == [1]


def test_a_lot_that_reached_the_cap_before_an_outage_ends_at_the_time_of_the_bid() -> None:
    """Its deadline is the last stamp, so nothing is owed to it: it is not suspended."""
    model, _ = capped(REACHED, **SELL, on_outage=OnOutage.SUSPEND)
    assert len(model.open_house(1_500, 2)) == 1
    assert model.advance(1_500) == [closed(seq=7, at=1_500)]


def test_a_free_phase_that_reached_the_cap_may_be_suspended_and_resumed() -> None:
    model, _ = capped(REACHED, **SELL, **AT_END, phases=(free(),))
    model.suspend_lot(1_040, 1)
    assert verdict(model.place_bid(1_050, 1, "b", 150)) == "suspended"
    model.resume_lot(1_140, 1)
    assert verdict(model.place_bid(1_150, 1, "b", 150)) == "cap_reached"
    assert model.advance(1_200) == [closed(seq=10, at=1_200, lot_seq=9, due=1_200, refused=2)]


def test_a_called_phase_behind_a_free_one_ends_at_once_though_a_free_one_would_not() -> None:
    model, records = capped((1_010, "b", 100), (1_110, "a", 150), **SELL, **AT_END, phases=(free(), called()))
    assert last(records) == accepted(seq=7, lot_seq=6, at=1_110, closes_at=1_110)
    assert model.advance(1_110) == [closed(seq=8, lot_seq=7, at=1_110, due=1_110, accepted=2, quoted=2)]


GOES_ON = Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TYPE_RULE, detail="next_round")
SOLD = Settlement(kind=OutcomeKind.SOLD, winner=1, price=150)
TOO_FEW = Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TOO_FEW_BIDDERS)
NOT_MET = Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.RESERVE_NOT_MET)
NEXT: dict[str, Any] = SELL | {"cap_action": CapAction.NEXT_ROUND}
OTHER: dict[str, Any] = SELL | {"cap_action": CapAction.OTHER_QUANTITY}
B_FIRST: tuple[tuple[int, str, int], ...] = ((1_001, "b", 100), REACHED)
SETTLED: list[tuple[str, dict[str, Any], tuple[tuple[int, str, int], ...], bool | None, Settlement]] = [
    ("sell", SELL, B_FIRST, None, SOLD),
    ("sell, passed", SELL | {"cap_passing": 1}, ((1_010, "a", 170),), None,
     Settlement(kind=OutcomeKind.SOLD, winner=1, price=170)),
    ("sell, reserve met", SELL, B_FIRST, True, SOLD),
    ("sell, reserve not met", SELL, B_FIRST, False, NOT_MET),
    ("sell to too few", SELL | TWO_QUOTED, (REACHED,), None, TOO_FEW),
    ("next_round", NEXT, B_FIRST, None, GOES_ON),
    ("next_round, reserve met", NEXT, B_FIRST, True, GOES_ON),
    ("next_round, reserve not met", NEXT, B_FIRST, False, NOT_MET),
    ("next_round of too few", NEXT | TWO_QUOTED, (REACHED,), None, TOO_FEW),
    ("next_round, not reached", NEXT, ((1_010, "a", 149),), None,
     Settlement(kind=OutcomeKind.SOLD, winner=1, price=149)),
    ("next_round, passed", NEXT | {"cap_passing": 1}, ((1_010, "a", 170),), None, GOES_ON),
    ("next_round without bids", NEXT, (), None, Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.NO_BIDS)),
    ("other_quantity", OTHER, B_FIRST, None,
     Settlement(kind=OutcomeKind.UNSOLD, cause=OutcomeCause.TYPE_RULE, detail="other_quantity")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "bids", "met", "expected"), [row[1:] for row in SETTLED], ids=[row[0] for row in SETTLED]
)
def test_the_lot_is_settled_by_what_the_cap_brings(
    *, changes: dict[str, Any], bids: tuple[tuple[int, str, int], ...], met: bool | None, expected: Settlement
) -> None:
    model = Model()
    of = rules(**changes, **({} if met is None else REQUIRED_AT_ENTRY))
    course = [model.open_house(OPENED, 1), model.open_lot(OPENED, name="lot-1", rules=of)]
    course += [model.admit_bidder(OPENED, 1, bidder) for bidder in "ab"]
    if met is not None:
        course.append(model.enter_reserve(OPENED, 1, 1, C))
    course += [model.place_bid(at, 1, bidder, amount) for at, bidder, amount in bids]
    course.append(model.advance(1_100))
    if met is not None:
        course.append(model.compare_reserve(1_100, 1, met))
    assert (model.lot(1).state, settle(model.lot(1))) == (State.CLOSED, expected)
    outcome = {"kind": expected.kind, "cause": expected.cause, "winner": expected.winner, "price": expected.price}
    course.append(model.record_outcome(1_100, 1, **outcome, detail=expected.detail))
    report = replayed(flat(course))
    assert (report.ok, report.lots[0].settlement, report.lots[0].state) == (True, "verified", "decided")


def test_a_sale_in_place_of_what_goes_on_is_found() -> None:
    model = Model()
    records = [model.open_house(OPENED, 1), model.open_lot(OPENED, name="lot-1", rules=rules(**NEXT))]
    records += [model.place_bid(*bid) for bid in ((1_001, 1, "b", 100), (1_010, 1, "a", 150))]
    records += [model.advance(1_010), model.record_outcome(1_010, 1, kind=1, winner=2, price=150)]
    (finding,) = replayed(flat(records)).findings
    assert (finding.code, finding.seq) == ("settlement", 8)


def test_enter_leads_to_the_phase_of_key_40_at_once_and_past_those_between() -> None:
    """Timed to 1100, prepared to 1150 and timed to 1250 without the cap; prepared for 30 and timed for 200 with it."""
    before = (timed(), preparation(), timed())
    model, records = capped(REACHED, **entering(preparation(30), timed(200), before=before))
    assert records == [accepted()]
    assert model.advance(1_039) == [started(3, 1_040)]
    assert verdict(model.place_bid(1_039, 1, "b", 160)) == "phase_takes_no_bids"
    assert model.advance(1_040) == [started(4, 1_240, seq=8, at=1_040, lot_seq=7, due=1_040)]
    assert last(model.place_bid(1_050, 1, "b", 160)) == BidAccepted(
        seq=9, at=1_050, lot=1, lot_seq=8, bidder=2, amount=160, closes_at=1_240
    )
    assert model.advance(1_240) == [
        closed(
            seq=10, at=1_240, lot_seq=9, bidder=2, due=1_240, cause=CloseCause.DEADLINE, top=160, accepted=2, refused=1,
            quoted=2,
        )
    ]  # fmt: skip
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=2, price=160)


def test_enter_out_of_a_waiting_and_out_of_a_called_phase() -> None:
    model, _ = capped(REACHED, **entering(timed(200)), clock=Clock.AT_FIRST_BID)
    assert model.advance(1_010) == [started(1, 1_210)]
    assert model.lot(1).waiting is False
    model, _ = capped(REACHED, **entering(called(), before=(called(),)))
    assert model.advance(1_010) == [started(1, -(2**63))]
    assert model.close_lot(1_020, 1) == [closed(seq=7, at=1_020, lot_seq=6, due=1_020, cause=CloseCause.CALLED)]


def test_enter_out_of_a_free_phase_at_its_end() -> None:
    model, records = capped(REACHED, **entering(timed(), before=(free(), timed())), **AT_END)
    assert records == [accepted(closes_at=1_100)]
    assert model.advance(1_100) == [started(2, 1_200, at=1_100, due=1_100)]


def test_enter_out_of_a_later_phase() -> None:
    model, _ = capped((1_010, "b", 100), (1_110, "a", 150), **entering(timed(), before=(free(), timed())), **AT_END)
    assert model.advance(1_110) == [started(2, 1_210, seq=8, at=1_110, lot_seq=7, due=1_110)]


def test_without_the_cap_nothing_leads_behind_it() -> None:
    model, _ = capped((1_010, "a", 149), **entering(timed(), before=(free(), timed())))
    assert model.advance(1_300) == [
        started(1, 1_200, at=1_100, due=1_100),
        closed(seq=7, at=1_200, lot_seq=6, due=1_200, cause=CloseCause.DEADLINE, top=149),
    ]


def test_a_call_in_the_last_phase_before_key_40_closes() -> None:
    model, _ = capped((1_010, "a", 149), **entering(timed(), before=(called(),)))
    assert model.close_lot(1_020, 1) == [closed(at=1_020, due=1_020, cause=CloseCause.CALLED, top=149)]


RECENT: dict[str, Any] = {"recent_bidders": 2, "recent_window": 5}
DECIDE: dict[str, Any] = {"single_bidder": SingleBidder.DECIDE}


@pytest.mark.parametrize(
    "changes", [DECIDE, RECENT, {"timed_without_bids": WithoutBids.DECIDE}, DECIDE | RECENT],
    ids=["key 13", "key 25", "key 12", "both"],
)  # fmt: skip
def test_a_single_bidder_that_reaches_the_cap_goes_on_through_every_phase_behind_it(changes: dict[str, Any]) -> None:
    model, _ = capped(REACHED, **entering(preparation(), timed(), timed()) | changes)
    records = model.advance(9_999)
    assert [(type(record).__name__, record.at) for record in records] == [
        ("PhaseStarted", 1_010), ("PhaseStarted", 1_060), ("PhaseStarted", 1_160), ("LotClosed", 1_260),
    ]  # fmt: skip


def test_before_the_cap_keys_13_and_25_are_looked_at() -> None:
    for changes in (DECIDE, RECENT):
        model, _ = capped((1_010, "a", 149), **entering(timed(), before=(timed(), timed())) | changes)
        assert [(type(record).__name__, record.at) for record in model.advance(9_999)] == [("LotClosed", 1_100)]


@pytest.mark.parametrize(("yes", "ends"), [(False, ("LotClosed", 1_060)), (True, ("PhaseStarted", 1_060))])
def test_an_inquiry_behind_the_cap_ends_the_bidding_where_too_few_said_yes(*, yes: bool, ends: tuple[str, int]) -> None:
    model, _ = capped(REACHED, **entering(inquiry(), timed(), inquiry_yes=1))
    model.advance(1_010)
    assert verdict(model.answer_inquiry(1_020, 1, "b", yes)) == "accepted"
    (record,) = model.advance(1_060)
    assert (type(record).__name__, record.at) == ends


def test_an_inquiry_before_the_cap_is_not_looked_at_where_the_cap_is_reached() -> None:
    model, _ = capped(REACHED, **entering(timed(), before=(free(), inquiry(), timed()), inquiry_yes=1), **AT_END)
    assert model.advance(1_100) == [started(3, 1_200, at=1_100, due=1_100)]


PREPARED = (timed(), preparation(), timed())
AGAIN: list[tuple[str, tuple[Phase, ...], int, int, int]] = [
    # Before the cap timed to 1100, prepared to 1150 and timed on; the cap is reached at 1210. Resumed at 2000.
    ("before the cap", (timed(),), 1_209, 1, 2_050),
    ("behind it without a preparation", (timed(),), 1_300, 3, 2_010),
    ("at its first moment without a preparation", (timed(),), 1_210, 3, 2_100),
    ("without a preparation, twice timed", (timed(), timed()), 1_400, 4, 2_010),
    ("the preparation with which it begins", (preparation(), timed()), 1_210, 3, 2_050),
    ("behind the preparation with which it begins", (preparation(), timed()), 1_260, 3, 2_050),
    ("long behind the preparation with which it begins", (preparation(), timed(), timed()), 1_400, 3, 2_050),
    ("before a preparation behind it", (timed(), preparation(), timed()), 1_300, 3, 2_010),
    ("a preparation behind it", (timed(), preparation(), timed()), 1_320, 4, 2_050),
    ("behind a preparation behind it", (timed(), preparation(), timed()), 1_370, 4, 2_050),
]


@pytest.mark.parametrize(
    ("behind", "since", "phase", "closes_at"), [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN]
)
def test_a_phase_behind_the_cap_begins_again_with_a_preparation_behind_it_only(
    behind: tuple[Phase, ...], since: int, phase: int, closes_at: int
) -> None:
    of = entering(*behind, before=PREPARED, resume_timed=ResumeTimed.RESTART_FROM_PREPARATION)
    model, _ = capped((1_010, "a", 100), **of)
    if since >= 1_210:
        assert verdict(model.place_bid(1_210, 1, "b", 150)) == "accepted"
    model.suspend_lot(since, 1)
    model.resume_lot(2_000, 1)
    assert (model.quote(1).phase, model.quote(1).closes_at) == (phase, closes_at)

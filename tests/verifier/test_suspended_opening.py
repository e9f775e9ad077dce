"""A lot suspended while its sealed bids are opened: what it answers then, and how the opening goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from auction_room import REQUIRED_AT_ENTRY, REQUIRED_BEFORE, last, preparation, timed, verdict
from replaying import BLINDING, C, divergence, flat, replayed
from sealed_room import (
    DECIDES,
    POINTS,
    REQUOTE,
    SEALED,
    SOME,
    Course,
    awaiting,
    blinding_of,
    excluded,
    judged,
    opened,
    placed,
    sealed,
    sold,
    taken,
)
from verifier import CommandRefused, LotResumed, LotSuspended, SealedPhaseEnded
from verifier.terms import NONE, Command, Reason, State, SuspendCause

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier import Model, Record

NOTICE: dict[str, Any] = SEALED | {"resume_notice": 50}


def suspended(course: Course) -> Course:
    """Return a lot that awaits its opening, suspended at 1105."""
    model, records = course
    assert model.lot(1).state == State.AWAITING_OPENING
    return model, records + model.suspend_lot(1_105, 1, "court", "a motion")


def test_a_suspension_freezes_no_time() -> None:
    model, records = suspended(awaiting("a120"))
    assert records[-1] == LotSuspended(
        seq=model.seq, at=1_105, lot=1, lot_seq=model.lot(1).lot_seq, cause=SuspendCause.COMMAND, remaining=NONE,
        authority="court", why="a motion",
    )  # fmt: skip
    lot = model.lot(1)
    assert (lot.state, lot.deadline, lot.remaining, lot.hard_end, lot.suspended_at) == (
        State.SUSPENDED, None, None, None, 1_105,
    )  # fmt: skip
    assert (model.next_due(), model.quote(1).ask, model.quote(1).state) == (None, None, "suspended")
    report = replayed(records)
    assert (report.ok, report.lots[0].state) == (True, "suspended")


FOUR: list[tuple[Command, str, Callable[[Model, str], list[Record]]]] = [
    (Command.OPEN_SEALED_BID, "ab戊", lambda model, who: model.open_sealed_bid(1_106, 1, who, 120, blinding_of(who))),
    (Command.EXCLUDE_SEALED_BID, "ab戊", lambda model, who: model.exclude_sealed_bid(1_106, 1, who, "court", "x")),
    (Command.SCORE_SEALED_BID, "ab戊", lambda model, who: model.score_sealed_bid(1_106, 1, who, 1, 2, "panel")),
    (Command.FINISH_OPENING, "-", lambda model, _: model.finish_opening(1_106, 1, "court", "x")),
]
FROZEN: list[tuple[str, Callable[[], Course]]] = [
    ("unopened", lambda: suspended(awaiting("a120"))),
    ("opened", lambda: suspended(opened("a120"))),
    ("points are asked", lambda: suspended(opened("a120", POINTS))),
    ("the reserve is missing", lambda: suspended(opened("a120", DECIDES))),
    ("out of the sealed phase", lambda: frozen(placed("a120"), 1_050)),
    ("before the sealed phase", lambda: frozen(placed("", SEALED | {"phases": (timed(50), sealed())}), 1_020)),
    ("before the opening of the lot", lambda: frozen(placed("", opens_at=1_080), 1_020)),
]


def frozen(course: Course, at: int) -> Course:
    """Return a lot suspended at a time."""
    model, records = course
    return model, records + model.suspend_lot(at, 1)


@pytest.mark.parametrize("of", [row[1] for row in FROZEN], ids=[row[0] for row in FROZEN])
@pytest.mark.parametrize(("command", "bidders", "asked"), FOUR, ids=[row[0].name for row in FOUR])
def test_a_suspended_lot_refuses_what_is_done_at_an_opening_before_all_else(
    of: Callable[[], Course], command: Command, bidders: str, asked: Callable[[Model, str], list[Record]]
) -> None:
    model, records = of()
    lot = model.lot(1)
    before = [replace(standing.sealed) for standing in lot.standings]
    for bidder in bidders:
        number = 0 if bidder == "-" else lot.bidder_number(bidder)
        records += asked(model, bidder)
        assert records[-1] == CommandRefused(
            seq=model.seq, at=1_106, lot=1, lot_seq=lot.lot_seq, bidder=number, command=command,
            reason=Reason.SUSPENDED, name="戊" if bidder == "戊" else "",
        )  # fmt: skip
    assert [standing.sealed for standing in lot.standings] == before
    assert replayed(records).ok
    seq = len(records)
    assert divergence([*records[:-1], replace(records[-1], reason=Reason.WRONG_PHASE)]) == ("divergence", seq)


def test_what_a_lot_suspended_out_of_its_opening_answers_to_every_other_command() -> None:
    model, records = suspended(awaiting("a120", SEALED | REQUIRED_AT_ENTRY))
    answers = [
        ("wrong_phase", model.admit_bidder(1_106, 1, "e")),
        ("wrong_phase", model.admit_bidder(1_106, 1, "a")),
        ("wrong_phase", model.grant_priority(1_106, 1, "a")),
        ("wrong_phase", model.grant_priority(1_106, 1, "e")),
        ("wrong_phase", model.confirm_top_up(1_106, 1, "a")),
        ("not_admitted", model.place_bid(1_106, 1, "e", 150)),
        ("suspended", model.place_bid(1_106, 1, "a", 150)),
        ("suspended", model.place_sealed_bid(1_106, 1, "b", SOME)),
        ("suspended", model.place_sealed_bid(1_106, 1, "e", SOME)),
        ("suspended", model.withdraw_sealed_bid(1_106, 1, "a")),
        ("suspended", model.answer_inquiry(1_106, 1, "a", yes=True)),
        ("wrong_phase", model.enter_reserve(1_106, 1, 1, C)),
        ("reserve_missing", model.reenter_reserve(1_106, 1, 1, C)),
        ("wrong_phase", model.compare_reserve(1_106, 1, met=True)),
        ("wrong_phase", model.disclose_reserve(1_106, 1, 120, BLINDING)),
        ("wrong_phase", model.suspend_lot(1_106, 1)),
        ("wrong_phase", model.close_lot(1_106, 1)),
        ("wrong_phase", model.draw_lottery(1_106, 1, [SOME])),
        ("wrong_phase", model.record_outcome(1_106, 1, kind=2, cause=1)),
    ]
    assert [verdict(answer) for _, answer in answers] == [expected for expected, _ in answers]
    assert model.lot(1).admitted == 4
    records += flat([answer for _, answer in answers]) + model.state_legal_basis(1_106, 1, "a law")
    assert replayed(records).ok


def test_a_lot_suspended_out_of_its_phase_takes_bidders_still() -> None:
    model, records = frozen(placed("a120", SEALED | REQUIRED_AT_ENTRY), 1_050)
    taking = [
        model.admit_bidder(1_051, 1, "e"), model.grant_priority(1_051, 1, "a"), model.enter_reserve(1_051, 1, 1, C),
    ]  # fmt: skip
    assert [verdict(answer) for answer in taking] == ["accepted", "priority_not_allowed", "accepted"]
    assert replayed(records + flat(taking)).ok


def test_a_reserve_is_entered_meanwhile_only_if_it_was_committed_to() -> None:
    model, records = suspended(awaiting("a120", SEALED | REQUIRED_BEFORE, commitment=C))
    records += model.enter_reserve(1_106, 1, 1, C)
    assert (verdict(records), replayed(records).ok) == ("accepted", True)
    window = {"entry_opens_before_end": 50}
    for of, commitment, expected in (
        (SEALED | REQUIRED_BEFORE | window, {"commitment": C}, "suspended"),
        (SEALED | REQUIRED_AT_ENTRY | window, {}, "wrong_phase"),
    ):
        model, records = suspended(awaiting("a120", of, **commitment))
        records += model.enter_reserve(1_106, 1, 1, C)
        assert (verdict(records), replayed(records).ok) == (expected, True)


def test_the_published_reserve_is_disclosed_only_behind_the_suspension() -> None:
    model, records = placed("a120", DECIDES)
    records += model.enter_reserve(1_050, 1, 1, C) + model.advance(1_100) + model.suspend_lot(1_105, 1)
    records += model.disclose_reserve(1_106, 1, 120, BLINDING)
    assert verdict(records) == "wrong_phase"
    records += model.resume_lot(1_107, 1) + model.disclose_reserve(1_108, 1, 120, BLINDING)
    assert (verdict(records), model.lot(1).published, replayed(records).ok) == ("accepted", 120, True)


AGAIN: list[tuple[str, dict[str, Any]]] = [
    ("plain", SEALED),
    ("phases begin again", SEALED | {"resume_timed": 1}),
    ("from the preparation", SEALED | {"phases": (timed(20), preparation(9), sealed(71)), "resume_timed": 2}),
    ("closed hours meanwhile", SEALED | {"closed": ((1_104, 1_150),)}),
]


def between(of: dict[str, Any]) -> Course:
    """Return a lot with a bid of a, which awaits its opening from 1100 on, under these rules."""
    if len(of["phases"]) == 1:
        return awaiting("a120", of)
    model, records = placed("", of)
    records += model.place_bid(1_005, 1, "b", 100) + model.place_bid(1_006, 1, "c", 110)
    records += model.advance(1_029) + model.place_sealed_bid(1_030, 1, "a", SOME)
    return model, records + model.advance(1_100)


@pytest.mark.parametrize("of", [row[1] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_a_resumption_leads_back_to_the_opening(of: dict[str, Any]) -> None:
    model, records = suspended(between(of))
    phase = model.lot(1).phase
    records += model.resume_lot(1_200, 1, "court", "settled")
    lot = model.lot(1)
    assert records[-1] == LotResumed(
        seq=model.seq, at=1_200, lot=1, lot_seq=lot.lot_seq, closes_at=NONE, authority="court", why="settled"
    )
    assert (lot.state, lot.phase, lot.deadline, lot.hard_end) == (State.AWAITING_OPENING, phase, None, None)
    assert (lot.suspended_at, lot.remaining, lot.takes_bidders) == (None, None, False)
    assert replayed(records).ok
    seq = len(records)
    assert divergence([*records[:-1], replace(records[-1], closes_at=1_300)]) == ("divergence", seq)


@pytest.mark.parametrize("end", [1, 1_105, 1_200, 1_201, 2**62])
def test_no_end_is_stated_for_an_opening(end: int) -> None:
    model, records = suspended(awaiting("a120"))
    records += model.resume_lot(1_200, 1, "court", "settled", ends_at=end)
    assert records[-1] == CommandRefused(
        seq=model.seq, at=1_200, lot=1, lot_seq=model.lot(1).lot_seq, command=Command.RESUME_LOT,
        reason=Reason.END_NOT_ALLOWED, amount=end,
    )  # fmt: skip
    assert (model.lot(1).state, replayed(records).ok) == (State.SUSPENDED, True)


def test_a_resumption_is_announced_first_where_the_rules_ask_for_it() -> None:
    model, records = suspended(awaiting("a120", NOTICE))
    records += model.resume_lot(1_110, 1, ends_at=1_200)
    assert verdict(records) == "resumption_not_due"
    records += model.announce_resumption(1_110, 1, 1_159)
    assert verdict(records) == "notice_too_short"
    records += model.announce_resumption(1_110, 1, 1_160) + model.resume_lot(1_159, 1)
    assert (model.lot(1).resumes_at, verdict(records)) == (1_160, "resumption_not_due")
    records += model.resume_lot(1_160, 1)
    assert (model.lot(1).state, model.lot(1).resumes_at) == (State.AWAITING_OPENING, None)
    assert replayed(records).ok


def test_an_opening_goes_on_and_is_finished_as_without_a_suspension() -> None:
    courses = [opened("a120 b130 c140", POINTS, without="bc") for _ in range(2)]
    model, records = suspended(courses[1])
    records += model.resume_lot(1_106, 1)
    courses[1] = model, records + model.suspend_lot(1_106, 1) + model.resume_lot(1_107, 1)
    ends = []
    for model, begun in courses:
        records = begun + model.open_sealed_bid(1_107, 1, "b", 130, blinding_of("b"))
        records += model.exclude_sealed_bid(1_107, 1, "c", "court", "not opened")
        for bidder, points in (("a", 1), ("b", 2)):
            records += model.score_sealed_bid(1_108, 1, bidder, points, 3, "panel")
        records += model.finish_opening(1_110, 1, "court", "all there are") + model.advance(1_110)
        assert (taken(model), model.lot(1).state, sold(model, "b", 130)) == (
            [("a", 120), ("b", 130)],
            State.CLOSED,
            True,
        )
        assert judged(model, records, "b", 130) == (True, "verified")
        ends.append([replace(record, seq=1, lot_seq=1) for record in records[-2:]])
    assert ends[0] == ends[1]


def test_a_further_round_begins_behind_a_suspension_and_its_opening_is_suspended_as_well() -> None:
    model, records = suspended(excluded("a120 b120", REQUOTE))
    records += model.resume_lot(1_109, 1) + model.finish_opening(1_110, 1)
    lot = model.lot(1)
    assert (lot.state, lot.further_rounds, lot.deadline) == (State.BIDDING, 1, 1_210)
    records += model.place_sealed_bid(1_150, 1, "a", SOME) + model.advance(1_210)
    assert isinstance(last(records), SealedPhaseEnded)
    records += model.suspend_lot(1_220, 1) + model.finish_opening(1_221, 1)
    assert verdict(records) == "suspended"
    records += model.resume_lot(1_230, 1) + model.exclude_sealed_bid(1_231, 1, "a") + model.finish_opening(1_232, 1)
    assert (lot.state, replayed(records).ok) == (State.BIDDING, True)


def test_a_lot_is_terminated_out_of_a_suspended_opening() -> None:
    model, records = suspended(opened("a120"))
    records += model.terminate_lot(1_106, 1, "court", "void")
    lot = model.lot(1)
    assert (lot.state, lot.course, lot.suspended_at, lot.remaining) == (State.TERMINATED, State.TERMINATED, None, None)
    records += model.resume_lot(1_107, 1) + model.finish_opening(1_107, 1)
    assert [verdict([record]) for record in records[-2:]] == ["wrong_phase"] * 2
    assert replayed(records).ok


def test_an_outage_leaves_a_suspended_opening_as_it_is() -> None:
    model, records = suspended(awaiting("a120", SEALED | {"on_outage": 2}))
    assert len(model.open_house(5_000, 2)) == 1
    assert model.lot(1).suspended_at == 1_105


@pytest.mark.parametrize(
    "changes",
    [{"remaining": 5}, {"remaining": 0}, {"cause": SuspendCause.OUTAGE, "authority": "", "why": ""}],
    ids=["some time left", "no time left", "an outage"],
)
def test_a_suspension_told_otherwise_diverges(changes: dict[str, Any]) -> None:
    _, records = suspended(awaiting("a120"))
    forged = replace(records[-1], **changes)
    assert divergence([*records[:-1], forged]) == ("divergence", len(records))


def test_what_was_opened_in_a_suspension_diverges() -> None:
    model, records = awaiting("a120")
    (proof,) = model.open_sealed_bid(1_106, 1, "a", 120, blinding_of("a"))
    model, records = suspended(awaiting("a120"))
    forged = replace(proof, seq=len(records) + 1, lot_seq=model.lot(1).lot_seq + 1)
    assert divergence([*records, forged]) == ("divergence", forged.seq)

"""The keys 32 to 36: when and how a frozen lot goes on. Every time worked by hand from an opening at 1000."""

from __future__ import annotations

from typing import Any

import pytest
from auction_room import OPENED, called, free, inquiry, last, preparation, room, rules, timed, verdict, window
from replaying import divergence, replayed
from verifier import CommandError, CommandRefused, LotResumed, Model, Phase, Record, ResumptionAnnounced
from verifier.terms import NONE, TIME_MAX, Clock, Command, HardEnd, OnOutage, PhaseEnd, PhaseKind, Reason, ResumeTimed

NOTICE: dict[str, Any] = {"resume_notice": 50}
DIRECT: dict[str, Any] = NOTICE | {"resume_direct_within": 20}


def frozen(at: int = 1_040, **changes: Any) -> Model:
    """Return a room whose lot is frozen since a time."""
    model = room(rules(**changes))
    model.suspend_lot(at, 1)
    return model


def refused(model: Model, command: Command, reason: Reason, at: int, amount: int = 0) -> CommandRefused:
    """Return the record of a refusal that would be next."""
    return CommandRefused(
        seq=model.seq + 1, at=at, lot=1, lot_seq=model.lot(1).lot_seq + 1, command=command, reason=reason, amount=amount
    )


def test_a_resumption_is_announced_by_an_authority() -> None:
    assert frozen(**NOTICE).announce_resumption(1_050, 1, 1_100, "court", "settled") == [
        ResumptionAnnounced(seq=4, at=1_050, lot=1, lot_seq=3, resumes_at=1_100, authority="court", why="settled")
    ]


@pytest.mark.parametrize(
    ("changes", "resumes_at", "expected"),
    [
        (NOTICE, 1_099, "notice_too_short"),
        (NOTICE, 1_100, "accepted"),
        (NOTICE, 1_101, "accepted"),
        (NOTICE, TIME_MAX, "accepted"),
        (NOTICE, 0, "notice_too_short"),
        (DIRECT, 1_099, "notice_too_short"),
        (NOTICE | {"closed": ((1_060, 1_090),)}, 1_100, "accepted"),
        ({}, 1_049, "notice_too_short"),
        ({}, 1_050, "accepted"),
    ],
)
def test_a_resumption_is_announced_so_long_ahead(changes: dict[str, Any], resumes_at: int, expected: str) -> None:
    model = frozen(**changes)
    assert verdict(model.announce_resumption(1_050, 1, resumes_at)) == expected
    assert model.lot(1).resumes_at == (resumes_at if expected == "accepted" else None)


def test_a_refused_announcement_is_recorded_with_its_time() -> None:
    model = room(rules(**NOTICE))
    early = refused(model, Command.ANNOUNCE_RESUMPTION, Reason.WRONG_PHASE, 1_040, 9_999)
    assert model.announce_resumption(1_040, 1, 9_999, "court", "motion") == [early]
    model.suspend_lot(1_040, 1)
    short = refused(model, Command.ANNOUNCE_RESUMPTION, Reason.NOTICE_TOO_SHORT, 1_040, 1_089)
    assert model.announce_resumption(1_040, 1, 1_089) == [short]
    model.terminate_lot(1_041, 1)
    assert verdict(model.announce_resumption(1_042, 1, 9_999)) == "wrong_phase"


@pytest.mark.parametrize("resumes_at", [-1, TIME_MAX + 1, NONE])
def test_an_announcement_of_no_valid_time_is_no_command(resumes_at: int) -> None:
    model = frozen(**NOTICE)
    for lot, time in ((1, resumes_at), (2, 2_000)):
        with pytest.raises(CommandError):
            model.announce_resumption(1_050, lot, time)
    assert model.seq == 3


@pytest.mark.parametrize(
    ("changes", "announced", "at", "expected"),
    [
        ({}, None, 1_040, "accepted"),
        ({}, 2_000, 1_050, "accepted"),
        (NOTICE, None, 1_040, "resumption_not_due"),
        (NOTICE, None, 9_000, "resumption_not_due"),
        (NOTICE, 1_095, 1_094, "resumption_not_due"),
        (NOTICE, 1_095, 1_095, "accepted"),
        (NOTICE, 1_095, 1_096, "accepted"),
        (DIRECT, None, 1_040, "accepted"),
        (DIRECT, None, 1_060, "accepted"),
        (DIRECT, None, 1_061, "resumption_not_due"),
        (DIRECT, 1_095, 1_060, "accepted"),
        (DIRECT, 1_095, 1_061, "resumption_not_due"),
        (DIRECT, 1_095, 1_095, "accepted"),
        (DIRECT | {"closed": ((1_045, 1_055),)}, None, 1_061, "resumption_not_due"),
    ],
)
def test_a_resumption_waits_for_its_notice(
    changes: dict[str, Any], announced: int | None, at: int, expected: str
) -> None:
    """Frozen at 1040, announced at 1045."""
    model = frozen(**changes)
    if announced is not None:
        assert verdict(model.announce_resumption(1_045, 1, announced)) == "accepted"
    assert verdict(model.resume_lot(at, 1)) == expected


def test_a_later_announcement_replaces_an_earlier_one_and_a_refused_one_does_not() -> None:
    model = frozen(**NOTICE)
    said = [verdict(model.announce_resumption(1_050, 1, time)) for time in (1_200, 1_100, 1_099, 1_150)]
    assert (said, model.lot(1).resumes_at) == (["accepted", "accepted", "notice_too_short", "accepted"], 1_150)
    assert [verdict(model.resume_lot(at, 1)) for at in (1_149, 1_150)] == ["resumption_not_due", "accepted"]


def test_an_announcement_holds_for_one_suspension() -> None:
    model = frozen(**NOTICE)
    model.announce_resumption(1_050, 1, 1_100)
    model.resume_lot(1_100, 1)
    assert model.lot(1).resumes_at is None
    model.suspend_lot(1_110, 1)
    assert verdict(model.resume_lot(1_120, 1)) == "resumption_not_due"


def test_a_lot_that_is_terminated_has_no_announced_resumption() -> None:
    model = frozen(**NOTICE)
    model.announce_resumption(1_050, 1, 1_100)
    model.terminate_lot(1_060, 1)
    assert model.lot(1).resumes_at is None


def test_an_outage_counts_from_the_last_record() -> None:
    """Down since 1030; the house is open again at 1500, when no direct resumption is possible any more."""
    model = room(rules(**DIRECT, on_outage=OnOutage.SUSPEND))
    model.admit_bidder(1_030, 1, "a")
    model.open_house(1_500, 2)
    assert verdict(model.resume_lot(1_500, 1)) == "resumption_not_due"
    model = room(rules(**NOTICE | {"resume_direct_within": 470}, on_outage=OnOutage.SUSPEND))
    model.admit_bidder(1_030, 1, "a")
    model.open_house(1_500, 2)
    assert last(model.resume_lot(1_500, 1)) == LotResumed(
        seq=6, at=1_500, lot=1, lot_seq=4, closes_at=1_570, authority="-", why="-"
    )


def test_a_refused_resumption_is_recorded_with_the_end_that_it_stated() -> None:
    model = frozen(**NOTICE)
    for ends_at, amount in ((None, 0), (1, 1), (TIME_MAX, TIME_MAX)):
        due = refused(model, Command.RESUME_LOT, Reason.RESUMPTION_NOT_DUE, 1_050, amount)
        assert model.resume_lot(1_050, 1, "court", "settled", ends_at) == [due]
    model = room()
    for ends_at, amount in ((None, 0), (1_500, 1_500)):
        early = refused(model, Command.RESUME_LOT, Reason.WRONG_PHASE, 1_010, amount)
        assert model.resume_lot(1_010, 1, ends_at=ends_at) == [early]


@pytest.mark.parametrize("ends_at", [0, -1, TIME_MAX + 1, NONE])
def test_an_end_that_is_no_time_from_1_on_is_no_command(ends_at: int) -> None:
    model = frozen(phases=(free(),), resume_free=1)
    for lot, time in ((1, ends_at), (2, 2_000)):
        with pytest.raises(CommandError):
            model.resume_lot(1_050, lot, ends_at=time)
    assert model.seq == 3


EXTEND: dict[str, Any] = {"phases": (free(),), "resume_free": 1}
MOST: dict[str, Any] = EXTEND | {"resume_free_most": 60}
FREE_AT = Phase(kind=PhaseKind.FREE, end=PhaseEnd.AT, end_value=1_100)
ENDS: list[tuple[str, dict[str, Any], int, int, str]] = [
    ("the end as it was left", EXTEND, 1_040, 2_060, "accepted"),
    ("one before", EXTEND, 1_040, 2_059, "end_not_allowed"),
    ("one behind", EXTEND, 1_040, 2_061, "accepted"),
    ("the last valid time", EXTEND, 1_040, TIME_MAX, "accepted"),
    ("the least end", EXTEND, 1_040, 1, "end_not_allowed"),
    ("an end at a time", EXTEND | {"phases": (FREE_AT,)}, 1_040, 2_061, "accepted"),
    ("without key 32", {"phases": (free(),)}, 1_040, 2_060, "end_not_allowed"),
    ("out of a timed phase", EXTEND | {"phases": (timed(), free())}, 1_040, 2_061, "end_not_allowed"),
    ("while it waits", EXTEND | {"clock": Clock.AT_FIRST_BID}, 1_040, 2_061, "end_not_allowed"),
    ("much was left, much is left", MOST, 1_039, 9_999, "accepted"),
    ("little was left, as much is left", MOST, 1_040, 2_060, "accepted"),
    ("little was left, more is left", MOST, 1_040, 2_061, "end_not_allowed"),
    ("less was left, the most is left", MOST, 1_060, 2_060, "accepted"),
    ("less was left, more than the most is left", MOST, 1_060, 2_061, "end_not_allowed"),
    ("less was left, and less than that is left", MOST, 1_060, 2_039, "end_not_allowed"),
]


@pytest.mark.parametrize(
    ("changes", "since", "ends_at", "expected"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS]
)
def test_who_resumes_a_free_phase_may_state_a_later_end(
    changes: dict[str, Any], since: int, ends_at: int, expected: str
) -> None:
    """Frozen with 1100 less `since` left and resumed at 2000."""
    model = frozen(since, **changes)
    head: dict[str, Any] = {"seq": 4, "at": 2_000, "lot": 1, "lot_seq": 3}
    assert model.resume_lot(2_000, 1, "court", "settled", ends_at) == [
        LotResumed(**head, closes_at=ends_at, authority="court", why="settled")
        if expected == "accepted"
        else refused(frozen(since, **changes), Command.RESUME_LOT, Reason.END_NOT_ALLOWED, 2_000, ends_at)
    ]
    assert model.quote(1).closes_at == (ends_at if expected == "accepted" else None)


def test_an_end_is_stated_in_open_time() -> None:
    """Frozen at 1040 with 60 left; resumed at 2000, closed from 2030 to 2100: it would end at 2130."""
    spans = ((2_030, 2_100),)
    said = {end: verdict(frozen(closed=spans, **EXTEND).resume_lot(2_000, 1, ends_at=end)) for end in (2_129, 2_130)}
    assert said == {2_129: "end_not_allowed", 2_130: "accepted"}
    changes = MOST | {"closed": spans}
    said = {
        end: verdict(frozen(1_060, **changes).resume_lot(2_000, 1, ends_at=end)) for end in (2_109, 2_110, 2_130, 2_131)
    }
    assert said == {2_109: "end_not_allowed", 2_110: "accepted", 2_130: "accepted", 2_131: "end_not_allowed"}


def test_an_opening_may_be_postponed() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**EXTEND), opens_at=1_050)
    model.suspend_lot(1_010, 1)
    assert verdict(model.resume_lot(1_020, 1, ends_at=1_049)) == "end_not_allowed"
    assert verdict(model.resume_lot(2_000, 1, ends_at=1_999)) == "end_not_allowed"
    resumed = last(model.resume_lot(2_000, 1, ends_at=9_000))
    assert isinstance(resumed, LotResumed)
    assert (resumed.closes_at, model.quote(1).state) == (9_000, "scheduled")


AT_1500 = Phase(kind=PhaseKind.FREE, end=PhaseEnd.AT, end_value=1_500)
AFTER_TO_1500 = window(hard_end=HardEnd.AT, hard_end_value=1_500)
OPENINGS: list[tuple[str, tuple[Phase, ...], int, int | None, str]] = [
    ("one before the end", (AT_1500,), 1_459, None, "accepted"),
    ("at the end", (AT_1500,), 1_460, None, "end_not_allowed"),
    ("one behind the end", (AT_1500,), 1_461, None, "end_not_allowed"),
    ("long behind the end", (AT_1500,), 9_000, None, "end_not_allowed"),
    ("postponed to one before the end", (AT_1500,), 1_100, 1_499, "accepted"),
    ("postponed to the end", (AT_1500,), 1_100, 1_500, "end_not_allowed"),
    ("postponed to one behind the end", (AT_1500,), 1_100, 1_501, "end_not_allowed"),
    ("not postponed at all", (AT_1500,), 1_100, 1_140, "accepted"),
    ("at the opening that stood", (AT_1500,), 1_020, 1_050, "accepted"),
    ("brought forward", (AT_1500,), 1_020, 1_049, "end_not_allowed"),
    ("at once", (AT_1500,), 1_460, 1_460, "accepted"),
    ("in the past", (AT_1500,), 1_460, 1_459, "end_not_allowed"),
    ("a timed phase, one before", (timed(end=PhaseEnd.AT, end_value=1_500),), 1_459, None, "accepted"),
    ("a timed phase, at the end", (timed(end=PhaseEnd.AT, end_value=1_500),), 1_460, None, "end_not_allowed"),
    ("a phase that ends after", (free(),), 1_460, None, "accepted"),
    ("a called phase", (called(),), 1_460, 1_500, "accepted"),
    ("a hard end at a time", (AFTER_TO_1500,), 1_460, None, "accepted"),
    ("a second phase that ends at a time", (free(), AT_1500), 1_460, None, "accepted"),
]


@pytest.mark.parametrize("closed", [None, ((1_020, 1_300),)])
@pytest.mark.parametrize(
    ("phases", "at", "ends_at", "expected"), [row[1:] for row in OPENINGS], ids=[row[0] for row in OPENINGS]
)
def test_a_lot_does_not_open_when_the_end_of_its_first_phase_has_come(
    phases: tuple[Phase, ...], at: int, ends_at: int | None, expected: str, closed: tuple[tuple[int, int], ...] | None
) -> None:
    """It was to open at 1050 and is frozen at 1010: 40 are left, whatever of it is closed."""
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(phases=phases, closed=closed), opens_at=1_050)
    records += model.suspend_lot(1_010, 1)
    opens_at = at + 40 if ends_at is None else ends_at
    resumed = LotResumed(seq=4, at=at, lot=1, lot_seq=3, closes_at=opens_at, authority="court", why="settled")
    refusal = refused(model, Command.RESUME_LOT, Reason.END_NOT_ALLOWED, at, ends_at or 0)
    made, other = (resumed, refusal) if expected == "accepted" else (refusal, resumed)
    assert model.resume_lot(at, 1, "court", "settled", ends_at) == [made]
    state = ("scheduled", opens_at) if expected == "accepted" else ("suspended", None)
    assert (model.quote(1).state, model.quote(1).closes_at) == state
    assert replayed([*records, made]).ok
    assert divergence([*records, other]) == ("divergence", 4)


def test_a_notice_is_asked_for_before_the_end_of_the_first_phase() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(phases=(AT_1500,), **DIRECT), opens_at=1_050)
    model.suspend_lot(1_010, 1)
    assert verdict(model.resume_lot(1_461, 1)) == "resumption_not_due"
    model.announce_resumption(1_461, 1, 1_600)
    assert verdict(model.resume_lot(1_600, 1)) == "end_not_allowed"


def test_a_phase_that_runs_is_resumed_behind_the_time_at_which_it_was_to_end() -> None:
    model = frozen(phases=(AT_1500,))
    resumed = last(model.resume_lot(2_000, 1))
    assert isinstance(resumed, LotResumed)
    assert resumed.closes_at == 2_460


def test_a_called_free_phase_takes_no_stated_end() -> None:
    last_free = Phase(kind=PhaseKind.FREE, end=PhaseEnd.CALLED)
    model = room(rules(phases=(free(), last_free), resume_free=1, timed_without_bids=1))
    model.suspend_lot(1_100, 1)
    assert (model.quote(1).phase, verdict(model.resume_lot(1_100, 1, ends_at=2_000))) == (1, "end_not_allowed")


def test_a_notice_is_asked_for_before_a_stated_end() -> None:
    model = frozen(**EXTEND | NOTICE)
    assert verdict(model.resume_lot(1_050, 1, ends_at=1)) == "resumption_not_due"


def test_an_end_beyond_every_valid_time_cannot_be_reached_by_a_stated_one() -> None:
    """At 2⁶² a lot of 10¹⁸ ns that is frozen at once goes on to 2⁶² + 10¹⁸, which nobody can state."""
    model = Model()
    model.open_house(TIME_MAX, 1)
    model.open_lot(TIME_MAX, name="lot-1", rules=rules(**EXTEND | {"phases": (free(10**18),)}))
    model.suspend_lot(TIME_MAX, 1)
    assert verdict(model.resume_lot(TIME_MAX, 1, ends_at=TIME_MAX)) == "end_not_allowed"
    resumed = last(model.resume_lot(TIME_MAX, 1))
    assert isinstance(resumed, LotResumed)
    assert resumed.closes_at == TIME_MAX + 10**18


RESTART, PREPARE = ResumeTimed.RESTART, ResumeTimed.RESTART_FROM_PREPARATION
TWICE = (free(), preparation(), timed(), timed())
AGAIN: list[tuple[str, tuple[Phase, ...], ResumeTimed | None, int, int, int]] = [
    # Free to 1100, prepared to 1150, timed to 1250 and on to 1350; resumed at 2000.
    ("free", TWICE, RESTART, 1_040, 0, 2_060),
    ("free, from the preparation", TWICE, PREPARE, 1_040, 0, 2_060),
    ("prepared, off", TWICE, None, 1_110, 1, 2_040),
    ("prepared, again", TWICE, RESTART, 1_110, 1, 2_050),
    ("prepared, from the preparation", TWICE, PREPARE, 1_110, 1, 2_050),
    ("timed, off", TWICE, None, 1_160, 2, 2_090),
    ("timed, again", TWICE, RESTART, 1_160, 2, 2_100),
    ("timed, from the preparation", TWICE, PREPARE, 1_160, 1, 2_050),
    ("timed twice, again", TWICE, RESTART, 1_260, 3, 2_100),
    ("timed twice, from the preparation", TWICE, PREPARE, 1_260, 1, 2_050),
    ("timed without a preparation, again", (free(), timed()), RESTART, 1_110, 1, 2_100),
    ("timed, with a preparation behind it only", (free(), timed(), preparation(), timed()), PREPARE, 1_110, 1, 2_090),
    ("timed before a preparation", (timed(), preparation(), timed()), PREPARE, 1_040, 0, 2_060),
    ("timed behind two preparations", (free(), preparation(40), preparation(30), timed()), PREPARE, 1_180, 2, 2_030),
    ("timed behind a preparation and a free phase", (timed(), preparation(), free(), timed()), PREPARE, 1_260, 1, 2_050),
    ("the first phase, timed, again", (timed(), timed()), RESTART, 1_040, 0, 2_100),
]  # fmt: skip


@pytest.mark.parametrize(
    ("phases", "how", "since", "phase", "closes_at"), [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN]
)
def test_a_phase_goes_on_or_begins_again(
    phases: tuple[Phase, ...], how: ResumeTimed | None, since: int, phase: int, closes_at: int
) -> None:
    model = room(rules(phases=phases, resume_timed=how))
    model.place_bid(1_001, 1, "a", 100)
    model.suspend_lot(since, 1)
    resumed = last(model.resume_lot(2_000, 1))
    assert isinstance(resumed, LotResumed)
    assert (resumed.closes_at, model.quote(1).closes_at) == (closes_at, closes_at)
    assert (model.quote(1).phase, model.quote(1).state) == (phase, "bidding")


def test_a_hard_end_begins_again_with_its_phase_and_otherwise_moves() -> None:
    phase = window(hard_end=HardEnd.AFTER, hard_end_value=120)
    ends = {}
    for how in (None, RESTART):
        model = room(rules(phases=(phase,), resume_timed=how))
        model.place_bid(1_090, 1, "a", 100)
        model.suspend_lot(1_100, 1)
        model.resume_lot(2_000, 1)
        ends[how] = (model.quote(1).closes_at, model.lot(1).hard_end, model.lot(1).extensions)
    assert ends == {None: (2_020, 2_020, 1), RESTART: (2_100, 2_120, 1)}


def test_a_hard_end_is_gone_with_its_phase() -> None:
    phase = window(hard_end=HardEnd.AFTER, hard_end_value=120)
    model = room(rules(phases=(free(), preparation(), phase), resume_timed=PREPARE))
    model.place_bid(1_001, 1, "a", 100)
    model.suspend_lot(1_160, 1)
    assert model.lot(1).hard_end == 1_270
    model.resume_lot(2_000, 1)
    assert (model.lot(1).hard_end, model.quote(1).closes_at) == (None, 2_050)
    model.advance(2_050)
    assert (model.quote(1).phase, model.quote(1).closes_at, model.lot(1).hard_end) == (2, 2_150, 2_170)


def test_a_phase_begins_again_in_open_time() -> None:
    model = room(rules(phases=(timed(),), resume_timed=RESTART, closed=((1_990, 2_010), (2_050, 2_060))))
    model.suspend_lot(1_040, 1)
    model.resume_lot(2_000, 1)
    assert model.quote(1).closes_at == 2_120


def test_a_lot_that_waits_waits_on_and_one_that_does_not_begins_again_with_its_clock() -> None:
    model = room(rules(phases=(timed(),), resume_timed=RESTART, clock=Clock.AT_FIRST_BID))
    model.suspend_lot(1_040, 1)
    model.resume_lot(2_000, 1)
    assert (model.quote(1).closes_at, model.lot(1).waiting) == (None, True)
    model.place_bid(2_010, 1, "a", 100)
    assert model.quote(1).closes_at == 2_110
    model.suspend_lot(2_050, 1)
    model.resume_lot(3_000, 1)
    assert (model.quote(1).closes_at, model.lot(1).waiting) == (3_100, False)


def test_a_called_phase_has_no_deadline_when_it_begins_again() -> None:
    model = room(rules(phases=(called(),), resume_timed=RESTART))
    model.suspend_lot(1_040, 1)
    resumed = last(model.resume_lot(2_000, 1))
    assert isinstance(resumed, LotResumed)
    assert (resumed.closes_at, verdict(model.place_bid(2_001, 1, "a", 100))) == (NONE, "accepted")


def test_a_lot_that_was_to_open_does_not_begin_again() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(phases=(timed(),), resume_timed=RESTART), opens_at=1_050)
    model.suspend_lot(1_010, 1)
    model.resume_lot(2_000, 1)
    assert (model.quote(1).state, model.quote(1).closes_at) == ("scheduled", 2_040)


def test_what_was_bid_and_said_stays_when_a_lot_goes_back_to_its_preparation() -> None:
    """Free to 1100, prepared to 1150, asked to 1200, timed to 1300; frozen at 1285, prepared again from 2000."""
    model = room(
        rules(
            phases=(free(), preparation(), inquiry(), window(span=100)), inquiry_yes=1, resume_timed=PREPARE, priority=1
        )
    )
    model.admit_bidder(1_000, 1, "b")
    model.grant_priority(1_000, 1, "b")
    model.place_bid(1_001, 1, "a", 100)
    model.place_bid(1_002, 1, "b", 100)
    model.answer_inquiry(1_160, 1, "a", yes=True)
    model.place_bid(1_280, 1, "a", 110)
    model.suspend_lot(1_285, 1)
    model.resume_lot(2_000, 1)
    lot = model.lot(1)
    assert (lot.phase, lot.top, lot.leader, lot.accepted, lot.extensions) == (1, 110, 2, 3, 1)
    assert [(standing.answer, standing.rank, standing.matches) for standing in lot.standings] == [(0, 1, 1), (1, 0, 0)]
    assert verdict(model.place_bid(2_010, 1, "b", 120)) == "phase_takes_no_bids"
    assert [verdict(model.answer_inquiry(2_060, 1, bidder, yes=True)) for bidder in "ab"] == [
        "already_answered", "accepted",
    ]  # fmt: skip
    model.advance(2_100)
    assert (lot.phase, verdict(model.place_bid(2_110, 1, "b", 110))) == (3, "priority_used")


def resumed_records(**changes: Any) -> tuple[list[Record], LotResumed]:
    """Return the records up to a suspension at 1040, and the resumption at 2000 that follows."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**changes))
    records += model.suspend_lot(1_040, 1)
    (resumed,) = model.resume_lot(2_000, 1)
    assert isinstance(resumed, LotResumed)
    return records, resumed


CLAIMED: list[tuple[str, dict[str, Any], int, bool]] = [
    ("as it was left", EXTEND, 2_060, True),
    ("later", EXTEND, 2_061, True),
    ("earlier", EXTEND, 2_059, False),
    ("no deadline", EXTEND, NONE, False),
    ("the epoch's beginning", EXTEND, 0, False),
    ("behind every valid time", EXTEND, TIME_MAX + 1, False),
    ("more than the most", MOST, 2_061, False),
    ("without key 32", {"phases": (free(),)}, 2_061, False),
    ("out of a timed phase", EXTEND | {"phases": (timed(), free())}, 2_061, False),
]


@pytest.mark.parametrize(("changes", "closes_at", "right"), [row[1:] for row in CLAIMED], ids=[r[0] for r in CLAIMED])
def test_a_verifier_takes_another_deadline_for_the_end_that_was_stated(
    *, changes: dict[str, Any], closes_at: int, right: bool
) -> None:
    records, resumed = resumed_records(**changes)
    claimed = LotResumed(
        seq=4, at=2_000, lot=1, lot_seq=3, closes_at=closes_at, authority=resumed.authority, why=resumed.why
    )
    if right:
        assert replayed([*records, claimed]).ok
    else:
        assert divergence([*records, claimed]) == ("divergence", 4)


def test_a_verifier_sees_no_stated_end_where_none_can_be_stated() -> None:
    """A lot that waits for its first bid has no deadline, and one of 10¹⁸ ns at 2⁶² has one that nobody can state."""
    records, resumed = resumed_records(**EXTEND | {"clock": Clock.AT_FIRST_BID})
    assert (resumed.closes_at, replayed([*records, resumed]).ok) == (NONE, True)
    model = Model()
    course = model.open_house(TIME_MAX, 1)
    course += model.open_lot(TIME_MAX, name="lot-1", rules=rules(**EXTEND | {"phases": (free(10**18),)}))
    course += model.suspend_lot(TIME_MAX, 1) + model.resume_lot(TIME_MAX, 1)
    assert replayed(course).ok


def test_a_verifier_holds_a_stated_end_against_open_time() -> None:
    records, resumed = resumed_records(**EXTEND | {"closed": ((2_030, 2_100),)})
    assert resumed.closes_at == 2_130
    for closes_at, right in ((2_129, False), (2_131, True)):
        claimed = LotResumed(seq=4, at=2_000, lot=1, lot_seq=3, closes_at=closes_at, authority="-", why="-")
        assert replayed([*records, claimed]).ok == right

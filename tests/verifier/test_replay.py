"""The replay: what the model records is verified, and everything that it would not have recorded is found."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_BEFORE, free, inquiry, rules, sale, timed
from journal_writer import JournalWriter
from replaying import C, accepted, divergence, flat, opened, renumbered, replayed
from verifier import BidRefused, ClockJumped, CommandRefused, Model, Record, Replay, encode, verify_files
from verifier.replay import Place
from verifier.terms import Answer, Command, Priority, Reason, ResumeTimed, TimedEntry


def test_the_sale_is_verified_record_by_record() -> None:
    report = replayed(flat(sale()[1]))
    assert (report.ok, report.records, report.replayed, report.bids) == (True, 12, 12, 3)
    assert report.checks == {
        "frames": "passed", "chain": "passed", "sequence": "passed", "rules": "passed", "settlement": "verified",
        "reserve": "none",
    }  # fmt: skip


def test_no_record_of_the_sale_can_be_left_out() -> None:
    records = flat(sale()[1])
    harmless = {"CommandRefused", "BidRefused"}
    for index in range(len(records) - 1):
        left = renumbered(records[:index] + records[index + 1 :])
        if type(records[index]).__name__ not in harmless:
            assert not replayed(left).ok, records[index]


def test_a_refused_bid_that_is_left_out_shows_in_the_count_of_the_close() -> None:
    records = flat(sale()[1])
    (index,) = [i for i, record in enumerate(records) if isinstance(record, BidRefused)]
    assert divergence(renumbered(records[:index] + records[index + 1 :])) == ("divergence", 10)


def test_no_number_of_a_record_can_be_changed_but_what_a_command_brings() -> None:
    records = flat(sale()[1])
    silent = []
    for index, record in enumerate(records):
        for name in (field.name for field in fields(record)):
            value = getattr(record, name)
            if type(value) is not int or name == "seq":
                continue
            forged = replace(record, **{name: value + 1})
            try:
                raw = encode(forged)
            except ValueError:
                continue
            replay = Replay()
            for taken in [*map(encode, records[:index]), raw, *map(encode, records[index + 1 :])]:
                replay.take(taken, Place(epoch=1))
            if replay.finding is None:
                silent.append((type(record).__name__, name))
    # What a command brings with it, and nothing else: its time, a lot's terms, an amount that is refused either way.
    assert [found for found in silent if found[1] != "at"] == [
        ("LotOpened", "exponent"), ("LotOpened", "unit_scale"), ("LotOpened", "round"), ("BidRefused", "amount"),
    ]  # fmt: skip
    assert {kind for kind, name in silent if name == "at"}.isdisjoint({"HouseOpened", "LotOpened", "LotClosed"})


def test_a_bid_that_the_rules_refuse_is_found() -> None:
    model, records = opened()
    assert replayed([*records, accepted(model)]).ok
    assert divergence([*records, accepted(model, amount=99)]) == ("divergence", 4)


def test_a_bid_behind_the_deadline_is_found() -> None:
    model, records = opened()
    assert divergence([*records, accepted(model, at=1_100)]) == ("divergence", 4)


def test_a_refusal_of_a_good_bid_is_found() -> None:
    _, records = opened()
    refused = BidRefused(
        seq=4, at=1_050, lot=1, lot_seq=3, bidder=1, reason=Reason.BELOW_START, amount=100, closes_at=1_100
    )
    assert divergence([*records, refused]) == ("divergence", 4)


def test_a_refusal_for_another_reason_is_found() -> None:
    _, records = opened()
    refused = BidRefused(seq=4, at=1_050, lot=1, lot_seq=3, bidder=1, reason=Reason.CLOSED, amount=99, closes_at=1_100)
    assert divergence([*records, refused]) == ("divergence", 4)
    assert replayed([*records, replace(refused, reason=Reason.BELOW_START)]).ok


def test_a_bid_of_a_stranger_or_in_an_unknown_lot_is_found() -> None:
    model, records = opened()
    assert divergence([*records, accepted(model, bidder=2)]) == ("divergence", 4)
    assert divergence([*records, accepted(model, lot=2, lot_seq=1)]) == ("divergence", 4)


def test_a_recorded_repeat_of_a_keyed_bid_is_found() -> None:
    model, records = opened()
    first = accepted(model, key=b"k")
    assert divergence([*records, first, replace(first, seq=5, lot_seq=4)]) == ("divergence", 5)


def test_an_early_or_invented_transition_is_found() -> None:
    model, records = opened()
    (close,) = model.advance(1_100)
    assert replayed([*records, close]).ok
    assert divergence([*records, replace(close, due=1_090, at=1_090)]) == ("divergence", 4)
    assert divergence([*records, close, replace(close, seq=5, lot_seq=4)]) == ("divergence", 5)


def test_a_close_by_call_of_a_phase_with_a_deadline_is_found() -> None:
    model, records = opened()
    (close,) = model.advance(1_100)
    assert divergence([*records, replace(close, cause=2, at=1_050, due=1_050)]) == ("divergence", 4)


def test_a_falling_stamp_is_found_as_such() -> None:
    model, records = opened()
    assert divergence([*records, accepted(model, at=1_009)]) == ("sequence", 4)


def test_a_gap_in_lot_seq_is_found_as_such() -> None:
    model, records = opened()
    assert divergence([*records, accepted(model, lot_seq=4)]) == ("sequence", 4)


def test_a_record_that_cannot_be_decoded_is_found() -> None:
    _, records = opened()
    writer = JournalWriter().records(records)
    raw = encode(ClockJumped(seq=4, at=1_010, shown=1, expected=1))
    writer.raw_records([b"\x63" + raw[1:]])
    (finding,) = verify_files(writer.files()).findings
    assert (finding.code, finding.seq, "unknown record type 99" in finding.text_en) == ("unsupported", 4, True)
    writer = JournalWriter().records(records)
    writer.raw_records([raw + b"\0"])
    (finding,) = verify_files(writer.files()).findings
    assert (finding.code, finding.seq) == ("record", 4)


def test_the_first_divergence_ends_the_replay_but_not_the_reading_of_frames() -> None:
    model, records = opened()
    writer = JournalWriter()
    for record in [*records, accepted(model, amount=99), accepted(model, seq=5, lot_seq=9)]:
        writer.raw_records([encode(record)])
    writer.data.extend(b"torn")
    report = verify_files(writer.files())
    assert [(finding.code, finding.seq) for finding in report.findings] == [("divergence", 4), ("torn", 6)]
    assert (report.records, report.replayed) == (5, 3)


def test_the_report_shows_lots_as_the_last_agreed_record_leaves_them() -> None:
    _, course = sale()
    records = flat(course)
    forged = replace(records[-1], price=100)
    report = replayed([*records[:-1], forged])
    assert [finding.code for finding in report.findings] == ["settlement"]
    assert (report.lots[0].state, report.lots[0].winner, report.lots[0].settlement) == ("closed", None, "none")


def test_a_lot_of_an_unknown_type_is_attested() -> None:
    model = Model()
    course = [model.open_house(OPENED, 1), model.open_lot(OPENED, name="lot-1", rules=rules(), type_id="dutch@1")]
    course += [model.place_bid(1_001, 1, "a", 100), model.place_bid(1_002, 1, "b", 110), model.advance(1_100)]
    course.append(model.record_outcome(1_101, 1, kind=1, winner=1, price=100))
    report = replayed(flat(course))
    assert (report.ok, report.lots[0].settlement, report.checks["settlement"]) == (True, "attested", "attested")


def test_a_clock_jump_has_the_stamp_of_the_record_before() -> None:
    model, records = opened()
    jumped = ClockJumped(seq=4, at=model.stamp, shown=9_999, expected=1_012)
    assert (model.stamp, replayed([*records, jumped]).ok) == (1_010, True)
    assert divergence([*records, replace(jumped, at=1_011)]) == ("divergence", 4)


def test_a_lot_with_a_name_that_is_taken_is_found() -> None:
    _, records = opened()
    other = Model()
    other.open_house(OPENED, 1)
    (again,) = other.open_lot(1_010, name="lot-1", rules=rules())
    again = replace(again, seq=4, lot=2)
    assert divergence([*records, again]) == ("divergence", 4)
    assert replayed([*records, replace(again, name="lot-2")]).ok


def test_the_house_may_compare_and_decide_at_any_later_stamp() -> None:
    """A house states both at the stamp of the close, 1100; a verifier asks only that stamps do not fall."""
    for at in (1_100, 1_200):
        model = Model()
        records = model.open_house(OPENED, 1)
        records += model.open_lot(OPENED, name="lot-1", rules=rules(**REQUIRED_BEFORE), commitment=C)
        records += model.enter_reserve(1_001, 1, 1, C) + model.place_bid(1_002, 1, "a", 120) + model.advance(1_100)
        records += model.compare_reserve(at, 1, met=True) + model.record_outcome(at, 1, kind=1, winner=1, price=120)
        assert replayed(records).ok


def refusal(model: Model, command: Command, reason: Reason, **changes: Any) -> CommandRefused:
    stated: dict[str, Any] = {
        "seq": model.seq + 1, "at": 1_050, "lot": 1, "lot_seq": model.lot(1).lot_seq + 1, "reason": reason,
        "command": command,
    }  # fmt: skip
    return CommandRefused(**(stated | changes))


REFUSALS: list[tuple[Command, Reason, dict[str, Any], bool]] = [
    (Command.ADMIT_BIDDER, Reason.ALREADY_ADMITTED, {"bidder": 1, "name": "a"}, True),
    (Command.ADMIT_BIDDER, Reason.ALREADY_ADMITTED, {"bidder": 2, "name": "a"}, False),
    (Command.ADMIT_BIDDER, Reason.ALREADY_ADMITTED, {"bidder": 1, "name": "b"}, False),
    (Command.ADMIT_BIDDER, Reason.WRONG_PHASE, {"name": "b"}, False),
    (Command.PLACE_BID, Reason.NOT_ADMITTED, {"name": "b", "amount": 100}, False),
    (Command.CLOSE_LOT, Reason.CLOSE_NOT_CALLED, {}, True),
    (Command.CLOSE_LOT, Reason.WRONG_PHASE, {}, False),
    (Command.SUSPEND_LOT, Reason.WRONG_PHASE, {}, False),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {}, True),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"amount": 1}, True),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"amount": 2**62}, True),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"amount": -1}, False),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"amount": 2**62 + 1}, False),
    (Command.RESUME_LOT, Reason.RESUMPTION_NOT_DUE, {}, False),
    (Command.ANNOUNCE_RESUMPTION, Reason.WRONG_PHASE, {}, True),
    (Command.ANNOUNCE_RESUMPTION, Reason.WRONG_PHASE, {"amount": 2**62}, True),
    (Command.ANNOUNCE_RESUMPTION, Reason.WRONG_PHASE, {"amount": 2**62 + 1}, False),
    (Command.ANNOUNCE_RESUMPTION, Reason.WRONG_PHASE, {"amount": -1}, False),
    (Command.ANNOUNCE_RESUMPTION, Reason.NOTICE_TOO_SHORT, {}, False),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"bidder": 1}, True),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"name": "b"}, True),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"name": "a"}, False),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"bidder": 1, "name": "a"}, False),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"bidder": 2}, False),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {}, False),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"bidder": 1, "amount": 1}, False),
    (Command.ANSWER_INQUIRY, Reason.NOT_ADMITTED, {"name": "b"}, False),
    (Command.GRANT_PRIORITY, Reason.PRIORITY_NOT_ALLOWED, {"bidder": 1}, True),
    (Command.GRANT_PRIORITY, Reason.PRIORITY_NOT_ALLOWED, {"name": "b"}, True),
    (Command.GRANT_PRIORITY, Reason.PRIORITY_NOT_ALLOWED, {"name": "a"}, False),
    (Command.GRANT_PRIORITY, Reason.PRIORITY_NOT_ALLOWED, {"bidder": 1, "amount": 1}, False),
    (Command.GRANT_PRIORITY, Reason.PRIORITY_NOT_ALLOWED, {"name": "b" * 65}, False),
    (Command.GRANT_PRIORITY, Reason.NOT_ADMITTED, {"name": "b"}, False),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"name": "a"}, False),
    (Command.ADMIT_BIDDER, Reason.ALREADY_ADMITTED, {"bidder": 1, "name": "a", "amount": 1}, False),
    (Command.COMPARE_RESERVE, Reason.WRONG_PHASE, {"name": "a"}, False),
    (Command.RECORD_OUTCOME, Reason.WRONG_PHASE, {"name": "english@1"}, False),
    (Command.TERMINATE_LOT, Reason.WRONG_PHASE, {}, False),
    (Command.STATE_LEGAL_BASIS, Reason.WRONG_PHASE, {}, False),
    (Command.COMPARE_RESERVE, Reason.WRONG_PHASE, {}, True),
    (Command.COMPARE_RESERVE, Reason.RESERVE_MISSING, {}, False),
    (Command.DISCLOSE_RESERVE, Reason.WRONG_PHASE, {}, True),
    (Command.DISCLOSE_RESERVE, Reason.WRONG_PHASE, {"amount": 120}, False),
    (Command.DISCLOSE_RESERVE, Reason.COMMITMENT_MISMATCH, {}, False),
    (Command.RECORD_OUTCOME, Reason.WRONG_PHASE, {}, True),
    (Command.RECORD_OUTCOME, Reason.OUTCOME_INVALID, {}, False),
    (Command.OPEN_HOUSE, Reason.WRONG_PHASE, {}, False),
    (Command.OPEN_LOT, Reason.WRONG_PHASE, {}, False),
    (Command.ENTER_RESERVE, Reason.WRONG_PHASE, {}, False),
    (Command.REENTER_RESERVE, Reason.WRONG_PHASE, {}, False),
]


@pytest.mark.parametrize(("command", "reason", "changes", "right"), REFUSALS)
def test_a_refused_command_is_judged_while_the_lot_runs(
    *, command: Command, reason: Reason, changes: dict[str, Any], right: bool
) -> None:
    model, records = opened()
    assert replayed([*records, refusal(model, command, reason, **changes)]).ok == right


def listing() -> list[Record]:
    """Return the records of a lot with an inquiry, a priority and an announced resumption, up to its close at 2100.

    Free to 1100, asked to 1150, frozen from 1160 to 2000 with 90 of the timed phase left.
    """
    model = Model()
    of = rules(
        phases=(free(), inquiry(), timed()), inquiry_yes=1, timed_entry=TimedEntry.YES, resume_notice=50,
        priority=Priority.ONCE, resume_timed=ResumeTimed.RESTART,
    )  # fmt: skip
    course = [
        model.open_house(OPENED, 1),
        model.open_lot(OPENED, name="lot-1", rules=of),
        model.admit_bidder(1_010, 1, "a"),
        model.admit_bidder(1_010, 1, "b"),
        model.grant_priority(1_010, 1, "a", 2, "court"),
        model.grant_priority(1_010, 1, "b", 1, "court"),
        model.place_bid(1_020, 1, "a", 100),
        model.place_bid(1_030, 1, "b", 100),
        model.answer_inquiry(1_110, 1, "a", yes=True),
        model.answer_inquiry(1_110, 1, "b", yes=False),
        model.advance(1_150),
        model.suspend_lot(1_160, 1, "court", "motion"),
        model.announce_resumption(1_170, 1, 2_000, "court", "settled"),
        model.resume_lot(2_000, 1, "court", "settled"),
        model.place_bid(2_010, 1, "a", 110),
        model.place_bid(2_020, 1, "b", 120),
        model.advance(2_100),
    ]
    return flat(course)


def test_a_listing_is_verified_record_by_record() -> None:
    records = listing()
    assert [type(record).__name__ for record in records] == [
        "HouseOpened", "LotOpened", "BidderAdmitted", "BidderAdmitted", "PriorityGranted", "PriorityGranted",
        "BidAccepted", "BidAccepted", "PhaseStarted", "InquiryAnswered", "InquiryAnswered", "PhaseStarted",
        "LotSuspended", "ResumptionAnnounced", "LotResumed", "BidAccepted", "BidRefused", "LotClosed",
    ]  # fmt: skip
    assert replayed(records).ok


LIES: list[tuple[str, int, dict[str, Any], int | None]] = [
    ("a rank to somebody else", 5, {"bidder": 2}, 6),
    ("a rank to a stranger", 5, {"bidder": 3}, 5),
    ("a rank to nobody", 5, {"bidder": 0}, 5),
    ("a rank that outranks the match", 5, {"rank": 1}, 8),
    ("a rank that the match does not outrank", 6, {"rank": 2}, 8),
    ("another rank of the same order", 5, {"rank": 9}, None),
    ("a rank granted by another", 5, {"by": "notary"}, None),
    ("a match by the leader", 8, {"bidder": 1}, 8),
    ("a match of another amount", 8, {"amount": 101}, 8),
    ("an answer of somebody else", 10, {"bidder": 2}, 11),
    ("an answer of a stranger", 10, {"bidder": 3}, 10),
    ("an answer of nobody", 10, {"bidder": 0}, 10),
    ("no in place of yes", 10, {"answer": Answer.NO}, 12),
    ("yes in place of no", 11, {"answer": Answer.YES}, 17),
    ("a resumption that comes too early", 14, {"resumes_at": 2_001}, 15),
    ("a resumption that comes later than announced", 14, {"resumes_at": 1_999}, None),
    ("an announcement that is too short", 14, {"resumes_at": 1_219}, 14),
    ("a bidder of an announcement", 14, {"bidder": 1}, 14),
    ("a resumption before its time", 15, {"at": 1_999, "closes_at": 2_099}, 15),
    ("the time that was left", 15, {"closes_at": 2_090}, 15),
    ("another reason", 17, {"reason": Reason.NO_PRIOR_BID}, 17),
]


@pytest.mark.parametrize(("seq", "changes", "found"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_listing_that_is_told_otherwise_is_found(seq: int, changes: dict[str, Any], found: int | None) -> None:
    records = listing()
    report = replayed([*records[: seq - 1], replace(records[seq - 1], **changes), *records[seq:]])
    assert [(finding.code, finding.seq) for finding in report.findings] == (
        [] if found is None else [("divergence", found)]
    )


def test_no_record_of_a_listing_can_be_left_out_but_what_nothing_follows_from() -> None:
    records = listing()
    harmless = [
        (index + 1, type(record).__name__)
        for index, record in enumerate(records[:-1])
        if replayed(renumbered(records[:index] + records[index + 1 :])).ok
    ]
    # A leads without a rank too; b is refused for its no as for an answer that it did not give.
    assert harmless == [(5, "PriorityGranted"), (11, "InquiryAnswered")]


def frozen() -> tuple[Model, list[Record]]:
    """Return a house whose lot is frozen since 1040 and needs a notice, with its records and one admitted bidder."""
    model = Model()
    of = rules(phases=(free(),), resume_free=1, resume_notice=50, resume_direct_within=20, priority=1)
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=of)
    return model, records + model.admit_bidder(1_010, 1, "a") + model.suspend_lot(1_040, 1)


FROZEN: list[tuple[Command, Reason, dict[str, Any], bool]] = [
    (Command.RESUME_LOT, Reason.RESUMPTION_NOT_DUE, {"at": 1_061}, True),
    (Command.RESUME_LOT, Reason.RESUMPTION_NOT_DUE, {"at": 1_061, "amount": 1}, True),
    (Command.RESUME_LOT, Reason.RESUMPTION_NOT_DUE, {"at": 1_060}, False),
    (Command.RESUME_LOT, Reason.END_NOT_ALLOWED, {"at": 1_060, "amount": 1_119}, True),
    (Command.RESUME_LOT, Reason.END_NOT_ALLOWED, {"at": 1_060, "amount": 1_120}, False),
    (Command.RESUME_LOT, Reason.END_NOT_ALLOWED, {"at": 1_060}, False),
    (Command.RESUME_LOT, Reason.END_NOT_ALLOWED, {"at": 1_061, "amount": 1_119}, False),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {}, False),
    (Command.ANNOUNCE_RESUMPTION, Reason.NOTICE_TOO_SHORT, {"amount": 1_099}, True),
    (Command.ANNOUNCE_RESUMPTION, Reason.NOTICE_TOO_SHORT, {"amount": 1_100}, False),
    (Command.ANNOUNCE_RESUMPTION, Reason.NOTICE_TOO_SHORT, {"amount": -1}, False),
    (Command.ANSWER_INQUIRY, Reason.SUSPENDED, {"bidder": 1}, True),
    (Command.ANSWER_INQUIRY, Reason.SUSPENDED, {"name": "戊"}, True),
    (Command.ANSWER_INQUIRY, Reason.WRONG_PHASE, {"bidder": 1}, False),
    (Command.GRANT_PRIORITY, Reason.NOT_ADMITTED, {"name": "戊"}, True),
    (Command.GRANT_PRIORITY, Reason.NOT_ADMITTED, {"bidder": 1}, False),
    (Command.GRANT_PRIORITY, Reason.ALREADY_GRANTED, {"bidder": 1}, False),
]


@pytest.mark.parametrize(("command", "reason", "changes", "right"), FROZEN)
def test_a_refused_command_is_judged_while_the_lot_is_frozen(
    *, command: Command, reason: Reason, changes: dict[str, Any], right: bool
) -> None:
    model, records = frozen()
    assert replayed([*records, refusal(model, command, reason, **changes)]).ok == right


def test_an_invalid_outcome_is_believed_in_a_closed_lot_only() -> None:
    model, records = opened()
    records += model.advance(1_100)
    invalid = refusal(model, Command.RECORD_OUTCOME, Reason.OUTCOME_INVALID, at=1_100)
    assert replayed([*records, invalid]).ok
    assert not replayed([*records, replace(invalid, reason=Reason.WRONG_PHASE)]).ok

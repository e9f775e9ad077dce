"""The replay: what the model records is verified, and everything that it would not have recorded is found."""

from __future__ import annotations

import hashlib
import random
import struct
from dataclasses import fields, replace
from typing import Any

import pytest
from auction_room import (
    OPENED,
    REQUIRED_AT_ENTRY,
    REQUIRED_BEFORE,
    TWO_QUOTED,
    called,
    free,
    journal,
    last,
    room,
    rules,
    sale,
    timed,
    window,
)
from journal_writer import JournalWriter
from verifier import (
    BidAccepted,
    BidderAdmitted,
    BidRefused,
    ClockJumped,
    CommandRefused,
    Model,
    Opening,
    OutcomeRecorded,
    Record,
    Replay,
    Report,
    ReserveEntered,
    commitment,
    encode,
    verify_files,
)
from verifier.replay import Place
from verifier.terms import (
    NONE,
    Admission,
    Anchor,
    Clock,
    Command,
    Extension,
    OnOutage,
    Reason,
    Rounding,
    SelfOutbid,
    VaultResult,
)

BLINDING = bytes(range(32))
C = commitment("lot-1", 1, "CNY", 2, 120, BLINDING)


def flat(course: list[list[Record]]) -> list[Record]:
    return [record for records in course for record in records]


def replayed(records: list[Record], **options: Any) -> Report:
    """Return the report of a journal that holds these records as they are, and is sound as far as bytes go."""
    writer = JournalWriter()
    for record in records:
        writer.raw_records([encode(record)])
    return verify_files(writer.files(), **options)


def divergence(records: list[Record]) -> tuple[str, int | None]:
    """Return code and sequence of the one finding."""
    (finding,) = replayed(records).findings
    return finding.code, finding.seq


def test_the_sale_is_verified_record_by_record() -> None:
    report = replayed(flat(sale()[1]))
    assert (report.ok, report.records, report.replayed, report.bids) == (True, 12, 12, 3)
    assert report.checks == {
        "frames": "passed", "chain": "passed", "sequence": "passed", "rules": "passed", "settlement": "verified",
        "reserve": "none",
    }  # fmt: skip


def renumbered(records: list[Record]) -> list[Record]:
    """Return records with sequences as a forger would set them."""
    numbers: dict[int, int] = {}
    result = []
    for seq, record in enumerate(records, 1):
        numbers[record.lot] = numbers.get(record.lot, 0) + 1
        result.append(replace(record, seq=seq, lot_seq=numbers[record.lot] if record.lot else 0))
    return result


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


def at_the_end(*more: Record, course: list[list[Record]] | None = None) -> list[Record]:
    return flat(course or sale()[1]) + list(more)


def accepted(model: Model, **changes: Any) -> BidAccepted:
    stated: dict[str, Any] = {
        "seq": model.seq + 1, "at": 1_050, "lot": 1, "lot_seq": model.lot(1).lot_seq + 1, "bidder": 1, "amount": 100,
        "closes_at": 1_100,
    }  # fmt: skip
    return BidAccepted(**(stated | changes))


def opened() -> tuple[Model, list[Record]]:
    """Return a house with one plain lot and one admitted bidder, with its records."""
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules())
    return model, records + model.admit_bidder(1_010, 1, "a")


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


def test_each_epoch_begins_with_one_house_opened() -> None:
    model, records = opened()
    assert divergence(renumbered(records[1:])) == ("sequence", 1)
    again = model.open_house(1_020, 1)
    assert divergence([*records, *again]) == ("sequence", 4)
    writer = JournalWriter().records(records).open_epoch()
    writer.records([BidderAdmitted(seq=4, at=1_030, lot=1, lot_seq=3, bidder=2, name="b")])
    assert [finding.code for finding in verify_files(writer.files()).findings] == ["sequence"]


def test_house_opened_states_the_epoch_of_its_frame() -> None:
    model, records = opened()
    writer = JournalWriter().records(records).open_epoch()
    writer.records(model.open_house(1_020, 3))
    assert [finding.code for finding in verify_files(writer.files()).findings] == ["divergence"]


def outage() -> tuple[list[Record], list[Record]]:
    """Return the records before an outage that suspends two lots, and those of the opening after it."""
    model = Model()
    of = rules(on_outage=OnOutage.SUSPEND)
    before = model.open_house(OPENED, 1)
    for name in ("lot-1", "lot-2"):
        before += model.open_lot(OPENED, name=name, rules=of)
    return before, model.open_house(1_500, 2)


def after_outage(records: list[Record]) -> Report:
    writer = JournalWriter().records(outage()[0]).open_epoch()
    return verify_files(writer.records(records).files())


def test_an_outage_suspends_every_lot_it_concerns() -> None:
    whole = outage()[1]
    assert (len(whole), after_outage(whole).ok) == (3, True)
    swapped = [whole[0], replace(whole[1], lot=2), replace(whole[2], lot=1)]
    assert [finding.code for finding in after_outage(swapped).findings] == ["divergence"]


def interrupted(done: int, *, reopened: int = 1) -> tuple[JournalWriter, Model]:
    """Return a journal that ends behind so many records of an opening, and was opened so many times again."""
    before, opening = outage()
    model = Model()
    model.open_house(OPENED, 1)
    for name in ("lot-1", "lot-2"):
        model.open_lot(OPENED, name=name, rules=rules(on_outage=OnOutage.SUSPEND))
    model.house_opened(1_500, 2)
    for _ in range(done - 1):
        model.suspend_struck()
    writer = JournalWriter().records(before).open_epoch().records(opening[:done])
    for _ in range(reopened):
        writer.open_epoch()
    return writer, model


@pytest.mark.parametrize("done", [1, 2])
def test_a_journal_may_end_between_the_records_of_an_outage(done: int) -> None:
    writer, model = interrupted(done, reopened=0)
    assert verify_files(writer.files()).ok
    assert verify_files(writer.state(model.state_hash()).seal().files()).ok


@pytest.mark.parametrize("done", [1, 2])
@pytest.mark.parametrize("reopened", [1, 2])
def test_the_next_epoch_begins_with_what_an_interrupted_opening_left_open(done: int, reopened: int) -> None:
    writer, model = interrupted(done, reopened=reopened)
    records = model.open_house(1_700, 2 + reopened)
    assert [record.at for record in records] == [1_500] * (3 - done) + [1_700]
    report = verify_files(writer.records(records).files())
    assert (report.ok, report.replayed) == (True, 7)


def test_the_completion_of_an_opening_may_be_interrupted_too() -> None:
    writer, model = interrupted(1)
    first, second, opened = model.open_house(1_700, 4)
    writer.records([first]).open_epoch().records([second, opened])
    assert verify_files(writer.files()).ok


def test_an_interrupted_opening_that_is_not_completed_is_found() -> None:
    codes_of = {
        "HouseOpened first": lambda records: renumbered_from(5, [records[2], *records[:2]]),
        "without one suspension": lambda records: renumbered_from(5, records[1:]),
        "stamped later": lambda records: [replace(records[0], at=1_501), *records[1:]],
        "in another order": lambda records: [replace(records[0], lot=2), replace(records[1], lot=1), records[2]],
    }
    for claim, forge in codes_of.items():
        writer, model = interrupted(1)
        report = verify_files(writer.records(forge(model.open_house(1_700, 3))).files())
        assert [(finding.code, finding.seq) for finding in report.findings] == [("divergence", 5)], claim
    writer, model = interrupted(1)
    report = verify_files(writer.records(model.open_house(1_700, 3)[:2]).records([other_record(7)]).files())
    assert [(finding.code, finding.seq) for finding in report.findings] == [("sequence", 7)]


def renumbered_from(seq: int, records: list[Record]) -> list[Record]:
    return [replace(record, seq=seq + index) for index, record in enumerate(records)]


def other_record(seq: int) -> Record:
    return ClockJumped(seq=seq, at=1_500, shown=1, expected=2)


def test_nothing_stands_between_an_opening_and_its_suspensions() -> None:
    before, opening = outage()
    for between in (other_record(5), BidderAdmitted(seq=5, at=1_500, lot=1, lot_seq=2, bidder=1, name="a")):
        writer = JournalWriter().records(before).open_epoch()
        report = verify_files(writer.records([opening[0], between]).files())
        assert [(finding.code, finding.seq) for finding in report.findings] == [("divergence", 5)]


def test_suspensions_may_go_on_in_the_next_frame() -> None:
    before, opening = outage()
    writer = JournalWriter().records(before).open_epoch()
    for record in opening:
        writer.records([record])
    assert verify_files(writer.files()).ok


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


def test_an_invented_outage_is_found() -> None:
    model, records = opened()
    writer = JournalWriter().records(records).open_epoch()
    house = model.open_house(1_050, 2)
    suspended = replace(outage()[1][1], seq=5, at=1_050, lot_seq=3)
    writer.records([*house, suspended])
    assert [(f.code, f.seq) for f in verify_files(writer.files()).findings] == [("divergence", 5)]


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
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"amount": 1}, False),
    (Command.RESUME_LOT, Reason.WRONG_PHASE, {"name": "a"}, False),
    (Command.ADMIT_BIDDER, Reason.ALREADY_ADMITTED, {"bidder": 1, "name": "a", "amount": 1}, False),
    (Command.COMPARE_RESERVE, Reason.WRONG_PHASE, {"name": "a"}, False),
    (Command.RECORD_OUTCOME, Reason.WRONG_PHASE, {"name": "english@1"}, False),
    (Command.TERMINATE_LOT, Reason.WRONG_PHASE, {}, False),
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


def test_an_invalid_outcome_is_believed_in_a_closed_lot_only() -> None:
    model, records = opened()
    records += model.advance(1_100)
    invalid = refusal(model, Command.RECORD_OUTCOME, Reason.OUTCOME_INVALID, at=1_100)
    assert replayed([*records, invalid]).ok
    assert not replayed([*records, replace(invalid, reason=Reason.WRONG_PHASE)]).ok


def reserve_course(*, met: bool, disclose: int | None = None) -> list[Record]:
    """Return the records of a sale at 120 with a committed reserve of 120."""
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**REQUIRED_BEFORE), commitment=C)
    records += model.enter_reserve(1_001, 1, 1, C, "keeper", "notary")
    records += model.place_bid(1_002, 1, "a", 120)
    records += model.compare_reserve(1_100, 1, met=met)
    outcome = {"kind": 1, "winner": 1, "price": 120} if met else {"kind": 2, "cause": 3}
    records += model.record_outcome(1_101, 1, **outcome)
    if disclose is not None:
        records += model.disclose_reserve(1_102, 1, disclose, BLINDING, "keeper")
    return records


OPENING = Opening("lot-1", 1, "CNY", 2, 120, BLINDING)


def test_a_comparison_without_its_opening_is_attested() -> None:
    for met in (True, False):
        report = replayed(reserve_course(met=met))
        assert (report.ok, report.reserve, report.lots[0].reserve) == (True, "attested", "attested")


def test_a_comparison_with_its_opening_is_proven_or_refuted() -> None:
    report = replayed(reserve_course(met=True), opening=OPENING)
    assert (report.ok, report.reserve, report.checks["reserve"]) == (True, "proven", "proven")
    report = replayed(reserve_course(met=False), opening=OPENING)
    assert [(finding.code, finding.seq) for finding in report.findings] == [("reserve", 7)]


def test_a_disclosed_reserve_proves_or_refutes_the_comparison() -> None:
    assert replayed(reserve_course(met=True, disclose=120)).reserve == "proven"
    assert divergence(reserve_course(met=False, disclose=120)) == ("reserve", 9)


BELOW = commitment("lot-1", 1, "CNY", 2, 99, BLINDING)
"""A commitment to 99, where the start price is 100."""


def below_start(*, result: int, until: int) -> list[Record]:
    """Return records in which the vault says so of a reserve of 99, up to one of: entry, comparison, disclosure."""
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**REQUIRED_BEFORE), commitment=BELOW)
    records += model.enter_reserve(1_001, 1, result, BELOW)
    if until == 1:
        return records
    records += model.place_bid(1_002, 1, "a", 120)
    records += model.compare_reserve(1_100, 1, met=True)
    if until == 2:
        return records
    records += model.terminate_lot(1_101, 1)
    return records + model.disclose_reserve(1_102, 1, 99, BLINDING)


@pytest.mark.parametrize(
    ("until", "with_opening", "seq"),
    [(1, True, 3), (2, True, 3), (3, True, 3), (1, False, None), (2, False, None), (3, False, 9)],
)
def test_a_reserve_below_the_start_price_that_the_vault_took_is_found(
    *, until: int, with_opening: bool, seq: int | None
) -> None:
    opening = replace(OPENING, amount=99) if with_opening else None
    report = replayed(below_start(result=1, until=until), opening=opening)
    assert [(f.code, f.seq) for f in report.findings] == ([] if seq is None else [("reserve", seq)])


def test_a_reserve_below_the_start_price_that_the_vault_refused_is_none_of_its_faults() -> None:
    records = below_start(result=2, until=3)
    assert replayed(records, opening=replace(OPENING, amount=99)).ok


def test_a_reserve_at_the_start_price_is_in_order() -> None:
    at_start = commitment("lot-1", 1, "CNY", 2, 100, BLINDING)
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**REQUIRED_BEFORE), commitment=at_start)
    records += model.enter_reserve(1_001, 1, 1, at_start)
    assert replayed(records, opening=replace(OPENING, amount=100)).ok


def test_a_refused_disclosure_proves_nothing() -> None:
    report = replayed(reserve_course(met=True, disclose=119))
    assert (report.ok, report.reserve) == (True, "attested")


def test_an_opening_of_another_amount_fits_nothing() -> None:
    report = replayed(reserve_course(met=True), opening=replace(OPENING, amount=119))
    assert [finding.code for finding in report.findings] == ["opening"]
    assert (report.checks["rules"], report.checks["reserve"]) == ("passed", "failed")


def test_a_disclosure_with_another_blinding_is_found() -> None:
    records = reserve_course(met=True, disclose=120)
    assert divergence([*records[:-1], replace(records[-1], blinding=bytes(32))]) == ("divergence", 9)


def test_an_entry_that_the_rules_refuse_is_found() -> None:
    model = room(rules(**REQUIRED_AT_ENTRY))
    records = reserve_course(met=True)
    assert isinstance(records[2], ReserveEntered)
    assert divergence([*records[:2], replace(records[2], commitment=bytes(31) + b"\1")]) == ("divergence", 3)
    assert divergence([*records[:2], replace(records[2], result=VaultResult.BELOW_START)]) == ("divergence", 3)
    assert model.lot(1).commitment == bytes(32)


def test_the_state_hash_is_the_hash_of_the_document() -> None:
    model, _ = opened()
    model.place_bid(1_050, 1, "a", 100)
    lot = struct.pack("<II", 1, 3) + rules().rules_hash + struct.pack("<BB", 2, 0)
    lot += struct.pack("<qqq", 1_100, NONE, NONE) + struct.pack("<qIII", 100, 1, 1, 0) + struct.pack("<III", 0, 1, 1)
    lot += b"\0" + bytes(32) + struct.pack("<BIq", 0, 0, 0)
    lot_hash = hashlib.sha256(b"pyauction/lot/v1" + lot).digest()
    assert model.lot_hash(1) == lot_hash
    state = hashlib.sha256(b"pyauction/state/v1" + struct.pack("<QqI", 4, 1_050, 1) + lot_hash).digest()
    assert model.state_hash() == state


def random_rules(chance: random.Random) -> dict[str, Any]:
    """Return rules that touch every key."""
    extension = chance.choice(list(Extension))
    late = {"extension": extension, "extension_to": 0 if extension == Extension.NONE else chance.randint(1, 40)}
    late["window"] = chance.randint(1, 40) if extension == Extension.WINDOW else 0
    first = chance.choice([free(chance.randint(1, 90)), timed(chance.randint(1, 90), **late), window()])
    changes: dict[str, Any] = {
        "admission": chance.choice(list(Admission)),
        "self_outbid": chance.choice(list(SelfOutbid)),
        "clock": chance.choice(list(Clock)),
        "on_outage": chance.choice(list(OnOutage)),
        "phases": chance.choice([(first,), (first, timed(chance.randint(1, 60), **late)), (first, called())]),
        "max_multiple": chance.choice([None, 1, 4]),
    }
    changes |= chance.choice(
        [
            {"multiple_anchor": chance.choice([None, *Anchor])},
            {"increment_fixed": None, "increment_percent": (1, 7), "increment_rounding": chance.choice(list(Rounding))},
            {"increment_fixed": None, "increment_table": ((0, 5), (120, 20)), "multiple_anchor": Anchor.START_PRICE},
        ]
    )
    return changes | chance.choice([{}, TWO_QUOTED]) | chance.choice([{}, REQUIRED_AT_ENTRY, REQUIRED_BEFORE])


def random_command(model: Model, chance: random.Random, now: int) -> list[Record]:
    lot = chance.randint(1, len(model.lots))
    top = model.lot(lot).top or 90
    key = chance.choice([b"", b"", b"x", b"y"])
    outcome: dict[str, Any] = chance.choice(
        [{"kind": 1, "winner": model.lot(lot).leader, "price": top}, {"kind": 2, "cause": chance.randint(0, 4)}]
    )
    dice: list[Any] = [
        lambda: model.admit_bidder(now, lot, chance.choice("abc")),
        lambda: model.close_lot(now, lot),
        lambda: model.resume_lot(now, lot),
        lambda: model.enter_reserve(now, lot, chance.choice([1, 1, 1, 2, 3]), C, "k", "n"),
        lambda: model.reenter_reserve(now, lot, chance.choice([1, 3]), C),
        lambda: model.compare_reserve(now, lot, met=top >= 120),
        lambda: model.disclose_reserve(now, lot, 120, BLINDING),
        lambda: model.record_outcome(now, lot, **outcome),
        lambda: model.clock_jumped(now, now),
        lambda: model.advance(now),
    ]
    dice += [lambda: model.place_bid(now, lot, chance.choice("abc"), top + chance.randint(-5, 60), key)] * 12
    dice += [lambda: model.suspend_lot(now, lot)] + [lambda: model.terminate_lot(now, lot)] * (chance.random() < 0.1)
    records: list[Record] = chance.choice(dice)()
    return records


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_model_records_is_verified(seed: int) -> None:
    chance = random.Random(seed)
    model, writer, now = Model(), JournalWriter(align=512), OPENED
    writer.records(model.open_house(now, 1))
    for number in (1, 2):
        changes = random_rules(chance)
        before = {"commitment": C} if changes.get("reserve_commitment") == 1 else {}
        writer.records(
            model.open_lot(now, name=f"lot-{number}", rules=rules(**changes), opens_at=now + number - 1, **before)
        )
    for _ in range(50):
        now += chance.choice([0, 1, 7, 20])
        if chance.random() < 0.03:
            now += 60
            writer.open_epoch().records(model.open_house(now, writer.epoch))
        records = random_command(model, chance, now)
        if records:
            writer.records(records)
        if chance.random() < 0.1:
            writer.state(model.state_hash())
    report = verify_files(writer.seal().files())
    unsettled = [finding for finding in report.findings if finding.code not in ("settlement", "reserve")]
    assert unsettled == []


def test_the_journal_of_a_sale_holds_its_last_record() -> None:
    model, course = sale()
    assert isinstance(last(course[-1]), OutcomeRecorded)
    assert journal(course).state(model.state_hash()).files().keys() == {"00000000000000000001.plog"}
    assert at_the_end() == flat(course)

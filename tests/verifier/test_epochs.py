"""Where epochs begin, and what an outage leaves behind: at once, in the next frame, or in the next epoch."""

from __future__ import annotations

from dataclasses import replace

import pytest
from auction_room import OPENED, rules
from journal_writer import JournalWriter
from replaying import divergence, opened, renumbered
from verifier import BidderAdmitted, ClockJumped, Model, Record, Report, verify_files
from verifier.terms import OnOutage


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
    assert [(f.code, f.seq) for f in verify_files(writer.files()).findings] == [("sequence", 4)]
    first = replace(records[0], epoch=0)
    assert [(f.code, f.seq) for f in verify_files(JournalWriter().records([first]).files()).findings] == [
        ("sequence", 1)
    ]


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


def test_an_invented_outage_is_found() -> None:
    model, records = opened()
    writer = JournalWriter().records(records).open_epoch()
    house = model.open_house(1_050, 2)
    suspended = replace(outage()[1][1], seq=5, at=1_050, lot_seq=3)
    writer.records([*house, suspended])
    assert [(f.code, f.seq) for f in verify_files(writer.files()).findings] == [("divergence", 5)]

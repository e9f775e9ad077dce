"""What the vault said about a reserve: taken as recorded without its opening, proven or refuted with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, REQUIRED_BEFORE, room, rules
from replaying import BLINDING, C, divergence, replayed
from verifier import Model, Opening, Record, ReserveEntered, commitment
from verifier.terms import VaultResult


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
    records += model.enter_reserve(1_001, 1, result, BELOW, "keeper", "notary")
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

"""What the vault said about a reserve of several figures: judged by each figure, and by their mean when all are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, permutations
from typing import TYPE_CHECKING

import pytest
from auction_room import OPENED, SETTERS, rules
from journal_writer import JournalWriter
from replaying import BLINDING, commitment_to, divergence, renumbered, replayed
from verifier import Model, Opening, Record, Report, ReserveDisclosed, ReserveEntered, verify_files
from verifier.terms import Rounding, VaultResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AMOUNTS = (120, 121, 121)
"""Their mean is 120⅔."""
UP, DOWN = Rounding.UP, Rounding.DOWN


def blinding(number: int) -> bytes:
    return bytes([number]) * 32


def opening(number: int, amount: int) -> Opening:
    """Return the opening of the figure of this number, from 0."""
    return Opening("lot-1", 1, "CNY", 2, amount, blinding(number))


def openings(amounts: Sequence[int] = AMOUNTS, of: Iterable[int] = range(3)) -> list[Opening]:
    return [opening(number, amounts[number]) for number in of]


def course(
    *,
    met: bool,
    top: int = 121,
    amounts: Sequence[int] = AMOUNTS,
    rounding: Rounding = UP,
    disclose: Iterable[int] = (),
) -> list[Record]:
    """Return the records of a sale: the three entries have the sequences 3 to 5, the comparison 9, the disclosures 11, …"""
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**SETTERS | {"reserve_rounding": rounding}))
    for number, amount in enumerate(amounts):
        records += model.enter_reserve(1_001, 1, 1, opening(number, amount).commitment, f"setter {number}", "notary")
    records += model.place_bid(1_002, 1, "a", top)
    records += model.compare_reserve(1_100, 1, met=met)
    outcome = {"kind": 1, "winner": 1, "price": top} if met else {"kind": 2, "cause": 3}
    records += model.record_outcome(1_101, 1, **outcome)
    for number in disclose:
        records += model.disclose_reserve(1_102, 1, amounts[number], blinding(number), f"setter {number}")
    return records


def found(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in report.findings]


MEANS: list[tuple[tuple[int, int, int], Rounding, int]] = [
    ((120, 130, 140), UP, 130),
    ((140, 120, 130), DOWN, 130),
    ((120, 121, 121), UP, 121),
    ((120, 121, 121), DOWN, 120),
    ((120, 120, 121), UP, 121),
    ((120, 120, 121), DOWN, 120),
    ((125, 125, 125), UP, 125),
    ((2**63 - 1, 101, 101), DOWN, (2**63 + 201) // 3),
    ((2**63 - 1, 2**63 - 1, 2**63 - 1), UP, 2**63 - 1),
]


@pytest.mark.parametrize("met", [True, False])
@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize(("amounts", "rounding", "reserve"), MEANS)
def test_the_comparison_is_one_with_the_mean(
    *, amounts: tuple[int, int, int], rounding: Rounding, reserve: int, off: int, met: bool
) -> None:
    top = min(reserve + off, 2**63 - 1)
    records = course(met=met, top=top, amounts=amounts, rounding=rounding)
    report = replayed(records, opening=openings(amounts))
    right = met == (top >= reserve)
    assert found(report) == ([] if right else [("reserve", 9)])
    assert report.lots[0].reserve == ("proven" if right else "none")
    assert replayed(records).reserve == "attested"


SOME = list(chain.from_iterable(combinations(range(3), size) for size in range(4)))
ORDERS = list(chain.from_iterable(permutations(range(3), size) for size in range(4)))


@pytest.mark.parametrize("given", SOME, ids=str)
def test_the_comparison_is_judged_when_all_figures_are_known(given: tuple[int, ...]) -> None:
    """Whether from openings, from disclosures or from both: at the record that makes the set complete."""
    for order in ORDERS:
        known = [{*given, *order[:count]} for count in range(len(order) + 1)]
        complete = next((count for count, numbers in enumerate(known) if len(numbers) == 3), None)
        for met in (True, False):
            report = replayed(course(met=met, disclose=order), opening=openings(of=given))
            if complete is None or met:
                way = "attested" if complete is None else "proven"
                assert (found(report), report.reserve, report.lots[0].reserve) == ([], way, way)
            else:
                assert found(report) == [("reserve", 9 if complete == 0 else 10 + complete)]


def test_a_contradiction_names_the_mean() -> None:
    (finding,) = replayed(course(met=False), opening=openings()).findings
    assert finding.text_en == "record 9: the top 121 of lot lot-1 and the reserve 121 contradict not_met"


def test_one_figure_twice_is_one() -> None:
    twice = [*openings(of=(0, 1)), *openings(of=(0, 1))]
    assert replayed(course(met=False, disclose=(1, 0, 1)), opening=twice).reserve == "attested"


def test_equal_figures_are_several() -> None:
    records = course(met=True, amounts=(121, 121, 121))
    assert replayed(records, opening=openings((121, 121, 121), (0, 1))).reserve == "attested"
    assert replayed(records, opening=openings((121, 121, 121))).reserve == "proven"


def test_an_opening_that_fits_no_figure_is_found() -> None:
    records = course(met=True)
    for strange in (opening(0, 121), opening(1, 120), replace(opening(0, 120), round=2), opening(3, 120)):
        report = replayed(records, opening=[*openings(of=(1, 2)), strange])
        assert (found(report), report.reserve) == ([("opening", None)], "attested")
    assert found(replayed(records[:3], opening=openings(of=(0, 1)))) == [("opening", None)]


def test_the_openings_of_two_lots_do_not_mix() -> None:
    model = Model()
    records = model.open_house(OPENED, 1)
    for lot in (1, 2):
        records += model.open_lot(OPENED, name=f"lot-{lot}", rules=rules(**SETTERS))
    named = [[replace(of, lot=f"lot-{lot}") for of in openings()] for lot in (1, 2)]
    for lot in (1, 2):
        for number, of in enumerate(named[lot - 1]):
            records += model.enter_reserve(1_001, lot, 1, of.commitment, f"setter {number}", "notary")
        records += model.place_bid(1_002, lot, "a", 121)
    for lot in (1, 2):
        records += model.compare_reserve(1_100, lot, met=True)
    report = replayed(records, opening=[*named[0][:2], *named[1][2:]])
    assert [lot.reserve for lot in report.lots] == ["attested", "attested"]
    report = replayed(records, opening=[*named[0], *named[1][2:]])
    assert ([lot.reserve for lot in report.lots], report.reserve) == (["proven", "attested"], "attested")


BELOW = (130, 99, 140)
"""The second figure is below the start price of 100, which their mean is not."""


@pytest.mark.parametrize(
    ("given", "disclosed", "seq"),
    [
        ((), (), None),
        ((0, 2), (), None),
        ((0, 2), (0, 2), None),
        ((1,), (), 4),
        ((0, 1), (), 4),
        ((1,), (1,), 4),
        ((), (1,), 11),
        ((), (2, 1), 12),
        ((0, 2), (2, 1), 12),
    ],
)
def test_a_figure_below_the_start_price_is_found_by_itself(
    *, given: tuple[int, ...], disclosed: tuple[int, ...], seq: int | None
) -> None:
    report = replayed(course(met=False, amounts=BELOW, disclose=disclosed), opening=openings(BELOW, given))
    assert found(report) == ([] if seq is None else [("reserve", seq)])
    if seq is not None:
        assert report.findings[0].text_en.endswith(
            "the reserve figure 99 of lot lot-1 was taken, below the start price 100"
        )


def test_an_opening_behind_the_figure_that_ends_the_judging_fits_nothing_that_was_judged() -> None:
    report = replayed(course(met=False, amounts=BELOW), opening=openings(BELOW))
    assert found(report) == [("reserve", 4), ("opening", None)]


@pytest.mark.parametrize(("given", "seq"), [(True, 4), (False, 6)])
def test_a_figure_below_the_start_price_is_found_where_others_are_missing(*, given: bool, seq: int) -> None:
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**SETTERS))
    for number in (0, 1):
        records += model.enter_reserve(1_001, 1, 1, opening(number, BELOW[number]).commitment, f"setter {number}")
    records += model.terminate_lot(1_002, 1)
    records += model.disclose_reserve(1_003, 1, 99, blinding(1))
    assert found(replayed(records, opening=openings(BELOW, (1,)) if given else [])) == [("reserve", seq)]


def test_a_figure_at_the_start_price_is_in_order() -> None:
    records = course(met=True, top=100, amounts=(100, 100, 100))
    assert replayed(records, opening=openings((100, 100, 100))).reserve == "proven"


def test_a_figure_below_the_start_price_that_the_vault_refused_is_none_of_its_faults() -> None:
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**SETTERS))
    records += model.enter_reserve(1_001, 1, 1, opening(0, 120).commitment, "setter 0")
    records += model.enter_reserve(1_002, 1, 2, opening(1, 99).commitment, "setter 1")
    assert found(replayed(records, opening=openings(BELOW, (1,)))) == [("opening", None)]


def forged(number: int, **changes: object) -> list[Record]:
    """Return the records of a right course, of which one is changed."""
    records = course(met=True, disclose=(0, 1, 2))
    return [*records[: number - 1], replace(records[number - 1], **changes), *records[number:]]


def test_right_records_are_verified() -> None:
    assert replayed(course(met=True, disclose=(0, 1, 2))).reserve == "proven"


def test_forged_records_are_found() -> None:
    first = opening(0, 120).commitment
    assert divergence(forged(4, by="setter 0")) == ("divergence", 4)
    assert divergence(forged(4, commitment=first)) == ("divergence", 4)
    assert divergence(forged(4, result=VaultResult.BELOW_START)) == ("divergence", 4)
    assert divergence(forged(11, amount=121)) == ("divergence", 11)
    assert divergence(forged(11, blinding=blinding(1))) == ("divergence", 11)
    records = course(met=True)
    without = renumbered([*records[:3], *records[4:]])
    assert divergence(without) == ("divergence", 8)
    again = renumbered([*records[:5], replace(records[4], by="setter 3", commitment=commitment_to(120)), *records[5:]])
    assert divergence(again) == ("divergence", 6)


def test_another_order_or_another_name_is_another_state() -> None:
    """Where the entries are those of others, nothing but the state and the chain of the journal tells."""
    records = course(met=True)
    entries = records[2:5]
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**SETTERS))
    for entry in entries:
        assert isinstance(entry, ReserveEntered)
        model.enter_reserve(entry.at, 1, entry.result, entry.commitment, entry.by, entry.witness)
    swapped = renumbered([*records[:2], entries[1], entries[0], entries[2]])
    renamed = [*records[:4], replace(entries[2], by="another")]
    for taken, expected in ((records[:5], []), (swapped, [("state", 5)]), (renamed, [("state", 5)])):
        writer = JournalWriter()
        writer.records(taken)
        writer.state(model.state_hash())
        assert found(verify_files(writer.files())) == expected


def test_a_refused_disclosure_of_a_figure_proves_nothing() -> None:
    model = Model()
    records = model.open_house(OPENED, 1) + model.open_lot(OPENED, name="lot-1", rules=rules(**SETTERS))
    records += model.enter_reserve(1_001, 1, 1, commitment_to(120), "setter 0")
    records += model.terminate_lot(1_002, 1)
    refused = model.disclose_reserve(1_003, 1, 121, BLINDING)
    assert not isinstance(refused[-1], ReserveDisclosed)
    assert (replayed([*records, *refused]).ok, replayed(records).reserve) == (True, "none")

"""The evaluation of a tender: who may evaluate, exact points of every part, and the candidates that follow."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

import pytest
from sales import SECOND, manual_house, tender

from pyauction import (
    AuctionHouse,
    Candidate,
    Evaluation,
    MemoryJournal,
    MisuseError,
    Panel,
    Panelist,
    Part,
    candidates,
    verifier,
    verify,
)
from pyauction._engine import decode_record, read_journal
from pyauction.events import SealedBidScored, event_of

ORDER = {"authority": "招标人", "why": "评标结束"}


def members(count: int, experts: int, field: str = "") -> tuple[Panelist, ...]:
    return tuple(Panelist(f"m{index}", index < experts, field) for index in range(count))


PANEL = Panel(members(5, 4))
PARTS = (Part("price", 40, "share_of_highest"), Part("technical", 50, "panel"), Part("business", 10, "panel"))


def marks(technical: Any, business: Any) -> dict[str, dict[str, Any]]:
    """Return the marks of one bidder: the same of each member, or one of each."""
    return {
        name: {f"m{index}": given[index] if isinstance(given, tuple) else given for index in range(5)}
        for name, given in (("technical", technical), ("business", business))
    }


MARKS = {"001": marks(40, 10), "002": marks((50, 40, 40, 40, 41), 9), "003": marks(Fraction(1, 3), 0)}
EVALUATION = Evaluation(panel=PANEL, parts=PARTS, marks=MARKS)


def opened(*amounts: int, journal: Any = None, **changes: Any) -> AuctionHouse:
    """Return a house whose tender A has these bids, all open."""
    house = manual_house(journal)
    house.open_lot("A", tender(sealed_award="most_points", **changes))
    for number, amount in enumerate(amounts, 1):
        house.admit("A", f"00{number}")
        assert house.place_sealed_bid("A", number, house.seal_bid("A", f"00{number}", amount)).accepted
    house.advance(at=100 * SECOND)
    house.open_sealed_bids("A")
    return house


# 招标投标法 art. 37: an odd number of at least five, two thirds of them experts. 四川 2025: more than two thirds, at least two of
# geology or mining.
WRONG_PANELS: dict[str, tuple[dict[str, Any], str]] = {
    "three": ({"members": members(3, 3)}, "expected an odd number of at least 5 members, received 3"),
    "six": ({"members": members(6, 6)}, "expected an odd number of at least 5 members, received 6"),
    "three experts of five": ({"members": members(5, 3)}, "expected at least two thirds experts, received 3 of 5"),
    "five of nine": ({"members": members(9, 5)}, "expected at least two thirds experts, received 5 of 9"),
    "exactly two thirds where more are asked": (
        {"members": members(9, 6), "more_than_two_thirds": True}, "expected more than two thirds experts, received 6 of 9"),
    "one of geology": (
        {"members": (*members(5, 5), ), "fields": ("地质", "采矿"), "of_fields": 2},
        "expected at least 2 experts of 地质, 采矿, received 0"),
    "experts of no field": (
        {"members": members(5, 5), "of_fields": 2}, "expected the fields of which so many experts must be, received none"),
    "one name twice": ({"members": (*members(4, 4), Panelist("m0", expert=True))}, "expected members of different names"),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "told"), WRONG_PANELS.values(), ids=WRONG_PANELS.keys())
def test_a_panel_that_may_not_evaluate_is_refused(stated: dict[str, Any], told: str) -> None:
    with pytest.raises(MisuseError, match=told):
        Panel(**stated)


def test_panels_that_may() -> None:
    Panel(members(5, 4))
    Panel(members(9, 6))
    sichuan = (*members(5, 2, "地质"), Panelist("m5", expert=True), Panelist("m6", expert=True))
    Panel((*sichuan[:2], *members(9, 9)[4:]), fields=("地质", "采矿"), of_fields=2, more_than_two_thirds=True)


def test_points_are_exact_and_the_price_is_a_share_of_the_highest_valid_amount() -> None:
    house = opened(120, 130, 140, 90, start_price=80, sealed_most=140)
    expected = {
        "001": Fraction(40 * 120, 140) + 50,
        "002": Fraction(40 * 130, 140) + Fraction(211, 5) + 9,
        "003": 40 + Fraction(1, 3),
        "004": Fraction(40 * 90, 140) + 50,
    }
    evaluation = Evaluation(panel=PANEL, parts=PARTS, marks={**MARKS, "004": marks(40, 10)})
    assert evaluation.points(house.snapshot("A")) == expected


def test_an_evaluation_is_recorded_and_the_candidates_follow() -> None:
    journal = MemoryJournal()
    house = opened(120, 130, 140, journal=journal)
    assert [decision.accepted for decision in EVALUATION.record(house, "A")] == [True] * 3
    assert house.finish_opening("A", **ORDER).accepted
    assert candidates(house.snapshot("A")) == (
        Candidate(1, "002", 130, Fraction(40 * 130, 140) + Fraction(256, 5)),
        Candidate(2, "001", 120, Fraction(40 * 120, 140) + 50),
        Candidate(3, "003", 140, Fraction(121, 3)),
    )
    assert [each.bidder for each in candidates(house.snapshot("A"), most=1)] == ["002"]
    house.close()
    assert verify(journal).ok
    assert verify(journal) == verifier.verify_files(journal.files())
    scored = [
        event
        for event in map(event_of, map(decode_record, read_journal(journal)[1]))
        if isinstance(event, SealedBidScored)
    ]
    by = f"panel of 5; evaluation {EVALUATION.digest()}"
    assert [(event.bidder, Fraction(event.numerator, event.denominator), event.by) for event in scored] == [
        (1, Fraction(40 * 120, 140) + 50, by),
        (2, Fraction(40 * 130, 140) + Fraction(256, 5), by),
        (3, Fraction(121, 3), by),
    ]


def test_points_are_told_as_one_writes_them() -> None:
    decisions = EVALUATION.record(opened(200, 100, 100), "A")
    ruled = f"panel of 5; evaluation {EVALUATION.digest()}（FORMAT.md B.4；参见招标投标法第41条）"
    assert [decision.message("zh-CN") for decision in decisions] == [
        f"已接受（序号 {decision.seq}，SealedBidScored）：得分 {points}，{ruled}"
        for decision, points in zip(decisions, ("90", "356/5", "61/3"), strict=True)
    ]


def test_the_document_can_be_written_by_hand() -> None:
    panel = Panel((*(Panelist(name, expert=True, field="地质") for name in "甲乙丙丁"), Panelist("戊", expert=False)))
    bids = {"1213": {"technical": {"戊": 1, "丁": Fraction(3, 6), "丙": 2, "乙": 0, "甲": 5}}}
    parts = (Part("price", Fraction(80, 2), "share_of_highest"), Part("technical", 5, "panel"))
    evaluation = Evaluation(panel=panel, parts=parts, marks=bids)
    member = '{"expert":true,"field":"地质","name":"%s"}'
    assert evaluation.document() == (
        '{"marks":{"1213":{"technical":{"丁":"1/2","丙":"2","乙":"0","戊":"1","甲":"5"}}},'
        '"panel":{"fields":[],"least":5,"members":[' + ",".join(member % name for name in "甲乙丙丁") +
        ',{"expert":false,"field":"","name":"戊"}],"more_than_two_thirds":false,"of_fields":0},'
        '"parts":[{"by":"share_of_highest","name":"price","points":"40"},{"by":"panel","name":"technical","points":"5"}]}'
    )  # fmt: skip
    assert evaluation.digest() == hashlib.sha256(evaluation.document().encode()).hexdigest()


def test_the_digest_binds_every_mark_and_member() -> None:
    other = {**MARKS, "001": marks(40, Fraction(99, 10))}
    digests = {
        EVALUATION.digest(),
        Evaluation(panel=PANEL, parts=PARTS, marks=other).digest(),
        Evaluation(panel=Panel(members(5, 5)), parts=PARTS, marks=MARKS).digest(),
        Evaluation(panel=PANEL, parts=(Part("price", 41, "share_of_highest"), *PARTS[1:]), marks=MARKS).digest(),
    }
    assert len(digests) == 4
    assert Evaluation(panel=Panel(members(5, 4)), parts=PARTS, marks=dict(reversed(MARKS.items()))).digest() in digests


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a mark of nobody on the panel": (
        {"marks": {**MARKS, "001": {**marks(40, 10), "technical": {**marks(40, 10)["technical"], "m9": 1}}}},
        "marks of 001, technical: expected one of each member"),
    "a member who gave none": (
        {"marks": {**MARKS, "001": {**marks(40, 10), "technical": {"m0": 1}}}},
        r"marks of 001, technical: expected one of each member \(m0, m1, m2, m3, m4\), received those of m0"),
    "above the most": ({"marks": {**MARKS, "001": marks(51, 10)}}, "marks of 001, technical, m0: expected 0 to 50, received 51"),
    "below nothing": ({"marks": {**MARKS, "001": marks(-1, 10)}}, "expected 0 to 50, received -1"),
    "a float": ({"marks": {**MARKS, "001": marks(40.5, 10)}}, "expected an int or a Fraction, received 40.5"),
    "a bidder without marks": ({"marks": {"001": MARKS["001"]}}, "marks of 002, technical: expected one of each member"),
    "a stranger": ({"marks": {**MARKS, "009": MARKS["001"]}}, "expected marks of bidders with a valid bid only, received 009"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), WRONG.values(), ids=WRONG.keys())
def test_marks_that_do_not_fit_are_named_and_nothing_is_recorded(changes: dict[str, Any], told: str) -> None:
    house = opened(120, 130, 140)
    before = house.last_seq
    with pytest.raises(MisuseError, match=told):
        Evaluation(**{"panel": PANEL, "parts": PARTS, "marks": MARKS} | changes).record(house, "A")
    assert house.last_seq == before


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((), "parts: expected at least one, of different names"),
        ((PARTS[0], PARTS[0]), "parts: expected at least one, of different names"),
        ((Part("price", 0, "share_of_highest"),), "part price: expected points above 0, received 0"),
        ((Part("price", 1, "lottery"),), "part price: by: expected panel or share_of_highest, received 'lottery'"),  # type: ignore[arg-type]
        ((Part("price", 0.5, "share_of_highest"),), "part price: points: expected an int or a Fraction"),  # type: ignore[arg-type]
    ],
)
def test_parts_that_are_none_are_refused(parts: tuple[Part, ...], told: str) -> None:
    with pytest.raises(MisuseError, match=told):
        Evaluation(panel=PANEL, parts=parts, marks={})


def test_points_beyond_64_bits_are_refused_as_misuse() -> None:
    house = opened(120, 130, 140)
    with pytest.raises(MisuseError, match="points: expected a fraction from 0 on of 64-bit numbers"):
        house.score_sealed_bid("A", "001", Fraction(1, 2**63), by="x")

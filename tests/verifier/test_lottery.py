"""The lottery among the bidders at the price cap: when it is to be drawn, the draw by hand, and what follows it."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from auction_room import LOTTERY, OPENED, REQUIRED_AT_ENTRY, SEEDS, TWO_QUOTED, called, free, rules, timed, verdict
from replaying import BLINDING, C, flat, renumbered, replayed
from verifier import (
    CommandError,
    CommandRefused,
    LotClosed,
    LotteryDrawn,
    Model,
    Record,
    ReserveCompared,
    lottery_commitment,
    settle,
)
from verifier.settle import Settlement
from verifier.terms import (
    AfterClose,
    BiddersCounted,
    CloseCause,
    Command,
    Comparison,
    OutcomeCause,
    OutcomeKind,
    Reason,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG = bytes([3]) * 32
TWO_ADMITTED: dict[str, Any] = {"min_bidders": 2, "min_bidders_counts": BiddersCounted.ADMITTED}
RESERVED: dict[str, Any] = LOTTERY | REQUIRED_AT_ENTRY


def drawn_by_hand(bidders: Sequence[int], seeds: Sequence[bytes], name: str = "lot-1", round_: int = 1) -> int:
    """Return the bidder that the formula of the document gives, worked apart from the verifier."""
    raw = b"pyauction/lottery/draw/v1" + struct.pack("<H", len(name.encode())) + name.encode()
    raw += struct.pack("<I", round_) + struct.pack("<I", len(bidders))
    for bidder in bidders:
        raw += struct.pack("<I", bidder)
    for seed in seeds:
        raw += seed
    number = 0
    for byte in hashlib.sha256(raw).digest():
        number = number * 256 + byte
    return bidders[number % len(bidders)]


def course(
    bids: str, *, met: bool | None = None, of: dict[str, Any] | None = None, **lot: Any
) -> tuple[Model, list[Record]]:
    """Return a house and its records up to its lot's close at 1100, or the comparison: who bid the cap, in this order.

    The bidders a to d have the numbers 1 to 4; d bids 100 first, and never the cap unless it is named.
    """
    model = Model()
    model_rules = rules(**(of or (LOTTERY if met is None else RESERVED)))
    records = model.open_house(OPENED, 1) + model.open_lot(
        OPENED, name=lot.pop("name", "lot-1"), rules=model_rules, **lot
    )
    for bidder in "abcd":
        records += model.admit_bidder(1_001, 1, bidder)
    if met is not None:
        records += model.enter_reserve(1_001, 1, 1, C)
    records += model.place_bid(1_002, 1, "d", 100)
    for at, bidder in enumerate(bids, 1_010):
        records += model.place_bid(at, 1, bidder, 150)
    records += model.advance(1_100)
    if met is not None:
        records += model.compare_reserve(1_100, 1, met)
    return model, records


def close(model: Model, bids: str, after: AfterClose) -> LotClosed:
    """Return the record of a close behind these bids of the cap and the one below it."""
    leader = "abcd".index(bids[-1]) + 1 if bids else 4
    return LotClosed(
        seq=model.seq, at=1_100, lot=1, lot_seq=model.lot(1).lot_seq, bidder=leader, due=1_100,
        cause=CloseCause.DEADLINE, next=after, top=150 if bids else 100, accepted=len(bids) + 1, refused=0,
        quoted=len({*bids, "d"}), admitted=4,
    )  # fmt: skip


CLOSES: list[tuple[str, dict[str, Any], str, State]] = [
    ("nobody", LOTTERY, "", State.CLOSED),
    ("one", LOTTERY, "a", State.CLOSED),
    ("two", LOTTERY, "ba", State.AWAITING_DRAW),
    ("three", LOTTERY, "cab", State.AWAITING_DRAW),
    ("all", LOTTERY, "cabd", State.AWAITING_DRAW),
    ("one of at least two", LOTTERY | TWO_QUOTED, "a", State.CLOSED),
    ("two of at least two", LOTTERY | TWO_QUOTED, "ba", State.AWAITING_DRAW),
    ("two of at least four", LOTTERY | TWO_QUOTED | {"min_bidders": 4}, "ba", State.CLOSED),
    ("two of at least four admitted", LOTTERY | TWO_ADMITTED | {"min_bidders": 4}, "ba", State.AWAITING_DRAW),
    ("two of at least five admitted", LOTTERY | TWO_ADMITTED | {"min_bidders": 5}, "ba", State.CLOSED),
    ("two in a free phase", LOTTERY | {"phases": (free(),)}, "ba", State.AWAITING_DRAW),
]


@pytest.mark.parametrize(("of", "bids", "state"), [row[1:] for row in CLOSES], ids=[row[0] for row in CLOSES])
def test_a_lot_without_a_reserve_is_drawn_where_several_are_at_the_cap(
    of: dict[str, Any], bids: str, state: State
) -> None:
    """The cap ends no phase: who else wants to bid it may do so up to the deadline."""
    model, records = course(bids, of=of)
    assert (records[-1], model.lot(1).state) == (close(model, bids, AfterClose.NO_COMPARISON), state)
    assert (model.quote(1).ask, model.quote(1).closes_at) == (None, None)


def test_a_bid_of_the_cap_extends_the_phase_and_a_call_closes_it() -> None:
    model = Model()
    records = model.open_house(OPENED, 1)
    records += model.open_lot(OPENED, name="lot-1", rules=rules(**LOTTERY, phases=(called(),)))
    records += model.place_bid(1_001, 1, "a", 150) + model.place_bid(1_002, 1, "b", 150)
    (closed,) = model.close_lot(1_003, 1)
    assert isinstance(closed, LotClosed)
    assert (closed.cause, model.lot(1).state) == (CloseCause.CALLED, State.AWAITING_DRAW)


def test_the_end_of_a_phase_that_is_not_the_last_goes_on_as_ever_with_the_cap_reached() -> None:
    for single_bidder, phase in ((1, 0), (2, 1)):
        model = Model()
        model.open_house(OPENED, 1)
        of = rules(**LOTTERY, phases=(free(), timed()), single_bidder=single_bidder)
        model.open_lot(OPENED, name="lot-1", rules=of)
        model.place_bid(1_001, 1, "a", 150)
        model.advance(1_100)
        assert model.quote(1).phase == phase
    assert verdict(model.place_bid(1_101, 1, "b", 150)) == "accepted"


RESERVES: list[tuple[str, bool, str, State]] = [
    ("one, met", True, "a", State.CLOSED),
    ("two, met", True, "ba", State.AWAITING_DRAW),
    ("three, met", True, "cab", State.AWAITING_DRAW),
    ("one, not met", False, "a", State.CLOSED),
    ("two, not met", False, "ba", State.CLOSED),
]


@pytest.mark.parametrize(("met", "bids", "state"), [row[1:] for row in RESERVES], ids=[row[0] for row in RESERVES])
def test_a_lot_with_a_reserve_is_drawn_once_it_is_met(*, met: bool, bids: str, state: State) -> None:
    model, records = course(bids, met=met)
    compared = ReserveCompared(
        seq=model.seq, at=1_100, lot=1, lot_seq=model.lot(1).lot_seq, top=150,
        result=Comparison.MET if met else Comparison.NOT_MET,
    )  # fmt: skip
    before = replace(close(model, bids, AfterClose.COMPARE), seq=model.seq - 1, lot_seq=model.lot(1).lot_seq - 1)
    assert (records[-2:], model.lot(1).state) == ([before, compared], state)


def test_a_lot_with_a_reserve_that_nobody_entered_is_not_drawn() -> None:
    model, _ = course("ba", of=RESERVED)
    assert model.lot(1).state == State.AWAITING_RESERVE
    assert verdict(model.draw_lottery(1_101, 1, SEEDS)) == "wrong_phase"
    assert verdict(model.compare_reserve(1_101, 1, met=True)) == "reserve_missing"


ORDERS = ["ba", "ab", "cab", "bca", "abcd", "cdba", "ad"]


@pytest.mark.parametrize("round_", [1, 2, 7])
@pytest.mark.parametrize("name", ["lot-1", "标的一"])
@pytest.mark.parametrize("bids", ORDERS)
def test_the_lot_falls_to_whom_the_formula_gives(bids: str, name: str, round_: int) -> None:
    model, records = course(bids, name=name, round=round_)
    at_cap = ["abcd".index(bidder) + 1 for bidder in bids]
    expected = drawn_by_hand(at_cap, SEEDS, name, round_)
    drawn = LotteryDrawn(
        seq=model.seq + 1, at=1_200, lot=1, lot_seq=model.lot(1).lot_seq + 1, bidder=expected, at_cap=len(bids), seeds=SEEDS,
    )  # fmt: skip
    assert model.draw_lottery(1_200, 1, list(SEEDS)) == [drawn]
    lot = model.lot(1)
    assert (lot.state, lot.drawn, lot.winner) == (State.CLOSED, expected, 0)
    assert settle(lot) == Settlement(kind=OutcomeKind.SOLD, winner=expected, price=150)
    records += [drawn, *model.record_outcome(1_200, 1, kind=1, winner=expected, price=150)]
    report = replayed(records)
    assert (report.ok, report.lots[0].winner, report.lots[0].settlement) == (True, "abcd"[expected - 1], "verified")


def test_the_draws_of_the_table_come_to_every_place() -> None:
    places = {
        drawn_by_hand(at_cap, SEEDS, "lot-1", round_) for at_cap in ([1, 2, 3], [3, 1, 2]) for round_ in range(1, 9)
    }  # fmt: skip
    assert places == {1, 2, 3}


@pytest.mark.parametrize("count", [1, 3, 16])
def test_a_lottery_has_as_many_seeds_as_its_rules_have_commitments(count: int) -> None:
    seeds = [bytes([40 + n]) * 32 for n in range(count)]
    of = LOTTERY | {"lottery_seeds": tuple(map(lottery_commitment, seeds))}
    model, records = course("cab", of=of)
    (drawn,) = model.draw_lottery(1_200, 1, seeds)
    assert (drawn.bidder, replayed([*records, drawn]).ok) == (drawn_by_hand([3, 1, 2], seeds), True)


MISMATCHES: list[tuple[str, list[bytes]]] = [
    ("another first", [WRONG, SEEDS[1]]),
    ("another last", [SEEDS[0], WRONG]),
    ("the other order", [SEEDS[1], SEEDS[0]]),
    ("one less", [SEEDS[0]]),
    ("one more", [*SEEDS, WRONG]),
    ("one twice", [SEEDS[0], SEEDS[0]]),
    ("the commitments", [lottery_commitment(seed) for seed in SEEDS]),
]


@pytest.mark.parametrize("seeds", [row[1] for row in MISMATCHES], ids=[row[0] for row in MISMATCHES])
def test_other_seeds_than_those_of_the_commitments_are_refused_and_not_recorded(seeds: list[bytes]) -> None:
    model, records = course("cab")
    refused = CommandRefused(
        seq=12, at=1_200, lot=1, lot_seq=11, command=Command.DRAW_LOTTERY, reason=Reason.SEED_MISMATCH
    )
    assert model.draw_lottery(1_200, 1, seeds) == [replace(refused, seq=model.seq, lot_seq=model.lot(1).lot_seq)]
    lot = model.lot(1)
    assert (lot.state, lot.drawn) == (State.AWAITING_DRAW, 0)
    records += [replace(refused, seq=model.seq, lot_seq=lot.lot_seq), *model.draw_lottery(1_201, 1, SEEDS)]
    assert replayed(records).ok


@pytest.mark.parametrize("seeds", [[], [WRONG] * 17, [WRONG[1:]], [WRONG + b"3"], [*SEEDS, b""]])
def test_seeds_that_cannot_be_stated_are_no_command(seeds: list[bytes]) -> None:
    model, _ = course("cab")
    before = model.state_hash()
    with pytest.raises(CommandError):
        model.draw_lottery(1_200, 1, seeds)
    with pytest.raises(CommandError):
        model.draw_lottery(1_200, 2, SEEDS)
    assert model.state_hash() == before


def test_the_lottery_is_drawn_in_its_state_only_and_once() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**LOTTERY), opens_at=1_050)
    said = [verdict(model.draw_lottery(1_001, 1, SEEDS))]
    model.place_bid(1_050, 1, "a", 150)
    said.append(verdict(model.draw_lottery(1_051, 1, SEEDS)))
    model.suspend_lot(1_052, 1)
    said.append(verdict(model.draw_lottery(1_053, 1, [WRONG])))
    model.resume_lot(1_054, 1)
    model.place_bid(1_055, 1, "b", 150)
    said.append(verdict(model.draw_lottery(1_152, 1, SEEDS)))
    said.append(verdict(model.draw_lottery(1_153, 1, SEEDS)))
    assert said == ["wrong_phase", "wrong_phase", "wrong_phase", "accepted", "wrong_phase"]
    for model in (course("a")[0], course("ba", met=False)[0], course("ba", of={"phases": (timed(),)})[0]):
        assert verdict(model.draw_lottery(1_200, 1, SEEDS)) == "wrong_phase"


def test_a_draw_at_the_deadline_finds_the_lot_awaiting_it() -> None:
    model = Model()
    model.open_house(OPENED, 1)
    model.open_lot(OPENED, name="lot-1", rules=rules(**LOTTERY))
    for bidder in "ab":
        model.place_bid(1_001, 1, bidder, 150)
    records = model.draw_lottery(1_100, 1, SEEDS)
    assert [type(record).__name__ for record in records] == ["LotClosed", "LotteryDrawn"]


def test_what_a_lot_that_awaits_its_draw_answers_to_every_command() -> None:
    model, records = course("ba", met=True)
    wrong = [
        model.admit_bidder(1_101, 1, "e"), model.close_lot(1_101, 1), model.suspend_lot(1_101, 1),
        model.resume_lot(1_101, 1), model.announce_resumption(1_101, 1, 2_000), model.compare_reserve(1_101, 1, met=True),
        model.enter_reserve(1_101, 1, 1, C), model.reenter_reserve(1_101, 1, 1, C),
        model.disclose_reserve(1_101, 1, 120, BLINDING), model.answer_inquiry(1_101, 1, "a", yes=True),
        model.grant_priority(1_101, 1, "a"), model.confirm_top_up(1_101, 1, "a"),
        model.record_outcome(1_101, 1, kind=1, winner=1, price=150),
        model.record_outcome(1_101, 1, kind=2, cause=4, detail="x"),
    ]  # fmt: skip
    assert [verdict(answer) for answer in wrong] == ["wrong_phase"] * len(wrong)
    bids = [model.place_bid(1_101, 1, bidder, 150) for bidder in "ce"]
    assert [verdict(answer) for answer in bids] == ["closed", "not_admitted"]
    records += flat(wrong + bids)
    assert (replayed(records).ok, replayed(records).lots[0].state) == (True, "awaiting_draw")
    records += model.terminate_lot(1_102, 1)
    assert (model.lot(1).state, replayed(records).ok) == (State.TERMINATED, True)
    assert verdict(model.draw_lottery(1_103, 1, SEEDS)) == "wrong_phase"


def test_a_reserve_of_declared_none_is_not_entered_while_the_draw_is_awaited() -> None:
    model, _ = course("ba")
    assert verdict(model.enter_reserve(1_101, 1, 1, C)) == "reserve_not_required"
    assert verdict(model.reenter_reserve(1_101, 1, 1, C)) == "wrong_phase"


def outcomes(winner: int, other: int) -> list[tuple[dict[str, Any], str]]:
    return [
        ({"kind": 1, "winner": other, "price": 150}, "outcome_invalid"),
        ({"kind": 1, "winner": winner, "price": 100}, "outcome_invalid"),
        ({"kind": 1, "winner": 4, "price": 100}, "outcome_invalid"),
        ({"kind": 2, "cause": OutcomeCause.NO_BIDS}, "outcome_invalid"),
        ({"kind": 2, "cause": OutcomeCause.TYPE_RULE}, "outcome_invalid"),
        ({"kind": 2, "cause": OutcomeCause.TYPE_RULE, "detail": "x"}, "accepted"),
        ({"kind": 1, "winner": winner, "price": 150}, "accepted"),
    ]


@pytest.mark.parametrize("row", range(7))
def test_a_drawn_lot_is_sold_to_nobody_else_and_at_no_other_price(row: int) -> None:
    model, _ = course("cab")
    model.draw_lottery(1_200, 1, SEEDS)
    winner = drawn_by_hand([3, 1, 2], SEEDS)
    outcome, expected = outcomes(winner, winner % 3 + 1)[row]
    assert verdict(model.record_outcome(1_200, 1, **outcome)) == expected


def test_one_at_the_cap_is_sold_to_without_a_draw() -> None:
    model, records = course("b")
    assert settle(model.lot(1)) == Settlement(kind=OutcomeKind.SOLD, winner=2, price=150)
    records += model.record_outcome(1_100, 1, kind=1, winner=2, price=150)
    assert replayed(records).ok


def test_a_lot_that_falls_to_another_than_the_leader_is_settled_so() -> None:
    """The last bid of the cap leads; with another round the lot falls to somebody else."""
    for round_ in range(1, 20):
        model, records = course("cab", round=round_)
        winner = drawn_by_hand([3, 1, 2], SEEDS, round_=round_)
        records += model.draw_lottery(1_200, 1, SEEDS)
        if winner != model.lot(1).leader:
            break
    assert (winner != 2, model.lot(1).leader) == (True, 2)
    assert verdict(model.record_outcome(1_200, 1, kind=1, winner=2, price=150)) == "outcome_invalid"


LIES: list[tuple[str, dict[str, Any]]] = [
    ("another winner", {"bidder": 3}),
    ("nobody", {"bidder": 0}),
    ("one who is not at the cap", {"bidder": 4}),
    ("a stranger", {"bidder": 9}),
    ("more at the cap", {"at_cap": 4}),
    ("fewer at the cap", {"at_cap": 2}),
    ("another seed", {"seeds": (SEEDS[0], WRONG)}),
    ("the seeds in another order", {"seeds": SEEDS[::-1]}),
    ("a seed more", {"seeds": (*SEEDS, WRONG)}),
]


@pytest.mark.parametrize("changes", [row[1] for row in LIES], ids=[row[0] for row in LIES])
def test_a_draw_that_is_told_otherwise_is_found(changes: dict[str, Any]) -> None:
    model, records = course("cab")
    (drawn,) = model.draw_lottery(1_200, 1, SEEDS)
    told = replace(drawn, **changes)
    assert told != drawn
    (finding,) = replayed([*records, told]).findings
    assert (finding.code, finding.seq) == ("divergence", drawn.seq)
    assert f"seeds={' '.join(seed.hex() for seed in told.seeds)})" in finding.text_en


def test_no_bid_of_the_cap_and_no_draw_can_be_left_out() -> None:
    model, records = course("cab")
    records += model.draw_lottery(1_200, 1, SEEDS)
    winner = model.lot(1).drawn
    records += model.record_outcome(1_200, 1, kind=1, winner=winner, price=150)
    for index in range(2, len(records) - 1):
        assert not replayed(renumbered(records[:index] + records[index + 1 :])).ok, records[index]


def test_a_refused_draw_is_judged_by_the_state_of_the_lot() -> None:
    """Any seed may be the right one, so that it is the number of the seeds which a refusal is repeated with."""
    for count in (1, 2, 15, 16):
        ones = [b"\1" * 32] * count
        of = LOTTERY | {"lottery_seeds": tuple(map(lottery_commitment, ones))}
        model, records = course("ba", of=of)
        mismatch = model.draw_lottery(1_101, 1, [WRONG])
        assert verdict(mismatch) == "seed_mismatch"
        assert replayed([*records, *mismatch]).ok
        assert not replayed([*records, replace(mismatch[0], reason=Reason.WRONG_PHASE)]).ok
        assert verdict(model.draw_lottery(1_101, 1, ones)) == "accepted"
    for model, records in (course("a"), course("ba", of={"phases": (timed(),)})):
        wrong = model.draw_lottery(1_101, 1, SEEDS)
        assert replayed([*records, *wrong]).ok
        assert not replayed([*records, replace(wrong[0], reason=Reason.SEED_MISMATCH)]).ok
        assert not replayed([*records, replace(wrong[0], name="a")]).ok


def test_the_report_names_the_state() -> None:
    report = replayed(course("ba")[1])
    assert "awaiting the lottery" in report.to_text("en")
    assert "待摇号" in report.to_text("zh-CN")

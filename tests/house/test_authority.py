"""Suspending, resuming and terminating are acts of an authority, which says who it is and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from house_room import HOUR, ORDER, SECOND, WHO, english, events_of, manual_house

from pyauction import (
    AuctionHouse,
    EnteredReserve,
    MemoryJournal,
    MisuseError,
    Reason,
    SealedReserve,
    verifier,
    verify,
)
from pyauction._engine import read_journal
from pyauction.events import CommandRefused, LegalBasisStated, LotResumed, LotSuspended, LotTerminated
from pyauction.narrative import tell

ORDERS: dict[str, Callable[..., Any]] = {
    "suspend_lot": AuctionHouse.suspend_lot,
    "resume_lot": AuctionHouse.resume_lot,
    "terminate_lot": AuctionHouse.terminate_lot,
}
PERSONS: dict[str, Callable[..., Any]] = {
    "by": lambda house, text: house.enter_reserve("A", SealedReserve.for_simulation("A", 100), by=text, witness="乙"),
    "witness": lambda house, text: house.enter_reserve("A", SealedReserve.for_simulation("A", 100), by="甲", witness=text),
    "by of a disclosure": lambda house, text: house.disclose_reserve(
        "A", SealedReserve.for_simulation("A", 100), by=text
    ),
}  # fmt: skip
WRONG_TEXTS = [
    ("x" * 256, "expected at most 255 bytes of UTF-8, received 256"),
    ("万" * 86, "expected at most 255 bytes of UTF-8, received 258"),
    ("a\x00", "expected text without control characters, received U+0000 at byte 1"),
    ("两\n行", "expected text without control characters, received U+000A at byte 3"),
]


@pytest.fixture
def house() -> AuctionHouse:
    house = manual_house()
    house.open_lot("A", english(reserve=EnteredReserve(commitment="at_entry")))
    house.bid("A", "001", 100)
    return house


def refused(house: AuctionHouse, call: Callable[[], Any], message: str) -> None:
    before = (house.last_seq, house.quote("A"), house.holds_reserve("A"))
    with pytest.raises(MisuseError) as caught:
        call()
    assert (type(caught.value), str(caught.value)) == (MisuseError, message)
    assert (house.last_seq, house.quote("A"), house.holds_reserve("A")) == before


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("missing", ["authority", "why"])
def test_an_order_without_authority_or_reason_is_misuse(house: AuctionHouse, order: Any, missing: str) -> None:
    refused(house, lambda: order(house, "A", **(ORDER | {missing: ""})), f"{missing} must be stated")


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("argument", ["authority", "why"])
@pytest.mark.parametrize(("text", "message"), WRONG_TEXTS)
def test_an_order_of_another_text_is_misuse(
    house: AuctionHouse, order: Any, argument: str, text: str, message: str
) -> None:
    refused(house, lambda: order(house, "A", **(ORDER | {argument: text})), f"{argument}: {message}")


@pytest.mark.parametrize("person", PERSONS.values(), ids=PERSONS.keys())
def test_a_reserve_is_entered_and_disclosed_by_somebody_with_a_name(
    request: pytest.FixtureRequest, house: AuctionHouse, person: Any
) -> None:
    argument = request.node.callspec.id.split()[0]
    refused(house, lambda: person(house, ""), f"{argument} must be stated")
    for text, message in WRONG_TEXTS:
        refused(house, lambda text=text: person(house, text), f"{argument}: {message}")


def test_orders_are_recorded_with_who_gave_them_and_why() -> None:
    journal = MemoryJournal()
    longest = {"authority": "万" * 85, "why": "x" * 255}
    with manual_house(journal) as house:
        house.open_lot("A", english())
        house.suspend_lot("A", **ORDER, at=SECOND)
        house.resume_lot("A", **longest, at=3 * SECOND)
        house.terminate_lot("A", **ORDER, at=4 * SECOND)
    common = {"lot": 1, "bidder": 0, "reason": None}
    assert events_of(journal)[2:] == [
        LotSuspended(
            seq=3, at_ns=SECOND, lot_seq=2, cause="command", remaining_ns=HOUR - SECOND, **ORDER, **common
        ),
        LotResumed(seq=4, at_ns=3 * SECOND, lot_seq=3, closes_at_ns=HOUR + 2 * SECOND, **longest, **common),
        LotTerminated(seq=5, at_ns=4 * SECOND, lot_seq=4, **ORDER, **common),
    ]  # fmt: skip
    assert verify(journal).ok
    assert verifier.verify_files(journal.files()).ok


def test_a_suspended_lot_keeps_its_quote_and_its_remaining_time(house: AuctionHouse) -> None:
    house.suspend_lot("A", **ORDER, at=HOUR - 1)
    assert house.bid("A", "002", 110, at=9 * HOUR).reason == Reason.SUSPENDED
    assert house.admit("A", "003").accepted
    quote = house.quote("A")
    assert (quote.phase, quote.standing_minor, quote.ask_minor, quote.closes_at_ns) == ("suspended", 100, 110, None)
    house.resume_lot("A", **ORDER)
    assert house.quote("A").closes_at_ns == 9 * HOUR + 1
    assert house.bid("A", "002", 110).accepted


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ((), "resume_lot"),
        (("suspend_lot",), "suspend_lot"),
        (("terminate_lot",), "suspend_lot"),
        (("terminate_lot",), "resume_lot"),
        (("terminate_lot",), "terminate_lot"),
        (("suspend_lot", "resume_lot"), "resume_lot"),
    ],
)
def test_an_order_out_of_place_is_a_recorded_refusal(given: tuple[str, ...], order: str) -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        house.open_lot("A", english())
        for name in given:
            assert ORDERS[name](house, "A", **ORDER).accepted
        decision = ORDERS[order](house, "A", **ORDER)
        assert (decision.accepted, decision.reason) == (False, Reason.WRONG_PHASE)
    last = events_of(journal)[-1]
    assert isinstance(last, CommandRefused)
    assert (last.seq, last.command, last.reason) == (decision.seq, order, "wrong_phase")


def test_a_terminated_lot_has_no_outcome_and_forgets_its_reserve(house: AuctionHouse) -> None:
    house.enter_reserve("A", SealedReserve.for_simulation("A", 100), **WHO)
    assert house.holds_reserve("A")
    house.terminate_lot("A", **ORDER)
    house.advance(at=9 * HOUR)
    assert (house.quote("A").phase, house.outcome("A"), house.holds_reserve("A")) == ("terminated", None, False)
    assert house.bid("A", "001", 500).reason == Reason.CLOSED


def test_only_a_called_lot_is_closed_by_a_call() -> None:
    with manual_house() as house:
        house.open_lot("A", english())
        house.open_lot("B", english(length=None))
        house.bid("B", "001", 100)
        assert house.close_lot("A").reason == Reason.CLOSE_NOT_CALLED
        closed = house.close_lot("B", at=7)
        assert (closed.accepted, house.quote("B").phase) == (True, "decided")
        assert house.close_lot("B").reason == Reason.WRONG_PHASE


# The legal basis (法律依据) of what an authority does: a record of its own before it

BASIS = "国土资规〔2017〕7号 第二十七条"


def test_the_legal_basis_of_each_act_is_stated_before_it_in_the_same_frame() -> None:
    journal = MemoryJournal()
    house = manual_house(journal)
    house.open_lot("A", english(resume_notice="1h"))
    house.suspend_lot("A", **ORDER, basis=BASIS, at=SECOND)
    house.announce_resumption("A", 2 * HOUR, **ORDER, basis=BASIS)
    house.resume_lot("A", **ORDER, basis=BASIS, at=2 * HOUR)
    house.terminate_lot("A", **ORDER, basis=BASIS)
    house.close()
    told = [(type(event).__name__, getattr(event, "basis", None)) for event in events_of(journal)[2:]]
    acts = ["LotSuspended", "ResumptionAnnounced", "LotResumed", "LotTerminated"]
    assert told == [each for act in acts for each in (("LegalBasisStated", BASIS), (act, None))]
    frames = read_journal(journal)[0]
    assert [frame["count"] for frame in frames if frame["kind"] == "records"] == [1, 1, 2, 2, 2, 2]
    assert verify(journal).ok
    assert verify(journal) == verifier.verify_files(journal.files())
    basis = next(event for event in events_of(journal) if isinstance(event, LegalBasisStated))
    assert (tell(basis), tell(basis, lang="zh-CN")) == (
        f"legal basis: {BASIS} (FORMAT.md B.4)",
        f"法律依据：{BASIS}（FORMAT.md B.4）",
    )


def test_a_refused_act_states_no_legal_basis(house: AuctionHouse) -> None:
    before = house.last_seq
    assert house.resume_lot("A", **ORDER, basis=BASIS).reason == "wrong_phase"
    assert house.last_seq == before + 1


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
def test_a_legal_basis_is_a_text_that_is_not_empty(house: AuctionHouse, order: Callable[..., Any]) -> None:
    message = "basis: expected a text, or None for none, received an empty one"
    refused(house, lambda: order(house, "A", **ORDER, basis=""), message)
    for text, problem in WRONG_TEXTS:
        refused(house, lambda text=text: order(house, "A", **ORDER, basis=text), f"basis: {problem}")

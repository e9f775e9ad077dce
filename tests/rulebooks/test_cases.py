"""Rule cases from published rules, each held under the rule book that fits; the expectations are a reader's.

Where the engine's words or its reading differ from a case, the row says so and names the article.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from by_the_book import NO_RESERVE, D, H, M, Room, Step, auction, course, events, ok, verified
from sales import SECOND, WHO, Told, manual_house

from pyauction import EnteredReserve, LotSnapshot, MemoryJournal, MisuseError, ReserveBelowStart, SealedReserve
from pyauction._engine import seal_reserve
from pyauction.events import LotOpened, OutcomeRecorded, ReserveCompared, ReserveEntered, ReserveReentered

Case = tuple[str, dict[str, Any], list[Step], Told]

FREE_BIDS: list[Step] = [(10, "bid", "A", 100), (20, "bid", "B", 110)]
ENTERED = (9.75 * H, "enter")
"""A quarter of an hour before the listing ends, within 汕头's last 30 minutes (art. 20)."""

CASES: dict[str, Case] = {
    # Free bidding for an hour, then 5 minutes of timed bidding in every case, which every bid resets.
    "qinzhou-1": (
        "qinzhou_auction",
        {"start_price": 90},
        [(0, "enter", 90), *FREE_BIDS],
        Told(("ok", "ok", "ok"), H + 5 * M, ("B", 110)),
    ),
    "qinzhou-2": (
        "qinzhou_auction",
        {"start_price": 90},
        [
            (0, "enter", 90),
            (10, "bid", "A", 100),
            (H + 4 * M + 59, "bid", "B", 120),
            (H + 9 * M + 58, "bid", "A", 130),
        ],
        Told(("ok", "ok", "ok", "ok"), H + 14 * M + 58, ("A", 130)),
    ),
    "qinzhou-3": (
        "qinzhou_auction",
        {"start_price": 90},
        [(0, "enter", 150), (10, "bid", "A", 100)],
        Told(("ok", "ok"), H + 5 * M, "reserve_not_met"),
    ),
    # The case says terminated: the notice's part 2(5) calls it 拍卖终止. Here 终止 is an authority's order, and a
    # sale in which nobody bid has an outcome: unsold, no bids.
    "qinzhou-4": ("qinzhou_auction", NO_RESERVE, [], Told((), H + 5 * M, "no_bids")),
    # A valid bid in the listing is needed, 5 minutes of inquiry, 5 minutes that every bid resets.
    "shantou-1": (
        "shantou",
        {},
        [
            *FREE_BIDS,
            (*ENTERED, 115),
            (10 * H + 60, "yes", "A"),
            (10 * H + 61, "yes", "B"),
            (10 * H + 6 * M, "bid", "A", 120),
        ],
        Told(("ok",) * 6, 10 * H + 11 * M, ("A", 120)),
    ),
    "shantou-2": (
        "shantou",
        NO_RESERVE,
        [(10, "bid", "A", 100), (10 * H + 60, "yes", "C")],
        Told(("ok", "no_prior_bid"), 10 * H + 5 * M, ("A", 100)),
    ),
    # Art. 21 asks before it counts who has bid, so one bidder is asked too and the listing ends with the inquiry.
    "shantou-3": (
        "shantou",
        {},
        [(10, "bid", "A", 100), (*ENTERED, 100)],
        Told(("ok", "ok"), 10 * H + 5 * M, ("A", 100)),
    ),
    # The case's timed bidding needs somebody's yes (art. 21, 23), which its timeline leaves out; here A says it.
    "shantou-4": (
        "shantou",
        {},
        [*FREE_BIDS, (*ENTERED, 121), (10 * H + 60, "yes", "A"), (10 * H + 6 * M, "bid", "A", 120)],
        Told(("ok",) * 5, 10 * H + 11 * M, "reserve_not_met"),
    ),
    # The next bid is at least the present one and an increment (4(2)). Whose the 100 is, the case does not say.
    "dezhou-1": (
        "dezhou",
        {**NO_RESERVE, "increment": 5},
        [(10, "bid", "B", 100), (20, "bid", "A", 104), (30, "bid", "A", 105)],
        Told(("ok", "below_increment", "ok"), 10 * H + 5 * M, ("A", 105)),
    ),
    "dezhou-2": ("dezhou", NO_RESERVE, [(10, "bid", "A", 100)], Told(("ok",), 10 * H + 5 * M, ("A", 100))),
    # Without a bid the listing is over at its end; there is no timed bidding (3).
    "dezhou-3": ("dezhou", NO_RESERVE, [], Told((), 10 * H, "no_bids")),
    # An auction needs three bidders (N11 art. 17). It runs to its end, and then nothing is sold.
    "min-bidders-tender": (
        "qinzhou_auction",
        {**NO_RESERVE, "min_bidders_counts": "quoted"},
        FREE_BIDS,
        Told(("ok", "ok"), H + 5 * M, "too_few_bidders"),
    ),
}


@pytest.mark.parametrize(("book", "given", "steps", "told"), CASES.values(), ids=CASES.keys())
def test_a_case(book: str, given: dict[str, Any], steps: list[Step], told: Told) -> None:
    assert course(auction(book, **given), steps) == told


def test_min_bidders_tender_counts_who_was_admitted_where_the_notice_says_so() -> None:
    terms = auction("qinzhou_auction", **NO_RESERVE)
    assert course(terms, FREE_BIDS, admitted="A B") == Told(("ok", "ok"), H + 5 * M, "too_few_bidders")
    assert course(terms, FREE_BIDS, admitted="A B C") == Told(("ok", "ok"), H + 5 * M, ("B", 110))


@pytest.mark.parametrize(
    ("book", "free"), [("dezhou", 10 * H), ("taicang", 10 * H), ("jilin_2025", 10 * H), ("qinzhou_auction", H)]
)
def test_shantou_4_and_qinzhou_3_all_below_the_reserve_is_no_sale_and_tells_only_that(book: str, free: int) -> None:
    room = Room(auction(book))
    steps: list[Step] = [*FREE_BIDS, (free - 20 * M, "enter", 121)]
    assert tuple(room.answer(*step) for step in steps) == ok(steps)
    room.run_out()
    ended = room.end()
    assert ended is not None
    assert ended.result == "reserve_not_met"
    told = [event for event in events(room.journal) if isinstance(event, ReserveCompared | OutcomeRecorded)]
    compared, outcome = told
    assert isinstance(compared, ReserveCompared)
    assert (compared.result, compared.top_minor) == ("not_met", 110)
    assert isinstance(outcome, OutcomeRecorded)
    assert (outcome.kind, outcome.cause, outcome.price_minor, outcome.detail) == ("unsold", "reserve_not_met", 0, "")


SILENT: dict[str, tuple[str, float]] = {
    "德州 item 4(4)": ("dezhou", 10 * H + 5 * M),
    "太仓 art. 24": ("taicang", 10 * H + 4 * M),
    "潍坊, one phase": ("weifang", 10 * H),
    "吉林 part 5(2), nobody agrees": ("jilin_2025", 10 * H + 3 * M),
    "无锡": ("wuxi_lottery", 10 * H + 4 * M),
    "四川 2025": ("sichuan_2025_topup", 10 * H + 5 * M),
    "法释〔2016〕18号 art. 20": ("judicial", 24 * H),
}


@pytest.mark.parametrize(("book", "closed"), SILENT.values(), ids=SILENT.keys())
def test_qinzhou_1_where_nobody_bids_again_the_highest_of_the_free_phase_wins(book: str, closed: float) -> None:
    assert course(auction(book, **NO_RESERVE), FREE_BIDS) == Told(("ok", "ok"), closed, ("B", 110))


def test_qinzhou_1_under_books_that_state_the_reserve_themselves() -> None:
    assert course(auction("capped_rounds"), FREE_BIDS) == Told(("ok", "ok"), 24 * H, ("B", 110))
    # Shanxi requires a reserve (SX40 part 4(2)); here two of the bidders would have to agree to timed bidding.
    steps: list[Step] = [*FREE_BIDS, (9.25 * H, "enter", 105)]
    assert course(auction("shanxi_2024", reserve_commitment="at_entry"), steps) == Told(
        ("ok",) * 3, 10 * H + 5 * M, ("B", 110)
    )


# 福建 art. 33(1), 太仓 art. 21(1), 吉林: sold at once; elsewhere timed bidding is held for one bidder as well.
ALONE: dict[str, tuple[str, dict[str, Any], float]] = {
    "太仓, decided": ("taicang", {"single_bidder": "decide"}, 10 * H),
    "太仓, timed": ("taicang", {"single_bidder": "timed"}, 10 * H + 4 * M),
    "吉林": ("jilin_2025", {}, 10 * H),
    "德州": ("dezhou", {}, 10 * H + 5 * M),
    "潍坊": ("weifang", {}, 10 * H),
    "法释〔2016〕18号 art. 11": ("judicial", {}, 24 * H),
}


@pytest.mark.parametrize(("book", "given", "closed"), ALONE.values(), ids=ALONE.keys())
def test_shantou_3_a_single_bidder_is_valid_if_the_reserve_is_met(
    book: str, given: dict[str, Any], closed: float
) -> None:
    terms = auction(book, **given)
    for reserve, result in ((100, ("A", 100)), (101, "reserve_not_met")):
        steps: list[Step] = [(10, "bid", "A", 100), (9.75 * H, "enter", reserve)]
        assert course(terms, steps) == Told(("ok", "ok"), closed, result)


STEPS = ("dezhou", "jilin_2025", "judicial", "shantou", "weifang", "taicang", "qinzhou_auction", "sichuan_2025_topup")


@pytest.mark.parametrize("book", STEPS)
def test_dezhou_1_under_every_book_the_next_bid_is_at_least_the_present_one_and_an_increment(book: str) -> None:
    steps: list[Step] = [(10, "bid", "B", 100), (20, "bid", "A", 104), (30, "bid", "A", 105)]
    told = course(auction(book, **NO_RESERVE, increment=5), steps)
    assert (told.answers, told.result) == (("ok", "below_increment", "ok"), ("A", 105))


NOBODY: dict[str, tuple[str, float]] = {
    "汕头 art. 21(3)": ("shantou", 10 * H),
    "太仓 art. 21(2)": ("taicang", 10 * H),
    "福建 art. 34": ("fujian", 10 * H),
    "吉林": ("jilin_2025", 10 * H),
    "潍坊": ("weifang", 10 * H),
    "法释〔2016〕18号": ("judicial", 24 * H),
}


@pytest.mark.parametrize(("book", "closed"), NOBODY.values(), ids=NOBODY.keys())
def test_dezhou_3_without_a_bid_nothing_is_sold(book: str, closed: float) -> None:
    assert course(auction(book, **NO_RESERVE), []) == Told((), closed, "no_bids")


@pytest.mark.parametrize("book", ["dezhou", "fujian", "judicial", "qinzhou_auction", "shantou", "taicang", "weifang"])
def test_mnr_reserve_at_least_start_one_below_it_is_refused_at_its_entry(book: str) -> None:
    # The amount is sealed until then, so the configuration of the lot itself cannot show it.
    unit = 1_000_000 if book == "fujian" else 1
    steps: list[Step] = [(8.75 * H if book == "fujian" else 9.75 * H, "enter", amount * unit) for amount in (99, 100)]
    if book == "qinzhou_auction":
        steps = [(0, verb, amount) for _, verb, amount in steps]
    assert course(auction(book), steps).answers == ("reserve_below_start", "ok")


def test_mnr_reserve_at_least_start_one_below_it_is_not_even_sealed(tmp_path: Path) -> None:
    with pytest.raises(ReserveBelowStart, match="^the reserve is below the start price$"):
        seal(tmp_path / "sealed", "A", 100, "0.99")
    assert not (tmp_path / "sealed").exists()


def test_mnr_reserve_at_least_start_one_sealed_for_a_lower_start_price_does_not_open_the_lot(tmp_path: Path) -> None:
    seal(tmp_path / "sealed", "A", 99, "0.99")
    sealed = SealedReserve.from_file(tmp_path / "sealed")
    with (
        manual_house(MemoryJournal()) as house,
        pytest.raises(MisuseError, match="expected a reserve sealed at the start price 100 or a higher one"),
    ):
        house.open_lot("A", auction("shantou", reserve_commitment="before_opening"), commitment=sealed)


def seal(path: Path, lot: str, start: int, amount: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"a passphrase\n{amount}\n".encode())
    os.close(writing)
    try:
        seal_reserve(path, lot, start, unit="元", unit_scale=2, fd=reading)
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("book", "opened"), [("shantou", 9.75 * H), ("taicang", 9.75 * H), ("shanxi_2024", 9.25 * H), ("fujian", 8 * H)]
)
def test_reserve_immutable_a_change_after_trading_has_begun_is_refused_and_logged(book: str, opened: float) -> None:
    unit = 1_000_000 if book == "fujian" else 1
    room = Room(auction(book, reserve_commitment="before_opening"), sealed=200 * unit)
    assert room.answer(10, "bid", "A", 100 * unit) == "ok"
    assert room.answer(opened, "enter", 300 * unit) == "commitment_mismatch"
    assert room.sealed is not None
    assert room.house.enter_reserve(room.LOT, room.sealed, **WHO).accepted
    for amount in (200, 300, 100):
        assert room.answer(opened + 60, "enter", amount * unit) == "commitment_mismatch"
    room.run_out()
    assert room.result() == "reserve_not_met"
    assert room.answer(30 * H, "enter", 100 * unit) == "wrong_phase"
    room.end()
    assert [(entry.reason, entry.by, entry.witness) for entry in entries_of(room)] == [
        (reason, WHO["by"], WHO["witness"])
        for reason in ("commitment_mismatch", None, *["commitment_mismatch"] * 3, "wrong_phase")
    ]


def entries_of(room: Room) -> list[ReserveEntered | ReserveReentered]:
    return [event for event in events(room.journal) if isinstance(event, ReserveEntered | ReserveReentered)]


# 汕头 art. 20 and 太仓 art. 20: within the last 30 minutes; 福建 art. 32: before the last hour.
ENTRIES: dict[str, tuple[str, list[tuple[float, str]]]] = {
    "汕头": ("shantou", [(9.5 * H - 1, "outside_entry_window"), (9.5 * H, "ok"), (9.75 * H, "commitment_mismatch")]),
    "太仓": ("taicang", [(60, "outside_entry_window"), (10 * H - 1, "ok"), (10 * H - 0.5, "commitment_mismatch")]),
    "太仓, at the end": ("taicang", [(10 * H, "outside_entry_window")]),
    "福建": ("fujian", [(9 * H + 1, "outside_entry_window")]),
    "福建, exactly an hour before": ("fujian", [(9 * H, "outside_entry_window")]),
    "福建, more than an hour before": ("fujian", [(9 * H - 1e-9, "ok"), (9 * H - 1e-9, "commitment_mismatch")]),
}


@pytest.mark.parametrize(("book", "entries"), ENTRIES.values(), ids=ENTRIES.keys())
def test_reserve_entered_late_is_accepted_once_within_its_window(book: str, entries: list[tuple[float, str]]) -> None:
    unit = 1_000_000 if book == "fujian" else 1
    room = Room(auction(book))
    room.do(10, "bid", "A", 100 * unit)
    room.do(20, "bid", "B", 110 * unit)
    assert [room.answer(at, "enter", 110 * unit) for at, _ in entries] == [answer for _, answer in entries]
    room.house.close()
    verified(room.journal)
    assert [(event.at_ns, event.reason or "ok", event.by, event.witness) for event in entries_of(room)] == [
        (round(at * SECOND), answer, WHO["by"], WHO["witness"]) for at, answer in entries
    ]


@pytest.mark.parametrize("missing", ["by", "witness"])
def test_reserve_entered_late_needs_a_keeper_and_a_witness(missing: str) -> None:
    with manual_house(MemoryJournal()) as house:
        house.open_lot("A", auction("shantou"))
        sealed = SealedReserve.for_simulation("A", 100)
        moment = round(9.75 * H * SECOND)
        both = {"by": "主持人", "witness": "监察人员"}
        with pytest.raises(MisuseError, match=f"^{missing} must be stated$"):
            house.enter_reserve("A", sealed, **(both | {missing: ""}), at=moment)
        assert house.enter_reserve("A", sealed, **both, at=moment).accepted


def test_reserve_secret_until_end_two_amounts_are_told_apart_by_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    seen = [everything_seen(reserve) for reserve in (120, 5_000)]
    assert seen[0] == seen[1]
    assert [record.getMessage() for record in caplog.records] == []


def everything_seen(reserve: int) -> list[object]:
    """Return what a house shows until its lot is decided, but for the commitment, which is a hash of the amount."""
    room, seen = Room(auction("shantou")), list[object]()
    steps: list[Step] = [
        *FREE_BIDS,
        (*ENTERED, reserve),
        (*ENTERED, reserve),
        (9.8 * H, "bid", "A", 111),
        (10 * H + 60, "yes", "A"),
        (10 * H + 5 * M, "bid", "A", 115),
        (10 * H + 5 * M, "bid", "A", 120),
    ]
    for step in steps:
        decision = room.do(*step)
        quote = room.house.quote(room.LOT)
        fields = {name: value for name, value in decision.fields().items() if name != "commitment"}
        words = [decision.message(lang) for lang in ("en", "zh-CN")]
        facts: LotSnapshot = room.house.snapshot(room.LOT)
        seen += [fields, words, repr(quote), quote.ask_minor, quote.closes_at_ns, room.house.next_deadline()]
        seen += [getattr(facts, name) for name in facts.__struct_fields__ if name != "commitment"]
        seen += [room.house.holds_reserve(room.LOT), len(decision.record), str(repr(decision))]
    room.house.close()
    return seen


def test_resale_may_change_the_reserve_and_shows_nothing_of_the_old_one() -> None:
    journal = MemoryJournal()
    with manual_house(journal) as house:
        terms = auction("shantou", reserve_commitment="before_opening")
        blinding = b"\5" * 32
        old = SealedReserve.for_simulation("A", 200, blinding=blinding)
        house.open_lot("A", terms, commitment=old)
        house.admit("A", "竞买人")
        house.bid("A", "竞买人", 100, at=10)
        assert house.enter_reserve("A", old, **WHO, at=round(9.75 * H * SECOND)).accepted
        house.advance(at=11 * H * SECOND)
        first = house.outcome("A")
        assert first is not None
        assert (first.kind, first.cause) == ("unsold", "reserve_not_met")

        # The same amount and blinding give another commitment in the next round, so that equality shows nothing.
        same = SealedReserve.for_simulation("A 二", 200, round=2, blinding=blinding)
        assert same.commitment != old.commitment
        with pytest.raises(MisuseError, match="^commitment: expected a reserve sealed for lot 'A 二', received 'A'"):
            house.open_lot("A 二", terms, commitment=old, round=2, reoffer_of="A")
        new = SealedReserve.for_simulation("A 二", 150, round=2)
        house.open_lot("A 二", terms, commitment=new, round=2, reoffer_of="A")
        house.admit("A 二", "竞买人")
        house.bid("A 二", "竞买人", 150)
        assert house.enter_reserve("A 二", new, **WHO, at=round(20.75 * H * SECOND)).accepted
        house.advance(at=2 * D * SECOND)
        again = house.outcome("A 二")
        assert again is not None
        assert (again.kind, again.price_minor) == ("sold", 150)
    verified(journal)
    second = [event for event in events(journal) if event.lot == 2]
    opened = second[0]
    assert isinstance(opened, LotOpened)
    assert (opened.round, opened.reoffer_of, opened.commitment) == (2, "A", new.commitment)
    assert old.commitment not in str(second)


def test_a_lot_without_a_reserve_takes_none() -> None:
    assert isinstance(auction("shantou").reserve, EnteredReserve)
    steps: list[Step] = [(9.75 * H, "enter", 200), (9.75 * H, "bid", "A", 100)]
    told = course(auction("shantou", **NO_RESERVE), steps)
    assert told == Told(("reserve_not_required", "ok"), 10 * H + 5 * M, ("A", 100))

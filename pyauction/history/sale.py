"""One lot through the real engine, in a house of its own, each bid stamped with its recorded time."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from .._engine import FileJournal, ManualClock
from ..auctions import AuctionType
from ..errors import MisuseError
from ..house import AuctionHouse, Durability
from ..told import Told, within
from .bids import Bid
from .findings import Unreadable, shown

_FLUSH_EVERY = 8_192
_SMALL_LOT = 256
"""Up to so many bids a lot's journal has small segments, because a segment is written whole when it is made."""
_SEGMENT_BYTES = {True: 1 << 16, False: 1 << 20}
_NO_NUMBER = -1


class Sale(msgspec.Struct, frozen=True):
    """A replayed lot. The columns have one value for each bid that the engine decided, in its order.

    `bids` are the bids as they were read, `reasons` None for an accepted one; `standing` and `closes_at` are as after
    the bid, -1 for none. `refused_input` are bids that are none for the engine, with what it said; `late` are the lines
    of bids of unknown bidders that came when bidding was over: the engine's reason, not admitted, does not say so.
    """

    name: str
    winner: str | None
    price_minor: int | None
    bids: list[Bid]
    seqs: array[int]
    at_ns: array[int]
    reasons: list[str | None]
    standing: array[int]
    closes_at: array[int]
    refused_input: list[tuple[Bid, str]]
    late: set[int]


def lot_folder(journal: Path, name: str) -> Path:
    """Return the folder of a lot's journal: its name with every byte but letters, digits, `-` and `_` as %XX.

    A dot is escaped too, so that no name is `.` or `..` or hidden.
    """
    return journal / quote(name, safe="").replace(".", "%2E").replace("~", "%7E")


def try_opening(auction: AuctionType) -> None:
    """Open a lot in a house that keeps nothing. Raises `MisuseError` where no lot of this auction can be opened."""
    with AuctionHouse(clock=ManualClock(0), timers=False) as trial:
        trial.open_lot("trial", auction, opens_at=0)


def hold_sale(
    name: str,
    auction: AuctionType,
    opens_at: int,
    bids: list[Bid],
    *,
    origin: int,
    journal: Path | None,
    tell: Callable[[int], None],
) -> Sale:
    """Replay a lot and return what the engine decided. Raises `Unreadable` where the engine cannot open the lot."""
    start = min(opens_at, bids[0][3] + origin) if bids else opens_at
    clock = ManualClock(start)
    kept = None
    if journal is not None:
        with AuctionHouse(clock=ManualClock(start), timers=False) as trial:
            _open(trial, name, auction, opens_at)  # A name that the engine refuses leaves no folder behind.
        kept = FileJournal(lot_folder(journal, name), segment_bytes=_SEGMENT_BYTES[len(bids) <= _SMALL_LOT])
    house = AuctionHouse(kept, durability=Durability.DEFERRED, clock=clock, timers=False, feed_limit=1)
    with house:
        number = _open(house, name, auction, opens_at)
        sale = Sale(name, None, None, [], array("q"), array("q"), [], array("q"), array("q"), [], set())
        last = _place_all(house, number, bids, sale, origin=origin, tell=tell)
        _end(house, number, last)
        outcome = house.outcome(number)
        if outcome is None or outcome.kind == "unsold":
            return sale
        winner = house.snapshot(number).bidder_name(outcome.winner)
        return msgspec.structs.replace(sale, winner=winner, price_minor=outcome.price_minor)


def _open(house: AuctionHouse, name: str, auction: AuctionType, opens_at: int) -> int:
    try:
        decision = house.open_lot(name, auction, opens_at=opens_at)
    except (MisuseError, UnicodeError) as error:
        english = f"expected a lot that can be opened, received {shown(name)}: {{}}"
        raise Unreadable(within(str(error), english, f"标的 {shown(name)} 无法开始：{{}}")) from None
    if not decision.accepted:
        said = Told(decision.message(), decision.message("zh-CN"))
        raise Unreadable(within(said, "the lot cannot be opened: {}", "标的无法开始：{}"))
    return decision.lot


def _place_all(
    house: AuctionHouse, number: int, bids: list[Bid], sale: Sale, *, origin: int, tell: Callable[[int], None]
) -> int | None:
    """Place every bid at its recorded time; the engine's stamps do not fall. Return the last stamp."""
    place = house.bid
    placed, seqs, at_ns, reasons = sale.bids.append, sale.seqs.append, sale.at_ns.append, sale.reasons.append
    standing, closes_at = sale.standing.append, sale.closes_at.append
    for count, bid in enumerate(bids, 1):
        try:
            decision = place(number, bid[1], bid[2], at=bid[3] + origin)
        except (MisuseError, UnicodeError) as error:
            sale.refused_input.append((bid, str(error)))
            continue
        quote_after = decision.quote
        placed(bid)
        seqs(decision.seq)
        at_ns(decision.at_ns)
        reasons(decision.reason)
        if decision.reason == "not_admitted" and (sale.late or _is_over(house, number)):
            sale.late.add(bid[0])
        top, closes = quote_after.standing_minor, quote_after.closes_at_ns
        standing(_NO_NUMBER if top is None else top)
        closes_at(_NO_NUMBER if closes is None else closes)
        if not count % _FLUSH_EVERY:
            house.flush()
            tell(_FLUSH_EVERY)
    tell(len(bids) % _FLUSH_EVERY)
    return sale.at_ns[-1] if sale.at_ns else None


def _is_over(house: AuctionHouse, number: int) -> bool:
    return house.snapshot(number).state not in ("scheduled", "bidding")


def _end(house: AuctionHouse, number: int, last: int | None) -> None:
    """Let every deadline come, or call the close of a lot that has bids and no deadline."""
    called = house.next_deadline() is None and house.snapshot(number).state == "bidding"
    if called and last is not None and house.snapshot(number).bids:
        house.close_lot(number, at=last)
    while (deadline := house.next_deadline()) is not None:
        house.advance(at=deadline)

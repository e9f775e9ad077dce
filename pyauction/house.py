"""The auction house: joins the engine, the vault, the journal, the clock and the observers."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from ._engine import House, SystemClock
from .auctions import AuctionType, auction_type
from .clock import Time
from .errors import AuctionError, HouseHalted, MisuseError, OutcomeUnknown, UnknownAuctionType
from .lot import LotSnapshot, Outcome, snapshot
from .observers import Observation
from .parameters import point

if TYPE_CHECKING:
    from types import TracebackType

    from ._engine import Decision, FileJournal, ManualClock, MemoryJournal, SealedReserve
    from .money import Money
    from .observers import Observer

_LOGGER = logging.getLogger("pyauction")
_TICK_SECONDS = 0.05


_houses: weakref.WeakSet[AuctionHouse] = weakref.WeakSet()


def _halt_in_child() -> None:
    """Stop every house in a forked child: two processes that write one journal overwrite each other's records."""
    for house in _houses:
        house._halt("this process was forked from the one that opened it; open a house after the fork")  # noqa: SLF001


os.register_at_fork(after_in_child=_halt_in_child)


class Durability(StrEnum):
    """When a decision is acknowledged."""

    EACH = "each"
    """Each call returns when its decision is on stable storage. The default."""
    DEFERRED = "deferred"
    """Calls return at once; `durable()` or `flush()` acknowledge. Until then a decision is provisional."""


class AuctionHouse(House):
    """An auction house: lots, one sequence of everything that happens to them, and the journal that keeps it.

    `journal` is a `FileJournal`, a `MemoryJournal`, or None for trials that keep nothing. One house writes a journal; a
    second one fails at once. `clock` is a `SystemClock` (default) or a `ManualClock`. With `timers` (default with a
    system clock) a thread handles deadlines; otherwise call `advance()` when `next_deadline()` has come. How often one
    does so cannot change a record.

    Opening a journal replays it. Lots whose bidding ended are settled; a lot that awaits its reserve awaits it again.

    Use it in `with` or `async with`. Bids go through the inherited native `bid(lot, bidder, amount_minor, *, key=None)`.
    """

    def __new__(
        cls,
        journal: FileJournal | MemoryJournal | None = None,
        *,
        durability: Durability = Durability.EACH,
        clock: SystemClock | ManualClock | None = None,
        timers: bool | None = None,  # noqa: ARG004 - __init__ takes it
        feed_limit: int = 65_536,
    ) -> Self:
        """Open the journal and replay it."""
        return super().__new__(cls, journal, durability=str(durability), clock=clock, feed_limit=feed_limit)

    def __init__(
        self,
        journal: FileJournal | MemoryJournal | None = None,  # noqa: ARG002 - __new__ took it
        *,
        durability: Durability = Durability.EACH,  # noqa: ARG002 - as above
        clock: SystemClock | ManualClock | None = None,
        timers: bool | None = None,
        feed_limit: int = 65_536,  # noqa: ARG002 - as above
    ) -> None:
        self._types: dict[str, type[AuctionType]] = {}
        self._settlement_failures: dict[int, Exception] = {}
        self._observations: list[Observation] = []
        self._commits: dict[asyncio.AbstractEventLoop, asyncio.Future[int]] = {}
        self._ended = threading.Event()
        _houses.add(self)
        self._ticker: threading.Thread | None = None
        self._take_up()
        if isinstance(clock, SystemClock | None) if timers is None else timers:
            self._ticker = threading.Thread(target=self._tick, name="pyauction-timers", daemon=True)
            self._ticker.start()

    def open_lot(
        self,
        name: str,
        auction: AuctionType,
        *,
        opens_at: Time | None = None,
        commitment: SealedReserve | None = None,
        round: int = 1,
        reoffer_of: str = "",
        at: int | None = None,
    ) -> Decision:
        """Open a lot under the rules of `auction`, at once or at `opens_at`. Its number is `decision.lot`.

        `commitment` is the sealed reserve whose commitment the rules want recorded with the opening; its amount is
        entered later. A re-offer of an unsold lot is a new lot with the next `round`.

        A type that is not installed (see `pyauction.auctions`) settles as long as this house lives; a house that takes
        the journal up later leaves its lots closed and undecided.
        """
        if isinstance(auction, type) or not isinstance(auction, AuctionType):
            raise MisuseError(
                f"auction: expected an auction type with its parameters, as English(...), received {auction!r}"
            )
        money = auction.money
        rules = auction.rules()
        if commitment is not None:
            _check_commitment(commitment, name, round, money, rules.as_dict()["start_price"])
        self._types[auction.type_id] = type(auction)
        return self._open_lot(
            name,
            auction.type_id,
            rules,
            currency=money.currency,
            exponent=money.exponent,
            unit=money.unit.name if money.unit else "",
            unit_scale=money.unit.scale if money.unit else 0,
            round=round,
            reoffer_of=reoffer_of,
            opens_at=point("opens_at", opens_at),
            commitment=None if commitment is None else bytes.fromhex(commitment.commitment),
            at=at,
        )

    def snapshot(self, lot: str | int) -> LotSnapshot:
        """Return the facts of a lot. What was decided so far is made durable first, so that nothing provisional shows."""
        self.flush()
        return snapshot(self._facts(lot))

    def lots(self) -> tuple[LotSnapshot, ...]:
        """Return the facts of every lot, in order of their numbers."""
        return tuple(self.snapshot(number) for number in range(1, self._lot_count() + 1))

    def outcome(self, lot: str | int) -> Outcome | None:
        """Return how a lot ended, or None while that is open. Raises what its auction type's settlement raised."""
        facts = self.snapshot(lot)
        if facts.outcome is None and facts.lot in self._settlement_failures:
            raise self._settlement_failures[facts.lot]
        return facts.outcome

    def observe(self, observer: Observer, *, after: int | None = None) -> Observation:
        """Tell `observer` every durable event after sequence `after` (default: from now on), on a thread of its own."""
        if not self.journaled:
            raise MisuseError("observers are told what is durable: open the house with a journal, as MemoryJournal()")
        if after is not None and after < 0:
            raise MisuseError(f"after: expected a sequence from 0 on, received {after}")
        observation = Observation(self, observer, self.durable_seq if after is None else after)
        self._observations.append(observation)
        return observation

    async def durable(self, decision: Decision) -> Decision:
        """Wait without blocking the event loop until `decision` is on stable storage; all who wait share one commit."""
        loop = asyncio.get_running_loop()
        while self.durable_seq < decision.seq:
            commit = self._commits.get(loop)
            if commit is None or commit.done():
                commit = self._commits[loop] = asyncio.ensure_future(asyncio.to_thread(self.flush))
            await asyncio.shield(commit)
        # The last one to wait in a loop keeps nothing of it.
        if (commit := self._commits.get(loop)) is not None and commit.done():
            del self._commits[loop]
        return decision

    def close(self) -> None:
        """Make everything durable, seal the journal and let it go. A second call does nothing."""
        self._ended.set()
        if self._ticker is not None and self._ticker is not threading.current_thread():
            self._ticker.join()
        try:
            self._close()
        finally:
            for observation in self._observations:
                observation.end()
            for observation in self._observations:
                observation.close()
            self._observations.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _lot_closed(self, lot: int) -> None:
        """Settle a lot that is closed and compared. The native house calls this before it decides anything else."""
        facts = snapshot(self._facts(lot))
        try:
            outcome = self._type(facts.type_id).settle(facts)
            decision = self._record_outcome(
                lot,
                outcome.kind,
                outcome.cause,
                outcome.winner or 0,
                outcome.price_minor or 0,
                facts.type_id,
                outcome.detail,
            )
            if not decision.accepted:
                raise MisuseError(
                    f"{facts.type_id} settled lot {facts.name!r} as {outcome}, which its bids do not allow"
                )
        except (OutcomeUnknown, HouseHalted):
            raise
        except Exception as error:  # noqa: BLE001 - a third party's settlement must not fail another lot's bid
            self._settlement_failures[lot] = error
            _LOGGER.error("lot %r is closed and not settled: %s", facts.name, error)  # noqa: TRY400 - outcome() raises it

    def _lot_failed(self, lot: int, error: Exception) -> None:
        """Keep why a lot's reserve could not be compared. The native house calls this."""
        self._settlement_failures[lot] = error
        _LOGGER.error("the reserve of lot number %d cannot be compared: %s", lot, error)

    def _type(self, type_id: str) -> type[AuctionType]:
        """Return an installed type, or the one that a lot of this house was opened with."""
        try:
            return auction_type(type_id)
        except UnknownAuctionType:
            if type_id in self._types:
                return self._types[type_id]
            raise

    def _tick(self) -> None:
        """Handle deadlines and commit what nobody waits for. Only drives: what is due is decided by stamps."""
        while not self._ended.wait(self._until_next_tick()):
            if self.halted is not None:
                return
            try:
                self.advance()
                self.flush()
                self._idle()
            except AuctionError as error:
                _LOGGER.error("the timer thread met: %s", error)  # noqa: TRY400 - a fault says what it is by itself

    def _until_next_tick(self) -> float:
        deadline = self.next_deadline()
        if deadline is None:
            return _TICK_SECONDS
        return min(max((deadline - self._now_ns) / 1e9, 0.0), _TICK_SECONDS)


def _check_commitment(sealed: SealedReserve, lot: str, round_: int, money: Money, start_price_minor: int) -> None:
    """Refuse a reserve that could never be entered: the commitment binds more than the amount."""
    for what, expected, received in (
        ("lot", lot, sealed.lot),
        ("round", round_, sealed.round),
        ("currency", money.currency, sealed.currency),
        ("exponent", money.exponent, sealed.exponent),
    ):
        if received != expected:
            raise MisuseError(f"commitment: expected a reserve sealed for {what} {expected!r}, received {received!r}")
    if sealed.start_price_minor is not None and sealed.start_price_minor < start_price_minor:
        raise MisuseError(
            f"commitment: expected a reserve sealed at the start price {start_price_minor} or a higher one, received "
            f"one sealed at {sealed.start_price_minor}, which may be below it"
        )

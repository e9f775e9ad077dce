"""The auction house: joins the engine, the vault, the journal, the clock and the observers."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import weakref
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from ._engine import FileJournal, House, SealedBid, SystemClock, filesystem_of, leave_locks
from .auctions import AuctionType, Preset, auction_type
from .auctions.sale import Sale
from .clock import Time
from .errors import (
    AmountError,
    AuctionError,
    ForkedEngine,
    HouseHalted,
    MisuseError,
    OutcomeUnknown,
    RuleError,
    UnknownAuctionType,
)
from .lot import LotSnapshot, Outcome, snapshot
from .observers import OBSERVER_PATIENCE_SECONDS, Observation
from .parameters import point
from .told import Told

if TYPE_CHECKING:
    from types import TracebackType

    from ._engine import Decision, ManualClock, MemoryJournal, SealedReserve
    from .journal import Journal
    from .money import Amount, Money
    from .observers import Observer

_LOGGER = logging.getLogger("pyauction")
_TICK_SECONDS = 0.05
# Between two pieces of the journal's next segment: time for the commits of whoever waits.
_PREPARING_SECONDS = 0.002


_houses: weakref.WeakSet[AuctionHouse] = weakref.WeakSet()


def _abandon_in_child() -> None:
    """Give every house up in a forked child: two processes that write one journal overwrite each other's records."""
    leave_locks()
    for house in _houses:
        house._abandon()  # noqa: SLF001 - the house's own module


os.register_at_fork(after_in_child=_abandon_in_child)


class Durability(StrEnum):
    """When a decision is acknowledged."""

    EACH = "each"
    """Each call returns when its decision is on stable storage. The default."""
    DEFERRED = "deferred"
    """Calls return at once; `durable()` or `flush()` acknowledge. Until then a decision is provisional.

    With timers a thread commits whatever is decided as soon as the commit before is done (in a store written in Python:
    every 50 ms). Without them `durable()` and `flush()` commit, and what shows or follows only what is durable:
    `snapshot()`, `lots()`, `outcome()`, the comparison with a reserve and `close()`.
    """


class AuctionHouse(House):
    """An auction house: lots, one sequence of everything that happens to them, and the journal that keeps it.

    `journal` is a `FileJournal`, a `MemoryJournal`, another store (`pyauction.journal.Journal`, as `SQLiteJournal`), or
    None for trials that keep nothing. One house writes a journal; a second one fails at once, or, in another store,
    fences the first one out. `clock` is a `SystemClock` (default) or a `ManualClock`. With `timers` (default with a
    system clock) a thread handles deadlines; otherwise call `advance()` when `next_deadline()` has come. How often one
    does so cannot change a record.

    Opening a journal replays it. Lots whose bidding ended are settled; a lot that awaits its reserve awaits it again.

    Use it in `with` or `async with`. Bids go through the inherited native `bid(lot, bidder, amount_minor, *, key=None)`.
    """

    def __new__(
        cls,
        journal: FileJournal | MemoryJournal | Journal | None = None,
        *,
        durability: Durability = Durability.EACH,
        clock: SystemClock | ManualClock | None = None,
        timers: bool | None = None,  # noqa: ARG004 - __init__ takes it
        feed_limit: int = 65_536,
    ) -> Self:
        """Open the journal and replay it."""
        if isinstance(feed_limit, bool) or not isinstance(feed_limit, int) or not 0 < feed_limit < 2**32:
            raise MisuseError(
                Told(
                    f"expected a number of records from 1 on, received {feed_limit!r}",
                    f"应为不小于 1 的记录条数，实为 {feed_limit!r}",
                ),
                "feed_limit",
            )
        return super().__new__(cls, journal, durability=str(durability), clock=clock, feed_limit=feed_limit)

    def __init__(
        self,
        journal: FileJournal | MemoryJournal | Journal | None = None,
        *,
        durability: Durability = Durability.EACH,  # noqa: ARG002 - as above
        clock: SystemClock | ManualClock | None = None,
        timers: bool | None = None,
        feed_limit: int = 65_536,  # noqa: ARG002 - as above
    ) -> None:
        self._types: dict[str, type[AuctionType]] = {}
        self._settlement_failures: dict[int, Exception] = {}
        self._observations: set[Observation] = set()
        self._commits: dict[asyncio.AbstractEventLoop, asyncio.Future[int]] = {}
        self._ended = threading.Event()
        _houses.add(self)
        if isinstance(journal, FileJournal) and filesystem_of(journal.path)[0] == "memory":
            _LOGGER.warning("the journal %s lies in memory: it is gone with the machine's power", journal.path)
        self._ticker: threading.Thread | None = None
        self._take_up()
        if isinstance(clock, SystemClock | None) if timers is None else timers:
            self._commit_behind()
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
        entered later. One that was sealed for something else, or below this lot's start price, is refused. A re-offer
        of an unsold lot is a new lot with the next `round`.

        A type that is not installed (see `pyauction.auctions`) settles as long as this house lives; a house that takes
        the journal up later leaves its lots closed and undecided.
        """
        if isinstance(auction, type) or not isinstance(auction, AuctionType):
            raise MisuseError(
                Told(
                    f"expected an auction type with its parameters, as English(...), received {auction!r}",
                    f"应为给定了参数的拍卖类型，如 English(...)，实为 {auction!r}",
                ),
                "auction",
            )
        money = auction.money
        rules = auction.rules()
        opening = point("opens_at", opens_at)
        if commitment is not None:
            _check_commitment(commitment, name, round, money, rules.as_dict()["start_price"])
        self._types[auction.type_id] = type(auction)
        try:
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
                **_provenance(auction),
                opens_at=opening,
                commitment=None if commitment is None else bytes.fromhex(commitment.commitment),
                at=at,
            )
        except RuleError as error:
            if isinstance(auction, Sale):
                raise auction.in_own_words(error) from None
            raise

    def announce_resumption(
        self,
        lot: str | int,
        resumes_at: Time,
        *,
        authority: str,
        why: str,
        basis: str | None = None,
        at: int | None = None,
    ) -> Decision:
        """Announce when a suspended lot (中止) will be resumed; a later announcement takes the place of this one.

        Under rules with `resume_notice` the time must lie so long ahead, or the announcement is refused as
        notice_too_short (福建 art. 58, 太仓 art. 26). `authority` announces it, `why` says on which ground; `basis`, if
        given, is the legal basis.
        """
        return self._announce_resumption(
            lot, _stated_point("resumes_at", resumes_at), authority=authority, why=why, basis=basis, at=at
        )

    def resume_lot(
        self,
        lot: str | int,
        *,
        authority: str,
        why: str,
        basis: str | None = None,
        ends_at: Time | None = None,
        opens_at: Time | None = None,
        at: int | None = None,
    ) -> Decision:
        """Resume a suspended lot (恢复): accepted bids stand, and the clock goes on as the lot's rules say.

        `ends_at` states when the free phase ends, under rules with `resume_free`: not before the suspended time is given
        back (福建 art. 55). `opens_at` states when bidding begins in a lot that was suspended before it did: a
        postponement, never to before the opening that stood; without it the opening moves by as long as the lot was
        suspended. An end that is stated as a time moves with it under rules with `postponed_end`. Under rules with
        `resume_notice` a lot is refused as resumption_not_due before the announced time.
        `basis`, if given, is the legal basis.
        """
        stated = None if ends_at is None else _stated_point("ends_at", ends_at)
        if opens_at is not None:
            if stated is not None:
                raise MisuseError(
                    Told("expected one of them", "只能写明其一"), Told("ends_at and opens_at", "ends_at 与 opens_at")
                )
            if self._facts(lot)["has_begun"]:
                raise MisuseError(
                    Told(
                        "expected a lot whose bidding has not begun; expected ends_at for one that has",
                        "仅用于竞价尚未开始的标的；已开始的应写 ends_at",
                    ),
                    "opens_at",
                )
            stated = _stated_point("opens_at", opens_at)
        return self._resume_lot(lot, authority=authority, why=why, basis=basis, ends_at_ns=stated, at=at)

    def seal_bid(self, lot: str | int, bidder: str, amount: Amount) -> SealedBid:
        """Return a sealed bid (密封报价) of `bidder` for a lot, in the lot's unit, with a fresh blinding.

        For a bidder's program that runs in this process. It knows the amount; nobody else should be given the object, nor its
        `opening()`, before the bids are opened. Keep one of them: a house that holds the amounts loses them with its process,
        and placing the same bid again gives it back to the vault (it is answered as already_placed, and stands as it stood).
        """
        facts = snapshot(self._facts(lot))
        try:
            minor = facts.money.minor(amount)
        except AmountError:
            english, chinese = (facts.unit,) * 2 if facts.unit else ("minor units as int", "最小货币单位（整数）")
            raise AmountError(
                Told(
                    f"expected one in {english}; what was received is not repeated",
                    f"应以{chinese}计；所收到的内容不予复述",
                ),
                "amount",
            ) from None
        return SealedBid(
            facts.name,
            bidder,
            minor,
            currency=facts.currency,
            exponent=facts.exponent,
            round=facts.round,
            further_round=facts.further_rounds,
        )

    def open_sealed_bids(self, lot: str | int, *, at: int | None = None) -> tuple[Decision, ...]:
        """Open every sealed bid that this house holds (开标), in order of bidder numbers; see `open_sealed_bid`.

        What it does not hold, since the bidders keep it or a restart took it, each bidder brings to `open_sealed_bid`; until
        each that stands is open, or excluded with `exclude_sealed_bid`, neither points nor the end of the opening are taken.
        Before the phase is over there is nothing to open, and nothing is recorded.
        """
        self.advance(at=at)
        facts = self.snapshot(lot)
        is_opening = facts.state == "awaiting_opening"
        waiting = [bid for bid in facts.sealed_bids if is_opening and bid.commitment and bid.amount_minor is None]
        held = [bid.bidder for bid in waiting if self._holds_sealed_bid(lot, bid.bidder)]
        return tuple(self.open_sealed_bid(lot, bidder, at=at) for bidder in held)

    def score_sealed_bid(
        self, lot: str | int, bidder: str | int, points: Fraction | int, *, by: str, at: int | None = None
    ) -> Decision:
        """Record the points of an opened sealed bid (评标), an exact number, and who gave them. They stand.

        `pyauction.Evaluation` computes them from the marks of a panel (招标投标法 art. 37, 41).
        """
        if isinstance(points, bool) or not isinstance(points, Fraction | int):
            raise MisuseError(
                Told(f"expected an int or a Fraction, received {points!r}", f"应为整数或 Fraction，实为 {points!r}"),
                "points",
            )
        if points < 0 or max(points.numerator, points.denominator) >= 2**63:
            raise MisuseError(
                Told(
                    f"expected a fraction from 0 on of 64-bit numbers, received {points}",
                    f"应为不小于 0、分子分母在 64 位以内的分数，实为 {points}",
                ),
                "points",
            )
        return self._score_sealed_bid(lot, bidder, points.numerator, points.denominator, by=by, at=at)

    def snapshot(self, lot: str | int) -> LotSnapshot:
        """Return the facts of a lot, made durable before anybody sees them, so that nothing provisional shows."""
        facts = self._facts(lot)
        self.flush()
        return snapshot(facts)

    def lots(self) -> tuple[LotSnapshot, ...]:
        """Return the facts of every lot, in order of their numbers."""
        return tuple(self.snapshot(number) for number in range(1, self._lot_count() + 1))

    def outcome(self, lot: str | int) -> Outcome | None:
        """Return how a lot ended, or None while that is open. Raises what its auction type's settlement raised.

        A lot whose bidding is over is settled by the first call that meets its deadline: a command, `advance` or, with timers,
        nobody's. This one does not look at the clock. While another thread is about that, the outcome is still open.
        """
        facts = self.snapshot(lot)
        if facts.outcome is None and facts.lot in self._settlement_failures:
            raise self._settlement_failures[facts.lot]
        return facts.outcome

    def observe(self, observer: Observer, *, after: int | None = None) -> Observation:
        """Tell `observer` every durable event after sequence `after` (default: from now on), on a thread of its own."""
        if not self.journaled:
            raise MisuseError("observers are told what is durable: open the house with a journal, as MemoryJournal()")
        if not callable(observer):
            raise MisuseError(f"observer: expected a callable that takes an event, received {observer!r}")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int) or not 0 <= after < 2**64):
            raise MisuseError(f"after: expected a sequence from 0 on, received {after!r}")
        if self._forked:
            raise ForkedEngine(
                "this process was forked from the one that opened the house: what happens, happens there"
            )
        if self._ended.is_set():
            raise HouseHalted("the house was closed: nothing more will happen in it; read its journal with replay()")
        begin = self.durable_seq if after is None else after
        observation = Observation(self, observer, begin, self._observations.discard)
        self._observations.add(observation)
        observation.start()
        return observation

    async def durable(self, decision: Decision) -> Decision:
        """Wait without blocking the event loop until `decision` is on stable storage; all who wait share one commit.

        Raises `OutcomeUnknown` if the journal fails first, `MisuseError` for a decision of another house, which may have
        been another opening of the same journal, and for a house without a journal.
        """
        if not self.journaled:
            raise MisuseError("durable: this house keeps no journal, so nothing in it is ever on stable storage")
        if not self._is_own(decision):
            raise MisuseError(
                f"durable: {decision!r} was not made by this house. If its house has stopped, look for its key or its "
                "record in the journal"
            )
        while not decision.durable:
            try:
                await asyncio.shield(self._shared_commit())
            except OutcomeUnknown as error:
                raise OutcomeUnknown(f"record {decision.seq} was waiting to be durable: {error}") from error
        return decision

    def close(self) -> None:
        """Make everything durable, seal the journal and let it go. A second call does nothing, as in a forked process."""
        if self._forked:
            # The threads that would be waited for are not here, and whatever one of them held is held for ever.
            return
        self._ended.set()
        if self._ticker is not None and self._ticker is not threading.current_thread():
            self._ticker.join()
        try:
            self._close()
        finally:
            observations = list(self._observations)
            for observation in observations:
                observation.end()
            # Blocked observers are waited for together, not one after the other.
            patience = time.monotonic() + OBSERVER_PATIENCE_SECONDS
            for observation in observations:
                observation.close(max(patience - time.monotonic(), 0.0))

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

    def _shared_commit(self) -> asyncio.Future[int]:
        """Return the commit that everybody who waits in this event loop shares, begun if there is none."""
        loop = asyncio.get_running_loop()
        commit = self._commits.get(loop)
        if commit is None or commit.done():
            commit = self._commits[loop] = asyncio.ensure_future(asyncio.to_thread(self.flush))
            commit.add_done_callback(lambda done: self._forget_commit(loop, done))
        return commit

    def _forget_commit(self, loop: asyncio.AbstractEventLoop, commit: asyncio.Future[int]) -> None:
        """Let go of a commit and its loop. A failure that nobody waited for is not reported again."""
        if self._commits.get(loop) is commit:
            del self._commits[loop]
        if not commit.cancelled():
            commit.exception()

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
            if decision.reason == "wrong_phase":
                return  # An authority terminated the lot meanwhile.
            if not decision.accepted:
                raise MisuseError(
                    f"{facts.type_id} settled lot {facts.name!r} as {outcome}, which its bids do not allow"
                )
        except (OutcomeUnknown, HouseHalted):
            raise
        except Exception as error:  # noqa: BLE001 - a third party's settlement must not fail another lot's bid
            # Its traceback would keep this house, and so the journal's lock, until a garbage collection.
            self._settlement_failures[lot] = error.with_traceback(None)
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
        longest = _TICK_SECONDS
        while not self._ended.wait(self._until_next_tick(longest)):
            if (cause := self.halted) is not None:
                _LOGGER.error("the house has stopped and acknowledges nothing more: %s", cause)
                return
            try:
                self.advance()
                self.flush()
                longest = _PREPARING_SECONDS if self._idle() else _TICK_SECONDS
            except AuctionError as error:
                _LOGGER.error("the timer thread met: %s", error)  # noqa: TRY400 - a fault says what it is by itself
            except BaseException as error:
                # Without this thread no deadline would fall: better no house than one that stands still unnoticed.
                self._halt(f"its timer thread ended: {error!r}")
                _LOGGER.exception("the timer thread ended and the house with it")
                return

    def _until_next_tick(self, longest: float) -> float:
        deadline = self.next_deadline()
        if deadline is None:
            return longest
        return min(max((deadline - self._now_ns) / 1e9, 0.0), longest)


def _provenance(auction: AuctionType) -> dict[str, Any]:
    """Return where the rules of an auction were taken from, if its type says so."""
    preset = getattr(auction, "preset", None)
    if preset is None:
        return {}
    if not isinstance(preset, Preset):
        raise MisuseError(
            Told(f"expected a Preset(name, digest), received {preset!r}", f"应为 Preset(名称, 摘要)，实为 {preset!r}"),
            "preset",
        )
    return {"preset": preset.name, "preset_digest": preset.digest}


def _stated_point(parameter: str, time: Time) -> int:
    """Return a time that must be stated, in nanoseconds."""
    ns = point(parameter, time)
    if ns is None:
        raise MisuseError(Told("expected a time, received None", "应为时间，实为 None"), parameter)
    return ns


def _check_commitment(sealed: SealedReserve, lot: str, round_: int, money: Money, start_price_minor: int) -> None:
    """Refuse a reserve that could never be entered: the commitment binds more than the amount."""
    for what, expected, received in (
        ("lot", lot, sealed.lot),
        ("round", round_, sealed.round),
        ("currency", money.currency, sealed.currency),
        ("exponent", money.exponent, sealed.exponent),
    ):
        if received != expected:
            raise MisuseError(
                Told(
                    f"expected a reserve sealed for {what} {expected!r}, received {received!r}",
                    f"应为针对 {what} {expected!r} 密封的底价，实为 {received!r}",
                ),
                "commitment",
            )
    if sealed.start_price_minor is not None and sealed.start_price_minor < start_price_minor:
        raise MisuseError(
            Told(
                f"expected a reserve sealed at the start price {start_price_minor} or a higher one, received one sealed at "
                f"{sealed.start_price_minor}, which may be below it",
                f"应为按起始价 {start_price_minor} 或更高起始价密封的底价，实为按 {sealed.start_price_minor} 密封，"
                "可能低于起始价",
            ),
            "commitment",
        )

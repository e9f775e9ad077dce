"""The demonstration: replay recorded auctions, run one sale with a sealed reserve, verify it twice.

Nothing it reports is written down here: every number comes from the run. It needs no package beyond pyauction's own.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import msgspec

from ._engine import FileJournal, ManualClock, SealedReserve, seal_reserve
from .auctions import Listing
from .clock import nanoseconds, timestamp_ns
from .errors import InternalFault, MisuseError
from .history import replay_history
from .house import AuctionHouse
from .independent import run_verifier
from .money import WAN_YUAN
from .reserve import EnteredReserve
from .verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._engine import Decision
    from .lot import Outcome

SCHEMA = "pyauction.demo/1"
LOT = "晋矿挂 2026-041"
PASSPHRASE = "shown-to-all"  # noqa: S105 - this sale is for show, and whoever looks may try `pyauction disclose` on it
_START, _STEP, _COUNTDOWN, _RESERVE = "319", "10", "4m", "380"
_OPENS_AT = datetime(2026, 11, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
_PLATES = ("001", "008", "016", "F2149")
_SEGMENT_BYTES = 1 << 20
_RECORDED = ("cash_onchain_bids.csv", "cash_onchain.toml", "cash_onchain_lots.csv")


class Bid(msgspec.Struct, frozen=True, kw_only=True):
    """One bid of the sale and what became of it. Amounts are in minor units."""

    at_ns: int
    seq: int
    plate: str
    amount_minor: int
    reason: str | None
    standing_minor: int | None
    closes_at_ns: int | None


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """The sale that the demonstration ran."""

    lot: str
    start_price_minor: int
    step_minor: int
    commitment: str
    bids: tuple[Bid, ...]
    extensions: int
    reserve: str
    outcome: Outcome
    winner: str | None


class DemoReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the demonstration found: the replayed history, the sale, and what either verifier says of its journal."""

    history: dict[str, Any]
    history_exit_code: int
    sale: Sale
    journal: str
    engine: dict[str, Any]
    independent: dict[str, Any]
    seconds: float

    @property
    def same_report(self) -> bool:
        """Whether the two verifiers, which share no check, say the same."""
        return self.engine == self.independent

    @property
    def ok(self) -> bool:
        """Whether every recorded result was reproduced and both verifiers accept the sale."""
        return self.history_exit_code == 0 and bool(self.engine["ok"] and self.independent["ok"]) and self.same_report

    @property
    def exit_code(self) -> int:
        """0 if all is well, 3 if some of the history was not readable, else 1."""
        return 0 if self.ok else 3 if self.history_exit_code == 3 else 1

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return {"schema": SCHEMA, "ok": self.ok, "same_report": self.same_report, **fields}


def run_demo(
    directory: Path | None = None,
    *,
    on_history: Callable[[dict[str, Any], int], None] = lambda _report, _exit_code: None,
) -> DemoReport:
    """Run the demonstration. The sale's journal and sealed file stay in `directory`, or in a new temporary folder.

    `on_history` is called with the first part, the replayed history and its exit code, before the sale begins: a machine
    that cannot hold a reserve can still replay.
    """
    began = time.perf_counter()
    folder = _empty_folder(directory)
    with _recorded() as (bids, mapping, lots):
        history = replay_history(bids, mapping, lots=lots)
    on_history(json.loads(history.to_json()), history.exit_code)
    journal = folder / "journal"
    sale = _run_sale(journal, folder / "reserve.sealed")
    return DemoReport(
        history=json.loads(history.to_json()),
        history_exit_code=history.exit_code,
        sale=sale,
        journal=str(journal),
        engine=verify(journal).to_dict(),
        independent=_independent_report(journal),
        seconds=time.perf_counter() - began,
    )


def _independent_report(journal: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run_verifier(journal, ["--json"]).stdout)
    return report


def _empty_folder(directory: Path | None) -> Path:
    if directory is None:
        return Path(mkdtemp(prefix="pyauction-demo-"))
    directory.mkdir(parents=True, exist_ok=True)
    if taken := sorted(path.name for path in directory.iterdir()):
        raise MisuseError(f"{directory}: expected a new or empty folder, found {taken[0]}")
    return directory


@contextmanager
def _recorded() -> Iterator[tuple[Path, Path, Path]]:
    """Yield the recorded bids, their mapping and their lots as files, also from a package that is not unpacked."""
    with ExitStack() as stack:
        data = files(__package__) / "demo_data"
        bids, mapping, lots = (stack.enter_context(as_file(data / name)) for name in _RECORDED)
        yield bids, mapping, lots


def _run_sale(journal: Path, sealed_file: Path) -> Sale:
    """Hold a listing as Shanxi lists mining rights: free quotes first, then a countdown that every valid bid resets."""
    with _secret(PASSPHRASE, _RESERVE) as fd:
        start = WAN_YUAN.minor(_START)
        seal_reserve(sealed_file, LOT, start, unit="万元", unit_scale=6, fd=fd)
    sealed = SealedReserve.from_file(sealed_file)
    clock = ManualClock(timestamp_ns(_OPENS_AT))
    with AuctionHouse(FileJournal(journal, segment_bytes=_SEGMENT_BYTES), clock=clock) as house:
        house.open_lot(LOT, _listing(), commitment=sealed)
        for plate in _PLATES:
            house.admit(LOT, plate)
        with _secret(PASSPHRASE) as fd:
            house.enter_reserve(LOT, sealed, by="出让人", witness="交易中心监督员", passphrase_fd=fd)
        bids = _hold_bidding(house, clock)
        lot = house.snapshot(LOT)
        outcome = house.outcome(LOT)
    if outcome is None:
        raise InternalFault(f"lot {LOT} is {lot.state} after its deadline")
    return Sale(
        lot=LOT,
        start_price_minor=start,
        step_minor=WAN_YUAN.minor(_STEP),
        commitment=sealed.commitment,
        bids=tuple(bids),
        extensions=lot.extensions,
        reserve=lot.reserve,
        outcome=outcome,
        winner=lot.bidder_name(outcome.winner),
    )


def _listing() -> Listing:
    return Listing(
        money=WAN_YUAN,
        start_price=_START,
        increment=_STEP,
        free="10d",
        countdown=_COUNTDOWN,
        reserve=EnteredReserve(commitment="before_opening"),
        single_bidder="timed",
        timed_without_bids="decide",
        on_outage="suspend",
        self_outbid="refused",
    )


def _hold_bidding(house: AuctionHouse, clock: ManualClock) -> list[Bid]:
    """Let bidders bid, some of them wrongly, until the countdown runs out."""
    bids: list[Bid] = []

    def bid(wait: str, plate: str, amount: str) -> None:
        clock.advance(nanoseconds(wait))
        bids.append(_bid(plate, amount, house.bid(LOT, plate, amount)))

    bid("1h", "001", "319")
    bid("25m", "008", "328.9995")  # Five yuan short of one step.
    bid("40s", "008", "329")
    bid("1d", "117", "339")  # Not admitted.
    clock.set(_deadline(house))
    house.advance()
    bid("90s", "016", "339")
    bid("3m59s999ms", "F2149", "369")
    bid("20s", "F2149", "379")  # Leads already.
    bid("35s", "001", "389")
    clock.set(_deadline(house))
    bid("0s", "008", "399")  # Exactly at the deadline.
    return bids


def _bid(plate: str, amount: str, decision: Decision) -> Bid:
    return Bid(
        at_ns=decision.at_ns,
        seq=decision.seq,
        plate=plate,
        amount_minor=WAN_YUAN.minor(amount),
        reason=decision.reason,
        standing_minor=decision.quote.standing_minor,
        closes_at_ns=decision.quote.closes_at_ns,
    )


def _deadline(house: AuctionHouse) -> int:
    deadline: int | None = house.next_deadline()
    if deadline is None:
        raise InternalFault(f"lot {LOT} has no deadline while bidding is open")
    return deadline


@contextmanager
def _secret(*lines: str) -> Iterator[int]:
    """Yield a descriptor from which the lines are read once, as from a keeper's program."""
    reading, writing = os.pipe()
    try:
        os.write(writing, "".join(f"{line}\n" for line in lines).encode())
        os.close(writing)
        yield reading
    finally:
        os.close(reading)

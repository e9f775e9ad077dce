"""A sale whose reserve was sealed by the command line, and the command line itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import pyauction as pa
from pyauction.cli import run

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from cli_runs import AMOUNT, LOT, PASSPHRASE, SEAL_TERMS, Cli, Done, Sale, program, secrets  # noqa: E402 - found through the line above


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run the program in this process."""

    def call(*arguments: object) -> Done:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        return Done(status, *capfd.readouterr())

    return call


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Sale:
    """Seal with the command line, enter in a house, bid, close. Kept unchanged: tests take copies."""
    folder = tmp_path_factory.mktemp("sale")
    sealed_file = folder / "reserve.sealed"
    with secrets(PASSPHRASE, AMOUNT) as fd:
        done = program("seal", sealed_file, *SEAL_TERMS, "--fd", fd, pass_fds=(fd,))
    assert done.status == 0, done
    sealed = pa.SealedReserve.from_file(sealed_file)
    clock = pa.ManualClock(1_793_581_200_000_000_000)
    auction = pa.Listing(
        money=pa.WAN_YUAN,
        start_price="319",
        increment="10",
        free="1h",
        countdown="4m",
        reserve=pa.EnteredReserve(commitment="before_opening"),
        single_bidder="timed",
        timed_without_bids="decide",
        on_outage="suspend",
        self_outbid="allowed",
    )
    with pa.AuctionHouse(pa.FileJournal(folder / "journal", segment_bytes=1 << 20), clock=clock) as house:
        house.open_lot(LOT, auction, commitment=sealed)
        for plate in ("001", "F2149"):
            house.admit(LOT, plate)
        with secrets(PASSPHRASE) as fd:
            house.enter_reserve(LOT, sealed, by="seller", witness="supervisor", passphrase_fd=fd)
        house.bid(LOT, "001", "319")
        house.bid(LOT, "F2149", "328.9995")
        house.bid(LOT, "117", "339")
        house.bid(LOT, "F2149", "429")
        clock.advance(pa.nanoseconds("2h"))
        house.advance()
        assert house.outcome(LOT).kind == "sold"
    return Sale(folder / "journal", sealed_file, done.out + done.err)


@pytest.fixture
def sale(held: Sale, tmp_path: Path) -> Sale:
    shutil.copytree(held.journal, tmp_path / "journal")
    shutil.copy(held.sealed, tmp_path / "reserve.sealed")
    return Sale(tmp_path / "journal", tmp_path / "reserve.sealed", held.printed)


@pytest.fixture
def damaged(sale: Sale) -> Path:
    """A journal in which one byte of a bidder's name was flipped."""
    segment = next(sale.journal.glob("*.plog"))
    data = bytearray(segment.read_bytes())
    data[data.index(b"F2149")] ^= 1
    segment.write_bytes(data)
    return sale.journal

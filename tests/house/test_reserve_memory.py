"""Where a reserve's secrets are in a process: in memory that core files leave out, and nowhere else.

A child works with a real sealed file; the parent, who knows what is in it, looks through all memory of the child that a
core file would show. What the child must not know apart from the file comes to it through a pipe.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from pyauction import SealedReserve

PASSPHRASE = "Zq7vK2mXw9 电池 pL4tRb8nYc1 Hd6"
AMOUNT = 7_318_402_956_617


def secret(name: str) -> bytes:
    return hashlib.sha256(b"tests of the memory of a reserve: " + name.encode()).digest()


# Made from FORMAT.md A.6 with Python's `cryptography`: lot 加达, start price 319,000,000, the amount above, 64 MiB.
SEALED = bytes.fromhex("""
505941555345414c0100010006e58aa0e8bebe0100000003434e5902c08d03130000000065afdd0fc8ad1d0d36ff819d387a
adfb3864e1dcb4f36ee508206ac9ca18b388010158007f9208fd50443143d8798ac10a4e655a000001000300000001000000
9bf6628a23483e3bfdb11c0f5d5d52523485070210544343a845cb80bd1150865044ded65f439a70277008291de17ae37bc8
da222132190752a4c87593bb69240f436b14b82e103914c537e72bfb7ed432678d8463d7def641036c416c5d2d61e6b4945c
b54b800a59e47f836ac211e768c51af5a241f3fdf19a50f14d2740f7
""")
WRAPPING_KEY = bytes.fromhex("10ed3c93af61362f868cb28ff5689fc74b9e6d08838f5a406d63cb512a9098ad")
# The same with 64 passes instead of 3, so that one can look while the passphrase is being worked on.
SLOWLY_SEALED = bytes.fromhex("""
505941555345414c0100010006e58aa0e8bebe0100000003434e5902c08d03130000000065afdd0fc8ad1d0d36ff819d387a
adfb3864e1dcb4f36ee508206ac9ca18b388010158007f9208fd50443143d8798ac10a4e655a000001004000000001000000
9bf6628a23483e3bfdb11c0f9a6a5230b488a3391d92a4dfc0cf7f27859a2746327c548dc613dc16490f93b6d810cbd53387
5835f4b85ff2e10b235a93bb69240f436b14b82e103914c537e72bfb7ed432678d8463d7def641036c416c5d2d61e6b4945c
b54b800a59e47f836ac211e7be65ccc50bdca43956bb71e63a35a023
""")


def in_pieces(name: str, value: bytes) -> dict[str, bytes]:
    return {f"{name}[{at}:{at + 8}]": value[at : at + 8] for at in range(0, len(value) - 7, 8)}


SECRETS = {
    "amount, little endian": AMOUNT.to_bytes(8, "little"),
    "amount, big endian": AMOUNT.to_bytes(8, "big"),
    "amount, decimal": str(AMOUNT).encode(),
    "passphrase": PASSPHRASE.encode(),
    **in_pieces("passphrase", PASSPHRASE.encode()),
    **in_pieces("blinding", secret("blinding")),
    **in_pieces("data key", secret("key")),
    **in_pieces("wrapping key", WRAPPING_KEY),
}


def found_in(memory: bytes) -> set[str]:
    return {name for name, value in SECRETS.items() if value in memory}


def dumpable(pid: int) -> Iterator[bytes]:
    """Yield every range of a process's memory that a core file would show."""
    ranges: list[tuple[int, int]] = []
    readable = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if start := re.match(r"([0-9a-f]+)-([0-9a-f]+) (r?)(w?)\S* \S+ \S+ (\d+)", line):
            current = (int(start[1], 16), int(start[2], 16))
            # What a file holds and nobody wrote to is not in a core file.
            readable = bool(start[3]) and (bool(start[4]) or start[5] == "0")
        elif line.startswith("VmFlags:") and readable and "dd" not in line.split():
            ranges.append(current)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for first, end in ranges:
            with contextlib.suppress(OSError):  # pages of the kernel's own cannot be read
                memory.seek(first)
                data = bytearray()
                while len(data) < end - first and (piece := memory.read(end - first - len(data))):
                    data += piece
                yield bytes(data)


def left_in(pid: int) -> set[str]:
    """Return which secrets are where a core file of the process would show them."""
    return {name for memory in dumpable(pid) for name in found_in(memory)}


PRELUDE = f"""
import os, signal, sys, threading, time
signal.alarm(60)
sys.path.insert(0, {str(Path(__file__).parent)!r})
from house_room import AT_ENTRY, HOUR, WHO, english
from pyauction import AuctionHouse, English, FileJournal, ManualClock, MemoryJournal, SealedReserve, _engine

def wait(word="ready"):
    print(word, flush=True)
    sys.stdin.readline()

path, fd = sys.argv[1], int(sys.argv[2])
clock = ManualClock(0)
house = AuctionHouse(MemoryJournal(), clock=clock, timers=False)
house.open_lot("加达", english(reserve=AT_ENTRY))

def enter(lot="加达", **more):
    return house.enter_reserve(lot, SealedReserve.from_file(path), passphrase_fd=fd, **WHO, **more)

def failing(act, *arguments, **more):
    try:
        print("no error but", act(*arguments, **more))
    except Exception as error:
        print(type(error).__name__, error)
"""


class Child:
    """A Python process that works with a sealed file and stops where a test wants to look."""

    def __init__(self, source: str, folder: Path, sealed: bytes = SEALED) -> None:
        path = folder / "reserve.sealed"
        path.write_bytes(sealed)
        reading, self._typing = os.pipe()
        command = [sys.executable, "-c", PRELUDE + source, str(path), str(reading)]
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "pass_fds": (reading,), "cwd": folder}
        self.process = subprocess.Popen(command, encoding="utf-8", **options)  # type: ignore[call-overload]
        os.close(reading)
        self.pid: int = self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._typing)
        self.process.kill()
        self.process.communicate()

    def type(self, *lines: str) -> None:
        os.write(self._typing, "".join(f"{line}\n" for line in lines).encode())

    def says(self) -> str:
        assert self.process.stdout is not None
        return str(self.process.stdout.readline().rstrip("\n"))

    def goes_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


# What the child does, what it says of it, and whether the vault then holds the reserve.
ACTS = {
    "accepted": ("print(enter().accepted)", "True"),
    "compared": (
        "enter(); house.bid('加达', '001', 100); house.advance(at=HOUR); print(house.outcome('加达').cause)",
        "reserve_not_met",
    ),
    "closed": ("enter(); house.close(); print(house.holds_reserve('加达'))", "False"),
    "halted": ("enter(); house._halt('the disk failed'); print(house.holds_reserve('加达'))", "False"),
    "forgotten": ("enter(); house.terminate_lot('加达', authority='x', why='y'); print('terminated')", "terminated"),
    "outside its window": (
        (
            "house.open_lot('窗', english(reserve=type(AT_ENTRY)(commitment='at_entry', entry_opens_before_end='1m')));"
            "print(enter('窗').reason)"
        ),
        "outside_entry_window",
    ),
    "for another lot": (
        "house.open_lot('乙', english(reserve=AT_ENTRY)); print(enter('乙').reason)",
        "commitment_mismatch",
    ),
    "below the start": (
        (
            "house = AuctionHouse(clock=clock, timers=False);"
            "house.open_lot('加达', english(reserve=AT_ENTRY, start_price=2**62)); print(enter().reason)"
        ),
        "reserve_below_start",
    ),
    "unknown lot": (
        "failing(enter, '丙')",
        'UnknownLot there is no lot named "丙" in this house',
    ),
    "impossible time": ("failing(enter, at=-5)", "MisuseError at: expected a time from 1970 to 2116, received -5 ns"),
    "disclosed too early": (
        "print(house.disclose_reserve('加达', SealedReserve.from_file(path), by='x', passphrase_fd=fd).reason)",
        "wrong_phase",
    ),
    "disclosed where another was entered": (
        (
            "house.enter_reserve('加达', SealedReserve.for_simulation('加达', 500), **WHO); house.advance(at=HOUR);"
            "print(house.disclose_reserve('加达', SealedReserve.from_file(path), by='x', passphrase_fd=fd).reason)"
        ),
        "commitment_mismatch",
    ),
    "a thread that ended": (
        "entering = threading.Thread(target=lambda: print(enter().accepted)); entering.start(); entering.join()",
        "True",
    ),
}


@pytest.mark.parametrize(("act", "said"), ACTS.values(), ids=ACTS.keys())
def test_nothing_of_a_reserve_is_where_a_core_file_shows_it(act: str, said: str, tmp_path: Path) -> None:
    with Child(f"{act}\nwait()", tmp_path) as child:
        child.type(PASSPHRASE)
        assert (child.says(), child.says()) == (said, "ready")
        assert left_in(child.pid) == set()


@pytest.mark.parametrize(
    ("typed", "sealed", "said"),
    [
        (PASSPHRASE[:-1] + "8", SEALED, "SealedFileError wrong passphrase, or the sealed file was changed"),
        (PASSPHRASE, SEALED[:-1] + b"\x00", "SealedFileError the sealed file's contents do not agree with its header"),
    ],
    ids=["wrong passphrase", "bad tag"],
)
def test_nothing_is_left_of_what_did_not_open(typed: str, sealed: bytes, said: str, tmp_path: Path) -> None:
    with Child("failing(enter)\nwait()", tmp_path, sealed) as child:
        child.type(typed)
        assert (child.says(), child.says()) == (said, "ready")
        assert left_in(child.pid) == set()


SETTLING = """
settle = English.settle
def looked_at(facts):
    wait("settling")
    return settle(facts)
English.settle = staticmethod(looked_at)
house.open_lot("先", english(length="10m"))
def is_asked_for():
    call = open(f"/proc/self/task/{os.getpid()}/syscall").read().split()
    try:
        return len(call) > 1 and os.path.samestat(os.fstat(int(call[1], 16)), os.fstat(fd))
    except (OSError, OverflowError):
        return False
def later():
    # Not before the main thread waits for the passphrase: what is due before that proves nothing.
    while not is_asked_for():
        time.sleep(0.001)
    clock.set(HOUR // 2)
    print("later", flush=True)
threading.Thread(target=later).start()
print(enter().accepted)
wait()
"""


def test_nothing_is_open_while_another_lots_settlement_runs(tmp_path: Path) -> None:
    with Child(SETTLING, tmp_path) as child:
        assert child.says() == "later", "while the passphrase is waited for, another lot becomes due"
        child.type(PASSPHRASE)
        assert child.says() == "settling"
        assert left_in(child.pid) == set()
        child.goes_on()
        assert (child.says(), child.says()) == ("True", "ready")
        assert left_in(child.pid) == set()


def test_nothing_is_shown_while_the_passphrase_is_worked_on(tmp_path: Path) -> None:
    with Child("wait(); enter(); print('done', flush=True)", tmp_path, SLOWLY_SEALED) as child:
        assert child.says() == "ready"
        child.goes_on()
        time.sleep(0.2)
        idle = memory_of(child.pid)
        child.type(PASSPHRASE)
        deadline = time.monotonic() + 20
        while memory_of(child.pid) < idle + (60 << 20):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGSTOP)
        assert left_in(child.pid) == set()
        assert max(map(len, dumpable(child.pid))) < (60 << 20), "nor is the memory that the key is made of"
        assert memory_of(child.pid) >= idle + (60 << 20), "it was looked at too late"


def memory_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def test_nothing_is_left_of_what_a_keeper_typed(tmp_path: Path) -> None:
    seal = "_engine.seal_reserve('new', '加达', 1, unit='万元', unit_scale=6, fd=fd)"
    with Child(f"{seal}\nwait()", tmp_path) as child:
        child.type(PASSPHRASE, f"{AMOUNT // 10**6}.{AMOUNT % 10**6:06}")
        assert child.says() == "ready"
        assert left_in(child.pid) == set()
    assert SealedReserve.from_file(tmp_path / "new").lot == "加达"


def test_what_is_in_ordinary_memory_is_found(tmp_path: Path) -> None:
    keep = "typed = os.read(fd, 1000).split(b'\\n'); kept = [*typed, int(typed[1]).to_bytes(8, 'little')]\nwait()"
    with Child(keep, tmp_path) as child:
        child.type(PASSPHRASE, str(AMOUNT))
        assert child.says() == "ready"
        assert {"passphrase", "amount, little endian"} <= left_in(child.pid)


def core_of(child: Child, folder: Path) -> bytes:
    """End the child as a crash would and return its core file."""
    os.kill(child.pid, signal.SIGABRT)
    child.process.wait()
    cores = [path for path in folder.iterdir() if path.name.startswith("core")]
    if not cores:
        pytest.skip(f"core files are not written: {Path('/proc/sys/kernel/core_pattern').read_text()!r}")
    return cores[0].read_bytes()


DUMP = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)\n"


def test_a_core_file_shows_nothing_of_a_held_reserve(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("core files are not written: RLIMIT_CORE is limited")
    with Child(DUMP + "print(enter().accepted)\nwait()", tmp_path) as child:
        child.type(PASSPHRASE)
        assert (child.says(), child.says()) == ("True", "ready")
        core = core_of(child, tmp_path)
    assert "加达".encode() in core, "the file shows what is not secret"
    assert found_in(core) == set()

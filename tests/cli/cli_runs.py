"""The command line as tests run it, and what they seal with it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOT = "晋矿挂 2026-007"
PASSPHRASE = "correct horse 电池"
AMOUNT = "417.3569"
AMOUNT_MINOR = 417_356_900
SEAL_TERMS = ("--lot", LOT, "--start-price", "319", "--unit", "万元")
SECRETS = (PASSPHRASE, AMOUNT, AMOUNT.replace(".", ""), str(AMOUNT_MINOR), f"{AMOUNT_MINOR:,}", "4,173,569")


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Sale:
    """A finished sale: its journal, the sealed file, and everything that was printed while the reserve was secret."""

    journal: Path
    sealed: Path
    printed: str


Cli = Callable[..., Done]


def program(*arguments: object, **options: Any) -> Done:
    """Run the program as a user does."""
    command = [sys.executable, "-m", "pyauction", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)
    return Done(done.returncode, done.stdout, done.stderr)


def at_a_terminal(columns: int, *arguments: object) -> list[str]:
    """Run the program at a terminal of so many columns and return the lines of its stdout."""
    screen, stdout = pty.openpty()
    termios.tcsetwinsize(stdout, (40, columns))
    command = [sys.executable, "-m", "pyauction", *map(str, arguments)]
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, env=environment):
        os.close(stdout)
        shown = b"".join(iter(lambda: _read(screen), b""))
    os.close(screen)
    return shown.decode().replace("\r\n", "\n").splitlines()


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 1 << 16)
    except OSError:  # Nobody writes any more.
        return b""


@contextmanager
def secrets(*lines: str) -> Iterator[int]:
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{line}\n" for line in lines).encode())
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


def seal(cli: Cli, path: Path, *more: str, amount: str = AMOUNT) -> Done:
    with secrets(PASSPHRASE, amount) as fd:
        return cli("seal", path, *SEAL_TERMS, "--fd", fd, *more)

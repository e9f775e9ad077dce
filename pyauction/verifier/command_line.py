"""The command line: arguments in, a report and an exit status out.

Exit status: 0 verified, 1 not verified, 2 wrong use, 3 unreadable, 4 a fault of the verifier itself.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .contents import UnreadableError
from .names import shown
from .report import LANGUAGES
from .reserve import Opening, read_opening
from .terms import U64_MAX
from .verification import verify
from .wire import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

VERIFIED, NOT_VERIFIED, WRONG_USE, UNREADABLE, FAULT = range(5)
_OPENING_MAX = 1 << 16


def _opening(path: str) -> Opening:
    try:
        with Path(path).open("rb") as file:
            text = file.read(_OPENING_MAX + 1)
        if len(text) > _OPENING_MAX:
            raise argparse.ArgumentTypeError(f"{shown(path)}: an opening has at most {_OPENING_MAX} bytes")
        return read_opening(text)
    except (OSError, FormatError) as error:
        raise argparse.ArgumentTypeError(f"{shown(path)}: {error}") from error


def _pin(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"([0-9]{1,20}):([0-9a-fA-F]{64})", text, re.ASCII)
    if match is None or int(match[1]) > U64_MAX:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not SEQ:HEX, a sequence and 64 hexadecimal digits")
    return int(match[1]), match[2].lower()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verifier",
        description="Verify a pyauction journal: its frames, its chain and every decision in it.",
        epilog="Exit status: 0 verified, 1 not verified, 2 wrong use, 3 unreadable, 4 a fault of the verifier itself.",
    )
    parser.add_argument("directory", metavar="DIR", help="the journal's directory; nothing in it is changed")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--opening", metavar="FILE", type=_opening, action="append", default=[],
        help="an opening that proves a lot's reserve; may be given for several lots",
    )  # fmt: skip
    parser.add_argument(
        "--expect-chain", metavar="SEQ:HEX", type=_pin, help="a chain value that was noted when record SEQ was written"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the report")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Verify the journal that the arguments name, print the report and return the exit status.

    Whatever goes wrong in the verifier itself is said as such: it speaks neither for nor against the journal.
    """
    try:
        return _run(argv)
    except Exception as fault:  # noqa: BLE001 - nothing unforeseen may pass for a verdict
        what = f"{type(fault).__name__}: {fault}"
        print(f"verifier: a fault of the verifier itself: {what}\nverifier：验证器自身故障：{what}", file=sys.stderr)
        return FAULT


def _run(argv: Sequence[str] | None) -> int:
    try:
        given = _parser().parse_args(argv)
    except SystemExit as stopped:
        return WRONG_USE if stopped.code else VERIFIED
    try:
        report = verify(given.directory, opening=given.opening, expect_chain=given.expect_chain)
    except UnreadableError as error:
        print(f"verifier: {error.words[LANGUAGES.index(given.lang)]}", file=sys.stderr)
        return UNREADABLE
    _write(report.to_json() + "\n" if given.json else report.to_text(given.lang))
    return VERIFIED if report.ok else NOT_VERIFIED


def _write(text: str) -> None:
    """Print UTF-8, whatever the terminal prefers. A reader that has gone away is a fault, not a verdict."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer would fail once more at the exit of the interpreter, and change its status.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
